"""The model against measurements: which village a sample measures, how right the model is, what is calibrated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from scipy.spatial import KDTree

from coverage.gap.demand import DemandPoints
from coverage.radio.calibration import (
    REASONS,
    Calibration,
    CalibrationRules,
    Confusion,
    Samples,
    leave_one_out,
    match_samples,
)
from coverage.radio.signal import PointSignal
from coverage.radio.sites import SiteTable
from coverage.scenario import Service
from geodata.findings import Finding
from geodata.layers import Layers


@dataclass(frozen=True)
class Accuracy:
    """Model against measured service of villages, per operator and technology: "all" and "border".

    Attributes
    ----------
    plain : the model without calibration, which no measurement has touched.
    held_out : calibrated, every commune by the samples of the other communes.
    calibrated : which of the two the statuses of this run stand on.
    """

    plain: Mapping[str, Confusion]
    held_out: Mapping[str, Confusion]
    calibrated: bool

    @property
    def used(self) -> Mapping[str, Confusion]:
        """The comparison of the model that this run uses."""
        return self.held_out if self.calibrated else self.plain


def rules_of(service: Service) -> CalibrationRules:
    """Return when a group may be calibrated; a village counts as measured as it does for its status."""
    return CalibrationRules(min_samples=service.measured_min_samples)


def matched_samples(
    samples: gpd.GeoDataFrame, signal: PointSignal, table: SiteTable, points: DemandPoints, service: Service,
) -> Samples:
    """Return the samples with the model's level, the nearest village's commune, and the village they measure.

    A sample measures the nearest village within the radius that counts as evidence, else none.
    """
    n = points.n_villages
    away, which = KDTree(points.xy_m[:n]).query(signal.xy_m)
    village = points.village_code[:n].astype(str)[which]
    commune = points.commune_code[:n].astype(str)[which]
    return match_samples(
        samples, signal.xy_m, signal, table, rules_of(service), commune=commune.tolist(),
        village=np.where(away <= service.measured_radius_m, village, "").tolist())


def accuracy_of(samples: Samples | None, layers: Layers, service: Service, *, calibrated: bool) -> Accuracy | None:
    """Return the comparison with and without calibration; None without measurements."""
    if samples is None:
        return None
    communes = layers.communes
    border = dict(zip(communes["commune_code"].astype(str), communes["is_border"].astype(bool), strict=True))

    def compared(*, biased: bool) -> Mapping[str, Confusion]:
        return leave_one_out(samples, rules_of(service), threshold_dbm=service.rsrp_served_dbm, border=border,
                             unit="village", biased=biased)

    return Accuracy(compared(biased=False), compared(biased=True), calibrated)


def group_name(row: Mapping[str, Any]) -> str:
    """Return 'Viettel 1800 MHz' of a row of the calibration's table."""
    band = row["band_mhz"]
    return f"{row['operator']} {band:g} MHz" if band > 0 else str(row["operator"])


def calibration_findings(calibration: Calibration | None, *, asked: bool) -> tuple[Finding, ...]:
    """Say what was calibrated by how much, and what was refused and why; nothing where it was not asked for."""
    if not asked:
        return ()
    if calibration is None or calibration.table.empty:
        return (Finding("calibration_no_samples", layer="measurements", package="coverage"),)
    out = []
    for row in calibration.table.to_dict("records"):
        details: dict[str, Any] = {"group": group_name(row), "places": row["places"], "samples": row["samples"]}
        if row["usable"]:
            details |= {"bias": f"{row['bias_db']:+.1f}", "before": f"{row['rms_before_db']:.1f}",
                        "after": f"{row['rms_after_db']:.1f}"}
        else:
            vi, en = REASONS[row["reason"]]
            details |= {"reason": vi[0].lower() + vi[1:], "reason_en": en[0].lower() + en[1:]}
        code = "calibration_applied" if row["usable"] else "calibration_refused"
        out.append(Finding(code, layer="measurements", column="rsrp_dbm", details=details, package="coverage"))
    return tuple(out)
