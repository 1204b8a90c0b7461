"""What a plan changes: totals and village statuses from scratch, before and after, by the one status function."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.gap.assessment import Assessment
from coverage.gap.evidence import PointService
from coverage.gap.status import village_status
from coverage.scenario import Scenario
from coverage.siting.need import Need, village_rows
from coverage.siting.reach import Reach

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]
SITE_FIGURES = ("new_people", "new_households", "other_people", "other_households", "new_villages", "village_rows",
                "alone_people", "largest_point")
SURE_DEVIATIONS = 2.0   # "± n thôn": two standard deviations, about 95 %


@dataclass(frozen=True)
class Totals:
    """Figures of the whole area at one moment; every gain is the difference of two of these.

    Parameters
    ----------
    villages_trang, villages_lom, villages_phu, villages_unknown : villages by status (model, headline class).
    households_served, people_served : on clusters that are served. eligible_people_served : of eligible villages.
    people, households, villages : all there are.
    """

    villages_trang: int
    villages_lom: int
    villages_phu: int
    villages_unknown: int
    households_served: float
    people_served: float
    eligible_people_served: float
    people: float
    households: float
    villages: int


def statuses(assessment: Assessment, scenario: Scenario, known: BoolArray, served: BoolArray) -> TextArray:
    """Return the status of every village (n_villages,) for points (n,) served."""
    n = served.size
    nothing = np.full(n, np.nan)
    service = PointService(
        served=served, known=known, p=nothing, rsrp_dbm=nothing, best=np.full(n, -1, np.intp),
        n_operators=np.zeros(n, np.intp), source=np.zeros(n, np.int8))
    return village_status(assessment.points, service, scenario.service.lom_min_households)


def totals(assessment: Assessment, scenario: Scenario, known: BoolArray, served: BoolArray) -> Totals:
    """Return the figures for points (n,) served; the only function that counts them."""
    points = assessment.points
    status = statuses(assessment, scenario, known, served)
    eligible = assessment.villages["eligible"].to_numpy(dtype=bool)[village_rows(assessment)]
    people = np.asarray(points.people, dtype=np.float64)
    households = np.asarray(points.households, dtype=np.float64)
    counts = {s: int(np.count_nonzero(status == s)) for s in ("trang", "lom", "phu", "chua_du_dl")}
    return Totals(
        counts["trang"], counts["lom"], counts["phu"], counts["chua_du_dl"],
        math.fsum(households[served]), math.fsum(people[served]), math.fsum(people[served & eligible]),
        math.fsum(people), math.fsum(households), len(assessment.villages),
    )


@dataclass(frozen=True)
class Effect:
    """What a plan's options do, in build order.

    Parameters
    ----------
    served_after : (n,) points served with the plan.
    villages : village_code, status_before, status_after, newly_served_people, served_by (option ids, build order).
    sites : per option in order: new_people, new_households (eligible), other_people, other_households (the rest),
        new_villages (villages that leave trắng), village_rows (of those it brings signal to, most people
        first), alone_people,
        largest_point (the new point with most people, row of ``Assessment.points``).
    margin_villages : two standard deviations of the number of villages with signal after the plan, rounded up.
    """

    served_after: BoolArray
    villages: pd.DataFrame
    sites: pd.DataFrame
    margin_villages: int


def effect(
    assessment: Assessment, scenario: Scenario, need: Need, reach: Reach, option_ids: list[str], order: tuple[int, ...]
) -> Effect:
    """Return what the options ``order`` (rows of ``reach``) change, one after the other."""
    households = np.asarray(assessment.points.households, dtype=np.float64)[need.point]
    centre = np.asarray(assessment.points.kind, dtype=object)[need.point] == "centre"
    eligible = assessment.villages["eligible"].to_numpy(dtype=bool)[need.village]
    fresh = np.ones(need.point.size, dtype=bool)
    served_by: dict[int, list[str]] = {}
    rows = []
    for option in order:
        points = reach.served.indices[reach.served.indptr[option]:reach.served.indptr[option + 1]]
        new = points[fresh[points]]
        fresh[new] = False
        own, rest = new[eligible[new]], new[~eligible[new]]
        helped = _by_people(need.village[new], need.people[new])
        for village in helped:
            served_by.setdefault(village, []).append(option_ids[option])
        rows.append({
            "new_people": math.fsum(need.people[own]), "new_households": math.fsum(households[own]),
            "other_people": math.fsum(need.people[rest]), "other_households": math.fsum(households[rest]),
            "new_villages": int(np.count_nonzero(centre[new])), "village_rows": helped,
            "alone_people": math.fsum(need.eligible_people[points]),
            "largest_point": int(need.point[new[np.argmax(need.people[new])]]) if new.size else -1,
        })
    after = need.served_before.copy()
    after[need.point[~fresh]] = True
    gained = np.bincount(need.village[~fresh], weights=need.people[~fresh], minlength=len(assessment.villages))
    villages = pd.DataFrame({
        "village_code": assessment.villages["village_code"].to_numpy(),
        "status_before": statuses(assessment, scenario, need.known, need.served_before),
        "status_after": statuses(assessment, scenario, need.known, after),
        "newly_served_people": gained,
        "served_by": [", ".join(served_by.get(v, [])) for v in range(len(assessment.villages))],
    })
    return Effect(after, villages, pd.DataFrame(rows, columns=list(SITE_FIGURES)),
                  _margin(assessment, need, reach, order))


def _by_people(village: npt.NDArray[np.intp], people: FloatArray) -> list[int]:
    """Return the villages of points, most people first, equal ones in the order of the list."""
    found, which = np.unique(village, return_inverse=True)
    weight = np.bincount(which.ravel(), weights=people, minlength=found.size)
    return [int(v) for v in found[np.lexsort((found, -weight))]]


def _margin(assessment: Assessment, need: Need, reach: Reach, order: tuple[int, ...]) -> int:
    """Return two standard deviations of the villages with signal after the plan; the model's errors independent.

    Measured and confirmed centres have P 0 or 1 and add nothing; a centre gains from the best of the new sites.
    """
    p = assessment.point_table["p_served"].to_numpy(dtype=np.float64, na_value=np.nan).copy()
    if order:
        best = np.asarray(reach.probability[list(order)].max(axis=0).todense(), dtype=np.float64).ravel()
        p[need.point] = 1.0 - (1.0 - p[need.point]) * (1.0 - best)
    centre = np.asarray(assessment.points.kind, dtype=object) == "centre"
    p = p[centre & need.known & ~np.isnan(p)]
    return math.ceil(SURE_DEVIATIONS * math.sqrt(math.fsum(p * (1.0 - p))))
