"""The figures that are printed, each from one function: of the gaps (gap_summary) and of the plan (plan_summary)."""

import math
from dataclasses import dataclass

from coverage.gap.figures import GapSummary, gap_summary
from coverage.plan import BudgetPlan, Density, Plan
from coverage.scenario import Scenario
from coverage.siting.why import number

__all__ = ["GapSummary", "PlanSummary", "density_text", "gap_percent", "gap_summary", "plan_summary", "priority_text",
           "proof"]

# ---- the plan -------------------------------------------------------------------------------------------------------

PERCENT_DECIMALS = 2
PEOPLE_DECIMALS = 6     # differences of large sums carry rounding noise beyond it
LAND_UNCHECKED = ("Chưa kiểm tra đất, rừng, biên giới.", "Land, forest and border not checked.")
SOLVER_WORDS = {
    "optimal": ("Đã chứng minh tối ưu", "Proven optimal"),
    "gap": ("Đạt sai lệch cho phép, có cận chứng minh", "Within the gap asked for, with a proven bound"),
    "time_limit": ("Hết thời gian tính, có cận chứng minh", "Time limit, with a proven bound"),
    "bound": ("Có cận chứng minh, rộng hơn sai lệch đề ra", "With a proven bound, wider than the gap asked for"),
    "cancelled": ("Đã dừng theo yêu cầu, có cận chứng minh", "Stopped on request, with a proven bound"),
}


@dataclass(frozen=True)
class PlanSummary:
    """The figures of one budget; every gain is after minus before of the same totals.

    Parameters
    ----------
    sites, cost_mvnd : number of sites and their State outlay; shared_sites, new_macro_sites, small_cells : by kind.
    villages_gained : villages that leave trắng sóng. villages_covered_gained : villages that become đã phủ.
    households_gained : of all villages. people_gained : eligible people, the objective.
    other_people_gained : people of villages that do not count for the money.
    trang_left, lom_left, people_left : villages and people of the whole area still without after the plan.
    bound_people, gap_percent : proven: no plan within the budget gains more people, or raises the objective by more
        than this many per cent. bound_people is NaN where the objective is weighted.
    objective, objective_bound : what the plan maximises and its bound: people, weighted where the scenario says so.
    weighted : whether they are (travel priority).
    margin_villages : "± n thôn". cost_per_person_mvnd : NaN where nobody is gained.
    proof_vi, proof_en : what the proof says. status_vi, status_en : how the solver ended.
    land_vi, land_en : "" or that the land was not checked.
    """

    budget_mvnd: float
    year: int
    sites: int
    shared_sites: int
    new_macro_sites: int
    small_cells: int
    cost_mvnd: float
    capex_mvnd: float
    opex_mvnd_year: float
    villages_gained: int
    villages_covered_gained: int
    households_gained: float
    people_gained: float
    other_people_gained: float
    border_sites: int
    trang_left: int
    lom_left: int
    people_left: float
    bound_people: float
    objective: float
    objective_bound: float
    weighted: bool
    gap_percent: float
    margin_villages: int
    cost_per_person_mvnd: float
    status_vi: str
    status_en: str
    proof_vi: str
    proof_en: str
    land_vi: str
    land_en: str


def plan_summary(plan: Plan) -> list[PlanSummary]:
    """Return the figures of every budget, in the order of the budgets."""
    return [_budget_summary(plan, one) for one in plan.budgets]


def gap_percent(one: BudgetPlan) -> float:
    """Return by how many per cent at most a plan within the budget could gain more people; infinite if unproven."""
    value, bound = one.selection.value, one.selection.bound
    if bound <= value:
        return 0.0
    return 100.0 * (bound - value) / value if value > 0 else math.inf


def proof(one: BudgetPlan) -> tuple[str, str]:
    """Return what the proof says, in Vietnamese and English; the per cent is rounded up, so that it stays true."""
    percent = gap_percent(one)
    step = 10.0**PERCENT_DECIMALS
    up = math.ceil(percent * step - 1e-9) / step if math.isfinite(percent) else percent
    decimals = 0 if up == 0 else PERCENT_DECIMALS
    vi, en = (number(up, decimals, language) if math.isfinite(up) else "∞" for language in ("vi", "en"))
    n = one.margin_villages
    told_vi = (
        "Với cùng bộ vị trí xem xét, đơn giá và mô hình phủ sóng này, không phương án nào trong cùng kinh phí tăng mục "
        f"tiêu thêm quá {vi} %; sai số của mô hình và số liệu: ± {n} thôn.")
    told_en = (
        "With the same candidate places, prices and coverage model, no plan within the same budget raises the "
        f"objective by more than {en} %; error of the model and the data: ± {n} villages.")
    return told_vi, told_en


