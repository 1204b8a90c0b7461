"""Layers: the checked bundle that every later step takes, and the dictionary of its columns."""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from importlib import resources
from typing import Literal, cast

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geodata.errors import SchemaError
from geodata.findings import Finding
from geodata.grid import Raster

ColumnType = Literal["code", "text", "int", "float", "bool", "date", "choice", "raster"]

# Where a row came from: the file and the line a person sees there. Every table carries both.
PROVENANCE = ("source_file", "source_row")

GEOMETRY: Mapping[str, tuple[str, ...]] = {
    "communes": ("Polygon", "MultiPolygon"),
    "villages": ("Point",),
    "clusters": ("Point",),
    "sites": ("Point",),
    "claims": ("Polygon", "MultiPolygon"),
    "measurements": ("Point",),
    "fibre_routes": ("LineString", "MultiLineString"),
    "fibre_nodes": ("Point",),
    "roads": ("LineString", "MultiLineString"),
    "power_lines": ("LineString", "MultiLineString"),
    "power_plants": ("Point",),
    "anchors": ("Point",),
    "published": (),  # a table without geometry
    "restricted": ("Polygon", "MultiPolygon"),
}


@dataclass(frozen=True)
class Column:
    """One row of dictionary.csv: a column of a layer, its unit, range, labels and shapefile name."""

    layer: str
    name: str
    type: ColumnType
    unit: str
    required: bool
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    label_vi: str
    label_en: str
    short: str
    description: str

    def label(self, language: str = "vi") -> str:
        """Return the column's heading in 'vi' or 'en'."""
        return self.label_vi if language == "vi" else self.label_en


@functools.cache
def dictionary() -> dict[str, dict[str, Column]]:
    """Read dictionary.csv: layer -> column name -> Column, in the file's order."""
    text = resources.files("geodata").joinpath("dictionary.csv").read_text(encoding="utf-8")
    out: dict[str, dict[str, Column]] = {}
    for row in csv.DictReader(text.splitlines()):
        column = Column(
            layer=row["layer"], name=row["column"], type=cast("ColumnType", row["type"]), unit=row["unit"],
            required=row["need"] == "required",
            minimum=float(row["minimum"]) if row["minimum"] else None,
            maximum=float(row["maximum"]) if row["maximum"] else None,
            choices=tuple(row["choices"].split("|")) if row["choices"] else (),
            label_vi=row["label_vi"], label_en=row["label_en"], short=row["short"], description=row["description"],
        )
        out.setdefault(column.layer, {})[column.name] = column
    return out


def columns_of(layer: str) -> dict[str, Column]:
    """Return the columns of one layer; raise SchemaError for a layer the dictionary does not know."""
    try:
        return dictionary()[layer]
    except KeyError:
        raise SchemaError("layer_unknown", layer=layer, known=", ".join(dictionary())) from None


_DTYPES: Mapping[str, str] = {
    "code": "string", "text": "string", "choice": "string", "int": "Int64", "float": "float64", "bool": "boolean",
    "date": "datetime64[us]",
}


def conform(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return ``frame`` with the dictionary's columns in its order and dtypes, provenance and geometry last.

    Optional columns that are absent come back as missing values; unknown columns are left out.
    Raises SchemaError for a missing required column or a value that is not of its type.
    """
    out: dict[str, pd.Series] = {}
    for name, column in columns_of(layer).items():
        if name not in frame:
            if column.required:
                raise SchemaError("column_missing", layer=layer, column=name, have=", ".join(map(str, frame.columns)))
            series = pd.Series(None, index=frame.index, dtype="object")
        else:
            series = frame[name]
        try:
            if column.type == "date":
                series = pd.to_datetime(series)
            out[name] = series.astype(_DTYPES[column.type])
        except (ValueError, TypeError) as error:
            raise SchemaError("column_type", layer=layer, column=name, type=column.type, error=str(error)) from error
    for name in PROVENANCE:
        dtype = "string" if name == "source_file" else "Int64"
        out[name] = frame[name].astype(dtype) if name in frame else pd.Series(pd.NA, index=frame.index, dtype=dtype)
    table = pd.DataFrame(out, index=frame.index).reset_index(drop=True)
    if isinstance(frame, gpd.GeoDataFrame):
        table = gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    return table


@dataclass(frozen=True)
class Source:
    """Where one layer of a pack came from.

    Parameters
    ----------
    files : names of the office's files, with ``sha256`` of each in the same order.
    crs : CRS of those files as read, before transformation.
    vintage : year or date the content speaks of, "" if unknown.
    illustrative : True for invented data, labelled so on every screen and sheet.
    rows : rows in the files, and ``kept`` rows in the layer.
    """

    layer: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    source: str
    licence: str
    obtained: str
    crs: str
    vintage: str
    illustrative: bool
    rows: int
    kept: int


@dataclass(frozen=True)
class PackInfo:
    """What a pack says of itself.

    Parameters
    ----------
    pack_id : first 12 hex digits of the sha256 over the layers' hashes; printed on every output.
    reference_date : the date that "12 months before" and mast states count from; never the clock.
    unit_vintage : date from which the commune codes hold.
    illustrative : True if any layer is invented.
    """

    pack_id: str
    title: str
    province: str
    reference_date: date
    crs: CRS
    unit_vintage: str
    illustrative: bool
    sources: tuple[Source, ...] = ()
    elevation_kind: Literal["DTM", "DSM"] = "DTM"


@dataclass(frozen=True)
class Layers:
    """All layers of a pack, checked, in the pack's metric CRS. Columns as in dictionary.csv.

    Optional layers are None when the office has not supplied them. Frames must not be written to.
    """

    info: PackInfo
    communes: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    elevation: Raster
    clusters: gpd.GeoDataFrame | None = None
    population: Raster | None = None
    roads: gpd.GeoDataFrame | None = None
    power_lines: gpd.GeoDataFrame | None = None
    power_plants: gpd.GeoDataFrame | None = None
    fibre_routes: gpd.GeoDataFrame | None = None
    fibre_nodes: gpd.GeoDataFrame | None = None
    anchors: gpd.GeoDataFrame | None = None
    claims: gpd.GeoDataFrame | None = None
    measurements: gpd.GeoDataFrame | None = None
    published: pd.DataFrame | None = None
    restricted: gpd.GeoDataFrame | None = None
    findings: tuple[Finding, ...] = field(default=())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the vector and plain tables that are present, by layer name."""
        return {f.name: value for f in fields(self) if isinstance(value := getattr(self, f.name), pd.DataFrame)}

    def rasters(self) -> dict[str, Raster]:
        """Return the rasters that are present, by layer name."""
        return {f.name: value for f in fields(self) if isinstance(value := getattr(self, f.name), Raster)}
