"""Why a site: alone, after the others, what is lost without it, what would replace it, what binds; and what-if.

Numbers here, words in vi and en from the same numbers. ``loss_without`` is against the best plan without the
site, so it is smaller than ``after_others``: others step in.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from coverage.compute import Progress, silent
from coverage.optimise.exact import solve
from coverage.optimise.problem import (
    Problem,
    Selection,
    affordable,
    conflict_groups,
    covered_mask,
    covered_people,
    feasible,
    plan_cost,
    points_of,
)


@dataclass(frozen=True)
class Why:
    """Why an option is in the plan.

    Parameters
    ----------
    option : its index.
    alone : people it gains on its own.
    after_others : people who lose service when it alone is taken out.
    best_without, best_without_bound : people of the best plan without its site, and the proven ceiling of such plans.
    loss_without : plan's people - best_without; at least ``loss_at_least`` is proven.
    replacement : the option that, put in its place, keeps most people within the rules; None when none helps.
    replacement_loss : people lost by that swap.
    binding : 'money', 'year_money', 'required', 'group' or 'none': what keeps more from being built.
    """

    option: int
    alone: float
    after_others: float
    best_without: float
    best_without_bound: float
    loss_without: float
    loss_at_least: float
    replacement: int | None
    replacement_loss: float
    binding: str


@dataclass(frozen=True)
class WhatIf:
    """A plan made by hand against the best one.

    ``loss`` and ``loss_at_most`` are people against the best plan found and against the proven ceiling;
    ``broken`` names the rules the plan breaks: 'money', 'year_money', 'group', 'required', 'forbidden'.
    """

    value: float
    cost_mvnd: float
    over_budget_mvnd: float
    loss: float
    loss_at_most: float
    broken: tuple[str, ...]


def what_if(problem: Problem, chosen: tuple[int, ...], best: Selection) -> WhatIf:
    """Return what a plan made by hand gains and loses against the best; counting only, well under a second."""
    picked = set(chosen)
    broken = []
    cost = plan_cost(problem, sorted(picked))
    over = max(0.0, cost - problem.budget_mvnd)
    if not affordable(problem, sorted(picked)):
        alone = replace(problem, outlay_mvnd=None, ceilings_mvnd=None)
        broken.append("money" if not affordable(alone, sorted(picked)) else "year_money")
    if any(len(picked.intersection(group)) > 1 for group in conflict_groups(problem)):
        broken.append("group")
    if picked & set(problem.forbidden):
        broken.append("forbidden")
    if set(problem.required) - picked:
        broken.append("required")
    value = covered_people(problem, sorted(picked))
    return WhatIf(value, cost, over, best.value - value, max(0.0, best.bound - value), tuple(broken))


def explain(
    problem: Problem,
    best: Selection,
    option: int,
    *,
    other: Selection | None = None,
    time_limit_s: float = 10.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress = silent,
) -> Why:
    """Return why ``option`` is in the plan ``best``; ``other``: the best plan without its site, None = solved here."""
    rest = tuple(i for i in best.chosen if i != option)
    after = best.value - covered_people(problem, rest)
    swap, swap_loss = _replacement(problem, best, option, rest)
    if other is not None:
        without, bound = other.value, min(other.bound, best.bound)
    elif option in problem.required:
        without, bound = covered_people(problem, rest), covered_people(problem, rest)
    else:
        same_site = np.flatnonzero(problem.site == problem.site[option]).tolist()
        ban = tuple(sorted({*problem.forbidden, *same_site} - set(problem.required)))
        start = (*rest, swap) if swap is not None and problem.site[swap] != problem.site[option] else rest
        found = solve(replace(problem, forbidden=ban), time_limit_s=time_limit_s, gap=gap, seed=seed, start=start,
                      progress=progress)
        without, bound = found.value, min(found.bound, best.bound)
    return Why(
        option, covered_people(problem, [option]), after, without, bound, best.value - without,
        max(0.0, best.value - bound), swap, swap_loss, binding(problem, best, option),
    )


def _replacement(
    problem: Problem, best: Selection, option: int, rest: tuple[int, ...]
) -> tuple[int | None, float]:
    """Return the option that best stands in for ``option``, and the people lost by it."""
    people = np.where(problem.served_before | covered_mask(problem, rest), 0.0, problem.people)
    kept = best.value - covered_people(problem, rest)
    found: tuple[float, str, int] | None = None
    for i in range(problem.n_options):
        if i == option or i in best.chosen:
            continue
        gain = math.fsum(people[points_of(problem, i)])
        if gain > 0 and (found is None or (-gain, problem.option_ids[i]) < found[:2]) and (
                feasible(problem, (*rest, i))):
            found = (-gain, problem.option_ids[i], i)
    return (None, kept) if found is None else (found[2], kept + found[0])


def binding(problem: Problem, best: Selection, option: int | None = None) -> str:
    """Return what keeps more from being built beside the plan: money, a year's money, a group, or nothing."""
    if option is not None and option in problem.required:
        return "required"
    open_people = np.where(problem.served_before | covered_mask(problem, best.chosen), 0.0, problem.people)
    blocked = {"money": 0.0, "year_money": 0.0, "group": 0.0}
    free = replace(problem, outlay_mvnd=None, ceilings_mvnd=None)
    conflict = [set(g) for g in conflict_groups(problem)]
    taken = set(best.chosen)
    for i in range(problem.n_options):
        if i in taken or i in problem.forbidden:
            continue
        gain = float(open_people[points_of(problem, i)].sum())
        if gain <= 0:
            continue
        if any(i in g and g & taken for g in conflict):
            blocked["group"] += gain
        elif not affordable(free, (*best.chosen, i)):
            blocked["money"] += gain
        elif not affordable(problem, (*best.chosen, i)):
            blocked["year_money"] += gain
    worst = max(blocked, key=lambda name: blocked[name])
    return worst if blocked[worst] > 0 else "none"


