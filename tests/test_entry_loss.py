"""Building entry loss against the published subset of P.2109, woods, clutter that must not count twice, uplink."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radio_scenes import raster

from coverage.errors import RadioError
from coverage.radio.clutter import P1812_HEIGHTS_M, clutter_heights, woodland_loss_db
from coverage.radio.entry_loss import entry_loss_db
from coverage.radio.link_budget import load_presets
from coverage.radio.uplink import link_balance, uplink_sensitivity_dbm

TYPES = {1: "traditional", 2: "thermally_efficient"}


def test_every_published_value(shared: Path) -> None:
    table = pd.read_csv(shared / "validation" / "p2109" / "subset_elev0_upto3GHz.csv")
    assert len(table) > 40
    for freq, percent, kind, elevation, loss in table.to_numpy():
        got = entry_loss_db(freq * 1000, TYPES[int(kind)], probability=percent / 100, elevation_deg=elevation)
        assert got == pytest.approx(loss, abs=1e-3)


@pytest.mark.parametrize(("freq", "loss"), [(700.0, 14.1), (900.0, 14.2), (1800.0, 14.8)])
def test_median_of_traditional_houses(freq: float, loss: float) -> None:
    assert entry_loss_db(freq) == pytest.approx(loss, abs=0.06)


@pytest.mark.parametrize("wrong", [{"freq_mhz": 50.0}, {"probability": 1.0}, {"building": "tent"}])
def test_entry_loss_out_of_range(wrong: dict) -> None:
    with pytest.raises(RadioError):
        entry_loss_db(**({"freq_mhz": 900.0} | wrong))


def test_clutter_from_classes() -> None:
    classes = raster(np.array([[2.0, 4.0], [3.0, np.nan]]), unit="class")
    got = clutter_heights(classes, P1812_HEIGHTS_M, "dtm")
    assert got.unit == "m"
    np.testing.assert_array_equal(got.values, [[0.0, 15.0], [10.0, np.nan]])


def test_clutter_on_a_surface_model_is_refused() -> None:
    with pytest.raises(RadioError) as caught:
        clutter_heights(raster(np.full((2, 2), 4.0)), P1812_HEIGHTS_M, "dsm")
    assert caught.value.code == "radio_clutter_twice"


def test_a_class_without_height_is_refused() -> None:
    with pytest.raises(RadioError) as caught:
        clutter_heights(raster(np.full((2, 2), 9.0)), P1812_HEIGHTS_M, "dtm")
    assert caught.value.values["classes"] == "9"


def test_woodland_saturates() -> None:
    most = 1.15 * 900**0.43
    assert woodland_loss_db(0.0, 900.0, 0.2) == 0.0
    assert woodland_loss_db(10.0, 900.0, 0.2) == pytest.approx(most * (1 - np.exp(-2.0 / most)))
    assert woodland_loss_db(1e5, 900.0, 0.2) == pytest.approx(most)


def test_uplink_beside_downlink() -> None:
    presets = load_presets()
    # -174 + 10 log 360 kHz + 3 - 4 = -119.4 dBm
    assert uplink_sensitivity_dbm(presets) == pytest.approx(-174 + 55.563 + 3 - 4, abs=1e-3)
    got = link_balance(presets.find("4G", 900.0), presets, threshold_dbm=-110.0)
    assert got.downlink_max_loss_db == pytest.approx(29.718 + 110.0, abs=1e-2)
    assert got.uplink_max_loss_db == pytest.approx(23 + 15 - 0.5 + 3 + 119.437, abs=1e-2)
    assert got.limiting == "downlink"
    deeper = link_balance(presets.find("4G", 900.0), presets, threshold_dbm=-135.0)
    assert deeper.limiting == "uplink"
