"""Model against measurements: bias and sigma by operator and band, robust; refused where samples cannot carry it.

Measurements come in clusters (several samples per village), so one place counts once: the median of its samples.
Bias = median of measured minus predicted over places, sigma = 1.4826 MAD. Nothing is applied unless asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.errors import RadioError
from coverage.radio.signal import FLOOR_DBM, PointSignal
from coverage.radio.sites import SiteTable

FloatArray = npt.NDArray[np.float64]
MAD_TO_SIGMA = 1.4826       # of a normal distribution
REASONS = {
    "": ("Đủ số liệu", "Enough data"),
    "no_mast": ("Không mẫu nào khớp trạm trong bán kính", "No sample fits a mast within the radius"),
    "too_few": ("Quá ít vị trí đo", "Too few measured places"),
    "too_wide": ("Sai số phân tán quá rộng, xem lại vị trí mẫu và trạm", "Errors spread too wide; check the places"),
}


@dataclass(frozen=True)
class CalibrationRules:
    """When a group may be calibrated: all are choices of the office.

    Parameters
    ----------
    min_places : measured places a group needs. max_sigma_db : a wider spread is not one bias.
    place_m : samples within a cell of this size are one place. min_samples : of a place, for status comparisons.
    """

    min_places: int = 30
    max_sigma_db: float = 15.0
    place_m: float = 300.0
    min_samples: int = 3


@dataclass(frozen=True)
class Samples:
    """Measurements with what the model says there: one row per sample.

    frame columns : operator, technology, band_mhz (of the predicted server, NaN without one), clutter, commune,
    village, place, measured_dbm, predicted_dbm (NaN: no mast; floored predictions are NaN with ``floored`` True).
    """

    frame: pd.DataFrame


def match_samples(
    measurements: pd.DataFrame, xy_m: FloatArray, signal: PointSignal, sites: SiteTable, rules: CalibrationRules,
    *, commune: Sequence[str] | None = None, clutter: Sequence[str] | None = None,
    village: Sequence[str] | None = None,
) -> Samples:
    """Return measurements (n rows: operator, technology, rsrp_dbm) with the model's value at the same points.

    Parameters
    ----------
    xy_m : (n, 2) places; ``signal`` was computed at them, in this order.
    commune, clutter, village : (n,) label of every sample, "" where it has none.

    Raises
    ------
    RadioError
        Where the signal was computed at other points.
    """
    n = len(measurements)
    if signal.xy_m.shape != (n, 2) or not np.allclose(signal.xy_m, xy_m):
        raise RadioError("radio_samples", samples=n, points=signal.xy_m.shape[0])
    predicted, band = np.full(n, np.nan), np.full(n, np.nan)
    keys = list(zip(measurements["operator"].astype(str), measurements["technology"].astype(str), strict=True))
    for key in sorted(set(keys) & set(signal.by_key)):
        mine = np.array([k == key for k in keys])
        found = signal[key]
        predicted[mine] = found.rsrp_dbm[mine]
        served = mine & (found.server >= 0)
        band[served] = sites.freq_mhz[found.server[served]]
    floored = predicted <= FLOOR_DBM
    cell = np.floor(np.asarray(xy_m) / rules.place_m).astype(np.int64)
    frame = pd.DataFrame({
        "operator": [k[0] for k in keys],
        "technology": [k[1] for k in keys],
        "band_mhz": band,
        "clutter": "" if clutter is None else list(clutter),
        "commune": "" if commune is None else list(commune),
        "village": "" if village is None else list(village),
        "place": [f"{a}_{b}" for a, b in cell],
        "measured_dbm": measurements["rsrp_dbm"].to_numpy(np.float64),
        "predicted_dbm": np.where(floored, np.nan, predicted),
        "floored": floored,
    })
    return Samples(frame)


@dataclass(frozen=True)
class Calibration:
    """Bias and sigma per group.

    Attributes
    ----------
    table : the group columns, then samples, places, no_mast (samples without a mast), floored, bias_db (measured
        minus predicted), sigma_db, rms_before_db, rms_after_db, usable, reason (key of REASONS).
    by : the group columns.
    """

    table: pd.DataFrame
    by: tuple[str, ...]


def calibrate(
    samples: Samples, rules: CalibrationRules, *, by: Sequence[str] = ("operator", "band_mhz"),
) -> Calibration:
    """Return bias and sigma per group with counts; groups that samples cannot carry are kept and say why."""
    rows = []
    frame = samples.frame
    for name, group in frame.groupby(list(by), dropna=False, sort=True):
        rows.append(dict(zip(by, name, strict=True)) | _group(group, rules))
    return Calibration(pd.DataFrame(rows), tuple(by))


def _group(group: pd.DataFrame, rules: CalibrationRules) -> dict[str, object]:
    """Return the figures of one group."""
    error = (group["measured_dbm"] - group["predicted_dbm"]).groupby(group["place"]).median().dropna().to_numpy()
    count = int(error.size)
    bias = float(np.median(error)) if count else np.nan
    sigma = float(MAD_TO_SIGMA * np.median(np.abs(error - bias))) if count else np.nan
    reason = ""
    if not count:
        reason = "no_mast"
    elif count < rules.min_places:
        reason = "too_few"
    elif sigma > rules.max_sigma_db:
        reason = "too_wide"
    return {
        "samples": len(group),
        "places": count,
        "no_mast": int((group["predicted_dbm"].isna() & ~group["floored"]).sum()),
        "floored": int(group["floored"].sum()),
        "bias_db": bias,
        "sigma_db": sigma,
        "rms_before_db": _rms(error),
        "rms_after_db": _rms(error - bias) if count else np.nan,
        "usable": not reason,
        "reason": reason,
    }


def _rms(values: FloatArray) -> float:
    """Return the root mean square, NaN for nothing."""
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def apply_calibration(sites: SiteTable, calibration: Calibration) -> SiteTable:
    """Return the table with every usable group's bias added to its power; other rows unchanged.

    Raises
    ------
    RadioError
        For groups that are no property of a mast (clutter), or when no group is usable.
    """
    if calibration.by != ("operator", "band_mhz"):
        raise RadioError("radio_calibration_groups", by=", ".join(calibration.by))
    usable = calibration.table[calibration.table["usable"]]
    if usable.empty:
        reasons = sorted({REASONS[r][0] for r in calibration.table["reason"]})
        raise RadioError("radio_calibration_none", reasons="; ".join(reasons))
    bias = {(r.operator, r.band_mhz): r.bias_db for r in usable.itertuples()}
    shift = [bias.get((o, f), 0.0) for o, f in zip(sites.operator, sites.freq_mhz, strict=True)]
    return replace(sites, eirp_re_dbm=sites.eirp_re_dbm + np.array(shift, dtype=np.float64))


@dataclass(frozen=True)
class Confusion:
    """Model against measured service over places, operators and technologies.

    both, model_only, measured_only, neither : counts; n their sum. enough : n reaches what was asked for.
    """

    both: int
    model_only: int
    measured_only: int
    neither: int
    enough: bool

    @property
    def n(self) -> int:
        """Number of comparisons."""
        return self.both + self.model_only + self.measured_only + self.neither

    @property
    def agreement(self) -> float:
        """Share of comparisons in which both say the same; NaN for none."""
        return (self.both + self.neither) / self.n if self.n else float("nan")


def leave_one_out(
    samples: Samples, rules: CalibrationRules, *, threshold_dbm: float, border: Mapping[str, bool], min_n: int = 30,
    unit: Literal["place", "village"] = "place", biased: bool = True,
) -> dict[str, Confusion]:
    """Return the confusion of model against measurement, "all" and "border", each commune predicted by the others.

    For every commune the biases come from all other communes (groups that are usable there; else 0), so no place helps
    to predict itself; ``biased`` False: the model as it is, nothing of the measurements in it. A comparison is one
    ``unit``, operator and technology with at least ``min_samples`` samples: measured = median >= threshold, model =
    median of predicted + bias >= threshold, no mast = not served. Samples without the unit (village "") are left out of
    the comparison. The best server is that of the uncalibrated model.
    """
    frame = samples.frame
    communes = sorted(set(frame["commune"]))
    parts = [_held_out(frame, commune, rules, threshold_dbm, (unit, biased)) for commune in communes]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"commune": [], "model": [], "measured": []})
    on_border = rows["commune"].map(lambda c: bool(border.get(c, False))).to_numpy(bool)
    return {"all": _confusion(rows, min_n), "border": _confusion(rows[on_border], min_n)}


def _held_out(
    frame: pd.DataFrame, commune: str, rules: CalibrationRules, threshold_dbm: float, how: tuple[str, bool],
) -> pd.DataFrame:
    """Return the comparisons (commune, model, measured) of one commune with biases from the others."""
    unit, biased = how
    inside = (frame["commune"] == commune).to_numpy(bool)
    others = calibrate(Samples(frame[~inside if biased else inside & ~inside]), rules).table
    bias = {(r.operator, r.band_mhz): r.bias_db for r in others.itertuples() if r.usable} if len(others) else {}
    here = frame[inside & (frame[unit] != "").to_numpy(bool)]
    shift = [bias.get((o, b), 0.0) for o, b in zip(here["operator"], here["band_mhz"], strict=True)]
    # no mast, or a level under the floor, is a level nobody can use; left out it would raise the median
    here = here.assign(level=(here["predicted_dbm"] + np.array(shift, dtype=np.float64)).fillna(FLOOR_DBM))
    places = here.groupby([unit, "operator", "technology"], sort=True).agg(
        n=("measured_dbm", "size"), measured=("measured_dbm", "median"), model=("level", "median"))
    places = places[places["n"] >= rules.min_samples]
    return pd.DataFrame({
        "commune": commune, "model": (places["model"] >= threshold_dbm).to_numpy(),
        "measured": (places["measured"] >= threshold_dbm).to_numpy(),
    })


def _confusion(rows: pd.DataFrame, min_n: int) -> Confusion:
    """Return the four counts."""
    model, measured = rows["model"].to_numpy(bool), rows["measured"].to_numpy(bool)
    return Confusion(
        int((model & measured).sum()), int((model & ~measured).sum()), int((~model & measured).sum()),
        int((~model & ~measured).sum()), len(rows) >= min_n,
    )


def verified_vi(confusion: Mapping[str, Confusion]) -> str:
    """Return the sentence that a paper prints on how far the model is verified, in Vietnamese."""
    whole, border = confusion["all"], confusion["border"]
    if not whole.n:
        return "Chưa có số liệu đo để kiểm chứng mô hình."
    text = f"Mô hình khớp đo kiểm {whole.agreement:.0%} ({whole.n} phép so, từng xã được dự báo bằng số liệu xã khác)"
    if not border.enough:
        return f"{text}; chưa kiểm chứng tại vùng biên (n = {border.n})."
    return f"{text}; vùng biên {border.agreement:.0%} (n = {border.n})."
