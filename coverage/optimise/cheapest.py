"""The reverse question: the cheapest plan that reaches a target, with the proof, and the fallback for the last homes.

Partial covering: min cost under sum_i w_i y_i >= target (Cordeau, Furini and Ljubic 2019). The ceiling method gives the
start of the proof: for class prices v and one price theta of people, cost >= theta * target - Lagrangian(theta).
"""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.exact import TIGHT, solve
from coverage.optimise.model import Aim, covering, in_turn, people_objective, with_row
from coverage.optimise.problem import (
    Problem,
    Selection,
    build_order,
    covered_mask,
    covered_people,
    feasible,
    make_selection,
    plan_cost,
    points_of,
)
from coverage.optimise.reduce import reduce

CHOSEN = 0.5
LAST_WORK = 2_000_000  # nodes times entries spent on people and length once the cost is settled


@dataclass(frozen=True)
class CheapestPlan:
    """The cheapest plan that reaches a target.

    Parameters
    ----------
    selection : the plan; its value is people, its status as in Selection but about the cost.
    target_people : what was asked.
    reached : whether any set of options reaches it; when not, the plan gains the most that can be gained.
    most_people : the most any set of options gains, whatever the money.
    cost_bound_mvnd : no plan that reaches the target costs less (proven).
    cost_gap : (cost - bound) / cost, 0 when both are 0.
    """

    selection: Selection
    target_people: float
    reached: bool
    most_people: float
    cost_bound_mvnd: float
    cost_gap: float


