"""The interactive map: where pictures lie, what is drawn, what it says, and that it asks nobody for anything."""

import dataclasses
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from brief_case import case_with_areas
from PIL import Image
from pyproj import Transformer
from streamlit_folium import generate_js_hash, generate_leaflet_string

from coverage.brief import map_pictures, palette, static_files
from coverage.brief.map_pictures import best_of, relief_colours, shade, signal_colours, warp_of, warped
from coverage.brief.web_layers import gap_map, masts_of
from coverage.brief.web_map import FolderStore, LayerSpec, MapSpec, PageStore, build_map
from coverage.brief.web_plan import gained_villages, plan_map, service_lines, standalone_map
from coverage.brief.web_source import Source, geojson_text, simplified
from coverage.brief.web_text import clicked_mark, local_number, map_word, tooltip
from coverage.brief.web_tips import village_tip
from coverage.errors import CoverageError
from geodata.crs import VN2000_107_45
from geodata.grid import Raster, grid_over

GRID = grid_over((436_500, 1_722_000, 490_500, 1_769_400), 300.0, VN2000_107_45)
ASSETS = static_files.Assets(js=(("leaflet.js", "/app/static/leaflet/leaflet.js"),), css=())


@pytest.fixture(scope="module")
def page() -> str:
    layers, assessment, plan = case_with_areas()
    return standalone_map(layers, assessment, plan)


@pytest.fixture(scope="module")
def gap_spec(tmp_path_factory: pytest.TempPathFactory) -> tuple[MapSpec, Path]:
    layers, assessment, _ = case_with_areas()
    static = tmp_path_factory.mktemp("static")
    return gap_map(Source(layers, assessment, FolderStore(static))), static


# ---- pictures -------------------------------------------------------------------------------------------------------

def test_a_picture_lies_where_its_cells_lie() -> None:
    """The pixel that Leaflet puts over a cell's centre shows that very cell, anywhere on the grid."""
    warp = warp_of(GRID)
    height, width = warp.row.shape
    to_degrees = Transformer.from_crs(VN2000_107_45, 4326, always_xy=True)
    to_mercator = Transformer.from_crs(4326, 3857, always_xy=True)
    (south, west), (north, east) = warp.bounds
    x0, y0 = to_mercator.transform(west, south)
    x1, y1 = to_mercator.transform(east, north)
    rng = np.random.default_rng(1)
    rows, cols = rng.integers(0, GRID.shape[0], 300), rng.integers(0, GRID.shape[1], 300)
    x, y = GRID.centres()
    mx, my = to_mercator.transform(*to_degrees.transform(x[cols], y[rows]))
    across = np.floor((mx - x0) / (x1 - x0) * width).astype(int)
    down = np.floor((y1 - my) / (y1 - y0) * height).astype(int)
    assert np.abs(warp.row[down, across] - rows).max() <= 1
    assert np.abs(warp.col[down, across] - cols).max() <= 1
    assert np.mean(warp.row[down, across] == rows) > 0.9


def test_a_picture_is_transparent_outside_its_grid() -> None:
    colours = np.full((*GRID.shape, 4), 255, np.uint8)
    picture = warped(colours, warp_of(GRID))
    outside = warp_of(GRID).row < 0
    assert outside.any()
    assert (picture[outside] == 0).all()
    assert (picture[~outside] == 255).all()


def test_light_comes_from_the_north_west() -> None:
    y, x = np.mgrid[-20:21, -20:21]
    hill = (1_500 - 40.0 * np.hypot(x, y)).clip(0)
    light = shade(hill, 90.0)
    assert light[12, 12] > light[28, 28] + 0.2


def test_relief_keeps_gaps_and_a_flat_or_empty_ground_draws() -> None:
    values = np.tile(np.linspace(0, 900, GRID.shape[1]), (GRID.shape[0], 1))
    values[:3] = np.nan
    colours = relief_colours(Raster(values, GRID, "m"))
    assert (colours[:3, :, 3] == 0).all()
    assert (colours[3:, :, 3] == 255).all()
    assert relief_colours(Raster(np.zeros(GRID.shape), GRID, "m"))[..., 3].all()
    assert not relief_colours(Raster(np.full(GRID.shape, np.nan), GRID, "m")).any()


