"""The sample agency as raw exports: the committed files are what is built, hold all that the tables do, name nobody."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import kinerja_lib
from kinerja_lib.read import read_dataset
from kinerja_lib.rules import parse_nip, read_golongan, read_jenis_kegiatan, read_predikat, read_rating
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.synth import build_agency
from kinerja_lib.synth.export_words import FIRST, LAST, PLAIN, SECOND, invented_name
from kinerja_lib.synth.exports import write_exports
from kinerja_lib.vocabulary import MONTHS, Period

SAMPLE = Path(kinerja_lib.__file__).parents[1] / "data" / "contoh"
LARGEST = 3_300_000  # bytes of all files


@pytest.fixture(scope="module")
def agency() -> Dataset:
    return build_agency()


@pytest.fixture(scope="module")
def folder(agency: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ekspor")
    assert write_exports(agency, out) == sorted(out.iterdir())
    return out


def contents(file: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of each part of a workbook: how they are packed depends on the zlib at hand."""
    if file.suffix != ".xlsx":
        return {"": file.read_bytes()}
    with zipfile.ZipFile(file) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}  # no clock
        return {name: parts.read(name) for name in parts.namelist()}


def cells(file: Path) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_path(str(file))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def table(rows: list[list[object]], word: str) -> pd.DataFrame:
    """Return what stands below the header row that holds `word`, down to the first row without a number."""
    at = next(place for place, row in enumerate(rows) if word in row)
    frame = pd.DataFrame(rows[at + 1 :], columns=rows[at])
    return frame[pd.to_numeric(frame["No"], errors="coerce").notna()] if "No" in frame else frame


def day(value: object) -> str:
    """Return a date of a log, as text of ISO."""
    if not isinstance(value, str):
        return f"{value:%Y-%m-%d}"
    number, month, year = value.split(", ")[-1].split()
    return f"{year}-{MONTHS.index(month) + 1:02d}-{int(number):02d}"


def minutes(value: object) -> float:
    if hasattr(value, "total_seconds"):
        return float(value.total_seconds() / 60)
    if not isinstance(value, str):
        return float(value)  # type: ignore[arg-type]
    found = re.fullmatch(r"(?:(\d+) jam ?)?(?:(\d+) menit)?", value)
    assert found is not None
    return int(found[1] or 0) * 60 + int(found[2] or 0)


# -- the committed files -----------------------------------------------------------------------------------------------


def test_the_committed_files_are_what_is_built(folder: Path) -> None:
    committed = sorted((SAMPLE / "ekspor").iterdir())
    assert [file.name for file in committed] == [file.name for file in sorted(folder.iterdir())]
    for file in committed:
        assert contents(file) == contents(folder / file.name), file.name


def test_the_tables_at_rest_give_the_same_files(folder: Path, tmp_path: Path) -> None:
    for file in write_exports(read_dataset(SAMPLE), tmp_path):
        assert contents(file) == contents(folder / file.name), file.name


def test_the_files_are_small(folder: Path) -> None:
    assert sum(file.stat().st_size for file in folder.iterdir()) <= LARGEST


def test_an_agency_without_the_optional_tables(agency: Dataset, tmp_path: Path) -> None:
    few = Dataset({name: agency[name] for name in ("unit", "pegawai", "penilaian")}, keterangan=agency.keterangan)
    names = {file.name.partition("_")[0] for file in write_exports(few, tmp_path)}
    assert names == {"Data", "Rekap", "Riwayat", "unit.csv", "pegawai", "penilaian", "keterangan.csv"}


# -- people are invented -----------------------------------------------------------------------------------------------


def test_names_are_syllables_and_stay() -> None:
    pattern = f"({'|'.join(FIRST)})({'|'.join(SECOND)}) ({'|'.join(LAST)})"
    names = [invented_name(f"{n:018d}") for n in range(3000)]
    assert all(re.fullmatch(pattern, name) for name in names)
    assert len(set(names)) > 1000
    assert names == [invented_name(f"{n:018d}") for n in range(3000)]


# -- everything that the tables hold -----------------------------------------------------------------------------------


