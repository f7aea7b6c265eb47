"""What a sheet is, by its header words, wherever they stand; and the mapping file of a user."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.read.kinds import find_head_nip, find_head_rater, kinds, read_kinds, read_map, recognise, title_of
from kinerja_lib.read.sheets import Sheet
from kinerja_lib.schema import TABLES

NIP = "198501012010011001"
COMPETENCIES = list(read_kinds()["competencies"])

RECAP = ["No", "NIP", "Nama", "Jabatan", "Rating Hasil Kinerja", "Rating Perilaku Kerja", "Predikat Kinerja Periodik"]
SKP22 = [
    "id",
    "tahun",
    "nip",
    "hasilKinerja",
    "hasilKinerjaNilai",
    "perilakuKerja",
    "PerilakuKerjaNilai",
    "kuadranKinerja",
    "KuadranKinerjaNilai",
    "nipNrpPenilai",
    "statusPenilai",
]
PERIODIC = [
    "id",
    "tahun",
    "nip",
    "nama",
    "periodikId",
    "periodikNama",
    "hasilKinerjaNilai",
    "perilakuKerjaNilai",
    "kuadranKinerjaNilai",
    "unorId",
    "bulanMulaiPenilaian",
    "bulanSelesaiPenilaian",
    "tahunMulaiPenilaian",
    "tahunSelesaiPenilaian",
]
OLD_SKP = [
    "tahun",
    "nip",
    "nilaiSkp",
    "orientasiPelayanan",
    "integritas",
    "komitmen",
    "disiplin",
    "nilaiPerilakuKerja",
    "nilaiIntegrasi",
]
COURSE = [
    "id",
    "idPns",
    "nipBaru",
    "namaKursus",
    "jenisDiklatId",
    "institusiPenyelenggara",
    "jumlahJam",
    "noSertipikat",
    "tanggalKursus",
    "tanggalSelesaiKursus",
]
DIKLAT = [
    "nipBaru",
    "latihanStrukturalId",
    "latihanStrukturalNama",
    "nomor",
    "tanggal",
    "tanggalSelesai",
    "tahun",
    "jumlahJam",
]
STAFF = ["PNS ID", "NIP BARU", "nip_lama", "NAMA", "Tanggal_Lahir", "JENIS KELAMIN", "UNOR ID", "UNOR NAMA", "TMT CPNS"]
FORM_2022 = ["No", "Rencana Hasil Kerja Pimpinan yang Diintervensi", "Rencana Hasil Kerja", "Aspek",
             "Indikator Kinerja Individu", "Target", "Realisasi Berdasarkan Bukti Dukung"]  # fmt: skip
FORM_2021 = ["No", "Rencana Kinerja Atasan Langsung", "Rencana Kinerja", "Aspek", "IKI", "Target", "Realisasi"]
LOG = ["Tanggal", "Nama/NIP Peserta", "Coach", "Jenis", "Durasi", "Topik", "Tahap", "Tindak Lanjut", "Catatan"]


def sheet(*rows: list[object], name: str | None = "Lembar1", file: str = "a.xlsx") -> Sheet:
    return Sheet(file, name, [list(row) for row in rows])


HEAD: list[list[object]] = [["9901 - Kabupaten Tirta Kencana"], ["Bidang A"], ["Periode Bulanan 3 Tahun 2025"], []]


@pytest.mark.parametrize(
    ("header", "kind", "fields"),
    [
        (RECAP, "ekinerja", {"pegawai_id": 1, "rating_hasil": 4, "rating_perilaku": 5, "predikat": 6}),
        ([*RECAP[:6], "Predikat Kinerja Tahunan"], "ekinerja", {"predikat": 6}),
        ([*RECAP[:6], "Predikat Perilaku Periodik"], "ekinerja", {"predikat": 6}),
        (["NIP", "Nama", "Predikat Evaluasi Akhir"], "ekinerja", {"pegawai_id": 0, "predikat": 2}),
        (SKP22, "siasn_penilaian", {"rating_hasil": 3, "kode_hasil": 4, "kode_predikat": 8, "penilai_id": 9}),
        (PERIODIC, "siasn_penilaian", {"kode_hasil": 6, "bulan_mulai": 10, "unit_id": 9}),
        (OLD_SKP, "siasn_penilaian", {"nilai_skp": 2, "nilai_perilaku": 7}),
        (COURSE, "siasn_kursus", {"pegawai_id": 2, "jenis_id": 4, "jp": 6, "mulai": 8, "selesai": 9}),
        (DIKLAT, "siasn_kursus", {"struktural": 2, "nama_kegiatan": 2, "mulai": 4, "selesai": 5}),
        (STAFF, "siasn_pegawai", {"pegawai_id": 1, "unit_id": 6, "unit_nama": 7, "tanggal_lahir": 4}),
        (["No", "NIP", "Nama", *COMPETENCIES, "Total"], "asesmen", {"pegawai_id": 1, "kompetensi:Kerja Sama": 4}),
        (["NIP", "Kompetensi", "Level", "Standar"], "asesmen", {"kompetensi": 1, "level": 2, "level_standar": 3}),
        (LOG, "log_pembinaan", {"mulai": 0, "pegawai_id": 1, "pembimbing_id": 2, "durasi_menit": 4, "tahap_grow": 6}),
        (["Tgl", "NIP Coachee", "NIP Coach", "Lama (jam)"], "log_pembinaan", {"durasi_jam": 3, "pembimbing_id": 2}),
        (["pegawai_id", "periode", "rating_hasil", "predikat"], "kanonik:penilaian", {"periode": 1}),
        (["kegiatan_id", "pegawai_id", "jenis", "mulai"], "kanonik:kegiatan", {"mulai": 3}),
        (["kunci", "isi"], "kanonik:keterangan", {"isi": 1}),
        (["unit_id", "nama", "induk_id"], "kanonik:unit", {"nama": 1}),
    ],
)
@pytest.mark.parametrize("above", [0, 1, 7])
def test_kinds_by_their_header_in_any_row(header: list[str], kind: str, fields: dict[str, int], above: int) -> None:
    found = recognise(sheet(*[["Judul"]] * above, list(header), [NIP] * len(header)))
    assert found is not None
    assert (found.kind, found.header) == (kind, above)
    assert {name: found.columns[name] for name in fields} == fields


def test_the_order_and_the_case_of_columns_do_not_matter() -> None:
    for header in (list(reversed(STAFF)), [h.lower() for h in STAFF], [h.replace(" ", "_").title() for h in STAFF]):
        found = recognise(sheet(list(header), [""] * len(header)))
        assert found is not None
        assert found.kind == "siasn_pegawai"
        assert header[found.columns["pegawai_id"]].lower().replace("_", " ") == "nip baru"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["halo"]],
        [["Nama", "Alamat", "Keterangan"], ["a", "b", "c"]],
        [["NIP", "Nama"], [NIP, "x"]],
        [["Predikat", "Jumlah"], ["Baik", 3.0]],
        [[1.0, 2.0], ["", ""]],
    ],
)
def test_what_says_nothing_known_is_not_guessed(rows: list[list[object]]) -> None:
    assert recognise(sheet(*rows)) is None


def test_head_block_and_reasons() -> None:
    found = recognise(sheet(*HEAD, list(RECAP)))
    assert found is not None
    assert found.period == "2025-03"
    assert found.why[0] == "Dikenali sebagai rekap penilaian e-Kinerja: judul kolom pada baris 5."
    assert found.why[-1] == "Periode 2025-03 dibaca dari sel A3."
    assert "NIP → pegawai_id" in found.why[1]
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("row", "period"),
    [
        (["Periode Triwulan II Tahun 2025"], "2025-T2"),
        (["Periode Tahunan 2024"], "2024"),
        (["Periode", ":", "Januari - Juni 2025"], "2025-S1"),
        (["", "Periode Penilaian", "", "2025-T3"], "2025-T3"),
        (["Tahun", 2024.0], "2024"),
        (["Tahun Anggaran 2025", "Periode Bulanan 3 Tahun 2025"], "2025-03"),
        (["Rekap Bulan Maret Tahun 2025"], "2025-03"),
        (["Surat Nomor 5 Tahun 2023"], None),
        (["Periode Bulanan 13 Tahun 2025"], None),
        (["Tirta Kencana, 31 Desember 2025"], None),
    ],
)
def test_periods_of_the_head_block(row: list[object], period: str | None) -> None:
    found = recognise(sheet(row, list(RECAP)))
    assert found is not None
    assert found.period == period


def test_a_header_of_two_rows_with_merged_titles() -> None:
    top = ["No", "NIP", "Nama", "Rating", "", "Predikat Kinerja"]
    below = ["", "", "", "Hasil Kerja", "Perilaku Kerja", ""]
    found = recognise(sheet(top, below, ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"], [1.0, NIP, "x", "1", "1", "1"]))
    assert found is not None
    assert found.header == 1
    assert found.columns == {"pegawai_id": 1, "rating_hasil": 3, "rating_perilaku": 4, "predikat": 5}

    top = ["NIP", *[name for c in COMPETENCIES[:5] for name in (c, "")]]
    found = recognise(sheet(top, ["", *["Level", "Standar"] * 5], [NIP, *[3.0] * 10]))
    assert found is not None
    assert (found.kind, found.columns["kompetensi:Komunikasi"], found.columns["standar:Komunikasi"]) == (
        "asesmen",
        5,
        6,
    )

    top = ["Tanggal", "Coachee", "", "Coach", ""]
    found = recognise(sheet(top, ["", "Nama", "NIP", "Nama", "NIP"], ["2025-01-02", "a", NIP, "b", NIP]))
    assert found is not None
    assert (found.columns["pegawai_id"], found.columns["pembimbing_id"]) == (2, 4)


def test_a_row_of_data_is_never_a_second_row_of_the_header() -> None:
    found = recognise(sheet(["Tanggal", "NIP", "Jenis", "Peran"], ["2 Mei 2025", NIP, "Coaching", "Mentor"]))
    assert found is not None
    assert found.header == 0


FORM_HEAD: list[list[object]] = [
    ["SASARAN KINERJA PEGAWAI"],
    ["Periode Penilaian: 1 Januari s.d. 31 Desember 2023"],
    ["No", "PEGAWAI YANG DINILAI", "", "No", "PEJABAT PENILAI KINERJA", ""],
    [1.0, "NAMA", "x", 1.0, "NAMA", "y"],
    [2.0, "NIP", NIP, 2.0, "NIP", NIP[:-1] + "2"],
]


@pytest.mark.parametrize(("header", "kind"), [(FORM_2022, "skp_2022"), (FORM_2021, "skp_2021")])
def test_forms_take_the_person_of_the_head_block(header: list[str], kind: str) -> None:
    found = recognise(form := sheet(*FORM_HEAD, list(header)))
    assert found is not None
    assert (found.kind, found.period, found.header) == (kind, "2023", 5)
    assert find_head_nip(form, 5) == (4, 2)
    assert find_head_rater(form, 5) == (4, 5)


def test_forms_whose_assessor_stands_first_or_above() -> None:
    left = sheet(
        ["I. PEJABAT PENILAI", "", "II. PEGAWAI NEGERI SIPIL YANG DINILAI", ""], ["NIP", "1" * 18, "NIP", "2" * 18]
    )
    assert (find_head_nip(left, 2), find_head_rater(left, 2)) == ((1, 3), (1, 1))
    above = sheet(
        ["PEGAWAI YANG DINILAI"], ["NIP : 222222222222222222"], ["PEJABAT PENILAI KINERJA"], ["NIP", ":", "1" * 18]
    )
    assert (find_head_nip(above, 4), find_head_rater(above, 4)) == ((1, 0), (3, 2))
    plain = sheet(["Nama", "x"], ["NIP", NIP])
    assert (find_head_nip(plain, 2), find_head_rater(plain, 2)) == ((1, 1), None)


def test_a_form_without_a_person_is_still_a_form_so_that_its_rows_are_not_lost_without_a_word() -> None:
    found = recognise(sheet(["SASARAN KINERJA PEGAWAI"], list(FORM_2022)))
    assert found is not None
    assert (found.kind, "pegawai_id" in found.columns) == ("skp_2022", False)


def test_words_of_every_kind_are_sound() -> None:
    settings = read_kinds()
    for kind in kinds():
        assert settings[kind]["table"] in TABLES
        words = [w for synonyms in settings[kind]["columns"].values() for w in synonyms if w[0] not in "~!"]
        assert all(w == w.lower() and " ".join(w.split()) == w for w in words), kind
        twice = {w for w in words if words.count(w) > 1} - {"latihan struktural nama"}
        assert twice == set(), kind
        fields = {f for need in settings[kind]["need"] for way in need.split("|") for f in way.split("+")}
        assert fields | set(settings[kind]["own"]) <= {*settings[kind]["columns"], "competencies"}, kind
        assert title_of(kind)


# ---------------------------------------------------------------------------------------------------- mapping files


def write(folder: Path, text: str) -> Path:
    path = folder / "balai.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_map_names_the_columns_of_an_unknown_shape(tmp_path: Path) -> None:
    text = 'table = "penilaian"\n[columns]\n"No. Induk" = "pegawai_id"\n"Hasil Akhir" = "predikat"\n'
    text += '[constants]\nperiode = "2025-S1"\n'
    found = recognise(sheet(["Data"], ["No. Induk", "HASIL AKHIR", "Ket"]), [read_map(write(tmp_path, text))])
    assert found is not None
    assert (found.kind, found.table, found.header) == ("peta:balai", "penilaian", 1)
    assert found.columns == {"pegawai_id": 0, "predikat": 1}
    assert found.constants == {"periode": "2025-S1"}
    assert found.unknown == ("Ket",)
    assert found.why[-1] == "Periode 2025-S1 dari berkas peta."
    assert recognise(sheet(["No. Induk", "Ket"]), [read_map(write(tmp_path, text))]) is None


def test_a_map_gives_a_known_kind_more_words_and_a_period(tmp_path: Path) -> None:
    text = 'kind = "ekinerja"\nfiles = "Rekap*.xlsx"\n[columns]\n"Nilai Akhir" = "predikat"\n'
    text += '[constants]\nperiode = "2025-03"\n'
    own = [read_map(write(tmp_path, text))]
    found = recognise(sheet(["NIP", "Nilai Akhir"], file="x/Rekap Maret.xlsx"), own)
    assert found is not None
    assert (found.kind, found.columns, found.constants) == (
        "ekinerja",
        {"predikat": 1, "pegawai_id": 0},
        {"periode": "2025-03"},
    )
    assert recognise(sheet(["NIP", "Nilai Akhir"], file="Lain.xlsx"), own) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("table = ", "berkas peta tidak dapat dibaca"),
        ('tabel = "unit"', "ditemukan 'tabel'; yang diizinkan: table, kind"),
        ("", "isi salah satu: table atau kind"),
        ('table = "unit"\nkind = "ekinerja"', "isi salah satu"),
        ('table = "units"', "'units'.*Maksud Anda unit?"),
        ('kind = "e-kinerja"', "Maksud Anda ekinerja?"),
        ('table = "unit"', "bagian .columns. kosong"),
        ('table = "unit"\n[columns]\nA = "name"', "'name'.*Maksud Anda nama?"),
        ('table = "unit"\n[columns]\nA = "nama"\nB = "nama"', "kolom nama ada dua kali"),
        (
            'table = "kegiatan"\n[columns]\nA = "mulai"\n[constants]\njenis = "Coaching"',
            "'Coaching'.*Maksud Anda coaching?",
        ),
        ('table = "unit"\n[columns]\nA = ["nama"]', "harus berisi baris nama = nilai"),
        ('table = "unit"\n[columns]\nA = "nama"\n[constants]\nperiode = "x"', "'periode'"),
        ('kind = "ekinerja"\n[constants]\nperiode = "Maret"', "periode 'Maret' tidak dikenal"),
    ],
)
def test_faults_of_a_map_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CallError, match=message):
        read_map(write(tmp_path, text))


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="tidak dapat dibaca"):
        read_map(tmp_path / "tidak.toml")
