"""Years: nested plans under ceilings against brute force, locks, lead times, changing baselines."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.phases import Years, earliest_years, lay_out, solve_phases
from coverage.optimise.problem import Problem, covered_people, feasible, sparse_rows
from tests.test_exact import random_problem


def random_years(problem: Problem, seed: int) -> Years:
    rng = np.random.default_rng(seed)
    count, n = 2, problem.n_options
    return Years(
        names=(2027, 2028), ceilings_mvnd=problem.cost_mvnd.sum() * rng.uniform(0.1, 0.5, count),
        yearly_cost_mvnd=problem.cost_mvnd * 0.05 * (seed % 2), earliest=rng.integers(0, 3, n) * (seed % 3 == 0),
        served_before=rng.random((count, problem.n_demand)) < 0.1, carry_over=seed % 4 == 1,
    )


def by_hand(problem: Problem, years: Years, when: dict[int, int]) -> tuple[float, ...] | None:
    """People per year of a schedule, None when it breaks a rule; written without the module's own layout."""
    spent = np.zeros(2)
    for o, t in when.items():
        if t < years.earliest[o]:
            return None
        spent[t] += problem.cost_mvnd[o]
        spent[t + 1:] += years.yearly_cost_mvnd[o]
    room = np.cumsum(years.ceilings_mvnd - spent) if years.carry_over else years.ceilings_mvnd - spent
    plain = replace(problem, budget_mvnd=np.inf)
    if (room < -1e-9).any() or not feasible(plain, list(when)) or spent.sum() > problem.budget_mvnd + 1e-9:
        return None
    return tuple(
        covered_people(replace(problem, served_before=problem.served_before | years.served_before[t]),
                       [o for o, year in when.items() if year <= t])
        for t in range(2)
    )


@pytest.mark.parametrize("block", range(10))
def test_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        small = random_problem(seed + 3000)
        keep = np.arange(min(small.n_options, 5))
        problem = replace(
            small, reach=small.reach[keep], cost_mvnd=small.cost_mvnd[keep], site=small.site[keep],
            option_ids=small.option_ids[: keep.size], required=(), forbidden=(), outlay_mvnd=None, ceilings_mvnd=None,
            tie_length_m=None, budget_mvnd=np.inf if seed % 2 else small.budget_mvnd,
        )
        years = random_years(problem, seed)
        best, ends = (-1.0, -1.0), [0.0, 0.0]
        for pick in product((None, 0, 1), repeat=keep.size):
            people = by_hand(problem, years, {o: t for o, t in enumerate(pick) if t is not None})
            if people:
                best = max(best, (round(people[1], 5), round(sum(people), 5)))
                ends = [max(a, b) for a, b in zip(ends, people, strict=True)]
        plan = solve_phases(problem, years, gap=0.0)
        assert plan.gained[1] == pytest.approx(best[0], abs=1e-4), seed
        assert sum(plan.gained) == pytest.approx(best[1], abs=1e-4), seed
        assert plan.best == pytest.approx(tuple(ends), abs=1e-4), seed
        assert min(plan.nesting_price) >= -1e-9, seed
        schedule = {o: t for t, part in enumerate(plan.built) for o in part}
        assert by_hand(problem, years, schedule) == pytest.approx(plan.gained), seed
        assert (np.array(plan.outlay_mvnd) >= -1e-9).all()


def border() -> tuple[Problem, Years]:
    problem = Problem(
        reach=sparse_rows([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), people=[50, 40, 30], cost_mvnd=[10, 10, 10],
        site=[0, 1, 2],
        option_ids=("road", "valley", "border"), budget_mvnd=np.inf, served_before=[False] * 3,
    )
    years = Years((2027, 2028, 2029), np.array([10.0, 10, 10]), np.zeros(3), np.zeros(3, int), np.zeros((3, 3), bool))
    return problem, years


def test_the_largest_comes_first_and_years_are_nested() -> None:
    plan = solve_phases(*border())
    assert plan.built == ((0,), (1,), (2,))
    assert plan.gained == (50, 90, 120)
    assert plan.nesting_price == (0, 0, 0)
    assert plan.outlay_mvnd == (10, 10, 10)


def test_early_years_favour_the_border_when_asked() -> None:
    problem, years = border()
    weight = np.ones((3, 3))
    weight[0, 2] = 3.0
    plan = solve_phases(problem, replace(years, weight=weight))
    assert plan.built[0] == (2,)
    assert plan.nesting_price == (0, 10, 0)  # the road and the valley alone would serve 90 in the second year
    assert plan.gained[0] == 30


def test_locks_and_lead_times() -> None:
    problem, years = border()
    assert solve_phases(problem, replace(years, locked=((1, 0),))).built == ((1,), (0,), (2,))
    late = replace(years, earliest=np.array([2, 0, 3]))
    plan = solve_phases(problem, late)
    assert plan.built == ((1,), (), (0,))
    assert earliest_years(late, 3) == (2029, 2027, None)


def test_a_network_that_goes_off_opens_a_need_and_a_committed_mast_closes_one() -> None:
    problem, years = border()
    before = np.zeros((3, 3), bool)
    before[:2, 0] = True  # 3G serves the road until the end of 2028
    before[2, 1] = True  # a committed mast serves the valley from 2029
    plan = solve_phases(problem, replace(years, served_before=before))
    assert plan.gained[2] == 80  # road and border; the valley counts as served without us
    assert 0 in plan.built[2] + plan.built[1] + plan.built[0]


def test_nonsense_is_refused() -> None:
    problem, years = border()
    for bad in (replace(years, ceilings_mvnd=np.array([1.0])), replace(years, yearly_cost_mvnd=np.array([-1.0, 0, 0])),
                replace(years, locked=((7, 0),)), replace(years, locked=((0, 9),))):
        with pytest.raises(PlanError):
            lay_out(problem, bad)
    with pytest.raises(PlanError):
        lay_out(replace(problem, required=(0,)), years)
