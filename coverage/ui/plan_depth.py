"""Below the plans: curve, phases, floors, robustness, why of a site, fixed broadband, each computed when asked for."""

import math
from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import streamlit as st

from coverage.compute import Progress
from coverage.plan import BudgetCurve, Centres, Depth, FixedPlan, PhasedPlan, Plan, budget_curve
from coverage.ui import ask, parts, plan_centres, plan_fixed, plan_sites, plan_years, state
from coverage.ui.parts import Card, n, t
from coverage.ui.words import money
from geodata.layers import Layers

_BILLION_MVND = 1_000.0
BLUE, ORANGE, GREY = "#0b3c8c", "#c2570c", "#7b8794"
SECTIONS = ("curve", "phases", "floors", "robust", "why", "fixed", "centres")


@st.fragment
@parts.guarded
def show(layers: Layers, plan: Plan) -> None:
    """Draw the chosen part; nothing is computed before its button."""
    sections = SECTIONS if len(plan.options) else ("fixed", "centres")    # fibre may lack where signal does not
    language = state.language()
    st.subheader(t("depth_title"))
    chosen = st.segmented_control(
        t("depth_choose"), sections, default=sections[0], key=f"depth_{language}", required=True,
        format_func=lambda k: t(f"depth_{k}"), label_visibility="collapsed",
    )
    pages: dict[str, Callable[[Layers, Plan], None]] = {
        "curve": curve, "phases": plan_years.show, "floors": plan_sites.floors, "robust": plan_sites.robustness,
        "why": plan_sites.why, "fixed": plan_fixed.show,
        "centres": plan_centres.show,
    }
    pages[str(chosen or sections[0])](layers, plan)


def curve_key(layers: Layers, plan: Plan) -> Hashable:
    """Return the key of the curve's job."""
    return "curve", layers.info.pack_id, state.plan_id(plan)


def ready(layers: Layers, plan: Plan) -> Depth:
    """Return what was computed so far, for the papers; nothing is started."""
    def found(key: Hashable) -> Any:
        job = state.jobs().find(key)
        return job.result() if job is not None and job.ended and not job.failed else None

    curve_found: BudgetCurve | None = found(curve_key(layers, plan))
    phases_found: PhasedPlan | None = found(plan_years.key(layers, plan, plan_years.chosen(plan)))
    fixed_found: FixedPlan | None = found(plan_fixed.key(layers, plan, plan_fixed.chosen(plan)))
    centres_found: Centres | None = found(plan_centres.key(layers, plan, plan_centres.chosen()))
    return Depth(curve_found, phases_found, fixed_found, centres_found)


def curve(layers: Layers, plan: Plan) -> None:
    """Draw the budget curve with its bounds, and walk through the nested plans."""
    def work(progress: Progress) -> BudgetCurve:
        return budget_curve(plan, progress=progress)

    found: BudgetCurve | None = ask.on_demand(curve_key(layers, plan), work, "depth_curve")
    if found is None:
        return
    language = state.language()
    items = [
        Card(t("curve_knee"), money(found.knee_mvnd, language), extra=t("curve_knee_note")),
        Card(t("curve_last"), money(found.last_useful_mvnd, language), extra=t("curve_last_note")),
        Card(t("curve_most"), n(found.most_people), note=t("people_word"), extra=t("curve_most_note")),
    ]
    if found.hint_mvnd > 0:
        items.append(Card(t("curve_hint"), money(found.hint_mvnd, language)))
    parts.cards(items)
    left, right = st.columns(2, gap="medium")
    frame = curve_frame(found)
    with left:
        st.vega_lite_chart(frame, _spec(found, "people", t("curve_people")), width="stretch")
    with right:
        st.vega_lite_chart(frame, _spec(found, "villages", t("curve_villages")), width="stretch")
    st.caption(t("curve_priority" if plan.scenario.siting.travel_priority else "curve_legend"))
    walk(found)


def curve_frame(found: BudgetCurve) -> pd.DataFrame:
    """Return a row per budget, with the texts of the tooltips."""
    language = state.language()
    return pd.DataFrame([
        {
            "budget": r.budget_mvnd / _BILLION_MVND, "money": money(r.budget_mvnd, language), "people": r.best.people,
            "people_bound": r.people_bound, "people_nested": r.nested.people, "villages": r.best.villages,
            "villages_bound": r.villages_bound, "villages_nested": r.nested.villages,
            "people_text": f"{n(r.best.people)} ≤ … ≤ {n(r.people_bound)}",
            "villages_text": f"{n(r.best.villages)} ≤ … ≤ {n(r.villages_bound)}", "sites": n(len(r.best.options)),
        }
        for r in found.rows
    ])


