"""CR2: by hand, against matrices over all rows, against another package, and in coverage where CR1 falls short."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import cluster_errors, estimate_difference, estimate_regression
from kinerja_lib.estimate.cluster_errors import cr2

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
WITHIN = {"rtol": 1e-6}  # absorbed effects are removed by iteration, to about 1e-8


def panel(seed: int = 4, clusters: int = 9) -> pd.DataFrame:
    """Return people in units of unequal size over four years, a few of whom change unit."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(clusters), rng.integers(3, 9, clusters))
    frame = pd.DataFrame({"person": np.arange(len(unit)).repeat(4), "unit": unit.repeat(4)})
    frame["year"] = np.tile(range(4), len(unit))
    moved = frame["person"].isin([0, 7, 11]) & (frame["year"] > 1)
    frame.loc[moved, "unit"] = (frame.loc[moved, "unit"] + 3) % clusters
    frame["team"] = frame["unit"] * 10 + rng.integers(0, 3, len(frame))
    n = len(frame)
    treated = (frame["unit"] < 3).astype("float64")
    noise = rng.normal(size=clusters)[frame["unit"]] + rng.normal(size=n)
    return frame.assign(
        treated=treated, x=rng.normal(size=n) + treated, w=rng.uniform(0.3, 3, n), y=noise + frame["year"]
    )


