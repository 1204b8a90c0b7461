"""Part of the money of a plan: the office enters what a lessor asks for a site, takes it back, sees what changes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from coverage.brief.words import is_missing, word
from coverage.errors import ScenarioError
from coverage.money.statement import BudgetMoney
from coverage.quotes import ASSUMED, OFFERED, Quote
from coverage.ui import parts, state
from coverage.ui.parts import n, t

KEPT = 20       # steps that can be undone
_BEFORE = "quotes_before"
_WORDS = {ASSUMED: "assumed", OFFERED: "offered"}


def show(one: BudgetMoney) -> None:
    """Draw the table of fees of a budget's sites, with buttons to write them down, to undo and to drop all."""
    if not len(one.comparison.sites):
        return
    now = state.scenario().lease_quotes
    st.markdown(f"**{t('quote_title')}**")
    st.caption(t("quote_note"))
    names = {_basis(k): k for k in (ASSUMED, OFFERED)}
    frame = rows(one, now)
    with st.form(f"quotes_{one.budget_mvnd:.0f}", border=False):
        edited = st.data_editor(
            frame, hide_index=True, width="stretch", num_rows="fixed", disabled=[t("quote_site"), t("quote_used")],
            key=f"quote_rows_{state.language()}_{one.budget_mvnd:.0f}_{state.scenario().digest}",
            column_config={
                t("quote_option"): None,
                t("quote_fee"): st.column_config.NumberColumn(min_value=0.0, format="%.1f"),
                t("quote_basis"): st.column_config.SelectboxColumn(options=list(names)),
            })
        left, _ = st.columns([1, 3])
        pressed = left.form_submit_button(t("quote_write"), type="primary", width="stretch")
    if pressed:
        try:
            _write(entered(edited, now, names))
        except ScenarioError as error:
            parts.fault(error)
    first, second, _ = st.columns([1, 1, 2])
    first.button(t("quote_undo"), on_click=_undo, disabled=not st.session_state.get(_BEFORE), icon=":material/undo:",
                 key="quote_undo", width="stretch")
    second.button(t("quote_drop"), on_click=_drop, disabled=not now, icon=":material/delete:", key="quote_drop",
                  width="stretch")


def _basis(key: str) -> str:
    return word("lease_basis", _WORDS[key], state.language())


def rows(one: BudgetMoney, now: Mapping[str, Quote]) -> pd.DataFrame:
    """Return a row per site: id, name, fee in use (text), fee entered (empty where none), basis, who said so."""
    sites = one.comparison.sites
    quotes = [now.get(str(o)) for o in sites["option_id"]]
    return pd.DataFrame({
        t("quote_option"): sites["option_id"].astype(str),
        t("quote_site"): [f"{o}. {name}" for o, name in zip(sites["order"], sites["name"], strict=True)],
        t("quote_used"): [n(v, 1) for v in sites["lease_opex_mvnd_year"]],
        t("quote_fee"): pd.Series([None if q is None else q.mvnd_year for q in quotes], dtype="float64"),
        t("quote_basis"): [_basis(OFFERED if q is None else q.basis) for q in quotes],
        t("quote_who"): ["" if q is None else q.note for q in quotes],
    })


def entered(edited: pd.DataFrame, now: Mapping[str, Quote], names: Mapping[str, str]) -> dict[str, Quote]:
    """Return all fees after the table was edited: those of other sites stay, a row without a fee has none.

    Raises
    ------
    ScenarioError
        For a fee that is no number of zero or more.
    """
    out = dict(now)
    for row in edited.to_dict("records"):
        option, fee = str(row[t("quote_option")]), row[t("quote_fee")]
        out.pop(option, None)
        if not is_missing(fee):
            basis: Any = names[str(row[t("quote_basis")])]
            note = row[t("quote_who")]
            out[option] = Quote(float(fee), basis, "" if is_missing(note) else str(note).strip())
    return dict(sorted(out.items()))


def _write(quotes: Mapping[str, Quote]) -> None:
    if quotes != state.scenario().lease_quotes:
        _choose(quotes)
        st.rerun(scope="app")


def _choose(quotes: Mapping[str, Quote]) -> None:
    """Work with other fees; the ones before can be had again."""
    now = state.scenario()
    st.session_state[_BEFORE] = [*st.session_state.get(_BEFORE, []), dict(now.lease_quotes)][-KEPT:]
    state.choose_scenario(replace(now, lease_quotes=dict(quotes)))


def _undo() -> None:
    steps = list(st.session_state.get(_BEFORE, []))
    if steps:
        state.choose_scenario(replace(state.scenario(), lease_quotes=steps.pop()))
        st.session_state[_BEFORE] = steps


def _drop() -> None:
    _choose({})
