"""Building by year: every plan contains the one before, under yearly ceilings, with the price of that.

The years are laid out as one covering problem: an option may be built in any year (one choice per site over all
years), a point counts once per year, an option built in year t serves from the end of year t on. Capital is
paid in the build year, running support from the year after. First most people at the end of the last year, then
most person-years.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.exact import solve
from coverage.optimise.floors import solve_floors
from coverage.optimise.problem import Problem, Selection, covered_people


@dataclass(frozen=True, eq=False)
class Years:
    """What changes by year.

    Parameters
    ----------
    names : calendar years.
    ceilings_mvnd : (n_years,) State outlay at most, nominal.
    yearly_cost_mvnd : (n_options,) lease and support in each year after the build year.
    earliest : (n_options,) first year index an option may be built (permit lead time); n_years = never.
    served_before : (n_years, n_demand) served at the end of the year by what is on air or committed: masts come on
        air, 3G goes off.
    weight : (n_years, n_demand) stated priority of a point in a year (early years may favour the border); None = 1.
    count : (n_demand,) people told in ``gained``, ``best_found`` and the price; None = those of the problem.
    locked : option -> year index of what is decided already and stays.
    carry_over : money not spent in a year may be spent later.
    """

    names: tuple[int, ...]
    ceilings_mvnd: NDArray[np.float64]
    yearly_cost_mvnd: NDArray[np.float64]
    earliest: NDArray[np.intp]
    served_before: NDArray[np.bool_]
    weight: NDArray[np.float64] | None = None
    count: NDArray[np.float64] | None = None
    locked: tuple[tuple[int, int], ...] = ()
    carry_over: bool = False


@dataclass(frozen=True)
class PhasedPlan:
    """The plan by year.

    Parameters
    ----------
    built : per year, the options built in it, sorted by id.
    gained : per year, people served at its end who would not be without the plan (unweighted).
    best : per year, the most people any plan under the same ceilings could gain at the end of that year (bound).
    best_found : per year, the best such plan found.
    nesting_price : per year, best_found - gained: what keeping the years nested costs in people.
    outlay_mvnd : per year.
    selection : over (option, year) pairs: value and bound in weighted person-years, with the people at the end of the
        last year held first; ``chosen`` and ``order`` number pairs (option * n_years + year).
    last_year_bound : proven ceiling on the (weighted) people at the end of the last year.
    """

    built: tuple[tuple[int, ...], ...]
    gained: tuple[float, ...]
    best: tuple[float, ...]
    best_found: tuple[float, ...]
    nesting_price: tuple[float, ...]
    outlay_mvnd: tuple[float, ...]
    selection: Selection
    last_year_bound: float


def lay_out(problem: Problem, years: Years, *, horizon: int | None = None, last_only: bool = False) -> Problem:
    """Return the covering problem over (option, year) pairs and (year, point) pairs.

    Parameters
    ----------
    horizon : number of years laid out; None = all.
    last_only : count people at the end of the last year only.
    """
    count = len(years.names) if horizon is None else horizon
    n, m = problem.n_options, problem.n_demand
    _check(problem, years)
    option = np.repeat(np.arange(n), count)
    year = np.tile(np.arange(count), n)
    reach = sp.csr_array(problem.reach.astype(bool))
    wanted = [count - 1] if last_only else list(range(count))
    blocks = []
    for t in wanted:
        now = sp.csr_array((np.ones(n * count, bool)[year <= t], (np.flatnonzero(year <= t), option[year <= t])),
                           shape=(n * count, n))
        blocks.append(sp.csr_array(now @ reach))
    weight = np.ones((count, m)) if years.weight is None else years.weight[:count]
    people = np.concatenate([problem.people * weight[t] for t in wanted])
    before = np.concatenate([problem.served_before | years.served_before[t] for t in wanted])
    outlay = (np.where(np.arange(count) == year[:, None], problem.cost_mvnd[option][:, None], 0.0)
              + np.where(np.arange(count) > year[:, None], years.yearly_cost_mvnd[option][:, None], 0.0))
    ceilings = np.asarray(years.ceilings_mvnd[:count], np.float64)
    total = outlay.sum(axis=1)
    if years.carry_over:
        outlay, ceilings = np.cumsum(outlay, axis=1), np.cumsum(ceilings)
    lock = dict(years.locked)
    late = year < years.earliest[option]
    other = np.array([lock.get(int(o), t) != t for o, t in zip(option, year, strict=True)], bool)
    banned = np.isin(option, problem.forbidden)
    required = tuple(o * count + t for o, t in lock.items() if t < count)
    forbidden = np.flatnonzero((late | banned | other) & ~np.isin(np.arange(n * count), required))
    length = problem.tie_length_m
    return Problem(
        reach=sp.csr_array(sp.hstack(blocks)), people=people, cost_mvnd=total, site=problem.site[option],
        option_ids=tuple(f"{problem.option_ids[o]}@{t:03d}" for o, t in zip(option, year, strict=True)),
        budget_mvnd=problem.budget_mvnd, served_before=before, required=required,
        forbidden=tuple(forbidden.tolist()), exclusive=problem.exclusive,
        tie_length_m=None if length is None else length[option], outlay_mvnd=outlay, ceilings_mvnd=ceilings,
    )


def _check(problem: Problem, years: Years) -> None:
    count, n, m = len(years.names), problem.n_options, problem.n_demand
    shapes = {"ceilings_mvnd": (count,), "yearly_cost_mvnd": (n,), "earliest": (n,), "served_before": (count, m)}
    if years.weight is not None:
        shapes["weight"] = (count, m)
    if years.count is not None:
        shapes["count"] = (m,)
    for name, shape in shapes.items():
        found = np.shape(getattr(years, name))
        if found != shape:
            raise PlanError("plan_shape", name=name, found=found, expected=shape)
    if not (np.isfinite(years.yearly_cost_mvnd) & (years.yearly_cost_mvnd >= 0)).all():
        row = int(np.flatnonzero(~(years.yearly_cost_mvnd >= 0))[0])
        raise PlanError("plan_price", name="yearly_cost_mvnd", option=problem.option_ids[row], row=row,
                        value=years.yearly_cost_mvnd[row], count=1)
    if count == 0:
        raise PlanError("plan_shape", name="names", found=(0,), expected=("> 0",))
    for option, year in years.locked:
        if not 0 <= option < n or not 0 <= year < count:
            raise PlanError("plan_index", name="locked", value=option, count=n)
    if problem.required:
        raise PlanError("plan_required_years")


def solve_phases(
    problem: Problem,
    years: Years,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
) -> PhasedPlan:
    """Return the nested plan: most people at the end of the last year, then most person-years.

    The problem's own budget caps the outlay of all years together (it may be infinite); its must-haves go into
    ``years.locked``.

    Raises
    ------
    PlanError
        When shapes, prices or locks make no sense.
    """
    begun = time.monotonic()
    count, m = len(years.names), problem.n_demand
    share = time_limit_s / (2 + count)
    ends = [
        solve(lay_out(problem, years, horizon=t + 1, last_only=True), time_limit_s=share, gap=gap, seed=seed,
              progress=progress)
        for t in range(count)
    ]
    whole = lay_out(problem, years)
    group = np.full(count * m, -1, np.intp)
    group[(count - 1) * m:] = 0
    left = max(1.0, time_limit_s - (time.monotonic() - begun))
    held = solve_floors(whole, group, np.array([ends[-1].value]), gap=gap, seed=seed, time_limit_s=left,
                        progress=progress)
    selection = replace(held.selection, seconds=time.monotonic() - begun)
    built = tuple(tuple(i // count for i in selection.chosen if i % count == t) for t in range(count))
    plain = replace(years, weight=None)
    outlay = lay_out(problem, plain).outlay_mvnd
    assert outlay is not None  # noqa: S101 - lay_out always gives one
    spent = outlay[list(selection.chosen)].sum(axis=0)
    if years.carry_over:
        spent = np.diff(spent, prepend=0.0)
    gained, best, found = [], [], []
    told = problem if years.count is None else replace(problem, people=years.count)
    for t in range(count):
        now = [o for part in built[: t + 1] for o in part]
        this_year = replace(told, served_before=problem.served_before | years.served_before[t])
        gained.append(covered_people(this_year, now))
        alone = [i // (t + 1) for i in ends[t].chosen]
        found.append(max(covered_people(this_year, alone), gained[-1]))
        best.append(ends[t].bound)
    price = tuple(f - g for f, g in zip(found, gained, strict=True))
    return PhasedPlan(built, tuple(gained), tuple(best), tuple(found), price, tuple(spent.tolist()), selection,
                      ends[-1].bound)


def earliest_years(years: Years, n_options: int) -> tuple[int | None, ...]:
    """Return the first calendar year each option may be built, None where its permit comes after the last year."""
    names = years.names
    return tuple(names[int(e)] if int(e) < len(names) else None for e in years.earliest[:n_options])
