"""The invented district: the same every time, coherent, unlike any real place, with the faults it should have."""

import csv
import dataclasses
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.layers import Layers
from geodata.pack import open_pack
from geodata.sample import LABEL, REFERENCE_DATE, make_sample, sample_layers
from geodata.sample.terrain import make_terrain

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def layers() -> Layers:
    return sample_layers()


def test_size_and_labels(layers: Layers) -> None:
    assert len(layers.communes) == 12
    assert layers.communes["is_border"].sum() == 5
    assert len(layers.villages) == 150
    assert 200 <= len(layers.clusters) <= 240
    assert layers.info.illustrative
    assert layers.info.reference_date == REFERENCE_DATE
    assert {s.layer for s in layers.info.sources} == {*layers.tables(), *layers.rasters()}
    assert all(s.illustrative and s.source.startswith(LABEL) for s in layers.info.sources)
    assert all(getattr(layers, f.name) is not None for f in dataclasses.fields(layers))


def test_codes_are_invented_and_fit_together(layers: Layers) -> None:
    codes = layers.communes["commune_code"]
    assert codes.str.fullmatch("99[0-9]{3}").all()
    assert codes.is_unique
    assert layers.villages["village_code"].is_unique
    assert set(layers.villages["commune_code"]) == set(codes)
    assert layers.clusters["cluster_code"].is_unique
    assert set(layers.clusters["village_code"]) < set(layers.villages["village_code"])
    assert set(layers.sites["operator"]) == {"Nhà mạng A", "Nhà mạng B", "Nhà mạng C"}
    assert not layers.sites.duplicated(["site_code", "technology"]).any()


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(c for c in letters if c.isalpha() and c.isascii())


def test_no_commune_has_a_real_name(layers: Layers, shared: Path) -> None:
    real = set()
    for file in ("communes_2025_vn_attributes.csv", "crosswalk_old_to_new_vn.csv"):
        with (shared / "real" / file).open(encoding="utf-8-sig") as stream:
            real |= {_folded(v) for row in csv.DictReader(stream) for v in row.values() if v}
    assert not {_folded(n) for n in layers.communes["name"]} & real
    with (shared / "real" / "communes_2025_vn_attributes.csv").open(encoding="utf-8-sig") as stream:
        assert not any(row["code"].startswith("99") for row in csv.DictReader(stream))


def test_communes_share_their_borders_exactly(layers: Layers) -> None:
    shapes = layers.communes.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert layers.communes.union_all().area == pytest.approx(layers.communes.area.sum(), rel=1e-9)
    declared = layers.communes["area_km2"] * 1e6
    assert np.abs(declared / layers.communes.area - 1).max() < 0.05


def test_everything_lies_where_it_should(layers: Layers) -> None:
    homes = gpd.sjoin(layers.villages, layers.communes[["commune_code", "geometry"]], predicate="within")
    assert len(homes) == 150
    assert (homes["commune_code_left"] == homes["commune_code_right"]).all()
    joined = layers.clusters.merge(layers.villages[["village_code", "commune_code"]], on="village_code")
    commune = layers.communes.set_index("commune_code").geometry
    assert shapely.contains(commune.loc[joined["commune_code"]].to_numpy(), joined.geometry.to_numpy()).all()
    west, south, east, north = layers.elevation.grid.bounds
    a, b, c, d = layers.communes.total_bounds
    assert min(a - west, b - south, east - c, north - d) > 1_000
    assert np.isfinite(layers.elevation.values).all()


def test_people_add_up(layers: Layers) -> None:
    split = layers.clusters.groupby("village_code")["households"].sum()
    whole = layers.villages.set_index("village_code")["households"]
    assert (whole.loc[split.index] == split).all()
    assert 0 < len(whole) - len(split) <= 10, "a few villages have no cluster rows"
    total = layers.villages.groupby("commune_code")["people"].sum()
    official = layers.communes.set_index("commune_code")["population"]
    assert np.abs(official / total - 1).max() < 0.1
    assert np.nansum(layers.population.values) == pytest.approx(layers.villages["people"].sum(), rel=0.05)


