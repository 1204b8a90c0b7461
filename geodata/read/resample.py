"""Rasters brought to the pack's grid: elevation interpolated, population shared out so that nobody is lost or added.

Every cell's place in the source is transformed exactly (GDAL's warper approximates it, 1 m rms of height on a 90 m
grid) and depends on no other cell, so that blocks of any size give the same values.
"""

import math

import numpy as np
import numpy.typing as npt
from affine import Affine

from geodata.crs import reproject_xy
from geodata.grid import Grid, Raster
from geodata.read.raster import RawRaster, Values
from geodata.scratch import blank

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_SIDE = 256         # of the blocks: some twenty arrays of this size are in work at a time
_WIDE = 2           # cells around the place that the cubic asks for
_CUBIC_FROM = 0.75  # of the source's cell: from here on cubic is nearer to the published areas, in dB
_HALF = 0.5         # of a cell, from its centre to its edge


def interpolate(raw: RawRaster, grid: Grid, *, unit: str, name: str) -> Raster:
    """Bring a continuous quantity (elevation) to ``grid``: cubic, bilinear onto finer cells, the mean onto coarse ones.

    Mean of the cells of a source twice as fine or more; bilinear where the grid's cells are smaller than 3/4 of the
    source's, because the models' profiles are bilinear between the source's heights (docs/methods/radio.md). Cubic
    keeps ridges that bilinear resampling lowers; it stays within the heights of the nine source cells around, so that
    a cliff throws up no wall and digs no pit in the sea. Where one of its sixteen cells holds no data, bilinear stands
    over those of the four that do; cells without data on every side stay NaN; nothing is filled.
    """
    step = _source_cell_m(raw, grid)
    out = blank(grid.shape, np.float32, np.nan)
    x, y = grid.centres()
    for rows, cols in grid.blocks(_SIDE):
        if step < grid.cell_m / 2:
            totals, counts = _sums(raw, grid, rows, cols)
            out[rows, cols] = np.divide(totals, counts, out=np.full(counts.shape, np.nan), where=counts > 0)
            continue
        gx, gy = np.meshgrid(x[cols], y[rows])
        u, v = _places(raw, gx, gy, grid)
        out[rows, cols] = _between(raw, u, v, cubic=grid.cell_m >= _CUBIC_FROM * step).reshape(gx.shape)
    return Raster(out, grid, unit, name)


def _places(raw: RawRaster, x: FloatArray, y: FloatArray, grid: Grid) -> tuple[FloatArray, FloatArray]:
    """Return column and row (n,) of places of the grid in the source, cell centres at whole numbers."""
    column, row = ~raw.transform @ reproject_xy(x.ravel(), y.ravel(), grid.crs, raw.crs)
    return column - 0.5, row - 0.5


def _between(raw: RawRaster, u: FloatArray, v: FloatArray, *, cubic: bool) -> Values:
    """Return the limited cubic or the bilinear value (n,) at source columns u and rows v, NaN off the source."""
    rows, cols = raw.values.shape
    out = np.full(u.size, np.nan, np.float32)
    on = np.flatnonzero((u >= -_HALF) & (u <= cols - _HALF) & (v >= -_HALF) & (v <= rows - _HALF))
    if not on.size:
        return out
    j, i = np.floor(u[on]).astype(np.int64), np.floor(v[on]).astype(np.int64)
    right, down = u[on] - j, v[on] - i
    window, top, left = _padded(raw.values, i, j)
    stride = window.shape[1]
    at = (i - top) * stride + (j - left)
    flat = window.ravel()
    if not cubic:
        out[on] = _bilinear(flat, at, stride, right, down)
        return out
    value = np.zeros(on.size)
    weights_x, weights_y = _keys(right), _keys(down)
    for k in range(4):
        along = np.zeros(on.size)
        for m in range(4):
            along += weights_x[m] * flat[at + (k - 1) * stride + (m - 1)]
        value += weights_y[k] * along
    near = at + (right >= _HALF) + (down >= _HALF) * stride     # the cell that holds the place
    low, high = _around(window, lowest=True).ravel()[near], _around(window, lowest=False).ravel()[near]
    gap = np.isnan(value)
    value = np.minimum(np.maximum(value, low), high)
    value[gap] = _bilinear(flat, at[gap], stride, right[gap], down[gap])
    out[on] = value
    return out


