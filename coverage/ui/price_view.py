"""Part of the data page: the whole price book to read and filter, and single prices to replace, with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.words import is_missing, vn_date, word, words_of
from coverage.errors import ScenarioError
from coverage.scenario import COST_LINES, Price, Scenario, load_prices, override_prices
from coverage.ui import parts, state
from coverage.ui.parts import n, t
from coverage.ui.words import unit_text
from geodata.units import fold_name

KEPT = 20       # steps that can be undone
LEVELS = ("low", "base", "high")
NO_LINE = "none"
_BEFORE = "prices_before"


def show(scenario: Scenario) -> None:
    """Draw the book with its filters, then the form that replaces a price; the level in use is named."""
    language = state.language()
    level = word("price_level", scenario.price_level, language).lower()
    st.caption(t("price_note", name=scenario.price_book, level=level))
    book = load_prices(scenario.price_book)
    left, middle, right = st.columns([2, 3, 1.4], vertical_alignment="bottom")
    wanted = left.text_input(t("price_find"), key="price_find", placeholder=t("price_find_hint"))
    lines = line_names(language)
    chosen = middle.multiselect(t("price_lines"), list(lines), format_func=lines.__getitem__, key="price_lines",
                                placeholder=t("price_all"))
    own = right.checkbox(t("price_own", count=n(len(replaced(scenario, book)))), key="price_own")
    items = matching(scenario, book, text=wanted, lines=chosen, own=own)
    st.caption(t("price_shown", shown=n(len(items)), whole=n(len(scenario.prices))))
    if items:
        with_badges(price_frame(scenario, book, items))
    else:
        st.info(t("price_none"), icon=":material/search_off:")
    edit(scenario, book)


def line_names(language: str) -> dict[str, str]:
    """Return line of the rough cost -> its name, and the entry of what is no money of a rough cost."""
    names = words_of("money_line", language)
    return {k: names[k] for k in COST_LINES} | {NO_LINE: t("price_no_line")}


def replaced(scenario: Scenario, book: Mapping[str, Price]) -> tuple[str, ...]:
    """Return the items whose figures are not the book's."""
    return tuple(i for i, p in scenario.prices.items() if _figures(p) != _figures(book[i]))


def _figures(price: Price) -> tuple[float, float, float]:
    return price.low, price.base, price.high


def matching(
    scenario: Scenario, book: Mapping[str, Price], *, text: str = "", lines: Any = (), own: bool = False,
) -> list[str]:
    """Return the items that hold a text (marks do not matter), belong to one of the lines, and were replaced."""
    asked, mine = fold_name(text, drop_kind=False) if text.strip() else "", set(replaced(scenario, book))
    out = []
    for item, price in scenario.prices.items():
        note = price.note
        told = fold_name(f"{item} {note.label_vi} {note.label_en} {note.citation}", drop_kind=False)
        if asked in told and (not lines or (price.line or NO_LINE) in lines) and (not own or item in mine):
            out.append(item)
    return out


def price_frame(scenario: Scenario, book: Mapping[str, Price], items: list[str]) -> pd.DataFrame:
    """Return one row per item: name, line, unit, three levels, VAT, certainty, the book's own figures, source."""
    language, names = state.language(), line_names(state.language())
    mine = set(replaced(scenario, book))
    rows = []
    for item in items:
        price = scenario.prices[item]
        note, money = price.note, price.note.unit.startswith("triệu đồng")
        rows.append({
            t("col_item"): note.label_vi if language == "vi" else note.label_en,
            t("price_line"): names[price.line or NO_LINE],
            t("col_unit"): unit_text(note.unit, language),
            t("col_low"): value_text(price.low), t("col_base"): value_text(price.base),
            t("col_high"): value_text(price.high),
            t("col_vat"): (t("vat_yes") if price.vat_included else t("vat_no")) if money else "–",
            t("col_certainty"): certainty(note.certainty),
            t("price_book"): " / ".join(value_text(v) for v in _figures(book[item])) if item in mine else None,
            t("col_citation"): note.citation,
        })
    return pd.DataFrame(rows)


