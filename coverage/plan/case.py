"""What every plan of a run shares: places, priced options, whom each serves, and the siting problem made of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.errors import Cancelled, PlanError, ScenarioError
from coverage.gap.assessment import Assessment
from coverage.gap.masts import headline_on
from coverage.optimise.problem import Problem, Selection
from coverage.plan.fixed_places import lacking
from coverage.scenario import Scenario
from coverage.siting.candidates import Candidates, candidates
from coverage.siting.effect import Totals, totals
from coverage.siting.links import LinkGraph, link_graph
from coverage.siting.need import Need, need_of
from coverage.siting.options import SUFFIX, linked_places, priced, unpriced, ways
from coverage.siting.reach import Reach, reach
from coverage.siting.why import number
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.roads import road_graph

FARTHEST_M = 30_000         # range of the terrain model, docs/methods/radio.md
PERMIT_TIE_M = 100_000.0    # a site that needs a permit loses a tie against any backhaul
PEOPLE_TOLERANCE = 1e-6     # the objective must equal after - before; sums of fractions of people differ by less


@dataclass(frozen=True)
class Case:
    """Everything the budgets share.

    Parameters
    ----------
    options : those that serve eligible people, with ``reachable_people``; reach : a row per option, a column per point
        of ``need``.
    links : what could carry their traffic. ways : how each could be built, with the links or by satellite; prices there
        are without links (``coverage.siting.options.ways``), those of ``options`` with a way of the option's own.
    """

    layers: Layers
    assessment: Assessment
    scenario: Scenario
    need: Need
    places: Candidates
    options: pd.DataFrame
    reach: Reach
    crowded: int
    road_findings: tuple[Finding, ...]
    links: LinkGraph
    ways: pd.DataFrame


def _refuse(layers: Layers, scenario: Scenario) -> None:
    """Raise for choices of the scenario that no plan can follow."""
    siting = scenario.siting
    unknown = sorted(set(siting.options) - set(SUFFIX))
    if unknown or not siting.options:
        raise PlanError("plan_option_kind", value=", ".join(unknown) or "-", known=", ".join(SUFFIX))
    headline = headline_on(scenario.service)
    if siting.technology not in headline:
        raise PlanError("plan_technology", value=siting.technology, known=", ".join(headline))
    cell = layers.elevation.grid.cell_m
    for key, low in (("spacing_m", cell), ("radius_m", cell), ("max_road_m", 0.0)):
        value = float(getattr(siting, key))
        if not low <= value <= FARTHEST_M:
            raise ScenarioError("scenario_range", key=f"siting.{key}", value=value, low=round(low), high=FARTHEST_M)


def case_of(layers: Layers, assessment: Assessment, scenario: Scenario, progress: Progress) -> Case:
    """Return what all plans of a run share; raises for choices of the scenario that no plan can follow."""
    _refuse(layers, scenario)
    need = need_of(layers, assessment, scenario)
    roads = None if layers.roads is None else road_graph(layers.roads)
    places = candidates(layers, assessment, scenario, need, roads, progress=progress)
    bare, sky = unpriced(places, layers, scenario)
    found = reach(bare, need.xy_m, layers.elevation, scenario, progress=progress)
    gain = found.served @ need.eligible_people
    households = found.served @ np.asarray(assessment.points.households, dtype=np.float64)[need.point]
    small = (bare["kind"] == "small_cell_satellite").to_numpy()
    crowded = small & (households > scenario.rate("small_cell_max_households"))
    useful = np.flatnonzero((gain > 0) & ~crowded)
    bare = bare.iloc[useful].reset_index(drop=True).assign(reachable_people=gain[useful])
    villages, anchors = lacking(assessment)     # who lacks fibre shares the cables, coverage.plan.fixed
    graph = link_graph(linked_places(bare, places), layers, scenario, roads, villages=villages, anchors=anchors,
                       progress=progress)
    table, cut_off = priced(bare, graph, scenario)
    kept = useful[np.isin(bare["option_id"], table["option_id"])]
    told = () if roads is None else (*roads.findings, *roads.far_places(layers.villages, "villages"))
    return Case(layers, assessment, scenario, need, places, table, Reach(found.served[kept], found.probability[kept]),
                int(np.count_nonzero(crowded)), (*sky, *cut_off, *graph.findings, *told), graph,
                ways(table, graph, scenario))


def problem_of(case: Case, budget_mvnd: float) -> Problem:
    """Return the siting problem under a budget: demand = the points of ``case.need``, people = its objective."""
    table, need = case.options, case.need
    return Problem(
        reach=case.reach.served, people=need.objective, cost_mvnd=table["cost_mvnd"].to_numpy(dtype=np.float64),
        site=pd.factorize(table["site_id"])[0], option_ids=tuple(table["option_id"]), budget_mvnd=budget_mvnd,
        served_before=np.zeros(need.point.size, dtype=bool),
        tie_length_m=_tie_m(case),
    )


def served_with(case: Case, chosen: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which points (n,) of the assessment have signal once the options ``chosen`` stand."""
    after = case.need.served_before.copy()
    if chosen:
        points = case.reach.served[list(chosen)].indices
        after[case.need.point[np.unique(points)]] = True
    return after


def totals_with(case: Case, chosen: tuple[int, ...]) -> Totals:
    """Return the figures of the whole area once the options ``chosen`` stand."""
    return totals(case.assessment, case.scenario, case.need.known, served_with(case, chosen))


