"""The map itself as vector PDF: relief, communes, roads, masts, villages by status, numbered proposals, labels."""

import math
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Stroke
from numpy.typing import NDArray
from scipy.ndimage import zoom
from shapely.geometry import box as rectangle

from coverage.brief.fonts import Weight, font, font_for, text_width_pt
from coverage.brief.labels import Ask, around, place_labels, spiral
from coverage.brief.map_frame import Frame, draw_grid, draw_north_arrow, frame_of
from coverage.brief.map_style import (
    MM_PER_INCH,
    PT_PER_MM,
    Symbol,
    area_style,
    line_style,
    marker_style,
    pdf_bytes,
    symbol,
)
from coverage.brief.palette import BORDER_LINE, INK
from geodata.crs import same_crs
from geodata.grid import Raster

_EDGE_MM = (7.0, 5.5, 7.0, 5.5)  # room for tick labels: left, bottom, right, top
_BORDER_NAME: tuple[Weight, float, str] = ("Bold", 8.5, BORDER_LINE)  # weight, points, colour
_COMMUNE_NAME: tuple[Weight, float, str] = ("SemiBold", 7.5, "#3b4652")
_COMMUNE_NAME_SMALL: tuple[Weight, float, str] = ("SemiBold", 6.2, "#3b4652")
_FEW_COMMUNES = 40
_VILLAGE_NAME: tuple[Weight, float, str] = ("Medium", 5.8, INK)
_TWO_DIGITS = 99
_GREYS = 24
_CROWD = 300  # symbols of one class beyond which they are drawn smaller
_RELIEF_MM = 0.2  # side of a relief pixel on the sheet


@dataclass(frozen=True)
class MapContent:
    """What one map shows; all frames in the same metric CRS, in the columns of the assessment and the plan.

    Parameters
    ----------
    communes : commune_code, name, is_border.
    villages : village_code, name, status (trang | lom | phu | chua_du_dl | duoc_phu).
    masts : site_code, state; sites : order, kind; roads : road_class; gap_dc : settlements without signal.
    links : proposed links, kind, single_road; fibre : routes in being.
    focus : the communes to show whole; None = all. The others fill the frame beside them.
    """

    communes: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    elevation: Raster
    masts: gpd.GeoDataFrame | None = None
    sites: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    gap_dc: gpd.GeoDataFrame | None = None
    links: gpd.GeoDataFrame | None = None
    fibre: gpd.GeoDataFrame | None = None
    focus: gpd.GeoDataFrame | None = None


@dataclass(frozen=True)
class Body:
    """A drawn map.

    Parameters
    ----------
    pdf : one page of ``size_mm``.
    classes : keys of the symbols that were drawn, in the legend's order.
    unlabelled : villages in need of a label for which there was no room.
    """

    pdf: bytes
    size_mm: tuple[float, float]
    frame: Frame
    classes: tuple[str, ...]
    unlabelled: tuple[str, ...]


def draw_body(content: MapContent, size_mm: tuple[float, float]) -> Body:
    """Draw the map on a page of ``size_mm`` at the largest round scale that shows every commune whole."""
    for frame in (content.villages, content.masts, content.sites, content.roads, content.gap_dc, content.links,
                  content.fibre):
        if frame is not None:
            same_crs(content.communes.crs, frame.crs, where="ban_do_A3.pdf")
    left, bottom = _EDGE_MM[:2]
    frame = body_frame(content, size_mm)
    inner = frame.size_mm
    content = _within(content, frame)
    figure = Figure(figsize=(size_mm[0] / MM_PER_INCH, size_mm[1] / MM_PER_INCH))
    axes = figure.add_axes((left / size_mm[0], bottom / size_mm[1], inner[0] / size_mm[0], inner[1] / size_mm[1]))
    classes: list[str] = []
    _relief(axes, frame, content.elevation)
    classes += _communes(axes, frame, content.communes)
    classes += _roads(axes, content.roads)
    classes += _fibre(axes, content.fibre)
    classes += _areas(axes, content.gap_dc)
    links = _links(axes, content.links)
    classes += _masts(axes, content.masts)
    classes += _villages(axes, content.villages)
    unlabelled = _labels(axes, frame, content)
    classes += sorted(set(content.sites["kind"])) if content.sites is not None and len(content.sites) else []
    classes += links
    draw_grid(axes, frame)
    draw_north_arrow(axes, frame)
    return Body(pdf_bytes(figure), size_mm, frame, tuple(classes), unlabelled)


def body_frame(content: MapContent, size_mm: tuple[float, float]) -> Frame:
    """Return the frame in which a map of ``size_mm`` shows the communes in focus whole."""
    left, bottom, right, top = _EDGE_MM
    shown = content.communes if content.focus is None else content.focus
    inner = (size_mm[0] - left - right, size_mm[1] - bottom - top)
    ground = content.elevation.grid.bounds
    return frame_of(tuple(shown.total_bounds), inner, content.communes.crs, within=ground)


