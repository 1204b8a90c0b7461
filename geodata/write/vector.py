"""Vectors to GeoPackage."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geodata.errors import WriteError
from geodata.write.atomic import replacing

_FIXED_DATE = "2000-01-01T00:00:00.000Z"


@contextlib.contextmanager
def _fixed_date() -> Iterator[None]:
    """Make GDAL write one constant date where GeoPackage wants 'last change', so that equal content is equal bytes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _one_type(frame: gpd.GeoDataFrame) -> str | None:
    kinds = set(frame.geometry.geom_type.dropna())
    return None if len(kinds) <= 1 else "Unknown"


def write_gpkg(frames: Mapping[str, pd.DataFrame], path: Path) -> Path:
    """Write frames as layers of one GeoPackage; frames without geometry become plain tables.

    Missing values stay missing, codes stay text. The same frames give the same bytes. Raises WriteError.
    """
    with replacing(path) as temporary, _fixed_date():
        try:
            for layer, frame in frames.items():
                kind = {"geometry_type": _one_type(frame)} if isinstance(frame, gpd.GeoDataFrame) else {}
                pyogrio.write_dataframe(
                    frame, temporary, layer=layer, driver="GPKG", append=temporary.exists(), promote_to_multi=False,
                    **kind,
                )
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
            raise WriteError("write_failed", file=str(path), error=str(error)) from error
    return path
