"""Fair to the border: every border commune gets at least a share of its people served, as far as that can be done."""

import math
import time
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.floors import FloorPlan, group_gain, needed_people, report_floors, solve_floors
from coverage.optimise.problem import Problem, make_selection
from coverage.plan.budgets import BudgetPlan, Plan
from coverage.plan.case import (
    PEOPLE_TOLERANCE,
    Case,
    Figures,
    agree,
    asked,
    figures,
    not_stopped,
    problem_of,
    site_frame,
)
from coverage.plan.network import Linked, least_priced, select_linked, together
from coverage.scenario import Scenario, Solver

TRIES = 6       # times the money is cut back before every site gets a way of its own


@dataclass(frozen=True)
class FloorRow:
    """One border commune; people are those whose signal is known.

    Parameters
    ----------
    share_before, share_free, share_after : share served today with committed masts, with the plan without floors, with
        floors.
    needed : people to gain for the floor. shortfall : people still lacking.
    most_share : share that any money could reach, only where the floor is missed. reason : "" (kept), "out_of_reach",
        "money" or "shared" (reachable alone, not with the others).
    """

    commune_code: str
    name: str
    people: float
    share_before: float
    share_free: float
    share_after: float
    needed: float
    shortfall: float
    most_share: float
    reason: str


@dataclass(frozen=True, eq=False)
class FlooredPlan:
    """The plan of one budget under floors.

    Parameters
    ----------
    price_people : eligible people the floors cost against the plan without them.
    total_shortfall, shortfall_bound : people lacking in all, and the least proven.
    money_mvnd, money_bound_mvnd : the least money found that reaches this shortfall, and its proven bound.
    people_bound : no plan of that shortfall within the budget gains more.
    """

    budget_mvnd: float
    min_share: float
    rows: tuple[FloorRow, ...]
    plan: Figures
    people_bound: float
    status: str
    price_people: float
    total_shortfall: float
    shortfall_bound: float
    money_mvnd: float
    money_bound_mvnd: float
    sites: gpd.GeoDataFrame


def floored_plan(
    plan: Plan, scenario: Scenario | None = None, *, at: int = -1, progress: Progress = silent
) -> FlooredPlan:
    """Return the plan of budget number ``at`` with the scenario's floors: least shortfall first, then most people.

    Raises
    ------
    Cancelled
        When ``progress`` returns False.
    PlanError
        "plan_priority_floors" where the objective is weighted: a floor counts people.
    """
    case, choice = plan.case, asked(plan.case, scenario)
    if case.need.weight is not None:
        raise PlanError("plan_priority_floors")
    free = plan.budgets[at]
    communes = case.layers.communes[case.layers.communes["is_border"].fillna(value=False).to_numpy(dtype=bool)]
    codes = sorted(communes["commune_code"].astype(str))
    names = communes.assign(commune_code=communes["commune_code"].astype(str)).set_index("commune_code")["name"]
    whole = _by_commune(case, codes)
    share = choice.floors.border_min_share
    before = case.need.served_before & case.need.known
    people = np.where(case.need.known, np.asarray(case.assessment.points.people, dtype=np.float64), 0.0)
    needed = needed_people(whole, people, before, [share] * len(codes))
    group = whole[case.need.point]
    linked, found = _linked(case, free, group, needed, [str(names[c]) for c in codes], choice.solver, progress)
    plain = replace(figures(case, found.selection.order), cost_mvnd=linked.selection.cost_mvnd)
    agree("Mức sàn", found.selection.value, plain.people)
    rows = _rows(case, codes, [str(names[c]) for c in codes], whole, people, needed, found, free.selection.order)
    return FlooredPlan(
        free.budget_mvnd, share, rows, plain, found.selection.bound, found.selection.status,
        max(0.0, free.selection.value - plain.people), found.total_shortfall, found.shortfall_bound,
        found.money_for_floors_mvnd, found.money_bound_mvnd, site_frame(case, found.selection.order))


