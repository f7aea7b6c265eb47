"""Indeks Profesionalitas, nine boxes, angka kredit: every cell as the rule digest prints it, and the golden vectors."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.rules import IpAsn, score_angka_kredit, score_box, score_ip_asn
from kinerja_lib.vocabulary import JENIS_JABATAN, PENDIDIKAN, PREDIKAT

FULL = {"diklat": True, "teknis_20jp": True, "seminar": True, "predikat": "Sangat Baik", "hukdis": "tidak ada"}


def test_golden_vectors_of_the_index() -> None:
    said = {"diklat": True, "teknis_20jp": True, "seminar": True, "predikat": "Baik", "hukdis": "tidak ada"}
    assert score_ip_asn("pengawas", pendidikan="S-2", **said) == IpAsn(20, 40, 25, 5, 90, "Tinggi")
    said = {"diklat": None, "teknis_20jp": False, "seminar": True, "predikat": "Baik", "hukdis": "ringan"}
    assert score_ip_asn("pelaksana", pendidikan="SLTA", **said) == IpAsn(5, 17.5, 25, 3, 50.5, "Sangat Rendah")


EDUCATION = {
    "S-3": 25,
    "S-2": 20,
    "S-1": 15,
    "D-IV": 15,
    "D-III": 10,
    "D-II": 5,
    "D-I": 5,
    "SLTA": 5,
    "SLTP": 1,
    "SD": 1,
}


def test_education() -> None:
    assert set(EDUCATION) == set(PENDIDIKAN)
    for name, score in EDUCATION.items():
        for label in (name, name.replace("-", ""), name.lower()):
            assert score_ip_asn("administrator", pendidikan=label, **FULL).kualifikasi == score


COURSES = {
    **dict.fromkeys(("jpt_utama", "jpt_madya", "jpt_pratama", "administrator", "pengawas", "fungsional"), (15, 15, 10)),
    "pelaksana": (0, 22.5, 17.5),
    "struktural": (15, 15, 10),
}


@pytest.mark.parametrize(("post", "scores"), COURSES.items())
def test_courses(post: str, scores: tuple[float, ...]) -> None:
    assert set(COURSES) > set(JENIS_JABATAN)
    for done in product((True, False), repeat=3):
        said = FULL | dict(zip(("diklat", "teknis_20jp", "seminar"), done, strict=True))
        total = sum(score for score, yes in zip(scores, done, strict=True) if yes)
        assert score_ip_asn(post, pendidikan="S-1", **said).kompetensi == total


def test_performance_and_discipline() -> None:
    kinerja = {"Sangat Baik": 30, "Baik": 25, "Butuh Perbaikan": 15, "Cukup": 15, "Kurang": 5, "Sangat Kurang": 1}
    for label, score in kinerja.items():
        assert score_ip_asn("pengawas", pendidikan="S-1", **FULL | {"predikat": label}).kinerja == score
    disiplin = {"tidak ada": 5, "Tidak Ada": 5, "ringan": 3, "R": 3, "sedang": 2, "S": 2, "berat": 1, "b": 1}
    for label, score in disiplin.items():
        assert score_ip_asn("pengawas", pendidikan="S-1", **FULL | {"hukdis": label}).disiplin == score


@pytest.mark.parametrize(
    ("pendidikan", "changed", "total", "category"),
    [
        ("S-3", {}, 100, "Sangat Tinggi"),
        ("S-2", {"hukdis": "berat"}, 91, "Sangat Tinggi"),
        ("S-1", {}, 90, "Tinggi"),
        ("S-1", {"predikat": "Baik", "hukdis": "berat"}, 81, "Tinggi"),
        ("S-2", {"predikat": "Cukup"}, 80, "Sedang"),
        ("S-1", {"predikat": "Cukup", "hukdis": "berat"}, 71, "Sedang"),
        ("S-2", {"predikat": "Kurang"}, 70, "Rendah"),
        ("S-2", {"predikat": "Sangat Kurang", "hukdis": "berat"}, 62, "Rendah"),
        ("SLTA", {"diklat": False, "seminar": True, "predikat": "Baik"}, 60, "Sangat Rendah"),
        ("SD", {"diklat": False, "teknis_20jp": False, "seminar": False}, 36, "Sangat Rendah"),
    ],
)
def test_categories(pendidikan: str, changed: dict[str, object], total: float, category: str) -> None:
    found = score_ip_asn("pengawas", pendidikan=pendidikan, **FULL | changed)
    assert (found.total, found.kategori) == (total, category)


def test_between_two_printed_bands_is_the_upper_one() -> None:
    # 20 + 17.5 + 30 + 3 = 70.5: over 70 is Sedang, which the law prints as 71-80
    found = score_ip_asn("pelaksana", pendidikan="S-2", **FULL | {"teknis_20jp": False, "hukdis": "ringan"})
    assert (found.total, found.kategori) == (70.5, "Sedang")


def test_what_is_missing_stays_missing() -> None:
    found = score_ip_asn("pengawas", pendidikan="S-1", **FULL | {"hukdis": None})
    assert found == IpAsn(15, 40, 30, None, None, None)
    assert score_ip_asn("pengawas", pendidikan="S-1", **FULL | {"seminar": None}).kompetensi is None
    assert score_ip_asn("pengawas", pendidikan="S-1", **FULL | {"diklat": None}).kompetensi is None
    assert score_ip_asn("pelaksana", pendidikan="S-1", **FULL | {"diklat": None}).total == 90
    assert score_ip_asn(None, pendidikan=None, **FULL) == IpAsn(None, None, 30, 5, None, None)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kelompok": "camat"}, "kelompok: ditemukan 'camat'; yang diizinkan"),
        ({"pendidikan": "S-4"}, "pendidikan: ditemukan 'S-4'; yang diizinkan"),
        ({"hukdis": "teguran"}, "hukdis: ditemukan 'teguran'; yang diizinkan"),
        ({"predikat": "Istimewa"}, "predikat: ditemukan 'Istimewa'"),
        ({"seminar": "ya"}, "seminar: ditemukan 'ya'; yang diizinkan: True, False"),
    ],
)
def test_unknown_labels_of_the_index(changed: dict[str, object], message: str) -> None:
    with pytest.raises(CallError, match=message):
        score_ip_asn(**{"kelompok": "pengawas", "pendidikan": "S-1", **FULL, **changed})


def test_the_index_of_series() -> None:
    frame = pd.DataFrame(
        {
            "kelompok": ["pengawas", "pelaksana", "?", None],
            "pendidikan": ["S-2", "SLTA", "S-1", "S-1"],
            "diklat": pd.array([True, None, True, True], dtype="boolean"),
            "teknis_20jp": [True, False, True, True],
            "seminar": [True] * 4,
            "predikat": ["Baik"] * 4,
            "hukdis": ["tidak ada", "ringan", "tidak ada", None],
        },
        index=list("abcd"),
    )
    before = frame.copy()
    found = score_ip_asn(**{str(name): frame[name] for name in frame})
    assert list(found.columns) == ["kualifikasi", "kompetensi", "kinerja", "disiplin", "total", "kategori"]
    assert found["total"].tolist()[:2] == [90.0, 50.5]
    assert found["total"].isna().tolist() == [False, False, True, True]
    assert found["kategori"].astype("object").tolist()[:2] == ["Tinggi", "Sangat Rendah"]
    assert list(found.index) == list("abcd")
    pd.testing.assert_frame_equal(frame, before)


# Performance in rows, potential in columns, as PermenPANRB 3/2020 draws them.
BOXES = [
    ("di_atas", "rendah", 4, False, False),
    ("di_atas", "menengah", 7, False, False),
    ("di_atas", "tinggi", 9, False, False),
    ("sesuai", "rendah", 2, True, False),
    ("sesuai", "menengah", 5, True, False),
    ("sesuai", "tinggi", 8, True, False),
    ("di_bawah", "rendah", 1, False, False),
    ("di_bawah", "menengah", 3, True, True),
    ("di_bawah", "tinggi", 6, True, True),
]
ADVICE = {
    9: "dipromosikan dan dipertahankan; masuk kelompok rencana suksesi instansi/nasional; penghargaan",
    8: "dipertahankan; masuk kelompok rencana suksesi instansi; rotasi/perluasan jabatan; bimbingan kinerja",
    7: "dipertahankan; masuk kelompok rencana suksesi instansi; rotasi/pengayaan jabatan; pengembangan kompetensi; "
    "tugas belajar",
    6: "penempatan yang sesuai; bimbingan kinerja; konseling kinerja",
    5: "penempatan yang sesuai; bimbingan kinerja; pengembangan kompetensi",
    4: "rotasi; pengembangan kompetensi",
    3: "bimbingan kinerja; konseling kinerja; pengembangan kompetensi; penempatan yang sesuai",
    2: "bimbingan kinerja; pengembangan kompetensi; penempatan yang sesuai",
    1: "diproses sesuai ketentuan peraturan perundang-undangan",
}


@pytest.mark.parametrize(("kinerja", "potensial", "number", "bimbingan", "konseling"), BOXES)
def test_the_nine_boxes(kinerja: str, potensial: str, number: int, bimbingan: bool, konseling: bool) -> None:
    box = score_box(kinerja, potensial)
    assert (box.kotak, box.bimbingan, box.konseling) == (number, bimbingan, konseling)
    assert box.rekomendasi == ADVICE[number]
    assert ("bimbingan kinerja" in ADVICE[number], "konseling kinerja" in ADVICE[number]) == (bimbingan, konseling)


def test_other_spellings_and_series_of_boxes() -> None:
    assert score_box("Di Bawah Ekspektasi", "potensial tinggi").kotak == 6
    frame = pd.DataFrame(BOXES, columns=["kinerja", "potensial", "kotak", "bimbingan", "konseling"], index=range(5, 14))
    found = score_box(frame["kinerja"], frame["potensial"])
    assert found["kotak"].tolist() == frame["kotak"].tolist()
    assert found["bimbingan"].tolist() == frame["bimbingan"].tolist()
    assert found["konseling"].tolist() == frame["konseling"].tolist()
    assert found["rekomendasi"].tolist() == [ADVICE[number] for number in frame["kotak"]]
    assert found.index.equals(frame.index)
    assert score_box(pd.Series(["?", None]), "tinggi").isna().all(axis=None)


def test_boxes_that_cannot_be() -> None:
    assert score_box(None, "tinggi") is None
    assert score_box("sesuai", None) is None
    with pytest.raises(CallError, match="potensial: ditemukan 'sedang'; yang diizinkan: tinggi, menengah, rendah"):
        score_box("sesuai", "sedang")
    with pytest.raises(CallError, match="rating: ditemukan 'Baik'"):
        score_box("Baik", "tinggi")


CREDITS = {  # twelve months: SB, B, BP, K, SK
    "Pemula": (5.63, 3.75, 2.81, 1.88, 0.94),
    "Terampil": (7.50, 5.00, 3.75, 2.50, 1.25),
    "Mahir": (18.75, 12.50, 9.38, 6.25, 3.13),
    "Ahli Pertama": (18.75, 12.50, 9.38, 6.25, 3.13),
    "Penyelia": (37.50, 25.00, 18.75, 12.50, 6.25),
    "Ahli Muda": (37.50, 25.00, 18.75, 12.50, 6.25),
    "Ahli Madya": (56.25, 37.50, 28.13, 18.75, 9.38),
    "Ahli Utama": (75.0, 50.0, 37.50, 25.0, 12.50),
}
CODES = {
    "Ahli Utama": "UT",
    "Ahli Madya": "MA",
    "Ahli Muda": "MU",
    "Ahli Pertama": "PT",
    "Penyelia": "PY",
    "Mahir": "MH",
    "Terampil": "TR",
    "Pemula": "PM",
}
COEFFICIENT = {
    "UT": 5000,
    "MA": 3750,
    "MU": 2500,
    "PT": 1250,
    "PY": 2500,
    "MH": 1250,
    "TR": 500,
    "PM": 375,
}  # of a 100th
PERCENT = dict(zip(PREDIKAT, (25, 50, 75, 100, 150), strict=True))


@pytest.mark.parametrize(("jenjang", "year"), CREDITS.items())
def test_the_credits_of_a_year(jenjang: str, year: tuple[float, ...]) -> None:
    assert [score_angka_kredit(jenjang, predikat) for predikat in PREDIKAT[::-1]] == list(year)
    assert [score_angka_kredit(CODES[jenjang], predikat) for predikat in PREDIKAT[::-1]] == list(year)


def test_every_jenjang_predikat_and_month_alike_in_a_series() -> None:
    cells = list(product(CODES, PREDIKAT, range(1, 13)))
    expected = []
    for jenjang, predikat, months in cells:  # in whole numbers: half up to two decimals, without any fraction
        numerator, denominator = COEFFICIENT[CODES[jenjang]] * PERCENT[predikat] * months, 1200
        expected.append((2 * numerator + denominator) // (2 * denominator) / 100)
    assert [score_angka_kredit(*cell) for cell in cells] == expected
    frame = pd.DataFrame(cells, columns=["jenjang", "predikat", "bulan"])
    assert score_angka_kredit(frame["jenjang"], frame["predikat"], frame["bulan"]).tolist() == expected


def test_golden_vectors_of_credits() -> None:
    assert score_angka_kredit("Ahli Pertama", "Sangat Baik", 12) == 18.75
    assert score_angka_kredit("Ahli Pertama", "Baik", 2) == 2.08
    assert str(score_angka_kredit("Ahli Pertama", "Baik", 2)) == "2.08"
    assert score_angka_kredit("ahli pertama", "Cukup") == 9.38


@pytest.mark.parametrize("months", [0, 13, 1.5, -1, "12"])
def test_months_that_cannot_be(months: object) -> None:
    with pytest.raises(CallError, match=r"bulan: ditemukan .*; yang diizinkan: bilangan bulat dari 1 sampai 12"):
        score_angka_kredit("Ahli Muda", "Baik", months)


def test_credits_that_cannot_be() -> None:
    with pytest.raises(CallError, match=r"jenjang: ditemukan 'Madya'.*Maksud Anda Ahli Madya"):
        score_angka_kredit("Madya", "Baik")
    found = score_angka_kredit(
        pd.Series(["UT", "?", None, "UT", "UT", "UT"]), "Baik", pd.Series([12, 12, 12, 0, 1.5, float("nan")])
    )
    assert found.isna().tolist() == [False, True, True, True, True, True]
    assert score_angka_kredit(None, "Baik") is None
    assert score_angka_kredit("UT", "Baik", None) is None


@given(st.sampled_from(sorted(CODES)), st.sampled_from(PREDIKAT[1:]), st.integers(1, 11))
def test_more_months_and_a_better_predikat_never_give_less(jenjang: str, predikat: str, months: int) -> None:
    score = score_angka_kredit(jenjang, predikat, months)
    assert score <= score_angka_kredit(jenjang, predikat, months + 1)
    assert score >= score_angka_kredit(jenjang, PREDIKAT[PREDIKAT.index(predikat) - 1], months)
