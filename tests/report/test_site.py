from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.report.site import write_index

STARTED = "2025-07-14T09:05:00+07:00"


def page(status: str, unit: str = "", name: str = "", **more: str) -> dict[str, Any]:
    empty = {"title": "", "reason": "", "file": "", "executed": "", "seconds": 1.0}
    return {"notebook": "02_laporan_unit", "unit": unit, "unit_name": name, "status": status} | empty | more


@pytest.fixture
def manifest() -> dict[str, Any]:
    return {
        "program": "kinerja_lib",
        "version": "0.1.0",
        "started": STARTED,
        "data": {"source": "data/contoh", "title": "Contoh", "office": "Kantor <b>", "files": {}},
        "period": "2025-S1",
        "lang": "id",
        "parameters": {"ambang": 0.5},
        "pages": [
            page("done", "U01", "Bidang Satu", title="Laporan", file="unit/U01/02_laporan_unit.html"),
            page("done", "U02", "Bidang Dua", title="Laporan", file="unit/U02/02_laporan_unit.html"),
            page(
                "failed",
                "U03",
                "Bidang <Tiga>",
                reason="sel [4]: x < 1",
                executed="unit/U03/02_laporan_unit.gagal.ipynb",
            ),
            page("skipped", "U04", "Bidang Empat", reason="tidak ada pegawai yang dinilai"),
        ],
    }


class Reader(HTMLParser):
    """Collects addresses, tags and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text += " " + " ".join(data.split()) if data.strip() else ""


def test_head_counts_failures_pages_skipped_in_this_order(tmp_path: Path, manifest: dict[str, Any]) -> None:
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    text = Reader(html.partition("<body>")[2]).text
    words = ["Kantor <b>", "Contoh", "Semester I 2025", "data/contoh", "14 Juli 2025 09.05", "ambang = 0.5"]
    words += ["halaman selesai 2", "halaman gagal 1", "halaman dilewati 1", "Gagal", "sel [4]: x < 1", "Bidang Satu"]
    words += ["Bidang Dua", "gagal", "Dilewati", "Bidang Empat", "tidak ada pegawai yang dinilai", "manifest.json"]
    places = []
    for word in words:
        assert word in text[(places[-1] if places else 0) :], word
        places.append(text.index(word, places[-1] if places else 0))


def test_links_are_relative_and_nothing_leaves_the_page(tmp_path: Path, manifest: dict[str, Any]) -> None:
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    reader = Reader(html)
    assert reader.addresses == [
        "unit/U03/02_laporan_unit.gagal.ipynb",
        "unit/U01/02_laporan_unit.html",
        "unit/U02/02_laporan_unit.html",
    ]
    assert not {"script", "img", "link", "iframe"} & set(reader.tags)
    assert """content="default-src 'none'; style-src 'unsafe-inline'">""" in html.replace("&#39;", "'")
    assert not re.search(r"https?:", html)


def test_the_same_manifest_gives_the_same_bytes(tmp_path: Path, manifest: dict[str, Any]) -> None:
    assert write_index(tmp_path, manifest).read_bytes() == write_index(tmp_path, manifest).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_a_run_without_units_or_faults_has_no_such_parts(tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["pages"] = [page("done", title="Mutu", file="instansi/01_mutu_data.html"), page("pending")]
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    assert "<h2>Gagal</h2>" not in html
    assert "<h2>Dilewati</h2>" not in html
    assert "seluruh instansi" not in html
    assert "1 halaman belum dikerjakan" in html


def test_hostile_names_are_inert_and_do_not_turn_the_line_round(tmp_path: Path, manifest: dict[str, Any]) -> None:
    name = "<script>x</script> http://jahat \u202etxet"
    manifest["pages"] = [page("done", "U05", name, title="Laporan", file="unit/U05/02_laporan_unit.html")]
    text = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    assert "&lt;script&gt;x&lt;/script&gt; jahat txet" in text
    assert not any(part in text for part in ("<script", "http://", "\u202e"))
