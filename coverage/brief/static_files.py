"""Put Leaflet and our own map script where the browser can get them without internet."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

_OURS = ("web_map.js", "web_map.css")
_LEAFLET = ("leaflet.js", "leaflet.css")


@dataclass(frozen=True)
class Assets:
    """Links that a map page loads, in order; empty for a page that carries them inside."""

    js: tuple[tuple[str, str], ...] = ()
    css: tuple[tuple[str, str], ...] = ()


def leaflet_text(name: str) -> str:
    """Return a text file of the Leaflet that XStatic-Leaflet carries."""
    return resources.files("xstatic.pkg.leaflet").joinpath("data", name).read_text(encoding="utf-8")


def own_text(name: str) -> str:
    """Return our map script or style sheet."""
    return resources.files("coverage.brief").joinpath(name).read_text(encoding="utf-8")


def write_once(path: Path, content: bytes) -> None:
    """Write a file whose name tells its content, unless it is there; whole or not at all."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)


def named_by_content(name: str, content: bytes) -> str:
    """Return ``name`` with 12 hex digits of the content's sha256 before its suffix."""
    stem, suffix = name.rsplit(".", 1)
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"


def install_assets(static: Path, base_url: str = "/app/static") -> Assets:
    """Copy Leaflet and our script to ``static``/leaflet and return the links to them.

    Names carry the content's hash, so that a browser never shows yesterday's script.
    """
    folder = static / "leaflet"
    images = resources.files("xstatic.pkg.leaflet").joinpath("data", "images")
    for picture in images.iterdir():
        write_once(folder / "images" / picture.name, picture.read_bytes())
    links: dict[str, list[tuple[str, str]]] = {"js": [], "css": []}
    for name in (*_LEAFLET, *_OURS):
        content = (leaflet_text(name) if name in _LEAFLET else own_text(name)).encode()
        stamped = named_by_content(name, content)
        write_once(folder / stamped, content)
        links[name.rsplit(".", 1)[1]].append((name, f"{base_url}/leaflet/{stamped}"))
    return Assets(tuple(links["js"]), tuple(links["css"]))


def forget_old_files(folder: Path, keep: int = 400) -> None:
    """Delete the oldest files of a folder of hashed layers beyond ``keep``."""
    if not folder.is_dir():
        return
    files = sorted((p for p in folder.iterdir() if p.is_file()), key=lambda p: (p.stat().st_mtime, p.name))
    for path in files[: max(0, len(files) - keep)]:
        path.unlink(missing_ok=True)
