"""What is to be chosen, and what was chosen: ``Problem`` and ``Selection``, frozen and checked."""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from coverage.errors import PlanError

MONEY_TOLERANCE = 1e-10  # relative: a plan may pass a ceiling by the rounding of a sum, never by a price
STATUSES = ("optimal", "gap", "time_limit", "cancelled")


@dataclass(frozen=True, eq=False)
class Problem:
    """A budgeted choice of options, at most one per site.

    Parameters
    ----------
    reach : (n_options, n_demand) sparse; non-zero where the option serves the demand point.
    people : (n_demand,) people that count; 0 for a point that is not eligible.
    cost_mvnd : (n_options,) State outlay counted against the budget, million VND.
    site : (n_options,) candidate site of each option; at most one option per site is chosen.
    option_ids : (n_options,) stable ids, unique; ties are broken by them.
    budget_mvnd : the ceiling of the whole outlay, million VND; may be infinite.
    served_before : (n_demand,) points served without any option; they never count as gained.
    required, forbidden : option indices that must, or must not, be chosen.
    exclusive : groups of sites; at most one option of each group is chosen.
    tie_length_m : (n_options,) backhaul length, the third objective; None = 0.
    outlay_mvnd, ceilings_mvnd : (n_options, n_years) and (n_years,) yearly outlay and its ceilings.

    Raises
    ------
    PlanError
        When a value makes no sense: the code says which, the values say where.
    """

    reach: Any
    people: NDArray[np.float64]
    cost_mvnd: NDArray[np.float64]
    site: NDArray[np.intp]
    option_ids: tuple[str, ...]
    budget_mvnd: float
    served_before: NDArray[np.bool_]
    required: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    exclusive: tuple[tuple[int, ...], ...] = ()
    tie_length_m: NDArray[np.float64] | None = None
    outlay_mvnd: NDArray[np.float64] | None = None
    ceilings_mvnd: NDArray[np.float64] | None = field(default=None)

    def __post_init__(self) -> None:
        _freeze(self)
        check(self)

    @property
    def n_options(self) -> int:
        """Number of options."""
        return int(self.reach.shape[0])

    @property
    def n_demand(self) -> int:
        """Number of demand points."""
        return int(self.reach.shape[1])


@dataclass(frozen=True)
class Selection:
    """The options chosen, in build order, with the proof.

    Parameters
    ----------
    chosen : option indices, sorted by option id.
    order : the same indices in build order: most new people per money first.
    value : people gained, computed from scratch.
    cost_mvnd : State outlay of the chosen options.
    bound : no plan of the same problem gains more people than this (proven).
    gap : (bound - value) / bound; 0 when both are 0.
    status : 'optimal' (bound met), 'gap' (the gap asked for is met), 'time_limit' or 'cancelled'.
    seconds : wall time.
    cost_proven : no plan of the same value is cheaper (proven).
    """

    chosen: tuple[int, ...]
    order: tuple[int, ...]
    value: float
    cost_mvnd: float
    bound: float
    gap: float
    status: str
    seconds: float
    cost_proven: bool = False


def _freeze(problem: Problem) -> None:
    """Bring every field to its type and make the arrays read-only (copies only where the type differs)."""

    def put(name: str, value: object) -> None:
        object.__setattr__(problem, name, value)

    def array(name: str, kind: type) -> None:
        value = getattr(problem, name)
        if value is not None:
            view: NDArray[Any] = np.asarray(value, dtype=kind).view()
            view.flags.writeable = False
            put(name, view)

    reach = sp.csr_array(problem.reach)
    if not reach.has_canonical_format or (reach.nnz and not reach.data.all()):
        reach = reach.copy()
        reach.sum_duplicates()
        reach.eliminate_zeros()
    put("reach", reach)
    for name in ("people", "cost_mvnd", "tie_length_m", "outlay_mvnd", "ceilings_mvnd"):
        array(name, np.float64)
    array("site", np.intp)
    array("served_before", np.bool_)
    put("option_ids", tuple(str(i) for i in problem.option_ids))
    put("budget_mvnd", float(problem.budget_mvnd))
    put("required", tuple(sorted({int(i) for i in problem.required})))
    put("forbidden", tuple(sorted({int(i) for i in problem.forbidden})))
    put("exclusive", tuple(tuple(sorted({int(s) for s in group})) for group in problem.exclusive))


