"""Page "Khoảng trống phủ sóng": who has no signal, village by village, on a map and in a table tied to it."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from coverage.brief import palette
from coverage.brief.model_text import accuracy_text, sensitivity_text
from coverage.brief.web_layers import gap_map
from coverage.brief.web_map import LayerSpec, MapSpec
from coverage.brief.web_source import Source
from coverage.brief.words import is_missing, word, words_of
from coverage.gap.assessment import Assessment
from coverage.summary import GapSummary, gap_summary
from coverage.ui import gap_tables, maps, parts, state
from coverage.ui.parts import Card, n, t
from coverage.ui.village_card import commune_card, village_card
from coverage.ui.words import share
from geodata.crs import WGS84
from geodata.layers import Layers

MAP_HEIGHT = 560
_ORDER = {"trang": 0, "lom": 1, "chua_du_dl": 2, "phu": 3}


@dataclass(frozen=True)
class Filter:
    """Which villages are shown; empty means all. ``operator`` limits masts, claims and signal on the map."""

    border: bool = False
    communes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    operator: str | None = None

    @property
    def open(self) -> bool:
        """Whether every village is shown."""
        return not (self.border or self.communes or self.statuses)


def show() -> None:
    """Draw the page."""
    layers = parts.need_layers()
    assessment = parts.need_assessment(layers)
    if state.pack().is_sample:
        state.plan_job(layers, assessment)  # ready when the user turns to the next page
    parts.heading(t("gap_title"), t("gap_lead"), illustrative=layers.info.illustrative)
    gap = gap_summary(assessment)
    parts.cards(figure_cards(gap))
    st.caption(model_note(gap))
    chosen = filters(layers, assessment)
    rows = ordered(matching(assessment.villages, chosen), assessment.communes)
    workbench(layers, assessment, chosen, rows, gap)


def figure_cards(gap: GapSummary) -> list[Card]:
    """Return the first figures of the page, each with its denominator."""
    power = gap.powered
    return [
        Card(
            t("card_trang"),
            n(gap.trang),
            _of(gap.trang, gap.villages),
            _powered(power.trang, power.villages),
            palette.STATUS["trang"],
        ),
        Card(
            t("card_lom"),
            n(gap.lom),
            _of(gap.lom, gap.printed.lom_denominator),
            _powered(power.lom, power.lom_denominator),
            palette.STATUS["lom"],
        ),
        Card(
            t("card_border"),
            n(gap.border_communes_uncovered),
            t("of_whole", whole=n(gap.border_communes)),
            t("card_border_note", trang=n(gap.border.trang), lom=n(gap.border.lom)),
            palette.BORDER_LINE,
        ),
        Card(
            t("card_homes"),
            n(gap.unserved_households),
            _of(gap.unserved_households, gap.households),
            t("card_people", people=n(gap.unserved_people), whole=n(gap.people_on_clusters)),
            palette.PROPOSED,
        ),
        Card(
            t("card_fibre"),
            n(gap.no_fibre),
            _of(gap.no_fibre, gap.villages),
            t("card_fibre_note", near=n(gap.fibre_near), yes=n(gap.fibre)),
            palette.FIBRE,
        ),
    ]


def footnote(gap: GapSummary) -> str:
    """Return what stands beside the figures: the model's own count, and how sure it is."""
    return t(
        "gap_footnote",
        trang=n(gap.model.trang),
        lom=n(gap.model.lom),
        differing=n(gap.differing),
        survey=n(gap.needs_survey),
        one=n(gap.one_operator),
        lost=n(gap.loses_signal_with_3g),
    )


def model_note(gap: GapSummary) -> str:
    """Return one line on what assumed powers decide and how far the model agrees with measurements."""
    language = state.language()
    return " ".join((sensitivity_text(gap.sensitivity, language), accuracy_text(gap.accuracy, language))).strip()


def _powered(part: int, whole: int) -> str:
    return t("card_powered", part=n(part), whole=n(whole), share=share(part, whole, state.language()))


def _of(part: float, whole: float) -> str:
    return t("of_whole_share", whole=n(whole), share=share(part, whole, state.language()))


