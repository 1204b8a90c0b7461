"""Everything that could carry a site's traffic, as one graph: fibre along roads, spurs, cross-country, microwave.

A cable or a hop is one edge with its price, however many sites share it. Method: docs/methods/network.md.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely import LineString

from coverage.compute import Progress, silent
from coverage.scenario import Scenario
from coverage.siting.backhaul import hubs
from coverage.siting.cost import Cost, Line, add_up, line
from coverage.siting.link_draft import Draft, Ends, draft, ends_of
from coverage.siting.link_hops import PlacedHop, hops
from coverage.siting.link_paths import Network, Ways, cheapest_ways
from coverage.siting.link_wires import ROAD, to_roots_mvnd
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.roads import RoadGraph

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
MICROWAVE = "vi_ba"
ON_COSTS = ("management_share", "contingency_share", "vat_share")
EDGE_COLUMNS = (
    "link_kind", "way", "length_m", "cost_mvnd", "capex_mvnd", "opex_mvnd_year", "capacity_mbps", "freq_ghz",
    "road_name", "single_road", "cost_lines",
)


@dataclass(frozen=True, eq=False)
class LinkGraph:
    """Places, roads and far ends with the candidate links between them.

    Parameters
    ----------
    xy_m : (n_nodes, 2) in the metric CRS of the pack.
    node_kind : (n_nodes,) "road", "fibre" (a point of a route or a node in being), "hub" (mast on air near fibre),
        "site", "village" or "anchor".
    node_name : (n_nodes,) text to print, "" for a road node.
    root : (n_nodes,) True for nodes of the network in being (kinds fibre and hub).
    mast : (n_nodes,) True where a mast stands already: hubs, and places on an existing mast. A hop may go on from
        another place only where a site is built there.
    tail, head : (n_edges,) node numbers.
    edges : one row per candidate link in the order of tail and head, columns EDGE_COLUMNS and a LineString from tail
        to head along the real way. way: "doc_duong" (along a road, on existing poles), "ngoai_duong" (between road
        and place, new poles), "cat_thang" (cross-country, new poles, with the detour factor), "vi_ba".
        cost_mvnd is State outlay with on-costs, the sum of cost_lines (item, quantity, unit_mvnd, factor, mvnd) to the
        dong; capacity_mbps and freq_ghz are NaN for fibre; single_road: cut it and no other road leads round.
    node_of : "vt:<site_id>", "thon:<village_code>", "neo:<anchor_code>" -> node; what stands at one point is one node.
    findings : what the reader must know of the links.
    """

    xy_m: FloatArray
    node_kind: npt.NDArray[np.object_]
    node_name: npt.NDArray[np.object_]
    root: BoolArray
    mast: BoolArray
    tail: IntArray
    head: IntArray
    edges: gpd.GeoDataFrame
    node_of: Mapping[str, int]
    findings: tuple[Finding, ...] = field(default=())

    def ways(self, max_hops: int, *, relay: BoolArray | None = None) -> Ways:
        """Return the cheapest way of every node to a root.

        ``relay`` (n_nodes,) : where a hop may go on; None = masts in being only, as for a site that stands alone.
        """
        net = Network(
            self.tail, self.head, (self.edges["link_kind"] == "microwave").to_numpy(bool),
            self.edges["cost_mvnd"].to_numpy(np.float64), self.edges["length_m"].to_numpy(np.float64), self.root,
            self.mast if relay is None else np.asarray(relay, dtype=bool))
        return cheapest_ways(net, max_hops)

    def works(self, path: tuple[int, ...], scenario: Scenario) -> list[Line]:
        """Return the works of edges without on-costs, equal items of equal access drawn together."""
        lines = self.edges["cost_lines"].to_numpy(object)
        return works_of((lines[edge] for edge in path), scenario)


def works_of(cost_lines: Iterable[Iterable[Sequence[Any]]], scenario: Scenario) -> list[Line]:
    """Return the works behind the cost lines of several edges, on-costs off, equal items of equal access added up."""
    amounts: dict[tuple[str, float], list[float]] = {}
    for item, quantity, _, factor, _ in (x for lines in cost_lines for x in lines):
        if item not in ON_COSTS:
            amounts.setdefault((item, factor), []).append(quantity)
    return [line(scenario, item, math.fsum(amount), factor) for (item, factor), amount in amounts.items()]


def cheapest_path(graph: LinkGraph, node: int, max_hops: int) -> tuple[int, ...] | None:
    """Return the edges of the cheapest way from a node to a root; () at a root, None where nothing leads there."""
    return graph.ways(max_hops).path(node)


def link_graph(
    places: pd.DataFrame,
    layers: Layers,
    scenario: Scenario,
    roads: RoadGraph | None,
    *,
    villages: gpd.GeoDataFrame | None = None,
    anchors: gpd.GeoDataFrame | None = None,
    progress: Progress = silent,
) -> LinkGraph:
    """Return the candidate links of places, and of villages and anchors that need fibre.

    Parameters
    ----------
    places : columns site_id, name, host_height_m (NaN: a new mast of the usual height), x_m, y_m.
    roads : None without a road layer; then fibre comes cross-country only.

    Raises
    ------
    ScenarioError
        "price_missing", "price_bad" for a price that is not there, negative or not a number.
    """
    places = places.sort_values("site_id", ignore_index=True)
    ends = ends_of(places, villages, anchors)
    plan = draft(ends, layers, scenario, roads)
    far = hubs(layers, scenario)
    fibre = to_roots_mvnd(plan.wires, plan.root)[ends.place]
    air = hops(places, far, plan.factor[ends.place], fibre, layers, scenario, progress=progress)
    return _graph(plan, ends, places, far, air, scenario, layers.communes.crs)


def _graph(
    plan: Draft, ends: Ends, places: pd.DataFrame, far: pd.DataFrame, air: list[PlacedHop], scenario: Scenario,
    crs: Any,
) -> LinkGraph:
    """Add the hubs and the hops to the fibre, and price every edge."""
    n = len(plan.kind)
    xy = np.vstack([plan.xy_m, far[["x_m", "y_m"]].to_numpy(np.float64)])
    mast = np.r_[np.zeros(n, bool), np.ones(len(far), bool)]
    mast[ends.place[places["host_height_m"].notna().to_numpy(bool)]] = True
    rows: list[dict[str, Any]] = []
    for wire in plan.wires:
        item = "fibre_existing_poles_km" if wire.way == ROAD else "fibre_new_poles_km"
        rows.append({"tail": wire.tail, "head": wire.head, "link_kind": "fibre", "way": wire.way,
                     "length_m": wire.metres, "capacity_mbps": np.nan, "freq_ghz": np.nan,
                     "road_name": "; ".join(wire.names), "single_road": wire.single, "geometry": plan.line(wire),
                     **_priced(scenario, item, wire.metres / 1000.0, wire.factor)})
    node = np.r_[ends.place, n + np.arange(len(far))]
    seen: set[tuple[int, int]] = set()
    for hop in air:
        u, v = int(node[hop.a]), int(node[hop.b])
        if (u, v) in seen or (v, u) in seen:    # two places at one point
            continue
        seen.add((u, v))
        rows.append({"tail": u, "head": v, "link_kind": "microwave", "way": MICROWAVE, "length_m": hop.m,
                     "capacity_mbps": hop.mbps, "freq_ghz": hop.freq_ghz, "road_name": "", "single_road": False,
                     "geometry": LineString(xy[[u, v]]), **_priced(scenario, "microwave_hop", 1.0, hop.factor)})
    return _numbered(rows, (
        xy, np.r_[plan.kind, np.full(len(far), "hub", dtype=object)],
        np.r_[plan.name, (far["site_code"] + " (" + far["operator"] + ")").to_numpy(object)],
        np.r_[plan.root, np.ones(len(far), bool)], mast), ends.number, crs)


def _priced(scenario: Scenario, item: str, quantity: float, factor: float) -> dict[str, Any]:
    """Return the price of an edge as columns; a piece without length costs nothing."""
    cost = add_up(scenario, [line(scenario, item, quantity, factor)], []) if quantity else Cost((), 0.0, 0.0, 0.0)
    return {"cost_mvnd": cost.cost_mvnd, "capex_mvnd": cost.capex_mvnd, "opex_mvnd_year": cost.opex_mvnd_year,
            "cost_lines": tuple(tuple(x) for x in cost.lines)}


def _numbered(rows: list[dict[str, Any]], nodes: tuple[Any, ...], keys: Mapping[str, int], crs: Any) -> LinkGraph:
    """Keep the nodes in use, number them by kind and place, and sort the edges by their ends."""
    xy, kind, name, root, mast = nodes
    ends = np.array([[r.pop("tail"), r.pop("head")] for r in rows], dtype=np.intp).reshape(-1, 2)
    used = np.unique(np.r_[ends.ravel(), np.array(list(keys.values()), dtype=np.intp)])
    order = used[np.lexsort((name[used].astype(str), xy[used, 1], xy[used, 0], kind[used].astype(str)))]
    new = np.full(len(xy), -1, dtype=np.intp)
    new[order] = np.arange(order.size)
    ends = new[ends].reshape(-1, 2)
    low, high = np.sort(ends, axis=1).T
    frame = pd.DataFrame(rows, columns=[*EDGE_COLUMNS, "geometry"]).astype({"single_road": bool})
    shape = [s.reverse() if back else s for s, back in zip(frame["geometry"], ends[:, 0] > low, strict=True)]
    rank = np.lexsort((frame["length_m"].to_numpy(float), frame["way"].astype(str).to_numpy(), high, low))
    return LinkGraph(
        xy[order], kind[order], name[order], root[order], mast[order], low[rank], high[rank],
        gpd.GeoDataFrame(frame[list(EDGE_COLUMNS)], geometry=shape, crs=crs).iloc[rank].reset_index(drop=True),
        MappingProxyType({key: int(new[node]) for key, node in keys.items()}))
