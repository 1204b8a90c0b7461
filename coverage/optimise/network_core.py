"""What is left to decide of sites and network: linkable options, merged demand, the layered graph, kernels' arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.errors import PlanError
from coverage.optimise.network_graph import Layered, layered
from coverage.optimise.network_moves import Field
from coverage.optimise.network_problem import NetworkProblem
from coverage.optimise.problem import MONEY_TOLERANCE, conflict_groups

LARGEST = 2.0**52  # whole units of people stay exact in int64 and in float64
UNITS = ((1.0, 1.0), (0.1, 10.0), (0.01, 100.0), (0.001, 1000.0))


@dataclass(frozen=True, eq=False)
class Core:
    """The options that can be part of a plan, ordered by id, and the people they may gain.

    Parameters
    ----------
    problem, graph : where it comes from; the candidate network in layers.
    option : (n,) indices of the problem.
    rows, columns : (n, m) csr and its transpose; m classes of points served by the same options.
    weight : (m,) people of the classes.
    price_mvnd, node, demand_mbps : (n,) of the options.
    groups : (g, n) csr, at most one option each.
    place : (n,) options of one place share node and group of that place, at most one is chosen: they need one cut.
    required : (n,) True for must-haves.
    unit : people come in whole multiples of this; 0 when they do not.
    unreachable : options of the problem that no choice of edges links.
    """

    problem: NetworkProblem
    graph: Layered
    option: NDArray[np.intp]
    rows: Any
    columns: Any
    weight: NDArray[np.float64]
    price_mvnd: NDArray[np.float64]
    node: NDArray[np.int64]
    demand_mbps: NDArray[np.float64]
    groups: Any
    place: NDArray[np.int64]
    required: NDArray[np.bool_]
    unit: float
    unreachable: tuple[int, ...]

    @property
    def n_options(self) -> int:
        """Number of options."""
        return int(self.option.size)

    @property
    def n_classes(self) -> int:
        """Number of demand classes."""
        return int(self.weight.size)

    @property
    def scale(self) -> float:
        """Whole units per person, as the kernels count."""
        total = max(float(self.weight.sum()), 1e-300)
        return 1.0 / self.unit if self.unit else 2.0 ** float(np.floor(np.log2(LARGEST / total)))

    def down(self, people: float) -> float:
        """Return the largest number of people not above this that a plan can gain."""
        return float(np.floor(people / self.unit + 1e-6) * self.unit) if self.unit else people


def make_core(problem: NetworkProblem) -> Core:
    """Return the core of a problem.

    Raises
    ------
    PlanError
        "network_required" where no candidate edge links a must-have.
    """
    base, graph = problem.base, layered(problem)
    needs = problem.option_node >= 0
    linkable = ~needs | graph.linked[np.maximum(problem.option_node, 0)]
    for must in base.required:
        if not linkable[must]:
            raise PlanError("network_required", option=base.option_ids[must], node=int(problem.option_node[must]))
    allowed = linkable & (base.cost_mvnd <= base.budget_mvnd * (1 + MONEY_TOLERANCE))
    allowed[list(base.forbidden)] = False
    groups = conflict_groups(base)
    for group in groups:
        if set(group) & set(base.required):
            allowed[[o for o in group if o not in base.required]] = False
    order = np.array(sorted(range(base.n_options), key=lambda i: base.option_ids[i]), dtype=np.intp)
    option = order[allowed[order]]
    rows, weight = _classes(problem, option)
    used = np.diff(rows.indptr) > 0
    used |= np.isin(option, base.required)
    option, rows = option[used], sp.csr_array(rows[used])
    at_root = needs & graph.at_root[np.maximum(problem.option_node, 0)]
    node = np.where(at_root, -1, problem.option_node)[option].astype(np.int64)
    keys = np.column_stack([base.site[option], node])
    place = np.unique(keys, axis=0, return_inverse=True)[1].ravel() if option.size else np.zeros(0)
    demand = np.zeros(base.n_options) if problem.demand_mbps is None else problem.demand_mbps
    return Core(
        problem, graph, option, rows, sp.csr_array(rows.T), weight, base.cost_mvnd[option], node, demand[option],
        _group_rows(groups, option, base.n_options), place.astype(np.int64), np.isin(option, base.required),
        _unit(base.people), tuple(int(o) for o in np.flatnonzero(~linkable)),
    )


def _unit(people: NDArray[np.float64]) -> float:
    for unit, scale in UNITS:
        scaled = people * scale
        if np.abs(scaled - np.rint(scaled)).max(initial=0.0) <= 1e-9 * max(1.0, scaled.max(initial=0.0)):
            return unit
    return 0.0


def _classes(problem: NetworkProblem, option: NDArray[np.intp]) -> tuple[Any, NDArray[np.float64]]:
    """Merge the points served by the same options; return rows and people of the classes.

    Signatures of 64 random bits: two different sets meet with a chance of about n^2 / 2^65.
    """
    base = problem.base
    rows = sp.csr_array(base.reach[option]).astype(np.bool_)
    counted = np.flatnonzero(~base.served_before & (base.people > 0))
    keys = np.random.default_rng(20_26).integers(0, 2**63, option.size, dtype=np.uint64)
    signature = np.zeros(base.n_demand, np.uint64)
    owner = np.repeat(keys, np.diff(rows.indptr))
    np.add.at(signature, rows.indices, owner)
    reached = np.zeros(base.n_demand, bool)
    reached[rows.indices] = True
    points = counted[reached[counted]]
    _, first, label = np.unique(signature[points], return_index=True, return_inverse=True)
    if points.size == 0:
        return sp.csr_array((option.size, 0), dtype=bool), np.zeros(0)
    weight = np.bincount(label, weights=base.people[points], minlength=first.size).astype(np.float64)
    return sp.csr_array(rows[:, points[first]]), weight


def _group_rows(groups: list[list[int]], option: NDArray[np.intp], n_options: int) -> Any:
    place = np.full(n_options, -1, dtype=np.intp)
    place[option] = np.arange(option.size)
    found = sorted({tuple(sorted(place[g][place[g] >= 0].tolist())) for g in groups})
    kept = [g for g in found if len(g) > 1]
    indptr = np.cumsum([0, *(len(g) for g in kept)])
    indices = np.array([i for g in kept for i in g], dtype=np.int64)
    return sp.csr_array((np.ones(indices.size), indices, indptr), shape=(len(kept), option.size))


def make_field(core: Core) -> Field:
    """Return the core as the kernels read it."""
    graph, problem = core.graph, core.problem
    order = np.argsort(graph.tail, kind="stable")
    start = np.searchsorted(graph.tail[order], np.arange(graph.n_states + 1)).astype(np.int64)
    capacity = np.full(graph.n_arcs, np.inf)
    if problem.capacity_mbps is not None:
        capacity = np.where(graph.hop, problem.capacity_mbps[graph.edge], np.inf)
    member = sp.csr_array(core.groups.T)
    whole = np.int64
    return Field(
        start, order.astype(whole), graph.tail_node, graph.head, graph.node, graph.cost_mvnd,
        graph.hop.astype(whole), capacity, graph.n_nodes, graph.source,
        core.rows.indptr.astype(whole), core.rows.indices.astype(whole), core.columns.indptr.astype(whole),
        core.columns.indices.astype(whole), np.rint(core.weight * core.scale).astype(whole), core.price_mvnd, core.node,
        core.demand_mbps, member.indptr.astype(whole), member.indices.astype(whole),
        min(problem.base.budget_mvnd, 1e300), problem.capacity_mbps is not None,
    )
