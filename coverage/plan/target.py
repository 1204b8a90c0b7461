"""The reverse question: the least money that reaches a share of the people, and the first village it does not reach.

What no option reaches falls to a fallback: small cells by low-orbit satellite at every cluster left, as many as its
households need.
"""

import math
import operator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.compute import Progress, silent
from coverage.optimise.cheapest import CheapestPlan, cheapest, first_unreached, with_fallback
from coverage.optimise.problem import Problem, points_of
from coverage.plan.budgets import Plan
from coverage.plan.case import Case, not_stopped, problem_of, site_frame, village_frame
from coverage.plan.network import least_priced, priced_together, together
from coverage.scenario import Scenario
from coverage.siting.backhaul import satellite_link
from coverage.siting.cost import access_item, line
from coverage.siting.options import cost_of


@dataclass(frozen=True)
class NextVillage:
    """The first village a budget does not reach: the best option left over and what it lacks to be built."""

    village_code: str
    name: str
    commune_name: str
    option_id: str
    people: float
    cost_mvnd: float
    missing_mvnd: float


@dataclass(frozen=True, eq=False)
class Target:
    """The cheapest plan for a share of the eligible people without signal.

    Parameters
    ----------
    share, people_target : what was asked. people : what the plan gains.
    cost_mvnd, bound_mvnd, gap_percent : its money; no plan that reaches the target costs less than the bound.
    sites : of the plan, without the fallback. fallback : villages with places that no option
        reaches, served by satellite small cells: village_code, name, commune_name, people, cells, cost_mvnd.
    fallback_mvnd : part of ``cost_mvnd``. next_village : what the largest budget of the plan does not reach, or None.
    """

    share: float
    people_target: float
    people: float
    cost_mvnd: float
    bound_mvnd: float
    gap_percent: float
    status: str
    sites: gpd.GeoDataFrame
    fallback: pd.DataFrame
    fallback_mvnd: float
    next_village: NextVillage | None


def cheapest_plan(plan: Plan, share: float = 1.0, *, progress: Progress = silent) -> Target:
    """Return the cheapest plan that brings signal to ``share`` (0..1) of the eligible people without it.

    Raises
    ------
    PlanError
        For a share that is not a number or below 0. Cancelled when ``progress`` returns False.
    """
    case = plan.case
    last = plan.budgets[-1]
    dear, villages, cells = _with_satellites(case, problem_of(case, math.inf))
    cheap = least_priced(case, math.inf, last.selection.chosen, at_budget_mvnd=last.budget_mvnd)
    least = _with_satellites(case, cheap)[0]
    each = fallback_mvnd(case.scenario)
    target = min(share, 1.0) * math.fsum(case.need.eligible_people)
    solver, own = case.scenario.solver, len(case.options)

    def solved(problem: Problem) -> tuple[float, CheapestPlan]:
        found = cheapest(problem, target, time_limit_s=solver.time_limit_s / 2, gap=solver.gap, progress=progress)
        not_stopped(found.selection.status)
        linked = together(case, [i for i in found.selection.chosen if i < own], progress)
        units = [float(problem.cost_mvnd[i]) for i in found.selection.chosen if i >= own]
        return math.fsum([linked.selection.cost_mvnd, *units]), found

    # links shared as much as can be prove the least money; the plan is the cheaper of both once its links are laid
    proven = solved(least)
    cost, found = min(proven, solved(dear), key=operator.itemgetter(0))
    bound = min(proven[1].cost_bound_mvnd, cost)
    chosen = found.selection.order
    units = [i - own for i in chosen if i >= own]
    table = village_frame(case, [int(villages[u]) for u in units]).drop(columns=["is_border", "eligible"])
    open_people = [math.fsum(case.need.eligible_people[points_of(dear, own + u)]) for u in units]
    built = [int(cells[u]) for u in units]
    return Target(
        share, target, found.selection.value, cost, bound, 100.0 * (cost - bound) / cost if cost > 0 else 0.0,
        found.selection.status, site_frame(case, [i for i in chosen if i < own]),
        table.assign(people=open_people, cells=built, cost_mvnd=[c * each for c in built]), sum(built) * each,
        next_village(plan))


def next_village(plan: Plan, at: int = -1) -> NextVillage | None:
    """Return the first village that budget number ``at`` does not reach; None when everybody in reach is served."""
    case, budget = plan.case, plan.budgets[at]
    step = first_unreached(priced_together(case, budget.budget_mvnd, budget.sites, budget.links),
                           budget.selection.chosen)
    if step is None:
        return None
    row = village_frame(case, [int(case.need.village[step.demand])]).iloc[0]
    served = case.reach.served
    open_points = np.setdiff1d(served[[step.option]].indices, served[list(budget.selection.chosen)].indices)
    people = math.fsum(case.need.eligible_people[open_points])      # plain people, whatever they weigh
    return NextVillage(row["village_code"], row["name"], row["commune_name"],
                       str(case.options["option_id"].iloc[step.option]), people, step.cost_mvnd, step.missing_mvnd)


def fallback_mvnd(scenario: Scenario) -> float:
    """Return the State outlay of one small cell by low-orbit satellite where access is worst and no grid is near."""
    factor = scenario.rate(access_item(math.nan, scenario))
    power = [line(scenario, "solar_small", 1.0, factor)]
    link = satellite_link(scenario, factor, "leo_kit", "leo_month")
    return cost_of("small_cell_satellite", factor, link, power, scenario).cost_mvnd


def _with_satellites(
    case: Case, problem: Problem,
) -> tuple[Problem, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return a problem with a fallback for every village that no option wholly reaches, their rows, and the cells."""
    need = case.need
    reached = np.zeros(need.point.size, dtype=bool)
    reached[np.unique(case.reach.served.indices)] = True
    left = (need.eligible_people > 0) & ~reached
    households = np.asarray(case.assessment.points.households, dtype=np.float64)[need.point]
    cells = np.maximum(1, np.ceil(households / case.scenario.rate("small_cell_max_households"))).astype(np.intp)
    rows, which = np.unique(need.village[left], return_inverse=True)
    total = np.bincount(which, weights=cells[left], minlength=rows.size).astype(np.intp)
    unit = np.full(need.point.size, -1, dtype=np.intp)
    unit[left] = which
    codes = tuple(case.assessment.villages["village_code"].astype(str).iloc[rows.tolist()])
    cost = total.astype(np.float64) * fallback_mvnd(case.scenario)
    plain = replace(problem, people=need.eligible_people)    # a share of people, whatever they weigh
    return with_fallback(plain, unit, cost, codes), rows, total
