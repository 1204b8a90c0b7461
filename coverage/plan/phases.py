"""Building by year: nested plans under yearly ceilings over a baseline that changes, and who is still left out.

Committed masts come on air and 3G goes off year by year (``coverage.gap.baseline``); a permit sets a site's first year.
Capital is paid in the build year, support in every later year of the phases.
"""

import math
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.gap.baseline import Baseline, baseline_at
from coverage.gap.service import ALL_CLASS, HEADLINE_CLASS
from coverage.optimise.phases import PhasedPlan as Solved
from coverage.optimise.phases import Years, solve_phases
from coverage.plan.budgets import Plan
from coverage.plan.case import Case, agree, asked, bound_of, not_stopped, problem_of, site_frame, village_frame
from coverage.scenario import Scenario
from coverage.siting.effect import Totals, statuses, totals

LEFT = ("trang", "lom")
LEFT_COLUMNS = (
    "village_code", "name", "commune_code", "commune_name", "is_border", "eligible", "status_after", "status_all_after",
    "households_left", "people_left", "reason",
)


@dataclass(frozen=True, eq=False)
class PhaseYear:
    """The end of one year, counted on 31 December.

    Parameters
    ----------
    outlay_mvnd : State money of the year, capital and support; ceiling_mvnd : what it may be.
    new_sites : built in the year. people : eligible people gained by the plan so far over the year's own baseline.
    people_bound : no plan under the same ceilings gains more by then; nesting_price : what one plan for all years costs
        in people against the best one for this year alone (found).
    before, after : 4G and later, without and with the plan. trang_all_before, trang_all_after : villages without any
        technology that still counts; off_3g : 3G is off by then.
    committed_masts : on air by then. lost : villages that have signal today and none at the end of the year, columns
        village_code, name, commune_name, saved (by the plan).
    left_out : villages still trắng or lõm after the year, columns LEFT_COLUMNS.
    """

    year: int
    ceiling_mvnd: float
    outlay_mvnd: float
    new_sites: int
    people: float
    people_bound: float
    nesting_price: float
    before: Totals
    after: Totals
    trang_all_before: int
    trang_all_after: int
    off_3g: bool
    committed_masts: int
    lost: pd.DataFrame
    left_out: pd.DataFrame

    @property
    def villages_gained(self) -> int:
        """Villages that leave trắng sóng by the plan."""
        return self.before.villages_trang - self.after.villages_trang


@dataclass(frozen=True, eq=False)
class PhasedPlan:
    """The plan by year.

    Parameters
    ----------
    sites : one row per site with its ``year``, in order of year and option id.
    last_year_bound : proven ceiling on people at the end of the last year.
    too_late : options whose permit comes after the last year.
    status : how the solver ended.
    """

    scenario: Scenario
    years: tuple[PhaseYear, ...]
    sites: gpd.GeoDataFrame
    last_year_bound: float
    too_late: int
    status: str


def phased_plan(plan: Plan, scenario: Scenario | None = None, *, progress: Progress = silent) -> PhasedPlan:
    """Return the plan by the years and ceilings of the scenario's [phases].

    Raises
    ------
    PlanError
        "phases_none" without years, "phases_early" for a year before the plan's first, "plan_option_unknown" for a
        kept option that is not considered. Cancelled when ``progress`` returns False.
    """
    case, choice = plan.case, asked(plan.case, scenario)
    names = choice.phases.years
    if not names:
        raise PlanError("phases_none")
    if names[0] < plan.year:
        raise PlanError("phases_early", value=names[0], first=plan.year)
    baselines = []
    for number, year in enumerate(names):
        if progress("phases_baseline", number, len(names)) is False:
            not_stopped("cancelled")
        baselines.append(baseline_at(case.layers, case.assessment, case.scenario, year))
    years = _years(case, choice, baselines)
    problem = replace(problem_of(case, math.inf), cost_mvnd=case.options["capex_mvnd"].to_numpy(dtype=np.float64))
    solver = choice.solver
    found = solve_phases(problem, years, time_limit_s=solver.time_limit_s, gap=solver.gap, progress=progress)
    not_stopped(found.selection.status)
    built = [(option, names[t]) for t, part in enumerate(found.built) for option in part]
    return PhasedPlan(
        choice, tuple(_year(case, choice, found, t, baseline) for t, baseline in enumerate(baselines)),
        site_frame(case, [o for o, _ in built], year=[y for _, y in built]), bound_of(case, found.last_year_bound),
        int(np.count_nonzero(years.earliest >= len(names))), found.selection.status)


