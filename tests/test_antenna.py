"""Antenna patterns: MSI text, cuts, tilt, three sectors, and files that must be refused."""

from pathlib import Path

import numpy as np
import pytest
from radio_scenes import centre, masts, raster

from coverage.choices import antenna_files
from coverage.errors import RadioError
from coverage.radio.antenna import mean_of_sectors_db, read_msi
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import Beams, best_over_area, signal_at_points
from coverage.radio.sites import assumed_shares, missing_patterns, site_table
from coverage.scenario import Scenario

PRESETS = load_presets()


def msi(gain: str = "15.35 dBd", drop: int = -1) -> str:
    """Return a made-up sector: 65 degrees wide, vertical 10 degrees with 4 degrees of electrical tilt."""
    lines = ["NAME K742", "MAKE made up", "FREQUENCY 947.5", f"GAIN {gain}", "TILT ELECTRICAL", "ELECTRICAL_TILT 4"]
    for word, width, shift in (("HORIZONTAL", 65.0, 0), ("VERTICAL", 10.0, 4)):
        lines.append(f"{word} 360")
        for angle in range(360):
            off = (angle - shift + 180) % 360 - 180
            if angle != drop:
                lines.append(f"{angle}.0 {min(12 * (off / width) ** 2, 30.0):.3f}")
    return "\n".join(lines)


def test_an_msi_file_is_read() -> None:
    pattern = read_msi(msi())
    assert (pattern.name, pattern.freq_mhz, pattern.tilt_deg) == ("K742", 947.5, 4.0)
    assert pattern.gain_dbi == pytest.approx(17.5)
    assert read_msi(msi("17.5 dBi")).gain_dbi == pytest.approx(17.5)
    assert pattern.horizontal_db[[0, 65, 180]] == pytest.approx([0.0, 12.0, 30.0])


def test_gain_by_direction_and_tilt() -> None:
    pattern = read_msi(msi())
    down_4 = -np.radians(4.0) * 1000
    assert pattern.gain_db(0.0, down_4) == pytest.approx(0.0, abs=1e-6)
    assert pattern.gain_db(0.0, 0.0) == pytest.approx(-12 * 0.16, abs=1e-3)
    assert pattern.gain_db(32.5, down_4) == pytest.approx(-3.0, abs=0.01)
    # 6 degrees of mechanical tilt lower the beam in front, raise it behind, and leave it at the side
    down_10 = -np.radians(10.0) * 1000
    assert pattern.gain_db(0.0, down_10, 6.0) == pytest.approx(0.0, abs=1e-6)
    assert pattern.gain_db(180.0, np.radians(2.0) * 1000, 6.0) == pytest.approx(-30.0, abs=1e-6)
    assert pattern.gain_db(90.0, down_4, 6.0) == pytest.approx(pattern.gain_db(90.0, down_4), abs=1e-6)


def test_between_degrees_it_is_linear_and_wraps() -> None:
    pattern = read_msi(msi())
    a, b = pattern.gain_db([359.0, 360.0], [0.0, 0.0])
    assert pattern.gain_db(359.5, 0.0) == pytest.approx((a + b) / 2)
    assert pattern.gain_db(-0.5, 0.0) == pytest.approx((a + b) / 2)


@pytest.mark.parametrize(("text", "code"), [
    (msi(drop=200), "radio_pattern_row"),
    (msi().replace("GAIN 15.35 dBd\n", ""), "radio_pattern_header"),
    (msi().split("VERTICAL")[0], "radio_pattern_cut"),
    (msi().replace("10.0 0.284", "10.0 x"), "radio_pattern_row"),
    ("", "radio_pattern_header"),
])
def test_files_that_are_no_pattern_are_refused(text: str, code: str) -> None:
    with pytest.raises(RadioError) as caught:
        read_msi(text)
    assert caught.value.code in {code, "radio_pattern_cut"}


def test_a_site_uses_its_pattern_and_a_missing_one_is_said() -> None:
    pattern = read_msi(msi())
    frame = masts([
        {"xy": centre(30, 30), "antenna": "K742", "azimuth_deg": 0.0, "tilt_deg": 0.0},
        {"xy": centre(31, 31), "antenna": "unknown", "operator": "VNPT"},
    ])
    sites = site_table(frame, PRESETS, patterns={"K742": pattern})
    assert sites.antenna.tolist() == ["K742", ""]
    assert sites.eirp_re_dbm[0] - sites.eirp_re_dbm[1] == pytest.approx(17.5 - 15.0)
    assert missing_patterns(frame, {"K742": pattern}) == {"unknown": 1}
    assert assumed_shares(sites).set_index("operator")["pattern"].to_dict() == {"VNPT": 1.0, "Viettel": 0.0}
    flat = raster(np.zeros((60, 60)))
    how = {"radius_m": 3000.0, "rx_agl_m": 1.5, "atmosphere": Atmosphere(),
           "beams": Beams(PRESETS.sector, {"K742": pattern})}
    north, south = signal_at_points(sites, [centre(15, 30), centre(45, 30)], flat, **how)[("Viettel", "4G")].rsrp_dbm
    assert north - south == pytest.approx(30.0, abs=1e-6)
    for method in ("per_pixel", "radial"):
        values = best_over_area(sites, flat, method=method, **how)[("Viettel", "4G")].rsrp.values
        assert values[15, 30] == pytest.approx(north, abs=0.1)
        assert values[45, 30] == pytest.approx(south, abs=0.1)


def test_unknown_directions_take_the_mean_of_three_sectors() -> None:
    # min over sectors of 12 (phi/65)^2 averages to 3.41 dB, at whole degrees
    assert mean_of_sectors_db(read_msi(msi())) == pytest.approx(-3.41, abs=0.01)


def test_the_content_of_antenna_files_is_part_of_the_scenarios_digest(tmp_path: Path) -> None:
    plain = Scenario.from_mapping({"radio": {"antenna_folder": str(tmp_path)}})
    empty = plain.digest
    (tmp_path / "a.msi").write_text("GAIN 17 dBi\n", encoding="utf-8")
    (tmp_path / "note.txt").write_text("x", encoding="utf-8")
    first = plain.digest
    assert first != empty
    assert [name for name, _ in antenna_files(str(tmp_path))] == ["a.msi"]
    (tmp_path / "a.msi").write_text("GAIN 18 dBi\n", encoding="utf-8")
    assert plain.digest not in {first, empty}
    assert antenna_files("") == antenna_files(str(tmp_path / "absent")) == ()
