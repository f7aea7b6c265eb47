"""Effects adjusted for confounders: by hand, against statsmodels, planted truth, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from statsmodels.treatment.treatment_effects import TreatmentEffect

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_adjusted
from kinerja_lib.estimate.result import COLUMNS

HAND = pd.DataFrame({"y": [1.0, 2, 3, 5, 4, 7, 5, 9], "t": [0, 1] * 4, "x": [1.0, 1, 2, 2, 3, 3, 1, 3]})
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
ROLES = {"outcome": "y", "treatment": "t"}
METHODS = ("aipw", "aipw_wls", "ipw", "ipw_ht", "ipw_ra", "regression", "match")


def planted(seed: int, n: int = 800, effect: float = 2.0) -> pd.DataFrame:
    """Return rows whose treatment and outcome both rise with `a` and its square; the effect is `effect` plus `b`."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 5)), columns=list("abcde"))
    lean = 0.8 * frame["a"] - 0.4 * frame["b"] + 0.3 * frame["a"] ** 2 - 0.3
    frame["t"] = (rng.random(n) < 1 / (1 + np.exp(-lean))).astype(int)
    risen = frame["a"] + frame["a"] ** 2 + 0.5 * frame["c"] + rng.normal(size=n)
    return frame.assign(y=risen + frame["t"] * (effect + frame["b"]))


def point(result: Estimate) -> float:
    return float(result.table["estimate"][0])


def error(result: Estimate) -> float:
    return float(result.table["std_error"][0])


def test_regression_by_hand() -> None:
    # treated: mean 5.75 at x 2.25, slope 8.25 / 2.75 = 3; untreated: 3.25 at 1.75, slope 1.25 / 2.75; mean x is 2
    result = estimate_adjusted(HAND, **ROLES, confounders="x", method="regression")
    means = result.diagnostics["means"]
    assert means["term"].tolist() == ["1", "0"]
    assert_allclose(means["estimate"], [5.75 - 0.25 * 3, 3.25 + 0.25 * 1.25 / 2.75], **EXACT)
    assert_allclose(point(result), means["estimate"][0] - means["estimate"][1], **EXACT)
    assert means["n"].tolist() == [4, 4]
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["ATE"]
    assert result.design == "comparative"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", ["ATE", "ATT"])
def test_with_one_group_variable_every_method_standardises(method: str, target: str) -> None:
    frame = pd.DataFrame({"y": [1.0, 2, 6, 4, 9, 5, 7, 8, 3], "t": [0, 1, 1, 0, 1, 0, 0, 1, 0], "x": list("aaaabbbbb")})
    gaps = frame.groupby("x").apply(lambda g: g["y"][g["t"] == 1].mean() - g["y"][g["t"] == 0].mean())
    share = (frame if target == "ATE" else frame[frame["t"] == 1])["x"].value_counts(normalize=True)
    result = estimate_adjusted(frame, **ROLES, confounders="x", method=method, target=target)
    assert_allclose(point(result), (gaps * share).sum(), rtol=1e-8)  # the score is found by iteration
    assert error(result) > 0


@pytest.mark.parametrize("link", ["logit", "probit"])
@pytest.mark.parametrize(
    ("method", "theirs", "target"),
    [
        ("ipw", "ipw", "ATE"),
        ("ipw", "ipw", "ATT"),
        ("regression", "ra", "ATE"),
        ("regression", "ra", "ATT"),
        ("aipw", "aipw", "ATE"),
        ("aipw_wls", "aipw_wls", "ATE"),
        ("ipw_ra", "ipw_ra", "ATE"),
        ("ipw_ra", "ipw_ra", "ATT"),
    ],
)
def test_stacked_errors_equal_those_of_statsmodels(method: str, theirs: str, target: str, link: str) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(600, 5)), columns=list("abcde"))  # six columns: statsmodels counts on it
    frame["t"] = (rng.random(600) < 1 / (1 + np.exp(0.3 * frame["b"] - 0.5 * frame["a"]))).astype(int)
    frame["y"] = frame["a"] + 0.3 * frame["e"] + frame["t"] * (1 + frame["b"]) + rng.normal(size=600)
    x = sm.add_constant(frame[list("abcde")].to_numpy())
    select = (sm.Logit if link == "logit" else sm.Probit)(frame["t"].to_numpy(float), x).fit(disp=0, tol=1e-12)
    peer = TreatmentEffect(sm.OLS(frame["y"].to_numpy(), x), frame["t"].to_numpy(), select)
    group = {} if theirs.startswith("aipw") else {"effect_group": "all" if target == "ATE" else 1}
    expected = getattr(peer, theirs)(**group)
    result = estimate_adjusted(frame, **ROLES, confounders=list("abcde"), method=method, target=target, link=link)
    factor = np.sqrt(600 / 599)  # ours counts n - 1
    assert_allclose(point(result), expected.effect[0], rtol=1e-9)
    # their derivatives are numerical
    assert_allclose(error(result), expected.sd[0] * factor, rtol=1e-6)
    assert_allclose(result.diagnostics["means"]["std_error"][1], expected.sd[1] * factor, rtol=1e-6)
    assert_allclose(result.diagnostics["propensity_model"]["std_error"], select.bse, rtol=1e-6)


