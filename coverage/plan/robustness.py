"""How much of a plan stands when signal, people and prices are wrong: sites that stay, sites without regret."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import ndtri

from coverage.compute import Progress, silent
from coverage.optimise.robustness import Errors
from coverage.optimise.robustness import robustness as perturb
from coverage.plan.budgets import Plan
from coverage.plan.case import Case, asked, not_stopped, site_frame, village_frame
from coverage.plan.network import priced_together
from coverage.scenario import Scenario

SURVEYS_SHOWN = 10


@dataclass(frozen=True)
class Outcome:
    """What one plan gains over the runs, within each run's prices: mean and the mean of the worst tenth, people."""

    options: tuple[str, ...]
    mean: float
    worst_tenth: float


@dataclass(frozen=True, eq=False)
class Robust:
    """What the perturbed runs say of the plan of one budget.

    Parameters
    ----------
    runs : made. sites : of the plan in build order, then others that some run builds; columns of ``site_frame`` and
        share (of the runs whose best plan builds there), in_plan, no_regret.
    plan, best_mean, best_worst : the plan, the one with the best mean, the one with the best worst tenth.
    surveys : villages by what knowing their signal before building is worth: village_code, name, commune_name, people.
    """

    budget_mvnd: float
    runs: int
    sites: gpd.GeoDataFrame
    plan: Outcome
    best_mean: Outcome
    best_worst: Outcome
    surveys: pd.DataFrame


def robust(
    plan: Plan, scenario: Scenario | None = None, *, at: int = -1, progress: Progress = silent
) -> Robust:
    """Return how the plan of budget number ``at`` stands under the errors of the scenario's [robustness].

    Raises
    ------
    Cancelled
        When ``progress`` returns False.
    """
    case, choice = plan.case, asked(plan.case, scenario)
    wrong, budget = choice.robustness, plan.budgets[at]
    problem = priced_together(case, budget.budget_mvnd, budget.sites, budget.links)
    errors = Errors(wrong.signal_sigma_db, wrong.people_sigma, wrong.price_sigma, wrong.site_price_sigma)
    margin, needed_db = _margin(case)
    found = perturb(
        problem, budget.selection, margin, needed_db, case.need.village, errors, runs=wrong.runs,
        no_regret_share=wrong.no_regret_share, gap=max(choice.solver.gap, 1e-3), time_limit_s=wrong.time_limit_s,
        seed=wrong.seed, weight=case.need.weight, progress=progress)
    if found.runs < wrong.runs:
        not_stopped("cancelled")

    def outcome(row: int) -> Outcome:
        ids = tuple(case.options["option_id"].iloc[list(found.plans[row])])
        return Outcome(ids, float(found.outcome[row].mean()), found.worst_tenth(row))

    order = np.argsort(-found.survey_value, kind="stable")[:SURVEYS_SHOWN]
    order = order[found.survey_value[order] > 0]
    surveys = village_frame(case, order.tolist())[["village_code", "name", "commune_name"]]
    return Robust(
        budget.budget_mvnd, found.runs,
        _sites(case, budget.selection.order, dict(zip(found.sites.tolist(), found.site_share.tolist(), strict=True)),
               set(found.no_regret), problem.site),
        outcome(0), outcome(found.best_mean), outcome(found.best_worst),
        surveys.assign(people=found.survey_value[order]))


def _margin(case: Case) -> tuple[sp.csr_array, float]:
    """Return the level above the threshold (dB) of every pair the radio knows, and the margin a new site must have."""
    service = case.scenario.service
    matrix = sp.csr_array(case.reach.probability, dtype=np.float64)
    matrix.data = service.sigma_model_db * ndtri(matrix.data)
    # served pairs are stored as float32 probabilities: the threshold in the same precision, so that both agree
    least = float(np.float32(service.proposed_min_probability))
    return matrix, float(service.sigma_model_db * ndtri(least))


def _sites(
    case: Case, order: tuple[int, ...], share: dict[int, float], no_regret: set[int], site: np.ndarray
) -> gpd.GeoDataFrame:
    """Return the plan's sites, then the others by share, one option standing for each."""
    own = {int(site[i]) for i in order}
    others = sorted((s for s, part in share.items() if part > 0 and s not in own), key=lambda s: (-share[s], s))
    rows = [*order, *(int(np.flatnonzero(site == s)[0]) for s in others)]
    numbers = [int(site[i]) for i in rows]
    return site_frame(case, rows, share=[share.get(s, 0.0) for s in numbers], in_plan=[s in own for s in numbers],
                      no_regret=[s in no_regret for s in numbers])
