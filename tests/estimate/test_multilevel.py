"""Mixed models: by hand, against dense matrices and the library, against planted truth, and with bad input."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import Estimate, estimate_multilevel, estimate_regression
from kinerja_lib.estimate.result import COLUMNS

EXACT = {"rtol": 1e-8, "atol": 1e-10}  # a maximum is found to about the root of the rounding


def planted(seed: int = 3, groups: int = 40, size: int = 10, slope: float = 0.5) -> pd.DataFrame:
    """Return scores that rise by 1 per unit of x, with intercepts (sd 1) and slopes that differ between units."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), rng.integers(max(2, size // 2), size + size // 2 + 1, groups))
    x = rng.normal(5, 1, len(g))
    chance = rng.multivariate_normal([0, 0], [[1, 0.3 * slope], [0.3 * slope, slope**2]], groups)[g]
    y = 2 + x + chance[:, 0] + chance[:, 1] * (x - 5) + rng.normal(size=len(g))
    return pd.DataFrame({"y": y, "x": x, "g": g, "level2": rng.normal(size=groups)[g], "z": rng.normal(size=len(g))})


def balanced() -> tuple[pd.DataFrame, float, float]:
    """Return 6 groups of 5, and the mean squares between and within them."""
    rng = np.random.default_rng(1)
    y = rng.normal(0, 2, 6)[:, None] + rng.normal(size=(6, 5))
    between = 5 * y.mean(axis=1).var(ddof=1)
    within = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum() / 24
    return pd.DataFrame({"y": y.ravel(), "g": np.repeat(list("abcdef"), 5)}), float(between), float(within)


def dense(result: Estimate, data: pd.DataFrame, columns: list[str], x: np.ndarray, reml: bool) -> float:
    """Return the log-likelihood at the reported spread, from the covariance of all rows written out."""
    sd = result.diagnostics["sd"]
    related = result.diagnostics.get("correlation", pd.DataFrame([[1.0]]))
    z = np.column_stack([np.ones(len(data)), *(data[name] for name in columns)])
    same = data["g"].to_numpy()[:, None] == data["g"].to_numpy()
    v = (
        same * (z @ (np.outer(sd, sd) * related.to_numpy()) @ z.T)
        + np.eye(len(data)) * result.diagnostics["sd_residual"] ** 2
    )
    y = data["y"].to_numpy()
    precision = x.T @ np.linalg.solve(v, x)
    beta = np.linalg.solve(precision, x.T @ np.linalg.solve(v, y))
    assert_allclose(result.table["estimate"], beta, rtol=1e-7)
    assert_allclose(result.diagnostics["covariance"], np.linalg.inv(precision), rtol=1e-6)
    value = float(stats.multivariate_normal(x @ beta, v).logpdf(y))
    return value - (np.linalg.slogdet(precision)[1] - x.shape[1] * np.log(2 * np.pi)) / 2 if reml else value


def test_balanced_groups_are_the_analysis_of_variance() -> None:
    data, between, within = balanced()
    result = estimate_multilevel(data, "y ~ 1", group="g")
    found = result.diagnostics
    assert_allclose(found["sd"]["Intercept"] ** 2, (between - within) / 5, **EXACT)
    assert_allclose(found["sd_residual"] ** 2, within, **EXACT)
    assert_allclose(found["icc"], (between - within) / (between + 4 * within), **EXACT)
    assert_allclose(result.table["estimate"], data["y"].mean(), **EXACT)
    assert_allclose(result.table["std_error"], np.sqrt(between / 30), **EXACT)
    assert_allclose(found["df"], 5, rtol=1e-6)  # of the groups; second derivatives are by differences
    full = estimate_multilevel(data, "y ~ 1", group="g", reml=False).diagnostics
    assert_allclose(full["sd"]["Intercept"] ** 2, (between * 5 / 6 - within) / 5, **EXACT)
    assert_allclose(full["sd_residual"] ** 2, within, **EXACT)


def test_a_term_within_groups_is_judged_within_groups() -> None:
    data, _between, _within = balanced()
    data["x"] = np.tile([-2.0, -1, 0, 1, 2], 6)
    result = estimate_multilevel(data, "y ~ x", group="g")
    inside = estimate_regression(data, "y ~ x", absorb="g", errors="classical")
    numbers = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    assert_allclose(result.table[numbers].iloc[1].astype(float), inside.table[numbers].iloc[0].astype(float), rtol=1e-5)
    assert_allclose(result.diagnostics["df"]["x"], 30 - 6 - 1, rtol=1e-6)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("slopes", [[], ["x"], ["x", "z"]])
def test_likelihood_equals_the_dense_one_and_is_the_highest_near_by(slopes: list[str], reml: bool) -> None:
    data = planted(groups=20)
    result = estimate_multilevel(data, "y ~ x + level2", group="g", slopes=slopes, reml=reml)
    x = np.column_stack([np.ones(len(data)), data["x"], data["level2"]])
    assert_allclose(result.diagnostics["loglik"], dense(result, data, slopes, x, reml), rtol=1e-9)


