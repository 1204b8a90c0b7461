"""How much of the plan stands when signal, people and prices are wrong: perturbed runs, no-regret sites, safer plans.

Every run draws one error of propagation per site (all its points shift together: the error of a mast's
surroundings is shared), a factor on the people of each unit and on prices, then solves again. Plans are judged
on all runs: mean and worst tenth. The plan for the mean is the covering problem over all runs stacked (sample
average approximation, Kleywegt, Shapiro and Homem-de-Mello 2002).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.exact import solve
from coverage.optimise.problem import Problem, Selection, affordable, build_order, covered_people

WORST_SHARE = 0.1  # the worst decile


@dataclass(frozen=True)
class Errors:
    """How wrong things may be.

    Parameters
    ----------
    signal_sigma_db : standard deviation of the error shared by all points of a site, dB.
    people_sigma : of the logarithm of the people of a unit.
    price_sigma : of the logarithm of the price level (common to all options).
    option_price_sigma : of the logarithm of each site's own price.
    """

    signal_sigma_db: float
    people_sigma: float
    price_sigma: float
    option_price_sigma: float


@dataclass(frozen=True, eq=False)
class Robustness:
    """What the runs say.

    Parameters
    ----------
    runs : number of runs made.
    site_share : (n_sites,) share of runs whose best plan builds at the site; ``sites`` names them.
    no_regret : sites of the plan that stay in at least ``no_regret_share`` of the runs.
    outcome : (n_plans, n_runs) people each candidate plan gains in each run, within that run's prices.
    plans : the candidate plans: the given one first, then the plan for the mean, then the runs' own.
    best_mean, best_worst : rows of ``plans`` with the best mean, and with the best mean over its worst tenth of runs.
    survey_value : (n_units,) people gained on average by knowing, before building, if the plan serves the unit.
    """

    runs: int
    sites: NDArray[np.intp]
    site_share: NDArray[np.float64]
    no_regret: tuple[int, ...]
    outcome: NDArray[np.float64]
    plans: tuple[tuple[int, ...], ...]
    best_mean: int
    best_worst: int
    survey_value: NDArray[np.float64]

    def worst_tenth(self, row: int) -> float:
        """Return the mean people of a plan over its worst tenth of runs."""
        return _worst(self.outcome[row])


def perturbed(
    problem: Problem, margin_db: Any, needed_db: float, unit: NDArray[np.intp], errors: Errors,
    rng: np.random.Generator,
) -> Problem:
    """Return the problem with one draw of the errors.

    Parameters
    ----------
    margin_db : (n_options, n_demand) sparse, level above the threshold in dB, also for points just out of reach
        (stored entries only are ever served).
    needed_db : margin at which a point counts as served.
    unit : (n_demand,) unit (village) of each point, whose people err together.
    """
    margin = sp.csr_array(margin_db)
    sites, place = np.unique(problem.site, return_inverse=True)
    shift = rng.normal(0.0, errors.signal_sigma_db, sites.size)[place]
    level = margin.data + np.repeat(shift, np.diff(margin.indptr))
    reach = sp.csr_array((level >= needed_db, margin.indices, margin.indptr), shape=margin.shape)
    crowd = np.exp(rng.normal(0.0, errors.people_sigma, int(unit.max(initial=-1)) + 1))
    price = np.exp(rng.normal(0.0, errors.price_sigma)) * np.exp(
        rng.normal(0.0, errors.option_price_sigma, sites.size))[place]
    outlay = problem.outlay_mvnd
    return replace(
        problem, reach=reach, cost_mvnd=problem.cost_mvnd * price,
        people=np.where(unit >= 0, problem.people * crowd[np.maximum(unit, 0)], problem.people),
        outlay_mvnd=None if outlay is None else outlay * price[:, None],
    )


def robustness(  # noqa: PLR0913 - all by name
    problem: Problem,
    plan: Selection,
    margin_db: Any,
    needed_db: float,
    unit: NDArray[np.intp],
    errors: Errors,
    *,
    runs: int = 100,
    no_regret_share: float = 0.9,
    gap: float = 1e-3,
    time_limit_s: float = 180.0,
    seed: int = 0,
    weight: NDArray[np.float64] | None = None,
    progress: Progress = silent,
) -> Robustness:
    """Solve ``runs`` perturbed problems and judge plans on all of them.

    ``weight`` (n_demand,): how many times a person counts in ``problem.people``; plans are judged by plain people.

    Must-haves whose price outgrows the budget are an error of the draw: they are dropped in that run only.

    Raises
    ------
    PlanError
        When shapes or errors make no sense.
    """
    unit = np.asarray(unit, np.intp)
    _check(problem, margin_db, unit, errors, runs)
    streams = np.random.default_rng(seed).spawn(runs)
    draws: list[Problem] = []
    found: list[Selection] = []
    for number, rng in enumerate(streams):
        if progress("robustness", number, runs) is False:
            break
        draw = perturbed(replace(problem, required=()), margin_db, needed_db, unit, errors, rng)
        held = tuple(problem.required) if affordable(draw, problem.required) else ()
        draw = replace(draw, required=held)
        start = _within(draw, plan.chosen)
        draws.append(draw)
        found.append(solve(draw, gap=gap, time_limit_s=time_limit_s / (2 * runs), seed=seed, start=start))
    mean_plan = _mean_plan(problem, draws, gap, time_limit_s / 4, seed, progress)
    plans = tuple(dict.fromkeys([tuple(plan.chosen), mean_plan, *(s.chosen for s in found)]))
    told = draws if weight is None else [replace(d, people=d.people / weight) for d in draws]
    outcome = np.array([[covered_people(plain, _within(draw, p)) for draw, plain in zip(draws, told, strict=True)]
                        for p in plans]).reshape(len(plans), len(draws))
    sites = np.unique(problem.site)
    share = np.array([np.mean([site in set(problem.site[list(s.chosen)].tolist()) for s in found]) if found else 0.0
                      for site in sites.tolist()])
    held_sites = set(problem.site[list(plan.chosen)].tolist())
    no_regret = tuple(
        int(s) for s, part in zip(sites.tolist(), share.tolist(), strict=True)
        if part >= no_regret_share and s in held_sites
    )
    best_mean = int(np.argmax(outcome.mean(axis=1))) if draws else 0
    best_worst = int(np.argmax([_worst(row) for row in outcome])) if draws else 0
    return Robustness(len(draws), sites, share, no_regret, outcome, plans, best_mean, best_worst,
                      _survey_value(draws, plans, outcome, unit))


def _check(problem: Problem, margin_db: Any, unit: NDArray[np.intp], errors: Errors, runs: int) -> None:
    for name, found, expected in (("margin_db", margin_db.shape, problem.reach.shape),
                                  ("unit", unit.shape, (problem.n_demand,))):
        if found != expected:
            raise PlanError("plan_shape", name=name, found=found, expected=expected)
    for name in ("signal_sigma_db", "people_sigma", "price_sigma", "option_price_sigma"):
        value = getattr(errors, name)
        if not (np.isfinite(value) and value >= 0):
            raise PlanError("plan_error_size", name=name, value=value)
    if runs < 1:
        raise PlanError("plan_error_size", name="runs", value=runs)


def _within(draw: Problem, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Return as much of a plan, in the build order of the draw, as its prices allow; must-haves first."""
    if affordable(draw, chosen):
        return tuple(chosen)
    kept: list[int] = list(draw.required)
    for i in build_order(draw, chosen):
        if i not in kept and affordable(draw, [*kept, i]):
            kept.append(i)
    return tuple(kept)


