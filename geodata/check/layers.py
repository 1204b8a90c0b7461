"""All layers together: codes that refer to each other, sums that should agree, lists that should match."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from geodata.check.places import check_elevation, check_places, no_terrain
from geodata.check.tables import check_table, comma, rows_finding
from geodata.findings import Finding, errors_of
from geodata.layers import Layers
from geodata.units import match_units

# Declared and measured area of a commune may differ by this share before it is said.
AREA_TOLERANCE = 0.05
_TERRAIN_LAYERS = ("sites", "villages", "clusters")


def check_layers(layers: Layers) -> tuple[Finding, ...]:
    """Return every fault of ``layers``, in a fixed order; the spatial checks run on tables that are sound."""
    out: list[Finding] = []
    for name, table in layers.tables().items():
        out += check_table(table, name, layers.info.crs)
    if errors_of(out):
        return tuple(out)
    out += check_elevation(layers.elevation, layers.communes)
    out += _references(layers)
    out += check_places(layers)
    for name in _TERRAIN_LAYERS:
        table = layers.tables().get(name)
        if table is not None and len(table):
            bare = no_terrain(table, layers.elevation)
            out += rows_finding("point_no_terrain", name, "geometry", table[bare], table.iloc[:, 0][bare])
    out += _communes(layers)
    out += _people(layers)
    out += _dates(layers)
    out += _published(layers)
    out += _supply(layers)
    return tuple(out)


def _references(layers: Layers) -> Iterator[Finding]:
    """Check that villages name known communes and clusters known villages."""
    villages = layers.villages
    lost = ~villages["commune_code"].isin(layers.communes["commune_code"])
    yield from rows_finding("commune_unknown", "villages", "commune_code", villages[lost],
                            villages.loc[lost, "commune_code"], vintage=layers.info.unit_vintage)
    without = ~layers.communes["commune_code"].isin(villages["commune_code"])
    yield from rows_finding("commune_no_village", "communes", "commune_code", layers.communes[without],
                            layers.communes.loc[without, "name"])
    if layers.clusters is None:
        return
    clusters = layers.clusters
    lost = ~clusters["village_code"].isin(villages["village_code"])
    yield from rows_finding("village_unknown", "clusters", "village_code", clusters[lost],
                            clusters.loc[lost, "village_code"])


def _communes(layers: Layers) -> Iterator[Finding]:
    """Check official population and declared area of the communes."""
    communes = layers.communes
    lacking = communes["population"].isna()
    shown = [f"{k} {n} ({c})" for k, n, c in communes.loc[lacking, ["kind", "name", "commune_code"]].to_numpy()]
    yield from rows_finding("population_missing", "communes", "population", communes[lacking], shown)
    measured = communes.geometry.area.to_numpy() / 1e6
    declared = communes["area_km2"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = declared / measured - 1
    off = np.abs(error) > AREA_TOLERANCE
    names = communes["name"].to_numpy(dtype=object)
    shown = [f"{names[i]}: {comma(declared[i], 2)} / {comma(measured[i], 2)} km² ({comma(100 * error[i], 1)} %)"
             for i in np.flatnonzero(off)]
    yield from rows_finding("area_differs", "communes", "area_km2", communes[off], shown,
                            tolerance=f"{100 * AREA_TOLERANCE:g} %")


def _people(layers: Layers) -> Iterator[Finding]:
    """Check households and people of the villages against themselves, their clusters and the commune's total."""
    villages = layers.villages
    odd = (villages["people"] < villages["households"].astype(float)) | (
        (villages["people"] > 0) & (villages["households"] == 0))
    shown = [f"{c}: {h} hộ, {p:g} người" for c, h, p in
             villages.loc[odd, ["village_code", "households", "people"]].itertuples(index=False)]
    yield from rows_finding("people_households", "villages", "people", villages[odd], shown)
    totals = villages.groupby("commune_code")["people"].sum()
    official = layers.communes["population"].to_numpy(dtype=float)
    summed = layers.communes["commune_code"].map(totals).to_numpy(dtype=float)
    known = np.isfinite(official) & np.isfinite(summed) & (official > 0)
    if known.any():
        details: dict[str, object] = {
            "villages": comma(summed[known].sum()), "official": comma(official[known].sum()),
            "worst": comma(float(100 * np.abs(summed[known] / official[known] - 1).max()), 1) + " %",
        }
        yield Finding("population_compared", "communes", "population", details=details)
    if layers.clusters is None or layers.clusters.empty:
        return
    sums = layers.clusters.groupby("village_code")["households"].sum()
    own = villages["village_code"].map(sums)
    none = own.isna()
    yield from rows_finding("village_no_cluster", "villages", "village_code", villages[none],
                            villages.loc[none, "village_code"])
    differs = own.notna() & (own != villages["households"])
    shown = [f"{c}: {h} / {s:g}" for c, h, s in
             zip(villages.loc[differs, "village_code"], villages.loc[differs, "households"], own[differs], strict=True)]
    yield from rows_finding("households_differ", "villages", "households", villages[differs], shown)


