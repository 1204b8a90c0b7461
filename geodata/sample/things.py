"""What else an office holds: anchors, fibre nodes, power plants, restricted land, published list, population cells."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import LineString, Point

from geodata.grid import Raster, grid_over
from geodata.sample.people import Settlement
from geodata.sample.terrain import Terrain
from geodata.sample.units import Units, code_of

Floats = npt.NDArray[np.float64]
NO_FIBRE_SEATS = (0, 4)  # commune seats without a fibre route


def make_anchors(villages: gpd.GeoDataFrame, where: Settlement, units: Units, gate: tuple[float, float],
                 rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return commune offices, schools, clinics and border posts with the speed they need and the speed they lease."""
    rows: list[dict[str, object]] = []
    xy: list[tuple[float, float]] = []

    def add(kind: str, name: str, need: float, lease: float, at: tuple[float, float]) -> None:
        rows.append({"anchor_code": f"MH{len(rows) + 1:03d}", "kind": kind, "name": name, "required_mbps": need,
                     "leased_mbps": lease})
        xy.append((at[0] + float(rng.normal(0, 60)), at[1] + float(rng.normal(0, 60))))

    for i, unit in enumerate(units.communes.itertuples()):
        seat = float(units.seats_m[i, 0]), float(units.seats_m[i, 1])
        fibre = i not in NO_FIBRE_SEATS
        add("Trụ sở UBND xã", f"UBND {unit.kind.lower()} {unit.name}", 100.0, 100.0 if fibre else 20.0, seat)
        add("Trạm y tế", f"Trạm y tế {unit.name}", 30.0, 40.0 if fibre else np.nan, seat)
        add("Trường học", f"Trường PTDTBT {unit.name}" if unit.is_border else f"Trường THCS {unit.name}", 150.0,
            100.0 if fibre else 20.0, seat)
        if unit.is_border:
            own = np.flatnonzero((where.commune == i) & ~where.seat)
            west = own[int(np.argmin(where.xy_m[own, 0]))]
            post = gate if i == 2 else (float(where.xy_m[west, 0]), float(where.xy_m[west, 1]))  # noqa: PLR2004
            add("Đồn biên phòng", f"Đồn biên phòng {unit.name}", 50.0, 50.0 if i == 2 else np.nan, post)  # noqa: PLR2004
    school = villages[~where.seat & ~where.remote].sort_values(["households", "village_code"]).tail(8)
    for village in school.itertuples():
        add("Trường học", f"Điểm trường {village.name}", 50.0, 50.0 if village.grid_power else np.nan,
            (village.geometry.x, village.geometry.y))
    return gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(*np.array(xy).T), crs=villages.crs)


