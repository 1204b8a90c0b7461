"""Communes of the invented district: outlines along ridges, shared exactly between neighbours."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
from affine import Affine
from scipy import ndimage
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Polygon

from geodata.grid import Grid
from geodata.sample.terrain import Terrain, neighbour_graph

Floats = npt.NDArray[np.float64]
COARSEN = 2  # communes and roads are drawn on cells twice as large as the terrain's

MARGIN = 8  # coarse cells between the district and the edge of the terrain
APART = 20  # coarse cells between two seats
BORDER_CELLS = 8  # a commune with that many coarse cells on the divide is a border commune

# Invented units: name, kind, and where the seat is looked for (share of rows, share of columns).
UNITS: tuple[tuple[str, str, float, float], ...] = (
    ("Ch'Lăng", "Xã", 0.17, 0.27),
    ("A Rêng", "Xã", 0.31, 0.29),
    ("Tr'Ngơl", "Xã", 0.49, 0.31),
    ("Đắc Vông", "Xã", 0.68, 0.31),
    ("La Miêng", "Xã", 0.82, 0.29),
    ("Pơ Hiên", "Xã", 0.18, 0.50),
    ("Ka Rum", "Xã", 0.37, 0.46),
    ("Tà Xoong", "Xã", 0.57, 0.50),
    ("Zơ Lua", "Xã", 0.75, 0.51),
    ("Khe Mộc", "Xã", 0.20, 0.70),
    ("Vân Khê Thượng", "Xã", 0.45, 0.69),
    ("Lũng Thạnh", "Phường", 0.73, 0.72),
)
_OUTSIDE = ((0.95, 0.20), (0.03, 0.19), (0.04, 0.28), (0.04, 0.50), (0.04, 0.72), (0.955, 0.28),
            (0.96, 0.51), (0.95, 0.74), (0.10, 0.88), (0.33, 0.88), (0.58, 0.88), (0.88, 0.90))


@dataclass(frozen=True)
class Units:
    """Communes and their seats.

    Parameters
    ----------
    communes : commune_code, name, kind, is_border, area_km2 and polygons.
    seats_m : (n, 2) where each commune's office stands, on a valley floor.
    labels : (rows, columns) of the coarse grid, number of the commune, -1 outside.
    """

    communes: gpd.GeoDataFrame
    seats_m: Floats
    labels: npt.NDArray[np.int16]


def code_of(number: int) -> str:
    """Return the invented code of the commune with this number."""
    return f"99{3 + 3 * number:03d}"


def coarse(values: Floats) -> Floats:
    """Return the mean of every COARSEN x COARSEN block."""
    rows, cols = values.shape
    out: Floats = values.reshape(rows // COARSEN, COARSEN, cols // COARSEN, COARSEN).mean(axis=(1, 3))
    return out


def coarse_grid(terrain: Terrain) -> Grid:
    """Return the grid of the coarse cells."""
    fine = terrain.elevation.grid
    t, (rows, cols) = fine.transform, fine.shape
    side = t.a * COARSEN
    return Grid(fine.crs, Affine(side, 0, t.c, 0, -side, t.f), (rows // COARSEN, cols // COARSEN))


def _seats(terrain: Terrain, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return a valley cell (row, column) of the coarse grid near every place of UNITS, then of _OUTSIDE."""
    slope = ndimage.gaussian_filter(coarse(terrain.slope), 1.0)
    river = np.log10(coarse(terrain.catchment_km2))
    rows, cols = slope.shape
    row, col = np.mgrid[0:rows, 0:cols]
    worth = river - 6.0 * slope
    worth[coarse(terrain.abroad.astype(float)) > 0] = -np.inf
    out: list[tuple[int, int]] = []
    for at_row, at_col in [(u[2], u[3]) for u in UNITS] + list(_OUTSIDE):
        centre = at_row * rows + rng.normal(0, 2), at_col * cols + rng.normal(0, 2)
        far = np.hypot(row - centre[0], col - centre[1])
        out.append(divmod(int(np.argmax(worth - far / 6.0)), cols))
        worth[np.hypot(row - out[-1][0], col - out[-1][1]) < APART] = -np.inf
    return out


