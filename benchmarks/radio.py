"""Radio engine beside its peers, on one tile and in one run: paths per second, ratios, errors, memory.

    python -m benchmarks.radio SHARED_FOLDER [--province N]

Peers are developers' tools, never parts of the product: pycraf (GPL-3) and itmlogic (MIT) if they can be imported,
Debian's ``splat`` if it is on the path. CPU seconds, best of several; figures never fail a test run.
"""

import argparse
import gzip
import math
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
from affine import Affine
from pyproj import CRS

from coverage.compute import run_pieces
from coverage.radio.area_loss import area_loss, area_loss_of_bands, point_loss
from coverage.radio.link_budget import load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.signal import best_over_area
from coverage.radio.sites import SiteTable, site_table
from geodata.grid import Grid, Raster
from geodata.mapping import import_folder

LAT, LON, TX_M, RX_M, FREQ_MHZ = 21.503333, 104.506667, 45.0, 1.5, 900.0
AIR = Atmosphere()
ROOT = Path(__file__).resolve().parents[1]
HOW = {"rx_agl_m": RX_M, "freq_mhz": FREQ_MHZ, "atmosphere": AIR}


def cpu_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the least CPU seconds of several runs, after one that compiles."""
    work()
    best = math.inf
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def fractal_tile(shared: Path) -> np.ndarray:
    """Return the SRTM3 tile N21E104 (1201, 1201) of the validation set."""
    with gzip.open(shared / "validation/area/area_anchor_N21E104_fractal.hgt.gz") as file:
        return np.frombuffer(file.read(), ">i2").reshape(1201, 1201)


def metric(tile: np.ndarray, cell_m: float, size_m: float) -> Raster:
    """Return the tile around the mast as metric cells (local equirectangular), bilinear; the mast is at 0, 0."""
    n = int(size_m / cell_m)
    grid = Grid(CRS(5899), Affine(cell_m, 0, -n * cell_m, 0, -cell_m, n * cell_m), (2 * n, 2 * n))
    gx, gy = np.meshgrid(*grid.centres())
    degree = 6_371_000 * math.pi / 180
    u = (LON - 104 + gx / degree / math.cos(math.radians(LAT))) * 1200
    v = (22 - LAT - gy / degree) * 1200
    j, i = u.astype(int), v.astype(int)
    u, v, t = u - j, v - i, tile.astype(float)
    values = (t[i, j] * (1 - u) + t[i, j + 1] * u) * (1 - v) + (t[i + 1, j] * (1 - u) + t[i + 1, j + 1] * u) * v
    return Raster(values.astype(np.float32), grid, "m", "elevation")


def ours_per_pixel(tile: np.ndarray) -> tuple[float, int]:
    """Return CPU seconds and paths of the common task: 266 x 266 points over +-13.29 km, step 100 m."""
    ground = metric(tile, 90.0, 14_500.0)
    axis = np.linspace(-13_290.0, 13_290.0, 266)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    seconds = cpu_seconds(lambda: point_loss(ground, (0.0, 0.0), TX_M, points, step_m=100.0, **HOW), 9)
    return seconds, len(points)


def areas(tile: np.ndarray) -> list[str]:
    """Return rows of the table: per pixel and radial at 90 m and 30 m, 15 km, with the radial's error."""
    rows = []
    for cell in (90.0, 30.0):
        ground = metric(tile, cell, 15_500.0)
        exact = area_loss(ground, (0.0, 0.0), TX_M, radius_m=15_000.0, **HOW)
        swept = area_loss(ground, (0.0, 0.0), TX_M, radius_m=15_000.0, method="radial", **HOW)
        error = (swept.loss_db - exact.loss_db)[np.isfinite(exact.loss_db)]
        count = error.size
        a = cpu_seconds(lambda g=ground: area_loss(g, (0.0, 0.0), TX_M, radius_m=15_000.0, **HOW), 3)
        b = cpu_seconds(lambda g=ground: area_loss(g, (0.0, 0.0), TX_M, radius_m=15_000.0, method="radial", **HOW), 5)
        known = (f"rms {np.sqrt(np.mean(error**2)):.2f}, p95 {np.percentile(np.abs(error), 95):.2f} dB, share below "
                 f"128 dB {np.mean(exact.loss_db < 128):.3f} / {np.mean(swept.loss_db < 128):.3f}")
        rows.append(f"| ours, per pixel, {cell:.0f} m | {count:,} | {a:.3f} | {count / a / 1e6:.2f} M/s | exact |")
        rows.append(f"| ours, radial, {cell:.0f} m | {count:,} | {b:.3f} | {a / b:.1f} x per pixel | {known} |")
    return rows


