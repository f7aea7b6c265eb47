"""The choice of formats, and which writer makes them."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.report.document import Document
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers import FORMATS, read_formats, write_document

DOCUMENT = Document("id", None, "Judul", (), ())


def test_formats_are_read_in_one_order_each_once() -> None:
    assert read_formats(" XLSX,html , xlsx") == ("html", "xlsx")
    assert read_formats(",".join(reversed(FORMATS))) == FORMATS
    with pytest.raises(CallError, match=r"^--format: ditemukan 'odt'; yang diizinkan: html, pdf, docx, xlsx\.$"):
        read_formats("html,odt")


def test_each_format_has_its_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("kinerja_lib.report.writers.pdf")

    def write_pdf(document: Document, *, footer: tuple[str, ...], template: Template, record: tuple[str, ...]) -> bytes:
        return repr((document.title, footer, template.lines, record)).encode()

    module.write_pdf = write_pdf  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert (
        write_document(DOCUMENT, "pdf", footer=("a",), template=Template(("KANTOR",)), record=("r",))
        == b"('Judul', ('a',), ('KANTOR',), ('r',))"
    )
    assert write_document(DOCUMENT, "html").startswith(b"<!doctype html>")
    with pytest.raises(CallError, match=r"^format: ditemukan 'odt'"):
        write_document(DOCUMENT, "odt")


def test_the_page_begins_with_the_letterhead() -> None:
    lines = ("KABUPATEN TIRTA KENCANA", "Jalan <Merdeka> 1")
    page = write_document(DOCUMENT, "html", template=Template(lines, b"\x89PNG", "png")).decode("utf-8")
    head = page.partition("<body>")[2].partition("<header")[0]
    assert "<p>KABUPATEN TIRTA KENCANA</p><p>Jalan &lt;Merdeka&gt; 1</p>" in head
    assert '<img src="data:image/png;base64,iVBORw==" alt="">' in head
    assert "letterhead" not in write_document(DOCUMENT, "html").decode("utf-8").partition("<body>")[2]
