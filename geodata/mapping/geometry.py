"""Rows given their place in the pack's CRS: coordinate columns checked by magnitude, geometries mended and said."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geodata.crs import reproject_xy
from geodata.mapping.spec import PositionSpec
from geodata.read.coordinates import NumberStyle, read_positions
from geodata.read.raw import RawTable
from geodata.read.vector import recognised

Mask = npt.NDArray[np.bool_]
Note = Callable[..., None]  # FaultLog.add(code, column, row, value, **details)

# When this share of a column has the same fault of its axes, the mapping is wrong and not the rows.
_WHOLE_COLUMN = 0.5


@dataclass(frozen=True)
class Placed:
    """Geometry of a file's rows in the pack's CRS, which rows have one that can be used, and the file's CRS."""

    geometry: gpd.GeoSeries
    usable: Mask
    crs: str


def place_table(
    raw: RawTable, spec: PositionSpec, cells: tuple[Sequence[object], Sequence[object] | None], style: NumberStyle,
    crs: CRS, keep: Mask, note: Note,
) -> Placed:
    """Read coordinate columns and reproject them to ``crs``; faults of a whole column and of single rows are noted.

    Seconds of 60 are carried into the next minute; unreadable, swapped or misplaced rows cannot be used.
    """
    source = recognised(CRS.from_user_input(spec.crs))
    first, second = cells
    read = read_positions(first, second, first_is_east=spec.first_is_east, projected=spec.projected, style=style)
    usable = np.isfinite(read.x) & np.isfinite(read.y)
    column = " / ".join(n for n in (spec.first, spec.second) if n)
    shown = [f"{a}" if second is None else f"{a}; {b}" for a, b in zip(first, second or first, strict=True)]
    for i in read.unreadable:
        if keep[i]:
            note("position_unreadable", column, raw.rows[i], shown[i])
    for i in read.carried:
        if keep[i]:
            note("position_sixty", column, raw.rows[i], shown[i])
    counts = Counter(f for f, k in zip(read.faults, keep, strict=True) if f and k)
    whole = {f for f, n in counts.items() if n > _WHOLE_COLUMN * max(1, int(keep.sum()))}
    for i, fault in enumerate(read.faults):
        if fault:
            usable[i] = False
            if keep[i]:
                code = f"column_{fault}" if fault in whole else f"row_{fault}"
                note(code, column, raw.rows[i], shown[i], crs=spec.crs)
    x, y = np.full(len(usable), np.nan), np.full(len(usable), np.nan)
    x[usable], y[usable] = reproject_xy(read.x[usable], read.y[usable], source, crs)
    return Placed(gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs), usable, source.name)


def place_vector(raw: RawTable, wanted: tuple[str, ...], crs: CRS, keep: Mask, note: Note) -> Placed:
    """Reproject a vector file's geometry, mending what is invalid; empty ones and other types cannot be used."""
    if raw.geometry is None or raw.crs is None:
        message = "place_vector needs a table with geometry"
        raise TypeError(message)
    geometry = raw.geometry.to_crs(crs)
    usable = np.ones(len(geometry), dtype=bool)
    out = list(geometry)
    for i, one in enumerate(out):
        if not keep[i]:
            continue
        if one is None or one.is_empty:
            usable[i] = False
            note("row_no_geometry", "geometry", raw.rows[i], "")
            continue
        if not one.is_valid:
            out[i] = _only(shapely.make_valid(one), wanted)
            note("geometry_mended", "geometry", raw.rows[i], shapely.is_valid_reason(one))
        if out[i].geom_type not in wanted:
            usable[i] = False
            note("row_geometry_type", "geometry", raw.rows[i], out[i].geom_type, wanted=", ".join(wanted))
    return Placed(gpd.GeoSeries(out, crs=crs), usable, raw.crs.name)


def _only(geometry: shapely.Geometry, wanted: tuple[str, ...]) -> shapely.Geometry:
    """Keep the parts of a mended geometry that are of the wanted kind (slivers of lower dimension go)."""
    if geometry.geom_type in wanted:
        return geometry
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in wanted]
    return shapely.union_all(parts) if parts else geometry
