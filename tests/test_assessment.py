from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hand_layers import cluster, flat, layer, layers, mast, placed, sample, village
from shapely import box

from coverage.errors import Cancelled, GapError
from coverage.gap.assessment import Assessment, assess
from coverage.gap.baseline import baseline_at
from coverage.gap.evidence import Confirmation
from coverage.gap.published import Decision
from coverage.scenario import Scenario
from geodata.crs import VN2000_107_45
from geodata.errors import CrsError
from geodata.grid import Raster
from geodata.layers import Layers
from geodata.sample import sample_layers

SCENARIO = Scenario.default()
WALL_COLUMN = 150  # 15 km east of the western edge


def walled() -> Raster:
    """Flat ground with a 400 m wall, 1 km wide, from south to north: what lies behind it has no signal."""
    ground = flat()
    heights = ground.values.copy()
    heights[:, WALL_COLUMN:WALL_COLUMN + 10] = 400.0
    return Raster(heights, ground.grid, "m", "elevation")


VILLAGES = [
    village("99001-001", 5, 5, difficult=True),             # beside the mast
    village("99002-001", 12, 5, name="Làng Mới"),           # served; its second cluster is behind the wall
    village("99002-002", 19, 5, grid_power=False),          # behind the wall, 3G only
    village("99003-001", 24, 5, grid_power=None),           # behind the wall, 19 km from the masts: out of range
]
CLUSTERS = [
    cluster("c11", "99001-001", 5, 5, 100), cluster("c21", "99002-001", 12, 5, 80),
    cluster("c22", "99002-001", 17, 5, 20), cluster("c31", "99002-002", 19, 5, 100),
    cluster("c41", "99003-001", 24, 5, 100),
]
MASTS = [
    mast("A1", 5, 6), mast("B1", 19.5, 5, operator="Beta", technology="3G", band_mhz=900.0),
    mast("A2", 25, 5, state="committed", due_date="2027-06-30", document="7/CV"),
]


def case(**other: object) -> Layers:
    return replace(layers(VILLAGES, MASTS, clusters=placed("clusters", CLUSTERS), elevation=walled()), **other)


@pytest.fixture(scope="module")
def one() -> Assessment:
    return assess(case(), SCENARIO)


def test_status_of_four_villages(one: Assessment) -> None:
    table = one.villages.set_index("village_code")
    assert table["status_model"].tolist() == ["phu", "lom", "trang", "trang"]
    assert table["status_model_all"].tolist() == ["phu", "phu", "phu", "phu"]
    assert table["status_h1"].tolist() == ["phu", "lom", "trang", "trang"]
    assert table["status_h50"].tolist() == ["phu", "phu", "trang", "trang"]
    assert table["status_printed"].tolist() == table["status_model"].tolist()
    assert table["status_official"].isna().all()
    assert table["loses_signal_with_3g"].tolist() == [False, False, True, True]
    assert table["lom_testable"].tolist() == [False, True, False, False]
    assert table["unserved_households"].tolist() == [0, 20, 100, 100]
    assert table["unserved_people"].tolist() == [0, 80, 400, 400]
    assert table["eligible"].tolist() == [True, False, False, False]
    assert table["commune_name"].tolist() == ["Hòa Sơn", "Suối Đá", "Suối Đá", "Cầu Mới"]
    assert table["n_operators"].tolist() == [1, 1, 0, 0]
    assert table["evidence"].tolist() == ["model"] * 4


def test_the_nearest_masts_and_the_wall(one: Assessment) -> None:
    row = one.villages.iloc[2]
    assert (row["nearest_1"], row["nearest_1_operator"], row["nearest_2"]) == ("B1", "Beta", "A1")
    assert row["nearest_1_km"] == pytest.approx(0.5)
    assert row["nearest_2_km"] == pytest.approx(np.hypot(14, 1))
    assert not row["nearest_1_blocked"]
    assert row["nearest_2_blocked"]
    assert "A2" not in set(one.villages["nearest_1"])  # committed masts are not there yet


def test_points_and_villages_tell_the_same(one: Assessment) -> None:
    points, villages = one.point_table, one.villages.set_index("village_code")
    clusters = points[points["kind"] == "cluster"]
    left = clusters[~clusters["served_4g"]].groupby("village_code")["households"].sum()
    expected = villages.loc[villages["unserved_households"] > 0, "unserved_households"]
    assert left.to_dict() == expected.to_dict()
    assert (points["served_4g"].to_numpy() == one.served["4g"]).all()
    assert (points["served_Alpha_4G"] == points["served_4g"]).all()
    centre = points[points["kind"] == "centre"]
    assert centre["people"].sum() == 0
    assert one.communes["unserved_households"].sum() == villages["unserved_households"].sum()


