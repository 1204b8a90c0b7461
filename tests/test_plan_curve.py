"""The curve of a plan: more money never serves fewer, nested plans, bounds, figures as the summaries count them."""

from itertools import pairwise
from typing import Any

import pytest
from siting_case import assessment, layers, scenario

from coverage.errors import Cancelled, PlanError
from coverage.plan import BudgetCurve, Depth, budget_curve, propose
from coverage.plan.case import agree
from coverage.summary import plan_summary


@pytest.fixture(scope="module")
def plan() -> Any:
    pack = layers()
    return propose(pack, assessment(pack), scenario(budgets_mvnd=[500.0, 1_300.0, 9_000.0]))


@pytest.fixture(scope="module")
def curve(plan: Any) -> BudgetCurve:
    return budget_curve(plan)


def test_sixteen_budgets_and_more_money_never_serves_fewer(curve: BudgetCurve) -> None:
    assert len(curve.rows) >= 15
    for a, b in pairwise(curve.rows):
        assert a.budget_mvnd < b.budget_mvnd
        assert a.best.people <= b.best.people + 1e-6
        assert a.people_bound <= b.people_bound + 1e-6
        assert a.villages_bound <= b.villages_bound
        assert a.nested.people <= b.nested.people + 1e-6
        assert set(a.nested.options) <= set(b.nested.options)


def test_every_row_lies_between_its_bounds_and_within_its_money(curve: BudgetCurve) -> None:
    for r in curve.rows:
        assert r.best.people <= r.people_bound + 1e-6
        assert max(r.best.villages, r.nested.villages) <= r.villages_bound
        assert r.nesting_price == pytest.approx(r.best.people - r.nested.people, abs=1e-6)
        assert max(r.best.cost_mvnd, r.nested.cost_mvnd) <= r.budget_mvnd + 1e-6


def test_rows_agree_with_the_summaries_of_the_plans(plan: Any, curve: BudgetCurve) -> None:
    at = {r.budget_mvnd: r for r in curve.rows}
    summaries = {s.budget_mvnd: s for s in plan_summary(plan)}
    both = set(at) & set(summaries)
    assert both == {500.0, 1_300.0}     # 9,000 is more than the whole need costs
    for budget in both:
        row, told = at[budget].best, summaries[budget]
        assert (row.people, row.villages, row.households) == pytest.approx(
            (told.people_gained, told.villages_gained, told.households_gained))
        assert (row.trang_left, row.lom_left) == (told.trang_left, told.lom_left)
        assert row.cost_mvnd == pytest.approx(told.cost_mvnd)


def test_the_end_of_the_curve_is_the_cheapest_plan_for_everybody(plan: Any, curve: BudgetCurve) -> None:
    assert curve.most_people == curve.rows[-1].best.people == 440.0
    assert curve.full_cost_mvnd == pytest.approx(plan.budgets[-1].selection.cost_mvnd)
    assert curve.last_useful_mvnd <= curve.rows[-1].budget_mvnd
    assert curve.rows[0].budget_mvnd <= curve.knee_mvnd <= curve.rows[-1].budget_mvnd


def test_the_slider_shows_the_last_plan_the_money_pays_for(curve: BudgetCurve) -> None:
    assert curve.nested_at(curve.rows[0].budget_mvnd - 1.0) is None
    assert curve.nested_at(curve.rows[3].budget_mvnd + 1e-6) is curve.rows[3]
    first = curve.sites.set_index("option_id")["from_mvnd"]
    for option, budget in first.items():
        assert option in next(r for r in curve.rows if r.budget_mvnd == budget).nested.options
    assert set(first.index) == set(curve.rows[-1].nested.options)


def test_one_percent_of_the_provincial_budget_is_a_mark(plan: Any) -> None:
    asked = scenario(curve={"budgets": 2, "provincial_budget_mvnd": 150_000.0})
    assert budget_curve(plan, asked).hint_mvnd == 1_500.0


def test_nobody_to_serve_is_a_flat_curve() -> None:
    pack = layers()
    empty = propose(pack, assessment(pack, list(pack.villages["village_code"])), scenario())
    curve = budget_curve(empty)
    assert {r.best.people for r in curve.rows} == {0.0}
    assert curve.sites.empty


def test_other_prices_than_the_plan_are_refused(plan: Any) -> None:
    with pytest.raises(PlanError, match="price_level"):
        budget_curve(plan, scenario(price_level="high"))


def test_a_stopped_curve_is_no_curve(plan: Any) -> None:
    with pytest.raises(Cancelled):
        budget_curve(plan, progress=lambda *_: False)


def test_a_figure_that_differs_from_scratch_is_refused() -> None:
    with pytest.raises(PlanError, match="12"):
        agree("x", 12.0, 11.0)


def test_sheets_stand_where_something_was_computed(curve: BudgetCurve) -> None:
    from coverage.brief.depth_tables import depth_tables
    assert depth_tables(None) == {}
    assert depth_tables(Depth()) == {}
    sheets = depth_tables(Depth(curve=curve))
    assert list(sheets) == ["curve"]
    assert len(sheets["curve"]) == len(curve.rows)
    assert sheets["curve"]["Ghi chú"].str.contains("Điểm gãy").sum() == 1
    assert sheets["curve"]["Ghi chú"].str.contains("Đồng cuối cùng").sum() == 1
