import numpy as np
import pytest
from hand_layers import at, layer, layers, mast, placed, village
from shapely import LineString

from coverage.gap.demand import demand_points
from coverage.gap.fibre import BY_ROAD, STRAIGHT, anchor_fibre, village_fibre
from coverage.scenario import Scenario

SERVICE = Scenario.default().service
MASTS = [mast("A1", 5, 5)]
VILLAGES = [
    village("99001-001", 1, 5, ftth_declared=True), village("99001-002", 3, 5), village("99001-003", 5, 6.01),
    village("99001-004", 7, 8, ftth_declared=None), village("99001-005", 9, 5.9),
]


def routes():  # noqa: ANN201 - a frame
    return layer("fibre_routes", [{"name": "Tuyến"}], [LineString([at(2, 5), at(10, 5)])])


def node(code: str, east: float, north: float, ports: float | None) -> dict[str, object]:
    return {"node_code": code, "free_ports": ports, "geometry": at(east, north)}


def statuses(data, along_road=None) -> list[object]:  # noqa: ANN001 - layers and a function
    return village_fibre(data, demand_points(data)[0], SERVICE, along_road)["fibre_status"].tolist()


def test_declared_near_and_none() -> None:
    data = layers(VILLAGES, MASTS, fibre_routes=routes())
    got = village_fibre(data, demand_points(data)[0], SERVICE)
    assert got["fibre_status"].tolist() == ["co", "gan_tuyen", "chua", "chua", "gan_tuyen"]
    assert got["fibre_m"].tolist() == pytest.approx([1000.0, 0.0, 1010.0, 3000.0, 900.0])
    assert set(got["fibre_basis"]) == {STRAIGHT}


def test_a_node_counts_with_a_free_port_for_its_nearest_village() -> None:
    nodes = placed("fibre_nodes", [node("n1", 7.2, 8.2, 4), node("n2", 5, 6.3, 0), node("n3", 3, 5.2, None),
                                   node("n4", 5, 8.8, 9)])
    assert statuses(layers(VILLAGES, MASTS, fibre_nodes=nodes)) == ["co", "chua", "chua", "co", "chua"]


def test_by_road_a_near_route_can_be_far() -> None:
    asked = []

    def along_road(xy, lines):  # noqa: ANN001, ANN202 - AlongRoad
        asked.append(len(xy))
        return np.array([900.0, 2500.0])

    data = layers(VILLAGES, MASTS, fibre_routes=routes())
    got = village_fibre(data, demand_points(data)[0], SERVICE, along_road)
    assert asked == [2]  # those within 1,000 m in a straight line, not the one that a route passes
    assert got["fibre_status"].tolist() == ["co", "gan_tuyen", "chua", "chua", "chua"]
    assert got["fibre_basis"].tolist() == [BY_ROAD, STRAIGHT, STRAIGHT, STRAIGHT, BY_ROAD]


def test_a_village_the_network_does_not_reach_is_not_near() -> None:
    data = layers(VILLAGES, MASTS, fibre_routes=routes())
    assert statuses(data, lambda xy, _: np.full(len(xy), np.nan)) == ["co", "gan_tuyen", "chua", "chua", "chua"]


def test_nothing_declared_and_no_layer_is_unknown() -> None:
    got = statuses(layers(VILLAGES, MASTS))
    assert got[0] == "co"
    assert got[1] == "chua"
    assert np.isscalar(got[3]) is False


def test_anchors_compare_lease_with_need() -> None:
    rows = [
        {"anchor_code": f"N{i}", "kind": "Trường", "name": f"Trường {i}", "required_mbps": 100.0, "leased_mbps": leased,
         "geometry": at(3, 5 + i)} for i, leased in enumerate((20.0, 100.0, 300.0, None))
    ]
    got = anchor_fibre(placed("anchors", rows), routes(), SERVICE)
    assert got["fibre_gap_mbps"].tolist()[:3] == [80.0, 0.0, 0.0]
    assert np.isnan(got["fibre_gap_mbps"].iloc[3])
    assert got["fibre_status"].tolist() == ["thieu", "du", "du", "chua_du_dl"]
    assert got["fibre_m"].tolist() == pytest.approx([0.0, 1000.0, 2000.0, 3000.0])
