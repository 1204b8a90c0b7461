"""Tables of the hand-in workbook: frames with headings from dictionary.csv, coded values as words."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype

from coverage.brief.link_text import cost_rows, cost_text, end_name
from coverage.brief.words import operator_word, word, words_of, yes_no
from coverage.gap.assessment import Assessment
from coverage.plan import BudgetPlan, Plan
from geodata.errors import SchemaError
from geodata.findings import Finding
from geodata.layers import Column, columns_of, dictionary

# column -> group of words.csv whose key it holds; layer.column wins over column
_CODED: Mapping[str, str] = MappingProxyType({
    "status": "status", "status_printed": "status", "status_model": "status", "status_official": "status",
    "status_model_all": "status", "status_h1": "status", "status_h50": "status", "published": "status",
    "model": "status", "commune_status.status_printed": "commune_status", "confidence": "confidence",
    "evidence": "evidence", "fibre_status": "fibre", "result": "result", "match": "match", "backhaul": "backhaul",
    "power": "power", "restriction": "restriction", "plan_sites.kind": "site_kind",
    "plan_sites.candidate_kind": "candidate_kind", "operator": "operator", "gap_thon.kind": "gap_kind",
    "status_before": "status", "status_after": "status", "anchor_status.fibre_status": "anchor_fibre", "zone": "zone",
    "money_lease.own": "money_way", "money_lease.cheapest": "money_way", "money_lease.lease_basis": "lease_basis",
    "money_duplicate.kind": "site_kind",
    "money_duplicate.state": "money_state", "money_duplicate.sharing": "money_sharing",
    "money_route.grid_power": "money_grid", "travel.mode": "travel_mode", "travel.office_way": "travel_way",
    "travel.served_way": "travel_way", "fixed_places.kind": "fixed_kind", "fixed_places.fibre_status": "fixed_fibre",
    "fixed_places.reason": "fixed_reason", "fixed_links.way": "fixed_way", "plan_links.kind": "link_kind",
    "plan_links.way": "link_way",
})
_DECIMALS: Mapping[str, int] = MappingProxyType({
    "km": 2, "m": 1, "km²": 3, "GHz": 2, "Mbit/s": 1, "dBm": 1, "dB": 1, "million VND": 3, "million VND/year": 3,
})
_CELL_LETTERS = 30_000  # Excel holds 32,767 letters in a cell
M_PER_KM = 1_000.0
SHAPEFILES = ("gap_thon", "gap_dc", "gap_vung", "plan_sites", "plan_links", "fixed_places", "fixed_links")
MONEY_LAYERS = (
    "money_estimate", "money_year", "money_site_year", "money_lease", "money_flow", "money_viability",
    "money_route_total", "money_route", "money_duplicate", "money_hours", "travel",
)
OUTPUT_LAYERS = (
    "gap_thon", "gap_dc", "gap_vung", "plan_sites", "plan_links", "village_status", "commune_status", "anchor_status",
    "village_change", "cost_lines", "reconciliation", "agreement", "model_check", "mast_assumptions",
    *MONEY_LAYERS, "fixed_places", "fixed_links", "fixed_year",
)


def worded(frame: pd.DataFrame, layer: str, language: str = "vi") -> pd.DataFrame:
    """Return the dictionary's columns of ``frame`` in its order, coded values in words; names stay the dictionary's.

    Columns that the dictionary does not name are left out; a required one that is absent raises SchemaError.
    """
    out: dict[str, Any] = {}
    for name, column in columns_of(layer).items():
        if name in frame:
            group = _CODED.get(f"{layer}.{name}", _CODED.get(name, ""))
            out[name] = _cells(frame[name], group, column.unit, language)
        elif column.required:
            have = ", ".join(map(str, frame.columns))
            raise SchemaError("column_missing", layer=layer, column=name, have=have)
    return pd.DataFrame(out, index=pd.RangeIndex(len(frame)))


def titled(table: pd.DataFrame, layer: str, language: str = "vi") -> pd.DataFrame:
    """Return a table with the dictionary's headings in place of its names, for the screen."""
    return table.rename(columns={name: column.label(language) for name, column in columns_of(layer).items()})


