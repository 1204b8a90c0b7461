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
from coverage.optimise.exact import MODEL_ENTRIES, TIGHT, better, solve
from coverage.optimise.floor_bound import (
    LEAST,
    greedy_floors,
    likely,
    priced_ceiling,
    priced_plans,
    settled,
    zone_people,
)
from coverage.optimise.model import Aim, Linear, Reached, covering, in_turn, people_objective, with_columns, with_row
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
from coverage.optimise.search import SMALL_ENTRIES

CHOSEN = 0.5
AIMS = 3
NODE_WORK = 4_000_000  # nodes times entries spent on what is only reported or comes last


@dataclass(frozen=True)
class Missed:
    """A group that stays below its floor: what it lacks, and what it could get at most.

    ``most_with_any_money`` and ``most_with_this_money`` are proven ceilings (exact unless the time ran out).
    ``reason`` is 'out_of_reach' (no set of options reaches the floor), 'money' (the budget alone would not pay for
    it), 'shared' (it could be reached alone, not together with the others) or 'not_checked' (the time ran out).
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
    free = solve(problem, time_limit_s=time_limit_s / 6, gap=gap, seed=seed, progress=progress)
    free_lack = float(np.maximum(needed - group_gain(problem, group, needed.size, free.chosen), 0.0).sum())
    if free_lack <= TIGHT * max(1.0, needed.sum()):  # the best plan without floors keeps them all
        return report_floors(problem, group, needed, names, free, (0.0, 0.0), (free.cost_mvnd, 0.0), deadline)
    if free.status == "cancelled":
        return report_floors(problem, group, needed, names, free, (free_lack, 0.0), (free.cost_mvnd, 0.0), begun)
    lack, money, plan = _least(problem, core.fixed, group, left, deadline, begun + 0.5 * time_limit_s, seed, progress)
    run = _Run(problem, left, lack[0], deadline, gap, seed, progress)
    if feasible(problem, plan):  # a first plan: the floors kept, the money left spent on people
        filled = solve(replace(problem, required=tuple(plan)), gap=10 * gap, time_limit_s=time_limit_s / 10, seed=seed,
                       progress=progress)
        plan = better(problem, plan, filled.chosen)
    bound, plan, best = _most_people(run, core, plan)
    base_people = covered_people(problem, core.fixed)
    bound = min(free.bound, base_people + bound)
    if core.unit:
        bound = float(np.floor(bound / core.unit + 1e-6) * core.unit)
    value = covered_people(problem, plan)
    if bound - value <= max(TIGHT * bound, 1e-6):
        bound = value
    ended = best.ended if best is not None else "time_limit"
    status = "cancelled" if ended == "cancelled" else ("gap" if bound - value <= gap * bound else "time_limit")
    selection = make_selection(problem, plan, bound, status, time.monotonic() - begun,
                               cost_proven=best is not None and ended == "solved" and len(best.value) == AIMS)
    return report_floors(problem, group, needed, names, selection, lack, money, deadline)


@dataclass(frozen=True, eq=False)
class _Run:
    """What every stage of one solve needs."""

    problem: Problem
    needed: NDArray[np.float64]
    lack: float
    deadline: float
    gap: float
    seed: int
    progress: Progress

    def late(self, stage: str, done: int, total: int) -> bool | None:
        """Report, and tell the ceiling to stop when the time is over."""
        return False if time.monotonic() > self.deadline else self.progress(stage, done, total)


def _least(
    problem: Problem, fixed: tuple[int, ...], group: NDArray[np.intp], left: NDArray[np.float64], deadline: float,
    soft: float, seed: int, progress: Progress,
) -> tuple[tuple[float, float], tuple[float, float], tuple[int, ...]]:
    """Return (shortfall, bound), (least money for it, bound) and the plan that reaches it, on the groups alone."""
    wanted = np.append(left > 0, False)[group]  # -1 reads the last
    core = reduce(replace(problem, people=np.where(wanted, problem.people, 0.0)), zone=(group + 1).astype(np.int32))
    fixed_cost = plan_cost(problem, fixed)
    reached, lack = _least_shortfall(core, left, deadline, seed, progress, soft)
    model, floor_row = _floor_model(core, left)
    held = with_row(model, floor_row, -np.inf, lack[0] + _slack(core, lack[0]))
    cost = np.concatenate([core.cost, np.zeros(core.n_classes + left.size)])
    brief = min(deadline, time.monotonic() + 0.2 * max(0.1, soft - time.monotonic()))
    cheap = in_turn(held, [Aim("floors_money", cost, 0.0, relative_gap=1e-3)], start=reached.point, deadline=brief,
                    seed=seed, progress=progress)
    point = cheap.point if cheap.point is not None else reached.point
    found = cheap.value[0] if cheap.value else np.inf
    money = (fixed_cost + found, fixed_cost + (max(0.0, cheap.bound[0]) if cheap.bound else 0.0))
    return lack, money, _read(problem, core, point)


def _most_people(run: _Run, core: Core, plan: tuple[int, ...]) -> tuple[float, tuple[int, ...], Reached | None]:
    """Return the ceiling on people beyond the must-haves, the best plan within the floors, and the last answer."""
    problem, base = run.problem, covered_people(run.problem, core.fixed)
    ceiling = float(core.weight.sum())
    if core.rows.nnz > SMALL_ENTRIES // 4:
        priced = priced_ceiling(core, run.needed, run.lack, deadline_passed=run.late)
        ceiling = min(ceiling, priced.ceiling)
        half = time.monotonic() + 0.4 * max(0.1, run.deadline - time.monotonic())
        for other in priced_plans(core, priced, run.needed, deadline=half, gap=run.gap / 2, seed=run.seed,
                                  progress=run.progress):
            picked = np.isin(core.option, other).astype(np.float64)
            lack = np.maximum(0.0, run.needed - zone_people(core, run.needed.size, picked)).sum()
            if lack <= run.lack + LEAST * max(1.0, run.lack):
                plan = better(problem, plan, other)
        some, _ = likely(core, priced, np.isin(core.option, plan))
        first = _solve(run, some, run.needed, plan, brief=True)
        plan = better(problem, plan, _read(problem, some, first.point))
        value = covered_people(problem, plan) - base
        core, needed = settled(core, priced, value, run.needed)
    else:
        needed, value = run.needed, 0.0
    met = ceiling - value <= run.gap * ceiling
    if core.rows.nnz > MODEL_ENTRIES or (met and core.rows.nnz > SMALL_ENTRIES // 4):
        return ceiling, plan, None
    last = _solve(run, core, needed, plan, brief=False)
    plan = better(problem, plan, _read(problem, core, last.point))
    value = covered_people(problem, plan) - base
    if last.bound:
        ceiling = min(ceiling, max(value, core.gained - last.bound[0]))
    return max(ceiling, value), plan, last


def _solve(run: _Run, core: Core, needed: NDArray[np.float64], plan: tuple[int, ...], *, brief: bool) -> Reached:
    """Solve the model with floors on a core: most people, then (unless ``brief``) least cost, shortest backhaul."""
    model, floor_row = _floor_model(core, needed)
    held = with_row(model, floor_row, -np.inf, run.lack + _slack(core, run.lack))
    pad, zeros = np.zeros(needed.size), np.zeros(core.n_classes)
    x = np.isin(core.option, plan).astype(np.float64)
    y = np.minimum(1.0, np.asarray(core.columns @ x).ravel())
    start = np.concatenate([x, y, np.maximum(0.0, needed - zone_people(core, needed.size, x))])
    nodes = max(50, NODE_WORK // max(core.rows.nnz, 1))
    cost = np.concatenate([core.cost, zeros, pad])
    aims = [
        Aim("people", np.concatenate([people_objective(core), pad]),
            0.5 * core.unit or TIGHT * float(core.weight.sum()), relative_gap=run.gap / 2 if brief else run.gap),
        Aim("cost", cost, TIGHT * max(1.0, float(core.cost.sum())), nodes=nodes),
        Aim("length", np.concatenate([core.length_m, zeros, pad]), 0.0, nodes=nodes),
    ]
    now = time.monotonic()
    deadline = now + 0.5 * max(0.2, run.deadline - now) if brief else run.deadline
    return in_turn(held, aims[:1] if brief else aims, start=start, deadline=deadline, seed=run.seed,
                   progress=run.progress)


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
    x = greedy_floors(core, left).astype(np.float64)
    lacking = np.maximum(0.0, left - zone_people(core, left.size, x))
    start = np.concatenate([x, np.minimum(1.0, np.asarray(core.columns @ x).ravel()), lacking])
    out_of_reach = np.maximum(left - np.bincount(core.zone, core.weight, left.size + 1)[1:], 0.0).sum()
    if lacking.sum() - out_of_reach <= TIGHT * max(1.0, float(left.sum())):  # nothing can lack less
        lack = float(lacking.sum())
        return Reached(start, (lack,), (lack,), "solved"), (lack, lack)
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


def report_floors(
    problem: Problem, group: NDArray[np.intp], needed: NDArray[np.float64], names: Sequence[str], selection: Selection,
    lack: tuple[float, float], money: tuple[float, float], deadline: float,
) -> FloorPlan:
    """Return a plan with what it lacks; ``lack`` and ``money``: the least found and proven."""
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
    every = [i for i in range(problem.n_options) if i not in set(problem.forbidden)]
    most = alone = covered_people(replace(problem, people=people), every)
    left = deadline - time.monotonic()
    checked = left > 0
    if checked and most > 0:
        ceilings = None if problem.ceilings_mvnd is None else np.full(problem.ceilings_mvnd.size, np.inf)
        rich = replace(problem, people=people, budget_mvnd=float("inf"), ceilings_mvnd=ceilings)
        most = solve(rich, gap=0.0, time_limit_s=min(5.0, left)).bound
        alone = solve(replace(problem, people=people), gap=0.0, time_limit_s=min(5.0, left)).bound
    tolerance = TIGHT * max(1.0, needed)
    reason = "money" if alone < needed - tolerance else "shared"
    if most < needed - tolerance:
        reason = "out_of_reach"
    elif not checked:
        reason = "not_checked"
    return Missed(number, name, needed, gained, needed - gained, most, alone, reason)
