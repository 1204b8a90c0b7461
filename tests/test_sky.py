"""Where satellites are seen: published look angles, a pit, a wall on one side, missing ground; options that go."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from siting_case import RIDGE_Y, SIZE, SOUTH, WEST, assessment, graph, layers, ridge, scenario

from coverage.radio.sky_view import geostationary_direction
from coverage.siting.candidates import candidates
from coverage.siting.need import need_of
from coverage.siting.options import options_and_findings
from coverage.siting.sky import BLOCKED, FREE, UNKNOWN, skies, state
from geodata.grid import Raster

MIDDLE = pd.DataFrame({"x_m": [WEST + 10_000.0], "y_m": [SOUTH + 5_000.0], "site_id": ["A"], "kind": ["village"]})
NEAR = scenario(backhaul={"sky_radius_m": 1_500.0})


def pit(depth_m: float, radius_m: float = 600.0) -> Raster:
    """Return flat land with a round pit of steep walls at MIDDLE."""
    flat = ridge(0.0)
    x, y = flat.grid.centres()
    away = np.hypot(x[None, :] - MIDDLE["x_m"][0], y[:, None] - MIDDLE["y_m"][0])
    return replace(flat, values=np.where(away < radius_m, 1000.0 - depth_m, 1000.0).astype(np.float32))


def test_look_angles() -> None:
    azimuth, elevation = geostationary_direction(107.75, 16.0, 132.0)
    assert azimuth == pytest.approx(121.5, abs=0.3)         # by hand: 180 - atan(tan 24.25 / sin 16)
    assert elevation == pytest.approx(56.4, abs=0.3)
    assert geostationary_direction(132.0, 0.0, 132.0)[1] == pytest.approx(90.0)
    assert geostationary_direction(0.0, 50.0, 0.0)[0] == pytest.approx(180.0)
    assert geostationary_direction(0.0, 0.0, 120.0)[1] < 0


def test_flat_land_sees_everything_and_a_pit_loses_the_low_orbit_first() -> None:
    flat = skies(MIDDLE, layers(elevation=ridge(0.0)), NEAR)
    assert (flat.leo[0], flat.vsat[0]) == (FREE, FREE)
    shallow = skies(MIDDLE, layers(elevation=pit(450.0)), NEAR)      # walls 450 m at 600 m: 37 degrees
    assert (shallow.leo[0], shallow.vsat[0]) == (BLOCKED, FREE)
    deep = skies(MIDDLE, layers(elevation=pit(1_500.0)), NEAR)       # 68 degrees
    assert (deep.leo[0], deep.vsat[0]) == (BLOCKED, BLOCKED)


def test_missing_ground_is_unknown_and_never_blocks_alone() -> None:
    low = np.full(10, 5.0)
    assert state(low, 25.0, 0.8) == FREE
    assert state(np.where(np.arange(10) < 2, np.nan, low), 25.0, 0.8) == FREE
    assert state(np.where(np.arange(10) < 3, np.nan, low), 25.0, 0.8) == UNKNOWN
    assert state(np.where(np.arange(10) < 3, 40.0, low), 25.0, 0.8) == BLOCKED
    edge = MIDDLE.assign(x_m=WEST + 200.0)
    assert skies(edge, layers(elevation=ridge(0.0)), NEAR).leo[0] == UNKNOWN


def test_options_without_sky_go_with_the_reason() -> None:
    case = scenario(backhaul={"leo_min_elevation_deg": 25.0, "sky_radius_m": 2_000.0})
    pack = layers(fibre_nodes=None)
    x, y = pack.elevation.grid.centres()
    village = (WEST + 6_000.0, RIDGE_Y + 2_500.0)
    away = np.hypot(x[None, :] - village[0], y[:, None] - village[1])
    walled = np.where((away > 700.0) & (away < 900.0), 1_500.0, pack.elevation.values).astype(np.float32)
    assert walled.shape == (SIZE, SIZE)
    pack = replace(pack, elevation=replace(pack.elevation, values=walled))
    told = assessment(pack)
    places = candidates(pack, told, case, need_of(pack, told, case), graph(pack))
    table, findings = options_and_findings(places, pack, case, graph(pack))
    assert "TH-99002-001-N" not in set(table["option_id"])
    found = {f.code: f for f in findings}
    assert "TH-99002-001" in found["sky_blocked_leo"].values
    assert "25°" in found["sky_blocked_leo"].message("vi")
    inside = table[(table["x_m"] == village[0]) & (table["y_m"] == village[1])]
    assert inside.empty or not (inside["backhaul"] == "satellite").any()
