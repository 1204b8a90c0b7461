"""Vectors for other programs: MapInfo TAB (zipped) and KML for phones and Google Earth."""

import re
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from pyproj import CRS

from geodata.crs import VN2000_TOWGS84, WGS84, metric_crs
from geodata.errors import CrsError, WriteError
from geodata.write.atomic import replacing
from geodata.write.dbase import dbase_frame, field_table
from geodata.write.vector import DRIVER_ERRORS, zip_files

_VN2000_GEODETIC = 4756
_BOUNDS = "0,0,1000000,3000000"  # of any 3-degree zone in Viet Nam; TAB keeps whole steps of 1.5 mm within them


def bound_to_wgs84(crs: Any, *, where: str) -> CRS:
    """Return a VN-2000 transverse Mercator CRS with its seven parameters spelt out (+towgs84).

    GDAL writes MapInfo files from EPSG:5899 with the WGS 84 datum, which misplaces all by 225 m; from this CRS it
    writes the parameters. Raises CrsError for a CRS that is not VN-2000.
    """
    parsed = metric_crs(crs, where=where)
    geodetic, operation = parsed.geodetic_crs, parsed.coordinate_operation
    if geodetic is None or geodetic.to_epsg() != _VN2000_GEODETIC or operation is None:
        raise CrsError("crs_not_vn2000", file=where, crs=parsed.name)
    value = {p.name: p.value for p in operation.params}
    return CRS.from_proj4(
        f"+proj=tmerc +lat_0={value['Latitude of natural origin']} +lon_0={value['Longitude of natural origin']} "
        f"+k={value['Scale factor at natural origin']} +x_0={value['False easting']} +y_0={value['False northing']} "
        f"+ellps=WGS84 +units=m +towgs84={VN2000_TOWGS84} +type=crs"
    )


def write_tab_zip(frame: gpd.GeoDataFrame, path: Path, layer: str) -> Path:
    """Write one layer of the dictionary as a zipped MapInfo TAB; columns and gaps as in the shapefile.

    Raises CrsError for another CRS than VN-2000, WriteError, SchemaError.
    """
    path = Path(path)
    table = gpd.GeoDataFrame(dbase_frame(frame, layer), geometry=frame.geometry.to_numpy())
    table = table.set_crs(bound_to_wgs84(frame.crs, where=layer))
    with replacing(path) as temporary, tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / f"{path.stem}.tab"
        try:
            pyogrio.write_dataframe(
                table, base, driver="MapInfo File", use_arrow=True,
                dataset_options={"ENCODING": "UTF-8"}, layer_options={"BOUNDS": _BOUNDS},
            )
        except DRIVER_ERRORS as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
        notes = base.with_suffix(".txt")
        field_table(frame, layer).to_csv(notes, sep="\t", index=False, encoding="utf-8-sig", lineterminator="\r\n")
        zip_files([(file.name, file) for file in sorted(Path(folder).iterdir())], temporary)
    return path


def write_kml(frame: gpd.GeoDataFrame, path: Path, *, name: str) -> Path:
    """Write a frame as KML in WGS 84; column ``name`` labels the places. Raises CrsError, WriteError."""
    if frame.crs is None:
        raise CrsError("crs_missing", file=str(path))
    if name not in frame:
        raise WriteError("column_absent", column=name, have=", ".join(map(str, frame.columns)))
    table = frame.to_crs(WGS84).rename(columns={name: "Name"})
    layer = re.sub(r"\W", "_", path.stem)  # the name goes into an XML id
    with replacing(path) as temporary:
        try:
            pyogrio.write_dataframe(
                table, temporary, layer=layer, driver="KML", dataset_options={"NameField": "Name"},
            )
        except DRIVER_ERRORS as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
    return path
