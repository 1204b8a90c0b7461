"""Every threshold, price and preset behind a run: value, unit, citation, certainty; nothing of a run is unsaid."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pandas as pd

from coverage.brief.model_text import model_lines
from coverage.brief.words import vn_date, vn_trimmed, word, words_of
from coverage.radio.link_budget import LinkBudget, load_presets
from coverage.radio.uplink import link_balance
from coverage.scenario import Scenario
from coverage.summary import GapSummary

Row = tuple[str, str, str, str, str, str, str]  # group, code, text, value, unit, citation, certainty
_PRESET_UNITS: Mapping[str, str] = {
    "power_per_port_dbm": "dBm", "bandwidth_mhz": "MHz", "n_rb": "", "antenna_gain_dbi": "dBi", "cable_loss_db": "dB",
}


def assumption_table(scenario: Scenario, language: str = "vi", gap: GapSummary | None = None) -> pd.DataFrame:
    """Return one row per value that decides the result: service rules, prices, radio, siting, solver, presets.

    With ``gap`` also what the assumptions decide and how far the model agrees with measurements.
    """
    heads = words_of("assumption_heads", language)
    rows = [*_general(scenario, language), *_service(scenario, language), *_prices(scenario, language),
            *_quotes(scenario, language), *_sections(scenario, language), *_presets(scenario, language)]
    if gap is not None:
        group, computed = word("assumption_group", "model", language), word("certainty", "computed", language)
        rows += [(group, key, label, value, unit, "", computed)
                 for key, label, value, unit in model_lines(gap, language)]
    return pd.DataFrame(rows, columns=list(heads.values()))


def shown(value: Any) -> str:
    """Write a value of a scenario: numbers 1.234,5; dates dd/mm/yyyy; lists joined."""
    if isinstance(value, bool):
        return word("yes_no", "yes" if value else "no")
    if isinstance(value, date):
        return vn_date(value)
    if isinstance(value, (int, float)):
        return vn_trimmed(value, 6)
    if isinstance(value, (tuple, list)):
        return "; ".join(shown(v) for v in value)
    return str(value)


def _general(scenario: Scenario, language: str) -> Iterator[Row]:
    group = word("assumption_group", "general", language)
    own = word("certainty", "scenario", language)
    eligible = word("eligible", scenario.eligible, language)
    level = word("price_level", scenario.price_level, language)
    for key, value, unit in (
        ("name", scenario.name, ""), ("digest", scenario.digest, ""), ("eligible", eligible, ""),
        ("budgets_mvnd", scenario.budgets_mvnd, "triệu đồng"), ("profile", scenario.profile, ""),
        ("price_book", scenario.price_book, ""), ("price_level", level, ""),
    ):
        yield group, key, word("scenario", key, language), shown(value), unit, "", own


def _service(scenario: Scenario, language: str) -> Iterator[Row]:
    group = word("assumption_group", "service", language)
    for f in fields(scenario.service):
        note = scenario.service_notes[f.name]
        label = note.label_vi if language == "vi" else note.label_en
        value = shown(getattr(scenario.service, f.name))
        yield group, f.name, label, value, note.unit, note.citation, note.certainty


def _prices(scenario: Scenario, language: str) -> Iterator[Row]:
    group = word("assumption_group", "prices", language)
    for item, price in scenario.prices.items():
        note = price.note
        label = note.label_vi if language == "vi" else note.label_en
        vat = word("vat", "with" if price.vat_included else "without", language)
        low, base, high = (shown(v) for v in (price.low, price.base, price.high))
        money = note.unit.startswith("triệu đồng")
        beside = word("price_beside", "money" if money else "rate", language).format(low=low, base=base, high=high,
                                                                                    vat=vat)
        value = shown(price.at(scenario.price_level))
        yield group, item, f"{label} ({beside})", value, note.unit, note.citation, note.certainty


def _quotes(scenario: Scenario, language: str) -> Iterator[Row]:
    group, label = (word("assumption_group", key, language) for key in ("lease_quotes", "lease_quote"))
    for option, quote in scenario.lease_quotes.items():
        yield group, option, label, shown(quote.mvnd_year), "triệu đồng/năm", quote.note, quote.basis


def sections(scenario: Scenario) -> dict[str, Any]:
    """Return the sections of a scenario that hold plain settings, by name; the service has notes of its own."""
    values = {f.name: getattr(scenario, f.name) for f in fields(scenario)}
    return {name: value for name, value in values.items() if is_dataclass(value) and name != "service"}


def _sections(scenario: Scenario, language: str) -> Iterator[Row]:
    assumed, groups, units = (word("certainty", "assumed", language), words_of("assumption_group", language),
                              words_of("scenario_unit", language))
    for name, section in sections(scenario).items():
        labels = words_of(name, language)
        for f in fields(section):
            value = shown(getattr(section, f.name))
            yield (groups.get(name, name), f"{name}.{f.name}", labels.get(f.name, f.name), value,
                   units.get(f.name, ""), word("certainty", "tool", language), assumed)


def _balance(budget: LinkBudget, scenario: Scenario, language: str) -> Iterator[Row]:
    """Yield the largest path loss of both directions; the smaller one ends the cell."""
    told = link_balance(budget, load_presets(), threshold_dbm=scenario.service.rsrp_served_dbm)
    group, assumed = word("assumption_group", "presets", language), word("certainty", "assumed", language)
    source = word("preset", "balance_source", language)
    for way, value in (("downlink", told.downlink_max_loss_db), ("uplink", told.uplink_max_loss_db)):
        ends = f" ({word('preset', 'limiting', language)})" if way == told.limiting else ""
        label = _preset_label(budget, f"{way}_max_loss_db", language)
        yield group, f"{budget.name}.{way}_max_loss_db", label + ends, vn_trimmed(value, 1), "dB", source, assumed


def _presets(scenario: Scenario, language: str) -> Iterator[Row]:
    presets = load_presets()
    group = word("assumption_group", "presets", language)
    for name, budget in presets.budgets.items():
        for key, unit in _PRESET_UNITS.items():
            yield group, f"{name}.{key}", _preset_label(budget, key, language), shown(getattr(budget, key)), unit, \
                budget.citation, budget.certainty
        if budget.reference == "rs":
            yield from _balance(budget, scenario, language)
    for part in ("handset", "base_receiver", "sector"):
        values = getattr(presets, part)
        for f in fields(values):
            if f.name != "citation":
                label = f"{word('preset_part', part, language)}: {word('preset', f.name, language)}"
                yield group, f"{part}.{f.name}", label, shown(getattr(values, f.name)), _unit_of(f.name), \
                    values.citation, word("certainty", "assumed", language)
    for part, unit in (("default_band_mhz", "MHz"), ("default_height_m", "m")):
        for key, value in getattr(presets, part).items():
            label = f"{word('preset_part', part, language)}: {key}"
            yield group, f"{part}.{key}", label, shown(value), unit, word("certainty", "tool", language), \
                word("certainty", "assumed", language)


def _preset_label(budget: LinkBudget, key: str, language: str) -> str:
    what = f"{word('preset_kind', budget.kind, language)} {budget.technology} {shown(budget.band_mhz)} MHz"
    return f"{what}: {word('preset', key, language)}"


def _unit_of(name: str) -> str:
    endings = {"_dbm": "dBm", "_dbi": "dBi", "_db": "dB", "_deg": "°"}
    return next((unit for ending, unit in endings.items() if name.endswith(ending)), "")