def _within(content: MapContent, frame: Frame) -> MapContent:
    """Return what lies in the frame, so that the legend and the count of labels speak of what is seen."""
    west, south, east, north = frame.bounds

    def cut(layer: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
        return None if layer is None else layer.cx[west:east, south:north]

    # a tenth of a millimetre on the sheet; neighbours keep their common line
    communes = content.communes.assign(geometry=content.communes.geometry.simplify_coverage(0.1 * frame.metres_per_mm))
    return replace(content, communes=cut(communes), villages=cut(content.villages), masts=cut(content.masts),
                   sites=cut(content.sites), roads=cut(content.roads), gap_dc=cut(content.gap_dc),
                   links=cut(content.links), fibre=cut(content.fibre))


def hillshade(values: NDArray[np.floating[Any]], cell_m: float, *, exaggeration: float = 1.6) -> NDArray[np.float64]:
    """Return the brightness (0...1) of relief lit from the north-west at 45°, row 0 north; NaN where unknown."""
    south, east = np.gradient(np.asarray(values, float) * exaggeration, cell_m)
    light = np.array([-1.0, 1.0, np.sqrt(2.0)]) / 2.0  # east, north, up
    normal = np.stack([-east, south, np.ones_like(east)])
    shade: NDArray[np.float64] = np.tensordot(light, normal / np.linalg.norm(normal, axis=0), 1)
    return np.clip(shade, 0.0, 1.0)


def coarser(values: NDArray[np.floating[Any]], factor: int) -> NDArray[np.float64]:
    """Average blocks of factor x factor cells, gaps left out; a block of gaps stays a gap."""
    rows, cols = (n - n % factor for n in values.shape)
    blocks = np.asarray(values, float)[:rows, :cols].reshape(rows // factor, factor, cols // factor, factor)
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, 0.0).sum(axis=(1, 3))
    out: NDArray[np.float64] = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return out


def _relief(axes: Axes, frame: Frame, elevation: Raster) -> None:
    """Draw the hillshade in soft greys; pale where outside is dealt with by the communes' mask."""
    same_crs(frame.crs, elevation.grid.crs, where="elevation")
    factor = max(1, int(_RELIEF_MM * frame.metres_per_mm // elevation.grid.cell_m))
    if min(elevation.values.shape) < 2 * factor:
        return
    west, south, east, north = frame.bounds
    x0, y0, cell = elevation.grid.bounds[0], elevation.grid.bounds[3], elevation.grid.cell_m * factor
    values = coarser(elevation.values, factor)
    rows = slice(max(int((y0 - north) // cell), 0), max(int((y0 - south) // cell) + 2, 0))
    cols = slice(max(int((west - x0) // cell), 0), max(int((east - x0) // cell) + 2, 0))
    values = values[rows, cols]
    if min(values.shape, default=0) < 2:  # noqa: PLR2004 - a slope needs two cells
        return
    x0, y0 = x0 + cols.start * cell, y0 - rows.start * cell
    height, width = values.shape
    shade = hillshade(values, cell)
    finer = max(1, round(cell / frame.metres_per_mm / _RELIEF_MM))
    fine = zoom(np.where(np.isfinite(shade), shade, 1.0), finer, order=1, mode="nearest", grid_mode=True)
    # few greys: the PDF keeps them as a palette, a byte or less for each pixel
    grey = np.round((0.60 + 0.40 * np.clip(fine / 0.78, 0.0, 1.0)) * _GREYS) / _GREYS
    grey[np.kron(~np.isfinite(shade), np.ones((finer, finer), bool))] = 1.0
    axes.imshow(np.dstack([grey, grey, grey]), extent=(x0, x0 + width * cell, y0 - height * cell, y0),
                origin="upper", interpolation="none", aspect="auto", zorder=0)


def _communes(axes: Axes, frame: Frame, communes: gpd.GeoDataFrame) -> list[str]:
    """Pale the ground outside, tint and outline the border communes."""
    outside = rectangle(*frame.bounds).difference(communes.geometry.union_all())
    gpd.GeoSeries([outside], crs=communes.crs).plot(ax=axes, color="#ffffff", alpha=0.62, zorder=1, aspect=None)
    classes = ["xa"]
    border = communes[communes["is_border"].astype(bool)]
    style = area_style(symbol("xa"))
    communes.plot(ax=axes, zorder=3, aspect=None, **style)
    if len(border):
        classes.append("xa_bien_gioi")
        s = symbol("xa_bien_gioi")
        border.plot(ax=axes, color=s.face, alpha=s.alpha, linewidth=0, zorder=2, aspect=None)
        border.plot(ax=axes, facecolor="none", edgecolor=s.edge, linewidth=s.edge_mm * PT_PER_MM, zorder=4, aspect=None)
    return classes


def _roads(axes: Axes, roads: gpd.GeoDataFrame | None) -> list[str]:
    classes = []
    if roads is not None:
        national = roads["road_class"].astype(str) == "national"
        for key, part in (("duong_khac", roads[~national]), ("duong_quoc_lo", roads[national])):
            if len(part):
                s = symbol(key)
                part.plot(ax=axes, color=s.edge, linewidth=s.size_mm * PT_PER_MM, zorder=5, aspect=None)
                classes.append(key)
    return classes[::-1]


def _fibre(axes: Axes, fibre: gpd.GeoDataFrame | None) -> list[str]:
    if fibre is None or not len(fibre):
        return []
    fibre.plot(ax=axes, zorder=5.5, aspect=None, **_line(symbol("cap_quang")))
    return ["cap_quang"]


def _links(axes: Axes, links: gpd.GeoDataFrame | None) -> list[str]:
    """Draw the proposed links, bands of single roads below all of them; return their classes."""
    if links is None or not len(links):
        return []
    single = links["single_road"].astype(bool)
    fibre = links["kind"].astype(str) == "fibre"
    parts = {"tuyen_quang": links[fibre & ~single], "tuyen_vi_ba": links[~fibre], "tuyen_doc_dao": links[single]}
    drawn = [key for key, part in parts.items() if len(part)]
    if len(parts["tuyen_doc_dao"]):
        parts["tuyen_doc_dao"].plot(ax=axes, zorder=7, aspect=None, **_line(symbol("tuyen_doc_dao"), band=True))
    for key, part in (("tuyen_quang", links[fibre]), ("tuyen_vi_ba", parts["tuyen_vi_ba"])):
        if len(part):
            part.plot(ax=axes, zorder=7.1, aspect=None, **_line(symbol(key)))
    return drawn


def _line(s: Symbol, *, band: bool = False) -> dict[str, Any]:
    """Return the style of lines as geopandas draws them."""
    style = line_style(s, band=band)
    return {**{k: v for k, v in style.items() if k != "solid_capstyle"}, "capstyle": style["solid_capstyle"]}


def _areas(axes: Axes, gap_dc: gpd.GeoDataFrame | None) -> list[str]:
    if gap_dc is None or not len(gap_dc):
        return []
    s = symbol("gap_dc")
    gap_dc.plot(ax=axes, color=s.face, alpha=s.alpha, linewidth=0, zorder=6, aspect=None)
    return ["gap_dc"]


def _points(axes: Axes, points: gpd.GeoDataFrame, key: str, zorder: float) -> list[str]:
    if not len(points):
        return []
    size = min(1.0, max(0.45, math.sqrt(_CROWD / len(points)))) if key in ("phu", "mast") else 1.0
    axes.plot(points.geometry.x, points.geometry.y, zorder=zorder, **marker_style(symbol(key), size))
    return [key]


def _masts(axes: Axes, masts: gpd.GeoDataFrame | None) -> list[str]:
    if masts is None:
        return []
    one_each = masts.drop_duplicates("site_code")
    on_air = one_each["state"].astype(str) == "on_air"
    return _points(axes, one_each[on_air], "mast", 8) + _points(axes, one_each[~on_air], "mast_committed", 8.1)


def _villages(axes: Axes, villages: gpd.GeoDataFrame) -> list[str]:
    classes: list[str] = []
    status = villages["status"].astype(str)
    for zorder, key in enumerate(("phu", "chua_du_dl", "duoc_phu", "lom", "trang")):
        classes = _points(axes, villages[status == key], key, 10 + zorder) + classes
    return classes


def _labels(axes: Axes, frame: Frame, content: MapContent) -> tuple[str, ...]:
    """Place and write site numbers, commune names and the names of villages in need; return names without room."""
    asks: list[Ask] = []
    texts: dict[str, tuple[str, Weight, float, str]] = {}
    taken: list[NDArray[np.float64]] = [np.array([[frame.size_mm[0] - 14, frame.size_mm[1] - 21, *frame.size_mm]])]

    def ask(key: str, text: str, style: tuple[Weight, float, str], at: NDArray[np.float64], rank: int, *,
            area: bool = False, gap_mm: float = 1.4) -> None:
        width = text_width_pt(text, style[0], style[1]) / PT_PER_MM + 0.8
        height = 1.25 * style[1] / PT_PER_MM + 0.1
        offsets = spiral(2.5, 6) if area else around(width, height, gap_mm, 3)
        asks.append(Ask(key, float(at[0]), float(at[1]), width, height, rank, offsets))
        texts[key] = (text, *style)

    villages = content.villages
    where = frame.to_mm(villages.geometry.get_coordinates().to_numpy())
    rank_of = {"trang": 2, "lom": 3, "duoc_phu": 4}
    in_need = villages["status"].isin(list(rank_of)).to_numpy()
    taken.append(_marker_boxes(where[in_need], 1.1))
    avoid = [_marker_boxes(where[~in_need], 0.6)]
    if content.masts is not None:
        avoid.append(_marker_boxes(_mm_of(frame, content.masts), 0.8))
    if content.sites is not None:
        for row, at in zip(content.sites.itertuples(), _mm_of(frame, content.sites), strict=True):
            key = f"site/{row.order:04d}"
            asks.append(Ask(key, float(at[0]), float(at[1]), 4.4, 4.4, 0, around(4.4, 4.4, 0.7, 4)))
        taken.append(_marker_boxes(_mm_of(frame, content.sites), 0.5))
    few = len(content.communes) <= _FEW_COMMUNES
    seen = content.communes.geometry.intersection(rectangle(*frame.bounds))
    inner = seen.representative_point()
    for (_, row), at in zip(content.communes.iterrows(), frame.to_mm(inner.get_coordinates().to_numpy()), strict=True):
        style = _BORDER_NAME if row["is_border"] else _COMMUNE_NAME if few else _COMMUNE_NAME_SMALL
        ask(f"xa/{row['commune_code']}", str(row["name"]), style, at, 1, area=True)
    for (_, row), at, needs in zip(villages.iterrows(), where, in_need, strict=True):
        if needs:
            ask(f"thon/{row['village_code']}", str(row["name"]), _VILLAGE_NAME, at, rank_of[row["status"]])
    places, left_out = place_labels(asks, frame.size_mm, np.vstack(taken), np.vstack(avoid))
    points = {a.key: (a.x_mm, a.y_mm) for a in asks}
    for place in places:
        if place.key.startswith("site/"):
            continue
        text, weight, size, colour = texts[place.key]
        _write(axes, frame, (place.x_mm, place.y_mm), text, weight, size, colour)
    if content.sites is not None:
        _badges(axes, frame, content.sites, {p.key: (p.x_mm, p.y_mm) for p in places}, points)
    return tuple(texts[key][0] for key in left_out if key.startswith("thon/"))


def _mm_of(frame: Frame, points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    return frame.to_mm(points.geometry.get_coordinates().to_numpy())


def _marker_boxes(at_mm: NDArray[np.float64], half_mm: float) -> NDArray[np.float64]:
    return np.hstack([at_mm - half_mm, at_mm + half_mm])


def _ground(frame: Frame, at_mm: tuple[float, float]) -> tuple[float, float]:
    unit = frame.metres_per_mm
    return frame.bounds[0] + at_mm[0] * unit, frame.bounds[1] + at_mm[1] * unit


def _write(axes: Axes, frame: Frame, at_mm: tuple[float, float], text: str, weight: Weight, size_pt: float,
           colour: str) -> None:
    """Write a label with a white halo; the letters themselves stay text (a halo turns text into outlines)."""
    x, y = _ground(frame, at_mm)
    kind: dict[str, Any] = {"ha": "center", "va": "center", "clip_on": True,
                            "fontproperties": font_for(text, weight, size_pt)}
    halo = axes.text(x, y, text, color="#ffffff", zorder=20, **kind)
    halo.set_path_effects([Stroke(linewidth=0.55 * PT_PER_MM, foreground="#ffffff", alpha=0.85)])
    axes.text(x, y, text, color=colour, zorder=21, **kind)


def _badges(axes: Axes, frame: Frame, sites: gpd.GeoDataFrame, placed: dict[str, tuple[float, float]],
            points: dict[str, tuple[float, float]]) -> None:
    """Draw a dot at each proposed place and, beside it on a short line, its numbered badge."""
    for row in pd.DataFrame(sites.drop(columns="geometry")).itertuples():
        key = f"site/{row.order:04d}"
        point = points[key]
        badge = placed.get(key, point)  # no room: the badge covers the place itself
        s = symbol(str(row.kind))
        (x0, y0), (x1, y1) = _ground(frame, point), _ground(frame, badge)
        axes.plot([x0, x1], [y0, y1], color=s.face, linewidth=0.25 * PT_PER_MM, zorder=24)
        axes.plot([x0], [y0], linestyle="none", marker="o", markersize=1.1 * PT_PER_MM, markerfacecolor=s.face,
                  markeredgecolor="#ffffff", markeredgewidth=0.12 * PT_PER_MM, zorder=25)
        axes.plot([x1], [y1], zorder=26, **marker_style(s))
        number = font("Bold", 6.0 if row.order <= _TWO_DIGITS else 4.8)
        axes.text(x1, y1, str(row.order), fontproperties=number, color="#ffffff", ha="center", va="center_baseline",
                  zorder=27, clip_on=True)
