"""Service of demand points, anchors and samples by the masts of a pack: radio's levels turned into evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from coverage.compute import Progress, silent
from coverage.gap.accuracy import matched_samples, rules_of
from coverage.gap.demand import DemandPoints
from coverage.gap.evidence import Confirmation, Evidence, Key, PointService, gather, in_class, recent
from coverage.gap.masts import baseline_sites, counted_on, headline_on, operators_listed
from coverage.radio.antenna import load_patterns
from coverage.radio.calibration import Calibration, Samples, apply_calibration, calibrate
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import Beams, PointSignal, ServerSignal, signal_at_points
from coverage.radio.sites import SiteTable, site_table
from coverage.scenario import Scenario
from geodata.findings import Finding
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
HEADLINE_CLASS, ALL_CLASS = "4g", "all"


@dataclass(frozen=True)
class Served:
    """Today's service.

    Attributes
    ----------
    table : masts on air of counted technologies, calibrated where asked for. evidence : at the demand points (n,).
    classes : "4g" and "all" at the demand points. anchors : the headline class at the anchors, None without anchors.
    samples_dbm : the model's level at every recent measurement, per operator and technology.
    after_3g : service by what is left when 3G is off.
    matched : the recent measurements beside the uncalibrated model; None without any.
    calibration : bias per operator and band; None where not asked for or without measurements.
    """

    table: SiteTable
    evidence: Evidence
    classes: Mapping[str, PointService]
    after_3g: PointService
    anchors: PointService | None
    samples: gpd.GeoDataFrame | None
    samples_dbm: Mapping[Key, FloatArray]
    findings: tuple[Finding, ...]
    matched: Samples | None
    calibration: Calibration | None

    @property
    def calibrated(self) -> bool:
        """Whether some group's bias was applied."""
        return self.calibration is not None and bool(self.calibration.table["usable"].any())


def atmosphere(scenario: Scenario) -> Atmosphere:
    """Return the atmosphere of a scenario."""
    return Atmosphere(dn=scenario.radio.dn, n0=scenario.radio.n0)


def reference_date(layers: Layers, scenario: Scenario) -> date:
    """Return the date that "today" means: the scenario's, else the pack's; never the clock."""
    return scenario.reference_date or layers.info.reference_date


def beams(scenario: Scenario) -> Beams:
    """Return the stand-in sector and the measured antennas of the scenario's folder."""
    return Beams(load_presets().sector, load_patterns(scenario.radio.antenna_folder))


def masts_table(
    sites: gpd.GeoDataFrame, technologies: Sequence[str], scenario: Scenario, calibration: Calibration | None = None,
) -> SiteTable:
    """Return the radio table of the masts with one of the technologies, power shift and calibration applied."""
    chosen = sites[sites["technology"].isin(list(technologies)).to_numpy(bool)]
    patterns = load_patterns(scenario.radio.antenna_folder)
    table = site_table(chosen, load_presets(), patterns=patterns).shifted(scenario.radio.power_shift_db)
    return _calibrated(table, calibration)


def _calibrated(table: SiteTable, calibration: Calibration | None) -> SiteTable:
    """Return the table with the biases of usable groups, if there are any."""
    if calibration is None or calibration.table.empty or not calibration.table["usable"].any():
        return table
    return apply_calibration(table, calibration)


def _point_signal(
    table: SiteTable, xy_m: FloatArray, layers: Layers, scenario: Scenario, progress: Progress,
) -> PointSignal:
    """Return the model's signal at points (n, 2)."""
    return signal_at_points(
        table, xy_m, layers.elevation, radius_m=scenario.radio.radius_m, rx_agl_m=scenario.service.rx_height_m,
        atmosphere=atmosphere(scenario), beams=beams(scenario), progress=progress)


