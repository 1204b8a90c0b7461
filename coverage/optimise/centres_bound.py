"""A lower bound on the weighted sum of p centres without a solver, and the columns that cannot be in a better choice.

Lagrangian dual of the p-median (Cornuejols, Fisher and Nemhauser 1977): every row pays at most its multiplier; the p
columns that save most give the bound. Multipliers by subgradient steps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 600
STALLED = 20        # rounds without a better bound before the step is halved
SAFE = 1e-11        # relative: the rounding of sums never makes a bound too high


@dataclass(frozen=True, eq=False)
class Dual:
    """What the multipliers prove.

    Parameters
    ----------
    bound : no p columns have a lower weighted sum. with_column : (n_sites,) nor have those that hold the column.
    found : the best p columns met on the way, and their sum.
    """

    bound: float
    with_column: NDArray[np.float64]
    found: tuple[int, ...]
    value: float


def dual_bound(
    near: NDArray[np.float64], weight: NDArray[np.float64], p: int, chosen: tuple[int, ...], *, rounds: int = ROUNDS,
) -> Dual:
    """Return the bound for rows that all have a way to the columns ``chosen``; inf = no way."""
    cost = near * weight[:, None]
    multiplier = cost[:, chosen].min(axis=1)
    found, value = chosen, float(multiplier.sum())
    bound, with_column, scale, stalled = -np.inf, np.full(near.shape[1], -np.inf), 1.0, 0
    for _ in range(rounds):
        saved = np.minimum(cost - multiplier[:, None], 0.0).sum(axis=0)
        order = np.argsort(saved, kind="stable")
        picked = order[:p]
        now = float(multiplier.sum() + saved[picked].sum())
        now -= SAFE * abs(now)
        with_column = np.maximum(with_column, now + np.maximum(0.0, saved - saved[picked[-1]]))
        total = float(cost[:, picked].min(axis=1).sum())
        if total < value:
            found, value = tuple(sorted(picked.tolist())), total
        stalled = 0 if now > bound else stalled + 1
        bound = max(bound, now)
        if stalled >= STALLED:
            scale, stalled = scale / 2.0, 0
        slope = 1.0 - (cost[:, picked] < multiplier[:, None]).sum(axis=1)
        norm = float(slope @ slope)
        if norm == 0 or value - bound <= SAFE * max(1.0, value) or scale < SAFE:
            break
        multiplier = np.maximum(0.0, multiplier + scale * (value - now) / norm * slope)
    return Dual(bound, with_column, found, value)
