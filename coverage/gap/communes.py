"""Communes by count of villages: status, denominators, rank; border communes first."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage.gap.status import GAPS, LOM, PHU, STATUSES, TRANG, UNKNOWN
from geodata.units import fold_name

OFFICE = ("ubnd", "uybannhandan")     # how lists of anchors write a seat of the People's Committee, folded
STILL_TRANG, STILL_LOM, ALL_PHU = "con_trang", "con_lom", "da_phu_het"


@dataclass(frozen=True)
class Counts:
    """Villages by status, with the denominators of the official lists.

    Attributes
    ----------
    share_trang : trang / all villages. share_lom : lom / (all - trang). NaN where the denominator is 0.
    """

    villages: int
    trang: int
    lom: int
    phu: int
    chua_du_dl: int

    @property
    def lom_denominator(self) -> int:
        """Villages that are not trang."""
        return self.villages - self.trang

    @property
    def share_trang(self) -> float:
        """Share of villages without signal at the centre."""
        return self.trang / self.villages if self.villages else float("nan")

    @property
    def share_lom(self) -> float:
        """Share of the other villages with an unserved cluster."""
        return self.lom / self.lom_denominator if self.lom_denominator else float("nan")


def count(status: npt.ArrayLike) -> Counts:
    """Count statuses (n,)."""
    values = np.asarray(status, dtype=object)
    found = {s: int(np.count_nonzero(values == s)) for s in STATUSES}
    return Counts(int(values.size), found[TRANG], found[LOM], found[PHU], found[UNKNOWN])


def commune_status(trang: int, lom: int, unknown: int, villages: int) -> str:
    """Return con_trang, con_lom, da_phu_het or chua_du_dl of a commune from its counts; no village: chua_du_dl."""
    if trang:
        return STILL_TRANG
    if lom:
        return STILL_LOM
    return UNKNOWN if unknown or not villages else ALL_PHU


def commune_table(communes: gpd.GeoDataFrame, villages: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return one row per commune, ranked: border communes first, then by unserved households, then by code.

    Parameters
    ----------
    villages : columns commune_code, status_model, status_printed, grid_power, households, people,
        unserved_households, unserved_people, fibre_status.

    Counts are of ``status_model``; the columns ending in ``_printed`` are of ``status_printed``.
    """
    frame = villages.assign(powered=villages["grid_power"].fillna(value=False).astype(bool))
    rows = [_row(unit, frame[frame["commune_code"] == unit.commune_code]) for unit in communes.itertuples()]
    table = gpd.GeoDataFrame(rows, geometry=communes.geometry.to_numpy(), crs=communes.crs)
    order = table.sort_values(
        ["is_border", "unserved_households", "commune_code"], ascending=[False, False, True], kind="stable")
    return order.reset_index(drop=True).assign(rank=lambda t: np.arange(1, len(t) + 1))


def _row(unit: object, own: pd.DataFrame) -> dict[str, object]:
    model, printed = count(own["status_model"]), count(own["status_printed"])
    powered = count(own.loc[own["powered"], "status_model"])
    return {
        "commune_code": getattr(unit, "commune_code"),  # noqa: B009 - a row of itertuples has no type
        "name": getattr(unit, "name"), "kind": getattr(unit, "kind"),  # noqa: B009 - as above
        "is_border": bool(getattr(unit, "is_border")),  # noqa: B009 - as above
        "villages": model.villages, "trang": model.trang, "lom": model.lom, "phu": model.phu,
        "chua_du_dl": model.chua_du_dl, "villages_powered": powered.villages, "trang_powered": powered.trang,
        "lom_powered": powered.lom,
        "status": commune_status(model.trang, model.lom, model.chua_du_dl, model.villages),
        "trang_printed": printed.trang, "lom_printed": printed.lom, "phu_printed": printed.phu,
        "chua_du_dl_printed": printed.chua_du_dl,
        "status_printed": commune_status(printed.trang, printed.lom, printed.chua_du_dl, printed.villages),
        "households": float(own["households"].sum()), "people": float(own["people"].sum()),
        "unserved_households": float(own["unserved_households"].sum()),
        "unserved_people": float(own["unserved_people"].sum()),
        "population": getattr(unit, "population"),  # noqa: B009 - as above
        "no_fibre": int((own["fibre_status"] == "chua").sum()),
    }


def with_offices(table: gpd.GeoDataFrame, anchors: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the communes with offices and offices_unserved: seats of the People's Committee that stand in them.

    Shown apart: an office's signal never decides the commune's status. Columns are missing values without anchors.
    ``anchors`` needs kind, known_4g, served_4g.
    """
    if anchors is None:
        blank = pd.array([pd.NA] * len(table), dtype="Int64")
        return table.assign(offices=blank, offices_unserved=blank)
    folded = [fold_name(str(kind), drop_kind=False) for kind in anchors["kind"]]
    seats = anchors[[any(word in kind for word in OFFICE) for kind in folded]]
    inside, commune = table.sindex.query(seats.geometry, predicate="intersects")
    found = pd.Series(commune, index=inside)
    found = found[~found.index.duplicated()]  # on a shared boundary the commune that ranks first
    unserved = (seats["known_4g"] & ~seats["served_4g"]).to_numpy(bool)
    n = len(table)
    return table.assign(
        offices=np.bincount(found.to_numpy(), minlength=n),
        offices_unserved=np.bincount(found.to_numpy(), weights=unserved[found.index], minlength=n).astype(int))


def uncovered_border(table: pd.DataFrame, *, printed: bool = False) -> pd.DataFrame:
    """Return the border communes (official list) with at least one trang or lom village."""
    tail = "_printed" if printed else ""
    gaps = sum(table[f"{status}{tail}"] for status in GAPS)
    return table[table["is_border"].astype(bool) & (gaps > 0)]


def difficult_by_power(villages: pd.DataFrame, status: str = "status_model") -> pd.DataFrame:
    """Return the 2x2 table difficult x grid power of villages with no signal or a hole.

    Rows difficult True and False; columns powered, unpowered, power_unknown with trang and lom each.
    """
    power = villages["grid_power"]
    sides = {
        "powered": power.fillna(value=False).astype(bool),
        "unpowered": (~power.astype("boolean")).fillna(value=False).astype(bool),
        "power_unknown": power.isna(),
    }
    hard = villages["difficult"].fillna(value=False).astype(bool)
    rows = []
    for difficult in (True, False):
        row: dict[str, object] = {"difficult": difficult}
        for side, mask in sides.items():
            own = count(villages.loc[mask & (hard == difficult), status])
            row |= {f"{side}_villages": own.villages, f"{side}_trang": own.trang, f"{side}_lom": own.lom}
        rows.append(row)
    return pd.DataFrame(rows)
