"""Fibre: of villages (co, gan_tuyen, chua), and of anchors, leased speed against required."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely import STRtree

from coverage.gap.demand import DemandPoints
from coverage.scenario import Service
from geodata.crs import same_crs
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
HAS, NEAR, NONE = "co", "gan_tuyen", "chua"
ENOUGH, SHORT, UNKNOWN = "du", "thieu", "chua_du_dl"
BESIDE_M = 100.0    # a route that passes this near needs no road: the tolerance of RoadGraph.along_road_m
BY_ROAD, STRAIGHT = "theo đường", "đường chim bay"
# metres by road from points (n, 2) to the routes (n,); NaN where the road network does not lead there
AlongRoad = Callable[[FloatArray, gpd.GeoDataFrame], FloatArray]


def straight_m(xy_m: FloatArray, lines: gpd.GeoDataFrame | None) -> FloatArray:
    """Return metres in a straight line from points (n, 2) to the nearest line (n,); NaN without lines."""
    out = np.full(len(xy_m), np.nan)
    if lines is None or lines.empty or not len(xy_m):
        return out
    points = gpd.points_from_xy(xy_m[:, 0], xy_m[:, 1])
    pairs, away = STRtree(lines.geometry.to_numpy()).query_nearest(points, return_distance=True, all_matches=False)
    out[pairs[0]] = away
    return out


def route_m(
    xy_m: FloatArray, routes: gpd.GeoDataFrame | None, reach_m: float, along_road: AlongRoad | None,
) -> tuple[FloatArray, npt.NDArray[np.object_]]:
    """Return metres to the nearest route (n,) and how they were measured (n,), by road where there is a network.

    Only points within ``reach_m`` in a straight line are measured by road: farther ones cannot be nearer by road. Where
    a route passes beside the point itself, no road is asked.
    """
    away = straight_m(xy_m, routes)
    how = np.full(len(xy_m), STRAIGHT, dtype=object)
    if along_road is None or routes is None:
        return away, how
    close = np.flatnonzero((away <= reach_m) & (away > BESIDE_M))
    if close.size:
        away[close] = along_road(xy_m[close], routes)
        how[close] = BY_ROAD
    return away, how


def _with_free_port(points: DemandPoints, nodes: gpd.GeoDataFrame | None, reach_m: float) -> npt.NDArray[np.bool_]:
    """Tell which villages (n_villages,) have a node with a free port: within reach, and of no nearer village."""
    out = np.zeros(points.n_villages, bool)
    if nodes is None:
        return out
    free = nodes[(nodes["free_ports"].fillna(0) > 0).to_numpy(bool)]
    if free.empty:
        return out
    spots = gpd.points_from_xy(points.xy_m[:, 0], points.xy_m[:, 1])
    nearest, away = STRtree(spots).query_nearest(free.geometry.to_numpy(), return_distance=True, all_matches=True)
    out[points.village[nearest[1][away <= reach_m]]] = True
    return out


def village_fibre(
    layers: Layers, points: DemandPoints, service: Service, along_road: AlongRoad | None = None,
) -> pd.DataFrame:
    """Return fibre_status, fibre_m and fibre_basis of every village, in the layer's order.

    co: declared FTTH, or a node with a free port within ``fibre_near_m`` of which this is the nearest village.
    gan_tuyen: within ``fibre_near_m`` of a route, unconfirmed, not in the headline. chua: neither. Missing where the
    office declares nothing and there is no layer of routes or nodes.
    """
    n = points.n_villages
    for layer in (layers.fibre_routes, layers.fibre_nodes):
        if layer is not None:
            same_crs(layer.crs, layers.villages.crs, where="fibre")
    declared = layers.villages["ftth_declared"]
    away, how = route_m(points.xy_m[:n], layers.fibre_routes, service.fibre_near_m, along_road)
    # a new array: without gaps to fill, pandas hands out the layer's own memory
    has = declared.fillna(value=False).to_numpy(bool) | _with_free_port(
        points, layers.fibre_nodes, service.fibre_near_m)
    status = np.where(has, HAS, np.where(away <= service.fibre_near_m, NEAR, NONE)).astype(object)
    if layers.fibre_routes is None and layers.fibre_nodes is None:
        status[declared.isna().to_numpy(bool)] = pd.NA
    return pd.DataFrame({
        "fibre_status": pd.array(status, dtype="string"), "fibre_m": away,
        "fibre_basis": how if layers.fibre_routes is not None else "",
    })


def anchor_fibre(
    anchors: gpd.GeoDataFrame, routes: gpd.GeoDataFrame | None, service: Service, along_road: AlongRoad | None = None,
) -> gpd.GeoDataFrame:
    """Return the anchors with fibre_gap_mbps, fibre_status and fibre_m.

    fibre_gap_mbps: required minus leased, at least 0, missing where the lease is unknown. fibre_status: du, thieu,
    chua_du_dl.
    """
    required = anchors["required_mbps"].to_numpy(np.float64, na_value=np.nan)
    leased = anchors["leased_mbps"].to_numpy(np.float64, na_value=np.nan)
    gap = np.maximum(required - leased, 0.0)
    xy = np.column_stack((anchors.geometry.x, anchors.geometry.y)).reshape(-1, 2).astype(np.float64)
    away, how = route_m(xy, routes, service.fibre_near_m, along_road)
    status = np.where(np.isnan(gap), UNKNOWN, np.where(gap > 0, SHORT, ENOUGH))
    return anchors.assign(fibre_gap_mbps=gap, fibre_status=status, fibre_m=away, fibre_basis=how)
