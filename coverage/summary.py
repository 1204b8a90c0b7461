"""The figures that are printed, each from one function: of the gaps, of the plan (plan_summary), of its links."""

import itertools
import math
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from coverage.gap.figures import GapSummary, gap_summary
from coverage.plan import BudgetPlan, Density, Plan
from coverage.scenario import Scenario
from coverage.siting.cost import dong
from coverage.siting.why import number

__all__ = ["GapSummary", "LinkSummary", "PlanSummary", "density_text", "gap_percent", "gap_summary", "link_summary",
           "plan_summary", "priority_text", "proof"]

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
    sites : number of sites; shared_sites, new_macro_sites, small_cells : by kind. cost_mvnd, capex_mvnd,
        opex_mvnd_year : State outlay of sites and links together.
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
        cost_mvnd=one.selection.cost_mvnd, capex_mvnd=math.fsum([*sites["capex_mvnd"], *one.links["capex_mvnd"]]),
        opex_mvnd_year=math.fsum([*sites["opex_mvnd_year"], *one.links["opex_mvnd_year"]]),
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

# ---- the links of the plan ------------------------------------------------------------------------------------------

DONG_PER_MVND = 1_000_000
M_PER_KM = 1_000.0
POLE_WAYS = ("ngoai_duong", "cat_thang")   # the ways of fibre that need new poles


@dataclass(frozen=True)
class LinkSummary:
    """What carries the sites of one budget; every printed figure of links is one of these.

    Parameters
    ----------
    links, fibre_links, hops : links to build; hops are microwave. fibre_km, new_poles_km, hop_km : of them.
    sites_linked, sites_satellite, sites_at_network : sites by how they are reached; the last need no link.
    single_links, single_km : along single roads. sites_on_single_road : sites with such a link on their way.
    single_roads : name ("" unknown) and sites of every single road, most sites first.
    sites_mvnd, links_mvnd, cost_mvnd : the sites' own money and that of the links add up to the plan's, to the dong.
    capex_mvnd, opex_mvnd_year : of the links.
    text_vi, text_en : what is built; single_vi, single_en : what hangs on single roads; money_vi, money_en : the sum.
    """

    budget_mvnd: float
    links: int
    fibre_links: int
    hops: int
    fibre_km: float
    new_poles_km: float
    hop_km: float
    sites_linked: int
    sites_satellite: int
    sites_at_network: int
    single_links: int
    single_km: float
    sites_on_single_road: int
    single_roads: tuple[tuple[str, int], ...]
    sites_mvnd: float
    links_mvnd: float
    cost_mvnd: float
    capex_mvnd: float
    opex_mvnd_year: float
    text_vi: str
    text_en: str
    single_vi: str
    single_en: str
    money_vi: str
    money_en: str


def link_summary(one: BudgetPlan) -> LinkSummary:
    """Return the figures of the links of one budget."""
    links, sites = one.links, one.sites
    fibre = links["kind"].astype(str) == "fibre"
    poles = links["way"].isin(POLE_WAYS)
    single = links["single_road"].astype(bool)
    satellite = sites["backhaul"].astype(str) == "satellite"
    linked = sites["links"].map(len) > 0
    hanging = sites["hangs_on"].map(len) > 0
    roads = _single_roads(one)
    return LinkSummary(
        budget_mvnd=one.budget_mvnd, links=len(links), fibre_links=int(fibre.sum()), hops=int((~fibre).sum()),
        fibre_km=_km(links["length_m"][fibre]), new_poles_km=_km(links["length_m"][fibre & poles]),
        hop_km=_km(links["length_m"][~fibre]), sites_linked=int(linked.sum()), sites_satellite=int(satellite.sum()),
        sites_at_network=int((~linked & ~satellite).sum()), single_links=int(single.sum()),
        single_km=_km(links["length_m"][single]), sites_on_single_road=int(hanging.sum()), single_roads=roads,
        sites_mvnd=dong(math.fsum(sites["cost_mvnd"])), links_mvnd=dong(math.fsum(links["cost_mvnd"])),
        cost_mvnd=one.selection.cost_mvnd, capex_mvnd=dong(math.fsum(links["capex_mvnd"])),
        opex_mvnd_year=dong(math.fsum(links["opex_mvnd_year"])),
        **_link_texts(one, roads, int(hanging.sum())),
    )


