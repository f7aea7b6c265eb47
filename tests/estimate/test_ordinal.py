"""The proportional-odds logit: by hand, against independent computations, against planted truth, and with bad input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import optimize, stats
from scipy.special import expit, logit

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_ordinal
from kinerja_lib.estimate.proportional_odds import _laplace, build_rows
from kinerja_lib.estimate.result import COLUMNS

EXACT = {"rtol": 1e-8, "atol": 1e-10}  # a maximum is found to about the root of the rounding
CUTS = np.array([-1.5, 0.0, 2.0])
PREDIKAT = ["Kurang", "Butuh Perbaikan", "Baik", "Sangat Baik"]


def planted(seed: int = 4, n: int = 600, groups: int = 30, sd: float = 0.0) -> pd.DataFrame:
    """Return ratings 0 to 3 that rise by 0.8 log odds per unit of x and 0.5 with coaching, and differ by group."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "coaching": rng.integers(0, 2, n), "g": rng.integers(0, groups, n)})
    latent = 0.8 * frame["x"] + 0.5 * frame["coaching"] + sd * rng.normal(size=groups)[frame["g"]]
    return frame.assign(y=np.digitize(latent + rng.logistic(size=n), CUTS), post=rng.choice(list("abc"), n))


def row(result: Estimate, term: str) -> pd.Series:
    return result.table.set_index("term").loc[term]


