"""The ground between two places as a picture: earth bulge, ray, first Fresnel zone, the ridge that hides.

Heights are drawn over the curved earth (effective radius), so that the ray is a straight line. PNG for the screen,
SVG for papers.
"""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coverage.brief.fonts import font, font_for
from coverage.brief.palette import INK, PROPOSED, STATUS
from coverage.brief.words import vn_number
from coverage.radio.hop import HopCheck
from coverage.radio.profile_loss import ProfileLoss

FloatArray = npt.NDArray[np.float64]
GROUND, FOREST, SKY = "#cdbfa7", "#8fae84", "#ffffff"
TEXTS = {
    "distance": ("Khoảng cách (km)", "Distance (km)"),
    "height": ("Độ cao (m, gồm độ cong Trái Đất)", "Height (m, earth bulge included)"),
    "clear": ("Thông thoáng", "Clear"),
    "grazing": ("Vướng đới Fresnel", "Inside the Fresnel zone"),
    "blocked": ("Bị che khuất", "Blocked"),
    "ridge": ("đỉnh che cao {height} m, cách {place} {km} km", "ridge of {height} m, {km} km from {place}"),
    "fresnel": ("đới Fresnel thứ nhất", "first Fresnel zone"),
    "ray": ("đường truyền thẳng", "straight ray"),
    "loss": ("tổn hao {loss} dB (ITU-R P.1812, 50 %)", "loss {loss} dB (ITU-R P.1812, 50 %)"),
}
NEEDED_CLEARANCE = 0.6      # of the first Fresnel zone


@dataclass(frozen=True)
class Drawing:
    """What a profile picture shows: profile (n,) km and m, antenna heights a.m.s.l., band, effective Earth radius."""

    distance_km: FloatArray
    ground_m: FloatArray
    clutter_m: FloatArray
    ends_m: tuple[float, float]
    freq_mhz: float
    earth_radius_km: float
    loss_db: float | None = None

    @property
    def bulge_m(self) -> FloatArray:
        """Rise of the effective Earth over the chord (n,)."""
        d = self.distance_km
        rise: FloatArray = 500.0 * d * (d[-1] - d) / self.earth_radius_km
        return rise

    @property
    def ray_m(self) -> FloatArray:
        """Height of the straight ray (n,)."""
        d = self.distance_km
        ray: FloatArray = self.ends_m[0] + (self.ends_m[1] - self.ends_m[0]) * d / d[-1]
        return ray

    @property
    def fresnel_m(self) -> FloatArray:
        """Radius of the first Fresnel zone (n,)."""
        d = self.distance_km
        radius: FloatArray = 1000.0 * np.sqrt(0.2998 / self.freq_mhz * d * (d[-1] - d) / d[-1])
        return radius

    def worst(self) -> tuple[int, float]:
        """Return the inner point with the least clearance and that clearance over the Fresnel radius."""
        gap = self.ray_m - self.ground_m - self.clutter_m - self.bulge_m
        ratio = gap[1:-1] / self.fresnel_m[1:-1]
        at = int(np.argmin(ratio))
        return at + 1, float(ratio[at])


def drawing_of_path(path: ProfileLoss) -> Drawing:
    """Return the drawing of a computed path."""
    return Drawing(path.distance_km, path.ground_m, path.clutter_m, (path.tx_amsl_m, path.rx_amsl_m), path.freq_mhz,
                   path.earth_radius_km, path.loss_db)


def drawing_of_hop(hop: HopCheck, freq_ghz: float, earth_radius_km: float) -> Drawing:
    """Return the drawing of a microwave hop over an effective Earth radius."""
    return Drawing(hop.distance_km, hop.ground_m, np.zeros_like(hop.ground_m), hop.end_amsl_m, freq_ghz * 1000.0,
                   earth_radius_km)


def verdict(drawing: Drawing, start: str, language: Literal["vi", "en"] = "vi") -> str:
    """Return one line: clear, inside the Fresnel zone or blocked, by which ridge and where, and the loss."""
    at, ratio = drawing.worst()
    which = 0 if language == "vi" else 1
    key = "blocked" if ratio <= 0.0 else "grazing" if ratio < NEEDED_CLEARANCE else "clear"
    parts = [TEXTS[key][which]]
    if key != "clear":
        ridge = TEXTS["ridge"][which]
        parts.append(ridge.format(height=_number(float(drawing.ground_m[at]), 0, language), place=start,
                                  km=_number(float(drawing.distance_km[at]), 1, language)))
    if drawing.loss_db is not None:
        parts.append(TEXTS["loss"][which].format(loss=_number(drawing.loss_db, 1, language)))
    return "; ".join(parts)


