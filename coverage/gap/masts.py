"""Which masts and technologies count on a day: state, switch-off dates, what the lists leave out."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import GapError
from coverage.radio.sites import SiteTable
from coverage.scenario import Service
from geodata.findings import Finding

NEVER_COUNTS = "2G"


def baseline_sites(sites: gpd.GeoDataFrame, until: int | date | None = None) -> gpd.GeoDataFrame:
    """Return the masts of a baseline.

    ``until`` None: on air today. A date: also what is committed and due by that day. A year: by its 31 December.
    Planned masts, and committed ones without a due date, never count.
    """
    on_air = sites["state"] == "on_air"
    if until is None:
        return sites[on_air]
    day = pd.Timestamp(date(until, 12, 31) if isinstance(until, int) else until)
    due = (sites["state"] == "committed") & (pd.to_datetime(sites["due_date"]) <= day)
    return sites[on_air | due]


def counted_on(service: Service, day: date) -> tuple[str, ...]:
    """Return the technologies that count as signal on a day: 2G never, 3G until its switch-off."""
    off = {"3G": service.off_date_3g}
    return tuple(t for t in service.counted_technologies if t != NEVER_COUNTS and not (t in off and day >= off[t]))


def headline_on(service: Service) -> tuple[str, ...]:
    """Return the technologies of the headline ("4G trở lên")."""
    return tuple(t for t in service.headline_technologies if t != NEVER_COUNTS)


def operators_listed(sites: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the operators that supplied a list of masts on air, sorted."""
    return tuple(sorted(set(sites.loc[sites["state"] == "on_air", "operator"].dropna().astype(str))))


def operators_without_list(sites: gpd.GeoDataFrame, *others: pd.DataFrame | None) -> tuple[str, ...]:
    """Return operators that claims, measurements or commitments name but that supplied no list ("chưa cung cấp")."""
    named = set(sites["operator"].dropna().astype(str))
    for frame in others:
        if frame is not None:
            named |= set(frame["operator"].dropna().astype(str))
    return tuple(sorted(named - set(operators_listed(sites))))


def mast_findings(sites: gpd.GeoDataFrame, reference: date) -> tuple[Finding, ...]:
    """Say which committed masts are overdue and which give no due date; neither counts as on air."""
    committed = sites[sites["state"] == "committed"]
    due = pd.to_datetime(committed["due_date"])
    cases = (("committed_overdue", due <= pd.Timestamp(reference)), ("committed_without_date", due.isna()))
    out = []
    for code, mask in cases:
        bad = committed[mask.to_numpy(bool)]
        if len(bad):
            files = ", ".join(sorted(set(bad["source_file"].dropna())))
            out.append(Finding(
                code, layer="sites", column="due_date", file=files,
                rows=tuple(int(r) for r in bad["source_row"].dropna()), values=tuple(bad["site_code"].astype(str)),
                details={"number": len(bad), "reference": f"{reference:%d/%m/%Y}"}, package="coverage",
            ))
    return tuple(out)


def refuse_no_masts(sites: gpd.GeoDataFrame) -> None:
    """Raise GapError where no operator has a mast on air: no status can be told."""
    if not (sites["state"] == "on_air").any():
        raise GapError("gap_no_masts")


def assumptions(table: SiteTable) -> pd.DataFrame:
    """Return per operator its masts, its transmitters (one per mast, technology and band) and, of those, the shares.

    Columns operator, masts, rows, band_assumed, height_assumed, power_assumed, azimuth_assumed (0 to 1 of the rows).
    The last row, operator "TATCA", is of all.
    """
    frame = pd.DataFrame({
        "operator": table.operator, "site_code": table.site_code, "band": table.band_assumed,
        "height": table.height_assumed, "power": table.power_assumed,
        "azimuth": np.isnan(table.azimuth_deg) & ~table.omnidirectional,
    })
    both = pd.concat([frame, frame.assign(operator="TATCA", site_code=table.operator + " " + table.site_code)])
    shares = {f"{name}_assumed": (name, "mean") for name in ("band", "height", "power", "azimuth")}
    return both.groupby("operator", as_index=False, sort=False).agg(
        masts=("site_code", "nunique"), rows=("site_code", "size"), **shares).sort_values(
        "operator", key=lambda names: names.where(names != "TATCA", "\uffff"), kind="stable", ignore_index=True)
