"""What the parts below the plans share: work that waits for its button, and a list of sites."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from coverage.brief.words import word
from coverage.compute import Progress
from coverage.ui import parts, state
from coverage.ui.parts import n, t

NAME_PX = 220


def on_demand(key: Hashable, work: Callable[[Progress], Any], name: str) -> Any:
    """Return the result of a job that starts at its button; None before that.

    Parameters
    ----------
    name : key of the title in words.csv; ``<name>_do`` says what will be done.
    """
    jobs = state.jobs()
    place = st.empty()
    if jobs.find(key) is None:
        with place.container():
            st.caption(t(f"{name}_do"))
            pressed = st.button(t("depth_compute"), key=f"{name}_go", type="primary", icon=":material/play_arrow:")
        if not pressed:
            return None
        place.empty()
    return parts.watched(key, jobs.start(key, work), t(name))


def site_list(
    sites: gpd.GeoDataFrame, extra: Mapping[str, Sequence[Any]], columns: Mapping[str, Any] | None = None
) -> None:
    """Show a table of sites: ``extra`` columns first, then name, commune, kind, cost; ``columns``: how to draw some."""
    language = state.language()
    cost = t("col_cost")
    frame = pd.DataFrame({
        **extra,
        t("col_site"): sites["name"].to_numpy(),
        t("col_commune"): [f"{c} {'●' if b else ''}".strip()
                           for c, b in zip(sites["commune_name"], sites["is_border"], strict=True)],
        t("col_kind"): [word("site_kind", k, language) for k in sites["kind"]],
        cost: sites["cost_mvnd"].to_numpy(),
    })
    config = {t("col_site"): st.column_config.Column(width=NAME_PX), **(columns or {})}
    st.dataframe(parts.styled(frame, {cost: n}), hide_index=True, width="stretch", column_config=config)
