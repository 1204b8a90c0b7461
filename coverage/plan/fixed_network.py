"""The fibre part of the link graph, what of it the mobile plan already pays, and a tree of edges read as cable links.

Edges that follow each other without a branch are one link: the same way of building, paid by the same programme.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, dijkstra

from coverage.errors import PlanError
from coverage.plan.network import LINK_COLUMNS
from coverage.scenario import Scenario
from coverage.siting.cost import Cost, add_up, dong
from coverage.siting.links import LinkGraph, works_of

FIXED_LINK_COLUMNS = (*LINK_COLUMNS, "shared", "mobile_links")
PLACES = ("site", "village", "anchor")
SAME_PLACE_M = 0.1
PIECES_M = 1.0      # the pieces of a cable must add up to its length
SHORT_M = 10.0     # a piece shorter than this is no link of its own beside a longer one
Step = tuple[tuple[float, ...], tuple[float, ...]]   # two vertices that follow each other, the lower first


@dataclass(frozen=True, eq=False)
class FibreNet:
    """Fibre edges of a link graph; places that stand on one spot are one node.

    Parameters
    ----------
    node : (n_nodes,) the node that stands for each node of the graph.
    edge : (n,) rows of ``LinkGraph.edges``; tail, head : their ends, drawn together; cost_mvnd, length_m : of each.
    root : (n_nodes,) True for fibre in being. mobile : position -> id of the mobile plan's link that pays for it.
    """

    graph: LinkGraph
    node: NDArray[np.intp]
    edge: NDArray[np.intp]
    tail: NDArray[np.intp]
    head: NDArray[np.intp]
    cost_mvnd: NDArray[np.float64]
    length_m: NDArray[np.float64]
    root: NDArray[np.bool_]
    mobile: dict[int, str]

    @property
    def own_mvnd(self) -> NDArray[np.float64]:
        """Return what each edge costs this programme: nothing where the mobile plan pays."""
        cost = self.cost_mvnd.copy()
        cost[list(self.mobile)] = 0.0
        return cost

    @property
    def own_m(self) -> NDArray[np.float64]:
        """Return the metres of each edge that this programme lays."""
        length = self.length_m.copy()
        length[list(self.mobile)] = 0.0
        return length

    def reached(self) -> NDArray[np.bool_]:
        """Tell which nodes (n_nodes,) any fibre edges lead to from the fibre in being."""
        n = self.root.size
        net = sp.coo_array((np.ones(self.edge.size), (self.tail, self.head)), shape=(n, n))
        _, piece = connected_components(net, directed=False)
        inside: NDArray[np.bool_] = np.isin(piece, piece[self.root])
        return inside

    def extra_mvnd(self, built: Iterable[int]) -> NDArray[np.float64]:
        """Return the least money (n_nodes,) for a way to the fibre in being or to ``built`` edges; inf for none."""
        cost, n = self.own_mvnd, self.root.size
        mine = list(built)
        cost[mine] = 0.0
        begin = np.union1d(np.flatnonzero(self.root), np.r_[self.tail[mine], self.head[mine]])
        ends = np.r_[self.tail, np.full(begin.size, n)], np.r_[self.head, begin]
        money = np.r_[cost, np.zeros(begin.size)]
        order = np.lexsort((money, np.maximum(*ends), np.minimum(*ends)))   # of parallel edges the cheapest counts
        low, high = np.minimum(*ends)[order], np.maximum(*ends)[order]
        keep = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])]
        tiny = 1e-12    # scipy takes a stored 0 for no edge
        net = sp.coo_array((money[order][keep] + tiny, (low[keep], high[keep])), shape=(n + 1, n + 1)).tocsr()
        found: NDArray[np.float64] = dijkstra(net, directed=False, indices=n)[:n]
        return found


def fibre_net(graph: LinkGraph, mobile_links: gpd.GeoDataFrame) -> FibreNet:
    """Return the fibre edges of ``graph``, those among ``mobile_links`` (``BudgetPlan.links``) marked as paid.

    Raises
    ------
    PlanError
        "fixed_link_unknown" where the mobile plan builds a cable that the graph does not hold.
    """
    kind = graph.edges["link_kind"].to_numpy(dtype=object)
    node = _drawn_together(graph, kind == "fibre")
    edge = np.flatnonzero((kind == "fibre") & (node[graph.tail] != node[graph.head])).astype(np.intp)
    root = np.zeros(node.size, dtype=bool)
    root[node[np.flatnonzero(np.asarray(graph.root, dtype=bool)
                             & (np.asarray(graph.node_kind, dtype=object) == "fibre"))]] = True
    money = graph.edges["cost_mvnd"].to_numpy(dtype=np.float64)[edge]
    length = graph.edges["length_m"].to_numpy(dtype=np.float64)[edge]
    mobile = _paid(graph.edges.iloc[edge], mobile_links[(mobile_links["kind"] == "fibre").to_numpy(dtype=bool)])
    return FibreNet(graph, node, edge, node[graph.tail[edge]], node[graph.head[edge]], money, length, root, mobile)


def _paid(edges: gpd.GeoDataFrame, cables: gpd.GeoDataFrame) -> dict[int, str]:
    """Return position of an edge -> id of the cable it is a piece of: the same way of building, the same line.

    Raises PlanError "fixed_link_unknown" where the pieces found are not the whole cable.
    """
    owner: dict[tuple[str, Step], int] = {}
    for row, (way, shape) in enumerate(zip(cables["way"].astype(str), cables.geometry, strict=True)):
        owner.update(dict.fromkeys(((way, step) for step in _steps(shape)), row))
    names = cables["link_id"].astype(str).tolist()
    found: dict[int, str] = {}
    metres = np.zeros(len(cables))
    for at, (way, shape, length) in enumerate(zip(edges["way"].astype(str), edges.geometry, edges["length_m"],
                                                  strict=True)):
        rows = {owner.get((way, step), -1) for step in _steps(shape)}
        row = rows.pop() if len(rows) == 1 else -1
        if row >= 0:
            found[at] = names[row]
            metres[row] += length
    for name, have, length in zip(names, metres, cables["length_m"], strict=True):
        if abs(have - length) > PIECES_M:
            raise PlanError("fixed_link_unknown", link=name, found=round(float(have)), length=round(float(length)))
    return found


def _steps(shape: shapely.LineString) -> list[Step]:
    """Return the steps from vertex to vertex of a line, either way round; none for a line without length."""
    xy = [tuple(p) for p in np.round(shapely.get_coordinates(shape), 3).tolist()]
    return [(min(a, b), max(a, b)) for a, b in itertools.pairwise(xy) if a != b]


def _drawn_together(graph: LinkGraph, fibre: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each node the first of those on the same spot: places, and what a cable without length joins."""
    n = len(graph.node_kind)
    node = np.arange(n, dtype=np.intp)
    place = np.flatnonzero(np.isin(np.asarray(graph.node_kind, dtype=object), PLACES))
    if place.size:
        spot = np.round(np.asarray(graph.xy_m)[place] / SAME_PLACE_M)
        _, first, same = np.unique(spot, axis=0, return_index=True, return_inverse=True)
        node[place] = place[first[same.reshape(-1)]]
    nothing = (graph.edges[["length_m", "cost_mvnd"]] == 0).all(axis=1).to_numpy(dtype=bool) & fibre
    joined = np.r_[np.arange(n), graph.tail[nothing]], np.r_[node, graph.head[nothing]]
    _, piece = connected_components(sp.coo_array((np.ones(joined[0].size), joined), shape=(n, n)), directed=False)
    _, first = np.unique(piece, return_index=True)
    together: NDArray[np.intp] = first[piece].astype(np.intp)
    return together


