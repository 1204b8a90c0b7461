"""The two published areas, and the engine run through the conventions they were computed with.

Their conventions (validation/README.md): whole-degree SRTM3 tiles with pixel centres at k/1200 degrees, haversine
distances on a sphere of 6371 km, profiles on great circles with ceil(d / 0.1 km) equal steps, bilinear; diffraction
also below 0.25 km, where the Recommendation ends and the product takes free space.
"""

import coverage  # noqa: F401, I001 - first of all, it keeps numba off coverage.py's hook (docs/decisions/0001)
import gzip
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numba import njit
from pyproj import CRS, Transformer

from coverage.radio.area_kernel import bilinear
from coverage.radio.path_kernel import diffraction_loss, free_space, spacing_table
from geodata.grid import Raster, grid_over

EARTH_KM = 6371.0
DN45_KM = EARTH_KM * 157 / (157 - 45)


@dataclass(frozen=True)
class Area:
    """A tile (rows from north, degrees), a mast, and the published loss at points lat, lon (n,)."""

    tile: np.ndarray
    north: float
    west: float
    mast: tuple[float, float]
    lat: np.ndarray
    lon: np.ndarray
    loss_db: np.ndarray
    utm: int


def _area(tile: np.ndarray, corner: tuple, mast: tuple, bounds: tuple, loss: np.ndarray, utm: int) -> Area:
    south, west, north, east = bounds
    rows, cols = loss.shape
    lat, lon = np.meshgrid(np.linspace(south, north, rows), np.linspace(west, east, cols), indexing="ij")
    return Area(tile.astype(np.float64), *corner, mast, lat.ravel(), lon.ravel(), loss.ravel(), utm)


def fractal(shared: Path) -> Area:
    """Return the fractal tile N21E104."""
    folder = shared / "validation" / "area"
    with gzip.open(folder / "area_anchor_N21E104_fractal.hgt.gz") as file:
        tile = np.frombuffer(file.read(), ">i2").reshape(1201, 1201)
    loss = np.load(folder / "area_anchor_covlib_4.6.2.npz")["p1812"]
    return _area(tile, (22.0, 104.0), (21.503333, 104.506667), (21.383813, 104.378206, 21.622853, 104.635128), loss,
                 32648)


def andes(shared: Path) -> Area:
    """Return the valley in the Andes, a real SRTM3 tile."""
    data = np.load(shared / "validation" / "area" / "andes_valley.npz")
    with rasterio.open(shared / "real" / "srtm3_S33W071_aconcagua_andes.tif") as file:
        tile = file.read(1)
        corner = (round(file.transform.f), round(file.transform.c))
    return _area(tile, corner, (float(data["lat"]), float(data["lon"])), tuple(data["bounds_sw_ne"]),
                 data["p1812"].astype(np.float64), 32719)


@njit(nogil=True)
def _their_losses(tile, north, west, lat0, lon0, lats, lons, table, out):  # noqa: ANN001, ANN202, PLR0917 - numba infers
    g = np.empty(table.shape[1])
    rad = math.pi / 180.0
    p0, l0 = lat0 * rad, lon0 * rad
    for k in range(lats.size):
        p1, l1 = lats[k] * rad, lons[k] * rad
        hav = math.sin((p1 - p0) / 2) ** 2 + math.cos(p0) * math.cos(p1) * math.sin((l1 - l0) / 2) ** 2
        angle = 2 * math.asin(math.sqrt(hav))
        d = 6371.0 * angle
        n = max(2, math.ceil(d / 0.1))
        total = moment = 0.0
        for i in range(n + 1):
            f = i / n
            if angle > 0:
                a, b = math.sin((1 - f) * angle) / math.sin(angle), math.sin(f * angle) / math.sin(angle)
            else:
                a, b = 1.0 - f, f
            x = a * math.cos(p0) * math.cos(l0) + b * math.cos(p1) * math.cos(l1)
            y = a * math.cos(p0) * math.sin(l0) + b * math.cos(p1) * math.sin(l1)
            z = a * math.sin(p0) + b * math.sin(p1)
            lat, lon = math.atan2(z, math.hypot(x, y)) / rad, math.atan2(y, x) / rad
            g[i] = bilinear(tile, (lon - west) * 1200.0, (north - lat) * 1200.0)
            total += g[i]
            moment += i * g[i]
        v1 = (2 * total - g[0] - g[n]) / n
        v2 = (6 * moment + g[0] - (3.0 * n + 1) * g[n]) / (n * n)
        hts, hrs = g[0] + 45.0, g[n] + 1.5
        parts = diffraction_loss(table[0, n], table[1, n], g, g, n, v1, v2, hts, hrs, d, 0.9, 6371.0 * 157 / 112, 0.0,
                                 True, False)
        out[k] = free_space(d, hts - hrs, 0.9) + parts[0]


def their_way(area: Area) -> np.ndarray:
    """Return the loss (n,) at the area's points by the area's own conventions."""
    out = np.empty(area.lat.size)
    _their_losses(area.tile, area.north, area.west, *area.mast, area.lat, area.lon, spacing_table(310), out)
    return out


def projected(area: Area, cell_m: float, *, utm: bool = False) -> tuple[Raster, tuple[float, float], np.ndarray]:
    """Return the tile resampled (bilinear) to metric cells, the mast's x, y and the points' (n, 2).

    Azimuthal equidistant about the mast on the reference's own sphere (distances and straight lines are then those
    of the reference, what differs is the sampling alone), or UTM, where the ellipsoid and the scale come in.
    """
    sphere = f"+proj=aeqd +lat_0={area.mast[0]} +lon_0={area.mast[1]} +R=6371000 +units=m +no_defs"
    crs, geographic = (CRS(area.utm), CRS(4326)) if utm else (CRS(sphere), CRS("+proj=longlat +R=6371000 +no_defs"))
    there = Transformer.from_crs(geographic, crs, always_xy=True)
    x, y = there.transform(area.lon, area.lat)
    grid = grid_over((x.min() - 500, y.min() - 500, x.max() + 500, y.max() + 500), cell_m, crs)
    gx, gy = np.meshgrid(*grid.centres())
    lon, lat = there.transform(gx, gy, direction="INVERSE")
    u, v = (lon - area.west) * 1200.0, (area.north - lat) * 1200.0
    j, i = np.floor(u).astype(int), np.floor(v).astype(int)
    u, v, t = u - j, v - i, area.tile
    top = t[i, j] * (1 - u) + t[i, j + 1] * u
    values = top * (1 - v) + (t[i + 1, j] * (1 - u) + t[i + 1, j + 1] * u) * v
    mast = there.transform(area.mast[1], area.mast[0])
    return Raster(values, grid, "m", "elevation"), mast, np.column_stack((x, y))