def _linked(
    case: Case, free: BudgetPlan, group: npt.NDArray[np.intp], needed: npt.NDArray[np.float64], names: list[str],
    solver: Solver, progress: Progress,
) -> tuple[Linked, FloorPlan]:
    """Return the plan under floors with its links, and what is proven of it.

    At the least prices sites can have together the floors are proven; then the same with less money, until the links of
    what is chosen fit the budget. Money left over brings signal to more people.
    """
    deadline = time.monotonic() + solver.time_limit_s

    def solved(problem: Problem) -> FloorPlan:
        left = max(1.0, deadline - time.monotonic())
        found = solve_floors(problem, group, needed, names=names, time_limit_s=left, gap=solver.gap, progress=progress)
        not_stopped(found.selection.status)
        return found

    problem = least_priced(case, free.budget_mvnd, free.selection.chosen)
    proven, room = solved(problem), free.budget_mvnd
    found, linked = proven, together(case, proven.selection.chosen)
    for _ in range(TRIES):
        over = linked.selection.cost_mvnd - free.budget_mvnd
        if over <= 0:
            break
        room = max(0.0, room - over)
        found = solved(replace(problem, budget_mvnd=room))
        linked = together(case, found.selection.chosen)
    if linked.selection.cost_mvnd > free.budget_mvnd:   # every site with a way of its own always fits
        found = solved(problem_of(case, free.budget_mvnd))
        linked = together(case, found.selection.chosen)
    linked = select_linked(case, free.budget_mvnd, progress, required=linked.way.values())
    not_stopped(linked.selection.status)
    return linked, _told(case, free, linked, proven, problem, group, needed, names, solver)


def _told(  # noqa: PLR0913, PLR0917 - what the plan is, and what was proven of it
    case: Case, free: BudgetPlan, linked: Linked, proven: FloorPlan, problem: Problem,
    group: npt.NDArray[np.intp], needed: npt.NDArray[np.float64], names: list[str], solver: Solver,
) -> FloorPlan:
    """Return the linked plan with the bounds that hold for sites and links together."""
    chosen = linked.selection.chosen
    lack = np.maximum(0.0, needed - group_gain(problem, group, needed.size, chosen)).sum()
    least = lack <= proven.total_shortfall + PEOPLE_TOLERANCE * max(1.0, lack)
    bound = min(free.selection.bound, proven.selection.bound if least else math.inf)
    made = make_selection(problem, chosen, bound, "gap", linked.selection.seconds)
    status = made.status if made.gap <= solver.gap else "bound"
    selection = replace(made, cost_mvnd=linked.selection.cost_mvnd, status=status)
    money = _money_for_floors(case, problem, group, needed, lack, chosen)
    return report_floors(problem, group, needed, names, selection, (lack, proven.shortfall_bound),
                         (money, min(money, proven.money_bound_mvnd)), time.monotonic() + 1.0)


def _money_for_floors(
    case: Case, problem: Problem, group: npt.NDArray[np.intp], needed: npt.NDArray[np.float64], lack: float,
    chosen: tuple[int, ...],
) -> float:
    """Return what the part of a plan costs that its floors need: dearest sites dropped first while nothing is lost."""
    kept = list(chosen)
    for option in sorted(chosen, key=lambda o: -problem.cost_mvnd[o]):
        rest = [o for o in kept if o != option]
        if np.maximum(0.0, needed - group_gain(problem, group, needed.size, rest)).sum() <= lack + PEOPLE_TOLERANCE:
            kept = rest
    return together(case, kept).selection.cost_mvnd if kept else 0.0


def _by_commune(case: Case, codes: list[str]) -> npt.NDArray[np.intp]:
    """Return for every point (n,) the number of its border commune, -1 elsewhere."""
    number = {code: at for at, code in enumerate(codes)}
    own = [number.get(str(c), -1) for c in case.assessment.points.commune_code]
    return np.asarray(own, dtype=np.intp)


def _rows(
    case: Case, codes: list[str], names: list[str], group: npt.NDArray[np.intp], people: npt.NDArray[np.float64],
    needed: npt.NDArray[np.float64], found: FloorPlan, free_order: tuple[int, ...],
) -> tuple[FloorRow, ...]:
    def served(order: tuple[int, ...]) -> npt.NDArray[np.float64]:
        has = case.need.served_before & case.need.known
        has[case.need.point[np.unique(case.reach.served[list(order)].indices)] if order else []] = True
        inside = has & (group >= 0)
        return np.asarray(np.bincount(group[inside], people[inside], minlength=len(codes)), dtype=np.float64)

    whole = np.bincount(group[group >= 0], weights=people[group >= 0], minlength=len(codes))
    before, free, after = served(()), served(free_order), served(found.selection.order)
    missed = {m.group: m for m in found.missed}
    out = []
    for at, code in enumerate(codes):
        of = whole[at] if whole[at] > 0 else np.nan
        miss = missed.get(at)
        most = (before[at] + miss.most_with_any_money) / of if miss else np.nan
        out.append(FloorRow(
            code, names[at], float(whole[at]), float(before[at] / of), float(free[at] / of), float(after[at] / of),
            float(needed[at]), miss.shortfall if miss else 0.0, float(most), miss.reason if miss else ""))
    return tuple(out)
