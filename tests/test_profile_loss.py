"""One path: the 48 published cases, profiles worked by hand, and paths that must be refused."""

import math
from pathlib import Path

import numpy as np
import pytest
from radio_scenes import published_cases, published_profile

from coverage.errors import RadioError
from coverage.radio.profile_loss import Atmosphere, Diffraction, diffraction, profile_loss

BETA_RADIUS_KM = 3 * 6371.0      # the published Lbulla, Lbulls, Ldsph, Ldb are for this radius


@pytest.fixture(scope="module")
def cases(shared: Path) -> list:
    folder = shared / "validation" / "p1812"
    return [(row, published_profile(folder, row["profile"])) for row in published_cases(folder)]


def _diffraction(row: dict, profile: np.ndarray, radius: float) -> Diffraction:
    return diffraction(
        profile[:, 0], profile[:, 1], profile[:, 3], freq_mhz=row["f (GHz)"] * 1000, tx_agl_m=row["htg (m)"],
        rx_agl_m=row["hrg (m)"], earth_radius_km=radius, sea=profile[:, 4] == 1,
        polarisation="vertical" if row["pol"] == 2 else "horizontal",
    )


def test_all_published_cases_are_there(cases: list) -> None:
    assert len(cases) == 48


def test_median_diffraction_and_smooth_surface_of_every_published_case(cases: list) -> None:
    for row, profile in cases:
        got = _diffraction(row, profile, Atmosphere(row["DN"]).earth_radius_km)
        assert got.loss_db == pytest.approx(row["Ld50 (dB)"], abs=1e-3)
        assert got.hst_m == pytest.approx(row["hst (m)"], abs=1e-3)
        assert got.hsr_m == pytest.approx(row["hsr (m)"], abs=1e-3)
        assert got.hstd_m == pytest.approx(row["hstd (m)"], abs=1e-3)
        assert got.hsrd_m == pytest.approx(row["hsrd (m)"], abs=1e-3)
        assert got.sea_fraction == pytest.approx(row["w"], abs=1e-6)
        assert Atmosphere(row["DN"]).earth_radius_km == pytest.approx(row["ae (km)"], abs=1e-3)


def test_every_diffraction_term_of_every_published_case(cases: list) -> None:
    for row, profile in cases:
        got = _diffraction(row, profile, BETA_RADIUS_KM)
        assert got.lbulla_db == pytest.approx(row["Lbulla (dB)"], abs=1e-3)
        assert got.lbulls_db == pytest.approx(row["Lbulls (dB)"], abs=1e-3)
        assert got.ldsph_db == pytest.approx(row["Ldsph (dB)"], abs=1e-3)
        assert got.loss_db == pytest.approx(row["Ldb (dB)"], abs=1e-3)


def test_free_space_of_every_published_case(cases: list) -> None:
    from coverage.radio.path_kernel import free_space

    for row, _ in cases:
        got = free_space(row["d (km)"], row["hts (m)"] - row["hrs (m)"], row["f (GHz)"])
        assert got == pytest.approx(row["Lbfs"], abs=1e-3)


def test_total_loss_where_the_published_cases_are_comparable(cases: list) -> None:
    compared = 0
    for row, profile in cases:
        if row["p (%)"] != 50 or row["d (km)"] > 30 or row["w"] > 0:
            continue
        got = profile_loss(
            profile[:, 0], profile[:, 1], profile[:, 3], freq_mhz=row["f (GHz)"] * 1000, tx_agl_m=row["htg (m)"],
            rx_agl_m=row["hrg (m)"], earth_radius_km=Atmosphere(row["DN"]).earth_radius_km,
            polarisation="vertical" if row["pol"] == 2 else "horizontal",
        )
        assert got.loss_db == pytest.approx(row["Lb (dB)"], abs=0.01)
        compared += 1
    assert compared == 4


ARGS = {"freq_mhz": 900.0, "tx_agl_m": 30.0, "rx_agl_m": 10.0, "earth_radius_km": 8500.0}


def test_a_single_knife_edge_by_hand() -> None:
    # flat earth in effect (huge radius), equal heights 10 m, one wall of 60 m in the middle of 10 km
    d = np.array([0.0, 5.0, 10.0])
    got = diffraction(d, [0.0, 60.0, 0.0], freq_mhz=900.0, tx_agl_m=10.0, rx_agl_m=10.0, earth_radius_km=1e9)
    v = 50.0 * math.sqrt(0.002 * 10.0 / (0.2998 / 0.9 * 5.0 * 5.0))
    edge = 6.9 + 20 * math.log10(math.sqrt((v - 0.1) ** 2 + 1) + v - 0.1)
    assert got.v == pytest.approx(v, rel=1e-6)
    assert not got.line_of_sight
    assert got.lbulla_db == pytest.approx(edge + (1 - math.exp(-edge / 6)) * (10 + 0.02 * 10.0), rel=1e-6)


