"""Antennas: how much less than the main beam goes out in a direction.

Measured patterns come as MSI (Planet) text. Without one the sector of 3GPP TR 38.901 table 7.3-1 stands in,
horizontally only, and that is counted and said wherever it is used. Azimuths are degrees clockwise from grid north;
elevation angles are mrad over the horizontal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coverage.choices import ANTENNA_ENDINGS
from coverage.errors import RadioError

FloatArray = npt.NDArray[np.float64]
DBD_TO_DBI = 2.15       # gain of a half-wave dipole over the isotropic antenna


@dataclass(frozen=True)
class Pattern:
    """A measured antenna.

    Parameters
    ----------
    horizontal_db, vertical_db : (360,) attenuation >= 0 dB below the main beam, per degree. Horizontal 0 = boresight,
        clockwise; vertical 0 = horizontal, growing downwards, 90 = straight down (Planet's convention).
    gain_dbi : of the main beam. tilt_deg : electrical tilt contained in the vertical cut, for the record.
    """

    name: str
    gain_dbi: float
    freq_mhz: float
    horizontal_db: FloatArray
    vertical_db: FloatArray
    tilt_deg: float = 0.0

    def __post_init__(self) -> None:
        for cut, values in (("horizontal", self.horizontal_db), ("vertical", self.vertical_db)):
            if values.shape != (360,) or not np.isfinite(values).all():
                raise RadioError("radio_pattern_cut", pattern=self.name, cut=cut, count=values.size)

    def gain_db(self, off_axis_deg: npt.ArrayLike, elevation_mrad: npt.ArrayLike, tilt_deg: float = 0.0) -> FloatArray:
        """Return the gain (n,) <= 0 dB below the main beam: horizontal plus vertical cut.

        Parameters
        ----------
        off_axis_deg : (n,) azimuth from boresight. elevation_mrad : (n,) of the ray over the horizontal.
        tilt_deg : mechanical tilt; it lowers the beam in front, raises it behind (cosine of the azimuth).
        """
        off = np.asarray(off_axis_deg, dtype=np.float64) % 360.0
        down = -np.degrees(np.asarray(elevation_mrad, dtype=np.float64) / 1000.0)
        down = (down - tilt_deg * np.cos(np.radians(off))) % 360.0
        gain: FloatArray = -_read_cut(self.horizontal_db, off) - _read_cut(self.vertical_db, down)
        return gain


def _read_cut(cut: FloatArray, angle_deg: FloatArray) -> FloatArray:
    """Return the attenuation (n,) at angles in 0 ... 360, linear between whole degrees."""
    low = np.floor(np.nan_to_num(angle_deg)).astype(np.intp)      # NaN comes back through the part
    part = angle_deg - low
    values: FloatArray = cut[low % 360] * (1.0 - part) + cut[(low + 1) % 360] * part
    return values


def read_msi(text: str, name: str = "") -> Pattern:
    """Read an antenna from MSI (Planet) text.

    GAIN is dBd unless it says dBi, as the format has it; HORIZONTAL and VERTICAL are followed by 360 rows of
    "angle attenuation".

    Raises
    ------
    RadioError
        For a file without gain or frequency, or a cut that is not 360 whole degrees.
    """
    header: dict[str, str] = {}
    cuts: dict[str, FloatArray] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    at = 0
    while at < len(lines):
        word, _, rest = lines[at].partition(" ")
        at += 1
        if word.upper() in {"HORIZONTAL", "VERTICAL"}:
            count = int(rest) if rest.strip().isdigit() else 360
            cuts[word.upper()] = _cut(lines[at : at + count], header.get("NAME", name), word.lower())
            at += count
        else:
            header[word.upper()] = rest.strip()
    label = header.get("NAME", name) or "?"
    for needed in ("GAIN", "FREQUENCY"):
        if needed not in header:
            raise RadioError("radio_pattern_header", pattern=label, key=needed)
    for needed in ("HORIZONTAL", "VERTICAL"):
        if needed not in cuts:
            raise RadioError("radio_pattern_cut", pattern=label, cut=needed.lower(), count=0)
    gain = _number(header["GAIN"], label, "GAIN") + (0.0 if "dbi" in header["GAIN"].lower() else DBD_TO_DBI)
    tilt = header.get("ELECTRICAL_TILT", header.get("TILT", "0"))
    return Pattern(label, gain, _number(header["FREQUENCY"], label, "FREQUENCY"), cuts["HORIZONTAL"], cuts["VERTICAL"],
                   _number(tilt, label, "TILT") if re.search(r"\d", tilt) else 0.0)


def load_patterns(folder: str) -> Mapping[str, Pattern]:
    """Read the MSI files (.msi, .pln) of a folder: each under its file name, with and without the ending; "" = none.

    Raises
    ------
    RadioError
        For a folder that does not exist, and as ``read_msi``.
    """
    if not folder:
        return {}
    place = Path(folder)
    if not place.is_dir():
        raise RadioError("radio_pattern_folder", folder=folder)
    out: dict[str, Pattern] = {}
    for path in sorted(p for p in place.iterdir() if p.suffix.lower() in ANTENNA_ENDINGS):
        pattern = read_msi(path.read_text(encoding="utf-8", errors="replace"), path.stem)
        out |= {path.name: pattern, path.stem: pattern}
    return out


def _number(text: str, pattern: str, key: str) -> float:
    """Return the first number of a header value."""
    found = re.search(r"[-+]?\d+(?:[.,]\d+)?", text)
    if not found:
        raise RadioError("radio_pattern_header", pattern=pattern, key=key)
    return float(found.group().replace(",", "."))


def _cut(rows: list[str], pattern: str, cut: str) -> FloatArray:
    """Return the attenuation per whole degree (360,) from rows of "angle attenuation"."""
    values = np.full(360, np.nan)
    for row in rows:
        try:
            angle, loss = (float(part.replace(",", ".")) for part in row.split()[:2])
        except ValueError as error:
            raise RadioError("radio_pattern_row", pattern=pattern, cut=cut, row=row) from error
        values[round(angle) % 360] = abs(loss)
    if np.isnan(values).any():
        raise RadioError("radio_pattern_cut", pattern=pattern, cut=cut, count=int(np.isfinite(values).sum()))
    return values


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


def mean_of_sectors_db(pattern: Pattern, sectors: int = 3) -> float:
    """Return the mean over azimuth, dB, of the best of ``sectors`` evenly spread antennas of unknown direction.

    Horizontal cut only: without directions a tilt says nothing.
    """
    turned = [np.roll(-pattern.horizontal_db, round(360 * k / sectors)) for k in range(sectors)]
    return float(np.max(turned, axis=0).mean())