@pytest.mark.parametrize("reml", [True, False])
def test_library_agrees(reml: bool) -> None:
    import statsmodels.formula.api as smf

    data = planted(groups=30).assign(x=lambda d: d["x"] - 5)
    result = estimate_multilevel(data, "y ~ x + level2", group="g", reml=reml)
    fit = smf.mixedlm("y ~ x + level2", data, groups="g").fit(reml=reml, method="bfgs")
    assert_allclose(result.diagnostics["loglik"], fit.llf, rtol=1e-8)
    assert_allclose(result.table["estimate"], fit.fe_params, atol=1e-5)
    assert_allclose(result.table["std_error"], fit.bse_fe, rtol=1e-3)  # theirs has a numeric curvature
    sloped = estimate_multilevel(data, "y ~ x + level2", group="g", slopes="x", reml=reml)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it did not converge
        fit = smf.mixedlm("y ~ x + level2", data, groups="g", re_formula="~x").fit(reml=reml, method="bfgs")
    assert sloped.diagnostics["loglik"] >= fit.llf - 1e-6
    assert_allclose(sloped.table["estimate"], fit.fe_params, rtol=1e-3)
    assert_allclose(sloped.diagnostics["sd"] ** 2, np.diag(fit.cov_re), rtol=1e-2)


