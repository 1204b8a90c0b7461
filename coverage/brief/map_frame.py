"""The frame of a map sheet: scale that is true on paper, grid ticks, scale bar, the direction of true north."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import NDArray
from pyproj import CRS, Proj

from coverage.brief.fonts import font
from coverage.brief.map_style import PT_PER_MM
from coverage.brief.words import vn_number, vn_trimmed
from coverage.errors import HandInError
from geodata.crs import WGS84, reproject_xy

Bounds = tuple[float, float, float, float]
_STEPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0)
_MM_PER_M = 1_000.0


@dataclass(frozen=True)
class Frame:
    """The rectangle of ground that a map shows.

    Parameters
    ----------
    bounds : west, south, east, north in metres of ``crs``.
    scale : denominator; one millimetre on the sheet is scale/1000 metres.
    size_mm : width and height of the frame on the sheet.
    """

    bounds: Bounds
    scale: int
    size_mm: tuple[float, float]
    crs: CRS

    @property
    def metres_per_mm(self) -> float:
        """Ground metres of one millimetre on the sheet."""
        return self.scale / _MM_PER_M

    def to_mm(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) ground coordinates as millimetres from the frame's lower left corner."""
        out: NDArray[np.float64] = (np.asarray(xy_m, float) - np.array(self.bounds[:2])) / self.metres_per_mm
        return out


def nice_scale(least: float) -> int:
    """Return the smallest round denominator that is not below ``least``: 1:75.000, 1:100.000, 1:125.000 ..."""
    power = 10.0 ** math.floor(math.log10(least))
    for step in (*_STEPS, 10.0):
        if step * power >= least * (1 - 1e-12):
            return round(step * power)
    raise AssertionError(least)


def frame_of(
    bounds: Bounds, size_mm: tuple[float, float], crs: CRS, *, margin_mm: float = 4.0, within: Bounds | None = None
) -> Frame:
    """Lay a frame of ``size_mm`` over ``bounds`` at the largest round scale that shows them whole.

    ``bounds`` stand in the middle unless the frame, moved aside, shows more of ``within`` (where there is ground).
    """
    west, south, east, north = bounds
    if not (np.isfinite(bounds).all() and east > west and north > south):
        raise HandInError("map_empty", value=", ".join(f"{v:g}" for v in bounds))
    width, height = size_mm
    needed = max((east - west) / (width - 2 * margin_mm), (north - south) / (height - 2 * margin_mm)) * _MM_PER_M
    scale = nice_scale(needed)
    half_x, half_y = width * scale / _MM_PER_M / 2, height * scale / _MM_PER_M / 2
    margin = margin_mm * scale / _MM_PER_M
    around = within if within is not None else bounds
    x = _centre((west - margin, east + margin), (around[0], around[2]), half_x)
    y = _centre((south - margin, north + margin), (around[1], around[3]), half_y)
    return Frame((x - half_x, y - half_y, x + half_x, y + half_y), scale, size_mm, crs)


def _centre(shown: tuple[float, float], within: tuple[float, float], half: float) -> float:
    """Return the middle of a span of 2 x ``half`` that holds ``shown`` and leaves ``within`` as little as can be."""
    low, high = shown[1] - half, shown[0] + half  # where the middle may lie
    middle = (shown[0] + shown[1]) / 2
    inner = (within[0] + half, within[1] - half)
    wish = min(max(middle, inner[0]), inner[1]) if inner[0] <= inner[1] else (within[0] + within[1]) / 2
    return min(max(wish, low), high)


