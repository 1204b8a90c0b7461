"""Shapefile, GeoPackage and GeoJSON read back: 5899, Vietnamese, codes as text, short names, valid geometry."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon

from geodata.crs import WGS84
from geodata.errors import CrsError, SchemaError, WriteError
from geodata.layers import GEOMETRY, columns_of
from geodata.sample import sample_layers
from geodata.write.dbase import TEXT_BYTES, dbase_findings, dbase_frame, field_table, pieces
from geodata.write.vector import RESULT_GEOMETRY, write_geojson, write_gpkg, write_shapefile_zip


def _villages(**more: object) -> gpd.GeoDataFrame:
    columns: dict[str, object] = {
        "village_code": ["00123-001", "00123-002"], "commune_code": ["00123", "00123"],
        "name": ["Pơr'ning", "Đắc Vông"],
        "households": pd.array([12, None], dtype="Int64"), "people": [55.5, np.nan],
        "grid_power": pd.array([True, None], dtype="boolean"), "difficult": [True, False],
    }
    return gpd.GeoDataFrame(columns | more, geometry=[Point(450_000, 1_750_000), Point(451_000, 1_751_000)], crs=5899)


def test_a_shapefile_comes_back_whole(tmp_path: Path) -> None:
    path = write_shapefile_zip(_villages(), tmp_path / "thon.zip", "villages")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [f"thon.{e}" for e in ("cpg", "dbf", "prj", "shp", "shx", "txt")]
        assert archive.read("thon.cpg") == b"UTF-8"
        assert b"VN_2000" in archive.read("thon.prj")
        notes = archive.read("thon.txt").decode("utf-8-sig")
    assert "-9999 = không có số liệu" in notes
    back = gpd.read_file(path)
    assert back.crs.to_epsg() == 5899
    assert back["ten_thon"].tolist() == ["Pơr'ning", "Đắc Vông"]
    assert back["ma_xa"].tolist() == ["00123", "00123"]
    assert back["so_ho"].tolist() == [12, -9999]
    assert back["dan_so"].tolist() == [55.5, -9999.0]
    assert back["dbkk"].tolist() == ["Có", "Không"]
    assert back["dien_luoi"].iloc[0] == "Có"
    assert pd.isna(back["dien_luoi"].iloc[1])
    assert back.geometry.x.tolist() == [450_000, 451_000]


def test_dates_stay_dates(tmp_path: Path) -> None:
    sites = sample_layers().sites
    back = gpd.read_file(write_shapefile_zip(sites, tmp_path / "tram.zip", "sites"))
    assert pd.api.types.is_datetime64_any_dtype(back["han"])
    same = back["han"].astype("datetime64[us]").equals(sites["due_date"].astype("datetime64[us]"))
    assert same


@pytest.mark.parametrize("layer", [n for n in GEOMETRY if n != "published"])
def test_every_layer_of_the_sample_comes_back(tmp_path: Path, layer: str) -> None:
    frame = sample_layers().tables()[layer]
    path = write_shapefile_zip(frame, tmp_path / f"{layer}.zip", layer)
    back = gpd.read_file(path)
    assert len(back) == len(frame)
    assert back.crs.to_epsg() == 5899
    assert back.is_valid.all()
    assert [c.short for c in columns_of(layer).values()] == [c for c in back.columns if c != "geometry"]
    assert all(len(c) <= 10 for c in back.columns)
    text = [c for c in columns_of(layer).values() if c.type in {"code", "text", "choice"}]
    for column in text:
        assert back[column.short].fillna("").tolist() == frame[column.name].fillna("").astype(str).tolist()


def test_the_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = sample_layers().communes
    for write in (
        lambda p: write_shapefile_zip(frame, p / "xa.zip", "communes"),
        lambda p: write_gpkg({"communes": frame, "published": sample_layers().published}, p / "xa.gpkg"),
        lambda p: write_geojson(frame, p / "xa.geojson"),
    ):
        assert write(tmp_path / "1").read_bytes() == write(tmp_path / "2").read_bytes()


def test_gdal_reads_what_was_written(tmp_path: Path) -> None:
    """GDAL itself, not geopandas: driver, encoding, CRS and field names."""
    path = write_shapefile_zip(_villages(), tmp_path / "thon.zip", "villages")
    info = pyogrio.read_info(f"/vsizip/{path}/thon.shp")
    assert info["driver"] == "ESRI Shapefile"
    assert info["encoding"] == "UTF-8"
    assert info["crs"] == "EPSG:5899"
    assert info["fields"].tolist()[:3] == ["ma_thon", "ma_xa", "ten_thon"]
    assert info["ogr_types"][:3] == ["OFTString"] * 3


@pytest.mark.parametrize("layer", sorted(RESULT_GEOMETRY))
def test_empty_result_layers_are_written_with_their_columns(tmp_path: Path, layer: str) -> None:
    columns = {c.name: pd.Series(dtype=object) for c in columns_of(layer).values()}
    frame = gpd.GeoDataFrame(columns, geometry=[], crs=5899)
    back = gpd.read_file(write_shapefile_zip(frame, tmp_path / "a.zip", layer))
    assert back.empty
    assert [c for c in back.columns if c != "geometry"] == [c.short for c in columns_of(layer).values()]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=900))
def test_text_is_split_and_never_cut(text: str) -> None:
    parts = pieces(text)
    assert "".join(parts) == text
    assert all(len(p.encode()) <= TEXT_BYTES for p in parts)


def test_long_text_runs_on_in_further_columns(tmp_path: Path) -> None:
    long = "Phủ sóng thôn ở thung lũng, che khuất bởi sống núi phía tây. " * 12
    frame = _villages(name=["ngắn", long])
    back = gpd.read_file(write_shapefile_zip(frame, tmp_path / "a.zip", "villages"))
    names = [c for c in back.columns if c.startswith("ten_thon")]
    assert names == ["ten_thon", "ten_thon_2", "ten_thon_3", "ten_thon_4"]
    assert "".join(pieces(long)) == long
    assert [p.rstrip() for p in pieces(long)] == [str(back[n].iloc[1]).rstrip() for n in names]
    finding, = dbase_findings(frame, "villages")
    assert finding.rows == (2,)
    assert "ten_thon_2" in finding.message()
    assert "nối tiếp ten_thon" in field_table(frame, "villages").to_string()


@pytest.mark.parametrize(("values", "code"), [([np.inf, 1.0], "dbase_number"), ([-9999.0, 1.0], "dbase_number")])
def test_numbers_dbase_cannot_hold_are_refused(tmp_path: Path, values: list[float], code: str) -> None:
    with pytest.raises(WriteError) as caught:
        write_shapefile_zip(_villages(people=values), tmp_path / "a.zip", "villages")
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9).filter(lambda v: v != -9999)), min_size=2, max_size=2))
def test_numbers_survive_or_are_minus_9999(numbers: list[float | None]) -> None:
    out = dbase_frame(_villages(people=numbers), "villages")["dan_so"]
    assert out.tolist() == [-9999.0 if n is None else n for n in numbers]


def _faulty(kind: str) -> gpd.GeoDataFrame:
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    shapes = {"geometry_missing": None, "geometry_invalid": bow, "geometry_type": Point(1, 1)}
    columns = {"commune_code": ["1", "2"], "name": ["a", "b"], "kind": "Xã", "is_border": False}
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, 5, 5), shapes[kind]], crs=5899)


@pytest.mark.parametrize("code", ["geometry_missing", "geometry_invalid", "geometry_type"])
def test_faulty_geometry_is_refused_with_its_row(tmp_path: Path, code: str) -> None:
    with pytest.raises(WriteError, match="dòng 2") as caught:
        write_shapefile_zip(_faulty(code), tmp_path / "a.zip", "communes")
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_polygons_and_multipolygons_are_one_layer(tmp_path: Path) -> None:
    frame = _faulty("geometry_type")
    two = MultiPolygon([shapely.box(9, 9, 10, 10), shapely.box(20, 20, 21, 21)])
    frame = frame.set_geometry([shapely.box(0, 0, 5, 5), two], crs=5899)
    back = gpd.read_file(write_shapefile_zip(frame, tmp_path / "a.zip", "communes"))
    assert back.area.tolist() == [25, 2]


def test_degrees_and_missing_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CrsError):
        write_shapefile_zip(_villages().to_crs(4326), tmp_path / "a.zip", "villages")
    with pytest.raises(SchemaError, match="households"):
        write_shapefile_zip(_villages().drop(columns="households"), tmp_path / "a.zip", "villages")


def test_a_geopackage_keeps_missing_values_and_tables(tmp_path: Path) -> None:
    layers = sample_layers()
    path = write_gpkg({"villages": layers.villages, "published": layers.published}, tmp_path / "a.gpkg")
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["villages", "published"]
    back = pyogrio.read_dataframe(path, layer="published")
    assert not isinstance(back, gpd.GeoDataFrame)
    assert back["village_name"].tolist() == layers.published["village_name"].tolist()


def test_lists_in_a_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cost_lines"):
        write_gpkg({"a": _villages(cost_lines=[[1, 2], [3]])}, tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_geojson_is_in_degrees(tmp_path: Path) -> None:
    path = write_geojson(_villages(), tmp_path / "a.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert "crs" not in content
    first = content["features"][0]
    expected = gpd.GeoSeries([Point(450_000, 1_750_000)], crs=5899).to_crs(WGS84)[0]
    assert first["geometry"]["coordinates"] == pytest.approx([expected.x, expected.y], abs=1e-7)
    assert first["properties"]["name"] == "Pơr'ning"
    assert content["features"][1]["properties"]["people"] is None
    with pytest.raises(CrsError):
        write_geojson(_villages().set_crs(None, allow_override=True), tmp_path / "b.geojson")


def test_two_threads_write_the_same_bytes(tmp_path: Path) -> None:
    frame = sample_layers().communes
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda i: write_gpkg({"communes": frame}, tmp_path / f"{i}" / "xa.gpkg"), range(8)))
    assert len({p.read_bytes() for p in paths}) == 1