def filters(layers: Layers, assessment: Assessment) -> Filter:
    """Ask what to show."""
    language = state.language()
    communes = assessment.communes.sort_values("rank", kind="stable")
    first, second, third, fourth = st.columns([1.2, 1.7, 3.1, 1.5], vertical_alignment="bottom")
    border = first.toggle(t("filter_border"), key="filter_border")
    names = dict(zip(communes["commune_code"], communes["name"], strict=True))
    shown = communes[communes["is_border"]] if border else communes
    chosen = second.multiselect(
        t("filter_communes"),
        list(shown["commune_code"]),
        format_func=names.__getitem__,
        placeholder=t("filter_all"),
        key="filter_communes",
    )
    statuses = third.pills(
        t("filter_status"),
        list(_ORDER),
        selection_mode="multi",
        key="filter_status",
        format_func=lambda s: word("status", s, language),
    )
    operators = sorted(set(layers.sites["operator"].dropna().astype(str)))
    operator = fourth.selectbox(
        t("filter_operator"),
        ["", *operators],
        key=f"filter_operator_{language}",
        format_func=lambda o: o or t("filter_all_operators"),
    )
    return Filter(border, tuple(chosen), tuple(statuses or ()), operator or None)


def matching(villages: gpd.GeoDataFrame, chosen: Filter) -> gpd.GeoDataFrame:
    """Return the villages that a filter lets through."""
    keep = pd.Series(data=True, index=villages.index)
    if chosen.border:
        keep &= villages["is_border"].astype(bool)
    if chosen.communes:
        keep &= villages["commune_code"].isin(chosen.communes)
    if chosen.statuses:
        keep &= villages["status_printed"].isin(chosen.statuses)
    return villages[keep]


