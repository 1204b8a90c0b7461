"""Candidate links: by hand on a small grid of roads to the đồng, hops over a ridge, whole packs, broken inputs."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point
from siting_case import RIDGE_Y, SOUTH, WEST, assessment, frame, graph, layers, ridge, scenario, site

from coverage.errors import ScenarioError
from coverage.money.outlay import Asset, outlay
from coverage.scenario import Scenario
from coverage.siting.candidates import candidates
from coverage.siting.links import EDGE_COLUMNS, LinkGraph, cheapest_path, link_graph
from coverage.siting.need import need_of
from coverage.siting.options import linked_places, options_and_findings, priced, unpriced, ways
from geodata.layers import Layers
from geodata.mapping import import_folder
from geodata.roads import road_graph
from geodata.sample import sample_layers

ROOT = Path(__file__).resolve().parents[1]
NO_HOPS = scenario(backhaul={"max_hops": 0})


def at(x: float, y: float) -> tuple[float, float]:
    return WEST + x, SOUTH + y


def road(name: str, *points: tuple[float, float]) -> dict[str, Any]:
    return {"name": name, "road_class": "local", "geometry": LineString([at(*p) for p in points])}


def pop(x: float, y: float, code: str = "POP1") -> dict[str, Any]:
    return {"node_code": code, "name": f"Nút {code}", "kind": "POP", "free_ports": 8.0, "geometry": Point(at(x, y))}


ROADS = (
    road("ĐT1", (1_000, 2_000), (10_000, 2_000)),
    road("ĐH2", (4_000, 2_000), (4_000, 6_000)),
    road("ĐX3", (6_000, 2_000), (6_000, 4_000), (8_000, 4_000), (8_000, 2_000)),
)


def pack(roads: Sequence[dict[str, Any]] = ROADS, **changes: Any) -> Layers:
    """Return flat land with a road, a dead end to the north, a loop, and a fibre node 50 m from the road's start."""
    given: dict[str, Any] = {
        "roads": frame("roads", list(roads)), "fibre_nodes": frame("fibre_nodes", [pop(1_000, 1_950)]),
        "fibre_routes": None, "elevation": ridge(0.0)}
    return layers(**(given | changes))


def places(*rows: tuple[str, float, float], mast_m: float = math.nan) -> pd.DataFrame:
    return pd.DataFrame(
        [(code, f"Vị trí {code}", mast_m, *at(x, y)) for code, x, y in rows],
        columns=["site_id", "name", "host_height_m", "x_m", "y_m"]).astype({"host_height_m": float})


TWO = places(("A", 4_300, 6_000), ("B", 7_000, 4_200))


def of(data: Layers, spots: pd.DataFrame, case: Scenario = NO_HOPS, **more: Any) -> LinkGraph:
    return link_graph(spots, data, case, graph(data), **more)


def steps(net: LinkGraph, key: str, hops: int = 3) -> list[tuple[str, float, str, bool, float]]:
    path = cheapest_path(net, net.node_of[key], hops)
    assert path is not None
    columns = ["way", "length_m", "road_name", "single_road", "cost_mvnd"]
    return [(w, round(m, 3), n, s, c) for w, m, n, s, c in net.edges[columns].iloc[list(path)].itertuples(index=False)]


def test_a_grid_of_roads_by_hand() -> None:
    # works x 1.08 (management) x 1.1 (contingency) x 1.1 (VAT) = x 1.3068; cable 30 a km on poles, 85 on new ones
    net = of(pack(), TWO)
    assert steps(net, "vt:A") == [
        ("ngoai_duong", 300.0, "", False, 33.3234),         # 0.3 x 85 = 25.5
        ("doc_duong", 4_000.0, "ĐH2", True, 156.816),       # 4 x 30 = 120: a dead end
        ("doc_duong", 3_000.0, "ĐT1", True, 117.612),       # 3 x 30 = 90: the only road to the node
        ("doc_duong", 50.0, "", False, 1.9602),             # 0.05 x 30 = 1.5
    ]
    assert steps(net, "vt:B") == [
        ("ngoai_duong", 200.0, "", False, 22.2156),         # 0.2 x 85 = 17
        ("doc_duong", 3_000.0, "ĐX3", False, 117.612),      # the loop: the other way round is 2 km longer
        ("doc_duong", 2_000.0, "ĐT1", True, 78.408),        # 2 x 30 = 60
        ("doc_duong", 3_000.0, "ĐT1", True, 117.612),
        ("doc_duong", 50.0, "", False, 1.9602),
    ]
    assert len(net.edges) == 7                              # shared pieces are there once; nothing else is of use
    assert net.node_name[net.root].tolist() == ["Nút POP1"]
    assert list(net.edges.columns) == [*EDGE_COLUMNS, "geometry"]
    assert net.edges["capacity_mbps"].isna().all()
    spur = net.edges[net.edges["length_m"].round(3) == 300.0].iloc[0]
    assert spur["cost_lines"] == (
        ("fibre_new_poles_km", 0.3, 85.0, 1.0, 25.5), ("management_share", 25.5, 0.08, 1.0, 2.04),
        ("contingency_share", 27.54, 0.1, 1.0, 2.754), ("vat_share", 30.294, 0.1, 1.0, 3.0294))


