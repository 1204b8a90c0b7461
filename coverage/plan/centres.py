"""Shared operation centres of a region: at which commune offices, who goes where, how long that takes, how proven.

Travel is that of ``coverage.gap.travel.minutes_to``: vehicles by class of road, on foot off the road. Centres stand
where the mean way is least (p-median) or the longest way shortest (p-center), for the villages of the connected road
network where most people live; the others go to a centre if a way leads there, and are named if none does.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.gap.assessment import Assessment
from coverage.gap.travel import commune_offices, minutes_to
from coverage.optimise.centres import Centres as Solved
from coverage.optimise.centres import p_center, p_median
from coverage.plan.case import not_stopped
from coverage.scenario import Scenario
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.roads import RoadGraph

FloatArray = npt.NDArray[np.float64]
Kind = Literal["p_median", "p_center"]
Weight = Literal["people", "households", "villages"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WEIGHTS: tuple[Weight, ...] = get_args(Weight)
NOWHERE = ""
TIE_SHARE = 1 / 3   # of the time limit: the longest way is proven soon, what follows only breaks ties


@dataclass(frozen=True, eq=False)
class Centres:
    """The centres chosen, everybody's way to them, and the proof.

    Parameters
    ----------
    centres : one row per centre, columns commune_code, commune_name, villages, people, households, communes (whose
        most weight goes there), mean_min (by people), max_min; point geometry.
    villages : village_code, name, commune_code, commune_name, people, households, centre_code ("" = no way),
        centre_name, minutes, x_m, y_m.
    communes : commune_code, name, is_border, villages, people, centre_code (of most of its weight), centre_name,
        share (of its weight that goes there), mean_min (by people), max_min, unreached (villages).
    places : candidate places on that network. weighed : villages that decide (of that network, with a weight).
    value_min, bound_min : mean minutes by weight (p-median) or longest minutes (p-center), and the proven least.
    gap_percent : between them. status : how the solver ended. mean_min, max_min : mean by weight, and the longest way.
    findings : offices missing, villages without a way, villages whose weight is unknown.
    """

    kind: Kind
    weight: Weight
    p: int
    centres: gpd.GeoDataFrame
    villages: pd.DataFrame
    communes: pd.DataFrame
    places: int
    weighed: int
    value_min: float
    bound_min: float
    gap_percent: float
    status: str
    seconds: float
    mean_min: float
    max_min: float
    findings: tuple[Finding, ...]


def regional_centres(
    layers: Layers, assessment: Assessment, scenario: Scenario, p: int, *, roads: RoadGraph | None = None,
    kind: Kind = "p_median", weight: Weight = "people", progress: Progress = silent,
) -> Centres:
    """Return p centres among the commune offices for the villages of the area.

    Parameters
    ----------
    roads : saves building the road graph again. kind : least mean way, or shortest longest way. weight : who counts.

    Raises
    ------
    PlanError
        "centres_choice" for an unknown kind or weight, "centres_no_place" without any office, "centres_number" for p.
        Cancelled when ``progress`` returns False.
    """
    if kind not in KINDS or weight not in WEIGHTS:
        raise PlanError("centres_choice", value=f"{kind}, {weight}", known=", ".join((*KINDS, *WEIGHTS)))
    offices = commune_offices(layers)
    if not offices:
        raise PlanError("centres_no_place")
    codes = sorted(offices)
    places = np.array([offices[c] for c in codes], dtype=np.float64)
    if progress("centres_travel", 0, 1) is False:
        not_stopped("cancelled")
    villages = assessment.villages
    minutes = minutes_to(layers, villages, scenario, places, roads)
    asked = _weights(villages, weight)
    known = np.nan_to_num(asked)
    lost = (known > 0) & ~np.isfinite(minutes).any(axis=1)
    within, main = _connected(minutes, known)
    if not 1 <= p <= main.size:
        raise PlanError("centres_number", p=p, count=main.size)
    counted = np.where(within, known, 0.0)
    rules, table_min = scenario.solver, minutes[:, main]
    limit = rules.time_limit_s if kind == "p_median" else rules.time_limit_s * TIE_SHARE
    how = p_median if kind == "p_median" else p_center
    solved = how(table_min, counted, p, time_limit_s=limit, gap=rules.gap, progress=progress)
    not_stopped(solved.status)
    chosen = [codes[c] for c in main[list(solved.chosen)]]
    table = _villages(layers, villages, table_min, solved, [codes[c] for c in main])
    left = (known > 0) & ~lost & (table["centre_code"] == NOWHERE).to_numpy(dtype=bool)
    whole = float(counted.sum()) if kind == "p_median" and counted.sum() > 0 else 1.0
    communes = _communes(layers, table, known)
    return Centres(
        kind, weight, p, _centres(layers, table, communes, chosen, offices), table, communes, main.size,
        int(within.sum()),
        solved.value / whole, solved.bound / whole, 100.0 * solved.gap, solved.status, solved.seconds, solved.mean,
        solved.farthest, _findings(layers, villages, codes, lost, left, np.isnan(asked)))


def _weights(villages: pd.DataFrame, weight: Weight) -> FloatArray:
    """Return the weight of every village, NaN where it is not known."""
    if weight == "villages":
        return np.ones(len(villages))
    out: FloatArray = villages[weight].astype("float64").to_numpy(dtype=np.float64)
    return out


def _connected(minutes: FloatArray, weight: FloatArray) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """Return the villages (n,) of the road network where most weight lives, and the places that network leads to.

    Roads may be drawn in pieces. Villages with a way to the same places are one group; the heaviest group (equal: the
    one with the first village) tells the places, and every village with a way to all of them belongs.
    """
    way = np.isfinite(minutes)
    rows = np.flatnonzero((weight > 0) & way.any(axis=1))
    if not rows.size:
        return np.zeros(len(weight), dtype=bool), np.arange(minutes.shape[1])
    _, first, group = np.unique(way[rows], axis=0, return_index=True, return_inverse=True)
    heavy = np.bincount(group.ravel(), weights=weight[rows])
    best = min(range(heavy.size), key=lambda g: (-heavy[g], first[g]))
    main = np.flatnonzero(way[rows[first[best]]])
    return (weight > 0) & way[:, main].all(axis=1), main


def _villages(
    layers: Layers, villages: pd.DataFrame, minutes: FloatArray, solved: Solved, codes: list[str],
) -> pd.DataFrame:
    """Return every village with its centre and the minutes to it."""
    names = _names(layers)
    nearest = np.asarray(solved.nearest, dtype=np.intp)
    way = minutes[np.arange(len(villages)), nearest]
    centre = [codes[c] if np.isfinite(m) else NOWHERE for c, m in zip(nearest.tolist(), way.tolist(), strict=True)]
    commune = villages["commune_code"].astype(str).to_numpy(object)
    return pd.DataFrame({
        "village_code": villages["village_code"].astype(str).to_numpy(object),
        "name": villages["name"].astype(str).to_numpy(object), "commune_code": commune,
        "commune_name": [names.get(c, c) for c in commune],
        "people": villages["people"].astype("float64").to_numpy(dtype=np.float64),
        "households": villages["households"].astype("float64").to_numpy(dtype=np.float64),
        "centre_code": centre, "centre_name": [names.get(c, c) for c in centre],
        "minutes": np.where(np.isfinite(way), way, np.nan), "x_m": villages.geometry.x.to_numpy(),
        "y_m": villages.geometry.y.to_numpy(),
    })


def _names(layers: Layers) -> dict[str, str]:
    named = layers.communes.drop_duplicates("commune_code")
    return dict(zip(named["commune_code"].astype(str), named["name"].astype(str), strict=True))


def _mean_min(part: pd.DataFrame) -> float:
    """Return the mean minutes by people of villages with a way; NaN without any."""
    timed = part[part["minutes"].notna() & (part["people"] > 0)]
    people = timed["people"].to_numpy(dtype=np.float64)
    return float((timed["minutes"].to_numpy() * people).sum() / people.sum()) if people.size else float("nan")


def _communes(layers: Layers, table: pd.DataFrame, weight: FloatArray) -> pd.DataFrame:
    """Return every commune with villages and the centre where most of its weight goes (equal: the first code)."""
    known = layers.communes.drop_duplicates("commune_code")
    border = dict(zip(known["commune_code"].astype(str), known["is_border"].fillna(value=False), strict=True))
    rows = []
    for code, part in table.assign(weight=weight).groupby("commune_code", sort=True):
        gone = part[part["centre_code"] != NOWHERE].groupby("centre_code")["weight"].sum()
        first = str(gone.index[int(np.argmax(gone.to_numpy()))]) if len(gone) else NOWHERE
        whole = float(part["weight"].sum())
        own = part[part["centre_code"] == first] if first else part.iloc[:0]
        rows.append({
            "commune_code": code, "name": part["commune_name"].iloc[0], "is_border": bool(border.get(str(code), False)),
            "villages": len(part), "people": float(part["people"].sum()), "centre_code": first,
            "centre_name": own["centre_name"].iloc[0] if len(own) else "",
            "share": float(own["weight"].sum() / whole) if whole > 0 else float("nan"),
            "mean_min": _mean_min(part), "max_min": float(part["minutes"].max()),
            "unreached": int((part["centre_code"] == NOWHERE).sum()),
        })
    return pd.DataFrame(rows)


def _centres(
    layers: Layers, table: pd.DataFrame, communes: pd.DataFrame, chosen: list[str],
    offices: dict[str, tuple[float, float]],
) -> gpd.GeoDataFrame:
    names = _names(layers)
    rows = []
    for code in chosen:
        own = table[table["centre_code"] == code]
        rows.append({
            "commune_code": code, "commune_name": names.get(code, code), "villages": len(own),
            "people": float(own["people"].sum()), "households": float(own["households"].sum()),
            "communes": int((communes["centre_code"] == code).sum()), "mean_min": _mean_min(own),
            "max_min": float(own["minutes"].max()),
        })
    shape = gpd.points_from_xy(*zip(*(offices[c] for c in chosen), strict=True))
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shape, crs=layers.communes.crs)


def _findings(
    layers: Layers, villages: pd.DataFrame, codes: list[str], lost: npt.NDArray[np.bool_],
    left: npt.NDArray[np.bool_], unknown: npt.NDArray[np.bool_],
) -> tuple[Finding, ...]:
    def say(code: str, layer: str, values: list[str]) -> Finding:
        return Finding(code, layer=layer, values=tuple(values), details={"number": len(values)}, package="coverage")

    named = [f"{name} ({code})" for name, code in villages[["name", "village_code"]].to_numpy()]
    without = [name for code, name in sorted(_names(layers).items()) if code not in set(codes)]
    out = [Finding("travel_no_roads", layer="roads", package="coverage")] if layers.roads is None else []
    for code, layer, values in (
        ("centres_office_missing", "anchors", without),
        ("centres_no_way", "villages", [named[i] for i in np.flatnonzero(lost)]),
        ("centres_left", "villages", [named[i] for i in np.flatnonzero(left)]),
        ("centres_weight_unknown", "villages", [named[i] for i in np.flatnonzero(unknown)]),
    ):
        if values:
            out.append(say(code, layer, values))
    return tuple(out)
