"""An office's folder imported whole with its mapping file: every file read, every fault gathered, then said once."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geodata.check import check_layers, check_stated_communes, no_terrain
from geodata.check.places import check_elevation
from geodata.check.tables import comma, rows_finding
from geodata.crs import metric_crs
from geodata.errors import CheckError, GeodataError, MappingError, ReadError
from geodata.findings import Finding, errors_of
from geodata.grid import Raster
from geodata.layers import GEOMETRY, Layers, PackInfo, Source, conform
from geodata.mapping.convert import CHECK_PREFIX, Converted, convert_table
from geodata.mapping.rasters import rasters_on_grid
from geodata.mapping.spec import RASTERS, FileSpec, MappingSpec, load_mapping
from geodata.read.raster import RasterFile, raster_file
from geodata.read.raw import RawTable, file_hashes
from geodata.read.table import read_table
from geodata.read.vector import SUFFIXES, read_vector

# progress(stage, done, total); returning False asks the work to stop
Progress = Callable[[str, int, int], bool | None]
_NEEDED = ("communes", "villages", "sites", "elevation")


@dataclass
class _Gathered:
    """What has been read so far: rows by layer, joined columns, rasters, sources, faults and refusals."""

    bases: dict[str, list[Converted]] = field(default_factory=dict)
    joins: dict[str, list[tuple[FileSpec, Converted]]] = field(default_factory=dict)
    rasters: dict[str, list[RasterFile]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: list[GeodataError] = field(default_factory=list)


def import_folder(folder: Path, mapping_file: Path, progress: Progress | None = None) -> Layers:
    """Read an office's folder with its mapping file and return the checked Layers in the pack's CRS.

    Source files are only read. Everything found is in ``Layers.findings``; ``info.sources`` records rows read and kept.

    Raises
    ------
    MappingError
        The mapping file is wrong or does not fit the folder.
    ReadError, CrsError, SchemaError
        One file cannot be used; CheckError where several faults make the data unusable, with all of them in
        ``values["findings"]``.
    """
    report = progress or _silent
    mapping = load_mapping(mapping_file)
    if not folder.is_dir():
        raise ReadError("folder_missing", file=str(folder))
    crs = metric_crs(mapping.crs, where=mapping_file.name)
    gathered = _Gathered()
    total = len(mapping.files) + 2
    for done, spec in enumerate(mapping.files):
        if report(f"Đọc {spec.path}", done, total) is False:
            raise ReadError("import_stopped", file=spec.path)
        try:
            _read_one(folder, spec, mapping, crs, gathered)
        except GeodataError as error:
            gathered.refused.append(error)
            gathered.findings.append(_as_finding(error, spec))
    gathered.findings += _unused_files(folder, mapping)
    report("Ghép lớp, đưa ảnh về lưới", total - 2, total)
    tables = _tables(gathered)
    made = rasters_on_grid(gathered.rasters, tables.get("communes"), mapping, crs)
    rasters = made.rasters
    gathered.findings += made.findings
    gathered.refused += made.refused
    if "elevation" in rasters:
        gathered.findings += check_elevation(rasters["elevation"], tables["communes"])
    mapped = {spec.layer for spec in mapping.files}
    gathered.findings += [Finding("layer_missing", n) for n in _NEEDED if n not in mapped]
    if errors_of(gathered.findings):
        _refuse(gathered)
    report("Kiểm tra dữ liệu", total - 1, total)
    layers = _layers(gathered, tables, rasters, mapping, mapping_file, crs)
    faults = errors_of(layers.findings)
    if faults:
        raise CheckError("data_unusable", count=len(faults), faults=_list(faults), findings=layers.findings)
    report("Xong", total, total)
    return layers


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def _read_one(folder: Path, spec: FileSpec, mapping: MappingSpec, crs: CRS, gathered: _Gathered) -> None:
    """Read one file of the folder into ``gathered``."""
    path = folder / spec.path
    if not path.resolve().is_relative_to(folder.resolve()):
        raise MappingError("mapping_outside", file=spec.path)
    if not path.is_file():
        raise ReadError("file_missing", file=spec.path)
    if spec.layer in RASTERS:
        file = raster_file(path, crs=spec.crs, nodata=spec.nodata)
        gathered.sources.append(_source(path, spec, file.crs.name, math.prod(file.shape), file.known()))
        gathered.rasters.setdefault(spec.layer, []).append(file)
        return
    converted = convert_table(_raw_table(path, spec), spec, mapping, crs)
    gathered.findings += converted.findings
    if spec.join:
        gathered.joins.setdefault(spec.layer, []).append((spec, converted))
    else:
        gathered.bases.setdefault(spec.layer, []).append(converted)
    gathered.sources.append(_source(path, spec, converted.crs, converted.rows, converted.kept))


def _raw_table(path: Path, spec: FileSpec) -> RawTable:
    if path.suffix.lower() in SUFFIXES and GEOMETRY.get(spec.layer) and not spec.join and spec.position is None:
        return read_vector(path, spec.wanted(), sublayer=spec.sublayer, encoding=spec.encoding, crs=spec.crs,
                           override=spec.crs_override)
    return read_table(path, spec.wanted(), sheet=spec.sheet, header_row=spec.header_row, delimiter=spec.delimiter,
                      encoding=spec.encoding)


def _source(path: Path, spec: FileSpec, crs: str, rows: int, kept: int) -> Source:
    names, hashes = file_hashes(path)
    return Source(spec.layer, names, hashes, spec.source, spec.licence, spec.obtained, crs, spec.vintage,
                  spec.illustrative, rows, kept)


def _as_finding(error: GeodataError, spec: FileSpec) -> Finding:
    details = {k: v for k, v in error.values.items() if k != "findings"}
    return Finding(error.code, spec.layer, str(details.get("column", "")), spec.path, details=details)


def _unused_files(folder: Path, mapping: MappingSpec) -> list[Finding]:
    """Say which files of the folder the mapping neither reads nor names as ignored."""
    used = set(mapping.ignore)
    for spec in mapping.files:
        path = folder / spec.path
        if path.is_file():
            used |= {str((path.parent / n).relative_to(folder)) for n in file_hashes(path)[0]}
    left = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    left = [name for name in left if name not in used]
    return [Finding("files_unused", values=tuple(left), details={"number": len(left)})] if left else []


def _tables(gathered: _Gathered) -> dict[str, pd.DataFrame]:
    """Put the files of each layer together: rows one below the other, joined columns beside their key."""
    out: dict[str, pd.DataFrame] = {}
    for layer, parts in gathered.bases.items():
        frames = [p.frame for p in parts if len(p.frame)] or [parts[0].frame]
        table = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        for spec, joined in gathered.joins.get(layer, []):
            table = _join(table, spec, joined, gathered.findings)
        out[layer] = table
    return out


def _join(table: pd.DataFrame, spec: FileSpec, joined: Converted, findings: list[Finding]) -> pd.DataFrame:
    """Add the columns of a joined file to the rows with the same key; what is on one side only is a finding."""
    key, extra = spec.join, joined.frame
    doubled = extra[key].duplicated(keep=False)
    if doubled.any():
        findings.append(_rows_finding("codes_duplicate", spec.layer, key, extra[doubled]))
        extra = extra[~extra[key].duplicated()]
    only_here = ~extra[key].isin(table[key])
    if only_here.any():
        findings.append(_rows_finding("join_only_in_table", spec.layer, key, extra[only_here]))
    only_there = ~table[key].isin(extra[key])
    if only_there.any():
        found = _rows_finding("join_not_in_table", spec.layer, key, table[only_there])
        findings.append(replace(found, details={"other": joined.frame["source_file"].iloc[0]}))
    columns = [c for c in extra.columns if c not in {key, "source_file", "source_row"}]
    lookup = extra.set_index(key)
    added = {c: table[key].map(lookup[c]) for c in columns if c.startswith(CHECK_PREFIX) or c not in table}
    return table.assign(**added)


def _rows_finding(code: str, layer: str, column: str, rows: pd.DataFrame) -> Finding:
    return Finding(code, layer, column, str(rows["source_file"].iloc[0]), tuple(int(r) for r in rows["source_row"]),
                   tuple(str(v) for v in rows[column]))


def _refuse(gathered: _Gathered) -> None:
    """Raise what stops the import: the one error as it is, or all of them in one CheckError."""
    if len(gathered.refused) == 1 and len(errors_of(gathered.findings)) == 1:
        raise gathered.refused[0]
    faults = errors_of(gathered.findings)
    raise CheckError("data_unusable", count=len(faults), faults=_list(faults), findings=tuple(gathered.findings))


def _list(faults: list[Finding]) -> str:
    return " | ".join(f.message() for f in faults)


def _layers(
    gathered: _Gathered, tables: dict[str, pd.DataFrame], rasters: dict[str, Raster], mapping: MappingSpec,
    mapping_file: Path, crs: CRS,
) -> Layers:
    """Make the Layers and check them; findings of reading come first."""
    stated: list[Finding] = []
    communes = tables["communes"]
    for layer, table in tables.items():
        stated += check_stated_communes(table, communes, layer, CHECK_PREFIX)
    gathered.findings += _prune(tables, rasters["elevation"], mapping.unit_vintage)
    gathered.findings[:] = [_area_explained(f, communes) for f in gathered.findings]
    clean = {n: conform(t, n) for n, t in tables.items()}
    reference, told = _reference_date(mapping, clean)
    info = PackInfo(
        pack_id=_pack_id(gathered.sources, mapping_file), title=mapping.title, province=mapping.province,
        reference_date=reference, crs=crs, unit_vintage=mapping.unit_vintage,
        illustrative=any(s.illustrative for s in gathered.sources), sources=_recounted(gathered.sources, clean),
        elevation_kind=mapping.elevation_kind,
    )
    layers = Layers(info=info, elevation=rasters["elevation"], population=rasters.get("population"), **clean)
    return replace(layers, findings=(*gathered.findings, *told, *stated, *check_layers(layers)))


def _prune(tables: dict[str, pd.DataFrame], elevation: Raster, vintage: str) -> list[Finding]:
    """Take out rows that no later step can use, each in a finding: unknown communes and villages, no terrain."""
    out: list[Finding] = []
    for layer, key, code, of in (("villages", "commune_code", "commune_unknown", "communes"),
                                 ("clusters", "village_code", "village_unknown", "villages")):
        if layer in tables:
            lost = ~tables[layer][key].isin(tables[of][key])
            rows = tables[layer][lost]
            out += rows_finding(code, layer, key, rows, rows[key], vintage=vintage)
            tables[layer] = tables[layer][~lost]
    for layer in ("villages", "clusters", "sites"):
        if layer in tables:
            bare = no_terrain(tables[layer], elevation)
            rows = tables[layer][bare]
            out += rows_finding("point_no_terrain", layer, "geometry", rows, rows.iloc[:, 0])
            tables[layer] = tables[layer][~bare]
    return out


def _area_explained(finding: Finding, communes: gpd.GeoDataFrame) -> Finding:
    """Hold an ambiguous declared area against the commune's boundary: explain the decision, or refuse it."""
    if (finding.code, finding.layer, finding.column) != ("number_ambiguous", "communes", "area_km2"):
        return finding
    measured = communes.geometry.area / 1e6
    row = communes.index[communes["area_km2"] == float(str(finding.details["read"]))][0]
    read, real = float(communes["area_km2"][row]), float(measured[row])
    other = read * 1000 if finding.details["style"] == "vi" else read / 1000
    code = "area_ambiguous" if abs(math.log(read / real)) < abs(math.log(other / real)) else "area_misread"
    details = {**finding.details, "name": communes["name"][row], "read": comma(read, 3 if other > read else 0),
               "other": comma(other, 0 if other > read else 3), "measured": comma(real, 1)}
    return replace(finding, code=code, details=details)


