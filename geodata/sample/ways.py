"""Roads, power lines and fibre of the invented district: cheapest ways along the valleys, merging where they meet."""

import itertools
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, MultiLineString

from geodata.grid import Grid
from geodata.sample.terrain import Terrain, neighbour_graph
from geodata.sample.units import Units, coarse, coarse_grid, smooth

Floats = npt.NDArray[np.float64]
Edges = AbstractSet[tuple[int, int]]
NATIONAL_SEATS = (10, 6, 2)  # communes the national road passes, from the lowlands to the border gate


@dataclass(frozen=True)
class WayFinder:
    """Cheapest ways over the coarse cells; gentle valley sides are cheap, steep ground and river crossings dear."""

    graph: coo_array
    grid: Grid

    def cell(self, x: float, y: float) -> int:
        """Return the number of the coarse cell that holds a point."""
        row, col = self.grid.row_col([x], [y])
        return int(row[0]) * self.grid.shape[1] + int(col[0])

    def xy(self, cells: list[int]) -> Floats:
        """Return the centres of cells (n, 2)."""
        rows, cols = np.divmod(np.asarray(cells), self.grid.shape[1])
        x, y = self.grid.centres()
        return np.column_stack([x[cols], y[rows]])

    def tree(self, sources: list[int]) -> npt.NDArray[np.int32]:
        """Return, for every cell, the next cell on the cheapest way to a source (negative at a source)."""
        _, previous, _ = dijkstra(self.graph, indices=sources, min_only=True, return_predecessors=True)
        out: npt.NDArray[np.int32] = previous
        return out

    def only(self, edges: Edges) -> "WayFinder":
        """Return the finder that may use these steps and no others."""
        heads, tails = np.array(sorted(edges)).T
        cost = np.hypot(*(self.xy(heads.tolist()) - self.xy(tails.tolist())).T)
        n = self.grid.shape[0] * self.grid.shape[1]
        graph = coo_array((np.r_[cost, cost], (np.r_[heads, tails], np.r_[tails, heads])), shape=(n, n)).tocsr()
        return WayFinder(graph, self.grid)


def finder(terrain: Terrain) -> WayFinder:
    """Return the way finder of a terrain."""
    slope, river = coarse(terrain.slope), coarse(terrain.catchment_km2)
    cost = 1.0 + (slope / 0.10) ** 2 + 3.0 * np.clip(river, 0, 40) / 40
    grid = coarse_grid(terrain)
    return WayFinder(neighbour_graph(cost, grid.cell_m), grid)


def follow(tree: npt.NDArray[np.int32], cell: int) -> list[int]:
    """Return the cells from ``cell`` to the source of ``tree``."""
    out = [cell]
    while tree[out[-1]] >= 0:
        out.append(int(tree[out[-1]]))
    return out


def steps(way: list[int]) -> Edges:
    """Return the undirected steps of a way."""
    return {(min(a, b), max(a, b)) for a, b in itertools.pairwise(way)}


def _cut(line: LineString, at: set[tuple[float, ...]]) -> list[LineString]:
    """Cut a line at those of its vertices that are in ``at``."""
    xy = shapely.get_coordinates(line)
    inner = [i for i in range(1, len(xy) - 1) if tuple(xy[i]) in at]
    return [LineString(xy[a:b + 1]) for a, b in itertools.pairwise([0, *inner, len(xy) - 1])]


def lines(edges: Edges, ways: WayFinder, stops: Edges = frozenset()) -> list[LineString]:
    """Merge steps into lines from junction to junction, corners cut; sorted, so the order is stable.

    Lines also end where they meet the cells of ``stops``: the roads of a higher class.
    """
    if not edges:
        return []
    ordered = sorted(edges)
    ends = ways.xy([c for pair in ordered for c in pair]).reshape(-1, 2, 2)
    merged = shapely.get_parts(shapely.line_merge(MultiLineString(list(ends))))
    higher = {tuple(p) for p in ways.xy(sorted({c for step in stops for c in step}))} if stops else set()
    parts = [piece for line in merged for piece in _cut(line, higher)]
    curved = [smooth(shapely.segmentize(shapely.simplify(part, 60.0), 220.0)) for part in parts]
    return sorted(curved, key=lambda part: (part.bounds, part.length))


@dataclass(frozen=True)
class RoadPlan:
    """Cells of the roads, before they become lines.

    Parameters
    ----------
    national, local : steps by class.
    main : cells of the national road and the ways to the commune seats: power and fibre follow them.
    reached : cells of the villages that have a road.
    """

    national: Edges
    local: Edges
    main: set[int]


