"""The pages' logic without a browser: what they show, in both languages, and that faults are one readable line."""

import dataclasses
import functools
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from brief_case import case_with_areas
from streamlit.testing.v1 import AppTest

from coverage import pipeline
from coverage.brief.words import stage_text
from coverage.errors import Cancelled, CoverageError
from coverage.gap.assessment import Assessment, assess
from coverage.scenario import Scenario
from coverage.summary import gap_summary
from coverage.ui import maps, state, words
from coverage.ui.gap_page import Filter, matching, ordered
from coverage.ui.jobs import Jobs
from coverage.ui.state import PackChoice, unpack_upload
from geodata.layers import Layers
from geodata.pack import write_pack

ROOT = Path(__file__).resolve().parents[1]
WAIT_S = 90


@pytest.fixture(autouse=True, scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the slow level over the whole ground out, compute nothing twice, keep files away from the checkout."""
    whole = case_with_areas()[1].area_rsrp

    @functools.cache
    def assessed(pack_id: str, scenario_digest: str) -> Assessment:
        layers, scenario = wanted[pack_id, scenario_digest]
        return assess(layers, scenario, areas=False)

    wanted: dict[tuple[str, str], tuple[Layers, Scenario]] = {}

    def without_areas(layers: Layers, scenario: Scenario, *, areas: bool = True, progress: Any) -> Assessment:
        plain = dataclasses.replace(scenario, budgets_mvnd=(1.0,), price_level="base")
        wanted.setdefault((layers.info.pack_id, plain.digest), (layers, plain))
        found = assessed(layers.info.pack_id, plain.digest)
        return dataclasses.replace(found, scenario=scenario, area_rsrp=whole if areas else {})

    folder = tmp_path_factory.mktemp("screen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "assess", without_areas)
        patch.setattr(state, "OUT", folder / "out")
        patch.setattr(maps, "STATIC", folder / "static")
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


def page(name: str) -> AppTest:
    """Return one page of the screen, run to its end."""
    return script(name).run()


def script(name: str) -> AppTest:
    """Return one page of the screen, not run yet."""
    text = f"from coverage.ui import parts, {name}\nparts.guarded({name}.show)()\n"
    return AppTest.from_string(text, default_timeout=WAIT_S)


def said(at: AppTest) -> str:
    """Return everything a page says in words."""
    kinds = ("html", "markdown", "caption", "info", "warning", "error", "success", "subheader")
    return "\n".join(str(element.value) for kind in kinds for element in at.get(kind) if hasattr(element, "value"))


def html_of(at: AppTest) -> str:
    """Return the HTML blocks of a page."""
    return "\n".join(str(element.proto.body) for element in at.get("html"))


def test_the_app_opens_on_the_map_of_the_sample_in_vietnamese() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S).run()
    assert not at.exception
    assert not at.error
    text = html_of(at)
    gap = gap_summary(assess(case_with_areas()[0], Scenario.default(), areas=False))
    assert "Khoảng trống phủ sóng" in text
    assert "Dữ liệu minh họa" in text
    assert f">{gap.trang}<span>/ {gap.villages} (" in text
    assert at.get("component_instance")  # the folium map; AppTest cannot look into it
    assert "Huyện biên giới minh họa" in text


def test_the_english_switch_leaves_no_vietnamese_words_of_ours() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    at.session_state["language"] = "en"
    at.run()
    assert not at.exception
    text = html_of(at) + said(at)
    assert "Coverage gaps" in text
    assert "Illustrative data" in text
    for word in ("Thôn trắng", "Dữ liệu minh họa", "Mã gói", "Xã theo", "Danh sách", "hộ,"):
        assert word not in text


def test_filters_narrow_the_table_and_border_communes_come_first() -> None:
    at = page("gap_page")
    villages = at.dataframe[-1].value if len(at.dataframe) == 1 else at.dataframe[1].value
    assert len(villages) == 150
    layers, assessment, _ = case_with_areas()
    border = set(layers.communes.loc[layers.communes["is_border"], "name"])
    first = villages["Xã"].iloc[0]
    assert first in border
    at.toggle(key="filter_border").set_value(True).run()
    assert not at.exception
    assert set(at.dataframe[1].value["Xã"]) == border
    at.multiselect(key="filter_communes").set_value(["99003"]).run()
    shown = at.dataframe[1].value
    assert set(shown["Xã"]) == {str(layers.communes.set_index("commune_code").loc["99003", "name"])}
    assert len(shown) == (assessment.villages["commune_code"] == "99003").sum()


def test_a_filter_keeps_what_it_names() -> None:
    _, assessment, _ = case_with_areas()
    villages = assessment.villages
    assert Filter().open
    assert len(matching(villages, Filter())) == len(villages)
    trang = matching(villages, Filter(statuses=("trang",), border=True))
    assert set(trang["status_printed"]) == {"trang"}
    assert trang["is_border"].all()
    assert not len(matching(villages, Filter(communes=("00000",))))
    rows = ordered(villages, assessment.communes)
    ranks = rows["commune_code"].map(assessment.communes.set_index("commune_code")["rank"])
    assert ranks.is_monotonic_increasing
    assert rows["is_border"].astype(int).is_monotonic_decreasing


def test_a_selected_village_and_commune_have_their_card() -> None:
    at = script("gap_page")
    at.session_state["village"] = "99003-002"
    at.run()
    assert not at.exception
    assert "Trạm gần thứ 1" in html_of(at)
    at.session_state["village"] = "99003"
    at.run()
    assert "Nhân khẩu các thôn" in html_of(at)
    at.button(key="card_close").click().run()
    assert "Xã theo số hộ chưa có sóng" in said(at)


def test_the_plan_page_shows_three_plans_with_their_proof() -> None:
    at = page("plan_page")
    assert not at.exception
    assert not at.error
    text = html_of(at)
    assert text.count("không phương án nào trong cùng kinh phí") == 3
    assert "Kinh phí 10 tỷ đồng" in text
    assert "thôn hết trắng sóng" in text


@pytest.mark.parametrize("budget", [0, -5])
def test_a_budget_of_nothing_is_one_readable_line(budget: int) -> None:
    at = page("plan_page")
    at.number_input(key="budget_0").set_value(budget)
    press(at, "Chạy")
    assert not at.exception
    line = f"Kinh phí {float(budget)} triệu đồng không dùng được. Nhập số dương (triệu đồng)."
    assert [e.value for e in at.error] == [line]


def test_a_budget_below_every_price_says_what_the_cheapest_costs() -> None:
    at = page("plan_page")
    at.number_input(key="budget_0").set_value(1)
    press(at, "Chạy")
    assert not at.exception
    assert len(at.error) == 1
    assert "1" in at.error[0].value
    assert "Traceback" not in said(at)


def test_budgets_that_do_not_ascend_are_refused() -> None:
    at = page("plan_page")
    at.number_input(key="budget_0").set_value(50_000)
    press(at, "Chạy")
    assert "tăng dần" in at.error[0].value


def test_a_new_scenario_changes_the_plan_and_not_the_assessment() -> None:
    at = page("plan_page")
    before = [key[0] for key in state.jobs()._jobs]
    at.number_input(key="budget_0").set_value(3_000)
    press(at, "Chạy")
    assert not at.exception
    assert not at.error
    assert "Kinh phí 3 tỷ đồng" in html_of(at)
    after = [key[0] for key in state.jobs()._jobs]
    assert after.count("plan") == before.count("plan") + 1
    assert after.count("assess") == before.count("assess")


def test_the_data_page_shows_layers_findings_thresholds_and_prices() -> None:
    at = page("data_page")
    assert not at.exception
    assert not at.error
    layers = at.dataframe[0].value
    assert {"Lớp", "Nguồn", "Giấy phép", "Loại số liệu"} <= set(layers.columns)
    assert set(layers["Loại số liệu"]) == {"Minh họa"}
    assert any("giả định" in set(frame.value["Căn cứ"]) for frame in at.dataframe if "Căn cứ" in frame.value)
    assert "ps-table" in html_of(at)


def test_a_folder_that_is_no_pack_is_one_readable_line(tmp_path: Path) -> None:
    at = script("data_page")
    at.session_state["pack"] = PackChoice(str(tmp_path))
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert "Traceback" not in said(at)
    at.session_state["pack"] = PackChoice()
    at.run()
    assert not at.error


def test_a_pack_in_a_folder_opens(tmp_path: Path) -> None:
    write_pack(case_with_areas()[0], tmp_path / "goi")
    at = script("gap_page")
    at.session_state["pack"] = PackChoice(str(tmp_path / "goi"))
    at.run()
    assert not at.exception
    assert not at.error
    assert "Dữ liệu minh họa" in html_of(at)  # the pack itself says that it is invented


def test_the_hand_in_page_writes_a_folder(tmp_path: Path) -> None:
    at = page("hand_in_page")
    assert not at.exception
    assert "Hồ sơ gồm có" in html_of(at)
    at.text_input(key="hand_in_folder").set_value(str(tmp_path / "ho_so")).run()
    press(at, "Ghi hồ sơ")
    assert not at.exception
    assert [e.value for e in at.error] == []
    assert "Đã ghi" in at.success[0].value
    written = set(at.dataframe[0].value["Tệp"])
    assert {"ban_do.html", "ban_do_A3.pdf"} <= written
    assert (tmp_path / "ho_so" / "manifest.json").is_file()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    at = page("hand_in_page")
    at.text_input(key="hand_in_folder").set_value(str(tmp_path)).run()
    press(at, "Ghi hồ sơ")
    assert not at.exception
    assert len(at.error) == 1
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["note.txt"]


def press(at: AppTest, label: str) -> None:
    """Press the button of a label and run."""
    next(b for b in at.button if b.label == label).click()
    at.run()


# ---- uploads --------------------------------------------------------------------------------------------------------

def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def test_an_uploaded_pack_is_found_inside_its_zip() -> None:
    choice = unpack_upload(zipped(**{"goi/manifest.json": "{}", "goi/a.gpkg": ""}), "goi.zip")
    assert (Path(choice.folder) / "manifest.json").is_file()
    assert Path(choice.folder).name == "goi"


@pytest.mark.parametrize(("content", "code"), [
    (b"not a zip", "upload_not_zip"), (zipped(**{"a.txt": "x"}), "upload_no_manifest"),
    (zipped(**{"../manifest.json": "{}"}), "upload_outside"),
])
def test_an_upload_that_is_no_pack_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(CoverageError) as caught:
        unpack_upload(content, "x.zip")
    assert caught.value.code == code


# ---- jobs -----------------------------------------------------------------------------------------------------------

def test_a_job_runs_once_for_all_who_ask() -> None:
    jobs, calls = Jobs(), []
    for _ in range(3):
        job = jobs.start("k", lambda _: calls.append(1) or 7)
        assert job.wait(10)
    assert job.result() == 7
    assert calls == [1]


def test_a_job_can_be_stopped_and_started_anew() -> None:
    def work(progress: Callable[[str, int, int], bool | None]) -> int:
        for step in range(100_000):
            if progress("reach", step, 100_000) is False:
                raise Cancelled("cancelled")
            threading_pause()
        return 1

    jobs = Jobs()
    job = jobs.start("k", work)
    job.stop()
    assert job.wait(10)
    assert job.failed
    with pytest.raises(Cancelled):
        job.result()
    jobs.forget("k")
    assert jobs.find("k") is None
    assert jobs.start("k", lambda _: 2).wait(10)


def threading_pause() -> None:
    import time
    time.sleep(0.001)


def test_a_job_names_its_stages_and_keeps_its_fault() -> None:
    def work(progress: Callable[[str, int, int], bool | None]) -> None:
        progress("reach", 1, 2)
        progress("reach", 2, 2)
        progress("highs", 0, 0)
        raise ValueError("x")

    job = Jobs().start("k", work)
    assert job.wait(10)
    assert [(s.name, s.done, s.total) for s in job.stages()] == [("reach", 2, 2), ("highs", 0, 0)]
    with pytest.raises(ValueError, match="x"):
        job.result()


def test_old_results_are_dropped() -> None:
    jobs = Jobs()
    for key in range(40):
        assert jobs.start(key, lambda _: 0).wait(10)
    jobs.start("last", lambda _: 0)
    assert jobs.find(0) is None
    assert jobs.find(39) is not None


# ---- words ----------------------------------------------------------------------------------------------------------

def test_every_word_has_both_languages_and_the_same_places_to_fill() -> None:
    import string
    for key, row in words._words().items():
        assert row["vi"], key
        assert row["en"], key
        fields = [{f for _, f, _, _ in string.Formatter().parse(row[c]) if f} for c in ("vi", "en")]
        assert fields[0] == fields[1], key


def test_every_word_the_screen_asks_for_is_there() -> None:
    import re
    asked = set()
    for path in sorted((ROOT / "coverage" / "ui").glob("*.py")):
        asked |= set(re.findall(r'\bt\(\s*"([a-z_0-9]+)"', path.read_text(encoding="utf-8")))
    assert asked - set(words._words()) == set()


def test_money_seconds_and_shares_follow_the_language() -> None:
    assert words.money(12_500, "vi") == "12,5 tỷ đồng"
    assert words.money(12_500, "en") == "12.5 billion VND"
    assert words.money(850, "en") == "850 million VND"
    assert words.seconds_text(4.25, "vi") == "4,3 giây"
    assert words.seconds_text(125, "vi") == "2 phút 05 giây"
    assert words.share(1, 8, "vi") == "12,5%"
    assert words.share(1, 0, "vi") == "–"
    assert stage_text("signal_area", "vi") == "Mức thu toàn vùng"
    assert stage_text("unheard of", "vi") == "unheard of"
    assert words.unit_text("triệu đồng/trạm", "en") == "million VND/site"
