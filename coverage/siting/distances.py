"""How far a place is from a road, from power and from fibre; unknown (NaN) where the office has not supplied them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from coverage.scenario import Scenario
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Near:
    """The nearest feature of points (n,): distance in metres (NaN without any) and its row (-1 without any)."""

    m: FloatArray
    row: npt.NDArray[np.intp]


def nearest(frame: gpd.GeoDataFrame | None, xy_m: FloatArray) -> Near:
    """Return distance to and row of the nearest feature of a layer; equal distances go to the first row."""
    n = xy_m.shape[0]
    out = Near(np.full(n, np.nan), np.full(n, -1, np.intp))
    if frame is None or frame.empty or not n:
        return out
    tree = shapely.STRtree(frame.geometry.to_numpy())
    (at, row), away = tree.query_nearest(shapely.points(xy_m), return_distance=True, all_matches=True)
    order = np.lexsort((row, at))
    first = order[np.unique(at[order], return_index=True)[1]]
    out.m[at[first]], out.row[at[first]] = away[first], row[first]
    return out


def road_distance_m(layers: Layers, xy_m: FloatArray) -> FloatArray:
    """Return the straight distance (n,) to the nearest road line, metres; NaN without a road layer."""
    return nearest(layers.roads, xy_m).m


def power_distance_m(layers: Layers, xy_m: FloatArray) -> FloatArray:
    """Return the straight distance (n,) to the nearest power line or village with grid power; NaN without both."""
    lines = nearest(layers.power_lines, xy_m).m
    powered = layers.villages[layers.villages["grid_power"].fillna(value=False).to_numpy(dtype=bool)]
    return np.fmin(lines, nearest(powered, xy_m).m)


@dataclass(frozen=True)
class FibreWay:
    """How fibre would come to places (n,).

    Parameters
    ----------
    m : length from the place to the nearest fibre, metres; NaN without any fibre layer.
    to : the route or node it comes from. along_road : whether the way follows the roads (else straight x detour).
    """

    m: FloatArray
    to: npt.NDArray[np.object_]
    along_road: npt.NDArray[np.bool_]


def fibre_way(layers: Layers, xy_m: FloatArray, scenario: Scenario) -> FibreWay:
    """Return the straight way to the nearest fibre route or node, stretched by the detour factor of the price book."""
    routes, nodes = nearest(layers.fibre_routes, xy_m), nearest(layers.fibre_nodes, xy_m)
    to = np.full(xy_m.shape[0], "", dtype=object)
    for near, frame, columns in ((routes, layers.fibre_routes, ("name",)),
                                 (nodes, layers.fibre_nodes, ("name", "node_code"))):
        if frame is None:
            continue
        names = frame[list(columns)].bfill(axis=1).iloc[:, 0].fillna("").astype(str).to_numpy(object)
        other = nodes if near is routes else routes
        mine = (near.row >= 0) & ~(other.m < near.m)
        to[mine] = names[near.row[mine]]
    away = np.fmin(routes.m, nodes.m) * scenario.rate("fibre_detour")
    return FibreWay(away, to, np.zeros(xy_m.shape[0], dtype=bool))