def check(net: LinkGraph, detour: float = 1.3) -> None:
    """Every edge: its lines add up, its geometry leads from tail to head and is as long as it says."""
    edges = net.edges
    for lines, cost in zip(edges["cost_lines"], edges["cost_mvnd"], strict=True):
        assert round(math.fsum(x[4] for x in lines), 6) == cost
    assert edges["cost_mvnd"].tolist() == edges["capex_mvnd"].tolist()
    ends = [shapely.get_coordinates(shapely.get_point(edges.geometry.to_numpy(), k)) for k in (0, -1)]
    assert np.abs(ends[0] - net.xy_m[net.tail]).max(initial=0) < 0.02
    assert np.abs(ends[1] - net.xy_m[net.head]).max(initial=0) < 0.02
    drawn = edges.geometry.length * np.where(edges["way"] == "cat_thang", detour, 1.0)
    assert np.abs(drawn - edges["length_m"]).max() < 0.05
    assert (net.root == np.isin(net.node_kind, ["fibre", "hub"])).all()
    assert (net.tail < net.head).all()
    hop = (edges["link_kind"] == "microwave").to_numpy()
    assert (edges["capacity_mbps"].notna() == hop).all()
    assert not edges["single_road"][(edges["way"] != "doc_duong").to_numpy()].any()


def test_every_edge_of_the_sample_adds_up() -> None:
    data, case = sample_layers(), Scenario.default()
    masts = data.sites[data.sites["state"] == "on_air"].drop_duplicates("site_code").iloc[::4]
    spots = pd.DataFrame({"site_id": masts["site_code"].astype(str), "name": "", "host_height_m": np.nan,
                          "x_m": masts.geometry.x + 700.0, "y_m": masts.geometry.y + 400.0})
    net = of(data, spots, case, villages=data.villages, anchors=data.anchors)
    check(net)
    assert set(net.edges["way"]) == {"doc_duong", "ngoai_duong", "cat_thang", "vi_ba"}
    assert len([k for k in net.node_of if k.startswith("thon:")]) == len(data.villages)
    assert data.anchors is not None
    assert len([k for k in net.node_of if k.startswith("neo:")]) == len(data.anchors)
    roots = net.node_name[net.root]
    assert all(roots)


def test_bridges_by_hand() -> None:
    net = road_graph(frame("roads", list(ROADS)))
    single = net.bridges()
    told = sorted(zip(net.edges["name"], net.edges["length_m"].round().astype(int), single.tolist(), strict=True))
    assert told == [("ĐH2", 4_000, True), ("ĐT1", 2_000, False), ("ĐT1", 2_000, True), ("ĐT1", 2_000, True),
                    ("ĐT1", 3_000, True), ("ĐX3", 6_000, False)]
    twins = road_graph(frame("roads", [
        road("A", (0, 0), (1_000, 0)), road("B", (0, 0), (500, 300), (1_000, 0)), road("C", (1_000, 0), (2_000, 0))]))
    assert dict(zip(twins.edges["name"], twins.bridges(), strict=True)) == {"A": False, "B": False, "C": True}
    ring = road_graph(frame("roads", [road("Vòng", (0, 0), (500, 500), (1_000, 0), (0, 0))]))
    assert not ring.bridges().any()


def test_fibre_hangs_along_a_road_that_runs_beside_it() -> None:
    route = frame("fibre_routes", [{"name": "Tuyến 1", "geometry": LineString([at(2_000, 2_040), at(3_500, 2_040)])}])
    net = of(pack(fibre_nodes=None, fibre_routes=route), TWO)
    found = steps(net, "vt:A")
    assert [x[0] for x in found] == ["ngoai_duong", "doc_duong", "doc_duong", "doc_duong"]
    along, across = found[2][1], found[3][1]
    # from the junction at 4,000 along the road to where the route comes within 100 m, or on to its end 40 m away
    assert along + across == pytest.approx(540.0, abs=0.5) or along + across == pytest.approx(508.3, abs=0.5)
    assert net.node_name[net.root].tolist() == ["Tuyến 1"] * int(net.root.sum())
    check(net)


