"""Tables of the workbook: every column of the dictionary, words in place of codes, sums that agree."""

import math
from dataclasses import fields, replace

import pandas as pd
import pytest

from coverage.brief.assumptions import assumption_table, sections, shown
from coverage.brief.figures import by_plan, change, headline, square, today
from coverage.brief.tables import (
    OUTPUT_LAYERS,
    change_table,
    commune_table,
    cost_table,
    dictionary_table,
    finding_table,
    link_table,
    links_of,
    ranges,
    reconciliation_table,
    site_table,
    sites_of,
    titled,
    village_table,
    with_survey_axes,
    worded,
)
from coverage.brief.words import words_of
from coverage.scenario import Scenario
from coverage.summary import gap_summary, link_summary, plan_summary
from geodata.errors import SchemaError
from geodata.findings import Finding
from geodata.layers import columns_of
from tests.brief_case import case, case_with_links


def villages() -> pd.DataFrame:
    _, assessment, _ = case()
    return village_table(assessment, with_survey_axes(assessment.villages), {"99003-002": "Lời văn."})


def test_villages_have_every_column_of_the_dictionary_and_no_code() -> None:
    table = villages()
    assert list(table.columns) == list(columns_of("village_status"))
    assert set(table["status_printed"]) <= set(words_of("status").values())
    assert set(table["is_border"]) == {"Có", "Không"}
    assert table.loc[table["village_code"] == "99003-002", "statement"].item() == "Lời văn."


def test_x_is_northing_as_in_survey_tables() -> None:
    _, assessment, _ = case()
    table = villages().set_index("village_code")
    first = assessment.villages.iloc[0]
    assert table.loc[first["village_code"], "x_m"] == pytest.approx(first.geometry.y)
    assert (table["x_m"] > 1_000_000).all()
    assert (table["y_m"] < 1_000_000).all()


def test_border_communes_stand_first() -> None:
    _, assessment, _ = case()
    table = commune_table(assessment)
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["is_border"].tolist() == sorted(table["is_border"].tolist())  # "Có" before "Không"
    assert villages()["commune_name"].iloc[0] == table["name"].iloc[0]


def test_headings_for_the_screen() -> None:
    table = titled(villages(), "village_status")
    assert table.columns[:3].tolist() == ["Mã thôn", "Tên thôn", "Mã xã"]


def test_people_gained_agree_with_the_summary() -> None:
    _, _, plan = case()
    sites = site_table(with_survey_axes(sites_of(plan)))
    for summary, one in zip(plan_summary(plan), plan.budgets, strict=True):
        own = sites[sites["budget_mvnd"] == summary.budget_mvnd]
        assert math.fsum(own["new_people"]) == pytest.approx(summary.people_gained)
        assert math.fsum(own["cost_mvnd"]) == pytest.approx(link_summary(one).sites_mvnd, abs=0.01)
        assert own["order"].tolist() == list(range(1, summary.sites + 1))


def test_links_stand_in_the_workbook_in_words() -> None:
    _, _, plan = case_with_links()
    table = link_table(plan)
    assert table["link_id"].tolist() == ["TD-001", "TD-002", "TD-003"]
    assert table["kind"].tolist() == ["Cáp quang", "Cáp quang", "Vi ba"]
    assert table["length_km"].tolist()[:2] == [3.0, 1.5]
    assert table["to_name"].tolist()[1] == "điểm nối trên đường"
    assert table["single_road"].tolist() == ["Có", "Không", "Không"]
    names = plan.budgets[-1].sites["name"]
    assert table["site_names"].tolist()[2] == f"3. {names.iloc[2]}"
    assert table["cost_text"].tolist()[1].startswith("Cáp quang kèm trồng cột mới: 127,5; ")
    assert link_table(plan, "en")["to_name"].tolist()[1] == "a point of the road"
    assert set(table) == set(columns_of("plan_links")) - {"length_m", "sites"}


def test_a_plan_without_links_has_a_table_of_headings_alone() -> None:
    _, _, plan = case_with_links()
    bare = replace(plan, budgets=plan.budgets[:1])
    assert len(link_table(bare)) == len(links_of(bare)) == 0
    assert "link_id" in link_table(bare)


def test_the_lines_of_sites_and_links_add_up_to_the_plan() -> None:
    _, _, plan = case_with_links()
    lines = cost_table(plan)
    for summary in plan_summary(plan):
        own = lines[lines["budget_mvnd"] == summary.budget_mvnd]
        assert math.fsum(own["mvnd"]) == pytest.approx(summary.cost_mvnd, abs=0.01)
    last = lines[lines["budget_mvnd"] == plan.budgets[-1].budget_mvnd]
    assert last["name"].tolist()[-1].startswith("TD-003 · Vi ba: ")
    assert last["order"].is_monotonic_increasing


def test_sites_tell_their_links() -> None:
    _, _, plan = case_with_links()
    sites = site_table(with_survey_axes(sites_of(plan)))
    last = sites[sites["budget_mvnd"] == plan.budgets[-1].budget_mvnd]
    assert last["n_links"].tolist()[:4] == [1, 2, 3, 0]
    assert last["links"].tolist()[1] == "TD-002, TD-001"
    assert last["hangs_on"].tolist()[:4] == ["TD-001"] * 3 + [""]
    assert last["backhaul_to"].tolist()[0] == "Tuyến cáp 06"


