"""LATE: by hand as a ratio of differences, against formulas and planted truth, and with bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import estimate_late, estimate_regression

HAND = pd.DataFrame(
    {"y": [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 3.0, 5.0], "d": [0, 0, 0, 1, 1, 1, 1, 0], "z": [0, 0, 0, 0, 1, 1, 1, 1]}
)
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
CALL = {"outcome": "y", "treatment": "d", "instrument": "z"}


def planted(seed: int = 2, n: int = 900, effect: float = 1.5) -> pd.DataFrame:
    """Return a trial in which 6 of 10 follow the draw, the able come by themselves, and the effect is constant."""
    rng = np.random.default_rng(seed)
    ability, kind, z = rng.normal(size=n), rng.uniform(size=n), rng.integers(0, 2, n)
    d = np.where(kind < 0.6, z, ability > 0.3).astype("int64")
    age, grade = rng.integers(20, 60, n), rng.choice(["II", "III", "IV"], n)
    y = 1 + effect * d + ability + 0.02 * age + (grade == "IV") + rng.normal(size=n)
    return pd.DataFrame({"y": y, "d": d, "z": z, "age": age, "grade": grade, "unit": rng.integers(0, 50, n)})


def test_ratio_of_differences_by_hand() -> None:
    # y: 22/4 - 10/4 = 3; d: 3/4 - 1/4 = 1/2
    result = estimate_late(HAND, **CALL)
    assert result.table["term"].tolist() == ["d"]
    assert_allclose(result.table["estimate"], 6, **EXACT)
    assert_allclose(result.diagnostics["compliance"], 0.5, **EXACT)
    assert result.table["n"].tolist() == [8]
    assert result.design == "comparative"


@pytest.mark.parametrize("rule", ["classical", "HC0", "HC1"])
def test_errors_equal_their_formulas(rule: str) -> None:
    x, z = (np.column_stack([np.ones(8), HAND[name]]) for name in "dz")
    fitted = z @ np.linalg.solve(z.T @ z, z.T @ x)
    beta = np.linalg.solve(fitted.T @ x, fitted.T @ HAND["y"])
    e = HAND["y"].to_numpy() - x @ beta
    bread = np.linalg.inv(fitted.T @ fitted)
    share = {"classical": np.full(8, e @ e / 6), "HC0": e**2, "HC1": e**2 * 8 / 6}[rule]
    by_hand = np.sqrt(np.diag(bread @ (fitted.T * share) @ fitted @ bread))
    assert_allclose(estimate_late(HAND, **CALL, errors=rule).table["std_error"], by_hand[1], **EXACT)


def test_clustered_errors_equal_their_formula() -> None:
    data = planted()
    x, z = (np.column_stack([np.ones(len(data)), data[name]]) for name in "dz")
    fitted = z @ np.linalg.solve(z.T @ z, z.T @ x)
    e = data["y"].to_numpy() - x @ np.linalg.solve(fitted.T @ x, fitted.T @ data["y"])
    scores = pd.DataFrame(fitted * e[:, None]).groupby(data["unit"]).sum().to_numpy()
    bread = np.linalg.inv(fitted.T @ fitted)
    by_hand = bread @ scores.T @ scores @ bread * 50 / 49 * (len(data) - 1) / (len(data) - 2)
    result = estimate_late(data, **CALL, cluster="unit")
    assert_allclose(result.table["std_error"], np.sqrt(by_hand[1, 1]), **EXACT)
    assert result.diagnostics["n_clusters"]["unit"] == 50
    assert estimate_late(data[data["unit"] < 39], **CALL, cluster="unit").rule == "CR2"


def test_full_compliance_is_the_regression_on_the_draw() -> None:
    data = planted().assign(d=lambda frame: frame["z"])
    late = estimate_late(data, **CALL, covariates=["age", "grade"])
    plain = estimate_regression(data, "y ~ age + C(grade) + z", errors="HC1").table.iloc[-1]
    assert_allclose(
        late.table[["estimate", "std_error"]].iloc[0].astype(float), plain[["estimate", "std_error"]].astype(float)
    )
    assert late.diagnostics["first_stage_f"] == np.inf
    assert late.diagnostics["compliance"] == pytest.approx(1)


def test_first_stage_f_is_that_of_its_regression() -> None:
    data = planted()
    row = estimate_regression(data, "d ~ age + z").table.iloc[-1]
    found = estimate_late(data, **CALL, covariates="age").diagnostics
    assert_allclose(found["first_stage_f"], (row["estimate"] / row["std_error"]) ** 2, **EXACT)
    assert_allclose(found["compliance"], row["estimate"], **EXACT)


def test_planted_effect_is_covered_where_the_plain_regression_misses_it() -> None:
    covered = 0
    for seed in range(150):
        data = planted(seed, n=600)
        row = estimate_late(data, **CALL, covariates=["age", "grade"]).table.iloc[0]
        covered += row["conf_low"] < 1.5 < row["conf_high"]
    assert covered / 150 >= 0.895  # 0.95 with a simulation error of 0.018, three of them
    assert estimate_regression(planted(), "y ~ d + age + grade").table.set_index("term")["conf_low"]["d"] > 1.5


def test_a_weak_instrument_is_said() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.normal(size=60), "d": rng.normal(size=60), "z": rng.integers(0, 2, 60)})
    assert "Instrumen lemah" in estimate_late(data, **CALL).diagnostics["warnings"][0]
    assert estimate_late(planted(), **CALL).diagnostics["warnings"] == ()


def test_missing_rows_and_collinear_covariates_are_said_and_inputs_stay() -> None:
    data = planted().assign(twice=lambda frame: 2 * frame["age"])
    data.loc[:4, "d"] = None
    before = data.copy(deep=True)
    result = estimate_late(data, **CALL, covariates=["age", "twice"])
    assert result.dropped == {"baris dengan nilai kosong pada d": 5, "suku kolinear, dikeluarkan: twice": 1}
    assert_frame_equal(data, before)


BAD = {
    "missing outcome": ({"outcome": "yy"}, CallError, "outcome: kolom yy tidak ada"),
    "missing treatment": ({"treatment": "dd"}, CallError, "treatment: kolom dd tidak ada"),
    "missing instrument": ({"instrument": "zz"}, CallError, "instrument: kolom zz tidak ada"),
    "missing covariate": ({"covariates": "zz"}, CallError, "covariates: kolom zz tidak ada"),
    "missing cluster": ({"cluster": "zz"}, CallError, "cluster: kolom zz tidak ada"),
    "unknown errors": (
        {"errors": "HC3"},
        CallError,
        "errors: ditemukan 'HC3'; yang diizinkan: classical, HC0, HC1, CR1",
    ),
    "CR1 without cluster": ({"errors": "CR1"}, CallError, "CR1 memerlukan cluster"),
    "constant instrument": ({"instrument": "one"}, DataError, "instrument: kolom one tidak bervariasi"),
    "text treatment": ({"treatment": "name"}, DataError, "treatment: kolom name bukan bilangan"),
    "no relation": ({"instrument": "off"}, DataError, "instrument: kolom off tidak berkaitan dengan d"),
    "instrument is a covariate": ({"covariates": "z"}, DataError, "instrument: kolom z ditentukan oleh covariates"),
    "treatment is a covariate": ({"covariates": "d"}, DataError, "treatment: kolom d ditentukan oleh covariates"),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "more terms than rows": ({"covariates": "id"}, DataError, "8 baris lengkap untuk 9 suku"),
    "no frame": ({"data": 3}, CallError, "data: ditemukan int"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = HAND.assign(one=1, name=list("abababab"), off=[0, 1, 0, 1, 0, 1, 0, 1], id=list("abcdefgh"))
    data["off"] = [1, 1, 0, 1, 1, 0, 0, 0]  # as many of either kind have it
    assert issubclass(kind, KinerjaError)
    with pytest.raises(kind, match=message):
        estimate_late(**({"data": data, **CALL} | changed))
