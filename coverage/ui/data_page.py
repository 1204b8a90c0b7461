"""Page "Dữ liệu": which pack, what is in it, what is wrong with it, and the thresholds and prices in force."""

import html
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.tables import finding_table as finding_table_of
from coverage.brief.tables import ranges
from coverage.brief.words import vn_date, word, words_of
from coverage.gap.assessment import Assessment
from coverage.scenario import Scenario
from coverage.ui import parts, price_view, state
from coverage.ui.parts import Card, n, t
from coverage.ui.price_view import certainty, value_text, with_badges
from coverage.ui.state import PackChoice
from coverage.ui.words import unit_text
from geodata.errors import GeodataError
from geodata.findings import Finding
from geodata.grid import Raster
from geodata.layers import Layers, Source

MOST_FINDINGS = 200
MOST_VALUES = 12
SEVERITIES = ("error", "warning", "info")
_TONES = {"error": "#b0124f", "warning": "#a85b00", "info": "#44546a"}


def show() -> None:
    """Draw the page."""
    parts.heading(t("data_title"), t("data_lead"), illustrative=state.is_invented())
    choose()
    layers = parts.need_layers()
    assessment = parts.need_assessment(layers)
    findings = all_findings(layers, assessment)
    summary(layers, findings)
    first, second, third, fourth = st.tabs(
        [t("tab_layers"), t("tab_findings", count=n(len(findings))), t("tab_profile"), t("tab_prices")]
    )
    with first:
        layer_table(layers)
    with second:
        finding_table(findings)
    with third:
        profile_table(state.scenario())
    with fourth:
        price_view.show(state.scenario())


def choose() -> None:
    """Let the user work on the sample, a pack's folder, or an uploaded pack."""
    with st.container(border=True):
        ways = {"sample": t("way_sample"), "folder": t("way_folder"), "upload": t("way_upload")}
        start = "sample" if state.pack().is_sample else "folder"
        way = st.radio(
            t("way_title"),
            list(ways),
            format_func=ways.__getitem__,
            horizontal=True,
            key="way",
            index=list(ways).index(start),
        )
        if way == "sample":
            if not state.pack().is_sample and st.button(t("way_use_sample"), type="primary"):
                _switch(PackChoice())
        elif way == "folder":
            left, right = st.columns([4, 1], vertical_alignment="bottom")
            current = "" if state.pack().is_sample else state.pack().folder
            folder = left.text_input(t("way_folder_label"), value=current, placeholder=t("way_folder_hint"))
            if right.button(t("way_open"), type="primary", width="stretch", disabled=not folder.strip()):
                _switch(PackChoice(str(Path(folder.strip()).expanduser())))
        else:
            given = st.file_uploader(t("way_upload_label"), type="zip", key="upload")
            if given is not None and st.button(t("way_open"), type="primary"):
                _upload(given.getvalue(), given.name)


def _upload(content: bytes, name: str) -> None:
    try:
        choice = state.unpack_upload(content, name)
    except GeodataError as error:
        parts.fault(error)
        return
    _switch(choice)


def _switch(choice: PackChoice) -> None:
    """Change the pack; a folder that failed before is tried again."""
    state.choose_pack(choice)
    if not choice.is_sample:
        key, job = state.open_job()
        if job.failed:
            state.jobs().forget(key)
    st.rerun()


def all_findings(layers: Layers, assessment: Assessment) -> list[Finding]:
    """Return the findings of the import and of the assessment, worst first."""
    found = [*layers.findings, *assessment.findings]
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.layer, f.code))


def summary(layers: Layers, findings: list[Finding]) -> None:
    """Show the pack in one row of figures."""
    info, count = layers.info, {s: sum(f.severity == s for f in findings) for s in SEVERITIES}
    kind = t("kind_invented") if info.illustrative else t("kind_real")
    parts.cards(
        [
            Card(t("data_pack"), info.title, "", t("data_pack_note", id=info.pack_id, kind=kind)),
            Card(t("data_date"), vn_date(info.reference_date), "", t("data_vintage", date=vn_date(info.unit_vintage))),
            Card(t("data_villages"), n(len(layers.villages)), "", t("data_communes", count=n(len(layers.communes)))),
            Card(
                t("data_masts"),
                n(layers.sites["site_code"].nunique()),
                "",
                t("data_mast_rows", count=n(len(layers.sites))),
            ),
            Card(
                t("data_findings"),
                n(len(findings)),
                "",
                t("data_findings_note", errors=n(count["error"]), warnings=n(count["warning"]), infos=n(count["info"])),
                _TONES["error"] if count["error"] else _TONES["warning"] if count["warning"] else "",
            ),
        ]
    )


