"""Rasters brought to the pack's grid: elevation interpolated, population shared out so that nobody is lost or added."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.errors import RasterioIOError
from rasterio.warp import Resampling, reproject

from geodata.crs import reproject_xy
from geodata.errors import CrsError, ReadError
from geodata.grid import Grid, Raster

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RawRaster:
    """One band of a raster file: values with NaN where the file says no data, its CRS and affine transform."""

    values: Values
    crs: CRS
    transform: Affine
    file: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the file's own CRS."""
        rows, cols = self.values.shape
        west, north = self.transform @ (0, 0)
        east, south = self.transform @ (cols, rows)
        return min(west, east), min(south, north), max(west, east), max(south, north)


    def inner_bounds(self, crs: CRS) -> tuple[float, float, float, float]:
        """West, south, east, north in ``crs`` of the largest upright box that the raster fills (edges sampled)."""
        west, south, east, north = self.bounds
        along_x, along_y = np.linspace(west, east, 21), np.linspace(south, north, 21)
        left, _ = reproject_xy(np.full(21, west), along_y, self.crs, crs)
        right, _ = reproject_xy(np.full(21, east), along_y, self.crs, crs)
        _, bottom = reproject_xy(along_x, np.full(21, south), self.crs, crs)
        _, top = reproject_xy(along_x, np.full(21, north), self.crs, crs)
        return float(left.max()), float(bottom.max()), float(right.min()), float(top.min())


def read_raster(path: Path, *, crs: str = "", nodata: float | None = None) -> RawRaster:
    """Read the first band of a raster; its nodata value, or ``nodata`` where it states none, becomes NaN.

    Raises ReadError for a file that cannot be read and CrsError for one without CRS when ``crs`` is "".
    """
    if not path.is_file():
        raise ReadError("file_missing", file=path.name)
    try:
        with rasterio.open(path) as source:
            values = source.read(1).astype(np.float32)
            own, transform = source.crs, source.transform
            hole = source.nodata if source.nodata is not None else nodata
    except RasterioIOError as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error
    if own is None and not crs:
        raise CrsError("crs_missing", file=path.name)
    if hole is not None and not math.isnan(hole):
        values[values == np.float32(hole)] = np.nan
    return RawRaster(values, CRS.from_user_input(crs or own.to_wkt()), transform, path.name)


def interpolate(raw: RawRaster, grid: Grid, *, unit: str, name: str) -> Raster:
    """Bring a continuous quantity (elevation) to ``grid``: cubic, or the cells' mean where the source is finer.

    Cubic keeps ridges that bilinear resampling lowers; it stays within the heights of the nine source cells around, so
    that a cliff throws up no wall and digs no pit in the sea. Beside no-data, where the cubic's neighbours are not all
    there, bilinear stands; cells without data on every side stay NaN; nothing is filled.
    """
    centre_x, centre_y = (sum(grid.bounds[i::2]) / 2 for i in (0, 1))
    step = _source_cell_m(raw, grid, centre_x, centre_y)
    if step < grid.cell_m / 2:
        return Raster(_warp(raw, raw.values, grid, Resampling.average), grid, unit, name)
    linear = _warp(raw, raw.values, grid, Resampling.bilinear)
    whole = _warp(raw, _whole(raw.values), grid, Resampling.bilinear)
    cubic = _warp(raw, raw.values, grid, Resampling.cubic)
    low, high = (_warp(raw, _around(raw.values, lowest=lowest), grid, Resampling.nearest) for lowest in (True, False))
    cubic = np.minimum(np.maximum(cubic, low), high)
    out = np.where((whole == 1.0) & ~np.isnan(cubic), cubic, linear).astype(np.float32)
    return Raster(out, grid, unit, name)


def _warp(raw: RawRaster, values: Values, grid: Grid, method: Resampling) -> Values:
    """Return values on the grid of ``raw`` brought to ``grid``, NaN where there are none."""
    out = np.full(grid.shape, np.nan, dtype=np.float32)
    reproject(
        values, out, src_transform=raw.transform, src_crs=raw.crs.to_wkt(), src_nodata=np.nan,
        dst_transform=grid.transform, dst_crs=grid.crs.to_wkt(), dst_nodata=np.nan, resampling=method,
    )
    return out


