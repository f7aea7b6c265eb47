"""Reliability of items and agreement of groups and raters: by hand, against planted truth, and with bad input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, estimate_agreement, estimate_reliability
from kinerja_lib.estimate.result import COLUMNS

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
ITEMS = ["a", "b", "c", "d"]
LOADINGS = np.array([0.75, 0.7, 0.65, 0.5])
FACTOR = np.outer(LOADINGS, LOADINGS) + np.diag(1 - LOADINGS**2)
SCALES = np.array([1.0, 2.0, 1.5, 0.5])
SURVEY = np.outer(SCALES, SCALES) * (FACTOR + 0.03 * np.eye(4)[::-1])  # a factor and two pairs that it misses


def with_covariance(covariance: np.ndarray, n: int = 50) -> pd.DataFrame:
    """Return n rows whose sample covariance is this one exactly."""
    noise = np.random.default_rng(1).normal(size=(n, len(covariance)))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T))).T
    return pd.DataFrame(white @ np.linalg.cholesky(covariance).T, columns=ITEMS[: len(covariance)])


def drawn(covariance: np.ndarray, n: int, seed: int) -> pd.DataFrame:
    noise = np.random.default_rng(seed).normal(size=(n, len(covariance)))
    return pd.DataFrame(noise @ np.linalg.cholesky(covariance).T, columns=ITEMS)


def column(result: Estimate, name: str = "estimate") -> pd.Series:
    return result.table.set_index("term")[name]


def test_measures_by_hand() -> None:
    result = estimate_reliability(with_covariance(SURVEY), items=ITEMS)
    r = SURVEY / np.sqrt(np.outer(np.diag(SURVEY), np.diag(SURVEY)))
    unexplained = [
        1 - r[i, rest] @ np.linalg.solve(r[np.ix_(rest, rest)], r[rest, i])
        for i, rest in ((i, [j for j in range(4) if j != i]) for i in range(4))
    ]
    mean = (r.sum() - 4) / 12
    expected = {
        "alpha": 4 / 3 * (1 - np.trace(SURVEY) / SURVEY.sum()),
        "alpha_standardised": 4 * mean / (1 + 3 * mean),
        "lambda6": 1 - sum(unexplained) / r.sum(),
        "mean_r": mean,
    }
    for term, value in expected.items():
        assert_allclose(column(result)[term], value, **EXACT)


def test_omega_of_a_true_factor_is_its_share_of_the_sum() -> None:
    found = column(estimate_reliability(with_covariance(FACTOR * np.outer(SCALES, SCALES)), items=ITEMS))
    signal = LOADINGS.sum() ** 2
    assert_allclose(found["omega_total"], signal / (signal + 4 - LOADINGS @ LOADINGS), rtol=1e-7)  # a search


def test_omega_equals_that_of_another_library() -> None:
    from statsmodels.multivariate.factor import Factor

    data = drawn(SURVEY, 300, seed=2)
    theirs = Factor(data.to_numpy(), n_factor=1, method="ml").fit()
    signal = theirs.loadings.sum() ** 2
    found = column(estimate_reliability(data, items=ITEMS))["omega_total"]
    assert_allclose(found, signal / (signal + theirs.uniqueness.sum()), rtol=1e-5)  # their search stops earlier


def test_alpha_has_the_error_of_duhachek_and_iacobucci() -> None:
    v, one, k = SURVEY, np.ones(4), 4
    total, trace = one @ v @ one, np.trace(v)
    spread = total * (np.trace(v @ v) + trace**2) - 2 * trace * (one @ v @ v @ one)
    error = np.sqrt(2 * k**2 / ((k - 1) ** 2 * total**3) * spread / 50)
    row = estimate_reliability(with_covariance(SURVEY), items=ITEMS).table.iloc[0]
    assert_allclose(row["std_error"], error, **EXACT)
    assert_allclose(row["conf_low"], row["estimate"] - 1.959963984540054 * error, **EXACT)


def test_errors_are_the_delta_method_by_small_changes_of_the_covariance() -> None:
    def measure(covariance: np.ndarray) -> np.ndarray:
        return column(estimate_reliability(with_covariance(covariance), items=ITEMS)).to_numpy(dtype=float)

    gradients, step = np.zeros((5, 4, 4)), 1e-4
    for i, j in zip(*np.triu_indices(4), strict=True):
        change = np.zeros((4, 4))
        change[i, j] = change[j, i] = step
        slopes = (measure(SURVEY + change) - measure(SURVEY - change)) / (2 * step)
        gradients[:, i, j] = gradients[:, j, i] = slopes if i == j else slopes / 2
    turned = gradients @ SURVEY
    expected = np.sqrt(2 * np.trace(turned @ turned, axis1=1, axis2=2) / 50)
    found = column(estimate_reliability(with_covariance(SURVEY), items=ITEMS), "std_error")
    assert_allclose(found, expected, rtol=1e-5)  # differences of step 1e-4


def test_intervals_cover_the_planted_measures() -> None:
    truth = column(estimate_reliability(with_covariance(SURVEY), items=ITEMS))
    covered = pd.Series(0, index=truth.index)
    for seed in range(200):
        table = estimate_reliability(drawn(SURVEY, 300, seed), items=ITEMS).table.set_index("term").loc[truth.index]
        covered += (table["conf_low"] < truth) & (truth < table["conf_high"])
    assert (covered / 200).between(0.904, 0.996).all()  # 0.95 with a simulation error of 0.0154, three of them


def test_item_statistics_by_hand() -> None:
    data = drawn(SURVEY, 80, seed=3)
    result = estimate_reliability(data, items=ITEMS)
    for name in ITEMS:
        others = [item for item in ITEMS if item != name]
        assert_allclose(result.diagnostics["item_rest"][name], data[name].corr(data[others].sum(axis=1)), **EXACT)
        without = column(estimate_reliability(data, items=others))["alpha"]
        assert_allclose(result.diagnostics["alpha_if_dropped"][name], without, **EXACT)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), turned=st.sets(st.sampled_from(ITEMS), min_size=1), shift=st.integers(1, 9))
def test_reversed_items_are_items_turned_back(seed: int, turned: set[str], shift: int) -> None:
    data = drawn(SURVEY, 40, seed).round(1)
    other_way = data.assign(**{name: shift - data[name] for name in turned})
    found = estimate_reliability(other_way, items=ITEMS, reverse=sorted(turned), low=-60, high=60)
    expected = estimate_reliability(data, items=ITEMS)
    assert_allclose(found.table.iloc[:, 2:6].astype(float), expected.table.iloc[:, 2:6].astype(float), rtol=1e-6)


def test_pairwise_uses_what_is_there_and_listwise_what_is_whole() -> None:
    data = drawn(SURVEY, 60, seed=4)
    data.iloc[:12, 0] = np.nan
    data.iloc[12:20, 1] = np.nan
    data.iloc[20] = np.nan
    pairwise = estimate_reliability(data, items=ITEMS)
    listwise = estimate_reliability(data, items=ITEMS, missing="listwise")
    whole = estimate_reliability(data.dropna(), items=ITEMS)
    covariance = data.cov().to_numpy()
    assert_allclose(column(pairwise)["alpha"], 4 / 3 * (1 - np.trace(covariance) / covariance.sum()), **EXACT)
    assert_frame_equal(listwise.table, whole.table)
    assert pairwise.table["n"].tolist() == [59] * 5
    assert pairwise.dropped == {"baris tanpa satu pun butir terisi": 1}
    assert listwise.dropped == {"baris dengan nilai kosong pada a, b, c, d": 21}
    assert any("hanya ada pada 66% baris" in said for said in pairwise.diagnostics["warnings"])


@pytest.mark.parametrize(
    ("covariance", "said"),
    [
        (SURVEY[:2, :2], "omega tidak dihitung"),
        (np.array([[1, 0.9, 0.8], [0.9, 1, 0.5], [0.8, 0.5, 1]]), "omega tidak dihitung"),  # loadings above 1
        (np.array([[1, -0.3, 0.5], [-0.3, 1, -0.2], [0.5, -0.2, 1]]), "Butir b berlawanan dengan butir lain"),
    ],
)
def test_near_failures_of_reliability_are_said(covariance: np.ndarray, said: str) -> None:
    result = estimate_reliability(with_covariance(covariance), items=ITEMS[: len(covariance)])
    assert any(said in warning for warning in result.diagnostics["warnings"])
    assert ("omega_total" in result.table["term"].tolist()) == ("omega" not in said)
    assert ("alpha_if_dropped" in result.diagnostics) == (len(covariance) > 2)


def test_reliability_has_the_one_shape_and_leaves_the_input() -> None:
    data = drawn(SURVEY, 30, seed=5).round().astype("Int64")
    before = data.copy()
    result = estimate_reliability(data, items=ITEMS, reverse="a")
    assert_frame_equal(data, before)
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["alpha", "alpha_standardised", "omega_total", "lambda6", "mean_r"]
    assert result.table[["std_error", "conf_low", "conf_high"]].notna().all(axis=None)


BAD_ITEMS = {
    "no frame": ({"data": 1}, "data: ditemukan int"),
    "one item": ({"items": ["a"]}, "items: ditemukan 1 butir; diperlukan paling sedikit dua"),
    "missing item": ({"items": ["a", "q9"]}, "items: kolom q9 tidak ada"),
    "reverse is no item": ({"reverse": ["f"]}, "reverse: ditemukan 'f'; yang diizinkan: a, b, c"),
    "unknown missing": ({"missing": "drop"}, "missing: ditemukan 'drop'; yang diizinkan: pairwise, listwise"),
    "item without variation": ({"items": ["a", "one"]}, "items: kolom one tidak bervariasi"),
    "item of text": ({"items": ["a", "word"]}, "items: kolom word bukan bilangan"),
    "item empty": ({"items": ["a", "gap"]}, "nilai kosong ada pada gap"),
    "above the scale": ({"low": 1, "high": 4}, r"kolom a berisi 1 sampai 5, di luar skala \(low=1, high=4\)"),
    "below the scale": ({"low": 2}, r"di luar skala \(low=2, high=None\)"),
    "twin items": ({"items": ["a", "b", "twin"]}, "items: butir saling menentukan"),
    "no common rows": ({"items": ["first", "last"]}, "terlalu sedikit baris mengisi bersama"),
    "infinite": ({"items": ["a", "inf"]}, "kolom inf: berisi nilai tak hingga"),
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_bad_items_say_what_is_wrong(case: str) -> None:
    changed, message = BAD_ITEMS[case]
    data = pd.DataFrame({"a": [1, 2, 3, 4, 5, 3.0], "b": [2, 1, 4, 3, 5, 3], "c": [1, 1, 3, 5, 4, 2]})
    data = data.assign(
        f=1, one=3, word=list("abcdef"), gap=np.nan, twin=data["a"] + 1, inf=[np.inf, 1, 2, 3, 4, 5],
        first=[1, 2, 3, None, None, None], last=[None, None, 3, 1, 2, 1],
    )  # fmt: skip
    with pytest.raises(KinerjaError, match=message):
        estimate_reliability(**({"data": data, "items": ["a", "b", "c"]} | changed))


# Shrout and Fleiss (1979), table 2: six targets rated by four judges
JUDGED = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
RATINGS = pd.DataFrame(
    {"target": np.repeat(np.arange(6), 4), "judge": np.tile(np.arange(4), 6), "score": JUDGED.ravel()}
)
UNITS = pd.DataFrame(
    {"unit": list("aaabbccccd"), "y": [1.0, 2, 3, 4, 6, 2, 2, 3, 5, 4], "z": [2.0, 2, 4, 5, 5, 1, 3, 3, 3, 2]}
)


def test_raters_of_shrout_and_fleiss() -> None:
    table = estimate_agreement(RATINGS, group="target", score="score", rater="judge").table.set_index("term")
    printed = {  # correlation as printed in the paper's table 4; limits as the R package psych prints them
        "icc1": (0.17, -0.13, 0.72),
        "icc2": (0.44, -0.88, 0.91),
        "icc_a1": (0.29, 0.02, 0.76),
        "icc_ak": (0.62, 0.07, 0.93),
        "icc_c1": (0.71, 0.34, 0.95),
        "icc_ck": (0.91, 0.68, 0.99),
    }
    for term, numbers in printed.items():
        found = table.loc[term, ["estimate", "conf_low", "conf_high"]].astype(float)
        assert_allclose(found, numbers, atol=0.005)
    assert_allclose(table.loc["icc_c1", "p_value"], stats.f.sf(11.027, 5, 15), rtol=1e-3)  # the paper's F of 11.03


def test_correlations_by_hand_with_unequal_groups() -> None:
    result = estimate_agreement(UNITS, group="unit", score="y")
    groups = UNITS.groupby("unit")["y"]
    between = (groups.size() * (groups.mean() - UNITS["y"].mean()) ** 2).sum() / 3
    within = ((UNITS["y"] - groups.transform("mean")) ** 2).sum() / 6
    found = column(result)
    assert_allclose(found["icc1"], (between - within) / (between + (10 / 4 - 1) * within), **EXACT)
    assert_allclose(found["icc2"], (between - within) / between, **EXACT)
    assert_allclose(result.diagnostics["f"], between / within, **EXACT)
    assert_allclose(column(result, "p_value")["icc1"], stats.f_oneway(*[y for _name, y in groups]).pvalue, **EXACT)
    assert result.dropped == {"kelompok satu orang, tanpa rwg dan AD": 1}
    assert any("null_variance tidak disebut" in said for said in result.diagnostics["warnings"])


def test_rwg_and_deviation_by_hand() -> None:
    result = estimate_agreement(UNITS, group="unit", score="y", null_variance=2)
    # variances 1, 2 and 2; average deviations 2/3, 1 and 1
    rwg, ad = [1 - 1 / 2, 0.0, 0.0], [2 / 3, 1.0, 1.0]
    by_group = result.diagnostics["by_group"].set_index("group")
    assert_allclose(by_group.loc[list("abc"), "rwg"], rwg, **EXACT)
    assert_allclose(by_group.loc[list("abc"), "ad"], ad, **EXACT)
    assert by_group.loc["d", ["ad", "rwg"]].isna().all()
    assert by_group["n"].tolist() == [3, 2, 4, 1]
    assert_allclose(column(result)[["rwg_mean", "rwg_median", "ad_mean"]], [1 / 6, 0, np.mean(ad)], **EXACT)
    assert_allclose(column(result, "std_error")["ad_mean"], np.std(ad, ddof=1) / np.sqrt(3), **EXACT)
    said = " ".join(result.diagnostics["warnings"])
    assert "Selang median dari 3 kelompok" in said
    assert "Dalam 2 kelompok" in said


def test_several_items_by_hand() -> None:
    result = estimate_agreement(UNITS, group="unit", items=["y", "z"], null_variance=4)
    noise = np.array([(1 + 4 / 3) / 2, (2 + 0) / 2, (2 + 1) / 2]) / 4  # mean variance of the items over the null
    by_group = result.diagnostics["by_group"].set_index("group").loc[list("abc")]
    assert_allclose(by_group["rwg"], 2 * (1 - noise) / (2 * (1 - noise) + noise), **EXACT)
    assert_allclose(by_group["ad"], [(2 / 3 + 8 / 9) / 2, (1 + 0) / 2, (1 + 0.75) / 2], **EXACT)
    mean = UNITS.assign(score=UNITS[["y", "z"]].mean(axis=1))
    expected = column(estimate_agreement(mean, group="unit", score="score"))
    assert_allclose(column(result)[["icc1", "icc2"]], expected[["icc1", "icc2"]], **EXACT)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.integers(-5, 5), factor=st.sampled_from([0.5, 2.0, 10.0]))
def test_correlations_do_not_depend_on_the_unit_of_the_score(seed: int, shift: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    data = RATINGS.assign(score=rng.normal(size=24) + rng.normal(size=6)[RATINGS["target"]])
    call = {"group": "target", "score": "score", "rater": "judge"}
    first = estimate_agreement(data, null_variance=1, **call)
    scaled = data.assign(score=factor * data["score"] + shift).sample(frac=1, random_state=seed)
    second = estimate_agreement(scaled, null_variance=factor**2, **call)
    assert first.table["term"].tolist() == second.table["term"].tolist()
    rest = first.table["term"] != "ad_mean"
    numbers = ["estimate", "std_error", "conf_low", "conf_high"]
    assert_allclose(first.table.loc[rest, numbers], second.table.loc[rest, numbers], rtol=1e-7, atol=1e-9)
    assert_allclose(column(second)["ad_mean"], factor * column(first)["ad_mean"], **EXACT)


def groups_of(sizes: list[int], share: float) -> Callable[[np.random.Generator], pd.DataFrame]:
    unit = np.repeat(np.arange(len(sizes)), sizes)

    def draw(rng: np.random.Generator) -> pd.DataFrame:
        apart = rng.normal(0, np.sqrt(share), len(sizes))[unit]
        return pd.DataFrame({"unit": unit, "y": apart + rng.normal(0, np.sqrt(1 - share), len(unit))})

    return draw


@pytest.mark.parametrize("sizes", [[8] * 25, [4, 12] * 12])
def test_interval_of_icc1_covers_the_planted_share(sizes: list[int]) -> None:
    draw, rng, covered = groups_of(sizes, 0.2), np.random.default_rng(7), 0
    for _repeat in range(300):
        row = estimate_agreement(draw(rng), group="unit", score="y").table.iloc[0]
        covered += row["conf_low"] < 0.2 < row["conf_high"]
    assert 0.91 <= covered / 300 <= 0.99  # 0.95 with a simulation error of 0.0126, three of them


def test_intervals_of_two_way_correlations_cover_the_planted_ones() -> None:
    # rated 0.5, rater 0.1, rest 0.4 of the variance: absolute agreement 0.5, consistency 0.5 / 0.9
    truth = pd.Series({"icc_a1": 0.5, "icc_ak": 1.5 / 2, "icc_c1": 5 / 9, "icc_ck": 1.5 / (1.5 + 0.4)})
    rng, covered = np.random.default_rng(8), pd.Series(0, index=truth.index)
    data = pd.DataFrame({"target": np.repeat(np.arange(25), 3), "judge": np.tile(np.arange(3), 25)})
    for _repeat in range(300):
        parts = [rng.normal(0, np.sqrt(v), n) for v, n in ((0.5, 25), (0.1, 3), (0.4, 75))]
        y = parts[0][data["target"]] + parts[1][data["judge"]] + parts[2]
        result = estimate_agreement(data.assign(y=y), group="target", score="y", rater="judge")
        table = result.table.set_index("term").loc[truth.index]
        covered += (table["conf_low"] < truth) & (truth < table["conf_high"])
    assert (covered / 300).between(0.91, 0.99).all()  # 0.95 with a simulation error of 0.0126, three of them


def test_planted_agreement_is_found() -> None:
    result = estimate_agreement(groups_of([30] * 60, 0.2)(np.random.default_rng(9)), group="unit", score="y",
                                null_variance=2)  # fmt: skip
    table = result.table.set_index("term")
    for term, value in (("rwg_mean", 1 - 0.8 / 2), ("ad_mean", np.sqrt(2 / np.pi * 0.8 * 29 / 30))):
        assert table.loc[term, "conf_low"] < value < table.loc[term, "conf_high"]
    assert (
        table.loc["rwg_median", "conf_low"] < table.loc["rwg_mean", "estimate"] < table.loc["rwg_median", "conf_high"]
    )


def test_less_than_chance_between_groups_is_said() -> None:
    data = pd.DataFrame({"unit": list("aabb"), "y": [1.0, 5.0, 2.0, 5.0]})
    result = estimate_agreement(data, group="unit", score="y")
    assert column(result)["icc1"] < 0
    assert any("Korelasi negatif" in said for said in result.diagnostics["warnings"])


def test_agreement_has_the_one_shape_and_leaves_the_input() -> None:
    data = pd.concat([UNITS, UNITS.iloc[:1].assign(y=np.nan)]).astype({"unit": "category", "y": "Float64"})
    before = data.copy()
    result = estimate_agreement(data, group="unit", score="y", null_variance=2)
    assert_frame_equal(data, before)
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["icc1", "icc2", "rwg_mean", "rwg_median", "ad_mean"]
    assert result.table["n"].tolist() == [10] * 5
    assert result.dropped["baris dengan nilai kosong pada y"] == 1


BAD_AGREEMENTS = {
    "no frame": ({"data": "x"}, "data: ditemukan str"),
    "missing group": ({"group": "unitt"}, r"group: kolom unitt tidak ada.*Maksud Anda unit\?"),
    "missing score": ({"score": "q"}, "score: kolom q tidak ada"),
    "missing item": ({"score": None, "items": ["y", "q"]}, "items: kolom q tidak ada"),
    "missing rater": ({"rater": "q"}, "rater: kolom q tidak ada"),
    "score and items": ({"items": ["z"]}, "score, items: sebutkan salah satu"),
    "neither": ({"score": None}, "score, items: sebutkan salah satu"),
    "null variance of zero": ({"null_variance": 0}, "null_variance: ditemukan 0; yang diizinkan: di atas 0"),
    "one group": ({"group": "one"}, "group: kolom one berisi 1 kelompok"),
    "all alone": ({"group": "id"}, "berisi 10 kelompok, 0 dengan dua baris"),
    "score without variation": ({"score": "one"}, "score: kolom one tidak bervariasi"),
    "text score": ({"score": "unit"}, "score: kolom unit bukan bilangan"),
    "no difference within": ({"score": "level"}, "nilai tidak berbeda sama sekali di dalam"),
    "no difference between": ({"score": "flat", "group": "half"}, "nilai tidak berbeda sama sekali"),
    "missing cells": ({"rater": "judge"}, "rater: 10 nilai untuk 4 unit x 5 penilai"),
    "rated twice": ({"score": "z", "group": "half", "rater": "two"}, "rater: 10 nilai untuk 2 half x 2 penilai"),
    "one rater": ({"rater": "one"}, "rater: 10 nilai untuk 4 unit x 1 penilai"),
}


@pytest.mark.parametrize("case", BAD_AGREEMENTS)
def test_bad_agreements_say_what_is_wrong(case: str) -> None:
    changed, message = BAD_AGREEMENTS[case]
    data = UNITS.assign(
        one=1, id=range(10), half=[0] * 5 + [1] * 5, flat=[1.0, 2, 3, 4, 5] * 2, judge=[0, 1, 2, 3, 4] * 2,
        two=[0, 1] * 5, level=UNITS["unit"].map({"a": 1, "b": 2, "c": 3, "d": 4}),
    )  # fmt: skip
    with pytest.raises(KinerjaError, match=message):
        estimate_agreement(**({"data": data, "group": "unit", "score": "y"} | changed))
