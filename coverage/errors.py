"""The error tree of coverage; texts in coverage/faults.csv.

CoverageError(GeodataError)
├── ScenarioError(ValueError)     a scenario, profile or price book that cannot be used
├── RadioError(ValueError)        a path, budget or raster outside the model's range
├── GapError(ValueError)          layers from which no status can be told
├── PlanError(ValueError)         a siting problem that makes no sense
├── HandInError(OSError)          a hand-in folder that could not be written whole
└── Cancelled                     the user stopped a long run
"""

from geodata.errors import GeodataError


class CoverageError(GeodataError):
    """Base of every error of coverage: a code of coverage/faults.csv with the values that fill its text."""

    package = "coverage"


class ScenarioError(CoverageError, ValueError):
    """A scenario, profile or price book that cannot be used."""


class RadioError(CoverageError, ValueError):
    """A path, a link budget or a raster outside the model's range."""


class GapError(CoverageError, ValueError):
    """Layers from which no status can be told."""


class PlanError(CoverageError, ValueError):
    """A siting problem that makes no sense."""


class HandInError(CoverageError, OSError):
    """A hand-in folder that could not be written whole."""


class Cancelled(CoverageError):  # noqa: N818 - the user's wish, not a fault
    """The user stopped a long run."""
