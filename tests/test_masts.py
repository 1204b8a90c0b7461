from datetime import date

import pytest
from hand_layers import REFERENCE, mast, placed, sample

from coverage.errors import GapError
from coverage.gap.masts import (
    assumptions,
    baseline_sites,
    counted_on,
    headline_on,
    mast_findings,
    operators_listed,
    operators_without_list,
    refuse_no_masts,
)
from coverage.radio.link_budget import load_presets
from coverage.radio.sites import site_table
from coverage.scenario import Scenario

SERVICE = Scenario.default().service
MASTS = placed("sites", [
    mast("air", 1, 1),
    mast("dec26", 2, 1, state="committed", due_date="2026-12-31", document="1/CV"),
    mast("jan27", 3, 1, state="committed", due_date="2027-01-01", document="2/CV", operator="Gamma"),
    mast("late", 4, 1, state="committed", due_date="2026-06-30", document="3/CV"),
    mast("nodate", 5, 1, state="committed", document="4/CV"),
    mast("plan", 6, 1, state="planned", due_date="2026-12-01"),
    mast("two", 7, 1, operator="Beta", technology="2G"),
])


@pytest.mark.parametrize(("until", "expected"), [
    (None, ["air", "two"]),
    (2026, ["air", "dec26", "late", "two"]),
    (2027, ["air", "dec26", "jan27", "late", "two"]),
    (date(2026, 12, 30), ["air", "late", "two"]),
])
def test_baseline(until: int | date | None, expected: list[str]) -> None:
    assert baseline_sites(MASTS, until)["site_code"].tolist() == expected


def test_overdue_and_undated_commitments_are_said() -> None:
    found = mast_findings(MASTS, REFERENCE)
    assert [(f.code, f.values, f.rows) for f in found] == [
        ("committed_overdue", ("late",), (5,)), ("committed_without_date", ("nodate",), (6,))]
    assert "30/09/2026" in found[0].message("vi")


def test_3g_counts_until_its_day_and_2g_never() -> None:
    assert counted_on(SERVICE, date(2028, 9, 14)) == ("3G", "4G", "5G")
    assert counted_on(SERVICE, date(2028, 9, 15)) == ("4G", "5G")
    old = Scenario.from_mapping({"service": {"counted_technologies": ["2G", "3G", "4G"]}}).service
    assert counted_on(old, date(2020, 1, 1)) == ("3G", "4G")
    assert headline_on(SERVICE) == ("4G", "5G")


def test_who_has_given_a_list() -> None:
    assert operators_listed(MASTS) == ("Alpha", "Beta")
    measured = placed("measurements", [sample(1, 1, -90, operator="Delta")])
    assert operators_without_list(MASTS, measured, None) == ("Delta", "Gamma")
    with pytest.raises(GapError, match="phát sóng"):
        refuse_no_masts(MASTS[MASTS["state"] == "planned"])


def test_assumptions_are_shares_of_the_transmitters() -> None:
    rows = placed("sites", [
        mast("a", 1, 1, power_dbm=43.0), mast("a", 1, 1, technology="5G", band_assumed=True, power_dbm=43.0),
        mast("b", 2, 1, azimuth_deg=90.0), mast("c", 3, 1, operator="Beta", height_assumed=True)])
    table = assumptions(site_table(rows, load_presets())).set_index("operator")
    assert table["masts"].to_dict() == {"Alpha": 2, "Beta": 1, "TATCA": 3}
    assert table["rows"].to_dict() == {"Alpha": 3, "Beta": 1, "TATCA": 4}
    shares = ["band_assumed", "power_assumed", "azimuth_assumed"]
    assert table.loc["Alpha", shares].tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3])
    assert table.loc["TATCA", "height_assumed"] == 0.25
    assert table.index[-1] == "TATCA"
