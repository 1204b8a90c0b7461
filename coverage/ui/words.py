"""The screen's words in Vietnamese and English, from words.csv; numbers and dates as each language writes them."""

import csv
import functools
from importlib import resources
from typing import Any

from coverage.brief.web_text import local_number
from coverage.brief.words import MISSING, is_missing, vn_money
from coverage.errors import CoverageError

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
_BILLION_MVND = 1_000.0


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    text = resources.files("coverage.ui").joinpath("words.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def known(key: str) -> bool:
    """Tell whether words.csv has a key."""
    return key in _words()


def text(key: str, language: str, **values: object) -> str:
    """Return a text of words.csv with its {placeholders} filled; raise CoverageError for an unknown key."""
    try:
        return _words()[key][language].format(**values)
    except KeyError:
        raise CoverageError("word_missing", group="ui", key=key) from None


def number(value: Any, language: str, decimals: int = 0) -> str:
    """Write 1.234,5 in Vietnamese and 1,234.5 in English."""
    return local_number(value, decimals, language)


def share(part: Any, whole: Any, language: str, decimals: int = 1) -> str:
    """Write part of whole as '8,0%'; '–' where there is no whole."""
    if is_missing(part) or is_missing(whole) or not whole:
        return MISSING
    return f"{number(100.0 * float(part) / float(whole), language, decimals)}%"


def money(mvnd: Any, language: str) -> str:
    """Write million VND as '850 triệu đồng', '1,25 tỷ đồng' or '1.25 billion VND'."""
    if language == "vi" or is_missing(mvnd):
        return vn_money(mvnd)
    value, unit = (
        (float(mvnd) / _BILLION_MVND, "billion VND") if mvnd >= _BILLION_MVND else (float(mvnd), "million VND")
    )
    plain = number(value, language, 2)
    return f"{plain.rstrip('0').rstrip('.') if '.' in plain else plain} {unit}"


def seconds_text(seconds: float, language: str) -> str:
    """Write an elapsed time as '4,2 giây' or '2 phút 05 giây'."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{number(seconds, language, 1)} {text('unit_second', language)}"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} {text('unit_minute', language)} {rest:02d} {text('unit_second', language)}"


def unit_text(unit: str, language: str) -> str:
    """Return a unit of the profile or price book ('triệu đồng/trạm') in the screen's language."""
    if language == "vi":
        return unit
    parts = (text(f"unit:{part}", language) if known(f"unit:{part}") else part for part in unit.split("/"))
    return "/".join(parts)