def test_employee_file(agency: Dataset, folder: Path) -> None:
    raw = (folder / "Data_Pegawai_SIASN.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert (raw.count(b"\n"), raw.count(b"\r")) == (1201, 0)
    frame = pd.DataFrame(list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter="|")))
    staff = agency["pegawai"]
    nip = parse_nip(frame["NIP BARU"])
    assert frame["NIP BARU"].str.startswith("'").all()
    assert nip["text"].tolist() == staff["pegawai_id"].tolist()
    assert (nip["faults"] == "").all()
    for name, column in (("tanggal_lahir", "TANGGAL LAHIR"), ("tmt_cpns", "TMT CPNS")):
        assert pd.to_datetime(frame[column], format="%d-%m-%Y").tolist() == staff[name].tolist()
    assert frame["Jenis Kelamin"].map({"M": "L", "F": "P"}).tolist() == staff["jenis_kelamin"].tolist()
    assert read_golongan(frame["GOL AKHIR NAMA"], nip["status"]).tolist() == staff["golongan"].tolist()
    pns = (staff["status"] == "PNS").to_numpy()
    assert read_golongan(frame.loc[pns, "GOL AKHIR ID"]).tolist() == staff.loc[pns, "golongan"].tolist()
    assert frame["JENJANG"].tolist() == staff["jenjang"].fillna("").tolist()
    assert frame["UNOR ID"].tolist() == staff["unit_id"].tolist()
    for columns in (["JENIS JABATAN ID", "ESELON ID"], ["TINGKAT PENDIDIKAN ID"], ["TINGKAT PENDIDIKAN NAMA"]):
        own = "jenis_jabatan" if "ESELON ID" in columns else "pendidikan"
        pairs = set(zip(frame[columns].agg("".join, axis=1), staff[own], strict=True))
        assert len(pairs) == staff[own].nunique()
    rest = pd.read_csv(folder / "pegawai_tambahan.csv", dtype={"pegawai_id": "str"})
    assert rest["pegawai_id"].tolist() == staff["pegawai_id"].tolist()
    assert rest["x_jarak_km"].tolist() == staff["x_jarak_km"].tolist()
    assert rest["alasan_keluar"].fillna("").tolist() == staff["alasan_keluar"].astype("str").fillna("").tolist()
    assert pd.to_datetime(rest["tanggal_keluar"]).dropna().tolist() == staff["tanggal_keluar"].dropna().tolist()


def test_appraisals(agency: Dataset, folder: Path) -> None:
    frame = pd.read_csv(folder / "Riwayat_Kinerja_SIASN.csv", sep=";", dtype="str", keep_default_na=False)
    own = agency["penilaian"]
    assert frame["nip"].tolist() == own["pegawai_id"].tolist()
    assert frame["unorId"].tolist() == own["unit_id"].tolist()
    assert frame["nipNrpPenilai"].tolist() == own["penilai_id"].fillna("").tolist()
    assert read_rating(frame["hasilKinerjaNilai"]).tolist() == own["rating_hasil"].tolist()
    assert read_rating(frame["perilakuKerjaNilai"]).tolist() == own["rating_perilaku"].tolist()
    assert read_predikat(frame["kuadranKinerjaNilai"]).tolist() == own["predikat"].tolist()
    rest = pd.read_csv(folder / "penilaian_tambahan.csv", dtype="str", keep_default_na=False)
    assert rest.equals(own[list(rest.columns)].astype("object").fillna("").astype("str"))
    months = frame["tahunMulaiPenilaian"] + "-S" + frame["bulanMulaiPenilaian"].map({"1": "1", "7": "2"})
    assert months.tolist() == own["periode"].tolist()


def test_recaps(agency: Dataset, folder: Path) -> None:
    found, headers, feet = [], set(), set()
    for file in sorted(folder.glob("Rekap_eKinerja_*.xlsx")):
        for rows in cells(file).values():
            period = re.fullmatch(r"Periode Semester (I+) Tahun (\d{4})", str(rows[2][0]))
            assert period is not None
            headers.add(next(place for place, row in enumerate(rows) if "NIP" in row))
            feet |= {
                str(cell).partition(" ")[0]
                for row in rows
                for cell in row
                if str(cell).startswith(("NIP.", "Jumlah", "(1)"))
            }
            frame = table(rows, "NIP")
            found.append(frame.assign(periode=f"{period[2]}-S{len(period[1])}"))
    every = pd.concat(found).sort_values(["periode", "NIP"])
    own = agency["penilaian"].sort_values(["periode", "pegawai_id"])
    assert len(headers) > 1
    assert feet == {"NIP.", "Jumlah", "(1)"}
    assert every["NIP"].tolist() == own["pegawai_id"].tolist()
    assert every["periode"].tolist() == own["periode"].tolist()
    assert read_rating(every["Rating Hasil Kinerja"]).tolist() == own["rating_hasil"].tolist()
    assert read_rating(every["Rating Perilaku Kerja"]).tolist() == own["rating_perilaku"].tolist()
    assert read_predikat(every["Predikat Kinerja Periodik"]).tolist() == own["predikat"].tolist()


def test_courses(agency: Dataset, folder: Path) -> None:
    own = agency["kegiatan"][agency["kegiatan"]["jp"].notna()]
    frame = table(cells(folder / "Riwayat_Kursus_SIASN.xlsx")["rw-kursus"], "nipBaru")
    assert frame["id"].tolist() == own["kegiatan_id"].tolist()
    assert frame["nipBaru"].tolist() == own["pegawai_id"].tolist()
    assert read_jenis_kegiatan(frame["jenisDiklatId"]).tolist() == own["jenis"].tolist()
    assert frame["jumlahJam"].tolist() == own["jp"].tolist()
    for name, column in (("mulai", "tanggalKursus"), ("selesai", "tanggalSelesaiKursus")):
        assert pd.to_datetime(frame[column], format="%d-%m-%Y").tolist() == own[name].tolist()
    rest = table(cells(folder / "Realisasi_Pelatihan.xlsx")["Realisasi_Pelatihan"], "kegiatan_id")
    for name in ("kegiatan_id", "pegawai_id", "jenis", "durasi_menit", "moda", "biaya"):
        assert rest[name].tolist() == own[name].tolist()


