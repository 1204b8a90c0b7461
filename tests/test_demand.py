from dataclasses import replace

import numpy as np
import pytest
from hand_layers import cluster, layers, mast, placed, village

from coverage.errors import GapError
from coverage.gap.demand import CENTRE, demand_points
from geodata.findings import Finding

MASTS = [mast("A1", 5, 5)]


def _codes(findings: tuple[Finding, ...]) -> list[str]:
    return [f.code for f in findings]


def test_people_live_on_clusters_only() -> None:
    villages = [village("99001-001", 1, 1, households=100, people=450.0)]
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1, 60), cluster("c1", "99001-001", 2, 1, 40)])
    points, findings = demand_points(layers(villages, MASTS, clusters=clusters))
    assert list(points.kind) == [CENTRE, "cluster", "cluster"]
    assert points.people.tolist() == [0.0, 270.0, 180.0]  # 4.5 people per household
    assert points.households.tolist() == [0.0, 60.0, 40.0]
    assert points.point_code.tolist() == ["99001-001", "c0", "c1"]
    assert points.xy_m[2].tolist() == [502_000.0, 1_701_000.0]
    assert findings == ()


def test_a_village_without_clusters_has_one_at_its_centre() -> None:
    villages = [village("99001-001", 1, 1), village("99001-002", 3, 1, households=10, people=41.0)]
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1, 100)])
    points, findings = demand_points(layers(villages, MASTS, clusters=clusters))
    assert points.point_code.tolist() == ["99001-001", "99001-002", "c0", "99001-002-tt"]
    assert points.people.tolist() == [0.0, 0.0, 400.0, 41.0]
    assert points.clusters_per_village.tolist() == [1, 1]
    assert points.commune_code.tolist() == ["99001"] * 4
    assert findings == ()


def test_no_cluster_layer_at_all() -> None:
    points, _ = demand_points(layers([village("99002-001", 15, 1)], MASTS))
    assert points.people.sum() == 400.0
    assert len(points) == 2


@pytest.mark.parametrize(("households", "people"), [(0, 400.0), (None, 400.0), (100, None)])
def test_unknown_people_are_a_finding_not_a_guess(households: int | None, people: float | None) -> None:
    villages = [village("99001-001", 1, 1, households=households, people=people), village("99001-002", 3, 1)]
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1, 30), cluster("c1", "99001-002", 3, 1, 100)])
    points, findings = demand_points(layers(villages, MASTS, clusters=clusters))
    assert points.people.tolist() == [0.0, 0.0, 0.0, 400.0]
    assert points.people_known.tolist() == [True, True, False, True]
    assert points.households[2] == 30.0
    finding = next(f for f in findings if f.code == "village_people_unknown")
    assert finding.values == ("99001-001",)
    assert finding.rows == (2,)
    assert "99001-001" in finding.message("vi")


def test_a_cluster_of_no_village_is_listed_and_left_out() -> None:
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1, 100), cluster("cx", "99001-777", 1, 2, 9)])
    points, findings = demand_points(layers([village("99001-001", 1, 1)], MASTS, clusters=clusters))
    assert "cx" not in points.point_code
    assert [(f.code, f.values, f.rows) for f in findings] == [("cluster_without_village", ("cx",), (3,))]


def test_clusters_that_do_not_add_up_are_said_and_not_rescaled() -> None:
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1, 70), cluster("c1", "99001-001", 2, 1, 50)])
    points, findings = demand_points(layers([village("99001-001", 1, 1)], MASTS, clusters=clusters))
    assert points.households.sum() == 120.0
    assert points.people.sum() == 480.0
    assert _codes(findings) == ["cluster_households_differ"]
    assert findings[0].details["clusters"] == 120


def test_a_cluster_without_households() -> None:
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1, 100), cluster("c1", "99001-001", 2, 1, None)])
    points, findings = demand_points(layers([village("99001-001", 1, 1)], MASTS, clusters=clusters))
    assert "cluster_households_missing" in _codes(findings)
    assert points.households_known.tolist() == [True, True, False]
    assert points.sum_by_village(points.people).tolist() == [400.0]


def test_broken_layers_are_refused() -> None:
    twice = [village("99001-001", 1, 1), village("99001-001", 2, 1)]
    with pytest.raises(GapError, match="99001-001"):
        demand_points(layers(twice, MASTS))
    some = layers([village("99001-001", 1, 1)], MASTS)
    with pytest.raises(GapError, match="villages"):
        demand_points(replace(some, villages=some.villages.iloc[:0]))
    clusters = placed("clusters", [cluster("c0", "99001-001", 1, 1), cluster("c0", "99001-001", 2, 1)])
    with pytest.raises(GapError, match="c0"):
        demand_points(layers([village("99001-001", 1, 1)], MASTS, clusters=clusters))
    lost = some.villages.copy()
    lost.geometry = lost.geometry.translate(np.nan, np.nan)
    with pytest.raises(GapError, match="tọa độ"):
        demand_points(replace(some, villages=lost))
