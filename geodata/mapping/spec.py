"""The mapping file: TOML read into frozen values; a key nobody knows is refused, nothing is assumed in its place."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from geodata.errors import MappingError, SchemaError
from geodata.layers import GEOMETRY, columns_of, dictionary
from geodata.read.coordinates import NumberStyle
from geodata.read.raw import AUTO

RASTERS = ("elevation", "population")

_TOP = {"title", "province", "crs", "unit_vintage", "elevation_kind", "cell_m", "margin_m", "reference_date", "ignore",
        "words", "presets", "file"}
_TOP_NEEDED = ("title", "province", "crs", "unit_vintage", "elevation_kind", "cell_m", "margin_m")
_FILE = {"layer", "path", "join", "source", "licence", "obtained", "vintage", "illustrative", "crs", "crs_override",
         "sheet", "header_row", "delimiter", "encoding", "number", "sublayer", "preset", "exclude", "nodata",
         "position", "columns", "check"}
_FILE_NEEDED = ("layer", "path", "source", "licence", "obtained", "vintage", "illustrative")
_COLUMN = {"from", "value", "serial", "values", "number", "suffix", "date", "when_split"}
_POSITION = {"easting", "northing", "lon", "lat", "pair", "order", "crs", "number"}
_CHECK = {"commune_code", "commune_name"}
_PRESET = {"band_mhz", "height_m"}
_ORDERS = ("lon lat", "lat lon", "easting northing", "northing easting")


@dataclass(frozen=True)
class ColumnSpec:
    """Where one column of a layer comes from.

    Parameters
    ----------
    source : column of the office's file, "" where ``value`` or ``serial`` makes it.
    value : the same value for every row.
    serial : format of a code made from the row's serial number, such as "CK-{:02d}".
    values : the office's value -> ours; a list makes several rows of one; "" is the empty cell.
    number, suffix, date : how numbers are written, the unit that may follow them, the format of dates.
    when_split : technology that a row's single band belongs to when the row is split into several.
    """

    source: str = ""
    value: object = None
    serial: str = ""
    values: Mapping[str, object] | None = None
    number: NumberStyle | None = None
    suffix: str = ""
    date: str = ""
    when_split: str = ""


@dataclass(frozen=True)
class PositionSpec:
    """Where a table's coordinates stand: two columns, or one (``second`` "") that holds both."""

    first: str
    second: str
    first_is_east: bool
    projected: bool
    crs: str
    number: NumberStyle | None = None


@dataclass(frozen=True)
class Preset:
    """Band in MHz by technology and antenna height in metres, for lists that do not state them [giả định]."""

    band_mhz: Mapping[str, float]
    height_m: float | None


@dataclass(frozen=True)
class FileSpec:
    """One file of the office: which layer it makes, where it comes from, how it is written."""

    layer: str
    path: str
    source: str
    licence: str
    obtained: str
    vintage: str
    illustrative: bool
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)
    join: str = ""
    crs: str = ""
    crs_override: bool = False
    sheet: str = ""
    header_row: int = 0
    delimiter: str = ""
    encoding: str = AUTO
    number: NumberStyle = "vi"
    sublayer: str = ""
    preset: str = ""
    exclude: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nodata: float | None = None
    position: PositionSpec | None = None
    check: Mapping[str, str] = field(default_factory=dict)

    def wanted(self) -> tuple[str, ...]:
        """Return every column of the office's file that this mapping reads."""
        names = [c.source for c in self.columns.values() if c.source]
        if self.position is not None:
            names += [n for n in (self.position.first, self.position.second) if n]
        return tuple(dict.fromkeys([*names, *self.exclude, *self.check.values()]))


@dataclass(frozen=True)
class MappingSpec:
    """A whole mapping file."""

    title: str
    province: str
    crs: str
    unit_vintage: str
    elevation_kind: Literal["DTM", "DSM"]
    cell_m: float
    margin_m: float
    files: tuple[FileSpec, ...]
    reference_date: date | None = None
    ignore: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    presets: Mapping[str, Preset] = field(default_factory=dict)


