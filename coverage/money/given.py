"""What an office adds to the money of a plan: lease fees of single sites, and the years of a plan by phases."""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from coverage.money.lease import Comparison
from coverage.plan import BudgetPlan, PhasedPlan, Plan
from coverage.quotes import OFFERED, Quote
from coverage.scenario import Scenario

BuildYears = Mapping[float, Mapping[str, int]]
COMPUTED, ASSUMED_FEE, OFFERED_FEE = "computed", "assumed", "offered"


def chosen_options(plan: Plan) -> set[str]:
    """Return the option ids that any budget's plan builds."""
    return {str(o) for one in plan.budgets for o in one.sites["option_id"]}


def used_quotes(plan: Plan, scenario: Scenario) -> Mapping[str, Quote]:
    """Return the scenario's lease fees for sites that a budget's plan builds."""
    own = chosen_options(plan)
    return MappingProxyType({o: q for o, q in scenario.lease_quotes.items() if o in own})


def unused_quotes(plan: Plan, scenario: Scenario) -> tuple[str, ...]:
    """Return the option ids with a lease fee that no budget's plan builds; to be said, not an error."""
    return tuple(sorted(set(scenario.lease_quotes) - chosen_options(plan)))


def with_basis(comparison: Comparison, quotes: Mapping[str, Quote | float]) -> pd.DataFrame:
    """Return the sites of a comparison with ``lease_basis``: "computed", "assumed" or "offered" (plain numbers too)."""
    sites = comparison.sites
    if not len(sites):
        return sites.assign(lease_basis=pd.Series(dtype=object))
    told = []
    for option in sites["option_id"].astype(str):
        quote = quotes.get(option)
        assumed = isinstance(quote, Quote) and quote.basis != OFFERED
        told.append(COMPUTED if quote is None else ASSUMED_FEE if assumed else OFFERED_FEE)
    return sites.assign(lease_basis=told)


def years_of(phases: PhasedPlan) -> Mapping[str, int]:
    """Return option id -> build year of a plan by phases."""
    return MappingProxyType({str(o): int(y) for o, y in zip(phases.sites["option_id"], phases.sites["year"],
                                                            strict=True)})


def not_in_phases(one: BudgetPlan, phases: PhasedPlan) -> int:
    """Return how many sites of a budget's plan the phases do not build."""
    years = years_of(phases)
    return sum(str(o) not in years for o in one.sites["option_id"])


def build_years_of(plan: Plan, phases: PhasedPlan | None) -> BuildYears | None:
    """Return budget -> option id -> year for the budgets whose every site the phases build; None without phases.

    Other budgets keep the earliest year of each site.
    """
    if phases is None:
        return None
    years = years_of(phases)
    return MappingProxyType({one.budget_mvnd: years for one in plan.budgets
                             if len(one.sites) and not not_in_phases(one, phases)})
