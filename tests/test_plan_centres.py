"""Regional centres: worked by hand on one road, pieces of road apart, walkers, refusals, and the sample."""

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LineString, Point, box
from siting_case import SOUTH, WEST, frame, layers
from streamlit.testing.v1 import AppTest

from coverage.brief.centres_tables import centres_tables
from coverage.errors import Cancelled, PlanError
from coverage.gap.travel import commune_offices, minutes_to, travel
from coverage.optimise.centres_bound import dual_bound
from coverage.plan import Depth, regional_centres
from coverage.scenario import Scenario
from coverage.ui.plan_centres import Asked
from geodata.layers import Layers

BASE = Scenario.default()       # 40 and 25 km/h, on foot 4 km/h, detour 1.4, straight walks up to 3 km
KM = 60.0 / 25.0                # minutes of one kilometre of local road


def village(code: str, x: float, people: float, *, y: float = 0.0, motor: bool = True) -> dict[str, Any]:
    return {"village_code": code, "commune_code": code[:5], "name": f"Thôn {code}", "households": 10, "people": people,
            "grid_power": True, "ftth_declared": False, "motor_road": motor, "difficult": False,
            "geometry": Point(WEST + x, SOUTH + y)}


def ground(villages: list[dict[str, Any]], roads: list[list[tuple[float, float]]], offices: dict[str, float]) -> Layers:
    """Return communes of 20 km each along the x axis, offices on it, roads of the local class."""
    codes = [f"9900{k}" for k in range(1, 6)]
    communes = frame("communes", [
        {"commune_code": c, "name": f"Xã {c[-1]}", "kind": "Xã", "is_border": c == "99001",
         "geometry": box(WEST + 20_000 * at, SOUTH - 10_000, WEST + 20_000 * (at + 1), SOUTH + 10_000)}
        for at, c in enumerate(codes)])
    anchors = [{"anchor_code": f"UB{c}", "kind": "Trụ sở UBND xã", "name": f"UBND {c}", "required_mbps": 100.0,
                "geometry": Point(WEST + x, SOUTH)} for c, x in offices.items()]
    lines = [{"name": "ĐX", "road_class": "local", "geometry": LineString([(WEST + x, SOUTH + y) for x, y in one])}
             for one in roads]
    return layers(communes=communes, villages=frame("villages", villages), roads=frame("roads", lines),
                  anchors=frame("anchors", anchors) if anchors else None)


def told(pack: Layers) -> Any:
    return SimpleNamespace(villages=pack.villages)


ROAD = [[(0.0, 0.0), (60_000.0, 0.0)]]
OFFICES = {"99001": 10_000.0, "99002": 30_000.0, "99003": 50_000.0}
THREE = [village("99001-1", 10_000, 100), village("99002-1", 30_000, 100), village("99003-1", 50_000, 300)]


def test_one_centre_by_hand() -> None:
    pack = ground(THREE, ROAD, OFFICES)
    found = regional_centres(pack, told(pack), BASE, 1)
    # at 50 km: 100 x 40 + 100 x 20 = 6,000 person-km; at 30 km: 2,000 + 6,000; at 10 km: 2,000 + 12,000
    assert found.centres["commune_code"].tolist() == ["99003"]
    assert found.mean_min == pytest.approx(6_000 * KM / 500)
    assert found.value_min == found.bound_min == found.mean_min
    assert (found.gap_percent, found.status, found.places, found.weighed) == (0.0, "optimal", 3, 3)
    assert found.max_min == pytest.approx(40 * KM)
    assert found.villages["minutes"].tolist() == pytest.approx([40 * KM, 20 * KM, 0.0], abs=1e-6)
    row = found.centres.iloc[0]
    assert (row["villages"], row["people"], row["communes"]) == (3, 500.0, 3)
    # the villages alone: the middle one; the longest way: the middle one too
    assert regional_centres(pack, told(pack), BASE, 1, weight="villages").centres["commune_code"].tolist() == ["99002"]
    short = regional_centres(pack, told(pack), BASE, 1, kind="p_center")
    assert short.centres["commune_code"].tolist() == ["99002"]
    assert short.value_min == short.max_min == pytest.approx(20 * KM)


