"""A pack comes back as it was written, says who it is, and names what is missing, altered or foreign."""

import dataclasses
import json
import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geodata import pack as pack_module
from geodata.errors import PackError, WriteError
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.pack import MANIFEST, open_pack, verify_pack, write_pack
from geodata.sample import sample_layers
from geodata.write.digest import content_id, frame_digest


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    finding = Finding("pack_file_extra", layer="villages", rows=(3, 4), values=("a", "b"), details={"n": 2})
    layers = dataclasses.replace(sample_layers(), findings=(finding,))
    return write_pack(layers, tmp_path_factory.mktemp("packs") / "mau")


@pytest.fixture
def pack(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "pack"))


def _same(one: Layers, two: Layers) -> None:
    assert set(one.tables()) == set(two.tables())
    for name, frame in one.tables().items():
        other = two.tables()[name]
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(other))
        if isinstance(frame, gpd.GeoDataFrame):
            assert frame.crs == other.crs
    for name, raster in one.rasters().items():
        other_raster = two.rasters()[name]
        assert raster.grid == other_raster.grid
        assert (raster.unit, raster.name) == (other_raster.unit, other_raster.name)
        np.testing.assert_array_equal(raster.values, other_raster.values)


def test_a_pack_comes_back_as_it_was(pack: Path) -> None:
    back = open_pack(pack)
    _same(sample_layers(), back)
    assert back.info == sample_layers().info
    assert back.info.pack_id == content_id(sample_layers())
    assert back.findings[0].rows == (3, 4)
    assert verify_pack(pack) == []