def dense(
    full: np.ndarray, y: np.ndarray, clusters: np.ndarray, w: np.ndarray, terms: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return CR2 and its degrees of freedom as the paper writes them, with n by n matrices and all columns."""
    f = full * np.sqrt(w)[:, None]
    bread = np.linalg.pinv(f)
    rest = np.eye(len(f)) - f @ bread
    e = rest @ (np.sqrt(w) * y)
    meat, parts = np.zeros((terms, terms)), []
    for cluster in np.unique(clusters):
        rows = np.flatnonzero(clusters == cluster)
        size, axes = np.linalg.eigh(rest[np.ix_(rows, rows)])
        root = axes @ np.diag(np.where(size > 1e-10, np.maximum(size, 1e-10) ** -0.5, 0)) @ axes.T
        adjusted = bread[:terms, rows] @ root
        meat += np.outer(adjusted @ e[rows], adjusted @ e[rows])
        parts.append(rest[:, rows] @ adjusted.T)
    products = np.einsum("gnk,hnk->kgh", np.stack(parts), np.stack(parts))
    return meat, np.trace(products, axis1=1, axis2=2) ** 2 / (products**2).sum(axis=(1, 2))


def indicators(frame: pd.DataFrame, names: list[str]) -> list[np.ndarray]:
    return [pd.get_dummies(frame[name]).to_numpy("float64") for name in names]


def test_a_mean_of_equal_clusters_by_hand() -> None:
    # cluster means 2, 4, 6: variance of the mean sum((mean - 4)^2) / (3 * 2) = 8 / 6; two degrees of freedom
    frame = pd.DataFrame({"y": [1.0, 3.0, 2.0, 6.0, 8.0, 4.0], "g": list("aabbcc")})
    result = estimate_regression(frame, "y ~ 1", cluster="g")
    assert_allclose(result.table["std_error"], np.sqrt(8 / 6), **EXACT)
    assert_allclose(result.diagnostics["df"], 2, **EXACT)
    assert result.rule == "CR2"
    assert "Satterthwaite" in result.errors
    assert result.diagnostics["warnings"] == (
        "Derajat bebas di bawah 4 pada Intercept: nilai p dan selangnya tidak dapat diandalkan.",
    )


def test_two_arms_of_equal_clusters_by_hand() -> None:
    # cluster means a: 2, 4, 6 (variance 4), b: 5, 9 (variance 8): 4/3 + 8/2
    frame = pd.DataFrame({"y": [1.0, 3, 2, 6, 8, 4, 4, 6, 9, 9], "g": list("ppqqrrssuu"), "arm": [*"aaaaaabbbb"]})
    result = estimate_difference(frame, outcome="y", group="arm", cluster="g")
    assert_allclose(result.table["std_error"], np.sqrt(4 / 3 + 8 / 2), **EXACT)
    # as Welch's for equal variances: (1/3 + 1/2)^2 / ((1/3)^2 / 2 + (1/2)^2 / 1)
    assert_allclose(result.diagnostics["df"]["b"], (5 / 6) ** 2 / (1 / 18 + 1 / 4), **EXACT)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    "absorb", [[], ["year"], ["person"], ["person", "year"], ["team"], ["team", "unit", "year"]], ids="+".join
)
def test_equals_the_matrices_over_all_rows(absorb: list[str], weights: str | None) -> None:
    data = panel()
    formula = "y ~ x" if set(absorb) & {"person", "team", "unit"} else "y ~ x + treated"
    names = formula[4:].split(" + ")
    constant = [] if absorb else [np.ones(len(data))]
    full = np.column_stack([*constant, data[names], *indicators(data, absorb)])
    w = np.ones(len(data)) if weights is None else data["w"].to_numpy()
    terms = len(constant) + len(names)
    covariance, df = dense(full, data["y"].to_numpy(), data["unit"].to_numpy(), w, terms)
    result = estimate_regression(data, formula, absorb=absorb, cluster="unit", weights=weights)
    accuracy = WITHIN if absorb else EXACT
    assert_allclose(result.diagnostics["covariance"], covariance, **accuracy)
    assert_allclose(result.diagnostics["df"], df, **accuracy)


def test_equals_another_package() -> None:
    from diff_diff.linalg import compute_robust_vcov

    data = panel(seed=9, clusters=12)
    x = np.column_stack([np.ones(len(data)), data[["x", "treated"]]])
    residuals = data["y"].to_numpy() - x @ np.linalg.lstsq(x, data["y"].to_numpy())[0]
    theirs, their_df = compute_robust_vcov(x, residuals, data["unit"].to_numpy(), vcov_type="hc2_bm", return_dof=True)
    result = estimate_regression(data, "y ~ x + treated", cluster="unit")
    assert_allclose(result.diagnostics["covariance"], theirs, rtol=1e-9)
    assert_allclose(result.diagnostics["df"], their_df, rtol=1e-9)


@pytest.mark.parametrize("weights", [None, "w"])
def test_clusters_of_one_row_give_hc2(weights: str | None) -> None:
    data = panel().assign(row=lambda d: range(len(d)))
    ours = estimate_regression(data, "y ~ x + treated", cluster="row", errors="CR2", weights=weights)
    hc2 = estimate_regression(data, "y ~ x + treated", errors="HC2", weights=weights)
    assert_allclose(ours.table["std_error"], hc2.table["std_error"], **EXACT)


def test_order_of_rows_and_names_of_clusters_do_not_matter() -> None:
    data = panel()
    mixed = data.sample(frac=1, random_state=1).assign(unit=lambda d: "u" + (90 - d["unit"]).astype("str"))
    here, there = (estimate_regression(d, "y ~ x", absorb="year", cluster="unit") for d in (data, mixed))
    assert_allclose(here.table["std_error"], there.table["std_error"], rtol=1e-8)
    assert_allclose(here.diagnostics["df"], there.diagnostics["df"], rtol=1e-8)


def test_blocks_of_clusters_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = panel()
    whole = estimate_regression(data, "y ~ x + treated", cluster="unit")
    monkeypatch.setattr(cluster_errors, "BLOCK", 1)
    apart = estimate_regression(data, "y ~ x + treated", cluster="unit")
    assert_allclose(whole.diagnostics["covariance"], apart.diagnostics["covariance"], **EXACT)
    assert_allclose(whole.diagnostics["df"], apart.diagnostics["df"], **EXACT)


def test_interval_covers_where_cr1_does_not() -> None:
    """Three of twelve clusters of unequal size are treated and no effect is planted."""
    from scipy import stats

    rng = np.random.default_rng(12)
    unit = np.repeat(np.arange(12), rng.integers(4, 20, 12))
    x = np.column_stack([np.ones(len(unit)), unit < 3])
    fit = np.linalg.pinv(x)
    covered = {"CR1": 0, "CR2": 0}
    for _repeat in range(600):
        y = rng.normal(size=12)[unit] + rng.normal(size=len(unit))
        beta = fit @ y
        e = y - x @ beta
        covariance, df, _seen = cr2(x, e, unit)
        covered["CR2"] += abs(beta[1]) < stats.t.ppf(0.975, df[1]) * np.sqrt(covariance[1, 1])
        scores = np.add.reduceat((fit[1] * e), np.flatnonzero(np.diff(unit, prepend=-1)))
        plain = (scores**2).sum() * 12 / 11 * (len(y) - 1) / (len(y) - 2)
        covered["CR1"] += abs(beta[1]) < stats.t.ppf(0.975, 11) * np.sqrt(plain)
    # 0.95 with a simulation error of 0.009; the working model leaves out the clusters, so some slack upwards
    assert 0.92 <= covered["CR2"] / 600 <= 0.985
    assert covered["CR1"] / 600 < 0.90


def test_few_clusters_decide_the_default() -> None:
    few, many = panel(clusters=39), panel(clusters=40)
    assert estimate_regression(few, "y ~ x", cluster="unit").rule == "CR2"
    assert estimate_regression(many, "y ~ x", cluster="unit").rule == "CR1"
    assert estimate_regression(many, "y ~ x", cluster="unit", errors="CR2").rule == "CR2"
    assert estimate_difference(few, outcome="y", group="treated", cluster="unit").rule == "CR2"
    asked = estimate_regression(few, "y ~ x", cluster="unit", errors="CR1")
    assert asked.rule == "CR1"
    assert "selang CR1 cenderung terlalu sempit" in asked.diagnostics["warnings"][0]
    assert estimate_regression(few, "y ~ x", cluster=["unit", "year"]).rule == "CR1"
    assert estimate_regression(few, "y ~ x", cluster=["unit", "year"]).diagnostics["warnings"]


def test_too_many_crossing_levels_fall_back_or_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_errors, "MOST_LEVELS", 3)
    data = panel()
    assert estimate_regression(data, "y ~ x", absorb="person", cluster="unit").rule == "CR2"  # three have moved
    left = estimate_regression(data, "y ~ x", absorb=["person", "year"], cluster="unit")
    assert left.rule == "CR1"
    assert left.diagnostics["warnings"]
    with pytest.raises(DataError, match="CR2 tidak dapat dihitung, karena terlalu banyak efek absorb"):
        estimate_regression(data, "y ~ x", absorb=["person", "year"], cluster="unit", errors="CR2")


def test_a_term_that_one_cluster_decides_is_said() -> None:
    data = panel().assign(first=lambda d: (d["unit"] == 0).astype(int), some=lambda d: (d["unit"] < 5).astype(int))
    lone = estimate_regression(data, "y ~ x + first", cluster="unit").diagnostics["warnings"]
    assert "Satu gugus menentukan sendiri first: galat bakunya terlalu kecil." in lone
    shared = estimate_regression(data, "y ~ x + some", cluster="unit").diagnostics["warnings"]
    assert not any("Satu gugus" in text for text in shared)
    assert estimate_regression(data, "y ~ x", absorb=["team", "year"], cluster="unit").diagnostics["warnings"] == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"errors": "CR2"}, "errors: CR2 memerlukan cluster"),
        ({"errors": "CR2", "cluster": ["unit", "year"]}, "CR2 hanya untuk satu kolom cluster"),
        ({"errors": "HC2", "cluster": "unit"}, "HC2 dan cluster tidak dapat bersama"),
        ({"errors": "CR3", "cluster": "unit"}, r"errors: ditemukan 'CR3'.*CR1, CR2"),
    ],
)
def test_bad_rules_say_what_is_wrong(options: dict[str, object], message: str) -> None:
    with pytest.raises(CallError, match=message):
        estimate_regression(panel(), "y ~ x", **options)  # type: ignore[arg-type]
