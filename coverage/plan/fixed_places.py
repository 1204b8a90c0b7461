"""Villages and institutions that lack fibre: what each needs, what its connection is worth, what it costs at the end.

Villages: fibre_status "chua", and "gan_tuyen" (near a route, unconfirmed). Institutions (anchors): less leased than
required, or an unknown lease. Who does not count for public-service money is listed with a worth of 0.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from coverage.gap.assessment import Assessment
from coverage.gap.fibre import NEAR, NONE, SHORT, UNKNOWN
from coverage.scenario import Scenario
from coverage.siting.cost import Cost, add_up, line
from geodata.crs import same_crs
from geodata.layers import Layers

VILLAGE, ANCHOR = "thon", "neo"
MONTHS = 12.0
COLUMNS = (
    "kind", "code", "name", "what", "commune_code", "commune_name", "is_border", "eligible", "counts", "households",
    "required_mbps", "leased_mbps", "missing_mbps", "fibre_status", "confirmed", "fibre_m", "worth_mvnd", "wifi",
    "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "cost_lines",
)


def lacking(assessment: Assessment) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Return the villages and the institutions (None without the layer) that lack fibre, or may lack it."""
    villages, anchors = assessment.villages, assessment.anchors
    return (villages[villages["fibre_status"].isin([NONE, NEAR]).to_numpy(dtype=bool)].reset_index(drop=True),
            None if anchors is None
            else anchors[anchors["fibre_status"].isin([SHORT, UNKNOWN]).to_numpy(dtype=bool)].reset_index(drop=True))


