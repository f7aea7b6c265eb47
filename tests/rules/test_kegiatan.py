"""Forms of development: every code, name and synonym; never a part of a label."""

from __future__ import annotations

import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.rules import read_jenis_kegiatan
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.vocabulary import JENIS_KEGIATAN, KLASIKAL, NONKLASIKAL

FORMS = read_rules("jenis_kegiatan")
LABELS = read_rules("label_kegiatan")


def test_the_table_is_that_of_bkn() -> None:
    assert [row["kode"] for row in FORMS] == [*map(str, range(1, 26)), ""]
    assert {row["jenis"] for row in FORMS} == set(JENIS_KEGIATAN)
    assert {row["jenis"] for row in FORMS if row["kelompok"] == "klasikal"} == set(KLASIKAL)
    assert {row["jenis"] for row in FORMS if row["kelompok"] == "nonklasikal"} == set(NONKLASIKAL)
    tags = {row["kode"]: row["tag"] for row in FORMS if row["tag"] != "T"}
    assert tags == {"2": "F", "4": "P", "7": "P", "9": "P", "": ""}


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row["jenis"])
def test_every_form_by_code_name_and_level(row: dict[str, str]) -> None:
    labels = [
        row["bentuk"],
        row["bentuk"].upper(),
        f"  {row['bentuk'].lower()} ",
        row["jenis"],
        row["jenis"].replace("_", " "),
    ]
    if row["kode"]:
        labels += [row["kode"], int(row["kode"]), float(row["kode"])]
    assert {read_jenis_kegiatan(label) for label in labels} == {row["jenis"]}


@pytest.mark.parametrize("row", LABELS, ids=lambda row: row["label"])
def test_every_synonym(row: dict[str, str]) -> None:
    assert read_jenis_kegiatan(row["label"]) == row["jenis"]
    assert read_jenis_kegiatan(row["label"].upper()) == row["jenis"]
    assert row["jenis"] in JENIS_KEGIATAN


@pytest.mark.parametrize(
    ("label", "jenis"),
    [
        ("detail sharing", "detasering"),
        ("Outbond", "pembelajaran_alam_terbuka"),
        ("benchmarking", "patok_banding"),
        ("PJJ", "pelatihan_jarak_jauh"),
        ("CoP", "komunitas_belajar"),
        ("e learning", "e_learning"),
        ("ELearning", "e_learning"),
        ("E–Learning", "e_learning"),
        ("Non-klasikal lainnya", "nonklasikal_lainnya"),
        ("Pertukaran PNS–swasta/BUMN/BUMD", "pertukaran_pns"),
        ("Konseling Kinerja", "konseling"),
        ("Bimtek", "bimbingan_teknis"),
        ("Lokakarya", "workshop"),
    ],
)
def test_golden_labels(label: str, jenis: str) -> None:
    assert read_jenis_kegiatan(label) == jenis


@pytest.mark.parametrize(
    "label", ["coachin", "Coaching dan mentoring", "Diklat", "Pelatihan", "26", 0, "bimbingan", True, "lainnya"]
)
def test_never_a_part_of_a_label(label: object) -> None:
    with pytest.raises(CallError, match="jenis: ditemukan"):
        read_jenis_kegiatan(label)


def test_no_label_names_two_forms() -> None:
    spelt = [(row["label"].upper(), row["jenis"]) for row in LABELS] + [
        (row["bentuk"].upper(), row["jenis"]) for row in FORMS
    ]
    assert len({label for label, _jenis in spelt}) == len(set(spelt)) == len(spelt)


def test_series_and_missing() -> None:
    found = read_jenis_kegiatan(pd.Series([14, "mentoring", None, "?", ""], index=list("abcde"), dtype="object"))
    assert [None if pd.isna(value) else value for value in found] == ["coaching", "mentoring", None, None, None]
    assert list(found.cat.categories) == list(JENIS_KEGIATAN)
    for missing in (None, float("nan"), " "):
        assert read_jenis_kegiatan(missing) is None
