"""The search: good plan, ceiling, fixing of options by their scores, round and round on an ever smaller core."""

import time

import numpy as np
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.optimise.board import fill, make_board, new_state, set_plan
from coverage.optimise.bound import Ceiling, Dual
from coverage.optimise.heuristic import greedy, ruin_and_recreate, swap_pass
from coverage.optimise.reduce import Core, drop_dominated, restrict

BURST = 5  # looks at the ceiling between two roundings
MOST_BURSTS = 12
SHRINK = 0.1  # a core is rebuilt when this share of its options is decided
WORK_PER_BURST = 60_000_000  # entries touched by ruin and recreate between two looks at the clock
SURE = 0.9  # a fractional plan above this takes the option
PARTLY = 0.05  # above this it may take it
TRACE = 0.01  # above this the option stays in the heuristic's pool
SMALL_REFIX = 5_000  # a core with fewer entries needs no further fixing
SMALL_ENTRIES = 60_000  # a core this small goes to the exact finish at once


class Stop(Exception):  # noqa: N818 - a signal within this folder, never raised to the caller
    """The deadline passed or the user stopped."""


class Search:
    """Best plan and ceiling of a core, with the core shrunk as options are decided.

    ``best`` holds option indices of the problem, ``value`` and ``bound`` the people beyond the must-haves.
    """

    def __init__(
        self, core: Core, *, deadline: float, gap: float, seed: int, progress: Progress,
        start: tuple[int, ...] = (), effort: float = 1.0,
    ) -> None:
        self.core, self.deadline, self.gap, self.seed, self.progress = core, deadline, gap, seed, progress
        self.effort = effort
        self.ended = ""
        self.best: tuple[int, ...] = core.fixed
        self.value, self.bound = 0.0, float(core.weight.sum())
        self._open(core, None)
        self._first_plans(start)

    def _open(self, core: Core, dual: Dual | None) -> None:
        """Take up a core; ``dual`` warm-starts its ceiling."""
        self.core, self.board = core, make_board(core)
        self.state = new_state(core, self.board, np.zeros(core.n_options, bool))
        self.pool = np.arange(core.n_options)
        self.added = np.empty(core.n_options, np.int64)
        self.rate = 1.0 / self.board.price
        self.warm = dual
        self.ceiling: Ceiling | None = None

    def people(self, units: int) -> float:
        """Return the people of a plan of the current core that gains ``units``."""
        return self.core.gained + units / self.board.scale

    def met(self) -> bool:
        """Tell whether the gap asked for is reached."""
        return self.bound - self.value <= max(self.gap * self.bound, 1e-9 * self.bound, 0.5 * self.core.unit)

    def check(self, stage: str, done: int, total: int) -> None:
        """Report and raise Stop when the time is over or the user says so."""
        if self.progress(stage, done, total) is False:
            self.ended = "cancelled"
        elif time.monotonic() > self.deadline:
            self.ended = "time_limit"
        if self.ended:
            raise Stop

    def note(self, units: int) -> None:
        """Keep the plan of the state when it beats the best."""
        if self.people(units) > self.value * (1 + 1e-12):
            self.value = self.people(units)
            self.best = (*self.core.fixed, *(int(i) for i in self.core.option[self.state.chosen]))

    def load(self, plan: tuple[int, ...]) -> int:
        """Bring the state to what of a plan the core still holds and can pay; return its units."""
        wanted = np.isin(self.core.option, plan)
        set_plan(self.board, self.state, wanted)
        if (self.state.room < -1e-9 * self.board.limit).any() or (self.state.taken > 1).any():
            return int(set_plan(self.board, self.state, np.zeros(self.core.n_options, bool)))
        return int(set_plan(self.board, self.state, wanted))

    def _polish(self, units: int, passes: int = 4) -> int:
        units += int(fill(self.board, self.state, self.pool, self.rate, self.added)[0])
        for _ in range(passes):
            won = int(swap_pass(self.board, self.state, self.pool, self.added))
            units += won
            if won == 0:
                break
        self.note(units)
        return units

    def _first_plans(self, start: tuple[int, ...]) -> None:
        if self.core.n_options == 0:
            self.bound = self.value
            return
        if start:
            self._polish(self.load(start))
        self._polish(greedy(self.board, self.state, self.pool))

    def climb(self) -> None:
        """Lower the ceiling and round its fractional plan, until the gap is met or the ceiling stands still."""
        before = np.inf
        for burst in range(MOST_BURSTS):
            self.check("bound", burst, MOST_BURSTS)
            if self.met() or self.core.n_options == 0:
                return
            if self.ceiling is None:
                self.ceiling = Ceiling(self.core, self.board, start=self.warm)
            for _ in range(BURST):
                dual = self.ceiling.advance()
                self.check("bound", burst, MOST_BURSTS)
            self._lower(dual)
            self._round(dual)
            width = max(dual.value - dual.primal, 0.0)
            still = before - dual.value < 0.02 * max(self.bound - self.value, 0.0)
            before = dual.value
            if self._shrink(dual):
                before = np.inf
            if still or width <= 0.05 * self.gap * self.bound or self.core.rows.nnz <= SMALL_ENTRIES:
                return

    def _lower(self, dual: Dual) -> None:
        ceiling = self.core.gained + dual.value
        if self.core.unit:
            ceiling = float(np.floor(ceiling / self.core.unit + 1e-6) * self.core.unit)
        self.bound = max(min(self.bound, ceiling), self.value)

    def _round(self, dual: Dual) -> None:
        """Make a plan of the fractional one: what it takes for sure, then what it takes in part, then what helps."""
        near = dual.score > -0.5 * max(dual.value - dual.primal, self.bound - self.value)
        self.pool = np.flatnonzero(near | (dual.x > TRACE))
        sure = dual.x > SURE
        units = int(set_plan(self.board, self.state, sure))
        if (self.state.room < -1e-9 * self.board.limit).any() or (self.state.taken > 1).any():
            units = int(set_plan(self.board, self.state, np.zeros_like(sure)))
        partly = np.flatnonzero(dual.x > PARTLY)
        units += int(fill(self.board, self.state, partly, self.rate, self.added)[0])
        self._polish(units)

    def _shrink(self, dual: Dual, least: float = SHRINK) -> bool:
        """Decide options whose score leaves no room for a plan as good as the best; rebuild when many are."""
        assert self.ceiling is not None  # noqa: S101 - set by climb
        out, into = decided(dual, self.ceiling.pack.part, self.value - self.core.gained, self.core.unit)
        if out.sum() + into.sum() <= least * self.core.n_options:
            return False
        core, label = restrict(self.core, out, into)
        kept = np.isin(self.core.option, core.option)
        old_limit, new_limit = self.core.limit, core.limit
        self._open(core, _carry(dual, self.ceiling, core, label, kept, old_limit, new_limit))
        if core.n_options == 0 or core.n_classes == 0:
            self.value = max(self.value, core.gained)
            self.bound = self.value
        return True

    def drop_dominated(self) -> None:
        """Drop options that, on the smaller core, another can always stand in for."""
        core = drop_dominated(self.core)
        if core.n_options < self.core.n_options:
            self._open(core, None)

    def refix(self) -> None:
        """Decide once more with the best plan known, before the later objectives."""
        if self.ceiling is None and self.core.n_options and self.core.rows.nnz > SMALL_REFIX:
            self.ceiling = Ceiling(self.core, self.board)
            for _ in range(2 * BURST):
                dual = self.ceiling.advance()
            self._shrink(dual, 0.0)
        elif self.ceiling is not None:
            self._shrink(self.ceiling.best, 0.0)

    def improve(self, rounds: int) -> None:
        """Ruin and recreate from the best plan, cooling down; then fix what the better plan decides."""
        if self.core.n_options == 0:
            return
        units = self._polish(self.load(self.best))
        top, best = units, self.state.chosen.copy()
        gap_units = (self.bound - self.value) * self.board.scale
        for step in range(rounds):
            self.check("improve", step, rounds)
            heat = int(0.05 * gap_units * max(0.0, 0.5 - step / rounds))
            units, top, _ = ruin_and_recreate(
                self.board, self.state, self.pool, units, best, top, heat, self.seed + 7919 * step + 1, WORK_PER_BURST)
            if self.people(top) > self.value * (1 + 1e-12):
                self.value = self.people(top)
                self.best = (*self.core.fixed, *(int(i) for i in self.core.option[best]))
            if self.met():
                return
        if self.ceiling is not None:
            self._shrink(self.ceiling.best)


