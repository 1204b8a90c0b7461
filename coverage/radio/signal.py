"""Signal of the masts: best and second RSRP per operator and technology, at points and over the ground."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from coverage.compute import Progress, run_pieces, silent
from coverage.errors import RadioError
from coverage.radio.antenna import Pattern, azimuth_deg, mean_of_sectors_db, sector_gain_db, unknown_azimuth_gain_db
from coverage.radio.area_loss import AreaLoss, area_loss_of_bands, point_paths, point_paths_of_bands
from coverage.radio.link_budget import Sector, load_presets
from coverage.radio.profile_loss import Atmosphere
from coverage.radio.sites import Key, SiteTable
from geodata.grid import Raster
from geodata.scratch import blank

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
FLOOR_DBM = -140.0      # lowest value a handset reports (3GPP TS 36.133 section 9.1.4)


@dataclass(frozen=True)
class ServerSignal:
    """One operator and technology at points (n,).

    Attributes
    ----------
    rsrp_dbm, second_dbm : best mast and best of the other masts; NaN without one; not below -140 dBm.
    server : row of the site table, -1 none. blocked : 1 terrain cuts the ray to the server, 0 clear, -1 none.
    unknown : masts in range whose path crosses no-data: where it is > 0 the signal is a lower bound.
    """

    rsrp_dbm: FloatArray
    second_dbm: FloatArray
    server: IntArray
    blocked: npt.NDArray[np.int8]
    unknown: npt.NDArray[np.int32]


@dataclass(frozen=True)
class PointSignal:
    """Signal at points per (operator, technology), with what it was computed with."""

    by_key: Mapping[Key, ServerSignal]
    xy_m: FloatArray
    radius_m: float
    rx_agl_m: float
    atmosphere: Atmosphere

    def __getitem__(self, key: Key) -> ServerSignal:
        return self.by_key[key]


@dataclass(frozen=True)
class _FromMast:
    """What one mast gives to one key at some points: row of the table, power, sight."""

    at: IntArray
    rsrp_dbm: FloatArray
    server: IntArray
    clear: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Beams:
    """What turns a direction into gain: the stand-in sector, and the measured patterns by name."""

    sector: Sector
    patterns: Mapping[str, Pattern]


@dataclass(frozen=True)
class _Paths:
    """Loss, sight and departure (n,) of one mast's rows of one height and band."""

    loss_db: npt.NDArray[np.floating]
    clear: npt.NDArray[np.int8]
    depart_mrad: npt.NDArray[np.floating]


def _gain_db(sites: SiteTable, row: int, xy_m: FloatArray, depart_mrad: npt.NDArray[np.floating], beams: Beams,
             ) -> FloatArray | float:
    """Return the pattern gain <= 0 dB of a row towards points (n, 2)."""
    pattern = beams.patterns.get(str(sites.antenna[row])) if sites.antenna[row] else None
    sector = beams.sector
    if np.isnan(sites.azimuth_deg[row]):
        if pattern is not None:
            return mean_of_sectors_db(pattern, sector.sectors)
        if sites.omnidirectional[row]:
            return 0.0
        return unknown_azimuth_gain_db(sector.beamwidth_deg, sector.front_back_db, sector.sectors)[0]
    off = azimuth_deg(sites.xy_m[row], xy_m) - sites.azimuth_deg[row]
    if pattern is not None:
        return pattern.gain_db(off, depart_mrad, float(sites.tilt_deg[row]))
    return 0.0 if sites.omnidirectional[row] else sector_gain_db(off, sector.beamwidth_deg, sector.front_back_db)


def _bands_of_mast(sites: SiteTable, rows: IntArray) -> dict[float, dict[float, list[int]]]:
    """Return the rows of a mast by antenna height, then by band: one set of profiles serves each height."""
    parts: dict[float, dict[float, list[int]]] = {}
    for row in rows.tolist():
        bands = parts.setdefault(float(sites.height_m[row]), {})
        bands.setdefault(float(sites.freq_mhz[row]), []).append(row)
    return parts


def _best_of_rows(
    sites: SiteTable, rows: IntArray, paths: Mapping[int, _Paths], at: IntArray, xy_m: FloatArray, beams: Beams,
) -> dict[Key, _FromMast]:
    """Return for every key of a mast the strongest of its rows at points (n,); ties go to the first row."""
    out: dict[Key, _FromMast] = {}
    for row in rows.tolist():
        key = (str(sites.operator[row]), str(sites.technology[row]))
        path = paths[row]
        got = sites.eirp_re_dbm[row] + _gain_db(sites, row, xy_m, path.depart_mrad, beams) - path.loss_db
        if key not in out:
            out[key] = _FromMast(at, got, np.full(at.size, row, np.intp), path.clear)
            continue
        old = out[key]
        better = got > old.rsrp_dbm
        out[key] = _FromMast(at, np.where(better, got, old.rsrp_dbm), np.where(better, row, old.server),
                             np.where(better, path.clear, old.clear).astype(np.int8))
    return out


