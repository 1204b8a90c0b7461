"""The map of fixed broadband: new cables, those shared with the mobile plan, and the places they reach or do not."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from coverage.brief import palette
from coverage.brief.web_layers import ground, lines_layers
from coverage.brief.web_map import LayerSpec, MapSpec
from coverage.brief.web_source import Row, Source, bounds_of, map_of, simplified, vector_layer
from coverage.brief.web_text import escaped, swatch, tooltip
from coverage.brief.words import is_missing, sentence, with_unit, word
from coverage.plan.fixed import HAS_WAY, NO_WAY, NOT_COUNTED, TOO_DEAR, FixedPlan
from geodata.crs import WGS84

SHARED_COLOUR = "#00838f"   # cables of the mobile plan
_COLOURS: Mapping[str, str] = MappingProxyType({
    HAS_WAY: palette.PROPOSED, TOO_DEAR: "#f28e2b", NO_WAY: "#c2185b", NOT_COUNTED: "#9aa0a6"})
_FORMS: Mapping[str, tuple[str, str]] = MappingProxyType({  # marks on the map and in the panel
    "thon": ("circle", "round"), "neo": ("square", "square")})


def fixed_map(source: Source, fixed: FixedPlan, *, base: Sequence[LayerSpec] | None = None) -> MapSpec:
    """Return the map of a plan; ``base`` is a ground() made before."""
    relief, *signal = ground(source) if base is None else base
    specs = [
        *places_layers(source, fixed), *cables_layer(source, fixed), outlines_layer(source), *lines_layers(source),
        *signal, relief,
    ]
    return map_of(source, specs, bounds_of(source.assessment.communes))


def outlines_layer(source: Source) -> LayerSpec:
    """Return the communes as outlines with their names: their status is of mobile signal, not of fibre."""
    frame = simplified(source.assessment.communes)
    at = frame.geometry.representative_point().to_crs(WGS84)
    frame = frame.assign(
        label=frame["name"], at=[[round(p.y, 5), round(p.x, 5)] for p in at],
        look=np.where(frame["is_border"].fillna(value=False).to_numpy(dtype=bool), "border", "plain"))
    bare = {"fillColor": palette.PAPER, "fillOpacity": 0.15}
    styles = {"plain": bare | {"color": palette.INK, "weight": 0.9, "opacity": 0.65},
              "border": bare | {"color": palette.BORDER_LINE, "weight": 2.6, "opacity": 0.95}}
    keys = [(swatch("square", "transparent", edge=palette.BORDER_LINE), source.word("layer_border"))]
    return vector_layer(source, "commune-outlines", source.word("layer_fixed_communes"), frame, tip=None, keys=keys,
                        by="look", styles=styles, style={}, rank=20)


def cables_layer(source: Source, fixed: FixedPlan) -> list[LayerSpec]:
    """Return the cables, new ones and those that the mobile plan pays for."""
    if not len(fixed.links):
        return []
    paid = fixed.links["shared"].to_numpy(dtype=bool)
    frame = fixed.links.assign(look=np.where(paid, "shared", "new"))
    styles = {
        "new": {"color": palette.PROPOSED, "weight": 3.2, "opacity": 0.9, "fill": False},
        "shared": {"color": SHARED_COLOUR, "weight": 3.2, "opacity": 0.9, "fill": False, "dashArray": "7 5"},
    }
    keys = [(swatch("line", palette.PROPOSED), source.word("fixed_new"))]
    if paid.any():
        keys.append((swatch("dashed", SHARED_COLOUR), source.word("fixed_shared")))
    return [vector_layer(source, f"fixed-links-{_stamp(fixed)}", source.word("layer_fixed_links"), frame,
                         tip=link_tip, keys=keys, by="look", styles=styles, style={}, rank=70)]


def places_layers(source: Source, fixed: FixedPlan) -> list[LayerSpec]:
    """Return villages and institutions that lack fibre, by what the plan does for them."""
    out = []
    for kind, title in (("neo", "layer_fixed_anchors"), ("thon", "layer_fixed_villages")):
        mine = fixed.places[(fixed.places["kind"] == kind).to_numpy(dtype=bool)]
        if not len(mine):
            continue
        looks = mine["reason"].map(lambda r: r or "connected").to_numpy(dtype=object)
        form, key_form = _FORMS[kind]
        styles: dict[str, Any] = {
            (reason or "connected"): {
                "radius": 4.0 if reason == NOT_COUNTED else 6.0, "shape": form, "fillColor": colour,
                "fillOpacity": 0.95, "color": "#ffffff", "weight": 1.2, "opacity": 0.95}
            for reason, colour in _COLOURS.items()}
        keys = [
            (swatch(key_form, colour), f"{_reason(source, reason)}: {source.number((mine['reason'] == reason).sum())}")
            for reason, colour in _COLOURS.items() if (mine["reason"] == reason).any()
        ]
        out.append(vector_layer(
            source, f"fixed-{kind}-{_stamp(fixed)}", source.word(title), mine.assign(look=looks), tip=place_tip,
            keys=keys, by="look", styles=styles, style={}, rank=90 if kind == "thon" else 91))
    return out


def place_tip(source: Source, row: Row) -> str:
    """Return what a place lacks, what it gets or why not."""
    name = str(row["name"])
    village = row["kind"] == "thon"
    title = sentence(with_unit(name)) if village and source.language == "vi" else name
    lines = [escaped(row["commune_name"]) + (f" ({source.word('tip_border')})" if row["is_border"] else ""),
             word("fixed_fibre", row["fibre_status"], source.language)]
    if village:
        lines.append(source.word("fixed_tip_village", households=source.number(row["households"])))
    else:
        lines.append(source.word("tip_anchor", required=source.number(row["required_mbps"]),
                                 leased=source.number(row["leased_mbps"])))
    if row["reason"] == HAS_WAY:
        lines.append(source.word("fixed_tip_way", km=source.number(row["length_m"] / 1000.0, 1)))
    else:
        lines.append(f"<b>{_reason(source, row['reason'])}</b>")
    if row["reason"] == TOO_DEAR and not is_missing(row["extra_mvnd"]):
        lines.append(source.word("fixed_tip_dear", extra=source.number(row["extra_mvnd"]),
                                 worth=source.number(row["worth_mvnd"])))
    return tooltip(f"fixed|{row['kind']}:{row['code']}", escaped(title), lines)


def link_tip(source: Source, row: Row) -> str:
    """Return a cable's length, road, users and who pays."""
    road = f" ({escaped(row['road_name'])})" if row["road_name"] else ""
    lines = [
        word("fixed_way", row["way"], source.language) + road,
        source.word("fixed_tip_link", km=source.number(row["length_m"] / 1000.0, 1),
                    places=source.number(row["n_sites"])),
        source.word("fixed_tip_paid", links=escaped(", ".join(row["mobile_links"]))) if row["shared"]
        else source.word("fixed_tip_cost", cost=source.number(row["cost_mvnd"])),
        source.word("fixed_tip_single") if row["single_road"] else "",
    ]
    return tooltip(f"fixed_link|{row['link_id']}", escaped(row["link_id"]), lines)


def _reason(source: Source, reason: str) -> str:
    return word("fixed_reason", reason, source.language) if reason else source.word("fixed_connected")


def _stamp(fixed: FixedPlan) -> str:
    return f"{round(fixed.budget_mvnd)}"
