"""Raster files: what they say of themselves, their values, and tiles joined into one raster, read strip by strip."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from geodata.crs import reproject_xy
from geodata.errors import CrsError, ReadError
from geodata.grid import Grid, strip_height
from geodata.scratch import GDAL_CACHE_BYTES, blank

Values = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]
Bounds = tuple[float, float, float, float]
_AROUND = 4         # source cells kept beyond the grid, for the neighbours that resampling asks for
_OFF_CELL = 0.01    # tiles whose cells lie further beside the first one's, in cells, are not joined


def _bounds(transform: Affine, shape: tuple[int, int]) -> Bounds:
    """Return west, south, east, north of cells in their own CRS."""
    rows, cols = shape
    x, y = zip(*(transform @ corner for corner in ((0, 0), (cols, 0), (0, rows), (cols, rows))), strict=True)
    return min(x), min(y), max(x), max(y)


def _inner_bounds(bounds: Bounds, own: CRS, crs: CRS) -> Bounds:
    """Return west, south, east, north in ``crs`` of the largest upright box within bounds (edges sampled)."""
    west, south, east, north = bounds
    along_x, along_y = np.linspace(west, east, 21), np.linspace(south, north, 21)
    left, _ = reproject_xy(np.full(21, west), along_y, own, crs)
    right, _ = reproject_xy(np.full(21, east), along_y, own, crs)
    _, bottom = reproject_xy(along_x, np.full(21, south), own, crs)
    _, top = reproject_xy(along_x, np.full(21, north), own, crs)
    return float(left.max()), float(bottom.max()), float(right.min()), float(top.min())


@dataclass(frozen=True)
class RawRaster:
    """One band of a raster: values with NaN where there is no data, its CRS and affine transform, its files' names."""

    values: Values
    crs: CRS
    transform: Affine
    file: str

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in the raster's own CRS."""
        return _bounds(self.transform, (self.values.shape[0], self.values.shape[1]))

    def inner_bounds(self, crs: CRS) -> Bounds:
        """West, south, east, north in ``crs`` of the largest upright box that the raster fills."""
        return _inner_bounds(self.bounds, self.crs, crs)


@dataclass(frozen=True)
class RasterFile:
    """What a raster file says of itself; its values stay on the disk until they are asked for.

    Parameters
    ----------
    nodata : the value that means "no data", None where neither the file nor the mapping states one.
    """

    path: Path
    crs: CRS
    transform: Affine
    shape: tuple[int, int]
    nodata: float | None

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in the file's own CRS."""
        return _bounds(self.transform, self.shape)

    def inner_bounds(self, crs: CRS) -> Bounds:
        """West, south, east, north in ``crs`` of the largest upright box that the raster fills."""
        return _inner_bounds(self.bounds, self.crs, crs)

    def strips(self, box: Box | None = None) -> Iterator[tuple[int, Values]]:
        """Yield (first row, values) of the strips of a box (row0, row1, col0, col1; None = all), NaN as no data."""
        row0, row1, col0, col1 = box or (0, self.shape[0], 0, self.shape[1])
        try:
            with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES), rasterio.open(self.path) as source:
                step = strip_height(col1 - col0)
                for row in range(row0, row1, step):
                    height = min(step, row1 - row)
                    part = source.read(1, window=Window(col0, row, col1 - col0, height)).astype(np.float32)
                    if self.nodata is not None and not math.isnan(self.nodata):
                        part[part == np.float32(self.nodata)] = np.nan
                    yield row, part
        except RasterioIOError as error:
            raise ReadError("file_unreadable", file=self.path.name, error=str(error)) from error

    def known(self) -> int:
        """Return how many cells hold a value: the whole file is read once."""
        return sum(int(np.isfinite(part).sum()) for _, part in self.strips())


