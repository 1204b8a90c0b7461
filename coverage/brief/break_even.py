"""The break-even of every site as live formulas of a spreadsheet, beside the values that the program computed."""

from typing import Any

import pandas as pd

from coverage.brief.words import word, words_of
from coverage.money.statement import BudgetMoney, MoneySummary
from geodata.write.table import Formula

_YEAR = "0"
_NEVER = "never"
# columns: A budget, B order, C place, D own, E rate, F base, G year, H paid, I lease, J factor, K paid_pv, L lease_pv,
# M difference, N even
_FACTOR = Formula("=1/(1+E{row})^(G{row}-F{row})", "0.0000")
_DIFFERENCE = Formula("=K{row}-L{row}")
_SAME_RATE = Formula("=E{above}", "0.0%")


def break_even_table(money: MoneySummary, language: str = "vi") -> pd.DataFrame:
    """Return a row per budget, site and year: flows as values, present values and break-even as ``Formula``.

    Million VND. The rate is a value in the first row alone; every other row takes that of the row above. The columns
    stand in the sheet's first columns, in this order: the formulas name them.
    """
    heads = words_of("break_even_heads", language)
    columns = [text for key, text in heads.items() if key != _NEVER]
    rows: list[list[Any]] = []
    for one in money.budgets:
        rows += _budget_rows(one, money, heads[_NEVER], language)
    if rows:
        rows[0][4] = money.terms.rate
    return pd.DataFrame(rows, columns=columns)


def _budget_rows(one: BudgetMoney, money: MoneySummary, never: str, language: str) -> list[list[Any]]:
    rows: list[list[Any]] = []
    flows = one.comparison.flows
    for site in one.comparison.sites.to_dict("records"):
        own = flows[flows["option_id"] == site["option_id"]].sort_values("year", kind="stable")
        last = len(own) - 1
        way = word("money_way", site["own"], language)
        for at, flow in enumerate(own.to_dict("records")):
            rows.append([
                one.budget_mvnd, site["order"], site["name"], way, _SAME_RATE, money.terms.base_year, flow["year"],
                flow[f"{site['own']}_mvnd"], flow["lease_mvnd"], _FACTOR, _cumulated("K", "H", at),
                _cumulated("L", "I", at), _DIFFERENCE, _even(at, last, never),
            ])
    return rows


def _cumulated(column: str, paid: str, at: int) -> Formula:
    """Return the cumulated present value: that of the row above, none for a site's first year, plus this year's."""
    before = f"{column}{{above}}+" if at else ""
    return Formula(f"={before}{paid}{{row}}*J{{row}}")


def _even(at: int, last: int, never: str) -> Formula:
    """Return the first year from which the plan's way has cost no more than leasing, as far as this year shows."""
    so_far = "N{above}" if at else "G{row}"
    late = f'"{never}"' if at == last else "G{row}+1"
    return Formula(f"=IF(M{{row}}>0,{late},{so_far})", _YEAR)
