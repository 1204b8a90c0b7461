"""Floors for sites and links together.

The floors are proven at the least prices sites can have together. The plan is built on a core, the sites that the
floors need, linked as cheaply as can be; what money is left brings signal to most people. Cores come from several
plans.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from coverage.compute import Progress
from coverage.optimise.floors import FloorPlan, group_gain, report_floors, solve_floors
from coverage.optimise.problem import Problem, Selection, make_selection
from coverage.plan.budgets import BudgetPlan
from coverage.plan.case import PEOPLE_TOLERANCE, Case, not_stopped, problem_of
from coverage.plan.network import least_priced, select_linked, together
from coverage.scenario import Solver

REPORT_S = 2.0      # to tell how far groups below their floor could get
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Task:
    """What every step needs; ``problem`` has the least prices, ``group`` and ``needed`` the floors."""

    case: Case
    budget_mvnd: float
    problem: Problem
    group: npt.NDArray[np.intp]
    needed: FloatArray
    names: list[str]
    solver: Solver
    progress: Progress

    def lack(self, chosen: tuple[int, ...]) -> float:
        """Return the people that the groups lack in all with the options ``chosen``."""
        gain = group_gain(self.problem, self.group, self.needed.size, chosen)
        return math.fsum(np.maximum(0.0, self.needed - gain))

    def floors(self, problem: Problem) -> FloorPlan:
        """Solve the floors at the prices of a problem."""
        found = solve_floors(problem, self.group, self.needed, names=self.names, gap=self.solver.gap,
                             time_limit_s=self.solver.time_limit_s, progress=self.progress)
        not_stopped(found.selection.status)
        return found

    def core(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """Return the part of a plan that its floors need: dearest sites dropped first while nothing is lost."""
        kept, most = list(chosen), self.lack(chosen) + PEOPLE_TOLERANCE
        for option in sorted(chosen, key=lambda o: (-self.problem.cost_mvnd[o], o)):
            rest = [o for o in kept if o != option]
            if self.lack(tuple(rest)) <= most:
                kept = rest
        return tuple(sorted(kept))


def linked_floors(
    case: Case, free: BudgetPlan, group: npt.NDArray[np.intp], needed: FloatArray, names: list[str], solver: Solver,
    progress: Progress,
) -> FloorPlan:
    """Return the plan under floors, with what is proven of it for sites and links together.

    Parameters
    ----------
    free : the plan of the budget without floors. group : (n_demand,) of each point, -1 = none.
    needed : (n_groups,) people each group must gain. names : of the groups.
    """
    problem = least_priced(case, free.budget_mvnd, free.selection.chosen)
    task = _Task(case, free.budget_mvnd, problem, group, needed, names, solver, progress)
    if task.lack(free.selection.chosen) <= PEOPLE_TOLERANCE:    # the best plan keeps them
        return _told(task, free.selection, free.selection.bound, 0.0, 0.0)
    proven = task.floors(problem)
    best = min(_plans(task, proven), key=lambda s: (round(task.lack(s.chosen), 6), -s.value, s.cost_mvnd))
    least = task.lack(best.chosen) <= proven.total_shortfall + PEOPLE_TOLERANCE
    bound = min(free.selection.bound, proven.selection.bound if least else math.inf)
    return _told(task, best, bound, proven.shortfall_bound, proven.money_bound_mvnd)


def _plans(task: _Task, proven: FloorPlan) -> Iterator[Selection]:
    """Yield linked plans within the budget, each on the core of another plan; the last always fits."""
    seen: set[tuple[int, ...]] = set()
    alone = task.floors(problem_of(task.case, task.budget_mvnd))
    for plan in (proven, alone):
        core = task.core(plan.selection.chosen)
        if core in seen:
            continue
        seen.add(core)
        linked = together(task.case, core, task.progress)
        if linked.selection.cost_mvnd > task.budget_mvnd:
            continue
        found = select_linked(task.case, task.budget_mvnd, task.progress, required=linked.way.values()).selection
        not_stopped(found.status)
        yield found
    whole = together(task.case, alone.selection.chosen, task.progress).selection
    value = alone.selection.value
    yield replace(whole, value=value, bound=max(value, alone.selection.bound))


def _told(
    task: _Task, plan: Selection, bound: float, shortfall_bound: float, money_bound_mvnd: float,
) -> FloorPlan:
    """Return the plan as its floors see it."""
    made = make_selection(task.problem, plan.chosen, bound, "gap", plan.seconds)
    status = plan.status if made.gap <= task.solver.gap else "bound"
    core = task.core(plan.chosen)
    money = together(task.case, core).selection.cost_mvnd if core else 0.0
    lack = task.lack(plan.chosen)
    every = replace(task.problem, forbidden=())     # how far a group could get, also by what this budget never pays
    return report_floors(
        every, task.group, task.needed, task.names,
        replace(made, cost_mvnd=plan.cost_mvnd, status=status), (lack, min(lack, shortfall_bound)),
        (money, min(money, money_bound_mvnd)), time.monotonic() + REPORT_S)
