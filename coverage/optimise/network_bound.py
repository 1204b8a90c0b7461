"""A proven ceiling on sites and network together: every site charged its part of the links, then solved as if alone.

Let f_S >= 0 be prices of cut sets such that the sum of f_S over the sets an arc enters is at most the arc's cost. Any
network that links the sites X costs at least the sum over X of p_v, p_v = sum of f_S over the cuts of v (weak
duality). So the plain problem with costs c + p is a relaxation of sites + network, whatever the f_S, and
the bound of its solver holds for both. Prices come from dual ascent (Wong 1984) for the sites of a good plan, and,
where the graph is small, from the duals of the cut relaxation. Averages of such prices are such prices.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress, silent
from coverage.optimise.model import Linear
from coverage.optimise.network_ascent import ascend
from coverage.optimise.network_core import Core, make_core
from coverage.optimise.network_cuts import CutModel
from coverage.optimise.network_problem import NetworkProblem
from coverage.optimise.problem import MONEY_TOLERANCE, Problem

SAMPLE = 3000  # demand classes in the relaxation that finds the prices
ROUNDS = 60
STALL = 1e-4
RELAX_ARCS = 12_000  # the largest graph whose cut relaxation pays
MONEY_SCALE = 1000.0
ROUNDING = 1e-9  # relative: prices are taken down by this, so that sums of them never pass a cost


@dataclass(frozen=True, eq=False)
class Terminals:
    """The places that need a link: their nodes, and which options belong to which, (n_places, n_options) csr."""

    node: NDArray[np.int64]
    options: Any


def terminals(core: Core) -> Terminals:
    """Return the places that need a link."""
    needing = np.flatnonzero(core.node >= 0)
    places, label = np.unique(core.place[needing], return_inverse=True)
    node = np.zeros(places.size, np.int64)
    node[label] = core.node[needing]
    rows = sp.csr_array((np.ones(needing.size), (label, needing)), shape=(places.size, core.n_options))
    return Terminals(node, rows)


def ascended(core: Core, places: Terminals, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the options' shares of the network's cost by dual ascent: places of the plan first, then the others."""
    graph = core.graph
    order = np.argsort(graph.head, kind="stable")
    start = np.searchsorted(graph.head[order], np.arange(graph.n_states + 1)).astype(np.int64)
    left, share = graph.cost_mvnd.copy(), np.zeros(places.node.size)
    first = np.asarray(places.options @ chosen.astype(np.float64)).ravel() > 0
    for active in (np.flatnonzero(first), np.flatnonzero(~first)):
        ascend(start, order, graph.tail, graph.source, graph.n_nodes, places.node, active, left, share)
    over = np.asarray((graph.cost_mvnd - left)[graph.cost_mvnd > 0] / graph.cost_mvnd[graph.cost_mvnd > 0])
    return np.asarray(places.options.T @ (share / (over.max(initial=1.0) * (1 + ROUNDING)))).ravel()


def link_shares(
    problem: NetworkProblem, chosen: Iterable[int] = (), *, time_limit_s: float = 20.0, progress: Progress = silent,
) -> NDArray[np.float64]:
    """Return what every option (n_options,) pays for links at least, million VND; infinite where nothing links it.

    Summed over any options they are no more than the cheapest network that carries them.

    Parameters
    ----------
    chosen : options of a good plan, whose shares come first.
    time_limit_s : for the cut relaxation, which prices links as they matter within the problem's budget.
    """
    core = make_core(problem)
    share = np.full(problem.base.n_options, np.inf)
    if not core.n_options:
        return share
    places, found = terminals(core), None
    if core.graph.n_arcs <= RELAX_ARCS and np.isfinite(problem.base.budget_mvnd):
        found = relaxed(core, places, deadline=time.monotonic() + time_limit_s, progress=progress)
    share[core.option] = ascended(core, places, np.isin(core.option, list(chosen))) if found is None else found
    return share


