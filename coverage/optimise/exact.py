"""The plan with its proof: most people, then least cost, then shortest backhaul."""

import time

import numpy as np
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.optimise.model import Linear, covering, people_objective, run, with_row
from coverage.optimise.problem import (
    Problem,
    Selection,
    covered_people,
    feasible,
    make_selection,
    plan_cost,
    plan_length,
)
from coverage.optimise.reduce import Core, reduce

__all__ = ["covered_people", "solve"]
TIGHT_PEOPLE = 1e-6  # a bound this close to the value is met


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
) -> Selection:
    """Return the plan that gains most people; among those the cheapest; among those the shortest backhaul.

    Parameters
    ----------
    time_limit_s : wall time; the best plan so far is returned with its true bound.
    gap : relative gap at which the search may stop; 0 = prove the optimum.
    seed : of the heuristic and the solver; the same seed gives the same plan.
    progress : called as progress(stage, done, total); returning False stops the search.

    Raises
    ------
    PlanError
        When the model cannot be solved at all (never for a hard problem).
    """
    begun = time.monotonic()
    deadline = begun + time_limit_s
    core = reduce(problem)
    base = covered_people(problem, core.fixed)
    if core.n_options == 0 or core.n_classes == 0:
        return make_selection(problem, core.fixed, base, "optimal", time.monotonic() - begun, cost_proven=True)
    model = covering(core, people_objective(core))
    answer = run(model, deadline=deadline, relative_gap=gap, absolute_gap=0.5 * core.unit, seed=seed, progress=progress)
    best = core.fixed
    if answer.point is not None:
        best = better(problem, best, _chosen(core, answer.point))
    value = covered_people(problem, best)
    bound = min(round_down(core, -answer.bound), float(core.weight.sum())) + base
    if answer.ended == "cancelled":
        return make_selection(problem, best, bound, "cancelled", time.monotonic() - begun)
    best, proven = _cheaper(problem, core, model, best, value - base, deadline, progress)
    met = bound - value <= gap * bound or answer.ended == "solved"
    status = "gap" if met else "time_limit"
    if bound - value <= max(TIGHT_PEOPLE, 1e-9 * bound):  # the solver's own tolerance
        bound = value
    return make_selection(problem, best, bound, status, time.monotonic() - begun, cost_proven=proven)


def round_down(core: Core, bound: float) -> float:
    """Round a bound on the people down to what whole people allow; leave it alone where people are fractions."""
    if core.unit <= 0 or not np.isfinite(bound):
        return bound
    return float(np.floor(bound / core.unit + 1e-6) * core.unit)


def rank(problem: Problem, chosen: tuple[int, ...]) -> tuple[float, float, float]:
    """Return what a plan is judged by, smaller is better: minus people, cost, backhaul; nine digits count."""
    key = (-covered_people(problem, chosen), plan_cost(problem, chosen), plan_length(problem, chosen))
    return tuple(float(f"{v:.10g}") for v in key)  # type: ignore[return-value]


def better(problem: Problem, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """Return the better of two plans; an infeasible new one never wins, nor does an equal one."""
    return new if feasible(problem, new) and rank(problem, new) < rank(problem, old) else old


def _chosen(core: Core, point: NDArray[np.float64]) -> tuple[int, ...]:
    picked = core.option[point[: core.n_options] > 0.5]
    return (*core.fixed, *(int(i) for i in picked))


def _cheaper(
    problem: Problem,
    core: Core,
    model: Linear,
    best: tuple[int, ...],
    people: float,
    deadline: float,
    progress: Progress,
) -> tuple[tuple[int, ...], bool]:
    """Hold the people and spend least, then hold both and lay the shortest backhaul; tell if the cost is proven."""
    zeros = np.zeros(core.n_classes)
    gained = -people_objective(core)
    slack = 0.5 * core.unit if core.unit else 1e-9 * people
    model = with_row(model, gained, people - slack, np.inf)
    model = Linear(np.concatenate([core.cost, zeros]), model.matrix, model.low, model.high, model.upper, model.n_binary)
    answer = run(model, deadline=deadline, progress=progress, stage="cost")
    if answer.point is None:
        return best, False
    best = better(problem, best, _chosen(core, answer.point))
    if answer.ended != "solved" or not core.length_m.any():
        return best, answer.ended == "solved"
    spent = plan_cost(problem, best) - plan_cost(problem, core.fixed)
    model = with_row(model, model.cost, -np.inf, spent + 1e-9 * max(1.0, spent))
    model = Linear(np.concatenate([core.length_m, zeros]), model.matrix, model.low, model.high, model.upper,
                   model.n_binary)
    answer = run(model, deadline=deadline, progress=progress, stage="length")
    if answer.point is not None:
        best = better(problem, best, _chosen(core, answer.point))
    return best, True
