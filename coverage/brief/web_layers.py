"""What the gap map shows: ground, signal, communes, villages, masts, claims, fibre and the rest, as LayerSpecs."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np

from coverage.brief import palette
from coverage.brief.map_pictures import best_of, relief_picture, signal_picture
from coverage.brief.web_map import LayerSpec, MapSpec
from coverage.brief.web_source import SIMPLIFY_M, Source, bounds_of, map_of, simplified, vector_layer
from coverage.brief.web_text import escaped, panel_label, swatch
from coverage.brief.web_tips import anchor_tip, claim_tip, commune_tip, gap_tip, mast_tip, measurement_tip, village_tip
from coverage.brief.words import plain, word
from geodata.crs import WGS84

_MANY_VILLAGES = 600  # from here on the marks are drawn smaller
_MANY_MASTS = 1_200  # from here on masts are switched on by hand


def ground(source: Source) -> list[LayerSpec]:
    """Return the relief and the received level, best network first, then each operator's."""
    content, warp = relief_picture(source.layers.elevation)
    url = source.store.picture("relief", content, "webp")
    title = source.word("layer_relief")
    out = [
        LayerSpec(
            title,
            panel_label(title, [(swatch("square", "#d9d3c3"), "")]),
            "picture",
            url,
            bounds=warp.bounds,
            options={"pane": "ps-ground", "order": 210, "opacity": 1.0},
        )
    ]
    rasters = source.assessment.area_rsrp
    service = source.assessment.scenario.service
    headline = {k: r for k, r in rasters.items() if k[1] in service.headline_technologies}
    if not headline:
        return out
    operators = sorted({operator for operator, _ in headline if source.operator in (None, operator)})
    groups = [(source.word("layer_signal_best"), "best", list(headline.values()))] if source.operator is None else []
    groups += [
        (source.word("layer_signal", operator=o), plain(o), [r for k, r in headline.items() if k[0] == o])
        for o in operators
    ]
    keys = [
        (swatch("square", colour), source.word("signal_from", low=source.number(service.rsrp_served_dbm + step)))
        for step, colour in palette.SIGNAL_STEPS
    ]
    for title, name, group in groups:
        content, warp = signal_picture(best_of(group, title), service.rsrp_served_dbm)
        url = source.store.picture(f"signal-{name}", content, "png")
        label = panel_label(title, keys if title == groups[0][0] else [])
        out.append(
            LayerSpec(
                title,
                label,
                "picture",
                url,
                show=False,
                bounds=warp.bounds,
                options={"pane": "ps-signal", "order": 220, "opacity": 0.72, "signal": True},
            )
        )
    return out


def communes_layer(source: Source) -> LayerSpec:
    """Return the communes, filled by status; border communes have a bold outline, names appear as one zooms in."""
    frame = simplified(source.assessment.communes)
    at = frame.geometry.representative_point().to_crs(WGS84)
    frame = frame.assign(
        label=frame["name"],
        at=[[round(p.y, 5), round(p.x, 5)] for p in at],
        look=frame["status_printed"].astype(str) + np.where(frame["is_border"].astype(bool), "_border", ""),
    )
    styles: dict[str, Any] = {}
    for status, colour in palette.COMMUNE_STATUS.items():
        fill = {"fillColor": colour, "fillOpacity": 0.13 if status == "da_phu_het" else 0.20}
        styles[status] = fill | {"color": palette.INK, "weight": 0.9, "opacity": 0.65}
        styles[f"{status}_border"] = fill | {"color": palette.BORDER_LINE, "weight": 2.6, "opacity": 0.95}
    present = [s for s in palette.COMMUNE_STATUS if (frame["status_printed"] == s).any()]
    keys = [
        (swatch("square", palette.COMMUNE_STATUS[s], opacity=0.45), word("commune_status", s, source.language))
        for s in present
    ]
    keys.append((swatch("square", "transparent", edge=palette.BORDER_LINE), source.word("layer_border")))
    return vector_layer(
        source,
        "communes",
        source.word("layer_communes"),
        frame,
        tip=commune_tip,
        keys=keys,
        by="look",
        styles=styles,
        style={},
        rank=20,
        bareUnderSignal=True,
    )


def village_style(count: int) -> dict[str, Any]:
    """Return the look of villages by status: gaps are larger, so that they tell apart without colour too."""
    small = 0.75 if count > _MANY_VILLAGES else 1.0
    sizes = {"trang": 7.0, "lom": 6.0, "phu": 4.2, "chua_du_dl": 4.2}
    shapes = {"trang": "circle", "lom": "diamond", "phu": "circle", "chua_du_dl": "square"}
    return {
        status: {
            "radius": sizes[status] * small,
            "shape": shapes[status],
            "fillColor": colour,
            "fillOpacity": 0.95,
            "color": "#ffffff",
            "weight": 1.2,
            "opacity": 0.95,
        }
        for status, colour in palette.STATUS.items()
    }


