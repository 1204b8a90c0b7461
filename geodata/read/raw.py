"""RawTable: an office's table as it stands in its file, rows numbered as a person sees them, text already Unicode."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geodata.errors import ReadError
from geodata.read.text_encoding import convert_column, detect
from geodata.units import fold_name, tidy_name

AUTO = "auto"
# Below this lead per text a guess is not followed: the person must name the encoding.
_SURE = 0.2


@dataclass(frozen=True)
class Conversion:
    """Which column was converted from which encoding, with up to five (before, after) pairs to look at."""

    column: str
    encoding: str
    guessed: bool
    preview: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RawTable:
    """A table of an office's file.

    Parameters
    ----------
    frame : the columns of the file under their own names; cells as read, None where empty.
    rows : (n,) line of the sheet (1 = first) or number of the feature (1 = first).
    file : name of the file as the folder holds it.
    geometry : of a vector file, in ``crs``; None for a table.
    conversions : columns whose text was not Unicode.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    file: str
    geometry: gpd.GeoSeries | None = None
    crs: CRS | None = None
    conversions: tuple[Conversion, ...] = ()


def convert_texts(
    values: Sequence[object], column: str, encoding: str, file: str, *, from_unicode: bool = True,
) -> tuple[list[object], Conversion | None]:
    """Convert the texts among ``values`` to NFC Unicode from ``encoding``, or from what 'auto' finds for the column.

    ``from_unicode`` is False for texts of a file that is not Unicode, given as Latin-1 characters. Raises ReadError
    where 'auto' sees text that is not Unicode but cannot say what it is.
    """
    places = [i for i, v in enumerate(values) if isinstance(v, str)]
    texts = [str(values[i]) for i in places]
    guess = detect(texts)
    guessed = encoding == AUTO
    name = guess.encoding if guessed else encoding
    unsure = guess.confidence < _SURE if name != "unicode" else not (from_unicode or guess.looks_right)
    if guessed and unsure:
        example = next(t for t in texts if not t.isascii())
        raise ReadError("encoding_unsure", file=file, column=column, value=example, guess=name)
    converted = convert_column(texts, name)
    out = list(values)
    for place, text in zip(places, converted, strict=True):
        out[place] = text
    changed = tuple(dict.fromkeys((b, a) for b, a in zip(texts, converted, strict=True) if a != b))
    if name == "unicode" or not changed:
        return out, None
    return out, Conversion(column, name, guessed, changed[:5])


def find_columns(wanted: Sequence[str], have: Sequence[str]) -> dict[str, int]:
    """Return wanted column name -> position among ``have``; exact after tidying first, folded spelling otherwise.

    A name that is absent, or that only folds onto two columns, is left out.
    """
    exact: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for i, name in enumerate(have):
        exact.setdefault(tidy_name(name).casefold(), []).append(i)
        folded.setdefault(fold_name(name, drop_kind=False), []).append(i)
    out: dict[str, int] = {}
    for name in wanted:
        found = exact.get(tidy_name(name).casefold()) or folded.get(fold_name(name, drop_kind=False), [])
        if len(found) == 1:
            out[name] = found[0]
    return out


def file_hashes(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names and sha256 of a file and of what belongs to it (a shapefile's or TAB's companions)."""
    paths = [path]
    if path.suffix.lower() in {".shp", ".tab", ".mif"}:
        paths = sorted(p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())
    hashes = []
    for one in paths:
        with one.open("rb") as stream:
            hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return tuple(p.name for p in paths), tuple(hashes)