@dataclass(frozen=True)
class Stretch:
    """Edges one after the other from ``outer`` towards the network, positions in ``FibreNet``."""

    edges: tuple[int, ...]
    outer: int
    inner: int


def stretches(net: FibreNet, tree: Sequence[int], stops: Iterable[int]) -> list[Stretch]:
    """Return the links of a tree, nearest to the network first.

    A link ends at a stop, at a branch, and where the way of building or the payer changes.
    """
    parent, order = _rooted(net, tree)
    degree = np.bincount(np.r_[net.tail[list(tree)], net.head[list(tree)]], minlength=net.root.size)
    ways = net.graph.edges["way"].astype(str).to_numpy(dtype=object)[net.edge]
    short = net.length_m < SHORT_M
    halt = {int(n) for n in stops} | set(np.flatnonzero(net.root).tolist())

    def differ(one: int, two: int) -> bool:
        same_way = ways[one] == ways[two] or short[one] or short[two]
        return not same_way or net.mobile.get(one, "") != net.mobile.get(two, "")

    def ends(node: int, at: int) -> bool:
        above = parent.get(node)
        return above is None or node in halt or degree[node] > 2 or differ(above, at)  # noqa: PLR2004 - a branch

    below: dict[int, list[int]] = {}
    for node in order:
        at = parent[node]
        below.setdefault(int(net.tail[at] + net.head[at] - node), []).append(node)
    out = []
    for node in order:
        under = below.get(node, [])
        if len(under) == 1 and not ends(node, parent[under[0]]):
            continue    # passed through from outside
        edges, here = [parent[node]], _far(net, parent[node], node)
        while not ends(here, edges[-1]):
            edges.append(parent[here])
            here = _far(net, parent[here], here)
        out.append(Stretch(tuple(edges), node, here))
    return out


