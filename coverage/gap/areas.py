"""Gap layers: points, discs round unserved clusters, and all land without signal; no overlap within a layer."""

import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from coverage.errors import GapError
from coverage.gap.status import GAPS
from geodata.crs import same_crs
from geodata.grid import Grid, Raster
from geodata.scratch import blank

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
ALL_OPERATORS, HEADLINE = "TATCA", "4G"
QUARTER_SEGMENTS = 16       # a disc is a polygon of 64 sides: 0.16 % less area than the circle


def polygons_only(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygonal part of a geometry (intersections may leave lines and points), valid."""
    whole = shape if shape.is_valid else shapely.make_valid(shape)
    parts = [p for p in shapely.get_parts(whole) if p.geom_type in ("Polygon", "MultiPolygon") and p.area > 0]
    return shapely.union_all(parts) if parts else Polygon()


def exclusive(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return shapes without overlaps: what two share stays with the earlier one."""
    out = [polygons_only(s) for s in shapes]
    first, second = STRtree(out).query(out, predicate="intersects")
    for low, high in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if low < high and out[low].intersection(out[high]).area > 0:
            out[high] = polygons_only(out[high].difference(out[low]))
    return out


def _half_plane(here: FloatArray, other: FloatArray, reach_m: float) -> Polygon:
    """Return the part of the neighbourhood of ``here`` that is nearer to it than to ``other`` (a large square)."""
    away = (other - here) / np.hypot(*(other - here))
    along = np.array([-away[1], away[0]])
    middle = (here + other) / 2
    a, b = middle + along * reach_m, middle - along * reach_m
    return Polygon([a, b, b - away * 2 * reach_m, a - away * 2 * reach_m])


def _share_of_disc(xy_m: FloatArray, owner: npt.NDArray[np.object_], at: int, near: list[int], radius: float,
                   ) -> BaseGeometry:
    """Return the disc round point ``at`` without what is nearer to points of other owners.

    Points at the same place: the owner that sorts first has all of it.
    """
    disc = shapely.Point(*xy_m[at]).buffer(radius, quad_segs=QUARTER_SEGMENTS)
    for other in sorted(near):
        if owner[other] == owner[at]:
            continue
        if math.dist(xy_m[other], xy_m[at]) == 0.0:
            if owner[other] < owner[at]:
                return Polygon()
            continue
        disc = disc.intersection(_half_plane(xy_m[at], xy_m[other], 4 * radius))
    return disc


def discs(xy_m: FloatArray, owner: npt.NDArray[np.object_], radius_m: float) -> dict[str, BaseGeometry]:
    """Return per owner the union of the discs round its points (n, 2), without overlap between owners.

    Ground within reach of two owners goes to the owner of the nearer point.
    """
    if not len(xy_m):
        return {}
    near = KDTree(xy_m).query_ball_point(xy_m, 2 * radius_m)
    parts: dict[str, list[BaseGeometry]] = {}
    for at in range(len(xy_m)):
        others = [o for o in near[at] if o != at]
        parts.setdefault(str(owner[at]), []).append(_share_of_disc(xy_m, owner, at, others, radius_m))
    return {code: polygons_only(shapely.union_all(shapes)) for code, shapes in sorted(parts.items())}


def gap_discs(
    xy_m: FloatArray, village_code: npt.NDArray[np.object_], villages: pd.DataFrame, communes: gpd.GeoDataFrame,
    radius_m: float, *, operator: str = ALL_OPERATORS, technology: str = HEADLINE,
) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Return layer gap_dc and the numbers of the clusters whose disc lies wholly outside their village's commune.

    Parameters
    ----------
    xy_m, village_code : the unserved clusters (n, 2), (n,).
    villages : columns village_code, commune_code, name, unserved_households, unserved_people.

    The id is the village code, the same in every quarter. Households and people are those of the unserved clusters.
    """
    order = np.argsort(communes["commune_code"].to_numpy(object), kind="stable")
    whole = exclusive([communes.geometry.iloc[i] for i in order])
    land = dict(zip(communes["commune_code"].iloc[order], whole, strict=True))
    info = villages.set_index("village_code")
    rows, shapes = [], []
    for code, shape in discs(xy_m, village_code, radius_m).items():
        village = info.loc[code]
        clipped = polygons_only(shape.intersection(land[village["commune_code"]])) \
            if village["commune_code"] in land else shape
        if clipped.is_empty:
            continue
        rows.append((code, village["commune_code"], village["name"], village["unserved_households"],
                     village["unserved_people"], operator, technology))
        shapes.append(clipped)
    own = [land.get(info.loc[code, "commune_code"]) for code in village_code]
    outside = [i for i, commune in enumerate(own)
               if commune is not None and shapely.Point(*xy_m[i]).distance(commune) >= radius_m]
    columns = ["village_code", "commune_code", "name", "households", "people", "operator", "technology"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=communes.crs), outside


def _rectangles(mask: BoolArray) -> list[tuple[int, int, int, int]]:
    """Cover True cells with rectangles (row0, row1, col0, col1), ends excluded: equal runs of rows are joined."""
    done: list[tuple[int, int, int, int]] = []
    open_runs: dict[tuple[int, int], int] = {}
    padded = np.zeros((mask.shape[0] + 1, mask.shape[1] + 2), np.int8)
    padded[:-1, 1:-1] = mask
    for row in range(padded.shape[0]):
        step = np.diff(padded[row])
        runs = set(zip(np.flatnonzero(step == 1).tolist(), np.flatnonzero(step == -1).tolist(), strict=True))
        done.extend((open_runs.pop(run), row, *run) for run in sorted(open_runs.keys() - runs))
        for run in runs - open_runs.keys():
            open_runs[run] = row
    return sorted(done)


def polygonise(cells: BoolArray, grid: Grid, window: tuple[int, int, int, int]) -> BaseGeometry:
    """Return the union of the True cells of a window (row0, row1, col0, col1) of a grid; cells are the window's."""
    row0, _, col0, _ = window
    t = grid.transform
    found = np.array(_rectangles(cells), dtype=np.float64).reshape(-1, 4)
    top, bottom = t.f + (found[:, 0] + row0) * t.e, t.f + (found[:, 1] + row0) * t.e
    left, right = t.c + (found[:, 2] + col0) * t.a, t.c + (found[:, 3] + col0) * t.a
    return shapely.union_all(shapely.box(left, bottom, right, top))


def _window(shape: BaseGeometry, grid: Grid) -> tuple[int, int, int, int]:
    """Return the rows and columns of a grid that cover a shape, ends excluded; empty where it lies outside."""
    west, south, east, north = shape.bounds
    rows, cols = grid.row_col([west, east], [north, south])
    row0, col0 = max(int(rows[0]), 0), max(int(cols[0]), 0)
    return row0, max(row0, min(int(rows[1]) + 1, grid.shape[0])), col0, max(col0, min(int(cols[1]) + 1, grid.shape[1]))


def best_level(levels: Sequence[Raster], like: Raster) -> Raster:
    """Return the highest of several RSRP rasters on one grid; NaN where none has a value."""
    best = blank(like.grid.shape, np.float32, np.nan)
    for one in levels:
        if one.grid != like.grid:
            raise GapError("gap_grid_differs", layer=one.name)
        for rows in like.grid.strips():
            np.fmax(best[rows], one.values[rows].astype(np.float32, copy=False), out=best[rows])
    return Raster(best, like.grid, "dBm", "rsrp")


def gap_land(
    level: Raster, ground: Raster, communes: gpd.GeoDataFrame, least_dbm: float, *,
    operator: str = ALL_OPERATORS, technology: str = HEADLINE,
) -> tuple[gpd.GeoDataFrame, float]:
    """Return layer gap_vung, the land of every commune without signal, and the land (km2) without elevation.

    Parameters
    ----------
    level : best RSRP; NaN where no mast is in range. least_dbm : the level at which P reaches the least probability.
    ground : elevation on the same grid; where it has no value nothing is known and nothing is called a gap.

    Whole cells cut at the commune's boundary. It is never printed as need.
    """
    if level.grid != ground.grid:
        raise GapError("gap_grid_differs", layer=level.name)
    same_crs(communes.crs, ground.grid.crs, where="communes / elevation")
    order = np.argsort(communes["commune_code"].to_numpy(object), kind="stable")
    rows, shapes, seen_km2, land_km2 = [], [], 0.0, 0.0
    for at, shape in zip(order, exclusive([communes.geometry.iloc[i] for i in order]), strict=True):
        window = _window(shape, ground.grid)
        row0, row1, col0, col1 = window
        known = np.isfinite(ground.values[row0:row1, col0:col1])
        gap = known & ~(np.nan_to_num(level.values[row0:row1, col0:col1], nan=-np.inf) >= least_dbm)
        seen_km2 += polygonise(known, ground.grid, window).intersection(shape).area / 1e6
        land_km2 += shape.area / 1e6
        land = polygons_only(polygonise(gap, ground.grid, window).intersection(shape))
        if not land.is_empty:
            rows.append((communes["commune_code"].iloc[at], land.area / 1e6, operator, technology))
            shapes.append(land)
    frame = pd.DataFrame(rows, columns=["commune_code", "area_km2", "operator", "technology"])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=communes.crs), max(land_km2 - seen_km2, 0.0)


