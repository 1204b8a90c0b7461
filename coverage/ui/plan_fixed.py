"""Fixed broadband beside the mobile plans: choices, the tree of cables on a map, who is connected, what it costs."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.fixed_figures import FixedSummary, fixed_lines, fixed_summary
from coverage.brief.fixed_tables import fixed_frames, fixed_sheets
from coverage.brief.tables import titled
from coverage.brief.web_fixed import fixed_map
from coverage.brief.web_map import LayerSpec, MapSpec
from coverage.brief.web_source import Source
from coverage.choices import Fixed
from coverage.compute import Progress
from coverage.plan import Plan
from coverage.plan.fixed import WORTH, FixedPlan, fixed_plan
from coverage.scenario import Scenario, override_prices
from coverage.ui import ask, maps, parts, state
from coverage.ui.parts import Card, n, t
from coverage.ui.words import money
from geodata.layers import Layers

MAP_HEIGHT = 560
SWITCHES = ("eligible_only", "near_routes", "unknown_lease", "hall_wifi", "connect_all")
PLACE_COLUMNS = {
    "thon": ("name", "commune_name", "fibre_status", "households", "worth_mvnd", "connected", "reason", "extra_mvnd",
             "length_m", "cost_mvnd"),
    "neo": ("name", "what", "commune_name", "fibre_status", "required_mbps", "missing_mbps", "worth_mvnd", "connected",
            "reason", "extra_mvnd", "length_m", "cost_mvnd"),
}
LINK_COLUMNS = ("link_id", "way", "from_name", "to_name", "road_name", "length_m", "n_sites", "shared", "cost_mvnd")
WHOLE = ("households", "required_mbps", "missing_mbps", "worth_mvnd", "extra_mvnd", "length_m", "cost_mvnd", "n_sites")


@dataclass(frozen=True)
class Choice:
    """What the screen asks: which mobile plan's cables are shared, the section of the scenario, what fibre is worth."""

    budget: int
    fixed: Fixed
    worth: tuple[float, ...]


def key(layers: Layers, plan: Plan, choice: Choice) -> Hashable:
    """Return the key of the job of a choice."""
    return "fixed", layers.info.pack_id, state.plan_id(plan), choice


def chosen(plan: Plan) -> Choice:
    """Return the session's choice: as set on the screen, or as the scenario says beside the largest plan."""
    kept = st.session_state.get("fixed")
    if isinstance(kept, tuple) and kept[0] == state.plan_id(plan) and isinstance(kept[1], Choice):
        return kept[1]
    return chosen_default(plan)


def chosen_default(plan: Plan) -> Choice:
    """Return the choice of the plan's own scenario beside its largest budget."""
    return Choice(len(plan.budgets) - 1, plan.scenario.fixed, tuple(plan.scenario.price_mvnd(i) for i in WORTH))


def scenario_of(plan: Plan, choice: Choice) -> Scenario:
    """Return the plan's scenario with a choice; a worth that was changed says so in its note."""
    own = plan.scenario
    new = {i: v for i, v in zip(WORTH, choice.worth, strict=True) if v != own.price_mvnd(i)}
    return replace(own, fixed=choice.fixed, prices=override_prices(own.prices, new, own.price_book, own.name))


def show(layers: Layers, plan: Plan) -> None:
    """Draw the form, and the plan once it is computed."""
    choice = form(plan)

    def work(progress: Progress) -> FixedPlan:
        return fixed_plan(plan, scenario_of(plan, choice), budget=choice.budget, progress=progress)

    found: FixedPlan | None = ask.on_demand(key(layers, plan, choice), work, "depth_fixed")
    if found is None:
        return
    language = state.language()
    summary = fixed_summary(found)
    parts.cards(cards(summary))
    for finding in found.findings:
        if finding.severity != "info":
            st.warning(finding.message(language), icon=":material/warning:")
    lines = fixed_lines(found, language)
    st.caption(" ".join((*lines[2:5], lines[-1])))     # the cards say the rest, the form the choices
    source, base, base_key = maps.base_layers(layers, plan.case.assessment)
    spec = _spec(source, found, base, (*base_key, plan.scenario.digest, choice))
    maps.show(spec, name="fixed", height=MAP_HEIGHT)
    tables(found)


