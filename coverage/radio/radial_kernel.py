"""Radial hull sweep: all receivers along a ray in one pass, then from rays to cells.

Exact along the ray (to rounding) without line of sight: the mast's horizon is a running maximum; the receiver's is the
tangent to the upper convex hull of h - 500 Ce d^2; the smooth surface is running sums; the obstruction H of eqs
63 to 65 comes from the hull of the bare ground. With line of sight the largest v is looked for on hull vertices only
(docs/methods/radio.md gives the measured error). Distances km, heights m, frequency GHz.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from coverage.radio.area_kernel import Heights, add_clutter, sample
from coverage.radio.path_kernel import FloatArray, diffraction_of_bands, free_space, smooth_ends

IntArray = npt.NDArray[np.int32]
DOUBLINGS = 4       # how often the rays are thinned towards the mast


@njit(cache=True, nogil=True)
def _push(hull: IntArray, count: int, y: FloatArray, i: int) -> int:
    """Add point i (abscissa i, height y[i]) to an upper convex hull; return the new number of vertices."""
    while count >= 2:
        a, b = hull[count - 2], hull[count - 1]
        if (y[b] - y[a]) * (i - b) > (y[i] - y[b]) * (b - a):
            break
        count -= 1
    hull[count] = i
    return count + 1


@njit(cache=True, nogil=True)
def _steepest(hull: IntArray, count: int, y: FloatArray, k: int, top: float) -> float:
    """Return the largest (y[i] - top)/(k - i) over the hull's vertices: the tangent from a point right of it."""
    m = count - 1
    best = (y[hull[m]] - top) / (k - hull[m])
    while m > 0:
        m -= 1
        slope = (y[hull[m]] - top) / (k - hull[m])
        if slope < best:
            break
        best = slope
    return float(best)


@njit(cache=True, nogil=True)
def _highest(hull: IntArray, count: int, y: FloatArray, start: float, rise: float) -> float:
    """Return the largest y[i] - (start + rise i) over the hull's vertices, by bisection on its slopes."""
    low, high = 0, count - 1
    while low < high:
        m = (low + high) // 2
        a, b = hull[m], hull[m + 1]
        if y[b] - y[a] > rise * (b - a):
            low = m + 1
        else:
            high = m
    i = hull[low]
    return float(y[i] - start - rise * i)


@njit(cache=True, nogil=True)
def _worst_on_hull(
    hull: IntArray, count: int, h: FloatArray, k: int, hts: float, hrs: float, bulge: float, root: FloatArray,
) -> float:
    """Return the largest obstruction over sqrt(t (1 - t)) among the hull's vertices (eq 16)."""
    worst = -1e300
    for m in range(count):
        i = hull[m]
        t = i / k
        x = (h[i] + bulge * t * (1.0 - t) - hts * (1.0 - t) - hrs * t) * (root[i] * root[k - i])
        worst = max(worst, x)
    return worst * k


@njit(cache=True, nogil=True)
def sweep_ray(
    g: FloatArray, h: FloatArray, n: int, first: int, step: float, tx_agl: float, rx_agl: float, near: float,
    bands: FloatArray, ae: float, table: FloatArray, root: FloatArray, y: FloatArray, hull: IntArray, flat: IntArray,
    out: npt.NDArray[np.float32], clear: npt.NDArray[np.int8], depart: npt.NDArray[np.float32],
) -> None:
    """Fill out[:, k] (diffraction per band, dB), clear[k], depart[k] (mrad) for receivers at k = first ... n steps.

    g, h : bare ground and ground with clutter (n + 1,). root[i] = 1/sqrt(i). y, hull, flat : room. From the first
    gap on: NaN and -1. Nearer than ``near``: 0 dB.
    """
    hts = g[0] + tx_agl
    half = 500.0 * (1.0 / ae)
    ld = np.empty(bands.size)
    count = flat_count = 0
    slope = bare_slope = -1e300
    total = moment = 0.0
    for k in range(n + 1):
        if math.isnan(g[k]) or math.isnan(h[k]) or math.isnan(hts):
            out[:, k:], clear[k:], depart[k:] = np.nan, -1, np.nan
            return
        total += g[k]
        moment += k * g[k]
        d = k * step
        hrs = g[k] + rx_agl
        if k >= 2:
            i = k - 1
            di = i * step
            y[i] = h[i] - half * di * di
            count = _push(hull, count, y, i)
            flat_count = _push(flat, flat_count, g, i)
            slope = max(slope, (h[i] - hts) / di - half * di)
            bare_slope = max(bare_slope, (g[i] - hts) / di)
        if k < first:
            continue
        if k < 2 or d < near:
            out[:, k], clear[k] = 0.0, 1
            depart[k] = 1000.0 * math.atan2(hrs - hts, max(1000.0 * d, 1.0))
            continue
        bulge = half * d * d
        stim = (slope + half * d) * d
        srim = _steepest(hull, count, y, k, hrs - bulge) * k - bulge
        worst = 0.0
        if stim < hrs - hts:
            worst = _worst_on_hull(hull, count, h, k, hts, hrs, bulge, root)
        hobs = _highest(flat, flat_count, g, hts, (hrs - hts) / k)
        at = ar = 0.0
        if hobs > 0.0:
            at = bare_slope * d - (hrs - hts)
            ar = _steepest(flat, flat_count, g, k, hrs) * k + (hrs - hts)
        v1 = (2.0 * total - g[0] - g[k]) / k
        v2 = (6.0 * moment + g[0] - (3.0 * k + 1.0) * g[k]) / (float(k) * k)
        _, _, hstd, hsrd = smooth_ends(v1, v2, hobs, at, ar, g[0], g[k])
        los = diffraction_of_bands(table, k, stim, srim, worst, hts, hrs, hstd, hsrd, d, bands, ae, True, ld)
        for b in range(bands.size):
            out[b, k] = ld[b]
        clear[k] = 1 if los else 0
        depart[k] = max(stim, hrs - hts) / d - half * d


