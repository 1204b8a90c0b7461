"""Which file, column and value of an office means what: a TOML mapping read, and a folder imported with it."""

from geodata.mapping.importer import import_folder
from geodata.mapping.spec import MappingSpec, load_mapping

__all__ = ["MappingSpec", "import_folder", "load_mapping"]
