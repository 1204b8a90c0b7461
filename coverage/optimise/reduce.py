# ruff: noqa: ANN001, ANN202 - numba infers the types of the kernels
"""Shrink a problem without changing its optimum: settle must-haves, merge demand, drop dominated options.

Demand points served by the same set of options are one class. Everything is brought to an order that depends on
option ids alone, so that shuffled rows give the same plan. Merging and dominance: Chen et al. (EJOR 2023).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray

from coverage.optimise.problem import MONEY_TOLERANCE, Problem, conflict_groups, covered_mask, resources


@dataclass(frozen=True, eq=False)
class Core:
    """What is left to decide.

    Parameters
    ----------
    rows : (n_options, n_classes) csr: classes served by each option.
    columns : (n_classes, n_options) csr, its transpose.
    weight : (n_classes,) people of each class.
    zone : (n_classes,) what must not be merged (a commune with a floor, a year); 0 throughout without such.
    used, limit : (n_options, k) and (k,) resources; the first is the budget, left over after the must-haves.
    length_m : (n_options,) backhaul length.
    groups : (n_groups, n_options) csr: sets of which at most one option is chosen.
    option : (n_options,) index of each option in the problem, ordered by option id.
    fixed : options of the problem already chosen.
    gained : people of the classes that the fixed options serve and that were counted here before (``restrict``).
    unit : people come in whole multiples of this; 0 when they do not.
    """

    rows: Any
    columns: Any
    weight: NDArray[np.float64]
    zone: NDArray[np.int32]
    used: NDArray[np.float64]
    limit: NDArray[np.float64]
    length_m: NDArray[np.float64]
    groups: Any
    option: NDArray[np.intp]
    fixed: tuple[int, ...]
    gained: float
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


def reduce(problem: Problem, zone: NDArray[np.int32] | None = None) -> Core:
    """Return the core of a problem: same optimum after the must-haves, fewer options and classes.

    Parameters
    ----------
    zone : (n_demand,) points of different zones are never merged; None = all may be.
    """
    order = np.array(sorted(range(problem.n_options), key=lambda i: problem.option_ids[i]), dtype=np.intp)
    used, limit = resources(problem)
    required = list(problem.required)
    left = np.maximum(limit * (1 + MONEY_TOLERANCE) - used[required].sum(axis=0), 0.0)
    allowed = np.ones(problem.n_options, bool)
    allowed[list(problem.forbidden)] = False
    allowed[required] = False
    groups = conflict_groups(problem)
    for group in groups:
        if set(group) & set(required):
            allowed[group] = False
    allowed &= (used <= left).all(axis=1)
    people = np.where(problem.served_before | covered_mask(problem, required), 0.0, problem.people)
    option = order[allowed[order]]
    zone = np.zeros(problem.n_demand, np.int32) if zone is None else zone
    rows, weight, zone, _ = merge_classes(problem.reach.indptr, problem.reach.indices, option, people, zone)
    length = np.zeros(problem.n_options) if problem.tie_length_m is None else problem.tie_length_m
    core = Core(
        rows=rows, columns=None, weight=weight, zone=zone, used=used[option], limit=left, length_m=length[option],
        groups=_group_rows(groups, option, problem.n_options), option=option, fixed=tuple(required), gained=0.0,
        unit=people_unit(problem.people),
    )
    return drop_dominated(_keep(core, np.diff(rows.indptr) > 0))


def _keep(core: Core, keep: NDArray[np.bool_]) -> Core:
    """Return the core with some options only; classes that nobody serves any more stay out of ``columns``' care."""
    rows = core.rows if keep.all() else sp.csr_array(core.rows[keep])
    groups = sp.csr_array(core.groups[:, keep])
    groups = sp.csr_array(groups[np.diff(groups.indptr) > 1])
    return replace(
        core, rows=rows, columns=sp.csr_array(rows.T), used=core.used[keep], length_m=core.length_m[keep],
        groups=groups, option=core.option[keep],
    )


