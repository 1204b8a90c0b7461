"""The part of a cable graph that some cheapest tree could use: less for the solver, the same answer."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverage.siting.link_wires import leading_on

SURE = 1e-9     # relative: money that differs by less is equal


@dataclass(frozen=True, eq=False)
class Reduced:
    """Edges (m,) made of one or several edges in a row.

    Parameters
    ----------
    tail, head : (m,) nodes, numbered as before. cost_mvnd, length_m : (m,). members : the edges each is made of.
    """

    tail: NDArray[np.intp]
    head: NDArray[np.intp]
    cost_mvnd: NDArray[np.float64]
    length_m: NDArray[np.float64]
    members: tuple[tuple[int, ...], ...]

    def expand(self, chosen: Iterable[int]) -> tuple[int, ...]:
        """Return the edges that ``chosen`` ones are made of, sorted."""
        return tuple(sorted(e for c in chosen for e in self.members[c]))


@dataclass
class _Piece:
    ends: tuple[int, int]
    mvnd: float
    metres: float
    members: tuple[int, ...]

    @property
    def rank(self) -> tuple[float, float, tuple[int, ...]]:
        return self.mvnd, self.metres, self.members


def reduced(
    tail: NDArray[np.intp], head: NDArray[np.intp], cost_mvnd: NDArray[np.float64], length_m: NDArray[np.float64],
    root: NDArray[np.bool_], terminal: Iterable[int], away_mvnd: NDArray[np.float64],
) -> Reduced:
    """Return the edges over which a tree for ``terminal`` nodes is no dearer than over all.

    Left out: edges between roots and edges no root feeds; an edge dearer than other ways from both of its ends to the
    roots (what hangs on it is served cheaper by those); the dearer of two between the same nodes; dead ends. Edges in a
    row become one.

    Parameters
    ----------
    away_mvnd : (n_nodes,) cost of the cheapest way from a node to a root, inf for none.
    """
    keep = root.copy()
    keep[list(terminal)] = True
    pieces = []
    for at, (a, b, mvnd, metres) in enumerate(zip(tail.tolist(), head.tolist(), cost_mvnd.tolist(), length_m.tolist(),
                                                  strict=True)):
        bypassed = mvnd * (1.0 - SURE) > max(away_mvnd[a], away_mvnd[b])
        if a != b and not (root[a] and root[b]) and np.isfinite(away_mvnd[a]) and not bypassed:
            pieces.append(_Piece((a, b), mvnd, metres, (at,)))
    count = -1
    while count != len(pieces):
        count = len(pieces)
        pieces = _in_a_row(_without_dead_ends(_cheapest(pieces), keep), keep)
    pieces.sort(key=lambda p: p.members)
    return Reduced(
        np.array([p.ends[0] for p in pieces], dtype=np.intp), np.array([p.ends[1] for p in pieces], dtype=np.intp),
        np.array([p.mvnd for p in pieces], dtype=np.float64), np.array([p.metres for p in pieces], dtype=np.float64),
        tuple(p.members for p in pieces))


def _cheapest(pieces: list[_Piece]) -> list[_Piece]:
    best: dict[tuple[int, int], _Piece] = {}
    for piece in pieces:
        pair = (min(piece.ends), max(piece.ends))
        if pair[0] != pair[1] and (pair not in best or piece.rank < best[pair].rank):
            best[pair] = piece
    return list(best.values())


def _beside(pieces: list[_Piece]) -> dict[int, list[int]]:
    out: dict[int, list[int]] = {}
    for at, piece in enumerate(pieces):
        for end in piece.ends:
            out.setdefault(end, []).append(at)
    return out


def _without_dead_ends(pieces: list[_Piece], keep: NDArray[np.bool_]) -> list[_Piece]:
    return [pieces[r] for r in leading_on([p.ends[0] for p in pieces], [p.ends[1] for p in pieces], keep)]


def _in_a_row(pieces: list[_Piece], keep: NDArray[np.bool_]) -> list[_Piece]:
    """Join two edges that meet at a node where nothing else is."""
    live = dict(enumerate(pieces))
    beside = _beside(pieces)
    for node in sorted(beside):
        rows = beside[node]
        if keep[node] or len(rows) != 2 or rows[0] == rows[1]:  # noqa: PLR2004 - a node in a row
            continue
        one, two = live[rows[0]], live.pop(rows[1])
        ends = one.ends[0] + one.ends[1] - node, two.ends[0] + two.ends[1] - node
        live[rows[0]] = _Piece(ends, one.mvnd + two.mvnd, one.metres + two.metres, (*one.members, *two.members))
        beside[ends[1]][beside[ends[1]].index(rows[1])] = rows[0]
    return list(live.values())
