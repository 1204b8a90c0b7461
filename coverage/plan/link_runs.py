"""Pieces of cable joined into the links that are built: a road with many side roads is one cable, priced once."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from coverage.scenario import Scenario
from coverage.siting.cost import add_up
from coverage.siting.links import works_of

FIBRE = "fibre"
JOINT = "điểm nối"     # an end without a name is called after the links that meet there
_SAME = ("kind", "way", "single_road", "build_year", "sites", "freq_ghz")


def joined(
    links: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, scenario: Scenario,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return links and sites with every run of pieces as one link, numbered anew in the order given.

    A run is fibre of one way (along a road, off it) that the same sites use without a branch, on single roads or off
    them throughout. Its price is that of its length, so the sum may differ by a few dong from that of the pieces. Lines
    lead from the sites to the network; pieces without length are left out. An end without a name is called after the
    links that meet there.

    Parameters
    ----------
    links, sites : as ``BudgetPlan`` has them.
    """
    if not len(links):
        return links, sites
    row = {str(i): at for at, i in enumerate(links["link_id"])}
    paths = [[row[i] for i in ids] for ids in sites["links"]]
    lines = _outwards_in(links, sites, paths)
    runs = _runs(links, paths)
    table = pd.DataFrame([_one(links, run, scenario) for run in runs], columns=[c for c in links if c != "geometry"])
    table["link_id"] = [f"TD-{at:03d}" for at in range(1, len(runs) + 1)]
    shape = [_line([lines[r] for r in run]) for run in runs]
    out = gpd.GeoDataFrame(table, geometry=shape, crs=links.crs)
    name = {r: table["link_id"].iloc[at] for at, run in enumerate(runs) for r in run}
    single = links["single_road"].to_numpy(dtype=bool)
    sites = sites.assign(
        links=[tuple(dict.fromkeys(name[r] for r in path if r in name)) for path in paths],
        hangs_on=[tuple(dict.fromkeys(name[r] for r in path if r in name and single[r])) for path in paths])
    return _named(out, sites), sites


def _named(links: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return links whose nameless ends are called after the site there, else the links: 'điểm nối TD-002'."""
    stands: dict[str, str] = {}
    if "name" in sites:
        for name, ids in zip(sites["name"], sites["links"], strict=True):
            if ids:
                stands.setdefault(ids[0], str(name))
    outer: dict[str, set[str]] = {}
    inner: dict[str, set[str]] = {}
    for ids in sites["links"]:
        for a, b in itertools.pairwise(ids):
            inner.setdefault(a, set()).add(b)
            outer.setdefault(b, set()).add(a)

    def told(names: pd.Series, meet: Mapping[str, set[str]]) -> list[str]:
        return [str(n) if n or i not in meet else f"{JOINT} {', '.join(sorted(meet[i]))}"
                for n, i in zip(names, links["link_id"], strict=True)]

    own = [str(n) or stands.get(i, "") for n, i in zip(links["from_name"], links["link_id"], strict=True)]
    return links.assign(from_name=told(pd.Series(own, dtype=object), outer), to_name=told(links["to_name"], inner))


def _runs(links: gpd.GeoDataFrame, paths: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return rows of links by run, each from the sites inwards; runs in the order of their first row."""
    kept = (links["length_m"] > 0).to_numpy()
    after: dict[int, set[int]] = {}
    before: dict[int, set[int]] = {}
    for path in ([r for r in p if kept[r]] for p in paths):
        steps = [-1, *path, -1]     # -1: the site before, the network after
        for a, b in itertools.pairwise(steps):
            after.setdefault(a, set()).add(b)
            before.setdefault(b, set()).add(a)
    rows = links.to_dict("records")

    def follows(a: int, b: int) -> bool:
        same = all(str(rows[a][c]) == str(rows[b][c]) for c in _SAME)
        plain = not rows[a]["opex_mvnd_year"] and not rows[b]["opex_mvnd_year"]
        return bool(same and plain and rows[a]["kind"] == FIBRE and after[a] == {b} and before[b] == {a})

    next_of = {a: next(iter(nexts)) for a, nexts in after.items() if a >= 0 and len(nexts) == 1}
    onward = {a: b for a, b in next_of.items() if b >= 0 and follows(a, b)}
    inner = set(onward.values())
    out = []
    for first in (int(r) for r in np.flatnonzero(kept) if int(r) not in inner):
        run = [first]
        while run[-1] in onward:
            run.append(onward[run[-1]])
        out.append(run)
    return sorted(out, key=min)


def _one(links: gpd.GeoDataFrame, run: Sequence[int], scenario: Scenario) -> dict[Any, Any]:
    """Return the row of a run."""
    pieces = [links.iloc[r] for r in run]
    row: dict[Any, Any] = pieces[0].drop("geometry").to_dict()
    if len(run) == 1:
        return row
    names = dict.fromkeys(n for p in pieces for n in str(p["road_name"]).split("; ") if n)
    cost = add_up(scenario, works_of((p["cost_lines"] for p in pieces), scenario), [])
    return row | {
        "to_name": pieces[-1]["to_name"], "length_m": float(sum(p["length_m"] for p in pieces)),
        "road_name": "; ".join(names), "capex_mvnd": cost.capex_mvnd, "opex_mvnd_year": cost.opex_mvnd_year,
        "cost_mvnd": cost.cost_mvnd, "cost_lines": tuple(tuple(x) for x in cost.lines),
    }


def _outwards_in(
    links: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, paths: Sequence[Sequence[int]],
) -> Mapping[int, NDArray[np.float64]]:
    """Return the vertices of every link, from the side of the sites to that of the network."""
    shapes = links.geometry.to_numpy()
    out: dict[int, NDArray[np.float64]] = {}
    for point, path in zip(sites.geometry, paths, strict=True):
        at = np.array([point.x, point.y])
        for r in path:
            if r not in out:
                xy = shapely.get_coordinates(shapes[r])
                away = [float(np.hypot(*(xy[end] - at))) for end in (0, -1)]
                out[r] = xy if away[0] <= away[1] else xy[::-1]
            at = out[r][-1]
    return out


def _line(pieces: Sequence[NDArray[np.float64]]) -> shapely.LineString:
    """Return one line through pieces that follow each other."""
    xy = np.vstack(pieces)
    moved = np.r_[True, np.any(np.diff(xy, axis=0) != 0, axis=1)]
    return shapely.LineString(xy[moved])
