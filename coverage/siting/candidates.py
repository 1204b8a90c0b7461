"""Places where something may be built: existing masts, high ground, commune seats, the unserved villages themselves.

A place is kept only where it would reach eligible people without signal; restricted land removes or delays it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree

from coverage.compute import Progress, silent
from coverage.gap.assessment import Assessment
from coverage.radio.link_budget import load_presets
from coverage.scenario import Scenario
from coverage.siting.distances import fibre_way, power_distance_m, road_distance_m
from coverage.siting.ground import distance_to_lines, high_ground, pick
from coverage.siting.need import Need
from coverage.siting.reach import Reach, reach
from geodata.layers import Layers
from geodata.roads import RoadGraph

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
COLUMNS = (
    "site_id", "kind", "name", "commune_code", "host_site_code", "host_operator", "host_height_m", "village_code",
    "ground_m", "road_m", "power_m", "fibre_m", "restriction", "restriction_name", "reachable_people", "x_m", "y_m",
)
REASONS = ("cam", "no_elevation", "outside_communes", "reaches_nobody")
SEAT_WORDS = ("ubnd", "ủy ban", "trụ sở", "commune office")


@dataclass(frozen=True)
class Candidates:
    """The places considered.

    Parameters
    ----------
    frame : one row per place, columns COLUMNS and point geometry, sorted by site_id.
    removed : places left out, with columns site_id, kind, name, commune_code, reason (one of REASONS), detail.
    land_checked : False where the office supplied no restricted land ("chưa kiểm tra đất, rừng, biên giới").
    """

    frame: gpd.GeoDataFrame
    removed: pd.DataFrame
    land_checked: bool


def candidates(
    layers: Layers,
    assessment: Assessment,
    scenario: Scenario,
    need: Need,
    roads: RoadGraph | None,
    *,
    progress: Progress = silent,
) -> Candidates:
    """Return the places from which eligible people without signal can be reached.

    Parameters
    ----------
    need : who has no signal at the start of the plan (``coverage.siting.need``). roads : None without a road layer.
    """
    kinds = set(scenario.siting.options)
    parts: list[pd.DataFrame] = []
    if need.targets_m.size:
        if "shared" in kinds:
            parts.append(_masts(layers, need, scenario))
        if "macro" in kinds:
            parts.append(_seats(layers))
        if kinds & {"macro", "small_cell_satellite"}:
            parts.append(_villages(assessment, need))
    place = pd.concat(parts, ignore_index=True) if parts else _places([])
    place, lost = _off_the_map(place, layers)
    place, idle = _reaching(place, layers, need, scenario, progress)
    lost += idle
    if need.targets_m.size and "macro" in kinds:
        place = pd.concat([place, _high_ground(layers, assessment, need, scenario, progress)], ignore_index=True)
    land = _land(layers, place)
    barred = (land["restriction"] == "cam").to_numpy()
    lost.append(_lost(place[barred], "cam", land.loc[barred, "restriction_name"]))
    place, land = place[~barred].reset_index(drop=True), land[~barred].reset_index(drop=True)
    removed = pd.concat(lost, ignore_index=True).sort_values("site_id", ignore_index=True)
    frame = _measured(pd.concat([place, land], axis=1), layers, roads)
    return Candidates(frame, removed, layers.restricted is not None)


def _places(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    columns = ["site_id", "kind", "name", "host_site_code", "host_operator", "host_height_m", "village_code",
               "x_m", "y_m", "wanted"]
    frame = pd.DataFrame(list(rows), columns=columns)
    text = ["site_id", "kind", "name", "host_site_code", "host_operator", "village_code"]
    return frame.astype(dict.fromkeys(text, object) | dict.fromkeys(("host_height_m", "x_m", "y_m"), float)
                        | {"wanted": bool})


def _place(site_id: str, kind: str, name: str, xy: tuple[float, float], **more: Any) -> dict[str, Any]:
    base = {"host_site_code": "", "host_operator": "", "host_height_m": np.nan, "village_code": "", "wanted": True}
    return {"site_id": site_id, "kind": kind, "name": name, "x_m": xy[0], "y_m": xy[1], **base, **more}


def _masts(layers: Layers, need: Need, scenario: Scenario) -> pd.DataFrame:
    """Return the masts on air within the radius of a target: one row per place, with its highest antenna."""
    sites = layers.sites[layers.sites["state"] == "on_air"].sort_values(["site_code", "operator"], kind="stable")
    table = pd.DataFrame({
        "code": sites["site_code"].astype(str), "operator": sites["operator"].astype(str), "x": sites.geometry.x,
        "y": sites.geometry.y, "height": sites["height_m"].astype(float)}).reset_index(drop=True)
    away, _ = KDTree(need.targets_m).query(table[["x", "y"]].to_numpy())
    table = table[away <= scenario.siting.radius_m]
    place = [table["x"].round(), table["y"].round()]
    table = table.assign(height=table.groupby(place)["height"].transform("max"))
    table = table[~pd.DataFrame(place).T.duplicated()]
    return _places([
        _place(f"DC-{one.code}", "existing_mast", f"Cột trạm {one.code} ({one.operator})", (one.x, one.y),
               host_site_code=one.code, host_operator=one.operator, host_height_m=one.height, wanted=False)
        for one in table.itertuples()
    ])


def _seats(layers: Layers) -> pd.DataFrame:
    """Return one place per commune: its office among the anchors, else a point inside its boundary."""
    offices: dict[str, tuple[float, float]] = {}
    if layers.anchors is not None and len(layers.anchors):
        words = (layers.anchors["kind"].astype(str) + " " + layers.anchors["name"].astype(str)).str.lower()
        office = layers.anchors[words.str.contains("|".join(SEAT_WORDS), regex=True).to_numpy(dtype=bool)]
        joined = office.sjoin(layers.communes[["commune_code", "geometry"]], predicate="within")
        joined = joined.sort_values(["commune_code", "anchor_code"], kind="stable")
        for code, point in zip(joined["commune_code"], joined.geometry, strict=True):
            offices.setdefault(str(code), (point.x, point.y))
    rows = []
    for code, kind, name, shape in zip(layers.communes["commune_code"], layers.communes["kind"],
                                       layers.communes["name"], layers.communes.geometry, strict=True):
        inside = shape.representative_point()
        rows.append(_place(f"TX-{code}", "commune_seat", f"Trung tâm {str(kind).lower()} {name}",
                           offices.get(str(code), (inside.x, inside.y)), wanted=False))
    return _places(rows)


def _villages(assessment: Assessment, need: Need) -> pd.DataFrame:
    """Return one place per eligible village with people unserved: its centre, or its largest cluster unserved."""
    points, villages = assessment.points, assessment.villages
    kinds = np.asarray(points.kind, dtype=object).take(need.point)
    rows = []
    for village in sorted(set(need.village[need.eligible_people > 0])):
        mine = np.flatnonzero(need.village == village)
        centre = mine[kinds[mine] == "centre"]
        one = int(centre[0] if centre.size else mine[int(np.argmax(need.eligible_people[mine]))])
        code, name = str(villages["village_code"].iloc[village]), str(villages["name"].iloc[village])
        rows.append(_place(f"TH-{code}", "village", name, (float(need.xy_m[one, 0]), float(need.xy_m[one, 1])),
                           village_code=code))
    return _places(rows)


def _lost(place: pd.DataFrame, reason: str, detail: Any = "") -> pd.DataFrame:
    out = place[["site_id", "kind", "name", "x_m", "y_m"]].copy()
    out["reason"] = reason
    out["detail"] = detail.to_numpy() if isinstance(detail, pd.Series) else detail
    return out


def _off_the_map(place: pd.DataFrame, layers: Layers) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Take out what lies where the elevation is unknown or outside every commune."""
    flat = np.isnan(layers.elevation.at(place["x_m"], place["y_m"]))
    outside = ~_inside(layers, place) & ~flat
    lost = [_lost(place[flat], "no_elevation"), _lost(place[outside], "outside_communes")]
    return place[~flat & ~outside].reset_index(drop=True), lost


