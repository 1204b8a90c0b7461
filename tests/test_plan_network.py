"""Sites and links of a plan together: sums to the đồng, brute force over sets of sites, links shared and hung on."""

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LineString, Point
from siting_case import RIDGE_Y, SOUTH, WEST, assessment, frame, layers, scenario

from coverage.compute import silent
from coverage.errors import PlanError
from coverage.optimise.problem import covered_people
from coverage.plan import propose, what_if, why_site
from coverage.plan.case import Case, case_of, problem_of
from coverage.plan.network import LINK_COLUMNS, least_priced, priced_together, select_linked, together
from coverage.siting.links import cheapest_path

BUDGETS = [2_200.0, 4_700.0, 20_000.0]


def valley() -> Any:
    """Return the case with a second road behind the ridge: all fibre has to come over ĐT1, which nothing goes round."""
    roads = frame("roads", [
        {"name": "ĐT1", "road_class": "local",
         "geometry": LineString([(WEST + 5_800, SOUTH), (WEST + 5_800, RIDGE_Y + 6_000)])},
        {"name": "ĐH2", "road_class": "local", "geometry": LineString(
            [(WEST + 5_800, RIDGE_Y + 6_000), (WEST + 9_200, RIDGE_Y + 6_000), (WEST + 18_400, RIDGE_Y + 8_400)])},
    ])
    return layers(roads=roads)


@pytest.fixture(scope="module")
def linked() -> tuple[Any, Case]:
    pack = valley()
    rules = scenario(budgets_mvnd=BUDGETS, siting={"options": ["macro", "shared"], "radius_m": 2_000.0},
                     backhaul={"vsat_beside_deg": 0.0, "hubs_per_site": 0}, prices={"vsat_month": 400.0})
    plan = propose(pack, assessment(pack), rules)
    return plan, plan.case


def test_sites_and_links_are_the_cost_to_the_dong(linked: tuple[Any, Case]) -> None:
    plan, _ = linked
    assert any(len(one.links) for one in plan.budgets)
    for one in plan.budgets:
        assert [c for c in one.links if c != "geometry"] == list(LINK_COLUMNS)
        whole = [*one.sites["cost_mvnd"], *one.links["cost_mvnd"]]
        assert round(math.fsum(whole) * 1e6) == round(one.selection.cost_mvnd * 1e6)
        assert one.selection.cost_mvnd <= one.budget_mvnd
        for table in (one.sites, one.links):
            for row in table.to_dict("records"):
                assert round(math.fsum(x[4] for x in row["cost_lines"]) * 1e6) == round(row["cost_mvnd"] * 1e6)


def test_every_site_reaches_the_network_by_links_that_know_it(linked: tuple[Any, Case]) -> None:
    plan, _ = linked
    for one in plan.budgets:
        of = one.links.set_index("link_id")
        for site in one.sites.to_dict("records"):
            assert (site["backhaul"] == "satellite") == (not site["links"] and not site["backhaul_to"])
            assert set(site["hangs_on"]) <= set(site["links"])
            at = Point(site["geometry"].x, site["geometry"].y)
            for link in site["links"]:
                assert site["option_id"] in of.loc[link, "sites"]
                assert of.loc[link, "geometry"].distance(at) < 1.0      # each begins where the last one ended
                at = Point(of.loc[link, "geometry"].coords[-1])
            assert site["backhaul_m"] == pytest.approx(of.loc[list(site["links"]), "length_m"].sum(), abs=1.0)
        for link in one.links.to_dict("records"):
            assert link["n_sites"] == len(link["sites"])
            assert link["load_mbps"] == 100.0 * link["n_sites"]


def test_two_sites_share_the_only_road_and_hang_on_it(linked: tuple[Any, Case]) -> None:
    plan, _ = linked
    rich = plan.budgets[-1]
    shared = rich.links[rich.links["n_sites"] > 1]
    assert len(shared)
    assert shared["single_road"].any()
    assert set(shared.loc[shared["single_road"], "road_name"]) <= {"ĐT1", "ĐH2", "ĐT1; ĐH2", "ĐH2; ĐT1"}
    hanging = [s for s in rich.sites.to_dict("records") if s["hangs_on"]]
    assert len(hanging) >= 2
    alone = plan.options.set_index("option_id")["cost_mvnd"]
    assert rich.selection.cost_mvnd < math.fsum(alone[o] for o in rich.sites["option_id"])


