"""Where things lie: villages in their commune, clusters with their village, masts on land, rasters over communes."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio.features
import shapely

from geodata.check.tables import comma, rows_finding
from geodata.findings import Finding
from geodata.grid import Raster
from geodata.layers import Layers, columns_of
from geodata.units import fold_name

_BORDER_TOUCH_M = 150.0  # outlines of provinces do not meet their neighbours' exactly


def commune_of(points: gpd.GeoSeries, communes: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return for each point (n,) the position of the commune that holds it, -1 outside all; the first where two do."""
    at, held = communes.sindex.query(points.to_numpy(), predicate="intersects")
    out = np.full(len(points), -1, dtype=np.int64)
    order = np.lexsort((-held, at))  # the lowest position is written last
    out[at[order]] = held[order]
    return out


def check_places(layers: Layers) -> Iterator[Finding]:
    """Check where villages, clusters, masts and anchors lie against the communes."""
    communes = layers.communes
    outline = shapely.union_all(communes.geometry.to_numpy())
    codes = communes["commune_code"].to_numpy(dtype=object)
    villages = layers.villages
    held = commune_of(villages.geometry, communes)
    yield from _outside(villages, "villages", "village_code", held, outline)
    yield from _elsewhere(villages, "villages", villages["commune_code"], codes, held, villages["village_code"])
    if layers.clusters is not None and len(layers.clusters):
        clusters = layers.clusters
        own = clusters["village_code"].map(dict(zip(villages["village_code"], villages["commune_code"], strict=True)))
        held = commune_of(clusters.geometry, communes)
        yield from _outside(clusters, "clusters", "cluster_code", held, outline)
        yield from _elsewhere(clusters, "clusters", own, codes, held, clusters["cluster_code"])
    masts = layers.sites.drop_duplicates(["site_code", "source_file", "source_row"])
    yield from _outside(masts, "sites", "site_code", commune_of(masts.geometry, communes), outline)
    if layers.anchors is not None and len(layers.anchors):
        held = commune_of(layers.anchors.geometry, communes)
        yield from _outside(layers.anchors, "anchors", "name", held, outline)
    yield from _border(communes, outline)


def _outside(
    frame: gpd.GeoDataFrame, layer: str, label: str, held: npt.NDArray[np.int64], outline: shapely.Geometry
) -> Iterator[Finding]:
    """Say which points lie in no commune, each with its distance to the nearest."""
    out = held < 0
    if not out.any():
        return
    far = frame.geometry[out].distance(outline).to_numpy() / 1000
    shown = [f"{code} ({comma(km, 2)} km)" for code, km in zip(frame.loc[out, label], far, strict=True)]
    farthest = comma(float(far.max()), 2)
    yield from rows_finding(f"{layer}_outside", layer, "geometry", frame[out], shown, farthest=farthest)


def _elsewhere(
    frame: gpd.GeoDataFrame, layer: str, own: pd.Series, codes: npt.NDArray[np.object_], held: npt.NDArray[np.int64],
    label: pd.Series,
) -> Iterator[Finding]:
    """Say which points lie outside their own commune, those outside all communes among them."""
    mine = own.to_numpy(dtype=object)
    there = [codes[h] if h >= 0 else "-" for h in held]
    wrong = np.array([not pd.isna(m) and m != t for m, t in zip(mine, there, strict=True)], dtype=bool)
    shown = [f"{label.iloc[i]} ({mine[i]} → {there[i]})" for i in np.flatnonzero(wrong)]
    outside = int((wrong & (held < 0)).sum())
    yield from rows_finding(f"{layer}_elsewhere", layer, "geometry", frame[wrong], shown, outside=outside)


def _border(communes: gpd.GeoDataFrame, outline: shapely.Geometry) -> Iterator[Finding]:
    """Check the list of border communes: none at all, or one that does not reach the outer outline."""
    listed = communes["is_border"].fillna(value=False).to_numpy(dtype=bool)
    if not listed.any():
        yield Finding("border_none", "communes", "is_border")
        return
    touches = communes.geometry.distance(outline.boundary).to_numpy() <= _BORDER_TOUCH_M
    inner = listed & ~touches
    yield from rows_finding("border_inside", "communes", "is_border", communes[inner], communes.loc[inner, "name"])


