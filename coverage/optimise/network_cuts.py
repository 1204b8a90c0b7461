"""A linear model over a layered network whose links are held together by cut sets, added as they are needed.

For every terminal and every set S of states that holds all copies of its node but not the roots, the arcs into S must
sum to what the terminal needs (Koch and Martin 1998). Sets are found by max-flow on the fractional point.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.optimise.model import Answer, Linear, highs_lp, run
from coverage.optimise.network_graph import Layered, min_cut, residual

DEEPEST = 4  # cut sets found per terminal and round, each beyond the last
SLIGHT = 1e-3  # a cut violated by less is not added to the relaxation
CHOSEN = 0.5
MOST_ROUNDS = 200
STALL_ROUNDS = 5
LARGE_ROWS = 500  # a relaxation larger than this starts with the interior-point method


@dataclass(frozen=True, eq=False)
class Cut:
    """The arcs into a set of states must sum to what the terminal needs."""

    terminal: int
    arcs: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Where the relaxation stands: its value, the point (lead columns, arcs), prices of rows and of the cuts."""

    value: float
    lead: NDArray[np.float64]
    arcs: NDArray[np.float64]
    row_price: NDArray[np.float64]
    cut_price: NDArray[np.float64]


class CutModel:
    """Minimise a linear function of lead columns and arcs; every terminal is linked as far as its columns say.

    Parameters
    ----------
    graph : the candidate network in layers.
    model : columns are the lead ones, the arcs, then any others.
    node : (n_terminals,) node of each terminal.
    need : (n_terminals, n_lead) sparse; need @ lead is what a terminal needs.
    """

    def __init__(self, graph: Layered, model: Linear, node: NDArray[np.int64], need: Any) -> None:
        self.graph, self.model, self.node, self.need = graph, model, node, sp.csr_array(need)
        self.n_lead = self.need.shape[1]
        self.cuts: list[Cut] = []
        self._known: set[tuple[int, bytes]] = set()
        order = np.argsort(graph.node, kind="stable")
        first = np.searchsorted(graph.node[order], np.arange(graph.n_nodes + 1))
        for t, v in enumerate(node.tolist()):
            self._keep(t, np.sort(order[first[v]:first[v + 1]]))

    def _keep(self, terminal: int, arcs: NDArray[np.intp]) -> bool:
        key = (terminal, arcs.tobytes())
        if key in self._known:
            return False
        self._known.add(key)
        self.cuts.append(Cut(terminal, arcs))
        return True

    def separate(self, lead: NDArray[np.float64], arcs: NDArray[np.float64], slight: float = SLIGHT) -> int:
        """Add the cuts that a point breaks by more than ``slight``; return how many are new."""
        graph, net = self.graph, residual(self.graph, arcs)
        need, found = np.asarray(self.need @ lead).ravel(), 0
        copies = np.arange(graph.n_layers) * graph.n_nodes
        for t in np.flatnonzero(need > slight):
            sinks = np.zeros(graph.n_states, bool)
            sinks[copies + self.node[t]] = True
            for _ in range(DEEPEST):
                flow, side = min_cut(net, graph.source, sinks, need[t] - slight)
                if flow >= need[t] - slight:
                    break
                into = np.flatnonzero(side[graph.head] & ~side[graph.tail])
                found += self._keep(int(t), into)
                sinks = side.copy()
                sinks[graph.tail[into]] = True
                if sinks[graph.source]:
                    break
        return found

    def cut_rows(self, first: int = 0) -> Any:
        """Return the cuts from number ``first`` on as rows over all columns: arcs minus need >= 0."""
        chosen = self.cuts[first:]
        sizes = [0, *(cut.arcs.size for cut in chosen)]
        columns = np.concatenate([np.zeros(0, np.intp), *(cut.arcs for cut in chosen)])
        arcs = sp.csr_array((np.ones(columns.size), columns, np.cumsum(sizes)),
                            shape=(len(chosen), self.graph.n_arcs))
        terminals = np.array([cut.terminal for cut in chosen], dtype=np.intp)
        rest = sp.csr_array((len(chosen), self.model.cost.size - self.n_lead - self.graph.n_arcs))
        return sp.csr_array(sp.hstack([-self.need[terminals], arcs, rest]))

    def relax(self, *, deadline: float, rounds: int, stall: float, progress: Progress, stage: str) -> Relaxed | None:
        """Solve the relaxation, adding cuts round by round, until none is broken or it stands still.

        ``stall``: relative change over five rounds below which it stops. None when not even the first round ended.
        """
        ends = self.n_lead, self.n_lead + self.graph.n_arcs
        solver = _Simplex(self.model, ends, deadline, lambda: progress(stage, 0, rounds) is False)
        values: list[float] = []
        best: Relaxed | None = None
        sent = 0
        for done in range(rounds):
            answer = solver.again(self.cut_rows(sent))
            if answer is None:
                break
            sent, best = len(self.cuts), answer
            values.append(best.value)
            still = len(values) > STALL_ROUNDS and values[-1] - values[-1 - STALL_ROUNDS] <= stall * abs(values[-1])
            if still or self.separate(best.lead, best.arcs) == 0:
                break
            if progress(stage, done, rounds) is False or time.monotonic() > deadline:
                break
        return best

    def integer(
        self, *, start: NDArray[np.float64] | None, deadline: float, gap: float, absolute_gap: float, seed: int,
        progress: Progress, stage: str,
    ) -> Answer:
        """Solve with whole lead and arc columns, adding broken cuts and solving again; the bound is proven.

        The point is None unless every terminal is truly linked in it.
        """
        point, bound, ended = None, -np.inf, "time_limit"
        for _ in range(MOST_ROUNDS):
            model = with_rows(self.model, self.cut_rows())
            answer = run(model, start=start, deadline=deadline, relative_gap=gap, absolute_gap=absolute_gap,
                         seed=seed, stage=stage, progress=progress)
            bound, ended = max(bound, answer.bound), answer.ended
            if answer.point is None:
                break
            whole = np.rint(answer.point[:self.n_lead + self.graph.n_arcs])
            found = self.separate(whole[:self.n_lead], whole[self.n_lead:], CHOSEN)
            if found == 0:
                point = answer.point
            if found == 0 or ended != "solved":
                break
        return Answer(point, bound, ended)


