"""Floors, targets and what-if of a plan on the hand-made case."""

from dataclasses import replace
from typing import Any

import pytest
from siting_case import assessment, layers, scenario

from coverage.choices import Floors
from coverage.errors import PlanError
from coverage.plan import cheapest_plan, floored_plan, next_village, propose, what_if, why_site
from coverage.plan.target import fallback_mvnd


@pytest.fixture(scope="module")
def plan() -> Any:
    pack = layers()
    return propose(pack, assessment(pack), scenario(budgets_mvnd=[500.0, 1_300.0, 9_000.0]))


def with_share(plan: Any, share: float, at: int) -> Any:
    return floored_plan(plan, replace(plan.scenario, floors=Floors(share)), at=at)


def test_a_floor_that_the_plan_keeps_costs_nothing(plan: Any) -> None:
    found = with_share(plan, 0.8, -1)
    assert [r.commune_code for r in found.rows] == ["99002"]
    row = found.rows[0]
    assert (row.people, row.share_before, row.share_after) == pytest.approx((440.0, 0.0, 1.0))
    assert (row.needed, row.shortfall, row.reason) == (pytest.approx(352.0), 0.0, "")
    assert (found.price_people, found.total_shortfall) == (0.0, 0.0)


def test_a_floor_beyond_the_money_says_how_far_it_gets(plan: Any) -> None:
    found = with_share(plan, 1.0, 0)
    row = found.rows[0]
    assert row.reason == "money"
    assert row.most_share == pytest.approx(1.0)
    assert row.shortfall == pytest.approx(440.0 - found.plan.people)
    assert found.total_shortfall >= found.shortfall_bound - 1e-6


def test_a_floor_never_raises_people(plan: Any) -> None:
    for at, budget in enumerate(plan.budgets):
        found = with_share(plan, 0.9, at)
        assert found.plan.people <= budget.selection.value + 1e-6
        assert found.plan.cost_mvnd <= budget.budget_mvnd


def test_the_cheapest_plan_for_everybody_is_the_plan_of_plenty(plan: Any) -> None:
    found = cheapest_plan(plan, 1.0)
    assert found.people == pytest.approx(440.0)
    assert found.cost_mvnd == pytest.approx(plan.budgets[-1].selection.cost_mvnd)
    assert found.bound_mvnd <= found.cost_mvnd + 1e-6
    assert found.fallback.empty
    half = cheapest_plan(plan, 0.5)
    assert half.people >= 220.0
    assert half.cost_mvnd < found.cost_mvnd


def test_what_no_place_reaches_falls_to_satellites() -> None:
    pack = layers()
    lonely = replace(pack, clusters=pack.clusters.assign(households=[200, 40, 20, 30, 900]))    # too many for a cell
    case = scenario(budgets_mvnd=[9_000.0], siting={"options": ["small_cell_satellite"]})
    plan = propose(lonely, assessment(lonely), case)
    found = cheapest_plan(plan, 1.0)
    assert found.fallback["village_code"].tolist() == ["99002-003"]
    cells = found.fallback["cells"].iloc[0]
    assert cells == -(-900 // case.rate("small_cell_max_households"))
    assert found.fallback_mvnd == pytest.approx(cells * fallback_mvnd(case))
    assert found.cost_mvnd == pytest.approx(found.fallback_mvnd + found.sites["cost_mvnd"].sum())


def test_a_bad_share_is_refused(plan: Any) -> None:
    with pytest.raises(PlanError):
        cheapest_plan(plan, float("nan"))
    with pytest.raises(PlanError):
        cheapest_plan(plan, -0.1)


def test_the_first_village_the_money_does_not_reach(plan: Any) -> None:
    step = next_village(plan, 0)
    assert step is not None
    assert step.village_code in {"99002-002", "99002-003"}
    assert step.missing_mvnd == pytest.approx(plan.budgets[0].selection.cost_mvnd + step.cost_mvnd - 500.0)
    assert next_village(plan, -1) is None


def test_why_a_site(plan: Any) -> None:
    option = plan.budgets[0].sites["option_id"].iloc[0]
    found = why_site(plan, option, at=0)
    assert found.alone == found.after_others == plan.budgets[0].selection.value
    assert 0 <= found.loss_at_least <= found.loss_without <= found.after_others
    assert found.binding == "money"
    assert found.name in found.text_vi
    assert "the budget" in found.text_en


def test_a_plan_changed_by_hand_is_counted_from_scratch(plan: Any) -> None:
    best = plan.budgets[-1]
    first = best.sites.iloc[0]
    found = what_if(plan, remove=(first["option_id"],))
    assert found.loss_people == pytest.approx(best.selection.value - found.figures.people)
    assert found.loss_villages == 1
    assert found.broken == ()
    back = what_if(plan, remove=(first["option_id"],), add=(first["option_id"],))
    assert (back.loss_people, back.loss_villages) == (0.0, 0)
    dear = plan.options.nlargest(2, "cost_mvnd")["option_id"]
    assert "money" in what_if(plan, add=tuple(dear), at=0).broken


def test_options_that_are_not_there_are_named(plan: Any) -> None:
    with pytest.raises(PlanError, match="XYZ"):
        what_if(plan, add=("XYZ",))
    other = next(o for o in plan.options["option_id"] if o not in set(plan.budgets[0].sites["option_id"]))
    for call in (lambda: what_if(plan, remove=(other,), at=0), lambda: why_site(plan, other, at=0)):
        with pytest.raises(PlanError, match=other):
            call()


def test_no_border_commune_is_no_floor() -> None:
    pack = layers()
    inland = replace(pack, communes=pack.communes.assign(is_border=False))
    told = assessment(inland)
    told.villages["eligible"] = True
    plan = propose(inland, told, scenario(budgets_mvnd=[9_000.0]))
    found = floored_plan(plan)
    assert found.rows == ()
    assert found.plan.people == plan.budgets[0].selection.value
