"""Why a site, against brute force; plans made by hand against the best."""

import time
from dataclasses import replace

import numpy as np
import pytest

from coverage.optimise.exact import solve
from coverage.optimise.explain import binding, explain, in_words, what_if
from coverage.optimise.problem import Problem, covered_people, sparse_rows
from tests.test_exact import brute_force, random_problem


def small(**changes: object) -> Problem:
    fields: dict[str, object] = {
        "reach": sparse_rows([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 0]]), "people": [10, 20, 30, 45],
        "cost_mvnd": [2, 2, 2, 1], "site": [0, 1, 2, 3], "option_ids": ("a", "b", "c", "d"), "budget_mvnd": 4,
        "served_before": [False] * 4,
    }
    return Problem(**(fields | changes))  # type: ignore[arg-type]


def test_reasons_by_hand() -> None:
    problem = small()
    best = solve(problem, gap=0.0)
    assert best.chosen == (0, 2)
    assert best.value == 105
    why = explain(problem, best, 0)
    assert (why.alone, why.after_others) == (30, 30)
    assert (why.best_without, why.loss_without, why.loss_at_least) == (95, 10, 10)  # b and c
    assert (why.replacement, why.replacement_loss) == (1, 10)
    assert why.binding == "none"  # everybody is served
    assert explain(small(budget_mvnd=2), solve(small(budget_mvnd=2)), 2).binding == "money"


@pytest.mark.parametrize("seed", range(40))
def test_loss_without_agrees_with_brute_force(seed: int) -> None:
    problem = random_problem(seed)
    best = solve(problem, gap=0.0)
    for option in [i for i in best.chosen if i not in problem.required][:2]:
        why = explain(problem, best, option, gap=0.0)
        ban = np.flatnonzero(problem.site == problem.site[option])
        if set(ban.tolist()) & set(problem.required):
            continue
        without = brute_force(replace(problem, forbidden=(*problem.forbidden, *ban.tolist())))[0]
        assert why.best_without == pytest.approx(without, abs=1e-6)
        assert why.loss_at_least <= why.loss_without + 1e-6 <= why.after_others + 2e-6
        assert why.loss_without <= why.replacement_loss + 1e-6 or (
            why.replacement is not None and problem.site[why.replacement] == problem.site[option])


def test_words_hold_the_numbers_in_both_languages() -> None:
    problem = small()
    why = explain(problem, solve(problem), 0)
    for language, parts in (("vi", ("a:", "30", "người")), ("en", ("a:", "30", "people", "Replaced by b"))):
        text = in_words(problem, why, language)
        assert all(part in text for part in parts)
    assert "1.235" in in_words(problem, replace(why, alone=1234.6))


def test_what_if_counts_and_names_what_is_broken() -> None:
    problem = small(exclusive=((0, 1),), forbidden=(3,))
    best = solve(problem, gap=0.0)
    fine = what_if(problem, (1, 2), best)
    assert (fine.value, fine.loss, fine.broken) == (95, 10, ())
    bad = what_if(problem, (0, 1, 3), best)
    assert bad.broken == ("money", "group", "forbidden")
    assert bad.over_budget_mvnd == 1
    years = small(outlay_mvnd=[[2], [2], [2], [1]], ceilings_mvnd=[3])
    assert what_if(years, (0, 1), solve(years)).broken == ("year_money",)
    held = small(required=(3,))
    assert what_if(held, (), solve(held)).broken == ("required",)
    assert binding(held, solve(held), 3) == "required"
    assert explain(held, solve(held), 3).binding == "required"


def test_what_if_takes_well_under_a_second_on_a_large_problem() -> None:
    rng = np.random.default_rng(2)
    n, m = 600, 20_000
    reach = sparse_rows(rng.random((n, m)) < 0.01)
    problem = Problem(
        reach=reach, people=rng.integers(1, 9, m), cost_mvnd=rng.integers(1, 9, n), site=np.arange(n) // 3,
        option_ids=tuple(f"{i:04d}" for i in range(n)), budget_mvnd=120, served_before=np.zeros(m, bool),
    )
    best = solve(problem, gap=0.05, time_limit_s=10)
    begun = time.perf_counter()
    moved = what_if(problem, (*best.chosen[1:], 5), best)
    assert time.perf_counter() - begun < 1.0
    assert moved.value == covered_people(problem, {*best.chosen[1:], 5})
