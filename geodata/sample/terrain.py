"""Terrain of the invented district: rivers carve valleys until uplift and erosion balance.

Steady state of the stream-power law (slope = ks * area^-theta) on a drainage tree that is re-drawn from its own
heights until it settles (Steer 2021, "Salève"; Braun and Willett 2013): ridges, branching valleys and rivers come
out of it by themselves. Everything is seeded.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geodata.crs import VN2000_107_45
from geodata.grid import Grid, Raster

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

ORIGIN_M = (436_500.0, 1_769_400.0)  # west and north edge, EPSG:5899
SHAPE = (520, 600)  # rows, columns: 46.8 km x 54 km
CELL_M = 90.0
_THETA = 0.42
_STEEPEST = 0.78
_STEPS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Terrain:
    """Heights with the drainage that made them, all on one grid.

    Parameters
    ----------
    elevation : metres.
    catchment_km2 : (rows, columns) area that drains through a cell.
    slope : (rows, columns) rise over run.
    abroad : (rows, columns) True where water runs west, out of the country: the border is the divide.
    """

    elevation: Raster
    catchment_km2: Floats
    slope: Floats
    abroad: Bools


@dataclass(frozen=True)
class _Tree:
    """A drainage tree: who receives a cell's water, how far away, and the cells ordered from outlets upstream."""

    receiver: Ints
    distance_m: Floats
    order: Ints
    starts: Ints


def noise(shape: tuple[int, int], length: float, rng: np.random.Generator) -> Floats:
    """Return smooth noise of mean 0 and standard deviation 1 with features ``length`` cells wide."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), length, mode="reflect")
    out: Floats = (field - field.mean()) / field.std()
    return out


def neighbour_graph(cost: Floats, cell_m: float) -> coo_array:
    """Return the 8-neighbour graph of a grid (n cells, n cells); an edge costs its length times its cells' mean."""
    rows, cols = cost.shape
    index = np.arange(rows * cols).reshape(rows, cols)
    heads, tails, weights = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = (slice(0, rows - dr), slice(max(0, -dc), cols - max(0, dc)))
        b = (slice(dr, rows), slice(max(0, dc), cols + min(0, dc)))
        heads.append(index[a].ravel())
        tails.append(index[b].ravel())
        weights.append(((cost[a] + cost[b]) / 2 * cell_m * np.hypot(dr, dc)).ravel())
    head, tail, weight = np.concatenate(heads), np.concatenate(tails), np.concatenate(weights)
    n = rows * cols
    return coo_array((np.tile(weight, 2), (np.r_[head, tail], np.r_[tail, head])), shape=(n, n)).tocsr()


