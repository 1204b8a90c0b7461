"""Fair to every group: the smallest total shortfall first, then the most people with that shortfall held.

Never a blend. Stage 1: min sum_g s_g, with s_g the people group g lacks. Stage 2: the least money that reaches it
(reported). Stage 3: most people, then least cost, then shortest backhaul, at that shortfall.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.exact import TIGHT, better, solve
from coverage.optimise.model import Aim, Linear, Reached, covering, in_turn, people_objective, with_columns
from coverage.optimise.problem import (
    Problem,
    Selection,
    covered_mask,
    covered_people,
    feasible,
    make_selection,
    plan_cost,
)
from coverage.optimise.reduce import Core, reduce

CHOSEN = 0.5
NODE_WORK = 4_000_000  # nodes times entries spent on what is only reported or comes last


@dataclass(frozen=True)
class Missed:
    """A group that stays below its floor: what it lacks, and what it could get at most.

    ``reason`` is 'out_of_reach' (no set of options reaches the floor), 'money' (the budget alone would not pay for
    it) or 'shared' (it could be reached alone, not together with the others).
    """

    group: int
    name: str
    needed: float
    gained: float
    shortfall: float
    most_with_any_money: float
    most_with_this_money: float
    reason: str


@dataclass(frozen=True)
class FloorPlan:
    """The plan with its floors.

    Parameters
    ----------
    selection : the plan; its bound is on people among plans of the least shortfall.
    shortfall : people lacking per group.
    total_shortfall, shortfall_bound : people lacking in all, and the proven least.
    money_for_floors_mvnd, money_bound_mvnd : least outlay found that reaches this shortfall, and its proven bound.
    missed : groups below their floor, with how far they can get.
    """

    selection: Selection
    shortfall: tuple[float, ...]
    total_shortfall: float
    shortfall_bound: float
    money_for_floors_mvnd: float
    money_bound_mvnd: float
    missed: tuple[Missed, ...]


def needed_people(
    group: NDArray[np.intp], people_all: NDArray[np.float64], served_before: NDArray[np.bool_], share: Sequence[float]
) -> NDArray[np.float64]:
    """Return the people each group must gain to have ``share`` of its people served; 0 where it has them already.

    Parameters
    ----------
    group : (n_demand,) group of each point, -1 = none.
    people_all : (n_demand,) all people of the point, served before or not.
    share : (n_groups,) floor, 0..1.
    """
    inside = group >= 0
    count = len(share)
    whole = np.bincount(group[inside], weights=people_all[inside], minlength=count)
    served = np.bincount(group[inside], weights=(people_all * served_before)[inside], minlength=count)
    return np.asarray(np.maximum(0.0, np.asarray(share) * whole - served))


def group_gain(problem: Problem, group: NDArray[np.intp], count: int, chosen: Sequence[int]) -> NDArray[np.float64]:
    """Return the people gained per group."""
    gained = covered_mask(problem, chosen) & ~problem.served_before & (group >= 0)
    return np.asarray(np.bincount(group[gained], weights=problem.people[gained], minlength=count), np.float64)


def solve_floors(
    problem: Problem,
    group: NDArray[np.intp],
    needed: NDArray[np.float64],
    *,
    names: Sequence[str] = (),
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
) -> FloorPlan:
    """Return the plan with the least total shortfall and, among those, the most people.

    Parameters
    ----------
    group : (n_demand,) group of each point, -1 = none.
    needed : (n_groups,) people each group must gain (``needed_people``).
    names : of the groups, for the report.

    Raises
    ------
    PlanError
        When a group or a need makes no sense.
    """
    begun = time.monotonic()
    deadline = begun + time_limit_s
    group, needed = _checked(problem, group, needed)
    core = reduce(problem, zone=(group + 1).astype(np.int32))
    base = group_gain(problem, group, needed.size, core.fixed)
    left = np.maximum(needed - base, 0.0)
    free = solve(problem, time_limit_s=time_limit_s / 3, gap=gap, seed=seed, progress=progress)
    free_lack = float(np.maximum(needed - group_gain(problem, group, needed.size, free.chosen), 0.0).sum())
    if free_lack <= TIGHT * max(1.0, needed.sum()):  # the best plan without floors keeps them all
        return _report(problem, group, needed, names, free, (0.0, 0.0), (free.cost_mvnd, 0.0), deadline)
    if free.status == "cancelled":
        return _report(problem, group, needed, names, free, (free_lack, 0.0), (free.cost_mvnd, 0.0), begun)
    reached, lack = _least_shortfall(core, left, deadline, seed, progress, begun + 0.5 * time_limit_s)
    model, floor_row = _floor_model(core, left)
    slack = _slack(core, lack[0])
    held = replace(model, matrix=sp.csr_array(sp.vstack([model.matrix, floor_row[None, :]])),
                   low=np.append(model.low, -np.inf), high=np.append(model.high, lack[0] + slack))
    pad = np.zeros(left.size)
    gained = np.concatenate([people_objective(core), pad])
    cost = np.concatenate([core.cost, np.zeros(core.n_classes), pad])
    length = np.concatenate([core.length_m, np.zeros(core.n_classes), pad])
    nodes = max(50, NODE_WORK // max(core.rows.nnz, 1))
    cheap = in_turn(held, [Aim("floors_money", cost, 0.0, relative_gap=1e-3, nodes=nodes)], start=reached.point,
                    deadline=deadline, seed=seed, progress=progress)
    aims = [
        Aim("people", gained, 0.5 * core.unit or TIGHT * float(core.weight.sum()), relative_gap=gap),
        Aim("cost", cost, TIGHT * max(1.0, float(core.cost.sum())), nodes=nodes),
        Aim("length", length, 0.0, nodes=nodes),
    ]
    best = in_turn(held, aims, start=cheap.point if cheap.point is not None else reached.point, deadline=deadline,
                   seed=seed, progress=progress)
    plan = _read(problem, core, best.point if best.point is not None else reached.point)
    fixed_people = covered_people(problem, core.fixed)
    bound = min(free.bound, fixed_people - best.bound[0]) if best.bound else free.bound
    if core.unit:
        bound = float(np.floor(bound / core.unit + 1e-6) * core.unit)
    value = covered_people(problem, plan)
    if bound - value <= max(TIGHT * bound, 1e-6):
        bound = value
    status = best.ended if best.ended == "cancelled" else ("gap" if bound - value <= gap * bound else "time_limit")
    selection = make_selection(problem, plan, bound, status, time.monotonic() - begun,
                               cost_proven=best.ended == "solved" and len(best.value) == len(aims))
    fixed_cost = plan_cost(problem, core.fixed)
    money = (fixed_cost + cheap.value[0], fixed_cost + cheap.bound[0]) if cheap.value else (selection.cost_mvnd, 0.0)
    return _report(problem, group, needed, names, selection, lack, money, deadline)


def _checked(
    problem: Problem, group: NDArray[np.intp], needed: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    group, needed = np.asarray(group, np.intp), np.asarray(needed, np.float64)
    if group.shape != (problem.n_demand,):
        raise PlanError("plan_shape", name="group", found=group.shape, expected=(problem.n_demand,))
    if group.size and (group.min() < -1 or group.max() >= needed.size):
        raise PlanError("plan_index", name="group", value=int(group.max()), count=needed.size)
    bad = ~(np.isfinite(needed) & (needed >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise PlanError("plan_people", row=row, value=needed[row], count=int(bad.sum()))
    return group, needed


def _slack(core: Core, lack: float) -> float:
    return 0.0 if lack <= 0 else max(TIGHT * lack, 1e-6) if not core.unit else 1e-6


def _floor_model(core: Core, left: NDArray[np.float64]) -> tuple[Linear, NDArray[np.float64]]:
    """Return the covering model with one shortfall column per group, and the row that adds them up."""
    model = with_columns(covering(core, people_objective(core)), left)
    n, m, g = core.n_options, core.n_classes, left.size
    inside = core.zone > 0
    classes = np.flatnonzero(inside)
    rows = sp.csr_array((core.weight[inside], (core.zone[inside] - 1, n + classes)), shape=(g, n + m + g))
    lack = sp.csr_array((np.ones(g), (np.arange(g), n + m + np.arange(g))), shape=(g, n + m + g))
    model = Linear(
        model.cost, sp.csr_array(sp.vstack([model.matrix, rows + lack])), np.concatenate([model.low, left]),
        np.concatenate([model.high, np.full(g, np.inf)]), model.upper, n,
    )
    return model, np.concatenate([np.zeros(n + m), np.ones(g)])


def _least_shortfall(
    core: Core, left: NDArray[np.float64], deadline: float, seed: int, progress: Progress, soft: float
) -> tuple[Reached, tuple[float, float]]:
    """Return the point of the least total shortfall, and (shortfall, proven bound)."""
    model, total = _floor_model(core, left)
    start = np.concatenate([np.zeros(core.n_options + core.n_classes), left])  # build nothing, lack everything
    out_of_reach = np.maximum(left - np.bincount(core.zone, core.weight, left.size + 1)[1:], 0.0).sum()
    reached = in_turn(model, [Aim("shortfall", total, 0.0)], start=start, deadline=min(deadline, soft), seed=seed,
                      progress=progress)
    lack = max(reached.value[0], 0.0)
    bound = max(reached.bound[0], float(out_of_reach))
    if lack - bound <= max(TIGHT * lack, 1e-6):
        bound = lack
    return reached, (lack, bound)


def _read(problem: Problem, core: Core, point: NDArray[np.float64] | None) -> tuple[int, ...]:
    plan = core.fixed
    if point is not None:
        new = (*core.fixed, *(int(i) for i in core.option[point[: core.n_options] > CHOSEN]))
        plan = new if feasible(problem, new) else better(problem, plan, new)
    return plan


def _report(
    problem: Problem, group: NDArray[np.intp], needed: NDArray[np.float64], names: Sequence[str], selection: Selection,
    lack: tuple[float, float], money: tuple[float, float], deadline: float,
) -> FloorPlan:
    gain = group_gain(problem, group, needed.size, selection.chosen)
    short = np.where(needed - gain > TIGHT * np.maximum(1.0, needed), needed - gain, 0.0)
    missed = tuple(
        _missed(problem, group, g, names[g] if names else str(g), float(needed[g]), float(gain[g]), deadline)
        for g in np.flatnonzero(short > 0).tolist()
    )
    return FloorPlan(selection, tuple(short.tolist()), float(short.sum()), min(lack[1], float(short.sum())),
                     money[0], money[1], missed)


def _missed(
    problem: Problem, group: NDArray[np.intp], number: int, name: str, needed: float, gained: float, deadline: float
) -> Missed:
    """Find how far one group can get, with any money and with this money alone."""
    people = np.where(group == number, problem.people, 0.0)
    ceilings = None if problem.ceilings_mvnd is None else np.full(problem.ceilings_mvnd.size, np.inf)
    rich = replace(problem, people=people, budget_mvnd=float("inf"), ceilings_mvnd=ceilings)
    left = max(0.2, min(5.0, deadline - time.monotonic()))
    most = solve(rich, gap=0.0, time_limit_s=left).bound
    alone = solve(replace(problem, people=people), gap=0.0, time_limit_s=left).bound
    tolerance = TIGHT * max(1.0, needed)
    reason = "out_of_reach" if most < needed - tolerance else "money" if alone < needed - tolerance else "shared"
    return Missed(number, name, needed, gained, needed - gained, most, alone, reason)
