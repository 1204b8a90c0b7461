"""Revenue and viability gap: three sites by hand to the đồng, and properties."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from money_case import PEOPLE, YEAR, plan

from coverage.errors import ScenarioError
from coverage.money.outlay import assets_of, with_link_shares
from coverage.money.revenue import Viability, gap_mvnd, revenue_mvnd_year, viability
from coverage.scenario import Scenario

BASE = Scenario.default()
# docs/methods/money.md: subscribers, revenue a year, PV of costs, PV of revenue, gap
BY_HAND = {
    "A-M": ("550", "435.6", "4566.301216", "2922.911457", "1643.389759"),
    "B-C": ("247.5", "196.02", "2034.002565", "1315.310156", "718.692409"),
    "C-N": ("41.25", "32.67", "1226.333013", "219.218359", "1007.114654"),
}


def of(scenario: Scenario, people: dict[str, float] | None = None) -> Viability:
    whole, one = plan(scenario)
    if people is not None:
        one.sites["new_people"] = [people[o] for o in one.sites["option_id"]]
        one.sites["other_people"] = 0.0
    return viability(whole, one, with_link_shares(assets_of(one)), scenario)


def test_three_sites_by_hand_to_the_dong() -> None:
    found = of(BASE)
    table = found.sites.set_index("option_id")
    columns = ["subscribers", "revenue_mvnd_year", "cost_pv_mvnd", "revenue_pv_mvnd", "gap_mvnd"]
    for site, figures in BY_HAND.items():
        assert [Decimal(f"{table.loc[site, c]:.6f}") for c in columns] == [Decimal(x) for x in figures]
        assert table.loc[site, "people"] == PEOPLE[site]        # eligible or not, newly served by any operator
    assert Decimal(f"{found.gap_mvnd:.6f}") == Decimal("3369.196822")
    assert (found.anyway_sites, found.support_sites, found.anyway_cost_pv_mvnd) == (0, 3, 0.0)
    assert (table["gap_low_mvnd"] <= table["gap_mvnd"]).all()
    assert (table["gap_mvnd"] <= table["gap_high_mvnd"]).all()
    assert found.note_vi == "Ước tính, không phải định mức Nghị định 295/2025."


def test_what_an_operator_would_build_anyway() -> None:
    found = of(BASE, {"A-M": 4_000.0, "B-C": 100.0, "C-N": 0.0})
    table = found.sites.set_index("option_id")
    assert table["anyway"].to_dict() == {"A-M": True, "B-C": False, "C-N": False}
    assert table.loc["A-M", "gap_mvnd"] == 0.0
    assert (found.anyway_sites, found.support_sites) == (1, 2)
    assert found.anyway_cost_pv_mvnd == 4566.301216
    # the surplus of A pays for nobody else
    assert found.gap_mvnd == pytest.approx(table.loc["B-C", "gap_mvnd"] + 1226.333013, abs=1e-9)


@given(rate=st.floats(0, 0.25), more=st.floats(0.001, 0.1))
@settings(max_examples=12, deadline=None)
def test_a_higher_rate_lowers_both_present_values(rate: float, more: float) -> None:
    low, high = (of(Scenario.from_mapping({"prices": {"discount_rate": r}})).sites for r in (rate, rate + more))
    for column in ("revenue_pv_mvnd", "cost_pv_mvnd"):
        assert (high[column] < low[column]).all()


@given(item=st.sampled_from(["take_up_share", "new_subscriber_share", "arpu_month"]), share=st.floats(0, 1),
       more=st.floats(0, 1))
@settings(max_examples=12, deadline=None)
def test_more_revenue_never_widens_the_gap(item: str, share: float, more: float) -> None:
    few, many = (of(Scenario.from_mapping({"prices": {item: v}})) for v in (share, share + (1 - share) * more))
    assert many.gap_mvnd <= few.gap_mvnd
    assert (many.sites["gap_mvnd"] >= 0).all()


@given(people=st.floats(0, 1e5))
def test_revenue_grows_with_people_and_nobody_brings_none(people: float) -> None:
    assert revenue_mvnd_year(0.0, BASE) == 0.0
    assert revenue_mvnd_year(people, BASE) == pytest.approx(people * 0.55 * 0.5 * 0.06 * 1.1 * 12, abs=1e-6)


def test_revenue_that_holds_vat_is_not_taxed_again() -> None:
    from dataclasses import replace
    prices: dict[str, Any] = dict(BASE.prices)
    prices["arpu_month"] = replace(prices["arpu_month"], vat_included=True)
    assert revenue_mvnd_year(1_000.0, replace(BASE, prices=prices)) == 198.0
    assert revenue_mvnd_year(1_000.0, BASE) == 217.8


def test_a_share_above_one_is_refused_and_a_gap_is_never_negative() -> None:
    with pytest.raises(ScenarioError, match="take_up_share"):
        revenue_mvnd_year(1.0, Scenario.from_mapping({"prices": {"take_up_share": 1.5}}))
    assert gap_mvnd(10.0, 12.0) == 0.0
    assert gap_mvnd(12.5, 12.0) == 0.5


def test_a_plan_without_sites_has_no_gap() -> None:
    whole, one = plan(BASE)
    one.sites = one.sites.iloc[:0]
    found = viability(whole, one, (), BASE)
    assert (found.gap_mvnd, found.anyway_sites, found.support_sites, YEAR) == (0.0, 0, 0, whole.year)
