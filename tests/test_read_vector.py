"""Vector files: shapefiles with and without .cpg and .prj, TCVN3 in dBASE, several layers, CRS stated or not."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geodata.errors import CrsError, ReadError
from geodata.read.raw import file_hashes
from geodata.read.vector import read_vector


def points(names: list[str], crs: str | None = "EPSG:5899") -> gpd.GeoDataFrame:
    places = [shapely.Point(500_000 + i, 1_750_000, 7) for i in range(len(names))]
    return gpd.GeoDataFrame({"ten": names}, geometry=places, crs=crs)


def test_shapefile_in_vn2000_is_recognised_with_its_datum_shift(tmp_path: Path) -> None:
    points(["Thôn Pơr'ning"]).to_file(tmp_path / "a.shp")
    raw = read_vector(tmp_path / "a.shp", ["ten"])
    assert raw.crs is not None
    assert raw.geometry is not None
    assert raw.crs.to_epsg() == 5899
    assert raw.frame["ten"].tolist() == ["Thôn Pơr'ning"]
    assert not raw.geometry.has_z.any()
    names, hashes = file_hashes(tmp_path / "a.shp")
    assert {"a.shp", "a.dbf", "a.prj", "a.cpg"} <= set(names)
    assert len(set(hashes)) == len(names)


def test_shapefile_without_cpg_is_read_as_utf8_all_the_same(tmp_path: Path) -> None:
    points(["Thôn Pơr'ning", "Hải Vân"]).to_file(tmp_path / "a.shp")
    (tmp_path / "a.cpg").unlink()
    raw = read_vector(tmp_path / "a.shp", ["ten"])
    assert raw.frame["ten"].tolist() == ["Thôn Pơr'ning", "Hải Vân"]
    assert [c.encoding for c in raw.conversions] == ["mojibake"]


def test_tcvn3_in_dbase_is_found(tmp_path: Path) -> None:
    points(["H¶i V©n", "Hoµ Kh¸nh", "Th­îng §øc"]).to_file(tmp_path / "a.shp", encoding="ISO-8859-1")
    (tmp_path / "a.cpg").unlink()
    raw = read_vector(tmp_path / "a.shp", ["ten"])
    assert raw.frame["ten"].tolist() == ["Hải Vân", "Hoà Khánh", "Thượng Đức"]


def test_shapefile_without_prj_needs_a_stated_crs(tmp_path: Path) -> None:
    points(["a"]).to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(CrsError, match=r"a\.shp"):
        read_vector(tmp_path / "a.shp", ["ten"])
    assert read_vector(tmp_path / "a.shp", ["ten"], crs="EPSG:5899").crs is not None
    with pytest.raises(CrsError, match="EPSG:99999"):
        read_vector(tmp_path / "a.shp", ["ten"], crs="EPSG:99999")


def test_stated_crs_never_overrules_the_file_in_silence(tmp_path: Path) -> None:
    points(["a"]).to_file(tmp_path / "a.gpkg")
    with pytest.raises(CrsError, match="hai hệ tọa độ"):
        read_vector(tmp_path / "a.gpkg", ["ten"], crs="EPSG:3405")
    raw = read_vector(tmp_path / "a.gpkg", ["ten"], crs="EPSG:3405", override=True)
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 3405


def test_one_of_several_layers_must_be_named(tmp_path: Path) -> None:
    points(["a"]).to_file(tmp_path / "a.gpkg", layer="mot")
    points(["b"]).to_file(tmp_path / "a.gpkg", layer="hai")
    with pytest.raises(ReadError, match="mot, hai"):
        read_vector(tmp_path / "a.gpkg", ["ten"])
    assert read_vector(tmp_path / "a.gpkg", ["ten"], sublayer="hai").frame["ten"].tolist() == ["b"]
    with pytest.raises(ReadError, match="ba"):
        read_vector(tmp_path / "a.gpkg", ["ten"], sublayer="ba")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    points(["a"]).to_file(tmp_path / "a.gpkg")
    with pytest.raises(ReadError, match="cap"):
        read_vector(tmp_path / "a.gpkg", ["cap"])
    with pytest.raises(ReadError, match=r"khong_co\.shp"):
        read_vector(tmp_path / "khong_co.shp", [])
    (tmp_path / "b.shp").write_bytes(b"nothing")
    with pytest.raises(ReadError, match=r"b\.shp"):
        read_vector(tmp_path / "b.shp", [])
