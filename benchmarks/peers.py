# ruff: noqa: PLC0415 - peers are imported where they are used: none is a requirement
"""Side by side: this solver and what people use today, each in its own process on one thread, in one run.

    python benchmarks/peers.py 4_200:60 5_1000:120          # instance:seconds
    python benchmarks/peers.py --ways ours,highs 6_1000:60  # some ways only

spopt knows neither a budget nor options of one site: ``cbc`` builds its MCLP, swaps its row on the number of
sites for the budget and the sites, and solves with its solver (CBC through PuLP).
For this comparison only: pip install ortools pyscipopt spopt.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

ROOT = Path(__file__).resolve().parents[1]
WAYS = ("ours", "highs", "highs_merged", "cpsat", "scip", "cbc")


def by_ours(problem, seconds, gap):
    """Solve with coverage.optimise."""
    from coverage.optimise.exact import solve

    found = solve(problem, time_limit_s=seconds, gap=gap)
    return found.value, found.bound, found.status


def by_highs(problem, seconds, gap, *, merged=False):
    """Solve the plain sparse model with HiGHS; ``merged``: cells of the same covering set made one first."""
    from coverage.compute import silent
    from coverage.optimise.model import covering, people_objective, run
    from coverage.optimise.reduce import Core, reduce

    core = reduce(problem) if merged else Core(
        rows=sp.csr_array(problem.reach), columns=sp.csr_array(problem.reach.T), weight=problem.people,
        zone=np.zeros(problem.n_demand, np.int32), used=problem.cost_mvnd[:, None],
        limit=np.array([problem.budget_mvnd]), length_m=np.zeros(problem.n_options), groups=_site_rows(problem),
        option=np.arange(problem.n_options), fixed=(), gained=0.0, unit=1.0,
    )
    answer = run(covering(core, people_objective(core)), deadline=time.monotonic() + seconds, relative_gap=gap,
                 progress=silent)
    value = 0.0 if answer.point is None else _value(problem, core.option[answer.point[: core.n_options] > 0.5])
    return value, -answer.bound, answer.ended


def _site_rows(problem):
    return sp.csr_array((np.ones(problem.n_options), (problem.site, np.arange(problem.n_options))))


def _value(problem, chosen):
    from coverage.optimise.problem import covered_people

    return covered_people(problem, [int(i) for i in chosen])


def by_cpsat(problem, seconds, gap):
    """Solve with OR-Tools CP-SAT."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(problem.n_options)]
    columns = sp.csr_array(problem.reach.T)
    terms = []
    for i in range(problem.n_demand):
        options = columns.indices[columns.indptr[i]:columns.indptr[i + 1]]
        if options.size:
            y = model.new_bool_var("")
            model.add_bool_or([x[o] for o in options] + [y.negated()])
            terms.append((y, int(problem.people[i])))
    model.add(sum(int(c) * v for c, v in zip(problem.cost_mvnd, x, strict=True)) <= int(problem.budget_mvnd))
    for site in np.unique(problem.site):
        model.add_at_most_one(x[o] for o in np.flatnonzero(problem.site == site))
    model.maximize(sum(w * y for y, w in terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_time_in_seconds = 1, seconds
    solver.parameters.relative_gap_limit = gap
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver.objective_value if found else 0.0), solver.best_objective_bound, solver.status_name(status)


def by_scip(problem, seconds, gap):
    """Solve with PySCIPOpt."""
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    model.setParam("limits/time", seconds)
    model.setParam("limits/gap", gap)
    x = [model.addVar(vtype="B") for _ in range(problem.n_options)]
    columns, terms = sp.csr_array(problem.reach.T), []
    for i in range(problem.n_demand):
        options = columns.indices[columns.indptr[i]:columns.indptr[i + 1]]
        if options.size:
            y = model.addVar(ub=1.0, obj=float(problem.people[i]))
            model.addCons(y <= quicksum(x[o] for o in options))
            terms.append(y)
    model.setMaximize()
    model.addCons(quicksum(float(c) * v for c, v in zip(problem.cost_mvnd, x, strict=True)) <= problem.budget_mvnd)
    for site in np.unique(problem.site):
        model.addCons(quicksum(x[o] for o in np.flatnonzero(problem.site == site)) <= 1)
    model.optimize()
    return (model.getObjVal() if model.getNSols() else 0.0), model.getDualbound(), model.getStatus()


def by_cbc(problem, seconds, gap):
    """Solve with spopt's model (its MCLP, plus the budget and sites it lacks) and its solver, CBC through PuLP."""
    import pulp
    from spopt.locate import MCLP

    started = time.monotonic()
    dense = np.where(problem.reach.toarray().T, 0.0, 9.0)  # spopt wants a dense cost matrix
    mclp = MCLP.from_cost_matrix(dense, problem.people, service_radius=1.0, p_facilities=problem.n_options)
    model = mclp.problem
    # p is not our limit: drop its row, add money and sites
    for name in [n for n in model.constraints if n.startswith("_C")]:
        if len(model.constraints[name]) == problem.n_options:
            del model.constraints[name]
    x = mclp.fac_vars
    model += pulp.lpSum(float(c) * v for c, v in zip(problem.cost_mvnd, x, strict=True)) <= problem.budget_mvnd
    for site in np.unique(problem.site):
        model += pulp.lpSum(x[o] for o in np.flatnonzero(problem.site == site)) <= 1
    left = max(1.0, seconds - (time.monotonic() - started))
    model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=left, gapRel=gap, threads=1))
    chosen = [o for o, v in enumerate(x) if (v.value() or 0) > 0.5]
    spent = problem.cost_mvnd[chosen].sum()
    value = _value(problem, chosen) if spent <= problem.budget_mvnd + 1e-6 else 0.0
    return value, float("nan"), pulp.LpStatus[model.status]


