"""Road lines of an office turned into one graph: noded at every crossing, near ends joined, with osmnx's names.

Office files carry national and local roads as separate drawings: they cross without nodes and stop short of each other.
Every crossing becomes a node (bridges and tunnels are not told apart), and an end that stops within ``join_m`` of
another road is led to it. Nothing is left out in silence: pieces that stay unconnected and places far from any road are
findings, and a distance to the road is always a finite number.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geodata.crs import metric_crs, same_crs
from geodata.errors import SchemaError
from geodata.findings import Finding

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
JOIN_M = 30.0  # an end that stops this near another road is taken to meet it
FAR_M = 1_000.0  # a place farther from any road is a finding
_GRID_M = 0.01  # coordinates are held to a centimetre: what meets within it is one node
HIGHWAY: Mapping[str, str] = MappingProxyType({"national": "primary", "local": "unclassified"})
_CLASS_ORDER = ("national", "local")


@dataclass(frozen=True)
class Attached:
    """Where points (n,) reach the roads.

    Parameters
    ----------
    edge : row of ``RoadGraph.edges``; along_m : metres from its start; away_m : straight metres to the road.
    """

    edge: Ints
    along_m: Floats
    away_m: Floats


@dataclass(frozen=True)
class RoadGraph:
    """Noded roads.

    Parameters
    ----------
    graph : networkx.MultiDiGraph with osmnx's names; nodes carry x, y, street_count; edges osmid, highway, name,
        length (m), oneway, reversed, geometry; every road runs both ways.
    edges : one row per piece of road: u, v, osmid (row of the road layer), name, road_class, length_m, geometry.
    component : (n nodes,) number of the connected piece a node belongs to, 0 the longest.
    join_m : how near an end had to be to be joined; joined : how many were.
    findings : pieces that are not connected to the longest one, roads without length.
    """

    graph: nx.MultiDiGraph
    edges: gpd.GeoDataFrame
    component: Ints
    join_m: float
    joined: int
    findings: tuple[Finding, ...]

    def attach(self, xy: npt.ArrayLike, *, among: Ints | None = None) -> Attached:
        """Return where points (n, 2) in the graph's CRS reach the nearest road; equal distances go to the first row.

        ``among`` : the rows of ``edges`` that count, ascending and not empty; None = all.
        """
        points = shapely.points(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
        lines = self.edges.geometry.to_numpy()
        tree = shapely.STRtree(lines if among is None else lines[among])
        (at, row), away = tree.query_nearest(points, return_distance=True, all_matches=True)
        order = np.lexsort((row, at))
        first = order[np.unique(at[order], return_index=True)[1]]
        edge = row[first] if among is None else among[row[first]]
        return Attached(edge, shapely.line_locate_point(lines[edge], points), away[first])

    def distance_to_road_m(self, xy: npt.ArrayLike) -> Floats:
        """Return straight metres (n,) from points (n, 2) to the nearest road; always finite."""
        return self.attach(xy).away_m

    def travel_m(self, origin: npt.ArrayLike, destinations: npt.ArrayLike) -> Floats:
        """Return metres (n,) from one point to points (n, 2): off the road, along it and off it again.

        NaN where the roads do not lead from one to the other.
        """
        start = self.attach(origin)
        steps = [_Leave(int(start.edge[0]), float(start.along_m[0]), float(start.away_m[0]))]
        return self._from_leaves(steps, self.attach(destinations))

    def along_road_m(self, xy: npt.ArrayLike, lines: gpd.GeoDataFrame, *, beside_m: float = 100.0) -> Floats:
        """Return metres (n,) by road from points (n, 2) to the nearest of ``lines`` (fibre routes, power lines).

        The road is left where a line runs within ``beside_m`` of it. NaN where the roads do not lead to any line.
        """
        same_crs(self.graph.graph["crs"], lines.crs, where="roads")
        places = self.attach(xy)
        way = self._from_leaves(self._leaves(lines, beside_m), places)
        meet = shapely.line_interpolate_point(self.edges.geometry.to_numpy()[places.edge], places.along_m)
        across = shapely.distance(meet, lines.union_all())  # the road itself runs beside a line there
        out: Floats = np.fmin(way, np.where(across <= beside_m, places.away_m + across, np.nan))
        return out

    def bridges(self) -> npt.NDArray[np.bool_]:
        """Return which pieces of road (n edges,) no other road leads round: cut there, the network falls apart."""
        u, v = self.edges["u"].to_numpy(), self.edges["v"].to_numpy()
        pairs = pd.MultiIndex.from_arrays([np.minimum(u, v), np.maximum(u, v)])
        alone = ~pairs.duplicated(keep=False) & (u != v)
        cuts = pd.MultiIndex.from_tuples([(min(b), max(b)) for b in nx.bridges(nx.Graph(zip(u, v, strict=True)))]
                                         or [(-1, -1)])
        out: npt.NDArray[np.bool_] = alone & pairs.isin(cuts)
        return out

    def far_places(self, frame: gpd.GeoDataFrame, layer: str, *, far_m: float = FAR_M) -> tuple[Finding, ...]:
        """Return a finding that names the places of a point layer farther than ``far_m`` from any road."""
        same_crs(self.graph.graph["crs"], frame.crs, where=layer)
        away = self.distance_to_road_m(np.column_stack([frame.geometry.x, frame.geometry.y]))
        far = np.flatnonzero(away > far_m)
        if not far.size:
            return ()
        names = frame["name"] if "name" in frame else frame.iloc[:, 0]
        return (Finding(
            "roads_place_far", layer=layer, rows=_rows(frame, far),
            values=tuple(f"{names.iloc[i]} ({away[i] / 1e3:.1f} km)" for i in far),
            details={"far": f"{far_m:,.0f}".replace(",", ".")},
        ),)

    def _leaves(self, lines: gpd.GeoDataFrame, beside_m: float) -> list["_Leave"]:
        """Return the places where the road may be left for one of ``lines``: both ends and the nearest point."""
        pieces = self.edges.geometry.to_numpy()
        targets = shapely.get_parts(lines.geometry.to_numpy())
        edge, target = shapely.STRtree(targets).query(pieces, predicate="dwithin", distance=beside_m)
        out = []
        for row, other in zip(edge.tolist(), target.tolist(), strict=True):
            piece, line = pieces[row], targets[other]
            inside = shapely.intersection(piece, shapely.buffer(line, beside_m))
            spots = [*shapely.points(shapely.get_coordinates(inside)[[0, -1]])] if not inside.is_empty else []
            spots.append(shapely.get_point(shapely.shortest_line(piece, line), 0))
            out += [_Leave(row, float(piece.project(s)), float(shapely.distance(s, line))) for s in spots]
        return out

    def _from_leaves(self, leaves: Sequence["_Leave"], places: Attached) -> Floats:
        """Return the shortest way (n,) from any leave to attached places, access included; NaN for none."""
        u, v = self.edges["u"].to_numpy(), self.edges["v"].to_numpy()
        length = self.edges["length_m"].to_numpy()
        n = self.component.size
        out = np.full(places.edge.size, np.inf)
        if not leaves:
            return np.full(places.edge.size, np.nan)
        edge = np.array([leave.edge for leave in leaves])
        along = np.array([leave.along_m for leave in leaves])
        cost = np.array([leave.away_m for leave in leaves])
        first = np.full(n, np.inf)
        np.minimum.at(first, u[edge], cost + along)
        np.minimum.at(first, v[edge], cost + length[edge] - along)
        reach = _shortest(first, u, v, length)
        by_node = np.minimum(reach[u[places.edge]] + places.along_m, reach[v[places.edge]] + length[places.edge]
                             - places.along_m)
        for row, start, away in zip(edge, along, cost, strict=True):  # both on one piece: no node in between
            same = places.edge == row
            out[same] = np.minimum(out[same], away + np.abs(places.along_m[same] - start))
        best = np.minimum(out, by_node) + places.away_m
        return np.where(np.isfinite(best), best, np.nan)


@dataclass(frozen=True)
class _Leave:
    """A place on a piece of road with what it costs to get there from the source, metres."""

    edge: int
    along_m: float
    away_m: float


def _shortest(first: Floats, u: Ints, v: Ints, length: Floats) -> Floats:
    """Return the shortest way (n nodes,) when the way may begin at node i at a cost of first[i]."""
    n = first.size
    begin = np.flatnonzero(np.isfinite(first))
    heads = np.r_[u, v, np.full(begin.size, n)]
    tails = np.r_[v, u, begin]
    cost = np.r_[length, length, first[begin]]
    order = np.lexsort((cost, tails, heads))  # of parallel pieces only the shortest counts
    heads, tails, cost = heads[order], tails[order], np.maximum(cost[order], 1e-9)
    keep = np.r_[True, (heads[1:] != heads[:-1]) | (tails[1:] != tails[:-1])]
    net = coo_array((cost[keep], (heads[keep], tails[keep])), shape=(n + 1, n + 1)).tocsr()
    out: Floats = dijkstra(net, indices=n)[:n]
    return out


def _rows(frame: pd.DataFrame, at: Ints) -> tuple[int, ...]:
    """Return the office's row numbers where the frame has them, else 1, 2, ..."""
    if "source_row" in frame and frame["source_row"].notna().all():
        return tuple(int(r) for r in frame["source_row"].iloc[at])
    return tuple(int(i) + 1 for i in at)


