"""Sheets of what was asked of the plan beyond its budgets: budget curve, phases, villages still left out."""

import pandas as pd

from coverage.brief.words import vn_money, word, words_of, yes_no
from coverage.plan import BudgetCurve, Depth, PhasedPlan

MVND_DECIMALS = 3
PEOPLE_DECIMALS = 1


def depth_tables(depth: Depth | None, language: str = "vi") -> dict[str, pd.DataFrame]:
    """Return the frames by key of the group "workbook"; what was not computed has none."""
    out: dict[str, pd.DataFrame] = {}
    if depth is not None and depth.curve is not None:
        out["curve"] = curve_table(depth.curve, language)
    if depth is not None and depth.phases is not None:
        out["phases"] = phase_table(depth.phases, language)
        out["left_out"] = left_table(depth.phases, language)
    return out


def curve_table(curve: BudgetCurve, language: str = "vi") -> pd.DataFrame:
    """Return one row per budget: best plan with bounds, nested plan, knee and last useful đồng marked."""
    heads, marks = words_of("curve_heads", language), words_of("curve_marks", language)
    useful = next((r.budget_mvnd for r in curve.rows if r.budget_mvnd >= curve.last_useful_mvnd), None)
    rows = []
    for r in curve.rows:
        told = [marks["knee"]] if r.budget_mvnd == curve.knee_mvnd else []
        if r.budget_mvnd == useful:
            told.append(f"{marks['last']} ({vn_money(curve.last_useful_mvnd)})")
        rows.append((
            round(r.budget_mvnd, MVND_DECIMALS), len(r.best.options), round(r.best.cost_mvnd, MVND_DECIMALS),
            round(r.best.people, PEOPLE_DECIMALS), round(r.people_bound, PEOPLE_DECIMALS), r.best.villages,
            r.villages_bound, round(r.nested.people, PEOPLE_DECIMALS), round(r.nesting_price, PEOPLE_DECIMALS),
            ", ".join(r.nested.options), "; ".join(told)))
    return pd.DataFrame(rows, columns=list(heads.values()))


def phase_table(phases: PhasedPlan, language: str = "vi") -> pd.DataFrame:
    """Return one row per year, its sites after it: what it may cost, costs, builds and serves."""
    heads = words_of("phase_heads", language)
    rows = []
    for y in phases.years:
        own = phases.sites[phases.sites["year"] == y.year]
        sites = "; ".join(f"{s['name']} ({s['commune_name']}, {s['option_id']})" for s in own.to_dict("records"))
        lost = "; ".join(f"{v['name']} ({v['commune_name']})" for v in y.lost[~y.lost["saved"]].to_dict("records"))
        rows.append((
            y.year, y.ceiling_mvnd, round(y.outlay_mvnd, MVND_DECIMALS), y.new_sites, round(y.people, PEOPLE_DECIMALS),
            round(y.people_bound, PEOPLE_DECIMALS), round(y.nesting_price, PEOPLE_DECIMALS), y.before.villages_trang,
            y.after.villages_trang, y.trang_all_before, y.trang_all_after, yes_no(y.off_3g, language),
            y.committed_masts, lost, sites))
    return pd.DataFrame(rows, columns=list(heads.values()))


def left_table(phases: PhasedPlan, language: str = "vi") -> pd.DataFrame:
    """Return "Danh sách thôn chưa được phủ sóng sau giai đoạn ...": one row per village and phase."""
    heads, reasons = words_of("left_heads", language), words_of("left_reason", language)
    first = phases.years[0].year
    rows = []
    for y in phases.years:
        period = str(first) if y.year == first else f"{first}–{y.year}"
        rows += [
            (period, v["village_code"], v["name"], v["commune_name"], yes_no(v["is_border"], language),
             word("status", v["status_after"], language), word("status", v["status_all_after"], language),
             v["households_left"], round(v["people_left"], PEOPLE_DECIMALS), reasons[v["reason"]])
            for v in y.left_out.to_dict("records")
        ]
    return pd.DataFrame(rows, columns=list(heads.values()))
