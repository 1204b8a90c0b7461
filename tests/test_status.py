import numpy as np
import pytest
from hand_layers import points
from hypothesis import given
from hypothesis import strategies as st

from coverage.gap.evidence import PointService
from coverage.gap.status import can_test_lom, is_sure, village_status
from coverage.scenario import Scenario

RULES = Scenario.default().service


def service(p: list[float], known: list[bool] | None = None) -> PointService:
    """Any-operator service with these probabilities; NaN or known False = unknown."""
    level = np.array(p, dtype=float)
    seen = ~np.isnan(level) if known is None else np.array(known, bool)
    served = seen & (np.nan_to_num(level) >= 0.5)
    whole = np.zeros(level.size, np.intp)
    return PointService(served, seen, level, level, whole, served.astype(np.intp), np.ones(level.size, np.int8))


@pytest.mark.parametrize(("clusters", "p", "expected"), [
    ([[60, 40]], [0.4, 1.0, 1.0], "trang"),        # the centre decides, whatever the clusters have
    ([[60, 40]], [0.9, 0.9, 0.9], "phu"),
    ([[60, 40]], [0.9, 0.9, 0.1], "lom"),
    ([[96, 4]], [0.9, 0.9, 0.1], "phu"),           # four households make no hole at h = 5
    ([[95, 5]], [0.9, 0.9, 0.1], "lom"),           # five do
    ([[100]], [0.9, 0.1], "phu"),                  # a single cluster cannot be tested
    ([[60, 40]], [np.nan, 0.9, 0.9], "chua_du_dl"),
    ([[60, 40]], [0.9, np.nan, 0.9], "chua_du_dl"),
    ([[60, 40]], [0.9, np.nan, 0.1], "lom"),       # one known hole is enough
    ([[96, 4]], [0.9, 0.9, np.nan], "phu"),        # too small to matter either way
])
def test_the_rule(clusters: list[list[float]], p: list[float], expected: str) -> None:
    assert village_status(points(clusters), service(p), RULES.lom_min_households).tolist() == [expected]


def test_h_of_1_5_and_50() -> None:
    three = points([[90, 10], [60, 60], [98, 2]])
    seen = service([0.9] * 3 + [0.9, 0.1] * 3)
    assert village_status(three, seen, 1).tolist() == ["lom", "lom", "lom"]
    assert village_status(three, seen, 5).tolist() == ["lom", "lom", "phu"]
    assert village_status(three, seen, 50).tolist() == ["phu", "lom", "phu"]


def test_a_cluster_of_unknown_size_leaves_the_question_open() -> None:
    two = points([[90, 0]])
    unsized = two.households_known.copy()
    unsized[2] = False
    changed = type(two)(**{**two.__dict__, "households_known": unsized})
    assert village_status(changed, service([0.9, 0.9, 0.1]), 5).tolist() == ["chua_du_dl"]
    assert village_status(changed, service([0.9, 0.9, 0.9]), 5).tolist() == ["phu"]


def test_testable() -> None:
    assert can_test_lom(points([[100], [60, 40]])).tolist() == [False, True]


@pytest.mark.parametrize(("p", "expected"), [
    ([0.16, 0.5, 0.5], True), ([0.17, 0.0, 0.0], False),      # trang: the centre alone
    ([0.84, 0.84, 0.84], True), ([0.84, 0.84, 0.83], False), ([0.83, 1.0, 1.0], False),
    ([0.84, 0.9, 0.16], True), ([0.84, 0.9, 0.17], False), ([0.7, 0.9, 0.1], False),
])
def test_sure_is_about_the_points_that_decide(p: list[float], expected: bool) -> None:
    one, seen = points([[60, 40]]), service(p)
    status = village_status(one, seen, RULES.lom_min_households)
    assert is_sure(one, seen, status, RULES).tolist() == [expected]


def test_a_single_cluster_does_not_decide() -> None:
    one, seen = points([[100]]), service([0.9, 0.5])
    assert is_sure(one, seen, village_status(one, seen, 5), RULES).tolist() == [True]


levels = st.lists(st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.9, 1.0, float("nan")]), min_size=5, max_size=5)
ORDER = {"trang": 0, "lom": 1, "chua_du_dl": 1.5, "phu": 2}


@given(levels, st.lists(st.integers(1, 99), min_size=4, max_size=4))
def test_against_the_words_of_the_definition(p: list[float], households: list[int]) -> None:
    """Second implementation, one village at a time."""
    seen = service(p)
    got = village_status(points([households]), seen, 5)[0]
    centre, others = p[0], list(zip(p[1:], households, strict=True))
    if np.isnan(centre):
        expected = "chua_du_dl"
    elif centre < 0.5:
        expected = "trang"
    elif any(q < 0.5 and h >= 5 for q, h in others):
        expected = "lom"
    elif any(np.isnan(q) and h >= 5 for q, h in others):
        expected = "chua_du_dl"
    else:
        expected = "phu"
    assert got == expected


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(0, 4), st.lists(st.integers(1, 99), min_size=4,
                                                                                     max_size=4))
def test_more_signal_never_worsens_a_status(p: list[float], which: int, households: list[int]) -> None:
    village = points([households])
    before = village_status(village, service(p), 5)[0]
    after = village_status(village, service([1.0 if i == which else q for i, q in enumerate(p)]), 5)[0]
    assert ORDER[after] >= ORDER[before]
