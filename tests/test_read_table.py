"""Tables as offices keep them: title rows, delimiters, encodings found per column."""

from pathlib import Path

import openpyxl
import pytest

from geodata.errors import ReadError
from geodata.read.raw import find_columns
from geodata.read.table import read_table


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


TITLED: list[list[object]] = [["UBND TỈNH"], [], ["DANH SÁCH", None, "Mã"], ["TT", "Mã xã", "Số hộ"],
                              [1, "00001", 5], [], [2, "00002", None]]


def test_header_is_found_below_title_rows_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    raw = read_table(workbook(tmp_path / "a.xlsx", {"S": TITLED}), ["Mã xã", "Số hộ"])
    assert raw.rows.tolist() == [5, 7]
    assert raw.frame["Mã xã"].tolist() == ["00001", "00002"]
    assert raw.frame["Số hộ"].tolist() == [5, None]
    assert raw.file == "a.xlsx"


def test_header_row_may_be_stated(tmp_path: Path) -> None:
    raw = read_table(workbook(tmp_path / "a.xlsx", {"S": TITLED}), ["Mã xã"], header_row=4)
    assert len(raw.rows) == 2
    with pytest.raises(ReadError, match="dòng tiêu đề 5"):
        read_table(tmp_path / "a.xlsx", ["Mã xã"], header_row=5)


def test_the_sheet_that_has_the_columns_is_taken_or_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Ghi chú": [["x"]], "Số liệu": TITLED})
    assert len(read_table(path, ["Mã xã"]).rows) == 2
    with pytest.raises(ReadError, match="Số liệu"):
        read_table(path, ["Mã xã"], sheet="Sheet1")


def test_column_that_is_absent_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as error:
        read_table(workbook(tmp_path / "a.xlsx", {"S": TITLED}), ["Mã xã", "Dân số"])
    assert "Dân số" in str(error.value)
    assert "TT, Mã xã, Số hộ" in str(error.value)


def test_spelling_of_a_header_may_differ_but_never_be_ambiguous() -> None:
    assert find_columns(["Tọa độ", "Xã"], ["Toạ độ ", "XÃ"]) == {"Tọa độ": 0, "Xã": 1}
    assert find_columns(["Ma"], ["Mã", "Má"]) == {}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    rows = [["ma", "ten"], ["1", 'Thôn "A"'], ["2", "Thôn B"]]
    path.write_text("\r\n".join(delimiter.join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in r) for r in rows),
                    encoding="utf-8-sig")
    raw = read_table(path, ["ma", "ten"])
    assert raw.frame["ten"].tolist() == ['Thôn "A"', "Thôn B"]
    assert raw.rows.tolist() == [2, 3]


def test_cell_of_two_lines_keeps_the_count_of_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('ma,ten\n1,"hai\ndòng"\n2,b\n', encoding="utf-8")
    assert read_table(tmp_path / "a.csv", ["ma"]).rows.tolist() == [2, 4]


def test_tcvn3_is_found_per_column_with_a_preview(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"M\xb7,T\xaan x\xb7\nA1,H\xb6i V\xa9n\nA2,Li\xaan Chi\xd3u\n")
    raw = read_table(tmp_path / "a.csv", ["Mã", "Tên xã"])
    assert raw.frame["Tên xã"].tolist() == ["Hải Vân", "Liên Chiểu"]
    assert [(c.column, c.encoding, c.guessed) for c in raw.conversions] == [
        ("(tiêu đề)", "tcvn3", True), ("Tên xã", "tcvn3", True)]
    assert raw.conversions[1].preview[0] == ("H¶i V©n", "Hải Vân")
    stated = read_table(tmp_path / "a.csv", ["Mã"], encoding="tcvn3")
    assert not any(c.guessed for c in stated.conversions)


def test_tcvn3_typed_into_a_workbook_is_found_too(tmp_path: Path) -> None:
    rows: list[list[object]] = [["ma", "ten"], [1, "H¶i V©n"], [2, "Hoµ Kh¸nh"], [3, "Th­îng §øc"]]
    raw = read_table(workbook(tmp_path / "a.xlsx", {"S": rows}), ["ten"])
    assert raw.frame["ten"].tolist() == ["Hải Vân", "Hoà Khánh", "Thượng Đức"]


def test_text_of_no_known_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"ma,ten\n1,\xc4\xe8\xf0\xe5\xea\xf2\n2,\xe4\xee\xec \xe1\xb6\n")
    with pytest.raises(ReadError, match="encoding"):
        read_table(tmp_path / "a.csv", ["ten"])


@pytest.mark.parametrize(("name", "told"), [("a.xls", r"\.xlsx"), ("b.xlsx", "Không đọc được")])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(ReadError, match=told):
        read_table(tmp_path / name, ["x"])


def test_empty_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("", encoding="utf-8")
    with pytest.raises(ReadError, match="không có dòng nào"):
        read_table(tmp_path / "a.csv", ["x"])
    (tmp_path / "b.csv").write_text("x,y\n", encoding="utf-8")
    assert len(read_table(tmp_path / "b.csv", ["x"]).rows) == 0
