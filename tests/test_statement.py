"""The money of a whole plan: one number however it is summed, tables of the dictionary, hours by hand."""

import math
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point
from siting_case import SOUTH, WEST, assessment, frame, layers, scenario

from coverage.errors import PlanError
from coverage.gap.travel import Travel
from coverage.money.hours import hours_saved
from coverage.money.statement import MoneySummary, money_summary, money_tables
from coverage.plan import Plan, propose
from coverage.scenario import Scenario
from geodata.layers import Layers, columns_of

CASE = scenario(budgets_mvnd=[500.0, 1_300.0, 9_000.0])


def told_of(pack: Layers) -> Any:
    told = assessment(pack)
    status = ["phu", "trang", "trang", "trang"]
    told.villages = told.villages.assign(status_model=status, commune_name=["Nam", "Bắc", "Bắc", "Bắc"])
    return told


def ground() -> Layers:
    office = frame("anchors", [{"anchor_code": "UB", "kind": "Trụ sở UBND xã", "name": "UBND Bắc",
                                "required_mbps": 100.0, "geometry": Point(WEST + 5_800, SOUTH + 19_000)}])
    return layers(anchors=office)


@pytest.fixture(scope="module")
def case() -> tuple[Layers, Any, Plan, MoneySummary]:
    pack = ground()
    told = told_of(pack)
    plan = propose(pack, told, CASE)
    return pack, told, plan, money_summary(plan, pack, told, CASE)


def dong(values: Any) -> int:
    return sum(round(Decimal(f"{v:.6f}") * 1_000_000) for v in values)


def test_every_sum_is_the_plans_cost_to_the_dong(case: Any) -> None:
    _, _, plan, money = case
    tables = money_tables(money)
    for one, told in zip(plan.budgets, money.budgets, strict=True):
        cost = round(Decimal(f"{one.selection.cost_mvnd:.6f}") * 1_000_000)
        assert dong(one.sites["cost_mvnd"]) == cost == dong([told.cost_mvnd])
        for table, column in (("money_estimate", "total_mvnd"), ("money_year", "total_mvnd"),
                              ("money_site_year", "mvnd"), ("money_route_total", "total_mvnd")):
            rows = tables[table]
            assert dong(rows.loc[rows["budget_mvnd"] == one.budget_mvnd, column]) == cost, table
        assert dong([told.capex_mvnd, told.support_mvnd]) == cost
        assert dong([told.cost_mvnd, told.left_mvnd]) == dong([one.budget_mvnd])
        assert dong([told.capex_mvnd]) == dong(one.sites["capex_mvnd"])
        assert told.cost_low_mvnd < told.cost_mvnd < told.cost_high_mvnd
        assert told.levels["base"].total_mvnd == told.cost_mvnd
        assert (told.first_year, told.last_year, told.peak_year) == (2027, 2032, 2027)
        assert told.build_cheaper + told.share_cheaper + told.lease_cheaper == len(one.sites)
        people = one.sites["new_people"].sum() + one.sites["other_people"].sum()
        assert told.viability.sites["people"].sum() == pytest.approx(people)
        assert told.hours.people == pytest.approx(one.after.people_served - one.before.people_served)


def test_tables_are_layers_of_the_dictionary(case: Any) -> None:
    *_, money = case
    for name, table in money_tables(money).items():
        columns = columns_of(name)
        for column, about in columns.items():
            assert column in table, f"{name}.{column}"
            values = table[column].dropna()
            if about.choices:
                assert set(values) <= set(about.choices), f"{name}.{column}"
            if about.minimum is not None and len(values):
                assert values.astype(float).min() >= about.minimum, f"{name}.{column}"


def test_phases_move_the_money_not_the_sum(case: Any) -> None:
    pack, told, plan, money = case
    years = {b.budget_mvnd: {o: 2027 + at % 3 for at, o in enumerate(b.sites["option_id"])} for b in plan.budgets}
    later = money_summary(plan, pack, told, CASE, build_years=years, times=money.travel)
    for one, moved in zip(money.budgets, later.budgets, strict=True):
        assert moved.cost_mvnd == one.cost_mvnd
        if len(moved.assets) > 1:
            assert moved.last_year > one.last_year
            assert moved.viability.gap_mvnd < one.viability.gap_mvnd     # later money is worth less


def test_another_scenario_or_a_foreign_quote_is_refused(case: Any) -> None:
    pack, told, plan, money = case
    with pytest.raises(PlanError, match="kịch bản"):
        money_summary(plan, pack, told, Scenario.default())
    with pytest.raises(PlanError, match="nowhere"):
        money_summary(plan, pack, told, CASE, quotes={"nowhere": 1.0}, times=money.travel)
    option = str(plan.budgets[0].sites["option_id"].iloc[0])
    quoted = money_summary(plan, pack, told, CASE, quotes={option: 1.0}, times=money.travel)
    assert quoted.budgets[0].lease_cheaper == 1
    wrong = replace(plan, budgets=(replace(plan.budgets[0], selection=replace(
        plan.budgets[0].selection, cost_mvnd=1.0)),))
    with pytest.raises(PlanError, match="tổng theo năm"):
        money_summary(wrong, pack, told, CASE, times=money.travel)


def test_a_plan_with_nothing_to_do_costs_nothing() -> None:
    pack = ground()
    told = assessment(pack, list(pack.villages["village_code"]))
    told.villages = told.villages.assign(status_model="phu", commune_name="X")
    plan = propose(pack, told, CASE)
    money = money_summary(plan, pack, told, CASE)
    for one in money.budgets:
        assert (one.cost_mvnd, one.peak_year, one.viability.gap_mvnd, one.hours.person_hours) == (0.0, 0, 0.0, 0.0)
        assert one.left_mvnd == one.budget_mvnd
        assert math.isnan(one.hours.mean_trip_hours)
    assert all(len(t) == 0 for name, t in money_tables(money).items() if name not in {"travel", "money_route_total"})


def test_hours_by_hand() -> None:
    times = Travel(pd.DataFrame({"village_code": ["1", "2", "3"], "name": ["a", "b", "c"],
                                 "office_min": [90.0, np.nan, 30.0]}), ())
    one = SimpleNamespace(villages=pd.DataFrame({"village_code": ["3", "1", "2"],
                                                 "newly_served_people": [0.0, 100.0, 7.0]}))
    told = hours_saved(times, one)  # type: ignore[arg-type]
    assert told.villages["village_code"].tolist() == ["1", "2"]
    assert told.person_hours == 300.0           # 100 people, an hour and a half there and back
    assert (told.people, told.people_timed, told.mean_trip_hours) == (107.0, 100.0, 3.0)
