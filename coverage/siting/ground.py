"""High ground: cells of the elevation that stand out, one or two per block of the spacing, near roads and villages."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage
from scipy.spatial import KDTree

from geodata.grid import Raster

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
VIEW_M = 6_000.0        # how far from an unserved settlement high ground is looked for; farther hills serve it rarely
STANDS_OUT_M = 20.0     # above the mean of its surroundings; less is a valley floor or a plain
TINY = 1e-9             # below it a running mean is rounding
AROUND_M = 1_000.0      # the surroundings: a square of that half side
PEAK_CELLS = 5          # a cell is a peak or shoulder when it is the highest of its 5 x 5 neighbours


@dataclass(frozen=True)
class HighGround:
    """Cells (n,) worth a look: block number, place of the cell centre, elevation, straight distance to a road."""

    block: IntArray
    xy_m: FloatArray
    ground_m: FloatArray
    road_m: FloatArray


def distance_to_lines(lines: gpd.GeoDataFrame | None, elevation: Raster) -> FloatArray:
    """Return the straight distance (rows, cols) in metres from every cell to the nearest line, to a cell's size.

    Without lines every distance is NaN.
    """
    grid = elevation.grid
    hit = np.zeros(grid.shape, dtype=bool)
    if lines is not None and len(lines):
        dense = shapely.segmentize(lines.geometry.to_numpy(), grid.cell_m / 2.0)
        xy = shapely.get_coordinates(dense)
        xy = xy[grid.contains(xy[:, 0], xy[:, 1])]
        row, col = grid.row_col(xy[:, 0], xy[:, 1])
        hit[row, col] = True
    if not hit.any():
        return np.full(grid.shape, np.nan)
    away: FloatArray = ndimage.distance_transform_edt(~hit) * grid.cell_m
    return away


def mean_around(height: FloatArray, cell_m: float) -> FloatArray:
    """Return the mean of the known heights (rows, cols) within the square around each cell; NaN without any."""
    size = 2 * max(1, round(AROUND_M / cell_m)) + 1
    known = np.isfinite(height)
    weight = ndimage.uniform_filter(known.astype(np.float64), size, mode="constant")
    total = ndimage.uniform_filter(np.where(known, height, 0.0), size, mode="constant")
    mean: FloatArray = np.divide(total, weight, out=np.full(height.shape, np.nan), where=weight > TINY)
    return mean


def _first_of_block(block: IntArray, order: IntArray) -> IntArray:
    """Return, of cells in ``order`` (best first), the first of every block."""
    _, first = np.unique(block[order], return_index=True)
    return order[np.sort(first)]


def high_ground(
    elevation: Raster,
    road_m: FloatArray,
    targets_m: FloatArray,
    *,
    spacing_m: float,
    max_road_m: float,
    easy_road_m: float,
    view_m: float = VIEW_M,
) -> HighGround:
    """Return the cells that stand out within ``view_m`` of a target and ``max_road_m`` of a road.

    Only cells above their surroundings. Of every block of ``spacing_m``: its highest cell, the highest cell within
    ``easy_road_m`` of a road, and every peak or shoulder. Where the roads are unknown (NaN) the distance bars nothing.

    Parameters
    ----------
    road_m : (rows, cols) straight distance to a road, metres. targets_m : (n, 2) unserved settlements.
    """
    grid = elevation.grid
    height = np.asarray(elevation.values, dtype=np.float64)
    x, y = grid.centres()
    allowed = np.isfinite(height) & ~(road_m > max_road_m) & (height >= mean_around(height, grid.cell_m) + STANDS_OUT_M)
    row, col = np.nonzero(allowed)
    xy = np.column_stack((x[col], y[row]))
    if not targets_m.size or not xy.size:
        return _cells(elevation, road_m, row[:0], col[:0], np.empty(0, np.intp))
    away, _ = KDTree(targets_m).query(xy, distance_upper_bound=view_m)
    row, col, xy = row[away <= view_m], col[away <= view_m], xy[away <= view_m]
    # blocks lie on whole multiples of the spacing, so that a finer DEM keeps them
    keys = np.floor(xy / spacing_m).astype(np.int64)
    _, block = np.unique(keys, axis=0, return_inverse=True)
    block = block.ravel().astype(np.intp)
    h, near = height[row, col], road_m[row, col]
    order = np.lexsort((col, row, -h))
    highest = _first_of_block(block, order)
    easy = order[near[order] <= easy_road_m]
    peaks = ndimage.maximum_filter(np.where(np.isfinite(height), height, -np.inf), size=PEAK_CELLS)[row, col] <= h
    chosen = np.unique(np.concatenate((highest, _first_of_block(block, easy), np.flatnonzero(peaks))))
    return _cells(elevation, road_m, row[chosen], col[chosen], block[chosen])


def _cells(elevation: Raster, road_m: FloatArray, row: IntArray, col: IntArray, block: IntArray) -> HighGround:
    x, y = elevation.grid.centres()
    ground = np.asarray(elevation.values[row, col], dtype=np.float64)
    return HighGround(block, np.column_stack((x[col], y[row])), ground, road_m[row, col])


def pick(block: IntArray, gain: FloatArray, road_m: FloatArray, easy_road_m: float) -> IntArray:
    """Return the cells kept: of each block the one that reaches most people, and the one near a road that does.

    Ties go to the cell nearer a road, then to the first. Cells that reach nobody are never kept.
    """
    near = np.where(np.isnan(road_m), np.inf, road_m)
    order = np.lexsort((np.arange(block.size), near, -gain))
    order = order[gain[order] > 0]
    best = _first_of_block(block, order)
    easy = _first_of_block(block, order[near[order] <= easy_road_m])
    kept: IntArray = np.unique(np.concatenate((best, easy))).astype(np.intp)
    return kept
