"""The table of villages and the table of points: one row each, every column from one place."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.gap.demand import DemandPoints
from coverage.gap.evidence import SOURCES, indoor_served, weak
from coverage.gap.masts import headline_on
from coverage.gap.service import ALL_CLASS, HEADLINE_CLASS, Served, atmosphere
from coverage.gap.status import HIGH, LOW, can_test_lom, is_sure, village_status
from coverage.radio.signal import nearest_sites
from coverage.scenario import Scenario
from geodata.layers import Layers

NEAREST = 2     # "hai trạm gần nhất", what an office's answer names


def point_table(points: DemandPoints, served: Served) -> pd.DataFrame:
    """Return one row per demand point: place, people, best level, evidence, and service by operator and technology.

    People and households are missing where unknown.
    """
    four, evidence = served.classes[HEADLINE_CLASS], served.evidence
    names = np.array([f"{operator} {technology}" for operator, technology in evidence.keys] + [""], dtype=object)
    operators = np.array([operator for operator, _ in evidence.keys] + [""], dtype=object)
    columns: dict[str, object] = {
        "point_code": points.point_code, "village_code": points.village_code, "commune_code": points.commune_code,
        "kind": points.kind, "x_m": points.xy_m[:, 0], "y_m": points.xy_m[:, 1],
        "people": np.where(points.people_known, points.people, np.nan),
        "households": np.where(points.households_known, points.households, np.nan),
        "rsrp_dbm": four.rsrp_dbm, "p_served": four.p,
        "evidence": np.array(SOURCES, dtype=object)[np.where(four.known, four.source, 0)],
        "served_4g": four.served, "known_4g": four.known, "served_all": served.classes[ALL_CLASS].served,
        "known_all": served.classes[ALL_CLASS].known, "n_operators": four.n_operators,
        "best_operator": operators[four.best], "best_key": names[four.best],
    }
    for column, (operator, technology) in enumerate(evidence.keys):
        columns[f"served_{operator}_{technology}"] = evidence.served[:, column] & evidence.known[:, column]
    return pd.DataFrame(columns)


def village_table(
    layers: Layers, points: DemandPoints, served: Served, scenario: Scenario, *, unlisted: tuple[str, ...] = (),
) -> gpd.GeoDataFrame:
    """Return one row per village in the layer's order: status, what stands beside it, and the two nearest masts.

    ``unlisted``: operators known to exist that supplied no list of masts.
    """
    rules, n = scenario.service, points.n_villages
    four, every = served.classes[HEADLINE_CLASS], served.classes[ALL_CLASS]
    status = village_status(points, four, rules.lom_min_households)
    sure = is_sure(points, four, status, rules)
    unserved, unknown = four.known & ~four.served, ~four.known
    technologies = headline_on(rules)
    frame = _listed(layers, scenario)
    frame["status_model"] = status
    frame["status_model_all"] = village_status(points, every, rules.lom_min_households)
    for h in rules.lom_other_min_households:
        frame[f"status_h{h}"] = village_status(points, four, h)
    frame["n_operators"] = four.n_operators[:n]
    frame["n_operators_known"] = not unlisted
    frame["confidence"] = np.where(sure, HIGH, LOW)
    frame["p_served"] = four.p[:n]
    frame["rsrp_dbm"] = four.rsrp_dbm[:n]
    frame["evidence"] = np.array(SOURCES, dtype=object)[np.where(four.known, four.source, 0)][:n]
    frame["needs_survey"] = ~sure
    frame["lom_testable"] = can_test_lom(points)
    frame["indoor_served"] = indoor_served(served.evidence, technologies, rules)[:n]
    frame["weak"] = pd.array(weak(served.evidence, technologies, rules)[:n].tolist(), dtype="boolean")
    frame["unserved_households"] = points.sum_by_village(np.where(unserved, points.households, 0.0))
    frame["unserved_people"] = points.sum_by_village(np.where(unserved, points.people, 0.0))
    frame["unknown_households"] = points.sum_by_village(np.where(unknown, points.households, 0.0))
    frame["clusters"] = points.clusters_per_village
    frame["clusters_unserved"] = points.sum_by_village(unserved).astype(int)
    frame["loses_signal_with_3g"] = every.served[:n] & served.after_3g.known[:n] & ~served.after_3g.served[:n]
    for name, values in _nearest(layers, points.xy_m[:n], served, scenario).items():
        frame[name] = values
    return gpd.GeoDataFrame(frame, geometry=layers.villages.geometry.to_numpy(), crs=layers.villages.crs)


def _listed(layers: Layers, scenario: Scenario) -> pd.DataFrame:
    """Return what the office's lists say of every village, with its commune's name and whether it is eligible."""
    villages = layers.villages
    communes = layers.communes.drop_duplicates("commune_code").set_index("commune_code")
    of = communes.reindex(villages["commune_code"])
    border = of["is_border"].fillna(value=False).to_numpy(bool)
    difficult = villages["difficult"].fillna(value=False).to_numpy(bool)
    eligible = {"all": np.ones(len(villages), bool), "border": border, "border_or_difficult": border | difficult}
    number = {"dtype": np.float64, "na_value": np.nan}
    return pd.DataFrame({
        "village_code": villages["village_code"].astype(str).to_numpy(object),
        "commune_code": villages["commune_code"].astype(str).to_numpy(object),
        "commune_name": of["name"].fillna("").astype(str).to_numpy(object),
        "name": villages["name"].astype(str).to_numpy(object),
        "households": villages["households"].to_numpy(**number), "people": villages["people"].to_numpy(**number),
        "is_border": border, "difficult": difficult,
        "grid_power": villages["grid_power"].to_numpy(), "motor_road": villages["motor_road"].to_numpy(),
        "eligible": eligible[scenario.eligible],
    }).astype({"grid_power": "boolean", "motor_road": "boolean"})


def _nearest(
    layers: Layers, xy_m: npt.NDArray[np.float64], served: Served, scenario: Scenario,
) -> dict[str, object]:
    """Return the columns nearest_1 ... nearest_2_blocked: code, operator, km, and whether terrain cuts the path."""
    table = served.table
    found = nearest_sites(table, xy_m, layers.elevation, rx_agl_m=scenario.service.rx_height_m,
                          atmosphere=atmosphere(scenario), k=NEAREST)
    codes = np.append(table.site_code, "")
    operators = np.append(table.operator, "")
    out: dict[str, object] = {}
    for k in range(NEAREST):
        cut = found.blocked[:, k]
        out[f"nearest_{k + 1}"] = codes[found.site[:, k]]
        out[f"nearest_{k + 1}_operator"] = operators[found.site[:, k]]
        out[f"nearest_{k + 1}_km"] = found.distance_m[:, k] / 1000.0
        out[f"nearest_{k + 1}_blocked"] = pd.array([None if c < 0 else bool(c) for c in cut], dtype="boolean")
    return out
