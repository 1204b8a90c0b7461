import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hand_layers import at, communes, flat
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from coverage.errors import GapError
from coverage.gap.areas import best_level, discs, exclusive, gap_discs, gap_land, gap_points, polygonise
from geodata.crs import VN2000_107_45
from geodata.grid import Grid, Raster

DISC = 0.5 * 64 * np.sin(2 * np.pi / 64) * 300.0**2  # area of the 64-sided disc
GRID = Grid(VN2000_107_45, Affine(100, 0, 500_000, 0, -100, 1_700_300), (3, 3))


def test_polygonise_three_by_three() -> None:
    cells = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=bool)
    shape = polygonise(cells, GRID, (0, 3, 0, 3))
    assert shape.area == 4 * 100.0**2
    assert shape.is_valid
    north_west = box(500_000, 1_700_200, 500_200, 1_700_300).union(box(500_000, 1_700_100, 500_100, 1_700_300))
    assert shape.equals(north_west.union(box(500_200, 1_700_000, 500_300, 1_700_100)))
    assert polygonise(np.zeros((3, 3), bool), GRID, (0, 3, 0, 3)).is_empty


@given(st.lists(st.booleans(), min_size=36, max_size=36), st.tuples(*[st.integers(0, 6)] * 4))
@settings(max_examples=60)
def test_polygonise_against_single_cells(flags: list[bool], window: tuple[int, int, int, int]) -> None:
    cells = np.array(flags).reshape(6, 6)
    row0, row1, col0, col1 = min(window[:2]), max(window[:2]), min(window[2:]), max(window[2:])
    grid = Grid(VN2000_107_45, Affine(92.7, 0, 500_000.3, 0, -92.7, 1_700_300.7), (6, 6))
    shape = polygonise(cells[row0:row1, col0:col1], grid, (row0, row1, col0, col1))
    one_by_one = shapely.union_all([
        box(500_000.3 + c * 92.7, 1_700_300.7 - (r + 1) * 92.7, 500_000.3 + (c + 1) * 92.7, 1_700_300.7 - r * 92.7)
        for r in range(row0, row1) for c in range(col0, col1) if cells[r, c]
    ])
    assert shape.is_valid
    assert shape.symmetric_difference(one_by_one).area == pytest.approx(0, abs=1e-3)


def test_a_lone_disc() -> None:
    got = discs(np.array([[0.0, 0.0]]), np.array(["V1"], dtype=object), 300.0)
    assert got["V1"].area == pytest.approx(DISC)


def test_discs_of_one_village_are_united() -> None:
    got = discs(np.array([[0.0, 0.0], [100.0, 0.0]]), np.array(["V1", "V1"], dtype=object), 300.0)
    circles = [shapely.Point(x, 0).buffer(300, quad_segs=16) for x in (0, 100)]
    assert got["V1"].equals(shapely.union_all(circles))


def test_shared_ground_goes_to_the_nearer_cluster() -> None:
    got = discs(np.array([[0.0, 0.0], [400.0, 0.0]]), np.array(["V1", "V2"], dtype=object), 300.0)
    assert got["V1"].intersection(got["V2"]).area == pytest.approx(0, abs=1e-6)
    assert got["V1"].bounds[2] == pytest.approx(200.0)
    assert got["V1"].area == pytest.approx(got["V2"].area)
    both = shapely.union_all([shapely.Point(x, 0).buffer(300, quad_segs=16) for x in (0, 400)])
    assert got["V1"].area + got["V2"].area == pytest.approx(both.area)


def test_two_clusters_at_one_place_go_to_the_village_that_sorts_first() -> None:
    got = discs(np.zeros((2, 2)), np.array(["V2", "V1"], dtype=object), 300.0)
    assert got["V1"].area == pytest.approx(DISC)
    assert got["V2"].is_empty


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["A", "B", "C"])), min_size=1,
                max_size=12))
@settings(max_examples=40, deadline=None)
def test_discs_never_overlap_and_lose_no_ground(rows: list[tuple[int, int, str]]) -> None:
    xy = np.array([(x * 100.0, y * 100.0) for x, y, _ in rows])
    got = discs(xy, np.array([o for *_, o in rows], dtype=object), 300.0)
    whole = shapely.union_all([shapely.Point(*p).buffer(300, quad_segs=16) for p in xy])
    assert all(shape.is_valid for shape in got.values())
    # a disc has 64 sides, so that a neighbour's corner may reach a little beyond the bisector: under 1 m2 of 282,000
    assert sum(s.area for s in got.values()) == pytest.approx(whole.area, rel=1e-5)
    assert shapely.union_all(list(got.values())).difference(whole).area == pytest.approx(0, abs=1e-6)
    overlap = sum(a.intersection(b).area for a, b in itertools.combinations(got.values(), 2))
    assert overlap == pytest.approx(0, abs=1e-6)


