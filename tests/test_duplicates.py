"""Duplicate investment: masts near proposals by hand, and what became of sharing them."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from money_case import plan
from shapely.geometry import Point
from siting_case import RIDGE_Y, WEST, assessment, frame, layers, scenario, site

from coverage.money.duplicates import SHARING, duplicates, sharing_first
from coverage.plan import propose
from coverage.scenario import Scenario
from geodata.layers import Layers

BASE = Scenario.default()


def pack(*masts: dict[str, Any]) -> Layers:
    """Return the small landscape with masts at places (x, y) in metres of the pack."""
    rows = [mast | {"geometry": Point(mast.pop("x"), mast.pop("y"))} for mast in masts]
    near = [site(m["site_code"], 0, 0, **m) for m in rows]
    return replace(layers(), sites=frame("sites", [site("FAR", 19_000, 19_000), *near]))


def mast(code: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"site_code": code, "x": x, "y": y, "operator": "VNPT"} | more


def found(*masts: dict[str, Any], options: tuple[dict[str, Any], ...] = ()) -> Any:
    whole, one = plan(BASE, *options)
    return duplicates(whole, one, pack(*masts), BASE)


def test_masts_of_every_programme_within_the_radius() -> None:
    told = found(
        mast("V1", 500_300, 1_700_400), mast("V1", 500_300, 1_700_400, technology="3G"),
        mast("V2", 500_000, 1_701_000, state="committed", document="CV 12", due_date=pd.Timestamp(2027, 6, 30)),
        mast("V3", 499_400, 1_700_000, state="planned", ownership="Xã hội hóa"),
        mast("V4", 501_001, 1_700_000),     # a metre too far
    )
    near = told.near
    assert near["option_id"].unique().tolist() == ["A-M"]
    assert near["mast_code"].tolist() == ["V1", "V3", "V2"]     # nearest first
    assert near["distance_m"].tolist() == pytest.approx([500.0, 600.0, 1_000.0])
    assert near["technologies"].tolist() == ["3G, 4G", "4G", "4G"]
    assert near["programme"].tolist() == ["", "Xã hội hóa", "CV 12"]
    assert near["state"].tolist() == ["on_air", "planned", "committed"]
    assert near["sharing"].tolist() == ["reaches_nobody", "not_yet", "not_yet"]
    assert near["due_date"].isna().tolist() == [True, True, False]
    assert (told.proposals, told.near_proposals, told.shared, told.radius_m) == (3, 1, 1, 1_000.0)


@pytest.mark.parametrize(("people", "cost", "word"), [
    (1_999.0, 100.0, "fewer_people"), (2_000.0, 5_000.0, "dearer"), (2_000.0, 3_367.1176, "as_good"),
    (2_500.0, 100.0, "as_good"),
])
def test_what_sharing_comes_to(people: float, cost: float, word: str) -> None:
    option = {"option_id": "DC-V1-C", "site_id": "DC-V1", "kind": "shared", "x_m": 500_300.0, "y_m": 1_700_400.0,
              "reachable_people": people, "cost_mvnd": cost}
    row = found(mast("V1", 500_300, 1_700_400), options=(option,)).near.iloc[0]
    assert (row["sharing"], row["share_option_id"], row["share_people"], row["share_cost_mvnd"]) == (
        word, "DC-V1-C", people, cost)
    assert (row["alone_people"], row["cost_mvnd"]) == (2_000.0, 3_367.1176)
    assert word in SHARING


def test_a_shared_mast_is_listed_as_taken_and_is_no_duplicate() -> None:
    told = found(mast("V9", 510_000, 1_700_000))
    assert told.near[["option_id", "mast_code", "distance_m", "sharing"]].to_numpy().tolist() == [
        ["B-C", "V9", 0.0, "taken"]]
    assert (told.near_proposals, told.shared) == (0, 1)
    vi, en = sharing_first(told)
    assert vi.startswith("Trong 3 vị trí đề xuất, 1 vị trí dùng chung cột có sẵn")
    assert "1.000 m" in vi
    assert "1,000 m" in en


def test_nothing_near_gives_an_empty_table_with_its_columns() -> None:
    told = found()
    assert told.near.empty
    assert "sharing" in told.near
    assert told.near_proposals == 0


def test_both_are_counted_in_a_real_plan() -> None:
    ground = layers(sites=frame("sites", [
        site("VIE1", 6_000, 3_500), site("MOB1", 9_000, 17_000, operator="MobiFone", technology="3G", band_mhz=2100.0),
        site("PLAN", 6_000, 12_600, state="planned", ownership="Chương trình A")]))
    case = scenario(budgets_mvnd=[9_000.0])
    whole = propose(ground, assessment(ground), case)
    told = duplicates(whole, whole.budgets[0], ground, case)
    by_site = told.near.groupby("option_id")["mast_code"].agg(list).to_dict()
    for option, row in whole.budgets[0].sites.set_index("option_id").iterrows():
        beside = [c for c, x, y in (("MOB1", WEST + 9_000, RIDGE_Y + 7_000), ("PLAN", WEST + 6_000, RIDGE_Y + 2_600))
                  if row.geometry.distance(Point(x, y)) <= 1_000.0]
        assert sorted(by_site.get(option, [])) == beside
    assert told.near_proposals == sum(k != "shared" for k in
                                      whole.budgets[0].sites.set_index("option_id")["kind"].reindex(by_site))
    assert told.shared_considered == 2      # the planned mast is not there to share
