"""Funding routes: the table of the definitions, editing it, and totals that are those of the plan."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from money_case import plan

from coverage.errors import ScenarioError
from coverage.money.funding import funding, load_routes, route_of, routes_from, village_routes
from coverage.money.outlay import assets_of, outlay
from coverage.scenario import Scenario

BASE = Scenario.default()
ROUTES = load_routes()


@pytest.mark.parametrize(("difficult", "power", "code"), [
    (True, "co", "quy_cong_ich"), (False, "co", "doanh_nghiep"), (True, "khong", "dien_mat_troi_ve_tinh"),
    (False, "khong", "dien_mat_troi_ve_tinh"), (True, "chua_ro", "chua_xac_dinh"), (False, "chua_ro", "chua_xac_dinh"),
])
def test_the_table_of_the_definitions(difficult: bool, power: str, code: str) -> None:
    route = route_of(difficult, power, ROUTES)
    assert route is not None
    assert route.code == code
    assert route.certainty == "giả định"
    assert route.citation
    assert route.label_vi
    assert route.label_en


def assessment() -> Any:
    return SimpleNamespace(villages=pd.DataFrame({
        "village_code": ["1", "2", "3", "4", "5"], "name": list("abcde"), "commune_name": "X",
        "difficult": pd.array([True, False, True, True, None], dtype="boolean"),
        "grid_power": pd.array([True, True, False, None, True], dtype="boolean"),
    }))


def test_every_village_has_a_route() -> None:
    assert village_routes(assessment(), ROUTES)["route"].tolist() == [
        "quy_cong_ich", "doanh_nghiep", "dien_mat_troi_ve_tinh", "chua_xac_dinh", "doanh_nghiep"]


def test_sites_take_the_route_of_most_people_and_the_totals_are_the_plans() -> None:
    _, one = plan(BASE)
    one.villages = pd.DataFrame({
        "village_code": ["1", "2", "3", "4", "5"], "newly_served_people": [100.0, 90.0, 30.0, 0.0, 20.0],
        "served_by": ["A-M", "A-M, C-N", "C-N", "", "A-M"],
    })
    made = assets_of(one)
    told = outlay(made, BASE)
    found = funding(one, assessment(), made, told, ROUTES)
    assert found.villages["village_code"].tolist() == ["1", "2", "3", "5"]
    # A brings signal to 100 people of the fund's and 110 of operators' villages; B to nobody new; C to 30
    # and a link goes with the sites it carries: A's hop, B's two pieces of cable
    assert found.sites["route"].tolist() == ["doanh_nghiep", "", "dien_mat_troi_ve_tinh", "doanh_nghiep", "", ""]
    assert found.sites["routes"].tolist()[:4] == [
        "quy_cong_ich, doanh_nghiep", "", "dien_mat_troi_ve_tinh", "quy_cong_ich, doanh_nghiep"]
    assert found.sites["people_of_route"].tolist() == [110.0, 0.0, 30.0, 110.0, 0.0, 0.0]
    totals = found.totals.set_index("route")
    assert totals["sites"].to_dict() == {
        "dien_mat_troi_ve_tinh": 1, "quy_cong_ich": 0, "doanh_nghiep": 1, "chua_xac_dinh": 0, "": 1}
    assert round(sum(round(v * 1e6) for v in totals["total_mvnd"])) == round(told.total_mvnd * 1e6)
    assert round(sum(round(v * 1e6) for v in totals["capex_mvnd"])) == round(told.capex_mvnd * 1e6)
    assert totals["people"].sum() == 240.0


def row(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "code": "a", "difficult": [True, False], "grid_power": ["co", "khong", "chua_ro"], "label_vi": "a",
        "label_en": "a", "citation": "a", "certainty": "giả định"}
    return base | changes


def test_an_edited_table_is_used_in_its_order() -> None:
    routes = routes_from({"route": [row(code="dau", difficult=[True]), row(code="het")]}, "bảng")
    assert village_routes(assessment(), routes)["route"].tolist() == ["dau", "het", "dau", "dau", "het"]


@pytest.mark.parametrize(("rows", "words"), [
    ([row(difficult=[True])], "difficult = false"), ([row(grid_power=["co"])], "grid_power = khong"), ([], "difficult"),
    ([row(grid_power=["có"])], "thứ 1"), ([row(difficult=["x"])], "thứ 1"), ([row(note="x")], "note"),
    ([{k: v for k, v in row().items() if k != "citation"}], "citation"), ([row(), row()], "code"),
])
def test_a_broken_table_is_refused(rows: list[dict[str, object]], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        routes_from({"route": rows}, "bảng")
