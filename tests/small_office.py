"""A tiny office for tests of the import: two communes, three villages, two masts, one elevation raster."""

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import rasterio
import shapely
from affine import Affine

# Two squares of 4 km side by side in EPSG:5899, near 107°45' E and 15°50' N.
WEST, SOUTH, SIDE = 500_000.0, 1_750_000.0, 4_000.0

MAPPING = """
title = "Thử"
province = "Thử"
crs = "EPSG:5899"
unit_vintage = "2025-07-01"
elevation_kind = "DTM"
cell_m = 90.0
margin_m = 1000.0
reference_date = 2026-08-27

[words]
yes = ["Có", "x"]
no = ["Không"]

[presets.p]
band_mhz = { 3G = 2100, 4G = 1800, 5G = 3500 }
height_m = 30.0

[[file]]
layer = "communes"
path = "xa.gpkg"
source = "s"
licence = "l"
obtained = "2026-11-21"
vintage = "2025"
illustrative = true
[file.columns]
commune_code = "ma"
name = "ten"
kind = "loai"
population = "dan_so"
area_km2 = "dt"
is_border = "bg"

[[file]]
layer = "elevation"
path = "cao.tif"
source = "s"
licence = "l"
obtained = "2026-11-21"
vintage = ""
illustrative = true

[[file]]
layer = "villages"
path = "thon.xlsx"
source = "s"
licence = "l"
obtained = "2026-11-21"
vintage = "2026"
illustrative = true
[file.position]
northing = "X"
easting = "Y"
crs = "EPSG:5899"
[file.columns]
village_code = "Mã thôn"
commune_code = "Mã xã"
name = "Thôn"
households = "Số hộ"
people = "Nhân khẩu"
grid_power = "Điện"
difficult = { from = "ĐBKK", values = { "x" = true, "" = false } }

[[file]]
layer = "sites"
path = "tram.csv"
source = "s"
licence = "l"
obtained = "2026-11-21"
vintage = "2026"
illustrative = true
preset = "p"
[file.position]
lon = "lon"
lat = "lat"
crs = "EPSG:4326"
[file.columns]
site_code = "ma"
operator = { value = "Viettel" }
technology = { from = "cn", values = { "3G/4G" = ["3G", "4G"] } }
band_mhz = "bang"
state = { value = "on_air" }
"""

MEASUREMENTS = """
[[file]]
layer = "measurements"
path = "do.csv"
source = "s"
licence = "l"
obtained = "2026-11-21"
vintage = "2026"
illustrative = true
[file.position]
lon = "lon"
lat = "lat"
crs = "EPSG:4326"
[file.columns]
operator = "nm"
technology = "cn"
rsrp_dbm = { from = "rsrp", number = "en" }
date = "ngay"
"""

VILLAGE_HEADER = ["TT", "Mã thôn", "Mã xã", "Thôn", "Số hộ", "Nhân khẩu", "Điện", "ĐBKK", "X", "Y"]
VILLAGES: list[list[Any]] = [
    [1, "00001-001", "00001", "Thôn 1", "1.234", 4000, "Có", None, SOUTH + 1000, WEST + 1000],
    [2, "00001-002", "00001", "Thôn 2", 50, 200, "Không", "x", SOUTH + 2000, WEST + 2000],
    [3, "00002-001", "00002", "Thôn 1", 60, 240, "Có", None, SOUTH + 2000, WEST + SIDE + 2000],
]
# 107.76 E, 15.835 N lies about 1 km into the western commune
SITES = "ma,lon,lat,cn,bang\nA1,107.760,15.835,3G/4G,1800\nA2,107.790,15.835,4G,\n"


def small_office(folder: Path) -> tuple[Path, Path]:
    """Write the sound office and its mapping below ``folder``; return both paths."""
    office = folder / "co_quan"
    office.mkdir(parents=True)
    write_communes(office)
    write_elevation(office)
    write_villages(office, VILLAGES)
    (office / "tram.csv").write_text(SITES, encoding="utf-8")
    mapping = folder / "map.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return office, mapping


def communes(**columns: Any) -> gpd.GeoDataFrame:
    data: dict[str, Any] = {"ma": ["00001", "00002"], "ten": ["Hải Vân", "Trà My"], "loai": ["Xã", "Xã"],
                            "dan_so": ["4.200", "240"], "dt": ["16,0", "16,0"], "bg": ["Có", "Không"]}
    boxes = [shapely.box(WEST + i * SIDE, SOUTH, WEST + (i + 1) * SIDE, SOUTH + SIDE) for i in range(2)]
    return gpd.GeoDataFrame(data | columns, geometry=boxes, crs="EPSG:5899")


def write_communes(office: Path, frame: gpd.GeoDataFrame | None = None) -> None:
    (office / "xa.gpkg").unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some tests leave out the CRS on purpose
        (communes() if frame is None else frame).to_file(office / "xa.gpkg", layer="xa")


def write_elevation(
    office: Path, *, west: float = WEST - 3000, cells: int = 160, crs: str | None = "EPSG:5899",
) -> None:
    values = np.add.outer(np.arange(cells), np.arange(cells)).astype("float32")
    profile = {"driver": "GTiff", "width": cells, "height": cells, "count": 1, "dtype": "float32", "nodata": -9999.0}
    transform = Affine(90, 0, west, 0, -90, SOUTH + SIDE + 3000)
    with rasterio.open(office / "cao.tif", "w", **profile, crs=crs, transform=transform) as target:
        target.write(values, 1)


def write_villages(office: Path, rows: list[list[Any]], header: list[str] | None = None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["DANH SÁCH THÔN"])
    sheet.append([])
    sheet.append(VILLAGE_HEADER if header is None else header)
    for row in rows:
        sheet.append(row)
    book.save(office / "thon.xlsx")
