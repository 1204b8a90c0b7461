"""Links on the interactive map: told apart without colour, bands under them, safe words."""

import json
from pathlib import Path

import pytest

from coverage.brief import palette
from coverage.brief.web_links import link_tip, network_layer, network_styles
from coverage.brief.web_map import FolderStore, PageStore
from coverage.brief.web_plan import plan_map, standalone_map
from coverage.brief.web_source import Source
from tests.brief_case import case_with_links


def _source(language: str = "vi") -> Source:
    layers, assessment, _ = case_with_links()
    return Source(layers, assessment, PageStore(), language)


def test_a_single_road_is_a_band_under_its_link() -> None:
    source = _source()
    (layer,) = network_layer(source, case_with_links()[2].budgets[-1])
    store = source.store
    assert isinstance(store, PageStore)
    features = json.loads(store.blocks["layer-network-plan"])["features"]
    assert [f["properties"]["look"] for f in features] == ["single", "fibre", "fibre", "microwave"]
    assert {f["geometry"]["type"] for f in features} == {"LineString"}
    assert features[0]["geometry"] == features[1]["geometry"]
    for text in ("Đường truyền dẫn đề xuất", "Cáp quang", "Vi ba", "Dọc đường độc đạo, có nguy cơ sạt lở"):
        assert text in layer.label


def test_links_are_told_apart_without_colour() -> None:
    styles = network_styles()
    assert "dashArray" in styles["microwave"]
    assert "dashArray" not in styles["fibre"]
    assert styles["single"]["weight"] >= 2.5 * styles["fibre"]["weight"]
    assert palette.WARNING not in (*palette.STATUS.values(), palette.PROPOSED, palette.FIBRE)


def test_nothing_is_drawn_without_links() -> None:
    assert network_layer(_source(), case_with_links()[2].budgets[0]) == []


@pytest.mark.parametrize(("language", "told"), [
    ("vi", ("TD-001 · Cáp quang", "3,0 km", "Đường: Quốc lộ 99", "Số vị trí đi qua: 3", "Đường độc đạo", "300 Mbit/s")),
    ("en", ("TD-001 · Fibre", "3.0 km", "Road: Quốc lộ 99", "Sites it carries: 3", "Single road", "300 Mbit/s")),
])
def test_the_tip_says_what_a_link_is(language: str, told: tuple[str, ...]) -> None:
    one = case_with_links()[2].budgets[-1]
    row = one.links.assign(site_names="1. A").iloc[0].to_dict()
    tip = link_tip(_source(language), row)
    assert tip.startswith("<i hidden>link|TD-001|</i>")
    for text in told:
        assert text in tip
    hop = one.links.assign(site_names="<3>").iloc[2].to_dict()
    tip = link_tip(_source(language), hop)
    assert "100/400 Mbit/s" in tip
    assert "&lt;3&gt;" in tip
    assert "<3>" not in tip


def test_the_plan_map_and_the_page_hold_the_links(tmp_path: Path) -> None:
    layers, assessment, plan = case_with_links()
    source = Source(layers, assessment, FolderStore(tmp_path))
    spec = plan_map(source, plan.budgets[-1])
    titles = [s.title for s in spec.layers]
    assert titles.count("Đường truyền dẫn đề xuất") == 1
    page = standalone_map(layers, assessment, plan)
    assert json.dumps("Đường truyền dẫn đề xuất – 10 tỷ đồng")[1:-1] in page
    assert json.dumps("Đường truyền dẫn đề xuất – 2 tỷ đồng")[1:-1] not in page
    assert "Đi qua tuyến TD-003, TD-002, TD-001; độc đạo: TD-001 (Quốc lộ 99)" in page
    assert "Khái toán riêng" in page
