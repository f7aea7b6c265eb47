"""Pooled effects: by hand, against another library, against planted truth, and with bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, estimate_pooled
from kinerja_lib.estimate.result import COLUMNS

HAND = pd.DataFrame({"y": [0.1, 0.3, 0.8, 0.6], "v": [0.02, 0.05, 0.04, 0.08], "x": [1.0, 2.0, 4.0, 3.0]})
EVEN = HAND.assign(v=0.01)
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
FOUND = {"rtol": 1e-7}  # a maximum is found to about the root of the rounding


def pool(data: pd.DataFrame = HAND, **options: object) -> Estimate:
    return estimate_pooled(data, **({"effect": "y", "variance": "v"} | options))  # type: ignore[arg-type]


def planted(seed: int, k: int, tau: float = 0.3, mu: float = 0.2) -> pd.DataFrame:
    """Return studies of very different size whose true effects have the standard deviation `tau`."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.3, k)
    return pd.DataFrame({"y": rng.normal(mu, tau, k) + rng.normal(0, np.sqrt(v)), "v": v, "x": rng.normal(size=k)})


def test_equal_effects_by_hand() -> None:
    w = 1 / HAND["v"]
    result = pool(method="FE", interval="normal")
    mean = (w * HAND["y"]).sum() / w.sum()
    q = (w * (HAND["y"] - mean) ** 2).sum()
    row = result.table.iloc[0]
    assert_allclose([row["estimate"], row["std_error"]], [mean, w.sum() ** -0.5], **EXACT)
    assert_allclose(row["conf_high"], mean + 1.959963984540054 * w.sum() ** -0.5, **EXACT)
    assert_allclose([result.diagnostics[name] for name in ("q", "h2", "i2")], [q, q / 3, 100 * (q - 3) / q], **EXACT)
    assert_allclose(result.diagnostics["q_p"], stats.chi2.sf(q, 3), **EXACT)
    assert result.diagnostics["tau2"] == 0
    assert not {"tau2_se", "prediction_low", "prediction_high"} & set(result.diagnostics)


def test_dersimonian_laird_and_knapp_hartung_by_hand() -> None:
    y, v = HAND["y"], HAND["v"]
    w = 1 / v
    q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
    c = w.sum() - (w**2).sum() / w.sum()
    tau2 = (q - 3) / c
    s = 1 / (v + tau2)
    mean = (s * y).sum() / s.sum()
    error = np.sqrt((s * (y - mean) ** 2).sum() / 3 / s.sum())
    result = pool(method="DL")
    found, row = result.diagnostics, result.table.iloc[0]
    assert_allclose([found["tau2"], row["estimate"], row["std_error"]], [tau2, mean, error], **EXACT)
    assert_allclose(row["conf_low"], mean - stats.t.ppf(0.975, 3) * error, **EXACT)
    assert_allclose(row["p_value"], 2 * stats.t.sf(mean / error, 3), **EXACT)
    reach = stats.t.ppf(0.975, 3) * np.sqrt(error**2 + tau2)
    assert_allclose([found["prediction_low"], found["prediction_high"]], [mean - reach, mean + reach], **EXACT)
    assert_allclose([found["i2"], found["h2"]], [100 * tau2 / (tau2 + 3 / c), 1 + tau2 * c / 3], **EXACT)


@pytest.mark.parametrize("method", ["REML", "DL", "PM", "HE"])
def test_equal_variances_leave_the_sample_variance_less_theirs(method: str) -> None:
    found = pool(EVEN, method=method).diagnostics
    total = HAND["y"].var()
    assert_allclose(found["tau2"], total - 0.01, **FOUND)
    error = 4 * np.sqrt(2 / 3) / (4 / total) if method == "PM" else np.sqrt(2 / 3) * total
    assert_allclose(found["tau2_se"], error, **FOUND)


def test_maximum_likelihood_and_sidik_jonkman_by_hand() -> None:
    y = HAND["y"]
    found = pool(EVEN, method="ML").diagnostics
    assert_allclose([found["tau2"], found["tau2_se"]], [y.var(ddof=0) - 0.01, y.var(ddof=0) * np.sqrt(2 / 4)], **FOUND)
    crude = y.var(ddof=0)
    assert_allclose(pool(EVEN, method="SJ").diagnostics["tau2"], crude * y.var() / (crude + 0.01), **EXACT)