def cheapest(
    problem: Problem,
    target_people: float,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
) -> CheapestPlan:
    """Return the plan that gains at least ``target_people`` for the least money; the budget itself is ignored.

    Yearly ceilings, groups, must-haves and bans hold. Among plans of equal cost: most people, then shortest backhaul.

    Raises
    ------
    PlanError
        When the target is negative or not a number.
    """
    if not math.isfinite(target_people) or target_people < 0:
        raise PlanError("plan_target", value=target_people)
    begun = time.monotonic()
    rich = replace(problem, budget_mvnd=math.inf)
    best = solve(rich, time_limit_s=time_limit_s / 3, gap=0.0, seed=seed, progress=progress)
    if best.status == "cancelled" or best.value < target_people * (1 - TIGHT):
        reached = best.bound >= target_people * (1 - TIGHT)
        cost = best.cost_mvnd
        return CheapestPlan(replace(best, seconds=time.monotonic() - begun), target_people, reached, best.bound,
                            0.0 if reached or best.status == "cancelled" else cost,
                            1.0 if reached or best.status == "cancelled" else 0.0)
    start = _trim(rich, best.chosen, target_people)
    core = reduce(replace(rich, budget_mvnd=plan_cost(rich, start)))
    base, fixed_cost = covered_people(rich, core.fixed), plan_cost(rich, core.fixed)
    zeros = np.zeros(core.n_classes)
    gained, spend = people_objective(core), np.concatenate([core.cost, zeros])
    need = target_people - base
    if core.n_options == 0 or need <= 0:
        plan = make_selection(rich, start, covered_people(rich, start), "optimal", time.monotonic() - begun,
                              cost_proven=True)
        return CheapestPlan(plan, target_people, True, best.bound, plan.cost_mvnd, 0.0)
    model = with_row(covering(core, gained), -gained, need - (1e-6 if core.unit else TIGHT * max(1.0, need)), np.inf)
    picked = np.isin(core.option, start).astype(np.float64)
    point = np.concatenate([picked, np.minimum(1.0, np.asarray(core.columns @ picked).ravel())])
    nodes = max(50, LAST_WORK // max(core.rows.nnz, 1))
    aims = [
        Aim("cost", spend, TIGHT * max(1.0, float(core.cost.sum())), relative_gap=gap),
        Aim("people", gained, TIGHT * float(core.weight.sum()), nodes=nodes),
        Aim("length", np.concatenate([core.length_m, zeros]), 0.0, nodes=nodes),
    ]
    found = in_turn(model, aims if core.length_m.any() else aims[:2], start=point, deadline=begun + time_limit_s,
                    seed=seed, progress=progress)
    chosen = _best_of(rich, target_people, start, (*core.fixed, *_picked(core.option, found.point)))
    return _answer(rich, chosen, target_people, best.bound, fixed_cost + found.bound[0], gap, found.ended, begun)


def _picked(option: NDArray[np.intp], point: NDArray[np.float64] | None) -> tuple[int, ...]:
    return () if point is None else tuple(int(i) for i in option[point[: option.size] > CHOSEN])


def _best_of(problem: Problem, target: float, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """Return the new plan when it is feasible, reaches the target and is not worse."""
    if not feasible(problem, new) or covered_people(problem, new) < target * (1 - TIGHT):
        return old
    return new if plan_cost(problem, new) <= plan_cost(problem, old) * (1 + TIGHT) else old


def _answer(
    problem: Problem, plan: tuple[int, ...], target: float, most: float, bound: float, gap: float, ended: str,
    begun: float,
) -> CheapestPlan:
    cost = plan_cost(problem, plan)
    bound = min(max(bound, 0.0), cost)
    if cost - bound <= max(1e-6, TIGHT * cost):
        bound = cost
    cost_gap = (cost - bound) / cost if cost > 0 else 0.0
    value = covered_people(problem, plan)
    selection = make_selection(problem, plan, value, "gap", time.monotonic() - begun, cost_proven=cost_gap == 0)
    status = "cancelled" if ended == "cancelled" else (
        "optimal" if cost_gap == 0 else "gap" if cost_gap <= gap else "time_limit")
    return CheapestPlan(replace(selection, status=status), target, True, most, bound, cost_gap)


def _trim(problem: Problem, chosen: tuple[int, ...], target: float) -> tuple[int, ...]:
    """Return the start of the build order that reaches the target, less what it can spare."""
    kept: list[int] = list(problem.required)
    for i in build_order(problem, chosen):
        if covered_people(problem, kept) >= target:
            break
        if i not in kept:
            kept.append(i)
    for i in sorted(set(kept) - set(problem.required), key=lambda i: (-problem.cost_mvnd[i], problem.option_ids[i])):
        rest = [k for k in kept if k != i]
        if covered_people(problem, rest) >= target:
            kept = rest
    return tuple(kept)


def with_fallback(
    problem: Problem, unit: NDArray[np.intp], cost_mvnd: NDArray[np.float64], unit_ids: tuple[str, ...]
) -> Problem:
    """Return the problem with one more option per unit (a village): a fallback that serves all its points.

    Parameters
    ----------
    unit : (n_demand,) unit of each point, -1 = none (no fallback).
    cost_mvnd : (n_units,) State outlay of the fallback (satellite terminals), million VND.
    unit_ids : stable ids of the units; the new options are called 'leo-' + id.
    """
    inside = np.flatnonzero(np.asarray(unit) >= 0)
    extra = sp.csr_array((np.ones(inside.size, bool), (np.asarray(unit)[inside], inside)),
                         shape=(len(unit_ids), problem.n_demand))
    first_site = int(problem.site.max(initial=-1)) + 1
    outlay = problem.outlay_mvnd
    if outlay is not None:
        raise PlanError("plan_fallback_years")
    length = problem.tie_length_m
    return replace(
        problem, reach=sp.csr_array(sp.vstack([problem.reach.astype(bool), extra])),
        cost_mvnd=np.concatenate([problem.cost_mvnd, np.asarray(cost_mvnd, np.float64)]),
        site=np.concatenate([problem.site, first_site + np.arange(len(unit_ids))]),
        option_ids=(*problem.option_ids, *(f"leo-{i}" for i in unit_ids)),
        tie_length_m=None if length is None else np.concatenate([length, np.zeros(len(unit_ids))]),
    )


@dataclass(frozen=True)
class NextStep:
    """What the money does not reach: the best option left, what it would gain, and the first point it would serve."""

    option: int
    people: float
    cost_mvnd: float
    missing_mvnd: float
    demand: int


def first_unreached(problem: Problem, chosen: tuple[int, ...]) -> NextStep | None:
    """Return the option with most new people per money that the plan left out, and its largest unserved point.

    None when no option left would gain anybody. ``missing_mvnd``: money lacking to add it to the plan.
    """
    open_people = np.where(problem.served_before | covered_mask(problem, chosen), 0.0, problem.people)
    taken = {int(problem.site[i]) for i in chosen}
    best: tuple[float, str, int, float] | None = None
    for i in range(problem.n_options):
        if int(problem.site[i]) in taken or i in problem.forbidden:
            continue
        gain = math.fsum(open_people[points_of(problem, i)])
        if gain > 0:
            cost = float(problem.cost_mvnd[i])
            rate = float(f"{gain / cost:.9g}") if cost > 0 else math.inf
            if best is None or (-rate, problem.option_ids[i]) < best[:2]:
                best = (-rate, problem.option_ids[i], i, gain)
    if best is None:
        return None
    option = best[2]
    points = points_of(problem, option)
    cost = float(problem.cost_mvnd[option])
    lacking = max(0.0, plan_cost(problem, chosen) + cost - problem.budget_mvnd)
    return NextStep(option, best[3], cost, lacking, int(points[np.argmax(open_people[points])]))
