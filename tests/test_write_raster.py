"""GeoTIFF and COG read back as they were: CRS, gaps, unit, tiles, overviews."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from geodata.crs import VN2000_107_45
from geodata.grid import Grid, Raster
from geodata.write.raster import write_cog, write_geotiff


def _raster(rows: int = 700, cols: int = 600) -> Raster:
    values = np.random.default_rng(1).normal(-100, 20, (rows, cols)).astype(np.float32)
    values[:50, :70] = np.nan
    return Raster(values, Grid(VN2000_107_45, Affine(90, 0, 450_000, 0, -90, 1_760_000), (rows, cols)), "dBm", "rsrp")


@pytest.mark.parametrize("write", [write_geotiff, write_cog])
def test_a_raster_comes_back(tmp_path: Path, write: Callable[[Raster, Path], Path]) -> None:
    raster = _raster()
    with rasterio.open(write(raster, tmp_path / "a.tif")) as back:
        assert back.crs.to_epsg() == 5899
        assert back.transform == raster.grid.transform
        assert back.dtypes == ("float32",)
        assert np.isnan(back.nodata)
        assert back.units == ("dBm",)
        assert back.descriptions == ("rsrp",)
        assert back.block_shapes == [(256, 256)]
        np.testing.assert_array_equal(back.read(1), raster.values)


def test_a_cog_has_overviews_and_its_layout(tmp_path: Path) -> None:
    with rasterio.open(write_cog(_raster(), tmp_path / "a.tif")) as back:
        assert back.overviews(1) == [2, 4]
        assert back.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_the_same_raster_gives_the_same_bytes(tmp_path: Path) -> None:
    for write in (write_geotiff, write_cog):
        one, two = write(_raster(), tmp_path / "1.tif"), write(_raster(), tmp_path / "2.tif")
        assert one.read_bytes() == two.read_bytes()


def test_overviews_do_not_spread_gaps(tmp_path: Path) -> None:
    """The mean of a block with a gap is the mean of what is known."""
    values = np.full((600, 600), 10.0, np.float32)
    values[::2, ::2] = np.nan
    raster = Raster(values, Grid(VN2000_107_45, Affine(90, 0, 0, 0, -90, 0), (600, 600)), "m")
    with rasterio.open(write_cog(raster, tmp_path / "a.tif"), overview_level=0) as half:
        assert (half.read(1) == 10).all()
