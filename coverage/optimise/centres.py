"""Where p shared centres stand: least weighted travel (p-median) or the shortest longest way (p-center), proven.

Travel times or distances come as a table; ``inf`` = there is no way. Model: radius formulation (Cornuejols, Nemhauser
and Wolsey 1980; Elloumi 2010) in HiGHS, started from greedy with interchange (Teitz and Bart 1968).
"""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.centres_bound import dual_bound
from coverage.optimise.model import Linear, run

TIGHT = 1e-9  # relative: a bound this close to the value is met
CHOSEN = 0.5
PASSES = 50


@dataclass(frozen=True)
class Centres:
    """The centres chosen, who goes where, and the proof.

    Parameters
    ----------
    chosen : columns of the table, sorted.
    nearest : per row the chosen column it goes to (ties: the lowest); rows of weight 0 included.
    value : weighted sum (p-median) or the longest way of any row with weight (p-center), unit of the table.
    bound : no choice of p columns has a lower value (proven).
    gap : (value - bound) / value; 0 when both are 0.
    status : 'optimal', 'gap', 'time_limit' or 'cancelled'.
    mean, farthest : weighted mean and longest way of the rows with weight.
    """

    chosen: tuple[int, ...]
    nearest: tuple[int, ...]
    value: float
    bound: float
    gap: float
    status: str
    seconds: float
    mean: float
    farthest: float


def p_median(
    distance: ArrayLike, weights: ArrayLike, p: int, *, time_limit_s: float = 60.0, gap: float = 0.0, seed: int = 0,
    progress: Progress = silent,
) -> Centres:
    """Return the p columns with the least weighted sum of every row's way to the nearest of them.

    Parameters
    ----------
    distance : (n_demand, n_sites) ways, any unit; inf = no way.
    weights : (n_demand,) people; rows of weight 0 do not count.
    p : number of centres.

    Raises
    ------
    PlanError
        "centres_shape", "centres_number", "centres_value", "centres_far" where a row has no way to any column,
        "centres_few" where no p columns were found that every row has a way to.
    """
    begun = time.monotonic()
    way, weight = _checked(distance, weights, p)
    counted = np.flatnonzero(weight > 0)
    chosen, bound, ended = _median(way[counted], weight[counted], p, begun + time_limit_s, gap, seed, progress)
    value = _sum(way[counted], weight[counted], chosen)
    if not np.isfinite(value):
        raise _far(way[counted], counted, p)
    return _centres(way, weight, chosen, value, bound, gap, ended, begun)


def p_center(
    distance: ArrayLike, weights: ArrayLike, p: int, *, time_limit_s: float = 60.0, gap: float = 0.0, seed: int = 0,
    progress: Progress = silent,
) -> Centres:
    """Return the p columns with the shortest longest way of any row with weight; among those the least weighted sum.

    Parameters and errors as in ``p_median``. Weights decide who counts and break ties; they do not stretch ways.
    ``gap`` is that of the weighted sum, which comes last and whose proof is not told.
    """
    begun = time.monotonic()
    deadline = begun + time_limit_s
    way, weight = _checked(distance, weights, p)
    counted = np.flatnonzero(weight > 0)
    near, people = way[counted], weight[counted]
    radii = np.unique(near[np.isfinite(near)])
    best = _interchange(near, people, _greedy(near, people, p), farthest=True)
    low, high, ended = 0, int(np.searchsorted(radii, _longest(near, best))), "solved"
    if counted.size:  # nobody's way is shorter than to the nearest column
        low = int(np.searchsorted(radii, near.min(axis=1).max()))
    while low < high and ended == "solved":
        middle = (low + high) // 2 if high < radii.size else radii.size - 1
        found, ended = _cover(near <= radii[middle], p, deadline, seed, progress)
        if found is not None:
            best, high = found, int(np.searchsorted(radii, _longest(near, found)))
        elif ended == "solved":
            low = middle + 1
        if middle == radii.size - 1 and found is None and ended == "solved":
            break
    value = _longest(near, best)
    if not np.isfinite(value):
        raise _far(near, counted, p)
    bound = float(radii[min(low, radii.size - 1)]) if radii.size else 0.0
    if ended == "solved":
        inside = np.where(near <= value, near, np.inf)
        best, _, ended = _median(inside, people, p, deadline, gap, seed, progress, start=best)
    return _centres(way, weight, best, value, bound, 0.0, ended, begun)


