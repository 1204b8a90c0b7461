"""Names of administrative units: folding, kinds, matching that never chooses between two."""

import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import ReadError
from geodata.units import commune_code, fold_name, match_units, read_crosswalk, split_kind, tidy_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A Vương", "Avương"), ("Hoà Khánh", "Hòa Khánh"), ("Phường Hòa Khánh", "HOÀ KHÁNH"), ("Tr'Hy", "Tr’Hy"),
        ("Thôn 03", "Tổ dân phố 3"), ("Mỹ Sơn", "Mĩ Sơn"), ("X lêê 2", "X lê 2"), ("Zuôi", "Zuôich"), ("Zuôi", "Zuôih"),
        ("Tà Bhing", "Tà Bhinh"), ("Pơr'ning", "Pơrning"), ("Đắc Pring", "Dac Pring"), ("Tam Kỳ", "Tam Kì"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(("one", "other"), [("Thôn 1", "Thôn 10"), ("La Êê", "La Dêê"), ("Thôn 3", "Thôn 3A")])
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


def test_kind_is_split_only_before_a_name() -> None:
    assert split_kind("Phường  Hải Vân") == ("Phường", "Hải Vân")
    assert split_kind("TDP. 16") == ("TDP", "16")
    assert split_kind("Bản") == ("", "Bản")
    assert split_kind("Bàn Thạch") == ("", "Bàn Thạch")
    assert split_kind("ban Giong") == ("ban", "Giong")
    assert split_kind("Xãng") == ("", "Xãng")
    assert fold_name("Xã Tam Mỹ", drop_kind=False) == "xatammi"


@given(st.text(alphabet="aàảăằơđĐêệoòùưyỹ 'hntr0123", max_size=20))
def test_folding_is_blind_to_composition_and_case(text: str) -> None:
    assert fold_name(text) == fold_name(unicodedata.normalize("NFD", text)) == fold_name(text.upper())
    assert tidy_name(tidy_name(text)) == tidy_name(text)


def test_two_equal_candidates_are_ambiguous_never_chosen() -> None:
    (match,) = match_units(["Thanh Binh"], ["Thạnh Bình", "Thanh Bình"])
    assert (match.index, match.how, match.candidates) == (None, "ambiguous", (0, 1))
    (exact,) = match_units(["Xã Thạnh Bình"], ["Thạnh Bình", "Thanh Bình"])
    assert (exact.index, exact.how) == (0, "exact")


def test_parents_restrict_the_search() -> None:
    matches = match_units(["Thôn 1", "Thôn 1", "Thôn 9"], ["Thôn 1", "Thôn 1"],
                          parents=["a", "b", "a"], unit_parents=["b", "a"])
    assert [m.index for m in matches] == [1, 0, None]
    assert matches[2].how == "none"


def test_published_list_of_the_drop_matches_whole(shared: Path) -> None:
    drop = shared / "real" / "office_drop_danang"
    villages = pd.read_excel(drop / "danh_sach_thon.xlsx", header=4, dtype=str)
    listed = pd.read_excel(drop / "danh_sach_cong_bo_2025.xlsx", header=2, dtype=str)
    communes = villages.drop_duplicates("Mã xã")
    found = match_units(list(listed["Xã"]), list(communes["Xã, phường"]))
    codes = [communes["Mã xã"].iloc[m.index] for m in found if m.index is not None]
    matches = match_units(list(listed["Tên thôn"]), list(villages["Thôn/bản/tổ"]),
                          parents=codes, unit_parents=list(villages["Mã xã"]))
    assert len(matches) == 118
    assert all(m.index is not None for m in matches)
    folded = [a.how == "folded" or b.how == "folded" for a, b in zip(found, matches, strict=True)]
    assert sum(folded) == 9


def test_codes_are_five_characters() -> None:
    assert [commune_code(t) for t in ("4", "4.0", "00004", "20455.0", "")] == ["00004", "00004", "00004", "20455", ""]
    for text in ("A1", "123456", "20455.5"):
        with pytest.raises(ValueError):
            commune_code(text)


def test_crosswalk_of_the_province(shared: Path) -> None:
    walk = read_crosswalk(shared / "real" / "crosswalk_old_to_new_quangnam_danang.csv")
    assert walk.convert("20455") == ("whole", ("20455",))  # A Tiêng is part of Tây Giang ...
    assert (walk.old_names["20455"], walk.new_names["20455"]) == ("Xã A Tiêng", "Xã Tây Giang")
    assert "20455" in walk.reused()  # ... whose code was A Tiêng's
    split = [walk.old_names[c] for c in walk.new_codes if walk.convert(c)[0] == "split"]
    assert split == ["Xã Hòa Liên"]
    assert walk.convert("99999") == ("unknown", ())


def test_crosswalk_of_the_country_has_its_zeros_back(shared: Path) -> None:
    walk = read_crosswalk(shared / "real" / "crosswalk_old_to_new_vn.csv")
    assert len(walk.new_codes) == 10_035
    assert len(walk.new_names) == 3_321
    assert sum(walk.convert(c)[0] == "whole" for c in walk.new_codes) == 9_564
    assert walk.convert("00001") == ("whole", ("00097",))


def test_crosswalk_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("wardCode,ward\n1,a\n", encoding="utf-8")
    with pytest.raises(ReadError, match="newWardCode"):
        read_crosswalk(tmp_path / "c.csv")
