"""Where a satellite terminal sees its sky: low orbit all round, geostationary in one direction."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.gap.service import atmosphere
from coverage.radio.sky_view import geostationary_direction, sky_view
from coverage.scenario import Scenario
from geodata.crs import WGS84, reproject_xy
from geodata.findings import Finding
from geodata.layers import Layers

AZIMUTHS = 120      # every three degrees
FREE, BLOCKED, UNKNOWN = 1, 0, -1
States = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Sky:
    """What places (n,) see: FREE, BLOCKED or UNKNOWN for low orbit and for the geostationary satellite."""

    leo: States
    vsat: States


def skies(place: pd.DataFrame, layers: Layers, scenario: Scenario) -> Sky:
    """Return the sky of places (columns x_m, y_m); unknown where missing ground could decide."""
    rules, n = scenario.backhaul, len(place)
    xy = place[["x_m", "y_m"]].to_numpy(np.float64)
    lon, lat = reproject_xy(xy[:, 0], xy[:, 1], layers.elevation.grid.crs, WGS84)
    leo, vsat = np.full(n, UNKNOWN, np.int8), np.full(n, UNKNOWN, np.int8)
    for row in range(n):
        view = sky_view(
            layers.elevation, (float(xy[row, 0]), float(xy[row, 1])), rules.dish_height_m, radius_m=rules.sky_radius_m,
            atmosphere=atmosphere(scenario), min_elevation_deg=rules.leo_min_elevation_deg, azimuths=AZIMUTHS)
        leo[row] = state(view.horizon_deg, rules.leo_min_elevation_deg, rules.leo_free_share)
        azimuth, elevation = geostationary_direction(float(lon[row]), float(lat[row]), rules.vsat_longitude_deg)
        beside = np.abs((view.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0)
        facing = beside <= max(rules.vsat_beside_deg, 180.0 / AZIMUTHS)
        vsat[row] = state(view.horizon_deg[facing], elevation, 1.0)
    return Sky(leo, vsat)


def state(horizon_deg: npt.NDArray[np.float64], elevation_deg: float, free_share: float) -> int:
    """Return FREE where at least the share of azimuths is known to be below the angle, BLOCKED where it cannot be."""
    known = np.isfinite(horizon_deg)
    free = float(np.count_nonzero(horizon_deg[known] < elevation_deg))
    most = free + float(np.count_nonzero(~known))
    needed = free_share * horizon_deg.size
    return FREE if free >= needed else BLOCKED if most < needed else UNKNOWN


def sky_findings(place: pd.DataFrame, sky: Sky, scenario: Scenario) -> tuple[Finding, ...]:
    """Say which places lose a satellite option, and over which the sky could not be checked."""
    codes = place["site_id"].astype(str).to_numpy(object)
    villages = (place["kind"] == "village").to_numpy(bool)
    rules = scenario.backhaul
    cases: tuple[tuple[str, npt.NDArray[np.bool_], dict[str, str]], ...] = (
        ("sky_blocked_leo", villages & (sky.leo == BLOCKED), {"elevation": f"{rules.leo_min_elevation_deg:g}"}),
        ("sky_blocked_vsat", sky.vsat == BLOCKED, {"longitude": f"{rules.vsat_longitude_deg:g}"}),
        ("sky_unknown", (sky.vsat == UNKNOWN) | (villages & (sky.leo == UNKNOWN)), {}),
    )
    return tuple(
        Finding(code, layer="elevation", values=tuple(codes[mask].tolist()), package="coverage",
                details={"number": int(mask.sum()), **more})
        for code, mask, more in cases if mask.any())
