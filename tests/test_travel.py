"""Travel times: by hand on a small road net, against networkx, and what has no way."""

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box
from siting_case import SOUTH, WEST, frame, layers

from coverage.errors import GapError
from coverage.gap.travel import BY_ROAD, DIRECT, NO_WAY, Travel, commune_offices, travel
from coverage.scenario import Scenario
from geodata.layers import Layers
from geodata.mapping import import_folder
from geodata.roads import road_graph

ROOT = Path(__file__).resolve().parents[1]
BASE = Scenario.default()       # 40 and 25 km/h, on foot 4 km/h, detour 1.4, straight walks up to 3 km


def road(name: str, kind: str, *xy: tuple[float, float]) -> dict[str, Any]:
    return {"name": name, "road_class": kind, "geometry": LineString([(WEST + x, SOUTH + y) for x, y in xy])}


def village(code: str, x: float, y: float, *, status: str = "trang", motor: bool | None = True) -> dict[str, Any]:
    return {"village_code": code, "commune_code": "99001", "name": f"Thôn {code}", "households": 10, "people": 40.0,
            "grid_power": True, "ftth_declared": False, "motor_road": motor, "difficult": False,
            "geometry": Point(WEST + x, SOUTH + y), "status_model": status}


def pack(
    villages: list[dict[str, Any]], roads: list[dict[str, Any]] | None, office: tuple[float, float] | None
) -> Layers:
    anchors = [] if office is None else [{
        "anchor_code": "UB", "kind": "Trụ sở UBND xã", "name": "UBND", "required_mbps": 100.0,
        "geometry": Point(WEST + office[0], SOUTH + office[1])}]
    communes = frame("communes", [{"commune_code": "99001", "name": "Nam", "kind": "Xã", "is_border": False,
                                   "geometry": box(WEST, SOUTH, WEST + 60_000, SOUTH + 20_000)}])
    return layers(communes=communes, villages=frame("villages", villages),
                  roads=None if roads is None else frame("roads", roads),
                  anchors=frame("anchors", anchors) if anchors else None)


def of(villages: list[dict[str, Any]], roads: list[dict[str, Any]] | None, office: tuple[float, float] | None,
       scenario: Scenario = BASE) -> Travel:
    ground = pack(villages, roads, office)
    table = ground.villages.assign(status_model=[v["status_model"] for v in villages])
    return travel(ground, SimpleNamespace(villages=table), scenario)  # type: ignore[arg-type]


# a national road of 20 km to the east, a local one of 10 km to the north from its 10th kilometre; the office at 0
ROADS = [road("QL", "national", (0, 0), (20_000, 0)), road("ĐX", "local", (10_000, 0), (10_000, 10_000))]


def test_by_hand() -> None:
    told = of([
        village("1", 20_000, 0),                        # 20 km at 40 km/h: 30 min; the signal is at village 4
        village("2", 10_000, 10_000),                   # 10 at 25 + 10 at 40: 24 + 15 = 39 min
        village("3", 10_500, 5_000),                    # 500 m x 1.4 on foot 10.5, 5 km at 25: 12, then 15
        village("4", 5_000, 0, status="phu"),           # 5 km at 40: 7.5 min
        village("5", 10_000, 5_000, motor=False),       # all on foot: 15 km at 4 km/h = 225 min
        village("6", 1_000, 1_000),                     # by road 21 + 1.5; straight 1414 m x 1.4 at 4 km/h = 29.7
        village("7", 100, 2_000),                       # straight 2002 m x 1.4: 42.05; by road 42.0 + 0.15
        village("8", 2_000, 0, motor=None),             # 3 min; not said whether a motor road: counted as one
    ], ROADS, (0, 0))
    table = told.villages.set_index("village_code")
    minutes = table["office_min"]
    expected = [30.0, 39.0, 37.5, 7.5, 225.0, 22.5, np.hypot(100, 2_000) * 1.4 / 4_000 * 60, 3.0]
    assert minutes.tolist() == pytest.approx(expected, abs=1e-6)
    assert table["office_way"].tolist() == [BY_ROAD] * 6 + [DIRECT, BY_ROAD]
    assert table["mode"].tolist() == ["xe"] * 4 + ["di_bo"] + ["xe"] * 3
    assert table["to_road_m"].tolist() == pytest.approx([0, 0, 500, 0, 0, 1_000, 2_000, 0], abs=1e-6)
    assert table["served_min"].tolist() == pytest.approx(
        [22.5, 31.5, 30.0, 0.0, 150.0, 27.0, 42 + 7.35, 4.5], abs=1e-6)     # to village 4 at 5 km
    assert set(table["served_village_code"]) == {"4"}
    assert table["weight"].tolist() == pytest.approx([1 + m / 120 for m in expected])
    assert [f.code for f in told.findings] == ["travel_motor_road_unknown"]


