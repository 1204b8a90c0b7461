"""Data pack: one folder with a manifest that says of every layer what it is, whence it came and what its bytes are.

manifest.json    format, schema, identity, dates, CRS; per layer: file, sha256, rows, unit; source, licence, vintage
layers/*.gpkg    vectors, and tables without geometry; rasters/*.tif: float32, NaN = no data
findings.json    what the import found, so that it travels with the data
"""

import dataclasses
import json
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.windows import Window

from geodata.errors import PackError, WriteError
from geodata.findings import Finding, errors_of
from geodata.grid import Grid, Raster
from geodata.layers import GEOMETRY, Layers, PackInfo, Source, conform
from geodata.scratch import GDAL_CACHE_BYTES, blank
from geodata.write.atomic import replacing_folder
from geodata.write.digest import content_id, file_sha256
from geodata.write.raster import write_geotiff
from geodata.write.vector import write_gpkg

MANIFEST = "manifest.json"
FORMAT = "phu-song-pack"
SCHEMA = 1
_REQUIRED = ("communes", "villages", "sites", "elevation")
_RASTERS = ("elevation", "population")


def write_pack(layers: Layers, folder: Path) -> Path:
    """Write a pack, whole or not at all, and return its folder; a pack that stood there before is replaced.

    The pack's identity is computed from the layers' content, whatever ``layers.info.pack_id`` says. Raises WriteError
    if the folder holds something that is not a pack.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise WriteError("pack_folder_taken", folder=str(folder))
    with replacing_folder(folder) as temporary:
        entries = {name: _write_table(frame, name, temporary) for name, frame in layers.tables().items()}
        entries |= {name: _write_raster(raster, name, temporary) for name, raster in layers.rasters().items()}
        findings = temporary / "findings.json"
        _write_json([dataclasses.asdict(f) for f in layers.findings], findings)
        entries_findings = {"file": findings.name, "sha256": file_sha256(findings)}
        _write_json(_manifest(layers, entries) | {"findings": entries_findings}, temporary / MANIFEST)
    return folder


def open_pack(folder: Path) -> Layers:
    """Read a pack after checking every file against its sha256; raise PackError naming what is missing or altered."""
    folder = Path(folder)
    manifest = _read_manifest(folder)
    faults = errors_of(_verify(folder, manifest))
    if faults:
        raise PackError("pack_damaged", folder=str(folder), faults=" ".join(f.message() for f in faults))
    entries = manifest["layers"]
    info = _info(manifest)
    values: dict[str, Any] = {}
    for name, entry in entries.items():
        path = folder / entry["file"]
        try:
            values[name] = _read_raster(path, name, entry) if name in _RASTERS else _read_table(path, name, info.crs)
        except PackError:
            raise
        except (pyogrio.errors.DataSourceError, rasterio.errors.RasterioError, OSError, ValueError) as error:
            raise PackError("pack_file_unreadable", file=entry["file"], error=str(error)) from error
    layers = Layers(info=info, findings=_read_findings(folder / manifest["findings"]["file"]), **values)
    if content_id(layers) != info.pack_id:
        raise PackError("pack_identity", folder=str(folder), stated=info.pack_id, found=content_id(layers))
    return layers


def verify_pack(folder: Path) -> list[Finding]:
    """Compare every file of a pack with its manifest: missing and altered files are errors, unknown ones warnings.

    Raises PackError when the folder is no pack or its manifest cannot be read.
    """
    folder = Path(folder)
    return _verify(folder, _read_manifest(folder))


def _write_json(value: object, path: Path) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _write_table(frame: pd.DataFrame, name: str, folder: Path) -> dict[str, Any]:
    path = folder / "layers" / f"{name}.gpkg"
    write_gpkg({name: frame}, path)
    return {"file": f"layers/{path.name}", "sha256": file_sha256(path), "rows": len(frame)}


def _write_raster(raster: Raster, name: str, folder: Path) -> dict[str, Any]:
    path = folder / "rasters" / f"{name}.tif"
    write_geotiff(raster, path)
    return {
        "file": f"rasters/{path.name}", "sha256": file_sha256(path), "unit": raster.unit, "shape": raster.grid.shape,
    }


def _manifest(layers: Layers, entries: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest's content; everything in it is plain JSON."""
    info = layers.info
    return {
        "format": FORMAT, "schema": SCHEMA, "pack_id": content_id(layers), "title": info.title,
        "province": info.province, "reference_date": info.reference_date.isoformat(), "crs": _crs_text(info.crs),
        "unit_vintage": info.unit_vintage, "illustrative": info.illustrative, "elevation_kind": info.elevation_kind,
        "layers": entries, "sources": [dataclasses.asdict(s) for s in info.sources],
    }


