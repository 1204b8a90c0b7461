"""Three sites worked by hand in docs/methods/money.md: a new macro site, a shared mast, a small cell by satellite."""

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from coverage.scenario import Scenario
from coverage.siting.backhaul import Link, satellite_link
from coverage.siting.cost import Cost, line
from coverage.siting.options import cost_of
from geodata.crs import VN2000_107_45

YEAR = 2027
PEOPLE = {"A-M": 2_000.0, "B-C": 900.0, "C-N": 150.0}


def costs(scenario: Scenario) -> dict[str, Cost]:
    """Return the costs of the three sites as coverage.siting prices them."""
    hop = Link("microwave", "VIE1", 8_000.0, (line(scenario, "microwave_hop", 1.0, 1.4),), ())
    fibre = Link("fibre", "POP1", 2_300.0, (line(scenario, "fibre_existing_poles_km", 2.0),
                                            line(scenario, "fibre_new_poles_km", 0.3)), ())
    return {
        "A-M": cost_of("macro", 1.4, hop,
                       [line(scenario, "solar_hybrid", 1.0, 1.4)], scenario),
        "B-C": cost_of("shared", 1.0, fibre, [], scenario),
        "C-N": cost_of("small_cell_satellite", 2.0, satellite_link(scenario, 2.0, "leo_kit", "leo_month"),
                       [line(scenario, "solar_small", 1.0, 2.0)], scenario),
    }


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
    one = SimpleNamespace(budget_mvnd=10_000.0, sites=sites,
                          selection=SimpleNamespace(cost_mvnd=float(rows["cost_mvnd"].sum())))
    options = pd.concat([rows, pd.DataFrame(list(others))], ignore_index=True) if others else rows
    empty = pd.DataFrame({"kind": pd.Series(dtype=object)})
    return SimpleNamespace(scenario=scenario, year=YEAR, options=options, budgets=(one,), candidates=empty,
                           removed=empty), one