def threads(tile: np.ndarray) -> str:
    """Return the row of eight masts on one and two threads, wall clock."""
    ground = metric(tile, 90.0, 15_500.0)
    wall = {}
    for workers in (1, 2, 1, 2):
        start = time.perf_counter()
        list(run_pieces(lambda x: area_loss(ground, (x, 0.0), TX_M, radius_m=12_000.0, **HOW),
                        [100.0 * k for k in range(8)], workers=workers))
        wall[workers] = min(wall.get(workers, math.inf), time.perf_counter() - start)
    ratio = wall[1] / wall[2]
    return f"| two threads over one, 8 masts, wall clock | | {wall[1]:.2f} / {wall[2]:.2f} | {ratio:.2f} x | |"


def pycraf_row(tile: np.ndarray, ours: float) -> str:
    """Return pycraf's row: P.452-16 over its own map of the same tile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from astropy import units as u  # noqa: PLC0415 - a developer's tool that may be missing
            from pycraf import pathprof  # noqa: PLC0415
    except ImportError:
        return "| pycraf | | | not installed | |"
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Path(folder, "N21E104.hgt").write_bytes(tile.astype(">i2").tobytes())
        with pathprof.SrtmConf.set(srtm_dir=folder, download="never", interp="linear"):
            data = pathprof.height_map_data(LON * u.deg, LAT * u.deg, 0.2569 * u.deg, 0.2391 * u.deg)
        shape = data["dist_map"].shape

        def run() -> object:
            return pathprof.atten_map_fast(
                0.9 * u.GHz, 290 * u.K, 1013 * u.hPa, TX_M * u.m, RX_M * u.m, 50 * u.percent, data)

        seconds = _process_and_children(run)
    count = shape[0] * shape[1]
    return (f"| pycraf {metadata.version('pycraf')}, P.452-16, losses only | {count:,} | {seconds:.2f} | "
            f"{count / seconds / 1e3:.0f} k/s | ours {ours / (count / seconds):.0f} x |")


def _process_and_children(run: Callable[[], object]) -> float:
    """Return the least CPU seconds of three runs, all threads counted."""
    run()
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF)
        run()
        after = resource.getrusage(resource.RUSAGE_SELF)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(spent)


def itmlogic_row(tile: np.ndarray, ours: float) -> str:
    """Return itmlogic's row: ITM point to point on 200 of the same paths."""
    try:
        from itmlogic.misc.qerfi import qerfi  # noqa: PLC0415 - a developer's tool that may be missing
        from itmlogic.preparatory_subroutines.qlrpfl import qlrpfl  # noqa: PLC0415
        from itmlogic.statistics.avar import avar  # noqa: PLC0415
    except ImportError:
        return "| itmlogic | | | not installed | |"
    ground = metric(tile, 90.0, 14_500.0).values
    rng = np.random.default_rng(1)
    ends = rng.uniform(20, ground.shape[0] - 20, (200, 2))
    centre = ground.shape[0] / 2

    def run() -> None:
        for row, col in ends:
            n = max(2, math.ceil(0.9 * math.hypot(row - centre, col - centre)))
            i, j = np.linspace(centre, row, n + 1).astype(int), np.linspace(centre, col, n + 1).astype(int)
            wave = FREQ_MHZ / 47.7
            prop = {"eps": 15, "sgm": 0.005, "klim": 5, "ens0": 314, "lvar": 5, "gma": 157e-9, "fmhz": FREQ_MHZ,
                    "hg": [TX_M, RX_M], "wn": wave, "ens": 314, "kwx": 0, "mdp": -1, "klimx": 0, "mdvarx": 11,
                    "gme": 157e-9 * (1 - 0.04665 * math.exp(314 / 179.3)),
                    "zgnd": np.sqrt(complex(15, 376.62 * 0.005 / wave) - 1), "pfl": [n, 100.0, *ground[i, j]]}
            prop = qlrpfl(prop)
            avar(qerfi([0.5])[0], 0, qerfi([0.5])[0], prop)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            seconds = cpu_seconds(run, 2)
        except (KeyError, TypeError, ValueError) as error:
            return f"| itmlogic {metadata.version('itmlogic')} | | | could not be run: {error!r} | |"
    rate = 200 / seconds
    return (f"| itmlogic {metadata.version('itmlogic')}, ITM | 200 | {seconds:.2f} | {rate / 1e3:.1f} k/s | "
            f"ours {ours / rate:.0f} x |")


