"""Words and numbers as Vietnamese papers write them; labels in Vietnamese and English from words.csv."""

import csv
import functools
import math
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from typing import Any

import pandas as pd
from pyproj import CRS

from coverage.errors import CoverageError

MISSING = "–"
_BILLION_MVND = 1_000.0


@functools.cache
def _words() -> dict[tuple[str, str], dict[str, str]]:
    text = resources.files("coverage.brief").joinpath("words.csv").read_text(encoding="utf-8")
    return {(row["group"], row["key"]): row for row in csv.DictReader(text.splitlines())}


def word(group: str, key: Any, language: str = "vi") -> str:
    """Return the label of ``key`` in a group of words.csv; raise CoverageError for a key it does not know."""
    if is_missing(key):
        return MISSING
    try:
        return _words()[group, str(key)][language]
    except KeyError:
        raise CoverageError("word_missing", group=group, key=key) from None


def words_of(group: str, language: str = "vi") -> dict[str, str]:
    """Return key -> label of one group, in the file's order."""
    return {key: row[language] for (name, key), row in _words().items() if name == group}


def stage_text(stage: str, language: str = "vi") -> str:
    """Return a stage of a long run as a person reads it; a stage that words.csv lacks is shown as it is."""
    row = _words().get(("stage", stage))
    return row[language] if row else stage


def operator_word(operator: Any, language: str = "vi") -> str:
    """Return an operator's own name; 'TATCA' becomes 'all operators'."""
    key = ("operator", str(operator))
    return _words()[key][language] if key in _words() else str(operator)


def is_missing(value: Any) -> bool:
    """Tell whether a cell holds no value (None, NA, NaT, NaN)."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def vn_number(value: Any, decimals: int = 0) -> str:
    """Write a number as 1.234,5 (half away from zero); a missing one as '–', an infinite one as '∞'."""
    if is_missing(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    exact = Decimal(repr(float(value))) if isinstance(value, float) or hasattr(value, "dtype") else Decimal(value)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    if not rounded:
        rounded = abs(rounded)  # no "-0"
    return f"{rounded:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def vn_trimmed(value: Any, decimals: int) -> str:
    """Write a number with at most ``decimals`` decimals, without trailing zeros: 10; 10,5; 10,25."""
    text = vn_number(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def vn_percent(share: Any, decimals: int = 1) -> str:
    """Write a share (0...1) as 12,3%."""
    return MISSING if is_missing(share) else f"{vn_number(100 * float(share), decimals)}%"


def vn_share(part: Any, whole: Any, decimals: int = 1) -> str:
    """Write part/whole as '12/150 (8,0%)'; the share is left out when there is no whole."""
    counts = f"{vn_number(part)}/{vn_number(whole)}"
    if is_missing(part) or is_missing(whole) or not whole:
        return counts
    return f"{counts} ({vn_percent(part / whole, decimals)})"


def vn_date(value: Any) -> str:
    """Write a date, a timestamp or ISO text as dd/mm/yyyy; a missing one as '–'."""
    if is_missing(value) or value == "":
        return MISSING
    day = value if isinstance(value, date) else datetime.fromisoformat(str(value))
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def vn_money(mvnd: Any) -> str:
    """Write million VND as '850 triệu đồng' or, from a billion up, '1,25 tỷ đồng'."""
    if is_missing(mvnd):
        return MISSING
    if abs(mvnd) < _BILLION_MVND:
        return f"{vn_trimmed(mvnd, 1)} triệu đồng"
    return f"{vn_trimmed(float(mvnd) / _BILLION_MVND, 2)} tỷ đồng"


def vn_km(metres: Any, decimals: int = 1) -> str:
    """Write metres as '2,6 km'."""
    return MISSING if is_missing(metres) else f"{vn_number(float(metres) / 1_000, decimals)} km"


def yes_no(value: Any, language: str = "vi") -> str:
    """Write a flag as Có / Không / Chưa rõ (NA)."""
    if is_missing(value):
        return word("yes_no", "unknown", language)
    return word("yes_no", "yes" if value else "no", language)


def with_unit(name: str, kind: str = "thôn") -> str:
    """Put 'thôn' before a village's name unless the name already says what it is (Thôn, Bản, Làng, Tổ ...)."""
    known = ("thôn", "bản", "làng", "xóm", "ấp", "buôn", "tổ", "khu", "khối", "khóm", "nóc", "plei", "điểm")
    first = name.strip().split(" ", 1)[0].lower()
    if first == kind:
        return f"{kind} {name.strip().split(' ', 1)[1]}" if " " in name.strip() else name
    return name if first in known else f"{kind} {name}"


def sentence(text: str) -> str:
    """Return the text with its first letter in capitals and nothing else changed."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Fold Vietnamese text to ASCII for file names: 'Đắc Pring' -> 'dac_pring'."""
    folded = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = (c.lower() if c.isascii() and c.isalnum() else "_" for c in folded if not unicodedata.combining(c))
    return "_".join(part for part in "".join(letters).split("_") if part)


def vn_degrees(degrees: float) -> str:
    """Write decimal degrees as 107°45' (nearest minute)."""
    minutes = round(abs(degrees) * 60)
    return f"{'-' if degrees < 0 else ''}{minutes // 60}°{minutes % 60:02d}'"


def crs_note(crs: Any, language: str = "vi") -> str:
    """Name a CRS as a map sheet does: "Hệ tọa độ VN-2000, kinh tuyến trục 107°45', múi chiếu 3°"."""
    parsed = CRS.from_user_input(crs)
    datum = parsed.geodetic_crs.name if parsed.geodetic_crs else ""
    operation = parsed.coordinate_operation
    if not datum.startswith("VN-2000") or operation is None:
        return f"Hệ tọa độ {parsed.name}" if language == "vi" else f"CRS {parsed.name}"
    values = {p.name: float(p.value) for p in operation.params}
    meridian = vn_degrees(values["Longitude of natural origin"])
    zone = 3 if math.isclose(values["Scale factor at natural origin"], 0.9999) else 6  # TT 973/2001
    if language == "vi":
        return f"Hệ tọa độ VN-2000, kinh tuyến trục {meridian}, múi chiếu {zone}°"
    return f"VN-2000, central meridian {meridian}, {zone}° zone"