def restrict(core: Core, out: NDArray[np.bool_], into: NDArray[np.bool_]) -> tuple[Core, NDArray[np.int64]]:
    """Return the core once options ``into`` are chosen and ``out`` given up, and where each class went (-1: nowhere).

    Options that no longer fit the money or the groups go as well.
    """
    limit = np.maximum(core.limit - core.used[into].sum(axis=0), 0.0)
    blocked = np.asarray(core.groups.T @ (core.groups @ into.astype(np.float64)) > 0).ravel()
    keep = ~(out | into | blocked) & (core.used <= limit * (1 + MONEY_TOLERANCE)).all(axis=1)
    served = np.asarray(core.columns @ into.astype(np.float64) > 0).ravel()
    weight = np.where(served, 0.0, core.weight)
    rows, merged, zone, label = merge_classes(
        core.rows.indptr, core.rows.indices, np.flatnonzero(keep), weight, core.zone)
    groups = sp.csr_array(core.groups[:, keep])
    groups = sp.csr_array(groups[np.diff(groups.indptr) > 1])
    small = Core(
        rows=rows, columns=None, weight=merged, zone=zone, used=core.used[keep], limit=limit,
        length_m=core.length_m[keep], groups=groups, option=core.option[keep],
        fixed=(*core.fixed, *(int(i) for i in core.option[into])),
        gained=core.gained + float(core.weight[served].sum()), unit=core.unit,
    )
    return _keep(small, np.diff(rows.indptr) > 0), label


def _group_rows(groups: list[list[int]], option: NDArray[np.intp], n_options: int) -> Any:
    """Return the groups as csr over the options left; groups of one are dropped."""
    place = np.full(n_options, -1, dtype=np.intp)
    place[option] = np.arange(option.size)
    found = sorted({tuple(sorted(place[g][place[g] >= 0].tolist())) for g in groups})
    kept = [g for g in found if len(g) > 1]
    indptr = np.cumsum([0, *(len(g) for g in kept)])
    indices = np.array([i for g in kept for i in g], dtype=np.int32)
    return sp.csr_array((np.ones(indices.size, np.float64), indices, indptr), shape=(len(kept), option.size))


