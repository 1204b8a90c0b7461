# ruff: noqa: SIM110, ANN001, ANN201, ANN202 - numba infers the types of the kernels
"""The core as compiled kernels read it, and the moves on it: put an option, drop it, fill the money left.

People are counted in whole units (``Core.unit``, or a fine power of two), so that gains kept up step by step never
drift and equal plans compare equal.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from coverage.optimise.reduce import Core

LARGEST = 2.0**52  # whole units stay exact in int64 and in float64


class Board(NamedTuple):
    """The core as plain arrays; people in whole units of 1 / ``scale``."""

    row_start: NDArray[np.int64]  # option -> its classes
    row_class: NDArray[np.int32]
    col_start: NDArray[np.int64]  # class -> its options
    col_option: NDArray[np.int32]
    weight: NDArray[np.int64]
    used: NDArray[np.float64]  # (n_options, k) of what is limited
    limit: NDArray[np.float64]
    group_start: NDArray[np.int64]  # option -> its groups
    group_of: NDArray[np.int32]
    price: NDArray[np.float64]  # share of all that is limited
    scale: float


class State(NamedTuple):
    """A plan in the making; every array is kept right by ``put`` and ``drop``."""

    chosen: NDArray[np.bool_]
    served: NDArray[np.int32]  # options that serve each class
    gain: NDArray[np.int64]  # what each option would add now
    room: NDArray[np.float64]
    taken: NDArray[np.int32]  # options chosen in each group


def make_board(core: Core) -> Board:
    """Return the core as plain arrays for the kernels."""
    total = float(core.weight.sum())
    scale = 1.0 / core.unit if core.unit else 2.0 ** float(np.floor(np.log2(LARGEST / max(total, 1e-300))))
    finite = np.isfinite(core.limit)
    used, limit = np.ascontiguousarray(core.used[:, finite]), np.ascontiguousarray(core.limit[finite])
    price = (used / np.maximum(limit, 1e-12)).sum(axis=1) if limit.size else np.ones(core.n_options)
    member = core.groups.T.tocsr()
    return Board(
        core.rows.indptr.astype(np.int64), core.rows.indices.astype(np.int32, copy=False),
        core.columns.indptr.astype(np.int64), core.columns.indices.astype(np.int32, copy=False),
        np.rint(core.weight * scale).astype(np.int64), used, limit,
        member.indptr.astype(np.int64), member.indices.astype(np.int32), np.maximum(price, 1e-9), float(scale),
    )


def new_state(core: Core, board: Board, chosen: NDArray[np.bool_]) -> State:
    """Return the state of a plan."""
    state = State(
        np.zeros(core.n_options, np.bool_), np.zeros(core.n_classes, np.int32), np.zeros(core.n_options, np.int64),
        board.limit.copy(), np.zeros(max(core.groups.shape[0], 1), np.int32),
    )
    set_plan(board, state, chosen)
    return state


@njit(cache=True, nogil=True)
def _shift(board, state, j, step):  # type: ignore[no-untyped-def]
    """Serve (step 1) or unserve (step -1) the classes of option j, keeping gains right; return the people."""
    change = 0
    for a in range(board.row_start[j], board.row_start[j + 1]):
        i = board.row_class[a]
        before = state.served[i]
        state.served[i] = before + step
        if before + step == 0 or before == 0:
            change += board.weight[i]
            delta = -step * board.weight[i]
            for b in range(board.col_start[i], board.col_start[i + 1]):
                state.gain[board.col_option[b]] += delta
    return change


@njit(cache=True, nogil=True)
def put(board, state, j):  # type: ignore[no-untyped-def]
    """Choose option j; return the people won."""
    state.chosen[j] = True
    for k in range(board.limit.size):
        state.room[k] -= board.used[j, k]
    for a in range(board.group_start[j], board.group_start[j + 1]):
        state.taken[board.group_of[a]] += 1
    return _shift(board, state, j, 1)


@njit(cache=True, nogil=True)
def drop(board, state, j):  # type: ignore[no-untyped-def]
    """Take option j away; return the people lost."""
    state.chosen[j] = False
    for k in range(board.limit.size):
        state.room[k] += board.used[j, k]
    for a in range(board.group_start[j], board.group_start[j + 1]):
        state.taken[board.group_of[a]] -= 1
    return _shift(board, state, j, -1)


@njit(cache=True, nogil=True)
def fits(board, state, j):  # type: ignore[no-untyped-def]
    """Tell whether option j fits the money left and the groups not yet taken."""
    for k in range(board.limit.size):
        if board.used[j, k] > state.room[k] + 1e-12 * board.limit[k]:
            return False
    for a in range(board.group_start[j], board.group_start[j + 1]):
        if state.taken[board.group_of[a]] > 0:
            return False
    return True


@njit(cache=True, nogil=True)
def set_plan(board, state, chosen):  # type: ignore[no-untyped-def]
    """Bring the state to a plan from scratch; return its people."""
    state.room[:] = board.limit
    state.taken[:] = 0
    state.served[:] = 0
    for j in range(chosen.size):
        state.chosen[j] = False
        state.gain[j] = 0
        for a in range(board.row_start[j], board.row_start[j + 1]):
            state.gain[j] += board.weight[board.row_class[a]]
    value = 0
    for j in range(chosen.size):
        if chosen[j]:
            value += put(board, state, j)
    return value


@njit(cache=True, nogil=True)
def fill(board, state, pool, taste, added):  # type: ignore[no-untyped-def]
    """Add the option of ``pool`` with the largest gain * taste that fits, until none does.

    Returns the people won and how many options were written to ``added``. Ties: the first of ``pool``.
    """
    won, n_added = 0, 0
    while True:
        best, best_score = -1, 0.0
        for j in pool:
            score = state.gain[j] * taste[j]
            if score > best_score and not state.chosen[j] and fits(board, state, j):
                best, best_score = j, score
        if best < 0:
            return won, n_added
        won += put(board, state, best)
        added[n_added] = best
        n_added += 1
