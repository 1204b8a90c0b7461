"""The hand-in folder read back with the tools its readers have: GDAL, a spreadsheet, a PDF reader; whole or nothing."""

import hashlib
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
from pypdf import PdfReader

from coverage.brief import hand_in as module
from coverage.brief.hand_in import hand_in, refuse_foreign, vector_frames
from coverage.brief.manifest import Manifest, altered, read_manifest
from coverage.brief.office import Office
from coverage.errors import Cancelled, HandInError
from coverage.summary import link_summary
from geodata.crs import VN2000_107_45
from tests.brief_case import case, case_with_links

MADE = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LAYERS = {"gap_thon": "Point", "gap_dc": "MultiPolygon", "gap_vung": "MultiPolygon", "vi_tri_de_xuat": "Point",
          "tuyen_truyen_dan": "LineString"}


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("ho_so") / "ho_so"
    seen: list[tuple[str, int, int]] = []
    manifest = hand_in(*case_with_links(), folder, made_at=MADE, progress=lambda *s: seen.append(s))
    assert [s[1] for s in seen] == [1, 2, 3, 4, 5, 6]
    return folder, manifest


@pytest.mark.parametrize("layer", LAYERS)
def test_shapefiles_read_back(handed: tuple[Path, Manifest], layer: str) -> None:
    file = handed[0] / f"{layer}_20260930.zip"
    inside = {Path(n).suffix for n in zipfile.ZipFile(file).namelist()}
    assert inside >= {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    frame = gpd.read_file(file)
    assert frame.crs.to_epsg(min_confidence=20) == 5899 or frame.crs == VN2000_107_45
    assert all(len(name) <= 10 and name.isascii() for name in frame.columns)
    assert frame.geometry.is_valid.all()
    codes = [c for c in frame.columns if c.startswith("ma_")]
    assert codes
    assert all(str(v) == v for c in codes for v in frame[c])
    assert pyogrio.read_info(file)["encoding"] == "UTF-8"


def test_names_and_places_survive_the_shapefile(handed: tuple[Path, Manifest]) -> None:
    _, assessment, plan = case_with_links()
    frame = gpd.read_file(handed[0] / "gap_thon_20260930.zip")
    assert len(frame) == len(assessment.gap_thon)
    assert frame["ten_thon"].tolist() == assessment.gap_thon["name"].tolist()
    assert set(frame["nha_mang"]) == {"TATCA"}
    assert frame.geometry.x.to_numpy() == pytest.approx(assessment.gap_thon.geometry.x.to_numpy(), abs=1e-3)
    sites = gpd.read_file(handed[0] / "vi_tri_de_xuat_20260930.zip")
    assert len(sites) == sum(len(b.sites) for b in plan.budgets)
    assert sites["x_bac"].to_numpy() == pytest.approx(sites.geometry.y.to_numpy(), abs=0.01)
    assert set(sites["kinh_phi"]) == {b.budget_mvnd for b in plan.budgets}


def test_links_come_back_from_the_shapefile(handed: tuple[Path, Manifest]) -> None:
    _, _, plan = case_with_links()
    file = handed[0] / "tuyen_truyen_dan_20260930.zip"
    frame = gpd.read_file(file)
    links, summary = plan.budgets[-1].links, link_summary(plan.budgets[-1])
    assert frame.crs == VN2000_107_45
    assert set(frame.geom_type) == {"LineString"}
    assert frame["ma_tuyen"].tolist() == ["TD-001", "TD-002", "TD-003"]
    along = frame["cach_di"] == "doc_duong"
    assert frame.length[along].to_numpy() == pytest.approx(frame["dai_m"][along].to_numpy(), abs=0.01)
    assert frame["khai_toan"].sum() == pytest.approx(summary.links_mvnd, abs=1e-6)
    assert frame["doc_dao"].tolist() == ["Có", "Không", "Không"]
    assert frame["cac_vt"].tolist() == [", ".join(s) for s in links["sites"]]
    assert frame["dung_luong"].tolist() == [-9999, -9999, 400]
    sites = gpd.read_file(handed[0] / "vi_tri_de_xuat_20260930.zip")
    last = sites[sites["kinh_phi"] == plan.budgets[-1].budget_mvnd]
    assert last["so_tuyen"].tolist()[:4] == [1, 2, 3, 0]
    assert last["cac_tuyen"].tolist()[2] == "TD-003, TD-002, TD-001"
    assert last["doc_dao"].fillna("").tolist()[:4] == ["TD-001", "TD-001", "TD-001", ""]
    assert last["khai_toan"].sum() + frame["khai_toan"].sum() == pytest.approx(summary.cost_mvnd, abs=1e-6)


def test_a_plan_without_links_says_so_in_place_of_an_empty_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _light(monkeypatch)
    layers, assessment, plan = case_with_links()
    bare = replace(plan, budgets=plan.budgets[:1])
    manifest = hand_in(layers, assessment, bare, tmp_path / "a")
    assert not list((tmp_path / "a").glob("tuyen_truyen_dan*"))
    assert "tuyen_truyen_dan" in manifest.left_out


def test_gap_polygons_do_not_overlap(handed: tuple[Path, Manifest]) -> None:
    shapes = gpd.read_file(handed[0] / "gap_dc_20260930.zip").geometry
    assert shapes.union_all().area == pytest.approx(shapes.area.sum(), rel=1e-6)


def test_the_geopackage_is_the_twin(handed: tuple[Path, Manifest]) -> None:
    file = handed[0] / "khoang_trong_20260930.gpkg"
    there = {name for name, _ in pyogrio.list_layers(file)}
    assert there == {*LAYERS, "thon", "xa", "don_vi_trong_diem"}
    for layer in LAYERS:
        twin, shape = gpd.read_file(file, layer=layer), gpd.read_file(handed[0] / f"{layer}_20260930.zip")
        assert len(twin) == len(shape)
        assert twin.crs == VN2000_107_45
        assert set(twin.columns) <= set(shape.columns)


def test_the_workbook_has_its_sheets(handed: tuple[Path, Manifest]) -> None:
    layers, assessment, plan = case_with_links()
    book = openpyxl.load_workbook(handed[0] / "bang_tong_hop_20260930.xlsx")
    for name in ("Tổng hợp", "Thôn", "Xã", "Vị trí đề xuất", "Đối chiếu danh sách công bố", "Giả định",
                 "Phát hiện dữ liệu", "Từ điển"):
        assert name in book.sheetnames
        top = [row[0] for row in book[name].iter_rows(max_row=4, max_col=1, values_only=True)]
        assert top[0] == name
        assert any("DỮ LIỆU MINH HỌA" in str(t) for t in top)
        assert any(assessment.scenario.digest in str(t) and layers.info.pack_id in str(t) for t in top)
    heads = _heads(book["Thôn"])
    assert heads[:2] == ["Mã thôn", "Tên thôn"]
    assert "Thuyết minh" in heads
    assert book["Thôn"].max_row == len(assessment.villages) + _head_row(book["Thôn"])
    links = book["Truyền dẫn"]
    assert _heads(links)[:3] == ["Mức kinh phí (triệu đồng)", "Mã tuyến", "Loại tuyến"]
    assert "Độc đạo, có nguy cơ sạt lở" in _heads(links)
    assert links.max_row - _head_row(links) == sum(len(b.links) for b in plan.budgets)
    above = [str(r[0]) for r in links.iter_rows(max_row=_head_row(links), max_col=1, values_only=True)]
    assert any(link_summary(plan.budgets[-1]).money_vi in text for text in above)
    sites = book["Vị trí đề xuất"]
    assert sites.max_row - _head_row(sites) == sum(len(b.sites) for b in plan.budgets)


def _head_row(sheet: Any) -> int:
    return next(cell.row for cell in sheet["B"] if cell.value is not None)


def _heads(sheet: Any) -> list[Any]:
    row = _head_row(sheet)
    return [c.value for c in sheet[row]]


def test_the_maps_are_there(handed: tuple[Path, Manifest]) -> None:
    text = PdfReader(handed[0] / "ban_do_A3.pdf").pages[0].extract_text()
    assert "HIỆN TRẠNG PHỦ SÓNG" in text
    assert (handed[0] / "ban_do_A3.png").read_bytes().startswith(b"\x89PNG")
    page = (handed[0] / "ban_do.html").read_text(encoding="utf-8")
    assert '<html lang="vi"' in page or "<!DOCTYPE html>" in page
    for host in ("cdn.", "unpkg", "googleapis", "cdnjs"):
        assert host not in page


def test_levels_are_cloud_optimised_and_unchanged(handed: tuple[Path, Manifest]) -> None:
    _, assessment, _ = case_with_links()
    raster = assessment.area_rsrp["Nhà mạng A", "4G"]
    with rasterio.open(handed[0] / "muc_thu" / "rsrp_nha_mang_a_4g.tif") as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.units == ("dBm",)
        np.testing.assert_array_equal(source.read(1), raster.values)
        assert source.crs.to_epsg() == 5899


def test_the_manifest_names_what_went_in_and_came_out(handed: tuple[Path, Manifest]) -> None:
    folder, manifest = handed
    layers, assessment, plan = case_with_links()
    values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert values["made_at"] == "2026-11-21T08:00:00+00:00"
    assert values["reference_date"] == "2026-09-30"
    assert values["illustrative"] is True
    assert values["scenario"]["digest"] == assessment.scenario.digest
    assert values["scenario"]["values"]["service"]["rsrp_served_dbm"] == -110
    assert values["model"]["sigma_db"] == 8
    assert values["pack"]["id"] == layers.info.pack_id
    assert {s["layer"] for s in values["pack"]["sources"]} == {s.layer for s in layers.info.sources}
    assert [p["budget_mvnd"] for p in values["plans"]] == [b.budget_mvnd for b in plan.budgets]
    told = {o["file"]: o for o in values["outputs"]}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(told) == there == {o.file for o in manifest.outputs}
    for name, output in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == output["sha256"]
        assert output["content"]
    assert "kinh tuyến trục 107°45'" in values["crs"]


def test_a_changed_file_is_found(handed: tuple[Path, Manifest], tmp_path: Path) -> None:
    assert altered(handed[0]) == ()
    assert altered(tmp_path) == ("manifest.json",)


def test_the_same_input_gives_the_same_bytes(handed: tuple[Path, Manifest], tmp_path: Path) -> None:
    again = hand_in(*case_with_links(), tmp_path / "b", made_at=MADE)
    first, second = ({o.file: o.sha256 for o in m.outputs} for m in (handed[1], again))
    assert first == second
    assert (tmp_path / "b" / "manifest.json").read_bytes() == (handed[0] / "manifest.json").read_bytes()


def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow steps; what is tested is the folder."""
    monkeypatch.setattr(module, "_sheets", lambda *_: {})
    monkeypatch.setattr(module, "_workbook", lambda *_: {})


def test_an_earlier_hand_in_is_replaced_only_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _light(monkeypatch)
    folder = tmp_path / "ho_so"
    folder.mkdir()  # an empty folder is welcome
    hand_in(*case(), folder, made_at=MADE)
    with pytest.raises(HandInError, match="đã có hồ sơ xuất lúc 2026-11-21"):
        hand_in(*case(), folder)
    (folder / "ban_do.html").write_text("cũ", encoding="utf-8")
    assert altered(folder) == ("ban_do.html",)
    hand_in(*case(), folder, overwrite=True)
    assert altered(folder) == ()


def test_without_areas_no_empty_layer_is_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _light(monkeypatch)
    manifest = hand_in(*case(), tmp_path / "a")
    assert not list((tmp_path / "a").glob("gap_vung*"))
    assert any("gap_vung" in key for key in manifest.left_out)
    values = read_manifest(tmp_path / "a")
    assert values is not None
    assert values["model"]["areas_computed"] is False


def test_what_is_not_ours_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "quan_trong.docx").write_text("x", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(HandInError, match="không phải do Phủ Sóng"):
            refuse_foreign(tmp_path, overwrite=overwrite)
    with pytest.raises(HandInError, match="là một tệp"):
        hand_in(*case(), tmp_path / "quan_trong.docx")
    (tmp_path / "manifest.json").write_text('{"tool": "khác"}', encoding="utf-8")
    with pytest.raises(HandInError, match="không phải do Phủ Sóng"):
        refuse_foreign(tmp_path, overwrite=True)


def test_a_failure_leaves_nothing_and_the_old_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _light(monkeypatch)
    hand_in(*case(), tmp_path / "ho_so", made_at=MADE)
    before = (tmp_path / "ho_so" / "manifest.json").read_bytes()

    def broken(*_: object) -> str:
        raise HandInError("sheet_compile", file="ban_do.html", error="đĩa đầy")

    monkeypatch.setattr(module, "standalone_map", broken)
    with pytest.raises(HandInError, match="đĩa đầy"):
        hand_in(*case(), tmp_path / "moi")
    with pytest.raises(HandInError):
        hand_in(*case(), tmp_path / "ho_so", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["ho_so"]
    assert (tmp_path / "ho_so" / "manifest.json").read_bytes() == before
    assert altered(tmp_path / "ho_so") == ()


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        hand_in(*case(), tmp_path / "a", progress=lambda *_: False)
    assert not list(tmp_path.iterdir())


def test_plan_and_assessment_must_be_of_one_scenario(tmp_path: Path) -> None:
    layers, assessment, plan = case()
    other = replace(plan, scenario=replace(plan.scenario, name="Khác"))
    with pytest.raises(HandInError, match="hai kịch bản khác nhau"):
        hand_in(layers, assessment, other, tmp_path / "a")


def test_vectors_are_transformed_where_the_pack_has_another_crs() -> None:
    _, assessment, plan = case()
    frames = vector_frames(assessment, plan, VN2000_107_45)
    utm = replace(assessment, gap_thon=assessment.gap_thon.to_crs(32648))
    back = vector_frames(utm, plan, VN2000_107_45)["gap_thon"]
    assert back.geometry.x.to_numpy() == pytest.approx(frames["gap_thon"].geometry.x.to_numpy(), abs=0.01)
    assert module.crs_text(VN2000_107_45, VN2000_107_45).endswith("(EPSG:5899)")


def test_the_office_file(tmp_path: Path) -> None:
    file = tmp_path / "co_quan.toml"
    file.write_text('body = "Sở Khoa học và Công nghệ"\ninset_file = "phan_chen.pdf"\n', encoding="utf-8")
    office = Office.load(file)
    assert office.body == "Sở Khoa học và Công nghệ"
    assert Path(office.inset_file) == (tmp_path / "phan_chen.pdf").resolve()
    file.write_text("boddy = 1\n", encoding="utf-8")
    with pytest.raises(HandInError, match="boddy"):
        Office.load(file)
    with pytest.raises(HandInError, match="Không đọc được"):
        Office.load(tmp_path / "khong_co.toml")
