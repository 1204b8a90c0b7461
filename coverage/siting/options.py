"""What may be built at a candidate place: a new macro site, equipment on a shared mast, a small cell by satellite."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coverage.gap.service import reference_date
from coverage.radio.link_budget import load_presets
from coverage.scenario import Scenario
from coverage.siting.backhaul import Link, cheapest, satellite_link
from coverage.siting.candidates import Candidates
from coverage.siting.cost import Cost, Line, access_item, add_up, line
from coverage.siting.link_paths import Ways
from coverage.siting.links import LinkGraph, link_graph
from coverage.siting.need import plan_year
from coverage.siting.sky import BLOCKED, Sky, skies, sky_findings
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.roads import RoadGraph

NETWORK, SATELLITE = "network", "satellite"
NO_NODE = -1
SUFFIX = {"macro": "M", "shared": "C", "small_cell_satellite": "N"}
KINDS_AT = {
    "existing_mast": ("shared",), "high_ground": ("macro",), "commune_seat": ("macro",),
    "village": ("macro", "small_cell_satellite"),
}
EQUIPMENT = {"macro": "macro", "shared": "macro", "small_cell_satellite": "small_cell"}
WORKS = {"macro": ("tower_ground", "ran_macro"), "shared": ("shared_mount", "ran_macro"),
         "small_cell_satellite": ("pole_small_cell", "small_cell")}
COLUMNS = (
    "option_id", "site_id", "technology", "kind", "backhaul", "backhaul_to", "backhaul_m", "power", "height_m",
    "band_mhz", "equipment", "access", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "earliest_year", "cost_lines",
    "radius_m", "x_m", "y_m", "backhaul_mbps", "satellite", "tap_m",
)
BARE_COLUMNS = ("option_id", "site_id", "technology", "kind", "power", "height_m", "band_mhz", "equipment", "access",
                "earliest_year", "radius_m", "x_m", "y_m", "satellite", "tap_m")
WAY_COLUMNS = ("option", "via", "node", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "cost_lines")


def options(candidates: Candidates, layers: Layers, scenario: Scenario, roads: RoadGraph | None) -> pd.DataFrame:
    """Return everything that may be built, priced; as the first of ``options_and_findings``."""
    return options_and_findings(candidates, layers, scenario, roads)[0]


def options_and_findings(
    candidates: Candidates, layers: Layers, scenario: Scenario, roads: RoadGraph | None,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return everything that may be built, priced, and which places lost their satellite or have no way at all."""
    bare, findings = unpriced(candidates, layers, scenario)
    graph = link_graph(linked_places(bare, candidates), layers, scenario, roads)
    table, cut_off = priced(bare, graph, scenario)
    return table, (*findings, *cut_off)


