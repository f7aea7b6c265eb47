"""The Excel writer: a cover sheet, then one sheet per table and per figure's data, with typed cells.

Text is always written as text: nothing that stands in the data becomes a formula or an address.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kinerja_lib.language import _
from kinerja_lib.report.document import Document, Section
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers.sheets import Sheet, name_sheet, plan_sheets, type_cell
from kinerja_lib.show.blocks import clean, plain
from kinerja_lib.show.numbers import MISSING, SMALL

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MADE = datetime(2000, 1, 1, tzinfo=UTC)  # of every workbook: the same report gives the same bytes
RUPIAH = '"Rp"#,##0'
DATES = {"id": "[$-421]d mmmm yyyy", "en": "[$-809]d mmmm yyyy"}
A4 = 9
THIN, THICK = 1, 2  # rules
INK, GREY, ACCENT = "#1A2128", "#56616B", "#0A5A8A"
LONGEST_TEXT = 32_767  # of a cell, in units of UTF-16
LONGEST_HEAD = 60  # of a text in the running head: Excel takes 255 signs in all, and "&" counts twice
LONGEST_PROPERTY = 255
PICTURE = re.compile(r"&(?=[G\[])")  # xlsxwriter takes it for the place of a picture even when doubled
NARROWEST, STANDARD, WIDEST = 7, 8.43, 46  # columns, in characters
SHORT_LABEL = 14  # characters of a head that stand in one line
PORTRAIT = 112  # characters; wider tables are printed across the page
WIDE = 96  # characters over which a line above or below a narrow table runs
LINE, HIGHEST = 15, 405  # points
SIZE = 11  # of the type, in points
COVER = (16, 66, 30)  # widths of the cover's columns


class _Book:
    """A workbook with its formats: each made once, in the order in which it is first used."""

    def __init__(self, document: Document) -> None:
        self.stream = io.BytesIO()
        self.workbook = xlsxwriter.Workbook(self.stream, OPTIONS)
        self.lang = document.lang
        self.title = document.title
        head = document.shown_head
        self.running = head["running"] or document.title
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        names = {"title": document.title[:LONGEST_PROPERTY], "author": head["office"][:LONGEST_PROPERTY]}
        self.workbook.set_properties({**names, "created": MADE})

    def format(self, **properties: Any) -> Format:
        """Return the format with these properties."""
        whole = {"font_color": INK, "valign": "top"} | properties
        key = tuple(sorted(whole.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(whole)
        return self._formats[key]

    def close(self) -> bytes:
        """Finish the workbook and return its bytes."""
        self.workbook.close()
        return self.stream.getvalue()


class _Page:
    """A sheet that is written downwards and prints on A4, as wide as the page.

    Rows get the height that their texts need: programs do not find it for merged cells, and some for none.
    """

    def __init__(self, book: _Book, name: str, widths: Sequence[float]) -> None:
        self.book = book
        self.row = 0
        self.widths = widths
        self.span, self.width = _reach(widths)
        self.sheet: Worksheet = book.workbook.add_worksheet(name)
        self._height = 0.0
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self._set_up(name, across=sum(widths) > PORTRAIT)

    def _set_up(self, name: str, *, across: bool) -> None:
        sheet = self.sheet
        sheet.hide_gridlines(2)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        if across:
            sheet.set_landscape()
        sheet.set_margins(left=0.7, right=0.7, top=0.9, bottom=0.9)
        sheet.set_header(f"&L{_head_text(self.book.running)}&R{_head_text(self.book.title)}")
        sheet.set_footer(f"&L{_head_text(name)}&R{_('Halaman')} &P / &N")

    def text(self, column: int, text: str, *, span: int = 1, **style: Any) -> None:
        """Write a text into the row, over `span` columns; it wraps."""
        look = self.book.format(text_wrap=True, **style)
        if span > 1:
            self.sheet.merge_range(self.row, column, self.row, column + span - 1, "", look)
        self.sheet.write_string(self.row, column, _fit(text), look)
        scale = style.get("font_size", SIZE) / SIZE
        width = self.width if span >= self.span else sum(self.widths[column : column + span])
        lines = sum(max(1, math.ceil(len(part) * scale / width)) for part in text.split("\n"))
        self._height = max(self._height, lines * LINE * scale)

    def link(self, sheet: str, text: str, **style: Any) -> None:
        """Write a link to another sheet into the first cell of the row."""
        look = self.book.format(font_color=ACCENT, underline=1, **style)
        self.sheet.write_url(self.row, 0, f"internal:'{sheet}'!A1", look, text)

    def line(self, text: str, **style: Any) -> None:
        """Write a text over the whole width and go on to the next row."""
        self.text(0, text, span=self.span, **style)
        self.close_row()

    def close_row(self) -> None:
        """Give the row the height that it needs and go on to the next."""
        if self._height > LINE:
            self.sheet.set_row(self.row, min(self._height, HIGHEST))
        self.row, self._height = self.row + 1, 0.0


def _reach(widths: Sequence[float]) -> tuple[int, float]:
    """Return over how many columns a line of text runs, and how many characters they hold."""
    span, total = len(widths), float(sum(widths))
    while total + STANDARD <= WIDE:
        span, total = span + 1, total + STANDARD
    return span, total


def write_xlsx(
    document: Document,
    *,
    footer: tuple[str, ...] = (),
    template: Template | None = None,
    record: tuple[str, ...] = (),
) -> bytes:
    """Return the report as an Excel workbook.

    The first sheet says what the report is, lists the others and holds definitions and provenance. Then comes a sheet
    for each table and for the data of each figure, in reading order, named by its number ("Tabel 3.1"). Cells hold
    numbers and dates with the decimals that the page shows; what the page hides is not in the file.

    Parameters
    ----------
    document : Document
        What the report says.
    footer : tuple of str
        Lines of provenance: licence, data, run.
    template : Template, optional
        Letterhead of the office; its lines stand at the top of the first sheet.
    record : tuple of str
        What the report was made from and says, see `record.pack_record`; a sheet that Excel does not show.

    Returns
    -------
    bytes
        The same document gives the same bytes.
    """
    book = _Book(document)
    name = name_sheet(_("Daftar Isi"))
    sheets = plan_sheets(document, taken=[name.casefold()])
    cover = _Page(book, name, COVER)
    _write_letterhead(cover, clean(template.lines) if template else [])
    _write_head(cover, document)
    _write_list(cover, _("Lembar"), [(each.name, each.title, each.section) for each in sheets], link=True)
    _write_list(cover, _("Tidak dimuat"), _left_out(document))
    _write_lines(cover, _("Cara membaca"), _reading())
    for section in document.sections:
        _write_lines(cover, section.label, _items(section))
    _write_lines(cover, _("Asal"), clean(footer))
    for each in sheets:
        _write_sheet(book, each, name)
    if record:
        _hide_record(book, record)
    return book.close()


def _hide_record(book: _Book, record: tuple[str, ...]) -> None:
    """Put the record on a sheet that Excel lists nowhere."""
    sheet = book.workbook.add_worksheet("kinerja-record")
    for row, part in enumerate(record):
        sheet.write_string(row, 0, part)
    sheet.very_hidden()


def _fit(text: str) -> str:
    """Return `text` no longer than a cell takes."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_TEXT:
        return text
    return units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def _head_text(text: str) -> str:
    """Return `text` for the running head, in which "&" begins a command."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST_HEAD else line[: LONGEST_HEAD - 1] + "…"
    return PICTURE.sub("& ", line).replace("&", "&&")


# The cover.


def _write_letterhead(page: _Page, lines: list[str]) -> None:
    for position, line in enumerate(lines):
        size = {"font_size": 14, "bold": True} if position == 0 else {}
        rule = {"bottom": THICK} if position == len(lines) - 1 else {}
        page.line(line, align="center", **size, **rule)
    if lines:
        page.close_row()


def _write_head(page: _Page, document: Document) -> None:
    head = document.shown_head
    styles: dict[str, dict[str, Any]] = {
        "office": {"font_color": GREY},
        "title": {"font_size": 20, "bold": True},
        "subtitle": {"font_size": 13},
    }
    for part, style in styles.items():
        if head[part]:
            page.line(head[part], **style)
    page.close_row()
    for fact, value in head["facts"]:
        page.text(0, fact, font_color=GREY)
        page.text(1, value)
        page.close_row()


def _write_list(page: _Page, title: str, entries: list[tuple[str, str, str]], *, link: bool = False) -> None:
    """Write name, text and section of each entry under a title; nothing where there is none."""
    if entries:
        _write_title(page, title)
    for name, text, section in entries:
        if link:
            page.link(name, name)
        else:
            page.text(0, name)
        page.text(1, text)
        page.text(2, section, font_color=GREY)
        page.close_row()


def _write_lines(page: _Page, title: str, lines: list[str]) -> None:
    """Write a line each under a title; nothing where there is none."""
    if lines:
        _write_title(page, title)
    for line in lines:
        page.line(line)


def _write_title(page: _Page, title: str) -> None:
    page.close_row()
    for column in range(len(COVER)):
        page.text(column, title if column == 0 else "", bold=True, bottom=THIN)
    page.close_row()


def _left_out(document: Document) -> list[tuple[str, str, str]]:
    """Return what the report leaves out and why: whole sections, then parts of those shown."""
    whole = [(section.label, section.left_out, "") for section in document.left_out]
    parts = [
        (block["what"], block["reason"], section.label)
        for section in document.sections
        for row in section.rows
        for block in row.main
        if block["kind"] == "left_out" and block["what"]
    ]
    return whole + parts


def _items(section: Section) -> list[str]:
    """Return the lists of a section, with the paragraph before each: definitions, limits, method."""
    lines = []
    for row in section.rows:
        for before, block in pairwise([{"kind": ""}, *row.main]):
            if block["kind"] == "list":
                lines += [plain(before["runs"])] if before["kind"] == "paragraph" else []
                lines += [f"• {plain(runs)}" for runs in block["items"]]
    return lines


def _reading() -> list[str]:
    small = _("“{small}”: satu sampai empat orang, tidak ditampilkan. “{missing}”: tidak ada, atau tidak ditampilkan.")
    same = _("Angka pada sel dibulatkan seperti pada laporan: buku kerja ini tidak memuat lebih daripada yang tampak.")
    return [small.format(small=SMALL, missing=MISSING), same]


# A table, or the data of a figure.


def _write_sheet(book: _Book, plan: Sheet, cover: str) -> None:
    page = _Page(book, plan.name, _widths(plan))
    page.line(f"{plan.number} {plan.title}", bold=True, font_size=12)
    page.link(cover, _("Kembali ke daftar isi"), font_size=9)
    page.close_row()
    for text in filter(None, plan.above):
        page.line(text, font_color=GREY)
    first = page.row
    if plan.spanners:
        _write_spanners(page, plan)
    _write_heads(page, plan)
    page.sheet.freeze_panes(page.row, 0)
    page.sheet.repeat_rows(first, page.row - 1)
    for position in range(len(plan.rows)):
        _write_row(page, plan, position)
    page.close_row()
    for text in filter(None, plan.below):
        page.line(text, font_color=GREY, font_size=9)


def _widths(plan: Sheet) -> list[int]:
    """Return the width of each column: what its cells need, and the longest word of its head."""
    widths = []
    for position, column in enumerate(plan.columns):
        cells = max((len(row[position]) for row in plan.display), default=0)
        words = max((len(word) for word in column["label"].split()), default=0)
        label = min(len(column["label"]), SHORT_LABEL)
        widths.append(min(max(cells, words, label, NARROWEST) + 2, WIDEST))
    return widths


def _write_spanners(page: _Page, plan: Sheet) -> None:
    """Write the heads over several columns under the upper rule of the table."""
    column, columns = 0, len(plan.columns)
    for spanner in plan.spanners:
        span = min(spanner["span"], columns - column)
        under = {"bottom": THIN} if spanner["label"] else {}
        if span > 0:
            page.text(column, spanner["label"], span=span, bold=True, align="center", top=THICK, **under)
        column += span
    for rest in range(column, columns):
        page.text(rest, "", top=THICK)
    page.close_row()


def _write_heads(page: _Page, plan: Sheet) -> None:
    top = {} if plan.spanners else {"top": THICK}
    for position, column in enumerate(plan.columns):
        style: dict[str, Any] = {"bold": True, "valign": "bottom", "bottom": THIN, **top}
        page.text(position, column["label"], **_side(column, position), **style)
    page.close_row()


def _write_row(page: _Page, plan: Sheet, position: int) -> None:
    last = position == len(plan.rows) - 1
    rules: dict[str, Any] = {"bottom": THICK} if last else {}
    if plan.total and last:
        rules |= {"top": THIN, "bold": True}
    cells = zip(plan.columns, plan.rows[position], plan.display[position], strict=True)
    for at, (column, value, shown) in enumerate(cells):
        _write_cell(page, at, type_cell(value, shown, column), column, rules)
    page.close_row()


def _write_cell(
    page: _Page, at: int, value: float | date | str, column: Mapping[str, Any], rules: dict[str, Any]
) -> None:
    look = rules | _side(column, at)
    if isinstance(value, str):
        page.text(at, value, **look)
    elif isinstance(value, date):
        style = page.book.format(num_format=DATES[page.book.lang], **look)
        page.sheet.write_datetime(page.row, at, value, style)
    else:
        page.sheet.write_number(page.row, at, value, page.book.format(num_format=_pattern(column), **look))


def _side(column: Mapping[str, Any], at: int) -> dict[str, Any]:
    """Return how the cells of a column are set: text left, away from the numbers before it; all else right."""
    if column["kind"] == "text":
        return {"align": "left", "indent": int(at > 0)}
    return {"align": "right"}


def _pattern(column: Mapping[str, Any]) -> str:
    """Return the number format of a column."""
    if column["kind"] == "rupiah":
        return RUPIAH
    return "#,##0" + ("." + "0" * column["decimals"] if column["decimals"] else "")
