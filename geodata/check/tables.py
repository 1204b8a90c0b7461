"""One table against the dictionary: columns, blanks, ranges, choices, codes used twice, geometry, CRS."""

from collections.abc import Iterable, Iterator

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geodata.findings import Finding
from geodata.layers import GEOMETRY, Column, columns_of

NEEDED = ("communes", "villages", "sites")
KEYS = {
    "communes": ("commune_code",), "villages": ("village_code",), "clusters": ("cluster_code",),
    "anchors": ("anchor_code",), "fibre_nodes": ("node_code",),
    "sites": ("site_code", "technology", "band_mhz", "azimuth_deg"),
}
_DEGREES = 400.0  # no place of a metric CRS of Việt Nam lies so near to zero, and no angle so far

Mask = npt.NDArray[np.bool_]


def comma(value: float, digits: int = 0) -> str:
    """Return a computed number for a message as Vietnamese texts write it: 1.234,5."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def rows_finding(
    code: str, layer: str, column: str, rows: pd.DataFrame, values: Iterable[object], **details: object
) -> list[Finding]:
    """Return one Finding per source file for ``rows`` (each with its value), [] for none."""
    out: list[Finding] = []
    frame = pd.DataFrame({
        "file": rows["source_file"].fillna("").to_numpy() if "source_file" in rows else "",
        "row": rows["source_row"].fillna(0).to_numpy() if "source_row" in rows else np.arange(1, len(rows) + 1),
        "value": [str(v) for v in values],
    })
    for file, part in frame.groupby("file", sort=False):
        numbers = tuple(int(r) for r in part["row"])
        out.append(Finding(code, layer, column, str(file), numbers, tuple(part["value"]), dict(details)))
    return out


def check_table(frame: pd.DataFrame, layer: str, crs: CRS | None = None) -> tuple[Finding, ...]:
    """Check a table of ``layer`` against dictionary.csv; with ``crs`` also that its geometry is in it."""
    if frame.empty:
        return (Finding("layer_empty" if layer in NEEDED else "optional_layer_empty", layer),)
    out: list[Finding] = []
    for name, column in columns_of(layer).items():
        if name not in frame:
            if column.required:
                have = ", ".join(map(str, frame.columns))
                out.append(Finding("column_missing", layer, name, details={"have": have}))
            continue
        out += _check_column(frame, layer, column)
    out += _check_keys(frame, layer)
    if GEOMETRY.get(layer):
        out += _check_geometry(frame, layer, crs)
    return tuple(out)


def _check_column(frame: pd.DataFrame, layer: str, column: Column) -> Iterator[Finding]:
    values = frame[column.name]
    blank = values.isna().to_numpy()
    if column.required and blank.any():
        yield from rows_finding("required_blank", layer, column.name, frame[blank], [""] * int(blank.sum()))
    if column.choices:
        odd = ~blank & ~values.isin(column.choices).to_numpy(dtype=bool)
        yield from rows_finding("not_a_choice", layer, column.name, frame[odd], values[odd],
                                allowed=", ".join(column.choices))
    if column.type in {"int", "float"} and (column.minimum is not None or column.maximum is not None):
        numbers = values.astype("float64").to_numpy()
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        odd = ~blank & ((numbers < low) | (numbers > high))
        yield from rows_finding("value_out_of_range", layer, column.name, frame[odd], values[odd],
                                allowed=f"{low:g}...{high:g} {column.unit}".strip())


def _check_keys(frame: pd.DataFrame, layer: str) -> Iterator[Finding]:
    keys = [k for k in KEYS.get(layer, ()) if k in frame]
    if not keys:
        return
    doubled = frame.duplicated(keys, keep=False).to_numpy()
    yield from rows_finding("codes_duplicate", layer, keys[0], frame[doubled], frame.loc[doubled, keys[0]])
    if layer == "sites" and isinstance(frame, gpd.GeoDataFrame) and "operator" in frame:
        place = pd.Series(list(zip(frame.geometry.x.round(), frame.geometry.y.round(), strict=True)), index=frame.index)
        per_code = pd.DataFrame({"code": frame["site_code"], "what": list(zip(frame["operator"], place, strict=True))})
        reused = per_code.groupby("code")["what"].transform("nunique").to_numpy() > 1
        yield from rows_finding("site_code_reused", layer, "site_code", frame[reused], frame.loc[reused, "site_code"])


def _check_geometry(frame: pd.DataFrame, layer: str, crs: CRS | None) -> Iterator[Finding]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        yield Finding("crs_missing", layer, file=layer)
        return
    if crs is not None and CRS.from_user_input(frame.crs) != crs:
        details: dict[str, object] = {"first": CRS.from_user_input(frame.crs).name, "second": crs.name}
        yield Finding("crs_differs", layer, file=layer, details=details)
        return
    shapes = frame.geometry
    absent = (shapes.isna() | shapes.is_empty).to_numpy()
    yield from rows_finding("shape_missing", layer, "geometry", frame[absent], [""] * int(absent.sum()))
    odd = ~absent & ~shapes.geom_type.isin(GEOMETRY[layer]).to_numpy()
    yield from rows_finding("shape_type", layer, "geometry", frame[odd], shapes[odd].geom_type,
                            wanted=", ".join(GEOMETRY[layer]))
    broken = ~absent & ~shapes.is_valid.to_numpy()
    yield from rows_finding("shape_invalid", layer, "geometry", frame[broken], shapes[broken].is_valid_reason())
    if not absent.all() and np.abs(frame.total_bounds).max() < _DEGREES:
        west, south, east, north = (f"{v:.3f}".replace(".", ",") for v in frame.total_bounds)
        files = sorted(set(frame["source_file"].dropna().astype(str))) if "source_file" in frame else []
        yield Finding("layer_in_degrees", layer, "geometry", file=", ".join(files) or layer,
                      details={"bounds": f"{west} – {east}, {south} – {north}"})
