"""Demand points: village centres as test points without weight, population clusters with their people."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.errors import GapError
from geodata.crs import same_crs
from geodata.findings import Finding
from geodata.layers import Layers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]
CENTRE, CLUSTER = "centre", "cluster"
# ends the code of the one cluster that stands at the centre where a village has no cluster rows
AT_CENTRE = "-tt"


@dataclass(frozen=True)
class DemandPoints:
    """Centres of all villages in the layer's order, then clusters.

    Attributes
    ----------
    xy_m : (n, 2) in the pack's CRS.
    people, households : (n,); 0 at centres, and 0 where ``people_known`` / ``households_known`` is False.
    kind : (n,) "centre" or "cluster". village_code, point_code, commune_code : (n,) text.
    village : (n,) number of the point's village in the villages layer.
    people_known, households_known : (n,) False where the lists give no number (a finding says which).
    """

    xy_m: FloatArray
    people: FloatArray
    households: FloatArray
    kind: TextArray
    village_code: TextArray
    point_code: TextArray
    commune_code: TextArray
    village: npt.NDArray[np.intp]
    people_known: BoolArray
    households_known: BoolArray

    def __len__(self) -> int:
        return int(self.xy_m.shape[0])

    @property
    def n_villages(self) -> int:
        """Number of villages; the first ``n_villages`` points are their centres."""
        return int(np.count_nonzero(self.kind == CENTRE))

    @property
    def is_cluster(self) -> BoolArray:
        """Which points carry people (n,)."""
        mask: BoolArray = self.kind == CLUSTER
        return mask

    @property
    def clusters_per_village(self) -> npt.NDArray[np.intp]:
        """Number of clusters of every village (n_villages,)."""
        return np.bincount(self.village[self.is_cluster], minlength=self.n_villages).astype(np.intp)

    def sum_by_village(self, values: npt.ArrayLike) -> FloatArray:
        """Sum values (n,) over the clusters of every village (n_villages,)."""
        weights = np.asarray(values, dtype=np.float64)[self.is_cluster]
        total: FloatArray = np.bincount(
            self.village[self.is_cluster], weights=weights, minlength=self.n_villages).astype(np.float64)
        return total


def demand_points(layers: Layers) -> tuple[DemandPoints, tuple[Finding, ...]]:
    """Return the demand points of a pack and what could not be counted.

    People of a cluster are its households times the people per household of its village; a village without clusters
    has one at its centre with all its households and people. A village whose households are 0 or missing gives its
    clusters no people: that is a finding, never a guess.

    Raises
    ------
    GapError
        No village, a village code twice, or a point without position.
    """
    villages = layers.villages
    _refuse(villages, "villages", "village_code")
    number = {code: i for i, code in enumerate(villages["village_code"])}
    findings: list[Finding] = []
    clusters = _clusters_of(layers, number, findings)
    of_village = np.array([number[c] for c in clusters["village_code"]], dtype=np.intp)
    people_per_household = _people_per_household(villages)
    households = _numbers(clusters["households"])
    people = households * people_per_household[of_village]
    findings += _unknown(clusters, households, villages, people_per_household)

    alone = np.flatnonzero(np.bincount(of_village, minlength=len(villages)) == 0)
    findings += _sums_that_differ(villages, of_village, households, alone)
    lone = villages.iloc[alone]
    n_centres = len(villages)
    all_households = np.concatenate((np.zeros(n_centres), households, _numbers(lone["households"])))
    all_people = np.concatenate((np.zeros(n_centres), people, _numbers(lone["people"])))
    village = np.concatenate((np.arange(n_centres), of_village, alone)).astype(np.intp)
    codes = villages["village_code"].astype(str).to_numpy(object)
    points = DemandPoints(
        xy_m=np.concatenate((_xy(villages), _xy(clusters), _xy(lone))),
        people=np.nan_to_num(all_people),
        households=np.nan_to_num(all_households),
        kind=np.array([CENTRE] * n_centres + [CLUSTER] * (len(of_village) + len(alone)), dtype=object),
        village_code=codes[village],
        point_code=np.concatenate(
            (codes, clusters["cluster_code"].astype(str).to_numpy(object), codes[alone] + AT_CENTRE)),
        commune_code=villages["commune_code"].astype(str).to_numpy(object)[village],
        village=village,
        people_known=~np.isnan(all_people),
        households_known=~np.isnan(all_households),
    )
    return points, tuple(findings)


def _refuse(frame: gpd.GeoDataFrame, layer: str, code: str) -> None:
    """Raise GapError for a layer that cannot carry a status."""
    if frame.empty:
        raise GapError("gap_layer_empty", layer=layer)
    twice = frame[code][frame[code].duplicated(keep=False)]
    if len(twice):
        raise GapError("gap_code_twice", layer=layer, point=str(twice.iloc[0]), count=len(twice))
    _refuse_unplaced(frame, layer, code)


def _refuse_unplaced(frame: gpd.GeoDataFrame, layer: str, code: str) -> None:
    bad = np.flatnonzero(~np.isfinite(_xy(frame)).all(axis=1))
    if bad.size:
        raise GapError("gap_no_position", layer=layer, point=str(frame[code].iloc[bad[0]]), count=int(bad.size))


def _xy(frame: gpd.GeoDataFrame) -> FloatArray:
    """Return x and y (n, 2) of points; NaN for a missing or empty one."""
    return np.column_stack((frame.geometry.x, frame.geometry.y)).reshape(len(frame), 2).astype(np.float64)


def _numbers(column: pd.Series) -> FloatArray:
    values: FloatArray = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _people_per_household(villages: gpd.GeoDataFrame) -> FloatArray:
    """Return people over households (n,), NaN where either is missing or households are 0."""
    households, people = _numbers(villages["households"]), _numbers(villages["people"])
    known = households > 0
    ratio: FloatArray = np.divide(people, households, out=np.full(len(villages), np.nan), where=known)
    return ratio


def _clusters_of(layers: Layers, number: dict[str, int], findings: list[Finding]) -> gpd.GeoDataFrame:
    """Return the clusters whose village is in the list; the others become one finding."""
    columns = ["cluster_code", "village_code", "households"]
    if layers.clusters is None:
        return gpd.GeoDataFrame({c: pd.Series(dtype=object) for c in columns}, geometry=[], crs=layers.villages.crs)
    frame = layers.clusters
    same_crs(frame.crs, layers.villages.crs, where="clusters")
    _refuse_unplaced(frame, "clusters", "cluster_code")
    twice = frame["cluster_code"][frame["cluster_code"].duplicated(keep=False)]
    if len(twice):
        raise GapError("gap_code_twice", layer="clusters", point=str(twice.iloc[0]), count=len(twice))
    known = frame["village_code"].isin(number).to_numpy(bool)
    if not known.all():
        findings.append(_finding("cluster_without_village", "clusters", "village_code", frame[~known], "cluster_code"))
    return frame[known]


def _unknown(
    clusters: gpd.GeoDataFrame, households: FloatArray, villages: gpd.GeoDataFrame, ratio: FloatArray,
) -> list[Finding]:
    """Say which clusters have no households and which villages no people per household."""
    out = []
    if np.isnan(households).any():
        bad = clusters[np.isnan(households)]
        out.append(_finding("cluster_households_missing", "clusters", "households", bad, "cluster_code"))
    if np.isnan(ratio).any():
        bad = villages[np.isnan(ratio)]
        out.append(_finding("village_people_unknown", "villages", "households", bad, "village_code"))
    return out


def _sums_that_differ(
    villages: gpd.GeoDataFrame, of_village: npt.NDArray[np.intp], households: FloatArray, alone: npt.NDArray[np.intp],
) -> list[Finding]:
    """Say where clusters do not add up to the village's households; nothing is rescaled."""
    listed = _numbers(villages["households"])
    total = np.bincount(of_village, weights=np.nan_to_num(households), minlength=len(villages))
    differs = ~np.isnan(listed) & (np.abs(total - listed) >= 1.0)
    differs[alone] = False
    if not differs.any():
        return []
    bad = villages[differs]
    finding = _finding("cluster_households_differ", "clusters", "households", bad, "village_code")
    sums = {"listed": int(listed[differs].sum()), "clusters": int(total[differs].sum())}
    return [replace(finding, details=finding.details | sums)]


def _finding(code: str, layer: str, column: str, bad: pd.DataFrame, shown: str) -> Finding:
    """Return a finding of this package about rows of one layer, with their place in the office's files."""
    files = ", ".join(sorted(set(bad["source_file"].dropna()))) if "source_file" in bad else ""
    rows = bad["source_row"] if "source_row" in bad else pd.Series(dtype=float)
    return Finding(
        code, layer=layer, column=column, file=files, rows=tuple(int(r) for r in rows.dropna()),
        values=tuple(bad[shown].astype(str)), details={"number": len(bad)}, package="coverage",
    )
