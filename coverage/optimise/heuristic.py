# ruff: noqa: ANN001, ANN201, ANN202, NPY002 - numba infers the kernels' types and knows only the old generator
"""A good plan fast: greedy by people per money, swaps, then ruin and recreate. Compiled and seeded.

The greedy start together with the best single option is within 1 - 1/sqrt(e) of the best (Khuller, Moss and Naor
1999, one budget); ruin and recreate after Schrimpf et al. (2000). Effort is counted in work done, never in seconds,
so that the same input gives the same plan on any machine.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from coverage.optimise.board import Board, State, drop, fill, fits, put, set_plan

MOSTLY = 0.6  # share of refills that go by plain people per money


def greedy(board: Board, state: State, pool: NDArray[np.int64]) -> int:
    """Bring the state to the better of two greedy plans (per money, and plain); return its people in units."""
    added = np.empty(state.chosen.size, np.int64)
    empty = np.zeros(state.chosen.size, np.bool_)
    best_value, best = -1, empty
    for power in (1.0, 0.5, 0.0):
        set_plan(board, state, empty)
        value = int(fill(board, state, pool, board.price**-power, added)[0])
        if value > best_value:
            best_value, best = value, state.chosen.copy()
    set_plan(board, state, best)
    return best_value


@njit(cache=True, nogil=True)
def swap_pass(board, state, pool, added):  # type: ignore[no-untyped-def]
    """Try every chosen option against its best replacement, then fill; return the people won in one pass."""
    won, rate = 0, 1.0 / board.price
    for out in np.flatnonzero(state.chosen):
        if not state.chosen[out]:
            continue
        lost = drop(board, state, out)
        best, best_gain = out, lost
        for j in pool:
            if j != out and not state.chosen[j] and state.gain[j] > best_gain and fits(board, state, j):
                best, best_gain = j, state.gain[j]
        won += put(board, state, best) - lost
        if best != out:
            won += fill(board, state, pool, rate, added)[0]
    return won


@njit(cache=True, nogil=True)
def _pick_ruin(board, state, order, n_chosen, size, out):  # type: ignore[no-untyped-def]
    """Write ``size`` chosen options to ``out``: a random one and others that overlap it, topped up at random."""
    first = order[np.random.randint(n_chosen)]
    out[0], n_out, tries = first, 1, 0
    start, length = board.row_start[first], board.row_start[first + 1] - board.row_start[first]
    while n_out < size and tries < 12 * size:
        tries += 1
        if tries % 4 == 0 or length == 0:
            j = order[np.random.randint(n_chosen)]
        else:
            i = board.row_class[start + np.random.randint(length)]
            width = board.col_start[i + 1] - board.col_start[i]
            j = board.col_option[board.col_start[i] + np.random.randint(width)]
            if not state.chosen[j]:  # step through a neighbour to what it overlaps
                span = board.row_start[j + 1] - board.row_start[j]
                i = board.row_class[board.row_start[j] + np.random.randint(span)]
                for b in range(board.col_start[i], board.col_start[i + 1]):
                    if state.chosen[board.col_option[b]]:
                        j = board.col_option[b]
                        break
        if not state.chosen[j]:
            continue
        known = False
        for a in range(n_out):
            known = known or out[a] == j
        if not known:
            out[n_out] = j
            n_out += 1
    return n_out


@njit(cache=True, nogil=True)
def ruin_and_recreate(board, state, pool, value, best_chosen, best_value, heat, seed, work):  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917 - a kernel's state
    """Drop a few neighbouring options and refill, keep what is not much worse; return value, best value, rounds.

    ``best_chosen`` is kept up. ``heat``: how far below the best (in units) the plan may drift. Stops after ``work``
    entries touched.
    """
    np.random.seed(seed)
    n_options = state.chosen.size
    added, out = np.empty(n_options, np.int64), np.empty(n_options, np.int64)
    order, taste = np.empty(n_options, np.int64), np.zeros(n_options)
    spent, rounds = 0, 0
    width = board.row_class.size // max(1, board.weight.size) + 1
    while spent < work:
        rounds += 1
        n_chosen = 0
        for j in range(n_options):
            if state.chosen[j]:
                order[n_chosen] = j
                n_chosen += 1
        if n_chosen == 0:
            break
        size = min(n_chosen, 1 + int(10.0 * np.random.random() ** 2))
        n_out = _pick_ruin(board, state, order, n_chosen, size, out)
        lost = 0
        for a in range(n_out):
            lost += drop(board, state, out[a])
            spent += (board.row_start[out[a] + 1] - board.row_start[out[a]]) * width
        power = 1.0 if np.random.random() < MOSTLY else np.random.random()
        noise = 0.3 * np.random.random()
        for j in pool:
            taste[j] = (1.0 + noise * (2.0 * np.random.random() - 1.0)) / (board.price[j] ** power)
        won, n_added = fill(board, state, pool, taste, added)
        spent += (n_added + 11) * pool.size
        for a in range(n_added):
            spent += (board.row_start[added[a] + 1] - board.row_start[added[a]]) * width
        new = value - lost + won
        if new >= value or new > best_value - heat:
            value = new
            if new > best_value:
                best_value = new
                best_chosen[:] = state.chosen
            continue
        for a in range(n_added):
            drop(board, state, added[a])
        for a in range(n_out):
            put(board, state, out[a])
    return value, best_value, rounds
