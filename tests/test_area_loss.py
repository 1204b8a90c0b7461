"""Areas: the same numbers as single paths, gaps stay gaps, windows stay on the raster."""

import numpy as np
import pytest
from radio_scenes import NORTH, WEST, centre, hills, raster

from coverage.errors import RadioError
from coverage.radio.area_kernel import bilinear
from coverage.radio.area_loss import area_loss, area_loss_of_bands, pixel_coordinates, point_loss, point_paths
from coverage.radio.profile_loss import Atmosphere, ProfileLoss, profile_loss
from geodata.grid import Raster

AIR = Atmosphere()
ARGS = {"rx_agl_m": 1.5, "freq_mhz": 900.0, "atmosphere": AIR}


def _by_profile(ground: Raster, tx: tuple, tx_agl: float, rx: object, step_m: object = 90.0) -> ProfileLoss:
    """One path through ``profile_loss`` on samples taken point by point."""
    total = float(np.hypot(*(np.array(rx) - tx)))
    n = max(2, int(np.ceil(total / step_m)))
    along = np.linspace(np.array(tx), np.array(rx), n + 1)
    x, y = pixel_coordinates(ground, along)
    heights = [bilinear(ground.values, a, b) for a, b in zip(x, y, strict=True)]
    return profile_loss(np.linspace(0, total / 1000, n + 1), heights, freq_mhz=900.0, tx_agl_m=tx_agl, rx_agl_m=1.5,
                        earth_radius_km=AIR.earth_radius_km)


def test_points_equal_single_paths() -> None:
    ground = raster(hills(120, 150))
    rng = np.random.default_rng(3)
    tx = centre(60.3, 71.8)
    points = np.array([centre(r, c) for r, c in rng.uniform((0, 0), (119, 149), (60, 2))])
    got = point_paths(ground, tx, 42.0, points, **ARGS)
    for point, loss, clear in zip(points, got.loss_db, got.clear, strict=True):
        path = _by_profile(ground, tx, 42.0, point)
        assert loss == pytest.approx(path.loss_db, abs=1e-6)
        assert clear == path.line_of_sight


def test_area_equals_points_cell_by_cell_and_is_a_window() -> None:
    ground = raster(hills(100, 90))
    tx = centre(20, 15)
    area = area_loss(ground, tx, 30.0, radius_m=3000.0, **ARGS)
    x, y = ground.grid.centres()
    rows, cols = area.loss_db.shape
    gx, gy = np.meshgrid(x[area.col0 : area.col0 + cols], y[area.row0 : area.row0 + rows])
    inside = np.hypot(gx - tx[0], gy - tx[1]) <= 3000.0
    assert (np.isfinite(area.loss_db) == inside).all()
    loss = point_loss(ground, tx, 30.0, np.column_stack((gx[inside], gy[inside])), **ARGS)
    np.testing.assert_allclose(area.loss_db[inside], loss, atol=1e-4)
    assert area.loss_db.dtype == np.float32
    assert (area.row0, area.col0) == (0, 0)
    assert rows < 100
    assert area.method == "per_pixel"


def test_missing_ground_gives_no_number_behind_it_and_never_sea_level() -> None:
    ground = hills(60, 60)
    ground[20:23, 30:33] = np.nan
    elevation = raster(ground)
    tx = centre(21, 10)
    loss = point_loss(elevation, tx, 42.0, [centre(21, 25), centre(21, 31), centre(21, 50), centre(50, 50)], **ARGS)
    assert np.isfinite(loss[[0, 3]]).all()
    assert np.isnan(loss[[1, 2]]).all()


def test_points_off_the_raster_and_beyond_range_have_no_loss() -> None:
    ground = raster(np.zeros((10, 400)), cell_m=100.0)
    tx = centre(5, 5, 100.0)
    points = [(WEST - 51.0, NORTH - 500.0), centre(5, 304, 100.0), centre(5, 306, 100.0)]
    got = point_paths(ground, tx, 42.0, points, **ARGS)
    assert np.isnan(got.loss_db).tolist() == [True, False, True]
    assert got.clear.tolist()[0] == -1
    beside = point_loss(ground, (WEST - 500.0, NORTH - 500.0), 42.0, [centre(5, 5, 100.0)], **ARGS)
    assert np.isnan(beside).all()


def test_own_cell_and_corner_cells_have_a_loss() -> None:
    ground = raster(hills(12, 12))
    got = point_loss(ground, centre(0, 0), 42.0, [centre(0, 0), centre(11, 11), (WEST + 1, NORTH - 1)], **ARGS)
    assert np.isfinite(got).all()
    assert got[0] == pytest.approx(92.4 + 20 * np.log10(0.9) + 20 * np.log10(0.0405))


def test_clutter_on_another_grid_is_refused_and_on_the_same_adds_loss() -> None:
    ground = raster(np.zeros((60, 60)))
    forest = Raster(np.full((60, 60), 15.0, np.float32), ground.grid, "m", "clutter")
    points = [centre(30, 50)]
    bare = point_loss(ground, centre(30, 5), 20.0, points, **ARGS)
    assert point_loss(ground, centre(30, 5), 20.0, points, clutter=forest, **ARGS) > bare + 1
    with pytest.raises(RadioError) as caught:
        point_loss(ground, centre(30, 5), 20.0, points, clutter=raster(np.zeros((10, 10))), **ARGS)
    assert caught.value.code == "radio_clutter_grid"


@pytest.mark.parametrize(("change", "code"), [
    ({"radius_m": 31_000.0}, "radio_radius"),
    ({"radius_m": 0.0}, "radio_radius"),
    ({"method": "circle"}, "radio_method"),
    ({"step_m": 200.0}, "radio_step"),
    ({"freq_mhz": 10_000.0}, "radio_frequency"),
    ({"rx_agl_m": 0.0}, "radio_antenna_height"),
])
def test_areas_out_of_range_are_refused(change: dict, code: str) -> None:
    with pytest.raises(RadioError) as caught:
        area_loss(raster(np.zeros((10, 10))), centre(5, 5), 30.0, **({"radius_m": 500.0} | ARGS | change))
    assert caught.value.code == code


def test_elevation_in_feet_is_refused() -> None:
    with pytest.raises(RadioError) as caught:
        point_loss(raster(np.zeros((5, 5)), unit="ft"), centre(2, 2), 30.0, [centre(1, 1)], **ARGS)
    assert caught.value.code == "radio_elevation_unit"


@pytest.mark.parametrize("method", ["per_pixel", "radial"])
def test_bands_together_equal_bands_one_by_one(method: str) -> None:
    ground = hills(110, 130)
    ground[20:23, 30:33] = np.nan
    bands = (700.0, 1800.0, 3500.0)
    how = {"radius_m": 4000.0, "rx_agl_m": 1.5, "atmosphere": AIR, "method": method}
    together = area_loss_of_bands(raster(ground), centre(60, 60), 30.0, freqs_mhz=bands, **how)
    for freq, one in zip(bands, together, strict=True):
        alone = area_loss(raster(ground), centre(60, 60), 30.0, freq_mhz=freq, **how)
        np.testing.assert_array_equal(one.loss_db, alone.loss_db)
        np.testing.assert_array_equal(one.clear, alone.clear)
        np.testing.assert_array_equal(one.depart_mrad, alone.depart_mrad)
    with pytest.raises(RadioError):
        area_loss_of_bands(raster(ground), centre(60, 60), 30.0, freqs_mhz=(900.0, 9000.0), **how)
