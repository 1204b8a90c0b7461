"""Arrays that may be larger than the memory: backed by a nameless file that the system pages in and out.

The file has no name (or is deleted on closing, on Windows), so nothing is left behind, however the process ends.
Small arrays stay in ordinary memory; callers never see the difference (docs/decisions/0050).
"""

import mmap
import os
import tempfile
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from geodata.errors import WriteError

LARGE_BYTES = 128 * 2**20       # from here on an array lives in a file
GDAL_CACHE_BYTES = 16 * 2**20   # blocks that GDAL keeps while files are read or written; its own choice is 5 % of all
Number = TypeVar("Number", bound=np.generic)
_DISK = Path("/var/tmp")  # noqa: S108 - on many systems the default folder is memory, this one is a disk


def folder() -> Path:
    """Return the folder of scratch files: TMPDIR, TEMP or TMP where one is set, else a folder on a disk."""
    asked = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    usable = _DISK.is_dir() and os.access(_DISK, os.W_OK)
    return Path(tempfile.gettempdir()) if asked or not usable else _DISK


def blank(
    shape: tuple[int, ...], dtype: type[Number], fill: float, *, large_bytes: int | None = None,
) -> npt.NDArray[Number]:
    """Return an array of ``shape`` holding ``fill``; in a file from ``large_bytes`` (None = LARGE_BYTES) on.

    Raises WriteError where the disk has no room: space is taken at once, not when a page is first written.
    """
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    if size < (LARGE_BYTES if large_bytes is None else large_bytes):
        return np.full(shape, fill, dtype)
    place = folder()
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            pages = mmap.mmap(file.fileno(), size)      # keeps the file open after it is closed here
    except OSError as error:
        raise WriteError("scratch_no_room", folder=str(place), size=f"{size / 1e9:.1f}", error=str(error)) from error
    out: npt.NDArray[Number] = np.frombuffer(pages, dtype).reshape(shape)
    out[...] = fill
    return out
