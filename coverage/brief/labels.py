"""Place labels on a map sheet so that none overlaps another, a symbol or the frame.

Greedy and deterministic: labels in order of rank, each at the first of its places that is free. Millimetres on the
sheet, origin at the lower left corner of the map's frame.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Offset = tuple[float, float]


@dataclass(frozen=True)
class Ask:
    """A label that wants a place.

    Parameters
    ----------
    key : what it names, unique.
    x_mm, y_mm : the point it belongs to.
    width_mm, height_mm : size of its box.
    rank : lower is placed first; ties by key.
    offsets : where the box's centre may lie relative to the point, best first.
    """

    key: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    rank: int
    offsets: tuple[Offset, ...]


@dataclass(frozen=True)
class Place:
    """Where a label's centre came to lie."""

    key: str
    x_mm: float
    y_mm: float


def around(width_mm: float, height_mm: float, gap_mm: float, rings: int = 2) -> tuple[Offset, ...]:
    """Return eight places round a point, nearest ring first: right, left, above, below, then the corners."""
    out: list[Offset] = []
    for ring in range(rings):
        dx = width_mm / 2 + gap_mm * (1 + ring)
        dy = height_mm / 2 + gap_mm * (1 + ring)
        flat, low = width_mm / 2 + gap_mm * (0.5 + ring), height_mm / 2 + gap_mm * (0.5 + ring)
        out += [(dx, 0.0), (-dx, 0.0), (0.0, dy), (0.0, -dy), (flat, low), (-flat, low), (flat, -low), (-flat, -low)]
    return tuple(out)


def spiral(step_mm: float, turns: int) -> tuple[Offset, ...]:
    """Return the point itself and then rings of places at growing distance, for names of areas."""
    out: list[Offset] = [(0.0, 0.0)]
    for turn in range(1, turns + 1):
        count = 6 * turn
        angles = (2 * math.pi * k / count for k in range(count))
        out += [(step_mm * turn * math.cos(a), step_mm * turn * math.sin(a) * 0.7) for a in angles]
    return tuple(out)


def box(x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> NDArray[np.float64]:
    """Return (west, south, east, north) of a box given its centre."""
    return np.array([x_mm - width_mm / 2, y_mm - height_mm / 2, x_mm + width_mm / 2, y_mm + height_mm / 2])


def hits(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which boxes (n, 4) overlap one box (4,); touching is not overlapping."""
    found: NDArray[np.bool_] = (
        (many[:, 0] < one[2]) & (many[:, 2] > one[0]) & (many[:, 1] < one[3]) & (many[:, 3] > one[1])
    )
    return found


def place_labels(
    asks: Sequence[Ask], frame_mm: tuple[float, float], taken: NDArray[np.float64] | None = None,
    avoid: NDArray[np.float64] | None = None,
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Return the places found and the keys of the labels for which there was none.

    Parameters
    ----------
    frame_mm : width and height of the map; every box lies inside.
    taken : (n, 4) boxes of symbols that no label may cover. avoid : boxes to cover as few of as can be.
    """
    width, height = frame_mm
    start = np.empty((0, 4)) if taken is None else np.asarray(taken, float).reshape(-1, 4)
    boxes = np.vstack([start, np.empty((len(asks), 4))])
    used = len(start)
    soft = np.empty((0, 4)) if avoid is None else np.asarray(avoid, float).reshape(-1, 4)
    placed: list[Place] = []
    left_out: list[str] = []
    for ask in sorted(asks, key=lambda a: (a.rank, a.key)):
        best: tuple[int, NDArray[np.float64], Place] | None = None
        for dx, dy in ask.offsets:
            x, y = ask.x_mm + dx, ask.y_mm + dy
            here = box(x, y, ask.width_mm, ask.height_mm)
            inside = here[0] >= 0 and here[1] >= 0 and here[2] <= width and here[3] <= height
            if not inside or hits(here, boxes[:used]).any():
                continue
            covered = int(hits(here, soft).sum())
            if best is None or covered < best[0]:
                best = covered, here, Place(ask.key, x, y)
            if covered == 0:
                break
        if best is None:
            left_out.append(ask.key)
            continue
        boxes[used] = best[1]
        used += 1
        placed.append(best[2])
    return tuple(placed), tuple(left_out)
