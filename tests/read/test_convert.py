"""From cells to canonical rows: good rows exact, every planted fault at its cell, nothing dropped without a word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.findings import Finding
from kinerja_lib.language import use_language
from kinerja_lib.read.convert import FAMILIES, Extract, convert
from kinerja_lib.read.convert_faults import FAULTS, show_label
from kinerja_lib.read.convert_kegiatan import event_id
from kinerja_lib.read.convert_own import labels
from kinerja_lib.read.kinds import ColumnMap, kinds, recognise
from kinerja_lib.read.sheets import Sheet, read_sheets
from kinerja_lib.schema import TABLES
from kinerja_lib.typed import check_table
from kinerja_lib.vocabulary import JENIS_KELAMIN, MODA, PENDIDIKAN, PERAN_PEMBIMBING, STATUS, TAHAP_GROW

NIP = [f"1985{month:02d}012010{month:02d}1{month:03d}" for month in range(1, 13)]  # men, born on the first
WOMAN, PPPK = "198602022011012002", "199003032022211003"

RECAP = ["No", "NIP", "Nama", "Jabatan", "Rating Hasil Kinerja", "Rating Perilaku Kerja", "Predikat Kinerja Periodik"]
HEAD: list[Sequence[object]] = [
    ["9901 - Kabupaten Tirta Kencana"],
    ["Bidang A"],
    ["Periode Bulanan 3 Tahun 2025"],
    [],
]
GOOD = ("Sesuai Ekspektasi", "Diatas Ekspektasi", "Baik")


def read(
    rows: Sequence[Sequence[object]], *, maps: Sequence[ColumnMap] = (), accept: bool = False, **settings: object
) -> Extract:
    sheet = Sheet(**{"file": "a.xlsx", "name": "Lembar1", "rows": [list(row) for row in rows], **settings})  # type: ignore[arg-type]
    before = [list(row) for row in sheet.rows]
    found = recognise(sheet, maps)
    assert found is not None
    extract = convert(sheet, found, accept_warnings=accept)
    assert sheet.rows == before
    check(extract)
    return extract


def check(extract: Extract) -> None:
    """Assert what holds for every sheet: tables that the schema takes, and no message that names a person."""
    for table, frame in extract.rows.items():
        assert frame.columns[-1] == "_row"
        own = frame.drop(columns="_row")
        key = TABLES[table].key
        once = own[~own.duplicated(key)]
        once = once if "unit_id" in once or table != "pegawai" else once.assign(unit_id="U")
        check_table(table, once, locate=str)
        assert set(extract.cells[table]) <= set(own.columns)
    for finding in extract.findings:
        assert not re.search("[0-9]{9}", finding.message + finding.remedy), finding
        assert finding.file is not None
    assert list(extract.rejected.columns) == ["row", "cell", "table", "column", "rule", "reason", "content"]


def people(extract: Extract, table: str = "penilaian", column: str = "pegawai_id") -> list[str]:
    return extract.rows[table][column].tolist()


def by_rule(extract: Extract) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in extract.findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def cells(extract: Extract, rule: str) -> list[str]:
    return [c for f in by_rule(extract).get(rule, []) for c in (f.cells or ((f.cell,) if f.cell else ()))]


def severities(extract: Extract) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in extract.findings}


def recap(*rows: Sequence[object], head: Sequence[Sequence[object]] = HEAD, **settings: object) -> Extract:
    """Return what a recap with these (NIP, hasil, perilaku, predikat) gives; the first stands in row 6."""
    lines = [[float(i), nip, "Orang", "Analis", *rest] for i, (nip, *rest) in enumerate(rows, start=1)]
    return read([*head, RECAP, *lines], **settings)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------------- e-Kinerja


def test_a_recap_gives_its_rows_exactly() -> None:
    extract = recap((NIP[0], *GOOD), (PPPK, "Dibawah Espektasi", "SESUAI EKSPEKTASI", "Cukup / Butuh Perbaikan"))
    rows = extract.rows["penilaian"].to_dict("records")
    same = {"periode": "2025-03", "rezim": "p6_2022"}
    assert rows == [
        {
            "pegawai_id": NIP[0],
            **same,
            "rating_hasil": "sesuai",
            "rating_perilaku": "di_atas",
            "predikat": "Baik",
            "_row": 5,
        },
        {
            "pegawai_id": PPPK,
            **same,
            "rating_hasil": "di_bawah",
            "rating_perilaku": "sesuai",
            "predikat": "Butuh Perbaikan",
            "_row": 6,
        },
    ]
    assert extract.findings == ()
    assert extract.rejected.empty
    assert extract.cells["penilaian"]["predikat"] == 6


def test_the_four_damaged_numbers_of_excel() -> None:
    extract = recap(
        (NIP[0], *GOOD), (1.98501012010011e17, *GOOD), ("1,98501E+17", *GOOD), ("", *GOOD), (f"'{NIP[1]}", *GOOD)
    )
    assert people(extract) == [NIP[0], NIP[1]]
    assert cells(extract, "nip_number") == ["B7"]
    assert cells(extract, "nip_exponent") == ["B8"]
    assert cells(extract, "nip_missing") == ["B9"]
    assert cells(extract, "nip_cleaned") == ["B10"]
    assert severities(extract) == {
        "nip_number": "error",
        "nip_exponent": "error",
        "nip_missing": "error",
        "nip_cleaned": "note",
    }
    assert extract.rejected[["row", "cell", "table", "column", "rule"]].to_numpy().tolist() == [
        [7, "B7", "penilaian", "pegawai_id", "nip_number"],
        [8, "B8", "penilaian", "pegawai_id", "nip_exponent"],
        [9, "B9", "penilaian", "pegawai_id", "nip_missing"],
    ]
    assert "Predikat Kinerja Periodik=Baik" in extract.rejected["content"][0]
    assert by_rule(extract)["nip_number"][0].message == (
        "NIP tersimpan sebagai bilangan, sehingga angka terakhirnya sudah hilang: kolom NIP, 1 kali (B7). "
        "Barisnya tidak diambil."
    )


def test_the_four_damaged_numbers_of_a_csv() -> None:
    head = [["Periode Tahunan 2024", *[""] * 6], RECAP]
    body = [["1", nip, "a", "b", *GOOD] for nip in (NIP[0], "1.98501E+17", "198501012010011000", "", f"'{NIP[1]}")]
    extract = read([*head, *body], file="a.csv", name=None, lines=[1, 3, 4, 5, 8, 9, 10])
    assert people(extract) == [NIP[0], NIP[1]]
    lines = {rule: [f.line for f in found] for rule, found in by_rule(extract).items()}
    assert lines == {"nip_exponent": [5], "nip_sequence": [8], "nip_missing": [9], "nip_cleaned": [10]}
    assert extract.rejected["row"].tolist() == [5, 8, 9]
    assert all(f.cell is None and f.sheet is None for f in extract.findings)


@pytest.mark.parametrize(
    ("nip", "rule", "kept"),
    [
        (NIP[0][:-1], "nip_length", False),
        (NIP[0] + "1", "nip_length", False),
        (NIP[0][:-1] + "I", "nip_digits", False),
        ("19850101.201001.1.001", "nip_digits", False),
        ("198502302010011001", "nip_date", False),
        ("198501012010151001", "nip_month", False),
        ("198501012010011000", "nip_sequence", False),
        ("198501012010013001", "nip_sex", True),
        ("Siti Aminah", "nip_missing", False),
        ("-", "nip_missing", False),
        (198501012010011001, "nip_number", False),
        ("19850101 201001 1 001", "nip_cleaned", True),
        ("19850101\u00a0201001\u00a01\u00a0001", "nip_cleaned", True),
    ],
)
def test_faults_of_a_number_stand_at_its_cell(nip: object, rule: str, kept: bool) -> None:
    extract = recap((NIP[0], *GOOD), (nip, *GOOD))
    assert cells(extract, rule) == ["B7"]
    assert len(people(extract)) == 1 + kept
    assert extract.rejected["rule"].tolist() == ([] if kept else [rule])


def test_a_number_written_in_two_ways_is_said() -> None:
    extract = recap((NIP[0], *GOOD), ("19850101 201001 1 001", *GOOD))
    assert people(extract) == [NIP[0], NIP[0]]
    assert cells(extract, "nip_spellings") == ["B7"]


def test_unknown_labels_keep_the_row_apart_and_are_shown_only_when_they_are_labels() -> None:
    extract = recap((NIP[0], *GOOD), (NIP[1], "Diatas", "Amat Baik", "Sangat Baik"), (NIP[2], *GOOD[:2], "Siti Aminah"))
    assert people(extract) == [NIP[0]]
    assert cells(extract, "label_unknown") == ["F7", "G8"]
    messages = [f.message for f in by_rule(extract)["label_unknown"]]
    assert "Ditemukan: 'Amat Baik'." in messages[0]
    assert "Siti" not in messages[1]
    assert show_label("Sangat Baik Sekali") is not None


def test_a_contradicting_predikat_is_kept_and_said() -> None:
    extract = recap((NIP[0], *GOOD), (NIP[1], *GOOD[:2], "Sangat Baik"))
    assert extract.rows["penilaian"]["predikat"].tolist() == ["Baik", "Sangat Baik"]
    assert cells(extract, "predikat_contradiction") == ["G7"]
    assert severities(extract) == {"predikat_contradiction": "warning"}


def test_many_faults_of_one_kind_are_one_finding() -> None:
    extract = recap(*[(1.9e17, *GOOD)] * 25, (NIP[0], *GOOD))
    (finding,) = by_rule(extract)["nip_number"]
    assert (finding.count, len(finding.cells), finding.cell) == (25, 25, "B6")
    assert finding.message.count("B1") == 6
    assert "dan 15 lainnya" in finding.message
    assert len(extract.rejected) == 25


def test_what_is_no_employee_is_passed_over() -> None:
    signature = [
        ["", "", "", "", "Tirta Kencana, 31 Maret 2025"],
        ["", "Mengetahui,", "", "", "Kepala Badan,"],
        ["", "NIP. 19700101 199501 1 001"],
        ["", "", "", "", "NIP. 197001011995011001"],
    ]
    rows = [
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        ["Sekretariat"],
        [1.0, NIP[0], "a", "b", *GOOD],
        ["", "", "", "", "", "", ""],
        RECAP,
        [2.0, NIP[1], "a", "b", *GOOD],
        ["Jumlah", "", "", "", "2", "2", "2"],
        ["", "Jumlah", "2 pegawai"],
        ["Rata-rata", "", "", "", 1.0, 2.0, 2.0],
        *signature,
    ]
    extract = read([*HEAD, RECAP, *rows])
    assert people(extract) == [NIP[0], NIP[1]]
    assert extract.rejected.empty
    assert cells(extract, "rows_skipped") == ["A8", "A13", "B14", "A15", "E16", "B17", "B18", "E19"]
    assert severities(extract) == {"rows_skipped": "note"}


def test_without_a_period_every_row_is_kept_apart() -> None:
    extract = recap((NIP[0], *GOOD), (NIP[1], *GOOD), head=HEAD[:2])
    assert people(extract) == []
    assert cells(extract, "period_missing") == []
    assert by_rule(extract)["period_missing"][0].count == 2
    assert extract.rejected["rule"].tolist() == ["period_missing"] * 2
    unreadable = recap((NIP[0], *GOOD), head=[*HEAD[:2], ["Periode Bulanan 13 Tahun 2025"], []])
    assert cells(unreadable, "period_missing") == ["A3"]
    assert len(unreadable.rejected) == 1


def test_another_period_further_down_never_takes_the_period_above() -> None:
    row = [1.0, NIP[0], "a", "b", *GOOD]
    extract = read([*HEAD, RECAP, row, [], ["Periode Bulanan 4 Tahun 2025"], RECAP, [1.0, NIP[1], "a", "b", *GOOD]])
    assert people(extract) == [NIP[0]]
    assert cells(extract, "period_second") == ["A8"]
    assert extract.rejected["row"].tolist() == [10]


@pytest.mark.parametrize(
    ("header", "values", "period"),
    [
        (["Periode"], ["Triwulan II Tahun 2025"], "2025-T2"),
        (["Tahun", "Bulan"], [2025.0, "Maret"], "2025-03"),
        (["Tahun", "Bulan"], ["2025", 3.0], "2025-03"),
        (["Tahun", "Triwulan"], [2025.0, "IV"], "2025-T4"),
        (["Tahun", "Semester"], [2025.0, 1.0], "2025-S1"),
        (["Tahun"], ["2025"], "2025"),
    ],
)
def test_periods_in_columns(header: list[object], values: list[object], period: str) -> None:
    extract = read([["NIP", "Predikat", *header], [NIP[0], "Baik", *values], [NIP[1], "Baik", *[""] * len(values)]])
    assert extract.rows["penilaian"]["periode"].tolist() == [period]
    assert extract.rejected["rule"].tolist() == ["period_missing"]


def test_error_cells_formulas_and_hidden_sheets() -> None:
    rows = [*HEAD, RECAP, *[[1.0, NIP[i], "a", "b", *GOOD] for i in range(5)]]
    rows[5] = [1.0, "", "a", "b", *GOOD]
    rows[6] = [1.0, NIP[1], "a", "b", "", *GOOD[1:]]
    rows[7] = [1.0, NIP[2], "", "b", *GOOD]
    extract = read(rows, errors=frozenset({"B6", "C8", "Z99"}), unstored=frozenset({"E7"}), formulas=3, hidden=True)
    assert people(extract) == [NIP[2], NIP[3], NIP[4]]
    assert cells(extract, "cell_error") == ["B6"]
    assert cells(extract, "formula_unstored") == ["E7"]
    assert cells(extract, "cell_error_unused") == ["C8"]
    assert by_rule(extract)["formula_cells"][0].count == 3
    assert "sheet_hidden" in by_rule(extract)
    assert extract.rejected["rule"].tolist() == ["cell_error", "formula_unstored"]


def test_rows_of_a_csv_with_too_few_or_too_many_fields() -> None:
    rows = [
        ["NIP", "Nama", "Predikat", "Tahun"],
        [NIP[0], "a", "Baik", "2024"],
        [NIP[1], "a", "Baik"],
        [NIP[2], "a", "S.Sos", "Baik", "2024"],
        [NIP[3], "a", "Baik", "2024", "", ""],
        ["Jumlah 4"],
    ]
    extract = read(rows, file="a.csv", name=None, lines=[1, 2, 3, 5, 6, 7])
    assert people(extract) == [NIP[0], NIP[3]]
    assert [(f.rule, f.line) for f in extract.findings if f.severity == "error"] == [
        ("fields_few", 3),
        ("fields_many", 5),
    ]


def test_columns_that_nobody_uses_are_named() -> None:
    extract = read([["NIP", "Predikat", "Tahun", "NIK", "Catatan", "Warna"], [NIP[0], "Baik", "2024", "1", "x", "y"]])
    assert cells(extract, "columns_personal") == ["D1", "E1"]
    assert cells(extract, "columns_unused") == ["F1"]
    assert by_rule(extract)["columns_unused"][0].message == "Kolom tidak dipakai: Warna."


# ---------------------------------------------------------------------------------------------------- SIASN


def test_an_employee_file_gives_people_and_units() -> None:
    header = ["NIP BARU", "NAMA", "TANGGAL LAHIR", "JENIS KELAMIN", "TMT CPNS", "jenis_pegawai_nama", "GOL AKHIR ID",
              "GOL AKHIR NAMA", "JENIS JABATAN ID", "JABATAN NAMA", "ESELON ID", "TINGKAT PENDIDIKAN NAMA", "UNOR ID",
              "UNOR NAMA", "NIK"]  # fmt: skip
    rows = [
        [f"'{NIP[0]}", "a", "01-01-1985", "M", "01-01-2010", "PNS Daerah", "31", "III/a", "4", "Penelaah", "'99",
         "S-1/Sarjana", "U1", "Satu", ""],
        [WOMAN, "b", "1986-02-03", "M", "01-02-2011", "PNS", "41", "IV/a", "1", "Kepala Bidang", "'31", "S-2", "U2",
         "Dua", ""],
        [PPPK, "c", "", "", "01-07-2022", "PPPK", "", "IX", "2", "Analis SDM Aparatur Ahli Pertama", "99", "Diploma IV",
         "U1", "Satu Lagi", ""],
        [NIP[3], "d", "31-02-1985", "X", "", "PNS", "99", "V/z", "7", "Kepala", "", "Kursus", "", "Satu", ""],
        [NIP[4], "e", "05-01-1985", "", "", "", "", "", "", "", "", "", "U1", "Satu", ""],
    ]  # fmt: skip
    extract = read([header, *rows], file="a.csv", name=None, lines=[1, 2, 3, 4, 5, 6])
    first, second, third, fifth = extract.rows["pegawai"].drop(columns="_row").to_dict("records")
    assert first == {
        "pegawai_id": NIP[0], "unit_id": "U1", "jenis_kelamin": "L", "tanggal_lahir": "1985-01-01",
        "tmt_cpns": "2010-01-01", "status": "PNS", "golongan": "III/a", "jenis_jabatan": "pelaksana", "jenjang": "",
        "pendidikan": "S-1",
    }  # fmt: skip
    assert (second["jenis_jabatan"], second["jenis_kelamin"], second["tanggal_lahir"]) == (
        "administrator",
        "L",
        "1986-02-03",
    )
    assert (third["status"], third["golongan"], third["jenjang"], third["pendidikan"]) == (
        "PPPK",
        "IX",
        "Ahli Pertama",
        "D-IV",
    )
    assert (third["tanggal_lahir"], third["jenis_kelamin"], third["tmt_cpns"]) == ("1990-03-03", "L", "2022-07-01")
    assert (fifth["tanggal_lahir"], fifth["jenis_kelamin"]) == ("1985-01-05", "L")
    assert extract.rows["unit"].drop(columns="_row").to_dict("records") == [
        {"unit_id": "U1", "nama": "Satu"},
        {"unit_id": "U2", "nama": "Dua"},
    ]
    lines = {(f.rule, f.column, f.line) for f in extract.findings if f.severity != "note"}
    assert lines == {
        ("nip_birth_differs", "tanggal_lahir", 3),
        ("nip_sex_differs", "jenis_kelamin", 3),
        ("nip_tmt_differs", "tmt_cpns", 3),
        ("unit_name_differs", "nama", 4),
        ("unit_missing", "unit_id", 5),
        ("date_impossible", "tanggal_lahir", 5),
        ("label_unknown", "jenis_kelamin", 5),
        ("label_unknown", "golongan", 5),
        ("label_unknown", "jenis_jabatan", 5),
        ("label_unknown", "pendidikan", 5),
        ("nip_birth_differs", "tanggal_lahir", 6),
    }
    assert extract.rejected["rule"].tolist() == ["unit_missing"]


def test_an_employee_file_without_codes_of_units_and_with_units_above() -> None:
    extract = read([["NIP", "Unit Kerja", "Golongan"], [NIP[0], "Bidang A", "III/a"], [NIP[1], "Bidang A", "3b"]])
    assert extract.rows["unit"].drop(columns="_row").to_numpy().tolist() == [["Bidang A", "Bidang A"]]
    assert {"unit_from_name", "label_unknown"} <= set(by_rule(extract))
    header = ["NIP", "UNOR ID", "UNOR NAMA", "UNOR INDUK ID", "UNOR INDUK NAMA", "TMT CPNS"]
    extract = read([header, [NIP[0], "U2", "Dua", "U1", "Satu", ""]])
    assert extract.rows["unit"].drop(columns="_row").to_numpy().tolist() == [["U2", "Dua", "U1"], ["U1", "Satu", ""]]


SKP22 = ["tahun", "nip", "hasilKinerja", "hasilKinerjaNilai", "perilakuKerja", "PerilakuKerjaNilai", "kuadranKinerja",
         "KuadranKinerjaNilai", "nipNrpPenilai", "statusPenilai"]  # fmt: skip


def record(nip: str, hasil: int, perilaku: int, predikat: int, *codes: int) -> list[object]:
    rating = {1: "DIATAS EKSPEKTASI", 2: "SESUAI EKSPEKTASI", 3: "DIBAWAH EKSPEKTASI"}
    names = {1: "SANGAT BAIK", 2: "BAIK", 3: "BUTUH PERBAIKAN", 4: "KURANG", 5: "SANGAT KURANG"}
    a, b, c = codes or (hasil, perilaku, predikat)
    return ["2024", nip, rating[hasil], str(a), rating[perilaku], str(b), names[predikat], float(c), NIP[9], "ASN"]


def test_yearly_records_with_labels_and_codes() -> None:
    rows = [record(NIP[0], 1, 1, 1), record(NIP[1], 2, 3, 4), record(NIP[2], 2, 2, 2, 2, 1, 2)]
    rows.append([*record(NIP[3], 2, 2, 2)[:8], "12345", "NON ASN"])
    rows.append([*record(NIP[4], 2, 2, 2)[:8], 1.9e17, "ASN"])
    extract = read([SKP22, *rows])
    found = extract.rows["penilaian"]
    assert found["periode"].unique().tolist() == ["2024"]
    assert found["predikat"].tolist() == ["Sangat Baik", "Kurang", "Baik", "Baik", "Baik"]
    assert found["penilai_id"].tolist() == [NIP[9]] * 3 + ["", ""]
    assert cells(extract, "code_mismatch") == ["F4"]
    assert cells(extract, "nip_number") == ["I6"]
    assert "Nilainya dikosongkan, barisnya tetap diambil." in by_rule(extract)["nip_number"][0].message
    assert extract.rejected.empty


def test_codes_that_run_the_other_way_are_said_and_the_labels_hold() -> None:
    rows = [record(NIP[0], 1, 2, 2, 3, 2, 4), record(NIP[1], 3, 2, 3, 1, 2, 3), record(NIP[2], 1, 1, 1, 3, 3, 5)]
    extract = read([SKP22, *rows])
    assert extract.rows["penilaian"]["rating_hasil"].tolist() == ["di_atas", "di_bawah", "di_atas"]
    assert cells(extract, "code_reversed") == ["D2", "D3", "D4", "F4", "H2", "H4"]
    assert "code_mismatch" not in by_rule(extract)
    header = ["nip", "tahun", "hasilKinerjaNilai", "perilakuKerjaNilai", "kuadranKinerja"]
    only = [[NIP[0], "2024", "3", "3", "Sangat Baik"], [NIP[1], "2024", "1", "1", "Sangat Kurang"]]
    extract = read([header, *only])
    assert set(cells(extract, "code_reversed")) == {"C2", "C3", "D2", "D3"}
    assert "predikat_contradiction" not in by_rule(extract)


def test_periodic_records_take_their_period_from_the_months() -> None:
    header = ["nip", "tahun", "periodikNama", "hasilKinerjaNilai", "perilakuKerjaNilai", "kuadranKinerjaNilai",
              "unorId", "bulanMulaiPenilaian", "tahunMulaiPenilaian", "bulanSelesaiPenilaian",
              "tahunSelesaiPenilaian"]  # fmt: skip
    spans = [("3", "3"), ("4", "6"), ("7", "12"), ("1", "12"), ("1", "8"), ("Januari", "Maret"), ("", "")]
    rows = [
        [NIP[i], "2025", "Bulanan", "1", "2", "2", "U1", first, "2025", last, "2025"]
        for i, (first, last) in enumerate(spans)
    ]
    extract = read([header, *rows])
    found = extract.rows["penilaian"]
    assert found["periode"].tolist() == ["2025-03", "2025-T2", "2025-S2", "2025", "2025-T1"]
    assert found["unit_id"].unique().tolist() == ["U1"]
    assert found["rating_hasil"].unique().tolist() == ["di_atas"]
    assert extract.rejected["row"].tolist() == [6, 8]


def test_records_of_the_numeric_regimes_and_a_person_in_the_head_block() -> None:
    header = ["tahun", "nilaiSkp", "nilaiPerilakuKerja", "jenisPeraturanKinerjaKd"]
    rows = [["2019", "88,46", 90.0, ""], ["2021", "12.345.6", 130.0, "PP30"], ["2021", 100.0, 100.0, "PP46"]]
    extract = read([["NIP", f"'{NIP[0]}"], [], header, *rows])
    found = extract.rows["penilaian"].drop(columns="_row").to_dict("records")
    assert [row["pegawai_id"] for row in found] == [NIP[0]] * 3
    assert [row["rezim"] for row in found] == ["pp46", "pp30_8", "pp46"]
    assert [(row["nilai_skp"], row["nilai_perilaku"]) for row in found] == [("88.46", "90"), ("", ""), ("100", "100")]
    assert cells(extract, "number_unknown") == ["B5"]
    assert cells(extract, "number_range") == ["C5"]
    assert cells(extract, "number_text") == ["B4"]
    assert cells(extract, "nip_cleaned") == ["B1"]
    damaged = read([["NIP", 1.9e17], [], header, *rows])
    assert cells(damaged, "nip_number") == ["B1"]
    assert damaged.rejected["rule"].tolist() == ["nip_number"] * 3


def test_records_of_courses() -> None:
    header = [
        "nipBaru",
        "namaKursus",
        "jenisDiklatId",
        "jumlahJam",
        "tahunKursus",
        "tanggalKursus",
        "tanggalSelesaiKursus",
    ]
    rows = [
        [NIP[0], "Tata Naskah", "14", 20.0, "2025", "03-04-2025", "04-04-2025"],
        [NIP[1], "Seminar", "9", "8", "2025", "03-04-2025", ""],
        [NIP[2], "Seminar", "9", 0.0, "2025", "", ""],
        [NIP[3], "Seminar", "99", 8.0, "2025", "03-04-2025", ""],
        [NIP[4], "Seminar", "9", 200.0, "2025", "03-04-2025", "03-04-2025"],
        [NIP[5], "Seminar", "9", 8.0, "2025", "03-04-2025", "01-04-2025"],
        [NIP[6], "Seminar", "9", 5000.0, "2025", "03-04-2025", ""],
        [NIP[7], "Seminar", "9", -4.0, "2025", "31-06-2025", ""],
    ]
    extract = read([header, *rows])
    found = extract.rows["kegiatan"].drop(columns="_row").to_dict("records")
    assert found[0] == {
        "kegiatan_id": event_id(NIP[0], "coaching", "2025-04-03", "TATA NASKAH"),
        "pegawai_id": NIP[0],
        "jenis": "coaching",
        "mulai": "2025-04-03",
        "selesai": "2025-04-04",
        "jp": "20",
    }
    assert [row["jp"] for row in found] == ["20", "8", "", "8", ""]
    assert extract.rejected["rule"].tolist() == ["label_unknown", "date_missing", "date_impossible"]
    assert cells(extract, "date_missing") == ["F4"]
    assert cells(extract, "label_unknown") == ["C5"]
    assert cells(extract, "jp_implausible") == ["D6", "D8"]
    assert cells(extract, "event_ends_early") == ["G7"]
    assert cells(extract, "date_impossible") == ["F9"]
    assert cells(extract, "number_range") == ["D9"]
    assert cells(extract, "jp_zero") == ["D4"]
    assert "date_ambiguous" not in by_rule(extract)
    kept = read([header, *rows], accept=True)
    assert [row["jp"] for row in kept.rows["kegiatan"].to_dict("records")] == ["20", "8", "200", "8", "5000"]
    assert severities(extract)["jp_implausible"] == "error"
    assert severities(kept)["jp_implausible"] == "warning"


def test_one_course_in_two_exports_has_one_id_and_structural_courses_their_kind() -> None:
    diklat = ["nipBaru", "latihanStrukturalNama", "tanggal", "tanggalSelesai", "tahun", "jumlahJam"]
    extract = read([diklat, [NIP[0], "PKA", "2024-03-01", "2024-06-28", "2024", 900.0]])
    assert extract.rows["kegiatan"]["jenis"].tolist() == ["diklat_struktural"]
    first = read(
        [["NIP", "Nama Pelatihan", "Bentuk", "Tanggal", "JP"], [NIP[0], "Tata Naskah", "Bimtek", "3 Mei 2025", 8.0]]
    )
    again = read(
        [
            ["JP", "Tanggal", "Jenis", "Nama Diklat", "NIP"],
            [8.0, date(2025, 5, 3), "Bimbingan Teknis", "TATA  NASKAH", NIP[0]],
        ]
    )
    assert people(first, "kegiatan", "kegiatan_id") == people(again, "kegiatan", "kegiatan_id")
    own = read(
        [["id", "nipBaru", "namaKursus", "jenisDiklatId", "tanggalKursus"], ["K7", NIP[0], "a", 9.0, "03-05-2025"]]
    )
    assert people(own, "kegiatan", "kegiatan_id") == ["K7"]


# ---------------------------------------------------------------------------------------------------- logs

LOG = ["Tanggal", "Nama/NIP Peserta", "Coach", "Jenis", "Durasi", "Moda", "Topik", "Tahap", "Tindak Lanjut", "Catatan"]


def log(*rows: Sequence[object], accept: bool = False) -> Extract:
    """Return what a log with these rows gives; the first stands in row 2."""
    return read([LOG, *rows], accept=accept)


def test_a_log_gives_a_row_a_person() -> None:
    extract = log(
        [date(2025, 5, 3), f"Budi, S.Sos. ({NIP[0]})\nSiti - {WOMAN}", NIP[9], "Coaching", "1 jam 30 menit",
         "Tatap muka", "Kompetensi 3", "Tujuan", "Sudah", "rahasia"],
        ["Kamis, 31 Juli 2025", NIP[1], "Rina", "mentoring", time(1, 30), "Zoom", "karir:1", "", "", ""],
        [datetime.fromisoformat("2025-07-01T09:00"), f"{NIP[2]}; {NIP[3]} dan {NIP[4]}", "", "Konseling",
         timedelta(minutes=45), "", "skp:2", "", "belum", "masalah pribadi"],
    )  # fmt: skip
    found = extract.rows["kegiatan"]
    assert found["pegawai_id"].tolist() == [NIP[0], WOMAN, NIP[1], NIP[2], NIP[3], NIP[4]]
    assert found["mulai"].tolist() == ["2025-05-03"] * 2 + ["2025-07-31"] + ["2025-07-01"] * 3
    assert found["selesai"].tolist() == found["mulai"].tolist()
    assert found["jenis"].tolist() == ["coaching"] * 2 + ["mentoring"] + ["konseling"] * 3
    assert found["durasi_menit"].tolist() == ["90", "90", "90", "45", "45", "45"]
    assert found["moda"].tolist() == ["luring", "luring", "daring", "", "", ""]
    assert found["topik"].tolist() == ["kompetensi:3", "kompetensi:3", "karier:1", "", "", ""]
    assert found["tahap_grow"].tolist() == ["goal", "goal", "", "", "", ""]
    assert found["tindak_lanjut"].tolist() == ["ya", "ya", "", "tidak", "tidak", "tidak"]
    assert found["pembimbing_id"].tolist() == [NIP[9]] * 2 + [""] * 4
    assert found["peran_pembimbing"].tolist() == ["coach"] * 3 + [""] * 3
    assert found["_row"].tolist() == [1, 1, 2, 3, 3, 3]
    assert cells(extract, "guide_name") == ["C3"]
    assert cells(extract, "columns_personal") == ["J1"]
    assert "rahasia" not in found.to_csv()
    assert found["kegiatan_id"].is_unique


def test_faults_of_a_log_stand_at_their_cells() -> None:
    base: list[object] = ["2025-05-03", NIP[0], "", "Coaching", 60.0, "", "", "", "", ""]

    def row(**changed: object) -> list[object]:
        return [changed.get(name, value) for name, value in zip("ABCDEFGHIJ", base, strict=True)]

    extract = log(
        row(),
        row(A="03/04/2025"),
        row(A="31 Februari 2025"),
        row(A="Jul-25"),
        row(A=""),
        row(A=45000.0),
        row(A="1980-01-01"),
        row(A="2009-12-31"),
        row(A="2090-01-01"),
        row(B=f"{NIP[1]}; {NIP[2][:-1]}"),
        row(B="Budi"),
        row(D="Ngobrol"),
        row(D=""),
        row(E=-5.0),
        row(E=2000.0),
        row(E=2.0),
        row(E="lama"),
        row(F="lewat pos"),
        row(G="Cara menulis laporan"),
        row(H="pembuka"),
        row(I="Membuat laporan"),
    )
    assert {
        rule: found for rule in by_rule(extract) if (found := cells(extract, rule)) and rule != "columns_personal"
    } == {
        "date_ambiguous": ["A3"],
        "date_impossible": ["A4"],
        "date_unknown": ["A5"],
        "date_missing": ["A6"],
        "date_number": ["A7"],
        "event_before_birth": ["A8"],
        "event_before_service": ["A9"],
        "event_future": ["A10"],
        "nip_length": ["B11"],
        "nip_missing": ["B12"],
        "label_unknown": ["D13", "F19", "H21"],
        "label_missing": ["D14"],
        "duration_negative": ["E15"],
        "duration_over_day": ["E16"],
        "duration_unit": ["E17"],
        "duration_unknown": ["E18"],
        "text_free": ["I22", "G20"],
    }
    assert extract.rejected["row"].tolist() == [11, 12, 13, 14, 4, 5, 6, 7, 8]
    found = extract.rows["kegiatan"].set_index("_row")
    assert found.loc[2, "mulai"] == "2025-04-03"
    assert found.loc[10, "pegawai_id"] == NIP[1]
    assert found.loc[[14, 15, 16, 17], "durasi_menit"].tolist() == ["", "", "", ""]
    assert found.loc[18, "moda"] == ""
    kept = log(row(E=2000.0), row(E=2.0), accept=True)
    assert kept.rows["kegiatan"]["durasi_menit"].tolist() == ["2000", "2"]
    assert {f.severity for f in kept.findings if f.rule.startswith("duration")} == {"warning"}


def test_a_log_whose_title_says_what_it_holds() -> None:
    extract = read([["LOG MENTORING"], [], ["Tgl", "NIP", "Lama (jam)"], ["2 Mei 2025", NIP[0], 1.5]])
    found = extract.rows["kegiatan"]
    assert (found["jenis"].tolist(), found["durasi_menit"].tolist()) == (["mentoring"], ["90"])
    by_sheet = read([["Tgl", "NIP", "Durasi"], ["2 Mei 2025", NIP[0], 60.0]], name="Konseling 2025")
    assert people(by_sheet, "kegiatan", "jenis") == ["konseling"]
    by_header = read(
        [["Tgl", "NIP Coachee", "Jam Mulai", "Jam Selesai", "Topik"], ["2 Mei 2025", NIP[0], "09.00", time(10, 30), ""]]
    )
    assert people(by_header, "kegiatan", "jenis") == ["coaching"]
    assert people(by_header, "kegiatan", "durasi_menit") == ["90"]
    both = read([["Coaching dan Mentoring"], ["Tgl", "NIP", "Durasi"], ["2 Mei 2025", NIP[0], 60.0]], name=None)
    assert both.rejected["rule"].tolist() == ["label_missing"]


def test_sessions_with_an_id_of_their_own_keep_it() -> None:
    header = ["ID Sesi", "Tanggal", "NIP", "Jenis", "NIP Pembimbing", "Peran"]
    rows = [["S1", "2025-05-03", f"{NIP[0]}, {NIP[1]}", "coaching", f"{NIP[8]}; {NIP[9]}", "Atasan langsung"]]
    extract = read([header, *rows])
    assert people(extract, "kegiatan", "kegiatan_id") == ["S1", "S1"]
    assert people(extract, "kegiatan", "pembimbing_id") == [NIP[8]] * 2
    assert people(extract, "kegiatan", "peran_pembimbing") == ["atasan"] * 2
    assert set(cells(extract, "guide_several")) == {"E2"}


# ---------------------------------------------------------------------------------------------------- forms

FORM = ["No", "Rencana Hasil Kerja Pimpinan yang Diintervensi", "Rencana Hasil Kerja", "Aspek",
        "Indikator Kinerja Individu", "Target", "Realisasi Berdasarkan Bukti Dukung"]  # fmt: skip


def test_a_form_carries_merged_cells_down_and_gives_its_ratings() -> None:
    extract = read(
        [
            ["EVALUASI KINERJA PEGAWAI"],
            ["Periode Penilaian: 1 Januari s.d. 30 Juni 2025"],
            ["No", "PEGAWAI YANG DINILAI", "", "No", "PEJABAT PENILAI KINERJA", ""],
            [1.0, "NIP", f"'{NIP[0]}", 1.0, "NIP", NIP[9]],
            [],
            FORM,
            ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
            ["A. UTAMA"],
            [1.0, "Layanan prima", "Berkas selesai", "Kuantitas", "Jumlah berkas", "120 berkas", 107.0],
            ["", "", "", "Waktu", "Lama proses", "7 - 8 hari", "Tepat waktu"],
            [2.0, "Tata kelola", "Anggaran terserap", "Hemat", "Persen serapan", "80 %", "72,4"],
            ["B. TAMBAHAN"],
            [3.0, "", "", "Biaya", "", "", ""],
            ["PERILAKU KERJA"],
            [1.0, "Akuntabel", "", "", "jujur", "", ""],
            ["RATING HASIL KERJA", "", "Sesuai Ekspektasi"],
            ["RATING PERILAKU KERJA", ":", "Diatas Ekspektasi"],
            ["PREDIKAT KINERJA PEGAWAI"],
            ["Sangat Baik"],
            ["", "", "", "", "", "NIP. 197001011995011001"],
        ]
    )
    plan = extract.rows["skp"].drop(columns="_row")
    assert plan.to_numpy().tolist() == [
        [NIP[0], "2025-S1", "Berkas selesai", "Layanan prima", "kuantitas", "Jumlah berkas", "120", "107"],
        [NIP[0], "2025-S1", "Berkas selesai", "Layanan prima", "waktu", "Lama proses", "", ""],
        [NIP[0], "2025-S1", "Anggaran terserap", "Tata kelola", "", "Persen serapan", "80", "72.4"],
    ]
    assert extract.rows["penilaian"].drop(columns="_row").to_dict("records") == [
        {
            "pegawai_id": NIP[0],
            "periode": "2025-S1",
            "penilai_id": NIP[9],
            "rezim": "p6_2022",
            "rating_hasil": "sesuai",
            "rating_perilaku": "di_atas",
            "predikat": "Sangat Baik",
        }
    ]
    assert cells(extract, "nip_cleaned") == ["C4"]
    assert cells(extract, "unit_dropped") == ["F9"]
    assert cells(extract, "target_range") == ["F10"]
    assert cells(extract, "target_words") == ["G10"]
    assert cells(extract, "label_unknown") == ["D11"]
    assert cells(extract, "predikat_contradiction") == ["A19"]
    assert extract.rejected.empty


def test_a_form_of_2021_with_a_damaged_number_and_a_score() -> None:
    header = ["No", "Rencana Kinerja Atasan Langsung", "Rencana Kinerja", "Aspek", "IKI", "Target", "Realisasi"]
    rows = [header, [1.0, "a", "b", "Kualitas", "c", 100.0, 90.0], ["NILAI AKHIR SKP", "", 102.8]]
    top = [["PERIODE PENILAIAN: 1 JULI SD 31 DESEMBER 2021"], ["PEGAWAI YANG DINILAI"]]
    good = read([*top, ["NIP", NIP[0]], *rows])
    assert good.rows["skp"][["pegawai_id", "periode", "target"]].to_numpy().tolist() == [[NIP[0], "2021-S2", "100"]]
    assert good.rows["penilaian"][["nilai_skp", "rezim"]].to_numpy().tolist() == [["102.8", "pp30_8"]]
    bad = read([*top, ["NIP", 198501012010011001.0], *rows])
    assert cells(bad, "nip_number") == ["B3"]
    assert bad.rows["skp"].empty
    assert bad.rejected["table"].tolist() == ["skp", "penilaian"]


def test_a_list_of_plans_of_many_people() -> None:
    header = ["NIP", "Rencana Hasil Kerja", "Aspek", "Indikator", "Target", "Realisasi"]
    rows = [
        [NIP[0], "a", "Kuantitas", "x", 10.0, 9.0],
        ["", "", "Kualitas", "y", 10.0, 9.0],
        [NIP[1], "b", "", "z", 1.0, 1.0],
    ]
    extract = read([["Periode Tahunan 2024"], header, *rows])
    assert people(extract, "skp") == [NIP[0], NIP[0], NIP[1]]
    assert people(extract, "skp", "rhk") == ["a", "a", "b"]
    assert people(extract, "skp", "aspek") == ["kuantitas", "kualitas", ""]


# ---------------------------------------------------------------------------------------------------- competencies

NAMES = ["Integritas", "Kerja Sama", "Komunikasi", "Orientasi pada Hasil", "Pelayanan Publik"]


def test_results_of_an_assessment_with_a_column_a_competency() -> None:
    rows = [
        ["Periode Tahunan 2025"],
        ["No", "NIP", "Nama", *NAMES, "JPM (%)"],
        ["", "", "Standar", *[3.0] * 5, ""],
        [1.0, NIP[0], "a", 3.0, "4", "", 2.5, 6.0, 88.0],
        [2.0, 1.9e17, "b", *[3.0] * 5, 90.0],
    ]
    extract = read(rows)
    assert extract.rows["kompetensi"].drop(columns="_row").to_numpy().tolist() == [
        [NIP[0], "2025", "Integritas", "3", "3"],
        [NIP[0], "2025", "Kerja Sama", "4", "3"],
    ]
    assert cells(extract, "nip_number") == ["B5"]
    assert cells(extract, "number_range") == ["G4", "H4"]
    assert sorted(extract.rejected["cell"]) == ["B5", "G4", "H4"]


def test_results_of_an_assessment_in_other_shapes() -> None:
    top = ["NIP", *[name for c in NAMES for name in (c, "")], "Tanggal Asesmen"]
    extract = read([top, ["", *["Level", "Standar"] * 5, ""], [NIP[0], *[3.0, 4.0] * 5, date(2025, 5, 3)]])
    assert extract.rows["kompetensi"]["level_standar"].tolist() == ["4"] * 5
    assert extract.rows["kompetensi"]["periode"].unique().tolist() == ["2025"]
    extract = read([["NIP", "Kompetensi", "Level", "Standar", "Tahun"], [NIP[0], "Teknis A", 3.0, 2.0, 2025.0]])
    assert extract.rows["kompetensi"].drop(columns="_row").to_numpy().tolist() == [
        [NIP[0], "2025", "Teknis A", "3", "2"]
    ]


# ---------------------------------------------------------------------------------------------------- our own, mapped


def test_canonical_tables_come_back() -> None:
    rows = [
        ["kegiatan_id", "pegawai_id", "jenis", "mulai", "durasi_menit", "topik", "tindak_lanjut"],
        ["K1", NIP[0], "coaching", "2025-05-03", "45.0", "bebas", "ya"],
        ["K2", "P-0001", "mentoring", date(2025, 5, 3), 88.125, "", False],
        ["K3", "12345", "seminar", "2025-05-03", "88,5", "", ""],
        ["K4", 12345.0, "Lomba", "2025-05-03", "", "", ""],
        ["K5", 1.9e17, "seminar", "2025-05-03", "", "", ""],
        ["", NIP[1], "seminar", "", "", "", ""],
        ["K6", NIP[0][:-1], "seminar", "2025-13-03", "", "", ""],
    ]
    extract = read(rows)
    found = extract.rows["kegiatan"].drop(columns="_row").to_numpy().tolist()
    assert found == [
        ["K1", NIP[0], "coaching", "2025-05-03", "45", "bebas", "ya"],
        ["K2", "P-0001", "mentoring", "2025-05-03", "88.125", "", "tidak"],
        ["K3", "12345", "seminar", "2025-05-03", "88.5", "", ""],
    ]
    assert extract.rejected[["row", "rule"]].to_numpy().tolist() == [
        [7, "id_missing"],
        [6, "nip_number"],
        [8, "nip_length"],
        [5, "label_unknown"],
    ]
    assert cells(extract, "id_number") == ["B5"]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_canonical_table_is_recognised_and_read(table: str) -> None:
    example = {"id": "A1", "text": "kata", "period": "2025-S1", "date": "2025-05-03", "number": "2.5", "integer": "3",
               "boolean": "ya"}  # fmt: skip
    names = [column.name for column in TABLES[table].columns]
    values = [column.levels[0] if column.levels else example[column.kind] for column in TABLES[table].columns]
    extract = read([names, values], name=table)
    assert extract.rows[table].drop(columns="_row").to_numpy().tolist() == [values]
    assert set(by_rule(extract)) <= {"number_text"}


@given(
    st.lists(
        st.tuples(
            st.dates(date(1950, 1, 1), date(2005, 12, 31)),
            st.integers(1990, 2025),
            st.integers(1, 12) | st.integers(21, 40),
            st.integers(1, 2),
            st.integers(1, 999),
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_no_character_of_an_identifier_changes(parts: list[tuple[date, int, int, int, int]], csv: bool) -> None:
    ids = [f"{born:%Y%m%d}{year}{month:02d}{sex}{number:03d}" for born, year, month, sex, number in parts]
    settings: dict[str, object] = {"name": None, "lines": list(range(1, len(ids) + 6))} if csv else {}
    width = [*HEAD[:3], ["", ""]]
    extract = recap(*[(nip, *GOOD) for nip in ids], head=width, **settings)
    assert people(extract) == ids


@given(st.lists(st.text(min_size=1, max_size=20) | st.floats() | st.booleans() | st.integers(), min_size=1, max_size=6))
def test_whatever_stands_for_a_number_is_kept_exactly_or_refused(cells_: list[object]) -> None:
    extract = recap(*[(cell, *GOOD) for cell in cells_])
    given_ = ["".join(c for c in str(cell) if c in "0123456789") for cell in cells_ if isinstance(cell, str)]
    assert all(person in given_ for person in people(extract))


def test_a_mapped_sheet_of_appraisals() -> None:
    own = ColumnMap(
        "balai", "penilaian", "", {"no induk": "pegawai_id", "hasil akhir": "predikat"}, {"periode": "2025-S1"}
    )
    extract = read([["No. Induk", "Hasil Akhir"], [NIP[0], "Cukup"], ["12345", "Baik"], [NIP[1], "Hebat"]], maps=[own])
    assert extract.rows["penilaian"].drop(columns="_row").to_numpy().tolist() == [
        [NIP[0], "2025-S1", "p6_2022", "Butuh Perbaikan"]
    ]
    assert extract.rejected["rule"].tolist() == ["nip_length", "label_unknown"]


def test_a_talent_mapping_is_read_through_a_mapping_file() -> None:
    words = {"nip": "pegawai_id", "kategori potensial": "potensial"}
    own = ColumnMap("talenta", "penilaian", "", words, {"periode": "2025-S1"})
    header = ["NIP", "Nama", "UE1", "Kategori Kinerja", "Kategori Potensial"]
    rows = [
        [nip, "", "Sekretariat", "Sesuai ekspektasi", f"Potensial {p}"]
        for nip, p in zip(NIP[:2], ("Tinggi", "rendah"), strict=True)
    ]
    extract = read([header, *rows, [NIP[0], "", "", "", "kotak 9"]], maps=[own])
    mapped = extract.rows["penilaian"][["pegawai_id", "periode", "potensial"]]
    assert mapped.to_numpy().tolist() == [
        [NIP[0], "2025-S1", "tinggi"],
        [NIP[1], "2025-S1", "rendah"],
        [NIP[0], "2025-S1", ""],
    ]


def test_a_mapped_log_and_a_kind_with_a_period_from_the_map() -> None:
    own = ColumnMap(
        "balai", "kegiatan", "", {"kapan": "mulai", "siapa": "pegawai_id"}, {"jenis": "coaching", "moda": "daring"}
    )
    extract = read([["Kapan", "Siapa"], ["3 Mei 2025", f"{NIP[0]}; {NIP[1]}"]], maps=[own])
    assert extract.rows["kegiatan"][["pegawai_id", "jenis", "mulai", "moda"]].to_numpy().tolist() == [
        [NIP[0], "coaching", "2025-05-03", "daring"],
        [NIP[1], "coaching", "2025-05-03", "daring"],
    ]
    period = ColumnMap("maret", "", "ekinerja", {}, {"periode": "2025-03"})
    assert recap((NIP[0], *GOOD), head=HEAD[:2], maps=[period]).rows["penilaian"]["periode"].tolist() == ["2025-03"]


# ---------------------------------------------------------------------------------------------------- all of it


def test_every_kind_has_its_family_and_every_rule_its_words() -> None:
    assert {*kinds(), "kanonik", "peta"} == set(FAMILIES)
    for rule, fault in FAULTS.items():
        assert re.fullmatch("[a-z_]+", rule)
        assert fault.text
        assert fault.remedy.endswith(".")
        assert not fault.doubtful or fault.severity == "warning"


@pytest.mark.parametrize(
    ("name", "levels"),
    [("jenis_kelamin", JENIS_KELAMIN), ("status", STATUS), ("pendidikan", PENDIDIKAN), ("moda", MODA),
     ("peran_pembimbing", PERAN_PEMBIMBING), ("tahap_grow", TAHAP_GROW)],
)  # fmt: skip
def test_labels_name_levels_of_the_vocabulary(name: str, levels: tuple[str, ...]) -> None:
    assert set(labels(name).values()) == set(levels)
    assert all(words == " ".join(words.split()) for words in labels(name))


def test_an_extract_is_of_text_only_and_speaks_the_language_in_use() -> None:
    extract = recap((NIP[0], *GOOD), (1.9e17, *GOOD))
    frame = extract.rows["penilaian"]
    assert all(isinstance(dtype, pd.StringDtype) for dtype in frame.drop(columns="_row").dtypes)
    assert frame["_row"].dtype == "int64"
    use_language("en")
    assert recap((1.9e17, *GOOD)).findings[0].rule == "nip_number"


def test_a_hundred_thousand_rows_share_the_work_of_equal_cells() -> None:
    rows = [[float(i), NIP[i % 12], "a", "b", *GOOD] for i in range(20_000)]
    extract = read([*HEAD, RECAP, *rows])
    assert len(extract.rows["penilaian"]) == 20_000
    assert extract.findings == ()


def test_a_csv_whose_header_ends_with_an_empty_field() -> None:
    rows = [["NIP", "Predikat", "Tahun", ""], [NIP[0], "Baik", "2024"], [NIP[1], "Baik", "2024", ""]]
    extract = read(rows, file="a.csv", name=None, lines=[1, 2, 3])
    assert people(extract) == [NIP[0], NIP[1]]


def test_pseudonyms_of_canonical_tables_stay_exact() -> None:
    ids = ["0123456789e1", "a1b2c3", "00042", "P 1", "19850101e2010011001"]
    extract = read([["pegawai_id", "unit_id"], *[[i, "U"] for i in ids], ["1,98E+17", "U"], [f"'{NIP[0]}", "U"]])
    assert people(extract, "pegawai") == [*ids, NIP[0]]
    assert extract.rejected["rule"].tolist() == ["nip_exponent"]


ODD: list[object] = [
    "", "-", NIP[0], f"'{NIP[1]}", 1.9e17, "1,9E+17", float("nan"), float("inf"), -1, 2.0, True, date(2025, 1, 2),
    time(1, 30), timedelta(hours=400), "03/04/2025", "Baik", "1 jam", "=A1", "<b>x</b>", "a\x00b", "\ud800", "(1)",
    "Periode Bulanan 4 Tahun 2025", "Jumlah", "NIP. 123", "Standar", "\n;;,", "9" * 400, "\u0663", "²", "1e400", "14",
]  # fmt: skip
HEADERS: list[list[str]] = [
    RECAP,
    SKP22,
    LOG,
    FORM,
    ["NIP", *NAMES, "Tahun"],
    ["kegiatan_id", "pegawai_id", "jenis", "mulai"],
    ["NIP BARU", "UNOR ID", "UNOR NAMA", "TANGGAL LAHIR", "GOL AKHIR NAMA", "ESELON ID"],
    ["nipBaru", "namaKursus", "jenisDiklatId", "jumlahJam", "tanggalKursus"],
]


@given(st.sampled_from(HEADERS), st.lists(st.lists(st.sampled_from(ODD), max_size=9), max_size=6), st.booleans())
def test_whatever_stands_in_the_cells_ends_in_rows_findings_or_rejects(
    header: list[str], body: list[list[object]], csv: bool
) -> None:
    rows = [["Periode Bulanan 3 Tahun 2025"], ["NIP", NIP[5]], header, *body]
    settings: dict[str, object] = {"file": "a.csv", "name": None, "lines": list(range(1, len(rows) + 1))} if csv else {}
    extract = read(rows, **settings)
    for table, frame in extract.rows.items():
        for person in frame["pegawai_id"] if "pegawai_id" in frame and table != "kegiatan" else []:
            assert person in NIP


def test_the_four_damaged_numbers_in_real_files(tmp_path: Path) -> None:
    ids: list[object] = [NIP[0], 198501012010011001, "1,98501E+17", "", f"'{NIP[1]}"]
    book = xlsxwriter.Workbook(str(tmp_path / "Rekap.xlsx"), {"strings_to_numbers": False})
    cells_ = book.add_worksheet("Sekretariat")
    for r, row in enumerate([*HEAD, RECAP, *[[i, nip, "a", "b", *GOOD] for i, nip in enumerate(ids, start=1)]]):
        cells_.write_row(r, 0, row)
    book.close()
    lines = [";".join(map(str, RECAP)), *[f'{i};"{nip}";a;b;{";".join(GOOD)}' for i, nip in enumerate(ids, start=1)]]
    (tmp_path / "Rekap.csv").write_text("Periode Tahunan 2024;;;;;;\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (sheet,), faults = read_sheets(tmp_path / "Rekap.xlsx", name="Rekap.xlsx")
    found = recognise(sheet)
    assert found is not None
    assert faults == []
    extract = convert(sheet, found)
    assert people(extract) == [NIP[0], NIP[1]]
    assert {f.rule: f.cell for f in extract.findings} == {
        "nip_number": "B7",
        "nip_exponent": "B8",
        "nip_missing": "B9",
        "nip_cleaned": "B10",
    }
    (sheet,), faults = read_sheets(tmp_path / "Rekap.csv", name="Rekap.csv")
    found = recognise(sheet)
    assert found is not None
    extract = convert(sheet, found)
    assert people(extract) == [NIP[0], "198501012010011001", NIP[1]]
    assert {f.rule: f.line for f in extract.findings} == {"nip_exponent": 5, "nip_missing": 6, "nip_cleaned": 7}