def plan_roads(
    ways: WayFinder, units: Units, gate: tuple[float, float], entry: tuple[float, float], villages_m: Floats,
) -> RoadPlan:
    """Lay the national road from the lowlands to the border gate, local roads to the seats and the villages (n, 2)."""
    stops = [entry, *[tuple(units.seats_m[i]) for i in NATIONAL_SEATS], gate]
    national: list[int] = []
    for start, end in itertools.pairwise(stops):
        national += follow(ways.tree([ways.cell(*end)]), ways.cell(*start))
    national_steps = steps(national) - {(c, c) for c in national}
    main = set(national)
    local: set[tuple[int, int]] = set()
    tree = ways.tree(sorted(main))
    seats = [ways.cell(*p) for p in units.seats_m]
    for seat in seats:
        way = follow(tree, seat)
        local |= steps(way)
        main |= set(way)
    for a, b in ((0, 5), (3, 4), (8, 11), (5, 9)):  # loops: neighbours that are joined directly as well
        local |= steps(follow(ways.tree([seats[b]]), seats[a]))
    tree = ways.tree(sorted(main))
    for point in villages_m:
        local |= steps(follow(tree, ways.cell(*point)))
    return RoadPlan(national_steps, local - national_steps, main)


def _snap(line: LineString, others: shapely.STRtree, geometries: list[LineString], trick: int) -> LineString:
    """Move loose ends of a local road onto the national road; some stop short of it and some run across it.

    ``trick`` 0 ends on the line, 1 stops 8 m short, 2 crosses by 40 m without a common vertex: as office files are.
    """
    xy = shapely.get_coordinates(line)
    for end, inner in ((0, 1), (-1, -2)):
        point = shapely.Point(xy[end])
        near = int(others.nearest(point))
        road = geometries[near]
        if not 0 < road.distance(point) < 150.0:  # noqa: PLR2004 - metres a smoothed road may have moved
            continue
        target = shapely.get_coordinates(road.interpolate(road.project(point)))[0]
        along = target - xy[inner]
        length = float(np.hypot(*along)) or 1.0
        shift = {0: 0.0, 1: -8.0, 2: 40.0}[trick]
        xy[end] = target + along / length * shift
    return LineString(xy)


def make_roads(plan: RoadPlan, ways: WayFinder, isolated: list[int]) -> gpd.GeoDataFrame:
    """Return the roads: national and local lines that cross without nodes, gaps of 8 m, one isolated piece."""
    national = lines(plan.national, ways)
    tree = shapely.STRtree(national)
    tricks = itertools.cycle((0, 1, 0, 2))
    local = [_snap(line, tree, national, next(tricks)) for line in lines(plan.local, ways, plan.national)]
    alone = lines(steps(isolated), ways)
    names = [f"Quốc lộ 99{chr(65 + i)}" if i else "Quốc lộ 99" for i in range(len(national))]
    names += [f"Đường huyện {i + 1:02d} (minh họa)" for i in range(len(local))]
    names += ["Đường nội thôn (minh họa)"] * len(alone)
    return gpd.GeoDataFrame(
        {"name": names, "road_class": ["national"] * len(national) + ["local"] * (len(local) + len(alone))},
        geometry=[*national, *local, *alone], crs="EPSG:5899",
    )


def _moved(line: LineString, east: float, north: float) -> LineString:
    return LineString(shapely.get_coordinates(line) + np.array([east, north]))


def make_power(ways: WayFinder, plan: RoadPlan, powered_m: Floats) -> gpd.GeoDataFrame:
    """Return 22 kV lines beside the roads to the powered villages (n, 2)."""
    tree = ways.tree(sorted(plan.main))
    edges = {step for step in plan.national | plan.local if set(step) <= plan.main}
    for point in powered_m:
        edges |= steps(follow(tree, ways.cell(*point)))
    geometry = [_moved(line, 55.0, -40.0) for line in lines(edges, ways)]
    return gpd.GeoDataFrame({"voltage_kv": [22.0] * len(geometry)}, geometry=geometry, crs="EPSG:5899")


def make_fibre(ways: WayFinder, plan: RoadPlan, reached_m: Floats) -> gpd.GeoDataFrame:
    """Return fibre along the national road and, beside other roads, to the places (n, 2) that have it."""
    sources = sorted({cell for step in plan.national for cell in step})
    tree = ways.only(plan.national | plan.local).tree(sources)
    edges = set(plan.national)
    for point in reached_m:
        edges |= steps(follow(tree, ways.cell(*point)))
    geometry = [_moved(line, -30.0, 25.0) for line in lines(edges, ways)]
    names = pd.Series([f"Tuyến cáp {i + 1:02d} (minh họa)" for i in range(len(geometry))])
    return gpd.GeoDataFrame({"name": names}, geometry=geometry, crs="EPSG:5899")
