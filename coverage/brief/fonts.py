"""The type of every paper: Be Vietnam Pro (OFL-1.1) from its pip package, never the machine's fonts.

A letter it lacks (some names of the highlands) comes from DejaVu Sans, which matplotlib carries.
"""

import functools
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import typst
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags

_EM_PX = 100.0
Weight = Literal["Regular", "Medium", "SemiBold", "Bold", "Italic"]


@functools.cache
def font_folder() -> Path:
    """Return the folder of the .ttf files; the package is installed unpacked."""
    return Path(str(resources.files("fontpkg_be_vietnam_pro").joinpath("files")))


def font(weight: Weight = "Regular", size_pt: float = 7.0) -> FontProperties:
    """Return matplotlib's handle of one font file at a size in points."""
    return FontProperties(fname=str(font_folder() / f"BeVietnamPro-{weight}.ttf"), size=size_pt)


@functools.cache
def _letters(weight: Weight) -> frozenset[int]:
    return frozenset(FT2Font(str(font_folder() / f"BeVietnamPro-{weight}.ttf")).get_charmap())


def spare_folder() -> Path:
    """Return the folder of matplotlib's own fonts."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def font_for(text: str, weight: Weight = "Regular", size_pt: float = 7.0) -> FontProperties:
    """Return our font if it has every letter of the text, else DejaVu Sans in the nearest weight."""
    if all(ord(letter) in _letters(weight) for letter in text):
        return font(weight, size_pt)
    heavy = "-Bold" if weight in ("Bold", "SemiBold") else "-Oblique" if weight == "Italic" else ""
    return FontProperties(fname=str(spare_folder() / f"DejaVuSans{heavy}.ttf"), size=size_pt)


def text_width_pt(text: str, weight: Weight, size_pt: float) -> float:
    """Return the width of a text in points, kerning left out."""
    file = str(font_for(text, weight).get_file())
    return sum(_advance_em(letter, file) for letter in text) * size_pt


@functools.cache
def _advance_em(letter: str, file: str) -> float:
    face = FT2Font(file)
    face.set_size(_EM_PX, 72)
    advance: int = face.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance  # 16.16 fixed point
    return advance / 65_536 / _EM_PX


def typst_fonts() -> Any:
    """Return the fonts typst may use: ours only, so that the sheet looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False,
                       font_paths=[str(font_folder()), str(spare_folder())])
