"""Minutes from every village to its commune office and to the nearest village with signal, by road.

Vehicles go at the speed of the road's class; the way between a place and the road is walked (straight distance x
``walk_detour``); villages without a motor road walk all the way along the roads. Where the destination is at most
``direct_walk_max_m`` away, walking straight to it counts if it is quicker. A way that neither gives is missing (NaN).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from coverage.errors import GapError
from coverage.gap.assessment import Assessment
from coverage.gap.communes import OFFICE
from coverage.gap.status import LOM, PHU
from coverage.scenario import Scenario, Service
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.roads import RoadGraph, road_graph
from geodata.units import fold_name

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
RIDE, WALK = "xe", "di_bo"              # how the people of a village go
BY_ROAD, DIRECT, NO_WAY = "theo_duong", "di_thang", ""
_LEAST_MIN = 1e-9                       # a way of no length must not vanish from a sparse graph


@dataclass(frozen=True)
class Travel:
    """Travel times of the villages, in the order of ``Assessment.villages``.

    Parameters
    ----------
    villages : village_code, name, commune_code, mode (RIDE | WALK), to_road_m (straight), office_min, office_way
        (BY_ROAD | DIRECT | NO_WAY), served_min, served_way, served_village_code (0 minutes and itself where the centre
        has signal), weight (1 + office_min / travel_weight_min; the plan's objective uses it where the scenario says
        ``siting.travel_priority``). NaN where there is no way or no office.
    findings : offices missing, villages that the roads do not connect, motor roads unknown.
    """

    villages: pd.DataFrame
    findings: tuple[Finding, ...]


def travel(layers: Layers, assessment: Assessment, scenario: Scenario, roads: RoadGraph | None = None) -> Travel:
    """Return the travel times of all villages; ``roads`` saves building the road graph again."""
    if roads is None and layers.roads is not None:
        roads = road_graph(layers.roads)
    rules, villages = scenario.service, assessment.villages
    _refuse(rules)
    xy = np.column_stack([villages.geometry.x, villages.geometry.y])
    office_of, office_xy = _offices(layers, villages["commune_code"].astype(str).to_numpy(object))
    motor = villages["motor_road"].astype("boolean")
    walks = _walks(villages)
    served = villages["status_model"].isin([LOM, PHU]).to_numpy(dtype=bool)
    net = None if roads is None else _Net.of(roads, np.vstack([xy, office_xy]), rules)
    office, office_way = _to_offices(net, xy, office_xy, office_of, walks, rules)
    near, near_way, nearest = _to_served(net, xy, served, walks, rules)
    codes = villages["village_code"].astype(str).to_numpy(object)
    table = pd.DataFrame({
        "village_code": codes, "name": villages["name"].astype(str).to_numpy(object),
        "commune_code": villages["commune_code"].astype(str).to_numpy(object),
        "mode": np.where(walks, WALK, RIDE),
        "to_road_m": np.full(len(xy), np.nan) if net is None else net.away_m[:len(xy)],
        "office_min": office, "office_way": office_way, "served_min": near, "served_way": near_way,
        "served_village_code": np.where(nearest >= 0, codes[nearest], ""),
        "weight": 1.0 + office / rules.travel_weight_min,
    })
    return Travel(table, _findings(layers, table, office_of, motor))


def minutes_to(
    layers: Layers, villages: pd.DataFrame, scenario: Scenario, places_m: FloatArray, roads: RoadGraph | None = None,
) -> FloatArray:
    """Return minutes (n, m) from every village to every place (m, 2); inf where there is no way.

    As in ``travel``, but places may be far: people without a motor road walk to any of the places and ride on from it.

    Parameters
    ----------
    villages : as ``Assessment.villages``: motor_road and points. roads : saves building the road graph again.
    """
    if roads is None and layers.roads is not None:
        roads = road_graph(layers.roads)
    rules = scenario.service
    _refuse(rules)
    xy = np.column_stack([villages.geometry.x, villages.geometry.y])
    walks = _walks(villages)
    minutes = np.full((len(xy), len(places_m)), np.nan)
    between = np.where(np.eye(len(places_m), dtype=bool), 0.0, np.inf)
    if roads is not None and len(xy) and len(places_m):
        net = _Net.of(roads, np.vstack([xy, places_m]), rules)
        at = net.first + len(xy) + np.arange(len(places_m))
        ride = dijkstra(net.ride, directed=False, indices=at)
        minutes[~walks], between = ride[:, net.first + np.flatnonzero(~walks)].T, ride[:, at]
        if walks.any():
            minutes[walks] = dijkstra(net.walk, directed=False, indices=at)[:, net.first + np.flatnonzero(walks)].T
    straight = np.hypot(xy[:, :1] - places_m[:, 0], xy[:, 1:] - places_m[:, 1])
    best, _ = _or_direct(minutes, straight, rules)
    best = np.where(np.isnan(best), np.inf, best)
    for row in np.flatnonzero(walks):
        best[row] = (best[row][:, None] + between).min(axis=0)
    return best


def _walks(villages: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell whose people walk: no motor road; not said counts as a motor road."""
    motor = villages["motor_road"].astype("boolean")
    out: npt.NDArray[np.bool_] = (~motor).fillna(value=False).to_numpy(dtype=bool)
    return out


