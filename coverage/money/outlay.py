"""State outlay of a plan: by calendar year and by line of the rough cost (khái toán kinh phí), nominal, to the đồng.

Capital is paid in the build year, lease and support in each of the ``horizon_years`` after it. Every sum is taken over
whole đồng, so totals by year, by line and by site are the same number.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from coverage.errors import PlanError, ScenarioError
from coverage.plan import BudgetPlan
from coverage.scenario import PriceLevel, Scenario
from coverage.siting.cost import Line, capital_lines, horizon_years, line, total, year_lines

CAPITAL_LINES = ("construction", "equipment", "management", "contingency", "vat")
SUPPORT_LINES = ("operation", "lease", "support_vat")
OUTLAY_LINES = (*CAPITAL_LINES, *SUPPORT_LINES)
LEVELS: tuple[PriceLevel, ...] = ("low", "base", "high")
DONG_PER_MVND = 1_000_000
_ON_COSTS = ("management", "contingency", "vat")
_YEARLY = ("operation", "lease")
LINK_KINDS: Mapping[str, str] = MappingProxyType({"fibre": "Cáp quang", "microwave": "Vi ba"})
_ROWS = ("asset_id", "order", "name", "year", "line", "dong")


@dataclass(frozen=True)
class Asset:
    """Something the plan pays for: a site, or a link that carries one or several of them.

    Parameters
    ----------
    asset_id : option id of a site, link id of a link. build_year : calendar year of the capital.
    cost_lines : (item, quantity, unit_mvnd, factor, mvnd) as ``coverage.siting`` gives them.
    sites : option ids that a link carries; empty for a site.
    """

    asset_id: str
    order: int
    name: str
    build_year: int
    cost_lines: tuple[tuple[str, float, float, float, float], ...]
    sites: tuple[str, ...] = ()

    @property
    def is_link(self) -> bool:
        """Whether this is a link."""
        return bool(self.sites)


@dataclass(frozen=True)
class Outlay:
    """State outlay at one level of prices, million VND, exact to the đồng.

    Parameters
    ----------
    rows : one row per asset, year and line that is not zero: asset_id, order, name, year, line, mvnd.
    by_year : year, one column per line of OUTLAY_LINES, total_mvnd; every year from the first to the last.
    by_site : asset_id, order, name, build_year, OUTLAY_LINES, capex_mvnd, support_mvnd, total_mvnd.
    by_line : line, mvnd.
    """

    level: PriceLevel
    rows: pd.DataFrame
    by_year: pd.DataFrame
    by_site: pd.DataFrame
    by_line: pd.DataFrame
    total_mvnd: float
    capex_mvnd: float

    @property
    def site_years(self) -> pd.DataFrame:
        """Return one row per asset and one column per calendar year (text), with the total."""
        years = [str(y) for y in self.by_year["year"]]
        dong = self.rows.assign(dong=_dong(self.rows["mvnd"]), year=self.rows["year"].astype(str))
        wide = dong.pivot_table(index="asset_id", columns="year", values="dong", aggfunc="sum", fill_value=0)
        wide = wide.reindex(index=self.by_site["asset_id"], columns=years, fill_value=0)
        out = self.by_site[["asset_id", "order", "name", "build_year"]].copy()
        for year in years:
            out[year] = wide[year].to_numpy() / DONG_PER_MVND
        return out.assign(total_mvnd=wide.sum(axis=1).to_numpy() / DONG_PER_MVND)


def sum_mvnd(values: Iterable[float]) -> float:
    """Return a sum of million VND over whole đồng."""
    return sum(round(v * DONG_PER_MVND) for v in values) / DONG_PER_MVND


def _dong(values: pd.Series) -> pd.Series:
    return (values * DONG_PER_MVND).round().astype("int64")


def at_level(scenario: Scenario, level: PriceLevel) -> Scenario:
    """Return the scenario with every price of the rough cost at a level; multipliers, years and rates stay."""
    prices = {}
    for item, price in scenario.prices.items():
        value = price.at(level)
        prices[item] = replace(price, low=value, base=value, high=value) if price.line else price
    return replace(scenario, prices=prices)


def assets_of(one: BudgetPlan, build_year: Mapping[str, int] | None = None) -> tuple[Asset, ...]:
    """Return the sites of a budget's plan, each built in its earliest year unless told otherwise, then its links.

    A link is built with the first site that sends through it.

    Parameters
    ----------
    build_year : option id -> calendar year, for every site (a plan by phases).

    Raises
    ------
    PlanError
        "money_build_year" for a site without a year, or with one before its permit can be there.
    """
    out = []
    for site in one.sites.to_dict("records"):
        earliest = int(site["earliest_year"])
        year = earliest if build_year is None else build_year.get(str(site["option_id"]))
        if year is None or year < earliest:
            raise PlanError("money_build_year", option=site["option_id"], value=year, earliest=earliest)
        out.append(Asset(str(site["option_id"]), int(site["order"]), str(site["name"]), int(year), _lines(site)))
    built = {asset.asset_id: asset.build_year for asset in out}
    for order, link in enumerate(one.links.to_dict("records"), start=len(out) + 1):
        users = tuple(str(o) for o in link["sites"])
        out.append(Asset(str(link["link_id"]), order, link_name(link), min(built[o] for o in users), _lines(link),
                         users))
    return tuple(out)


def _lines(row: Mapping[Hashable, Any]) -> tuple[tuple[str, float, float, float, float], ...]:
    return tuple(tuple(x) for x in row["cost_lines"])


def link_name(link: Mapping[Hashable, Any]) -> str:
    """Return what a link is called in tables of money, e.g. "Cáp quang: A - B"."""
    kind = LINK_KINDS[str(link["kind"])]
    ends = " - ".join(str(link[end]) for end in ("from_name", "to_name") if link[end])
    return f"{kind}: {ends}" if ends else kind


def with_link_shares(assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """Return the sites, each with an equal part of every link that carries it, for figures of one site."""
    mine: dict[str, list[tuple[str, float, float, float, float]]] = {}
    for link in assets:
        for option in link.sites:
            mine.setdefault(option, []).extend(
                (item, quantity / len(link.sites), unit, factor, mvnd / len(link.sites))
                for item, quantity, unit, factor, mvnd in link.cost_lines)
    return tuple(replace(a, cost_lines=(*a.cost_lines, *mine.get(a.asset_id, ()))) for a in assets if not a.is_link)


def parts(cost_lines: Iterable[Sequence[Any]], scenario: Scenario) -> tuple[list[Line], list[Line]]:
    """Return the works and the support of one year behind cost lines, at the prices of ``scenario``, on-costs off.

    Raises
    ------
    ScenarioError
        "price_without_line" for an item whose price has no line of the rough cost; "scenario_range" for a horizon
        below one year.
    """
    years = horizon_years(scenario)
    if years < 1:
        raise ScenarioError("scenario_range", key="horizon_years", value=years, low=1, high=50)
    works, year = [], []
    for item, quantity, _, factor, _ in cost_lines:
        where = line_of(item, scenario)
        if where in _YEARLY:
            year.append(line(scenario, item, quantity / years, factor))
        elif where not in _ON_COSTS:
            works.append(line(scenario, item, quantity, factor))
    return works, year


def line_of(item: str, scenario: Scenario) -> str:
    """Return the line of the rough cost that an item of the price book belongs to."""
    scenario.price_mvnd(item)   # names an item the book does not have
    where = scenario.prices[item].line
    if not where:
        raise ScenarioError("price_without_line", item=item, book=scenario.price_book)
    return where


def outlay(assets: Sequence[Asset], scenario: Scenario, level: PriceLevel | None = None) -> Outlay:
    """Return the State outlay of assets at a level of prices; None = the scenario's.

    Quantities, ways of building and access multipliers stay those of the plan; prices and shares follow the level.

    Raises
    ------
    PlanError
        "money_cost_differs" where the lines of an asset do not add up to its cost at the scenario's own level.
    """
    own = scenario.price_level if level is None else level
    priced = at_level(scenario, own)
    rows: list[tuple[Any, ...]] = []
    for asset in assets:
        mine = _rows_of(asset, priced)
        if own == scenario.price_level:
            told = sum(round(x[4] * DONG_PER_MVND) for x in asset.cost_lines)
            found = sum(r[5] for r in mine)
            if told != found:
                raise PlanError("money_cost_differs", option=asset.asset_id, value=told / DONG_PER_MVND,
                                found=found / DONG_PER_MVND)
        rows += mine
    frame = pd.DataFrame(rows, columns=list(_ROWS)).astype({"year": "int64", "order": "int64", "dong": "int64"})
    return _summed(frame, assets, own)


def outlay_levels(assets: Sequence[Asset], scenario: Scenario) -> Mapping[PriceLevel, Outlay]:
    """Return the outlay of the same plan at low, base and high prices."""
    return MappingProxyType({level: outlay(assets, scenario, level) for level in LEVELS})


def _rows_of(asset: Asset, priced: Scenario) -> list[tuple[Any, ...]]:
    """Return (asset_id, order, name, year, line, đồng) of every line and year that is not zero."""
    works, year = parts(asset.cost_lines, priced)
    sums: dict[tuple[int, str], int] = {}

    def add(when: int, where: str, one: Line) -> None:
        key = (when, where)
        sums[key] = sums.get(key, 0) + round(one.mvnd * DONG_PER_MVND)

    for one in capital_lines(priced, works):
        add(asset.build_year, line_of(one.item, priced), one)
    for one in year_lines(priced, year):
        where = line_of(one.item, priced)
        for after in range(1, horizon_years(priced) + 1):
            add(asset.build_year + after, "support_vat" if where == "vat" else where, one)
    head = (asset.asset_id, asset.order, asset.name)
    return [(*head, when, where, dong) for (when, where), dong in sums.items() if dong]


def _summed(frame: pd.DataFrame, assets: Sequence[Asset], level: PriceLevel) -> Outlay:
    years = range(int(frame["year"].min()), int(frame["year"].max()) + 1) if len(frame) else range(0)
    by_year = _pivot(frame, "year").reindex(index=list(years), fill_value=0)
    by_site = _pivot(frame, "asset_id").reindex(index=[a.asset_id for a in assets], fill_value=0)
    by_line = frame.groupby("line")["dong"].sum().reindex(list(OUTLAY_LINES), fill_value=0)
    capital = by_site[list(CAPITAL_LINES)].sum(axis=1)
    support = by_site[list(SUPPORT_LINES)].sum(axis=1)
    sites = pd.DataFrame({
        "asset_id": [a.asset_id for a in assets], "order": [a.order for a in assets],
        "name": [a.name for a in assets], "build_year": [a.build_year for a in assets],
    })
    for name in OUTLAY_LINES:
        sites[name] = by_site[name].to_numpy() / DONG_PER_MVND
    sites = sites.assign(capex_mvnd=capital.to_numpy() / DONG_PER_MVND,
                         support_mvnd=support.to_numpy() / DONG_PER_MVND,
                         total_mvnd=(capital + support).to_numpy() / DONG_PER_MVND)
    calendar = (by_year / DONG_PER_MVND).assign(total_mvnd=by_year.sum(axis=1) / DONG_PER_MVND)
    calendar = calendar.rename_axis("year").reset_index()
    rows = frame.assign(mvnd=frame["dong"] / DONG_PER_MVND).drop(columns="dong")
    return Outlay(
        level=level, rows=rows, by_year=calendar, by_site=sites,
        by_line=pd.DataFrame({"line": list(OUTLAY_LINES), "mvnd": by_line.to_numpy() / DONG_PER_MVND}),
        total_mvnd=int(frame["dong"].sum()) / DONG_PER_MVND, capex_mvnd=int(capital.sum()) / DONG_PER_MVND,
    )


def _pivot(frame: pd.DataFrame, index: str) -> pd.DataFrame:
    """Return đồng by ``index`` and line, every line a column."""
    table = frame.pivot_table(index=index, columns="line", values="dong", aggfunc="sum", fill_value=0)
    return table.reindex(columns=list(OUTLAY_LINES), fill_value=0)


def capex_mvnd(works: list[Line], scenario: Scenario, *, with_vat: bool = True) -> float:
    """Return works with management, contingency and, unless told not to, VAT."""
    lines = capital_lines(scenario, works)
    return total(lines if with_vat else [x for x in lines if x.item != "vat_share"])


def opex_mvnd_year(year: list[Line], scenario: Scenario, *, with_vat: bool = True) -> float:
    """Return the support of one year, with VAT unless told not to."""
    return total(year_lines(scenario, year) if with_vat else year)
