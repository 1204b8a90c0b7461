"""Numbers, dates, money and labels as Vietnamese papers write them."""

import math
import re
import string
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.brief import words
from coverage.errors import CoverageError


@pytest.mark.parametrize(("value", "decimals", "expected"), [
    (1234.5, 1, "1.234,5"), (1234567.8, 1, "1.234.567,8"), (0, 0, "0"), (0.5, 0, "1"), (2.5, 0, "3"), (-2.5, 0, "-3"),
    (1.005, 2, "1,01"), (999.95, 1, "1.000,0"), (-0.04, 1, "0,0"), (12, 2, "12,00"), (np.int64(98765), 0, "98.765"),
    (np.float32(2.5), 1, "2,5"), (math.nan, 1, "–"), (None, 0, "–"), (pd.NA, 0, "–"), (math.inf, 0, "∞"),
    (1e9, 0, "1.000.000.000"),
])
def test_numbers(value: Any, decimals: int, expected: str) -> None:
    assert words.vn_number(value, decimals) == expected


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_a_number_reads_back(value: float, decimals: int) -> None:
    text = words.vn_number(value, decimals)
    assert set(text) <= set(string.digits + ".,-")
    read = Decimal(text.replace(".", "").replace(",", "."))
    assert abs(read - Decimal(repr(value))) <= Decimal("0.5").scaleb(-decimals)


@pytest.mark.parametrize("value", [
    date(2026, 9, 5), datetime(2026, 9, 5, 23, 59, tzinfo=UTC), "2026-09-05", pd.Timestamp("2026-09-05"),
])
def test_dates(value: Any) -> None:
    assert words.vn_date(value) == "05/09/2026"


def test_missing_dates() -> None:
    assert words.vn_date(None) == words.vn_date(pd.NaT) == words.vn_date("") == "–"


@pytest.mark.parametrize(("mvnd", "expected"), [
    (850, "850 triệu đồng"), (0, "0 triệu đồng"), (999.9, "999,9 triệu đồng"), (1000, "1 tỷ đồng"),
    (1250, "1,25 tỷ đồng"),
    (10_000.0, "10 tỷ đồng"), (1_234_567, "1.234,57 tỷ đồng"), (None, "–"),
])
def test_money(mvnd: float | None, expected: str) -> None:
    assert words.vn_money(mvnd) == expected


def test_shares_and_percent() -> None:
    assert words.vn_percent(0.1234) == "12,3%"
    assert words.vn_share(91, 3802) == "91/3.802 (2,4%)"
    assert words.vn_share(0, 0) == "0/0"
    assert words.vn_km(2600) == "2,6 km"


@pytest.mark.parametrize(("name", "expected"), [
    ("Arâng", "thôn Arâng"), ("Thôn Arâng", "thôn Arâng"), ("Bản Khẻ", "Bản Khẻ"), ("Tổ 5", "Tổ 5"),
    ("thôn 3", "thôn 3"),
])
def test_village_names_say_thon_once(name: str, expected: str) -> None:
    assert words.with_unit(name) == expected


def test_plain_names_for_files() -> None:
    assert words.plain("Đắc Pring, xã 'La Dêê'") == "dac_pring_xa_la_dee"


@pytest.mark.parametrize(("epsg", "expected"), [
    (5899, "Hệ tọa độ VN-2000, kinh tuyến trục 107°45', múi chiếu 3°"),
    (5897, "Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°"),
    (3405, "Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 6°"),
    (32648, "Hệ tọa độ WGS 84 / UTM zone 48N"),
])
def test_crs_notes(epsg: int, expected: str) -> None:
    assert words.crs_note(f"EPSG:{epsg}") == expected


def test_every_word_has_both_languages_and_composed_letters() -> None:
    for (group, key), row in words._words().items():
        assert row["vi"], (group, key)
        assert row["en"], (group, key)
        assert row["en"].isascii(), (group, key)
        assert unicodedata.normalize("NFC", row["vi"]) == row["vi"]
        # tone marks as the project writes them: họa, tọa, hòa, thủy
        assert not re.search(r"\b(hoạ|toạ|hoà|thuỷ)\b", row["vi"].lower())


def test_unknown_word_is_an_error() -> None:
    with pytest.raises(CoverageError, match="status/xanh"):
        words.word("status", "xanh")
    assert words.word("status", pd.NA) == "–"
    assert words.word("status", "trang", "en") == "No signal"


def test_flags() -> None:
    assert [words.yes_no(v) for v in (True, False, pd.NA)] == ["Có", "Không", "Chưa rõ"]
    assert words.operator_word("TATCA") == "Tất cả doanh nghiệp"
    assert words.operator_word("Nhà mạng A") == "Nhà mạng A"