def _inside(layers: Layers, place: pd.DataFrame) -> BoolArray:
    tree = shapely.STRtree(layers.communes.geometry.to_numpy())
    inside = np.zeros(len(place), dtype=bool)
    inside[tree.query(shapely.points(place[["x_m", "y_m"]].to_numpy()), predicate="intersects")[0]] = True
    return inside


def _reach_of(place: pd.DataFrame, layers: Layers, need: Need, scenario: Scenario, progress: Progress) -> Reach:
    """Return whom a macro antenna at each place would serve; on an existing mast at the mast's height."""
    own = load_presets().default_height_m["macro"]
    frame = place[["x_m", "y_m"]].assign(
        height_m=place["host_height_m"].fillna(own), band_mhz=scenario.siting.band_mhz, equipment="macro",
        technology=scenario.siting.technology, radius_m=scenario.siting.radius_m)
    return reach(frame, need.xy_m, layers.elevation, scenario, progress=progress)


def _reaching(
    place: pd.DataFrame, layers: Layers, need: Need, scenario: Scenario, progress: Progress,
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Keep the places that reach eligible people, and the villages themselves whatever they reach."""
    if place.empty:
        return place.assign(reachable_people=pd.Series(dtype=float)), []
    gain = _reach_of(place, layers, need, scenario, progress).served @ need.eligible_people
    keep = (gain > 0) | place["wanted"].to_numpy()
    place = place.assign(reachable_people=gain)
    return place[keep].reset_index(drop=True), [_lost(place[~keep], "reaches_nobody")]


def _high_ground(
    layers: Layers, assessment: Assessment, need: Need, scenario: Scenario, progress: Progress,
) -> pd.DataFrame:
    """Return high ground near roads and unserved settlements, the best of each block of the spacing.

    Where the best of a block lies in forbidden land it is returned too, to be counted, with the best allowed one.
    """
    easy = scenario.rate("access_road_max_m")
    cells = high_ground(
        layers.elevation, distance_to_lines(layers.roads, layers.elevation), need.targets_m,
        spacing_m=scenario.siting.spacing_m, max_road_m=scenario.siting.max_road_m, easy_road_m=easy)
    place = _places([
        _place(f"DN-{round(x / 10):05d}-{round(y / 10):06d}", "high_ground", "", (x, y)) for x, y in cells.xy_m.tolist()
    ])
    on_map = _inside(layers, place)
    gain = np.zeros(len(place))
    if on_map.any():
        inside = place[on_map].reset_index(drop=True)
        gain[on_map] = _reach_of(inside, layers, need, scenario, progress).served @ need.eligible_people
    free = (_land(layers, place)["restriction"] != "cam").to_numpy()
    kept = np.union1d(pick(cells.block, gain, cells.road_m, easy),
                      pick(cells.block, np.where(free, gain, 0.0), cells.road_m, easy)).astype(np.intp)
    place = place.iloc[kept].reset_index(drop=True).assign(reachable_people=gain[kept])
    return place.assign(name=_near_village(assessment, need, cells.xy_m[kept], cells.ground_m[kept]))


def _near_village(assessment: Assessment, need: Need, xy: FloatArray, ground_m: FloatArray) -> list[str]:
    """Name heights after the nearest eligible village without signal."""
    if not len(xy):
        return []
    at = np.flatnonzero(need.eligible_people > 0)
    tree = shapely.STRtree(shapely.points(need.xy_m[at]))
    near = tree.nearest(shapely.points(xy))
    names = assessment.villages["name"].astype(str).to_numpy()[need.village[at[near]]]
    return [f"Điểm cao {round(h)} m gần {name}" for h, name in zip(ground_m.tolist(), names, strict=True)]


def _land(layers: Layers, place: pd.DataFrame) -> pd.DataFrame:
    """Return restriction ("" | "xin_phep" | "cam", the harder wins) and the kind of land of every place."""
    out = pd.DataFrame({"restriction": "", "restriction_name": ""}, index=place.index)
    if layers.restricted is None or layers.restricted.empty or place.empty:
        return out
    tree = shapely.STRtree(layers.restricted.geometry.to_numpy())
    at, area = tree.query(shapely.points(place[["x_m", "y_m"]].to_numpy()), predicate="intersects")
    found = layers.restricted.iloc[area][["restriction", "kind"]].assign(at=at).reset_index(drop=True)
    for level in ("xin_phep", "cam"):
        mine = found[found["restriction"] == level].groupby("at")["kind"].agg(lambda k: ", ".join(sorted(set(k))))
        rows = place.index[mine.index]
        out.loc[rows, "restriction"] = level
        out.loc[rows, "restriction_name"] = mine.to_numpy()
    return out


def _measured(place: pd.DataFrame, layers: Layers, roads: RoadGraph | None) -> gpd.GeoDataFrame:
    """Add commune, elevation and distances; a mast on air has power where it stands."""
    place = place.sort_values("site_id", ignore_index=True)
    xy = place[["x_m", "y_m"]].to_numpy(dtype=np.float64)
    points = gpd.GeoDataFrame(place, geometry=shapely.points(xy), crs=layers.communes.crs)
    tree = shapely.STRtree(layers.communes.geometry.to_numpy())
    at, commune = tree.query(points.geometry.to_numpy(), predicate="intersects")
    first = pd.Series(layers.communes["commune_code"].astype(str).to_numpy()[commune]).groupby(at).min()
    fibre = fibre_way(layers, roads, xy)
    existing = (place["kind"] == "existing_mast").to_numpy()
    return points.assign(
        commune_code=first.reindex(range(len(place)), fill_value="").to_numpy(),
        ground_m=layers.elevation.at(xy[:, 0], xy[:, 1]),
        road_m=road_distance_m(roads, xy),
        power_m=np.where(existing, 0.0, power_distance_m(layers, xy)),
        fibre_m=np.fmin(fibre.by_road_m, fibre.direct_m),
    )[[*COLUMNS, "geometry"]]