def _refuse(rules: Service) -> None:
    for key in ("speed_national_kmh", "speed_local_kmh", "walk_kmh", "walk_detour", "travel_weight_min"):
        if not 0 < getattr(rules, key) < np.inf:
            raise GapError("travel_rule", key=key, value=getattr(rules, key))


@dataclass(frozen=True)
class _Net:
    """Roads with places hung on them; minutes by vehicle and on foot.

    Parameters
    ----------
    ride, walk : (n, n) minutes between nodes; the places are the last nodes. first : node of the first place.
    away_m : straight metres from each place to the road.
    """

    ride: csr_array
    walk: csr_array
    first: int
    away_m: FloatArray

    @classmethod
    def of(cls, roads: RoadGraph, xy: FloatArray, rules: Service) -> "_Net":
        """Return the network with a node on the road for every place (n, 2), and the place beside it."""
        speeds: Mapping[str, float] = {"national": rules.speed_national_kmh, "local": rules.speed_local_kmh}
        classes = roads.edges["road_class"].astype(str)
        unknown = sorted(set(classes) - set(speeds))
        if unknown:
            raise GapError("travel_road_class", value=", ".join(unknown), known=", ".join(speeds))
        kmh = classes.map(speeds).to_numpy(dtype=np.float64)
        at, n_road, n = roads.attach(xy), roads.component.size, len(xy)
        on_road, place = n_road + np.arange(n), n_road + n + np.arange(n)
        tail, head, length, edge = _segments(roads, at.edge, at.along_m, on_road)
        off = _minutes(at.away_m * rules.walk_detour, rules.walk_kmh)
        tails, heads = np.r_[tail, on_road], np.r_[head, place]
        size = n_road + 2 * n
        ride = _matrix(tails, heads, np.r_[_minutes(length, kmh[edge]), off], size)
        walk = _matrix(tails, heads, np.r_[_minutes(length, rules.walk_kmh), off], size)
        return cls(ride, walk, n_road + n, at.away_m)


def _minutes(metres: FloatArray, kmh: FloatArray | float) -> FloatArray:
    out: FloatArray = metres * 0.06 / kmh
    return out


def _segments(
    roads: RoadGraph, edge: IntArray, along_m: FloatArray, node: IntArray,
) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
    """Cut the pieces of road at attached places: tail, head, length in metres and piece of every segment."""
    u, v = roads.edges["u"].to_numpy(dtype=np.intp), roads.edges["v"].to_numpy(dtype=np.intp)
    length = roads.edges["length_m"].to_numpy(dtype=np.float64)
    every = np.arange(u.size)
    piece = np.r_[every, edge, every]
    where = np.r_[np.zeros(u.size), np.clip(along_m, 0.0, length[edge]), length]
    rank = np.r_[np.zeros(u.size), np.ones(edge.size), np.full(u.size, 2.0)]
    nodes = np.r_[u, node, v]
    order = np.lexsort((nodes, where, rank, piece))
    piece, where, nodes = piece[order], where[order], nodes[order]
    same = piece[1:] == piece[:-1]
    return nodes[:-1][same], nodes[1:][same], np.diff(where)[same], piece[1:][same]


def _matrix(tail: IntArray, head: IntArray, minutes: FloatArray, size: int) -> csr_array:
    """Return the undirected graph; of parallel ways the quickest."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((minutes, high, low))
    low, high, cost = low[order], high[order], np.maximum(minutes[order], _LEAST_MIN)
    keep = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])]
    return csr_array(coo_array((cost[keep], (low[keep], high[keep])), shape=(size, size)))


def commune_offices(layers: Layers) -> dict[str, tuple[float, float]]:
    """Return commune code -> place of its office among the anchors; of several the first by code."""
    if layers.anchors is None or layers.anchors.empty:
        return {}
    folded = [fold_name(str(kind), drop_kind=False) for kind in layers.anchors["kind"]]
    seats = layers.anchors[[any(word in kind for word in OFFICE) for kind in folded]]
    seats = seats.sort_values("anchor_code", kind="stable").reset_index(drop=True)
    tree = shapely.STRtree(layers.communes.geometry.to_numpy())
    at, commune = tree.query(seats.geometry.to_numpy(), predicate="intersects")
    codes = layers.communes["commune_code"].astype(str).to_numpy(object)
    out: dict[str, tuple[float, float]] = {}
    for seat, row in sorted(zip(at.tolist(), commune.tolist(), strict=True)):
        point = seats.geometry.iloc[seat]
        out.setdefault(str(codes[row]), (float(point.x), float(point.y)))
    return out


def _offices(layers: Layers, commune: npt.NDArray[np.object_]) -> tuple[IntArray, FloatArray]:
    """Return for every village the row of its commune's office (-1 without), and the offices (m, 2)."""
    offices = commune_offices(layers)
    rows = {code: at for at, code in enumerate(offices)}
    of = np.array([rows.get(str(code), -1) for code in commune], dtype=np.intp)
    return of, np.array(list(offices.values()), dtype=np.float64).reshape(-1, 2)


