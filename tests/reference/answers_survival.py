"""Rows of survival, hazards and incidence: the Rossi recidivism data and McCall's unemployment spells."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from answers import NAN, Answer, frame, terms_of

from kinerja_lib.estimate import Estimate, estimate_hazard, estimate_incidence, estimate_survival

ROSSI, SPELLS = "lifelines_rossi", "ecdat_unempdur"


@cache
def cox(ties: str) -> Estimate:
    terms = "fin + age + race + wexp + mar + paro + prio"
    return estimate_hazard(frame(ROSSI), terms, duration="week", event="arrest", ties=ties)


def rossi_cox(estimator: str, _specification: str) -> Answer:
    result = cox("efron" if "Efron" in estimator else "breslow")

    def look_up(quantity: str) -> tuple[float, float]:
        if quantity in ("loglik", "concordance"):
            return float(result.diagnostics[quantity]), NAN  # type: ignore[arg-type]
        return terms_of(result)(quantity)

    return look_up


def rossi_zph(_estimator: str, _specification: str) -> Answer:
    tests = cox("efron").diagnostics["zph"].set_index("term")  # type: ignore[attr-defined]
    statistic = tests["statistic"].rename({"overall": "GLOBAL"})
    return lambda quantity: (float(statistic[quantity.removeprefix("chisq ")]), NAN)


def rossi_log_rank(_estimator: str, _specification: str) -> Answer:
    found = estimate_survival(frame(ROSSI), duration="week", event="arrest", by="fin").diagnostics["logrank"]
    return lambda quantity: (float({"chisq": found["statistic"]}[quantity]), NAN)  # type: ignore[index]


@cache
def spells() -> pd.DataFrame:
    """Return the spells with one column of codes: 1 full-time, 2 part-time, 3 other job, 0 none seen."""
    data = frame(SPELLS)
    return data.assign(exit=np.select([data[f"censor{code}"] == 1 for code in (1, 2, 3)], [1, 2, 3], 0))


def spells_incidence(_estimator: str, specification: str) -> Answer:
    cause = int(specification.removeprefix("cause ")[0])
    result = estimate_incidence(spells(), duration="spell", event="exit", cause=cause, at=[5, 10, 20])
    return lambda quantity: terms_of(result)(quantity.removeprefix("CIF(").removesuffix(")"))


def spells_cox(_estimator: str, _specification: str) -> Answer:
    terms = "ui + reprate + logwage + age"
    result = estimate_hazard(spells(), terms, duration="spell", event="censor1")
    return terms_of(result, {"ui": "ui[T.yes]"})


ANSWERS = {
    (ROSSI, "Cox PH"): rossi_cox,
    (ROSSI, "cox.zph"): rossi_zph,
    (ROSSI, "Log-rank"): rossi_log_rank,
    (SPELLS, "Aalen-Johansen"): spells_incidence,
    (SPELLS, "Cause-specific Cox"): spells_cox,
}
