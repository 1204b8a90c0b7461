"""The cheapest tree along roads that connects villages and anchors, each worth a prize (prize-collecting Steiner tree).

Minimises the cost of the edges plus the prizes of what stays unconnected (Goemans and Williamson 1995), then the
length. Plan: shortest-path trees in several orders with strong pruning; bound and proof: cut relaxation, then HiGHS.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.model import Answer, Linear, with_row
from coverage.optimise.network_cuts import CutModel
from coverage.optimise.network_graph import Layered, layer_arcs
from coverage.optimise.network_heuristic import relay
from coverage.optimise.network_moves import Field, lay, new_trees

MUST = math.inf  # the prize of a terminal that has to be connected
LAYINGS = 40
ROUNDS = 80
STALL = 1e-6
TIGHT = 1e-9
CHOSEN = 0.5


@dataclass(frozen=True)
class ConnectingTree:
    """Edges that connect terminals to the roots, with the proof.

    Parameters
    ----------
    edges : candidate edges, sorted.
    connected : positions in ``terminal`` that the edges connect, sorted; unreachable ones never are.
    cost_mvnd, length_m : of the edges; shared ones add neither.
    objective_mvnd : cost plus the finite prizes of what stays unconnected.
    bound_mvnd : no choice of edges has a lower objective (proven).
    gap : (objective - bound) / objective; 0 when both are 0.
    status : 'optimal', 'gap', 'time_limit' or 'cancelled'.
    unreachable : positions in ``terminal`` that no candidate edge reaches.
    """

    edges: tuple[int, ...]
    connected: tuple[int, ...]
    cost_mvnd: float
    length_m: float
    objective_mvnd: float
    bound_mvnd: float
    gap: float
    status: str
    seconds: float
    unreachable: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Task:
    """Terminals by node: ``prize`` (n_nodes,) summed, ``must`` (n_nodes,); ``nodes`` that need an edge."""

    graph: Layered
    prize: NDArray[np.float64]
    must: NDArray[np.bool_]
    nodes: NDArray[np.int64]


def connecting_tree(  # noqa: PLR0913 - an edge table, terminals and the solver's knobs, all by name but the first
    tail: ArrayLike, head: ArrayLike, cost_mvnd: ArrayLike, length_m: ArrayLike, root: ArrayLike, terminal: ArrayLike,
    prize_mvnd: ArrayLike, *, shared: Iterable[int] = (), time_limit_s: float = 60.0, gap: float = 1e-4, seed: int = 0,
    progress: Progress = silent,
) -> ConnectingTree:
    """Return the tree that costs least together with the prizes it leaves, and proves it.

    Parameters
    ----------
    tail, head, cost_mvnd, length_m : (n_edges,) candidate fibre edges, undirected.
    root : (n_nodes,) True for fibre nodes in being.
    terminal : (n_terminals,) nodes; a node may stand for several.
    prize_mvnd : (n_terminals,) what connecting is worth, million VND; ``math.inf`` = must be connected.
    shared : edges that another part of the plan already pays (mobile backhaul): cost and length 0.

    Raises
    ------
    PlanError
        "network_shape", "network_node", "network_price", "network_terminal" where a must has no way to a root.
    """
    begun = time.monotonic()
    ends = [np.asarray(tail, np.intp), np.asarray(head, np.intp)]
    values = [np.asarray(cost_mvnd, np.float64), np.asarray(length_m, np.float64)]
    roots, at, prize = np.asarray(root, bool), np.asarray(terminal, np.intp), np.asarray(prize_mvnd, np.float64)
    _check(ends, values, roots, at, prize)
    free = np.zeros(ends[0].size, bool)
    free[list(shared)] = True
    cost, length = np.where(free, 0.0, values[0]), np.where(free, 0.0, values[1])
    graph = layer_arcs(roots, ends[0], ends[1], np.full(free.size, "fibre"), cost, length, 0)
    unreachable = np.flatnonzero(~graph.linked[at]) if at.size else np.zeros(0, np.intp)
    for t in unreachable:
        if math.isinf(prize[t]):
            raise PlanError("network_terminal", row=int(t), node=int(at[t]))
    finite = np.where(np.isinf(prize), 0.0, prize)
    task = _Task(
        graph, np.bincount(at, weights=finite, minlength=roots.size).astype(np.float64),
        np.bincount(at, weights=np.isinf(prize), minlength=roots.size) > 0,
        np.unique(at[graph.linked[at] & ~roots[at] & (prize > 0)]).astype(np.int64) if at.size
        else np.zeros(0, np.int64),
    )
    arcs, bound, ended = _solve(task, begun + time_limit_s, gap, seed, progress)
    linked = _linked(graph, arcs)
    connected = np.flatnonzero(linked[at]) if at.size else np.zeros(0, np.intp)
    left = math.fsum(finite[np.setdiff1d(np.arange(at.size), connected)])
    lost = math.fsum(finite[unreachable])
    objective = math.fsum(graph.cost_mvnd[arcs]) + left
    bound = min(bound + lost, objective)
    if objective - bound <= TIGHT * max(1.0, objective):
        bound = objective
    share = (objective - bound) / objective if objective > 0 else 0.0
    status = "cancelled" if ended == "cancelled" else "optimal" if share == 0 else "gap" if share <= gap else ended
    return ConnectingTree(
        tuple(sorted(int(e) for e in graph.edge[arcs])), tuple(int(t) for t in connected),
        math.fsum(graph.cost_mvnd[arcs]), math.fsum(graph.length_m[arcs]), objective, bound, share, status,
        time.monotonic() - begun, tuple(int(t) for t in unreachable),
    )


def _check(
    ends: list[NDArray[np.intp]], values: list[NDArray[np.float64]], root: NDArray[np.bool_], at: NDArray[np.intp],
    prize: NDArray[np.float64],
) -> None:
    n_edges = ends[0].size
    for name, array, expected in (("head", ends[1], n_edges), ("cost_mvnd", values[0], n_edges),
                                  ("length_m", values[1], n_edges), ("prize_mvnd", prize, at.size)):
        if array.size != expected:
            raise PlanError("network_shape", name=name, found=array.size, expected=expected)
    for name, nodes in (("tail", ends[0]), ("head", ends[1]), ("terminal", at)):
        bad = np.flatnonzero((nodes < 0) | (nodes >= root.size))
        if bad.size:
            raise PlanError("network_node", name=name, row=int(bad[0]), value=int(nodes[bad[0]]), count=root.size)
    for name, array in (("cost_mvnd", values[0]), ("length_m", values[1]), ("prize_mvnd", prize)):
        wrong = np.isnan(array) | (array < 0) | (np.isinf(array) & (name != "prize_mvnd"))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise PlanError("network_price", name=name, row=row, value=float(array[row]), count=int(wrong.sum()))


def _solve(
    task: _Task, deadline: float, gap: float, seed: int, progress: Progress
) -> tuple[NDArray[np.intp], float, str]:
    """Return the arcs of the best tree, the proven bound on the objective over reachable terminals, how it ended."""
    arcs = _good_tree(task, seed)
    if task.nodes.size == 0:
        return arcs, 0.0, "solved"
    model = _model(task)
    money = model.model.cost
    total = math.fsum(task.prize[task.nodes])
    stopped = progress("tree", 0, 3) is False
    relaxed = None if stopped else model.relax(
        deadline=deadline, rounds=ROUNDS, stall=STALL, progress=progress, stage="tree")
    bound = 0.0 if relaxed is None else max(0.0, total + relaxed.value)
    if stopped or progress("tree", 1, 3) is False:
        return arcs, bound, "cancelled"
    start = _point(task, model, arcs)
    answer = model.integer(start=start, deadline=deadline, gap=gap, absolute_gap=0.0, seed=seed, progress=progress,
                           stage="tree")
    bound = max(bound, total + answer.bound) if np.isfinite(answer.bound) else bound
    arcs = _shorter(task, model, arcs, answer)
    if answer.ended == "solved" and gap == 0.0 and task.graph.length_m.any():
        best = float(money @ _point(task, model, arcs))
        length = np.concatenate([np.zeros(task.nodes.size), task.graph.length_m / max(task.graph.length_m.max(), 1.0)])
        model.model = with_row(
            Linear(length, model.model.matrix, model.model.low, model.model.high, model.model.upper,
                   model.model.n_binary), money, -np.inf, best + TIGHT * max(1.0, abs(best)))
        shorter = model.integer(start=_point(task, model, arcs), deadline=deadline, gap=0.0, absolute_gap=0.0,
                                seed=seed, progress=progress, stage="tree")
        arcs = _shorter(task, model, arcs, shorter)
        return arcs, bound, "cancelled" if shorter.ended == "cancelled" else answer.ended
    return arcs, bound, answer.ended


def _model(task: _Task) -> CutModel:
    """Return the model: a column per terminal node (1 = connected), then the arcs; prizes count as gains."""
    n, m = task.nodes.size, task.graph.n_arcs
    cost = np.concatenate([-task.prize[task.nodes], task.graph.cost_mvnd])
    must = np.flatnonzero(task.must[task.nodes])
    rows = sp.csr_array((np.ones(must.size), (np.arange(must.size), must)), shape=(must.size, n + m))
    linear = Linear(cost, rows, np.ones(must.size), np.full(must.size, np.inf), np.ones(n + m), n + m)
    return CutModel(task.graph, linear, task.nodes, sp.eye_array(n))


def _point(task: _Task, model: CutModel, arcs: NDArray[np.intp]) -> NDArray[np.float64]:
    point = np.zeros(model.model.cost.size)
    point[:task.nodes.size] = _linked(task.graph, arcs)[task.nodes]
    point[task.nodes.size + arcs] = 1.0
    return point


def _rank(task: _Task, arcs: NDArray[np.intp]) -> tuple[float, float]:
    linked = _linked(task.graph, arcs)
    if (task.must[task.nodes] & ~linked[task.nodes]).any():
        return math.inf, math.inf
    left = math.fsum(task.prize[task.nodes][~linked[task.nodes]])
    money = math.fsum(task.graph.cost_mvnd[arcs]) + left
    return float(f"{money:.10g}"), math.fsum(task.graph.length_m[arcs])


def _shorter(task: _Task, model: CutModel, arcs: NDArray[np.intp], answer: Answer) -> NDArray[np.intp]:
    """Return the better of a tree and what the solver found, as a tree without loose ends."""
    if answer.point is None:
        return arcs
    found = np.flatnonzero(answer.point[model.n_lead:model.n_lead + task.graph.n_arcs] > CHOSEN)
    found = _pruned(task, found)
    return found if _rank(task, found) < _rank(task, arcs) else arcs


def _linked(graph: Layered, arcs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return (n_nodes,) True where arcs lead from the roots."""
    linked = graph.at_root.copy()
    inside = np.append(linked, True)  # the last stands for the roots drawn together
    while True:
        new = arcs[inside[graph.tail[arcs]] & ~inside[graph.head[arcs]]]
        if new.size == 0:
            return inside[:-1]
        inside[graph.head[new]] = True


