"""Roads: crossings become nodes, near ends meet, distances are finite, osmnx can route on it."""

import time
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point

from geodata.crs import VN2000_107_45
from geodata.errors import CrsError, SchemaError
from geodata.roads import RoadGraph, road_graph
from geodata.sample import sample_layers


def _roads(*lines: object, classes: list[str] | None = None, crs: object = 5899) -> gpd.GeoDataFrame:
    names = [f"Đường {i}" for i in range(len(lines))]
    columns = {"name": names, "road_class": classes or ["local"] * len(lines)}
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=crs)


def test_a_crossing_without_a_node_becomes_one() -> None:
    """A cross of two lines of 200 m: five nodes, four pieces of 100 m, each way."""
    graph = road_graph(_roads(LineString([(-100, 0), (100, 0)]), LineString([(0, -100), (0, 100)]),
                              classes=["national", "local"]))
    assert len(graph.graph) == 5
    assert graph.graph.number_of_edges() == 8
    assert graph.edges["length_m"].tolist() == pytest.approx([100] * 4)
    assert sorted(graph.edges["road_class"]) == ["local", "local", "national", "national"]
    middle, = (n for n, d in graph.graph.nodes(data=True) if (d["x"], d["y"]) == (0, 0))
    assert graph.graph.nodes[middle]["street_count"] == 4
    assert graph.findings == ()


def test_attributes_have_osmnx_names() -> None:
    graph = road_graph(_roads(LineString([(0, 0), (30, 40)]), classes=["national"])).graph
    assert graph.graph["crs"] == VN2000_107_45
    (_, _, data), (_, _, back) = graph.edges(data=True)
    assert data["length"] == back["length"] == 50
    assert data["highway"] == "primary"
    assert (data["oneway"], data["osmid"], data["name"]) == (False, 0, "Đường 0")
    assert {data["reversed"], back["reversed"]} == {True, False}
    for u, v, d in graph.edges(data=True):
        xy = shapely.get_coordinates(d["geometry"])
        assert tuple(xy[0]) == (graph.nodes[u]["x"], graph.nodes[u]["y"])
        assert tuple(xy[-1]) == (graph.nodes[v]["x"], graph.nodes[v]["y"])


@pytest.mark.parametrize(("gap", "pieces"), [(0.0, 1), (8.0, 1), (29.9, 1), (30.1, 2), (200.0, 2)])
def test_an_end_that_stops_near_a_road_is_joined(gap: float, pieces: int) -> None:
    graph = road_graph(_roads(LineString([(0, 0), (1000, 0)]), LineString([(500, gap), (500, 700)])), join_m=30)
    assert graph.component.max() + 1 == pieces
    assert graph.joined == int(0 < gap <= 30)
    codes = [f.code for f in graph.findings]
    assert codes == ([] if pieces == 1 else ["roads_not_connected"])


def test_two_ends_meet_at_the_end_and_not_at_the_side() -> None:
    graph = road_graph(_roads(LineString([(0, 0), (1000, 0)]), LineString([(1010, 5), (1500, 900)])), join_m=30)
    assert graph.component.max() == 0
    assert any((d["x"], d["y"]) == (1000, 0) and d["street_count"] >= 2 for _, d in graph.graph.nodes(data=True))


def test_a_loose_piece_is_named_with_its_row_and_length() -> None:
    roads = _roads(LineString([(0, 0), (9000, 0)]), LineString([(0, 5000), (1000, 5000)]))
    finding, = road_graph(roads.assign(source_row=[12, 34])).findings
    assert finding.rows == (34,)
    assert finding.values == ("Đường 1",)
    assert finding.details == {"pieces": 1, "km": "1.0", "share": "10.0"}
    assert "34" in finding.message()


def test_multilines_are_exploded_and_rows_kept() -> None:
    both = MultiLineString([[(0, 0), (100, 0)], [(100, 0), (100, 50)]])
    graph = road_graph(_roads(both, LineString([(0, 0), (0, 70)])))
    assert sorted(graph.edges["osmid"].tolist()) == [0, 0, 1]
    assert graph.edges["length_m"].sum() == pytest.approx(220)


