"""conform(): frames come out with the dictionary's columns, order and types, or a message says why not."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from geodata.errors import SchemaError
from geodata.layers import PROVENANCE, columns_of, conform
from geodata.sample import sample_layers


def _clusters(**more: object) -> gpd.GeoDataFrame:
    columns = {"cluster_code": ["1"], "village_code": ["00123"], "households": [4.0], **more}
    return gpd.GeoDataFrame(columns, geometry=[Point(1, 2)], crs=5899)


def test_columns_order_and_types() -> None:
    out = conform(_clusters(odd=[1]), "clusters")
    assert list(out.columns) == ["cluster_code", "village_code", "households", *PROVENANCE, "geometry"]
    assert str(out["households"].dtype) == "Int64"
    assert out["village_code"].tolist() == ["00123"]
    assert out.crs.to_epsg() == 5899


def test_a_missing_required_column_is_named() -> None:
    with pytest.raises(SchemaError) as caught:
        conform(_clusters().drop(columns="households"), "clusters")
    assert caught.value.values["column"] == "households"


def test_a_value_of_the_wrong_type_is_told() -> None:
    with pytest.raises(SchemaError) as caught:
        conform(_clusters(households=["đang cập nhật"]), "clusters")
    assert caught.value.code == "column_type"


def test_an_optional_column_that_is_absent_comes_back_missing() -> None:
    frame = pd.DataFrame({"village_name": ["A"], "commune_name": ["B"], "status": ["trang"]})
    out = conform(frame, "published")
    assert out["households"].isna().all()
    assert out["grid_power"].isna().all()


def test_dates_have_one_resolution() -> None:
    ms = conform(_sites(pd.Series(["2027-01-31"]).astype("datetime64[ms]")), "sites")
    ns = conform(_sites(pd.Series(["2027-01-31"]).astype("datetime64[ns]")), "sites")
    assert ms["due_date"].dtype == ns["due_date"].dtype == np.dtype("datetime64[us]")


def _sites(due: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({
        "site_code": ["1"], "operator": ["A"], "technology": ["4G"], "band_mhz": [900.0], "height_m": [42.0],
        "state": ["planned"], "due_date": due, "band_assumed": [False], "height_assumed": [False],
    })


def test_unknown_layer_is_told() -> None:
    with pytest.raises(SchemaError, match="villages"):
        columns_of("vilages")


def test_tables_and_rasters_of_a_bundle() -> None:
    layers = sample_layers()
    assert {"communes", "villages", "published"} <= set(layers.tables())
    assert set(layers.rasters()) == {"elevation", "population"}


def test_conform_twice_changes_nothing() -> None:
    layers = sample_layers()
    for name, frame in layers.tables().items():
        pd.testing.assert_frame_equal(pd.DataFrame(conform(frame, name)), pd.DataFrame(frame))