def test_cross_country_only_where_it_could_be_cheapest() -> None:
    # 100 m x 1.3 on new poles against 200 m off the road and back
    route = frame("fibre_routes", [{"name": "Tuyến 1", "geometry": LineString([at(4_400, 5_000), at(4_400, 7_000)])}])
    net = of(pack(fibre_routes=route), TWO)
    assert steps(net, "vt:A") == [("cat_thang", 130.0, "", False, round(0.13 * 85 * 1.3068, 6))]
    assert (net.edges["way"] == "cat_thang").sum() == 1      # B is linked along the roads, its straight way is not kept
    check(net)


def test_a_loose_piece_of_road_is_left_for_the_nearest_that_leads_to_fibre() -> None:
    loose = road("Đường cụt", (12_000, 2_000), (13_000, 2_000))
    net = of(pack((*ROADS, loose)), places(("C", 12_500, 2_000)))
    found = steps(net, "vt:C")
    assert found[0][:2] == ("cat_thang", 2_500 * 1.3)        # to the end of ĐT1 at 10,000
    assert found[1] == ("doc_duong", 9_000.0, "ĐT1", True, round(9 * 30 * 1.3068, 6)) or found[1][0] == "doc_duong"
    assert math.fsum(x[1] for x in found[1:]) == pytest.approx(9_050.0)
    check(net)


def test_villages_and_anchors_share_nodes_with_places_and_need_no_road() -> None:
    data = pack()
    villages = data.villages.iloc[[3]].assign(geometry=[Point(at(4_300, 6_000))])
    anchors = frame("anchors", [{"anchor_code": "N1", "kind": "Trường", "name": "Trường 1", "required_mbps": 100.0,
                                 "leased_mbps": 0.0, "geometry": Point(at(4_000, 6_200))}])
    net = of(data, TWO, villages=villages, anchors=anchors)
    assert net.node_of["vt:A"] == net.node_of["thon:99002-003"]
    assert net.node_kind[net.node_of["vt:A"]] == "site"
    assert net.node_kind[net.node_of["neo:N1"]] == "anchor"
    assert steps(net, "neo:N1")[0][0] == "ngoai_duong"
    alone = link_graph(TWO.iloc[:0], pack(), NO_HOPS, None, villages=villages)
    assert [(w, m) for w, m, *_ in steps(alone, "thon:99002-003")] == [
        ("cat_thang", round(math.hypot(3_300, 4_050) * 1.3, 3))]
    lines = alone.edges["cost_lines"].iloc[0]
    assert lines[0][:4] == ("fibre_new_poles_km", pytest.approx(math.hypot(3.3, 4.05) * 1.3), 85.0, 2.0)


def test_without_roads_and_without_anything() -> None:
    net = of(pack(fibre_nodes=None), TWO)
    assert net.edges.empty
    assert cheapest_path(net, net.node_of["vt:A"], 3) is None
    bare = replace(pack(), roads=None)
    assert {x[0] for x in steps(of(bare, TWO), "vt:A")} == {"cat_thang"}
    nothing = of(pack(), TWO.iloc[:0])
    assert (len(nothing.xy_m), len(nothing.edges), dict(nothing.node_of)) == (0, 0, {})
    assert nothing.edges.crs == pack().communes.crs


@pytest.mark.parametrize("where", [(-400_000.0, 2_000.0), (25_000.0, 2_000.0), (10_000.0, -5_000.0)])
def test_a_fibre_node_in_the_sea_or_off_the_map_is_only_far(where: tuple[float, float]) -> None:
    net = of(pack(fibre_nodes=frame("fibre_nodes", [pop(*where)])), TWO)
    assert [x[0] for x in steps(net, "vt:A")].count("cat_thang") == 1       # its own, or that of B by the roads
    check(net)
    near = of(pack(fibre_nodes=frame("fibre_nodes", [pop(*where, "XA"), pop(1_000, 1_950)])), TWO)
    assert net.node_name[net.root].tolist() == ["Nút POP1"] * int(net.root.sum())
    assert steps(near, "vt:A") == steps(of(pack(), TWO), "vt:A")


