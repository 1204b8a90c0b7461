"""What a site may reach the network by: masts near fibre, microwave hops that carry enough, satellite.

Cables and hops become one graph in ``coverage.siting.links``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.errors import ScenarioError
from coverage.gap.service import atmosphere
from coverage.radio.area_loss import point_paths
from coverage.radio.hop import HopCheck, HopEquipment, hop_check, load_equipment
from coverage.scenario import Scenario
from coverage.siting.cost import Line, add_up, line
from coverage.siting.distances import nearest
from geodata.grid import Raster
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
SIGHT_MHZ = 6_000.0     # any band of the model: the straight ray does not depend on it
AT_ONCE = 32            # far ends tried together, nearest first
SAME_PLACE_M = 1.0


@dataclass(frozen=True)
class Microwave:
    """A hop that works: number of the far end, metres, the band taken and what the check found."""

    end: int
    m: float
    equipment: HopEquipment
    check: HopCheck


@dataclass(frozen=True)
class Link:
    """The backhaul of one option: kind, where it ends, length in metres, capital lines and lines of a year, Mbit/s."""

    kind: str
    to: str
    m: float
    capital: tuple[Line, ...]
    support_year: tuple[Line, ...]
    mbps: float = np.nan


def hubs(layers: Layers, scenario: Scenario) -> pd.DataFrame:
    """Return the masts on air that stand near fibre: one row per place with site_code, operator, x_m, y_m, height_m.

    Without any fibre layer every mast on air counts, since it must have a link of its own.
    """
    sites = layers.sites[layers.sites["state"] == "on_air"].sort_values("site_code", kind="stable")
    frame = pd.DataFrame({
        "site_code": sites["site_code"].astype(str), "operator": sites["operator"].astype(str),
        "x_m": sites.geometry.x, "y_m": sites.geometry.y, "height_m": sites["height_m"].astype(float),
    })
    top = frame.groupby(["x_m", "y_m"])["height_m"].transform("max")
    frame = frame.assign(height_m=top).drop_duplicates(["x_m", "y_m"]).reset_index(drop=True)
    xy = frame[["x_m", "y_m"]].to_numpy()
    fibre = np.fmin(nearest(layers.fibre_routes, xy).m, nearest(layers.fibre_nodes, xy).m)
    return frame[~(fibre > scenario.service.fibre_near_m)].reset_index(drop=True)


def microwave_links(
    elevation: Raster, xy_m: FloatArray, height_m: float, ends_m: FloatArray, heights_m: FloatArray,
    scenario: Scenario,
) -> Iterator[Microwave]:
    """Yield the hops that work from one antenna to far ends (n, 2) with antennas at ``heights_m`` (n,), nearest first.

    A hop works with line of sight, 0.6 of the first Fresnel zone free at the lower k, and at least the scenario's
    capacity left under its rain. Equal distance goes to the lower number; where ground is missing there is no hop.
    """
    away = np.hypot(*(ends_m - xy_m).reshape(-1, 2).T)
    order = np.lexsort((np.arange(away.size), away))
    order = order[away[order] > SAME_PLACE_M]
    for begin in range(0, order.size, AT_ONCE):
        part = order[begin:begin + AT_ONCE]
        seen = _in_sight(elevation, xy_m, height_m, ends_m[part], heights_m[part], scenario)
        for end in part[seen].tolist():
            found = best_hop(elevation, xy_m, height_m, ends_m[end], float(heights_m[end]), scenario)
            if found is not None:
                yield Microwave(end, float(away[end]), *found)


def best_hop(
    elevation: Raster, a_xy_m: FloatArray, a_height_m: float, b_xy_m: FloatArray, b_height_m: float, scenario: Scenario,
) -> tuple[HopEquipment, HopCheck] | None:
    """Return the band with the highest capacity between two antennas, the lower one if equal; None below the least.

    Raises
    ------
    RadioError
        As ``coverage.radio.hop.hop_check``: no-data on the way, or both ends at one place.
    """
    rules = scenario.backhaul
    places = ((float(a_xy_m[0]), float(a_xy_m[1])), (float(b_xy_m[0]), float(b_xy_m[1])))
    best: tuple[HopEquipment, HopCheck] | None = None
    for equipment in equipment_of(scenario):
        check = hop_check(elevation, places, (a_height_m, b_height_m), equipment, atmosphere=atmosphere(scenario),
                          k_low=rules.k_low, rain_mm_h=rules.rain_mm_h, percent=rules.rain_percent)
        if check.clear and check.mbps >= rules.min_mbps and (best is None or check.mbps > best[1].mbps):
            best = equipment, check
    return best


def equipment_of(scenario: Scenario) -> tuple[HopEquipment, ...]:
    """Return the equipment of the scenario's bands, low to high; raises ScenarioError for a band without equipment."""
    known = {e.freq_ghz: e for e in load_equipment()}
    for band in scenario.backhaul.bands_ghz:
        if band not in known:
            raise ScenarioError("hop_band_unknown", value=f"{band:g}", known=", ".join(f"{b:g}" for b in sorted(known)))
    return tuple(known[b] for b in sorted(set(scenario.backhaul.bands_ghz)))


def _in_sight(
    elevation: Raster, xy_m: FloatArray, height_m: float, ends_m: FloatArray, heights_m: FloatArray, scenario: Scenario,
) -> npt.NDArray[np.bool_]:
    """Tell which far ends (n, 2) a straight ray reaches at the median radius; False across no-data."""
    seen = np.zeros(heights_m.size, dtype=bool)
    for height in np.unique(heights_m):
        at = np.flatnonzero(heights_m == height)
        paths = point_paths(elevation, (float(xy_m[0]), float(xy_m[1])), height_m, ends_m[at], rx_agl_m=float(height),
                            freq_mhz=SIGHT_MHZ, atmosphere=atmosphere(scenario))
        seen[at] = paths.clear == 1
    return seen


def cheapest(links: list[Link], scenario: Scenario) -> Link:
    """Return the link with the least State outlay; equal outlay goes to the first."""
    return min(links, key=lambda x: add_up(scenario, list(x.capital), list(x.support_year)).cost_mvnd)


def satellite_link(scenario: Scenario, factor: float, kit: str, month: str) -> Link:
    """Return a satellite terminal with its monthly fee: LEO for a small cell, VSAT for a macro site."""
    return Link("satellite", "", 0.0, (line(scenario, kit, 1.0, factor),), (line(scenario, month, 12.0),))
