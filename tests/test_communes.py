import math

import geopandas as gpd
import pandas as pd
import pytest
from hand_layers import at, communes

from coverage.gap.communes import (
    commune_status,
    commune_table,
    count,
    difficult_by_power,
    uncovered_border,
    with_offices,
)


def villages(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Rows: commune, model status, printed status, power, difficult, unserved households."""
    frame = pd.DataFrame(rows, columns=["commune_code", "status_model", "status_printed", "grid_power", "difficult",
                                        "unserved_households"])
    frame["grid_power"] = frame["grid_power"].astype("boolean")
    return frame.assign(households=100.0, people=400.0, fibre_status="chua",
                        unserved_people=frame["unserved_households"] * 4.0)


CASE = villages([
    ("99001", "trang", "trang", True, True, 100.0),
    ("99001", "phu", "lom", False, True, 0.0),
    ("99002", "lom", "phu", True, False, 250.0),
    ("99002", "trang", "trang", None, False, 100.0),
    ("99002", "phu", "phu", True, False, 0.0),
    ("99003", "phu", "phu", True, False, 0.0),
    ("99003", "chua_du_dl", "chua_du_dl", True, False, 0.0),
])


def test_denominators_of_the_official_lists() -> None:
    """Tuyên Quang, January 2026: 91 of 3,802 trắng, 182 of 3,711 lõm."""
    got = count(["trang"] * 91 + ["lom"] * 182 + ["phu"] * (3802 - 91 - 182))
    assert got.villages == 3802
    assert got.lom_denominator == 3711
    assert got.share_trang == pytest.approx(91 / 3802)
    assert got.share_lom == pytest.approx(182 / 3711)
    assert math.isnan(count([]).share_trang)
    assert math.isnan(count(["trang"]).share_lom)


@pytest.mark.parametrize(("counts", "expected"), [
    ((1, 1, 1, 3), "con_trang"), ((0, 1, 1, 3), "con_lom"), ((0, 0, 1, 3), "chua_du_dl"), ((0, 0, 0, 3), "da_phu_het"),
    ((0, 0, 0, 0), "chua_du_dl"),
])
def test_commune_status_is_count_based(counts: tuple[int, int, int, int], expected: str) -> None:
    assert commune_status(*counts) == expected


def test_border_first_then_unserved_households() -> None:
    table = commune_table(communes(), CASE)
    assert table["commune_code"].tolist() == ["99001", "99002", "99003"]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["unserved_households"].tolist() == [100.0, 350.0, 0.0]
    second = table.iloc[1]
    assert (second["villages"], second["trang"], second["lom"], second["phu"]) == (3, 1, 1, 1)
    assert (second["villages_powered"], second["trang_powered"], second["lom_powered"]) == (2, 0, 1)
    assert (second["status"], second["status_printed"]) == ("con_trang", "con_trang")
    assert table.iloc[2]["status"] == "chua_du_dl"
    assert table["unserved_people"].sum() == 1800.0
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == communes().crs


def test_an_uncovered_border_commune_is_on_the_list_and_has_a_gap() -> None:
    table = commune_table(communes(), CASE)
    assert uncovered_border(table)["commune_code"].tolist() == ["99001"]
    covered = CASE.assign(status_model="phu")
    table = commune_table(communes(), covered)
    assert uncovered_border(table).empty
    assert uncovered_border(table, printed=True)["commune_code"].tolist() == ["99001"]


def test_a_commune_without_villages_is_not_called_covered() -> None:
    table = commune_table(communes(), CASE[CASE["commune_code"] == "99003"])
    first = table.set_index("commune_code").loc["99001"]
    assert first["villages"] == 0
    assert first["status"] == "chua_du_dl"


def test_difficult_by_power() -> None:
    got = difficult_by_power(CASE).set_index("difficult")
    assert got.loc[True, ["powered_trang", "unpowered_trang", "unpowered_villages"]].tolist() == [1, 0, 1]
    assert got.loc[False, ["powered_trang", "powered_lom", "power_unknown_trang"]].tolist() == [0, 1, 1]
    assert got.filter(like="_villages").to_numpy().sum() == len(CASE)


def test_the_commune_office_is_shown_apart() -> None:
    kinds = ["Trụ sở UBND", "Ủy ban nhân dân xã", "Trường học", "Trụ sở UBND"]
    anchors = gpd.GeoDataFrame(
        {"kind": kinds, "served_4g": [True, False, False, False], "known_4g": [True, True, True, True]},
        geometry=[at(1, 1), at(2, 1), at(3, 1), at(99, 1)], crs=communes().crs)  # the last lies in no commune
    table = with_offices(commune_table(communes(), CASE), anchors).set_index("commune_code")
    assert table.loc["99001", ["offices", "offices_unserved"]].tolist() == [2, 1]
    assert table.loc["99002", ["offices", "offices_unserved"]].tolist() == [0, 0]
    assert table["status"].tolist() == commune_table(communes(), CASE)["status"].tolist()
    assert with_offices(commune_table(communes(), CASE), None)["offices"].isna().all()
