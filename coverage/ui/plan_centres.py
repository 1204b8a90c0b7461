"""Regional centres on the plan page: how many, what counts, then where they stand and who goes where."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.centres_tables import centre_table, centres_lines, commune_table, village_table
from coverage.brief.words import word
from coverage.compute import Progress
from coverage.plan import Centres, Plan, regional_centres
from coverage.plan.centres import KINDS, WEIGHTS, Kind, Weight
from coverage.ui import ask, parts, state
from coverage.ui.parts import Card, n, t
from geodata.layers import Layers

AT_FIRST, MOST = 3, 20
MAP_HEIGHT = 460
_KM = 1_000.0


@dataclass(frozen=True)
class Asked:
    """What is asked for: how many centres, which aim, who counts."""

    p: int = AT_FIRST
    kind: Kind = "p_median"
    weight: Weight = "people"


def chosen() -> Asked:
    """Return what the session asks for."""
    kept = st.session_state.get("centres")
    return kept if isinstance(kept, Asked) else Asked()


def key(layers: Layers, plan: Plan, asked: Asked) -> Hashable:
    """Return the key of the job."""
    return "centres", layers.info.pack_id, state.plan_id(plan), asked


def show(layers: Layers, plan: Plan) -> None:
    """Draw the form, and the centres once they are computed."""
    st.caption(t("centres_lead"))
    asked = form()

    def work(progress: Progress) -> Centres:
        return regional_centres(layers, plan.case.assessment, plan.scenario, asked.p, kind=asked.kind,
                                weight=asked.weight, progress=progress)

    found: Centres | None = ask.on_demand(key(layers, plan, asked), work, "depth_centres")
    if found is None:
        return
    language = state.language()
    lost = int((found.villages["centre_code"] == "").sum())
    parts.cards([
        Card(t("centres_mean"), n(found.mean_min, 1), note=t("unit_minute"),
             extra=t("centres_bound", bound=n(found.bound_min, 1)) if found.kind == "p_median" else ""),
        Card(t("centres_max"), n(found.max_min), note=t("unit_minute"),
             extra=t("centres_bound", bound=n(found.bound_min, 1)) if found.kind == "p_center" else ""),
        Card(t("centres_lost"), n(lost), note=f"/ {n(len(found.villages))}", extra=t("centres_lost_note")),
    ])
    left, right = st.columns([1, 1.15], gap="medium")
    with left:
        st.vega_lite_chart(place_frame(found), picture(found), width="stretch")
    with right:
        _table(centre_table(found, language), 0)
        for line in centres_lines(found, language)[:3]:
            st.caption(line)
    for finding in found.findings:
        st.warning(finding.message(language), icon=":material/info:")
    first, second = st.tabs([t("centres_communes"), t("centres_villages")])
    with first:
        _table(commune_table(found, language), 1)
    with second:
        _table(village_table(found, language), 1)


def form() -> Asked:
    """Ask for the number of centres, the aim and the weight; the choice stays until the next submission."""
    now, language = chosen(), state.language()
    with st.form("centres_form", border=True):
        columns = st.columns([1, 2, 1.4, 0.9], vertical_alignment="bottom")
        p = columns[0].number_input(t("centres_number"), 1, MOST, now.p, key="centres_p")
        kind = columns[1].selectbox(t("centres_kind"), KINDS, index=KINDS.index(now.kind), key=f"centres_k_{language}",
                                    format_func=lambda k: word("centre_kind", k, language))
        weight = columns[2].selectbox(
            t("centres_weight"), WEIGHTS, index=WEIGHTS.index(now.weight), key=f"centres_w_{language}",
            format_func=lambda k: word("centre_weight", k, language))
        if columns[3].form_submit_button(t("centres_set"), width="stretch"):
            now = Asked(int(p), kind, weight)
            st.session_state["centres"] = now
    return now


def _table(frame: pd.DataFrame, names: int) -> None:
    """Show a table of the papers; its numbers as the language writes them, whole or with one decimal."""
    def written(value: Any) -> str:
        return n(value, 0 if float(value).is_integer() else 1)

    numbers = [c for c in frame.columns[names + 1:] if pd.api.types.is_numeric_dtype(frame[c])]
    st.dataframe(parts.styled(frame, dict.fromkeys(numbers, written)), hide_index=True, width="stretch")


def place_frame(found: Centres) -> pd.DataFrame:
    """Return villages and centres in kilometres east and north of the area's corner, with the texts of tooltips."""
    language, rows = state.language(), found.villages
    nowhere = word("centre_note", "nowhere", language)
    east, north = rows["x_m"].to_numpy(), rows["y_m"].to_numpy()
    own = found.centres
    spots = pd.DataFrame({
        "east": [*east, *own.geometry.x], "north": [*north, *own.geometry.y],
        "what": ["village"] * len(rows) + ["centre"] * len(own),
        "name": [*rows["name"], *own["commune_name"]],
        "commune": [*rows["commune_name"], *own["commune_name"]],
        "centre": [*(c or nowhere for c in rows["centre_name"]), *own["commune_name"]],
        "minutes": [*("–" if pd.isna(m) else n(m) for m in rows["minutes"]), *(n(0) for _ in own.index)],
    })
    return spots.assign(east=(spots["east"] - spots["east"].min()) / _KM,
                        north=(spots["north"] - spots["north"].min()) / _KM)


def picture(found: Centres) -> dict[str, Any]:
    """Return villages coloured by their centre, centres as diamonds with their names, as plain Vega-Lite."""
    nowhere = word("centre_note", "nowhere", state.language())
    names = [*found.centres["commune_name"], nowhere]
    colours = ["#0b3c8c", "#c2570c", "#2f6f6c", "#8a3ffc", "#b0124f", "#6b4e00", "#1192e8", "#5c7f0a", "#9f1853",
               "#005d5d", "#a56eff", "#ba4e00"]
    scale = {"domain": names, "range": [*(colours[k % len(colours)] for k in range(len(names) - 1)), "#9aa3ad"]}
    axis = {"grid": False, "labels": False, "ticks": False, "domain": False}
    x = {"field": "east", "type": "quantitative", "title": t("centres_east"), "axis": axis}
    y = {"field": "north", "type": "quantitative", "title": None, "axis": axis}
    colour = {"field": "centre", "type": "nominal", "scale": scale, "title": t("centres_goes"),
              "legend": {"orient": "bottom", "columns": 3, "labelLimit": 280}}
    tips = [{"field": "name", "title": t("left_village")}, {"field": "commune", "title": t("col_commune")},
            {"field": "centre", "title": t("centres_goes")}, {"field": "minutes", "title": t("unit_minute")}]
    of = {"village": {"filter": "datum.what === 'village'"}, "centre": {"filter": "datum.what === 'centre'"}}
    return {
        "height": MAP_HEIGHT, "config": {"font": "sans-serif", "view": {"stroke": "#d5dbe3"}},
        "layer": [
            {"transform": [of["village"]], "mark": {"type": "circle", "size": 26, "opacity": 0.75},
             "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips}},
            {"transform": [of["centre"]],
             "mark": {"type": "point", "shape": "diamond", "size": 170, "filled": True, "stroke": "white"},
             "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips[2:3]}},
            {"transform": [of["centre"]],
             "mark": {"type": "text", "dy": -13, "fontWeight": 600, "fontSize": 12},
             "encoding": {"x": x, "y": y, "text": {"field": "name"}}},
        ],
    }
