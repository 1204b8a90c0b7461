"""The one kernel of a path: ITU-R P.1812-8 at 50 % of time, section 4.3, on relative distances.

A profile of n + 1 points is handed over as ``t`` (relative distance 0 ... 1) and ``s`` = 1/sqrt(t (1 - t)) at the inner
points, so that equal steps need no division per point (a table per n), with the two sums of the smooth surface.
Heights in metres, distances in kilometres, frequency in GHz. float64 throughout, no fast-math that changes results.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from coverage.radio.simd import larger

FloatArray = npt.NDArray[np.float64]


def spacing(distance_km: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return t and s of a profile with any spacing (n,)."""
    t = distance_km / distance_km[-1]
    s = np.zeros_like(t)
    s[1:-1] = 1.0 / np.sqrt(t[1:-1] * (1.0 - t[1:-1]))
    return t, s


def smooth_sums(t: FloatArray, ground_m: FloatArray) -> tuple[float, float]:
    """Return v1/d and v2/d^2 (P.1812 eqs 61, 62) of the bare ground (n,)."""
    dt, near, far = np.diff(t), ground_m[:-1], ground_m[1:]
    v1 = float(np.sum(dt * (far + near)))
    v2 = float(np.sum(dt * (far * (2 * t[1:] + t[:-1]) + near * (t[1:] + 2 * t[:-1]))))
    return v1, v2


@njit(cache=True, nogil=True)
def spacing_table(most: int) -> FloatArray:
    """Return (2, most + 1, most + 1): row n holds t and s of n equal steps."""
    table = np.zeros((2, most + 1, most + 1))
    for n in range(1, most + 1):
        for i in range(n + 1):
            t = i / n
            table[0, n, i] = t
            if 0 < i < n:
                table[1, n, i] = 1.0 / math.sqrt(t * (1.0 - t))
    return table


@njit(cache=True, nogil=True)
def knife_edge(v: float) -> float:
    """Return J(v) in dB (P.1812 eq 12)."""
    if v <= -0.78:
        return 0.0
    a = v - 0.1
    return 6.9 + 20.0 * math.log10(math.sqrt(a * a + 1.0) + a)


@njit(cache=True, nogil=True)
def extremes(
    t: FloatArray, s: FloatArray, h: FloatArray, g: FloatArray, last: int, hts: float, hrs: float, bulge: float,
) -> tuple[float, float, float, float, float, float]:
    """Return the maxima over the inner points that eqs 14 to 18 and 63 to 65 ask for; no NaN may come in.

    Slopes towards h (clutter in) from both ends, times d; the obstruction over sqrt(t (1 - t)); then for the bare
    ground g the height H over the line of the terminals, H/t and H/(1 - t).
    """
    stim = srim = worst = hobs = at = ar = -1e300
    for i in range(1, last):
        ti = t[i]
        ri = 1.0 - ti
        si = s[i]
        w = si * si
        line = hts * ri + hrs * ti
        stim = larger(stim, ri * ((h[i] - hts) * w + bulge))
        srim = larger(srim, ti * ((h[i] - hrs) * w + bulge))
        worst = larger(worst, (h[i] - line + bulge * (ti * ri)) * si)
        x = g[i] - line
        hobs = larger(hobs, x)
        at = larger(at, x * w * ri)
        ar = larger(ar, x * w * ti)
    return stim, srim, worst, hobs, at, ar


@njit(cache=True, nogil=True)
def bullington(
    stim: float, srim: float, worst: float, hts: float, hrs: float, d: float, lam: float,
) -> tuple[float, bool, float]:
    """Return the Bullington loss in dB, line of sight (P.1812 section 4.3.1, eqs 13 to 21) and the knife's v."""
    los = stim < hrs - hts
    if los:
        v = worst * math.sqrt(0.002 / (lam * d))
    else:
        tb = (hrs - hts + srim) / (stim + srim)
        top = hts + stim * tb - (hts * (1.0 - tb) + hrs * tb)
        v = top * math.sqrt(0.002 / (lam * d * tb * (1.0 - tb)))
    luc = knife_edge(v)
    return luc + (1.0 - math.exp(-luc / 6.0)) * (10.0 + 0.02 * d), los, v


