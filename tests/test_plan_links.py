"""The part of the plan page that tells of links: figures, sentence, table; and nothing to list without links."""

import pytest
from streamlit.testing.v1 import AppTest

from coverage.summary import link_summary
from tests.brief_case import case_with_links


def _page(at: int, language: str) -> AppTest:
    def script(at: int, language: str) -> None:
        import streamlit as st

        from coverage.ui import plan_links
        from tests.brief_case import case_with_links

        st.session_state["language"] = language
        plan_links.show(case_with_links()[2].budgets[at])

    found = AppTest.from_function(script, default_timeout=120, kwargs={"at": at, "language": language}).run()
    assert not found.exception
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
def test_links_are_listed_with_what_hangs_on_single_roads(language: str) -> None:
    page, told = _page(1, language), link_summary(case_with_links()[2].budgets[1])
    vi = language == "vi"
    assert [w.value for w in page.warning] == [told.single_vi if vi else told.single_en]
    assert (told.money_vi if vi else told.money_en) in page.caption[0].value
    table = page.dataframe[0].value
    assert table["Tuyến" if vi else "Link"].tolist() == ["TD-001", "TD-002", "TD-003"]
    assert table["Độc đạo, nguy cơ sạt lở" if vi else "Single road, landslides"].tolist()[0] == ("Có" if vi else "Yes")


def test_a_plan_without_links_has_no_table_and_no_warning() -> None:
    page = _page(0, "vi")
    assert not page.warning
    assert not page.dataframe
    assert page.info[0].value == "Không vị trí nào phụ thuộc một con đường độc đạo."
