"""Why a site is in the plan: one or two sentences with figures, in Vietnamese and in English."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from coverage.gap.assessment import Assessment
from coverage.gap.masts import baseline_sites, headline_on
from coverage.gap.service import atmosphere, masts_table
from coverage.radio.signal import nearest_sites
from coverage.scenario import Scenario
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]

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


@dataclass(frozen=True)
class NearestMast:
    """The nearest mast on air of the headline technologies to a place: code, operator, distance, cut by terrain."""

    code: str
    operator: str
    km: float
    blocked: bool | None


def nearest_masts(layers: Layers, scenario: Scenario, xy_m: FloatArray) -> list[NearestMast | None]:
    """Return the nearest 4G-or-better mast of places (n, 2); None without any."""
    table = masts_table(baseline_sites(layers.sites), headline_on(scenario.service), scenario)
    near = nearest_sites(table, xy_m, layers.elevation, rx_agl_m=scenario.service.rx_height_m,
                         atmosphere=atmosphere(scenario), k=1)
    return [
        NearestMast(str(table.site_code[row]), str(table.operator[row]), float(away) / 1000.0,
                    None if cut < 0 else bool(cut)) if row >= 0 else None
        for row, away, cut in zip(near.site[:, 0], near.distance_m[:, 0], near.blocked[:, 0], strict=True)
    ]


def why(
    assessment: Assessment, site: dict[str, Any], effect: dict[str, Any], near: NearestMast | None, *, first: bool
) -> tuple[str, str]:
    """Return the reason for a site in Vietnamese and English.

    Parameters
    ----------
    site : the row of the sites table (duplicate_of and so on). effect : the row of ``Effect.sites``.
    near : the mast nearest to the largest settlement it newly serves.
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
    for vi_text, en_text in (_nearest(near), _close(site)):
        if vi_text:
            sentences_vi.append(vi_text)
            sentences_en.append(en_text)
    return " ".join(sentences_vi), " ".join(sentences_en)


def _nearest(near: NearestMast | None) -> tuple[str, str]:
    """Say which mast is nearest to the largest settlement helped, and whether terrain cuts it off."""
    if near is None:
        return "", ""
    vi = f"Trạm 4G gần khu dân cư này nhất là {near.code} ({near.operator}), cách {number(near.km, 1)} km"
    en = f"The nearest 4G mast is {near.code} ({near.operator}), {number(near.km, 1, 'en')} km away"
    if near.blocked is not None:
        vi += ", bị địa hình che khuất" if near.blocked else ", không bị che khuất nhưng mức thu dưới ngưỡng"
        en += ", cut off by terrain" if near.blocked else ", in sight but below the threshold"
    return vi + ".", en + "."


def _close(site: dict[str, Any]) -> tuple[str, str]:
    """Warn of a mast that stands or is committed close by."""
    if not site["duplicate_of"]:
        return "", ""
    return (f"Cần rà soát trùng lặp đầu tư với {site['duplicate_of']} gần đó.",
            f"Check for duplicate investment with {site['duplicate_of']} close by.")
