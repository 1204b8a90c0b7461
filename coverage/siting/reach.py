"""Whom an option would serve: probability of service at demand points, by the terrain model of the radio room.

Each (position, height, band, kind of equipment) is computed once, whatever the number of options that share it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.spatial import KDTree

from coverage.compute import Progress, run_pieces, silent
from coverage.gap.service import atmosphere
from coverage.radio.antenna import unknown_azimuth_gain_db
from coverage.radio.area_loss import point_paths
from coverage.radio.link_budget import load_presets, service_probability
from coverage.scenario import Scenario
from geodata.grid import Raster

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
TRANSMITTER = ("x_m", "y_m", "height_m", "band_mhz", "equipment", "technology", "radius_m")


@dataclass(frozen=True)
class Reach:
    """What n options give to m demand points.

    Parameters
    ----------
    served : (n, m) csr of 1: P >= the least probability of a proposed site.
    probability : (n, m) csr float32: P of every pair within the radius with P above the surely-unserved level.
    """

    served: Any
    probability: Any


@dataclass(frozen=True)
class Antenna:
    """A proposed transmitter: height above ground, band, kind of equipment of the presets, technology."""

    height_m: float
    band_mhz: float
    equipment: str
    technology: str

    def rsrp_dbm(self, loss_db: FloatArray) -> FloatArray:
        """Return RSRP (n,) dBm outdoors; sectors point nobody knows where yet, so their mean gain counts."""
        presets = load_presets()
        budget = presets.find(self.technology, self.band_mhz, self.equipment)
        beam = presets.sector
        gain = 0.0 if budget.omnidirectional else unknown_azimuth_gain_db(
            beam.beamwidth_deg, beam.front_back_db, beam.sectors)[0]
        return budget.rsrp_dbm(loss_db, gain)


def probability(
    antenna: Antenna, xy_m: tuple[float, float], points_m: FloatArray, ground: Raster, scenario: Scenario
) -> FloatArray:
    """Return P (n,) that a transmitter at ``xy_m`` serves points (n, 2); NaN across no-data."""
    paths = point_paths(
        ground, xy_m, antenna.height_m, points_m, rx_agl_m=scenario.service.rx_height_m, freq_mhz=antenna.band_mhz,
        atmosphere=atmosphere(scenario),
    )
    service = scenario.service
    level = antenna.rsrp_dbm(paths.loss_db) + scenario.radio.power_shift_db
    return service_probability(level, service.rsrp_served_dbm, service.sigma_model_db)


def reach(
    options: pd.DataFrame,
    xy_m: FloatArray,
    elevation: Raster,
    scenario: Scenario,
    *,
    progress: Progress = silent,
    workers: int | None = None,
) -> Reach:
    """Return whom each option serves.

    Parameters
    ----------
    options : columns TRANSMITTER, one row per option; points beyond its ``radius_m`` are not served.
    xy_m : (m, 2) demand points in the CRS of ``elevation``.
    """
    points = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
    groups = list(options.groupby(list(TRANSMITTER), sort=False).indices.items())
    shape = (len(options), points.shape[0])
    tree = KDTree(points) if points.size else None
    least = scenario.service.sure_low_probability

    def one(group: tuple[Any, IntArray]) -> tuple[IntArray, FloatArray]:
        x, y, height, band, equipment, technology, radius_m = group[0]
        near = tree.query_ball_point((x, y), radius_m, return_sorted=True) if tree else []
        at = np.array(near, dtype=np.intp)
        if not at.size:
            return at, np.empty(0)
        p = probability(Antenna(height, band, equipment, technology), (x, y), points[at], elevation, scenario)
        keep = np.nan_to_num(p) >= least      # across no-data nothing is known, so nothing is promised
        return at[keep], p[keep]

    rows: list[IntArray] = []
    cols: list[IntArray] = []
    values: list[FloatArray] = []
    found = run_pieces(one, groups, workers=workers, stage="reach", progress=progress)
    for (_, members), (at, p) in zip(groups, found, strict=True):
        for row in members:
            rows.append(np.full(at.size, row, np.intp))
            cols.append(at)
            values.append(p)
    if not rows:
        empty = sp.csr_array(shape, dtype=np.float32)
        return Reach(empty.astype(np.uint8), empty)
    matrix = sp.csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), shape=shape)
    matrix.sort_indices()
    served = matrix.copy()
    served.data = (served.data >= scenario.service.proposed_min_probability).astype(np.uint8)
    served.eliminate_zeros()
    return Reach(served, matrix.astype(np.float32))