def test_fixed_errors_are_those_of_the_influence_values() -> None:
    data = planted(3)
    result = estimate_adjusted(data, **ROLES, confounders=["a", "b"], method="ipw", errors="fixed")
    p, t, y = result.diagnostics["propensity"], data["t"], data["y"]
    parts = []
    for weight in (t / p, (1 - t) / (1 - p)):
        mean = np.average(y, weights=weight)
        parts.append(weight * (y - mean) / weight.mean())
    assert_allclose(error(result), (parts[0] - parts[1]).std() / np.sqrt(len(data)), **EXACT)
    assert "HC0" in result.errors


def test_matching_equals_its_formula_written_as_loops() -> None:
    data = planted(5, n=60)
    for target in ("ATE", "ATT"):
        result = estimate_adjusted(data, **ROLES, confounders=["a", "b"], method="match", target=target)
        p, t, y = result.diagnostics["propensity"].to_numpy(), data["t"].to_numpy(), data["y"].to_numpy()
        near = lambda i, pool: min((j for j in pool if j != i), key=lambda j: abs(p[i] - p[j]))  # noqa: B023, E731
        arm = [np.flatnonzero(t == 0), np.flatnonzero(t == 1)]
        goal = range(60) if target == "ATE" else arm[1]
        match = {i: near(i, arm[1 - t[i]]) for i in goal}
        gaps = np.array([(2 * t[i] - 1) * (y[i] - y[match[i]]) for i in goal])
        uses = np.bincount(list(match.values()), minlength=60)
        within = np.array([(y[i] - y[near(i, arm[t[i]])]) ** 2 / 2 for i in range(60)])
        extra = uses**2 + uses if target == "ATE" else uses**2 - uses
        assert_allclose(point(result), gaps.mean(), **EXACT)
        variance = (((gaps - gaps.mean()) ** 2).sum() + (extra * within).sum()) / len(gaps) ** 2
        assert_allclose(error(result), np.sqrt(variance), **EXACT)


@pytest.mark.parametrize("method", METHODS)
def test_order_unit_and_place_of_the_outcome_do_not_matter(method: str) -> None:
    data = planted(7, n=300)
    result = estimate_adjusted(data, **ROLES, confounders=["a", "b"], method=method)
    turned = data.iloc[::-1].assign(y=lambda d: 10 * d["y"] + (5 if method != "ipw_ht" else 0))  # HT is not normalised
    other = estimate_adjusted(turned, **ROLES, confounders=["b", "a"], method=method)
    assert_allclose(10 * result.table.loc[0, ["estimate", "std_error"]].astype(float),
                    other.table.loc[0, ["estimate", "std_error"]].astype(float), rtol=1e-7)  # fmt: skip


RIGHT, WRONG = "a + I(a**2) + b + c", "b + c"


@pytest.mark.parametrize("method", ["aipw", "aipw_wls", "ipw_ra"])
@pytest.mark.parametrize(("outcome", "treatment"), [(RIGHT, WRONG), (WRONG, RIGHT)])
@pytest.mark.parametrize("target", ["ATE", "ATT"])
def test_one_wrong_model_does_no_harm(method: str, outcome: str, treatment: str, target: str) -> None:
    data = planted(11, n=6000)
    truth = 2 + (0 if target == "ATE" else data["b"][data["t"] == 1].mean())
    formulas = {"outcome_formula": outcome, "treatment_formula": treatment}
    result = estimate_adjusted(data, **ROLES, confounders=list("abc"), method=method, target=target, **formulas)
    assert abs(point(result) - truth) < 3.5 * error(result)
    assert error(result) < 0.25  # so that a miss of the wrong models' size (0.8) would be seen


@pytest.mark.parametrize(("method", "argument"), [("ipw", "treatment_formula"), ("regression", "outcome_formula")])
def test_a_single_model_that_is_wrong_misses_the_truth(method: str, argument: str) -> None:
    call = ROLES | {"confounders": list("abc"), "method": method}
    data = planted(11, n=6000)
    wrong = estimate_adjusted(data, **call, **{argument: WRONG})
    right = estimate_adjusted(data, **call, **{argument: f"y ~ {RIGHT}"})
    assert abs(point(wrong) - 2) > 8 * error(wrong)
    assert abs(point(right) - 2) < 3.5 * error(right)


