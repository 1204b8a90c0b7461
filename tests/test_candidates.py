"""Candidate places on the small landscape: kinds, restricted land, the map's edges, high ground."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box
from siting_case import RIDGE_Y, SOUTH, WEST, assessment, frame, graph, layers, ridge, scenario, site

from coverage.siting.candidates import candidates
from coverage.siting.distances import fibre_way, nearest, power_distance_m, road_distance_m
from coverage.siting.ground import distance_to_lines, high_ground, pick
from coverage.siting.need import need_of


def found(pack: Any, **changes: Any) -> Any:
    case, told = scenario(**changes), assessment(pack)
    return candidates(pack, told, case, need_of(pack, told, case), graph(pack))


def restricted(*areas: tuple[str, str, Any]) -> Any:
    return frame("restricted", [
        {"name": kind, "kind": kind, "restriction": level, "geometry": shape} for level, kind, shape in areas])


def test_kinds_and_their_places() -> None:
    places = found(layers())
    kinds = places.frame.groupby("kind")["site_id"].apply(list).to_dict()
    assert kinds["existing_mast"] == ["DC-MOB1"]        # VIE1 sees nobody behind the ridge
    assert kinds["village"] == ["TH-99002-001", "TH-99002-002", "TH-99002-003"]
    assert kinds["commune_seat"] == ["TX-99002"]
    assert kinds["high_ground"]
    assert set(places.removed.query("reason == 'reaches_nobody'")["site_id"]) == {"DC-VIE1", "TX-99001"}
    assert places.frame["site_id"].is_unique
    assert list(places.frame["site_id"]) == sorted(places.frame["site_id"])
    assert not places.land_checked
    mast = places.frame.set_index("site_id").loc["DC-MOB1"]
    assert (mast["host_operator"], mast["host_height_m"], mast["power_m"]) == ("MobiFone", 42.0, 0.0)
    assert mast["road_m"] == pytest.approx(3_200.0)
    assert mast["commune_code"] == "99002"


def test_only_what_the_scenario_asks_for() -> None:
    assert set(found(layers(), siting={"options": ["shared"]}).frame["kind"]) == {"existing_mast"}
    assert set(found(layers(), siting={"options": ["small_cell_satellite"]}).frame["kind"]) == {"village"}


def test_high_ground_stands_out_and_keeps_the_spacing() -> None:
    places = found(layers(), siting={"spacing_m": 2_000.0})
    high = places.frame[places.frame["kind"] == "high_ground"]
    assert (high["ground_m"] > 110.0).all()             # the plain lies at 100 m
    assert (high["road_m"] <= 5_100.0).all()
    blocks = np.floor(high[["x_m", "y_m"]].to_numpy() / 2_000.0)
    counts = np.unique(blocks, axis=0, return_counts=True)[1]
    assert counts.max() <= 2
    finer = found(layers(), siting={"spacing_m": 1_000.0})
    assert len(finer.frame) > len(places.frame)


def test_forbidden_land_removes_and_counts_and_permit_land_stays() -> None:
    north = box(WEST, RIDGE_Y + 1_000, WEST + 20_000, SOUTH + 20_000)
    belt = box(WEST, RIDGE_Y, WEST + 20_000, SOUTH + 20_000)
    pack = layers(restricted=restricted(("cam", "Rừng đặc dụng", north), ("xin_phep", "Vành đai biên giới", belt)))
    places = found(pack)
    assert places.land_checked
    barred = places.removed.query("reason == 'cam'")
    assert {"TH-99002-001", "DC-MOB1", "TX-99002"} <= set(barred["site_id"])
    assert set(barred["detail"]) == {"Rừng đặc dụng"}
    left = places.frame
    assert len(left)
    assert not any(north.contains(p) for p in left.geometry)
    north_side = left["y_m"] > RIDGE_Y
    assert set(left.loc[north_side, "restriction"]) <= {"xin_phep"}
    assert set(left.loc[~north_side, "restriction"]) <= {""}


def test_outside_the_province_and_without_elevation_is_removed_with_the_reason() -> None:
    sites = frame("sites", [site("OUT", 6_000, 20_500), site("HOLE", 9_000, 17_000)])
    ground = ridge()
    values = ground.values.copy()
    values[28:33, 88:93] = np.nan
    sites.geometry = [Point(WEST + 25_000, SOUTH + 15_000), sites.geometry.iloc[1]]
    inland = frame("sites", [site("EDGE", 10_500, 15_000)])
    pack = layers(sites=pd.concat([sites, inland]), elevation=replace(ground, values=values),
                  communes=layers().communes.assign(geometry=[box(WEST, SOUTH, WEST + 10_000, RIDGE_Y),
                                                              box(WEST, RIDGE_Y, WEST + 10_000, SOUTH + 20_000)]))
    reasons = found(pack).removed.set_index("site_id")["reason"].to_dict()
    assert reasons["DC-OUT"] == "no_elevation"
    assert reasons["DC-HOLE"] == "no_elevation"
    assert reasons["DC-EDGE"] == "outside_communes"
    assert reasons["TH-99002-003"] == "outside_communes"


def test_commune_seat_is_the_office_where_there_is_one() -> None:
    anchors = frame("anchors", [
        {"anchor_code": "A1", "kind": "Trụ sở UBND", "name": "UBND xã Bắc", "required_mbps": 100.0,
         "geometry": Point(WEST + 7_000, RIDGE_Y + 3_000)},
        {"anchor_code": "A2", "kind": "Trường học", "name": "Trường Bắc", "required_mbps": 50.0,
         "geometry": Point(WEST + 8_000, RIDGE_Y + 3_000)}])
    seat = found(layers(anchors=anchors)).frame.set_index("site_id").loc["TX-99002"]
    assert (seat["x_m"], seat["y_m"]) == (WEST + 7_000, RIDGE_Y + 3_000)


def test_nobody_unserved_gives_no_places() -> None:
    pack, case = layers(), scenario()
    told = assessment(pack, list(pack.villages["village_code"]))
    assert candidates(pack, told, case, need_of(pack, told, case), graph(pack)).frame.empty


def test_committed_masts_count_before_the_plan() -> None:
    sites = frame("sites", [site("VIE1", 6_000, 3_500),
                            site("NEW", 6_100, 12_500, power_dbm=15.0, state="committed", due_date="2027-06-30"),
                            site("LATE", 18_500, 18_500, state="committed", due_date="2028-06-30")])
    pack, case = layers(sites=sites), scenario()
    told = assessment(pack)
    need = need_of(pack, told, case)
    codes = set(told.points.village_code[need.point])
    assert "99002-001" not in codes     # due in 2027, the plan's year
    assert "99002-003" in codes         # due a year later
    assert need.served_before.sum() > told.served["4g"].sum()


def test_points_of_unknown_service_are_never_promised() -> None:
    pack, case = layers(), scenario()
    told = assessment(pack)
    told.known["4g"][told.points.village_code == "99002-001"] = False
    need = need_of(pack, told, case)
    assert "99002-001" not in set(told.points.village_code[need.point])
    assert need.eligible_people.sum() == 200.0


def test_distances() -> None:
    pack = layers()
    xy = np.array([[WEST + 6_800.0, SOUTH + 5_000.0], [WEST + 6_000.0, RIDGE_Y + 2_400.0]])
    assert road_distance_m(graph(pack), xy) == pytest.approx([1_000.0, 200.0])
    assert power_distance_m(pack, xy)[1] == pytest.approx(100.0)
    assert np.isnan(road_distance_m(None, xy)).all()
    # 1,000 m to the road, 542 m down it to where the node is 500 m away, then straight to the node
    way = fibre_way(pack, graph(pack), xy)
    assert way.by_road_m[0] == pytest.approx(2_041.7, abs=0.5)
    assert way.direct_m[0] == pytest.approx(np.hypot(800.0, 1_000.0))
    assert way.to.tolist() == ["Nam", "Nam"]
    assert np.isnan(fibre_way(pack, None, xy).by_road_m).all()
    away = distance_to_lines(pack.roads, pack.elevation)
    assert away.shape == pack.elevation.grid.shape
    assert away[100, 158] == pytest.approx(10_050.0, abs=100.0)
    assert np.isnan(distance_to_lines(None, pack.elevation)).all()
    assert (nearest(None, xy).row == -1).all()


def test_high_ground_without_roads_is_not_barred() -> None:
    ground = ridge()
    cells = high_ground(ground, np.full(ground.grid.shape, np.nan), np.array([[WEST + 6_000.0, RIDGE_Y + 2_500.0]]),
                        spacing_m=1_000.0, max_road_m=5_000.0, easy_road_m=500.0)
    assert cells.block.size
    knoll = np.hypot(*(cells.xy_m - [WEST + 6_000.0, RIDGE_Y + 4_000.0]).T) < 150.0
    assert knoll.any()                                  # the top of the knoll is a peak


def test_pick_takes_most_people_then_the_nearer_road() -> None:
    block = np.array([0, 0, 0, 1, 1, 2])
    gain = np.array([5.0, 9.0, 9.0, 3.0, 2.0, 0.0])
    road = np.array([100.0, 900.0, 700.0, np.nan, 300.0, 10.0])
    assert pick(block, gain, road, 500.0).tolist() == [0, 2, 3, 4]
