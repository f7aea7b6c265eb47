"""Files in, `Dataset` out: three ways of writing one data set, and every fault named by file and line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.read import hash_file, read_dataset, write_dataset
from kinerja_lib.schema import TABLES, Dataset

NIP = "198501012010011001"
NAMES = 'Biro "Umum"; Tata,\nUsaha'

Rows = list[dict[str, Any]]
ROWS: dict[str, Rows] = {
    "keterangan": [{"kunci": "judul", "isi": "Contoh"}, {"kunci": "catatan", "isi": "dua\nbaris"}],
    "unit": [
        {"unit_id": "007", "nama": NAMES, "induk_id": None, "jenis": "biro"},
        {"unit_id": "U-1", "nama": "Ünit 1", "induk_id": "007", "jenis": None},
    ],
    "pegawai": [
        {"pegawai_id": NIP, "unit_id": "007", "tanggal_lahir": date(1985, 1, 1), "nama": "Siti", "x_lama": 1.5},
        {"pegawai_id": NIP[:-1] + "2", "unit_id": "U-1", "tanggal_lahir": None, "nama": None, "x_lama": None},
    ],
    "penilaian": [
        {"pegawai_id": NIP, "periode": "2025-S1", "predikat": "Baik", "nilai_skp": 88.46, "ide_baru": True},
        {"pegawai_id": NIP, "periode": "2025-S2", "predikat": None, "nilai_skp": None, "ide_baru": False},
        {"pegawai_id": NIP, "periode": "2024", "predikat": "Kurang", "nilai_skp": 100.0, "ide_baru": None},
    ],
    "kompetensi": [{"pegawai_id": NIP, "periode": "2025", "kompetensi": "Integritas", "level": 3}],
    "biaya": [{"unit_id": "U-1", "periode": "2025", "komponen": "honor", "jumlah": 1234567890.0}],
}


def csv_cell(value: object, delimiter: str, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    text = str(value).replace(".", ",") if comma and isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in (delimiter, '"', "\n")) else text


def write_csv(tables: dict[str, Rows], out: Path, *, delimiter: str = ",", bom: str = "", end: str = "\n") -> Path:
    out.mkdir()
    for name, rows in tables.items():
        lines = [list(rows[0]), *(row.values() for row in rows)]
        text = "".join(delimiter.join(csv_cell(c, delimiter, delimiter == ";") for c in line) + end for line in lines)
        (out / f"{name}.csv").write_text(bom + text, encoding="utf-8", newline="")
    return out


def write_parquet(tables: dict[str, Rows], out: Path) -> Path:
    out.mkdir()
    for name, rows in tables.items():
        pd.DataFrame(rows).to_parquet(out / f"{name}.parquet", index=False)
    return out


def write_workbook(tables: dict[str, Rows], out: Path, **more: list[list[object]]) -> Path:
    sheets = {name: [list(rows[0]), *(list(row.values()) for row in rows)] for name, rows in tables.items()} | more
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for y, line in enumerate(lines):
                for x, cell in enumerate(line):
                    if isinstance(cell, date):
                        sheet.write_datetime(y, x, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                    elif isinstance(cell, str):
                        sheet.write_string(y, x, cell)
                    elif cell is not None:
                        sheet.write(y, x, cell)
    return out


WAYS: dict[str, Callable[[Path], Path]] = {
    "csv": lambda tmp: write_csv(ROWS, tmp / "d"),
    "csv, BOM": lambda tmp: write_csv(ROWS, tmp / "d", bom="\ufeff"),
    "csv, lines of Windows": lambda tmp: write_csv(ROWS, tmp / "d", end="\r\n"),
    "csv, semicolon": lambda tmp: write_csv(ROWS, tmp / "d", delimiter=";"),
    "csv, as an Indonesian Excel": lambda tmp: write_csv(ROWS, tmp / "d", delimiter=";", bom="\ufeff", end="\r\n"),
    "parquet": lambda tmp: write_parquet(ROWS, tmp / "d"),
    "workbook": lambda tmp: write_workbook(ROWS, tmp / "data.xlsx"),
    "workbook, other sheets": lambda tmp: write_workbook(ROWS, tmp / "data.XLSX", Catatan=[["x", 1]], Kosong=[]),
}


def same(a: Dataset, b: Dataset) -> None:
    assert set(a) == set(b)
    assert a.keterangan == b.keterangan
    for name in a:
        assert_frame_equal(a[name], b[name], check_exact=True)


@pytest.mark.parametrize("way", WAYS)
def test_three_ways_of_writing_give_one_dataset(way: str, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    found = read_dataset(WAYS[way](tmp_path / "one"))
    same(found, read_dataset(WAYS["csv"](tmp_path / "other")))
    assert found.ignored == ()


@pytest.mark.parametrize("way", WAYS)
def test_values_by_hand(way: str, tmp_path: Path) -> None:
    path = WAYS[way](tmp_path)
    data = read_dataset(path)
    assert data.source == str(path)
    assert data.keterangan == {"judul": "Contoh", "catatan": "dua\nbaris"}
    assert data["unit"]["unit_id"].tolist() == ["007", "U-1"]
    assert data["unit"]["nama"].tolist() == [NAMES, "Ünit 1"]
    assert data["unit"]["induk_id"].isna().tolist() == [True, False]
    assert data["pegawai"]["pegawai_id"].tolist() == [NIP, NIP[:-1] + "2"]
    assert data["pegawai"]["tanggal_lahir"].iloc[0] == pd.Timestamp(1985, 1, 1)
    assert data["penilaian"]["nilai_skp"].fillna(-1).tolist() == [88.46, -1, 100]
    assert data["penilaian"]["ide_baru"].astype(object).tolist() == [True, False, pd.NA]
    assert data["kompetensi"]["level"].tolist() == [3]
    assert data["biaya"]["jumlah"].tolist() == [1234567890]
    assert list(data["pegawai"]) == ["pegawai_id", "unit_id", "tanggal_lahir", "nama", "x_lama"]


def files_of(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


@pytest.mark.parametrize("way", WAYS)
def test_reading_changes_no_byte_and_hashes_what_it_read(way: str, tmp_path: Path) -> None:
    path = WAYS[way](tmp_path)
    before = {file.name: file.read_bytes() for file in files_of(path)}
    data = read_dataset(path)
    assert {file.name: file.read_bytes() for file in files_of(path)} == before
    assert data.hashes == {name: sha256(content).hexdigest() for name, content in before.items()}
    assert hash_file(files_of(path)[0]) == data.hashes[files_of(path)[0].name]


# What goes wrong: the parts of a folder that are not as they should be -> the message in full.

FOLDER = {
    "unit.csv": "unit_id,nama\nU1,Satu\n",
    "pegawai.csv": f"pegawai_id,unit_id\n{NIP},U1\n",
    "penilaian.csv": f"pegawai_id,periode,predikat\n{NIP},2025-S1,Baik\n",
}
APPRAISAL = "penilaian.csv, baris 3, tabel penilaian, kolom "
LEVELS = "Sangat Kurang, Kurang, Butuh Perbaikan, Baik, Sangat Baik"


def folder(tmp_path: Path, **changes: str | bytes | None) -> Path:
    """Write a small good folder, some of its files changed or (None) left out."""
    for name, content in (FOLDER | {key.replace("_csv", ".csv"): value for key, value in changes.items()}).items():
        if content is not None:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return tmp_path


def appraisal(column: str, *values: str) -> dict[str, str | bytes | None]:
    rows = "".join(f"{NIP},{2020 + row},{value}\n" for row, value in enumerate(values))
    return {"penilaian_csv": f"pegawai_id,periode,{column}\n{rows}"}


FAULTS: list[tuple[dict[str, str | bytes | None], str]] = [
    (
        appraisal("predikat", "Baik", "baik", "bagus"),
        f"{APPRAISAL}predikat: ditemukan 'baik'; yang diizinkan: {LEVELS}. Ada 1 baris lain yang serupa.",
    ),
    (
        {"penilaian_csv": f"pegawai_id,periode\n{NIP},2025\n{NIP},2025-S3\n"},
        f"{APPRAISAL}periode: ditemukan '2025-S3'; yang diizinkan: 2025, 2025-S1, 2025-T3, 2025-07.",
    ),
    (
        {"pegawai_csv": f"pegawai_id,unit_id,tanggal_lahir\n{NIP},U1,31/12/1985\n"},
        (
            "pegawai.csv, baris 2, tabel pegawai, kolom tanggal_lahir: ditemukan '31/12/1985'; "
            "yang diizinkan: tanggal seperti 2025-07-31."
        ),
    ),
    (
        appraisal("nilai_skp", "88.46", "88 koma"),
        f"{APPRAISAL}nilai_skp: ditemukan '88 koma'; yang diizinkan: bilangan dengan titik desimal, seperti 88.46.",
    ),
    (
        appraisal("nilai_skp", "88.46", "120.5"),
        f"{APPRAISAL}nilai_skp: ditemukan '120.5'; yang diizinkan: 0 sampai 120.",
    ),
    (
        {"skp.csv": f"pegawai_id,periode,rhk,iki,bobot\n{NIP},2025,a,b,-1\n"},
        "skp.csv, baris 2, tabel skp, kolom bobot: ditemukan '-1'; yang diizinkan: paling sedikit 0.",
    ),
    (
        {"kompetensi.csv": f"pegawai_id,periode,kompetensi,level\n{NIP},2025,a,2.5\n"},
        "kompetensi.csv, baris 2, tabel kompetensi, kolom level: ditemukan '2.5'; yang diizinkan: bilangan bulat.",
    ),
    (
        appraisal("ide_baru", "ya", "mungkin"),
        f"{APPRAISAL}ide_baru: ditemukan 'mungkin'; yang diizinkan: ya, tidak.",
    ),
    (
        {"biaya.csv": "unit_id;periode;komponen;jumlah\nU1;2025;honor;750.000\n"},
        (
            "biaya.csv, baris 2, tabel biaya, kolom jumlah: ditemukan '750.000'; "
            "yang diizinkan: bilangan tanpa titik ribuan, seperti 1250 atau 88,46."
        ),
    ),
    (
        {"unit_csv": "unit_id,nama\nU1,Satu\n,Dua\n"},
        "unit.csv, baris 3, tabel unit, kolom unit_id: nilai kosong; yang diizinkan: kolom ini wajib diisi.",
    ),
    (
        {"unit_csv": "unit_id,nama\nU1,Satu\nU2,Dua\n U1 ,Tiga\nU2,Empat\n"},
        (
            "unit.csv, baris 4, tabel unit: kunci unit_id sama dengan unit.csv, baris 2; "
            "satu kunci hanya boleh satu baris. Ada 1 baris lain yang serupa."
        ),
    ),
    (
        {"unit_csv": "unit_id,nma\nU1,Satu\n"},
        (
            "unit.csv: kolom nama tidak ada; ditemukan: unit_id, nma. Tambahkan kolom itu pada tabel unit. "
            "Maksud Anda nma?"
        ),
    ),
    (
        {"unit_csv": "unit_id,nama,jeniss\nU1,Satu,biro\n"},
        "unit.csv: kolom jeniss tidak dikenal pada tabel unit. Maksud Anda jenis?",
    ),
    (
        {"unit_csv": "unit_id,nama,nama\nU1,Satu,Satu\n"},
        "unit.csv: kolom nama ada dua kali; sisakan satu.",
    ),
    ({"unit_csv": ""}, "unit.csv: berkas kosong; baris pertama harus nama kolom."),
    ({"unit_csv": "\ufeff\n\n"}, "unit.csv: berkas kosong; baris pertama harus nama kolom."),
    (
        {"pegawai_csv": f"{NIP},U1\n{NIP[:-1]}2,U1\n"},
        "pegawai.csv: baris pertama harus nama kolom; di situ ada data.",
    ),
    (
        {"unit_csv": "unit_id,nama\nU1,Satu\nU2,Dua,lebih\n"},
        "unit.csv, baris 3: ditemukan 3 isian; seharusnya 2, seperti pada judul kolom.",
    ),
    (
        {"unit_csv": 'unit_id,nama\nU1,Satu\nU2,"Dua\nU3,Tiga\n'},
        "unit.csv, baris 3: isian tidak dapat dibaca (unexpected end of data).",
    ),
    (
        {"unit_csv": 'unit_id,nama\nU1,Satu\nU2,"Dua" b\nU3,Tiga\n'},
        "unit.csv, baris 3: isian tidak dapat dibaca (',' expected after '\"').",
    ),
    (
        {"unit_csv": "unit_id,nama\nU1,Café\n".encode("latin-1")},
        "unit.csv: bukan teks UTF-8 (byte ke-20); simpan ulang sebagai CSV UTF-8.",
    ),
    (
        {"unit_csv": "unit_id,nama\nU1,Satu\n".encode("utf-16")},
        "unit.csv: bukan teks UTF-8 (byte ke-1); simpan ulang sebagai CSV UTF-8.",
    ),
]


@pytest.mark.parametrize(("changes", "text"), FAULTS, ids=[text[:60] for _changes, text in FAULTS])
def test_faults_of_data_in_full(changes: dict[str, Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(text)}$"):
        read_dataset(folder(tmp_path, **changes))


def test_lines_are_physical_lines(tmp_path: Path) -> None:
    text = 'unit_id,nama\n\nU1,"dua\nbaris"\n,\n\nU2,"a\r\nb\n"\n"U\n3",\n'
    with pytest.raises(DataError, match=r"^unit\.csv, baris 10, tabel unit, kolom nama: nilai kosong"):
        read_dataset(folder(tmp_path, unit_csv=text))


def test_cells_and_columns_that_hold_nothing_are_passed_over(tmp_path: Path) -> None:
    """A spreadsheet leaves such behind at the right and below."""
    data = read_dataset(folder(tmp_path, unit_csv="unit_id,nama,,\nU1,Satu,,\n,,,\n\n"))
    assert data["unit"].to_dict("list") == {"unit_id": ["U1"], "nama": ["Satu"]}
    assert data.ignored == ()


def test_unknown_columns_are_listed_not_read(tmp_path: Path) -> None:
    text = f"pegawai_id,unit_id,hobi,x_lama,X_LAIN\n{NIP},U1,catur,2.5,a\n"
    data = read_dataset(folder(tmp_path, pegawai_csv=text, unit_csv="x_luas,unit_id,nama\nbesar,U1,Satu\n"))
    assert data.ignored == ("unit.x_luas", "pegawai.hobi", "pegawai.X_LAIN")
    assert list(data["pegawai"]) == ["pegawai_id", "unit_id", "x_lama"]
    assert data["pegawai"]["x_lama"].tolist() == [2.5]


def test_a_covariate_is_a_number(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^pegawai\.csv, baris 2, tabel pegawai, kolom x_lama: ditemukan 'lama'; "):
        read_dataset(folder(tmp_path, pegawai_csv=f"pegawai_id,unit_id,x_lama\n{NIP},U1,lama\n"))


def test_a_table_stands_in_one_file(tmp_path: Path) -> None:
    pd.DataFrame({"unit_id": ["U1"], "nama": ["Satu"]}).to_parquet(tmp_path / "unit.parquet")
    text = f"{tmp_path}: tabel unit ada dua kali (unit.csv, unit.parquet); sisakan satu."
    with pytest.raises(DataError, match=f"^{re.escape(text)}$"):
        read_dataset(folder(tmp_path))


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ((), "{path}: bukan folder data; ditemukan tidak ada berkas; yang dicari: keterangan, unit, kinerja_unit, "),
        (("b.txt", "a.csv"), "{path}: bukan folder data; ditemukan a.csv, b.txt; yang dicari: keterangan, unit, "),
    ],
)
def test_a_folder_without_tables(files: tuple[str, ...], text: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).write_text("x")
    with pytest.raises(CallError, match=f"^{re.escape(text.format(path=tmp_path))}"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("name", ["tidak-ada", "tidak-ada.xlsx"])
def test_a_path_that_is_not_there(name: str, tmp_path: Path) -> None:
    text = f"{tmp_path / name}: folder atau berkas tidak ada. Periksa ejaan dan letaknya."
    with pytest.raises(CallError, match=f"^{re.escape(text)}$"):
        read_dataset(tmp_path / name)


@pytest.mark.parametrize("name", ["data.xls", "data.csv", "data"])
def test_a_file_of_another_kind(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("x")
    text = f"{name}: jenis berkas tidak dikenal; yang diizinkan: folder, atau satu buku kerja .xlsx."
    with pytest.raises(CallError, match=f"^{re.escape(text)}$"):
        read_dataset(tmp_path / name)


NEEDED = "yang wajib: unit, dan penilaian bersama pegawai, atau indikator_unit."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"unit_csv": None}, f"ditemukan tabel pegawai, penilaian; {NEEDED}"),
        ({"pegawai_csv": None}, f"ditemukan tabel unit, penilaian; {NEEDED}"),
        ({"penilaian_csv": None}, f"ditemukan tabel unit, pegawai; {NEEDED}"),
        (
            {"unit_csv": "unit_id,nama\n", "penilaian_csv": "pegawai_id,periode\n"},
            "tabel unit, penilaian tidak berisi baris. Isi tabel itu, atau hapus berkasnya.",
        ),
    ],
)
def test_tables_that_are_needed(changes: dict[str, Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(f'{tmp_path}: {text}')}$"):
        read_dataset(folder(tmp_path, **changes))


def test_units_and_their_indicators_are_enough(tmp_path: Path) -> None:
    only = {"pegawai_csv": None, "penilaian_csv": None}
    indicators = "unit_id,periode,indikator,nilai\nU1,2025,ikm,3.5\n"
    data = read_dataset(folder(tmp_path, **only, **{"indikator_unit.csv": indicators}))
    assert data.periods == ["2025"]
    assert data.keterangan == {}


NUMBER_LOST = (
    "tersimpan sebagai bilangan, jadi angka terakhirnya sudah hilang. "
    "Ubah kolom menjadi teks di Excel, lalu ketik ulang dari sumbernya."
)


@pytest.mark.parametrize("number", [int(NIP), 3201011501850001, 10**15])  # NIP; NIK; the first with sixteen digits
def test_an_identifier_kept_as_a_number_is_refused(number: int, tmp_path: Path) -> None:
    tables = ROWS | {"pegawai": [{"pegawai_id": "A", "unit_id": "007"}, {"pegawai_id": number, "unit_id": "007"}]}
    text = f"data.xlsx, lembar pegawai, baris 3, kolom pegawai_id: {NUMBER_LOST}"
    with pytest.raises(DataError, match=f"^{re.escape(text)}$"):
        read_dataset(write_workbook(tables, tmp_path / "data.xlsx"))
    write_parquet(ROWS, tmp_path / "d")
    people = pd.DataFrame({"pegawai_id": [None, float(number)], "unit_id": ["007", "007"]})
    people.to_parquet(tmp_path / "d" / "pegawai.parquet")
    text = f"pegawai.parquet, baris 2, kolom pegawai_id: {NUMBER_LOST}"
    with pytest.raises(DataError, match=f"^{re.escape(text)}$"):
        read_dataset(tmp_path / "d")


def test_short_numbers_and_whole_numbers_of_parquet_are_exact(tmp_path: Path) -> None:
    short = {name: ROWS[name] for name in ("pegawai", "penilaian")} | {"unit": [{"unit_id": 7, "nama": 2025}]}
    assert read_dataset(write_workbook(short, tmp_path / "a.xlsx"))["unit"].iloc[0].tolist() == ["7", "2025"]
    whole = ROWS | {"pegawai": [{"pegawai_id": int(NIP), "unit_id": 7.0}]}
    assert read_dataset(write_parquet(whole, tmp_path / "d"))["pegawai"].iloc[0].tolist() == [NIP, "7"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.xlsx", "data.xlsx: buku kerja tidak dapat dibaca ("),
        ("unit.parquet", "unit.parquet: bukan berkas Parquet yang utuh ("),
    ],
)
def test_files_cut_short(name: str, text: str, share: float, tmp_path: Path) -> None:
    path = write_workbook(ROWS, tmp_path / name) if name == "data.xlsx" else write_parquet(ROWS, tmp_path / "d")
    file = path if path.is_file() else path / name
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=f"^{re.escape(text)}"):
        read_dataset(path)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([], "data.xlsx, lembar unit: kosong; baris pertama harus nama kolom."),
        ([["unit_id", "nama"]], "{path}: tabel unit tidak berisi baris. Isi tabel itu, atau hapus berkasnya."),
        (
            [[], ["unit_id", "nama"], [], ["U1", "Satu"], ["U2"]],
            (
                "data.xlsx, lembar unit, baris 5, tabel unit, kolom nama: nilai kosong; "
                "yang diizinkan: kolom ini wajib diisi."
            ),
        ),
    ],
)
def test_sheets_with_faults(lines: list[list[object]], text: str, tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    tables = {name: rows for name, rows in ROWS.items() if name != "unit"}
    with pytest.raises(DataError, match=f"^{re.escape(text.format(path=path))}$"):
        read_dataset(write_workbook(tables, path, unit=lines))


def test_a_workbook_without_tables(tmp_path: Path) -> None:
    path = write_workbook({}, tmp_path / "data.xlsx", Lembar1=[["x"]])
    text = "data.xlsx: tidak ada lembar yang dikenal; ditemukan Lembar1; yang dicari: keterangan, unit, "
    with pytest.raises(CallError, match=f"^{re.escape(text)}"):
        read_dataset(path)


def test_a_note_without_text_is_empty(tmp_path: Path) -> None:
    path = folder(tmp_path, **{"keterangan.csv": "kunci,isi\njudul,\ncatatan,ada\n"})
    assert read_dataset(path).keterangan == {"judul": "", "catatan": "ada"}


# Identifiers come back as they were.

identifiers = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=24).filter(
    lambda text: text == text.strip()
)
odd = st.lists(identifiers, min_size=1, max_size=6, unique=True)
TRICKY = ["007", NIP, "1e5", "NA", "nan", "None", "1.0", "=1+1", "'00", '"', ",", ";", "-5", "ya", "TRUE", "a\u00a0b"]


def units(ids: list[str]) -> dict[str, Rows]:
    return {
        "unit": [{"unit_id": unit, "nama": "x"} for unit in ids],
        "indikator_unit": [{"unit_id": u, "periode": "2025", "indikator": "i", "nilai": 1.0} for u in ids],
    }


@given(odd)
@example(TRICKY)
@settings(max_examples=40)
@pytest.mark.parametrize("form", ["csv", "semicolon", "parquet", "workbook", "write_dataset"])
def test_identifiers_survive_a_round_trip(form: str, ids: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        tmp = Path(folder_name)
        path = {
            "csv": lambda: write_csv(units(ids), tmp / "d"),
            "semicolon": lambda: write_csv(units(ids), tmp / "d", delimiter=";"),
            "parquet": lambda: write_parquet(units(ids), tmp / "d"),
            "workbook": lambda: write_workbook(units(ids), tmp / "data.xlsx"),
            "write_dataset": lambda: _write_again(write_parquet(units(ids), tmp / "d"), tmp / "e"),
        }[form]()
        data = read_dataset(path)
    assert data.unit_ids == ids
    assert data["indikator_unit"]["unit_id"].tolist() == ids


def _write_again(path: Path, out: Path) -> Path:
    write_dataset(read_dataset(path), out)
    return out


# Writing.


@pytest.mark.parametrize("way", ["csv", "parquet", "workbook"])
def test_write_dataset_is_the_inverse_of_reading(way: str, tmp_path: Path) -> None:
    data = read_dataset(WAYS[way](tmp_path))
    files = write_dataset(data, tmp_path / "out" / "deep")
    assert [file.name for file in files] == [f"{name}.csv" for name in TABLES if name in ROWS]
    same(read_dataset(tmp_path / "out" / "deep"), data)


def test_write_dataset_gives_the_same_bytes_and_takes_old_tables_away(tmp_path: Path) -> None:
    data = read_dataset(WAYS["csv"](tmp_path))
    first = {file.name: file.read_bytes() for file in write_dataset(data, tmp_path / "a")}
    again = {file.name: file.read_bytes() for file in write_dataset(data, tmp_path / "a")}
    assert first == again
    assert b"\r" not in b"".join(first.values())
    fewer = Dataset({"unit": data["unit"], "biaya": data["biaya"]})
    write_dataset(fewer, tmp_path / "a")
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == ["biaya.csv", "unit.csv"]


def test_write_dataset_by_hand(tmp_path: Path) -> None:
    data = read_dataset(WAYS["workbook"](tmp_path))
    write_dataset(data, tmp_path / "out")
    assert (tmp_path / "out" / "penilaian.csv").read_text(encoding="utf-8") == (
        "pegawai_id,periode,predikat,nilai_skp,ide_baru\n"
        f"{NIP},2025-S1,Baik,88.46,ya\n"
        f"{NIP},2025-S2,,,tidak\n"
        f"{NIP},2024,Kurang,100.0,\n"
    )
    people = (tmp_path / "out" / "pegawai.csv").read_text(encoding="utf-8").splitlines()
    assert people[1] == f"{NIP},007,1985-01-01,Siti,1.5"


def test_write_dataset_leaves_its_input_alone(tmp_path: Path) -> None:
    data = read_dataset(WAYS["csv"](tmp_path))
    before = {name: frame.copy(deep=True) for name, frame in data.tables.items()}
    write_dataset(data, tmp_path / "out")
    for name, frame in before.items():
        assert_frame_equal(data[name], frame)


@pytest.mark.parametrize(("text", "read"), [("a\rb", "a\nb"), ("a\r\nb", "a\nb"), ("a\n\rb", "a\n\nb")])
def test_line_ends_inside_a_text_are_made_one_kind(text: str, read: str, tmp_path: Path) -> None:
    data = read_dataset(write_parquet(units(["U1"]) | {"keterangan": [{"kunci": "k", "isi": text}]}, tmp_path / "d"))
    assert data.keterangan == {"k": text}
    write_dataset(data, tmp_path / "out")
    assert read_dataset(tmp_path / "out").keterangan == {"k": read}


def test_write_dataset_mixes_with_nothing_of_the_users(tmp_path: Path) -> None:
    data = read_dataset(WAYS["csv"](tmp_path))
    out = tmp_path / "out"
    out.mkdir()
    for name in ("c.txt", "a.xlsx", "unit.parquet", "z.csv"):
        (out / name).write_text("milik saya")
    found = "a.xlsx, c.txt, unit.parquet dan 1 lainnya"
    text = f"{out}: folder berisi berkas lain ({found}). Pilih folder baru atau kosong."
    with pytest.raises(CallError, match=f"^{re.escape(text)}$"):
        write_dataset(data, out)
    assert {file.read_text() for file in out.iterdir()} == {"milik saya"}


def test_write_dataset_where_a_file_stands(tmp_path: Path) -> None:
    data = read_dataset(WAYS["csv"](tmp_path))
    (tmp_path / "out").write_text("x")
    with pytest.raises(CallError, match=r"out: tidak dapat ditulis \(File exists\)\.$"):
        write_dataset(data, tmp_path / "out")
