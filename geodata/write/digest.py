"""Hashes of what data say, not of the bytes of a file: the same content has the same identity on every machine."""

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.grid import Raster
from geodata.layers import Layers

_BLOCK = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _column_bytes(series: pd.Series) -> bytes:
    """Return a column as bytes: missing values marked apart, numbers as float64, dates and text as text."""
    missing = series.isna().to_numpy(dtype=bool)
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_numeric_dtype(series.dtype):
        numbers = series.astype("Float64").to_numpy(dtype="<f8", na_value=0.0) + 0.0  # + 0.0: minus zero is zero
        body = np.where(missing, 0.0, numbers).astype("<f8").tobytes()
    else:
        dates = pd.api.types.is_datetime64_any_dtype(series.dtype)
        text = series.dt.strftime("%Y-%m-%dT%H:%M:%S.%f") if dates else series.astype("string")
        parts = ["" if absent else str(value) for absent, value in zip(missing, text, strict=True)]
        body = "\x1f".join(parts).encode()
    out: bytes = missing.tobytes() + body
    return out


def frame_digest(frame: pd.DataFrame) -> str:
    """Return the sha256 of a table: names, values and geometry (2D), in row order; CRS and index left out."""
    digest = hashlib.sha256()
    for name in frame.columns:
        if isinstance(frame, gpd.GeoDataFrame) and name == frame.geometry.name:
            continue
        digest.update(f"|{name}|{len(frame)}|".encode())
        digest.update(_column_bytes(frame[name]))
    if isinstance(frame, gpd.GeoDataFrame):
        for wkb in shapely.to_wkb(frame.geometry.to_numpy(), byte_order=1, output_dimension=2):
            digest.update(b"|" + (wkb or b""))
    return digest.hexdigest()


def raster_digest(raster: Raster) -> str:
    """Return the sha256 of a raster: place, cell, unit and values as float32, every gap alike."""
    head = (*[float(v) for v in tuple(raster.grid.transform)[:6]], *raster.grid.shape, raster.unit)
    digest = hashlib.sha256(repr(head).encode())
    for rows in raster.grid.strips():
        values = raster.values[rows].astype("<f4")
        values[np.isnan(values)] = np.float32(np.nan)
        digest.update(values.tobytes())
    return digest.hexdigest()


def content_id(layers: Layers) -> str:
    """Return the pack's identity: 12 hex digits over the layers' digests, the CRS and the reference date."""
    digest = hashlib.sha256()
    parts = {name: frame_digest(frame) for name, frame in layers.tables().items()}
    parts |= {name: raster_digest(raster) for name, raster in layers.rasters().items()}
    for name in sorted(parts):
        digest.update(f"{name}={parts[name]};".encode())
    digest.update(f"{layers.info.crs.to_wkt()};{layers.info.reference_date.isoformat()}".encode())
    return digest.hexdigest()[:12]
