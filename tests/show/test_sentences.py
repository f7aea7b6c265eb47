"""Sentences of the unit and the agency report: exact words, numbers bound to their fields, small groups kept back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.measures import Distribution, Measure, Quality
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import Head, LeftOut, Note, Paragraph, Runs, plain
from kinerja_lib.show.sentences import (
    note_distribution,
    note_quality,
    say_achievement,
    say_basis,
    say_distribution,
    say_head,
    say_quality,
    say_trend,
)
from kinerja_lib.vocabulary import Period

CAPAIAN = Measure("capaian_skp", "Capaian SKP", "%")
INDEX = Measure("indikator", "Indeks keterikatan", "indeks 0-100", indikator="theme_engagement_index")
NOTES = {"instansi": "Badan Contoh", "tanggal_data": "2025-07-14", "sintetis": "ya"}


def people_scope(n: int, *, agency: bool = False, **notes: str) -> Scope:
    ids = [f"p{i}" for i in range(n)]
    appraisals = pd.DataFrame({"pegawai_id": ids, "periode": "2025-S1", "unit_id": "U", "predikat": "Baik"})
    tables = {
        "unit": pd.DataFrame({"unit_id": ["U"], "nama": ["Bidang Satu"]}),
        "pegawai": pd.DataFrame({"pegawai_id": ids, "unit_id": "U"}),
        "penilaian": appraisals,
    }
    data = Dataset(tables, keterangan=notes)
    name = "Badan Contoh" if agency else "Bidang Satu"
    return Scope(data, Period.parse("2025-S1"), None if agency else "U", ("U",), name, is_agency=agency)


def indicator_scope(*, agency: bool = False, **notes: str) -> Scope:
    rows = [("A", "2023", "x", 1.0), ("A", "2023", "y", 2.0), ("B", "2023", "x", 3.0), ("B", "2022", "x", 3.0)]
    tables = {
        "unit": pd.DataFrame({"unit_id": ["A", "B"], "nama": ["Acas", "Beta"]}),
        "indikator_unit": pd.DataFrame(rows, columns=["unit_id", "periode", "indikator", "nilai"]),
    }
    members = ("A", "B") if agency else ("A",)
    data, period = Dataset(tables, keterangan=notes), Period.parse("2023")
    return Scope(data, period, None if agency else "A", members, "Semua" if agency else "Acas", is_agency=agency)


def words(block: object) -> str:
    assert isinstance(block, Paragraph)
    return block.to_text().replace("\u00a0", " ")


def bound(runs: Runs) -> dict[str, Any]:
    return {run["field"]: run["value"] for run in runs if "field" in run}


def test_the_head_of_a_unit() -> None:
    assert say_head(people_scope(12, **NOTES)) == Head(
        "Badan Contoh",
        "Laporan Pembinaan Kinerja",
        "Bidang Satu",
        (
            ("Periode", "Semester I 2025"),
            ("Data per", "14 Juli 2025"),
            ("Pegawai", "12 dinilai"),
            ("Catatan", "contoh, angka rekaan"),
        ),
        "Bidang Satu",
    )


def test_the_head_of_an_agency() -> None:
    head = say_head(people_scope(1250, agency=True, instansi="Badan Contoh", tanggal_data="pertengahan 2025"))
    assert (head.subtitle, head.running) == ("Seluruh instansi", "Badan Contoh")
    assert head.facts[1:] == (("Data per", "pertengahan 2025"), ("Pegawai", "1.250 dinilai"))
    assert say_head(people_scope(9), title="Judul lain").title == "Judul lain"


def test_the_head_of_a_small_unit_keeps_its_size_back() -> None:
    assert dict(say_head(people_scope(4)).facts)["Pegawai"] == "<5 dinilai"
    assert dict(say_head(people_scope(5)).facts)["Pegawai"] == "5 dinilai"


def test_the_head_of_indicators() -> None:
    head = say_head(indicator_scope(judul="Survei"))
    assert (head.office, head.title, head.facts) == (
        "Survei",
        "Laporan Indikator Unit",
        (("Periode", "2023"), ("Indikator", "2")),
    )
    assert say_head(indicator_scope(agency=True)).facts[-1] == ("Jumlah unit", "2")


def quality(rows_in: int, rows_used: int, *dropped: tuple[str, int]) -> Quality:
    return Quality(rows_in, rows_used, pd.DataFrame(dropped, columns=["reason", "count"]))


def test_rows_in_and_used() -> None:
    some = say_quality(quality(1250, 1240, ("unit tidak ada pada tabel unit", 10)), people_scope(9))
    assert words(some) == "Dari 1.250 baris penilaian yang masuk, 1.240 dipakai dan 10 tidak dipakai."
    assert bound(some.runs) == {"rows_in": 1250, "rows_used": 1240, "left": 10}
    assert some.role == "lead"
    assert words(say_quality(quality(60, 60), people_scope(9))) == "Seluruh 60 baris penilaian yang masuk dipakai."


@pytest.mark.parametrize(("rows_in", "rows_used"), [(3, 3), (4, 2), (6, 4)])
def test_rows_of_a_small_unit_are_not_counted(rows_in: int, rows_used: int) -> None:
    said = say_quality(quality(rows_in, rows_used), people_scope(rows_in))
    assert words(said) == "Baris penilaian yang dipakai di bawah 5."


def test_one_to_four_rows_left_out_are_not_counted() -> None:
    said = say_quality(quality(59, 57, ("belum ada predikat", 2)), people_scope(9))
    assert words(said) == "Sebanyak 57 baris penilaian dipakai; sisanya tidak dirinci, agar tidak menunjuk orang."
    note = note_quality(quality(59, 57, ("belum ada predikat", 2)))
    assert note is not None
    assert note.to_text() == "Alasan baris tidak dipakai: belum ada predikat."
    two = note_quality(quality(70, 57, ("unit tidak ada", 11), ("belum ada predikat", 2)))
    assert two is not None
    assert two.to_text() == "13 baris tidak dipakai: unit tidak ada; belum ada predikat."


def test_the_head_counts_those_with_a_result_where_the_others_are_few() -> None:
    scope = people_scope(20)
    scope.data["penilaian"].loc[:1, "predikat"] = None
    assert ("Pegawai", "18 dinilai") in say_head(scope).facts
    scope = people_scope(20)
    scope.data["penilaian"].loc[:5, "predikat"] = None
    assert ("Pegawai", "20 dinilai") in say_head(scope).facts


def test_rows_of_indicators() -> None:
    said = say_quality(None, indicator_scope())
    assert words(said) == "Pada 2023, 2 unit mempunyai nilai untuk 2 indikator."
    assert bound(said.runs) == {"units": 2, "indicators": 2}


def test_the_note_on_rows_left_out() -> None:
    note = note_quality(quality(100, 85, ("pegawai tidak ada pada tabel pegawai", 9), ("belum ada predikat", 6)))
    assert note is not None
    assert note.to_text() == ("15 baris tidak dipakai: 9 pegawai tidak ada pada tabel pegawai; 6 belum ada predikat.")
    assert note_quality(quality(60, 60)) is None
    assert note_quality(None) is None


def test_the_basis_names_the_law_for_people_only() -> None:
    unit = words(say_basis(people_scope(9)))
    assert unit.startswith("Dasar: Peraturan Menteri PANRB Nomor 6 Tahun 2022")
    assert unit.endswith("seluruh pegawai Bidang Satu yang dinilai pada Semester I 2025.")
    assert "seluruh pegawai instansi yang dinilai" in words(say_basis(people_scope(9, agency=True)))
    assert words(say_basis(indicator_scope())) == (
        "Cakupan: indikator Acas pada 2023, dibandingkan dengan seluruh unit dalam data."
    )


LOWER = ("Butuh Perbaikan", "Kurang", "Sangat Kurang")


def distribution(*rows: tuple[tuple[str, ...], str, int | None, bool], **organisation: Any) -> Distribution:
    total = None if any(n is None for *_r, n, _h in rows) else sum(n or 0 for *_r, n, _h in rows)
    table = pd.DataFrame(
        [
            {
                "periode": "2025-S1",
                "levels": levels,
                "label": label,
                "count": n,
                "n": total,
                "share": np.nan if n is None or not total else 100 * n / total,
                "hidden": hidden,
            }
            for levels, label, n, hidden in rows
        ]
    ).astype({"count": "Int64", "n": "Int64", "share": "float64"})
    row = {"periode": "2025-S1", "predikat_organisasi": "Baik", "kept": True, "verdict": "sesuai pola", "changes": 0}
    return Distribution(table, pd.DataFrame([row | organisation]).astype({"kept": "boolean", "changes": "Int64"}))


OPEN = distribution(
    (("Sangat Baik",), "Sangat Baik", 12, False),
    (("Baik",), "Baik", 40, False),
    (LOWER, "Butuh Perbaikan atau lebih rendah", 12, False),
)
MERGED = distribution(
    (("Sangat Baik",), "Sangat Baik", 12, False),
    (("Baik", *LOWER), "Baik + Butuh Perbaikan atau lebih rendah", 52, True),
)
FIRST_MERGED = distribution(
    (("Sangat Baik", "Baik"), "Sangat Baik + Baik", 52, True),
    (LOWER, "Butuh Perbaikan atau lebih rendah", 12, False),
)
SILENT = distribution((("Sangat Baik", "Baik", *LOWER), "semua", None, True), kept=None, verdict="tidak ditampilkan")


def test_the_share_at_baik_or_better() -> None:
    said = say_distribution(OPEN)
    assert words(said) == (
        "Predikat Baik atau Sangat Baik diperoleh 52 dari 64 pegawai (81%; selang 95 %: 70 sampai 89)."
    )
    assert isinstance(said, Paragraph)
    assert said.role == "lead"
    found = bound(said.runs)
    assert (found["k"], found["n"], found["share"]) == (52, 64, 81.25)
    low, high = map(float, found["interval"].split())
    assert low == pytest.approx(70.03, abs=0.01)  # Wilson's interval of 52 in 64
    assert high == pytest.approx(88.94, abs=0.01)


def test_of_merged_levels_only_the_best_is_told() -> None:
    assert words(say_distribution(MERGED)) == (
        "Predikat Sangat Baik diperoleh 12 dari 64 pegawai (19%; selang 95 %: 11 sampai 30); sisanya tidak dirinci."
    )


@pytest.mark.parametrize("case", [FIRST_MERGED, SILENT])
def test_where_the_best_level_is_hidden_no_number_is_told(case: Distribution) -> None:
    said = say_distribution(case)
    assert words(said) == "Sebaran predikat Semester I 2025 tidak dirinci, agar tidak menunjuk orang."
    assert isinstance(said, Paragraph)
    assert bound(said.runs) == {}


def test_the_note_on_the_pattern() -> None:
    note = note_distribution(OPEN)
    assert isinstance(note, Note)
    assert note.to_text() == (
        "Pola untuk organisasi Baik (SE Menteri PANRB 3/2023), Semester I 2025: sesuai pola. Pola ini bahan "
        "pertimbangan pimpinan, bukan kuota."
    )
    off = distribution((("Baik",), "Baik", 64, False), kept=False, verdict="Baik di atas 70 %", changes=20)
    assert "Baik di atas 70 %. Sedikitnya 20 predikat harus berbeda agar pola terpenuhi. Pola" in (
        note_distribution(off).to_text().replace("\u00a0", " ")  # type: ignore[union-attr]
    )
    second = plain(note_distribution(MERGED).paragraphs[1])  # type: ignore[union-attr]
    assert second.startswith("Tidak dirinci (Semester I 2025): ada kelompok di bawah 5 pegawai")


def test_no_predikat_of_the_organisation_no_note() -> None:
    assert note_distribution(replace(OPEN, organisation=OPEN.organisation.assign(predikat_organisasi=None))) is None
    assert note_distribution(None) is None


def trend(*rows: tuple[str, str, float | None, float | None, float | None, int | None]) -> pd.DataFrame:
    columns = ["group", "periode", "value", "conf_low", "conf_high", "n"]
    kinds = {"value": "float64", "conf_low": "float64", "conf_high": "float64", "n": "Int64"}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def test_the_last_value_beside_the_agency() -> None:
    frame = trend(
        ("unit", "2024-S2", 90.0, 89.0, 91.0, 60),
        ("unit", "2025-S1", 93.84, 92.86, 94.82, 59),
        ("instansi", "2024-S2", 92.0, 91.0, 93.0, 900),
        ("instansi", "2025-S1", 94.94, 94.7, 95.2, 1022),
    )
    said = say_trend(frame, CAPAIAN)
    assert words(said) == (
        "Capaian SKP pada Semester I 2025: 93,8% (selang 95 %: 92,9 sampai 94,8; n = 59); seluruh instansi: 94,9%."
    )
    assert said is not None
    assert {run["field"] for run in said.runs if "field" in run} == {"value", "interval", "n"}
    assert [run["value"] for run in said.runs if run.get("field") == "value"] == [93.84, 94.94]


def test_an_indicator_opens_with_its_level_beside_the_median() -> None:
    frame = trend(("unit", "2023", 62.04, None, None, None), ("instansi", "2023", 63.9, None, None, None))
    assert words(say_achievement(None, frame, INDEX)) == (
        "Indeks keterikatan pada 2023: 62,0; median semua unit: 63,9."
    )
    finer = replace(INDEX, decimals=2)
    assert words(say_achievement(None, frame, finer)).startswith("Indeks keterikatan pada 2023: 62,04; ")
    alone = trend(("instansi", "2023", 63.9, None, None, None))
    assert words(say_achievement(None, alone, INDEX)) == "Indeks keterikatan pada 2023: 63,9."


def test_the_line_of_an_indicator_is_told_from_its_start() -> None:
    values = {"2020": None, "2021": 60.0, "2022": None, "2023": 62.04}
    own = [("unit", period, value, None, None, None) for period, value in values.items()]
    others = [("instansi", period, 63.9, None, None, None) for period in values]
    said = say_trend(trend(*own, *others), INDEX)
    assert words(said) == (
        "Pertama tercatat pada 2021: 60,0; median semua unit saat itu 63,9; garis terputus pada 1 periode yang tidak "
        "diikuti."
    )
    whole = [("instansi", period, 61.0, None, None, None) for period in ("2022", "2023")]
    assert words(say_trend(trend(*whole), INDEX)) == "Pertama tercatat pada 2022: 61,0."
    assert say_trend(trend(*own[-1:], *others), INDEX) is None  # one point is no line


def test_a_hidden_last_period_is_passed_over() -> None:
    frame = trend(("unit", "2024-S2", 90.0, 89.0, 91.0, 60), ("unit", "2025-S1", None, None, None, None))
    assert words(say_trend(frame, CAPAIAN)).startswith("Capaian SKP pada Semester II 2024: 90,0%")


def test_nothing_to_say_of_a_trend() -> None:
    assert say_trend(None, CAPAIAN) is None
    assert say_trend(trend(("unit", "2025-S1", 1.0, None, None, None)), None) is None
    assert say_trend(trend(("unit", "2025-S1", None, None, None, None)), CAPAIAN) is None


def test_the_section_on_achievement_opens_with_what_there_is() -> None:
    frame = trend(("unit", "2023", 62.04, None, None, None))
    assert words(say_achievement(OPEN, frame, CAPAIAN)).startswith("Predikat Baik atau Sangat Baik")
    opened = say_achievement(None, frame, INDEX)
    assert words(opened) == "Indeks keterikatan pada 2023: 62,0."
    assert isinstance(opened, Paragraph)
    assert opened.role == "lead"
    assert say_achievement(None, None, None) == LeftOut("tidak ada ukuran kinerja")
    assert say_distribution(None) == LeftOut("tidak ada predikat kinerja")
