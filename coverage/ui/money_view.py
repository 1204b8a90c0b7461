"""Part of the plan page: what a budget's plan costs by year and line, who could pay, and whether to lease or build."""

from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.money_sheets import (
    hours_lines,
    lines_of,
    money_table,
    quote_lines,
    terms_line,
    viability_line,
)
from coverage.brief.tables import titled
from coverage.brief.words import word, words_of
from coverage.gap.assessment import Assessment
from coverage.money.given import build_years_of, not_in_phases
from coverage.money.outlay import LEVELS, OUTLAY_LINES
from coverage.money.statement import BudgetMoney, MoneySummary, money_summary
from coverage.plan import BudgetPlan, Plan
from coverage.ui import lease_table, parts, plan_depth, state
from coverage.ui.parts import Card, n, t
from coverage.ui.words import money
from geodata.layers import Layers, columns_of

CHART_HEIGHT = 230
COLOURS = ("#0b3c8c", "#3f7fd0", "#8db7e8", "#c6d9ef", "#7b8794", "#c2570c", "#e79a5b", "#f3cfae")
_VIABILITY = (
    "order", "name", "gap_mvnd", "gap_low_mvnd", "gap_high_mvnd", "anyway", "people", "revenue_mvnd_year",
    "cost_pv_mvnd", "revenue_pv_mvnd",
)
_WAYS = ("order", "name", "build_year", "own", "build_pv_mvnd", "share_pv_mvnd", "lease_opex_mvnd_year",
         "lease_basis", "lease_pv_mvnd", "cheapest", "breakeven_lease_year")
_TWINS = ("order", "name", "kind", "mast_code", "operator", "technologies", "state", "programme", "distance_m",
          "sharing", "share_cost_mvnd", "cost_mvnd")
_HOURS = ("village_code", "name", "newly_served_people", "office_min", "person_hours")
_ROUTES = ("route", "villages", "people", "sites", "capex_mvnd", "total_mvnd")


def show(layers: Layers, assessment: Assessment, plan: Plan, budget: BudgetPlan) -> None:
    """Draw the money of one budget's plan; nothing for a plan that builds nothing."""
    if not len(budget.sites):
        return
    phases = plan_depth.ready(layers, plan).phases
    key = ("money", layers.info.pack_id, plan.scenario.digest, phases and phases.scenario.phases)
    job = state.jobs().start(key, lambda _: money_summary(
        plan, layers, assessment, plan.scenario, build_years=build_years_of(plan, phases)))
    found: MoneySummary = parts.watched(key, job, t("money_doing"), can_stop=False)
    one = next(b for b in found.budgets if b.budget_mvnd == budget.budget_mvnd)
    with st.expander(t("money_title"), icon=":material/payments:"):
        figures(found, one)
        if phases is not None and not one.phased:
            st.caption(t("money_not_phased", count=n(not_in_phases(budget, phases))))
        titles = ("money_by_year", "money_by_line", "money_funding", "money_ways", "money_viability", "money_twins",
                  "money_hours")
        draw = (by_year, by_line, funding, ways, viability, twins, hours)
        for tab, page in zip(st.tabs([t(k) for k in titles]), draw, strict=True):
            with tab:
                page(found, one)


def figures(found: MoneySummary, one: BudgetMoney) -> None:
    """Show the figures that the tables explain."""
    language = state.language()
    low, high = money(one.cost_low_mvnd, language), money(one.cost_high_mvnd, language)
    gap = {"low": money(one.viability.gap_low_mvnd, language), "high": money(one.viability.gap_high_mvnd, language)}
    support = money(one.support_mvnd, language)
    parts.cards([
        Card(t("money_cost"), money(one.cost_mvnd, language), extra=t("money_cost_extra", low=low, high=high)),
        Card(t("money_capex"), money(one.capex_mvnd, language),
             extra=t("money_capex_extra", years=found.horizon_years, support=support)),
        Card(t("money_peak"), str(one.peak_year), extra=money(one.peak_mvnd, language)),
        Card(t("money_gap"), money(one.viability.gap_mvnd, language), extra=t("money_gap_extra", **gap)),
    ])
    st.caption(t("money_assumed"))


def by_year(found: MoneySummary, one: BudgetMoney) -> None:  # noqa: ARG001 - all tabs are called alike
    """Show the outlay of every year: a bar by line, and the table."""
    language = state.language()
    years, names = one.outlay.by_year, words_of("money_line", language)
    st.caption(t("money_chart"))
    if one.phased:
        st.caption(t("money_phased"))
    st.vega_lite_chart(year_bars(one, language), _bars([names[k] for k in OUTLAY_LINES], language), width="stretch")
    columns: dict[str, Any] = {t("money_year"): [*(str(y) for y in years["year"]), t("money_total")]}
    for line in OUTLAY_LINES:
        columns[names[line]] = [*years[line], years[line].sum()]
    columns[t("money_total")] = [*years["total_mvnd"], one.cost_mvnd]
    frame = pd.DataFrame(columns)
    st.dataframe(parts.styled(frame, dict.fromkeys(list(columns)[1:], n)), hide_index=True, width="stretch")


def year_bars(one: BudgetMoney, language: str) -> pd.DataFrame:
    """Return a row per year and line with the texts of the tooltips, million VND."""
    names = words_of("money_line", language)
    return pd.DataFrame([
        {"year": str(row["year"]), "line": names[line], "mvnd": row[line], "at": at,
         "money": money(row[line], language), "total": money(row["total_mvnd"], language)}
        for row in one.outlay.by_year.to_dict("records") for at, line in enumerate(OUTLAY_LINES)
    ])


