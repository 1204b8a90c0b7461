"""The money of a plan as sheets of the workbook: tables in words, with what they rest on above them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from coverage.brief.tables import MONEY_LAYERS, worded
from coverage.brief.web_text import local_number
from coverage.brief.words import vn_money, word
from coverage.money.given import COMPUTED
from coverage.money.statement import BudgetMoney, MoneySummary, money_tables
from geodata.layers import columns_of


@dataclass(frozen=True)
class MoneySheet:
    """One sheet of money: its frame in words, the dictionary's layer, the lines to print above it."""

    frame: pd.DataFrame
    layer: str
    lines: tuple[str, ...]


def money_sheets(money: MoneySummary, language: str = "vi") -> Mapping[str, MoneySheet]:
    """Return the sheets by their key of the group ``workbook`` of words.csv, in their order; million VND."""
    tables = money_tables(money)
    return MappingProxyType({
        key: MoneySheet(money_table(tables[key], key, money, language), key, lines_of(key, money, language))
        for key in MONEY_LAYERS
    })


def money_table(frame: pd.DataFrame, layer: str, money: MoneySummary, language: str = "vi") -> pd.DataFrame:
    """Return one table of ``money_tables`` in words: routes by name, options by their number on the map.

    A plan that builds nothing has a table of headings alone.
    """
    if not len(frame):
        return pd.DataFrame(columns=list(columns_of(layer)))
    out = frame
    if "route" in out:
        labels = route_labels(money, language)
        out = out.assign(route=[labels[str(code)] for code in out["route"]])
    if "served_by" in out:
        names = {(b.budget_mvnd, a.asset_id): f"{a.order}. {a.name}" for b in money.budgets for a in b.assets}
        told = ["; ".join(names[budget, o.strip()] for o in str(by).split(",") if o.strip())
                for budget, by in zip(out["budget_mvnd"], out["served_by"], strict=True)]
        out = out.assign(served_by=told)
    return worded(out, layer, language)


def route_labels(money: MoneySummary, language: str = "vi") -> Mapping[str, str]:
    """Return code -> name of the funding routes used, and of sites that bring signal to nobody new."""
    known = {r.code: r.label_vi if language == "vi" else r.label_en for r in money.routes}
    return MappingProxyType(known | {"": word("money_nobody", "", language)})


def lines_of(key: str, money: MoneySummary, language: str = "vi") -> tuple[str, ...]:
    """Return the lines above a sheet: totals of every budget, and what is assumed."""
    vi = language == "vi"
    if key == "money_estimate":
        return (word("money_note", "assumed", language), *(_total(b, money, language) for b in money.budgets))
    if key in ("money_year", "money_site_year"):
        peaks = [_said("peak", language, year=b.peak_year, **_moneys(language, budget=b.budget_mvnd, peak=b.peak_mvnd))
                 for b in money.budgets if b.assets]
        return (word("money_note", "assumed", language), *peaks, *phase_lines(money, language))
    if key in ("money_lease", "money_flow"):
        return (terms_line(money, language), *quote_lines(money, language))
    if key == "money_viability":
        notes = dict.fromkeys(b.viability.note_vi if vi else b.viability.note_en for b in money.budgets)
        return (*notes, terms_line(money, language), *(viability_line(b, language) for b in money.budgets))
    if key in ("money_route", "money_route_total"):
        named = (f"{r.label_vi}: {r.citation} ({r.certainty})." if vi else f"{r.label_en}: {r.citation}."
                 for r in money.routes)
        return (word("money_note", "routes", language), *named)
    if key == "money_duplicate":
        return tuple(f"{_money(b.budget_mvnd, language)}: {b.sharing_vi if vi else b.sharing_en}"
                     for b in money.budgets)
    if key == "money_hours":
        return hours_lines(money, language)
    return ()


def hours_lines(money: MoneySummary, language: str = "vi") -> tuple[str, ...]:
    """Say how the hours are counted, and what every budget spares."""
    return (word("money_note", "hours_formula", language), *(
        _said("hours", language, budget=_money(b.budget_mvnd, language),
              hours=local_number(b.hours.person_hours, 0, language)) for b in money.budgets))


def terms_line(money: MoneySummary, language: str = "vi") -> str:
    """Say the terms of the comparison of ways."""
    terms = money.terms
    rate = f"{local_number(100 * terms.rate, 1, language)}%"
    return _said("terms", language, rate=rate, years=terms.years, life=terms.life_years, base=terms.base_year)


def quote_lines(money: MoneySummary, language: str = "vi") -> tuple[str, ...]:
    """Say which lease fees were entered, each with its basis, and which of them no plan uses."""
    told: dict[str, str] = {}
    for one in money.budgets:
        for site in one.comparison.sites.to_dict("records"):
            if site["lease_basis"] != COMPUTED:
                fee = local_number(site["lease_opex_mvnd_year"], 1, language)
                basis = word("lease_basis", site["lease_basis"], language).lower()
                told[str(site["option_id"])] = f"{site['name']} {fee} ({basis})"
    lines = [_said("quotes", language, told="; ".join(told.values()))] if told else []
    if money.unused_quotes:
        lines.append(_said("unused_quotes", language, options=", ".join(money.unused_quotes)))
    return tuple(lines)


def phase_lines(money: MoneySummary, language: str = "vi") -> tuple[str, ...]:
    """Say which budgets are built in the years of a plan by phases; nothing where no phases were computed."""
    if not money.with_phases:
        return ()
    return tuple(_said("phased" if b.phased else "not_phased", language, budget=_money(b.budget_mvnd, language))
                 for b in money.budgets if b.assets)


def viability_line(one: BudgetMoney, language: str = "vi") -> str:
    """Say the viability gap of a budget; print the note of ``Viability`` beside it."""
    v = one.viability
    told = _moneys(language, budget=one.budget_mvnd, gap=v.gap_mvnd, low=v.gap_low_mvnd, high=v.gap_high_mvnd)
    return _said("viability", language, anyway=v.anyway_sites, support=v.support_sites, **told)


def _total(one: BudgetMoney, money: MoneySummary, language: str) -> str:
    told = _moneys(language, budget=one.budget_mvnd, cost=one.cost_mvnd, low=one.cost_low_mvnd,
                   high=one.cost_high_mvnd, capex=one.capex_mvnd, support=one.support_mvnd, left=one.left_mvnd)
    return _said("total", language, years=money.horizon_years, **told)



def _said(key: str, language: str, **values: object) -> str:
    return word("money_note", key, language).format(**values)


def _money(mvnd: float, language: str) -> str:
    return vn_money(mvnd) if language == "vi" else f"{local_number(mvnd, 0, language)} million VND"


def _moneys(language: str, **mvnd: float) -> dict[str, str]:
    return {name: _money(value, language) for name, value in mvnd.items()}
