"""Grades: every row of the table in every spelling, and the two scales kept apart."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import grades, read_golongan
from kinerja_lib.rules.tables import read_rules

PNS = [row for row in read_rules("golongan") if row["status"] == "PNS"]
PPPK = [row for row in read_rules("golongan") if row["status"] == "PPPK"]


def test_the_table_is_that_of_the_law() -> None:
    letters = [*[f"{r}/{c}" for r in ("I", "II", "III") for c in "abcd"], *[f"IV/{c}" for c in "abcde"]]
    assert list(grades("PNS")) == letters
    assert [row["id"] for row in PNS] == [f"{r}{c}" for r in range(1, 5) for c in range(1, 6 if r == 4 else 5)]
    assert len(grades("PPPK")) == 17
    assert (grades("PPPK")[0], grades("PPPK")[8], grades("PPPK")[16]) == ("I", "IX", "XVII")


@pytest.mark.parametrize("row", PNS, ids=lambda row: row["golongan"])
@pytest.mark.parametrize(
    "shape",
    [
        *("{g}", "{G}", "{bare}", "{spaced}", "({g})", " {g} ", "Gol. {g}", "Golongan {g}", "Gol. Ruang {g}", "{dot}"),
        *("{rank}", "{rank}, {g}", "{rank} ({g})", "{rank} / {g}", "{g} - {rank}", "{g} {rank}", "{tk} ({g})", "{id}"),
        "{RANK} {G}",
    ],
)
def test_every_grade_in_every_spelling(row: dict[str, str], shape: str) -> None:
    grade, rank = row["golongan"], row["pangkat"]
    words = {
        "g": grade,
        "G": grade.upper(),
        "bare": grade.replace("/", ""),
        "spaced": grade.replace("/", " "),
        "dot": grade.replace("/", "."),
        "rank": rank,
        "RANK": rank.upper(),
        "tk": rank.replace("Tingkat", "Tk."),
        "id": row["id"],
    }
    assert read_golongan(shape.format(**words)) == grade


@pytest.mark.parametrize("row", PNS, ids=lambda row: row["golongan"])
def test_every_id_as_a_number(row: dict[str, str]) -> None:
    assert read_golongan(int(row["id"])) == row["golongan"]
    assert read_golongan(float(row["id"])) == row["golongan"]


@pytest.mark.parametrize("row", PPPK, ids=lambda row: row["golongan"])
def test_every_grade_of_pppk(row: dict[str, str]) -> None:
    grade = row["golongan"]
    for text in (grade, grade.lower(), f" {grade} ", f"Golongan {grade}", f"Gol. {grade}", f"({grade})"):
        assert read_golongan(text, "PPPK") == grade
    with pytest.raises(CallError, match="golongan: ditemukan"):
        read_golongan(grade)  # a PNS has no such grade


@pytest.mark.parametrize(
    "text", ["III/e", "V/a", "Penata, III/a", "III/a III/b", "III?a", "Penata Muda Sekali", "51", 3, True, "a"]
)
def test_unknown_labels_are_refused(text: object) -> None:
    with pytest.raises(CallError, match=re.escape(f"golongan: ditemukan {text!r}; yang diizinkan bagi PNS: I/a, I/b")):
        read_golongan(text)


def test_the_scales_do_not_mix() -> None:
    with pytest.raises(CallError, match="bagi PPPK: I, II, III"):
        read_golongan("III/a", "PPPK")
    with pytest.raises(CallError, match="status: ditemukan 'CPNS'; yang diizinkan: PNS, PPPK"):
        read_golongan("III/a", "CPNS")


@pytest.mark.parametrize("missing", [None, "", " ", float("nan"), pd.NA])
def test_missing_stays_missing(missing: object) -> None:
    assert read_golongan(missing) is None
    assert read_golongan("III/a", missing) is None


def test_series_by_status() -> None:
    text = pd.Series(["III/A", "IX", "I", "ii", "x", None, 31], index=range(3, 10), dtype="object")
    status = pd.Series(["PNS", "PPPK", "PNS", "PPPK", "PNS", "PNS", None])
    found = read_golongan(text, status)
    assert found.index.equals(text.index)
    assert [None if pd.isna(value) else value for value in found] == ["III/a", "IX", None, "II", None, None, None]
    assert read_golongan(text).iloc[-1] == "III/a"


@given(
    st.lists(
        st.tuples(st.sampled_from(["III/a", "IX", "31", "I", "?", None]), st.sampled_from(["PNS", "PPPK", None])),
        min_size=1,
        max_size=10,
    )
)
def test_scalar_and_series_agree(pairs: list[tuple[str | None, str | None]]) -> None:
    frame = pd.DataFrame(pairs, columns=["text", "status"], dtype="object")
    for (text, status), found in zip(pairs, read_golongan(frame["text"], frame["status"]), strict=True):
        try:
            expected = read_golongan(text, status)
        except CallError:
            expected = None
        assert (None if pd.isna(found) else found) == expected
