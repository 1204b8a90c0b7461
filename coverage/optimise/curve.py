"""People against money: the best plan at each budget with bounds on both sides, and a chain of nested plans.

The best plan at a larger budget need not contain the one at a smaller budget. A slider that drops sites as
money grows is read as a fault, so a nested chain through the reference plan is kept beside the best plans, with
its price in people.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.exact import better, solve
from coverage.optimise.problem import Problem, Selection, make_selection, plan_cost

FLAT = 1e-9  # relative: two values this close are the same


@dataclass(frozen=True)
class CurvePoint:
    """One budget: the best plan with its bound, the nested plan, and what nesting costs in people."""

    budget_mvnd: float
    best: Selection
    nested: Selection
    nesting_price: float


@dataclass(frozen=True)
class Curve:
    """The budget curve.

    Parameters
    ----------
    points : one per budget, rising.
    knee_mvnd : the budget after which money buys least more: farthest above the chord (Satopaa et al. 2011).
    last_useful_mvnd : the cheapest plan found that gains all that any of these budgets gains.
    saturated : the largest budget gains no more than a smaller one (within the proofs).
    """

    points: tuple[CurvePoint, ...]
    knee_mvnd: float
    last_useful_mvnd: float
    saturated: bool


def even_budgets(problem: Problem, count: int, *, top_mvnd: float | None = None) -> tuple[float, ...]:
    """Return ``count`` budgets from an even share up to ``top_mvnd`` (default: one option, the dearest, per site)."""
    if top_mvnd is None:
        dearest: dict[int, float] = {}
        for site, cost in zip(problem.site.tolist(), problem.cost_mvnd.tolist(), strict=True):
            dearest[site] = max(dearest.get(site, 0.0), cost)
        top_mvnd = math.fsum(dearest.values())
    return tuple(top_mvnd * k / count for k in range(1, count + 1))


def budget_curve(
    problem: Problem,
    budgets: Sequence[float],
    *,
    time_limit_s: float = 180.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
) -> Curve:
    """Return the curve at ``budgets``; the nested chain passes through the best plan at the problem's own budget.

    Each solve starts from the plan of the budget below, so that a larger budget never gains fewer.

    Raises
    ------
    PlanError
        When there is no budget, or one is not a number.
    """
    levels = sorted({float(b) for b in budgets})
    if not levels:
        raise PlanError("plan_curve_empty")
    share = time_limit_s / (2 * len(levels) + 1)
    best: list[Selection] = []
    cancelled = False
    for number, level in enumerate(levels):
        cancelled = cancelled or progress("curve", number, len(levels)) is False
        here = replace(problem, budget_mvnd=level)
        start = best[-1].chosen if best else ()
        now = solve(here, time_limit_s=share, gap=gap, seed=seed, start=start,
                    progress=progress if not cancelled else lambda *_: False)
        best.append(now)
    best = _bounds_both_ways(best)
    anchor = replace(problem, budget_mvnd=problem.budget_mvnd)
    main = solve(anchor, time_limit_s=share, gap=gap, seed=seed,
                 progress=progress if not cancelled else lambda *_: False)
    nested = _chain(problem, levels, best, main, share, gap, seed)
    points = tuple(
        CurvePoint(level, b, n, max(0.0, b.value - n.value)) for level, b, n in zip(levels, best, nested, strict=True)
    )
    top = best[-1]
    useful = min((b.cost_mvnd for b in best if b.value >= top.value * (1 - FLAT)), default=top.cost_mvnd)
    saturated = len(best) > 1 and best[-2].value >= top.bound * (1 - FLAT)
    return Curve(points, _knee(levels, [b.value for b in best]), useful, saturated)


def _bounds_both_ways(best: list[Selection]) -> list[Selection]:
    """Tighten: what a larger budget cannot exceed a smaller one cannot exceed either."""
    tight, ceiling = [], math.inf
    for selection in reversed(best):
        ceiling = min(ceiling, selection.bound)
        bound = max(ceiling, selection.value)
        gap = (bound - selection.value) / bound if bound > 0 else 0.0
        status = "optimal" if gap == 0 and selection.status == "gap" else selection.status
        tight.append(replace(selection, bound=bound, gap=gap, status=status))
    return tight[::-1]


def _chain(
    problem: Problem, levels: list[float], best: list[Selection], main: Selection, share: float, gap: float, seed: int
) -> list[Selection]:
    """Return plans each containing the one before: inside the main plan below its budget, around it above."""
    chain: dict[int, Selection] = {}
    below = [k for k, level in enumerate(levels) if level <= problem.budget_mvnd]
    inside = set(main.chosen)
    for k in reversed(below):
        out = tuple(sorted((set(range(problem.n_options)) - inside) | set(problem.forbidden)))
        part = solve(replace(problem, budget_mvnd=levels[k], forbidden=out), time_limit_s=share, gap=gap, seed=seed)
        chain[k] = _with_bound(problem, part, best[k], levels[k])
        inside = set(part.chosen)
    around = main.chosen
    for k in range(len(below), len(levels)):
        held = replace(problem, budget_mvnd=levels[k], required=tuple(sorted({*around, *problem.required})))
        part = solve(held, time_limit_s=share, gap=gap, seed=seed)
        around = better(held, tuple(around), part.chosen)
        chain[k] = _with_bound(problem, replace(part, chosen=around), best[k], levels[k])
    return [chain[k] for k in range(len(levels))]


def _with_bound(problem: Problem, part: Selection, best: Selection, level: float) -> Selection:
    """Return the nested plan judged by the bound of the free plan of the same budget."""
    return make_selection(replace(problem, budget_mvnd=level), part.chosen, best.bound, part.status, part.seconds)


def _knee(levels: list[float], values: list[float]) -> float:
    """Return the budget farthest above the chord from nothing to the top."""
    x = np.array([0.0, *levels]) / max(levels[-1], 1e-300)
    y = np.array([0.0, *values]) / max(values[-1], 1e-300)
    return float([0.0, *levels][int(np.argmax(np.round(y - x, 12)))])


def nested_prefix(problem: Problem, selection: Selection, budget_mvnd: float) -> tuple[int, ...]:
    """Return as much of a plan, in build order, as a budget pays for: what a slider shows between two points."""
    kept: list[int] = []
    for i in selection.order:
        if plan_cost(problem, [*kept, i]) <= budget_mvnd:
            kept.append(i)
    return tuple(kept)
