"""Fixed broadband on paper and map, its outlay by year, and the sample from end to end."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from fixed_case import EDGES, NODES, ROAD, check_sums, mobile_links, plan, scenario, with_village

from coverage.brief.fixed_figures import fixed_summary
from coverage.brief.fixed_tables import fixed_frames, fixed_sheets
from coverage.brief.web_fixed import fixed_map
from coverage.brief.web_map import PageStore
from coverage.brief.web_source import Source
from coverage.brief.web_text import map_word
from coverage.brief.words import word
from coverage.gap.assessment import assess
from coverage.money.fixed import fixed_outlay
from coverage.plan.fixed import fixed_plan
from coverage.plan.fixed_places import lacking
from coverage.scenario import Scenario
from coverage.siting.links import link_graph
from geodata.layers import columns_of
from geodata.roads import road_graph
from geodata.sample import sample_layers
from geodata.write.vector import write_shapefile_zip

# ---- money ----------------------------------------------------------------------------------------------------------


def test_outlay_by_year_is_the_total_to_the_dong() -> None:
    case = scenario()
    found = fixed_plan(plan(NODES, EDGES, case))
    money = fixed_outlay(found)
    assert money.total_mvnd == found.totals.cost_mvnd
    assert money.capex_mvnd == found.totals.capex_mvnd
    years = money.by_year.set_index("year")["total_mvnd"]
    assert years.index.tolist() == [2026, 2027, 2028, 2029, 2030, 2031]
    assert years[2026] == found.totals.capex_mvnd
    assert years.loc[2027:].tolist() == [found.totals.opex_mvnd_year] * 5
    assert money.by_site["asset_id"].tolist() == ["CQ-001", "CQ-002", "CQ-003", "thon:A", "thon:B"]
    assert fixed_outlay(found, "high").total_mvnd > money.total_mvnd > fixed_outlay(found, "low").total_mvnd


def test_outlay_leaves_out_what_the_mobile_plan_pays() -> None:
    found = fixed_plan(plan(NODES, EDGES, scenario(), built=[0], year=2028))
    money = fixed_outlay(found)
    assert money.total_mvnd == found.totals.cost_mvnd
    assert money.by_site["asset_id"].tolist()[0] == "CQ-002"
    assert int(money.by_year["year"].iloc[0]) == 2028


# ---- paper and map --------------------------------------------------------------------------------------------------


def test_sheets_say_what_the_plan_says() -> None:
    case = scenario()
    found = fixed_plan(plan(NODES, EDGES, case))
    sheets = fixed_sheets(found)
    assert list(sheets) == ["fixed_places", "fixed_links", "fixed_year"]
    places, links, year = (sheets[k].frame for k in sheets)
    assert places["name"].tolist() == ["Thôn A", "Thôn B", "Thôn C", "Thôn D"]
    assert places["connected"].tolist() == ["Có", "Có", "Không", "Không"]
    assert places["reason"].tolist()[2:] == ["Đường cáp rẻ nhất vượt mức đáng chi", "Không có đường kéo cáp tới"]
    whole = round(places["cost_mvnd"].sum() + links["cost_mvnd"].sum(), 6)
    assert whole == found.totals.cost_mvnd == round(year["total_mvnd"].sum(), 6)
    assert links["from_name"].tolist() == ["Điểm rẽ gần Thôn A", "Thôn A", "Thôn B"]
    assert links["way"].tolist() == ["Dọc đường, treo cột có sẵn"] * 3
    lines = " ".join(sheets["fixed_places"].lines)
    assert "2/4 thôn" in lines
    assert "Khái toán 386 triệu đồng" in lines
    english = " ".join(fixed_sheets(found, language="en")["fixed_places"].lines)
    assert "2/4 villages" in english
    assert "386 million VND" in english
    for text in (lines, english):
        assert "{" not in text
    assert fixed_sheets(None) == {}
    assert fixed_summary(found).too_dear == 1


def test_every_word_of_the_paper_is_there_in_both_languages() -> None:
    found = fixed_plan(with_village([("POP", "fibre", 0, 0), ("neo:T1", "anchor", 3_000, 0)],
                                    [("POP", "neo:T1", 3_000.0, ROAD)], scenario()))
    for language in ("vi", "en"):
        for key, sheet in fixed_sheets(found, language=language).items():
            assert word("workbook", key, language)
            assert word("layer", sheet.layer, language)
            assert set(sheet.frame.columns) <= set(columns_of(sheet.layer))
            required = [c.name for c in columns_of(sheet.layer).values() if c.required]
            assert set(required) <= set(sheet.frame.columns)


def test_layers_are_written_and_read_back(tmp_path: Path) -> None:
    found = fixed_plan(plan(NODES, EDGES, scenario(), built=[0]))
    for name, frame in fixed_frames(found).items():
        path = write_shapefile_zip(frame, tmp_path / f"{name}.zip", name)
        back = gpd.read_file(f"zip://{path}")
        assert len(back) == len(frame)
        assert "dung_chung" in back or "duoc_noi" in back
    assert back["tuyen_dd"].tolist()[0] == "TD-001"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_map_shows_cables_and_places_by_what_becomes_of_them(language: str) -> None:
    pack = sample_layers()
    told = assess(pack, Scenario.default(), areas=False)
    base = plan(NODES, EDGES, scenario(), built=[0])
    found = fixed_plan(base)
    store = PageStore()
    spec = fixed_map(Source(pack, told, store, language), found)
    titles = [s.title for s in spec.layers]
    assert map_word("layer_fixed_links", language) in titles
    label = next(s.label for s in spec.layers if s.title == map_word("layer_fixed_villages", language))
    assert f"{map_word('fixed_connected', language)}: 2" in label
    shared = next(s.label for s in spec.layers if s.title == map_word("layer_fixed_links", language))
    assert map_word("fixed_shared", language) in shared


# ---- the sample from end to end -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample_graph() -> Any:
    """Return the sample's own graph with its villages and institutions, beside a mobile plan that builds nothing."""
    pack, case = sample_layers(), scenario()
    told = assess(pack, case, areas=False)
    assert pack.roads is not None
    none = pd.DataFrame({"site_id": [], "name": [], "host_height_m": [], "x_m": [], "y_m": []})
    villages, anchors = lacking(told)
    links = link_graph(none, pack, case, road_graph(pack.roads), villages=villages, anchors=anchors)
    one = SimpleNamespace(budget_mvnd=5_000.0, links=mobile_links(links, []))
    return SimpleNamespace(
        case=SimpleNamespace(layers=pack, assessment=told, scenario=case, links=links), budgets=(one,), year=2027)


