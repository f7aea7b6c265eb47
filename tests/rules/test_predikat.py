"""Labels, the nine cells and the order: golden vectors of the rule digest, scalar and Series alike."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import ordinal, read_predikat, read_rating, score_predikat
from kinerja_lib.vocabulary import PREDIKAT, RATING

RATINGS = {
    "di_atas": ["1", 1, 1.0, "DIATAS EKSPEKTASI", "Di Atas Ekspektasi", "diatas espektasi", "Diatas", "di_atas"],
    "sesuai": ["2", 2, "Sesuai Ekspektasi", " sesuai  ekspektasi ", "SESUAI", "Memenuhi Ekspektasi"],
    "di_bawah": ["3", 3, "Di bawah Ekspektasi", "DIBAWAH", "dibawah espektasi", "di_bawah"],
}
PREDIKATS = {
    "Sangat Baik": ["1", 1, "SANGAT BAIK", "sangat\u00a0baik", "Sangat Baik"],
    "Baik": ["2", "baik"],
    "Butuh Perbaikan": ["3", "Butuh Perbaikan", "Perlu Perbaikan", "Cukup", "Cukup / Butuh Perbaikan"],
    "Kurang": ["4", "kurang", "Kurang/Misconduct", "KURANG / MISCONDUCT", "misconduct"],
    "Sangat Kurang": ["5", 5, "SANGAT KURANG", "Buruk"],  # the last is the word of PP 46/2011
}
CELLS = [
    *[(1, 1, "Sangat Baik"), (1, 2, "Baik"), (1, 3, "Kurang")],
    *[(2, 1, "Baik"), (2, 2, "Baik"), (2, 3, "Kurang")],
    *[(3, 1, "Butuh Perbaikan"), (3, 2, "Butuh Perbaikan"), (3, 3, "Sangat Kurang")],
]


@pytest.mark.parametrize(("level", "label"), [(level, text) for level, texts in RATINGS.items() for text in texts])
def test_labels_of_ratings(level: str, label: object) -> None:
    assert read_rating(label) == level


@pytest.mark.parametrize(("level", "label"), [(level, text) for level, texts in PREDIKATS.items() for text in texts])
def test_labels_of_predikat(level: str, label: object) -> None:
    assert read_predikat(label) == level


@pytest.mark.parametrize(("hasil", "perilaku", "predikat"), CELLS)
def test_the_nine_cells(hasil: int, perilaku: int, predikat: str) -> None:
    assert score_predikat(hasil, perilaku) == predikat
    assert score_predikat(RATING[3 - hasil], RATING[3 - perilaku]) == predikat


def test_series_give_what_scalars_give() -> None:
    frame = pd.DataFrame(CELLS, columns=["hasil", "perilaku", "predikat"], index=range(10, 19))
    before = frame.copy()
    scored = score_predikat(frame["hasil"], frame["perilaku"])
    assert scored.astype("object").tolist() == frame["predikat"].tolist()
    assert scored.index.equals(frame.index)
    assert list(scored.cat.categories) == list(PREDIKAT)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("call", "label", "message"),
    [
        (read_rating, "bagus", "rating: ditemukan 'bagus'; yang diizinkan: di_atas, sesuai, di_bawah."),
        (read_rating, "sesuai ekspektasi sekali", "rating: ditemukan"),
        (read_rating, True, "rating: ditemukan True"),
        (read_predikat, "Baik sekali", "predikat: ditemukan 'Baik sekali'; yang diizinkan: Sangat Baik, Baik"),
        (read_predikat, 6, "predikat: ditemukan 6"),
        (ordinal, "x", "predikat: ditemukan 'x'"),
    ],
)
def test_an_unknown_label_is_refused_with_what_is_allowed(call: object, label: object, message: str) -> None:
    with pytest.raises(CallError, match=re.escape(message)):
        call(label)  # type: ignore[operator]


def test_unknown_and_missing_stay_missing_in_a_series() -> None:
    labels = pd.Series(["1", "bagus", None, " "])
    assert read_rating(labels).isna().tolist() == [False, True, True, True]
    assert score_predikat(labels, pd.Series(["1"] * 4)).isna().tolist() == [False, True, True, True]
    assert ordinal(pd.Series(["Baik", None, "x"])).tolist() == [4, pd.NA, pd.NA]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, "", "  "])
def test_a_missing_scalar_gives_none(missing: object) -> None:
    assert read_rating(missing) is None
    assert score_predikat(missing, "sesuai") is None
    assert ordinal(missing) is None


def test_order_is_five_best() -> None:
    assert [ordinal(level) for level in PREDIKAT] == [1, 2, 3, 4, 5]
    assert str(ordinal(pd.Series(list(PREDIKAT))).dtype) == "Int64"


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(CallError, match=r"panjang Series berbeda: rating_hasil 2, rating_perilaku 1"):
        score_predikat(pd.Series(["1", "2"]), pd.Series(["1"]))


@given(st.lists(st.sampled_from([*RATING, "1", "2", "3", None, "?"]), min_size=1, max_size=20))
def test_scalar_and_series_agree_on_any_mix(labels: list[str | None]) -> None:
    scored = score_predikat(pd.Series(labels, dtype="object"), "sesuai").astype("object")
    for label, found in zip(labels, scored, strict=True):
        expected = None if label in (None, "?") else score_predikat(label, "sesuai")
        assert (None if pd.isna(found) else found) == expected