def _dates(layers: Layers) -> Iterator[Finding]:
    """Check measurements and committed masts against the reference date."""
    when = pd.Timestamp(layers.info.reference_date)
    told = {"reference": when.strftime("%d/%m/%Y")}
    if layers.measurements is not None and len(layers.measurements):
        late = layers.measurements["date"] > when
        yield from rows_finding("measured_later", "measurements", "date", layers.measurements[late],
                                layers.measurements.loc[late, "date"].dt.strftime("%d/%m/%Y"), **told)
    sites = layers.sites
    promised = sites["state"] == "committed"
    bare = promised & (sites["due_date"].isna() | sites["document"].isna())
    yield from rows_finding("commitment_unproven", "sites", "due_date", sites[bare], sites.loc[bare, "site_code"])
    overdue = promised & (sites["due_date"] < when).fillna(value=False)
    yield from rows_finding("commitment_overdue", "sites", "due_date", sites[overdue], sites.loc[overdue, "site_code"],
                            **told)


def _published(layers: Layers) -> Iterator[Finding]:
    """Match the published list with communes and villages by name: what folds, what is ambiguous, what is not there."""
    listed = layers.published
    if listed is None or listed.empty:
        return
    communes, villages = layers.communes, layers.villages
    found = match_units(list(listed["commune_name"]), list(communes["name"]))
    codes = communes["commune_code"].to_numpy(dtype=object)
    parents = [codes[m.index] if m.index is not None else f"?{i}" for i, m in enumerate(found)]
    matches = match_units(list(listed["village_name"]), list(villages["name"]), parents=parents,
                          unit_parents=list(villages["commune_code"]))
    names = [f"{v}, {c}" for v, c in zip(listed["village_name"], listed["commune_name"], strict=True)]
    own = villages["name"].to_numpy(dtype=object)
    pairs = list(zip(matches, found, strict=True))
    for code, picked in (
        ("published_folded", [m.index is not None and "folded" in {m.how, c.how} for m, c in pairs]),
        ("published_ambiguous", [m.how == "ambiguous" for m in matches]),
        ("published_unmatched", [m.how == "none" for m in matches]),
    ):
        mask = np.array(picked, dtype=bool)
        shown = [f"{names[i]} → {own[place]}" if (place := matches[i].index) is not None else names[i]
                 for i in np.flatnonzero(mask)]
        yield from rows_finding(code, "published", "village_name", listed[mask], shown)


def _supply(layers: Layers) -> Iterator[Finding]:
    """Say what the lists of masts, plants and restricted land leave open."""
    sites = layers.sites
    for column in ("power_dbm", "azimuth_deg"):
        blank = sites[column].isna()
        if blank.any():
            details: dict[str, object] = {"number": int(blank.sum()), "of": len(sites)}
            yield Finding(f"{column.split('_')[0]}_unstated", "sites", column, details=details)
    plants = layers.power_plants
    if plants is not None and len(plants):
        zero = (plants["capacity_mw"] == 0).to_numpy(dtype=bool)
        yield from rows_finding("capacity_zero", "power_plants", "capacity_mw", plants[zero], plants.loc[zero, "name"])
    if layers.restricted is None:
        yield Finding("restricted_absent", "restricted")