@njit(cache=True, nogil=True)
def sphere_extremes(
    t: FloatArray, s: FloatArray, last: int, h1: float, h2: float, bulge: float,
) -> tuple[float, float, float]:
    """Return the first three of ``extremes`` over a smooth earth (zero profile) between heights h1 and h2."""
    stim = srim = worst = -1e300
    for i in range(1, last):
        ti = t[i]
        ri = 1.0 - ti
        si = s[i]
        w = si * si
        stim = larger(stim, ri * (bulge - h1 * w))
        srim = larger(srim, ti * (bulge - h2 * w))
        worst = larger(worst, (bulge * (ti * ri) - h1 * ri - h2 * ti) * si)
    return stim, srim, worst


@njit(cache=True, nogil=True)
def smooth_ends(
    v1: float, v2: float, hobs: float, at: float, ar: float, first_g: float, last_g: float,
) -> tuple[float, float, float, float]:
    """Return the heights a.m.s.l. of the smooth surface at both ends, plain and for diffraction (eqs 61 to 67)."""
    hst = 2.0 * v1 - v2
    hsr = v2 - v1
    hstp = hst
    hsrp = hsr
    if hobs > 0.0:
        hstp = hst - hobs * at / (at + ar)
        hsrp = hsr - hobs * ar / (at + ar)
    return hst, hsr, min(hstp, first_g), min(hsrp, last_g)


@njit(cache=True, nogil=True)
def _height_gain(y: float, k: float) -> float:
    """Return G(Y) in dB, eqs 36 and 36a with the floor 2 + 20 log K; y = beta Y."""
    g = 17.6 * math.sqrt(y - 1.1) - 5.0 * math.log10(y - 1.1) - 8.0 if y > 2.0 else 20.0 * math.log10(y + 0.1 * y**3)
    return float(max(g, 2.0 + 20.0 * math.log10(k)))


@njit(cache=True, nogil=True)
def _first_term_over(
    eps: float, sigma: float, d: float, h1: float, h2: float, f: float, a: float, vertical: bool,
) -> float:
    """Return the first term of the residue series over one kind of ground, dB (eqs 29 to 37)."""
    x = 18.0 * sigma / f
    k = 0.036 * (a * f) ** (-1.0 / 3.0) * ((eps - 1.0) ** 2 + x * x) ** (-0.25)
    if vertical:
        k *= math.sqrt(eps * eps + x * x)
    k2 = k * k
    beta = (1.0 + 1.6 * k2 + 0.67 * k2 * k2) / (1.0 + 4.5 * k2 + 1.53 * k2 * k2)
    xn = 21.88 * beta * (f / (a * a)) ** (1.0 / 3.0) * d
    yf = 0.9575 * beta * (f * f / a) ** (1.0 / 3.0)
    fx = 11.0 + 10.0 * math.log10(xn) - 17.6 * xn if xn >= 1.6 else -20.0 * math.log10(xn) - 5.6488 * xn**1.425
    return float(-fx - _height_gain(beta * yf * h1, k) - _height_gain(beta * yf * h2, k))


@njit(cache=True, nogil=True)
def _first_term(d: float, h1: float, h2: float, f: float, a: float, sea: float, vertical: bool) -> float:
    """Return the first term weighted by the share of the path over sea, dB (eq 28)."""
    loss = 0.0
    if sea < 1.0:
        loss += (1.0 - sea) * _first_term_over(22.0, 0.003, d, h1, h2, f, a, vertical)
    if sea > 0.0:
        loss += sea * _first_term_over(80.0, 5.0, d, h1, h2, f, a, vertical)
    return loss


@njit(cache=True, nogil=True)
def spherical(d: float, h1: float, h2: float, f: float, ae: float, sea: float, vertical: bool) -> float:
    """Return the diffraction loss over a smooth earth of radius ae, dB (P.1812 section 4.3.2, eqs 22 to 27)."""
    low, high = min(h1, h2), max(h1, h2)
    spare = high - low - 500.0 * d * d / ae
    # clear of the required height everywhere, hence 0, without asking where it is least (docs/methods/radio.md)
    if spare > 0.0 and 17.456 * 17.456 * (0.2998 / f) * d < 4.0 * low * spare:
        return 0.0
    dlos = math.sqrt(2.0 * ae) * (math.sqrt(0.001 * h1) + math.sqrt(0.001 * h2))
    if d >= dlos:
        return _first_term(d, h1, h2, f, ae, sea, vertical)
    c = (h1 - h2) / (h1 + h2)
    m = 250.0 * d * d / (ae * (h1 + h2))
    inner = min(1.0, max(-1.0, 1.5 * c * math.sqrt(3.0 * m / (m + 1.0) ** 3)))  # |.| <= 1 but for rounding
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(math.pi / 3.0 + math.acos(inner) / 3.0)
    d1 = d * (1.0 + b) / 2.0
    d2 = d - d1
    h = ((h1 - 500.0 * d1 * d1 / ae) * d2 + (h2 - 500.0 * d2 * d2 / ae) * d1) / d
    hreq = 17.456 * math.sqrt(d1 * d2 * (0.2998 / f) / d)
    if h > hreq:
        return 0.0
    aem = 500.0 * (d / (math.sqrt(h1) + math.sqrt(h2))) ** 2
    loss = _first_term(d, h1, h2, f, aem, sea, vertical)
    return 0.0 if loss < 0.0 else (1.0 - h / hreq) * loss


