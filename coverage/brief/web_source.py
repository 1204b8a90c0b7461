"""From a frame to a layer of the map: GeoJSON in degrees with tooltips, stored once, and the map they make up."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.brief.web_map import Bounds, LayerSpec, MapSpec, Store
from coverage.brief.web_text import escaped, local_number, map_word, panel_label
from coverage.brief.words import vn_date
from coverage.gap.assessment import Assessment
from geodata.crs import WGS84
from geodata.layers import Layers

Row = dict[str, Any]
SIMPLIFY_M = 40.0  # drawing only: half a pixel at the zoom where a commune fills the screen


@dataclass(frozen=True)
class Source:
    """What every layer of one map is made from.

    Parameters
    ----------
    operator : show this operator's masts, claims and signal alone; None = all.
    """

    layers: Layers
    assessment: Assessment
    store: Store
    language: str = "vi"
    operator: str | None = None

    def word(self, key: str, **values: object) -> str:
        """Return a text of the map in its language."""
        return map_word(key, self.language, **values)

    def number(self, value: Any, decimals: int = 0) -> str:
        """Return a number as the map's language writes it."""
        return local_number(value, decimals, self.language)


def geojson_text(frame: gpd.GeoDataFrame, properties: Sequence[Row], *, decimals: int = 5) -> str:
    """Return a frame as GeoJSON in degrees with the given properties, one per row; 5 decimals are about a metre."""
    shapes = frame.geometry.to_crs(WGS84).to_numpy()
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
    features = (
        f'{{"type":"Feature","properties":{json.dumps(p, ensure_ascii=False)},"geometry":{g or "null"}}}'
        for p, g in zip(properties, shapely.to_geojson(shapes), strict=True)
    )
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def records(frame: gpd.GeoDataFrame) -> list[Row]:
    """Return a frame's rows without their geometry."""
    rows: list[Row] = pd.DataFrame(frame.drop(columns=frame.geometry.name)).to_dict("records")
    return rows


def bounds_of(frame: gpd.GeoDataFrame) -> Bounds:
    """Return ((south, west), (north, east)) in degrees."""
    west, south, east, north = (round(float(v), 6) for v in frame.geometry.to_crs(WGS84).total_bounds)
    return (south, west), (north, east)


def simplified(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return polygons with fewer vertices, neighbours still sharing their boundary; for drawing only."""
    shapes = frame.geometry.to_numpy()
    if shapely.coverage_is_valid(shapes):
        return frame.set_geometry(shapely.coverage_simplify(shapes, SIMPLIFY_M), crs=frame.crs)
    return frame.set_geometry(shapely.simplify(shapes, SIMPLIFY_M), crs=frame.crs)


def vector_layer(  # noqa: PLR0913 - a layer's parts, all by name
    source: Source,
    name: str,
    title: str,
    frame: gpd.GeoDataFrame,
    *,
    tip: Callable[[Source, Row], str] | None,
    keys: list[tuple[str, str]],
    show: bool = True,
    by: str = "",
    decimals: int = 5,
    **options: Any,
) -> LayerSpec:
    """Store a frame as GeoJSON and return its layer; ``by`` names the column that chooses the style."""
    properties: list[Row] = []
    for row in records(frame):
        kept: Row = {"tip": tip(source, row)} if tip else {}
        kept |= {k: row[k] for k in (by, "label", "at", "number") if k and k in row}
        properties.append(kept)
    url = source.store.vector(name, geojson_text(frame, properties, decimals=decimals))
    chosen: dict[str, Any] = {"interactive": tip is not None, **options} | ({"by": by} if by else {})
    return LayerSpec(title, panel_label(title, keys), "vector", url, show, options=chosen)


def map_of(source: Source, specs: list[LayerSpec], bounds: Bounds) -> MapSpec:
    """Return the whole map with its attribution and, for invented data, its badge."""
    info = source.layers.info
    day = source.assessment.scenario.reference_date or info.reference_date
    text = source.word("attribution", title=escaped(info.title), pack=info.pack_id, date=vn_date(day))
    badge = source.word("badge_illustrative") if info.illustrative else ""
    return MapSpec(tuple(specs), bounds, text, badge, source.language)
