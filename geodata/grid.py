"""Grid and Raster: cells that know their CRS, their size, their unit and their gaps."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS

from geodata.crs import metric_crs
from geodata.errors import SchemaError

FloatArray = npt.NDArray[np.float64]
BLOCK = 1024        # side of the blocks in which large grids are worked through; strips hold about as many cells
_TILE = 256         # strips are whole rows of tiles, as files are made of


def strip_height(cols: int) -> int:
    """Return how many rows of ``cols`` cells are worked through at a time."""
    return max(1, BLOCK * BLOCK // cols // _TILE) * _TILE


@dataclass(frozen=True)
class Grid:
    """North-up square cells in a metric CRS.

    Parameters
    ----------
    crs : a projected CRS in metres.
    transform : affine from (column, row) to (x, y); row 0 is the NORTH row.
    shape : (rows, columns).
    """

    crs: CRS
    transform: Affine
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        metric_crs(self.crs, where="Grid")
        t = self.transform
        if t.b or t.d or t.a <= 0 or not math.isclose(t.a, -t.e, rel_tol=1e-6):
            raise SchemaError("grid_not_north_up", transform=tuple(t)[:6])
        if min(self.shape) < 1:
            raise SchemaError("grid_empty", shape=self.shape)

    @property
    def cell_m(self) -> float:
        """Side of a cell in metres."""
        return float(self.transform.a)

    @property
    def cell_area_km2(self) -> float:
        """Area of a cell in square kilometres."""
        return self.cell_m**2 / 1e6

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        rows, cols = self.shape
        west, north = self.transform.c, self.transform.f
        return west, north - rows * self.cell_m, west + cols * self.cell_m, north

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """Return x of every column (columns,) and y of every row (rows,), cell centres, metres."""
        rows, cols = self.shape
        x: FloatArray = float(self.transform.c) + (np.arange(cols, dtype=np.float64) + 0.5) * self.cell_m
        y: FloatArray = float(self.transform.f) - (np.arange(rows, dtype=np.float64) + 0.5) * self.cell_m
        return x, y

    def row_col(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return row and column of the cells that hold points (n,); may lie outside the grid."""
        col = np.floor((np.asarray(x, float) - self.transform.c) / self.cell_m).astype(np.intp)
        row = np.floor((self.transform.f - np.asarray(y, float)) / self.cell_m).astype(np.intp)
        return row, col

    def contains(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Tell which points (n,) lie on the grid."""
        row, col = self.row_col(x, y)
        inside: npt.NDArray[np.bool_] = (row >= 0) & (row < self.shape[0]) & (col >= 0) & (col < self.shape[1])
        return inside

    def strips(self, height: int | None = None) -> Iterator[slice]:
        """Yield the rows of the grid in strips, from the north; results must not depend on ``height``."""
        step = height or strip_height(self.shape[1])
        for row in range(0, self.shape[0], step):
            yield slice(row, min(row + step, self.shape[0]))

    def blocks(self, side: int = BLOCK) -> Iterator[tuple[slice, slice]]:
        """Yield rows and columns of square blocks, row by row; results must not depend on ``side``."""
        for rows in self.strips(side):
            for col in range(0, self.shape[1], side):
                yield rows, slice(col, min(col + side, self.shape[1]))

    def part(self, rows: slice, cols: slice) -> "Grid":
        """Return the grid of a window (start and stop of both given)."""
        shape = (rows.stop - rows.start, cols.stop - cols.start)
        return Grid(self.crs, self.transform @ Affine.translation(cols.start, rows.start), shape)


def grid_over(bounds: tuple[float, float, float, float], cell_m: float, crs: CRS) -> Grid:
    """Return the grid of ``cell_m`` cells, snapped to whole cells, that covers bounds (W, S, E, N, metres)."""
    west, south, east, north = bounds
    west, north = math.floor(west / cell_m) * cell_m, math.ceil(north / cell_m) * cell_m
    shape = (math.ceil((north - south) / cell_m), math.ceil((east - west) / cell_m))
    return Grid(crs, Affine(cell_m, 0.0, west, 0.0, -cell_m, north), shape)


@dataclass(frozen=True)
class Raster:
    """Values on a Grid.

    Parameters
    ----------
    values : (rows, columns), float32 or float64; NaN = no data, never a stand-in number. Large ones are backed by a
        file (geodata.scratch): take windows of them, not whole copies.
    grid : where the cells lie; row 0 is the north row.
    unit : "m", "dBm", "people" ... printed with every figure.
    name : what it is, for messages ("elevation").
    """

    values: npt.NDArray[np.floating]
    grid: Grid
    unit: str
    name: str = "raster"

    def __post_init__(self) -> None:
        if self.values.shape != self.grid.shape:
            raise SchemaError("raster_shape", layer=self.name, got=self.values.shape, expected=self.grid.shape)

    def at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> FloatArray:
        """Return the values of the cells that hold points (n,); NaN outside the grid."""
        row, col = self.grid.row_col(x, y)
        inside = self.grid.contains(x, y)
        out = np.full(row.shape, np.nan)
        out[inside] = self.values[row[inside], col[inside]]
        return out
