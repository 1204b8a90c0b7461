"""Symbols of the map sheet: one table that the map and its legend both draw from."""

import functools
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coverage.brief.palette import BORDER_LINE, FIBRE, INK, PROPOSED, ROAD, STATUS, WARNING

MM_PER_INCH = 25.4
PT_PER_MM = 72.0 / MM_PER_INCH
# Type 42 keeps text selectable with its own letters; no dates, so that the same map gives the same bytes.
PDF_RC: dict[Any, Any] = {"pdf.fonttype": 42, "pdf.compression": 9, "path.simplify": True}
PDF_METADATA = {"CreationDate": None, "Creator": None, "Producer": None}
_ONE_AT_A_TIME = threading.Lock()  # matplotlib's settings are the process's, and the screen has threads


@dataclass(frozen=True)
class Symbol:
    """How one class is drawn.

    Parameters
    ----------
    form : a point's marker, a line or an area.
    size_mm : width of a marker, or of a line. dashes : on and off of a line, millimetres.
    band : a line's broad band of this colour, under it; "" = none. band_mm : its width.
    """

    key: str
    form: Literal["point", "line", "area"]
    face: str
    edge: str
    marker: str = "o"
    size_mm: float = 1.6
    edge_mm: float = 0.15
    dashes: tuple[float, float] | None = None
    hatch: str = ""
    alpha: float = 1.0
    band: str = ""
    band_mm: float = 0.0
    label_vi: str = ""
    label_en: str = ""


# Shapes differ as well as colours: the sheet must survive a black-and-white copier.
SYMBOLS: tuple[Symbol, ...] = (
    Symbol("trang", "point", STATUS["trang"], "#4a0a24", "o", 2.5, 0.2,
           label_vi="Thôn trắng sóng", label_en="Village without signal"),
    Symbol("lom", "point", STATUS["lom"], "#5a3a00", "D", 1.9, 0.2,
           label_vi="Thôn lõm sóng", label_en="Village with coverage holes"),
    Symbol("phu", "point", STATUS["phu"], "#2f5452", "o", 1.3, 0.12,
           label_vi="Thôn đã phủ sóng", label_en="Covered village"),
    Symbol("chua_du_dl", "point", "#ffffff", "#555555", "o", 1.5, 0.2,
           label_vi="Thôn chưa đủ dữ liệu", label_en="Village with not enough data"),
    Symbol("duoc_phu", "point", "#7fb2e5", PROPOSED, "o", 1.9, 0.2,
           label_vi="Thôn hết trắng, lõm sóng nhờ phương án", label_en="Village covered by the plan"),
    Symbol("macro", "point", PROPOSED, "#ffffff", "o", 4.2, 0.25,
           label_vi="Vị trí đề xuất: trạm macro xây mới", label_en="Proposed new macro site"),
    Symbol("shared", "point", PROPOSED, "#ffffff", "s", 4.0, 0.25,
           label_vi="Vị trí đề xuất: trên cột dùng chung", label_en="Proposed equipment on a shared mast"),
    Symbol("small_cell_satellite", "point", PROPOSED, "#ffffff", "h", 4.6, 0.25,
           label_vi="Vị trí đề xuất: trạm cỡ nhỏ, vệ tinh", label_en="Proposed small cell with satellite"),
    Symbol("tuyen_quang", "line", PROPOSED, PROPOSED, size_mm=0.65,
           label_vi="Truyền dẫn đề xuất: cáp quang", label_en="Proposed fibre"),
    Symbol("tuyen_vi_ba", "line", PROPOSED, PROPOSED, size_mm=0.55, dashes=(1.8, 1.1),
           label_vi="Truyền dẫn đề xuất: vi ba", label_en="Proposed microwave hop"),
    Symbol("tuyen_doc_dao", "line", PROPOSED, PROPOSED, size_mm=0.65, band=WARNING, band_mm=1.9,
           label_vi="Đường độc đạo, nguy cơ sạt lở", label_en="Along a single road, at risk of landslides"),
    Symbol("mast", "point", "#3a3a3a", "#ffffff", "^", 1.7, 0.1,
           label_vi="Trạm đang phát sóng", label_en="Mast on air"),
    Symbol("mast_committed", "point", "#ffffff", "#3a3a3a", "^", 1.8, 0.2,
           label_vi="Trạm đã cam kết hoặc dự kiến", label_en="Committed or planned mast"),
    Symbol("gap_dc", "area", STATUS["trang"], STATUS["trang"], edge_mm=0.1, alpha=0.28,
           label_vi="Khu dân cư chưa có sóng", label_en="Settlement without signal"),
    Symbol("xa", "area", "none", INK, edge_mm=0.22, label_vi="Địa giới xã", label_en="Commune boundary"),
    Symbol("xa_bien_gioi", "area", "#e8c9a0", BORDER_LINE, edge_mm=0.55, alpha=0.30,
           label_vi="Xã biên giới", label_en="Border commune"),
    Symbol("duong_quoc_lo", "line", "#9c5a2b", "#9c5a2b", size_mm=0.55, label_vi="Quốc lộ, đường tỉnh",
           label_en="National road"),
    Symbol("cap_quang", "line", FIBRE, FIBRE, size_mm=0.4, label_vi="Tuyến cáp quang hiện có",
           label_en="Fibre route in being"),
    Symbol("duong_khac", "line", ROAD, ROAD, size_mm=0.22, label_vi="Đường khác", label_en="Local road"),
)
_BY_KEY = {s.key: s for s in SYMBOLS}


