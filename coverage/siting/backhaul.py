"""How a site reaches the network: fibre along the road, a microwave hop with line of sight, or satellite.

First version: every site on its own; the cheapest way that works is taken. Two sites that could share a cable each
pay for their own.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import KDTree

from coverage.gap.service import atmosphere
from coverage.radio.area_loss import point_paths
from coverage.scenario import Scenario
from coverage.siting.cost import Line, add_up, line
from coverage.siting.distances import nearest
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
HOP_MHZ = 6_000.0       # top of the model's range; real hops at 7-15 GHz need less clearance
CLEAR_EXCESS_DB = 1.0   # diffraction below 1 dB: about half of the first Fresnel zone is free (P.1812 eq 12)
AT_ONCE = 32            # far ends tried together, nearest first
FREE_SPACE_DB = 92.4    # P.1812 eq 8, GHz and km


@dataclass(frozen=True)
class Hop:
    """The nearest mast that a place can see (n,): its code, "" if none, and the distance in metres, NaN if none."""

    to: npt.NDArray[np.object_]
    m: FloatArray


@dataclass(frozen=True)
class Link:
    """The backhaul of one option: kind, where it ends, length in metres, capital lines and lines of a year."""

    kind: str
    to: str
    m: float
    capital: tuple[Line, ...]
    support_year: tuple[Line, ...]


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


def microwave_hops(
    place: pd.DataFrame, height_m: FloatArray, far: pd.DataFrame, layers: Layers, scenario: Scenario
) -> Hop:
    """Return for places (n,) with antennas at ``height_m`` the nearest far end in clear sight.

    Clear: the diffraction of the terrain model at 6 GHz stays below 1 dB. A far end at the place itself is no hop.
    """
    xy = place[["x_m", "y_m"]].to_numpy(dtype=np.float64)
    to = np.full(len(place), "", dtype=object)
    out = np.full(len(place), np.nan)
    if far.empty:
        return Hop(to, out)
    ends = far[["x_m", "y_m"]].to_numpy(dtype=np.float64)
    heights = far["height_m"].to_numpy(dtype=np.float64)
    codes = (far["site_code"] + " (" + far["operator"] + ")").to_numpy(object)
    tree = KDTree(ends)
    for row in range(len(place)):
        near = np.array(tree.query_ball_point(xy[row], scenario.rate("microwave_max_m")), dtype=np.intp)
        away = np.hypot(*(ends[near] - xy[row]).T)
        order = np.lexsort((near, away))
        order = order[away[order] > 1.0]
        for begin in range(0, order.size, AT_ONCE):
            part = order[begin:begin + AT_ONCE]
            clear = _in_sight(xy[row], float(height_m[row]), ends[near[part]], heights[near[part]], layers, scenario)
            if clear.any():
                first = part[int(np.argmax(clear))]
                to[row], out[row] = codes[near[first]], away[first]
                break
    return Hop(to, out)


def _in_sight(
    xy: FloatArray, height_m: float, ends: FloatArray, heights_m: FloatArray, layers: Layers, scenario: Scenario
) -> npt.NDArray[np.bool_]:
    """Tell which far ends (n, 2) an antenna sees: diffraction at 6 GHz below 1 dB."""
    clear = np.zeros(heights_m.size, dtype=bool)
    for height in np.unique(heights_m):
        at = np.flatnonzero(heights_m == height)
        loss = point_paths(layers.elevation, (xy[0], xy[1]), height_m, ends[at], rx_agl_m=float(height),
                           freq_mhz=HOP_MHZ, atmosphere=atmosphere(scenario)).loss_db
        km = np.hypot(*(ends[at] - xy).T) / 1000.0
        free = FREE_SPACE_DB + 20.0 * np.log10(HOP_MHZ / 1000.0) + 20.0 * np.log10(km)
        clear[at] = loss - free < CLEAR_EXCESS_DB
    return clear


def cheapest(links: list[Link], scenario: Scenario) -> Link:
    """Return the link with the least State outlay; equal outlay goes to the first."""
    return min(links, key=lambda x: add_up(scenario, list(x.capital), list(x.support_year)).cost_mvnd)


def fibre_links(
    scenario: Scenario, by_road_m: float, direct_m: float, road_m: float, factor: float, to: str
) -> list[Link]:
    """Return the two ways of fibre that exist: along the roads, and cross-country on new poles all the way.

    Along the roads the cable hangs on poles that are there; the stretch between road and site needs new poles.
    """
    out = []
    if not np.isnan(by_road_m):
        off_road = min(by_road_m, road_m)
        lines = (line(scenario, "fibre_existing_poles_km", (by_road_m - off_road) / 1000.0),
                 line(scenario, "fibre_new_poles_km", off_road / 1000.0, factor))
        out.append(Link("fibre", to, by_road_m, tuple(x for x in lines if x.quantity), ()))
    if not np.isnan(direct_m):
        length = direct_m * scenario.rate("fibre_detour")
        poles = line(scenario, "fibre_new_poles_km", length / 1000.0, factor)
        out.append(Link("fibre", to, length, (poles,) if poles.quantity else (), ()))
    return out


def microwave_link(scenario: Scenario, hop_m: float, factor: float, to: str) -> Link:
    """Return one microwave hop."""
    return Link("microwave", to, hop_m, (line(scenario, "microwave_hop", 1.0, factor),), ())


def satellite_link(scenario: Scenario, factor: float, kit: str, month: str) -> Link:
    """Return a satellite terminal with its monthly fee: LEO for a small cell, VSAT for a macro site."""
    return Link("satellite", "", 0.0, (line(scenario, kit, 1.0, factor),), (line(scenario, month, 12.0),))
