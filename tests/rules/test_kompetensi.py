"""Levels of posts, gaps, Job Person Match: every cell, the golden vectors, what is refused."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import score_gap, score_jpm, score_jpm_band, standard_level
from kinerja_lib.rules.tables import read_rules

STANDARD = {"jpt_utama": 5, "jpt_madya": 5, "jpt_pratama": 4, "administrator": 3, "pengawas": 2, "pelaksana": 1}


def test_the_levels() -> None:
    assert {int(row["level"]): row["nama"] for row in read_rules("tingkat_kompetensi")} == {
        1: "paham/dalam pengembangan",
        2: "dasar",
        3: "menengah",
        4: "mumpuni",
        5: "ahli",
    }
    assert {row["jabatan"] for row in read_rules("standar_kompetensi")} == set(STANDARD)


@pytest.mark.parametrize(("post", "level"), STANDARD.items())
def test_the_standard_of_every_post(post: str, level: int) -> None:
    assert standard_level(post) == level
    assert standard_level(post.replace("_", " ").upper()) == level


@pytest.mark.parametrize("post", ["fungsional", "Ahli Madya", "penyelia"])
def test_a_functional_post_needs_the_own_table(post: str) -> None:
    with pytest.raises(CallError, match=rf"jabatan: ditemukan '{post}'.*Isi kompetensi.level_standar"):
        standard_level(post)


def test_standards_of_a_series() -> None:
    found = standard_level(pd.Series(["pengawas", "fungsional", None, "?"], index=list("abcd")))
    assert (found.tolist(), str(found.dtype), list(found.index)) == ([2, pd.NA, pd.NA, pd.NA], "Int64", list("abcd"))
    with pytest.raises(CallError, match="jabatan: ditemukan 'camat'; yang diizinkan: jpt_utama"):
        standard_level("camat")
    assert standard_level(None) is None


def test_gaps() -> None:
    assert [score_gap(2, 3), score_gap(3, 3), score_gap(5, 1), score_gap(None, 3)] == [-1, 0, 4, None]
    found = score_gap(pd.Series([2, None, 7, 3], dtype="Int64"), pd.Series([3, 3, 3, None], dtype="Int64"))
    assert found.isna().tolist() == [False, True, True, True]
    with pytest.raises(CallError, match="level: ditemukan 6; yang diizinkan: bilangan dari 0 sampai 5"):
        score_gap(6, 3)


def test_job_person_match() -> None:
    assert score_jpm([3, 4, 2], [3, 3, 3]) == 100
    assert score_jpm([3, 4, 2], [3, 3, 3], batasi_surplus=True) == 100 * 8 / 9
    assert score_jpm(pd.Series([9 / 5] * 5), (2,) * 5) == pytest.approx(90)  # fifths are no binary fractions
    assert score_jpm([3, None], [3, 3]) is None
    assert score_jpm([3, 3], [3, float("nan")]) is None


@pytest.mark.parametrize(
    ("levels", "standards", "message"),
    [
        ([3], [3, 3], "levels, standards: ditemukan 1 dan 2 nilai; yang diizinkan: sama banyak"),
        ([], [], "levels, standards: ditemukan 0 dan 0 nilai"),
        ([3], [0], "standards: jumlahnya 0"),
        ([6], [3], "levels: ditemukan 6"),
    ],
)
def test_job_person_match_that_cannot_be(levels: list[float], standards: list[float], message: str) -> None:
    with pytest.raises(CallError, match=message):
        score_jpm(levels, standards)


@pytest.mark.parametrize(
    ("scheme", "jpm", "band"),
    [
        ("pemetaan", 90, "O"),
        ("pemetaan", 89.99, "CO"),
        ("pemetaan", 78, "CO"),
        ("pemetaan", 77.99, "KO"),
        ("pemetaan", 0, "KO"),
        ("pemetaan", 140, "O"),
        ("seleksi", 80, "MS"),
        ("seleksi", 79.99, "MMS"),
        ("seleksi", 68, "MMS"),
        ("seleksi", 67.99, "KMS"),
        ("seleksi", 0, "KMS"),
    ],
)
def test_bands(scheme: str, jpm: float, band: str) -> None:
    assert score_jpm_band(jpm, scheme) == band
    assert score_jpm_band(pd.Series([jpm]), scheme).tolist() == [band]


def test_a_match_that_is_exactly_at_a_bound() -> None:
    assert score_jpm_band(89.99999999999999, "pemetaan") == "O"  # nine tenths, added one by one


def test_bands_that_cannot_be() -> None:
    with pytest.raises(CallError, match="scheme: ditemukan 'promosi'; yang diizinkan: seleksi, pemetaan"):
        score_jpm_band(80, "promosi")  # type: ignore[arg-type]
    with pytest.raises(CallError, match="jpm: ditemukan -1; yang diizinkan: bilangan, paling sedikit 0"):
        score_jpm_band(-1, "seleksi")
    assert score_jpm_band(pd.Series([-1, None, float("inf")]), "seleksi").isna().all()
    assert score_jpm_band(None, "seleksi") is None


LEVELS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=9)


@given(LEVELS)
def test_a_capped_match_is_at_most_the_plain_one_and_at_most_full(pairs: list[tuple[int, int]]) -> None:
    levels, standards = zip(*pairs, strict=True)
    plain, capped = score_jpm(levels, standards), score_jpm(levels, standards, batasi_surplus=True)
    assert plain is not None
    assert capped is not None
    assert 0 <= capped <= min(plain, 100)
    gaps = score_gap(pd.Series(levels), pd.Series(standards))
    assert (plain >= 100) == (gaps.sum() >= 0)
    assert (capped == 100) == (gaps.min() >= 0)
