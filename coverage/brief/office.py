"""Office: who issues and signs the papers; read from a small TOML file that the office keeps."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from coverage.errors import HandInError


@dataclass(frozen=True)
class Office:
    """Names printed on every paper; blank ones leave room for the pen.

    Parameters
    ----------
    parent_body, body : heading of a paper, for example the People's Committee and the department.
    maker, checker, approver : names under the three signatures.
    inset_file : the office's own official base map of Hoàng Sa and Trường Sa, as a picture or PDF; "" = none.
    """

    parent_body: str = ""
    body: str = ""
    maker: str = ""
    checker: str = ""
    approver: str = ""
    inset_file: str = ""

    def signers(self) -> tuple[tuple[str, str], ...]:
        """Return role key and name of the three signatures."""
        return (("maker", self.maker), ("checker", self.checker), ("approver", self.approver))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the office's TOML file; raises HandInError for a file, key or value that cannot be used."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise HandInError("office_unreadable", file=str(path), error=str(error)) from error
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        wrong = sorted(key for key, value in values.items() if not isinstance(value, str))
        if unknown or wrong:
            raise HandInError("office_key", file=str(path), key=", ".join(unknown or wrong))
        if values.get("inset_file"):
            values["inset_file"] = str((path.parent / values["inset_file"]).resolve())
        return cls(**values)
