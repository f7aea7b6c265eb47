"""The workbook: cells typed as the page shows them, one sheet per table and figure, nothing that the page hides."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from itertools import product
from typing import Any

import openpyxl
import pandas as pd
import pytest
from cells import code, document, markdown
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kinerja_lib.language import use_language
from kinerja_lib.report.document import Document
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers.sheets import name_sheet, type_cell
from kinerja_lib.report.writers.xlsx import write_xlsx
from kinerja_lib.show.blocks import Block, Figure, Head, ItemList, LeftOut, Note, TableColumn, build_table, compose
from kinerja_lib.show.numbers import number

SVG = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
COLUMNS = [
    TableColumn("unit", "Unit"),
    TableColumn("kode", "Kode"),
    TableColumn("n", "n", "count"),
    TableColumn("share", "Bagian (%)", "number", 1),
    TableColumn("biaya", "Biaya", "rupiah"),
    TableColumn("sampai", "Sampai", "date"),
    TableColumn("selang", "Selang 95 %", "words"),
]
FRAME = pd.DataFrame(
    {
        "unit": ["Satu", "Dua", "Jumlah"],
        "kode": ["0012", "198001012010041001", "–"],
        "n": pd.array([1234, 3, 1237], dtype="Int64"),
        "share": [53.8229, None, -0.04],
        "biaya": [1250000.6, -20000.0, None],
        "sampai": ["2025-07-14", None, "1899-12-31"],
        "selang": ["50,1 sampai 57,2", "–", "–"],
    }
)
HIDDEN = pd.DataFrame({"n": [None, "<5", None]}, dtype="object")


def table(**more: Any) -> Block:
    given = {"id": "t", "title": "Unit", "hidden": HIDDEN, "total": True, "source": "tabel unit."} | more
    return build_table(FRAME, COLUMNS, **given)


def report() -> Document:
    """Return a document with a table, a figure, notes, a list, and something left out."""
    spanners = [{"label": "", "span": 2}, {"label": "Ukuran", "first": 2, "span": 3}]
    rows = [
        {"value": 94.2581, "n": 12, "hidden": False, "periode": "2024-S1", "levels": ["a", "b"], "khusus": 0.00041},
        {"value": None, "n": None, "hidden": True, "periode": "2024-S2", "levels": [], "khusus": 0.2},
    ]
    figure = Figure(
        "g", "Naik", "rata-rata, n = 12", "Capaian menurut periode.", "Garis naik.", SVG, SVG, "x", tuple(rows)
    )
    return document(
        code(Head("Kantor", "Laporan", "Unit Satu", (("Periode", "2025"), ("Data per", "14 Juli 2025")), "Unit Satu")),
        markdown("## III Capaian"),
        code(table(notes=[compose("Catatan tabel.")], spanners=spanners), Note((compose("Di samping tabel."),))),
        code(figure, LeftOut("tabel survei tidak ada", "Iklim")),
        markdown("## Lampiran\n\nIstilah:\n\n- JP: jam pelajaran"),
        markdown("## IV Biaya"),
        code(LeftOut("tabel biaya tidak ada")),
    )


def opened(file: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(file))


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")]


def find(sheet: Worksheet, text: str) -> Any:
    (cell,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == text]
    return cell


@pytest.fixture
def book() -> Workbook:
    return opened(write_xlsx(report(), footer=("Sumber: e-Kinerja",), template=Template(("PEMERINTAH", "Jalan 1"))))


def test_one_sheet_per_table_and_figure_in_reading_order(book: Workbook) -> None:
    assert book.sheetnames == ["Daftar Isi", "Tabel 3.1", "Gambar 3.1"]


def test_the_cover_says_what_the_report_is(book: Workbook) -> None:
    cover = book["Daftar Isi"]
    said = texts(cover)
    start = ["PEMERINTAH", "Jalan 1", "Kantor", "Laporan", "Unit Satu", "Periode", "2025", "Data per", "14 Juli 2025"]
    assert said[: len(start)] == start
    rest = said[len(start) :]
    listed = ["Lembar", "Tabel 3.1", "Unit", "III Capaian", "Gambar 3.1", "Capaian menurut periode.", "III Capaian"]
    assert rest[: len(listed)] == listed
    left = ["Tidak dimuat", "IV Biaya", "tabel biaya tidak ada", "Iklim", "tabel survei tidak ada", "III Capaian"]
    assert rest[len(listed) : len(listed) + len(left)] == left
    assert rest[-5:] == ["Lampiran", "Istilah:", "• JP: jam pelajaran", "Asal", "Sumber: e-Kinerja"]
    assert [find(cover, name).hyperlink.location for name in book.sheetnames[1:]] == [
        "'Tabel 3.1'!A1",
        "'Gambar 3.1'!A1",
    ]


def test_cells_hold_what_the_page_shows_with_its_type(book: Workbook) -> None:
    sheet = book["Tabel 3.1"]
    assert sheet["A1"].value == "Tabel 3.1 Unit"
    first = find(sheet, "Satu").row
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first, max_row=first + 2, max_col=7)]
    assert rows == [
        ["Satu", "0012", 1234, 53.8, 1250001, datetime(2025, 7, 14), "50,1 sampai 57,2"],  # noqa: DTZ001
        ["Dua", "198001012010041001", "<5", "–", -20000, "–", "–"],
        ["Jumlah", "–", 1237, 0, "–", "31 Desember 1899", "–"],
    ]
    formats = [cell.number_format for cell in sheet[first]]
    assert formats == ["General", "General", "#,##0", "#,##0.0", '"Rp"#,##0', "[$-421]d mmmm yyyy", "General"]
    assert [cell.alignment.horizontal for cell in sheet[first + 1]] == ["left", "left"] + ["right"] * 5
    assert [sheet.cell(first + row, 1).font.bold for row in range(3)] == [False, False, True]
    assert sheet.cell(first + 2, 1).border.top.style == "thin"
    below = texts(sheet)[-3:]
    assert below == ["Catatan tabel.", "Sumber: tabel unit.", "Di samping tabel."]


def test_heads_stand_still_and_repeat_in_print(book: Workbook) -> None:
    sheet = book["Tabel 3.1"]
    head = find(sheet, "Kode").row
    assert sheet.freeze_panes == f"A{head + 1}"
    assert sheet.print_title_rows == f"${head - 1}:${head}"
    assert find(sheet, "Ukuran").coordinate == f"C{head - 1}"
    assert f"C{head - 1}:E{head - 1}" in {str(merged) for merged in sheet.merged_cells.ranges}
    setup = sheet.page_setup
    assert (setup.paperSize, setup.fitToWidth or 1, setup.fitToHeight) == (9, 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.oddHeader.left.text, sheet.oddHeader.right.text) == ("Unit Satu", "Laporan")
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("Tabel 3.1", "Halaman &P / &N")
    widest = max(len(str(cell.value)) for cell in sheet["B"][head:] if cell.value)
    assert sheet.column_dimensions["B"].width >= widest


def test_the_data_of_a_figure(book: Workbook) -> None:
    sheet = book["Gambar 3.1"]
    head = find(sheet, "Periode").row
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=head, max_row=head + 2, max_col=6)]
    assert cells == [
        ["Periode", "Tingkat", "n", "Nilai", "khusus", "Tidak dirinci"],
        ["2024-S1", "a, b", 12, 94.3, 0, "tidak"],
        ["2024-S2", "–", "–", "–", 0.2, "ya"],
    ]
    assert sheet.cell(head + 1, 5).number_format == "#,##0.000"
    assert "Yang tampak pada gambar: Garis naik." in texts(sheet)


def test_the_same_document_gives_the_same_bytes() -> None:
    first = write_xlsx(report(), footer=("a",))
    assert write_xlsx(report(), footer=("a",)) == first
    assert write_xlsx(report()) != first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_in_english() -> None:
    use_language("en")
    book = opened(write_xlsx(document(markdown("## III Results"), code(table()))))
    assert book.sheetnames == ["Contents", "Table 3.1"]
    sheet = book["Table 3.1"]
    row = find(sheet, "Satu").row
    assert sheet.cell(row, 6).number_format == "[$-809]d mmmm yyyy"
    assert (sheet.cell(row, 3).value, sheet.cell(row, 4).value) == (1234, 53.8)


def test_a_report_without_head_tables_or_figures() -> None:
    book = opened(write_xlsx(document(markdown("# Judul\n\nTeks."))))
    assert book.sheetnames == ["Daftar Isi"]
    assert texts(book["Daftar Isi"])[0] == "Judul"


def test_an_empty_table_and_a_text_longer_than_a_cell() -> None:
    empty = build_table(FRAME[:0], COLUMNS, id="kosong", title="😀" * 40_000)
    sheet = opened(write_xlsx(document(markdown("## I A"), code(empty))))["Tabel 1.1"]
    title = str(sheet["A1"].value)
    assert title.endswith("😀…")
    assert 32_000 < len(title.encode("utf-16-le")) / 2 <= 32_767
    assert [cell.value for cell in sheet[3]][:2] == ["Unit", "Kode"]


@pytest.mark.parametrize("chapter", ["/", "'", "[", "?", "ß", "*", ":", "\\", "=", "İ"])
def test_a_chapter_of_any_letter_gives_a_name_that_is_taken(chapter: str) -> None:
    first, second = (code(table(id=f"t{n}")) for n in range(2))
    book = opened(write_xlsx(document(markdown(f"## {chapter}x"), first, second)))
    assert len(book.sheetnames) == 3
    for name in book.sheetnames:
        assert not re.search(r"[\[\]:*?/\\']", name)


@given(st.lists(st.text(max_size=50), max_size=12))
@example(["Daftar Isi", "daftar isi", "DAFTAR ISI", "", " ", "x" * 40, "x" * 41])
def test_names_of_sheets_are_distinct_and_allowed(given_names: list[str]) -> None:
    names: list[str] = []
    for text in given_names:
        names.append(name_sheet(text, [name.casefold() for name in names]))
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\']", name)


@given(st.floats(-1e12, 1e12), st.integers(0, 4), st.sampled_from(["id", "en"]))
@example(-0.04, 1, "id")
@example(2.825, 2, "en")
def test_a_number_equals_what_is_shown_and_no_more(value: float, decimals: int, lang: str) -> None:
    use_language(lang)
    shown = number(value, decimals).text
    cell = type_cell(value, shown, {"kind": "number", "decimals": decimals})
    assert isinstance(cell, float)
    assert number(cell, decimals).text == shown
    assert cell == round(cell, decimals)
    use_language("id")


@pytest.mark.parametrize(
    ("value", "shown", "kind"),
    [
        (3, "<5", "count"),
        (5, "<5", "count"),
        (3, "–", "count"),
        (3, "\u00a0", "number"),
        (12, "13", "count"),
        (12, "−12", "number"),
        (198001012010041001, "198.001.012.010.041.001", "count"),
        ("2025-07-14", "<5", "date"),
        ("2025-07-14", "–", "date"),
        ("tidak diketahui", "tidak diketahui", "date"),
        (True, "ya", "count"),
        (3, "3", "text"),
    ],
)
def test_a_cell_is_text_where_the_page_does_not_show_its_value(value: object, shown: str, kind: str) -> None:
    assert type_cell(value, shown, {"kind": kind, "decimals": 0}) == shown


def test_a_whole_number_may_be_shown_without_the_decimals_of_its_column() -> None:
    column = {"kind": "number", "decimals": 1}
    assert (type_cell(63.0, "63", column), type_cell(62.7, "63", column)) == (63.0, "63")


def test_a_date_is_a_date() -> None:
    assert type_cell("2025-07-14", "14 Juli 2025", {"kind": "date"}) == date(2025, 7, 14)


def test_shares_give_back_no_more_than_the_page() -> None:
    """One of four units is hidden; at full precision the shares of the others and of the whole would tell its count."""
    reached, staff = [37, 61, 2, 90], [101, 147, 60, 215]
    frame = pd.DataFrame({"n": staff, "share": [100 * k / n for k, n in zip(reached, staff, strict=True)]})
    frame.loc[len(frame)] = [sum(staff), 100 * sum(reached) / sum(staff)]
    frame["unit"] = ["A", "B", "C", "D", "Semua"]
    columns = [TableColumn("unit", "Unit"), TableColumn("n", "n", "count"), TableColumn("share", "%", "number", 0)]
    hidden = pd.DataFrame({"share": [None, None, "–", None, None]}, dtype="object")
    block: Any = build_table(frame, columns, id="t", title="Jangkauan", hidden=hidden, total=True)
    sheet = opened(write_xlsx(document(markdown("## I A"), code(block))))["Tabel 1.1"]
    first = find(sheet, "A").row
    cells = {sheet.cell(row, 1).value: sheet.cell(row, 3).value for row in range(first, first + 5)}
    assert cells["C"] == "–"

    exact = frame["share"] * frame["n"] / 100
    assert round(exact[4] - exact[[0, 1, 3]].sum()) == reached[2]  # what full precision gives away
    counts = [
        [k for k in range(n + 1) if float(number(100 * k / n, 0).text) == cells[unit]]
        for unit, n in zip(["A", "B", "D", "Semua"], [101, 147, 215, sum(staff)], strict=True)
    ]
    possible = {whole - a - b - d for a, b, d, whole in product(*counts)}
    assert len([k for k in possible if k >= 0]) > 1
    assert [str(share) for share in cells.values()] == [row[2] for row in block.display]


def test_every_text_of_every_block_stands_in_it_once_more(every_block: Callable[[str], list[Block]]) -> None:
    """Tables, figure data, heads, lists and notes; running text and panels stay with the page."""
    cells = [
        markdown("## II Isi"),
        *(code(block) for block in every_block("kata")),
        code(ItemList((compose("butir"),))),
    ]
    book = opened(write_xlsx(document(*cells), footer=("kaki",)))
    said = [text for sheet in book for text in texts(sheet)]
    assert {"kata", "• kata kata", "• butir", "kaki", "Tabel 2.1 kata", "Gambar 2.1 kata"} <= set(said)
    assert {"Yang tampak pada gambar: Teks: kata", "Sumber: kata", "kata kata"} <= set(said)
