"""The radial sweep: along a ray the same numbers as single paths, on cells an error that is known."""

import numpy as np
import pytest
from area_references import andes, projected
from radio_scenes import centre, hills, raster

from coverage.radio.area_kernel import losses_to_points
from coverage.radio.area_loss import area_loss
from coverage.radio.path_kernel import free_space, spacing_table
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.radial_kernel import first_needed, stride_at, sweep

AIR = Atmosphere()
HOW = {"rx_agl_m": 1.5, "freq_mhz": 900.0, "atmosphere": AIR}
NONE = np.zeros((1, 1))
GHZ = np.array([0.9])


def _ray_and_paths(ground: np.ndarray, clutter: np.ndarray, rays: int, steps: int) -> tuple[np.ndarray, ...]:
    """Diffraction by the sweep and by single paths at the same places, and line of sight of both."""
    row, col = 70.0, 70.0
    table = spacing_table(400)
    loss, clear = np.zeros((1, rays, steps + 1), np.float32), np.full((rays, steps + 1), -1, np.int8)
    depart = np.zeros((rays, steps + 1), np.float32)
    sweep(ground, clutter, table, col, row, 40.0, 1.5, rays, steps, 0.09, 0.09, 0.25, GHZ, AIR.earth_radius_km, loss,
          clear, depart)
    angle = 2 * np.pi * np.arange(rays)[:, None] / rays
    k = np.arange(steps + 1)[None, :]
    xs, ys = (col + k * np.sin(angle)).ravel(), (row - k * np.cos(angle)).ravel()
    single, sight, departs = np.empty((1, xs.size)), np.empty(xs.size, np.int8), np.empty(xs.size)
    losses_to_points(ground, clutter, table, col, row, 40.0, xs, ys, 1.5, 0.09, 0.09, 0.25, 30.0, GHZ,
                     AIR.earth_radius_km, True, single, sight, departs)
    from coverage.radio.area_kernel import bilinear

    same = (clear.ravel() == sight) & (sight >= 0)
    np.testing.assert_allclose(depart.ravel()[same], departs[same], atol=1e-3)
    d = np.tile(0.09 * k.ravel(), rays)
    hts = ground[70, 70] + 40.0
    hrs = np.array([bilinear(ground, x, y) + 1.5 for x, y in zip(xs, ys, strict=True)])
    fspl = np.array([free_space(a, hts - b, 0.9) for a, b in zip(d, hrs, strict=True)])
    needed = (k >= np.array([first_needed(ray, steps) for ray in range(rays)])[:, None]).ravel()
    return loss.ravel()[needed], (single[0] - fspl)[needed], clear.ravel()[needed], sight[needed]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("forest", [0.0, 12.0])
def test_along_a_ray_the_sweep_equals_single_paths(seed: int, forest: float) -> None:
    ground = hills(141, 141, seed).astype(np.float64)
    clutter = np.full(ground.shape, forest) if forest else NONE
    got, expected, clear, sight = _ray_and_paths(ground, clutter, 48, 68)
    assert (clear == sight).mean() > 0.999
    same = clear == sight
    shadow = same & (sight == 0)
    assert shadow.sum() > 200
    # float32 in store: 1e-5 dB; with line of sight only hull vertices are tried
    np.testing.assert_allclose(got[shadow], expected[shadow], atol=1e-4)
    seen = same & (sight == 1)
    assert (expected[seen] - got[seen]).min() > -1e-4
    assert np.abs(expected[seen] - got[seen]).max() < 1.4


@pytest.mark.parametrize("steps", [40, 167, 500])
def test_every_ring_finds_the_rays_it_asks_for(steps: int) -> None:
    for k in range(steps):
        stride = stride_at(k, steps)
        assert stride * (k + 1) <= max(steps, k + 1)      # rays no further apart than at the rim
        for ray in range(0, 64, stride):
            assert first_needed(ray, steps) <= k


def test_flat_ground_is_the_same_by_both_methods() -> None:
    flat = raster(np.zeros((121, 121)))
    one = area_loss(flat, centre(60, 60), 30.0, radius_m=5000.0, **HOW)
    two = area_loss(flat, centre(60, 60), 30.0, radius_m=5000.0, method="radial", **HOW)
    assert two.method == "radial"
    np.testing.assert_array_equal(np.isnan(one.loss_db), np.isnan(two.loss_db))
    assert np.nanmax(np.abs(one.loss_db - two.loss_db)) < 0.25      # profiles of one more or one less step


def test_a_gap_shadows_what_lies_behind_it_and_nothing_else() -> None:
    ground = hills(81, 81).astype(float)
    ground[38:43, 55:57] = np.nan
    got = area_loss(raster(ground), centre(40, 40), 40.0, radius_m=3400.0, method="radial", **HOW)
    assert np.isnan(got.loss_db[40 - got.row0, 70 - got.col0])
    assert np.isfinite(got.loss_db[40 - got.row0, 50 - got.col0])
    assert np.isfinite(got.loss_db[40 - got.row0, 10 - got.col0])


def test_error_in_real_mountains_at_30_m(shared: pytest.TempPathFactory) -> None:
    elevation, mast, _ = projected(andes(shared), 30.0)
    one = area_loss(elevation, mast, 45.0, radius_m=8000.0, **HOW)
    two = area_loss(elevation, mast, 45.0, radius_m=8000.0, method="radial", **HOW)
    error = two.loss_db - one.loss_db
    np.testing.assert_array_equal(np.isnan(one.loss_db), np.isnan(two.loss_db))
    assert np.sqrt(np.nanmean(error**2)) <= 1.0
    assert np.nanpercentile(np.abs(error), 95) <= 1.5
    assert abs(np.nanmean(two.loss_db < 128.0) - np.nanmean(one.loss_db < 128.0)) < 0.003
