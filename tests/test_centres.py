"""Centres against brute force and by hand."""

import math
from itertools import combinations

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.centres import p_center, p_median


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 14)), int(rng.integers(2, 8))
    way = rng.integers(0, 30, (n, m)).astype(float) if seed % 2 else rng.random((n, m)) * 60
    if seed % 4 == 0:
        way[rng.random((n, m)) < 0.25] = np.inf
    weight = rng.integers(0 if seed % 3 == 0 else 1, 50, n).astype(float)
    return way, weight, int(rng.integers(1, m + 1))


def best_of(way: np.ndarray, weight: np.ndarray, p: int, *, farthest: bool) -> tuple[float, float]:
    near, people = way[weight > 0], weight[weight > 0]
    best = (math.inf, math.inf)
    for pick in combinations(range(way.shape[1]), p):
        own = near[:, pick].min(axis=1)
        total = math.fsum(own * people)
        longest = float(own.max(initial=0.0))
        best = min(best, (longest, total) if farthest else (total, 0.0))
    return best


@pytest.mark.parametrize("block", range(5))
def test_p_median_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        way, weight, p = random_case(seed)
        best, _ = best_of(way, weight, p, farthest=False)
        if not math.isfinite(best):
            with pytest.raises(PlanError, match=r"trung tâm|đường"):
                p_median(way, weight, p)
            continue
        found = p_median(way, weight, p)
        assert found.value == pytest.approx(best), seed
        assert found.bound <= best + 1e-6, seed
        assert found.status == "optimal", seed
        assert len(found.chosen) == p, seed


@pytest.mark.parametrize("block", range(5))
def test_p_center_agrees_with_brute_force(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        way, weight, p = random_case(seed)
        longest, total = best_of(way, weight, p, farthest=True)
        if not math.isfinite(longest):
            with pytest.raises(PlanError, match=r"trung tâm|đường"):
                p_center(way, weight, p)
            continue
        found = p_center(way, weight, p)
        assert found.value == pytest.approx(longest), seed
        assert found.bound == pytest.approx(longest), seed
        assert found.mean * weight.sum() == pytest.approx(total), seed
        assert len(found.chosen) == p, seed


def test_a_valley_by_hand() -> None:
    """Villages at km 0, 1, 2, 10 on one road, 9, 10, 10 and 1 people, sites at km 0, 2, 10."""
    way = np.abs(np.array([0.0, 1, 2, 10])[:, None] - np.array([0.0, 2, 10])[None, :])
    people = np.array([9.0, 10, 10, 1])
    one = p_median(way, people, 1)
    assert (one.chosen, one.value, one.nearest) == ((1,), 36.0, (1, 1, 1, 1))
    assert one.mean == pytest.approx(36 / 30)
    two = p_center(way, people, 2)
    assert (two.chosen, two.value, two.nearest) == ((1, 2), 2.0, (1, 1, 1, 2))
    assert two.farthest == 2.0


def test_nobody_is_lost_silently() -> None:
    with pytest.raises(PlanError) as error:
        p_median([[1.0, 2.0], [np.inf, np.inf]], [1.0, 1.0], 1)
    assert error.value.code == "centres_far"
    assert error.value.values["row"] == 1
    assert p_median([[1.0, 2.0], [np.inf, np.inf]], [1.0, 0.0], 1).value == 1.0


@pytest.mark.parametrize(("way", "weight", "p", "code"), [
    ([[1.0, 2.0]], [1.0, 1.0], 1, "centres_shape"), ([[1.0, 2.0]], [1.0], 3, "centres_number"),
    ([[1.0, -2.0]], [1.0], 1, "centres_value"), ([[1.0, math.nan]], [1.0], 1, "centres_value"),
    ([[1.0, 2.0]], [math.nan], 1, "centres_value"),
])
def test_broken_tables(way: list, weight: list, p: int, code: str) -> None:
    for call in (p_median, p_center):
        with pytest.raises(PlanError) as error:
            call(way, weight, p)
        assert error.value.code == code


def test_a_cancel_keeps_a_plan_with_its_bound() -> None:
    rng = np.random.default_rng(3)
    way, weight = rng.random((40, 12)), rng.integers(1, 9, 40).astype(float)
    for call in (p_median, p_center):
        stopped = call(way, weight, 4, progress=lambda *_: False)
        assert stopped.status == "cancelled"
        assert stopped.bound <= call(way, weight, 4).value <= stopped.value


def test_the_time_limit_holds() -> None:
    rng = np.random.default_rng(4)
    way, weight = rng.random((400, 60)), rng.integers(1, 9, 400).astype(float)
    found = p_median(way, weight, 8, time_limit_s=2)
    assert found.seconds < 8
    assert 0 < found.bound <= found.value


def test_a_region() -> None:
    rng = np.random.default_rng(1)
    places, sites = rng.random((300, 2)) * 100, rng.random((60, 2)) * 100
    way = np.hypot(*(places[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    weight = rng.integers(100, 5000, 300).astype(float)
    found = p_median(way, weight, 6, time_limit_s=30)
    assert found.status == "optimal"
    assert p_median(way, weight, 7, time_limit_s=30).value < found.value
    assert p_center(way, weight, 6, time_limit_s=30).farthest <= found.farthest
