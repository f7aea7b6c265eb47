from __future__ import annotations

from kinerja_lib import __version__
from kinerja_lib.report.provenance import build_provenance
from kinerja_lib.schema import Dataset

MADE = f"Disusun dengan kinerja_lib {__version__}, notebook 02_laporan_unit"


def test_what_the_office_says_comes_first_then_files_then_program() -> None:
    notes = {
        "catatan": "angka rekaan",
        "lisensi": "MIT",
        "kutipan": "Kantor (2025)",
        "sumber": "e-Kinerja",
        "judul": "x",
    }
    data = Dataset({}, keterangan=notes, source="/rumah/data", hashes={"unit.csv": "b" * 64, "pegawai.csv": "a" * 64})
    assert build_provenance(data, notebook="02_laporan_unit") == (
        "Sumber: e-Kinerja",
        "Kutipan: Kantor (2025)",
        "Lisensi: MIT",
        "Catatan: angka rekaan",
        "Berkas masukan (SHA-256): pegawai.csv aaaaaaaaaaaa, unit.csv bbbbbbbbbbbb",
        MADE,
    )


def test_what_is_not_there_has_no_line() -> None:
    assert build_provenance(Dataset({}, keterangan={"sumber": " "}), notebook="02_laporan_unit") == (MADE,)


def test_braces_in_the_words_of_an_office_are_only_text() -> None:
    data = Dataset({}, keterangan={"catatan": "{version} {0}"})
    assert build_provenance(data, notebook="x")[0] == "Catatan: {version} {0}"


def test_the_start_of_the_key_stands_behind_the_notebook() -> None:
    lines = build_provenance(Dataset({}), notebook="02_laporan_unit", key="0123456789abcdef")
    assert lines == (f"{MADE}, kunci isi 0123456789ab",)