def test_likelihood_is_highest_at_tau2() -> None:
    data = planted(4, 12)

    def height(tau2: float) -> float:  # restricted log-likelihood, written with k by k matrices
        sigma, one = np.diag(data["v"] + tau2), np.ones((12, 1))
        inverse = np.linalg.inv(sigma)
        p = inverse - inverse @ one @ np.linalg.inv(one.T @ inverse @ one) @ one.T @ inverse
        information = np.linalg.slogdet(one.T @ inverse @ one)[1]
        return -(np.linalg.slogdet(sigma)[1] + information + data["y"] @ p @ data["y"]) / 2

    best = pool(data).diagnostics["tau2"]
    assert all(height(best) > height(best * factor) for factor in (0.999, 1.001))


def test_errors_equal_their_formulas_with_whole_matrices() -> None:
    data = planted(5, 9)

    def project(w: np.ndarray) -> np.ndarray:
        return np.diag(w) - np.outer(w, w) / w.sum()

    for method, w in (("DL", 1 / data["v"]), ("HE", np.ones(9))):
        found, p = pool(data, method=method).diagnostics, project(np.asarray(w))
        sigma = np.diag(data["v"] + found["tau2"])
        assert_allclose(found["tau2_se"], np.sqrt(2 * np.trace(p @ sigma @ p @ sigma)) / np.trace(p), **EXACT)
    found = pool(data).diagnostics
    p = project(1 / (data["v"].to_numpy() + found["tau2"]))
    assert_allclose(found["tau2_se"], np.sqrt(2 / (p * p).sum()), **EXACT)


@pytest.mark.parametrize(("method", "theirs"), [("DL", "dl"), ("PM", "pm")])
def test_agrees_with_another_library(method: str, theirs: str) -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    data = planted(6, 15)
    expected = combine_effects(data["y"].to_numpy(), data["v"].to_numpy(), method_re=theirs, use_t=True)
    result = pool(data, method=method)
    row = result.table.iloc[0]
    size = 1e-9 if method == "DL" else 1e-5  # their iteration stops early
    assert_allclose(result.diagnostics["tau2"], expected.tau2, rtol=size)
    assert_allclose(row["estimate"], expected.mean_effect_re, rtol=size)
    assert_allclose(row["std_error"], expected.sd_eff_w_re_hksj, rtol=size)


def test_paule_mandel_makes_q_equal_its_degrees_of_freedom() -> None:
    data = planted(7, 10)
    result = pool(data, method="PM", moderators="x")
    w = 1 / (data["v"] + result.diagnostics["tau2"])
    fitted = result.table["estimate"][0] + result.table["estimate"][1] * data["x"]
    assert_allclose((w * (data["y"] - fitted) ** 2).sum(), 8, **FOUND)


def test_moderators_are_weighted_least_squares_on_them() -> None:
    import statsmodels.api as sm

    data = planted(8, 30).assign(design=lambda d: np.where(d.index % 3 == 0, "acak", "lain"))
    result = pool(data, method="DL", moderators=["x", "design"])
    x = np.column_stack([np.ones(30), data["x"], data["design"] == "lain"]).astype(float)
    expected = sm.WLS(data["y"], x, weights=1 / (data["v"] + result.diagnostics["tau2"])).fit()
    assert result.table["term"].tolist() == ["Intercept", "x", "design[T.lain]"]
    assert_allclose(result.table["estimate"], expected.params, **EXACT)
    assert_allclose(result.table["std_error"], expected.bse, **EXACT)  # Knapp-Hartung is that scale
    assert not {"prediction_low", "trim_fill_k0"} & set(result.diagnostics)


def test_egger_is_the_standard_error_as_moderator() -> None:
    import statsmodels.api as sm

    data = planted(9, 14).assign(se=lambda d: np.sqrt(d["v"]))
    found = pool(data).diagnostics
    row = pool(data, moderators="se", interval="normal").table.iloc[1]
    assert_allclose(found["egger_z"], row["estimate"] / row["std_error"], **EXACT)
    assert_allclose(found["egger_p"], row["p_value"], **EXACT)
    classic = sm.WLS(data["y"], sm.add_constant(data["se"]), weights=1 / data["v"]).fit()
    assert_allclose(found["egger_t"], classic.tvalues["se"], **EXACT)


