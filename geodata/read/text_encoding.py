"""Vietnamese text in old encodings: TCVN3 (ABC), VNI, windows-1258 and UTF-8 read as Latin-1, found per column.

Text arrives as bytes of unknown encoding (csv, dbf) or as Latin-1 letters in a Unicode file (xlsx typed in an old
font). Both are looked at as Latin-1 characters, one per byte, and converted column by column: files mix encodings.
The TCVN3 table is TCVN 5712:1993 (the half that .VnTime fonts show); no Python package converts it well.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from geodata.errors import ReadError

Encoding = Literal["unicode", "tcvn3", "vni", "cp1258", "mojibake"]
ENCODINGS: tuple[str, ...] = get_args(Encoding)

# Bytes 0xA1-0xFF of TCVN 5712:1993; 0xB0-0xB4 are tone marks that follow their vowel.
_TCVN3_FROM = 0xA1
_TCVN3 = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ" "\u0300\u0309\u0303\u0301\u0323" "àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉ"
    "ỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)

_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE, _HORN = "\u0302", "\u0306", "\u031b"
_TONES = frozenset((_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT))
# VNI writes most marks as a second character after the vowel ...
_VNI_MARKS = {
    "ù": _ACUTE, "ø": _GRAVE, "û": _HOOK, "õ": _TILDE, "ï": _DOT,
    "â": _CIRCUMFLEX, "á": _CIRCUMFLEX + _ACUTE, "à": _CIRCUMFLEX + _GRAVE, "å": _CIRCUMFLEX + _HOOK,
    "ã": _CIRCUMFLEX + _TILDE, "ä": _CIRCUMFLEX + _DOT,
    "ê": _BREVE, "é": _BREVE + _ACUTE, "è": _BREVE + _GRAVE, "ú": _BREVE + _HOOK, "ü": _BREVE + _TILDE,
    "ë": _BREVE + _DOT,
}
# ... and a few letters as one.
_VNI_LETTERS = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "í": "í", "ì": "ì"}

_ONSETS = ("ngh", "ng", "nh", "gh", "gi", "kh", "ph", "th", "tr", "ch", "qu",
           "b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "")
_NUCLEI = ("iêu", "yêu", "uôi", "ươi", "ươu", "oai", "oay", "oao", "oeo", "uây", "uyê", "uya", "uyu", "oă", "uâ", "iê",
           "yê", "uô", "ươ", "ia", "ua", "ưa", "oa", "oe", "uê", "uy", "uơ", "ai", "ao", "au", "ay", "âu", "ây",
           "eo", "êu", "iu", "oi", "ôi", "ơi", "ui", "ưi", "ưu", "oo", "a", "ă", "â",
           "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y")
_CODAS = ("ng", "nh", "ch", "c", "m", "n", "p", "t", "")
_WORD = re.compile(r"[^\W\d_]+")
_MARKED = re.compile(r"[^\x00-\x7f]")
_PLAIN_SIGNS = "°′″’‘“”–…²³"  # signs that good text carries too


@functools.cache
def _syllable() -> re.Pattern[str]:
    """Return the pattern of a Vietnamese syllable without its tone, in lower case."""
    parts = ("|".join(p) for p in (_ONSETS, _NUCLEI, _CODAS))
    return re.compile("({})({})({})".format(*parts))


def is_syllable(word: str) -> bool:
    """Tell whether ``word`` could be one written Vietnamese syllable: an onset, a rhyme and at most one tone."""
    letters = unicodedata.normalize("NFD", word.lower())
    tones = sum(c in _TONES for c in letters)
    bare = unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES))
    return tones <= 1 and _syllable().fullmatch(bare) is not None


@functools.cache
def _tcvn3_table() -> dict[int, str]:
    """Return code point -> letter for TCVN3 text looked at as Latin-1."""
    return {_TCVN3_FROM + i: letter for i, letter in enumerate(_TCVN3)}


def tcvn3_to_unicode(text: str) -> str:
    """Convert one TCVN3 text, given as Latin-1 characters, to NFC Unicode; case as coded (see convert_column)."""
    return unicodedata.normalize("NFC", text.translate(_tcvn3_table()))


def vni_to_unicode(text: str) -> str:
    """Convert one VNI text, given as Latin-1 characters, to NFC Unicode."""
    out: list[str] = []
    for char in text:
        low = char.lower()
        if low in _VNI_MARKS and out and out[-1][0].lower() in "aeouyơư":
            out[-1] += _VNI_MARKS[low]
        elif low in _VNI_LETTERS:
            letter = _VNI_LETTERS[low]
            out.append(letter.upper() if char.isupper() else letter)
        else:
            out.append(char)
    return unicodedata.normalize("NFC", "".join(out))


def _again(text: str, sources: Sequence[str], encoding: str) -> str:
    """Turn ``text`` back into bytes and read them as ``encoding``; the text as it is where that cannot be done."""
    for source in sources:
        try:
            return unicodedata.normalize("NFC", text.encode(source).decode(encoding))
        except UnicodeError:
            continue
    return text


def _as_it_is(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _from_cp1258(text: str) -> str:
    return _again(text, ("latin-1",), "cp1258")


def _from_mojibake(text: str) -> str:
    return _again(text, ("cp1252", "latin-1"), "utf-8")


def _converter(encoding: str) -> Callable[[str], str]:
    converters: dict[str, Callable[[str], str]] = {
        "unicode": _as_it_is, "tcvn3": tcvn3_to_unicode, "vni": vni_to_unicode, "cp1258": _from_cp1258,
        "mojibake": _from_mojibake,
    }
    return converters[encoding]


def _restore_case(raw: Sequence[str], converted: list[str]) -> list[str]:
    """Give capitals back to text typed in a .VnTimeH font, where capitals carry the codes of small letters.

    A cell without small ASCII letters and with two capital ASCII letters in one word is capital throughout; a cell
    that cannot tell ('Hµ') follows the cells that can.
    """
    def verdict(text: str) -> bool | None:
        if re.search(r"[a-z]", text):
            return False
        return True if any(len(re.findall(r"[A-Z]", word)) > 1 for word in text.split()) else None

    verdicts = [verdict(text) for text in raw]
    known = [v for v in verdicts if v is not None]
    usual = bool(known) and sum(known) * 2 > len(known)
    return [
        text.upper() if (usual if v is None else v) and _MARKED.search(source) else text
        for source, text, v in zip(raw, converted, verdicts, strict=True)
    ]


def convert_column(values: Sequence[str], encoding: str) -> list[str]:
    """Convert the texts of one column from ``encoding`` to NFC Unicode, capitals of TCVN3 fonts restored."""
    if encoding not in ENCODINGS:
        raise ReadError("encoding_unknown", value=encoding, known=", ".join(ENCODINGS))
    converted = [_converter(encoding)(v) for v in values]
    return _restore_case(values, converted) if encoding == "tcvn3" else converted


def _score(values: Iterable[str]) -> float:
    """Score how Vietnamese texts look: +1 per marked syllable, -1 per word or sign that cannot be Vietnamese."""
    total = 0.0
    for value in values:
        for word in _WORD.findall(value):
            if _MARKED.search(word):
                total += 1.0 if is_syllable(word) else -1.0
        total -= sum(_MARKED.match(c) is not None and not c.isalpha() and c not in _PLAIN_SIGNS for c in value)
    return total


@dataclass(frozen=True)
class Guess:
    """What encoding a column seems to have.

    Parameters
    ----------
    encoding : the best of ENCODINGS; 'unicode' where nothing does better than leaving it.
    confidence : 0-1, how far the best is ahead of the second, per marked text.
    preview : up to five (before, after) pairs for a person to confirm.
    looks_right : False where even the best reading has more impossible words than Vietnamese ones.
    """

    encoding: str
    confidence: float
    preview: tuple[tuple[str, str], ...]
    looks_right: bool = True


def detect(values: Iterable[str]) -> Guess:
    """Guess the encoding of one column by converting its marked texts in every way and scoring the syllables."""
    texts = list(dict.fromkeys(v for v in values if _MARKED.search(v)))[:2000]
    if not texts:
        return Guess("unicode", 1.0, ())
    scores = {e: _score(convert_column(texts, e)) for e in ENCODINGS}
    ranked = sorted(ENCODINGS, key=lambda e: (-scores[e], ENCODINGS.index(e)))
    best, lead = ranked[0], scores[ranked[0]] - scores[ranked[1]]
    after = convert_column(texts, best)
    changed = [(b, a) for b, a in zip(texts, after, strict=True) if a != b]
    return Guess(best, min(1.0, lead / len(texts)), tuple(changed[:5]), scores[best] >= 0)


def decode_bytes(data: bytes) -> tuple[str, bool]:
    """Return the text of a file and whether it was Unicode; other files come back one Latin-1 character per byte."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding), True
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return data.decode("latin-1"), False
