"""Kernels: gains kept up step by step equal gains from scratch; plans are feasible, seeded and good."""

import numpy as np
import pytest

from coverage.optimise.board import Board, State, drop, make_board, new_state, put
from coverage.optimise.heuristic import greedy, ruin_and_recreate, swap_pass
from coverage.optimise.problem import covered_people, feasible
from coverage.optimise.reduce import Core, reduce
from tests.test_exact import brute_force, random_problem


def opened(seed: int) -> tuple[object, Core, Board, State]:
    problem = random_problem(seed)
    core = reduce(problem)
    board = make_board(core)
    return problem, core, board, new_state(core, board, np.zeros(core.n_options, bool))


@pytest.mark.parametrize("seed", range(30))
def test_moves_keep_everything_right(seed: int) -> None:
    _, core, board, state = opened(seed)
    rng = np.random.default_rng(seed)
    value = 0
    for _ in range(40 if core.n_options else 0):
        j = int(rng.integers(core.n_options))
        value += -drop(board, state, j) if state.chosen[j] else put(board, state, j)
    fresh = new_state(core, board, state.chosen.copy())
    assert (fresh.served == state.served).all()
    assert (fresh.gain == state.gain).all()
    assert (fresh.taken == state.taken).all()
    assert fresh.room == pytest.approx(state.room)
    served = np.asarray(core.rows[np.flatnonzero(state.chosen)].sum(axis=0)).ravel() > 0
    assert value / board.scale == pytest.approx(core.weight[served].sum())


@pytest.mark.parametrize("seed", range(60))
def test_plans_are_feasible_and_improve_step_by_step(seed: int) -> None:
    problem, core, board, state = opened(seed)
    if core.n_options == 0:
        return
    pool, added = np.arange(core.n_options), np.empty(core.n_options, np.int64)
    first = greedy(board, state, pool)
    second = first + swap_pass(board, state, pool, added)
    best = state.chosen.copy()
    _, third, rounds = ruin_and_recreate(board, state, pool, second, best, second, 0, seed, 20_000)
    assert first <= second <= third
    assert rounds > 0
    plan = (*core.fixed, *(int(i) for i in core.option[best]))
    assert feasible(problem, plan)
    base = covered_people(problem, core.fixed)
    assert base + third / board.scale == pytest.approx(covered_people(problem, plan), abs=1e-6)
    optimum = brute_force(problem)[0]
    assert covered_people(problem, plan) <= optimum + 1e-6
    assert base + first / board.scale >= 0.39 * (optimum - base) + base - 1e-6 or "outlay" in str(problem)


def test_same_seed_same_plan() -> None:
    plans = []
    for _ in range(2):
        _, core, board, state = opened(7)
        value = greedy(board, state, np.arange(core.n_options))
        best = state.chosen.copy()
        ruin_and_recreate(board, state, np.arange(core.n_options), value, best, value, 5, 3, 50_000)
        plans.append((best.tolist(), state.chosen.tolist()))
    assert plans[0] == plans[1]
