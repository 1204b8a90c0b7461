"""Assessment: the state of every village, commune and anchor of a pack, and the gap layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from coverage.compute import Progress, silent
from coverage.errors import Cancelled
from coverage.gap.accuracy import Accuracy, accuracy_of, calibration_findings
from coverage.gap.agreement import claims_against_measured, model_against_measured
from coverage.gap.areas import best_level, gap_discs, gap_land, gap_points
from coverage.gap.communes import commune_table, with_offices
from coverage.gap.demand import CLUSTER, DemandPoints, demand_points
from coverage.gap.evidence import Confirmation, Evidence
from coverage.gap.fibre import AlongRoad, anchor_fibre, village_fibre
from coverage.gap.masts import (
    assumptions,
    headline_on,
    mast_findings,
    operators_without_list,
    refuse_no_masts,
)
from coverage.gap.published import Decision, Matched, match_published, official_status, reconcile
from coverage.gap.sensitivity import Sensitivity, power_sensitivity
from coverage.gap.service import Served, atmosphere, beams, reference_date, serve
from coverage.gap.status import PHU, UNKNOWN
from coverage.gap.villages import point_table, village_table
from coverage.radio.antenna import load_patterns
from coverage.radio.calibration import Calibration
from coverage.radio.signal import signal_over_area
from coverage.radio.sites import missing_patterns
from coverage.scenario import Scenario
from geodata.crs import same_crs
from geodata.findings import Finding
from geodata.grid import Raster
from geodata.layers import Layers
from geodata.roads import road_graph

LAND_UNKNOWN_KM2 = 0.01     # a hundredth of a square kilometre: below it cells cut at the boundary, not missing data


@dataclass(frozen=True)
class Assessment:
    """What is known of the gaps of a pack under one scenario.

    Attributes
    ----------
    points : centres (people 0) then clusters. served : per class "4g" and "all", by any operator, per point (n,).
    known : the same, where the service is known. point_table : one row per point.
    villages : one row per village, in the layer's order. communes : ranked. anchors : None without the layer.
    gap_thon, gap_dc, gap_vung : the gap layers; gap_vung is empty where areas were not asked for.
    area_rsrp : RSRP in dBm over the elevation's cells per (operator, technology); empty where not asked for.
    reconciliation : published list against model. agreement : claims against measured speed.
    model_check : model against measured level. assumptions : per operator, shares of assumed values.
    evidence : service of every point by every operator and technology.
    accuracy : model against measured villages; None without measurements. calibration : None where not asked for.
    sensitivity : villages that change status with assumed powers; None where not asked for.
    """

    scenario: Scenario
    points: DemandPoints
    served: Mapping[str, npt.NDArray[np.bool_]]
    known: Mapping[str, npt.NDArray[np.bool_]]
    point_table: pd.DataFrame
    villages: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    anchors: gpd.GeoDataFrame | None
    gap_thon: gpd.GeoDataFrame
    gap_dc: gpd.GeoDataFrame
    gap_vung: gpd.GeoDataFrame
    area_rsrp: Mapping[tuple[str, str], Raster]
    reconciliation: pd.DataFrame
    agreement: pd.DataFrame
    model_check: pd.DataFrame
    assumptions: pd.DataFrame
    evidence: Evidence
    findings: tuple[Finding, ...]
    accuracy: Accuracy | None
    calibration: Calibration | None
    sensitivity: Sensitivity | None


def assess(
    layers: Layers, scenario: Scenario, *, areas: bool = True, sensitivity: bool = True,
    confirmations: Sequence[Confirmation] = (), decisions: Sequence[Decision] = (), progress: Progress = silent,
) -> Assessment:
    """Return the state of every village, commune and anchor, and the gap layers, as definitions of the office say.

    Parameters
    ----------
    areas : also the level over the whole ground (minutes for a province) and the layer gap_vung.
    sensitivity : also the villages that change status when assumed powers move (two passes over the points).
    confirmations, decisions : signed statements of the office on points and on villages.

    Raises
    ------
    GapError, RadioError, CrsError
        For layers from which nothing can be told.
    """
    _refuse(layers)
    points, findings = demand_points(layers)
    served = serve(layers, points, scenario, confirmations=confirmations, progress=progress)
    unlisted = operators_without_list(layers.sites, layers.claims, layers.measurements)
    _step(progress, "villages", 0)
    matched = match_published(layers)
    along_road = road_graph(layers.roads).along_road_m if layers.roads is not None else None
    villages, more = _villages(layers, points, served, scenario, unlisted, matched, decisions, along_road)
    table = point_table(points, served)
    anchors = _anchors(layers, served, scenario, along_road)
    _step(progress, "villages", 1)
    area_rsrp = _areas(layers, served, scenario, progress) if areas else {}
    _step(progress, "gap_layers", 0)
    gaps = _gap_layers(layers, villages, table, area_rsrp, scenario, areas=areas)
    _step(progress, "gap_layers", 1)
    samples = served.samples
    return Assessment(
        scenario=scenario, points=points,
        served={name: c.served for name, c in served.classes.items()},
        known={name: c.known for name, c in served.classes.items()},
        point_table=table, villages=villages, anchors=anchors,
        communes=with_offices(commune_table(layers.communes, villages), anchors),
        gap_thon=gaps.thon, gap_dc=gaps.dc, gap_vung=gaps.vung, area_rsrp=area_rsrp,
        reconciliation=reconcile(layers, matched, villages["status_model"].tolist()),
        agreement=claims_against_measured(layers.claims, samples, scenario.service),
        model_check=model_against_measured(samples, served.samples_dbm, scenario.service),
        assumptions=assumptions(served.table), evidence=served.evidence,
        findings=(*findings, *served.findings, *more, *gaps.findings,
                  *_findings(layers, villages, unlisted, scenario),
                  *calibration_findings(served.calibration, asked=scenario.radio.calibrate)),
        accuracy=accuracy_of(served.matched, layers, scenario.service, calibrated=served.calibrated),
        calibration=served.calibration,
        sensitivity=power_sensitivity(layers, points, served, scenario, confirmations=confirmations,
                                      progress=progress) if sensitivity else None,
    )


def _step(progress: Progress, stage: str, done: int) -> None:
    """Report a stage that is one piece of work; raise Cancelled where the user wishes to stop."""
    if progress(stage, done, 1) is False:
        raise Cancelled("cancelled")


def _refuse(layers: Layers) -> None:
    """Raise for layers that differ in CRS or hold no mast on air."""
    for name, frame in layers.tables().items():
        if isinstance(frame, gpd.GeoDataFrame):
            same_crs(frame.crs, layers.info.crs, where=name)
    same_crs(layers.elevation.grid.crs, layers.info.crs, where="elevation")
    refuse_no_masts(layers.sites)


def _villages(
    layers: Layers, points: DemandPoints, served: Served, scenario: Scenario, unlisted: tuple[str, ...],
    matched: Sequence[Matched], decisions: Sequence[Decision], along_road: AlongRoad | None,
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the table of villages with official status and fibre, and what could not be matched.

    status_printed is the official status where the office has one, else the model's.
    """
    table = village_table(layers, points, served, scenario, unlisted=unlisted)
    official, source, findings = official_status(layers, matched, decisions)
    fibre = village_fibre(layers, points, scenario.service, along_road)
    model = pd.Series(table["status_model"].to_numpy(), dtype="string")
    return table.assign(
        status_official=official.to_numpy(object), official_source=source.to_numpy(object),
        status_printed=official.fillna(model).to_numpy(object),
        fibre_status=fibre["fibre_status"].to_numpy(object), fibre_m=fibre["fibre_m"].to_numpy(),
        fibre_basis=fibre["fibre_basis"].to_numpy(),
    ), findings


