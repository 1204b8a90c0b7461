"""Seeded site + network instances, and a table of what each way reaches on them.

``make_network(4, 200)`` puts the sites of i4_200 and a few points of presence on a graph of about 1,600 candidate
edges: fibre along winding roads to near neighbours, microwave where there happens to be sight.
Run: ``python -m benchmarks.network 4 200 60 peers``.
"""

import sys
import time
from dataclasses import replace

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist, squareform

from benchmarks.instances import CELL_KM, _populated_cells, make_instance
from coverage.compute import silent
from coverage.optimise.model import run
from coverage.optimise.network import NetworkProblem, solve_network
from coverage.optimise.network_bound import covering
from coverage.optimise.network_core import make_core
from coverage.optimise.network_exact import _with_loads, prove

FIBRE_MVND_PER_KM = 130.0
HOP_MVND = (200.0, 350.0)
LONGEST_HOP_KM = 15.0
BUDGET_SHARE = 0.05  # of the price of all options: at 0.1 nearly everybody is served


def _edges(xy_km, n_edges, rng):
    """Return tail, head, kind, cost, length of fibre to five near neighbours and of microwave up to ``n_edges``."""
    tree = cKDTree(xy_km)
    near = tree.query(xy_km, k=6)[1]
    backbone = minimum_spanning_tree(squareform(pdist(xy_km))).tocoo()
    fibre = sorted({(min(u, v), max(u, v)) for u, row in enumerate(near.tolist()) for v in row[1:]}
                   | {(min(u, v), max(u, v)) for u, v in zip(*backbone.coords, strict=True)})
    pairs = sorted(tuple(sorted(pair)) for pair in tree.query_pairs(LONGEST_HOP_KM))
    hops = [pairs[i] for i in np.sort(rng.choice(len(pairs), n_edges - len(fibre), replace=False))]
    ends = np.array(fibre + hops)
    air_km = np.hypot(*(xy_km[ends[:, 0]] - xy_km[ends[:, 1]]).T)
    winding = rng.uniform(1.2, 1.9, len(ends))
    is_fibre = np.arange(len(ends)) < len(fibre)
    length = np.round(np.where(is_fibre, air_km * winding, air_km) * 1000)
    cost = np.where(is_fibre, length / 1000 * FIBRE_MVND_PER_KM, rng.uniform(*HOP_MVND, len(ends)))
    kind = tuple("fibre" if flag else "microwave" for flag in is_fibre)
    return ends[:, 0], ends[:, 1], kind, np.round(cost, 1), length


def make_network(power: int, n_sites: int, *, seed: int = 1, max_hops: int = 3) -> NetworkProblem:
    """Return the instance over i<power>_<n_sites>: n_sites / 64 points of presence (three at least)."""
    base = make_instance(power, n_sites, seed=seed, budget_share=BUDGET_SHARE)
    rng = np.random.default_rng([seed, power, n_sites])
    x, y, people, _ = _populated_cells(10**power, rng)
    cells = rng.choice(x.size, n_sites, replace=False)
    assert CELL_KM > 0
    rng = np.random.default_rng([seed, power, n_sites, 7])
    n_roots = max(3, n_sites // 62)
    towns = rng.choice(x.size, n_roots, replace=False, p=people / people.sum())
    where = np.concatenate([cells, towns])
    tail, head, kind, cost, length = _edges(np.column_stack([x[where], y[where]]).astype(float),
                                            round(8.16 * n_sites) if n_sites < 500 else round(9.226 * n_sites), rng)
    root = np.zeros(where.size, bool)
    root[n_sites:] = True
    return NetworkProblem(
        base=base, option_node=np.asarray(base.site), tail=tail, head=head, edge_kind=kind, edge_cost_mvnd=cost,
        edge_length_m=length, root=root, max_hops=max_hops,
    )


def say(name, way, begun, people, bound):
    gap = 100 * (bound - people) / bound
    print(f"{name} | {way} | {people:,.0f} | {bound:,.0f} | {gap:.2f} % | {time.monotonic() - begun:.0f} s", flush=True)


def flow_model(problem, seconds):
    """Give the whole model with one flow to all sites to HiGHS; return people and ceiling."""
    loaded = replace(problem, capacity_mbps=np.full(problem.n_edges, np.inf),
                     demand_mbps=np.ones(problem.base.n_options))
    core = make_core(loaded)
    model = _with_loads(core, covering(core, np.arange(core.n_classes), core.weight))
    answer = run(model, deadline=time.monotonic() + seconds, progress=silent)
    return 0.0 if answer.point is None else -float(model.cost @ answer.point), -answer.bound


def cut_model(problem, seconds):
    """Cut sets in the relaxation, then HiGHS again and again; returns people and ceiling."""
    core = make_core(problem)
    proof = prove(core, deadline=time.monotonic() + seconds, gap=0.0, seed=0, progress=silent)
    people = 0.0 if proof.chosen is None else float(core.weight[np.asarray(core.columns @ proof.chosen) > 0].sum())
    return people, proof.bound


def main() -> None:
    power, n_sites, seconds = (int(v) for v in sys.argv[1:4])
    problem, name = make_network(power, n_sites), f"i{power}_{n_sites}"
    print(f"{name}: {problem.n_nodes} nodes, {problem.n_edges} edges")
    solve_network(make_network(3, 20), time_limit_s=5)  # compiles the kernels
    begun = time.monotonic()
    plan = solve_network(problem, time_limit_s=seconds)
    say(name, "solve_network", begun, plan.selection.value, plan.bound)
    print(f"network {plan.network_cost_mvnd:,.0f} of {plan.selection.cost_mvnd:,.0f} million VND, "
          f"{len(plan.edges)} edges, {plan.length_m / 1000:.0f} km")
    if "peers" in sys.argv:
        for way in (cut_model, flow_model):
            begun = time.monotonic()
            say(name, way.__name__, begun, *way(problem, seconds))


if __name__ == "__main__":
    main()
