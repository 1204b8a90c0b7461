"""The printed figures of the gaps, each from one place; coverage.summary hands them on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverage.gap.accuracy import Accuracy
from coverage.gap.assessment import Assessment
from coverage.gap.communes import Counts, count, difficult_by_power, uncovered_border
from coverage.gap.published import RESULTS
from coverage.gap.sensitivity import Sensitivity
from coverage.radio.calibration import Calibration


@dataclass(frozen=True)
class GapSummary:
    """Every figure of the gaps that screen and papers print.

    Attributes
    ----------
    printed : villages by the status that papers print (official where the office has one, else the model's).
    model : by the model alone; the plan counts by it. model_all : by the model, 3G counted. by_households : by the
        model for the other limits h. powered, model_powered : villages with grid power, printed and model.
    border : villages of border communes, printed.
    differing : villages whose official status differs from the model's. official : villages with an official status.
    border_communes, border_communes_uncovered : printed; ..._by_model : by the model.
    communes_by_status : printed. difficult_by_power, difficult_by_power_model : the 2x2 table.
    households, people : of the village list. people_on_clusters : of the test points, what shares are taken of.
    official_population : sum over communes; population_missing : communes that give none.
    unserved_... : on clusters without signal, by the model. unknown_households : on clusters of which nothing is
        known. eligible_... : of villages eligible for public-service money.
    needs_survey, one_operator, weak, indoor_unserved, lom_untestable, loses_signal_with_3g, no_fibre, fibre_near,
        fibre : villages. operators_complete : False: "ít nhất" stands before numbers of operators.
    by_operator : per operator and technology, villages whose centre it serves.
    reconciliation : rows by result. matched_exact, matched_folded : rows of the published list by how they matched.
    anchors, anchors_short, anchors_unknown, anchors_unserved : anchors; leased below required; lease unknown; no 4G.
    gap_area_km2 : land without signal, NaN where areas were not computed; never printed as need.
    sensitivity, accuracy, calibration : as in the assessment.
    """

    printed: Counts
    model: Counts
    model_all: Counts
    by_households: Mapping[int, Counts]
    powered: Counts
    model_powered: Counts
    border: Counts
    official: int
    differing: int
    communes: int
    border_communes: int
    border_communes_uncovered: int
    border_communes_uncovered_by_model: int
    communes_by_status: Mapping[str, int]
    difficult_by_power: pd.DataFrame
    difficult_by_power_model: pd.DataFrame
    households: float
    people: float
    people_on_clusters: float
    official_population: float
    population_missing: int
    unserved_households: float
    unserved_people: float
    unknown_households: float
    eligible_villages: int
    eligible_people: float
    eligible_unserved_people: float
    needs_survey: int
    one_operator: int
    weak: int
    indoor_unserved: int
    lom_untestable: int
    loses_signal_with_3g: int
    fibre: int
    fibre_near: int
    no_fibre: int
    operators_complete: bool
    by_operator: pd.DataFrame
    reconciliation: Mapping[str, int]
    matched_exact: int
    matched_folded: int
    anchors: int
    anchors_short: int
    anchors_unknown: int
    anchors_unserved: int
    gap_area_km2: float
    sensitivity: Sensitivity | None
    accuracy: Accuracy | None
    calibration: Calibration | None

    @property
    def villages(self) -> int:
        """Number of villages."""
        return self.printed.villages

    @property
    def trang(self) -> int:
        """Villages that papers print as trắng sóng."""
        return self.printed.trang

    @property
    def lom(self) -> int:
        """Villages that papers print as lõm sóng."""
        return self.printed.lom

    @property
    def phu(self) -> int:
        """Villages that papers print as đã phủ."""
        return self.printed.phu

    @property
    def chua_du_dl(self) -> int:
        """Villages that papers print as chưa đủ dữ liệu."""
        return self.printed.chua_du_dl

    @property
    def share_served_people(self) -> float:
        """Share of the people on clusters that are not known to be without signal; NaN where there are none."""
        return 1.0 - self.unserved_people / self.people_on_clusters if self.people_on_clusters else float("nan")


def gap_summary(assessment: Assessment) -> GapSummary:
    """Return every printed figure of the gaps."""
    villages, communes = assessment.villages, assessment.communes
    powered = villages["grid_power"].fillna(value=False).to_numpy(bool)
    border = villages["is_border"].to_numpy(bool)
    eligible = villages["eligible"].to_numpy(bool)
    printed, model = villages["status_printed"], villages["status_model"]
    official = villages["status_official"].notna().to_numpy(bool)
    rows = assessment.reconciliation
    fibre = villages["fibre_status"]
    anchors = assessment.anchors
    return GapSummary(
        printed=count(printed), model=count(model), model_all=count(villages["status_model_all"]),
        by_households={
            h: count(villages[f"status_h{h}"]) for h in assessment.scenario.service.lom_other_min_households},
        powered=count(printed[powered]), model_powered=count(model[powered]), border=count(printed[border]),
        official=int(official.sum()), differing=int((official & (printed != model).to_numpy(bool)).sum()),
        communes=len(communes), border_communes=int(communes["is_border"].sum()),
        border_communes_uncovered=len(uncovered_border(communes, printed=True)),
        border_communes_uncovered_by_model=len(uncovered_border(communes)),
        communes_by_status=communes["status_printed"].value_counts().to_dict(),
        difficult_by_power=difficult_by_power(villages, "status_printed"),
        difficult_by_power_model=difficult_by_power(villages),
        households=float(villages["households"].sum()), people=float(villages["people"].sum()),
        people_on_clusters=float(assessment.points.people.sum()),
        official_population=float(communes["population"].sum()),
        population_missing=int(communes["population"].isna().sum()),
        unserved_households=float(villages["unserved_households"].sum()),
        unserved_people=float(villages["unserved_people"].sum()),
        unknown_households=float(villages["unknown_households"].sum()),
        eligible_villages=int(eligible.sum()), eligible_people=float(villages.loc[eligible, "people"].sum()),
        eligible_unserved_people=float(villages.loc[eligible, "unserved_people"].sum()),
        needs_survey=int(villages["needs_survey"].sum()), one_operator=int((villages["n_operators"] == 1).sum()),
        weak=int(villages["weak"].fillna(value=False).sum()),
        indoor_unserved=int((~villages["indoor_served"]).sum()),
        lom_untestable=int((~villages["lom_testable"]).sum()),
        loses_signal_with_3g=int(villages["loses_signal_with_3g"].sum()),
        fibre=int((fibre == "co").sum()), fibre_near=int((fibre == "gan_tuyen").sum()),
        no_fibre=int((fibre == "chua").sum()),
        operators_complete=bool(villages["n_operators_known"].all()), by_operator=by_operator(assessment),
        reconciliation={result: int((rows["result"] == result).sum()) for result in RESULTS},
        matched_exact=int((rows["match"] == "exact").sum()), matched_folded=int((rows["match"] == "folded").sum()),
        anchors=0 if anchors is None else len(anchors),
        anchors_short=0 if anchors is None else int((anchors["fibre_status"] == "thieu").sum()),
        anchors_unknown=0 if anchors is None else int((anchors["fibre_status"] == "chua_du_dl").sum()),
        anchors_unserved=0 if anchors is None else int((anchors["known_4g"] & ~anchors["served_4g"]).sum()),
        gap_area_km2=float(assessment.gap_vung["area_km2"].sum()) if assessment.area_rsrp else float("nan"),
        sensitivity=assessment.sensitivity, accuracy=assessment.accuracy, calibration=assessment.calibration,
    )


def by_operator(assessment: Assessment) -> pd.DataFrame:
    """Return per operator and technology the villages whose centre it serves, does not serve, and is unknown for."""
    n, evidence = assessment.points.n_villages, assessment.evidence
    served = (evidence.served & evidence.known)[:n].sum(axis=0)
    known = evidence.known[:n].sum(axis=0)
    return pd.DataFrame({
        "operator": [key[0] for key in evidence.keys], "technology": [key[1] for key in evidence.keys],
        "list_supplied": [key[0] in evidence.listed for key in evidence.keys],
        "villages_served": served.astype(int), "villages_unserved": (known - served).astype(int),
        "villages_unknown": np.asarray(n - known, dtype=int),
    })
