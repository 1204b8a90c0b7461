"""Where public money should build: plans per budget, and what is asked of them afterwards.

The plans are ``propose``; budget curve, phases, floors, targets, robustness and the why of a site are calls of their
own on a plan, because they take longer.
"""

from coverage.plan.budgets import SITE_COLUMNS, BudgetPlan, Density, Plan, density_check, propose
from coverage.plan.case import Case, Figures
from coverage.plan.centres import Centres, regional_centres
from coverage.plan.curve import BudgetCurve, CurveRow, budget_curve
from coverage.plan.depth import Depth
from coverage.plan.fixed import FixedPlan, FixedTotals, fixed_plan
from coverage.plan.floors import FlooredPlan, FloorRow, floored_plan
from coverage.plan.phases import PhasedPlan, PhaseYear, phased_plan
from coverage.plan.robustness import Outcome, Robust, robust
from coverage.plan.target import NextVillage, Target, cheapest_plan, next_village
from coverage.plan.why import HandPlan, SiteWhy, what_if, why_site
from coverage.siting.effect import Totals

__all__ = [
    "SITE_COLUMNS", "BudgetCurve", "BudgetPlan", "Case", "Centres", "CurveRow", "Density", "Depth", "Figures",
    "FixedPlan", "FixedTotals", "FloorRow", "FlooredPlan", "HandPlan", "NextVillage", "Outcome", "PhaseYear",
    "PhasedPlan", "Plan", "Robust", "SiteWhy", "Target", "Totals", "budget_curve", "cheapest_plan", "density_check",
    "fixed_plan", "floored_plan", "next_village", "phased_plan", "propose", "regional_centres", "robust", "what_if",
    "why_site",
]
