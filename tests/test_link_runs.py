"""Pieces of cable joined into links: by hand, and what must stay as it was."""

import math
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from coverage.plan.link_runs import joined
from coverage.scenario import Scenario
from coverage.siting.cost import add_up, line

SCENARIO = Scenario.default()
CRS = 5899
#   A --1-- p --2-- q --3-- r --4-- N      sites A and B; 2 is along a single road, 5 leads from B to q
POINTS = {"A": (0, 0), "p": (1_000, 0), "q": (2_500, 0), "r": (2_500, 500), "N": (3_000, 500), "B": (2_500, -800)}
PIECES = (  # code, ends (any direction), way, single, road, sites
    ("e4", "Nr", "doc_duong", False, "Đường X", ("A1", "B1")),
    ("e3", "qr", "doc_duong", False, "Đường Y", ("A1", "B1")),
    ("e2", "qp", "doc_duong", True, "Đường Z", ("A1",)), ("e1", "Ap", "ngoai_duong", False, "", ("A1",)),
    ("e5", "Bq", "doc_duong", True, "Đường T", ("B1",)),
)
NAMES = {"A": "Bản A", "B": "Bản B", "N": "Tuyến cáp 01"}
ENDS = {"e1": "Ap", "e2": "pq", "e3": "qr", "e4": "rN", "e5": "Bq"}


def _row(code: str, ends: str, way: str, single: bool, road: str, sites: tuple[str, ...]) -> dict[str, Any]:
    shape = shapely.LineString([POINTS[e] for e in ends])
    item = "fibre_existing_poles_km" if way == "doc_duong" else "fibre_new_poles_km"
    cost = add_up(SCENARIO, [line(SCENARIO, item, shape.length / 1_000)], [])
    start, end = ENDS[code]
    return {
        "link_id": code, "kind": "fibre", "way": way, "from_name": NAMES.get(start, ""), "to_name": NAMES.get(end, ""),
        "length_m": shape.length, "freq_ghz": math.nan, "capacity_mbps": math.nan, "load_mbps": 100.0 * len(sites),
        "road_name": road, "single_road": single, "n_sites": len(sites), "sites": sites,
        "capex_mvnd": cost.capex_mvnd, "opex_mvnd_year": cost.opex_mvnd_year, "cost_mvnd": cost.cost_mvnd,
        "cost_lines": tuple(tuple(x) for x in cost.lines), "build_year": 2027, "geometry": shape,
    }


def _plan(**changes: dict[str, Any]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    links = gpd.GeoDataFrame([_row(*piece) | changes.get(piece[0], {}) for piece in PIECES], crs=CRS)
    sites = gpd.GeoDataFrame({
        "option_id": ["A1", "B1", "C1"], "links": [("e1", "e2", "e3", "e4"), ("e5", "e3", "e4"), ()],
        "hangs_on": [("e2",), ("e5",), ()],
    }, geometry=[shapely.Point(POINTS["A"]), shapely.Point(POINTS["B"]), shapely.Point(9_000, 9_000)], crs=CRS)
    return links, sites


def test_a_run_is_one_link_and_a_branch_is_not() -> None:
    links, sites = joined(*_plan(), SCENARIO)
    assert links["link_id"].tolist() == ["TD-001", "TD-002", "TD-003", "TD-004"]
    assert links["road_name"].tolist() == ["Đường Y; Đường X", "Đường Z", "", "Đường T"]
    assert links["length_m"].tolist() == pytest.approx([1_000, 1_500, 1_000, 800])
    assert sites["links"].tolist() == [("TD-003", "TD-002", "TD-001"), ("TD-004", "TD-001"), ()]
    assert sites["hangs_on"].tolist() == [("TD-002",), ("TD-004",), ()]
    assert links["n_sites"].tolist() == [2, 1, 1, 1]
    assert links["single_road"].tolist() == [False, True, False, True]


def test_ends_have_names_and_lines_lead_to_the_network() -> None:
    links, _ = joined(*_plan(), SCENARIO)
    assert links["from_name"].tolist() == ["điểm nối TD-002, TD-004", "điểm nối TD-003", "Bản A", "Bản B"]
    assert links["to_name"].tolist() == ["Tuyến cáp 01", "điểm nối TD-001", "điểm nối TD-002", "điểm nối TD-001"]
    starts = [shape.coords[0] for shape in links.geometry]
    assert starts == [POINTS["q"], POINTS["p"], POINTS["A"], POINTS["B"]]
    assert links.geometry.iloc[0].coords[-1] == POINTS["N"]
    assert links.length.to_numpy() == pytest.approx(links["length_m"].to_numpy())


def test_a_run_is_priced_by_its_length() -> None:
    pieces, _ = _plan()
    links, _ = joined(*_plan(), SCENARIO)
    own = add_up(SCENARIO, [line(SCENARIO, "fibre_existing_poles_km", 1.0)], [])
    assert links["cost_mvnd"].iloc[0] == own.cost_mvnd
    assert [tuple(x) for x in links["cost_lines"].iloc[0]] == [tuple(x) for x in own.lines]
    assert math.fsum(links["cost_mvnd"]) == pytest.approx(math.fsum(pieces["cost_mvnd"]), abs=1e-5)


@pytest.mark.parametrize("change", [
    {"way": "cat_thang"}, {"single_road": True}, {"kind": "microwave", "freq_ghz": 7.5}, {"build_year": 2028},
    {"opex_mvnd_year": 1.0},
])
def test_what_differs_stays_apart(change: dict[str, Any]) -> None:
    links, _ = joined(*_plan(e3=change), SCENARIO)
    assert len(links) == 5


def test_pieces_without_length_are_no_links() -> None:
    nothing = {"length_m": 0.0, "cost_mvnd": 0.0, "capex_mvnd": 0.0, "cost_lines": (),
               "geometry": shapely.LineString([POINTS["A"], POINTS["A"]])}
    links, sites = joined(*_plan(e1=nothing), SCENARIO)
    assert len(links) == 3
    assert sites["links"].iloc[0] == ("TD-002", "TD-001")


def test_joined_links_are_joined() -> None:
    once = joined(*_plan(), SCENARIO)
    twice = joined(*once, SCENARIO)
    pd.testing.assert_frame_equal(pd.DataFrame(twice[0]), pd.DataFrame(once[0]))


def test_no_links_at_all() -> None:
    links, sites = _plan()
    bare = sites.assign(links=[()] * 3, hangs_on=[()] * 3)
    assert joined(links.iloc[:0], bare, SCENARIO)[1] is bare
