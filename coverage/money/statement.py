"""The money of a plan in one frozen value: what the screen shows and the papers print; tables for the workbook."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from coverage.errors import PlanError
from coverage.gap.assessment import Assessment
from coverage.gap.travel import Travel, travel
from coverage.money.duplicates import Duplicates, duplicates, sharing_first
from coverage.money.funding import Funding, Route, funding, load_routes
from coverage.money.given import BuildYears, unused_quotes, used_quotes, with_basis
from coverage.money.hours import HoursSaved, hours_saved
from coverage.money.lease import Comparison, Terms, compare, terms_of
from coverage.money.outlay import (
    DONG_PER_MVND,
    LEVELS,
    OUTLAY_LINES,
    Asset,
    Outlay,
    assets_of,
    outlay_levels,
    with_link_shares,
)
from coverage.money.revenue import Viability, viability
from coverage.plan import BudgetPlan, Plan
from coverage.quotes import Quote
from coverage.scenario import PriceLevel, Scenario
from coverage.siting.cost import horizon_years
from geodata.layers import Layers


@dataclass(frozen=True)
class BudgetMoney:
    """The money of one budget's plan.

    Parameters
    ----------
    cost_mvnd : State outlay at the scenario's prices, the sum of ``outlay.by_year``, of ``outlay.by_site`` and of the
        plan's cost to the đồng; cost_low_mvnd, cost_high_mvnd : the same plan at low and high prices.
    capex_mvnd, support_mvnd : its two parts. left_mvnd : budget not spent.
    peak_year, peak_mvnd : the year with the largest outlay (the first of equals); 0 for an empty plan.
    lease_cheaper, share_cheaper, build_cheaper : sites by the way with the least present value.
    phased : built in the years of a plan by phases, not each site in its earliest year.
    """

    budget_mvnd: float
    assets: tuple[Asset, ...]
    outlay: Outlay
    levels: Mapping[PriceLevel, Outlay]
    comparison: Comparison
    viability: Viability
    funding: Funding
    duplicates: Duplicates
    hours: HoursSaved
    cost_mvnd: float
    cost_low_mvnd: float
    cost_high_mvnd: float
    capex_mvnd: float
    support_mvnd: float
    left_mvnd: float
    first_year: int
    last_year: int
    peak_year: int
    peak_mvnd: float
    build_cheaper: int
    share_cheaper: int
    lease_cheaper: int
    sharing_vi: str
    sharing_en: str
    phased: bool = False


@dataclass(frozen=True)
class MoneySummary:
    """The money of every budget of a plan, with what it rests on.

    Parameters
    ----------
    year : first year of the plan, base of present values. horizon_years : support counted as outlay.
    terms : discount rate, years compared, life of equipment. travel : times of all villages.
    unused_quotes : option ids with a lease fee in the scenario that no budget's plan builds.
    with_phases : build years of phases were given; budgets whose sites they do not all build keep the earliest years.
    """

    year: int
    price_level: PriceLevel
    horizon_years: int
    terms: Terms
    routes: tuple[Route, ...]
    travel: Travel
    budgets: tuple[BudgetMoney, ...]
    unused_quotes: tuple[str, ...] = ()
    with_phases: bool = False


def money_summary(
    plan: Plan, layers: Layers, assessment: Assessment, scenario: Scenario, *, routes: tuple[Route, ...] | None = None,
    quotes: Mapping[str, float] | None = None, build_years: BuildYears | None = None, times: Travel | None = None,
) -> MoneySummary:
    """Return the money of every budget of a plan.

    Parameters
    ----------
    routes : the funding table; None = the packaged one. quotes : option id -> yearly lease fee offered, million VND
        with VAT; None = those of the scenario. build_years : budget -> option id -> year, for plans by phases
        (``given.build_years_of``); a budget without years builds each site in its earliest year.
    times : travel times already computed.

    Raises
    ------
    PlanError
        "money_scenario" where the plan was made with another scenario; those of ``outlay`` and ``lease``.
    """
    if scenario.digest != plan.scenario.digest:
        raise PlanError("money_scenario", first=plan.scenario.digest, second=scenario.digest)
    table = load_routes() if routes is None else routes
    known = travel(layers, assessment, scenario) if times is None else times
    fees: Mapping[str, Quote | float] = used_quotes(plan, scenario) if quotes is None else quotes
    budgets = []
    for one in plan.budgets:
        own = {str(o) for o in one.sites["option_id"]}
        offered = {option: fee for option, fee in fees.items() if option in own}
        built = None if build_years is None else build_years.get(one.budget_mvnd)
        budgets.append(_of_budget(plan, one, layers, assessment, table, offered, built, known))
    foreign = set(fees) - {str(o) for one in plan.budgets for o in one.sites["option_id"]}
    if foreign:
        raise PlanError("money_quote", option=", ".join(sorted(foreign)), value=fees[min(foreign)])
    return MoneySummary(plan.year, scenario.price_level, horizon_years(scenario), terms_of(scenario, plan.year), table,
                        known, tuple(budgets), unused_quotes(plan, scenario) if quotes is None else (),
                        build_years is not None)


def _of_budget(
    plan: Plan, one: BudgetPlan, layers: Layers, assessment: Assessment, routes: tuple[Route, ...],
    quotes: Mapping[str, Quote | float], build_year: Mapping[str, int] | None, times: Travel,
) -> BudgetMoney:
    scenario = plan.scenario
    assets = assets_of(one, build_year)
    levels = outlay_levels(assets, scenario)
    own = levels[scenario.price_level]
    if round(one.selection.cost_mvnd * DONG_PER_MVND) != round(own.total_mvnd * DONG_PER_MVND):
        raise PlanError("money_total_differs", value=one.selection.cost_mvnd, found=own.total_mvnd)
    sites = with_link_shares(assets)
    fees = {o: q.mvnd_year if isinstance(q, Quote) else q for o, q in quotes.items()}
    ways = compare(plan, one, sites, scenario, quotes=fees)
    ways = replace(ways, sites=with_basis(ways, quotes))
    cheapest = ways.sites["cheapest"] if len(ways.sites) else pd.Series(dtype=object)
    twins = duplicates(plan, one, layers, scenario)
    years = own.by_year
    peak = years.loc[years["total_mvnd"].idxmax()] if len(years) else {"year": 0, "total_mvnd": 0.0}
    said = sharing_first(twins)
    return BudgetMoney(
        budget_mvnd=one.budget_mvnd, assets=assets, outlay=own, levels=levels, comparison=ways,
        viability=viability(plan, one, sites, scenario), funding=funding(one, assessment, assets, own, routes),
        duplicates=twins, hours=hours_saved(times, one), cost_mvnd=own.total_mvnd,
        cost_low_mvnd=levels["low"].total_mvnd, cost_high_mvnd=levels["high"].total_mvnd, capex_mvnd=own.capex_mvnd,
        support_mvnd=_difference(own.total_mvnd, own.capex_mvnd),
        left_mvnd=_difference(one.budget_mvnd, own.total_mvnd),
        first_year=int(years["year"].min()) if len(years) else 0,
        last_year=int(years["year"].max()) if len(years) else 0,
        peak_year=int(peak["year"]), peak_mvnd=float(peak["total_mvnd"]),
        build_cheaper=int((cheapest == "build").sum()), share_cheaper=int((cheapest == "share").sum()),
        lease_cheaper=int((cheapest == "lease").sum()), sharing_vi=said[0], sharing_en=said[1],
        phased=build_year is not None,
    )


def _difference(first_mvnd: float, second_mvnd: float) -> float:
    return (round(first_mvnd * DONG_PER_MVND) - round(second_mvnd * DONG_PER_MVND)) / DONG_PER_MVND


def money_tables(money: MoneySummary) -> Mapping[str, pd.DataFrame]:
    """Return the tables of the workbook by layer of dictionary.csv, all budgets in one with ``budget_mvnd`` first.

    money_estimate (rough cost by site), money_year (outlay by year, with low and high prices), money_site_year,
    money_lease, money_flow, money_viability, money_route, money_route_total, money_duplicate, money_hours, travel.
    """
    def together(frames: Mapping[float, pd.DataFrame]) -> pd.DataFrame:
        parts = [f.assign(budget_mvnd=b) for b, f in frames.items() if len(f)]
        if not parts:
            empty = next(iter(frames.values()))
            return pd.DataFrame(columns=["budget_mvnd", *empty.columns])
        joined = pd.concat(parts, ignore_index=True)
        return joined[["budget_mvnd", *(c for c in joined.columns if c != "budget_mvnd")]]

    of = {b.budget_mvnd: b for b in money.budgets}
    return MappingProxyType({
        "money_estimate": together({k: b.outlay.by_site for k, b in of.items()}),
        "money_year": together({k: _years(b) for k, b in of.items()}),
        "money_site_year": together({k: b.outlay.rows.groupby(
            ["order", "asset_id", "name", "year"], as_index=False)["mvnd"].sum().round(6) for k, b in of.items()}),
        "money_lease": together({k: b.comparison.sites for k, b in of.items()}),
        "money_flow": together({k: b.comparison.flows for k, b in of.items()}),
        "money_viability": together({k: b.viability.sites for k, b in of.items()}),
        "money_route": together({k: b.funding.villages for k, b in of.items()}),
        "money_route_total": together({k: b.funding.totals for k, b in of.items()}),
        "money_duplicate": together({k: b.duplicates.near for k, b in of.items()}),
        "money_hours": together({k: b.hours.villages for k, b in of.items()}),
        "travel": money.travel.villages,
    })


def _years(one: BudgetMoney) -> pd.DataFrame:
    """Return the outlay by year and line with the totals at low and high prices beside it."""
    out = one.outlay.by_year[["year", *OUTLAY_LINES, "total_mvnd"]].copy()
    for level in LEVELS:
        told = one.levels[level].by_year.set_index("year")["total_mvnd"]
        out[f"{level}_mvnd"] = told.reindex(out["year"], fill_value=0.0).to_numpy()
    return out