def test_both_on_one_piece_of_road() -> None:
    told = of([village("1", 12_000, 0), village("2", 13_000, 0, status="lom")], ROADS, (11_000, 0))
    assert told.villages["office_min"].tolist() == pytest.approx([1.5, 3.0])
    assert told.villages["served_min"].tolist() == pytest.approx([1.5, 0.0])


def test_of_parallel_roads_the_quicker() -> None:
    bend = road("Vòng", "national", (10_000, 0), (10_000, 4_000), (20_000, 4_000), (20_000, 0))
    local = [road("QL", "national", (0, 0), (10_000, 0)), road("ĐX", "local", (10_000, 0), (20_000, 0)), bend]
    told = of([village("1", 20_000, 0)], local, (0, 0))
    assert told.villages["office_min"].tolist() == pytest.approx([15 + 24.0])      # 10 km at 25, not 18 km at 40


def test_no_way_is_missing_and_said() -> None:
    island = road("Đảo", "local", (40_000, 10_000), (50_000, 10_000))
    told = of([village("1", 45_000, 10_000), village("2", 1_000, 0)], [*ROADS, island], (0, 0))
    row = told.villages.iloc[0]
    assert np.isnan(row["office_min"])
    assert np.isnan(row["weight"])
    assert row["office_way"] == NO_WAY
    assert row["served_village_code"] == ""
    assert told.villages["served_min"].isna().all()     # nobody has signal
    (finding,) = told.findings
    assert finding.code == "travel_not_connected"
    assert "Thôn 1" in finding.message()


def test_without_roads_only_near_places_are_walked_to() -> None:
    told = of([village("1", 1_000, 0), village("2", 9_000, 0, status="phu")], None, (0, 0))
    assert told.villages["office_min"].iloc[0] == pytest.approx(21.0)
    assert told.villages["office_min"].isna().tolist() == [False, True]
    assert told.villages["to_road_m"].isna().all()
    assert told.villages["served_min"].isna().tolist() == [True, False]
    assert [f.code for f in told.findings] == ["travel_no_roads"]


def test_without_an_office_the_commune_is_named() -> None:
    told = of([village("1", 1_000, 0, status="phu")], ROADS, None)
    assert told.villages["office_min"].isna().all()
    assert told.villages["served_min"].tolist() == [0.0]
    (finding,) = told.findings
    assert finding.code == "travel_office_missing"
    assert "99001" in finding.message()


def test_of_several_offices_the_first_by_code() -> None:
    ground = pack([village("1", 0, 0)], ROADS, (0, 0))
    two = frame("anchors", [
        {"anchor_code": code, "kind": "Trụ sở Ủy ban nhân dân xã", "name": code, "required_mbps": 1.0,
         "geometry": Point(WEST + x, SOUTH)} for code, x in (("B", 5_000.0), ("A", 7_000.0))])
    assert commune_offices(replace(ground, anchors=two)) == {"99001": (WEST + 7_000.0, SOUTH)}


def test_rules_that_make_no_sense_are_refused() -> None:
    for key in ("walk_kmh", "speed_local_kmh", "travel_weight_min"):
        with pytest.raises(GapError, match=key):
            of([village("1", 0, 0)], ROADS, (0, 0), Scenario.from_mapping({"service": {key: 0.0}}))


