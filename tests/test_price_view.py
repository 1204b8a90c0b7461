"""The price book on the screen: all rows, filters, what the office replaced, a reason for it, and the way back."""

import pytest
from streamlit.testing.v1 import AppTest

from coverage.brief.assumptions import assumption_table
from coverage.errors import ScenarioError
from coverage.scenario import Scenario, load_prices, override_prices
from coverage.ui import price_view, state

BOOK = load_prices("don_gia_2026")
BASE = Scenario.default()
DEAR = Scenario.from_mapping({"prices": {"tower_ground": {
    "low": 400, "base": 600, "high": 950, "reason": "Công bố giá quý III"}}})


@pytest.fixture(autouse=True)
def vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "language", lambda: "vi")


def test_every_price_has_its_row() -> None:
    items = price_view.matching(BASE, BOOK)
    assert items == list(BASE.prices)
    table = price_view.price_frame(BASE, BOOK, items)
    assert len(table) == len(BOOK)
    row = table[table["Hạng mục"].str.startswith("Cột dây co")].iloc[0]
    assert row[["Dòng khái toán", "Đơn vị", "Mức thấp", "Mức cơ sở", "Mức cao", "Thuế GTGT", "Căn cứ"]].tolist() == [
        "Xây dựng", "triệu đồng/trạm", "350", "550", "900", "chưa gồm", "giả định"]
    rate = table[table["Đơn vị"] == "tỷ lệ"].iloc[0]
    assert rate["Thuế GTGT"] == "–"


def test_filters() -> None:
    assert price_view.matching(BASE, BOOK, text="COT DAY CO") == ["tower_ground"]      # marks do not matter
    assert price_view.matching(BASE, BOOK, text="tower_ground") == ["tower_ground"]
    equipment = price_view.matching(BASE, BOOK, lines=["equipment"])
    assert {BASE.prices[i].line for i in equipment} == {"equipment"}
    assert set(price_view.matching(BASE, BOOK, lines=[price_view.NO_LINE])) == {
        i for i, p in BASE.prices.items() if not p.line}
    assert price_view.matching(BASE, BOOK, own=True) == []
    assert price_view.matching(DEAR, BOOK, own=True) == ["tower_ground"]
    assert price_view.matching(DEAR, BOOK, text="không có gì như vậy") == []


def test_a_replaced_price_says_so_everywhere() -> None:
    row = price_view.price_frame(DEAR, BOOK, ["tower_ground"]).iloc[0]
    assert row["Căn cứ"] == "người dùng đặt"
    assert row["Giá gốc (thấp / cơ sở / cao)"] == "350 / 550 / 900"
    assert row["Nguồn"] == "Công bố giá quý III (kịch bản)"
    assert any("Công bố giá quý III (kịch bản)" in r for r in assumption_table(DEAR).astype(str).to_numpy().tolist())
    assert DEAR.digest != BASE.digest
    with pytest.raises(ScenarioError):
        override_prices(BOOK, {"tower_ground": {"low": 1, "base": 2, "reason": "x"}}, "b", "w")


SCRIPT = "from coverage.ui import price_view, state\nprice_view.show(state.scenario())\n"


def test_replace_with_a_reason_then_back_and_undo() -> None:
    at = AppTest.from_string(SCRIPT, default_timeout=30).run()
    assert not at.exception
    assert at.selectbox[0].value == "tower_ground"
    for widget, value in zip(at.number_input, (400.0, 600.0, 950.0), strict=True):
        widget.set_value(value)
    at.button(key="FormSubmitter:price_form_tower_ground-Thay giá").click().run()
    assert "Chưa ghi lý do" in at.error[0].value            # no reason, no change
    for widget, value in zip(at.number_input, (400.0, 600.0, 350.0), strict=True):
        widget.set_value(value)
    at.text_input(key="price_reason_tower_ground").set_value("Báo giá 3/11")
    at.button(key="FormSubmitter:price_form_tower_ground-Thay giá").click().run()
    assert at.error                                          # low > high is refused
    at.number_input[2].set_value(950.0)
    at.button(key="FormSubmitter:price_form_tower_ground-Thay giá").click().run()
    assert not at.error
    price = at.session_state["scenario"].prices["tower_ground"]
    assert (price.low, price.base, price.high) == (400.0, 600.0, 950.0)
    assert price.note.citation == "Báo giá 3/11 (cơ quan nhập trên màn hình)"
    at.button(key="price_back").click().run()
    assert at.session_state["scenario"].digest == BASE.digest
    at.button(key="price_undo").click().run()
    assert at.session_state["scenario"].prices["tower_ground"].base == 600.0
    at.button(key="price_undo").click().run()
    assert at.session_state["scenario"].digest == BASE.digest
