"""How far a place is from a road, from power and from fibre; unknown (NaN) where the office has not supplied them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.layers import Layers
from geodata.roads import RoadGraph

ROUTE_BESIDE_M = 100.0  # a cable drawn this near a road hangs along it
NODE_BESIDE_M = 500.0   # a node stands in a building off the road
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


def road_distance_m(roads: RoadGraph | None, xy_m: FloatArray) -> FloatArray:
    """Return the straight distance (n,) to the nearest road of the graph, metres; NaN without roads."""
    if roads is None or not xy_m.shape[0]:
        return np.full(xy_m.shape[0], np.nan)
    return roads.distance_to_road_m(xy_m)


def power_distance_m(layers: Layers, xy_m: FloatArray) -> FloatArray:
    """Return the straight distance (n,) to the nearest power line or village with grid power; NaN without both."""
    lines = nearest(layers.power_lines, xy_m).m
    powered = layers.villages[layers.villages["grid_power"].fillna(value=False).to_numpy(dtype=bool)]
    return np.fmin(lines, nearest(powered, xy_m).m)


@dataclass(frozen=True)
class FibreWay:
    """How fibre could come to places (n,); metres, NaN where there is no such way.

    Parameters
    ----------
    by_road_m : from the place to the road, along the roads and off them to the nearest route or node.
    direct_m : the straight distance to the nearest route or node. to : that route or node.
    """

    by_road_m: FloatArray
    direct_m: FloatArray
    to: npt.NDArray[np.object_]


def fibre_way(layers: Layers, roads: RoadGraph | None, xy_m: FloatArray) -> FibreWay:
    """Return the ways from the fibre routes and nodes of the pack to places (n, 2)."""
    n = xy_m.shape[0]
    by_road, direct, to = np.full(n, np.nan), np.full(n, np.nan), np.full(n, "", dtype=object)
    for frame, columns, beside_m in ((layers.fibre_routes, ["name"], ROUTE_BESIDE_M),
                                     (layers.fibre_nodes, ["name", "node_code"], NODE_BESIDE_M)):
        if frame is None or frame.empty or not n:
            continue
        near = nearest(frame, xy_m)
        names = frame[columns].bfill(axis=1).iloc[:, 0].fillna("").astype(str).to_numpy(object)
        closer = ~(direct <= near.m)
        to[closer], direct[closer] = names[near.row[closer]], near.m[closer]
        if roads is not None:
            by_road = np.fmin(by_road, roads.along_road_m(xy_m, frame, beside_m=beside_m))
    return FibreWay(by_road, direct, to)