@given(spots=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10), st.booleans()), min_size=1, max_size=6),
       lines=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10), st.integers(0, 20), st.integers(0, 10),
                                st.sampled_from(["national", "local"])), min_size=1, max_size=6),
       seat=st.tuples(st.integers(0, 20), st.integers(0, 10)))
@settings(max_examples=25, deadline=None)
def test_as_networkx_finds_it(
    spots: list[tuple[int, int, bool]], lines: list[tuple[int, int, int, int, str]], seat: tuple[int, int]
) -> None:
    drawn = [road(f"{i}", k, (a * 1e3, b * 1e3), (c * 1e3, d * 1e3)) for i, (a, b, c, d, k) in enumerate(lines)
             if (a, b) != (c, d)]
    if not drawn:
        return
    office = (seat[0] * 1e3, seat[1] * 1e3)
    near_by = Scenario.from_mapping({"service": {"direct_walk_max_m": 0.0}})
    told = of([village(str(i), x * 1e3, y * 1e3, motor=m) for i, (x, y, m) in enumerate(spots)], drawn, office, near_by)
    graph = road_graph(frame("roads", drawn))
    everything = np.array([(WEST + x * 1e3, SOUTH + y * 1e3) for x, y, _ in spots]
                          + [(WEST + office[0], SOUTH + office[1])])
    found = graph.attach(everything)
    for at, (x, y, motor) in enumerate(spots):
        net = nx.Graph()
        for row, e in enumerate(graph.edges.itertuples()):
            kmh = (40.0 if e.road_class == "national" else 25.0) if motor else 4.0
            stops = sorted([(0.0, 0, e.u), (e.length_m, 2, e.v)] + [
                (found.along_m[p], 1, ("on", p)) for p in (at, len(spots)) if found.edge[p] == row],
                key=lambda s: (s[0], s[1]))
            for (begin, _, u), (end, _, v) in pairwise(stops):
                minutes = (end - begin) * 0.06 / kmh
                if not net.has_edge(u, v) or net[u][v]["weight"] > minutes:
                    net.add_edge(u, v, weight=minutes)
        walk = (found.away_m[at] + found.away_m[-1]) * 1.4 * 0.06 / 4.0
        value = told.villages["office_min"].iloc[at]
        if (x * 1e3, y * 1e3) == office:
            assert value == pytest.approx(0.0, abs=1e-6)
        elif nx.has_path(net, ("on", at), ("on", len(spots))):
            there = nx.shortest_path_length(net, ("on", at), ("on", len(spots)), weight="weight")
            assert value == pytest.approx(there + walk, abs=1e-6)
        else:
            assert np.isnan(value)


@pytest.mark.slow
def test_an_office_drop_in_seconds(shared: Path) -> None:
    drop = import_folder(shared / "real" / "office_drop_danang", ROOT / "docs" / "vi-du" / "da_nang.toml")
    assert drop.roads is not None
    begin = time.perf_counter()
    graph = road_graph(drop.roads)
    built = time.perf_counter()
    villages = drop.villages.assign(status_model=["phu", *["trang"] * (len(drop.villages) - 1)])
    told = travel(drop, SimpleNamespace(villages=villages), BASE, graph)  # type: ignore[arg-type]
    done = time.perf_counter()
    assert built - begin < 10
    assert done - built < 5
    assert len(told.villages) == len(drop.villages) == 1571
    known = told.villages["office_min"].notna()
    assert known.sum() > 1_500
    assert (told.villages.loc[known, "office_min"] >= 0).all()
    straight = gpd.GeoSeries(villages.geometry).to_numpy()
    offices = commune_offices(drop)
    for row, place in zip(told.villages.to_dict("records"), straight, strict=True):
        if not np.isnan(row["office_min"]):      # nobody is faster than the fastest road in a straight line
            x, y = offices[row["commune_code"]]
            assert row["office_min"] >= np.hypot(place.x - x, place.y - y) * 0.06 / 40 - 1e-6
