"""Per cent achieved of an indicator: the vectors of the annex, and what must never come out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import score_iki, score_nilai_iki

VECTORS = [
    (7, 6.5, "khusus", 8, 107.14285714285714),
    (7, 9, "khusus", 8, 87.5),
    (80, 70, "normal", 90, 87.5),
    (80, 85, "normal", 90, 100.0),
    (7, 7.5, "khusus", 8, 100.0),
    (80, 99, "normal", 90, 110.0),
    (90, 92, "normal", None, 92 / 90 * 100),
    (10, 0, "normal", None, 0.0),
    (10, 0, "khusus", None, 200.0),
    (10, 25, "khusus", None, -50.0),
]


@pytest.mark.parametrize(("target", "realisasi", "kondisi", "high", "percent"), VECTORS)
def test_vectors(target: float, realisasi: float, kondisi: str, high: float | None, percent: float) -> None:
    # the same arithmetic in another order: equal to the last digits of a double
    assert score_iki(target, realisasi, kondisi=kondisi, target_high=high) == pytest.approx(percent, rel=1e-12)


def test_series_give_what_scalars_give() -> None:
    columns = ["target", "realisasi", "kondisi", "target_high", "percent"]
    frame = pd.DataFrame(VECTORS, columns=columns, index=range(5, 15))
    before = frame.copy()
    scored = score_iki(frame["target"], frame["realisasi"], kondisi=frame["kondisi"], target_high=frame["target_high"])
    np.testing.assert_allclose(scored, frame["percent"], rtol=1e-12)
    assert scored.index.equals(frame.index)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 0, "realisasi": 3}, r"target: ditemukan 0; yang diizinkan: lebih dari 0"),
        ({"target": 9, "realisasi": 3, "target_high": 8}, r"target_high: ditemukan 8"),
        (
            {"target": 9, "realisasi": 3, "kondisi": "khas"},
            r"kondisi: ditemukan 'khas'; yang diizinkan: normal, khusus",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(CallError, match=message):
        score_iki(**arguments)


def test_in_a_series_what_cannot_be_scored_is_missing() -> None:
    scored = score_iki(
        pd.Series([0.0, 9.0, np.nan, 10.0, 10.0]),
        pd.Series([3.0, 3.0, 3.0, np.nan, 3.0]),
        kondisi=pd.Series(["normal", "khas", "normal", "normal", None]),
    )
    assert scored.isna().all()
    assert score_iki(None, 3) is None


@given(
    st.floats(0.1, 1e6),
    st.floats(0, 1e6),
    st.sampled_from(["normal", "khusus"]),
    st.one_of(st.none(), st.floats(0, 1e6)),
)
def test_never_infinite_and_full_inside_the_range(
    target: float, reached: float, kondisi: str, more: float | None
) -> None:
    high = None if more is None else target + more
    percent = score_iki(target, reached, kondisi=kondisi, target_high=high)
    assert np.isfinite(percent)
    if target <= reached <= (high or target):
        assert percent == 100


VALUES = [
    *[(113, 120), (110.6, 120), (111, 120), (110, 120), (105, 110 + 40 / 9), (101, 110), (102, 110 + 10 / 9)],
    *[(100, 109), (100.4, 109), (99.5, 109), (99.49, 89), (99, 89), (98, 88), (81, 71), (80, 70), (79.5, 70)],
    *[
        (79.49, 69),
        (79, 69),
        (61, 51),
        (60, 50),
        (59.5, 50),
        (59, 49),
        (30, 30 / 59 * 49),
        (0, 0),
        (-50, 0),
        (1e9, 120),
    ],
]


@pytest.mark.parametrize(("capaian", "value"), VALUES)
def test_the_value_of_an_achievement(capaian: float, value: float) -> None:
    # the same arithmetic in another order: equal to the last digits of a double
    assert score_nilai_iki(capaian) == pytest.approx(value, rel=1e-14)


def test_printed_vectors() -> None:
    assert round(score_nilai_iki(105), 2) == 114.44
    assert round(score_nilai_iki(30), 2) == 24.92


def test_a_target_that_cannot_be_passed() -> None:
    assert score_nilai_iki(100, target_maksimal=True) == 120
    assert score_nilai_iki(99, target_maksimal=True) == 89
    assert score_nilai_iki(101, target_maksimal=True) == 110
    assert score_nilai_iki(pd.Series([100, 100]), target_maksimal=pd.Series([True, False])).tolist() == [120, 109]


def test_half_a_per_cent_goes_up_whatever_the_noise() -> None:
    assert score_iki(40, 23) < 57.5  # what is 57.5 by hand
    assert score_nilai_iki(score_iki(40, 23)) == score_nilai_iki(58)
    assert score_nilai_iki(score_iki(200, 199)) == 109


def test_values_in_series_and_what_is_refused() -> None:
    frame = pd.DataFrame(VALUES, columns=["capaian", "value"], index=range(3, 3 + len(VALUES)))
    found = score_nilai_iki(frame["capaian"])
    np.testing.assert_allclose(found, frame["value"], rtol=1e-14)
    assert found.index.equals(frame.index)
    assert score_nilai_iki(pd.Series([np.nan, np.inf])).isna().all()
    assert score_nilai_iki(None) is None
    assert score_nilai_iki(90, target_maksimal=None) is None
    with pytest.raises(CallError, match="capaian: ditemukan 'baik'; yang diizinkan: bilangan"):
        score_nilai_iki("baik")


@given(st.floats(-1000, 1000), st.booleans())
def test_values_are_within_bounds_and_never_fall(capaian: float, most: bool) -> None:
    value = score_nilai_iki(capaian, target_maksimal=most)
    assert 0 <= value <= 120
    if not most:
        assert score_nilai_iki(capaian + 1) >= value
