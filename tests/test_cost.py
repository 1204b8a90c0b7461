"""Money of an option: worked by hand to the đồng, and properties."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.errors import ScenarioError
from coverage.scenario import Scenario
from coverage.siting.backhaul import Link, satellite_link
from coverage.siting.cost import Line, access_item, add_up, line, total
from coverage.siting.options import cost_of

BASE = Scenario.default()


def hop(scenario: Scenario, factor: float) -> Link:
    return Link("microwave", "VIE1", 8_000.0, (line(scenario, "microwave_hop", 1.0, factor),), ())


def fibre(scenario: Scenario, road_m: float, spur_m: float, factor: float) -> Link:
    return Link("fibre", "POP1", road_m + spur_m, (
        line(scenario, "fibre_existing_poles_km", road_m / 1_000.0),
        line(scenario, "fibre_new_poles_km", spur_m / 1_000.0, factor)), ())


@pytest.mark.parametrize(("road_m", "item"), [
    (0.0, "access_road"), (500.0, "access_road"), (500.1, "access_track"), (2_000.0, "access_track"),
    (2_000.1, "access_foot"), (math.nan, "access_foot"),
])
def test_access_follows_the_distance_to_the_road(road_m: float, item: str) -> None:
    assert access_item(road_m, BASE) == item


def test_new_macro_on_a_track_with_microwave_by_hand() -> None:
    # works at the site x 1.4: tower 550 + RAN 500 + solar 380 + hop 200 = 1630 -> 2282
    # management 8 % 182.56; contingency 10 % of 2464.56 = 246.456; VAT 10 % of 2711.016 = 271.1016 -> 2982.1176
    # upkeep 70 + VAT 7 = 77 a year, five years 385
    link = hop(BASE, 1.4)
    cost = cost_of("macro", 1.4, link, [line(BASE, "solar_hybrid", 1.0, 1.4)], BASE)
    assert cost.capex_mvnd == 2982.1176
    assert cost.opex_mvnd_year == 77.0
    assert cost.cost_mvnd == 3367.1176


def test_shared_mast_with_fibre_by_hand() -> None:
    # mount 40 + RAN 500; fibre 2 km on poles 60 and 0.3 km of new poles 25.5 = 625.5; x 1.08 x 1.1 x 1.1
    # a year: upkeep 45 + lease 72 = 117, VAT 11.7 -> 128.7
    link = fibre(BASE, 2_000.0, 300.0, 1.0)
    cost = cost_of("shared", 1.0, link, [], BASE)
    assert cost.capex_mvnd == pytest.approx(625.5 * 1.08 * 1.1 * 1.1, abs=2e-6)
    assert cost.opex_mvnd_year == 128.7
    assert cost.cost_mvnd == pytest.approx(cost.capex_mvnd + 5 * 128.7, abs=1e-9)


def test_small_cell_by_satellite_by_hand() -> None:
    # pole 60 + cell 90 + LEO kit 14 + small solar 70 = 234, x 2 on foot = 468; x 1.08 x 1.1 x 1.1 = 611.5824
    # a year: 14 + 12 x 3 = 50, VAT 5 -> 55
    link = satellite_link(BASE, 2.0, "leo_kit", "leo_month")
    cost = cost_of("small_cell_satellite", 2.0, link, [line(BASE, "solar_small", 1.0, 2.0)], BASE)
    assert cost.capex_mvnd == 611.5824
    assert cost.cost_mvnd == 611.5824 + 275.0


@given(
    kind=st.sampled_from(["macro", "shared", "small_cell_satellite"]),
    factor=st.sampled_from([1.0, 1.4, 2.0]),
    fibre_m=st.floats(0, 50_000), road_m=st.floats(0, 5_000), level=st.sampled_from(["low", "base", "high"]),
)
def test_lines_add_up_exactly(kind: str, factor: float, fibre_m: float, road_m: float, level: str) -> None:
    scenario = Scenario.from_mapping({"price_level": level})
    link = fibre(scenario, fibre_m, road_m, factor)
    cost = cost_of(kind, factor, link, [], scenario)
    assert total(cost.lines) == cost.cost_mvnd
    assert cost.cost_mvnd == pytest.approx(cost.capex_mvnd + 5 * cost.opex_mvnd_year, abs=1e-6)
    for x in cost.lines:
        assert x.mvnd == pytest.approx(x.quantity * x.unit_mvnd * x.factor, abs=3e-6)


def test_dearer_prices_never_cost_less() -> None:
    found = [cost_of("macro", 1.4, hop(s, 1.4), [], s).cost_mvnd
             for s in (Scenario.from_mapping({"price_level": x}) for x in ("low", "base", "high"))]
    assert found == sorted(found)


def test_what_already_holds_vat_is_not_taxed_again() -> None:
    works = [Line("tower_ground", 1.0, 100.0, 1.0, 100.0)]
    untaxed = add_up(BASE, works, [])
    assert untaxed.capex_mvnd == pytest.approx(100 * 1.08 * 1.1 * 1.1)
    prices = dict(BASE.prices)
    from dataclasses import replace
    prices["tower_ground"] = replace(prices["tower_ground"], vat_included=True)
    taxed = add_up(replace(BASE, prices=prices), works, [])
    # only management 8 and contingency 10.8 are taxed
    assert taxed.capex_mvnd == pytest.approx(118.8 + 1.88)


def test_an_item_the_book_does_not_have_is_named() -> None:
    with pytest.raises(ScenarioError, match="helicopter"):
        line(BASE, "helicopter", 1.0)
