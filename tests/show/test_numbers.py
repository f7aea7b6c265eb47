"""The one formatter, against strings written by hand in both languages."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.language import use_language
from kinerja_lib.show import numbers
from kinerja_lib.show.numbers import MINUS, MISSING, Bound, count, day, interval, is_missing, number, percent, rupiah

NOTHING = [None, math.nan, math.inf, -math.inf, pd.NA, pd.NaT, np.nan, np.float32("nan"), np.float64("inf")]
FORMATTERS: list[Callable[[Any], Bound]] = [number, count, percent, rupiah, day, lambda value: interval(value, 1.0)]


@pytest.mark.parametrize(
    ("make", "indonesian", "english"),
    [
        (lambda: number(1250.5, 2), "1.250,50", "1,250.50"),
        (lambda: number(88.46), "88,5", "88.5"),
        (lambda: number(0), "0,0", "0.0"),
        (lambda: number(-0.04), "0,0", "0.0"),  # no minus before a zero
        (lambda: number(-0.06), "−0,1", "−0.1"),
        (lambda: number(1234567.891, 3), "1.234.567,891", "1,234,567.891"),
        (lambda: number(999.96), "1.000,0", "1,000.0"),
        (lambda: number(5, 0, signed=True), "+5", "+5"),
        (lambda: number(-5, 0, signed=True), "−5", "−5"),
        (lambda: number(0.04, 1, signed=True), "0,0", "0.0"),  # nor a plus
        (lambda: number(np.int64(12), 0), "12", "12"),
        (lambda: number(np.float64(2.25), 2), "2,25", "2.25"),
        (lambda: count(1250), "1.250", "1,250"),
        (lambda: count(999), "999", "999"),
        (lambda: count(10**15), "1.000.000.000.000.000", "1,000,000,000,000,000"),
        (lambda: percent(88.46, 1), "88,5%", "88.5%"),
        (lambda: percent(100), "100%", "100%"),
        (lambda: percent(-3.2, 1), "−3,2%", "−3.2%"),
        (lambda: rupiah(1250000), "Rp1.250.000", "Rp1,250,000"),
        (lambda: rupiah(-1250000), "−Rp1.250.000", "−Rp1,250,000"),
        (lambda: rupiah(0), "Rp0", "Rp0"),
        (lambda: day(date(2026, 11, 24)), "24 November 2026", "24 November 2026"),
        (lambda: day("2025-08-01"), "1 Agustus 2025", "1 August 2025"),
        (lambda: day(pd.Timestamp(2025, 5, 31, 23, 59)), "31 Mei 2025", "31 May 2025"),
        (lambda: day(datetime(2025, 12, 5)), "5 Desember 2025", "5 December 2025"),  # noqa: DTZ001
        (lambda: day(np.datetime64("2025-02-28")), "28 Februari 2025", "28 February 2025"),
    ],
)
def test_by_hand(make: Callable[[], Bound], indonesian: str, english: str) -> None:
    assert make().text == indonesian
    use_language("en")
    assert make().text == str(make()) == english


@pytest.mark.parametrize(
    ("low", "high", "decimals", "text"),
    [
        (92.46, 95.91, 1, "92,5 sampai 95,9"),
        (-1, 1, 0, "−1 sampai 1"),
        (1000, 2000, 0, "1.000 sampai 2.000"),
        (0.02, 0.36, 0, "0,0 sampai 0,4"),
        (0.0, 0.0, 0, "0 sampai 0"),
        (0.02, 1.36, 0, "0 sampai 1"),
        (None, 1.0, 1, MISSING),
        (1.0, math.nan, 1, MISSING),
    ],
)
def test_interval(low: float | None, high: float | None, decimals: int, text: str) -> None:
    assert interval(low, high, decimals).text == text


@pytest.mark.parametrize("value", [*NOTHING, np.datetime64("NaT"), np.timedelta64("NaT")], ids=repr)
def test_missing(value: object) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, 0.0, "", "nan", False, date(2025, 1, 1), np.float32(1), np.datetime64("2025")])
def test_not_missing(value: object) -> None:
    assert not is_missing(value)


@pytest.mark.parametrize("value", NOTHING, ids=repr)
@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_missing_value_is_a_dash_and_has_no_number(formatter: Callable[[Any], Bound], value: object) -> None:
    assert formatter(value) == Bound(MISSING, None)


def test_an_empty_day_is_missing_and_a_wrong_one_is_not_hidden() -> None:
    assert day("") == Bound(MISSING, None)
    with pytest.raises(ValueError, match="Invalid isoformat string"):
        day("31-12-2025")


@pytest.mark.parametrize(
    ("bound", "value"),
    [
        (number(88.4567, 1), 88.4567),
        (percent(88.4567), 88.4567),
        (rupiah(1250000.4), 1250000.4),
        (count(np.int64(7)), 7),
        (day("2025-08-01"), "2025-08-01"),
        (interval(1.25, 2.5), "1.25 2.5"),
    ],
)
def test_the_value_behind_is_not_rounded_and_plain(bound: Bound, value: object) -> None:
    assert bound.value == value
    assert type(bound.value) is type(value)


def test_what_stands_for_a_small_number() -> None:
    assert numbers.SMALL == "<5"


def read_back(text: str) -> float:
    return float(text.replace(MINUS, "-").replace(".", "").replace(",", "."))


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_a_shown_number_is_the_number_to_its_last_digit(value: float, decimals: int) -> None:
    text = number(value, decimals).text
    half_up = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert read_back(text) == pytest.approx(float(half_up), rel=1e-15, abs=1e-12)
    assert len(text.partition(",")[2]) == decimals
    assert "-" not in text
    assert number(-value, decimals).text.lstrip(MINUS) == text.lstrip(MINUS)


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_are_grouped_by_three(value: int) -> None:
    digits = count(value).text.lstrip(MINUS).split(".")
    assert int("".join(digits)) == abs(value)
    assert 1 <= len(digits[0]) <= 3
    assert all(len(group) == 3 for group in digits[1:])
    use_language("en")
    assert count(value).text.replace(",", ".").lstrip(MINUS) == ".".join(digits)
    use_language("id")


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_days_name_day_month_and_year(value: date) -> None:
    written = day(value).text.split(" ")
    assert [int(written[0]), int(written[2])] == [value.day, value.year]
    assert day(value.isoformat()) == day(value) == day(pd.Timestamp(value))
