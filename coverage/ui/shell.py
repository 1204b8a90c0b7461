"""The sidebar of every page: name, language, what is in use, work in the background."""

import html
from pathlib import Path

import streamlit as st

from coverage.brief.words import stage_text, vn_date
from coverage.ui import parts, state
from coverage.ui.parts import t
from coverage.ui.words import LANGUAGES, seconds_text

_HERE = Path(__file__).resolve().parent
ICON = str(_HERE / "icon.svg")


def name_and_language() -> None:
    """Draw the product's name and the language switch; pictures are our own files, none is fetched."""
    st.set_page_config(page_icon=ICON)
    st.logo(str(_HERE / "logo.svg"), size="large", icon_image=ICON)
    with st.sidebar:
        st.segmented_control(
            "Ngôn ngữ / Language",
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            default="vi",
            required=True,
            key="language",
            label_visibility="collapsed",
            width="stretch",
        )


def in_use() -> None:
    """Say what the figures on the page come from: pack, its id, reference date, scenario."""
    _, job = state.open_job()
    job.wait(0.1)
    scenario = state.scenario()
    rows = [
        (t("side_scenario"), html.escape(scenario.name)),
        (t("side_digest"), f"<span class='ps-hash'>{scenario.digest}</span>"),
    ]
    badge = ""
    if job.ended and not job.failed:
        info = job.result().info
        day = scenario.reference_date or info.reference_date
        rows = [
            (t("side_pack"), html.escape(info.title)),
            (t("side_id"), f"<span class='ps-hash'>{info.pack_id}</span>"),
            (t("side_date"), vn_date(day)),
            *rows,
        ]
        badge = f"<p><span class='ps-invented'>{t('illustrative')}</span></p>" if info.illustrative else ""
    elif job.failed:
        rows = [(t("side_pack"), t("side_failed")), *rows]
    else:
        rows = [(t("side_pack"), t("opening")), *rows]
    items = "".join(f"<div><span>{label}</span><b>{value}</b></div>" for label, value in rows)
    note = f"<p class='ps-quiet'>{t('side_offline')}</p>"
    st.html(f"<div class='ps-side'>{badge}<div class='ps-facts'>{items}</div>{note}</div>")


@st.fragment(run_every=2.0)
@parts.guarded
def background() -> None:
    """Show the work that goes on behind the page, and draw the page anew when it is done."""
    _, job = state.open_job()
    if not job.ended or job.failed:
        return
    layers = job.result()
    running = state.behind(layers)
    if running is None:
        if st.session_state.pop("behind", "") == "assessing_areas" and state.areas_ready(layers) is not None:
            st.rerun(scope="app")
        return
    what, work = running
    st.session_state["behind"] = what
    stages, language = work.stages(), state.language()
    now = stages[-1] if stages else None
    told = stage_text(now.name, language) if now else t(what)
    count = f" {now.done}/{now.total}" if now and now.total > 1 else ""
    st.caption(f"{t('side_background')}: {told}{count} ({seconds_text(work.seconds, language)})")
    if count and now:
        st.progress(min(1.0, now.done / now.total))
