"""SE MenPANRB 3/2023: every line of the pattern, its bounds in whole people, the golden vectors."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import check_distribution, count_changes, judge_distribution, sharing_limit
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.vocabulary import PREDIKAT, PREDIKAT_ORGANISASI

ORDER = PREDIKAT[::-1]  # Sangat Baik ... Sangat Kurang


def rules(numbers: tuple[int, ...], organisation: str) -> list[str]:
    found = check_distribution(dict(zip(ORDER, numbers, strict=True)), organisation)
    return [finding.rule.removeprefix("distribusi_") for finding in found]


@pytest.mark.parametrize(
    ("organisation", "numbers", "expected"),
    [
        ("Baik", (2, 7, 1, 0, 0), []),
        ("Baik", (2, 8, 0, 0, 0), ["maksimal", "ada"]),
        ("Baik", (0, 7, 0, 3, 0), []),
        ("Baik", (0, 7, 0, 0, 3), ["ada"]),
        ("Baik", (5, 4, 1, 0, 0), ["terbanyak"]),
        ("Baik", (5, 5, 1, 0, 0), []),
        ("Istimewa", (7, 3, 0, 0, 0), []),
        ("Istimewa", (8, 3, 0, 0, 0), ["maksimal"]),
        ("Istimewa", (4, 6, 0, 0, 0), ["terbanyak"]),
        ("Butuh Perbaikan", (1, 3, 6, 0, 0), []),
        ("Butuh Perbaikan", (1, 4, 6, 0, 0), ["minimal"]),
        ("Butuh Perbaikan", (2, 0, 8, 0, 0), ["maksimal"]),
        ("Kurang", (1, 1, 1, 7, 0), []),
        ("Kurang", (2, 2, 0, 6, 0), ["minimal", "maksimal"]),
        ("Sangat Kurang", (1, 1, 1, 1, 6), ["maksimal"]),
        ("Sangat Kurang", (0, 4, 0, 0, 6), ["minimal"]),
        ("Sangat Kurang", (0, 3, 0, 1, 6), []),
    ],
)
def test_the_pattern(organisation: str, numbers: tuple[int, ...], expected: list[str]) -> None:
    assert rules(numbers, organisation) == expected


def test_fewer_than_ten_cannot_be_judged() -> None:
    assert rules((0, 9, 0, 0, 0), "Baik") == ["tidak_dapat_dinilai"]
    assert check_distribution({"Baik": 9}, "Baik")[0].severity == "note"
    assert check_distribution({"Baik": 90}, None)[0].rule == "tidak_dapat_dinilai"


def test_a_series_and_other_labels_of_the_same_levels() -> None:
    counts = pd.Series({"sangat baik": 2, "BAIK": 8})
    assert len(check_distribution(counts, "baik")) == 2
    assert not check_distribution({"Cukup": 6, "Baik": 4}, "Cukup")
    assert counts.to_dict() == {"sangat baik": 2, "BAIK": 8}


def test_words_name_predikat_and_limit() -> None:
    deviations = judge_distribution({"Sangat Baik": 2, "Baik": 8}, "Baik")
    assert deviations is not None
    assert [deviation.say() for deviation in deviations] == [
        "Baik di atas 70 %",
        "tidak ada Butuh Perbaikan atau Kurang",
    ]
    assert check_distribution({"Sangat Baik": 2, "Baik": 8}, "Baik")[0].message == (
        "Organisasi Baik: Baik 8 dari 10 pegawai; paling banyak 7 (70 %)."
    )


@pytest.mark.parametrize(
    ("counts", "organisation", "message"),
    [
        ({"Bagus": 3}, "Baik", r"predikat: ditemukan 'Bagus'"),
        ({"Baik": -1}, "Baik", r"counts: ditemukan Baik: -1"),
        ({"Baik": 1.5}, "Baik", r"counts: ditemukan Baik: 1\.5"),
        ({"Baik": 10}, "Hebat", r"predikat_organisasi: ditemukan 'Hebat'; yang diizinkan: Sangat Kurang"),
    ],
)
def test_what_is_refused(counts: dict[str, float], organisation: str, message: str) -> None:
    with pytest.raises(CallError, match=message):
        check_distribution(counts, organisation)  # type: ignore[arg-type]


def test_the_limit_of_sharing() -> None:
    assert (sharing_limit("Baik", "Baik"), sharing_limit("Istimewa", "Sangat Baik")) == (70, 70)
    assert sharing_limit("Baik", "Sangat Baik") == 100


@given(st.lists(st.integers(0, 30), min_size=5, max_size=5), st.sampled_from(PREDIKAT_ORGANISASI))
def test_at_least_and_at_most_hold_exactly(numbers: list[int], organisation: str) -> None:
    found = judge_distribution(dict(zip(ORDER, numbers, strict=True)), organisation)
    if sum(numbers) < 10:
        assert found is None
        return
    assert found is not None
    for deviation in found:
        if deviation.percent is not None:  # whole numbers only: no rounding can decide
            over = 100 * deviation.found > deviation.percent * deviation.n
            assert over if deviation.kind == "maksimal" else not over


EVERY_LINE = {
    ("Istimewa", "Sangat Baik", "terbanyak", "", ""),
    ("Istimewa", "Sangat Baik", "maksimal", "70", ""),
    ("Baik", "Baik", "terbanyak", "", ""),
    ("Baik", "Baik", "maksimal", "70", ""),
    ("Baik", "Butuh Perbaikan;Kurang", "ada", "", "1"),
    ("Butuh Perbaikan", "Butuh Perbaikan", "minimal", "60", ""),
    ("Butuh Perbaikan", "Sangat Baik", "maksimal", "10", ""),
    ("Kurang", "Kurang", "minimal", "60", ""),
    ("Kurang", "Butuh Perbaikan", "minimal", "10", ""),
    ("Kurang", "Sangat Baik", "maksimal", "10", ""),
    ("Sangat Kurang", "Sangat Kurang", "minimal", "60", ""),
    ("Sangat Kurang", "Butuh Perbaikan;Kurang", "minimal", "10", ""),
    ("Sangat Kurang", "Sangat Baik", "maksimal", "0", ""),
    *((level, "", "dinilai_mulai", "", "10") for level in PREDIKAT_ORGANISASI),
}


def test_every_line_of_the_pattern() -> None:
    names = ("organisasi", "predikat", "jenis", "persen", "orang")
    assert {tuple(row[name] for name in names) for row in read_rules("pola_distribusi")} == EVERY_LINE


@pytest.mark.parametrize(
    ("organisation", "numbers", "changes"),
    [
        ("Baik", (2, 7, 1, 0, 0), 0),
        ("Baik", (2, 8, 0, 0, 0), 1),
        ("Baik", (0, 20, 0, 0, 0), 6),
        ("Baik", (10, 0, 0, 0, 0), 6),
        ("Istimewa", (4, 6, 0, 0, 0), 1),
        ("Istimewa", (10, 0, 0, 0, 0), 3),
        ("Sangat Kurang", (1, 1, 1, 1, 6), 1),
        ("Sangat Kurang", (0, 10, 0, 0, 0), 7),
        ("Kurang", (0, 100, 0, 0, 0), 70),
    ],
)
def test_how_many_would_have_to_differ(organisation: str, numbers: tuple[int, ...], changes: int) -> None:
    assert count_changes(dict(zip(ORDER, numbers, strict=True)), organisation) == changes


def test_what_is_not_judged_has_no_number_of_changes() -> None:
    assert count_changes({"Baik": 9}, "Baik") is None
    assert count_changes({"Baik": 90}, None) is None
    with pytest.raises(CallError, match=r"counts: ditemukan Baik: 1\.5"):
        count_changes({"Baik": 1.5}, "Baik")  # type: ignore[dict-item]
    counts = pd.Series({"sangat baik": 2, "BAIK": 8})
    assert count_changes(counts, "baik") == 1
    assert counts.to_dict() == {"sangat baik": 2, "BAIK": 8}


def test_a_pattern_that_nobody_can_keep_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = read_rules("pola_distribusi")
    line = next(row for row in real if row["predikat"] == "Baik" and row["jenis"] == "maksimal")
    rows = (*real, {**line, "jenis": "minimal", "persen": "80"})
    monkeypatch.setattr("kinerja_lib.rules.distribution.read_rules", lambda _name: rows)
    with pytest.raises(CallError, match="counts: tidak ada susunan 10 pegawai yang memenuhi pola organisasi Baik"):
        count_changes({"Baik": 7, "Kurang": 3}, "Baik")


@cache
def arrangements(n: int, organisation: str) -> list[tuple[int, ...]]:
    """Return every way to spread `n` people over the five predikat that keeps the pattern, by trying all."""
    ways = [
        (a, b, c, d, n - a - b - c - d)
        for a in range(n + 1)
        for b in range(n + 1 - a)
        for c in range(n + 1 - a - b)
        for d in range(n + 1 - a - b - c)
    ]
    return [way for way in ways if judge_distribution(dict(zip(ORDER, way, strict=True)), organisation) == ()]


@given(st.data(), st.sampled_from(PREDIKAT_ORGANISASI), st.sampled_from([10, 11, 13]))
def test_no_arrangement_needs_fewer_changes(data: st.DataObject, organisation: str, n: int) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, n), min_size=4, max_size=4)))
    numbers = tuple(b - a for a, b in pairwise([0, *cuts, n]))
    least = min(
        sum(max(0, after - before) for before, after in zip(numbers, way, strict=True))
        for way in arrangements(n, organisation)
    )
    assert count_changes(dict(zip(ORDER, numbers, strict=True)), organisation) == least


@given(st.lists(st.integers(0, 5000), min_size=5, max_size=5), st.sampled_from(PREDIKAT_ORGANISASI))
def test_an_arrangement_exists_for_every_size(numbers: list[int], organisation: str) -> None:
    counts = dict(zip(ORDER, numbers, strict=True))
    changes = count_changes(counts, organisation)
    found = judge_distribution(counts, organisation)
    assert (changes is None) == (found is None)
    assert (changes == 0) == (found == ())
    if changes is not None:
        assert 0 <= changes <= sum(numbers)
