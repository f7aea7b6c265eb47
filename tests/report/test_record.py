"""The record inside a report: what a reader is told, how two runs differ, and how a file of any format carries it."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.language import use_language
from kinerja_lib.report.document import Document, read_document
from kinerja_lib.report.record import CHUNK, MARK, Change, Line, compare_lines, find_record, list_lines, pack_record
from kinerja_lib.report.writers import FORMATS, write_document
from kinerja_lib.show.blocks import (
    MIME,
    Block,
    Figure,
    Head,
    ItemList,
    LeftOut,
    Note,
    Panels,
    Paragraph,
    SignOff,
    Table,
    compose,
)

PANEL = {
    "strip": None,
    "title": "Kinerja",
    "measure": "indeks",
    "number": "4,1",
    "unit": "poin",
    "change": "",
    "change_detail": "",
}
COLUMNS = ({"name": "n", "label": "Orang", "kind": "count", "decimals": 0},)


def read(*cells: Block | str) -> Document:
    """Return the document of a notebook with these cells: Markdown or one block each."""
    own = [
        {"cell_type": "markdown", "metadata": {}, "source": cell}
        if isinstance(cell, str)
        else {"cell_type": "code", "metadata": {}, "source": "", "outputs": [{"data": {MIME: cell.to_dict()}}]}
        for cell in cells
    ]
    return read_document({"cells": own, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def whole(n: str = "12", *, more: tuple[Block | str, ...] = ()) -> Document:
    """Return a document with every kind of block; one number of it is given."""
    return read(
        Head("Kantor", "Laporan", "Unit 1", (("Periode", "2025"),)),
        "## I Capaian\n\nTeks *tetap*.",
        Panels(({**PANEL, "interval": "3,9 sampai 4,3", "n": "n = 64", "reason": "Alasan."},), compose("Catatan")),
        Paragraph(compose("Ada {n} orang, lihat [[satu]].", n=n)),
        ItemList((compose("butir"),)),
        Note((compose("hati-hati"),)),
        Table("satu", "Judul tabel", COLUMNS, ((12,),), ((n,),), source="Sumber tabel"),
        Figure("dua", "Judul gambar", "ukuran", "keterangan", f"gambar dengan {n}", "<svg/>", "<svg/>"),
        LeftOut("tabel skp tidak ada", "SKP"),
        *more,
        SignOff("Jakarta", ("kiri",), ("kanan",)),
        "## II Kompetensi",
        LeftOut("tabel kompetensi tidak ada"),
    )


def test_lines_are_all_that_a_reader_is_told_in_order() -> None:
    assert [tuple(line) for line in list_lines(whole())] == [
        ("Kepala", "Kantor"),
        ("Kepala", "Laporan"),
        ("Kepala", "Unit 1"),
        ("Kepala, Periode", "2025"),
        ("II Kompetensi", "Tidak dimuat: tabel kompetensi tidak ada"),
        ("I Capaian", "Capaian"),
        ("I Capaian", "Teks tetap."),
        ("I Capaian, Kinerja", "4,1 poin"),
        ("I Capaian, Kinerja", "indeks"),
        ("I Capaian, Kinerja", "3,9 sampai 4,3"),
        ("I Capaian, Kinerja", "n = 64"),
        ("I Capaian, Kinerja", "Alasan."),
        ("I Capaian", "Catatan"),
        ("I Capaian", "Ada 12 orang, lihat Tabel 1.1."),
        ("I Capaian", "butir"),
        ("I Capaian", "hati-hati"),
        ("Tabel 1.1", "Judul tabel"),
        ("Tabel 1.1, baris 1, Orang", "12"),
        ("Tabel 1.1", "Sumber tabel"),
        ("Gambar 1.1", "Judul gambar"),
        ("Gambar 1.1", "ukuran"),
        ("Gambar 1.1", "gambar dengan 12"),
        ("Gambar 1.1", "keterangan"),
        ("I Capaian", "SKP: tabel skp tidak ada"),
        ("I Capaian", "Jakarta"),
        ("I Capaian", "kiri"),
        ("I Capaian", "kanan"),
    ]


def test_places_are_named_in_the_language_of_the_report(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: use_language("id"))
    use_language("en")
    assert Line("Table 1.1, row 1, Orang", "12") in list_lines(whole())


def test_a_changed_number_is_told_with_its_sentence_cell_and_figure() -> None:
    changes = compare_lines(list_lines(whole("12")), list_lines(whole("13")))
    assert changes == (
        Change("I Capaian", "Ada 12 orang, lihat Tabel 1.1.", "Ada 13 orang, lihat Tabel 1.1."),
        Change("Tabel 1.1, baris 1, Orang", "12", "13"),
        Change("Gambar 1.1", "gambar dengan 12", "gambar dengan 13"),
    )


def test_a_sentence_that_came_or_went_or_is_said_otherwise_is_told() -> None:
    more = whole(more=(Paragraph(compose("Kalimat baru 5.")),))
    assert compare_lines(list_lines(whole()), list_lines(more)) == (Change("I Capaian", "", "Kalimat baru 5."),)
    assert compare_lines(list_lines(more), list_lines(whole())) == (Change("I Capaian", "Kalimat baru 5.", ""),)
    old, new = [Line("I", "naik 2 poin"), Line("II", "tetap")], [Line("I", "turun 2 poin"), Line("II", "tetap")]
    assert compare_lines(old, new) == (Change("I", "naik 2 poin", "turun 2 poin"),)


LINES = st.lists(st.builds(Line, st.sampled_from(["I", "II"]), st.text("ab 12.,", min_size=1, max_size=6)), max_size=8)


@given(LINES, LINES)
def test_what_changed_leads_from_the_old_lines_to_the_new(old: list[Line], new: list[Line]) -> None:
    assert compare_lines(old, old) == ()
    left = list(old)
    for change in compare_lines(old, new):
        if change.old:
            left.remove(Line(change.where, change.old))
    came = [Line(change.where, change.new) for change in compare_lines(old, new) if change.new]
    assert sorted([*left, *came]) == sorted(new)


RECORDS = st.dictionaries(st.text(max_size=5), st.text(max_size=50) | st.integers(-5, 5) | st.none(), max_size=5)


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as members:
        for name, content in parts.items():
            members.writestr(name, content)
    return buffer.getvalue()


def carry(packed: tuple[str, ...]) -> dict[str, bytes]:
    """Return the ways in which a file holds a record: bare, inside a zip member, in a compressed stream of a PDF."""
    bare = "</t>\n<t>".join(packed).encode()
    stream = (
        b"%PDF-1.7\n1 0 obj\nstream\r\nnothing\nendstream\n2 0 obj\nstream\n" + zlib.compress(bare) + b"\nendstream"
    )
    return {"bare": b"<html>" + bare, "zip": zipped({"a.xml": b"x", "b.xml": bare}), "pdf": stream}


@given(RECORDS)
def test_a_record_is_found_again_in_every_kind_of_file(record: dict[str, Any]) -> None:
    for content in carry(pack_record(record)).values():
        assert find_record(content) == record


def test_a_long_record_is_cut_and_put_together_again() -> None:
    record = {"lines": [[str(number), str(number**7)] for number in range(20_000)]}
    packed = pack_record(record)
    assert len(packed) > 1
    assert all(len(part) < CHUNK + 50 for part in packed)
    assert find_record("".join(reversed(packed)).encode()) == record
    assert find_record("".join(packed[1:]).encode()) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7 stream\nx\nendstream", zipped({"a": b"b"}), b"kinerja-record:1:1:AAAA;", b"kinerja-record:1:1:;"],
)
def test_a_file_without_a_whole_record_has_none(content: bytes) -> None:
    assert find_record(content) is None


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_carries_the_record_and_the_same_bytes(format: str) -> None:
    record = {"lines": [[str(number), str(number**7)] for number in range(9_000)]}
    packed = pack_record(record)
    assert len(packed) > 1
    content = write_document(whole(), format, record=packed)
    assert find_record(content) == record
    assert write_document(whole(), format, record=packed) == content
    assert find_record(write_document(whole(), format)) is None


def test_no_reader_sees_the_record() -> None:
    from io import BytesIO

    import docx
    import openpyxl

    packed = pack_record({"lang": "id"})
    word = docx.Document(BytesIO(write_document(whole(), "docx", record=packed)))
    assert MARK not in "".join(word.element.itertext())
    book = openpyxl.load_workbook(BytesIO(write_document(whole(), "xlsx", record=packed)))
    assert [sheet.title for sheet in book if sheet.sheet_state == "veryHidden"] == ["kinerja-record"]
    assert book.active.sheet_state == "visible"
