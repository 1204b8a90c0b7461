"""Tables to .xlsx: headings from the dictionary, widths, number formats, frozen panes, a sheet that explains them."""

import math
import re
import zipfile
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError
from openpyxl.worksheet.worksheet import Worksheet

from geodata.errors import WriteError
from geodata.layers import Column, columns_of
from geodata.write.atomic import replacing
from geodata.write.dbase import NO, YES

DICTIONARY_SHEET = "Từ điển"
_CELL_LETTERS = 32_767
_ROWS = 1_048_576
_SHEET_LETTERS = 31
_WIDEST = 60
_FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - Excel's dates have no zone; equal content, equal bytes
_HEAD_FONT = Font(name="Times New Roman", size=11, bold=True, color="FFFFFF")
_BODY_FONT = Font(name="Times New Roman", size=11)
_TITLE_FONT = Font(name="Times New Roman", size=13, bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="1F4E79")
_LINE = Side(style="thin", color="BFBFBF")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


@dataclass(frozen=True)
class Formula:
    """A cell that the spreadsheet computes; {row} is its own row, {above} the one before, in Excel's English."""

    text: str
    number_format: str = "#,##0.00##"


def write_xlsx(
    sheets: Mapping[str, pd.DataFrame], path: Path, *, layers: Mapping[str, str] | None = None,
    titles: Mapping[str, Sequence[str]] | None = None, language: str = "vi",
) -> Path:
    """Write frames as the sheets of one workbook.

    Parameters
    ----------
    sheets : sheet name -> frame; the index is left out. Headings are the frame's, unless
    layers : names for a sheet the dictionary's layer: then headings, units and formats come from it and the sheet
        "Từ điển" explains every column. Columns the dictionary does not know keep their own heading.
    titles : sheet name -> lines above the heading (title, source, "Dữ liệu minh họa").

    Text stays text (codes keep their zeros, a leading "=" is no formula: that is ``Formula``), missing cells stay
    blank, True and False are written Có and Không. The same content gives the same bytes. Raises WriteError for what
    Excel cannot hold.
    """
    layers, titles = layers or {}, titles or {}
    book = Workbook()
    book.remove(book.active)
    for name, frame in sheets.items():
        _check_sheet(name, frame, titles.get(name, ()))
        _fill_sheet(book.create_sheet(name), frame, layers.get(name, ""), titles.get(name, ()), language)
    if layers and DICTIONARY_SHEET not in sheets:
        _fill_sheet(book.create_sheet(DICTIONARY_SHEET), _explained(sheets, layers, language), "", (), language)
    with replacing(path) as temporary:
        book.properties.creator = "Phủ Sóng"
        book.save(temporary)
        _steady(temporary)
    return path


def _check_sheet(name: str, frame: pd.DataFrame, title: Sequence[str]) -> None:
    """Raise WriteError for a sheet Excel would refuse or cut."""
    if not 0 < len(name) <= _SHEET_LETTERS or re.search(r"[\[\]:*?/\\]", name):
        raise WriteError("sheet_name", sheet=name, most=_SHEET_LETTERS)
    if len(frame) + len(title) + 1 > _ROWS:
        raise WriteError("sheet_rows", sheet=name, rows=len(frame), most=_ROWS)


def _known(frame: pd.DataFrame, layer: str) -> dict[Hashable, Column]:
    columns = columns_of(layer) if layer else {}
    return {name: columns[str(name)] for name in frame.columns if str(name) in columns}


