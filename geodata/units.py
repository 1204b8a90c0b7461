"""Administrative units: names folded for matching, codes with their vintage, old codes turned into new ones.

A code means nothing without its vintage (73 of Đà Nẵng's 93 commune codes name another unit since July 2025), and a
name without its diacritics can mean two units: a fold that leaves two candidates is reported and never chosen from.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["exact", "folded", "ambiguous", "none"]

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
