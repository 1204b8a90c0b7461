"""Numbers and positions as offices write them: decimal commas, degrees-minutes-seconds, pairs in one cell.

Nothing is guessed in silence: which column is east and which is north comes from the mapping (X is northing in
Vietnamese survey tables), and magnitudes check it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

NumberStyle = Literal["vi", "en"]
FloatArray = npt.NDArray[np.float64]

# Where Việt Nam lies, its islands included: degrees, and metres of any VN-2000 zone. Only to tell axes apart.
LON_RANGE = (101.0, 118.0)
LAT_RANGE = (6.0, 24.0)
EASTING_RANGE = (100_000.0, 1_200_000.0)
NORTHING_RANGE = (650_000.0, 2_700_000.0)

_NUMBER = {
    "vi": re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"),
    "en": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"),
}
_DEGREES = re.compile(r"[+-]?\d{1,3}([.,]\d+)?")
_THREE_AFTER = re.compile(r"[+-]?\d{1,3},\d{3}")
_SIXTY = 60.0
_DMS = re.compile(
    r"(?P<d>\d+(?:[.,]\d+)?)\s*(?:°|º|˚|độ|d)\s*"
    r"(?:(?P<m>\d+(?:[.,]\d+)?)\s*(?:'|’|′|phút|m))?\s*"
    r"(?:(?P<s>\d+(?:[.,]\d+)?)\s*(?:\"|”|″|''|’’|giây|s))?\s*(?P<h>[NBEĐ])?",
    re.IGNORECASE,
)


def parse_number(value: object, style: NumberStyle = "vi", suffix: str = "") -> float:
    """Return a number written as 'vi' (1.234,5) or 'en' (1,234.5), or already a number; NaN for an empty cell.

    ``suffix`` is a unit that may follow ('45m', suffix 'm'). Raises ValueError for anything else ('đang cập nhật').
    """
    if value is None:
        return math.nan
    if isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004 - callers list every unreadable cell alike
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    text = str(value).replace("\xa0", "").replace(" ", "").strip()
    if suffix and text.lower().endswith(suffix.lower()):
        text = text[: -len(suffix)]
    if not text:
        return math.nan
    if not _NUMBER[style].fullmatch(text):
        raise ValueError(text)
    group = "." if style == "vi" else ","
    return float(text.replace(group, "").replace(",", "."))


def ambiguous_number(value: object) -> bool:
    """Tell whether a text such as '225,868' could mean both 225.868 and 225 868: one comma, three digits after it."""
    return isinstance(value, str) and _THREE_AFTER.fullmatch(value.strip()) is not None


@dataclass(frozen=True)
class Angle:
    """An angle read from text: decimal degrees, and whether seconds or minutes of 60 were carried over."""

    degrees: float
    carried: bool = False


def parse_angle(text: str) -> Angle:
    """Read one angle: 16°05'48,8" , 16.0969 or 16,0969. Raises ValueError for what is none, or minutes above 60.

    Seconds (or minutes) of exactly 60, left by rounding in the office's sheet, are carried into the next minute
    (degree), which is what the writer's rounding meant; the flag lets the caller say so.
    """
    cell = text.strip()
    if _DEGREES.fullmatch(cell):
        return Angle(float(cell.replace(",", ".")))
    found = _DMS.fullmatch(cell)
    if found is None:
        raise ValueError(text)
    whole, minutes, seconds = (float((found[part] or "0").replace(",", ".")) for part in "dms")
    if max(minutes, seconds) > _SIXTY:
        raise ValueError(text)
    return Angle(whole + minutes / 60 + seconds / 3600, carried=_SIXTY in (minutes, seconds))


def split_pair(text: str) -> tuple[str, str]:
    """Split one cell that holds two coordinates: '108,11848/16,10921', '16°05'48,8" 108°08'16,3"', '16.1; 108.2'."""
    cell = text.strip()
    angles = [m.group(0).strip() for m in _DMS.finditer(cell)]
    if len(angles) == 2:  # noqa: PLR2004 - a pair
        return angles[0], angles[1]
    for separator in ("/", ";", "|", "\t"):
        if cell.count(separator) == 1:
            first, second = cell.split(separator)
            return first.strip(), second.strip()
    parts = re.split(r",\s+|\s+", cell)
    if len(parts) != 2 and cell.count(",") == 1 and "." in cell:  # noqa: PLR2004
        parts = cell.split(",")
    if len(parts) != 2:  # noqa: PLR2004
        raise ValueError(text)
    return parts[0].strip(" ,"), parts[1].strip(" ,")


