"""Seeded siting instances: people in valleys, irregular footprints, several technologies per site.

``make_instance(5, 1000)`` is i5_1000: 10^5 populated 100 m cells and 1,000 sites with two or three options each.
"""

import numpy as np
import scipy.sparse as sp

from coverage.optimise.problem import Problem

CELL_KM = 0.1
POPULATED_SHARE = 0.15  # of all cells; the rest is forest and ridge
BUDGET_SHARE = 0.10  # of the price of all options


def _terrain(x_km, y_km, rng):
    """Rough heights (unit-free): a sum of random waves, long ones strongest."""
    height = np.zeros_like(x_km)
    for wavelength, weight in ((25.0, 1.0), (12.0, 0.6), (6.0, 0.4), (3.0, 0.25), (1.5, 0.12)):
        for _ in range(6):
            angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
            height += weight * np.sin(2 * np.pi / wavelength * (x_km * np.cos(angle) + y_km * np.sin(angle)) + phase)
    return height


def _populated_cells(count, rng):
    """Return x, y (km), people and depth (0..1) of ``count`` cells, in the valleys of a square of fitting size."""
    side = int(np.ceil(np.sqrt(count / POPULATED_SHARE)))
    column, row = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
    x, y = column.ravel() * np.float32(CELL_KM), row.ravel() * np.float32(CELL_KM)
    height = _terrain(x, y, rng)
    chosen = np.sort(np.argpartition(height, count)[:count])
    people = rng.geometric(0.25, count).astype(float)
    rank = np.empty(count)
    rank[np.argsort(_terrain(x[chosen] * 3, y[chosen] * 3, rng), kind="stable")] = np.linspace(0.0, 1.0, count)
    return x[chosen], y[chosen], people, rank


def _shadows(rng):
    """Return, for each of 96 directions, how far (share of the radius) a ridge lets through, and a far slope seen."""
    blocked = np.clip(rng.beta(1.1, 1.6, 96) + 0.1, 0.1, 1.0)
    slope = rng.uniform(0.3, 1.0, 96)
    return blocked, slope, slope + np.where(rng.random(96) < 0.4, rng.uniform(0.02, 0.2, 96), 0.0)


def _footprint(x, y, depth, centre, radius_km, shadows):
    """Return which cells are served: up to the first ridge of their direction, and far slopes beyond it."""
    dx, dy = x - centre[0], y - centre[1]
    share = np.hypot(dx, dy) / radius_km
    sector = ((np.arctan2(dy, dx) + np.pi) / (2 * np.pi) * 96).astype(np.int64) % 96
    blocked, near_slope, far_slope = (part[sector] for part in shadows)
    seen = (share <= blocked) | ((share > near_slope) & (share < far_slope))
    return seen & (share <= 1.0 - 0.92 * depth)  # a deep valley sees only what stands close


def make_instance(power: int, n_sites: int, *, seed: int = 1, budget_share: float = BUDGET_SHARE) -> Problem:
    """Return instance i<power>_<n_sites>: 10^power cells."""
    rng = np.random.default_rng([seed, power, n_sites])
    x, y, people, depth = _populated_cells(10**power, rng)
    sites = rng.choice(x.size, n_sites, replace=False)
    bin_km = 4.0
    bins = (y // bin_km).astype(np.int64) * 10_000 + (x // bin_km).astype(np.int64)
    order = np.argsort(bins, kind="stable")
    starts = bins[order]
    indices, counts, cost, site, ids = [], [], [], [], []
    for number, cell in enumerate(sites):
        centre = (x[cell], y[cell])
        big = rng.uniform(2.5, 10.0)
        shadows = _shadows(rng)
        near = _near(centre, big, starts, order, bin_km)
        price = rng.uniform(3000, 6000)
        for kind in range(int(rng.integers(2, 4))):
            share = (1.0, 0.55, 0.25)[kind]
            radius = max(1.5, big * share)
            inside = near[_footprint(x[near], y[near], depth[near], centre, radius, shadows)]
            indices.append(np.sort(inside).astype(np.int32))
            counts.append(inside.size)
            cost.append(np.round(price * (1.0, 0.6, 0.25)[kind] * rng.uniform(0.9, 1.1), 0))
            site.append(number)
            ids.append(f"s{number:05d}-{kind}")
    indptr = np.cumsum([0, *counts])
    flat = np.concatenate(indices)
    reach = sp.csr_array((np.ones(flat.size, bool), flat, indptr), shape=(len(cost), x.size))
    return Problem(
        reach=reach, people=people, cost_mvnd=np.array(cost), site=np.array(site), option_ids=tuple(ids),
        budget_mvnd=float(np.round(budget_share * np.sum(cost))), served_before=np.zeros(x.size, bool),
    )


def _near(centre, radius_km, starts, order, bin_km):
    """Return the cells in the bins that a disc touches."""
    parts = []
    x0, x1 = int((centre[0] - radius_km) // bin_km), int((centre[0] + radius_km) // bin_km)
    for row in range(int((centre[1] - radius_km) // bin_km), int((centre[1] + radius_km) // bin_km) + 1):
        low, high = np.searchsorted(starts, [row * 10_000 + max(x0, 0), row * 10_000 + x1 + 1])
        if row >= 0:
            parts.append(order[low:high])
    return np.concatenate(parts)
