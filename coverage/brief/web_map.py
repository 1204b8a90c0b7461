"""Interactive maps that need no internet: folium with Leaflet from our own disk, on the screen or in one HTML file.

A map is built from LayerSpecs. On the screen their data lie in static/layers under names made of their content, so
that a rerun sends nothing twice; in the standalone file they lie inside it. No branca ColorMap, no popup of folium:
both call for scripts from other hosts.
"""

import hashlib
import html
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import folium
from branca.element import Element, Figure, MacroElement
from folium.map import Layer, LayerControl
from folium.template import Template

from coverage.brief.static_files import Assets, leaflet_text, named_by_content, own_text, write_once
from coverage.brief.web_text import map_word

_RANDOM_NAME = re.compile(r"_[0-9a-f]{32}(?![0-9a-f])")
Bounds = tuple[tuple[float, float], tuple[float, float]]  # ((south, west), (north, east)), degrees


@dataclass(frozen=True)
class LayerSpec:
    """One layer of a map, ready to draw.

    Parameters
    ----------
    title : what it is, plain text; ``label`` is its HTML in the panel ("" = not in the panel).
    kind : "vector" draws GeoJSON from ``url``; "picture" lays an image over ``bounds``.
    url : an address, "#id" of a block in the page, or a data: address.
    options : what web_map.js takes: style, by, styles, interactive, numbered, rank; pane, order, opacity.
    """

    title: str
    label: str
    kind: Literal["vector", "picture"]
    url: str
    show: bool = True
    bounds: Bounds | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def for_script(self) -> dict[str, Any]:
        """Return what the script takes."""
        base: dict[str, Any] = {"title": self.title, "url": self.url, **self.options}
        return base | ({"bounds": self.bounds} if self.bounds else {})


@dataclass(frozen=True)
class MapSpec:
    """A whole map: its layers from the lowest up, what it shows at first, and its words."""

    layers: tuple[LayerSpec, ...]
    bounds: Bounds
    attribution: str
    badge: str = ""
    language: str = "vi"

    @property
    def digest(self) -> str:
        """16 hex digits that change whenever anything drawn changes; the component's key."""
        plain: list[Any] = [self.bounds, self.attribution, self.badge, self.language]
        plain += [[s.label, s.kind, s.show, s.for_script()] for s in self.layers]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


class Store(Protocol):
    """Where a layer's content goes, and the address under which the script finds it."""

    def vector(self, name: str, geojson: str) -> str:
        """Keep GeoJSON text and return its address."""

    def picture(self, name: str, content: bytes, kind: str) -> str:
        """Keep an image ('png' or 'webp') and return its address."""


@dataclass(frozen=True)
class FolderStore:
    """Keeps layers as files of the app's static folder, named by their content."""

    folder: Path
    base_url: str = "/app/static"

    def vector(self, name: str, geojson: str) -> str:
        """Write GeoJSON and return its address."""
        return self._keep(f"{name}.geojson", geojson.encode())

    def picture(self, name: str, content: bytes, kind: str) -> str:
        """Write an image and return its address."""
        return self._keep(f"{name}.{kind}", content)

    def _keep(self, name: str, content: bytes) -> str:
        stamped = named_by_content(name, content)
        write_once(self.folder / "layers" / stamped, content)
        return f"{self.base_url}/layers/{stamped}"


@dataclass(frozen=True)
class PageStore:
    """Collects layers to be written inside one HTML file."""

    blocks: dict[str, str] = field(default_factory=dict)

    def vector(self, name: str, geojson: str) -> str:
        """Collect GeoJSON and return the id of its block."""
        self.blocks[f"layer-{name}"] = geojson
        return f"#layer-{name}"

    def picture(self, name: str, content: bytes, kind: str) -> str:  # noqa: ARG002 - a data: address has no name
        """Return an image as a data: address."""
        return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"


class _SpecLayer(Layer):
    """A LayerSpec as a folium layer, so that folium's LayerControl and streamlit-folium know it."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = phuSong.{{ this.kind }}({{ this._parent.get_name() }}, {{ this.spec|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, spec: LayerSpec) -> None:
        super().__init__(name=spec.label or spec.title, overlay=True, control=bool(spec.label), show=spec.show)
        self._name = "SpecLayer"
        self.kind = spec.kind
        self.spec = spec.for_script()


class _Dress(MacroElement):
    """Scale, north arrow, attribution without Leaflet's flag, the panel's title, and the first view."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            phuSong.dress({{ this._parent.get_name() }}, {{ this.spec|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Dress"
        self.spec = spec


