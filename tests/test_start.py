"""start.py: nothing but the standard library, and it installs only when a requirements file has changed."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import start

ROOT = Path(__file__).resolve().parents[1]


def test_it_imports_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert all(m.split(".")[0] in sys.stdlib_module_names for m in modules)


def test_it_installs_once_and_again_when_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n")
    python = tmp_path / "python"
    python.touch()
    calls: list[list[object]] = []
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(start, "PYTHON", python)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: calls.append(command))
    start.prepare("requirements.txt")
    start.prepare("requirements.txt")
    assert len(calls) == 1
    (tmp_path / "requirements.txt").write_text("a==2\n")
    start.prepare("requirements.txt")
    assert len(calls) == 2


def test_a_failed_installation_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "python").touch()
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(start, "PYTHON", tmp_path / "python")

    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(subprocess.CalledProcessError):
        start.prepare("requirements.txt")
    assert not list(tmp_path.glob("installed-*"))


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert start.free_port(port) != port


def test_the_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 start.py\n" in text
    assert "python3 start.py test\n" in text
    assert "python3 start.py test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