def _fill_sheet(sheet: Worksheet, frame: pd.DataFrame, layer: str, title: Sequence[str], language: str) -> None:
    """Write title lines, the heading and the rows; freeze the heading and let it filter."""
    known = _known(frame, layer)
    heads = [known[n].label(language) if n in known else str(n) for n in frame.columns]
    for line, text in enumerate(title):
        cell = sheet.cell(line + 1, 1, text)
        cell.font = _TITLE_FONT if line == 0 else _BODY_FONT
    top = len(title) + 1
    for c, head in enumerate(heads, start=1):
        cell = sheet.cell(top, c, head)
        cell.font, cell.fill, cell.border = _HEAD_FONT, _HEAD_FILL, _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    for c, name in enumerate(frame.columns, start=1):
        position = frame.columns.get_loc(name)
        series = frame.iloc[:, position if isinstance(position, int) else c - 1]
        values = [_value(v, sheet.title, heads[c - 1], row) for row, v in enumerate(series, start=top + 1)]
        plain = [v for v in values if not isinstance(v, Formula)]
        _fill_column(sheet, values, c, top, _format(plain, known.get(name)))
        sheet.column_dimensions[get_column_letter(c)].width = _width(heads[c - 1], plain)
    sheet.row_dimensions[top].height = 45
    if heads:
        sheet.freeze_panes = sheet.cell(top + 1, min(3, len(heads)))
        sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(heads))}{top + len(frame)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{top}:{top}"


def _fill_column(sheet: Worksheet, values: list[Any], c: int, top: int, number_format: str) -> None:
    """Write one column of cells."""
    wrap = Alignment(vertical="top", wrap_text=True)
    for row, value in enumerate(values, start=top + 1):
        try:
            told = value.text.format(row=row, above=row - 1) if isinstance(value, Formula) else value
            cell = sheet.cell(row, c, told)
        except IllegalCharacterError as error:
            raise WriteError("cell_letters", sheet=sheet.title, row=row, value=repr(value)[:60]) from error
        if isinstance(value, str):
            cell.data_type = "s"  # a leading "=" is text, not a formula
        cell.font, cell.border, cell.alignment = _BODY_FONT, _BOX, wrap
        cell.number_format = value.number_format if isinstance(value, Formula) else number_format


def _value(value: Any, sheet: str, head: str, row: int) -> Any:
    """Return a cell's value as Excel holds it; raise WriteError for infinity, lists and text that is too long."""
    if isinstance(value, (list, tuple, dict, set, np.ndarray)):
        raise WriteError("column_not_scalar", layer=sheet, column=head)
    if isinstance(value, Formula):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return YES if value else NO
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        if math.isinf(value):
            raise WriteError("cell_infinite", sheet=sheet, column=head, row=row)
        return float(value)
    if isinstance(value, pd.Timestamp):
        return value.tz_localize(None).to_pydatetime() if value.tzinfo else value.to_pydatetime()
    if hasattr(value, "isoformat"):
        return value
    text = str(value)
    if len(text) > _CELL_LETTERS:
        raise WriteError("cell_long", sheet=sheet, column=head, row=row, letters=len(text), most=_CELL_LETTERS)
    return text


def _format(values: list[Any], column: Column | None) -> str:
    """Return Excel's format of a column: Excel itself shows . and , as the PC's language has them."""
    present = [v for v in values if v is not None]
    kinds = {type(v) for v in present}
    if kinds <= {str} or (column is not None and column.type == "code"):
        return "@"
    if not kinds <= {int, float, str}:
        return "dd/mm/yyyy"
    if str in kinds:
        return "General"
    if column is not None and column.unit in ("people", "households"):
        return "#,##0"  # shares of a village are fractions; shown whole, kept exact so that sums agree
    if all(float(v).is_integer() for v in present):
        years = all(1900 <= v <= 2100 for v in present)  # noqa: PLR2004 - a year is not written 2.026
        return "0" if years else "#,##0"
    return "#,##0.00##"


def _width(head: str, values: list[Any]) -> float:
    """Return a column's width in letters: the longest word of the heading or the bulk of the values."""
    words = max((len(w) for w in head.split()), default=4)
    lengths = sorted(len(f"{v:,.2f}") if isinstance(v, float) else len(str(v)) for v in values if v is not None)
    bulk = lengths[int(0.95 * (len(lengths) - 1))] if lengths else 0
    return float(min(_WIDEST, max(8, words + 3, len(head) / 2 + 2, bulk + 2)))


def _explained(sheets: Mapping[str, pd.DataFrame], layers: Mapping[str, str], language: str) -> pd.DataFrame:
    """Return the rows of the dictionary sheet: every column of every sheet that has a layer."""
    rows = [
        (sheet, c.label(language), c.short, c.unit, " | ".join(c.choices), c.description)
        for sheet, frame in sheets.items() for c in _known(frame, layers.get(sheet, "")).values()
    ]
    heads = ("Trang", "Cột", "Tên ngắn (shapefile)", "Đơn vị", "Giá trị", "Giải thích") if language == "vi" else (
        "Sheet", "Column", "Short name (shapefile)", "Unit", "Values", "Explanation")
    return pd.DataFrame(rows, columns=list(heads))


def _steady(path: Path) -> None:
    """Write the workbook's zip again with constant dates."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    stamp = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, _FIXED.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            fixed = stamp.sub(rb"\g<1>2000-01-01T00:00:00Z", content) if name == "docProps/core.xml" else content
            archive.writestr(entry, fixed)