def villages_layer(source: Source, codes: Sequence[str] | None = None, *, title: str = "layer_villages") -> LayerSpec:
    """Return the villages by the status that papers print; ``codes`` limits which are drawn."""
    frame = source.assessment.villages
    if codes is not None:
        frame = frame[frame["village_code"].isin(list(codes))]
    forms = {"lom": "dia", "chua_du_dl": "square"}
    present = [s for s in palette.STATUS if (frame["status_printed"] == s).any()]
    keys = [
        (
            swatch(forms.get(s, "round"), palette.STATUS[s]),
            f"{word('status', s, source.language)}: {source.number((frame['status_printed'] == s).sum())}",
        )
        for s in present
    ]
    return vector_layer(
        source,
        "villages",
        source.word(title),
        frame,
        tip=village_tip,
        keys=keys,
        by="status_printed",
        decimals=6,
        styles=village_style(len(source.assessment.villages)),
        style={},
        rank=80,
    )


def masts_of(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per mast: rows of one operator at one place and state, technologies joined."""
    places = sites.assign(x=sites.geometry.x.round(0), y=sites.geometry.y.round(0))
    grouped = places.groupby(["operator", "state", "x", "y"], sort=True, dropna=False)
    table = grouped.agg(
        site_code=("site_code", "first"),
        height_m=("height_m", "max"),
        height_assumed=("height_assumed", "any"),
        due_date=("due_date", "first"),
        technologies=("technology", lambda t: ", ".join(sorted(set(t)))),
    ).reset_index()
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]), crs=sites.crs)


def masts_layers(source: Source, *, show: bool = True) -> list[LayerSpec]:
    """Return one layer of masts on air per operator, and one of committed and planned masts."""
    masts = masts_of(source.layers.sites)
    colours = palette.operator_colours(sorted(set(masts["operator"])))
    if source.operator is not None:
        masts = masts[masts["operator"] == source.operator]
    show = show and len(masts) <= _MANY_MASTS
    base = {"radius": 4.6, "shape": "triangle", "color": "#ffffff", "weight": 0.8, "opacity": 0.9, "fillOpacity": 0.95}
    out = []
    for operator, part in masts[masts["state"] == "on_air"].groupby("operator", sort=True):
        out.append(
            vector_layer(
                source,
                f"masts-{plain(str(operator))}",
                source.word("layer_masts", operator=operator),
                part,
                tip=mast_tip,
                keys=[(swatch("tri", colours[str(operator)]), "")],
                show=show,
                rank=60,
                style=base | {"fillColor": colours[str(operator)]},
            )
        )
    future = masts[masts["state"] != "on_air"]
    if len(future):
        style = base | {"fillColor": "#ffffff", "color": palette.INK, "weight": 1.4}
        out.append(
            vector_layer(
                source,
                "masts-future",
                source.word("layer_masts_future"),
                future,
                tip=mast_tip,
                keys=[(swatch("tri", "#9aa0a6"), "")],
                show=False,
                rank=61,
                style=style,
            )
        )
    return out


def claims_layers(source: Source) -> list[LayerSpec]:
    """Return what each operator says it covers with 4G or later; a claim never sets a status."""
    claims = source.layers.claims
    if claims is None:
        return []
    claims = claims[claims["technology"].isin(source.assessment.scenario.service.headline_technologies)]
    colours = palette.operator_colours(sorted(set(source.layers.sites["operator"])))
    out = []
    for operator, part in claims.groupby("operator", sort=True):
        if source.operator not in (None, operator):
            continue
        colour = colours.get(str(operator), palette.INK)
        styles = {
            zone: {"color": colour, "weight": 1.1, "fillColor": colour, "fillOpacity": opacity, "dashArray": "4 4"}
            for zone, opacity in (("core", 0.20), ("edge", 0.09))
        }
        out.append(
            vector_layer(
                source,
                f"claims-{plain(str(operator))}",
                source.word("layer_claims", operator=operator),
                simplified(part),
                tip=claim_tip,
                keys=[(swatch("dashed", colour), "")],
                show=False,
                by="zone",
                styles=styles,
                style={},
                rank=10,
            )
        )
    return out


def lines_layers(source: Source, *, quiet: bool = False) -> list[LayerSpec]:
    """Return roads, fibre routes and power lines; ``quiet`` shows the roads alone."""
    out = []
    for name, key, colour, width, dash, show in (
        ("roads", "layer_roads", palette.ROAD, 1.3, "", True),
        ("fibre_routes", "layer_fibre", palette.FIBRE, 2.0, "", not quiet),
        ("power_lines", "layer_power", palette.POWER, 1.3, "5 4", False),
    ):
        frame = getattr(source.layers, name)
        if frame is not None and len(frame):
            lean = frame.set_geometry(frame.geometry.simplify(SIMPLIFY_M))
            style = {"color": colour, "weight": width, "opacity": 0.8, "fill": False} | (
                {"dashArray": dash} if dash else {}
            )
            form = "dashed" if dash else "line"
            out.append(
                vector_layer(
                    source,
                    name,
                    source.word(key),
                    lean,
                    tip=None,
                    keys=[(swatch(form, colour), "")],
                    show=show,
                    style=style,
                    rank=40,
                )
            )
    return out


def gaps_layer(source: Source, *, show: bool = False) -> list[LayerSpec]:
    """Return the settlements without signal (gap_dc of all operators together)."""
    frame = source.assessment.gap_dc
    frame = frame[frame["operator"] == "TATCA"]
    if not len(frame):
        return []
    names = source.assessment.communes.set_index("commune_code")["name"]
    frame = frame.assign(commune_name=frame["commune_code"].map(names))
    style = {"color": palette.STATUS["trang"], "weight": 1.0, "fillColor": palette.STATUS["trang"], "fillOpacity": 0.30}
    return [
        vector_layer(
            source,
            "gap_dc",
            source.word("layer_gap"),
            frame,
            tip=gap_tip,
            style=style,
            show=show,
            rank=30,
            keys=[(swatch("square", palette.STATUS["trang"], opacity=0.5), "")],
        )
    ]


def anchor_layer(source: Source) -> list[LayerSpec]:
    """Return the anchor institutions, if the office has supplied any."""
    anchors = source.assessment.anchors if source.assessment.anchors is not None else source.layers.anchors
    if anchors is None or anchors.empty:
        return []
    style = {"radius": 4.5, "shape": "square", "fillColor": palette.ANCHOR, "fillOpacity": 0.95,
             "color": "#ffffff", "weight": 1}
    keys = [(swatch("square", palette.ANCHOR), "")]
    return [vector_layer(source, "anchors", source.word("layer_anchors"), anchors, tip=anchor_tip, style=style,
                         keys=keys, show=False, rank=65)]


def measurement_layer(source: Source) -> list[LayerSpec]:
    """Return the measured levels, above and below the threshold."""
    if source.layers.measurements is None or source.layers.measurements.empty:
        return []
    threshold = source.assessment.scenario.service.rsrp_served_dbm
    frame = source.layers.measurements
    frame = frame.assign(good=np.where(frame["rsrp_dbm"] >= threshold, "yes", "no"))
    colours = {"yes": palette.SIGNAL_STEPS[-1][1], "no": palette.STATUS["trang"]}
    styles = {k: {"radius": 3, "weight": 0, "fillOpacity": 0.85, "fillColor": c} for k, c in colours.items()}
    limit = f"{source.number(threshold)} dBm"
    keys = [(swatch("round", colours["yes"]), f"≥ {limit}"), (swatch("round", colours["no"]), f"< {limit}")]
    return [vector_layer(source, "measurements", source.word("layer_measurements"), frame, tip=measurement_tip,
                         keys=keys, show=False, by="good", styles=styles, style={}, rank=50)]


def restricted_layer(source: Source) -> list[LayerSpec]:
    """Return the restricted land, by kind of restriction."""
    if source.layers.restricted is None or source.layers.restricted.empty:
        return []
    kinds = palette.RESTRICTED
    styles = {k: {"color": c, "weight": 1, "fillColor": c, "fillOpacity": 0.35} for k, c in kinds.items()}
    keys = [(swatch("square", c, opacity=0.6), source.word(f"restricted_{k}")) for k, c in kinds.items()]
    return [vector_layer(source, "restricted", source.word("layer_restricted"), simplified(source.layers.restricted),
                         tip=lambda _, row: escaped(row["kind"]), keys=keys, show=False, by="restriction",
                         styles=styles, style={}, rank=5)]


def more_layers(source: Source) -> list[LayerSpec]:
    """Return anchors, measurements and restricted land, switched on by hand."""
    return [*anchor_layer(source), *measurement_layer(source), *restricted_layer(source)]


def gap_map(source: Source, *, codes: Sequence[str] | None = None, base: Sequence[LayerSpec] | None = None) -> MapSpec:
    """Return the map of the gap page, layers in the order of the panel; ranks decide what lies on top.

    ``codes`` limits the villages drawn and the first view; ``base`` is a ground() made before.
    """
    villages = source.assessment.villages
    view = source.assessment.communes
    if codes is not None:
        chosen = villages[villages["village_code"].isin(list(codes))]
        near = view[view["commune_code"].isin(chosen["commune_code"])]
        view = near if len(near) else view
    relief, *signal = ground(source) if base is None else base
    specs = [
        villages_layer(source, codes),
        communes_layer(source),
        *gaps_layer(source),
        *masts_layers(source),
        *signal,
        *claims_layers(source),
        *lines_layers(source),
        *more_layers(source),
        relief,
    ]
    return map_of(source, specs, bounds_of(view))