def _keys(t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the four weights of Keys' cubic (a = -1/2) at t, 0 to 1 between the middle two."""
    t2, t3 = t * t, t * t * t
    return (-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3)


def _padded(values: Values, i: IntArray, j: IntArray) -> tuple[FloatArray, int, int]:
    """Return the window that cells (i, j) and their neighbours ask for, NaN off the source, and its first cell."""
    rows, cols = values.shape
    top, bottom = int(i.min()) - _WIDE, int(i.max()) + _WIDE + 2
    left, right = int(j.min()) - _WIDE, int(j.max()) + _WIDE + 2
    out = np.full((bottom - top, right - left), np.nan)
    row0, row1, col0, col1 = max(top, 0), min(bottom, rows), max(left, 0), min(right, cols)
    out[row0 - top:row1 - top, col0 - left:col1 - left] = values[row0:row1, col0:col1]
    return out, top, left


def _bilinear(flat: FloatArray, at: IntArray, stride: int, right: FloatArray, down: FloatArray) -> FloatArray:
    """Return the mean of those of the four cells around that hold data, by their bilinear weights; NaN without any."""
    total, weight = np.zeros(at.size), np.zeros(at.size)
    for k, m in ((0, 0), (0, 1), (1, 0), (1, 1)):
        value = flat[at + k * stride + m]
        share = (right if m else 1.0 - right) * (down if k else 1.0 - down)
        known = ~np.isnan(value)
        total[known] += share[known] * value[known]
        weight[known] += share[known]
    out: FloatArray = np.divide(total, weight, out=np.full(at.size, np.nan), where=weight > 0.0)
    return out


def _around(values: FloatArray, *, lowest: bool) -> FloatArray:
    """Return the lowest or highest of each cell and its eight neighbours; NaN counts only where all are."""
    wide = np.pad(values, 1, mode="edge")
    rows, cols = values.shape
    out = values.copy()
    for i in range(3):
        for j in range(3):
            (np.fmin if lowest else np.fmax)(out, wide[i:i + rows, j:j + cols], out=out)
    return out


def _box_under(raw: RawRaster, part: Grid) -> tuple[int, int, int, int]:
    """Return the source cells (row0, row1, col0, col1) under a block of the grid; empty where it lies outside."""
    west, south, east, north = part.bounds
    along = np.linspace(0.0, 1.0, 21)
    u, v = _places(raw, *np.meshgrid(west + (east - west) * along, south + (north - south) * along), part)
    row0, row1 = max(math.floor(v.min()) - 1, 0), min(math.ceil(v.max()) + 2, raw.values.shape[0])
    col0, col1 = max(math.floor(u.min()) - 1, 0), min(math.ceil(u.max()) + 2, raw.values.shape[1])
    return row0, max(row0, row1), col0, max(col0, col1)


def _sums(raw: RawRaster, grid: Grid, rows: slice, cols: slice) -> tuple[FloatArray, FloatArray]:
    """Return sum and number of the source cells whose centres lie in each cell of a block, in the source's order."""
    part = grid.part(rows, cols)
    height, width = part.shape
    row0, row1, col0, col1 = _box_under(raw, part)
    totals, counts = np.zeros(height * width), np.zeros(height * width)
    band = max(1, _SIDE * _SIDE // max(col1 - col0, 1))
    for start in range(row0, row1, band):
        stop = min(start + band, row1)
        column, row = np.meshgrid(np.arange(col0, col1) + 0.5, np.arange(start, stop) + 0.5)
        source_x, source_y = raw.transform @ (column.ravel(), row.ravel())
        x, y = reproject_xy(source_x, source_y, raw.crs, grid.crs)
        values = raw.values[start:stop, col0:col1].ravel().astype(np.float64)
        i, j = grid.row_col(x, y)
        i, j = i - rows.start, j - cols.start
        use = np.isfinite(values) & (i >= 0) & (i < height) & (j >= 0) & (j < width)
        np.add.at(totals, i[use] * width + j[use], values[use])
        np.add.at(counts, i[use] * width + j[use], 1.0)
    return totals.reshape(part.shape), counts.reshape(part.shape)


def share_out(raw: RawRaster, grid: Grid, *, unit: str, name: str) -> Raster:
    """Bring counts (people per cell) to ``grid`` so that every source cell keeps its sum exactly.

    The people of a source cell are divided equally over the grid's cells whose centres lie in it; the grid is widened
    by one source cell while counting, so that cells on its edge get their part only. Source cells must be larger than
    the grid's; smaller ones are summed by the same rule, each source centre into its grid cell.
    """
    out = blank(grid.shape, np.float32, np.nan)
    step = _source_cell_m(raw, grid)
    if step < grid.cell_m:
        for rows, cols in grid.blocks(_SIDE):
            totals, counts = _sums(raw, grid, rows, cols)
            out[rows, cols] = np.where(counts > 0, totals, np.nan)
        return Raster(out, grid, unit, name)
    pad = math.ceil(1.5 * step / grid.cell_m) + 1
    rows_wide, cols_wide = grid.shape[0] + 2 * pad, grid.shape[1] + 2 * pad
    wide = Grid(grid.crs, grid.transform @ Affine.translation(-pad, -pad), (rows_wide, cols_wide))
    counts = np.zeros(raw.values.size, np.int64)
    for strip in wide.strips(256):
        flat = _source_cells(raw, wide, strip)
        counts += np.bincount(flat[flat >= 0], minlength=raw.values.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = raw.values.ravel().astype(np.float64) / counts
    for strip in grid.strips(256):
        flat = _source_cells(raw, wide, slice(strip.start + pad, strip.stop + pad)).reshape(-1, cols_wide)[:, pad:-pad]
        out[strip] = np.where(flat >= 0, each[np.maximum(flat, 0)], np.nan)
    return Raster(out, grid, unit, name)


def _source_cells(raw: RawRaster, grid: Grid, rows: slice) -> IntArray:
    """Return the flat index (n,) of the source cell that holds each cell's centre in some rows, -1 outside."""
    x, y = grid.centres()
    u, v = _places(raw, *np.meshgrid(x, y[rows]), grid)
    i, j = np.floor(v + 0.5).astype(np.int64), np.floor(u + 0.5).astype(np.int64)
    height, width = raw.values.shape
    return np.where((i >= 0) & (i < height) & (j >= 0) & (j < width), i * width + j, -1)


def _source_cell_m(raw: RawRaster, grid: Grid) -> float:
    """Return the side of a source cell in metres of the grid, measured at the grid's middle."""
    x, y = (sum(grid.bounds[i::2]) / 2 for i in (0, 1))
    source_x, source_y = reproject_xy([x], [y], grid.crs, raw.crs)
    step = abs(raw.transform.a)
    to_x, to_y = reproject_xy([source_x[0], source_x[0] + step], [source_y[0], source_y[0]], raw.crs, grid.crs)
    return float(np.hypot(to_x[1] - to_x[0], to_y[1] - to_y[0]))
