"""Words, numbers and tooltips of the interactive map, in Vietnamese or English; texts in web_map.csv."""

import csv
import functools
import html
from importlib import resources
from typing import Any

from coverage.brief.words import is_missing, vn_number
from coverage.errors import CoverageError


@functools.cache
def _texts() -> dict[str, dict[str, str]]:
    text = resources.files("coverage.brief").joinpath("web_map.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def map_word(key: str, language: str = "vi", **values: object) -> str:
    """Return a text of web_map.csv with its {placeholders} filled; raise CoverageError for an unknown key."""
    try:
        return _texts()[key][language].format(**values)
    except KeyError:
        raise CoverageError("word_missing", group="web_map", key=key) from None


def local_number(value: Any, decimals: int = 0, language: str = "vi") -> str:
    """Write a number as 1.234,5 in Vietnamese and 1,234.5 in English; a missing one as '–'."""
    text = vn_number(value, decimals)
    return text if language == "vi" else text.translate(str.maketrans(",.", ".,"))


def escaped(value: Any) -> str:
    """Return a cell as text that is safe in HTML; a missing one as '–'."""
    return "–" if is_missing(value) else html.escape(str(value))


def tooltip(mark: str, title: str, lines: list[str]) -> str:
    """Return a tooltip's HTML: a hidden mark that a click hands back, a bold title, one line per fact.

    ``title`` and ``lines`` are HTML already.
    """
    body = "".join(f"<br>{line}" for line in lines if line)
    return f"<i hidden>{html.escape(mark)}|</i><b>{title}</b>{body}"


def clicked_mark(tooltip_text: str | None) -> tuple[str, str] | None:
    """Return (kind, code) from the text of a clicked tooltip, None where it carries no mark."""
    head = (tooltip_text or "").split("|", 2)
    return (head[0].strip(), head[1].strip()) if len(head) == 3 else None  # noqa: PLR2004 - kind | code | rest


def swatch(shape: str, colour: str, *, edge: str = "", opacity: float = 1.0) -> str:
    """Return the HTML of one key of the panel: round, square, tri, dia, line, dashed, dotted, or cased (in a band)."""
    if shape == "cased":
        return f"<span class='ps-key ps-line' style='border-color:{colour};box-shadow:0 0 0 3px {edge}'></span>"
    if shape in ("line", "dashed", "dotted"):
        extra = "" if shape == "line" else f" ps-{shape}"
        return f"<span class='ps-key ps-line{extra}' style='border-color:{colour}'></span>"
    if shape == "tri":
        return f"<span class='ps-key ps-tri' style='border-bottom-color:{colour}'></span>"
    cls = {"round": " ps-round", "dia": " ps-dia"}.get(shape, "")
    border = f"border:2px solid {edge};" if edge else ""
    return f"<span class='ps-key{cls}' style='background:{colour};opacity:{opacity};{border}'></span>"


def panel_label(title: str, keys: list[tuple[str, str]]) -> str:
    """Return the HTML of a layer in the panel: its title, and one key per class below it.

    A single key without text stands before the title.
    """
    if len(keys) == 1 and not keys[0][1]:
        return f"{keys[0][0]} {html.escape(title)}"
    if not keys:
        return html.escape(title)
    rows = "".join(f"<span>{key}<span>{html.escape(text)}</span></span>" for key, text in keys)
    return f"{html.escape(title)}<span class='ps-classes'>{rows}</span>"
