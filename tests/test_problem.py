"""Problem and Selection: refusal of nonsense, counting from scratch, build order."""

from itertools import pairwise

import numpy as np
import pytest

from coverage.errors import PlanError
from coverage.optimise.problem import (
    Problem,
    build_order,
    covered_mask,
    covered_people,
    feasible,
    make_selection,
    sparse_rows,
)


def small(**changes: object) -> Problem:
    """Three sites, four options, five points; worked by hand below."""
    fields = {
        "reach": sparse_rows([[1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]),
        "people": [10, 20, 30, 40, 5], "cost_mvnd": [1.0, 2.0, 2.0, 1.0], "site": [0, 0, 1, 2],
        "option_ids": ("a1", "a2", "b1", "c1"), "budget_mvnd": 3.0, "served_before": [False] * 5,
    }
    return Problem(**(fields | changes))


def test_counting_by_hand() -> None:
    problem = small(served_before=[False, True, False, False, False])
    assert covered_people(problem, [1, 2]) == 10 + 30 + 40
    assert covered_mask(problem, [0]).tolist() == [True, True, False, False, False]
    assert covered_people(problem, []) == 0


def test_gained_equals_after_minus_before() -> None:
    problem = small(served_before=[True, False, False, True, False])
    after = problem.people[covered_mask(problem, [1, 3]) | problem.served_before].sum()
    assert covered_people(problem, [1, 3]) == after - problem.people[problem.served_before].sum()


def test_build_order_takes_most_people_per_money_first() -> None:
    # b1 70/2 = 35; then a1 30/1 beats a2 30/2 (point 2 is served by then); c1 5/1 last
    assert build_order(small(), [0, 2, 3]) == (2, 0, 3)


def test_build_order_breaks_ties_by_id_and_leads_with_free_options() -> None:
    problem = small(people=[10, 10, 0, 20, 20], cost_mvnd=[1, 1, 1, 1], option_ids=("z", "y", "x", "w"))
    assert build_order(problem, [0, 2, 3]) == (3, 2, 0)
    assert build_order(small(cost_mvnd=[1, 2, 2, 0]), [0, 2, 3])[0] == 3


def test_explicit_zeros_and_types_are_brought_to_order() -> None:
    reach = sparse_rows([[1, 1, 0, 0, 0]] * 4).astype(float)
    reach.data[1] = 0.0
    problem = small(reach=reach, people=np.arange(5, dtype=np.float32))
    assert problem.reach.nnz == 7
    assert problem.people.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        problem.people[0] = 3


def test_feasible_knows_sites_groups_money_and_wishes() -> None:
    problem = small(exclusive=((1, 2),), required=(0,), budget_mvnd=4.0)
    assert feasible(problem, [0, 2])
    assert not feasible(problem, [2])  # must-have missing
    assert not feasible(problem, [0, 1])  # one site twice
    assert not feasible(problem, [0, 2, 3])  # the group of sites 1 and 2
    assert not feasible(small(), [1, 2])  # money
    assert not feasible(small(forbidden=(0,)), [0])
    years = small(outlay_mvnd=[[1, 0], [2, 0], [0, 2], [0, 1]], ceilings_mvnd=[1, 2])
    assert feasible(years, [0, 2])
    assert not feasible(years, [1])


def test_selection_of_nothing_has_no_gap() -> None:
    nothing = make_selection(small(budget_mvnd=0.0), (), 0.0, "gap", 0.0)
    assert (nothing.value, nothing.gap, nothing.status) == (0.0, 0.0, "optimal")


def test_a_budget_sum_may_round() -> None:
    problem = small(cost_mvnd=[0.1, 9, 0.2, 9], budget_mvnd=0.3)  # 0.1 + 0.2 > 0.3 in floats
    assert feasible(problem, [0, 2])


@pytest.mark.parametrize(("changes", "code"), [
    ({"cost_mvnd": [1, -2, 1, 1]}, "plan_price"),
    ({"cost_mvnd": [1, np.nan, 1, 1]}, "plan_price"),
    ({"cost_mvnd": [1, np.inf, 1, 1]}, "plan_price"),
    ({"cost_mvnd": [1, 1, 1]}, "plan_shape"),
    ({"tie_length_m": [1, 1, -1, 1]}, "plan_price"),
    ({"budget_mvnd": -1}, "plan_budget"),
    ({"budget_mvnd": np.nan}, "plan_budget"),
    ({"people": [1, 2, np.nan, 4, 5]}, "plan_people"),
    ({"people": [1, 2, -3, 4, 5]}, "plan_people"),
    ({"people": [1, 2]}, "plan_shape"),
    ({"served_before": [True]}, "plan_shape"),
    ({"required": (4,)}, "plan_index"),
    ({"forbidden": (-1,)}, "plan_index"),
    ({"required": (0,), "forbidden": (0,)}, "plan_required_forbidden"),
    ({"required": (0, 1)}, "plan_required_conflict"),
    ({"required": (2, 3), "exclusive": ((1, 2),)}, "plan_required_conflict"),
    ({"required": (1, 2)}, "plan_required_money"),
    ({"option_ids": ("a", "a", "b", "c")}, "plan_option_id_twice"),
    ({"option_ids": ("a", "b", "c")}, "plan_shape"),
    ({"outlay_mvnd": [[1]] * 4}, "plan_years_half"),
    ({"outlay_mvnd": [[1]] * 4, "ceilings_mvnd": [1, 2]}, "plan_shape"),
    ({"outlay_mvnd": [[-1]] * 4, "ceilings_mvnd": [1]}, "plan_price"),
    ({"outlay_mvnd": [[1]] * 4, "ceilings_mvnd": [-1]}, "plan_budget"),
])
def test_nonsense_is_refused_with_place_and_remedy(changes: dict[str, object], code: str) -> None:
    with pytest.raises(PlanError) as raised:
        small(**changes)
    assert raised.value.code == code
    for language in ("vi", "en"):
        text = raised.value.text(language)
        assert "?" not in text
        assert len(text) > 30


def test_order_holds_every_chosen_option_with_falling_rates() -> None:
    rng = np.random.default_rng(5)
    problem = Problem(
        reach=sparse_rows(rng.random((12, 40)) < 0.2), people=rng.integers(1, 50, 40), cost_mvnd=rng.random(12) + 0.1,
        site=np.arange(12), option_ids=tuple(f"o{i:02d}" for i in range(12)), budget_mvnd=99.0,
        served_before=np.zeros(40, bool),
    )
    order = build_order(problem, range(12))
    assert sorted(order) == list(range(12))
    rates = [
        (covered_people(problem, order[: k + 1]) - covered_people(problem, order[:k])) / problem.cost_mvnd[i]
        for k, i in enumerate(order)
    ]
    assert all(a >= b - 1e-9 for a, b in pairwise(rates))
