"""Cards beside the map: all that is known of one village or one commune."""

import html
from typing import Any

import streamlit as st

from coverage.brief.village_profile import Language, village_profile
from coverage.brief.words import is_missing, sentence, with_unit, word
from coverage.gap.assessment import Assessment
from coverage.ui import parts, state
from coverage.ui.parts import chip, facts, n, t


def forget() -> None:
    """Select nothing."""
    st.session_state.pop("village", None)


def village_card(assessment: Assessment, code: str) -> None:
    """Show one village: status, people, nearest masts, power, fibre, how sure it is."""
    row = assessment.villages[assessment.villages["village_code"] == code].iloc[0]
    language = state.language()
    name = sentence(with_unit(str(row["name"]))) if language == "vi" else str(row["name"])
    border = f" · {t('border_word')}" if row["is_border"] else ""
    head = f"<h3>{html.escape(name)}</h3><p>{html.escape(str(row['commune_name']))}{border}</p>"
    official = t("status_from_list") if row["official_source"] else t("status_from_model")
    body = facts(
        [
            (t("col_status_model"), word("status", row["status_model"], language)),
            (t("col_households"), n(row["households"])),
            (t("col_people"), n(row["people"])),
            (t("col_homes_without"), n(row["unserved_households"])),
            (t("col_operators"), ("" if row["n_operators_known"] else "≥ ") + n(row["n_operators"])),
            (t("fact_level"), _level(row)),
            (t("fact_evidence"), word("evidence", row["evidence"], language)),
            *[(t("fact_nearest", rank=k), _mast(row, k)) for k in (1, 2)],
            (t("col_power"), parts.yes_no(row["grid_power"])),
            (t("fact_road"), parts.yes_no(row["motor_road"])),
            (t("col_fibre"), word("fibre", row["fibre_status"], language)),
            (t("fact_eligible"), parts.yes_no(row["eligible"])),
            (
                t("col_confidence"),
                word("confidence", row["confidence"], language)
                + (f" – {t('survey_word')}" if row["needs_survey"] else ""),
            ),
        ]
    )
    st.html(f"<div class='ps-panel'>{head}<p>{chip(row['status_printed'])} <small>{official}</small></p>{body}</div>")
    _profile(assessment, row)
    st.button(t("card_close"), on_click=forget, key="card_close")


def _profile(assessment: Assessment, row: Any) -> None:
    """Show the ground between the nearest mast and the village, and the ridge that hides it."""
    found = village_profile(parts.need_layers(), assessment.scenario, row)
    if found is None:
        return
    language: Language = "vi" if state.language() == "vi" else "en"
    st.image(found.picture(language), width="stretch")
    st.caption(found.text(language))


def _level(row: Any) -> str:
    if is_missing(row["rsrp_dbm"]):
        return "–"
    return t("level_text", level=n(row["rsrp_dbm"]), share=n(100.0 * row["p_served"]))


def _mast(row: Any, k: int) -> str:
    code = row[f"nearest_{k}"]
    if is_missing(code) or not code:
        return "–"
    blocked = row[f"nearest_{k}_blocked"]
    cut = "" if is_missing(blocked) or not blocked else f", {t('blocked_word')}"
    place = f"{code} ({row[f'nearest_{k}_operator']})"
    return f"{html.escape(place)}<br>{n(row[f'nearest_{k}_km'], 1)} km{cut}"


def commune_card(assessment: Assessment, code: str) -> None:
    """Show one commune: villages by status, homes, fibre, official population beside the villages' sum."""
    row = assessment.communes[assessment.communes["commune_code"] == code].iloc[0]
    language = state.language()
    name = f"{row['kind']} {row['name']}" if language == "vi" else str(row["name"])
    border = f"<p>{t('border_commune')}</p>" if row["is_border"] else ""
    counts = [(word("status", s, language), n(row[f"{s}_printed"])) for s in ("trang", "lom", "phu", "chua_du_dl")]
    body = facts(
        [
            (t("col_villages"), n(row["villages"])),
            *counts,
            (t("col_homes_without"), n(row["unserved_households"])),
            (t("fact_people_without"), n(row["unserved_people"])),
            (t("col_households"), n(row["households"])),
            (t("fact_people_sum"), n(row["people"])),
            (t("fact_people_official"), n(row["population"])),
            (t("fact_no_fibre"), n(row["no_fibre"])),
            (t("fact_rank"), n(row["rank"])),
        ]
    )
    head = f"<h3>{html.escape(name)}</h3>{border}<p>{chip(row['status_printed'], 'commune_status')}</p>"
    st.html(f"<div class='ps-panel'>{head}{body}</div>")
    st.button(t("card_close"), on_click=forget, key="card_close")