@pytest.mark.parametrize(("method", "target"), [("aipw", "ATT"), ("ipw", "ATE"), ("match", "ATE")])
def test_intervals_cover_the_planted_effect_at_their_rate(method: str, target: str) -> None:
    covered = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
        frame["t"] = (rng.random(300) < 1 / (1 + np.exp(-0.5 * frame["a"]))).astype(int)
        frame["y"] = frame["a"] + 0.5 * frame["b"] + 2 * frame["t"] + rng.normal(size=300)
        row = estimate_adjusted(frame, **ROLES, confounders=["a", "b"], method=method, target=target).table.iloc[0]
        covered += row["conf_low"] < 2 < row["conf_high"]
    assert covered / 120 >= 0.89  # 0.95 with a simulation error of 0.02, three of them


def test_clusters_of_one_row_change_nothing_and_two_clusterings_add_up() -> None:
    data = planted(13).assign(row=lambda d: range(len(d)), unit=lambda d: np.arange(len(d)) % 50)
    call = ROLES | {"confounders": ["a", "b"]}
    alone = estimate_adjusted(data, **call)
    assert_allclose(error(estimate_adjusted(data, **call, cluster="row")), error(alone), **EXACT)
    units = estimate_adjusted(data, **call, cluster="unit")
    both = estimate_adjusted(data, **call, cluster=["unit", "row"])  # rows and their crossing with units are the same
    assert_allclose(error(both), error(units), **EXACT)
    assert units.diagnostics["n_clusters"]["unit"] == 50
    assert "unit" in units.errors


def test_clustered_errors_see_a_treatment_given_to_whole_units() -> None:
    rng = np.random.default_rng(17)
    unit = np.repeat(np.arange(60), 20)
    frame = pd.DataFrame({"unit": unit, "a": rng.normal(size=1200), "t": (unit % 2).astype(int)})
    frame["y"] = frame["a"] + rng.normal(size=60)[unit] + rng.normal(size=1200)
    call = ROLES | {"confounders": "a"}
    ratio = error(estimate_adjusted(frame, **call, cluster="unit")) / error(estimate_adjusted(frame, **call))
    assert 2.4 < ratio < 4.2  # root of 1 + 19 x 0.5 is 3.2; sixty units give it within a fifth


def test_trimming_equals_leaving_the_rows_out() -> None:
    data = planted(19)
    call = ROLES | {"confounders": ["a", "b"], "method": "ipw"}
    score = estimate_adjusted(data, **call).diagnostics["propensity"]
    inside = score.between(0.2, 0.8)
    trimmed = estimate_adjusted(data, **call, trim=0.2)
    assert_frame_equal(trimmed.table, estimate_adjusted(data[inside], **call).table)
    assert trimmed.dropped == {"baris dengan skor peluang di luar 0.2 sampai 0.8": int((~inside).sum())}
    assert trimmed.diagnostics["propensity"].index.equals(data.index[inside])


def test_balance_is_restored_and_told_by_the_right_deviation() -> None:
    data = planted(23, n=3000)
    chance = 1 / (1 + np.exp(-data["a"]))
    data["t"] = (np.random.default_rng(23).random(3000) < chance).astype(int)
    gap = data.groupby("t")["a"].mean().diff()[1]
    for target, spread in (
        ("ATT", data.loc[data["t"] == 1, "a"].std()),
        ("ATE", np.sqrt(data.groupby("t")["a"].var().mean())),
    ):
        found = estimate_adjusted(data, **ROLES, confounders=["a", "b"], target=target).diagnostics
        balance = found["balance"].set_index("term")
        assert list(balance.index) == ["a", "b", "propensity"]
        assert_allclose(balance.loc["a", "before"], gap / spread, **EXACT)
        assert balance.loc["a", "before"] > 0.7
        assert (balance["after"].abs() < 0.08).all()
    assert found["effective_n"]["1"] < (data["t"] == 1).sum()
    assert found["overlap_bins"][["1", "0"]].to_numpy().sum() == 3000


def test_poor_overlap_is_said() -> None:
    rng = np.random.default_rng(29)
    frame = pd.DataFrame({"a": rng.normal(size=400)})
    frame["t"] = (rng.random(400) < 1 / (1 + np.exp(-4 * frame["a"]))).astype(int)
    frame["y"] = frame["a"] + rng.normal(size=400)
    warnings = " ".join(estimate_adjusted(frame, **ROLES, confounders="a").diagnostics["warnings"])
    for part in ("% skor berada di luar rentang", "setara dengan", "Pertimbangkan trim", "Belum seimbang"):
        assert part in warnings
    assert estimate_adjusted(planted(31, n=4000), **ROLES, confounders="b", target="ATT").diagnostics["warnings"] == ()
    few = frame.assign(unit=np.arange(400) % 8, t=rng.integers(0, 2, 400))
    assert (
        "Gugus sedikit" in estimate_adjusted(few, **ROLES, confounders="a", cluster="unit").diagnostics["warnings"][-1]
    )