def test_a_place_on_the_fibre_itself_pays_for_no_cable() -> None:
    net = of(pack(), places(("D", 1_000, 1_950)))
    assert math.fsum(x[4] for x in steps(net, "vt:D")) == 0.0
    check(net)


@pytest.mark.parametrize(("item", "value", "code"), [
    ("fibre_existing_poles_km", -1.0, "price_bad"), ("fibre_new_poles_km", math.nan, "price_bad"),
    ("fibre_existing_poles_km", None, "price_missing"), ("fibre_detour", None, "price_missing"),
    ("microwave_hop", -200.0, "price_bad"), ("microwave_hop", None, "price_missing"),
    ("access_road", math.inf, "price_bad")])
def test_prices_that_cannot_be_are_named(item: str, value: float | None, code: str) -> None:
    case = scenario()
    prices = dict(case.prices)
    old = prices.pop(item)
    if value is not None:
        prices[item] = replace(old, low=value, base=value, high=value)
    with pytest.raises(ScenarioError, match=item) as caught:
        of(pack(), TWO, replace(case, prices=prices))
    assert caught.value.code == code


def over_the_ridge(mast: bool) -> LinkGraph:
    """Return A behind the ridge, B on its crest, a hub to the south, no fibre to be laid."""
    data = layers(fibre_nodes=None, roads=None, sites=frame("sites", [site("VIE1", 6_000, 3_500)]))
    spots = pd.concat([
        places(("A", 6_000, RIDGE_Y - SOUTH + 1_500)),
        places(("B", 6_000, RIDGE_Y - SOUTH), mast_m=42.0 if mast else math.nan)], ignore_index=True)
    return of(data, spots, scenario())


def test_a_hop_blocked_by_the_ridge_goes_round_in_two() -> None:
    net = over_the_ridge(mast=True)
    a, b = net.node_of["vt:A"], net.node_of["vt:B"]
    hub, = np.flatnonzero(net.root)
    pairs = {frozenset(p) for p in zip(net.tail.tolist(), net.head.tolist(), strict=True)}
    assert pairs == {frozenset((a, b)), frozenset((b, int(hub)))}           # A and the hub do not see each other
    assert net.mast.tolist() == [n in (b, hub) for n in range(3)]
    path = cheapest_path(net, a, 3)
    assert path is not None
    assert [x[0] for x in steps(net, "vt:A")] == ["vi_ba", "vi_ba"]
    assert (net.edges["capacity_mbps"] >= scenario().backhaul.min_mbps).all()
    assert set(net.edges["freq_ghz"]) <= set(scenario().backhaul.bands_ghz)
    # a hop is 200, carried up on foot (x 2): 400 x 1.3068
    assert net.edges["cost_mvnd"].tolist() == [522.72, 522.72]
    assert cheapest_path(net, a, 1) is None
    assert cheapest_path(net, b, 1) == (path[1],)
    check(net)


def test_a_hop_goes_on_only_from_a_mast_or_a_site_that_is_built() -> None:
    net = over_the_ridge(mast=False)
    a, b = net.node_of["vt:A"], net.node_of["vt:B"]
    assert cheapest_path(net, a, 3) is None
    assert cheapest_path(net, b, 3) is not None
    built = net.mast | (np.arange(3) == b)
    assert net.ways(3, relay=built).path(a) is not None


def test_masts_on_air_are_hubs_without_a_fibre_layer() -> None:
    net = of(layers(fibre_nodes=None, elevation=ridge(0.0)), TWO, scenario())
    assert set(net.node_name[net.root]) <= {"VIE1 (Viettel)", "MOB1 (MobiFone)"}
    assert {x[0] for x in steps(net, "vt:A")} == {"vi_ba"}


def test_more_hubs_never_make_a_way_dearer_and_numbers_limit_them() -> None:
    data = layers(fibre_nodes=None, elevation=ridge(0.0))
    few, many = (of(data, TWO, scenario(backhaul={"hubs_per_site": n, "sites_per_site": n})) for n in (0, 4))
    assert few.edges.empty
    assert len(many.edges) > 0
    assert of(data, TWO, NO_HOPS).edges.empty


