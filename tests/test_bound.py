"""The ceiling: never below the true optimum, close to the LP, and decisions that lose no good plan."""

import time

import numpy as np
import pytest

from benchmarks.instances import make_instance
from coverage.compute import silent
from coverage.optimise.board import make_board
from coverage.optimise.bound import Ceiling
from coverage.optimise.model import covering, people_objective, run
from coverage.optimise.problem import covered_people
from coverage.optimise.reduce import reduce, restrict
from coverage.optimise.search import decided
from tests.test_exact import all_plans, brute_force, random_problem


@pytest.mark.parametrize("seed", range(100))
def test_never_below_the_optimum_and_decisions_keep_the_best(seed: int) -> None:
    problem = random_problem(seed)
    core = reduce(problem)
    if core.n_options == 0:
        return
    ceiling = Ceiling(core, make_board(core))
    base, optimum = covered_people(problem, core.fixed), brute_force(problem)[0]
    for _ in range(6):
        dual = ceiling.advance()
        assert dual.value + base >= optimum - 1e-9
        assert dual.primal <= dual.value + 1e-9
    lp = run(covering(core, people_objective(core)), relaxed=True, deadline=time.monotonic() + 9, progress=silent)
    assert dual.value >= -lp.bound - 1e-6
    assert dual.primal <= -lp.bound + 1e-5
    out, into = decided(dual, ceiling.pack.part, optimum - base, core.unit)
    best = [set(p) for p in all_plans(problem) if covered_people(problem, p) >= optimum - 1e-9]
    assert any(p <= set(core.option.tolist()) | set(core.fixed) for p in best)
    for plan in best:
        if plan <= set(core.option.tolist()) | set(core.fixed):
            assert not plan & set(core.option[out].tolist())
            assert set(core.option[into].tolist()) <= plan


def test_meets_the_linear_programme_on_terrain() -> None:
    core = reduce(make_instance(4, 60))
    lp = run(covering(core, people_objective(core)), relaxed=True, deadline=time.monotonic() + 60, progress=silent)
    ceiling = Ceiling(core, make_board(core))
    for _ in range(40):
        dual = ceiling.advance()
    assert -lp.bound - 1e-6 <= dual.value <= -lp.bound * 1.0005
    assert dual.primal >= -lp.bound * 0.998


def test_a_warm_start_on_a_smaller_core_is_still_a_ceiling() -> None:
    core = reduce(make_instance(4, 60))
    into = np.zeros(core.n_options, bool)
    into[np.argmax(np.diff(core.rows.indptr))] = True
    small, _ = restrict(core, np.zeros_like(into), into)
    whole, part = Ceiling(core, make_board(core)), Ceiling(small, make_board(small))
    for _ in range(10):
        whole.advance()
        part.advance()
    assert part.best.value + small.gained <= whole.best.value * 1.01