def _pruned(task: _Task, arcs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return a tree in ``arcs`` from the roots, without branches that cost more than the prizes they carry."""
    graph = task.graph
    worth, must = task.prize.copy(), task.must.copy()
    inside = np.append(graph.at_root, True)
    order: list[int] = []
    while True:
        ready = arcs[inside[graph.tail[arcs]] & ~inside[graph.head[arcs]]]
        if ready.size == 0:
            break
        _, first = np.unique(graph.head[ready], return_index=True)
        order += ready[first].tolist()
        inside[graph.head[ready]] = True
    keep: dict[int, bool] = {}
    below: dict[int, list[int]] = {}
    for arc in order:
        below.setdefault(int(graph.tail[arc]), []).append(arc)
    for arc in reversed(order):
        node = int(graph.head[arc])
        keep[arc] = bool(must[node]) or worth[node] > graph.cost_mvnd[arc]
        up = int(graph.tail[arc])
        if keep[arc] and up != graph.source:
            worth[up] += worth[node] - graph.cost_mvnd[arc]
            must[up] |= must[node]
    kept, queue = [], list(below.get(graph.source, []))
    while queue:
        arc = queue.pop()
        if keep[arc]:
            kept.append(arc)
            queue += below.get(int(graph.head[arc]), [])
    return np.array(sorted(kept), dtype=np.intp)


def _good_tree(task: _Task, seed: int) -> NDArray[np.intp]:
    """Return a good tree: all terminals connected nearest first in several orders, then pruned by their prizes."""
    field = _field(task)
    trees = new_trees(field, task.graph.n_states)
    trees.users[task.nodes] = 1
    trees.layer[task.graph.at_root] = 0
    best, rank = np.zeros(0, np.intp), _rank(task, np.zeros(0, np.intp))
    random = np.random.default_rng(seed)
    trees.money[1] = math.inf
    for k in range(LAYINGS):
        relay(field, trees, np.ones(field.n_nodes) if k == 0 else random.uniform(0.5, 1.5, field.n_nodes))
        arcs = _pruned(task, trees.uplink[trees.uplink >= 0].astype(np.intp))
        if _rank(task, arcs) < rank:
            best, rank = arcs, _rank(task, arcs)
            kept = _linked(task.graph, arcs)
            trees.users[task.nodes] = kept[task.nodes]
            trees.money[1] = math.inf
            lay(field, trees)
    return best


def _field(task: _Task) -> Field:
    """Return the kernels' arrays with the graph only: no options, no demand."""
    graph = task.graph
    order = np.argsort(graph.tail, kind="stable")
    start = np.searchsorted(graph.tail[order], np.arange(graph.n_states + 1)).astype(np.int64)
    none, one, empty = np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0)
    return Field(
        start, order.astype(np.int64), graph.tail_node, graph.head, graph.node, graph.cost_mvnd,
        graph.hop.astype(np.int64), np.full(graph.n_arcs, np.inf), graph.n_nodes, graph.source, one, none, one, none,
        none, empty, none, empty, one, none, math.inf, False,
    )
