from datetime import date

import numpy as np
import pandas as pd
import pytest
from hand_layers import REFERENCE, placed, sample, signal

from coverage.errors import GapError
from coverage.gap.evidence import (
    CONFIRMED,
    MEASURED,
    MODEL,
    NONE,
    Confirmation,
    gather,
    in_class,
    indoor_served,
    recent,
    weak,
)
from coverage.scenario import Scenario

SERVICE = Scenario.default().service
ALPHA, BETA = ("Alpha", "4G"), ("Beta", "4G")
XY = np.array([[500_000.0, 1_700_000.0], [505_000.0, 1_700_000.0]])
FOUR = ("4G", "5G")


def _signed(point: str, served: bool, day: date = date(2026, 5, 1), operator: str = "Alpha") -> Confirmation:
    return Confirmation(point, operator, "4G", served, "khảo sát", "Nguyễn Văn A", day, "xn.pdf")


def test_the_model_serves_from_the_threshold_on() -> None:
    got = gather(XY, {ALPHA: signal([-110.0, -110.001])}, ["Alpha"], SERVICE)
    assert got.served[:, 0].tolist() == [True, False]
    assert got.p[0, 0] == 0.5
    assert (got.source == MODEL).all()


def test_no_mast_in_range_is_a_known_absence_and_no_data_is_not() -> None:
    level = signal([np.nan, np.nan], unknown=[0, 1])
    got = in_class(gather(XY, {ALPHA: level}, ["Alpha"], SERVICE), FOUR)
    assert got.known.tolist() == [True, False]
    assert got.p[0] == 0.0
    assert np.isnan(got.p[1])


def test_a_lower_bound_can_say_served_but_never_unserved() -> None:
    got = in_class(gather(XY, {ALPHA: signal([-100.0, -115.0], unknown=[1, 1])}, ["Alpha"], SERVICE), FOUR)
    assert got.served.tolist() == [True, False]
    assert got.known.tolist() == [True, False]


def test_three_samples_within_300_m_stand_above_the_model() -> None:
    near = [sample(0, 0.1, -120), sample(0, 0.2, -112), sample(0, 0.299, -111)]
    got = gather(XY, {ALPHA: signal([-60.0, -60.0])}, ["Alpha"], SERVICE, measurements=placed("measurements", near))
    assert got.served[:, 0].tolist() == [False, True]
    assert got.source[:, 0].tolist() == [MEASURED, MODEL]
    assert got.rsrp_dbm[0, 0] == -112.0
    assert got.p[0, 0] == 0.0


@pytest.mark.parametrize("rows", [
    [sample(0, 0.1, -120), sample(0, 0.2, -120)],
    [sample(0, 0.1, -120), sample(0, 0.2, -120), sample(0, 0.301, -120)],
    [sample(0, 0.1, -120), sample(0, 0.2, -120), sample(0, 0.2, -120, operator="Beta")],
    [sample(0, 0.1, -120), sample(0, 0.2, -120), sample(0, 0.2, -120, technology="3G")],
])
def test_what_is_no_measurement(rows: list[dict[str, object]]) -> None:
    got = gather(XY, {ALPHA: signal([-60.0, -60.0])}, ["Alpha"], SERVICE, measurements=placed("measurements", rows))
    column = got.keys.index(ALPHA)
    assert got.source[0, column] == MODEL
    assert got.served[0, column]


def test_measurements_count_for_twelve_months_before_the_reference_date() -> None:
    days = ["2025-09-29", "2025-09-30", "2026-09-30", "2026-10-01"]
    frame = placed("measurements", [sample(0, 0, -90, date=d) for d in days])
    kept = recent(frame, SERVICE, REFERENCE)
    assert [f"{d:%Y-%m-%d}" for d in kept["date"]] == ["2025-09-30", "2026-09-30"]


