"""Microwave hops, rain, terrain profiles and the sky of a dish."""

import math

import numpy as np
import pytest
from radio_scenes import centre, hills, raster

from coverage.errors import RadioError
from coverage.radio.hop import clearance_ratio, hop_check, load_equipment
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.rain import rain_coefficients, rain_loss_db
from coverage.radio.sky_view import sky_view, terrain_horizon
from coverage.radio.terrain import heights_at, terrain_profile

AIR = Atmosphere()
HOW = {"atmosphere": AIR, "k_low": 2 / 3, "rain_mm_h": 100.0}
FIFTEEN = load_equipment()[1]


@pytest.mark.parametrize(("freq", "kh", "ah", "kv", "av"), [      # P.838-3 table 5
    (1.0, 0.0000259, 0.9691, 0.0000308, 0.8592),
    (10.0, 0.01217, 1.2571, 0.01129, 1.2156),
    (20.0, 0.09164, 1.0568, 0.09611, 0.9847),
    (80.0, 1.1704, 0.7115, 1.1668, 0.7021),
])
def test_published_rain_coefficients(freq: float, kh: float, ah: float, kv: float, av: float) -> None:
    assert rain_coefficients(freq, "horizontal") == pytest.approx((kh, ah), rel=2e-3)
    assert rain_coefficients(freq, "vertical") == pytest.approx((kv, av), rel=2e-3)


def test_rain_loss_by_hand() -> None:
    k, alpha = rain_coefficients(15.0, "vertical")
    d, rate = 10.0, 100.0
    r = 1 / (0.477 * d**0.633 * rate ** (0.073 * alpha) * 15.0**0.123 - 10.579 * (1 - math.exp(-0.024 * d)))
    c0 = 0.12 + 0.4 * math.log10(1.5**0.8)
    c1, c2, c3 = 0.07**c0 * 0.12 ** (1 - c0), 0.855 * c0 + 0.546 * (1 - c0), 0.139 * c0 + 0.043 * (1 - c0)
    at_001 = k * rate**alpha * d * r
    assert rain_loss_db(d, 15.0, rate, "vertical", percent=0.1) == pytest.approx(at_001 * c1 * 0.1 ** -(c2 - c3))
    # at 0.01 % the scaling of the Recommendation gives the value itself, to a few per cent
    assert rain_loss_db(d, 15.0, rate, "vertical") == pytest.approx(at_001, rel=0.03)
    losses = [rain_loss_db(d, 15.0, rate, "vertical", percent=p) for p in (1.0, 0.1, 0.01, 0.001)]
    assert losses == sorted(losses)


def test_fresnel_radius_by_hand() -> None:
    # 15 GHz, 10 km, middle: 17.3 sqrt(25/150) = 7.06 m; bulge with k = 4/3: 500*25/8494.7 = 1.47 m
    d = np.array([0.0, 5.0, 10.0])
    ratio = clearance_ratio(d, np.zeros(3), (20.0, 20.0), 15.0, 6371.0 * 4 / 3)
    assert ratio[0] == pytest.approx((20 - 12500 / (6371 * 4 / 3)) / (17.3 * math.sqrt(25 / 150)))


def test_an_open_hop_carries_and_a_cut_one_does_not() -> None:
    ground = np.zeros((20, 120))
    ends = (centre(10, 5), centre(10, 105))
    open_hop = hop_check(raster(ground), ends, (40.0, 40.0), FIFTEEN, **HOW)
    assert open_hop.clear
    assert open_hop.distance_km[-1] == pytest.approx(9.0)
    assert open_hop.level_dbm == pytest.approx(20 + 74 - (92.4 + 20 * math.log10(15) + 20 * math.log10(9.0)))
    assert open_hop.mbps > 0
    ground[:, 60] = 35.0      # below the ray, inside the Fresnel zone
    near = hop_check(raster(ground), ends, (40.0, 40.0), FIFTEEN, **HOW)
    assert near.line_of_sight
    assert not near.clear
    assert (near.mbps, near.modulation) == (0.0, "")
    assert near.ridge_km == pytest.approx(0.09 * 55)
    ground[:, 60] = 80.0
    assert not hop_check(raster(ground), ends, (40.0, 40.0), FIFTEEN, **HOW).line_of_sight