def levels(
    table: SiteTable, xy_m: FloatArray, layers: Layers, scenario: Scenario, progress: Progress = silent,
) -> Mapping[Key, ServerSignal]:
    """Return the model's levels at points (n, 2) per operator and technology."""
    return _point_signal(table, xy_m, layers, scenario, progress).by_key


def _xy(frame: gpd.GeoDataFrame | None) -> FloatArray:
    if frame is None:
        return np.zeros((0, 2))
    return np.column_stack((frame.geometry.x, frame.geometry.y)).reshape(-1, 2).astype(np.float64)


def _part(signal: PointSignal, rows: slice) -> PointSignal:
    """Return the signal at some of its points."""
    return replace(signal, xy_m=signal.xy_m[rows], by_key={
        key: ServerSignal(s.rsrp_dbm[rows], s.second_dbm[rows], s.server[rows], s.blocked[rows], s.unknown[rows])
        for key, s in signal.by_key.items()
    })


def _recent(layers: Layers, scenario: Scenario, counted: Sequence[str],
            ) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Return the measurements that count as evidence, and a finding for those that do not."""
    if layers.measurements is None:
        return None, []
    day = reference_date(layers, scenario)
    kept = recent(layers.measurements, scenario.service, day)
    kept = kept[kept["technology"].isin(list(counted)).to_numpy(bool)].reset_index(drop=True)
    left_out = len(layers.measurements) - len(kept)
    if not left_out:
        return kept, []
    months = scenario.service.measured_max_age_months
    return kept, [Finding(
        "measurements_left_out", layer="measurements", column="date", package="coverage",
        details={"number": left_out, "first": f"{months} tháng trước", "last": f"{day:%d/%m/%Y}"})]


def serve(
    layers: Layers, points: DemandPoints, scenario: Scenario, *, confirmations: Sequence[Confirmation] = (),
    progress: Progress = silent,
) -> Served:
    """Return today's service at the demand points and anchors, by the first evidence that exists.

    Masts on air only. One pass of radio serves points, anchors and the comparison with measurements; a second one where
    the scenario asks for calibration and measurements can carry it.
    """
    day = reference_date(layers, scenario)
    counted, headline = counted_on(scenario.service, day), headline_on(scenario.service)
    after_3g = counted_on(scenario.service, max(day, scenario.service.off_date_3g))
    table = masts_table(baseline_sites(layers.sites), tuple(sorted({*counted, *headline})), scenario)
    samples, findings = _recent(layers, scenario, tuple(sorted({*counted, *headline})))
    places = (points.xy_m, _xy(layers.anchors), _xy(samples))
    ends = np.cumsum([len(p) for p in places])
    parts = [slice(int(end) - len(p), int(end)) for p, end in zip(places, ends, strict=True)]
    signal = _point_signal(table, np.concatenate(places), layers, scenario, progress)
    matched, calibration = None, None
    if samples is not None and len(samples):
        matched = matched_samples(samples, _part(signal, parts[2]), table, points, scenario.service)
        if scenario.radio.calibrate:
            calibration = calibrate(matched, rules_of(scenario.service))
            if calibration.table["usable"].any():
                table = _calibrated(table, calibration)
                signal = _point_signal(table, np.concatenate(places), layers, scenario, progress)
    at_points, at_anchors, at_samples = (_part(signal, rows).by_key for rows in parts)
    listed = operators_listed(layers.sites)
    evidence = gather(points.xy_m, at_points, listed, scenario.service, measurements=samples,
                      confirmations=confirmations, point_codes=points.point_code.tolist())
    anchors = None
    if layers.anchors is not None:
        anchors = in_class(gather(places[1], at_anchors, listed, scenario.service, measurements=samples), headline)
    return Served(
        table, evidence, {HEADLINE_CLASS: in_class(evidence, headline), ALL_CLASS: in_class(evidence, counted)},
        in_class(evidence, after_3g), anchors, samples, {k: s.rsrp_dbm for k, s in at_samples.items()},
        tuple(findings), matched, calibration,
    )
