"""An invented border district, seeded: the embedded default. Nothing in it is a real place, mast or figure."""

import dataclasses
import functools
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.crs import VN2000_107_45
from geodata.layers import Layers, PackInfo, Source, conform
from geodata.pack import write_pack
from geodata.sample.masts import make_claims, make_measurements, make_sites, signal_dbm
from geodata.sample.people import make_clusters, make_villages, settle
from geodata.sample.terrain import Terrain, make_terrain
from geodata.sample.things import (
    NO_FIBRE_SEATS,
    make_anchors,
    make_fibre_nodes,
    make_plants,
    make_population,
    make_published,
    make_restricted,
)
from geodata.sample.units import Units, make_units
from geodata.sample.ways import finder, follow, make_fibre, make_power, make_roads, plan_roads
from geodata.write.digest import content_id

Floats = npt.NDArray[np.float64]
REFERENCE_DATE = date(2026, 9, 30)
LABEL = "Dữ liệu minh họa, không phải số liệu thật"


def make_sample(folder: Path, *, seed: int = 2026) -> Path:
    """Write the invented district as a data pack into ``folder`` and return it."""
    return write_pack(sample_layers(seed), folder)


def sample_layers(seed: int = 2026) -> Layers:
    """Return the invented district; the same seed gives the same district. Frames must not be written to."""
    return _district(seed)


@functools.lru_cache(maxsize=2)
def _district(seed: int) -> Layers:
    """Make the district; kept, because screen, notebook and tests ask for it again and again."""
    rng = np.random.default_rng(seed)
    terrain = make_terrain(rng)
    units = make_units(terrain, rng)
    tables = _tables(terrain, units, rng)
    population = make_population(tables["villages"], tables["clusters"], units.communes)
    rasters = {"elevation": terrain.elevation, "population": population}
    frames: dict[str, Any] = {name: conform(_provenance(frame, name), name) for name, frame in tables.items()}
    info = PackInfo(
        pack_id="", title="Huyện biên giới minh họa", province="Tỉnh minh họa", reference_date=REFERENCE_DATE,
        crs=VN2000_107_45, unit_vintage="2025-07-01", illustrative=True,
        sources=tuple(_source(name, seed, len(frames[name]) if name in frames else 1) for name in [*frames, *rasters]),
        elevation_kind="DTM",
    )
    layers = Layers(info=info, **(frames | rasters))
    return dataclasses.replace(layers, info=dataclasses.replace(info, pack_id=content_id(layers)))


def _provenance(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    return frame.assign(source_file=f"minh_hoa/{layer}", source_row=np.arange(2, len(frame) + 2))


def _source(layer: str, seed: int, rows: int) -> Source:
    return Source(
        layer=layer, files=(f"minh_hoa/{layer}",), sha256=("",), source=f"{LABEL} (geodata.sample, seed {seed})",
        licence="CC0-1.0", obtained=REFERENCE_DATE.isoformat(), crs="EPSG:5899", vintage="2026", illustrative=True,
        rows=rows, kept=rows,
    )


def _gate(terrain: Terrain, units: Units) -> tuple[float, float]:
    """Return the border gate: the lowest saddle of the border in the commune where the national road ends."""
    grid = terrain.elevation.grid
    seat = units.seats_m[2]
    x, y = grid.centres()
    best: tuple[float, float, float] | None = None
    for row in np.flatnonzero(np.abs(y - seat[1]) < 2_500):  # noqa: PLR2004 - metres north and south of the seat
        col = int(np.flatnonzero(terrain.abroad[row] & (x < seat[0])).max())
        height = float(terrain.elevation.values[row, col])
        if best is None or height < best[0]:
            best = height, float(x[col + 4]), float(y[row])
    if best is None:
        raise AssertionError  # the grid always has rows beside the seat
    return best[1], best[2]


def _tables(terrain: Terrain, units: Units, rng: np.random.Generator) -> dict[str, gpd.GeoDataFrame]:
    """Return every vector layer and the published list."""
    homes, households, lines, parts, towers, claims, phones, other = rng.spawn(8)  # a change in one moves no other
    where = settle(terrain, units, homes)
    villages = make_villages(where, units, households)
    ways = finder(terrain)
    gate = _gate(terrain, units)
    _, _, east, _ = units.communes.total_bounds
    entry = east + 2_500.0, float(units.seats_m[10, 1]) - 1_500.0
    linked = ~where.remote | (lines.random(len(villages)) < 0.45)  # noqa: PLR2004 - share of remote villages with a road
    plan = plan_roads(ways, units, gate, entry, where.xy_m[linked & ~where.seat])

    powered = ~where.remote | (lines.random(len(villages)) < 0.5)  # noqa: PLR2004
    seats = np.flatnonzero(where.seat)
    fibre_seats = [i for i in seats if where.commune[i] not in NO_FIBRE_SEATS]
    willing = lines.random(len(villages)) < 0.45  # noqa: PLR2004 - share of the villages inland
    large = np.flatnonzero(~where.seat & ~where.remote & (where.commune >= 5) & willing)  # noqa: PLR2004
    reached = where.xy_m[[*fibre_seats, *large]]
    routes = make_fibre(ways, plan, reached)
    nodes = make_fibre_nodes(routes, reached, lines)

    outside = np.flatnonzero(~linked & where.remote & (where.commune == 4))  # noqa: PLR2004 - a road joined to nothing
    start = where.xy_m[outside[0] if outside.size else seats[4]]
    piece = follow(ways.tree([ways.cell(start[0] + 1_900.0, start[1] + 900.0)]), ways.cell(*start))
    roads = make_roads(plan, ways, piece)
    power = make_power(ways, plan, where.xy_m[powered])

    villages["grid_power"] = powered
    villages["motor_road"] = linked
    has_node = np.isin(np.arange(len(villages)), [*fibre_seats, *large])
    villages["ftth_declared"] = has_node & (lines.random(len(villages)) < 0.8)  # noqa: PLR2004
    clusters = make_clusters(villages, where, units, terrain, parts)
    sites = make_sites(villages, where, units, terrain, towers)
    total = villages.groupby("commune_code")["people"].sum().reindex(units.communes["commune_code"]).to_numpy()
    communes = units.communes.assign(population=np.round(total * other.normal(1.01, 0.02, len(total))))
    return {
        "communes": communes, "villages": villages, "sites": sites, "clusters": clusters, "roads": roads,
        "power_lines": power, "power_plants": make_plants(terrain, units), "fibre_routes": routes,
        "fibre_nodes": nodes, "anchors": make_anchors(villages, where, units, gate, other),
        "claims": make_claims(sites, communes, claims),
        "measurements": make_measurements(sites, where, terrain, phones),
        "published": make_published(villages, units, _unserved(sites, where.xy_m, terrain), other),
        "restricted": make_restricted(terrain, units),
    }


def _unserved(sites: gpd.GeoDataFrame, xy_m: Floats, terrain: Terrain) -> npt.NDArray[np.bool_]:
    """Tell which points (n, 2) the rough model calls weakest: a sixth of them, as last year's list may have found."""
    active = sites[(sites["state"] == "on_air") & (sites["technology"] == "4G")]
    levels = [
        signal_dbm(np.array([p.x, p.y]), h, xy_m, f, terrain.elevation)
        for p, h, f in zip(active.geometry, active["height_m"], active["band_mhz"], strict=True)
    ]
    best = np.max(levels, axis=0)
    out: npt.NDArray[np.bool_] = best < np.quantile(best, 1 / 6)
    return out