def _areas(
    layers: Layers, served: Served, scenario: Scenario, progress: Progress,
) -> Mapping[tuple[str, str], Raster]:
    """Return the level over the ground per operator and technology."""
    return signal_over_area(
        served.table, layers.elevation, radius_m=scenario.radio.radius_m, rx_agl_m=scenario.service.rx_height_m,
        atmosphere=atmosphere(scenario), method=scenario.radio.method, beams=beams(scenario), progress=progress)


@dataclass(frozen=True)
class _Gaps:
    thon: gpd.GeoDataFrame
    dc: gpd.GeoDataFrame
    vung: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


def _gap_layers(
    layers: Layers, villages: gpd.GeoDataFrame, table: pd.DataFrame, area_rsrp: Mapping[tuple[str, str], Raster],
    scenario: Scenario, *, areas: bool,
) -> _Gaps:
    """Return the three gap layers of the headline technologies, all operators together."""
    rules, findings = scenario.service, []
    clusters = table[(table["kind"] == CLUSTER) & table["known_4g"] & ~table["served_4g"]]
    xy = clusters[["x_m", "y_m"]].to_numpy(np.float64)
    codes = clusters["village_code"].to_numpy(object)
    dc, outside = gap_discs(xy, codes, villages, layers.communes, rules.gap_disc_m)
    if outside:
        findings.append(_finding("gap_disc_outside", clusters["point_code"].iloc[outside].tolist(), "clusters"))
    vung = gpd.GeoDataFrame(
        {c: pd.Series(dtype=object) for c in ("commune_code", "area_km2", "operator", "technology")},
        geometry=[], crs=layers.info.crs)
    if areas:
        ours = [raster for key, raster in sorted(area_rsrp.items()) if key[1] in headline_on(rules)]
        least_dbm = rules.rsrp_served_dbm + rules.sigma_model_db * float(ndtri(rules.served_min_probability))
        vung, unknown_km2 = gap_land(best_level(ours, layers.elevation), layers.elevation, layers.communes, least_dbm)
        if unknown_km2 >= LAND_UNKNOWN_KM2:
            findings.append(Finding("area_without_elevation", layer="elevation", package="coverage",
                                    details={"area": f"{unknown_km2:.2f}"}))
    return _Gaps(gap_points(villages, clusters), dc, vung, tuple(findings))


