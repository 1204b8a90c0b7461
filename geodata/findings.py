"""Finding: one fault of the data with its place and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, cast

from geodata.errors import fault_catalogue, fault_text

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One fault, said once: where it is, which values, what to do.

    Parameters
    ----------
    code : row of geodata/faults.csv (or of ``package``'s).
    layer, column : names of dictionary.csv; column may be "".
    file : the office's file as it was named, "" when the fault is of the whole pack.
    rows : row numbers in that file as a person sees them (1 = first line of the sheet), or feature numbers.
    values : the offending values, as text, in the order of ``rows``.
    details : what else fills the text.
    """

    code: str
    layer: str = ""
    column: str = ""
    file: str = ""
    rows: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    details: dict[str, object] = field(default_factory=dict)
    package: str = "geodata"

    @property
    def severity(self) -> Severity:
        """'error' stops the work, 'warning' needs a decision, 'info' is told."""
        return cast("Severity", fault_catalogue(self.package)[self.code]["severity"])

    @property
    def count(self) -> int:
        """Return how many rows are concerned."""
        return len(self.rows)

    def _fill(self) -> dict[str, object]:
        shown = ", ".join(str(r) for r in self.rows[:5]) + (" ..." if len(self.rows) > 5 else "")  # noqa: PLR2004
        values = ", ".join(self.values[:3]) + (" ..." if len(self.values) > 3 else "")  # noqa: PLR2004
        base: dict[str, object] = {
            "layer": self.layer, "column": self.column, "file": self.file,
            "rows": shown, "values": values, "count": self.count,
        }
        return base | self.details

    def message(self, language: str = "vi") -> str:
        """Return what is wrong and where, in 'vi' or 'en'."""
        return fault_text(self.package, self.code, "message", language, self._fill())

    def remedy(self, language: str = "vi") -> str:
        """Return what to do about it, in 'vi' or 'en'."""
        return fault_text(self.package, self.code, "remedy", language, self._fill())


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the findings that make the data unusable."""
    return [f for f in findings if f.severity == "error"]
