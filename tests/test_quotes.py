"""Lease fees by site and build years by phases, from the scenario and the depth into money, papers and the digest."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from siting_case import assessment, layers, scenario

from coverage.brief.assumptions import assumption_table
from coverage.brief.money_sheets import money_sheets, phase_lines, quote_lines
from coverage.errors import ScenarioError
from coverage.money.given import build_years_of, not_in_phases
from coverage.money.statement import money_summary
from coverage.plan import propose
from coverage.quotes import Quote, quotes_from
from coverage.scenario import Scenario

MONEY = [500.0, 9_000.0]


@pytest.fixture(scope="module")
def case() -> Any:
    pack = layers()
    told = assessment(pack)
    told.villages = told.villages.assign(status_model=["phu", "trang", "trang", "trang"],
                                         commune_name=["Nam", "Bắc", "Bắc", "Bắc"])
    plan = propose(pack, told, scenario(budgets_mvnd=MONEY))
    return pack, told, plan, money_summary(plan, pack, told, plan.scenario)


def test_plain_values_and_their_faults() -> None:
    told = quotes_from({"B": 12, "A": {"mvnd_year": 9.5, "basis": "báo giá", "note": "VNPT 12/11"}}, "x.toml")
    assert dict(told) == {"A": Quote(9.5, "báo giá", "VNPT 12/11"), "B": Quote(12.0)}
    assert Quote(12.0).basis == "giả định"
    for bad, code in (({"A": -1.0}, "lease_quote_value"), ({"A": float("nan")}, "lease_quote_value"),
                      ({"A": "9"}, "scenario_type"), ({"A": True}, "scenario_type"), ({"A": {}}, "scenario_type"),
                      ({"A": {"mvnd_year": 1, "who": "x"}}, "scenario_unknown_key"),
                      ({"A": {"mvnd_year": 1, "basis": "đoán"}}, "scenario_choice")):
        with pytest.raises(ScenarioError) as error:
            quotes_from(bad, "x.toml")
        assert error.value.code == code


def test_a_quote_is_in_the_digest_and_leaves_the_plan_alone(case: Any) -> None:
    plain = Scenario.default()
    quoted = Scenario.from_mapping({"lease_quotes": {"A-M": 100.0}})
    assert quoted.digest != plain.digest
    assert quoted.without_quotes.digest == plain.digest
    assert plain.without_quotes is plain


def test_quotes_of_the_scenario_move_the_comparison(case: Any) -> None:
    pack, told, plan, before = case
    sites = before.budgets[-1].comparison.sites
    assert set(sites["lease_basis"]) == {"computed"}
    first, second = sites["option_id"].iloc[:2]
    fees = {first: Quote(1.0, "báo giá", "VNPT"), second: Quote(2_000.0), "XX": Quote(5.0)}
    chosen = replace(plan.scenario, lease_quotes=fees)
    money = money_summary(replace(plan, scenario=chosen), pack, told, chosen, times=before.travel)
    after = money.budgets[-1].comparison.sites.set_index("option_id")
    assert after.loc[first, ["lease_opex_mvnd_year", "lease_basis", "cheapest"]].tolist() == [1.0, "offered", "lease"]
    assert after.loc[second, ["lease_opex_mvnd_year", "lease_basis"]].tolist() == [2_000.0, "assumed"]
    assert after.loc[second, "cheapest"] != "lease"
    assert pd.isna(after.loc[first, "breakeven_lease_year"])
    assert money.budgets[-1].cost_mvnd == before.budgets[-1].cost_mvnd
    assert money.unused_quotes == ("XX",)
    lines = quote_lines(money)
    assert "1,0 (báo giá)" in lines[0]
    assert "2.000,0 (giả định của cơ quan)" in lines[0]
    assert "XX" in lines[1]
    sheet = money_sheets(money)["money_lease"]
    assert set(lines) <= set(sheet.lines)
    assert "Báo giá" in set(sheet.frame["lease_basis"])
    rows = assumption_table(chosen).astype(str).to_numpy().tolist()
    assert any(first in r and "VNPT" in r and "báo giá" in r for r in rows)


def test_the_years_of_phases_move_the_outlay_of_budgets_they_build(case: Any) -> None:
    pack, told, plan, before = case
    whole = plan.budgets[-1]
    ids = whole.sites["option_id"].tolist()
    late = [max(2028, y) + at for at, y in enumerate(whole.sites["earliest_year"])]
    phases: Any = SimpleNamespace(sites=pd.DataFrame({"option_id": ids, "year": late}))
    years = build_years_of(plan, phases)
    assert years is not None
    assert whole.budget_mvnd in years
    money = money_summary(plan, pack, told, plan.scenario, build_years=years, times=before.travel)
    one = money.budgets[-1]
    assert one.phased
    assert [a.build_year for a in one.assets][:len(ids)] == late
    assert one.cost_mvnd == before.budgets[-1].cost_mvnd
    capital = one.outlay.by_year.set_index("year")
    assert capital.loc[late[0], "equipment"] > 0
    assert one.last_year == before.budgets[-1].last_year + late[-1] - int(whole.sites["earliest_year"].max())
    assert any("phân kỳ" in line for line in phase_lines(money))
    part: Any = SimpleNamespace(sites=phases.sites.iloc[1:])
    assert not_in_phases(whole, part) == 1
    assert whole.budget_mvnd not in (build_years_of(plan, part) or {})
    assert build_years_of(plan, None) is None
    told_late = money_summary(plan, pack, told, plan.scenario, build_years=build_years_of(plan, part),
                              times=before.travel)
    assert not told_late.budgets[-1].phased
    assert "không gồm đủ các vị trí" in phase_lines(told_late)[-1]
    assert phase_lines(before) == ()
