"""Microwave hops between places and masts near fibre, and between places, for the network of links."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.compute import Progress, run_pieces, silent
from coverage.radio.link_budget import load_presets
from coverage.scenario import Scenario
from coverage.siting.backhaul import Microwave, equipment_of, microwave_links
from coverage.siting.cost import add_up, line
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class PlacedHop:
    """A hop that works from a place (its row) to a place or, numbered after all places, to a hub."""

    a: int
    b: int
    m: float
    freq_ghz: float
    mbps: float
    factor: float


@dataclass(frozen=True, eq=False)
class _Search:
    """Antennas: those of the places first, then those of the hubs."""

    layers: Layers
    scenario: Scenario
    xy_m: FloatArray
    height_m: FloatArray
    n_places: int

    def near(self, row: int, first: int, last: int, most: int) -> list[tuple[int, Microwave]]:
        """Return the nearest hops that work from a place to the antennas ``first`` to ``last``."""
        ends, heights = self.xy_m[first:last], self.height_m[first:last]
        at = np.flatnonzero(np.hypot(*(ends - self.xy_m[row]).T) <= self.scenario.rate("microwave_max_m"))
        found = microwave_links(self.layers.elevation, self.xy_m[row], float(self.height_m[row]), ends[at],
                                heights[at], self.scenario)
        return [(first + int(at[one.end]), one) for one in islice(found, most)]


def hops(
    places: pd.DataFrame, far: pd.DataFrame, factor: FloatArray, fibre_mvnd: FloatArray, layers: Layers,
    scenario: Scenario, *, progress: Progress = silent,
) -> list[PlacedHop]:
    """Return the hops that some plan could use.

    From every place to the nearest hubs (``far``) that work, at most ``hubs_per_site``; from every place to the
    nearest other places that work, at most ``sites_per_site``, used both ways.
    Left out, since other links do the same for no more money: a hop to a hub that carries no more than one to a nearer
    hub; any hop of a place that fibre reaches for no more (``fibre_mvnd``, of each place); a hop between two places
    neither of which needs it, fibre or a direct hop that carries as much being there.

    Parameters
    ----------
    places : columns host_height_m, x_m, y_m. factor : (n,) access multiplier of each; a hop takes the larger.
    """
    rules, count = scenario.backhaul, len(places)
    if not count or not rules.max_hops:
        return []
    own = load_presets().default_height_m["macro"]
    search = _Search(
        layers, scenario, np.vstack([f[["x_m", "y_m"]].to_numpy(np.float64) for f in (places, far)]),
        np.r_[places["host_height_m"].fillna(own).to_numpy(np.float64), far["height_m"].to_numpy(np.float64)], count)
    price = {f: add_up(scenario, [line(scenario, "microwave_hop", 1.0, f)], []).cost_mvnd
             for f in sorted(set(factor.tolist()))}
    wired = np.array([fibre_mvnd[row] <= price[factor[row]] for row in range(count)])
    out: list[PlacedHop] = []
    direct = np.where(wired, np.inf, 0.0)       # what a place may send without another place

    def to_hubs(row: int) -> list[tuple[int, Microwave]]:
        return search.near(row, count, len(search.xy_m), rules.hubs_per_site)

    rows = np.flatnonzero(~wired).tolist()
    for row, found in zip(rows, run_pieces(to_hubs, rows, stage="links", progress=progress), strict=True):
        for end, hop in found:
            if hop.check.mbps > direct[row]:
                direct[row] = hop.check.mbps
                out.append(_placed(row, end, hop, float(factor[row])))
    out += _between(search, direct, factor, fibre_mvnd, price, progress)
    return out


def _between(
    search: _Search, direct: FloatArray, factor: FloatArray, fibre_mvnd: FloatArray, price: dict[float, float],
    progress: Progress,
) -> Iterator[PlacedHop]:
    """Yield the hops between places that one of them needs."""
    rules = search.scenario.backhaul
    best = max((c.mbps for e in equipment_of(search.scenario) for c in e.classes), default=0.0)
    rows = np.flatnonzero(direct < best).tolist()

    def to_places(row: int) -> list[tuple[int, Microwave]]:
        return search.near(row, 0, search.n_places, rules.sites_per_site)

    pairs: dict[tuple[int, int], Microwave] = {}
    for row, found in zip(rows, run_pieces(to_places, rows, stage="links_between", progress=progress), strict=True):
        for end, hop in found:
            pairs.setdefault((min(row, end), max(row, end)), hop)
    for (a, b), hop in sorted(pairs.items()):
        access = float(max(factor[a], factor[b]))
        if any(direct[x] < hop.check.mbps and fibre_mvnd[x] > price[access] for x in (a, b)):
            yield _placed(a, b, hop, access)


def _placed(a: int, b: int, hop: Microwave, factor: float) -> PlacedHop:
    return PlacedHop(a, b, hop.m, hop.equipment.freq_ghz, hop.check.mbps, factor)
