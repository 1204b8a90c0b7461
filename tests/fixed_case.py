"""Small graphs of candidate cables with villages and institutions at their nodes, for the tests of fixed broadband."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType, SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

from coverage.plan.fixed_network import FIXED_LINK_COLUMNS
from coverage.scenario import Scenario
from coverage.siting.cost import add_up, line
from coverage.siting.links import LinkGraph
from geodata.crs import VN2000_107_45

WEST, SOUTH = 500_000.0, 1_700_000.0
Node = tuple[str, str, float, float]  # key ("thon:..", "neo:..", "vt:.." or any name), kind, x, y in metres
Edge = tuple[str, str, float, str]  # two keys, metres, way
EXACT = {"solver": {"gap": 0.0}}
ROAD, SPUR = "doc_duong", "ngoai_duong"

# POP --4 km-- J --1 km-- A
#              J --2 km-- B
# B --30 km-- C (40 households: 200 million, the cable 1,176)     D stands alone
NODES: list[Node] = [
    ("POP", "fibre", 0, 0), ("J", "road", 4_000, 0), ("thon:A", "village", 5_000, 0),
    ("thon:B", "village", 4_000, 2_000), ("thon:C", "village", 4_000, 32_000), ("thon:D", "village", 0, 9_000),
]
EDGES: list[Edge] = [
    ("POP", "J", 4_000.0, ROAD), ("J", "thon:A", 1_000.0, ROAD), ("J", "thon:B", 2_000.0, ROAD),
    ("thon:B", "thon:C", 30_000.0, ROAD),
]


def scenario(**changes: Any) -> Scenario:
    return Scenario.from_mapping(EXACT | changes)


def xy(node: Node) -> tuple[float, float]:
    return WEST + node[2], SOUTH + node[3]


def graph(scenario: Scenario, nodes: Sequence[Node], edges: Sequence[Edge]) -> LinkGraph:
    """Return a link graph; a "vi_ba" edge is a hop, all others cables on existing or new poles."""
    at = {node[0]: number for number, node in enumerate(nodes)}
    rows = []
    for a, b, metres, way in edges:
        hop = way == "vi_ba"
        item = "microwave_hop" if hop else "fibre_existing_poles_km" if way == "doc_duong" else "fibre_new_poles_km"
        cost = add_up(scenario, [line(scenario, item, 1.0 if hop else metres / 1000.0)], [])
        rows.append({
            "link_kind": "microwave" if hop else "fibre", "way": way, "length_m": metres, "cost_mvnd": cost.cost_mvnd,
            "capex_mvnd": cost.capex_mvnd, "opex_mvnd_year": 0.0, "capacity_mbps": 400.0 if hop else np.nan,
            "freq_ghz": 15.0 if hop else np.nan, "road_name": f"ĐX {a}" if way == "doc_duong" else "",
            "single_road": False, "cost_lines": tuple(tuple(x) for x in cost.lines),
            "geometry": LineString([xy(nodes[at[a]]), xy(nodes[at[b]])]),
        })
    columns = ["link_kind", "way", "length_m", "cost_mvnd", "capex_mvnd", "opex_mvnd_year", "capacity_mbps",
               "freq_ghz", "road_name", "single_road", "cost_lines", "geometry"]
    kind = np.array([node[1] for node in nodes], dtype=object)
    return LinkGraph(
        np.array([xy(node) for node in nodes]), kind,
        np.array(["" if node[1] == "road" else node[0] for node in nodes], dtype=object),
        np.isin(kind, ["fibre", "hub"]), kind == "hub", np.array([at[e[0]] for e in edges], dtype=np.intp),
        np.array([at[e[1]] for e in edges], dtype=np.intp),
        gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=VN2000_107_45),
        MappingProxyType({node[0]: number for node, number in zip(nodes, range(len(nodes)), strict=True)
                          if node[1] in ("site", "village", "anchor")}))


def assessment(nodes: Sequence[Node], **changes: Mapping[str, Any]) -> Any:
    """Return villages (40 households, eligible, no fibre) and institutions (100 required, 20 leased) of the nodes.

    ``changes``: key of a node without its prefix -> columns of its own.
    """
    villages, anchors = [], []
    for node in nodes:
        code = node[0].split(":")[-1]
        own = dict(changes.get(code, {}))
        if node[1] == "village":
            villages.append({
                "village_code": code, "name": f"Thôn {code}", "commune_code": "99001", "commune_name": "Bắc",
                "is_border": True, "eligible": True, "households": 40.0, "fibre_status": "chua", "fibre_m": 5_000.0,
                "geometry": Point(xy(node)), **own})
        elif node[1] == "anchor":
            row = {"anchor_code": code, "kind": "Trường học", "name": f"Trường {code}", "required_mbps": 100.0,
                   "leased_mbps": 20.0, "fibre_gap_mbps": 80.0, "fibre_status": "thieu", "fibre_m": 5_000.0,
                   "geometry": Point(xy(node)), **own}
            anchors.append(row)
    columns = ["village_code", "name", "commune_code", "commune_name", "is_border", "eligible", "households",
               "fibre_status", "fibre_m", "geometry"]
    every = gpd.GeoDataFrame(pd.DataFrame(villages, columns=columns), geometry="geometry", crs=VN2000_107_45)
    every = every.astype({"households": float, "eligible": bool, "is_border": bool})
    return SimpleNamespace(
        villages=every,
        anchors=gpd.GeoDataFrame(pd.DataFrame(anchors), geometry="geometry", crs=VN2000_107_45) if anchors else None)


def layers() -> Any:
    communes = gpd.GeoDataFrame(
        {"commune_code": ["99001"], "name": ["Bắc"], "is_border": [True]},
        geometry=[box(WEST - 50_000, SOUTH - 50_000, WEST + 50_000, SOUTH + 50_000)], crs=VN2000_107_45)
    return SimpleNamespace(communes=communes, info=SimpleNamespace(reference_date=date(2026, 11, 21)))


def mobile_links(links: LinkGraph, built: Sequence[int], year: int = 2027) -> gpd.GeoDataFrame:
    """Return what the mobile plan builds: rows of the graph's edges."""
    rows = links.edges.iloc[list(built)].reset_index(drop=True)
    frame = rows.assign(link_id=[f"TD-{i:03d}" for i in range(1, len(rows) + 1)], kind=rows["link_kind"],
                        build_year=year)
    for column in set(FIXED_LINK_COLUMNS) - set(frame.columns):
        frame[column] = None
    return frame


