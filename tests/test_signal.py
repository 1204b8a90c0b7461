"""Signal: best and second server by brute force, sectors, assumptions, threads, terrain between mast and village."""

import numpy as np
import pytest
from radio_scenes import centre, hills, masts, raster

from coverage.errors import RadioError
from coverage.radio.area_loss import point_loss
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import best_over_area, nearest_sites, signal_at_points, signal_over_area
from coverage.radio.sites import SiteTable, assumed_shares, site_table
from geodata.grid import Raster

AIR = Atmosphere()
HOW = {"radius_m": 6000.0, "rx_agl_m": 1.5, "atmosphere": AIR}
PRESETS = load_presets()


@pytest.fixture(scope="module")
def ground() -> Raster:
    return raster(hills(140, 140))


@pytest.fixture(scope="module")
def many() -> SiteTable:
    rng = np.random.default_rng(5)
    rows = [{"xy": centre(*rng.uniform(5, 135, 2)), "operator": rng.choice(["Viettel", "VNPT"]),
             "technology": rng.choice(["4G", "3G"]), "band_mhz": rng.choice([900.0, 1800.0, 2100.0])}
            for _ in range(14)]
    rows += [rows[0] | {"technology": "5G", "band_mhz": 2100.0}, rows[1] | {"azimuth_deg": 90.0}]
    return site_table(masts(rows), PRESETS)


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    rng = np.random.default_rng(6)
    return np.array([centre(*p) for p in rng.uniform(0, 139, (80, 2))])


def _brute(sites: SiteTable, points: np.ndarray, ground: Raster) -> np.ndarray:
    """RSRP (rows, points) of every transmitter, one path at a time; NaN beyond the radius."""
    from coverage.radio.antenna import azimuth_deg, sector_gain_db, unknown_azimuth_gain_db

    out = np.full((len(sites), len(points)), np.nan)
    for i in range(len(sites)):
        loss = point_loss(ground, sites.xy_m[i], sites.height_m[i], points, rx_agl_m=1.5,
                          freq_mhz=sites.freq_mhz[i], atmosphere=AIR)
        gain = unknown_azimuth_gain_db(65.0, 30.0)[0]
        if np.isfinite(sites.azimuth_deg[i]):
            gain = sector_gain_db(azimuth_deg(sites.xy_m[i], points) - sites.azimuth_deg[i], 65.0, 30.0)
        away = np.hypot(*(points - sites.xy_m[i]).T)
        out[i] = np.where(away <= 6000.0, sites.eirp_re_dbm[i] + gain - loss, np.nan)
    return out


def test_best_second_and_server_equal_brute_force(ground: Raster, many: SiteTable, points: np.ndarray) -> None:
    got = signal_at_points(many, points, ground, **HOW)
    power = _brute(many, points, ground)
    place = {tuple(xy): m for m, xy in enumerate(map(tuple, np.round(many.xy_m, 2)))}
    mast = np.array([place[tuple(xy)] for xy in np.round(many.xy_m, 2)])
    for key in many.keys:
        rows = np.flatnonzero((many.operator == key[0]) & (many.technology == key[1]))
        signal = got[key]
        for p in range(len(points)):
            ranked = sorted((-power[r, p], r) for r in rows if np.isfinite(power[r, p]))
            if not ranked:
                assert np.isnan(signal.rsrp_dbm[p])
                assert signal.server[p] == -1
                assert signal.blocked[p] == -1
                continue
            best = ranked[0][1]
            assert signal.server[p] == best
            assert signal.rsrp_dbm[p] == pytest.approx(max(power[best, p], -140.0), abs=1e-9)
            others = [-w for w, r in ranked if mast[r] != mast[best]]
            if others:
                assert signal.second_dbm[p] == pytest.approx(max(others[0], -140.0), abs=1e-9)
            else:
                assert np.isnan(signal.second_dbm[p])


def test_threads_change_nothing(ground: Raster, many: SiteTable, points: np.ndarray) -> None:
    one = signal_at_points(many, points, ground, workers=1, **HOW)
    two = signal_at_points(many, points, ground, workers=2, **HOW)
    for key in many.keys:
        np.testing.assert_array_equal(one[key].rsrp_dbm, two[key].rsrp_dbm)
        np.testing.assert_array_equal(one[key].server, two[key].server)


def test_area_equals_points_at_cell_centres(ground: Raster, many: SiteTable) -> None:
    area = best_over_area(many, ground, **HOW)
    plain = signal_over_area(many, ground, **HOW)
    rows, cols = np.divmod(np.arange(0, 140 * 140, 37), 140)
    x, y = ground.grid.centres()
    got = signal_at_points(many, np.column_stack((x[cols], y[rows])), ground, **HOW)
    for key in many.keys:
        values = area[key].rsrp.values
        np.testing.assert_allclose(values[rows, cols], got[key].rsrp_dbm, atol=1e-4)
        np.testing.assert_array_equal(area[key].server[rows, cols], got[key].server)
        np.testing.assert_array_equal(values, plain[key].values)
        assert plain[key].unit == "dBm"


