"""The parts below the plans: nothing runs before its button, every text is known, what is computed is shown."""

import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from coverage.ui.words import known

UI = Path(__file__).resolve().parents[1] / "coverage" / "ui"
FILES = ("plan_depth", "plan_years", "plan_sites", "ask")
PARTS = {"curve": "Điểm gãy", "phases": "Xây theo năm", "floors": "Xã biên giới đạt mức sàn",
         "robust": "Vị trí không hối tiếc", "why": "Đứng một mình phủ"}


def script() -> None:
    """Draw the parts over the hand-made case."""
    import streamlit as st
    from siting_case import layers, scenario

    from coverage.gap.assessment import assess
    from coverage.plan import propose
    from coverage.ui import plan_depth

    if "case" not in st.session_state:
        pack = layers()
        chosen = scenario(budgets_mvnd=[500.0, 1_300.0], robustness={"runs": 3})
        st.session_state["case"] = pack, propose(pack, assess(pack, chosen, areas=False), chosen)
    plan_depth.show(*st.session_state["case"])


def shown(page: AppTest) -> str:
    """Return the texts of the page."""
    kinds = ("markdown", "caption", "html", "warning", "error")
    return "\n".join(str(getattr(e, "value", "") or getattr(e.proto, "body", "")) for k in kinds for e in page.get(k))


def test_every_text_of_the_parts_is_known() -> None:
    used = set()
    for name in FILES:
        used |= set(re.findall(r"\bt\(\s*[\"']([a-z0-9_]+)[\"']", (UI / f"{name}.py").read_text(encoding="utf-8")))
    assert len(used) > 60
    assert [key for key in sorted(used) if not known(key)] == []
    assert all(known(f"depth_{k}") and known(f"depth_{k}_do") for k in PARTS)


def test_each_part_waits_for_its_button_and_then_shows_its_figures() -> None:
    st.cache_resource.clear()
    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    for part, wanted in PARTS.items():
        page.session_state["depth_vi"] = part
        page.run()
        assert wanted not in shown(page), part
        next(b for b in page.button if b.label == "Tính").click()
        page.run()
        assert not page.exception
        assert not page.error, [e.value for e in page.error]
        assert wanted in shown(page), part
    st.cache_resource.clear()


@pytest.mark.parametrize("name", FILES)
def test_the_parts_stay_clear_of_the_solver(name: str) -> None:
    assert "coverage.optimise" not in (UI / f"{name}.py").read_text(encoding="utf-8")