def with_rows(model: Linear, rows: Any) -> Linear:
    """Return the model with rows that must be at least 0."""
    count = rows.shape[0]
    return replace(
        model, matrix=sp.csr_array(sp.vstack([model.matrix, rows])), low=np.append(model.low, np.zeros(count)),
        high=np.append(model.high, np.full(count, np.inf)),
    )


class _Simplex:
    """HiGHS with its basis kept between rounds."""

    def __init__(self, model: Linear, ends: tuple[int, int], deadline: float, stop: Callable[[], bool]) -> None:
        self.ends, self.rows = ends, model.high.size
        self.solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self.solver.silent()
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("solver", "ipm" if model.high.size > LARGE_ROWS else "simplex")
        self.solver.passModel(highs_lp(model, relaxed=True))

        def interrupt(event: Any) -> None:
            if stop() or time.monotonic() > deadline:
                event.interrupt()

        for hook in (self.solver.cbSimplexInterrupt, self.solver.cbIpmInterrupt):
            hook.subscribe(interrupt)

    def again(self, block: Any) -> Relaxed | None:
        """Add rows that must be at least 0, solve again; None when the time ran out."""
        solver = self.solver
        if block.shape[0]:
            solver.addRows(
                block.shape[0], np.zeros(block.shape[0]), np.full(block.shape[0], highspy.kHighsInf), block.nnz,
                block.indptr[:-1].astype(np.int32), block.indices.astype(np.int32), block.data.astype(np.float64))
        solver.run()
        solver.setOptionValue("solver", "simplex")
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = solver.getSolution()
        point, price = np.array(solution.col_value), np.array(solution.row_dual)
        return Relaxed(
            float(solver.getInfo().objective_function_value), np.maximum(point[:self.ends[0]], 0.0),
            np.maximum(point[self.ends[0]:self.ends[1]], 0.0), price[:self.rows], np.maximum(price[self.rows:], 0.0))
