"""Numbers and positions as offices write them, worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.read.coordinates import (
    ambiguous_number,
    axis_fault,
    parse_angle,
    parse_number,
    read_positions,
    split_pair,
)


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1.234", "vi", 1234.0), ("1.234,5", "vi", 1234.5), ("225,868", "vi", 225.868), ("48.992", "vi", 48992.0),
        ("7,92", "vi", 7.92), ("1,234.5", "en", 1234.5), ("225,868", "en", 225868.0), (" 12\xa0345 ", "vi", 12345.0),
        ("-89,1", "vi", -89.1), (42, "vi", 42.0), (3.5, "vi", 3.5),
    ],
)
def test_numbers(text: object, style: str, value: float) -> None:
    assert parse_number(text, style) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["đang cập nhật", "1.23", "1,2,3", "12 người", "--", "1.2345", True])
def test_what_is_no_number_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        parse_number(text, "vi")


def test_empty_is_missing_never_zero() -> None:
    assert math.isnan(parse_number(None))
    assert math.isnan(parse_number("  "))


def test_unit_may_follow_a_number() -> None:
    assert parse_number("45m", suffix="m") == 45.0
    assert parse_number("22kV", suffix="kV") == 22.0
    with pytest.raises(ValueError):
        parse_number("45ft", suffix="m")


def test_one_comma_and_three_digits_is_ambiguous() -> None:
    assert ambiguous_number("225,868")
    assert not ambiguous_number("406,09")
    assert not ambiguous_number(225.868)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("16°05'48,8\"", 16 + 5 / 60 + 48.8 / 3600), ("108°08’16.3”", 108 + 8 / 60 + 16.3 / 3600),
        ("16º05′48″N", 16 + 5 / 60 + 48 / 3600), ("15°50'", 15 + 50 / 60), ("108,11848", 108.11848),
        ("16.0969", 16.0969),
    ],
)
def test_angles(text: str, degrees: float) -> None:
    angle = parse_angle(text)
    assert angle.degrees == pytest.approx(degrees, abs=1e-12)
    assert not angle.carried


def test_sixty_seconds_are_carried_and_said() -> None:
    angle = parse_angle("15°32'60,0\"")
    assert angle.degrees == pytest.approx(15 + 33 / 60, abs=1e-12)
    assert angle.carried


@pytest.mark.parametrize("text", ["15°32'61\"", "15°75'00\"", "không rõ", "15°", ""])
def test_broken_angles(text: str) -> None:
    if text == "15°":
        assert parse_angle(text).degrees == 15
        return
    with pytest.raises(ValueError):
        parse_angle(text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("108,11848/16,10921", ("108,11848", "16,10921")),
        ("16°05'48,8\" 108°08'16,3\"", ("16°05'48,8\"", "108°08'16,3\"")),
        ("16.1; 108.2", ("16.1", "108.2")), ("16.1, 108.2", ("16.1", "108.2")), ("16.1,108.2", ("16.1", "108.2")),
        ("108,1 16,1", ("108,1", "16,1")), ("16°05'48,8\", 108°08'16,3\"", ("16°05'48,8\"", "108°08'16,3\"")),
    ],
)
def test_pairs(text: str, pair: tuple[str, str]) -> None:
    assert split_pair(text) == pair


@pytest.mark.parametrize("text", ["108,11848", "1 2 3", "", "108,1,16,1"])
def test_what_is_no_pair(text: str) -> None:
    with pytest.raises(ValueError):
        split_pair(text)


@pytest.mark.parametrize(
    ("x", "y", "projected", "fault"),
    [
        (108.1, 16.1, False, ""), (16.1, 108.1, False, "axes_swapped"), (541122.7, 1781023.9, True, ""),
        (1781023.9, 541122.7, True, "axes_swapped"), (108.1, 16.1, True, "degrees_in_metres"),
        (541122.7, 1781023.9, False, "metres_in_degrees"), (0.0, 0.0, False, "far_away"),
        (1.0, 1.0, True, "far_away"),
    ],
)
def test_magnitudes_tell_the_axes(x: float, y: float, projected: bool, fault: str) -> None:
    assert axis_fault(x, y, projected=projected) == fault


def test_table_of_pairs_with_one_bad_row() -> None:
    got = read_positions(["108,1/16,1", "lỗi", "16,1/108,1"], None, first_is_east=True, projected=False)
    assert got.x[0] == 108.1
    assert np.isnan(got.x[1])
    assert got.unreadable == (1,)
    assert got.faults == ("", "", "axes_swapped")


def test_x_is_northing() -> None:
    got = read_positions([1781023.9, "1.781.023,9"], [541122.7, "541.122,7"], first_is_east=False, projected=True)
    assert got.x.tolist() == [541122.7, 541122.7]
    assert got.y.tolist() == [1781023.9, 1781023.9]


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 599))
def test_degree_text_round_trip(degrees: int, minutes: int, tenths: int) -> None:
    text = f"{degrees}°{minutes:02d}'{tenths / 10:04.1f}\"".replace(".", ",")
    assert parse_angle(text).degrees == pytest.approx(degrees + minutes / 60 + tenths / 36000, abs=1e-9)
