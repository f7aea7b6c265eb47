"""The folder of an office: what it may hold, and what its user is told when it is not right."""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.report.template import Template, read_template
from kinerja_lib.report.writers.word_base import REQUIRED, build_base
from kinerja_lib.report.writers.word_pictures import draw_pictures

SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="20" height="40"><path d="M1 1h9"/></svg>'


@pytest.fixture(scope="module")
def png() -> bytes:
    return draw_pictures([(SVG, 1.0)])[0]


def test_everything_an_office_may_bring(tmp_path: Path, png: bytes) -> None:
    (tmp_path / "KOP.TXT").write_text("\ufeffPEMERINTAH KABUPATEN\r\n\r\n  Jalan Merdeka\u202e 1 \n", encoding="utf-8")
    (tmp_path / "kop.png").write_bytes(png)
    (tmp_path / "dasar.docx").write_bytes(build_base())
    (tmp_path / "catatan.txt").write_text("berkas lain", encoding="utf-8")
    found = read_template(tmp_path)
    assert found == Template(("PEMERINTAH KABUPATEN", "Jalan Merdeka 1"), png, "png", build_base())


def test_a_drawing_as_logo(tmp_path: Path) -> None:
    (tmp_path / "kop.svg").write_text(SVG, encoding="utf-8")
    assert read_template(str(tmp_path)) == Template((), SVG.encode(), "svg", b"")


def test_a_folder_that_is_not_there_or_holds_nothing(tmp_path: Path) -> None:
    known = re.escape("kop.txt, kop.png, kop.jpg, kop.svg, dasar.docx.")
    with pytest.raises(CallError, match=f"bukan: folder templat tidak ada; beri folder berisi {known}"):
        read_template(tmp_path / "bukan")
    with pytest.raises(CallError, match=f"folder templat tidak berisi {known}"):
        read_template(tmp_path)


@pytest.mark.parametrize("name", ["kop.jpeg", "kop.docx", "dasar.doc", "Kop.TXT.txt"])
def test_a_name_that_means_to_be_one_of_them(tmp_path: Path, name: str) -> None:
    (tmp_path / "kop.txt").write_text("Kantor", encoding="utf-8")
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CallError, match=re.escape(f"{name}: nama berkas templat tidak dikenal; yang diizinkan: ")):
        read_template(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("kop.txt", b"\xff\xfeK", "bukan teks UTF-8; simpan kembali dengan pengodean UTF-8"),
        ("kop.txt", b" \n\n", "ditemukan 0 baris; yang diizinkan: 1 sampai 8 baris kop"),
        ("kop.txt", b"a\n" * 9, "ditemukan 9 baris"),
        ("kop.png", b"GIF89a", "isinya bukan gambar PNG; ekspor kembali logo"),
        ("kop.jpg", b"\x89PNG\r\n\x1a\n", "isinya bukan gambar JPG"),
        ("kop.jpg", b"\xff\xd8\xffx", "isinya bukan gambar JPG"),
        ("kop.svg", b"<html></html>", "isinya bukan gambar SVG"),
        ("kop.svg", b"\xff\xfe<svg", "isinya bukan gambar SVG"),
        ("dasar.docx", b"bukan zip", r"bukan dokumen Word \(.docx\) biasa; simpan kembali"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CallError, match=f"{re.escape(name)}: {message}"):
        read_template(tmp_path)


def test_two_logos(tmp_path: Path, png: bytes) -> None:
    (tmp_path / "kop.png").write_bytes(png)
    (tmp_path / "kop.svg").write_text(SVG, encoding="utf-8")
    with pytest.raises(CallError, match=re.escape("ada lebih dari satu logo (kop.png, kop.svg); simpan satu saja.")):
        read_template(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kop.txt").write_text("Kantor", encoding="utf-8")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CallError, match=re.escape("kop.txt: tidak dapat dibaca (Permission denied).")):
        read_template(tmp_path)


@pytest.mark.parametrize("missing", [("Kinerja Sel",), ("Heading 1", "List Bullet")])
def test_a_missing_style_is_named_with_what_is_needed(tmp_path: Path, missing: tuple[str, ...]) -> None:
    file = docx.Document(io.BytesIO(build_base()))
    for name in missing:
        file.styles[name].delete()
    file.save(str(tmp_path / "dasar.docx"))
    with pytest.raises(CallError, match=r"Buat dasar\.docx dari laporan Word yang disusun program ini") as error:
        read_template(tmp_path)
    text = str(error.value)
    found = re.search(r"dasar\.docx: gaya paragraf (.*?) tidak ada\. Yang dibutuhkan: (.*?)\. Buat", text)
    assert found is not None
    assert found[1].casefold() == ", ".join(missing).casefold()
    assert found[2] == ", ".join(REQUIRED)
