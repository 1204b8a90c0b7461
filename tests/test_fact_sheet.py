"""The paragraph and the sheet about one village, in the office's wording."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader

from coverage.brief.fact_sheet import Proposal, commune_words, statement, statements, write_fact_sheet
from coverage.brief.office import Office
from coverage.errors import HandInError
from tests.brief_case import case


def village(**changes: Any) -> SimpleNamespace:
    fields = {
        "village_code": "99003-002", "name": "Bản Giòng", "households": 42, "people": 190.0, "is_border": True,
        "difficult": False, "status_printed": "trang", "status_model": "trang", "status_official": pd.NA,
        "unserved_households": 42.0, "unserved_people": 190.0, "nearest_1": "ThuongGiap_TQG",
        "nearest_1_operator": "Viettel", "nearest_1_km": 2.6, "nearest_1_blocked": True, "nearest_2": "ThuongNongII",
        "nearest_2_operator": "VNPT", "nearest_2_km": 3.449, "nearest_2_blocked": False, "grid_power": False,
        "motor_road": pd.NA, "fibre_status": "chua", "rsrp_dbm": -123.4, "p_served": 0.05, "evidence": "model",
        "needs_survey": False,
    }
    return SimpleNamespace(**(fields | changes))


def test_the_paragraph_word_for_word() -> None:
    assert statement(village(), "xã Thượng Giáp") == (
        "Bản Giòng, xã Thượng Giáp (42 hộ, 190 nhân khẩu; xã biên giới) là thôn trắng sóng: trung tâm thôn chưa có sóng"
        " 4G trở lên của doanh nghiệp nào. Số hộ chưa có sóng: 42 hộ, 190 nhân khẩu. Trung tâm thôn cách trạm "
        "ThuongGiap_TQG (Viettel) 2,6 km, bị địa hình che khuất; cách trạm ThuongNongII (VNPT) 3,4 km, không bị địa "
        "hình che khuất. Thôn chưa có điện lưới, chưa rõ về đường ô tô, chưa có cáp quang. Căn cứ: mô hình, mức thu dự "
        "báo -123 dBm, xác suất có sóng 5%. Chưa có vị trí đề xuất phủ sóng cho thôn trong các mức kinh phí đang xét.")


def test_what_is_proposed_is_said_with_its_money() -> None:
    sites = pd.DataFrame([{"order": 3, "name": "Điểm cao 1077 m", "commune_name": "A Rêng", "kind": "macro",
                           "cost_mvnd": 3076.6, "links": ()}])
    text = statement(village(), "xã A", (Proposal(10_000.0, sites, "phu", 189.6),))
    assert text.endswith(
        "Đề xuất: vị trí số 3 (Điểm cao 1077 m, A Rêng; trạm macro xây mới; khái toán 3,08 tỷ đồng) trong phương án "
        "kinh phí 10 tỷ đồng; phủ thêm 190 người của thôn, sau đó thôn ở tình trạng đã phủ.")
    linked = sites.assign(links=[("TD-001",)])
    text = statement(village(), "xã A", (Proposal(10_000.0, linked, "phu", 189.6),))
    assert "khái toán 3,08 tỷ đồng, chưa kể đường truyền dẫn) trong phương án" in text


def test_official_status_that_the_model_does_not_share() -> None:
    text = statement(village(status_official="trang", status_model="phu"), "xã A")
    assert "Tình trạng theo danh sách hoặc quyết định của cơ quan; kết quả mô hình khác: đã phủ." in text
    assert "cần đo kiểm để thống nhất" in text


def test_doubt_is_said() -> None:
    assert "độ tin cậy thấp, cần khảo sát thực địa" in statement(village(needs_survey=True), "xã A")
    assert "chưa rõ có bị địa hình che khuất không" in statement(village(nearest_1_blocked=pd.NA), "xã A")
    nobody = village(nearest_1=pd.NA, nearest_2=pd.NA)
    assert "Chưa có trạm nào trong danh sách" in statement(nobody, "xã A")


def test_every_village_that_is_not_covered_has_its_paragraph() -> None:
    _, assessment, plan = case()
    said = statements(assessment, plan)
    open_ones = assessment.villages[assessment.villages["status_printed"] != "phu"]
    assert set(said) == set(open_ones["village_code"])
    assert all(text.endswith(".") and "None" not in text and "nan" not in text for text in said.values())
    helped = {code for b in plan.budgets for code in b.villages.loc[b.villages["served_by"] != "", "village_code"]}
    assert helped & set(said)
    assert all("Đề xuất: vị trí số" in said[code] for code in helped & set(said))
    assert "phường Lũng Thạnh" in commune_words(assessment).values()


def test_the_sheet_reads_back(tmp_path: Path) -> None:
    layers, assessment, plan = case()
    code = next(c for c, text in statements(assessment, plan).items() if "Đề xuất" in text)
    path = write_fact_sheet(layers, assessment, plan, code, tmp_path / "phieu.pdf", office=Office(maker="Lê Thị Ấ"))
    reader = PdfReader(path)
    assert len(reader.pages) == 2           # the back holds the terrain profile
    back = " ".join(reader.pages[1].extract_text().split())
    assert "Mặt cắt địa hình từ trạm gần nhất" in back
    assert "sống núi ở km" in back
    assert float(reader.pages[0].mediabox.height) == pytest.approx(841.9, abs=1)
    text = " ".join(reader.pages[0].extract_text().split())
    for part in ("PHIẾU THÔNG TIN PHỦ SÓNG", "Trạm gần nhất", "bị địa hình che khuất", "DỮ LIỆU MINH HỌA", "Lê Thị Ấ",
                 "Vị trí đề xuất phục vụ thôn", assessment.scenario.digest):
        assert part in text, part
    again = write_fact_sheet(layers, assessment, plan, code, tmp_path / "b.pdf", office=Office(maker="Lê Thị Ấ"))
    assert again.read_bytes() == path.read_bytes()


def test_an_unknown_village_is_refused(tmp_path: Path) -> None:
    layers, assessment, plan = case()
    with pytest.raises(HandInError, match="99999-001"):
        write_fact_sheet(layers, assessment, plan, "99999-001", tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()
