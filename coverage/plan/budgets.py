"""The plan: where public money should build under each budget, in which order, what it changes and how proven that is.

Every gain is "after minus before" of ``coverage.siting.effect.totals``; the objective of the solver is asserted
against it.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.gap.assessment import Assessment
from coverage.gap.service import HEADLINE_CLASS, reference_date
from coverage.optimise.problem import Selection
from coverage.plan.case import PEOPLE_TOLERANCE, Case, bound_of, case_of, people_of
from coverage.plan.link_runs import joined
from coverage.plan.network import Linked, links_frame, select_linked, uplinks
from coverage.scenario import Scenario
from coverage.siting.cost import dong
from coverage.siting.distances import nearest
from coverage.siting.effect import Totals, effect, totals
from coverage.siting.need import plan_year
from coverage.siting.why import nearest_masts, why
from geodata.findings import Finding
from geodata.layers import Layers

DENSE_GAP = 0.005       # a value to print beside the proof, with its bound: no plan is made of it
ROUNDED_MVND = 1e-3     # a thousand đồng: more than roundings of pieces add up to
SITE_COLUMNS = (
    "order", "option_id", "site_id", "name", "commune_code", "commune_name", "is_border", "kind", "candidate_kind",
    "technology", "band_mhz", "backhaul", "backhaul_to", "backhaul_m", "links", "hangs_on", "power", "height_m",
    "host_site_code",
    "host_operator", "access", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "new_people", "new_households",
    "new_villages", "other_people", "other_households", "alone_people", "restriction", "restriction_name",
    "earliest_year", "road_m", "power_m", "fibre_m", "ground_m", "duplicate_of", "why_vi", "why_en", "cost_lines",
)


@dataclass(frozen=True)
class BudgetPlan:
    """The plan under one budget.

    Parameters
    ----------
    selection : options (rows of ``Plan.options``) with value, bound, gap, status; for sites and links together.
    sites : one row per site in build order, columns SITE_COLUMNS and point geometry. Its money is its own: what carries
        it is in ``links``; links, hangs_on: ids of its links, outwards first, and of those along a single road.
    links : one row per link that is built, columns ``coverage.plan.network.LINK_COLUMNS`` and line geometry.
    villages : village_code, status_before, status_after, newly_served_people, served_by (option ids).
    before, after : totals of the baseline of the plan year, and of it with the sites.
    margin_villages : "± n thôn", two standard deviations of the villages gained by the model's error.
    """

    budget_mvnd: float
    selection: Selection
    sites: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    villages: pd.DataFrame
    before: Totals
    after: Totals
    margin_villages: int

    @property
    def gained_people(self) -> float:
        """Eligible people who get signal: after minus before."""
        return self.after.eligible_people_served - self.before.eligible_people_served


@dataclass(frozen=True)
class Density:
    """The same budgets with candidate places twice as dense in each direction: people gained and the proven bound."""

    spacing_m: float
    candidates: int
    budgets_mvnd: tuple[float, ...]
    people: tuple[float, ...]
    bound: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """Plans for all budgets over the same candidate places, prices and coverage model.

    Parameters
    ----------
    candidates, removed : the places considered, and those left out with the reason.
    options : everything that may be built, priced (``coverage.siting.options``).
    year : the first year in which it can be built; the baseline holds committed masts due by its end.
    land_checked : False where no restricted land was supplied: "chưa kiểm tra đất, rừng, biên giới".
    today : totals of the assessment itself, without committed masts.
    findings : what the reader must know of the plan; road_findings : pieces of road that are not connected, villages
        far from any road.
    case : the siting problem behind the plans, for curve, phases, floors and the like.
    density : the same budgets with denser candidate places, printed beside the proof; None where not asked for.
    """

    scenario: Scenario
    candidates: gpd.GeoDataFrame
    removed: pd.DataFrame
    options: pd.DataFrame
    budgets: tuple[BudgetPlan, ...]
    year: int
    land_checked: bool
    today: Totals
    findings: tuple[Finding, ...]
    road_findings: tuple[Finding, ...]
    case: Case = field(repr=False, compare=False)
    density: Density | None = None


def propose(
    layers: Layers, assessment: Assessment, scenario: Scenario, *, density: bool = False, progress: Progress = silent
) -> Plan:
    """Return where to build under each budget of the scenario.

    ``density`` also solves with candidate places twice as dense, to print beside the proof. With nobody eligible
    without signal, or nobody in reach, the plans are empty and a finding says so.

    Raises
    ------
    PlanError
        "plan_budget_small" where a budget is below the cheapest option that serves anybody.
    """
    case = case_of(layers, assessment, scenario, progress)
    budgets = tuple(_budget_plan(case, budget, progress) for budget in scenario.budgets_mvnd)
    return Plan(
        scenario=scenario, candidates=case.places.frame, removed=case.places.removed, options=case.options,
        budgets=budgets, year=plan_year(layers, scenario), land_checked=case.places.land_checked,
        today=totals(assessment, scenario, case.need.known, np.asarray(assessment.served[HEADLINE_CLASS], dtype=bool)),
        findings=_findings(case), road_findings=case.road_findings, case=case,
        density=density_check(layers, assessment, scenario, progress=progress) if density else None,
    )


def density_check(
    layers: Layers, assessment: Assessment, scenario: Scenario, *, progress: Progress = silent
) -> Density:
    """Return what the plans would gain with half the spacing between candidate places, to print beside the proof."""
    spacing = scenario.siting.spacing_m / 2.0
    dense = replace(scenario, siting=replace(scenario.siting, spacing_m=spacing))
    case = case_of(layers, assessment, dense, progress)
    found = [select_linked(case, budget, progress, people_only=True, gap=DENSE_GAP).selection
             for budget in dense.budgets_mvnd]
    return Density(spacing, len(case.places.frame), dense.budgets_mvnd,
                   tuple(people_of(case, s) for s in found), tuple(bound_of(case, s.bound) for s in found))


def _budget_plan(case: Case, budget_mvnd: float, progress: Progress) -> BudgetPlan:
    linked = select_linked(case, budget_mvnd, progress)
    selection = linked.selection
    need, scenario = case.need, case.scenario
    what = effect(case.assessment, scenario, need, case.reach, list(case.options["option_id"]), selection.order)
    before = totals(case.assessment, scenario, need.known, need.served_before)
    after = totals(case.assessment, scenario, need.known, what.served_after)
    gained = after.eligible_people_served - before.eligible_people_served
    told = math.fsum(what.sites["new_people"])
    for value, found in ((selection.value, need.gained(what.served_after)), (told, gained)):  # objective, people
        if not math.isclose(value, found, rel_tol=1e-9, abs_tol=PEOPLE_TOLERANCE):
            raise PlanError("plan_gain_differs", value=value, gained=found)
    pieces = links_frame(case, linked)
    links, sites = joined(pieces, _sites(case, linked, pieces, what.sites), scenario)
    return BudgetPlan(budget_mvnd, _priced(selection, sites, links), sites, links, what.villages, before, after,
                      what.margin_villages)


def _priced(selection: Selection, sites: gpd.GeoDataFrame, links: gpd.GeoDataFrame) -> Selection:
    """Return the selection at the sum of sites and links; pieces of one cable were rounded each to a đồng before.

    Raises
    ------
    PlanError
        "plan_cost_differs" where the sum is another than the solver's by more than that.
    """
    found = dong(math.fsum([*sites["cost_mvnd"], *links["cost_mvnd"]]))
    if abs(found - selection.cost_mvnd) > ROUNDED_MVND:
        raise PlanError("plan_cost_differs", value=selection.cost_mvnd, found=found)
    return replace(selection, cost_mvnd=found)


def _sites(case: Case, linked: Linked, links: gpd.GeoDataFrame, gains: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the chosen sites in build order with what each adds, what carries it and why."""
    chosen = case.options.iloc[list(linked.selection.order)].reset_index(drop=True)
    carried = uplinks(case, linked, links)
    chosen = chosen.drop(columns=[c for c in carried if c in chosen]).join(carried)
    place = case.places.frame.drop(columns=["x_m", "y_m", "geometry", "reachable_people"])
    place = place.rename(columns={"kind": "candidate_kind"})
    table = chosen.merge(place, on="site_id", how="left", validate="one_to_one")
    communes = case.layers.communes[["commune_code", "name", "is_border"]].rename(columns={"name": "commune_name"})
    table = table.merge(communes.astype({"commune_code": str}), on="commune_code", how="left")
    table = pd.concat([table, gains.drop(columns=["village_rows", "largest_point"])], axis=1)
    table["order"] = np.arange(1, len(table) + 1)
    table["duplicate_of"] = _duplicates(case, table)
    spots = np.asarray(case.assessment.points.xy_m)[gains["largest_point"].to_numpy(dtype=np.intp)]
    masts = nearest_masts(case.layers, case.scenario, spots)
    texts = [why(case.assessment, site, gain, near, first=at == 0) for at, (site, gain, near) in enumerate(
        zip(table.to_dict("records"), gains.to_dict("records"), masts, strict=True))]
    table["why_vi"], table["why_en"] = [t[0] for t in texts], [t[1] for t in texts]
    shape = gpd.points_from_xy(table["x_m"], table["y_m"])
    return gpd.GeoDataFrame(table[list(SITE_COLUMNS)], geometry=shape, crs=case.places.frame.crs)


