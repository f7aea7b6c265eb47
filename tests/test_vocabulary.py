"""Levels and periods: their order, their labels, and the arithmetic of time."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib import vocabulary
from kinerja_lib.errors import CallError
from kinerja_lib.vocabulary import LABELS, Period, label, sort_periods

LEVELS = {
    name: value
    for name, value in vars(vocabulary).items()
    if name.isupper() and isinstance(value, tuple) and name != "MONTHS"
}
periods = st.builds(
    lambda year, months, part: Period(year, (part % (12 // months)) * months + 1, months),
    st.integers(1900, 2100),
    st.sampled_from([1, 3, 6, 12]),
    st.integers(0, 11),
)


@pytest.mark.parametrize("name", sorted(LEVELS))
def test_levels_are_distinct_trimmed_and_have_a_label(name: str) -> None:
    levels = LEVELS[name]
    assert len(set(levels)) == len(levels)
    for level in levels:
        assert level == level.strip()
        assert label(level)[0].isupper()
        assert "_" not in label(level)


def test_order_of_levels_is_from_worst_to_best() -> None:
    assert vocabulary.PREDIKAT == ("Sangat Kurang", "Kurang", "Butuh Perbaikan", "Baik", "Sangat Baik")
    assert vocabulary.PREDIKAT_ORGANISASI == ("Sangat Kurang", "Kurang", "Butuh Perbaikan", "Baik", "Istimewa")
    assert vocabulary.RATING == ("di_bawah", "sesuai", "di_atas")


def test_kinds_of_activity_hold_both_families_once() -> None:
    kinds = vocabulary.JENIS_KEGIATAN
    assert set(kinds) == {*vocabulary.KLASIKAL, *vocabulary.NONKLASIKAL, "konseling"}
    assert set(vocabulary.PEMBINAAN) <= set(kinds)


@pytest.mark.parametrize(
    ("level", "text"),
    [
        ("L", "Laki-laki"),
        ("di_atas", "Di atas ekspektasi"),
        ("bimbingan_teknis", "Bimbingan teknis"),
        ("Sangat Baik", "Sangat Baik"),
        ("S-1", "S-1"),
        ("normal", "Normal"),
        ("", ""),
    ],
)
def test_label(level: str, text: str) -> None:
    assert label(level) == text


def test_labels_are_for_readers() -> None:
    assert all(text == text.strip() and text[:1].isupper() for text in LABELS.values())


@pytest.mark.parametrize(
    ("text", "start", "end", "words", "part"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31), "2025", 1),
        ("2025-S1", date(2025, 1, 1), date(2025, 6, 30), "Semester I 2025", 1),
        ("2025-S2", date(2025, 7, 1), date(2025, 12, 31), "Semester II 2025", 2),
        ("2025-T1", date(2025, 1, 1), date(2025, 3, 31), "Triwulan I 2025", 1),
        ("2025-T4", date(2025, 10, 1), date(2025, 12, 31), "Triwulan IV 2025", 4),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "Februari 2024", 2),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31), "Desember 2025", 12),
        (" 2025-S1\n", date(2025, 1, 1), date(2025, 6, 30), "Semester I 2025", 1),
        ("1000", date(1000, 1, 1), date(1000, 12, 31), "1000", 1),
        ("2999-12", date(2999, 12, 1), date(2999, 12, 31), "Desember 2999", 12),
    ],
)
def test_parse(text: str, start: date, end: date, words: str, part: int) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, period.label, period.part) == (start, end, words, part)
    assert str(period) == text.strip()


REFUSED: list[object] = [
    *["", "25", "2025-", "2025-S0", "2025-S3", "2025-S4", "2025-T0", "2025-T5", "2025-00", "2025-13", "2025-1"],
    *["2025-s1", "2025/07", "2025-07-31", "2025-S1x", "x2025", "2025 S1", "20255", "-2025", "2025-Q1"],
    *["0000", "0999", "3000", "9999"],  # no calendar that these data could follow
    *["２０２５", "٢٠٢٥", "2025-S１"],  # digits of other scripts look like a period but are another text
    *[None, 2025, 2025.0, float("nan"), date(2025, 1, 1), b"2025", ["2025"]],
]


@pytest.mark.parametrize("found", REFUSED, ids=repr)
def test_parse_refuses(found: object) -> None:
    text = f"periode: ditemukan {found!r}; yang diizinkan: 2025, 2025-S1, 2025-T3 atau 2025-07."
    with pytest.raises(CallError, match=f"^{re.escape(text)}$"):
        Period.parse(found)


@given(periods)
def test_parse_and_str_are_inverse(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(st.from_regex(vocabulary.PERIOD, fullmatch=True))
def test_whatever_parses_is_written_as_it_was_read(text: str) -> None:
    try:
        period = Period.parse(text)
    except CallError:
        assert re.fullmatch(r"\d{4}-S[34]", text)
        return
    assert str(period) == text


@given(periods)
def test_ends_are_ends_of_months(period: Period) -> None:
    last = period.first_month + period.months - 1
    assert period.start == date(period.year, period.first_month, 1)
    assert period.end == date(period.year, last, monthrange(period.year, last)[1])


@given(periods, st.integers(-40, 40), st.integers(-40, 40))
def test_shift_goes_forth_and_back(period: Period, steps: int, more: int) -> None:
    moved = period.shift(steps)
    assert moved.shift(-steps) == period
    assert moved.shift(more) == period.shift(steps + more)
    assert period.shift(1).start == period.end + timedelta(days=1)
    assert (moved < period) == (steps < 0)
    assert moved.months == period.months


@given(periods)
def test_year_before_is_a_year_of_shifts(period: Period) -> None:
    assert period.year_before() == period.shift(-12 // period.months)


@given(periods, periods)
def test_order_is_total_and_follows_time(a: Period, b: Period) -> None:
    assert (a < b) + (b < a) + (a == b) == 1
    assert (a <= b) == (a < b or a == b)
    assert not a.start < b.start or a < b
    if a.start == b.start:
        assert (a < b) == (a.months > b.months)


@given(periods, periods)
def test_containment_is_that_of_days(a: Period, b: Period) -> None:
    assert (a in b) == (b.start <= a.start and a.end <= b.end)
    assert (a in b and b in a) == (a == b)
    if a in b and a != b:
        assert b < a or a.start > b.start


@pytest.mark.parametrize(
    ("texts", "ordered"),
    [
        ([], []),
        (["2025-S1", "2024-S2", "2025-S1"], ["2024-S2", "2025-S1"]),
        (["2025-01", "2025-T1", "2025", "2025-S1"], ["2025", "2025-S1", "2025-T1", "2025-01"]),
        (["2025-10", "2025-09"], ["2025-09", "2025-10"]),
    ],
)
def test_sort_periods(texts: list[str], ordered: list[str]) -> None:
    assert sort_periods(texts) == ordered
    assert sort_periods(reversed(texts)) == ordered


def test_sort_periods_refuses_what_is_no_period() -> None:
    with pytest.raises(CallError, match="ditemukan 'nan'"):
        sort_periods(["2025", float("nan")])
