"""The rules of the house, held by machines: layers, style, types, file sizes, and that the project speaks of itself."""

import ast
import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import coverage.errors
import geodata.errors

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("geodata", "coverage")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _tool(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_import_layers() -> None:
    result = _tool(sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert result.returncode == 0, result.stdout + result.stderr


def test_style() -> None:
    result = _tool(sys.executable, "-m", "ruff", "check", ".")
    assert result.returncode == 0, result.stdout


def test_types() -> None:
    result = _tool(sys.executable, "-m", "mypy")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", list(_sources()), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name}: {length} lines"


def test_imports_stand_at_the_top() -> None:
    for path in _sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))):
            inner = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
            assert not inner, f"{path.name}: import inside {function.name}"


def test_the_app_imports_the_screen_and_streamlit_only() -> None:
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    modules = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    modules |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert all(m == "streamlit" or m.startswith("coverage.ui") for m in modules), modules


def test_tests_are_flat() -> None:
    assert not [p for p in (ROOT / "tests").iterdir() if p.is_dir() and p.name != "__pycache__" and any(p.glob("*.py"))]


def test_every_fault_text_is_complete_and_every_code_used_is_known() -> None:
    codes = set()
    for package in PACKAGES:
        own: set[str] = set()
        lines = (ROOT / package / "faults.csv").read_text(encoding="utf-8")
        for row in csv.DictReader(lines.splitlines()):
            assert None not in row, f"{package}: too many fields in {row['code']}"
            assert all(row[k] for k in ("code", "severity", "message_vi", "message_en")), row
            assert row["code"] not in own, f"{row['code']} twice"
            own.add(row["code"])
        codes |= own
    errors = [n for module in (geodata.errors, coverage.errors) for n in vars(module) if n.endswith("Error")]
    raised = re.compile(rf"\b(?:{'|'.join(errors)}|Cancelled|Finding)\(\s*\"([a-z0-9_]+)\"")
    for path in _sources():
        for code in raised.findall(path.read_text(encoding="utf-8")):
            assert code in codes, f"{path.name} uses {code}, which no faults.csv has"


def test_no_machine_path_and_no_secret_in_the_project() -> None:
    listed = _tool("git", "ls-files").stdout.splitlines()
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".csv", ".txt", ".ipynb", ".yml", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert "/wor" + "k/" not in text, name
            assert "/ro" + "ot/" not in text, name
