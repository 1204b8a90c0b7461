"""Grid and Raster on cells small enough to count by hand."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import VN2000_107_45, WGS84
from geodata.errors import CrsError, SchemaError
from geodata.grid import BLOCK, Grid, Raster, grid_over


@pytest.fixture
def small() -> Grid:
    return Grid(VN2000_107_45, Affine(10, 0, 100, 0, -10, 230), (3, 3))


def test_cells_by_hand(small: Grid) -> None:
    assert small.bounds == (100, 200, 130, 230)
    assert small.cell_m == 10
    assert small.cell_area_km2 == pytest.approx(1e-4)
    x, y = small.centres()
    assert x.tolist() == [105, 115, 125]
    assert y.tolist() == [225, 215, 205]
    row, col = small.row_col([105, 125, 99], [225, 205, 231])
    assert row.tolist() == [0, 2, -1]
    assert col.tolist() == [0, 2, -1]
    assert small.contains([105, 130, 100], [225, 205, 200.0]).tolist() == [True, False, False]


def test_values_at_points_are_nan_outside(small: Grid) -> None:
    raster = Raster(np.arange(9, dtype=np.float32).reshape(3, 3), small, "m")
    assert raster.at([105, 125, 125], [225, 225, 205]).tolist() == [0, 2, 8]
    assert np.isnan(raster.at([99, 131], [225, 205])).all()


@given(st.integers(1, 40), st.integers(1, 40), st.floats(1, 1_000), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_centres_lie_in_their_own_cells(rows: int, cols: int, cell: float, west: float, north: float) -> None:
    grid = Grid(VN2000_107_45, Affine(cell, 0, west, 0, -cell, north), (rows, cols))
    x, y = grid.centres()
    row, col = grid.row_col(np.repeat(x[:1], rows), y)
    assert row.tolist() == list(range(rows))
    assert grid.row_col(x, np.repeat(y[:1], cols))[1].tolist() == list(range(cols))
    assert (col == 0).all()


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_shifting_by_whole_cells_changes_nothing(right: int, up: int) -> None:
    values = np.random.default_rng(1).normal(size=(4, 5))
    here = Raster(values, Grid(VN2000_107_45, Affine(10, 0, 0, 0, -10, 40), (4, 5)), "m")
    there = Raster(values, Grid(VN2000_107_45, Affine(10, 0, 10 * right, 0, -10, 40 + 10 * up), (4, 5)), "m")
    x, y = np.array([3.0, 17.0, 49.0]), np.array([3.0, 22.0, 39.0])
    assert (here.at(x, y) == there.at(x + 10 * right, y + 10 * up)).all()


@given(
    st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1, 5e4), st.floats(1, 5e4), st.sampled_from([30, 90, 1000]),
)
def test_grid_over_covers_its_bounds_with_whole_cells(
    west: float, south: float, width: float, height: float, cell: float,
) -> None:
    grid = grid_over((west, south, west + width, south + height), cell, VN2000_107_45)
    w, s, e, n = grid.bounds
    assert w <= west
    assert s <= south + 1e-6
    assert e >= west + width - 1e-6
    assert n >= south + height
    assert w % cell == 0
    assert n % cell == 0
    assert west - w <= cell


@pytest.mark.parametrize("transform", [
    Affine(10, 0, 0, 0, 10, 0), Affine(10, 0, 0, 0, -11, 0), Affine(10, 1, 0, 0, -10, 0), Affine(-10, 0, 0, 0, -10, 0),
])
def test_what_is_not_north_up_and_square_is_refused(transform: Affine) -> None:
    with pytest.raises(SchemaError):
        Grid(VN2000_107_45, transform, (3, 3))


def test_degrees_and_empty_grids_are_refused() -> None:
    with pytest.raises(CrsError):
        Grid(WGS84, Affine(0.1, 0, 0, 0, -0.1, 0), (3, 3))
    with pytest.raises(SchemaError):
        Grid(VN2000_107_45, Affine(10, 0, 0, 0, -10, 0), (0, 3))


def test_a_raster_of_another_shape_is_refused(small: Grid) -> None:
    with pytest.raises(SchemaError, match="elevation"):
        Raster(np.zeros((2, 3)), small, "m", "elevation")


def test_strips_and_blocks_cover_a_grid_once() -> None:
    grid = Grid(VN2000_107_45, Affine(30, 0, 450_000, 0, -30, 1_760_000), (2_500, 3_100))
    seen = np.zeros(grid.shape, np.int8)
    for rows, cols in grid.blocks(700):
        seen[rows, cols] += 1
        part = grid.part(rows, cols)
        assert part.shape == seen[rows, cols].shape
        assert part.centres()[0][0] == grid.centres()[0][cols.start]
        assert part.centres()[1][-1] == grid.centres()[1][rows.stop - 1]
    for rows in grid.strips():
        assert (rows.stop - rows.start) * grid.shape[1] <= BLOCK**2
        seen[rows] += 1
    assert (seen == 2).all()
