"""Antennas: how much less than the main beam goes out in a direction.

Without a measured pattern the sector of 3GPP TR 38.901 table 7.3-1 stands in, horizontally; it is said wherever it
is used. Azimuths are degrees clockwise from grid north.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def azimuth_deg(from_xy_m: npt.ArrayLike, to_xy_m: npt.ArrayLike) -> FloatArray:
    """Return the azimuth (n,) from one place to points (n, 2), degrees clockwise from north, 0 to 360."""
    step = np.atleast_2d(np.asarray(to_xy_m, dtype=np.float64)) - np.asarray(from_xy_m, dtype=np.float64)
    turned: FloatArray = np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360.0
    return turned


def sector_gain_db(off_axis_deg: npt.ArrayLike, beamwidth_deg: float, front_back_db: float) -> FloatArray:
    """Return the gain (n,) <= 0 dB relative to the main beam: -min(12 (phi / beamwidth)^2, front_back)."""
    off = (np.asarray(off_axis_deg, dtype=np.float64) + 180.0) % 360.0 - 180.0
    gain: FloatArray = -np.minimum(12.0 * (off / beamwidth_deg) ** 2, front_back_db)
    return gain


def unknown_azimuth_gain_db(beamwidth_deg: float, front_back_db: float, sectors: int = 3) -> tuple[float, float]:
    """Return mean and standard deviation over azimuth, dB, of the best of ``sectors`` evenly spread beams.

    What can be said of a mast whose sectors point nobody knows where: the mean is its gain, the deviation is
    uncertainty that belongs to the signal's sigma.
    """
    off = (np.arange(1200) + 0.5) / 1200.0 * 180.0 / sectors
    gain = sector_gain_db(off, beamwidth_deg, front_back_db)
    return float(gain.mean()), float(gain.std())
