"""The plan with its proof: most people, then least cost, then shortest backhaul.

``solve`` runs reduce -> heuristic -> bound -> fix -> finish; each is a file of its own and usable alone.
"""

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.optimise.model import Answer, Linear, covering, people_objective, run, with_row
from coverage.optimise.problem import (
    Problem,
    Selection,
    covered_people,
    feasible,
    make_selection,
    plan_cost,
    plan_length,
)
from coverage.optimise.reduce import Core, people_unit, reduce
from coverage.optimise.search import SMALL_ENTRIES, Search, Stop

__all__ = ["covered_people", "solve"]
TIGHT = 1e-9  # relative: a bound this close to the value is met
MODEL_ENTRIES = 400_000  # the largest core given to HiGHS whole
COST_ENTRIES = 100_000  # the largest core whose cost is minimised exactly, when the people are proven
LOOSE_ENTRIES = 5_000  # the same, when they are not
COST_WORK = 30_000_000  # nodes times entries spent on proving the cost
UNDERCUTS = 12  # times a cheaper plan is looked for
IMPROVE_ROUNDS = 24
CHOSEN = 0.5  # a binary of the solver above this is 1


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
    start: tuple[int, ...] = (),
) -> Selection:
    """Return the plan that gains most people; among those the cheapest; among those the shortest backhaul.

    Parameters
    ----------
    time_limit_s : wall time; the best plan so far is returned with its true bound.
    gap : relative gap at which the search may stop; 0 = prove the optimum.
    seed : of the heuristic and the solver; the same seed gives the same plan.
    progress : called as progress(stage, done, total); returning False stops the search.
    start : a plan to start from (option indices); the answer is never worse.

    Raises
    ------
    PlanError
        When the model cannot be solved at all (never for a hard problem).
    """
    begun = time.monotonic()
    core = reduce(problem)
    base = covered_people(problem, core.fixed)
    search = Search(core, deadline=begun + time_limit_s, gap=gap, seed=seed, progress=progress, start=start)
    proven = False
    try:
        _search(problem, search)
        proven = _cheaper(problem, search)
    except Stop:
        pass
    best = search.best
    if start and feasible(problem, start):
        best = better(problem, start, best)
    bound, value = base + search.bound, covered_people(problem, best)
    if bound - value <= max(TIGHT * bound, 1e-6):
        bound = value
    reached = bound - value <= gap * bound + 1e-12
    status = "gap" if reached or not search.ended else search.ended
    if search.ended == "cancelled":
        status = "cancelled"
    return make_selection(problem, best, bound, status, time.monotonic() - begun, cost_proven=proven)


def _search(problem: Problem, search: Search) -> None:
    """Lower the ceiling, raise the plan, shrink the core, and let HiGHS finish what is small enough."""
    search.climb()
    if not search.met() and search.core.rows.nnz > SMALL_ENTRIES:
        search.improve(IMPROVE_ROUNDS)
        search.climb()
    if search.met() or search.core.n_options == 0:
        return
    if search.core.rows.nnz <= MODEL_ENTRIES:
        _finish(problem, search)
    while not search.met():
        before = search.value, search.bound
        search.seed += 104_729
        search.improve(IMPROVE_ROUNDS)
        search.climb()
        if (search.value, search.bound) == before:
            search.seed += 1
            search.check("improve", 0, 0)
            break


def _finish(problem: Problem, search: Search) -> None:
    """Solve what is left with HiGHS, started from the best plan."""
    search.drop_dominated()
    core = search.core
    model = covering(core, people_objective(core))
    chosen = np.isin(core.option, search.best).astype(np.float64)
    start = np.concatenate([chosen, np.minimum(1.0, np.asarray(core.columns @ chosen).ravel())])
    answer = run(
        model, start=start, deadline=search.deadline, relative_gap=search.gap, absolute_gap=0.5 * core.unit,
        seed=search.seed, progress=search.progress,
    )
    ceiling = core.gained - answer.bound
    if core.unit:
        ceiling = float(np.floor(ceiling / core.unit + 1e-6) * core.unit)
    if answer.point is not None:
        plan = read_plan(core, answer)
        if feasible(problem, plan) and covered_people(problem, plan) > covered_people(problem, search.best):
            search.best = plan
            search.value = covered_people(problem, plan) - covered_people(problem, problem.required)
    search.bound = max(search.value, min(search.bound, ceiling))
    if answer.ended in ("cancelled", "time_limit"):
        search.ended = answer.ended
        raise Stop


