"""Workbooks: headings, formats, and nothing that Excel would change behind one's back."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geodata.errors import WriteError
from geodata.layers import columns_of
from geodata.sample import sample_layers
from geodata.write.table import DICTIONARY_SHEET, write_xlsx


def _frame() -> pd.DataFrame:
    return pd.DataFrame({
        "village_code": ["00123", "00124"], "name": ["=SUM(A1)", "Pơr'ning"], "people": [1234.5, np.nan],
        "households": pd.array([12, None], dtype="Int64"), "difficult": [True, False], "km": [1.25, 3.0],
    })


def test_a_sheet_by_hand(tmp_path: Path) -> None:
    path = write_xlsx({"Thôn": _frame()}, tmp_path / "a.xlsx", layers={"Thôn": "villages"})
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Thôn", DICTIONARY_SHEET]
    sheet = book["Thôn"]
    known = columns_of("villages")
    heads = [known[n].label_vi for n in _frame().columns if n != "km"]
    assert [c.value for c in sheet[1]] == [*heads, "km"]
    assert [c.value for c in sheet[2]] == ["00123", "=SUM(A1)", 1234.5, 12, "Có", 1.25]
    assert [c.value for c in sheet[3]] == ["00124", "Pơr'ning", None, None, "Không", 3]
    assert sheet["A2"].number_format == "@"
    assert sheet["B2"].data_type == "s"
    assert sheet["C2"].number_format == "#,##0"  # people are shown whole and kept exact
    assert sheet["F2"].number_format == "#,##0.00##"
    assert sheet["D2"].number_format == "#,##0"
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet["A1"].font.bold
    explained = {row[1].value for row in book[DICTIONARY_SHEET].iter_rows(min_row=2)}
    assert explained == set(heads)


def test_title_lines_stand_above_and_rows_are_not_moved(tmp_path: Path) -> None:
    path = write_xlsx({"A": _frame()}, tmp_path / "a.xlsx", titles={"A": ["Danh sách thôn", "Dữ liệu minh họa"]})
    sheet = openpyxl.load_workbook(path)["A"]
    assert sheet["A1"].value == "Danh sách thôn"
    assert sheet["A2"].value == "Dữ liệu minh họa"
    assert sheet["A3"].value == "village_code"
    assert sheet.freeze_panes == "C4"
    assert sheet.auto_filter.ref == "A3:F5"


def test_years_and_dates_are_written_as_such(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Năm": [2027, 2028], "Hạn": pd.to_datetime(["2027-06-30", None]), "Số": [10_000, 20]})
    sheet = openpyxl.load_workbook(write_xlsx({"A": frame}, tmp_path / "a.xlsx"))["A"]
    assert sheet["A2"].number_format == "0"
    assert sheet["B2"].number_format == "dd/mm/yyyy"
    assert sheet["B2"].value == pd.Timestamp("2027-06-30")
    assert sheet["B3"].value is None
    assert sheet["C2"].number_format == "#,##0"


def test_the_sample_reads_back_through_pandas(tmp_path: Path) -> None:
    villages = sample_layers().villages.drop(columns="geometry")
    path = write_xlsx({"Thôn": villages}, tmp_path / "a.xlsx", layers={"Thôn": "villages"})
    back = pd.read_excel(path, sheet_name="Thôn", dtype={"Mã xã": str})
    assert len(back) == len(villages)
    assert back["Mã xã"].tolist() == villages["commune_code"].tolist()
    assert back["Tên thôn"].tolist() == villages["name"].tolist()
    assert back["Số hộ"].sum() == villages["households"].sum()


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one = write_xlsx({"A": _frame()}, tmp_path / "1.xlsx").read_bytes()
    assert one == write_xlsx({"A": _frame()}, tmp_path / "2.xlsx").read_bytes()


@pytest.mark.parametrize(("name", "frame", "code"), [
    ("a/b", pd.DataFrame({"x": [1]}), "sheet_name"),
    ("a" * 32, pd.DataFrame({"x": [1]}), "sheet_name"),
    ("A", pd.DataFrame({"x": [np.inf]}), "cell_infinite"),
    ("A", pd.DataFrame({"x": [[1, 2]]}), "column_not_scalar"),
    ("A", pd.DataFrame({"x": ["a" * 32_768]}), "cell_long"),
    ("A", pd.DataFrame({"x": ["a\x00b"]}), "cell_letters"),
])
def test_what_excel_cannot_hold_is_refused(tmp_path: Path, name: str, frame: pd.DataFrame, code: str) -> None:
    with pytest.raises(WriteError) as caught:
        write_xlsx({name: frame}, tmp_path / "a.xlsx")
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_an_empty_table_keeps_its_heading(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_xlsx({"A": _frame().head(0)}, tmp_path / "a.xlsx"))["A"]
    assert sheet.max_row == 1
    assert sheet.max_column == 6
