"""Floors for border communes, how robust the sites are, and why a site was chosen, with a plan changed by hand."""

import html
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from coverage.choices import Floors
from coverage.compute import Progress
from coverage.plan import FlooredPlan, Plan, Robust, SiteWhy, floored_plan, next_village, robust, what_if, why_site
from coverage.ui import ask, parts, state
from coverage.ui.parts import Card, n, t
from coverage.ui.words import money
from geodata.layers import Layers

OTHERS_SHOWN = 15
ADDED_SHOWN = 60
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def _budget(plan: Plan, name: str) -> int:
    """Ask which budget."""
    language = state.language()
    values = [b.gained_people for b in plan.budgets]
    short = [at for at, v in enumerate(values) if v < values[-1]]   # where money runs out, so that there is a choice
    chosen = st.segmented_control(t("plan_choose"), range(len(values)), default=short[-1] if short else 0,
                                  key=f"{name}_budget", required=True,
                                  format_func=lambda i: money(plan.budgets[i].budget_mvnd, language))
    return min(int(chosen if chosen is not None else -1), len(plan.budgets) - 1)


def percent(share: Any) -> str:
    """Write a share as a percentage with one decimal."""
    return "–" if pd.isna(share) else f"{n(100 * float(share), 1)}%"


def floors(layers: Layers, plan: Plan) -> None:
    """Draw the plan under a floor for every border commune."""
    if plan.scenario.siting.travel_priority:
        st.info(t("floors_priority"), icon=":material/info:")
        return
    at = _budget(plan, "floors")
    own = plan.scenario.floors.border_min_share
    shares = sorted({*SHARES, own})
    share = float(st.select_slider(t("floors_share"), shares, value=own, format_func=percent, key="floors_share"))

    def work(progress: Progress) -> FlooredPlan:
        return floored_plan(plan, replace(plan.scenario, floors=Floors(share)), at=at, progress=progress)

    key = ("floors", layers.info.pack_id, state.plan_id(plan), at, share)
    found: FlooredPlan | None = ask.on_demand(key, work, "depth_floors")
    if found is None:
        return
    language = state.language()
    kept = sum(1 for r in found.rows if r.shortfall <= 0)
    parts.cards([
        Card(t("floors_kept"), n(kept), note=f"/ {n(len(found.rows))}"),
        Card(t("floors_short"), n(found.total_shortfall), note=t("people_word"),
             extra=t("floors_short_note", bound=n(found.shortfall_bound))),
        Card(t("plan_people"), n(found.plan.people), note=t("people_word"),
             extra=t("floors_price", price=n(found.price_people))),
        Card(t("plan_cost"), money(found.plan.cost_mvnd, language), extra=t("floors_sites", sites=n(len(found.sites)))),
    ])
    reasons = {"": t("floors_ok"), **{k: t(f"floors_{k}") for k in ("out_of_reach", "money", "shared")}}
    frame = pd.DataFrame({
        t("col_commune"): [r.name for r in found.rows],
        t("floors_people"): [r.people for r in found.rows],
        t("floors_before"): [r.share_before for r in found.rows],
        t("floors_free"): [r.share_free for r in found.rows],
        t("floors_after"): [r.share_after for r in found.rows],
        t("floors_lack"): [r.shortfall for r in found.rows],
        t("floors_most"): [percent(r.most_share) for r in found.rows],
        t("floors_result"): [reasons[r.reason] for r in found.rows],
    })
    shares_shown = dict.fromkeys((t(f"floors_{k}") for k in ("before", "free", "after")), percent)
    st.dataframe(parts.styled(frame, {t("floors_people"): n, t("floors_lack"): n, **shares_shown}), hide_index=True,
                 width="stretch")
    step = next_village(plan, at)
    if step is not None:
        st.caption(t("next_village", village=step.name, commune=step.commune_name, people=n(step.people),
                     cost=money(step.cost_mvnd, language), missing=money(step.missing_mvnd, language)))


