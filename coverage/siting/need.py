"""Who has no signal at the start of the plan: demand points, with the people that count for public-service money."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage.gap.assessment import Assessment
from coverage.gap.masts import baseline_sites, headline_on
from coverage.gap.service import HEADLINE_CLASS, levels, masts_table, reference_date
from coverage.gap.travel import travel
from coverage.radio.link_budget import service_probability
from coverage.scenario import Scenario
from geodata.findings import Finding
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Need:
    """Points known to be without signal in the baseline (k,), and the service of all points (n,) before the plan.

    Parameters
    ----------
    point : row of each point in ``Assessment.points``. xy_m : (k, 2).
    people : people of the cluster; centres have none. eligible_people : the same, 0 where the village is not eligible.
    village : row of the point's village in ``Assessment.villages``.
    served_before : (n,) served on 31/12 of the plan year without the plan: today, or by a committed mast due by then.
    known : (n,) whether the service of the point is known; the plan claims nothing where it is not.
    weight : (k,) how many times a person counts in the objective, 1 or more; None where everybody counts once.
    findings : what the weights lack.
    """

    point: IntArray
    xy_m: FloatArray
    people: FloatArray
    eligible_people: FloatArray
    village: IntArray
    served_before: BoolArray
    known: BoolArray
    weight: FloatArray | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def objective(self) -> FloatArray:
        """Return what a plan maximises, (k,): eligible people, times their weight where the scenario says so.

        The only place where the objective parts from people; every number that is printed as people is people.
        """
        return self.eligible_people if self.weight is None else self.eligible_people * self.weight

    def gained(self, served: BoolArray) -> float:
        """Return the objective of the points that ``served`` (n,) has and the baseline has not."""
        return math.fsum(self.objective[np.asarray(served, dtype=bool)[self.point]])

    @property
    def targets_m(self) -> FloatArray:
        """Return the places (k, 2) where eligible people live without signal."""
        return self.xy_m[self.eligible_people > 0]


def plan_year(layers: Layers, scenario: Scenario) -> int:
    """Return the first year in which the plan can be built: the one after the reference date."""
    return reference_date(layers, scenario).year + 1


def village_rows(assessment: Assessment) -> IntArray:
    """Return for every demand point (n,) the row of its village in ``Assessment.villages``."""
    codes = assessment.villages["village_code"].astype(str)
    where = dict(zip(codes, range(len(codes)), strict=True))
    points = assessment.points.village_code
    return np.fromiter((where[str(c)] for c in points), dtype=np.intp, count=len(points))


def need_of(layers: Layers, assessment: Assessment, scenario: Scenario) -> Need:
    """Return the points without signal in the headline class at the start of the plan."""
    points = assessment.points
    village = village_rows(assessment)
    eligible = assessment.villages["eligible"].to_numpy(dtype=bool)[village]
    today = np.asarray(assessment.served[HEADLINE_CLASS], dtype=bool)
    known = np.asarray(assessment.known[HEADLINE_CLASS], dtype=bool)
    before = today | _by_committed(layers, assessment, scenario, ~today & known)
    at = np.flatnonzero(~before & known)
    people = np.asarray(points.people, dtype=np.float64)
    counted = np.where(eligible, people, 0.0)
    xy = np.asarray(points.xy_m, dtype=np.float64)
    weight, findings = _weights(layers, assessment, scenario, village[at], counted[at])
    return Need(at, xy[at], people[at], counted[at], village[at], before, known, weight, findings)


def _weights(
    layers: Layers, assessment: Assessment, scenario: Scenario, village: IntArray, counted: FloatArray,
) -> tuple[FloatArray | None, tuple[Finding, ...]]:
    """Return the travel weight of points (k,) by their village's way to its office; 1 and a finding without a way."""
    if not scenario.siting.travel_priority:
        return None, ()
    told = travel(layers, assessment, scenario).villages
    weight = told["weight"].to_numpy(dtype=np.float64)
    lost = sorted({int(v) for v in village[(counted > 0) & np.isnan(weight[village])]})
    names = tuple(f"{name} ({code})" for name, code in told[["name", "village_code"]].iloc[lost].to_numpy())
    found = () if not lost else (Finding("plan_priority_no_way", layer="villages", values=names,
                                         details={"number": len(lost)}, package="coverage"),)
    return np.where(np.isnan(weight), 1.0, weight)[village], found


def _by_committed(layers: Layers, assessment: Assessment, scenario: Scenario, candidates: BoolArray) -> BoolArray:
    """Tell which of the candidate points (n,) committed masts due by the end of the plan year will serve."""
    out = np.zeros(candidates.size, dtype=bool)
    sites = baseline_sites(layers.sites, plan_year(layers, scenario))
    late = sites[sites["state"] != "on_air"]
    table = masts_table(late, headline_on(scenario.service), scenario, assessment.calibration)
    at = np.flatnonzero(candidates)
    if not len(table) or not at.size:
        return out
    service = scenario.service
    for one in levels(table, np.asarray(assessment.points.xy_m)[at], layers, scenario).values():
        p = service_probability(one.rsrp_dbm, service.rsrp_served_dbm, service.sigma_model_db)
        out[at[np.nan_to_num(p) >= service.served_min_probability]] = True
    return out
