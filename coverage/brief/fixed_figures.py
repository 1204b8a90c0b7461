"""The figures of fixed broadband that screen, workbook and map print, each from one function."""

import math
from dataclasses import dataclass, fields

from coverage.brief.web_text import local_number
from coverage.brief.words import vn_money, word, yes_no
from coverage.plan.fixed import NO_WAY, NOT_COUNTED, TOO_DEAR, WORTH, FixedPlan, FixedTotals
from coverage.plan.fixed_places import VILLAGE
from coverage.siting.why import number
from coverage.summary import PERCENT_DECIMALS, SOLVER_WORDS

KM_DECIMALS = 1
WORTH_DECIMALS = 1


@dataclass(frozen=True)
class FixedSummary:
    """The figures of fixed broadband that are printed.

    Parameters
    ----------
    villages_listed, anchors_listed : that lack fibre, or may; ..._counted : of them taking part in the plan.
    too_dear, no_way, not_counted : places not connected, by reason. totals : what is connected, km and money.
    gap_percent : by how much at most another choice of cables lowers the outlay plus the worth of what stays without.
    """

    budget_mvnd: float
    year: int
    villages_listed: int
    villages_counted: int
    anchors_listed: int
    anchors_counted: int
    too_dear: int
    no_way: int
    not_counted: int
    totals: FixedTotals
    gap_percent: float
    status_vi: str
    status_en: str
    proof_vi: str
    proof_en: str


def fixed_summary(fixed: FixedPlan) -> FixedSummary:
    """Return the figures of a plan of fixed broadband."""
    places = fixed.places
    village = (places["kind"] == VILLAGE).to_numpy(dtype=bool)
    counts = places["counts"].to_numpy(dtype=bool)
    reasons = places["reason"].value_counts()
    texts, status = fixed_proof(fixed), SOLVER_WORDS[fixed.status]
    return FixedSummary(
        budget_mvnd=fixed.budget_mvnd, year=fixed.year, villages_listed=int(village.sum()),
        villages_counted=int((village & counts).sum()), anchors_listed=int((~village).sum()),
        anchors_counted=int((~village & counts).sum()), too_dear=int(reasons.get(TOO_DEAR, 0)),
        no_way=int(reasons.get(NO_WAY, 0)), not_counted=int(reasons.get(NOT_COUNTED, 0)), totals=fixed.totals,
        gap_percent=100.0 * fixed.gap, status_vi=status[0], status_en=status[1], proof_vi=texts[0], proof_en=texts[1],
    )


def fixed_proof(fixed: FixedPlan) -> tuple[str, str]:
    """Return what is proven of the tree of cables, in Vietnamese and English; the per cent is rounded up."""
    step = 10.0**PERCENT_DECIMALS
    up = math.ceil(100.0 * fixed.gap * step - 1e-9) / step
    decimals = 0 if up == 0 else PERCENT_DECIMALS
    told_vi = (
        "Với cùng các tuyến xem xét, đơn giá và mức đáng chi này, không mạng cáp nào giảm được tổng chi phí và giá trị "
        f"của những nơi chưa nối quá {number(up, decimals)} %.")
    told_en = (
        "With the same candidate cables, prices and worths, no tree of cables lowers the sum of outlay and worth left "
        f"unconnected by more than {number(up, decimals, 'en')} %.")
    return told_vi, told_en


def fixed_lines(fixed: FixedPlan, language: str = "vi") -> tuple[str, ...]:
    """Return the sentences above the tables: what is connected, what it costs, what is unconfirmed, what is proven."""
    one = fixed_summary(fixed)
    t = one.totals

    def n(value: float, decimals: int = 0) -> str:
        return local_number(value, decimals, language)

    def money(mvnd: float) -> str:
        return vn_money(mvnd) if language == "vi" else f"{n(mvnd)} million VND"

    said = {
        "villages": n(t.villages), "counted": n(one.villages_counted), "households": n(t.households),
        "anchors": n(t.anchors), "anchors_counted": n(one.anchors_counted), "mbps": n(t.missing_mbps),
        "km": n(t.new_km, KM_DECIMALS), "shared": n(t.shared_km, KM_DECIMALS), "cost": money(t.cost_mvnd),
        "links": money(t.links_mvnd), "ends": money(t.ends_mvnd), "year": one.year, "halls": n(t.halls),
        "near": n(t.villages_unconfirmed), "unknown": n(t.anchors_unconfirmed), "dear": n(one.too_dear),
        "no_way": n(one.no_way), "out": n(one.not_counted), "budget": money(one.budget_mvnd),
    }
    lines = [word("fixed_line", key, language).format(**said)
             for key in ("connected", "money", "left", "unconfirmed", "separate")]
    scenario = fixed.scenario
    worth = (n(scenario.price_mvnd(item), WORTH_DECIMALS) for item in WORTH)
    switches = "; ".join(
        f"{word('fixed', f.name, language)}: {yes_no(value, language)}" for f in fields(scenario.fixed)
        if isinstance(value := getattr(scenario.fixed, f.name), bool))
    lines.append(word("fixed_line", "choices", language).format(
        **dict(zip(("household", "mbps"), worth, strict=True)), switches=switches))
    status, proof = (one.status_vi, one.proof_vi) if language == "vi" else (one.status_en, one.proof_en)
    return (*lines, f"{status}. {proof}")
