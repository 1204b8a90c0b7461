"""Sites with their network against brute force, and what must hold for any network."""

import math
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.network import NetworkProblem, connecting_tree, solve_network
from coverage.optimise.network_bound import ascended, charged, terminals
from coverage.optimise.network_core import make_core
from coverage.optimise.network_problem import fault_of
from coverage.optimise.problem import Problem, covered_people, feasible, plan_cost, sparse_rows


def random_network(seed: int) -> NetworkProblem:
    """Make sites and a network small enough to try every set of edges."""
    rng = np.random.default_rng(seed)
    n_nodes, n_edges = int(rng.integers(3, 7)), int(rng.integers(3, 9))
    site = np.sort(rng.integers(0, 4, int(rng.integers(2, 6))))
    n, n_demand = site.size, int(rng.integers(4, 14))
    where = rng.integers(-1 if seed % 5 == 0 else 0, n_nodes, 4)
    cost = rng.integers(1, 10, n).astype(float)
    price = rng.integers(0, 8, n_edges).astype(float)
    kind = rng.choice(["fibre", "microwave", "existing"], n_edges, p=[0.45, 0.45, 0.1])
    price[kind == "existing"] = 0.0
    root = np.zeros(n_nodes, bool)
    root[rng.integers(0, n_nodes, 1 + seed % 2)] = True
    more = {}
    if seed % 3 == 0:
        more = {"capacity_mbps": rng.integers(1, 8, n_edges).astype(float), "demand_mbps": rng.integers(0, 5, n) * 1.0}
    base = Problem(
        reach=sparse_rows(rng.random((n, n_demand)) < 0.45), people=rng.integers(0, 40, n_demand) * 1.0, cost_mvnd=cost,
        site=site, option_ids=tuple(f"o{rng.integers(1000):03d}-{i}" for i in range(n)),
        budget_mvnd=float((cost.sum() + price.sum()) * rng.uniform(0.2, 0.8)),
        served_before=rng.random(n_demand) < 0.1, exclusive=((0, 1),) if seed % 7 == 0 else (),
        forbidden=(0,) if seed % 11 == 0 else (),
    )
    return NetworkProblem(
        base=base, option_node=where[site], tail=rng.integers(0, n_nodes, n_edges),
        head=rng.integers(0, n_nodes, n_edges), edge_kind=tuple(kind.tolist()), edge_cost_mvnd=price,
        edge_length_m=rng.integers(1, 9, n_edges) * 100.0, root=root, max_hops=int(rng.integers(0, 4)), **more,
    )


def forests(problem: NetworkProblem) -> dict[tuple[int, ...], dict[int, tuple[int, ...]]]:
    """Every way to give nodes one uplink edge each: used edges -> node -> path to a root (valid order and hops)."""
    n = problem.n_nodes
    choices = [[None] if problem.root[v] else [None, *(
        e for e in range(problem.n_edges) if v in (problem.tail[e], problem.head[e]) and problem.tail[e] != problem.head[e]
    )] for v in range(n)]
    found = {}
    for uplinks in product(*choices):
        paths = {}
        for v in range(n):
            node, path = v, []
            while not problem.root[node] and uplinks[node] is not None and len(path) <= n:
                path.append(uplinks[node])
                node = int(problem.tail[path[-1]] + problem.head[path[-1]]) - node
            kinds = [problem.edge_kind[e] == "microwave" for e in path]
            if problem.root[node] and sum(kinds) <= problem.max_hops and kinds == sorted(kinds, reverse=True):
                paths[v] = tuple(path)
        if all(uplinks[v] is None or v in paths for v in range(n)):
            found[uplinks] = paths
    return found


def brute_force(problem: NetworkProblem) -> tuple[float, float, float]:
    """Best (people, cost, length), strictly in this order, over all options and all forests."""
    base, ways = problem.base, forests(problem)
    best = (-math.inf, math.inf, math.inf)
    picks = [c for k in range(base.n_options + 1) for c in combinations(range(base.n_options), k)]
    demand = np.zeros(base.n_options) if problem.demand_mbps is None else problem.demand_mbps
    for chosen in (c for c in picks if feasible(base, c)):
        people, sites = covered_people(base, chosen), plan_cost(base, chosen)
        if people < best[0] - 1e-9:
            continue
        nodes = {int(problem.option_node[o]) for o in chosen} - {-1}
        for paths in ways.values():
            if not nodes <= paths.keys():
                continue
            edges = {e for v in nodes for e in paths[v]}
            cost = sites + sum(problem.edge_cost_mvnd[e] for e in edges)
            length = sum(problem.edge_length_m[e] for e in edges if problem.edge_kind[e] != "existing")
            if cost > base.budget_mvnd * (1 + 1e-10) or (-people, cost, length) >= (-best[0], *best[1:]):
                continue
            if problem.capacity_mbps is not None:
                load = dict.fromkeys(edges, 0.0)
                for o in chosen:
                    for e in paths.get(int(problem.option_node[o]), ()):
                        load[e] += demand[o]
                if any(load[e] > problem.capacity_mbps[e] for e in edges if problem.edge_kind[e] == "microwave"):
                    continue
            best = (people, cost, length)
    return best


def check_plan(problem, plan) -> None:
    chosen = plan.selection.chosen
    assert fault_of(problem, dict(zip(chosen, plan.paths, strict=True))) == ""
    assert plan.edges == tuple(sorted({e for path in plan.paths for e in path}))
    assert plan.network_cost_mvnd == pytest.approx(sum(problem.edge_cost_mvnd[e] for e in plan.edges))
    assert plan.selection.cost_mvnd == pytest.approx(plan_cost(problem.base, chosen) + plan.network_cost_mvnd)
    assert plan.bound >= plan.selection.value


@pytest.mark.parametrize("block", range(10))
def test_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 24, block * 24 + 24):
        problem = random_network(seed)
        plan = solve_network(problem, gap=0.0, time_limit_s=20)
        people, cost, length = brute_force(problem)
        check_plan(problem, plan)
        assert plan.selection.value == pytest.approx(people, abs=1e-6), seed
        assert plan.bound >= people - 1e-6, seed
        assert plan.status == "optimal", seed
        assert plan.selection.cost_mvnd == pytest.approx(cost, abs=1e-6), seed
        assert plan.length_m == pytest.approx(length, abs=1e-3), seed
