"""Vector files of an office: shapefile, GeoPackage, KML, MapInfo, GeoJSON and what else GDAL reads."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from geodata.errors import CrsError, ReadError
from geodata.read.raw import AUTO, Conversion, RawTable, convert_texts, find_columns

SUFFIXES = (".shp", ".gpkg", ".kml", ".kmz", ".tab", ".mif", ".geojson", ".json", ".fgb", ".gml", ".gpx", ".zip")


def read_vector(
    path: Path, columns: Sequence[str], *, sublayer: str = "", encoding: str = AUTO, crs: str = "",
    override: bool = False,
) -> RawTable:
    """Read one layer of a vector file with its geometry made two-dimensional.

    ``crs`` is used where the file states none; with ``override`` it stands against the file's own. Raises CrsError
    where there is none, or where the two differ without ``override``; ReadError for an unreadable file, several layers
    of which none is named, or columns that are absent.
    """
    if not path.is_file():
        raise ReadError("file_missing", file=path.name)
    name = _layer_name(path, sublayer)
    found, unicode = _read(path, name)
    if not isinstance(found, gpd.GeoDataFrame):
        raise ReadError("no_geometry", file=path.name)
    have = [str(c) for c in found.columns if c != found.geometry.name]
    positions = find_columns(columns, have)
    absent = [c for c in columns if c not in positions]
    if absent:
        raise ReadError("columns_not_found", file=path.name, columns=", ".join(absent), row=0, have=", ".join(have))
    conversions: list[Conversion] = []
    data: dict[str, pd.Series] = {}
    for column in have:
        cells = [None if pd.isna(v) else v for v in found[column].tolist()]
        texts, conversion = convert_texts(cells, column, encoding, path.name, from_unicode=unicode)
        data[column] = pd.Series(texts, dtype="object")
        if conversion is not None:
            conversions.append(conversion)
    frame = pd.DataFrame(data, index=range(len(found)))
    settled = _settle_crs(found.crs, crs, path.name, override=override)
    geometry = gpd.GeoSeries(shapely.force_2d(found.geometry.to_numpy()), crs=settled)
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    return RawTable(frame, rows, path.name, geometry, settled, tuple(conversions))


def _layer_name(path: Path, sublayer: str) -> str:
    try:
        names = [str(n) for n in pyogrio.list_layers(path)[:, 0]]
    except DataSourceError as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error
    if sublayer:
        if sublayer not in names:
            raise ReadError("sublayer_missing", file=path.name, value=sublayer, have=", ".join(names))
        return sublayer
    if len(names) != 1:
        raise ReadError("sublayer_unsaid", file=path.name, have=", ".join(names))
    return names[0]


def _read(path: Path, name: str) -> tuple[gpd.GeoDataFrame, bool]:
    """Read with the file's own encoding (True), or byte by byte as Latin-1 where it fails or none is stated (False)."""
    stated = path.suffix.lower() != ".shp" or any(path.with_suffix(s).is_file() for s in (".cpg", ".CPG"))
    try:
        if stated:
            return pyogrio.read_dataframe(path, layer=name), True
    except UnicodeDecodeError:
        pass
    except (DataSourceError, DataLayerError) as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error
    try:
        return pyogrio.read_dataframe(path, layer=name, encoding="ISO-8859-1"), False
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as error:
        raise ReadError("file_unreadable", file=path.name, error=str(error)) from error


def _settle_crs(own: object, said: str, file: str, *, override: bool) -> CRS:
    """Return the CRS to use: the file's own, the mapping's where it has none or ``override`` is set."""
    try:
        stated = CRS.from_user_input(said) if said else None
    except ProjError as error:
        raise CrsError("crs_unknown", file=file, value=said) from error
    if own is None:
        if stated is None:
            raise CrsError("crs_missing", file=file)
        return stated
    mine = CRS.from_user_input(own)
    if stated is None:
        return recognised(mine)
    if not override and recognised(mine) != stated:
        raise CrsError("crs_differs", file=file, first=mine.name, second=stated.name)
    return stated


def recognised(crs: CRS) -> CRS:
    """Return the EPSG definition of a CRS that a .prj states in other words (its datum shift comes with it)."""
    code = crs.to_epsg(min_confidence=70)
    return CRS.from_epsg(code) if code is not None else crs
