"""The search for sites and network: good plans, shares of the links, ceilings of the charged problem, in turns."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.errors import PlanError
from coverage.optimise.exact import solve
from coverage.optimise.network_bound import RELAX_ARCS, ascended, charged, relaxed, terminals
from coverage.optimise.network_core import Core, make_field
from coverage.optimise.network_exact import Proof, prove
from coverage.optimise.network_heuristic import fill, relay, ruin_and_recreate
from coverage.optimise.network_moves import clear, lay, new_trees, prune, put, shift, survey

WORK_PER_BURST = 20_000_000  # entries touched between two looks at the clock, less in small cores
WORK_PER_ENTRY = 500
FIRST_BURSTS = 6
TURNS, SMALL_TURNS = 3, 1  # rounds of shares by dual ascent before the long look at the ceiling
TURN_SHARE = 0.1  # of the time, for the ceiling in each turn
RELAX_SHARE = 0.45  # of the time, for the cut relaxation
COST_SHARE = 0.3  # of the time left, for the least cost once the people are enough
LONG_SHARE = 0.7  # of the time left, for the ceiling at the best shares
SMALL_ENTRIES, SMALL_ARCS = 300, 300  # a core this small is proven whole at once
MIDDLE_ENTRIES, MIDDLE_ARCS = 40_000, 6_000  # a core this small is given to the exact model at the end
LAYINGS = 24  # orders in which the trees of the final plan are laid anew
HEAT = 0.003  # how far below the best, as a share, a plan may drift at first


class Stop(Exception):  # noqa: N818 - a signal within this folder, never raised to the caller
    """The deadline passed or the user stopped."""


@dataclass(frozen=True, eq=False)
class Found:
    """A plan as the kernels hold it: options of the core, uplink arc of each node (-1: none)."""

    chosen: NDArray[np.bool_]
    uplink: NDArray[np.int64]
    units: int


class Search:
    """Best plan and ceiling of a core. ``value`` and ``bound`` in people of the core's classes."""

    def __init__(
        self, core: Core, *, deadline: float, gap: float, seed: int, progress: Progress, people_only: bool = False,
    ) -> None:
        self.core, self.deadline, self.gap, self.seed, self._progress = core, deadline, gap, seed, progress
        self.people_only = people_only
        self.ended, self.proven = "", False
        self.bound = float(core.weight.sum())
        self.field = make_field(core)
        self.trees = new_trees(self.field, core.graph.n_states)
        self.pool = np.flatnonzero(~core.required)
        self.best: Found | None = None
        self.value = 0.0
        self.bursts = 0

    def progress(self, stage: str, done: int, total: int) -> bool | None:
        """Pass on a report, and remember when the user stops."""
        if self.ended == "cancelled" or self._progress(stage, done, total) is False:
            self.ended = "cancelled"
            return False
        return None

    def check(self, stage: str, done: int, total: int) -> None:
        """Report, and raise Stop when the time is over or the user says so."""
        if self.progress(stage, done, total) is not False and time.monotonic() > self.deadline:
            self.ended = "time_limit"
        if self.ended:
            raise Stop

    def met(self) -> bool:
        """Tell whether the gap asked for is reached."""
        slack = max(self.gap * self.bound, 1e-9 * self.bound, 0.5 * self.core.unit)
        return self.best is not None and self.bound - self.value <= slack

    def until(self, share: float) -> float:
        """Return the moment when a share of the time left is over."""
        now = time.monotonic()
        return now + share * max(self.deadline - now, 0.0)

    def run(self) -> None:
        """Search until the gap is met, the model is proven, the time is over or the user stops."""
        core = self.core
        self.first_plan()
        entries, arcs = core.rows.nnz, core.graph.n_arcs
        if entries <= SMALL_ENTRIES and arcs <= SMALL_ARCS and self.exact():
            return
        self.improve(FIRST_BURSTS)
        if not self.met():
            self.ceilings()
        enough = self.people_only and self.met()
        if not enough and entries <= MIDDLE_ENTRIES and arcs <= MIDDLE_ARCS and self.exact():
            return
        while not self.met():
            self.improve(FIRST_BURSTS)

    def lower(self, bound: float) -> None:
        """Take up a proven ceiling."""
        self.bound = max(min(self.bound, self.core.down(bound)), self.value)

    def note(self, units: int, chosen: NDArray[np.bool_], uplink: NDArray[np.int64]) -> None:
        """Keep a plan that beats the best."""
        if self.best is None or units > self.best.units:
            self.best = Found(chosen.copy(), uplink.copy(), int(units))
            self.value = units / self.core.scale
            self.bound = max(self.bound, self.value)

    def start_from(self, wanted: NDArray[np.intp]) -> int | None:
        """Bring the state to the must-haves, then as many of ``wanted`` and of the rest as can be paid.

        Returns units of people; None where the must-haves could not be laid.
        """
        field, trees = self.field, self.trees
        clear(field, trees, self.core.graph.at_root)
        survey(field, trees, np.inf)
        units = 0
        for option in np.flatnonzero(self.core.required):
            people = put(field, trees, option, np.inf)[0]
            if people < 0:
                return None
            units += people
        for pool in (wanted, self.pool):
            survey(field, trees, field.budget - trees.money.sum())
            units += fill(field, trees, pool, np.ones(self.core.n_options), 1.0)[0]
        self.note(units, trees.chosen, trees.uplink)
        return int(units)

    def first_plan(self) -> None:
        """Make the greedy plan; where the must-haves do not fit greedily, ask the exact model for any plan."""
        if self.core.n_options == 0:
            self.bound = 0.0
        if self.start_from(np.zeros(0, np.intp)) is None:
            proof = prove(self.core, deadline=self.deadline, gap=1.0, seed=self.seed, progress=self.progress)
            if proof.ended == "infeasible" or proof.chosen is None:
                raise _unpayable(self.core)
            self.take(proof)

    def load(self) -> int:
        """Bring the state to the best plan; return its units."""
        assert self.best is not None  # noqa: S101 - first_plan made one
        clear(self.field, self.trees, self.core.graph.at_root)
        for option in np.flatnonzero(self.best.chosen):
            shift(self.field, self.trees, option, 1)
        self.trees.uplink[:] = self.best.uplink
        lay(self.field, self.trees)
        return self.best.units

    def improve(self, bursts: int) -> None:
        """Ruin and recreate from the best plan, cooling down over the bursts."""
        if self.pool.size == 0:
            return
        units = self.load()
        assert self.best is not None  # noqa: S101 - first_plan made one
        top, chosen, uplink = units, self.best.chosen.copy(), self.best.uplink.copy()
        work = min(WORK_PER_BURST, WORK_PER_ENTRY * (self.core.rows.nnz + self.core.graph.n_arcs + 10))
        for step in range(bursts):
            self.check("improve", step, bursts)
            heat = int(HEAT * top * max(0.0, 0.7 - step / bursts))
            self.bursts += 1
            units, top, _ = ruin_and_recreate(
                self.field, self.trees, self.pool, self.core.required, units, chosen, uplink, top, heat,
                self.seed + 7919 * self.bursts, work)
            self.note(top, chosen, uplink)
            if self.met():
                return

    def ceilings(self) -> None:
        """Lower the ceiling: shares by dual ascent for ever better plans, their average, the cut relaxation."""
        core, places = self.core, terminals(self.core)
        assert self.best is not None  # noqa: S101 - first_plan made one
        if not np.isfinite(core.problem.base.budget_mvnd):  # money prices nothing: links charge nobody
            self.look(np.zeros(core.n_options), self.until(LONG_SHARE))
            return
        known: list[NDArray[np.float64]] = []
        plan = self.best.chosen
        best = self.bound, np.zeros(core.n_options)
        small = core.graph.n_arcs <= RELAX_ARCS
        turns = SMALL_TURNS if small else TURNS
        for turn in range(turns):
            self.check("ceiling", turn, turns)
            known.append(ascended(core, places, plan))
            bound, plan, share = self.look(np.mean(known, axis=0), self.until(TURN_SHARE))
            best = min(best, (bound, share), key=lambda pair: pair[0])
            self.improve(2)
            if self.met():
                return
        if small:
            share_lp = relaxed(core, places, deadline=self.until(RELAX_SHARE), progress=self.progress)
            self.check("ceiling", turns, turns)
            if share_lp is not None:
                best = best[0], share_lp
        self.look(best[1], self.until(LONG_SHARE))

    def look(self, share: NDArray[np.float64], until: float) -> tuple[float, NDArray[np.bool_], NDArray[np.float64]]:
        """Solve the charged problem; return its ceiling, its plan and the shares."""
        core = self.core
        base = core.problem.base
        try:
            problem = charged(core, share)
        except PlanError as error:
            if base.required and error.code == "plan_required_money":
                raise _unpayable(core) from error
            raise
        start = tuple(int(o) for o in core.option[self.best.chosen]) if self.best is not None else ()
        left = max(until - time.monotonic(), 0.05)
        found = solve(problem, time_limit_s=left, gap=self.gap, seed=self.seed, progress=self.progress, start=start)
        self.lower(found.bound)
        plan = np.isin(core.option, found.chosen)
        if not self.ended:
            self.start_from(np.flatnonzero(plan & ~core.required))
        return found.bound, plan, share

    def exact(self) -> bool:
        """Give the core to the exact model; tell whether it was proven whole."""
        assert self.best is not None  # noqa: S101 - first_plan made one
        self.load()
        start = self.trees.chosen.copy(), own_arcs(self.core, self.trees.uplink, self.trees.layer)
        met = self.gap > 0 and self.met()
        proof = prove(self.core, deadline=self.until(COST_SHARE) if met else self.deadline, gap=self.gap,
                      seed=self.seed, progress=self.progress, floor=self.value, start=start, met=met)
        if proof.ended == "infeasible":
            return met
        self.take(proof)
        if met:
            self.proven = proof.proven
            return True
        self.lower(proof.bound)
        self.proven = proof.proven
        self.check("people", 0, 0)
        return self.proven or self.met()

    def take(self, proof: Proof) -> None:
        """Keep the exact model's plan: it is at least as good as the best and cheaper or shorter."""
        if proof.chosen is None or proof.arcs is None:
            return
        core, graph = self.core, self.core.graph
        uplink, layer = np.full(graph.n_nodes, -1, np.int64), np.full(graph.n_nodes, graph.n_layers, np.int64)
        reached = np.zeros(graph.n_states, bool)
        reached[graph.source] = True
        todo = np.flatnonzero(proof.arcs)
        while True:
            ready = todo[reached[graph.tail[todo]] & ~reached[graph.head[todo]]]
            if ready.size == 0:
                break
            arc = int(ready[np.argmin(graph.head[ready] // graph.n_nodes)])
            reached[graph.head[arc]] = True
            if graph.head[arc] // graph.n_nodes < layer[graph.node[arc]]:
                layer[graph.node[arc]] = graph.head[arc] // graph.n_nodes
                uplink[graph.node[arc]] = arc
        units = int(self.field.weight[np.asarray(core.columns @ proof.chosen.astype(np.float64)).ravel() > 0].sum())
        found = Found(proof.chosen, uplink, units)
        if self.best is None or (units, -self.cost_of(found)) > (self.best.units, -self.cost_of(self.best)) or (
                units == self.best.units and proof.proven):
            self.best = found
            self.value = units / core.scale
            self.bound = max(self.bound, self.value)

    def cost_of(self, found: Found) -> float:
        """Return the outlay of a plan, million VND."""
        links = found.uplink[found.uplink >= 0]
        return float(self.core.price_mvnd[found.chosen].sum() + self.core.graph.cost_mvnd[links].sum())

    def thin(self) -> None:
        """Drop options nobody needs, dearest first, and lay the trees anew in several orders; keep what is cheaper."""
        if self.best is None or self.proven:
            return
        self.load()
        field, trees = self.field, self.trees
        for option in np.lexsort((np.arange(self.core.n_options), -self.core.price_mvnd)):
            if trees.chosen[option] and not self.core.required[option] and shift(field, trees, option, -1) > 0:
                shift(field, trees, option, 1)
        prune(field, trees)
        random = np.random.default_rng(self.seed)
        for k in range(LAYINGS):
            relay(field, trees, np.ones(field.n_nodes) if k == 0 else random.uniform(0.6, 1.4, field.n_nodes))
        self.best = Found(trees.chosen.copy(), trees.uplink.copy(), self.best.units)


def own_arcs(core: Core, uplink: NDArray[np.int64], layer: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return (n_arcs,) the arcs of the trees, each between the layers where its ends truly are."""
    graph = core.graph
    linked = np.flatnonzero(uplink >= 0)
    wanted = {(int(graph.edge[uplink[v]]), int(layer[v]) * graph.n_nodes + int(v)) for v in linked}
    return np.array([pair in wanted for pair in zip(graph.edge.tolist(), graph.head.tolist(), strict=True)], dtype=bool)


def _unpayable(core: Core) -> PlanError:
    base = core.problem.base
    return PlanError("network_required_money", budget=base.budget_mvnd,
                     options=", ".join(base.option_ids[o] for o in base.required))
