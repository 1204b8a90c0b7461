"""Why a site, in numbers and words; and what a plan changed by hand loses against the best."""

from dataclasses import dataclass, replace

import numpy as np

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.explain import explain
from coverage.optimise.explain import what_if as judge
from coverage.optimise.problem import build_order
from coverage.plan.budgets import BudgetPlan, Plan
from coverage.plan.case import Case, Figures, bound_of, figures, mvnd_text, not_stopped, site_frame
from coverage.plan.network import links_frame, own_prices, priced_together, select_linked, together
from coverage.siting.why import number

BINDING = {
    "money": ("kinh phí", "the budget"), "year_money": ("trần kinh phí của năm", "a year's ceiling"),
    "required": ("vị trí bắt buộc", "it is required"),
    "group": ("mỗi vị trí chỉ chọn một phương án", "one option per site"),
    "none": ("không còn ai trong tầm với của các vị trí xem xét", "nobody else is in reach of any candidate"),
}

WEIGHTED = ("người (đã nhân trọng số đi lại, giả định)", "people (times the travel weight, assumed)")


@dataclass(frozen=True)
class SiteWhy:
    """Why a site is in a plan; people are eligible ones, weighted where the plan's objective is (``weighted``).

    Parameters
    ----------
    alone : it would serve on its own. after_others : lose signal when it alone goes.
    loss_without : of the best plan found without the site, at least ``loss_at_least`` is proven.
    replacement : option id that best stands in for it, "" where none helps; replacement_loss : people lost by that.
    binding : what keeps more from being built, a key of BINDING.
    """

    option_id: str
    name: str
    alone: float
    after_others: float
    loss_without: float
    loss_at_least: float
    replacement: str
    replacement_name: str
    replacement_loss: float
    binding: str
    text_vi: str
    text_en: str
    weighted: bool = False


@dataclass(frozen=True)
class HandPlan:
    """A plan changed by hand against the best of its budget.

    ``loss_people`` against the best plan found, at most ``loss_at_most`` (NaN where the objective is
    weighted: it bounds no people); ``broken``: 'money' or 'group'.
    """

    figures: Figures
    loss_people: float
    loss_at_most: float
    loss_villages: int
    over_budget_mvnd: float
    broken: tuple[str, ...]


def why_site(plan: Plan, option_id: str, *, at: int = -1, progress: Progress = silent) -> SiteWhy:
    """Return why an option is in the plan of budget number ``at``; solves once without its site.

    Raises
    ------
    PlanError
        "plan_option_not_chosen" for an option that is not in the plan. Cancelled when ``progress`` returns False.
    """
    case, budget = plan.case, plan.budgets[at]
    option = _numbers(case, [option_id])[0]
    if option not in budget.selection.chosen:
        raise PlanError("plan_option_not_chosen", value=option_id, budget=mvnd_text(budget.budget_mvnd))
    stopped = False

    def watch(stage: str, done: int, total: int) -> bool | None:
        nonlocal stopped
        answer = progress(stage, done, total)
        stopped = stopped or answer is False
        return answer

    table = case.options["site_id"].to_numpy(dtype=object)
    same_site = np.flatnonzero(table == table[option]).tolist()
    best_without = select_linked(case, budget.budget_mvnd, watch, forbidden=same_site, people_only=True).selection
    problem = priced_together(case, budget.budget_mvnd, budget.sites, budget.links, without=option_id)
    found = explain(problem, budget.selection, option, other=best_without)
    if stopped:
        not_stopped("cancelled")
    rows = [option] if found.replacement is None else [option, found.replacement]
    names = site_frame(case, rows)
    own, other = str(names["name"].iloc[0]), "" if found.replacement is None else str(names["name"].iloc[1])
    weighted = case.need.weight is not None
    texts = [_words(language, own, other, found.alone, found.after_others, found.loss_without, found.loss_at_least,
                    found.replacement_loss, found.binding, weighted=weighted) for language in ("vi", "en")]
    return SiteWhy(
        option_id, own, found.alone, found.after_others, found.loss_without, found.loss_at_least,
        "" if found.replacement is None else str(case.options["option_id"].iloc[found.replacement]), other,
        found.replacement_loss, found.binding, texts[0], texts[1], weighted)


def what_if(
    plan: Plan, *, remove: tuple[str, ...] = (), add: tuple[str, ...] = (), at: int = -1
) -> HandPlan:
    """Return what the plan of budget number ``at`` becomes when options go or come by hand, linked anew.

    Raises
    ------
    PlanError
        For an option that is not considered, or one to remove that is not in the plan.
    """
    case, budget = plan.case, plan.budgets[at]
    gone, come = set(_numbers(case, remove)), _numbers(case, add)
    missing = sorted(gone - set(budget.selection.chosen))
    if missing:
        raise PlanError("plan_option_not_chosen", value=str(case.options["option_id"].iloc[missing[0]]),
                        budget=mvnd_text(budget.budget_mvnd))
    chosen = tuple(sorted({*(i for i in budget.selection.chosen if i not in gone), *come}))
    linked = together(case, chosen)
    sites, links = own_prices(case, linked), links_frame(case, linked)
    problem = priced_together(case, budget.budget_mvnd, sites, links)
    found = judge(problem, chosen, budget.selection)
    told = replace(figures(case, build_order(problem, chosen)), cost_mvnd=linked.selection.cost_mvnd)
    loss = found.loss if case.need.weight is None else budget.gained_people - told.people
    return HandPlan(told, loss, bound_of(case, found.loss_at_most), _gained(budget) - told.villages,
                    found.over_budget_mvnd, found.broken)


def _gained(budget: BudgetPlan) -> int:
    return budget.before.villages_trang - budget.after.villages_trang


def _numbers(case: Case, option_ids: tuple[str, ...] | list[str]) -> list[int]:
    number_of = {str(o): at for at, o in enumerate(case.options["option_id"])}
    unknown = [o for o in option_ids if o not in number_of]
    if unknown:
        raise PlanError("plan_option_unknown", value=", ".join(unknown))
    return [number_of[o] for o in option_ids]


def _words(  # noqa: PLR0913, PLR0917 - the figures of one sentence
    language: str, own: str, other: str, alone: float, after: float, loss: float, least: float, swap: float,
    binding: str, *, weighted: bool = False,
) -> str:
    """Return the reasons as a short paragraph."""
    def n(value: float) -> str:
        return number(value, 0, language)

    vi, en = WEIGHTED if weighted else ("người", "people")
    tie = BINDING[binding][0 if language == "vi" else 1]
    if language == "vi":
        swapped = (f"Nơi thay thế tốt nhất là {other}: mất {n(swap)} {vi}." if other
                   else "Không có vị trí nào thay được trong cùng kinh phí.")
        return (f"{own}: đứng một mình phủ {n(alone)} {vi}; bỏ đi thì {n(after)} {vi} mất sóng, dùng lại số tiền đó "
                f"cách tốt nhất vẫn kém {n(loss)} {vi} (chắc chắn ít nhất {n(least)}). {swapped} "
                f"Điều giữ không cho xây thêm: {tie}.")
    swapped = (f"The best stand-in is {other}: {n(swap)} {en} are lost." if other
               else "No place can stand in for it within the money.")
    return (f"{own}: alone it serves {n(alone)} {en}; without it {n(after)} lose signal, and spending that money in "
            f"the best other way still falls {n(loss)} short (at least {n(least)} proven). {swapped} "
            f"What keeps more from being built: {tie}.")
