"""The register of public sources, and taking in a downloaded file without any network."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from geodata.errors import ReadError
from geodata.fetch import register, take
from geodata.layers import dictionary


def test_every_source_says_its_licence_and_layer() -> None:
    ids = [s.id for s in register()]
    assert len(ids) == len(set(ids)) >= 5
    for source in register():
        assert source.layer in dictionary()
        assert source.url.startswith("https://")
        assert source.licence
        assert source.redistribute in {"yes", "no", "ask"}
        assert source.certainty in {"seen", "memory"}
        assert source.note_vi
        assert source.note_en


def test_a_file_is_taken_with_its_origin(tmp_path: Path) -> None:
    file = tmp_path / "dem.tif"
    file.write_bytes(b"abc")
    copy = take("copernicus_glo30", file, tmp_path / "kho", obtained=date(2026, 9, 1))
    assert copy.read_bytes() == b"abc"
    assert file.exists()
    note = json.loads((tmp_path / "kho" / "dem.tif.nguon.json").read_text(encoding="utf-8"))
    assert note["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert (note["id"], note["obtained"]) == ("copernicus_glo30", "2026-09-01")


def test_what_is_unknown_or_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="worldpop_2025"):
        take("worldpop", tmp_path / "a.tif", tmp_path, obtained=date(2026, 9, 1))
    with pytest.raises(ReadError, match=r"a\.tif"):
        take("worldpop_2025", tmp_path / "a.tif", tmp_path, obtained=date(2026, 9, 1))
    assert list(tmp_path.iterdir()) == []