def plan(
    nodes: Sequence[Node], edges: Sequence[Edge], scenario: Scenario, *, built: Sequence[int] = (), year: int = 2027,
    **changes: Mapping[str, Any],
) -> Any:
    """Return what fixed_plan reads of a plan: the case with its graph, one budget that builds the edges ``built``."""
    links = graph(scenario, nodes, edges)
    case = SimpleNamespace(layers=layers(), assessment=assessment(nodes, **changes), scenario=scenario, links=links)
    one = SimpleNamespace(budget_mvnd=5_000.0, links=mobile_links(links, built, year))
    return SimpleNamespace(case=case, budgets=(one,), year=2026, scenario=scenario)


def with_village(nodes: list[Node], edges: list[Edge], case: Scenario) -> Any:
    """Return the plan with an eligible village far off, so that the commune's institutions count."""
    return plan([*nodes, ("thon:Z", "village", 0, 40_000)], edges, case, T2={
        "leased_mbps": np.nan, "fibre_gap_mbps": np.nan, "fibre_status": "chua_du_dl"},
        T3={"leased_mbps": 90.0, "fibre_gap_mbps": 10.0})


def check_sums(found: Any, case: Scenario) -> None:
    places, links, totals = found.places, found.links, found.totals
    done = places[places["connected"]]
    dong = 1_000_000
    for frame in (done, links):
        for lines, cost in zip(frame["cost_lines"], frame["cost_mvnd"], strict=True):
            assert sum(round(x[4] * dong) for x in lines) == round(cost * dong)
    whole = sum(round(v * dong) for v in [*links["cost_mvnd"], *done["cost_mvnd"]])
    assert whole == round(totals.cost_mvnd * dong) == round(totals.links_mvnd * dong) + round(totals.ends_mvnd * dong)
    for frame in (done, links):
        for row in frame.to_dict("records"):
            assert round(row["cost_mvnd"] * dong) == round(row["capex_mvnd"] * dong) + round(
                row["opex_mvnd_year"] * dong) * round(case.rate("horizon_years"))
    assert (links.loc[links["shared"], "cost_mvnd"] == 0).all()
    through = {name: set(users) for name, users in zip(links["link_id"], links["sites"], strict=True)}
    for row in done.to_dict("records"):
        assert all(row["code"] in through[name] for name in row["links"])
        assert row["length_m"] == pytest.approx(
            links.set_index("link_id").loc[list(row["links"]), "length_m"].sum() if row["links"] else 0.0)
    assert all(len(u) == n for u, n in zip(through.values(), links["n_sites"], strict=True))
    assert all(through.values())