def decided(
    dual: Dual, part: NDArray[np.int64], value: float, unit: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return options that no plan of ``value`` or more holds, and those that every such plan holds."""
    with_it = dual.value - dual.part_best[part] + dual.score
    leads = (dual.score > 0) & (dual.score >= dual.part_best[part])
    without = np.where(leads, dual.value - dual.part_best[part] + dual.part_next[part], np.inf)
    if unit:
        with_it = np.floor(with_it / unit + 1e-6) * unit
        without = np.floor(without / unit + 1e-6) * unit
    floor = value - max(0.5 * unit, 1e-9 * abs(value))
    return with_it < floor, without < floor


def _carry(
    dual: Dual, ceiling: Ceiling, core: Core, label: NDArray[np.int64], kept: NDArray[np.bool_],
    old_limit: NDArray[np.float64], new_limit: NDArray[np.float64],
) -> Dual | None:
    """Return a ceiling's prices as they start the smaller core: classes by people, money by what is left of it."""
    moved = label >= 0
    weight = np.bincount(label[moved], weights=ceiling.core.weight[moved], minlength=core.n_classes)
    priced = np.bincount(label[moved], weights=(ceiling.core.weight * dual.v)[moved], minlength=core.n_classes)
    v = np.divide(priced, weight, out=np.full(core.n_classes, 0.5), where=weight > 0)
    finite = np.flatnonzero(np.isfinite(old_limit) & (ceiling.core.used.max(axis=0, initial=0.0) > 0))
    still = np.flatnonzero(np.isfinite(new_limit) & (core.used.max(axis=0, initial=0.0) > 0))
    money = {int(k): dual.price[p] * new_limit[k] / max(old_limit[k], 1e-300) for p, k in enumerate(finite)}
    price = np.zeros(still.size + core.groups.shape[0])
    price[: still.size] = [money.get(int(k), 0.0) for k in still]
    empty = np.zeros(0)
    return Dual(dual.value, v, price, empty, empty, empty, dual.x[kept], 0.0)