class _Ring(MacroElement):
    """A ring round the selected place, added to a FeatureGroup."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            phuSong.ring({{ this.at|tojson }}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, latitude: float, longitude: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Ring"
        self.at = [latitude, longitude]


def selection_ring(latitude: float, longitude: float) -> folium.FeatureGroup:
    """Return the ring that marks a selected place, for st_folium's feature_group_to_add."""
    group = folium.FeatureGroup(name="selection", control=False)
    group.add_child(_Ring(latitude, longitude))
    return group


def build_map(spec: MapSpec, assets: Assets) -> folium.Map:
    """Return a new folium map; never keep it, streamlit-folium changes what it draws.

    ``assets`` are the links that the page loads; give an empty Assets() when the page carries the scripts itself.
    """
    (south, west), (north, east) = spec.bounds
    drawn = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=10,
        prefer_canvas=True,
        zoom_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=100,
        max_zoom=17,
        min_zoom=6,
    )
    drawn.default_js, drawn.default_css = list(assets.js), list(assets.css)
    for layer in spec.layers:
        drawn.add_child(_SpecLayer(layer))
    drawn.add_child(LayerControl(collapsed=False, position="topright", autoZIndex=False))
    words = {key: map_word(f"control_{key}", spec.language) for key in ("legend", "north", "zoomIn", "zoomOut")}
    drawn.add_child(_Dress({"bounds": spec.bounds, "attribution": spec.attribution, "badge": spec.badge} | words))
    return drawn


def standalone_page(spec: MapSpec, store: PageStore, *, title: str, head_html: str = "", foot_html: str = "") -> str:
    """Return one HTML page that carries Leaflet, our script and every layer inside, and asks nobody for anything.

    Parameters
    ----------
    store : the PageStore that the spec's layers were put into.
    head_html, foot_html : finished HTML above and below the map.
    """
    drawn = build_map(spec, Assets())
    figure = Figure(title=title)
    figure.add_child(drawn)
    scripts = [leaflet_text("leaflet.js"), own_text("web_map.js")]
    styles = [leaflet_text("leaflet.css"), own_text("web_map.css"), _PAGE_CSS]
    for text in styles:
        figure.header.add_child(Element("{% raw %}<style>" + _without_links(text) + "</style>{% endraw %}"))
    for text in scripts:
        figure.header.add_child(Element("{% raw %}<script>" + _inside_script(text) + "</script>{% endraw %}"))
    figure.html.add_child(
        Element("{% raw %}<header class='ps-page-head'>" + head_html + "</header>{% endraw %}"), index=0
    )
    for name, geojson in store.blocks.items():
        block = f'<script type="application/json" id="{html.escape(name)}">{_inside_script(geojson)}</script>'
        figure.html.add_child(Element("{% raw %}" + block + "{% endraw %}"))
    figure.html.add_child(Element("{% raw %}<footer class='ps-page-foot'>" + foot_html + "</footer>{% endraw %}"))
    page = _with_steady_names(str(figure.render()))
    return page.replace("<html>", f'<html lang="{spec.language}">', 1)


def _with_steady_names(page: str) -> str:
    """Return the page with folium's random names numbered in their order, so that the same map is the same file."""
    names = {name: f"_{at}" for at, name in enumerate(dict.fromkeys(_RANDOM_NAME.findall(page)))}
    return _RANDOM_NAME.sub(lambda match: names[match.group()], page)


def _inside_script(text: str) -> str:
    """Return text that cannot end the <script> element it stands in, nor Jinja's raw block."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--").replace("endraw", "end\\u0072aw")


def _without_links(css: str) -> str:
    """Return Leaflet's style sheet without its pictures, which our maps do not use."""
    parts = css.split("url(")
    return parts[0] + "".join("none" + part.split(")", 1)[1] for part in parts[1:])


_PAGE_CSS = """
html, body { height: 100%; margin: 0; font-family: "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #1f2a37; }
body { display: flex; flex-direction: column; }
.folium-map { position: relative !important; flex: 1 1 auto; height: auto !important; min-height: 320px; }
.ps-page-head { padding: 10px 18px 8px; border-bottom: 3px solid #0b3c8c; }
.ps-page-head h1 { font-size: 20px; margin: 0 0 2px; }
.ps-page-head mark { font-size: 13px; font-weight: 600; background: #fff4d6; color: #6b4e00; border: 1px solid #e3c26a;
  border-radius: 999px; padding: 1px 11px; vertical-align: 3px; white-space: nowrap; }
.ps-page-head p, .ps-page-foot p { margin: 2px 0; font-size: 13px; color: #3d4a58; }
.folium-map { order: 1; }
.ps-page-foot { order: 2; padding: 6px 18px 8px; border-top: 1px solid #cfd6dd; }
"""
