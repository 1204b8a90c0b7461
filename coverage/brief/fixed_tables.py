"""Fixed broadband on paper: sheets of the workbook and layers of the hand-in, from one plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.brief.fixed_figures import fixed_lines
from coverage.brief.tables import with_survey_axes, worded
from coverage.brief.words import word
from coverage.money.fixed import fixed_outlay
from coverage.money.outlay import LEVELS
from coverage.plan.fixed import FixedPlan

PLACES, LINKS, YEAR = "fixed_places", "fixed_links", "fixed_year"


@dataclass(frozen=True)
class FixedSheet:
    """One sheet: its frame in words, the dictionary's layer, the lines to print above it."""

    frame: pd.DataFrame
    layer: str
    lines: tuple[str, ...] = ()


def fixed_sheets(
    fixed: FixedPlan | None, frames: Mapping[str, gpd.GeoDataFrame] | None = None, language: str = "vi"
) -> Mapping[str, FixedSheet]:
    """Return the sheets by their key of the group "workbook"; none without a plan.

    ``frames``: ``fixed_frames`` in the CRS handed in, with survey axes; None = the pack's CRS.
    """
    if fixed is None:
        return MappingProxyType({})
    own = fixed_frames(fixed) | {name: frame for name, frame in (frames or {}).items() if name in (PLACES, LINKS)}
    lines = fixed_lines(fixed, language)
    return MappingProxyType({
        PLACES: FixedSheet(places_table(own[PLACES], language), PLACES, lines),
        LINKS: FixedSheet(links_table(own[LINKS], own[PLACES], language), LINKS, lines),
        YEAR: FixedSheet(year_table(fixed, language), YEAR, lines[1:2]),
    })


def fixed_frames(fixed: FixedPlan | None) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers handed in, by name, in the pack's CRS; none without a plan."""
    if fixed is None:
        return {}
    order = np.lexsort((fixed.places["code"].astype(str), fixed.places["kind"].astype(str) != "thon",
                        ~fixed.places["connected"].to_numpy(dtype=bool)))
    places = fixed.places.iloc[order].reset_index(drop=True)
    places = places.assign(budget_mvnd=fixed.budget_mvnd, links_text=[", ".join(x) for x in places["links"]])
    links = fixed.links.assign(budget_mvnd=fixed.budget_mvnd,
                               mobile_text=[", ".join(x) for x in fixed.links["mobile_links"]])
    return {PLACES: with_survey_axes(places.drop(columns=["links", "cost_lines"])),
            LINKS: links.drop(columns=["sites", "mobile_links", "cost_lines"])}


def places_table(places: gpd.GeoDataFrame, language: str = "vi") -> pd.DataFrame:
    """Return one row per village and institution without fibre, connected ones first."""
    return worded(places, PLACES, language)


def links_table(links: gpd.GeoDataFrame, places: gpd.GeoDataFrame, language: str = "vi") -> pd.DataFrame:
    """Return one row per cable link; a bare junction is named after the nearest of ``places``."""
    junction = word("fixed_word", "junction", language)
    near = shapely.STRtree(places.geometry.to_numpy())
    names = places["name"].astype(str).to_numpy(dtype=object)

    def called(column: str, end: int) -> list[str]:
        spots = shapely.get_point(links.geometry.to_numpy(), end)
        return [str(own) or junction.format(name=names[int(near.nearest(spot))])
                for own, spot in zip(links[column], spots, strict=True)]

    return worded(links.assign(from_name=called("from_name", 0), to_name=called("to_name", -1)), LINKS, language)


def year_table(fixed: FixedPlan, language: str = "vi") -> pd.DataFrame:
    """Return the outlay by calendar year and line, with the same plan at low, base and high prices."""
    own = fixed_outlay(fixed).by_year
    for level in LEVELS:
        other = fixed_outlay(fixed, level).by_year.set_index("year")["total_mvnd"]
        own = own.assign(**{f"{level}_mvnd": own["year"].map(other).to_numpy()})
    return worded(own, YEAR, language)
