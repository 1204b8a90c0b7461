from dataclasses import fields

import pandas as pd
import pytest

from coverage.gap.assessment import Assessment, assess
from coverage.scenario import Scenario
from coverage.summary import GapSummary, gap_summary
from geodata.sample import sample_layers


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
