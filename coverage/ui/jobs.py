"""Long work in the background: named stages, elapsed time, a result that every session shares, and a way to stop.

The work runs in a thread of its own and never touches the screen; a page watches it. So a click elsewhere does not
throw the work away, and two windows that ask for the same thing wait for the same run.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from coverage.compute import Progress
from coverage.errors import Cancelled
from geodata.errors import GeodataError

_KEEP = 12  # finished results kept; the oldest goes first
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """One named stage of a job: how far it is and how long it took."""

    name: str
    done: int
    total: int
    seconds: float


class Job:
    """One piece of long work, started once.

    Parameters
    ----------
    work : called with a progress callback; its value is the result.
    """

    def __init__(self, work: Callable[[Progress], Any]) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._begun = time.monotonic()
        self._seconds = 0.0
        self._stages: OrderedDict[str, tuple[int, int, float, float]] = OrderedDict()
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[Progress], Any]) -> None:
        try:
            self._result = work(self._progress)
        except (GeodataError, MemoryError, OSError) as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - a thread must hand every fault to the page that waits
            _LOG.exception("unexpected fault in a job")
            self._error = error
        self._seconds = time.monotonic() - self._begun
        self._ended.set()

    def _progress(self, stage: str, done: int, total: int) -> bool:
        now = time.monotonic()
        with self._lock:
            first = self._stages[stage][2] if stage in self._stages else now
            self._stages[stage] = (done, total, first, now)
        return not self._stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most ``seconds``; tell whether the job has ended."""
        return self._ended.wait(seconds)

    @property
    def ended(self) -> bool:
        """Whether there is a result or a fault."""
        return self._ended.is_set()

    @property
    def failed(self) -> bool:
        """Whether it ended with a fault or was stopped."""
        return self.ended and self._error is not None

    @property
    def seconds(self) -> float:
        """Elapsed time, up to the end."""
        return self._seconds if self.ended else time.monotonic() - self._begun

    def stages(self) -> list[Stage]:
        """Return the stages begun so far, in order; the last one is running."""
        with self._lock:
            items = list(self._stages.items())
        now = time.monotonic()
        out = []
        for at, (name, (done, total, first, last)) in enumerate(items):
            running = at == len(items) - 1 and not self.ended
            out.append(Stage(name, done, total, (now if running else last) - first))
        return out

    def stop(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    def result(self) -> Any:
        """Return the result; raises the fault that ended the job. Call after it has ended."""
        if self._error is not None:
            raise self._error
        return self._result


class Jobs:
    """All jobs of the server by key; a key is started once, and again only after it failed or was stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()

    def start(self, key: Hashable, work: Callable[[Progress], Any]) -> Job:
        """Return the job of ``key``, starting it where there is none."""
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = Job(work)
                self._drop_old()
            self._jobs.move_to_end(key)
            return self._jobs[key]

    def find(self, key: Hashable) -> Job | None:
        """Return the job of ``key`` without starting one."""
        with self._lock:
            return self._jobs.get(key)

    def forget(self, key: Hashable) -> None:
        """Drop a job, so that it can be started anew."""
        with self._lock:
            job = self._jobs.pop(key, None)
        if job is not None:
            job.stop()

    def _drop_old(self) -> None:
        ended = [key for key, job in self._jobs.items() if job.ended]
        for key in ended[: max(0, len(ended) - _KEEP)]:
            del self._jobs[key]


def was_stopped(error: BaseException) -> bool:
    """Tell whether an error is the user's own wish."""
    return isinstance(error, Cancelled)