def test_terrain_looks_like_terrain(layers: Layers) -> None:
    """Rivers gather, run downhill and end in the lowlands; villages lie low in their surroundings."""
    height = layers.elevation.values
    assert 40 < height.min() < 120
    assert 1_500 < height.max() < 2_300
    terrain = make_terrain(np.random.default_rng(2026))
    np.testing.assert_array_equal(terrain.elevation.values, height)
    assert terrain.catchment_km2.max() > 500
    river = terrain.catchment_km2 > 20
    assert 0.005 < river.mean() < 0.05
    assert np.median(height[river]) < 0.6 * np.median(height)
    assert np.median(terrain.slope[river]) < 0.5 * np.median(terrain.slope)
    at = layers.elevation.at(layers.villages.geometry.x, layers.villages.geometry.y)
    inside = shapely.contains_xy(layers.communes.union_all(), *_centres(layers))
    assert np.median(at) < np.median(height.ravel()[inside])


def _centres(layers: Layers) -> list[np.ndarray]:
    return [a.ravel() for a in np.meshgrid(*layers.elevation.grid.centres())]


def test_the_border_is_where_the_list_says(layers: Layers) -> None:
    """Border communes reach the western edge of the district, the others do not."""
    outline = layers.communes.union_all().exterior
    west = {}
    for row in layers.communes.itertuples():
        shared_edge = row.geometry.exterior.intersection(outline)
        west[row.commune_code] = shared_edge.length > 2_000 and row.geometry.bounds[0] < 452_000
    assert {c for c, w in west.items() if w} == set(layers.communes.loc[layers.communes["is_border"], "commune_code"])


def test_masts_of_every_state_and_technology(layers: Layers) -> None:
    sites = layers.sites
    assert sites.loc[sites["state"] == "committed", "site_code"].nunique() == 3
    assert (sites["state"] == "planned").sum() == 1
    assert sites.loc[sites["state"] == "committed", ["due_date", "document"]].notna().all(axis=None)
    assert set(sites["technology"]) == {"2G", "3G", "4G", "5G"}
    assert sum(set(group) == {"2G"} for _, group in sites.groupby("site_code")["technology"]) == 2
    assert sites.loc[sites["operator"] == "Nhà mạng C", "band_assumed"].all()
    border = gpd.sjoin(sites, layers.communes[layers.communes["is_border"]][["geometry"]])["site_code"].nunique()
    assert border < 0.25 * sites["site_code"].nunique(), "operators invest where it is easy"


def test_measurements_are_plausible(layers: Layers) -> None:
    samples = layers.measurements
    assert 300 <= len(samples) <= 800
    assert samples["rsrp_dbm"].between(-140, -44).all()
    assert np.corrcoef(samples["rsrp_dbm"], samples["dl_mbps"])[0, 1] > 0.7
    assert (samples["date"].dt.date <= REFERENCE_DATE).all()
    old = samples["date"] < "2025-09-30"
    assert 0 < old.mean() < 0.3


def test_the_published_list_has_the_faults_of_such_lists(layers: Layers) -> None:
    known = {(c, v) for c, v in zip(
        layers.villages.merge(layers.communes, on="commune_code")["name_y"], layers.villages["name"], strict=True)}
    listed = list(zip(layers.published["commune_name"], layers.published["village_name"], strict=True))
    exact = [row for row in listed if row in known]
    folded = {(_folded(c), _folded(v)) for c, v in known}
    only_folded = [r for r in listed if r not in known and (_folded(r[0]), _folded(r[1])) in folded]
    assert len(exact) >= 10
    assert len(only_folded) >= 3
    assert len(listed) - len(exact) - len(only_folded) >= 2


def test_names_collide_without_their_marks(layers: Layers) -> None:
    names = layers.villages["name"]
    assert names.map(_folded).duplicated(keep=False).sum() >= 4


def test_restricted_land(layers: Layers) -> None:
    assert set(layers.restricted["restriction"]) == {"cam", "xin_phep"}
    assert "Vành đai biên giới" in set(layers.restricted["kind"])
    assert layers.restricted.is_valid.all()


def test_another_process_makes_the_same_district(layers: Layers) -> None:
    code = "from geodata.sample import sample_layers; import sys; sys.stdout.write(sample_layers().info.pack_id)"
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env, cwd=ROOT)
    assert out.stdout == layers.info.pack_id


@pytest.mark.parametrize("seed", [7])
def test_other_seeds_make_other_districts(seed: int) -> None:
    other = sample_layers(seed)
    assert other.info.pack_id != sample_layers().info.pack_id
    assert len(other.villages) == 150
    assert other.communes["is_border"].any()
    assert shapely.coverage_is_valid(other.communes.geometry.to_numpy())


def test_the_sample_is_a_pack(tmp_path: Path, layers: Layers) -> None:
    assert open_pack(make_sample(tmp_path / "mau")).info == layers.info