def _number(value: float, decimals: int, language: str) -> str:
    """Return a number as the language writes it."""
    return vn_number(value, decimals) if language == "vi" else f"{value:,.{decimals}f}"


def _draw_ground(axes: Axes, drawing: Drawing) -> None:
    """Draw the ground over the curved earth and what grows on it, and set the height axis."""
    d, ground = drawing.distance_km, drawing.ground_m + drawing.bulge_m
    highest = max(float((ground + drawing.clutter_m).max()), float((drawing.ray_m + drawing.fresnel_m).max()))
    lowest = float(ground.min())
    spare = 0.08 * max(highest - lowest, 20.0)
    if drawing.clutter_m.any():
        axes.fill_between(d, ground, ground + drawing.clutter_m, color=FOREST, linewidth=0)
    axes.fill_between(d, lowest - spare, ground, color=GROUND, linewidth=0)
    axes.plot(d, ground, color=INK, linewidth=0.7)
    axes.set_xlim(0.0, float(d[-1]))
    axes.set_ylim(lowest - spare, highest + spare)


def _draw_ray(axes: Axes, drawing: Drawing, which: int) -> None:
    """Draw masts, ray and Fresnel zone, and mark the ridge where the ray is not free."""
    d, ray, zone = drawing.distance_km, drawing.ray_m, drawing.fresnel_m
    at, ratio = drawing.worst()
    colour = STATUS["trang"] if ratio <= 0.0 else STATUS["lom"] if ratio < NEEDED_CLEARANCE else PROPOSED
    axes.fill_between(d, ray - zone, ray + zone, color=colour, alpha=0.18, linewidth=0, label=TEXTS["fresnel"][which])
    axes.plot(d, ray, color=colour, linewidth=1.0, label=TEXTS["ray"][which])
    for x, foot, top in ((d[0], drawing.ground_m[0], ray[0]), (d[-1], drawing.ground_m[-1], ray[-1])):
        axes.plot([x, x], [foot, top], color=INK, linewidth=2.0, solid_capstyle="butt", clip_on=False)
    if ratio < NEEDED_CLEARANCE:
        top = float((drawing.ground_m + drawing.clutter_m + drawing.bulge_m)[at])
        axes.plot([d[at]], [top], marker="v", color=colour, markersize=6, markeredgecolor="white", zorder=5)


def profile_picture(
    drawing: Drawing,
    start: str,
    end: str,
    *,
    language: Literal["vi", "en"] = "vi",
    kind: Literal["png", "svg"] = "png",
    width_mm: float = 160.0,
    height_mm: float = 62.0,
    dpi: int = 200,
) -> bytes:
    """Return the picture of a path from ``start`` to ``end`` as PNG or SVG."""
    which = 0 if language == "vi" else 1
    figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), dpi=dpi, facecolor=SKY)
    axes = figure.add_axes((0.085, 0.19, 0.895, 0.61))
    _draw_ground(axes, drawing)
    _draw_ray(axes, drawing, which)
    axes.set_xlabel(TEXTS["distance"][which], fontproperties=font("Regular", 7), loc="left")
    axes.set_ylabel(TEXTS["height"][which], fontproperties=font("Regular", 6.5))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace(".", ",") if which == 0 else f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: _number(value, 0, language))
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font("Regular", 6.5))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="lower right", bbox_to_anchor=(0.985, 0.0), ncols=2, frameon=False, prop=font("Regular", 6.5),
                  borderpad=0.2)
    title, line = f"{start} – {end}", verdict(drawing, start, language)
    figure.text(0.012, 0.925, title, fontproperties=font_for(title, "SemiBold", 8.5), color=INK)
    figure.text(0.012, 0.845, line, fontproperties=font_for(line, "Regular", 7.5), color=INK)
    out = io.BytesIO()
    figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()