def splat_row(tile: np.ndarray, ours: float) -> str:
    """Return SPLAT!'s row: ITM over a disc of 13.3 km, loading and drawing taken off by a run over 1 km."""
    splat, convert = shutil.which("splat"), shutil.which("srtm2sdf")
    if not splat or not convert:
        return "| splat | | | not installed | |"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "N21E104.hgt").write_bytes(tile.astype(">i2").tobytes())
        subprocess.run([convert, "N21E104.hgt"], cwd=folder, capture_output=True, check=False)
        Path(folder, "tx.qth").write_text(f"tx\n{LAT}\n{360 - LON}\n{TX_M} meters\n")
        Path(folder, "tx.lrp").write_text("15.0\n0.005\n314.0\n900.0\n5\n0\n0.5\n0.5\n")

        def seconds(radius_km: float) -> float:
            spent = []
            for _ in range(3):
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                subprocess.run([splat, "-t", "tx.qth", "-L", str(RX_M), "-R", str(radius_km), "-metric", "-d", ".",
                                "-o", "map.ppm"], cwd=folder, capture_output=True, check=False)
                spent.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
            return min(spent)

        taken = seconds(13.29) - seconds(1.0)
    degree = 6371 * math.pi / 180
    cells = math.pi * (13.29**2 - 1.0) / (degree / 1200) ** 2 / math.cos(math.radians(LAT))
    rate = cells / taken
    return f"| SPLAT! (Debian), ITM | {cells:,.0f} | {taken:.2f} | {rate / 1e3:.0f} k/s | ours {ours / rate:.1f} x |"


def bands(tile: np.ndarray) -> list[str]:
    """Return rows of two and three bands on one mast, against one: 15 km, per pixel at 90 m and radial at 30 m."""
    rows = []
    for method, cell in (("per_pixel", 90.0), ("radial", 30.0)):
        ground = metric(tile, cell, 15_500.0)
        spent = [cpu_seconds(lambda f=freqs, g=ground, m=method: area_loss_of_bands(
            g, (0.0, 0.0), TX_M, radius_m=15_000.0, rx_agl_m=RX_M, freqs_mhz=f, atmosphere=AIR, method=m), 4)
            for freqs in ((FREQ_MHZ,), (FREQ_MHZ, 1800.0), (FREQ_MHZ, 1800.0, 2600.0))]
        rows.append(f"| ours, {method}, {cell:.0f} m, 1 / 2 / 3 bands | | " + " / ".join(f"{s:.3f}" for s in spent)
                    + f" | {spent[1] / spent[0]:.2f} x, {spent[2] / spent[0]:.2f} x of one band | |")
    return rows


