"""Vectors to GeoPackage, zipped shapefile and GeoJSON: whole or not at all, equal content in equal bytes."""

import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geodata.crs import WGS84, metric_crs
from geodata.errors import CrsError, WriteError
from geodata.layers import GEOMETRY
from geodata.write.atomic import replacing
from geodata.write.dbase import dbase_frame, field_table

_FIXED_DATE = "2000-01-01T00:00:00.000Z"
_FIXED_ZIP_DATE = (2000, 1, 1, 0, 0, 0)
DRIVER_ERRORS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, TypeError)

# Geometry of the result layers; an empty layer still has a type.
RESULT_GEOMETRY: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "village_status": ("Point",), "commune_status": ("Polygon", "MultiPolygon"), "gap_thon": ("Point",),
    "gap_dc": ("Polygon", "MultiPolygon"), "gap_vung": ("Polygon", "MultiPolygon"), "plan_sites": ("Point",),
    "plan_links": ("LineString",),
    "anchor_status": ("Point",), "fixed_places": ("Point",), "fixed_links": ("LineString",),
})


def _fix_date() -> None:
    """Make GDAL write one constant date where GeoPackage wants 'last change', so that equal content is equal bytes.

    The setting is GDAL's own and stays: taking it back would spoil a file another thread is writing.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})


def zip_files(files: Iterable[tuple[str, Path]], path: Path) -> None:
    """Pack files under the given names; the dates inside are constant, so equal files give equal bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files:
            entry = zipfile.ZipInfo(name, _FIXED_ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())


def _check_scalars(frame: pd.DataFrame, layer: str) -> None:
    """Raise WriteError for a column that holds lists or the like: no vector format keeps them."""
    for name in frame.columns:
        if frame[name].dtype == object and any(isinstance(v, (list, tuple, dict, set)) for v in frame[name]):
            raise WriteError("column_not_scalar", layer=layer, column=str(name))


def _layer_kind(frame: gpd.GeoDataFrame) -> str | None:
    """Return "Unknown" for a layer of mixed geometry types, None to let the driver take the only one."""
    kinds = set(frame.geometry.geom_type.dropna())
    return None if len(kinds) == 1 else "Unknown"


def write_gpkg(frames: Mapping[str, pd.DataFrame], path: Path) -> Path:
    """Write frames as layers of one GeoPackage; frames without geometry become plain tables.

    Missing values stay missing, codes stay text. The same frames give the same bytes. Raises WriteError.
    """
    _fix_date()
    with replacing(path) as temporary:
        for layer, frame in frames.items():
            _check_scalars(frame, layer)
            kind = {"geometry_type": _layer_kind(frame)} if isinstance(frame, gpd.GeoDataFrame) else {}
            try:
                pyogrio.write_dataframe(
                    frame, temporary, layer=layer, driver="GPKG", append=temporary.exists(), promote_to_multi=False,
                    **kind,
                )
            except DRIVER_ERRORS as error:
                raise WriteError("write_failed", file=str(path), error=f"{layer}: {error}") from error
    return path


def _check_geometry(frame: gpd.GeoDataFrame, layer: str) -> str:
    """Return the shapefile's geometry type; raise for missing, invalid or foreign geometry, with the row."""
    allowed = {**GEOMETRY, **RESULT_GEOMETRY}.get(layer, ())
    shapes = frame.geometry.to_numpy()
    faults = {
        "geometry_missing": shapely.is_missing(shapes) | shapely.is_empty(shapes),
        "geometry_invalid": ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes),
        "geometry_type": ~np.isin(frame.geometry.geom_type, allowed),
    }
    for code, bad in faults.items():
        if bad.any():
            row = int(np.argmax(bad))
            found = str(frame.geometry.geom_type.iloc[row])
            reason = shapely.is_valid_reason(shapes[row]) if shapes[row] is not None else "-"
            raise WriteError(code, layer=layer, row=row + 1, found=found, wanted=" / ".join(allowed), error=reason)
    return allowed[-1]


def write_shapefile_zip(frame: gpd.GeoDataFrame, path: Path, layer: str) -> Path:
    """Write one layer of the dictionary as a zipped shapefile (.shp, .shx, .dbf, .prj, .cpg and a field list).

    Parameters
    ----------
    frame : in a metric CRS; its columns are taken by the dictionary's ``layer``, under their short names.
    path : ends in .zip; the shapefile inside is named after it. Text is UTF-8, codes are text, unknown numbers -9999.

    Raises
    ------
    WriteError, SchemaError, CrsError
        For geometry that is missing, invalid or of another type; a required column that is missing; no metric CRS.
    """
    path = Path(path)
    crs = metric_crs(frame.crs, where=layer)
    kind = _check_geometry(frame, layer)
    table = gpd.GeoDataFrame(dbase_frame(frame, layer), geometry=frame.geometry.to_numpy(), crs=crs)
    with replacing(path) as temporary, tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / f"{path.stem}.shp"
        try:
            pyogrio.write_dataframe(
                table, base, driver="ESRI Shapefile", encoding="UTF-8", use_arrow=True, geometry_type=kind,
                promote_to_multi=kind.startswith("Multi"), layer_options={"DBF_DATE_LAST_UPDATE": _FIXED_DATE[:10]},
            )
        except DRIVER_ERRORS as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
        notes = base.with_suffix(".txt")
        field_table(frame, layer).to_csv(notes, sep="\t", index=False, encoding="utf-8-sig", lineterminator="\r\n")
        zip_files([(file.name, file) for file in sorted(Path(folder).iterdir())], temporary)
    return path


def write_geojson(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a frame as GeoJSON (RFC 7946): WGS 84 longitude and latitude, seven decimals, missing values null."""
    if frame.crs is None:
        raise CrsError("crs_missing", file=str(path))
    _check_scalars(frame, path.stem)
    with replacing(path) as temporary:
        try:
            pyogrio.write_dataframe(
                frame.to_crs(WGS84), temporary, driver="GeoJSON",
                layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "7", "WRITE_NAME": "NO"},
            )
        except DRIVER_ERRORS as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
    return path
