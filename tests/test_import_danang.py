"""The office drop imported whole: every count reconciled with its file, every known fault a finding."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from geodata.findings import Finding
from geodata.layers import Layers
from geodata.mapping import import_folder
from geodata.units import fold_name

ROOT = Path(__file__).resolve().parents[1]
BORDER = {"20443", "20455", "20458", "20698", "20704", "20716"}


@pytest.fixture(scope="module")
def drop(shared: Path) -> Layers:
    return import_folder(shared / "real" / "office_drop_danang", ROOT / "docs" / "vi-du" / "da_nang.toml")


def findings(layers: Layers, code: str, file: str = "") -> list[Finding]:
    return [f for f in layers.findings if f.code == code and (not file or f.file == file)]


def test_counts_reconcile_with_the_files(drop: Layers) -> None:
    assert drop.clusters is not None
    assert drop.measurements is not None
    assert drop.published is not None
    assert drop.claims is not None
    assert (len(drop.communes), len(drop.villages), len(drop.clusters)) == (93, 1571, 2127)
    assert (len(drop.measurements), len(drop.published), len(drop.claims)) == (5335, 118, 4)
    masts = drop.sites.drop_duplicates("site_code")
    on_air = Counter(masts.loc[masts["state"] == "on_air", "operator"])
    assert on_air == {"Viettel": 975, "VNPT": 759, "MobiFone": 508}
    assert (masts["state"] == "committed").sum() == 12
    for source in drop.info.sources:
        lost = 3 if source.files == ("duong.gpkg",) else 0
        if source.layer not in drop.rasters():
            assert source.rows - source.kept == lost, source.files
        assert all(len(h) == 64 for h in source.sha256)


def test_border_communes_come_from_the_list(drop: Layers) -> None:
    assert set(drop.communes.loc[drop.communes["is_border"], "commune_code"]) == BORDER
    assert not findings(drop, "border_inside")


def test_missing_population_is_a_finding_never_zero(drop: Layers) -> None:
    row = drop.communes.set_index("commune_code").loc["20458"]
    assert math.isnan(row["population"])
    assert not (drop.communes["population"] == 0).any()
    (unreadable,) = findings(drop, "cell_unreadable")
    assert (unreadable.file, unreadable.rows, unreadable.values) == ("dan_so_xa_2025.xlsx", (33,), ("đang cập nhật",))
    (missing,) = findings(drop, "population_missing")
    assert "Avương" in missing.message()


def test_ambiguous_area_is_explained_against_the_boundary(drop: Layers) -> None:
    (area,) = findings(drop, "area_ambiguous")
    assert (area.rows, area.values) == ((33,), ("225,868",))
    assert drop.communes.set_index("commune_code").loc["20458", "area_km2"] == 225.868
    assert "225,6 km²" in area.message()
    assert "225.868 km²" in area.message()


def test_tcvn3_names_are_read_right(drop: Layers) -> None:
    shown = " ".join(f.message() for f in findings(drop, "text_converted", "tram_bts_mobifone_tcvn3.csv"))
    assert "H¶i V©n → Hải Vân" in shown
    assert "Mã trạm" in shown
    # 72 masts lie beside the boundary of the commune they name; the names of all others agree with their place
    (elsewhere,) = findings(drop, "stated_commune_differs")
    assert elsewhere.file == "tram_bts_mobifone_tcvn3.csv"
    assert elsewhere.count == 72


def test_villages_lie_in_their_communes(drop: Layers) -> None:
    shapes = drop.communes.set_index("commune_code").geometry
    own = shapes.loc[drop.villages["commune_code"]].to_numpy()
    assert shapely.contains(own, drop.villages.geometry.to_numpy()).all()
    assert not findings(drop, "villages_elsewhere")


def test_x_is_northing_and_wgs84_takes_the_datum_shift(drop: Layers) -> None:
    first = drop.villages.set_index("village_code").geometry.loc["20194-001"]
    assert (first.x, first.y) == (541122.7, 1781023.9)  # Y (m), X (m) of the sheet's first row
    assert drop.clusters is not None
    cluster = drop.clusters.set_index("cluster_code").geometry.loc["20194-001-0"]
    shift = Transformer.from_crs("EPSG:4326", "EPSG:5899", always_xy=True)
    assert (cluster.x, cluster.y) == pytest.approx(shift.transform(108.136259, 16.103085), abs=0.01)
    assert abs(cluster.x - first.x) < 2.0  # the village's one cluster is its centre, written in the other system


def test_seconds_of_sixty_are_used_and_said(drop: Layers) -> None:
    (sixty,) = findings(drop, "position_sixty")
    assert (sixty.file, sixty.rows) == ("tram_bts_vnpt.xlsx", (340, 583))
    mast = drop.sites.set_index("site_code").geometry.loc["VNP0994"].iloc[0]
    shift = Transformer.from_crs("EPSG:4326", "EPSG:5899", always_xy=True)
    assert (mast.x, mast.y) == pytest.approx(shift.transform(108 + 28 / 60 + 54.4 / 3600, 15 + 33 / 60), abs=0.01)


def test_known_faults_of_places(drop: Layers) -> None:
    (elsewhere,) = findings(drop, "clusters_elsewhere")
    (outside,) = findings(drop, "clusters_outside")
    assert (elsewhere.count, outside.count) == (85, 9)
    (viettel,) = findings(drop, "sites_outside", "tram_bts_viettel.xlsx")
    assert viettel.count == 26
    differs = findings(drop, "area_differs")[0]
    assert differs.count == 5
    assert any("Hùng Sơn" in v for v in differs.values)


def test_one_row_per_technology_band_of_the_list_kept_for_4g(drop: Layers) -> None:
    rows = drop.sites[drop.sites["site_code"] == "VIE0001"].sort_values("technology")
    assert rows["technology"].tolist() == ["4G", "5G"]
    assert rows["band_mhz"].tolist() == [2100.0, 3500.0]
    assert rows["band_assumed"].tolist() == [False, True]
    mobifone = drop.sites[drop.sites["operator"] == "MobiFone"]
    assert mobifone.loc[mobifone["state"] == "on_air", "band_assumed"].all()
    assert not drop.sites.loc[drop.sites["state"] == "on_air", "height_assumed"].any()
    assert drop.sites.loc[drop.sites["site_code"] == "VNP0016", "height_m"].eq(45.0).all()


def test_committed_masts_carry_their_promise(drop: Layers) -> None:
    promised = drop.sites[drop.sites["state"] == "committed"]
    assert promised["site_code"].tolist() == [f"CK-{i:02d}" for i in range(1, 13)]
    assert promised["document"].iloc[0] == "100/CV-2026"
    assert str(promised["due_date"].iloc[3].date()) == "2027-06-30"
    assert promised[["band_assumed", "height_assumed"]].all(axis=None)


def test_values_are_mapped(drop: Layers) -> None:
    assert drop.restricted is not None
    assert drop.claims is not None
    assert drop.roads is not None
    assert drop.published is not None
    kinds = dict(zip(drop.restricted["kind"], drop.restricted["restriction"], strict=True))
    assert kinds == {"Rừng đặc dụng": "cam", "Rừng phòng hộ": "xin_phep", "Vành đai biên giới": "xin_phep"}
    assert set(drop.claims["zone"]) == {"core", "edge"}
    assert Counter(drop.published["status"]) == {"trang": 76, "lom": 42}
    assert Counter(drop.villages["grid_power"]) == {True: 1537, False: 34}
    assert drop.villages["difficult"].sum() == 194
    assert not drop.roads["name"].isin(["Hà Nội - Hồ Chí Minh", "Không biết"]).any()
    (railways,) = findings(drop, "rows_excluded")
    assert railways.count == 3


def test_reference_date_is_the_newest_measurement(drop: Layers) -> None:
    assert drop.info.reference_date.isoformat() == "2026-08-27"
    assert drop.info.illustrative
    assert drop.info.crs.to_epsg() == 5899


def test_every_published_village_matches(drop: Layers) -> None:
    (folded,) = findings(drop, "published_folded")
    assert folded.count == 9
    assert not findings(drop, "published_unmatched")
    assert not findings(drop, "published_ambiguous")
    assert fold_name("Hoà Khánh") == fold_name("Phường Hòa Khánh")


def test_rasters_cover_and_conserve(drop: Layers, shared: Path) -> None:
    assert drop.population is not None
    assert drop.elevation.grid == drop.population.grid
    assert drop.elevation.grid.cell_m == 90.0
    assert np.isnan(drop.elevation.values).mean() < 0.001
    assert np.nanmin(drop.elevation.values) >= 0
    total = float(np.nansum(drop.population.values.astype(float)))
    assert 2.9e6 < total < 3_110_670
    assert not findings(drop, "elevation_gaps")


def test_each_fault_is_said_once_with_place_and_remedy(drop: Layers) -> None:
    keys = [(f.code, f.layer, f.column, f.file) for f in drop.findings]
    assert len(keys) == len(set(keys))
    assert not [f for f in drop.findings if f.severity == "error"]
    for finding in drop.findings:
        for language in ("vi", "en"):
            assert "?" not in finding.message(language), finding
            assert "{" not in finding.message(language) + finding.remedy(language)
        if finding.severity == "warning":
            assert finding.remedy()
            assert finding.remedy("en")
