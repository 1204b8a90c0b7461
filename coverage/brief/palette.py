"""Colours of the screen and of the sheets: one meaning, one colour, told apart by colour-blind eyes too."""

from collections.abc import Mapping
from types import MappingProxyType

# Status: magenta and orange stay apart from blue-green for protan and deutan eyes; sizes differ as well.
STATUS: Mapping[str, str] = MappingProxyType(
    {"trang": "#c2185b", "lom": "#f28e2b", "phu": "#5b9a97", "chua_du_dl": "#9aa0a6"}
)
COMMUNE_STATUS: Mapping[str, str] = MappingProxyType(
    {"con_trang": "#c2185b", "con_lom": "#f28e2b", "da_phu_het": "#5b9a97", "chua_du_dl": "#9aa0a6"}
)
INK = "#1f2a37"  # boundaries, text
PAPER = "#f4f1ea"  # land without relief
BORDER_LINE = "#7a1f3d"  # outline of border communes
FIBRE = "#6a3d9a"
POWER = "#b8860b"
ROAD = "#7d7468"
PROPOSED = "#0b3c8c"  # proposed sites and what they serve
WARNING = "#e6550d"  # under what hangs on a single road; broader than the line it warns of
ANCHOR = "#37474f"
RESTRICTED: Mapping[str, str] = MappingProxyType({"cam": "#5d4037", "xin_phep": "#a1887f"})
_OPERATORS = ("#111111", "#1565c0", "#6d4c9f", "#00695c", "#8d6e63", "#546e7a")

# Received level: lower edge in dB relative to the threshold of service, colour; dark = strong.
SIGNAL_STEPS: tuple[tuple[float, str], ...] = (
    (0.0, "#c7dcea"),
    (10.0, "#8fbcd9"),
    (20.0, "#4a90c2"),
    (30.0, "#1d5f99"),
)


def operator_colours(operators: list[str]) -> dict[str, str]:
    """Give each operator, in order of name, a colour that no status uses; colours repeat after six."""
    return {name: _OPERATORS[i % len(_OPERATORS)] for i, name in enumerate(sorted(operators))}
