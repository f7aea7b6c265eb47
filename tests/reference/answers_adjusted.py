"""Weighting and models on observed treatments, mediation, power and money: by which call their rows are made."""

from __future__ import annotations

import re

from answers import NAN, Answer, frame, terms_of

from kinerja_lib.estimate import (
    benefit_cost,
    estimate_adjusted,
    estimate_difference,
    estimate_mediation,
    internal_rate,
    plan_sample,
    present_value,
)

LALONDE, JOBS, FORMULA = "matchit_lalonde", "mediation_jobs", "(none: formula)"
BEFORE = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
COVARIATES = ["econ_hard", "sex", "age", "occp", "marital", "nonwhite", "educ", "income", "depress1"]
TERMS = {
    "(Intercept)": "Intercept",
    "racehispan": "race[T.hispan]",
    "racewhite": "race[T.white]",
    "SMD re74": "re74",
    "SMD distance": "propensity",
    "c' (ADE)": "ade",
    "c (total)": "total",
    "ACME": "acme",
    "ADE": "ade",
    "Total": "total",
    "Prop. mediated (median)": "proportion",
}
METHODS = {"IPW ATE (Horvitz": "ipw_ht", "IPW": "ipw", "AIPW": "aipw", "Regression adjustment": "regression"}


def adjusted(estimator: str, _specification: str) -> Answer:
    method = next((name for start, name in METHODS.items() if estimator.startswith(start)), "ipw")
    target = "ATT" if "ATT" in estimator or estimator == "Balance" else "ATE"
    result = estimate_adjusted(
        frame(LALONDE), outcome="re78", treatment="treat", confounders=BEFORE,
        target=target, method=method, errors="fixed",
    )  # fmt: skip

    def look_up(quantity: str) -> tuple[float, float]:
        term = TERMS.get(quantity, quantity)
        if estimator == "Balance":
            return float(result.diagnostics["balance"].set_index("term")["before"][term]), NAN
        table = result.diagnostics["propensity_model"] if estimator.startswith("Logit") else result.table
        row = table.set_index("term").loc[term]
        return float(row["estimate"]), float(row["std_error"])

    return look_up


def naive(_estimator: str, _specification: str) -> Answer:
    result = estimate_difference(frame(LALONDE), outcome="re78", group="treat", errors="HC1")
    return terms_of(result, {"b": "1"})


def mediation(estimator: str, _specification: str) -> Answer:
    result = estimate_mediation(
        frame(JOBS), outcome="depress2", mediator="job_seek", treatment="treat", covariates=COVARIATES
    )
    found = result.diagnostics

    def look_up(quantity: str) -> tuple[float, float]:
        if quantity in ("z", "rho"):
            return float(found["sobel_z" if quantity == "z" else "rho_at_zero"]), NAN
        name = re.sub(" CI (low|high)$", "", quantity)
        table = found["interaction"] if "interaction" in estimator else result.table
        row = table.set_index("term").loc[TERMS.get(name, name)]
        column = {"low": "conf_low", "high": "conf_high"}.get(quantity.rpartition(" CI ")[2], "estimate")
        return float(row[column]), float(row["std_error"])

    return look_up


def power(_estimator: str, specification: str) -> Answer:
    effect, alpha, wanted = (float(part) for part in re.findall(r"(?:d=|alpha |power )(\.\d+)", specification))
    return lambda _quantity: (plan_sample(effect=effect, alpha=alpha, power=wanted).n, NAN)


def money(estimator: str, specification: str) -> Answer:
    flows = [float(part) for part in re.search(r"\[(.*)\]", specification)[1].split(",")]
    if estimator == "IRR":
        return lambda _quantity: (internal_rate(flows).irr, NAN)
    rate = float(re.search(r"rate (\.\d+)", specification)[1])
    return lambda _quantity: (present_value(flows, rate).npv, NAN)


def coaching(_estimator: str, _specification: str) -> Answer:
    found = benefit_cost(1861158, 579800)
    return lambda quantity: ({"BCR": found.bcr, "ROI": found.roi}[quantity], NAN)


ANSWERS = {
    **{(LALONDE, start): adjusted for start in ("AIPW", "Balance", "IPW", "Logit", "Regression adjustment")},
    (LALONDE, "Naive difference"): naive,
    (JOBS, ""): mediation,
    (FORMULA, "Power"): power,
    (FORMULA, "NPV"): money,
    (FORMULA, "IRR"): money,
    ("(none: worked example)", ""): coaching,
}
