"""The cheapest plan for a target: against brute force, up to everybody, with the fallback."""

import math
from dataclasses import replace

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.cheapest import cheapest, first_unreached, with_fallback
from coverage.optimise.problem import Problem, covered_people, feasible, plan_cost, sparse_rows
from tests.test_exact import all_plans, random_problem


@pytest.mark.parametrize("block", range(10))
def test_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        problem = random_problem(seed + 9000)
        rich = replace(problem, budget_mvnd=math.inf)
        plans = all_plans(rich)
        most = max(covered_people(rich, p) for p in plans)
        target = math.floor(most * float(np.random.default_rng(seed).uniform(0.1, 1.15)))
        found = cheapest(problem, target, gap=0.0)
        assert found.most_people == pytest.approx(most, abs=1e-6), seed
        good = [p for p in plans if covered_people(rich, p) >= target - 1e-9]
        assert found.reached == bool(good), seed
        if not good:
            assert found.selection.value == pytest.approx(most, abs=1e-6), seed
            continue
        cost = min(plan_cost(rich, p) for p in good)
        people = max(covered_people(rich, p) for p in good if plan_cost(rich, p) <= cost + 1e-7)
        assert feasible(rich, found.selection.chosen), seed
        assert found.selection.cost_mvnd == pytest.approx(cost, abs=1e-6), seed
        assert found.cost_bound_mvnd == pytest.approx(cost, abs=1e-5), seed
        assert found.selection.value == pytest.approx(people, abs=1e-6), seed


def small() -> Problem:
    return Problem(
        reach=sparse_rows([[1, 1, 0, 0], [0, 0, 1, 0]]), people=[10, 20, 30, 5], cost_mvnd=[4, 3], site=[0, 1],
        option_ids=("a", "b"), budget_mvnd=5, served_before=[False] * 4,
    )


def test_everybody_is_reached_with_the_fallback() -> None:
    problem = with_fallback(small(), np.array([0, 0, 1, 2]), np.array([9.0, 1.0, 2.0]), ("v0", "v1", "v2"))
    assert not cheapest(small(), 65).reached
    found = cheapest(problem, 65)
    assert found.reached
    assert [problem.option_ids[i] for i in found.selection.chosen] == ["a", "leo-v1", "leo-v2"]
    assert found.selection.cost_mvnd == 7


def test_the_first_village_the_money_does_not_reach_is_named() -> None:
    step = first_unreached(small(), (1,))
    assert step is not None
    assert (step.option, step.people, step.missing_mvnd, step.demand) == (0, 30, 2, 1)
    assert first_unreached(small(), (0, 1)) is None


def test_target_zero_is_the_empty_plan_and_nonsense_is_refused() -> None:
    assert cheapest(small(), 0).selection.chosen == ()
    for bad in (-1, math.nan, math.inf):
        with pytest.raises(PlanError):
            cheapest(small(), bad)


def test_cancelled_is_honest() -> None:
    found = cheapest(small(), 30, progress=lambda *_: False)
    assert found.selection.status == "cancelled"
    assert found.cost_bound_mvnd <= 3
