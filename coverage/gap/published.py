"""What the office stands by: the published list matched with the villages, staff's decisions, and the differences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from coverage.errors import GapError
from coverage.gap.status import GAPS, PHU, STATUSES
from geodata.findings import Finding
from geodata.layers import Layers
from geodata.units import UnitMatch, match_units

SAME, ONLY_LIST, ONLY_MODEL, DIFFERS, NOT_MATCHED = "same", "only_list", "only_model", "differs", "not_matched"
RESULTS = (SAME, ONLY_LIST, ONLY_MODEL, DIFFERS, NOT_MATCHED)
COLUMNS = ("village_code", "village_name", "commune_name", "published", "model", "result", "match", "reason",
           "source_file", "source_row")


@dataclass(frozen=True)
class Decision:
    """Staff's decision on a village's official status; it stands above the published list."""

    village_code: str
    status: str
    reason: str
    name: str
    day: date
    file: str

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise GapError("gap_decision_status", village=self.village_code, value=self.status, file=self.file)
        if not (self.reason.strip() and self.name.strip()):
            raise GapError("gap_decision_unsigned", village=self.village_code, file=self.file)


@dataclass(frozen=True)
class Matched:
    """One row of the published list and the village it names.

    Parameters
    ----------
    village : number in the villages layer, None where no single village fits. how : "exact", "folded", "none".
    reason : in Vietnamese, why no village fits or by what one of several was told apart; "" otherwise.
    """

    village: int | None
    how: str
    reason: str


def match_published(layers: Layers) -> tuple[Matched, ...]:
    """Match the rows of the published list with villages by commune and name; empty without a list.

    Names are compared as written first and folded otherwise. Where several villages of the commune bear the name,
    the households decide if exactly one agrees; otherwise nothing is chosen. A village that an earlier row has
    taken is not taken twice.
    """
    if layers.published is None:
        return ()
    listed, villages, communes = layers.published, layers.villages, layers.communes
    written = _texts(communes["kind"] + " " + communes["name"])
    in_commune = match_units(_texts(listed["commune_name"]), written)
    codes = _texts(communes["commune_code"])
    parents = [None if m.index is None else codes[m.index] for m in in_commune]
    found = match_units(
        _texts(listed["village_name"]), _texts(villages["name"]),
        parents=parents, unit_parents=_texts(villages["commune_code"]))
    out: list[Matched] = []
    for row, (unit, match) in enumerate(zip(in_commune, found, strict=True)):
        out.append(_settle(unit, match, listed["households"].iloc[row], villages))
    return _no_village_twice(out, listed)


def _texts(column: pd.Series) -> list[str]:
    return [str(value) for value in column]


def _settle(unit: UnitMatch, match: UnitMatch, households: object, villages: gpd.GeoDataFrame) -> Matched:
    """Turn the two matches of one row (commune, then village) into the village it names."""
    if unit.index is None:
        return Matched(None, "none", "tên xã khớp nhiều đơn vị" if unit.candidates else "không có xã này")
    folded = "folded" in (unit.how, match.how)
    if match.index is not None:
        return Matched(match.index, "folded" if folded else "exact", "")
    if not match.candidates:
        return Matched(None, "none", "xã không có thôn tên này")
    own = villages["households"].iloc[list(match.candidates)]
    agreeing = [c for c, h in zip(match.candidates, own, strict=True) if not pd.isna(households) and h == households]
    if len(agreeing) == 1:
        reason = f"{len(match.candidates)} thôn trùng tên, chọn theo số hộ"
        same_letters = _texts(villages["name"].iloc[list(match.candidates)])
        return Matched(agreeing[0], "exact" if len(set(same_letters)) == 1 and not folded else "folded", reason)
    return Matched(None, "none", f"{len(match.candidates)} thôn trùng tên, số hộ không phân biệt được")


def _no_village_twice(rows: Sequence[Matched], listed: pd.DataFrame) -> tuple[Matched, ...]:
    """Refuse a village to every row after the first that names it."""
    taken: dict[int, int] = {}
    out = []
    for number, row in enumerate(rows):
        if row.village is not None and row.village in taken:
            first = listed["source_row"].iloc[taken[row.village]]
            out.append(Matched(None, "none", f"trùng với dòng {first} của danh sách"))
            continue
        if row.village is not None:
            taken[row.village] = number
        out.append(row)
    return tuple(out)


def official_status(
    layers: Layers, matched: Sequence[Matched], decisions: Iterable[Decision] = (),
) -> tuple[pd.Series, pd.Series, tuple[Finding, ...]]:
    """Return official status and its source ("published", "decision", "") per village, and findings.

    A village of which the office has said nothing has no official status (missing value): docs/decisions/0010.

    Raises
    ------
    GapError
        For a decision on a village that is not in the list.
    """
    n = len(layers.villages)
    status = pd.Series(pd.NA, index=range(n), dtype="string")
    source = pd.Series("", index=range(n), dtype="string")
    findings: list[Finding] = []
    if layers.published is not None:
        for row, match in enumerate(matched):
            if match.village is not None:
                status[match.village] = layers.published["status"].iloc[row]
                source[match.village] = "published"
        findings += _not_matched(layers.published, matched)
    number = {str(code): i for i, code in enumerate(layers.villages["village_code"])}
    for one in sorted(decisions, key=lambda d: (d.day, d.file)):
        if one.village_code not in number:
            raise GapError("gap_decision_village", village=one.village_code, file=one.file)
        status[number[one.village_code]] = one.status
        source[number[one.village_code]] = "decision"
    return status, source, tuple(findings)


def _not_matched(listed: pd.DataFrame, matched: Sequence[Matched]) -> list[Finding]:
    bad = [i for i, match in enumerate(matched) if match.village is None]
    if not bad:
        return []
    rows = listed.iloc[bad]
    values = tuple(
        f"{v}, {c} ({matched[i].reason})"
        for i, v, c in zip(bad, rows["village_name"], rows["commune_name"], strict=True))
    files = ", ".join(sorted(set(rows["source_file"].dropna())))
    return [Finding(
        "published_not_matched", layer="published", column="village_name", file=files,
        rows=tuple(int(r) for r in rows["source_row"].dropna()), values=values, details={"number": len(bad)},
        package="coverage",
    )]


def reconcile(layers: Layers, matched: Sequence[Matched], model: Sequence[str]) -> pd.DataFrame:
    """Compare the published list with the model's status of every village; columns as COLUMNS.

    First the rows of the list in its order, then the villages that only the model calls trang or lom.
    ``only_list``: the model calls it covered. ``differs``: trang against lom, or the model lacks data.
    """
    rows: list[Mapping[str, object]] = []
    if layers.published is not None:
        rows += [_listed_row(layers, i, match, model) for i, match in enumerate(matched)]
    taken = {match.village for match in matched if match.village is not None}
    names = dict(zip(layers.communes["commune_code"], layers.communes["kind"] + " " + layers.communes["name"],
                     strict=True))
    if layers.published is not None:
        for i, status in enumerate(model):
            if status in GAPS and i not in taken:
                village = layers.villages.iloc[i]
                rows.append(dict(zip(COLUMNS, (
                    village["village_code"], village["name"], names.get(village["commune_code"], ""), "", status,
                    ONLY_MODEL, "none", "", village["source_file"], village["source_row"]), strict=True)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _listed_row(layers: Layers, row: int, match: Matched, model: Sequence[str]) -> Mapping[str, object]:
    listed = layers.published.iloc[row]  # type: ignore[union-attr]  # the caller has one
    says = str(listed["status"])
    code, theirs, result = "", "", NOT_MATCHED
    if match.village is not None:
        code, theirs = str(layers.villages["village_code"].iloc[match.village]), model[match.village]
        result = SAME if says == theirs else ONLY_LIST if theirs == PHU else DIFFERS
    return dict(zip(COLUMNS, (
        code, listed["village_name"], listed["commune_name"], says, theirs, result, match.how, match.reason,
        listed["source_file"], listed["source_row"]), strict=True))
