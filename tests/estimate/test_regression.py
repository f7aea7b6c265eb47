"""Regressions and differences: by hand, against planted truth, and with bad input."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_difference, estimate_regression
from kinerja_lib.estimate.result import COLUMNS

HAND = pd.DataFrame({"y": [1.0, 3.0, 2.0, 6.0, 8.0, 4.0], "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "g": list("aabbcc")})
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only


def planted(seed: int = 11, firms: int = 60, years: int = 5) -> pd.DataFrame:
    """Return a panel in which the outcome rises by 2 per unit of x, and x is related to the firm effect."""
    rng = np.random.default_rng(seed)
    firm = np.repeat(np.arange(firms), years)
    year = np.tile(np.arange(years), firms)
    effect = rng.normal(0, 3, firms)[firm]
    x = effect + rng.normal(0, 1, len(firm))
    y = 2 * x + 4 * effect + year + rng.normal(0, 1, len(firm)) + rng.normal(0, 1, firms)[firm]
    return pd.DataFrame({"y": y, "x": x, "firm": firm, "year": year, "w": rng.uniform(0.5, 2, len(firm))})


def matrices(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return X, inverse of X'X, coefficients and residuals of y on 1 and x."""
    x = np.column_stack([np.ones(len(frame)), frame["x"]])
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ frame["y"].to_numpy()
    return x, bread, beta, frame["y"].to_numpy() - x @ beta


def errors_of(result: Estimate) -> np.ndarray:
    return result.table["std_error"].to_numpy()


