"""Scenes for the radio tests: published profiles, made-up ground, masts."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS
from shapely.geometry import Point

from geodata.grid import Grid, Raster

WEST, NORTH = 500_000.0, 1_700_000.0


def published_profile(folder: Path, name: str) -> np.ndarray:
    """Read one ITU-R SG3 profile: (n, 5) distance km, ground m, code, ground cover m, radio-met code."""
    lines = (folder / "profiles" / name).read_text(encoding="latin-1").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("{Begin of Profile}"))
    count = int(lines[start + 1].split(",")[1])
    rows = lines[start + 2 : start + 2 + count]
    return np.array([[float(value) for value in row.split(",")[:5]] for row in rows])


def published_cases(folder: Path) -> list[dict]:
    """Read the published cases, one mapping per row."""
    return pd.read_csv(folder / "cases.csv").to_dict("records")


def raster(values: np.ndarray, cell_m: float = 90.0, unit: str = "m") -> Raster:
    """Return elevation in VN-2000 107-45 with its north-west corner at (WEST, NORTH)."""
    grid = Grid(CRS(5899), Affine(cell_m, 0, WEST, 0, -cell_m, NORTH), values.shape)
    return Raster(np.asarray(values, np.float32), grid, unit, "elevation")


def hills(rows: int, cols: int, seed: int = 1, relief: float = 800.0) -> np.ndarray:
    """Return smooth random ground (rows, cols) from 0 to ``relief`` metres, in whole metres."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:cols]
    ground = np.zeros((rows, cols))
    for _ in range(40):
        k = rng.uniform(0.01, 0.25)
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        ground += np.sin(k * (x * np.cos(angle) + y * np.sin(angle)) + phase) / k**0.8
    ground -= ground.min()
    return np.round(ground / ground.max() * relief)


def centre(row: float, col: float, cell_m: float = 90.0) -> tuple[float, float]:
    """Return x, y of a cell centre of ``raster``."""
    return WEST + (col + 0.5) * cell_m, NORTH - (row + 0.5) * cell_m


def masts(rows: list[dict]) -> gpd.GeoDataFrame:
    """Return a sites layer; each row may override the defaults, ``xy`` is its place."""
    base = {"operator": "Viettel", "technology": "4G", "band_mhz": 900.0, "height_m": 42.0, "power_dbm": np.nan,
            "azimuth_deg": np.nan}
    full = [{"site_code": f"S{i}"} | base | row for i, row in enumerate(rows)]
    points = [Point(row.pop("xy")) for row in full]
    return gpd.GeoDataFrame(full, geometry=points, crs=5899)
