"""The workbook of the hand-in: which sheets, under which names, with which lines above them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from coverage.brief.assumptions import assumption_table
from coverage.brief.break_even import break_even_table
from coverage.brief.centres_tables import centres_tables
from coverage.brief.depth_tables import depth_tables
from coverage.brief.figures import by_plan, today
from coverage.brief.fixed_tables import fixed_sheets
from coverage.brief.link_text import link_lines
from coverage.brief.map_pages import model_line
from coverage.brief.money_sheets import money_sheets
from coverage.brief.tables import (
    change_table,
    commune_table,
    cost_table,
    dictionary_table,
    finding_table,
    link_table,
    reconciliation_table,
    site_table,
    village_table,
    worded,
)
from coverage.brief.version import VERSION
from coverage.brief.words import crs_note, vn_date, vn_money, word, words_of
from coverage.gap.assessment import Assessment
from coverage.money.given import build_years_of
from coverage.money.statement import money_summary
from coverage.plan import Depth, Plan
from coverage.summary import gap_summary, link_summary, plan_summary
from geodata.layers import Layers
from geodata.write.table import write_xlsx


@dataclass(frozen=True)
class Part:
    """One sheet: its frame, the dictionary's layer that names its columns ("" = the frame's), its own lines above."""

    frame: pd.DataFrame
    layer: str = ""
    lines: tuple[str, ...] = ()


def workbook_parts(
    layers: Layers, assessment: Assessment, plan: Plan, statements: Mapping[str, str],
    frames: Mapping[str, gpd.GeoDataFrame], language: str = "vi", *, depth: Depth | None = None,
) -> dict[str, Part]:
    """Return the sheets in their order, by name.

    ``frames``: village_status and plan_sites in the CRS handed in, with survey axes. ``depth``: curve and phases have
    their sheets where they were computed.
    """
    findings = (*layers.findings, *assessment.findings, *plan.findings, *plan.road_findings)
    parts = {
        "summary": Part(summary_table(assessment, plan, language)),
        "villages": Part(village_table(assessment, frames["village_status"], statements, language), "village_status"),
        "communes": Part(commune_table(assessment, language), "commune_status"),
        "sites": Part(site_table(frames["plan_sites"], language), "plan_sites", link_lines(plan, language)),
        "links": Part(link_table(plan, language), "plan_links", link_lines(plan, language)),
        "costs": Part(cost_table(plan, language), "cost_lines"),
        "changes": Part(change_table(plan, assessment, language), "village_change"),
        **{key: Part(frame) for key, frame in depth_tables(depth, language).items()},
        **{key: Part(frame, "", lines) for key, (frame, lines) in centres_tables(depth, language).items()},
        "reconciliation": Part(reconciliation_table(assessment, language), "reconciliation"),
    }
    if assessment.anchors is not None:
        parts["anchors"] = Part(worded(assessment.anchors, "anchor_status", language), "anchor_status")
    built = build_years_of(plan, None if depth is None else depth.phases)
    money = money_summary(plan, layers, assessment, plan.scenario, build_years=built)
    parts |= {key: Part(sheet.frame, sheet.layer, sheet.lines) for key, sheet in money_sheets(money, language).items()}
    parts["break_even"] = Part(break_even_table(money, language), "", (word("money_note", "break_even", language),))
    fixed = fixed_sheets(None if depth is None else depth.fixed, frames, language)
    parts |= {key: Part(sheet.frame, sheet.layer, sheet.lines) for key, sheet in fixed.items()}
    parts |= {
        "agreement": Part(worded(assessment.agreement, "agreement", language), "agreement"),
        "model_check": Part(worded(assessment.model_check, "model_check", language), "model_check"),
        "assumptions": Part(assumption_table(assessment.scenario, language, gap_summary(assessment))),
        "masts": Part(worded(assessment.assumptions, "mast_assumptions", language), "mast_assumptions"),
        "findings": Part(finding_table(findings, language)),
        "dictionary": Part(dictionary_table(language=language)),
    }
    names = words_of("workbook", language)
    return {names[key]: part for key, part in parts.items()}


def write_workbook(
    layers: Layers, assessment: Assessment, plan: Plan, statements: Mapping[str, str],
    frames: Mapping[str, gpd.GeoDataFrame], path: Path, *, language: str = "vi", depth: Depth | None = None,
) -> Path:
    """Write the workbook; the same values give the same bytes."""
    parts = workbook_parts(layers, assessment, plan, statements, frames, language, depth=depth)
    above = head_lines(layers, assessment, frames["plan_sites"].crs)
    return write_xlsx(
        {name: part.frame for name, part in parts.items()}, path,
        layers={name: part.layer for name, part in parts.items() if part.layer},
        titles={name: (name, *above, *part.lines) for name, part in parts.items()}, language=language,
    )


def head_lines(layers: Layers, assessment: Assessment, crs: Any) -> tuple[str, ...]:
    """Return the lines above every table: what of, of when, by which run."""
    info, scenario = layers.info, assessment.scenario
    lines = [
        f"{info.title}. {info.province}. Số liệu đến {vn_date(info.reference_date)}. {crs_note(crs)}.",
        (f"Kịch bản {scenario.name}, mã {scenario.digest}. Gói dữ liệu {info.pack_id}. {model_line(scenario)}. "
         f"Phủ Sóng {VERSION}."),
    ]
    if info.illustrative:
        lines.append(f"{word('paper', 'illustrative')}. {word('paper', 'illustrative_note')}")
    if layers.restricted is None:
        lines.append(word("paper", "no_restricted"))
    return tuple(lines)


def summary_table(assessment: Assessment, plan: Plan, language: str = "vi") -> pd.DataFrame:
    """Return the printed figures: of today, then a column per budget."""
    heads = words_of("summary_heads", language)
    plans = plan_summary(plan)
    columns = [heads["figure"], heads["today"], *(f"{heads['plan']} {vn_money(p.budget_mvnd)}" for p in plans)]
    blank = [""] * len(plans)
    rows = [[text, value, *blank] for text, value in today(gap_summary(assessment))]
    rows += [[text, "", *values] for text, values in by_plan(plans, [link_summary(b) for b in plan.budgets], language)]
    return pd.DataFrame(rows, columns=columns)
