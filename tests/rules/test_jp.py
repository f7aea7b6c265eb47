"""The yearly quantum: a floor for PNS, a ceiling for PPPK."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.rules import check_jp, jp_bounds, read_jenis_kegiatan, score_jp
from kinerja_lib.vocabulary import JENIS_KEGIATAN

CASES = [(20, "PNS", True), (19.99, "PNS", False), (0, "PNS", False), (24, "PPPK", True), (24.01, "PPPK", False)]


@pytest.mark.parametrize(("jp", "status", "kept"), CASES)
def test_bounds(jp: float, status: str, kept: bool) -> None:
    assert check_jp(jp, status) is kept


def test_series_give_what_scalars_give() -> None:
    frame = pd.DataFrame(CASES, columns=["jp", "status", "kept"], index=list("abcde"))
    kept = check_jp(frame["jp"], frame["status"])
    assert kept.tolist() == frame["kept"].tolist()
    assert (str(kept.dtype), list(kept.index)) == ("boolean", list("abcde"))
    levels = frame["status"].astype(pd.CategoricalDtype(["PNS", "PPPK"], ordered=True))
    assert check_jp(frame["jp"], levels).tolist() == frame["kept"].tolist()


def test_missing_stays_missing() -> None:
    kept = check_jp(pd.Series([np.nan, 30, 30]), pd.Series(["PNS", None, "honorer"]))
    assert kept.isna().all()
    assert check_jp(None, "PNS") is None
    assert check_jp(20, None) is None


def test_an_agency_may_set_its_own_floor() -> None:
    assert check_jp(25, "PNS", target=40) is False
    assert check_jp(23, "PPPK", target=40) is True


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(CallError, match=r"status: ditemukan 'honorer'; yang diizinkan: PNS, PPPK"):
        check_jp(20, "honorer")


def test_what_is_only_information_never_judges() -> None:
    assert ("ASN", "minimal", 20.0, "informasi") in jp_bounds()


def test_sums_of_decimals_that_are_exactly_at_a_bound() -> None:
    assert 1.4 + 14.7 + 3.9 < 20  # what is 20 by hand
    assert check_jp(1.4 + 14.7 + 3.9, "PNS") is True
    assert check_jp(24.000000000000004, "PPPK") is True


def test_the_quantum_of_the_law() -> None:
    assert jp_bounds() == (
        ("PNS", "minimal", 20.0, "aturan"),
        ("PPPK", "maksimal", 24.0, "aturan"),
        ("ASN", "minimal", 20.0, "informasi"),
    )


DAILY = {("seminar", False): 4, ("seminar", True): 6, ("workshop", False): 5, ("workshop", True): 7}
MORE_ABROAD = {2, 3, 5, 6}


@pytest.mark.parametrize(("kind", "jp"), DAILY.items())
def test_days_of_seminars_and_workshops(kind: tuple[str, bool], jp: float) -> None:
    form, abroad = kind
    assert score_jp(form, hari=1, internasional=abroad) == jp
    assert score_jp(form, hari=3, internasional=abroad) == 3 * jp
    assert score_jp(form, hari=2, jp=9, internasional=abroad) == 9  # what is printed goes before


@pytest.mark.parametrize("code", range(1, 26))
def test_a_printed_jp(code: int) -> None:
    assert score_jp(code, jp=40) == 40
    assert score_jp(code, jp=40, internasional=True) == (48 if code in MORE_ABROAD else 40)
    assert score_jp(read_jenis_kegiatan(code), jp=7, internasional=True) == (8.4 if code in MORE_ABROAD else 7)


@pytest.mark.parametrize("form", [form for form in JENIS_KEGIATAN if form not in ("seminar", "workshop")])
def test_what_no_source_says_is_missing_and_never_zero(form: str) -> None:
    assert score_jp(form, hari=2) is None
    assert score_jp(form, kejadian=2) is None
    assert score_jp(form) is None
    assert score_jp(form, jp=0) is None
    assert score_jp(form, kejadian=2, tabel={form: 1.5}) == 3
    assert score_jp(form, kejadian=2, tabel={"seminar": 9}) is None


def test_jp_of_series() -> None:
    frame = pd.DataFrame(
        {
            "kode": ["9", "Workshop", "14", "3", "?", None, "seminar"],
            "jp": [np.nan, np.nan, np.nan, 10, 10, 10, -3],
            "hari": [2, 3, 1, 1, 1, 1, np.nan],
            "abroad": [False, True, False, True, False, False, False],
        },
        index=list("abcdefg"),
    )
    before = frame.copy()
    found = score_jp(frame["kode"], jp=frame["jp"], hari=frame["hari"], internasional=frame["abroad"])
    assert found.tolist()[:2] == [8, 21]
    assert found.tolist()[3] == 12
    assert found.isna().tolist() == [False, False, True, False, True, True, True]
    assert list(found.index) == list("abcdefg")
    assert score_jp(pd.Series([9]), hari=1, internasional=pd.Series([None], dtype="boolean")).isna().all()
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kode": "Rapat", "hari": 1}, "jenis: ditemukan 'Rapat'"),
        ({"kode": 9, "hari": -1}, "hari: ditemukan -1; yang diizinkan: bilangan, paling sedikit 0"),
        ({"kode": 9, "jp": "banyak"}, "jp: ditemukan 'banyak'"),
        ({"kode": 9, "internasional": "ya"}, "internasional: ditemukan 'ya'"),
        ({"kode": 14, "tabel": {"Rapat": 2}}, "jenis: ditemukan 'Rapat'"),
        ({"kode": 14, "tabel": {"coaching": -2}}, "tabel: ditemukan -2"),
    ],
)
def test_jp_that_cannot_be(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(CallError, match=message):
        score_jp(**arguments)
