# ruff: noqa: ANN001, ANN201, ANN202 - numba infers the types of the kernels
"""A plan in the making as compiled kernels keep it: options, the people they serve, and the trees that link them.

Every linked node has one uplink arc and a layer (microwave hops since fibre). ``dist`` holds, per state of the layered
graph, what it costs to link it to the trees as they stand; a node already linked may be reached again at a lower layer,
which moves its uplink.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROOM = 1e-9  # relative: money and capacity may be passed by the rounding of a sum


class Field(NamedTuple):
    """What does not change: the layered graph, the reach of the options, prices and limits."""

    start: NDArray[np.int64]  # state -> its outgoing arcs
    arc: NDArray[np.int64]
    tail_node: NDArray[np.int64]  # arc -> node it leaves, -1 = the roots
    head: NDArray[np.int64]
    node: NDArray[np.int64]
    cost: NDArray[np.float64]
    hop: NDArray[np.int64]
    capacity: NDArray[np.float64]
    n_nodes: int
    source: int
    row_start: NDArray[np.int64]  # option -> its classes
    row_class: NDArray[np.int64]
    col_start: NDArray[np.int64]  # class -> its options
    col_option: NDArray[np.int64]
    weight: NDArray[np.int64]
    price: NDArray[np.float64]
    at: NDArray[np.int64]  # option -> node to link, -1 = none
    demand: NDArray[np.float64]
    group_start: NDArray[np.int64]
    group_of: NDArray[np.int64]
    budget: float
    limited: bool  # microwave edges have a capacity


class Trees(NamedTuple):
    """What changes; kept right by the kernels below."""

    chosen: NDArray[np.bool_]
    served: NDArray[np.int64]
    gain: NDArray[np.int64]
    taken: NDArray[np.int64]
    uplink: NDArray[np.int64]  # node -> arc, -1 = not linked by an arc
    layer: NDArray[np.int64]  # node -> layer, -1 = not linked
    users: NDArray[np.int64]  # chosen options per node
    money: NDArray[np.float64]  # spent on options, on arcs
    dist: NDArray[np.float64]
    pred: NDArray[np.int64]
    heap_key: NDArray[np.float64]
    heap_state: NDArray[np.int64]


def new_trees(field: Field, n_states: int) -> Trees:
    """Return the empty plan."""
    n_options, n_classes = field.price.size, field.weight.size
    trees = Trees(
        np.zeros(n_options, np.bool_), np.zeros(n_classes, np.int64), np.zeros(n_options, np.int64),
        np.zeros(max(int(field.group_of.max(initial=-1)) + 1, 1), np.int64), np.full(field.n_nodes, -1, np.int64),
        np.full(field.n_nodes, -1, np.int64), np.zeros(field.n_nodes, np.int64), np.zeros(2),
        np.full(n_states, np.inf), np.full(n_states, -1, np.int64),
        np.empty(field.arc.size + n_states + 1), np.empty(field.arc.size + n_states + 1, np.int64),
    )
    for option in range(n_options):
        trees.gain[option] = field.weight[field.row_class[field.row_start[option]:field.row_start[option + 1]]].sum()
    return trees


@njit(cache=True, nogil=True)
def _push(trees, size, key, state):  # type: ignore[no-untyped-def]
    i = size
    while i > 0:
        up = (i - 1) // 2
        if trees.heap_key[up] <= key:
            break
        trees.heap_key[i] = trees.heap_key[up]
        trees.heap_state[i] = trees.heap_state[up]
        i = up
    trees.heap_key[i] = key
    trees.heap_state[i] = state
    return size + 1


@njit(cache=True, nogil=True)
def _pop(trees, size):  # type: ignore[no-untyped-def]
    size -= 1
    key, state = trees.heap_key[size], trees.heap_state[size]
    i = 0
    while True:
        down = 2 * i + 1
        if down >= size:
            break
        if down + 1 < size and trees.heap_key[down + 1] < trees.heap_key[down]:
            down += 1
        if trees.heap_key[down] >= key:
            break
        trees.heap_key[i] = trees.heap_key[down]
        trees.heap_state[i] = trees.heap_state[down]
        i = down
    trees.heap_key[i] = key
    trees.heap_state[i] = state
    return size


@njit(cache=True, nogil=True)
def _outdone(field, trees, s, key):  # type: ignore[no-untyped-def]
    """Tell whether the same node is reached at a lower layer for no more: then this state leads nowhere better."""
    lower = s - field.n_nodes
    while lower >= 0:
        if trees.dist[lower] <= key and s < field.source:
            return True
        lower -= field.n_nodes
    return False


@njit(cache=True, nogil=True)
def _spread(field, trees, size, most):  # type: ignore[no-untyped-def]
    """Settle the states in the heap and what they lead to, up to the distance ``most``; return the entries touched."""
    work = 0
    n = field.n_nodes
    while size > 0:
        key, s = trees.heap_key[0], trees.heap_state[0]
        size = _pop(trees, size)
        if key > trees.dist[s] or _outdone(field, trees, s, key):
            continue
        for i in range(field.start[s], field.start[s + 1]):
            a = field.arc[i]
            v, t = field.node[a], field.head[a]
            work += 1
            new = key + field.cost[a]
            if new >= trees.dist[t] or new > most:
                continue
            if (trees.layer[v] >= 0 and t // n >= trees.layer[v]) or _outdone(field, trees, t, new):
                continue
            trees.dist[t] = new
            trees.pred[t] = a
            size = _push(trees, size, new, t)
    return work


@njit(cache=True, nogil=True)
def survey(field, trees, most):  # type: ignore[no-untyped-def]
    """Find anew what linking each state costs, up to ``most``; return the entries touched."""
    trees.dist[:] = np.inf
    trees.pred[:] = -1
    trees.dist[field.source] = 0.0
    size = _push(trees, 0, 0.0, field.source)
    for v in range(field.n_nodes):
        if trees.layer[v] >= 0:
            s = trees.layer[v] * field.n_nodes + v
            trees.dist[s] = 0.0
            size = _push(trees, size, 0.0, s)
    return _spread(field, trees, size, most) + field.n_nodes


@njit(cache=True, nogil=True)
def nearest_state(field, trees, v):  # type: ignore[no-untyped-def]
    """Return the cheapest state of a node, lower layers first; -1 when out of reach."""
    best, least = -1, np.inf
    for s in range(v, field.source, field.n_nodes):
        if trees.dist[s] < least:
            best, least = s, trees.dist[s]
    return best


@njit(cache=True, nogil=True)
def extra_cost(field, trees, option):  # type: ignore[no-untyped-def]
    """Return what linking an option adds; infinite when out of reach."""
    v = field.at[option]
    if v < 0 or trees.layer[v] >= 0:
        return 0.0
    least = np.inf
    for s in range(v, field.source, field.n_nodes):
        least = min(least, trees.dist[s])
    return least


@njit(cache=True, nogil=True)
def _relayer(field, trees):  # type: ignore[no-untyped-def]
    """Set every layer from the uplinks."""
    for v in range(field.n_nodes):
        if trees.uplink[v] >= 0:
            hops, u = 0, v
            while trees.uplink[u] >= 0:
                hops += field.hop[trees.uplink[u]]
                u = field.tail_node[trees.uplink[u]]
                if u < 0:
                    break
            trees.layer[v] = hops


@njit(cache=True, nogil=True)
def prune(field, trees):  # type: ignore[no-untyped-def]
    """Take away uplinks that carry nobody, and sum up the money of the arcs left; tell whether any went."""
    children = np.zeros(field.n_nodes, np.int64)
    for v in range(field.n_nodes):
        if trees.uplink[v] >= 0 and field.tail_node[trees.uplink[v]] >= 0:
            children[field.tail_node[trees.uplink[v]]] += 1
    went = False
    for first in range(field.n_nodes):
        v = first
        while v >= 0 and trees.uplink[v] >= 0 and children[v] == 0 and trees.users[v] == 0:
            up = field.tail_node[trees.uplink[v]]
            trees.uplink[v] = -1
            trees.layer[v] = -1
            went = True
            if up >= 0:
                children[up] -= 1
            v = up
    spent = 0.0
    for v in range(field.n_nodes):
        if trees.uplink[v] >= 0:
            spent += field.cost[trees.uplink[v]]
    trees.money[1] = spent
    return went


@njit(cache=True, nogil=True)
def overloaded(field, trees):  # type: ignore[no-untyped-def]
    """Tell whether a microwave edge carries more than it can."""
    load = np.zeros(field.n_nodes)
    for option in range(field.price.size):
        if trees.chosen[option]:
            v = field.at[option]
            while v >= 0 and trees.uplink[v] >= 0:
                load[v] += field.demand[option]
                v = field.tail_node[trees.uplink[v]]
    for v in range(field.n_nodes):
        if trees.uplink[v] >= 0 and field.hop[trees.uplink[v]]:
            limit = field.capacity[trees.uplink[v]]
            if load[v] > limit * (1.0 + ROOM):
                return True
    return False


@njit(cache=True, nogil=True)
def link(field, trees, v, most):  # type: ignore[no-untyped-def]
    """Link a node by its cheapest way and bring ``dist`` up to date; return the entries touched."""
    s = nearest_state(field, trees, v)
    size, moved, work = 0, False, 1
    while trees.pred[s] >= 0:
        a = trees.pred[s]
        u = field.node[a]
        moved = moved or trees.layer[u] >= 0
        trees.uplink[u] = a
        trees.layer[u] = s // field.n_nodes
        trees.dist[s] = 0.0
        trees.pred[s] = -1
        size = _push(trees, size, 0.0, s)
        up = field.tail_node[a]
        if up < 0:
            break
        s = (trees.layer[u] - field.hop[a]) * field.n_nodes + up
    if moved:
        _relayer(field, trees)
        prune(field, trees)
        return survey(field, trees, most)
    return work + _spread(field, trees, size, most)


@njit(cache=True, nogil=True)
def shift(field, trees, option, step):  # type: ignore[no-untyped-def]
    """Choose (step 1) or drop (step -1) an option, keeping gains, groups and money right; return the people."""
    trees.chosen[option] = step > 0
    trees.money[0] += step * field.price[option]
    if field.at[option] >= 0:
        trees.users[field.at[option]] += step
    for g in range(field.group_start[option], field.group_start[option + 1]):
        trees.taken[field.group_of[g]] += step
    change = 0
    for a in range(field.row_start[option], field.row_start[option + 1]):
        i = field.row_class[a]
        before = trees.served[i]
        trees.served[i] = before + step
        if before + step == 0 or before == 0:
            change += field.weight[i]
            delta = -step * field.weight[i]
            for b in range(field.col_start[i], field.col_start[i + 1]):
                trees.gain[field.col_option[b]] += delta
    return change


@njit(cache=True, nogil=True)
def free_of_groups(field, trees, option):  # type: ignore[no-untyped-def]
    """Tell whether no group of the option has a member chosen."""
    for g in range(field.group_start[option], field.group_start[option + 1]):
        if trees.taken[field.group_of[g]] > 0:
            return False
    return True


@njit(cache=True, nogil=True)
def put(field, trees, option, most):  # type: ignore[no-untyped-def]
    """Link and choose an option; return (people, entries touched), or (-1, entries) where it cannot be carried or paid.

    Nothing changes when it cannot.
    """
    v, work = field.at[option], 0
    need = v >= 0 and trees.layer[v] < 0
    old_up, old_layer, old_money = trees.uplink.copy(), trees.layer.copy(), trees.money[1]
    if need:
        if nearest_state(field, trees, v) < 0:
            return -1, work
        trees.users[v] += 1  # its own branch must not be pruned meanwhile
        work = link(field, trees, v, most)
        trees.users[v] -= 1
        spent = 0.0
        for u in range(field.n_nodes):
            if trees.uplink[u] >= 0:
                spent += field.cost[trees.uplink[u]]
        trees.money[1] = spent
    trees.chosen[option] = True
    fits = trees.money[0] + field.price[option] + trees.money[1] <= field.budget * (1.0 + ROOM * 0.05)
    if fits and not (field.limited and overloaded(field, trees)):
        return shift(field, trees, option, 1), work
    trees.chosen[option] = False
    if need:
        trees.uplink[:] = old_up
        trees.layer[:] = old_layer
        trees.money[1] = old_money
        work += survey(field, trees, most)
    return -1, work


@njit(cache=True, nogil=True)
def clear(field, trees, roots):  # type: ignore[no-untyped-def]
    """Drop every option and every uplink."""
    for option in range(trees.chosen.size):
        if trees.chosen[option]:
            shift(field, trees, option, -1)
    trees.uplink[:] = -1
    trees.layer[:] = -1
    trees.money[:] = 0.0
    for v in range(field.n_nodes):
        if roots[v]:
            trees.layer[v] = 0


@njit(cache=True, nogil=True)
def lay(field, trees):  # type: ignore[no-untyped-def]
    """Bring layers and money to the uplinks, once options and uplinks are set; uplinks that carry nobody go."""
    _relayer(field, trees)
    prune(field, trees)
