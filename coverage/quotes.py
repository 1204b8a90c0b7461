"""Lease fees offered or assumed for single sites: a section of the scenario, option id -> million VND a year."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from coverage.errors import ScenarioError

Basis = Literal["giả định", "báo giá"]
ASSUMED, OFFERED = get_args(Basis)
_KEYS = {"mvnd_year", "basis", "note"}


@dataclass(frozen=True)
class Quote:
    """A yearly fee for having a site as a service.

    Parameters
    ----------
    mvnd_year : million VND a year with VAT. basis : "báo giá" of a lessor, or "giả định". note : who said so.
    """

    mvnd_year: float
    basis: Basis = ASSUMED
    note: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.mvnd_year, bool) or not 0 <= self.mvnd_year < math.inf:
            raise ScenarioError("lease_quote_value", value=self.mvnd_year)
        if self.basis not in get_args(Basis):
            raise ScenarioError("scenario_choice", file="-", key="lease_quotes.basis", value=self.basis,
                                known=", ".join(get_args(Basis)))


def quotes_from(given: Mapping[str, Any], where: str) -> Mapping[str, Quote]:
    """Return the quotes of plain values: option id -> a number (assumed), or {mvnd_year, basis, note}.

    Raises
    ------
    ScenarioError
        "scenario_unknown_key", "scenario_type", "lease_quote_value" or "scenario_choice".
    """
    out = {}
    for option, value in sorted(given.items()):
        row = dict(value) if isinstance(value, Mapping) else {"mvnd_year": value}
        unknown = set(row) - _KEYS
        if unknown:
            raise ScenarioError("scenario_unknown_key", file=where, key=f"lease_quotes.{option}.{min(unknown)}")
        fee = row.get("mvnd_year")
        if isinstance(fee, bool) or not isinstance(fee, (int, float)):
            raise ScenarioError("scenario_type", file=where, key=f"lease_quotes.{option}.mvnd_year", value=fee)
        out[str(option)] = Quote(float(fee), row.get("basis", ASSUMED), str(row.get("note", "")))
    return out
