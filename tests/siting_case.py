"""A small landscape for the tests of siting: a ridge with villages without signal behind it, worked by hand."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from shapely.geometry import LineString, Point, box

from coverage.gap.demand import demand_points
from coverage.scenario import Scenario
from geodata.crs import VN2000_107_45
from geodata.grid import Grid, Raster
from geodata.layers import Layers, PackInfo, conform
from geodata.roads import RoadGraph, road_graph

WEST, SOUTH, CELL = 500_000.0, 1_700_000.0, 100.0
SIZE = 200      # cells: 20 km x 20 km
RIDGE_Y = SOUTH + 10_000.0


def frame(layer: str, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=VN2000_107_45)
    return conform(table.assign(source_file="case.py", source_row=range(1, len(table) + 1)), layer)


def ridge(height_m: float = 400.0) -> Raster:
    """Return flat land at 100 m with an east-west ridge of ``height_m`` in the middle and a knoll on its north side."""
    grid = Grid(VN2000_107_45, Affine(CELL, 0, WEST, 0, -CELL, SOUTH + SIZE * CELL), (SIZE, SIZE))
    x, y = grid.centres()
    wall = height_m * np.exp(-(((y - RIDGE_Y) / 600.0) ** 2))[:, None] * np.ones(SIZE)
    knoll = 150.0 * np.exp(-(((x - WEST - 6_000.0) ** 2)[None, :] + ((y - RIDGE_Y - 4_000.0) ** 2)[:, None]) / 500.0**2)
    return Raster((100.0 + wall + knoll).astype(np.float32), grid, "m", "elevation")


def site(code: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    base = {"site_code": code, "operator": "Viettel", "technology": "4G", "band_mhz": 1800.0, "height_m": 42.0,
            "state": "on_air", "band_assumed": False, "height_assumed": False, "geometry": Point(WEST + x, SOUTH + y)}
    return base | more


def layers(**changes: Any) -> Layers:
    """Return the pack: commune 99001 (south, served) and 99002 (north, border), four villages, one mast each side."""
    communes = frame("communes", [
        {"commune_code": "99001", "name": "Nam", "kind": "Xã", "is_border": False,
         "geometry": box(WEST, SOUTH, WEST + 20_000, RIDGE_Y)},
        {"commune_code": "99002", "name": "Bắc", "kind": "Xã", "is_border": True,
         "geometry": box(WEST, RIDGE_Y, WEST + 20_000, SOUTH + 20_000)},
    ])
    village = {"grid_power": True, "ftth_declared": False, "motor_road": True, "difficult": False}
    villages = frame("villages", [
        village | {"village_code": "99001-001", "commune_code": "99001", "name": "Đồng Bằng", "households": 200,
                   "people": 800.0, "geometry": Point(WEST + 6_000, SOUTH + 3_000)},
        village | {"village_code": "99002-001", "commune_code": "99002", "name": "Sau Núi", "households": 60,
                   "people": 240.0, "geometry": Point(WEST + 6_000, RIDGE_Y + 2_500)},
        village | {"village_code": "99002-002", "commune_code": "99002", "name": "Bản Xa", "households": 30,
                   "people": 150.0, "geometry": Point(WEST + 9_000, RIDGE_Y + 6_000)},
        village | {"village_code": "99002-003", "commune_code": "99002", "name": "Bản Cùng", "households": 10,
                   "people": 50.0, "grid_power": False, "geometry": Point(WEST + 18_500, RIDGE_Y + 8_500)},
    ])
    clusters = frame("clusters", [
        {"cluster_code": f"{code}-{i}", "village_code": code, "households": households,
         "geometry": Point(WEST + x, y)}
        for code, i, households, x, y in [
            ("99001-001", 0, 200, 6_000, SOUTH + 3_000),
            ("99002-001", 0, 40, 6_000, RIDGE_Y + 2_500), ("99002-001", 1, 20, 6_900, RIDGE_Y + 2_900),
            ("99002-002", 0, 30, 9_000, RIDGE_Y + 6_000), ("99002-003", 0, 10, 18_500, RIDGE_Y + 8_500)]
    ])
    roads = frame("roads", [{"name": "ĐT1", "road_class": "local", "geometry": LineString(
        [(WEST + 5_800, SOUTH), (WEST + 5_800, SOUTH + 20_000)])}])
    sites = frame("sites", [
        site("VIE1", 6_000, 3_500), site("MOB1", 9_000, 17_000, operator="MobiFone", technology="3G", band_mhz=2100.0),
    ])
    nodes = frame("fibre_nodes", [{"node_code": "POP1", "name": "Nam", "kind": "POP", "free_ports": 8.0,
                                   "geometry": Point(WEST + 6_000, SOUTH + 4_000)}])
    values: dict[str, Any] = {
        "info": PackInfo("case", "Case", "Tỉnh Mẫu", date(2026, 11, 21), VN2000_107_45, "2025-07-01", True),
        "communes": communes, "villages": villages, "clusters": clusters, "roads": roads, "sites": sites,
        "fibre_nodes": nodes, "elevation": ridge(),
    }
    return Layers(**(values | changes))


def graph(pack: Layers) -> RoadGraph | None:
    return None if pack.roads is None else road_graph(pack.roads)


def assessment(pack: Layers, served: list[str] | None = None) -> Any:
    """Return what siting reads of an assessment: the points of the villages in ``served`` have signal."""
    points, _ = demand_points(pack)
    has = np.isin(points.village_code.astype(str), served if served is not None else ["99001-001"])
    table = pd.DataFrame({"evidence": np.full(has.size, "model"), "p_served": np.where(has, 0.95, 0.05)})
    border = set(pack.communes.loc[pack.communes["is_border"], "commune_code"].astype(str))
    villages = pack.villages.assign(
        eligible=[c in border for c in pack.villages["commune_code"]], fibre_status="chua")
    return SimpleNamespace(anchors=None, points=points, served={"4g": has, "all": has}, calibration=None,
                           known={"4g": np.ones(has.size, bool)}, point_table=table, villages=villages)


def scenario(**changes: Any) -> Scenario:
    return Scenario.from_mapping({"budgets_mvnd": [3_000.0, 6_000.0, 20_000.0]} | changes)
