"""Page "Xuất hồ sơ": one button writes the hand-in folder; then its files with hashes, a zip, and the A3 sheet."""

import functools
import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from coverage import pipeline
from coverage.brief.manifest import Manifest
from coverage.compute import Progress
from coverage.gap.assessment import Assessment
from coverage.plan import Plan
from coverage.ui import parts, plan_depth, state
from coverage.ui.parts import n, t
from coverage.ui.words import known
from geodata.layers import Layers

PREVIEW = "ban_do_A3.png"
_KILO = 1_000


def show() -> None:
    """Draw the page."""
    layers = parts.need_layers()
    parts.heading(t("hand_title"), t("hand_lead"), illustrative=layers.info.illustrative)
    areas = ask_areas(layers)
    assessment = parts.need_assessment(layers, areas=areas)
    plan = parts.need_plan(layers, assessment)
    folder = ask(layers, plan)
    key = state.hand_in_key(layers, plan, folder, areas=areas)
    job = state.jobs().find(key)
    if job is not None and st.session_state.get("hand_in") == key:
        files(parts.watched(key, job, t("hand_writing")))
        return
    st.html(f"<div class='ps-panel'><h3>{t('hand_what')}</h3>{t('hand_list')}</div>")
    if st.session_state.pop("hand_in_go", False):
        begin(key, layers, assessment, plan, folder)
        st.rerun()


def ask_areas(layers: Layers) -> bool:
    """Ask whether to wait for the level over the whole ground; without it the folder says what is left out."""
    ready = state.areas_ready(layers) is not None
    return bool(st.checkbox(t("hand_areas") if ready else t("hand_areas_wait"), value=True, key="hand_in_areas"))


def ask(layers: Layers, plan: Plan) -> Path:
    """Ask for the folder and offer the button; return the folder."""
    default = state.OUT / f"ho_so_{layers.info.pack_id}_{plan.scenario.digest}"
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        given = left.text_input(t("hand_folder"), value=str(default), key="hand_in_folder")
        right.button(t("hand_write"), type="primary", width="stretch", on_click=_go, icon=":material/folder_zip:")
        st.caption(t("hand_run", pack=layers.info.pack_id, scenario=plan.scenario.name, digest=plan.scenario.digest))
    return Path(given.strip()).expanduser() if given.strip() else default


def _go() -> None:
    st.session_state["hand_in_go"] = True
    st.session_state.pop("hand_in", None)


def begin(key: Any, layers: Layers, assessment: Assessment, plan: Plan, folder: Path) -> None:
    """Start writing the folder in the background."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    state.jobs().forget(key)

    depth = plan_depth.ready(layers, plan)

    def work(progress: Progress) -> Any:
        return pipeline.hand_in(layers, assessment, plan, folder, overwrite=True, depth=depth, progress=progress)

    state.jobs().start(key, work)
    st.session_state["hand_in"] = key


def files(manifest: Manifest) -> None:
    """Show what was written and offer it as one zip."""
    folder, outputs = manifest.folder, manifest.outputs
    st.success(t("hand_done", count=n(len(outputs) + 1), folder=str(folder)), icon=":material/check_circle:")
    vi = state.language() == "vi"
    frame = pd.DataFrame(
        {
            t("col_file"): [o.file for o in outputs],
            t("col_what"): [o.content if vi else explained(o.file) for o in outputs],
            t("col_size"): [o.bytes / _KILO for o in outputs],
            t("col_sha"): [o.sha256 for o in outputs],
        }
    )
    left, right = st.columns([1.25, 1], gap="medium")
    with right:
        preview(folder)
    with left:
        height = min(620, 40 + 35 * len(frame))
        shown = parts.styled(frame, {t("col_size"): lambda v: n(v, 1)})
        widths = {t("col_file"): 210, t("col_what"): 230, t("col_size"): 72, t("col_sha"): 140}
        config = {name: st.column_config.Column(width=width) for name, width in widths.items()}
        st.dataframe(shown, hide_index=True, width="stretch", height=height, column_config=config)
        st.caption(t("hand_manifest_note"))
        st.download_button(
            t("hand_zip"),
            functools.partial(zipped, folder),
            f"{folder.name}.zip",
            mime="application/zip",
            type="primary",
            on_click="ignore",
            icon=":material/download:",
        )


def explained(file: str) -> str:
    """Say what a file of the folder is, by its suffix."""
    key = f"file_{Path(file).suffix.removeprefix('.')}"
    return t(key) if known(key) else "–"


def zipped(root: Path) -> bytes:
    """Return the folder as one zip; same content, same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(f"{root.name}/{path.relative_to(root).as_posix()}")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return out.getvalue()


def preview(folder: Path) -> None:
    """Show the A3 sheet."""
    picture = next(iter(sorted(folder.rglob(PREVIEW))), None)
    if picture is None:
        st.info(t("hand_no_preview"), icon=":material/picture_as_pdf:")
        return
    st.image(str(picture), caption=t("hand_preview"), width="stretch")
