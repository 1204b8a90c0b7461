"""Service of demand points, anchors and samples by the masts of a pack: radio's levels turned into evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from coverage.compute import Progress, silent
from coverage.gap.demand import DemandPoints
from coverage.gap.evidence import Confirmation, Evidence, Key, PointService, gather, in_class, recent
from coverage.gap.masts import baseline_sites, counted_on, headline_on, operators_listed
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import ServerSignal, signal_at_points
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
    table : masts on air of counted technologies. evidence : at the demand points (n,).
    classes : "4g" and "all" at the demand points. anchors : the headline class at the anchors, None without anchors.
    samples_dbm : the model's level at every recent measurement, per operator and technology.
    after_3g : service by what is left when 3G is off.
    """

    table: SiteTable
    evidence: Evidence
    classes: Mapping[str, PointService]
    after_3g: PointService
    anchors: PointService | None
    samples: gpd.GeoDataFrame | None
    samples_dbm: Mapping[Key, FloatArray]
    findings: tuple[Finding, ...]


def atmosphere(scenario: Scenario) -> Atmosphere:
    """Return the atmosphere of a scenario."""
    return Atmosphere(dn=scenario.radio.dn, n0=scenario.radio.n0)


def reference_date(layers: Layers, scenario: Scenario) -> date:
    """Return the date that "today" means: the scenario's, else the pack's; never the clock."""
    return scenario.reference_date or layers.info.reference_date


def masts_table(sites: gpd.GeoDataFrame, technologies: Sequence[str], scenario: Scenario) -> SiteTable:
    """Return the radio table of the masts with one of the technologies, the scenario's power shift applied."""
    chosen = sites[sites["technology"].isin(list(technologies)).to_numpy(bool)]
    return site_table(chosen, load_presets()).shifted(scenario.radio.power_shift_db)


def levels(
    table: SiteTable, xy_m: FloatArray, layers: Layers, scenario: Scenario, progress: Progress = silent,
) -> Mapping[Key, ServerSignal]:
    """Return the model's levels at points (n, 2) per operator and technology."""
    return signal_at_points(
        table, xy_m, layers.elevation, radius_m=scenario.radio.radius_m, rx_agl_m=scenario.service.rx_height_m,
        atmosphere=atmosphere(scenario), progress=progress,
    ).by_key


def _xy(frame: gpd.GeoDataFrame | None) -> FloatArray:
    if frame is None:
        return np.zeros((0, 2))
    return np.column_stack((frame.geometry.x, frame.geometry.y)).reshape(-1, 2).astype(np.float64)


def _part(signal: Mapping[Key, ServerSignal], rows: slice) -> dict[Key, ServerSignal]:
    return {
        key: ServerSignal(s.rsrp_dbm[rows], s.second_dbm[rows], s.server[rows], s.blocked[rows], s.unknown[rows])
        for key, s in signal.items()
    }


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

    Masts on air only. One pass of radio serves points, anchors and the comparison with measurements.
    """
    day = reference_date(layers, scenario)
    counted, headline = counted_on(scenario.service, day), headline_on(scenario.service)
    after_3g = counted_on(scenario.service, max(day, scenario.service.off_date_3g))
    table = masts_table(baseline_sites(layers.sites), tuple(sorted({*counted, *headline})), scenario)
    samples, findings = _recent(layers, scenario, tuple(sorted({*counted, *headline})))
    places = (points.xy_m, _xy(layers.anchors), _xy(samples))
    signal = levels(table, np.concatenate(places), layers, scenario, progress)
    ends = np.cumsum([len(p) for p in places])
    at_points, at_anchors, at_samples = (
        _part(signal, slice(int(end) - len(p), int(end))) for p, end in zip(places, ends, strict=True))
    listed = operators_listed(layers.sites)
    evidence = gather(points.xy_m, at_points, listed, scenario.service, measurements=samples,
                      confirmations=confirmations, point_codes=points.point_code.tolist())
    anchors = None
    if layers.anchors is not None:
        anchors = in_class(gather(places[1], at_anchors, listed, scenario.service, measurements=samples), headline)
    return Served(
        table, evidence, {HEADLINE_CLASS: in_class(evidence, headline), ALL_CLASS: in_class(evidence, counted)},
        in_class(evidence, after_3g), anchors, samples, {k: s.rsrp_dbm for k, s in at_samples.items()},
        tuple(findings),
    )
