"""Page "Phương án": where public money should build under three budgets, side by side, with the proof and the why."""

import functools
import html
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd
import streamlit as st

from coverage.brief.link_text import carried
from coverage.brief.tables import site_table, sites_of, titled, with_survey_axes
from coverage.brief.web_map import LayerSpec, MapSpec
from coverage.brief.web_plan import plan_map
from coverage.brief.web_source import Source
from coverage.brief.words import word
from coverage.errors import ScenarioError
from coverage.gap.assessment import Assessment
from coverage.plan import BudgetPlan, Plan
from coverage.scenario import PriceLevel
from coverage.summary import LinkSummary, PlanSummary, link_summary, plan_summary, priority_text
from coverage.ui import maps, money_view, parts, plan_depth, plan_links, state
from coverage.ui.parts import n, t
from coverage.ui.words import money, text
from geodata.crs import WGS84
from geodata.layers import Layers
from geodata.write.table import write_xlsx

MAP_HEIGHT = 560
Eligible = Literal["border_or_difficult", "border", "all"]
ELIGIBLE: tuple[Eligible, ...] = get_args(Eligible)


def show() -> None:
    """Draw the page."""
    layers = parts.need_layers()
    parts.heading(t("plan_title"), t("plan_lead"), illustrative=layers.info.illustrative)
    form()
    assessment = parts.need_assessment(layers)
    plan = parts.need_plan(layers, assessment)
    for finding in plan.findings:
        if finding.severity != "info":
            st.warning(finding.message(state.language()), icon=":material/info:")
    if plan.scenario.siting.travel_priority:
        st.info(priority_text(plan.scenario)[0 if state.language() == "vi" else 1], icon=":material/route:")
    comparison(plan_summary(plan), [link_summary(b) for b in plan.budgets])
    workbench(layers, assessment, plan)
    plan_depth.show(layers, plan)


def form() -> None:
    """Ask for budgets, who counts and the price level; nothing is computed before the button."""
    chosen, language = state.scenario(), state.language()
    with st.form("plan_form", border=True):
        columns = st.columns([1.0] * len(chosen.budgets_mvnd) + [2.3, 1.2, 0.9], vertical_alignment="bottom")
        budgets = [
            columns[i].number_input(t("form_budget", number=i + 1), value=int(value), step=500, key=f"budget_{i}")
            for i, value in enumerate(chosen.budgets_mvnd)
        ]
        eligible = columns[-3].selectbox(
            t("form_eligible"),
            ELIGIBLE,
            index=ELIGIBLE.index(chosen.eligible),
            format_func=lambda k: word("eligible", k, language),
            key=f"eligible_{language}",
        )
        levels: tuple[PriceLevel, ...] = get_args(PriceLevel)
        level = columns[-2].selectbox(
            t("form_prices"),
            levels,
            index=levels.index(chosen.price_level),
            key=f"price_level_{language}",
            format_func=lambda k: word("price_level", k, language),
        )
        pressed = columns[-1].form_submit_button(t("form_run"), type="primary", width="stretch")
        far_first = st.checkbox(t("form_priority"), value=chosen.siting.travel_priority, key="travel_priority",
                                help=t("form_priority_help", minutes=n(chosen.service.travel_weight_min)))
        st.caption(t("form_note"))
    if not pressed:
        return
    try:
        new = replace(chosen, budgets_mvnd=tuple(float(b) for b in budgets), eligible=eligible, price_level=level,
                      siting=replace(chosen.siting, travel_priority=far_first))
    except ScenarioError as error:
        parts.fault(error)
        st.stop()
    state.choose_scenario(new)


def comparison(figures: list[PlanSummary], links: list[LinkSummary]) -> None:
    """Show the plans side by side: what each gains, costs and proves."""
    cards = [_plan_html(one, links[at], figures[at - 1] if at else None) for at, one in enumerate(figures)]
    st.html(f"<div class='ps-plans'>{''.join(cards)}</div>")


