"""Section V on the page: what goes together, in words that claim no more, and the reasons beside it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.links import build_links
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import LeftOut, Note, Paragraph, Table
from kinerja_lib.show.links import note_links, say_links, table_links
from kinerja_lib.vocabulary import Period

ONE = pd.DataFrame({"pegawai_id": ["p"], "periode": ["2025-S1"], "predikat": ["Baik"], "mulai": ["2025-01-01"]})
CAUSAL = re.compile(r"berdampak|berpengaruh|mengakibatkan|meningkatkan|menyebabkan|menurunkan", re.IGNORECASE)


def scope(*tables: str, agency: bool = False) -> Scope:
    data = Dataset(dict.fromkeys(tables or ("pegawai", "penilaian", "kegiatan"), ONE))
    return Scope(data, Period.parse("2025-S1"), None if agency else "U", ("U",), "Bidang", is_agency=agency)


def row(jenis: str, arms: tuple[float, float], gap: tuple[float, float, float], **others: Any) -> dict[str, Any]:
    numbers = {"n_had": 50, "had": arms[0], "had_low": arms[0] - 5, "had_high": arms[0] + 5, "n_rest": 1170}
    numbers |= {"rest": arms[1], "rest_low": arms[1] - 2, "rest_high": arms[1] + 2}
    ends = dict(zip(("difference", "difference_low", "difference_high"), gap, strict=True))
    return {"measure": "best", "jenis": jenis, "label": jenis.title(), **numbers, **ends, "hidden": False, **others}


def hidden(jenis: str, measure: str = "best") -> dict[str, Any]:
    names = [f"{arm}{end}" for arm in ("had", "rest", "difference") for end in ("", "_low", "_high")]
    empty = {"n_had": pd.NA, "n_rest": pd.NA, **dict.fromkeys(names, np.nan)}
    return {"measure": measure, "jenis": jenis, "label": jenis.title(), **empty, "hidden": True}


def links(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).astype({"n_had": "Int64", "n_rest": "Int64"})


def words(block: object) -> str:
    assert isinstance(block, Paragraph | Note)
    return block.to_text().replace("\u00a0", " ")


CLEAR = row("coaching", (26.4, 6.2), (20.2, 15.1, 24.4))
UNCLEAR = row("mentoring", (15.8, 14.0), (1.8, -2.7, 6.4))
LOWER = row("pelatihan", (5.0, 20.0), (-15.0, -22.0, -7.0))
MOVES = row("coaching", (7.0, -2.0), (9.0, 3.6, 14.9), measure="moved")


def test_what_is_clear_is_told_with_both_shares_and_what_is_not_is_named() -> None:
    assert words(say_links(links(CLEAR, UNCLEAR, MOVES), scope())) == (
        "Predikat Sangat Baik berkaitan dengan coaching: 26% dari 50 pegawai yang sudah mendapatnya dan 6% dari 1.170 "
        "yang belum (selisih +20 poin; selang 95 %: 15 sampai 24). Kaitan predikat Sangat Baik dengan mentoring tidak "
        "tampak jelas: selang 95 % selisihnya memuat nol (n = 1.220). Ini kaitan, bukan bukti sebab."
    )
    said = words(say_links(links(LOWER), scope()))
    assert "berkaitan dengan pelatihan: 5% dari 50 " in said
    assert "(selisih −15 poin; selang 95 %: −22 sampai −7)" in said


def test_numbers_of_the_sentence_are_bound() -> None:
    said = say_links(links(CLEAR), scope())
    assert isinstance(said, Paragraph)
    bound = {run["field"]: run["value"] for run in said.runs if "field" in run}
    assert bound == {"a": 26.4, "b": 6.2, "n_a": 50, "n_b": 1170, "gap": 20.2, "ends": "15.1 24.4"}


def test_movement_is_told_where_shares_may_not_be() -> None:
    said = words(say_links(links(hidden("coaching"), MOVES), scope()))
    assert said.startswith("Perpindahan predikat berkaitan dengan coaching: bersih +7 poin pada 50 pegawai")
    unclear = {**MOVES, "difference_low": -1.0}
    assert words(say_links(links(unclear), scope())).startswith("Kaitan perpindahan predikat dengan coaching tidak")


def test_all_hidden_points_to_the_agency() -> None:
    silent = links(hidden("coaching"), hidden("coaching", "moved"))
    unit, agency = (words(say_links(silent, scope(agency=is_agency))) for is_agency in (False, True))
    assert agency == "Kaitan predikat dengan pembinaan tidak dirinci, agar tidak menunjuk orang."
    assert unit == f"{agency} Laporan instansi memuat kaitannya bagi seluruh pegawai."
    what = "Predikat menurut pembinaan"
    assert table_links(silent, scope()) == LeftOut("tidak dirinci, agar tidak menunjuk orang", what)
    assert note_links(silent, None) is None


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (("indikator_unit",), "hanya untuk data pegawai"),
        (("pegawai", "penilaian"), "tabel kegiatan tidak ada"),
        (("pegawai", "penilaian", "kegiatan"), "tidak ada predikat, atau tidak ada pembinaan yang tercatat"),
    ],
)
def test_left_out_with_its_reason(tables: tuple[str, ...], reason: str) -> None:
    assert say_links(None, scope(*tables)) == LeftOut(reason)
    assert table_links(None, scope(*tables)) == LeftOut(reason, "Predikat menurut pembinaan")
    assert note_links(None, None) is None


def test_the_table_shows_both_sides_and_the_difference() -> None:
    table = table_links(links(CLEAR, hidden("mentoring"), MOVES), scope())
    assert isinstance(table, Table)
    blank = ("\u00a0",) * 8
    assert table.display == (
        ("Predikat Sangat Baik (%)", *blank),
        ("\u2003Coaching", "50", "26", "21 sampai 31", "1.170", "6", "4 sampai 8", "+20", "15 sampai 24"),
        ("\u2003Mentoring", *["–"] * 8),
        ("Naik dikurangi turun sejak Semester II 2024 (per 100 pegawai)", *blank),
        ("\u2003Coaching", "50", "+7", "2 sampai 12", "1.170", "−2", "−4 sampai 0", "+9", "4 sampai 15"),
    )
    assert [(s["label"], s["span"]) for s in table.spanners] == [
        ("", 1),
        ("Sudah mendapat", 3),
        ("Belum mendapat", 3),
        ("Selisih", 2),
    ]
    only = table_links(links(CLEAR, hidden("coaching", "moved")), scope())
    assert isinstance(only, Table)
    assert len(only.display) == 2


def test_the_note_says_why_it_is_no_effect() -> None:
    rater = {"jenis": "coaching", "measure": "same_source", "value": 82.1, "n": 28}
    intensity = pd.DataFrame([rater, {**rater, "jenis": "mentoring", "value": 0.0}]).astype({"n": "Int64"})
    said = words(note_links(links(CLEAR, UNCLEAR), intensity))
    assert "Pembinaan tidak diundi." in said
    assert "cenderung lebih dekat ke rata-rata tanpa dibimbing pun" in said
    assert "Pada periode ini dibimbing penilainya sendiri: coaching 82% (n = 28). Kesan" in said
    assert "2 selisih dilihat sekaligus." in said
    alone = words(note_links(links(CLEAR), None))
    assert "sekaligus" not in alone
    assert "penilainya" not in alone


def test_no_verb_of_cause_on_the_sample_agency() -> None:
    from kinerja_lib.scope import build_scope
    from kinerja_lib.synth import build_agency

    about = build_scope(build_agency(people=600, units=3, periods=4))
    found = build_links(about)
    assert found is not None
    texts = [words(say_links(found, about)), words(note_links(found, None))]
    assert "berkaitan dengan" in texts[0]
    assert not any(map(CAUSAL.search, texts))
