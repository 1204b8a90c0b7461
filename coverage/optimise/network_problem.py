"""Sites and the network that links them: ``NetworkProblem`` and ``NetworkPlan``, frozen and checked.

A node has signal to carry when it is linked to a node of the network in being (a root): by fibre all the way, or by at
most ``max_hops`` microwave hops from a node that fibre reaches. Every node has one uplink, so the links form trees.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverage.errors import PlanError
from coverage.optimise.problem import MONEY_TOLERANCE, Problem, Selection, feasible, plan_cost

KINDS = ("fibre", "microwave", "existing")
UNLINKED = -1  # node of an option that needs no link


@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """A budgeted choice of options together with the links that carry their traffic.

    Parameters
    ----------
    base : coverage, options and their costs without backhaul; its budget is the ceiling of sites and network together.
    option_node : (n_options,) node that must be linked when the option is chosen; -1 = needs no link (satellite).
    tail, head : (n_edges,) ends of the candidate edges, undirected, nodes 0..n_nodes-1.
    edge_kind : 'fibre', 'microwave' or 'existing' (fibre in being: cost 0, adds no length).
    edge_cost_mvnd, edge_length_m : (n_edges,) State outlay in million VND, and length; paid once however many share it.
    root : (n_nodes,) True for fibre nodes of the network in being.
    max_hops : microwave hops in a row from a node that fibre reaches; 0 = no microwave.
    capacity_mbps : (n_edges,) what a microwave edge carries (fibre is not limited); None = not limited.
    demand_mbps : (n_options,) what an option sends; None = nothing. Both or neither.

    Raises
    ------
    PlanError
        "network_shape", "network_node", "network_edge_kind", "network_price", "network_existing", "network_hops",
        "network_capacity_half", "network_years".
    """

    base: Problem
    option_node: NDArray[np.intp]
    tail: NDArray[np.intp]
    head: NDArray[np.intp]
    edge_kind: tuple[str, ...]
    edge_cost_mvnd: NDArray[np.float64]
    edge_length_m: NDArray[np.float64]
    root: NDArray[np.bool_]
    max_hops: int
    capacity_mbps: NDArray[np.float64] | None = None
    demand_mbps: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        kinds: dict[str, type] = {
            "option_node": np.intp, "tail": np.intp, "head": np.intp, "edge_cost_mvnd": np.float64,
            "edge_length_m": np.float64, "root": np.bool_, "capacity_mbps": np.float64, "demand_mbps": np.float64,
        }
        for name, kind in kinds.items():
            value = getattr(self, name)
            if value is not None:
                view: NDArray[Any] = np.asarray(value, dtype=kind).view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)
        object.__setattr__(self, "edge_kind", tuple(str(kind) for kind in self.edge_kind))
        object.__setattr__(self, "max_hops", int(self.max_hops))
        _check(self)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return int(self.root.size)

    @property
    def n_edges(self) -> int:
        """Number of candidate edges."""
        return int(self.tail.size)


@dataclass(frozen=True)
class NetworkPlan:
    """Options and the links that carry them, with one proof for both together.

    Parameters
    ----------
    selection : the options; its ``cost_mvnd`` includes the network, its bound and gap hold for sites and network.
    edges : candidate edges of the plan, sorted; existing ones on the way to a root included.
    network_cost_mvnd, length_m : of the edges; existing fibre adds neither.
    paths : per option of ``selection.chosen`` the edges from its node to a root; empty at a root or without a link.
    unreachable : options that no choice of edges links; they were never candidates.
    """

    selection: Selection
    edges: tuple[int, ...]
    network_cost_mvnd: float
    length_m: float
    paths: tuple[tuple[int, ...], ...] = ()
    unreachable: tuple[int, ...] = field(default=())

    @property
    def bound(self) -> float:
        """No plan of the same problem gains more people than this (proven)."""
        return self.selection.bound

    @property
    def gap(self) -> float:
        """(bound - value) / bound."""
        return self.selection.gap

    @property
    def status(self) -> str:
        """How the search ended, as ``Selection`` says it."""
        return self.selection.status

    @property
    def seconds(self) -> float:
        """Wall time."""
        return self.selection.seconds

    def hanging_on(self, edge: int) -> tuple[int, ...]:
        """Return the chosen options that lose their link when this edge is cut."""
        return tuple(o for o, path in zip(self.selection.chosen, self.paths, strict=True) if edge in path)


def _expect(name: str, found: int, expected: int) -> None:
    if found != expected:
        raise PlanError("network_shape", name=name, found=found, expected=expected)


def _check(problem: NetworkProblem) -> None:
    n_edges, n_options = problem.n_edges, problem.base.n_options
    for name in ("head", "edge_cost_mvnd", "edge_length_m"):
        _expect(name, getattr(problem, name).size, n_edges)
    _expect("edge_kind", len(problem.edge_kind), n_edges)
    _expect("option_node", problem.option_node.size, n_options)
    for name in ("tail", "head"):
        ends = getattr(problem, name)
        bad = np.flatnonzero((ends < 0) | (ends >= problem.n_nodes))
        if bad.size:
            raise PlanError("network_node", name=name, row=int(bad[0]), value=int(ends[bad[0]]), count=problem.n_nodes)
    bad = np.flatnonzero((problem.option_node < UNLINKED) | (problem.option_node >= problem.n_nodes))
    if bad.size:
        raise PlanError("network_node", name="option_node", row=int(bad[0]), value=int(problem.option_node[bad[0]]),
                        count=problem.n_nodes)
    for row, kind in enumerate(problem.edge_kind):
        if kind not in KINDS:
            raise PlanError("network_edge_kind", row=row, value=kind, known=", ".join(KINDS))
        if kind == "existing" and problem.edge_cost_mvnd[row] != 0:
            raise PlanError("network_existing", row=row, value=float(problem.edge_cost_mvnd[row]))
    if problem.max_hops < 0:
        raise PlanError("network_hops", value=problem.max_hops)
    if (problem.capacity_mbps is None) != (problem.demand_mbps is None):
        raise PlanError("network_capacity_half")
    for name, expected, kinds in (
        ("edge_cost_mvnd", n_edges, None), ("edge_length_m", n_edges, None), ("demand_mbps", n_options, None),
        ("capacity_mbps", n_edges, "microwave"),
    ):
        _expect_numbers(problem, name, expected, kinds)
    if problem.base.outlay_mvnd is not None:
        raise PlanError("network_years")


def _expect_numbers(problem: NetworkProblem, name: str, expected: int, only: str | None) -> None:
    values = getattr(problem, name)
    if values is None:
        return
    _expect(name, values.size, expected)
    bad = np.isnan(values) | (values < 0) | (np.isinf(values) & (name != "capacity_mbps"))
    if only is not None:
        bad &= np.array([kind == only for kind in problem.edge_kind], dtype=bool)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise PlanError("network_price", name=name, row=row, value=float(values[row]), count=int(bad.sum()))


def edges_cost(problem: NetworkProblem, edges: Iterable[int]) -> float:
    """Return the State outlay of the edges, million VND, each paid once."""
    return math.fsum(problem.edge_cost_mvnd[e] for e in set(edges))


def edges_length(problem: NetworkProblem, edges: Iterable[int]) -> float:
    """Return the length to be laid or linked, metres; existing fibre adds nothing."""
    return math.fsum(problem.edge_length_m[e] for e in set(edges) if problem.edge_kind[e] != "existing")


def uplink_paths(
    problem: NetworkProblem, chosen: Iterable[int], uplink: Mapping[int, int]
) -> dict[int, tuple[int, ...]]:
    """Return per option the edges from its node to a root along the uplinks (node -> edge).

    Raises
    ------
    PlanError
        "network_broken" where an uplink is missing or goes round in a circle.
    """
    paths: dict[int, tuple[int, ...]] = {}
    for option in chosen:
        node = int(problem.option_node[option])
        path: list[int] = []
        while node != UNLINKED and not problem.root[node]:
            edge = uplink.get(node)
            if edge is None or len(path) > problem.n_nodes:
                raise PlanError("network_broken", option=problem.base.option_ids[option], node=node)
            path.append(edge)
            node = int(problem.head[edge]) if problem.tail[edge] == node else int(problem.tail[edge])
        paths[int(option)] = tuple(path)
    return paths


def fault_of(problem: NetworkProblem, paths: Mapping[int, tuple[int, ...]]) -> str:
    """Return what is wrong with options and their paths, checked from scratch: '' when it can be built.

    Looks at must-haves, groups, money of sites and network together, the order fibre then microwave seen from the
    root, the number of hops, the load of microwave edges, one uplink per node.
    """
    chosen = sorted(paths)
    if not feasible(problem.base, chosen):
        return "options"
    load: dict[int, float] = {}
    uplink: dict[int, int] = {}
    for option, path in paths.items():
        node, hops, wired = int(problem.option_node[option]), 0, False
        for edge in path:
            if node not in (problem.tail[edge], problem.head[edge]) or uplink.setdefault(node, edge) != edge:
                return "uplink"
            node = int(problem.tail[edge] + problem.head[edge] - node)
            if problem.edge_kind[edge] == "microwave":
                hops += 1
                load[edge] = load.get(edge, 0.0) + float(
                    0.0 if problem.demand_mbps is None else problem.demand_mbps[option])
                if wired:
                    return "fibre behind microwave"
            else:
                wired = True
        if hops > problem.max_hops:
            return "hops"
        if node != UNLINKED and not problem.root[node]:
            return "not linked"
    if problem.capacity_mbps is not None and any(
        load[e] > problem.capacity_mbps[e] * (1 + MONEY_TOLERANCE) for e in load
    ):
        return "capacity"
    spent = plan_cost(problem.base, chosen) + edges_cost(problem, {e for path in paths.values() for e in path})
    return "money" if spent > problem.base.budget_mvnd * (1 + MONEY_TOLERANCE) else ""