def rank(problem: Problem, chosen: tuple[int, ...]) -> tuple[float, float, float]:
    """Return what a plan is judged by, smaller is better: minus people, cost, backhaul; ten digits count."""
    key = (-covered_people(problem, chosen), plan_cost(problem, chosen), plan_length(problem, chosen))
    return tuple(float(f"{v:.10g}") for v in key)  # type: ignore[return-value]


def better(problem: Problem, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """Return the better of two plans; an infeasible new one never wins, nor does an equal one."""
    return new if feasible(problem, new) and rank(problem, new) < rank(problem, old) else old


def read_plan(core: Core, answer: Answer) -> tuple[int, ...]:
    """Return the options of the problem that a solver's point takes."""
    assert answer.point is not None  # noqa: S101 - callers have looked
    picked = core.option[answer.point[: core.n_options] > CHOSEN]
    return (*core.fixed, *(int(i) for i in picked))


def _cheaper(problem: Problem, search: Search) -> bool:
    """Hold the people and spend least, then hold both and lay the shortest backhaul; tell if the cost is proven.

    The core still holds every plan with as many people: options were decided by a strict comparison only.
    """
    search.refix()
    core = search.core
    sharp = search.bound - search.value <= max(TIGHT * search.bound, 0.5 * core.unit)
    if core.n_options == 0 or core.rows.nnz > (COST_ENTRIES if sharp else LOOSE_ENTRIES):
        search.best = _thin(problem, search.best)
        return core.n_options == 0
    zeros, gained = np.zeros(core.n_classes), -people_objective(core)
    people = search.value - core.gained
    held = with_row(covering(core, -gained), gained, people - (0.5 * core.unit or TIGHT * people), np.inf)
    spend = np.concatenate([core.cost, zeros])
    proven = (_least if core.rows.nnz <= LOOSE_ENTRIES else _undercut)(problem, search, held, spend)
    if proven and core.length_m.any():
        spent = plan_cost(problem, search.best) - plan_cost(problem, core.fixed)
        model = with_row(held, spend, -np.inf, spent + TIGHT * max(1.0, spent))
        _hold(problem, search, replace(model, cost=np.concatenate([core.length_m, zeros])), "length", 0.0)
    return proven


def _least(problem: Problem, search: Search, held: Linear, spend: NDArray[np.float64]) -> bool:
    """Minimise the outlay of plans with as many people (small cores)."""
    return _hold(problem, search, replace(held, cost=spend), "cost", 0.0)[0] == "solved"


def _undercut(problem: Problem, search: Search, held: Linear, spend: NDArray[np.float64]) -> bool:
    """Ask for a plan with as many people and a little less money, until there is none (proven) or work runs out.

    People stay the objective: the ceiling that proved them also proves that nothing cheaper keeps them.
    """
    for _ in range(UNDERCUTS):
        spent = plan_cost(problem, search.best) - plan_cost(problem, search.core.fixed)
        step = 0.5 * people_unit(search.core.cost) or TIGHT * max(1.0, spent)
        ended, found = _hold(problem, search, with_row(held, spend, -np.inf, spent - step), "cost", 1.0)
        if not found:
            return ended == "infeasible"
    return False


def _hold(problem: Problem, search: Search, model: Linear, stage: str, gap: float) -> tuple[str, bool]:
    """Run one of the later objectives; return how it ended and whether the plan got better."""
    core, before = search.core, search.best
    answer = run(model, deadline=search.deadline, seed=search.seed, stage=stage, relative_gap=gap,
                 progress=search.progress, nodes=max(50, COST_WORK // max(core.rows.nnz, 1)))
    if answer.point is not None:
        search.best = better(problem, search.best, read_plan(core, answer))
        gained = covered_people(problem, search.best) - covered_people(problem, problem.required)
        search.value = max(search.value, gained)
        search.bound = max(search.bound, search.value)
    if answer.ended == "cancelled":
        search.ended = "cancelled"
    return answer.ended, search.best != before


def _thin(problem: Problem, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Drop options without which nobody is lost, dearest first."""
    people, kept = covered_people(problem, chosen), list(chosen)
    for i in sorted(set(chosen) - set(problem.required), key=lambda i: (-problem.cost_mvnd[i], problem.option_ids[i])):
        rest = [k for k in kept if k != i]
        if covered_people(problem, rest) == people:
            kept = rest
    return tuple(kept)
