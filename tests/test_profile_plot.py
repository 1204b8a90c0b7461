"""Profile pictures: what they say, and that they can be drawn as PNG and SVG without the machine's fonts."""

import numpy as np
import pytest

from coverage.brief.profile_plot import Drawing, drawing_of_path, profile_picture, verdict
from coverage.radio.profile_loss import Atmosphere, profile_loss

RADIUS = Atmosphere().earth_radius_km


def _drawing(ridge_m: float) -> Drawing:
    d = np.linspace(0, 6, 61)
    ground = np.full(61, 100.0)
    ground[25] = ridge_m
    how = {"freq_mhz": 900.0, "tx_agl_m": 60.0, "rx_agl_m": 40.0, "earth_radius_km": RADIUS}
    return drawing_of_path(profile_loss(d, ground, **how))


@pytest.mark.parametrize(("ridge", "words"), [
    (100.0, "Thông thoáng; tổn hao"),
    (145.0, "Vướng đới Fresnel; đỉnh che cao 145 m, cách Trạm A 2,5 km"),
    (400.0, "Bị che khuất; đỉnh che cao 400 m, cách Trạm A 2,5 km"),
])
def test_the_line_under_the_title(ridge: float, words: str) -> None:
    drawing = _drawing(ridge)
    assert verdict(drawing, "Trạm A").startswith(words)
    assert "(ITU-R P.1812, 50 %)" in verdict(drawing, "Trạm A")


def test_the_same_geometry_as_the_engine() -> None:
    d = np.linspace(0, 6, 61)
    path = profile_loss(d, np.sin(d) * 50, freq_mhz=900.0, tx_agl_m=60.0, rx_agl_m=1.5, earth_radius_km=RADIUS)
    at, ratio = drawing_of_path(path).worst()
    assert at == path.fresnel_index
    assert ratio == pytest.approx(path.fresnel_clearance)
    assert drawing_of_path(path).bulge_m == pytest.approx(path.bulge_m)


def test_pictures_in_both_kinds_and_languages() -> None:
    png = profile_picture(_drawing(400.0), "Trạm A", "Thôn Đắk Pree")
    assert png.startswith(b"\x89PNG")
    assert png == profile_picture(_drawing(400.0), "Trạm A", "Thôn Đắk Pree")
    svg = profile_picture(_drawing(120.0), "Mast A", "Village B", language="en", kind="svg").decode()
    assert svg.startswith("<?xml")
