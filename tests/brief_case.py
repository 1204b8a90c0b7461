"""One run over the sample, shared by the tests of papers: layers, assessment with small rasters, plan."""

import dataclasses
import functools

import numpy as np
from affine import Affine

from coverage.gap.assessment import Assessment, assess
from coverage.plan import Plan, propose
from coverage.scenario import Scenario
from geodata.grid import Grid, Raster
from geodata.layers import Layers
from geodata.sample import sample_layers


@functools.cache
def case() -> tuple[Layers, Assessment, Plan]:
    """Return the sample's layers, its assessment without areas, and its plan."""
    layers = sample_layers()
    scenario = Scenario.from_mapping({"budgets_mvnd": [2_000, 10_000]})
    assessment = assess(layers, scenario, areas=False)
    return layers, assessment, propose(layers, assessment, scenario)


@functools.cache
def case_with_areas() -> tuple[Layers, Assessment, Plan]:
    """Return the case with two invented rasters of received level in place of the slow computation."""
    layers, assessment, plan = case()
    west, _, _, north = layers.elevation.grid.bounds
    grid = Grid(layers.info.crs, Affine(500.0, 0, west, 0, -500.0, north), (60, 80))
    values = np.linspace(-130, -60, 60 * 80).reshape(60, 80).astype(np.float32)
    values[:5] = np.nan
    rasters = {("Nhà mạng A", tech): Raster(values, grid, "dBm", "rsrp") for tech in ("4G", "5G")}
    return layers, dataclasses.replace(assessment, area_rsrp=rasters), plan
