"""Where public money should build: plans per budget, and what is asked of them afterwards.

The plans are ``propose``; budget curve, phases, floors, targets, robustness and the why of a site are calls of their
own on a plan, because they take longer.
"""

from coverage.plan.budgets import SITE_COLUMNS, BudgetPlan, Density, Plan, density_check, propose
from coverage.plan.case import Case
from coverage.siting.effect import Totals

__all__ = ["SITE_COLUMNS", "BudgetPlan", "Case", "Density", "Plan", "Totals", "density_check", "propose"]