def one(way, name, seconds, gap):
    """Run one way on one instance in this process and print a line of JSON."""
    sys.path.insert(0, str(ROOT))
    import coverage  # noqa: F401 - numba's stub first
    from benchmarks.instances import make_instance

    power, sites = map(int, name.split("_"))
    if way == "ours":
        from coverage.optimise.exact import solve
        solve(make_instance(3, 20), gap=0.01)  # loads the compiled code
    problem = make_instance(power, sites)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.monotonic(), time.process_time()
    function = {"ours": by_ours, "highs": by_highs, "cpsat": by_cpsat, "scip": by_scip, "cbc": by_cbc,
                "highs_merged": lambda *a: by_highs(*a, merged=True)}[way]
    value, bound, status = function(problem, seconds, gap)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({
        "instance": name, "way": way, "wall_s": time.monotonic() - wall,
        "cpu_s": time.process_time() - cpu + children.ru_utime, "value": value, "bound": bound, "status": str(status),
        "instance_mb": before,
        "peak_mb": max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children.ru_maxrss) / 1024,
    }))


def main():
    """Run every way on every instance, each in a fresh process, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", nargs="*", default=["4_200:60"])
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        way, name, seconds = given.one.split(":")
        one(way, name, float(seconds), given.gap)
        return
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    print("| instance | way | wall s | cpu s | people | bound | gap % | status | peak MB (instance) |")
    print("|---" * 9 + "|")
    for item in given.instances:
        name, seconds = item.split(":")
        for way in given.ways.split(","):
            done = subprocess.run(
                [sys.executable, __file__, "--one", f"{way}:{name}:{seconds}", "--gap", str(given.gap)],
                capture_output=True, text=True, env=environment, timeout=4 * float(seconds) + 300, check=False,
            )
            if done.returncode:
                print(f"| {name} | {way} | failed: {done.stderr.strip().splitlines()[-1][:90]} |", flush=True)
                continue
            row = json.loads(done.stdout.splitlines()[-1])
            gap = 100 * (row["bound"] - row["value"]) / row["bound"]
            print(f"| i{name} | {way} | {row['wall_s']:.1f} | {row['cpu_s']:.1f} | {row['value']:,.0f} | "
                  f"{row['bound']:,.0f} | {gap:.3f} | {row['status']} | "
                  f"{row['peak_mb']:.0f} ({row['instance_mb']:.0f}) |", flush=True)


if __name__ == "__main__":
    main()
