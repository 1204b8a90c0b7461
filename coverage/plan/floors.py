"""Fair to the border: every border commune gets at least a share of its people served, as far as that can be done."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.floors import FloorPlan, needed_people
from coverage.plan.budgets import Plan
from coverage.plan.case import Case, Figures, agree, asked, figures, site_frame
from coverage.plan.floors_linked import linked_floors
from coverage.scenario import Scenario


@dataclass(frozen=True)
class FloorRow:
    """One border commune; people are those whose signal is known.

    Parameters
    ----------
    share_before, share_free, share_after : share served today with committed masts, with the plan without floors, with
        floors.
    needed : people to gain for the floor. shortfall : people still lacking.
    most_share : share that any money could reach, only where the floor is missed. reason : "" (kept), "out_of_reach",
        "money" or "shared" (reachable alone, not with the others).
    """

    commune_code: str
    name: str
    people: float
    share_before: float
    share_free: float
    share_after: float
    needed: float
    shortfall: float
    most_share: float
    reason: str


@dataclass(frozen=True, eq=False)
class FlooredPlan:
    """The plan of one budget under floors.

    Parameters
    ----------
    price_people : eligible people the floors cost against the plan without them.
    total_shortfall, shortfall_bound : people lacking in all, and the least proven.
    money_mvnd, money_bound_mvnd : the least money found that reaches this shortfall, and its proven bound.
    people_bound : no plan of that shortfall within the budget gains more.
    """

    budget_mvnd: float
    min_share: float
    rows: tuple[FloorRow, ...]
    plan: Figures
    people_bound: float
    status: str
    price_people: float
    total_shortfall: float
    shortfall_bound: float
    money_mvnd: float
    money_bound_mvnd: float
    sites: gpd.GeoDataFrame


def floored_plan(
    plan: Plan, scenario: Scenario | None = None, *, at: int = -1, progress: Progress = silent
) -> FlooredPlan:
    """Return the plan of budget number ``at`` with the scenario's floors: least shortfall first, then most people.

    Raises
    ------
    Cancelled
        When ``progress`` returns False.
    PlanError
        "plan_priority_floors" where the objective is weighted: a floor counts people.
    """
    case, choice = plan.case, asked(plan.case, scenario)
    if case.need.weight is not None:
        raise PlanError("plan_priority_floors")
    free = plan.budgets[at]
    communes = case.layers.communes[case.layers.communes["is_border"].fillna(value=False).to_numpy(dtype=bool)]
    codes = sorted(communes["commune_code"].astype(str))
    names = communes.assign(commune_code=communes["commune_code"].astype(str)).set_index("commune_code")["name"]
    whole = _by_commune(case, codes)
    share = choice.floors.border_min_share
    before = case.need.served_before & case.need.known
    people = np.where(case.need.known, np.asarray(case.assessment.points.people, dtype=np.float64), 0.0)
    needed = needed_people(whole, people, before, [share] * len(codes))
    group = whole[case.need.point]
    found = linked_floors(case, free, group, needed, [str(names[c]) for c in codes], choice.solver, progress)
    plain = replace(figures(case, found.selection.order), cost_mvnd=found.selection.cost_mvnd)
    agree("Mức sàn", found.selection.value, plain.people)
    rows = _rows(case, codes, [str(names[c]) for c in codes], whole, people, needed, found, free.selection.order)
    return FlooredPlan(
        free.budget_mvnd, share, rows, plain, found.selection.bound, found.selection.status,
        max(0.0, free.selection.value - plain.people), found.total_shortfall, found.shortfall_bound,
        found.money_for_floors_mvnd, found.money_bound_mvnd, site_frame(case, found.selection.order))


def _by_commune(case: Case, codes: list[str]) -> npt.NDArray[np.intp]:
    """Return for every point (n,) the number of its border commune, -1 elsewhere."""
    number = {code: at for at, code in enumerate(codes)}
    own = [number.get(str(c), -1) for c in case.assessment.points.commune_code]
    return np.asarray(own, dtype=np.intp)


def _rows(
    case: Case, codes: list[str], names: list[str], group: npt.NDArray[np.intp], people: npt.NDArray[np.float64],
    needed: npt.NDArray[np.float64], found: FloorPlan, free_order: tuple[int, ...],
) -> tuple[FloorRow, ...]:
    def served(order: tuple[int, ...]) -> npt.NDArray[np.float64]:
        has = case.need.served_before & case.need.known
        has[case.need.point[np.unique(case.reach.served[list(order)].indices)] if order else []] = True
        inside = has & (group >= 0)
        return np.asarray(np.bincount(group[inside], people[inside], minlength=len(codes)), dtype=np.float64)

    whole = np.bincount(group[group >= 0], weights=people[group >= 0], minlength=len(codes))
    before, free, after = served(()), served(free_order), served(found.selection.order)
    missed = {m.group: m for m in found.missed}
    out = []
    for at, code in enumerate(codes):
        of = whole[at] if whole[at] > 0 else np.nan
        miss = missed.get(at)
        most = (before[at] + miss.most_with_any_money) / of if miss else np.nan
        out.append(FloorRow(
            code, names[at], float(whole[at]), float(before[at] / of), float(free[at] / of), float(after[at] / of),
            float(needed[at]), miss.shortfall if miss else 0.0, float(most), miss.reason if miss else ""))
    return tuple(out)
