"""Rain on a microwave hop: specific attenuation ITU-R P.838-3, path attenuation ITU-R P.530-18 section 2.4.1."""

import math
from typing import Literal

from coverage.errors import RadioError

Polarisation = Literal["horizontal", "vertical"]
# P.838-3 tables 1 to 4: (a, b, c) of every term, then m and c of the straight part
_K = {
    "horizontal": (((-5.33980, -0.10008, 1.13098), (-0.35351, 1.26970, 0.45400), (-0.23789, 0.86036, 0.15354),
                    (-0.94158, 0.64552, 0.16817)), -0.18961, 0.71147),
    "vertical": (((-3.80595, 0.56934, 0.81061), (-3.44965, -0.22911, 0.51059), (-0.39902, 0.73042, 0.11899),
                  (0.50167, 1.07319, 0.27195)), -0.16398, 0.63297),
}
_ALPHA = {
    "horizontal": (((-0.14318, 1.82442, -0.55187), (0.29591, 0.77564, 0.19822), (0.32177, 0.63773, 0.13164),
                    (-5.37610, -0.96230, 1.47828), (16.1721, -3.29980, 3.43990)), 0.67849, -1.95537),
    "vertical": (((-0.07771, 2.33840, -0.76284), (0.56727, 0.95545, 0.54039), (-0.20238, 1.14520, 0.26809),
                  (-48.2991, 0.791669, 0.116226), (48.5833, 0.791459, 0.116479)), -0.053739, 0.83433),
}


def _regression(table: tuple[tuple[tuple[float, float, float], ...], float, float], freq_ghz: float) -> float:
    """Return the sum of P.838-3 eqs 2 and 3 at a frequency."""
    terms, slope, constant = table
    x = math.log10(freq_ghz)
    return sum(a * math.exp(-(((x - b) / c) ** 2)) for a, b, c in terms) + slope * x + constant


def rain_coefficients(freq_ghz: float, polarisation: Polarisation) -> tuple[float, float]:
    """Return k and alpha of gamma = k R^alpha (P.838-3), 1 to 1,000 GHz."""
    if not 1.0 <= freq_ghz <= 1000.0:
        raise RadioError("radio_frequency", value=freq_ghz * 1000.0, low=1000.0, high=1_000_000.0)
    return 10.0 ** _regression(_K[polarisation], freq_ghz), _regression(_ALPHA[polarisation], freq_ghz)


def rain_loss_db(
    distance_km: float, freq_ghz: float, rain_mm_h: float, polarisation: Polarisation, *, percent: float = 0.01,
) -> float:
    """Return the rain attenuation exceeded ``percent`` of an average year, dB (P.530-18 eqs 32 to 36).

    Parameters
    ----------
    rain_mm_h : rate exceeded 0.01 % of the time (P.837). percent : 0.001 to 1. Paths up to 60 km.
    """
    if not 0.001 <= percent <= 1.0:
        raise RadioError("radio_percent", value=percent)
    if not (0.0 < distance_km <= 60.0 and rain_mm_h > 0.0):
        raise RadioError("radio_rain_path", distance_km=distance_km, rain_mm_h=rain_mm_h)
    k, alpha = rain_coefficients(freq_ghz, polarisation)
    base = 0.477 * distance_km**0.633 * rain_mm_h ** (0.073 * alpha) * freq_ghz**0.123
    base -= 10.579 * (1.0 - math.exp(-0.024 * distance_km))
    shrink = min(2.5, 1.0 / base) if base > 0.0 else 2.5
    at_001 = k * rain_mm_h**alpha * distance_km * shrink
    c0 = 0.12 + 0.4 * math.log10((freq_ghz / 10.0) ** 0.8) if freq_ghz >= 10.0 else 0.12
    c1 = 0.07**c0 * 0.12 ** (1.0 - c0)
    c2 = 0.855 * c0 + 0.546 * (1.0 - c0)
    c3 = 0.139 * c0 + 0.043 * (1.0 - c0)
    return float(at_001 * c1 * percent ** -(c2 + c3 * math.log10(percent)))
