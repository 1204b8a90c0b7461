"""One cell of an office's table turned into a value of the dictionary's type, or refused with the reason."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from geodata.layers import Column
from geodata.mapping.spec import ColumnSpec
from geodata.read.coordinates import NumberStyle, parse_number
from geodata.units import tidy_name

Reason = Literal["unreadable", "out_of_range", "unknown_choice"]


class CellError(ValueError):
    """A cell that cannot become a value of its column; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Words:
    """How numbers and yes/no are written in a file when a column does not say otherwise."""

    number: NumberStyle
    yes: frozenset[str]
    no: frozenset[str]


def cell_text(value: object) -> str:
    """Return a cell as the text a person sees: '' for an empty one, 20455 for 20455.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return tidy_name(str(value))


def convert_cell(value: object, column: Column, spec: ColumnSpec, words: Words) -> object:
    """Return the cell as the column's type, None where it is empty, a tuple where one value stands for several.

    Raises CellError; nothing is clamped, filled or guessed.
    """
    text = cell_text(value)
    if spec.values is not None and text in spec.values:
        mapped = spec.values[text]
        if isinstance(mapped, list):
            return tuple(_typed(one, column, spec, words) for one in mapped)
        return _typed(mapped, column, spec, words)
    return _typed(value, column, spec, words)


def _typed(value: object, column: Column, spec: ColumnSpec, words: Words) -> object:
    text = cell_text(value)
    if not text:
        return None
    match column.type:
        case "code" | "text":
            return text
        case "choice":
            if text not in column.choices:
                raise CellError("unknown_choice")
            return text
        case "bool":
            return _yes_or_no(value, text, words)
        case "date":
            return _date(value, text, spec.date)
        case _:
            return _number(value, column, spec, words)


def _yes_or_no(value: object, text: str, words: Words) -> bool:
    if isinstance(value, bool):
        return value
    if text in words.yes:
        return True
    if text in words.no:
        return False
    raise CellError("unknown_choice")


def _date(value: object, text: str, form: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.strptime(text, form or "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise CellError("unreadable") from None


def _number(value: object, column: Column, spec: ColumnSpec, words: Words) -> float | int | None:
    try:
        number = parse_number(value, spec.number or words.number, spec.suffix)
    except ValueError:
        raise CellError("unreadable") from None
    if math.isnan(number):
        return None
    if column.type == "int" and not number.is_integer():
        raise CellError("unreadable")
    too_small = column.minimum is not None and number < column.minimum
    too_large = column.maximum is not None and number > column.maximum
    if too_small or too_large:
        raise CellError("out_of_range")
    return int(number) if column.type == "int" else number


def value_range(column: Column) -> str:
    """Return the values a column takes, for a message."""
    if column.choices:
        return ", ".join(column.choices)
    if column.type == "bool":
        return "words.yes, words.no"
    if column.minimum is None and column.maximum is None:
        return column.type
    return f"{_plain(column.minimum)}...{_plain(column.maximum)} {column.unit}".strip()


def _plain(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}"


