"""Run many independent pieces of work: one after another, or on this machine's cores.

The only place with threads. Kernels release the GIL and are serial themselves (docs/decisions/0002).
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from coverage.errors import Cancelled

Piece = TypeVar("Piece")
Result = TypeVar("Result")
# progress(stage, done, total); returning False asks the work to stop
Progress = Callable[[str, int, int], bool | None]


def silent(_stage: str, _done: int, _total: int) -> bool | None:
    """Report nothing: the progress callback of callers that do not care."""
    return None


def run_pieces(
    function: Callable[[Piece], Result],
    pieces: Sequence[Piece],
    *,
    workers: int | None = None,
    stage: str = "",
    progress: Progress = silent,
) -> Iterator[Result]:
    """Yield ``function(piece)`` for every piece, in the order of ``pieces``, whatever the number of workers.

    Parameters
    ----------
    workers : threads; None = one per core, 1 = no thread at all.
    stage, progress : reported after each piece.

    Raises
    ------
    Cancelled
        When ``progress`` returns False; pieces not begun are not run.
    """
    total = len(pieces)
    count = workers if workers is not None else (os.cpu_count() or 1)
    if count <= 1:
        for done, piece in enumerate(pieces, 1):
            yield function(piece)
            if progress(stage, done, total) is False:
                raise Cancelled("cancelled")
        return
    with ThreadPoolExecutor(count) as pool:
        # a bounded queue keeps memory flat however many pieces there are
        waiting = []
        feed = iter(pieces)
        for piece in feed:
            waiting.append(pool.submit(function, piece))
            if len(waiting) >= 4 * count:
                break
        done = 0
        while waiting:
            yield waiting.pop(0).result()
            done += 1
            if progress(stage, done, total) is False:
                pool.shutdown(wait=False, cancel_futures=True)
                raise Cancelled("cancelled")
            for piece in feed:
                waiting.append(pool.submit(function, piece))
                break