def test_brute_force_over_sets_of_sites(linked: tuple[Any, Case]) -> None:
    """No set of sites within the budget, linked as cheaply as can be, gains more people than the plan."""
    plan, case = linked
    problem = problem_of(case, math.inf)
    served: dict[bytes, list[int]] = {}
    for option in range(problem.n_options):     # of places that serve the same people the three cheapest stand for all
        served.setdefault(problem.reach[[option]].toarray().tobytes(), []).append(option)
    rows = sorted(o for same in served.values()
                  for o in sorted(same, key=lambda o: (problem.cost_mvnd[o], o))[:3])
    sets = [c for k in range(4) for c in combinations(rows, k)
            if len({problem.site[o] for o in c}) == len(c)]
    rng = np.random.default_rng(3)
    for budget, one in zip(BUDGETS, plan.budgets, strict=True):
        better = [c for c in sets if covered_people(problem, c) > one.selection.value + 1e-6]
        for chosen in [better[i] for i in rng.permutation(len(better))[:12]]:
            assert together(case, chosen).selection.cost_mvnd > budget
        as_many = [c for c in sets if covered_people(problem, c) >= one.selection.value - 1e-6 and c]
        for chosen in [as_many[i] for i in rng.permutation(len(as_many))[:12]]:
            assert together(case, chosen).selection.cost_mvnd >= one.selection.cost_mvnd - 1e-3


def test_a_site_alone_costs_its_cheapest_path(linked: tuple[Any, Case]) -> None:
    plan, case = linked
    for option in range(0, len(case.options), 5):
        alone = together(case, [option]).selection.cost_mvnd
        assert alone == pytest.approx(case.options["cost_mvnd"].iloc[option], abs=1e-3)
    node = int(case.ways.loc[case.ways["via"] == "network", "node"].iloc[0])
    assert cheapest_path(case.links, node, plan.scenario.backhaul.max_hops) is not None


def test_least_prices_never_pass_what_a_set_costs(linked: tuple[Any, Case]) -> None:
    _, case = linked
    problem = least_priced(case, math.inf, at_budget_mvnd=4_700.0)
    least, left = problem.cost_mvnd, np.setdiff1d(np.arange(problem.n_options), problem.forbidden)
    rng = np.random.default_rng(1)
    for _ in range(12):
        chosen = rng.choice(left, size=rng.integers(1, min(5, left.size) + 1), replace=False).tolist()
        if len(set(case.options["site_id"].iloc[chosen])) == len(chosen):
            assert math.fsum(least[chosen]) <= together(case, chosen).selection.cost_mvnd + 1e-6


def test_prices_together_add_up_to_the_plan(linked: tuple[Any, Case]) -> None:
    plan, case = linked
    for one in plan.budgets:
        problem = priced_together(case, one.budget_mvnd, one.sites, one.links)
        assert math.fsum(problem.cost_mvnd[list(one.selection.chosen)]) == pytest.approx(one.selection.cost_mvnd)
        for option in one.sites["option_id"]:
            other = priced_together(case, one.budget_mvnd, one.sites, one.links, without=option)
            assert math.fsum(other.cost_mvnd[list(one.selection.chosen)]) == pytest.approx(one.selection.cost_mvnd)


def test_why_and_what_if_count_shared_links(linked: tuple[Any, Case]) -> None:
    plan, _ = linked
    rich = plan.budgets[-1]
    same = what_if(plan)
    assert same.figures.cost_mvnd == pytest.approx(rich.selection.cost_mvnd, abs=1e-3)
    assert not same.broken
    assert same.over_budget_mvnd == 0.0
    assert same.loss_people == pytest.approx(0.0)
    first = str(rich.sites["option_id"].iloc[0])
    less = what_if(plan, remove=(first,))
    assert less.figures.cost_mvnd < same.figures.cost_mvnd
    told = why_site(plan, first)
    assert 0 <= told.loss_at_least <= told.loss_without + 1e-6 <= told.after_others + 2e-6


def test_no_relay_stands_on_nothing(linked: tuple[Any, Case]) -> None:
    """A hop goes on only from a mast that stands or a site that is built."""
    pack = layers()
    case = case_of(pack, assessment(pack), scenario(siting={"options": ["macro", "shared"]}), silent)
    found = select_linked(case, 20_000.0)
    graph = case.links
    built = {int(case.ways["node"].iloc[way]) for way in found.way.values()}
    for option, path in found.path.items():
        node = int(case.ways["node"].iloc[found.way[option]])
        for edge in path:
            node = int(graph.tail[edge] + graph.head[edge] - node)
            hop = graph.edges["link_kind"].iloc[edge] == "microwave"
            assert not hop or graph.root[node] or graph.mast[node] or node in built


def test_a_budget_below_everything_is_named(linked: tuple[Any, Case]) -> None:
    _, case = linked
    with pytest.raises(PlanError, match="triệu đồng"):
        select_linked(case, 1.0)
