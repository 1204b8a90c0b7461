"""Every benchmark after the other: radio, siting, and siting with its network, each against its peers.

    make bench                 the real layers are looked for in ../shared

Peers that are not installed are left out and named; docs/benchmarks.md keeps the tables with the machine they ran on.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
RUNS = (
    ["benchmarks.radio", str(SHARED)], ["benchmarks.peers", "4_200:60", "5_1000:120"],
    ["benchmarks.network", "4", "200", "60", "peers"], ["benchmarks.network", "5", "1000", "60"],
)


def main() -> int:
    """Run each benchmark in a process of its own and return the worst exit code."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return max(subprocess.call([sys.executable, "-m", *run], cwd=ROOT, env=environment) for run in RUNS)


if __name__ == "__main__":
    sys.exit(main())