def raster_file(path: Path, *, crs: str = "", nodata: float | None = None) -> RasterFile:
    """Look at a raster file; its own nodata value goes before ``nodata``, its CRS after ``crs``.

    Raises ReadError for a file that cannot be read and CrsError for one without CRS when ``crs`` is "".
    """
    if not path.is_file():
        raise ReadError("file_missing", file=path.name)
    try:
        with rasterio.open(path) as source:
            own, transform, shape = source.crs, source.transform, (source.height, source.width)
            hole = source.nodata if source.nodata is not None else nodata
    except RasterioIOError as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error
    if own is None and not crs:
        raise CrsError("crs_missing", file=path.name)
    return RasterFile(path, CRS.from_user_input(crs or own.to_wkt()), transform, shape, hole)


def read_raster(path: Path, *, crs: str = "", nodata: float | None = None) -> RawRaster:
    """Read the first band of a raster whole; see ``raster_file`` for nodata, CRS and what is refused."""
    return joined([raster_file(path, crs=crs, nodata=nodata)])


def joined(files: Sequence[RasterFile], grid: Grid | None = None) -> RawRaster:
    """Return tiles as one raster, no more of it than ``grid`` and its neighbours need (None = all).

    Where tiles overlap the first that has a value counts; what no tile covers is NaN. Values are read strip by strip,
    and live in a scratch file where they are many.

    Raises ReadError for tiles that differ in CRS, cell size or position of cells.
    """
    first = files[0]
    offsets = [_offset(first, file) for file in files]
    row0 = min(r for r, _ in offsets)
    col0 = min(c for _, c in offsets)
    row1 = max(r + f.shape[0] for (r, _), f in zip(offsets, files, strict=True))
    col1 = max(c + f.shape[1] for (_, c), f in zip(offsets, files, strict=True))
    if grid is not None:
        need = _cells_under(first, grid)
        row0, row1 = _common(row0, row1, need[0], need[1])
        col0, col1 = _common(col0, col1, need[2], need[3])
    names = ", ".join(file.path.name for file in files)
    out = blank((row1 - row0, col1 - col0), np.float32, np.nan)
    for (row, col), file in zip(offsets, files, strict=True):
        top, bottom = max(row0 - row, 0), min(row1 - row, file.shape[0])
        left, right = max(col0 - col, 0), min(col1 - col, file.shape[1])
        if top >= bottom or left >= right:
            continue
        columns = slice(left + col - col0, right + col - col0)
        for start, part in file.strips((top, bottom, left, right)):
            here = out[start + row - row0:start + row - row0 + len(part), columns]
            np.copyto(here, part, where=np.isnan(here))
    return RawRaster(out, first.crs, first.transform @ Affine.translation(col0, row0), names)


def _common(start: int, stop: int, need_start: int, need_stop: int) -> tuple[int, int]:
    """Return what two runs of cells have in common; where nothing, one cell at the end that lies nearer."""
    low = min(max(start, need_start), stop - 1)
    return low, max(min(stop, need_stop), low + 1)


def _offset(first: RasterFile, file: RasterFile) -> tuple[int, int]:
    """Return row and column of a file's first cell counted from the first file's; raise where cells do not meet."""
    a, b = first.transform, file.transform
    col, row = ~a @ (b.c, b.f)
    far = max(file.shape) * max(abs(p - q) for p, q in zip(a[:2] + a[3:5], b[:2] + b[3:5], strict=True))
    beside = max(abs(col - round(col)), abs(row - round(row)), far / max(abs(a.a), abs(a.b)))
    if file.crs != first.crs or beside > _OFF_CELL:
        raise ReadError("rasters_differ", file=file.path.name, other=first.path.name)
    return round(row), round(col)


def _cells_under(file: RasterFile, grid: Grid) -> Box:
    """Return the cells (row0, row1, col0, col1) of a file's lattice under a grid, with the neighbours around."""
    west, south, east, north = grid.bounds
    along = np.linspace(0.0, 1.0, 101)
    x = np.concatenate((west + (east - west) * along, west + (east - west) * along, np.full(101, west),
                        np.full(101, east)))
    y = np.concatenate((np.full(101, south), np.full(101, north), south + (north - south) * along,
                        south + (north - south) * along))
    col, row = ~file.transform @ reproject_xy(x, y, grid.crs, file.crs)
    return (math.floor(row.min()) - _AROUND, math.ceil(row.max()) + _AROUND,
            math.floor(col.min()) - _AROUND, math.ceil(col.max()) + _AROUND)
