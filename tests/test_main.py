"""The command line: from a pack to a hand-in folder, with exit codes and faults of one line."""

import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from coverage.__main__ import main
from geodata.sample import make_sample

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("pack") / "mau")


def _one_line(text: str) -> bool:
    return text.startswith("Lỗi: ") and len(text.strip().splitlines()) == 1


def test_from_pack_to_hand_in(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ho_so"
    assert main(["run", str(pack), "--out", str(out), "--no-areas", "--also", "bang-rong"]) == 0
    said = capsys.readouterr().out
    assert "trắng sóng" in said
    assert "không phương án nào" in said
    assert (out / "manifest.json").is_file()
    book = next(out.glob("*.xlsx"))
    assert "Băng rộng cố định" in openpyxl.load_workbook(book, read_only=True).sheetnames


def test_a_folder_that_is_no_pack_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert _one_line(capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_a_budget_of_zero_is_said_in_one_line(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "a.toml"
    scenario.write_text("budgets_mvnd = [0]", encoding="utf-8")
    assert main(["run", str(pack), "--scenario", str(scenario), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert _one_line(error)
    assert "số dương" in error
    assert not (tmp_path / "out").exists()


def test_a_budget_below_every_price_writes_nothing(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "a.toml"
    scenario.write_text("budgets_mvnd = [1]", encoding="utf-8")
    code = main(["run", str(pack), "--scenario", str(scenario), "--out", str(tmp_path / "out"), "--no-areas"])
    assert code == 1
    assert "Lỗi: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_misspelt_command_exits_with_2() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["runn"])
    assert stop.value.code == 2


def test_it_runs_as_a_module() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "coverage", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert "gói dữ liệu" in result.stdout
