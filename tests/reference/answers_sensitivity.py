"""Sensitivity: Cinelli-Hazlett on Darfur, Oster on cars and NSW, E-values."""

from __future__ import annotations

import re
from typing import Any

from answers import NAN, Answer, frame

from kinerja_lib.estimate import estimate_regression, sensitivity_evalue, sensitivity_robustness, sensitivity_selection

FORMULA = "age + farmer_dar + herder_dar + pastvoted + hhsize_darfur + female + C(village)"
NAMES = {"r2dz.x": "r2dz_x", "r2yz.dx": "r2yz_dx"}
FULL = "re78 ~ treat + age + educ + race + married + nodegree + re74 + re75"


def make_darfur(estimator: str, specification: str) -> Answer:
    formula = f"peacefactor ~ directlyharmed + {FORMULA}"
    fit = estimate_regression(frame("sensemakr_darfur"), formula, errors="classical")
    found = sensitivity_robustness(fit, "directlyharmed", benchmark="female", multiples=(1, 2, 3))
    row = fit.table.set_index("term").loc["directlyharmed"]
    if estimator.endswith("bound"):
        bounds: Any = found.diagnostics["bounds"]
        bound = bounds.set_index("multiple").loc[float(specification[0])]
        return lambda quantity: (float(bound[NAMES.get(quantity, quantity)]), NAN)
    numbers = {
        "estimate": row["estimate"],
        "t_statistic": row["estimate"] / row["std_error"],
        "r2yd.x": found.partial_r2,
        "f2yd.x": found.partial_r2 / (1 - found.partial_r2),
        "rv_q": found.rv_q,
        "rv_qa": found.rv_qa,
    }
    return lambda quantity: (float(numbers[quantity]), float(row["std_error"]))


def read_r2_max(specification: str) -> float:
    return float(re.search(r"R2max ([\d.]+)", specification)[1])  # type: ignore[index]


def make_oster(data: str, short: str, full: str, term: str) -> Any:
    def make(_estimator: str, specification: str) -> Answer:
        found = sensitivity_selection(frame(data), short, full, term, r2_max=read_r2_max(specification))
        return lambda quantity: ({"delta": found.delta, "beta*": found.beta_star}[quantity], NAN)

    return make


def make_evalue(estimator: str, specification: str) -> Answer:
    scale = re.search(r"E-value (RR|OR|HR|SMD)", estimator)[1]  # type: ignore[index]
    value, *others = [float(number) for number in re.findall(r"\d+\.\d+", specification)]
    true = {"true": others[0]} if "non-null" in estimator else {}
    scale += "_common" if "common" in estimator else ""
    found = sensitivity_evalue(value, scale=scale, **true)  # type: ignore[arg-type]
    return lambda _quantity: (found.point, NAN)


ANSWERS = {
    ("sensemakr_darfur", ""): make_darfur,
    ("datasets_mtcars", "Oster"): make_oster("datasets_mtcars", "mpg ~ wt", "mpg ~ wt + hp + qsec", "wt"),
    ("matchit_lalonde", "Oster"): make_oster("matchit_lalonde", "re78 ~ treat", FULL, "treat"),
    ("(none: formula)", "E-value"): make_evalue,
}
