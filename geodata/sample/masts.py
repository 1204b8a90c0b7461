"""Masts of three invented operators, the areas they claim, and measurements on the ground."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geodata.grid import Raster
from geodata.sample.people import Settlement
from geodata.sample.terrain import Terrain
from geodata.sample.units import Units, code_of

Floats = npt.NDArray[np.float64]
OPERATORS = ("Nhà mạng A", "Nhà mạng B", "Nhà mạng C")
# Masts of each operator per commune, easy places first: the border is served last.
_COUNTS = (
    (1, 1, 1, 1, 1, 4, 5, 5, 4, 5, 8, 8),
    (1, 0, 1, 0, 0, 2, 3, 3, 3, 4, 5, 7),
    (0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 4, 6),
)
_PATH_STEPS = 90


def signal_dbm(mast_m: Floats, height_m: float, points_m: Floats, mhz: float, elevation: Raster) -> Floats:
    """Return a rough RSRP (n,) at points (n, 2): free space and the worst edge; for inventing measurements only."""
    share = np.linspace(0, 1, _PATH_STEPS + 2)[None, 1:-1]
    delta = points_m - mast_m
    x, y = (mast_m[k] + share * delta[:, k:k + 1] for k in (0, 1))
    ground = elevation.at(x.ravel(), y.ravel()).reshape(x.shape)
    far = np.maximum(np.hypot(delta[:, 0], delta[:, 1]), 30.0)[:, None]
    top = float(elevation.at([mast_m[0]], [mast_m[1]])[0]) + height_m
    end = elevation.at(points_m[:, 0], points_m[:, 1])[:, None] + 1.5
    a, b = share * far, (1 - share) * far
    above = ground + a * b / (2 * 8.5e6) - (top + (end - top) * share)
    v = np.max(above * np.sqrt(2 * far / (300.0 / mhz * a * b)), axis=1)
    edge = np.where(v > -0.78, 6.9 + 20 * np.log10(np.sqrt((v - 0.1) ** 2 + 1) + v - 0.1), 0.0)  # noqa: PLR2004 - P.526
    loss = 32.4 + 20 * np.log10(mhz) + 20 * np.log10(far[:, 0] / 1e3) + 1.45 * edge  # hills behind the worst one
    out: Floats = 29.7 - loss
    return out


def _hill(point: Floats, terrain: Terrain, reach: float) -> tuple[float, float]:
    """Return the best mast place within ``reach`` metres of a village: high, not far."""
    grid = terrain.elevation.grid
    x, y = grid.centres()
    far = np.hypot(x[None, :] - point[0], y[:, None] - point[1])
    worth = np.where(far <= reach, terrain.elevation.values - 0.07 * far, -np.inf)
    row, col = np.unravel_index(int(np.argmax(worth)), worth.shape)
    return float(x[col]), float(y[row])


def _technologies(operator: int, commune: int, serial: int, border: bool) -> list[tuple[str, float]]:
    """Return (technology, MHz) of one mast: 4G nearly everywhere, 3G on older masts, 5G in the lowlands."""
    low = operator == 0 and (border or serial > 2)  # noqa: PLR2004 - the first masts got the 1800 MHz equipment
    out = [("4G", 900.0 if low else 1800.0)]
    if operator != 2 and (serial + commune) % 3 == 1:  # noqa: PLR2004 - the third operator came late
        out.append(("3G", 2100.0))
    if commune >= 9 and serial == 1:  # noqa: PLR2004 - lowland seats
        out.append(("5G", 3500.0 if operator else 2600.0))
    return out


def make_sites(villages: gpd.GeoDataFrame, where: Settlement, units: Units, terrain: Terrain,
               rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the masts, one row per technology: on air, three committed, one planned, two with 2G only."""
    rows: list[dict[str, object]] = []
    xy: list[tuple[float, float]] = []
    border = units.communes["is_border"].to_numpy()
    households = villages["households"].to_numpy()
    for operator, counts in enumerate(_COUNTS):
        for commune, count in enumerate(counts):
            home = np.flatnonzero((where.commune == commune) & ~where.remote)
            by_size = home[np.argsort(-(households[home] + 1e6 * where.seat[home]), kind="stable")]
            chosen = by_size[np.arange(count) % by_size.size]
            for serial, village in enumerate(chosen, start=1):
                place = _hill(where.xy_m[village] + rng.normal(0, 60, 2), terrain, 450.0 if serial == 1 else 700.0)
                height = float(rng.choice([30, 36, 42, 45]))
                for technology, mhz in _technologies(operator, commune, serial, bool(border[commune])):
                    rows.append(_row(operator, commune, f"{serial:02d}", technology, mhz, height))
                    xy.append(place)
    extra = [
        (0, 0, "C1", "committed", pd.Timestamp("2027-06-30"), "Văn bản cam kết số 01 (minh họa)"),
        (1, 3, "C1", "committed", pd.Timestamp("2027-12-31"), "Văn bản cam kết số 02 (minh họa)"),
        (0, 5, "C2", "committed", pd.Timestamp("2028-09-30"), "Văn bản cam kết số 03 (minh họa)"),
        (1, 7, "Q1", "planned", pd.Timestamp("2029-12-31"), ""),
        (1, 1, "G1", "on_air", pd.NaT, ""),
        (1, 4, "G1", "on_air", pd.NaT, ""),
    ]
    for operator, commune, mark, state, due, document in extra:
        home = np.flatnonzero((where.commune == commune) & ~where.seat & (where.remote == (state != "on_air")))
        village = home[int(np.argmax(households[home]))]
        technology, mhz = ("2G", 900.0) if mark == "G1" else ("4G", 900.0)
        row = _row(operator, commune, mark, technology, mhz, 42.0)
        rows.append(row | {"state": state, "due_date": due, "document": document or pd.NA})
        xy.append(_hill(where.xy_m[village], terrain, 700.0))
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=gpd.points_from_xy(*np.array(xy).T), crs=villages.crs)


