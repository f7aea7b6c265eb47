"""Exports with planted faults -> tables, findings at their cells, and a folder that is whole or as it was before."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import xlsxwriter

from kinerja_lib import importer
from kinerja_lib.errors import CallError
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.importer import check_folder, explain_exports, folder, import_exports
from kinerja_lib.language import use_language
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.schema import Dataset

Rows = Sequence[Sequence[object]]
HEADER = ["No", "NIP", "Nama", "Jabatan", "Rating Hasil Kinerja", "Rating Perilaku Kerja", "Predikat Kinerja Periodik"]
FIELDS = "rule severity file sheet cell line table column count message remedy"


def nip(number: int) -> str:
    """Return the NIP of an invented person."""
    return f"198001{number + 1:02d}2010041{number + 1:03d}"


def make_book(file: Path, *, hidden: Sequence[str] = (), **sheets: Rows) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    write = sheet.write_number if isinstance(value, int | float) else sheet.write_string
                    if value != "":
                        write(at, column, value)
            if name in hidden:
                sheet.hide()
    return file


def rated(number: int, predikat: str = "Baik", rating: str = "Sesuai Ekspektasi") -> list[object]:
    return [nip(number), f"Orang {number}", "Analis", rating, "Sesuai Ekspektasi", predikat]


def recap(*people: Sequence[object], period: str = "Periode Tahunan Tahun 2024") -> Rows:
    """Return the sheet of an e-Kinerja recap; the first person stands in row 6."""
    head: list[list[object]] = [["7101 - Kabupaten Rekaan"], ["Subbagian Umum"], [period], [], list(HEADER)]
    return [*head, *([at, *row] for at, row in enumerate(people, start=1))]


def staff(*numbers: int) -> str:
    header = "NIP BARU|NAMA|TANGGAL LAHIR|JENIS KELAMIN|TMT CPNS|UNOR ID|UNOR NAMA|GOL AKHIR NAMA"
    lines = [
        f"'{nip(n)}|Orang {n}|{n + 1:02d}-01-1980|M|01-04-2010|U{n % 2 + 1}|Unit {n % 2 + 1}|III/a" for n in numbers
    ]
    return "\n".join([header, *lines]) + "\n"


def course(number: int, day: str, jp: object = 20, name: str = "Kursus") -> str:
    return f"{nip(number)};{name};11;{jp};{day};{day}"


COURSES = "nipBaru;namaKursus;jenisDiklatId;jumlahJam;tanggalKursus;tanggalSelesaiKursus\n"
LOG = ["Tanggal", "Jenis", "NIP Peserta", "NIP Pembimbing", "Durasi (menit)"]


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder with several exports and planted faults."""
    root = tmp_path / "ekspor"
    bad_number: list[object] = [198001022010041002, "X", "Y", "Sesuai Ekspektasi", "Sesuai Ekspektasi", "Baik"]
    short: list[object] = ["19800103201004100", "X", "Y", "Sesuai Ekspektasi", "Sesuai Ekspektasi", "Baik"]
    make_book(
        root / "Rekap A.xlsx",
        hidden=["Lama"],
        Sekretariat=recap(rated(0), bad_number, short, rated(3), rated(5, "Bagus"), rated(0)),
        Lama=recap(rated(8)),
        Petunjuk=[["Cara mengisi"], ["Isi semua"]],
    )
    make_book(
        root / "sub" / "Rekap B.xlsx",
        Bidang=recap(rated(3, "Kurang", "Dibawah Ekspektasi"), rated(6), rated(0), rated(20)),
    )
    (root / "siasn.csv").write_text(staff(*range(9)), encoding="utf-8")
    rows = [course(0, "01-03-2024"), course(1, "01-03-2009"), course(2, "01-03-2052")]
    (root / "kursus.csv").write_text(COURSES + "\n".join(rows) + "\n", encoding="utf-8")
    days = ["2 Januari 2024", "3 Januari 2024", "3 Januari 2024"]
    make_book(root / "log.xlsx", Log=[LOG, *([day, "Coaching", nip(0), nip(1), "1 jam 30 menit"] for day in days)])
    (root / "rusak.xlsx").write_bytes(b"PK\x03\x04bukan")
    (root / "catatan.pdf").write_bytes(b"%PDF-1.4")
    return root


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two exports without a fault."""
    root = tmp_path / "kecil"
    make_book(root / "Rekap.xlsx", Satu=recap(rated(0), rated(1), rated(2)))
    (root / "siasn.csv").write_text(staff(0, 1, 2), encoding="utf-8")
    return root


def places(findings: Findings, *rules: str) -> set[tuple[object, ...]]:
    """Return rule, file and place of each finding of these rules."""
    return {(f.rule, f.file, f.sheet, f.line or f.cell) for f in findings if f.rule in rules}


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def table(root: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(root / f"{name}.csv", dtype="str", keep_default_na=False)


# -- what is good, what is not -----------------------------------------------------------------------------------------


def test_good_rows_are_exact_and_each_planted_fault_is_at_its_cell(exports: Path, tmp_path: Path) -> None:
    result = import_exports([exports], out=tmp_path / "D", jobs=1)
    found = result.findings
    a, b = ("Rekap A.xlsx", "Sekretariat"), ("sub/Rekap B.xlsx", "Bidang")
    assert places(found, "nip_number", "nip_length", "label_unknown") == {
        ("nip_number", *a, "B7"),
        ("nip_length", *a, "B8"),
        ("label_unknown", *a, "G10"),
    }
    assert places(found, "duplicate_conflict", "person_unknown") == {
        ("duplicate_conflict", *b, "E6"),
        ("duplicate_conflict", *b, "G6"),
        ("person_unknown", *b, "B9"),
    }
    assert places(found, "event_before_service", "event_future") == {
        ("event_before_service", "kursus.csv", None, 3),
        ("event_future", "kursus.csv", None, 4),
    }
    assert places(found, "sheet_hidden") == {("sheet_hidden", "Rekap A.xlsx", "Lama", None)}
    assert places(found, "file_skipped") == {("file_skipped", "catatan.pdf", None, None)}
    assert [f.severity for f in found if f.file == "rusak.xlsx"] == ["error"]
    assert places(found, "duplicate_same") == {
        ("duplicate_same", *a, "B11"),
        ("duplicate_same", "sub/Rekap B.xlsx", None, None),
        ("duplicate_same", "log.xlsx", "Log", "C4"),
    }
    rows = table(tmp_path / "D", "penilaian")
    assert rows[["pegawai_id", "periode", "unit_id", "predikat"]].to_numpy().tolist() == [
        [nip(0), "2024", "U1", "Baik"],
        [nip(3), "2024", "U2", "Baik"],
        [nip(6), "2024", "U1", "Baik"],
        [nip(20), "2024", "", "Baik"],
    ]
    assert len(table(tmp_path / "D", "pegawai")) == 9
    assert result.counts["penilaian"] == {"read": 10, "used": 4, "merged": 2, "rejected": 4}


def test_findings_json_is_the_contract(exports: Path, tmp_path: Path) -> None:
    result = import_exports([exports], out=tmp_path / "D")
    content = json.loads((tmp_path / "D" / "findings.json").read_text(encoding="utf-8"))
    assert (list(content), content["version"]) == (["version", "findings"], 1)
    for row in content["findings"]:
        assert " ".join(key for key in row if key != "cells") == FIELDS
        assert row["severity"] in ("error", "warning", "note")
        assert row["message"]
        assert row["remedy"]
        assert not re.search("[0-9]{15}|Orang", row["message"] + row["remedy"])
        assert ("cells" in row) == (len(row.get("cells", ())) > 1)
    assert Findings.from_json(content) == result.findings
    with (tmp_path / "D" / "findings.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["rule"] for row in rows] == [finding.rule for finding in result.findings]


def test_rejected_rows_are_kept_with_reason_and_content(exports: Path, tmp_path: Path) -> None:
    import_exports([exports], out=tmp_path / "D")
    with (tmp_path / "D" / "rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["file"], row["sheet"], row["row"], row["cell"], row["table"]) for row in rows] == [
        ("Rekap A.xlsx", "Sekretariat", "7", "B7", "penilaian"),
        ("Rekap A.xlsx", "Sekretariat", "8", "B8", "penilaian"),
        ("Rekap A.xlsx", "Sekretariat", "10", "G10", "penilaian"),
        ("sub/Rekap B.xlsx", "Bidang", "6", "E6", "penilaian"),
    ]
    assert "19800103201004100" in rows[1]["content"]
    assert f"pegawai_id={nip(3)}" in rows[3]["content"]
    assert rows[3]["reason"].startswith(
        "sub/Rekap B.xlsx, Bidang, E6 bertentangan dengan Rekap A.xlsx, Sekretariat, E9"
    )


def test_every_row_has_its_origin(exports: Path, tmp_path: Path) -> None:
    result = import_exports([exports], out=tmp_path / "D")
    origin = table(tmp_path / "D", "asal")
    hashes = {read.file: read.hash for read in result.reads if read.hash}
    assert (origin["hash"] == origin["file"].map(hashes)).all()
    for name in ("unit", "pegawai", "penilaian", "kegiatan"):
        own = origin[origin["table"] == name]
        assert own["key"].nunique() == len(table(tmp_path / "D", name))
    first = origin[origin["key"] == f"{nip(6)}|2024"].iloc[0]
    assert (first["file"], first["sheet"], first["row"]) == ("sub/Rekap B.xlsx", "Bidang", "7")
    assert "predikat:G" in first["columns"].split()
    line = origin[(origin["table"] == "pegawai") & (origin["key"] == nip(2))].iloc[0]
    assert (line["file"], line["sheet"], line["line"]) == ("siasn.csv", "", "4")


def test_check_names_the_exports_again_and_side_files_are_no_tables(exports: Path, tmp_path: Path) -> None:
    result = import_exports([exports], out=tmp_path / "D")
    assert set(read_dataset(tmp_path / "D")) == {"unit", "pegawai", "penilaian", "kegiatan"}
    _data, found = check_folder(tmp_path / "D")
    assert set(found) == set(result.findings)
    assert places(found, "person_unknown") == {("person_unknown", "sub/Rekap B.xlsx", "Bidang", "B9")}


def test_hidden_sheets_are_read_when_asked_for(exports: Path, tmp_path: Path) -> None:
    result = import_exports([exports / "Rekap A.xlsx", exports / "siasn.csv"], out=tmp_path / "D", hidden=True)
    assert nip(8) in set(table(tmp_path / "D", "penilaian")["pegawai_id"])
    assert not any(f.rule == "sheet_hidden" and f.severity == "warning" for f in result.findings)


def test_one_course_that_two_exports_bring_is_one(tmp_path: Path) -> None:
    root = tmp_path / "e"
    root.mkdir()
    first = [course(0, "01-03-2024"), course(0, "05-03-2024", 10), course(0, "05-03-2024", 11, "Lain")]
    (root / "a.csv").write_text(COURSES + "\n".join(first) + "\n", encoding="utf-8")
    second = [course(0, "01-03-2024"), course(1, "01-03-2024"), course(0, "02-03-2024", 8)]
    (root / "b.csv").write_text(COURSES + "\n".join(second) + "\n", encoding="utf-8")
    third = [course(0, "02-03-2024", 30)]
    (root / "c.csv").write_text(COURSES + "\n".join(third) + "\n", encoding="utf-8")
    result = import_exports([root], out=tmp_path / "D")
    rows = table(tmp_path / "D", "kegiatan")
    assert rows[["pegawai_id", "mulai", "jp"]].to_numpy().tolist() == [
        [nip(0), "2024-03-01", "20.0"],
        [nip(1), "2024-03-01", "20.0"],
        [nip(0), "2024-03-02", "8.0"],
        *([nip(0), "2024-03-05", jp] for jp in rows["jp"].iloc[3:]),
    ]
    assert set(rows["jp"].iloc[3:]) == {"10.0", "11.0"}
    assert rows["kegiatan_id"].is_unique
    assert places(result.findings, "duplicate_conflict") == {("duplicate_conflict", "c.csv", None, 2)}


def test_people_and_units_come_from_recaps_where_no_list_is(small: Path, tmp_path: Path) -> None:
    result = import_exports([small / "Rekap.xlsx"], out=tmp_path / "D")
    people = table(tmp_path / "D", "pegawai")
    assert people["pegawai_id"].tolist() == [nip(0), nip(1), nip(2)]
    assert set(people["unit_id"]) == {"Subbagian Umum"}
    assert table(tmp_path / "D", "unit")["unit_id"].tolist() == people["unit_id"].unique().tolist()
    assert [f.severity for f in result.findings if f.rule == "people_from_recaps"] == ["warning"]
    assert not result.findings.errors
    assert read_dataset(tmp_path / "D").periods == ["2024"]
    again = import_exports([small / "siasn.csv"], out=tmp_path / "D")
    assert not any(f.rule == "people_from_recaps" for f in again.findings)
    assert set(table(tmp_path / "D", "penilaian")["unit_id"]) == {"U1", "U2"}


def test_tables_that_no_report_can_be_made_from_are_told(tmp_path: Path) -> None:
    file = tmp_path / "kursus.csv"
    file.write_text(COURSES + course(0, "01-03-2024") + "\n", encoding="utf-8")
    result = import_exports([file], out=tmp_path / "D")
    assert [f.rule for f in result.findings if f.rule == "tables_missing"] == ["tables_missing"]
    data, found = check_folder(tmp_path / "D")
    assert len(data["kegiatan"]) == 1
    assert not found.errors


def test_a_kind_that_nobody_knows_is_an_error_and_a_map_reads_it(small: Path, tmp_path: Path) -> None:
    rows = [["Nomor induk", "Hari", "Lama"], [nip(0), "2024-05-02", 60]]
    odd = make_book(small / "aneh.xlsx", Satu=rows)
    result = import_exports([small], out=tmp_path / "D")
    assert places(result.findings, "sheet_unknown") == {("sheet_unknown", "aneh.xlsx", "Satu", None)}
    assert result.findings.errors
    peta = tmp_path / "peta.toml"
    names = '"nomor induk" = "pegawai_id"\n"hari" = "mulai"\n"lama" = "durasi_menit"\n'
    peta.write_text(f'table = "kegiatan"\n[columns]\n{names}[constants]\njenis = "coaching"\n', encoding="utf-8")
    mapped = import_exports([odd], out=tmp_path / "D", maps=[peta])
    assert not mapped.findings.errors
    assert table(tmp_path / "D", "kegiatan")["durasi_menit"].tolist() == ["60.0"]


# -- again, corrected, side by side ------------------------------------------------------------------------------------


def test_the_same_files_twice_add_nothing(exports: Path, tmp_path: Path) -> None:
    import_exports([exports], out=tmp_path / "D")
    before = contents(tmp_path / "D")
    import_exports([exports], out=tmp_path / "D")
    assert contents(tmp_path / "D") == before


def test_one_by_one_gives_what_all_together_give(exports: Path, tmp_path: Path) -> None:
    import_exports([exports], out=tmp_path / "D")
    for name in ("sub", "siasn.csv", "Rekap A.xlsx", "kursus.csv", "log.xlsx", "rusak.xlsx"):
        import_exports([exports / name], out=tmp_path / "E")
    one, other = contents(tmp_path / "D"), contents(tmp_path / "E")
    for name in ("unit.csv", "pegawai.csv", "kegiatan.csv"):
        assert one[name] == other[name]
    assert table(tmp_path / "D", "penilaian").equals(table(tmp_path / "E", "penilaian"))


def test_one_process_or_two_give_the_same_bytes(exports: Path, tmp_path: Path) -> None:
    import_exports([exports], out=tmp_path / "D", jobs=1)
    import_exports([exports], out=tmp_path / "E", jobs=2)
    assert contents(tmp_path / "D") == contents(tmp_path / "E")


def test_a_corrected_file_replaces_its_own_rows_only(exports: Path, tmp_path: Path) -> None:
    import_exports([exports], out=tmp_path / "D")
    make_book(exports / "Rekap A.xlsx", Sekretariat=recap(rated(1), rated(2)))
    result = import_exports([exports], out=tmp_path / "D")
    rows = table(tmp_path / "D", "penilaian")
    # the first file no longer has 0 and 3: those of the second stand in their place now
    assert dict(zip(rows["pegawai_id"], rows["predikat"], strict=True)) == {
        nip(0): "Baik",
        nip(1): "Baik",
        nip(2): "Baik",
        nip(3): "Kurang",
        nip(6): "Baik",
        nip(20): "Baik",
    }
    assert not places(result.findings, "nip_number", "nip_length", "duplicate_conflict", "label_unknown")
    assert len(table(tmp_path / "D", "kegiatan")) == 5


def test_a_file_of_ones_own_in_the_folder_stays(small: Path, tmp_path: Path) -> None:
    import_exports([small], out=tmp_path / "D")
    (tmp_path / "D" / "catatan saya.txt").write_text("penting", encoding="utf-8")
    import_exports([small], out=tmp_path / "D")
    assert (tmp_path / "D" / "catatan saya.txt").read_text(encoding="utf-8") == "penting"


def test_a_folder_of_something_else_is_refused(small: Path, tmp_path: Path) -> None:
    (tmp_path / "D").mkdir()
    (tmp_path / "D" / "pegawai.csv").write_text("milik orang", encoding="utf-8")
    with pytest.raises(CallError, match=r"bukan hasil kinerja import \(berisi pegawai\.csv\)"):
        import_exports([small], out=tmp_path / "D")
    assert contents(tmp_path / "D") == {"pegawai.csv": b"milik orang"}


def test_two_folders_with_files_of_one_name(small: Path, tmp_path: Path) -> None:
    make_book(tmp_path / "lain" / "Rekap.xlsx", Satu=recap(rated(2)))
    result = import_exports([small, tmp_path / "lain"], out=tmp_path / "D")
    assert {read.file for read in result.reads} == {"kecil/Rekap.xlsx", "lain/Rekap.xlsx", "siasn.csv"}


def test_the_result_is_never_read(small: Path) -> None:
    import_exports([small], out=small / "D")
    again = import_exports([small], out=small / "D")
    assert {read.file for read in again.reads} == {"Rekap.xlsx", "siasn.csv"}


WRONG: dict[str, tuple[Callable[[Path], dict[str, object]], str]] = {
    "path": (lambda _root: {"paths": ["tidak/ada"]}, r"tidak/ada: folder atau berkas tidak ada"),
    "empty": (
        lambda root: {"paths": [root / "kosong"]},
        r"kosong: tidak ada berkas yang dapat dibaca; yang dibaca: \.x",
    ),
    "jobs": (lambda root: {"paths": [root], "jobs": 0}, r"jobs: ditemukan 0; yang diizinkan: 1 atau lebih\."),
    "map": (lambda root: {"paths": [root], "maps": [root / "x.toml"]}, r"--map: .*x\.toml tidak ada"),
    "out": (lambda root: {"paths": [root], "out": root / "siasn.csv"}, r"bukan hasil kinerja import"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_calls(small: Path, tmp_path: Path, call: Callable[[Path], dict[str, object]], message: str) -> None:
    (small / "kosong").mkdir()
    given = {"out": tmp_path / "D", **call(small)}
    with pytest.raises(CallError, match=message):
        import_exports(given.pop("paths"), **given)  # type: ignore[arg-type]
    assert not (tmp_path / "D").exists()


# -- whole or as before ------------------------------------------------------------------------------------------------


def leftovers(root: Path) -> list[str]:
    return [path.name for path in root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("after", [0, 1, 5, 9, 14])
def test_a_fault_while_files_are_put_in_place_leaves_the_old_ones(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    import_exports([small], out=tmp_path / "D")
    before = contents(tmp_path / "D")
    make_book(small / "Rekap.xlsx", Satu=recap(rated(1)))
    replace, calls = os.replace, []

    def refuse(source: object, target: object) -> None:
        calls.append(source)
        if len(calls) == after + 1:
            raise PermissionError(13, "Permission denied", "pegawai.csv")
        replace(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "os", SimpleNamespace(replace=refuse))
    with pytest.raises(CallError, match=r"pegawai\.csv: tidak dapat ditulis \(Permission denied\)\. Tutup berkasnya"):
        import_exports([small], out=tmp_path / "D")
    assert contents(tmp_path / "D") == before
    assert leftovers(tmp_path) == []


KILLED = """
import os, sys, types
from kinerja_lib import importer
from kinerja_lib.importer import folder
at, calls, replace = int(sys.argv[3]), [], os.replace
def count(*places):
    calls.append(places)
    if len(calls) > at:
        os._exit(9)
    replace(*places)