def test_free_space_when_high_above_flat_ground() -> None:
    d = np.linspace(0, 2, 21)
    got = profile_loss(d, np.zeros(21), freq_mhz=900.0, tx_agl_m=300.0, rx_agl_m=300.0, earth_radius_km=8500.0)
    assert got.loss_db == pytest.approx(92.4 + 20 * math.log10(0.9) + 20 * math.log10(2.0), abs=1e-9)
    assert got.line_of_sight
    assert got.fresnel_clearance > 0.6


def test_horizons_and_ridge_are_where_the_hills_stand() -> None:
    d = np.linspace(0, 10, 101)
    ground = np.zeros(101)
    ground[30], ground[70] = 200.0, 150.0
    got = profile_loss(d, ground, **ARGS)
    assert not got.line_of_sight
    assert got.fresnel_clearance < 0
    assert (got.tx_horizon.index, got.rx_horizon.index) == (30, 70)
    assert got.tx_horizon.distance_km == pytest.approx(3.0)
    assert got.tx_horizon.height_m == 200.0
    # elevation angle: (200 - 30) m over 3 km, less the sag of 3 km under the horizontal
    assert got.tx_horizon.angle_mrad == pytest.approx(170 / 3 - 500 * 3 / 8500, abs=1e-9)
    assert got.rx_horizon.angle_mrad == pytest.approx(140 / 3 - 500 * 3 / 8500, abs=1e-9)


def test_clutter_counts_inside_and_not_at_the_ends() -> None:
    d = np.linspace(0, 10, 101)
    bare = profile_loss(d, np.zeros(101), **ARGS).loss_db
    ends = np.zeros(101)
    ends[[0, -1]] = 50.0
    forest = np.full(101, 15.0)
    assert profile_loss(d, np.zeros(101), ends, **ARGS).loss_db == bare
    assert profile_loss(d, np.zeros(101), forest, **ARGS).loss_db > bare + 1


def test_below_a_quarter_kilometre_is_free_space_with_slant_distance() -> None:
    got = profile_loss([0.0, 0.05, 0.1], [0.0, 80.0, 0.0], **ARGS)
    slant = math.hypot(0.1, 0.020)
    assert got.free_space_only
    assert got.loss_db == pytest.approx(92.4 + 20 * math.log10(0.9) + 20 * math.log10(slant))
    near = profile_loss([0.0, 1e-7, 2e-7], [0.0, 0.0, 0.0], **(ARGS | {"rx_agl_m": 30.0}))
    assert near.loss_db == pytest.approx(92.4 + 20 * math.log10(0.9) - 60.0)     # at least 1 m


@pytest.mark.parametrize(("change", "code"), [
    ({"freq_mhz": 20.0}, "radio_frequency"),
    ({"freq_mhz": 7000.0}, "radio_frequency"),
    ({"tx_agl_m": 0.0}, "radio_antenna_height"),
    ({"rx_agl_m": -1.0}, "radio_antenna_height"),
    ({"polarisation": "circular"}, "radio_polarisation"),
    ({"sea": [False, True, False, False]}, "radio_over_sea"),
])
def test_arguments_out_of_range_are_refused(change: dict, code: str) -> None:
    with pytest.raises(RadioError) as caught:
        profile_loss([0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0], **(ARGS | change))
    assert caught.value.code == code


@pytest.mark.parametrize(("distance", "ground", "code"), [
    ([0.0, 15.0, 31.0], [0.0, 0.0, 0.0], "radio_range"),
    ([0.0, 1.0], [0.0, 0.0], "radio_profile_short"),
    ([0.5, 1.0, 2.0], [0.0, 0.0, 0.0], "radio_profile_order"),
    ([0.0, 1.0, 1.0], [0.0, 0.0, 0.0], "radio_profile_order"),
    ([0.0, 1.0, 2.0], [0.0, math.nan, 0.0], "radio_profile_gap"),
    ([0.0, 1.0, 2.0], [0.0, 0.0], "radio_profile_shape"),
])
def test_profiles_that_are_none_are_refused(distance: list, ground: list, code: str) -> None:
    with pytest.raises(RadioError) as caught:
        profile_loss(distance, ground, **ARGS)
    assert caught.value.code == code
    assert "{" not in caught.value.text("vi") + caught.value.text("en")


def test_diffraction_alone_has_no_range_limit() -> None:
    d = np.linspace(0, 200, 401)
    assert diffraction(d, np.zeros(401), **ARGS).loss_db > 100


def test_refractivity_out_of_range_is_refused() -> None:
    with pytest.raises(RadioError):
        Atmosphere(dn=157.0)
    assert Atmosphere(45.0).earth_radius_km == pytest.approx(6371 * 157 / 112)
