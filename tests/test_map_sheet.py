"""The A3 sheets read back: size, Vietnamese that can be selected, embedded fonts, only what is there in the legend."""

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from pypdf import PdfReader

from coverage.brief.fonts import font_for, text_width_pt
from coverage.brief.map_body import MapContent, body_frame, coarser, draw_body, hillshade
from coverage.brief.map_frame import draw_grid, draw_north_arrow, frame_of
from coverage.brief.map_pages import distinct, foot_line, map_job, map_sheet, sources_line
from coverage.brief.map_sheet import MAP_MM, write_map_sheets
from coverage.brief.map_style import SYMBOLS, pdf_bytes, swatch
from coverage.brief.office import Office
from coverage.errors import HandInError
from coverage.summary import link_summary
from geodata.crs import VN2000_107_45
from tests.brief_case import case, case_with_links

MM_PER_POINT = 25.4 / 72
OFFICE = Office("UBND tỉnh Minh Họa", "Sở Khoa học và Công nghệ", "Nguyễn Thị Lập", "Trần Văn Kiểm", "Lê Phê Duyệt")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layers, assessment, plan = case()
    path = tmp_path_factory.mktemp("a3") / "ban_do_A3.pdf"
    map_sheet(layers, assessment, plan, path, office=OFFICE)
    return path


@pytest.fixture(scope="module")
def pages(sheet: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(sheet).pages]


def test_every_page_is_a3_landscape(sheet: Path) -> None:
    for page in PdfReader(sheet).pages:
        assert float(page.mediabox.width) * MM_PER_POINT == pytest.approx(420, abs=0.5)
        assert float(page.mediabox.height) * MM_PER_POINT == pytest.approx(297, abs=0.5)


def test_the_text_is_vietnamese_and_selectable(pages: list[str]) -> None:
    layers, assessment, _ = case()
    first = pages[0]
    for text in ("BẢN ĐỒ HIỆN TRẠNG PHỦ SÓNG DI ĐỘNG 4G TRỞ LÊN", "CHÚ GIẢI", "Thôn trắng sóng", "Xã biên giới",
                 "Hệ tọa độ VN-2000, kinh tuyến trục 107°45', múi chiếu 3°", "Người lập", "Người kiểm tra", "Phê duyệt",
                 "DỮ LIỆU MINH HỌA", "Nguồn dữ liệu", "Tờ số 1/", "SỞ KHOA HỌC VÀ CÔNG NGHỆ", "Nguyễn Thị Lập",
                 "Hoàng Sa", "Trường Sa", layers.info.pack_id, assessment.scenario.digest, "ITU-R P.1812", "8 dB",
                 "số liệu đến 30/09/2026"):
        assert text in first, text
    assert re.search(r"Tỷ lệ 1:\d{2,3}\.000", first)
    for name in layers.communes["name"]:
        assert str(name) in first, name


def test_no_english_leaks(pages: list[str]) -> None:
    for text in ("Easting", "Northing", "metre", "Legend", "Village", "None", "nan", "NaN", "<NA>"):
        assert not any(re.search(rf"\b{re.escape(text)}\b", page) for page in pages), text


def test_the_figures_are_those_of_the_summary(pages: list[str]) -> None:
    _, assessment, plan = case()
    status = assessment.villages["status_printed"]
    trang = int((status == "trang").sum())
    assert f"{trang}/{len(status)} (" in pages[0]
    plans = [p for p in pages if "BẢN ĐỒ VỊ TRÍ ĐỀ XUẤT" in p and "CÁC XÃ BIÊN GIỚI" not in p]
    for page, group in zip(plans, distinct(plan), strict=True):
        assert "không phương án nào trong cùng kinh phí" in page
        for site in plan.budgets[group[0]].sites.itertuples():
            assert str(site.name).split()[0] in page


def test_fonts_are_embedded_and_ours(sheet: Path) -> None:
    names = set()
    for page in PdfReader(sheet).pages:
        names |= _font_names(page["/Resources"])
    assert names
    assert all("BeVietnamPro" in n or "DejaVuSans" in n for n in names), names
    assert all("+" in n for n in names), "a font that is not a subset is not embedded"


def _font_names(resources: object) -> set[str]:
    """Collect the names of all fonts, forms within forms included."""
    found: set[str] = set()
    tree = resources.get_object()  # type: ignore[attr-defined]
    for font in tree.get("/Font", {}).values():
        base = str(font.get_object()["/BaseFont"]).removeprefix("/")
        found.add(base)
    for form in tree.get("/XObject", {}).values():
        inner = form.get_object()
        if "/Resources" in inner:
            found |= _font_names(inner["/Resources"])
    return found


