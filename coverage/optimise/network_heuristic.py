# ruff: noqa: ANN001, ANN201, ANN202, NPY002 - numba infers the kernels' types and knows only the old generator
"""A good plan of sites and network fast: greedy that pays for links as it goes, ruin and recreate, trees re-laid.

Effort is counted in entries touched, never in seconds, so that the same input gives the same plan on any machine.
"""

import numpy as np
from numba import njit

from coverage.optimise.network_moves import (
    extra_cost,
    free_of_groups,
    link,
    nearest_state,
    overloaded,
    prune,
    put,
    shift,
    survey,
)

BRANCHES = 0.3  # share of ruins that take what hangs on one branch
MOSTLY = 0.6  # share of refills that go by plain people per money


@njit(cache=True, nogil=True)
def fill(field, trees, pool, taste, power):  # type: ignore[no-untyped-def]
    """Add the option of ``pool`` with most people per money ** power, times taste, until none fits.

    Returns (people won, entries touched). ``trees.dist`` must be up to date to the money left.
    """
    won, work = 0, 0
    banned = np.zeros(field.price.size, np.bool_)
    while True:
        best, best_score = -1, 0.0
        room = field.budget * (1.0 + 0.5e-10) - trees.money[0] - trees.money[1]
        for j in pool:
            if trees.chosen[j] or banned[j] or trees.gain[j] <= 0:
                continue
            cost = field.price[j] + extra_cost(field, trees, j)
            if cost > room:
                continue
            score = trees.gain[j] * taste[j] / max(cost, 1e-9) ** power
            if score > best_score and free_of_groups(field, trees, j):
                best, best_score = j, score
        work += pool.size
        if best < 0:
            return won, work
        people, touched = put(field, trees, best, room)
        work += touched + trees.layer.size
        if people < 0:
            banned[best] = True
        else:
            won += people
            work += 8 * (field.row_start[best + 1] - field.row_start[best])


@njit(cache=True, nogil=True)
def relay(field, trees, noise):  # type: ignore[no-untyped-def]
    """Lay the trees of the chosen options anew, nearest first (Takahashi and Matsuyama); keep them when not dearer.

    ``noise`` (n_nodes,) factors on the distances change the order. Returns the entries touched.
    """
    old_up, old_layer, old_money = trees.uplink.copy(), trees.layer.copy(), trees.money[1]
    for v in range(field.n_nodes):
        if trees.uplink[v] >= 0:
            trees.uplink[v] = -1
            trees.layer[v] = -1
    work = survey(field, trees, np.inf)
    while True:
        best, least = -1, np.inf
        for v in range(field.n_nodes):
            if trees.users[v] > 0 and trees.layer[v] < 0:
                s = nearest_state(field, trees, v)
                if s >= 0 and trees.dist[s] * noise[v] < least:
                    best, least = v, trees.dist[s] * noise[v]
        if best < 0:
            break
        work += link(field, trees, best, np.inf) + field.n_nodes
    prune(field, trees)
    whole = True
    for v in range(field.n_nodes):
        whole = whole and (trees.users[v] == 0 or trees.layer[v] >= 0)
    if not whole or trees.money[1] > old_money or (field.limited and overloaded(field, trees)):
        trees.uplink[:] = old_up
        trees.layer[:] = old_layer
        trees.money[1] = old_money
    return work


@njit(cache=True, nogil=True)
def _above(field, trees, option):  # type: ignore[no-untyped-def]
    """Return a node a few uplinks above an option's."""
    top = field.at[option]
    for _ in range(np.random.randint(1, 6)):
        if top < 0 or trees.uplink[top] < 0 or field.tail_node[trees.uplink[top]] < 0:
            break
        top = field.tail_node[trees.uplink[top]]
    return top


@njit(cache=True, nogil=True)
def _hangs_on(field, trees, option, top):  # type: ignore[no-untyped-def]
    """Tell whether an option's way to the roots leads through a node."""
    v = field.at[option]
    while v >= 0 and v != top:
        v = field.tail_node[trees.uplink[v]] if trees.uplink[v] >= 0 else -1
    return v == top