def edit(scenario: Scenario, book: Mapping[str, Price]) -> None:
    """Ask for an item, its three figures and the reason; buttons take a replacement back or undo the last step."""
    language, mine = state.language(), replaced(scenario, book)
    labels = {i: p.note.label_vi if language == "vi" else p.note.label_en for i, p in scenario.prices.items()}
    with st.expander(t("price_edit"), icon=":material/edit:"):
        st.caption(t("price_edit_note"))
        item = str(st.selectbox(t("col_item"), list(labels), key=f"price_item_{language}", format_func=lambda i: (
            f"{labels[i]} ({unit_text(scenario.prices[i].note.unit, language)}){' ●' if i in mine else ''}")))
        price = scenario.prices[item]
        with st.form(f"price_form_{item}", border=False):
            columns = st.columns([1, 1, 1, 3, 1], vertical_alignment="bottom")
            figures = [columns[at].number_input(t(f"col_{k}"), value=float(getattr(price, k)), min_value=0.0,
                                                key=f"price_{k}_{item}_{scenario.digest}", format="%g")
                       for at, k in enumerate(LEVELS)]
            reason = columns[3].text_input(t("price_reason"), key=f"price_reason_{item}")
            pressed = columns[4].form_submit_button(t("price_write"), type="primary", width="stretch")
        first, second, _ = st.columns([1.4, 1, 2])
        first.button(t("price_back"), on_click=_back, args=(item,), disabled=item not in mine, key="price_back",
                     icon=":material/restart_alt:", width="stretch")
        second.button(t("quote_undo"), on_click=_undo, disabled=not st.session_state.get(_BEFORE), key="price_undo",
                      icon=":material/undo:", width="stretch")
        if pressed:
            _write(scenario, item, figures, reason.strip())


def _write(scenario: Scenario, item: str, figures: list[float], reason: str) -> None:
    if not reason:
        st.error(t("price_no_reason"), icon=":material/error:")
        return
    given = dict(zip(LEVELS, figures, strict=True))
    try:
        prices = override_prices(scenario.prices, {item: given | {"reason": reason}}, scenario.price_book,
                                 t("price_where"))
    except ScenarioError as error:
        parts.fault(error)
        return
    _choose(prices)
    st.rerun()


def _choose(prices: Mapping[str, Price]) -> None:
    """Work with other prices; the ones before can be had again."""
    now = state.scenario()
    st.session_state[_BEFORE] = [*st.session_state.get(_BEFORE, []), dict(now.prices)][-KEPT:]
    state.choose_scenario(replace(now, prices=dict(prices)))


def _back(item: str) -> None:
    now = state.scenario()
    _choose({**now.prices, item: load_prices(now.price_book)[item]})


def _undo() -> None:
    steps = list(st.session_state.get(_BEFORE, []))
    if steps:
        state.choose_scenario(replace(state.scenario(), prices=steps.pop()))
        st.session_state[_BEFORE] = steps


def value_text(value: Any) -> str:
    """Write a value of a profile or price book: dates, lists, numbers without needless zeros."""
    if isinstance(value, tuple):
        return "; ".join(value_text(v) for v in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return vn_date(value) if hasattr(value, "year") else str(value)
    text = n(value, 2)
    mark = "," if state.language() == "vi" else "."
    return text.rstrip("0").rstrip(mark) if mark in text else text


def certainty(value: str) -> str:
    """Return how certain a value is as a badge in the session's language."""
    keys = {
        "văn bản": "certain_text",
        "tin cậy vừa": "certain_medium",
        "giả định": "certain_assumed",
        "người dùng đặt": "certain_user",
    }
    return t(keys[value]) if value in keys else value


def with_badges(frame: pd.DataFrame) -> None:
    """Show a table whose assumptions stand out."""
    assumed = t("certain_assumed")
    look = frame.style.map(
        lambda v: "background-color:#fff4d6;color:#6b4e00;font-weight:600" if v == assumed else "",
        subset=[t("col_certainty")],
    )
    shown = [c for c in frame.columns if not all(is_missing(v) for v in frame[c])]
    st.dataframe(look, hide_index=True, width="stretch", height=min(640, 40 + 35 * len(frame)), column_order=shown)
