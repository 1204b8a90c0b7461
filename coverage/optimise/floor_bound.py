# ruff: noqa: ANN001, ANN202 - numba infers the types of the kernel
"""The ceiling on people under floors: floors priced into the people of their groups, then the plain ceiling.

For prices p_g >= 0 and a total shortfall of at most S: people <= C(w (1 + p)) + S max_g p_g - sum_g p_g n_g, with
C the ceiling of ``bound.py`` at the raised people and n_g the people group g must gain. Valid for any prices; they
are moved by subgradient.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.optimise.board import Board, make_board
from coverage.optimise.bound import Ceiling, Dual
from coverage.optimise.reduce import Core, restrict
from coverage.optimise.search import TRACE, Search, Stop, decided

ROUNDS = 14
PLANS = 5
LEAST = 1e-9  # people below this are rounding
BURST = 4


@dataclass(frozen=True, eq=False)
class Priced:
    """The best ceiling found: prices of the floors, the dual at the raised people, and what it proves."""

    ceiling: float
    offset: float  # people of a plan at the raised weights = its people + at least this, when it keeps the floors
    dual: Dual
    part: NDArray[np.int64]
    prices: NDArray[np.float64]


def zone_people(core: Core, count: int, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the people per group that a (fractional) plan serves."""
    served = np.minimum(1.0, np.asarray(core.columns @ x).ravel())
    return np.bincount(core.zone, weights=core.weight * served, minlength=count + 1)[1:].astype(np.float64)


def priced_ceiling(
    core: Core, needed: NDArray[np.float64], shortfall: float, *, deadline_passed: Progress
) -> Priced:
    """Return the lowest ceiling on people among plans with at most ``shortfall`` people lacking in all.

    ``deadline_passed`` is a progress callback that returns False to stop early with what is known.
    """
    board: Board = make_board(core)
    prices = np.zeros(needed.size)
    best: Priced | None = None
    warm: Dual | None = None
    scale = np.maximum(needed, 1e-9)
    for step in range(ROUNDS):
        raised = np.append(0.0, prices)[core.zone]
        ceiling = Ceiling(replace(core, weight=core.weight * (1.0 + raised)), board, start=warm)
        for _ in range(BURST if best else 2 * BURST):
            warm = ceiling.advance()
        offset = float((prices * needed).sum() - shortfall * prices.max(initial=0.0))
        value = ceiling.best.value - offset
        if best is None or value < best.ceiling:
            best = Priced(value, offset, ceiling.best, ceiling.pack.part, prices.copy())
        lack = needed - zone_people(core, needed.size, ceiling.best.x)
        if deadline_passed("floors_bound", step, ROUNDS) is False:
            break
        if (lack <= 1e-6 * scale).all() and not prices.any():
            break
        prices = np.maximum(0.0, prices + 1.5 / (1.0 + 0.5 * step) * lack / scale)
        prices[needed <= 0] = 0.0
    assert best is not None  # noqa: S101 - the first round always sets it
    return best


def priced_plans(
    core: Core, priced: Priced, needed: NDArray[np.float64], *, deadline: float, gap: float, seed: int,
    progress: Progress,
) -> Iterator[tuple[int, ...]]:
    """Yield plans that are good at the raised people, raising further what still lacks; they may miss a floor."""
    prices = priced.prices.copy()
    for _ in range(PLANS):
        raised = replace(core, weight=core.weight * (1.0 + np.append(0.0, prices)[core.zone]), unit=0.0)
        search = Search(raised, deadline=deadline, gap=gap, seed=seed, progress=progress)
        try:
            search.climb()
            search.improve(PLANS)
        except Stop:
            yield search.best
            return
        yield search.best
        picked = np.isin(core.option, search.best).astype(np.float64)
        lack = needed - zone_people(core, needed.size, picked)
        if (lack <= LEAST).all():
            return
        prices = np.where(lack > LEAST, 1.5 * prices + 0.3, prices)


def likely(core: Core, priced: Priced, plan: NDArray[np.bool_]) -> tuple[Core, NDArray[np.bool_]]:
    """Return the core of the options a good plan is likely to use (and those of ``plan``), and which were kept."""
    width = max(priced.dual.value - priced.dual.primal, 0.002 * priced.dual.value)
    keep = plan | (priced.dual.x > TRACE) | (priced.dual.score > -0.5 * width)
    small, _ = restrict(core, ~keep, np.zeros_like(keep))
    return small, keep


def settled(
    core: Core, priced: Priced, value: float, needed: NDArray[np.float64]
) -> tuple[Core, NDArray[np.float64]]:
    """Return the core without the options that a plan of ``value`` people within the floors cannot hold, or must.

    Returns the needs of the groups left after what is settled, too.
    """
    out, into = decided(priced.dual, priced.part, value + priced.offset, 0.0)
    small, _ = restrict(core, out, into)
    return small, np.maximum(0.0, needed - zone_people(core, needed.size, into.astype(np.float64)))


@njit(cache=True, nogil=True)
def _serve(board, weight, zone, j, served, table):  # type: ignore[no-untyped-def]
    """Serve the classes of option j: take their people out of ``table`` (options by group) and return them by group."""
    got = np.zeros(table.shape[1])
    for a in range(board.row_start[j], board.row_start[j + 1]):
        i = board.row_class[a]
        if not served[i] and zone[i] > 0:
            served[i] = True
            got[zone[i] - 1] += weight[i]
            for b in range(board.col_start[i], board.col_start[i + 1]):
                table[board.col_option[b], zone[i] - 1] -= weight[i]
    return got


def greedy_floors(core: Core, needed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a plan that fills the groups' needs, most needed people per money first, then drops what it can spare."""
    board = make_board(core)
    inside = np.flatnonzero(core.zone > 0)
    share = sp.csr_array((core.weight[inside], (inside, core.zone[inside] - 1)), shape=(core.n_classes, needed.size))
    table = np.ascontiguousarray((core.rows.astype(np.float64) @ share).toarray())
    chosen, served = np.zeros(core.n_options, bool), np.zeros(core.n_classes, bool)
    room, free, left = core.limit.copy(), np.ones(core.n_options, bool), needed.copy()
    while True:
        gain = np.minimum(table, np.maximum(left, 0.0)).sum(axis=1)
        free &= (core.used <= room).all(axis=1)
        score = np.where(free & (gain > LEAST), gain / board.price, 0.0)
        if score.max(initial=0.0) <= 0:
            break
        j = int(np.argmax(score))
        chosen[j], free[j] = True, False
        room = room - core.used[j]
        blocked = core.groups.T @ (core.groups @ (np.arange(core.n_options) == j).astype(np.float64))
        free &= np.asarray(blocked).ravel() == 0
        left -= _serve(board, core.weight, core.zone, j, served, table)
    lack = np.maximum(0.0, needed - zone_people(core, needed.size, chosen.astype(np.float64))).sum()
    for j in sorted(np.flatnonzero(chosen).tolist(), key=lambda j: -board.price[j]):
        chosen[j] = False
        now = np.maximum(0.0, needed - zone_people(core, needed.size, chosen.astype(np.float64))).sum()
        chosen[j] = bool(now > lack + LEAST)
    return chosen
