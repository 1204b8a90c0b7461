"""How many villages change status when the power of masts whose power was assumed moves up and down."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coverage.compute import Progress, silent
from coverage.gap.demand import DemandPoints
from coverage.gap.evidence import Confirmation, gather, in_class
from coverage.gap.masts import headline_on, operators_listed
from coverage.gap.service import HEADLINE_CLASS, Served, levels
from coverage.gap.status import LOM, TRANG, village_status
from coverage.scenario import Scenario
from geodata.layers import Layers

SHIFT_DB = 6.0      # four times or a quarter of the power: what a guess of power, gain and cable may be wrong by


@dataclass(frozen=True)
class Shifted:
    """The villages under another power: ``changed`` have another status than today's by the model."""

    shift_db: float
    changed: int
    trang: int
    lom: int


@dataclass(frozen=True)
class Sensitivity:
    """What assumed powers decide.

    Attributes
    ----------
    rows, assumed_rows : transmitters, and those whose power the operator did not supply.
    villages : all of them. weaker, stronger : with the assumed powers lower and higher by the same step.
    """

    rows: int
    assumed_rows: int
    villages: int
    weaker: Shifted
    stronger: Shifted


def power_sensitivity(
    layers: Layers, points: DemandPoints, served: Served, scenario: Scenario, *,
    confirmations: Sequence[Confirmation] = (), shift_db: float = SHIFT_DB, progress: Progress = silent,
) -> Sensitivity:
    """Return how the headline status of villages moves with the assumed powers; measurements and signed words stand.

    ``shift_db`` > 0: the step down and up. Without an assumed power nothing moves.
    """
    base = village_status(points, served.classes[HEADLINE_CLASS], scenario.service.lom_min_households)

    def moved(db: float) -> Shifted:
        status = base
        if served.table.power_assumed.any():
            table = served.table.shifted(db, only_assumed=True)
            evidence = gather(
                points.xy_m, levels(table, points.xy_m, layers, scenario, progress), operators_listed(layers.sites),
                scenario.service, measurements=served.samples, confirmations=confirmations,
                point_codes=points.point_code.tolist())
            status = village_status(points, in_class(evidence, headline_on(scenario.service)),
                                    scenario.service.lom_min_households)
        return Shifted(db, int(np.count_nonzero(status != base)), int(np.count_nonzero(status == TRANG)),
                       int(np.count_nonzero(status == LOM)))

    return Sensitivity(len(served.table), int(served.table.power_assumed.sum()), points.n_villages, moved(-shift_db),
                       moved(shift_db))
