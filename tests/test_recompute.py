"""Printed results computed again: the studies of the evidence file, rounding, impossible means, bad input."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kinerja_lib.errors import CallError
from kinerja_lib.recompute import CHECKS, COLUMNS, recompute_check
from kinerja_lib.recompute.printed import read_printed


def verdicts(**printed: Any) -> dict[str, str]:
    table = recompute_check(**printed)
    assert list(table.columns) == COLUMNS
    assert set(table["check"]) <= set(CHECKS)
    return dict(zip(table["check"], table["verdict"], strict=True))


def row(check: str, **printed: Any) -> pd.Series:
    return recompute_check(**printed).set_index("check").loc[check]


# Σx and Σx² are made so that NΣx² − (Σx)² is the -332,266 of the thesis, whose own sums were not copied.
MEDAN = {"n": 42, "r": ".46", "sums": {"x": 1682, "x2": 59449}}


@pytest.mark.parametrize(
    ("study", "check", "verdict"),
    [
        (MEDAN, "sums_x", "mustahil"),
        ({"n": 32, "r": ".517", "t": "3.864"}, "t_from_r", "tidak_cocok"),
        ({"n": 32, "r": ".195", "r2": "19.5 %"}, "r2_from_r", "tidak_cocok"),
        ({"r": ".677", "r2": "67.7 %"}, "r2_from_r", "tidak_cocok"),
        ({"n": 30, "r": ".519", "t": "3.213"}, "t_from_r", "cocok"),
        ({"n": 28, "r": ".713", "r2": ".508"}, "r2_from_r", "cocok"),
        ({"n": 72, "r": "0,722", "r2": "0,521"}, "r2_from_r", "cocok"),
        ({"critical_f": "3.195", "predictors": 2, "t": ".593", "p": ".556"}, "n_from_f", "cocok"),
        ({"critical_f": "3.195", "predictors": 2, "t": ".593", "p": ".556"}, "p_from_t", "cocok"),
        ({"r2": "40,2 %", "partial_r2": ["37,2 %", "17,0 %"]}, "parts", "cocok"),
        ({"r2": "35,2 %", "partial_r2": ["37,2 %", "17,0 %"]}, "parts", "mustahil"),
        ({"r2": ".988", "r": ".980"}, "r2_from_r", "tidak_cocok"),
    ],
)
def test_studies_of_others(study: dict[str, Any], check: str, verdict: str) -> None:
    assert verdicts(**study)[check] == verdict


def test_what_the_studies_give_when_computed_again() -> None:
    assert list(row("sums_x", **MEDAN)[["low", "high"]]) == [-332_266, -332_266]
    padang = row("t_from_r", n=32, r=".517", t="3.864")
    assert padang["low"] < 3.31 < padang["high"]
    assert "tanpa akar" in padang["explanation"]
    assert list(row("n_from_f", critical_f="3.195", predictors=2)[["low", "high"]]) == [50, 50]
    sugandi = row("r2_from_r", r=".195", r2="19,5 %")
    assert sugandi["low"] < 0.038025 < sugandi["high"]
    assert "dibaca sebagai R²" in sugandi["explanation"]
    assert "dibaca" not in row("r2_from_r", r=".195", r2="30 %")["explanation"]


def test_sums_that_give_more_than_one() -> None:
    sums = {"x": 30, "y": 30, "x2": 100, "y2": 100, "xy": 110}
    found = row("r_from_sums", n=10, sums=sums)
    assert (found["verdict"], found["low"]) == ("mustahil", 2.0)
    fine = verdicts(n=10, r=".50", sums=sums | {"xy": 95})
    assert fine["r_from_sums"] == "cocok"
    assert verdicts(n=10, r=".60", sums=sums | {"xy": 95})["r_from_sums"] == "tidak_cocok"
    assert verdicts(sums=sums)["r_from_sums"] == "tidak_dapat_diperiksa"


@pytest.mark.parametrize(
    ("printed", "check"),
    [
        ({"r": "1.33"}, "r"),
        ({"r2": "101 %"}, "r2"),
        ({"p": "1.2"}, "p"),
        ({"f": "-2.1"}, "f"),
        ({"n": 28, "mean": "5.19"}, "grim"),  # Brown and Heathers (2017), their first example
        ({"n": 10, "mean": "5.4", "low": 1, "high": 5}, "mean"),
        ({"n": 18, "mean": "3.44", "sd": "2.47", "low": 1, "high": 5}, "sd"),
        ({"n": 18, "mean": "3.44", "sd": "0.20", "low": 1, "high": 5}, "sd"),
    ],
)
def test_what_no_data_can_give(printed: dict[str, Any], check: str) -> None:
    assert verdicts(**printed)[check] == "mustahil"


def test_a_number_that_cannot_be_serves_no_other_check() -> None:
    assert verdicts(n=30, r="1.33", t="4.1") == {"r": "mustahil", "alone": "tidak_dapat_diperiksa"}


@pytest.mark.parametrize(
    "printed", [{"t": 2.1}, {"f": 4.0}, {"mean": "3.5"}, {"sd": "1.2"}, {"n": 500, "mean": "3.51"}]
)
def test_what_nothing_tests_is_said(printed: dict[str, Any]) -> None:
    assert recompute_check(**printed)["verdict"].iloc[-1] == "tidak_dapat_diperiksa"


def test_tests_of_one_regression_agree_with_scipy() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=40)
    fit = stats.linregress(x, 0.5 * x + rng.normal(size=40))
    t = fit.slope / fit.stderr
    printed = {"r": f"{fit.rvalue:.3f}", "r2": f"{fit.rvalue**2:.3f}", "t": f"{t:.3f}", "f": f"{t * t:.2f}"}
    found = verdicts(n=40, p=f"{fit.pvalue:.3f}", **printed)
    assert set(found.values()) == {"cocok"}
    assert {"r2_from_r", "t_from_r", "f_from_t", "f_from_r2", "p_from_t", "p_from_f"} <= set(found)
    one_sided = row("p_from_t", n=40, t=2.0, p=f"{stats.t.sf(2.0, 38):.3f}")
    assert one_sided["verdict"] == "tidak_cocok"
    assert one_sided["explanation"].endswith("Sesuai dengan uji satu arah.")


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        (".517", 0.5165, 0.5175),
        ("0,50", 0.495, 0.505),
        (0.5, 0.45, 0.55),
        ("67,7 %", 0.6765, 0.6775),
        ("1.234,5", 1234.45, 1234.55),
        ("−1,20", -1.205, -1.195),
        (Decimal("2.50"), 2.495, 2.505),
        (3, 2.5, 3.5),
    ],
)
def test_a_printed_number_is_all_that_rounds_to_it(text: Any, low: float, high: float) -> None:
    assert read_printed("r", text).ends == (low, high)


def test_bounds_of_p() -> None:
    assert read_printed("p", "<0,001").ends == (0, 0.001)
    assert read_printed("p", "> .05").ends == (0.05, 1)
    assert verdicts(n=60, t="4.1", p="0,000")["p_from_t"] == "cocok"
    assert verdicts(n=60, t="1.1", p="<0,05")["p_from_t"] == "tidak_cocok"


@given(r=st.floats(-0.99, 0.99), n=st.integers(4, 400), places=st.integers(2, 4), rule=st.sampled_from([0, 1]))
@settings(max_examples=150, deadline=None)
def test_a_true_result_is_never_refused(r: float, n: int, places: int, rule: int) -> None:
    """Whatever the true values, printed to any number of places by either rule of rounding, no check fails."""
    t = r * sqrt((n - 2) / (1 - r**2))
    true = {"r": r, "t": t, "r2": r * r, "f": t * t, "p": float(2 * stats.t.sf(abs(t), n - 2))}
    unit, how = Decimal(1).scaleb(-places), (ROUND_HALF_UP, ROUND_HALF_EVEN)[rule]
    printed = {name: format(Decimal(value).quantize(unit, how), "f") for name, value in true.items()}
    assert set(verdicts(n=n, **printed).values()) == {"cocok"}


@given(
    answers=st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=2, max_size=40),
    items=st.integers(1, 3),
    ddof=st.sampled_from([0, 1]),
)
@settings(max_examples=150, deadline=None)
def test_the_mean_and_spread_of_real_answers_are_never_impossible(answers: Any, items: int, ddof: int) -> None:
    scores = np.array(answers)[:, :items].mean(axis=1)
    printed = {"mean": f"{scores.mean():.3f}", "sd": f"{scores.std(ddof=ddof):.3f}"}
    found = verdicts(n=len(scores), items=items, low=1, high=5, **printed)
    assert "mustahil" not in found.values()


def test_grim_lists_every_mean_that_seven_people_can_give() -> None:
    possible = {f"{total / 7:.2f}" for total in range(7, 36)}
    for hundredths in range(100, 501):
        text = f"{hundredths / 100:.2f}"
        assert (verdicts(n=7, mean=text, low=1, high=5)["grim"] == "cocok") == (text in possible)


def test_grimmer_against_all_answers_of_four_people() -> None:
    import itertools

    every = {
        (f"{np.mean(a):.2f}", f"{np.std(a, ddof=d):.2f}")
        for a in itertools.product(range(1, 6), repeat=4)
        for d in (0, 1)
    }
    means = {mean for mean, _sd in every}
    for mean in means:
        for sd in ("0.00", "0.43", "0.50", "0.52", "0.87", "1.00", "1.10", "1.71", "2.00", "2.31"):
            if (mean, sd) in every:
                assert "mustahil" not in verdicts(n=4, mean=mean, sd=sd, low=1, high=5).values()
    assert verdicts(n=4, mean="2.50", sd="0.52", low=1, high=5)["grimmer"] == "mustahil"


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ({"r": "lima"}, r"^r: ditemukan 'lima'; yang diizinkan: bilangan seperti tercetak"),
        ({"r": True}, r"^r: ditemukan True"),
        ({"t": float("nan")}, r"^t: ditemukan nan"),
        ({"t": "<2"}, r"^t: ditemukan '<2'"),
        ({"r": "1.2.3"}, r"^r: ditemukan '1.2.3'"),
        ({"n": 0, "r": 0.5}, r"^n: ditemukan 0; yang diizinkan: bilangan bulat mulai 1\.$"),
        ({"n": 30.5}, r"^n: ditemukan 30\.5"),
        ({"alpha": 5}, r"^alpha: ditemukan 5; yang diizinkan: bilangan di antara 0 dan 1\.$"),
        ({"items": 0}, r"^items: ditemukan 0"),
        ({"sums": {"z": 3}}, r"^sums: ditemukan 'z'; yang diizinkan: x, y, x2, y2, xy\.$"),
        (
            {"n": 3, "sums": {"x": "47.321"}},
            r"^sums\['x'\]: ditemukan '47\.321'; yang diizinkan: angka tanpa",
        ),
        ({"low": "satu"}, r"^low: ditemukan 'satu'"),
    ],
)
def test_what_cannot_be_read_is_refused(printed: dict[str, Any], message: str) -> None:
    with pytest.raises(CallError, match=message):
        recompute_check(**printed)


def test_nothing_given_gives_no_rows() -> None:
    assert recompute_check().empty
