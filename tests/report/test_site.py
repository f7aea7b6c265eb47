from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.report.site import write_index

STARTED = "2025-07-14T09:05:00+07:00"


def page(status: str, unit: str = "", name: str = "", *, file: str = "", **more: Any) -> dict[str, Any]:
    empty = {"title": "", "reason": "", "key": "", "executed": "", "panels": [], "files": {file: ""} if file else {}}
    about = {"page": f"unit/{unit}/02_laporan_unit", "notebook": "02_laporan_unit", "unit": unit, "unit_name": name}
    return {**about, "status": status, **empty, **more}


def panel(title: str, number: str, unit: str = "%") -> dict[str, str]:
    return {"title": title, "number": number, "unit": unit}


@pytest.fixture
def manifest() -> dict[str, Any]:
    return {
        "program": "kinerja_lib",
        "version": "0.1.0",
        "run": "a",
        "started": STARTED,
        "finished": STARTED,
        "history": [],
        "before": None,
        "removed": [],
        "stale": False,
        "formats": ["html", "docx"],
        "data": {"place": "data/contoh", "title": "Contoh", "office": "Kantor <b>", "files": {}},
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
        *["unit/U01/02_laporan_unit.html"] * 2,  # at the name, and among the formats
        *["unit/U02/02_laporan_unit.html"] * 2,
    ]
    assert not {"img", "link", "iframe"} & set(reader.tags)
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
    assert text.count("<script") == 1  # our own
    assert not any(part in text for part in ("http://", "\u202e"))


def test_only_our_own_script_may_run(tmp_path: Path, manifest: dict[str, Any]) -> None:
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    script = html.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert f'content="{policy}"' in html.replace("&#39;", "'").replace("&#43;", "+")
    assert len(script) < 2000
    assert not re.search(r"innerHTML|eval|fetch|XMLHttp|import", script)


def test_a_row_shows_numbers_to_sort_by_and_a_link_for_each_format(tmp_path: Path, manifest: dict[str, Any]) -> None:
    numbers = [panel("Kinerja", "1.095,5"), panel("Retensi", "<5", "orang"), panel("Iklim", "−0,4"), panel("B", "–")]
    files = {f"unit/U01/02_laporan_unit.{suffix}": "" for suffix in ("ipynb", "xlsx", "docx", "html", "pdf")}
    manifest["pages"][0] |= {"panels": numbers, "files": files}
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    row = html.partition('<tr class="done">')[2].partition("</tr>")[0]
    assert re.findall(r'data-v="([^"]*)">([^< ]*)', row.replace("&lt;", "‹")) == [
        ("1095.5", "1.095,5"),
        ("", "‹5"),
        ("-0.4", "−0,4"),
        ("", "–"),
    ]
    links = re.findall(r'<a href="([^"]*)" aria-label="([^"]*)">(\w+)', row)
    assert [(Path(place).suffix, name, shown) for place, name, shown in links] == [
        (".html", "Bidang Satu, HTML", "HTML"),
        (".pdf", "Bidang Satu, PDF", "PDF"),
        (".docx", "Bidang Satu, Word", "Word"),
        (".xlsx", "Bidang Satu, Excel", "Excel"),
    ]


def test_what_changed_since_the_last_run_is_listed_and_marked(tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["pages"][0]["panels"] = [panel("Kinerja", "95,1")]
    before = {
        "unit/U01/02_laporan_unit": {"status": "done", "panels": [panel("Kinerja", "96,0")]},
        "unit/U03/02_laporan_unit": {"status": "done", "panels": []},
    }
    manifest["before"] = {"started": "2025-07-01T08:00:00+07:00", "pages": before}
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    text = Reader(html.partition("<body>")[2]).text
    assert "3 dari 3 halaman berubah sejak penyusunan 1 Juli 2025 08.00." in text
    assert "Bidang Satu U01 Kinerja 96,0 % → 95,1 %" in text
    assert "Bidang Dua U02 halaman baru" in text
    assert "Bidang <Tiga> U03 dahulu selesai, kini gagal" in text
    assert html.count('<tr class="done changed">') == 2
    assert '<option value="changed">' in html
    manifest["before"]["pages"] = {
        page["page"]: {"status": page["status"], "panels": page["panels"]} for page in manifest["pages"]
    }
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    assert "Tidak ada angka atau status yang berubah sejak penyusunan 1 Juli 2025 08.00." in html
    assert '<option value="changed">' not in html


def test_history_removed_pages_and_pages_that_wait_are_told(tmp_path: Path, manifest: dict[str, Any]) -> None:
    run = {"run": "b", "started": "2025-07-01T08:00:00+07:00", "finished": None}
    manifest["history"] = [run | {"done": 7, "failed": 0, "skipped": 0, "pending": 2}]
    manifest["removed"] = [page("done", "U09", "Bidang Lama")]
    manifest["pages"][1]["status"] = "pending"
    manifest["stale"] = True
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    text = Reader(html.partition("<body>")[2]).text
    assert "14 Juli 2025 09.05 1 1 1 1 1 Juli 2025 08.00 7 0 0 2" in text
    assert "Bidang Lama U09" in text.partition("Dihapus")[2]
    assert "belum diperbarui" in text
    assert "Data atau program berubah selama penyusunan" in text


def test_long_lists_are_folded(tmp_path: Path, manifest: dict[str, Any]) -> None:
    manifest["pages"] = [page("skipped", f"U{n}", f"Bidang {n}", reason="kosong") for n in range(30)]
    html = write_index(tmp_path, manifest).read_text(encoding="utf-8")
    assert "<details><summary>Semua yang dilewati (30)</summary>" in html
    assert html.count("kosong") == 30
    assert "<script" not in html  # no table, no script
