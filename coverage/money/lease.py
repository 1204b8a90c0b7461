"""Building, sharing a mast or leasing the site as a service: what each costs over the years, and when owning pays.

Flows are million VND of a calendar year. Present value = flow / (1 + discount_rate) ^ (year - base year), the base year
being the first year of the plan. Every figure can be had again in a spreadsheet from ``Comparison.flows``
(docs/methods/money.md gives the formulas).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.errors import PlanError, ScenarioError
from coverage.money.outlay import Asset, capex_mvnd, line_of, opex_mvnd_year, parts
from coverage.plan import BudgetPlan, Plan
from coverage.scenario import Scenario
from coverage.siting.cost import Line, dong, line

FloatArray = npt.NDArray[np.float64]
WAYS = ("share", "build", "lease")     # of equal present values the first is taken
NO_QUOTES: Mapping[str, float] = MappingProxyType({})
MOUNT, TOWER = "shared_mount", "tower_ground"
SHARED_UPKEEP, OWN_UPKEEP, RENT = "opex_shared_year", "opex_macro_year", "lease_tower_month"
_NOTHING = math.nan


@dataclass(frozen=True)
class Way:
    """One way to have a site, million VND with VAT.

    Parameters
    ----------
    capex_mvnd : in the build year. renewal_mvnd : equipment bought again at the end of its life.
    opex_mvnd_year : in every year after the build year.
    """

    capex_mvnd: float
    renewal_mvnd: float
    opex_mvnd_year: float


@dataclass(frozen=True)
class Terms:
    """The terms of the comparison.

    Parameters
    ----------
    rate : discount rate. years : compared after the build year. life_years : of equipment.
    base_year : to which present values are taken.
    """

    rate: float
    years: int
    life_years: int
    base_year: int


@dataclass(frozen=True)
class Comparison:
    """Ways compared, per site of a budget's plan.

    Parameters
    ----------
    sites : order, option_id, name, build_year, own (the plan's way: "build" | "share"), people_alone, people_share,
        share_with; per way w of build, share, lease: w_capex_mvnd, w_renewal_mvnd, w_opex_mvnd_year, w_total_mvnd
        (nominal over the years compared), w_pv_mvnd; cheapest (least present value of the ways that serve as many);
        breakeven_lease_year : calendar year from which owning (own) has cost less than leasing, and stays so;
        breakeven_share_year : the same for building against sharing. Missing: never within the years compared, or a
        way that does not exist.
    flows : one row per site and year: order, option_id, year, discount_factor, build_mvnd, share_mvnd, lease_mvnd and
        the cumulated present values build_cum_pv_mvnd, share_cum_pv_mvnd, lease_cum_pv_mvnd.
    """

    terms: Terms
    sites: pd.DataFrame
    flows: pd.DataFrame


def terms_of(scenario: Scenario, base_year: int) -> Terms:
    """Return the terms of the comparison; raises ScenarioError "scenario_range" for years below one."""
    out = Terms(scenario.rate("discount_rate"), round(scenario.rate("compare_years")),
                round(scenario.rate("equipment_life_years")), base_year)
    for key, value in (("compare_years", out.years), ("equipment_life_years", out.life_years),
                       ("lease_term_years", round(scenario.rate("lease_term_years")))):
        if value < 1:
            raise ScenarioError("scenario_range", key=key, value=value, low=1, high=100)
    return out


def way_of(works: list[Line], year: list[Line], scenario: Scenario) -> Way:
    """Return what works and yearly support cost, renewal being the equipment among the works."""
    equipment = [x for x in works if line_of(x.item, scenario) == "equipment"]
    return Way(capex_mvnd(works, scenario), capex_mvnd(equipment, scenario), opex_mvnd_year(year, scenario))


def flow(way: Way, terms: Terms) -> FloatArray:
    """Return the flow (years + 1,) of owning: capital, support after it, equipment again at the end of its life.

    Equipment that would be bought in the last year compared is not: it would serve nothing that is compared.
    """
    out = np.full(terms.years + 1, way.opex_mvnd_year)
    out[0] = way.capex_mvnd
    out[terms.life_years:terms.years:terms.life_years] += way.renewal_mvnd
    return out


def present_value(flows: FloatArray, rate: float, *, late_years: int = 0) -> float:
    """Return the present value of flows (n,) of years 0, 1, ..., all ``late_years`` later."""
    return math.fsum(flows / (1.0 + rate) ** (np.arange(flows.size) + late_years))


def lease_fee_mvnd_year(works: list[Line], year: list[Line], scenario: Scenario, terms: Terms) -> float:
    """Return the yearly fee, with VAT, at which a lessor recovers the investment: an annuity of it plus the support.

    fee = (K x i / (1 - (1 + i)^-n) + support) x (1 + VAT), K = works without VAT + equipment bought again within the
    term, discounted at i = lease_return_share; n = lease_term_years. K / n where i = 0.
    """
    i, n = scenario.rate("lease_return_share"), round(scenario.rate("lease_term_years"))
    equipment = [x for x in works if line_of(x.item, scenario) == "equipment"]
    again = capex_mvnd(equipment, scenario, with_vat=False)
    value = capex_mvnd(works, scenario, with_vat=False)
    value += math.fsum(again / (1.0 + i) ** t for t in range(terms.life_years, n, terms.life_years))
    annuity = value / n if i == 0 else value * i / (1.0 - (1.0 + i) ** -n)
    support = opex_mvnd_year(year, scenario, with_vat=False)
    return dong((annuity + support) * (1.0 + scenario.rate("vat_share")))


def break_even_years(own: FloatArray, other: FloatArray, rate: float) -> int | None:
    """Return after how many years owning has cost no more than the other way and stays so; None = not within them.

    Compares cumulated present values of flows (n,) of years 0, 1, ...
    """
    factor = (1.0 + rate) ** -np.arange(own.size)
    behind = np.flatnonzero(np.cumsum((own - other) * factor) > 0)
    after = 0 if not behind.size else int(behind[-1]) + 1
    return after if after < own.size else None


def compare(
    plan: Plan, one: BudgetPlan, assets: Sequence[Asset], scenario: Scenario, *,
    quotes: Mapping[str, float] = NO_QUOTES,
) -> Comparison:
    """Return building, sharing and leasing compared for every site of a budget's plan.

    Parameters
    ----------
    assets : the sites with their build years (``outlay.assets_of``).
    quotes : option id -> yearly fee that a lessor offered, million VND with VAT; replaces the computed fee.

    Raises
    ------
    PlanError
        "money_quote" for a quote of no site, or one that is not a number of zero or more.
    """
    known = {a.asset_id for a in assets}
    for option, fee in quotes.items():
        if option not in known or not 0 <= fee < math.inf:
            raise PlanError("money_quote", option=option, value=fee)
    terms = terms_of(scenario, plan.year)
    rows, flows = [], []
    for asset, site in zip(assets, one.sites.to_dict("records"), strict=True):
        works, year = parts(asset.cost_lines, scenario)
        host = host_of(plan, site, scenario)
        ways = _ways(host, site, works, year, scenario)
        fee = quotes.get(asset.asset_id, lease_fee_mvnd_year(works, year, scenario, terms))
        ways["lease"] = Way(0.0, 0.0, fee)
        paid = {name: None if way is None else flow(way, terms) for name, way in ways.items()}
        rows.append(_site_row(asset, site, ways, paid, terms, host))
        flows.append(_flow_rows(asset, paid, terms))
    table = pd.DataFrame(rows, columns=None if rows else ["order", "option_id", "name"])
    return Comparison(terms, table, pd.concat(flows, ignore_index=True) if flows else pd.DataFrame())


def host_of(plan: Plan, site: Mapping[str, Any], scenario: Scenario) -> dict[str, Any] | None:
    """Return the option of the plan that shares a mast in place of a site: its row, None where there is none.

    A shared site is its own. Else the nearest useful shared option within the duplicate radius; equal distances go to
    the first id.
    """
    own = plan.options[plan.options["option_id"] == site["option_id"]]
    shared = plan.options[plan.options["kind"] == "shared"] if site["kind"] != "shared" else own
    if not len(shared) or not len(own):
        return None
    x, y = float(own["x_m"].iloc[0]), float(own["y_m"].iloc[0])
    away = np.hypot(shared["x_m"].to_numpy(dtype=np.float64) - x, shared["y_m"].to_numpy(dtype=np.float64) - y)
    row = shared.assign(away_m=away).sort_values(["away_m", "option_id"], kind="stable").iloc[0]
    return dict(row) if row["away_m"] <= scenario.service.duplicate_radius_m else None


def _ways(
    host: Mapping[str, Any] | None, site: Mapping[str, Any], works: list[Line], year: list[Line], scenario: Scenario,
) -> dict[str, Way | None]:
    own = way_of(works, year, scenario)
    if site["kind"] == "shared":
        return {"share": own, "build": _built_instead(site, works, year, scenario)}
    shared = None if host is None else way_of(*parts(host["cost_lines"], scenario), scenario)
    return {"share": shared, "build": own}


def _built_instead(site: Mapping[str, Any], works: list[Line], year: list[Line], scenario: Scenario) -> Way:
    """Return the same equipment on a new tower beside the mast: tower for mount, own upkeep for rent."""
    mount = [x for x in works if x.item == MOUNT]
    if not mount:
        raise PlanError("money_no_mount", option=site["option_id"], item=MOUNT)
    tower = [line(scenario, TOWER, x.quantity, x.factor) for x in mount]
    rest = [x for x in works if x.item != MOUNT]
    upkeep = [x for x in year if x.item not in (SHARED_UPKEEP, RENT)]
    return way_of([*tower, *rest], [line(scenario, OWN_UPKEEP, 1.0), *upkeep], scenario)


def _site_row(
    asset: Asset, site: Mapping[str, Any], ways: Mapping[str, Way | None], paid: Mapping[str, FloatArray | None],
    terms: Terms, host: Mapping[str, Any] | None,
) -> dict[str, Any]:
    own = "share" if site["kind"] == "shared" else "build"
    alone = float(site["alone_people"])
    people_share = _NOTHING if host is None else float(host["reachable_people"])
    row: dict[str, Any] = {
        "order": asset.order, "option_id": asset.asset_id, "name": asset.name, "build_year": asset.build_year,
        "own": own, "people_alone": alone, "people_share": people_share,
        "share_with": "" if host is None else str(host["site_id"]),
    }
    value = {}
    for name in ("build", "share", "lease"):
        way, flows = ways[name], paid[name]
        late = asset.build_year - terms.base_year
        row |= {
            f"{name}_capex_mvnd": _NOTHING if way is None else way.capex_mvnd,
            f"{name}_renewal_mvnd": _NOTHING if way is None else way.renewal_mvnd,
            f"{name}_opex_mvnd_year": _NOTHING if way is None else way.opex_mvnd_year,
            f"{name}_total_mvnd": _NOTHING if flows is None else dong(math.fsum(flows)),
            f"{name}_pv_mvnd": _NOTHING if flows is None else dong(present_value(flows, terms.rate, late_years=late)),
        }
        if flows is not None and (name != "share" or people_share >= alone):
            value[name] = row[f"{name}_pv_mvnd"]
    row["cheapest"] = min((w for w in WAYS if w in value), key=lambda w: value[w])
    for column, mine, other in (("breakeven_lease_year", own, "lease"), ("breakeven_share_year", "build", "share")):
        a, b = paid[mine], paid[other]
        years = None if a is None or b is None else break_even_years(a, b, terms.rate)
        row[column] = pd.NA if years is None else asset.build_year + years
    return row


def _flow_rows(asset: Asset, paid: Mapping[str, FloatArray | None], terms: Terms) -> pd.DataFrame:
    year = asset.build_year + np.arange(terms.years + 1)
    factor = (1.0 + terms.rate) ** -(year - terms.base_year).astype(np.float64)
    out: dict[str, Any] = {"order": asset.order, "option_id": asset.asset_id, "year": year, "discount_factor": factor}
    flows = {w: np.full(year.size, _NOTHING) if (f := paid[w]) is None else f for w in ("build", "share", "lease")}
    out |= {f"{w}_mvnd": f for w, f in flows.items()}
    out |= {f"{w}_cum_pv_mvnd": np.cumsum(f * factor) for w, f in flows.items()}
    return pd.DataFrame(out)
