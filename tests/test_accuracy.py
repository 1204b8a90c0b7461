"""Calibration only when asked, said with figures; the model against measured villages, worked by hand."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point
from siting_case import RIDGE_Y, SOUTH, WEST, frame, layers, ridge, scenario, site

from coverage.gap.assessment import assess
from coverage.gap.demand import demand_points
from coverage.gap.service import serve
from coverage.radio.calibration import CalibrationRules, Samples, leave_one_out
from geodata.layers import Layers

PLAIN, ASKED = scenario(), scenario(radio={"calibrate": True})


def measured(pack: Layers, above_db: float, n: int = 40) -> gpd.GeoDataFrame:
    """Return samples ``above_db`` over the model, on a 400 m lattice and five at two villages."""
    x, y = np.meshgrid(np.arange(8) * 400.0 + 4_000.0, np.arange(n // 8) * 400.0 + 1_200.0)
    lattice = np.column_stack((WEST + x.ravel(), SOUTH + y.ravel()))
    villages = np.repeat([[WEST + 6_000.0, SOUTH + 3_000.0], [WEST + 6_000.0, RIDGE_Y + 2_500.0]], 5, axis=0)
    xy = np.concatenate((lattice, villages))
    rows = [{"operator": "Viettel", "technology": "4G", "rsrp_dbm": -80.0, "dl_mbps": None, "date": "2026-10-01",
             "geometry": Point(*p)} for p in xy]
    blank = frame("measurements", rows)
    from_model = Layers(**{**pack.__dict__, "measurements": blank})
    points, _ = demand_points(pack)
    level = serve(from_model, points, PLAIN).samples_dbm["Viettel", "4G"]
    return blank.assign(rsrp_dbm=level + above_db)


def office(above_db: float = 8.0, n: int = 40, **changes: Any) -> Layers:
    sites = frame("sites", [site("VIE1", 6_000, 3_500)])
    pack = layers(elevation=ridge(0.0), sites=sites, **changes)
    return layers(elevation=ridge(0.0), sites=sites, measurements=measured(pack, above_db, n), **changes)


def test_bias_is_added_only_when_asked() -> None:
    pack = office()
    points, _ = demand_points(pack)
    plain, asked = serve(pack, points, PLAIN), serve(pack, points, ASKED)
    assert plain.calibration is None
    assert not plain.calibrated
    assert asked.calibrated
    assert asked.table.eirp_re_dbm - plain.table.eirp_re_dbm == pytest.approx([8.0], abs=0.01)
    before, after = plain.samples_dbm["Viettel", "4G"], asked.samples_dbm["Viettel", "4G"]
    assert after - before == pytest.approx(np.full(before.size, 8.0), abs=0.01)


def test_figures_and_refusals_are_findings() -> None:
    told = [f for f in assess(office(), ASKED, areas=False).findings if f.code.startswith("calibration")]
    assert [f.code for f in told] == ["calibration_applied"]
    assert "8.0 dB" in told[0].message("vi")
    few = assess(office(n=16), ASKED, areas=False)
    assert [f.code for f in few.findings if f.code.startswith("calibration")] == ["calibration_refused"]
    assert not few.accuracy.calibrated  # type: ignore[union-attr]
    none = assess(layers(), ASKED, areas=False)
    assert [f.code for f in none.findings if f.code.startswith("calibration")] == ["calibration_no_samples"]
    assert none.accuracy is None


def test_villages_are_compared_as_often_as_they_are_measured() -> None:
    found = assess(office(), PLAIN, areas=False).accuracy
    assert found is not None
    assert found.used["all"].n == 2             # two villages with five samples each, one operator, one technology
    assert found.used["border"].n == 1
    assert not found.used["border"].enough
    assert found.used is found.plain


def test_a_level_under_the_floor_counts_as_not_served() -> None:
    rows = pd.DataFrame({
        "operator": "V", "technology": "4G", "band_mhz": 1800.0, "clutter": "", "commune": "a", "village": "a1",
        "place": "0_0", "measured_dbm": [-120.0, -121.0, -122.0], "predicted_dbm": [np.nan, np.nan, -90.0],
        "floored": [True, True, False]})
    found = leave_one_out(Samples(rows), CalibrationRules(), threshold_dbm=-105.0, border={}, unit="village")
    assert (found["all"].neither, found["all"].n) == (1, 1)


def test_missing_antenna_files_are_said() -> None:
    named = frame("sites", [site("VIE1", 6_000, 3_500, antenna="K742215", tilt_deg=2.0)])
    told = [f for f in assess(layers(sites=named), PLAIN, areas=False).findings if f.code == "antenna_pattern_missing"]
    assert len(told) == 1
    assert "K742215" in told[0].message("vi")