def test_a_ridge_blocks_and_is_said(ground: Raster) -> None:
    values = np.zeros((60, 60))
    values[:, 30] = 400.0
    sites = site_table(masts([{"xy": centre(30, 10)}]), PRESETS)
    got = signal_at_points(sites, [centre(30, 25), centre(30, 45)], raster(values), **HOW)[("Viettel", "4G")]
    assert got.blocked.tolist() == [0, 1]
    assert got.rsrp_dbm[0] - got.rsrp_dbm[1] > 20


def test_missing_ground_is_counted_as_unknown() -> None:
    values = np.zeros((60, 60))
    values[:, 30] = np.nan
    sites = site_table(masts([{"xy": centre(30, 10)}]), PRESETS)
    got = signal_at_points(sites, [centre(30, 25), centre(30, 45)], raster(values), **HOW)[("Viettel", "4G")]
    assert got.unknown.tolist() == [0, 1]
    assert np.isnan(got.rsrp_dbm).tolist() == [False, True]


def test_a_sector_points_where_it_says() -> None:
    flat = raster(np.zeros((60, 60)))
    sites = site_table(masts([{"xy": centre(30, 30), "azimuth_deg": 90.0}]), PRESETS)
    got = signal_at_points(sites, [centre(30, 45), centre(15, 30), centre(30, 15)], flat, **HOW)[("Viettel", "4G")]
    east, north, west = got.rsrp_dbm
    assert east - west == pytest.approx(30.0, abs=1e-6)
    assert east - north == pytest.approx(min(12 * (90 / 65) ** 2, 30), abs=1e-6)


def test_what_was_not_supplied_is_assumed_and_counted() -> None:
    frame = masts([
        {"xy": centre(1, 1), "band_mhz": np.nan, "height_m": np.nan},
        {"xy": centre(2, 2), "power_dbm": 46.0, "azimuth_deg": 10.0},
    ])
    sites = site_table(frame, PRESETS)
    assert sites.freq_mhz[0] == PRESETS.default_band_mhz["4G"]
    assert sites.height_m[0] == PRESETS.default_height_m["macro"]
    assert sites.band_assumed.tolist() == [True, False]
    assert sites.power_assumed.tolist() == [True, False]
    assert sites.eirp_re_dbm[1] == pytest.approx(46 - 10 * np.log10(600) + 15 - 0.5)
    shares = assumed_shares(sites).iloc[0]
    assert (shares["rows"], shares["band"], shares["power"], shares["azimuth"]) == (2, 0.5, 0.5, 0.5)
    moved = sites.shifted(6.0, only_assumed=True)
    assert moved.eirp_re_dbm - sites.eirp_re_dbm == pytest.approx([6.0, 0.0])


def test_assumptions_made_earlier_are_kept() -> None:
    frame = masts([{"xy": centre(1, 1)}]).assign(band_assumed=True, height_assumed=False)
    sites = site_table(frame, PRESETS)
    assert sites.band_assumed.tolist() == [True]
    assert sites.height_assumed.tolist() == [False]


def test_site_layers_that_cannot_be_used_are_refused() -> None:
    good = masts([{"xy": centre(1, 1)}])
    for frame, code in (
        (good.drop(columns="height_m"), "radio_site_columns"),
        (good.to_crs(4326), "radio_site_crs"),
        (good.assign(technology="6G"), "radio_no_preset"),
        (good.assign(height_m=-3.0), "radio_site_value"),
    ):
        with pytest.raises(RadioError) as caught:
            site_table(frame, PRESETS)
        assert caught.value.code == code


def test_nearest_two_masts_with_terrain(ground: Raster) -> None:
    values = np.zeros((60, 60))
    values[:, 30] = 400.0
    sites = site_table(masts([
        {"xy": centre(30, 20)}, {"xy": centre(30, 20), "operator": "VNPT"}, {"xy": centre(30, 50)},
    ]), PRESETS)
    got = nearest_sites(sites, [centre(30, 26)], raster(values), rx_agl_m=1.5, atmosphere=AIR, k=3)
    assert got.site.tolist() == [[0, 2, -1]]
    assert got.distance_m[0, :2].tolist() == pytest.approx([540.0, 2160.0])
    assert got.blocked.tolist() == [[0, 1, -1]]


def test_no_masts_and_no_points_give_empty_answers(ground: Raster) -> None:
    empty = site_table(masts([{"xy": centre(1, 1)}]).iloc[:0], PRESETS)
    assert signal_at_points(empty, [centre(1, 1)], ground, **HOW).by_key == {}
    one = site_table(masts([{"xy": centre(1, 1)}]), PRESETS)
    assert signal_at_points(one, np.empty((0, 2)), ground, **HOW)[("Viettel", "4G")].rsrp_dbm.size == 0