def layer_table(layers: Layers) -> None:
    """Show every layer: rows, files, source, licence, CRS, vintage, real or invented; what is missing is said."""
    language = state.language()
    names = words_of("layer", language)
    present = {**layers.tables(), **layers.rasters()}
    rows: list[dict[str, Any]] = []
    for name, content in present.items():
        given = [s for s in layers.info.sources if s.layer == name]
        raster = not isinstance(content, pd.DataFrame)
        size = _cells(content) if raster else n(len(content))
        rows.append(
            {
                t("col_layer"): names.get(name, name),
                t("col_kind_real"): _kind(given),
                t("col_rows"): size,
                t("col_rows_file"): "–" if raster or not given else n(sum(s.rows for s in given)),
                t("col_files"): _joined(file for s in given for file in s.files),
                t("col_source"): _joined(s.source for s in given),
                t("col_licence"): _joined(s.licence for s in given),
                t("col_crs"): _joined(s.crs for s in given),
                t("col_vintage"): _joined(vn_date_or_text(s.vintage) for s in given),
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height=38 + 35 * len(rows))
    wanted = {f.name for f in fields(Layers)}   # the others are what the program makes
    missing = [label for name, label in names.items() if name in wanted and name not in present]
    if missing:
        st.info(t("layers_missing", names=", ".join(missing)), icon=":material/info:")


def _cells(raster: Raster) -> str:
    rows, cols = raster.values.shape
    return t("cells", rows=n(rows), cols=n(cols), cell=n(raster.grid.cell_m))


def _kind(given: list[Source]) -> str:
    """Say whether a layer is real or invented; one invented part makes it invented."""
    if not given:
        return t("kind_unknown")
    return t("kind_invented") if any(s.illustrative for s in given) else t("kind_real")


def _joined(texts: Iterable[str]) -> str:
    """Join different texts in their order, '–' for none."""
    return "; ".join(dict.fromkeys(x for x in texts if x)) or "–"


def vn_date_or_text(value: str) -> str:
    """Write ISO dates as dd/mm/yyyy and leave other text, such as a year, as it is."""
    parts_of = value.split("-")
    return vn_date(value) if len(parts_of) == 3 else value or "–"  # noqa: PLR2004 - year, month, day


def finding_table(findings: list[Finding]) -> None:
    """Show the findings with file, row, value and remedy; filter by severity."""
    language = state.language()
    chosen = st.pills(
        t("finding_filter"),
        SEVERITIES,
        selection_mode="multi",
        default=list(SEVERITIES),
        key="severity",
        format_func=lambda s: f"{word('severity', s, language)} ({sum(f.severity == s for f in findings)})",
    )
    rows = [f for f in findings if f.severity in (chosen or SEVERITIES)]
    if not rows:
        st.success(t("finding_none"), icon=":material/check_circle:")
        return
    names = words_of("layer", language)
    heads = "".join(f"<th>{html.escape(t(k))}</th>" for k in ("col_severity", "col_place", "col_message", "col_remedy"))
    body = "".join(_finding_row(f, names, language) for f in rows[:MOST_FINDINGS])
    st.html(
        f"<div class='ps-scroll'><table class='ps-table'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    if len(rows) > MOST_FINDINGS:
        st.caption(t("finding_more", shown=n(MOST_FINDINGS), whole=n(len(rows))))
    st.download_button(
        t("download_csv"),
        _findings_csv(rows, language),
        "phat_hien_du_lieu.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _finding_row(finding: Finding, names: dict[str, str], language: str) -> str:
    severity = html.escape(word("severity", finding.severity, language))
    place = [names.get(finding.layer, finding.layer), finding.file, _rows_text(finding)]
    where = "<br>".join(html.escape(p) for p in place if p) or "–"
    shown = ", ".join(finding.values[:MOST_VALUES]) + (" …" if len(finding.values) > MOST_VALUES else "")
    values = f"<br><small>{html.escape(t('col_value'))}: {html.escape(shown)}</small>" if shown else ""
    colour = _TONES[finding.severity]
    return (
        f"<tr><td><b style='color:{colour}'>{severity}</b></td><td>{where}</td>"
        f"<td>{html.escape(finding.message(language))}{values}</td><td>{html.escape(finding.remedy(language))}</td></tr>"
    )


def _rows_text(finding: Finding) -> str:
    text = ranges(finding.rows[:MOST_VALUES])
    return f"{t('col_row')} {text}{' …' if len(finding.rows) > MOST_VALUES else ''}" if text else ""


def _findings_csv(rows: list[Finding], language: str) -> bytes:
    text: str = finding_table_of(rows, language).to_csv(index=False, sep=";" if language == "vi" else ",")
    return text.encode("utf-8-sig")  # with a mark, so that Excel reads the letters right


def profile_table(scenario: Scenario) -> None:
    """Show every threshold with its unit, where it comes from, and whether it is an assumption."""
    language = state.language()
    st.caption(t("profile_note", name=scenario.profile))
    rows = []
    for key, note in scenario.service_notes.items():
        rows.append(
            {
                t("col_threshold"): note.label_vi if language == "vi" else note.label_en,
                t("col_set_value"): value_text(getattr(scenario.service, key)),
                t("col_unit"): unit_text(note.unit, language) or "–",
                t("col_certainty"): certainty(note.certainty),
                t("col_citation"): note.citation,
            }
        )
    with_badges(pd.DataFrame(rows))