def _expect_shape(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if found != expected:
        raise PlanError("plan_shape", name=name, found=found, expected=expected)


def _expect_prices(name: str, values: NDArray[np.float64], ids: tuple[str, ...]) -> None:
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise PlanError("plan_price", name=name, option=ids[row], row=row, value=values[row], count=int(bad.sum()))


def check(problem: Problem) -> None:
    """Raise PlanError where a value of the problem makes no sense."""
    n_options, n_demand = problem.reach.shape
    _expect_shape("option_ids", (len(problem.option_ids),), (n_options,))
    for name, length in (("cost_mvnd", n_options), ("site", n_options), ("tie_length_m", n_options),
                         ("people", n_demand), ("served_before", n_demand)):
        value = getattr(problem, name)
        if value is not None:
            _expect_shape(name, value.shape, (length,))
    if len(set(problem.option_ids)) != n_options:
        seen: set[str] = set()
        twice = next(i for i in problem.option_ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise PlanError("plan_option_id_twice", option=twice)
    _expect_prices("cost_mvnd", problem.cost_mvnd, problem.option_ids)
    if problem.tie_length_m is not None:
        _expect_prices("tie_length_m", problem.tie_length_m, problem.option_ids)
    if math.isnan(problem.budget_mvnd) or problem.budget_mvnd < 0:
        raise PlanError("plan_budget", value=problem.budget_mvnd)
    bad = ~(np.isfinite(problem.people) & (problem.people >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise PlanError("plan_people", row=row, value=problem.people[row], count=int(bad.sum()))
    for name in ("required", "forbidden"):
        for index in getattr(problem, name):
            if not 0 <= index < n_options:
                raise PlanError("plan_index", name=name, value=index, count=n_options)
    _check_years(problem)
    _check_required(problem)


def _check_years(problem: Problem) -> None:
    if (problem.outlay_mvnd is None) != (problem.ceilings_mvnd is None):
        raise PlanError("plan_years_half")
    if problem.outlay_mvnd is None or problem.ceilings_mvnd is None:
        return
    ceilings = problem.ceilings_mvnd
    _expect_shape("ceilings_mvnd", ceilings.shape, (ceilings.size,))
    _expect_shape("outlay_mvnd", problem.outlay_mvnd.shape, (problem.n_options, ceilings.size))
    _expect_prices("outlay_mvnd", problem.outlay_mvnd, problem.option_ids)
    for value in ceilings:
        if math.isnan(value) or value < 0:
            raise PlanError("plan_budget", value=float(value))


def _check_required(problem: Problem) -> None:
    """Must-haves must fit together: not forbidden, one per site and group, within the money."""
    if not problem.required:
        return
    both = set(problem.required) & set(problem.forbidden)
    if both:
        raise PlanError("plan_required_forbidden", option=problem.option_ids[min(both)])
    for options in conflict_groups(problem):
        hits = [i for i in options if i in set(problem.required)]
        if len(hits) > 1:
            raise PlanError("plan_required_conflict", option=problem.option_ids[hits[0]],
                            other=problem.option_ids[hits[1]])
    if not affordable(problem, problem.required):
        raise PlanError("plan_required_money", cost=plan_cost(problem, problem.required),
                        budget=problem.budget_mvnd, options=", ".join(problem.option_ids[i] for i in problem.required))


def conflict_groups(problem: Problem) -> list[list[int]]:
    """Return the sets of options of which at most one may be chosen (two or more members each)."""
    by_site: dict[int, list[int]] = {}
    for option, site in enumerate(problem.site.tolist()):
        by_site.setdefault(site, []).append(option)
    groups = list(by_site.values())
    groups += [[o for s in sites for o in by_site.get(s, ())] for sites in problem.exclusive]
    return [sorted(g) for g in groups if len(g) > 1]


def resources(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what options use, (n_options, k), and what there is, (k,): budget first, then the years."""
    used = problem.cost_mvnd[:, None]
    limit = np.array([problem.budget_mvnd])
    if problem.outlay_mvnd is not None and problem.ceilings_mvnd is not None:
        used = np.hstack([used, problem.outlay_mvnd])
        limit = np.append(limit, problem.ceilings_mvnd)
    return used, limit


def affordable(problem: Problem, chosen: Iterable[int]) -> bool:
    """Tell whether the options fit the budget and every yearly ceiling."""
    used, limit = resources(problem)
    rows = used[np.fromiter(chosen, np.intp)]
    return all(
        math.fsum(rows[:, k]) <= limit[k] * (1 + MONEY_TOLERANCE) for k in range(limit.size)
    )


def feasible(problem: Problem, chosen: Iterable[int]) -> bool:
    """Tell whether the options respect money, sites, groups, must-haves and bans."""
    picked = {int(i) for i in chosen}
    return (
        picked >= set(problem.required)
        and not picked & set(problem.forbidden)
        and all(len(picked.intersection(group)) <= 1 for group in conflict_groups(problem))
        and affordable(problem, sorted(picked))
    )


def plan_cost(problem: Problem, chosen: Iterable[int]) -> float:
    """Return the State outlay of the options, million VND; the sum does not depend on their order."""
    return math.fsum(problem.cost_mvnd[i] for i in chosen)


def plan_length(problem: Problem, chosen: Iterable[int]) -> float:
    """Return the backhaul length of the options, metres."""
    return 0.0 if problem.tie_length_m is None else math.fsum(problem.tie_length_m[i] for i in chosen)


def covered_mask(problem: Problem, chosen: Iterable[int]) -> NDArray[np.bool_]:
    """Return (n_demand,) True where one of the options serves the point (before or not)."""
    mask = np.zeros(problem.n_demand, bool)
    for i in chosen:
        mask[points_of(problem, i)] = True
    return mask


def points_of(problem: Problem, option: int) -> NDArray[np.integer[Any]]:
    """Return the demand points that an option serves."""
    reach = problem.reach
    points: NDArray[np.integer[Any]] = reach.indices[reach.indptr[option]:reach.indptr[option + 1]]
    return points


def total(values: NDArray[np.float64]) -> float:
    """Return a sum that does not depend on the order of the values."""
    whole = np.rint(values)
    return float(whole.sum()) if np.array_equal(whole, values) else math.fsum(values)


def covered_people(problem: Problem, chosen: Iterable[int]) -> float:
    """Return the people gained by the options, from scratch: served by one of them and not before."""
    gained = covered_mask(problem, chosen) & ~problem.served_before
    return total(problem.people[gained])


def build_order(problem: Problem, chosen: Iterable[int]) -> tuple[int, ...]:
    """Return the options in build order: most new people per money first, ties by id; free ones lead."""
    open_people = np.where(problem.served_before, 0.0, problem.people)

    def entry(option: int, turn: int) -> tuple[float, str, int, int]:
        gain = float(open_people[points_of(problem, option)].sum())
        cost = float(problem.cost_mvnd[option])
        # nine digits: the order of the points in the sum must not decide
        rate = float(f"{gain / cost:.9g}") if cost > 0 else math.inf
        return -rate, problem.option_ids[option], option, turn

    heap = [entry(int(i), 0) for i in chosen]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        _, _, option, turn = heapq.heappop(heap)
        if turn < len(order):  # its gain may have shrunk since it was counted
            heapq.heappush(heap, entry(option, len(order)))
            continue
        open_people[points_of(problem, option)] = 0.0
        order.append(option)
    return tuple(order)


def make_selection(
    problem: Problem, chosen: Iterable[int], bound: float, status: str, seconds: float, *, cost_proven: bool = False
) -> Selection:
    """Build the Selection of the chosen options, with value and cost from scratch."""
    picked = tuple(sorted({int(i) for i in chosen}, key=lambda i: problem.option_ids[i]))
    value = covered_people(problem, picked)
    bound = max(bound, value)
    gap = (bound - value) / bound if bound > 0 else 0.0
    if status in ("optimal", "gap"):
        status = "optimal" if gap == 0 else "gap"
    return Selection(picked, build_order(problem, picked), value, plan_cost(problem, picked), bound, gap, status,
                     seconds, cost_proven)


def sparse_rows(rows: ArrayLike) -> Any:
    """Return a dense 0/1 table as the sparse reach that Problem takes."""
    return sp.csr_array(np.asarray(rows, dtype=np.uint8))
