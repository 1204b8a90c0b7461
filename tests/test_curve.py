"""The budget curve: never falling, bounded on both sides, nested, its knee and its end."""

from itertools import pairwise

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.curve import budget_curve, even_budgets, nested_prefix
from coverage.optimise.problem import Problem, covered_people, plan_cost, sparse_rows
from tests.test_exact import brute_force, random_problem


def middling(seed: int = 4) -> Problem:
    rng = np.random.default_rng(seed)
    n = 24
    return Problem(
        reach=sparse_rows(rng.random((n, 150)) < 0.08), people=rng.integers(1, 40, 150),
        cost_mvnd=rng.integers(2, 9, n), site=np.arange(n) // 2,
        option_ids=tuple(f"o{i:02d}" for i in range(n)), budget_mvnd=20.0, served_before=rng.random(150) < 0.1,
    )


def test_fifteen_budgets_rise_are_bounded_and_nested() -> None:
    problem = middling()
    curve = budget_curve(problem, even_budgets(problem, 15), gap=0.0)
    assert len(curve.points) == 15
    for a, b in pairwise(curve.points):
        assert a.best.value <= b.best.value
        assert a.best.bound <= b.best.bound
        assert set(a.nested.chosen) <= set(b.nested.chosen)
    for point in curve.points:
        assert point.nested.value <= point.best.value <= point.best.bound
        assert point.nested.cost_mvnd <= point.budget_mvnd + 1e-6
        assert point.nesting_price == point.best.value - point.nested.value
        assert point.best.value == pytest.approx(covered_people(problem, point.best.chosen))
    assert curve.saturated
    assert curve.points[0].budget_mvnd <= curve.knee_mvnd < curve.last_useful_mvnd


@pytest.mark.parametrize("seed", range(12))
def test_every_point_is_the_true_optimum(seed: int) -> None:
    problem = random_problem(7 * seed + 15 * 7 + 5)  # no must-haves in these
    curve = budget_curve(problem, [problem.budget_mvnd * f for f in (0.3, 1.0)], gap=0.0)
    assert curve.points[1].best.value == pytest.approx(brute_force(problem)[0], abs=1e-6)
    assert curve.points[1].nested.value == pytest.approx(curve.points[1].best.value, abs=1e-6)


def test_knee_and_last_useful_money_by_hand() -> None:
    problem = Problem(
        reach=sparse_rows(np.eye(3)), people=[90, 8, 2], cost_mvnd=[10, 10, 10], site=[0, 1, 2],
        option_ids=("a", "b", "c"), budget_mvnd=10, served_before=[False] * 3,
    )
    curve = budget_curve(problem, [10, 20, 30, 40, 50])
    assert curve.knee_mvnd == 10
    assert curve.last_useful_mvnd == 30
    assert curve.saturated
    assert [p.best.value for p in curve.points] == [90, 98, 100, 100, 100]
    assert nested_prefix(problem, curve.points[2].nested, 25) == (0, 1)


def test_prefix_never_overspends() -> None:
    problem = middling()
    top = budget_curve(problem, [60.0]).points[0].nested
    for budget in range(0, 60, 7):
        assert plan_cost(problem, nested_prefix(problem, top, budget)) <= budget


def test_no_budgets_are_refused_and_a_cancelled_curve_still_comes() -> None:
    with pytest.raises(PlanError):
        budget_curve(middling(), [])
    curve = budget_curve(middling(), [5.0, 10.0], progress=lambda *_: False)
    assert all(p.best.bound >= p.best.value for p in curve.points)
