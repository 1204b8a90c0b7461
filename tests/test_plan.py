"""The plan: gain is after minus before, brute force, budgets, order, determinism, clear messages."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point
from siting_case import RIDGE_Y, WEST, assessment, frame, layers, scenario, site

from coverage.errors import PlanError, ScenarioError
from coverage.plan import SITE_COLUMNS, density_check, propose
from coverage.siting.effect import totals
from coverage.siting.why import number
from coverage.summary import plan_summary, proof


@pytest.fixture(scope="module")
def plan() -> Any:
    pack = layers()
    return propose(pack, assessment(pack), scenario(budgets_mvnd=[500.0, 1_300.0, 9_000.0]))


def test_the_objective_is_after_minus_before_from_scratch(plan: Any) -> None:
    for one in plan.budgets:
        assert one.gained_people == pytest.approx(one.selection.value, abs=1e-9)
        assert one.sites["new_people"].sum() == pytest.approx(one.selection.value)
        assert one.sites["new_villages"].sum() == one.before.villages_trang - one.after.villages_trang
        both = one.sites["new_households"].sum() + one.sites["other_households"].sum()
        assert both == pytest.approx(one.after.households_served - one.before.households_served)
        assert one.selection.cost_mvnd == pytest.approx(one.sites["cost_mvnd"].sum())
        assert one.selection.cost_mvnd <= one.budget_mvnd
        gained = one.villages["newly_served_people"].sum()
        assert gained == pytest.approx(one.after.people_served - one.before.people_served)
        assert one.before == plan.today         # no committed masts here


def test_totals_add_up(plan: Any) -> None:
    for t in (plan.today, *(b.after for b in plan.budgets)):
        assert t.villages_trang + t.villages_lom + t.villages_phu + t.villages_unknown == t.villages == 4
        assert t.people == pytest.approx(1_240.0)
        assert t.eligible_people_served <= t.people_served <= t.people


def test_the_choice_equals_brute_force(plan: Any) -> None:
    pack = layers()
    case = scenario(budgets_mvnd=[500.0, 1_300.0, 9_000.0])
    told = assessment(pack)
    from coverage.siting.need import need_of
    from coverage.siting.reach import reach
    need = need_of(pack, told, case)
    table = plan.options
    served = reach(table, need.xy_m, pack.elevation, case).served.toarray().astype(bool)
    # options with the same reach differ in price only: the cheapest stands for all
    best: dict[bytes, int] = {}
    for row in table["cost_mvnd"].sort_values(kind="stable").index:
        best.setdefault(served[row].tobytes(), row)
    rows = list(best.values())
    for one in plan.budgets:
        top = 0.0
        for k in range(1, 4):
            for pick in combinations(rows, k):
                if table["cost_mvnd"].iloc[list(pick)].sum() <= one.budget_mvnd:
                    top = max(top, need.eligible_people[served[list(pick)].any(axis=0)].sum())
        assert one.selection.value == pytest.approx(top)


def test_sites_table(plan: Any) -> None:
    sites = plan.budgets[-1].sites
    assert list(sites.columns) == [*SITE_COLUMNS, "geometry"]
    assert sites["order"].tolist() == list(range(1, len(sites) + 1))
    assert sites["site_id"].is_unique
    first = sites.iloc[0]
    assert first["option_id"] == "TH-99002-001-N"
    assert first["why_vi"] == ("Đưa sóng đến 240 người, 60 hộ ở Sau Núi; 1 thôn hết trắng sóng. Trạm 4G gần khu dân cư"
                               " này nhất là VIE1 (Viettel), cách 9,0 km, bị địa hình che khuất.")
    assert first["why_en"].startswith("Brings signal to 240 people in 60 households of Sau Núi; 1 village leaves")
    rates = sites["new_people"] / sites["cost_mvnd"]
    assert rates.is_monotonic_decreasing
    near = sites.set_index("site_id")["duplicate_of"]
    assert near["TH-99002-001"] == ""
    assert near["TH-99002-002"] == "MOB1 (MobiFone)"        # 1,000 m away


def test_villages_before_and_after(plan: Any) -> None:
    villages = plan.budgets[-1].villages.set_index("village_code")
    assert villages["status_before"].to_dict() == {
        "99001-001": "phu", "99002-001": "trang", "99002-002": "trang", "99002-003": "trang"}
    assert set(villages["status_after"]) == {"phu"}
    assert villages.loc["99002-003", "served_by"] == "TH-99002-003-N"
    assert villages.loc["99001-001", "served_by"] == ""


def test_more_money_never_serves_fewer(plan: Any) -> None:
    values = [b.selection.value for b in plan.budgets]
    assert values == sorted(values)
    assert values[0] < values[-1] == 440.0


def test_same_input_same_plan_whatever_the_order_of_rows(plan: Any) -> None:
    pack = layers()
    turned = replace(pack, sites=pack.sites.iloc[::-1].reset_index(drop=True),
                     clusters=pack.clusters.iloc[::-1].reset_index(drop=True))
    again = propose(turned, assessment(turned), plan.scenario)
    for a, b in zip(plan.budgets, again.budgets, strict=True):
        assert a.sites["option_id"].tolist() == b.sites["option_id"].tolist()
        assert a.selection.value == b.selection.value
        assert a.after == b.after


def test_among_equals_the_site_without_a_permit_wins() -> None:
    pack = layers()
    point = {"grid_power": True, "ftth_declared": False, "motor_road": True, "difficult": False, "households": 20,
             "people": 80.0, "commune_code": "99002"}
    twins = frame("villages", [
        point | {"village_code": code, "name": code, "geometry": Point(WEST + 6_000, RIDGE_Y + y)}
        for code, y in (("99002-011", 5_000.0), ("99002-012", 5_600.0))])
    belt = frame("restricted", [{"name": "Vành đai", "kind": "Vành đai biên giới", "restriction": "xin_phep",
                                 "geometry": Point(WEST + 6_000, RIDGE_Y + 5_000).buffer(300.0)}])
    small = replace(pack, villages=twins, clusters=None, restricted=belt)
    options = {"options": ["small_cell_satellite"]}
    plan = propose(small, assessment(small, []), scenario(budgets_mvnd=[600.0], siting=options))
    assert set(plan.options["option_id"]) == {"TH-99002-011-N", "TH-99002-012-N"}
    assert plan.budgets[0].selection.value == 160.0
    assert plan.budgets[0].sites["site_id"].tolist() == ["TH-99002-012"]


def test_committed_masts_are_part_of_before() -> None:
    sites = frame("sites", [site("VIE1", 6_000, 3_500),
                            site("NEW", 6_100, 12_500, power_dbm=15.0, state="committed", due_date="2027-06-30")])
    pack = layers(sites=sites)
    plan = propose(pack, assessment(pack), scenario())
    one = plan.budgets[-1]
    assert one.before.people_served > plan.today.people_served
    assert "TH-99002-001" not in set(one.sites["site_id"])
    assert [f for f in plan.findings if f.code == "plan_committed_counted"]


def test_a_budget_below_every_price_says_so() -> None:
    pack = layers()
    with pytest.raises(PlanError) as caught:
        propose(pack, assessment(pack), scenario(budgets_mvnd=[100.0, 9_000.0]))
    assert "plan_budget_small" in repr(caught.value) or caught.value.code == "plan_budget_small"
    assert "TH-99002-001-N" in str(caught.value)


@pytest.mark.parametrize(("siting", "told"), [
    ({"technology": "3G"}, "3G"), ({"options": ["mast"]}, "mast"), ({"options": []}, "macro"),
    ({"spacing_m": 0.0}, "spacing_m"), ({"radius_m": 40_000.0}, "radius_m")])
def test_choices_no_plan_can_follow_are_named(siting: dict[str, Any], told: str) -> None:
    pack = layers()
    with pytest.raises((PlanError, ScenarioError), match=told):
        propose(pack, assessment(pack), scenario(siting=siting))


def test_nobody_unserved_is_an_empty_plan_with_a_sentence() -> None:
    pack = layers()
    plan = propose(pack, assessment(pack, list(pack.villages["village_code"])), scenario())
    assert plan.findings[0].code == "plan_nobody_unserved"
    for one in plan.budgets:
        assert one.sites.empty
        assert one.before == one.after
        assert (one.selection.value, one.selection.gap) == (0.0, 0.0)
        assert list(one.sites.columns) == [*SITE_COLUMNS, "geometry"]


def test_people_who_do_not_count_are_shown_with_the_others() -> None:
    pack = layers()
    told = assessment(pack)
    told.villages["eligible"] = told.villages["village_code"] == "99002-001"
    one = propose(pack, told, scenario()).budgets[-1]
    assert one.selection.value == 240.0
    assert one.after.people_served - one.before.people_served == pytest.approx(
        one.sites["new_people"].sum() + one.sites["other_people"].sum())


def test_a_crowded_small_cell_is_left_out_and_said() -> None:
    pack = layers()
    many = replace(pack, clusters=pack.clusters.assign(households=[200, 900, 20, 30, 10]))
    plan = propose(many, assessment(many), scenario(budgets_mvnd=[9_000.0]))
    assert "TH-99002-001-N" not in set(plan.options["option_id"])
    assert [f for f in plan.findings if f.code == "plan_small_cell_crowded"]


def test_density_check_never_gains_less(plan: Any) -> None:
    pack = layers()
    dense = density_check(pack, assessment(pack), plan.scenario)
    assert dense.spacing_m == 500.0
    assert dense.candidates > len(plan.candidates)
    assert all(d >= b.selection.value - 1e-6 for d, b in zip(dense.people, plan.budgets, strict=True))


def test_the_denser_value_stands_beside_the_proof() -> None:
    pack, chosen = layers(), scenario(budgets_mvnd=[500.0, 1_300.0])
    plain = plan_summary(propose(pack, assessment(pack), chosen))
    dense = plan_summary(propose(pack, assessment(pack), chosen, density=True))
    for without, beside in zip(plain, dense, strict=True):
        assert beside.proof_vi.startswith(without.proof_vi + " Với vị trí xem xét dày gấp đôi")
        assert beside.people_gained == without.people_gained


def test_totals_of_all_and_of_none() -> None:
    pack = layers()
    told = assessment(pack)
    n = len(told.points)
    known = np.ones(n, bool)
    nothing, everything = (totals(told, scenario(), known, np.full(n, v)) for v in (False, True))
    assert (nothing.people_served, nothing.villages_trang) == (0.0, 4)
    assert (everything.people_served, everything.villages_phu) == (pytest.approx(1_240.0), 4)


@pytest.mark.parametrize(("value", "decimals", "vi", "en"), [
    (1234.5, 1, "1.234,5", "1,234.5"), (0.5, 0, "1", "1"), (-0.2, 0, "0", "0"), (2.25, 1, "2,3", "2.3")])
def test_numbers_in_sentences(value: float, decimals: int, vi: str, en: str) -> None:
    assert (number(value, decimals), number(value, decimals, "en")) == (vi, en)


def test_summary_is_after_minus_before_and_the_proof_in_the_agreed_words(plan: Any) -> None:
    found = plan_summary(plan)
    assert [s.budget_mvnd for s in found] == [500.0, 1_300.0, 9_000.0]
    last, one = found[-1], plan.budgets[-1]
    assert last.people_gained == one.selection.value == 440.0
    assert (last.villages_gained, last.villages_covered_gained, last.households_gained) == (3, 3, 100.0)
    assert last.sites == last.shared_sites + last.new_macro_sites + last.small_cells == 3
    assert last.cost_mvnd == pytest.approx(last.capex_mvnd + 5 * last.opex_mvnd_year)
    assert last.land_vi == "Chưa kiểm tra đất, rừng, biên giới."
    assert last.proof_vi == (
        "Với cùng bộ vị trí xem xét, đơn giá và mô hình phủ sóng này, không phương án nào trong cùng kinh phí tăng mục"
        f" tiêu thêm quá 0 %; sai số của mô hình và số liệu: ± {one.margin_villages} thôn.")
    loose = replace(one, selection=replace(one.selection, value=200.0, bound=200.03))
    assert "thêm quá 0,02 %" in proof(loose)[0]
    assert "more than 0.02 %" in proof(loose)[1]


def test_summary_of_an_empty_plan() -> None:
    pack = layers()
    found = plan_summary(propose(pack, assessment(pack, list(pack.villages["village_code"])), scenario()))
    assert [(s.sites, s.cost_mvnd, s.people_gained, s.gap_percent) for s in found] == [(0, 0.0, 0.0, 0.0)] * 3
    assert np.isnan(found[0].cost_per_person_mvnd)


def test_sample_district_with_the_real_assessment() -> None:
    from coverage.gap.assessment import assess
    from coverage.scenario import Scenario
    from geodata.sample import sample_layers
    pack, case = sample_layers(), Scenario.default()
    told = assess(pack, case, areas=False)
    plan = propose(pack, told, case)
    counts = told.villages["status_model"].value_counts()
    assert (plan.today.villages_trang, plan.today.villages_lom, plan.today.villages_phu) == (
        counts["trang"], counts["lom"], counts["phu"])
    assert plan.land_checked
    for one in plan.budgets:
        assert one.selection.status in {"optimal", "gap"}
        assert one.selection.value > 0
        assert one.gained_people == pytest.approx(one.selection.value)
        assert one.sites["commune_name"].notna().all()
        forbidden = pack.restricted[pack.restricted["restriction"] == "cam"].union_all()
        assert not one.sites.intersects(forbidden).any()
    again = propose(pack, told, case)
    for a, b in zip(again.budgets, plan.budgets, strict=True):
        assert a.sites["option_id"].tolist() == b.sites["option_id"].tolist()
