"""Sheets of the regional centres: where they stand, which commune goes where, every village with its minutes."""

import math
from typing import Any

import pandas as pd

from coverage.brief.web_text import local_number
from coverage.brief.words import is_missing, word, words_of, yes_no
from coverage.plan import Centres, Depth
from coverage.summary import SOLVER_WORDS

Sheet = tuple[pd.DataFrame, tuple[str, ...]]
MINUTE_DECIMALS = 1


def centres_tables(depth: Depth | None, language: str = "vi") -> dict[str, Sheet]:
    """Return frame and lines above it by key of the group "workbook"; nothing where no centres were computed."""
    if depth is None or depth.centres is None:
        return {}
    found = depth.centres
    lines = centres_lines(found, language)
    return {
        "centres": (centre_table(found, language), lines),
        "centre_communes": (commune_table(found, language), lines[:1]),
        "centre_villages": (village_table(found, language), lines[:1]),
    }


def centres_lines(found: Centres, language: str = "vi") -> tuple[str, ...]:
    """Say what was asked, what is proven, how travel is counted, and who is left out."""
    vi = language == "vi"
    kind = word("centre_kind", found.kind, language)
    weight = word("centre_weight", found.weight, language)
    asked = word("centre_note", "asked", language).format(
        p=found.p, places=found.places, kind=kind, weight=weight, weighed=local_number(found.weighed, 0, language))
    gap = math.ceil(100.0 * found.gap_percent - 1e-9) / 100.0
    proven = word("centre_note", f"proof_{found.kind}", language).format(
        status=SOLVER_WORDS[found.status][0 if vi else 1], value=_minutes(found.value_min, language),
        bound=_minutes(found.bound_min, language), gap=local_number(gap, 2, language))
    return (asked, proven, word("centre_note", "travel", language), *(f.message(language) for f in found.findings))


def _minutes(value: Any, language: str) -> str:
    return "–" if is_missing(value) else local_number(value, MINUTE_DECIMALS, language)


def _round(values: pd.Series) -> list[float | None]:
    return [None if is_missing(v) else round(float(v), MINUTE_DECIMALS) for v in values]


def centre_table(found: Centres, language: str = "vi") -> pd.DataFrame:
    """Return one row per centre: where, who goes there, how long it takes them."""
    heads, rows = words_of("centre_heads", language), found.centres
    columns = (rows["commune_code"], rows["commune_name"], rows["communes"], rows["villages"], rows["people"].round(),
               rows["households"].round(), _round(rows["mean_min"]), _round(rows["max_min"]))
    return pd.DataFrame(dict(zip(heads.values(), map(list, columns), strict=True)))


def commune_table(found: Centres, language: str = "vi") -> pd.DataFrame:
    """Return one row per commune: the centre most of its weight goes to, and the minutes of its people."""
    heads, rows = words_of("centre_commune_heads", language), found.communes
    share = [None if is_missing(v) else round(100.0 * float(v), 1) for v in rows["share"]]
    columns = (rows["commune_code"], rows["name"], [yes_no(v, language) for v in rows["is_border"]], rows["villages"],
               rows["people"].round(), rows["centre_name"], share, _round(rows["mean_min"]), _round(rows["max_min"]),
               rows["unreached"])
    return pd.DataFrame(dict(zip(heads.values(), map(list, columns), strict=True)))


def village_table(found: Centres, language: str = "vi") -> pd.DataFrame:
    """Return one row per village: its centre and the minutes to it; a village without a way says so."""
    heads, rows = words_of("centre_village_heads", language), found.villages
    nowhere = word("centre_note", "nowhere", language)
    columns = (rows["village_code"], rows["name"], rows["commune_name"], rows["people"].round(),
               [name or nowhere for name in rows["centre_name"]], _round(rows["minutes"]))
    return pd.DataFrame(dict(zip(heads.values(), map(list, columns), strict=True)))