def test_cost_lines_add_up_to_each_site() -> None:
    _, _, plan = case()
    lines = cost_table(plan)
    for budget in plan.budgets:
        for site in budget.sites.itertuples():
            own = lines[(lines["budget_mvnd"] == budget.budget_mvnd) & (lines["order"] == site.order)]
            assert math.fsum(own["mvnd"]) == pytest.approx(site.cost_mvnd, abs=0.01)
    assert set(lines["item"]) <= {p.note.label_vi for p in plan.scenario.prices.values()}


def test_changes_name_the_sites_as_the_map_numbers_them() -> None:
    _, assessment, plan = case()
    table = change_table(plan, assessment)
    assert len(table)
    numbered = {f"{s.order}. {s.name}" for b in plan.budgets for s in b.sites.itertuples()}
    told = {part for text in table["served_by"] for part in text.split("; ") if part}
    assert told <= numbered


def test_the_reconciliation_is_in_words() -> None:
    _, assessment, _ = case()
    table = reconciliation_table(assessment)
    assert set(table["result"]) <= set(words_of("result").values())
    assert len(table) == len(assessment.reconciliation)


def test_row_numbers_are_joined() -> None:
    assert ranges((2, 3, 4, 9, 11, 12)) == "2-4, 9, 11-12"
    assert ranges(()) == ""


def test_findings_keep_every_row_however_many() -> None:
    rows = tuple(range(2, 40_000, 2))
    finding = Finding("published_not_matched", layer="published", column="village_name", file="a.xlsx", rows=rows,
                      values=tuple(f"giá trị {r}" for r in rows), details={"number": len(rows)}, package="coverage")
    table = finding_table([finding])
    assert len(table) > 1
    assert table["Dòng"].str.len().max() <= 30_000
    assert "".join(table["Dòng"]) == ", ".join(map(str, rows))
    assert set(table["Số dòng"]) == {len(rows)}


def test_every_threshold_price_and_setting_is_an_assumption_said() -> None:
    scenario = Scenario.from_mapping({"service": {"rsrp_served_dbm": -105.0}})
    table = assumption_table(scenario).set_index("Mã")
    for f in fields(scenario.service):
        assert f.name in table.index
    assert set(scenario.prices) <= set(table.index)
    for name, section in sections(scenario).items():
        for f in fields(section):
            assert f"{name}.{f.name}" in table.index
            assert f.name in words_of(name), f"words.csv has no {name},{f.name}"
            assert name in words_of("assumption_group")
    assert table.loc["rsrp_served_dbm", "Giá trị"] == "-105"
    assert table.loc["rsrp_served_dbm", "Mức tin cậy"] == "người dùng đặt"
    assert table.loc["tower_ground", "Giá trị"] == "550"
    assert "thấp 350; cơ sở 550; cao 900" in table.loc["tower_ground", "Nội dung"]
    assert table["Mức tin cậy"].isin(["giả định", "tin cậy vừa", "văn bản", "người dùng chọn", "người dùng đặt"]).all()
    assert (table.drop(index=["name", "digest", "eligible", "budgets_mvnd", "profile", "price_book", "price_level"])
            ["Căn cứ"] != "").all()
    assert len(assumption_table(scenario, "en")) == len(table)


def test_values_are_written_as_readers_write_them() -> None:
    assert shown(1234.5) == "1.234,5"
    assert shown((1, 50)) == "1; 50"
    assert shown(True) == "Có"


def test_the_field_dictionary_explains_every_layer_handed_in() -> None:
    table = dictionary_table()
    assert len(table) == sum(len(columns_of(layer)) for layer in OUTPUT_LAYERS)
    assert table["Tên trường"].str.len().max() <= 10
    assert "trang = Trắng sóng" in " ".join(table["Giá trị"])
    text = " ".join(table.drop(columns=["Tên đầy đủ", "Tên trường", "Giá trị"]).astype(str).to_numpy().ravel())
    for leak in ("people", "households", "village", "northing", "unknown", "million"):
        assert leak not in text, leak


def test_notes_of_fields_name_fields_that_exist() -> None:
    for key in words_of("field_note"):
        if "." in key:
            layer, column = key.split(".")
            assert column in columns_of(layer), key


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(SchemaError, match="village_code"):
        worded(pd.DataFrame({"name": ["a"]}), "village_status")


def test_figures_are_of_the_summary() -> None:
    _, assessment, plan = case()
    gap = gap_summary(assessment)
    lines = dict(headline(gap))
    assert lines["Thôn trắng sóng trên tổng số thôn"].startswith(f"{gap.trang}/{gap.villages} (")
    assert lines["Thôn lõm sóng trên số thôn còn lại"].startswith(f"{gap.lom}/{gap.villages - gap.trang} (")
    cells = [cell for _, row in square(gap) for cell in row.values()]
    assert sum(int(trang) for trang, _, _ in cells) == gap.trang
    assert sum(int(villages) for _, _, villages in cells) == gap.villages
    assert all(value for _, value in today(gap))
    links = [link_summary(b) for b in plan.budgets]
    assert all(len(values) == len(plan.budgets) for _, values in by_plan(plan_summary(plan), links, "vi"))
    assert change(15, 3) == "từ 15 còn 3"
    assert change(3, 3) == "3 (không đổi)"