def nice_length(most: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above ``most``."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most * (1 + 1e-12))


def grid_step_m(frame: Frame) -> float:
    """Return the interval of the grid ticks: about five across the shorter side."""
    return nice_length(min(frame.size_mm) * frame.metres_per_mm / 4)


def ticks(low: float, high: float, step: float) -> NDArray[np.float64]:
    """Return the multiples of ``step`` between two coordinates."""
    first, last = math.ceil(low / step), math.floor(high / step)
    return np.arange(first, last + 1, dtype=np.float64) * step


def draw_grid(axes: Axes, frame: Frame) -> None:
    """Draw the neat line, ticks with VN-2000 metres on all four sides and crosses inside; clears axis labels."""
    west, south, east, north = frame.bounds
    step = grid_step_m(frame)
    xs, ys = ticks(west, east, step), ticks(south, north, step)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xlabel("")  # geopandas writes "Easting [metre]" by itself
    axes.set_ylabel("")
    axes.set_xticks(xs, [vn_number(x) for x in xs])
    axes.set_yticks(ys, [vn_number(y) for y in ys])
    axes.tick_params(top=True, bottom=True, left=True, right=True, labeltop=True, labelright=True, direction="out",
                     length=1.2 * PT_PER_MM, width=0.15 * PT_PER_MM, pad=0.6 * PT_PER_MM)
    for label in axes.get_xticklabels():
        label.set_fontproperties(font("Regular", 5.5))
    for label in axes.get_yticklabels():
        label.set_fontproperties(font("Regular", 5.5))
        label.set_rotation(90)
        label.set_verticalalignment("center")
    across, up = np.meshgrid(xs, ys)
    axes.plot(across.ravel(), up.ravel(), linestyle="none", marker="+", markersize=2.0 * PT_PER_MM,
              markeredgewidth=0.1 * PT_PER_MM, color="#333333", alpha=0.7, zorder=6)
    for spine in axes.spines.values():
        spine.set_linewidth(0.35 * PT_PER_MM)


def true_north(frame: Frame, x_m: float, y_m: float) -> tuple[float, float]:
    """Return the unit vector (east, north) on the sheet that points to true north at a place of the map."""
    longitude, latitude = reproject_xy([x_m], [y_m], frame.crs, WGS84)
    factors = Proj(frame.crs).get_factors(float(longitude[0]), float(latitude[0]))
    angle = math.radians(factors.meridian_convergence)  # grid north east of true north where positive
    return -math.sin(angle), math.cos(angle)


def draw_north_arrow(axes: Axes, frame: Frame, *, right_mm: float = 9.0, top_mm: float = 19.0) -> None:
    """Draw an arrow to true north in the upper right corner, its letter B beyond the tip; base given in mm."""
    _, _, east, north = frame.bounds
    unit = frame.metres_per_mm
    base = np.array([east - right_mm * unit, north - top_mm * unit])
    corner = (float(base[0]) - 5.0 * unit, float(base[1]) - 1.5 * unit)
    axes.add_patch(Rectangle(corner, 10.0 * unit, 18.0 * unit, facecolor="#ffffff", alpha=0.8, linewidth=0, zorder=30))
    up = np.array(true_north(frame, float(base[0]), float(base[1])))
    side = np.array([up[1], -up[0]])
    tip, tail = base + 11.0 * unit * up, base
    notch = base + 2.6 * unit * up
    for sign, colour in ((1.0, "#111111"), (-1.0, "#ffffff")):
        corners = np.array([tip, tail + sign * 3.0 * unit * side, notch])
        axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="#111111",
                               linewidth=0.2 * PT_PER_MM, zorder=31, gid="north-arrow"))
    letter = tip + 2.4 * unit * up
    x, y = float(letter[0]), float(letter[1])
    axes.text(x, y, "B", fontproperties=font("Bold", 10), ha="center", va="center", zorder=31)


def scale_bar(frame: Frame, most_mm: float = 70.0) -> list[tuple[float, str]]:
    """Return the stops of a scale bar, millimetres on the sheet and their label in km: 0, 1/4, 1/2, 1."""
    length_m = nice_length(most_mm * frame.metres_per_mm)
    shares = (0.0, 0.25, 0.5, 1.0)
    return [(s * length_m / frame.metres_per_mm, vn_trimmed(s * length_m / 1_000, 3)) for s in shares]


def scale_text(frame: Frame) -> str:
    """Return '1:150.000'."""
    return f"1:{vn_number(frame.scale)}"
