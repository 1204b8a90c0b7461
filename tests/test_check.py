"""Checks of a pack's layers: each fault said once with file, rows, values and remedy."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small_office import SIDE, SOUTH, WEST, small_office

from geodata.check import check_layers, check_table
from geodata.errors import fault_catalogue
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.mapping import import_folder

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Layers:
    return import_folder(*small_office(tmp_path_factory.mktemp("office")))


def codes(findings: tuple[Finding, ...]) -> set[str]:
    return {f.code for f in findings}


def only(findings: tuple[Finding, ...], code: str) -> Finding:
    (finding,) = [f for f in findings if f.code == code]
    return finding


def clusters(layers: Layers, households: list[int], places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    n = len(households)
    return gpd.GeoDataFrame(
        {"cluster_code": [f"c{i}" for i in range(n)], "village_code": layers.villages["village_code"].tolist()[:n],
         "households": households, "source_file": "cum.csv", "source_row": range(2, n + 2)},
        geometry=[shapely.Point(p) for p in places], crs=layers.info.crs)


def test_sound_layers_have_no_warning_but_what_is_open(sound: Layers) -> None:
    assert {f.code for f in check_layers(sound) if f.severity != "info"} == {"restricted_absent"}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("households", -1, "value_out_of_range"), ("people", np.nan, "required_blank"),
        ("village_code", "x", "codes_duplicate"),
    ],
)
def test_faults_of_a_table(sound: Layers, column: str, value: object, code: str) -> None:
    villages = sound.villages.copy()
    villages.loc[[0, 1], column] = value
    finding = only(check_table(villages, "villages", sound.info.crs), code)
    assert finding.severity == "error"
    assert (finding.file, finding.rows) == ("thon.xlsx", (4, 5))


def test_missing_column_unknown_choice_empty_layer(sound: Layers) -> None:
    assert only(check_table(sound.villages.drop(columns="people"), "villages"), "column_missing").column == "people"
    sites = sound.sites.assign(state="broken")
    assert only(check_table(sites, "sites"), "not_a_choice").values == ("broken",) * 3
    assert only(check_table(sound.sites.iloc[:0], "sites"), "layer_empty").severity == "error"
    assert only(check_table(sound.sites.iloc[:0], "roads"), "optional_layer_empty").severity == "warning"


def test_geometry_and_crs(sound: Layers) -> None:
    crs = sound.info.crs
    degrees = sound.villages.to_crs("EPSG:4326")
    assert codes(check_table(degrees, "villages", crs)) == {"crs_differs"}
    as_metres = degrees.set_crs(crs, allow_override=True)
    found = check_table(as_metres, "villages", crs)
    assert "layer_in_degrees" in codes(found)
    told = next(f for f in found if f.code == "layer_in_degrees").message()
    assert "np.float64" not in told
    assert "mét: 10" in told        # degrees east, as a person reads them
    assert "crs_missing" in codes(check_table(pd.DataFrame(sound.villages), "villages", crs))
    odd = sound.villages.copy()
    odd.geometry = [None, shapely.LineString([(0, 0), (1e6, 1e6)]), odd.geometry.iloc[2]]
    found = check_table(odd, "villages", crs)
    assert only(found, "shape_missing").rows == (4,)
    assert only(found, "shape_type").values == ("LineString",)


def test_mast_code_of_two_places(sound: Layers) -> None:
    sites = sound.sites.assign(site_code="A1", technology=["3G", "4G", "5G"])
    assert only(check_table(sites, "sites", sound.info.crs), "site_code_reused").count == 3


def test_clusters_against_their_village_and_commune(sound: Layers) -> None:
    inside, other, outside = (WEST + 900, SOUTH + 900), (WEST + SIDE + 900, SOUTH + 900), (WEST - 500, SOUTH + 900)
    table = clusters(sound, [1234, 40, 60], [inside, other, outside])
    found = check_layers(replace(sound, clusters=table))
    elsewhere = only(found, "clusters_elsewhere")
    assert elsewhere.rows == (3, 4)
    assert elsewhere.details == {"outside": 1}
    assert only(found, "clusters_outside").values == ("c2 (0,50 km)",)
    assert only(found, "households_differ").values == ("00001-002: 50 / 40",)
    lost = table.assign(village_code="9")
    assert only(check_layers(replace(sound, clusters=lost)), "village_unknown").count == 3
    assert only(check_layers(replace(sound, clusters=lost)), "village_no_cluster").count == 3


def test_commune_figures(sound: Layers) -> None:
    communes = sound.communes.assign(population=[np.nan, 240.0], area_km2=[17.2, 16.0], is_border=False)
    found = check_layers(replace(sound, communes=communes))
    assert only(found, "population_missing").values == ("Xã Hải Vân (00001)",)
    assert only(found, "area_differs").values == ("Hải Vân: 17,20 / 16,00 km² (7,5 %)",)
    assert "border_none" in codes(found)


def test_people_that_do_not_fit_households(sound: Layers) -> None:
    villages = sound.villages.assign(people=[4000.0, 20.0, 240.0])
    assert only(check_layers(replace(sound, villages=villages)), "people_households").rows == (5,)


def test_commitments_and_dates(sound: Layers) -> None:
    due = pd.to_datetime(["2026-01-01", "2027-01-01", None])
    sites = sound.sites.assign(state="committed", due_date=due, document="CV")
    found = check_layers(replace(sound, sites=sites))
    assert only(found, "commitment_overdue").count == 1
    assert only(found, "commitment_unproven").count == 1


def test_elevation_with_a_hole_or_undeclared_nodata(sound: Layers) -> None:
    values = sound.elevation.values.copy()
    values[20:40, 20:40] = np.nan
    holed = replace(sound, elevation=replace(sound.elevation, values=values))
    assert "Hải Vân" in only(check_layers(holed), "elevation_gaps").values[0]
    values = sound.elevation.values.copy()
    values[0, 0] = -9999
    odd = replace(sound, elevation=replace(sound.elevation, values=values))
    assert only(check_layers(odd), "elevation_range").details["number"] == 1


def test_published_list_is_matched_by_name(sound: Layers) -> None:
    listed = pd.DataFrame({
        "village_name": ["Thôn 2", "Thon 01", "Thôn 9"], "commune_name": ["Xã Hải Vân", "Trà Mi", "Trà My"],
        "households": 1, "status": "trang", "grid_power": True, "source_file": "cb.xlsx", "source_row": [4, 5, 6]})
    found = check_layers(replace(sound, published=listed))
    assert only(found, "published_folded").values == ("Thon 01, Trà Mi → Thôn 1",)
    assert only(found, "published_unmatched").rows == (6,)


def test_every_fault_that_the_code_names_has_its_texts_once() -> None:
    with (ROOT / "geodata" / "faults.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = [r["code"] for r in rows]
    assert len(names) == len(set(names))
    assert all(None not in r and r["message_vi"] and r["message_en"] for r in rows)
    assert all(r["remedy_vi"] for r in rows if r["severity"] != "info")
    used = set()
    for path in (ROOT / "geodata").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        makers = r"(?:(?<!Cell)Error|Finding|rows_finding|log\.add|note)"
        used |= set(re.findall(makers + r'\(\s*"(\w+)"', text))
    assert used - set(fault_catalogue("geodata")) == set()
