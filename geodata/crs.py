"""VN-2000 and friends: one place for coordinate systems; nothing is measured in degrees or Web Mercator.

EPSG:5899 (VN-2000 / TM-3 zone 107-45) carries the seven parameters of Decision 05/2007/QĐ-BTNMT in PROJ's own
database, so that transforms work offline; leaving the shift out misplaces a point by 225 m.
"""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer

from geodata.errors import CrsError

WGS84 = CRS.from_epsg(4326)
VN2000_107_45 = CRS.from_epsg(5899)

# Position-vector signs, as +towgs84 wants them; for formats that lose the datum of EPSG:5899 (MapInfo).
VN2000_TOWGS84 = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"

_REFUSED = {3857, 900913, 3395}  # Web Mercator and its aliases stretch distances with latitude


def metric_crs(crs: Any, *, where: str) -> CRS:
    """Return ``crs`` as a pyproj CRS if lengths may be measured in it; raise CrsError otherwise.

    ``where`` names the file or layer for the message.
    """
    if crs is None:
        raise CrsError("crs_missing", file=where)
    parsed = CRS.from_user_input(crs)
    if not parsed.is_projected or parsed.to_epsg() in _REFUSED:
        raise CrsError("crs_not_metric", file=where, crs=parsed.name)
    if parsed.axis_info[0].unit_name != "metre":
        raise CrsError("crs_not_metric", file=where, crs=parsed.name)
    return parsed


def same_crs(a: Any, b: Any, *, where: str) -> None:
    """Raise CrsError unless both are given and equal; geopandas only warns."""
    if a is None or b is None:
        raise CrsError("crs_missing", file=where)
    if CRS.from_user_input(a) != CRS.from_user_input(b):
        first, second = CRS.from_user_input(a).name, CRS.from_user_input(b).name
        raise CrsError("crs_differs", file=where, first=first, second=second)


@functools.cache
def transformer(source: str, target: str) -> Transformer:
    """Return a cached transformer between two CRSs given as 'EPSG:n' or WKT; x is always east or longitude."""
    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)


def reproject_xy(
    x: npt.ArrayLike, y: npt.ArrayLike, source: CRS, target: CRS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Transform coordinates (x east/longitude, y north/latitude) between two CRSs."""
    out_x, out_y = transformer(source.to_wkt(), target.to_wkt()).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(out_x), np.asarray(out_y)
