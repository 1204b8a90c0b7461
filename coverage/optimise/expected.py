"""Expected people as a plain covering problem: one layer of demand per level of the probability of service.

With the best server, a point of p people gains p * (max_j P_j - P_before). Sorted levels P_1 < P_2 < ... above
P_before give layers of p * (P_k - P_{k-1}) people, each served by the options with P_j >= P_k: the sum of the layers
served is the gain exactly, whatever is chosen (the layer construction of gradual covering; Berman and Krass 2002).
"""

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.errors import PlanError
from coverage.optimise.problem import Problem


def expected_problem(
    problem: Problem, probability: Any, before: NDArray[np.float64], *, step: float = 0.0
) -> tuple[Problem, NDArray[np.intp]]:
    """Return the problem whose people are expected people, and the demand point of each of its layers.

    Parameters
    ----------
    probability : (n_options, n_demand) sparse, probability that the option serves the point.
    before : (n_demand,) probability that the point is served without any option.
    step : levels are rounded down to multiples of this, so expected people are understated by less than ``step`` of
        the people; 0 = every level as given.

    Raises
    ------
    PlanError
        When a probability lies outside 0..1.
    """
    table = sp.coo_array(probability)
    before = np.asarray(before, np.float64)
    for name, values in (("probability", table.data), ("before", before)):
        if not ((values >= 0) & (values <= 1)).all():
            raise PlanError("plan_probability", name=name, count=int((~((values >= 0) & (values <= 1))).sum()))
    option, point = table.coords[0], table.coords[1]
    level = np.floor(table.data / step + 1e-9) * step if step else table.data
    useful = (level > before[point]) & ~problem.served_before[point] & (problem.people[point] > 0)
    option, point, level = option[useful], point[useful], level[useful]
    order = np.lexsort((level, point))
    option, point, level = option[order], point[order], level[order]
    new = np.append([True], (point[1:] != point[:-1]) | (level[1:] != level[:-1]))[: point.size]
    layer = np.cumsum(new) - 1
    layer_point, layer_level = point[new], level[new]
    first = np.append([True], layer_point[1:] != layer_point[:-1])[: layer_point.size]
    below = np.where(first, before[layer_point], np.append([0.0], layer_level[:-1])[: layer_level.size])
    # an option at layer r of its point serves the layers from the point's first one up to r
    head = np.maximum.accumulate(np.where(first, np.arange(first.size), 0))
    depth = layer - head[layer] + 1
    rows = np.repeat(option, depth)
    steps = np.arange(depth.sum()) - np.repeat(np.cumsum(depth) - depth, depth)
    columns = np.repeat(head[layer], depth) + steps
    reach = sp.csr_array((np.ones(rows.size, bool), (rows, columns)), shape=(problem.n_options, layer_point.size))
    people = problem.people[layer_point] * (layer_level - below)
    return replace(problem, reach=reach, people=people, served_before=np.zeros(people.size, bool)), layer_point


def expected_people(
    problem: Problem, probability: Any, before: NDArray[np.float64], chosen: tuple[int, ...]
) -> float:
    """Return the expected people gained by a plan, from scratch: best server, less what is served before."""
    dense = sp.csr_array(probability)[list(chosen)].toarray()
    best = np.maximum(dense.max(axis=0, initial=0.0), before)
    return float((np.where(problem.served_before, 0.0, problem.people) * (best - before)).sum())
