"""Rows of the ordered and the multilevel models: proportional odds on ordinal_wine, mixed models on two data sets."""

from __future__ import annotations

import re

from answers import NAN, Answer, frame, terms_of

from kinerja_lib.estimate import Estimate, estimate_multilevel, estimate_ordinal

WINE = {"tempwarm": "temp[T.warm]", "contactyes": "contact[T.yes]"}


def look_up(result: Estimate, terms: dict[str, str], numbers: dict[str, float]) -> Answer:
    """Return a number that has a name of its own, or else estimate and error of a term."""
    of_terms = terms_of(result, terms)
    return lambda quantity: (numbers[quantity], NAN) if quantity in numbers else of_terms(quantity)


def ordinal(estimator: str, _specification: str) -> Answer:
    mixed = {"random": "judge"} if "Mixed" in estimator else {}
    result = estimate_ordinal(frame("ordinal_wine"), "rating ~ temp + contact", **mixed)
    return look_up(result, WINE, {"logLik": float(result.diagnostics["loglik"])})  # type: ignore[arg-type]


def bliese(_estimator: str, specification: str) -> Answer:
    """Return the mixed model of a specification such as WBEING~HRS+G.HRS+(1|GRP), or the ICC of an outcome alone."""
    written = (specification if "~" in specification else f"{specification}~1").replace("G.HRS", "`G.HRS`")
    slopes = re.findall(r"\((\w+)\|GRP\)", written)
    formula = re.sub(r"\+\(\w+\|GRP\)", "", written)
    chosen = [name for name in slopes if name != "1"]
    result = estimate_multilevel(frame("multilevel_bh1996"), formula, group="GRP", slopes=chosen)
    found = result.diagnostics
    numbers = {
        "ICC1": found["icc"],
        "var intercept": found["sd"]["Intercept"] ** 2,  # type: ignore[index]
        "var residual": found["sd_residual"] ** 2,  # type: ignore[operator]
    }
    return look_up(result, {"(Intercept)": "Intercept"}, numbers)  # type: ignore[arg-type]


def mentoring(_estimator: str, _specification: str) -> Answer:
    data = frame("bdj2018_mentoring_rct_panel")
    formula = "tprofits ~ C(treat2) + C(wave) + tprofits_b"
    result = estimate_multilevel(data[data["wave"].between(1, 7)], formula, group="id")
    numbers = {"sd id": result.diagnostics["sd"]["Intercept"], "sd resid": result.diagnostics["sd_residual"]}  # type: ignore[index]
    return look_up(result, {"treat3": "C(treat2)[T.3.0]", "treat4": "C(treat2)[T.4.0]"}, numbers)  # type: ignore[arg-type]


ANSWERS = {
    ("ordinal_wine", ""): ordinal,
    ("multilevel_bh1996", "LMM"): bliese,
    ("multilevel_bh1996", "ICC(1) mixed model REML"): bliese,
    ("bdj2018_mentoring_rct_panel", "LMM"): mentoring,
}
