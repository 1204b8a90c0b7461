"""State outlay: three sites by hand to the đồng, and sums by year, line and site that are one number."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from money_case import YEAR, plan

from coverage.errors import PlanError, ScenarioError
from coverage.money.outlay import (
    CAPITAL_LINES,
    LEVELS,
    OUTLAY_LINES,
    SUPPORT_LINES,
    Asset,
    assets_of,
    at_level,
    outlay,
    outlay_levels,
    parts,
    sum_mvnd,
    with_link_shares,
)
from coverage.scenario import PriceLevel, Scenario, load_prices, prices_from
from coverage.siting.cost import add_up, line

BASE = Scenario.default()


def exact(values: object) -> Decimal:
    """Return the sum as printed with six decimals: decimal, so no rounding can hide a đồng."""
    return sum((Decimal(f"{v:.6f}") for v in values), Decimal(0))  # type: ignore[attr-defined]


# the table of docs/methods/money.md, million VND: construction, equipment, management, contingency, VAT, operation,
# lease, VAT of support (five years each of the last three), and the total
BY_HAND = {
    "A-M": ("770", "1232", "160.16", "216.216", "237.8376", "350", "0", "35", "3001.2136"),
    "B-C": ("40", "500", "43.2", "58.32", "64.152", "225", "360", "58.5", "1349.172"),
    "C-N": ("120", "348", "37.44", "50.544", "55.5984", "70", "180", "25", "886.5824"),
    "TD-001": ("0", "280", "22.4", "30.24", "33.264", "0", "0", "0", "365.904"),
    "TD-002": ("60", "0", "4.8", "6.48", "7.128", "0", "0", "0", "78.408"),
    "TD-003": ("25.5", "0", "2.04", "2.754", "3.0294", "0", "0", "0", "33.3234"),
}
# the sites with their links
TOGETHER = {
    "A-M": ("770", "1512", "182.56", "246.456", "271.1016", "350", "0", "35", "3367.1176"),
    "B-C": ("125.5", "500", "50.04", "67.554", "74.3094", "225", "360", "58.5", "1460.9034"),
    "C-N": ("120", "348", "37.44", "50.544", "55.5984", "70", "180", "25", "886.5824"),
}


def test_three_sites_by_hand_to_the_dong() -> None:
    _, one = plan(BASE)
    found = outlay(assets_of(one), BASE)
    table = found.by_site.set_index("asset_id")
    for site, figures in BY_HAND.items():
        told = [Decimal(f"{table.loc[site, c]:.6f}") for c in (*OUTLAY_LINES, "total_mvnd")]
        assert told == [Decimal(x) for x in figures]
    assert Decimal(f"{found.total_mvnd:.6f}") == Decimal("5714.6034")
    assert Decimal(f"{found.capex_mvnd:.6f}") == Decimal("4411.1034")


def test_a_site_with_its_links_is_what_it_costs_alone() -> None:
    _, one = plan(BASE)
    for asset in with_link_shares(assets_of(one)):
        works, year = parts(asset.cost_lines, BASE)
        cost = add_up(BASE, works, year)
        assert Decimal(f"{cost.cost_mvnd:.6f}") == Decimal(TOGETHER[asset.asset_id][-1])


def test_a_shared_link_is_paid_once_and_halved_only_for_figures_of_a_site() -> None:
    _, one = plan(BASE)
    both = one.links.assign(sites=[("A-M", "B-C"), ("B-C",), ("B-C",)], n_sites=[2, 1, 1])
    shared = SimpleNamespace(sites=one.sites, links=both)
    made = assets_of(shared, {"A-M": YEAR + 1, "B-C": YEAR, "C-N": YEAR})
    assert made[3].build_year == YEAR               # with the first of its sites
    assert outlay(made, BASE).total_mvnd == outlay(assets_of(one), BASE).total_mvnd
    hop = {a.asset_id: [x[1] for x in a.cost_lines if x[0] == "microwave_hop"] for a in with_link_shares(made)}
    assert hop == {"A-M": [0.5], "B-C": [0.5], "C-N": []}


def test_years_by_hand() -> None:
    _, one = plan(BASE)
    found = outlay(assets_of(one, {"A-M": YEAR, "B-C": YEAR + 1, "C-N": YEAR + 1}), BASE)
    by_year = found.by_year.set_index("year")["total_mvnd"]
    assert by_year.to_dict() == pytest.approx({
        2027: 2982.1176,                         # A
        2028: 77 + 817.4034 + 611.5824,          # A's first support, B with its cable and C built
        2029: 260.7, 2030: 260.7, 2031: 260.7,   # 77 + 128.7 + 55
        2032: 260.7,                             # A's fifth year
        2033: 128.7 + 55,
    }, abs=1e-9)
    wide = found.site_years.set_index("asset_id")
    assert wide.loc["B-C", ["2027", "2028", "2033"]].tolist() == [0.0, 705.672, 128.7]
    assert wide["total_mvnd"].tolist() == found.by_site["total_mvnd"].tolist()


@st.composite
def assets(draw: st.DrawFn) -> list[Asset]:
    out = []
    for at in range(draw(st.integers(0, 5))):
        works = [line(BASE, item, draw(st.floats(0.001, 40)), draw(st.sampled_from([1.0, 1.4, 2.0])))
                 for item in draw(st.lists(st.sampled_from(
                     ["tower_ground", "ran_macro", "fibre_new_poles_km", "grid_tap_km", "solar_hybrid"]), max_size=4))]
        year = [line(BASE, item, draw(st.sampled_from([1.0, 12.0]))) for item in draw(st.lists(st.sampled_from(
            ["opex_macro_year", "lease_tower_month", "vsat_month"]), max_size=2, unique=True))]
        lines = tuple(tuple(x) for x in add_up(BASE, works, year).lines)
        out.append(Asset(f"S{at}", at + 1, f"Vị trí {at}", draw(st.integers(2027, 2031)), lines))
    return out


@given(made=assets(), level=st.sampled_from(LEVELS))
@settings(max_examples=30, deadline=None)
def test_years_lines_and_sites_add_up_to_the_same_dong(made: list[Asset], level: PriceLevel) -> None:
    one = outlay(made, BASE, level)
    total = Decimal(f"{one.total_mvnd:.6f}")
    assert exact(one.by_year["total_mvnd"]) == exact(one.by_site["total_mvnd"]) == exact(one.by_line["mvnd"])
    assert exact(one.rows["mvnd"]) == exact(one.site_years["total_mvnd"]) == total
    for name in OUTLAY_LINES:
        assert exact(one.by_year[name]) == exact(one.by_site[name])
    for frame in (one.by_year, one.by_site):
        for row in frame.to_dict("records"):
            assert exact(row[c] for c in OUTLAY_LINES) == Decimal(f"{row['total_mvnd']:.6f}")
    assert exact(one.by_site["capex_mvnd"]) == exact(one.by_line["mvnd"][:len(CAPITAL_LINES)])
    assert exact(one.by_site["support_mvnd"]) == exact(one.by_line["mvnd"][-len(SUPPORT_LINES):])
    if level == BASE.price_level:
        assert total == exact(x[4] for a in made for x in a.cost_lines)


def test_levels_ascend_and_rates_stay() -> None:
    _, one = plan(BASE)
    levels = outlay_levels(assets_of(one), BASE)
    totals = [levels[level].total_mvnd for level in LEVELS]
    assert totals == sorted(totals)
    assert totals[0] < totals[1] < totals[2]
    low = at_level(BASE, "low")
    assert low.rate("discount_rate") == BASE.rate("discount_rate") == 0.08
    assert low.price_mvnd("tower_ground") == 350
    # the macro site at low prices: (350 + 350 + 250) x 1.4 = 1330; its hop 120 x 1.4; x 1.05 x 1.1 x 1.1; 49.5 x 5
    low_by = levels["low"].by_site.set_index("asset_id")
    macro = low_by.loc["A-M"]
    assert macro["capex_mvnd"] == pytest.approx(1330 * 1.05 * 1.1 * 1.1, abs=2e-6)
    assert low_by.loc["TD-001", "capex_mvnd"] == pytest.approx(168 * 1.05 * 1.1 * 1.1, abs=2e-6)
    assert macro["support_mvnd"] == 247.5


def test_a_plan_without_sites_costs_nothing() -> None:
    found = outlay((), BASE)
    assert (found.total_mvnd, len(found.by_year), len(found.by_site), len(found.site_years)) == (0.0, 0, 0, 0)


def test_a_build_year_before_the_permit_or_missing_is_refused() -> None:
    _, one = plan(BASE)
    with pytest.raises(PlanError, match="B-C"):
        assets_of(one, {"A-M": YEAR, "B-C": YEAR - 1, "C-N": YEAR})
    with pytest.raises(PlanError, match="A-M"):
        assets_of(one, {})


def test_lines_that_do_not_add_up_are_refused() -> None:
    _, one = plan(BASE)
    first = assets_of(one)[0]
    item, quantity, unit, factor, mvnd = first.cost_lines[0]
    broken = replace(first, cost_lines=((item, quantity, unit, factor, mvnd + 1e-6), *first.cost_lines[1:]))
    with pytest.raises(PlanError, match="A-M"):
        outlay([broken], BASE)


def test_missing_negative_or_unsorted_prices_are_named() -> None:
    _, one = plan(BASE)
    made = assets_of(one)
    prices = dict(BASE.prices)
    del prices["microwave_hop"]
    with pytest.raises(ScenarioError, match="microwave_hop"):
        outlay(made, replace(BASE, prices=prices))
    for bad in (-1.0, float("nan"), float("inf")):
        prices = dict(BASE.prices) | {"ran_macro": replace(BASE.prices["ran_macro"], base=bad)}
        with pytest.raises(ScenarioError, match="ran_macro"):
            outlay(made, replace(BASE, prices=prices))
    prices = dict(BASE.prices) | {"ran_macro": replace(BASE.prices["ran_macro"], line="")}
    with pytest.raises(ScenarioError, match="ran_macro"):
        outlay(made, replace(BASE, prices=prices))


@pytest.mark.parametrize(("change", "words"), [
    ({"base": -5}, "thu"), ({"low": 9, "base": 5}, "thu"), ({"high": float("inf")}, "thu"), ({"base": "5"}, "thu"),
    ({"base": float("nan")}, "thu"), ({"line": "tiền"}, "tiền"), ({"label_vi": None}, "label_vi"),
])
def test_a_broken_price_book_is_refused(change: dict[str, object], words: str) -> None:
    row: dict[str, object] = {"low": 1, "base": 2, "high": 3, "per": "trạm", "vat_included": False, "label_vi": "a",
                              "label_en": "a", "citation": "a", "certainty": "giả định", "line": "equipment"}
    assert prices_from({"thu": row}, "bảng")["thu"].line == "equipment"
    row |= change
    if change.get("label_vi", "") is None:
        del row["label_vi"]
    with pytest.raises(ScenarioError, match=words):
        prices_from({"thu": row}, "bảng")


def test_every_money_item_of_the_book_has_a_line() -> None:
    rates = {item for item, p in load_prices("don_gia_2026").items() if not p.line}
    money = {item for item in rates if BASE.prices[item].note.unit.startswith("triệu đồng")}
    # what people pay, and what a connection is worth: no costs
    assert money == {"arpu_month", "fibre_worth_household", "fibre_worth_mbps"}


def test_parts_take_the_on_costs_off_again() -> None:
    _, one = plan(BASE)
    for asset, site in zip(assets_of(one), [*one.sites.to_dict("records"), *one.links.to_dict("records")],
                           strict=True):
        works, year = parts(asset.cost_lines, BASE)
        cost = add_up(BASE, works, year)
        assert (cost.capex_mvnd, cost.opex_mvnd_year, cost.cost_mvnd) == (
            site["capex_mvnd"], site["opex_mvnd_year"], site["cost_mvnd"])
    none = Scenario.from_mapping({"prices": {"horizon_years": 0}})
    with pytest.raises(ScenarioError, match="horizon_years"):
        parts((), none)


def test_sums_do_not_drift() -> None:
    assert sum_mvnd(pd.Series([0.1] * 1000)) == 100.0
