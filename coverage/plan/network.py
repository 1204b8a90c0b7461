"""Sites together with the links that carry them: the problem made of a case, and the links a plan builds.

A case's options are priced with a way of their own; here a cable or a hop that several sites share is paid once.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.network import NetworkPlan, NetworkProblem, solve_network
from coverage.optimise.network_bound import link_shares
from coverage.optimise.network_reduce import needless_options
from coverage.optimise.problem import Problem, Selection
from coverage.plan.case import Case, mvnd_text, permit_tie_m, problem_of
from coverage.siting.cost import dong
from coverage.siting.link_wires import leading_on
from coverage.siting.links import LinkGraph
from coverage.siting.options import NETWORK, SATELLITE

LINK_COLUMNS = (
    "link_id", "kind", "way", "from_name", "to_name", "length_m", "freq_ghz", "capacity_mbps", "load_mbps",
    "road_name", "single_road", "n_sites", "sites", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "cost_lines",
    "build_year",
)
UPLINK_COLUMNS = ("backhaul", "backhaul_to", "backhaul_m", "links", "hangs_on", "capex_mvnd", "opex_mvnd_year",
                  "cost_mvnd", "cost_lines")
_EDGE_COLUMNS = ("way", "length_m", "freq_ghz", "capacity_mbps", "road_name", "single_road", "capex_mvnd",
                 "opex_mvnd_year", "cost_mvnd", "cost_lines")


@dataclass(frozen=True)
class Linked:
    """A plan with its network, in the numbers of ``Case.options``.

    Parameters
    ----------
    selection : options; cost, bound and gap hold for sites and network together.
    way : option -> row of ``Case.ways`` by which it is built.
    path : option -> edges of ``Case.links`` from its place to the network in being; empty by satellite.
    """

    selection: Selection
    way: dict[int, int]
    path: dict[int, tuple[int, ...]]


def select_linked(
    case: Case, budget_mvnd: float, progress: Progress = silent, *, forbidden: Iterable[int] = (),
    required: Iterable[int] = (), people_only: bool = False, gap: float | None = None,
) -> Linked:
    """Solve one budget for sites and network together.

    ``forbidden`` options stay out; ``required`` are rows of ``Case.ways`` that must be built. With ``people_only`` the
    plan may cost more than it has to. ``gap``: None = the scenario's.

    Raises
    ------
    PlanError
        "plan_budget_small" where the budget is below the cheapest useful option.
    """
    table, solver = case.options, case.scenario.solver
    if len(table) and budget_mvnd < table["cost_mvnd"].min():
        row = table.loc[table["cost_mvnd"].idxmin()]
        raise PlanError("plan_budget_small", budget=mvnd_text(budget_mvnd), cost=mvnd_text(row["cost_mvnd"]),
                        option=row["option_id"])
    barred = set(forbidden)
    keep = np.flatnonzero([int(o) not in barred for o in case.ways["option"]])
    problem = _network(case, keep, case.reach.served[case.ways["option"].to_numpy()[keep]],
                       case.need.objective, budget_mvnd)
    if required:
        must = tuple(int(row) for row in np.flatnonzero(np.isin(keep, list(required))))
        problem = replace(problem, base=replace(problem.base, required=must))
    return _linked(case, keep, _solved(case, problem, solver.time_limit_s, solver.gap if gap is None else gap, progress,
                                       people_only))


def together(case: Case, chosen: Sequence[int], progress: Progress = silent) -> Linked:
    """Return the cheapest ways and links for given options: each is built, whatever it costs."""
    rank = {int(o): at for at, o in enumerate(chosen)}
    keep = np.flatnonzero([int(o) in rank for o in case.ways["option"]])
    mine = np.array([rank[int(o)] for o in case.ways["option"].to_numpy()[keep]], dtype=np.intp)
    # every option has a person of its own, so that most people means all options and cost decides the rest
    own = sp.csr_array((np.ones(keep.size), (np.arange(keep.size), mine)), shape=(keep.size, len(rank)))
    problem = _network(case, keep, own, np.ones(len(rank)), math.inf)
    solver = case.scenario.solver
    linked = _linked(case, keep, _solved(case, problem, solver.time_limit_s, 0.0, progress))
    missing = sorted(set(rank) - set(linked.way))
    if missing:
        raise PlanError("plan_option_unlinked", option=str(case.options["option_id"].iloc[missing[0]]))
    return linked


def _network(
    case: Case, keep: NDArray[np.intp], reach: sp.csr_array, people: NDArray[np.float64], budget_mvnd: float,
) -> NetworkProblem:
    """Return the problem over the rows ``keep`` of ``Case.ways``, with ``reach`` (ways, demand)."""
    ways, graph = case.ways.iloc[keep], case.links
    option = ways["option"].to_numpy(dtype=np.intp)
    table = case.options.iloc[option]
    via = ways["via"].to_numpy(dtype=object)
    base = Problem(
        reach=reach, people=people, cost_mvnd=ways["cost_mvnd"].to_numpy(dtype=np.float64),
        site=pd.factorize(table["site_id"])[0],
        option_ids=tuple(f"{o}/{v}" for o, v in zip(table["option_id"], via, strict=True)),
        budget_mvnd=budget_mvnd, served_before=np.zeros(people.size, dtype=bool),
        tie_length_m=permit_tie_m(case)[option],
    )
    edges, rules = graph.edges, case.scenario.backhaul
    return NetworkProblem(
        base=base, option_node=ways["node"].to_numpy(dtype=np.intp), tail=graph.tail, head=graph.head,
        edge_kind=tuple(edges["link_kind"]), edge_cost_mvnd=edges["cost_mvnd"].to_numpy(dtype=np.float64),
        edge_length_m=edges["length_m"].to_numpy(dtype=np.float64), root=graph.root, max_hops=rules.max_hops,
        capacity_mbps=edges["capacity_mbps"].fillna(math.inf).to_numpy(dtype=np.float64),
        demand_mbps=np.where(via == NETWORK, rules.site_mbps, 0.0),
    )


def _solved(
    case: Case, problem: NetworkProblem, time_limit_s: float, gap: float, progress: Progress,
    people_only: bool = False,
) -> NetworkPlan:
    """Solve; a hop that goes on from a place without a mast, where nothing is built, is taken away and solved again.

    The first ceiling holds for all: it is that of a problem with more links.
    """
    problem, edges = _needed(case, problem)
    found = first = solve_network(_only(problem, edges), time_limit_s=time_limit_s, gap=gap, people_only=people_only,
                                  progress=progress)
    while found.status != "cancelled" and (idle := _idle_relays(case, problem, found, edges)):
        edges = np.setdiff1d(edges, _onward(problem, idle))
        found = solve_network(_only(problem, edges), time_limit_s=time_limit_s, gap=gap, people_only=people_only,
                                  progress=progress)
    bound = max(first.bound, found.selection.value)
    share = (bound - found.selection.value) / bound if bound > 0 else 0.0
    status = found.status if share <= max(gap, found.gap) else "bound"
    return replace(
        found, selection=replace(found.selection, bound=bound, gap=share, status=status),
        edges=tuple(int(edges[e]) for e in found.edges),
        paths=tuple(tuple(int(edges[e]) for e in path) for path in found.paths))


def _needed(case: Case, problem: NetworkProblem) -> tuple[NetworkProblem, NDArray[np.intp]]:
    """Return the problem without needless options, and the links that can carry what is left."""
    needless = needless_options(problem)
    banned = tuple(sorted({*problem.base.forbidden, *np.flatnonzero(needless).tolist()}))
    left = np.ones(problem.base.n_options, dtype=bool)
    left[list(banned)] = False
    stands = case.links.mast.copy()
    stands[problem.option_node[left & (problem.option_node >= 0)]] = True
    edges = np.setdiff1d(np.arange(problem.n_edges), _onward(problem, set(np.flatnonzero(~stands).tolist())))
    problem = replace(problem, base=replace(problem.base, forbidden=banned))
    held = problem.root.copy()
    held[problem.option_node[left & (problem.option_node >= 0)]] = True
    return problem, edges[leading_on(problem.tail[edges], problem.head[edges], held)]


def _onward(problem: NetworkProblem, nodes: set[int]) -> NDArray[np.intp]:
    """Return the hops between two places of which one is among ``nodes``: it could only go on from there."""
    wave = np.array([kind == "microwave" for kind in problem.edge_kind], dtype=bool)
    at = np.isin(problem.tail, list(nodes)) | np.isin(problem.head, list(nodes))
    return np.flatnonzero(wave & at & ~problem.root[problem.tail] & ~problem.root[problem.head])


def _only(problem: NetworkProblem, edges: NDArray[np.intp]) -> NetworkProblem:
    """Return the problem with these candidate links only."""
    kinds = tuple(problem.edge_kind[e] for e in edges)
    capacity = None if problem.capacity_mbps is None else problem.capacity_mbps[edges]
    return replace(problem, tail=problem.tail[edges], head=problem.head[edges], edge_kind=kinds,
                   edge_cost_mvnd=problem.edge_cost_mvnd[edges], edge_length_m=problem.edge_length_m[edges],
                   capacity_mbps=capacity)


def _idle_relays(
    case: Case, problem: NetworkProblem, found: NetworkPlan, edges: NDArray[np.intp],
) -> set[int]:
    """Return the nodes from which a plan's hops go on although no mast stands there and no site is built."""
    built = {int(problem.option_node[w]) for w in found.selection.chosen}
    idle: set[int] = set()
    for way, path in zip(found.selection.chosen, found.paths, strict=True):
        for edge, _, node in _walk(problem, int(problem.option_node[way]), [int(edges[step]) for step in path]):
            relays = problem.edge_kind[edge] == "microwave" and not problem.root[node]
            if relays and not case.links.mast[node] and node not in built:
                idle.add(node)
    return idle