def test_budgets_with_the_same_sites_share_a_sheet() -> None:
    _, _, plan = case()
    same = replace(plan, budgets=(plan.budgets[0], plan.budgets[0], plan.budgets[-1]))
    assert distinct(same) == [[0, 1], [2]]


def test_the_legend_lists_only_what_is_drawn() -> None:
    layers, assessment, _ = case()
    villages = assessment.villages.assign(status="phu")
    body = draw_body(MapContent(assessment.communes, villages, layers.elevation), (200.0, 150.0))
    assert body.classes == ("xa", "xa_bien_gioi", "phu")
    inland = assessment.communes.assign(is_border=False)
    bare = draw_body(MapContent(inland, villages, layers.elevation), (200.0, 150.0))
    assert bare.classes == ("xa", "phu")


def test_links_are_drawn_with_their_legend() -> None:
    layers, assessment, plan = case_with_links()
    one = plan.budgets[-1]
    villages = assessment.villages.assign(status="phu")
    content = MapContent(assessment.communes, villages, layers.elevation, links=one.links, fibre=layers.fibre_routes)
    body = draw_body(content, (200.0, 150.0))
    assert {"cap_quang", "tuyen_quang", "tuyen_vi_ba", "tuyen_doc_dao"} <= set(body.classes)
    none = draw_body(replace(content, links=one.links.iloc[:0]), (200.0, 150.0))
    assert not [c for c in none.classes if c.startswith("tuyen_")]
    unbroken = draw_body(replace(content, links=one.links.assign(single_road=False)), (200.0, 150.0))
    assert "tuyen_doc_dao" not in unbroken.classes


def test_the_plan_sheet_tells_of_its_links(tmp_path: Path) -> None:
    layers, assessment, plan = case_with_links()
    job = map_job(layers, assessment, replace(plan, budgets=plan.budgets[-1:]))
    sheet = next(s for s in job.sheets if s.content.sites is not None)
    write_map_sheets(replace(job, sheets=(sheet,)), tmp_path / "a.pdf")
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(tmp_path / "a.pdf").pages]
    assert "3/10 vị trí có truyền dẫn đi theo đường độc đạo" in pages[0]
    assert "Đường độc đạo, nguy cơ sạt lở" in pages[0]
    listed = next(p for p in pages if "BẢNG KÊ TUYẾN TRUYỀN DẪN" in p)
    assert "TD-003" in listed
    assert link_summary(plan.budgets[-1]).money_vi in listed


def test_every_symbol_has_a_swatch_and_both_labels() -> None:
    for s in SYMBOLS:
        assert swatch(s).startswith(b"%PDF")
        assert s.label_vi
        assert s.label_en.isascii()


def test_without_restricted_land_every_map_says_so(tmp_path: Path) -> None:
    layers, assessment, plan = case()
    plan = replace(plan, budgets=plan.budgets[:1])
    map_sheet(replace(layers, restricted=None), assessment, plan, tmp_path / "a.pdf")
    texts = [" ".join(p.extract_text().split()) for p in PdfReader(tmp_path / "a.pdf").pages]
    maps = [t for t in texts if "CHÚ GIẢI" in t]
    assert len(maps) >= 1 + len(distinct(plan))
    assert all("Chưa kiểm tra đất, rừng, biên giới" in t for t in maps)


def test_real_data_carry_no_stamp(tmp_path: Path) -> None:
    layers, assessment, _ = case()
    job = map_job(replace(layers, info=replace(layers.info, illustrative=False)), assessment, None)
    write_map_sheets(job, tmp_path / "a.pdf")
    assert "MINH HỌA" not in PdfReader(tmp_path / "a.pdf").pages[0].extract_text()


def test_the_offices_inset_takes_the_slot(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 2))
    figure.text(0.1, 0.5, "MẪU CHÍNH THỨC", fontproperties=font_for("M", "Bold", 12))
    (tmp_path / "phan_chen.pdf").write_bytes(pdf_bytes(figure))
    layers, assessment, _ = case()
    office = Office(inset_file=str(tmp_path / "phan_chen.pdf"))
    map_sheet(layers, assessment, None, tmp_path / "a.pdf", office=office)
    text = PdfReader(tmp_path / "a.pdf").pages[0].extract_text()
    assert "MẪU CHÍNH THỨC" in text
    assert "đặt từ mẫu bản đồ" not in text
    with pytest.raises(HandInError, match="phần chèn"):
        map_sheet(layers, assessment, None, tmp_path / "b.pdf", office=Office(inset_file=str(tmp_path / "a.png")))


