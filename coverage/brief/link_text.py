"""The links of a plan in words: what carries a site, what a link costs, what hangs on a single road."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coverage.brief.web_text import local_number
from coverage.brief.words import is_missing, vn_money, word
from coverage.plan import BudgetPlan, Plan
from coverage.plan.link_runs import JOINT
from coverage.scenario import Scenario
from coverage.summary import link_summary

_IDS = ", "


def link_lines(plan: Plan, language: str = "vi") -> tuple[str, ...]:
    """Return the lines above the sheet of links: per budget what is built, what hangs on single roads, the sum."""
    out = [word("link_text", "single_note", language)]
    vi = language == "vi"
    for one in plan.budgets:
        s = link_summary(one)
        text, single, money = (s.text_vi, s.single_vi, s.money_vi) if vi else (s.text_en, s.single_en, s.money_en)
        budget = vn_money(one.budget_mvnd) if vi else f"{local_number(one.budget_mvnd, 0, language)} million VND"
        out.append(word("link_text", "budget", language).format(budget=budget, text=f"{text}. {single} {money}"))
    return tuple(out)


def end_name(name: Any, language: str = "vi") -> str:
    """Return what to call an end of a link; one without a name is a point of a road."""
    if is_missing(name) or not name:
        return word("link_end", "road", language)
    first, *links = str(name).split(f"{JOINT} ", 1)
    return word("link_end", "joint", language).format(links=links[0]) if links and not first else str(name)


def link_title(link: Mapping[Any, Any], language: str = "vi") -> str:
    """Return 'TD-001 · Cáp quang: A Rớt → Tuyến cáp 06'."""
    kind, start, end = (word("link_kind", link["kind"], language), end_name(link["from_name"], language),
                        end_name(link["to_name"], language))
    return f"{link['link_id']} · {kind}: {start} → {end}"


def cost_text(lines: Any, scenario: Scenario, language: str = "vi") -> str:
    """Return the lines of a link's cost in one text: 'Cáp quang trên cột có sẵn: 300; ...' (million VND)."""
    notes = ((scenario.prices[item].note, mvnd) for item, _, _, _, mvnd in lines)
    return "; ".join(f"{n.label_vi if language == 'vi' else n.label_en}: {_trimmed(mvnd, language)}"
                     for n, mvnd in notes)


def _trimmed(mvnd: float, language: str) -> str:
    """Write an amount with at most three decimals: 90; 9,72."""
    return local_number(mvnd, 3, language).rstrip("0").rstrip(",.")


def cost_rows(one: BudgetPlan, language: str = "vi") -> list[tuple[int, str, Any]]:
    """Return order (after the sites), title and cost lines of every link of a budget."""
    first = len(one.sites) + 1
    links = pd.DataFrame(one.links.drop(columns="geometry")).to_dict("records")
    return [(order, link_title(link, language), link["cost_lines"]) for order, link in enumerate(links, first)]


def carried(site: Mapping[Any, Any], links: pd.DataFrame, language: str = "vi") -> str:
    """Return what carries a site: 'Đi qua tuyến TD-002, TD-001; độc đạo: TD-001 (Quốc lộ 99)'."""
    if site["backhaul"] == "satellite":
        return word("link_text", "satellite", language)
    if not len(site["links"]):
        return word("link_text", "at_fibre", language)
    ids = _IDS.join(site["links"])
    if not len(site["hangs_on"]):
        return word("link_text", "carried", language).format(links=ids)
    road = dict(zip(links["link_id"], links["road_name"], strict=True))
    single = _IDS.join(f"{i} ({road_word(road[i], language)})" for i in site["hangs_on"])
    return word("link_text", "carried_single", language).format(links=ids, single=single)


def road_word(name: Any, language: str = "vi") -> str:
    """Return the name of a road, or that it has none."""
    return word("link_end", "unnamed", language) if is_missing(name) or not name else str(name)
