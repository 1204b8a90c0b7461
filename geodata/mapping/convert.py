"""An office's table turned into rows of a layer: every row that cannot be used is listed, never dropped in silence."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geodata.errors import MappingError
from geodata.findings import Finding
from geodata.layers import GEOMETRY, Column, columns_of
from geodata.mapping.cells import CellError, Words, cell_text, convert_cell, value_range
from geodata.mapping.geometry import Placed, place_table, place_vector
from geodata.mapping.spec import ColumnSpec, FileSpec, MappingSpec, Preset
from geodata.read.coordinates import ambiguous_number
from geodata.read.raw import RawTable, find_columns

Mask = npt.NDArray[np.bool_]
# Where the mapping's [file.check] columns travel until the communes are known.
CHECK_PREFIX = "_stated_"
_MADE = frozenset(("band_assumed", "height_assumed"))  # columns that the import itself fills
_PRESET = frozenset(("band_mhz", "height_m"))  # columns of masts that a preset may fill


@dataclass(frozen=True)
class Converted:
    """Rows of one file in a layer's columns, in the pack's CRS, with what was found on the way.

    Parameters
    ----------
    frame : dictionary columns, provenance, stated communes under CHECK_PREFIX; geometry where the file places its rows.
    rows, kept : rows in the file, and those of them that are in ``frame``.
    crs : name of the file's CRS, "" for a table without positions.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    rows: int
    kept: int
    crs: str


@dataclass
class FaultLog:
    """Gathers the faults of one file, so that each is said once with all its rows."""

    layer: str
    file: str
    found: dict[tuple[str, str], tuple[list[int], list[str], dict[str, object]]] = field(default_factory=dict)

    def add(self, code: str, column: str, row: int, value: object, **details: object) -> None:
        """Note one row under (code, column)."""
        rows, values, known = self.found.setdefault((code, column), ([], [], {}))
        rows.append(int(row))
        values.append(cell_text(value))
        known.update(details)

    def findings(self) -> tuple[Finding, ...]:
        """Return the faults in the order in which they were first met."""
        return tuple(
            Finding(code, self.layer, column, self.file, tuple(rows), tuple(values), details)
            for (code, column), (rows, values, details) in self.found.items()
        )


def convert_table(raw: RawTable, spec: FileSpec, mapping: MappingSpec, crs: CRS) -> Converted:
    """Turn ``raw`` into rows of ``spec.layer`` in ``crs``.

    Raises MappingError where the mapping leaves out a column, a position or a preset that the layer cannot do without.
    """
    log = FaultLog(spec.layer, raw.file)
    words = Words(spec.number, frozenset(mapping.yes), frozenset(mapping.no))
    known = columns_of(spec.layer)
    _complete(spec, known)
    for one in raw.conversions:
        shown = "; ".join(f"{before} → {after}" for before, after in one.preview[:3])
        log.found["text_guessed" if one.guessed else "text_converted", one.column] = (
            [], [], {"encoding": one.encoding, "preview": shown})
    keep = _excluded(raw, spec, log)
    data: dict[str, list[object]] = {}
    serial = 0
    for name, column_spec in spec.columns.items():
        if column_spec.serial:
            continue
        column = known[name]
        if spec.preset and name in _PRESET:
            column = replace(column, required=False)  # a blank takes the preset's value, flagged
        data[name], usable = _convert_column(raw, column, column_spec, words, keep, log)
        keep &= usable
    placed = _place(raw, spec, crs, keep, log)
    if placed is not None:
        keep &= placed.usable
    picked = np.flatnonzero(keep)
    for name, column_spec in spec.columns.items():
        if column_spec.serial:
            data[name] = [None] * len(raw.rows)
            for serial, i in enumerate(picked, 1):
                data[name][i] = column_spec.serial.format(serial)
    frame = pd.DataFrame({n: pd.Series(v, dtype="object") for n, v in data.items()}, index=range(len(raw.rows)))
    frame["source_file"], frame["source_row"] = raw.file, raw.rows
    for key, source in spec.check.items():
        frame[CHECK_PREFIX + key] = [cell_text(v) for v in _source(raw, source)]
    if placed is not None:
        frame = gpd.GeoDataFrame(frame, geometry=placed.geometry, crs=crs)
    frame = frame.iloc[picked].reset_index(drop=True)
    if spec.layer == "sites":
        frame = _one_row_per_technology(frame, spec, mapping.presets.get(spec.preset), log)
    return Converted(frame, log.findings(), len(raw.rows), len(picked), placed.crs if placed is not None else "")


def _complete(spec: FileSpec, known: dict[str, Column]) -> None:
    """Raise MappingError for a required column that the mapping does not fill (joined files fill the rest)."""
    made = _MADE | (_PRESET if spec.preset else frozenset())
    missing = [n for n, c in known.items() if c.required and n not in spec.columns and n not in made]
    if missing and spec.layer != "communes":  # communes are often pieced together from several files
        raise MappingError("mapping_column_missing", file=spec.path, layer=spec.layer, columns=", ".join(missing))


def _source(raw: RawTable, name: str) -> Sequence[object]:
    have = [str(c) for c in raw.frame.columns]
    return list(raw.frame.iloc[:, find_columns([name], have)[name]])


