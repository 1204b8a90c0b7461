"""Revenue of newly served people and the viability gap of every site: an estimate, not a norm of the decree.

revenue of a year = newly served people x take_up_share x new_subscriber_share x arpu_month x 12, with VAT like the
costs; gap = max(0, PV(capex + opex) - PV(revenue)) over ``compare_years``, one discount rate. A site with gap 0 is one
an operator would build anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coverage.errors import ScenarioError
from coverage.money.lease import flow, present_value, terms_of, way_of
from coverage.money.outlay import Asset, at_level, parts, sum_mvnd
from coverage.plan import BudgetPlan, Plan
from coverage.scenario import PriceLevel, Scenario
from coverage.siting.cost import dong

REVENUE_ITEMS = ("take_up_share", "new_subscriber_share", "arpu_month")
SHARES = ("take_up_share", "new_subscriber_share")
NOT_A_NORM = ("Ước tính, không phải định mức Nghị định 295/2025.", "An estimate, not a norm of Decree 295/2025.")
MONTHS = 12
_COLUMNS = (
    "order", "option_id", "name", "people", "subscribers", "revenue_mvnd_year", "cost_pv_mvnd", "revenue_pv_mvnd",
    "gap_mvnd", "gap_low_mvnd", "gap_high_mvnd", "anyway",
)


@dataclass(frozen=True)
class Viability:
    """What the sites of a budget's plan lack to pay for themselves, million VND of the base year.

    Parameters
    ----------
    sites : order, option_id, name, people (newly served by any operator, after the earlier sites), subscribers,
        revenue_mvnd_year, cost_pv_mvnd, revenue_pv_mvnd, gap_mvnd, gap_low_mvnd (costs low, revenue high),
        gap_high_mvnd (costs high, revenue low), anyway (gap 0: an operator would build it without support).
    gap_mvnd, gap_low_mvnd, gap_high_mvnd : sums over the sites; one site's surplus never pays for another.
    anyway_sites, support_sites : number of sites. anyway_cost_pv_mvnd : what operators would pay for.
    """

    sites: pd.DataFrame
    gap_mvnd: float
    gap_low_mvnd: float
    gap_high_mvnd: float
    anyway_sites: int
    support_sites: int
    anyway_cost_pv_mvnd: float
    note_vi: str = NOT_A_NORM[0]
    note_en: str = NOT_A_NORM[1]


def subscribers_of(people: float, scenario: Scenario) -> float:
    """Return the new subscribers among newly served people; raises ScenarioError for a share above one."""
    for item in SHARES:
        if scenario.rate(item) > 1:
            raise ScenarioError("scenario_range", key=item, value=scenario.rate(item), low=0, high=1)
    return people * scenario.rate("take_up_share") * scenario.rate("new_subscriber_share")


def revenue_mvnd_year(people: float, scenario: Scenario) -> float:
    """Return the new revenue of one year from newly served people, million VND with VAT, to the đồng."""
    arpu = scenario.price_mvnd("arpu_month")
    if not scenario.prices["arpu_month"].vat_included:
        arpu *= 1.0 + scenario.rate("vat_share")
    return dong(subscribers_of(people, scenario) * arpu * MONTHS)


def gap_mvnd(cost_pv_mvnd: float, revenue_pv_mvnd: float) -> float:
    """Return the viability gap, never below zero."""
    return max(0.0, dong(cost_pv_mvnd - revenue_pv_mvnd))


def viability(plan: Plan, one: BudgetPlan, assets: Sequence[Asset], scenario: Scenario) -> Viability:
    """Return costs, revenue and gap of every site of a budget's plan; ``assets`` give the build years."""
    people = (one.sites["new_people"] + one.sites["other_people"]).to_numpy(dtype=np.float64)
    cases = (scenario, _revenue_at(at_level(scenario, "low"), "high"), _revenue_at(at_level(scenario, "high"), "low"))
    rows = [_site_row(plan, asset, float(n), cases) for asset, n in zip(assets, people, strict=True)]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    anyway = table["anyway"].to_numpy(dtype=bool)
    low, base, high = (sum_mvnd(table[c]) for c in ("gap_low_mvnd", "gap_mvnd", "gap_high_mvnd"))
    return Viability(table, base, low, high, int(anyway.sum()), int((~anyway).sum()),
                     sum_mvnd(table.loc[anyway, "cost_pv_mvnd"]))


def _site_row(
    plan: Plan, asset: Asset, people: float, cases: tuple[Scenario, Scenario, Scenario],
) -> tuple[object, ...]:
    """Return the row of a site; ``cases``: the scenario, the best and the worst for an operator."""
    (cost, revenue), cheap, dear = (_values(plan, asset, people, s) for s in cases)
    gap = gap_mvnd(cost, revenue)
    return (asset.order, asset.asset_id, asset.name, people, subscribers_of(people, cases[0]),
            revenue_mvnd_year(people, cases[0]), cost, revenue, gap, gap_mvnd(*cheap), gap_mvnd(*dear), gap == 0)


def _values(plan: Plan, asset: Asset, people: float, scenario: Scenario) -> tuple[float, float]:
    """Return the present values of the costs and of the revenue of one site."""
    terms = terms_of(scenario, plan.year)
    late = asset.build_year - terms.base_year
    works, year = parts(asset.cost_lines, scenario)
    paid = flow(way_of(works, year, scenario), terms)
    earned = np.full(terms.years + 1, revenue_mvnd_year(people, scenario))
    earned[0] = 0.0
    return (dong(present_value(paid, terms.rate, late_years=late)),
            dong(present_value(earned, terms.rate, late_years=late)))


def _revenue_at(scenario: Scenario, level: PriceLevel) -> Scenario:
    """Return the scenario with what revenue depends on at a level."""
    prices = dict(scenario.prices)
    for item in REVENUE_ITEMS:
        scenario.price_mvnd(item)
        value = prices[item].at(level)
        prices[item] = replace(prices[item], low=value, base=value, high=value)
    return replace(scenario, prices=prices)