def _to_offices(
    net: _Net | None, xy: FloatArray, office_xy: FloatArray, office_of: IntArray, walks: npt.NDArray[np.bool_],
    rules: Service,
) -> tuple[FloatArray, npt.NDArray[np.object_]]:
    """Return minutes to the own commune's office (n,) and the way."""
    minutes = np.full(len(xy), np.nan)
    known = np.flatnonzero(office_of >= 0)
    if net is not None and known.size:
        at = net.first + len(xy) + np.arange(len(office_xy))
        for mine, graph in ((known[~walks[known]], net.ride), (known[walks[known]], net.walk)):
            if mine.size:
                found = dijkstra(graph, directed=False, indices=at)
                minutes[mine] = found[office_of[mine], net.first + mine]
    straight = np.full(len(xy), np.nan)
    straight[known] = np.hypot(*(xy[known] - office_xy[office_of[known]]).T)
    return _or_direct(minutes, straight, rules)


def _to_served(
    net: _Net | None, xy: FloatArray, served: npt.NDArray[np.bool_], walks: npt.NDArray[np.bool_], rules: Service,
) -> tuple[FloatArray, npt.NDArray[np.object_], IntArray]:
    """Return minutes to the nearest village with signal (n,), the way, and its row (-1 without)."""
    minutes, nearest = np.full(len(xy), np.nan), np.full(len(xy), -1, dtype=np.intp)
    goals = np.flatnonzero(served)
    if not goals.size:
        return minutes, np.full(len(xy), NO_WAY, dtype=object), nearest
    if net is not None:
        for mine, graph in ((np.flatnonzero(~walks), net.ride), (np.flatnonzero(walks), net.walk)):
            found, _, source = dijkstra(graph, directed=False, indices=net.first + goals, min_only=True,
                                        return_predecessors=True)
            minutes[mine] = found[net.first + mine]
            nearest[mine] = np.where(np.isfinite(minutes[mine]), source[net.first + mine] - net.first, -1)
    straight, row = KDTree(xy[goals]).query(xy)
    best, way = _or_direct(minutes, straight, rules)
    nearest = np.where(way == DIRECT, goals[row], nearest)
    best[served], nearest[served] = 0.0, np.flatnonzero(served)
    way[served] = BY_ROAD if net is not None else DIRECT
    return best, way, nearest


def _or_direct(
    by_road: FloatArray, straight_m: FloatArray, rules: Service,
) -> tuple[FloatArray, npt.NDArray[np.object_]]:
    """Return the quicker of the way by road and of walking straight, and which it is; NaN where neither is there."""
    direct = np.where(straight_m <= rules.direct_walk_max_m,
                      _minutes(straight_m * rules.walk_detour, rules.walk_kmh), np.inf)
    road = np.where(np.isnan(by_road), np.inf, by_road)
    best = np.minimum(road, direct)
    way = np.where(np.isinf(best), NO_WAY, np.where(direct < road, DIRECT, BY_ROAD)).astype(object)
    return np.where(np.isinf(best), np.nan, best), way


def _findings(
    layers: Layers, table: pd.DataFrame, office_of: IntArray, motor: pd.Series,
) -> tuple[Finding, ...]:
    def say(code: str, layer: str, names: pd.Series) -> Finding:
        return Finding(code, layer=layer, values=tuple(names.astype(str)), details={"number": len(names)},
                       package="coverage")

    out = []
    if layers.roads is None:
        out.append(Finding("travel_no_roads", layer="roads", package="coverage"))
    without = table.loc[office_of < 0, "commune_code"].drop_duplicates()
    if len(without):
        out.append(say("travel_office_missing", "anchors", without))
    lost = table.loc[(office_of >= 0) & table["office_min"].isna(), "name"]
    if len(lost) and layers.roads is not None:
        out.append(say("travel_not_connected", "villages", lost))
    unknown = table.loc[motor.isna().to_numpy(dtype=bool), "name"]
    if len(unknown):
        out.append(say("travel_motor_road_unknown", "villages", unknown))
    return tuple(out)
