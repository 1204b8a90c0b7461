import math
from collections.abc import Callable
from dataclasses import fields, replace

import pandas as pd
import pytest

from coverage.gap.assessment import Assessment, assess
from coverage.plan import Plan
from coverage.scenario import Scenario
from coverage.summary import GapSummary, gap_summary, link_summary, plan_summary
from geodata.sample import sample_layers
from tests.brief_case import case, case_with_links


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return assess(sample_layers(), Scenario.default(), areas=False)


@pytest.fixture(scope="module")
def figures(assessment: Assessment) -> GapSummary:
    return gap_summary(assessment)


def test_statuses_add_up(figures: GapSummary, assessment: Assessment) -> None:
    for counts in (figures.printed, figures.model, figures.model_all, *figures.by_households.values()):
        assert counts.trang + counts.lom + counts.phu + counts.chua_du_dl == counts.villages == len(assessment.villages)
    assert figures.trang == assessment.communes["trang_printed"].sum()
    assert figures.model.lom == assessment.communes["lom"].sum()
    assert figures.powered.villages == figures.model_powered.villages == assessment.communes["villages_powered"].sum()
    assert sum(figures.communes_by_status.values()) == figures.communes == len(assessment.communes)


def test_the_table_difficult_by_power_holds_every_village_once(figures: GapSummary) -> None:
    for table in (figures.difficult_by_power, figures.difficult_by_power_model):
        assert table.filter(like="_villages").to_numpy().sum() == figures.villages
    assert figures.difficult_by_power.filter(like="_trang").to_numpy().sum() == figures.trang
    assert figures.difficult_by_power_model.filter(like="_lom").to_numpy().sum() == figures.model.lom


def test_border_communes(figures: GapSummary, assessment: Assessment) -> None:
    border = assessment.villages[assessment.villages["is_border"]]
    bad = border[border["status_printed"].isin(["trang", "lom"])]
    assert figures.border_communes_uncovered == bad["commune_code"].nunique()
    assert figures.border.trang == (border["status_printed"] == "trang").sum()
    assert figures.border_communes_uncovered <= figures.border_communes


def test_people_come_from_the_points(figures: GapSummary, assessment: Assessment) -> None:
    points = assessment.points
    unserved = points.people[assessment.known["4g"] & ~assessment.served["4g"]].sum()
    assert figures.unserved_people == pytest.approx(unserved)
    assert figures.people_on_clusters == pytest.approx(points.people.sum())
    assert figures.share_served_people == pytest.approx(1 - unserved / points.people.sum())
    assert 0 <= figures.eligible_unserved_people <= figures.unserved_people


def test_the_published_list_is_accounted_for(figures: GapSummary) -> None:
    rows = len(sample_layers().published)
    assert sum(n for result, n in figures.reconciliation.items() if result != "only_model") == rows
    assert figures.matched_exact + figures.matched_folded + figures.reconciliation["not_matched"] == rows
    assert figures.official == rows - figures.reconciliation["not_matched"]


def test_every_figure_is_a_number_or_a_table(figures: GapSummary) -> None:
    for field in fields(figures):
        value = getattr(figures, field.name)
        assert value is not None or field.name == "calibration", field.name  # only when the scenario asks for it
        if isinstance(value, pd.DataFrame):
            assert not value.empty
    assert figures.fibre + figures.fibre_near + figures.no_fibre == figures.villages
    table = figures.by_operator
    total = table["villages_served"] + table["villages_unserved"] + table["villages_unknown"]
    assert (total == figures.villages).all()


# ---- links ----------------------------------------------------------------------------------------------------------

def test_links_are_counted_by_hand() -> None:
    """Two fibres of 3 and 1.5 km and a hop carry three sites; the 3 km lie along a single road."""
    _, _, plan = case_with_links()
    one = plan.budgets[-1]
    found = link_summary(one)
    assert (found.links, found.fibre_links, found.hops) == (3, 2, 1)
    assert (found.fibre_km, found.new_poles_km, found.single_km) == pytest.approx((4.5, 1.5, 3.0))
    assert (found.sites_linked, found.sites_satellite, found.sites_at_network) == (3, len(one.sites) - 3, 0)
    assert (found.single_links, found.sites_on_single_road, found.single_roads) == (1, 3, (("Quốc lộ 99", 3),))
    assert found.single_vi.startswith(f"3/{len(one.sites)} vị trí có truyền dẫn đi theo đường độc đạo")
    assert "Quốc lộ 99 (3 vị trí)." in found.single_vi
    assert found.text_vi.startswith("4,5 km cáp quang mới, 1 chặng vi ba (")
    assert found.text_en.startswith("4.5 km of new fibre, 1 microwave hop (")


def test_single_roads_without_a_name_stand_last() -> None:
    _, _, plan = case_with_links()
    one = plan.budgets[-1]
    links = one.links.assign(road_name=["", "Đường B", ""], single_road=[True, True, False])
    hangs = [("TD-001",), ("TD-002", "TD-001"), *[()] * (len(one.sites) - 2)]
    found = link_summary(replace(one, links=links, sites=one.sites.assign(hangs_on=hangs)))
    assert found.single_roads == (("Đường B", 1), ("", 2))
    assert found.sites_on_single_road == 2
    assert found.single_vi.endswith("Đường B (1 vị trí); đường chưa rõ tên (2 vị trí).")


def test_a_plan_without_links_says_so() -> None:
    found = link_summary(case_with_links()[2].budgets[0])
    assert (found.links, found.fibre_km, found.hop_km, found.links_mvnd) == (0, 0.0, 0.0, 0.0)
    assert found.single_vi == "Không vị trí nào phụ thuộc một con đường độc đạo."
    assert found.text_vi.startswith("không phải xây tuyến truyền dẫn nào")


@pytest.mark.parametrize("made", [case, case_with_links])
def test_own_money_and_links_are_the_money_of_the_plan(made: Callable[[], tuple[object, object, Plan]]) -> None:
    plan = made()[2]
    for one, summary in zip(plan.budgets, plan_summary(plan), strict=True):
        found = link_summary(one)
        dong = [round(v * 1_000_000) for v in (found.sites_mvnd, found.links_mvnd, found.cost_mvnd)]
        assert dong[0] + dong[1] == dong[2] == round(summary.cost_mvnd * 1_000_000)
        capex = math.fsum(one.sites["capex_mvnd"]) + found.capex_mvnd
        assert summary.capex_mvnd == pytest.approx(capex, abs=1e-6)
        for value in dong:
            assert f"{value:,}".replace(",", ".") in found.money_vi
            assert f"{value:,}" in found.money_en