def _cells(series: pd.Series, group: str, unit: str, language: str) -> Any:
    """Return the cells of one column as a reader sees them; missing ones stay missing."""
    values = series.reset_index(drop=True)
    if group == "operator":
        return values.map(lambda v: operator_word(v, language))
    if group:
        return pd.Series([None if _blank(v, group) else word(group, v, language) for v in values], dtype="object")
    if is_bool_dtype(values.dtype) or values.map(lambda v: isinstance(v, (bool, np.bool_))).any():
        return values.map(lambda v: yes_no(v, language))
    if is_float_dtype(values.dtype):
        return values.astype("float64").round(_DECIMALS.get(unit, 6))
    return values


def _blank(value: Any, group: str) -> bool:
    return pd.isna(value) or (value == "" and group != "restriction")


def with_survey_axes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return points with x_m and y_m as Vietnamese survey tables have them: X is northing, Y is easting."""
    if not (frame.geom_type == "Point").all():
        return frame
    return frame.assign(x_m=frame.geometry.y, y_m=frame.geometry.x)


def village_table(
    assessment: Assessment, villages: gpd.GeoDataFrame, statements: Mapping[str, str], language: str = "vi"
) -> pd.DataFrame:
    """Return one row per village, communes in their rank, with the office's sentence beside it.

    ``villages``: those of the assessment in the CRS handed in, with ``with_survey_axes``.
    """
    rank = assessment.communes.set_index("commune_code")["rank"]
    said = [statements.get(code, "") for code in villages["village_code"]]
    frame = villages.assign(statement=said, _rank=villages["commune_code"].map(rank))
    return worded(frame.sort_values(["_rank", "village_code"], kind="stable"), "village_status", language)


def commune_table(assessment: Assessment, language: str = "vi") -> pd.DataFrame:
    """Return one row per commune, border communes first and then by unserved households."""
    return worded(assessment.communes.sort_values("rank", kind="stable"), "commune_status", language)


def sites_of(plan: Plan) -> gpd.GeoDataFrame:
    """Return the proposed sites of all budgets in one frame with the budget in a column, their links as text."""
    parts = [b.sites.assign(budget_mvnd=b.budget_mvnd, n_links=[len(ids) for ids in b.sites["links"]])
             for b in plan.budgets]
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)
    return frame.assign(links=[", ".join(ids) for ids in frame["links"]],
                        hangs_on=[", ".join(ids) for ids in frame["hangs_on"]])


def links_of(plan: Plan) -> gpd.GeoDataFrame:
    """Return the links of all budgets in one frame with the budget in a column, their sites as text."""
    parts = [b.links.assign(budget_mvnd=b.budget_mvnd, site_names=site_names(b)) for b in plan.budgets]
    found = [p for p in parts if len(p)] or parts[:1]
    frame = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=parts[0].crs)
    return frame.assign(sites=[", ".join(map(str, s)) for s in frame["sites"]],
                        road_name=frame["road_name"].fillna("").astype(str))


def site_names(one: BudgetPlan) -> list[str]:
    """Return, per link of a budget, the sites it carries by their number on the map: '1. A Rớt; 3. Z'nghin'."""
    told = {str(s.option_id): f"{s.order}. {s.name}" for s in one.sites.itertuples()}
    return ["; ".join(told[str(o)] for o in options) for options in one.links["sites"]]


def link_table(plan: Plan, language: str = "vi") -> pd.DataFrame:
    """Return one row per link for the workbook, ends and money in words; kilometres in place of metres."""
    frame = pd.DataFrame(links_of(plan).drop(columns="geometry"))
    ends = {end: [end_name(v, language) for v in frame[end]] for end in ("from_name", "to_name")}
    told = [cost_text(lines, plan.scenario, language) for lines in frame["cost_lines"]]
    frame = frame.assign(**ends, length_km=frame["length_m"] / M_PER_KM, cost_text=told)
    return worded(frame, "plan_links", language).drop(columns=["length_m", "sites"])


def site_table(sites: gpd.GeoDataFrame, language: str = "vi") -> pd.DataFrame:
    """Return the proposed sites (``sites_of`` in the CRS handed in, with ``with_survey_axes``) in build order."""
    return worded(sites, "plan_sites", language)


