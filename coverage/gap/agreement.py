"""Operators' claims against measurements, and the model against measurements; none of it sets a status."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.gap.evidence import Key
from coverage.scenario import Service
from geodata.crs import same_crs

CLAIM_COLUMNS = ("operator", "technology", "zone", "min_mbps", "n_speed", "n_meets", "share_meets", "n_rsrp",
                 "n_rsrp_served", "share_rsrp_served", "rsrp_note")
# levels and claimed speeds are different quantities: printed beside, never as agreement
NOT_COMPARED = "không so trực tiếp"
CORE, EDGE, OUTSIDE = "core", "edge", "outside"


def claims_against_measured(
    claims: gpd.GeoDataFrame | None, measurements: gpd.GeoDataFrame | None, service: Service,
) -> pd.DataFrame:
    """Return one row per operator, technology and zone: samples inside it and how many reach the claimed speed.

    A sample in several zones belongs to the core first. Zone "outside": samples outside every claim of that operator
    and technology, held against the lowest claimed speed ("measured but not claimed"). Shares are NaN without samples.
    """
    if claims is None or claims.empty:
        return pd.DataFrame(columns=list(CLAIM_COLUMNS))
    samples = measurements if measurements is not None else claims.iloc[:0].assign(rsrp_dbm=[], dl_mbps=[])
    same_crs(claims.crs, samples.crs, where="claims / measurements")
    rows = []
    for (operator, technology), own in claims.groupby(["operator", "technology"], sort=True):
        mine = (samples["operator"] == operator) & (samples["technology"] == technology)
        found = samples[mine.to_numpy(bool)]
        zone = _zone_of(found, own)
        for name in (CORE, EDGE, OUTSIDE):
            speeds = own["min_mbps"] if name == OUTSIDE else own.loc[own["zone"] == name, "min_mbps"]
            if name == OUTSIDE or (own["zone"] == name).any():
                least = float(speeds.min()) if speeds.notna().any() else float("nan")
                rows.append(_row(operator, technology, name, least, found[zone == name], service))
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def _zone_of(samples: gpd.GeoDataFrame, own: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return the zone (n,) that holds each sample."""
    zone = np.full(len(samples), OUTSIDE, dtype=object)
    for name in (EDGE, CORE):
        area = own.loc[own["zone"] == name].geometry
        for polygon in area:
            zone[samples.geometry.within(polygon).to_numpy(bool)] = name
    return zone


def _row(
    operator: str, technology: str, zone: str, least: float, found: pd.DataFrame, service: Service,
) -> tuple[object, ...]:
    speed = found["dl_mbps"].to_numpy(np.float64, na_value=np.nan)
    speed = speed[~np.isnan(speed)]
    # without a claimed minimum there is nothing to reach
    n_speed = int(speed.size) if not np.isnan(least) else 0
    meets = int(np.count_nonzero(speed >= least)) if n_speed else 0
    level = found["rsrp_dbm"].to_numpy(np.float64, na_value=np.nan)
    level = level[~np.isnan(level)]
    served = int(np.count_nonzero(level >= service.rsrp_served_dbm))
    return (
        operator, technology, zone, least, n_speed, meets, meets / n_speed if n_speed else float("nan"),
        int(level.size), served, served / level.size if level.size else float("nan"), NOT_COMPARED,
    )


MODEL_COLUMNS = ("operator", "technology", "n", "bias_db", "sd_db", "rmse_db", "both_served", "both_unserved",
                 "model_only", "measured_only", "agreement")


def model_against_measured(
    measurements: gpd.GeoDataFrame | None, model_dbm: Mapping[Key, npt.NDArray[np.float64]], service: Service,
) -> pd.DataFrame:
    """Return per operator and technology how the model's RSRP at the samples compares with the measured one.

    Parameters
    ----------
    model_dbm : per key, the model's level at every row of ``measurements`` (n,); NaN where it has none.

    bias = model - measured. ``model_only``: the model says served where the sample is not. Rows where the model has
    no mast in range count as unserved and are left out of bias and spread.
    """
    rows: list[tuple[object, ...]] = []
    threshold = service.rsrp_served_dbm
    if measurements is None:
        return pd.DataFrame(rows, columns=list(MODEL_COLUMNS))
    for key in sorted(model_dbm):
        mine = ((measurements["operator"] == key[0]) & (measurements["technology"] == key[1])).to_numpy(bool)
        if not mine.any():
            continue
        model = model_dbm[key][mine]
        level = measurements.loc[mine, "rsrp_dbm"].to_numpy(np.float64)
        error = (model - level)[~np.isnan(model)]
        yes, truth = np.nan_to_num(model, nan=-np.inf) >= threshold, level >= threshold
        cells = [int(np.count_nonzero(c)) for c in (yes & truth, ~yes & ~truth, yes & ~truth, ~yes & truth)]
        bias = float(error.mean()) if error.size else float("nan")
        spread = float(error.std(ddof=1)) if error.size > 1 else float("nan")
        rmse = float(np.sqrt((error**2).mean())) if error.size else float("nan")
        rows.append((*key, int(mine.sum()), bias, spread, rmse, *cells, (cells[0] + cells[1]) / int(mine.sum())))
    return pd.DataFrame(rows, columns=list(MODEL_COLUMNS))
