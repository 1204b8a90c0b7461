"""The ground between a village and its nearest mast: the picture, and which ridge hides it at which kilometre."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from coverage.brief.profile_plot import NEEDED_CLEARANCE, Drawing, drawing_of_path, profile_picture
from coverage.brief.words import is_missing, sentence, vn_number, with_unit
from coverage.gap.masts import baseline_sites, counted_on, headline_on
from coverage.gap.service import atmosphere, masts_table, reference_date
from coverage.radio.profile_loss import FAR_KM, profile_loss
from coverage.radio.terrain import terrain_profile
from coverage.scenario import Scenario
from geodata.layers import Layers

Language = Literal["vi", "en"]
TEXTS = {
    "blocked": ("Bị che khuất bởi sống núi ở km {km} tính từ trạm {mast} (cao {height} m)",
                "Hidden by the ridge {km} km from mast {mast} ({height} m high)"),
    "grazing": ("Không bị che khuất nhưng vướng đới Fresnel ở km {km} tính từ trạm {mast}",
                "In sight, but the Fresnel zone is not free {km} km from mast {mast}"),
    "clear": ("Từ trạm {mast} đến thôn không bị địa hình che khuất", "Nothing hides the village from mast {mast}"),
}


@dataclass(frozen=True)
class VillageProfile:
    """The path from the nearest mast to a village's centre."""

    drawing: Drawing
    mast: str
    village: str
    line_of_sight: bool

    def text(self, language: Language = "vi") -> str:
        """Return one line: hidden by the ridge at which kilometre, grazing, or clear."""
        at, ratio = self.drawing.worst()
        key = "blocked" if not self.line_of_sight else "grazing" if ratio < NEEDED_CLEARANCE else "clear"
        km, height = float(self.drawing.distance_km[at]), float(self.drawing.ground_m[at])
        vi = language == "vi"
        return TEXTS[key][0 if vi else 1].format(
            mast=self.mast, km=vn_number(km, 1) if vi else f"{km:.1f}",
            height=vn_number(height) if vi else f"{height:,.0f}")

    def picture(self, language: Language = "vi", kind: Literal["png", "svg"] = "png") -> bytes:
        """Return the picture of the profile."""
        return profile_picture(self.drawing, self.mast, self.village, language=language, kind=kind)


def village_profile(layers: Layers, scenario: Scenario, village: Any) -> VillageProfile | None:
    """Return the profile from the nearest mast to a row of ``Assessment.villages`` (a named tuple).

    None without a mast, beyond the model's 30 km, at the mast itself, or where ground is missing on the way.
    """
    code = village.nearest_1
    if is_missing(code) or code == "":
        return None
    day = reference_date(layers, scenario)
    technologies = tuple(sorted({*counted_on(scenario.service, day), *headline_on(scenario.service)}))
    table = masts_table(baseline_sites(layers.sites), technologies, scenario)
    rows = np.flatnonzero((table.site_code == code) & (table.operator == village.nearest_1_operator))
    if not rows.size:
        return None
    row = int(rows[0])
    end = np.array([village.geometry.x, village.geometry.y])
    away_km = float(np.hypot(*(end - table.xy_m[row]))) / 1000.0
    if not 0.0 < away_km <= FAR_KM:
        return None
    ground = terrain_profile(layers.elevation, table.xy_m[row], end)
    if np.isnan(ground.ground_m).any():
        return None
    path = profile_loss(
        ground.distance_km, ground.ground_m, freq_mhz=float(table.freq_mhz[row]), tx_agl_m=float(table.height_m[row]),
        rx_agl_m=scenario.service.rx_height_m, earth_radius_km=atmosphere(scenario).earth_radius_km)
    name = sentence(with_unit(str(village.name)))
    return VillageProfile(drawing_of_path(path), f"{code} ({village.nearest_1_operator})", name, path.line_of_sight)
