"""Sensitivity: by hand, against confounders that are really there, tables of the papers, and bad input."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.errors import CallError, KinerjaError
from kinerja_lib.estimate import (
    Estimate,
    estimate_difference,
    estimate_regression,
    expect_regression_to_mean,
    sensitivity_evalue,
    sensitivity_robustness,
    sensitivity_selection,
)
from kinerja_lib.estimate.sensitivity import _adjust

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only


def survey(seed: int = 3, n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, z, grade = rng.normal(size=n), rng.normal(size=n), rng.choice(list("abc"), n)
    d = 0.3 * x + 0.4 * z + 0.5 * (grade == "b") + rng.normal(size=n)
    y = 0.3 * d + 0.4 * x + 0.5 * z + 0.6 * (grade == "c") + rng.normal(size=n)
    return pd.DataFrame({"y": y, "d": d, "x": x, "z": z, "grade": grade, "w": rng.uniform(0.5, 2, n)})


def fit(formula: str = "y ~ d + x + C(grade)", **options: Any) -> Estimate:
    return estimate_regression(survey(), formula, **options)


def r2(formula: str, **options: Any) -> float:
    return float(fit(formula, **options).diagnostics["r2"])  # type: ignore[arg-type]


def partial(outcome: str, term: str, others: str) -> float:
    """Return the partial R2 by the two regressions that define it."""
    without = r2(f"{outcome} ~ {others}")
    return (r2(f"{outcome} ~ {others} + {term}") - without) / (1 - without)


def test_robustness_by_hand() -> None:
    # t = 3 with 9 degrees of freedom: f = 1, so RV = (sqrt(1 + 4) - 1) / 2 and the partial R2 is 1/2
    table = pd.DataFrame({"term": ["d"], "estimate": [3.0]})
    known = {"covariance_classical": pd.DataFrame([[1.0]], index=["d"], columns=["d"]), "df_residual": 9.0}
    estimate = dataclasses.replace(fit(), table=table, diagnostics=known)
    found = sensitivity_robustness(estimate, "d")
    assert found.rv_q == pytest.approx((np.sqrt(5) - 1) / 2)
    assert found.partial_r2 == pytest.approx(1 / 2)
    # half of it: f = 1/2
    assert sensitivity_robustness(estimate, "d", q=0.5).rv_q == pytest.approx((np.sqrt(1 / 16 + 1) - 1 / 4) / 2)


def test_shares_of_the_benchmark_are_those_of_its_regressions() -> None:
    found = sensitivity_robustness(fit(), "d", benchmark=["x", "C(grade)"])
    assert_allclose(found.partial_r2, partial("y", "d", "x + C(grade)"), **EXACT)
    bounds: Any = found.diagnostics["bounds"]
    assert bounds["benchmark"].tolist() == ["x", "C(grade)"]
    for at, (name, others) in enumerate((("x", "C(grade)"), ("C(grade)", "x"))):
        with_d, with_y = partial("d", name, others), partial("y", name, f"d + {others}")
        assert_allclose(bounds["r2dz_x"][at], with_d / (1 - with_d), **EXACT)
        shared = with_d**2 / (1 - with_d) ** 2  # r2zxj.xd of one time the benchmark
        expected = (1 + np.sqrt(shared)) ** 2 / (1 - shared) * with_y / (1 - with_y)
        assert_allclose(bounds["r2yz_dx"][at], expected, **EXACT)


def test_a_confounder_that_is_there_adjusts_to_the_regression_that_holds_it() -> None:
    short, full = (
        fit().table.set_index("term"),
        fit("y ~ d + x + C(grade) + z", errors="classical").table.set_index("term"),
    )
    shares = partial("d", "z", "x + C(grade)"), partial("y", "z", "d + x + C(grade)")
    error = float(fit(errors="classical").table.set_index("term")["std_error"]["d"])
    value, adjusted_error, t = _adjust(float(short["estimate"]["d"]), error, fit().diagnostics["df_residual"], *shares)
    row = full.loc["d"]
    assert_allclose([value, adjusted_error], [row["estimate"], row["std_error"]], **EXACT)
    assert t == pytest.approx(value / adjusted_error)


def test_the_robustness_value_is_where_the_conclusion_turns() -> None:
    estimate = fit(errors="classical")
    row, df = estimate.table.set_index("term").loc["d"], estimate.diagnostics["df_residual"]
    found = sensitivity_robustness(estimate, "d")
    gone = _adjust(row["estimate"], row["std_error"], df, found.rv_q, found.rv_q)
    assert gone[0] == pytest.approx(0, abs=1e-12)
    critical = stats.t.ppf(0.975, df - 1)

    def lowest_t(top: float) -> float:
        grid = np.linspace(0, top, 60)
        return min(_adjust(row["estimate"], row["std_error"], df, d, y)[2] for d in grid for y in grid)

    assert lowest_t(found.rv_qa) == pytest.approx(critical, rel=1e-6)
    assert lowest_t(0.98 * found.rv_qa) > critical


def test_where_errors_bind_the_second_formula_holds() -> None:
    """A huge t with few degrees of freedom: the confounder with less of the outcome, not the most, is the worst."""
    table = pd.DataFrame({"term": ["d"], "estimate": [12.0]})
    known = {"covariance_classical": pd.DataFrame([[1.0]], index=["d"], columns=["d"]), "df_residual": 6.0}
    found = sensitivity_robustness(dataclasses.replace(fit(), table=table, diagnostics=known), "d")
    critical, grid = stats.t.ppf(0.975, 5), np.linspace(0, found.rv_qa, 400)
    assert min(_adjust(12.0, 1.0, 6.0, d, y)[2] for d in grid[-1:] for y in grid) == pytest.approx(critical, rel=1e-3)


def test_weights_and_absorbed_effects_leave_the_shares_as_their_columns_give_them() -> None:
    absorbed = sensitivity_robustness(
        fit("y ~ d + x", absorb="grade", weights="w"), "d", benchmark="x", multiples=(1, 2)
    )
    columns = sensitivity_robustness(fit(weights="w"), "d", benchmark="x", multiples=(1, 2))
    assert absorbed.rv_q == pytest.approx(columns.rv_q, rel=1e-8)
    here, there = (found.diagnostics["bounds"] for found in (absorbed, columns))
    assert_frame_equal(here, there, rtol=1e-8)  # type: ignore[arg-type]


def test_the_rule_of_errors_changes_nothing_and_impossible_shares_are_said() -> None:
    robust, plain = (sensitivity_robustness(fit(errors=rule), "d", benchmark="x") for rule in ("HC3", "classical"))
    assert (robust.rv_q, robust.rv_qa, robust.partial_r2) == (plain.rv_q, plain.rv_qa, plain.partial_r2)
    assert plain.diagnostics["warnings"] == ()
    assert_frame_equal(robust.diagnostics["bounds"], plain.diagnostics["bounds"])  # type: ignore[arg-type]
    many = sensitivity_robustness(fit(), "d", benchmark="x", multiples=3)
    assert "melebihi seluruh sisa ragam" in many.diagnostics["warnings"][0]  # type: ignore[index]
    assert many.diagnostics["bounds"]["r2yz_dx"].tolist() == [1.0]  # type: ignore[index]


BAD_ROBUSTNESS = {
    "another call": ({"estimate": "difference"}, "bukan hasil estimate_regression"),
    "unknown term": ({"term": "dd"}, r"term: ditemukan 'dd'.*Intercept, d, x"),
    "unknown benchmark": ({"benchmark": "age"}, r"benchmark: ditemukan 'age'"),
    "its own benchmark": ({"benchmark": "d"}, r"benchmark: ditemukan 'd'"),
    "impossible multiple": ({"benchmark": "x", "multiples": 50}, "multiples: 50 kali x tidak mungkin"),
    "negative multiple": ({"benchmark": "x", "multiples": -1}, "multiples: -1 kali x tidak mungkin"),
    "q of 0": ({"q": 0}, "q: ditemukan 0"),
    "alpha of 1": ({"alpha": 1}, "alpha: ditemukan 1"),
}


@pytest.mark.parametrize("case", BAD_ROBUSTNESS)
def test_bad_robustness_calls_say_what_is_wrong(case: str) -> None:
    changed, message = BAD_ROBUSTNESS[case]
    call = {"estimate": fit(), "term": "d"} | changed
    if call["estimate"] == "difference":
        call["estimate"] = estimate_difference(survey(), outcome="y", group="grade")
    with pytest.raises(KinerjaError, match=message):
        sensitivity_robustness(**call)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "point", "limit"),
    [
        ({"value": 10.73, "low": 8.02, "high": 14.36, "scale": "RR"}, 20.94777, 15.52336),  # EValue vignette
        ({"value": 0.80, "low": 0.71, "high": 0.91, "scale": "RR"}, 1.809017, 1.428571),
        ({"value": 1.2, "low": 0.9, "high": 1.6, "scale": "RR"}, 1.689898, 1.0),
        ({"value": 2.0, "scale": "HR"}, 2 + np.sqrt(2), None),
        ({"value": 4.0, "low": 1.0, "scale": "OR_common"}, 2 + np.sqrt(2), 1.0),
        ({"value": np.log(2) / 0.91, "scale": "SMD"}, 2 + np.sqrt(2), None),
        ({"value": -np.log(2) / 0.91, "high": 0.1, "scale": "SMD"}, 2 + np.sqrt(2), 1.0),
        ({"value": 3.0, "low": 2.0, "true": 1.5, "scale": "RR"}, 2 + np.sqrt(2), 4 / 3 + np.sqrt(4 / 9)),
    ],
)
def test_evalues(call: dict[str, Any], point: float, limit: float | None) -> None:
    found = sensitivity_evalue(**call)
    assert found.point == pytest.approx(point, abs=1e-5)
    assert found.limit == (limit if limit is None else pytest.approx(limit, abs=1e-5))


@given(st.floats(1.01, 50), st.sampled_from(["RR", "OR", "OR_common", "HR", "HR_common"]))
def test_a_ratio_and_its_inverse_have_one_evalue_that_the_bias_formula_undoes(value: float, scale: Any) -> None:
    point = sensitivity_evalue(value, scale=scale).point
    assert sensitivity_evalue(1 / value, scale=scale).point == pytest.approx(point)
    bias = point**2 / (2 * point - 1)  # the bias of a confounder with that risk ratio on both sides
    assert sensitivity_evalue(bias, scale="RR").point == pytest.approx(point)


BAD_EVALUES = {
    "unknown scale": ({"value": 2.0, "scale": "RD"}, "scale: ditemukan 'RD'; yang diizinkan: RR, OR"),
    "negative ratio": ({"value": -2.0, "scale": "RR"}, r"value \(RR\): ditemukan -2"),
    "limit of 0": ({"value": 2.0, "low": 0.0, "scale": "RR"}, r"low \(RR\): ditemukan 0"),
    "missing": ({"value": float("nan"), "scale": "SMD"}, r"value \(SMD\): ditemukan nan"),
    "text": ({"value": "2", "scale": "SMD"}, r"value \(SMD\): ditemukan 2"),
    "outside": (
        {"value": 2.0, "low": 2.5, "high": 3.0, "scale": "RR"},
        "selang 2.5 sampai 3.0 tidak memuat taksiran 2",
    ),
    "true of 0": ({"value": 2.0, "true": 0.0, "scale": "HR"}, r"true \(HR\): ditemukan 0"),
}


@pytest.mark.parametrize("case", BAD_EVALUES)
def test_bad_evalues_say_what_is_wrong(case: str) -> None:
    call, message = BAD_EVALUES[case]
    with pytest.raises(CallError, match=message):
        sensitivity_evalue(**call)  # type: ignore[arg-type]


def selected(effect: float, seen: float, unseen: float) -> tuple[pd.DataFrame, float]:
    """Return data in which selection is exactly as planned, and the R2 with everything seen.

    Columns that are orthogonal in the sample: what is seen and not seen, and two of noise.
    """
    parts = np.linalg.qr(np.column_stack([np.ones(40), np.random.default_rng(7).normal(size=(40, 4))]))[0][:, 1:]
    w1, w2 = 3 * parts[:, 0], 2 * parts[:, 1]
    d = seen * w1 + unseen * w2 + parts[:, 2]
    y = effect * d + w1 + w2 + parts[:, 3]
    data = pd.DataFrame({"y": y, "d": d, "w1": w1, "w2": w2})
    return data, float(estimate_regression(data, "y ~ d + w1 + w2").diagnostics["r2"])  # type: ignore[arg-type]


@pytest.mark.parametrize(("seen", "unseen"), [(0.2, 0.2), (0.3, 0.15), (-0.2, -0.2), (0.3, 0.36)])
def test_selection_gives_the_planted_effect_back(seen: float, unseen: float) -> None:
    data, top = selected(0.7, seen, unseen)
    found = sensitivity_selection(data, "y ~ d", "y ~ d + w1", "d", r2_max=top, delta=unseen / seen)
    assert found.beta_star == pytest.approx(0.7)
    assert (found.r2_max, found.n) == (pytest.approx(top), 40)
    nothing, top = selected(0.0, seen, unseen)
    assert sensitivity_selection(nothing, "y ~ d", "y ~ d + w1", "d", r2_max=top).delta == pytest.approx(unseen / seen)


def test_selection_with_covariates_on_both_sides_is_that_of_the_residuals() -> None:
    data = survey().assign(late=lambda d: (d["z"] > 0) * 1.0)
    both = sensitivity_selection(data, "y ~ d + x", "y ~ d + x + late", "d", r2_max=0.9)
    clean = pd.DataFrame(
        {name: data[name] - np.polyval(np.polyfit(data["x"], data[name], 1), data["x"]) for name in ("y", "d", "late")}
    )
    rest = r2("y ~ x")  # R2 of the residuals counts from there
    alone = sensitivity_selection(clean, "y ~ d", "y ~ d + late", "d", r2_max=(0.9 - rest) / (1 - rest))
    assert (both.delta, both.beta_star) == (pytest.approx(alone.delta), pytest.approx(alone.beta_star))


def test_r2_max_above_one_is_a_multiple_and_delta_of_nothing_keeps_the_estimate() -> None:
    full = float(fit("y ~ d + x").diagnostics["r2"])  # type: ignore[arg-type]
    call = {"formula_short": "y ~ d", "formula_full": "y ~ d + x", "term": "d"}
    assert sensitivity_selection(survey(), **call).r2_max == pytest.approx(min(1, 1.3 * full))
    assert sensitivity_selection(survey(), **call, r2_max=9).r2_max == 1
    kept = sensitivity_selection(survey(), **call, delta=0).beta_star
    assert kept == pytest.approx(fit("y ~ d + x").table.set_index("term")["estimate"]["d"])


BAD_SELECTIONS = {
    "no frame": ({"data": 3}, "data: ditemukan int"),
    "missing column": ({"formula_full": "y ~ d + q"}, "formula: kolom q tidak ada"),
    "term only in one": ({"formula_short": "y ~ x"}, r"term \(formula_short\): ditemukan 'd'"),
    "another outcome": ({"formula_full": "x ~ d + z"}, "tidak sama dengan formula_short"),
    "r2_max too low": ({"r2_max": 0.1}, "r2_max: 0.1 harus di atas R2 formula_full"),
    "the wrong way round": ({"formula_short": "y ~ d + x", "formula_full": "y ~ d"}, "r2_max: .* harus di atas R2"),
    "no root": ({"delta": 40.0}, "tidak ada dampak yang cocok"),
}


@pytest.mark.parametrize("case", BAD_SELECTIONS)
def test_bad_selections_say_what_is_wrong(case: str) -> None:
    changed, message = BAD_SELECTIONS[case]
    call = {"data": survey(), "formula_short": "y ~ d", "formula_full": "y ~ d + x", "term": "d"} | changed
    with pytest.raises(KinerjaError, match=message):
        sensitivity_selection(**call)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "gains"),
    [
        (0.05, [1.44, 1.03, 0.62, 0.41, 0.21]),
        (0.10, [1.23, 0.88, 0.53, 0.35, 0.18]),
        (0.20, [0.98, 0.70, 0.42, 0.28, 0.14]),
        (0.25, [0.89, 0.64, 0.38, 0.25, 0.13]),
    ],
)
def test_regression_to_the_mean_is_that_of_the_table(share: float, gains: list[float]) -> None:
    found = [expect_regression_to_mean(share, rho).expected_gain for rho in (0.3, 0.5, 0.7, 0.8, 0.9)]
    assert found == [pytest.approx(gain, abs=0.0051) for gain in gains]  # printed to two places


def test_regression_to_the_mean_is_what_scores_without_any_effect_do() -> None:
    rng = np.random.default_rng(4)
    first = rng.normal(size=200_000)
    second = 0.6 * first + 0.8 * rng.normal(size=200_000)
    lowest = first < np.quantile(first, 0.15)
    gain = float((second - first)[lowest].mean())
    found = expect_regression_to_mean(0.15, 0.6, observed_gain=gain)
    assert found.remainder == pytest.approx(0, abs=0.02)  # 30,000 chosen: a simulation error of 0.006
    assert expect_regression_to_mean(0.15, 0.6).remainder is None


@pytest.mark.parametrize(
    ("share", "reliability", "message"),
    [
        (0, 0.5, "share: ditemukan 0"),
        (1, 0.5, "share: ditemukan 1"),
        (25, 0.5, "share: ditemukan 25; harus di antara 0 dan 1"),
        (0.2, 1.2, "reliability: ditemukan 1.2"),
        (0.2, float("nan"), "reliability: ditemukan nan"),
    ],
)
def test_bad_shares_say_what_is_wrong(share: float, reliability: float, message: str) -> None:
    with pytest.raises(CallError, match=message):
        expect_regression_to_mean(share, reliability)
