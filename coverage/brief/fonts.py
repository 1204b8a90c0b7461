"""The one type family of every paper: Be Vietnam Pro (OFL-1.1) from its pip package, never the machine's fonts."""

import functools
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import typst
from matplotlib.font_manager import FontProperties

FAMILY = "Be Vietnam Pro"
Weight = Literal["Regular", "Medium", "SemiBold", "Bold", "Italic"]


@functools.cache
def font_folder() -> Path:
    """Return the folder of the .ttf files; the package is installed unpacked."""
    return Path(str(resources.files("fontpkg_be_vietnam_pro").joinpath("files")))


def font(weight: Weight = "Regular", size_pt: float = 7.0) -> FontProperties:
    """Return matplotlib's handle of one font file at a size in points."""
    return FontProperties(fname=str(font_folder() / f"BeVietnamPro-{weight}.ttf"), size=size_pt)


def typst_fonts() -> Any:
    """Return the fonts typst may use: ours only, so that the sheet looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())])