@pytest.mark.parametrize("rule", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_errors_equal_their_formulas(rule: str) -> None:
    x, bread, beta, e = matrices(HAND)
    leverage = np.einsum("ij,jk,ik->i", x, bread, x)
    n, k = x.shape
    share = {
        "HC0": e**2,
        "HC1": e**2 * n / (n - k),
        "HC2": e**2 / (1 - leverage),
        "HC3": e**2 / (1 - leverage) ** 2,
        "classical": np.full(n, e @ e / (n - k)),
    }[rule]
    by_hand = np.sqrt(np.diag(bread @ (x.T * share) @ x @ bread))
    result = estimate_regression(HAND, "y ~ x", errors=rule)
    assert_allclose(result.table["estimate"], beta, **EXACT)
    assert_allclose(errors_of(result), by_hand, **EXACT)


def test_clustered_errors_equal_their_formula() -> None:
    x, bread, _beta, e = matrices(HAND)
    meat = sum(np.outer(s, s) for s in (x[i : i + 2].T @ e[i : i + 2] for i in (0, 2, 4)))
    by_hand = np.sqrt(np.diag(bread @ meat @ bread) * 3 / 2 * 5 / 4)
    result = estimate_regression(HAND, "y ~ x", cluster="g", errors="CR1")
    assert_allclose(errors_of(result), by_hand, **EXACT)
    assert result.diagnostics["df"].tolist() == [2.0, 2.0]
    assert result.diagnostics["n_clusters"]["g"] == 3


def test_two_way_clusters_are_the_sum_less_the_overlap() -> None:
    data = planted()
    x, bread, _beta, e = matrices(data)

    def part(codes: pd.Series) -> np.ndarray:
        scores = pd.DataFrame(x * e[:, None]).groupby(codes.to_numpy()).sum().to_numpy()
        g = len(scores)
        return bread @ scores.T @ scores @ bread * g / (g - 1) * (len(x) - 1) / (len(x) - 2)

    both = data["firm"] * 100 + data["year"]
    by_hand = part(data["firm"]) + part(data["year"]) - part(both)
    result = estimate_regression(data, "y ~ x", cluster=["firm", "year"])
    assert_allclose(result.diagnostics["covariance"], by_hand, rtol=1e-8)  # differences of large sums
    assert result.diagnostics["df"]["x"] == 4


def test_interval_and_p_value_are_by_t() -> None:
    from scipy import stats

    row = estimate_regression(HAND, "y ~ x", errors="classical").table.iloc[1]
    assert_allclose(row["conf_high"] - row["estimate"], stats.t.ppf(0.975, 4) * row["std_error"], **EXACT)
    assert_allclose(row["p_value"], stats.linregress(HAND["x"], HAND["y"]).pvalue, **EXACT)


def test_r2_equals_the_squared_correlation() -> None:
    found = estimate_regression(HAND, "y ~ x").diagnostics["r2"]
    assert_allclose(found, HAND["x"].corr(HAND["y"]) ** 2, **EXACT)
    without = estimate_regression(HAND.assign(one=1.0), "y ~ 0 + one + x").diagnostics["r2"]
    assert_allclose(without, found, **EXACT)


def test_result_has_the_one_shape() -> None:
    result = estimate_regression(HAND, "y ~ x")
    assert tuple(result.table.columns) == COLUMNS
    assert result.design == "correlational"
    plain = {"r2", "df", "covariance", "warnings"}
    assert set(result.diagnostics) == plain | {"covariance_classical", "df_residual", "sd_residual"}
    assert result.diagnostics["warnings"] == ()
    assert "HC1" in result.errors
    with pytest.raises(AttributeError, match="cannot assign"):
        result.design = "random"  # type: ignore[misc]


@pytest.mark.parametrize("rule", ["classical", "HC0", "HC1"])
def test_absorbed_effects_equal_indicator_columns(rule: str) -> None:
    data = planted()
    absorbed = estimate_regression(data, "y ~ x", absorb=["firm", "year"], errors=rule)
    columns = estimate_regression(data, "y ~ x + C(firm) + C(year)", errors=rule)
    expected = columns.table.set_index("term").loc["x", ["estimate", "std_error", "conf_low"]].astype(float)
    # the effects are removed by iteration, to about 1e-8
    assert_allclose(absorbed.table[["estimate", "std_error", "conf_low"]].iloc[0].astype(float), expected, rtol=1e-6)
    assert_allclose(absorbed.diagnostics["r2"], columns.diagnostics["r2"], rtol=1e-7)
    assert absorbed.diagnostics["df"]["x"] == columns.diagnostics["df"]["x"]


def test_weights_agree_with_and_without_absorbing() -> None:
    data = planted()
    absorbed = estimate_regression(data, "y ~ x", absorb="firm", weights="w", errors="HC1")
    columns = estimate_regression(data, "y ~ x + C(firm)", weights="w", errors="HC1")
    expected = columns.table.set_index("term").loc["x", ["estimate", "std_error"]].astype(float)
    assert_allclose(absorbed.table[["estimate", "std_error"]].iloc[0].astype(float), expected, rtol=1e-8)
    assert_allclose(absorbed.diagnostics["r2"], columns.diagnostics["r2"], rtol=1e-9)


@pytest.mark.parametrize("options", [{}, {"weights": "w"}, {"absorb": ["firm", "year"], "cluster": "firm"}])
def test_classical_errors_stand_beside_any_rule(options: dict[str, object]) -> None:
    data = planted()
    robust = estimate_regression(data, "y ~ x", **options)  # type: ignore[arg-type]
    plain = estimate_regression(data, "y ~ x", **{**options, "cluster": None, "errors": "classical"})  # type: ignore[arg-type]
    assert_allclose(robust.diagnostics["covariance_classical"], plain.diagnostics["covariance"], rtol=1e-9)
    assert robust.diagnostics["df_residual"] == plain.diagnostics["df"]["x"]


def test_weight_two_counts_as_two_rows() -> None:
    twice = pd.concat([HAND, HAND.iloc[[0, 3]]])
    weighted = estimate_regression(HAND.assign(w=[2, 1, 1, 2, 1, 1]), "y ~ x", weights="w")
    assert_allclose(weighted.table["estimate"], estimate_regression(twice, "y ~ x").table["estimate"], **EXACT)


def test_planted_effect_is_found_where_the_plain_regression_misses_it() -> None:
    data = planted()
    within = estimate_regression(data, "y ~ x", absorb=["firm", "year"], cluster="firm").table.iloc[0]
    plain = estimate_regression(data, "y ~ x", cluster="firm").table.iloc[1]
    assert within["conf_low"] < 2 < within["conf_high"]
    assert plain["conf_low"] > 3


def test_interval_covers_the_planted_effect_at_its_rate() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _repeat in range(300):
        x = rng.normal(size=80)
        frame = pd.DataFrame({"y": 1 + 0.5 * x + rng.normal(size=80) * np.exp(x / 2), "x": x})
        row = estimate_regression(frame, "y ~ x", errors="HC3").table.iloc[1]
        covered += row["conf_low"] < 0.5 < row["conf_high"]
    assert 0.91 <= covered / 300 <= 0.99  # 0.95 with a simulation error of 0.0126, three of them


def test_collinear_terms_are_dropped_and_said() -> None:
    data = HAND.assign(double=2 * HAND["x"] + 1)
    result = estimate_regression(data, "y ~ x + double")
    assert result.table["term"].tolist() == ["Intercept", "x"]
    assert result.dropped == {"suku kolinear, dikeluarkan: double": 1}
    assert_allclose(errors_of(result), errors_of(estimate_regression(HAND, "y ~ x")), **EXACT)


def test_terms_absorbed_whole_are_dropped_and_said() -> None:
    data = planted().assign(size=lambda d: d["firm"] % 7)
    result = estimate_regression(data, "y ~ x + size", absorb="firm")
    assert result.table["term"].tolist() == ["x"]
    assert result.dropped == {"suku kolinear, dikeluarkan: size": 1}


def test_missing_rows_are_dropped_and_counted() -> None:
    data = pd.concat([HAND, HAND.iloc[:2].assign(x=np.nan), HAND.iloc[:1].assign(g=None)])
    result = estimate_regression(data, "y ~ x", cluster="g")
    assert result.dropped == {"baris dengan nilai kosong pada x, g": 3}
    assert result.table["n"].tolist() == [6, 6]


def test_small_and_nullable_types_compute_like_plain_ones() -> None:
    frame = pd.DataFrame({"y": HAND["y"], "age": [20, 30, 40, 50, 60, 70]})
    plain = estimate_regression(frame, "y ~ age + I(age**2)").table
    for dtype in ("int8", "Int64", "float32"):
        assert_frame_equal(estimate_regression(frame.astype({"age": dtype}), "y ~ age + I(age**2)").table, plain)


def test_names_with_spaces_go_in_backticks() -> None:
    renamed = HAND.rename(columns={"x": "masa kerja"})
    assert estimate_regression(renamed, "y ~ `masa kerja`").table["term"].tolist() == ["Intercept", "masa kerja"]


def test_names_with_dots_and_names_inside_transforms_are_found() -> None:
    data = HAND.rename(columns={"x": "G.x"}).assign(df=np.nan, G=np.nan, z=HAND["x"])
    assert estimate_regression(data.drop(columns="G"), "y ~ `G.x`").table["term"].tolist() == ["Intercept", "G.x"]
    spline = estimate_regression(data, "y ~ bs(z, df=3)")  # the column df is not what df= means
    assert_allclose(spline.diagnostics["r2"], estimate_regression(HAND, "y ~ x + I(x**2) + I(x**3)").diagnostics["r2"])
    assert spline.dropped == {}
    assert_allclose(estimate_regression(data, "y ~ scale(z)").table["estimate"][0], HAND["y"].mean(), **EXACT)


def test_inputs_stay_unchanged() -> None:
    data = planted().astype({"firm": "int32"})
    before = data.copy(deep=True)
    estimate_regression(data, "y ~ x", absorb="firm", cluster="firm", weights="w")
    estimate_difference(data, outcome="y", group="year", cluster="firm")
    assert_frame_equal(data, before)


def test_import_is_light() -> None:
    heavy = (
        "import sys, kinerja_lib.estimate; print({'statsmodels', 'pyfixest', 'scipy', 'formulaic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


BAD_REGRESSIONS = {
    "no frame": ({"data": [1, 2]}, CallError, r"data: ditemukan list; yang diizinkan: tabel pandas"),
    "no rows": ({"data": HAND.iloc[:0]}, DataError, "tidak berisi baris"),
    "column twice": ({"data": pd.concat([HAND, HAND["x"]], axis=1)}, DataError, "kolom x ada dua kali"),
    "formula is no text": ({"formula": 3}, CallError, "formula: ditemukan int"),
    "formula unreadable": ({"formula": "y ~ (x"}, CallError, r"formula: 'y ~ \(x' tidak dapat dibaca"),
    "no left side": ({"formula": "x"}, CallError, "tidak punya sisi kiri"),
    "bar": ({"formula": "y ~ x | g"}, CallError, "absorb"),
    "unknown function": ({"formula": "y ~ foo(x)"}, CallError, "formula: kolom foo tidak ada"),
    "log of text": ({"formula": "y ~ np.log(g)"}, CallError, r"formula: tidak dapat dihitung .*np\.log\(g\)"),
    "missing column": ({"formula": "y ~ xx"}, CallError, r"formula: kolom xx tidak ada; ditemukan: y, x, g"),
    "near column": ({"formula": "y ~ umurr"}, CallError, r"Maksud Anda umur\?"),
    "missing cluster": ({"cluster": "z"}, CallError, "cluster: kolom z tidak ada"),
    "missing absorb": ({"absorb": "z"}, CallError, "absorb: kolom z tidak ada"),
    "missing weights": ({"weights": "z"}, CallError, "weights: kolom z tidak ada"),
    "text outcome": ({"formula": "g ~ x"}, CallError, "sisi kiri menjadi"),
    "constant outcome": ({"formula": "one ~ x"}, DataError, "kolom one tidak bervariasi; semua 6 baris bernilai 1"),
    "no terms": ({"formula": "y ~ 1", "absorb": "g"}, DataError, "tidak ada suku yang tersisa"),
    "nothing varies": ({"formula": "y ~ one", "absorb": "g"}, DataError, "tidak ada suku yang bervariasi"),
    "one cluster": ({"cluster": "one"}, DataError, "kolom one hanya berisi satu gugus"),
    "three clusters": ({"cluster": ["g", "one", "x"]}, CallError, "paling banyak dua"),
    "more terms than rows": ({"formula": "y ~ C(id)"}, DataError, "6 baris lengkap untuk 6 suku"),
    "absorbing all rows": ({"absorb": "id"}, DataError, "6 baris lengkap"),
    "unknown errors": ({"errors": "HC9"}, CallError, "errors: ditemukan 'HC9'; yang diizinkan: classical, HC0"),
    "errors and cluster": ({"errors": "HC3", "cluster": "g"}, CallError, "HC3 dan cluster tidak dapat bersama"),
    "CR1 without cluster": ({"errors": "CR1"}, CallError, "CR1 memerlukan cluster"),
    "HC3 and absorb": ({"errors": "HC3", "absorb": "g"}, CallError, "tidak tersedia bersama absorb"),
    "all missing": ({"formula": "y ~ gap"}, DataError, "tidak ada baris yang lengkap; nilai kosong ada pada gap"),
    "infinite": ({"formula": "y ~ inf"}, DataError, "kolom inf: berisi nilai tak hingga"),
    "log of zero": ({"formula": "y ~ np.log(x)"}, DataError, r"suku np.log\(x\) menjadi tak hingga"),
    "negative weights": ({"weights": "neg"}, DataError, "weights: kolom neg harus bilangan di atas 0"),
    "perfect fit": ({"formula": "line ~ x"}, DataError, "menjelaskan hasil tanpa sisa"),
    "row alone": ({"formula": "y ~ first", "errors": "HC3"}, DataError, "HC3 tidak dapat dihitung, karena 1 baris"),
    "cluster is the term": ({"formula": "y ~ half", "cluster": "half"}, DataError, "terlalu sedikit gugus"),
}


@pytest.mark.parametrize("case", BAD_REGRESSIONS)
def test_bad_regressions_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD_REGRESSIONS[case]
    data = HAND.assign(
        one=1.0, id=range(6), gap=np.nan, inf=np.inf, neg=-1.0, line=3 * HAND["x"] + 1, umur=HAND["x"],
        first=[1, 0, 0, 0, 0, 0], half=[0, 0, 0, 1, 1, 1],
    )  # fmt: skip
    if "ditemukan: y, x, g" in message:
        data = HAND
    call = {"data": data, "formula": "y ~ x"} | changed
    with pytest.raises(kind, match=message):
        estimate_regression(**call)


def test_untransformable_rows_are_counted() -> None:
    data = HAND.assign(x=[-1.0, 1, 2, 3, 4, 5])
    result = estimate_regression(data, "y ~ np.log(x)")
    assert result.dropped == {"baris yang sukunya tidak dapat dihitung": 1}


GROUPS = pd.DataFrame({"y": [1.0, 3.0, 2.0, 6.0, 4.0, 9.0, 8.0], "g": list("aabbbcc")})


def test_difference_by_hand() -> None:
    result = estimate_difference(GROUPS, outcome="y", group="g")
    assert result.table["term"].tolist() == ["b", "c"]
    assert_allclose(result.table["estimate"], [2.0, 6.5], **EXACT)
    assert_allclose(errors_of(result), np.sqrt([2 / 2 + 4 / 3, 2 / 2 + 0.5 / 2]), **EXACT)  # s2/n of each group
    assert result.table["n"].tolist() == [5, 4]
    assert result.diagnostics["means"]["mean"].tolist() == [2.0, 4.0, 8.5]
    assert result.diagnostics["df"].tolist() == [4.0, 4.0]


def test_difference_against_another_reference() -> None:
    result = estimate_difference(GROUPS, outcome="y", group="g", reference="c")
    assert result.table["term"].tolist() == ["a", "b"]
    assert_allclose(result.table["estimate"], [-6.5, -4.5], **EXACT)


def test_difference_keeps_the_declared_order() -> None:
    declared = pd.Categorical(GROUPS["g"], categories=list("cbaz"))
    result = estimate_difference(GROUPS.assign(g=declared), outcome="y", group="g")
    assert result.table["term"].tolist() == ["b", "a"]


def test_welch_equals_the_library_test() -> None:
    from scipy import stats

    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"y": rng.normal(size=30) * np.repeat([1, 4], [10, 20]), "g": np.repeat([0, 1], [10, 20])})
    row = estimate_difference(frame, outcome="y", group="g", errors="welch").table.iloc[0]
    expected = stats.ttest_ind(frame["y"][10:], frame["y"][:10], equal_var=False)
    assert row["term"] == "1"
    assert_allclose(row["p_value"], expected.pvalue, **EXACT)
    assert_allclose(row["conf_low"], expected.confidence_interval().low, **EXACT)