def road_graph(roads: gpd.GeoDataFrame, *, join_m: float = JOIN_M) -> RoadGraph:
    """Return the graph of a road layer (columns name, road_class; lines in a metric CRS).

    Raises CrsError without a metric CRS, SchemaError without any road that has a length.
    """
    crs = metric_crs(roads.crs, where="roads")
    lines, row = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    real = ~shapely.is_empty(lines) & (shapely.length(lines) > _GRID_M)
    empty = np.setdiff1d(np.arange(len(roads)), row[real])
    if not real.any():
        raise SchemaError("roads_empty", layer="roads")
    lines, row = lines[real], row[real]
    lines, joined = _join_ends(shapely.force_2d(lines), join_m)
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=_GRID_M))
    owner = row[_owners(noded, lines, roads["road_class"].astype("string").to_numpy()[row])]
    edges, nodes = _edge_table(noded, owner, roads, crs)
    component, lengths = _components(edges, len(nodes))
    findings = []
    if empty.size:
        findings.append(Finding("roads_no_length", layer="roads", rows=_rows(roads, empty)))
    findings += _loose_pieces(edges, component, lengths, roads)
    graph = _networkx(edges, nodes, crs)
    return RoadGraph(graph, edges, component, join_m, joined, tuple(findings))


def _join_ends(lines: npt.NDArray[Any], join_m: float) -> tuple[npt.NDArray[Any], int]:
    """Lead every end that stops within ``join_m`` of another line to it: to its end if that is near, else to its side.

    Returns the lines (n,), lengthened where needed, and how many ends were joined.
    """
    out = lines.copy()
    tree = shapely.STRtree(lines)
    ends = shapely.points(np.concatenate([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)]))
    at, other = tree.query(ends, predicate="dwithin", distance=join_m)
    owner = at % len(lines)
    at, other = at[owner != other], other[owner != other]
    away = shapely.distance(ends[at], lines[other])
    touching = np.zeros(len(ends), dtype=bool)
    touching[at[away <= _GRID_M]] = True
    order = np.lexsort((other, away, at))
    first = order[np.unique(at[order], return_index=True)[1]]
    joined = 0
    for k in first[~touching[at[first]]].tolist():
        end, line, mine = ends[at[k]], lines[other[k]], int(at[k] % len(lines))
        tips = shapely.points(shapely.get_coordinates(line)[[0, -1]])
        near = shapely.distance(end, tips)
        meet = tips[int(np.argmin(near))] if near.min() <= join_m else line.interpolate(line.project(end))
        xy, spot = shapely.get_coordinates(out[mine]), shapely.get_coordinates(meet)
        out[mine] = shapely.LineString(np.vstack([spot, xy] if at[k] < len(lines) else [xy, spot]))
        joined += 1
    return out, joined


