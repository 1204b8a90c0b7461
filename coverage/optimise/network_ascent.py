# ruff: noqa: ANN001, ANN201, ANN202 - numba infers the types of the kernels
"""Prices of cut sets by dual ascent (Wong 1984): fast, and good for terminals that are all linked."""

import numpy as np
from numba import njit

EMPTY = 1e-9


@njit(cache=True, nogil=True)
def _reach_back(start, arc, tail, left, sink_states, mark, stamp, queue):  # type: ignore[no-untyped-def]
    """Mark the states from which a sink is reached over arcs that are paid for; return how many."""
    first, last = 0, 0
    for s in sink_states:
        mark[s] = stamp
        queue[last] = s
        last += 1
    while first < last:
        s = queue[first]
        first += 1
        for i in range(start[s], start[s + 1]):
            a = arc[i]
            if left[a] <= EMPTY and mark[tail[a]] != stamp:
                mark[tail[a]] = stamp
                queue[last] = tail[a]
                last += 1
    return last


@njit(cache=True, nogil=True)
def ascend(start, arc, tail, source, n_nodes, node, active, left, share):  # type: ignore[no-untyped-def]
    """Raise the prices of cut sets of the terminals ``active`` until the roots are reached from each over paid arcs.

    ``start``, ``arc``: incoming arcs per state. ``left`` (n_arcs,) what of each arc's cost is not charged yet, and
    ``share`` (n_terminals,) what each terminal is charged, change in place. The terminal with the fewest states goes
    first.
    """
    n_states = start.size - 1
    mark, queue = np.full(n_states, -1, np.int64), np.empty(n_states, np.int64)
    size = np.zeros(active.size, np.int64)
    open_ = np.ones(active.size, np.bool_)
    layers = source // n_nodes
    sinks = np.empty(layers, np.int64)
    stamp = 0
    while True:
        best = -1
        for i in range(active.size):
            if open_[i] and (best < 0 or size[i] < size[best]):
                best = i
        if best < 0:
            return
        t = active[best]
        for k in range(layers):
            sinks[k] = k * n_nodes + node[t]
        while True:
            stamp += 1
            count = _reach_back(start, arc, tail, left, sinks, mark, stamp, queue)
            if mark[source] == stamp:
                open_[best] = False
                break
            if count > size[best] and size[best] > 0:
                size[best] = count
                worse = False
                for i in range(active.size):
                    worse = worse or (open_[i] and i != best and size[i] < count)
                if worse:
                    break
            size[best] = count
            least = np.inf
            for q in range(count):
                s = queue[q]
                for i in range(start[s], start[s + 1]):
                    if mark[tail[arc[i]]] != stamp:
                        least = min(least, left[arc[i]])
            if least == np.inf:  # no way from the roots
                open_[best] = False
                break
            share[t] += least
            for q in range(count):
                s = queue[q]
                for i in range(start[s], start[s + 1]):
                    if mark[tail[arc[i]]] != stamp:
                        left[arc[i]] -= least