def ordered(villages: gpd.GeoDataFrame, communes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return villages by the rank of their commune (border first), gaps first, then homes without signal."""
    rank = communes.set_index("commune_code")["rank"]
    keys = villages.assign(
        _rank=villages["commune_code"].map(rank),
        _gap=villages["status_printed"].map(_ORDER),
        _homes=-villages["unserved_households"].fillna(0.0),
    )
    index = keys.sort_values(["_rank", "_gap", "_homes", "village_code"], kind="stable").index
    return villages.loc[index].reset_index(drop=True)


@st.cache_resource(show_spinner=False, max_entries=32)
def _spec(_source: Source, _base: list[LayerSpec], codes: tuple[str, ...] | None, key: tuple[Any, ...]) -> MapSpec:  # noqa: ARG001 - it is the key
    return gap_map(_source, codes=codes, base=_base)


@st.fragment
@parts.guarded
def workbench(layers: Layers, assessment: Assessment, chosen: Filter, rows: gpd.GeoDataFrame, gap: GapSummary) -> None:
    """Show the map, what is selected on it, and the tables; a click in one shows in the other."""
    left, right = st.columns([2.5, 1], gap="medium")
    source, base, key = maps.base_layers(layers, assessment, chosen.operator)
    codes = None if chosen.open else tuple(rows["village_code"])
    code = st.session_state.get("village")
    place = place_of(assessment.villages, code)
    with left:
        clicked = maps.show(
            _spec(source, base, codes, key),
            name="gap",
            height=MAP_HEIGHT,
            selected=place,
            closer=bool(st.session_state.pop("village_from_table", False)),
        )
        st.caption(t("map_hint") if len(assessment.area_rsrp) else t("map_hint_no_signal"))
        st.caption(footnote(gap))
    if clicked and clicked[0] in ("village", "commune") and clicked[1] != code:
        st.session_state["village"] = clicked[1]
        st.rerun(scope="fragment")
    with right.empty().container():  # replaced whole: a card and the ranking hold different numbers of elements
        if code in set(assessment.villages["village_code"]):
            village_card(assessment, str(code))
        elif code in set(assessment.communes["commune_code"]):
            commune_card(assessment, str(code))
        else:
            commune_ranking(assessment.communes)
    names = ("tab_villages", "tab_reconciliation", "tab_power", "tab_operators", "tab_anchors")
    tabs = st.tabs([t(name) for name in names])
    with tabs[0]:
        village_table(rows, chosen.operator, assessment)
    with tabs[1]:
        gap_tables.reconciliation_table(assessment, gap)
    with tabs[2]:
        gap_tables.power_table(gap)
    with tabs[3]:
        gap_tables.operator_table(gap)
    with tabs[4]:
        gap_tables.anchor_table(assessment, gap)


def place_of(villages: gpd.GeoDataFrame, code: object) -> tuple[float, float] | None:
    """Return latitude and longitude of a village, None for anything else."""
    found = villages[villages["village_code"] == code] if isinstance(code, str) else villages.iloc[:0]
    if not len(found):
        return None
    point = found.geometry.to_crs(WGS84).iloc[0]
    return round(point.y, 6), round(point.x, 6)


def commune_ranking(communes: gpd.GeoDataFrame) -> None:
    """Show the communes, border ones first, by homes without signal."""
    ranked = communes.sort_values("rank", kind="stable")
    names = [
        f"{name}{' ●' if border else ''}" for name, border in zip(ranked["name"], ranked["is_border"], strict=True)
    ]
    table = pd.DataFrame(
        {
            t("col_commune"): names,
            t("col_trang"): ranked["trang_printed"].to_numpy(),
            t("col_lom"): ranked["lom_printed"].to_numpy(),
            t("col_homes_short"): ranked["unserved_households"].to_numpy(),
        }
    )
    numbers = [t("col_trang"), t("col_lom"), t("col_homes_short")]
    st.markdown(f"**{t('ranking_title')}**")
    st.dataframe(
        parts.styled(table, dict.fromkeys(numbers, n)),
        hide_index=True,
        width="stretch",
        height=min(MAP_HEIGHT - 62, 38 + 35 * len(table)),
        column_config={t("col_commune"): st.column_config.TextColumn(width=112)}
        | {name: st.column_config.NumberColumn(width=52) for name in numbers},
    )
    st.caption(t("ranking_note"))


def _village_frame(rows: gpd.GeoDataFrame, operator: str | None, assessment: Assessment) -> pd.DataFrame:
    """Return the table of villages with headings and words of the session's language; numbers stay numbers."""
    language = state.language()
    fibre, statuses = words_of("fibre", language), words_of("status", language)
    frame = pd.DataFrame(
        {
            t("col_commune"): rows["commune_name"],
            t("col_village"): rows["name"],
            t("col_status"): rows["status_printed"].map(statuses),
            t("col_status_model"): rows["status_model"].map(statuses),
            t("col_households"): rows["households"],
            t("col_people"): rows["people"],
            t("col_homes_without"): rows["unserved_households"],
            t("col_operators"): [
                _operators(r) for r in rows[["n_operators", "n_operators_known"]].itertuples(index=False)
            ],
            t("col_nearest"): rows["nearest_1"],
            t("col_km"): rows["nearest_1_km"],
            t("col_blocked"): rows["nearest_1_blocked"].map(parts.yes_no),
            t("col_power"): rows["grid_power"].map(parts.yes_no),
            t("col_fibre"): rows["fibre_status"].map(fibre),
            t("col_confidence"): rows["confidence"].map(words_of("confidence", language)),
            t("col_survey"): rows["needs_survey"].map(parts.yes_no),
        }
    )
    if operator is not None:
        frame.insert(3, t("col_operator_serves", operator=operator), _served_by(rows, operator, assessment))
    return frame


def _operators(row: Any) -> str:
    if is_missing(row.n_operators):
        return "–"
    return f"{'' if row.n_operators_known else '≥ '}{n(row.n_operators)}"


def _served_by(rows: gpd.GeoDataFrame, operator: str, assessment: Assessment) -> list[str]:
    """Tell for each village whether one operator serves its centre with 4G or later."""
    table = assessment.point_table
    centres = table[table["kind"] == "centre"].set_index("village_code")
    technologies = assessment.scenario.service.headline_technologies
    columns = [c for c in (f"served_{operator}_{k}" for k in technologies) if c in centres]
    served = centres[columns].any(axis=1) if columns else pd.Series(data=False, index=centres.index)
    return [parts.yes_no(bool(v)) for v in served.reindex(rows["village_code"]).fillna(value=False)]


def village_table(rows: gpd.GeoDataFrame, operator: str | None, assessment: Assessment) -> None:
    """Show the villages; choosing a row shows it on the map."""
    frame = _village_frame(rows, operator, assessment)
    st.session_state["village_rows"] = list(rows["village_code"])
    st.markdown(f"**{t('table_title', count=n(len(frame)), whole=n(len(assessment.villages)))}**")
    whole = [t("col_households"), t("col_people"), t("col_homes_without")]
    formats: dict[str, parts.Formatter] = dict.fromkeys(whole, n) | {t("col_km"): lambda v: n(v, 1)}
    tones = {t("col_status"): parts.status_tones(), t("col_status_model"): parts.status_tones()}
    st.dataframe(
        parts.styled(frame, formats, tones),
        hide_index=True,
        width="stretch",
        height=420,
        key="village_table",
        on_select=_table_row_chosen,
        selection_mode="single-row",
    )
    st.caption(t("table_note"))


def _table_row_chosen() -> None:
    rows = st.session_state["village_table"]["selection"]["rows"]
    codes = st.session_state.get("village_rows", [])
    if rows and rows[0] < len(codes):
        st.session_state["village"] = codes[rows[0]]
        st.session_state["village_from_table"] = True
    else:
        st.session_state.pop("village", None)
