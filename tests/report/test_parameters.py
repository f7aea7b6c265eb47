from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.report.parameters import (
    Parameter,
    check_parameters,
    inspect_parameters,
    parse_text,
    read_notebook,
)

CELL = """data: str = "data/contoh"  # folder data
period: str = ""  # periode
lang: str = "id"  # bahasa
n: int = 5  # banyaknya
ambang: float = 0.5  # ambang
rinci: bool = False  # rinci atau tidak
jenis: list[str] = ["coaching"]  # jenis kegiatan
batas: Optional[float] = None  # batas
sampai_tanggal: str = ""  # tanggal akhir
mulai_tanggal: str = "2025-01-01"  # tanggal awal
bebas = 1  # tanpa anotasi
"""


@pytest.fixture
def notebook(tmp_path: Path, make_notebook: Any) -> Path:
    return make_notebook(tmp_path / "buku.ipynb", CELL)


def test_names_annotations_defaults_and_comments_are_read(notebook: Path) -> None:
    found = inspect_parameters(read_notebook(notebook), name="buku")
    assert found["ambang"] == Parameter("ambang", "float", "0.5", "ambang")
    assert (found["jenis"].wrap, found["jenis"].kind) == ("list", "str")
    assert (found["batas"].wrap, found["batas"].kind) == ("Optional", "float")
    assert found["sampai_tanggal"].kind == "date"
    assert found["bebas"].annotation == ""


def test_right_values_pass_unchanged(notebook: Path) -> None:
    given = {
        "data": "d",
        "period": "2025-S1",
        "lang": "en",
        "n": 3,
        "ambang": 1,
        "rinci": True,
        "jenis": ["mentoring"],
        "batas": None,
        "sampai_tanggal": "",
        "mulai_tanggal": "2025-02-28",
        "bebas": [1, 2],
    }
    assert check_parameters(notebook, given) == given


FAULTS = {
    "misspelt": (
        {"amabng": 1},
        (
            "buku: parameter amabng tidak dikenal; yang ada: data, period, lang, n, ambang, rinci, jenis, batas, "
            "sampai_tanggal, mulai_tanggal dan 1 lainnya. Maksud Anda ambang?"
        ),
    ),
    "text for a number": ({"n": "5"}, "buku, parameter n: ditemukan '5'; yang diizinkan: bilangan bulat."),
    "yes for a number": ({"n": True}, "buku, parameter n: ditemukan True; yang diizinkan: bilangan bulat."),
    "number for a text": ({"data": 1}, "buku, parameter data: ditemukan 1; yang diizinkan: teks."),
    "none": ({"ambang": None}, "buku, parameter ambang: ditemukan None; yang diizinkan: bilangan."),
    "one for many": (
        {"jenis": "coaching"},
        "buku, parameter jenis: ditemukan 'coaching'; yang diizinkan: daftar berisi teks.",
    ),
    "wrong item": ({"jenis": [1]}, "buku, parameter jenis: ditemukan [1]; yang diizinkan: daftar berisi teks."),
    "tuple": (
        {"jenis": ("a", "b")},
        (
            "buku, parameter jenis: ditemukan ('a', 'b'); yang diizinkan: daftar berisi teks. "
            "Tulis sebagai daftar: [1, 2]."
        ),
    ),
    "tuple without annotation": (
        {"bebas": (1, 2)},
        (
            "buku, parameter bebas: ditemukan (1, 2); yang diizinkan: teks, bilangan, True, False atau daftar. "
            "Tulis sebagai daftar: [1, 2]."
        ),
    ),
    "set": ({"jenis": {"a"}}, "Tulis sebagai daftar: [1, 2]."),
    "date": ({"mulai_tanggal": date(2025, 1, 2)}, 'Tulis tanggal sebagai teks: "2025-07-31".'),
    "path": ({"data": Path("d")}, "Tulis letak berkas sebagai teks: str(path)."),
    "no date": (
        {"mulai_tanggal": "2025-02-30"},
        "buku, parameter mulai_tanggal: ditemukan '2025-02-30'; yang diizinkan: tanggal seperti 2025-07-31.",
    ),
    "short date": ({"mulai_tanggal": "20250228"}, "yang diizinkan: tanggal seperti 2025-07-31."),
    "empty date": ({"mulai_tanggal": ""}, "yang diizinkan: tanggal seperti 2025-07-31."),
    "no period": (
        {"period": "2025-S3"},
        "periode: ditemukan '2025-S3'; yang diizinkan: 2025, 2025-S1, 2025-T3 atau 2025-07.",
    ),
    "no language": ({"lang": "fr"}, "lang: ditemukan 'fr'; yang diizinkan: id, en."),
}


@pytest.mark.parametrize(("given", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_wrong_values_are_refused(notebook: Path, given: dict[str, object], message: str) -> None:
    with pytest.raises(CallError, match=re.escape(message) + "$"):
        check_parameters(notebook, given)


NOTEBOOK_FAULTS = {
    'label: str = "a=b"  # label': "parameter label: barisnya tidak terbaca; tulis satu parameter dan satu '=' seb",
    "n: int = 1  # n = banyaknya": "buku, parameter n: barisnya tidak terbaca",
    "x: dict = {}  # x": "buku, parameter x: anotasi dict tidak didukung; yang diizinkan: str, int, float, bool, date,",
    "x: int =": "buku: sel parameters tidak terbaca pada baris 1.",
}


@pytest.mark.parametrize(("cell", "message"), NOTEBOOK_FAULTS.items(), ids=["label", "comment", "dict", "syntax"])
def test_a_notebook_that_papermill_would_misread_is_refused(
    tmp_path: Path, make_notebook: Any, cell: str, message: str
) -> None:
    file = make_notebook(tmp_path / "buku.ipynb", cell)
    with pytest.raises(CallError, match=re.escape(message)):
        check_parameters(file, {})


def test_a_notebook_without_its_tag_is_refused(tmp_path: Path, make_notebook: Any) -> None:
    file = make_notebook(tmp_path / "buku.ipynb", "n: int = 1  # n", tag="lain")
    with pytest.raises(CallError, match=r"^buku: ditemukan 0 sel bertanda parameters; harus tepat satu.$"):
        check_parameters(file, {})


@pytest.mark.parametrize("content", ["bukan notebook", "{}", "[1]", json.dumps({"cells": 1})])
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "buku.ipynb"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CallError, match=r"^notebook: buku.ipynb bukan berkas notebook yang utuh.$"):
        read_notebook(file)


def test_a_missing_notebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"^notebook: tidak.ipynb tidak dapat dibaca"):
        read_notebook(tmp_path / "tidak.ipynb")


def test_braces_in_a_path_are_no_places_for_parameters(tmp_path: Path, make_notebook: Any) -> None:
    assert check_parameters(make_notebook(tmp_path / "{unit}" / "a{b}.ipynb", "n: int = 1  # n"), {"n": 2}) == {"n": 2}


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("int", "3", 3),
        ("int", "3,5", "3,5"),
        ("float", "0.25", 0.25),
        ("bool", "ya", True),
        ("bool", "FALSE", False),
        ("bool", "mungkin", "mungkin"),
        ("list[int]", "1, 2", [1, 2]),
        ("list[str]", "", []),
        ("Optional[int]", "None", None),
        ("str", "007", "007"),
        ("", "007", "007"),
    ],
)
def test_text_from_the_command_line_takes_the_annotated_type(annotation: str, text: str, value: object) -> None:
    assert parse_text(Parameter("x", annotation, "", ""), text) == value
