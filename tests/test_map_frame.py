"""The frame of a map: scale true on paper, round numbers, north that is north."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from coverage.brief.map_frame import (
    frame_of,
    grid_step_m,
    nice_length,
    nice_scale,
    scale_bar,
    scale_text,
    ticks,
    true_north,
)
from coverage.errors import HandInError
from geodata.crs import VN2000_107_45, WGS84, reproject_xy

SIZE = (280.0, 220.0)


@pytest.mark.parametrize(("least", "expected"), [
    (99_999, 100_000), (100_000, 100_000), (100_001, 125_000), (126_000, 150_000), (41_000, 45_000), (9_100, 10_000),
])
def test_scales_are_round(least: float, expected: int) -> None:
    assert nice_scale(least) == expected


@given(st.floats(1_000, 300_000), st.floats(1_000, 300_000))
def test_the_frame_holds_what_it_must_show_at_its_scale(width: float, height: float) -> None:
    west, south = 450_000.0, 1_700_000.0
    frame = frame_of((west, south, west + width, south + height), SIZE, VN2000_107_45)
    w, s, e, n = frame.bounds
    assert w < west
    assert s < south
    assert e > west + width
    assert n > south + height
    assert e - w == pytest.approx(SIZE[0] / 1000 * frame.scale)
    assert n - s == pytest.approx(SIZE[1] / 1000 * frame.scale)
    corner = frame.to_mm(np.array([[e, n]]))
    assert corner[0] == pytest.approx(SIZE)


def test_the_frame_moves_to_where_there_is_ground() -> None:
    border = (450_000.0, 1_700_000.0, 460_000.0, 1_740_000.0)       # tall and narrow, at the west of the ground
    ground = (445_000.0, 1_680_000.0, 560_000.0, 1_760_000.0)
    middle, moved = frame_of(border, SIZE, VN2000_107_45), frame_of(border, SIZE, VN2000_107_45, within=ground)
    assert middle.bounds[0] < ground[0]
    assert moved.bounds[0] == pytest.approx(ground[0])
    assert moved.scale == middle.scale
    assert moved.bounds[0] <= border[0]
    assert moved.bounds[2] >= border[2]
    inside = (450_500.0, 1_690_000.0, 452_000.0, 1_750_000.0)        # ground that the frame holds whole
    assert frame_of(border, SIZE, VN2000_107_45, within=inside).bounds[0] <= border[0]


def test_nothing_to_show_is_an_error() -> None:
    with pytest.raises(HandInError, match="không hợp lệ"):
        frame_of((0.0, 0.0, 0.0, 0.0), SIZE, VN2000_107_45)
    with pytest.raises(HandInError):
        frame_of((math.nan, 0.0, 1.0, 1.0), SIZE, VN2000_107_45)


@pytest.mark.parametrize(("x", "y"), [(450_000, 1_760_000), (560_000, 1_680_000), (500_000, 1_750_000)])
@pytest.mark.parametrize("epsg", [5899, 3405])
def test_the_arrow_points_to_true_north(x: float, y: float, epsg: int) -> None:
    crs = CRS.from_epsg(epsg)
    frame = frame_of((x - 1e4, y - 1e4, x + 1e4, y + 1e4), SIZE, crs)
    longitude, latitude = reproject_xy([x], [y], crs, WGS84)
    to_x, to_y = reproject_xy(longitude, latitude + 0.01, WGS84, crs)
    towards = np.array([to_x[0] - x, to_y[0] - y])
    towards /= np.hypot(*towards)
    assert true_north(frame, x, y) == pytest.approx(tuple(towards), abs=1e-5)
    assert true_north(frame, x, y)[1] > 0.99


def test_ticks_and_bar() -> None:
    assert ticks(449_100, 470_000, 10_000).tolist() == [450_000, 460_000, 470_000]
    assert nice_length(1_999) == 1_000
    frame = frame_of((450_000, 1_700_000, 500_000, 1_740_000), SIZE, VN2000_107_45)
    assert grid_step_m(frame) == 10_000
    assert scale_text(frame) == "1:200.000"
    stops = scale_bar(frame, 62.0)
    assert [text for _, text in stops] == ["0", "2,5", "5", "10"]
    assert [mm for mm, _ in stops] == pytest.approx([0, 12.5, 25, 50])
