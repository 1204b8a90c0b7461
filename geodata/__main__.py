"""The command line of the data: ``python -m geodata import | verify | sample``.

Exit codes: 0 done; 1 the data has a fault, said in one line; 2 the command was misspelt.
"""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from geodata.check import check_layers
from geodata.errors import LANGUAGES, GeodataError
from geodata.findings import Finding, errors_of
from geodata.mapping import import_folder
from geodata.pack import open_pack, verify_pack, write_pack
from geodata.sample import make_sample

_MARKS = {"error": "LỖI", "warning": "CẦN XEM", "info": "ghi nhận"}
_MARKS_EN = {"error": "ERROR", "warning": "LOOK", "info": "note"}


class _Bar:
    """Shows the stage and how far it has come on standard error, one line redrawn on a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show one step; the signature of geodata.mapping.importer.Progress."""
        end = "\n" if not self._live or done >= total else ""
        start = "\r\x1b[K" if self._live else ""
        sys.stderr.write(f"{start}[{done}/{total}] {stage}{end}")
        sys.stderr.flush()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m geodata", description="Nhập, kiểm tra và ghi gói dữ liệu.")
    parser.add_argument("--language", choices=LANGUAGES, default="vi", help="ngôn ngữ của thông báo (vi, en)")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("import", help="đọc thư mục tệp của cơ quan theo tệp ánh xạ, ghi gói dữ liệu")
    one.add_argument("folder", type=Path, help="thư mục tệp của cơ quan (chỉ đọc)")
    one.add_argument("--map", dest="mapping", type=Path, required=True, help="tệp ánh xạ .toml")
    one.add_argument("--out", type=Path, required=True, help="thư mục gói dữ liệu sẽ ghi")
    one = commands.add_parser("verify", help="đối chiếu sha256 của gói dữ liệu và kiểm tra lại các lớp")
    one.add_argument("pack", type=Path)
    one = commands.add_parser("sample", help="ghi gói dữ liệu minh họa")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--seed", type=int, default=2026)
    return parser.parse_args(arguments)


def _tell(findings: Sequence[Finding], language: str) -> None:
    """Write every finding on a line of its own, the gravest first, then how many there are of each kind."""
    marks = _MARKS if language == "vi" else _MARKS_EN
    for severity in ("error", "warning", "info"):
        for finding in findings:
            if finding.severity == severity:
                line = f"{marks[severity]}: {finding.message(language)} {finding.remedy(language)}"
                sys.stdout.write(line.strip() + "\n")
    counts = Counter[str](f.severity for f in findings)
    sys.stdout.write(", ".join(f"{marks[s]} {counts[s]}" for s in marks) + "\n")


def _import(options: argparse.Namespace) -> int:
    layers = import_folder(options.folder, options.mapping, _Bar())
    pack = write_pack(layers, options.out)
    _tell(layers.findings, options.language)
    for name, table in layers.tables().items():
        sys.stdout.write(f"{name}: {len(table)}\n")
    sys.stdout.write(f"{pack}\n")
    return 0


def _verify(options: argparse.Namespace) -> int:
    findings = list(verify_pack(options.pack))
    if not errors_of(findings):
        findings += check_layers(open_pack(options.pack))
    _tell(findings, options.language)
    return 1 if errors_of(findings) else 0


def _sample(options: argparse.Namespace) -> int:
    sys.stdout.write(f"{make_sample(options.out, seed=options.seed)}\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a fault of the data is one readable line, never a traceback."""
    options = _arguments(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    run = {"import": _import, "verify": _verify, "sample": _sample}[options.command]
    try:
        return run(options)
    except GeodataError as error:
        faults = error.values.get("findings", ())
        if isinstance(faults, tuple):
            _tell(faults, options.language)
        sys.stderr.write(f"\n{error.text(options.language)}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