def _crs_text(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest after checking its form; raise PackError for a folder that is no pack."""
    path = folder / MANIFEST
    if not path.is_file():
        raise PackError("pack_not_a_pack", folder=str(folder))
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PackError("pack_file_unreadable", file=MANIFEST, error=str(error)) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise PackError("pack_not_a_pack", folder=str(folder))
    if manifest.get("schema") != SCHEMA:
        raise PackError("pack_schema", folder=str(folder), found=manifest.get("schema"), known=SCHEMA)
    try:
        known = {*GEOMETRY, *_RASTERS}
        entries = [*manifest["layers"].values(), manifest["findings"]]
        inside = all(_inside(str(e["file"])) and isinstance(e["sha256"], str) for e in entries)
        _info(manifest)
    except (KeyError, TypeError, ValueError, AttributeError, CRSError) as error:
        raise PackError("pack_file_unreadable", file=MANIFEST, error=repr(error)) from error
    missing = [name for name in _REQUIRED if name not in manifest["layers"]]
    unknown = sorted(set(manifest["layers"]) - known)
    if missing or unknown or not inside:
        raise PackError("pack_layers", folder=str(folder), missing=", ".join(missing), unknown=", ".join(unknown))
    return manifest


def _inside(file: str) -> bool:
    """Tell whether a manifest's path stays inside the pack."""
    path = PurePosixPath(file)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in file and ":" not in file


def _verify(folder: Path, manifest: dict[str, Any]) -> list[Finding]:
    out = []
    named = {MANIFEST}
    for entry in [*manifest["layers"].values(), manifest["findings"]]:
        file = str(entry["file"])
        named.add(file)
        path = folder / file
        if not path.is_file():
            out.append(Finding("pack_file_missing", file=file))
        elif file_sha256(path) != entry["sha256"]:
            out.append(Finding("pack_file_altered", file=file))
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return out + [Finding("pack_file_extra", file=file) for file in sorted(present - named)]


def _info(manifest: dict[str, Any]) -> PackInfo:
    sources = tuple(
        Source(**{**s, "files": tuple(s["files"]), "sha256": tuple(s["sha256"])}) for s in manifest["sources"]
    )
    return PackInfo(
        pack_id=manifest["pack_id"], title=manifest["title"], province=manifest["province"],
        reference_date=date.fromisoformat(manifest["reference_date"]), crs=CRS.from_user_input(manifest["crs"]),
        unit_vintage=manifest["unit_vintage"], illustrative=manifest["illustrative"], sources=sources,
        elevation_kind=manifest["elevation_kind"],
    )


def _read_table(path: Path, name: str, crs: CRS) -> pd.DataFrame:
    """Read one layer; the geometry's CRS is the pack's own object, so that frames and info compare equal."""
    frame = pyogrio.read_dataframe(path, layer=name)
    if isinstance(frame, gpd.GeoDataFrame):
        if frame.crs is None or CRS.from_user_input(frame.crs) != crs:
            raise PackError("pack_crs", file=path.name, found=str(frame.crs), stated=crs.name)
        frame = frame.set_crs(crs, allow_override=True)
    return conform(frame, name)


def _read_raster(path: Path, name: str, entry: dict[str, Any]) -> Raster:
    """Read a raster strip by strip; large ones live in a scratch file. The values cannot be written to."""
    with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES), rasterio.open(path) as source:
        grid = Grid(CRS.from_user_input(source.crs.to_wkt()), source.transform, (source.height, source.width))
        values = blank(grid.shape, np.float32, np.nan)
        for rows in grid.strips():
            values[rows] = source.read(1, window=Window(0, rows.start, grid.shape[1], rows.stop - rows.start))
        values.flags.writeable = False
        return Raster(values, grid, entry["unit"], name)


def _read_findings(path: Path) -> tuple[Finding, ...]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Finding(**{**r, "rows": tuple(r["rows"]), "values": tuple(r["values"])}) for r in rows)