def _option_keys(n_options: int) -> NDArray[np.uint64]:
    """Return one well-mixed 64-bit key per option rank (splitmix64)."""
    with np.errstate(over="ignore"):
        z = np.arange(1, n_options + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


@njit(cache=True, nogil=True)
def _sign(start, cls, options, keys, weight, signature, first):  # type: ignore[no-untyped-def]
    """Add up the keys of the options that serve each counted point; note the first such option."""
    for r in range(options.size):
        for a in range(start[options[r]], start[options[r] + 1]):
            i = cls[a]
            if weight[i] > 0:
                signature[i] += keys[r]
                if first[i] < 0:
                    first[i] = r


@njit(cache=True, nogil=True)
def _relabel(start, cls, options, label, new_start, new_class):  # type: ignore[no-untyped-def]
    """Write each option's kept classes under their new names, sorted; with an empty ``new_class`` only count."""
    at = 0
    for r in range(options.size):
        for a in range(start[options[r]], start[options[r] + 1]):
            if label[cls[a]] >= 0:
                if new_class.size:
                    new_class[at] = label[cls[a]]
                at += 1
        new_start[r + 1] = at
        if new_class.size:
            new_class[new_start[r]:at].sort()


def merge_classes(
    start: NDArray[Any], cls: NDArray[Any], options: NDArray[np.intp], weight: NDArray[np.float64],
    zone: NDArray[np.int32],
) -> tuple[Any, NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]:
    """Merge points of one zone served by the same ``options``; return rows (csr), weight, zone, label of each point.

    Points without weight or without an option get the label -1. Two different sets share a 64-bit signature with a
    chance of about n^2 / 2^65 (3e-6 at 10^7 points).
    """
    signature, first = np.zeros(weight.size, np.uint64), np.full(weight.size, -1, np.int32)
    _sign(start, cls, options, _option_keys(options.size), weight, signature, first)
    points = np.flatnonzero(first >= 0)
    whole = bool(np.array_equal(np.rint(weight), weight))  # whole people add up the same in any order
    keys = (signature[points], zone[points], first[points])
    order = points[np.lexsort(keys if whole else (weight[points], *keys))]
    same = (signature[order[1:]] == signature[order[:-1]]) & (zone[order[1:]] == zone[order[:-1]])
    heads = np.flatnonzero(np.append([True], ~same)) if order.size else np.zeros(0, np.intp)
    merged = np.add.reduceat(weight[order], heads) if order.size else np.zeros(0)
    label = np.full(weight.size, -1, np.int64)
    label[order[heads]] = np.arange(heads.size)
    new_start = np.zeros(options.size + 1, np.int64)
    _relabel(start, cls, options, label, new_start, np.zeros(0, np.int32))
    new_class = np.empty(new_start[-1], np.int32)
    if new_class.size:
        _relabel(start, cls, options, label, new_start, new_class)
    rows = sp.csr_array((np.ones(new_class.size, np.bool_), new_class, new_start),
                        shape=(options.size, heads.size))
    label[order] = np.repeat(np.arange(heads.size), np.diff(np.append(heads, order.size)))
    return rows, merged, zone[order[heads]], label


@njit(cache=True, nogil=True)
def _dominated(start, cls, col_start, col_option, used, length, group_start, group_of):  # type: ignore[no-untyped-def]
    """Mark options that another one can always stand in for: serves all, uses no more, blocks no more."""
    n = start.size - 1
    dead, stamp = np.zeros(n, np.bool_), np.full(col_start.size - 1, -1, np.int64)
    for b in range(n):
        size, rare, least = start[b + 1] - start[b], -1, 1 << 60
        for a in range(start[b], start[b + 1]):
            stamp[cls[a]] = b
            degree = col_start[cls[a] + 1] - col_start[cls[a]]
            if degree < least:
                rare, least = cls[a], degree
        for p in range(col_start[rare], col_start[rare + 1]):
            o = col_option[p]
            if o == b or dead[o] or start[o + 1] - start[o] < size or length[o] > length[b]:
                continue
            fine, equal = True, length[o] == length[b] and start[o + 1] - start[o] == size
            for k in range(used.shape[1]):
                fine = fine and used[o, k] <= used[b, k]
                equal = equal and used[o, k] == used[b, k]
            for g in range(group_start[o], group_start[o + 1]):
                shared = False
                for h in range(group_start[b], group_start[b + 1]):
                    shared = shared or group_of[g] == group_of[h]
                fine = fine and shared
            if not fine or (equal and o > b and group_start[o + 1] - group_start[o] == (
                    group_start[b + 1] - group_start[b])):
                continue
            hit = 0
            for a in range(start[o], start[o + 1]):
                hit += stamp[cls[a]] == b
            if hit == size:
                dead[b] = True
                break
    return dead


def drop_dominated(core: Core) -> Core:
    """Return the core without options that another can always stand in for; of two equals the first id stays.

    Option o stands in for b when it serves every class of b, uses no more of any resource, has no longer backhaul
    and belongs to no group that b is not in: then b can be swapped for o in any plan, or dropped where o is there.
    """
    if core.n_options == 0:
        return core
    member = core.groups.T.tocsr()
    dead = _dominated(
        core.rows.indptr.astype(np.int64), core.rows.indices.astype(np.int32), core.columns.indptr.astype(np.int64),
        core.columns.indices.astype(np.int32), np.ascontiguousarray(core.used), core.length_m,
        member.indptr.astype(np.int64), member.indices.astype(np.int32),
    )
    return _keep(core, ~dead) if dead.any() else core
