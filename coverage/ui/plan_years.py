"""The plan by year: ceilings asked for, then what each year builds and serves, and who is still left out."""

import io
import math
from collections.abc import Hashable
from dataclasses import replace

import pandas as pd
import streamlit as st

from coverage.brief.words import word
from coverage.choices import Phases
from coverage.compute import Progress
from coverage.errors import ScenarioError
from coverage.plan import PhasedPlan, Plan, phased_plan
from coverage.ui import ask, parts, state
from coverage.ui.parts import n, t
from coverage.ui.words import money
from geodata.layers import Layers

YEARS_AT_FIRST, YEARS_MOST = 3, 6
STEP_MVND = 500
ROW_PX = 35     # the height of a row of Streamlit's table
BORDER_FACTOR = 2.0     # offered by the box; a scenario file may say any other


def chosen(plan: Plan) -> Phases:
    """Return the session's phases: as set on the screen, as the scenario says, or even parts of the largest plan."""
    kept = st.session_state.get("phases")
    if isinstance(kept, tuple) and kept[0] == state.plan_id(plan) and isinstance(kept[1], Phases):
        return kept[1]
    if plan.scenario.phases.years:
        return plan.scenario.phases
    whole = plan.budgets[-1].selection.cost_mvnd
    each = max(STEP_MVND, math.ceil(whole / YEARS_AT_FIRST / STEP_MVND) * STEP_MVND)
    years = tuple(range(plan.year, plan.year + YEARS_AT_FIRST))
    return replace(plan.scenario.phases, years=years, ceilings_mvnd=(float(each),) * YEARS_AT_FIRST)


def key(layers: Layers, plan: Plan, phases: Phases) -> Hashable:
    """Return the key of the job of these phases."""
    return "phases", layers.info.pack_id, state.plan_id(plan), phases


def show(layers: Layers, plan: Plan) -> None:
    """Draw the form, and the phases once they are computed."""
    phases = form(layers, plan)

    def work(progress: Progress) -> PhasedPlan:
        return phased_plan(plan, replace(plan.scenario, phases=phases), progress=progress)

    found: PhasedPlan | None = ask.on_demand(key(layers, plan, phases), work, "depth_phases")
    if found is None:
        return
    table = year_frame(found)
    st.dataframe(table, hide_index=True, width="stretch", height=ROW_PX * (len(table) + 1) + 2)
    st.caption(t("phases_note", bound=n(found.last_year_bound), late=n(found.too_late)))
    language = state.language()
    sites = found.sites
    st.markdown(f"**{t('phases_sites')}**")
    ask.site_list(sites, {t("phases_year"): [str(y) for y in sites["year"]]})
    lost = [y for y in found.years if len(y.lost)]
    if lost:
        worst = lost[-1]
        names = "; ".join(f"{r['name']} ({r['commune_name']}{', ' + t('phases_saved') if r['saved'] else ''})"
                          for r in worst.lost.to_dict("records"))
        st.warning(t("phases_lost", year=worst.year, count=n(len(worst.lost)), names=names), icon=":material/warning:")
    count = len(found.years)
    last = st.selectbox(t("phases_after"), range(count), index=count - 1, key=f"left_{language}_{count}",
                        format_func=lambda at: _period(found, at))
    left_out(found, int(last))