def gap_points(
    villages: gpd.GeoDataFrame, points: pd.DataFrame, *, operator: str = ALL_OPERATORS, technology: str = HEADLINE,
) -> gpd.GeoDataFrame:
    """Return layer gap_thon: every trang or lom village (kind "thon") and every unserved cluster (kind "cum").

    Parameters
    ----------
    villages : columns village_code, commune_code, name, status_printed, households, people, geometry.
    points : unserved clusters: point_code, village_code, households, people, x_m, y_m.

    Households of the two kinds overlap (clusters are parts of villages): sum one kind only.
    """
    bad = villages[villages["status_printed"].isin(GAPS)]
    centres = gpd.GeoDataFrame({
        "village_code": bad["village_code"], "point_code": bad["village_code"], "kind": "thon",
        "status": bad["status_printed"], "commune_code": bad["commune_code"], "name": bad["name"],
        "households": bad["households"], "people": bad["people"],
    }, geometry=bad.geometry.to_numpy(), crs=villages.crs)
    of = villages.set_index("village_code").loc[points["village_code"]]
    clusters = gpd.GeoDataFrame({
        "village_code": points["village_code"].to_numpy(), "point_code": points["point_code"].to_numpy(),
        "kind": "cum", "status": of["status_printed"].to_numpy(), "commune_code": of["commune_code"].to_numpy(),
        "name": of["name"].to_numpy(), "households": points["households"].to_numpy(),
        "people": points["people"].to_numpy(),
    }, geometry=gpd.points_from_xy(points["x_m"], points["y_m"]), crs=villages.crs)
    both = pd.concat([centres, clusters], ignore_index=True) if len(clusters) else centres
    return both.assign(operator=operator, technology=technology).reset_index(drop=True)
