"""Where fibre could be laid: roads, spurs from places to the road, cross-country, and the fibre it would end at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import LineString

from coverage.scenario import Scenario
from coverage.siting.cost import access_item, add_up, line
from coverage.siting.distances import NODE_BESIDE_M, ROUTE_BESIDE_M, nearest
from coverage.siting.link_roads import RoadNet, beside, course, cut
from coverage.siting.link_wires import ROAD, SPUR, STRAIGHT, Wire, thin
from geodata.layers import Layers
from geodata.roads import Attached, RoadGraph

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
PLACE_M = 0.01      # what stands this near is one node
RATE_KM = 1_000.0   # long enough that rounding to the dong does not show in the price of a metre


@dataclass(frozen=True, eq=False)
class Ends:
    """What the network should reach, numbered: places, villages, anchors; all that stands at one point is one node.

    xy_m, kind, name : of the nodes (n,). number : key -> node. place : (n_places,) node of each place.
    """

    xy_m: FloatArray
    kind: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    number: Mapping[str, int]
    place: IntArray


def ends_of(places: pd.DataFrame, villages: gpd.GeoDataFrame | None, anchors: gpd.GeoDataFrame | None) -> Ends:
    """Collect the ends: places (site_id, name, x_m, y_m), then villages and anchors of the pack."""
    tables = [places[["name", "x_m", "y_m"]].assign(key="vt:" + places["site_id"].astype(str), kind="site")]
    for frame, word, code, kind in ((villages, "thon", "village_code", "village"),
                                    (anchors, "neo", "anchor_code", "anchor")):
        if frame is not None:
            tables.append(pd.DataFrame({"name": frame["name"], "x_m": frame.geometry.x, "y_m": frame.geometry.y,
                                        "key": f"{word}:" + frame[code].astype(str), "kind": kind}))
    table = pd.concat(tables, ignore_index=True)
    spot = (table[["x_m", "y_m"]].astype(float) / PLACE_M).round().astype("int64")
    number, _ = pd.factorize(pd.MultiIndex.from_frame(spot))
    kept = table.iloc[np.unique(number, return_index=True)[1]]
    return Ends(kept[["x_m", "y_m"]].to_numpy(np.float64), kept["kind"].to_numpy(object),
                kept["name"].fillna("").astype(str).to_numpy(object),
                dict(zip(table["key"], number.tolist(), strict=True)), number[:len(places)].astype(np.intp))


@dataclass(frozen=True, eq=False)
class Draft:
    """Nodes (the ends first) and the fibre between them.

    factor : (n_ends,) access multiplier of each end. roads : behind the courses of ``wires``, None without.
    """

    xy_m: FloatArray
    kind: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    root: BoolArray
    factor: FloatArray
    wires: tuple[Wire, ...]
    roads: RoadGraph | None

    def line(self, wire: Wire) -> LineString:
        """Return the real way of a piece of fibre from its tail to its head."""
        parts = [course(self.roads, *part) if isinstance(part, tuple) and self.roads is not None else part
                 for part in wire.course]
        xy = np.vstack(parts)
        fresh = np.r_[True, (np.abs(np.diff(xy, axis=0)) > 0).any(axis=1)]
        xy = xy[fresh]
        return LineString(xy if len(xy) > 1 else np.vstack([xy, xy]))


@dataclass(frozen=True, eq=False)
class _Far:
    """Fibre in being as nodes: points of routes and nodes (n,), found by place."""

    xy_m: list[FloatArray]
    name: list[str]
    at: dict[tuple[int, int], int]

    def node(self, xy: FloatArray, name: str) -> int:
        """Return the number of the node at a point, a new one if there is none."""
        key = (round(float(xy[0]) / PLACE_M), round(float(xy[1]) / PLACE_M))
        if key not in self.at:
            self.at[key] = len(self.name)
            self.xy_m.append(xy)
            self.name.append(name)
        return self.at[key]


def draft(ends: Ends, layers: Layers, scenario: Scenario, roads: RoadGraph | None) -> Draft:
    """Return the fibre that could link the ends to the fibre in being, without what no plan would use."""
    rates = _Rates(scenario)
    layers = replace(layers, fibre_routes=_in_order(layers.fibre_routes), fibre_nodes=_in_order(layers.fibre_nodes))
    count = len(ends.xy_m)
    road_m = np.full(count, np.nan) if roads is None or not count else roads.distance_to_road_m(ends.xy_m)
    factor = np.array([scenario.rate(access_item(float(m), scenario)) for m in road_m], dtype=np.float64)
    far = _Far([], [], {})
    wires: list[Wire] = []
    xy = [ends.xy_m]
    if roads is not None:
        met = _cut(roads, ends.xy_m, layers)
        xy.append(met.net.xy_m)
        wires += _along(roads, met.net, count, rates)
        wires += _spurs(ends.xy_m, met, road_m, factor, scenario.rate("fibre_detour"), rates)
        wires += _crossings(met, layers, count, far, rates)
    base = sum(len(x) for x in xy)
    wires += _straight(ends.xy_m, factor, layers, scenario, far, rates)
    wires = [_shifted(w, base) for w in wires]
    n_road = base - count
    root = np.r_[np.zeros(base, bool), np.ones(len(far.name), bool)]
    wanted = np.r_[np.ones(count, bool), np.zeros(base - count + len(far.name), bool)]
    return Draft(
        np.vstack([*xy, *[f.reshape(1, 2) for f in far.xy_m]]),
        np.r_[ends.kind, np.full(n_road, "road", dtype=object), np.full(len(far.name), "fibre", dtype=object)],
        np.r_[ends.name, np.full(n_road, "", dtype=object), np.array(far.name, dtype=object)],
        root, factor, tuple(thin(wires, root, wanted)), roads)


def _in_order(frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return fibre sorted by name and place, so that ties do not depend on the order of the file."""
    if frame is None or frame.empty:
        return frame
    names = [_node_names(frame)] if "node_code" in frame else [frame["name"].fillna("").astype(str).to_numpy(str)]
    order = np.lexsort((frame.geometry.to_wkb().astype(object).map(bytes.hex).to_numpy(str), *names))
    return frame.iloc[order].reset_index(drop=True)


