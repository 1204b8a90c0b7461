"""The covering model as HiGHS takes it, and one guarded call of the solver."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from coverage.compute import Progress
from coverage.errors import PlanError
from coverage.optimise.reduce import Core

Offer = Callable[[NDArray[np.bool_]], None]


@dataclass(frozen=True, eq=False)
class Linear:
    """Minimise cost @ z under low <= A z <= high, 0 <= z <= upper; the first ``n_binary`` columns are 0 or 1."""

    cost: NDArray[np.float64]
    matrix: Any
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    upper: NDArray[np.float64]
    n_binary: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS says: the best point (None without one), a proven lower bound, and how it ended.

    ``ended`` is 'solved', 'infeasible', 'time_limit' or 'cancelled'.
    """

    point: NDArray[np.float64] | None
    bound: float
    ended: str


def people_objective(core: Core) -> NDArray[np.float64]:
    """Return minus the people of (options, classes): what the covering columns of ``covering`` gain."""
    return np.concatenate([np.zeros(core.n_options), -core.weight])


def covering(core: Core, objective: NDArray[np.float64]) -> Linear:
    """Return the covering model: columns are options, then classes; rows are classes, resources, groups."""
    n, m = core.n_options, core.n_classes
    finite = np.isfinite(core.limit)
    scale = np.where(finite & (core.limit > 0), 1000.0 / np.maximum(core.limit, 1e-300), 1.0)
    money = sp.csr_array((core.used * scale).T[finite])
    blocks = [
        sp.hstack([-core.columns.astype(np.float64), sp.eye_array(m)]),
        sp.hstack([money, sp.csr_array((money.shape[0], m))]),
        sp.hstack([core.groups.astype(np.float64), sp.csr_array((core.groups.shape[0], m))]),
    ]
    high = np.concatenate([np.zeros(m), (core.limit * scale)[finite], np.ones(core.groups.shape[0])])
    return Linear(objective, sp.csr_array(sp.vstack(blocks)), np.full(high.size, -np.inf), high, np.ones(n + m), n)


def with_row(model: Linear, row: NDArray[np.float64], low: float, high: float) -> Linear:
    """Return the model with one more row."""
    return Linear(
        model.cost, sp.csr_array(sp.vstack([model.matrix, sp.csr_array(row[None, :])])),
        np.append(model.low, low), np.append(model.high, high), model.upper, model.n_binary,
    )


def run(  # noqa: PLR0913 - the solver's few knobs, all by name
    model: Linear,
    *,
    start: NDArray[np.float64] | None = None,
    deadline: float,
    relative_gap: float = 0.0,
    absolute_gap: float = 0.0,
    relaxed: bool = False,
    nodes: int = 0,
    seed: int = 0,
    stage: str = "highs",
    progress: Progress,
) -> Answer:
    """Solve with HiGHS on one thread until optimal, the gaps, the deadline (time.monotonic) or a cancel."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    options: dict[str, Any] = {
        "threads": 1, "random_seed": seed, "mip_rel_gap": relative_gap, "mip_abs_gap": absolute_gap,
        "mip_feasibility_tolerance": 1e-9, "time_limit": max(0.01, deadline - time.monotonic()),
    }
    if nodes:
        options["mip_max_nodes"] = nodes
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(highs_lp(model, relaxed=relaxed))
    if start is not None and not relaxed:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solution.value_valid = True
        solver.setSolution(solution)
    stopped: list[bool] = []

    def interrupt(event: Any) -> None:
        if not stopped and progress(stage, 0, 0) is False:
            stopped.append(True)
        if stopped or time.monotonic() > deadline:
            event.interrupt()

    for hook in (solver.cbMipInterrupt, solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        hook.subscribe(interrupt)
    solver.run()
    return _answer(solver, cancelled=bool(stopped), relaxed=relaxed)


def highs_lp(model: Linear, *, relaxed: bool) -> Any:
    """Return the model as HiGHS takes it; ``relaxed`` leaves all columns continuous."""
    columns = sp.csc_array(model.matrix)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.cost.size, model.high.size
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, np.zeros(model.cost.size), model.upper
    lp.row_lower_, lp.row_upper_ = model.low, model.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = columns.indptr, columns.indices
    lp.a_matrix_.value_ = columns.data
    if not relaxed:
        kinds = [highspy.HighsVarType.kInteger] * model.n_binary
        lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * (model.cost.size - model.n_binary)
    return lp


def _answer(solver: Any, *, cancelled: bool, relaxed: bool) -> Answer:
    status, info = solver.getModelStatus(), solver.getInfo()
    kinds = highspy.HighsModelStatus
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Answer(None, np.inf, "infeasible")
    if status in (kinds.kSolveError, kinds.kModelError, kinds.kPresolveError, kinds.kPostsolveError):
        raise PlanError("plan_solver", status=solver.modelStatusToString(status))
    ended = "solved" if status in (kinds.kOptimal, kinds.kModelEmpty) else "time_limit"
    if cancelled:
        ended = "cancelled"
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    point = np.asarray(solver.getSolution().col_value, dtype=np.float64) if has_point else None
    if not relaxed:
        return Answer(point, float(info.mip_dual_bound), ended)
    return Answer(point, float(info.objective_function_value) if ended == "solved" else -np.inf, ended)


def with_columns(model: Linear, upper: NDArray[np.float64]) -> Linear:
    """Return the model with more continuous columns 0..upper, free of cost and in no row yet."""
    return Linear(
        np.concatenate([model.cost, np.zeros(upper.size)]),
        sp.csr_array(sp.hstack([model.matrix, sp.csr_array((model.matrix.shape[0], upper.size))])),
        model.low, model.high, np.concatenate([model.upper, upper]), model.n_binary,
    )


@dataclass(frozen=True, eq=False)
class Aim:
    """One objective of several: minimise ``cost`` @ z, then hold it within ``slack`` of what was reached."""

    name: str
    cost: NDArray[np.float64]
    slack: float
    relative_gap: float = 0.0
    absolute_gap: float = 0.0
    nodes: int = 0


@dataclass(frozen=True, eq=False)
class Reached:
    """The last point found, and per aim what it reached and the proven lower bound; ``ended`` as in Answer."""

    point: NDArray[np.float64] | None
    value: tuple[float, ...]
    bound: tuple[float, ...]
    ended: str


def in_turn(
    model: Linear, aims: list[Aim], *, start: NDArray[np.float64] | None, deadline: float, seed: int,
    progress: Progress,
) -> Reached:
    """Minimise the aims strictly in order; stops early at the deadline or a cancel, keeping the point."""
    point, values, bounds, ended = start, [], [], "solved"
    for aim in aims:
        answer = run(
            Linear(aim.cost, model.matrix, model.low, model.high, model.upper, model.n_binary), start=point,
            deadline=deadline, relative_gap=aim.relative_gap, absolute_gap=aim.absolute_gap, nodes=aim.nodes,
            seed=seed, stage=aim.name, progress=progress,
        )
        point = answer.point if answer.point is not None else point
        values.append(float(aim.cost @ point) if point is not None else np.inf)
        bounds.append(answer.bound)
        ended = answer.ended if answer.ended != "time_limit" or not aim.nodes else ended
        if answer.ended in ("infeasible", "cancelled") or time.monotonic() > deadline:
            return Reached(point, tuple(values), tuple(bounds), answer.ended)
        model = with_row(model, aim.cost, -np.inf, values[-1] + aim.slack)
    return Reached(point, tuple(values), tuple(bounds), ended)
