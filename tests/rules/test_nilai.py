"""The regimes with numbers: weights, bands, and scores that are exactly at a bound."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError, KinerjaWarning
from kinerja_lib.rules import ordinal, score_nilai_pp30, score_predikat_pp30, score_predikat_pp46

# Scores with as many decimals as exports have, at most four.
SCORES = st.integers(0, 1_200_000).map(lambda number: number / 10_000)


@pytest.mark.parametrize(
    ("skp", "perilaku", "rekan", "score"),
    [
        (115, 100, False, 110.5),
        (115, 100, True, 109.0),
        (95, 80, True, 89.0),
        (0, 0, False, 0.0),
        (120, 120, True, 120),
    ],
)
def test_weights(skp: float, perilaku: float, rekan: bool, score: float) -> None:
    assert score_nilai_pp30(skp, perilaku, rekan=rekan) == score


@pytest.mark.parametrize(
    ("score", "with_idea", "without"),
    [
        (120, "Sangat Baik", "Baik"),
        (110, "Sangat Baik", "Baik"),
        (109.99, "Baik", "Baik"),
        (90, "Baik", "Baik"),
        (89.99, "Cukup", "Cukup"),
        (70, "Cukup", "Cukup"),
        (69.99, "Kurang", "Kurang"),
        (50, "Kurang", "Kurang"),
        (49.99, "Sangat Kurang", "Sangat Kurang"),
        (0, "Sangat Kurang", "Sangat Kurang"),
    ],
)
def test_bands_of_pp30(score: float, with_idea: str, without: str) -> None:
    assert score_predikat_pp30(score, True) == with_idea
    assert score_predikat_pp30(score, False) == without


@pytest.mark.parametrize(
    ("score", "label", "place"),
    [
        (100, "Sangat Baik", 5),
        (91, "Sangat Baik", 5),
        (90.01, "Sangat Baik", 5),
        (90, "Baik", 4),
        (76, "Baik", 4),
        (75, "Cukup", 3),
        (61, "Cukup", 3),
        (60, "Kurang", 2),
        (51, "Kurang", 2),
        (50, "Buruk", 1),
        (0, "Buruk", 1),
    ],
)
def test_bands_of_pp46_and_their_order(score: float, label: str, place: int) -> None:
    assert score_predikat_pp46(score) == label
    assert ordinal(label) == place


def test_golden_vectors_from_scores_to_predikat() -> None:
    assert score_predikat_pp30(score_nilai_pp30(115, 100), True) == "Sangat Baik"
    assert score_predikat_pp30(score_nilai_pp30(115, 100), False) == "Baik"
    assert score_predikat_pp30(score_nilai_pp30(115, 100, rekan=True)) == "Baik"
    assert score_predikat_pp30(score_nilai_pp30(95, 80, rekan=True)) == "Cukup"


@given(SCORES, SCORES, st.booleans())
def test_a_weighted_score_is_the_decimal_of_a_hand(skp: float, perilaku: float, rekan: bool) -> None:
    weights = (Decimal("0.6"), Decimal("0.4")) if rekan else (Decimal("0.7"), Decimal("0.3"))
    exact = weights[0] * Decimal(str(skp)) + weights[1] * Decimal(str(perilaku))
    assert score_nilai_pp30(skp, perilaku, rekan=rekan) == float(exact)


@given(st.integers(500_000, 1_200_000), st.sampled_from([50, 70, 90, 110]), st.sampled_from([7, 6]))
def test_a_score_exactly_at_a_bound_is_in_the_upper_band(number: int, bound: int, weight: int) -> None:
    skp = Decimal(number) / 10_000
    conduct = (bound * 10 - weight * skp) / (10 - weight)
    if not 0 <= conduct <= 120:
        return
    plain = weight / 10 * float(skp) + (10 - weight) / 10 * float(conduct)  # as a script would, with its noise
    for score in (score_nilai_pp30(float(skp), float(conduct), rekan=weight == 6), plain):
        below = {50: "Kurang", 70: "Cukup", 90: "Baik", 110: "Sangat Baik"}
        assert score_predikat_pp30(score, True) == below[bound]


def test_noise_that_a_plain_script_makes() -> None:
    plain = 0.7 * 84.3 + 0.3 * 103.3
    assert plain < 90  # what is 90 by hand
    assert score_predikat_pp30(plain) == "Baik"
    assert score_nilai_pp30(84.3, 103.3) == 90


def test_without_a_word_of_an_idea_there_is_a_warning_where_it_matters() -> None:
    with pytest.warns(KinerjaWarning, match=r"^1 nilai mencapai batas Sangat Baik, tetapi ide_baru kosong"):
        assert score_predikat_pp30(110) == "Baik"
    with pytest.warns(KinerjaWarning, match="^2 nilai mencapai"):
        found = score_predikat_pp30(pd.Series([110, 115, 100.0]), pd.Series([None, None, None], dtype="boolean"))
    assert found.tolist() == ["Baik", "Baik", "Baik"]
    assert score_predikat_pp30(109.99) == "Baik"  # warnings are errors here: none is given


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: score_nilai_pp30(121, 100), "nilai_skp: ditemukan 121; yang diizinkan: bilangan dari 0 sampai 120"),
        (lambda: score_nilai_pp30(100, -1), "nilai_perilaku: ditemukan -1"),
        (lambda: score_nilai_pp30("baik", 100), "nilai_skp: ditemukan 'baik'"),
        (lambda: score_nilai_pp30(float("inf"), 100), "nilai_skp: ditemukan inf"),
        (lambda: score_nilai_pp30(True, 100), "nilai_skp: ditemukan True"),
        (lambda: score_nilai_pp30(100, 100, rekan="ya"), "rekan: ditemukan 'ya'; yang diizinkan: True, False"),
        (lambda: score_predikat_pp30(120.5), "nilai: ditemukan 120.5; yang diizinkan: bilangan dari 0 sampai 120"),
        (lambda: score_predikat_pp30(100, "ya"), "ide_baru: ditemukan 'ya'"),
        (lambda: score_predikat_pp46(101), "nilai: ditemukan 101; yang diizinkan: bilangan dari 0 sampai 100"),
    ],
)
def test_what_is_refused(call: object, message: str) -> None:
    with pytest.raises(CallError, match=message):
        call()  # type: ignore[operator]


def test_in_a_series_what_is_refused_is_missing() -> None:
    bad = pd.Series([121, -1, np.inf, np.nan])
    assert score_nilai_pp30(bad, 100).isna().all()
    assert score_nilai_pp30(pd.Series([100.0]), 100, rekan=pd.Series([None], dtype="boolean")).isna().all()
    assert score_predikat_pp30(bad, True).isna().all()
    assert score_predikat_pp46(bad).isna().all()
    assert score_nilai_pp30(None, 100) is None
    assert score_predikat_pp30(None) is None
    assert score_predikat_pp46(float("nan")) is None


@given(SCORES, st.booleans())
def test_a_higher_score_never_has_a_lower_predikat(score: float, idea: bool) -> None:
    other = min(score + 0.5, 120)
    assert ordinal(score_predikat_pp30(other, idea)) >= ordinal(score_predikat_pp30(score, idea))