def test_trim_and_fill_by_hand() -> None:
    # nearly equal variances, so that the pooled effect is the plain mean; four studies pull to the right:
    # mean 0.5; ranks of |y - 0.5| on the right 1 (0.7) and 7 (2.0): Sr = 8 < 14, so nothing is missing
    even = pd.DataFrame({"y": [0.0, 0.1, 0.2, 0.2, 0.3, 0.7, 2.0], "v": 0.01 + np.arange(7) * 1e-9})
    assert pool(even, method="FE").diagnostics["trim_fill_k0"] == 0
    # mean 1; on the right 2.2, 2.4, 2.6 with ranks 5, 6, 7: (4 * 18 - 56) / 13 = 1.23, so one is trimmed; then mean
    # 0.7333, ranks 5 to 7 again: still one; the mirror image of 2.6 is put in at 2 * 0.7333 - 2.6
    y = [-0.2, -0.1, 0.0, 0.1, 2.2, 2.4, 2.6]
    lopsided = pd.DataFrame({"y": y, "v": 0.01 + np.arange(7) * 1e-9})
    found = pool(lopsided, method="FE", interval="normal").diagnostics
    centre = np.mean(y[:-1])
    assert found["trim_fill_k0"] == 1
    assert_allclose(found["trim_fill_mu"], np.mean([*y, 2 * centre - 2.6]), rtol=1e-6)  # the variances differ a little
    assert_allclose(found["trim_fill_se"], 0.1 / np.sqrt(8), rtol=1e-6)


def test_trim_and_fill_moves_back_where_small_weak_studies_are_missing() -> None:
    rng = np.random.default_rng(10)
    se = rng.uniform(0.05, 0.6, 200)
    y = rng.normal(0.2, se)
    published = (y / se > 0.5) | (se < 0.15)
    data = pd.DataFrame({"y": y[published], "v": se[published] ** 2})
    result = pool(data)
    assert result.diagnostics["egger_p"] < 0.001
    assert result.diagnostics["trim_fill_k0"] > 5
    assert abs(result.diagnostics["trim_fill_mu"] - 0.2) < abs(result.table["estimate"][0] - 0.2)


@settings(max_examples=25, deadline=None)
@given(
    effects=st.lists(st.integers(-50, 50), min_size=4, max_size=8).filter(lambda y: len(set(y)) > 2),
    shift=st.integers(-3, 3),
    sign=st.sampled_from([-1, 1]),
    method=st.sampled_from(["REML", "ML", "DL", "PM", "SJ", "HE", "FE"]),
)
def test_results_move_with_the_effects(effects: list[int], shift: int, sign: int, method: str) -> None:
    data = pd.DataFrame({"y": np.array(effects) / 40, "v": 0.01 * (1 + np.arange(len(effects)))})
    first, moved = pool(data, method=method), pool(data.assign(y=sign * data["y"] + shift), method=method)
    close = {"rtol": 1e-5, "atol": 1e-6}  # tau2 near 0 is known to the root of the rounding only
    assert_allclose(moved.table["estimate"], sign * first.table["estimate"] + shift, **close)
    assert_allclose(moved.table["std_error"], first.table["std_error"], **close)
    assert_allclose(moved.diagnostics["tau2"], first.diagnostics["tau2"], **close)
    assert_allclose(moved.diagnostics["q"], first.diagnostics["q"], **close)
    if "egger_z" in first.diagnostics:
        assert_allclose(moved.diagnostics["egger_z"], sign * first.diagnostics["egger_z"], rtol=1e-3, atol=1e-5)


def test_knapp_hartung_covers_with_eight_studies_where_the_normal_does_not() -> None:
    covered, rng = dict.fromkeys(("knapp_hartung", "normal"), 0), np.random.default_rng(11)
    for _repeat in range(400):  # studies of similar size; where sizes differ much it covers a little less
        v = rng.uniform(0.03, 0.06, 8)
        data = pd.DataFrame({"y": rng.normal(0.2, 0.3, 8) + rng.normal(0, np.sqrt(v)), "v": v})
        for interval in covered:
            row = pool(data, method="DL", interval=interval).table.iloc[0]
            covered[interval] += row["conf_low"] < 0.2 < row["conf_high"]
    assert 0.917 <= covered["knapp_hartung"] / 400 <= 0.983  # 0.95 with a simulation error of 0.011, three of them
    assert covered["normal"] / 400 < 0.93


@pytest.mark.parametrize("method", ["REML", "ML", "DL", "PM", "HE"])
def test_planted_heterogeneity_is_found(method: str) -> None:
    result = pool(planted(12, 2000), method=method)
    tau2, error = result.diagnostics["tau2"], result.diagnostics["tau2_se"]
    assert abs(tau2 - 0.09) < 4 * error
    assert abs(result.table["estimate"][0] - 0.2) < 4 * result.table["std_error"][0]
    low, high = result.diagnostics["prediction_low"], result.diagnostics["prediction_high"]
    new = np.random.default_rng(13).normal(0.2, 0.3, 4000)
    assert_allclose(((low < new) & (new < high)).mean(), 0.95, atol=0.03)


