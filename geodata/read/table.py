"""Tables of an office: xlsx with title rows above the header, csv of any delimiter and encoding."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from geodata.errors import ReadError
from geodata.read.raw import AUTO, Conversion, RawTable, convert_texts, find_columns
from geodata.read.text_encoding import ENCODINGS, convert_column, decode_bytes

DELIMITERS = (";", ",", "\t", "|")
_HEADER_SEARCH = 30  # title rows that offices put above a header are fewer

Line = tuple[int, list[object]]  # number of the line as a person sees it, its cells
Reading = tuple[list[Line], bool]  # lines of one sheet or of one way to cut a csv; whether their text was Unicode


@dataclass(frozen=True)
class _Found:
    """Where the header is: its place among the lines, its names as Unicode, and how many wanted names it holds."""

    place: int
    names: list[str]
    encoding: str
    hits: int


def read_table(
    path: Path, columns: Sequence[str], *, sheet: str = "", header_row: int = 0, delimiter: str = "",
    encoding: str = AUTO,
) -> RawTable:
    """Read a table whose header holds ``columns``; which sheet, line and delimiter are found unless given.

    ``header_row`` counts from 1. Empty lines are no rows. Raises ReadError for a file that cannot be read, or whose
    header lacks a column, naming the columns it does have.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        tables = _sheets(path, sheet)
    elif path.suffix.lower() in {".csv", ".txt", ".tsv"}:
        tables = _csv_readings(path, delimiter)
    else:
        raise ReadError("format_unknown", file=path.name, value=path.suffix, known=".xlsx, .csv")
    best: tuple[_Found, list[Line], bool] | None = None
    for lines, unicode in tables:
        found = _header(lines, columns, header_row, encoding)
        if found is not None and (best is None or found.hits > best[0].hits):
            best = found, lines, unicode
    if best is None:
        raise ReadError("table_empty", file=path.name)
    found, lines, unicode = best
    positions = find_columns(columns, found.names)
    absent = [c for c in columns if c not in positions]
    if absent:
        have = ", ".join(n for n in found.names if n)
        lacking, row = ", ".join(absent), lines[found.place][0]
        raise ReadError("columns_not_found", file=path.name, columns=lacking, row=row, have=have)
    return _body(path.name, found, lines[found.place], lines[found.place + 1:], encoding, from_unicode=unicode)


def _sheets(path: Path, sheet: str) -> list[Reading]:
    """Return the lines of one named sheet, or of every sheet."""
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error
    if sheet and sheet not in book.sheetnames:
        raise ReadError("sheet_missing", file=path.name, value=sheet, have=", ".join(book.sheetnames))
    names = [sheet] if sheet else list(book.sheetnames)
    return [([(i, list(r)) for i, r in enumerate(book[n].iter_rows(min_row=1, values_only=True), 1)], True)
            for n in names]


def _csv_readings(path: Path, delimiter: str) -> list[Reading]:
    """Return the lines of a csv read with the given delimiter, or with each that offices use."""
    try:
        text, unicode = decode_bytes(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error
    return [(_csv_lines(text, one), unicode) for one in ([delimiter] if delimiter else DELIMITERS)]


def _csv_lines(text: str, delimiter: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[Line] = []
    first = 1
    for cells in reader:
        lines.append((first, [c if c.strip() else None for c in cells]))
        first = reader.line_num + 1
    return lines


def _header(lines: list[Line], columns: Sequence[str], header_row: int, encoding: str) -> _Found | None:
    """Find the line that holds the most of ``columns``, trying every encoding when it is to be found."""
    best: _Found | None = None
    for place, (number, cells) in enumerate(lines[: max(_HEADER_SEARCH, header_row)]):
        if (header_row and number != header_row) or all(c is None for c in cells):
            continue
        texts = ["" if c is None else str(c) for c in cells]
        for one in ENCODINGS if encoding == AUTO else (encoding, "unicode"):
            names = convert_column(texts, one)
            hits = len(find_columns(columns, names))
            if best is None or hits > best.hits:
                best = _Found(place, names, one, hits)
    return best


def _body(file: str, found: _Found, header: Line, lines: list[Line], encoding: str, *, from_unicode: bool) -> RawTable:
    """Build the table below a header, column by column; cells right of the header are kept out only when empty."""
    kept = [(n, cells) for n, cells in lines if any(c is not None for c in cells)]
    conversions: list[Conversion] = []
    names, original = found.names, ["" if c is None else str(c) for c in header[1]]
    changed = tuple((b, a) for b, a in zip(original, names, strict=True) if a != b)
    if changed:
        conversions.append(Conversion("(tiêu đề)", found.encoding, encoding == AUTO, changed[:5]))
    data: dict[str, list[object]] = {}
    for place, name in enumerate(names):
        if not name or name in data:
            continue
        values = [cells[place] if place < len(cells) else None for _, cells in kept]
        data[name], conversion = convert_texts(values, name, encoding, file, from_unicode=from_unicode)
        if conversion is not None:
            conversions.append(conversion)
    frame = pd.DataFrame({k: pd.Series(v, dtype="object") for k, v in data.items()}, index=range(len(kept)))
    return RawTable(frame, np.array([n for n, _ in kept], dtype=np.int64), file, conversions=tuple(conversions))
