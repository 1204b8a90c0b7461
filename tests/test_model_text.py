"""Sentences on the model: method, assumed powers, agreement with measurements; natural, with their counts."""

from coverage.brief.model_text import accuracy_text, method_text, sensitivity_text
from coverage.gap.accuracy import Accuracy
from coverage.gap.sensitivity import Sensitivity, Shifted
from coverage.radio.calibration import Confusion
from coverage.scenario import Scenario

MOVED = Sensitivity(1200, 800, 1600, Shifted(-6.0, 41, 210, 60), Shifted(6.0, 37, 160, 50))
MANY, FEW, NONE = Confusion(80, 5, 5, 10, enough=True), Confusion(6, 0, 1, 3, enough=False), Confusion(0, 0, 0, 0,
                                                                                                   enough=False)


def test_method_is_said() -> None:
    assert method_text(Scenario.default()) == "chính xác từng ô, bước địa hình ≤ 100 m"
    swept = Scenario.from_mapping({"radio": {"method": "radial"}})
    assert method_text(swept, "en") == "radial sweep, terrain step ≤ 100 m"


def test_sensitivity_gives_both_sides_and_the_share_assumed() -> None:
    assert sensitivity_text(MOVED) == (
        "Công suất giả định (800/1.200 máy phát) thấp hơn 6 dB: 41 thôn đổi tình trạng; cao hơn 6 dB: 37 thôn (thôn "
        "trắng sóng theo mô hình: 210 / 160).")
    assert "800 of 1,200" in sensitivity_text(MOVED, "en")
    assert sensitivity_text(None) == ""
    given = Sensitivity(5, 0, 9, Shifted(-6.0, 0, 1, 1), Shifted(6.0, 0, 1, 1))
    assert "không có giá trị giả định" in sensitivity_text(given)


def test_border_below_thirty_is_not_verified() -> None:
    plain = {"all": MANY, "border": FEW}
    told = accuracy_text(Accuracy(plain, {"all": MANY, "border": MANY}, calibrated=False))
    assert told == ("Mô hình khớp đo kiểm tại thôn 90% (n = 100; mô hình chưa dùng số liệu đo); chưa kiểm chứng tại "
                    "vùng biên (n = 10).")
    both = accuracy_text(Accuracy(plain, {"all": MANY, "border": MANY}, calibrated=True))
    assert both.endswith("vùng biên 90% (n = 100).")
    assert "Chưa có số liệu đo" in accuracy_text(None)
    nothing = Accuracy({"all": NONE, "border": NONE}, {}, calibrated=False)
    assert "No village measurements" in accuracy_text(nothing, "en")
