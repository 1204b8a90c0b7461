"""State outlay of fixed broadband: a programme of its own, never mixed into the money of the mobile plan."""

from collections.abc import Hashable, Mapping
from typing import Any

from coverage.money.outlay import Asset, Outlay, outlay
from coverage.plan.fixed import FixedPlan
from coverage.scenario import PriceLevel

LINK_WORD = "Cáp quang"


def fixed_assets(fixed: FixedPlan) -> tuple[Asset, ...]:
    """Return what the programme pays for: its own cables, then the ends it connects, each in its build year."""
    paid = fixed.links[~fixed.links["shared"].to_numpy(dtype=bool)]
    out = [
        Asset(str(link["link_id"]), order, _called(link), int(link["build_year"]), _lines(link))
        for order, link in enumerate(paid.to_dict("records"), start=1)
    ]
    done = fixed.places[fixed.places["connected"].to_numpy(dtype=bool)]
    out += [
        Asset(f"{place['kind']}:{place['code']}", order, str(place["name"]), int(place["build_year"]), _lines(place))
        for order, place in enumerate(done.to_dict("records"), start=len(out) + 1)
    ]
    return tuple(out)


def fixed_outlay(fixed: FixedPlan, level: PriceLevel | None = None) -> Outlay:
    """Return the outlay by calendar year and line: capital in the build year, fees in each year of support after it."""
    return outlay(fixed_assets(fixed), fixed.scenario, level)


def _called(link: Mapping[Hashable, Any]) -> str:
    ends = " - ".join(str(link[end]) for end in ("from_name", "to_name") if link[end])
    return f"{LINK_WORD}: {ends}" if ends else f"{LINK_WORD} {link['link_id']}"


def _lines(row: Mapping[Hashable, Any]) -> tuple[tuple[str, float, float, float, float], ...]:
    return tuple(tuple(x) for x in row["cost_lines"])
