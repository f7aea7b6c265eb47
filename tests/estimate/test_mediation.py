"""Mediation: by hand, against planted truth, sensitivity to the mediator's own causes, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import Estimate, estimate_mediation
from kinerja_lib.estimate.result import COLUMNS

HAND = pd.DataFrame({"t": [0.0, 0, 0, 1, 1, 1], "m": [1.0, 2, 3, 3, 4, 6], "y": [2.0, 3, 7, 6, 9, 11]})
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
ROLES = {"outcome": "y", "mediator": "m", "treatment": "t"}


def planted(seed: int, n: int = 400, rho: float = 0.0) -> pd.DataFrame:
    """Return rows with paths a = 0.5, b = 0.4, direct 0.3 and errors of mediator and outcome correlated by `rho`."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "t": rng.integers(0, 2, n)})
    own, shared = rng.normal(size=n), rng.normal(size=n)
    frame["m"] = 0.5 * frame["t"] + 0.7 * frame["x"] + own
    frame["y"] = 0.4 * frame["m"] + 0.3 * frame["t"] + frame["x"] + rho * own + np.sqrt(1 - rho**2) * shared
    return frame


def rows(result: Estimate) -> pd.DataFrame:
    return result.table.set_index("term")


def test_paths_by_hand() -> None:
    # a = 13/3 - 2; within the groups the slope of y on m is 12.3333 / 6.6667; total = 26/3 - 4
    result = estimate_mediation(HAND, **ROLES)
    a, b, total = 7 / 3, 1.85, 14 / 3
    assert_allclose(rows(result).loc[["a", "b", "acme", "total"], "estimate"], [a, b, a * b, total], **EXACT)
    assert_allclose(rows(result).loc["ade", "estimate"], total - a * b, **EXACT)
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["acme", "ade", "total", "proportion", "a", "b"]
    sd = np.sqrt((2 + 14 / 3) / 4 * (1 / 3 + 1 / 3))  # classical error of the mean difference of m
    assert_allclose(rows(result).loc["a", "std_error"], sd, **EXACT)
    assert_allclose(result.diagnostics["sobel_z"], a * b / np.hypot(a * rows(result).loc["b", "std_error"], b * sd))


def test_errors_are_those_of_the_two_regressions() -> None:
    data = planted(1)
    result = estimate_mediation(data, **ROLES, covariates="x")
    wide = sm.OLS(data["y"], sm.add_constant(data[["t", "m", "x"]])).fit()
    short = sm.OLS(data["y"], sm.add_constant(data[["t", "x"]])).fit()
    expected = [wide.bse["t"], short.bse["t"], wide.bse["m"]]
    assert_allclose(rows(result).loc[["ade", "total", "b"], "std_error"], expected, **EXACT)
    assert_allclose(rows(result).loc["b", "conf_low"], wide.conf_int().loc["m", 0], **EXACT)


def test_draws_give_the_interval_of_the_normal_direct_path_and_the_proportion() -> None:
    data = planted(2)
    found = rows(estimate_mediation(data, **ROLES, covariates="x", draws=200_000))
    reach = 1.959964 * found.loc["ade", "std_error"]
    # quantiles of 200,000 draws are within 0.01 of a deviation
    assert_allclose(found.loc["ade", "conf_low"], found.loc["ade", "estimate"] - reach, atol=0.01 * reach)
    assert_allclose(found.loc["ade", "conf_high"], found.loc["ade", "estimate"] + reach, atol=0.01 * reach)
    share = found.loc["acme", "estimate"] / found.loc["total", "estimate"]
    assert abs(found.loc["proportion", "estimate"] - share) < 0.1 * found.loc["proportion", "std_error"]
    assert found.loc["acme", "p_value"] < 0.01


def test_seed_decides_the_draws() -> None:
    data = planted(3)
    first, again, other = (estimate_mediation(data, **ROLES, seed=seed).table for seed in (1, 1, 2))
    assert_frame_equal(first, again)
    assert not first["conf_low"].equals(other["conf_low"])
    assert first["estimate"].drop(3).equals(other["estimate"].drop(3))  # only the proportion is drawn


def test_intervals_cover_the_planted_paths() -> None:
    truth = pd.Series({"acme": 0.2, "ade": 0.3, "total": 0.5, "proportion": 0.4})
    covered = pd.Series(0, index=truth.index)
    for seed in range(150):
        found = rows(estimate_mediation(planted(seed, 200), **ROLES, covariates="x", draws=500)).loc[truth.index]
        covered += (found["conf_low"] < truth) & (truth < found["conf_high"])
    assert (covered / 150 >= 0.89).all()  # 0.95 with a simulation error of 0.018, three of them; draws blur the ends
    assert (covered / 150 <= 0.995).all()