def test_two_centres_and_who_goes_where() -> None:
    pack = ground([*THREE, village("99002-2", 22_000, 50)], ROAD, OFFICES)
    found = regional_centres(pack, told(pack), BASE, 2)
    # 10 and 50 km leave 100 x 20 + 50 x 12; 30 and 50 km leave 100 x 20 + 50 x 8: the latter
    assert found.centres["commune_code"].tolist() == ["99002", "99003"]
    communes = found.communes.set_index("commune_code")
    assert communes["centre_code"].to_dict() == {"99001": "99002", "99002": "99002", "99003": "99003"}
    assert communes.loc["99002", "share"] == 1.0
    assert communes.loc["99001", "is_border"]
    assert communes.loc["99002", "mean_min"] == pytest.approx(50 * 8 * KM / 150)
    assert found.findings[0].code == "centres_office_missing"       # communes 4 and 5
    assert found.findings[0].values == ("Xã 4", "Xã 5")


def test_roads_in_pieces_name_who_is_cut_off() -> None:
    apart = [[(0.0, 0.0), (35_000.0, 0.0)], [(45_000.0, 0.0), (60_000.0, 0.0)], [(90_000.0, 0.0), (95_000.0, 0.0)]]
    many = [village("99001-1", 10_000, 400), village("99002-1", 30_000, 100), village("99003-1", 50_000, 300),
            village("99005-1", 92_000, 40)]
    pack = ground(many, apart, OFFICES)
    found = regional_centres(pack, told(pack), BASE, 1)
    assert found.centres["commune_code"].tolist() == ["99001"]      # the first two communes hold most people
    assert (found.places, found.weighed) == (2, 2)
    table = found.villages.set_index("village_code")
    assert table["centre_code"].to_dict() == {"99001-1": "99001", "99002-1": "99001", "99003-1": "", "99005-1": ""}
    assert np.isnan(table.loc["99003-1", "minutes"])
    by_code = {f.code: f.values for f in found.findings}
    assert by_code["centres_left"] == ("Thôn 99003-1 (99003-1)",)
    assert by_code["centres_no_way"] == ("Thôn 99005-1 (99005-1)",)
    communes = found.communes.set_index("commune_code")
    assert communes.loc["99003", ["centre_code", "unreached"]].tolist() == ["", 1]
    assert np.isnan(communes.loc["99003", "mean_min"])
    with pytest.raises(PlanError) as error:
        regional_centres(pack, told(pack), BASE, 3)
    assert error.value.code == "centres_number"


def test_walkers_ride_on_from_a_place() -> None:
    pack = ground([village("99001-1", 12_000, 100, motor=False), THREE[2]], ROAD, OFFICES)
    places = np.array([commune_offices(pack)[c] for c in sorted(OFFICES)])
    minutes = minutes_to(pack, pack.villages, BASE, places)
    # 2 km on foot along the road at 4 km/h = 30 min to the first office, then 20 and 40 km by vehicle
    assert minutes[0].tolist() == pytest.approx([30.0, 30 + 20 * KM, 30 + 40 * KM], abs=1e-6)
    assert minutes[1].tolist() == pytest.approx([40 * KM, 20 * KM, 0.0], abs=1e-6)


def test_the_own_office_is_as_far_as_travel_says() -> None:
    pack = ground([village("99001-1", 15_000, 10, y=700.0), *THREE[1:]], ROAD, OFFICES)
    table = pack.villages.assign(status_model="trang")
    minutes = minutes_to(pack, table, BASE, np.array([commune_offices(pack)[c] for c in sorted(OFFICES)]))
    own = travel(pack, SimpleNamespace(villages=table), BASE).villages["office_min"]  # type: ignore[arg-type]
    assert np.diag(minutes).tolist() == pytest.approx(own.tolist(), abs=1e-9)


