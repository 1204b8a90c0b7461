"""Sites with their network against brute force, and what must hold for any network."""

import math
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.network import NetworkPlan, NetworkProblem, connecting_tree, solve_network
from coverage.optimise.network_bound import ascended, charged, terminals
from coverage.optimise.network_core import make_core
from coverage.optimise.network_problem import fault_of
from coverage.optimise.problem import Problem, covered_people, feasible, plan_cost, sparse_rows


def random_network(seed: int) -> NetworkProblem:
    """Make sites and a network small enough to try every set of edges."""
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(3, 7))
    tail = [*rng.integers(0, n_nodes, 3), *range(1, n_nodes)]  # three odd edges, then a tree with one edge missing
    head = [*rng.integers(0, n_nodes, 3), *(int(rng.integers(0, v)) for v in range(1, n_nodes))]
    tail, head = tail[:len(tail) - seed % 2], head[:len(head) - seed % 2]
    n_edges = len(tail)
    site = np.sort(rng.integers(0, 4, int(rng.integers(2, 7))))
    n, n_demand = site.size, int(rng.integers(4, 14))
    where = rng.integers(-1 if seed % 5 == 0 else 0, n_nodes, 4)
    cost = rng.integers(1, 10, n).astype(float)
    price = rng.integers(0, 8, n_edges).astype(float)
    kind = rng.choice(["fibre", "microwave", "existing"], n_edges, p=[0.3, 0.6, 0.1])
    price[kind == "existing"] = 0.0
    root = np.zeros(n_nodes, bool)
    root[rng.integers(0, n_nodes, 1 + seed % 2)] = True
    more = {}
    if seed % 3:
        more = {"capacity_mbps": rng.integers(2, 9, n_edges).astype(float), "demand_mbps": rng.integers(1, 6, n) * 1.0}
    base = Problem(
        reach=sparse_rows(rng.random((n, n_demand)) < 0.45), people=rng.integers(0, 40, n_demand) * 1.0, cost_mvnd=cost,
        site=site, option_ids=tuple(f"o{rng.integers(1000):03d}-{i}" for i in range(n)),
        budget_mvnd=float((cost.sum() + price.sum()) * rng.uniform(0.3, 0.9)),
        served_before=rng.random(n_demand) < 0.1, exclusive=((0, 1),) if seed % 7 == 0 else (),
        forbidden=(0,) if seed % 11 == 0 else (),
    )
    return NetworkProblem(
        base=base, option_node=where[site], tail=np.array(tail), head=np.array(head), edge_kind=tuple(kind.tolist()),
        edge_cost_mvnd=price, edge_length_m=rng.integers(1, 9, n_edges) * 100.0, root=root,
        max_hops=int(rng.integers(0, 4)), **more,
    )


