"""The links of a plan on the interactive map: fibre solid, microwave dashed, single roads in a broad warning band."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from coverage.brief import palette
from coverage.brief.link_text import end_name, road_word
from coverage.brief.tables import M_PER_KM, site_names
from coverage.brief.web_map import LayerSpec
from coverage.brief.web_source import Source, vector_layer
from coverage.brief.web_text import escaped, swatch, tooltip
from coverage.brief.web_tips import Row, Speaker
from coverage.brief.words import is_missing, plain, word
from coverage.plan import BudgetPlan

_SINGLE = "single"  # look of the band under a link along a single road
_KEYS = ("fibre", "microwave", _SINGLE)


def network_layer(
    source: Source, budget: BudgetPlan, *, title: str = "plan", label: str = "", show: bool = True
) -> list[LayerSpec]:
    """Return the links that a budget's plan builds; nothing where it builds none. ``label`` as in the panel."""
    links = budget.links.assign(site_names=site_names(budget), look=budget.links["kind"].astype(str))
    if not len(links):
        return []
    band = links[links["single_road"].astype(bool)].assign(look=_SINGLE)
    frame = gpd.GeoDataFrame(pd.concat([band, links], ignore_index=True), crs=links.crs)
    present = [k for k in _KEYS if (frame["look"] == k).any()]
    return [
        vector_layer(
            source, f"network-{plain(title)}", label or source.word("layer_network"), frame, tip=link_tip, show=show,
            rank=86, by="look", styles=network_styles(), style={"fill": False},
            keys=[(_key(k), source.word(f"network_{k}")) for k in present],
        )
    ]  # fmt: skip


def network_styles() -> Mapping[str, dict[str, Any]]:
    """Return the look of links: told apart by dashes and width, so that the colours may be missed."""
    line = {"color": palette.PROPOSED, "weight": 3.4, "opacity": 1.0, "fill": False, "lineCap": "butt"}
    return {
        "fibre": line,
        "microwave": line | {"dashArray": "9 6", "weight": 2.8},
        _SINGLE: line | {"color": palette.WARNING, "weight": 10.0, "opacity": 0.9},
    }


def _key(look: str) -> str:
    if look == _SINGLE:
        return swatch("cased", palette.PROPOSED, edge=palette.WARNING)
    return swatch("dashed" if look == "microwave" else "line", palette.PROPOSED)


def link_tip(speaker: Speaker, row: Row) -> str:
    """Return what a link is: kind, ends, length, speed, road, the sites it carries, and whether it can be cut off."""
    language = speaker.language
    title = f"{escaped(row['link_id'])} · {escaped(word('link_kind', row['kind'], language))}"
    km = speaker.number(row["length_m"] / M_PER_KM, 1)
    lines = [
        f"{escaped(end_name(row['from_name'], language))} → {escaped(end_name(row['to_name'], language))}",
        f"{km} km · {escaped(word('link_way', row['way'], language))}",
        _speed(speaker, row),
        speaker.word("tip_link_sites", count=speaker.number(row["n_sites"]), sites=escaped(row["site_names"])),
        speaker.word("tip_link_cost" if row["n_sites"] > 1 else "tip_site_cost", cost=speaker.number(row["cost_mvnd"])),
    ]
    if row["way"] == "doc_duong":
        lines.insert(2, speaker.word("tip_link_road", road=escaped(road_word(row["road_name"], language))))
    if row["single_road"]:
        lines.append(f"<b>{speaker.word('tip_link_single')}</b>")
    return tooltip(f"link|{row['link_id']}", title, lines)


def _speed(speaker: Speaker, row: Row) -> str:
    load = speaker.number(row["load_mbps"])
    if is_missing(row["capacity_mbps"]):
        return speaker.word("tip_link_load", load=load)
    frequency = speaker.number(row["freq_ghz"], 1)
    return speaker.word("tip_link_speed", load=load, capacity=speaker.number(row["capacity_mbps"]), ghz=frequency)