class _Ranking:
    """Keeps best, second, server and sight at n points while masts come in, in any order."""

    def __init__(self, n: int) -> None:
        self.best = np.full(n, -np.inf)
        self.second = np.full(n, -np.inf)
        self.server = np.full(n, -1, np.intp)
        self.clear = np.full(n, -1, np.int8)
        self.unknown = np.zeros(n, np.int32)

    def add(self, one: _FromMast) -> None:
        """Merge one mast; equal power goes to the lower row."""
        missing = np.isnan(one.rsrp_dbm)
        self.unknown[one.at[missing]] += 1
        at, got, server, clear = (a[~missing] for a in (one.at, one.rsrp_dbm, one.server, one.clear))
        best = self.best[at]
        wins = (got > best) | ((got == best) & (server < self.server[at]))
        self.second[at] = np.maximum(self.second[at], np.where(wins, best, got))
        self.best[at[wins]] = got[wins]
        self.server[at[wins]] = server[wins]
        self.clear[at[wins]] = clear[wins]

    def result(self) -> ServerSignal:
        """Return the arrays with NaN where nothing came in and the reporting floor applied."""
        best = np.where(np.isneginf(self.best), np.nan, np.maximum(self.best, FLOOR_DBM))
        second = np.where(np.isneginf(self.second), np.nan, np.maximum(self.second, FLOOR_DBM))
        blocked = np.where(self.clear < 0, -1, 1 - self.clear).astype(np.int8)
        return ServerSignal(best, second, self.server, blocked, self.unknown)


