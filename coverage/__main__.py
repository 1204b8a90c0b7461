"""The command line: ``python -m coverage run PACK [--scenario FILE] --out FOLDER``.

Exit codes: 0 done; 1 the data or the scenario has a fault, said in one line; 2 the command was misspelt.
"""

import argparse
import logging
import sys
import time
from pathlib import Path

from coverage import pipeline
from coverage.brief.model_text import accuracy_text, sensitivity_text
from coverage.brief.office import Office
from coverage.brief.words import stage_text, vn_money, vn_number
from coverage.errors import Cancelled
from coverage.plan import Depth, budget_curve, fixed_plan, phased_plan
from coverage.scenario import Scenario
from coverage.summary import gap_summary, plan_summary
from geodata.errors import GeodataError

BAR_WIDTH = 30
ALSO = ("duong-cong", "phan-ky", "bang-rong")   # budget curve, phases (years of the scenario), fixed broadband


class Bar:
    """A progress bar on standard error: one line per stage, redrawn in place on a terminal."""

    def __init__(self) -> None:
        self._stage = ""
        self._begun = time.monotonic()
        self._live = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far ``stage`` has come; the signature of coverage.compute.Progress."""
        if stage != self._stage:
            self._stage, self._begun = stage, time.monotonic()
            if not self._live:
                sys.stderr.write(f"{stage_text(stage)} ...\n")
        if not self._live:
            return
        filled = BAR_WIDTH * done // max(total, 1)
        seconds = time.monotonic() - self._begun
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r{stage_text(stage):<34.34} [{bar}] {done}/{total} {seconds:5.0f} s{end}")
        sys.stderr.flush()


def run(options: argparse.Namespace) -> None:
    """Take a pack through the four calls and write the hand-in folder; say the main figures."""
    scenario = Scenario.load(options.scenario) if options.scenario else Scenario.default()
    office = Office.load(options.office) if options.office else None
    progress = Bar()
    layers = pipeline.open_pack(options.pack)
    assessment = pipeline.assess(layers, scenario, areas=not options.no_areas, progress=progress)
    gap = gap_summary(assessment)
    say = sys.stdout.write
    say(f"{vn_number(gap.villages)} thôn: {vn_number(gap.trang)} trắng sóng, {vn_number(gap.lom)} lõm sóng; "
        f"{vn_number(gap.border_communes_uncovered)}/{vn_number(gap.border_communes)} xã biên giới chưa phủ hết\n")
    for line in (sensitivity_text(gap.sensitivity), accuracy_text(gap.accuracy)):
        if line:
            say(f"{line}\n")
    plan = pipeline.propose(layers, assessment, scenario, density=True, progress=progress)
    for summary in plan_summary(plan):
        say(f"{vn_money(summary.budget_mvnd)}: {vn_number(summary.sites)} vị trí, "
            f"thêm {vn_number(summary.villages_gained)} thôn, {vn_number(summary.people_gained)} người; "
            f"{summary.proof_vi}\n")
    asked = options.also
    depth = Depth(
        curve=budget_curve(plan, progress=progress) if "duong-cong" in asked else None,
        phases=phased_plan(plan, progress=progress) if "phan-ky" in asked else None,
        fixed=fixed_plan(plan, progress=progress) if "bang-rong" in asked else None)
    manifest = pipeline.hand_in(
        layers, assessment, plan, options.out, office=office, overwrite=options.overwrite, progress=progress,
        depth=depth,
    )
    say(f"Hồ sơ: {options.out} ({len(manifest.outputs)} tệp)\n")


def main(arguments: list[str]) -> int:
    """Parse the command line, run it, and turn faults into one line and an exit code."""
    parser = argparse.ArgumentParser(prog="python -m coverage", description="Lập kế hoạch phủ sóng xã biên giới.")
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="từ gói dữ liệu đến hồ sơ")
    runner.add_argument("pack", type=Path, help="thư mục gói dữ liệu")
    runner.add_argument("--scenario", type=Path, help="tệp kịch bản .toml")
    runner.add_argument("--out", type=Path, required=True, help="thư mục hồ sơ sẽ ghi")
    runner.add_argument("--no-areas", action="store_true", help="không tính vùng phủ toàn tỉnh (nhanh hơn)")
    runner.add_argument("--overwrite", action="store_true", help="thay hồ sơ cũ do chương trình ghi ở thư mục đó")
    runner.add_argument("--also", nargs="+", choices=ALSO, default=[], metavar="PHẦN",
                        help=f"tính thêm và đưa vào hồ sơ: {', '.join(ALSO)}")
    runner.add_argument("--office", type=Path, help="tệp .toml ghi tên cơ quan và người ký")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        run(options)
    except (GeodataError, Cancelled) as error:
        sys.stderr.write(f"Lỗi: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nĐã dừng.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