def test_signal_is_classed_from_the_threshold_up() -> None:
    grid = grid_over((0, 0, 6, 1), 1.0, VN2000_107_45)
    values = np.array([[np.nan, -110.5, -110.0, -100.0, -80.1, -60.0]])
    colours = signal_colours(Raster(values, grid, "dBm"), -110.0)[0]
    assert list(colours[:2, 3]) == [0, 0]
    steps = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for _, c in palette.SIGNAL_STEPS]
    assert [tuple(c[:3]) for c in colours[2:]] == [steps[0], steps[1], steps[2], steps[3]]


def test_the_best_network_ignores_gaps_of_the_others() -> None:
    grid = grid_over((0, 0, 3, 1), 1.0, VN2000_107_45)
    one = Raster(np.array([[np.nan, -90.0, np.nan]]), grid, "dBm")
    two = Raster(np.array([[-100.0, -95.0, np.nan]]), grid, "dBm")
    assert np.array_equal(best_of([one, two], "x").values, [[-100.0, -90.0, np.nan]], equal_nan=True)


def test_pictures_are_small_and_readable(tmp_path: Path) -> None:
    layers, assessment, _ = case_with_areas()
    content, _ = map_pictures.relief_picture(layers.elevation)
    (tmp_path / "relief.webp").write_bytes(content)
    with Image.open(tmp_path / "relief.webp") as picture:
        assert picture.mode == "RGBA"
        assert max(picture.size) <= 1_600
    assert len(content) < 400_000
    png, _ = map_pictures.signal_picture(next(iter(assessment.area_rsrp.values())), -110.0)
    assert png.startswith(b"\x89PNG")


# ---- layers ---------------------------------------------------------------------------------------------------------

def test_geojson_is_in_degrees_through_the_datum_shift() -> None:
    """A VN-2000 point lands where PROJ puts it, 225 m from where a missing shift would."""
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(451_830, 1_751_512)], crs=VN2000_107_45)
    found = json.loads(geojson_text(frame, [{"a": "Đắc Pring"}], decimals=6))["features"][0]
    lon, lat = Transformer.from_crs(5899, 4326, always_xy=True).transform(451_830, 1_751_512)
    assert found["geometry"]["coordinates"] == pytest.approx([lon, lat], abs=1e-6)
    assert found["properties"] == {"a": "Đắc Pring"}


def test_neighbours_still_touch_when_simplified() -> None:
    layers, _, _ = case_with_areas()
    lean = simplified(layers.communes)
    before = sum(shapely.get_num_coordinates(layers.communes.geometry.to_numpy()))
    assert sum(shapely.get_num_coordinates(lean.geometry.to_numpy())) <= before
    assert shapely.coverage_is_valid(lean.geometry.to_numpy())


def test_masts_are_drawn_once_with_all_their_technologies() -> None:
    layers, _, _ = case_with_areas()
    masts = masts_of(layers.sites)
    assert not masts.duplicated(["operator", "state", "x", "y"]).any()
    assert set(", ".join(masts["technologies"]).split(", ")) == set(layers.sites["technology"])
    assert len(masts) < len(layers.sites)


def test_every_layer_of_the_gap_map_is_a_file_of_this_server(gap_spec: tuple[MapSpec, Path]) -> None:
    spec, static = gap_spec
    titles = [s.title for s in spec.layers]
    assert titles[:2] == ["Thôn theo tình trạng", "Xã theo tình trạng"]
    assert titles[-1] == "Địa hình"
    for layer in spec.layers:
        assert layer.url.startswith("/app/static/layers/")
        assert (static / layer.url.removeprefix("/app/static/")).is_file()
    villages = json.loads((static / spec.layers[0].url.removeprefix("/app/static/")).read_text(encoding="utf-8"))
    assert len(villages["features"]) == 150
    assert spec.badge == "Dữ liệu minh họa"


