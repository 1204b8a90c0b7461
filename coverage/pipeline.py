"""The four calls of the planner: open a pack, assess, propose, hand in.

layers = open_pack(folder)
assessment = assess(layers, scenario)
plan = propose(layers, assessment, scenario)
manifest = hand_in(layers, assessment, plan, folder)
"""

from coverage.brief.hand_in import hand_in
from coverage.gap.assessment import assess
from coverage.plan import propose
from geodata.pack import open_pack

__all__ = ["assess", "hand_in", "open_pack", "propose"]
