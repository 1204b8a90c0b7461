"""What a site costs the State: lines of the price book that add up to the outlay, to the đồng.

Formulas in docs/methods/money.md. Every line is quantity x unit x factor = million VND, rounded to one đồng.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from coverage.scenario import Scenario

DONG_DECIMALS = 6      # a đồng is 1e-6 million VND


class Line(NamedTuple):
    """One line of a cost: ``quantity`` x ``unit_mvnd`` x ``factor`` = ``mvnd`` (million VND, rounded to a đồng).

    For shares (management, contingency, VAT) the quantity is the sum they apply to and the unit is the share.
    """

    item: str
    quantity: float
    unit_mvnd: float
    factor: float
    mvnd: float


@dataclass(frozen=True)
class Cost:
    """The money of one option, million VND.

    Parameters
    ----------
    lines : capital lines with management, contingency and VAT, then support lines with their VAT.
    capex_mvnd : outlay of the build year.
    opex_mvnd_year : support of each later year.
    cost_mvnd : State outlay counted against the budget, capex + opex over the horizon; the sum of the lines.
    """

    lines: tuple[Line, ...]
    capex_mvnd: float
    opex_mvnd_year: float
    cost_mvnd: float


def dong(value_mvnd: float) -> float:
    """Round million VND to one đồng."""
    return round(value_mvnd, DONG_DECIMALS)


def total(lines: list[Line] | tuple[Line, ...]) -> float:
    """Return the sum of lines, million VND, to the đồng."""
    return dong(math.fsum(line.mvnd for line in lines))


def access_item(road_m: float, scenario: Scenario) -> str:
    """Return the access multiplier's item of the price book for a distance to the motor road, metres.

    An unknown distance (NaN) is priced as the worst access; the plan carries a finding for it.
    """
    if road_m <= scenario.rate("access_road_max_m"):
        return "access_road"
    return "access_track" if road_m <= scenario.rate("access_track_max_m") else "access_foot"


def line(scenario: Scenario, item: str, quantity: float, factor: float = 1.0) -> Line:
    """Return the line of an item of the price book."""
    unit = scenario.price_mvnd(item)
    return Line(item, quantity, unit, factor, dong(quantity * unit * factor))


def share(scenario: Scenario, item: str, base_mvnd: float) -> Line:
    """Return the line of a share (management, contingency, VAT) of a sum."""
    rate = scenario.rate(item)
    return Line(item, base_mvnd, rate, 1.0, dong(base_mvnd * rate))


def _taxed(scenario: Scenario, lines: list[Line]) -> float:
    """Return the sum of the lines whose price is without VAT; shares of a sum count as without."""
    bare = [x for x in lines if not scenario.prices[x.item].vat_included]
    return total(bare)


def horizon_years(scenario: Scenario) -> int:
    """Return for how many years after the build year support counts as State outlay."""
    return round(scenario.rate("horizon_years"))


def capital_lines(scenario: Scenario, capital: list[Line]) -> list[Line]:
    """Return works with their on-costs.

    Management = share of the works; contingency = share of works and management; VAT on what is priced without.
    """
    works = list(capital)
    works.append(share(scenario, "management_share", total(works)))
    works.append(share(scenario, "contingency_share", total(works)))
    works.append(share(scenario, "vat_share", _taxed(scenario, works)))
    return works


def year_lines(scenario: Scenario, support_year: list[Line]) -> list[Line]:
    """Return the support of one year with its VAT."""
    return [*support_year, share(scenario, "vat_share", _taxed(scenario, support_year))]


def add_up(scenario: Scenario, capital: list[Line], support_year: list[Line]) -> Cost:
    """Return the cost of works (``capital``) and of one year's support, with on-costs, VAT and the horizon."""
    works = capital_lines(scenario, capital)
    year = year_lines(scenario, support_year)
    years = horizon_years(scenario)
    support = [Line(x.item, x.quantity * years, x.unit_mvnd, x.factor, dong(x.mvnd * years)) for x in year]
    lines = tuple(x for x in (*works, *support) if x.quantity)
    return Cost(lines, total(works), total(year), total(lines))