def _spec(found: BudgetCurve, what: str, title: str) -> dict[str, Any]:
    """Return the chart of people or villages against money as plain Vega-Lite."""
    digits = "format(datum.value, ',~f')"
    label = f"replace(replace(replace({digits}, /,/g, ';'), '.', ','), /;/g, '.')"
    axis = {"labelExpr": label if state.language() == "vi" else digits, "grid": True}
    x = {"field": "budget", "type": "quantitative", "title": t("curve_budget"), "axis": axis}
    y = {"field": what, "type": "quantitative", "title": title, "axis": axis}
    bound = {"field": f"{what}_bound", "type": "quantitative"}
    tips = [
        {"field": "money", "title": t("curve_tip_money")}, {"field": f"{what}_text", "title": title},
        {"field": "sites", "title": t("plan_sites")},
    ]
    marks = [(found.knee_mvnd, t("curve_knee"), ORANGE), (found.last_useful_mvnd, t("curve_last"), GREY)]
    if found.hint_mvnd > 0:
        marks.append((found.hint_mvnd, t("curve_hint"), GREY))
    proven: list[dict[str, Any]] = [
        {"mark": {"type": "area", "opacity": 0.22, "color": BLUE}, "encoding": {"x": x, "y": y, "y2": bound}},
        {"mark": {"type": "line", "color": BLUE, "strokeWidth": 1, "strokeDash": [2, 2]},
         "encoding": {"x": x, "y": bound | {"title": title, "axis": axis}}},
    ]
    bounded = what != "people" or not math.isnan(found.rows[-1].people_bound)   # a weighted objective bounds no people
    layers: list[dict[str, Any]] = [
        *(proven if bounded else []),
        {"mark": {"type": "line", "color": GREY, "strokeDash": [5, 4]},
         "encoding": {"x": x, "y": {"field": f"{what}_nested", "type": "quantitative"}}},
        {"mark": {"type": "line", "color": BLUE, "point": {"size": 46, "color": BLUE}},
         "encoding": {"x": x, "y": y, "tooltip": tips}},
    ]
    for at, (value, text, colour) in enumerate(marks):
        one = {"values": [{"budget": value / _BILLION_MVND, "text": text}]}
        layers.append({"data": one, "mark": {"type": "rule", "color": colour, "strokeWidth": 1.5},
                       "encoding": {"x": x}})
        right = value > found.rows[-1].budget_mvnd / 2
        text_mark = {"type": "text", "align": "right" if right else "left", "dx": -5 if right else 5,
                     "dy": -8 - 16 * at, "color": colour, "fontSize": 12}
        layers.append({"data": one, "mark": text_mark,
                       "encoding": {"x": x, "y": {"datum": 0}, "text": {"field": "text"}}})
    return {"layer": layers, "height": 360, "config": {"font": "sans-serif", "axis": {"labelFontSize": 12}}}


def walk(found: BudgetCurve) -> None:
    """Show the nested plan of a budget; every plan holds those of less money."""
    language = state.language()
    budgets = [r.budget_mvnd for r in found.rows]
    chosen = st.select_slider(t("curve_slider"), budgets, value=budgets[len(budgets) // 2], key=f"walk_{language}",
                              format_func=lambda b: money(b, language))
    row = found.nested_at(float(chosen))
    if row is None:
        return
    rate = n(100 * row.nesting_price / row.best.people, 1) if row.best.people > 0 else n(0)
    st.markdown(t("curve_row", people=n(row.nested.people), villages=n(row.nested.villages),
                  sites=n(len(row.nested.options)), cost=money(row.nested.cost_mvnd, language),
                  price=n(row.nesting_price), rate=rate))
    sites = found.sites[found.sites["option_id"].isin(row.nested.options)]
    sites = sites.sort_values(["from_mvnd", "option_id"], kind="stable")
    ask.site_list(sites, {t("curve_from"): [money(v, language) for v in sites["from_mvnd"]]})
    with st.expander(t("curve_all")):
        columns = {
            t("curve_tip_money"): [money(r.budget_mvnd, language) for r in found.rows],
            t("plan_sites"): [len(r.best.options) for r in found.rows],
            t("plan_people"): [r.best.people for r in found.rows],
            t("plan_bound"): [r.people_bound for r in found.rows],
            t("curve_villages"): [r.best.villages for r in found.rows],
            t("curve_villages_bound"): [r.villages_bound for r in found.rows],
            t("curve_nested"): [r.nested.people for r in found.rows],
            t("curve_price"): [r.nesting_price for r in found.rows],
        }
        frame = pd.DataFrame(columns)
        st.dataframe(parts.styled(frame, dict.fromkeys(list(columns)[1:], n)), hide_index=True, width="stretch")
