"""Data quality on the page: the sentence that judges, the list of findings with remedies, the inventory."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kinerja_lib.findings import Finding, Findings
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import Head, ItemList, LeftOut, Table, plain
from kinerja_lib.show.quality import (
    FILES,
    ROWS,
    ROWS_A_FILE,
    note_findings,
    say_data_head,
    say_files,
    say_findings,
    table_files,
    table_findings,
    table_inventory,
)


def finding(severity: Any = "error", **fields: Any) -> Finding:
    known = {"rule": "nip_length", "table": "pegawai", "column": "pegawai_id", "count": 7}
    return Finding(severity=severity, message="NIP bukan 18 angka.", remedy="Tulis sebagai teks.", **(known | fields))


ERROR, WARNING, NOTE = finding(), finding("warning"), finding("note")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ((), "Data dapat dipakai: tidak ada galat maupun peringatan."),
        ((NOTE,), "Data dapat dipakai: tidak ada galat maupun peringatan."),
        ((WARNING, NOTE, WARNING), "Data dapat dipakai, dengan 2 peringatan yang perlu dibaca."),
        ((WARNING, ERROR), "Data belum dapat dipercaya sepenuhnya: 1 galat dan 1 peringatan."),
        ((ERROR,), "Data belum dapat dipercaya sepenuhnya: 1 galat dan 0 peringatan."),
    ],
)
def test_whether_the_data_can_be_trusted(found: tuple[Finding, ...], sentence: str) -> None:
    said = say_findings(Findings(found))
    assert (said.to_text(), said.role) == (sentence, "lead")


def test_the_numbers_of_the_judgement_are_bound() -> None:
    said = say_findings(Findings((ERROR, WARNING, WARNING)))
    assert {run["field"]: run["value"] for run in said.runs if "field" in run} == {"errors": 1, "warnings": 2}


def test_the_gravest_findings_stand_first() -> None:
    second = finding(table="unit", column=None, count=1250)
    table = table_findings(Findings((NOTE, WARNING, ERROR, second, finding("note", table=None, column=None))))
    assert isinstance(table, Table)
    assert [row[:3] for row in table.display] == [
        ("galat", "pegawai.pegawai_id", "7"),
        ("galat", "unit", "1.250"),
        ("peringatan", "pegawai.pegawai_id", "7"),
        ("catatan", "pegawai.pegawai_id", "7"),
        ("catatan", "–", "7"),
    ]
    assert table.display[0][3:] == ("NIP bukan 18 angka.", "Tulis sebagai teks.")
    assert table.notes == ()


def test_a_page_lists_at_most_forty_findings_and_says_how_many_more() -> None:
    table = table_findings(Findings((NOTE,) * (ROWS + 1) + (ERROR,)))
    assert isinstance(table, Table)
    assert (len(table.rows), table.display[0][0]) == (40, "galat")
    assert [plain(runs) for runs in table.notes] == ["2 temuan lain tidak dimuat di sini."]


def test_no_findings_no_table() -> None:
    assert table_findings(Findings()) == LeftOut("tidak ada temuan", "Daftar temuan")
    assert len(note_findings().paragraphs) == 2


def test_the_inventory() -> None:
    inventory = pd.DataFrame(
        {
            "table": ["unit", "penilaian", "skp"],
            "rows": [12, 6171, 5],
            "first_period": [None, "2022-S2", "2025"],
            "last_period": [None, "2025-S1", "2025"],
            "missing": [8.333, 0.0, 12.25],
        }
    )
    before = inventory.copy()
    assert table_inventory(inventory).display == (
        ("unit", "12", "–", "8,3"),
        ("penilaian", "6.171", "Semester II 2022 sampai Semester I 2025", "0,0"),
        ("skp", "5", "2025", "12,3"),
    )
    pd.testing.assert_frame_equal(inventory, before)
    assert table_inventory(inventory.iloc[:0]).rows == ()


def test_the_head_of_the_data() -> None:
    appraisals = pd.DataFrame({"periode": ["2025-S1", "2022-S2"]})
    notes = {"instansi": "Badan Contoh", "judul": "Agensi contoh", "tanggal_data": "2025-07-14"}
    assert say_data_head(Dataset({"penilaian": appraisals}, keterangan=notes)) == Head(
        "Badan Contoh",
        "Mutu Data",
        "Agensi contoh",
        (("Periode", "Semester II 2022 sampai Semester I 2025"), ("Data per", "14 Juli 2025"), ("Jumlah tabel", "1")),
        "Badan Contoh",
    )


@pytest.mark.parametrize(
    ("tables", "notes", "facts"),
    [
        ({}, {}, (("Jumlah tabel", "0"),)),
        ({"penilaian": pd.DataFrame({"periode": ["2025"]})}, {}, (("Periode", "2025"), ("Jumlah tabel", "1"))),
        ({}, {"tanggal_data": "2024"}, (("Data per", "2024"), ("Jumlah tabel", "0"))),
    ],
)
def test_the_head_leaves_out_what_is_not_known(tables: Any, notes: dict[str, str], facts: Any) -> None:
    head = say_data_head(Dataset(tables, keterangan=notes))
    assert (head.facts, head.office) == (facts, "")


# -- by file -----------------------------------------------------------------------------------------------------------


def of_file(file: str, severity: Any = "error", **fields: Any) -> Finding:
    return finding(severity, file=file, **fields)


BY_FILE = Findings(
    (
        of_file("b.csv", "warning", line=17),
        of_file("a.xlsx", "note", sheet="Satu"),
        of_file("a.xlsx", sheet="Satu", cell="B7"),
        of_file("a.xlsx", "warning", sheet="Dua", cell="B1", cells=tuple(f"B{n}" for n in range(1, 10))),
        of_file("c.xlsx", "note"),
        finding("warning"),
    )
)


def test_the_jump_list_names_the_worst_file_first() -> None:
    listed = say_files(BY_FILE)
    assert isinstance(listed, ItemList)
    assert [plain(item) for item in listed.items] == [
        "a.xlsx: 1 galat, 1 peringatan, 1 catatan, ",
        "b.csv: 1 peringatan, ",
        "1 berkas hanya bercatatan; tidak ada yang perlu dibenahi (lihat findings.csv).",
    ]
    targets = [run["target"] for item in listed.items for run in item if "target" in run]
    assert targets == [table.id for table in table_files(BY_FILE)] == ["temuan-berkas-1", "temuan-berkas-2"]


def test_each_file_has_a_table_that_says_where_and_what_to_type() -> None:
    first, second = table_files(BY_FILE)
    assert first.title == "a.xlsx: 1 galat, 1 peringatan, 1 catatan"
    assert [row[:3] for row in first.display] == [
        ("galat", "Satu", "B7"),
        ("peringatan", "Dua", "B1, B2, B3, B4, B5, B6 dan 3 lainnya"),
        ("catatan", "Satu", "–"),
    ]
    assert [row[1:3] for row in second.display] == [("–", "baris 17")]
    assert second.display[0][3:] == ("NIP bukan 18 angka.", "Tulis sebagai teks.")


def test_long_lists_say_where_the_rest_is() -> None:
    table = table_files(Findings((of_file("a.xlsx"),) * (ROWS_A_FILE + 3)))[0]
    assert len(table.rows) == ROWS_A_FILE
    assert [plain(runs) for runs in table.notes] == ["3 temuan lain pada berkas ini ada di findings.csv."]
    many = Findings(tuple(of_file(f"{n:03d}.xlsx") for n in range(FILES + 2)))
    listed = say_files(many)
    assert isinstance(listed, ItemList)
    assert len(table_files(many)) == FILES
    assert plain(listed.items[-1]) == "2 berkas lain tidak dimuat di sini; semuanya ada pada findings.csv."


def test_data_that_no_import_made_have_no_files() -> None:
    listed = say_files(Findings((ERROR,)))
    assert isinstance(listed, LeftOut)
    assert listed.to_text() == "tidak ada temuan pada berkas ekspor"
    assert table_files(Findings((ERROR,))) == ()
    table = table_findings(BY_FILE)
    assert isinstance(table, Table)
    assert len(table.rows) == 1  # those of files have tables of their own


def test_a_nip_in_the_name_of_a_file_or_sheet_is_not_shown() -> None:
    nip = "198001012010041001"
    found = Findings((of_file(f"SKP_{nip}.xlsx", sheet=nip),))
    shown = say_files(found).to_text() + "".join(table.to_text() for table in table_files(found))
    assert nip not in shown
    assert "SKP_1980…001.xlsx" in shown
