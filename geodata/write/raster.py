"""Rasters to GeoTIFF: float32, NaN as no data, tiled and compressed; with overviews as a cloud-optimised GeoTIFF."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.shutil import copy as rasterio_copy
from rasterio.windows import Window

from geodata.errors import WriteError
from geodata.grid import Raster
from geodata.scratch import GDAL_CACHE_BYTES, folder
from geodata.write.atomic import replacing

_TILE = 256


def _profile(raster: Raster) -> dict[str, Any]:
    rows, cols = raster.grid.shape
    code = raster.grid.crs.to_epsg()
    crs = rasterio.crs.CRS.from_epsg(code) if code else rasterio.crs.CRS.from_wkt(raster.grid.crs.to_wkt())
    return {
        "driver": "GTiff", "height": rows, "width": cols, "count": 1, "dtype": "float32", "nodata": np.nan,
        "crs": crs, "transform": raster.grid.transform, "tiled": True, "blockxsize": _TILE, "blockysize": _TILE,
        "compress": "deflate", "predictor": 3,
    }


def _fill(target: Any, raster: Raster) -> None:
    for rows in raster.grid.strips():
        window = Window(0, rows.start, raster.grid.shape[1], rows.stop - rows.start)
        target.write(raster.values[rows].astype(np.float32), 1, window=window)
    target.set_band_description(1, raster.name)
    target.set_band_unit(1, raster.unit)


def write_geotiff(raster: Raster, path: Path) -> Path:
    """Write a raster as a tiled GeoTIFF of float32 with NaN as no data; the same raster gives the same bytes."""
    with replacing(path) as temporary, rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES):
        try:
            with rasterio.open(temporary, "w", **_profile(raster)) as target:
                _fill(target, raster)
        except rasterio.errors.RasterioError as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
    return path


def write_cog(raster: Raster, path: Path) -> Path:
    """Write a raster as a cloud-optimised GeoTIFF: tiles of 256 cells, averaged overviews, float32, NaN as no data."""
    cache = rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES)
    with replacing(path) as temporary, tempfile.TemporaryDirectory(dir=folder()) as room, cache:
        try:
            plain = Path(room, "plain.tif")
            with rasterio.open(plain, "w", **_profile(raster)) as target:
                _fill(target, raster)
            with rasterio.open(plain) as source:
                rasterio_copy(
                    source, temporary, driver="COG", blocksize=_TILE, compress="DEFLATE", predictor="FLOATING_POINT",
                    overview_resampling=Resampling.average.name, overviews="AUTO",
                )
        except rasterio.errors.RasterioError as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
    return path
