"""Existing investment first: masts of any programme near a proposal, and what became of sharing them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from coverage.plan import BudgetPlan, Plan
from coverage.plan.network import cost_with_links
from coverage.scenario import Scenario
from coverage.siting.cost import dong
from coverage.siting.why import number
from geodata.layers import Layers

STATES = ("on_air", "committed", "planned")
# what sharing the near mast comes to: taken by the plan; not on air yet; brings signal to nobody who counts; to fewer
# people than the proposal alone; to as many, but dearer; to as many and not dearer (the plan had a better use)
SHARING = ("taken", "not_yet", "reaches_nobody", "fewer_people", "dearer", "as_good")
_COLUMNS = (
    "order", "option_id", "name", "kind", "mast_code", "operator", "technologies", "state", "programme", "due_date",
    "distance_m", "sharing", "share_option_id", "share_people", "share_cost_mvnd", "alone_people", "cost_mvnd",
)


@dataclass(frozen=True)
class Duplicates:
    """Proposals of a budget's plan beside existing, committed and planned masts.

    Parameters
    ----------
    near : one row per proposal and mast within ``radius_m``, nearest first: order, option_id, name, kind of the
        proposal; mast_code, operator, technologies, state, programme (document or form of ownership), due_date,
        distance_m; sharing (one of SHARING) with the option that shares the mast, its people and cost beside those of
        the proposal. A site that shares a mast is listed with that mast as "taken".
    proposals : sites of the plan; near_proposals : new ones of them with a mast near.
    shared : sites of the plan that share a mast; shared_considered : masts on air in range that were considered for
        it; shared_useful : those of them that reach people who count.
    """

    radius_m: float
    near: pd.DataFrame
    proposals: int
    near_proposals: int
    shared: int
    shared_considered: int
    shared_useful: int


def duplicates(plan: Plan, one: BudgetPlan, layers: Layers, scenario: Scenario) -> Duplicates:
    """Return the masts of any programme within the duplicate radius of every proposal, and what sharing comes to."""
    radius = scenario.service.duplicate_radius_m
    masts = _masts(layers)
    near = _near(plan, one, masts, radius)
    fresh = near[near["kind"] != "shared"]
    useful = int((plan.candidates["kind"] == "existing_mast").sum())
    idle = int((plan.removed["kind"] == "existing_mast").sum())
    return Duplicates(radius, near, len(one.sites), fresh["option_id"].nunique(),
                      int((one.sites["kind"] == "shared").sum()), useful + idle, useful)


def _masts(layers: Layers) -> pd.DataFrame:
    """Return one row per mast and state: code, operator, technologies, programme, due date, place."""
    sites = layers.sites[layers.sites["state"].isin(STATES)]
    table = pd.DataFrame({
        "mast_code": sites["site_code"].astype(str), "operator": sites["operator"].astype(str),
        "state": sites["state"].astype(str), "technology": sites["technology"].astype(str),
        "programme": sites["document"].fillna(sites["ownership"]).fillna("").astype(str),
        "due_date": pd.to_datetime(sites["due_date"]), "x": sites.geometry.x, "y": sites.geometry.y,
    })
    keys = ["mast_code", "operator", "state", "x", "y"]
    joined = {"technologies": ("technology", _joined), "programme": ("programme", _joined),
              "due_date": ("due_date", "min")}
    return table.groupby(keys, as_index=False, sort=True).agg(**joined)


def _joined(texts: pd.Series) -> str:
    return ", ".join(sorted({t for t in texts if t}))


def _near(plan: Plan, one: BudgetPlan, masts: pd.DataFrame, radius_m: float) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    cost = cost_with_links(one.sites, one.links)
    if len(masts) and len(one.sites):
        tree = KDTree(masts[["x", "y"]].to_numpy())
        for own in one.sites.to_dict("records"):
            site = {**own, "cost_mvnd": dong(cost[str(own["option_id"])])}    # as an option alone: with what carries it
            xy = (site["geometry"].x, site["geometry"].y)
            found = masts.iloc[sorted(tree.query_ball_point(xy, radius_m))]
            away = np.hypot(found["x"] - xy[0], found["y"] - xy[1])
            for mast, distance in zip(found.to_dict("records"), away, strict=True):
                rows.append(_row(plan, one, site, mast, float(distance)))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.sort_values(["order", "distance_m", "mast_code", "operator"], kind="stable", ignore_index=True)


def _row(
    plan: Plan, one: BudgetPlan, site: dict[str, Any], mast: dict[str, Any], distance_m: float,
) -> dict[str, Any]:
    shared = _shared_option(plan, mast)
    option = ("", np.nan, np.nan) if shared is None else (
        str(shared["option_id"]), float(shared["reachable_people"]), float(shared["cost_mvnd"]))
    told = {k: site[k] for k in ("order", "option_id", "name", "kind", "alone_people", "cost_mvnd")}
    told |= {k: mast[k] for k in ("mast_code", "operator", "technologies", "state", "programme", "due_date")}
    return told | {
        "distance_m": distance_m, "sharing": _sharing(one, site, mast, shared), "share_option_id": option[0],
        "share_people": option[1], "share_cost_mvnd": option[2],
    }


def _shared_option(plan: Plan, mast: dict[str, Any]) -> dict[str, Any] | None:
    """Return the useful option of the plan that shares the mast, None without one."""
    table = plan.options[plan.options["kind"] == "shared"]
    away = np.hypot(table["x_m"].to_numpy(dtype=float) - mast["x"], table["y_m"].to_numpy(dtype=float) - mast["y"])
    at = table[away < 1.0].sort_values("option_id", kind="stable")  # masts at one place within a metre are one mast
    return at.iloc[0].to_dict() if len(at) else None


def _sharing(one: BudgetPlan, site: dict[str, Any], mast: dict[str, Any], shared: dict[str, Any] | None) -> str:
    """Return what sharing a mast comes to, one of SHARING."""
    if shared is not None and (one.sites["option_id"] == shared["option_id"]).any():
        return "taken"
    if mast["state"] != "on_air":
        return "not_yet"
    if shared is None:
        return "reaches_nobody"
    if shared["reachable_people"] < site["alone_people"]:
        return "fewer_people"
    return "dearer" if shared["cost_mvnd"] > site["cost_mvnd"] else "as_good"


def sharing_first(found: Duplicates) -> tuple[str, str]:
    """Return the sentence for paper and screen, Vietnamese and English."""
    n, near, shared = found.proposals, found.near_proposals, found.shared
    tried, useful = found.shared_considered, found.shared_useful
    radius_vi, radius_en = number(found.radius_m), number(found.radius_m, 0, "en")
    vi = (f"Trong {n} vị trí đề xuất, {shared} vị trí dùng chung cột có sẵn (đã xét {tried} cột, {useful} cột phủ "
          f"được tới nơi cần); {near} vị trí xây mới có trạm hiện có, đã cam kết hoặc quy hoạch trong bán kính "
          f"{radius_vi} m, cần rà soát trùng lặp đầu tư.")
    en = (f"Of {n} proposed sites {shared} share an existing mast ({tried} masts considered, {useful} reach where it "
          f"is needed); {near} new sites have an existing, committed or planned mast within {radius_en} m and need a "
          "check for duplicate investment.")
    return vi, en
