"""What is said of a link and of the way of a site."""

import pandas as pd
import pytest

from coverage.brief.link_text import carried, cost_rows, cost_text, end_name, link_lines, link_title
from tests.brief_case import case_with_links


def _links() -> pd.DataFrame:
    return pd.DataFrame(case_with_links()[2].budgets[-1].links.drop(columns="geometry"))


@pytest.mark.parametrize(("row", "vi", "en"), [
    (0, "Đi qua tuyến TD-001; độc đạo: TD-001 (Quốc lộ 99)", "Goes by links TD-001; single road: TD-001 (Quốc lộ 99)"),
    (2, "Đi qua tuyến TD-003, TD-002, TD-001; độc đạo: TD-001 (Quốc lộ 99)",
     "Goes by links TD-003, TD-002, TD-001; single road: TD-001 (Quốc lộ 99)"),
    (3, "Truyền dẫn vệ tinh, không qua tuyến mặt đất", "By satellite, no link on the ground"),
])
def test_what_carries_a_site(row: int, vi: str, en: str) -> None:
    site = case_with_links()[2].budgets[-1].sites.iloc[row].to_dict()
    assert carried(site, _links()) == vi
    assert carried(site, _links(), "en") == en


def test_a_site_on_the_network_or_off_single_roads() -> None:
    site = {"backhaul": "fibre", "links": (), "hangs_on": ()}
    assert carried(site, _links()) == "Nối thẳng vào mạng hiện có, không phải xây tuyến"
    site = {"backhaul": "fibre", "links": ("TD-002",), "hangs_on": ()}
    assert carried(site, _links()) == "Đi qua tuyến TD-002"
    unnamed = _links().assign(road_name="")
    site = {"backhaul": "fibre", "links": ("TD-002",), "hangs_on": ("TD-002",)}
    assert carried(site, unnamed).endswith("độc đạo: TD-002 (đường chưa rõ tên)")


def test_titles_and_ends() -> None:
    name = case_with_links()[2].budgets[-1].sites["name"].iloc[0]
    assert link_title(_links().iloc[0].to_dict()) == f"TD-001 · Cáp quang: {name} → Tuyến cáp 06"
    assert end_name("điểm nối TD-002, TD-004", "en") == "joint with TD-002, TD-004"
    assert end_name("điểm nối TD-002") == "điểm nối TD-002"
    assert end_name("") == end_name(None) == end_name(float("nan")) == "điểm nối trên đường"


def test_cost_lines_are_told_with_their_amounts() -> None:
    _, _, plan = case_with_links()
    text = cost_text(_links()["cost_lines"].iloc[0], plan.scenario)
    assert text.startswith("Cáp quang 24FO treo trên cột có sẵn: 90; ")
    assert "9,72" in text
    orders = [order for order, _, _ in cost_rows(plan.budgets[-1])]
    assert orders == [len(plan.budgets[-1].sites) + i for i in (1, 2, 3)]


def test_every_budget_has_its_line_in_both_languages() -> None:
    _, _, plan = case_with_links()
    assert len(link_lines(plan)) == len(link_lines(plan, "en")) == 1 + len(plan.budgets)
    assert link_lines(plan)[-1].startswith("Mức kinh phí 10 tỷ đồng: 4,5 km cáp quang mới")
    assert link_lines(plan, "en")[-1].startswith("Budget 10,000 million VND: 4.5 km of new fibre")
