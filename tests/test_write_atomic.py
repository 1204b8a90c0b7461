"""Writing is whole or not at all."""

import threading
from pathlib import Path
from typing import Never

import pytest

from geodata.errors import WriteError
from geodata.write.atomic import replacing, replacing_folder


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_appears_with_its_content(tmp_path: Path) -> None:
    with replacing(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("one")
        assert temporary.suffix == ".txt"
        assert _names(tmp_path / "new") == [temporary.name]
    assert (tmp_path / "new" / "a.txt").read_text() == "one"
    assert _names(tmp_path / "new") == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> Never:
    target = tmp_path / "a.gpkg"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:  # noqa: PT012 - the block is what fails
        temporary.write_text("half")
        temporary.with_name(temporary.name + "-journal").write_text("left by a driver")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.gpkg"]


def test_what_the_disk_refuses_is_one_readable_error(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(WriteError, match="taken") as caught, replacing(tmp_path / "taken") as temporary:
        temporary.write_text("x")
    assert caught.value.code == "write_failed"
    assert _names(tmp_path) == ["taken"]


def test_a_parent_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WriteError), replacing(tmp_path / "file" / "a.txt"):
        pass


def test_a_folder_replaces_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "old").write_text("old")
    with replacing_folder(folder) as temporary:
        (temporary / "new").write_text("new")
        assert _names(folder) == ["old"]
    assert _names(folder) == ["new"]
    assert _names(tmp_path) == ["pack"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> Never:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "old").write_text("old")
    with pytest.raises(KeyError), replacing_folder(folder) as temporary:  # noqa: PT012 - the block is what fails
        (temporary / "new").write_text("new")
        raise KeyError
    assert _names(folder) == ["old"]
    assert _names(tmp_path) == ["pack"]


def test_two_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"

    def write(letter: str) -> None:
        for _ in range(40):
            with replacing(target) as temporary:
                temporary.write_text(letter * 5_000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_text() in {"a" * 5_000, "b" * 5_000}
    assert _names(tmp_path) == ["a.txt"]
