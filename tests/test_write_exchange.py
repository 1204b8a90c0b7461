"""MapInfo and KML files lie where they should: the seven parameters are in them."""

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

from geodata.crs import VN2000_107_45, WGS84, reproject_xy
from geodata.errors import CrsError, WriteError
from geodata.sample import sample_layers
from geodata.write.exchange import bound_to_wgs84, write_kml, write_tab_zip


def test_a_tab_file_comes_back_within_centimetres(tmp_path: Path) -> None:
    villages = sample_layers().villages
    path = write_tab_zip(villages, tmp_path / "thon.zip", "villages")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [f"thon.{e}" for e in ("dat", "id", "map", "tab", "txt")]
        archive.extractall(tmp_path)
    back = gpd.read_file(tmp_path / "thon.tab")
    lon, lat = reproject_xy(villages.geometry.x, villages.geometry.y, VN2000_107_45, WGS84)
    there = back.to_crs(WGS84).geometry
    metres = np.hypot((there.x - lon) * np.cos(np.radians(lat)), there.y - lat) * 111_300
    assert metres.max() < 0.05
    assert back["ten_thon"].tolist() == villages["name"].tolist()
    assert back["ma_xa"].tolist() == villages["commune_code"].tolist()


@pytest.mark.parametrize("code", [5897, 5898, 5899, 9210, 9218])
def test_the_bound_crs_means_the_same_place(code: int) -> None:
    frame = gpd.GeoSeries([Point(480_000, 1_750_000)], crs=code)
    bound = frame.set_crs(bound_to_wgs84(code, where="x"), allow_override=True)
    assert frame.to_crs(WGS84)[0].distance(bound.to_crs(WGS84)[0]) * 111_300 < 0.02


@pytest.mark.parametrize("crs", [32648, 4326, None])
def test_other_systems_are_refused(crs: object, tmp_path: Path) -> None:
    frame = sample_layers().villages
    frame = frame.set_crs(None, allow_override=True) if crs is None else frame.to_crs(crs)
    with pytest.raises(CrsError):
        write_tab_zip(frame, tmp_path / "a.zip", "villages")
    assert list(tmp_path.iterdir()) == []


def test_kml_is_in_degrees_with_names(tmp_path: Path) -> None:
    villages = sample_layers().villages[["name", "commune_code", "geometry"]]
    back = gpd.read_file(write_kml(villages, tmp_path / "thon.kml", name="name"))
    assert back.crs.to_epsg() == 4326
    assert back["Name"].tolist() == villages["name"].tolist()
    expected = villages.to_crs(WGS84).geometry.reset_index(drop=True)
    assert (back.geometry.x - expected.x).abs().max() < 1e-6
    with pytest.raises(WriteError, match="ten_thon"):
        write_kml(villages, tmp_path / "b.kml", name="ten_thon")
