"""Manifest of a hand-in folder: what went in, what came out, by which scenario and model; and its check."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from coverage.brief.model_text import accuracy_text, sensitivity_text
from coverage.brief.version import VERSION
from coverage.choices import antenna_files
from coverage.gap.assessment import Assessment
from coverage.plan import BudgetPlan, Plan
from coverage.radio.area_loss import profile_step_m
from coverage.summary import link_summary, plan_summary
from geodata.layers import Layers
from geodata.write.digest import file_sha256

FILE = "manifest.json"
TOOL = "Phủ Sóng"
KIND = "hand-in"


@dataclass(frozen=True)
class Output:
    """One file of the folder: its name within it, what it holds, its size and hash."""

    file: str
    content: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A finished hand-in.

    Parameters
    ----------
    folder : where it lies. outputs : every file but the manifest itself, by name.
    made_at : the clock when it was made; every other value depends on the inputs alone.
    left_out : what was not written, and why.
    """

    folder: Path
    outputs: tuple[Output, ...]
    made_at: datetime
    left_out: Mapping[str, str]


def describe(folder: Path, contents: Mapping[str, str]) -> tuple[Output, ...]:
    """Return the outputs in ``folder``; ``contents`` says what each file holds."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != FILE)
    names = [p.relative_to(folder).as_posix() for p in files]
    return tuple(Output(n, contents[n], p.stat().st_size, file_sha256(p)) for n, p in zip(names, files, strict=True))


def write_manifest(
    manifest: Manifest, layers: Layers, assessment: Assessment, plan: Plan, crs_text: str, into: Path
) -> None:
    """Write manifest.json into a folder: UTF-8, keys in a fixed order."""
    info, scenario = layers.info, assessment.scenario
    values: dict[str, Any] = {
        "tool": TOOL, "kind": KIND, "version": VERSION,
        "made_at": manifest.made_at.isoformat(timespec="seconds"),
        "reference_date": info.reference_date.isoformat(),
        "illustrative": info.illustrative,
        "crs": crs_text,
        "pack": {
            "id": info.pack_id, "title": info.title, "province": info.province, "crs": info.crs.to_string(),
            "unit_vintage": info.unit_vintage, "elevation_kind": info.elevation_kind,
            "land_checked": layers.restricted is not None, "sources": [asdict(s) for s in info.sources],
        },
        "scenario": {"digest": scenario.digest, "values": asdict(scenario),
                     "antenna_files": dict(antenna_files(scenario.radio.antenna_folder))},
        "model": {
            "name": "ITU-R P.1812, 50 % of time and locations", "sigma_db": scenario.service.sigma_model_db,
            "threshold_dbm": scenario.service.rsrp_served_dbm, "method": scenario.radio.method,
            "step_m": profile_step_m(layers.elevation, None), "calibrated": scenario.radio.calibrate,
            "areas_computed": bool(assessment.area_rsrp), "sensitivity": sensitivity_text(assessment.sensitivity),
            "accuracy": accuracy_text(assessment.accuracy),
        },
        "plans": [
            {"budget_mvnd": p.budget_mvnd, "cost_mvnd": p.cost_mvnd, "sites": list(b.sites["option_id"]),
             "people_gained": p.people_gained, "villages_gained": p.villages_gained,
             "bound_people": None if p.weighted else p.bound_people,
             "gap_percent": p.gap_percent, "status": b.selection.status, "margin_villages": p.margin_villages,
             "links": _links(b)}
            for p, b in zip(plan_summary(plan), plan.budgets, strict=True)
        ],
        "left_out": dict(manifest.left_out),
        "outputs": [asdict(o) for o in manifest.outputs],
    }
    text = json.dumps(values, ensure_ascii=False, indent=2, default=str, allow_nan=False)
    (into / FILE).write_text(text + "\n", encoding="utf-8")


def _links(one: BudgetPlan) -> dict[str, Any]:
    """Return the figures of a budget's links without the sentences."""
    return {k: v for k, v in asdict(link_summary(one)).items() if not k.endswith(("_vi", "_en"))}


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder that this tool handed in; None for any other folder."""
    try:
        values = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(values, dict) and values.get("tool") == TOOL and values.get("kind") == KIND
    return values if ours else None


def altered(folder: Path) -> tuple[str, ...]:
    """Return the files of a hand-in that are missing, changed or not named in its manifest."""
    values = read_manifest(folder)
    if values is None:
        return (FILE,)
    told = {o["file"]: o["sha256"] for o in values["outputs"]}
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p.name != FILE}
    wrong = {name for name, digest in told.items() if name not in there or file_sha256(there[name]) != digest}
    return tuple(sorted(wrong | (set(there) - set(told))))