def forests(problem: NetworkProblem) -> dict[tuple[int, ...], dict[int, tuple[int, ...]]]:
    """Every way to give nodes one uplink edge each: used edges -> node -> path to a root (valid order and hops)."""
    n = problem.n_nodes
    choices = [[None] if problem.root[v] else [None, *(
        e for e in range(problem.n_edges)
        if v in (problem.tail[e], problem.head[e]) and problem.tail[e] != problem.head[e]
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


def check_plan(problem: NetworkProblem, plan: NetworkPlan) -> None:
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


@pytest.mark.parametrize("seed", range(0, 240, 8))
def test_the_road_of_large_instances_is_proven_too(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the exact model: plans must hold and ceilings must never be below the optimum."""
    for name, value in (("SMALL_ENTRIES", -1), ("MIDDLE_ENTRIES", -1), ("WORK_PER_BURST", 2_000)):
        monkeypatch.setattr(f"coverage.optimise.network_search.{name}", value)
    problem = random_network(seed)
    plan = solve_network(problem, gap=0.0, time_limit_s=0.5)
    people = brute_force(problem)[0]
    check_plan(problem, plan)
    assert plan.selection.value <= people + 1e-6 <= plan.bound + 2e-6


@pytest.mark.parametrize("block", range(4))
def test_shares_never_pass_what_a_network_costs(block: int) -> None:
    """The sum of the shares of any options is at most the cheapest network that links them."""
    for seed in range(block * 10, block * 10 + 10):
        problem = random_network(seed)
        core = make_core(problem)
        share = ascended(core, terminals(core), np.ones(core.n_options, bool))
        assert (share >= 0).all()
        ways = forests(problem)
        for chosen in (c for k in range(4) for c in combinations(range(core.n_options), k)):
            sites = [int(problem.base.site[core.option[o]]) for o in chosen]
            if len(set(sites)) < len(sites):
                continue
            nodes = {int(problem.option_node[core.option[o]]) for o in chosen} - {-1}
            costs = [sum(problem.edge_cost_mvnd[e] for e in {e for v in nodes for e in paths[v]})
                     for paths in ways.values() if nodes <= paths.keys()]
            assert share[list(chosen)].sum() <= min(costs, default=math.inf) + 1e-6
        charged(core, share)


@pytest.mark.parametrize("seed", range(60))
def test_removing_an_edge_never_raises_the_value(seed: int) -> None:
    problem = random_network(seed)
    before = solve_network(problem, gap=0.0, time_limit_s=20).selection.value
    keep = np.arange(problem.n_edges) != seed % problem.n_edges
    cut = replace(
        problem, tail=problem.tail[keep], head=problem.head[keep], edge_cost_mvnd=problem.edge_cost_mvnd[keep],
        edge_kind=tuple(k for k, there in zip(problem.edge_kind, keep, strict=True) if there),
        edge_length_m=problem.edge_length_m[keep],
        capacity_mbps=None if problem.capacity_mbps is None else problem.capacity_mbps[keep],
    )
    assert solve_network(cut, gap=0.0, time_limit_s=20).selection.value <= before + 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_dearer_fibre_is_never_laid_longer(seed: int) -> None:
    """With one price per metre and money for all: a larger factor on fibre never lengthens fibre."""
    problem = random_network(seed)
    fibre = np.array([kind == "fibre" for kind in problem.edge_kind])
    problem = replace(problem, base=replace(problem.base, budget_mvnd=math.inf))
    before = math.inf
    for factor in (0.0, 0.5, 1.0, 3.0, 20.0):
        price = np.where(fibre, problem.edge_length_m / 100 * factor, problem.edge_cost_mvnd)
        plan = solve_network(replace(problem, edge_cost_mvnd=price), gap=0.0, time_limit_s=20)
        laid = sum(problem.edge_length_m[e] for e in plan.edges if fibre[e])
        assert plan.status == "optimal"
        assert laid <= before + 1e-6, factor
        before = laid if factor > 0 else math.inf  # at price 0 only the whole length counts, not the fibre's


@pytest.mark.parametrize("seed", [s for s in range(0, 90, 3) if s % 7])
def test_with_every_price_zero_all_in_reach_are_served(seed: int) -> None:
    problem = random_network(seed)
    base = replace(problem.base, cost_mvnd=np.zeros(problem.base.n_options), site=np.arange(problem.base.n_options),
                   forbidden=(), budget_mvnd=0.0)
    plan = solve_network(replace(problem, base=base, edge_cost_mvnd=np.zeros(problem.n_edges)), gap=0.0)
    able = [o for o in range(base.n_options) if o not in plan.unreachable]
    assert plan.selection.value == covered_people(base, able)
    assert plan.network_cost_mvnd == 0


def line(kind: tuple[str, ...], **fields: object) -> NetworkProblem:
    """Root 0 - 1 - 2 - 3 in a row; one option with 10 people at every node but the root."""
    count = len(kind)
    more: dict = {"budget_mvnd": 1000.0, "price": np.full(count, 10.0), "max_hops": 2, "required": ()} | fields
    base = Problem(
        reach=sparse_rows(np.eye(count, dtype=bool)), people=np.full(count, 10.0), cost_mvnd=np.full(count, 100.0),
        site=np.arange(count), option_ids=tuple(f"s{k}" for k in range(count)), budget_mvnd=more["budget_mvnd"],
        served_before=np.zeros(count, bool), required=more["required"],
    )
    return NetworkProblem(
        base=base, option_node=np.arange(1, count + 1), tail=np.arange(count), head=np.arange(1, count + 1),
        edge_kind=kind, edge_cost_mvnd=more["price"], edge_length_m=np.full(count, 5000.0),
        root=np.arange(count + 1) == 0, max_hops=more["max_hops"], capacity_mbps=more.get("capacity"),
        demand_mbps=more.get("demand"),
    )


def test_a_chain_by_hand() -> None:
    """Fibre then two hops: three sites 300 and 30 for links; with one hop the last site is out of reach."""
    plan = solve_network(line(("fibre", "microwave", "microwave")), gap=0.0)
    assert plan.selection.chosen == (0, 1, 2)
    assert (plan.selection.cost_mvnd, plan.network_cost_mvnd, plan.length_m) == (330.0, 30.0, 15_000.0)
    assert plan.paths == ((0,), (1, 0), (2, 1, 0))
    assert plan.hanging_on(1) == (1, 2)
    short = solve_network(line(("fibre", "microwave", "microwave"), max_hops=1), gap=0.0)
    assert short.selection.chosen == (0, 1)
    assert short.unreachable == (2,)


def test_fibre_does_not_follow_microwave() -> None:
    plan = solve_network(line(("microwave", "fibre")), gap=0.0)
    assert plan.selection.chosen == (0,)
    assert plan.unreachable == (1,)


def test_existing_fibre_is_free_and_adds_no_length() -> None:
    plan = solve_network(line(("existing", "fibre"), price=np.array([0.0, 10.0])), gap=0.0)
    assert plan.paths == ((0,), (1, 0))
    assert (plan.network_cost_mvnd, plan.length_m) == (10.0, 5000.0)


def test_a_hop_carries_only_what_it_can() -> None:
    chain = line(("microwave", "microwave"), capacity=np.array([50.0, 50.0]), demand=np.array([30.0, 30.0]))
    assert len(solve_network(chain, gap=0.0).selection.chosen) == 1
    wide = replace(chain, capacity_mbps=np.array([60.0, 30.0]))
    assert len(solve_network(wide, gap=0.0).selection.chosen) == 2


def test_the_budget_holds_for_sites_and_links_together() -> None:
    assert solve_network(line(("fibre",) * 3, budget_mvnd=220.0), gap=0.0).selection.chosen == (0, 1)
    assert solve_network(line(("fibre",) * 3, budget_mvnd=219.0), gap=0.0).selection.chosen == (0,)


def test_must_haves() -> None:
    """The far site is required: its links are paid and 110 are left for a site on the way."""
    plan = solve_network(line(("fibre",) * 3, budget_mvnd=230.0, required=(2,)), gap=0.0)
    assert plan.selection.chosen == (0, 2)
    with pytest.raises(PlanError) as error:
        solve_network(line(("fibre",) * 3, budget_mvnd=129.0, required=(2,)), gap=0.0)
    assert error.value.code == "network_required_money"
    with pytest.raises(PlanError) as error:
        solve_network(line(("microwave",) * 3, required=(2,)), gap=0.0)
    assert error.value.code == "network_required"


def test_a_network_without_roots_or_edges() -> None:
    chain = line(("fibre",) * 2)
    empty = solve_network(replace(chain, root=np.zeros(3, bool)), gap=0.0)
    assert empty.selection.chosen == ()
    assert (empty.bound, empty.gap, empty.status, empty.unreachable) == (0.0, 0.0, "optimal", (0, 1))
    none = np.zeros(0, np.intp)
    bare = replace(chain, tail=none, head=none, edge_kind=(), edge_cost_mvnd=none, edge_length_m=none)
    assert solve_network(bare, gap=0.0).unreachable == (0, 1)
    satellite = replace(bare, option_node=np.array([-1, 1]))
    assert solve_network(satellite, gap=0.0).selection.chosen == (0,)
    assert solve_network(satellite, gap=0.0).paths == ((),)


@pytest.mark.parametrize(("field", "value", "code"), [
    ("edge_cost_mvnd", [-1.0, 1.0], "network_price"), ("edge_cost_mvnd", [math.nan, 1.0], "network_price"),
    ("edge_cost_mvnd", [math.inf, 1.0], "network_price"), ("edge_length_m", [math.nan, 1.0], "network_price"),
    ("tail", [0, 9], "network_node"), ("head", [-1, 1], "network_node"), ("option_node", [1, 3], "network_node"),
    ("option_node", [1, -2], "network_node"), ("edge_kind", ("fibre", "fiber"), "network_edge_kind"),
    ("edge_kind", ("fibre", "existing"), "network_existing"), ("max_hops", -1, "network_hops"),
    ("tail", [0], "network_shape"), ("edge_kind", ("fibre",), "network_shape"),
    ("demand_mbps", [1.0, 1.0], "network_capacity_half"),
])
def test_broken_networks(field: str, value: object, code: str) -> None:
    value = np.array(value) if isinstance(value, list) else value
    with pytest.raises(PlanError) as error:
        replace(line(("fibre", "fibre")), **{field: value})
    assert error.value.code == code
    assert str(error.value)


def test_years_are_refused() -> None:
    chain = line(("fibre", "fibre"))
    with pytest.raises(PlanError, match="năm"):
        replace(chain, base=replace(chain.base, outlay_mvnd=np.ones((2, 1)), ceilings_mvnd=np.ones(1)))


def middle_network(seed: int = 5) -> NetworkProblem:
    """Sixty sites on a plane with 250 edges: too large to be proven at once."""
    rng = np.random.default_rng(seed)
    xy = rng.random((64, 2)) * 40
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    pairs = sorted({(min(u, int(v)), max(u, int(v))) for u in range(64) for v in np.argsort(far[u])[1:7]})
    tail, head = np.array(pairs).T
    kind = np.where(rng.random(len(pairs)) < 0.5, "fibre", "microwave")
    points = rng.random((1500, 2)) * 40
    reach = np.hypot(*(xy[:60, None] - points[None]).transpose(2, 0, 1)) < rng.uniform(2, 7, 60)[:, None]
    length = far[tail, head] * 1300
    base = Problem(
        reach=sparse_rows(reach), people=rng.geometric(0.2, 1500).astype(float),
        cost_mvnd=rng.integers(900, 3000, 60) * 1.0,
        site=np.arange(60), option_ids=tuple(f"s{k:02d}" for k in range(60)), budget_mvnd=20_000.0,
        served_before=np.zeros(1500, bool),
    )
    return NetworkProblem(
        base=base, option_node=np.arange(60), tail=tail, head=head, edge_kind=tuple(kind.tolist()),
        edge_cost_mvnd=np.where(kind == "fibre", length / 1000 * 85, 275.0).round(1), edge_length_m=length.round(),
        root=np.arange(64) >= 60, max_hops=3,
    )


def test_same_input_same_plan_within_the_gap() -> None:
    problem = middle_network()
    first = solve_network(problem, gap=0.05, time_limit_s=60)
    again = solve_network(problem, gap=0.05, time_limit_s=60)
    check_plan(problem, first)
    assert first.gap <= 0.05
    assert first.status in ("gap", "optimal")
    assert (first.selection.chosen, first.edges, first.bound) == (again.selection.chosen, again.edges, again.bound)


def test_time_limit_and_cancel_keep_a_plan_with_its_bound() -> None:
    problem = middle_network(6)
    short = solve_network(problem, gap=0.0, time_limit_s=3)
    check_plan(problem, short)
    assert short.seconds < 8
    calls = []
    stopped = solve_network(problem, gap=0.0, time_limit_s=60,
                            progress=lambda *args: len(calls) < 3 and not calls.append(args))
    check_plan(problem, stopped)
    assert stopped.status == "cancelled"
    assert stopped.seconds < 15
    assert stopped.bound >= short.selection.value


def tree_case(seed: int) -> tuple:
    rng = np.random.default_rng(seed)
    n, m, k = int(rng.integers(3, 8)), int(rng.integers(2, 11)), int(rng.integers(1, 6))
    root = np.zeros(n, bool)
    root[rng.integers(0, n, 1 + seed % 2)] = True
    return (rng.integers(0, n, m), rng.integers(0, n, m), rng.integers(0, 9, m) * 1.0, rng.integers(1, 9, m) * 100.0,
            root, rng.integers(0, n, k), rng.integers(0, 15, k) * 1.0)


def best_tree(case: tuple) -> tuple[float, float]:
    tail, head, cost, length, root, terminal, prize = case
    best = (math.inf, math.inf)
    for bits in range(2 ** len(tail)):
        edges = [e for e in range(len(tail)) if bits >> e & 1]
        linked = root.copy()
        for _ in range(len(edges)):
            for e in edges:
                linked[[tail[e], head[e]]] |= linked[tail[e]] or linked[head[e]]
        money = cost[edges].sum() + sum(w for t, w in zip(terminal, prize, strict=True) if not linked[t])
        best = min(best, (money, length[edges].sum()))
    return best


@pytest.mark.parametrize("block", range(6))
def test_connecting_tree_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        case = tree_case(seed)
        found = connecting_tree(*case, gap=0.0)
        money, length = best_tree(case)
        assert found.objective_mvnd == pytest.approx(money), seed
        assert found.bound_mvnd == pytest.approx(money), seed
        assert found.length_m == pytest.approx(length), seed
        assert found.status == "optimal", seed


def test_connecting_tree_by_hand() -> None:
    """Root 0; village 2 behind 1 costs 30 and is worth 25: only when village 1 pays its half of the way."""
    way = ([0, 1], [1, 2], [20.0, 10.0], [2000.0, 1000.0], [True, False, False])
    assert connecting_tree(*way, [2], [25.0]).edges == ()
    both = connecting_tree(*way, [2, 1], [25.0, 8.0])
    assert (both.edges, both.connected, both.cost_mvnd, both.objective_mvnd) == ((0, 1), (0, 1), 30.0, 30.0)
    assert connecting_tree(*way, [2], [25.0], shared=[0]).cost_mvnd == 10.0
    assert connecting_tree(*way, [2], [math.inf]).cost_mvnd == 30.0
    with pytest.raises(PlanError) as error:
        connecting_tree([0], [1], [1.0], [1.0], [True, False, False], [2], [math.inf])
    assert error.value.code == "network_terminal"
    lost = connecting_tree([0], [1], [1.0], [1.0], [True, False, False], [2, 1], [7.0, 5.0])
    assert (lost.unreachable, lost.connected, lost.objective_mvnd, lost.gap) == ((0,), (1,), 8.0, 0.0)
    with pytest.raises(PlanError) as error:
        connecting_tree([0], [1], [math.nan], [1.0], [True, False], [1], [1.0])
    assert error.value.code == "network_price"