def _km(lengths_m: pd.Series) -> float:
    return math.fsum(lengths_m) / M_PER_KM


def _single_roads(one: BudgetPlan) -> tuple[tuple[str, int], ...]:
    """Return the single roads with the number of sites that hang on each, most first, unnamed ones last."""
    roads = one.links["road_name"].fillna("").astype(str).str.split("; ")
    names = dict(zip(one.links["link_id"], roads, strict=True))
    per_site = [{road for i in ids for road in names[i]} for ids in one.sites["hangs_on"]]
    count = Counter(road for roads in per_site for road in roads)
    return tuple(sorted(count.items(), key=lambda item: (not item[0], -item[1], item[0])))


def _link_texts(one: BudgetPlan, roads: tuple[tuple[str, int], ...], hanging: int) -> dict[str, str]:
    """Return the sentences in both languages."""
    out = {}
    for language in ("vi", "en"):
        out[f"text_{language}"] = _built_text(one, language)
        out[f"single_{language}"] = _single_text(one, roads, hanging, language)
        out[f"money_{language}"] = _money_text(one, language)
    return out


def _built_text(one: BudgetPlan, language: str) -> str:
    links, vi = one.links, language == "vi"
    satellite = int((one.sites["backhaul"].astype(str) == "satellite").sum())
    fibre = links["kind"].astype(str) == "fibre"
    km, hop_km = (number(_km(links["length_m"][which]), 1, language) for which in (fibre, ~fibre))
    hops, sky = number((~fibre).sum(), 0, language), number(satellite, 0, language)
    told = []
    if fibre.any():
        told.append(f"{km} km cáp quang mới" if vi else f"{km} km of new fibre")
    if (~fibre).any():
        many = "hop" if (~fibre).sum() == 1 else "hops"
        told.append(f"{hops} chặng vi ba ({hop_km} km)" if vi else f"{hops} microwave {many} ({hop_km} km)")
    if not told:
        told.append("không phải xây tuyến truyền dẫn nào" if vi else "no link to build")
    if satellite:
        told.append(f"{sky} vị trí dùng vệ tinh" if vi else f"{sky} sites by satellite")
    return ", ".join(told)


def _single_text(one: BudgetPlan, roads: tuple[tuple[str, int], ...], hanging: int, language: str) -> str:
    vi, total = language == "vi", number(len(one.sites), 0, language)
    if not hanging:
        return ("Không vị trí nào phụ thuộc một con đường độc đạo." if vi
                else "No site hangs on a single road.")
    names = "; ".join(_road_group([road for road, _ in same], count, language)
                      for count, same in itertools.groupby(roads, key=lambda item: item[1]))
    if vi:
        return (f"{number(hanging)}/{total} vị trí có truyền dẫn đi theo đường độc đạo, có nguy cơ mất liên lạc khi "
                f"sạt lở: {names}.")
    return (f"{number(hanging, 0, 'en')} of {total} sites hang on a single road and may be cut off by a landslide: "
            f"{names}.")


def _road_group(roads: list[str], count: int, language: str) -> str:
    """Return 'Đường A, Đường B (mỗi đường 2 vị trí)'."""
    vi, told = language == "vi", number(count, 0, language)
    names = ", ".join(road or ("đường chưa rõ tên" if vi else "roads without a name") for road in roads)
    sites = f"{told} vị trí" if vi else f"{told} site" if count == 1 else f"{told} sites"
    if len(roads) == 1:
        return f"{names} ({sites})"
    return f"{names} (mỗi đường {sites})" if vi else f"{names} ({sites} each)"


def _money_text(one: BudgetPlan, language: str) -> str:
    """Write the sum to the dong, so that the reader can add it up."""
    own, shared, whole = (
        number(round(v * DONG_PER_MVND), 0, language)
        for v in (math.fsum(one.sites["cost_mvnd"]), math.fsum(one.links["cost_mvnd"]), one.selection.cost_mvnd))
    if language == "vi":
        return f"Khái toán: riêng các vị trí {own} đồng + đường truyền dẫn {shared} đồng = {whole} đồng."
    return f"Rough cost: the sites' own {own} VND + links {shared} VND = {whole} VND."