def test_refusals() -> None:
    pack = ground(THREE, ROAD, OFFICES)
    for p in (0, 4):
        with pytest.raises(PlanError, match="Số trung tâm"):
            regional_centres(pack, told(pack), BASE, p)
    with pytest.raises(PlanError, match="trụ sở"):
        regional_centres(ground(THREE, ROAD, {}), told(pack), BASE, 1)
    with pytest.raises(PlanError, match="cách tính"):
        regional_centres(pack, told(pack), BASE, 1, kind="mean")  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        regional_centres(pack, told(pack), BASE, 1, progress=lambda *_: False)


def test_a_village_without_people_weighs_nothing_and_is_named() -> None:
    pack = ground([*THREE, village("99001-2", 5_000, float("nan"))], ROAD, OFFICES)
    found = regional_centres(pack, told(pack), BASE, 1)
    assert {f.code for f in found.findings} >= {"centres_weight_unknown"}
    assert found.centres["commune_code"].tolist() == ["99003"]
    assert found.villages["minutes"].notna().all()


@pytest.mark.parametrize("seed", range(25))
def test_the_dual_never_passes_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    near = rng.integers(1, 60, (int(rng.integers(3, 12)), int(rng.integers(2, 8)))).astype(float)
    weight = rng.integers(1, 9, near.shape[0]).astype(float)
    p = int(rng.integers(1, near.shape[1]))
    sums = {c: float((near[:, c].min(axis=1) * weight).sum()) for c in combinations(range(near.shape[1]), p)}
    least = min(sums.values())
    found = dual_bound(near, weight, p, tuple(range(p)))
    assert found.bound <= least + 1e-9
    assert found.value == pytest.approx(sums[tuple(sorted(found.found))])
    for column in range(near.shape[1]):
        assert found.with_column[column] <= min(v for c, v in sums.items() if column in c) + 1e-9


def test_the_sheets_say_the_same_in_both_languages() -> None:
    pack = ground([*THREE, village("99005-1", 92_000, 40)], [*ROAD, [(90_000.0, 0.0), (95_000.0, 0.0)]], OFFICES)
    depth = Depth(centres=regional_centres(pack, told(pack), BASE, 1))
    for language in ("vi", "en"):
        sheets = centres_tables(depth, language)
        assert list(sheets) == ["centres", "centre_communes", "centre_villages"]
        frame, lines = sheets["centres"]
        assert len(frame) == 1
        assert frame.iloc[0].tolist()[:5] == ["99003", "Xã 3", 3, 3, 500.0]
        assert ("28,8" if language == "vi" else "28.8") in lines[1]         # 6,000 x 2.4 / 500
        assert any("99005-1" in line for line in lines)
        assert len(sheets["centre_communes"][0]) == 4
    villages = centres_tables(depth)["centre_villages"][0]
    assert villages.iloc[3].tolist()[4] == "chưa có đường đến trung tâm"
    assert centres_tables(None) == centres_tables(Depth()) == {}


SCRIPT = """
from types import SimpleNamespace
import test_plan_centres as own
from coverage.ui import plan_centres
pack = own.ground(own.THREE, own.ROAD, own.OFFICES)
plan = SimpleNamespace(scenario=own.BASE, case=SimpleNamespace(assessment=own.told(pack)))
plan_centres.show(pack, plan)
"""


def test_the_section_on_the_screen() -> None:
    at = AppTest.from_string(SCRIPT, default_timeout=60)
    at.session_state["centres"] = Asked(2)
    at.run()
    assert not at.exception
    at.button(key="depth_centres_go").click().run()
    while at.status:
        at.run()
    assert not at.exception
    assert not at.error
    assert at.get("vega_lite_chart") or at.get("arrow_vega_lite_chart")
    assert len(at.dataframe) == 3
    assert any("2 trung tâm trong 3 trụ sở UBND xã được xét" in c.value for c in at.caption)
    assert any("Xã 4" in w.value for w in at.warning)