def _recounted(sources: list[Source], tables: dict[str, pd.DataFrame]) -> tuple[Source, ...]:
    """Return the sources with the rows that are in the layers in the end."""
    out = []
    for source in sources:
        table = tables.get(source.layer)
        if table is None or not (mine := table["source_file"].isin(source.files)).any():
            out.append(source)
        else:
            out.append(replace(source, kept=int(table.loc[mine, "source_row"].nunique())))
    return tuple(out)


def _reference_date(mapping: MappingSpec, tables: dict[str, pd.DataFrame]) -> tuple[date, list[Finding]]:
    """Return the mapping's reference date, or the newest measurement's; due dates lie ahead and do not count."""
    if mapping.reference_date is not None:
        return mapping.reference_date, []
    measured = tables.get("measurements")
    if measured is None or measured.empty:
        raise MappingError("reference_date_needed")
    newest = measured["date"].max().date()
    told: dict[str, object] = {"value": newest.strftime("%d/%m/%Y")}
    return newest, [Finding("reference_date_found", "measurements", "date", details=told)]


def _pack_id(sources: list[Source], mapping_file: Path) -> str:
    digest = hashlib.sha256(mapping_file.read_bytes())
    for source in sources:
        digest.update("".join(source.sha256).encode())
    return digest.hexdigest()[:12]