def _worst(row: NDArray[np.float64]) -> float:
    count = max(1, int(np.ceil(WORST_SHARE * row.size)))
    return float(np.sort(row)[:count].mean()) if row.size else 0.0


def _mean_plan(
    problem: Problem, draws: list[Problem], gap: float, time_limit_s: float, seed: int, progress: Progress
) -> tuple[int, ...]:
    """Return the plan with most people on average over the runs, at the prices of the problem itself."""
    if not draws:
        return ()
    stacked = replace(
        problem, reach=sp.csr_array(sp.hstack([d.reach for d in draws])),
        people=np.concatenate([d.people for d in draws]) / len(draws),
        served_before=np.concatenate([d.served_before for d in draws]),
    )
    return solve(stacked, gap=gap, time_limit_s=time_limit_s, seed=seed, progress=progress).chosen


def _survey_value(
    draws: list[Problem], plans: tuple[tuple[int, ...], ...], outcome: NDArray[np.float64], unit: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return, per unit, mean gain of choosing among the plans after learning if the first plan serves the unit."""
    count = int(unit.max(initial=-1)) + 1
    value = np.zeros(count)
    if not draws or count == 0:
        return value
    best = outcome.mean(axis=1).max()
    served = np.array([_units_served(d, plans[0], unit, count) for d in draws])
    for u in range(count):
        seen = served[:, u]
        if seen.all() or not seen.any():
            continue
        known = sum(outcome[:, part].mean(axis=1).max() * part.mean() for part in (seen, ~seen))
        value[u] = max(0.0, float(known - best))
    return value


def _units_served(draw: Problem, chosen: tuple[int, ...], unit: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    """Tell for each unit whether the plan serves at least half of its people in this run."""
    mask = np.zeros(draw.n_demand, bool)
    mask[np.unique(draw.reach[list(chosen)].nonzero()[1])] = True
    inside = unit >= 0
    whole = np.bincount(unit[inside], draw.people[inside], minlength=count)
    got = np.bincount(unit[inside], (draw.people * (mask | draw.served_before))[inside], minlength=count)
    return np.asarray((whole > 0) & (got >= whole / 2))

