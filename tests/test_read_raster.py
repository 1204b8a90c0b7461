"""Rasters on the pack's grid: a plane stays a plane under pyproj's own transform, people are neither lost nor added."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.warp import Resampling, reproject

from geodata.crs import VN2000_107_45, WGS84, reproject_xy
from geodata.errors import CrsError, ReadError
from geodata.grid import Grid, grid_over
from geodata.read.raster import RawRaster, read_raster
from geodata.read.resample import interpolate, share_out


def degrees(values: npt.NDArray[np.float32], step: float = 1 / 120) -> RawRaster:
    return RawRaster(values, WGS84, Affine(step, 0, 107.5, 0, -step, 16.0), "r.tif")


def by_gdal(raw: RawRaster, grid: Grid, method: Resampling) -> npt.NDArray[np.float32]:
    out = np.full(grid.shape, np.nan, dtype=np.float32)
    reproject(raw.values, out, src_transform=raw.transform, src_crs=raw.crs.to_wkt(), src_nodata=np.nan,
              dst_transform=grid.transform, dst_crs=grid.crs.to_wkt(), dst_nodata=np.nan, resampling=method)
    return out


def test_interpolation_keeps_a_plane_and_takes_the_datum_shift() -> None:
    rows, cols = 240, 240
    lon = 107.5 + (np.arange(cols) + 0.5) / 1200
    lat = 16.0 - (np.arange(rows) + 0.5) / 1200
    plane = (lon[None, :] * 1000 + lat[:, None] * 500).astype("float32")
    raw = degrees(plane, 1 / 1200)
    west, south, east, north = raw.inner_bounds(VN2000_107_45)
    grid = grid_over((west + 500, south + 500, east - 500, north - 500), 90.0, VN2000_107_45)
    got = interpolate(raw, grid, unit="m", name="elevation").values
    x, y = grid.centres()
    grid_x, grid_y = np.meshgrid(x, y)
    lon_there, lat_there = reproject_xy(grid_x.ravel(), grid_y.ravel(), VN2000_107_45, WGS84)
    expected = (lon_there * 1000 + lat_there * 500).reshape(got.shape)
    # leaving the datum shift out would be 225 m, or 1.8
    assert np.abs(got - expected).max() < 0.01       # a float32 there is 0.008 apart; GDAL's own warper is off by 0.06


def test_hole_stays_a_hole() -> None:
    values = np.full((40, 40), 100.0, dtype="float32")
    values[10:20, 10:20] = np.nan
    raw = degrees(values, 1 / 1200)
    grid = grid_over(raw.inner_bounds(VN2000_107_45), 90.0, VN2000_107_45)
    got = interpolate(raw, grid, unit="m", name="elevation").values
    assert np.isnan(got).sum() > 50
    assert set(np.unique(got[~np.isnan(got)])) == {100.0}


def test_ridges_are_kept_nearer_to_their_height_than_by_bilinear_resampling() -> None:
    rows, cols = 120, 120
    lon, lat = 107.5 + (np.arange(cols) + 0.5) / 1200, 16.0 - (np.arange(rows) + 0.5) / 1200

    def ground(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 500.0 + 150.0 * np.sin(x * 1200 * 1.1) + 100.0 * np.cos((x + y) * 1200 * 0.9)   # ridges 5 cells apart

    raw = degrees(ground(lon[None, :], lat[:, None]).astype("float32"), 1 / 1200)
    west, south, east, north = raw.inner_bounds(VN2000_107_45)
    grid = grid_over((west + 500, south + 500, east - 500, north - 500), 90.0, VN2000_107_45)
    x, y = (v.ravel() for v in np.meshgrid(*grid.centres()))
    true = ground(*reproject_xy(x, y, VN2000_107_45, WGS84)).reshape(grid.shape)
    got = interpolate(raw, grid, unit="m", name="elevation").values - true
    plain = by_gdal(raw, grid, Resampling.bilinear) - true
    assert np.sqrt((got**2).mean()) < 0.6 * np.sqrt((plain**2).mean())
    assert (got[true > 680].mean()) > plain[true > 680].mean() / 2      # summits hardly sink


def test_a_cliff_digs_no_pit_in_the_sea() -> None:
    values = np.zeros((60, 60), dtype="float32")
    values[:, 30:] = 300.0
    raw = degrees(values, 1 / 1200)
    got = interpolate(raw, grid_over(raw.inner_bounds(VN2000_107_45), 90.0, VN2000_107_45), unit="m", name="e").values
    assert np.nanmin(got) == 0.0
    assert np.nanmax(got) == 300.0


def test_finer_source_is_averaged_not_sampled() -> None:
    checker = np.indices((400, 400)).sum(axis=0) % 2 * 100.0
    raw = degrees(checker.astype("float32"), 1 / 12000)
    grid = grid_over(raw.inner_bounds(VN2000_107_45), 90.0, VN2000_107_45)
    got = interpolate(raw, grid, unit="m", name="elevation").values
    assert np.nanmax(np.abs(got[2:-2, 2:-2] - 50)) < 10


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 5000), min_size=36, max_size=36), st.sampled_from([90.0, 200.0, 3000.0]))
def test_people_are_neither_lost_nor_added(people: list[float], cell_m: float) -> None:
    values = np.array(people, dtype="float32").reshape(6, 6)
    raw = degrees(values)
    west, south, east, north = raw.bounds
    corners_x, corners_y = reproject_xy([west, east, west, east], [south, south, north, north], WGS84, VN2000_107_45)
    box = (min(corners_x) - 2000, min(corners_y) - 2000, max(corners_x) + 2000, max(corners_y) + 2000)
    got = share_out(raw, grid_over(box, cell_m, VN2000_107_45), unit="people", name="population")
    assert np.nansum(got.values.astype(float)) == pytest.approx(values.sum(dtype=float), rel=1e-5, abs=1e-3)


def test_people_on_the_edge_get_their_part_only() -> None:
    values = np.full((6, 6), 1000.0, dtype="float32")
    raw = degrees(values)
    x, y = reproject_xy([107.525], [15.975], WGS84, VN2000_107_45)
    grid = grid_over((float(x[0]), float(y[0]) - 1000, float(x[0]) + 900, float(y[0])), 90.0, VN2000_107_45)
    got = share_out(raw, grid, unit="people", name="population").values
    per_cell = 1000 / (891.0 * 922.0 / 90**2)  # a source cell is about 891 m by 922 m there
    assert got == pytest.approx(np.full(got.shape, per_cell), rel=0.12)


def test_no_data_of_people_is_not_zero() -> None:
    values = np.full((6, 6), np.nan, dtype="float32")
    values[0, 0] = 10
    raw = degrees(values)
    grid = grid_over(raw.inner_bounds(VN2000_107_45), 90.0, VN2000_107_45)
    got = share_out(raw, grid, unit="people", name="population").values
    assert np.isnan(got).any()
    assert not (got == 0).any()


def write(path: Path, **changes: object) -> Path:
    profile = {"driver": "GTiff", "width": 3, "height": 2, "count": 1, "dtype": "int16", "nodata": -32768,
               "crs": "EPSG:4326", "transform": Affine(0.1, 0, 107, 0, -0.1, 16)} | changes
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.array([[1, 2, 3], [4, -32768, -9999]], dtype="int16"), 1)
    return path


def test_nodata_becomes_nan(tmp_path: Path) -> None:
    raw = read_raster(write(tmp_path / "a.tif"))
    assert np.isnan(raw.values).tolist() == [[False] * 3, [False, True, False]]
    stated = read_raster(write(tmp_path / "b.tif", nodata=None), nodata=-9999)
    assert np.isnan(stated.values).tolist() == [[False] * 3, [False, False, True]]
    assert raw.bounds == pytest.approx((107.0, 15.8, 107.3, 16.0))


def test_raster_without_crs_or_unreadable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match=r"a\.tif"):
        read_raster(write(tmp_path / "a.tif", crs=None))
    assert read_raster(tmp_path / "a.tif", crs="EPSG:4326").crs == WGS84
    (tmp_path / "b.tif").write_bytes(b"no raster")
    with pytest.raises(ReadError, match=r"b\.tif"):
        read_raster(tmp_path / "b.tif")
    with pytest.raises(ReadError, match=r"c\.tif"):
        read_raster(tmp_path / "c.tif")


def test_drop_keeps_its_people(shared: Path) -> None:
    raw = read_raster(shared / "real" / "office_drop_danang" / "worldpop_2020_1km.tif")
    assert np.nanmin(raw.values) >= 0
    west, south, east, north = raw.bounds
    corners_x, corners_y = reproject_xy([west, east, west, east], [south, south, north, north], WGS84, VN2000_107_45)
    box = (min(corners_x) - 1000, min(corners_y) - 1000, max(corners_x) + 1000, max(corners_y) + 1000)
    got = share_out(raw, grid_over(box, 300.0, VN2000_107_45), unit="people", name="population")
    assert np.nansum(got.values.astype(float)) == pytest.approx(np.nansum(raw.values.astype(float)), rel=1e-6)


def test_cells_finer_than_the_source_are_bilinear_as_the_models_profiles_are() -> None:
    rng = np.random.default_rng(4)
    raw = degrees(rng.uniform(0, 900, (60, 60)).astype("float32"), 1 / 1200)
    west, south, east, north = raw.inner_bounds(VN2000_107_45)
    grid = grid_over((west + 300, south + 300, east - 300, north - 300), 20.0, VN2000_107_45)
    got = interpolate(raw, grid, unit="m", name="elevation").values
    lon, lat = reproject_xy(*(v.ravel() for v in np.meshgrid(*grid.centres())), VN2000_107_45, WGS84)
    u, v = (lon - 107.5) * 1200 - 0.5, (16.0 - lat) * 1200 - 0.5
    j, i = np.floor(u).astype(int), np.floor(v).astype(int)
    u, v, t = u - j, v - i, raw.values.astype(float)
    expected = (t[i, j] * (1 - u) + t[i, j + 1] * u) * (1 - v) + (t[i + 1, j] * (1 - u) + t[i + 1, j + 1] * u) * v
    np.testing.assert_allclose(got.ravel(), expected, atol=2e-3)


@pytest.mark.parametrize("cell_m", [30.0, 90.0, 300.0])
def test_the_size_of_the_blocks_changes_nothing(cell_m: float, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).uniform(0, 900, (150, 150)).astype("float32")
    values[40:50, 60:75] = np.nan
    raw = degrees(values, 1 / 1200)
    grid = grid_over(raw.inner_bounds(VN2000_107_45), cell_m, VN2000_107_45)
    whole = [make(raw, grid, unit="m", name="e").values for make in (interpolate, share_out)]
    monkeypatch.setattr("geodata.read.resample._SIDE", 37)
    blocks = [make(raw, grid, unit="m", name="e").values for make in (interpolate, share_out)]
    for one, two in zip(whole, blocks, strict=True):
        np.testing.assert_array_equal(one, two)
