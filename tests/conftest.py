"""Shared fixtures: where the real layers lie, and the sample."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# no test asserts a time, and the same examples are tried on every machine
settings.register_profile("phu_song", deadline=None, derandomize=True)
settings.load_profile("phu_song")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real layers beside the checkout; skip without it, fail where CI demands it."""
    folder = Path(os.environ.get("PHUSONG_SHARED", ROOT.parent / "shared"))
    if (folder / "real").is_dir():
        return folder
    reason = f"real layers not found at {folder}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
