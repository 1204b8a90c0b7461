"""Path loss from one mast over the terrain: to scattered points, or over a whole window of the elevation grid."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage.errors import RadioError
from coverage.radio.area_kernel import bilinear, losses_to_points
from coverage.radio.path_kernel import spacing_table
from coverage.radio.profile_loss import FAR_KM, NEAR_KM, Atmosphere, check_frequency, check_heights
from coverage.radio.radial_kernel import DOUBLINGS, rays_to_cells, sweep
from geodata.grid import Raster

FloatArray = npt.NDArray[np.float64]
LONGEST_STEP_M = 100.0      # coarser profiles lose ridges: 200 m costs 3.3 dB rms (docs/methods/radio.md)
METHODS = ("per_pixel", "radial")


@dataclass(frozen=True)
class AreaLoss:
    """Loss over a window of the elevation grid.

    Attributes
    ----------
    row0, col0 : first row and column of the window on the elevation grid.
    loss_db : (rows, cols) float32; NaN beyond the radius, across no-data and off the raster.
    clear : (rows, cols) int8; 1 line of sight, 0 none, -1 unknown.
    depart_mrad : (rows, cols) elevation angle at which the wave leaves the mast (for the antenna's vertical cut).
    method, step_m : how it was computed, to be stated with every output.
    """

    row0: int
    col0: int
    loss_db: npt.NDArray[np.float32]
    clear: npt.NDArray[np.int8]
    depart_mrad: npt.NDArray[np.float32]
    method: str
    step_m: float


@functools.lru_cache(maxsize=4)
def _table(most: int) -> FloatArray:
    table: FloatArray = spacing_table(most)
    table.setflags(write=False)
    return table


def profile_step_m(elevation: Raster, step_m: float | None) -> float:
    """Return the step along profiles: the cell size if none is asked, never above 100 m."""
    step = min(elevation.grid.cell_m, LONGEST_STEP_M) if step_m is None else step_m
    if not 0.0 < step <= LONGEST_STEP_M:
        raise RadioError("radio_step", value=step, high=LONGEST_STEP_M)
    return step


def pixel_coordinates(elevation: Raster, xy_m: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return column and row of points (n, 2) as real numbers, cell centres at whole numbers."""
    xy = np.atleast_2d(np.asarray(xy_m, dtype=np.float64))
    t, cell = elevation.grid.transform, elevation.grid.cell_m
    return (xy[:, 0] - t.c) / cell - 0.5, (t.f - xy[:, 1]) / cell - 0.5


def _check(
    elevation: Raster, clutter: Raster | None, tx_agl_m: float, rx_agl_m: float, freqs_mhz: Sequence[float],
) -> None:
    """Raise RadioError for what no path of a call could be computed with."""
    for freq_mhz in freqs_mhz:
        check_frequency(freq_mhz)
    check_heights(tx_agl_m, rx_agl_m)
    if elevation.unit != "m":
        raise RadioError("radio_elevation_unit", layer=elevation.name, unit=elevation.unit)
    if clutter is not None and clutter.grid != elevation.grid:
        raise RadioError("radio_clutter_grid", clutter=clutter.grid.shape, elevation=elevation.grid.shape)


def _crop(elevation: Raster, xs: FloatArray, ys: FloatArray) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold pixel coordinates with their neighbours; None if none is on the raster.

    Ground is handed to the kernels as float64 of this window only, so memory follows the radius, not the raster.
    """
    rows, cols = elevation.grid.shape
    row0, row1 = max(0, math.floor(ys.min()) - 1), min(rows, math.ceil(ys.max()) + 2)
    col0, col1 = max(0, math.floor(xs.min()) - 1), min(cols, math.ceil(xs.max()) + 2)
    return (slice(row0, row1), slice(col0, col1)) if row0 < row1 and col0 < col1 else None


@dataclass(frozen=True)
class PointLoss:
    """Loss (n,) dB with line of sight (n,) int8: 1 clear, 0 cut by the terrain, -1 unknown.

    depart_mrad : (n,) elevation angle at which the wave leaves the mast: to the receiver, or to what hides it.
    """

    loss_db: FloatArray
    clear: npt.NDArray[np.int8]
    depart_mrad: FloatArray


def point_paths(
    elevation: Raster,
    tx_xy_m: tuple[float, float],
    tx_agl_m: float,
    rx_xy_m: npt.ArrayLike,
    *,
    rx_agl_m: float,
    freq_mhz: float,
    atmosphere: Atmosphere,
    step_m: float | None = None,
    clutter: Raster | None = None,
) -> PointLoss:
    """Return loss and line of sight from one mast to points (n, 2) in the CRS of the elevation.

    Loss is NaN and sight unknown where the profile crosses no-data or leaves the raster, and beyond 30 km.

    Raises
    ------
    RadioError
        Frequency, antenna heights, step or clutter grid that the model cannot use.
    """
    return point_paths_of_bands(
        elevation, tx_xy_m, tx_agl_m, rx_xy_m, rx_agl_m=rx_agl_m, freqs_mhz=(freq_mhz,), atmosphere=atmosphere,
        step_m=step_m, clutter=clutter,
    )[0]


def point_paths_of_bands(
    elevation: Raster,
    tx_xy_m: tuple[float, float],
    tx_agl_m: float,
    rx_xy_m: npt.ArrayLike,
    *,
    rx_agl_m: float,
    freqs_mhz: Sequence[float],
    atmosphere: Atmosphere,
    step_m: float | None = None,
    clutter: Raster | None = None,
) -> list[PointLoss]:
    """Return ``point_paths`` for several bands at one antenna height; every path's ground is sampled once for all.

    Line of sight and departure are the same for every band: the results share them.
    """
    _check(elevation, clutter, tx_agl_m, rx_agl_m, freqs_mhz)
    step = profile_step_m(elevation, step_m)
    xs, ys = pixel_coordinates(elevation, rx_xy_m)
    tx_x, tx_y = (float(v[0]) for v in pixel_coordinates(elevation, tx_xy_m))
    bands = np.asarray(freqs_mhz, dtype=np.float64) / 1000.0
    loss = np.full((bands.size, xs.size), np.nan)
    clear = np.full(xs.size, -1, np.int8)
    depart = np.full(xs.size, np.nan)
    cell_km = elevation.grid.cell_m / 1000.0
    near = np.hypot(xs - tx_x, ys - tx_y) * cell_km <= FAR_KM
    part = _crop(elevation, np.append(xs[near], tx_x), np.append(ys[near], tx_y))
    if near.any() and part is not None:
        rows, cols = part
        hidden = np.zeros((1, 1)) if clutter is None else np.ascontiguousarray(clutter.values[rows, cols], np.float64)
        count = int(near.sum())
        found, sight, angle = np.empty((bands.size, count)), np.empty(count, np.int8), np.empty(count)
        losses_to_points(
            np.ascontiguousarray(elevation.values[rows, cols], np.float64), hidden,
            _table(math.ceil(FAR_KM * 1000.0 / step) + 1), tx_x - cols.start, tx_y - rows.start, float(tx_agl_m),
            xs[near] - cols.start, ys[near] - rows.start, float(rx_agl_m), cell_km, step / 1000.0, NEAR_KM, FAR_KM,
            bands, atmosphere.earth_radius_km, True, found, sight, angle,
        )
        loss[:, near], clear[near], depart[near] = found, sight, angle
    return [PointLoss(one, clear, depart) for one in loss]


def point_loss(
    elevation: Raster,
    tx_xy_m: tuple[float, float],
    tx_agl_m: float,
    rx_xy_m: npt.ArrayLike,
    *,
    rx_agl_m: float,
    freq_mhz: float,
    atmosphere: Atmosphere,
    step_m: float | None = None,
    clutter: Raster | None = None,
) -> FloatArray:
    """Return the loss (n,) dB from one mast to points (n, 2); as ``point_paths`` without the line of sight."""
    return point_paths(
        elevation, tx_xy_m, tx_agl_m, rx_xy_m, rx_agl_m=rx_agl_m, freq_mhz=freq_mhz, atmosphere=atmosphere,
        step_m=step_m, clutter=clutter,
    ).loss_db


def window_around(elevation: Raster, xy_m: tuple[float, float], radius_m: float) -> tuple[int, int, int, int]:
    """Return row0, row1, col0, col1 (half open) of the cells whose centres may lie within the radius."""
    x, y = pixel_coordinates(elevation, xy_m)
    rows, cols = elevation.grid.shape
    reach = radius_m / elevation.grid.cell_m
    row0, row1 = max(0, math.ceil(y[0] - reach)), min(rows, math.floor(y[0] + reach) + 1)
    col0, col1 = max(0, math.ceil(x[0] - reach)), min(cols, math.floor(x[0] + reach) + 1)
    return row0, max(row0, row1), col0, max(col0, col1)


def area_loss(
    elevation: Raster,
    tx_xy_m: tuple[float, float],
    tx_agl_m: float,
    *,
    radius_m: float,
    rx_agl_m: float,
    freq_mhz: float,
    atmosphere: Atmosphere,
    method: str = "per_pixel",
    step_m: float | None = None,
    clutter: Raster | None = None,
) -> AreaLoss:
    """Return the loss from one mast to every cell centre within ``radius_m``, on the elevation's own cells.

    Parameters
    ----------
    method : "per_pixel", one exact profile per cell; "radial", a sweep along rays for fine grids or many masts.
    step_m : along profiles; None = the cell size, at most 100 m.

    Raises
    ------
    RadioError
        As ``point_paths``; a radius beyond 30 km; an unknown method.
    """
    return area_loss_of_bands(
        elevation, tx_xy_m, tx_agl_m, radius_m=radius_m, rx_agl_m=rx_agl_m, freqs_mhz=(freq_mhz,),
        atmosphere=atmosphere, method=method, step_m=step_m, clutter=clutter,
    )[0]


def area_loss_of_bands(
    elevation: Raster,
    tx_xy_m: tuple[float, float],
    tx_agl_m: float,
    *,
    radius_m: float,
    rx_agl_m: float,
    freqs_mhz: Sequence[float],
    atmosphere: Atmosphere,
    method: str = "per_pixel",
    step_m: float | None = None,
    clutter: Raster | None = None,
) -> list[AreaLoss]:
    """Return ``area_loss`` for several bands at one antenna height; sight and departure are shared by the results."""
    if method not in METHODS:
        raise RadioError("radio_method", value=method, known=", ".join(METHODS))
    if not 0.0 < radius_m <= FAR_KM * 1000.0:
        raise RadioError("radio_radius", value=radius_m, high=FAR_KM * 1000.0)
    step = profile_step_m(elevation, step_m)
    row0, row1, col0, col1 = window_around(elevation, tx_xy_m, radius_m)
    loss = np.full((len(freqs_mhz), row1 - row0, col1 - col0), np.nan, np.float32)
    clear = np.full(loss.shape[1:], -1, np.int8)
    depart = np.full(loss.shape[1:], np.nan, np.float32)
    if loss.size and method == "radial":
        _check(elevation, clutter, tx_agl_m, rx_agl_m, freqs_mhz)
        window = (slice(row0, row1), slice(col0, col1))
        _radial(elevation, clutter, window, tx_xy_m, tx_agl_m, rx_agl_m, radius_m, freqs_mhz, atmosphere, step,
                (loss, clear, depart))
    elif loss.size:
        x, y = elevation.grid.centres()
        away = np.hypot(x[None, col0:col1] - tx_xy_m[0], y[row0:row1, None] - tx_xy_m[1])
        row, col = np.nonzero(away <= radius_m)
        paths = point_paths_of_bands(
            elevation, tx_xy_m, tx_agl_m, np.column_stack((x[col0 + col], y[row0 + row])), rx_agl_m=rx_agl_m,
            freqs_mhz=freqs_mhz, atmosphere=atmosphere, step_m=step, clutter=clutter,
        )
        for band, path in enumerate(paths):
            loss[band, row, col] = path.loss_db
        clear[row, col] = paths[0].clear
        depart[row, col] = paths[0].depart_mrad
    return [AreaLoss(row0, col0, one, clear, depart, method, step) for one in loss]


def _radial(
    elevation: Raster, clutter: Raster | None, window: tuple[slice, slice], tx_xy_m: tuple[float, float],
    tx_agl_m: float, rx_agl_m: float, radius_m: float, freqs_mhz: Sequence[float], atmosphere: Atmosphere,
    step_m: float,
    out: tuple[npt.NDArray[np.float32], npt.NDArray[np.int8], npt.NDArray[np.float32]],
) -> None:
    """Fill loss, sight and departure of a window by rays no further apart than a cell at the rim."""
    cell = elevation.grid.cell_m
    steps = math.ceil(radius_m / step_m) + 1
    rays = math.ceil(2.0 * math.pi * radius_m / cell / 2**DOUBLINGS) * 2**DOUBLINGS
    tx_x, tx_y = (float(v[0]) for v in pixel_coordinates(elevation, tx_xy_m))
    reach = steps * step_m / cell
    around = _crop(elevation, np.array([tx_x - reach, tx_x + reach]), np.array([tx_y - reach, tx_y + reach]))
    rows, cols = around or window
    ground = np.ascontiguousarray(elevation.values[rows, cols], np.float64)
    hidden = np.zeros((1, 1)) if clutter is None else np.ascontiguousarray(clutter.values[rows, cols], np.float64)
    tx_x, tx_y = tx_x - cols.start, tx_y - rows.start
    bands = np.asarray(freqs_mhz, dtype=np.float64) / 1000.0
    polar = np.empty((bands.size, rays, steps + 1), np.float32)
    sight, angle = np.empty(polar.shape[1:], np.int8), np.empty(polar.shape[1:], np.float32)
    ae = atmosphere.earth_radius_km
    sweep(ground, hidden, _table(math.ceil(FAR_KM * 1000.0 / step_m) + 1), tx_x, tx_y, float(tx_agl_m),
          float(rx_agl_m), rays, steps, step_m / 1000.0, cell / 1000.0, NEAR_KM, bands, ae, polar, sight, angle)
    down, right = window[0].start - rows.start, window[1].start - cols.start
    inner = ground[down : down + out[0].shape[1], right : right + out[0].shape[2]]
    rays_to_cells(np.ascontiguousarray(inner), polar, sight, angle, tx_x - right, tx_y - down,
                  bilinear(ground, tx_x, tx_y) + tx_agl_m, float(rx_agl_m), step_m / 1000.0, cell / 1000.0,
                  radius_m / 1000.0, NEAR_KM, bands, *out)
