"""Funding route of every village and site, by an editable table: who could pay, by difficulty and grid power."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from coverage.errors import ScenarioError
from coverage.gap.assessment import Assessment
from coverage.money.outlay import Asset, Outlay, sum_mvnd
from coverage.plan import BudgetPlan

POWER = ("co", "khong", "chua_ro")
_KEYS = {"code", "difficult", "grid_power", "label_vi", "label_en", "citation", "certainty"}
NOBODY = ""     # a site that brings signal to nobody new has no route


@dataclass(frozen=True)
class Route:
    """One row of the table: where it applies (difficult, grid power) and what it is called."""

    code: str
    difficult: tuple[bool, ...]
    grid_power: tuple[str, ...]
    label_vi: str
    label_en: str
    citation: str
    certainty: str


@dataclass(frozen=True)
class Funding:
    """Routes of a budget's plan.

    Parameters
    ----------
    villages : of those that gain people: village_code, name, commune_name, difficult, grid_power (POWER), route,
        newly_served_people, served_by.
    sites : order, option_id, name, route (of most of the people it brings signal to), routes (all of them, in the
        order of the table), people_of_route, total_mvnd; then the links, each with the people of the sites it carries.
    totals : route, villages, people, sites, capex_mvnd, total_mvnd; one row per route of the table, and one of code ""
        where sites have none. Every site and every link counts once, so the sums are those of the plan.
    table : the routes used.
    """

    villages: pd.DataFrame
    sites: pd.DataFrame
    totals: pd.DataFrame
    table: tuple[Route, ...]


def load_routes(name: str = "nguon_von") -> tuple[Route, ...]:
    """Read the packaged table profiles/<name>.toml."""
    file = resources.files("coverage").joinpath("profiles", f"{name}.toml")
    return routes_from(tomllib.loads(file.read_text(encoding="utf-8")), f"{name}.toml")


def routes_from(values: Mapping[str, Any], where: str) -> tuple[Route, ...]:
    """Return the routes of plain values, as TOML or an edited table gives them; the first row that applies is used.

    Raises
    ------
    ScenarioError
        "funding_row" for a row with a missing, unknown or wrong key; "funding_no_route" for a case without a row.
    """
    out = []
    for number, row in enumerate(values.get("route", ()), start=1):
        bad = set(row) ^ _KEYS
        if bad:
            raise ScenarioError("funding_row", file=where, row=number, key=", ".join(sorted(bad)))
        if not all(isinstance(d, bool) for d in row["difficult"]) or not set(row["grid_power"]) <= set(POWER):
            raise ScenarioError("funding_row", file=where, row=number, key="difficult, grid_power")
        text = {k: str(row[k]) for k in ("code", "label_vi", "label_en", "citation", "certainty")}
        out.append(Route(difficult=tuple(row["difficult"]), grid_power=tuple(row["grid_power"]), **text))
    for difficult, power in product((True, False), POWER):
        if route_of(difficult, power, out) is None:
            raise ScenarioError("funding_no_route", file=where, difficult=str(difficult).lower(), power=power)
    if len({r.code for r in out}) != len(out):
        raise ScenarioError("funding_row", file=where, row=len(out), key="code")
    return tuple(out)


def route_of(difficult: bool, grid_power: str, routes: Sequence[Route]) -> Route | None:
    """Return the first route that applies, None without one."""
    return next((r for r in routes if difficult in r.difficult and grid_power in r.grid_power), None)


def village_routes(assessment: Assessment, routes: Sequence[Route]) -> pd.DataFrame:
    """Return village_code, name, commune_name, difficult, grid_power (POWER), route of every village."""
    villages = assessment.villages
    power = villages["grid_power"].astype("boolean")
    told = np.where(power.isna(), "chua_ro", np.where(power.fillna(value=False), "co", "khong"))
    difficult = villages["difficult"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    codes = []
    for hard, grid in zip(difficult.tolist(), told.tolist(), strict=True):
        route = route_of(hard, grid, routes)
        if route is None:
            raise ScenarioError("funding_no_route", file="-", difficult=str(hard).lower(), power=grid)
        codes.append(route.code)
    return pd.DataFrame({
        "village_code": villages["village_code"].astype(str).to_numpy(object),
        "name": villages["name"].astype(str).to_numpy(object),
        "commune_name": villages["commune_name"].astype(str).to_numpy(object),
        "difficult": difficult, "grid_power": told, "route": np.array(codes, dtype=object),
    })


def funding(
    one: BudgetPlan, assessment: Assessment, assets: Sequence[Asset], outlay: Outlay, routes: Sequence[Route],
) -> Funding:
    """Return the route of every village that gains people and of every asset; ``outlay`` gives their money.

    A village served by several sites counts for the first of them in build order.
    """
    villages = village_routes(assessment, routes)
    gains = one.villages[["village_code", "newly_served_people", "served_by"]].astype({"village_code": str})
    villages = villages.merge(gains, on="village_code", how="left", validate="one_to_one")
    villages = villages[villages["newly_served_people"] > 0].reset_index(drop=True)
    first = villages["served_by"].astype(str).str.split(", ").str[0]
    people = villages.groupby([first.rename("option_id"), "route"])["newly_served_people"].sum()
    sites = _site_routes(assets, outlay, people, routes)
    links = {a.asset_id for a in assets if a.is_link}
    return Funding(villages, sites, _totals(villages, sites, links, outlay, routes), tuple(routes))


def _site_routes(
    assets: Sequence[Asset], outlay: Outlay, people: pd.Series, routes: Sequence[Route],
) -> pd.DataFrame:
    order = {r.code: at for at, r in enumerate(routes)}
    carries = {a.asset_id: list(a.sites) or [a.asset_id] for a in assets}
    rows = []
    for site in outlay.by_site.to_dict("records"):
        known = people.index.get_level_values(0).isin(carries[site["asset_id"]])
        mine = people[known].groupby(level=1).sum()
        found = sorted(mine.items(), key=lambda item: (-item[1], order[str(item[0])]))
        rows.append({
            "order": site["order"], "option_id": site["asset_id"], "name": site["name"],
            "route": str(found[0][0]) if found else NOBODY,
            "routes": ", ".join(sorted((str(k) for k, _ in found), key=lambda k: order[k])),
            "people_of_route": float(found[0][1]) if found else 0.0, "total_mvnd": site["total_mvnd"],
        })
    columns = ["order", "option_id", "name", "route", "routes", "people_of_route", "total_mvnd"]
    return pd.DataFrame(rows, columns=columns)


def _totals(
    villages: pd.DataFrame, sites: pd.DataFrame, links: set[str], outlay: Outlay, routes: Sequence[Route],
) -> pd.DataFrame:
    money = outlay.by_site.assign(route=sites["route"].to_numpy())
    codes = [r.code for r in routes] + ([NOBODY] if (sites["route"] == NOBODY).any() else [])
    rows = []
    for code in codes:
        own, paid = villages[villages["route"] == code], money[money["route"] == code]
        rows.append({
            "route": code, "villages": len(own), "people": float(own["newly_served_people"].sum()),
            "sites": int((~paid["asset_id"].isin(links)).sum()), "capex_mvnd": sum_mvnd(paid["capex_mvnd"]),
            "total_mvnd": sum_mvnd(paid["total_mvnd"]),
        })
    return pd.DataFrame(rows)