def _excluded(raw: RawTable, spec: FileSpec, log: FaultLog) -> Mask:
    keep = np.ones(len(raw.rows), dtype=bool)
    for name, unwanted in spec.exclude.items():
        for i, value in enumerate(_source(raw, name)):
            if cell_text(value) in unwanted:
                keep[i] = False
                log.add("rows_excluded", name, raw.rows[i], value)
    return keep


def _convert_column(
    raw: RawTable, column: Column, spec: ColumnSpec, words: Words, keep: Mask, log: FaultLog,
) -> tuple[list[object], Mask]:
    """Convert one column; return its values and which rows it leaves usable (a required value must be there)."""
    cells = _source(raw, spec.source) if spec.source else [spec.value] * len(raw.rows)
    out: list[object] = [None] * len(cells)
    usable = np.ones(len(cells), dtype=bool)
    for i, cell in enumerate(cells):
        if not keep[i]:
            continue
        reason = ""
        try:
            out[i] = convert_cell(cell, column, spec, words)
        except CellError as error:
            reason = error.reason
        else:
            if out[i] is None and column.required:
                reason = "empty"
            elif column.type == "float" and ambiguous_number(cell):
                log.add("number_ambiguous", column.name, raw.rows[i], cell, read=f"{out[i]}", unit=column.unit,
                        style=spec.number or words.number)
        if reason:
            usable[i] = not column.required
            code = f"{'row' if column.required else 'cell'}_{reason}"
            log.add(code, column.name, raw.rows[i], cell, source=spec.source, allowed=value_range(column))
    return out, usable


def _place(
    raw: RawTable, spec: FileSpec, crs: CRS, keep: Mask, log: FaultLog,
) -> Placed | None:
    """Give the rows their geometry in ``crs``; None for a layer without, or a table joined to another file."""
    wanted = GEOMETRY.get(spec.layer, ())
    if not wanted or spec.join:
        return None
    if raw.geometry is not None:
        return place_vector(raw, wanted, crs, keep, log.add)
    if spec.position is None:
        raise MappingError("mapping_position_missing", file=spec.path, layer=spec.layer)
    first = _source(raw, spec.position.first)
    second = _source(raw, spec.position.second) if spec.position.second else None
    style = spec.position.number or spec.number
    return place_table(raw, spec.position, (first, second), style, crs, keep, log.add)


def _one_row_per_technology(frame: pd.DataFrame, spec: FileSpec, preset: Preset | None, log: FaultLog) -> pd.DataFrame:
    """Split masts of several technologies into one row each, and fill band and height from the preset, flagged."""
    several = frame["technology"].map(lambda t: isinstance(t, tuple)).astype(bool)
    for row, technologies in zip(frame.loc[several, "source_row"], frame.loc[several, "technology"], strict=True):
        log.add("rows_split", "technology", row, "/".join(technologies))
    if several.any():
        kinds = sorted({"/".join(t) for t in frame.loc[several, "technology"]})
        log.found["rows_split", "technology"][2]["kinds"] = ", ".join(kinds)
    frame = frame.assign(_split=several).explode("technology", ignore_index=True)
    for name in ("band_mhz", "height_m"):
        if name not in frame:
            frame[name] = None
    owner = spec.columns["band_mhz"].when_split if "band_mhz" in spec.columns else ""
    if owner:
        frame["band_mhz"] = frame["band_mhz"].where(~frame["_split"] | (frame["technology"] == owner), None)
    shared = frame["_split"] & frame["band_mhz"].notna() & (not owner)
    for row, band in zip(frame.loc[shared, "source_row"], frame.loc[shared, "band_mhz"], strict=True):
        log.add("band_shared", "band_mhz", row, band)
    bands = frame["technology"].map({} if preset is None else dict(preset.band_mhz))
    heights = pd.Series(np.nan if preset is None or preset.height_m is None else preset.height_m, index=frame.index)
    frame["band_assumed"] = _assume(frame, "band_mhz", bands, spec, log)
    frame["height_assumed"] = _assume(frame, "height_m", heights, spec, log)
    return frame.drop(columns="_split")


def _assume(frame: pd.DataFrame, column: str, preset: pd.Series, spec: FileSpec, log: FaultLog) -> pd.Series:
    """Fill the blanks of ``column`` in place from ``preset`` and return which rows were filled; each is noted."""
    blank = frame[column].isna()
    lacking = blank & preset.isna()
    if lacking.any():
        technology = str(frame.loc[lacking, "technology"].iloc[0])
        raise MappingError("preset_missing", file=spec.path, column=column, value=technology)
    frame[column] = frame[column].where(~blank, preset)
    code = column.split("_", maxsplit=1)[0] + "_assumed"
    for row, technology, value in frame.loc[blank, ["source_row", "technology", column]].itertuples(index=False):
        log.add(code, column, row, f"{technology}: {value:g}", preset=spec.preset)
    used = ", ".join(sorted({f"{t}: {v:g}" for t, v in frame.loc[blank, ["technology", column]].to_numpy()}))
    if used:
        log.found[code, column][2]["used"] = used
    return blank
