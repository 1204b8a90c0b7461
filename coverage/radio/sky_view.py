"""Open sky for a satellite dish: the terrain's horizon, and whether a sector above an elevation is free."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage.errors import RadioError
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.terrain import heights_at
from geodata.grid import Raster

FloatArray = npt.NDArray[np.float64]
EARTH_TO_ORBIT = 6378.137 / 42164.0     # equatorial radius over that of the geostationary orbit


@dataclass(frozen=True)
class SkyView:
    """The horizon around a place, and what it leaves of a sector of the sky.

    Attributes
    ----------
    azimuth_deg, horizon_deg : (n,) clockwise from north; elevation of the terrain's edge, NaN where ground is missing.
    min_elevation_deg, from_deg, to_deg : the sector asked about (clockwise).
    free_share : share of the sector's azimuths whose horizon is below the elevation; NaN if any is unknown.
    free : all of them are; worst_azimuth_deg, worst_deg : where the horizon of the sector is highest.
    """

    azimuth_deg: FloatArray
    horizon_deg: FloatArray
    min_elevation_deg: float
    from_deg: float
    to_deg: float
    free_share: float
    free: bool
    worst_azimuth_deg: float
    worst_deg: float


def terrain_horizon(
    elevation: Raster, xy_m: tuple[float, float], agl_m: float, *, radius_m: float, atmosphere: Atmosphere,
    azimuths: int = 360,
) -> tuple[FloatArray, FloatArray]:
    """Return azimuths (n,) and the elevation angle (n,) degrees of the terrain within ``radius_m``.

    NaN where the ray meets no-data or leaves the raster: an unseen mountain is not a free sky.
    """
    step = elevation.grid.cell_m
    if radius_m < step or agl_m < 0.0 or azimuths < 4:
        raise RadioError("radio_sky", radius_m=radius_m, agl_m=agl_m, azimuths=azimuths)
    azimuth = np.arange(azimuths) * 360.0 / azimuths
    away = np.arange(1, int(radius_m / step) + 1) * step
    turn = np.radians(azimuth)[:, None]
    places = np.stack((xy_m[0] + away * np.sin(turn), xy_m[1] + away * np.cos(turn)), axis=-1)
    ground = heights_at(elevation, places.reshape(-1, 2)).reshape(azimuths, -1)
    eye = heights_at(elevation, [xy_m])[0] + agl_m
    drop = away**2 / (2000.0 * atmosphere.earth_radius_km)
    angle = np.degrees(np.arctan2(ground - drop - eye, away)).max(axis=1)
    return azimuth, angle


def sky_view(
    elevation: Raster, xy_m: tuple[float, float], agl_m: float, *, radius_m: float, atmosphere: Atmosphere,
    min_elevation_deg: float, from_deg: float = 0.0, to_deg: float = 360.0, azimuths: int = 360,
) -> SkyView:
    """Return whether the sky above ``min_elevation_deg`` is free of terrain between two azimuths (clockwise)."""
    azimuth, horizon = terrain_horizon(
        elevation, xy_m, agl_m, radius_m=radius_m, atmosphere=atmosphere, azimuths=azimuths)
    width = to_deg - from_deg if to_deg - from_deg == 360.0 else (to_deg - from_deg) % 360.0
    inside = (azimuth - from_deg) % 360.0 <= width
    part = horizon[inside]
    known = bool(np.isfinite(part).all())
    low = part < min_elevation_deg
    worst, where = float("nan"), float("nan")
    if np.isfinite(part).any():
        at = int(np.nanargmax(part))
        worst, where = float(part[at]), float(azimuth[inside][at])
    share = float(low.mean()) if known else float("nan")
    free = known and bool(low.all())
    return SkyView(azimuth, horizon, min_elevation_deg, from_deg, to_deg, share, free, where, worst)


def geostationary_direction(lon_deg: float, lat_deg: float, satellite_lon_deg: float) -> tuple[float, float]:
    """Return azimuth (clockwise from north) and elevation, degrees, of a geostationary satellite; negative = set.

    Spherical Earth: tan(elevation) = (cos g - R / r) / sin g, g the angle at the Earth's centre, R / r = 0.1513.
    """
    lat, away = np.radians(lat_deg), np.radians(satellite_lon_deg - lon_deg)
    cos_g = float(np.cos(lat) * np.cos(away))
    elevation = float(np.degrees(np.arctan2(cos_g - EARTH_TO_ORBIT, np.sqrt(max(1.0 - cos_g**2, 0.0)))))
    azimuth = float(np.degrees(np.arctan2(np.sin(away), -np.sin(lat) * np.cos(away)))) % 360.0
    return azimuth, elevation
