"""One run over the sample, shared by the tests of papers: layers, assessment with small rasters, plan."""

import dataclasses
import functools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from coverage.gap.assessment import Assessment, assess
from coverage.plan import BudgetPlan, Plan, propose
from coverage.scenario import Scenario
from coverage.siting.cost import add_up, dong, line
from geodata.grid import Grid, Raster
from geodata.layers import Layers
from geodata.sample import sample_layers


@functools.cache
def case() -> tuple[Layers, Assessment, Plan]:
    """Return the sample's layers, its assessment without areas, and its plan."""
    layers = sample_layers()
    scenario = Scenario.from_mapping({"budgets_mvnd": [2_000, 10_000]})
    assessment = assess(layers, scenario, areas=False)
    return layers, assessment, propose(layers, assessment, scenario)


@functools.cache
def case_with_areas() -> tuple[Layers, Assessment, Plan]:
    """Return the case with two invented rasters of received level in place of the slow computation."""
    layers, assessment, plan = case()
    west, _, _, north = layers.elevation.grid.bounds
    grid = Grid(layers.info.crs, Affine(500.0, 0, west, 0, -500.0, north), (60, 80))
    values = np.linspace(-130, -60, 60 * 80).reshape(60, 80).astype(np.float32)
    values[:5] = np.nan
    rasters = {("Nhà mạng A", tech): Raster(values, grid, "dBm", "rsrp") for tech in ("4G", "5G")}
    return layers, dataclasses.replace(assessment, area_rsrp=rasters), plan


@functools.cache
def case_with_links() -> tuple[Layers, Assessment, Plan]:
    """Return the case with invented links in the larger budget's plan, and none in the smaller one's."""
    layers, assessment, plan = case_with_areas()
    first, last = plan.budgets
    return layers, assessment, dataclasses.replace(plan, budgets=(_on_satellite(first), linked(last, plan.scenario)))


def linked(one: BudgetPlan, scenario: Scenario) -> BudgetPlan:
    """Return a plan whose sites 1 and 2 share a fibre along a single road; site 3 hops to site 2; others by satellite.

    TD-001 is 3 km along Quốc lộ 99, TD-002 leads 1.5 km from site 2 to that road, TD-003 is a hop.
    """
    bare = _on_satellite(one)
    sites = bare.sites
    ids, names = list(sites["option_id"].astype(str)), list(sites["name"].astype(str))
    (x1, y1), (x2, y2), (x3, y3) = ((p.x, p.y) for p in sites.geometry[:3])
    lines = [
        shapely.LineString([(x1, y1), (x1 + 1_800.0, y1), (x1 + 1_800.0, y1 + 1_200.0)]),
        shapely.LineString([(x2, y2), (x2, y2 - 1_500.0)]), shapely.LineString([(x3, y3), (x2, y2)]),
    ]
    prices = (("fibre_existing_poles_km", 3.0), ("fibre_new_poles_km", 1.5), ("microwave_hop", 1.0))
    costs = [add_up(scenario, [line(scenario, item, quantity)], []) for item, quantity in prices]
    table = pd.DataFrame({
        "link_id": ["TD-001", "TD-002", "TD-003"], "kind": ["fibre", "fibre", "microwave"],
        "way": ["doc_duong", "ngoai_duong", "vi_ba"], "from_name": [names[0], names[1], names[2]],
        "to_name": ["Tuyến cáp 06", "", names[1]], "length_m": [g.length for g in lines],
        "freq_ghz": [np.nan, np.nan, 7.5], "capacity_mbps": [np.nan, np.nan, 400.0],
        "load_mbps": [300.0, 200.0, 100.0], "road_name": ["Quốc lộ 99", "", ""], "single_road": [True, False, False],
        "n_sites": [3, 2, 1], "sites": [tuple(ids[:3]), tuple(ids[1:3]), (ids[2],)],
        "capex_mvnd": [c.capex_mvnd for c in costs], "opex_mvnd_year": [c.opex_mvnd_year for c in costs],
        "cost_mvnd": [c.cost_mvnd for c in costs], "cost_lines": [c.lines for c in costs],
        "build_year": [2027, 2027, 2027],
    })
    links = gpd.GeoDataFrame(table, geometry=lines, crs=sites.crs)
    way = [("TD-001",), ("TD-002", "TD-001"), ("TD-003", "TD-002", "TD-001"), *[()] * (len(sites) - 3)]
    sites = sites.assign(
        links=way, hangs_on=[("TD-001",) if w else () for w in way],
        backhaul=["fibre", "fibre", "microwave", *sites["backhaul"][3:]],
        backhaul_to=["Tuyến cáp 06"] * 3 + [""] * (len(sites) - 3),
    )
    cost = dong(math.fsum([*sites["cost_mvnd"], *links["cost_mvnd"]]))
    selection = dataclasses.replace(one.selection, cost_mvnd=cost)
    return dataclasses.replace(bare, sites=sites, links=links, selection=selection)


def _on_satellite(one: BudgetPlan) -> BudgetPlan:
    """Return a plan without links, every site by satellite."""
    sites = one.sites.assign(links=[()] * len(one.sites), hangs_on=[()] * len(one.sites), backhaul="satellite",
                             backhaul_to="")
    selection = dataclasses.replace(one.selection, cost_mvnd=dong(math.fsum(sites["cost_mvnd"])))
    return dataclasses.replace(one, sites=sites, links=one.links.iloc[:0], selection=selection)
