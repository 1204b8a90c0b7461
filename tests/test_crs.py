"""VN-2000: the datum shift is there, nothing is measured in degrees or Web Mercator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from geodata.crs import VN2000_107_45, VN2000_TOWGS84, WGS84, metric_crs, reproject_xy, same_crs
from geodata.errors import CrsError


def test_the_datum_shift_of_the_decree_is_applied() -> None:
    """Leaving it out misplaces a point by some 195 m east and 113 m north: 225 m."""
    bare = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=107.75 +k=0.9999 +x_0=500000 +y_0=0 +datum=WGS84 +units=m")
    with_shift = np.array(reproject_xy(450_000.0, 1_750_000.0, VN2000_107_45, WGS84))
    without = np.array(reproject_xy(450_000.0, 1_750_000.0, bare, WGS84))
    metres = (with_shift - without) * np.array([np.cos(np.radians(15.8)), 1.0]) * 111_300
    assert abs(metres[0]) == pytest.approx(195, abs=3)
    assert abs(metres[1]) == pytest.approx(113, abs=3)
    assert np.hypot(*metres) == pytest.approx(225, abs=3)


def test_towgs84_means_the_same_as_the_registered_transformation() -> None:
    bound = CRS.from_proj4(
        "+proj=tmerc +lat_0=0 +lon_0=107.75 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m "
        f"+towgs84={VN2000_TOWGS84}"
    )
    a = Transformer.from_crs(bound, WGS84, always_xy=True).transform(450_000.0, 1_750_000.0)
    b = reproject_xy(450_000.0, 1_750_000.0, VN2000_107_45, WGS84)
    assert np.abs(np.array(a) - np.array(b)).max() * 111_300 < 0.01


@given(st.floats(300_000, 700_000), st.floats(900_000, 2_600_000))
def test_there_and_back_is_within_two_millimetres(x: float, y: float) -> None:
    lon, lat = reproject_xy(x, y, VN2000_107_45, WGS84)
    back = reproject_xy(lon, lat, WGS84, VN2000_107_45)
    assert np.hypot(back[0] - x, back[1] - y) < 0.002


def test_the_first_axis_is_east() -> None:
    lon, lat = reproject_xy(500_000.0, 1_750_000.0, VN2000_107_45, WGS84)
    assert 107.7 < lon < 107.8
    assert 15 < lat < 17


@pytest.mark.parametrize(("crs", "code"), [
    (None, "crs_missing"), (4326, "crs_not_metric"), (3857, "crs_not_metric"), (2263, "crs_not_metric"),
])
def test_what_cannot_measure_metres_is_refused(crs: object, code: str) -> None:
    with pytest.raises(CrsError) as caught:
        metric_crs(crs, where="duong.gpkg")
    assert caught.value.code == code
    assert "duong.gpkg" in str(caught.value)


def test_metric_crs_gives_back_the_crs() -> None:
    assert metric_crs("EPSG:5899", where="x") == VN2000_107_45


def test_same_crs() -> None:
    same_crs(5899, "EPSG:5899", where="x")
    with pytest.raises(CrsError, match="khác nhau"):
        same_crs(5899, 5898, where="x")
    with pytest.raises(CrsError):
        same_crs(None, 5898, where="x")
