"""Public sources an office may use, and taking in a file that somebody has downloaded from one of them.

Nothing here goes to the internet: the register says where a source lies and under which licence; a person downloads it,
and ``take`` puts the file beside a note of where it came from, so that a mapping file can name it.
"""

import csv
import functools
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from pathlib import Path

from geodata.errors import ReadError
from geodata.write.atomic import replacing
from geodata.write.digest import file_sha256


@dataclass(frozen=True)
class PublicSource:
    """One row of register.csv.

    Parameters
    ----------
    layer : the layer it can fill. redistribute : "yes", "no" or "ask": may the file be passed on.
    certainty : "seen" where the address and licence were read, "memory" where they are to be checked before use.
    """

    id: str
    layer: str
    title_vi: str
    title_en: str
    url: str
    licence: str
    redistribute: str
    format: str
    certainty: str
    note_vi: str
    note_en: str


@functools.cache
def register() -> tuple[PublicSource, ...]:
    """Return the known public sources, in the order of register.csv."""
    text = resources.files("geodata.fetch").joinpath("register.csv").read_text(encoding="utf-8")
    return tuple(PublicSource(**row) for row in csv.DictReader(text.splitlines()))


def take(source_id: str, file: Path, folder: Path, *, obtained: date) -> Path:
    """Copy a downloaded file into ``folder`` with a note of its source, licence, date and sha256; return the copy.

    The note is the file's name with ".nguon.json" after it. Raises ReadError for an unknown source or a missing file.
    """
    known = {s.id: s for s in register()}
    if source_id not in known:
        raise ReadError("source_unknown", source=source_id, known=", ".join(known))
    if not file.is_file():
        raise ReadError("source_file_missing", file=str(file), url=known[source_id].url)
    target = folder / file.name
    with replacing(target) as temporary:
        shutil.copyfile(file, temporary)
    note = asdict(known[source_id]) | {"obtained": obtained.isoformat(), "sha256": file_sha256(target)}
    with replacing(target.with_name(f"{target.name}.nguon.json")) as temporary:
        temporary.write_text(json.dumps(note, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return target