def test_gap_discs_are_clipped_to_the_commune() -> None:
    villages = pd.DataFrame({
        "village_code": ["V1", "V2"], "commune_code": ["99001", "99002"], "name": ["Một", "Hai"],
        "unserved_households": [10, 20], "unserved_people": [40.0, 80.0]})
    xy = np.array([[509_900.0, 1_705_000.0], [500_500.0, 1_705_000.0]])
    layer, outside = gap_discs(xy, np.array(["V1", "V2"], dtype=object), villages, communes(), 300.0)
    assert layer["village_code"].tolist() == ["V1"]
    assert outside == [1]  # V2: its cluster lies 9.5 km inside another commune
    assert layer.total_bounds[2] == 510_000.0
    assert (layer["operator"].iloc[0], layer["technology"].iloc[0], layer["people"].iloc[0]) == ("TATCA", "4G", 40.0)


def test_exclusive_gives_the_shared_part_to_the_earlier() -> None:
    got = exclusive([box(0, 0, 2, 1), box(1, 0, 3, 1), box(5, 0, 6, 1)])
    assert [s.area for s in got] == [2.0, 1.0, 1.0]
    bow_tie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert exclusive([bow_tie])[0].is_valid


def _level(values: np.ndarray) -> Raster:
    return Raster(values, flat().grid, "dBm", "rsrp")


def test_gap_land_by_commune() -> None:
    ground = flat()
    level = np.full(ground.grid.shape, -90.0, np.float32)
    level[:10, :] = -110.1                      # the northern kilometre of all three: 30 km2 below the threshold
    level[50:60, 100:110] = np.nan              # and one square kilometre of the second that no mast reaches
    layer, unknown = gap_land(_level(level), ground, communes(), -110.0)
    assert layer["commune_code"].tolist() == ["99001", "99002", "99003"]
    assert layer["area_km2"].tolist() == pytest.approx([10.0, 11.0, 10.0])
    assert layer.geometry.is_valid.all()
    assert unknown == pytest.approx(0.0)
    exact = level.copy()
    exact[:10, :] = -110.0
    assert gap_land(_level(exact), ground, communes(), -110.0)[0]["commune_code"].tolist() == ["99002"]


def test_land_without_elevation_is_unknown_and_no_gap() -> None:
    ground = flat()
    holes = ground.values.copy()
    holes[:10, :100] = np.nan
    level = np.full(ground.grid.shape, np.nan, np.float32)
    layer, unknown = gap_land(_level(level), Raster(holes, ground.grid, "m"), communes(), -110.0)
    assert layer["area_km2"].tolist() == pytest.approx([90.0, 100.0, 100.0])
    assert unknown == pytest.approx(10.0)


def test_overlapping_communes_give_no_overlapping_gaps() -> None:
    two = communes().iloc[:2].copy()
    two.geometry = [box(500_000, 1_700_000, 512_000, 1_710_000), two.geometry.iloc[1]]
    ground = flat()
    layer, _ = gap_land(_level(np.full(ground.grid.shape, np.nan, np.float32)), ground, two, -110.0)
    assert layer.geometry.iloc[0].intersection(layer.geometry.iloc[1]).area == pytest.approx(0, abs=1e-6)
    assert layer["area_km2"].sum() == pytest.approx(200.0)


def test_best_level_takes_the_highest_and_refuses_another_grid() -> None:
    ground = flat()
    low, high = np.full(ground.grid.shape, -120.0), np.full(ground.grid.shape, np.nan)
    high[0, 0] = -80.0
    best = best_level([_level(low), _level(high)], ground)
    assert best.values[0, 0] == -80.0
    assert best.values[1, 1] == -120.0
    assert np.isnan(best_level([], ground).values).all()
    with pytest.raises(GapError, match="rsrp"):
        best_level([Raster(np.zeros((3, 3)), GRID, "dBm", "rsrp")], ground)


def test_gap_points_hold_villages_and_clusters() -> None:
    villages = gpd.GeoDataFrame({
        "village_code": ["V1", "V2", "V3"], "commune_code": "99001", "name": ["Một", "Hai", "Ba"],
        "status_printed": ["trang", "phu", "lom"], "households": [10, 20, 30], "people": [40.0, 80.0, 120.0],
    }, geometry=[at(1, 1), at(2, 1), at(3, 1)], crs=VN2000_107_45)
    clusters = pd.DataFrame({"point_code": ["c2"], "village_code": ["V2"], "households": [4.0], "people": [16.0],
                             "x_m": [502_500.0], "y_m": [1_701_000.0]})
    layer = gap_points(villages, clusters)
    assert layer[["village_code", "point_code", "kind", "status", "households"]].to_numpy().tolist() == [
        ["V1", "V1", "thon", "trang", 10], ["V3", "V3", "thon", "lom", 30], ["V2", "c2", "cum", "phu", 4.0]]
    assert layer.crs == VN2000_107_45
    assert len(gap_points(villages, clusters.iloc[:0])) == 2
