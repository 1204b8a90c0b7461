"""The rasters of an office's folder brought to one grid over its communes, tile files joined."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geodata.check.tables import comma
from geodata.check.voids import check_voids
from geodata.errors import GeodataError
from geodata.findings import Finding
from geodata.grid import Grid, Raster, grid_over
from geodata.mapping.spec import MappingSpec
from geodata.read.raster import RasterFile, joined
from geodata.read.resample import interpolate, share_out

Bounds = npt.NDArray[np.float64]


@dataclass
class Made:
    """Rasters on the grid by layer, what was found on the way, and files that could not be joined."""

    rasters: dict[str, Raster] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refused: list[GeodataError] = field(default_factory=list)


def rasters_on_grid(
    files: dict[str, list[RasterFile]], communes: gpd.GeoDataFrame | None, mapping: MappingSpec, crs: CRS,
) -> Made:
    """Bring the rasters to one grid over the communes and a margin; the finding says how each was resampled.

    Nothing is made without communes or elevation: their absence is a fault of its own.
    """
    made = Made()
    if communes is None or communes.empty or "elevation" not in files:
        return made
    grid = _grid(np.array(communes.total_bounds), files["elevation"], mapping, crs)
    for name, parts in files.items():
        try:
            raw = joined(parts, grid if name == "elevation" else None)
        except GeodataError as error:
            made.refused.append(error)
            made.findings.append(Finding(error.code, name, file=parts[0].path.name, details=dict(error.values)))
            continue
        details: dict[str, object] = {"cell": f"{grid.cell_m:g}", "crs": crs.name}
        if name == "elevation":
            made.rasters[name] = interpolate(raw, grid, unit="m", name=name)
            made.findings += check_voids(made.rasters[name], [(f.transform, f.shape, f.crs) for f in parts])
        else:
            made.rasters[name] = share_out(raw, grid, unit="people", name=name)
            before, after = float(np.nansum(raw.values)), float(np.nansum(made.rasters[name].values))
            details |= {"before": comma(before), "after": comma(after)}
        made.findings.append(Finding(f"raster_{name}", name, file=raw.file, details=details))
    return made


def _grid(need: Bounds, files: list[RasterFile], mapping: MappingSpec, crs: CRS) -> Grid:
    """Return the grid over the communes (W, S, E, N; never cut, so that what is lacking there is seen) and a margin.

    The margin is cut to the box over all that the elevation's files fill.
    """
    wide = need + mapping.margin_m * np.array([-1, -1, 1, 1])
    each = np.array([file.inner_bounds(crs) for file in files])
    have = np.concatenate((each[:, :2].min(axis=0), each[:, 2:].max(axis=0)))
    have += mapping.cell_m * np.array([2, 2, -2, -2])
    west, south = np.minimum(need, np.maximum(wide, have))[:2]
    east, north = np.maximum(need, np.minimum(wide, have))[2:]
    return grid_over((float(west), float(south), float(east), float(north)), mapping.cell_m, crs)
