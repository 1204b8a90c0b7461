"""Tables below the map: the published list against the model, difficulty by power, operators, anchors."""

import pandas as pd
import streamlit as st

from coverage.brief.words import words_of
from coverage.gap.assessment import Assessment
from coverage.summary import GapSummary
from coverage.ui import parts, state
from coverage.ui.parts import n, t

_HEIGHT = 420


def power_table(gap: GapSummary) -> None:
    """Show gaps by difficulty and grid power, which decides where the money may come from."""
    heads = {"powered": t("side_powered"), "unpowered": t("side_unpowered"), "power_unknown": t("side_power_unknown")}
    rows = []
    for row in gap.difficult_by_power.to_dict("records"):
        cells = {
            heads[side]: t(
                "power_cell",
                trang=n(row[f"{side}_trang"]),
                lom=n(row[f"{side}_lom"]),
                villages=n(row[f"{side}_villages"]),
            )
            for side in heads
        }
        rows.append({t("power_title"): t("row_difficult") if row["difficult"] else t("row_other")} | cells)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.caption(t("power_note"))


def operator_table(gap: GapSummary) -> None:
    """Show how many village centres each operator serves with each technology."""
    rows = gap.by_operator
    frame = pd.DataFrame(
        {
            t("col_operator"): rows["operator"],
            t("col_technology"): rows["technology"],
            t("col_served"): rows["villages_served"],
            t("col_unserved"): rows["villages_unserved"],
            t("col_unknown"): rows["villages_unknown"],
            t("col_list"): rows["list_supplied"].map(parts.yes_no),
        }
    )
    whole = [t("col_served"), t("col_unserved"), t("col_unknown")]
    st.dataframe(parts.styled(frame, dict.fromkeys(whole, n)), hide_index=True, width="stretch")
    st.caption(t("operator_note"))


def reconciliation_table(assessment: Assessment, gap: GapSummary) -> None:
    """Show the published list row by row against the model."""
    rows, language = assessment.reconciliation, state.language()
    if not len(rows):
        st.info(t("reconciliation_missing"), icon=":material/info:")
        return
    statuses = words_of("status", language)
    frame = pd.DataFrame(
        {
            t("col_commune"): rows["commune_name"],
            t("col_village"): rows["village_name"],
            t("col_published"): rows["published"].map(statuses),
            t("col_status_model"): rows["model"].map(statuses),
            t("col_result"): rows["result"].map(words_of("result", language)),
            t("col_match"): rows["match"].map(words_of("match", language)),
            t("col_reason"): rows["reason"].fillna("") if language == "vi" else "",
            t("col_place"): [_place(f, r) for f, r in zip(rows["source_file"], rows["source_row"], strict=True)],
        }
    )
    tones = {t("col_published"): parts.status_tones(), t("col_status_model"): parts.status_tones()}
    shown = [c for c in frame.columns if frame[c].astype(str).str.len().gt(0).any()]
    st.dataframe(parts.styled(frame[shown], {}, tones), hide_index=True, width="stretch", height=_HEIGHT)
    listed = int(rows["published"].notna().sum())
    st.caption(t("reconciliation_note", rows=n(listed), exact=n(gap.matched_exact), folded=n(gap.matched_folded)))


def _place(file: object, row: object) -> str:
    return "–" if pd.isna(file) or not str(file) else f"{file}, {t('col_row').lower()} {row}"


def anchor_table(assessment: Assessment, gap: GapSummary) -> None:
    """Show the institutions with what they need and lease, those that fall short first."""
    anchors = assessment.anchors
    if anchors is None or not len(anchors):
        st.info(t("anchors_missing"), icon=":material/info:")
        return
    order = anchors["fibre_status"].map({"thieu": 0, "chua_du_dl": 1, "du": 2})
    rows = anchors.assign(_order=order).sort_values(["_order", "anchor_code"], kind="stable")
    frame = pd.DataFrame(
        {
            t("col_anchor"): rows["name"],
            t("col_kind"): rows["kind"],
            t("col_required"): rows["required_mbps"],
            t("col_leased"): rows["leased_mbps"],
            t("col_missing"): rows["fibre_gap_mbps"],
            t("col_speed"): [t(f"speed_{s}") for s in rows["fibre_status"]],
            t("col_4g"): [
                parts.yes_no(bool(s)) if k else parts.yes_no(None)
                for s, k in zip(rows["served_4g"], rows["known_4g"], strict=True)
            ],
        }
    )
    whole = [t("col_required"), t("col_leased"), t("col_missing")]
    st.dataframe(parts.styled(frame, dict.fromkeys(whole, n)), hide_index=True, width="stretch", height=_HEIGHT)
    st.caption(
        t(
            "anchors_note",
            all=n(gap.anchors),
            short=n(gap.anchors_short),
            unknown=n(gap.anchors_unknown),
            unserved=n(gap.anchors_unserved),
        )
    )