def _duplicates(case: Case, table: pd.DataFrame) -> list[str]:
    """Return for every new site the nearest mast on air or committed within the duplicate radius, "" without one."""
    sites = case.layers.sites[case.layers.sites["state"].isin(["on_air", "committed"])].reset_index(drop=True)
    near = nearest(sites, table[["x_m", "y_m"]].to_numpy(dtype=np.float64))
    out = []
    for kind, away, row in zip(table["kind"], near.m, near.row, strict=True):
        close = kind != "shared" and away <= case.scenario.service.duplicate_radius_m
        out.append(f"{sites['site_code'].iloc[row]} ({sites['operator'].iloc[row]})" if close else "")
    return out


def _findings(case: Case) -> tuple[Finding, ...]:
    """Return what a reader must know: nobody to serve, nobody in reach, land or distances unchecked."""
    def say(code: str, layer: str, **details: Any) -> Finding:
        return Finding(code, layer=layer, details=details, package="coverage")

    out = list(case.need.findings)
    if not case.need.targets_m.size:
        out.append(say("plan_nobody_unserved", "villages"))
    elif case.options.empty:
        out.append(say("plan_nobody_in_reach", "villages", people=round(case.need.eligible_people.sum())))
    if not case.places.land_checked:
        out.append(say("plan_land_unchecked", "restricted"))
    removed = int((case.places.removed["reason"] == "cam").sum())
    if removed:
        out.append(say("plan_land_removed", "restricted", number=removed))
    if case.crowded:
        out.append(say("plan_small_cell_crowded", "villages", number=case.crowded,
                       households=round(case.scenario.rate("small_cell_max_households"))))
    for layer, code in (("roads", "plan_roads_missing"), ("power_lines", "plan_power_missing")):
        if getattr(case.layers, layer) is None:
            out.append(say(code, layer))
    if case.layers.fibre_routes is None and case.layers.fibre_nodes is None:
        out.append(say("plan_fibre_missing", "fibre_routes"))
    committed = case.layers.sites["state"] == "committed"
    if committed.any():
        served = case.need.served_before & ~np.asarray(case.assessment.served[HEADLINE_CLASS], dtype=bool)
        people = math.fsum(np.asarray(case.assessment.points.people, dtype=np.float64)[served])
        out.append(say("plan_committed_counted", "sites", people=round(people),
                       year=plan_year(case.layers, case.scenario),
                       reference=f"{reference_date(case.layers, case.scenario):%d/%m/%Y}"))
    return tuple(out)
