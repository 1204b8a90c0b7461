from datetime import date

import pytest
from hand_layers import layer, layers, mast, village

from coverage.errors import GapError
from coverage.gap.published import Decision, match_published, official_status, reconcile
from geodata.layers import Layers

MASTS = [mast("A1", 5, 5)]
VILLAGES = [
    village("99001-001", 1, 1, name="A Tiêng"),
    village("99001-002", 2, 1, name="Hoà Bình"),
    village("99002-001", 11, 1, name="A Tiêng"),
    village("99002-002", 12, 1, name="Bản Mới", households=30),
    village("99002-003", 13, 1, name="Bản Mới", households=45),
    village("99003-001", 21, 1, name="Thôn 3"),
]


def pack(*rows: tuple[object, ...]) -> Layers:
    listed = [dict(zip(("village_name", "commune_name", "status", "households"), r, strict=True)) for r in rows]
    return layers(VILLAGES, MASTS, published=layer("published", listed))


def codes(data: Layers) -> list[tuple[str, str]]:
    return [("" if m.village is None else data.villages["village_code"].iloc[m.village], m.how)
            for m in match_published(data)]


@pytest.mark.parametrize(("row", "expected"), [
    (("A Tiêng", "Xã Hòa Sơn", "trang", 100), ("99001-001", "exact")),
    (("A Tiêng", "Xã Suối Đá", "trang", 100), ("99002-001", "exact")),      # the commune tells them apart
    (("A tieng", "Xã Hòa Sơn", "trang", 100), ("99001-001", "folded")),
    (("Hòa Bình", "Hoà Sơn", "lom", None), ("99001-002", "folded")),        # tone marks in both placements
    (("Bản Mới", "Xã Suối Đá", "trang", 45), ("99002-003", "exact")),       # households decide
    (("Bản Mới", "Xã Suối Đá", "trang", None), ("", "none")),               # nothing decides: nothing is chosen
    (("Bản Mới", "Xã Suối Đá", "trang", 99), ("", "none")),
    (("A Tiêng", "Xã Không Có", "trang", 100), ("", "none")),
    (("Chưa Nghe", "Xã Hòa Sơn", "trang", 100), ("", "none")),
])
def test_matching(row: tuple[object, ...], expected: tuple[str, str]) -> None:
    assert codes(pack(row)) == [expected]


def test_reasons_are_given() -> None:
    data = pack(("Bản Mới", "Xã Suối Đá", "trang", None), ("A Tiêng", "Xã Không Có", "trang", 1),
                ("Chưa Nghe", "Xã Hòa Sơn", "lom", 1))
    reasons = [m.reason for m in match_published(data)]
    assert "2 thôn trùng tên" in reasons[0]
    assert "không có xã" in reasons[1]
    assert "không có thôn" in reasons[2]
    findings = official_status(data, match_published(data))[2]
    assert findings[0].rows == (2, 3, 4)
    assert "Chưa Nghe" in findings[0].values[2]


def test_a_village_is_not_taken_twice() -> None:
    data = pack(("A Tiêng", "Xã Hòa Sơn", "trang", 100), ("A tiêng", "Xã Hòa Sơn", "lom", 100))
    assert codes(data) == [("99001-001", "exact"), ("", "none")]
    assert "dòng 2" in match_published(data)[1].reason


def test_the_office_stands_by_what_it_said_and_by_nothing_else() -> None:
    data = pack(("A Tiêng", "Xã Hòa Sơn", "trang", 100))
    status, source, findings = official_status(data, match_published(data))
    assert status[0] == "trang"
    assert status[1:].isna().all()
    assert source.tolist() == ["published", "", "", "", "", ""]
    assert findings == ()


def test_a_decision_stands_above_the_list_and_the_latest_above_the_others() -> None:
    data = pack(("A Tiêng", "Xã Hòa Sơn", "trang", 100))
    old = Decision("99001-001", "lom", "khảo sát", "Nguyễn Văn A", date(2026, 1, 1), "qd1.pdf")
    new = Decision("99001-001", "phu", "trạm mới", "Nguyễn Văn A", date(2026, 8, 1), "qd2.pdf")
    status, source, _ = official_status(data, match_published(data), [new, old])
    assert (status[0], source[0]) == ("phu", "decision")


def test_broken_decisions() -> None:
    with pytest.raises(GapError, match="mất sóng"):
        Decision("99001-001", "mất sóng", "r", "n", date(2026, 1, 1), "qd.pdf")
    with pytest.raises(GapError, match="lý do"):
        Decision("99001-001", "phu", " ", "n", date(2026, 1, 1), "qd.pdf")
    data = pack(("A Tiêng", "Xã Hòa Sơn", "trang", 100))
    lost = Decision("88888-001", "phu", "r", "n", date(2026, 1, 1), "qd.pdf")
    with pytest.raises(GapError, match="88888-001"):
        official_status(data, match_published(data), [lost])


def test_reconciliation() -> None:
    data = pack(("A Tiêng", "Xã Hòa Sơn", "trang", 100), ("Hòa bình", "Xã Hòa Sơn", "trang", 100),
                ("A Tiêng", "Xã Suối Đá", "trang", 100), ("Thôn 3", "Phường Cầu Mới", "lom", 100),
                ("Chưa Nghe", "Xã Hòa Sơn", "lom", 1))
    model = ["trang", "lom", "phu", "trang", "phu", "chua_du_dl"]
    table = reconcile(data, match_published(data), model)
    assert table[["village_code", "published", "model", "result", "match"]].to_numpy().tolist() == [
        ["99001-001", "trang", "trang", "same", "exact"],
        ["99001-002", "trang", "lom", "differs", "folded"],
        ["99002-001", "trang", "phu", "only_list", "exact"],
        ["99003-001", "lom", "chua_du_dl", "differs", "exact"],
        ["", "lom", "", "not_matched", "none"],
        ["99002-002", "", "trang", "only_model", "none"],
    ]
    assert table["commune_name"].iloc[5] == "Xã Suối Đá"


def test_without_a_list_there_is_nothing_to_reconcile() -> None:
    data = layers(VILLAGES, MASTS)
    assert match_published(data) == ()
    assert reconcile(data, (), ["trang"] * 6).empty
    assert official_status(data, ())[0].isna().all()