AxisFault = Literal["", "axes_swapped", "degrees_in_metres", "metres_in_degrees", "far_away"]


def axis_fault(x: float, y: float, *, projected: bool) -> AxisFault:
    """Say by magnitude what is wrong with one position (x east or longitude, y north or latitude), '' if nothing.

    ``projected`` is True when the column is said to hold metres.
    """
    degrees = _within(x, LON_RANGE) and _within(y, LAT_RANGE)
    swapped_degrees = _within(y, LON_RANGE) and _within(x, LAT_RANGE)
    metres = _within(x, EASTING_RANGE) and _within(y, NORTHING_RANGE)
    swapped_metres = _within(y, EASTING_RANGE) and _within(x, NORTHING_RANGE)
    if projected:
        if degrees or swapped_degrees:
            return "degrees_in_metres"
        if metres:
            return ""
        return "axes_swapped" if swapped_metres else "far_away"
    if degrees:
        return ""
    if swapped_degrees:
        return "axes_swapped"
    return "metres_in_degrees" if metres or swapped_metres else "far_away"


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


@dataclass(frozen=True)
class Positions:
    """Coordinates of a table's rows, and what was wrong with them.

    Parameters
    ----------
    x, y : (n,) east or longitude, north or latitude; NaN where unreadable.
    unreadable, carried : positions of the rows whose text cannot be read, or held seconds of 60.
    faults : (n,) result of axis_fault for the rows that could be read.
    """

    x: FloatArray
    y: FloatArray
    unreadable: tuple[int, ...]
    carried: tuple[int, ...]
    faults: tuple[AxisFault, ...]


def read_positions(
    first: Sequence[object], second: Sequence[object] | None, *, first_is_east: bool, projected: bool,
    style: NumberStyle = "vi",
) -> Positions:
    """Read the positions of a table from two columns, or from one that holds pairs (``second`` None).

    ``first_is_east`` says which of the two is longitude or easting, ``projected`` that they are metres.
    """
    xs, ys = np.full(len(first), np.nan), np.full(len(first), np.nan)
    unreadable: list[int] = []
    carried: list[int] = []
    faults: list[AxisFault] = []
    for i, one in enumerate(first):
        fault: AxisFault = ""
        try:
            a, b = split_pair(str(one)) if second is None else (one, second[i])
            one_read = _coordinate(a, projected=projected, style=style)
            other_read = _coordinate(b, projected=projected, style=style)
        except ValueError:
            unreadable.append(i)
        else:
            x, y = one_read.degrees, other_read.degrees
            xs[i], ys[i] = (x, y) if first_is_east else (y, x)
            if one_read.carried or other_read.carried:
                carried.append(i)
            fault = axis_fault(float(xs[i]), float(ys[i]), projected=projected)
        faults.append(fault)
    return Positions(xs, ys, tuple(unreadable), tuple(carried), tuple(faults))


def _coordinate(value: object, *, projected: bool, style: NumberStyle) -> Angle:
    """Read one coordinate; a lone comma or dot in a text of degrees is decimal, in metres ``style`` decides."""
    degrees_text = isinstance(value, str) and not projected and value.strip()
    angle = parse_angle(str(value)) if degrees_text else Angle(parse_number(value, style))
    if not math.isfinite(angle.degrees):
        raise ValueError(value)
    return angle
