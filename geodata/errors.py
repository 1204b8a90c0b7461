"""The error tree of geodata, and the texts that errors and findings share.

GeodataError
├── CrsError(ValueError)          no CRS, a wrong one, or two that differ
├── SchemaError(ValueError)       a layer or column that is missing or of the wrong kind
├── ReadError(ValueError)         a file that cannot be read as what it is said to be
├── MappingError(ValueError)      a mapping file that does not fit the folder
├── PackError(ValueError)         a pack that is damaged, incomplete or altered
├── CheckError(ValueError)        faults that make the data unusable, all of them at once
└── WriteError(OSError)           a file that could not be written whole
"""

import csv
import functools
import string
from importlib import resources

LANGUAGES = ("vi", "en")


@functools.cache
def fault_catalogue(package: str) -> dict[str, dict[str, str]]:
    """Read ``faults.csv`` of a package: code -> severity, message and remedy in Vietnamese and English."""
    text = resources.files(package).joinpath("faults.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: row for row in rows}


class _Blank(string.Formatter):
    """Formats a template, leaving '?' where a value was not given."""

    def get_value(self, key: int | str, args: object, kwargs: object) -> object:  # noqa: ARG002 - the base's signature
        return kwargs.get(key, "?") if isinstance(kwargs, dict) else "?"


def fault_text(package: str, code: str, part: str, language: str, values: dict[str, object]) -> str:
    """Render ``part`` ('message' or 'remedy') of a fault in 'vi' or 'en'."""
    row = fault_catalogue(package)[code]
    return _Blank().vformat(row[f"{part}_{language}"], (), values)


class GeodataError(Exception):
    """Base of every error of geodata: a code of the catalogue with the values that fill its text.

    Parameters
    ----------
    code : row of the package's faults.csv.
    values : what fills the text: file, row, value, column ...
    """

    package = "geodata"

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(self.text("vi"))

    def text(self, language: str = "vi") -> str:
        """Return what is wrong, where, and what to do, in 'vi' or 'en', as one line."""
        message = fault_text(self.package, self.code, "message", language, self.values)
        remedy = fault_text(self.package, self.code, "remedy", language, self.values)
        return f"{message} {remedy}".strip()


class CrsError(GeodataError, ValueError):
    """No coordinate reference system, a wrong one, or two that differ."""


class SchemaError(GeodataError, ValueError):
    """A layer or a column that is missing or of the wrong kind."""


class ReadError(GeodataError, ValueError):
    """A file that cannot be read as what it is said to be."""


class MappingError(GeodataError, ValueError):
    """A mapping file that does not fit the folder it maps."""


class PackError(GeodataError, ValueError):
    """A data pack that is damaged, incomplete or altered."""


class CheckError(GeodataError, ValueError):
    """Faults that make the data unusable, all of them at once."""


class WriteError(GeodataError, OSError):
    """A file that could not be written whole."""
