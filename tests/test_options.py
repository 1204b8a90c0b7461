"""What may be built where: kinds, the cheapest backhaul that works, power, permits."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, box
from siting_case import RIDGE_Y, SOUTH, WEST, assessment, frame, graph, layers, ridge, scenario, site

from coverage.errors import ScenarioError
from coverage.siting.backhaul import equipment_of, hubs, microwave_links
from coverage.siting.candidates import candidates
from coverage.siting.need import need_of
from coverage.siting.options import COLUMNS, options


def table(pack: Any, **changes: Any) -> pd.DataFrame:
    case, told = scenario(**changes), assessment(pack)
    places = candidates(pack, told, case, need_of(pack, told, case), graph(pack))
    return options(places, pack, case, graph(pack)).set_index("option_id")


def test_every_kind_stands_where_it_can() -> None:
    found = table(layers())
    assert list(found.reset_index().columns) == list(COLUMNS)
    assert found.index.is_unique
    assert list(found.index) == sorted(found.index)
    assert found.loc["DC-MOB1-C", ["kind", "height_m", "power"]].tolist() == ["shared", 42.0, "grid"]
    assert found.loc["TH-99002-001-N", ["kind", "height_m", "backhaul"]].tolist() == [
        "small_cell_satellite", 12.0, "satellite"]
    assert found.loc["TH-99002-001-M", "kind"] == "macro"
    assert (found.loc[found["kind"] == "small_cell_satellite", "radius_m"] == 2_000.0).all()
    assert set(found["earliest_year"]) == {2027}


def test_lines_add_up_to_the_cost_of_every_option() -> None:
    for _, row in table(layers()).iterrows():
        assert round(sum(x[4] for x in row["cost_lines"]), 6) == pytest.approx(row["cost_mvnd"], abs=1e-6)
        assert row["cost_mvnd"] == pytest.approx(row["capex_mvnd"] + 5 * row["opex_mvnd_year"], abs=1e-6)


def test_a_permit_moves_the_first_year() -> None:
    belt = frame("restricted", [{"name": "Vành đai", "kind": "Vành đai biên giới", "restriction": "xin_phep",
                                 "geometry": box(WEST, RIDGE_Y, WEST + 20_000, SOUTH + 20_000)}])
    found = table(layers(restricted=belt), service={"permit_lead_months": 20})
    assert found.loc["TH-99002-001-M", "earliest_year"] == 2028     # 21/11/2026 + 20 months
    assert found.loc[found.index.str.contains("-170995"), "earliest_year"].eq(2027).all()


def test_fibre_beside_the_village_beats_everything() -> None:
    route = frame("fibre_routes", [{"name": "Tuyến 1", "geometry": LineString(
        [(WEST + 6_000, SOUTH), (WEST + 6_000, RIDGE_Y + 2_400)])}])
    near = table(layers(fibre_routes=route)).loc["TH-99002-001-M"]
    assert (near["backhaul"], near["backhaul_to"]) == ("fibre", "Tuyến 1")
    assert near["backhaul_m"] == pytest.approx(130.0)       # 100 m x 1.3 on new poles: 200 m off the road cost more


def test_without_fibre_it_is_a_hop_where_masts_see_each_other_else_satellite() -> None:
    pack = layers(fibre_nodes=None)
    found = table(pack)
    top = found[(found["y_m"] - RIDGE_Y).abs() < 60.0]
    assert (top["backhaul"] == "microwave").all()           # the ridge sees both masts
    assert set(top["backhaul_to"]) == {"MOB1 (MobiFone)"} | set(top["backhaul_to"])
    blind = table(layers(fibre_nodes=None, sites=frame("sites", [site("VIE1", 6_000, 3_500)])))
    assert blind.loc["TH-99002-001-M", "backhaul"] == "satellite"
    items = {x[0] for x in blind.loc["TH-99002-001-M", "cost_lines"]}
    assert {"vsat_kit", "vsat_month"} <= items


def test_hops_end_only_at_masts_near_fibre() -> None:
    pack = layers()
    assert list(hubs(pack, scenario())["site_code"]) == ["VIE1"]        # 500 m from the fibre node
    assert list(hubs(replace(pack, fibre_nodes=None), scenario())["site_code"]) == ["MOB1", "VIE1"]


def test_hop_is_cut_by_the_ridge_and_clear_over_flat_land() -> None:
    village, mast = np.array([WEST + 6_000.0, RIDGE_Y + 2_500.0]), np.array([[WEST + 6_000.0, SOUTH + 3_500.0]])
    heights = np.array([42.0])
    assert not list(microwave_links(layers().elevation, village, 42.0, mast, heights, scenario()))
    clear, = microwave_links(ridge(0.0), village, 42.0, mast, heights, scenario())
    assert clear.m == pytest.approx(9_000.0)
    assert clear.equipment.freq_ghz in scenario().backhaul.bands_ghz
    assert clear.check.mbps >= scenario().backhaul.min_mbps


def test_a_hop_needs_its_fresnel_zone_and_its_capacity() -> None:
    ends, heights = np.array([[WEST + 6_000.0, SOUTH + 12_500.0], [WEST + 6_000.0, SOUTH + 6_500.0]]), np.full(2, 42.0)
    place = np.array([WEST + 6_000.0, SOUTH + 3_500.0])
    flat = ridge(0.0)
    found = list(microwave_links(flat, place, 42.0, ends, heights, scenario()))
    assert [f.end for f in found] == [1, 0]             # nearest first
    assert all(f.check.clearance >= 0.6 for f in found)
    low = list(microwave_links(flat, place, 4.0, ends[:1], np.array([4.0]), scenario()))
    assert not low                                      # in sight, but the ground fills the Fresnel zone
    wet = scenario(backhaul={"bands_ghz": [23.0], "rain_mm_h": 250.0, "min_mbps": 200.0})
    assert [f.end for f in microwave_links(flat, place, 42.0, ends, heights, wet)] != [1, 0]
    with pytest.raises(ScenarioError):
        equipment_of(scenario(backhaul={"bands_ghz": [9.9]}))


def test_power_is_the_cheaper_of_a_tap_and_the_sun() -> None:
    # 250 a km against 380: the tap wins up to 1.52 km
    def power(y: float) -> str:
        line = frame("power_lines", [{"voltage_kv": 22.0, "geometry": LineString(
            [(WEST + 18_000, y), (WEST + 19_000, y)])}])
        return str(table(layers(power_lines=line)).loc["TH-99002-003-M", "power"])
    village_y = RIDGE_Y + 8_500
    assert power(village_y - 1_500) == "grid"
    assert power(village_y - 1_530) == "solar"


def test_without_roads_everything_is_carried() -> None:
    assert set(table(layers(roads=None))["access"]) == {"access_foot"}
