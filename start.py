"""Set up Phủ Sóng and run it, with nothing but Python itself: works on Windows and Debian, without make or Docker.

python3 start.py                    environment, packages, then the app in the browser
python3 start.py test [ARGS]        what the tests need too, then the tests (ARGS go to pytest)
python3 start.py geodata ARGS       the same environment: python -m geodata ARGS
python3 start.py coverage ARGS      the same environment: python -m coverage ARGS
"""

import argparse
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import venv
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
MOST_CORES = 4     # for the tests: each core holds the sample and a browser


def main(arguments: list[str]) -> int:
    """Set up what the command needs, run it, and return its exit code."""
    if sys.version_info < OLDEST:
        print(f"Cần Python {OLDEST[0]}.{OLDEST[1]} trở lên; máy đang dùng {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", default="app", choices=["app", "test", "geodata", "coverage"])
    parser.add_argument("--port", type=int, default=8501, help="port of the app (default 8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    options, rest = parser.parse_known_args(arguments)
    if options.command == "app" and rest:
        parser.error(f"không hiểu: {' '.join(rest)}")
    try:
        prepare("requirements-dev.txt" if options.command == "test" else "requirements.txt")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Không chuẩn bị được môi trường: {error}", file=sys.stderr)
        print("Trên Debian: apt install python3-venv. Kiểm tra mạng hoặc kho gói (pip) của cơ quan.", file=sys.stderr)
        return 1
    if options.command == "app":
        return run_app(options.port, browser=not options.no_browser)
    module = {"test": "pytest"}.get(options.command, options.command)
    if options.command == "test":
        rest = test_arguments(rest)
    return subprocess.call([PYTHON, "-m", module, *rest], cwd=ROOT, env=child_environment())


def test_arguments(rest: list[str]) -> list[str]:
    """Return pytest's arguments: a few cores, one file per core at a time, no slow tests unless asked for."""
    few = [] if {"-n", "--pdb"} & set(rest) else ["-n", str(min(MOST_CORES, os.cpu_count() or 1)), "--dist", "loadfile"]
    quick = [] if "-m" in rest else ["-m", "not slow"]
    return [*few, *quick, *rest]


def prepare(requirements: str) -> None:
    """Make .venv and install a requirements file into it, unless that very file was installed before."""
    if not PYTHON.exists():
        print("Tạo môi trường Python (.venv) ...", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists())
    # requirements-dev.txt includes requirements.txt, so the stamp covers both
    wanted = hashlib.sha256(b"".join((ROOT / n).read_bytes() for n in sorted({requirements, "requirements.txt"})))
    stamp = ENVIRONMENT / f"installed-{requirements}"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted.hexdigest():
        return
    print(f"Cài các gói trong {requirements} (lần đầu mất vài phút) ...", flush=True)
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r", ROOT / requirements]
    subprocess.run(pip, check=True, cwd=ROOT)
    stamp.write_text(wanted.hexdigest(), encoding="ascii")


def child_environment() -> dict[str, str]:
    """Return the environment of a child: our packages first on the path, UTF-8 whatever the machine's code page."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def run_app(port: int, *, browser: bool) -> int:
    """Serve the app on this machine only, open a browser once it answers, and wait until it is stopped."""
    port = free_port(port)
    address = f"http://localhost:{port}"
    print(f"Phủ Sóng: {address}  (Ctrl+C để dừng)", flush=True)
    if browser:
        threading.Thread(target=open_when_ready, args=(address,), daemon=True).start()
    command = [PYTHON, "-m", "streamlit", "run", ROOT / "app.py", "--server.port", str(port)]
    try:
        return subprocess.call(command, cwd=ROOT, env=child_environment())
    except KeyboardInterrupt:
        return 0


def free_port(wanted: int) -> int:
    """Return ``wanted``, or the next port that nobody on this machine listens on."""
    for port in range(wanted, wanted + 50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(("localhost", port)) != 0:
                return port
    return wanted


def open_when_ready(address: str) -> None:
    """Open the browser when the app answers; on a machine without one, do nothing."""
    if not (os.name == "nt" or os.environ.get("DISPLAY") or shutil.which("open") or shutil.which("xdg-open")):
        return
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):  # noqa: S310 - our own http address
                webbrowser.open(address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