def test_satterthwaite_by_its_definition() -> None:
    data = planted(groups=12, size=6)
    result = estimate_multilevel(data, "y ~ x", group="g", slopes="x")
    x = np.column_stack([np.ones(len(data)), data["x"]])
    same = data["g"].to_numpy()[:, None] == data["g"].to_numpy()
    y = data["y"].to_numpy()

    def solve(spread: np.ndarray) -> tuple[np.ndarray, float]:
        """Return covariance of the fixed terms and deviance at the three random (co)variances and the residual one."""
        v = same * (x @ np.array([[spread[0], spread[1]], [spread[1], spread[2]]]) @ x.T) + spread[3] * np.eye(len(y))
        inverse = np.linalg.inv(v)
        precision = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(precision, x.T @ inverse @ y)
        return np.linalg.inv(precision), np.linalg.slogdet(v)[1] + np.linalg.slogdet(precision)[
            1
        ] + rest @ inverse @ rest

    sd, related = result.diagnostics["sd"], result.diagnostics["correlation"]
    at = np.array(
        [sd.iloc[0] ** 2, related.iloc[0, 1] * sd.prod(), sd.iloc[1] ** 2, result.diagnostics["sd_residual"] ** 2]
    )
    steps = np.diag(1e-3 * np.sqrt(np.abs(at) * np.array([at[0], at[0] * at[2] / abs(at[1]), at[2], at[3]])))
    corners = [
        (solve(at + a + b)[1] - solve(at + a - b)[1] - solve(at - a + b)[1] + solve(at - a - b)[1])
        for a in steps
        for b in steps
    ]
    size = steps.sum(axis=1)
    hessian = np.array(corners).reshape(4, 4) / (4 * np.outer(size, size))
    gradient = np.array([(np.diag(solve(at + a)[0]) - np.diag(solve(at - a)[0])) / (2 * a.sum()) for a in steps])
    spread = np.einsum("ik,ij,jk->k", gradient, 2 * np.linalg.inv(hessian), gradient)
    assert_allclose(result.diagnostics["df"], 2 * np.diag(solve(at)[0]) ** 2 / spread, rtol=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_units_change_nothing_but_units(scale: float, shift: float, unit: float) -> None:
    data = planted(groups=12)
    first = estimate_multilevel(data, "y ~ x", group="g", slopes="x")
    other = estimate_multilevel(
        data.assign(x=data["x"] * unit + shift, y=data["y"] * scale), "y ~ x", group="g", slopes="x"
    )
    assert_allclose(other.table["estimate"][1] * unit / scale, first.table["estimate"][1], rtol=1e-6)
    assert_allclose(other.table["p_value"][1], first.table["p_value"][1], rtol=1e-4)
    assert_allclose(other.diagnostics["sd"]["x"] * unit / scale, first.diagnostics["sd"]["x"], rtol=1e-5)
    assert_allclose(other.diagnostics["icc"], first.diagnostics["icc"], rtol=1e-6)


def test_interval_covers_the_planted_effect_at_its_rate() -> None:
    covered, plain = [], []
    for seed in range(200):
        data = planted(seed=seed, groups=10, size=8, slope=0.0)
        found = estimate_multilevel(data, "y ~ x + level2", group="g").table.iloc[2]
        covered.append(found["conf_low"] < 0 < found["conf_high"])
        naive = estimate_regression(data, "y ~ x + level2").table.iloc[2]
        plain.append(naive["conf_low"] < 0 < naive["conf_high"])
    assert 0.9 <= np.mean(covered) <= 0.99  # 0.95 with a simulation error of 0.0154, three of them
    assert np.mean(plain) < 0.75  # rows of one unit are no independent evidence on what varies between units


def test_planted_spread_is_found() -> None:
    found = estimate_multilevel(planted(groups=300), "y ~ I(x - 5)", group="g", slopes="x").diagnostics
    assert_allclose(found["sd"]["x"], 0.5, atol=0.1)  # three errors of a spread of 300 groups
    assert_allclose(found["sd_residual"], 1, atol=0.05)


def test_groups_that_do_not_differ_are_at_the_boundary() -> None:
    data = planted(groups=1, size=40).sort_values("y").iloc[:20].assign(g=np.tile(np.arange(4), 5))
    result = estimate_multilevel(data, "y ~ x", group="g")
    plain = estimate_regression(data, "y ~ x", errors="classical")
    assert any("di batas" in text for text in result.diagnostics["warnings"])
    assert result.diagnostics["icc"] < 1e-8
    numbers = ["estimate", "std_error", "conf_low", "p_value"]
    assert_allclose(result.table[numbers].astype(float), plain.table[numbers].astype(float), rtol=1e-6)


def test_slopes_without_spread_are_said() -> None:
    data = planted(slope=0.0, groups=8).assign(w=lambda d: d["x"] - d.groupby("g")["x"].transform("mean"))
    data["y"] -= data.groupby("g")["y"].transform(lambda own: own - own.mean()) * 0.999
    data["y"] += np.random.default_rng(0).permutation(np.linspace(-1, 1, len(data)))
    result = estimate_multilevel(data, "y ~ w", group="g", slopes="w")
    assert np.isfinite(result.table["std_error"]).all()
    assert any("Kelompok sedikit" in text for text in result.diagnostics["warnings"])


def test_result_has_the_one_shape_and_inputs_stay() -> None:
    data = planted().assign(double=lambda d: 2 * d["x"] + 1)
    data.loc[3, "x"] = np.nan
    before = data.copy(deep=True)
    result = estimate_multilevel(data, "y ~ x + double", group="g", slopes="x")
    assert_frame_equal(data, before)
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["Intercept", "x"]
    assert result.dropped == {"baris dengan nilai kosong pada x": 1, "suku kolinear, dikeluarkan: double": 1}
    assert result.diagnostics["sd"].index.tolist() == ["Intercept", "x"]
    assert_allclose(np.diag(result.diagnostics["correlation"]), 1)
    assert (result.table["n"] == len(data) - 1).all()


BAD = {
    "no frame": ({"data": [1]}, CallError, "data: ditemukan list"),
    "missing column": ({"formula": "y ~ xx"}, CallError, "formula: kolom xx tidak ada"),
    "missing group": ({"group": "unit"}, CallError, "group: kolom unit tidak ada"),
    "missing slope": ({"slopes": "w"}, CallError, "slopes: kolom w tidak ada"),
    "no left side": ({"formula": "x"}, CallError, "tidak punya sisi kiri"),
    "nothing left": ({"formula": "y ~ 0"}, DataError, "tidak ada suku yang tersisa"),
    "text outcome": ({"formula": "name ~ x"}, CallError, "sisi kiri menjadi"),
    "constant outcome": ({"formula": "one ~ x"}, DataError, "kolom one tidak bervariasi"),
    "text slope": ({"slopes": "name"}, DataError, "slopes: kolom name bukan bilangan"),
    "constant slope": ({"slopes": "one"}, DataError, "slopes: kolom one tidak bervariasi"),
    "slopes twice": ({"slopes": ["x", "twice"]}, DataError, "slopes: twice kolinear"),
    "one group": ({"group": "one"}, DataError, "group: kolom one hanya berisi satu kelompok"),
    "groups of one": ({"group": "id"}, DataError, "group: tiap kelompok pada kolom id hanya berisi satu baris"),
    "too many random terms": ({"group": "pair", "slopes": "x"}, DataError, "tidak cukup untuk 2 suku acak"),
    "perfect fit": ({"formula": "twice ~ x"}, DataError, "menjelaskan hasil tanpa sisa"),
    "nothing varies within": ({"formula": "level2 ~ 1"}, DataError, "tidak mencapai titik maksimum"),
    "infinite": ({"formula": "y ~ inf"}, DataError, "kolom inf: berisi nilai tak hingga"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = planted(groups=10)
    n = len(data)
    data = data.assign(
        one=1.0, id=range(n), pair=np.arange(n) // 2, twice=2 * data["x"], name=["a", "b"] * (n // 2) + ["a"] * (n % 2),
        inf=np.inf,
    )  # fmt: skip
    with pytest.raises(kind, match=message):
        estimate_multilevel(**({"data": data, "formula": "y ~ x", "group": "g"} | changed))  # type: ignore[arg-type]
