"""Rasters as pictures that Leaflet lays exactly where they belong: warped to Web Mercator, bounds in degrees.

Web Mercator is used for drawing alone; nothing is measured in it.
"""

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from pyproj import CRS

from coverage.brief.palette import SIGNAL_STEPS
from geodata.crs import WGS84, reproject_xy
from geodata.grid import Grid, Raster

_MERCATOR = CRS.from_epsg(3857)
_LARGEST_PX = 1_600
_EDGE_POINTS = 65
# Land colours from valley to ridge, pale so that data stand out.
_LAND = ((0.0, (222, 230, 216)), (0.35, (238, 236, 220)), (0.7, (232, 224, 207)), (1.0, (246, 244, 240)))
_LIGHTS = ((315.0, 45.0, 0.62), (270.0, 50.0, 0.19), (0.0, 50.0, 0.19))  # azimuth, altitude in degrees, weight
_EXAGGERATION = 1.6

Rgba = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Warp:
    """For every pixel of a Web Mercator picture the cell of a grid that it shows.

    Parameters
    ----------
    row, col : (height, width); -1 = outside the grid.
    bounds : ((south, west), (north, east)) in degrees, the order Leaflet wants.
    """

    row: npt.NDArray[np.int32]
    col: npt.NDArray[np.int32]
    bounds: tuple[tuple[float, float], tuple[float, float]]


def _outline(grid: Grid) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    west, south, east, north = grid.bounds
    along_x, along_y = np.linspace(west, east, _EDGE_POINTS), np.linspace(south, north, _EDGE_POINTS)
    x = np.concatenate([along_x, along_x, np.full(_EDGE_POINTS, west), np.full(_EDGE_POINTS, east)])
    y = np.concatenate([np.full(_EDGE_POINTS, south), np.full(_EDGE_POINTS, north), along_y, along_y])
    return x, y


@functools.lru_cache(maxsize=4)
def warp_of(grid: Grid) -> Warp:
    """Return where each pixel of a picture of ``grid`` takes its value; nearest cell, about one pixel per cell."""
    x, y = reproject_xy(*_outline(grid), grid.crs, _MERCATOR)
    west, east, south, north = float(x.min()), float(x.max()), float(y.min()), float(y.max())
    rows, cols = grid.shape
    scale = min(1.0, _LARGEST_PX / max(rows, cols) / 1.25) * 1.25  # a little finer than the cells, else steps show
    height, width = max(2, round(rows * scale)), max(2, round(cols * scale))
    across = west + (np.arange(width) + 0.5) * (east - west) / width
    down = north - (np.arange(height) + 0.5) * (north - south) / height
    grid_x, grid_y = np.meshgrid(across, down)
    in_x, in_y = reproject_xy(grid_x.ravel(), grid_y.ravel(), _MERCATOR, grid.crs)
    row, col = grid.row_col(in_x, in_y)
    outside = ~grid.contains(in_x, in_y)
    row[outside], col[outside] = -1, -1
    (left, right), (bottom, top) = reproject_xy([west, east], [south, north], _MERCATOR, WGS84)
    bounds = ((float(bottom), float(left)), (float(top), float(right)))
    return Warp(row.reshape(height, width).astype(np.int32), col.reshape(height, width).astype(np.int32), bounds)


def warped(colours: Rgba, warp: Warp) -> Rgba:
    """Return the picture of (rows, cols, 4) colours; transparent outside the grid."""
    out = colours[warp.row, warp.col]
    out[warp.row < 0] = 0
    return out


def png_bytes(colours: Rgba) -> bytes:
    """Return (height, width, 4) colours of a few classes as a small PNG."""
    picture = Image.fromarray(colours, "RGBA").quantize(32, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()


def webp_bytes(colours: Rgba) -> bytes:
    """Return (height, width, 4) continuous colours as WebP: a tenth of the PNG, and it keeps transparency."""
    out = io.BytesIO()
    Image.fromarray(colours, "RGBA").save(out, format="WEBP", quality=80, method=4)
    return out.getvalue()


def shade(elevation_m: npt.NDArray[np.floating], cell_m: float) -> npt.NDArray[np.float64]:
    """Return the light on every cell, 0...1, from three lamps (main one north-west); NaN stays NaN."""
    dy, dx = np.gradient(elevation_m.astype(np.float64), cell_m)
    slope = np.arctan(_EXAGGERATION * np.hypot(dx, dy))
    aspect = np.arctan2(dy, -dx)  # rows run south, so dy is already turned
    light: npt.NDArray[np.float64] = np.zeros_like(slope)
    for azimuth, altitude, weight in _LIGHTS:
        towards, up = np.radians(90.0 - azimuth), np.radians(altitude)
        lamp = np.sin(up) * np.cos(slope) + np.cos(up) * np.sin(slope) * np.cos(towards - aspect)
        light += weight * np.clip(lamp, 0.0, 1.0)
    return light


def relief_colours(elevation: Raster) -> Rgba:
    """Return the shaded, softly tinted relief of a DEM as (rows, cols, 4); transparent where it has no data."""
    values = np.asarray(elevation.values, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return np.zeros((*values.shape, 4), np.uint8)
    low, high = np.nanpercentile(values, [2, 98])
    height = np.clip((np.where(known, values, low) - low) / max(high - low, 1.0), 0.0, 1.0)
    light = shade(np.where(known, values, low), elevation.grid.cell_m)
    lamp = np.clip(0.60 + 0.56 * light, 0.0, 1.04)
    stops = [s for s, _ in _LAND]
    out = np.empty((*values.shape, 4), np.uint8)
    for band in range(3):
        tint = np.interp(height, stops, [c[band] for _, c in _LAND])
        out[..., band] = np.clip(tint * lamp, 0, 255)
    out[..., 3] = np.where(known, 255, 0)
    return out


def signal_colours(rsrp: Raster, threshold_dbm: float) -> Rgba:
    """Return received level in classes above the threshold of service as (rows, cols, 4); transparent below it."""
    values = np.asarray(rsrp.values, dtype=np.float64)
    out = np.zeros((*values.shape, 4), np.uint8)
    for step_db, colour in SIGNAL_STEPS:
        with np.errstate(invalid="ignore"):
            cells = values >= threshold_dbm + step_db
        out[cells] = (*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), 255)
    return out


def best_of(rasters: Sequence[Raster], name: str) -> Raster:
    """Return the highest value of each cell over rasters of one grid; NaN only where all are NaN."""
    stack = np.stack([np.asarray(r.values, dtype=np.float64) for r in rasters])
    best = np.fmax.reduce(stack, axis=0)
    return Raster(best, rasters[0].grid, rasters[0].unit, name)


def relief_picture(elevation: Raster) -> tuple[bytes, Warp]:
    """Return the relief as WebP and where it lies."""
    warp = warp_of(elevation.grid)
    return webp_bytes(warped(relief_colours(elevation), warp)), warp


def signal_picture(rsrp: Raster, threshold_dbm: float) -> tuple[bytes, Warp]:
    """Return the received level as PNG and where it lies."""
    warp = warp_of(rsrp.grid)
    return png_bytes(warped(signal_colours(rsrp, threshold_dbm), warp)), warp
