"""The solver against brute force, in every mode, and its promises: time, cancelling, order of objectives."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks.instances import make_instance
from coverage.errors import PlanError
from coverage.optimise.exact import solve
from coverage.optimise.expected import expected_people, expected_problem
from coverage.optimise.problem import Problem, covered_people, feasible, plan_cost, plan_length, sparse_rows


def random_problem(seed: int) -> Problem:
    """Make a problem small enough for brute force, with the modes mixed by the seed."""
    rng = np.random.default_rng(seed)
    n_sites, n_demand = int(rng.integers(2, 6)), int(rng.integers(3, 25))
    site = np.sort(rng.integers(0, n_sites, int(rng.integers(2, 10))))
    n = site.size
    people = rng.integers(0, 60, n_demand).astype(float)
    if seed % 3 == 1:
        people = people * 3.7
    if seed % 3 == 2:
        people = rng.random(n_demand) * 60
    cost = rng.integers(1, 12, n).astype(float) if seed % 2 else rng.random(n) * 9
    fields = {}
    budget = float(cost.sum() * rng.uniform(0.15, 0.8))
    if seed % 4 >= 2:
        outlay = np.column_stack([cost * rng.random(n), cost * 0.2])
        fields |= {"outlay_mvnd": outlay, "ceilings_mvnd": outlay.sum(0) * rng.uniform(0.3, 0.9, 2)}
    if seed % 5 == 0 and n_sites > 2:
        fields |= {"exclusive": ((0, 1), (1, 2))}
    if seed % 7 < 2:
        fields |= {"forbidden": (int(rng.integers(n)),)}
    if seed % 7 == 3:
        cheap = int(np.argmin(cost))
        fields |= {"required": (cheap,)}
        budget = max(budget, float(cost[cheap]))
        if "ceilings_mvnd" in fields:
            fields["ceilings_mvnd"] = np.maximum(fields["ceilings_mvnd"], fields["outlay_mvnd"][cheap])
    if seed % 2 == 0:
        fields |= {"tie_length_m": rng.integers(0, 5, n) * 100.0}
    return Problem(
        reach=sparse_rows(rng.random((n, n_demand)) < rng.uniform(0.1, 0.6)), people=people, cost_mvnd=cost,
        site=site, option_ids=tuple(f"o{rng.integers(1000):03d}-{i}" for i in range(n)), budget_mvnd=budget,
        served_before=rng.random(n_demand) < 0.2, **fields,
    )


def all_plans(problem: Problem) -> list[tuple[int, ...]]:
    sites = [[None, *np.flatnonzero(problem.site == s).tolist()] for s in np.unique(problem.site)]
    plans = (tuple(i for i in pick if i is not None) for pick in product(*sites))
    return [plan for plan in plans if feasible(problem, plan)]


def brute_force(problem: Problem) -> tuple[float, float, float]:
    """Best (people, cost, length), strictly in this order."""
    best = (-math.inf, math.inf, math.inf)
    for plan in all_plans(problem):
        people, cost = covered_people(problem, plan), plan_cost(problem, plan)
        length = plan_length(problem, plan)
        near = abs(people - best[0]) <= 1e-7
        same_cost = abs(cost - best[1]) <= 1e-7
        if (people > best[0] + 1e-7 or (near and cost < best[1] - 1e-7)
                or (near and same_cost and length < best[2] - 1e-7)):
            best = (people, cost, length)
    return best


@pytest.mark.parametrize("block", range(12))
def test_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        problem = random_problem(seed)
        found = solve(problem, gap=0.0)
        people, cost, length = brute_force(problem)
        assert feasible(problem, found.chosen), seed
        assert found.status == "optimal", seed
        assert found.cost_proven, seed
        assert found.value == pytest.approx(people, abs=1e-6), seed
        assert found.bound >= people - 1e-6, seed
        assert found.gap == 0, seed
        assert found.cost_mvnd == pytest.approx(cost, abs=1e-6), seed
        assert plan_length(problem, found.chosen) == pytest.approx(length, abs=1e-6), seed
        assert sorted(found.order) == sorted(found.chosen), seed


def test_people_then_cost_then_backhaul_strictly() -> None:
    # a and b serve the same people; b is dearer by a hair but much shorter: cost decides before length.
    def plan(costs: list[float], lengths: list[float]) -> tuple[int, ...]:
        problem = Problem(
            reach=sparse_rows([[1, 1], [1, 1], [1, 0]]), people=[5, 5], cost_mvnd=costs, site=[0, 1, 2],
            option_ids=("a", "b", "c"), budget_mvnd=100, served_before=[False, False], tie_length_m=lengths,
        )
        return solve(problem, gap=0.0).chosen
    assert plan([10, 10.01, 1], [9000, 1, 1]) == (0,)  # c gains fewer people, however cheap
    assert plan([10, 10, 1], [9000, 1, 1]) == (1,)
    assert plan([10, 9.99, 1], [1, 9000, 1]) == (1,)


@pytest.mark.parametrize("changes", [
    {"budget_mvnd": 0.0}, {"served_before": [True] * 3}, {"people": [0, 0, 0]}, {"forbidden": (0, 1)},
    {"reach": sparse_rows(np.zeros((2, 3)))},
    {"reach": sparse_rows(np.zeros((0, 3))), "cost_mvnd": [], "site": [], "option_ids": ()},
    {"reach": sparse_rows(np.zeros((2, 0))), "people": [], "served_before": []},
    {"budget_mvnd": 0.5},
])
def test_nothing_to_choose_gives_an_empty_plan(changes: dict[str, object]) -> None:
    fields = {
        "reach": sparse_rows([[1, 1, 0], [0, 1, 1]]), "people": [1, 2, 3], "cost_mvnd": [1, 1], "site": [0, 1],
        "option_ids": ("a", "b"), "budget_mvnd": 2.0, "served_before": [False] * 3,
    }
    found = solve(Problem(**(fields | changes)))
    assert (found.chosen, found.value, found.bound, found.gap, found.status) == ((), 0.0, 0.0, 0.0, "optimal")


def test_free_options_need_no_money() -> None:
    problem = Problem(
        reach=sparse_rows([[1, 1, 0], [0, 1, 1]]), people=[1, 2, 3], cost_mvnd=[0, 1], site=[0, 1],
        option_ids=("a", "b"), budget_mvnd=0.0, served_before=[False] * 3,
    )
    assert solve(problem).chosen == (0,)


def test_must_haves_stay_even_when_they_gain_nothing() -> None:
    problem = Problem(
        reach=sparse_rows([[0, 0, 0], [0, 1, 1]]), people=[1, 2, 3], cost_mvnd=[1, 1], site=[0, 1],
        option_ids=("a", "b"), budget_mvnd=1.0, served_before=[False] * 3, required=(0,),
    )
    found = solve(problem)
    assert (found.chosen, found.value, found.bound) == ((0,), 0.0, 0.0)


def test_infinite_budget_takes_what_helps() -> None:
    problem = Problem(
        reach=sparse_rows([[1, 1, 0], [0, 1, 1], [0, 1, 0]]), people=[1, 2, 3], cost_mvnd=[1, 1, 1], site=[0, 1, 2],
        option_ids=("a", "b", "c"), budget_mvnd=math.inf, served_before=[False] * 3,
    )
    assert solve(problem).chosen == (0, 1)


def shuffled(problem: Problem, seed: int) -> tuple[Problem, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(problem.n_options), rng.permutation(problem.n_demand)
    return replace(
        problem, reach=problem.reach[rows][:, columns], people=problem.people[columns],
        served_before=problem.served_before[columns], cost_mvnd=problem.cost_mvnd[rows], site=problem.site[rows],
        option_ids=tuple(problem.option_ids[i] for i in rows),
    ), rows


def names(problem: Problem, chosen: tuple[int, ...]) -> list[str]:
    return [problem.option_ids[i] for i in chosen]


def test_same_plan_twice_shuffled_and_on_two_threads() -> None:
    problem = make_instance(3, 40, budget_share=0.05)
    first = solve(problem, gap=1e-3)
    mixed, _ = shuffled(problem, 5)
    with ThreadPoolExecutor(2) as pool:
        others = list(pool.map(lambda p: solve(p, gap=1e-3), [problem, mixed]))
    assert others[0].chosen == first.chosen
    assert names(mixed, others[1].chosen) == names(problem, first.chosen)
    assert names(mixed, others[1].order) == names(problem, first.order)
    assert (others[1].value, others[1].bound) == (first.value, first.bound)


@pytest.mark.parametrize("seed", range(20))
def test_more_money_never_gains_fewer_and_force_never_gains_more(seed: int) -> None:
    problem = replace(random_problem(seed), required=(), outlay_mvnd=None, ceilings_mvnd=None)
    value = solve(problem, gap=0.0).value
    assert solve(replace(problem, budget_mvnd=problem.budget_mvnd * 1.3), gap=0.0).value >= value
    for option in range(min(3, problem.n_options)):
        if option not in problem.forbidden and problem.cost_mvnd[option] <= problem.budget_mvnd:
            forced = solve(replace(problem, required=(option,)), gap=0.0)
            assert option in forced.chosen
            assert forced.value <= value + 1e-9


@pytest.mark.parametrize("factor", [1e-3, 3.7, 1e6])
def test_scaling_prices_and_budget_changes_nothing(factor: float) -> None:
    for seed in range(12):
        problem = replace(random_problem(seed), required=(), outlay_mvnd=None, ceilings_mvnd=None)
        scaled = replace(problem, cost_mvnd=problem.cost_mvnd * factor, budget_mvnd=problem.budget_mvnd * factor)
        assert solve(scaled, gap=0.0).value == pytest.approx(solve(problem, gap=0.0).value, abs=1e-6)


def test_a_start_is_never_made_worse() -> None:
    problem = make_instance(3, 40, budget_share=0.05)
    good = solve(problem, gap=1e-3)
    assert solve(problem, gap=1.0, time_limit_s=0.0, start=good.chosen).value >= good.value


def test_the_time_limit_is_obeyed_with_a_true_bound() -> None:
    problem = make_instance(4, 200, seed=3)
    solve(make_instance(4, 20), gap=0.5)  # compiles
    begun = time.monotonic()
    found = solve(problem, gap=0.0, time_limit_s=1.0)
    assert time.monotonic() - begun < 4.0
    assert found.status in ("time_limit", "optimal")
    assert found.value <= found.bound <= problem.people.sum()
    assert feasible(problem, found.chosen)


@pytest.mark.parametrize("calls", [0, 1, 3, 20, 200])
def test_cancelling_returns_the_best_so_far_with_its_true_bound(calls: int) -> None:
    problem = make_instance(3, 40, budget_share=0.05)
    seen: list[str] = []

    def stop(stage: str, done: int, total: int) -> bool:
        seen.append(stage)
        return len(seen) <= calls
    found = solve(problem, gap=0.0, progress=stop)
    assert found.status == ("cancelled" if len(seen) > calls else "optimal")
    assert feasible(problem, found.chosen)
    assert found.value == covered_people(problem, found.chosen) > 0
    assert found.bound >= found.value
    assert len(seen) <= calls + 2


@pytest.mark.parametrize("block", range(5))
def test_expected_people_agree_with_brute_force(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        problem = random_problem(seed + 700)
        rng = np.random.default_rng(seed)
        sure = np.where(problem.reach.toarray() > 0, np.round(rng.random(problem.reach.shape), 1 + seed % 2), 0.0)
        before = np.round(rng.random(problem.n_demand) * 0.4, 1)
        layered, point = expected_problem(problem, sp.csr_array(sure), before)
        found = solve(layered, gap=0.0)
        best = max(expected_people(problem, sure, before, p) for p in all_plans(problem))
        assert found.value == pytest.approx(best, abs=1e-6), seed
        assert expected_people(problem, sure, before, found.chosen) == pytest.approx(best, abs=1e-6), seed
        assert (problem.people[point] > 0).all()
        rough = solve(expected_problem(problem, sp.csr_array(sure), before, step=0.25)[0], gap=0.0)
        assert rough.value <= best + 1e-6


def test_probabilities_outside_0_1_are_refused() -> None:
    problem = random_problem(2)
    with pytest.raises(PlanError):
        expected_problem(problem, problem.reach.astype(float) * 1.5, np.zeros(problem.n_demand))
