"""How a plan stands under errors: without errors nothing changes; shares, no regret, determinism."""

from dataclasses import replace
from typing import Any

import pytest
from siting_case import assessment, layers, scenario

from coverage.choices import Robustness
from coverage.errors import Cancelled
from coverage.plan import propose, robust


@pytest.fixture(scope="module")
def plan() -> Any:
    pack = layers()
    return propose(pack, assessment(pack), scenario(budgets_mvnd=[500.0, 1_300.0], robustness={"runs": 8}))


def test_without_errors_every_run_is_the_plan(plan: Any) -> None:
    still = Robustness(runs=3, signal_sigma_db=0.0, people_sigma=0.0, price_sigma=0.0, site_price_sigma=0.0)
    found = robust(plan, replace(plan.scenario, robustness=still), at=1)
    own = found.sites[found.sites["in_plan"]]
    assert found.runs == 3
    assert own["option_id"].tolist() == plan.budgets[1].sites["option_id"].tolist()
    assert found.plan.mean == found.plan.worst_tenth == pytest.approx(plan.budgets[1].selection.value)
    assert found.best_mean.mean == pytest.approx(found.plan.mean)


def test_shares_lie_between_none_and_all_and_no_regret_is_of_the_plan(plan: Any) -> None:
    found = robust(plan, at=1)
    assert found.runs == 8
    assert found.sites["share"].between(0, 1).all()
    assert not (found.sites["no_regret"] & ~found.sites["in_plan"]).any()
    sure = found.sites[found.sites["no_regret"]]
    assert (sure["share"] >= plan.scenario.robustness.no_regret_share).all()
    assert found.plan.worst_tenth <= found.plan.mean + 1e-9
    assert found.best_mean.mean >= found.plan.mean - 1e-9
    assert found.best_worst.worst_tenth >= found.plan.worst_tenth - 1e-9


def test_the_same_seed_gives_the_same_runs(plan: Any) -> None:
    first, again = robust(plan, at=0), robust(plan, at=0)
    assert first.sites.drop(columns="geometry").equals(again.sites.drop(columns="geometry"))
    assert (first.plan, first.best_mean, first.best_worst) == (again.plan, again.best_mean, again.best_worst)


def test_stopped_runs_are_none(plan: Any) -> None:
    with pytest.raises(Cancelled):
        robust(plan, progress=lambda *_: False)