def make_fibre_nodes(routes: gpd.GeoDataFrame, reached_m: Floats, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return cabinets on the fibre routes at the places (n, 2) that have fibre; a few do not say their free ports."""
    network = routes.union_all()
    points = [network.interpolate(network.project(Point(p))) if isinstance(network, LineString)
              else shapely.get_geometry(shapely.shortest_line(network, Point(p)), 0) for p in reached_m]
    points = [p if isinstance(p, Point) else Point(shapely.get_coordinates(p)[0]) for p in points]
    ports = np.where(rng.random(len(points)) < 0.15, np.nan, rng.integers(0, 48, len(points)))  # noqa: PLR2004
    return gpd.GeoDataFrame(
        {
            "node_code": [f"TC{i + 1:03d}" for i in range(len(points))],
            "name": [f"Tủ cáp {i + 1:03d} (minh họa)" for i in range(len(points))],
            "kind": "Tủ cáp",
            "free_ports": ports,
        },
        geometry=points, crs=routes.crs,
    )


def make_plants(terrain: Terrain, units: Units) -> gpd.GeoDataFrame:
    """Return two small hydropower plants, on the largest rivers of two communes."""
    x, y = terrain.elevation.grid.centres()
    points = []
    for number in (6, 3):
        shape = units.communes.geometry.iloc[number].buffer(-600)
        west, south, east, north = shape.bounds
        col, row = np.meshgrid(np.flatnonzero((x > west) & (x < east)), np.flatnonzero((y > south) & (y < north)))
        inside = shapely.contains_xy(shape, x[col], y[row])
        best = int(np.argmax(np.where(inside, terrain.catchment_km2[row, col], -1)))
        points.append(Point(x[col.ravel()[best]], y[row.ravel()[best]]))
    return gpd.GeoDataFrame(
        {"name": ["Thủy điện Ka Rum (minh họa)", "Thủy điện Đắc Vông (minh họa)"], "capacity_mw": [24.0, 9.5]},
        geometry=points, crs=units.communes.crs,
    )


def make_restricted(terrain: Terrain, units: Units) -> gpd.GeoDataFrame:
    """Return land where no mast may stand (cam) or a permit is needed (xin_phep); the border belt is 1 km wide."""
    communes = units.communes
    district = communes.union_all()
    grid = terrain.elevation.grid
    west, south, _, north = grid.bounds
    row, col = np.nonzero(terrain.abroad)
    x, y = grid.centres()
    east_most = pd.Series(x[col]).groupby(y[row]).max().sort_index()
    border = LineString(np.column_stack([east_most.to_numpy(), east_most.index.to_numpy()]))
    near = shapely.union_all(communes.geometry[communes["is_border"]].to_numpy())
    belt = near.intersection(border.simplify(90).buffer(1_000).union(shapely.box(west, south, west + 1, north)))
    middle = district.centroid
    forest = _blob_of(communes.geometry.iloc[1], communes.geometry.iloc[2], 3_600.0)
    watershed = _blob_of(communes.geometry.iloc[7], communes.geometry.iloc[8], 4_300.0)
    relic = Point(middle.x + 4_000, middle.y - 2_500).buffer(420)
    rows = [
        ("Rừng đặc dụng A Rêng (minh họa)", "Rừng đặc dụng", "cam", forest),
        ("Rừng phòng hộ Tà Xoong (minh họa)", "Rừng phòng hộ", "xin_phep", watershed),
        ("Vành đai biên giới (minh họa)", "Vành đai biên giới", "xin_phep", belt),
        ("Khu di tích (minh họa)", "Di tích", "cam", relic),
    ]
    shapes = [shapely.make_valid(shapely.set_precision(r[3], 0.01)) for r in rows]
    return gpd.GeoDataFrame(
        {"name": [r[0] for r in rows], "kind": [r[1] for r in rows], "restriction": [r[2] for r in rows]},
        geometry=shapes, crs=communes.crs,
    )


def _blob_of(first: shapely.Polygon, second: shapely.Polygon, width: float) -> shapely.Geometry:
    """Return forest along the ridge between two communes."""
    ridge = first.intersection(second)
    return ridge.simplify(200).buffer(width / 3).intersection(first.union(second)).simplify(40)


def make_published(villages: gpd.GeoDataFrame, units: Units, unserved: npt.NDArray[np.bool_],
                   rng: np.random.Generator) -> pd.DataFrame:
    """Return last year's list of villages without signal: some misspelt, a few right then and not now, two unknown.

    ``unserved`` (n,) tells which villages a rough model leaves without signal.
    """
    listed = [i for i in np.flatnonzero(unserved) if rng.random() < 0.75]  # noqa: PLR2004 - the list has gaps
    others = rng.choice(np.flatnonzero(~unserved), 5, replace=False).tolist()
    names = dict(zip(units.communes["commune_code"], units.communes["name"], strict=True))
    rows = []
    for turn, i in enumerate(sorted([*listed, *others])):
        village = villages.iloc[i]
        name, commune = str(village["name"]), names[village["commune_code"]]
        odd = {2: name.replace(" ", ""), 5: _plain(name), 8: name.upper(), 11: name.replace("'", "’"), 14: _plain(name)}
        name = odd.get(turn, name)
        rows.append({
            "village_name": f"Thôn {name}" if turn % 7 == 3 else name,  # noqa: PLR2004
            "commune_name": commune.replace(" ", "").replace("'", "") if turn in (4, 9) else commune,
            "households": int(village["households"]), "status": "lom" if i in others else "trang",
            "grid_power": bool(village["grid_power"]),
        })
    rows += [
        {"village_name": "Pơr Ngoài", "commune_name": names[code_of(1)], "households": 31, "status": "trang",
         "grid_power": False},
        {"village_name": "Thôn 4 (cũ)", "commune_name": names[code_of(4)], "households": 44, "status": "lom",
         "grid_power": True},
    ]
    return pd.DataFrame(rows)


def _plain(name: str) -> str:
    """Return a name as typed without marks."""
    return name.translate(str.maketrans("ơưâêôăđéíóúáàýốứớế", "ouaeoadeiouaayoưoe"))


def make_population(villages: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> Raster:
    """Return people per 1 km cell over the district, smeared as modelled population is, NaN far outside."""
    west, south, east, north = communes.total_bounds
    grid = grid_over((west - 1_000, south - 1_000, east + 1_000, north + 1_000), 1_000.0, communes.crs)
    values = np.full(grid.shape, 0.4)
    size = (villages["people"] / villages["households"]).to_numpy()
    home = pd.Series(np.arange(len(villages)), index=villages["village_code"])
    share = [(c.geometry, c.households * size[home[c.village_code]]) for c in clusters.itertuples()]
    bare = villages[~villages["village_code"].isin(clusters["village_code"])]
    share += [(v.geometry, v.people) for v in bare.itertuples()]
    for point, people in share:
        row, col = grid.row_col([point.x], [point.y])
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                values[row[0] + dr, col[0] + dc] += people * (0.6 if dr == dc == 0 else 0.05)
    x, y = grid.centres()
    district = communes.union_all().buffer(1_500)
    inside = shapely.contains_xy(district, *(a.ravel() for a in np.meshgrid(x, y))).reshape(grid.shape)
    return Raster(np.where(inside, values, np.nan).astype(np.float32), grid, "people", "population")