def test_the_sample(sample_graph: Any) -> None:
    found = fixed_plan(sample_graph)
    check_sums(found, sample_graph.case.scenario)
    assert found.status == "optimal"
    assert fixed_outlay(found).total_mvnd == found.totals.cost_mvnd
    told, one = sample_graph.case.assessment, fixed_summary(found)
    lack = told.villages["fibre_status"].isin(["chua", "gan_tuyen"])
    assert one.villages_listed == lack.sum()
    assert one.villages_counted == (lack & told.villages["eligible"]).sum()
    assert one.anchors_listed == (told.anchors["fibre_status"] != "du").sum()
    assert 0 < found.totals.villages < one.villages_counted
    done = found.places[found.places["connected"]]
    assert (done["length_m"] >= done["fibre_m"] - 110.0).all()     # a cable is no shorter than the straight line
    left = found.places[found.places["reason"] == "khong_dang_gia"]
    assert (left["extra_mvnd"] > left["worth_mvnd"]).all()


def test_more_of_the_mobile_plan_never_makes_the_sample_dearer(sample_graph: Any) -> None:
    plain = fixed_plan(sample_graph)
    dearest = plain.links.sort_values("cost_mvnd").iloc[-1]
    edges = sample_graph.case.links.edges
    on = np.flatnonzero(edges.geometry.distance(dearest.geometry.interpolate(0.5, normalized=True)) < 1.0)
    one = SimpleNamespace(budget_mvnd=5_000.0, links=mobile_links(sample_graph.case.links, on[:1].tolist()))
    beside: Any = SimpleNamespace(case=sample_graph.case, budgets=(one,), year=2027)
    paid = fixed_plan(beside)
    assert paid.objective_mvnd < plain.objective_mvnd
    assert paid.totals.shared_km > 0