def test_codes_limit_what_is_drawn_and_shown_first(tmp_path: Path) -> None:
    layers, assessment, _ = case_with_areas()
    source = Source(layers, assessment, FolderStore(tmp_path))
    own = assessment.villages[assessment.villages["commune_code"] == "99003"]["village_code"]
    whole, part = gap_map(source), gap_map(source, codes=list(own))
    drawn = json.loads((tmp_path / part.layers[0].url.removeprefix("/app/static/")).read_text(encoding="utf-8"))
    assert len(drawn["features"]) == len(own)
    (south, west), (north, east) = part.bounds
    (south_all, west_all), (north_all, east_all) = whole.bounds
    assert south >= south_all
    assert west >= west_all
    assert (north - south) * (east - west) < (north_all - south_all) * (east_all - west_all)


def test_an_operator_limits_masts_claims_and_signal(tmp_path: Path) -> None:
    layers, assessment, _ = case_with_areas()
    spec = gap_map(Source(layers, assessment, FolderStore(tmp_path), operator="Nhà mạng A"))
    text = " ".join(s.title for s in spec.layers)
    assert "Nhà mạng A" in text
    assert "Nhà mạng B" not in text
    assert "mạng mạnh nhất" not in text


def test_the_plan_map_draws_sites_in_order_and_what_they_serve(tmp_path: Path) -> None:
    layers, assessment, plan = case_with_areas()
    budget = plan.budgets[-1]
    source = Source(layers, assessment, FolderStore(tmp_path))
    spec = plan_map(source, budget)
    sites = json.loads((tmp_path / spec.layers[0].url.removeprefix("/app/static/")).read_text(encoding="utf-8"))
    assert [f["properties"]["number"] for f in sites["features"]] == list(range(1, len(budget.sites) + 1))
    gained = gained_villages(source, budget)
    lines = service_lines(gained, budget.sites)
    assert len(lines) == sum(len(str(s).split(", ")) for s in gained["served_by"] if s)
    ends = shapely.get_point(lines.geometry.to_numpy(), -1)
    assert shapely.distance(ends, shapely.union_all(gained.geometry.to_numpy())).max() < 1e-6