def likelihood(theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the log-likelihood of each row, written as the difference of two cumulative probabilities."""
    p = x.shape[1]
    cuts = np.concatenate([[-np.inf], theta[p:], [np.inf]])
    eta = x @ theta[:p]
    return np.log(expit(cuts[y + 1] - eta) - expit(cuts[y] - eta))


def derive(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    return np.stack([(function(at + e) - function(at - e)) / (2 * step) for e in step * np.eye(len(at))], axis=-1)


def test_thresholds_alone_are_the_logits_of_the_shares() -> None:
    frame = pd.DataFrame({"y": [1] * 20 + [2] * 50 + [3] * 30})
    result = estimate_ordinal(frame, "y ~ 1")
    assert result.table["term"].tolist() == ["1|2", "2|3"]
    assert_allclose(result.table["estimate"], logit([0.2, 0.7]), **EXACT)
    assert_allclose(result.table["std_error"], 1 / np.sqrt(100 * np.array([0.2 * 0.8, 0.7 * 0.3])), **EXACT)
    assert_allclose(result.diagnostics["deviance"], -2 * (20 * np.log(0.2) + 50 * np.log(0.5) + 30 * np.log(0.3)))
    assert result.diagnostics["parallel_lines"].empty
    assert result.diagnostics["probability_change"].empty


def test_two_by_two_is_the_log_odds_ratio() -> None:
    counts = pd.DataFrame({"y": [0, 0, 1, 1], "x": [0, 1, 0, 1], "w": [30, 12, 10, 18]})
    result = estimate_ordinal(counts, "y ~ x", weights="w")
    assert_allclose(row(result, "x")["estimate"], np.log(30 * 18 / (12 * 10)), **EXACT)
    assert_allclose(row(result, "x")["std_error"], np.sqrt(1 / 30 + 1 / 12 + 1 / 10 + 1 / 18), **EXACT)
    assert_allclose(row(result, "0|1")["estimate"], np.log(3), **EXACT)
    change = result.diagnostics["probability_change"]
    assert change["group"].tolist() == ["0", "1"]
    assert_allclose(change["estimate"], [12 / 30 - 30 / 40, 18 / 30 - 10 / 40], **EXACT)
    assert_allclose(change["std_error"], np.sqrt(0.4 * 0.6 / 30 + 0.75 * 0.25 / 40), **EXACT)


def test_library_agrees() -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    data = planted()
    result = estimate_ordinal(data, "y ~ x + coaching")
    fit = OrderedModel(data["y"], data[["x", "coaching"]], distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
    cuts = np.cumsum(np.concatenate([fit.params[2:3], np.exp(fit.params[3:])]))
    assert_allclose(result.table["estimate"], np.concatenate([fit.params[:2], cuts]), atol=5e-7)
    assert_allclose(result.table["std_error"][:2], fit.bse[:2], rtol=5e-6)  # the library's curvature is numeric
    assert_allclose(result.diagnostics["loglik"], fit.llf, rtol=1e-10)


@pytest.mark.parametrize("columns", [["g"], ["g", "h"]])
def test_clustered_errors_equal_their_formula(columns: list[str]) -> None:
    data = planted(n=300).assign(h=lambda d: np.arange(len(d)) % 12)
    x, y = data[["x", "coaching"]].to_numpy(), data["y"].to_numpy()
    result = estimate_ordinal(data, "y ~ x + coaching", cluster=columns)
    theta = result.table["estimate"].to_numpy()
    scores = derive(lambda at: likelihood(at, x, y), theta)
    bread = np.linalg.inv(-derive(lambda at: derive(lambda t: likelihood(t, x, y).sum(), at, 1e-3), theta, 1e-3))

    def part(codes: pd.Series) -> np.ndarray:
        sums = pd.DataFrame(scores).groupby(codes.to_numpy()).sum().to_numpy()
        return len(sums) / (len(sums) - 1) * sums.T @ sums

    meat = part(data["g"])
    if len(columns) == 2:
        meat = meat + part(data["h"]) - part(data["g"] * 100 + data["h"])
    assert_allclose(result.diagnostics["covariance"], bread @ meat @ bread, rtol=1e-4, atol=1e-7)  # numeric derivatives
    reach = stats.t.ppf(0.975, min(data[name].nunique() for name in columns) - 1)
    assert_allclose(result.table["conf_high"], theta + reach * result.table["std_error"], **EXACT)
    assert any("Gugus sedikit" in text for text in result.diagnostics["warnings"])
    assert "G / (G - 1)" in result.errors


def test_collapsing_and_weights_change_nothing() -> None:
    data = planted(n=3000).assign(x=lambda d: d["x"].round())
    whole = estimate_ordinal(data, "y ~ x + post", cluster="g")
    counts = data.groupby(["y", "x", "post", "g"]).size().rename("w").reset_index()
    counted = estimate_ordinal(counts, "y ~ x + post", cluster="g", weights="w")
    assert whole.diagnostics["distinct_rows"] == len(counts)
    assert len(counts) < len(data)
    numbers = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    assert_allclose(whole.table[numbers], counted.table[numbers], **EXACT)
    for name in ("probability_change", "parallel_lines"):
        found = [result.diagnostics[name].select_dtypes("float").to_numpy() for result in (whole, counted)]
        assert_allclose(*found, rtol=1e-7, atol=1e-9)


def test_probability_changes_with_an_interaction_by_hand() -> None:
    data = planted()
    result = estimate_ordinal(data, "y ~ x * post + coaching")
    change = result.diagnostics["probability_change"]
    assert change["term"].unique().tolist() == ["x", "post[T.b]", "post[T.c]", "coaching"]
    names = result.table["term"].tolist()
    theta = result.table["estimate"].to_numpy()

    def average(at: np.ndarray, post: str, more: float) -> np.ndarray:
        b = dict(zip(names, at, strict=True))
        extra = 0 if post == "a" else b[f"post[T.{post}]"] + (data["x"] + more) * b[f"x:post[T.{post}]"]
        eta = b["x"] * (data["x"] + more) + b["coaching"] * data["coaching"] + extra
        upto = [expit(b[name] - eta).mean() for name in names if "|" in name]
        return np.diff(upto, prepend=0, append=1)

    def contrast(at: np.ndarray) -> np.ndarray:
        return average(at, "c", 0) - average(at, "a", 0)

    found = change[change["term"] == "post[T.c]"]
    move = derive(contrast, theta)
    assert_allclose(found["estimate"], contrast(theta), **EXACT)
    expected = np.sqrt(np.diag(move @ result.diagnostics["covariance"].to_numpy() @ move.T))
    assert_allclose(found["std_error"], expected, rtol=1e-6)
    assert_allclose(change.groupby("term")["estimate"].sum(), 0, atol=1e-12)  # what one level gains the others lose


def brant(data: pd.DataFrame, names: list[str]) -> tuple[float, dict[str, float]]:
    """Return Brant's statistics (overall, by term) from the library's binary logits, as the paper writes them."""
    import statsmodels.api as sm

    x = sm.add_constant(data[names].to_numpy(dtype=float))
    fits = [sm.Logit((data["y"] > cut).astype(float), x).fit(disp=0, tol=1e-12) for cut in range(3)]
    share = [fit.predict(x) for fit in fits]

    def weigh(i: int, j: int) -> np.ndarray:
        return (x.T * (share[max(i, j)] - share[i] * share[j])) @ x

    p = len(names)
    joint = np.block(
        [[np.linalg.inv(weigh(i, i)) @ weigh(i, j) @ np.linalg.inv(weigh(j, j)) for j in range(3)] for i in range(3)]
    )
    kept = [at for at in range(3 * (p + 1)) if at % (p + 1)]
    beta, joint = np.concatenate([fit.params[1:] for fit in fits]), joint[np.ix_(kept, kept)]

    def wald(columns: list[int]) -> float:
        rows = []
        for other in (1, 2):
            for at in columns:
                line = np.zeros(3 * p)
                line[at], line[other * p + at] = 1, -1
                rows.append(line)
        contrast = np.array(rows)
        gap = contrast @ beta
        return float(gap @ np.linalg.solve(contrast @ joint @ contrast.T, gap))

    return wald(list(range(p))), {name: wald([at]) for at, name in enumerate(names)}


def test_parallel_lines_equal_the_paper() -> None:
    data = planted(n=400)
    found = estimate_ordinal(data, "y ~ x + coaching").diagnostics["parallel_lines"].set_index("term")
    overall, by_term = brant(data, ["x", "coaching"])
    assert_allclose(found.loc["overall", "statistic"], overall, rtol=1e-6)
    assert_allclose(found["statistic"].drop("overall"), list(by_term.values()), rtol=1e-6)
    assert found["df"].tolist() == [4, 2, 2]
    assert_allclose(found["p_value"], stats.chi2.sf(found["statistic"], found["df"]))


def test_parallel_lines_find_a_planted_break_and_keep_their_level() -> None:
    rng = np.random.default_rng(2)
    alarms = 0
    for _repeat in range(100):
        data = planted(seed=int(rng.integers(1 << 31)), n=300)
        alarms += estimate_ordinal(data, "y ~ x").diagnostics["parallel_lines"]["p_value"][0] < 0.05
    assert alarms <= 12  # 5 expected; 12 or fewer in 99.8 of 100 cases
    broken = planted(n=1500).assign(y=lambda d: np.where((d["y"] == 3) & (d["x"] > 0), 2, d["y"]))
    result = estimate_ordinal(broken, "y ~ x + coaching")
    assert result.diagnostics["parallel_lines"]["p_value"][0] < 1e-6
    assert any("menolak odds proporsional" in text for text in result.diagnostics["warnings"])


def test_parallel_lines_without_the_separated_threshold() -> None:
    data = planted().assign(coaching=lambda d: d["coaching"] * (d["y"] < 3))
    result = estimate_ordinal(data, "y ~ coaching")
    assert result.diagnostics["parallel_lines"]["df"].tolist() == [1, 1]
    assert any("tanpa ambang 2|3" in text for text in result.diagnostics["warnings"])


def test_interval_covers_the_planted_effect_at_its_rate() -> None:
    covered = []
    for seed in range(150):
        result = estimate_ordinal(planted(seed=seed, n=200), "y ~ x + coaching")
        found = row(result, "x")
        covered.append(found["conf_low"] < 0.8 < found["conf_high"])
    assert 0.89 <= np.mean(covered) <= 1  # 0.95 with a simulation error of 0.018, three of them


def brute_laplace(theta: np.ndarray, data: pd.DataFrame) -> float:
    """Return Laplace's log-likelihood group by group: a mode by search, its curvature by differences."""
    total = 0.0
    for _name, own in data.groupby("g"):
        x, y = own[["x", "coaching"]].to_numpy(), own["y"].to_numpy()

        def loss(u: float, x: np.ndarray = x, y: np.ndarray = y) -> float:
            shifted = np.concatenate([theta[:2], theta[2:-1] - theta[-1] * u])
            return u**2 / 2 - float(likelihood(shifted, x, y).sum())

        mode = optimize.minimize_scalar(loss, bracket=(-1, 1), tol=1e-10).x
        curvature = (loss(mode + 1e-3) - 2 * loss(mode) + loss(mode - 1e-3)) / 1e-6
        total -= loss(mode) + np.log(curvature) / 2
    return total


def quadrature(theta: np.ndarray, data: pd.DataFrame, nodes: int = 60) -> float:
    """Return the log-likelihood with the random intercept integrated out numerically."""
    node, mass = np.polynomial.hermite_e.hermegauss(nodes)
    codes = pd.factorize(data["g"])[0]
    x, y = data[["x", "coaching"]].to_numpy(), data["y"].to_numpy()
    by_node = [
        np.bincount(codes, weights=likelihood(np.concatenate([theta[:2], theta[2:-1] - theta[-1] * u]), x, y))
        for u in node
    ]
    return float(np.log(np.exp(np.array(by_node)).T @ (mass / mass.sum())).sum())


def test_laplace_equals_its_definition_and_comes_near_the_integral() -> None:
    data = planted(n=160, groups=16, sd=1.0)
    result = estimate_ordinal(data, "y ~ x + coaching", random="g")
    sd = float(result.diagnostics["sd"]["Intercept"])
    theta = np.append(result.table["estimate"], sd)
    assert_allclose(result.diagnostics["loglik"], brute_laplace(theta, data), atol=1e-5)
    assert_allclose(result.diagnostics["loglik"], quadrature(theta, data), atol=0.3)  # 16 groups of about 10
    exact = optimize.minimize(lambda at: -quadrature(at, data), theta, method="BFGS", options={"gtol": 1e-4})
    assert_allclose(theta, exact.x, atol=0.05)
    assert np.abs(theta - exact.x).max() < 0.2 * result.table["std_error"].min()
    assert_allclose(result.diagnostics["icc"], sd**2 / (sd**2 + np.pi**2 / 3))
    assert "parallel_lines" not in result.diagnostics


def test_laplace_gradient_is_the_derivative() -> None:
    data = planted(n=200, groups=9, sd=1.0)
    rows = build_rows(
        data["y"].to_numpy(), data[["x", "coaching"]].to_numpy(), np.full(200, 1.5), None, data["g"].to_numpy()
    )
    theta = np.array([-1.2, 0.3, 1.9, 0.7, 0.2, 0.9])
    group, modes = data["g"].to_numpy(), np.zeros(9)
    gradient = _laplace(theta, rows, group, modes)[1]
    assert_allclose(gradient, derive(lambda at: _laplace(at, rows, group, modes)[0], theta), rtol=1e-6, atol=1e-6)


def test_random_intercept_finds_the_planted_spread() -> None:
    data = planted(n=4000, groups=80, sd=1.2)
    result = estimate_ordinal(data, "y ~ x + coaching", random="g")
    for term, truth in (("x", 0.8), ("coaching", 0.5)):
        assert abs(row(result, term)["estimate"] - truth) < 3 * row(result, term)["std_error"]
    assert_allclose(result.diagnostics["sd"]["Intercept"], 1.2, atol=0.3)  # three errors of a spread of 80 groups
    assert result.diagnostics["n_groups"] == 80
    plain = estimate_ordinal(data, "y ~ x + coaching")
    assert row(plain, "x")["estimate"] < row(result, "x")["estimate"]  # leaving the groups out shrinks the log odds


def test_groups_that_do_not_differ_are_at_the_boundary() -> None:
    data = planted(n=900).sort_values(["y", "x"]).assign(g=np.tile(np.arange(30), 30))
    result = estimate_ordinal(data, "y ~ x", random="g")
    plain = estimate_ordinal(data, "y ~ x")
    assert any("di batas" in text for text in result.diagnostics["warnings"])
    assert_allclose(result.table["std_error"], plain.table["std_error"], rtol=1e-6)
    assert_allclose(result.diagnostics["loglik"], plain.diagnostics["loglik"], rtol=1e-10)


@pytest.mark.parametrize("kind", ["category", "text", "number", "nullable"])
def test_levels_keep_their_order(kind: str) -> None:
    words = pd.Series([PREDIKAT[code] for code in planted()["y"]])
    made = {
        "category": pd.Categorical(words, categories=["Tidak Dipakai", *PREDIKAT], ordered=True),
        "text": words,
        "number": planted()["y"].astype(float),
        "nullable": planted()["y"].astype("Int8"),
    }[kind]
    result = estimate_ordinal(planted().assign(y=made), "y ~ x")
    expected = estimate_ordinal(planted(), "y ~ x").table
    numbers = ["estimate", "std_error"]
    assert_allclose(result.table[numbers], expected[numbers], **EXACT)
    last = "Baik|Sangat Baik" if kind in ("category", "text") else "2|3"
    assert result.table["term"].tolist()[-1] == last


def test_result_has_the_one_shape_and_inputs_stay() -> None:
    data = planted().assign(double=lambda d: 2 * d["x"] + 1)
    data.loc[3, "x"] = np.nan
    before = data.copy(deep=True)
    result = estimate_ordinal(data, "y ~ x + double + 0", cluster="g", weights=None)
    assert_frame_equal(data, before)
    assert tuple(result.table.columns) == COLUMNS
    assert tuple(result.diagnostics["probability_change"].columns) == COLUMNS
    assert result.dropped == {"baris dengan nilai kosong pada x": 1, "suku kolinear, dikeluarkan: double": 1}
    assert result.table["n"].tolist() == [599] * 4
    assert result.design == "correlational"


def test_separation_is_named_among_harmless_terms() -> None:
    data = planted(n=3000).assign(sure=lambda d: (d["y"] == 3) & (d["g"] == 2))
    with pytest.raises(DataError, match=r"suku sure(\[T.True\])? memisahkan tingkat hasil secara sempurna"):
        estimate_ordinal(data, "y ~ x + sure + coaching")


def test_almost_separated_is_no_separation() -> None:
    x = np.arange(40.0)
    y = (x > 20).astype(int)
    y[25] = 0  # one row out of place
    result = estimate_ordinal(pd.DataFrame({"x": 1e4 + x, "y": y}), "y ~ x")
    assert row(result, "x")["conf_low"] < row(result, "x")["estimate"] < row(result, "x")["conf_high"]


BAD = {
    "no frame": ({"data": [1]}, CallError, "data: ditemukan list"),
    "missing column": ({"formula": "y ~ xx"}, CallError, "formula: kolom xx tidak ada"),
    "missing cluster": ({"cluster": "z"}, CallError, "cluster: kolom z tidak ada"),
    "missing weights": ({"weights": "z"}, CallError, "weights: kolom z tidak ada"),
    "missing random": ({"random": "z"}, CallError, "random: kolom z tidak ada"),
    "cluster and random": ({"cluster": "g", "random": "g"}, CallError, "cluster dan random tidak dapat bersama"),
    "left side computed": ({"formula": "y + 1 ~ x"}, CallError, "sisi kiri harus satu kolom; ditemukan"),
    "unordered words": ({"formula": "post ~ x"}, DataError, r"tingkat post tidak berurutan \(a, b, c\).*ordered=True"),
    "score": ({"formula": "x ~ coaching"}, DataError, "hasil x bukan bilangan bulat .* pakai estimate_regression"),
    "one level": ({"formula": "one ~ x"}, DataError, r"hasil one hanya berisi satu tingkat \(1\)"),
    "separation": ({"formula": "y ~ sure"}, DataError, "suku sure memisahkan tingkat hasil secara sempurna"),
    "its own outcome": ({"formula": "y ~ y"}, DataError, "suku y memisahkan"),
    "negative weights": ({"weights": "neg"}, DataError, "weights: kolom neg harus bilangan di atas 0"),
    "one cluster": ({"cluster": "one"}, DataError, "cluster: kolom one hanya berisi satu gugus"),
    "few clusters": ({"cluster": "half", "formula": "high ~ half"}, DataError, "terlalu sedikit gugus untuk menaksir"),
    "one group": ({"random": "one"}, DataError, "random: kolom one hanya berisi satu kelompok"),
    "groups of one": ({"random": "id"}, DataError, "random: tiap kelompok pada kolom id hanya berisi satu baris"),
    "more terms than rows": ({"formula": "y ~ C(id)"}, DataError, "120 baris lengkap untuk"),
    "all missing": ({"formula": "y ~ gap"}, DataError, "tidak ada baris yang lengkap"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = planted(n=120).assign(
        one=1,
        id=range(120),
        gap=np.nan,
        neg=-1.0,
        sure=lambda d: (d["y"] == 3).astype(int),
        half=[0, 1] * 60,
        high=lambda d: d["y"] > 1,
    )
    with pytest.raises(kind, match=message):
        estimate_ordinal(**({"data": data, "formula": "y ~ x"} | changed))  # type: ignore[arg-type]
    assert issubclass(kind, KinerjaError)
