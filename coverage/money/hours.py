"""Hours that people no longer travel: those who get signal can use online services at home instead of the office."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverage.gap.travel import Travel
from coverage.plan import BudgetPlan

WAYS_OF_A_TRIP = 2      # there and back


@dataclass(frozen=True)
class HoursSaved:
    """What one trip to the commune office costs the people who get signal, if each of them made it once.

    Parameters
    ----------
    villages : of those that gain people: village_code, name, newly_served_people, office_min, person_hours.
    people : who get signal; people_timed : of those, in villages with a known time to the office.
    person_hours : per trip of each of them, there and back; of the timed ones only.
    """

    villages: pd.DataFrame
    people: float
    people_timed: float
    person_hours: float

    @property
    def mean_trip_hours(self) -> float:
        """Return the mean hours of one person's trip, there and back; NaN where none is known."""
        return self.person_hours / self.people_timed if self.people_timed > 0 else float("nan")


def hours_saved(travel: Travel, one: BudgetPlan) -> HoursSaved:
    """Return person-hours per trip to the commune office of the people whom a budget's plan brings signal."""
    gains = one.villages[["village_code", "newly_served_people"]].astype({"village_code": str})
    times = travel.villages[["village_code", "name", "office_min"]]
    table = times.merge(gains, on="village_code", how="inner", validate="one_to_one")
    table = table[table["newly_served_people"] > 0].reset_index(drop=True)
    people = table["newly_served_people"].to_numpy(dtype=np.float64)
    hours = people * WAYS_OF_A_TRIP * table["office_min"].to_numpy(dtype=np.float64) / 60.0
    timed = ~np.isnan(hours)
    table = table[["village_code", "name", "newly_served_people", "office_min"]].assign(person_hours=hours)
    return HoursSaved(table, float(people.sum()), float(people[timed].sum()), float(hours[timed].sum()))