def test_same_links_whatever_the_order_of_rows() -> None:
    data, case = sample_layers(), Scenario.default()
    data = replace(data, villages=data.villages.iloc[:60])
    masts = data.sites[data.sites["state"] == "on_air"].drop_duplicates("site_code").iloc[::6]
    spots = pd.DataFrame({"site_id": masts["site_code"].astype(str), "name": "", "host_height_m": np.nan,
                          "x_m": masts.geometry.x + 700.0, "y_m": masts.geometry.y + 400.0})
    rng = np.random.default_rng(7)

    def mixed(table: Any) -> Any:
        return table.iloc[rng.permutation(len(table))].reset_index(drop=True)

    turned = replace(data, **{name: mixed(getattr(data, name)) for name in (
        "roads", "sites", "fibre_routes", "fibre_nodes", "villages", "anchors")})
    one = of(data, spots, case, villages=data.villages, anchors=data.anchors)
    two = of(turned, mixed(spots), case, villages=turned.villages, anchors=turned.anchors)
    assert dict(one.node_of) == dict(two.node_of)
    assert one.node_name.tolist() == two.node_name.tolist()
    np.testing.assert_allclose(one.xy_m, two.xy_m, atol=0.02)
    assert (one.tail.tolist(), one.head.tolist()) == (two.tail.tolist(), two.head.tolist())
    for column in ("way", "cost_mvnd", "single_road", "capacity_mbps"):
        assert one.edges[column].equals(two.edges[column]), column


def test_ways_and_alone_prices_agree() -> None:
    data, case = layers(), scenario()
    told = assessment(data)
    spots = candidates(data, told, case, need_of(data, told, case), graph(data))
    bare, _ = unpriced(spots, data, case)
    net = link_graph(linked_places(bare, spots), data, case, graph(data))
    table, findings = priced(bare, net, case)
    assert not findings
    both = ways(table, net, case)
    assert list(both.columns) == ["option", "via", "node", "capex_mvnd", "opex_mvnd_year", "cost_mvnd", "cost_lines"]
    assert set(both["option"]) == set(range(len(table)))
    alone = net.ways(case.backhaul.max_hops)
    for at_row, rows in both.groupby("option"):
        option = table.iloc[int(at_row)]
        costs = []
        for way in rows.itertuples():
            assert round(math.fsum(x[4] for x in way.cost_lines), 6) == way.cost_mvnd
            link = 0.0
            if way.via == "network":
                assert way.node == net.node_of[f"vt:{option['site_id']}"]
                path = alone.path(way.node)
                assert path is not None
                link = net.edges["cost_mvnd"].iloc[list(path)].sum()
            else:
                assert way.node == -1
            costs.append(way.cost_mvnd + link)
        assert option["cost_mvnd"] == pytest.approx(min(costs), abs=2e-5)       # rounded to the đồng line by line
    assert (both.loc[both["option"].isin(np.flatnonzero(table["kind"] == "small_cell_satellite")), "via"]
            == "satellite").all()
    hops = table["backhaul"] == "microwave"
    assert (table["backhaul_mbps"].notna() == hops).all()
    assets = [Asset(o.option_id, i, "", int(o.earliest_year), tuple(o.cost_lines))
              for i, o in enumerate(table.itertuples())]
    assert outlay(assets, case).total_mvnd == pytest.approx(table["cost_mvnd"].sum(), abs=1e-3)


def test_an_option_that_nothing_links_is_left_out_and_said() -> None:
    # the satellite is below the horizon
    case = scenario(backhaul={"max_hops": 0, "vsat_longitude_deg": -60.0, "sky_radius_m": 1_500.0})
    data = layers(fibre_nodes=None, roads=None)
    told = assessment(data)
    spots = candidates(data, told, case, need_of(data, told, case), None)
    table, findings = options_and_findings(spots, data, case, None)
    assert set(table["backhaul"]) == {"satellite"}      # macros at the edge, whose sky is not known to be hidden
    assert "TH-99002-001-M" not in set(table["option_id"])
    lost, = (f for f in findings if f.code == "backhaul_none")
    assert "TH-99002-001-M" in lost.values


@pytest.mark.slow
def test_the_office_drop(shared: Path) -> None:
    data = import_folder(shared / "real" / "office_drop_danang", ROOT / "docs" / "vi-du" / "da_nang.toml")
    assert data.roads is not None
    roads = road_graph(data.roads)
    net = link_graph(TWO.iloc[:0], data, Scenario.default(), roads, villages=data.villages, anchors=data.anchors)
    check(net)
    away = net.ways(3).cost_mvnd[[net.node_of[f"thon:{c}"] for c in data.villages["village_code"]]]
    assert np.isfinite(away).all()
    assert 0.1 < roads.bridges().mean() < 0.9