def test_the_manifest_says_what_everything_is(pack: Path) -> None:
    manifest = json.loads((pack / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["schema"] == 1
    assert manifest["crs"] == "EPSG:5899"
    assert manifest["illustrative"] is True
    assert manifest["reference_date"] == "2026-09-30"
    assert set(manifest["layers"]) == {*sample_layers().tables(), *sample_layers().rasters()}
    for source in manifest["sources"]:
        assert source["illustrative"] is True
        assert source["source"].startswith("Dữ liệu minh họa, không phải số liệu thật")
        assert source["licence"]
    for entry in manifest["layers"].values():
        assert len(entry["sha256"]) == 64


def test_the_same_content_gives_the_same_files(tmp_path: Path) -> None:
    layers = sample_layers()
    one, two = write_pack(layers, tmp_path / "1"), write_pack(layers, tmp_path / "2")
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes()


def test_identity_follows_the_content_and_not_the_label() -> None:
    layers = sample_layers()
    renamed = dataclasses.replace(layers, info=dataclasses.replace(layers.info, title="khác", pack_id="x"))
    assert content_id(renamed) == content_id(layers)
    villages = layers.villages.copy()
    villages.loc[0, "households"] += 1
    assert content_id(dataclasses.replace(layers, villages=villages)) != content_id(layers)
    later = dataclasses.replace(layers.info, reference_date=date(2026, 10, 1))
    assert content_id(dataclasses.replace(layers, info=later)) != content_id(layers)


def test_a_digest_sees_missing_values_and_order() -> None:
    frame = pd.DataFrame({"a": ["", "b"], "n": [0.0, 1.0]})
    others = [
        frame.assign(a=[None, "b"]), frame.assign(n=[np.nan, 1.0]), frame.iloc[::-1], frame.rename(columns={"a": "c"}),
        frame.assign(a=["b", ""]), frame.assign(a=["", "b "]),
    ]
    digests = {frame_digest(f) for f in [frame, *others]}
    assert len(digests) == len(others) + 1
    assert frame_digest(frame.assign(n=[-0.0, 1.0])) == frame_digest(frame)


def test_minimal_layers_are_enough(tmp_path: Path) -> None:
    full = sample_layers()
    few = Layers(info=full.info, communes=full.communes, villages=full.villages, sites=full.sites,
                 elevation=full.elevation)
    back = open_pack(write_pack(few, tmp_path / "pack"))
    _same(few, back)
    assert back.roads is None
    assert back.population is None


def test_an_altered_file_is_named(pack: Path) -> None:
    file = pack / "layers" / "villages.gpkg"
    content = bytearray(file.read_bytes())
    content[-10] ^= 1
    file.write_bytes(content)
    with pytest.raises(PackError, match=r"layers/villages\.gpkg") as caught:
        open_pack(pack)
    assert caught.value.code == "pack_damaged"
    finding, = verify_pack(pack)
    assert finding.code == "pack_file_altered"


def test_every_missing_file_is_named_at_once(pack: Path) -> None:
    (pack / "layers" / "roads.gpkg").unlink()
    (pack / "rasters" / "elevation.tif").unlink()
    with pytest.raises(PackError) as caught:
        open_pack(pack)
    assert "layers/roads.gpkg" in str(caught.value)
    assert "rasters/elevation.tif" in str(caught.value)


def test_a_foreign_file_is_a_warning(pack: Path) -> None:
    (pack / "ghi_chu.txt").write_text("x")
    finding, = verify_pack(pack)
    assert (finding.code, finding.severity) == ("pack_file_extra", "warning")
    open_pack(pack)


def _edit(pack: Path, **changes: object) -> None:
    path = pack / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


@pytest.mark.parametrize(("changes", "code"), [
    ({"schema": 99}, "pack_schema"), ({"format": "zip"}, "pack_not_a_pack"), ({"layers": {}}, "pack_layers"),
    ({"layers": None}, "pack_file_unreadable"), ({"pack_id": "000000000000"}, "pack_identity"),
    ({"reference_date": "2027-01-01"}, "pack_identity"), ({"reference_date": "hôm nay"}, "pack_file_unreadable"),
    ({"crs": "EPSG:5898"}, "pack_crs"), ({"crs": "EPSG:0"}, "pack_file_unreadable"),
])
def test_an_edited_manifest_is_told(pack: Path, changes: dict[str, object], code: str) -> None:
    _edit(pack, **changes)
    with pytest.raises(PackError) as caught:
        open_pack(pack)
    assert caught.value.code == code
    assert caught.value.text("en")


def test_a_manifest_may_not_point_outside(pack: Path) -> None:
    manifest = json.loads((pack / MANIFEST).read_text(encoding="utf-8"))
    manifest["layers"]["roads"]["file"] = "../../roads.gpkg"
    _edit(pack, layers=manifest["layers"])
    with pytest.raises(PackError) as caught:
        open_pack(pack)
    assert caught.value.code == "pack_layers"


def test_what_is_no_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"manifest\.json"):
        open_pack(tmp_path)
    with pytest.raises(PackError):
        verify_pack(tmp_path / "nowhere")
    (tmp_path / MANIFEST).write_text("{ not json")
    with pytest.raises(PackError) as caught:
        open_pack(tmp_path)
    assert caught.value.code == "pack_file_unreadable"


def test_a_failing_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise WriteError("write_failed", file="elevation.tif", error="đĩa đầy")

    monkeypatch.setattr(pack_module, "write_geotiff", fail)
    with pytest.raises(WriteError, match="đĩa đầy"):
        write_pack(sample_layers(), tmp_path / "pack")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "bao_cao.docx").write_text("quan trọng")
    with pytest.raises(WriteError) as caught:
        write_pack(sample_layers(), tmp_path)
    assert caught.value.code == "pack_folder_taken"
    assert (tmp_path / "bao_cao.docx").read_text() == "quan trọng"


def test_an_older_pack_is_replaced(pack: Path) -> None:
    _edit(pack, pack_id="000000000000")
    (pack / "layers" / "roads.gpkg").unlink()
    write_pack(sample_layers(), pack)
    assert verify_pack(pack) == []


def test_an_opened_pack_cannot_be_written_to_and_may_lie_on_a_read_only_disk(pack: Path) -> None:
    for path in (pack, *pack.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        layers = open_pack(pack)
    finally:
        for path in (pack, *pack.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    for raster in layers.rasters().values():
        with pytest.raises(ValueError, match="read-only"):
            raster.values[0, 0] = 0.0


def test_a_large_raster_is_opened_from_a_scratch_file(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geodata.scratch.LARGE_BYTES", 1)
    back = open_pack(pack)
    _same(sample_layers(), back)
    assert back.elevation.values.base is not None