def _owners(pieces: npt.NDArray[Any], lines: npt.NDArray[Any], classes: npt.NDArray[Any]) -> Ints:
    """Return the line each noded piece came from; where two run together the higher class, then the first, has it."""
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    at, line = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=5 * _GRID_M)
    rank = np.array([_CLASS_ORDER.index(c) if c in _CLASS_ORDER else len(_CLASS_ORDER) for c in classes])
    order = np.lexsort((line, rank[line], at))
    which, first = np.unique(at[order], return_index=True)
    owner = np.empty(len(pieces), dtype=np.intp)
    owner[which] = line[order][first]
    lost = np.setdiff1d(np.arange(len(pieces)), which)
    if lost.size:  # a very short piece may have moved by more than the tolerance while noding
        owner[lost] = shapely.STRtree(lines).nearest(middle[lost])
    return owner


def _edge_table(
    pieces: npt.NDArray[Any], owner: Ints, roads: gpd.GeoDataFrame, crs: Any,
) -> tuple[gpd.GeoDataFrame, Floats]:
    """Return one row per piece with its nodes' numbers, and the nodes (n, 2) sorted by place."""
    pieces, owner = pieces[keep := shapely.length(pieces) > 0], owner[keep]
    pieces = shapely.normalize(pieces)
    order = np.lexsort((shapely.length(pieces), *shapely.bounds(pieces).T[::-1], owner))
    pieces, owner = pieces[order], owner[order]
    ends = np.stack([shapely.get_coordinates(shapely.get_point(pieces, k)) for k in (0, -1)], axis=1).round(3)
    nodes, number = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    number = number.reshape(-1, 2)
    return gpd.GeoDataFrame(
        {
            "u": number[:, 0], "v": number[:, 1], "osmid": owner,
            "name": roads["name"].astype("string").to_numpy()[owner],
            "road_class": roads["road_class"].astype("string").to_numpy()[owner], "length_m": shapely.length(pieces),
        },
        geometry=pieces, crs=crs,
    ), nodes