def _plan_html(one: PlanSummary, links: LinkSummary, smaller: PlanSummary | None) -> str:
    language = state.language()
    kinds = [(one.new_macro_sites, "kind_macro"), (one.shared_sites, "kind_shared"), (one.small_cells, "kind_small")]
    told = ", ".join(t(key, count=n(count)) for count, key in kinds if count)
    unit = t("people_word")
    rows = [
        (t("plan_people"), f"{n(one.people_gained)} {unit}"),
        (t("plan_households"), f"{n(one.households_gained)} {t('household_word')}"),
        (t("plan_sites"), n(one.sites)),
        (t("plan_cost"), _cost_html(links, language)),
        (t("plan_links"), html.escape(links.text_vi if language == "vi" else links.text_en)),
        (t("plan_left"), t("plan_left_text", trang=n(one.trang_left), lom=n(one.lom_left))),
        (t("plan_objective"), f"{n(one.objective)} ≤ {n(one.objective_bound)}") if one.weighted
        else (t("plan_bound"), f"{n(one.bound_people)} {unit}"),
    ]
    vi = language == "vi"
    proof, status, land = (
        (one.proof_vi, one.status_vi, one.land_vi) if vi else (one.proof_en, one.status_en, one.land_en)
    )
    same = smaller is not None and one.cost_mvnd <= smaller.budget_mvnd
    note = f"<p class='ps-note'>{html.escape(t('plan_saturated'))}</p>" if same else ""
    return (
        f"<div class='ps-plan'><h3>{html.escape(t('plan_budget', money=money(one.budget_mvnd, language)))}</h3>"
        f"<div class='ps-big'>+{n(one.villages_gained)}<span>{html.escape(t('plan_villages'))}</span></div>"
        f"<p class='ps-kinds'>{html.escape(told) or '&nbsp;'}</p>"
        f"{parts.facts(rows)}{note}<p class='ps-proof'><b>{html.escape(status)}.</b> {html.escape(proof)} "
        f"{html.escape(land)}</p></div>"
    )


def _cost_html(links: LinkSummary, language: str) -> str:
    """Return the cost of a plan and, where links are built, its two parts."""
    whole = html.escape(money(links.cost_mvnd, language))
    if not links.links:
        return whole
    own, shared = money(links.sites_mvnd, language), money(links.links_mvnd, language)
    return f"{whole}<br><small>{html.escape(t('plan_cost_parts', own=own, links=shared))}</small>"


@st.cache_resource(show_spinner=False, max_entries=16)
def _spec(_source: Source, _budget: BudgetPlan, _base: list[LayerSpec], key: tuple[Any, ...]) -> MapSpec:  # noqa: ARG001 - it is the key
    return plan_map(_source, _budget, base=_base)


@st.fragment
@parts.guarded
def workbench(layers: Layers, assessment: Assessment, plan: Plan) -> None:
    """Show one budget's sites on the map, why each was chosen, and the table to take away."""
    language = state.language()
    chosen = st.segmented_control(
        t("plan_choose"),
        range(len(plan.budgets)),
        default=len(plan.budgets) - 1,
        key="plan_budget",
        required=True,
        format_func=lambda i: money(plan.budgets[i].budget_mvnd, language),
    )
    budget = plan.budgets[min(int(chosen or 0), len(plan.budgets) - 1)]
    source, base, key = maps.base_layers(layers, assessment)
    left, right = st.columns([2.0, 1], gap="medium")
    site = st.session_state.get("site")
    with left:
        spec = _spec(source, budget, base, (*key, plan.scenario.digest, budget.budget_mvnd))
        clicked = maps.show(spec, name="plan", height=MAP_HEIGHT, selected=_place(budget, site))
        st.caption(f"{t('plan_map_hint')} {t('plan_links_hint') if len(budget.links) else ''}")
    if clicked and clicked[0] == "site" and clicked[1] != site:
        st.session_state["site"] = clicked[1]
        st.rerun(scope="fragment")
    with right:
        reasons(budget, site)
    table(plan, budget)
    plan_links.show(budget)
    money_view.show(layers, assessment, plan, budget)


def _place(budget: BudgetPlan, option: object) -> tuple[float, float] | None:
    found = budget.sites[budget.sites["option_id"] == option]
    if not len(found):
        return None
    point = found.geometry.to_crs(WGS84).iloc[0]
    return round(point.y, 6), round(point.x, 6)


def reasons(budget: BudgetPlan, selected: object) -> None:
    """Show why each site was chosen, in order of building; the selected one first."""
    language = state.language()
    sites = budget.sites.sort_values("order")
    st.markdown(f"**{t('why_title', count=n(len(sites)))}**")
    with st.container(height=MAP_HEIGHT - 40, border=True):
        if not len(sites):
            st.caption(t("plan_empty"))
        ordered = [
            *sites[sites["option_id"] == selected].itertuples(),
            *sites[sites["option_id"] != selected].itertuples(),
        ]
        links = pd.DataFrame(budget.links.drop(columns="geometry"))
        items = "".join(_reason(row, links, language) for row in ordered)
        st.html(f"<ul class='ps-why'>{items}</ul>")