def _tree(receiver: Ints, cols: int, cell_m: float) -> _Tree:
    """Order a receiver array (n,) from outlets upstream."""
    here = np.arange(receiver.size)
    depth = (receiver != here).astype(np.intp)
    jump = receiver.copy()
    while True:
        further = depth[jump]
        if not further.any():
            break
        depth += further
        jump = jump[jump]
    order = np.argsort(depth, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(depth))]
    step = np.hypot(receiver // cols - here // cols, receiver % cols - here % cols) * cell_m
    return _Tree(receiver, step, order, starts)


def _steepest(height: Floats, outlets: Ints, cell_m: float, chance: Floats) -> _Tree:
    """Return the tree in which every cell drains to a lower neighbour, the steepest after ``chance``.

    Chance (8, rows, columns) breaks the straight lines that eight directions would draw.
    """
    rows, cols = height.shape
    padded = np.pad(height, 1, constant_values=np.inf)
    best = np.zeros_like(height)
    receiver = np.arange(rows * cols).reshape(rows, cols)
    here = receiver.copy()
    for turn, (dr, dc) in enumerate(_STEPS):
        fall = (height - padded[1 + dr:1 + dr + rows, 1 + dc:1 + dc + cols]) / (cell_m * np.hypot(dr, dc))
        fall *= chance[turn]
        better = fall > best
        best[better] = fall[better]
        receiver[better] = here[better] + dr * cols + dc
    flat = receiver.ravel()
    flat[outlets] = outlets
    return _tree(flat, cols, cell_m)


def _cheapest(cost: Floats, outlets: Ints, cell_m: float) -> _Tree:
    """Return the tree of cheapest ways to an outlet: a first drainage without a single pit."""
    _, previous, _ = dijkstra(
        neighbour_graph(cost, cell_m), indices=outlets, min_only=True, return_predecessors=True
    )
    receiver = np.where(previous < 0, np.arange(cost.size), previous).astype(np.intp)
    return _tree(receiver, cost.shape[1], cell_m)


def _catchment(tree: _Tree, cell_m: float) -> Floats:
    """Return the area in m² that drains through every cell (n,)."""
    area = np.full(tree.receiver.size, cell_m**2)
    for level in range(tree.starts.size - 2, 0, -1):
        cells = tree.order[tree.starts[level]:tree.starts[level + 1]]
        np.add.at(area, tree.receiver[cells], area[cells])
    return area


def _rise(tree: _Tree, slope: Floats, base: Floats) -> Floats:
    """Integrate ``slope`` (n,) upstream from the outlets, which stand at ``base``."""
    height = base.copy()
    for level in range(1, tree.starts.size - 1):
        cells = tree.order[tree.starts[level]:tree.starts[level + 1]]
        height[cells] = height[tree.receiver[cells]] + slope[cells] * tree.distance_m[cells]
    return height


def _settle(
    tree: _Tree, steepness: Floats, outlets: Ints, base: Floats, cell_m: float, rounds: int, rng: np.random.Generator,
) -> Floats:
    """Repeat drainage -> area -> slope -> height until the landscape settles; return heights (rows, columns)."""
    height = np.empty(0)
    chance = np.exp(0.8 * rng.standard_normal((8, *steepness.shape)))
    for turn in range(rounds):
        if turn:
            tree = _steepest(height.reshape(steepness.shape), outlets, cell_m, chance)
        area = _catchment(tree, cell_m)
        slope = np.minimum(steepness.ravel() * area**-_THETA, _STEEPEST)
        height = _rise(tree, slope, base)
    return height.reshape(steepness.shape)


def _fractal(shape: tuple[int, int], roughness: float, rng: np.random.Generator) -> Floats:
    """Return fractal noise, mean 0, standard deviation 1, whose amplitude falls as wavelength^roughness."""
    rows, cols = (2 * n for n in shape)  # twice the size, so that opposite edges do not match
    wave = np.hypot(np.fft.fftfreq(rows)[:, None] * rows / cols, np.fft.rfftfreq(cols)[None, :])
    wave[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((rows, cols))) * wave**-roughness
    field = np.fft.irfft2(spectrum, s=(rows, cols))[: shape[0], : shape[1]]
    out: Floats = (field - field.mean()) / field.std()
    return out


def _outlets(shape: tuple[int, int]) -> tuple[Ints, Floats, Ints]:
    """Return cells where rivers leave, base heights (n,), and which of the outlets lie abroad (west edge)."""
    rows, cols = shape
    west = [int(rows * f) * cols for f in (0.10, 0.33, 0.62, 0.88)]
    east = [int(rows * f) * cols + cols - 1 for f in (0.40, 0.88)]
    base = np.zeros(rows * cols)
    base[west] = (460.0, 420.0, 440.0, 480.0)
    base[east] = (62.0, 74.0)
    return np.array(west + east), base, np.array(west)


def _east(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return how far east a cell lies (rows, columns), 0-1, bent so that nothing runs straight north."""
    rows, cols = shape
    along = np.linspace(0, 2 * np.pi, rows)[:, None]
    return np.linspace(0, 1, cols)[None, :] + 0.035 * np.sin(1.1 * along + 0.6) + 0.02 * noise(shape, rows / 12, rng)


def _steepness(east: Floats, rng: np.random.Generator) -> Floats:
    """Return ks (rows, columns): strong uplift along the border, softer hills in the east."""
    rows = east.shape[0]
    spine = np.exp(-(((east - 0.22) / 0.13) ** 2))
    inland = 1 / (1 + np.exp((east - 0.70) / 0.07))
    rock = np.exp(0.28 * noise(east.shape, rows / 12, rng) + 0.20 * noise(east.shape, rows / 60, rng))
    out: Floats = (8.5 + 17.0 * spine + 14.0 * inland) * rock
    return out


def _slides(height: Floats, rounds: int) -> Floats:
    """Let slopes steeper than rock stands slide down, which rounds the steps where two catchments meet."""
    for _ in range(rounds):
        padded = np.pad(height, 1, mode="edge")
        for dr, dc in _STEPS:
            beside = padded[1 + dr:1 + dr + height.shape[0], 1 + dc:1 + dc + height.shape[1]]
            height = np.minimum(height, beside + 0.7 * CELL_M * np.hypot(dr, dc))
    return height


def _floors(height: Floats, area_km2: Floats) -> Floats:
    """Widen the valleys of larger rivers into floors of up to some 450 m on either side."""
    river = area_km2 > 6.0  # noqa: PLR2004 - km² from which a stream has a floor
    distance, (row, col) = ndimage.distance_transform_edt(~river, sampling=CELL_M, return_indices=True)
    width = 70.0 * area_km2[row, col] ** 0.33
    floor = ndimage.gaussian_filter(height, 1.0)[row, col] + 0.025 * distance
    share = np.clip(1.6 - distance / width, 0.0, 1.0)
    return np.where(height > floor, share * floor + (1 - share) * height, height)


def make_terrain(rng: np.random.Generator) -> Terrain:
    """Return the district's terrain: some 60 to 1,900 m, border divide in the west, two rivers leaving eastwards."""
    half = (SHAPE[0] // 2, SHAPE[1] // 2)
    east = _east(half, rng)
    steep = _steepness(east, rng)
    outlets, base, _ = _outlets(half)
    first = 2.6 * np.exp(-(((east - 0.27) / 0.09) ** 2)) - 2.2 * east + 1.0 * _fractal(half, 1.45, rng)
    coarse = _settle(_cheapest(np.exp(6.0 * first), outlets, 2 * CELL_M), steep, outlets, base, 2 * CELL_M, 16, rng)

    steep = ndimage.zoom(steep, 2, order=1)
    outlets, base, west = _outlets(SHAPE)
    guide = ndimage.zoom(coarse, 2, order=1) + 4.0 * noise(SHAPE, 1.0, rng)
    tree = _cheapest(np.exp(guide / 30.0), outlets, CELL_M)
    height = _settle(tree, steep, outlets, base, CELL_M, 4, rng)

    height = _slides(height, 12)
    tree = _steepest(height, outlets, CELL_M, np.ones((8, 1, 1)))
    area_km2 = _catchment(tree, CELL_M).reshape(SHAPE) / 1e6
    root = tree.receiver.copy()
    while not np.array_equal(root, root[root]):
        root = root[root]
    abroad = np.isin(root, west).reshape(SHAPE)
    shaped = ndimage.gaussian_filter(_floors(height, area_km2), 0.7) + 1.5 * noise(SHAPE, 1.2, rng)
    grid = Grid(VN2000_107_45, Affine(CELL_M, 0, ORIGIN_M[0], 0, -CELL_M, ORIGIN_M[1]), SHAPE)
    north, east = np.gradient(shaped, CELL_M)
    return Terrain(
        elevation=Raster(np.round(shaped, 1).astype(np.float32), grid, "m", "elevation"),
        catchment_km2=area_km2, slope=np.hypot(north, east), abroad=abroad,
    )
