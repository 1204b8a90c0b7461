"""The mapping file and bad input: each fault says what, where and how to mend it; nothing is written half."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from small_office import (
    MAPPING,
    MEASUREMENTS,
    SIDE,
    SITES,
    SOUTH,
    VILLAGE_HEADER,
    VILLAGES,
    WEST,
    communes,
    small_office,
    write_communes,
    write_elevation,
    write_villages,
)

from geodata.__main__ import main
from geodata.errors import CheckError, CrsError, GeodataError, MappingError, ReadError
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.mapping import import_folder, load_mapping
from geodata.pack import open_pack

Office = tuple[Path, Path]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return small_office(tmp_path)


def found(layers: Layers, code: str) -> Finding:
    (finding,) = [f for f in layers.findings if f.code == code]
    return finding


def village(i: int, **changes: Any) -> list[Any]:
    row = list(VILLAGES[i])
    for name, value in changes.items():
        row[VILLAGE_HEADER.index(name.replace("_", " "))] = value
    return row


def test_sound_office_is_read_whole(office: Office) -> None:
    steps: list[str] = []
    layers = import_folder(*office, progress=lambda stage, _done, _total: steps.append(stage))
    assert (len(layers.communes), len(layers.villages), len(layers.sites)) == (2, 3, 3)
    assert layers.villages["households"].tolist() == [1234, 50, 60]
    assert layers.villages["source_row"].tolist() == [4, 5, 6]
    assert layers.sites["band_mhz"].tolist() == [1800.0, 1800.0, 1800.0]
    assert layers.sites["band_assumed"].tolist() == [False, False, True]
    assert layers.communes["name"].tolist() == ["Hải Vân", "Trà My"]
    assert steps[0] == "Đọc xa.gpkg"
    assert not [f for f in layers.findings if f.severity == "error"]


def test_progress_may_stop_the_import(office: Office) -> None:
    with pytest.raises(ReadError, match="Đã dừng"):
        import_folder(*office, progress=lambda _stage, done, _total: done < 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = "Thử"', 'title = "Thử"\ntitel = "x"', "titel"),
        ('kind = "loai"', 'kind = "loai"\nkin = "loai"', "columns.kin"),
        ('preset = "p"', 'preset = "q"', "preset"),
        ('province = "Thử"\n', "", "province"),
        ('elevation_kind = "DTM"', 'elevation_kind = "DEM"', "elevation_kind"),
        ('layer = "villages"', 'layer = "thon"', "thon"),
        ('northing = "X"\n', "", "position"),
        ("cell_m = 90.0", "cell_m = -1", "cell_m"),
        ('name = "Thôn"\n', "", "name"),
        ("[words]", "[words", "TOML"),
        ("2026-08-27", '"2026-08-27"', "reference_date"),
        ('path = "tram.csv"', 'path = "../map.toml"', "ngoài thư mục"),
        ("4G = 1800, ", "", "giá trị giả định"),
    ],
)
def test_wrong_mapping_is_refused_with_its_key(office: Office, old: str, new: str, told: str) -> None:
    folder, mapping = office
    assert old in MAPPING
    mapping.write_text(MAPPING.replace(old, new), encoding="utf-8")
    with pytest.raises(MappingError) as error:
        import_folder(folder, mapping)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_shipped_example_names_no_place_of_a_machine() -> None:
    example = Path(__file__).resolve().parents[1] / "docs" / "vi-du" / "da_nang.toml"
    spec = load_mapping(example)
    assert len(spec.files) == 21
    assert not [f.path for f in spec.files if f.path.startswith(("/", "~", "..")) or "\\" in f.path]
    assert "/work" not in example.read_text(encoding="utf-8")


def no_crs(folder: Path) -> None:
    write_communes(folder, communes().set_crs(None, allow_override=True))


def raster_without_crs(folder: Path) -> None:
    write_elevation(folder, crs=None)


def missing_column(folder: Path) -> None:
    write_villages(folder, VILLAGES, ["TT", "Mã", *VILLAGE_HEADER[2:]])


def missing_file(folder: Path) -> None:
    (folder / "tram.csv").unlink()


def no_excel(folder: Path) -> None:
    (folder / "thon.xlsx").write_bytes(b"not a workbook")


def duplicate_codes(folder: Path) -> None:
    write_villages(folder, [VILLAGES[0], village(1, Mã_thôn="00001-001"), VILLAGES[2]])


def empty_layer(folder: Path) -> None:
    write_villages(folder, [])


def swapped_axes(folder: Path) -> None:
    write_villages(folder, [[*r[:8], r[9], r[8]] for r in VILLAGES])


def degrees_in_metres(folder: Path) -> None:
    write_villages(folder, [[*r[:8], 15.83, 107.76] for r in VILLAGES])


def swapped_degrees(folder: Path) -> None:
    (folder / "tram.csv").write_text("ma,lon,lat,cn,bang\nA1,15.835,107.760,4G,1800\n", encoding="utf-8")


def raster_elsewhere(folder: Path) -> None:
    write_elevation(folder, west=WEST + SIDE)


def raster_far_away(folder: Path) -> None:
    write_elevation(folder, west=WEST + 200_000)


def misread_area(folder: Path) -> None:
    write_communes(folder, communes(dt=["4,096", "16.0"]))
    mapping = folder.parent / "map.toml"
    english = MAPPING.replace('area_km2 = "dt"', 'area_km2 = { from = "dt", number = "en" }')
    mapping.write_text(english, encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "kind", "told"),
    [
        (no_crs, CrsError, ("xa.gpkg", "crs =")),
        (raster_without_crs, CrsError, ("cao.tif", "EPSG:5899")),
        (missing_column, ReadError, ("thon.xlsx", "Mã thôn", "dòng tiêu đề 3", "Số hộ")),
        (missing_file, ReadError, ("tram.csv", "path")),
        (no_excel, ReadError, ("thon.xlsx",)),
        (duplicate_codes, CheckError, ("thon.xlsx", "4, 5", "00001-001", "trùng")),
        (empty_layer, CheckError, ("villages",)),
        (swapped_axes, CheckError, ("thon.xlsx", "đảo trục", "4, 5, 6", "X là hướng bắc")),
        (degrees_in_metres, CheckError, ("thon.xlsx", "độ trong cột khai là mét", "15.83", "EPSG:4326")),
        (swapped_degrees, CheckError, ("tram.csv", "đảo trục", "15.835")),
        (raster_elsewhere, CheckError, ("Độ cao không phủ hết", "Hải Vân", "100,0 %")),
        (raster_far_away, CheckError, ("Độ cao không phủ hết", "Hải Vân", "Trà My")),
        (misread_area, CheckError, ("xa.gpkg", "dòng 1", "Hải Vân", "4,096", "16,0 km²", "number")),
    ],
)
def test_unusable_data_is_refused_in_one_line_and_nothing_is_written(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None], kind: type[GeodataError], told: tuple[str, ...],
) -> None:
    folder, mapping = office
    spoil(folder)
    with pytest.raises(kind) as error:
        import_folder(folder, mapping)
    said = error.value.text("vi")
    if isinstance(error.value, CheckError):
        faults = error.value.values["findings"]
        assert isinstance(faults, tuple)
        said += " ".join(f.remedy() for f in faults)
    assert [t for t in told if t not in said] == []
    assert "\n" not in str(error.value)
    assert error.value.text("en") != error.value.text("vi")
    assert main(["import", str(folder), "--map", str(mapping), "--out", str(tmp_path / "goi")]) == 1
    assert not (tmp_path / "goi").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["co_quan", "map.toml"]
    assert "Traceback" not in capsys.readouterr().err


def test_population_text_is_missing_never_zero(office: Office) -> None:
    write_communes(office[0], communes(dan_so=["đang cập nhật", "240"]))
    layers = import_folder(*office)
    assert layers.communes["population"].isna().tolist() == [True, False]
    cell = found(layers, "cell_unreadable")
    assert (cell.file, cell.rows, cell.values) == ("xa.gpkg", (1,), ("đang cập nhật",))
    assert "Hải Vân" in found(layers, "population_missing").message()


@pytest.mark.parametrize(
    ("row", "code", "value"),
    [
        (village(1, Số_hộ="nhiều"), "row_unreadable", "nhiều"),
        (village(1, Số_hộ="-5"), "row_out_of_range", "-5"),
        (village(1, Số_hộ=None), "row_empty", ""),
        (village(1, ĐBKK="?"), "row_unknown_choice", "?"),
        (village(1, X="ở trên"), "position_unreadable", "ở trên; 502000"),
        (village(1, X=WEST, Y=SOUTH), "row_axes_swapped", "500000.0; 1750000.0"),
        (village(1, X=15.8, Y=107.7), "row_degrees_in_metres", "15.8; 107.7"),
        (village(1, Mã_xã="00009"), "commune_unknown", "00009"),
        (village(1, Y=WEST + 90_000), "point_no_terrain", "00001-002"),
    ],
)
def test_unusable_row_is_listed_never_dropped_in_silence(office: Office, row: list[Any], code: str, value: str) -> None:
    write_villages(office[0], [VILLAGES[0], row, VILLAGES[2]])
    layers = import_folder(*office)
    finding = found(layers, code)
    assert finding.rows == (5,)
    assert finding.file == "thon.xlsx"
    if code == "position_unreadable":
        assert "ở trên" in finding.values[0]
    elif "swapped" not in code and "degrees" not in code:
        assert finding.values == (value,)
    assert len(layers.villages) == 2
    (source,) = [s for s in layers.info.sources if s.layer == "villages"]
    assert (source.rows, source.kept) == (3, 2)


def test_optional_value_is_left_blank_and_said(office: Office) -> None:
    write_villages(office[0], [VILLAGES[0], village(1, Điện="chưa rõ"), VILLAGES[2]])
    layers = import_folder(*office)
    assert layers.villages["grid_power"].isna().tolist() == [False, True, False]
    assert found(layers, "cell_unknown_choice").values == ("chưa rõ",)


def test_mast_at_sea_is_said_and_one_beyond_the_terrain_is_not_used(office: Office) -> None:
    folder, mapping = office
    (folder / "tram.csv").write_text(SITES + "A3,107.745,15.835,4G,1800\nA4,112.3,16.5,4G,1800\n", encoding="utf-8")
    layers = import_folder(folder, mapping)
    outside = found(layers, "sites_outside")
    assert outside.rows == (4,)
    assert "A3" in outside.values[0]
    assert "km" in outside.values[0]
    assert found(layers, "point_no_terrain").values == ("A4",)
    assert set(layers.sites["site_code"]) == {"A1", "A2", "A3"}


def test_rsrp_outside_its_range_is_rejected_row_by_row(office: Office) -> None:
    folder, mapping = office
    mapping.write_text(MAPPING + MEASUREMENTS, encoding="utf-8")
    lines = ["nm,cn,lon,lat,rsrp,ngay"]
    lines += [f"Viettel,4G,107.76,15.835,{v},2026-08-0{i + 1}" for i, v in enumerate((-89.1, -150, -20, -140, -44))]
    (folder / "do.csv").write_text("\n".join(lines), encoding="utf-8")
    layers = import_folder(folder, mapping)
    assert layers.measurements is not None
    assert layers.measurements["rsrp_dbm"].tolist() == [-89.1, -140.0, -44.0]
    rejected = found(layers, "row_out_of_range")
    assert (rejected.rows, rejected.values) == ((3, 4), ("-150", "-20"))
    assert "-140...-44 dBm" in rejected.message()


def test_invalid_geometry_is_mended_and_said(office: Office) -> None:
    frame = communes()
    bow = shapely.Polygon([(WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (WEST + SIDE, SOUTH), (WEST, SOUTH + SIDE)])
    frame.geometry = [bow, frame.geometry.iloc[1]]
    write_communes(office[0], frame)
    write_villages(office[0], [village(0, X=SOUTH + 2000, Y=WEST + 500), *VILLAGES[2:]])
    layers = import_folder(*office)
    assert layers.communes.geometry.is_valid.all()
    assert found(layers, "geometry_mended").rows == (1,)


def test_file_that_the_mapping_forgets_is_said(office: Office) -> None:
    (office[0] / "rung.shp").write_bytes(b"")
    assert found(import_folder(*office), "files_unused").values == ("rung.shp",)


def test_several_faults_are_gathered_and_said_at_once(office: Office) -> None:
    missing_column(office[0])
    missing_file(office[0])
    no_crs(office[0])
    with pytest.raises(CheckError) as error:
        import_folder(*office)
    assert all(name in str(error.value) for name in ("thon.xlsx", "tram.csv", "xa.gpkg"))
    assert error.value.values["count"] == 3


def test_layer_that_the_plan_needs_must_be_mapped(office: Office) -> None:
    head, *files = MAPPING.split("[[file]]")
    office[1].write_text("[[file]]".join([head, *files[:1], *files[2:]]), encoding="utf-8")
    with pytest.raises(CheckError, match="Thiếu lớp elevation"):
        import_folder(*office)


def test_old_codes_show_by_their_names(office: Office) -> None:
    folder, mapping = office
    text = MAPPING.replace('values = { "x" = true, "" = false } }\n', 'values = { "x" = true, "" = false } }\n'
                        '[file.check]\ncommune_name = "Xã"\n', 1)
    mapping.write_text(text, encoding="utf-8")
    rows = [[*r, n] for r, n in zip(VILLAGES, ("Xã Hải Vân", "A Tiêng", "xã TRÀ MY"), strict=True)]
    write_villages(folder, rows, [*VILLAGE_HEADER, "Xã"])
    finding = found(import_folder(folder, mapping), "code_name_differs")
    assert finding.values == ("00001: A Tiêng ≠ Hải Vân",)
    assert "01/7/2025" in finding.message()


def test_command_line_writes_a_pack_and_tells_its_findings(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    folder, mapping = office
    assert main(["import", str(folder), "--map", str(mapping), "--out", str(tmp_path / "goi")]) == 0
    told = capsys.readouterr()
    assert "villages: 3" in told.out
    assert "Đọc thon.xlsx" in told.err
    assert len(open_pack(tmp_path / "goi").villages) == 3
    assert main(["verify", str(tmp_path / "goi")]) == 0
    assert main(["--language", "en", "verify", str(tmp_path / "khong_co")]) == 1
    with pytest.raises(SystemExit) as usage:
        main(["import"])
    assert usage.value.code == 2
