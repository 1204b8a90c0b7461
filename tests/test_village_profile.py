"""The ground from the nearest mast to a village: the ridge worked by hand, clear land, masts that cannot be drawn."""

from types import SimpleNamespace
from typing import Any

import pytest
from shapely.geometry import Point
from siting_case import RIDGE_Y, WEST, layers, ridge, scenario

from coverage.brief.village_profile import village_profile

CASE = scenario()


def behind(**changes: Any) -> SimpleNamespace:
    fields = {"nearest_1": "VIE1", "nearest_1_operator": "Viettel", "name": "Sau Núi",
              "geometry": Point(WEST + 6_000.0, RIDGE_Y + 2_500.0)}
    return SimpleNamespace(**(fields | changes))


def test_the_ridge_is_named_where_it_stands() -> None:
    found = village_profile(layers(), CASE, behind())
    assert found is not None
    at, _ = found.drawing.worst()
    assert found.drawing.distance_km[at] == pytest.approx(6.5, abs=0.8)     # mast 6.5 km south of the ridge
    assert not found.line_of_sight
    assert found.text().startswith("Bị che khuất bởi sống núi ở km ")
    assert "VIE1 (Viettel)" in found.text("en")
    assert found.picture()[:4] == b"\x89PNG"


def test_clear_land_says_so() -> None:
    pack, near = layers(elevation=ridge(0.0)), behind(geometry=Point(WEST + 6_000.0, RIDGE_Y - 5_500.0))
    found = village_profile(pack, CASE, near)
    assert found is not None
    assert found.line_of_sight
    assert "không bị địa hình che khuất" in found.text()


def test_no_profile_without_mast_distance_or_ground() -> None:
    pack = layers()
    assert village_profile(pack, CASE, behind(nearest_1="")) is None
    assert village_profile(pack, CASE, behind(nearest_1="X")) is None
    assert village_profile(pack, CASE, behind(geometry=Point(WEST + 6_000.0, RIDGE_Y - 6_500.0))) is None
    assert village_profile(pack, CASE, behind(geometry=Point(WEST - 500.0, RIDGE_Y))) is None
