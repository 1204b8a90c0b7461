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
def _least(start, arc, tail, left, count, mark, stamp, queue):  # type: ignore[no-untyped-def]
    """Return what is left of the cheapest arc into the marked states."""
    least = np.inf
    for q in range(count):
        for i in range(start[queue[q]], start[queue[q] + 1]):
            if mark[tail[arc[i]]] != stamp:
                least = min(least, left[arc[i]])
    return least


@njit(cache=True, nogil=True)
def _pay(start, arc, tail, left, count, mark, stamp, queue, price):  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917 - a kernel's state
    """Charge a price to every arc into the marked states."""
    for q in range(count):
        for i in range(start[queue[q]], start[queue[q] + 1]):
            if mark[tail[arc[i]]] != stamp:
                left[arc[i]] -= price


@njit(cache=True, nogil=True)
def _smallest(size, is_open):  # type: ignore[no-untyped-def]
    """Return the open entry of least size, -1 when none is open."""
    best = -1
    for i in range(size.size):
        if is_open[i] and (best < 0 or size[i] < size[best]):
            best = i
    return best


@njit(cache=True, nogil=True)
def ascend(start, arc, tail, source, n_nodes, node, active, left, share):  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917 - a kernel's state
    """Raise the prices of cut sets of the terminals ``active`` until the roots are reached from each over paid arcs.

    ``start``, ``arc``: incoming arcs per state. ``left`` (n_arcs,) what of each arc's cost is not charged yet, and
    ``share`` (n_terminals,) what each terminal is charged, change in place. The terminal with the fewest states goes
    first.
    """
    n_states = start.size - 1
    mark, queue = np.full(n_states, -1, np.int64), np.empty(n_states, np.int64)
    size, is_open = np.zeros(active.size, np.int64), np.ones(active.size, np.bool_)
    sinks = np.empty(source // n_nodes, np.int64)
    stamp = 0
    while True:
        best = _smallest(size, is_open)
        if best < 0:
            return
        t = active[best]
        for k in range(sinks.size):
            sinks[k] = k * n_nodes + node[t]
        while is_open[best]:
            stamp += 1
            count = _reach_back(start, arc, tail, left, sinks, mark, stamp, queue)
            least = 0.0
            if mark[source] != stamp:
                least = _least(start, arc, tail, left, count, mark, stamp, queue)
            if mark[source] == stamp or least == np.inf:  # linked, or no way from the roots
                is_open[best] = False
                break
            grown = 0 < size[best] < count
            size[best] = count
            if grown and _smallest(size, is_open) != best:
                break
            share[t] += least
            _pay(start, arc, tail, left, count, mark, stamp, queue, least)
