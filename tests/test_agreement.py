import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hand_layers import SOUTH, WEST, layer, placed, sample
from shapely import box

from coverage.gap.agreement import NOT_COMPARED, claims_against_measured, model_against_measured
from coverage.scenario import Scenario

SERVICE = Scenario.default().service


def claims() -> gpd.GeoDataFrame:
    rows = [
        {"operator": "Alpha", "technology": "4G", "zone": "core", "min_mbps": 4.0},
        {"operator": "Alpha", "technology": "4G", "zone": "edge", "min_mbps": 2.0},
    ]
    shapes = [box(WEST, SOUTH, WEST + 2000, SOUTH + 2000), box(WEST, SOUTH, WEST + 5000, SOUTH + 5000)]
    return layer("claims", rows, shapes)


def table(samples: list[dict[str, object]]) -> pd.DataFrame:
    return claims_against_measured(claims(), placed("measurements", samples), SERVICE).set_index("zone")


def test_speed_is_compared_zone_by_zone_with_n() -> None:
    got = table([
        sample(1, 1, -90, dl_mbps=3.9), sample(1, 1, -90, dl_mbps=4.0), sample(1, 1, -120, dl_mbps=None),
        sample(4, 4, -90, dl_mbps=2.0),
        sample(8, 8, -90, dl_mbps=10.0), sample(8, 8, -90, dl_mbps=1.0),
        sample(1, 1, -90, dl_mbps=99.0, operator="Beta"),
    ])
    assert got["n_speed"].to_dict() == {"core": 2, "edge": 1, "outside": 2}
    assert got["n_meets"].to_dict() == {"core": 1, "edge": 1, "outside": 1}
    assert got["share_meets"].to_dict() == {"core": 0.5, "edge": 1.0, "outside": 0.5}
    assert got["min_mbps"].to_dict() == {"core": 4.0, "edge": 2.0, "outside": 2.0}
    assert got.loc["core", ["n_rsrp", "n_rsrp_served"]].tolist() == [3, 2]
    assert set(got["rsrp_note"]) == {NOT_COMPARED}


def test_without_samples_the_share_is_unknown_and_not_zero() -> None:
    got = claims_against_measured(claims(), None, SERVICE)
    assert got["n_speed"].tolist() == [0, 0, 0]
    assert got["share_meets"].isna().all()


def test_without_claims_the_table_is_empty() -> None:
    assert claims_against_measured(None, placed("measurements", [sample(1, 1, -90)]), SERVICE).empty


def test_a_claim_without_minimum_speed_is_met_by_nothing_and_missed_by_nothing() -> None:
    bare = claims().assign(min_mbps=np.nan)
    got = claims_against_measured(bare, placed("measurements", [sample(1, 1, -90)]), SERVICE)
    assert got["n_speed"].sum() == 0
    assert got["n_rsrp"].sum() == 1


def test_model_against_measured() -> None:
    samples = placed("measurements", [sample(1, 1, -100), sample(1, 1, -120), sample(1, 1, -105), sample(1, 1, -100)])
    model = {("Alpha", "4G"): np.array([-96.0, -108.0, -115.0, np.nan]), ("Beta", "4G"): np.zeros(4)}
    got = model_against_measured(samples, model, SERVICE)
    assert len(got) == 1
    row = got.iloc[0]
    assert row["n"] == 4
    assert row["bias_db"] == pytest.approx((4 + 12 - 10) / 3)
    assert row["rmse_db"] == pytest.approx(np.sqrt((16 + 144 + 100) / 3))
    assert row[["both_served", "both_unserved", "model_only", "measured_only"]].tolist() == [1, 0, 1, 2]
    assert row["agreement"] == 0.25