@pytest.mark.parametrize("rho", [-0.5, 0.3])
def test_the_curve_tells_what_a_correlated_cause_hides(rho: float) -> None:
    data = planted(5, n=20_000, rho=rho)
    result = estimate_mediation(data, **ROLES, covariates="x")
    curve = result.diagnostics["rho_curve"].set_index(result.diagnostics["rho_curve"]["rho"].round(2))
    assert abs(rows(result).loc["acme", "estimate"] - 0.2) > 0.1
    assert curve.loc[rho, "conf_low"] < 0.2 < curve.loc[rho, "conf_high"]
    assert_allclose(curve.loc[0, "estimate"], rows(result).loc["acme", "estimate"], **EXACT)


def test_the_curve_is_the_formula_of_the_paper_and_crosses_zero_where_said() -> None:
    data = planted(6)
    result = estimate_mediation(data, **ROLES, covariates="x")
    x = sm.add_constant(data[["t", "x"]])
    m, y = sm.OLS(data["m"], x).fit(), sm.OLS(data["y"], x).fit()
    tilde = np.corrcoef(m.resid, y.resid)[0, 1]
    curve = result.diagnostics["rho_curve"]
    rho = curve["rho"]
    scale = m.params["t"] * np.sqrt((y.resid**2).sum() / (m.resid**2).sum())
    assert_allclose(curve["estimate"], scale * (tilde - rho * np.sqrt((1 - tilde**2) / (1 - rho**2))), **EXACT)
    assert_allclose(result.diagnostics["rho_at_zero"], tilde, **EXACT)


def test_clusters_widen_the_intervals() -> None:
    rng = np.random.default_rng(7)
    unit = np.repeat(np.arange(50), 8)
    data = planted(7).assign(unit=unit, t=unit % 2)
    data["m"] = data["m"] + rng.normal(size=50)[unit]
    plain = estimate_mediation(data, **ROLES, covariates="x")
    wide = estimate_mediation(data, **ROLES, covariates="x", cluster="unit")
    assert rows(wide).loc["a", "std_error"] > 1.5 * rows(plain).loc["a", "std_error"]
    assert wide.diagnostics["n_clusters"]["unit"] == 50
    assert "CR1" in wide.errors


def test_weak_points_are_said() -> None:
    data = planted(8)
    data["y"] = data["y"] + data["m"] * data["t"]
    result = estimate_mediation(data.assign(unit=np.arange(400) % 9), **ROLES, covariates="x", cluster="unit")
    assert any("berbeda menurut perlakuan" in text for text in result.diagnostics["warnings"])
    assert any("Gugus sedikit" in text for text in result.diagnostics["warnings"])
    assert_allclose(result.diagnostics["interaction"]["estimate"], 1, atol=0.4)
    none = data.assign(y=np.random.default_rng(8).normal(size=400))
    assert any("memuat nol" in text for text in estimate_mediation(none, **ROLES).diagnostics["warnings"])
    assert estimate_mediation(planted(9, 2000), **ROLES, covariates="x").diagnostics["warnings"] == ()


def test_missing_rows_and_collinear_terms_are_counted_and_input_stays() -> None:
    data = planted(10).assign(twice=lambda d: 2 * d["x"], t=lambda d: d["t"] == 1)
    data.loc[4, "m"] = np.nan
    before = data.copy(deep=True)
    result = estimate_mediation(data, **ROLES, covariates=["x", "twice"])
    assert result.dropped == {"baris dengan nilai kosong pada m": 1, "suku kolinear, dikeluarkan: twice": 1}
    assert result.table["n"].eq(399).all()
    assert_frame_equal(data, before)


BAD = {
    "no frame": ({"data": "x"}, CallError, "data: ditemukan str"),
    "missing mediator": ({"mediator": "mm"}, CallError, "mediator: kolom mm tidak ada"),
    "missing covariate": ({"covariates": "zz"}, CallError, "covariates: kolom zz tidak ada"),
    "missing cluster": ({"cluster": "zz"}, CallError, "cluster: kolom zz tidak ada"),
    "one column twice": ({"covariates": ["x", "t"]}, CallError, "kolom t dipakai dua kali"),
    "few draws": ({"draws": 10}, CallError, "draws: ditemukan 10; yang diizinkan: bilangan bulat mulai 100"),
    "half a draw": ({"draws": 500.5}, CallError, "draws: ditemukan 500.5"),
    "text mediator": ({"mediator": "g"}, DataError, "mediator: kolom g bukan bilangan"),
    "constant treatment": ({"treatment": "one"}, DataError, "treatment: kolom one tidak bervariasi"),
    "mediator is treatment": ({"mediator": "same"}, DataError, "kolom same ditentukan penuh oleh perlakuan"),
    "too few rows": ({"data": HAND.head(4)}, DataError, "4 baris lengkap untuk 3 suku"),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "exact outcome": ({"outcome": "line"}, DataError, "tanpa sisa"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = planted(11, 60)
    data = data.assign(one=1, g=np.where(data["x"] > 0, "a", "b"), same=2 * data["t"] + 1, line=data["t"] + data["m"])
    with pytest.raises(kind, match=message):
        estimate_mediation(**({"data": data} | ROLES | changed))
