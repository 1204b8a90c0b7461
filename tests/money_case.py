"""Three sites worked by hand in docs/methods/money.md: a new macro site, a shared mast, a small cell by satellite."""

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from coverage.scenario import Scenario
from coverage.siting.backhaul import satellite_link
from coverage.siting.cost import Cost, add_up, line
from coverage.siting.options import cost_of
from geodata.crs import VN2000_107_45

YEAR = 2027
PEOPLE = {"A-M": 2_000.0, "B-C": 900.0, "C-N": 150.0}


def costs(scenario: Scenario) -> dict[str, Cost]:
    """Return the own costs of the three sites; a satellite terminal is the site's own."""
    return {
        "A-M": cost_of("macro", 1.4, None, [line(scenario, "solar_hybrid", 1.0, 1.4)], scenario),
        "B-C": cost_of("shared", 1.0, None, [], scenario),
        "C-N": cost_of("small_cell_satellite", 2.0, satellite_link(scenario, 2.0, "leo_kit", "leo_month"),
                       [line(scenario, "solar_small", 1.0, 2.0)], scenario),
    }


def link_rows(scenario: Scenario) -> pd.DataFrame:
    """Return the links: a hop for A; for B two kilometres of cable along the road and 300 m off it."""
    rows = []
    for link_id, kind, ends, item, quantity, factor, option in (
        ("TD-001", "microwave", ("Vị trí A", "VIE1"), "microwave_hop", 1.0, 1.4, "A-M"),
        ("TD-002", "fibre", ("", "POP1"), "fibre_existing_poles_km", 2.0, 1.0, "B-C"),
        ("TD-003", "fibre", ("Vị trí B", ""), "fibre_new_poles_km", 0.3, 1.0, "B-C"),
    ):
        cost = add_up(scenario, [line(scenario, item, quantity, factor)], [])
        rows.append({"link_id": link_id, "kind": kind, "from_name": ends[0], "to_name": ends[1], "sites": (option,),
                     "n_sites": 1, "capex_mvnd": cost.capex_mvnd, "opex_mvnd_year": 0.0, "cost_mvnd": cost.cost_mvnd,
                     "cost_lines": tuple(tuple(x) for x in cost.lines), "build_year": YEAR})
    return pd.DataFrame(rows)


def site_rows(scenario: Scenario) -> pd.DataFrame:
    kinds = {"A-M": "macro", "B-C": "shared", "C-N": "small_cell_satellite"}
    places = {"A-M": (500_000.0, 1_700_000.0), "B-C": (510_000.0, 1_700_000.0), "C-N": (520_000.0, 1_700_000.0)}
    rows = []
    for order, (option, cost) in enumerate(costs(scenario).items(), start=1):
        x, y = places[option]
        rows.append({
            "order": order, "option_id": option, "site_id": option[0], "name": f"Vị trí {option[0]}",
            "kind": kinds[option], "earliest_year": YEAR, "new_people": PEOPLE[option] - 50.0, "other_people": 50.0,
            "alone_people": PEOPLE[option], "reachable_people": PEOPLE[option], "capex_mvnd": cost.capex_mvnd,
            "opex_mvnd_year": cost.opex_mvnd_year, "cost_mvnd": cost.cost_mvnd,
            "cost_lines": [tuple(x) for x in cost.lines], "x_m": x, "y_m": y,
        })
    return pd.DataFrame(rows)


def plan(scenario: Scenario, *others: dict[str, Any]) -> tuple[Any, Any]:
    """Return a plan with the three sites under one budget; ``others``: more options that nobody chose."""
    rows = site_rows(scenario)
    sites = gpd.GeoDataFrame(rows, geometry=[Point(r.x_m, r.y_m) for r in rows.itertuples()], crs=VN2000_107_45)
    links = link_rows(scenario)
    cost = float(rows["cost_mvnd"].sum() + links["cost_mvnd"].sum())
    one = SimpleNamespace(budget_mvnd=10_000.0, sites=sites, links=links, selection=SimpleNamespace(cost_mvnd=cost))
    options = pd.concat([rows, pd.DataFrame(list(others))], ignore_index=True) if others else rows
    empty = pd.DataFrame({"kind": pd.Series(dtype=object)})
    return SimpleNamespace(scenario=scenario, year=YEAR, options=options, budgets=(one,), candidates=empty,
                           removed=empty), one
