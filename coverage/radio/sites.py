"""The masts as radio sees them: one row per mast, operator, technology and band; what was assumed is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.errors import RadioError
from coverage.radio.antenna import Pattern
from coverage.radio.link_budget import LinkBudget, Presets

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Key = tuple[str, str]
NEEDED = ("site_code", "operator", "technology", "band_mhz", "height_m", "geometry")


@dataclass(frozen=True)
class SiteTable:
    """Transmitters (n,), in the order of the layer.

    Attributes
    ----------
    xy_m : (n, 2) in the project CRS. height_m : antenna above ground. freq_mhz : band.
    eirp_re_dbm : radiated power of a resource element (LTE, NR) or pilot (3G) in the main beam.
    azimuth_deg : of the sector; NaN = three sectors of unknown direction. omnidirectional : no sectors at all.
    kind : "macro", "small_cell", "remote_sector". preset : which link budget stood behind the row.
    antenna : name of the antenna's measured pattern, "" where there is none; tilt_deg : mechanical tilt.
    band_assumed, height_assumed, power_assumed : True where the operator gave none and the preset stands in.
    """

    site_code: npt.NDArray[np.object_]
    operator: npt.NDArray[np.object_]
    technology: npt.NDArray[np.object_]
    xy_m: FloatArray
    height_m: FloatArray
    freq_mhz: FloatArray
    eirp_re_dbm: FloatArray
    azimuth_deg: FloatArray
    kind: npt.NDArray[np.object_]
    omnidirectional: BoolArray
    preset: npt.NDArray[np.object_]
    antenna: npt.NDArray[np.object_]
    tilt_deg: FloatArray
    band_assumed: BoolArray
    height_assumed: BoolArray
    power_assumed: BoolArray

    def __post_init__(self) -> None:
        for name, low in (("height_m", 0.0), ("freq_mhz", 0.0)):
            values = getattr(self, name)
            bad = np.flatnonzero(~(values > low))
            if bad.size:
                raise RadioError("radio_site_value", column=name, site=self.site_code[bad[0]], value=values[bad[0]])
        if not np.isfinite(self.xy_m).all():
            bad = np.flatnonzero(~np.isfinite(self.xy_m).all(axis=1))
            raise RadioError("radio_site_value", column="geometry", site=self.site_code[bad[0]], value="?")

    def __len__(self) -> int:
        return int(self.xy_m.shape[0])

    @property
    def keys(self) -> tuple[Key, ...]:
        """Operator and technology pairs, sorted."""
        return tuple(sorted(set(zip(self.operator.tolist(), self.technology.tolist(), strict=True))))

    def where(self, mask: npt.NDArray[np.bool_]) -> "SiteTable":
        """Return the rows where mask (n,) is True."""
        return SiteTable(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})

    def joined(self, other: "SiteTable") -> "SiteTable":
        """Return these rows followed by those of another table."""
        return SiteTable(**{
            f.name: np.concatenate((getattr(self, f.name), getattr(other, f.name))) for f in fields(self)
        })

    def shifted(self, db: float, *, only_assumed: bool = False) -> "SiteTable":
        """Return the table with its powers moved by ``db``; only where the power was assumed, if so asked."""
        moved = self.power_assumed if only_assumed else np.ones(len(self), dtype=bool)
        return replace(self, eirp_re_dbm=self.eirp_re_dbm + np.where(moved, db, 0.0))

    def masts(self) -> Iterator[npt.NDArray[np.intp]]:
        """Yield the row numbers of every physical mast (same place to the centimetre), in order of first row."""
        places = np.round(self.xy_m, 2)
        _, which = np.unique(places, axis=0, return_inverse=True)
        frame = pd.Series(np.arange(len(self)))
        for rows in frame.groupby(which.ravel(), sort=False):
            yield rows[1].to_numpy()


def site_table(
    frame: gpd.GeoDataFrame, presets: Presets, *, kind: str = "macro", patterns: Mapping[str, Pattern] | None = None,
) -> SiteTable:
    """Build the table from the checked ``sites`` layer, presets standing in for what operators left out.

    Parameters
    ----------
    frame : columns site_code, operator, technology, band_mhz, height_m, geometry (points, project CRS in metres);
        optional power_dbm, azimuth_deg, antenna, tilt_deg, kind, band_assumed, height_assumed. NaN = not supplied.
    patterns : measured antennas by the name that ``antenna`` holds; their gain replaces the preset's. A name that is
        not among them counts as no pattern (``missing_patterns`` lists them).

    Raises
    ------
    RadioError
        For a missing column or CRS, or a technology without preset.
    """
    missing = [c for c in NEEDED if c not in frame.columns]
    if missing:
        raise RadioError("radio_site_columns", columns=", ".join(missing))
    if frame.crs is None or not frame.crs.is_projected:
        raise RadioError("radio_site_crs", crs=str(frame.crs))
    n = len(frame)
    kinds = frame["kind"].fillna(kind).to_numpy(object) if "kind" in frame.columns else np.full(n, kind, object)
    technology = frame["technology"].astype(str).to_numpy(object)
    band, band_assumed = _filled(
        frame, "band_mhz", [presets.default_band_mhz.get(t, np.nan) for t in technology])
    height, height_assumed = _filled(
        frame, "height_m", [presets.default_height_m.get(k, np.nan) for k in kinds])
    chosen = [_preset(presets, *row) for row in zip(technology, band, kinds, strict=True)]
    known = patterns or {}
    named = frame["antenna"].fillna("").astype(str).tolist() if "antenna" in frame.columns else [""] * n
    antenna = np.array([a if a in known else "" for a in named], dtype=object)
    extra = [known[a].gain_dbi - b.antenna_gain_dbi if a else 0.0 for a, b in zip(antenna, chosen, strict=True)]
    power, power_assumed = _filled(frame, "power_dbm", [b.power_per_port_dbm for b in chosen])
    return SiteTable(
        site_code=frame["site_code"].astype(str).to_numpy(object),
        operator=frame["operator"].astype(str).to_numpy(object),
        technology=technology,
        xy_m=np.column_stack((frame.geometry.x, frame.geometry.y)).reshape(n, 2),
        height_m=height,
        freq_mhz=band,
        eirp_re_dbm=np.array(
            [b.eirp_re_with(p) + g for b, p, g in zip(chosen, power, extra, strict=True)], dtype=np.float64),
        azimuth_deg=_numbers(frame, "azimuth_deg"),
        kind=kinds,
        omnidirectional=np.array([b.omnidirectional for b in chosen], dtype=bool),
        preset=np.array([b.name for b in chosen], dtype=object),
        antenna=antenna,
        tilt_deg=np.nan_to_num(_numbers(frame, "tilt_deg")),
        band_assumed=band_assumed,
        height_assumed=height_assumed,
        power_assumed=power_assumed,
    )


def _preset(presets: Presets, technology: str, band_mhz: float, kind: str) -> LinkBudget:
    """Return the preset of a row; a band that is no number cannot choose one."""
    if not band_mhz > 0.0:
        raise RadioError("radio_no_preset", technology=technology, kind=kind)
    return presets.find(technology, band_mhz, kind)


def _numbers(frame: gpd.GeoDataFrame, column: str) -> FloatArray:
    """Return a column as float64 (n,), NaN where it is absent."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    values: FloatArray = pd.to_numeric(frame[column]).to_numpy(np.float64, na_value=np.nan)
    return values