def unpriced(
    candidates: Candidates, layers: Layers, scenario: Scenario,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return everything that may be built, one row per option, columns BARE_COLUMNS, sorted by option_id.

    satellite: the service that the sky allows, "leo" | "vsat" | "". tap_m: grid tap of the cheaper power, 0 = none.
    The findings tell which places lost their satellite.
    """
    place = candidates.frame
    sky = skies(place, layers, scenario)
    rows = [row for at, site in enumerate(place.to_dict("records"))
            for row in _of_place(site, at, sky, layers, scenario)]
    frame = pd.DataFrame(rows, columns=[*BARE_COLUMNS])
    return frame.sort_values("option_id", ignore_index=True), sky_findings(place, sky, scenario)


def _of_place(
    site: dict[str, Any], at: int, sky: Sky, layers: Layers, scenario: Scenario
) -> Iterator[dict[str, Any]]:
    for kind in KINDS_AT[site["kind"]]:
        small = kind == "small_cell_satellite"
        if kind not in scenario.siting.options or (small and sky.leo[at] == BLOCKED):
            continue
        access = access_item(site["road_m"], scenario)
        power, tap_m = _power(site, kind, scenario.rate(access), scenario)
        yield {
            "option_id": f"{site['site_id']}-{SUFFIX[kind]}", "site_id": site["site_id"],
            "technology": scenario.siting.technology, "kind": kind, "power": power, "tap_m": tap_m,
            "height_m": site["host_height_m"] if kind == "shared" else load_presets().default_height_m[EQUIPMENT[kind]],
            "band_mhz": scenario.siting.band_mhz, "equipment": EQUIPMENT[kind], "access": access,
            "earliest_year": earliest_year(site["restriction"], layers, scenario), "radius_m": radius_m(kind, scenario),
            "x_m": site["x_m"], "y_m": site["y_m"],
            "satellite": "leo" if small else "" if sky.vsat[at] == BLOCKED else "vsat",
        }


def linked_places(table: pd.DataFrame, candidates: Candidates) -> pd.DataFrame:
    """Return the places whose options could use fibre or microwave: those of every kind but small cells."""
    need = set(table.loc[table["kind"] != "small_cell_satellite", "site_id"])
    place = candidates.frame
    return pd.DataFrame(place.loc[place["site_id"].isin(need), ["site_id", "name", "host_height_m", "x_m", "y_m"]]
                        ).reset_index(drop=True)


def priced(
    table: pd.DataFrame, graph: LinkGraph, scenario: Scenario,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the options of ``unpriced`` with the cheapest way of their own to the network, columns COLUMNS.

    The way of an option that stands alone: by the links of ``graph``, over masts in being only, or by satellite. One
    that no way reaches is left out and said.
    """
    own = graph.ways(scenario.backhaul.max_hops)
    rows: list[tuple[Any, ...]] = []
    kept, cut_off = [], []
    for at, row in enumerate(table.itertuples()):
        links = _ways_alone(row, graph, own, scenario)
        if not links:
            cut_off.append(str(row.option_id))
            continue
        link = cheapest(links, scenario)
        cost = cost_of(str(row.kind), scenario.rate(str(row.access)), link, _power_lines(row, scenario), scenario)
        kept.append(at)
        rows.append((link.kind, link.to, link.m, link.mbps, *_columns(cost)))
    money = pd.DataFrame(rows, columns=["backhaul", "backhaul_to", "backhaul_m", "backhaul_mbps", *WAY_COLUMNS[3:]])
    out = pd.concat([table.iloc[kept].reset_index(drop=True), money], axis=1)
    return out[[*COLUMNS, *(c for c in out.columns if c not in COLUMNS)]], _cut_off(cut_off)


def _ways_alone(row: Any, graph: LinkGraph, own: Ways, scenario: Scenario) -> list[Link]:
    """Return the ways of one option that stands alone: by links, by satellite."""
    out = []
    if row.kind != "small_cell_satellite":
        node = graph.node_of[f"vt:{row.site_id}"]
        path = own.path(node)
        if path is not None:
            out.append(_network(graph, node, path, scenario))
    if row.satellite:
        out.append(_satellite(row, scenario))
    return out


def _cut_off(options_left_out: list[str]) -> tuple[Finding, ...]:
    if not options_left_out:
        return ()
    return (Finding("backhaul_none", layer="sites", values=tuple(options_left_out), package="coverage",
                    details={"number": len(options_left_out)}),)


def ways(table: pd.DataFrame, graph: LinkGraph, scenario: Scenario) -> pd.DataFrame:
    """Return one row per way of building an option, columns WAY_COLUMNS.

    option : row of ``table`` (of ``priced``). via : "network" (a node of ``graph`` must be linked; the money is
    without any link) or "satellite" (node -1; the money holds kit and fee). An option has a row "network" where other
    sites, built, could bring the network to it.
    """
    anywhere = graph.mast | (graph.node_kind == "site")
    reached = np.isfinite(graph.ways(scenario.backhaul.max_hops, relay=anywhere).cost_mvnd)
    rows = []
    for at, row in enumerate(table.itertuples()):
        factor, power = scenario.rate(row.access), _power_lines(row, scenario)
        node = graph.node_of[f"vt:{row.site_id}"] if row.kind != "small_cell_satellite" else NO_NODE
        if node != NO_NODE and reached[node]:
            rows.append((at, NETWORK, node, *_columns(cost_of(row.kind, factor, None, power, scenario))))
        if row.satellite:
            link = _satellite(row, scenario)
            rows.append((at, SATELLITE, NO_NODE, *_columns(cost_of(row.kind, factor, link, power, scenario))))
    return pd.DataFrame(rows, columns=[*WAY_COLUMNS]).astype({"option": np.intp, "node": np.intp})


class _Money(NamedTuple):
    capex_mvnd: float
    opex_mvnd_year: float
    cost_mvnd: float
    cost_lines: list[tuple[Any, ...]]


def _columns(cost: Cost) -> _Money:
    return _Money(cost.capex_mvnd, cost.opex_mvnd_year, cost.cost_mvnd, [tuple(x) for x in cost.lines])


def _network(graph: LinkGraph, node: int, path: tuple[int, ...], scenario: Scenario) -> Link:
    """Return the links on a path as the backhaul of the site at its beginning."""
    at = list(path)
    for edge in at:
        node = int(graph.tail[edge] + graph.head[edge] - node)
    kind, m, mbps = (graph.edges[c].to_numpy()[at] for c in ("link_kind", "length_m", "capacity_mbps"))
    return Link(str(kind[0]) if at else "fibre", str(graph.node_name[node]), math.fsum(m),
                tuple(graph.works(path, scenario)), (), float(np.fmin.reduce(mbps)) if at else np.nan)


def _satellite(row: Any, scenario: Scenario) -> Link:
    return satellite_link(scenario, scenario.rate(row.access), f"{row.satellite}_kit", f"{row.satellite}_month")


def radius_m(kind: str, scenario: Scenario) -> float:
    """Return how far an option is counted to serve, metres: a small cell no farther than it can carry."""
    own = scenario.rate("small_cell_radius_m") if kind == "small_cell_satellite" else math.inf
    return min(scenario.siting.radius_m, own)


def earliest_year(restriction: str, layers: Layers, scenario: Scenario) -> int:
    """Return the first year a site can be built: the plan's first year, or when its permit can be there."""
    months = scenario.service.permit_lead_months if restriction == "xin_phep" else 0
    day = pd.Timestamp(reference_date(layers, scenario)) + pd.DateOffset(months=months)
    return max(plan_year(layers, scenario), int(day.year))


def _power(site: dict[str, Any], kind: str, factor: float, scenario: Scenario) -> tuple[str, float]:
    """Return the cheaper of a grid tap (with its metres) and a solar supply; a mast on air has its supply already."""
    if kind == "shared":
        return "grid", 0.0
    if np.isnan(site["power_m"]):
        return "solar", 0.0
    tap, solar = (line(scenario, "grid_tap_km", site["power_m"] / 1000.0, factor),
                  line(scenario, _solar(kind), 1.0, factor))
    return ("grid", float(site["power_m"])) if tap.mvnd <= solar.mvnd else ("solar", 0.0)


def _solar(kind: str) -> str:
    return "solar_small" if kind == "small_cell_satellite" else "solar_hybrid"


def _power_lines(row: Any, scenario: Scenario) -> list[Line]:
    """Return the works of an option's power supply."""
    factor = scenario.rate(row.access)
    if row.power == "solar":
        return [line(scenario, _solar(row.kind), 1.0, factor)]
    return [] if row.kind == "shared" else [line(scenario, "grid_tap_km", row.tap_m / 1000.0, factor)]


def cost_of(kind: str, factor: float, link: Link | None, power_lines: list[Line], scenario: Scenario) -> Cost:
    """Return the cost of one option: works at the site with the access multiplier, power, backhaul, upkeep."""
    capital = [line(scenario, item, 1.0, factor) for item in WORKS[kind]] + power_lines
    year = {
        "macro": [line(scenario, "opex_macro_year", 1.0)],
        "shared": [line(scenario, "opex_shared_year", 1.0), line(scenario, "lease_tower_month", 12.0)],
        "small_cell_satellite": [line(scenario, "opex_small_cell_year", 1.0)],
    }[kind]
    if link is not None:
        capital, year = [*capital, *link.capital], [*year, *link.support_year]
    return add_up(scenario, capital, year)
