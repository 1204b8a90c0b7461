"""Link budgets in 3GPP terms: from power per port to received reference power and to probability of service."""

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from coverage.errors import RadioError

FloatArray = npt.NDArray[np.float64]
SUBCARRIERS_PER_BLOCK = 12      # 3GPP TS 36.211 section 6.2.3
CPICH_SHARE_DB = 10.0           # pilot of a 3G carrier, 10 % of its power


@dataclass(frozen=True)
class LinkBudget:
    """One transmitter and its receiver.

    Parameters
    ----------
    power_per_port_dbm : dBm. bandwidth_mhz, n_rb : carrier and its resource blocks.
    reference : "rs" (RSRP, TS 36.214 / SS-RSRP, TS 38.215), "cpich" (RSCP, TS 25.215), "carrier" (2G).
    antenna_gain_dbi, cable_loss_db : at the mast. omnidirectional : no sectors.
    receiver_gain_dbi, body_loss_db, entry_loss_db : at the handset; entry loss only indoors (P.2109).
    certainty, citation : what stands behind the figures.
    """

    name: str
    technology: str
    band_mhz: float
    kind: str
    power_per_port_dbm: float
    bandwidth_mhz: float
    n_rb: int
    reference: str
    antenna_gain_dbi: float
    cable_loss_db: float
    omnidirectional: bool = False
    receiver_gain_dbi: float = 0.0
    body_loss_db: float = 0.0
    entry_loss_db: float = 0.0
    certainty: str = "giả định"
    citation: str = ""

    def __post_init__(self) -> None:
        if self.reference not in {"rs", "cpich", "carrier"}:
            raise RadioError("radio_reference", value=self.reference, preset=self.name)
        if self.reference == "rs" and self.n_rb < 1:
            raise RadioError("radio_blocks", value=self.n_rb, preset=self.name)

    @property
    def reference_share_db(self) -> float:
        """Total power over the power of the measured reference: 10 log10(12 N_RB) for LTE and NR."""
        if self.reference == "rs":
            return 10.0 * math.log10(SUBCARRIERS_PER_BLOCK * self.n_rb)
        return CPICH_SHARE_DB if self.reference == "cpich" else 0.0

    @property
    def eirp_re_dbm(self) -> float:
        """Radiated power of one resource element (or of the pilot) in the main beam, dBm."""
        return self.eirp_re_with(self.power_per_port_dbm)

    def eirp_re_with(self, power_per_port_dbm: float) -> float:
        """Return the radiated reference power in the main beam for another power per port, dBm."""
        return power_per_port_dbm - self.reference_share_db + self.antenna_gain_dbi - self.cable_loss_db

    def rsrp_dbm(self, loss_db: npt.ArrayLike, gain_db: npt.ArrayLike = 0.0) -> FloatArray:
        """Return the received reference power (n,) dBm for path losses (n,) and pattern gains <= 0 (n,)."""
        handset = self.receiver_gain_dbi - self.body_loss_db - self.entry_loss_db
        got: FloatArray = self.eirp_re_dbm + np.asarray(gain_db, float) - np.asarray(loss_db, float) + handset
        return got

    def max_loss_db(self, threshold_dbm: float, margin_db: float = 0.0) -> float:
        """Return the largest path loss that still gives ``threshold_dbm`` with a margin, dB."""
        handset = self.receiver_gain_dbi - self.body_loss_db - self.entry_loss_db
        return self.eirp_re_dbm + handset - threshold_dbm - margin_db


@dataclass(frozen=True)
class Handset:
    """The receiver on the ground; power and noise for the uplink."""

    gain_dbi: float
    body_loss_db: float
    noise_figure_db: float
    power_dbm: float
    floor_dbm: float
    citation: str


@dataclass(frozen=True)
class BaseReceiver:
    """The receiver on the mast, for the uplink."""

    noise_figure_db: float
    required_snr_db: float
    uplink_blocks: int
    uplink_diversity_db: float
    citation: str


@dataclass(frozen=True)
class Sector:
    """The antenna that stands in where no pattern was supplied."""

    sectors: int
    beamwidth_deg: float
    front_back_db: float
    vertical_beamwidth_deg: float
    side_lobe_db: float
    tilt_deg: float
    citation: str


@dataclass(frozen=True)
class Presets:
    """All presets of a file: what stands in for what an operator did not supply."""

    version: str
    budgets: Mapping[str, LinkBudget]
    handset: Handset
    base_receiver: BaseReceiver
    sector: Sector
    default_band_mhz: Mapping[str, float]
    default_height_m: Mapping[str, float]

    def find(self, technology: str, band_mhz: float, kind: str = "macro") -> LinkBudget:
        """Return the preset of that technology and kind whose band is nearest (ratio of frequencies)."""
        fitting = [b for b in self.budgets.values() if b.technology == technology and b.kind == kind]
        if not fitting:
            raise RadioError("radio_no_preset", technology=technology, kind=kind)
        return min(fitting, key=lambda b: (abs(math.log(b.band_mhz / band_mhz)), b.name))


def presets_from(text: str) -> Presets:
    """Read presets from TOML text; unknown or missing keys raise RadioError."""
    raw: dict[str, Any] = tomllib.loads(text)
    try:
        handset = Handset(**_without(raw["receiver"], "certainty"))
        budgets = {
            name: LinkBudget(name, **values, receiver_gain_dbi=handset.gain_dbi, body_loss_db=handset.body_loss_db)
            for name, values in raw["preset"].items()
        }
        return Presets(
            raw["version"], MappingProxyType(budgets), handset,
            BaseReceiver(**_without(raw["base_station"], "certainty")), Sector(**_without(raw["sector"], "certainty")),
            MappingProxyType(dict(raw["default_band"])), MappingProxyType(dict(raw["default_height"])),
        )
    except (KeyError, TypeError) as error:
        raise RadioError("radio_preset_file", detail=str(error)) from error


def _without(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a copy without one key."""
    return {k: v for k, v in values.items() if k != key}


@functools.cache
def load_presets() -> Presets:
    """Read the packaged presets, coverage/profiles/link_budgets.toml."""
    return presets_from(resources.files("coverage").joinpath("profiles/link_budgets.toml").read_text(encoding="utf-8"))


def service_probability(rsrp_dbm: npt.ArrayLike, threshold_dbm: float, sigma_db: float) -> FloatArray:
    """Return Phi((RSRP - threshold) / sigma) (n,); NaN stays NaN.

    Raises
    ------
    RadioError
        For a sigma that is not positive.
    """
    if not sigma_db > 0.0:
        raise RadioError("radio_sigma", value=sigma_db)
    probability: FloatArray = ndtr((np.asarray(rsrp_dbm, dtype=np.float64) - threshold_dbm) / sigma_db)
    return probability


def location_sigma_db(freq_mhz: float, cell_m: float) -> float:
    """Return the spread inside a cell, (0.52 + 0.024 f_GHz) w^0.28 dB (P.1812-8 section 4.10): not model error."""
    return float((0.52 + 0.024 * freq_mhz / 1000.0) * cell_m**0.28)


def total_sigma_db(model_db: float, freq_mhz: float, cell_m: float) -> float:
    """Return the sigma of a prediction: model error and location spread, root of squares, dB."""
    return math.hypot(model_db, location_sigma_db(freq_mhz, cell_m))
