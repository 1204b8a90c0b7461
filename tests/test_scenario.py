"""The scenario refuses what it does not know and says what stands behind each value."""

from dataclasses import FrozenInstanceError, fields
from datetime import date
from pathlib import Path

import pytest

from coverage.errors import ScenarioError
from coverage.scenario import Scenario, Service, load_prices


def test_defaults_are_the_packaged_profile() -> None:
    scenario = Scenario.default()
    assert scenario.service.rsrp_served_dbm == -110
    assert scenario.service.headline_technologies == ("4G", "5G")
    assert scenario.service.off_date_2g == date(2026, 9, 15)
    assert scenario.budgets_mvnd == (5_000, 10_000, 20_000)


def test_every_value_has_a_citation_and_a_certainty() -> None:
    scenario = Scenario.default()
    assert set(scenario.service_notes) == {f.name for f in fields(Service)}
    notes = [*scenario.service_notes.values(), *(p.note for p in scenario.prices.values())]
    assert all(n.citation and n.label_vi and n.label_en for n in notes)
    assert {n.certainty for n in notes} <= {"văn bản", "tin cậy vừa", "giả định"}


def test_an_override_is_taken_and_its_note_says_so() -> None:
    scenario = Scenario.from_mapping({"service": {"rsrp_served_dbm": -105}}, where="thử.toml")
    assert scenario.service.rsrp_served_dbm == -105
    assert scenario.service_notes["rsrp_served_dbm"].certainty == "người dùng đặt"
    assert scenario.service_notes["rsrp_served_dbm"].citation == "thử.toml"


def test_the_digest_follows_the_values() -> None:
    assert Scenario.default().digest == Scenario.default().digest
    assert Scenario.default().digest != Scenario.from_mapping({"price_level": "high"}).digest


def test_a_scenario_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Scenario.default().name = "khác"  # type: ignore[misc]


@pytest.mark.parametrize(("values", "words"), [
    ({"budget": 1}, "budget"),
    ({"budgets_mvnd": [0]}, "số dương"),
    ({"budgets_mvnd": [-5.0]}, "số dương"),
    ({"budgets_mvnd": [20, 10]}, "tăng dần"),
    ({"budgets_mvnd": []}, "tăng dần"),
    ({"budgets_mvnd": ["10"]}, "sai kiểu"),
    ({"budgets_mvnd": [float("nan")]}, "nan"),
    ({"price_level": "cheap"}, "low, base, high"),
    ({"eligible": "everyone"}, "border_or_difficult"),
    ({"profile": "khong_co"}, "mac_dinh"),
    ({"price_book": "khong_co"}, "don_gia_2026"),
    ({"radio": {"radius_m": 50_000.0}}, "radius_m"),
    ({"radio": {"speed": 1}}, "speed"),
    ({"service": {"rsrp_served_dbm": "-110"}}, "rsrp_served_dbm"),
    ({"service": {"threshold": -110}}, "threshold"),
    ({"service": {"sigma_model_db": 0.0}}, "sigma_model_db"),
    ({"reference_date": "2026"}, "reference_date"),
])
def test_faults_are_refused_by_name(values: dict[str, object], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_mapping(values)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "hong.toml"
    path.write_text("budgets_mvnd = [", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"hong\.toml"):
        Scenario.load(path)
    with pytest.raises(ScenarioError, match=r"vang\.toml"):
        Scenario.load(tmp_path / "vang.toml")


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('name = "A"\nbudgets_mvnd = [5000, 9000]\n[siting]\nspacing_m = 500\n', encoding="utf-8")
    scenario = Scenario.load(path)
    assert (scenario.name, scenario.budgets_mvnd, scenario.siting.spacing_m) == ("A", (5000.0, 9000.0), 500.0)


def test_a_missing_price_is_named() -> None:
    with pytest.raises(ScenarioError, match="thang_may"):
        Scenario.default().price_mvnd("thang_may")


def test_single_prices_are_replaced_and_say_so() -> None:
    scenario = Scenario.from_mapping({"prices": {"tower_ground": {"low": 1, "base": 2, "high": 3}, "leo_kit": 20}},
                                     where="thử.toml")
    assert [scenario.prices["tower_ground"].at(x) for x in ("low", "base", "high")] == [1, 2, 3]
    assert scenario.price_mvnd("leo_kit") == 20
    note = scenario.prices["leo_kit"].note
    assert (note.citation, note.certainty) == ("thử.toml", "người dùng đặt")
    assert scenario.prices["leo_kit"].line == "equipment"
    assert scenario.digest != Scenario.default().digest


@pytest.mark.parametrize(("prices", "words"), [
    ({"thang_may": 1}, "thang_may"), ({"leo_kit": -1}, "leo_kit"), ({"leo_kit": "14"}, "leo_kit"),
    ({"leo_kit": {"low": 1, "base": 2}}, "high"), ({"leo_kit": {"low": 3, "base": 2, "high": 1}}, "leo_kit"),
])
def test_faulty_prices_are_refused_by_name(prices: dict[str, object], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_mapping({"prices": prices})


def test_the_example_scenario_reads() -> None:
    scenario = Scenario.load(Path(__file__).resolve().parents[1] / "docs" / "vi-du" / "kich_ban.toml")
    assert scenario.phases.years == (2027, 2028, 2029)
    assert scenario.curve.budgets == 16


@pytest.mark.parametrize(("values", "words"), [
    ({"phases": {"years": [2027], "ceilings_mvnd": []}}, "1 số"),
    ({"phases": {"years": [2027, 2029], "ceilings_mvnd": [1.0, 1.0]}}, "liền nhau"),
    ({"phases": {"years": ["2027"], "ceilings_mvnd": [1.0]}}, "liền nhau"),
    ({"phases": {"years": [2027], "ceilings_mvnd": [-1.0]}}, "-1"),
    ({"phases": {"years": [2027], "ceilings_mvnd": [1.0], "favour_border": 0.5}}, "favour_border"),
    ({"phases": {"year": [2027]}}, "year"),
    ({"floors": {"border_min_share": 1.1}}, "border_min_share"), ({"floors": {"share": 1}}, "share"),
    ({"robustness": {"runs": 0}}, "runs"), ({"robustness": {"runs": 1.5}}, "runs"),
    ({"robustness": {"signal_sigma_db": float("nan")}}, "signal_sigma_db"),
    ({"curve": {"budgets": 1}}, "budgets"), ({"curve": {"steps": 3}}, "steps"),
])
def test_faulty_depth_choices_are_refused_by_name(values: dict[str, object], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_mapping(values)


def test_prices_ascend() -> None:
    assert all(p.low <= p.base <= p.high for p in load_prices("don_gia_2026").values())


def test_an_unknown_method_for_areas_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"radio\.method"):
        Scenario.from_mapping({"radio": {"method": "circle"}})
    assert Scenario.from_mapping({"radio": {"method": "radial"}}).radio.method == "radial"
