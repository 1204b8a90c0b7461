"""Small instances proven whole: people, then cost, then length, by the covering model with cut sets and loads."""

import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.optimise.model import Linear, with_row
from coverage.optimise.network_bound import MONEY_SCALE, Terminals, covering, terminals
from coverage.optimise.network_core import Core
from coverage.optimise.network_cuts import CutModel

TIGHT = 1e-9
SLACK = 1e-7     # relative: people that the model may lack against a known plan; HiGHS calls a tighter row infeasible
ROUNDS = 40
STALL = 1e-5
CHOSEN = 0.5


@dataclass(frozen=True, eq=False)
class Proof:
    """What the exact model reached.

    ``chosen`` (n_options,) and ``arcs`` (n_arcs,) are None without a plan; ``bound``: proven ceiling on the people;
    ``proven``: the people are the most, the cost and the length the least; ``ended`` as in Answer.
    """

    chosen: NDArray[np.bool_] | None
    arcs: NDArray[np.bool_] | None
    bound: float
    proven: bool
    ended: str


def prove(
    core: Core, *, deadline: float, gap: float, seed: int, progress: Progress, floor: float = 0.0,
    start: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None, met: bool = False,
) -> Proof:
    """Solve the whole model with HiGHS, one objective after the other.

    ``floor``: people of a plan already known; less is not looked for. ``start``: its options and arcs. ``met``: its
    people are enough; only cost and length are looked at.
    """
    places = terminals(core)
    model = _model(core, places)
    model.relax(deadline=deadline, rounds=ROUNDS, stall=STALL, progress=progress, stage="network")
    people = -model.model.cost
    if floor > 0:
        model.model = with_row(model.model, people, floor - (0.5 * core.unit or SLACK * floor), np.inf)
    length = np.zeros(people.size)
    graph_columns = slice(core.n_options, core.n_options + core.graph.n_arcs)
    length[graph_columns] = core.graph.length_m / MONEY_SCALE
    if core.problem.base.tie_length_m is not None:
        length[:core.n_options] = core.problem.base.tie_length_m[core.option] / MONEY_SCALE
    money = np.zeros(people.size)
    money[:core.n_options], money[graph_columns] = core.price_mvnd / MONEY_SCALE, core.graph.cost_mvnd / MONEY_SCALE
    point = None if start is None else _point(core, *start)
    bound, proven, ended = float(core.weight.sum()), False, "time_limit"
    for stage, aim in (("people", -people), ("cost", money), ("length", length))[met:]:
        model.model = replace(model.model, cost=aim)
        answer = model.integer(
            start=point, deadline=deadline, gap=gap if stage == "people" else 0.0,
            absolute_gap=0.5 * core.unit if stage == "people" else 0.0, seed=seed, progress=progress, stage=stage)
        ended = answer.ended
        if stage == "people":
            bound = min(bound, core.down(-answer.bound)) if np.isfinite(answer.bound) else bound
        point = answer.point if answer.point is not None else point
        if answer.point is None or point is None or ended != "solved" or time.monotonic() > deadline:
            break
        reached = float(aim @ point)
        slack = (0.5 * core.unit or TIGHT * abs(reached)) if stage == "people" else TIGHT * max(1.0, abs(reached))
        model.model = with_row(model.model, aim, -np.inf, reached + slack)
        proven = stage == "length"
    if point is None:
        return Proof(None, None, bound, proven=False, ended=ended)
    whole = point[:core.n_options + core.graph.n_arcs] > CHOSEN
    return Proof(whole[:core.n_options], whole[core.n_options:], bound, proven and (met or gap == 0.0), ended)


def _point(core: Core, chosen: NDArray[np.bool_], arcs: NDArray[np.bool_]) -> NDArray[np.float64]:
    served = np.asarray(core.columns @ chosen.astype(np.float64)).ravel() > 0
    point = np.concatenate([chosen, arcs, served]).astype(np.float64)
    return point if core.problem.capacity_mbps is None else np.append(point, _loads(core, chosen, arcs))


def _loads(core: Core, chosen: NDArray[np.bool_], arcs: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (n_arcs,) what the chosen options send over the arcs, as the load columns count it."""
    graph, load = core.graph, np.zeros(core.graph.n_arcs)
    uplink = {int(graph.node[arc]): int(arc) for arc in np.flatnonzero(arcs)}
    for option in np.flatnonzero(chosen & (core.node >= 0)):
        node = int(core.node[option])
        while node >= 0 and node in uplink:     # a root has none; -1 stands for all roots
            load[uplink[node]] += core.demand_mbps[option]
            node = int(graph.tail_node[uplink[node]])
    return load / max(float(core.demand_mbps.sum()), TIGHT)


def _model(core: Core, places: Terminals) -> CutModel:
    """Return the covering model over all classes, with one uplink per node and loads where capacity counts."""
    model = covering(core, np.arange(core.n_classes), core.weight)
    if core.problem.capacity_mbps is not None:
        model = _with_loads(core, model)
    return CutModel(core.graph, model, places.node, places.options)


def _with_loads(core: Core, model: Linear) -> Linear:
    """Add a load column per arc: what enters a node and does not leave is what its options send."""
    graph, n, arcs = core.graph, core.n_options, core.graph.n_arcs
    assert core.problem.capacity_mbps is not None  # noqa: S101 - the caller has looked
    total = max(float(core.demand_mbps.sum()), TIGHT)
    limit = np.where(graph.hop, np.minimum(core.problem.capacity_mbps[graph.edge], total), total)
    every, ones = np.arange(arcs), np.ones(arcs)
    enter = sp.csr_array((ones, (graph.node, every)), shape=(graph.n_nodes, arcs))
    inner = np.flatnonzero(graph.tail_node >= 0)
    leave = sp.csr_array((ones[inner], (graph.tail_node[inner], inner)), shape=(graph.n_nodes, arcs))
    needing = np.flatnonzero(core.node >= 0)
    sends = sp.csr_array((core.demand_mbps[needing] / total, (core.node[needing], needing)), shape=(graph.n_nodes, n))
    classes = model.cost.size - n - arcs
    blank = sp.csr_array
    rows = [
        sp.hstack([model.matrix, blank((model.high.size, arcs))]),
        sp.hstack([blank((graph.n_nodes, n)), enter, blank((graph.n_nodes, classes + arcs))]),
        sp.hstack([-sends, blank((graph.n_nodes, arcs + classes)), enter - leave]),
        sp.hstack([blank((arcs, n)), sp.diags_array(-limit / total), blank((arcs, classes)), sp.eye_array(arcs)]),
    ]
    zeros = np.zeros(graph.n_nodes)
    return Linear(
        np.concatenate([model.cost, np.zeros(arcs)]), sp.csr_array(sp.vstack(rows)),
        np.concatenate([model.low, np.full(graph.n_nodes, -np.inf), zeros, np.full(arcs, -np.inf)]),
        np.concatenate([model.high, np.ones(graph.n_nodes), zeros, np.zeros(arcs)]),
        np.concatenate([model.upper, np.ones(arcs)]), model.n_binary,
    )
