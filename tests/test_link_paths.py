"""Cheapest ways and what is left out of the candidate network, against brute force on small random graphs."""

import itertools
import math
from collections.abc import Sequence

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.siting.link_paths import Network, cheapest_ways
from coverage.siting.link_wires import ROAD, Wire, thin

_EDGES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9), st.booleans()), max_size=11)


@settings(max_examples=150)
@given(_EDGES, st.sets(st.integers(0, 6), min_size=1, max_size=2), st.sets(st.integers(0, 6)), st.integers(0, 3))
def test_cheapest_ways_equal_brute_force(
    edges: list[tuple[int, int, int, bool]], roots: set[int], masts: set[int], hops: int,
) -> None:
    """All simple paths of networkx: hops first as seen from the node, then fibre; hops go on from masts and roots."""
    tail, head, cost, hop = (np.array([e[k] for e in edges]) for k in range(4))
    root, relay = (np.isin(np.arange(7), list(s)) for s in (roots, masts))
    net = Network(tail.astype(np.intp), head.astype(np.intp), hop.astype(bool), cost.astype(float),
                  np.zeros(len(edges)), root, relay)
    found = cheapest_ways(net, hops)
    whole = nx.MultiGraph()
    whole.add_nodes_from(range(7))
    whole.add_edges_from((u, v, key) for key, (u, v, *_) in enumerate(edges))
    for node in range(7):
        best = 0.0 if root[node] else math.inf
        for path in (p for r in roots - {node} for p in nx.all_simple_edge_paths(whole, node, r)):
            kinds = [bool(hop[key]) for _, _, key in path]
            count = sum(kinds)
            feeders = [v for (_, v, key) in path[:count]]
            if kinds[:count] == [True] * count and count <= hops and all(relay[v] or root[v] for v in feeders):
                best = min(best, math.fsum(cost[key] for _, _, key in path))
        way = found.path(node)
        assert (way is None) == math.isinf(best)
        if way is not None:
            assert math.fsum(cost[list(way)]) == pytest.approx(best)


def _steiner(edges: Sequence[tuple[int, int, float]], roots: set[int], ends: set[int]) -> float:
    """Return the least cost of edges that connect all ends to a root, by trying every set of edges."""
    best = math.inf
    for count in range(len(edges) + 1):
        for chosen in itertools.combinations(edges, count):
            tree = nx.Graph([(u, v) for u, v, _ in chosen])
            tree.add_nodes_from(roots | ends)
            nx.add_path(tree, sorted(roots))
            if all(any(nx.has_path(tree, e, r) for r in roots) for e in ends):
                best = min(best, math.fsum(c for *_, c in chosen))
    return best


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 9)), max_size=8),
       st.sets(st.integers(0, 1), min_size=1), st.sets(st.integers(2, 5), min_size=1, max_size=3))
def test_what_is_left_out_is_never_missed(
    edges: list[tuple[int, int, int]], roots: set[int], ends: set[int],
) -> None:
    wires = [Wire(u, v, ROAD, float(c), 1.0, float(c)) for u, v, c in edges]
    root, wanted = (np.isin(np.arange(6), list(s)) for s in (roots, ends))
    left = [(w.tail, w.head, w.mvnd) for w in thin(wires, root, wanted)]
    for count in range(1, len(ends) + 1):
        for some in itertools.combinations(sorted(ends), count):
            whole = _steiner([(u, v, float(c)) for u, v, c in edges], roots, set(some))
            assert _steiner(left, roots, set(some)) == whole