def test_sidik_jonkman_lies_too_high_as_its_authors_say() -> None:
    data = planted(12, 2000)
    assert 0.09 < pool(data, method="SJ").diagnostics["tau2"] < data["y"].var()


def test_ten_thousand_studies_give_the_planted_spread() -> None:
    result = pool(planted(14, 10_000))
    assert_allclose(result.diagnostics["tau2"], 0.09, atol=4 * result.diagnostics["tau2_se"])


def test_one_shape_and_unchanged_input() -> None:
    data = pd.concat([HAND, HAND.iloc[:1].assign(v=np.nan)])
    before = data.copy()
    result = pool(data.astype({"y": "Float64", "v": "float32"}))
    assert_frame_equal(data, before)
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["mu"]
    assert result.dropped == {"baris dengan nilai kosong pada v": 1}
    assert result.table["n"].tolist() == [4]


def test_collinear_moderators_are_dropped_and_said() -> None:
    result = pool(planted(15, 8).assign(double=lambda d: 2 * d["x"]), moderators=["x", "double"])
    assert result.table["term"].tolist() == ["Intercept", "x"]
    assert result.dropped == {"suku kolinear, dikeluarkan: double": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"v": [1.0, 2.0, 3.0, 4.0]}, "tau2 ditaksir 0"),
        ({"v": [1.0, 2.0, 3.0, 4.0]}, "lebih sempit daripada selang normal"),
        ({}, "Hanya 4 studi"),
        ({}, "Egger jarang menemukan"),
        ({"v": 0.01}, "Uji Egger tidak dihitung"),
    ],
)
def test_near_failures_are_said(changed: dict[str, object], said: str) -> None:
    assert any(said in warning for warning in pool(HAND.assign(**changed)).diagnostics["warnings"])


def test_enough_plain_studies_warn_of_nothing() -> None:
    assert pool(planted(16, 20)).diagnostics["warnings"] == ()


BAD = {
    "no frame": ({"data": {"y": [1]}}, "data: ditemukan dict"),
    "missing effect": ({"effect": "yy"}, "effect: kolom yy tidak ada"),
    "missing variance": ({"variance": "varians"}, "variance: kolom varians tidak ada"),
    "missing moderator": ({"moderators": ["x", "z"]}, "moderators: kolom z tidak ada"),
    "unknown method": ({"method": "EB"}, "method: ditemukan 'EB'; yang diizinkan: REML, ML, DL"),
    "unknown interval": ({"interval": "t"}, "interval: ditemukan 't'; yang diizinkan: knapp_hartung, normal"),
    "zero variance": ({"variance": "zero"}, "variance: kolom zero harus bilangan di atas 0"),
    "text variance": ({"variance": "word"}, "variance: kolom word harus bilangan"),
    "text effect": ({"effect": "word"}, "effect: kolom word bukan bilangan"),
    "same effects": ({"effect": "one"}, "effect: kolom one tidak bervariasi"),
    "one study": ({"data": HAND.iloc[:1]}, "ditemukan 1 studi lengkap; diperlukan paling sedikit dua"),
    "all missing": ({"effect": "gap"}, "tidak ada baris yang lengkap"),
    "infinite": ({"effect": "inf"}, "kolom inf: berisi nilai tak hingga"),
    "same moderator": ({"moderators": "one"}, "moderators: one tidak bervariasi antarstudi"),
    "too many terms": ({"moderators": "word"}, "4 studi untuk 4 suku"),
    "moderator of dates": ({"moderators": "day"}, "moderators: day tidak dapat dihitung"),
    "perfect fit": ({"effect": "line", "moderators": "x"}, "moderators: suku menjelaskan efek tanpa sisa"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_is_wrong(case: str) -> None:
    changed, message = BAD[case]
    data = HAND.assign(
        zero=[0.0, 1, 1, 1], word=list("abcd"), one=1.0, gap=np.nan, inf=[np.inf, 1, 2, 3], line=2 * HAND["x"] + 1,
        day=pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]),
    )  # fmt: skip
    with pytest.raises(KinerjaError, match=message):
        estimate_pooled(**({"data": data, "effect": "y", "variance": "v"} | changed))
