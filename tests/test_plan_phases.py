"""The plan by year: nested, under its ceilings, over a baseline that changes; who is left out, and clear refusals."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from siting_case import frame, layers, scenario, site

from coverage.choices import Phases
from coverage.errors import Cancelled, PlanError
from coverage.gap.assessment import assess
from coverage.plan import Depth, PhasedPlan, phased_plan, propose

YEARS = {"years": [2027, 2028, 2029], "ceilings_mvnd": [300.0, 1_000.0, 9_000.0]}


@pytest.fixture(scope="module")
def plan() -> Any:
    sites = frame("sites", [
        site("VIE1", 6_000, 3_500), site("MOB1", 9_000, 17_000, operator="MobiFone", technology="3G", band_mhz=2100.0),
        site("NEW", 18_400, 18_600, power_dbm=0.0, state="committed", due_date="2028-06-30"),
    ])
    pack = layers(sites=sites)
    case = scenario(phases=YEARS)
    return propose(pack, assess(pack, case, areas=False), case)


@pytest.fixture(scope="module")
def phased(plan: Any) -> PhasedPlan:
    return phased_plan(plan)


def test_years_are_nested_and_keep_their_ceilings(phased: PhasedPlan) -> None:
    assert [y.year for y in phased.years] == [2027, 2028, 2029]
    assert phased.sites["site_id"].is_unique
    for y in phased.years:
        assert y.outlay_mvnd <= y.ceiling_mvnd + 1e-6
        own = phased.sites[phased.sites["year"] == y.year]
        assert len(own) == y.new_sites
        earlier = phased.sites[phased.sites["year"] < y.year]
        assert y.outlay_mvnd == pytest.approx(own["capex_mvnd"].sum() + earlier["opex_mvnd_year"].sum())
        assert (own["earliest_year"] <= y.year).all()
        assert y.nesting_price >= 0
        assert y.people <= y.people_bound + 1e-6


def test_people_are_after_minus_before_of_the_year_s_own_baseline(phased: PhasedPlan) -> None:
    for y in phased.years:
        assert y.people == pytest.approx(y.after.eligible_people_served - y.before.eligible_people_served)
        assert y.villages_gained == y.before.villages_trang - y.after.villages_trang
    for a, b in pairwise(phased.years):
        assert a.after.eligible_people_served <= b.after.eligible_people_served


def test_a_committed_mast_comes_on_air_in_its_year(phased: PhasedPlan) -> None:
    assert [y.committed_masts for y in phased.years] == [0, 1, 1]
    assert phased.years[1].before.people_served > phased.years[0].before.people_served
    assert "99002-003" not in set(phased.years[1].left_out["village_code"])     # Bản Cùng, served by the mast


def test_3g_goes_and_its_villages_are_named(phased: PhasedPlan) -> None:
    assert [y.off_3g for y in phased.years] == [False, True, True]
    assert len(phased.years[0].lost) == 0
    assert "99002-002" in set(phased.years[1].lost["village_code"])              # Bản Xa, beside the 3G mast
    assert phased.years[1].trang_all_before >= phased.years[0].trang_all_before
    assert phased.years[2].trang_all_after <= phased.years[2].trang_all_before


def test_who_is_left_out_is_the_plan_s_own_count(phased: PhasedPlan) -> None:
    for y in phased.years:
        counts = y.left_out["status_after"].value_counts()
        assert (counts.get("trang", 0), counts.get("lom", 0)) == (y.after.villages_trang, y.after.villages_lom)
        assert set(y.left_out["reason"]) <= {"money", "out_of_reach", "not_eligible"}
        unserved = y.after.people - y.after.people_served
        assert y.left_out["people_left"].sum() <= unserved + 1e-6


def test_the_first_phase_can_be_kept(plan: Any, phased: PhasedPlan) -> None:
    first = tuple(phased.sites.loc[phased.sites["year"] == 2027, "option_id"])
    assert first
    kept = replace(plan.scenario.phases, keep_first=first, ceilings_mvnd=(300.0, 100.0, 9_000.0))
    again = phased_plan(plan, replace(plan.scenario, phases=kept))
    assert set(first) <= set(again.sites.loc[again.sites["year"] == 2027, "option_id"])
    assert again.years[1].new_sites == 0


@pytest.mark.parametrize(("phases", "told"), [
    (Phases(), r"\[phases\]"), (Phases((2026, 2027), (1.0, 1.0)), "2026"),
    (Phases((2027,), (9_000.0,), keep_first=("X",)), "X"),
])
def test_phases_no_plan_can_follow_are_refused(plan: Any, phases: Phases, told: str) -> None:
    with pytest.raises(PlanError) as caught:
        phased_plan(plan, replace(plan.scenario, phases=phases))
    import re
    assert re.search(told, str(caught.value))


def test_no_money_builds_nothing(plan: Any) -> None:
    found = phased_plan(plan, replace(plan.scenario, phases=Phases((2027, 2028), (0.0, 0.0))))
    assert found.sites.empty
    assert [y.people for y in found.years] == [0.0, 0.0]
    assert all(y.before == y.after for y in found.years)


def test_stopped_phases_are_none(plan: Any) -> None:
    with pytest.raises(Cancelled):
        phased_plan(plan, progress=lambda *_: False)


def test_the_sheets_of_the_years(phased: PhasedPlan) -> None:
    from coverage.brief.depth_tables import depth_tables
    sheets = depth_tables(Depth(phases=phased))
    assert list(sheets) == ["phases", "left_out"]
    assert sheets["phases"]["Năm"].tolist() == [2027, 2028, 2029]
    assert len(sheets["left_out"]) == sum(len(y.left_out) for y in phased.years)
    assert set(sheets["left_out"]["Sau giai đoạn"]) <= {"2027", "2027–2028", "2027–2029"}
