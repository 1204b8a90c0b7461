"""The cheapest way from a node to the network in being: fibre first, then microwave hops, as seen from the root."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
PER_METRE = 1e-12   # million VND: among ways of equal cost the shorter one; far below a đồng


@dataclass(frozen=True, eq=False)
class Ways:
    """The cheapest ways of all nodes.

    Parameters
    ----------
    cost_mvnd : (n,) of the way to a root, inf where nothing leads there. state : (n,) where it ends, layer * n + node.
    back, edge : (states,) the state before and the edge from it, -1 at a root.
    """

    cost_mvnd: FloatArray
    state: IntArray
    back: IntArray
    edge: IntArray

    def path(self, node: int) -> tuple[int, ...] | None:
        """Return the edges from a node to a root; () at a root, None where nothing leads there."""
        if not np.isfinite(self.cost_mvnd[node]):
            return None
        out, state = [], int(self.state[node])
        while self.edge[state] >= 0:
            out.append(int(self.edge[state]))
            state = int(self.back[state])
        return tuple(out)


@dataclass(frozen=True, eq=False)
class Network:
    """What the search reads: edges with cost, and where a hop may go on (``relay``, by node)."""

    tail: IntArray
    head: IntArray
    hop: BoolArray
    cost_mvnd: FloatArray
    length_m: FloatArray
    root: BoolArray
    relay: BoolArray


def cheapest_ways(net: Network, max_hops: int) -> Ways:
    """Return the cheapest way from every node to a root (Dijkstra over nodes in layers 0..max_hops of hops).

    A hop starts at a root or at a node that may relay.
    """
    n = net.root.size
    begin, finish, edge = _arcs(net, max_hops)
    source = n * (max_hops + 1)
    roots = np.flatnonzero(net.root)
    start = np.r_[begin, np.full(roots.size, source)]
    end = np.r_[finish, roots]
    number = np.r_[edge, np.full(roots.size, -1)]
    cost = net.cost_mvnd + PER_METRE * (net.length_m + 1.0)
    cost = np.r_[cost[edge], np.zeros(roots.size)]
    order = np.lexsort((number, cost, end, start))
    start, end, number, cost = start[order], end[order], number[order], cost[order]
    first = np.ones(start.size, dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    start, end, number, cost = start[first], end[first], number[first], cost[first]
    pointer = np.searchsorted(start, np.arange(source + 2))
    graph = csr_array((cost, end, pointer), shape=(source + 1, source + 1))
    away, before = dijkstra(graph, indices=source, return_predecessors=True)
    layer = np.argmin(away[:source].reshape(max_hops + 1, n), axis=0) if n else np.zeros(0, np.intp)
    state = layer * n + np.arange(n)
    used = np.full(source + 1, -1, dtype=np.intp)
    reached = np.flatnonzero((before[:source] >= 0) & (before[:source] != source))
    code = start.astype(np.int64) * (source + 1) + end
    used[reached] = number[np.searchsorted(code, before[reached].astype(np.int64) * (source + 1) + reached)]
    return Ways(away[state], state.astype(np.intp), before.astype(np.intp), used)


def _arcs(net: Network, max_hops: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return the arcs away from the roots: state they leave, state they enter, edge."""
    n = net.root.size
    may = net.root | net.relay
    begin, finish, number = [], [], []
    for u, v in ((net.tail, net.head), (net.head, net.tail)):
        wire = np.flatnonzero(~net.hop & (u != v) & ~net.root[v])
        begin.append(u[wire])
        finish.append(v[wire])
        number.append(wire)
        air = np.flatnonzero(net.hop & (u != v) & ~net.root[v] & may[u])
        for k in range(1, max_hops + 1):
            begin.append((k - 1) * n + u[air])
            finish.append(k * n + v[air])
            number.append(air)
    return (np.concatenate(begin).astype(np.intp), np.concatenate(finish).astype(np.intp),
            np.concatenate(number).astype(np.intp))
