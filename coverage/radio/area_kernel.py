"""Loops over receivers: sample the ground between a mast and each point, then the one path kernel.

Positions are pixel coordinates: column x and row y, cell centres at whole numbers. Heights are float64 of
the window in work, whatever the raster's own type. NaN ground anywhere on the path gives NaN: no-data never becomes
sea level.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from coverage.radio.path_kernel import FloatArray, diffraction_of_bands, extremes, free_space, smooth_ends

Heights = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, inline="always")
def _clip(value: float, top: float) -> float:
    """Keep a coordinate among cell centres: in the outer half cell the outer centre counts."""
    return min(max(value, 0.0), top)


@njit(cache=True, nogil=True)
def bilinear(ground: npt.NDArray[np.floating], x: float, y: float) -> float:
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
def sample(
    ground: Heights, x0: float, y0: float, x1: float, y1: float, n: int, cell: npt.NDArray[np.int32],
    across: FloatArray, down: FloatArray, out: FloatArray,
) -> tuple[float, float]:
    """Fill out[0..n] with the ground on the straight line between two points on the raster, bilinear.

    cell, across, down : room for n + 1 values; places first, then heights, so that the first loop runs in lanes.
    Returns v1/d and v2/d^2 of the smooth surface (eqs 61, 62 for n equal steps); NaN where the profile has a gap.
    """
    rows, cols = ground.shape
    dx = (x1 - x0) / n
    dy = (y1 - y0) / n
    total = moment = 0.0
    inside = min(x0, x1) >= 0.0 and max(x0, x1) <= cols - 1 and min(y0, y1) >= 0.0 and max(y0, y1) <= rows - 1
    if not inside or min(rows, cols) < 2:
        for k in range(n + 1):
            value = bilinear(ground, x0 + k * dx, y0 + k * dy)
            out[k] = value
            total += value
            moment += k * value
    else:
        stride = np.int32(cols)
        jmax = np.int32(cols - 2)
        imax = np.int32(rows - 2)
        for k in range(n + 1):
            x = x0 + k * dx
            y = y0 + k * dy
            j = min(max(np.int32(x), np.int32(0)), jmax)      # rounding may leave the raster by a hair at an end
            i = min(max(np.int32(y), np.int32(0)), imax)
            cell[k] = i * stride + j
            across[k] = x - j
            down[k] = y - i
        flat = ground.ravel()
        below = np.uint64(stride)
        for k in range(n + 1):
            here = np.uint64(cell[k])
            under = here + below
            a = flat[here]
            b = flat[under]
            a += (flat[here + np.uint64(1)] - a) * across[k]
            b += (flat[under + np.uint64(1)] - b) * across[k]
            value = a + (b - a) * down[k]
            out[k] = value
            total += value
            moment += k * value
    v1 = (2.0 * total - out[0] - out[n]) / n
    v2 = (6.0 * moment + out[0] - (3.0 * n + 1.0) * out[n]) / (n * n)
    return v1, v2


@njit(cache=True, nogil=True)
def add_clutter(
    clutter: Heights, x0: float, y0: float, x1: float, y1: float, n: int, g: FloatArray, h: FloatArray,
) -> float:
    """Fill h[0..n] with g plus the clutter of the cell at every inner point; return the sum, NaN over a gap."""
    rows, cols = clutter.shape
    dx = (x1 - x0) / n
    dy = (y1 - y0) / n
    h[0] = g[0]
    h[n] = g[n]
    total = 0.0
    for k in range(1, n):
        j = min(max(int(x0 + k * dx + 0.5), 0), cols - 1)
        i = min(max(int(y0 + k * dy + 0.5), 0), rows - 1)
        h[k] = g[k] + clutter[i, j]
        total += clutter[i, j]
    return float(total)


@njit(cache=True, nogil=True)
def losses_to_points(
    ground: Heights, clutter: Heights, table: FloatArray, tx_x: float, tx_y: float, tx_agl: float, xs: FloatArray,
    ys: FloatArray, rx_agl: float, cell_km: float, step_km: float, near_km: float, far_km: float, bands: FloatArray,
    ae: float, vertical: bool, loss: FloatArray, clear: npt.NDArray[np.int8], depart: FloatArray,
) -> None:
    """Fill loss (m, n) dB and clear (n,) of the paths from one mast to points (n,), for each of ``bands`` (m,) GHz.

    clear : 1 line of sight, 0 none, -1 unknown. All but the last step of a path is the same for every band.
    depart : elevation angle (mrad over the horizontal) under which the wave leaves the mast: towards the receiver,
    or towards the horizon that hides it.
    clutter : heights on the same cells, or shape (1, 1) for none. Beyond ``far_km``, off the raster or across
    no-data: NaN and -1. Below ``near_km``: free space.
    """
    most = table.shape[1]
    g = np.empty(most)
    h = np.empty(most) if clutter.size > 1 else g
    cell = np.empty(most, np.int32)
    across = np.empty(most)
    down = np.empty(most)
    ld = np.empty(bands.size)
    for p in range(xs.size):
        loss[:, p] = depart[p] = math.nan
        clear[p] = -1
        x, y = xs[p], ys[p]
        d = cell_km * math.hypot(x - tx_x, y - tx_y)
        if not d <= far_km:
            continue
        n = max(2, math.ceil(d / step_km - 1e-9))
        v1, v2 = sample(ground, tx_x, tx_y, x, y, n, cell, across, down, g)
        check = v1
        if clutter.size > 1:
            check += add_clutter(clutter, tx_x, tx_y, x, y, n, g, h)
        if math.isnan(check):
            continue
        hts = g[0] + tx_agl
        hrs = g[n] + rx_agl
        if d < near_km:
            ld[:] = 0.0
            clear[p] = 1
            depart[p] = 1000.0 * math.atan2(hrs - hts, max(1000.0 * d, 1.0))
        else:
            stim, srim, worst, hobs, at, ar = extremes(
                table[0, n], table[1, n], h, g, n, hts, hrs, 500.0 * (1.0 / ae) * d * d)
            _, _, hstd, hsrd = smooth_ends(v1, v2, hobs, at, ar, g[0], g[n])
            los = diffraction_of_bands(table, n, stim, srim, worst, hts, hrs, hstd, hsrd, d, bands, ae, vertical, ld)
            clear[p] = 1 if los else 0
            depart[p] = max(stim, hrs - hts) / d - 500.0 * d / ae
        for b in range(bands.size):
            loss[b, p] = free_space(d, hts - hrs, bands[b]) + ld[b]


@njit(cache=True, nogil=True)
def bilinear_many(ground: npt.NDArray[np.floating], xs: FloatArray, ys: FloatArray, out: FloatArray) -> None:
    """Fill out (n,) with the ground at pixel coordinates (n,), NaN beyond the raster's edge."""
    for p in range(xs.size):
        out[p] = bilinear(ground, xs[p], ys[p])
