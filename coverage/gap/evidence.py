"""Served or not, by the first evidence that exists: measurement, signed confirmation, model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import KDTree

from coverage.errors import GapError
from coverage.radio.link_budget import service_probability
from coverage.radio.signal import ServerSignal
from coverage.scenario import Service

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Key = tuple[str, str]  # operator, technology
NONE, MODEL, CONFIRMED, MEASURED = 0, 1, 2, 3
SOURCES = ("none", "model", "confirmed", "measured")


@dataclass(frozen=True)
class Confirmation:
    """A signed statement of the office about one test point, operator and technology."""

    point_code: str
    operator: str
    technology: str
    served: bool
    reason: str
    name: str
    day: date
    file: str


@dataclass(frozen=True)
class Measured:
    """Measurements near points (n,): how many, median RSRP in dBm, how many speeds and their median in Mbit/s."""

    count: npt.NDArray[np.intp]
    rsrp_dbm: FloatArray
    dl_count: npt.NDArray[np.intp]
    dl_mbps: FloatArray


@dataclass(frozen=True)
class Evidence:
    """Service of points (n,) by every operator and technology (k,).

    Attributes
    ----------
    keys : operator and technology, sorted. listed : operators that supplied a list of masts.
    served, known : (n, k). source : (n, k) 0 none, 1 model, 2 confirmed, 3 measured.
    p : (n, k) probability of service; 1 or 0 where measured or confirmed; NaN where unknown.
    rsrp_dbm : (n, k) measured median, else the model's; NaN without a mast in range.
    dl_mbps : (n, k) median measured download, NaN where too few.
    """

    keys: tuple[Key, ...]
    listed: tuple[str, ...]
    served: BoolArray
    known: BoolArray
    source: npt.NDArray[np.int8]
    p: FloatArray
    rsrp_dbm: FloatArray
    dl_mbps: FloatArray


@dataclass(frozen=True)
class PointService:
    """Service of points (n,) by any operator in one class of technologies.

    Attributes
    ----------
    served, known : (n,). p, rsrp_dbm : (n,) of the best operator. best : (n,) its number in the keys, -1 none.
    n_operators : (n,) operators that serve. source : (n,) as in Evidence, of the best operator.
    """

    served: BoolArray
    known: BoolArray
    p: FloatArray
    rsrp_dbm: FloatArray
    best: npt.NDArray[np.intp]
    n_operators: npt.NDArray[np.intp]
    source: npt.NDArray[np.int8]


def recent(measurements: gpd.GeoDataFrame, service: Service, reference: date) -> gpd.GeoDataFrame:
    """Return the measurements of the months before the reference date (both ends included)."""
    day = pd.Timestamp(reference)
    first = day - pd.DateOffset(months=service.measured_max_age_months)
    taken = pd.to_datetime(measurements["date"]).dt.normalize()
    return measurements[((taken >= first) & (taken <= day)).to_numpy(bool)]


def measured_near(xy_m: FloatArray, samples: gpd.GeoDataFrame, service: Service) -> Measured:
    """Return medians of the samples (one operator and technology) within the radius of points (n, 2).

    Fewer samples than the least number give NaN; the same for those with a download speed.
    """
    n = xy_m.shape[0]
    out = Measured(np.zeros(n, np.intp), np.full(n, np.nan), np.zeros(n, np.intp), np.full(n, np.nan))
    if samples.empty or not n:
        return out
    tree = KDTree(np.column_stack((samples.geometry.x, samples.geometry.y)))
    rsrp = samples["rsrp_dbm"].to_numpy(np.float64, na_value=np.nan)
    speed = samples["dl_mbps"].to_numpy(np.float64, na_value=np.nan)
    for point, near in enumerate(tree.query_ball_point(xy_m, service.measured_radius_m)):
        for count, median, values in ((out.count, out.rsrp_dbm, rsrp), (out.dl_count, out.dl_mbps, speed)):
            found = values[near]
            found = found[~np.isnan(found)]
            count[point] = found.size
            if found.size >= service.measured_min_samples:
                median[point] = np.median(found)
    return out


def gather(
    xy_m: FloatArray,
    signal: Mapping[Key, ServerSignal],
    listed: Sequence[str],
    service: Service,
    *,
    measurements: gpd.GeoDataFrame | None = None,
    confirmations: Iterable[Confirmation] = (),
    point_codes: Sequence[str] = (),
) -> Evidence:
    """Return the evidence at points (n, 2).

    Parameters
    ----------
    signal : the model, per operator and technology; where masts in range cross no-data (``unknown`` > 0) the level
        is a lower bound: it can say served, never unserved.
    listed : operators that supplied a list. measurements : recent ones only, see ``recent``.
    confirmations : signed, named by ``point_codes`` (n,).

    Raises
    ------
    GapError
        For a confirmation of a point that does not exist.
    """
    signed = list(confirmations)
    keys = set(signal) | {(c.operator, c.technology) for c in signed}
    if measurements is not None:
        keys |= set(zip(measurements["operator"].astype(str), measurements["technology"].astype(str), strict=True))
    ordered = tuple(sorted(keys))
    n, k = xy_m.shape[0], len(ordered)
    out = Evidence(
        ordered, tuple(sorted(listed)), np.zeros((n, k), bool), np.zeros((n, k), bool), np.zeros((n, k), np.int8),
        np.full((n, k), np.nan), np.full((n, k), np.nan), np.full((n, k), np.nan),
    )
    for column, key in enumerate(ordered):
        if key in signal:
            _by_model(out, column, signal[key], service)
        elif key[0] in out.listed:
            # the operator gave its list and has no such mast: no signal of that kind, and that is known
            _set(out, column, np.arange(n), served=np.zeros(n, bool), p=np.zeros(n), source=MODEL)
    _by_confirmation(out, signed, point_codes)
    if measurements is not None:
        for column, key in enumerate(ordered):
            rows = (measurements["operator"] == key[0]) & (measurements["technology"] == key[1])
            _by_measurement(out, column, measured_near(xy_m, measurements[rows.to_numpy(bool)], service), service)
    return out


def _set(
    out: Evidence, column: int, at: npt.NDArray[np.intp], *, served: BoolArray, p: FloatArray, source: int,
) -> None:
    out.served[at, column] = served
    out.known[at, column] = True
    out.p[at, column] = p
    out.source[at, column] = source


def _by_model(out: Evidence, column: int, signal: ServerSignal, service: Service) -> None:
    """Fill a column with the model; no mast in range is a known absence."""
    p = service_probability(signal.rsrp_dbm, service.rsrp_served_dbm, service.sigma_model_db)
    p = np.where(np.isnan(signal.rsrp_dbm) & (signal.unknown == 0), 0.0, p)
    served = p >= service.served_min_probability
    at = np.flatnonzero(served | (signal.unknown == 0))
    _set(out, column, at, served=served[at], p=p[at], source=MODEL)
    out.rsrp_dbm[:, column] = signal.rsrp_dbm


def _by_confirmation(out: Evidence, signed: list[Confirmation], point_codes: Sequence[str]) -> None:
    """Put signed confirmations over the model; the latest of several about one thing stands."""
    number = {code: i for i, code in enumerate(point_codes)}
    for one in sorted(signed, key=lambda c: (c.day, c.file)):
        if one.point_code not in number:
            raise GapError("gap_confirmation_point", point=one.point_code, file=one.file, name=one.name)
        column = out.keys.index((one.operator, one.technology))
        at = np.array([number[one.point_code]], dtype=np.intp)
        _set(out, column, at, served=np.array([one.served]), p=np.array([float(one.served)]), source=CONFIRMED)


def _by_measurement(out: Evidence, column: int, near: Measured, service: Service) -> None:
    """Put measurements over everything else, where there are enough."""
    at = np.flatnonzero(~np.isnan(near.rsrp_dbm))
    served = near.rsrp_dbm[at] >= service.rsrp_served_dbm
    _set(out, column, at, served=served, p=served.astype(np.float64), source=MEASURED)
    out.rsrp_dbm[at, column] = near.rsrp_dbm[at]
    out.dl_mbps[:, column] = near.dl_mbps


def in_class(evidence: Evidence, technologies: Sequence[str]) -> PointService:
    """Return the service by any operator with one of the technologies.

    Served: some operator is known to serve. Known: served, or every operator that supplied a list is known not to.
    """
    n = evidence.served.shape[0]
    columns = [i for i, key in enumerate(evidence.keys) if key[1] in technologies]
    listed = [i for i in columns if evidence.keys[i][0] in evidence.listed]
    served: BoolArray = np.asarray((evidence.served & evidence.known)[:, columns].any(axis=1))
    all_known = np.asarray(evidence.known[:, listed].all(axis=1)) & bool(evidence.listed)
    known: BoolArray = np.logical_or(served, all_known)
    operators = sorted({evidence.keys[i][0] for i in columns})
    n_operators = np.zeros(n, np.intp)
    for operator in operators:
        own = [i for i in columns if evidence.keys[i][0] == operator]
        n_operators += (evidence.served & evidence.known)[:, own].any(axis=1)
    best, p, rsrp, source = _best(evidence, columns, known)
    return PointService(served, known, p, rsrp, best, n_operators, source)


def _best(
    evidence: Evidence, columns: list[int], known: BoolArray,
) -> tuple[npt.NDArray[np.intp], FloatArray, FloatArray, npt.NDArray[np.int8]]:
    """Return number, p, RSRP and source of the best key: highest p, then level, then first; -1 and NaN if none."""
    n = known.size
    best = np.full(n, -1, np.intp)
    p = np.where(known, 0.0, np.nan)
    rsrp = np.full(n, np.nan)
    source = np.where(known, MODEL, NONE).astype(np.int8)
    top_p, top_level = np.full(n, -1.0), np.full(n, -np.inf)
    for column in columns:
        usable = evidence.known[:, column] & known
        level = np.nan_to_num(evidence.rsrp_dbm[:, column], nan=-np.inf)
        here = np.nan_to_num(evidence.p[:, column], nan=-1.0)
        wins = usable & ((here > top_p) | ((here == top_p) & (level > top_level)))
        top_p[wins], top_level[wins] = here[wins], level[wins]
        best[wins] = column
        p[wins], rsrp[wins] = evidence.p[wins, column], evidence.rsrp_dbm[wins, column]
        source[wins] = evidence.source[wins, column]
    return best, p, rsrp, source


def indoor_served(evidence: Evidence, technologies: Sequence[str], service: Service) -> BoolArray:
    """Tell at which points (n,) some operator's level reaches the threshold plus the indoor margin.

    A column of its own: it never decides a status. Confirmations say nothing of indoors.
    """
    columns = [i for i, key in enumerate(evidence.keys) if key[1] in technologies]
    limit = service.rsrp_served_dbm + service.indoor_margin_db
    level = np.where(evidence.known, evidence.rsrp_dbm, np.nan)[:, columns]
    p = service_probability(level, limit, service.sigma_model_db)
    measured = evidence.source[:, columns] == MEASURED
    good = np.where(measured, level >= limit, p >= service.served_min_probability)
    served: BoolArray = np.asarray(good.any(axis=1))
    return served


def weak(evidence: Evidence, technologies: Sequence[str], service: Service) -> npt.NDArray[np.object_]:
    """Return True, False or NA (n,): served, but the best measured download of the serving operators is too slow.

    NA where no serving operator has enough measured speeds.
    """
    columns = [i for i, key in enumerate(evidence.keys) if key[1] in technologies]
    speed = np.where(evidence.served & evidence.known, evidence.dl_mbps, np.nan)[:, columns]
    has = ~np.isnan(speed)
    fastest = np.where(has, speed, -np.inf).max(axis=1, initial=-np.inf)
    out = np.full(speed.shape[0], pd.NA, dtype=object)
    measured = has.any(axis=1)
    out[measured] = fastest[measured] < service.weak_below_mbps
    return out
