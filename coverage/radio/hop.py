"""Microwave hop between two masts: does the terrain let it through, what does rain leave, what does it carry."""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from coverage.errors import RadioError
from coverage.radio.path_kernel import free_space
from coverage.radio.profile_loss import RADIUS_KM, Atmosphere
from coverage.radio.rain import Polarisation, rain_loss_db
from coverage.radio.terrain import terrain_profile
from geodata.grid import Raster

FloatArray = npt.NDArray[np.float64]
NEEDED_CLEARANCE = 0.6      # of the first Fresnel zone at the lower k (P.530-18 section 2.2.2.1)


@dataclass(frozen=True)
class CapacityClass:
    """A modulation: what it carries and the level it needs."""

    modulation: str
    mbps: float
    receive_dbm: float


@dataclass(frozen=True)
class HopEquipment:
    """A pair of radios at one band; classes from slow to fast."""

    freq_ghz: float
    power_dbm: float
    dish_gain_dbi: float
    classes: tuple[CapacityClass, ...]


@functools.cache
def load_equipment() -> tuple[HopEquipment, ...]:
    """Read the packaged equipment, coverage/profiles/microwave.toml."""
    raw = tomllib.loads(resources.files("coverage").joinpath("profiles/microwave.toml").read_text(encoding="utf-8"))
    return tuple(
        HopEquipment(b["freq_ghz"], b["power_dbm"], b["dish_gain_dbi"], tuple(CapacityClass(**c) for c in b["classes"]))
        for b in raw["band"]
    )


@dataclass(frozen=True)
class HopCheck:
    """What a hop is worth.

    Attributes
    ----------
    distance_km, ground_m : (n,) the profile. end_amsl_m : antenna heights above sea level.
    line_of_sight : at the median radius. clearance : least clearance over the first Fresnel radius at the lower k.
    clear : line of sight and clearance >= 0.6. ridge_km, ridge_m : the point of least clearance.
    free_space_db, rain_db : losses; rain at ``percent`` of the year. level_dbm : received in clear air.
    modulation, mbps : fastest class still fed under that rain, "" and 0 if none or not clear.
    """

    distance_km: FloatArray
    ground_m: FloatArray
    end_amsl_m: tuple[float, float]
    line_of_sight: bool
    clearance: float
    clear: bool
    ridge_km: float
    ridge_m: float
    free_space_db: float
    rain_db: float
    percent: float
    level_dbm: float
    modulation: str
    mbps: float


def clearance_ratio(
    distance_km: FloatArray, top_m: FloatArray, ends_m: tuple[float, float], freq_ghz: float, earth_radius_km: float,
) -> FloatArray:
    """Return at inner points (n - 2,) the clearance of the ray over the first Fresnel radius (P.530-18 eq 6)."""
    d, total = distance_km[1:-1], distance_km[-1]
    ray = ends_m[0] + (ends_m[1] - ends_m[0]) * d / total
    bulge = 500.0 * d * (total - d) / earth_radius_km
    zone = 17.3 * np.sqrt(d * (total - d) / (freq_ghz * total))
    ratio: FloatArray = (ray - top_m[1:-1] - bulge) / zone
    return ratio


def hop_check(
    elevation: Raster,
    ends_xy_m: tuple[tuple[float, float], tuple[float, float]],
    heights_agl_m: tuple[float, float],
    equipment: HopEquipment,
    *,
    atmosphere: Atmosphere,
    k_low: float,
    rain_mm_h: float,
    percent: float = 0.01,
    polarisation: Polarisation = "vertical",
    clutter_m: float = 0.0,
) -> HopCheck:
    """Check a hop on the elevation.

    Parameters
    ----------
    k_low : effective Earth radius factor exceeded 99.99 % of the worst month (P.530-18 figure 2), e.g. 2/3.
    rain_mm_h : rate exceeded 0.01 % of the year (P.837). percent : of the year that the capacity may fail.
    clutter_m : height of trees added on the way (bare-earth elevation only).

    Raises
    ------
    RadioError
        Where the profile meets no-data, ends coincide, or k_low is not in 0.3 ... 4/3.
    """
    if not 0.3 <= k_low <= 4.0 / 3.0:
        raise RadioError("radio_k_low", value=k_low)
    path = terrain_profile(elevation, *ends_xy_m)
    gap = np.flatnonzero(np.isnan(path.ground_m))
    if gap.size:
        raise RadioError("radio_profile_gap", column="ground", index=int(gap[0]),
                         distance_km=float(path.distance_km[gap[0]]))
    total = float(path.distance_km[-1])
    if total <= 0.0:
        raise RadioError("radio_hop_short", distance_km=total)
    ends = (float(path.ground_m[0]) + heights_agl_m[0], float(path.ground_m[-1]) + heights_agl_m[1])
    top = path.ground_m + clutter_m
    median = clearance_ratio(path.distance_km, top, ends, equipment.freq_ghz, atmosphere.earth_radius_km)
    low = clearance_ratio(path.distance_km, top, ends, equipment.freq_ghz, RADIUS_KM * k_low)
    worst = int(np.argmin(low))
    sight = bool(median.min() > 0.0)
    clear = sight and bool(low[worst] >= NEEDED_CLEARANCE)
    loss = float(free_space(total, ends[0] - ends[1], equipment.freq_ghz))
    rain = rain_loss_db(total, equipment.freq_ghz, rain_mm_h, polarisation, percent=percent)
    level = equipment.power_dbm + 2.0 * equipment.dish_gain_dbi - loss
    fed = [c for c in equipment.classes if level - rain >= c.receive_dbm] if clear else []
    best = max(fed, key=lambda c: c.mbps) if fed else CapacityClass("", 0.0, 0.0)
    return HopCheck(
        path.distance_km, path.ground_m, ends, sight, float(low[worst]), clear, float(path.distance_km[worst + 1]),
        float(top[worst + 1]), loss, rain, percent, level, best.modulation, best.mbps,
    )
