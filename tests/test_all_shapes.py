"""One folder with every shape of export, as files: good rows exact, planted faults at their cells, in one import."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from kinerja_lib.importer import import_exports
from kinerja_lib.read import read_dataset

ANI, BUDI, CICI, DEDI = "198501012010012001", "198602022010011002", "198703032010012003", "198804042010011004"
RATINGS = ("Rating Hasil Kinerja", "Rating Perilaku Kerja")
BAIK = ("Sesuai Ekspektasi", "Sesuai Ekspektasi", "Baik")
BEST = ("Diatas Ekspektasi", "Diatas Ekspektasi", "Sangat Baik")
NINE = ("Integritas", "Kerja Sama", "Komunikasi", "Orientasi pada Hasil", "Pelayanan Publik")
LATER_NINE = ("Pengembangan Diri dan Orang Lain", "Mengelola Perubahan", "Pengambilan Keputusan", "Perekat Bangsa")


def workbook(file: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> None:
    book = xlsxwriter.Workbook(str(file), {"strings_to_numbers": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, float):
                    sheet.write_number(at, column, value)
                elif value != "":
                    sheet.write_string(at, column, str(value))
    book.close()


def write_recap(folder: Path) -> None:
    header = ["No", "NIP", "Nama", "Jabatan", *RATINGS, "Predikat Kinerja Periodik"]
    workbook(
        folder / "Rekap_Maret.xlsx",
        {
            "Sekretariat": [
                ["9901 - Kabupaten Tirta Kencana"],
                ["Sekretariat"],
                ["Periode Bulanan 3 Tahun 2025"],
                [],
                header,
                ["1", ANI, "A", "Analis", *BEST],
                ["2", 198602022010011002.0, "B", "Analis", *BAIK],  # B7: a number
                ["3", "1,98703E+17", "C", "Analis", *BAIK],  # B8
                ["4", "", "D", "Analis", *BAIK],  # B9: no number
                ["5", f"'{DEDI}", "D", "Analis", "Sesuai Ekspektasi", "Di bawah Ekspektasi", "Baik"],  # G10
                ["6", CICI, "C", "Analis", "Luar biasa", "Sesuai Ekspektasi", "Baik"],  # E11
                ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
                ["", "", "", "", "", "", "Kepala Badan,"],
            ]
        },
    )


def write_people(folder: Path) -> None:
    lines = [
        "\ufeffPNS ID|NIP_BARU|nama|TANGGAL LAHIR|JENIS KELAMIN|UNOR ID|UNOR NAMA",
        f"a|'{ANI}|A|01-01-1985|F|U1|Sekretariat",
        f"b|{BUDI}|B|02-02-1986|M|U1|Sekretariat",
        f"c|{CICI}|C|04-03-1987|F|U2|Bidang",  # line 4: another birth date than the number's
        f"d|{DEDI}|D|04-04-1988|M|U2|Bidang",
        "e|198805052010131005|E|05-05-1988|M|U2|Bidang",  # line 6: no month 13
    ]
    (folder / "Pegawai.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_others(folder: Path) -> None:
    workbook(
        folder / "Kursus.xlsx",
        {
            "Riwayat": [
                ["nipBaru", "namaKursus", "jenisDiklatId", "jumlahJam", "tanggalKursus", "tanggalSelesaiKursus"],
                [BUDI, "Arsip", "3", "20", "01-02-2025", "03-02-2025"],
                [CICI, "Arsip", "3", "20", "31-02-2025", "03-03-2025"],  # E3: no such day
            ]
        },
    )
    workbook(
        folder / "Catatan.xlsx",
        {
            "Coaching": [
                ["Catatan coaching"],
                ["Tanggal", "NIP Peserta", "NIP Coach", "Jenis", "Durasi"],
                ["3 Maret 2025", f"{ANI}; {BUDI}", DEDI, "Coaching", "1 jam 30 menit"],
                ["04-03-2025", ANI, DEDI, "Konseling", "-30"],  # E4
            ]
        },
    )
    workbook(
        folder / "Asesmen.xlsx",
        {
            "Hasil": [
                ["Hasil Asesmen Semester I Tahun 2025"],
                ["NIP", "Nama", *NINE, *LATER_NINE],
                [ANI, "A", *["3"] * 9],
            ]
        },
    )
    form = ["No", "Rencana Hasil Kerja", "Aspek", "Indikator Kinerja Individu", "Target", "Realisasi"]
    head = [["SASARAN KINERJA PEGAWAI"], ["Periode Penilaian: Semester I Tahun 2025"]]
    row = ["1", "Arsip tertata", "Kuantitas", "Jumlah berkas", "100", "95"]
    workbook(
        folder / "SKP.xlsx",
        {
            "Ani": [*head, ["NIP", ANI], form, row],
            "Tanpa nomor": [*head, form, row],  # form_unreadable
        },
    )
    (folder / "unit.csv").write_text("unit_id,nama\nU1,Sekretariat\nU2,Bidang\nU3,\n", encoding="utf-8")  # line 4
    (folder / "riwayat.xls").write_text(
        f"<table><tr><th>tahun</th><th>nip</th><th>hasilKinerjaNilai</th><th>perilakuKerjaNilai</th>"
        f"<th>kuadranKinerjaNilai</th></tr><tr><td>2024</td><td>{BUDI}</td><td>2</td><td>2</td><td>2</td></tr></table>",
        encoding="utf-8",
    )
    (folder / "rusak.xlsx").write_bytes(b"PK\x03\x04 tidak utuh")
    (folder / "surat.xlsx").mkdir()


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "kantor"
    folder.mkdir()
    write_recap(folder)
    write_people(folder)
    write_others(folder)
    return folder


FAULTS = {
    ("nip_number", "Rekap_Maret.xlsx", "B7"),
    ("nip_exponent", "Rekap_Maret.xlsx", "B8"),
    ("nip_missing", "Rekap_Maret.xlsx", "B9"),
    ("predikat_contradiction", "Rekap_Maret.xlsx", "G10"),
    ("nip_cleaned", "Rekap_Maret.xlsx", "B10"),
    ("label_unknown", "Rekap_Maret.xlsx", "E11"),
    ("nip_birth_differs", "Pegawai.csv", 4),
    ("nip_month", "Pegawai.csv", 6),
    ("date_impossible", "Kursus.xlsx", "E3"),
    ("duration_negative", "Catatan.xlsx", "E4"),
    ("text_missing", "unit.csv", 4),
    ("file_damaged", "rusak.xlsx", None),
    ("file_folder", "surat.xlsx", None),
}


def test_every_planted_fault_is_found_at_its_cell(office: Path, tmp_path: Path) -> None:
    result = import_exports([office], out=tmp_path / "D", jobs=1)
    found = {(f.rule, f.file, f.line if f.line is not None else f.cell) for f in result.findings}
    assert FAULTS - found == set()
    assert {(f.rule, f.sheet) for f in result.findings} >= {("form_unreadable", "Tanpa nomor")}
    told = json.dumps(result.findings.to_json())
    assert not any(number in told for number in (ANI, BUDI, CICI, DEDI))


def test_every_good_row_is_exact(office: Path, tmp_path: Path) -> None:
    import_exports([office], out=tmp_path / "D", jobs=1)
    data = read_dataset(tmp_path / "D")
    assert dict(zip(data["pegawai"]["pegawai_id"], data["pegawai"]["unit_id"], strict=True)) == {
        ANI: "U1",
        BUDI: "U1",
        CICI: "U2",
        DEDI: "U2",
    }
    columns = ["pegawai_id", "periode", "rating_hasil", "rating_perilaku", "predikat"]
    assert sorted(data["penilaian"][columns].astype("str").to_numpy().tolist()) == [
        [ANI, "2025-03", "di_atas", "di_atas", "Sangat Baik"],
        [BUDI, "2024", "sesuai", "sesuai", "Baik"],
        [DEDI, "2025-03", "sesuai", "di_bawah", "Baik"],
    ]
    events = data["kegiatan"][["pegawai_id", "jenis", "durasi_menit"]]
    lengths = {(who, kind): minutes for who, kind, minutes in events.astype({"jenis": "str"}).to_numpy().tolist()}
    assert lengths[ANI, "coaching"] == lengths[BUDI, "coaching"] == 90.0
    assert pd.isna(lengths[ANI, "konseling"])
    assert (BUDI, "diklat_teknis") in lengths
    assert (CICI, "diklat_teknis") not in lengths
    assert len(data["kompetensi"]) == 9
    assert data["skp"][["pegawai_id", "target", "realisasi"]].to_numpy().tolist() == [[ANI, 100.0, 95.0]]