def _bars(names: list[str], language: str) -> dict[str, Any]:
    digits = "format(datum.value, ',~f')"
    label = f"replace(replace(replace({digits}, /,/g, ';'), '.', ','), /;/g, '.')"
    axis = {"labelExpr": label if language == "vi" else digits}
    return {
        "mark": {"type": "bar", "size": 38}, "height": CHART_HEIGHT,
        "encoding": {
            "x": {"field": "year", "type": "ordinal", "title": t("money_year"), "axis": {"labelAngle": 0}},
            "y": {"field": "mvnd", "type": "quantitative", "title": None, "axis": axis},
            "color": {"field": "line", "type": "nominal", "title": None, "legend": {"labelLimit": 280},
                      "scale": {"domain": names, "range": list(COLOURS)}},
            "order": {"field": "at", "type": "quantitative"},
            "tooltip": [{"field": "year", "title": t("money_year")}, {"field": "line", "title": t("money_line")},
                        {"field": "money", "title": t("money_amount")}, {"field": "total", "title": t("money_total")}],
        },
        "config": {"font": "sans-serif", "axis": {"labelFontSize": 12}},
    }


def by_line(found: MoneySummary, one: BudgetMoney) -> None:  # noqa: ARG001 - all tabs are called alike
    """Show the outlay by line at the plan's prices, and at low, base and high prices."""
    language = state.language()
    names, whole = words_of("money_line", language), one.cost_mvnd
    amounts = one.outlay.by_line["mvnd"]
    columns: dict[str, Any] = {
        t("money_line"): [*(names[k] for k in one.outlay.by_line["line"]), t("money_total")],
        t("money_amount"): [*amounts, whole],
        t("money_share"): [100.0 * v / whole for v in (*amounts, whole)],
    }
    for level in LEVELS:
        told = one.levels[level]
        name = t("money_level", level=word("price_level", level, language).lower() if language == "vi"
                 else word("price_level", level, language))
        columns[name] = [*told.by_line["mvnd"], told.total_mvnd]
    formats: dict[str, parts.Formatter] = dict.fromkeys(list(columns)[1:], n)
    formats[t("money_share")] = lambda v: n(v, 1)
    st.dataframe(parts.styled(pd.DataFrame(columns), formats), hide_index=True, width="stretch")


def funding(found: MoneySummary, one: BudgetMoney) -> None:
    """Show who could pay: routes with their villages, people, sites and money."""
    totals = one.funding.totals
    _table(found, one, totals[(totals["sites"] > 0) | (totals["villages"] > 0)], "money_route_total", _ROUTES)
    for line in lines_of("money_route_total", found, state.language()):
        st.caption(line)


def ways(found: MoneySummary, one: BudgetMoney) -> None:
    """Show building, sharing and leasing beside each other."""
    counts = {"build": n(one.build_cheaper), "share": n(one.share_cheaper), "lease": n(one.lease_cheaper)}
    st.markdown(t("money_ways_count", **counts))
    sites = one.comparison.sites
    never = t("money_never", years=found.terms.years)
    told = sites.assign(breakeven_lease_year=[
        never if pd.isna(y) else str(int(y)) for y in sites["breakeven_lease_year"]])
    _table(found, one, told, "money_lease", _WAYS)
    for line in (terms_line(found, state.language()), *quote_lines(found, state.language())):
        st.caption(line)
    lease_table.show(one)


def viability(found: MoneySummary, one: BudgetMoney) -> None:
    """Show what every site lacks to pay for itself, an estimate and never a norm."""
    language = state.language()
    note = one.viability.note_vi if language == "vi" else one.viability.note_en
    st.info(f"{note} {viability_line(one, language)}", icon=":material/info:")
    _table(found, one, one.viability.sites, "money_viability", _VIABILITY)
    st.caption(terms_line(found, language))


def twins(found: MoneySummary, one: BudgetMoney) -> None:
    """Show masts of any programme near the proposed sites."""
    st.markdown(one.sharing_vi if state.language() == "vi" else one.sharing_en)
    if len(one.duplicates.near):
        _table(found, one, one.duplicates.near, "money_duplicate", _TWINS)
    else:
        st.caption(t("money_no_twins", radius=n(one.duplicates.radius_m)))


def hours(found: MoneySummary, one: BudgetMoney) -> None:
    """Show what the plan spares people: online services at home instead of a trip to the office, with the formula."""
    saved, language = one.hours, state.language()
    parts.cards([
        Card(t("hours_people"), n(saved.people), note=t("people_word"), extra=t("hours_people_extra")),
        Card(t("hours_saved"), n(saved.person_hours), note=t("hours_unit"), extra=t("hours_saved_extra")),
        Card(t("hours_trip"), n(saved.mean_trip_hours, 1), note=t("hours_unit"),
             extra=t("hours_timed", people=n(saved.people_timed))),
    ])
    for line in hours_lines(found, language):
        st.caption(line)
    if len(saved.villages):
        _table(found, one, saved.villages, "money_hours", _HOURS)


def _table(found: MoneySummary, one: BudgetMoney, frame: pd.DataFrame, layer: str, columns: tuple[str, ...]) -> None:
    """Show the chosen columns of a table of money in words, numbers as the language writes them."""
    language = state.language()
    table = money_table(frame.assign(budget_mvnd=one.budget_mvnd), layer, found, language)[list(columns)]
    known = columns_of(layer)
    numbers = [known[c].label(language) for c in columns if known[c].type == "float"]
    shown = parts.styled(titled(table, layer, language), dict.fromkeys(numbers, n))
    wide = {known["name"].label(language): st.column_config.Column(width=190, pinned=True)} if "name" in columns else {}
    st.dataframe(shown, hide_index=True, width="stretch", column_config=wide)
