"""Every fault of the data gathered, then said once, each with its place and its remedy."""

from geodata.check.layers import check_layers
from geodata.check.places import check_stated_communes, no_terrain
from geodata.check.tables import check_table

__all__ = ["check_layers", "check_stated_communes", "check_table", "no_terrain"]
