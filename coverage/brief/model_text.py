"""What is said of the model: how it computes, what assumed powers decide, how far it agrees with measurements."""

from collections.abc import Iterator

from coverage.brief.words import vn_number, vn_percent, vn_trimmed, word
from coverage.gap.accuracy import Accuracy, group_name
from coverage.gap.sensitivity import Sensitivity
from coverage.radio.area_loss import LONGEST_STEP_M
from coverage.radio.calibration import REASONS, Calibration
from coverage.scenario import Scenario
from coverage.summary import GapSummary

Line = tuple[str, str, str, str]    # key, label, value, unit


def method_text(scenario: Scenario, language: str = "vi") -> str:
    """Return how areas are computed and the longest step on the ground, as it stands in a line."""
    how = word("radio_method", scenario.radio.method, language)
    return f"{how}, {'bước địa hình' if language == 'vi' else 'terrain step'} ≤ {vn_number(LONGEST_STEP_M)} m"


def sensitivity_text(found: Sensitivity | None, language: str = "vi") -> str:
    """Return one sentence on what assumed powers decide; "" where it was not asked."""
    if found is None:
        return ""
    rows, assumed = _n(found.rows, language), _n(found.assumed_rows, language)
    if not found.assumed_rows:
        return ("Công suất của mọi máy phát do doanh nghiệp cung cấp, không có giá trị giả định." if language == "vi"
                else "Every power was supplied by its operator; none is assumed.")
    step = vn_trimmed(found.stronger.shift_db, 1) if language == "vi" else f"{found.stronger.shift_db:g}"
    low, high = _n(found.weaker.changed, language), _n(found.stronger.changed, language)
    trang = f"{_n(found.weaker.trang, language)} / {_n(found.stronger.trang, language)}"
    if language == "vi":
        return (f"Công suất giả định ({assumed}/{rows} máy phát) thấp hơn {step} dB: {low} thôn đổi tình trạng; cao "
                f"hơn {step} dB: {high} thôn (thôn trắng sóng theo mô hình: {trang}).")
    return (f"Assumed powers ({assumed} of {rows} transmitters) {step} dB lower: {low} villages change status; {step} "
            f"dB higher: {high} (villages without signal by the model: {trang}).")


def accuracy_text(found: Accuracy | None, language: str = "vi") -> str:
    """Return one sentence on how far the model agrees with measured villages, border apart."""
    vi = language == "vi"
    if found is None or not found.used["all"].n:
        return ("Chưa có số liệu đo tại thôn để kiểm chứng mô hình." if vi
                else "No village measurements to verify the model with.")
    whole, border = found.used["all"], found.used["border"]
    how = ("đã hiệu chỉnh, từng xã được dự báo bằng số liệu của các xã khác" if found.calibrated
           else "mô hình chưa dùng số liệu đo") if vi else (
        "calibrated, every commune predicted by the others" if found.calibrated else "no measurement is in the model")
    text = (f"Mô hình khớp đo kiểm tại thôn {_percent(whole.agreement, language)} (n = {whole.n}; {how})" if vi else
            f"The model agrees with measured villages in {_percent(whole.agreement, language)} (n = {whole.n}; {how})")
    if not border.enough:
        return f"{text}; {'chưa kiểm chứng tại vùng biên' if vi else 'not verified at the border'} (n = {border.n})."
    share = _percent(border.agreement, language)
    return f"{text}; {'vùng biên' if vi else 'border'} {share} (n = {border.n})."


def model_lines(gap: GapSummary, language: str = "vi") -> Iterator[Line]:
    """Yield key, label, value and unit of what is known of the model's error, for the assumptions sheet."""
    yield from _sensitivity_lines(gap.sensitivity, language)
    yield from _accuracy_lines(gap.accuracy, language)
    yield from _calibration_lines(gap.calibration, language)


def _sensitivity_lines(found: Sensitivity | None, language: str) -> Iterator[Line]:
    if found is None:
        return
    unit = "thôn" if language == "vi" else "villages"
    yield "sensitivity", word("model_check_line", "sensitivity", language), sensitivity_text(found, language), ""
    for key, one in (("weaker", found.weaker), ("stronger", found.stronger)):
        yield f"sensitivity.{key}", word("model_check_line", key, language), _n(one.changed, language), unit


def _accuracy_lines(found: Accuracy | None, language: str) -> Iterator[Line]:
    yield "accuracy", word("model_check_line", "accuracy", language), accuracy_text(found, language), ""
    if found is None:
        return
    for way, both in (("plain", found.plain), ("held_out", found.held_out)):
        for part in ("all", "border"):
            c = both[part]
            label = f"{word('model_check_line', way, language)}, {word('model_check_line', part, language)}"
            counts = " / ".join(_n(v, language) for v in (c.both, c.neither, c.model_only, c.measured_only))
            said = f"{counts}; n = {_n(c.n, language)}; {_percent(c.agreement, language)}"
            if not c.enough:
                said += f"; {word('model_check_line', 'too_few', language)}"
            yield f"accuracy.{way}.{part}", label, said, ""


def _calibration_lines(found: Calibration | None, language: str) -> Iterator[Line]:
    if found is None:
        return
    for row in found.table.to_dict("records"):
        name = group_name(row)
        if row["usable"]:
            said = word("model_check_line", "bias", language).format(
                bias=_decimal(row["bias_db"], language), places=_n(row["places"], language),
                before=_decimal(row["rms_before_db"], language), after=_decimal(row["rms_after_db"], language))
        else:
            said = REASONS[row["reason"]][0 if language == "vi" else 1]
        yield f"calibration.{name}", f"{word('model_check_line', 'calibration', language)} {name}", said, ""


def _n(value: float, language: str) -> str:
    return vn_number(value) if language == "vi" else f"{value:,.0f}"


def _decimal(value: float, language: str) -> str:
    return vn_number(value, 1) if language == "vi" else f"{value:.1f}"


def _percent(share: float, language: str) -> str:
    return "–" if share != share else vn_percent(share, 0) if language == "vi" else f"{share:.0%}"  # noqa: PLR0124 - NaN