def test_a_confirmation_stands_between_measurement_and_model() -> None:
    model = {ALPHA: signal([-60.0, -60.0])}
    got = gather(XY, model, ["Alpha"], SERVICE, confirmations=[_signed("p1", False)], point_codes=["p0", "p1"])
    assert got.source[:, 0].tolist() == [MODEL, CONFIRMED]
    assert got.served[:, 0].tolist() == [True, False]
    rows = placed("measurements", [sample(5, 0, -80)] * 3)
    got = gather(XY, model, ["Alpha"], SERVICE, measurements=rows, confirmations=[_signed("p1", False)],
                 point_codes=["p0", "p1"])
    assert got.source[1, 0] == MEASURED
    assert got.served[1, 0]


def test_the_latest_confirmation_stands_and_an_unknown_point_is_refused() -> None:
    two = [_signed("p0", True, date(2026, 6, 1)), _signed("p0", False, date(2026, 5, 1))]
    got = gather(XY, {ALPHA: signal([-130.0, -130.0])}, ["Alpha"], SERVICE, confirmations=two, point_codes=["p0", "p1"])
    assert got.served[0, 0]
    with pytest.raises(GapError, match="p9"):
        gather(XY, {}, ["Alpha"], SERVICE, confirmations=[_signed("p9", True)], point_codes=["p0", "p1"])


def test_any_operator_serves_and_the_best_is_named() -> None:
    got = in_class(gather(XY, {ALPHA: signal([-100.0, -130.0]), BETA: signal([-90.0, -125.0])},
                          ["Alpha", "Beta"], SERVICE), FOUR)
    assert got.served.tolist() == [True, False]
    assert got.n_operators.tolist() == [2, 0]
    assert got.best.tolist() == [1, 1]
    assert got.rsrp_dbm.tolist() == [-90.0, -125.0]


def test_an_operator_counts_once_however_many_technologies() -> None:
    both = {ALPHA: signal([-90.0, -90.0]), ("Alpha", "5G"): signal([-80.0, -130.0])}
    got = in_class(gather(XY, both, ["Alpha"], SERVICE), FOUR)
    assert got.n_operators.tolist() == [1, 1]


def test_an_operator_without_list_is_not_taken_for_unserved_nor_does_it_hide_the_others() -> None:
    rows = placed("measurements", [sample(0, 0, -80, operator="Beta")] * 3)
    got = gather(XY, {ALPHA: signal([-130.0, -130.0])}, ["Alpha"], SERVICE, measurements=rows)
    beta = got.keys.index(BETA)
    assert got.known[:, beta].tolist() == [True, False]
    assert in_class(got, FOUR).served.tolist() == [True, False]
    assert in_class(got, FOUR).known.tolist() == [True, True]


def test_without_any_list_nothing_is_known() -> None:
    got = in_class(gather(XY, {}, [], SERVICE), FOUR)
    assert not got.known.any()
    assert got.source.tolist() == [NONE, NONE]


def test_a_listed_operator_with_3g_only_is_known_not_to_serve_4g() -> None:
    got = gather(XY, {("Alpha", "3G"): signal([-80.0, -80.0])}, ["Alpha"], SERVICE)
    four, every = in_class(got, FOUR), in_class(got, ("3G", "4G", "5G"))
    assert four.known.all()
    assert not four.served.any()
    assert four.p.tolist() == [0.0, 0.0]
    assert every.served.all()


def test_indoors_needs_15_db_more() -> None:
    got = gather(XY, {ALPHA: signal([-95.0, -95.1])}, ["Alpha"], SERVICE)
    assert indoor_served(got, FOUR, SERVICE).tolist() == [True, False]


def test_weak_is_about_serving_operators_that_were_measured() -> None:
    slow = [sample(0, 0, -90, dl_mbps=4.9)] * 3
    fast = [sample(0, 0, -90, dl_mbps=30.0, operator="Beta")] * 3
    model = {ALPHA: signal([-90.0, -90.0])}
    one = gather(XY, model, ["Alpha", "Beta"], SERVICE, measurements=placed("measurements", slow))
    first, second = weak(one, FOUR, SERVICE)
    assert first
    assert second is pd.NA
    both = gather(XY, model, ["Alpha", "Beta"], SERVICE, measurements=placed("measurements", slow + fast))
    assert not weak(both, FOUR, SERVICE)[0]
