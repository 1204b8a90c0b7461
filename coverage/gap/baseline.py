"""Status at the end of a later year: committed masts on air, 3G off when its day has come, nothing planned."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.compute import Progress, silent
from coverage.gap.assessment import Assessment
from coverage.gap.evidence import PointService, in_class
from coverage.gap.masts import baseline_sites, counted_on, headline_on
from coverage.gap.service import ALL_CLASS, HEADLINE_CLASS, levels, masts_table
from coverage.gap.status import village_status
from coverage.radio.link_budget import service_probability
from coverage.scenario import Scenario
from geodata.layers import Layers


@dataclass(frozen=True)
class Baseline:
    """The end of one year without any new plan.

    Attributes
    ----------
    year : counted on 31 December. classes : "4g" and "all" at the demand points (n,), "all" without 3G once it is off.
    villages : village_code, status, status_all, and loses_last_signal: the centre has signal at the reference date
        and none at the end of the year.
    masts : committed masts that are on air by then.
    """

    year: int
    classes: dict[str, PointService]
    villages: pd.DataFrame
    masts: int


def baseline_at(
    layers: Layers, assessment: Assessment, scenario: Scenario, year: int, *, progress: Progress = silent,
) -> Baseline:
    """Return the state at the end of a year: what serves today and still counts, or a committed mast due by then.

    Today's evidence stands as it is; of a mast that is not yet on air only the model can speak.
    """
    end = date(year, 12, 31)
    counted, headline = counted_on(scenario.service, end), headline_on(scenario.service)
    due = baseline_sites(layers.sites, year)
    late = due[due["state"] != "on_air"]
    new = _committed(layers, assessment, scenario, late, (counted, headline), progress)
    points, h = assessment.points, scenario.service.lom_min_households
    classes, status = {}, {}
    for name, technologies, gained in zip((HEADLINE_CLASS, ALL_CLASS), (headline, counted), new, strict=True):
        classes[name] = _joined(in_class(assessment.evidence, technologies), gained)
        status[name] = village_status(points, classes[name], h)
    n = points.n_villages
    today = assessment.served[ALL_CLASS][:n]
    then = classes[ALL_CLASS]
    return Baseline(year, classes, pd.DataFrame({
        "village_code": points.village_code[:n], "status": status[HEADLINE_CLASS], "status_all": status[ALL_CLASS],
        "loses_last_signal": today & then.known[:n] & ~then.served[:n],
    }), int(late["site_code"].nunique()))


def _committed(
    layers: Layers, assessment: Assessment, scenario: Scenario, late: pd.DataFrame,
    classes: tuple[tuple[str, ...], tuple[str, ...]], progress: Progress,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the probability of service (n,) by masts not yet on air: headline class, all counted technologies."""
    counted, headline = classes
    rules, n = scenario.service, len(assessment.points)
    table = masts_table(late, tuple(sorted({*counted, *headline})), scenario, assessment.calibration)
    out = (np.zeros(n), np.zeros(n))
    if not len(table):
        return out
    for key, signal in levels(table, assessment.points.xy_m, layers, scenario, progress).items():
        p = np.nan_to_num(service_probability(signal.rsrp_dbm, rules.rsrp_served_dbm, rules.sigma_model_db))
        for best, technologies in zip(out, (headline, counted), strict=True):
            if key[1] in technologies:
                np.maximum(best, np.where(p >= rules.served_min_probability, p, 0.0), out=best)
    return out


def _joined(today: PointService, p: npt.NDArray[np.float64]) -> PointService:
    """Return today's service or that of new masts, where they serve."""
    gained = p > 0
    return PointService(
        today.served | gained, today.known | gained, np.where(gained, np.fmax(today.p, p), today.p), today.rsrp_dbm,
        today.best, today.n_operators, today.source)