def test_missing_rows_text_and_truth_values_are_handled() -> None:
    data = planted(37).assign(g=lambda d: np.where(d["c"] > 0, "x", "y"), t=lambda d: d["t"] == 1)
    holes = data.set_index(np.arange(len(data)) + 1000)
    holes.loc[1003, "a"] = np.nan
    before = holes.copy(deep=True)
    result = estimate_adjusted(holes.assign(twice=2 * holes["a"]), **ROLES, confounders=["a", "g", "twice"])
    assert result.dropped == {"baris dengan nilai kosong pada a, twice": 1, "suku kolinear, dikeluarkan: twice": 1}
    assert result.diagnostics["propensity_model"]["term"].tolist() == ["Intercept", "a", "g[T.y]"]
    assert 1003 not in result.diagnostics["propensity"].index
    assert result.table["n"][0] == len(data) - 1
    assert_frame_equal(holes, before)


BAD = {
    "no frame": ({"data": 3}, CallError, "data: ditemukan int"),
    "missing outcome": ({"outcome": "yy"}, CallError, "outcome: kolom yy tidak ada"),
    "missing treatment": ({"treatment": "tt"}, CallError, "treatment: kolom tt tidak ada"),
    "missing confounder": ({"confounders": ["a", "z"]}, CallError, "confounders: kolom z tidak ada"),
    "missing in formula": ({"outcome_formula": "a + zz"}, CallError, "outcome_formula: kolom zz tidak ada"),
    "missing cluster": ({"cluster": "zz"}, CallError, "cluster: kolom zz tidak ada"),
    "no confounder": ({"confounders": []}, CallError, "confounders: kosong"),
    "treatment confounds": ({"confounders": ["a", "t"]}, CallError, "kolom t adalah hasil atau perlakuan"),
    "outcome in formula": ({"treatment_formula": "a + y"}, CallError, "kolom y adalah hasil atau perlakuan"),
    "unreadable formula": ({"treatment_formula": "a + ("}, CallError, "tidak dapat dibaca"),
    "unknown target": ({"target": "ATU"}, CallError, "target: ditemukan 'ATU'; yang diizinkan: ATE, ATT"),
    "unknown method": ({"method": "psm"}, CallError, "method: ditemukan 'psm'"),
    "unknown link": ({"link": "log"}, CallError, "link: ditemukan 'log'"),
    "unknown errors": ({"errors": "HC1"}, CallError, "errors: ditemukan 'HC1'"),
    "matched clusters": ({"method": "match", "cluster": "unit"}, CallError, "tidak tersedia untuk method match"),
    "trim too large": ({"trim": 0.5}, CallError, "trim: ditemukan 0.5"),
    "trim leaves one": ({"trim": 0.499999}, DataError, "tidak menyisakan dua kelompok"),
    "treatment of three": ({"treatment": "three"}, DataError, "kolom three berisi 0, 1, 2; diperlukan 0"),
    "treatment of text": ({"treatment": "g"}, DataError, "kolom g berisi 'x', 'y'; diperlukan 0"),
    "one group": ({"treatment": "one"}, DataError, "kolom one berisi 1; diperlukan 0"),
    "text outcome": ({"outcome": "g"}, DataError, "outcome: kolom g bukan bilangan"),
    "constant outcome": ({"outcome": "one"}, DataError, "kolom one tidak bervariasi"),
    "separation": ({"confounders": ["a", "side"]}, DataError, "tanpa sisa .periksa suku side."),
    "category of one arm": ({"confounders": ["a", "rare"]}, DataError, r"tanpa sisa .periksa suku rare\[T.z\]"),
    "varies in one arm": ({"outcome_formula": "a + only"}, DataError, "suku only tidak bervariasi sendiri"),
    "more terms than rows": ({"data": HAND, "confounders": "C(x)"}, CallError, r"kolom C\(x\) tidak ada"),
    "too few rows": ({"data": planted(1).head(6), "confounders": list("abcde")}, DataError, "6 baris lengkap untuk 6"),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "infinite": ({"confounders": ["a", "inf"]}, DataError, "berisi nilai tak hingga"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = planted(41, n=200)
    data = data.assign(
        one=1, inf=np.inf, three=np.arange(200) % 3, unit=np.arange(200) % 9, g=np.where(data["a"] > 0, "x", "y"),
        side=data["t"] * 2 + data["a"].clip(-0.9, 0.9), rare=np.where((data["t"] == 1) & (data["b"] > 0.5), "z", "w"),
        only=data["t"] * data["b"],
    )  # fmt: skip
    call = {"data": data, "confounders": ["a", "b"]} | ROLES | changed
    with pytest.raises(kind, match=message) as caught:
        estimate_adjusted(**call)
    assert isinstance(caught.value, KinerjaError)
