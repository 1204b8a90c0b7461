"""The map on the screen: folium through streamlit-folium, every file of it from this server."""

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit_folium import st_folium

from coverage.brief.static_files import Assets, forget_old_files, install_assets, write_once
from coverage.brief.web_layers import ground
from coverage.brief.web_map import FolderStore, LayerSpec, MapSpec, build_map, selection_ring
from coverage.brief.web_source import Source
from coverage.brief.web_text import clicked_mark
from coverage.gap.assessment import Assessment
from coverage.ui import state
from geodata.layers import Layers

STATIC = Path(__file__).resolve().parents[2] / "static"
CLOSE_ZOOM = 13


def base_url() -> str:
    """Return the address of the static folder, under the server's base path."""
    prefix = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{prefix}/app/static" if prefix else "/app/static"


@st.cache_resource(show_spinner=False)
def assets() -> Assets:
    """Put Leaflet, our script and the screen's own letters in the static folder; once per server."""
    forget_old_files(STATIC / "layers")
    for font in sorted((Path(st.__file__).parent / "static/static/media").glob("SourceSansVF-Upright*.woff2")):
        write_once(STATIC / "leaflet" / "letters.woff2", font.read_bytes())
    return install_assets(STATIC, base_url())


def store() -> FolderStore:
    """Return where the layers of the screen's maps are kept."""
    return FolderStore(STATIC, base_url())


@st.cache_resource(show_spinner=False, max_entries=24)
def _ground(_source: Source, key: tuple[Any, ...]) -> list[LayerSpec]:  # noqa: ARG001 - streamlit hashes it
    return ground(_source)


def base_layers(
    layers: Layers, assessment: Assessment, operator: str | None = None
) -> tuple[Source, list[LayerSpec], tuple[Any, ...]]:
    """Return what every map of the screen stands on: its source, relief and signal, and the key of their content."""
    source = Source(layers, assessment, store(), state.language(), operator)
    key = (layers.info.pack_id, assessment.scenario.digest, source.language, operator, len(assessment.area_rsrp))
    return source, _ground(source, key), key


def show(
    spec: MapSpec, *, name: str, height: int, selected: tuple[float, float] | None = None, closer: bool = False
) -> tuple[str, str] | None:
    """Draw a map and return (kind, code) of a place clicked since the last run, None without one.

    Parameters
    ----------
    name : of the map on its page; remembers which click was seen.
    selected : latitude and longitude of a place to ring.
    closer : move to the selected place.
    """
    drawn = build_map(spec, assets())
    # streamlit-folium makes its own key from a script that it first strips of what changed: the digest goes in
    answer = st_folium(
        drawn,
        key=f"{name}-{spec.digest}",
        height=height,
        use_container_width=True,
        returned_objects=["last_object_clicked", "last_object_clicked_tooltip"],
        feature_group_to_add=selection_ring(*selected) if selected else None,
        center=selected if closer else None,
        zoom=CLOSE_ZOOM if closer and selected else None,
    )
    click = (answer or {}).get("last_object_clicked"), (answer or {}).get("last_object_clicked_tooltip")
    seen = f"_seen_{name}"
    if click == st.session_state.get(seen, (None, None)):
        return None
    st.session_state[seen] = click
    return clicked_mark(click[1])
