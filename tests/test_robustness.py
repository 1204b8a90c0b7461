"""Perturbed runs: errors shared by a site, shares, no-regret sites, mean and worst-decile plans, value of a survey."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from coverage.errors import PlanError
from coverage.optimise.exact import solve
from coverage.optimise.problem import Problem, covered_people, sparse_rows
from coverage.optimise.robustness import Errors, Robustness, perturbed, robustness

NEEDED_DB = 5.0
CALM = Errors(0.0, 0.0, 0.0, 0.0)
WILD = Errors(6.0, 0.2, 0.05, 0.1)


def valley(seed: int = 3, n: int = 20, m: int = 120) -> tuple[Problem, sp.csr_array, np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = np.where(rng.random((n, m)) < 0.2, rng.normal(NEEDED_DB, 8.0, (n, m)), 0.0)
    problem = Problem(
        reach=sparse_rows(margin >= NEEDED_DB), people=rng.integers(1, 40, m), cost_mvnd=rng.integers(2, 9, n),
        site=np.arange(n) // 2, option_ids=tuple(f"o{i:02d}" for i in range(n)), budget_mvnd=15.0,
        served_before=np.zeros(m, bool),
    )
    return problem, sp.csr_array(margin), np.arange(m) // 4


def run(errors: Errors, **settings: object) -> tuple[Problem, Robustness]:
    problem, margin, unit = valley()
    plan = solve(problem, gap=0.0)
    return problem, robustness(problem, plan, margin, NEEDED_DB, unit, errors, **settings)  # type: ignore[arg-type]


def test_without_errors_every_run_is_the_plan() -> None:
    problem, found = run(CALM, runs=5, gap=0.0)
    assert (found.outcome[0] == solve(problem, gap=0.0).value).all()
    assert set(found.site_share.tolist()) <= {0.0, 1.0}
    assert set(found.no_regret) == set(problem.site[list(found.plans[0])].tolist())
    assert not found.survey_value.any()


def test_a_hundred_runs_judge_every_plan() -> None:
    _, found = run(WILD, runs=100)
    assert found.runs == 100
    assert found.outcome.shape == (len(found.plans), 100)
    mean = found.outcome.mean(axis=1)
    assert mean[found.best_mean] >= mean[0]
    assert found.worst_tenth(found.best_worst) >= found.worst_tenth(found.best_mean)
    assert found.worst_tenth(found.best_worst) <= mean[found.best_mean]
    assert ((found.site_share >= 0) & (found.site_share <= 1)).all()
    assert found.survey_value.max() > 0


def test_same_seed_same_answer() -> None:
    a, b = run(WILD, runs=12)[1], run(WILD, runs=12)[1]
    assert a.plans == b.plans
    assert (a.outcome == b.outcome).all()
    assert not np.array_equal(a.outcome, run(WILD, runs=12, seed=9)[1].outcome)


def test_the_plan_for_the_mean_beats_all_others_on_average_by_brute_force() -> None:
    problem, margin, unit = valley(8, 8, 30)
    problem = replace(problem, site=np.arange(8))
    found = robustness(problem, solve(problem), margin, NEEDED_DB, unit, Errors(6, 0.2, 0, 0), runs=20, gap=0.0)
    streams = np.random.default_rng(0).spawn(20)
    draws = [perturbed(problem, margin, NEEDED_DB, unit, Errors(6, 0.2, 0, 0), rng) for rng in streams]
    every = [tuple(i for i in range(8) if code >> i & 1) for code in range(256)]
    best = max(np.mean([covered_people(d, p) for d in draws]) for p in every
               if problem.cost_mvnd[list(p)].sum() <= problem.budget_mvnd)
    assert found.outcome.mean(axis=1).max() == pytest.approx(best, rel=1e-9)


def test_errors_are_shared_by_a_site() -> None:
    problem, margin, unit = valley()
    draw = perturbed(problem, margin, NEEDED_DB, unit, Errors(20.0, 0, 0, 0), np.random.default_rng(1))
    for site in range(10):
        rows = np.flatnonzero(problem.site == site)
        data = np.concatenate([margin[[r]].data for r in rows])
        hit = np.concatenate([draw.reach[[r]].nonzero()[1] * 0 + 1 if draw.reach[[r]].nnz else np.zeros(0)
                              for r in rows]).sum()
        shift = np.sort(data)[::-1]
        assert hit == 0 or (data >= shift[int(hit) - 1]).sum() >= hit  # the strongest points, none else


def test_prices_that_outgrow_the_budget_cut_the_plan() -> None:
    _, found = run(Errors(0, 0, 1.0, 0.0), runs=30)
    assert found.outcome[0].min() < found.outcome[0].max()


def test_cancel_and_nonsense() -> None:
    _, found = run(WILD, runs=10, progress=lambda *_: False)
    assert found.runs == 0
    problem, margin, unit = valley()
    plan = solve(problem)
    with pytest.raises(PlanError):
        robustness(problem, plan, margin, NEEDED_DB, unit[:3], CALM)
    with pytest.raises(PlanError):
        robustness(problem, plan, margin, NEEDED_DB, unit, Errors(-1, 0, 0, 0))
    with pytest.raises(PlanError):
        robustness(problem, plan, margin, NEEDED_DB, unit, CALM, runs=0)
