"""Cells of tables that no other test writes out, as the rule digest and the reference data of BKN print them."""

from __future__ import annotations

import pytest

from kinerja_lib.rules.tables import FOLDER, read_rules

KLASIKAL = {
    1: "Diklat Struktural",
    2: "Diklat Fungsional",
    3: "Diklat Teknis",
    4: "Workshop",
    5: "Pelatihan Manajerial",
    6: "Pelatihan Sosial Kultural",
    7: "Sosialisasi",
    8: "Bimbingan Teknis",
    9: "Seminar",
    11: "Kursus",
    12: "Penataran",
    13: "Klasikal lainnya",
}
NONKLASIKAL = {
    10: "Magang",
    14: "Coaching",
    15: "Mentoring",
    16: "E-Learning",
    17: "Pelatihan Jarak Jauh",
    18: "Detasering (secondment)",
    19: "Pembelajaran Alam Terbuka (outbond)",
    20: "Patok Banding (benchmarking)",
    21: "Pertukaran PNS-swasta/BUMN/BUMD",
    22: "Belajar Mandiri (self development)",
    23: "Komunitas Belajar (CoP)",
    24: "Bimbingan di Tempat Kerja",
    25: "Nonklasikal lainnya",
}


def test_the_25_forms() -> None:
    rows = {row["kode"]: row for row in read_rules("jenis_kegiatan")}
    assert {int(code) for code in rows if code} == set(range(1, 26)) == set(KLASIKAL | NONKLASIKAL)
    for group, forms in (("klasikal", KLASIKAL), ("nonklasikal", NONKLASIKAL)):
        for code, name in forms.items():
            assert (rows[str(code)]["bentuk"], rows[str(code)]["kelompok"]) == (name, group)
    assert (rows[""]["bentuk"], rows[""]["jenis"], rows[""]["kelompok"]) == (
        "Konseling kinerja",
        "konseling",
        "pembinaan",
    )


SYNONYMS = {
    "diklat_struktural": [
        "Pelatihan Struktural",
        "Pelatihan Struktural Kepemimpinan",
        "Pelatihan Kepemimpinan Nasional",
        "Pelatihan Kepemimpinan Administrator",
        "Pelatihan Kepemimpinan Pengawas",
    ],
    "diklat_fungsional": ["Pelatihan Fungsional"],
    "diklat_teknis": ["Pelatihan Teknis"],
    "workshop": ["Lokakarya", "Workshop/Lokakarya"],
    "pelatihan_manajerial": ["Diklat Manajerial"],
    "pelatihan_sosial_kultural": ["Diklat Sosial Kultural", "Pelatihan Sosiokultural"],
    "bimbingan_teknis": ["Bimtek"],
    "seminar": ["Konferensi", "Sarasehan", "Seminar/Konferensi/Sarasehan", "Webinar"],
    "magang": ["Magang/Praktik Kerja"],
    "kursus": ["Course"],
    "klasikal_lainnya": ["Pelatihan Klasikal Lainnya"],
    "coaching": ["Coaching Kinerja", "Pembimbingan (coaching)"],
    "mentoring": ["Mentoring Kinerja", "Pendampingan (mentoring)"],
    "e_learning": ["Elearning", "Pembelajaran Elektronik", "Pelatihan Elektronik (e-learning)"],
    "pelatihan_jarak_jauh": ["PJJ", "Distance Learning"],
    "detasering": ["Detasering", "Secondment", "Detail Sharing"],
    "pembelajaran_alam_terbuka": [
        "Pembelajaran Alam Terbuka",
        "Pembelajaran di Alam Terbuka",
        "Outbond",
        "Outbound",
        "Pembelajaran Alam Terbuka (outbound)",
    ],
    "patok_banding": ["Patok Banding", "Benchmarking", "Benchmark"],
    "pertukaran_pns": [
        "Pertukaran PNS",
        "Pertukaran PNS dengan Pegawai Swasta",
        "Pertukaran PNS dengan Pegawai Swasta/BUMN/BUMD",
        "Pertukaran antara PNS dengan Pegawai Swasta/BUMN/BUMD",
    ],
    "belajar_mandiri": ["Belajar Mandiri", "Self Development", "Self Learning"],
    "komunitas_belajar": [
        "Komunitas Belajar",
        "CoP",
        "Community of Practice",
        "Community of Practices",
        "Komunitas Belajar (Community of Practices)",
    ],
    "bimbingan_di_tempat_kerja": ["On the Job Training", "OJT"],
    "nonklasikal_lainnya": ["Non-klasikal Lainnya", "Pelatihan Nonklasikal Lainnya"],
    "konseling": ["Konseling", "Counseling", "Counselling"],
}


def test_every_synonym_of_a_form() -> None:
    found: dict[str, list[str]] = {}
    for row in read_rules("label_kegiatan"):
        found.setdefault(row["jenis"], []).append(row["label"])
    assert found == SYNONYMS


