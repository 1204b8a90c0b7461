"""Villages and clusters of the invented district: in the valleys, some of them remote."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio.features
import shapely
from scipy import ndimage

from geodata.sample.names import lowland_names, upland_names
from geodata.sample.terrain import Terrain
from geodata.sample.units import Units, code_of

Floats = npt.NDArray[np.float64]
QUOTAS = (13, 12, 11, 13, 14, 12, 13, 13, 10, 12, 13, 14)  # villages of each commune: 150
_REMOTE_SHARE = (0.42, 0.42, 0.45, 0.38, 0.40, 0.22, 0.20, 0.22, 0.10, 0.10, 0.08, 0.0)
_SPACING_M = 900.0


@dataclass(frozen=True)
class Settlement:
    """Where people live.

    Parameters
    ----------
    xy_m : (n, 2) village centres; commune : (n,) number; remote, seat : (n,) bool.
    """

    xy_m: Floats
    commune: npt.NDArray[np.intp]
    remote: npt.NDArray[np.bool_]
    seat: npt.NDArray[np.bool_]


def _worth(terrain: Terrain) -> tuple[Floats, Floats]:
    """Return how good a cell (rows, columns) is for a common and for a remote village."""
    cell = terrain.elevation.grid.cell_m
    gentle = np.exp(-ndimage.gaussian_filter(terrain.slope, 1.0) / 0.10)
    river = ndimage.distance_transform_edt(terrain.catchment_km2 < 6.0, sampling=cell)  # noqa: PLR2004
    brook = ndimage.distance_transform_edt(terrain.catchment_km2 < 0.5, sampling=cell)  # noqa: PLR2004
    dry = terrain.catchment_km2 < 3.0  # noqa: PLR2004 - nobody builds in the river
    common = gentle * np.exp(-river / 350.0) * dry
    remote = np.sqrt(gentle) * np.exp(-brook / 300.0) * (river > 1_500.0) * dry  # noqa: PLR2004
    return common, remote


def _pick(worth: Floats, inside: npt.NDArray[np.bool_], count: int, taken: list[tuple[float, float]],
          terrain: Terrain, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Draw ``count`` cells weighted by worth, no two nearer than the spacing; return their points."""
    rows, cols = np.nonzero(inside & (worth > 0))
    order = np.argsort(np.log(rng.random(rows.size)) / worth[rows, cols])[::-1]
    grid = terrain.elevation.grid
    x, y = grid.centres()
    out: list[tuple[float, float]] = []
    spacing = _SPACING_M
    while len(out) < count:
        for i in order:
            point = float(x[cols[i]]), float(y[rows[i]])
            if all(np.hypot(point[0] - a, point[1] - b) >= spacing for a, b in taken + out):
                out.append(point)
                if len(out) == count:
                    break
        spacing *= 0.8
    return out


def settle(terrain: Terrain, units: Units, rng: np.random.Generator) -> Settlement:
    """Place the villages of every commune, the seat's first."""
    common, remote = _worth(terrain)
    grid = terrain.elevation.grid
    number = rasterio.features.rasterize(
        [(geometry.buffer(-150), i) for i, geometry in enumerate(units.communes.geometry)],
        out_shape=grid.shape, transform=grid.transform, fill=-1, dtype="int16",
    )
    xy: list[tuple[float, float]] = []
    commune: list[int] = []
    far: list[bool] = []
    seat: list[bool] = []
    for i, quota in enumerate(QUOTAS):
        n_remote = round(quota * _REMOTE_SHARE[i])
        centre = (float(units.seats_m[i, 0]), float(units.seats_m[i, 1]))
        near = _pick(common, number == i, quota - 1 - n_remote, [*xy, centre], terrain, rng)
        away = _pick(remote, number == i, n_remote, [*xy, centre, *near], terrain, rng)
        xy += [centre, *near, *away]
        commune += [i] * quota
        seat += [True] + [False] * (quota - 1)
        far += [False] * (quota - n_remote) + [True] * n_remote
    jitter = rng.uniform(-35, 35, (len(xy), 2))
    return Settlement(np.array(xy) + jitter, np.array(commune), np.array(far), np.array(seat))


def make_villages(where: Settlement, units: Units, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return villages with names, households and people; what depends on roads and lines is added later."""
    border = units.communes["is_border"].to_numpy()[where.commune]
    east = where.commune >= 9  # noqa: PLR2004 - the three lowland communes
    n = where.commune.size
    households = np.exp(rng.normal(np.where(where.remote, 3.3, np.where(east, 4.7, 4.2)), 0.38))
    households = np.round(np.where(where.seat, 2.3 * households + 60, households)).astype(int).clip(9)
    size = rng.normal(np.where(border, 4.5, np.where(east, 3.7, 4.2)), 0.2)
    serial = pd.Series(where.commune).groupby(where.commune).cumcount() + 1
    names = np.empty(n, dtype=object)
    names[~east] = upland_names(int((~east).sum()), rng)
    names[east] = lowland_names(int(east.sum()), rng)
    hard = rng.random(n) < np.where(where.remote, 0.95, np.where(border, 0.6, np.where(east, 0.05, 0.25)))
    return gpd.GeoDataFrame(
        {
            "village_code": [f"{code_of(c)}-{s:03d}" for c, s in zip(where.commune, serial, strict=True)],
            "commune_code": [code_of(c) for c in where.commune],
            "name": names,
            "households": households,
            "people": np.round(households * size),
            "difficult": hard & ~where.seat,
        },
        geometry=gpd.points_from_xy(*where.xy_m.T), crs=units.communes.crs,
    )


def make_clusters(villages: gpd.GeoDataFrame, where: Settlement, units: Units, terrain: Terrain,
                  rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Split villages into one to three clusters on gentle ground; a few villages have no cluster rows at all."""
    grid = terrain.elevation.grid
    home_land = [g.buffer(-320) for g in units.communes.geometry]
    code, home, households, xy = [], [], [], []
    none = set(rng.choice(np.flatnonzero(~where.seat), 8, replace=False).tolist())
    for i, village in enumerate(villages.itertuples()):
        if i in none:
            continue
        parts = int(rng.choice([1, 2, 3], p=[0.58, 0.33, 0.09])) if village.households >= 20 else 1  # noqa: PLR2004
        share = np.sort(rng.dirichlet(np.full(parts, 3.0)))[::-1]
        count = np.maximum(np.floor(share * village.households), 2).astype(int)
        count[0] += village.households - count.sum()
        for k in range(parts):
            centre = where.xy_m[i]
            reach = 120.0 if k == 0 else rng.uniform(600.0, 1_700.0)
            turn = rng.uniform(0, 2 * np.pi, 24)
            around = centre + reach * np.column_stack([np.cos(turn), np.sin(turn)])
            inside = shapely.contains_xy(home_land[where.commune[i]], *around.T)
            around = around[inside] if inside.any() else centre[None, :]
            row, col = grid.row_col(*around.T)
            best = around[int(np.argmin(terrain.slope[row, col]))]
            code.append(f"{village.village_code}-{k + 1}")
            home.append(village.village_code)
            households.append(int(count[k]))
            xy.append(best)
    return gpd.GeoDataFrame(
        {"cluster_code": code, "village_code": home, "households": households},
        geometry=gpd.points_from_xy(*np.array(xy).T), crs=villages.crs,
    )