def _tie_m(case: Case) -> NDArray[np.float64]:
    """Return what decides between plans of equal people and cost: no permit first, then the shorter backhaul."""
    length: NDArray[np.float64] = case.options["backhaul_m"].to_numpy(dtype=np.float64)
    return length + permit_tie_m(case)


def permit_tie_m(case: Case) -> NDArray[np.float64]:
    """Return per option the metres that a permit counts in a tie."""
    restriction = case.places.frame.set_index("site_id")["restriction"]
    return np.where(case.options["site_id"].map(restriction) == "xin_phep", PERMIT_TIE_M, 0.0)


@dataclass(frozen=True)
class Figures:
    """What a set of options comes to; every gain is after minus before of the same totals.

    Parameters
    ----------
    options : ids in build order. people : eligible people gained; other_people : of villages that do not count.
    villages : villages that leave trắng sóng. trang_left, lom_left : villages of the whole area still so.
    objective : what the solver maximised: people, weighted where the scenario says so.
    """

    options: tuple[str, ...]
    cost_mvnd: float
    people: float
    other_people: float
    households: float
    villages: int
    trang_left: int
    lom_left: int
    objective: float


def figures(case: Case, order: tuple[int, ...]) -> Figures:
    """Return the figures of the options ``order``, counted from scratch."""
    before, after = totals_with(case, ()), totals_with(case, order)
    people = after.eligible_people_served - before.eligible_people_served
    rows = case.options.iloc[list(order)]
    return Figures(
        tuple(rows["option_id"]), math.fsum(rows["cost_mvnd"]), people,
        after.people_served - before.people_served - people,
        after.households_served - before.households_served, before.villages_trang - after.villages_trang,
        after.villages_trang, after.villages_lom, case.need.gained(served_with(case, order)))


def people_of(case: Case, selection: Selection) -> float:
    """Return the eligible people that a selection gains; its own value where everybody counts once."""
    return selection.value if case.need.weight is None else figures(case, selection.order).people


def bound_of(case: Case, bound: float) -> float:
    """Return a proven bound in people; NaN where the objective is weighted and bounds no people."""
    return bound if case.need.weight is None else math.nan


def agree(what: str, value: float, found: float) -> None:
    """Raise PlanError where the solver's figure is not the one counted from scratch."""
    if not math.isclose(value, found, rel_tol=1e-9, abs_tol=PEOPLE_TOLERANCE):
        raise PlanError("plan_depth_differs", what=what, value=value, found=found)


def not_stopped(status: str) -> None:
    """Raise Cancelled where the user stopped the solver: half a curve or half the years would mislead."""
    if status == "cancelled":
        raise Cancelled("cancelled")


def site_frame(case: Case, options_chosen: Sequence[int], **columns: Any) -> gpd.GeoDataFrame:
    """Return one row per option: ids, name, commune, kind, costs, earliest year, ``columns``, point geometry."""
    rows = case.options.iloc[list(options_chosen)].reset_index(drop=True)
    place = case.places.frame[["site_id", "name", "commune_code", "restriction"]]
    table = rows[["option_id", "site_id", "kind", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "earliest_year"]].merge(
        place, on="site_id", how="left", validate="many_to_one")
    communes = case.layers.communes.drop_duplicates("commune_code").set_index("commune_code")
    of = communes.reindex(table["commune_code"].to_numpy())
    table = table.assign(commune_name=of["name"].to_numpy(), is_border=of["is_border"].to_numpy(), **columns)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(rows["x_m"], rows["y_m"]), crs=case.places.frame.crs)


def village_frame(case: Case, rows: Sequence[int]) -> pd.DataFrame:
    """Return village_code, name, commune_code, commune_name, is_border, eligible of villages by row."""
    villages = case.assessment.villages.iloc[list(rows)]
    communes = case.layers.communes.drop_duplicates("commune_code").set_index("commune_code")
    of = communes.reindex(villages["commune_code"].astype(str).to_numpy())
    return pd.DataFrame({
        "village_code": villages["village_code"].astype(str).to_numpy(), "name": villages["name"].to_numpy(),
        "commune_code": villages["commune_code"].astype(str).to_numpy(), "commune_name": of["name"].to_numpy(),
        "is_border": of["is_border"].fillna(value=False).to_numpy(dtype=bool),
        "eligible": villages["eligible"].to_numpy(dtype=bool),
    })


def asked(case: Case, scenario: Scenario | None) -> Scenario:
    """Return the scenario whose curve, phases, floors and robustness count; all else must be the plan's.

    Raises
    ------
    PlanError
        "plan_depth_scenario" where prices, thresholds or candidates differ from those of the plan.
    """
    if scenario is None or scenario is case.scenario:
        return case.scenario
    free = {"name", "budgets_mvnd", "curve", "phases", "floors", "fixed", "robustness", "solver",
            "lease_quotes"}
    differ = [f.name for f in fields(Scenario)
              if f.name not in free and getattr(scenario, f.name) != getattr(case.scenario, f.name)]
    if differ:
        raise PlanError("plan_depth_scenario", key=", ".join(differ))
    return scenario


def mvnd_text(value: float) -> str:
    """Write million VND with one decimal, as faults print them."""
    return number(value, 1)
