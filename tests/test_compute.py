"""Pieces come back in order whatever the number of workers, and a stop is a stop."""

import threading

import pytest

from coverage.compute import run_pieces
from coverage.errors import Cancelled


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_keep_the_order_of_the_pieces(workers: int) -> None:
    assert list(run_pieces(lambda n: n * n, range(50), workers=workers)) == [n * n for n in range(50)]


def test_no_pieces_no_results() -> None:
    assert list(run_pieces(lambda n: n, [], workers=2)) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_counts_up_and_false_stops(workers: int) -> None:
    seen: list[tuple[str, int, int]] = []

    def progress(stage: str, done: int, total: int) -> bool:
        seen.append((stage, done, total))
        return done < 4

    with pytest.raises(Cancelled):
        list(run_pieces(lambda n: n, range(100), workers=workers, stage="tính", progress=progress))
    assert seen == [("tính", i, 100) for i in (1, 2, 3, 4)]


def test_an_error_in_a_piece_reaches_the_caller() -> None:
    def fail(n: int) -> int:
        if n == 3:
            message = "third"
            raise ValueError(message)
        return n

    with pytest.raises(ValueError, match="third"):
        list(run_pieces(fail, range(10), workers=2))


def test_one_worker_means_no_thread() -> None:
    names = set(run_pieces(lambda _: threading.current_thread().name, range(3), workers=1))
    assert names == {threading.current_thread().name}
