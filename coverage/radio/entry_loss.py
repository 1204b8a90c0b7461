"""Building entry loss, ITU-R P.2109-1: how much weaker the signal is inside."""

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri

from coverage.errors import RadioError

BuildingType = Literal["traditional", "thermally_efficient"]


@dataclass(frozen=True)
class _Coefficients:
    """Letters of P.2109-1 table 1."""

    r: float
    s: float
    t: float
    u: float
    v: float
    w: float
    x: float
    y: float
    z: float


_BUILDINGS = {
    "traditional": _Coefficients(12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    "thermally_efficient": _Coefficients(28.19, -3.0, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}


def entry_loss_db(
    freq_mhz: float, building: BuildingType = "traditional", *, probability: float = 0.5, elevation_deg: float = 0.0,
) -> float:
    """Return the entry loss not exceeded in ``probability`` of buildings, dB (P.2109-1 eqs 1 to 10).

    Parameters
    ----------
    freq_mhz : 80 MHz to 100 GHz. elevation_deg : of the path at the facade.

    Raises
    ------
    RadioError
        Outside the frequency range, for a probability not inside 0 ... 1, or an unknown building.
    """
    if not 80.0 <= freq_mhz <= 100_000.0:
        raise RadioError("radio_frequency", value=freq_mhz, low=80.0, high=100_000.0)
    if not 0.0 < probability < 1.0:
        raise RadioError("radio_probability", value=probability)
    if building not in _BUILDINGS:
        raise RadioError("radio_building", value=building, known=", ".join(_BUILDINGS))
    c = _BUILDINGS[building]
    f = math.log10(freq_mhz / 1000.0)
    mu1 = c.r + c.s * f + c.t * f * f + 0.212 * abs(elevation_deg)
    mu2 = c.w + c.x * f
    quantile = float(ndtri(probability))
    a = quantile * (c.u + c.v * f) + mu1
    b = quantile * (c.y + c.z * f) + mu2
    return 10.0 * math.log10(10.0 ** (0.1 * a) + 10.0 ** (0.1 * b) + 10.0 ** (0.1 * -3.0))
