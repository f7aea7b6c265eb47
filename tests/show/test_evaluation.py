"""Section III by the rules, on the page: words, tables and the grid, with small groups kept back and articles named."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.evaluation import Boxes, Deadline
from kinerja_lib.rules import score_box
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import Figure, LeftOut, Note, Paragraph, Table
from kinerja_lib.show.evaluation import (
    note_boxes,
    note_evaluation,
    plot_boxes,
    say_deadline,
    say_evaluation,
    table_angka_kredit,
    table_evaluation,
)
from kinerja_lib.vocabulary import POTENSIAL, RATING, Period

PEOPLE = pd.DataFrame({"pegawai_id": ["p1"], "periode": ["2025-S1"], "predikat": ["Baik"]})
DATA = Dataset({"pegawai": PEOPLE[["pegawai_id"]], "penilaian": PEOPLE})
SCOPE = Scope(DATA, Period.parse("2025-S1"), "U", ("U",), "Bidang Satu", is_agency=False)
INDICATORS = Scope(Dataset({}), Period.parse("2025-S1"), "U", ("U",), "Bidang Satu", is_agency=False)


def text(block: object) -> str:
    assert isinstance(block, (Paragraph, Note))
    return block.to_text().replace("\u00a0", " ")


def numbers(*rows: tuple[Any, ...], **others: Any) -> pd.DataFrame:
    names = ["item", "levels", "n", "value", "conf_low", "conf_high", "hidden"]
    return pd.DataFrame(rows, columns=names).astype({"n": "Int64", "value": float}).assign(**others)


JPM = numbers(
    ("jpm", (), 41, 98.94, 97.0, 100.8, False),
    ("jpm_terbatas", (), 41, 86.94, 85.8, 88.1, False),
    ("pita", ("O",), 41, 65.0, 53.0, 75.0, False),
    ("pita", ("CO", "KO"), 41, 35.0, 25.0, 47.0, False),
    periode="2024-S1",
)
IP = numbers(
    ("total", (), 64, 63.0, 62.0, 65.0, False),
    ("kinerja", (), 64, np.nan, np.nan, np.nan, True),
    ("disiplin", (), 64, 5.0, np.nan, np.nan, False),
    ("pita", ("Sangat Tinggi", "Tinggi"), 64, 20.0, 12.0, 31.0, False),
    maximum=[100.0, 30.0, 5.0, np.nan],
)
NOTHING = numbers(("jpm", (), pd.NA, np.nan, np.nan, np.nan, True), periode="2025-S1")


def boxes(*counts: int | None, received: int | None = 12) -> Boxes:
    """Return boxes 1 to 9 with so many people; None is hidden."""
    pairs = pd.DataFrame([(k, p) for k in RATING for p in POTENSIAL], columns=["kinerja", "potensial"])
    rule = score_box(pairs["kinerja"], pairs["potensial"])[["kotak", "bimbingan", "konseling"]].astype(int)
    table = pd.concat([rule, pairs], axis=1).sort_values("kotak", ignore_index=True)
    people = pd.Series(counts, dtype="Int64")
    total = int(people.sum())
    table = table.assign(people=people, share=(100 * people / total).astype(float), hidden=people.isna())
    few = {"n": pd.NA, "received": pd.NA, "share": np.nan, "conf_low": np.nan, "conf_high": np.nan}
    row = {"kind": "bimbingan", "boxes": (2, 5, 6, 8), "n": 40, "received": received, "share": 30.0}
    row |= {"conf_low": 18.0, "conf_high": 45.0, "hidden": False, "share_hidden": False}
    if received is None:
        row |= {**few, "n": 40, "share_hidden": True}
    rest = {"kind": "konseling", "boxes": (), **few, "hidden": True, "share_hidden": True}
    frame = pd.DataFrame([row, rest]).astype({"n": "Int64", "received": "Int64"})
    return Boxes(table, frame, total, 90)


BOXES = boxes(None, 7, None, 0, 23, 0, 14, 10, 6)


def test_the_means_in_a_sentence_with_interval_and_n() -> None:
    assert text(say_evaluation(JPM, IP)) == (
        "Job Person Match (kecocokan kompetensi) rata-rata 98,9% (selang 95 %: 97,0 sampai 100,8; n = 41). "
        "Indeks Profesionalitas ASN rata-rata 63 dari 100 (selang 95 %: 62 sampai 65; n = 64)."
    )
    assert text(say_evaluation(None, IP)).startswith("Indeks Profesionalitas ASN")
    assert say_evaluation(NOTHING, None) is None


def test_one_table_of_all_measures() -> None:
    table = table_evaluation(JPM, IP, BOXES, SCOPE)
    assert isinstance(table, Table)
    assert table.title == "Penilaian pegawai menurut aturan, Semester I 2025"
    assert [tuple(cell.replace("\u2003", "> ") for cell in row) for row in table.display] == [
        ("Job Person Match, rata-rata (%)", "98,9", "97,0 sampai 100,8", "41"),
        ("> tanpa kelebihan di atas standar (%)", "86,9", "85,8 sampai 88,1", "41"),
        ("> Optimal (% pegawai)", "65,0", "53,0 sampai 75,0", "41"),
        ("> Cukup Optimal atau Kurang Optimal (% pegawai)", "35,0", "25,0 sampai 47,0", "41"),
        ("IP ASN, rata-rata (maks. 100)", "63", "62 sampai 65", "64"),
        ("> kinerja (maks. 30)", "–", "–", "64"),
        ("> disiplin (maks. 5)", "5,0", "–", "64"),
        ("> Sangat Tinggi atau Tinggi (% pegawai)", "20,0", "12,0 sampai 31,0", "64"),
        ("Dianjurkan bimbingan: sudah mendapat (%)", "30,0", "18,0 sampai 45,0", "40"),
    ]
    notes = "\n".join("".join(run["text"] for run in runs) for runs in table.notes)
    for law in ("Peraturan BKN 26/2019", "PermenPANRB 38/2018", "Peraturan BKN 8/2019 Pasal 8", "PermenPANRB 3/2020"):
        assert law in notes
    assert "Tidak dihitung" not in notes


def test_what_is_missing_is_named_with_its_reason() -> None:
    table = table_evaluation(JPM, None, None, SCOPE)
    assert isinstance(table, Table)
    notes = "\n".join("".join(run["text"] for run in runs) for runs in table.notes)
    assert (
        "Tidak dihitung: IP ASN (kolom jenis_jabatan pada tabel pegawai tidak ada atau kosong); kotak talenta ("
        in notes
    )
    assert "38/2018" not in notes
    what = "Penilaian pegawai menurut aturan"
    assert table_evaluation(None, None, None, SCOPE) == LeftOut("tabel kompetensi tidak ada", what)
    assert table_evaluation(NOTHING, None, None, SCOPE) == LeftOut("kurang dari 5 pegawai", what)
    assert table_evaluation(None, None, None, INDICATORS) == LeftOut("hanya untuk data pegawai", what)


def test_how_to_read_the_table() -> None:
    note = text(note_evaluation(JPM, IP))
    assert "% dari yang disyaratkan jabatan (Semester I 2024)" in note  # the period of the assessment
    assert "bukan angka resmi" in note
    assert note_evaluation(None, None) is None


def test_the_boxes_as_a_figure() -> None:
    figure = plot_boxes(BOXES, SCOPE)
    assert isinstance(figure, Figure)
    assert figure.title == "Kotak 5 terbanyak: kinerja sesuai ekspektasi, potensial menengah"
    assert figure.subtitle.endswith("Semester I 2025, n = 60")
    assert "PermenPANRB 3/2020" in figure.caption
    assert "kotak 5 (bimbingan): 23 38%" in figure.alt
    assert "kotak 3 (bimbingan, konseling): tidak dirinci" in figure.alt
    assert "kotak 4: 0 0%" in figure.alt
    for svg in (figure.svg, figure.svg_narrow):
        assert svg.count("tidak dirinci") == 2
    assert {row["kotak"]: row["people"] for row in figure.data if pd.notna(row["people"])} == {
        2: 7,
        4: 0,
        5: 23,
        6: 0,
        7: 14,
        8: 10,
        9: 6,
    }


def test_boxes_that_cannot_be_shown() -> None:
    what = "Sembilan kotak talenta"
    assert plot_boxes(None, SCOPE) == LeftOut("kolom rating_hasil pada tabel penilaian tidak ada atau kosong", what)
    assert plot_boxes(boxes(*[None] * 9), SCOPE) == LeftOut("ada kelompok di bawah 5 pegawai", what)
    assert note_boxes(None) is None


def test_who_should_get_help_and_who_did() -> None:
    note = text(note_boxes(BOXES))
    assert (
        "Bimbingan dianjurkan bagi 40 pegawai pada kotak 2, 5, 6, 8; 12 di antaranya (30%; selang 95 %: 18 sampai 45) "
        "mendapat coaching, mentoring, atau pelatihan pada periode ini."
    ) in note
    assert "Konseling" not in note
    assert "batasnya tidak ditetapkan secara nasional" in note
    assert "Dipetakan: 60 dari 90 pegawai yang dinilai." in note
    few = text(note_boxes(boxes(0, 7, 0, 0, 23, 0, 14, 10, 6, received=None)))
    assert "yang mendapat coaching, mentoring, atau pelatihan tidak dirinci." in few


def granted(**changes: list[Any]) -> pd.DataFrame:
    own = {"jenjang": ["Ahli Muda", "Mahir"], "koefisien": [25.0, 12.5], "n": [29, 11], "value": [13.793, np.nan]}
    own |= {"conf_low": [12.8, np.nan], "conf_high": [14.8, np.nan], "share": [55.17, np.nan], "hidden": [False, True]}
    return pd.DataFrame(own | changes).astype({"n": "Int64"})


def test_angka_kredit_by_jenjang() -> None:
    table = table_angka_kredit(granted(), SCOPE)
    assert isinstance(table, Table)
    assert table.display == (("Ahli Muda", "29", "25,00", "13,79", "12,80 sampai 14,80", "55,2"),)
    notes = "\n".join("".join(run["text"] for run in runs) for runs in table.notes)
    assert "Angka kredit 6 bulan menurut predikat (PermenPANRB 1/2023; Peraturan BKN 3/2023)." in notes
    assert "agar tidak menunjuk orang: Mahir." in notes
    what = "Angka kredit pegawai fungsional"
    assert table_angka_kredit(granted(hidden=[True, True]), SCOPE) == LeftOut(
        "pada tiap jenjang ada kelompok di bawah 5 pegawai", what
    )
    assert table_angka_kredit(None, SCOPE) == LeftOut(
        "kolom jenis_jabatan pada tabel pegawai tidak ada atau kosong", what
    )


@pytest.mark.parametrize(
    ("people", "end"),
    [
        (0, " Yang berpredikat itu 0 dari 60 pegawai."),
        (None, " Jumlah pegawainya tidak ditampilkan, agar tidak menunjuk orang."),
    ],
)
def test_the_deadline_is_a_date_with_its_article_and_no_sanction(people: int | None, end: str) -> None:
    said = text(say_deadline(Deadline(("Kurang", "Sangat Kurang"), date(2025, 12, 30), people, 60)))
    assert said == (
        "Masa perbaikan bagi predikat Kurang atau Sangat Kurang sampai 30 Desember 2025, bila ditetapkan pada akhir "
        "periode (PP 30/2019 Pasal 57, 58)." + end
    )
    assert not re.search("sanksi|hukuman|berhenti", said)
    assert say_deadline(None) is None