def symbol(key: str) -> Symbol:
    """Return the symbol of a class."""
    return _BY_KEY[key]


def marker_style(s: Symbol, size: float = 1.0) -> dict[str, Any]:
    """Return matplotlib's plot() arguments of a point symbol, ``size`` times its own; sizes in points."""
    return {
        "linestyle": "none", "marker": s.marker, "markersize": size * s.size_mm * PT_PER_MM, "markerfacecolor": s.face,
        "markeredgecolor": s.edge, "markeredgewidth": s.edge_mm * PT_PER_MM, "alpha": s.alpha,
    }


def line_style(s: Symbol, *, band: bool = False) -> dict[str, Any]:
    """Return matplotlib's plot() arguments of a line symbol, or of the band under it."""
    if band:
        return {"color": s.band, "linewidth": s.band_mm * PT_PER_MM, "solid_capstyle": "butt"}
    look: dict[str, Any] = {"color": s.edge, "linewidth": s.size_mm * PT_PER_MM, "solid_capstyle": "butt"}
    return look | ({"linestyle": (0, tuple(d / s.size_mm for d in s.dashes))} if s.dashes else {})


def area_style(s: Symbol) -> dict[str, Any]:
    """Return matplotlib's patch arguments of an area symbol."""
    return {"facecolor": s.face, "edgecolor": s.edge, "linewidth": s.edge_mm * PT_PER_MM, "hatch": s.hatch or None}


@functools.cache
def swatch(s: Symbol, width_mm: float = 7.0, height_mm: float = 4.2) -> bytes:
    """Draw a symbol alone, as a PDF of the given size, for the legend."""
    figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width_mm), ylim=(0, height_mm))
    axes.set_axis_off()
    middle = height_mm / 2
    if s.form == "point":
        axes.plot([width_mm / 2], [middle], **marker_style(s))
    elif s.form == "line":
        for band in ((True, False) if s.band else (False,)):
            axes.plot([0.5, width_mm - 0.5], [middle, middle], **line_style(s, band=band))
    else:
        style = area_style(s)
        edge_only = style | {"facecolor": "none"}
        if s.face != "none":
            axes.add_patch(Rectangle((0.6, 0.6), width_mm - 1.2, height_mm - 1.2, alpha=s.alpha, **style))
        axes.add_patch(Rectangle((0.6, 0.6), width_mm - 1.2, height_mm - 1.2, **edge_only))
    return pdf_bytes(figure)


def pdf_bytes(figure: Figure) -> bytes:
    """Return a figure as PDF bytes that depend on nothing but the figure."""
    out = BytesIO()
    with _ONE_AT_A_TIME, rc_context(PDF_RC):
        figure.savefig(out, format="pdf", metadata=PDF_METADATA)
    return out.getvalue()