def form(plan: Plan) -> Choice:
    """Ask for the mobile plan, who counts, and what fibre is worth; the choice stays until the next submission."""
    now, language = chosen(plan), state.language()
    with st.form("fixed_form", border=True):
        first, second, third, last = st.columns([1.6, 1.2, 1.2, 0.8], vertical_alignment="bottom")
        budget = int(first.selectbox(
            t("fixed_budget"), range(len(plan.budgets)), index=min(now.budget, len(plan.budgets) - 1),
            format_func=lambda i: money(plan.budgets[i].budget_mvnd, language), key=f"fixed_budget_{language}"))
        worth = (
            float(second.number_input(t("fixed_worth_household"), 0.0, 1_000.0, now.worth[0], step=1.0)),
            float(third.number_input(t("fixed_worth_mbps"), 0.0, 1_000.0, now.worth[1], step=0.5)),
        )
        pressed = last.form_submit_button(t("fixed_set"), width="stretch")
        boxes = st.columns(len(SWITCHES))
        switches = {name: boxes[at].checkbox(t(f"fixed_{name}"), value=bool(getattr(now.fixed, name)),
                                             key=f"fixed_{name}") for at, name in enumerate(SWITCHES)}
        st.caption(t("fixed_note"))
    if not pressed:
        return now
    new = Choice(budget, replace(now.fixed, **switches), worth)
    st.session_state["fixed"] = (state.plan_id(plan), new)
    return new


def cards(one: FixedSummary) -> list[Card]:
    """Return the figures of the plan, each with what it is out of."""
    language, total = state.language(), one.totals
    return [
        Card(t("fixed_villages"), n(total.villages), note=f"/ {n(one.villages_counted)}",
             extra=t("fixed_unconfirmed", count=n(total.villages_unconfirmed))),
        Card(t("fixed_households"), n(total.households), extra=t("fixed_halls", count=n(total.halls))),
        Card(t("fixed_anchors"), n(total.anchors), note=f"/ {n(one.anchors_counted)}",
             extra=t("fixed_unknown", count=n(total.anchors_unconfirmed))),
        Card(t("fixed_mbps"), n(total.missing_mbps), note="Mbit/s"),
        Card(t("fixed_km"), n(total.new_km, 1), note="km", extra=t("fixed_km_shared", km=n(total.shared_km, 1))),
        Card(t("plan_cost"), money(total.cost_mvnd, language),
             extra=t("fixed_cost", links=money(total.links_mvnd, language), ends=money(total.ends_mvnd, language))),
    ]


@st.cache_resource(show_spinner=False, max_entries=8)
def _spec(_source: Source, _fixed: FixedPlan, _base: list[LayerSpec], key: tuple[Any, ...]) -> MapSpec:  # noqa: ARG001 - it is the key
    return fixed_map(_source, _fixed, base=_base)


def tables(found: FixedPlan) -> None:
    """Show places, cables and the outlay by year as the workbook has them."""
    frames = fixed_frames(found)
    sheets = fixed_sheets(found, frames, state.language())
    own, told = frames["fixed_places"], sheets["fixed_places"].frame
    connected = own["connected"].to_numpy(dtype=bool)   # to these nothing more is needed
    told = told.assign(reason=told["reason"].fillna(""), length_m=told["length_m"].fillna(0.0),
                       extra_mvnd=told["extra_mvnd"].mask(connected, 0.0))
    for kind, columns in PLACE_COLUMNS.items():
        mine = told[(own["kind"] == kind).to_numpy(dtype=bool)]
        if len(mine):
            st.markdown(f"**{t(f'fixed_table_{kind}', count=n(len(mine)))}**")
            _table(mine, "fixed_places", columns)
    with st.expander(t("fixed_links", count=n(len(found.links)))):
        _table(sheets["fixed_links"].frame, "fixed_links", LINK_COLUMNS)
    with st.expander(t("fixed_years")):
        frame = sheets["fixed_year"].frame
        _table(frame.assign(year=frame["year"].astype(str)), "fixed_year",
               ("year", "construction", "equipment", "lease", "total_mvnd", "low_mvnd", "high_mvnd"))


def _table(frame: pd.DataFrame, layer: str, columns: tuple[str, ...]) -> None:
    language = state.language()
    numbers = [c for c in columns if c in WHOLE or c.endswith("_mvnd") or c in ("construction", "equipment", "lease")]
    whole = titled(pd.DataFrame(columns=list(columns)), layer, language).columns
    shown = titled(frame[list(columns)], layer, language)
    formats = {whole[columns.index(c)]: n for c in numbers}
    st.dataframe(parts.styled(shown, formats), hide_index=True, width="stretch")