def test_logs(agency: Dataset, folder: Path) -> None:
    found = []
    for file in sorted(folder.glob("Log_Pembinaan_*.xlsx")):
        for name, rows in cells(file).items():
            frame = table(rows, "NIP Pegawai")
            assert ("Topik" in frame) == (name != "Konseling")
            found.append(frame)
    every = pd.concat(found).sort_values("ID Sesi")
    own = agency["kegiatan"][agency["kegiatan"]["jp"].isna()].sort_values("kegiatan_id")
    assert every["ID Sesi"].tolist() == own["kegiatan_id"].tolist()
    assert parse_nip(every["NIP Pegawai"])["text"].tolist() == own["pegawai_id"].tolist()
    assert every["NIP Pembimbing"].tolist() == own["pembimbing_id"].fillna("").tolist()
    assert every["Hari/Tanggal"].map(day).tolist() == own["mulai"].dt.strftime("%Y-%m-%d").tolist()
    assert every["Lama"].map(minutes).tolist() == own["durasi_menit"].tolist()
    assert (own["selesai"] == own["mulai"]).all()
    for name, column in (
        ("jenis", "Jenis"),
        ("peran_pembimbing", "Peran"),
        ("moda", "Moda"),
        ("tahap_grow", "Tahap GROW"),
    ):
        assert every[column].fillna("").str.lower().tolist() == own[name].astype("str").fillna("").tolist()
    assert every["Topik"].fillna("").tolist() == own["topik"].fillna("").tolist()
    assert (every["Tindak Lanjut"] == "Ya").tolist() == own["tindak_lanjut"].tolist()
    assert {type(value) for value in every["Hari/Tanggal"]} > {str}
    assert len({type(value) for value in every["Lama"]}) == 3


def test_plans(agency: Dataset, folder: Path) -> None:
    own = agency["skp"]
    rows = table(cells(folder / "SKP_Seluruh_Pegawai.xlsx")["SKP_Seluruh_Pegawai"], "rhk")
    assert list(rows.columns) == list(own.columns)
    for name in own:
        assert rows[name].tolist() == own[name].astype("object").fillna("").tolist(), name
    forms = cells(folder / "SKP_Sekretariat_2025_Semester_1.xlsx")
    people = agency["penilaian"].query("periode == '2025-S1' and unit_id == 'U01'")
    assert len(forms) == len(people)
    for person, form in zip(people.itertuples(), forms.values(), strict=True):
        text = {str(row[1]): row[2] for row in form if row[1]}
        assert text["NIP"] == person.pegawai_id
        lines = table(form, "Rencana Hasil Kerja")
        plan = own.query("periode == '2025-S1' and pegawai_id == @nip", local_dict={"nip": person.pegawai_id})
        lines = lines.iloc[: len(plan)]
        for name, column in (
            ("rhk_atasan", "Rencana Hasil Kerja Pimpinan yang Diintervensi"),
            ("rhk", "Rencana Hasil Kerja"),
            ("iki", "Indikator Kinerja Individu"),
            ("target", "Target"),
            ("realisasi", "Realisasi Berdasarkan Bukti Dukung"),
        ):
            assert lines[column].tolist() == plan[name].fillna("").tolist()
        ratings = {row[0]: row[2] for row in form if str(row[0]).startswith(("RATING", "PREDIKAT"))}
        assert read_rating(ratings["RATING HASIL KERJA"]) == person.rating_hasil
        assert ratings["PREDIKAT KINERJA PEGAWAI"] == person.predikat


def test_assessments(agency: Dataset, folder: Path) -> None:
    found = []
    for file in sorted(folder.glob("Hasil_Asesmen_*.xlsx")):
        period = Period.parse(re.sub(r".*_(\d{4})_Semester_(\d)", r"\1-S\2", file.stem))
        frame = table(cells(file)["Hasil Asesmen"], "NIP")
        names = [name for name in frame if name in set(agency["kompetensi"]["kompetensi"])]
        long = frame.melt(id_vars=["NIP", "Standar Level"], value_vars=names, var_name="kompetensi", value_name="level")
        found.append(long.assign(periode=str(period)))
    every = pd.concat(found).sort_values(["NIP", "periode", "kompetensi"])
    own = agency["kompetensi"].sort_values(["pegawai_id", "periode", "kompetensi"])
    for name, column in (("pegawai_id", "NIP"), ("level", "level"), ("level_standar", "Standar Level")):
        assert every[column].tolist() == own[name].tolist()


def test_what_no_export_carries_stands_in_our_own_columns(agency: Dataset, folder: Path) -> None:
    for name in (*PLAIN, "keterangan"):
        assert (folder / f"{name}.csv").read_bytes() == (SAMPLE / f"{name}.csv").read_bytes()
    carried = {"pegawai", "penilaian", "skp", "kompetensi", "kegiatan"}
    assert {*PLAIN, "keterangan"} | carried == set(TABLES)
