"""Travel time as a stated priority: off changes nothing, on moves the plan, and printed people stay people."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LineString, Point, box
from siting_case import RIDGE_Y, SOUTH, WEST, frame, layers, scenario
from siting_case import assessment as plain_assessment

from coverage.brief.assumptions import assumption_table
from coverage.brief.figures import by_plan
from coverage.errors import PlanError
from coverage.gap.assessment import assess
from coverage.plan import (
    budget_curve,
    cheapest_plan,
    floored_plan,
    next_village,
    phased_plan,
    propose,
    robust,
    what_if,
    why_site,
)
from coverage.siting.need import need_of
from coverage.summary import link_summary, plan_summary
from geodata.layers import Layers


def ground(**changes: Any) -> Layers:
    """Return two villages behind the ridge, one beside the office, one 20 km of road away, and the office."""
    village = {"grid_power": True, "ftth_declared": False, "motor_road": True, "difficult": False}
    villages = frame("villages", [
        village | {"village_code": "99001-001", "commune_code": "99001", "name": "Đồng Bằng", "households": 200,
                   "people": 800.0, "geometry": Point(WEST + 6_000, SOUTH + 3_000)},
        village | {"village_code": "99002-001", "commune_code": "99002", "name": "Gần", "households": 50,
                   "people": 200.0, "geometry": Point(WEST + 3_000, RIDGE_Y + 4_000)},
        village | {"village_code": "99002-002", "commune_code": "99002", "name": "Xa", "households": 40,
                   "people": 180.0, "geometry": Point(WEST + 15_000, RIDGE_Y + 4_000)},
    ])
    roads = frame("roads", [{"name": "ĐX", "road_class": "local", "geometry": LineString(
        [(WEST + 3_000, RIDGE_Y + 4_000), (WEST + 15_000, RIDGE_Y + 4_000)])}])
    anchors = frame("anchors", [{"anchor_code": "UB", "kind": "Trụ sở UBND xã", "name": "UBND", "required_mbps": 100.0,
                                 "geometry": Point(WEST + 3_000, RIDGE_Y + 4_000)}])
    communes = frame("communes", [
        {"commune_code": "99001", "name": "Nam", "kind": "Xã", "is_border": False,
         "geometry": box(WEST, SOUTH, WEST + 20_000, RIDGE_Y)},
        {"commune_code": "99002", "name": "Bắc", "kind": "Xã", "is_border": True,
         "geometry": box(WEST, RIDGE_Y, WEST + 20_000, SOUTH + 20_000)},
    ])
    return layers(**({"villages": villages, "roads": roads, "anchors": anchors, "clusters": None,
                      "communes": communes} | changes))


def assessment(pack: Layers) -> Any:
    told = plain_assessment(pack)
    return _with_status(told)


def _with_status(told: Any) -> Any:
    served = set(told.points.village_code.astype(str)[told.served["4g"]])
    told.villages = told.villages.assign(
        status_model=["phu" if c in served else "trang" for c in told.villages["village_code"].astype(str)])
    return told


ON = {"travel_priority": True}


def test_the_weight_by_hand() -> None:
    pack = ground()
    told = need_of(pack, assessment(pack), scenario(siting=ON))
    # the office stands in Gần: 0 minutes; Xa: 12 km at 25 km/h = 28.8 minutes; unit of 120 minutes
    minutes = 12_000 * 0.06 / scenario().service.speed_local_kmh
    weight = 1 + minutes / scenario().service.travel_weight_min
    assert told.weight is not None
    by_village = dict(zip(told.village.tolist(), told.weight.tolist(), strict=True))
    assert by_village[1] == pytest.approx(1.0, abs=1e-6)
    assert by_village[2] == pytest.approx(weight)
    assert told.objective.sum() == pytest.approx(200 * 1.0 + 180 * weight, abs=1e-3)
    assert told.eligible_people.sum() == 380.0
    assert told.findings == ()


def test_on_flips_the_choice_and_printed_people_stay_people() -> None:
    pack = ground()
    cheapest = propose(pack, assessment(pack), scenario(budgets_mvnd=[20_000.0])).options["cost_mvnd"].min()
    money = [1.6 * cheapest]        # one site, not two
    plain = propose(pack, assessment(pack), scenario(budgets_mvnd=money)).budgets[0]
    told = propose(pack, assessment(pack), scenario(budgets_mvnd=money, siting=ON))
    ahead = told.budgets[0]
    assert plain.villages.set_index("village_code")["newly_served_people"].to_dict() == {
        "99001-001": 0.0, "99002-001": 200.0, "99002-002": 0.0}
    assert ahead.villages.set_index("village_code")["newly_served_people"].to_dict() == {
        "99001-001": 0.0, "99002-001": 0.0, "99002-002": 180.0}
    assert ahead.gained_people == 180.0 == ahead.sites["new_people"].sum()
    assert ahead.selection.value == pytest.approx(180 * (1 + 28.8 / 120), rel=1e-6)
    assert ahead.selection.bound >= ahead.selection.value


def test_off_is_the_same_plan_to_the_byte() -> None:
    pack = ground()
    a, b = (need_of(pack, assessment(pack), s) for s in (scenario(), scenario(siting={"travel_priority": False})))
    assert a.weight is b.weight is None
    assert a.objective is a.eligible_people
    assert np.array_equal(a.objective, b.objective)


def test_a_village_without_a_way_weighs_one_and_is_named() -> None:
    pack = replace(ground(), anchors=None)
    told = need_of(pack, assessment(pack), scenario(siting=ON))
    assert told.weight is not None
    assert set(told.weight.tolist()) == {1.0}
    (finding,) = told.findings
    assert finding.code == "plan_priority_no_way"
    assert finding.values == ("Gần (99002-001)", "Xa (99002-002)")
    assert "2 thôn" in finding.message("vi")
    plan = propose(pack, assessment(pack), scenario(budgets_mvnd=[20_000.0], siting=ON))
    assert "plan_priority_no_way" in {f.code for f in plan.findings}


@pytest.fixture(scope="module")
def told() -> Any:
    pack = ground()
    case = scenario(
        budgets_mvnd=[700.0, 6_000.0], siting=ON, curve={"budgets": 3, "time_limit_s": 20.0},
        robustness={"runs": 4, "signal_sigma_db": 0.0, "people_sigma": 0.0, "price_sigma": 0.0,
                    "site_price_sigma": 0.0, "time_limit_s": 20.0},
        phases={"years": [2028, 2029], "ceilings_mvnd": [300.0, 300.0]})
    return propose(pack, assess(pack, case, areas=False), case, density=True)


def test_the_proof_says_so_and_bounds_no_people(told: Any) -> None:
    first = plan_summary(told)[0]
    assert first.weighted
    assert np.isnan(first.bound_people)
    assert first.objective == pytest.approx(180 * 1.24)
    assert "Mục tiêu có trọng số ưu tiên thời gian đi lại (giả định): mỗi người tính 1 + (số phút" in first.proof_vi
    assert "/ 120 lần" in first.proof_vi
    assert "người, cận trên" not in first.proof_vi
    off = plan_summary(replace(told, scenario=scenario()))[0]
    assert "trọng số" not in off.proof_vi
    rows = dict(by_plan(plan_summary(told), [link_summary(b) for b in told.budgets], "vi"))
    assert rows["Mục tiêu có trọng số ưu tiên thời gian đi lại (giả định): đạt / cận trên"][0] == "223,2 / 223,2"
    assert rows["Cận trên đã chứng minh của mục tiêu (người)"] == ["–", "–"]
    sheet = assumption_table(told.scenario)
    (row,) = [r for r in sheet.astype(str).to_numpy().tolist() if "siting.travel_priority" in r]
    assert "Có" in row


def test_the_curve_counts_people_and_has_no_bound_in_people(told: Any) -> None:
    curve = budget_curve(told)
    one = next(r for r in curve.rows if r.budget_mvnd == 700.0)
    assert one.best.people == 180.0
    assert one.best.objective == pytest.approx(180 * 1.24)
    assert np.isnan(one.people_bound)
    assert curve.most_people == 380.0
    assert curve.rows[-1].best.people == 380.0


def test_phases_count_people(told: Any) -> None:
    found = phased_plan(told)
    assert [y.people for y in found.years] == [180.0, 380.0]     # the far village first
    assert all(np.isnan(y.people_bound) for y in found.years)
    assert np.isnan(found.last_year_bound)
    assert [y.nesting_price for y in found.years] == [0.0, 0.0]


def test_robustness_counts_people(told: Any) -> None:
    found = robust(told, at=0)
    assert found.plan.mean == found.plan.worst_tenth == pytest.approx(180.0)


def test_floors_refuse_and_targets_count_people(told: Any) -> None:
    with pytest.raises(PlanError, match="Mức sàn"):
        floored_plan(told)
    found = cheapest_plan(told, 0.5)
    assert (found.people_target, found.people) == (190.0, 200.0)


def test_the_why_of_a_site_says_that_it_is_weighted(told: Any) -> None:
    one = told.budgets[0]
    found = why_site(told, one.sites["option_id"].iloc[0], at=0)
    assert found.weighted
    assert found.alone == pytest.approx(180 * 1.24)
    assert "người (đã nhân trọng số đi lại, giả định)" in found.text_vi
    assert "people (times the travel weight, assumed)" in found.text_en
    by_hand = what_if(told, remove=(one.sites["option_id"].iloc[0],), at=0)
    assert (by_hand.figures.people, by_hand.loss_people) == (0.0, 180.0)
    assert np.isnan(by_hand.loss_at_most)
    step = next_village(told, 0)
    assert step is not None
    assert step.people == 200.0