def sample(core: Core, most: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return classes and weights that stand for all: every class, or ``most`` evenly spaced in cumulated people."""
    if core.n_classes <= most:
        return np.arange(core.n_classes), core.weight
    # neighbours in this order are served alike: by the first option, then by how many serve them
    first = core.columns.indices[core.columns.indptr[:-1]]
    order = np.lexsort((np.diff(core.columns.indptr), first))
    cumulated = np.cumsum(core.weight[order])
    hits = np.searchsorted(cumulated, (np.arange(most) + 0.5) / most * cumulated[-1])
    chosen, count = np.unique(hits, return_counts=True)
    return order[chosen], count * (cumulated[-1] / most)


def covering(core: Core, classes: NDArray[np.intp], weight: NDArray[np.float64]) -> Linear:
    """Return the covering model: columns are options, arcs, classes; rows are classes, money, groups, must-haves."""
    n, m, arcs = core.n_options, classes.size, core.graph.n_arcs
    budget = core.problem.base.budget_mvnd * (1 + MONEY_TOLERANCE)
    blocks = [
        sp.hstack([-sp.csr_array(core.columns[classes]).astype(np.float64), sp.csr_array((m, arcs)), sp.eye_array(m)]),
        sp.csr_array(np.concatenate([core.price_mvnd, core.graph.cost_mvnd, np.zeros(m)])[None, :] / MONEY_SCALE),
        sp.hstack([core.groups, sp.csr_array((core.groups.shape[0], arcs + m))]),
        sp.csr_array(np.concatenate([-core.required.astype(np.float64), np.zeros(arcs + m)])[None, :]),
    ]
    high = np.concatenate([np.zeros(m), [budget / MONEY_SCALE], np.ones(core.groups.shape[0]),
                           [-float(core.required.sum())]])
    cost = np.concatenate([np.zeros(n + arcs), -weight])
    low = np.full(high.size, -np.inf)
    return Linear(cost, sp.csr_array(sp.vstack(blocks)), low, high, np.ones(cost.size), n + arcs)


def relaxed(
    core: Core, places: Terminals, *, deadline: float, progress: Progress
) -> NDArray[np.float64] | None:
    """Return the shares by the duals of the cut relaxation over a sample of the demand; None when time was short."""
    classes, weight = sample(core, SAMPLE)
    model = CutModel(core.graph, covering(core, classes, weight), places.node, places.options)
    answer = model.relax(deadline=deadline, rounds=ROUNDS, stall=STALL, progress=progress, stage="network")
    if answer is None:
        return None
    price = abs(float(answer.row_price[classes.size])) / MONEY_SCALE  # people per million VND
    if price <= 0:
        return np.zeros(core.n_options)
    return fitting_shares(model, answer.cut_price / price, places)


def fitting_shares(model: CutModel, cut_price: NDArray[np.float64], places: Terminals) -> NDArray[np.float64]:
    """Return the options' shares at these prices of the cuts (million VND), scaled down until no arc is overpaid."""
    cost = model.graph.cost_mvnd
    paid, share, costly = np.zeros(cost.size), np.zeros(places.node.size), cost > 0
    for cut, price in zip(model.cuts, cut_price, strict=False):
        if price > 0 and costly[cut.arcs].all():  # where a free arc enters nothing can be charged
            paid[cut.arcs] += price
            share[cut.terminal] += price
    over = float((paid[costly] / cost[costly]).max(initial=1.0))
    return np.asarray(places.options.T @ (share / (over * (1 + ROUNDING)))).ravel()


def charged(core: Core, share_mvnd: NDArray[np.float64]) -> Problem:
    """Return the plain problem in which every option pays its share of the links: its bound holds for both."""
    base = core.problem.base
    cost = base.cost_mvnd.copy()
    cost[core.option] += share_mvnd
    out = np.setdiff1d(np.arange(base.n_options), core.option)
    return replace(base, cost_mvnd=cost, forbidden=tuple(sorted({*base.forbidden, *(int(o) for o in out)})))
