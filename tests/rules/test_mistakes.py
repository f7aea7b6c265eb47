"""The five ways in which public code gets the nine cells wrong: each is written down here, and caught.

The law is asked in the spellings that exports hold. A mistake is caught where its answers differ from the law's.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.rules import ordinal, read_predikat, read_rating, score_predikat

LAW = {  # hasil kerja, perilaku kerja
    ("di_atas", "di_atas"): "Sangat Baik",
    ("di_atas", "sesuai"): "Baik",
    ("di_atas", "di_bawah"): "Kurang",
    ("sesuai", "di_atas"): "Baik",
    ("sesuai", "sesuai"): "Baik",
    ("sesuai", "di_bawah"): "Kurang",
    ("di_bawah", "di_atas"): "Butuh Perbaikan",
    ("di_bawah", "sesuai"): "Butuh Perbaikan",
    ("di_bawah", "di_bawah"): "Sangat Kurang",
}
SPELT = {
    "di_atas": ["Diatas Ekspektasi", "DI ATAS EKSPEKTASI", "diatas espektasi", "1", 1],
    "sesuai": ["Sesuai Ekspektasi", "SESUAI  EKSPEKTASI", "sesuai espektasi", "2", 2],
    "di_bawah": ["Dibawah Ekspektasi", "Di Bawah Ekspektasi", "dibawah espektasi", "3", 3],
}

Call = Callable[[object, object], object]


def wrong_cells(call: Call) -> set[tuple[str, str]]:
    """Return the cells in which a call does not give what the law gives, in some spelling."""
    return {
        cell
        for cell, predikat in LAW.items()
        for pair in product(SPELT[cell[0]], SPELT[cell[1]])
        if call(*pair) != predikat
    }


def test_ours_is_the_law() -> None:
    assert wrong_cells(score_predikat) == set()


def test_a_transposed_matrix_is_caught() -> None:
    def transposed(hasil: object, perilaku: object) -> object:
        return score_predikat(perilaku, hasil)

    assert wrong_cells(transposed) == {
        ("di_atas", "di_bawah"),
        ("sesuai", "di_bawah"),
        ("di_bawah", "di_atas"),
        ("di_bawah", "sesuai"),
    }
    assert score_predikat("sesuai", "di_bawah") == "Kurang"  # not Butuh Perbaikan
    assert score_predikat("di_bawah", "sesuai") == "Butuh Perbaikan"  # not Kurang


def test_a_missing_cell_is_caught() -> None:
    def incomplete(hasil: object, perilaku: object) -> object:
        cells = {cell: predikat for cell, predikat in LAW.items() if cell != ("sesuai", "di_atas")}
        return cells.get((read_rating(hasil), read_rating(perilaku)), "Butuh Perbaikan")

    assert wrong_cells(incomplete) == {("sesuai", "di_atas")}
    assert score_predikat("sesuai", "di_atas") == "Baik"


def test_substring_matches_are_caught() -> None:
    def within(label: str) -> str:
        return next(name for name in ("Baik", "Kurang", "Butuh Perbaikan") if name.lower() in label.lower())

    labels = ["Sangat Baik", "SANGAT KURANG", "Kurang/Misconduct", "Butuh Perbaikan"]
    assert [within(label) for label in labels] == ["Baik", "Kurang", "Kurang", "Baik"]
    assert [read_predikat(label) for label in labels] == ["Sangat Baik", "Sangat Kurang", "Kurang", "Butuh Perbaikan"]
    for part in ("Baik sekali", "tidak sesuai ekspektasi", "agak kurang"):
        with pytest.raises(CallError, match="ditemukan"):
            read_predikat(part)
        with pytest.raises(CallError, match="ditemukan"):
            read_rating(part)


def test_reversed_codes_are_caught() -> None:
    def reversed_codes(hasil: object, perilaku: object) -> object:
        turned = [4 - int(str(x)) if str(x).isdigit() else x for x in (hasil, perilaku)]
        return score_predikat(*turned)

    assert wrong_cells(reversed_codes) == set(LAW) - {("sesuai", "sesuai")}
    assert [read_rating(code) for code in (1, 2, 3)] == ["di_atas", "sesuai", "di_bawah"]
    assert [ordinal(code) for code in (1, 2, 3, 4, 5)] == [5, 4, 3, 2, 1]


def test_mixed_spellings_are_caught() -> None:
    def one_spelling(hasil: object, perilaku: object) -> object:
        names = {"Diatas Ekspektasi": "di_atas", "Sesuai Ekspektasi": "sesuai", "Dibawah Ekspektasi": "di_bawah"}
        cell = names.get(str(hasil)), names.get(str(perilaku))
        return LAW.get(cell)  # type: ignore[arg-type]

    assert wrong_cells(one_spelling) == set(LAW)
    assert {read_rating(label) for label in SPELT["di_bawah"]} == {"di_bawah"}