def test_gap_layers(one: Assessment) -> None:
    assert one.gap_thon[["point_code", "kind"]].to_numpy().tolist() == [
        ["99002-001", "thon"], ["99002-002", "thon"], ["99003-001", "thon"], ["c22", "cum"], ["c31", "cum"],
        ["c41", "cum"]]
    assert one.gap_dc["village_code"].tolist() == ["99002-001", "99002-002", "99003-001"]
    assert one.gap_dc["households"].tolist() == [20, 100, 100]
    assert one.gap_vung["commune_code"].is_unique
    spots = one.gap_thon[one.gap_thon["kind"] == "cum"].geometry
    assert all(one.gap_vung.geometry.covers(p).any() for p in spots)
    assert one.gap_vung["area_km2"].sum() < 300
    for name in ("gap_thon", "gap_dc", "gap_vung"):
        frame = getattr(one, name)
        assert frame.crs == VN2000_107_45
        assert frame.geometry.is_valid.all()
        assert set(frame["operator"]) == {"TATCA"}


def test_the_area_agrees_with_the_points(one: Assessment) -> None:
    level = one.area_rsrp["Alpha", "4G"]
    at_points = level.at(one.points.xy_m[:, 0], one.points.xy_m[:, 1])
    near = np.nan_to_num(at_points, nan=-140.0) - np.nan_to_num(one.point_table["rsrp_dbm"].to_numpy(float), nan=-140.0)
    assert np.abs(near).max() < 3.0  # the cell's centre lies up to 71 m from the point


def test_without_areas_there_is_no_gap_land() -> None:
    bare = assess(case(), SCENARIO, areas=False)
    assert bare.gap_vung.empty
    assert list(bare.gap_vung.columns) == ["commune_code", "area_km2", "operator", "technology", "geometry"]
    assert bare.area_rsrp == {}
    assert len(bare.gap_dc) == 3


def test_shifting_everything_by_whole_cells_changes_nothing(one: Assessment) -> None:
    data = case()
    moved = {name: frame.assign(geometry=frame.translate(500.0, -300.0))
             for name, frame in data.tables().items() if name != "published"}
    grid = data.elevation.grid
    there = replace(grid, transform=type(grid.transform).translation(500, -300) @ grid.transform)
    far = assess(replace(data, **moved, elevation=replace(data.elevation, grid=there)), SCENARIO, areas=False)
    assert far.villages["status_model"].tolist() == one.villages["status_model"].tolist()
    assert far.villages["p_served"].tolist() == pytest.approx(one.villages["p_served"].tolist(), abs=1e-9)


def test_more_masts_never_serve_fewer_people(one: Assessment) -> None:
    richer = assess(case(sites=placed("sites", [*MASTS, mast("A3", 18, 5)])), SCENARIO, areas=False)
    assert (one.served["4g"] <= richer.served["4g"]).all()
    assert richer.villages["status_model"].tolist() == ["phu", "phu", "phu", "phu"]


def test_2g_is_no_signal() -> None:
    got = assess(case(sites=placed("sites", [*MASTS, mast("G", 24, 5.2, technology="2G", operator="Beta")])), SCENARIO,
                 areas=False)
    assert got.villages["status_model"].tolist() == ["phu", "lom", "trang", "trang"]
    assert "G" not in set(got.villages["nearest_1"])


def test_a_claim_sets_no_status(one: Assessment) -> None:
    whole = box(500_000, 1_700_000, 530_000, 1_710_000)
    claims = layer("claims", [{"operator": "Gamma", "technology": "4G", "zone": "core", "min_mbps": 4.0}], [whole])
    got = assess(case(claims=claims), SCENARIO, areas=False)
    assert got.villages["status_model"].tolist() == one.villages["status_model"].tolist()
    assert not got.villages["n_operators_known"].any()
    assert ("operator_without_list", ("Gamma",)) in [(f.code, f.values) for f in got.findings]
    assert got.agreement["operator"].unique().tolist() == ["Gamma"]


def test_measured_then_confirmed_then_model() -> None:
    near = placed("measurements", [sample(19, 5.1, -100, dl_mbps=3.0)] * 3)
    signed = Confirmation("99003-001", "Beta", "4G", True, "khảo sát", "Nguyễn Văn A", date(2026, 8, 1), "xn.pdf")
    got = assess(case(measurements=near), SCENARIO, areas=False, confirmations=[signed])
    table = got.villages.set_index("village_code")
    assert table["evidence"].tolist() == ["model", "model", "measured", "confirmed"]
    assert table.loc["99002-002", "status_model"] == "phu"
    assert table.loc["99002-002", "weak"]
    assert table["weak"].isna().tolist() == [True, True, False, True]
    assert table.loc["99003-001", "status_model"] == "phu"
    assert not table.loc["99003-001", "loses_signal_with_3g"]
    assert got.model_check["n"].tolist() == [3]