def _components(edges: gpd.GeoDataFrame, n: int) -> tuple[Ints, Floats]:
    """Return the connected piece of every node (n,), longest first, and the length of each piece in metres."""
    links = coo_array((np.ones(len(edges)), (edges["u"], edges["v"])), shape=(n, n))
    count, label = connected_components(links, directed=False)
    length: Floats = np.zeros(count)
    np.add.at(length, label[edges["u"]], edges["length_m"].to_numpy())
    order = np.argsort(-length, kind="stable")
    rank = np.empty(count, dtype=np.intp)
    rank[order] = np.arange(count)
    piece: Ints = rank[label]
    lengths: Floats = length[order]
    return piece, lengths


def _loose_pieces(
    edges: gpd.GeoDataFrame, component: Ints, lengths: Floats, roads: gpd.GeoDataFrame,
) -> list[Finding]:
    """Return a finding that names the roads not connected with the longest piece."""
    loose = edges[component[edges["u"].to_numpy()] > 0]
    if loose.empty:
        return []
    rows = np.unique(loose["osmid"].to_numpy())
    share = 100 * lengths[1:].sum() / lengths.sum()
    return [Finding(
        "roads_not_connected", layer="roads", rows=_rows(roads, rows),
        values=tuple(str(v) for v in roads["name"].iloc[rows].fillna("-")),
        details={"pieces": len(lengths) - 1, "km": f"{lengths[1:].sum() / 1e3:.1f}", "share": f"{share:.1f}"},
    )]


def _networkx(edges: gpd.GeoDataFrame, nodes: Floats, crs: Any) -> nx.MultiDiGraph:
    """Return the MultiDiGraph with osmnx's attribute names; every piece is an edge each way."""
    graph = nx.MultiDiGraph(crs=crs, simplified=True)
    count = np.bincount(edges[["u", "v"]].to_numpy().ravel(), minlength=len(nodes))
    graph.add_nodes_from(
        (i, {"x": float(x), "y": float(y), "street_count": int(c)}) for i, ((x, y), c) in enumerate(zip(
            nodes, count, strict=True))
    )
    for edge in edges.itertuples():
        data = {
            "osmid": int(edge.osmid), "highway": HIGHWAY.get(edge.road_class, "road"),
            "name": None if pd.isna(edge.name) else str(edge.name), "length": float(edge.length_m), "oneway": False,
        }
        ways = itertools.islice(((edge.u, edge.v, edge.geometry, False),
                                 (edge.v, edge.u, edge.geometry.reverse(), True)), 1 if edge.u == edge.v else 2)
        for u, v, line, back in ways:
            graph.add_edge(int(u), int(v), **data, reversed=back, geometry=line)
    return graph
