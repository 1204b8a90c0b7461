"""Status of a village from the service of its points: trang, lom, phu or chua_du_dl, and how sure it is."""

import numpy as np
import numpy.typing as npt

from coverage.gap.demand import DemandPoints
from coverage.gap.evidence import PointService
from coverage.scenario import Service

BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]
TRANG, LOM, PHU, UNKNOWN = "trang", "lom", "phu", "chua_du_dl"
STATUSES = (TRANG, LOM, PHU, UNKNOWN)
GAPS = (TRANG, LOM)
HIGH, LOW = "cao", "thap"


def _any_by_village(points: DemandPoints, mask: BoolArray) -> BoolArray:
    """Tell for which villages (n_villages,) some cluster is in the mask (n,)."""
    hit: BoolArray = points.sum_by_village(mask.astype(np.float64)) > 0
    return hit


def can_test_lom(points: DemandPoints) -> BoolArray:
    """Tell for which villages lõm can be tested: those with more than one cluster (n_villages,)."""
    can: BoolArray = points.clusters_per_village > 1
    return can


def village_status(points: DemandPoints, service: PointService, min_households: float) -> TextArray:
    """Return the status of every village (n_villages,), as text.

    trang: no operator serves the centre. lom: the centre is served and a cluster with at least ``min_households`` is
    not; only where there is more than one cluster. phu: otherwise. chua_du_dl: the centre is unknown, or what would
    decide between lom and phu is.
    """
    n = points.n_villages
    centre_known, centre_served = service.known[:n], service.served[:n]
    can = can_test_lom(points)
    counts = points.households >= min_households
    unserved = service.known & ~service.served
    hole = can & _any_by_village(points, unserved & counts & points.households_known)
    doubt = ~service.known & (counts | ~points.households_known)
    doubt |= unserved & ~points.households_known
    open_question = can & _any_by_village(points, doubt)
    out = np.full(n, PHU, dtype=object)
    out[open_question] = UNKNOWN
    out[hole] = LOM
    out[~centre_served] = TRANG
    out[~centre_known] = UNKNOWN
    return out


def is_sure(points: DemandPoints, service: PointService, status: TextArray, rules: Service) -> BoolArray:
    """Tell for which villages (n_villages,) every point that decides the status has P >= 0.84 or <= 0.16.

    trang: the centre. lom: the centre and one unserved cluster that counts. phu: the centre and, where lõm can be
    tested, every cluster that counts.
    """
    n = points.n_villages
    high, low = service.p >= rules.sure_high_probability, service.p <= rules.sure_low_probability
    counts = points.households >= rules.lom_min_households
    sure_hole = _any_by_village(points, low & counts & ~service.served)
    weak_link = can_test_lom(points) & _any_by_village(points, ~high & counts)
    sure = np.zeros(n, bool)
    sure[status == TRANG] = low[:n][status == TRANG]
    sure[status == LOM] = (high[:n] & sure_hole)[status == LOM]
    sure[status == PHU] = (high[:n] & ~weak_link)[status == PHU]
    return sure
