"""Fixed broadband: trees worked by hand to the đồng, brute force, sums, properties."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from fixed_case import EDGES, NODES, ROAD, SPUR, Edge, Node, check_sums, plan, scenario, with_village
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from coverage.errors import PlanError, ScenarioError
from coverage.optimise.network_tree import connecting_tree
from coverage.plan.fixed import fixed_plan
from coverage.plan.fixed_network import fibre_net
from coverage.plan.fixed_places import end_cost
from coverage.plan.fixed_reduce import reduced
from coverage.scenario import Scenario
from coverage.siting.cost import add_up, line


def cable(case: Scenario, km: float) -> float:
    return add_up(case, [line(case, "fibre_existing_poles_km", km)], []).cost_mvnd


def test_two_villages_share_a_stretch_to_the_dong() -> None:
    """A works 30 M/km x 1.08 x 1.1 x 1.1 = 39.204 M/km; an end 25 x 1.30680 + 4.2 x 1.1 x 5 = 55.77."""
    case = scenario()
    found = fixed_plan(plan(NODES, EDGES, case))
    table = found.places.set_index("code")
    assert table["connected"].to_dict() == {"A": True, "B": True, "C": False, "D": False}
    assert table["reason"].to_dict() == {"A": "", "B": "", "C": "khong_dang_gia", "D": "khong_co_duong"}
    assert found.links["cost_mvnd"].tolist() == [156.816, 39.204, 78.408]
    assert found.links["n_sites"].tolist() == [2, 1, 1]
    assert table.loc["A", "links"] == ("CQ-002", "CQ-001")
    assert (table.loc["A", "length_m"], table.loc["B", "length_m"]) == (5_000.0, 6_000.0)
    assert found.totals.links_mvnd == 274.428
    assert end_cost("thon", case).cost_mvnd == table.loc["A", "cost_mvnd"] == 55.77
    assert found.totals.cost_mvnd == 385.968
    assert found.objective_mvnd == pytest.approx(385.968 + 200.0)   # C stays, D has no way at all
    assert found.bound_mvnd == found.objective_mvnd
    assert (found.status, found.gap) == ("optimal", 0.0)
    assert table.loc["C", "extra_mvnd"] == pytest.approx(30 * 39.204 + 55.77)
    assert math.isnan(table.loc["D", "extra_mvnd"])
    assert table.loc["C", ["cost_mvnd", "cost_lines", "wifi"]].tolist() == [0.0, (), False]
    assert table["cost_mvnd"].sum() == pytest.approx(found.totals.ends_mvnd)
    assert (found.totals.villages, found.totals.households, found.totals.halls, found.totals.anchors) == (2, 80.0, 2, 0)
    assert found.totals.new_km == 7.0
    assert [f.code for f in found.findings] == ["fixed_no_way"]
    assert "Thôn D" in found.findings[0].message("vi")


def test_one_village_alone_is_not_worth_the_way() -> None:
    case = scenario()
    lonely = plan([n for n in NODES if n[0] != "thon:B"], [e for e in EDGES if "thon:B" not in e[:2]], case)
    found = fixed_plan(lonely)      # 5 x 39.204 + 55.77 = 251.79 against 200
    assert not found.places["connected"].any()
    assert found.links.empty
    assert found.totals.cost_mvnd == 0.0
    assert found.places.set_index("code").loc["A", "extra_mvnd"] == pytest.approx(5 * 39.204 + 55.77)


def test_a_cable_of_the_mobile_plan_costs_nothing_again() -> None:
    case = scenario()
    lonely = [n for n in NODES if n[0] != "thon:B"], [e for e in EDGES if "thon:B" not in e[:2]]
    found = fixed_plan(plan(*lonely, case, built=[0], year=2028))
    assert found.places.set_index("code").loc["A", "connected"]
    assert found.links["shared"].tolist() == [True, False]
    assert found.links["mobile_links"].tolist() == [("TD-001",), ()]
    assert found.links["cost_mvnd"].tolist() == [0.0, 39.204]
    assert found.links["build_year"].tolist() == [2028, 2028]     # not before the cable it hangs on
    assert found.places.set_index("code").loc["A", "build_year"] == 2028
    assert found.totals.cost_mvnd == pytest.approx(39.204 + 55.77)
    assert (found.totals.new_km, found.totals.shared_km) == (1.0, 4.0)


def test_stretches_end_where_the_payer_or_the_way_changes_and_run_on_elsewhere() -> None:
    case = scenario()
    nodes: list[Node] = [("POP", "fibre", 0, 0), ("r1", "road", 1_000, 0), ("r2", "road", 2_000, 0),
                         ("r3", "road", 3_000, 0), ("thon:A", "village", 3_000, 500)]
    edges: list[Edge] = [("POP", "r1", 1_000.0, ROAD), ("r1", "r2", 1_000.0, ROAD), ("r2", "r3", 1_000.0, ROAD),
                         ("r3", "thon:A", 500.0, SPUR)]
    found = fixed_plan(plan(nodes, edges, case, A={"households": 90.0}))
    assert found.links["length_m"].tolist() == [3_000.0, 500.0]
    assert found.links["cost_mvnd"].tolist() == [cable(case, 3.0), 55.539]
    assert found.links["to_name"].tolist() == ["POP", ""]
    assert found.links["from_name"].tolist() == ["", "Thôn A"]
    assert found.links["road_name"].tolist() == ["ĐX r2 - ĐX r1 - ĐX POP", ""]
    for shape, length in zip(found.links.geometry, found.links["length_m"], strict=True):
        assert shape.length == pytest.approx(length)
    paid = fixed_plan(plan(nodes, edges, case, built=[0], A={"households": 90.0}))
    assert paid.links["length_m"].tolist() == [1_000.0, 2_000.0, 500.0]
    assert paid.links["shared"].tolist() == [True, False, False]


def test_a_cable_of_several_pieces_is_known_again_and_half_a_cable_is_not() -> None:
    case = scenario()
    base = plan(NODES, EDGES, case, built=[0, 2])
    pieces = base.budgets[0].links
    whole = pieces.iloc[[0]].reset_index(drop=True)
    shape = LineString([*pieces.geometry.iloc[1].coords[::-1], pieces.geometry.iloc[0].coords[0]])   # B, J, POP
    base.budgets[0].links = whole.set_geometry([shape], crs=whole.crs).assign(length_m=6_000.0)
    found = fixed_plan(base)
    assert found.totals.shared_km == 6.0
    assert found.links.loc[found.links["shared"], "mobile_links"].tolist() == [("TD-001",), ("TD-001",)]
    base.budgets[0].links = base.budgets[0].links.assign(length_m=6_500.0)
    with pytest.raises(PlanError, match=r"6500 m.*6000 m"):
        fixed_plan(base)


def test_institutions_by_the_speed_they_lack() -> None:
    case = scenario()
    nodes: list[Node] = [("POP", "fibre", 0, 0), ("neo:T1", "anchor", 3_000, 0), ("neo:T2", "anchor", 0, 3_000),
                         ("neo:T3", "anchor", -3_000, 0)]
    edges: list[Edge] = [("POP", f"neo:T{i}", 3_000.0, ROAD) for i in (1, 2, 3)]
    found = fixed_plan(with_village(nodes, edges, case))
    table = found.places.set_index("code")
    assert table.loc[["T1", "T2", "T3"], "worth_mvnd"].tolist() == [240.0, 300.0, 30.0]
    assert table.loc[["T1", "T2", "T3"], "connected"].tolist() == [True, True, False]
    assert table.loc[["T1", "T2", "T3"], "confirmed"].tolist() == [True, False, True]
    assert not table["wifi"].loc[["T1", "T2"]].any()
    own = end_cost("neo", case)
    assert own.cost_mvnd == pytest.approx(10 * 1.08 * 1.21 + 4.2 * 1.1 * 5)
    assert own.opex_mvnd_year == pytest.approx(4.62)
    assert (found.totals.anchors, found.totals.anchors_unconfirmed) == (2, 1)
    assert (found.totals.required_mbps, found.totals.missing_mbps) == (200.0, 180.0)
    strict = fixed_plan(with_village(nodes, edges, scenario(fixed={"unknown_lease": False})))
    kept = strict.places.set_index("code")
    assert kept.loc[["T1", "T2"], "reason"].tolist() == ["", "ngoai_dien"]
    assert kept.loc["T2", "worth_mvnd"] == 0.0
    none = fixed_plan(with_village(nodes, edges, scenario(fixed={"anchors": False})))
    assert none.totals.anchors == 0


def test_who_counts_is_the_scenarios_choice() -> None:
    changes: dict[str, Any] = {"A": {"eligible": False}, "B": {"fibre_status": "gan_tuyen"}}
    base = scenario()
    plain = fixed_plan(plan(NODES, EDGES, base, **changes)).places.set_index("code")
    assert plain.loc["A", ["counts", "worth_mvnd", "reason"]].tolist() == [False, 0.0, "ngoai_dien"]
    assert (plain.loc["B", "counts"], plain.loc["B", "confirmed"]) == (True, False)
    everybody = fixed_plan(plan(NODES, EDGES, scenario(fixed={"eligible_only": False}), **changes))
    assert everybody.totals.villages == 2
    assert everybody.totals.villages_unconfirmed == 1
    assert "fixed_unconfirmed" in [f.code for f in everybody.findings]
    sure = fixed_plan(plan(NODES, EDGES, scenario(fixed={"near_routes": False}), **changes))
    assert sure.places.set_index("code").loc["B", "reason"] == "ngoai_dien"
    has = fixed_plan(plan(NODES, EDGES, base, A={"fibre_status": "co"}))
    assert "A" not in set(has.places["code"])


def test_connect_all_takes_what_can_be_reached() -> None:
    found = fixed_plan(plan(NODES, EDGES, scenario(fixed={"connect_all": True})))
    assert found.places.set_index("code")["connected"].to_dict() == {"A": True, "B": True, "C": True, "D": False}
    assert found.totals.new_km == 37.0
    assert found.bound_mvnd == found.objective_mvnd


def test_without_wifi_a_village_pays_no_fee() -> None:
    case = scenario(fixed={"hall_wifi": False})
    found = fixed_plan(plan(NODES, EDGES, case))
    assert found.totals.opex_mvnd_year == 0.0
    assert found.totals.halls == 0
    done = found.places[found.places["connected"]]
    assert done["cost_mvnd"].tolist() == [pytest.approx(10 * 1.08 * 1.21)] * 2


def test_places_on_one_spot_are_one_node_and_hops_are_no_cable() -> None:
    case = scenario()
    nodes: list[Node] = [("POP", "fibre", 0, 0), ("hub", "hub", 0, 100), ("vt:S", "site", 5_000, 0),
                         ("thon:A", "village", 5_000, 0), ("thon:B", "village", 0, 200)]
    edges: list[Edge] = [("POP", "vt:S", 3_000.0, ROAD), ("hub", "thon:B", 100.0, "vi_ba")]
    found = fixed_plan(plan(nodes, edges, case)).places.set_index("code")
    assert found.loc["A", "connected"]
    assert found.loc["B", "reason"] == "khong_co_duong"


def test_a_mast_near_fibre_is_no_end_of_a_cable() -> None:
    nodes: list[Node] = [("hub", "hub", 0, 0), ("thon:A", "village", 1_000, 0)]
    found = fixed_plan(plan(nodes, [("hub", "thon:A", 1_000.0, ROAD)], scenario()))
    assert found.places["reason"].tolist() == ["khong_co_duong"]


def test_short_pieces_and_pieces_without_length_are_no_links() -> None:
    nodes: list[Node] = [("POP", "fibre", 0, 0), ("r", "road", 5, 0), ("thon:A", "village", 5, 900),
                         ("FX", "fibre", 9_000, 0), ("neo:U", "anchor", 9_000, 0.05)]
    edges: list[Edge] = [("POP", "r", 5.0, ROAD), ("r", "thon:A", 900.0, SPUR), ("FX", "neo:U", 0.0, SPUR)]
    case = scenario()
    found = fixed_plan(plan(nodes, edges, case))
    assert found.links[["way", "length_m"]].to_numpy().tolist() == [[SPUR, 905.0]]
    items = {x[0]: x[1] for x in found.links["cost_lines"].iloc[0]}
    assert (items["fibre_existing_poles_km"], items["fibre_new_poles_km"]) == (0.005, 0.9)
    at_once = found.places.set_index("code").loc["U"]
    assert (at_once["connected"], at_once["links"], at_once["length_m"]) == (True, (), 0.0)
    check_sums(found, case)


def test_the_worth_may_be_asked_anew() -> None:
    base = plan(NODES, EDGES, scenario())
    dear = fixed_plan(base, scenario(prices={"fibre_worth_household": 100.0}))
    assert dear.totals.villages == 3
    assert fixed_plan(base, scenario(prices={"fibre_worth_household": 0.0})).totals.villages == 0
    with pytest.raises(PlanError, match="prices"):
        fixed_plan(base, scenario(prices={"fibre_drop": 1.0}))


def test_nothing_lacks_fibre() -> None:
    has = {"fibre_status": "co"}
    case = plan(NODES, EDGES, scenario(), A=has, B=has, C=has, D=has)
    found = fixed_plan(case)
    assert found.places.empty
    assert found.links.empty
    assert [f.code for f in found.findings] == ["fixed_nothing"]
    assert found.totals.cost_mvnd == 0.0


def test_faults_are_said() -> None:
    base = plan(NODES, EDGES, scenario())
    with pytest.raises(PlanError, match="2020"):
        fixed_plan(base, scenario(fixed={"build_year": 2020}))
    with pytest.raises(PlanError, match="radio"):
        fixed_plan(base, scenario(radio={"radius_m": 5_000.0}))
    base.budgets[0].links = plan([("P", "fibre", 9, 9), ("thon:Q", "village", 5, 5)], [("P", "thon:Q", 5.0, ROAD)],
                                 scenario(), built=[0]).budgets[0].links
    with pytest.raises(PlanError, match="TD-001"):
        fixed_plan(base)
    with pytest.raises(ScenarioError, match="build_year"):
        scenario(fixed={"build_year": 3000})
    with pytest.raises(ScenarioError, match="time_limit_s"):
        scenario(fixed={"time_limit_s": 0.0})
    with pytest.raises(ScenarioError, match="speed"):
        scenario(fixed={"speed": 1})


# ---- random small graphs --------------------------------------------------------------------------------------------


def random_case(seed: int) -> tuple[list[Node], list[Edge], dict[str, Any], list[int]]:
    """Return a graph of 7 nodes and up to 9 cables with 4 places, and edges at the root that the mobile plan builds."""
    random = np.random.default_rng(seed)
    spots = random.integers(0, 9_000, (7, 2)) + np.arange(7)[:, None] / 8
    kinds = ["fibre", "road", "road", "village", "village", "village", "anchor"]
    keys = ["POP", "r1", "r2", "thon:A", "thon:B", "thon:C", "neo:T"]
    nodes = [(k, kind, float(x), float(y)) for k, kind, (x, y) in zip(keys, kinds, spots, strict=True)]
    pairs = [p for p in itertools.combinations(range(7), 2) if random.random() < 0.42]
    edges: list[Edge] = [(keys[a], keys[b], float(random.integers(500, 9_000)), ROAD) for a, b in pairs]
    changes = {c: {"households": float(random.integers(5, 90))} for c in "ABC"}
    at_root = [i for i, e in enumerate(edges) if "POP" in e[:2]]
    built = [i for i in at_root if random.random() < 0.4]
    return nodes, edges, changes, built


def brute(nodes: list[Node], edges: list[Edge], case: Any) -> float:
    """Return the least of: cables + ends + worth left, over all sets of edges; what no edge can reach is left out."""
    links, one = case.case.links, case.budgets[0]
    paid = {g.wkb for g in one.links.geometry}
    cost = [0.0 if g.wkb in paid else c for g, c in zip(links.edges.geometry, links.edges["cost_mvnd"], strict=True)]
    scen = case.scenario
    ends = {}
    for at, node in enumerate(nodes):
        if node[1] == "village":
            row = case.case.assessment.villages.set_index("village_code").loc[node[0].split(":")[1]]
            ends[at] = (row["households"] * scen.price_mvnd("fibre_worth_household"), end_cost("thon", scen).cost_mvnd)
        elif node[1] == "anchor":
            ends[at] = (80 * scen.price_mvnd("fibre_worth_mbps"), end_cost("neo", scen).cost_mvnd)

    def inside(chosen: tuple[int, ...]) -> set[int]:
        seen = {0}
        while True:
            new = {int(b) for e in chosen for a, b in ((links.tail[e], links.head[e]), (links.head[e], links.tail[e]))
                   if int(a) in seen and int(b) not in seen}
            if not new:
                return seen
            seen |= new

    whole = inside(tuple(range(len(edges))))
    best = math.inf
    for size in range(len(edges) + 1):
        for chosen in itertools.combinations(range(len(edges)), size):
            seen = inside(chosen)
            money = sum(cost[e] for e in chosen)
            money += sum(min(own, worth) if at in seen else worth for at, (worth, own) in ends.items() if at in whole)
            best = min(best, money)
    return best


@pytest.mark.parametrize("seed", range(14))
def test_the_plan_is_the_cheapest_of_all_trees(seed: int) -> None:
    nodes, edges, changes, built = random_case(seed)
    edges = edges[:11]
    case = plan(nodes, edges, scenario(), built=[b for b in built if b < len(edges)], **changes)
    found = fixed_plan(case)
    assert found.objective_mvnd == pytest.approx(brute(nodes, edges, case), abs=1e-4)
    assert found.status == "optimal"
    check_sums(found, case.scenario)
    left = found.places[found.places["reason"] == "khong_dang_gia"]
    assert (left["extra_mvnd"] >= left["worth_mvnd"] - 1e-3).all()


def _with_all_reached(found: Any) -> float:
    """Return the objective with the worth of what no cable reaches, so that graphs can be compared."""
    lost = found.places.loc[found.places["reason"] == "khong_co_duong", "worth_mvnd"]
    return float(found.objective_mvnd + lost.sum())


@settings(max_examples=12, deadline=None)
@given(st.integers(100, 10_000), st.data())
def test_sharing_never_makes_it_dearer_and_fewer_roads_never_cheaper(seed: int, data: st.DataObject) -> None:
    nodes, edges, changes, built = random_case(seed)
    if not edges:
        return
    base = _with_all_reached(fixed_plan(plan(nodes, edges, scenario(), built=built, **changes)))
    one = data.draw(st.integers(0, len(edges) - 1))
    more = fixed_plan(plan(nodes, edges, scenario(), built=sorted({*built, one}), **changes))
    assert _with_all_reached(more) <= base + 1e-4
    if one not in built:
        fewer = [e for i, e in enumerate(edges) if i != one]
        moved = [b - (b > one) for b in built]
        assert _with_all_reached(fixed_plan(plan(nodes, fewer, scenario(), built=moved, **changes))) >= base - 1e-4



@pytest.mark.parametrize("seed", range(200, 240))
def test_the_reduced_graph_has_the_same_cheapest_tree(seed: int) -> None:
    nodes, edges, _, built = random_case(seed)
    case = plan(nodes, edges, scenario(), built=built)
    net = fibre_net(case.case.links, case.budgets[0].links)
    random = np.random.default_rng(seed)
    at, prize = [3, 4, 5, 6], random.uniform(0, 400, 4)
    less = reduced(net.tail, net.head, net.own_mvnd, net.own_m, net.root, at, net.extra_mvnd(()))
    whole = connecting_tree(net.tail, net.head, net.own_mvnd, net.own_m, net.root, at, prize, gap=0.0)
    part = connecting_tree(less.tail, less.head, less.cost_mvnd, less.length_m, net.root, at, prize, gap=0.0)
    assert part.objective_mvnd == pytest.approx(whole.objective_mvnd, abs=1e-6)
    assert part.unreachable == whole.unreachable
    chosen = list(less.expand(part.edges))
    assert net.own_mvnd[chosen].sum() == pytest.approx(part.cost_mvnd)
    assert less.tail.size <= net.edge.size