@njit(cache=True, nogil=True)
def stride_at(k: int, steps: int) -> int:
    """Return how many rays apart those are that serve the ring between samples k and k + 1."""
    stride = 1
    while stride < 1 << DOUBLINGS and 2 * stride * (k + 1) <= steps:
        stride *= 2
    return stride


@njit(cache=True, nogil=True)
def first_needed(ray: int, steps: int) -> int:
    """Return the first sample of a ray that any ring asks for."""
    stride = 1
    while stride < 1 << DOUBLINGS and ray % (2 * stride) == 0:
        stride *= 2
    return 0 if stride == 1 << DOUBLINGS else max(0, steps // (2 * stride) - 1)


@njit(cache=True, nogil=True)
def sweep(
    ground: Heights, clutter: Heights, table: FloatArray, tx_x: float, tx_y: float, tx_agl: float, rx_agl: float,
    rays: int, steps: int, step_km: float, cell_km: float, near: float, bands: FloatArray, ae: float,
    loss: npt.NDArray[np.float32], clear: npt.NDArray[np.int8], depart: npt.NDArray[np.float32],
) -> None:
    """Fill loss (m, rays, steps + 1), clear and depart (rays, steps + 1): diffraction on rays clockwise from north.

    Rays converge: the odd ones are needed only in the outer half, of the rest every second only beyond a quarter, and
    so on (``stride_at``); what is not needed is left as it was. ``rays`` is a multiple of 2**DOUBLINGS.
    """
    g = np.empty(steps + 1)
    h = np.empty(steps + 1) if clutter.size > 1 else g
    y = np.empty(steps + 1)
    cell, across, down = np.empty(steps + 1, np.int32), np.empty(steps + 1), np.empty(steps + 1)
    hull, flat = np.empty(steps + 1, np.int32), np.empty(steps + 1, np.int32)
    root = np.zeros(steps + 1)
    for i in range(1, steps + 1):
        root[i] = 1.0 / math.sqrt(i)
    reach = steps * step_km / cell_km
    for ray in range(rays):
        angle = 2.0 * math.pi * ray / rays
        x, y1 = tx_x + reach * math.sin(angle), tx_y - reach * math.cos(angle)
        sample(ground, tx_x, tx_y, x, y1, steps, cell, across, down, g)
        if clutter.size > 1:
            add_clutter(clutter, tx_x, tx_y, x, y1, steps, g, h)
        sweep_ray(
            g, h, steps, first_needed(ray, steps), step_km, tx_agl, rx_agl, near, bands, ae, table, root, y, hull,
            flat, loss[:, ray], clear[ray], depart[ray],
        )


@njit(cache=True, nogil=True)
def _along(ray: npt.NDArray[np.float32], k: int, w: float) -> float:
    """Return the value between samples k and k + 1 of a ray; the inner one where the outer is a gap."""
    inner, outer = ray[k], ray[k + 1]
    return float(inner if math.isnan(outer) else inner * (1.0 - w) + outer * w)


@njit(cache=True, nogil=True)
def rays_to_cells(
    ground: Heights, polar: npt.NDArray[np.float32], polar_clear: npt.NDArray[np.int8],
    polar_depart: npt.NDArray[np.float32], tx_x: float, tx_y: float, hts: float, rx_agl: float, step_km: float,
    cell_km: float, radius_km: float, near: float, bands: FloatArray,
    loss: npt.NDArray[np.float32], clear: npt.NDArray[np.int8], depart: npt.NDArray[np.float32],
) -> None:
    """Fill loss (m, rows, cols), clear and depart (rows, cols) of the cells within the radius from the mast's rays.

    Diffraction is bilinear in azimuth and range, free space exact. NaN where the nearer ray has none; where only the
    other ray, or the next sample outwards, meets a gap or the raster's edge, the value beside it counts alone.
    """
    m, rays, most = polar.shape
    for i in range(ground.shape[0]):
        for j in range(ground.shape[1]):
            dx, dy = j - tx_x, tx_y - i
            d = cell_km * math.hypot(dx, dy)
            if d > radius_km or math.isnan(ground[i, j]):
                continue
            turn = math.atan2(dx, dy) / (2.0 * math.pi)
            r = d / step_km
            k = min(int(r), most - 2)
            w = r - k
            stride = stride_at(k, most - 1)
            a = (turn + 1.0 if turn < 0.0 else turn) * (rays // stride)
            a0 = int(a)
            u = a - a0
            a0 = a0 * stride % rays
            a1 = (a0 + stride) % rays
            ray = a0 if u < 0.5 else a1
            if polar_clear[ray, k] < 0:
                continue
            for b in range(m):
                one, two = _along(polar[b, a0], k, w), _along(polar[b, a1], k, w)
                nearest = one if u < 0.5 else two
                diffraction = nearest if math.isnan(one + two) else one * (1.0 - u) + two * u
                fspl = free_space(d, hts - ground[i, j] - rx_agl, bands[b])
                loss[b, i, j] = fspl + (0.0 if d < near else diffraction)
            sample_at = k if w < 0.5 or polar_clear[ray, k + 1] < 0 else k + 1
            clear[i, j] = polar_clear[ray, sample_at]
            depart[i, j] = polar_depart[ray, sample_at]
