"""What was asked of a plan beyond its budgets, in one value for the papers; what was not asked for is None."""

from dataclasses import dataclass

from coverage.plan.centres import Centres
from coverage.plan.curve import BudgetCurve
from coverage.plan.fixed import FixedPlan
from coverage.plan.phases import PhasedPlan


@dataclass(frozen=True)
class Depth:
    """Curve, phases, fixed broadband and regional centres that were computed."""

    curve: BudgetCurve | None = None
    phases: PhasedPlan | None = None
    fixed: FixedPlan | None = None
    centres: Centres | None = None
