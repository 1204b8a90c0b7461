"""What may be built at a candidate place: a new macro site, equipment on a shared mast, a small cell by satellite."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from coverage.gap.service import reference_date
from coverage.radio.link_budget import load_presets
from coverage.scenario import Scenario
from coverage.siting.backhaul import (
    Hop,
    Link,
    cheapest,
    fibre_links,
    hubs,
    microwave_hops,
    microwave_link,
    satellite_link,
)
from coverage.siting.candidates import Candidates
from coverage.siting.cost import Cost, Line, access_item, add_up, line
from coverage.siting.need import plan_year
from coverage.siting.sky import BLOCKED, Sky, skies, sky_findings
from geodata.findings import Finding
from geodata.layers import Layers

NO_LINK = "none"
SUFFIX = {"macro": "M", "shared": "C", "small_cell_satellite": "N"}
KINDS_AT = {
    "existing_mast": ("shared",), "high_ground": ("macro",), "commune_seat": ("macro",),
    "village": ("macro", "small_cell_satellite"),
}
EQUIPMENT = {"macro": "macro", "shared": "macro", "small_cell_satellite": "small_cell"}
COLUMNS = (
    "option_id", "site_id", "technology", "kind", "backhaul", "backhaul_to", "backhaul_m", "power", "height_m",
    "band_mhz", "equipment", "access", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "earliest_year", "cost_lines",
    "radius_m", "x_m", "y_m",
)


def options(candidates: Candidates, layers: Layers, scenario: Scenario) -> pd.DataFrame:
    """Return everything that may be built, priced; as the first of ``options_and_findings``."""
    return options_and_findings(candidates, layers, scenario)[0]


def options_and_findings(
    candidates: Candidates, layers: Layers, scenario: Scenario,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return everything that may be built, priced, and which places lost their satellite and why.

    One row per option, columns COLUMNS, sorted by option_id. The cheapest power and the cheapest backhaul that works
    are taken for each option; one that no backhaul reaches is left out and said.
    """
    place = candidates.frame
    height = place["host_height_m"].fillna(load_presets().default_height_m["macro"]).to_numpy(dtype=np.float64)
    hop = microwave_hops(place, height, hubs(layers, scenario), layers, scenario)
    sky = skies(place, layers, scenario)
    rows = [row for at, site in enumerate(place.to_dict("records"))
            for row in _of_place(site, at, hop, sky, layers, scenario)]
    frame = pd.DataFrame(rows, columns=[*COLUMNS])
    cut_off = frame.loc[frame["backhaul"] == NO_LINK, "option_id"].tolist()
    findings = list(sky_findings(place, sky, scenario))
    if cut_off:
        findings.append(Finding("backhaul_none", layer="sites", values=tuple(cut_off), package="coverage",
                                details={"number": len(cut_off)}))
    frame = frame[frame["backhaul"] != NO_LINK]
    return frame.sort_values("option_id", ignore_index=True), tuple(findings)


def _of_place(
    site: dict[str, Any], at: int, hop: Hop, sky: Sky, layers: Layers, scenario: Scenario
) -> Iterator[dict[str, Any]]:
    for kind in KINDS_AT[site["kind"]]:
        if kind not in scenario.siting.options or (kind == "small_cell_satellite" and sky.leo[at] == BLOCKED):
            continue
        access = access_item(site["road_m"], scenario)
        factor = scenario.rate(access)
        if kind == "small_cell_satellite":
            link = satellite_link(scenario, factor, "leo_kit", "leo_month")
        else:
            link = _macro_link(site, str(hop.to[at]), float(hop.m[at]), factor, scenario,
                               satellite=bool(sky.vsat[at] != BLOCKED))
        power, power_lines = _power(site, kind, factor, scenario)
        cost = cost_of(kind, factor, link, power_lines, scenario)
        host = site["host_height_m"]
        yield {
            "option_id": f"{site['site_id']}-{SUFFIX[kind]}", "site_id": site["site_id"],
            "technology": scenario.siting.technology, "kind": kind, "backhaul": link.kind, "backhaul_to": link.to,
            "backhaul_m": link.m, "power": power,
            "height_m": host if kind == "shared" else load_presets().default_height_m[EQUIPMENT[kind]],
            "band_mhz": scenario.siting.band_mhz, "equipment": EQUIPMENT[kind], "access": access,
            "capex_mvnd": cost.capex_mvnd, "opex_mvnd_year": cost.opex_mvnd_year, "cost_mvnd": cost.cost_mvnd,
            "earliest_year": earliest_year(site["restriction"], layers, scenario),
            "cost_lines": [tuple(x) for x in cost.lines], "radius_m": radius_m(kind, scenario),
            "x_m": site["x_m"], "y_m": site["y_m"],
        }


def radius_m(kind: str, scenario: Scenario) -> float:
    """Return how far an option is counted to serve, metres: a small cell no farther than it can carry."""
    own = scenario.rate("small_cell_radius_m") if kind == "small_cell_satellite" else math.inf
    return min(scenario.siting.radius_m, own)


def earliest_year(restriction: str, layers: Layers, scenario: Scenario) -> int:
    """Return the first year a site can be built: the plan's first year, or when its permit can be there."""
    months = scenario.service.permit_lead_months if restriction == "xin_phep" else 0
    day = pd.Timestamp(reference_date(layers, scenario)) + pd.DateOffset(months=months)
    return max(plan_year(layers, scenario), int(day.year))


def _macro_link(
    site: dict[str, Any], hop_to: str, hop_m: float, factor: float, scenario: Scenario, *, satellite: bool
) -> Link:
    """Return the cheapest backhaul that works; kind NO_LINK where none does."""
    ways = fibre_links(scenario, site["fibre_by_road_m"], site["fibre_direct_m"], site["road_m"], factor,
                       site["fibre_to"])
    if hop_to:
        ways.append(microwave_link(scenario, hop_m, factor, hop_to))
    if satellite:
        ways.append(satellite_link(scenario, factor, "vsat_kit", "vsat_month"))
    return cheapest(ways, scenario) if ways else Link(NO_LINK, "", 0.0, (), ())


def _power(site: dict[str, Any], kind: str, factor: float, scenario: Scenario) -> tuple[str, list[Line]]:
    """Return the cheaper of a grid tap and a solar supply; a mast on air has its supply already."""
    if kind == "shared":
        return "grid", []
    solar = line(scenario, "solar_small" if kind == "small_cell_satellite" else "solar_hybrid", 1.0, factor)
    if np.isnan(site["power_m"]):
        return "solar", [solar]
    tap = line(scenario, "grid_tap_km", site["power_m"] / 1000.0, factor)
    return ("grid", [tap]) if tap.mvnd <= solar.mvnd else ("solar", [solar])


def cost_of(kind: str, factor: float, link: Link, power_lines: list[Line], scenario: Scenario) -> Cost:
    """Return the cost of one option: works at the site with the access multiplier, power, backhaul, upkeep."""
    works = {"macro": ("tower_ground", "ran_macro"), "shared": ("shared_mount", "ran_macro"),
             "small_cell_satellite": ("pole_small_cell", "small_cell")}[kind]
    capital = [line(scenario, item, 1.0, factor) for item in works] + power_lines + list(link.capital)
    year = {
        "macro": [line(scenario, "opex_macro_year", 1.0)],
        "shared": [line(scenario, "opex_shared_year", 1.0), line(scenario, "lease_tower_month", 12.0)],
        "small_cell_satellite": [line(scenario, "opex_small_cell_year", 1.0)],
    }[kind]
    return add_up(scenario, capital, [*year, *link.support_year])
