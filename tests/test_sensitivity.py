"""Assumed powers up and down: a village on the edge falls and rises, measurements and given powers hold still."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point
from siting_case import SOUTH, WEST, frame, layers, ridge, scenario, site

from coverage.gap.demand import demand_points
from coverage.gap.sensitivity import Sensitivity, power_sensitivity
from coverage.gap.service import serve

CASE = scenario()


def moved(shift_db: float = 6.0, **mast: Any) -> Sensitivity:
    """One mast on flat ground; ``power_dbm`` decides how near the villages are to the threshold."""
    pack = layers(elevation=ridge(0.0), sites=frame("sites", [site("A", 6_000, 3_500, **mast)]))
    points, _ = demand_points(pack)
    return power_sensitivity(pack, points, serve(pack, points, CASE), CASE, shift_db=shift_db)


def test_weaker_masts_lose_villages_and_stronger_ones_win_them() -> None:
    found = moved()
    assert (found.rows, found.assumed_rows, found.villages) == (1, 1, 4)
    assert found.weaker.shift_db == -6.0
    assert found.stronger.shift_db == 6.0
    assert found.weaker.trang >= found.stronger.trang
    wide = moved(80.0)
    assert wide.weaker.trang == 4
    assert wide.stronger.trang < 4
    assert wide.weaker.changed + wide.stronger.changed >= 1


def test_a_supplied_power_does_not_move() -> None:
    found = moved(40.0, power_dbm=43.0)
    assert found.assumed_rows == 0
    assert (found.weaker.changed, found.stronger.changed) == (0, 0)
    assert found.weaker.trang == found.stronger.trang


def test_counts_are_those_of_a_run_with_the_power_moved() -> None:
    pack = layers(elevation=ridge(0.0), sites=frame("sites", [site("A", 6_000, 3_500)]))
    points, _ = demand_points(pack)
    told = power_sensitivity(pack, points, serve(pack, points, CASE), CASE, shift_db=15.0)
    for one in (told.weaker, told.stronger):
        other = scenario(radio={"power_shift_db": one.shift_db})
        again = serve(pack, points, other).classes["4g"]
        n = points.n_villages
        assert one.trang == int(np.count_nonzero(again.known[:n] & ~again.served[:n]))


def test_measured_villages_hold_still() -> None:
    xy = (WEST + 6_000.0, SOUTH + 3_000.0)
    from_hand = [{"operator": "Viettel", "technology": "4G", "rsrp_dbm": -80.0, "dl_mbps": 20.0, "date": "2026-10-01"}
                 for _ in range(5)]


    samples = frame("measurements", [row | {"geometry": Point(*xy)} for row in from_hand])
    pack = layers(elevation=ridge(0.0), sites=frame("sites", [site("A", 6_000, 3_500)]), measurements=samples)
    points, _ = demand_points(pack)
    served = serve(pack, points, CASE)
    told = power_sensitivity(pack, points, served, CASE, shift_db=60.0)
    assert told.weaker.trang == 3       # the measured one stays
    assert replace(told.weaker, changed=0).shift_db == pytest.approx(-60.0)
