"""Fixed broadband: the cheapest tree of cables that connects villages and institutions worth their cable.

A programme of its own beside the mobile plan: cables that the mobile plan of a budget builds cost nothing again, and
no sum of the one holds money of the other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.errors import PlanError
from coverage.optimise.network_tree import MUST, ConnectingTree, connecting_tree
from coverage.plan.budgets import BudgetPlan, Plan
from coverage.plan.case import asked, not_stopped
from coverage.plan.fixed_network import (
    FibreNet,
    Stretch,
    fibre_net,
    links_table,
    money_of,
    paths,
    stretches,
)
from coverage.plan.fixed_places import VILLAGE, places_without_fibre
from coverage.plan.fixed_reduce import reduced
from coverage.scenario import Scenario
from geodata.findings import Finding

HAS_WAY, NO_WAY, TOO_DEAR, NOT_COUNTED = "", "khong_co_duong", "khong_dang_gia", "ngoai_dien"
M_PER_KM = 1000.0
WORTH = ("fibre_worth_household", "fibre_worth_mbps")


@dataclass(frozen=True)
class FixedTotals:
    """What is connected and what it costs; every sum is taken from the rows of ``FixedPlan``, to the đồng.

    Parameters
    ----------
    villages, anchors : connected; ..._unconfirmed : of them near a route, or with an unknown lease.
    households : of the villages connected. halls : public Wi-Fi at village halls.
    required_mbps, missing_mbps : of the institutions connected. new_km : cable this programme lays; shared_km : cable
        of the mobile plan that it uses.
    links_mvnd, ends_mvnd : outlay for cables, and for the ends with their fees; cost_mvnd : both.
    """

    villages: int
    villages_unconfirmed: int
    households: float
    anchors: int
    anchors_unconfirmed: int
    required_mbps: float
    missing_mbps: float
    halls: int
    new_km: float
    shared_km: float
    links_mvnd: float
    ends_mvnd: float
    cost_mvnd: float
    capex_mvnd: float
    opex_mvnd_year: float


@dataclass(frozen=True, eq=False)
class FixedPlan:
    """The plan of fixed broadband beside the mobile plan of one budget.

    Parameters
    ----------
    places : ``fixed_places.COLUMNS`` (money and Wi-Fi of what is connected only), then connected, reason ("" connected;
        NO_WAY no road or cable leads there; TOO_DEAR the cheapest connection costs more than its worth; NOT_COUNTED),
        links (ids from the place outwards), length_m (of them), extra_mvnd (least outlay to add a place that is not
        connected; NaN without a way), build_year, point geometry.
    links : ``fixed_network.FIXED_LINK_COLUMNS``; ``shared``: the mobile plan pays; mobile_links : its ids there.
    objective_mvnd : totals.cost_mvnd plus the worth of what counts, has a way and stays without.
    bound_mvnd : no choice of cables has a lower one (proven); gap, status : as ``connecting_tree``.
    """

    scenario: Scenario
    budget_mvnd: float
    year: int
    places: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    totals: FixedTotals
    objective_mvnd: float
    bound_mvnd: float
    gap: float
    status: str
    seconds: float
    findings: tuple[Finding, ...] = field(default=())


def fixed_plan(
    plan: Plan, scenario: Scenario | None = None, *, budget: int = -1, progress: Progress = silent
) -> FixedPlan:
    """Return the cheapest tree of cables beside the mobile plan of budget number ``budget``.

    Minimises the outlay for cables and ends plus the worth of what stays without, over the fibre candidates of the
    link graph. ``scenario``: its ``fixed`` section may differ from the plan's.

    Raises
    ------
    PlanError
        "fixed_build_year" for a year before the plan; "plan_depth_scenario" where more than choices differ.
    Cancelled
        When ``progress`` returns False.
    """
    case, choice = plan.case, _asked(plan, scenario)
    one = plan.budgets[budget]
    year = choice.fixed.build_year or plan.year
    if year < plan.year:
        raise PlanError("fixed_build_year", value=year, first=plan.year)
    places = places_without_fibre(case.layers, case.assessment, choice)
    net = fibre_net(case.links, one.links)
    node = _nodes(net, places)
    reached = np.where(node >= 0, net.reached()[node], False).astype(bool)
    prize, must = _prizes(places, reached, choice)
    counted = np.flatnonzero(reached & (must | (prize > 0)))
    less = reduced(net.tail, net.head, net.own_mvnd, net.own_m, net.root, node[counted], net.extra_mvnd(()))
    tree = connecting_tree(
        less.tail, less.head, less.cost_mvnd, less.length_m, net.root, node[counted],
        np.where(must[counted], MUST, prize[counted]),
        time_limit_s=choice.fixed.time_limit_s, gap=choice.solver.gap, progress=progress)
    not_stopped(tree.status)
    tree = replace(tree, edges=less.expand(tree.edges))
    connected = np.zeros(len(places), dtype=bool)
    connected[counted[list(tree.connected)]] = True
    extra = _extra(net, tree, places, node, connected)
    places, links = _built(net, tree, places, node, connected, year, one, choice)
    places = places.assign(reason=_reasons(places, reached), extra_mvnd=extra)
    return _plan(choice, one, year, places, links, tree, reached)


def _asked(plan: Plan, scenario: Scenario | None) -> Scenario:
    """Return the scenario that counts; besides its choices, what a connection is worth may differ from the plan's."""
    if scenario is None:
        return plan.case.scenario
    own = plan.case.scenario.prices
    worth = {item: scenario.prices[item] for item in WORTH if item in scenario.prices}
    told = asked(plan.case, replace(scenario, prices={**scenario.prices, **{i: own[i] for i in worth if i in own}}))
    return replace(told, prices={**told.prices, **worth})


