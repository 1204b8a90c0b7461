"""Build, share or lease: by hand to the đồng, break-even against closed formulas, what cannot be compared."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from money_case import YEAR, plan

from coverage.errors import PlanError, ScenarioError
from coverage.money.lease import Terms, Way, break_even_years, compare, flow, present_value, terms_of
from coverage.money.outlay import assets_of, with_link_shares
from coverage.scenario import Scenario

BASE = Scenario.default()
# docs/methods/money.md: (present value of the plan's own way, lease fee a year, present value of leasing)
BY_HAND = {
    "A-M": ("4566.301216", "746.025456", "5005.891535"),
    "B-C": ("2034.002565", "320.073101", "2147.716561"),
    "C-N": ("1226.333013", "195.747528", "1313.481847"),
}


def compared(*others: dict[str, Any], **more: Any) -> Any:
    whole, one = plan(BASE, *others)
    return compare(whole, one, with_link_shares(assets_of(one)), BASE, **more)


def test_three_sites_by_hand_to_the_dong() -> None:
    table = compared().sites.set_index("option_id")
    for site, (own, fee, lease) in BY_HAND.items():
        row = table.loc[site]
        told = (row[f"{row['own']}_pv_mvnd"], row["lease_opex_mvnd_year"], row["lease_pv_mvnd"])
        assert tuple(Decimal(f"{v:.6f}") for v in told) == (Decimal(own), Decimal(fee), Decimal(lease))
        assert row["breakeven_lease_year"] == 2036
    # the shared mast against a new tower beside it: tower 550 for the mount 40, upkeep 70 for 45 + rent 72
    row = table.loc["B-C"]
    told = [Decimal(f"{row[f'build_{c}']:.6f}") for c in ("capex_mvnd", "opex_mvnd_year", "total_mvnd", "pv_mvnd")]
    assert told == [Decimal("1483.8714"), Decimal(77), Decimal("2907.2714"), Decimal("2353.559357")]
    assert row["cheapest"] == "share"
    assert table.loc[["A-M", "C-N"], "share_pv_mvnd"].isna().all()
    assert table["breakeven_share_year"].isna().all()       # 319.556792 dearer still after ten years


def test_the_flows_give_every_figure_again_as_a_spreadsheet_would() -> None:
    found = compared()
    flows, sites = found.flows, found.sites.set_index("option_id")
    for option, rows in flows.groupby("option_id"):
        site = sites.loc[option]
        factor = 1 / (1 + found.terms.rate) ** (rows["year"] - found.terms.base_year)
        assert rows["discount_factor"].tolist() == pytest.approx(factor.tolist(), rel=1e-15)
        for way in ("build", "share", "lease"):
            if not math.isnan(site[f"{way}_pv_mvnd"]):
                assert (rows[f"{way}_mvnd"] * factor).sum() == pytest.approx(site[f"{way}_pv_mvnd"], abs=1e-6)
                assert rows[f"{way}_mvnd"].sum() == pytest.approx(site[f"{way}_total_mvnd"], abs=1e-6)
                assert rows[f"{way}_cum_pv_mvnd"].iloc[-1] == pytest.approx(site[f"{way}_pv_mvnd"], abs=1e-6)
        dearer = rows[rows[f"{site['own']}_cum_pv_mvnd"] > rows["lease_cum_pv_mvnd"]]     # MAXIFS(year, dearer) + 1
        assert site["breakeven_lease_year"] == dearer["year"].max() + 1


@given(capex=st.floats(10, 5_000), opex=st.floats(0, 100), fee=st.floats(0, 2_000), rate=st.floats(0, 0.2))
@settings(max_examples=300, deadline=None)
def test_break_even_is_the_number_of_periods_of_an_annuity(capex: float, opex: float, fee: float, rate: float) -> None:
    """NPER(rate, fee - opex, -capex), rounded up: -ln(1 - rate K / (fee - opex)) / ln(1 + rate)."""
    years, saved = 30, fee - opex
    own = flow(Way(capex, 0.0, opex), Terms(rate, years, 99, YEAR))
    other = flow(Way(0.0, 0.0, fee), Terms(rate, years, 99, YEAR))
    found = break_even_years(own, other, rate)
    if saved <= 0 or (rate > 0 and rate * capex >= saved):
        assert found is None
        return
    exact = capex / saved if rate < 1e-6 else -math.log1p(-rate * capex / saved) / math.log1p(rate)
    assume(abs(exact - round(exact)) > 1e-3)
    assert found == (math.ceil(exact) if exact <= years else None)


def test_break_even_stays_broken_even() -> None:
    own, other = np.array([10.0, 0, 0, 9, 0, 0]), np.array([0.0, 6, 6, 2, 1, 2])
    # owning is ahead after two years (10 <= 12) but behind from the third on: 19 against 14, 15, 17
    assert break_even_years(own, other, 0.0) is None
    assert break_even_years(own, np.array([0.0, 6, 6, 2, 6, 2]), 0.0) == 4
    assert break_even_years(np.zeros(3), np.ones(3), 0.1) == 0
    assert break_even_years(np.array([1.0, 0]), np.array([0.0, 0]), 0.1) is None


def test_equipment_is_bought_again_at_the_end_of_its_life() -> None:
    way = Way(100.0, 30.0, 5.0)
    assert flow(way, Terms(0.08, 10, 4, YEAR)).tolist() == [100, 5, 5, 5, 35, 5, 5, 5, 35, 5, 5]
    assert flow(way, Terms(0.08, 4, 4, YEAR)).tolist() == [100, 5, 5, 5, 5]       # at the end it would serve nothing


@given(rate=st.floats(0.0, 0.3), more=st.floats(0.001, 0.2), late=st.integers(0, 5))
def test_a_higher_rate_never_raises_a_present_value(rate: float, more: float, late: int) -> None:
    flows = np.array([0.0, 3, 4, 5])
    assert present_value(flows, rate + more, late_years=late) < present_value(flows, rate, late_years=late)
    assert present_value(flows, 0.0, late_years=late) == 12.0


def test_a_quote_replaces_the_computed_fee() -> None:
    table = compared(quotes={"A-M": 400.0}).sites.set_index("option_id")
    assert table.loc["A-M", "lease_opex_mvnd_year"] == 400.0
    assert table.loc["A-M", "cheapest"] == "lease"
    assert table["breakeven_lease_year"].isna()["A-M"]
    assert table.loc["C-N", "lease_opex_mvnd_year"] == 195.747528
    for quotes in ({"A-M": -1.0}, {"A-M": math.nan}, {"nowhere": 1.0}):
        with pytest.raises(PlanError, match="triệu đồng/năm"):
            compared(quotes=quotes)


def near(**changes: Any) -> dict[str, Any]:
    """Return an option that shares a mast 600 m from site A, with a cable of its own as B has."""
    _, one = plan(BASE)
    lines = with_link_shares(assets_of(one))[1].cost_lines
    shared = one.sites[one.sites["kind"] == "shared"].iloc[0]
    return dict(shared.drop("geometry")) | {
        "cost_lines": lines, "option_id": "D-C", "site_id": "D", "x_m": 500_600.0, "y_m": 1_700_000.0,
        "reachable_people": 2_500.0} | changes


def test_a_near_mast_is_compared_where_sharing_serves_as_many() -> None:
    row = compared(near()).sites.set_index("option_id").loc["A-M"]
    assert (row["share_with"], row["people_share"], row["cheapest"]) == ("D", 2_500.0, "share")
    assert row["share_pv_mvnd"] == 2034.002565
    few = compared(near(reachable_people=1_999.0)).sites.set_index("option_id").loc["A-M"]
    assert (few["share_with"], few["cheapest"]) == ("D", "build")       # shown, but it does not serve as many
    far = compared(near(x_m=501_100.0)).sites.set_index("option_id").loc["A-M"]
    assert far["share_with"] == ""


def test_a_later_year_is_worth_less_but_breaks_even_after_as_long() -> None:
    whole, one = plan(BASE)
    years = {"A-M": YEAR + 2, "B-C": YEAR, "C-N": YEAR}
    row = compare(whole, one, with_link_shares(assets_of(one, years)), BASE).sites.set_index("option_id").loc["A-M"]
    assert row["build_pv_mvnd"] == pytest.approx(4566.301216 / 1.08**2, abs=1e-6)
    assert row["breakeven_lease_year"] == 2038


def test_no_return_and_no_sites() -> None:
    free = Scenario.from_mapping({"prices": {"lease_return_share": 0.0}})
    whole, one = plan(free)
    row = compare(whole, one, with_link_shares(assets_of(one)), free).sites.iloc[0]
    # works without VAT 2711.016, equipment again 1796.256, over ten years, with 70 a year; VAT 10 %
    assert row["lease_opex_mvnd_year"] == pytest.approx(((2711.016 + 1796.256) / 10 + 70) * 1.1, abs=1e-6)
    one.sites = one.sites.iloc[:0]
    empty = compare(whole, one, (), BASE)
    assert len(empty.sites) == len(empty.flows) == 0


def test_terms_below_a_year_are_refused() -> None:
    for item in ("compare_years", "equipment_life_years", "lease_term_years"):
        with pytest.raises(ScenarioError, match=item):
            terms_of(Scenario.from_mapping({"prices": {item: 0.0}}), YEAR)
