"""A grid larger than the memory it is given, from source file to results; run by test_large_grids in its own process.

python large_grid_case.py FOLDER files|memory ALLOWED_MB : "files" keeps large arrays in scratch files, "memory" never.
Prints one JSON line: digests of what came out, or where memory ran out.
"""

import coverage  # noqa: F401, I001 - first of all, it keeps numba off coverage.py's hook (docs/decisions/0001)
import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from coverage.gap.areas import best_level, gap_land
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import signal_over_area
from coverage.radio.sites import SiteTable, site_table
from geodata import scratch
from geodata.crs import VN2000_107_45
from geodata.grid import Grid, grid_over
from geodata.pack import open_pack, write_pack
from geodata.read.raster import joined, raster_file
from geodata.read.resample import interpolate
from geodata.sample import sample_layers
from geodata.write.digest import file_sha256, raster_digest
from geodata.write.raster import write_cog

MB = 2**20
SIDE = 1_900        # cells of the source, one second each: the grid of 30 m is some 1,800 x 1,900
KEYS = (("A", "3G"), ("A", "4G"), ("B", "4G"))


def write_source(folder: Path) -> None:
    """Write four tiles of a rolling ground with a hole, strip by strip."""
    half = SIDE // 2
    profile = {"driver": "GTiff", "width": half, "height": half, "count": 1, "dtype": "int16", "nodata": -32768,
               "crs": "EPSG:4326", "tiled": True, "compress": "deflate"}
    for name, row, col in (("nw", 0, 0), ("ne", 0, half), ("sw", half, 0), ("se", half, half)):
        i, j = np.arange(row, row + half)[:, None], np.arange(col, col + half)[None, :]
        values = (500 + 300 * np.sin(i / 90) + 250 * np.cos(j / 70 + i / 300)).astype(np.int16)
        if name == "nw":
            values[300:340, 300:360] = -32768
        place = Affine(1 / 3600, 0, 107.4 + col / 3600, 0, -1 / 3600, 16.2 - row / 3600)
        with rasterio.open(folder / f"{name}.tif", "w", transform=place, **profile) as target:
            target.write(values, 1)


def masts(grid: Grid) -> SiteTable:
    """Return six masts of two operators spread over the grid."""
    west, south, east, north = grid.bounds
    layer = sample_layers().sites.iloc[:6].copy()
    along = np.linspace(0.2, 0.8, 6)
    layer = layer.set_geometry(
        layer.geometry.from_xy(west + along * (east - west), north - along * (north - south), crs=layer.crs))
    pairs = [KEYS[i % 3] for i in range(6)]
    layer["operator"], layer["technology"] = [p[0] for p in pairs], [p[1] for p in pairs]
    layer["band_mhz"], layer["height_m"] = 900.0, 40.0
    return site_table(layer, load_presets())


def run(folder: Path, cell_m: float) -> dict[str, str]:
    """Import, pack, open, compute areas and gaps, write: return digests of each."""
    files = [raster_file(folder / f"{name}.tif") for name in ("nw", "ne", "sw", "se")]
    raw = joined(files)
    west, south, east, north = raw.inner_bounds(VN2000_107_45)
    grid = grid_over((west + 90, south + 90, east - 90, north - 90), cell_m, VN2000_107_45)
    del raw
    elevation = interpolate(joined(files, grid), grid, unit="m", name="elevation")
    pack = write_pack(replace(sample_layers(), elevation=elevation), folder / f"pack_{cell_m:g}")
    del elevation
    ground = open_pack(pack).elevation
    levels = signal_over_area(
        masts(ground.grid), ground, radius_m=3_000.0, rx_agl_m=1.5, atmosphere=Atmosphere(), workers=1)
    best = best_level(list(levels.values()), ground)
    square = sample_layers().communes.iloc[:1].copy()
    square = square.set_geometry(square.geometry.from_xy([grid.bounds[0] + 15_000], [grid.bounds[3] - 15_000]).buffer(
        8_000, cap_style="square"), crs=square.crs)
    land, unknown_km2 = gap_land(best, ground, square, -100.0)
    arrays_mb = ground.values.nbytes * (3 + 2 * len(levels)) / MB      # source, grid, best; level and server per key
    out = {"arrays_mb": f"{arrays_mb:.0f}", "elevation": raster_digest(ground),
           "land": f"{land['area_km2'].sum():.6f} {unknown_km2:.6f}"}
    for (operator, technology), level in levels.items():
        out[f"{operator} {technology}"] = raster_digest(level)
        out[f"cog {operator} {technology}"] = file_sha256(write_cog(level, folder / f"{operator}_{technology}.tif"))
    return out


def held_bytes() -> int:
    """Return the private writable memory of this process, which RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("VmData")


def main() -> None:
    """Warm up on coarse cells (compiled code and libraries are no data), set the limit, run."""
    folder, how, allowed_mb = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    run(folder, 300.0)
    scratch.LARGE_BYTES = MB if how == "files" else 2**60
    if allowed_mb:
        limit = held_bytes() + int(allowed_mb * MB)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        out = run(folder, 30.0)
    except MemoryError as error:
        out = {"out of memory": str(error)}
    sys.stdout.write(json.dumps(out))


if __name__ == "__main__":
    main()
