# ruff: noqa: ANN001 - numba infers the types of the kernels
"""The candidate network as a directed graph in layers: layer 0 is reached by fibre, layer k by k microwave hops.

States are numbered layer * n_nodes + node; all roots are one state. Every plan is a set of arcs with at most one arc
into the copies of each node.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components

from coverage.optimise.network_problem import NetworkProblem

TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Layered:
    """Directed arcs between states, the roots drawn together.

    Parameters
    ----------
    n_nodes, n_layers, n_states : layers are 0..max_hops.
    source : the state of all roots (and of nodes that existing fibre joins to them).
    tail, head : (n_arcs,) states.
    node : (n_arcs,) node an arc enters.
    edge : (n_arcs,) candidate edge it runs on.
    cost_mvnd, length_m : (n_arcs,) of that edge.
    hop : (n_arcs,) True for microwave.
    at_root : (n_nodes,) nodes drawn together in ``source``.
    linked : (n_nodes,) nodes that some choice of edges links.
    """

    n_nodes: int
    n_layers: int
    source: int
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    node: NDArray[np.int64]
    edge: NDArray[np.int64]
    cost_mvnd: NDArray[np.float64]
    length_m: NDArray[np.float64]
    hop: NDArray[np.bool_]
    at_root: NDArray[np.bool_]
    linked: NDArray[np.bool_]

    @property
    def tail_node(self) -> NDArray[np.int64]:
        """Node that each arc leaves; -1 for the roots."""
        return np.where(self.tail == self.source, -1, self.tail % max(self.n_nodes, 1))

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return int(self.tail.size)

    @property
    def n_states(self) -> int:
        """Number of states, with the source."""
        return self.n_nodes * self.n_layers + 1


def layered(problem: NetworkProblem) -> Layered:
    """Return the candidate network of a problem in layers, without arcs that no plan can use."""
    return layer_arcs(problem.root, problem.tail, problem.head, np.array(problem.edge_kind, dtype="U9"),
                      problem.edge_cost_mvnd, problem.edge_length_m, problem.max_hops)


def layer_arcs(
    root: NDArray[np.bool_], tail: NDArray[Any], head: NDArray[Any], kind: NDArray[Any],
    cost_mvnd: NDArray[np.float64], length_m: NDArray[np.float64], max_hops: int,
) -> Layered:
    """Return candidate edges as arcs between states, without arcs that no plan can use."""
    n, old, hop = root.size, kind == "existing", kind == "microwave"
    tail, head = tail.astype(np.int64), head.astype(np.int64)
    joined = sp.coo_array((np.ones(int(old.sum())), (tail[old], head[old])), shape=(n, n))
    label = connected_components(joined, directed=False)[1] if n else np.zeros(0, np.int64)
    at_root = np.isin(label, label[root])
    source = n * (max_hops + 1)
    edges = np.arange(tail.size)
    pieces = []
    for u, v in ((tail, head), (head, tail)):
        wire = ~hop & (u != v) & ~at_root[v]
        pieces.append((np.where(at_root[u], source, u)[wire], v[wire], v[wire], edges[wire]))
        for k in range(1, max_hops + 1):
            air = hop & (u != v) & ~at_root[v] & (~at_root[u] | (k == 1))
            start = np.where(at_root[u], source, (k - 1) * n + u)
            pieces.append((start[air], k * n + v[air], v[air], edges[air]))
    start, end, node, edge = (np.concatenate(part) for part in zip(*pieces, strict=True))
    graph = sp.csr_array((np.ones(start.size), (start, end)), shape=(source + 1, source + 1))
    seen = np.zeros(source + 1, bool)
    seen[breadth_first_order(graph, source, return_predecessors=False)] = True
    keep = np.flatnonzero(seen[start])
    order = keep[np.lexsort((edge[keep], end[keep]))]
    length = np.where(old, 0.0, length_m)
    linked = at_root | seen[:-1].reshape(max_hops + 1, n).any(axis=0)
    return Layered(
        n, max_hops + 1, source, start[order], end[order], node[order], edge[order],
        cost_mvnd[edge[order]], length[edge[order]], hop[edge[order]], at_root, linked,
    )


class Residual(NamedTuple):
    """Some arcs as a max-flow kernel reads them: both directions of every arc, sorted by the state they leave."""

    start: NDArray[np.int64]  # state -> its entries
    other: NDArray[np.int64]
    twin: NDArray[np.int64]  # the opposite direction of an entry
    room: NDArray[np.float64]


def residual(graph: Layered, flow: NDArray[np.float64]) -> Residual:
    """Return the arcs that carry something, with ``flow`` (n_arcs,) as what they take."""
    used = np.flatnonzero(flow > TINY)
    m = used.size
    begin = np.concatenate([graph.tail[used], graph.head[used]])
    finish = np.concatenate([graph.head[used], graph.tail[used]])
    order = np.argsort(begin, kind="stable")
    place = np.empty(2 * m, np.int64)
    place[order] = np.arange(2 * m)
    room = np.concatenate([flow[used], np.zeros(m)])
    start = np.searchsorted(begin[order], np.arange(graph.n_states + 1)).astype(np.int64)
    twin = place[(order + m) % (2 * m)] if m else np.zeros(0, np.int64)
    return Residual(start, finish[order], twin, room[order])


@njit(cache=True, nogil=True)
def _levels(net, left, source, is_sink, level, queue):  # type: ignore[no-untyped-def]  # noqa: ANN202 - compiled
    """Give every state its steps from the source, up to the first sink; tell whether one was reached."""
    level[:] = -1
    level[source] = 0
    queue[0], first, last = source, 0, 1
    while first < last:
        u = queue[first]
        first += 1
        for i in range(net.start[u], net.start[u + 1]):
            v = net.other[i]
            if left[i] > TINY and level[v] < 0:
                level[v] = level[u] + 1
                queue[last] = v
                last += 1
                if is_sink[v]:
                    return True
    return False


@njit(cache=True, nogil=True)
def _block(net, left, source, is_sink, level, path, enough):  # type: ignore[no-untyped-def]  # noqa: ANN202 - compiled
    """Push along steps of rising level until no way is left or ``enough`` got through; return what did."""
    at, flow, depth, u = net.start[:-1].copy(), 0.0, 0, source
    while True:
        if is_sink[u]:
            push = enough - flow
            for d in range(depth):
                push = min(push, left[path[d]])
            back = depth
            for d in range(depth - 1, -1, -1):
                left[path[d]] -= push
                left[net.twin[path[d]]] += push
                if left[path[d]] <= TINY:
                    back = d
            flow += push
            if flow >= enough or back == depth:
                return flow
            depth = back
            u = net.other[net.twin[path[depth]]]
        moved = False
        while at[u] < net.start[u + 1] and not moved:
            i = at[u]
            v = net.other[i]
            if left[i] > TINY and (level[v] == level[u] + 1 or (is_sink[v] and level[v] < 0)):
                path[depth] = i
                depth += 1
                u = v
                moved = True
            else:
                at[u] += 1
        if not moved:
            level[u] = level.size + 1
            if depth == 0:
                return flow
            depth -= 1
            u = net.other[net.twin[path[depth]]]
            at[u] += 1


@njit(cache=True, nogil=True)
def min_cut(net, source, is_sink, enough):  # type: ignore[no-untyped-def]  # noqa: ANN201 - compiled
    """Push flow from source to the sinks until ``enough`` (Dinic 1970); return the flow and the side of the sinks.

    The side of the sinks holds every state from which a sink can still be reached: the cut nearest to the sinks.
    It is empty when ``enough`` got through.
    """
    n = net.start.size - 1
    left, side = net.room.copy(), np.zeros(n, np.bool_)
    level, queue, path = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    flow = 0.0
    while flow < enough and _levels(net, left, source, is_sink, level, queue):
        pushed = _block(net, left, source, is_sink, level, path, enough - flow)
        if pushed <= 0.0:
            break
        flow += pushed
    if flow >= enough:
        return flow, side
    first, last = 0, 0
    for v in range(n):
        if is_sink[v]:
            side[v] = True
            queue[last] = v
            last += 1
    while first < last:
        v = queue[first]
        first += 1
        for i in range(net.start[v], net.start[v + 1]):
            u = net.other[i]
            if not side[u] and left[net.twin[i]] > TINY:
                side[u] = True
                queue[last] = u
                last += 1
    return flow, side
