"""Loops over receivers: sample the ground between a mast and each point, then the one path kernel.

Positions are pixel coordinates: column x and row y, cell centres at whole numbers. Heights float32 or float64 in
store, float64 in arithmetic. NaN ground anywhere on the path gives NaN: no-data never becomes sea level.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from coverage.radio.path_kernel import FloatArray, diffraction_loss, free_space

Heights = npt.NDArray[np.float32]


@njit(cache=True, nogil=True, inline="always")
def _clip(value: float, top: float) -> float:
    """Keep a coordinate among cell centres: in the outer half cell the outer centre counts."""
    return min(max(value, 0.0), top)


@njit(cache=True, nogil=True)
def bilinear(ground: Heights, x: float, y: float) -> float:
    """Return the ground height at one pixel coordinate, NaN beyond the raster's edge."""
    rows, cols = ground.shape
    if not (-0.5 <= x <= cols - 0.5 and -0.5 <= y <= rows - 0.5):
        return math.nan
    u = _clip(x, cols - 1.0)
    w = _clip(y, rows - 1.0)
    j = min(int(u), max(cols - 2, 0))
    i = min(int(w), max(rows - 2, 0))
    j1 = min(j + 1, cols - 1)
    i1 = min(i + 1, rows - 1)
    u -= j
    w -= i
    top = ground[i, j] * (1.0 - u) + ground[i, j1] * u
    return float(top * (1.0 - w) + (ground[i1, j] * (1.0 - u) + ground[i1, j1] * u) * w)


@njit(cache=True, nogil=True)
def sample(ground: Heights, x0: float, y0: float, x1: float, y1: float, n: int, out: FloatArray) -> None:
    """Fill out[0..n] with the ground on the straight line between two points on the raster, bilinear."""
    rows, cols = ground.shape
    jmax = cols - 2
    imax = rows - 2
    dx = (x1 - x0) / n
    dy = (y1 - y0) / n
    inside = min(x0, x1) >= 0.0 and max(x0, x1) <= cols - 1 and min(y0, y1) >= 0.0 and max(y0, y1) <= rows - 1
    if not inside or jmax < 0 or imax < 0:
        for k in range(n + 1):
            out[k] = bilinear(ground, x0 + k * dx, y0 + k * dy)
        return
    for k in range(n + 1):
        x = x0 + k * dx
        y = y0 + k * dy
        j = min(max(int(x), 0), jmax)
        i = min(max(int(y), 0), imax)
        u = x - j
        w = y - i
        a = float(ground[i, j])
        b = float(ground[i + 1, j])
        a += (ground[i, j + 1] - a) * u
        b += (ground[i + 1, j + 1] - b) * u
        out[k] = a + (b - a) * w


@njit(cache=True, nogil=True)
def add_clutter(
    clutter: Heights, x0: float, y0: float, x1: float, y1: float, n: int, g: FloatArray, h: FloatArray,
) -> None:
    """Fill h[0..n] with g plus the height of the clutter cell at every inner point (the two ends stay bare)."""
    rows, cols = clutter.shape
    dx = (x1 - x0) / n
    dy = (y1 - y0) / n
    h[0] = g[0]
    h[n] = g[n]
    for k in range(1, n):
        j = min(max(int(x0 + k * dx + 0.5), 0), cols - 1)
        i = min(max(int(y0 + k * dy + 0.5), 0), rows - 1)
        h[k] = g[k] + clutter[i, j]


@njit(cache=True, nogil=True)
def has_nan(values: FloatArray, last: int) -> bool:
    """Tell whether values[0..last] hold a NaN."""
    total = 0.0
    for k in range(last + 1):
        total += values[k]
    return math.isnan(total)


@njit(cache=True, nogil=True)
def losses_to_points(
    ground: Heights, clutter: Heights, table: FloatArray, tx_x: float, tx_y: float, tx_agl: float,
    xs: FloatArray, ys: FloatArray, rx_agl: float, cell_km: float, step_km: float, near_km: float,
    far_km: float, f: float, ae: float, vertical: bool, loss: FloatArray, clear: npt.NDArray[np.int8],
) -> None:
    """Fill loss (dB) and clear (1 line of sight, 0 none, -1 unknown) of the paths from one mast to points (n,).

    clutter : heights on the same cells, or shape (1, 1) for none. Beyond ``far_km``, off the raster or across
    no-data: NaN and -1. Below ``near_km``: free space.
    """
    most = table.shape[1]
    g = np.empty(most)
    h = np.empty(most) if clutter.size > 1 else g
    tx_ground = bilinear(ground, tx_x, tx_y)
    for p in range(xs.size):
        loss[p] = math.nan
        clear[p] = -1
        x, y = xs[p], ys[p]
        d = cell_km * math.hypot(x - tx_x, y - tx_y)
        rx_ground = bilinear(ground, x, y)
        if d > far_km or math.isnan(tx_ground) or math.isnan(rx_ground):
            continue
        n = max(2, math.ceil(d / step_km - 1e-9))
        sample(ground, tx_x, tx_y, x, y, n, g)
        if clutter.size > 1:
            add_clutter(clutter, tx_x, tx_y, x, y, n, g, h)
        if has_nan(h, n):
            continue
        hts = g[0] + tx_agl
        hrs = g[n] + rx_agl
        fspl = free_space(d, hts - hrs, f)
        if d < near_km:
            loss[p] = fspl
            clear[p] = 1
            continue
        parts = diffraction_loss(
            table[0, n], table[1, n], table[2, n], table[3, n], h, g, n, hts, hrs, d, f, ae, 0.0, vertical, False
        )
        loss[p] = fspl + parts[0]
        clear[p] = 1 if parts[4] else 0