def _reason(row: Any, links: pd.DataFrame, language: str) -> str:
    why = row.why_vi if language == "vi" else row.why_en
    border = f" · {t('border_word')}" if row.is_border else ""
    kind = word("site_kind", row.kind, language)
    permit = f" {t('why_permit', year=row.earliest_year)}" if row.restriction == "xin_phep" else ""
    twin = f" {t('why_duplicate', mast=row.duplicate_of)}" if row.duplicate_of else ""
    place = html.escape(f"{row.name} – {row.commune_name}{border}")
    facts = html.escape(f"{kind} · {money(row.cost_mvnd, language)}")
    way = html.escape(carried({k: getattr(row, k) for k in ("backhaul", "links", "hangs_on")}, links, language))
    way = f"<span class='ps-single'>{way}</span>" if row.hangs_on else way
    return (
        f"<li><span class='ps-num'>{row.order}</span><b>{place}</b><br><small>{facts}<br>{way}</small><br>"
        f"{html.escape(str(why))}{html.escape(permit)}{html.escape(twin)}</li>"
    )


def table(plan: Plan, budget: BudgetPlan) -> None:
    """Show the sites of one budget and offer all budgets for download."""
    language = state.language()
    sites = budget.sites.sort_values("order")
    border = ["●" if b else "" for b in sites["is_border"]]
    frame = pd.DataFrame(
        {
            t("col_order"): sites["order"],
            t("col_site"): sites["name"],
            t("col_commune"): [f"{c} {b}".strip() for c, b in zip(sites["commune_name"], border, strict=True)],
            t("col_kind"): [word("site_kind_short", k, language) for k in sites["kind"]],
            t("col_backhaul"): [_backhaul(row, language) for row in sites.itertuples()],
            t("col_site_power"): [word("power", k, language) for k in sites["power"]],
            t("col_height"): sites["height_m"],
            t("col_villages_new"): sites["new_villages"],
            t("col_households_new"): sites["new_households"],
            t("col_people_new"): sites["new_people"],
            t("col_own_cost"): sites["cost_mvnd"],
            t("col_year"): sites["earliest_year"].map(str),
        }
    )
    whole = [
        t(k)
        for k in ("col_order", "col_height", "col_villages_new", "col_households_new", "col_people_new", "col_own_cost")
    ]
    widths = {"col_site": 196, "col_kind": 112, "col_backhaul": 184, "col_own_cost": 128, "col_order": 52,
              "col_height": 62, "col_year": 76}
    config = {t(k): st.column_config.Column(width=w) for k, w in widths.items()}
    shown = parts.styled(frame, dict.fromkeys(whole, n))
    st.dataframe(shown, hide_index=True, width="stretch", column_config=config)
    first, second, _ = st.columns([1, 1, 3])
    name = f"vi_tri_de_xuat_{plan.scenario.digest}"
    first.download_button(
        t("download_xlsx"),
        functools.partial(_xlsx, plan, language),
        f"{name}.xlsx",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )
    second.download_button(
        t("download_csv"),
        functools.partial(_csv, plan, language),
        f"{name}.csv",
        on_click="ignore",
        mime="text/csv",
        icon=":material/download:",
        width="stretch",
    )


def _backhaul(site: Any, language: str) -> str:
    """Return 'Cáp quang · 3 tuyến · độc đạo'."""
    told = [word("backhaul", site.backhaul, language)]
    told += [t("count_links", count=n(len(site.links)))] if site.links else []
    return " · ".join([*told, t("single_word")] if site.hangs_on else told)


def _sites(plan: Plan, language: str) -> pd.DataFrame:
    return site_table(with_survey_axes(sites_of(plan)), language)


def _xlsx(plan: Plan, language: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sites.xlsx"
        sheet = text("sheet_sites", language)  # made on the click, outside any session
        write_xlsx({sheet: _sites(plan, language)}, path, layers={sheet: "plan_sites"}, language=language)
        return path.read_bytes()


def _csv(plan: Plan, language: str) -> bytes:
    out = io.StringIO()
    vi = language == "vi"
    titled(_sites(plan, language), "plan_sites", language).to_csv(
        out, index=False, sep=";" if vi else ",", decimal="," if vi else "."
    )
    return out.getvalue().encode("utf-8-sig")  # with a mark, so that Excel reads the letters right