def test_official_status_stands_beside_the_model() -> None:
    listed = layer("published", [{"village_name": "Làng mới", "commune_name": "Suối Đá", "status": "trang"}])
    said = Decision("99003-001", "phu", "trạm mới", "Trần B", date(2026, 9, 1), "qd.pdf")
    got = assess(case(published=listed), SCENARIO, areas=False, decisions=[said])
    table = got.villages.set_index("village_code")
    assert table["status_model"].tolist() == ["phu", "lom", "trang", "trang"]
    assert table["status_printed"].tolist() == ["phu", "trang", "trang", "phu"]
    assert table["official_source"].tolist() == ["", "published", "", "decision"]
    assert got.reconciliation["result"].tolist() == ["differs", "only_model", "only_model"]
    assert got.gap_thon["status"].tolist()[:2] == ["trang", "trang"]
    assert got.communes.set_index("commune_code").loc["99003", ["status", "status_printed"]].tolist() == [
        "con_trang", "da_phu_het"]


def test_ground_without_elevation_is_not_enough_data() -> None:
    ground = walled()
    heights = ground.values.copy()
    heights[:, 180:200] = np.nan
    got = assess(case(elevation=Raster(heights, ground.grid, "m", "elevation")), SCENARIO, areas=False)
    status = got.villages.set_index("village_code")["status_model"]
    assert status["99002-002"] == "chua_du_dl"
    assert got.villages.set_index("village_code").loc["99002-002", ["evidence", "confidence"]].tolist() == [
        "none", "thap"]
    assert "village_signal_unknown" in [f.code for f in got.findings]
    assert got.villages["unknown_households"].sum() >= 100


def test_a_committed_mast_counts_from_its_year_and_3g_until_its_day(one: Assessment) -> None:
    later = {year: baseline_at(case(), one, SCENARIO, year).villages for year in (2026, 2027, 2028)}
    assert later[2026]["status"].tolist() == ["phu", "lom", "trang", "trang"]
    assert later[2027]["status"].tolist() == ["phu", "phu", "phu", "phu"]  # A2 stands on the far side of the wall
    assert later[2027]["status_all"].tolist() == ["phu", "phu", "phu", "phu"]
    assert later[2028]["status_all"].tolist() == ["phu", "phu", "phu", "phu"]
    assert not later[2028]["loses_last_signal"].any()
    bare = case(sites=placed("sites", MASTS[:2]))
    without = baseline_at(bare, assess(bare, SCENARIO, areas=False), SCENARIO, 2028)
    assert without.villages["loses_last_signal"].tolist() == [False, False, True, True]
    assert without.masts == 0


def test_layers_that_cannot_be_used() -> None:
    with pytest.raises(GapError, match="phát sóng"):
        assess(case(sites=placed("sites", [mast("P", 5, 5, state="planned")])), SCENARIO, areas=False)
    with pytest.raises(CrsError, match="clusters"):
        assess(case(clusters=case().clusters.to_crs(5897)), SCENARIO, areas=False)


def test_a_wish_to_stop_is_heard() -> None:
    with pytest.raises(Cancelled):
        assess(case(), SCENARIO, areas=False, progress=lambda *_: False)


def test_same_input_same_output(one: Assessment) -> None:
    again = assess(case(), SCENARIO)
    pd.testing.assert_frame_equal(again.villages.drop(columns="geometry"), one.villages.drop(columns="geometry"))
    assert again.gap_vung.geometry.equals(one.gap_vung.geometry)
    assert again.findings == one.findings


def test_the_sample_holds_together() -> None:
    data = sample_layers()
    got = assess(data, SCENARIO, areas=False)
    assert len(got.villages) == len(data.villages)
    assert got.communes["villages"].sum() == len(data.villages)
    counted = got.villages["status_model"].value_counts()
    assert counted.get("trang", 0) == got.communes["trang"].sum()
    assert not (got.villages["status_model"] == "chua_du_dl").any()
    border = got.communes["is_border"].to_numpy(bool)
    assert border[: border.sum()].all()  # ranked first
    owners = got.gap_dc.sindex.query(got.gap_dc.geometry, predicate="overlaps")
    shared = [got.gap_dc.geometry.iloc[a].intersection(got.gap_dc.geometry.iloc[b]).area for a, b in owners.T]
    assert max(shared, default=0.0) < 1e-3