class _Rates:
    """About what a metre of cable costs the State, million VND."""

    def __init__(self, scenario: Scenario) -> None:
        self.existing_m, self.new_m = (
            add_up(scenario, [line(scenario, item, RATE_KM)], []).cost_mvnd / RATE_KM / 1_000.0
            for item in ("fibre_existing_poles_km", "fibre_new_poles_km"))

    def new(self, metres: float, factor: float) -> float:
        """Return the outlay of cable on new poles."""
        return metres * self.new_m * factor


def _shifted(wire: Wire, base: int) -> Wire:
    """Give fibre in being, numbered -1, -2, ... so far, its numbers after all other nodes."""
    if wire.head >= 0:
        return wire
    return Wire(wire.tail, base - 1 - wire.head, wire.way, wire.metres, wire.factor, wire.mvnd, wire.single, wire.names,
                wire.course)


@dataclass(frozen=True, eq=False)
class _Cut:
    """The roads cut where something meets them.

    end : (n_ends,) node of each end on its nearest road. fed : ends whose road leads to no fibre -> node on the nearest
    road that does. leave : node on the road, place and name of a fibre node beside it, metres between them.
    """

    net: RoadNet
    end: IntArray
    fed: dict[int, int]
    leave: list[tuple[int, FloatArray, str, float]]


def _cut(roads: RoadGraph, xy: FloatArray, layers: Layers) -> _Cut:
    """Cut the roads where ends, fibre routes and fibre nodes meet them."""
    empty = np.empty(0, np.intp), np.empty(0)
    routes, nodes = layers.fibre_routes, layers.fibre_nodes
    beside_routes = empty if routes is None or routes.empty else beside(roads, routes, ROUTE_BESIDE_M)
    number, node_edge = (empty[0], empty[0]) if nodes is None or nodes.empty else _beside_nodes(roads, nodes)
    lines = roads.edges.geometry.to_numpy()
    points = np.array([], dtype=object) if nodes is None else nodes.geometry.to_numpy()[number]
    node_along = shapely.line_locate_point(lines[node_edge], points)
    node_away = shapely.distance(lines[node_edge], points)
    piece = roads.component[roads.edges["u"].to_numpy()]
    with_fibre = np.flatnonzero(np.isin(piece, piece[np.r_[beside_routes[0], node_edge]])).astype(np.intp)
    at = roads.attach(xy) if len(xy) else Attached(*empty, empty[1])
    lost = np.flatnonzero(~np.isin(at.edge, with_fibre)) if with_fibre.size else empty[0]
    again = roads.attach(xy[lost], among=with_fibre) if lost.size else Attached(*empty, empty[1])
    net, spot = cut(roads, np.r_[at.edge, again.edge, node_edge, beside_routes[0]],
                    np.r_[at.along_m, again.along_m, node_along, beside_routes[1]])
    of_end, of_lost, of_node, _ = np.split(spot, np.cumsum([len(xy), lost.size, number.size]))
    names = [] if nodes is None else _node_names(nodes)
    leave = [(int(n), shapely.get_coordinates(point)[0], names[row], float(away))
             for n, point, row, away in zip(of_node, points, number.tolist(), node_away, strict=True)]
    return _Cut(net, of_end, dict(zip(lost.tolist(), of_lost.tolist(), strict=True)), leave)


