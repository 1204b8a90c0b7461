"""Choices of a scenario for what is asked afterwards: curve, phases, floors, fixed broadband, robustness, backhaul."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from coverage.errors import ScenarioError

ANTENNA_ENDINGS = (".msi", ".pln")


def antenna_files(folder: str) -> tuple[tuple[str, str], ...]:
    """Return name and sha256 of every antenna file of a folder, by name; nothing for "" or a folder that is not there.

    A missing folder is refused where the patterns are read (coverage.radio.antenna.load_patterns).
    """
    place = Path(folder)
    if not folder or not place.is_dir():
        return ()
    files = sorted(p for p in place.iterdir() if p.suffix.lower() in ANTENNA_ENDINGS)
    return tuple((p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files)


@dataclass(frozen=True)
class Curve:
    """Budget curve: evenly spaced budgets up to what reaches everybody; ``provincial_budget_mvnd``: 0 = not given."""

    budgets: int = 16
    time_limit_s: float = 180.0
    provincial_budget_mvnd: float = 0.0


@dataclass(frozen=True)
class Phases:
    """Building by year.

    Parameters
    ----------
    years, ceilings_mvnd : calendar years and the State outlay of each; both empty = phases are not asked for.
    favour_border : people of border communes count this many times in all years but the last.
    keep_first : options (ids) already decided; they are built in the first year whatever else.
    carry_over : money not spent in a year may be spent later.
    """

    years: tuple[int, ...] = ()
    ceilings_mvnd: tuple[float, ...] = ()
    favour_border: float = 1.0
    keep_first: tuple[str, ...] = ()
    carry_over: bool = False


@dataclass(frozen=True)
class Floors:
    """Fairness: the least share of its people that every border commune has served."""

    border_min_share: float = 0.8


@dataclass(frozen=True)
class Fixed:
    """Fixed broadband: which villages and institutions get fibre, and when.

    Parameters
    ----------
    eligible_only : only villages eligible for public-service money count; the others are listed with worth 0.
    near_routes : villages near a route, unconfirmed ("gan_tuyen"), count too. anchors : institutions count.
    unknown_lease : an institution whose lease is unknown counts as if it leased nothing.
    hall_wifi : public Wi-Fi at the hall of every village connected.
    connect_all : connect all that can be reached, whatever its link is worth.
    build_year : calendar year of the capital; 0 = the plan's first year. time_limit_s : of the solver.
    """

    eligible_only: bool = True
    near_routes: bool = True
    anchors: bool = True
    unknown_lease: bool = True
    hall_wifi: bool = True
    connect_all: bool = False
    build_year: int = 0
    time_limit_s: float = 60.0

    def __post_init__(self) -> None:
        for name, (low, high) in _FIXED_RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise ScenarioError("scenario_range", key=f"fixed.{name}", value=getattr(self, name), low=low,
                                    high=high)


@dataclass(frozen=True)
class Robustness:
    """How wrong signal (shared by a site), people (of a village) and prices may be, and how often it is tried."""

    runs: int = 100
    signal_sigma_db: float = 4.0
    people_sigma: float = 0.1
    price_sigma: float = 0.1
    site_price_sigma: float = 0.15
    no_regret_share: float = 0.9
    time_limit_s: float = 180.0
    seed: int = 2026


@dataclass(frozen=True)
class Backhaul:
    """When a microwave hop or a satellite terminal works.

    Parameters
    ----------
    bands_ghz : bands of coverage/profiles/microwave.toml that may be used; the one with the highest capacity is taken.
    k_low : effective Earth radius factor exceeded 99.99 % of the worst month (P.530). rain_mm_h : rate exceeded 0.01 %
        of the year (P.837). rain_percent : of the year that the capacity may fail. min_mbps : least capacity of a hop.
    leo_min_elevation_deg, leo_free_share : a low-orbit terminal needs this share of all azimuths free above the angle.
    vsat_longitude_deg : of the geostationary satellite; its direction must be free within ``vsat_beside_deg``.
    sky_radius_m : terrain farther away is too low to matter. dish_height_m : of the terminal above ground.
    max_hops : hops in a row from a node that fibre reaches. hubs_per_site, sites_per_site : how many far ends a place
        may choose from, the nearest that work. site_mbps : what a macro or shared site sends.
    """

    bands_ghz: tuple[float, ...] = (7.5, 15.0, 23.0)
    k_low: float = 0.67
    rain_mm_h: float = 100.0
    rain_percent: float = 0.01
    min_mbps: float = 100.0
    leo_min_elevation_deg: float = 25.0
    leo_free_share: float = 0.8
    vsat_longitude_deg: float = 132.0
    vsat_beside_deg: float = 5.0
    sky_radius_m: float = 7_000.0
    dish_height_m: float = 3.0
    max_hops: int = 3
    hubs_per_site: int = 3
    sites_per_site: int = 4
    site_mbps: float = 100.0

    def __post_init__(self) -> None:
        for name, (low, high) in _BACKHAUL_RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise ScenarioError("scenario_range", key=f"backhaul.{name}", value=getattr(self, name), low=low,
                                    high=high)


_BACKHAUL_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType({
    "k_low": (0.3, 4.0 / 3.0), "rain_mm_h": (1, 300), "rain_percent": (0.001, 1), "min_mbps": (0, 1e5),
    "leo_min_elevation_deg": (0, 89), "leo_free_share": (0, 1), "vsat_longitude_deg": (-180, 180),
    "vsat_beside_deg": (0, 90), "sky_radius_m": (100, 100_000), "dish_height_m": (0, 150),
    "max_hops": (0, 10), "hubs_per_site": (0, 50), "sites_per_site": (0, 50), "site_mbps": (0, 1e5),
})
_FIXED_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType({
    "build_year": (0, 2100), "time_limit_s": (1, 86_400),
})
_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType({
    "curve.budgets": (2, 200), "curve.time_limit_s": (1, 86_400), "curve.provincial_budget_mvnd": (0, 1e12),
    "phases.favour_border": (1, 1_000), "floors.border_min_share": (0, 1), "robustness.runs": (1, 100_000),
    "robustness.signal_sigma_db": (0, 30), "robustness.people_sigma": (0, 2), "robustness.price_sigma": (0, 2),
    "robustness.site_price_sigma": (0, 2), "robustness.no_regret_share": (0, 1),
    "robustness.time_limit_s": (1, 86_400), "robustness.seed": (0, 2**32 - 1),
})


def check_choices(curve: Curve, phases: Phases, floors: Floors, robustness: Robustness) -> None:
    """Raise ScenarioError for a value that no plan can follow."""
    sections = {"curve": curve, "phases": phases, "floors": floors, "robustness": robustness}
    for key, (low, high) in _RANGES.items():
        section, name = key.split(".")
        value = getattr(sections[section], name)
        if not low <= value <= high:
            raise ScenarioError("scenario_range", key=key, value=value, low=low, high=high)
    years, ceilings = phases.years, phases.ceilings_mvnd
    whole = all(isinstance(y, int) and not isinstance(y, bool) for y in years)
    if not whole or list(years) != list(range(years[0], years[0] + len(years)) if years else ()):
        raise ScenarioError("phases_years", value=list(years))
    good = all(isinstance(c, (int, float)) and 0 <= c < float("inf") for c in ceilings)
    if not good or len(ceilings) != len(years):
        raise ScenarioError("phases_ceilings", value=list(ceilings), count=len(years))