RANKS = {
    "I/a": "Juru Muda",
    "I/b": "Juru Muda Tingkat I",
    "I/c": "Juru",
    "I/d": "Juru Tingkat I",
    "II/a": "Pengatur Muda",
    "II/b": "Pengatur Muda Tingkat I",
    "II/c": "Pengatur",
    "II/d": "Pengatur Tingkat I",
    "III/a": "Penata Muda",
    "III/b": "Penata Muda Tingkat I",
    "III/c": "Penata",
    "III/d": "Penata Tingkat I",
    "IV/a": "Pembina",
    "IV/b": "Pembina Tingkat I",
    "IV/c": "Pembina Utama Muda",
    "IV/d": "Pembina Utama Madya",
    "IV/e": "Pembina Utama",
}


def test_ranks_of_pns_and_grades_of_pppk() -> None:
    rows = read_rules("golongan")
    assert {row["golongan"]: row["pangkat"] for row in rows if row["status"] == "PNS"} == RANKS
    romans = [
        "I",
        "II",
        "III",
        "IV",
        "V",
        "VI",
        "VII",
        "VIII",
        "IX",
        "X",
        "XI",
        "XII",
        "XIII",
        "XIV",
        "XV",
        "XVI",
        "XVII",
    ]
    assert [(row["golongan"], row["pangkat"], row["id"]) for row in rows if row["status"] == "PPPK"] == [
        (roman, "", "") for roman in romans
    ]


PARTS = {  # part, first and last digit, status, least, greatest, what it stands for
    ("panjang", 1, 18, "", 18, 18, ""),
    ("tahun_lahir", 1, 4, "", 1900, 2099, ""),
    ("bulan_lahir", 5, 6, "", 1, 12, ""),
    ("hari_lahir", 7, 8, "", 1, 31, ""),
    ("tahun_tmt", 9, 12, "", 1900, 2099, ""),
    ("bulan_tmt", 13, 14, "PNS", 1, 12, ""),
    ("frekuensi", 13, 14, "PPPK", 21, 99, ""),
    ("jenis_kelamin", 15, 15, "", 1, 1, "L"),
    ("jenis_kelamin", 15, 15, "", 2, 2, "P"),
    ("urutan", 16, 18, "", 1, 999, ""),
    ("usia_cpns", 0, 0, "PNS", 18, 40, ""),
}


def test_the_parts_of_a_nip() -> None:
    names = ("bagian", "dari", "sampai", "status", "minimal", "maksimal", "nilai")
    numbers = {"dari", "sampai", "minimal", "maksimal"}
    found = {tuple(int(row[n] or 0) if n in numbers else row[n] for n in names) for row in read_rules("nip")}
    assert found == PARTS


BANDS = {  # lowest first: label, full name, from, to; then which end of a band is its own
    "pp30_8": [
        ("Sangat Kurang", "", "0", "50"),
        ("Kurang", "", "50", "70"),
        ("Cukup", "", "70", "90"),
        ("Baik", "", "90", "110"),
        ("Sangat Baik", "", "110", "120"),
    ],
    "pp46": [
        ("Buruk", "", "0", "50"),
        ("Kurang", "", "50", "60"),
        ("Cukup", "", "60", "75"),
        ("Baik", "", "75", "90"),
        ("Sangat Baik", "", "90", "100"),
    ],
    "jpm_seleksi": [
        ("KMS", "Kurang Memenuhi Syarat", "0", "68"),
        ("MMS", "Masih Memenuhi Syarat", "68", "80"),
        ("MS", "Memenuhi Syarat", "80", ""),
    ],
    "jpm_pemetaan": [
        ("KO", "Kurang Optimal", "0", "78"),
        ("CO", "Cukup Optimal", "78", "90"),
        ("O", "Optimal", "90", ""),
    ],
    "ip_asn": [
        ("Sangat Rendah", "", "0", "60"),
        ("Rendah", "", "60", "70"),
        ("Sedang", "", "70", "80"),
        ("Tinggi", "", "80", "90"),
        ("Sangat Tinggi", "", "90", "100"),
    ],
}
ENDS = {"pp30_8": "mulai", "pp46": "sampai", "jpm_seleksi": "mulai", "jpm_pemetaan": "mulai", "ip_asn": "sampai"}


@pytest.mark.parametrize(("scale", "bands"), BANDS.items())
def test_bands_lie_end_to_end(scale: str, bands: list[tuple[str, ...]]) -> None:
    rows = [row for row in read_rules("pita_nilai") if row["skala"] == scale]
    assert [tuple(row[name] for name in ("label", "nama", "mulai", "sampai")) for row in rows] == bands
    assert {row["termasuk"] for row in rows} == {ENDS[scale]}
    assert {row["label"]: row["syarat"] for row in rows if row["syarat"]} == (
        {"Sangat Baik": "ide_baru"} if scale == "pp30_8" else {}
    )
    assert [row["sampai"] for row in rows[:-1]] == [row["mulai"] for row in rows[1:]]