def test_hedges_g_by_hand() -> None:
    # means 2 and 4, pooled variance (1 * 2 + 2 * 4) / 3; exact factor for 3 degrees of freedom
    factor = np.sqrt(np.pi) / 2 / np.sqrt(1.5)  # gamma(3/2) / (sqrt(3/2) * gamma(1))
    found = estimate_difference(GROUPS[GROUPS["g"] != "c"], outcome="y", group="g").diagnostics["hedges_g"]
    assert_allclose(found["b"], factor * 2 / np.sqrt(10 / 3), **EXACT)


def test_clustered_difference_equals_the_regression() -> None:
    data = planted().assign(late=lambda d: (d["firm"] % 2 == 1).astype(int))
    found = estimate_difference(data, outcome="y", group="late", cluster="firm")
    expected = estimate_regression(data, "y ~ late", cluster="firm").table.iloc[1]
    assert_allclose(errors_of(found)[0], expected["std_error"], **EXACT)
    assert_allclose(found.table["conf_low"][0], expected["conf_low"], **EXACT)
    assert found.diagnostics["n_clusters"]["firm"] == 60


def test_planted_difference_is_covered() -> None:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {"y": np.r_[rng.normal(0, 1, 400), rng.normal(0.4, 2, 200)], "g": np.repeat([0, 1], [400, 200])}
    )
    row = estimate_difference(frame, outcome="y", group="g").table.iloc[0]
    assert row["conf_low"] < 0.4 < row["conf_high"]
    assert abs(row["estimate"] - 0.4) < 3 * row["std_error"]