folder.os = types.SimpleNamespace(replace=count)
importer.import_exports([sys.argv[1]], out=sys.argv[2])
"""


@pytest.mark.parametrize("at", [0, 4, 12])
def test_killed_in_the_middle_leaves_the_old_data(small: Path, tmp_path: Path, at: int) -> None:
    import_exports([small], out=tmp_path / "D")
    before = contents(tmp_path / "D")
    good = (small / "Rekap.xlsx").read_bytes()
    make_book(small / "Rekap.xlsx", Satu=recap(rated(1)))
    words = [sys.executable, "-c", KILLED, str(small), str(tmp_path / "D"), str(at)]
    assert subprocess.run(words, check=False, timeout=60).returncode == 9
    assert len(leftovers(tmp_path)) == 1
    check_folder(tmp_path / "D")  # whatever looks at the folder next gives it its files back
    assert contents(tmp_path / "D") == before
    assert leftovers(tmp_path) == []
    (small / "Rekap.xlsx").write_bytes(good)
    import_exports([small], out=tmp_path / "D")
    assert contents(tmp_path / "D") == before


def test_a_damaged_record_is_told(small: Path, tmp_path: Path) -> None:
    import_exports([small], out=tmp_path / "D")
    next((tmp_path / "D" / "impor").iterdir()).write_bytes(b"rusak")
    with pytest.raises(CallError, match=r"catatan impor rusak \(BadGzipFile\); impor semua berkas ke folder baru"):
        import_exports([small], out=tmp_path / "D")


def test_a_process_that_ends_takes_only_its_file(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer.reading, "read_export", end_for_siasn)
    result = import_exports([small], out=tmp_path / "D", jobs=2)
    assert places(result.findings, "file_crash") == {("file_crash", "siasn.csv", None, None)}
    assert len(table(tmp_path / "D", "penilaian")) == 3


read_export = importer.reading.read_export


def end_for_siasn(export: importer.reading.Export, options: importer.reading.Options) -> importer.reading.FileRead:
    if export.name == "siasn.csv":
        os._exit(1)
    return read_export(export, options)


def test_a_fault_that_nobody_foresaw_is_told_and_stops_nothing(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = importer.reading.convert

    def fail(sheet: importer.reading.Sheet, *args: object, **more: object) -> object:
        return 1 / 0 if sheet.file == "siasn.csv" else convert(sheet, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(importer.reading, "convert", fail)
    result = import_exports([small], out=tmp_path / "D", jobs=1)
    told = [f.message for f in result.findings if f.rule == "file_unreadable"]
    assert told == ["Berkas ini tidak dapat dibaca (ZeroDivisionError)."]
    assert len(table(tmp_path / "D", "penilaian")) == 3


# -- what else ---------------------------------------------------------------------------------------------------------


def test_explain_says_what_each_sheet_is_and_writes_nothing(exports: Path, tmp_path: Path) -> None:
    before = contents(tmp_path)
    reads = {read.file: read for read in explain_exports([exports])}
    assert contents(tmp_path) == before
    kinds = {(read.file, sheet.sheet): (sheet.kind, sheet.hidden) for read in reads.values() for sheet in read.seen}
    assert kinds["Rekap A.xlsx", "Sekretariat"] == ("ekinerja", False)
    assert kinds["Rekap A.xlsx", "Lama"] == ("ekinerja", True)
    assert kinds["Rekap A.xlsx", "Petunjuk"] == ("", False)
    assert kinds["siasn.csv", None] == ("siasn_pegawai", False)
    assert all(sheet.why for read in reads.values() for sheet in read.seen if sheet.kind)
    assert not any(read.parts for read in reads.values())
    assert [f.severity for f in reads["rusak.xlsx"].findings] == ["error"]


def test_messages_are_english_when_asked_for(small: Path, tmp_path: Path) -> None:
    use_language("en")
    result = import_exports([small / "Rekap.xlsx"], out=tmp_path / "D", jobs=1)
    use_language("id")
    again = import_exports([small / "Rekap.xlsx"], out=tmp_path / "E", jobs=1)
    assert [f.rule for f in result.findings] == [f.rule for f in again.findings]
    assert table(tmp_path / "D", "pegawai").equals(table(tmp_path / "E", "pegawai"))  # data know no language


def test_our_own_tables_go_through_unchanged(small: Path, tmp_path: Path) -> None:
    import_exports([small], out=tmp_path / "D")
    data = read_dataset(tmp_path / "D")
    tables = tmp_path / "tabel"
    write_dataset(Dataset(data.tables, keterangan={"judul": "Contoh"}), tables)
    result = import_exports([tables], out=tmp_path / "E")
    assert result.dataset.keterangan == {"judul": "Contoh"}
    for name in ("unit", "pegawai", "penilaian", "keterangan"):
        assert (tmp_path / "E" / f"{name}.csv").read_bytes() == (tables / f"{name}.csv").read_bytes()


FAULTY = {
    "unit.csv": "unit_id,nama\nU1,Satu\n",
    "pegawai.csv": "pegawai_id,unit_id,jenis_kelamin\n198001012010041001,U1,L\n198001022010041002,U1,X\n",
    "penilaian.csv": (
        "pegawai_id,periode,predikat\n198001012010041001,2024,Baik\n198001012010041001,2024,Kurang\n"
        "198001012010041001,2024-S9,Baik\n"
    ),
}


def test_tables_that_the_schema_refuses_are_told_fault_by_fault(tmp_path: Path) -> None:
    for name, text in FAULTY.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = contents(tmp_path)
    data, found = check_folder(tmp_path)
    assert {(f.file, f.line) for f in found.errors if f.line} >= {
        ("pegawai.csv", 3),
        ("penilaian.csv", 3),
        ("penilaian.csv", 4),
    }
    assert len(data["penilaian"]) == 1
    assert contents(tmp_path) == before


def test_a_folder_without_tables_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="bukan folder data"):
        check_folder(tmp_path)


def test_a_row_that_reading_let_through_is_refused_alone(small: Path, tmp_path: Path) -> None:
    read = next(r for r in import_exports([small], out=tmp_path / "D").reads if r.file == "Rekap.xlsx")
    part = next(part for part in read.parts if part.table == "penilaian")
    part.frame.loc[1, "predikat"] = "Hebat"
    merged = importer.merge_exports([read])
    assert merged.tables["penilaian"]["pegawai_id"].tolist() == [nip(0), nip(2)]
    assert [row[:3] for row in merged.rejected] == [["Rekap.xlsx", "Satu", "7"]]
    told: Finding = next(f for f in merged.findings if f.rule == "row_refused")
    assert (told.file, told.sheet, told.severity) == ("Rekap.xlsx", "Satu", "error")
    assert "'Hebat'" in told.message


def test_what_is_no_file_of_the_folder_is_told(small: Path, tmp_path: Path) -> None:
    make_book(tmp_path / "luar.xlsx", Satu=recap(rated(4)))
    try:
        (small / "tautan.xlsx").symlink_to(tmp_path / "luar.xlsx")
    except OSError:
        pytest.skip("this system makes no links")
    (small / "x.xlsx").mkdir()
    result = import_exports([small], out=tmp_path / "D")
    assert [(f.file, f.rule) for f in result.findings.errors] == [
        ("tautan.xlsx", "file_link"),
        ("x.xlsx", "file_folder"),
    ]
    assert len(table(tmp_path / "D", "penilaian")) == 3
