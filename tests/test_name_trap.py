"""Our package is called coverage, and numba asks for a module of that name: both must live (decision 0001)."""

import subprocess
import sys
from pathlib import Path

import coverage

ROOT = Path(__file__).resolve().parents[1]


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True, text=True, check=False,
    )


def test_the_package_is_ours() -> None:
    assert Path(coverage.__file__) == ROOT / "coverage" / "__init__.py"


def test_numba_after_coverage() -> None:
    result = _run("import coverage, numba; print(numba.njit(lambda x: x + 1)(2), coverage.__file__)")
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[0] == "3"


def test_two_threads_importing_cold_both_get_our_package() -> None:
    code = """
import sys, threading
seen = []
def cold():
    import coverage.radio.area_loss
    import coverage
    seen.append(coverage.__file__)
threads = [threading.Thread(target=cold) for _ in range(2)]
[t.start() for t in threads]; [t.join() for t in threads]
assert len(seen) == 2 and len(set(seen)) == 1, seen
assert sys.modules["coverage"].__file__ == seen[0]
"""
    result = _run(code)
    assert result.returncode == 0, result.stderr


def test_libraries_that_pull_numba_in_by_themselves_work_after_coverage() -> None:
    code = "import coverage, libpysal.weights; import numba; print(coverage.__path__)"
    result = _run(code)
    assert result.returncode == 0, result.stderr


def test_no_module_is_named_like_one_of_coverage_py() -> None:
    taken = {"report", "results", "data", "core", "config", "control", "files", "html", "types", "version", "cmdline"}
    ours = {path.stem for path in (ROOT / "coverage").glob("*.py")} | {p.name for p in (ROOT / "coverage").iterdir()}
    assert not taken & ours
