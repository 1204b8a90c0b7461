"""Administrative units: names folded for matching, codes with their vintage, old codes turned into new ones.

A code means nothing without its vintage (73 of Đà Nẵng's 93 commune codes name another unit since July 2025), and a
name without its diacritics can mean two units: a fold that leaves two candidates is reported and never chosen from.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geodata.errors import ReadError

How = Literal["exact", "folded", "ambiguous", "none"]
Change = Literal["whole", "split", "unknown"]
CODE_LENGTH = 5  # digits of a commune code, leading zeros included

# Words that say what kind of unit a name is, longest first; lists write them, shorten them or leave them out.
KINDS = (
    "tổ dân phố", "khu dân cư", "khu phố", "khối phố", "thị trấn", "thành phố", "đặc khu", "phường", "thôn", "xóm",
    "xã", "làng", "buôn", "bản", "plei", "nóc", "khối", "ấp", "tổ", "tdp", "kdc",
)
_APOSTROPHES = "'`´’‘ʼʹ′＇"
# Spellings of one sound, after the marks are gone; minority names are written in several ways even by the State.
_SOUNDS = (
    (re.compile(r"(?<=[bcdghklmnprstvx])y\b|(?<=qu)y\b"), "i"),   # Mỹ, Mĩ; Quý, Quí
    (re.compile(r"([aeiou])\1+"), r"\1"),                         # Bha Lêê, Bha Lê
    (re.compile(r"uoi(?:ch|h)\b"), "uoi"),                         # Zuôih, Zuôich, Zuôi
    (re.compile(r"ing\b"), "inh"),                                 # Tà Bhing, Tà Bhinh
    (re.compile(r"\b0+(?=\d)"), ""),                               # Thôn 03, Thôn 3
)
_NOT_LETTER = re.compile(r"[^0-9a-z]+")


def tidy_name(text: str) -> str:
    """Return ``text`` composed (NFC) with single spaces and no spaces at its ends; spelling is kept."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def strip_marks(text: str) -> str:
    """Return ``text`` in lower case without diacritics, đ as d: 'Hoà Khánh' and 'Hòa Khánh' both 'hoa khanh'."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(c for c in letters if not unicodedata.combining(c))


def split_kind(text: str) -> tuple[str, str]:
    """Split 'Phường Hải Vân' into ('Phường', 'Hải Vân'); ('', name) where no kind is written before the name."""
    name = tidy_name(text)
    low = name.lower()
    plain = low.isascii()  # typed without marks: 'ban giong'; otherwise 'Bàn Thạch' is no 'bản'
    for kind in KINDS:
        start = strip_marks(kind) if plain else kind
        rest = low[len(start):]
        if low.startswith(start) and rest[:1] in (" ", ".") and rest.strip(" ."):
            return name[: len(start)], name[len(start):].strip(" .")
    return "", name


def fold_name(text: str, *, drop_kind: bool = True) -> str:
    """Fold a place name to the letters and digits that all its spellings share.

    Diacritics, tone placement (hòa, hoà), case, apostrophes, hyphens and blanks go ('A Vương', 'Avương'), spellings
    of one sound become one ('Mỹ', 'Mĩ'; 'Lêê', 'Lê'; 'Zuôih', 'Zuôich'), and with ``drop_kind`` the kind before the
    name goes ('Xã Tr'Hy' -> 'trhi'). Different names may fold alike: see match_units.
    """
    name = split_kind(text)[1] if drop_kind else tidy_name(text)
    bare = strip_marks(name).translate(dict.fromkeys(map(ord, _APOSTROPHES)))
    for pattern, one in _SOUNDS:
        bare = pattern.sub(one, bare)
    return _NOT_LETTER.sub("", bare)


@dataclass(frozen=True)
class UnitMatch:
    """What one name of a list matched.

    Parameters
    ----------
    index : position in the known units, None where nothing or more than one thing matched.
    how : 'exact' (same letters, kind apart), 'folded' (only after folding), 'ambiguous' (several) or 'none'.
    candidates : positions of all units that matched equally well.
    """

    index: int | None
    how: How
    candidates: tuple[int, ...] = ()


def match_units(
    names: Sequence[str], units: Sequence[str], *,
    parents: Sequence[Hashable] | None = None, unit_parents: Sequence[Hashable] | None = None,
) -> tuple[UnitMatch, ...]:
    """Match each of ``names`` with one of ``units``, exactly first and folded otherwise.

    ``parents`` and ``unit_parents`` (same lengths; for instance commune codes) restrict the search to units of the
    same parent. Exact means equal after tidying with the kind before the name left out on either side when only one
    side writes it. Two equally good units give 'ambiguous' with the candidates, never a choice.
    """
    name_parents = list(parents) if parents is not None else [None] * len(names)
    known_parents = list(unit_parents) if unit_parents is not None else [None] * len(units)
    whole: dict[tuple[Hashable, str], list[int]] = defaultdict(list)
    bare: dict[tuple[Hashable, str], list[int]] = defaultdict(list)
    folded: dict[tuple[Hashable, str], list[int]] = defaultdict(list)
    for i, (parent, unit) in enumerate(zip(known_parents, units, strict=True)):
        whole[parent, tidy_name(unit)].append(i)
        bare[parent, split_kind(unit)[1]].append(i)
        folded[parent, fold_name(unit)].append(i)
    out = []
    for parent, name in zip(name_parents, names, strict=True):
        how: How = "exact"
        found = whole.get((parent, tidy_name(name)), [])
        if not found:
            found = bare.get((parent, split_kind(name)[1]), [])
        if not found:
            how, found = "folded", folded.get((parent, fold_name(name)), [])
        if len(found) == 1:
            out.append(UnitMatch(found[0], how, tuple(found)))
        else:
            out.append(UnitMatch(None, "ambiguous" if found else "none", tuple(found)))
    return tuple(out)


def commune_code(text: str) -> str:
    """Return a commune code as 5-character text: '4', '4.0' and '00004' are one code; '' stays ''.

    Raises ValueError for what is no code.
    """
    digits = text.strip().removesuffix(".0")
    if not digits:
        return ""
    if not digits.isdigit() or len(digits) > CODE_LENGTH:
        raise ValueError(text)
    return digits.zfill(CODE_LENGTH)


@dataclass(frozen=True)
class Crosswalk:
    """Commune codes of an earlier vintage -> the codes that hold now.

    Parameters
    ----------
    new_codes : old code -> new codes, one where the old unit went whole into a new one, several where it was split.
    old_names, new_names : code -> name with its kind, each of its own vintage (codes were re-used for other units).
    """

    new_codes: Mapping[str, tuple[str, ...]]
    old_names: Mapping[str, str]
    new_names: Mapping[str, str]

    def convert(self, code: str) -> tuple[Change, tuple[str, ...]]:
        """Return how an old unit changed and its new codes; a split one must be shared out, never assigned whole."""
        found = self.new_codes.get(code, ())
        if not found:
            return "unknown", ()
        return ("whole" if len(found) == 1 else "split"), found

    def reused(self) -> tuple[str, ...]:
        """Return the codes that name another unit now than they did before."""
        both = sorted(set(self.old_names) & set(self.new_names))
        return tuple(c for c in both if fold_name(self.old_names[c]) != fold_name(self.new_names[c]))


def read_crosswalk(path: Path) -> Crosswalk:
    """Read a crosswalk csv with columns wardCode, ward, newWardCode, newWard; lost leading zeros are put back.

    Rows without an old code (districts that had no communes) name no old unit. Raises ReadError for absent columns.
    """
    needed = ("wardCode", "ward", "newWardCode", "newWard")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        have = reader.fieldnames or []
        absent = [c for c in needed if c not in have]
        if absent:
            raise ReadError("columns_not_found", file=path.name, columns=", ".join(absent), row=1, have=", ".join(have))
        rows = list(reader)
    targets: dict[str, list[str]] = {}
    old_names, new_names = {}, {}
    for row in rows:
        old, new = commune_code(row["wardCode"]), commune_code(row["newWardCode"])
        new_names[new] = row["newWard"]
        if old:
            old_names[old] = row["ward"]
            known = targets.setdefault(old, [])
            if new not in known:
                known.append(new)
    return Crosswalk({old: tuple(sorted(new)) for old, new in targets.items()}, old_names, new_names)