def cost_table(plan: Plan, language: str = "vi") -> pd.DataFrame:
    """Return the cost of every proposed site and link line by line; the amounts add up to that of the plan."""
    prices = plan.scenario.prices
    rows = []
    for budget in plan.budgets:
        sites = [(s.order, s.name, s.cost_lines) for s in budget.sites.itertuples()]
        for order, name, lines in (*sites, *cost_rows(budget, language)):
            for item, quantity, unit, factor, mvnd in lines:
                note = prices[item].note
                label = note.label_vi if language == "vi" else note.label_en
                rows.append((budget.budget_mvnd, order, name, label, quantity, unit, factor, mvnd))
    return worded(pd.DataFrame(rows, columns=list(columns_of("cost_lines"))), "cost_lines", language)


def reconciliation_table(assessment: Assessment, language: str = "vi") -> pd.DataFrame:
    """Return the published list held against the model, row by row."""
    return worded(assessment.reconciliation, "reconciliation", language)


def change_table(plan: Plan, assessment: Assessment, language: str = "vi") -> pd.DataFrame:
    """Return the villages whose status or people change under some budget: before, after, by which sites."""
    names = assessment.villages.set_index("village_code")[["name", "commune_name"]]
    parts = []
    for budget in plan.budgets:
        number = {s.option_id: f"{s.order}. {s.name}" for s in budget.sites.itertuples()}
        told = budget.villages["served_by"]
        rows = budget.villages.assign(served_by=[
            "; ".join(number[o.strip()] for o in text.split(",") if o.strip()) for text in told])
        changed = rows[(rows["status_before"] != rows["status_after"]) | (rows["newly_served_people"] > 0)]
        joined = changed.join(names, on="village_code")
        parts.append(joined.assign(budget_mvnd=budget.budget_mvnd))
    frame = pd.concat(parts, ignore_index=True)
    return worded(frame, "village_change", language)


def finding_table(findings: Iterable[Finding], language: str = "vi") -> pd.DataFrame:
    """Return every finding with all its rows and values; long lists run on over several lines of the sheet."""
    heads = words_of("finding_heads", language)
    rows = []
    for f in findings:
        where = ranges(f.rows)
        values = ", ".join(f.values)
        pieces = max(1, -(-len(where) // _CELL_LETTERS), -(-len(values) // _CELL_LETTERS))
        for i in range(pieces):
            cut = slice(i * _CELL_LETTERS, (i + 1) * _CELL_LETTERS)
            rows.append((word("severity", f.severity, language), _layer_word(f.layer, language), f.column, f.file,
                         where[cut], values[cut], f.count or None, f.message(language), f.remedy(language)))
    return pd.DataFrame(rows, columns=list(heads.values()))


def _layer_word(layer: str, language: str) -> str:
    return words_of("layer", language).get(layer, layer)


def ranges(rows: Sequence[int]) -> str:
    """Write row numbers with runs joined: 2, 5-9, 12."""
    out: list[list[int]] = []
    for row in sorted(set(rows)):
        if out and row == out[-1][1] + 1:
            out[-1][1] = row
        else:
            out.append([row, row])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def dictionary_table(layers: Iterable[str] = OUTPUT_LAYERS, language: str = "vi") -> pd.DataFrame:
    """Return the field dictionary of the files handed in: short name, heading, unit, values, explanation."""
    heads = words_of("dictionary_heads", language)
    rows = []
    for layer in layers:
        for name, c in dictionary()[layer].items():
            group = _CODED.get(f"{layer}.{name}", _CODED.get(name, ""))
            known = words_of(group, language) if group not in ("", "operator") else {}
            values = "; ".join(f"{v} = {known[v]}" if v in known else v for v in c.choices or known if v)
            kind = word("field_kind", c.type, language)
            unit = words_of("unit", language).get(c.unit, c.unit)
            rows.append((_layer_word(layer, language), c.short, name, c.label(language), kind, unit, values,
                         _note(layer, c, language)))
    return pd.DataFrame(rows, columns=list(heads.values()))


def _note(layer: str, column: Column, language: str) -> str:
    """Return what a reader must know of a field; unknown numbers of shapefiles are said at each."""
    notes = words_of("field_note", language)
    said = [notes.get(f"{layer}.{column.name}", "")]
    if layer in SHAPEFILES and column.type in ("int", "float") and not column.required:
        said.append(notes["unknown_number"])
    return " ".join(n for n in said if n)
