"""A pack small enough to follow by hand: three communes in a row, flat ground, villages put where a test needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from shapely import Point, box

from coverage.gap.demand import CENTRE, CLUSTER, DemandPoints
from coverage.radio.signal import ServerSignal
from geodata.crs import VN2000_107_45
from geodata.grid import Grid, Raster
from geodata.layers import Layers, PackInfo, conform

WEST, SOUTH = 500_000.0, 1_700_000.0
REFERENCE = date(2026, 9, 30)


def layer(name: str, rows: Sequence[Mapping[str, object]], shapes: Sequence[object] | None = None) -> pd.DataFrame:
    """Make a layer with the dictionary's columns; source rows count from 2."""
    frame = pd.DataFrame(list(rows)).assign(source_file=f"{name}.csv", source_row=range(2, len(rows) + 2))
    if shapes is None:
        return conform(frame, name)
    return conform(gpd.GeoDataFrame(frame, geometry=list(shapes), crs=VN2000_107_45), name)


def at(east_km: float, north_km: float) -> Point:
    return Point(WEST + east_km * 1000, SOUTH + north_km * 1000)


def communes() -> gpd.GeoDataFrame:
    """Three communes of 10 km x 10 km from west to east; the first is a border commune."""
    rows = [
        {"commune_code": f"9900{i}", "name": name, "kind": kind, "is_border": i == 1, "population": population}
        for i, name, kind, population in ((1, "Hòa Sơn", "Xã", 500.0), (2, "Suối Đá", "Xã", None),
                                          (3, "Cầu Mới", "Phường", 900.0))
    ]
    shapes = [box(WEST + i * 10_000, SOUTH, WEST + (i + 1) * 10_000, SOUTH + 10_000) for i in range(3)]
    return layer("communes", rows, shapes)


def village(code: str, east: float, north: float, **other: object) -> dict[str, object]:
    values: dict[str, object] = {
        "village_code": code, "commune_code": f"9900{int(east // 10) + 1}", "name": f"Thôn {code}", "households": 100,
        "people": 400.0, "grid_power": True, "ftth_declared": False, "motor_road": True, "difficult": False,
        "geometry": at(east, north),
    }
    return values | other


def cluster(code: str, of: str, east: float, north: float, households: int | None = 50) -> dict[str, object]:
    return {"cluster_code": code, "village_code": of, "households": households, "geometry": at(east, north)}


def mast(code: str, east: float, north: float, **other: object) -> dict[str, object]:
    values: dict[str, object] = {
        "site_code": code, "operator": "Alpha", "technology": "4G", "band_mhz": 900.0, "height_m": 42.0,
        "state": "on_air", "band_assumed": False, "height_assumed": False, "geometry": at(east, north),
    }
    return values | other


def sample(east: float, north: float, rsrp: float, **other: object) -> dict[str, object]:
    values: dict[str, object] = {
        "operator": "Alpha", "technology": "4G", "rsrp_dbm": rsrp, "dl_mbps": 20.0, "date": "2026-06-01",
        "geometry": at(east, north),
    }
    return values | other


def placed(name: str, rows: Sequence[Mapping[str, object]]) -> gpd.GeoDataFrame:
    bare = [{k: v for k, v in row.items() if k != "geometry"} for row in rows]
    return layer(name, bare, [row["geometry"] for row in rows])


def flat(cell_m: float = 100.0, height_m: float = 10.0) -> Raster:
    shape = (int(10_000 / cell_m), int(30_000 / cell_m))
    grid = Grid(VN2000_107_45, Affine(cell_m, 0, WEST, 0, -cell_m, SOUTH + 10_000), shape)
    return Raster(np.full(shape, height_m, np.float32), grid, "m", "elevation")


def layers(villages: Sequence[Mapping[str, object]], masts: Sequence[Mapping[str, object]], **other: object) -> Layers:
    info = PackInfo("0" * 12, "Ca thử", "Tỉnh thử", REFERENCE, VN2000_107_45, "2025-07-01", illustrative=True)
    base = Layers(info, communes(), placed("villages", villages), placed("sites", masts), flat())
    return replace(base, **other)


def points(clusters: Sequence[Sequence[float]], people_per_household: float = 4.0) -> DemandPoints:
    """Demand points of villages given by the households of their clusters; places do not matter."""
    n, counts = len(clusters), [len(c) for c in clusters]
    households = np.array([0.0] * n + [h for c in clusters for h in c])
    of = np.concatenate([np.arange(n), np.repeat(np.arange(n), counts)]).astype(np.intp)
    total = n + sum(counts)
    codes = np.array([f"V{i}" for i in of], dtype=object)
    kind = np.array([CENTRE] * n + [CLUSTER] * sum(counts), dtype=object)
    return DemandPoints(
        np.zeros((total, 2)), households * people_per_household, households, kind, codes,
        np.array([f"P{i}" for i in range(total)], dtype=object), codes, of, np.ones(total, bool), np.ones(total, bool))


def signal(rsrp: Sequence[float], unknown: Sequence[int] | None = None) -> ServerSignal:
    """Return what radio says of one operator and technology at points; NaN = no mast in range."""
    level = np.array(rsrp, dtype=float)
    none = np.full(level.size, -1)
    return ServerSignal(
        level, np.full(level.size, np.nan), none.astype(np.intp), none.astype(np.int8),
        np.array(unknown if unknown is not None else [0] * level.size, dtype=np.int32))