def _nodes(net: FibreNet, places: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the node of every place (n,), -1 where the graph does not hold it."""
    keys = [f"{kind}:{code}" for kind, code in zip(places["kind"], places["code"], strict=True)]
    at = np.array([net.graph.node_of.get(key, -1) for key in keys], dtype=np.intp)
    return np.where(at >= 0, net.node[at], -1).astype(np.intp)


def _prizes(
    places: gpd.GeoDataFrame, reached: NDArray[np.bool_], scenario: Scenario
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what connecting is worth beyond the cost of the end itself (n,), and which ends must be connected (n,)."""
    worth, own = (places[c].to_numpy(dtype=np.float64) for c in ("worth_mvnd", "cost_mvnd"))
    must = places["counts"].to_numpy(dtype=bool) & reached & scenario.fixed.connect_all
    return np.maximum(worth - own, 0.0), must


def _built(
    net: FibreNet, tree: ConnectingTree, places: gpd.GeoDataFrame, node: NDArray[np.intp],
    connected: NDArray[np.bool_], year: int, one: BudgetPlan, scenario: Scenario,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the places with their way, and the links with who sends through them."""
    mine = np.flatnonzero(connected)
    cables = stretches(net, tree.edges, node[mine].tolist())
    ways = paths(net, cables, node[mine].tolist())
    needed = _years(net, cables, one, year)
    codes, missing = places["code"].to_numpy(dtype=object), places["required_mbps"].fillna(0.0).to_numpy(np.float64)
    users: list[list[int]] = [[] for _ in cables]
    for place, way in zip(mine.tolist(), ways, strict=True):
        for at in way:
            users[at].append(place)
    called: dict[int, str] = {}
    for place in mine.tolist():
        called.setdefault(int(node[place]), str(places["name"].iloc[place]))
    links = links_table(
        net, cables, [tuple(str(codes[p]) for p in u) for u in users], [math.fsum(missing[u]) for u in users], needed,
        called, scenario)
    names, length = links["link_id"].tolist(), links["length_m"].tolist()
    of = dict(zip(mine.tolist(), ways, strict=True))
    out = places.assign(
        connected=connected,
        links=[tuple(names[at] for at in of.get(p, ())) for p in range(len(places))],
        length_m=[math.fsum(length[at] for at in of[p]) if p in of else math.nan for p in range(len(places))],
        build_year=pd.array([max([year, *(needed[at] for at in of[p])]) if p in of else pd.NA
                             for p in range(len(places))], dtype="Int64"),
        wifi=places["wifi"].to_numpy(dtype=bool) & connected,
        cost_lines=[lines if p in of else () for p, lines in enumerate(places["cost_lines"])],
        **{c: np.where(connected, places[c].to_numpy(dtype=np.float64), 0.0)
           for c in ("capex_mvnd", "opex_mvnd_year", "cost_mvnd")},
    )
    return out, links


def _years(net: FibreNet, cables: Sequence[Stretch], one: BudgetPlan, year: int) -> list[int]:
    """Return the build year of every link: not before the mobile plan's links on its way."""
    built = {str(k): int(v) for k, v in zip(one.links["link_id"], one.links["build_year"], strict=True)}
    of_node: dict[int, int] = {}
    out = []
    for cable in cables:    # nearest to the network first
        own = [built[net.mobile[e]] for e in cable.edges if e in net.mobile]
        when = max([year if not own else 0, of_node.get(cable.inner, 0), *own])
        of_node[cable.outer] = when
        out.append(when)
    return out


def _reasons(places: gpd.GeoDataFrame, reached: NDArray[np.bool_]) -> NDArray[np.object_]:
    counts, connected = (places[c].to_numpy(dtype=bool) for c in ("counts", "connected"))
    return np.select([connected, ~counts, ~reached], [HAS_WAY, NOT_COUNTED, NO_WAY], TOO_DEAR).astype(object)


def _extra(
    net: FibreNet, tree: ConnectingTree, places: gpd.GeoDataFrame, node: NDArray[np.intp],
    connected: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the least outlay (n,) that adds a place to the plan, its end included; NaN if connected or without way."""
    money = net.extra_mvnd(tree.edges)
    way = np.where(node >= 0, money[node], np.inf)
    open_ = np.isfinite(way) & ~connected
    return np.where(open_, np.round(way, 6) + places["cost_mvnd"].to_numpy(np.float64), np.nan)


def _plan(
    scenario: Scenario, one: BudgetPlan, year: int, places: gpd.GeoDataFrame, links: gpd.GeoDataFrame,
    tree: ConnectingTree, reached: NDArray[np.bool_],
) -> FixedPlan:
    totals = totals_of(places, links)
    left = places["counts"].to_numpy(dtype=bool) & reached & ~places["connected"].to_numpy(dtype=bool)
    objective = totals.cost_mvnd + math.fsum(places["worth_mvnd"].to_numpy(np.float64)[left])
    bound = objective - max(0.0, tree.objective_mvnd - tree.bound_mvnd)
    gap = (objective - bound) / objective if objective > 0 else 0.0
    return FixedPlan(
        scenario, one.budget_mvnd, year, places, links, totals, objective, bound, gap, tree.status, tree.seconds,
        _findings(places))


def totals_of(places: gpd.GeoDataFrame, links: gpd.GeoDataFrame) -> FixedTotals:
    """Return the totals of places and links."""
    done = places[places["connected"].to_numpy(dtype=bool)]
    village = (done["kind"] == VILLAGE).to_numpy(dtype=bool)
    sure = done["confirmed"].to_numpy(dtype=bool)
    shared = links["shared"].to_numpy(dtype=bool)
    length = links["length_m"].to_numpy(dtype=np.float64)
    anchors = done[~village]
    return FixedTotals(
        villages=int(village.sum()), villages_unconfirmed=int((village & ~sure).sum()),
        households=math.fsum(done.loc[village, "households"].dropna()), anchors=int((~village).sum()),
        anchors_unconfirmed=int((~village & ~sure).sum()), required_mbps=math.fsum(anchors["required_mbps"].dropna()),
        missing_mbps=math.fsum(anchors["missing_mbps"].dropna()), halls=int(done["wifi"].sum()),
        new_km=math.fsum(length[~shared]) / M_PER_KM, shared_km=math.fsum(length[shared]) / M_PER_KM,
        links_mvnd=money_of(links["cost_mvnd"]), ends_mvnd=money_of(done["cost_mvnd"]),
        cost_mvnd=money_of([*links["cost_mvnd"], *done["cost_mvnd"]]),
        capex_mvnd=money_of([*links["capex_mvnd"], *done["capex_mvnd"]]),
        opex_mvnd_year=money_of([*links["opex_mvnd_year"], *done["opex_mvnd_year"]]),
    )


def _findings(places: pd.DataFrame) -> tuple[Finding, ...]:
    """Say what the reader must know: what is unconfirmed, what no way leads to, who does not count."""
    out = []
    unsure = places[places["connected"] & ~places["confirmed"]]
    for code, rows in (
        ("fixed_unconfirmed", unsure), ("fixed_no_way", places[places["reason"] == NO_WAY]),
        ("fixed_not_counted", places[places["reason"] == NOT_COUNTED]),
    ):
        if len(rows):
            villages = int((rows["kind"] == VILLAGE).sum())
            out.append(Finding(code, layer="fixed_places", values=tuple(rows["name"].astype(str)), package="coverage",
                               details={"villages": villages, "anchors": len(rows) - villages}))
    if not len(places):
        out.append(Finding("fixed_nothing", layer="fixed_places", package="coverage"))
    return tuple(out)