@njit(cache=True, nogil=True)
def _overlapping(field, trees, option):  # type: ignore[no-untyped-def]
    """Return an option that serves some of the same people, chosen if one is found at once."""
    length = field.row_start[option + 1] - field.row_start[option]
    if length == 0:
        return option
    i = field.row_class[field.row_start[option] + np.random.randint(length)]
    j = field.col_option[field.col_start[i] + np.random.randint(field.col_start[i + 1] - field.col_start[i])]
    if not trees.chosen[j]:  # step through a neighbour to what it overlaps
        i = field.row_class[field.row_start[j] + np.random.randint(field.row_start[j + 1] - field.row_start[j])]
        for b in range(field.col_start[i], field.col_start[i + 1]):
            if trees.chosen[field.col_option[b]]:
                return field.col_option[b]
    return j


@njit(cache=True, nogil=True)
def _pick_ruin(field, trees, order, n_chosen, size, out, fixed):  # type: ignore[no-untyped-def]
    """Write about ``size`` chosen options to ``out``: a random one, others that overlap it or hang on its branch."""
    first = order[np.random.randint(n_chosen)]
    branch = np.random.random() < BRANCHES and field.at[first] >= 0
    top = _above(field, trees, first) if branch else -1
    j, n_out, tries = first, 0, 0
    while n_out < size and tries < 12 * size:
        known = not trees.chosen[j] or fixed[j] or (branch and not _hangs_on(field, trees, j, top))
        for a in range(n_out):
            known = known or out[a] == j
        if not known:
            out[n_out] = j
            n_out += 1
        tries += 1
        anyone = branch or tries % 4 == 0
        j = order[np.random.randint(n_chosen)] if anyone else _overlapping(field, trees, first)
    return n_out


@njit(cache=True, nogil=True)
def _list_chosen(trees, order):  # type: ignore[no-untyped-def]
    """Write the chosen options to ``order``; return how many."""
    n_chosen = 0
    for j in range(trees.chosen.size):
        if trees.chosen[j]:
            order[n_chosen] = j
            n_chosen += 1
    return n_chosen


@njit(cache=True, nogil=True)
def _back_to(field, trees, chosen, uplink, layer, money):  # type: ignore[no-untyped-def]
    """Bring the state back to a plan kept before."""
    for j in range(chosen.size):
        if trees.chosen[j] and not chosen[j]:
            shift(field, trees, j, -1)
    for j in range(chosen.size):
        if chosen[j] and not trees.chosen[j]:
            shift(field, trees, j, 1)
    trees.uplink[:] = uplink
    trees.layer[:] = layer
    trees.money[1] = money


@njit(cache=True, nogil=True)
def ruin_and_recreate(field, trees, pool, fixed, value, best_chosen, best_uplink, best_value, heat, seed, work):  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917 - a kernel's state
    """Drop a few neighbouring options with their branches, refill, keep what is not much worse.

    ``best_chosen`` and ``best_uplink`` are kept up; ``heat``: how far below the best the plan may drift, in units.
    Returns (value, best value, rounds); stops after ``work`` entries touched.
    """
    np.random.seed(seed)
    n_options, n_nodes = field.price.size, field.n_nodes
    out, order = np.empty(n_options, np.int64), np.empty(n_options, np.int64)
    taste, noise = np.ones(n_options), np.ones(n_nodes)
    spent, rounds = 0, 0
    while spent < work:
        rounds += 1
        n_chosen = _list_chosen(trees, order)
        if n_chosen == 0:
            break
        kept, kept_up, kept_layer = trees.chosen.copy(), trees.uplink.copy(), trees.layer.copy()
        kept_money = trees.money[1]
        n_out = _pick_ruin(field, trees, order, n_chosen, min(n_chosen, 1 + int(8.0 * np.random.random() ** 2)), out,
                           fixed)
        new = value
        for a in range(n_out):
            new -= shift(field, trees, out[a], -1)
        prune(field, trees)
        if rounds % 8 == 0:
            for v in range(n_nodes):
                noise[v] = 0.6 + 0.8 * np.random.random()
            spent += relay(field, trees, noise)
        spent += survey(field, trees, field.budget * (1.0 + 0.5e-10) - trees.money[0] - trees.money[1])
        power = 1.0 if np.random.random() < MOSTLY else np.random.random()
        width = 0.3 * np.random.random()
        for j in pool:
            taste[j] = 1.0 + width * (2.0 * np.random.random() - 1.0)
        won, touched = fill(field, trees, pool, taste, power)
        new += won
        spent += touched + 4 * n_options
        if new >= value or new > best_value - heat:
            value = new
            if new > best_value:
                best_value = new
                best_chosen[:] = trees.chosen
                best_uplink[:] = trees.uplink
            continue
        _back_to(field, trees, kept, kept_up, kept_layer, kept_money)
    return value, best_value, rounds