def test_every_scale_is_written_out() -> None:
    assert {row["skala"] for row in read_rules("pita_nilai")} == set(BANDS)


LAWS = {  # which regulation each table is from
    "angka kredit": ("koefisien_ak", {"PermenPANRB 1/2023"}),
    "its shares": ("persen_ak", {"Peraturan BKN 3/2023"}),
    "index": ("ip_asn", {"Peraturan BKN 8/2019"}),
    "boxes": ("sembilan_kotak", {"PermenPANRB 3/2020"}),
    "ages": ("bup", {"PP 11/2017", "UU 14/2005"}),
    "improvement": ("masa_perbaikan", {"PP 30/2019"}),
    "weights": ("bobot_pp30", {"PP 30/2019"}),
    "indicators": ("nilai_iki", {"PermenPANRB 8/2021"}),
    "jp": ("konversi_jp", {"Peraturan LAN 10/2018"}),
    "levels": ("tingkat_kompetensi", {"PermenPANRB 38/2017"}),
    "standards": ("standar_kompetensi", {"PermenPANRB 38/2017"}),
    "bands": (
        "pita_nilai",
        {"PP 30/2019", "PP 46/2011", "Peraturan BKN 26/2019", "PermenPANRB 38/2018"},
    ),
    "regimes": ("rezim", {"PP 46/2011", "PermenPANRB 8/2021", "PermenPANRB 6/2022"}),
    "matrix": ("kuadran", {"PermenPANRB 6/2022"}),
    "pattern": ("pola_distribusi", {"SE MenPANRB 3/2023"}),
}


@pytest.mark.parametrize(("table", "laws"), LAWS.values(), ids=LAWS)
def test_the_regulation_of_each_table(table: str, laws: set[str]) -> None:
    assert {row["regulasi"] for row in read_rules(table)} == laws


def test_what_memory_holds_only_loosely_is_in_no_table() -> None:
    for file in FOLDER.glob("*.csv"):
        assert "M-L" not in file.read_text(encoding="utf-8"), file.name
    converted = {row["jenis"] for row in read_rules("konversi_jp")}
    assert not converted & {"coaching", "mentoring", "belajar_mandiri", "komunitas_belajar", "magang", "detasering"}
    posts = {row["jabatan"] for row in read_rules("standar_kompetensi")}
    assert not posts & {"fungsional", "Ahli Utama", "Ahli Madya", "Ahli Muda", "Ahli Pertama", "Penyelia"}


SMALL = {  # whole tables without their columns of origin, then regulation, article and confidence
    "perencanaan": [
        *(
            ("aspek", aspek, "PP 30/2019", "8-25 (BAB III)", "V")
            for aspek in ("kuantitas", "kualitas", "waktu", "biaya")
        ),
        ("sumber", "SKP atasan langsung", "PP 30/2019", "8-25 (BAB III)", "V"),
    ],
    "pembinaan": [
        ("bimbingan_kinerja", "coaching", "PermenPANRB 6/2022", "21-22", "V"),
        ("bimbingan_kinerja", "mentoring", "PermenPANRB 6/2022", "21-22", "V"),
        ("bimbingan_kinerja", "pelatihan formal", "PermenPANRB 6/2022", "21-22", "V"),
        ("bimbingan_kinerja", "pelatihan informal", "PermenPANRB 6/2022", "21-22", "V"),
        ("konseling_kinerja", "konseling", "PermenPANRB 6/2022", "21", "V"),
        ("pelatihan", "klasikal", "Peraturan LAN 10/2018", "", "V"),
        ("pelatihan", "nonklasikal", "Peraturan LAN 10/2018", "", "V"),
    ],
    "kesenjangan": [
        ("kesenjangan kompetensi", "profil dibandingkan dengan standar jabatan", "PP 11/2017", "206(2)", "V"),
    ],
    "jendela_ip_asn": [
        ("diklat", "struktural", "diklat_struktural;pelatihan_manajerial", "", "", "", "Peraturan BKN 8/2019", "", "V"),
        ("diklat", "fungsional", "diklat_fungsional", "", "", "", "Peraturan BKN 8/2019", "", "V"),
        ("teknis_20jp", "", "", "T", "12", "20", "Peraturan BKN 8/2019", "", "I"),
        ("seminar", "", "", "P", "", "", "Peraturan BKN 8/2019", "", "I"),
    ],
}


@pytest.mark.parametrize("table", SMALL)
def test_the_small_tables(table: str) -> None:
    found = [tuple(v for k, v in row.items() if not k.startswith("berlaku")) for row in read_rules(table)]
    assert found == SMALL[table]
