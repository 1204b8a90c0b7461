"""Reduction: same optimum, merged classes, dominated options, order independent of the rows."""

from dataclasses import replace

import numpy as np
import pytest

from coverage.optimise.problem import Problem, covered_people, sparse_rows
from coverage.optimise.reduce import Core, drop_dominated, people_unit, reduce, restrict
from tests.test_exact import all_plans, random_problem


def core_value(core: Core, chosen: list[int]) -> float:
    served = np.asarray(core.rows[chosen].sum(axis=0)).ravel() > 0 if chosen else np.zeros(core.n_classes, bool)
    return core.gained + float(core.weight[served].sum())


def test_points_with_the_same_options_are_one_class() -> None:
    problem = Problem(
        reach=sparse_rows([[1, 1, 0, 0, 1], [1, 1, 1, 0, 0]]), people=[1, 2, 4, 8, 16], cost_mvnd=[3, 1], site=[0, 1],
        option_ids=("a", "b"), budget_mvnd=9, served_before=[False] * 5,
    )
    core = reduce(problem)
    assert sorted(core.weight.tolist()) == [3, 4, 16]
    zoned = reduce(problem, zone=np.array([0, 1, 0, 0, 0], np.int32))
    assert sorted(zoned.weight.tolist()) == [1, 2, 4, 16]


@pytest.mark.parametrize("seed", range(60))
def test_optimum_and_every_plan_value_are_kept(seed: int) -> None:
    problem = random_problem(seed)
    core = reduce(problem)
    place = {int(o): k for k, o in enumerate(core.option)}
    base = covered_people(problem, problem.required)
    best_full, best_core = 0.0, 0.0
    for plan in all_plans(problem):
        best_full = max(best_full, covered_people(problem, plan))
        rest = [i for i in plan if i not in problem.required]
        if all(i in place for i in rest):
            value = base + core_value(core, [place[i] for i in rest])
            assert value == pytest.approx(covered_people(problem, plan), abs=1e-9)
            best_core = max(best_core, value)
    assert best_core == pytest.approx(best_full, abs=1e-9)


def test_dominated_options_go_and_of_twins_the_first_id_stays() -> None:
    rows = sparse_rows([[1, 1, 1], [1, 1, 0], [1, 1, 1], [0, 0, 1]])
    problem = Problem(
        reach=rows, people=[1, 2, 3], cost_mvnd=[5, 6, 5, 1], site=[0, 1, 2, 3], option_ids=("d", "c", "b", "a"),
        budget_mvnd=20, served_before=[False] * 3,
    )
    core = reduce(problem)
    assert [problem.option_ids[i] for i in core.option] == ["a", "b"]
    # a twin on a site shared with another option stays beside it: the site may be taken
    shared = replace(problem, site=np.array([0, 1, 3, 3]))
    assert 0 in reduce(shared).option
    years = replace(problem, outlay_mvnd=np.array([[0.0], [0], [5], [0]]), ceilings_mvnd=np.array([5.0]))
    assert [problem.option_ids[i] for i in reduce(years).option] == ["a", "d"]


def test_longer_backhaul_is_no_reason_to_go_when_cheaper() -> None:
    problem = Problem(
        reach=sparse_rows([[1, 1], [1, 1]]), people=[1, 2], cost_mvnd=[5, 6], site=[0, 1], option_ids=("a", "b"),
        budget_mvnd=20, served_before=[False] * 2, tie_length_m=[90.0, 10.0],
    )
    assert reduce(problem).n_options == 2


@pytest.mark.parametrize("seed", range(12))
def test_shuffled_rows_give_the_same_core(seed: int) -> None:
    problem = random_problem(seed)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(problem.n_options), rng.permutation(problem.n_demand)
    place = np.argsort(rows)
    mixed = replace(
        problem, reach=problem.reach[rows][:, columns], people=problem.people[columns],
        served_before=problem.served_before[columns], cost_mvnd=problem.cost_mvnd[rows], site=problem.site[rows],
        option_ids=tuple(problem.option_ids[i] for i in rows),
        tie_length_m=None if problem.tie_length_m is None else problem.tie_length_m[rows],
        outlay_mvnd=None if problem.outlay_mvnd is None else problem.outlay_mvnd[rows],
        required=tuple(place[list(problem.required)]), forbidden=tuple(place[list(problem.forbidden)]),
    )
    a, b = reduce(problem), reduce(mixed)
    assert [problem.option_ids[i] for i in a.option] == [mixed.option_ids[i] for i in b.option]
    assert (a.rows != b.rows).nnz == 0
    assert a.weight.tobytes() == b.weight.tobytes()
    assert (a.groups != b.groups).nnz == 0


@pytest.mark.parametrize("seed", range(20))
def test_restricting_keeps_the_values_of_plans_that_agree(seed: int) -> None:
    core = reduce(random_problem(seed))
    if core.n_options < 3:
        return
    out, into = np.zeros(core.n_options, bool), np.zeros(core.n_options, bool)
    out[0], into[1] = True, True
    small, label = restrict(core, out, into)
    place = {int(o): k for k, o in enumerate(core.option)}
    for k in range(small.n_options):
        old = [1, place[int(small.option[k])]]
        assert core_value(small, [k]) == pytest.approx(core_value(core, old), abs=1e-9)
    assert label.size == core.n_classes
    assert label.max(initial=-1) < small.n_classes


def test_unit_of_people() -> None:
    assert people_unit(np.array([1.0, 5])) == 1
    assert people_unit(np.array([3.7, 7.4])) == 0.1
    assert people_unit(np.array([1 / 3])) == 0
    assert people_unit(np.zeros(0)) == 1


def test_nothing_left_is_a_core_of_nothing() -> None:
    problem = replace(random_problem(1), budget_mvnd=0.0)
    core = drop_dominated(reduce(problem))
    assert core.n_options == 0
    assert core.n_classes == 0
