"""Sheets of money in the workbook: all there, in words, totals those of the plan."""

import dataclasses
import functools
import math
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from coverage.brief.break_even import break_even_table
from coverage.brief.fact_sheet import statements
from coverage.brief.hand_in import vector_frames
from coverage.brief.money_sheets import MoneySheet, money_sheets, money_table
from coverage.brief.tables import MONEY_LAYERS
from coverage.brief.words import words_of
from coverage.brief.workbook import write_workbook
from coverage.money.statement import MoneySummary, money_summary, money_tables
from coverage.summary import plan_summary
from geodata.crs import VN2000_107_45
from geodata.layers import columns_of
from geodata.write.table import write_xlsx
from tests.brief_case import case


@functools.cache
def money() -> MoneySummary:
    layers, assessment, plan = case()
    return money_summary(plan, layers, assessment, plan.scenario)


def sheet(key: str) -> MoneySheet:
    return money_sheets(money())[key]


def test_every_table_is_a_sheet() -> None:
    assert set(MONEY_LAYERS) == set(money_tables(money()))
    assert list(money_sheets(money())) == list(MONEY_LAYERS)
    assert set(MONEY_LAYERS) <= set(words_of("workbook")) & set(words_of("layer"))


@pytest.mark.parametrize("key", ["money_estimate", "money_year", "money_route_total"])
def test_totals_are_those_of_the_plan(key: str) -> None:
    frame = sheet(key).frame
    for figures in plan_summary(case()[2]):
        own = frame[frame["budget_mvnd"] == figures.budget_mvnd]
        assert math.fsum(own["total_mvnd"]) == pytest.approx(figures.cost_mvnd, abs=0.01)


def test_years_of_the_sites_add_up_to_the_plan() -> None:
    frame = sheet("money_site_year").frame
    for figures in plan_summary(case()[2]):
        own = frame[frame["budget_mvnd"] == figures.budget_mvnd]
        assert math.fsum(own["mvnd"]) == pytest.approx(figures.cost_mvnd, abs=0.01)


def test_no_code_is_left_in_the_cells() -> None:
    assert set(sheet("money_lease").frame["cheapest"]) <= set(words_of("money_way").values())
    labels = {r.label_vi for r in money().routes} | set(words_of("money_nobody").values())
    assert set(sheet("money_route_total").frame["route"]) <= labels
    routes = sheet("money_route").frame
    assert set(routes["route"]) <= labels
    assert set(routes["grid_power"]) <= set(words_of("money_grid").values())
    assert routes["served_by"].str.match(r"\d+\. ").all()
    assert set(sheet("travel").frame["mode"]) <= set(words_of("travel_mode").values())
    assert set(sheet("money_viability").frame["anyway"]) <= {"Có", "Không"}


def test_an_estimate_of_revenue_is_no_norm_and_says_so() -> None:
    assert "không phải định mức Nghị định 295/2025" in " ".join(sheet("money_viability").lines)
    for key in ("money_estimate", "money_year", "money_lease", "money_viability", "money_route_total", "money_hours"):
        assert "Giả định" in " ".join(sheet(key).lines), key
    english = money_sheets(money(), "en")
    assert "not a norm of Decree 295/2025" in " ".join(english["money_viability"].lines)


def test_a_plan_that_builds_nothing_has_headings_alone() -> None:
    tables = money_tables(dataclasses.replace(money(), budgets=money().budgets[:1]))
    empty = money_table(tables["money_lease"].iloc[:0], "money_lease", money())
    assert list(empty.columns) == list(columns_of("money_lease"))
    assert not len(empty)


def test_the_workbook_has_the_sheets(tmp_path: Path) -> None:
    layers, assessment, plan = case()
    frames = vector_frames(assessment, plan, VN2000_107_45)
    path = write_workbook(layers, assessment, plan, statements(assessment, plan), frames, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    for name in ("Khái toán kinh phí", "Chi theo năm", "Thuê - xây - dùng chung", "Thiếu hụt tài chính", "Nguồn vốn",
                 "Trùng lặp đầu tư", "Hòa vốn (công thức)"):
        assert name in book.sheetnames
    cells = [str(c.value) for row in book["Khái toán kinh phí"].iter_rows() for c in row if c.value is not None]
    assert "Khái toán kinh phí (triệu đồng)" in cells


def recalculated(path: Path, name: str) -> list[dict[str, object]]:
    """Return the rows of a sheet of formulas as a spreadsheet computes them, by column letter."""
    sheet = openpyxl.load_workbook(path)[name]
    values: dict[str, object] = {}
    rows = []
    for cells in sheet.iter_rows(min_row=1):
        for cell in cells:
            told = cell.value
            if cell.data_type == "f":
                text = re.sub(r"\b([A-Z])(\d+)\b", r"v['\1\2']", str(told)[1:]).replace("^", "**")
                told = eval(text, {"v": values, "IF": lambda c, a, b: a if c else b})  # noqa: S307 - our own formulas
            values[cell.coordinate] = told
        rows.append({cell.column_letter: values[cell.coordinate] for cell in cells})
    head = next(i for i, row in enumerate(rows) if row["E"] == "Lãi suất chiết khấu")
    return rows[head + 1:]


def test_live_formulas_give_the_break_even_of_the_program(tmp_path: Path) -> None:
    path = write_xlsx({"S": break_even_table(money())}, tmp_path / "a.xlsx", titles={"S": ("a", "b")})
    rows = recalculated(path, "S")
    for one in money().budgets:
        for site in one.comparison.sites.to_dict("records"):
            own = [r for r in rows if (r["A"], r["B"]) == (one.budget_mvnd, site["order"])]
            assert own[-1]["K"] == pytest.approx(site[f"{site['own']}_pv_mvnd"], abs=1e-5)
            assert own[-1]["L"] == pytest.approx(site["lease_pv_mvnd"], abs=1e-5)
            year = site["breakeven_lease_year"]
            assert own[-1]["N"] == ("không" if pd.isna(year) else year)