def test_more_rain_never_carries_more() -> None:
    ground = raster(np.zeros((20, 320)))
    rates = [hop_check(ground, (centre(10, 5), centre(10, 305)), (60.0, 60.0), FIFTEEN, **(HOW | {"rain_mm_h": r})).mbps
             for r in (20.0, 60.0, 100.0, 150.0)]
    assert rates == sorted(rates, reverse=True)


def test_hops_that_cannot_be_checked() -> None:
    ground = np.zeros((20, 60))
    ground[10, 30] = np.nan
    ends = (centre(10, 5), centre(10, 55))
    for change, where, code in (
        ({}, ends, "radio_profile_gap"),
        ({"k_low": 0.1}, ends, "radio_k_low"),
        ({}, (centre(5, 5), centre(5, 5)), "radio_hop_short"),
        ({"percent": 5.0}, (centre(5, 5), centre(5, 50)), "radio_percent"),
    ):
        with pytest.raises(RadioError) as caught:
            hop_check(raster(ground), where, (40.0, 40.0), FIFTEEN, **(HOW | change))
        assert caught.value.code == code


def test_profiles_and_heights() -> None:
    ground = np.tile(np.arange(60.0) * 10, (60, 1))
    elevation = raster(ground)
    assert heights_at(elevation, [centre(3, 4), centre(3, 4.25), centre(-2, 3)])[:2] == pytest.approx([40.0, 42.5])
    assert np.isnan(heights_at(elevation, [centre(-2, 3)])[0])
    path = terrain_profile(elevation, centre(10, 0), centre(10, 20))
    assert path.distance_km[-1] == pytest.approx(1.8)
    assert path.ground_m == pytest.approx(np.arange(21) * 10.0)
    assert terrain_profile(elevation, centre(10, 0), centre(10, 0.5)).distance_km.size == 3


def test_horizon_of_a_wall_by_hand() -> None:
    ground = np.zeros((101, 101))
    ground[:, 70] = 300.0      # a wall 20 cells = 1,800 m to the east
    _, horizon = terrain_horizon(raster(ground), centre(50, 50), 0.0, radius_m=3000.0, atmosphere=AIR)
    sag = 1800.0**2 / (2000 * AIR.earth_radius_km)
    assert horizon[90] == pytest.approx(math.degrees(math.atan2(300.0 - sag, 1800.0)), abs=1e-6)
    assert horizon[270] < 0.01


def test_sky_between_two_azimuths() -> None:
    ground = np.zeros((101, 101))
    ground[:, 70] = 2000.0
    view = {"radius_m": 3000.0, "atmosphere": AIR, "min_elevation_deg": 25.0}
    east = sky_view(raster(ground), centre(50, 50), 3.0, from_deg=60.0, to_deg=120.0, **view)
    west = sky_view(raster(ground), centre(50, 50), 3.0, from_deg=240.0, to_deg=300.0, **view)
    over_north = sky_view(raster(ground), centre(50, 50), 3.0, from_deg=330.0, to_deg=30.0, **view)
    assert (east.free, west.free) == (False, True)
    assert east.worst_azimuth_deg == 90.0
    assert west.free_share == 1.0
    assert over_north.free
    assert sky_view(raster(ground), centre(50, 50), 3.0, **view).free_share < 1.0


def test_unseen_ground_is_not_free_sky() -> None:
    ground = hills(101, 101, relief=10.0)
    ground[20:24, 48:53] = np.nan
    got = sky_view(raster(ground), centre(50, 50), 3.0, radius_m=3500.0, atmosphere=AIR, min_elevation_deg=25.0)
    assert not got.free
    assert math.isnan(got.free_share)
    with pytest.raises(RadioError):
        terrain_horizon(raster(ground), centre(50, 50), 3.0, radius_m=10.0, atmosphere=AIR)
