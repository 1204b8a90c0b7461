"""What every page shares: heading, figure cards, tables, waiting for long work, faults in one line."""

import functools
import html
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, ParamSpec

import pandas as pd
import streamlit as st

from coverage.brief import palette
from coverage.brief.words import is_missing, stage_text, word
from coverage.gap.assessment import Assessment
from coverage.plan import Plan
from coverage.ui import state
from coverage.ui.jobs import Job, was_stopped
from coverage.ui.words import number, seconds_text, text
from geodata.errors import GeodataError
from geodata.layers import Layers

_LOG = logging.getLogger(__name__)
_WATCH_S = 0.4
_PATIENCE_S = 0.15
_LONG = 12  # letters; longer values are set smaller
Formatter = Callable[[Any], str]
P = ParamSpec("P")


@dataclass(frozen=True)
class Card:
    """One figure: what it counts, its value, what it is out of; ``tone`` is a colour of the palette or ""."""

    title: str
    value: str
    note: str = ""
    extra: str = ""
    tone: str = ""


def t(key: str, **values: object) -> str:
    """Return a text of the screen in the session's language."""
    return text(key, state.language(), **values)


def n(value: Any, decimals: int = 0) -> str:
    """Return a number as the session's language writes it."""
    return number(value, state.language(), decimals)


def style() -> None:
    """Load the screen's style sheet."""
    st.html(f"<style>{resources.files('coverage.ui').joinpath('style.css').read_text(encoding='utf-8')}</style>")


def heading(title: str, lead: str, *, illustrative: bool) -> None:
    """Write a page's title with the badge of invented data, and one line that says what the page is for."""
    badge = f"<span class='ps-invented'>{html.escape(t('illustrative'))}</span>" if illustrative else ""
    st.html(
        f"<div class='ps-title'><h1>{html.escape(title)}</h1>{badge}</div><p class='ps-lead'>{html.escape(lead)}</p>"
    )


def cards(items: Sequence[Card]) -> None:
    """Show figures side by side."""

    def one(card: Card) -> str:
        tone = f" style='border-top-color:{card.tone}'" if card.tone else ""
        extra = f"<div class='ps-extra'>{html.escape(card.extra)}</div>" if card.extra else ""
        size = " ps-long" if len(card.value) > _LONG else ""
        value = f"{html.escape(card.value)}<span>{html.escape(card.note)}</span>"
        return (
            f"<div class='ps-card'{tone}><div class='ps-what'>{html.escape(card.title)}</div>"
            f"<div class='ps-value{size}'>{value}</div>{extra}</div>"
        )

    st.html(f"<div class='ps-cards'>{''.join(one(c) for c in items)}</div>")


def chip(status: str, group: str = "status") -> str:
    """Return a status as a coloured chip (HTML)."""
    colours = palette.COMMUNE_STATUS if group == "commune_status" else palette.STATUS
    label = html.escape(word(group, status, state.language()))
    return f"<span class='ps-chip' style='background:{colours[status]}'>{label}</span>"


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Return label and value pairs as HTML; values are HTML already."""
    lines = (f"<div><span>{html.escape(k)}</span><b>{v}</b></div>" for k, v in rows)
    return f"<div class='ps-facts'>{''.join(lines)}</div>"


def styled(
    frame: pd.DataFrame, formats: Mapping[str, Formatter], tones: Mapping[str, Mapping[str, str]] | None = None
) -> Any:
    """Return a frame whose numbers read as the language writes them and still sort as numbers.

    ``tones``: column -> word in the cell -> colour of the letters.
    """
    shown = frame.style.format(dict(formats), na_rep="–")
    for column, colours in (tones or {}).items():
        shown = shown.map(lambda v, c=colours: f"color:{c[v]};font-weight:600" if v in c else "", subset=[column])
    return shown


def status_tones(group: str = "status") -> dict[str, str]:
    """Return the word of each status with a colour of letters that reads on white."""
    dark = {
        "trang": "#b0124f",
        "lom": "#a85b00",
        "phu": "#2f6f6c",
        "chua_du_dl": "#666c73",
        "con_trang": "#b0124f",
        "con_lom": "#a85b00",
        "da_phu_het": "#2f6f6c",
    }
    keys = palette.COMMUNE_STATUS if group == "commune_status" else palette.STATUS
    return {word(group, key, state.language()): dark[key] for key in keys}


def yes_no(value: Any) -> str:
    """Write a flag in the session's language."""
    return word("yes_no", "unknown" if is_missing(value) else "yes" if value else "no", state.language())


