"""Calibration: the bias that was put in comes out, outliers do not pull it, and thin data are refused with a reason."""

import numpy as np
import pandas as pd
import pytest
from radio_scenes import centre, hills, masts, raster

from coverage.errors import RadioError
from coverage.radio.calibration import (
    CalibrationRules,
    Confusion,
    Samples,
    apply_calibration,
    calibrate,
    leave_one_out,
    match_samples,
    verified_vi,
)
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import PointSignal, signal_at_points
from coverage.radio.sites import SiteTable, site_table

RULES = CalibrationRules(min_places=20)
AIR = Atmosphere()


@pytest.fixture(scope="module")
def scene() -> tuple[SiteTable, np.ndarray, PointSignal]:
    ground = raster(hills(140, 140, 4, 150.0))
    sites = site_table(masts([
        {"xy": centre(40, 40)}, {"xy": centre(100, 90), "band_mhz": 1800.0},
        {"xy": centre(70, 60), "operator": "VNPT"},
    ]), load_presets())
    xy = np.array([centre(*p) for p in np.random.default_rng(1).uniform(5, 135, (400, 2))])
    return sites, xy, signal_at_points(sites, xy, ground, radius_m=9000.0, rx_agl_m=1.5, atmosphere=AIR)


def _measured(scene: tuple, bias: dict, noise: float, seed: int = 2) -> pd.DataFrame:
    """Return invented samples: the model's value plus a bias per band and noise."""
    sites, xy, signal = scene
    found = signal[("Viettel", "4G")]
    band = np.where(found.server >= 0, sites.freq_mhz[found.server], 900.0)
    rng = np.random.default_rng(seed)
    level = found.rsrp_dbm + np.array([bias[b] for b in band]) + rng.normal(0, noise, len(xy))
    return pd.DataFrame({"operator": "Viettel", "technology": "4G", "rsrp_dbm": np.nan_to_num(level, nan=-120.0)})


def test_the_bias_that_was_put_in_comes_out_per_band(scene: tuple) -> None:
    sites, xy, signal = scene
    samples = match_samples(_measured(scene, {900.0: 4.0, 1800.0: -7.0}, 5.0), xy, signal, sites, RULES)
    table = calibrate(samples, RULES).table.set_index("band_mhz")
    assert table.loc[900.0, "bias_db"] == pytest.approx(4.0, abs=1.5)
    assert table.loc[1800.0, "bias_db"] == pytest.approx(-7.0, abs=1.5)
    assert table.loc[900.0, "sigma_db"] == pytest.approx(5.0, abs=1.5)
    assert table.loc[1800.0, "rms_after_db"] < table.loc[1800.0, "rms_before_db"]
    assert table.loc[[900.0, 1800.0], "usable"].all()


def test_a_few_wild_samples_do_not_pull_it(scene: tuple) -> None:
    sites, xy, signal = scene
    measured = _measured(scene, {900.0: 3.0, 1800.0: 3.0}, 2.0)
    measured.loc[::12, "rsrp_dbm"] = -44.0
    table = calibrate(match_samples(measured, xy, signal, sites, RULES), RULES).table.set_index("band_mhz")
    assert table.loc[900.0, "bias_db"] == pytest.approx(3.0, abs=1.5)


def test_applied_only_when_asked_and_only_to_its_group(scene: tuple) -> None:
    sites, xy, signal = scene
    before = sites.eirp_re_dbm.copy()
    samples = match_samples(_measured(scene, {900.0: 4.0, 1800.0: 4.0}, 3.0), xy, signal, sites, RULES)
    calibration = calibrate(samples, RULES)
    np.testing.assert_array_equal(sites.eirp_re_dbm, before)
    moved = apply_calibration(sites, calibration).eirp_re_dbm - before
    assert moved[:2] == pytest.approx([4.0, 4.0], abs=1.5)
    assert moved[2] == 0.0


def test_thin_or_strange_data_are_refused_with_a_reason(scene: tuple) -> None:
    sites, xy, signal = scene
    few = calibrate(match_samples(_measured(scene, {900.0: 0.0, 1800.0: 0.0}, 3.0), xy, signal, sites, RULES),
                    CalibrationRules(min_places=1000))
    assert set(few.table["reason"]) <= {"too_few", "no_mast"}
    with pytest.raises(RadioError) as caught:
        apply_calibration(sites, few)
    assert "Quá ít vị trí đo" in str(caught.value)
    wild = match_samples(_measured(scene, {900.0: 0.0, 1800.0: 0.0}, 40.0), xy, signal, sites, RULES)
    assert "too_wide" in set(calibrate(wild, RULES).table["reason"])
    stranger = _measured(scene, {900.0: 0.0, 1800.0: 0.0}, 3.0).assign(operator="Gtel")
    table = calibrate(match_samples(stranger, xy, signal, sites, RULES), RULES).table
    assert table["reason"].tolist() == ["no_mast"]
    assert np.isnan(table["bias_db"].iloc[0])


def test_samples_at_other_points_are_refused(scene: tuple) -> None:
    sites, xy, signal = scene
    measured = _measured(scene, {900.0: 0.0, 1800.0: 0.0}, 3.0)
    with pytest.raises(RadioError):
        match_samples(measured, xy + 500.0, signal, sites, RULES)
    by_clutter = calibrate(match_samples(measured, xy, signal, sites, RULES, clutter=["rừng"] * 400), RULES,
                           by=("operator", "clutter"))
    with pytest.raises(RadioError):
        apply_calibration(sites, by_clutter)


def test_one_place_counts_once() -> None:
    frame = pd.DataFrame({
        "operator": "A", "technology": "4G", "band_mhz": 900.0, "clutter": "", "commune": "c", "floored": False,
        "place": ["p"] * 50 + ["q", "r"], "measured_dbm": [-90.0] * 50 + [-100.0, -100.0], "predicted_dbm": -100.0,
    })
    row = calibrate(Samples(frame), CalibrationRules(min_places=2)).table.iloc[0]
    assert (row["samples"], row["places"], row["bias_db"]) == (52, 3, 0.0)


def _places(commune: str, count: int, measured: float, predicted: float) -> pd.DataFrame:
    return pd.DataFrame([
        {"operator": "A", "technology": "4G", "band_mhz": 900.0, "clutter": "", "commune": commune, "floored": False,
         "place": f"{commune}{i}", "measured_dbm": measured, "predicted_dbm": predicted}
        for i in range(count) for _ in range(3)
    ])


def test_leave_one_out_uses_the_other_communes_only() -> None:
    # the others say +10 dB; commune c is predicted at -118, so with them it is served at -108, as measured
    others = [_places(name, 30, -90.0, -100.0) for name in ("a", "b")]
    frame = pd.concat([*others, _places("c", 5, -100.0, -118.0)])
    got = leave_one_out(Samples(frame), RULES, threshold_dbm=-110.0, border={"c": True})
    assert (got["all"].both, got["all"].n) == (65, 65)
    assert (got["border"].n, got["border"].enough) == (5, False)
    assert "chưa kiểm chứng tại vùng biên (n = 5)" in verified_vi(got)
    alone = leave_one_out(Samples(_places("c", 40, -100.0, -118.0)), RULES, threshold_dbm=-110.0, border={"c": True})
    assert alone["border"].measured_only == 40
    assert alone["border"].agreement == 0.0


def test_sentence_without_measurements() -> None:
    none = Confusion(0, 0, 0, 0, enough=False)
    assert "Chưa có số liệu đo" in verified_vi({"all": none, "border": none})
    assert np.isnan(none.agreement)