def check_elevation(elevation: Raster, communes: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Check that the elevation covers every commune and holds possible heights."""
    cells, gaps, odd = _counts(elevation, communes)
    west, south, east, north = elevation.grid.bounds
    bounds = communes.geometry.bounds.to_numpy()
    off = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
    lacking = off | (gaps > 0)
    if lacking.any():
        share = np.where(cells > 0, gaps / np.maximum(cells, 1), 1.0)
        names = communes["name"].to_numpy(dtype=object)
        shown = [f"{n} ({comma(100 * s, 1)} %)" for n, s in zip(names[lacking], share[lacking], strict=True)]
        yield from rows_finding("elevation_gaps", "elevation", "elevation", communes[lacking], shown)
    if odd:
        low, high = _possible_heights()
        details: dict[str, object] = {"number": odd, "low": f"{low:g}", "high": f"{high:g}"}
        yield Finding("elevation_range", "elevation", "elevation", details=details)


def _possible_heights() -> tuple[float, float]:
    column = columns_of("elevation")["elevation"]
    return column.minimum or -np.inf, column.maximum or np.inf


def _counts(
    elevation: Raster, communes: gpd.GeoDataFrame,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Return per commune its cells and those without data, and how many heights are impossible, strip by strip."""
    shapes = list(enumerate(communes.geometry, 1))
    bounds = communes.geometry.bounds.to_numpy()
    low, high = _possible_heights()
    cells, gaps = np.zeros(len(shapes), np.int64), np.zeros(len(shapes), np.int64)
    odd = 0
    for strip in elevation.grid.strips():
        part = elevation.grid.part(strip, slice(0, elevation.grid.shape[1]))
        values = elevation.values[strip]
        odd += int(((values < low) | (values > high)).sum())
        _, south, _, north = part.bounds
        here = [(shape, i) for i, shape in shapes if bounds[i - 1, 1] < north and bounds[i - 1, 3] > south]
        if here:
            labels = rasterio.features.rasterize(here, out_shape=part.shape, transform=part.transform, fill=0,
                                                 dtype="int32")
            cells += np.bincount(labels.ravel(), minlength=len(shapes) + 1)[1:]
            gaps += np.bincount(labels[np.isnan(values)], minlength=len(shapes) + 1)[1:]
    return cells, gaps, odd


def no_terrain(frame: gpd.GeoDataFrame, elevation: Raster) -> npt.NDArray[np.bool_]:
    """Tell which points (n,) lie where the elevation says nothing."""
    return np.isnan(elevation.at(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()))


def check_stated_communes(
    frame: pd.DataFrame, communes: gpd.GeoDataFrame, layer: str, prefix: str,
) -> list[Finding]:
    """Compare the commune that a list states beside a row with the commune code's name and with the row's place.

    ``prefix`` + commune_code / commune_name are the stated columns. A code whose name differs is the sign of codes of
    another vintage: they were re-used in July 2025.
    """
    rows = frame.drop_duplicates(["source_file", "source_row"])  # masts have a row per technology
    blank = pd.Series("", index=rows.index)
    code_stated = rows.get(f"{prefix}commune_code", blank).fillna("").astype(str)
    name_stated = rows.get(f"{prefix}commune_name", blank).fillna("").astype(str)
    out = _names_of_codes(rows, layer, rows.get("commune_code", code_stated).fillna(""), name_stated, communes)
    if isinstance(rows, gpd.GeoDataFrame) and layer not in {"communes", "villages"} and len(rows):
        out += _stated_places(rows, layer, code_stated, name_stated, communes)
    return out


def _names_of_codes(
    rows: pd.DataFrame, layer: str, codes: pd.Series, stated: pd.Series, communes: gpd.GeoDataFrame,
) -> list[Finding]:
    """Say which codes come with a name that is not the name of that code."""
    official = codes.map(dict(zip(communes["commune_code"], communes["name"], strict=True)))
    known = official.notna() & (stated != "")
    differs = known & (stated.map(fold_name) != official.fillna("").map(fold_name))
    shown = [f"{c}: {s} ≠ {o}" for c, s, o in zip(codes[differs], stated[differs], official[differs], strict=True)]
    return rows_finding("code_name_differs", layer, "commune_code", rows[differs], shown)


def _stated_places(
    rows: gpd.GeoDataFrame, layer: str, codes: pd.Series, names: pd.Series, communes: gpd.GeoDataFrame,
) -> list[Finding]:
    """Say which rows lie in another commune than the one stated by code, or by name where there is no code."""
    held = commune_of(rows.geometry, communes)
    official = list(zip(communes["commune_code"], communes["name"], strict=True))
    wrong, shown = np.zeros(len(rows), dtype=bool), []
    for i, (place, code, name) in enumerate(zip(held, codes, names, strict=True)):
        if place < 0 or not (code or name):
            continue
        there_code, there_name = official[place]
        if (code != there_code) if code else (fold_name(name) != fold_name(there_name)):
            wrong[i] = True
            shown.append(f"{name or code} → {there_name}")
    return rows_finding("stated_commune_differs", layer, "geometry", rows[wrong], shown)
