"""The part of the plan page on fixed broadband: its form, figures, tables; a worth and a switch that change them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from fixed_case import mobile_links, scenario
from streamlit.testing.v1 import AppTest

from coverage.brief.fixed_figures import fixed_summary
from coverage.gap.assessment import assess
from coverage.plan.fixed import fixed_plan
from coverage.plan.fixed_places import lacking
from coverage.siting.links import link_graph
from coverage.ui import maps, plan_fixed
from coverage.ui.words import number, text
from geodata.roads import road_graph
from geodata.sample import sample_layers

WAIT_S = 60


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return the sample with its own graph and a mobile plan that builds nothing."""
    pack, case = sample_layers(), scenario()
    told = assess(pack, case, areas=False)
    assert pack.roads is not None
    none = pd.DataFrame({"site_id": [], "name": [], "host_height_m": [], "x_m": [], "y_m": []})
    villages, anchors = lacking(told)
    links = link_graph(none, pack, case, road_graph(pack.roads), villages=villages, anchors=anchors)
    one = SimpleNamespace(budget_mvnd=5_000.0, links=mobile_links(links, []))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "STATIC", tmp_path_factory.mktemp("screen"))
        st.cache_resource.clear()
        yield SimpleNamespace(
            case=SimpleNamespace(layers=pack, assessment=told, scenario=case, links=links), budgets=(one,), year=2027,
            scenario=case, options=[1])
        st.cache_resource.clear()


SCRIPT = """
import streamlit as st
from coverage.ui import parts, plan_fixed
plan = st.session_state["plan"]
parts.guarded(plan_fixed.show)(plan.case.layers, plan)
"""


def page(plan: Any, language: str = "vi") -> AppTest:
    at = AppTest.from_string(SCRIPT, default_timeout=WAIT_S)
    at.session_state["plan"], at.session_state["language"] = plan, language
    return at.run()


def html_of(at: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in at.get("html"))


def press(at: AppTest, label: str) -> AppTest:
    next(b for b in at.button if b.label == label).click()
    return at.run()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_is_computed_before_the_button_and_then_the_figures_are_those_of_the_plan(
    plan: Any, language: str
) -> None:
    at = page(plan, language)
    if language == "vi":
        assert not html_of(at)
        at = press(at, text("depth_compute", language))
    assert not at.exception
    assert not at.error
    one = fixed_summary(fixed_plan(plan))
    shown = html_of(at)
    for key in ("fixed_villages", "fixed_households", "fixed_anchors", "fixed_mbps", "fixed_km"):
        assert text(key, language) in shown
    assert f"{number(one.totals.villages, language)}<span>/ {number(one.villages_counted, language)}" in shown
    assert number(one.totals.new_km, language, 1) in shown
    assert [len(d.value) for d in at.dataframe[:2]] == [one.villages_listed, one.anchors_listed]
    assert at.get("component_instance")


def test_a_worth_and_a_switch_change_the_plan(plan: Any) -> None:
    at = page(plan)
    before = plan_fixed.chosen_default(plan)
    at.number_input[0].set_value(0.0)
    next(c for c in at.checkbox if c.label == text("fixed_unknown_lease", "vi")).uncheck()
    at = press(at, text("fixed_set", "vi"))
    at = press(at, text("depth_compute", "vi"))
    assert not at.error
    _, choice = at.session_state["fixed"]
    assert choice.worth == (0.0, before.worth[1])
    assert not choice.fixed.unknown_lease
    found = fixed_plan(plan, plan_fixed.scenario_of(plan, choice))
    assert found.totals.villages == 0
    assert found.totals.anchors > 0
    assert found.totals.anchors_unconfirmed == 0
    assert f"{found.totals.anchors}<span>" in html_of(at)
    note = plan_fixed.scenario_of(plan, choice).prices["fibre_worth_household"].note
    assert note.certainty == "người dùng đặt"
