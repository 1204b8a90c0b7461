"""Scenario: one checked, frozen value that holds every choice of a run; unknown keys are refused.

Law, thresholds and prices live in packaged TOML (profiles/, prices/) with a citation and a certainty each;
a scenario names which of them it uses and may override single values.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from coverage.choices import Backhaul, Curve, Fixed, Floors, Phases, Robustness, antenna_files, check_choices
from coverage.errors import ScenarioError
from coverage.quotes import Quote, quotes_from

_Section = TypeVar("_Section", "Radio", "Siting", "Solver", "Curve", "Phases", "Floors", "Robustness", "Backhaul",
                   "Fixed")
PriceLevel = Literal["low", "base", "high"]
METHODS = ("per_pixel", "radial")
COST_LINES = ("construction", "equipment", "management", "contingency", "vat", "operation", "lease")


@dataclass(frozen=True)
class Note:
    """What stands behind a value of a profile or price book.

    Parameters
    ----------
    certainty : "văn bản" (a legal text was seen), "tin cậy vừa", or "giả định" (to be replaced by the office).
    """

    label_vi: str
    label_en: str
    unit: str
    citation: str
    certainty: str


@dataclass(frozen=True)
class Service:
    """Service thresholds and status rules; field names are the keys of profiles/*.toml."""

    rsrp_served_dbm: float
    sigma_model_db: float
    rx_height_m: float
    indoor_margin_db: float
    measured_radius_m: float
    measured_min_samples: int
    measured_max_age_months: int
    served_min_probability: float
    proposed_min_probability: float
    sure_high_probability: float
    sure_low_probability: float
    lom_min_households: int
    lom_other_min_households: tuple[int, ...]
    weak_below_mbps: float
    gap_disc_m: float
    fibre_near_m: float
    headline_technologies: tuple[str, ...]
    counted_technologies: tuple[str, ...]
    off_date_2g: date
    off_date_3g: date
    permit_lead_months: int
    duplicate_radius_m: float
    speed_national_kmh: float
    speed_local_kmh: float
    walk_kmh: float
    walk_detour: float
    direct_walk_max_m: float
    travel_weight_min: float


@dataclass(frozen=True)
class Price:
    """One line of the price book, million VND at three levels.

    Parameters
    ----------
    line : the line of a rough cost it belongs to, one of COST_LINES; "" for multipliers, distances, years, revenue.
    """

    low: float
    base: float
    high: float
    per: str
    vat_included: bool
    note: Note
    line: str = ""

    def at(self, level: PriceLevel) -> float:
        """Return the price in million VND at 'low', 'base' or 'high'."""
        return float(getattr(self, level))


@dataclass(frozen=True)
class Radio:
    """How signal is computed.

    Parameters
    ----------
    dn : refractivity lapse over the lowest kilometre, N-units/km; n0 : sea-level refractivity, N-units.
    radius_m : beyond it a mast is not considered; the model holds to 30 km.
    method : "per_pixel" (exact) or "radial" (hull sweep), for areas.
    calibrate : add each operator's and band's measured bias to its power before any status is told.
    antenna_folder : folder of MSI files that the column ``antenna`` of the masts names; "" = none.
    """

    dn: float = 45.0
    n0: float = 370.0
    radius_m: float = 15_000.0
    method: Literal["per_pixel", "radial"] = "per_pixel"
    power_shift_db: float = 0.0
    calibrate: bool = False
    antenna_folder: str = ""


@dataclass(frozen=True)
class Siting:
    """Which places are considered, what may be built on them, and what the plan aims at.

    Parameters
    ----------
    travel_priority : a person counts 1 + minutes to the commune office / travel_weight_min times in the objective.
    """

    spacing_m: float = 1_000.0
    max_road_m: float = 5_000.0
    options: tuple[str, ...] = ("macro", "shared", "small_cell_satellite")
    operator: str = "TATCA"
    technology: str = "4G"
    band_mhz: float = 900.0
    radius_m: float = 12_000.0
    travel_priority: bool = False


@dataclass(frozen=True)
class Solver:
    """When the optimiser may stop."""

    time_limit_s: float = 60.0
    gap: float = 1e-4


@dataclass(frozen=True)
class Scenario:
    """Every choice of a run.

    Parameters
    ----------
    eligible : whose people count for public-service money.
    budgets_mvnd : State outlay ceilings, million VND, ascending, each gives a plan.
    reference_date : overrides the pack's; None = the pack's.
    lease_quotes : option id -> yearly fee offered or assumed; they change what is compared, never the plan.
    """

    name: str
    service: Service
    service_notes: Mapping[str, Note]
    prices: Mapping[str, Price]
    profile: str = "mac_dinh"
    price_book: str = "don_gia_2026"
    price_level: PriceLevel = "base"
    eligible: Literal["border_or_difficult", "border", "all"] = "border_or_difficult"
    budgets_mvnd: tuple[float, ...] = (5_000.0, 10_000.0, 20_000.0)
    reference_date: date | None = None
    radio: Radio = field(default_factory=Radio)
    siting: Siting = field(default_factory=Siting)
    solver: Solver = field(default_factory=Solver)
    curve: Curve = field(default_factory=Curve)
    phases: Phases = field(default_factory=Phases)
    floors: Floors = field(default_factory=Floors)
    robustness: Robustness = field(default_factory=Robustness)
    backhaul: Backhaul = field(default_factory=Backhaul)
    fixed: Fixed = field(default_factory=Fixed)
    lease_quotes: Mapping[str, Quote] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choices(self.curve, self.phases, self.floors, self.robustness)
        if not self.budgets_mvnd or list(self.budgets_mvnd) != sorted(set(self.budgets_mvnd)):
            raise ScenarioError("budgets_not_ascending", value=list(self.budgets_mvnd))
        for budget in self.budgets_mvnd:
            if not 0 < budget < float("inf"):
                raise ScenarioError("budget_not_positive", value=budget)
        if not 0 < self.radio.radius_m <= 30_000:  # noqa: PLR2004 - range of the model, docs/methods/radio.md
            raise ScenarioError("scenario_range", key="radio.radius_m", value=self.radio.radius_m, low=0, high=30_000)
        if self.radio.method not in METHODS:
            raise ScenarioError("scenario_choice", file=self.name, key="radio.method", value=self.radio.method,
                                known=", ".join(METHODS))
        sigma = self.service.sigma_model_db
        if not 0 < sigma <= 20:  # noqa: PLR2004 - wider spread than any published model
            raise ScenarioError("scenario_range", key="sigma_model_db", value=sigma, low=0, high=20)

    def price_mvnd(self, item: str) -> float:
        """Return the price of an item of the book in million VND at the scenario's level."""
        if item not in self.prices:
            raise ScenarioError("price_missing", item=item, book=self.price_book)
        value = self.prices[item].at(self.price_level)
        if not 0 <= value < float("inf"):
            raise ScenarioError("price_bad", item=item, book=self.price_book, value=value)
        return value

    def rate(self, item: str) -> float:
        """Return a multiplier, share or distance of the book (not money) at the scenario's level."""
        return self.price_mvnd(item)

    @property
    def digest(self) -> str:
        """First 12 hex digits of the sha256 over every value and antenna file; printed on every output."""
        plain = asdict(self)
        if files := antenna_files(self.radio.antenna_folder):
            plain["antenna_files"] = files
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:12]

    @property
    def without_quotes(self) -> Self:
        """Return the scenario that decides the plan: lease fees change the comparison of ways only."""
        return replace(self, lease_quotes={}) if self.lease_quotes else self

    @classmethod
    def default(cls) -> Self:
        """Return the scenario of the packaged profile and price book, nothing overridden."""
        return cls.from_mapping({})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a scenario from a TOML file; raises ScenarioError with the file's name for any fault."""
        try:
            with path.open("rb") as stream:
                values = tomllib.load(stream)
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ScenarioError("scenario_unreadable", file=str(path), error=str(error)) from error
        return cls.from_mapping(values, where=str(path))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, where: str = "kịch bản") -> Self:
        """Build a scenario from plain values; refuses unknown keys and values of the wrong kind."""
        given = dict(values)
        profile = str(given.pop("profile", "mac_dinh"))
        price_book = str(given.pop("price_book", "don_gia_2026"))
        overrides = given.pop("prices", {})
        service, notes = load_profile(profile, given.pop("service", {}), where)
        built: dict[str, Any] = {
            "name": str(given.pop("name", "Cơ sở")),
            "lease_quotes": quotes_from(given.pop("lease_quotes", {}), where),
            "radio": _section(Radio, given.pop("radio", {}), where),
            "siting": _section(Siting, given.pop("siting", {}), where),
            "solver": _section(Solver, given.pop("solver", {}), where),
            "curve": _section(Curve, given.pop("curve", {}), where),
            "phases": _section(Phases, given.pop("phases", {}), where),
            "floors": _section(Floors, given.pop("floors", {}), where),
            "robustness": _section(Robustness, given.pop("robustness", {}), where),
            "backhaul": _section(Backhaul, given.pop("backhaul", {}), where),
            "fixed": _section(Fixed, given.pop("fixed", {}), where),
        }
        if "budgets_mvnd" in given:
            built["budgets_mvnd"] = _tuple_of_floats(given.pop("budgets_mvnd"), "budgets_mvnd", where)
        for key, choices in _CHOICES.items():
            if key in given:
                built[key] = given.pop(key)
                if built[key] not in choices:
                    known = ", ".join(choices)
                    raise ScenarioError("scenario_choice", file=where, key=key, value=built[key], known=known)
        if "reference_date" in given:
            built["reference_date"] = given.pop("reference_date")
            if not isinstance(built["reference_date"], date):
                raise ScenarioError("scenario_type", file=where, key="reference_date", value=built["reference_date"])
        if given:
            raise ScenarioError("scenario_unknown_key", file=where, key=", ".join(sorted(given)))
        prices = override_prices(load_prices(price_book), overrides, price_book, where)
        return cls(service=service, service_notes=notes, prices=prices, profile=profile, price_book=price_book, **built)


_CHOICES = {"price_level": ("low", "base", "high"), "eligible": ("border_or_difficult", "border", "all")}


def _tuple_of_floats(value: object, key: str, where: str) -> tuple[float, ...]:
    items: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in items):
        raise ScenarioError("scenario_type", file=where, key=key, value=value)
    return tuple(float(v) for v in items)


def _cast(template: object, value: Any, key: str, where: str) -> Any:
    """Return ``value`` in the type of ``template``; raise for anything else."""
    good = (
        (isinstance(template, float) and isinstance(value, (int, float)) and not isinstance(value, bool))
        or (isinstance(template, tuple) and isinstance(value, (list, tuple)))
        or type(value) is type(template)
    )
    if not good:
        raise ScenarioError("scenario_type", file=where, key=key, value=value)
    if isinstance(template, float):
        return float(value)
    return tuple(value) if isinstance(template, tuple) else value


def _section(kind: type[_Section], given: Mapping[str, Any], where: str) -> _Section:
    defaults = kind()
    unknown = set(given) - {f.name for f in fields(defaults)}
    if unknown:
        raise ScenarioError("scenario_unknown_key", file=where, key=", ".join(sorted(unknown)))
    return kind(**{k: _cast(getattr(defaults, k), v, k, where) for k, v in given.items()})


def _packaged(folder: str, name: str) -> dict[str, Any]:
    known = sorted(p.name.removesuffix(".toml") for p in resources.files("coverage").joinpath(folder).iterdir())
    if name not in known:
        raise ScenarioError("book_unknown", name=name, folder=folder, known=", ".join(known))
    text = resources.files("coverage").joinpath(folder, f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _note(row: Mapping[str, Any]) -> Note:
    return Note(row["label_vi"], row["label_en"], row.get("unit", ""), row["citation"], row["certainty"])


def load_profile(name: str, overrides: Mapping[str, Any], where: str) -> tuple[Service, Mapping[str, Note]]:
    """Read profiles/<name>.toml with single values overridden; an overridden value's note says so."""
    rows = _packaged("profiles", name)
    names = [f.name for f in fields(Service)]
    if set(rows) != set(names):
        raise ScenarioError("profile_keys", name=name, key=", ".join(sorted(set(rows) ^ set(names))))
    unknown = set(overrides) - set(names)
    if unknown:
        raise ScenarioError("scenario_unknown_key", file=where, key=", ".join(sorted(unknown)))
    values: dict[str, Any] = {}
    notes: dict[str, Note] = {}
    for key in names:
        value = rows[key]["value"]
        template = tuple(value) if isinstance(value, list) else value
        values[key] = _cast(template, overrides.get(key, value), key, where)
        note = _note(rows[key])
        if key in overrides:
            note = Note(note.label_vi, note.label_en, note.unit, where, "người dùng đặt")
        notes[key] = note
    return Service(**values), notes


def load_prices(name: str) -> Mapping[str, Price]:
    """Read prices/<name>.toml: item -> Price; refuses a missing or negative figure or low > base > high."""
    return prices_from(_packaged("prices", name), name)


def prices_from(rows: Mapping[str, Mapping[str, Any]], book: str) -> Mapping[str, Price]:
    """Return the prices of plain rows, as TOML or an edited table gives them: item -> Price; checked as load_prices."""
    out: dict[str, Price] = {}
    for item, row in rows.items():
        for key in ("low", "base", "high", "per", "vat_included", "label_vi", "label_en", "citation", "certainty"):
            if key not in row:
                raise ScenarioError("price_field", item=item, book=book, key=key)
        figures = [row[k] for k in ("low", "base", "high")]
        low, base, high = _ascending(figures, item, book)
        line = str(row.get("line", ""))
        if line and line not in COST_LINES:
            raise ScenarioError("price_line", item=item, book=book, value=line, known=", ".join(COST_LINES))
        out[item] = Price(low, base, high, row["per"], row["vat_included"], _note(row), line)
    return out


def _ascending(figures: Sequence[object], item: str, book: str) -> tuple[float, float, float]:
    numbers = [float(v) for v in figures if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) != len(figures) or not 0 <= numbers[0] <= numbers[1] <= numbers[2] < float("inf"):
        raise ScenarioError("price_order", item=item, book=book, value=", ".join(map(str, figures)))
    return numbers[0], numbers[1], numbers[2]


def override_prices(
    prices: Mapping[str, Price], given: Mapping[str, Any], book: str, where: str
) -> Mapping[str, Price]:
    """Return the prices with single items replaced: item -> a number, or {low, base, high}; their notes say so.

    A key ``reason`` beside the figures is kept in the note.
    """
    out = dict(prices)
    for item, value in given.items():
        if item not in out:
            raise ScenarioError("price_missing", item=item, book=book)
        figures = dict(value) if isinstance(value, Mapping) else dict.fromkeys(("low", "base", "high"), value)
        reason = str(figures.pop("reason", "")).strip()
        unknown = set(figures) ^ {"low", "base", "high"}
        if unknown:
            raise ScenarioError("scenario_unknown_key", file=where, key=f"prices.{item}: {', '.join(sorted(unknown))}")
        low, base, high = _ascending([figures[k] for k in ("low", "base", "high")], item, book)
        note = replace(out[item].note, citation=f"{reason} ({where})" if reason else where, certainty="người dùng đặt")
        out[item] = replace(out[item], low=low, base=base, high=high, note=note)
    return out