def places_without_fibre(layers: Layers, assessment: Assessment, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return one row per village and institution that lacks fibre, columns COLUMNS and point geometry.

    ``counts``: takes part in the plan; ``worth_mvnd`` is 0 where not. ``confirmed``: False for villages near a route
    and institutions with an unknown lease. ``required_mbps`` and the like are missing for villages, ``households`` for
    institutions. capex, opex, cost and lines are those of the end itself, if it is connected.
    """
    of_villages, of_anchors = lacking(assessment)
    villages = _villages(of_villages, scenario)
    anchors = pd.DataFrame() if of_anchors is None else _anchors(layers, assessment, of_anchors, scenario)
    crs = assessment.villages.crs
    table = pd.concat([f for f in (villages, anchors) if len(f)], ignore_index=True) if len(villages) + len(anchors) \
        else villages
    costs = {kind: end_cost(kind, scenario) for kind in (VILLAGE, ANCHOR)}
    own = [costs[str(kind)] for kind in table["kind"]]
    table = table.assign(
        wifi=(table["kind"] == VILLAGE).to_numpy(bool) & scenario.fixed.hall_wifi,
        capex_mvnd=[c.capex_mvnd for c in own], opex_mvnd_year=[c.opex_mvnd_year for c in own],
        cost_mvnd=[c.cost_mvnd for c in own], cost_lines=[tuple(tuple(x) for x in c.lines) for c in own],
    )
    table["worth_mvnd"] = np.where(table["counts"].to_numpy(bool), table["worth_mvnd"].to_numpy(np.float64), 0.0)
    return gpd.GeoDataFrame(table[[*COLUMNS, "geometry"]], geometry="geometry", crs=crs)


def end_cost(kind: str, scenario: Scenario) -> Cost:
    """Return what the end of a connection costs: joint and terminal; Wi-Fi at a hall; the fee of a line in use."""
    capital = [line(scenario, "fibre_drop", 1.0)]
    if kind == VILLAGE and scenario.fixed.hall_wifi:
        capital.append(line(scenario, "wifi_hall", 1.0))
    pays = kind == ANCHOR or scenario.fixed.hall_wifi
    return add_up(scenario, capital, [line(scenario, "ftth_month", MONTHS)] if pays else [])


def _villages(table: gpd.GeoDataFrame, scenario: Scenario) -> pd.DataFrame:
    near = (table["fibre_status"] == NEAR).to_numpy(dtype=bool)
    eligible = table["eligible"].to_numpy(dtype=bool)
    households = table["households"].to_numpy(np.float64, na_value=np.nan)
    rules = scenario.fixed
    return pd.DataFrame({
        "kind": VILLAGE, "code": table["village_code"].astype(str), "name": table["name"].astype(str), "what": "",
        "commune_code": table["commune_code"].astype(str), "commune_name": table["commune_name"].astype(str),
        "is_border": table["is_border"].to_numpy(dtype=bool), "eligible": eligible,
        "counts": (eligible | (not rules.eligible_only)) & (~near | rules.near_routes),
        "households": households, "required_mbps": np.nan, "leased_mbps": np.nan, "missing_mbps": np.nan,
        "fibre_status": table["fibre_status"].astype(str), "confirmed": ~near,
        "fibre_m": table["fibre_m"].to_numpy(np.float64),
        "worth_mvnd": np.nan_to_num(households) * scenario.price_mvnd("fibre_worth_household"),
        "geometry": table.geometry.to_numpy(),
    })


def _anchors(layers: Layers, assessment: Assessment, table: gpd.GeoDataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the institutions that lack speed; they count where their commune has an eligible village."""
    same_crs(table.crs, assessment.villages.crs, where="anchors")
    unknown = (table["fibre_status"] == UNKNOWN).to_numpy(dtype=bool)
    required = table["required_mbps"].to_numpy(np.float64, na_value=np.nan)
    missing = np.where(unknown, required, table["fibre_gap_mbps"].to_numpy(np.float64, na_value=np.nan))
    place = _communes(layers, table)
    marked = set(assessment.villages.loc[assessment.villages["eligible"].to_numpy(dtype=bool), "commune_code"])
    eligible = place["commune_code"].isin(marked).to_numpy(dtype=bool)
    rules = scenario.fixed
    return pd.DataFrame({
        "kind": ANCHOR, "code": table["anchor_code"].astype(str), "name": table["name"].astype(str),
        "what": table["kind"].astype(str), "commune_code": place["commune_code"].to_numpy(object),
        "commune_name": place["commune_name"].to_numpy(object), "is_border": place["is_border"].to_numpy(dtype=bool),
        "eligible": eligible,
        "counts": (eligible | (not rules.eligible_only)) & (~unknown | rules.unknown_lease) & rules.anchors,
        "households": np.nan, "required_mbps": required,
        "leased_mbps": table["leased_mbps"].to_numpy(np.float64, na_value=np.nan), "missing_mbps": missing,
        "fibre_status": table["fibre_status"].astype(str), "confirmed": ~unknown,
        "fibre_m": table["fibre_m"].to_numpy(np.float64),
        "worth_mvnd": np.nan_to_num(missing) * scenario.price_mvnd("fibre_worth_mbps"),
        "geometry": table.geometry.to_numpy(),
    })


def _communes(layers: Layers, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return commune_code, commune_name, is_border of points; "" and False outside every commune."""
    communes = layers.communes.sort_values("commune_code", kind="stable")
    at, row = shapely.STRtree(communes.geometry.to_numpy()).query(places.geometry.to_numpy(), predicate="intersects")
    order = np.lexsort((row, at))
    hit, first = np.unique(at[order], return_index=True)
    own: NDArray[np.intp] = np.full(len(places), -1, dtype=np.intp)
    own[hit] = row[order][first]
    inside = own >= 0

    def of(column: str, empty: Any) -> NDArray[Any]:
        values: NDArray[Any] = np.where(inside, communes[column].to_numpy(object)[own], empty)
        return values

    return pd.DataFrame({
        "commune_code": [str(v) for v in of("commune_code", "")], "commune_name": [str(v) for v in of("name", "")],
        "is_border": [v is True or (not pd.isna(v) and bool(v)) for v in of("is_border", False)],
    })
