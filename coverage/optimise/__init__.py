"""Choosing sites: proven plans, floors, phases, curves, robustness and the reasons why."""
