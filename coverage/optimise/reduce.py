"""Shrink a problem without changing its optimum: settle must-haves, merge demand, drop dominated options.

Demand points served by the same set of options are one class. Everything is brought to an order that depends
on option ids alone, so that shuffled rows give the same plan.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.optimise.problem import (
    MONEY_TOLERANCE,
    Problem,
    conflict_groups,
    covered_mask,
    resources,
)


@dataclass(frozen=True, eq=False)
class Core:
    """What is left to decide.

    Parameters
    ----------
    rows : (n_options, n_classes) csr: classes served by each option.
    columns : (n_classes, n_options) csr, its transpose.
    weight : (n_classes,) people of each class.
    used, limit : (n_options, k) and (k,) resources; row 0 is the budget, left over after the must-haves.
    length_m : (n_options,) backhaul length.
    groups : (n_groups, n_options) csr: sets of which at most one option is chosen.
    option : (n_options,) index of each option in the problem, ordered by option id.
    fixed : options of the problem already chosen (must-haves).
    unit : people come in whole multiples of this; 0 when they do not.
    """

    rows: Any
    columns: Any
    weight: NDArray[np.float64]
    used: NDArray[np.float64]
    limit: NDArray[np.float64]
    length_m: NDArray[np.float64]
    groups: Any
    option: NDArray[np.intp]
    fixed: tuple[int, ...]
    unit: float

    @property
    def n_options(self) -> int:
        """Number of options left."""
        return int(self.rows.shape[0])

    @property
    def n_classes(self) -> int:
        """Number of demand classes left."""
        return int(self.rows.shape[1])

    @property
    def cost(self) -> NDArray[np.float64]:
        """Outlay against the budget, (n_options,)."""
        return self.used[:, 0]


def people_unit(people: NDArray[np.float64]) -> float:
    """Return 1, 0.1, 0.01 or 0.001 when all people are whole multiples of it, else 0."""
    for unit, scale in ((1.0, 1.0), (0.1, 10.0), (0.01, 100.0), (0.001, 1000.0)):
        scaled = people * scale
        if np.abs(scaled - np.rint(scaled)).max(initial=0.0) <= 1e-9 * max(1.0, scaled.max(initial=0.0)):
            return unit
    return 0.0


def reduce(problem: Problem) -> Core:
    """Return the core of a problem: same optimum after the must-haves, fewer options and classes."""
    order = np.array(sorted(range(problem.n_options), key=lambda i: problem.option_ids[i]), dtype=np.intp)
    used, limit = resources(problem)
    required = list(problem.required)
    left = limit * (1 + MONEY_TOLERANCE) - used[required].sum(axis=0)
    allowed = np.ones(problem.n_options, bool)
    allowed[list(problem.forbidden)] = False
    allowed[required] = False
    groups = conflict_groups(problem)
    for group in groups:
        if set(group) & set(required):
            allowed[group] = False
    allowed &= (used <= left).all(axis=1)
    people = np.where(problem.served_before | covered_mask(problem, required), 0.0, problem.people)
    counted = np.flatnonzero(people > 0)
    option = order[allowed[order]]
    rows = problem.reach[option][:, counted]
    rows, weight = merge_classes(rows, people[counted])
    useful = np.diff(rows.indptr) > 0
    option, rows = option[useful], sp.csr_array(rows[useful])
    return Core(
        rows=rows, columns=sp.csr_array(rows.T), weight=weight, used=used[option], limit=np.maximum(left, 0.0),
        length_m=np.zeros(option.size) if problem.tie_length_m is None else problem.tie_length_m[option],
        groups=_group_rows(groups, option, problem.n_options), option=option, fixed=tuple(required),
        unit=people_unit(problem.people),
    )


def _group_rows(groups: list[list[int]], option: NDArray[np.intp], n_options: int) -> Any:
    """Return the groups as csr over the options left; groups of one are dropped."""
    place = np.full(n_options, -1, dtype=np.intp)
    place[option] = np.arange(option.size)
    kept = sorted({tuple(sorted(place[g][place[g] >= 0].tolist())) for g in groups})
    kept = [g for g in kept if len(g) > 1]
    indptr = np.cumsum([0, *(len(g) for g in kept)])
    indices = np.array([i for g in kept for i in g], dtype=np.int32)
    return sp.csr_array((np.ones(indices.size, np.uint8), indices, indptr), shape=(len(kept), option.size))


def option_keys(n_options: int) -> NDArray[np.uint64]:
    """Return one well-mixed 64-bit key per option rank (splitmix64)."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, n_options + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def merge_classes(rows: Any, people: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:
    """Merge demand served by the same options; return (n_options, n_classes) csr and the classes' people.

    Two different covering sets share a 64-bit signature with a chance of about n^2 / 2^65 (3e-6 at 10^7 points);
    the size of the set is compared as well.
    """
    n_options, n_demand = rows.shape
    signature = np.zeros(n_demand, dtype=np.uint64)
    keys = option_keys(n_options)
    with np.errstate(over="ignore"):
        for i in range(n_options):
            signature[rows.indices[rows.indptr[i]:rows.indptr[i + 1]]] += keys[i]
    reached = np.flatnonzero(signature)
    order = reached[np.lexsort((people[reached], signature[reached]))]  # equal sums whatever the row order
    first = np.flatnonzero(np.diff(signature[order], prepend=~signature[order[:1]]) != 0)
    weight = np.add.reduceat(people[order], first) if order.size else np.zeros(0)
    keeper = order[first]
    return sp.csr_array(rows[:, keeper]), weight