def _anchors(
    layers: Layers, served: Served, scenario: Scenario, along_road: AlongRoad | None,
) -> gpd.GeoDataFrame | None:
    """Return the anchors with their fibre and signal; None without the layer."""
    if layers.anchors is None or served.anchors is None:
        return None
    table = anchor_fibre(layers.anchors, layers.fibre_routes, scenario.service, along_road)
    return table.assign(
        served_4g=served.anchors.served, known_4g=served.anchors.known, rsrp_dbm=served.anchors.rsrp_dbm,
        p_served=served.anchors.p, n_operators=served.anchors.n_operators)


def _finding(code: str, values: Sequence[str], layer: str = "villages", column: str = "") -> Finding:
    return Finding(code, layer=layer, column=column, values=tuple(values), details={"number": len(values)},
                   package="coverage")


def _findings(
    layers: Layers, villages: gpd.GeoDataFrame, unlisted: tuple[str, ...], scenario: Scenario,
) -> tuple[Finding, ...]:
    """Say what the figures leave open."""
    out = list(mast_findings(layers.sites, reference_date(layers, scenario)))
    absent = missing_patterns(layers.sites, load_patterns(scenario.radio.antenna_folder))
    if absent:
        found = _finding("antenna_pattern_missing", sorted(absent), "sites", "antenna")
        out.append(replace(found, details=found.details | {"rows_number": sum(absent.values())}))
    if unlisted:
        out.append(_finding("operator_without_list", unlisted, "sites", "operator"))
    known = set(layers.communes["commune_code"])
    lost = villages.loc[~villages["commune_code"].isin(known), "village_code"]
    if len(lost):
        out.append(_finding("village_commune_unknown", lost.tolist(), column="commune_code"))
    open_question = villages.loc[villages["status_model"] == UNKNOWN, "village_code"]
    if len(open_question):
        out.append(_finding("village_signal_unknown", open_question.tolist()))
    covered = villages["status_printed"] == PHU
    left = villages.loc[covered & (villages["unserved_households"] > 0)]
    if len(left):
        households = int(left["unserved_households"].sum())
        found = _finding("covered_with_unserved_clusters", left["village_code"].tolist())
        out.append(replace(found, details=found.details | {"households": households}))
    if layers.fibre_routes is not None and layers.roads is None:
        out.append(Finding("fibre_straight_line", layer="fibre_routes", package="coverage"))
    return tuple(out)
