"""Sites together with the network that links them: most people, then least cost, then shortest links, with proof.

``solve_network`` chooses options and links under one budget; ``connecting_tree`` connects terminals that are worth a
prize each (fixed broadband). Method and measurements: docs/methods/network.md.
"""

import time
from collections import deque
from contextlib import suppress
from dataclasses import replace

import numpy as np

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.network_core import Core, make_core
from coverage.optimise.network_problem import (
    NetworkPlan,
    NetworkProblem,
    edges_cost,
    edges_length,
    fault_of,
    uplink_paths,
)
from coverage.optimise.network_search import Search, Stop
from coverage.optimise.network_tree import ConnectingTree, connecting_tree
from coverage.optimise.problem import covered_people, make_selection

__all__ = ["ConnectingTree", "NetworkPlan", "NetworkProblem", "connecting_tree", "solve_network"]
TIGHT = 1e-9  # relative: a bound this close to the value is met


def solve_network(
    problem: NetworkProblem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    people_only: bool = False,
    progress: Progress = silent,
) -> NetworkPlan:
    """Return the options and links that gain most people; among those the cheapest; among those the shortest links.

    Parameters
    ----------
    time_limit_s : wall time; the best plan so far is returned with its true bound.
    gap : relative gap at which the search may stop; 0 = prove the optimum, its cost and its length.
    people_only : stop once the people are within the gap, whatever the plan costs.
    seed : of the heuristic and the solver; the same seed gives the same plan as long as no time limit cuts in.
    progress : called as progress(stage, done, total); returning False stops the search.

    Raises
    ------
    PlanError
        "network_required" where a must-have cannot be linked, "network_required_money" where no network within the
        budget links the must-haves.
    """
    begun = time.monotonic()
    core = make_core(problem)
    search = Search(core, deadline=begun + time_limit_s, gap=gap, seed=seed, progress=progress,
                    people_only=people_only)
    with suppress(Stop):
        search.run()
    search.thin()
    return _plan(problem, core, search, begun)


def _plan(problem: NetworkProblem, core: Core, search: Search, begun: float) -> NetworkPlan:
    """Read the search's best plan back in the problem's numbers and check it from scratch."""
    assert search.best is not None  # noqa: S101 - the first plan is made before anything can stop
    chosen = [int(o) for o in core.option[search.best.chosen]]
    uplink = _old_uplinks(problem)
    for node in np.flatnonzero(search.best.uplink >= 0):
        uplink[int(node)] = int(core.graph.edge[search.best.uplink[node]])
    paths = uplink_paths(problem, chosen, uplink)
    fault = fault_of(problem, paths)
    if fault:
        raise PlanError("network_fault", fault=fault)
    value = covered_people(problem.base, chosen)
    bound = value if search.bound - value <= max(TIGHT * search.bound, 1e-6) else search.bound
    met = bound - value <= search.gap * bound + 1e-12
    status = "cancelled" if search.ended == "cancelled" else "gap" if met or not search.ended else search.ended
    selection = make_selection(problem.base, chosen, bound, status, time.monotonic() - begun,
                               cost_proven=search.proven)
    edges = tuple(sorted({edge for path in paths.values() for edge in path}))
    network_cost = edges_cost(problem, edges)
    selection = replace(selection, cost_mvnd=selection.cost_mvnd + network_cost)
    return NetworkPlan(
        selection, edges, network_cost, edges_length(problem, edges),
        tuple(paths[o] for o in selection.chosen), core.unreachable,
    )


def _old_uplinks(problem: NetworkProblem) -> dict[int, int]:
    """Return the edge in being that leads each node joined to a root towards it, fewest edges first."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for edge, kind in enumerate(problem.edge_kind):
        if kind == "existing":
            u, v = int(problem.tail[edge]), int(problem.head[edge])
            beside.setdefault(u, []).append((v, edge))
            beside.setdefault(v, []).append((u, edge))
    uplink: dict[int, int] = {}
    queue = deque(int(v) for v in np.flatnonzero(problem.root))
    while queue:
        u = queue.popleft()
        for v, edge in beside.get(u, ()):
            if not problem.root[v] and v not in uplink:
                uplink[v] = edge
                queue.append(v)
    return uplink
