"""Retirement and the time to improve: every age of the law, ends of months, leap days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import improvement_deadline, pension_date
from kinerja_lib.vocabulary import PREDIKAT

AGES = {
    **dict.fromkeys(("administrator", "pengawas", "pelaksana", "Ahli Muda", "Ahli Pertama"), 58),
    **dict.fromkeys(("Penyelia", "Mahir", "Terampil", "Pemula"), 58),
    **dict.fromkeys(("jpt_utama", "jpt_madya", "jpt_pratama", "Ahli Madya", "guru"), 60),
    **dict.fromkeys(("Ahli Utama", "dosen"), 65),
    "profesor": 70,
}
BIRTHS = st.dates(date(1940, 1, 1), date(2010, 12, 31))


@pytest.mark.parametrize(("post", "age"), AGES.items())
def test_the_age_of_every_post(post: str, age: int) -> None:
    assert pension_date(date(1970, 5, 31), post) == date(1970 + age, 6, 1)
    assert pension_date("1970-05-31", post.replace("_", " ").upper()) == date(1970 + age, 6, 1)


@pytest.mark.parametrize(
    ("born", "retires"),
    [
        (date(1967, 5, 1), date(2025, 6, 1)),
        (date(1967, 12, 15), date(2026, 1, 1)),
        (date(1968, 2, 29), date(2026, 3, 1)),
        (date(1972, 2, 29), date(2030, 3, 1)),
        (datetime(1967, 5, 31, 23), date(2025, 6, 1)),  # noqa: DTZ001
        (pd.Timestamp("1967-05-31"), date(2025, 6, 1)),
        (np.datetime64("1967-05-31"), date(2025, 6, 1)),
    ],
)
def test_the_first_of_the_month_after_the_birthday(born: object, retires: date) -> None:
    found = pension_date(born, "pelaksana")
    assert (found, type(found)) == (retires, date)


def test_a_post_without_an_age_is_refused() -> None:
    with pytest.raises(
        CallError, match="jabatan: ditemukan 'fungsional'; usia pensiun jabatan fungsional menurut jenjang"
    ):
        pension_date("1970-01-01", "fungsional")
    with pytest.raises(CallError, match=r"jabatan: ditemukan 'Ahli Madia'.*Maksud Anda Ahli Madya"):
        pension_date("1970-01-01", "Ahli Madia")
    with pytest.raises(
        CallError, match="tanggal_lahir: ditemukan '31-12-1970'; yang diizinkan: tanggal seperti 2025-07-31"
    ):
        pension_date("31-12-1970", "guru")
    with pytest.raises(CallError, match="tanggal_lahir: ditemukan 1970"):
        pension_date(1970, "guru")
    assert pension_date(None, "guru") is None
    assert pension_date(pd.NaT, "guru") is None
    assert pension_date("1970-01-01", None) is None


def test_retirement_in_series() -> None:
    born = pd.to_datetime(pd.Series(["1970-05-31", None, "1970-05-31", "1970-05-31"], index=list("abcd")))
    post = pd.Series(["guru", "guru", "fungsional", None])
    found = pension_date(born, post)
    assert found.iloc[0] == pd.Timestamp("2030-06-01")
    assert found.isna().tolist() == [False, True, True, True]
    assert (str(found.dtype), list(found.index)) == ("datetime64[us]", list("abcd"))
    assert pension_date(pd.Series(["1970-05-31", "kapan"]), "guru").isna().tolist() == [False, True]
    assert pension_date(pd.Series([date(1970, 5, 31), None]), "guru").isna().tolist() == [False, True]


@given(BIRTHS, st.sampled_from(sorted(AGES)))
def test_nobody_retires_before_the_birthday_or_a_month_after(born: date, post: str) -> None:
    found = pension_date(born, post)
    reached = date(born.year + AGES[post], born.month, min(born.day, 28))
    assert found.day == 1
    assert 1 <= (found - reached).days <= 31
    assert pension_date(pd.Series([born]), post).iloc[0].date() == found


@pytest.mark.parametrize(
    ("day", "deadline"),
    [
        ("2025-01-15", date(2025, 7, 15)),
        ("2025-08-31", date(2026, 2, 28)),
        ("2023-08-31", date(2024, 2, 29)),
        ("2023-08-30", date(2024, 2, 29)),
        ("2025-03-31", date(2025, 9, 30)),
        ("2024-02-29", date(2024, 8, 29)),
        ("2025-12-31", date(2026, 6, 30)),
    ],
)
def test_six_months_to_improve(day: str, deadline: date) -> None:
    assert improvement_deadline(day, "Kurang") == deadline
    assert improvement_deadline(day, "Sangat Kurang") == deadline


def test_others_have_no_deadline() -> None:
    assert [improvement_deadline("2025-01-15", level) for level in PREDIKAT[2:]] == [None] * 3
    assert improvement_deadline(None, "Kurang") is None
    assert improvement_deadline("2025-01-15", None) is None
    with pytest.raises(CallError, match="predikat: ditemukan 'x'"):
        improvement_deadline("2025-01-15", "x")
    found = improvement_deadline(pd.Series(["2025-08-31"] * 4), pd.Series(["Kurang", "Baik", None, "x"]))
    assert found.isna().tolist() == [False, True, True, True]
    assert found.iloc[0] == pd.Timestamp("2026-02-28")


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_the_deadline_is_in_the_sixth_month_after(day: date) -> None:
    found = improvement_deadline(day, "Kurang")
    months = (found.year - day.year) * 12 + found.month - day.month
    assert months == 6
    assert found.day == min(day.day, monthrange(found.year, found.month)[1])
