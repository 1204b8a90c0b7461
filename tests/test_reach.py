"""Reach of options: against the radio room's own functions, and properties."""

import numpy as np
import pandas as pd
import pytest
from siting_case import RIDGE_Y, WEST, ridge, scenario

from coverage.radio.area_loss import point_loss
from coverage.radio.link_budget import load_presets, service_probability
from coverage.radio.profile_loss import Atmosphere
from coverage.siting.reach import reach

GROUND = ridge()
CASE = scenario()


def options(*rows: tuple[float, float, float]) -> pd.DataFrame:
    columns = ["x_m", "y_m", "height_m", "band_mhz", "equipment", "technology", "radius_m"]
    return pd.DataFrame(columns=columns, data=[
        {"x_m": x, "y_m": y, "height_m": h, "band_mhz": 900.0, "equipment": "small_cell", "technology": "4G",
         "radius_m": 12_000.0} for x, y, h in rows])


def points(seed: int = 1, n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack((rng.uniform(WEST, WEST + 20_000, n), rng.uniform(RIDGE_Y - 9_000, RIDGE_Y + 9_000, n)))


def test_same_as_the_radio_room_point_by_point() -> None:
    xy, place = points(), (WEST + 6_000.0, RIDGE_Y - 1_500.0)
    found = reach(options((*place, 30.0)), xy, GROUND, CASE)
    loss = point_loss(GROUND, place, 30.0, xy, rx_agl_m=1.5, freq_mhz=900.0, atmosphere=Atmosphere())
    p = service_probability(load_presets().find("4G", 900.0, "small_cell").rsrp_dbm(loss), -110.0, 8.0)
    p[np.hypot(*(xy - place).T) > 12_000.0] = 0.0
    np.testing.assert_array_equal(found.served.toarray()[0], p >= 0.75)
    np.testing.assert_allclose(found.probability.toarray()[0], np.where(p >= 0.16, p, 0.0), atol=1e-6)


def test_options_that_share_a_mast_share_the_answer_and_the_order_of_rows_does_not_matter() -> None:
    a, b, c = (WEST + 6_000.0, RIDGE_Y - 500.0, 30.0), (WEST + 6_000.0, RIDGE_Y - 500.0, 60.0), (
        WEST + 9_000.0, RIDGE_Y + 3_000.0, 30.0)
    first = reach(options(a, b, a, c), points(), GROUND, CASE).served.toarray()
    again = reach(options(c, a, a, b), points(), GROUND, CASE, workers=1).served.toarray()
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(first[[3, 0, 2, 1]], again)
    assert first[1].sum() >= first[0].sum()     # a taller mast at the same place sees no less here


def test_beyond_the_radius_nothing_is_served() -> None:
    table = options((WEST + 6_000.0, RIDGE_Y, 30.0)).assign(radius_m=2_000.0)
    xy = points(n=200)
    served = reach(table, xy, GROUND, CASE).served.toarray()[0].astype(bool)
    assert served.any()
    assert np.hypot(*(xy[served] - [WEST + 6_000.0, RIDGE_Y]).T).max() <= 2_000.0


def test_the_ridge_hides_what_flat_land_does_not() -> None:
    table, behind = options((WEST + 6_000.0, RIDGE_Y - 3_000.0, 30.0)), np.array([[WEST + 6_000.0, RIDGE_Y + 2_000.0]])
    assert reach(table, behind, ridge(0.0), CASE).served.nnz == 1
    assert reach(table, behind, GROUND, CASE).served.nnz == 0


def test_paths_across_no_data_promise_nothing() -> None:
    from dataclasses import replace
    holes = GROUND.values.copy()
    holes[95:105] = np.nan
    table = options((WEST + 6_000.0, RIDGE_Y - 3_000.0, 60.0))
    found = reach(table, points(), replace(GROUND, values=holes), CASE)
    north = points()[:, 1] > RIDGE_Y + 600.0
    assert found.served.toarray()[0][north].sum() == 0


@pytest.mark.parametrize("n", [0, 1])
def test_no_options_or_no_points(n: int) -> None:
    assert reach(options(*[(WEST, RIDGE_Y, 30.0)] * n), np.empty((0, 2)), GROUND, CASE).served.shape == (n, 0)
    assert reach(options(), points(), GROUND, CASE).served.shape == (0, 60)
