"""Why a site is in the plan: one or two sentences with figures, in Vietnamese and in English."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from coverage.gap.assessment import Assessment

NAMES_SHOWN = 3     # villages named in a sentence; the others are counted


def number(value: float, decimals: int = 0, language: str = "vi") -> str:
    """Write a number as 1.234,5 in Vietnamese and as 1,234.5 in English, half away from zero."""
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{rounded or abs(rounded):,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def _names(assessment: Assessment, rows: list[int], language: str) -> str:
    names = [str(assessment.villages["name"].iloc[r]) for r in rows[:NAMES_SHOWN]]
    more = len(rows) - len(names)
    text = ", ".join(names)
    if more:
        text += f" và {more} thôn khác" if language == "vi" else f" and {more} more"
    return text


def why(assessment: Assessment, site: dict[str, Any], effect: dict[str, Any], first: bool) -> tuple[str, str]:
    """Return the reason for a site in Vietnamese and English.

    Parameters
    ----------
    site : the row of the sites table (duplicate_of and so on). effect : the row of ``Effect.sites``.
    first : whether it is first in the build order, when nothing can overlap.
    """
    rows = effect["village_rows"]
    people, households = effect["new_people"], effect["new_households"]
    vi = [f"Đưa sóng đến {number(people)} người, {number(households)} hộ ở {_names(assessment, rows, 'vi')}"]
    en = [(f"Brings signal to {number(people, 0, 'en')} people in {number(households, 0, 'en')} households "
           f"of {_names(assessment, rows, 'en')}")]
    if effect["new_villages"]:
        vi.append(f"{number(effect['new_villages'])} thôn hết trắng sóng")
        leave = "village leaves" if effect["new_villages"] == 1 else "villages leave"
        en.append(f"{effect['new_villages']} {leave} the no-signal list")
    overlap = effect["alone_people"] - effect["new_people"]
    if not first and overlap > 0.5:  # noqa: PLR2004 - half a person is rounding
        vi.append(f"đứng riêng phủ được {number(effect['alone_people'])} người, trong đó {number(overlap)} người đã có"
                  " sóng nhờ các trạm xếp trước")
        en.append(f"alone it would reach {number(effect['alone_people'], 0, 'en')} people, of whom "
                  f"{number(overlap, 0, 'en')} have signal from sites earlier in the order")
    sentences_vi, sentences_en = ["; ".join(vi) + "."], ["; ".join(en) + "."]
    for vi_text, en_text in (_nearest(assessment, rows), _close(site)):
        if vi_text:
            sentences_vi.append(vi_text)
            sentences_en.append(en_text)
    return " ".join(sentences_vi), " ".join(sentences_en)


def _nearest(assessment: Assessment, rows: list[int]) -> tuple[str, str]:
    """Say which mast is nearest to the first village helped and whether terrain cuts it off."""
    if not rows:
        return "", ""
    village = assessment.villages.iloc[rows[0]]
    if pd.isna(village["nearest_1"]) or village["nearest_1"] == "":
        return "", ""
    name, code, operator = village["name"], village["nearest_1"], village["nearest_1_operator"]
    blocked = village["nearest_1_blocked"]
    km = float(village["nearest_1_km"])
    vi = f"Trạm gần {name} nhất là {code} ({operator}), cách {number(km, 1)} km"
    en = f"The mast nearest to {name} is {code} ({operator}), {number(km, 1, 'en')} km away"
    if not pd.isna(blocked):
        vi += ", bị địa hình che khuất" if blocked else ", không bị địa hình che nhưng chưa đủ mức thu"
        en += ", cut off by terrain" if blocked else ", in sight but too weak"
    return vi + ".", en + "."


def _close(site: dict[str, Any]) -> tuple[str, str]:
    """Warn of a mast that stands or is committed close by."""
    if not site["duplicate_of"]:
        return "", ""
    return (f"Cần rà soát trùng lặp đầu tư với {site['duplicate_of']} gần đó.",
            f"Check for duplicate investment with {site['duplicate_of']} close by.")
