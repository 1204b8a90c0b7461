"""Where the elevation says nothing: voids inside its files, and places that no file covers, each with its place."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS
from scipy import ndimage

from geodata.check.tables import comma
from geodata.crs import WGS84, reproject_xy
from geodata.findings import Finding
from geodata.grid import Raster

_SIDE = 64      # voids are gathered by squares of this many cells; touching squares are one place
# transform, (rows, columns) and CRS of a file
Tile = tuple[Affine, tuple[int, int], CRS]
FloatArray = npt.NDArray[np.float64]


def check_voids(elevation: Raster, tiles: Sequence[Tile]) -> Iterator[Finding]:
    """Yield one finding for voids inside the tiles and one for what no tile covers, with places, largest first.

    A place is told by the middle of its largest square's voids, degrees, and its area.
    """
    count, x, y = _squares(elevation)
    empty = count > 0
    covered = np.zeros(count.shape, dtype=bool)
    for transform, (rows, cols), crs in tiles:
        to_x, to_y = reproject_xy(x[empty], y[empty], elevation.grid.crs, crs)
        column, row = ~transform @ (to_x, to_y)
        covered[empty] |= (column >= 0) & (column <= cols) & (row >= 0) & (row <= rows)
    for code, squares in (("elevation_void", empty & covered), ("elevation_tile_missing", empty & ~covered)):
        if squares.any():
            yield _finding(code, squares, (count, x, y), elevation)


def _squares(elevation: Raster) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Return for every square the number of its voids and their middle x, y (NaN without any)."""
    rows, cols = elevation.grid.shape
    shape = (-(-rows // _SIDE), -(-cols // _SIDE))
    count, total_x, total_y = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape)
    x, y = elevation.grid.centres()
    at = np.arange(0, cols, _SIDE)
    for strip in elevation.grid.strips(_SIDE):
        void = np.isnan(elevation.values[strip])
        each = void.sum(axis=0)
        row = strip.start // _SIDE
        count[row] = np.add.reduceat(each, at)
        total_x[row] = np.add.reduceat(each * x, at)
        total_y[row] = np.add.reduceat((void * y[strip, None]).sum(axis=0), at)
    some = np.maximum(count, 1)
    return count, np.where(count > 0, total_x / some, np.nan), np.where(count > 0, total_y / some, np.nan)


def _finding(
    code: str, squares: npt.NDArray[np.bool_], voids: tuple[npt.NDArray[np.int64], FloatArray, FloatArray],
    elevation: Raster,
) -> Finding:
    """Gather touching squares into places and say where they are."""
    count, x, y = voids
    labels, number = ndimage.label(squares, structure=np.ones((3, 3)))
    cells = np.bincount(labels[squares], weights=count[squares], minlength=number + 1)[1:]
    order = np.argsort(-cells, kind="stable")
    largest = ndimage.maximum_position(np.where(squares, count, 0), labels, np.arange(1, number + 1))
    at = tuple(np.array([largest[i] for i in order]).T)
    lon, lat = reproject_xy(x[at], y[at], elevation.grid.crs, WGS84)
    km2 = cells[order] * elevation.grid.cell_area_km2
    places = tuple(f"{comma(a, 4)}° {comma(b, 4)}° ({comma(c, 2)} km²)" for a, b, c in zip(lat, lon, km2, strict=True))
    details: dict[str, object] = {"number": number, "area": comma(float(km2.sum()), 2)}
    return Finding(code, "elevation", "elevation", values=places, details=details)
