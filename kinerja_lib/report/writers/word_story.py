"""The story of a Word report: each block of a document becomes paragraphs, tables and pictures, in reading order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from docx.oxml.shape import CT_Inline
from docx.shared import Emu

from kinerja_lib.language import _
from kinerja_lib.report.document import BlockDict, Document, Section
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers import word_parts as parts
from kinerja_lib.report.writers.word_base import ACCENT, GREY, LINE, STYLES, TEXT_CM
from kinerja_lib.report.writers.word_parts import Element, element, text_run
from kinerja_lib.report.writers.word_pictures import draw_pictures, draw_strip
from kinerja_lib.show import numbers

if TYPE_CHECKING:
    from docx.document import Document as WordFile

MOST_ROWS = 60  # of a table; the rest is in the Excel file
WHOLE_ROWS = 14  # a table of so many rows is not cut by a page
TALLEST_CM = 20.0  # of a figure
LOGO_CM = (4.0, 2.4)  # most width and height of a logo
DRAWN_CM = 4.0  # width at which a logo in SVG is drawn
EMU = 360_000  # English metric units in a centimetre
SMALL = 8.0  # points of a table whose columns would not fit otherwise
GUTTER = 260  # twentieths of a point between two panels
ABREAST = 4  # panels
BLANK_ROW = 620  # height of a row that is to be filled in by hand
SIGNATURE = 1100  # height of the place for a signature
POINTS = {style.name: style.points for style in STYLES}
NUMBER = re.compile(r"(.*?)(\d+)")


class Story:
    """What a report says, growing at the end of a Word file's body.

    Parameters
    ----------
    word : docx.Document
        The base, without text; the story is put into it by `finish`.
    document : Document
        What the report says.
    template : Template
        For the letterhead.
    """

    def __init__(self, word: WordFile, document: Document, template: Template) -> None:
        self.word, self.document, self.template = word, document, template
        self.styles = {str(s.name).casefold(): s.style_id for s in word.styles if s.type == 1}
        page = word.sections[-1]
        emus = [page.page_width, page.left_margin, page.right_margin]
        wide, left, right = (int(value or 0) for value in emus)
        self.width = int((wide - left - right) / EMU * parts.TWIPS)
        self.body: list[Element] = []
        self.names = self._name_targets()
        self.counted: dict[str, int] = {}  # last number of each sequence
        self.marks = 0  # bookmarks and pictures so far
        self.new_page = False
        self.pictures = self._draw()

    # Pictures and names, settled before the first word

    def _name_targets(self) -> dict[str, str]:
        blocks = [block for block in self.document.blocks() if block["kind"] in {"figure", "table"}]
        return {block["id"]: f"_Ref{number:06d}" for number, block in enumerate(blocks, start=1)}

    def _draw(self) -> dict[str, bytes]:
        """Return every drawing of the report as a picture, by its SVG: one call for all."""
        wanted: dict[str, float] = {}
        for block in self.document.blocks():
            if block["kind"] == "figure":
                wanted[block["svg"]] = self._text_cm()
            elif block["kind"] == "panels":
                strips = [panel["strip"] for panel in block["panels"] if panel["strip"]]
                width = self._panel_width(len(block["panels"])) / parts.TWIPS
                wanted |= {draw_strip(strip, width): width for strip in strips}
        if self.template.logo_kind == "svg":
            wanted[self.template.logo.decode("utf-8", "replace")] = DRAWN_CM
        return dict(zip(wanted, draw_pictures(list(wanted.items())), strict=True))

    def _text_cm(self) -> float:
        return min(TEXT_CM, self.width / parts.TWIPS)

    def _panel_width(self, count: int) -> int:
        abreast = max(1, min(count, ABREAST))
        return (self.width - GUTTER * (abreast - 1)) // abreast

    # What every block is made of

    def paragraph(self, style: str, inside: Iterable[Element] = (), *properties: Element) -> Element:
        """Return a paragraph of a named style."""
        return parts.paragraph(self.styles[style.casefold()], inside, *properties)

    def add(self, block: Element) -> None:
        """Put a paragraph or table at the end, on a new page where one is due."""
        if self.new_page:
            self.new_page = False
            if block.tag != parts.W + "p":
                self.add(self._spacer())
                parts.add_property(self.body[-1], element("pageBreakBefore"))
            else:
                parts.add_property(block, element("pageBreakBefore"))
        self.body.append(block)

    def finish(self) -> None:
        """Put the story into the body, before the properties of its page."""
        body = self.word.element.body
        place = len(body) - 1 if len(body) and body[-1].tag == parts.W + "sectPr" else len(body)
        body[place:place] = self.body

    def runs(self, runs: Iterable[Mapping[str, Any]]) -> list[Element]:
        """Return runs of the document as runs of a paragraph; a reference becomes a field."""
        made: list[Element] = []
        for run in runs:
            style, text = run.get("style", ""), str(run["text"])
            if style == "reference":
                made += parts.field(f"REF {self.names[run['target']]} \\h \\* MERGEFORMAT", text)
            else:
                made.append(text_run(text, *parts.marks_of(style)))
        return made

    def picture(self, image: bytes, most: tuple[float, float], name: str, alt: str) -> Element:
        """Return a run with a picture as wide as may be, in centimetres, with the text for those who do not see it."""
        key, found = self.word.part.get_or_add_image(io.BytesIO(image))
        width = min(most[0], most[1] * found.px_width / found.px_height)
        size = [Emu(int(side * EMU)) for side in (width, width * found.px_height / found.px_width)]
        self.marks += 1
        inline = CT_Inline.new_pic_inline(self.marks, key, "gambar.png", size[0], size[1])
        inline.docPr.set("name", name)
        inline.docPr.set("descr", alt)
        return element("r", element("drawing", inline))

    def bookmark(self, name: str, inside: Sequence[Element]) -> list[Element]:
        """Return what stands inside, named for the fields that refer to it."""
        self.marks += 1
        return parts.bookmark(name, self.marks, inside)

    def _spacer(self) -> Element:
        """Return a low empty paragraph: two tables that touch would become one."""
        return self.paragraph("Kinerja Sel", [], element("spacing", before=0, after=0, line=160, lineRule="exact"))

    # Head, contents, foot

    def write_head(self) -> None:
        """Write letterhead, office, title, subtitle and the few facts."""
        head = self.document.head or {"office": "", "title": self.document.title, "subtitle": "", "facts": []}
        letterhead = self._letterhead(head["office"])
        if letterhead is not None:
            self.add(letterhead)
            self.add(self._spacer())
        elif head["office"]:
            self.add(self.paragraph("Kinerja Instansi", [text_run(head["office"])]))
        self.add(self.paragraph("Title", [text_run(head["title"])]))
        if head["subtitle"]:
            self.add(self.paragraph("Subtitle", [text_run(head["subtitle"])]))
        if head["facts"]:
            self._write_facts(head["facts"])

    def _letterhead(self, office: str) -> Element | None:
        """Return logo and lines of the office over a double rule."""
        lines = [
            self.paragraph("Kinerja Kop" if number else "Kinerja Kop Utama", [text_run(line)])
            for number, line in enumerate(self.template.lines)
        ]
        rule = [parts.border("bottom", 24, kind="thinThickSmallGap")]
        cells, widths = [], [self.width]
        if self.template.logo:
            logo = self.template.logo
            if self.template.logo_kind == "svg":
                logo = self.pictures[logo.decode("utf-8", "replace")]
            alt = _("Logo {office}").format(office=(self.template.lines or (office,))[0]).strip()
            shown = self.paragraph("Kinerja Kop", [self.picture(logo, LOGO_CM, "Logo", alt)])
            if lines:
                widths = [int(LOGO_CM[0] * 0.75 * parts.TWIPS)]
                widths.append(self.width - widths[0])
            cells.append(parts.cell(widths[0], [shown], borders=rule, first="", align="center"))
        if lines:
            cells.append(parts.cell(widths[-1], lines, borders=rule, align="center"))
        return parts.table(widths, [parts.row(cells)], air=80) if cells else None

    def _write_facts(self, facts: Sequence[Sequence[str]]) -> None:
        columns = [{"label": name, "kind": "text"} for name, _value in facts]
        values = [value for _name, value in facts]
        widths, _fits = parts.column_widths(columns, [values], self.width, POINTS["Kinerja Sel"])
        rows = [
            parts.row([self._cell(width, style, [text_run(text)], place) for place, width, text in triples])
            for style, triples in (
                ("Kinerja Kepala Kolom", zip(range(len(facts)), widths, [c["label"] for c in columns], strict=True)),
                ("Kinerja Sel", zip(range(len(facts)), widths, values, strict=True)),
            )
        ]
        self.add(parts.table(widths, rows, gap=parts.GAP))
        self.add(self._spacer())

    def _cell(self, width: int, style: str, inside: Sequence[Element], place: int, *properties: Element) -> Element:
        first = {} if place else {"first": ""}
        return parts.cell(width, [self.paragraph(style, inside, *properties)], **first)

    def write_contents(self) -> None:
        """Write the contents as a field with its lines, and which sections are left out."""
        titled = [section for section in self.document.sections if section.title]
        if len(titled) > 1:
            self.add(self.paragraph("TOC Heading", [text_run(_("Daftar isi"))]))
        if len(titled) > 1:
            lines = [self._contents_line(section) for section in titled]
            start, code, middle, _text, end = parts.field('TOC \\o "1-1" \\n \\h \\z', "")
            lines[0][1:1] = [start, code, middle]
            lines[-1].append(end)
            for line in lines:
                self.add(line)
        if self.document.left_out:
            reasons = "; ".join(f"{section.label} ({section.left_out})" for section in self.document.left_out)
            self.add(self.paragraph("Kinerja Keterangan", [text_run(f"{_('Tidak dimuat:')} {reasons}.")]))

    def _contents_line(self, section: Section) -> Element:
        link = element("hyperlink", text_run(_heading(section)), anchor=_anchor(section), history=1)
        return self.paragraph("toc 1", [link])

    def write_footer(self, lines: Sequence[str]) -> None:
        """Write where the report comes from."""
        for number, line in enumerate(lines):
            rule = [] if number else [element("pBdr", _space(parts.border("top", 4, LINE), 6))]
            before = [] if number else [element("spacing", before=480, after=60)]
            self.add(self.paragraph("Kinerja Keterangan", [text_run(line)], *rule, *before))

    # Sections and their blocks

    def write_section(self, section: Section) -> None:
        """Write a section: its heading, then rows of blocks, each with its notes below it."""
        if section.title:
            inside = [text_run(_heading(section))]
            if section.numeral:
                chapter = _chapter(section)
                inside = [text_run(chapter, element("color", val=ACCENT)), text_run(f" {section.title}")]
            self.add(self.paragraph("heading 1", self.bookmark(_anchor(section), inside)))
        for row in section.rows:
            for block in (*row.main, *row.notes):
                write = getattr(self, f"_write_{block['kind']}", None)
                if write is not None:
                    write(block)

    def _write_paragraph(self, block: BlockDict) -> None:
        style = "Kinerja Pembuka" if block["role"] == "lead" else "Normal"
        self.add(self.paragraph(style, self.runs(block["runs"])))

    def _write_list(self, block: BlockDict) -> None:
        for item in block["items"]:
            self.add(self.paragraph("List Bullet", self.runs(item)))

    def _write_heading(self, block: BlockDict) -> None:
        self.add(self.paragraph("heading 2", self.runs(block["runs"])))

    def _write_note(self, block: BlockDict) -> None:
        for number, runs in enumerate(block["paragraphs"], start=1):
            close = [] if number == len(block["paragraphs"]) else [element("spacing", after=40)]
            self.add(self.paragraph("Kinerja Catatan", self.runs(runs), *close))

    def _write_left_out(self, block: BlockDict) -> None:
        if block["what"]:
            text = f"{_('Tidak dimuat:')} {block['what']} ({block['reason']})."
            self.add(self.paragraph("Kinerja Keterangan", [text_run(text)]))

    def _write_page_break(self, _block: BlockDict) -> None:
        self.new_page = True

    def _write_figure(self, block: BlockDict) -> None:
        """Write title, measure, picture and, below it, the caption with number and source."""
        self.add(self.paragraph("Kinerja Judul Gambar", [text_run(block["title"])]))
        if block["subtitle"]:
            self.add(self.paragraph("Kinerja Keterangan", [text_run(block["subtitle"])], element("keepNext")))
        picture = self.picture(
            self.pictures[block["svg"]], (self._text_cm(), TALLEST_CM), block["number"], block["alt"]
        )
        self.add(self.paragraph("Normal", [picture], element("keepNext"), element("spacing", before=60, after=60)))
        self.add(self._caption(block, _("Gambar"), block["caption"], block["source"]))

    def _caption(self, block: BlockDict, sequence: str, text: str, source: str, *properties: Element) -> Element:
        """Return a caption whose number is a field; where Word would count on wrongly it is told the number."""
        found = NUMBER.fullmatch(block["number"])
        start, number = (found[1], int(found[2])) if found else (block["number"], 0)
        restart = "" if number == self.counted.get(sequence, 0) + 1 else f" \\r {number}"
        self.counted[sequence] = number
        bold = element("b")
        counted = parts.field(f"SEQ {sequence} \\* ARABIC{restart}", str(number), bold)
        label = self.bookmark(self.names[block["id"]], [text_run(start, bold), *counted])
        tail = f" {text}" + (f" {_('Sumber:')} {source}" if source else "")
        return self.paragraph("caption", [*label, text_run(tail)], *properties)

    def _write_sign_off(self, block: BlockDict) -> None:
        """Write who signs, in two columns that stay together and with what comes before."""
        self._keep_last()
        middle = self.width // 10
        side = (self.width - middle) // 2
        widths = [side, middle, side]

        def line(
            left: Sequence[str], right: Sequence[str], borders: Sequence[Element] = (), height: int = 0
        ) -> Element:
            cells = [
                parts.cell(
                    width,
                    [self.paragraph("Kinerja Sel", [text_run(text)], element("keepNext")) for text in texts or [""]],
                    borders=lines,
                    first="",
                )
                for width, texts, lines in zip(widths, (left, (), right), (borders, (), borders), strict=True)
            ]
            return parts.row(cells, height=height)

        rows = [line((), (block["place_date"],)), line(block["left"], block["right"])]
        rows += [line((), (), height=SIGNATURE), line(("NIP",), ("NIP",), [parts.border("top", 8)])]
        self.add(self._spacer())
        parts.keep_next(self.body[-1])
        self.add(parts.table(widths, rows, air=20))
        self.add(self._spacer())

    def _keep_last(self) -> None:
        """Keep the last thing said on the page of what follows: empty paragraphs, then a paragraph or a last row."""
        for block in reversed(self.body):
            if block.tag == parts.W + "tbl":
                parts.keep_next(block.findall(parts.W + "tr")[-1])
                return
            parts.keep_next(block)
            if "".join(block.itertext()):
                return

    # Tables

    def _write_table(self, block: BlockDict) -> None:
        """Write caption, table and, below it, notes and source; a long table ends with where its rest is."""
        rows = block["display"]
        cut = len(rows) > MOST_ROWS
        if cut:
            rows = [*rows[:MOST_ROWS], *(rows[-1:] if block["total"] else [])]
        points = POINTS["Kinerja Sel"]
        widths, fits = parts.column_widths(block["columns"], rows, self.width, points)
        if not fits:
            points = SMALL
            widths, _fits = parts.column_widths(block["columns"], rows, self.width, points)
        size = [] if fits else [element("sz", val=int(SMALL * 2))]
        above = element("spacing", before=200, after=80)
        self.add(self._caption(block, _("Tabel"), block["title"], "", element("keepNext"), above))
        made = [*self._head_rows(block, widths, size), *self._body_rows(block, rows, widths, size)]
        about = f"{block['number']} {block['title']}"
        table = parts.table(widths, made, about=about, gap=parts.GAP, air=50)
        below = self._below(block, cut)
        if len(rows) <= WHOLE_ROWS:
            for found in made[:-1]:
                parts.keep_next(found)
        if below:
            parts.keep_next(made[-1])
        self.add(table)
        self.add(self.paragraph("Kinerja Keterangan", below) if below else self._spacer())

    def _below(self, block: BlockDict, cut: bool) -> list[Element]:
        made: list[Element] = []
        if cut:
            text = _("Daftar lengkap ({n} baris) ada pada berkas Excel.")
            made.append(text_run(text.format(n=numbers.count(len(block["display"])).text) + " "))
        for note in block["notes"]:
            made += [*self.runs(note), text_run(" ")]
        if block["source"]:
            made.append(text_run(f"{_('Sumber:')} {block['source']}"))
        return made

    def _head_rows(self, block: BlockDict, widths: Sequence[int], size: Sequence[Element]) -> Iterator[Element]:
        top, under = parts.border("top", parts.RULE), parts.border("bottom", parts.THIN)
        style = "Kinerja Kepala Kolom"
        if block["spanners"]:
            yield parts.row(list(self._spanner_cells(block["spanners"], widths, top, size)), head=True)
            top = parts.border("top", 0, kind="nil")
        cells = []
        for place, (column, width) in enumerate(zip(block["columns"], widths, strict=True)):
            text = self.paragraph(style, [text_run(column["label"], *size)], *_align(column))
            first = {} if place else {"first": ""}
            borders = [under] if block["spanners"] else [top, under]
            cells.append(parts.cell(width, [text], borders=borders, align="bottom", **first))
        yield parts.row(cells, head=True)

    def _spanner_cells(
        self, spanners: Sequence[Mapping[str, Any]], widths: Sequence[int], top: Element, size: Sequence[Element]
    ) -> Iterator[Element]:
        place = 0
        for spanner in spanners:
            span = int(spanner["span"])
            centre = element("jc", val="center")
            text = self.paragraph("Kinerja Kepala Kolom", [text_run(spanner["label"], *size)], centre)
            yield parts.cell(sum(widths[place : place + span]), [text], span=span, borders=[top])
            place += span

    def _body_rows(
        self, block: BlockDict, rows: Sequence[Sequence[str]], widths: Sequence[int], size: Sequence[Element]
    ) -> Iterator[Element]:
        for number, row in enumerate(rows, start=1):
            last = number == len(rows)
            total = last and block["total"]
            blank = "" in row
            borders = [parts.border("top", 4, LINE if blank else GREY)] if total or (blank and number > 1) else []
            borders += [parts.border("bottom", parts.RULE)] if last else []
            marks = [*([element("b")] if total else []), *size]
            if set(row[1:]) == {"\u00a0"}:  # a line that heads those below it
                inside = [self.paragraph("Kinerja Sel", [text_run(row[0], *marks)], element("keepNext"))]
                yield parts.row([parts.cell(sum(widths), inside, span=len(row), borders=borders, first="")])
                continue
            cells = []
            for place, (column, width, text) in enumerate(zip(block["columns"], widths, row, strict=True)):
                words = text.lstrip("\u2003")
                depth = len(text) - len(words)
                indent = [element("ind", left=220 * depth)] if depth else []
                inside = [text_run(words, *marks)] if words else []
                shown = self.paragraph("Kinerja Sel", inside, *indent, *(_align(column) if place else []))
                first = {} if place else {"first": ""}
                cells.append(parts.cell(width, [shown], borders=borders, **first))
            yield parts.row(cells, height=BLANK_ROW if blank else 0)

    # Panels

    def _write_panels(self, block: BlockDict) -> None:
        """Write panels abreast, their parts on the same height, as a table."""
        width = self._panel_width(len(block["panels"]))
        for start in range(0, len(block["panels"]), ABREAST):
            panels = block["panels"][start : start + ABREAST]
            columns = [list(self._panel(panel, width)) for panel in panels]
            widths = [width, GUTTER] * (len(panels) - 1) + [width]
            rows = []
            for number, line in enumerate(zip(*columns, strict=True)):
                if any("".join(p.itertext()) or p.findall(f".//{parts.W}drawing") for p in chain_all(line)):
                    rows.append(self._panel_row(line, width, rule=number == 0))
            for found in rows[:-1]:
                parts.keep_next(found)
            self.add(parts.table(widths, rows))
            self.add(self._spacer())
        if block["note"]:
            self.add(self.paragraph("Kinerja Keterangan", self.runs(block["note"])))

    def _panel_row(self, line: Sequence[list[Element]], width: int, *, rule: bool) -> Element:
        cells = []
        for number, content in enumerate(line):
            if number:
                cells.append(parts.cell(GUTTER, [self.paragraph("Kinerja Sel")]))
            cells.append(parts.cell(width, content, borders=[parts.border("top", 16)] if rule else []))
        return parts.row(cells)

    def _panel(self, panel: Mapping[str, Any], width: int) -> Iterator[list[Element]]:
        """Yield the parts of a panel from top to bottom, each as paragraphs."""
        small, plain = "Kinerja Kepala Kolom", "Kinerja Sel"
        narrow = element("spacing", before=80, after=0)
        yield [self.paragraph("Kinerja Judul Gambar", [text_run(panel["title"])], narrow)]
        yield [self.paragraph(small, [text_run(panel["measure"])])]
        points = _fit(panel["number"], POINTS["Kinerja Angka"], width)
        marks = [element("sz", val=int(points * 2))] if points < POINTS["Kinerja Angka"] else []
        unit = [element("color", val=GREY), element("sz", val=18)]
        yield [
            self.paragraph("Kinerja Angka", [text_run(panel["number"], *marks), text_run(f" {panel['unit']}", *unit)])
        ]
        yield self._strip(panel["strip"], width) if panel["strip"] else [self.paragraph(small)]
        change = panel["change"] or _("Perubahan tidak ditampilkan")
        if panel["change"]:
            shown = [self.paragraph(plain, [text_run(change, element("b"))], element("spacing", before=80, after=0))]
        else:
            shown = [self.paragraph(small, [text_run(change)], element("spacing", before=80, after=0))]
        if panel["change_detail"]:
            shown.append(self.paragraph(small, [text_run(panel["change_detail"])]))
        yield shown
        above = element("spacing", before=80, after=0)
        yield [
            self.paragraph(small, [text_run(panel["interval"])], above),
            self.paragraph(small, [text_run(panel["n"])]),
        ]
        yield [self.paragraph(small, [text_run(panel["reason"])], element("spacing", before=80, after=0))]

    def _strip(self, strip: dict[str, Any], width: int) -> list[Element]:
        """Return the interval as a small picture, and what its ends and its mark stand for."""
        wide = width / parts.TWIPS
        drawn = self.picture(self.pictures[draw_strip(strip, wide)], (wide, wide), "", strip["alt"])
        tab = [element("r", element("tab")) for _end in range(2)]
        ends = [text_run(strip["low"]), tab[0], text_run(strip["reference"]), tab[1], text_run(strip["high"])]
        stops = parts.tabs(("center", width // 2), ("right", width))
        return [self.paragraph("Kinerja Kepala Kolom", [drawn]), self.paragraph("Kinerja Kepala Kolom", ends, stops)]


def chain_all(groups: Iterable[Iterable[Element]]) -> Iterator[Element]:
    """Iterate over what stands in all groups."""
    for group in groups:
        yield from group


def _heading(section: Section) -> str:
    return f"{_chapter(section)} {section.title}" if section.numeral else section.title


def _chapter(section: Section) -> str:
    return _("BAB {numeral}").format(numeral=section.numeral)


def _anchor(section: Section) -> str:
    return "_Toc" + section.anchor.rpartition("-")[2].zfill(6)


def _align(column: Mapping[str, Any]) -> list[Element]:
    return [] if column["kind"] == "text" else [element("jc", val="right")]


def _space(line: Element, points: int) -> Element:
    line.set(parts.W + "space", str(points))
    return line


def _fit(text: str, points: float, width: int) -> float:
    """Return the size at which a text stands on one line of a width, at least that of plain text."""
    needed = parts.text_width(text, points)
    return points if needed <= width * 0.8 else max(POINTS["Normal"], points * width * 0.8 / needed)