def _far(net: FibreNet, at: int, node: int) -> int:
    return int(net.tail[at] + net.head[at] - node)


def _rooted(net: FibreNet, tree: Sequence[int]) -> tuple[dict[int, int], list[int]]:
    """Return the edge towards the network of every node of a tree, and the nodes, tree by tree, by steps from it."""
    beside: dict[int, list[int]] = {}
    for at in sorted(tree):
        for end in (int(net.tail[at]), int(net.head[at])):
            beside.setdefault(end, []).append(at)
    parent: dict[int, int] = {}
    roots = [n for n in sorted(beside) if net.root[n]]
    seen, order = set(roots), []
    for root in roots:      # one tree after the other, so that its links follow each other
        queue = [root]
        for node in queue:
            for at in beside[node]:
                far = _far(net, at, node)
                if far not in seen:
                    seen.add(far)
                    parent[far] = at
                    order.append(far)
                    queue.append(far)
    return parent, order


def paths(net: FibreNet, links: Sequence[Stretch], nodes: Iterable[int]) -> list[tuple[int, ...]]:
    """Return for each node the numbers of the links on its way to the network, outermost first."""
    outer = {link.outer: at for at, link in enumerate(links)}
    out = []
    for start in nodes:
        way, node = [], int(start)
        while not net.root[node]:
            way.append(outer[node])
            node = links[way[-1]].inner
        out.append(tuple(way))
    return out


def link_cost(net: FibreNet, stretch: Stretch, scenario: Scenario) -> Cost:
    """Return what a link costs this programme: the works of its edges added up, nothing where the mobile plan pays."""
    if stretch.edges[0] in net.mobile:
        return Cost((), 0.0, 0.0, 0.0)
    lines = net.graph.edges["cost_lines"].to_numpy(dtype=object)[net.edge[list(stretch.edges)]]
    return add_up(scenario, works_of(lines, scenario), [])


def links_table(
    net: FibreNet, links: Sequence[Stretch], users: Sequence[tuple[str, ...]], load_mbps: Sequence[float],
    build_year: Sequence[int], names: Mapping[int, str], scenario: Scenario,
) -> gpd.GeoDataFrame:
    """Return one row per link, columns FIXED_LINK_COLUMNS; ``users``: codes of the places that send through it.

    ``names``: of nodes where a place is connected; other nodes have the graph's name, "" for a bare junction.
    """
    edges, rows, shapes = net.graph.edges, [], []
    for at, link in enumerate(links):
        own = edges.iloc[net.edge[list(link.edges)]]
        cost = link_cost(net, link, scenario)
        mobile = tuple(dict.fromkeys(net.mobile[e] for e in link.edges if e in net.mobile))
        roads = dict.fromkeys(str(r) for r in own["road_name"] if not pd.isna(r) and str(r))
        way = str(own["way"].iloc[int(np.argmax(own["length_m"]))])
        rows.append((
            f"CQ-{at + 1:03d}", "fibre", way, _name(net, link.outer, names), _name(net, link.inner, names),
            math.fsum(own["length_m"]), np.nan, np.nan, load_mbps[at], " - ".join(roads),
            bool(own["single_road"].any()), len(users[at]), users[at], cost.capex_mvnd, cost.opex_mvnd_year,
            cost.cost_mvnd, tuple(tuple(x) for x in cost.lines), build_year[at], bool(mobile), mobile,
        ))
        shapes.append(_joined(own.geometry.to_numpy(), np.asarray(net.graph.xy_m)[link.outer]))
    frame = pd.DataFrame(rows, columns=list(FIXED_LINK_COLUMNS)).astype({"shared": bool, "single_road": bool})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=edges.crs), crs=edges.crs)


def _joined(lines: NDArray[np.object_], start: NDArray[np.float64]) -> shapely.LineString:
    """Return lines that follow each other as one line that begins at ``start``."""
    out, here = [], start
    for one in lines:
        xy = shapely.get_coordinates(one)
        if np.hypot(*(xy[-1] - here)) < np.hypot(*(xy[0] - here)):
            xy = xy[::-1]
        out.append(xy)
        here = xy[-1]
    return shapely.LineString(np.vstack(out))


def _name(net: FibreNet, node: int, names: Mapping[int, str]) -> str:
    return names.get(node) or str(net.graph.node_name[node])


def money_of(values: Iterable[float]) -> float:
    """Return a sum of million VND, to the đồng."""
    return dong(math.fsum(values))