BAD_DIFFERENCES = {
    "no frame": ({"data": None}, "data: ditemukan NoneType"),
    "missing outcome": ({"outcome": "yy"}, r"outcome: kolom yy tidak ada"),
    "missing group": ({"group": "gg"}, "group: kolom gg tidak ada"),
    "missing cluster": ({"cluster": "gg"}, "cluster: kolom gg tidak ada"),
    "unknown errors": ({"errors": "robust"}, "errors: ditemukan 'robust'.*welch"),
    "welch and cluster": ({"errors": "welch", "cluster": "g"}, "welch dan cluster tidak dapat bersama"),
    "unknown reference": ({"reference": "z"}, "reference: ditemukan 'z'; yang diizinkan: a, b, c"),
    "one group": ({"group": "one"}, r"hanya berisi satu kelompok \(1\)"),
    "group of one": ({"group": "alone"}, "kelompok x hanya berisi satu baris"),
    "text outcome": ({"outcome": "g"}, "outcome: kolom g bukan bilangan"),
    "no variation": ({"outcome": "one"}, "outcome: kolom one tidak bervariasi"),
    "one cluster": ({"cluster": "one"}, "hanya berisi satu gugus"),
    "no spread": ({"outcome": "step"}, "tanpa sisa"),
}


@pytest.mark.parametrize("case", BAD_DIFFERENCES)
def test_bad_differences_say_what_is_wrong(case: str) -> None:
    changed, message = BAD_DIFFERENCES[case]
    data = GROUPS.assign(one=1, alone=["x", *"yyyyyy"], step=GROUPS["g"].map({"a": 1, "b": 2, "c": 3}))
    with pytest.raises(KinerjaError, match=message):
        estimate_difference(**({"data": data, "outcome": "y", "group": "g"} | changed))