def _years(case: Case, choice: Scenario, baselines: list[Baseline]) -> Years:
    """Return what changes by year, for the points of the need."""
    phases, need, table = choice.phases, case.need, case.options
    first, count = phases.years[0], len(phases.years)
    number = {str(o): at for at, o in enumerate(table["option_id"])}
    unknown = [o for o in phases.keep_first if o not in number]
    if unknown:
        raise PlanError("plan_option_unknown", value=", ".join(map(str, unknown)))
    earliest = np.clip(table["earliest_year"].to_numpy(dtype=np.intp) - first, 0, count)
    border = village_frame(case, range(len(case.assessment.villages)))["is_border"].to_numpy(dtype=bool)[need.village]
    weight = np.ones((count, need.point.size))
    weight[:-1, border] = phases.favour_border
    return Years(
        names=phases.years, ceilings_mvnd=np.asarray(phases.ceilings_mvnd, dtype=np.float64),
        yearly_cost_mvnd=table["opex_mvnd_year"].to_numpy(dtype=np.float64), earliest=earliest,
        served_before=np.array([_served(case, b)[need.point] for b in baselines]),
        weight=weight if phases.favour_border > 1 else None,
        count=None if need.weight is None else need.eligible_people,
        locked=tuple((number[o], 0) for o in phases.keep_first), carry_over=phases.carry_over)


def _served(case: Case, baseline: Baseline) -> npt.NDArray[np.bool_]:
    """Return the points (n,) served at the end of a year without the plan, where today's service is known."""
    return np.asarray(baseline.classes[HEADLINE_CLASS].served & case.need.known, dtype=bool)


def _year(case: Case, choice: Scenario, found: Solved, t: int, baseline: Baseline) -> PhaseYear:
    chosen = [o for part in found.built[: t + 1] for o in part]
    points = case.need.point[np.unique(case.reach.served[chosen].indices)] if chosen else np.empty(0, np.intp)
    before = _served(case, baseline)
    after, every = before.copy(), np.asarray(baseline.classes[ALL_CLASS].served, dtype=bool).copy()
    trang_all_before = _trang(case, baseline, every)
    after[points], every[points] = True, True
    told = [totals(case.assessment, case.scenario, case.need.known, served) for served in (before, after)]
    people = told[1].eligible_people_served - told[0].eligible_people_served
    agree(f"Phân kỳ {baseline.year}", found.gained[t], people)
    rules = case.scenario.service
    return PhaseYear(
        baseline.year, float(choice.phases.ceilings_mvnd[t]), found.outlay_mvnd[t], len(found.built[t]), people,
        bound_of(case, _bound(choice, found, t)), found.nesting_price[t], told[0], told[1], trang_all_before,
        _trang(case, baseline, every), rules.off_date_3g.year <= baseline.year, baseline.masts,
        _lost(case, baseline, every), _left_out(case, baseline, after, every))


def _bound(choice: Scenario, found: Solved, t: int) -> float:
    """Return the proven ceiling in people; NaN in years whose aim is weighted towards the border."""
    weighted = choice.phases.favour_border > 1 and t < len(found.best) - 1
    return math.nan if weighted else max(found.best[t], found.gained[t])


def _trang(case: Case, baseline: Baseline, served: npt.NDArray[np.bool_]) -> int:
    known = np.asarray(baseline.classes[ALL_CLASS].known, dtype=bool) | served
    return int(np.count_nonzero(statuses(case.assessment, case.scenario, known, served) == "trang"))


def _lost(case: Case, baseline: Baseline, every: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return the villages whose last signal goes by the end of the year, and whether the plan gives it back."""
    rows = np.flatnonzero(baseline.villages["loses_last_signal"].to_numpy(dtype=bool))
    table = village_frame(case, rows.tolist())[["village_code", "name", "commune_name"]]
    return table.assign(saved=every[: len(case.assessment.villages)][rows])


def _left_out(
    case: Case, baseline: Baseline, after: npt.NDArray[np.bool_], every: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Return the villages still trắng or lõm, the worst first, each with what keeps it so."""
    need, points = case.need, case.assessment.points
    status = statuses(case.assessment, case.scenario, need.known, after)
    known_all = np.asarray(baseline.classes[ALL_CLASS].known, dtype=bool) | every
    status_all = statuses(case.assessment, case.scenario, known_all, every)
    rows = np.flatnonzero(np.isin(status, LEFT))
    table = village_frame(case, rows.tolist())
    open_points = need.known & ~after
    count = len(case.assessment.villages)
    of = np.empty(len(points), dtype=np.intp)
    codes = case.assessment.villages["village_code"].astype(str)
    where = dict(zip(codes, range(count), strict=True))
    of[:] = [where[str(c)] for c in points.village_code]
    reached = np.zeros(count, dtype=bool)
    if len(case.options):
        reached[need.village[np.unique(case.reach.served.indices)]] = True
    sums = {
        name: np.bincount(of[open_points], weights=np.asarray(values, dtype=np.float64)[open_points], minlength=count)
        for name, values in (("households_left", points.households), ("people_left", points.people))}
    table = table.assign(
        status_after=status[rows], status_all_after=status_all[rows],
        households_left=sums["households_left"][rows], people_left=sums["people_left"][rows],
        reason=np.where(~table["eligible"], "not_eligible", np.where(reached[rows], "money", "out_of_reach")))
    table = table.sort_values(["is_border", "people_left", "village_code"], ascending=[False, False, True],
                              ignore_index=True)
    return table[list(LEFT_COLUMNS)]