def _checked(distance: ArrayLike, weights: ArrayLike, p: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    way, weight = np.asarray(distance, np.float64), np.asarray(weights, np.float64)
    if way.ndim != 2 or weight.shape != (way.shape[0],):  # noqa: PLR2004 - a table has rows and columns
        raise PlanError("centres_shape", found=way.shape, weights=weight.shape)
    if not 1 <= p <= way.shape[1]:
        raise PlanError("centres_number", p=p, count=way.shape[1])
    bad = np.argwhere(np.isnan(way) | (way < 0))
    if bad.size:
        raise PlanError("centres_value", row=int(bad[0][0]), value=float(way[tuple(bad[0])]), count=len(bad))
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if wrong.size:
        raise PlanError("centres_value", row=int(wrong[0]), value=float(weight[wrong[0]]), count=wrong.size)
    return way, weight


def _far(near: NDArray[np.float64], counted: NDArray[np.intp], p: int) -> PlanError:
    lost = np.flatnonzero(~np.isfinite(near).any(axis=1))
    if lost.size:
        return PlanError("centres_far", count=lost.size, row=int(counted[lost[0]]))
    return PlanError("centres_few", p=p)


def _sum(near: NDArray[np.float64], weight: NDArray[np.float64], chosen: tuple[int, ...]) -> float:
    return math.fsum(near[:, chosen].min(axis=1) * weight) if weight.size else 0.0


def _longest(near: NDArray[np.float64], chosen: tuple[int, ...]) -> float:
    return float(near[:, chosen].min(axis=1).max(initial=0.0))


def _centres(
    way: NDArray[np.float64], weight: NDArray[np.float64], chosen: tuple[int, ...], value: float, bound: float,
    gap: float, ended: str, begun: float,
) -> Centres:
    picked = tuple(sorted(chosen))
    bound = value if value - bound <= TIGHT * max(1.0, value) else bound
    share = (value - bound) / value if value > 0 else 0.0
    status = "cancelled" if ended == "cancelled" else "optimal" if share == 0 else "gap" if share <= gap else ended
    own = way[:, picked]
    total = math.fsum(weight)
    return Centres(
        picked, tuple(picked[k] for k in own.argmin(axis=1)), value, bound, share, status, time.monotonic() - begun,
        _sum(way[weight > 0], weight[weight > 0], picked) / total if total > 0 else 0.0,
        _longest(way[weight > 0], picked),
    )


def _greedy(near: NDArray[np.float64], weight: NDArray[np.float64], p: int) -> tuple[int, ...]:
    """Return p columns, each the one that helps most after the others; no way counts as a very long one."""
    finite = near[np.isfinite(near)]
    table = np.where(np.isfinite(near), near, 1e3 * max(1.0, finite.max(initial=0.0)))
    best = np.full(near.shape[0], np.inf)
    chosen: list[int] = []
    for _ in range(p):
        sums = weight @ np.minimum(table, best[:, None])
        sums[chosen] = np.inf
        chosen.append(int(np.argmin(sums)))
        best = np.minimum(best, table[:, chosen[-1]])
    return tuple(chosen)


def _interchange(
    near: NDArray[np.float64], weight: NDArray[np.float64], chosen: tuple[int, ...], *, farthest: bool = False
) -> tuple[int, ...]:
    """Swap one column for another as long as that helps."""
    finite = near[np.isfinite(near)]
    table = np.where(np.isfinite(near), near, 1e3 * max(1.0, finite.max(initial=0.0)))
    current = list(chosen)

    def score(columns: list[int]) -> float:
        own = table[:, columns].min(axis=1)
        return float(own.max(initial=0.0)) if farthest else float(weight @ own)

    value = score(current)
    for _ in range(PASSES):
        before = value
        for place in range(len(current)):
            rest = [c for k, c in enumerate(current) if k != place]
            base = table[:, rest].min(axis=1) if rest else np.full(near.shape[0], np.inf)
            own = np.minimum(table, base[:, None])
            sums = own.max(axis=0, initial=0.0) if farthest else weight @ own
            sums[rest] = np.inf
            swap = int(np.argmin(sums))
            if sums[swap] < value * (1 - 1e-12):
                current[place], value = swap, float(sums[swap])
        if value >= before:
            break
    return tuple(current)


def _median(
    near: NDArray[np.float64], weight: NDArray[np.float64], p: int, deadline: float, gap: float, seed: int,
    progress: Progress, start: tuple[int, ...] = (),
) -> tuple[tuple[int, ...], float, str]:
    """Return p columns, the proven lower bound of their weighted sum, and how it ended."""
    best = _interchange(near, weight, start or _greedy(near, weight, p))
    if start and _sum(near, weight, best) > _sum(near, weight, start):
        best = start
    if weight.size == 0:
        return best, 0.0, "solved"
    floor = math.fsum(near.min(axis=1) * weight)
    if not np.isfinite(floor):
        return best, floor, "solved"
    if progress("centres", 0, 2) is False:
        return best, floor, "cancelled"
    top = _sum(near, weight, best)
    if np.isfinite(top):
        dual = dual_bound(near, weight, p, best)
        if dual.value < top:
            best = _interchange(near, weight, dual.found)
            top = _sum(near, weight, best)
        if top - dual.bound <= max(gap * top, TIGHT * max(1.0, top)):
            return best, max(floor, dual.bound), "solved"
        kept = np.flatnonzero((dual.with_column <= top * (1 + TIGHT)) | np.isin(np.arange(near.shape[1]), best))
        if kept.size < near.shape[1]:     # no better choice holds one of the other columns
            place = {int(c): k for k, c in enumerate(kept.tolist())}
            inside, bound, ended = _finish(near[:, kept], weight, p, deadline, gap, seed, progress,
                                           tuple(place[c] for c in best))
            best = tuple(int(kept[k]) for k in inside)
            return best, max(dual.bound, floor, min(bound, _sum(near, weight, best))), ended
        best, bound, ended = _finish(near, weight, p, deadline, gap, seed, progress, best)
        return best, max(dual.bound, bound), ended
    return _finish(near, weight, p, deadline, gap, seed, progress, best)


def _finish(
    near: NDArray[np.float64], weight: NDArray[np.float64], p: int, deadline: float, gap: float, seed: int,
    progress: Progress, best: tuple[int, ...],
) -> tuple[tuple[int, ...], float, str]:
    """Return p columns, the bound of their weighted sum and how it ended, by the exact model started from ``best``."""
    # a row can be no farther than its way times weight filling all that the best plan has above the floor
    floor, top = math.fsum(near.min(axis=1) * weight), _sum(near, weight, best)
    slack = (top - floor) * (1 + TIGHT) + TIGHT if np.isfinite(top) else np.inf
    limit = near.min(axis=1) + slack / weight
    model, steps = _radius_model(near, weight, p, limit)
    point = np.concatenate([np.isin(np.arange(near.shape[1]), best).astype(float), _beyond(near, best, steps)])
    answer = run(model, start=point if np.isfinite(top) else None, deadline=deadline, relative_gap=gap, seed=seed,
                 stage="centres", progress=progress)
    if answer.point is not None:
        found = tuple(int(j) for j in np.flatnonzero(answer.point[:near.shape[1]] > CHOSEN))
        if len(found) == p and _sum(near, weight, found) < _sum(near, weight, best):
            best = found
    bound = max(floor, answer.bound + floor) if np.isfinite(answer.bound) else floor
    return best, bound, "solved" if answer.ended == "infeasible" else answer.ended


def _radius_model(
    near: NDArray[np.float64], weight: NDArray[np.float64], p: int, limit: NDArray[np.float64]
) -> tuple[Linear, list[tuple[int, float]]]:
    """Return the model less its floor, and per step column (row, radius): 1 when no centre is within the radius.

    z(i, k) + columns at exactly radius k >= z(i, k-1); past the limit of a row some centre must be near.
    """
    n_sites = near.shape[1]
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    low: list[float] = []
    cost: list[float] = []
    steps: list[tuple[int, float]] = []

    def add(row: int, column: int, value: float) -> None:
        rows.append(row)
        columns.append(column)
        values.append(value)

    for i in range(near.shape[0]):
        radii = np.unique(near[i][np.isfinite(near[i])])
        kept = max(1, int(np.searchsorted(radii, limit[i], side="right")))
        for k in range(kept):
            for site in np.flatnonzero(near[i] == radii[k]).tolist():
                add(len(low), site, 1.0)
            if k > 0:
                add(len(low), n_sites + len(steps) - 1, -1.0)
            if k + 1 < kept:
                add(len(low), n_sites + len(steps), 1.0)
                steps.append((i, float(radii[k])))
                cost.append(float(weight[i] * (radii[k + 1] - radii[k])))
            low.append(1.0 if k == 0 else 0.0)
    for site in range(n_sites):
        add(len(low), site, 1.0)
    matrix = sp.csr_array((values, (rows, columns)), shape=(len(low) + 1, n_sites + len(steps)))
    high = np.append(np.full(len(low), np.inf), float(p))
    objective = np.concatenate([np.zeros(n_sites), np.array(cost)])
    return Linear(objective, matrix, np.append(low, float(p)), high, np.ones(objective.size), n_sites), steps


def _beyond(near: NDArray[np.float64], chosen: tuple[int, ...], steps: list[tuple[int, float]]) -> NDArray[np.float64]:
    own = near[:, chosen].min(axis=1)
    return np.array([float(own[i] > radius) for i, radius in steps])


def _cover(
    within: NDArray[np.bool_], p: int, deadline: float, seed: int, progress: Progress
) -> tuple[tuple[int, ...] | None, str]:
    """Return p columns that cover every row, or None with 'solved' when there are none."""
    rows, n_sites = np.unique(within, axis=0), within.shape[1]
    matrix = sp.csr_array(rows.astype(np.float64))
    model = Linear(np.ones(n_sites), matrix, np.ones(len(rows)), np.full(len(rows), np.inf), np.ones(n_sites), n_sites)
    if not rows.any(axis=1).all():
        return None, "solved"
    answer = run(model, deadline=deadline, absolute_gap=1.0 - 1e-6, seed=seed, stage="centres", progress=progress)
    if answer.point is not None and answer.point.round().sum() <= p:
        chosen = [int(j) for j in np.flatnonzero(answer.point > CHOSEN)]
        chosen += [j for j in range(n_sites) if j not in chosen][:p - len(chosen)]
        return tuple(chosen), "solved"
    if answer.bound > p + 1e-6 or (answer.ended == "solved" and math.ceil(answer.bound - 1e-6) > p):
        return None, "solved"
    exact = replace(model, cost=np.zeros(n_sites), matrix=sp.csr_array(sp.vstack([matrix, np.ones((1, n_sites))])),
                    low=np.append(model.low, 0.0), high=np.append(model.high, p))
    answer = run(exact, deadline=deadline, seed=seed, stage="centres", progress=progress)
    if answer.point is not None:
        chosen = [int(j) for j in np.flatnonzero(answer.point > CHOSEN)]
        chosen += [j for j in range(n_sites) if j not in chosen][:p - len(chosen)]
        return tuple(chosen), "solved"
    return None, "solved" if answer.ended == "infeasible" else answer.ended
