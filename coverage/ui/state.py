"""What the screen remembers: language, pack, scenario; and the results that all sessions share, never written to."""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from coverage import pipeline
from coverage.compute import Progress
from coverage.errors import CoverageError
from coverage.gap.assessment import Assessment
from coverage.plan import Plan
from coverage.scenario import Scenario, Siting, Solver
from coverage.ui.jobs import Job, Jobs
from geodata.layers import Layers
from geodata.sample import sample_layers

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out"
SAMPLE = "sample"
_LARGEST_UPLOAD = 4_000_000_000  # bytes once unpacked


@dataclass(frozen=True)
class PackChoice:
    """Which data the session works on: the embedded sample, or a pack's folder."""

    folder: str = SAMPLE

    @property
    def is_sample(self) -> bool:
        """Whether it is the embedded, invented district."""
        return self.folder == SAMPLE

    @property
    def stamp(self) -> str:
        """Changes when the pack is written anew."""
        manifest = Path(self.folder) / "manifest.json"
        return "" if self.is_sample or not manifest.exists() else str(manifest.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the server's jobs and their results."""
    return Jobs()


def language() -> str:
    """Return 'vi' or 'en'."""
    return str(st.session_state.get("language") or "vi")


def pack() -> PackChoice:
    """Return the session's pack."""
    choice = st.session_state.get("pack", PackChoice())
    return choice if isinstance(choice, PackChoice) else PackChoice()


def choose_pack(choice: PackChoice) -> None:
    """Work on another pack; what was selected on the old one is forgotten."""
    st.session_state["pack"] = choice
    for key in ("village", "site", "hand_in"):
        st.session_state.pop(key, None)


def scenario() -> Scenario:
    """Return the session's scenario, the packaged one at first."""
    chosen = st.session_state.get("scenario")
    return chosen if isinstance(chosen, Scenario) else default_scenario()


@st.cache_resource(show_spinner=False)
def default_scenario() -> Scenario:
    """Return the scenario of the packaged profile and price book."""
    return Scenario.default()


def choose_scenario(chosen: Scenario) -> None:
    """Work with another scenario."""
    st.session_state["scenario"] = chosen
    st.session_state.pop("hand_in", None)


def open_job() -> tuple[Any, Job]:
    """Return the job that opens the session's pack, started if need be, with its key."""
    choice = pack()
    key = ("open", choice.folder, choice.stamp)
    work: Callable[[Progress], Layers] = (
        (lambda _: sample_layers()) if choice.is_sample else (lambda _: pipeline.open_pack(Path(choice.folder)))
    )
    return key, jobs().start(key, work)


def is_invented() -> bool:
    """Tell whether the session's pack is known to hold invented data; an unopened folder is not known."""
    _, job = open_job()
    if job.ended and not job.failed:
        return bool(job.result().info.illustrative)
    return pack().is_sample


def _assess_key(layers: Layers, chosen: Scenario, *, areas: bool) -> tuple[str, str, str, bool]:
    """Return a key that budgets, prices and lease fees do not change: they say nothing of today's signal."""
    plain = replace(chosen.without_quotes, name="", budgets_mvnd=(1.0,), price_level="base", prices={}, siting=Siting(),
                    solver=Solver())
    return "assess", layers.info.pack_id, plain.digest, areas


def assess_job(layers: Layers, *, areas: bool) -> tuple[Any, Job]:
    """Return the job that assesses a pack under the session's scenario, with its key.

    ``areas``: also the level over the whole ground, which takes many times longer.
    """
    chosen = scenario()
    key = _assess_key(layers, chosen, areas=areas)
    return key, jobs().start(key, lambda progress: pipeline.assess(layers, chosen, areas=areas, progress=progress))


def areas_ready(layers: Layers) -> Job | None:
    """Return the job of the whole ground if it has ended well, without starting it."""
    job = jobs().find(_assess_key(layers, scenario(), areas=True))
    return job if job is not None and job.ended and not job.failed else None


def behind(layers: Layers) -> tuple[str, Job] | None:
    """Return what runs behind the page, (key of its words, job); starts the whole ground once nothing else runs.

    The solver has a time limit, so it is not made to share the cores with the whole ground.
    """
    chosen = scenario()
    quick = jobs().find(_assess_key(layers, chosen, areas=False))
    if quick is None or not quick.ended or quick.failed:
        return None
    plan = jobs().find(_plan_key(layers, chosen))
    if plan is not None and not plan.ended:
        return "planning", plan
    _, areas = assess_job(layers, areas=True)
    return None if areas.ended else ("assessing_areas", areas)


def of_scenario(assessment: Assessment, chosen: Scenario) -> Assessment:
    """Return an assessment under a scenario that differs in budgets and prices only; tables are shared."""
    return assessment if assessment.scenario is chosen else replace(assessment, scenario=chosen)


def _plan_key(layers: Layers, chosen: Scenario) -> tuple[str, str, str]:
    return "plan", layers.info.pack_id, chosen.without_quotes.digest


def plan_id(plan: Plan) -> str:
    """Return the digest of what decides a plan; lease fees do not."""
    return plan.scenario.without_quotes.digest


def plan_of_scenario(plan: Plan, chosen: Scenario) -> Plan:
    """Return a plan under a scenario that differs in lease fees only."""
    return plan if plan.scenario.digest == chosen.digest else replace(plan, scenario=chosen)


def plan_job(layers: Layers, assessment: Assessment) -> tuple[Any, Job]:
    """Return the job that makes the plans of the session's scenario, with its key."""
    chosen = assessment.scenario
    key = _plan_key(layers, chosen)
    return key, jobs().start(
        key, lambda progress: pipeline.propose(
            layers, assessment, chosen.without_quotes, density=True, progress=progress))


def hand_in_key(layers: Layers, plan: Plan, folder: Path, *, areas: bool) -> tuple[str, str, str, str, bool]:
    """Return the key of writing one folder."""
    return "hand_in", layers.info.pack_id, plan.scenario.digest, str(folder), areas


def unpack_upload(content: bytes, name: str) -> PackChoice:
    """Unpack an uploaded zip into a folder of its own and return the pack in it; raises CoverageError."""
    folder = Path(tempfile.mkdtemp(prefix="goi-"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive, folder, name)
            archive.extractall(folder)
    except zipfile.BadZipFile:
        shutil.rmtree(folder, ignore_errors=True)
        raise CoverageError("upload_not_zip", file=name) from None
    except CoverageError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    found = sorted(folder.rglob("manifest.json"), key=lambda p: (len(p.parts), str(p)))
    if not found:
        shutil.rmtree(folder, ignore_errors=True)
        raise CoverageError("upload_no_manifest", file=name)
    return PackChoice(str(found[0].parent))


def _check_members(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    """Refuse members that would land outside the folder, or more than a disk should take."""
    if sum(member.file_size for member in archive.infolist()) > _LARGEST_UPLOAD:
        raise CoverageError("upload_too_large", file=name, limit=_LARGEST_UPLOAD // 1_000_000_000)
    for member in archive.infolist():
        if not (folder / member.filename).resolve().is_relative_to(folder.resolve()):
            raise CoverageError("upload_outside", file=name, value=member.filename)
