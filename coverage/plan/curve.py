"""People and villages against money, with bounds on both sides, the knee, the last useful đồng, and nested plans.

Uses ``coverage.optimise.curve`` for people. Villages are counted in the same plans; their bound is that of a plan that
aims at villages alone.
"""

import math
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.curve import Curve, even_budgets
from coverage.optimise.curve import budget_curve as solve_curve
from coverage.optimise.exact import solve
from coverage.optimise.problem import Problem, Selection
from coverage.plan.budgets import Plan
from coverage.plan.case import (
    PEOPLE_TOLERANCE,
    Case,
    Figures,
    agree,
    asked,
    bound_of,
    figures,
    not_stopped,
    problem_of,
    site_frame,
)
from coverage.scenario import Scenario

HINT_SHARE = 0.01   # of the provincial budget, as a mark on the curve


@dataclass(frozen=True)
class CurveRow:
    """One budget.

    Parameters
    ----------
    best : the best plan found for this budget. people_bound : no plan within the budget gains more eligible people;
        NaN where the objective is weighted.
    villages_bound : no plan within the budget frees more villages of trắng sóng.
    nested : the plan that contains those of all smaller budgets; nesting_price : the eligible people that costs
        (below 0 where a weighted objective makes the nested plan gain more people).
    """

    budget_mvnd: float
    best: Figures
    people_bound: float
    villages_bound: int
    nested: Figures
    nesting_price: float


@dataclass(frozen=True, eq=False)
class BudgetCurve:
    """The curve, budgets rising.

    Parameters
    ----------
    knee_mvnd : the budget after which money buys least more. last_useful_mvnd : beyond it nobody more is reached.
    most_people, full_cost_mvnd : all eligible people in reach of any option, and the cheapest plan found for them.
    hint_mvnd : 1 % of the provincial budget, 0 where the scenario does not give it.
    sites : every site of the nested plans, ``from_mvnd`` = the first budget of the curve that builds it.
    """

    rows: tuple[CurveRow, ...]
    knee_mvnd: float
    last_useful_mvnd: float
    saturated: bool
    most_people: float
    full_cost_mvnd: float
    hint_mvnd: float
    sites: gpd.GeoDataFrame

    def nested_at(self, budget_mvnd: float) -> CurveRow | None:
        """Return the last row that a budget pays for; None below the first."""
        return next((r for r in reversed(self.rows) if r.budget_mvnd <= budget_mvnd), None)


def budget_curve(plan: Plan, scenario: Scenario | None = None, *, progress: Progress = silent) -> BudgetCurve:
    """Return the curve of a plan's problem up to the money that reaches everybody who can be reached.

    Parameters
    ----------
    scenario : its [curve] counts; default the plan's own.

    Raises
    ------
    Cancelled
        When ``progress`` returns False.
    """
    case, choice = plan.case, asked(plan.case, scenario)
    limit, gap = choice.curve.time_limit_s, choice.solver.gap
    rich = problem_of(case, math.inf)
    full = solve(rich, time_limit_s=limit / 6, gap=gap, progress=progress)
    not_stopped(full.status)
    top = max(1.0, math.ceil(full.cost_mvnd))
    own = [b for b in choice.budgets_mvnd if b < top]
    budgets = sorted({*even_budgets(rich, choice.curve.budgets, top_mvnd=top), *own})
    found = _least_nesting_price(rich, budgets, own or [top], limit / 2, gap, progress)
    villages = _village_bounds(case, rich, [p.best for p in found.points], budgets, limit / 3, progress)
    rows = []
    for point, most in zip(found.points, villages, strict=True):
        best, nested = figures(case, point.best.order), figures(case, point.nested.order)
        agree("Đường cong kinh phí", point.best.value, best.objective)
        agree("Phương án lồng nhau", point.nested.value, nested.objective)
        price = point.nesting_price if case.need.weight is None else best.people - nested.people
        rows.append(CurveRow(point.budget_mvnd, best, bound_of(case, point.best.bound), most, nested, price))
    first: dict[int, float] = {}
    for point in found.points:
        for option in point.nested.order:
            first.setdefault(option, point.budget_mvnd)
    return BudgetCurve(
        tuple(rows), found.knee_mvnd, found.last_useful_mvnd, found.saturated, _most(case, full), full.cost_mvnd,
        HINT_SHARE * choice.curve.provincial_budget_mvnd,
        site_frame(case, list(first), from_mvnd=list(first.values())),
    )


def _most(case: Case, full: Selection) -> float:
    """Return the eligible people in reach of any option: what the plan of all money is proven not to pass."""
    if case.need.weight is None:
        return full.bound
    return math.fsum(case.need.eligible_people[np.unique(case.reach.served.indices)])


def _least_nesting_price(
    problem: Problem, budgets: list[float], anchors: list[float], limit_s: float, gap: float, progress: Progress
) -> Curve:
    """Return the curve whose nested chain costs least in people, of those through the best plan of an anchor."""
    best: tuple[float, Curve] | None = None
    for anchor in anchors:
        found = solve_curve(replace(problem, budget_mvnd=anchor), budgets, time_limit_s=limit_s / len(anchors), gap=gap,
                            progress=progress)
        for point in found.points:
            not_stopped(point.best.status)
        price = math.fsum(point.nesting_price for point in found.points)
        if best is None or price < best[0] - PEOPLE_TOLERANCE:
            best = price, found
    if best is None:
        raise PlanError("plan_curve_empty")
    return best[1]


def _village_bounds(
    case: Case, problem: Problem, best: list[Selection], budgets: list[float], limit_s: float, progress: Progress
) -> list[int]:
    """Return per budget how many villages at most can leave trắng sóng, whoever lives there."""
    centre = np.asarray(case.assessment.points.kind, dtype=object)[case.need.point] == "centre"
    aim = replace(problem, people=centre.astype(np.float64), tie_length_m=None)
    bounds: list[float] = []
    start: tuple[int, ...] = ()
    for number, (budget, people_plan) in enumerate(zip(budgets, best, strict=True)):
        if progress("curve_villages", number, len(budgets)) is False:
            not_stopped("cancelled")
        here = solve(replace(aim, budget_mvnd=budget), time_limit_s=limit_s / len(budgets),
                     gap=case.scenario.solver.gap, start=start or people_plan.chosen)
        start = here.chosen
        bounds.append(here.bound)
    lowest = np.minimum.accumulate(np.array(bounds[::-1]))[::-1]
    return [math.floor(b + 1e-6) for b in lowest]