def _around(values: Values, *, lowest: bool) -> Values:
    """Return the lowest or highest of each cell and its eight neighbours; NaN counts only where all are."""
    wide = np.pad(values, 1, mode="edge")
    rows, cols = values.shape
    out = values.copy()
    for i in range(3):
        for j in range(3):
            (np.fmin if lowest else np.fmax)(out, wide[i:i + rows, j:j + cols], out=out)
    return out


def _whole(values: Values) -> Values:
    """Return 1 where a cell and its eight neighbours all hold data, else 0; the raster's edge counts as missing."""
    known = np.pad(~np.isnan(values), 1, constant_values=False)
    rows, cols = values.shape
    parts = [known[i:i + rows, j:j + cols] for i in range(3) for j in range(3)]
    all_there: Values = np.all(parts, axis=0).astype(np.float32)
    return all_there


def share_out(raw: RawRaster, grid: Grid, *, unit: str, name: str) -> Raster:
    """Bring counts (people per cell) to ``grid`` so that every source cell keeps its sum exactly.

    The people of a source cell are divided equally over the grid's cells whose centres lie in it; the grid is widened
    by one source cell while counting, so that cells on its edge get their part only. Source cells must be larger than
    the grid's; smaller ones are summed by the same rule, each source centre into its grid cell.
    """
    centre_x, centre_y = (sum(grid.bounds[i::2]) / 2 for i in (0, 1))
    step = _source_cell_m(raw, grid, centre_x, centre_y)
    if step < grid.cell_m:
        return _sum_into(raw, grid, unit=unit, name=name)
    pad = math.ceil(1.5 * step / grid.cell_m) + 1
    rows, cols = grid.shape[0] + 2 * pad, grid.shape[1] + 2 * pad
    wide = Grid(grid.crs, grid.transform @ Affine.translation(-pad, -pad), (rows, cols))
    x, y = wide.centres()
    flat = np.full(rows * cols, -1, dtype=np.int64)
    inverse = ~raw.transform
    band = 256  # rows at a time, so that the coordinates of a province do not fill the memory
    for start in range(0, rows, band):
        part_y = np.repeat(y[start:start + band], cols)
        part_x = np.tile(x, part_y.size // cols)
        source_x, source_y = reproject_xy(part_x, part_y, grid.crs, raw.crs)
        column, row = inverse @ (source_x, source_y)
        flat[start * cols:start * cols + part_y.size] = _cell_index(raw, row, column)
    counts = np.bincount(flat[flat >= 0], minlength=raw.values.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = raw.values.ravel().astype(np.float64) / counts
    out = np.where(flat >= 0, each[np.maximum(flat, 0)], np.nan).reshape(rows, cols)
    return Raster(out[pad:-pad, pad:-pad].astype(np.float32), grid, unit, name)


def _sum_into(raw: RawRaster, grid: Grid, *, unit: str, name: str) -> Raster:
    """Sum source cells finer than the grid into the cell that holds their centre."""
    rows, cols = raw.values.shape
    column, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    source_x, source_y = raw.transform @ (column.ravel(), row.ravel())
    x, y = reproject_xy(source_x, source_y, raw.crs, grid.crs)
    values = raw.values.ravel().astype(np.float64)
    use = grid.contains(x, y) & np.isfinite(values)
    target_row, target_col = grid.row_col(x[use], y[use])
    place = target_row * grid.shape[1] + target_col
    size = grid.shape[0] * grid.shape[1]
    total = np.bincount(place, weights=values[use], minlength=size)
    total[np.bincount(place, minlength=size) == 0] = np.nan
    return Raster(total.reshape(grid.shape).astype(np.float32), grid, unit, name)


def _cell_index(raw: RawRaster, row: npt.NDArray[np.float64], column: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the flat index of the source cells at fractional rows and columns, -1 outside."""
    rows, cols = raw.values.shape
    i, j = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
    inside = (i >= 0) & (i < rows) & (j >= 0) & (j < cols)
    return np.where(inside, i * cols + j, -1)


def _source_cell_m(raw: RawRaster, grid: Grid, x: float, y: float) -> float:
    """Return the side of a source cell in metres of the grid, measured at one place."""
    source_x, source_y = reproject_xy([x], [y], grid.crs, raw.crs)
    step = abs(raw.transform.a)
    to_x, to_y = reproject_xy([source_x[0], source_x[0] + step], [source_y[0], source_y[0]], raw.crs, grid.crs)
    return float(np.hypot(to_x[1] - to_x[0], to_y[1] - to_y[0]))