def fault(error: BaseException) -> None:
    """Show a fault as one readable line; the log keeps what a developer needs."""
    if isinstance(error, GeodataError):
        st.error(error.text(state.language()), icon=":material/error:")
    elif isinstance(error, OSError):
        st.error(t("fault_file", name=error.filename or "?", reason=error.strerror or ""), icon=":material/error:")
    else:
        _LOG.error("unexpected fault on the screen", exc_info=error)
        st.error(t("fault_unexpected", kind=type(error).__name__), icon=":material/error:")


def guarded(page: Callable[P, None]) -> Callable[P, None]:
    """Return a page, or a part of one, that never shows a traceback."""

    @functools.wraps(page)
    def show(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            page(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the last door before the user; the log has the traceback
            fault(error)

    return show


def watched(key: Any, job: Job, title: str, *, can_stop: bool = True) -> Any:
    """Wait for a job with its stages and a button to stop it, and return its result; ends the page on a fault."""
    language = state.language()
    if not job.wait(_PATIENCE_S):
        _watch(job, title, language, can_stop=can_stop)
        st.rerun()  # the sidebar was drawn before the result was known
    if job.failed:
        try:
            job.result()
        except Exception as error:  # noqa: BLE001 - every fault of a job is shown, whatever its kind
            if was_stopped(error):
                st.info(t("stopped"), icon=":material/pause_circle:")
            else:
                fault(error)
        st.button(t("again"), on_click=state.jobs().forget, args=(key,), key=f"again-{key[0]}")
        st.stop()
    return job.result()


def _watch(job: Job, title: str, language: str, *, can_stop: bool) -> None:
    with st.status(title, expanded=True) as box:
        log, bar = st.empty(), st.progress(0.0)
        if can_stop:
            st.button(t("stop"), on_click=job.stop, key=f"stop-{id(job)}", icon=":material/stop_circle:")
        while not job.wait(_WATCH_S):
            stages = job.stages()
            lines = [
                f"{'✓' if at < len(stages) - 1 else '…'} {stage_text(s.name, language)}"
                + (f" – {number(s.done, language)}/{number(s.total, language)}" if s.total > 1 else "")
                + f" ({seconds_text(s.seconds, language)})"
                for at, s in enumerate(stages)
            ]
            log.markdown("  \n".join(lines) or t("starting"))
            last = stages[-1] if stages else None
            bar.progress(min(1.0, last.done / last.total) if last and last.total > 0 else 0.0)
            box.update(label=f"{title} – {seconds_text(job.seconds, language)}", expanded=True)


def need_layers() -> Layers:
    """Return the session's layers, waiting for them if need be."""
    layers: Layers = watched(*state.open_job(), t("opening"), can_stop=False)  # one indivisible step
    return layers


def need_assessment(layers: Layers, *, areas: bool = False) -> Assessment:
    """Return the assessment of the session's layers and scenario, waiting for it if need be.

    The level over the whole ground follows in the background (``state.behind``); what is known first is shown first.
    """
    whole = state.areas_ready(layers)
    if whole is not None:
        found: Assessment = whole.result()
    elif areas:
        found = watched(*state.assess_job(layers, areas=True), t("assessing_areas"))
    else:
        found = watched(*state.assess_job(layers, areas=False), t("assessing"))
    return state.of_scenario(found, state.scenario())


def need_plan(layers: Layers, assessment: Assessment) -> Plan:
    """Return the plans of the session's scenario, waiting for them if need be."""
    found: Plan = watched(*state.plan_job(layers, assessment), t("planning"))
    return state.plan_of_scenario(found, state.scenario())