@njit(cache=True, nogil=True)
def free_space(d_km: float, climb_m: float, f_ghz: float) -> float:
    """Return the free-space loss over the slant distance, at least 1 m, dB (eq 8)."""
    slant2 = d_km * d_km + (climb_m / 1000.0) ** 2
    return 92.4 + 20.0 * math.log10(f_ghz) + 10.0 * math.log10(max(slant2, 1e-6))


@njit(cache=True, nogil=True)
def diffraction_loss(
    t: FloatArray, s: FloatArray, h: FloatArray, g: FloatArray, last: int, v1: float, v2: float, hts: float,
    hrs: float, d: float, f: float, ae: float, sea: float, vertical: bool, every: bool,
) -> tuple[float, float, float, float, bool, float, float, float, float, float, float]:
    """Return delta-Bullington (eq 40) and its parts: ld, lbulla, lbulls, ldsph, los, v, hst, hsr, hstd, hsrd, slope.

    h : ground plus clutter; g : bare ground (no NaN in either); only the inner points of h count. v1, v2 :
    ``smooth_sums``. ``every`` = False leaves lbulls out where the spherical loss is 0, for then the difference
    cannot be positive. slope : of the ray that leaves the transmitter, m/km over the chord.
    """
    ce = 1.0 / ae
    lam = 0.2998 / f
    stim, srim, worst, hobs, at, ar = extremes(t, s, h, g, last, hts, hrs, 500.0 * ce * d * d)
    lbulla, los, v = bullington(stim, srim, worst, hts, hrs, d, lam)
    hst, hsr, hstd, hsrd = smooth_ends(v1, v2, hobs, at, ar, g[0], g[last])
    ldsph = spherical(d, hts - hstd, hrs - hsrd, f, ae, sea, vertical)
    lbulls = 0.0
    if every or ldsph > 0.0:
        over = sphere_extremes(t, s, last, hts - hstd, hrs - hsrd, 500.0 * ce * d * d)
        lbulls = bullington(*over, hts - hstd, hrs - hsrd, d, lam)[0]
    ld = lbulla + max(ldsph - lbulls, 0.0)
    return ld, lbulla, lbulls, ldsph, los, v, hst, hsr, hstd, hsrd, max(stim, hrs - hts) / d


@njit(cache=True, nogil=True)
def diffraction_of_bands(
    table: FloatArray, n: int, stim: float, srim: float, worst: float, hts: float, hrs: float, hstd: float, hsrd: float,
    d: float, bands: FloatArray, ae: float, vertical: bool, out: FloatArray,
) -> bool:
    """Fill out (m,) with delta-Bullington of one path at each of ``bands`` GHz; return line of sight.

    stim, srim, worst : ``extremes`` of the path, hstd, hsrd : ``smooth_ends``; none of them asks for the frequency.
    n : steps of equal length, a row of ``spacing_table``.
    """
    los = False
    sphered = False
    stims = srims = worsts = 0.0
    h1, h2, bulge = hts - hstd, hrs - hsrd, 500.0 * (1.0 / ae) * d * d
    for b in range(bands.size):
        lam = 0.2998 / bands[b]
        ld, los, _ = bullington(stim, srim, worst, hts, hrs, d, lam)
        ldsph = spherical(d, h1, h2, bands[b], ae, 0.0, vertical)
        if ldsph > 0.0:
            if not sphered:
                stims, srims, worsts = sphere_extremes(table[0, n], table[1, n], n, h1, h2, bulge)
                sphered = True
            ld += max(ldsph - bullington(stims, srims, worsts, h1, h2, d, lam)[0], 0.0)
        out[b] = ld
    return los
