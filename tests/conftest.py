"""Shared fixtures: where the real layers lie, and the sample."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


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
