"""Fibre that could be laid, edge by edge, and what may be left out of it because no plan would ever use it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]
ROAD, SPUR, STRAIGHT = "doc_duong", "ngoai_duong", "cat_thang"
SURE = 1e-9     # relative: floats that differ by less are equal
Stretch = tuple[int, float, float]


@dataclass(frozen=True, eq=False)
class Wire:
    """A piece of fibre between two nodes.

    Parameters
    ----------
    way : ROAD, SPUR or STRAIGHT. metres : of cable. factor : access multiplier. mvnd : about what it costs the State.
    single : along a road that no other road leads round. names : of its roads.
    course : from tail to head: stretches of road (row, from, to metres) or coordinates (n, 2).
    """

    tail: int
    head: int
    way: str
    metres: float
    factor: float
    mvnd: float
    single: bool = False
    names: tuple[str, ...] = ()
    course: tuple["Stretch | FloatArray", ...] = ()

    def turned(self) -> "Wire":
        """Return the same piece from head to tail."""
        back = tuple((s[0], s[2], s[1]) if isinstance(s, tuple) else s[::-1] for s in reversed(self.course))
        return replace(self, tail=self.head, head=self.tail, course=back)


def to_roots_mvnd(wires: Sequence[Wire], root: BoolArray) -> FloatArray:
    """Return the cost (n,) of the cheapest fibre from each node to a root, inf where none leads there."""
    n = root.size
    tails = np.array([w.tail for w in wires] + [n] * int(root.sum()), dtype=np.intp)
    heads = np.concatenate([np.array([w.head for w in wires], dtype=np.intp), np.flatnonzero(root)])
    cost = np.array([w.mvnd for w in wires] + [0.0] * int(root.sum()))
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], cost[order]
    first = np.ones(low.size, dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    net = coo_array((cost[first], (low[first], high[first])), shape=(n + 1, n + 1)).tocsr()
    out: FloatArray = dijkstra(net, directed=False, indices=n)[:n]
    return out


def thin(wires: list[Wire], root: BoolArray, wanted: BoolArray) -> list[Wire]:
    """Return the fibre that some plan could use, pieces of road in a row drawn together.

    Left out: what no root feeds; a piece dearer than other ways from both of its ends to the roots (whoever hangs on
    it is served cheaper by those); the dearer of two pieces between the same nodes; dead ends without a ``wanted``
    node. Every plan over all pieces has one over these that is no dearer.
    """
    away = to_roots_mvnd(wires, root)
    left = [w for w in wires if w.tail != w.head and np.isfinite(away[w.tail])
            and not (away[w.tail] < w.mvnd * (1.0 - SURE) and away[w.head] < w.mvnd * (1.0 - SURE))]
    keep = root | wanted
    count = -1
    while count != len(left):
        count = len(left)
        left = _drawn_together(_without_dead_ends(_cheapest_of_pairs(left), keep), keep)
    return left


def _cheapest_of_pairs(wires: list[Wire]) -> list[Wire]:
    best: dict[tuple[int, int], Wire] = {}
    for wire in wires:
        pair = (min(wire.tail, wire.head), max(wire.tail, wire.head))
        other = best.get(pair)
        if pair[0] != pair[1] and (other is None or wire.mvnd < other.mvnd):
            best[pair] = wire
    return list(best.values())


def _beside(wires: list[Wire]) -> dict[int, list[int]]:
    out: dict[int, list[int]] = {}
    for row, wire in enumerate(wires):
        out.setdefault(wire.tail, []).append(row)
        out.setdefault(wire.head, []).append(row)
    return out


def leading_on(tail: npt.ArrayLike, head: npt.ArrayLike, keep: BoolArray) -> IntArray:
    """Return the rows of pieces (m,) that are left once dead ends are gone: leaves that are no node of ``keep``."""
    tails, heads = np.asarray(tail, dtype=np.intp), np.asarray(head, dtype=np.intp)
    rows = np.arange(tails.size)
    while rows.size:
        degree = np.bincount(np.concatenate([tails[rows], heads[rows]]), minlength=keep.size)
        blind = (degree == 1) & ~keep
        on = ~(blind[tails[rows]] | blind[heads[rows]])
        if on.all():
            break
        rows = rows[on]
    return rows


def _without_dead_ends(wires: list[Wire], keep: BoolArray) -> list[Wire]:
    return [wires[r] for r in leading_on([w.tail for w in wires], [w.head for w in wires], keep)]


def _drawn_together(wires: list[Wire], keep: BoolArray) -> list[Wire]:
    """Join two pieces of road that meet at a node of no interest, where both or neither can be gone round."""
    live: dict[int, Wire] = dict(enumerate(wires))
    beside = _beside(wires)
    for node in sorted(beside):
        rows = beside[node]
        if keep[node] or len(rows) != 2 or rows[0] == rows[1]:  # noqa: PLR2004 - a node in a row of pieces
            continue
        a, b = live[rows[0]], live[rows[1]]
        if a.way != ROAD or b.way != ROAD or a.single != b.single:
            continue
        a, b = (a if a.head == node else a.turned()), (b if b.tail == node else b.turned())
        names = (*a.names, *(x for x in b.names if x not in a.names))
        live[rows[0]] = replace(a, head=b.head, metres=a.metres + b.metres, mvnd=a.mvnd + b.mvnd, names=names,
                                course=a.course + b.course)
        del live[rows[1]]
        beside[b.head][beside[b.head].index(rows[1])] = rows[0]
    return list(live.values())