def test_where_two_drawings_run_together_the_higher_class_has_it() -> None:
    graph = road_graph(_roads(LineString([(0, 0), (100, 0)]), LineString([(0, 0), (100, 0), (100, 60)]),
                              classes=["local", "national"]))
    assert sorted(zip(graph.edges["length_m"].round().tolist(), graph.edges["road_class"], strict=True)) == [
        (60, "national"), (100, "national")]


def test_roads_without_length_are_a_finding_and_none_at_all_an_error() -> None:
    graph = road_graph(_roads(LineString([(0, 0), (100, 0)]), LineString([(5, 5), (5, 5)]), LineString()))
    assert [f.code for f in graph.findings] == ["roads_no_length"]
    assert graph.findings[0].rows == (2, 3)
    with pytest.raises(SchemaError):
        road_graph(_roads(LineString()))
    with pytest.raises(SchemaError):
        road_graph(_roads())


def test_degrees_are_refused() -> None:
    with pytest.raises(CrsError):
        road_graph(_roads(LineString([(107, 15), (108, 16)]), crs=4326))
    with pytest.raises(CrsError):
        road_graph(_roads(LineString([(107, 15), (108, 16)]), crs=None))


def _square() -> RoadGraph:
    """Four sides of 1 km, cut off from a piece far away."""
    return road_graph(_roads(
        LineString([(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]), LineString([(9000, 0), (9500, 0)]),
    ))


def test_distance_and_travel_by_hand() -> None:
    graph = _square()
    assert graph.distance_to_road_m([(500, 40), (500, 500), (20_000, 0)]).tolist() == [40, 500, 10_500]
    way = graph.travel_m((500, -30), [(500, -30), (700, 10), (1000, 500), (500, 1020), (9000, 10)])
    assert way[:4].tolist() == pytest.approx([60, 240, 1030, 2050])
    assert np.isnan(way[4])


def test_metres_along_the_road_to_a_fibre_route() -> None:
    fibre = gpd.GeoDataFrame(geometry=[LineString([(1060, -500), (1060, 2000)])], crs=5899)
    graph = _square()
    got = graph.along_road_m([(600, -20), (1000, 300), (9100, 0)], fibre)
    assert got[0] == pytest.approx(20 + 400 + 60, abs=1)
    assert got[1] == pytest.approx(60)
    assert np.isnan(got[2])
    away = gpd.GeoDataFrame(geometry=[LineString([(5000, 0), (5000, 10)])], crs=5899)
    assert np.isnan(graph.along_road_m([(600, -20)], away)).all()
    with pytest.raises(CrsError):
        graph.along_road_m([(600, -20)], fibre.to_crs(4326))


def test_far_villages_are_named_and_their_distance_stays_finite() -> None:
    layers = sample_layers()
    graph = road_graph(layers.roads)
    xy = np.column_stack([layers.villages.geometry.x, layers.villages.geometry.y])
    away = graph.distance_to_road_m(xy)
    assert np.isfinite(away).all()
    finding, = graph.far_places(layers.villages, "villages")
    assert finding.count == (away > 1000).sum() > 0
    first = layers.villages.loc[layers.villages["source_row"] == finding.rows[0], "name"].iloc[0]
    assert finding.values[0].startswith(first)
    assert graph.far_places(layers.villages, "villages", far_m=1e6) == ()


def test_the_sample_is_connected_but_for_the_piece_left_out_on_purpose() -> None:
    roads = sample_layers().roads
    loose = road_graph(roads, join_m=0.0)
    graph = road_graph(roads)
    assert loose.component.max() > graph.component.max() == 1
    assert graph.joined >= 3
    finding, = graph.findings
    assert finding.values == ("Đường nội thôn (minh họa)",)
    national, local = roads[roads["road_class"] == "national"], roads[roads["road_class"] == "local"]
    crossing = shapely.crosses(national.union_all(), local.geometry.to_numpy())
    assert crossing.sum() >= 3


def test_osmnx_routes_on_it() -> None:
    """Osmnx is not part of the planner; its routing works on the graph, without the internet."""
    osmnx = pytest.importorskip("osmnx")
    layers = sample_layers()
    graph = road_graph(layers.roads)
    seats = layers.anchors[layers.anchors["kind"] == "Trụ sở UBND xã"].geometry
    nodes = osmnx.distance.nearest_nodes(graph.graph, seats.x.tolist(), seats.y.tolist())
    main = [int(n) for n in nodes]
    for a, b in pairwise(main):
        route = osmnx.routing.shortest_path(graph.graph, a, b, weight="length")
        assert route is not None
        length = osmnx.routing.route_to_gdf(graph.graph, route)["length"].sum()
        points = [(graph.graph.nodes[n]["x"], graph.graph.nodes[n]["y"]) for n in (a, b)]
        assert graph.travel_m(points[0], points[1:])[0] == pytest.approx(length, abs=0.01)
    frame = osmnx.convert.graph_to_gdfs(graph.graph, nodes=False)
    assert len(frame) == graph.graph.number_of_edges()


_COORDINATE = st.integers(0, 12).map(lambda k: 100.0 * k)
_SEGMENT = st.tuples(_COORDINATE, _COORDINATE, _COORDINATE, _COORDINATE).filter(lambda s: s[:2] != s[2:])


@settings(max_examples=60, deadline=None)
@given(st.lists(_SEGMENT, min_size=1, max_size=9))
def test_noding_keeps_the_length_and_the_ground_covered(segments: list[tuple[float, float, float, float]]) -> None:
    lines = [LineString([s[:2], s[2:]]) for s in segments]
    graph = road_graph(_roads(*lines), join_m=0.0)
    union = shapely.union_all(lines)
    assert graph.edges["length_m"].sum() == pytest.approx(union.length, rel=1e-4)
    assert graph.edges.union_all().hausdorff_distance(union) < 0.1
    assert nx.number_connected_components(graph.graph.to_undirected()) == graph.component.max() + 1
    assert shapely.get_num_geometries(shapely.line_merge(union)) <= len(graph.edges)


@settings(max_examples=40, deadline=None)
@given(st.lists(_SEGMENT, min_size=1, max_size=6), _COORDINATE, _COORDINATE, _COORDINATE, _COORDINATE)
def test_travel_is_the_same_both_ways_and_never_shorter_than_straight(
    segments: list[tuple[float, float, float, float]], ax: float, ay: float, bx: float, by: float,
) -> None:
    graph = road_graph(_roads(*[LineString([s[:2], s[2:]]) for s in segments]))
    there, back = graph.travel_m((ax, ay), [(bx, by)])[0], graph.travel_m((bx, by), [(ax, ay)])[0]
    assert np.isnan(there) == np.isnan(back)
    if not np.isnan(there):
        assert there == pytest.approx(back, abs=1e-6)
        assert there >= Point(ax, ay).distance(Point(bx, by)) - 1e-6


def test_the_office_drop_is_built_quickly(shared: Path) -> None:
    roads = gpd.read_file(shared / "real" / "office_drop_danang" / "duong.gpkg").to_crs(5899)
    roads["road_class"] = np.where(roads["loai"] == "Quốc lộ/tỉnh lộ", "national", "local")
    assert len(roads) == 1_549
    started = time.perf_counter()
    graph = road_graph(roads)
    assert time.perf_counter() - started < 10
    assert set(graph.edges["osmid"]) == set(range(1_549))
    assert graph.edges["length_m"].sum() == pytest.approx(roads.length.sum(), rel=0.01)
    in_main = graph.edges[graph.component[graph.edges["u"].to_numpy()] == 0]
    assert set(in_main["road_class"]) == {"national", "local"}
    finding, = graph.findings
    assert finding.details["pieces"] == 10
