"""Columns as dBASE can hold them: short names from the dictionary, text of 254 bytes, no missing numbers.

Nothing is lost in silence: text that is too long runs on in further columns (``ly_do``, ``ly_do_2`` ...), a missing
number is -9999, a missing text or answer is blank, and ``field_table`` says so for every column.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from geodata.errors import SchemaError, WriteError
from geodata.findings import Finding
from geodata.layers import Column, columns_of

TEXT_BYTES = 254
NAME_LETTERS = 10
UNKNOWN_NUMBER = -9999
YES, NO = "Có", "Không"
_WORDS = ("code", "text", "choice")


@dataclass(frozen=True)
class Field:
    """One dBASE column: its name, the column of the layer it comes from, its number if text runs on."""

    name: str
    source: str
    part: int
    column: Column


def pieces(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """Split text into pieces of at most ``limit`` bytes in UTF-8, at a blank where there is one; joined they are it."""
    out = []
    while len(text.encode()) > limit:
        head = text.encode()[:limit].decode(errors="ignore")
        blank = head.rfind(" ")
        cut = blank + 1 if blank > len(head) // 2 else len(head)
        out.append(text[:cut])
        text = text[cut:]
    return [*out, text]


def _selected(frame: pd.DataFrame, layer: str) -> list[Column]:
    """Return the dictionary's columns that the frame has; raise SchemaError for a required one it lacks."""
    out = []
    for name, column in columns_of(layer).items():
        if name in frame:
            out.append(column)
        elif column.required:
            raise SchemaError("column_missing", layer=layer, column=name, have=", ".join(map(str, frame.columns)))
    return out


def _words(series: pd.Series) -> list[str]:
    return ["" if missing else str(value) for value, missing in zip(series, series.isna(), strict=True)]


def dbase_fields(frame: pd.DataFrame, layer: str) -> list[Field]:
    """Return the dBASE columns of a frame: one per column of the dictionary it has, more where text is too long."""
    out: list[Field] = []
    for column in _selected(frame, layer):
        if not column.short.isascii() or not 0 < len(column.short) <= NAME_LETTERS:
            raise WriteError("short_name_bad", layer=layer, column=column.name, short=column.short)
        out.append(Field(column.short, column.name, 1, column))
        if column.type in _WORDS:
            most = max((len(pieces(text)) for text in _words(frame[column.name])), default=1)
            for part in range(2, most + 1):
                tail = f"_{part}"
                out.append(Field(column.short[: NAME_LETTERS - len(tail)] + tail, column.name, part, column))
    names = [f.name.lower() for f in out]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise WriteError("short_name_twice", layer=layer, short=", ".join(twice))
    return out


def _numbers(series: pd.Series, field: Field, whole: bool) -> pd.Series:
    """Return numbers with -9999 for missing; raise WriteError for infinity, a fraction or a real -9999."""
    values = series.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(values)
    odd = np.isinf(values) | (values == UNKNOWN_NUMBER)
    if whole:
        odd |= ~missing & (values != np.round(values))
    if odd.any():
        row = int(np.argmax(odd))
        raise WriteError("dbase_number", column=field.source, row=row + 1, value=values[row])
    filled = np.where(missing, UNKNOWN_NUMBER, values)
    return pd.Series(filled.astype(np.int64) if whole else filled)


def dbase_column(frame: pd.DataFrame, field: Field) -> pd.Series:
    """Return the values of one dBASE column (n,), as text, whole numbers, numbers or dates."""
    series, kind = frame[field.source], field.column.type
    if kind in _WORDS:
        parts = [pieces(text) for text in _words(series)]
        return pd.Series([p[field.part - 1] if len(p) >= field.part else "" for p in parts], dtype=object)
    if kind == "bool":
        answers = series.astype("boolean")
        return pd.Series(["" if pd.isna(a) else (YES if a else NO) for a in answers], dtype=object)
    if kind == "date":
        days = [None if pd.isna(d) else pd.Timestamp(d).date() for d in series]
        return pd.Series(days, dtype=pd.ArrowDtype(pa.date32()))
    return _numbers(series, field, whole=kind == "int")


def dbase_frame(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return the frame's columns under their short names; columns that the dictionary does not know stay out."""
    fields = dbase_fields(frame, layer)
    columns: dict[Hashable, pd.Series] = {f.name: dbase_column(frame, f) for f in fields}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


def dbase_findings(frame: pd.DataFrame, layer: str) -> tuple[Finding, ...]:
    """Return a finding for every column whose text runs on in further dBASE columns, with the rows concerned."""
    out = []
    for field in dbase_fields(frame, layer):
        if field.part == 2:  # noqa: PLR2004 - the first further column tells it once
            texts = _words(frame[field.source])
            rows = tuple(i + 1 for i, text in enumerate(texts) if len(text.encode()) > TEXT_BYTES)
            out.append(Finding("dbase_text_split", layer=layer, column=field.source, rows=rows,
                               details={"short": field.column.short}))
    return tuple(out)


_KINDS = {
    "code": "chữ", "text": "chữ", "choice": "chữ", "int": "số nguyên", "float": "số", "bool": "chữ", "date": "ngày",
}
_BLANKS = {
    "int": f"{UNKNOWN_NUMBER} = không có số liệu", "float": f"{UNKNOWN_NUMBER} = không có số liệu",
    "bool": f"{YES}/{NO}; để trống = không rõ",
}


def field_table(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return the explanation of every dBASE column, in Vietnamese: what it means, its unit, how gaps are written."""
    rows = []
    for field in dbase_fields(frame, layer):
        c = field.column
        label = c.label_vi if field.part == 1 else f"{c.label_vi} (phần {field.part}, nối tiếp {c.short})"
        blank = _BLANKS.get(c.type, "để trống = không có")
        rows.append((field.name, c.name, label, _KINDS[c.type], c.unit, " | ".join(c.choices), blank, c.description))
    heads = ["Tên trường", "Tên đầy đủ", "Ý nghĩa", "Kiểu", "Đơn vị", "Giá trị", "Khi thiếu số liệu", "Ghi chú"]
    return pd.DataFrame(rows, columns=heads)