def _claimed(terrain: Terrain, seats: list[tuple[int, int]]) -> npt.NDArray[np.int16]:
    """Give every coarse cell of the country to the seat that is easiest to reach; ridges are dear: limits run there."""
    height = coarse(terrain.elevation.values.astype(float))
    above = height - ndimage.gaussian_filter(height, 10.0)
    cost = np.exp(np.clip(above / 70.0, -2.0, 3.0))
    abroad = coarse(terrain.abroad.astype(float)) > 0.5  # noqa: PLR2004 - most of the block
    cost[abroad] = 1e9
    cells = [r * cost.shape[1] + c for r, c in seats]
    _, _, source = dijkstra(
        neighbour_graph(cost, 1.0), indices=cells, min_only=True, return_predecessors=True
    )
    number = {cell: i if i < len(UNITS) else -1 for i, cell in enumerate(cells)}
    labels = np.vectorize(number.__getitem__, otypes=[np.int16])(source).reshape(cost.shape)
    inner = np.zeros(cost.shape, dtype=bool)
    inner[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
    out: npt.NDArray[np.int16] = np.where(abroad | ~inner, np.int16(-1), labels)
    return out


def _on_border(terrain: Terrain, labels: npt.NDArray[np.int16]) -> list[bool]:
    """Tell which communes lie along the divide: the invented list of border communes."""
    abroad = coarse(terrain.abroad.astype(float)) > 0.5  # noqa: PLR2004 - most of the block
    beside = labels[ndimage.binary_dilation(abroad) & ~abroad]
    return [int((beside == i).sum()) >= BORDER_CELLS for i in range(len(UNITS))]


def smooth(line: LineString, rounds: int = 2) -> LineString:
    """Cut corners (Chaikin) and keep both ends; a closed line stays closed."""
    xy = shapely.get_coordinates(line)
    for _ in range(rounds):
        quarter = 0.75 * xy[:-1] + 0.25 * xy[1:]
        three = 0.25 * xy[:-1] + 0.75 * xy[1:]
        inner = np.stack([quarter, three], axis=1).reshape(-1, 2)
        xy = np.vstack([xy[:1], inner[1:-1], xy[-1:]])
    return LineString(xy)


def _polygons(labels: npt.NDArray[np.int16], terrain: Terrain) -> list[Polygon]:
    """Return one polygon per commune; every shared border is one and the same line, smoothed once."""
    big = coarse_grid(terrain).transform
    pieces = [
        (shapely.geometry.shape(geometry), int(value))
        for geometry, value in rasterio.features.shapes(labels, mask=labels >= 0, transform=big)
    ]
    largest = [max((p for p, v in pieces if v == i), key=lambda p: p.area) for i in range(len(UNITS))]
    filled = [Polygon(p.exterior) for p in largest]
    simple = shapely.coverage_simplify(np.array(filled), 190.0)
    arcs = shapely.line_merge(shapely.union_all([p.exterior for p in simple]))
    curved = shapely.union_all([smooth(a) for a in shapely.get_parts(arcs)])
    cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(curved)))
    inside = shapely.STRtree(cells)
    return [cells[int(inside.nearest(p.representative_point()))] for p in simple]


def make_units(terrain: Terrain, rng: np.random.Generator) -> Units:
    """Return the communes with seats; ``population`` is added once the villages stand."""
    seats = _seats(terrain, rng)
    labels = _claimed(terrain, seats)
    polygons = _polygons(labels, terrain)
    x, y = coarse_grid(terrain).centres()
    rows, cols = np.array(seats[: len(UNITS)]).T
    seats_m = np.column_stack([x[cols], y[rows]])
    area = np.array([p.area for p in polygons]) / 1e6
    communes = gpd.GeoDataFrame(
        {
            "commune_code": [code_of(i) for i in range(len(UNITS))],
            "name": [u[0] for u in UNITS],
            "kind": [u[1] for u in UNITS],
            "area_km2": np.round(area * rng.normal(1.0, 0.008, len(UNITS)), 2),
            "is_border": _on_border(terrain, labels),
        },
        geometry=polygons, crs=terrain.elevation.grid.crs,
    )
    return Units(communes, seats_m, labels)