def load_mapping(path: Path) -> MappingSpec:
    """Read and check a mapping file; raise MappingError naming the first key that is unknown, missing or wrong."""
    try:
        top = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError("mapping_unreadable", file=path.name, error=str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError("mapping_not_toml", file=path.name, error=str(error)) from error
    _known(top, _TOP, path.name, "")
    _needed(top, _TOP_NEEDED, path.name, "")
    if top["elevation_kind"] not in ("DTM", "DSM"):
        raise MappingError("mapping_value", file=path.name, key="elevation_kind", value=top["elevation_kind"],
                           known="DTM, DSM")
    words = _table(top, "words", path.name)
    _known(words, {"yes", "no"}, path.name, "words")
    presets = {k: _preset(v, path.name, f"presets.{k}") for k, v in _table(top, "presets", path.name).items()}
    files = tuple(_file(one, path.name, f"file[{i}]", presets) for i, one in enumerate(top.get("file", []), 1))
    if not files:
        raise MappingError("mapping_key_missing", file=path.name, key="file")
    when = top.get("reference_date")
    if when is not None and type(when) is not date:
        raise MappingError("mapping_value", file=path.name, key="reference_date", value=when, known="2026-08-27")
    return MappingSpec(
        title=str(top["title"]), province=str(top["province"]), crs=str(top["crs"]),
        unit_vintage=str(top["unit_vintage"]),
        elevation_kind=top["elevation_kind"], cell_m=_positive(top, "cell_m", path.name),
        margin_m=_positive(top, "margin_m", path.name), files=files, reference_date=when,
        ignore=tuple(map(str, top.get("ignore", ()))), yes=tuple(map(str, words.get("yes", ()))),
        no=tuple(map(str, words.get("no", ()))), presets=presets,
    )


def _known(table: Mapping[str, Any], keys: set[str], file: str, where: str) -> None:
    for key in table:
        if key not in keys:
            raise MappingError("mapping_key_unknown", file=file, key=_dotted(where, key), known=", ".join(sorted(keys)))


def _needed(table: Mapping[str, Any], keys: tuple[str, ...], file: str, where: str) -> None:
    for key in keys:
        if key not in table:
            raise MappingError("mapping_key_missing", file=file, key=_dotted(where, key))


def _dotted(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _table(top: Mapping[str, Any], key: str, file: str) -> Mapping[str, Any]:
    value = top.get(key, {})
    if not isinstance(value, dict):
        raise MappingError("mapping_value", file=file, key=key, value=value, known="[...]")
    return value


def _positive(top: Mapping[str, Any], key: str, file: str) -> float:
    value = top[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise MappingError("mapping_value", file=file, key=key, value=value, known="> 0")
    return float(value)


def _preset(raw: Any, file: str, where: str) -> Preset:
    if not isinstance(raw, dict):
        raise MappingError("mapping_value", file=file, key=where, value=raw, known=", ".join(sorted(_PRESET)))
    _known(raw, _PRESET, file, where)
    bands = {str(k): float(v) for k, v in raw.get("band_mhz", {}).items()}
    _known(bands, set(columns_of("sites")["technology"].choices), file, f"{where}.band_mhz")
    height = raw.get("height_m")
    return Preset(bands, None if height is None else float(height))


def _file(raw: Mapping[str, Any], file: str, where: str, presets: Mapping[str, Preset]) -> FileSpec:
    where = f"{where} {raw.get('path', '')}".strip()
    _known(raw, _FILE, file, where)
    _needed(raw, _FILE_NEEDED, file, where)
    layer = str(raw["layer"])
    try:
        known = columns_of(layer)
    except SchemaError as error:
        raise MappingError("layer_unknown", layer=layer, known=", ".join(dictionary())) from error
    columns = {k: _column(v, file, f"{where}.columns.{k}") for k, v in raw.get("columns", {}).items()}
    if layer not in RASTERS:
        for key in columns:
            if key not in known:
                full = f"{where}.columns.{key}"
                raise MappingError("mapping_key_unknown", file=file, key=full, known=", ".join(known))
    check = {str(k): str(v) for k, v in raw.get("check", {}).items()}
    _known(check, _CHECK, file, f"{where}.check")
    if raw.get("preset", "") not in {"", *presets}:
        full = f"{where}.preset"
        raise MappingError("mapping_value", file=file, key=full, value=raw["preset"], known=", ".join(presets))
    join = str(raw.get("join", ""))
    if join and join not in columns:
        raise MappingError("mapping_key_missing", file=file, key=f"{where}.columns.{join}")
    plain = {k: raw[k] for k in _FILE & set(raw) - {"columns", "position", "check", "exclude"}}
    position = _position(raw["position"], file, f"{where}.position") if "position" in raw else None
    if position is not None and not GEOMETRY.get(layer):
        raise MappingError("mapping_value", file=file, key=f"{where}.position", value=layer, known="-")
    exclude = {str(k): tuple(map(str, v)) for k, v in raw.get("exclude", {}).items()}
    return FileSpec(**plain, columns=columns, position=position, check=check, exclude=exclude)


def _column(raw: Any, file: str, where: str) -> ColumnSpec:
    if isinstance(raw, str):
        return ColumnSpec(source=raw)
    if not isinstance(raw, dict):
        raise MappingError("mapping_value", file=file, key=where, value=raw, known=", ".join(sorted(_COLUMN)))
    _known(raw, _COLUMN, file, where)
    if sum(key in raw for key in ("from", "value", "serial")) != 1:
        raise MappingError("mapping_value", file=file, key=where, value=raw, known="from | value | serial")
    if raw.get("number", "vi") not in ("vi", "en"):
        raise MappingError("mapping_value", file=file, key=f"{where}.number", value=raw["number"], known="vi, en")
    rest = {k: raw[k] for k in ("value", "serial", "values", "number", "suffix", "date", "when_split") if k in raw}
    return ColumnSpec(source=str(raw.get("from", "")), **rest)


def _position(raw: Mapping[str, Any], file: str, where: str) -> PositionSpec:
    _known(raw, _POSITION, file, where)
    _needed(raw, ("crs",), file, where)
    crs, number = str(raw["crs"]), raw.get("number")
    if {"lon", "lat"} <= set(raw):
        first, second = str(raw["lon"]), str(raw["lat"])
        return PositionSpec(first, second, first_is_east=True, projected=False, crs=crs, number=number)
    if {"easting", "northing"} <= set(raw):
        first, second = str(raw["easting"]), str(raw["northing"])
        return PositionSpec(first, second, first_is_east=True, projected=True, crs=crs, number=number)
    if {"pair", "order"} <= set(raw):
        order = str(raw["order"])
        if order not in _ORDERS:
            raise MappingError("mapping_value", file=file, key=f"{where}.order", value=order, known=", ".join(_ORDERS))
        east_first = order.startswith(("lon", "easting"))
        return PositionSpec(str(raw["pair"]), "", east_first, "easting" in order, crs, number)
    raise MappingError("mapping_key_missing", file=file, key=f"{where}: lon + lat | easting + northing | pair + order")
