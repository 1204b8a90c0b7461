"""Floors: least shortfall first, then most people; against brute force; groups that cannot get there."""

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.exact import solve
from coverage.optimise.floors import group_gain, needed_people, solve_floors
from coverage.optimise.problem import Problem, covered_people, feasible, plan_cost, sparse_rows
from tests.test_exact import all_plans, random_problem


@pytest.mark.parametrize("block", range(10))
def test_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        problem = random_problem(seed + 5000)
        rng = np.random.default_rng(seed)
        group = rng.integers(-1, 3, problem.n_demand)
        people = np.where(problem.served_before, 0.0, problem.people)
        whole = np.bincount(group[group >= 0], people[group >= 0], minlength=3)
        needed = np.floor(whole * rng.uniform(0.2, 1.0, 3))
        found = solve_floors(problem, group, needed, gap=0.0)

        def key(plan: tuple[int, ...], problem: Problem = problem, group: object = group,
                needed: object = needed) -> tuple[float, float, float]:
            lack = np.maximum(needed - group_gain(problem, group, 3, plan), 0).sum()
            return round(lack, 5), round(-covered_people(problem, plan), 5), round(plan_cost(problem, plan), 5)
        best = min(map(key, all_plans(problem)))
        assert feasible(problem, found.selection.chosen), seed
        assert found.total_shortfall == pytest.approx(best[0], abs=1e-4), seed
        assert found.shortfall_bound == pytest.approx(best[0], abs=1e-4), seed
        assert found.selection.value == pytest.approx(-best[1], abs=1e-4), seed
        assert found.selection.bound >= -best[1] - 1e-4, seed
        assert found.selection.cost_mvnd == pytest.approx(best[2], abs=1e-3), seed
        free = solve(problem, gap=0.0)
        assert found.selection.value <= free.value + 1e-6, seed  # a floor never raises people
        assert {m.group for m in found.missed} == {g for g in range(3) if found.shortfall[g] > 0}


def small(**changes: object) -> Problem:
    """Make a big village beside the road, a small one at the border, a third that nobody reaches."""
    fields: dict[str, object] = {
        "reach": sparse_rows([[1, 0, 0], [0, 1, 0]]), "people": [100, 10, 7], "cost_mvnd": [1, 1], "site": [0, 1],
        "option_ids": ("road", "border"), "budget_mvnd": 1, "served_before": [False] * 3,
    }
    return Problem(**(fields | changes))  # type: ignore[arg-type]


def test_the_floor_comes_before_people() -> None:
    plan = solve_floors(small(), np.array([-1, 0, -1]), np.array([5.0]))
    assert plan.selection.chosen == (1,)
    assert (plan.selection.value, plan.total_shortfall, plan.missed) == (10, 0, ())
    assert plan.money_for_floors_mvnd == 1


def test_what_cannot_be_reached_is_named_with_how_far_it_gets() -> None:
    plan = solve_floors(small(), np.array([0, 1, 2]), np.array([50.0, 8.0, 7.0]), names=("A", "B", "C"))
    by_name = {m.name: m for m in plan.missed}
    assert by_name["C"].reason == "out_of_reach"
    assert by_name["C"].most_with_any_money == 0
    assert by_name["B"].reason == "shared"
    assert by_name["B"].most_with_this_money == 10
    assert plan.total_shortfall == 15
    dear = solve_floors(small(cost_mvnd=[1, 5]), np.array([0, 1, -1]), np.array([50.0, 8.0]), names=("A", "B"))
    assert dear.missed[0].reason == "money"
    assert dear.missed[0].most_with_any_money == 10


def test_needed_counts_what_is_served_before() -> None:
    group = np.array([0, 0, 1, -1])
    needed = needed_people(group, np.array([10.0, 30, 20, 99]), np.array([True, False, True, False]), [0.5, 0.9])
    assert needed.tolist() == [10.0, 0.0]


def test_floors_already_kept_change_nothing() -> None:
    problem = random_problem(3)
    plan = solve_floors(problem, np.zeros(problem.n_demand, int), np.array([0.0]), gap=0.0)
    assert plan.selection.chosen == solve(problem, gap=0.0).chosen


def test_nonsense_is_refused() -> None:
    with pytest.raises(PlanError):
        solve_floors(small(), np.array([0, 1]), np.array([1.0]))
    with pytest.raises(PlanError):
        solve_floors(small(), np.array([0, 1, 2]), np.array([1.0]))
    with pytest.raises(PlanError):
        solve_floors(small(), np.array([0, 0, 0]), np.array([np.nan]))


def test_cancelled_returns_a_plan() -> None:
    plan = solve_floors(small(), np.array([-1, 0, -1]), np.array([5.0]), progress=lambda *_: False)
    assert plan.selection.status == "cancelled"
    assert plan.selection.bound >= plan.selection.value