def robustness(layers: Layers, plan: Plan) -> None:
    """Draw how often each site stays when signal, people and prices are wrong."""
    at = _budget(plan, "robust")
    wrong = plan.scenario.robustness
    st.caption(t("robust_note", runs=n(wrong.runs), signal=n(wrong.signal_sigma_db, 1),
                 people=percent(wrong.people_sigma), price=percent(wrong.price_sigma),
                 site=percent(wrong.site_price_sigma)))

    def work(progress: Progress) -> Robust:
        return robust(plan, at=at, progress=progress)

    key = ("robust", layers.info.pack_id, state.plan_id(plan), at)
    found: Robust | None = ask.on_demand(key, work, "depth_robust")
    if found is None:
        return
    own = found.sites[found.sites["in_plan"]]
    parts.cards([
        Card(t("robust_sure"), n(own["no_regret"].sum()), note=f"/ {n(len(own))}",
             extra=t("robust_sure_note", share=percent(wrong.no_regret_share))),
        Card(t("robust_mean"), n(found.plan.mean), note=t("people_word"),
             extra=t("robust_best", people=n(found.best_mean.mean))),
        Card(t("robust_worst"), n(found.plan.worst_tenth), note=t("people_word"),
             extra=t("robust_best", people=n(found.best_worst.worst_tenth))),
    ])
    rows = pd.concat([own, found.sites[~found.sites["in_plan"]].head(OTHERS_SHOWN)])
    share = t("robust_share", runs=n(found.runs))
    extra = {
        share: [100.0 * v for v in rows["share"]],
        t("robust_in_plan"): ["●" if v else "" for v in rows["in_plan"]],
        t("robust_no_regret"): ["●" if v else "" for v in rows["no_regret"]],
    }
    bar = st.column_config.ProgressColumn(share, min_value=0, max_value=100, format="%d%%", width="medium")
    ask.site_list(rows, extra, {share: bar})
    worth = found.surveys[found.surveys["people"] >= 1]
    if len(worth):
        told = "; ".join(f"{v['name']} ({v['commune_name']}): {n(v['people'])}" for v in worth.to_dict("records"))
        st.caption(t("robust_survey", villages=told))


def why(layers: Layers, plan: Plan) -> None:
    """Draw why one site is in the plan, and what a plan changed by hand loses."""
    at = _budget(plan, "why")
    sites = plan.budgets[at].sites.sort_values("order")
    if not len(sites):
        st.caption(t("plan_empty"))
        return
    names = {r.option_id: f"{r.order}. {r.name} – {r.commune_name}" for r in sites.itertuples()}
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{t('why_one')}**")
        site = str(st.selectbox(t("why_site"), list(names), format_func=lambda o: names[o], key=f"why_site_{at}"))
        _one(layers, plan, at, site)
    with right:
        st.markdown(f"**{t('byhand_title')}**")
        _by_hand(plan, at, names)


def _one(layers: Layers, plan: Plan, at: int, site: str) -> None:
    def work(progress: Progress) -> SiteWhy:
        return why_site(plan, site, at=at, progress=progress)

    key = ("why", layers.info.pack_id, state.plan_id(plan), at, site)
    found: SiteWhy | None = ask.on_demand(key, work, "depth_why")
    if found is None:
        return
    unit = t("people_weighted" if found.weighted else "people_word")
    rows = [
        (t("why_alone"), f"{n(found.alone)} {unit}"), (t("why_after"), f"{n(found.after_others)} {unit}"),
        (t("why_loss"), f"{n(found.loss_without)} {unit} (≥ {n(found.loss_at_least)})"),
        (t("why_swap"), f"{found.replacement_name}: −{n(found.replacement_loss)} {unit}" if found.replacement else "–"),
        (t("why_binding"), t(f"binding_{found.binding}")),
    ]
    st.html(parts.facts([(k, html.escape(v)) for k, v in rows]))
    st.markdown(found.text_vi if state.language() == "vi" else found.text_en)


def _by_hand(plan: Plan, at: int, names: dict[str, str]) -> None:
    language = state.language()
    gone = st.multiselect(t("byhand_remove"), list(names), format_func=lambda o: names[o], key=f"byhand_remove_{at}",
                          placeholder=t("byhand_choose"))
    free = plan.options[~plan.options["option_id"].isin(names)]
    top = free.nlargest(ADDED_SHOWN, "reachable_people")
    place = plan.candidates.set_index("site_id")["name"]
    labels = {
        str(o): t("byhand_option", name=place[s], people=n(p), cost=money(c, language))
        for o, s, p, c in zip(top["option_id"], top["site_id"], top["reachable_people"], top["cost_mvnd"], strict=True)
    }
    come = st.multiselect(t("byhand_add"), list(labels), format_func=lambda o: labels[o], key=f"byhand_add_{at}",
                          placeholder=t("byhand_choose"))
    if not gone and not come:
        st.caption(t("byhand_hint"))
        return
    found = what_if(plan, remove=tuple(gone), add=tuple(come), at=at)
    parts.cards([
        Card(t("byhand_people"), n(found.figures.people), note=t("people_word"),
             extra=t("byhand_loss", people=n(found.loss_people), most=n(found.loss_at_most))),
        Card(t("byhand_villages"), n(found.figures.villages),
             extra=t("byhand_loss_villages", villages=n(found.loss_villages))),
        Card(t("plan_cost"), money(found.figures.cost_mvnd, language)),
    ])
    if "money" in found.broken:
        st.warning(t("byhand_over", money=money(found.over_budget_mvnd, language)), icon=":material/warning:")
    if "group" in found.broken:
        st.warning(t("byhand_group"), icon=":material/warning:")
