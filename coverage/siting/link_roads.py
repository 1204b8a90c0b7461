"""Roads as pieces between the spots where somebody joins them or leaves them for fibre, for the network of links."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString
from shapely.ops import substring

from geodata.roads import RoadGraph

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
SPOT_M = 0.01       # spots this near each other, or this near the end of a piece, are one


@dataclass(frozen=True)
class RoadNet:
    """Roads cut at spots.

    Parameters
    ----------
    xy_m : (n, 2) nodes: those of the road graph, then the spots. component : (n,) connected piece of the road graph.
    tail, head : (m,) nodes of each piece. edge : (m,) its row of ``RoadGraph.edges``. begin_m, end_m : (m,) along it.
    """

    xy_m: FloatArray
    component: IntArray
    tail: IntArray
    head: IntArray
    edge: IntArray
    begin_m: FloatArray
    end_m: FloatArray


def cut(roads: RoadGraph, edge: IntArray, along_m: FloatArray) -> tuple[RoadNet, IntArray]:
    """Return the roads cut at spots (k,) on their pieces, and the node of each spot (k,)."""
    frame = roads.edges
    u, v, length = (frame[c].to_numpy() for c in ("u", "v", "length_m"))
    base = np.array([[d["x"], d["y"]] for _, d in roads.graph.nodes(data=True)], dtype=np.float64)
    place = np.round(along_m / SPOT_M) * SPOT_M
    start, end = place < SPOT_M, place > length[edge] - SPOT_M
    inner = ~start & ~end
    keys, which = np.unique(np.column_stack([edge[inner], place[inner]]), axis=0, return_inverse=True)
    spot_edge, spot_m = keys[:, 0].astype(np.intp), keys[:, 1]
    node = np.where(start, u[edge], v[edge]).astype(np.intp)
    node[inner] = len(base) + which.ravel()
    count = len(frame)
    rows = np.r_[np.arange(count), spot_edge, np.arange(count)]
    at = np.r_[np.zeros(count), spot_m, length]
    number = np.r_[u, len(base) + np.arange(spot_m.size), v]
    rank = np.repeat([0, 1, 2], [count, spot_m.size, count])
    order = np.lexsort((at, rank, rows))
    rows, at, number = rows[order], at[order], number[order]
    step = np.flatnonzero(rows[1:] == rows[:-1])
    lines = frame.geometry.to_numpy()
    spots = shapely.get_coordinates(shapely.line_interpolate_point(lines[spot_edge], spot_m))
    net = RoadNet(
        np.vstack([base, spots]), np.r_[roads.component, roads.component[u[spot_edge]]], number[step].astype(np.intp),
        number[step + 1].astype(np.intp), rows[step], at[step], at[step + 1])
    return net, node


def beside(roads: RoadGraph, lines: gpd.GeoDataFrame, beside_m: float) -> tuple[IntArray, FloatArray]:
    """Return the spots (row of the edges, metres along) where roads begin, cease or come nearest to run beside lines.

    A cable within ``beside_m`` of a road hangs along it.
    """
    pieces = roads.edges.geometry.to_numpy()
    targets = shapely.get_parts(lines.geometry.to_numpy())
    edge, target = shapely.STRtree(targets).query(pieces, predicate="dwithin", distance=beside_m)
    if not edge.size:
        return np.empty(0, np.intp), np.empty(0)
    near = shapely.get_point(shapely.shortest_line(pieces[edge], targets[target]), 0)
    rows, spots = [edge], [shapely.line_locate_point(pieces[edge], near)]
    inside = shapely.intersection(pieces[edge], shapely.buffer(targets[target], beside_m))
    parts, owner = shapely.get_parts(inside, return_index=True)
    line = (shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)
    parts, owner = parts[line], owner[line]
    for end in (0, -1):
        rows.append(edge[owner])
        spots.append(shapely.line_locate_point(pieces[edge[owner]], shapely.get_point(parts, end)))
    return np.concatenate(rows).astype(np.intp), np.concatenate(spots)


def course(roads: RoadGraph, edge: int, begin_m: float, end_m: float) -> FloatArray:
    """Return the coordinates (n, 2) of a stretch of road, from ``begin_m`` to ``end_m`` along its piece."""
    line = roads.edges.geometry.iloc[edge]
    part = substring(line, begin_m, end_m)
    xy: FloatArray = shapely.get_coordinates(part if isinstance(part, LineString) else LineString([part, part]))
    return xy