_BINDING = {
    "vi": {"money": "kinh phí", "year_money": "trần kinh phí của năm", "required": "yêu cầu bắt buộc",
           "group": "mỗi vị trí hoặc nhóm chỉ chọn một phương án", "none": "không có ràng buộc nào"},
    "en": {"money": "the budget", "year_money": "a year's ceiling", "required": "it is required",
           "group": "one option per site or group", "none": "nothing"},
}


def in_words(problem: Problem, why: Why, language: str = "vi") -> str:
    """Return the reasons as a short paragraph in 'vi' or 'en'."""
    name = problem.option_ids[why.option]
    other = None if why.replacement is None else problem.option_ids[why.replacement]
    if language == "vi":
        swap = (f"Thay bằng {other} thì mất {_n(why.replacement_loss, 'vi')} người." if other
                else "Không có phương án nào thay được trong cùng kinh phí.")
        return (f"{name}: đứng một mình phủ thêm {_n(why.alone, 'vi')} người; bỏ đi thì {_n(why.after_others, 'vi')} "
                f"người mất sóng. Phương án tốt nhất không có vị trí này kém {_n(why.loss_without, 'vi')} người "
                f"(chắc chắn ít nhất {_n(why.loss_at_least, 'vi')}). {swap} "
                f"Ràng buộc quyết định: {_BINDING['vi'][why.binding]}.")
    swap = (f"Replaced by {other}, {_n(why.replacement_loss, 'en')} people are lost." if other
            else "No option can replace it within the money.")
    return (f"{name}: alone it serves {_n(why.alone, 'en')} more people; without it {_n(why.after_others, 'en')} lose "
            f"service. The best plan without this site gains {_n(why.loss_without, 'en')} fewer "
            f"(at least {_n(why.loss_at_least, 'en')} proven). {swap} Binding: {_BINDING['en'][why.binding]}.")


def _n(value: float, language: str) -> str:
    text = f"{round(value):,}"
    return text.replace(",", ".") if language == "vi" else text
