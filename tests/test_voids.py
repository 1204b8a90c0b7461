"""Elevation in tiles: joined as one file; a void and a missing tile are findings with their place, never sea level."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window
from small_office import SIDE, SOUTH, WEST, small_office

from geodata.check.voids import check_voids
from geodata.crs import VN2000_107_45
from geodata.errors import ReadError
from geodata.grid import Raster, grid_over
from geodata.layers import Layers
from geodata.mapping import import_folder
from geodata.read.raster import joined, raster_file, read_raster

Rows = tuple[int, int, int, int]
NORTH_TILE, SOUTH_WEST, SOUTH_EAST = (0, 78, 0, 160), (78, 160, 0, 80), (78, 160, 80, 160)
TILE = """[[file]]
layer = "elevation"
path = "{name}"
source = "s"
licence = "l"
obtained = "2026-11-21"
vintage = ""
illustrative = true
"""


def _cut(office: Path, name: str, part: Rows, **change: object) -> Path:
    """Write a part of the office's elevation as a file of its own."""
    row0, row1, col0, col1 = part
    window = Window(col0, row0, col1 - col0, row1 - row0)
    with rasterio.open(office / "cao.tif") as source:
        profile = source.profile | {"height": row1 - row0, "width": col1 - col0,
                                    "transform": source.transform @ Affine.translation(col0, row0)} | change
        values = source.read(1, window=window)
    with rasterio.open(office / name, "w", **profile) as target:
        target.write(values, 1)
    return office / name


def _import_tiles(folder: Path, tiles: dict[str, Rows]) -> Layers:
    office, mapping = small_office(folder)
    text = mapping.read_text(encoding="utf-8")
    for name, part in tiles.items():
        _cut(office, name, part)
        text += TILE.format(name=name)
    first = text.index('[[file]]\nlayer = "elevation"\npath = "cao.tif"')
    mapping.write_text(text[:first] + text[text.index("[[file]]", first + 1):], encoding="utf-8")
    (office / "cao.tif").unlink()
    return import_folder(office, mapping)


def test_tiles_give_what_one_file_gives(tmp_path: Path) -> None:
    whole = import_folder(*small_office(tmp_path / "1"))
    tiles = _import_tiles(tmp_path / "2", {"a.tif": NORTH_TILE, "b.tif": SOUTH_WEST, "c.tif": SOUTH_EAST})
    assert tiles.elevation.grid == whole.elevation.grid
    np.testing.assert_array_equal(tiles.elevation.values, whole.elevation.values)
    told = next(f for f in tiles.findings if f.code == "raster_elevation")
    assert told.file == "a.tif, b.tif, c.tif"
    assert not [f for f in tiles.findings if f.code in {"elevation_void", "elevation_tile_missing"}]
    assert sum(s.layer == "elevation" for s in tiles.info.sources) == 3


def test_a_missing_tile_is_told_with_its_place_and_stays_blank(tmp_path: Path) -> None:
    layers = _import_tiles(tmp_path, {"a.tif": NORTH_TILE, "b.tif": SOUTH_WEST})
    ground = layers.elevation
    x, y = WEST + 2 * SIDE, SOUTH - 500.0                # in the margin, under the tile that is not there
    assert np.isnan(ground.at([x], [y])).all()
    found = next(f for f in layers.findings if f.code == "elevation_tile_missing")
    assert found.severity == "warning"
    km2 = np.isnan(ground.values).sum() * ground.grid.cell_area_km2
    assert found.details == {"number": 1, "area": f"{km2:.2f}".replace(".", ",")}
    latitude, longitude = (float(v.strip("°").replace(",", ".")) for v in found.values[0].split()[:2])
    assert latitude == pytest.approx(15.82, abs=0.02)
    assert longitude == pytest.approx(107.80, abs=0.03)
    assert "15,8" in found.message()
    assert "sea level" in found.message("en")
    assert not [f for f in layers.findings if f.code == "elevation_void"]


def test_a_void_is_told_with_its_place(tmp_path: Path) -> None:
    office, mapping = small_office(tmp_path)
    with rasterio.open(office / "cao.tif", "r+") as target:
        target.write(np.full((4, 5), -9999.0, np.float32), 1, window=Window(40, 82, 5, 4))    # south of the communes
    layers = import_folder(office, mapping)
    found = next(f for f in layers.findings if f.code == "elevation_void")
    assert found.details["number"] == 1
    assert np.isnan(layers.elevation.values).any()
    assert not [f for f in layers.findings if f.code == "elevation_tile_missing"]


def test_places_are_told_apart_and_the_largest_comes_first() -> None:
    grid = grid_over((500_000.0, 1_750_000.0, 530_000.0, 1_780_000.0), 100.0, VN2000_107_45)
    values = np.zeros(grid.shape, np.float32)
    values[5:8, 5:8] = np.nan
    values[250:260, 100:140] = np.nan       # reaches over several squares: one place
    rest = values.copy()
    rest[:, 200:] = np.nan
    tile = [(grid.transform, (300, 200), VN2000_107_45)]
    voids, absent = check_voids(Raster(rest, grid, "m", "elevation"), tile)
    assert (voids.code, absent.code) == ("elevation_void", "elevation_tile_missing")
    assert voids.details == {"number": 2, "area": "4,09"}
    assert [v.split("(")[1] for v in voids.values] == ["4,00 km²)", "0,09 km²)"]
    assert absent.details == {"number": 1, "area": "300,00"}
    assert list(check_voids(Raster(np.zeros(grid.shape), grid, "m"), tile)) == []


@pytest.mark.parametrize("change", [{"crs": "EPSG:32648"}, {"transform": Affine(90, 0, 497_031, 0, -90, 1e6)},
                                    {"transform": Affine(30, 0, 497_000, 0, -30, 1_757_000)}])
def test_tiles_that_do_not_fit_together_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    office, _ = small_office(tmp_path)
    other = _cut(office, "b.tif", SOUTH_EAST, **change)
    with pytest.raises(ReadError) as caught:
        joined([raster_file(office / "cao.tif"), raster_file(other)])
    assert caught.value.code == "rasters_differ"
    assert "b.tif" in str(caught.value)


def test_where_tiles_overlap_the_first_known_value_counts(tmp_path: Path) -> None:
    office, _ = small_office(tmp_path)
    one = read_raster(office / "cao.tif").values
    a, b = _cut(office, "a.tif", (0, 90, 0, 160)), _cut(office, "b.tif", (70, 160, 0, 160))
    with rasterio.open(a, "r+") as target:
        target.write(np.full((1, 5), -9999.0, np.float32), 1, window=Window(3, 75, 5, 1))
        target.write(np.full((1, 5), 77.0, np.float32), 1, window=Window(9, 75, 5, 1))
    got = joined([raster_file(a), raster_file(b)]).values
    assert (got[75, 9:14] == 77.0).all()
    got[75, 9:14] = one[75, 9:14]
    np.testing.assert_array_equal(got, one)