def test_the_arrow_s_tip_is_above_its_tail_and_the_letter_above_the_tip() -> None:
    frame = frame_of((450_000, 1_700_000, 470_000, 1_715_000), (200.0, 150.0), VN2000_107_45)
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_grid(axes, frame)
    draw_north_arrow(axes, frame)
    wings = [p.get_xy() for p in axes.patches if p.get_gid() == "north-arrow"]
    tip, tail = wings[0][0], wings[0][1]
    assert tip[1] > tail[1]
    letter = next(t for t in axes.texts if t.get_text() == "B")
    assert letter.get_position()[1] > tip[1]
    assert axes.get_xlabel() == axes.get_ylabel() == ""


def test_hillshade_is_bright_to_the_north_west_and_flat_is_even() -> None:
    x = np.arange(20.0)
    ramp_down_east = np.tile(-x * 10, (20, 1))      # faces east, away from the light
    ramp_up_east = np.tile(x * 10, (20, 1))         # faces west, to the light
    assert hillshade(ramp_up_east, 30.0).mean() > hillshade(ramp_down_east, 30.0).mean()
    north_slope = np.tile(x[:, None] * 10, (1, 20))  # rises to the south: faces north
    assert hillshade(north_slope, 30.0).mean() > hillshade(-north_slope, 30.0).mean()
    assert np.allclose(hillshade(np.zeros((5, 5)), 30.0), np.sqrt(0.5))


def test_coarser_averages_what_is_known() -> None:
    values = np.array([[1.0, 3.0, np.nan, np.nan], [np.nan, 2.0, np.nan, np.nan]])
    assert coarser(values, 2)[0, 0] == 2.0
    assert np.isnan(coarser(values, 2)[0, 1])


def test_a_letter_our_font_lacks_is_not_lost() -> None:
    assert "BeVietnamPro" in str(font_for("Đắc Pring, Ấ ệ ỡ", "Medium").get_file())
    assert "DejaVuSans" in str(font_for("Plei Kŏ ↑", "Medium").get_file())
    assert text_width_pt("Plei Kŏ ↑", "Medium", 6.0) > text_width_pt("Plei K", "Medium", 6.0)


def test_widths_are_those_that_are_drawn() -> None:
    for text in ("Vân Khê Thượng", "Tr'Ngơl", "Đắc Vông"):
        drawn = TextPath((0, 0), text, prop=font_for(text, "Bold", 8.0)).get_extents().width
        assert text_width_pt(text, "Bold", 8.0) == pytest.approx(drawn, abs=2.0)  # kerning


def test_sources_and_foot_come_from_the_manifest() -> None:
    layers, assessment, _ = case()
    full, short, names = sources_line(layers)
    assert "CC0-1.0" in full
    assert "30/09/2026" in full
    assert all("mô hình địa hình DTM" in line for line in (full, short, names))
    assert "bảng nguồn dữ liệu" in names
    assert names.startswith("Ranh giới xã, ")
    assert layers.info.pack_id in foot_line(layers, assessment.scenario)


def test_sources_that_do_not_fit_give_way_to_the_annex(tmp_path: Path) -> None:
    layers, assessment, _ = case()
    wordy = tuple(replace(s, source=f"{s.layer}: " + "nguồn rất dài " * 20) for s in layers.info.sources)
    map_sheet(replace(layers, info=replace(layers.info, sources=wordy)), assessment, None, tmp_path / "a.pdf")
    pages = [" ".join(p.extract_text().split()) for p in PdfReader(tmp_path / "a.pdf").pages]
    assert "nguồn rất dài" not in pages[0]
    assert "bảng nguồn dữ liệu kèm theo" in pages[0]
    assert "nguồn rất dài" in pages[-1]
    assert any("NGUỒN DỮ LIỆU" in page for page in pages[1:])


def test_far_border_communes_get_a_sheet_of_their_own() -> None:
    layers, assessment, plan = case()
    one = assessment.communes["commune_code"] == assessment.communes["commune_code"].iloc[0]
    narrow = replace(assessment, communes=assessment.communes.assign(is_border=one))
    titles = [s.title for s in map_job(layers, narrow, plan).sheets]
    assert [t for t in titles if t.endswith("các xã biên giới")]
    near = next(s for s in map_job(layers, narrow, plan).sheets if s.title.endswith("các xã biên giới"))
    whole = map_job(layers, narrow, plan).sheets[0]
    assert body_frame(near.content, MAP_MM).scale < body_frame(whole.content, MAP_MM).scale
    none = replace(assessment, communes=assessment.communes.assign(is_border=False))
    assert not [s for s in map_job(layers, none, None).sheets if s.title.endswith("các xã biên giới")]


def test_other_crs_is_refused() -> None:
    layers, assessment, _ = case()
    villages = assessment.villages.assign(status="phu").to_crs(4326)
    with pytest.raises(ValueError, match="hệ tọa độ"):
        draw_body(MapContent(assessment.communes, gpd.GeoDataFrame(villages), layers.elevation), MAP_MM)