def _walk(graph: NetworkProblem | LinkGraph, node: int, path: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the edges of a path with the node before and the node after each."""
    for edge in path:
        far = int(graph.tail[edge] + graph.head[edge] - node)
        yield edge, node, far
        node = far


def _linked(case: Case, keep: NDArray[np.intp], found: NetworkPlan) -> Linked:
    """Read a plan of ways back as a plan of options."""
    option = case.ways["option"].to_numpy(dtype=np.intp)[keep]
    plan, ids = found.selection, list(case.options["option_id"])
    selection = replace(
        plan, chosen=tuple(sorted((int(option[w]) for w in plan.chosen), key=ids.__getitem__)),
        order=tuple(int(option[w]) for w in plan.order), cost_mvnd=dong(plan.cost_mvnd))
    return Linked(
        selection, {int(option[w]): int(keep[w]) for w in plan.chosen},
        {int(option[w]): tuple(path) for w, path in zip(plan.chosen, found.paths, strict=True)})


def links_frame(case: Case, linked: Linked) -> gpd.GeoDataFrame:
    """Return one row per link that is built, columns LINK_COLUMNS: in build order of the sites, inwards first.

    A link is built in the year of the first site that needs it, its earliest year.
    """
    graph = case.links
    users: dict[int, list[int]] = {}
    ends: dict[int, tuple[int, int]] = {}
    for option in linked.selection.order:
        node = int(case.ways["node"].iloc[linked.way[option]])
        for edge, near, far in reversed([*_walk(graph, node, linked.path[option])]):
            users.setdefault(edge, []).append(option)
            ends.setdefault(edge, (near, far))
    built = list(users)
    ids, earliest = case.options["option_id"].astype(str).tolist(), case.options["earliest_year"].tolist()
    table = pd.DataFrame(graph.edges.iloc[built].drop(columns="geometry"))[list(_EDGE_COLUMNS)].reset_index(drop=True)
    sends = case.scenario.backhaul.site_mbps
    table = table.assign(
        link_id=[f"TD-{at:03d}" for at in range(1, len(built) + 1)],
        kind=graph.edges["link_kind"].to_numpy(dtype=object)[built],
        from_name=[graph.node_name[ends[edge][0]] for edge in built],
        to_name=[graph.node_name[ends[edge][1]] for edge in built],
        load_mbps=[sends * len(users[edge]) for edge in built], n_sites=[len(users[edge]) for edge in built],
        sites=[tuple(ids[o] for o in users[edge]) for edge in built],
        build_year=[min(int(earliest[o]) for o in users[edge]) for edge in built],
    )
    shape = graph.edges.geometry.to_numpy()[built]
    return gpd.GeoDataFrame(table[list(LINK_COLUMNS)], geometry=shape, crs=graph.edges.crs)


def uplinks(case: Case, linked: Linked, links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return per site in build order how it reaches the network, UPLINK_COLUMNS; ``links`` as of ``links_frame``."""
    graph = case.links
    ids = dict(zip(_built(linked), links["link_id"], strict=True))
    rows = []
    for option in linked.selection.order:
        path, way = linked.path[option], case.ways.iloc[linked.way[option]]
        names = [ids[e] for e in path]
        single = [n for n, e in zip(names, path, strict=True) if graph.edges["single_road"].iloc[e]]
        node = int(way["node"])
        for _, _, far in _walk(graph, node, path):
            node = far
        kinds = [str(graph.edges["link_kind"].iloc[e]) for e in path]
        rows.append({
            "backhaul": SATELLITE if way["via"] == SATELLITE else (kinds or ["fibre"])[0],
            "backhaul_to": "" if way["via"] == SATELLITE else graph.node_name[node],
            "backhaul_m": math.fsum(graph.edges["length_m"].iloc[list(path)]),
            "links": tuple(names), "hangs_on": tuple(single),
            "capex_mvnd": way["capex_mvnd"], "opex_mvnd_year": way["opex_mvnd_year"], "cost_mvnd": way["cost_mvnd"],
            "cost_lines": way["cost_lines"],
        })
    return pd.DataFrame(rows, columns=list(UPLINK_COLUMNS))


def least_priced(
    case: Case, budget_mvnd: float, chosen: Iterable[int] = (), *, at_budget_mvnd: float | None = None,
) -> Problem:
    """Return the siting problem in which every option costs the least it can beside any others.

    What is proven of its plans holds for sites and links together; its plans may cost more than it says. Options that
    another place always stands in for are out.

    Parameters
    ----------
    chosen : options of a good plan. at_budget_mvnd : budget near which the prices matter; None = ``budget_mvnd``.
    """
    problem, every = problem_of(case, budget_mvnd), np.arange(len(case.ways))
    option = case.ways["option"].to_numpy(dtype=np.intp)
    at = budget_mvnd if at_budget_mvnd is None else at_budget_mvnd
    network, edges = _needed(case, _network(case, every, case.reach.served[option], problem.people, at))
    picked = np.isin(option, list(chosen)) & (case.ways["via"] == NETWORK).to_numpy(dtype=bool)
    share = link_shares(_only(network, edges), np.flatnonzero(picked))
    cost = np.full(problem.n_options, np.inf)
    np.minimum.at(cost, option, network.base.cost_mvnd + share)
    out = tuple(np.flatnonzero(np.isinf(cost)).tolist())
    return replace(problem, cost_mvnd=np.minimum(cost, problem.cost_mvnd), forbidden=(*problem.forbidden, *out))


def own_prices(case: Case, linked: Linked) -> pd.DataFrame:
    """Return option_id and cost_mvnd of the sites of a linked plan, without their links."""
    order = list(linked.selection.order)
    ways = case.ways.iloc[[linked.way[o] for o in order]]
    return pd.DataFrame({"option_id": case.options["option_id"].to_numpy(dtype=object)[order],
                         "cost_mvnd": ways["cost_mvnd"].to_numpy(dtype=np.float64)})


def priced_together(
    case: Case, budget_mvnd: float, sites: pd.DataFrame, links: pd.DataFrame, *, without: str = "",
) -> Problem:
    """Return the siting problem in which the options of a plan cost what they do together.

    Every link is paid in equal parts by the sites that send through it; by the others alone if one of them is
    ``without``. Options outside the plan keep a way of their own, which is the most they can cost.
    """
    problem = problem_of(case, budget_mvnd)
    cost = problem.cost_mvnd.copy()
    at = {str(o): row for row, o in enumerate(case.options["option_id"])}
    for option, whole in cost_with_links(sites, links, without=without).items():
        cost[at[option]] = whole
    return replace(problem, cost_mvnd=cost)


def cost_with_links(sites: pd.DataFrame, links: pd.DataFrame, *, without: str = "") -> dict[str, float]:
    """Return option id -> outlay of the site and an equal part of every link it sends through, million VND.

    The links of ``without`` are paid by the others that send through them, where there are any.
    """
    cost = {str(o): float(c) for o, c in zip(sites["option_id"], sites["cost_mvnd"], strict=True)}
    for users, whole in zip(links["sites"], links["cost_mvnd"], strict=True):
        payers = [u for u in users if u != without] or list(users)
        for user in payers:
            cost[str(user)] += whole / len(payers)
    return cost


def _built(linked: Linked) -> list[int]:
    """Return the edges a plan builds, in the order of ``links_frame``."""
    seen: dict[int, None] = {}
    for option in linked.selection.order:
        for edge in reversed(linked.path[option]):
            seen.setdefault(edge)
    return list(seen)