def _beside_nodes(roads: RoadGraph, nodes: gpd.GeoDataFrame) -> tuple[IntArray, IntArray]:
    """Return fibre nodes and the nearest road of every connected piece within reach of each."""
    lines, points = roads.edges.geometry.to_numpy(), nodes.geometry.to_numpy()
    at, edge = shapely.STRtree(lines).query(points, predicate="dwithin", distance=NODE_BESIDE_M)
    piece = roads.component[roads.edges["u"].to_numpy()[edge]]
    order = np.lexsort((edge, shapely.distance(lines[edge], points[at]), piece, at))
    pairs = np.column_stack([at, piece])[order]
    first = order[np.unique(pairs, axis=0, return_index=True)[1]] if at.size else order
    return at[first].astype(np.intp), edge[first].astype(np.intp)


def _node_names(nodes: gpd.GeoDataFrame) -> list[str]:
    return [str(x) for x in nodes[["name", "node_code"]].bfill(axis=1).iloc[:, 0].fillna("")]


def _along(roads: RoadGraph, net: RoadNet, first: int, rates: _Rates) -> list[Wire]:
    """Return the pieces of road as fibre on poles that stand."""
    names = roads.edges["name"].fillna("").astype(str).to_numpy(object)[net.edge]
    single = roads.bridges()[net.edge]
    return [
        Wire(first + a, first + b, ROAD, end - begin, 1.0, (end - begin) * rates.existing_m, one,
             (name,) if name else (), ((edge, begin, end),))
        for a, b, edge, begin, end, name, one in zip(
            net.tail.tolist(), net.head.tolist(), net.edge.tolist(), net.begin_m.tolist(), net.end_m.tolist(),
            names, single.tolist(), strict=True)]


def _spurs(
    xy: FloatArray, met: _Cut, road_m: FloatArray, factor: FloatArray, detour: float, rates: _Rates,
) -> list[Wire]:
    """Return the way of every end to its nearest road, and cross-country to the nearest that leads to fibre."""
    out = []
    for at, (node, metres, access) in enumerate(zip(met.end.tolist(), road_m.tolist(), factor.tolist(), strict=True)):
        out.append(Wire(at, len(xy) + node, SPUR, metres, access, rates.new(metres, access),
                        course=(np.vstack([xy[at], met.net.xy_m[node]]),)))
        if at in met.fed:
            way = np.vstack([xy[at], met.net.xy_m[met.fed[at]]])
            far_m = float(np.hypot(*(way[1] - way[0]))) * detour
            out.append(Wire(at, len(xy) + met.fed[at], STRAIGHT, far_m, access, rates.new(far_m, access),
                            course=(way,)))
    return out


def _crossings(met: _Cut, layers: Layers, first: int, far: _Far, rates: _Rates) -> list[Wire]:
    """Return the short ways from the road to the fibre beside it, wherever the road has a node there."""
    out, net = [], met.net
    for node, xy, name, away in met.leave:
        out.append(Wire(first + node, -1 - far.node(xy, name), ROAD, away, 1.0, away * rates.existing_m,
                        course=(np.vstack([net.xy_m[node], xy]),)))
    routes = layers.fibre_routes
    if routes is None or not len(routes):
        return out
    lines = routes.geometry.to_numpy()
    names = routes["name"].fillna("").astype(str).to_numpy(object)
    near = nearest(routes, net.xy_m)
    close = np.flatnonzero(near.m <= ROUTE_BESIDE_M)
    points = shapely.points(net.xy_m[close])
    meet = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(points, lines[near.row[close]]), -1))
    for node, xy, row in zip(close.tolist(), meet, near.row[close].tolist(), strict=True):
        away = float(near.m[node])
        out.append(Wire(first + node, -1 - far.node(xy, names[row]), ROAD, away, 1.0, away * rates.existing_m,
                        course=(np.vstack([net.xy_m[node], xy]),)))
    return out


def _straight(
    xy: FloatArray, factor: FloatArray, layers: Layers, scenario: Scenario, far: _Far, rates: _Rates,
) -> list[Wire]:
    """Return the way cross-country from every end to the nearest point of a route and to the nearest fibre node."""
    detour = scenario.rate("fibre_detour")
    out = []
    for frame in (layers.fibre_routes, layers.fibre_nodes):
        if frame is None or frame.empty or not len(xy):
            continue
        near = nearest(frame, xy)
        names = _node_names(frame) if "node_code" in frame else [str(x) for x in frame["name"].fillna("")]
        target = frame.geometry.to_numpy()[near.row]
        meet = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(shapely.points(xy), target), -1))
        for at, (here, there, row, away) in enumerate(zip(xy, meet, near.row.tolist(), near.m.tolist(), strict=True)):
            metres, access = away * detour, float(factor[at])
            out.append(Wire(at, -1 - far.node(there, names[row]), STRAIGHT, metres, access, rates.new(metres, access),
                            course=(np.vstack([here, there]),)))
    return out
