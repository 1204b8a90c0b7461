"""Grids larger than the memory: the same results from scratch files, nothing left behind, room asked for beforehand."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from large_grid_case import write_source

from geodata import scratch
from geodata.errors import WriteError
from geodata.scratch import blank

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MB = 80       # writing a COG takes 60 of them, whatever its size; the arrays of the case take 125


def _case(folder: Path, how: str, allowed_mb: int) -> dict[str, str]:
    """Run the case in its own process; return what it printed."""
    (folder / "tam").mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tam")}
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "large_grid_case.py"), str(folder), how,
                           str(allowed_mb)], env=environment, capture_output=True, text=True, check=False)
    assert list((folder / "tam").iterdir()) == []
    assert done.returncode == 0, done.stderr
    printed: dict[str, str] = json.loads(done.stdout)
    return printed


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_DATA and /proc are Linux's")
def test_a_grid_larger_than_the_memory_gives_the_same_results(tmp_path: Path) -> None:
    write_source(tmp_path)
    from_files = _case(tmp_path, "files", LIMIT_MB)
    assert from_files == _case(tmp_path, "memory", 0)
    assert len(from_files) == 9
    assert float(from_files["arrays_mb"]) > 1.5 * LIMIT_MB


def test_small_arrays_stay_in_memory_and_large_ones_behave_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                 ) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    small, large = blank((30, 40), np.float32, np.nan), blank((30, 40), np.float32, np.nan, large_bytes=1)
    assert small.base is None
    assert large.base is not None
    assert (large.dtype, large.shape, np.isnan(large).all()) == (np.float32, (30, 40), True)
    large[3, 4] = 7.0
    assert np.nansum(large) == 7.0
    assert list(tmp_path.iterdir()) == []       # the file has no name


def test_a_killed_process_leaves_no_file(tmp_path: Path) -> None:
    code = ("import numpy as np, sys; from geodata.scratch import blank; a = blank((500, 500), np.float32, 1, "
            "large_bytes=1); print(a.sum(), flush=True); sys.stdin.read()")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "250000.0"
        process.send_signal(signal.SIGTERM)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(WriteError) as caught:
        blank((100, 100), np.float32, 0, large_bytes=1)
    assert caught.value.code == "scratch_no_room"
    assert str(scratch.folder()) in str(caught.value)
