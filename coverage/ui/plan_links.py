"""Part of the plan page: the links that carry the sites, what they cost, and what hangs on a single road."""

from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.link_text import end_name
from coverage.brief.tables import M_PER_KM, site_names
from coverage.brief.words import word
from coverage.plan import BudgetPlan
from coverage.summary import link_summary
from coverage.ui import parts, state
from coverage.ui.parts import Card, n, t
from coverage.ui.words import money

ENDS_PX, SITES_PX = 190, 260


def show(budget: BudgetPlan) -> None:
    """Draw the links of one budget's plan; nothing for a plan that builds nothing."""
    if not len(budget.sites):
        return
    language = state.language()
    found = link_summary(budget)
    vi = language == "vi"
    with st.expander(t("links_title"), icon=":material/hub:", expanded=bool(found.sites_on_single_road)):
        parts.cards([
            Card(t("links_fibre"), f"{n(found.fibre_km, 1)} km",
                 extra=t("links_fibre_extra", count=n(found.fibre_links), poles=n(found.new_poles_km, 1))),
            Card(t("links_hops"), n(found.hops),
                 extra=t("links_hops_extra", km=n(found.hop_km, 1)) if found.hops else ""),
            Card(t("links_single"), n(found.sites_on_single_road), note=f"/ {n(len(budget.sites))}",
                 extra=t("links_single_extra", km=n(found.single_km, 1))),
            Card(t("links_cost"), money(found.links_mvnd, language),
                 extra=t("links_cost_extra", own=money(found.sites_mvnd, language))),
        ])
        warn = st.warning if found.sites_on_single_road else st.info
        warn(found.single_vi if vi else found.single_en, icon=":material/warning:")
        if len(budget.links):
            table(budget, language)
        st.caption(f"{found.money_vi if vi else found.money_en} {word('link_text', 'single_note', language)}")


def table(budget: BudgetPlan, language: str) -> None:
    """Show a row per link."""
    links = budget.links
    columns: dict[str, Any] = {
        t("link_id"): links["link_id"],
        t("link_kind"): [word("link_kind", k, language) for k in links["kind"]],
        t("link_from"): [end_name(v, language) for v in links["from_name"]],
        t("link_to"): [end_name(v, language) for v in links["to_name"]],
        t("link_km"): links["length_m"] / M_PER_KM,
        t("link_single"): [word("yes_no", "yes" if v else "no", language) for v in links["single_road"]],
        t("link_road"): [str(v or "–") for v in links["road_name"]],
        t("link_sites_count"): links["n_sites"],
        t("link_sites"): site_names(budget),
        t("link_ghz"): links["freq_ghz"].astype("float64"),
        t("link_capacity"): links["capacity_mbps"].astype("float64"),
        t("link_load"): links["load_mbps"],
        t("link_way"): [word("link_way", w, language) for w in links["way"]],
        t("link_cost"): links["cost_mvnd"],
        t("link_year"): links["build_year"].map(str),
    }
    whole = [t(k) for k in ("link_sites_count", "link_capacity", "link_load", "link_cost")]
    formats: dict[str, parts.Formatter] = dict.fromkeys(whole, n)
    formats |= dict.fromkeys((t("link_km"), t("link_ghz")), _one_decimal)
    tones = {t("link_single"): {word("yes_no", "yes", language): "#b23c00"}}
    widths = {"link_from": ENDS_PX, "link_to": ENDS_PX, "link_sites": SITES_PX, "link_id": 78}
    config = {t(k): st.column_config.Column(width=w) for k, w in widths.items()}
    shown = parts.styled(pd.DataFrame(columns), formats, tones)
    st.dataframe(shown, hide_index=True, width="stretch", column_config=config)


def _one_decimal(value: Any) -> str:
    return n(value, 1)