def form(layers: Layers, plan: Plan) -> Phases:
    """Ask for years and ceilings; the choice stays until the next submission."""
    now = chosen(plan)
    years = int(st.number_input(t("phases_count"), 1, YEARS_MOST, len(now.years), key="phases_count", width=220))
    with st.form("phases_form", border=True):
        columns = st.columns([1.0] * years + [1.0], vertical_alignment="bottom")
        first = now.years[0]
        ceilings = [
            columns[i].number_input(
                t("phases_ceiling", year=first + i), min_value=0, step=STEP_MVND, key=f"ceiling_{i}",
                value=int(now.ceilings_mvnd[min(i, len(now.ceilings_mvnd) - 1)]))
            for i in range(years)
        ]
        pressed = columns[-1].form_submit_button(t("phases_set"), width="stretch")
        border = st.checkbox(t("phases_border"), value=now.favour_border > 1, key="phases_border")
        carry = st.checkbox(t("phases_carry"), value=now.carry_over, key="phases_carry")
        keep = st.checkbox(t("phases_keep"), value=bool(now.keep_first), key="phases_keep")
    if not pressed:
        return now
    factor = max(BORDER_FACTOR, now.favour_border) if border else 1.0
    new = Phases(tuple(range(first, first + years)), tuple(float(c) for c in ceilings), factor,
                 _first_options(layers, plan, now) if keep else (), carry)
    try:
        replace(plan.scenario, phases=new)
    except ScenarioError as error:
        parts.fault(error)
        return now
    st.session_state["phases"] = (state.plan_id(plan), new)
    return new


def _first_options(layers: Layers, plan: Plan, now: Phases) -> tuple[str, ...]:
    """Return the options of the first year as computed last; what was kept already stays kept."""
    if now.keep_first:
        return now.keep_first
    job = state.jobs().find(key(layers, plan, now))
    if job is None or not job.ended or job.failed:
        st.info(t("phases_keep_none"), icon=":material/info:")
        return ()
    found: PhasedPlan = job.result()
    return tuple(found.sites.loc[found.sites["year"] == now.years[0], "option_id"])


def year_frame(found: PhasedPlan) -> pd.DataFrame:
    """Return one row per figure and one column per year, as texts."""
    figures = (
        ("phases_limit", "ceiling_mvnd"), ("phases_outlay", "outlay_mvnd"), ("phases_new", "new_sites"),
        ("plan_people", "people"), ("plan_bound", "people_bound"), ("phases_nesting", "nesting_price"),
        ("phases_all_before", "trang_all_before"), ("phases_all_after", "trang_all_after"),
        ("phases_masts", "committed_masts"),
    )
    rows = [[t(key), *(n(getattr(y, name)) for y in found.years)] for key, name in figures]
    rows.insert(6, [t("phases_trang_before"), *(n(y.before.villages_trang) for y in found.years)])
    rows.insert(7, [t("phases_trang_after"), *(n(y.after.villages_trang) for y in found.years)])
    return pd.DataFrame(rows, columns=[t("phases_figure"), *(str(y.year) for y in found.years)])


def _period(found: PhasedPlan, at: int) -> str:
    first, last = found.years[0].year, found.years[at].year
    return str(first) if last == first else f"{first}–{last}"


def left_out(found: PhasedPlan, at: int) -> None:
    """List the villages without full coverage after a year, and offer the list."""
    language = state.language()
    year, period = found.years[at], _period(found, at)
    st.markdown(f"**{t('left_title', period=period)}** ({n(len(year.left_out))})")
    table = year.left_out
    frame = pd.DataFrame({
        t("left_village"): table["name"],
        t("col_commune"): [f"{c} {'●' if b else ''}".strip()
                           for c, b in zip(table["commune_name"], table["is_border"], strict=True)],
        t("left_status"): [word("status", s, language) for s in table["status_after"]],
        t("left_households"): table["households_left"], t("left_people"): table["people_left"],
        t("left_reason"): [t(f"left_{r}") for r in table["reason"]],
    })
    whole = {t("left_households"): n, t("left_people"): n}
    shown = parts.styled(frame, whole, {t("left_status"): parts.status_tones()})
    st.dataframe(shown, hide_index=True, width="stretch")
    out = io.StringIO()
    vi = language == "vi"
    frame.assign(**{t("left_code"): table["village_code"]}).to_csv(
        out, index=False, sep=";" if vi else ",", decimal="," if vi else ".")
    st.download_button(t("download_csv"), out.getvalue().encode("utf-8-sig"),
                       f"thon_chua_duoc_phu_song_{period.replace('–', '_')}.csv", mime="text/csv", on_click="ignore",
                       icon=":material/download:")
    st.caption(t("phases_money", cost=money(sum(y.outlay_mvnd for y in found.years), language)))
