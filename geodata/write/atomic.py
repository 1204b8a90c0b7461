"""Write whole or not at all: a temporary name beside the target, renamed when everything is there."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from geodata.errors import GeodataError, WriteError


def _beside(path: Path) -> Path:
    """Return an unused name in the same folder, hence on the same disk; the suffix stays, drivers go by it."""
    return path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")


def _discard(path: Path) -> None:
    """Remove a temporary file with what drivers leave beside it, or a temporary folder."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; it takes the place of ``path`` on success and vanishes on failure.

    Raises WriteError where the disk, a permission or a program that holds the file open forbids it.
    """
    path = Path(path)
    temporary = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 - Path.replace is the same call; os says that it is atomic
    except GeodataError:  # says already what is wrong, whichever room it comes from
        raise
    except OSError as error:
        raise WriteError("write_failed", file=str(path), error=error.strerror or str(error)) from error
    finally:
        _discard(temporary)


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill; it takes the place of ``folder`` on success and vanishes on failure.

    What stood there before is removed only after the new folder is in place; a failure puts it back.
    """
    folder = Path(folder)
    temporary, old = _beside(folder), _beside(folder)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if folder.exists():
            folder.rename(old)
        try:
            temporary.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    except GeodataError:  # says already what is wrong, whichever room it comes from
        raise
    except OSError as error:
        raise WriteError("write_failed", file=str(folder), error=error.strerror or str(error)) from error
    finally:
        _discard(temporary)
        _discard(old)
