"""The table of lease fees on the screen: what is entered, dropped, undone; each fault is one line."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from coverage.errors import ScenarioError
from coverage.quotes import Quote
from coverage.scenario import Scenario
from coverage.ui import lease_table, state

SITES = pd.DataFrame({"order": [1, 2], "option_id": ["A-M", "B-C"], "name": ["Vị trí A", "Vị trí B"],
                      "lease_opex_mvnd_year": [746.0, 320.0]})
ONE: Any = SimpleNamespace(budget_mvnd=10_000.0, comparison=SimpleNamespace(sites=SITES))
NAMES = {"Báo giá": "báo giá", "Giả định của cơ quan": "giả định"}


@pytest.fixture(autouse=True)
def vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "language", lambda: "vi")


def test_rows_show_the_fee_in_use_and_the_one_entered() -> None:
    table = lease_table.rows(ONE, {"B-C": Quote(300.0, "giả định", "biên bản 3/11")})
    assert table["Mã phương án"].tolist() == ["A-M", "B-C"]
    assert table["Phí đang dùng (triệu đồng/năm)"].tolist() == ["746,0", "320,0"]
    fee = table["Phí nhập (triệu đồng/năm)"]
    assert pd.isna(fee[0])
    assert fee[1] == 300.0
    assert table["Căn cứ"].tolist() == ["Báo giá", "Giả định của cơ quan"]


def test_what_is_entered_stays_beside_the_fees_of_other_sites() -> None:
    now = {"B-C": Quote(300.0), "Z": Quote(1.0)}
    table = lease_table.rows(ONE, now)
    table.loc[0, "Phí nhập (triệu đồng/năm)"] = 700.0
    table.loc[0, "Nguồn, ngày"] = " VNPT "
    table.loc[1, "Phí nhập (triệu đồng/năm)"] = None          # dropped
    assert lease_table.entered(table, now, NAMES) == {"A-M": Quote(700.0, "báo giá", "VNPT"), "Z": Quote(1.0)}
    table.loc[0, "Phí nhập (triệu đồng/năm)"] = -1.0
    with pytest.raises(ScenarioError):
        lease_table.entered(table, now, NAMES)


SCRIPT = """
import pandas as pd
from types import SimpleNamespace
from coverage.ui import lease_table
sites = pd.DataFrame({"order": [1], "option_id": ["A-M"], "name": ["Vị trí A"], "lease_opex_mvnd_year": [746.0]})
lease_table.show(SimpleNamespace(budget_mvnd=10_000.0, comparison=SimpleNamespace(sites=sites)))
"""


def test_drop_and_undo() -> None:
    at = AppTest.from_string(SCRIPT)
    at.session_state["scenario"] = Scenario.from_mapping({"lease_quotes": {"A-M": 700.0}})
    at.run()
    assert not at.exception
    assert at.button(key="quote_undo").disabled
    at.button(key="quote_drop").click().run()
    assert at.session_state["scenario"].lease_quotes == {}
    assert at.button(key="quote_drop").disabled
    at.button(key="quote_undo").click().run()
    assert at.session_state["scenario"].lease_quotes == {"A-M": Quote(700.0)}
    assert at.button(key="quote_undo").disabled


def test_the_plan_does_not_hang_on_fees(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, quoted = Scenario.default(), Scenario.from_mapping({"lease_quotes": {"A-M": 700.0}})
    ground: Any = SimpleNamespace(info=SimpleNamespace(pack_id="p"))
    assert state._plan_key(ground, plain) == state._plan_key(ground, quoted)
    dear = Scenario.from_mapping({"prices": {"tower_ground": 600}})
    assert state._plan_key(ground, plain) != state._plan_key(ground, dear)
    keys = {state._assess_key(ground, s, areas=False) for s in (plain, quoted, dear)}
    assert len(keys) == 1       # prices and fees say nothing of today's signal