def density_text(density: Density, at: int) -> tuple[str, str]:
    """Return the value with denser candidate places for budget number ``at``, to print beside the proof."""
    people, bound = density.people[at], density.bound[at]
    # a weighted objective bounds no people
    most_vi = "" if math.isnan(bound) else f", cận trên {number(bound)} người"
    most_en = "" if math.isnan(bound) else f", bound {number(bound, 0, 'en')} people"
    told_vi = (
        f"Với vị trí xem xét dày gấp đôi theo mỗi chiều (cách nhau {number(density.spacing_m)} m, "
        f"{number(density.candidates)} vị trí): {number(people)} người{most_vi}.")
    told_en = (
        f"With candidate places twice as dense in each direction ({number(density.spacing_m, 0, 'en')} m apart, "
        f"{number(density.candidates, 0, 'en')} places): {number(people, 0, 'en')} people{most_en}.")
    return told_vi, told_en


def priority_text(scenario: Scenario) -> tuple[str, str]:
    """Return what a weighted objective means, to print beside the proof; empty where everybody counts once."""
    if not scenario.siting.travel_priority:
        return "", ""
    minutes = scenario.service.travel_weight_min
    told_vi = (
        "Mục tiêu có trọng số ưu tiên thời gian đi lại (giả định): mỗi người tính 1 + (số phút đến trụ sở xã) / "
        f"{number(minutes)} lần; mọi số người in ra là số người thật, không nhân trọng số.")
    told_en = (
        "Objective with travel priority (assumption): a person counts 1 + (minutes to the commune office) / "
        f"{number(minutes, 0, 'en')} times; every number of people printed is plain people, not weighted.")
    return told_vi, told_en


def _whole_proof(plan: Plan, one: BudgetPlan) -> tuple[str, str]:
    """Return what is proven, followed by the priority in force and the value with denser places, where there is one."""
    parts = [proof(one), priority_text(plan.scenario)]
    if plan.density is not None:
        parts.append(density_text(plan.density, plan.density.budgets_mvnd.index(one.budget_mvnd)))
    return " ".join(vi for vi, _ in parts if vi), " ".join(en for _, en in parts if en)


def _budget_summary(plan: Plan, one: BudgetPlan) -> PlanSummary:
    before, after, sites = one.before, one.after, one.sites
    people = round(one.gained_people, PEOPLE_DECIMALS)
    all_people = round(after.people_served - before.people_served, PEOPLE_DECIMALS)
    kinds = sites["kind"].value_counts()
    texts, status = _whole_proof(plan, one), SOLVER_WORDS[one.selection.status]
    land = ("", "") if plan.land_checked else LAND_UNCHECKED
    weighted = plan.scenario.siting.travel_priority
    return PlanSummary(
        budget_mvnd=one.budget_mvnd, year=plan.year, sites=len(sites), shared_sites=int(kinds.get("shared", 0)),
        new_macro_sites=int(kinds.get("macro", 0)), small_cells=int(kinds.get("small_cell_satellite", 0)),
        cost_mvnd=one.selection.cost_mvnd, capex_mvnd=math.fsum(sites["capex_mvnd"]),
        opex_mvnd_year=math.fsum(sites["opex_mvnd_year"]),
        villages_gained=before.villages_trang - after.villages_trang,
        villages_covered_gained=after.villages_phu - before.villages_phu,
        households_gained=after.households_served - before.households_served, people_gained=people,
        other_people_gained=round(all_people - people, PEOPLE_DECIMALS),
        border_sites=int(sites["is_border"].fillna(value=False).sum()),
        trang_left=after.villages_trang, lom_left=after.villages_lom, people_left=after.people - after.people_served,
        bound_people=math.nan if weighted else one.selection.bound, objective=one.selection.value,
        objective_bound=one.selection.bound, weighted=weighted, gap_percent=gap_percent(one),
        margin_villages=one.margin_villages,
        cost_per_person_mvnd=one.selection.cost_mvnd / people if people > 0 else math.nan,
        status_vi=status[0], status_en=status[1], proof_vi=texts[0], proof_en=texts[1], land_vi=land[0],
        land_en=land[1],
    )