def test_same_content_same_address_and_other_content_another(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    assert store.vector("a", "{}") == store.vector("a", "{}")
    assert store.vector("a", "{}") != store.vector("a", "[]")
    assert len(list((tmp_path / "layers").iterdir())) == 2


def test_the_key_changes_where_streamlit_folium_would_not_see_it() -> None:
    """streamlit-folium's own key ignores what follows an underscore: the digest in key= is what redraws the map."""
    bounds = ((15.0, 107.0), (16.0, 108.0))
    specs = [MapSpec((LayerSpec("x", "x", "vector", f"/app/static/layers/site_{name}.geojson"),), bounds, "a")
             for name in ("a1", "b2")]
    scripts = [generate_leaflet_string(build_map(s, ASSETS)) for s in specs]
    assert generate_js_hash(scripts[0], "k") == generate_js_hash(scripts[1], "k")  # the trap is still there
    assert generate_js_hash(scripts[0], specs[0].digest) != generate_js_hash(scripts[1], specs[1].digest)


def test_a_map_names_no_link_but_its_assets(gap_spec: tuple[MapSpec, Path]) -> None:
    drawn = build_map(gap_spec[0], ASSETS)
    html = drawn.get_root().render()
    assert re.findall(r"https?://", html) == []
    assert re.findall(r"<script src=\"([^\"]*)\"", html) == [ASSETS.js[0][1]]


# ---- the page of the hand-in ----------------------------------------------------------------------------------------

def test_the_page_loads_nothing(page: str) -> None:
    assert "<script src" not in page
    assert "<link" not in page
    assert "url(http" not in page
    assert "@import" not in page
    assert "fetch(" in page  # of our script, which reads blocks of the page for '#...' addresses
    assert re.findall(r'"url": "(?!#|data:image/)[^"]*"', page) == []


def test_the_page_carries_every_layer_it_draws(page: str) -> None:
    wanted = set(re.findall(r'"url": "#([^"]*)"', page))
    blocks = dict(re.findall(r'<script type="application/json" id="([^"]*)">(.*?)</script>', page, flags=re.DOTALL))
    assert wanted == set(blocks)
    for text in blocks.values():
        assert json.loads(text)["type"] == "FeatureCollection"
    assert "layer-villages" in blocks
    assert sum(name.startswith("layer-sites-") for name in blocks) == 2
    panel = re.search(r"overlays :  \{(.*?)\},", page, flags=re.DOTALL)
    assert panel is not None
    labels = re.findall(r'^\s*"(.*?)" : \w', panel.group(1), flags=re.MULTILINE)
    assert len(labels) == len(set(labels)) == page.count("= phuSong.")  # one label each, or a layer is lost


def test_the_page_speaks_vietnamese_and_says_where_it_comes_from(page: str) -> None:
    layers, assessment, _ = case_with_areas()
    assert '<html lang="vi">' in page
    for words in ("Dữ liệu minh họa", "Trắng sóng", layers.info.pack_id, assessment.scenario.digest, "30/09/2026"):
        assert words in page


def test_the_same_map_is_the_same_file(page: str) -> None:
    assert standalone_map(*case_with_areas()) == page


def test_a_page_without_a_plan_draws_the_gaps_alone() -> None:
    layers, assessment, _ = case_with_areas()
    page = standalone_map(layers, assessment, None, language="en")
    assert "layer-villages" in page
    assert "layer-sites" not in page
    assert "Villages by status" in page


def test_a_hostile_name_stays_text() -> None:
    layers, assessment, _ = case_with_areas()
    name = "</script><img src=x onerror=alert(1)>{{ 7*7 }}{% endraw %}"
    villages = assessment.villages.copy()
    villages.loc[0, "name"] = name
    page = standalone_map(layers, dataclasses.replace(assessment, villages=villages), None)
    assert "<img src=x" not in page
    blocks = dict(re.findall(r'<script type="application/json" id="([^"]*)">(.*?)</script>', page, flags=re.DOTALL))
    tips = [f["properties"]["tip"] for f in json.loads(blocks["layer-villages"])["features"]]
    assert "&lt;/script&gt;&lt;img src=x" in tips[0]
    assert "{{ 7*7 }}" in tips[0]


# ---- words ----------------------------------------------------------------------------------------------------------

def test_a_tooltip_hands_back_what_was_clicked() -> None:
    text = re.sub(r"<[^>]*>", "", tooltip("village|99003-002", "Thôn A", ["x | y"]))
    assert clicked_mark(text) == ("village", "99003-002")
    assert clicked_mark("no mark") is None
    assert clicked_mark(None) is None


def test_a_village_says_what_an_office_asks_for() -> None:
    layers, assessment, _ = case_with_areas()
    rows = assessment.villages[assessment.villages["status_printed"] == "trang"].to_dict("records")
    tip = village_tip(Source(layers, assessment, PageStore()), rows[0])
    for words in ("Trắng sóng", "hộ", "Trạm gần nhất", "Điện lưới", "Cáp quang", "Độ tin cậy"):
        assert words in tip


def test_numbers_follow_the_language() -> None:
    assert local_number(1234.5, 1) == "1.234,5"
    assert local_number(1234.5, 1, "en") == "1,234.5"
    assert local_number(None) == "–"


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(CoverageError, match="web_map"):
        map_word("no_such_word")


# ---- files of the screen --------------------------------------------------------------------------------------------

def test_leaflet_comes_from_its_package_and_names_tell_content(tmp_path: Path) -> None:
    assets = static_files.install_assets(tmp_path, "/app/static")
    links = [url for _, url in (*assets.js, *assets.css)]
    assert [Path(u).name.split("-")[0] for u in links] == ["leaflet", "web_map", "leaflet", "web_map"]
    for url in links:
        assert (tmp_path / url.removeprefix("/app/static/")).stat().st_size > 1_000
    assert (tmp_path / "leaflet" / "images" / "layers.png").is_file()
    assert static_files.install_assets(tmp_path, "/app/static") == assets


def test_old_layers_are_forgotten_oldest_first(tmp_path: Path) -> None:
    import os
    for at in range(5):
        path = tmp_path / f"{at}.geojson"
        path.write_text("{}")
        os.utime(path, (at, at))
    static_files.forget_old_files(tmp_path, keep=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["3.geojson", "4.geojson"]
    static_files.forget_old_files(tmp_path / "absent")
