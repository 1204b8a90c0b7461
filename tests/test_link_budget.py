"""Link budgets: the worked example, presets that are complete, probabilities."""

import math

import numpy as np
import pytest

from coverage.errors import RadioError
from coverage.radio.antenna import azimuth_deg, sector_gain_db, unknown_azimuth_gain_db
from coverage.radio.link_budget import (
    LinkBudget,
    load_presets,
    location_sigma_db,
    presets_from,
    service_probability,
    total_sigma_db,
)


def _budget(**change: object) -> LinkBudget:
    base = {"name": "x", "technology": "4G", "band_mhz": 900.0, "kind": "macro", "power_per_port_dbm": 43.0,
            "bandwidth_mhz": 10.0, "n_rb": 50, "reference": "rs", "antenna_gain_dbi": 15.0, "cable_loss_db": 0.5}
    return LinkBudget(**(base | change))


def test_worked_example_900_mhz() -> None:
    budget = _budget(body_loss_db=3.0)
    assert budget.eirp_re_dbm == pytest.approx(29.7, abs=0.05)
    assert budget.max_loss_db(-110.0, margin_db=8.7) == pytest.approx(128.0, abs=0.05)
    indoors = _budget(body_loss_db=3.0, entry_loss_db=14.2)
    assert indoors.max_loss_db(-110.0, margin_db=8.7) == pytest.approx(113.8, abs=0.05)
    assert budget.rsrp_dbm(128.0) == pytest.approx(29.7 - 128.0 - 3.0, abs=0.05)


@pytest.mark.parametrize(("n_rb", "share"), [(25, 24.8), (50, 27.8), (75, 29.5), (100, 30.8)])
def test_share_of_a_resource_element(n_rb: int, share: float) -> None:
    assert _budget(n_rb=n_rb).reference_share_db == pytest.approx(share, abs=0.05)


def test_presets_cover_what_the_planner_offers_and_say_what_stands_behind_them() -> None:
    presets = load_presets()
    for band in (700.0, 900.0, 1800.0, 2100.0, 2600.0):
        assert presets.find("4G", band).band_mhz == band
    assert presets.find("4G", 900.0, "small_cell").omnidirectional
    assert presets.find("4G", 1800.0, "remote_sector").power_per_port_dbm == 46.0
    assert presets.find("3G", 2100.0).reference == "cpich"
    assert presets.find("4G", 850.0).band_mhz == 900.0
    for budget in presets.budgets.values():
        assert budget.certainty == "giả định"
        assert budget.citation


def test_a_technology_without_preset_is_refused() -> None:
    with pytest.raises(RadioError) as caught:
        load_presets().find("6G", 900.0)
    assert caught.value.code == "radio_no_preset"


def test_a_preset_file_with_a_wrong_key_is_refused() -> None:
    with pytest.raises(RadioError) as caught:
        presets_from('version = "x"\n[receiver]\ngain = 1.0\n')
    assert caught.value.code == "radio_preset_file"


def test_a_budget_without_blocks_is_refused() -> None:
    with pytest.raises(RadioError):
        _budget(n_rb=0)
    with pytest.raises(RadioError):
        _budget(reference="wimax")


def test_probability_of_service() -> None:
    got = service_probability([-110.0, -102.0, -118.0, np.nan], -110.0, 8.0)
    assert got[:3] == pytest.approx([0.5, 0.841345, 0.158655], abs=1e-6)
    assert np.isnan(got[3])
    with pytest.raises(RadioError):
        service_probability(-100.0, -110.0, 0.0)


def test_location_spread_at_100_m_is_about_2_db() -> None:
    assert location_sigma_db(900.0, 100.0) == pytest.approx((0.52 + 0.0216) * 100**0.28)
    assert total_sigma_db(8.0, 900.0, 100.0) == pytest.approx(math.hypot(8.0, 1.967), abs=0.01)


def test_azimuths_and_sector_pattern() -> None:
    assert azimuth_deg((0, 0), [[0, 1], [1, 0], [0, -1], [-1, 0]]).tolist() == [0, 90, 180, 270]
    got = sector_gain_db([0, 32.5, -32.5, 180, 352.5], 65.0, 30.0)
    assert got == pytest.approx([0, -3, -3, -30, -12 * (7.5 / 65) ** 2])
    mean, spread = unknown_azimuth_gain_db(65.0, 30.0)
    # the mean of 12 (phi/65)^2 over 0 to 60 degrees is 12 * 60^2 / 3 / 65^2
    assert mean == pytest.approx(-12 * 3600 / 3 / 4225, abs=1e-3)
    assert spread == pytest.approx(12 * 3600 / 4225 * math.sqrt(4 / 45), abs=1e-2)
