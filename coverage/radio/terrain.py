"""Terrain along a line and around a point, from the elevation raster: bilinear, gaps stay gaps."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage.radio.area_kernel import bilinear_many
from coverage.radio.area_loss import pixel_coordinates, profile_step_m
from geodata.grid import Raster

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TerrainProfile:
    """Ground on the straight line between two places: distance (n,) km, ground (n,) m or NaN, places (n, 2)."""

    distance_km: FloatArray
    ground_m: FloatArray
    xy_m: FloatArray


def heights_at(elevation: Raster, xy_m: npt.ArrayLike) -> FloatArray:
    """Return the ground (n,) m at places (n, 2), bilinear; NaN off the raster and beside no-data."""
    xs, ys = pixel_coordinates(elevation, xy_m)
    out = np.empty(xs.size)
    bilinear_many(elevation.values, xs, ys, out)
    return out


def terrain_profile(
    elevation: Raster, start_xy_m: npt.ArrayLike, end_xy_m: npt.ArrayLike, *, step_m: float | None = None,
) -> TerrainProfile:
    """Return the ground between two places in equal steps, at least two, none longer than ``step_m``.

    None = the cell size, at most 100 m: the same points as ``point_paths`` uses.
    """
    start, end = (np.asarray(p, dtype=np.float64) for p in (start_xy_m, end_xy_m))
    total = float(np.hypot(*(end - start)))
    n = max(2, math.ceil(total / profile_step_m(elevation, step_m) - 1e-9))
    along = np.arange(n + 1)[:, None] / n
    xy = start + along * (end - start)
    return TerrainProfile(along[:, 0] * total / 1000.0, heights_at(elevation, xy), xy)