def cold_start(tile: np.ndarray) -> str:
    """Return the row of the first area in a new process, compiled anew and from the cache, CPU seconds."""
    code = ("import sys, time, numpy as np; from pathlib import Path; from benchmarks.radio import *; "
            "g = metric(np.load(sys.argv[1]), 90.0, 3000.0)\n"
            "for m in ('per_pixel', 'radial'):\n"
            " s = time.process_time(); area_loss(g, (0.0, 0.0), TX_M, radius_m=1000.0, method=m, **HOW)\n"
            " print(time.process_time() - s)")
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "tile.npy"), tile)
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": folder}
        runs = [subprocess.run([sys.executable, "-c", code, str(Path(folder, "tile.npy"))], env=environment,
                               capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]
    (cold_a, cold_b), (warm_a, warm_b) = ([float(v) for v in run] for run in runs)
    return (f"| first area in a process, per pixel then radial | | {cold_a:.1f} + {cold_b:.1f} compiling | "
            f"{warm_a:.2f} + {warm_b:.2f} from the cache | |")


def province(shared: Path, every: int) -> list[str]:
    """Return the row of every n-th mast of the office drop, 15 km each at 90 m, on the machine's cores."""
    layers = import_folder(shared / "real/office_drop_danang", ROOT / "docs/vi-du/da_nang.toml")
    sites = site_table(layers.sites[layers.sites["technology"].isin(["3G", "4G", "5G"])], load_presets())
    masts = list(sites.masts())
    part = sites.where(np.sort(np.concatenate(masts[::every])))
    before, start = time.process_time(), time.perf_counter()
    best_over_area(part, layers.elevation, radius_m=15_000.0, rx_agl_m=RX_M, atmosphere=AIR)
    cpu, wall = time.process_time() - before, time.perf_counter() - start
    done = len(masts[::every])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    each, cores = cpu / done, os.cpu_count() or 1
    whole = "" if every == 1 else f", estimated for all {len(masts):,}: {each * len(masts) / cores:.0f} s"
    return [(f"| province: {done:,} of {len(masts):,} masts, 15 km, 90 m, {cores} threads | | {cpu:.0f} CPU, "
             f"{wall:.0f} wall | {each * 1000:.0f} ms CPU per mast{whole} on quiet cores | peak {peak:.2f} GB with the "
             f"import; 5,000 candidates of one band: {_candidates(part, layers.elevation) / cores / 60:.1f} min |")]


def _candidates(sites: SiteTable, elevation: Raster, count: int = 5000, tried: int = 50) -> float:
    """Return CPU seconds of ``count`` candidate masts of one band, 15 km, estimated from ``tried`` of them."""
    places = sites.xy_m[[rows[0] for rows in list(sites.masts())[:tried]]]
    start = time.process_time()
    for x, y in places.tolist():
        area_loss(elevation, (x, y), TX_M, radius_m=15_000.0, **HOW)
    return (time.process_time() - start) / len(places) * count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--province", type=int, default=0, metavar="N", help="every N-th mast of the office drop too")
    options = parser.parse_args()
    tile = fractal_tile(options.shared)
    seconds, count = ours_per_pixel(tile)
    ours = count / seconds
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, "
          f"Python {platform.python_version()}, numba {metadata.version('numba')}, numpy {metadata.version('numpy')}\n")
    print("| what | paths | CPU s | speed | beside |\n|---|---|---|---|---|")
    print(f"| ours, P.1812 median, per pixel, one thread | {count:,} | {seconds:.3f} | {ours / 1e6:.2f} M/s | |")
    for row in (pycraf_row(tile, ours), itmlogic_row(tile, ours), splat_row(tile, ours), *areas(tile), *bands(tile),
                threads(tile), cold_start(tile)):
        print(row, flush=True)
    if options.province:
        print(*province(options.shared, options.province), sep="\n")


if __name__ == "__main__":
    main()
