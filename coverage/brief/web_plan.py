"""The map of a plan, and the map page of the hand-in folder: proposed sites over the gaps they close."""

import functools
from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.brief import palette
from coverage.brief.link_text import carried
from coverage.brief.web_layers import communes_layer, gaps_layer, ground, lines_layers, masts_layers, villages_layer
from coverage.brief.web_links import network_layer
from coverage.brief.web_map import LayerSpec, MapSpec, PageStore, standalone_page
from coverage.brief.web_source import Row, Source, bounds_of, map_of, vector_layer
from coverage.brief.web_text import escaped, map_word, swatch
from coverage.brief.web_tips import gained_tip, site_tip
from coverage.brief.words import plain, vn_date, vn_money
from coverage.gap.assessment import Assessment
from coverage.plan import BudgetPlan, Plan
from geodata.layers import Layers


def sites_layer(source: Source, budget: BudgetPlan, *, title: str, show: bool = True) -> list[LayerSpec]:
    """Return the proposed sites, numbered in order of building."""
    if not len(budget.sites):
        return []
    frame = budget.sites.assign(number=budget.sites["order"].astype(int))
    return [
        vector_layer(
            source,
            f"sites-{plain(title)}",
            title,
            frame,
            tip=functools.partial(_site_tip, links=pd.DataFrame(budget.links.drop(columns="geometry"))),
            show=show,
            numbered=True,
            rank=100,
            keys=[(swatch("round", palette.PROPOSED, edge="#ffffff"), "")],
        )
    ]


def _site_tip(source: Source, row: Row, *, links: pd.DataFrame) -> str:
    return site_tip(source, row, carried(row, links, source.language))


def gained_villages(source: Source, budget: BudgetPlan) -> gpd.GeoDataFrame:
    """Return the villages whose people or status the plan changes, with name, commune and place."""
    columns = ["village_code", "name", "commune_name", "geometry"]
    places = source.assessment.villages[columns]
    change = budget.villages
    changed = change[(change["newly_served_people"] > 0) | (change["status_before"] != change["status_after"])]
    return places.merge(changed, on="village_code", how="inner")


def links_layer(
    source: Source, budget: BudgetPlan, *, title: str, label: str = "", show: bool = True
) -> list[LayerSpec]:
    """Return a line from every site to each village whose homes it is the first to serve; labels must differ."""
    links = service_lines(gained_villages(source, budget), budget.sites)
    if not len(links):
        return []
    style = {"color": palette.PROPOSED, "weight": 1.4, "opacity": 0.7, "fill": False, "dashArray": "2 4"}
    return [
        vector_layer(
            source, f"links-{plain(title)}", label or source.word("layer_links"), links, tip=None, show=show, rank=85,
            keys=[(swatch("dotted", palette.PROPOSED), "")], style=style,
        )
    ]  # fmt: skip


def served_layers(source: Source, budget: BudgetPlan, *, title: str) -> list[LayerSpec]:
    """Return the newly covered villages and the lines to the sites that serve them."""
    gained = gained_villages(source, budget)
    if not len(gained):
        return []
    style = {
        "radius": 8, "shape": "circle", "fill": True, "fillColor": "#ffffff", "fillOpacity": 0.55,
        "color": palette.PROPOSED, "weight": 2.4,
    }  # fmt: skip
    rings = vector_layer(
        source, f"new-{plain(title)}", source.word("layer_new"), gained, tip=gained_tip, style=style, rank=90,
        keys=[(swatch("round", "#ffffff", edge=palette.PROPOSED), "")],
    )  # fmt: skip
    return [rings, *links_layer(source, budget, title=title)]


def service_lines(gained: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a straight line from each site to every village whose homes it is the first to serve."""
    starts = dict(zip(sites["option_id"], sites.geometry, strict=True))
    pairs = [
        (starts[option], point)
        for options, point in zip(gained["served_by"], gained.geometry, strict=True)
        for option in str(options).split(", ")
        if option in starts
    ]
    lines = [shapely.LineString([(a.x, a.y), (b.x, b.y)]) for a, b in pairs]
    return gpd.GeoDataFrame({"n": np.arange(len(lines))}, geometry=gpd.GeoSeries(lines, crs=sites.crs), crs=sites.crs)


def plan_map(source: Source, budget: BudgetPlan, *, base: Sequence[LayerSpec] | None = None) -> MapSpec:
    """Return the map of one budget's plan: sites, the villages they serve, and the villages still left.

    ``base`` is a ground() made before.
    """
    relief, *signal = ground(source) if base is None else base
    specs = [
        *sites_layer(source, budget, title=source.word("layer_sites")),
        *network_layer(source, budget),
        *served_layers(source, budget, title="plan"),
        left_layer(source, budget),
        communes_layer(source),
        *gaps_layer(source),
        *masts_layers(source, show=False),
        *signal,
        *lines_layers(source, quiet=True),
        relief,
    ]
    return map_of(source, specs, bounds_of(source.assessment.communes))


def left_layer(source: Source, budget: BudgetPlan) -> LayerSpec:
    """Return the villages by the status they have once the plan is built; untouched ones keep what papers print."""
    change = budget.villages[budget.villages["status_before"] != budget.villages["status_after"]]
    villages = source.assessment.villages
    after = villages["village_code"].map(change.set_index("village_code")["status_after"])
    now = after.fillna(villages["status_printed"].astype(object))
    assessment = replace(source.assessment, villages=villages.assign(status_printed=now))
    return villages_layer(replace(source, assessment=assessment), title="layer_left")


def standalone_map(layers: Layers, assessment: Assessment, plan: Plan | None, *, language: str = "vi") -> str:
    """Return the hand-in folder's map: one HTML page that opens without internet, gaps and each budget's sites."""
    store = PageStore()
    source = Source(layers, assessment, store, language)
    relief, *signal = ground(source)
    specs: list[LayerSpec] = []
    budgets = plan.budgets if plan is not None else ()
    for number, budget in enumerate(budgets):
        title = source.word("layer_plan_sites", budget=vn_money(budget.budget_mvnd))
        last = number == len(budgets) - 1
        label = f"{source.word('layer_links')} – {vn_money(budget.budget_mvnd)}"
        specs += links_layer(source, budget, title=title, label=label, show=last)
        specs += sites_layer(source, budget, title=title, show=last)
        network = source.word("layer_network_budget", budget=vn_money(budget.budget_mvnd))
        specs += network_layer(source, budget, title=title, label=network, show=last)
    specs += [
        villages_layer(source),
        communes_layer(source),
        *gaps_layer(source, show=True),
        *masts_layers(source),
        *signal,
        *lines_layers(source),
        relief,
    ]
    spec = map_of(source, specs, bounds_of(assessment.communes))
    return standalone_page(
        spec, store, title=map_word("page_title", language), head_html=_head(source), foot_html=_foot(source)
    )


def _head(source: Source) -> str:
    info = source.layers.info
    invented = f" <mark>{source.word('badge_illustrative')}</mark>" if info.illustrative else ""
    title = f"{source.word('page_title')} – {escaped(info.province)}"
    return f"<h1>{title}{invented}</h1><p>{source.word('page_note')}</p>"


def _foot(source: Source) -> str:
    info, scenario = source.layers.info, source.assessment.scenario
    run = source.word(
        "page_run",
        pack=info.pack_id,
        scenario=escaped(scenario.name),
        digest=scenario.digest,
        date=vn_date(scenario.reference_date or info.reference_date),
    )
    return f"<p>{run}</p>"