def _row(operator: int, commune: int, serial: str, technology: str, mhz: float, height: float) -> dict[str, object]:
    """Return one row of the mast list; operator C gives no band, operators B and C no power."""
    return {
        "site_code": f"{'ABC'[operator]}-{code_of(commune)}-{serial}", "operator": OPERATORS[operator],
        "technology": technology, "band_mhz": mhz, "height_m": height,
        "power_dbm": 46.0 if operator == 0 else np.nan, "azimuth_deg": np.nan, "state": "on_air",
        "due_date": pd.NaT, "document": pd.NA, "ownership": "Tự đầu tư" if operator < 2 else "Thuê cột",  # noqa: PLR2004
        "band_assumed": operator == 2, "height_assumed": False,  # noqa: PLR2004 - the third operator
    }


def make_claims(sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the areas operators claim, core and edge: discs that ignore the hills, hence too large on purpose."""
    rows, shapes = [], []
    district = communes.union_all().buffer(2_000)
    active = sites[sites["state"] == "on_air"]
    for (operator, technology), group in active.groupby(["operator", "technology"], sort=True):
        if technology == "2G":
            continue
        factor = {"3G": 1.0, "4G": 1.15, "5G": 0.45}[technology]
        core = [_blob(p, 3_300 * factor, rng) for p in group.geometry]
        edge = [_blob(p, 6_200 * factor, rng) for p in group.geometry]
        inner = shapely.intersection(shapely.union_all(core), district)
        outer = shapely.difference(shapely.intersection(shapely.union_all(edge), district), inner)
        speed = {"3G": (2.0, 1.0), "4G": (10.0, 4.0), "5G": (60.0, 30.0)}[technology]
        for zone, shape, least in (("core", inner, speed[0]), ("edge", outer, speed[1])):
            rows.append({"operator": operator, "technology": technology, "zone": zone, "min_mbps": least})
            shapes.append(shapely.set_precision(shape, 0.01))
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=sites.crs)


def _blob(point: shapely.Point, radius: float, rng: np.random.Generator) -> shapely.Polygon:
    """Return a rounded, uneven disc."""
    turn = np.linspace(0, 2 * np.pi, 49)[:-1]
    lobes = sum(rng.normal(0, 0.07) * np.cos(k * turn + rng.uniform(0, 6.28)) for k in (1, 2, 3, 4))
    far = radius * np.exp(lobes)
    return shapely.Polygon(np.column_stack([point.x + far * np.cos(turn), point.y + far * np.sin(turn)]))


def make_measurements(sites: gpd.GeoDataFrame, where: Settlement, terrain: Terrain,
                      rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return samples taken in some villages: level with terrain, distance and chance, speed with the level.

    A phone without service reports nothing, so levels below -126 dBm are missing; some samples are too old, and some
    villages have too few.
    """
    active = sites[(sites["state"] == "on_air") & sites["technology"].isin(["4G", "5G"])]
    visited = rng.choice(len(where.xy_m), 34, replace=False)
    rows, xy = [], []
    for village in sorted(visited.tolist()):
        taken = int(rng.choice([2, 5, 8]))
        old = rng.random() < 0.12  # noqa: PLR2004 - share of villages measured too long ago
        points = where.xy_m[village] + rng.normal(0, 90, (taken, 2))
        day = pd.Timestamp("2025-07-10" if old else "2026-03-02") + pd.Timedelta(days=int(rng.integers(0, 60)))
        crowded = 0.1 if rng.random() < 0.25 else 1.0  # noqa: PLR2004 - share of villages behind a thin microwave link
        for operator in OPERATORS:
            own = active[(active["operator"] == operator) & (active["technology"] == "4G")]
            levels = [
                signal_dbm(np.array([p.x, p.y]), h, points, f, terrain.elevation)
                for p, h, f in zip(own.geometry, own["height_m"], own["band_mhz"], strict=True)
            ]
            level = np.max(levels, axis=0) + rng.normal(0, 3.5) + rng.normal(0, 3.0, taken)
            for point, value in zip(points, level, strict=True):
                if value < -126:  # noqa: PLR2004 - no service
                    continue
                speed = float(np.clip(crowded * (0.9 * (value + 117) + rng.normal(0, 4)), 0.2, 60))
                rows.append({
                    "operator": operator, "technology": "4G", "rsrp_dbm": round(float(np.clip(value, -126, -55)), 1),
                    "dl_mbps": round(speed, 1), "date": day,
                })
                xy.append(point)
    return gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(*np.array(xy).T), crs=sites.crs)
