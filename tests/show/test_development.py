"""Section IV: events, reach, gaps and GROW in words, figures and tables, with small groups kept back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import Figure, LeftOut, Note, Paragraph, Table, plain
from kinerja_lib.show.development import (
    note_events,
    note_jp,
    plot_gaps,
    plot_reach,
    say_events,
    say_gaps,
    say_reach,
    table_events,
)
from kinerja_lib.vocabulary import Period

SCOPE = Scope(Dataset({}), Period.parse("2025-S1"), "U", ("U",), "Bidang Satu", is_agency=False)


def drawn(block: object) -> Figure:
    assert isinstance(block, Figure)
    return block


def made(block: object) -> Table:
    assert isinstance(block, Table)
    return block


def said(block: object) -> str:
    assert isinstance(block, Paragraph)
    return block.to_text().replace("\u00a0", " ")


def events(*rows: dict[str, Any], n: int | None = 60) -> pd.DataFrame:
    plain_row = {"jenis": "any", "label": "Sedikitnya satu bentuk", "events": 90, "people": 43, "n": n}
    plain_row |= {"share": 71.67, "follow_up": 80.0, "hidden": False, "few": False, "kelompok": "any"}
    frame = pd.DataFrame([plain_row | row for row in (rows or ({},))])
    return frame.astype({"events": "Int64", "people": "Int64", "n": "Int64", "share": float, "follow_up": float})


HIDDEN = {"people": pd.NA, "share": np.nan, "follow_up": np.nan, "hidden": True}
FEW = {"jenis": "mentoring", "label": "Mentoring", "events": pd.NA, "few": True, "kelompok": "nonklasikal"} | HIDDEN
NEARLY_ALL = {
    "jenis": "kursus",
    "label": "Kursus",
    "events": 75,
    "kelompok": "klasikal",
} | HIDDEN  # 57 of 60: three would show
TALKS = {"jenis": "konseling", "kelompok": "konseling", "label": "Konseling", "events": 8, "people": 5}
TALKS |= {"share": np.nan, "follow_up": np.nan}


def test_how_many_had_some_form() -> None:
    paragraph = say_events(events())
    assert said(paragraph) == "Sebanyak 43 dari 60 pegawai (72%) mendapat pembinaan atau pelatihan."
    assert isinstance(paragraph, Paragraph)
    assert {run["field"]: run["value"] for run in paragraph.runs if "field" in run} == {
        "people": 43,
        "n": 60,
        "share": 71.67,
    }
    assert paragraph.role == "lead"


def test_a_hidden_whole_is_not_counted() -> None:
    assert said(say_events(events(HIDDEN))) == (
        "Cakupan pembinaan dan pelatihan tidak dirinci, agar tidak menunjuk orang."
    )
    assert say_events(None) == LeftOut("tabel kegiatan tidak ada")


def test_the_table_of_forms() -> None:
    table = made(table_events(events(FEW, NEARLY_ALL, TALKS, {}), SCOPE))
    assert table.title == "Pembinaan kinerja menurut bentuk, Semester I 2025"
    assert table.display == (
        ("\u2003Mentoring", "<5", "<5", "–", "–"),
        ("\u2003Kursus", "75", "–", "–", "–"),  # not "<5": 57 people are no small group
        ("Konseling", "8", "5", "–", "–"),
        ("Sedikitnya satu bentuk", "90", "43", "71,7", "80,0"),
    )
    assert table.total
    assert [row[2] if pd.notna(row[2]) else None for row in table.rows] == [None, None, 5, 43]


def test_a_small_unit_has_dashes_only() -> None:
    tiny = events({"events": pd.NA} | HIDDEN, n=None)
    assert made(table_events(tiny, SCOPE)).display == (("Sedikitnya satu bentuk", "–", "–", "–", "–"),)


def test_no_events() -> None:
    assert table_events(None, SCOPE) == LeftOut("tabel kegiatan tidak ada", "Pembinaan menurut bentuk")
    assert note_events(None) is None
    note = note_events(events())
    assert isinstance(note, Note)
    assert "PermenPANRB 6/2022 Pasal 21-22. Konseling kinerja: PermenPANRB 6/2022 Pasal 21." in note.to_text()
    assert note.to_text().startswith("Konseling hanya jumlah. Isi dan nama tidak dibaca. Tanda <5: di bawah 5 pegawai.")


def group(group: str, level: str, label: str, **cells: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"n": 30, "share": 40.0, "conf_low": 30.0, "conf_high": 50.0, "jp": 12.55, "jp_low": 10.0}
    row |= {"jp_high": 15.0, "hidden": False, "share_hidden": False}
    return {"group": group, "level": level, "label": label} | row | cells


QUIET = {"share": np.nan, "conf_low": np.nan, "conf_high": np.nan, "share_hidden": True}
GONE = QUIET | {"n": pd.NA, "jp": np.nan, "jp_low": np.nan, "jp_high": np.nan, "hidden": True}
WHOLE = group("semua", "semua", "Seluruh unit", n=60, share=37.0, conf_low=25.0, conf_high=48.0)


def reach(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows or (WHOLE,)))
    numbers = ["share", "conf_low", "conf_high", "jp", "jp_low", "jp_high"]
    return frame.astype({"n": "Int64", **dict.fromkeys(numbers, "float64")})


MEN = group("jenis_kelamin", "L", "Laki-laki", share=60.0, conf_low=51.0, conf_high=70.0)
WOMEN = group("jenis_kelamin", "P", "Perempuan", share=40.0, conf_low=30.0, conf_high=50.0)


def test_a_gap_in_reach_is_the_title() -> None:
    assert drawn(plot_reach(reach(WHOLE, WOMEN, MEN), SCOPE)).title == (
        "Perempuan lebih jarang terjangkau daripada laki-laki"
    )


@pytest.mark.parametrize(
    "rows",
    [
        (WHOLE,),
        (WHOLE, WOMEN, MEN | {"conf_low": 50.0}),  # the ends touch
        (WHOLE, WOMEN | QUIET, MEN),
        (WHOLE | {"conf_high": 2.0}, WOMEN),  # the whole is no group
        (WHOLE, WOMEN, group("golongan", "IV", "Golongan IV", conf_low=55.0, conf_high=65.0, share=60.0)),
    ],
)
def test_no_gap_in_reach_where_intervals_meet(rows: tuple[dict[str, Any], ...]) -> None:
    assert drawn(plot_reach(reach(*rows), SCOPE)).title == "Tidak ada kelompok yang jelas lebih jarang terjangkau"


def test_the_widest_gap_is_told() -> None:
    low = group("golongan", "II", "Golongan II", share=5.0, conf_low=1.0, conf_high=9.0)
    high = group("golongan", "IV", "Golongan IV", share=90.0, conf_low=80.0, conf_high=95.0)
    assert drawn(plot_reach(reach(WHOLE, WOMEN, MEN, low, high), SCOPE)).title == (
        "Golongan II lebih jarang terjangkau daripada golongan IV"
    )


def test_reach_in_words(take_apart: Any) -> None:
    figure = drawn(plot_reach(reach(WHOLE, WOMEN, MEN), SCOPE))
    assert figure.subtitle == (
        "Titik: nilai kelompok; garis: selang 95 %; garis tipis: seluruh unit. Semester I 2025, n = 60"
    )
    assert figure.alt == (
        "Titik dengan selang menurut kelompok. Seluruh unit (n = 60): 37% (25 sampai 48), 12,6 JP (10,0 sampai 15,0); "
        "Perempuan (n = 30): 40% (30 sampai 50), 12,6 JP (10,0 sampai 15,0); "
        "Laki-laki (n = 30): 60% (51 sampai 70), 12,6 JP (10,0 sampai 15,0)."
    )
    page = take_apart(figure.svg)
    assert {"37%", "40%", "60%", "12,6", "Perempuan", "target 20 JP setahun"} <= set(page.words)
    assert len(page.dots) == 6


def test_without_jp_there_is_one_facet(take_apart: Any) -> None:
    none = {"jp": np.nan, "jp_low": np.nan, "jp_high": np.nan}
    figure = drawn(plot_reach(reach(WHOLE | none, WOMEN | none, MEN | none), SCOPE))
    assert "JP" not in figure.alt
    page = take_apart(figure.svg)
    assert len(page.dots) == 3
    assert not any("JP" in words for words in page.words)


def test_hidden_groups_show_neither_n_nor_share(take_apart: Any) -> None:
    both = "PNS dan PPPK"
    rows = (WHOLE, WOMEN | QUIET | {"n": 21}, MEN | QUIET | {"n": 39}, group("status", "", both, **GONE))
    figure = drawn(plot_reach(reach(*rows), SCOPE))
    assert "Perempuan: tidak dirinci; Laki-laki: tidak dirinci; PNS dan PPPK: tidak dirinci." in figure.alt
    words = take_apart(figure.svg).words
    assert words.count("tidak dirinci (ada <5)") == 3
    assert [row["share"] for row in figure.data[1:]] == [pytest.approx(np.nan, nan_ok=True)] * 3
    assert pd.isna(figure.data[3]["n"])
    assert not any(re.fullmatch("[1-4]", text) for text in words)


def test_a_unit_under_five_says_so(take_apart: Any) -> None:
    figure = drawn(plot_reach(reach(WHOLE | GONE), SCOPE))
    assert figure.subtitle.endswith("n = <5")
    assert figure.alt == "Titik dengan selang menurut kelompok. Seluruh unit: tidak dirinci."
    assert not take_apart(figure.svg).dots


def test_reach_in_a_sentence() -> None:
    assert said(say_reach(reach())) == (
        "Coaching atau mentoring menjangkau 37% pegawai (selang 95 %: 25 sampai 48; n = 60). Rata-rata 12,6 JP per "
        "pegawai pada periode ini (selang 95 %: 10,0 sampai 15,0)."
    )
    no_jp = reach(WHOLE | {"jp": np.nan})
    assert said(say_reach(no_jp)).endswith("n = 60).")
    assert say_reach(reach(WHOLE | GONE)) is None
    assert say_reach(None) is None
    assert plot_reach(None, SCOPE) == LeftOut("tabel kegiatan tidak ada", "Jangkauan pembinaan")


def jp(*rows: dict[str, Any]) -> pd.DataFrame:
    plain_row = {"status": "PNS", "bound": "minimal", "jp": 20.0, "role": "aturan", "n": 47, "count": 16}
    plain_row |= {"share": 34.04, "hidden": False}
    return pd.DataFrame([plain_row | row for row in rows]).astype({"n": "Int64", "count": "Int64"})


PPPK = {"status": "PPPK", "bound": "maksimal", "jp": 24.0, "n": 12, "count": pd.NA, "share": np.nan, "hidden": True}


def test_the_yearly_quantum() -> None:
    everybody = {"status": "ASN", "role": "informasi", "n": 59, "count": 22, "share": 37.29}
    note = note_jp(jp(everybody, {}, PPPK), SCOPE)
    assert isinstance(note, Note)
    assert [plain(runs).replace("\u00a0", " ") for runs in note.paragraphs] == [
        (
            "JP dihitung setahun (PP 11/2017 Pasal 203(4); PP 49/2018 Pasal 40(1), 40(2); Peraturan LAN 5/2018). "
            "Sampai Semester I 2025:"
        ),
        "ASN: 22 dari 59 (37%) sudah mencapai 20 JP (informasi).",
        "PNS: 16 dari 47 (34%) sudah mencapai 20 JP.",
    ]
    over = note_jp(jp(PPPK | {"count": 6, "share": 50.0, "hidden": False}), SCOPE)
    assert plain(over.paragraphs[1]) == "PPPK: 6 dari 12 (50%) melebihi 24 JP."  # type: ignore[union-attr]


def test_where_all_bounds_are_hidden_there_is_no_note() -> None:
    assert note_jp(jp(PPPK), SCOPE) is None
    assert note_jp(jp({"n": pd.NA}), SCOPE) is None
    assert note_jp(None, SCOPE) is None


def gap(name: str, share: float | None, n: int | None = 43) -> dict[str, Any]:
    low, high = (np.nan, np.nan) if share is None else (share - 10, share + 10)
    return {"kompetensi": name, "periode": "2025-S1", "n": n, "share": share, "conf_low": low, "conf_high": high}


def gaps(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).astype({"n": "Int64", "share": "float64"})


THREE = gaps(
    gap("Integritas", 12.0), gap("Pelayanan Publik", None), gap("Mengelola Perubahan", 47.0), gap("X", None, None)
)


def test_the_competency_with_most_below_standard(take_apart: Any) -> None:
    figure = drawn(plot_gaps(THREE))
    assert figure.title == "Kesenjangan terbanyak pada Mengelola Perubahan"
    assert figure.subtitle == "Bagian pegawai di bawah standar jabatan, selang 95 %, Semester I 2025"
    assert figure.alt == (
        "Titik dengan selang. Integritas (n = 43): 12% (2 sampai 22); Pelayanan Publik: –; "
        "Mengelola Perubahan (n = 43): 47% (37 sampai 57); X: –."
    )
    page = take_apart(figure.svg)
    assert len(page.dots) == 2
    assert page.words.count("tidak dirinci (ada <5)") == 2
    assert said(say_gaps(THREE)) == (
        "Pada Mengelola Perubahan, 47% pegawai yang dinilai berada di bawah standar jabatannya "
        "(selang 95 %: 37 sampai 57; n = 43)."
    )


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ((gap("A", 0.0), gap("B", 0.0)), "Tidak ada pegawai di bawah standar"),
        ((gap("A", 0.0), gap("B", None)), "Kesenjangan menurut kompetensi"),  # one to four may be below in B
        ((gap("A", 40.0), gap("B", 40.0), gap("C", 9.0)), "Kesenjangan menurut kompetensi"),
    ],
)
def test_no_competency_is_named_where_nobody_is_below_or_two_tie(rows: tuple[dict[str, Any], ...], title: str) -> None:
    assert drawn(plot_gaps(gaps(*rows))).title == title
    assert say_gaps(gaps(*rows)) is None


@pytest.mark.parametrize("frame", [None, gaps(gap("X", None, None)), THREE.iloc[:0]])
def test_no_gap_that_can_be_shown(frame: pd.DataFrame | None) -> None:
    assert plot_gaps(frame) == LeftOut(
        "tidak ada penilaian kompetensi yang dapat ditampilkan", "Kesenjangan kompetensi"
    )
    assert say_gaps(frame) is None
