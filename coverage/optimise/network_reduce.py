"""Options that no good plan needs, found before the search.

An option is needless when another place serves all it serves, whichever option is built there, for less money with a
way of its own than the option costs without its links: put in its stead, the plan loses nobody and saves money.
"""

import numpy as np
from numpy.typing import NDArray

from coverage.optimise.network_core import Core, make_core, make_field
from coverage.optimise.network_moves import clear, new_trees, survey
from coverage.optimise.network_problem import NetworkProblem

LARGEST = 20_000    # options compared pair by pair, site by site
LESS = 1e-9         # relative: dearer by less is not dearer


def needless_options(problem: NetworkProblem) -> NDArray[np.bool_]:
    """Return (n_options,) True for options that another place always stands in for; none where groups bind sites."""
    out = np.zeros(problem.base.n_options, bool)
    if problem.base.exclusive:
        return out
    core = make_core(problem)
    if not 0 < core.n_options <= LARGEST:
        return out
    own, alone = core.price_mvnd, core.price_mvnd + _link_alone(core)
    site = problem.base.site[core.option]
    rows = core.rows.astype(np.float64)
    size = np.diff(core.rows.indptr)
    found = np.zeros(core.n_options, bool)
    for place in np.unique(site):
        there = np.flatnonzero(site == place)
        held = np.asarray((rows @ rows[there].T).todense()) >= size[:, None]    # all the option serves is served there
        cheaper = alone[there] < own[:, None] * (1 - LESS)
        elsewhere = held.all(axis=1) & cheaper.any(axis=1)
        found |= np.where(site == place, (held & cheaper).any(axis=1), elsewhere)
    out[core.option[found & ~core.required]] = True
    return out


def _link_alone(core: Core) -> NDArray[np.float64]:
    """Return what linking each option alone costs; by fibre alone where hops carry only so much."""
    field, graph = make_field(core), core.graph
    trees = new_trees(field, graph.n_states)
    clear(field, trees, graph.at_root)
    survey(field, trees, np.inf)
    dist = np.asarray(trees.dist)[:graph.n_layers * graph.n_nodes].reshape(graph.n_layers, graph.n_nodes)
    best = dist.min(axis=0) if core.problem.capacity_mbps is None else dist[0]
    linked = np.append(np.where(graph.at_root, 0.0, best), 0.0)
    return np.asarray(linked[core.node])    # node -1 reads the last: no link needed