def signal_at_points(
    sites: SiteTable,
    xy_m: npt.ArrayLike,
    elevation: Raster,
    *,
    radius_m: float,
    rx_agl_m: float,
    atmosphere: Atmosphere,
    clutter: Raster | None = None,
    step_m: float | None = None,
    beams: Beams | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> PointSignal:
    """Return best and second RSRP at points (n, 2) for every operator and technology of the table.

    Only masts within ``radius_m`` count; a mast's profiles are taken once for all bands of one height.

    Raises
    ------
    RadioError
        As ``coverage.radio.area_loss.point_paths``.
    """
    points = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
    beam = beams or Beams(load_presets().sector, {})
    masts = list(sites.masts())
    tree = KDTree(points) if points.size else None
    ranks = {key: _Ranking(points.shape[0]) for key in sites.keys}

    def one(rows: IntArray) -> dict[Key, _FromMast]:
        where = tuple(sites.xy_m[rows[0]].tolist())
        near = tree.query_ball_point(where, radius_m, return_sorted=True) if tree else []
        at = np.array(near, dtype=np.intp)
        if not at.size:
            return {}
        paths: dict[int, _Paths] = {}
        for height_m, bands in _bands_of_mast(sites, rows).items():
            losses = point_paths_of_bands(
                elevation, where, height_m, points[at], rx_agl_m=rx_agl_m, freqs_mhz=tuple(bands),
                atmosphere=atmosphere, step_m=step_m, clutter=clutter,
            )
            for of_band, got in zip(bands.values(), losses, strict=True):
                paths.update(dict.fromkeys(of_band, _Paths(got.loss_db, got.clear, got.depart_mrad)))
        return _best_of_rows(sites, rows, paths, at, points[at], beam)

    for found in run_pieces(one, masts, workers=workers, stage="signal_points", progress=progress):
        for key, from_mast in found.items():
            ranks[key].add(from_mast)
    return PointSignal({k: r.result() for k, r in ranks.items()}, points, radius_m, rx_agl_m, atmosphere)


@dataclass(frozen=True)
class AreaSignal:
    """Best RSRP and its mast over the elevation's cells for one key; server: row of the site table, -1 none."""

    rsrp: Raster
    server: npt.NDArray[np.int32]


def best_over_area(
    sites: SiteTable,
    elevation: Raster,
    *,
    radius_m: float,
    rx_agl_m: float,
    atmosphere: Atmosphere,
    method: str = "per_pixel",
    step_m: float | None = None,
    clutter: Raster | None = None,
    beams: Beams | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[Key, AreaSignal]:
    """Return best RSRP and best server over the elevation's cells for every operator and technology.

    Memory: the windows of the masts in work, and one float32 and one int32 raster per key, in files where they are
    large (geodata.scratch).
    """
    beam = beams or Beams(load_presets().sector, {})
    best = {k: blank(elevation.grid.shape, np.float32, np.nan) for k in sites.keys}
    server = {k: blank(elevation.grid.shape, np.int32, -1) for k in sites.keys}

    def one(rows: IntArray) -> tuple[AreaLoss, dict[Key, _FromMast]] | None:
        where = tuple(sites.xy_m[rows[0]].tolist())
        paths: dict[int, _Paths] = {}
        area: AreaLoss | None = None
        for height_m, bands in _bands_of_mast(sites, rows).items():
            areas = area_loss_of_bands(
                elevation, where, height_m, radius_m=radius_m, rx_agl_m=rx_agl_m, freqs_mhz=tuple(bands),
                atmosphere=atmosphere, method=method, step_m=step_m, clutter=clutter,
            )
            for of_band, area in zip(bands.values(), areas, strict=True):
                one_part = _Paths(area.loss_db.ravel(), area.clear.ravel(), area.depart_mrad.ravel())
                paths.update(dict.fromkeys(of_band, one_part))
        if area is None or not area.loss_db.size:
            return None
        xy = _cell_centres(elevation, area)
        return area, _best_of_rows(sites, rows, paths, np.arange(xy.shape[0]), xy, beam)

    for found in run_pieces(one, list(sites.masts()), workers=workers, stage="signal_area", progress=progress):
        if found is not None:
            for key, from_mast in found[1].items():
                _merge_window(found[0], from_mast, best[key], server[key])
    for values in best.values():
        np.maximum(values, np.float32(FLOOR_DBM), out=values)      # NaN stays NaN
    return {
        k: AreaSignal(Raster(best[k], elevation.grid, "dBm", f"rsrp {k[0]} {k[1]}"), server[k]) for k in sites.keys
    }


def _cell_centres(elevation: Raster, area: AreaLoss) -> FloatArray:
    """Return the cell centres (rows * cols, 2) of a window."""
    x, y = elevation.grid.centres()
    rows, cols = area.loss_db.shape
    gx, gy = np.meshgrid(x[area.col0 : area.col0 + cols], y[area.row0 : area.row0 + rows])
    return np.column_stack((gx.ravel(), gy.ravel()))


def _merge_window(area: AreaLoss, one: _FromMast, best: npt.NDArray[np.float32], server: npt.NDArray[np.int32]) -> None:
    """Merge one mast's window into the rasters; equal power goes to the lower row."""
    rows, cols = area.loss_db.shape
    window = (slice(area.row0, area.row0 + rows), slice(area.col0, area.col0 + cols))
    got = one.rsrp_dbm.astype(np.float32).reshape(rows, cols)
    row = one.server.reshape(rows, cols)
    old = best[window]
    wins = ~np.isnan(got) & (np.isnan(old) | (got > old) | ((got == old) & (row < server[window])))
    best[window][wins] = got[wins]
    server[window][wins] = row[wins]


def signal_over_area(
    sites: SiteTable,
    elevation: Raster,
    *,
    radius_m: float,
    rx_agl_m: float,
    atmosphere: Atmosphere,
    method: str = "per_pixel",
    step_m: float | None = None,
    clutter: Raster | None = None,
    beams: Beams | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[Key, Raster]:
    """Return best RSRP (float32, "dBm", NaN without signal) per operator and technology; see ``best_over_area``."""
    found = best_over_area(
        sites, elevation, radius_m=radius_m, rx_agl_m=rx_agl_m, atmosphere=atmosphere, method=method, step_m=step_m,
        clutter=clutter, beams=beams, progress=progress, workers=workers,
    )
    return {key: signal.rsrp for key, signal in found.items()}


@dataclass(frozen=True)
class NearestSites:
    """The k nearest physical masts of points (n,): first row in the site table (-1 none), distance, terrain.

    site : (n, k). distance_m : (n, k), NaN without one. blocked : (n, k) 1 cut by terrain, 0 clear, -1 unknown.
    """

    site: IntArray
    distance_m: FloatArray
    blocked: npt.NDArray[np.int8]


def nearest_sites(
    sites: SiteTable,
    xy_m: npt.ArrayLike,
    elevation: Raster,
    *,
    rx_agl_m: float,
    atmosphere: Atmosphere,
    k: int = 2,
    workers: int | None = None,
) -> NearestSites:
    """Return the k nearest physical masts of points (n, 2), whoever runs them, and whether terrain cuts the ray.

    The antenna is the highest on the mast. Beyond 30 km and across no-data the terrain is unknown (-1).
    """
    points = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
    if k < 1:
        raise RadioError("radio_nearest", value=k)
    masts = list(sites.masts())
    n, count = points.shape[0], min(k, len(masts))
    site = np.full((n, k), -1, np.intp)
    distance = np.full((n, k), np.nan)
    blocked = np.full((n, k), -1, np.int8)
    if not count or not n:
        return NearestSites(site, distance, blocked)
    first = np.array([rows[0] for rows in masts], dtype=np.intp)
    away, which = KDTree(sites.xy_m[first]).query(points, k=np.arange(1, count + 1))
    site[:, :count], distance[:, :count] = first[which], away

    def one(mast: int) -> tuple[IntArray, IntArray, npt.NDArray[np.int8]]:
        at, rank = np.nonzero(which == mast)
        rows = masts[mast]
        top = rows[int(np.argmax(sites.height_m[rows]))]
        paths = point_paths(
            elevation, tuple(sites.xy_m[top].tolist()), float(sites.height_m[top]), points[at], rx_agl_m=rx_agl_m,
            freq_mhz=float(sites.freq_mhz[top]), atmosphere=atmosphere,
        )
        return at, rank, np.where(paths.clear < 0, -1, 1 - paths.clear).astype(np.int8)

    for at, rank, cut in run_pieces(one, np.unique(which).tolist(), workers=workers, stage="nearest"):
        blocked[at, rank] = cut
    return NearestSites(site, distance, blocked)