def _filled(frame: gpd.GeoDataFrame, column: str, stand_in: list[float]) -> tuple[FloatArray, BoolArray]:
    """Return a column with the stand-in where empty, and where that was (or an earlier step says it was)."""
    values = _numbers(frame, column)
    empty = np.isnan(values)
    earlier = column.split("_", maxsplit=1)[0] + "_assumed"
    assumed = empty | (frame[earlier].to_numpy(bool) if earlier in frame.columns else False)
    return np.where(empty, np.asarray(stand_in, dtype=np.float64), values), assumed


def missing_patterns(frame: gpd.GeoDataFrame, patterns: Mapping[str, Pattern]) -> dict[str, int]:
    """Return the antenna names of the layer for which no pattern was supplied, with the number of rows each."""
    if "antenna" not in frame.columns:
        return {}
    counts = frame["antenna"].dropna().astype(str).value_counts().sort_index()
    return {name: int(rows) for name, rows in counts.items() if name and name not in patterns}


def assumed_shares(sites: SiteTable) -> pd.DataFrame:
    """Return per operator the number of rows, and the share (0 to 1) of them for what is assumed.

    Columns operator, rows, band, height, power, azimuth, pattern.
    """
    frame = pd.DataFrame({
        "operator": sites.operator,
        "rows": 1,
        "band": sites.band_assumed,
        "height": sites.height_assumed,
        "power": sites.power_assumed,
        "azimuth": np.isnan(sites.azimuth_deg) & ~sites.omnidirectional,
        "pattern": sites.antenna == "",
    })
    means = {c: (c, "mean") for c in ("band", "height", "power", "azimuth", "pattern")}
    return frame.groupby("operator", as_index=False).agg(rows=("rows", "sum"), **means)
