"""The blocks of a report in Word: head, contents, sections with text, tables, figures and panels, sign-off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from kinerja_lib.language import _
from kinerja_lib.report.document import BlockDict, Section
from kinerja_lib.report.writers import MOST_ROWS, say_rest
from kinerja_lib.report.writers import word_parts as parts
from kinerja_lib.report.writers.word_base import ACCENT, GREY, LINE
from kinerja_lib.report.writers.word_parts import Element, element, text_run
from kinerja_lib.report.writers.word_pictures import draw_strip
from kinerja_lib.report.writers.word_story import ABREAST, GUTTER, Story

WHOLE_ROWS = 14  # a table of so many rows is not cut by a page
TALLEST_CM = 20.0  # of a figure
LOGO_CM = (4.0, 2.4)  # most width and height of a logo
SMALL = 8.0  # points of a table whose columns would not fit otherwise
BLANK_ROW = 620  # height of a row that is to be filled in by hand
SIGNATURE = 1100  # height of the place for a signature
NUMBER = re.compile(r"(.*?)(\d+)")

# Head, contents, foot


def write_head(story: Story) -> None:
    """Write letterhead, office, title, subtitle and the few facts."""
    head = story.document.shown_head
    letterhead = _letterhead(story, head["office"])
    if letterhead is not None:
        story.add(letterhead)
        story.add(story.spacer())
    elif head["office"]:
        story.add(story.paragraph("Kinerja Instansi", [text_run(head["office"])]))
    story.add(story.paragraph("Title", [text_run(head["title"])]))
    if head["subtitle"]:
        story.add(story.paragraph("Subtitle", [text_run(head["subtitle"])]))
    if head["facts"]:
        _write_facts(story, head["facts"])


def _letterhead(story: Story, office: str) -> Element | None:
    """Return logo and lines of the office over a double rule."""
    lines = [
        story.paragraph("Kinerja Kop" if number else "Kinerja Kop Utama", [text_run(line)])
        for number, line in enumerate(story.template.lines)
    ]
    rule = [parts.border("bottom", 24, kind="thinThickSmallGap")]
    cells, widths = [], [story.width]
    if story.template.logo:
        logo = story.template.logo
        if story.template.logo_kind == "svg":
            logo = story.pictures[logo.decode("utf-8", "replace")]
        name = (story.template.lines or (office,))[0]
        alt = _("Logo {office}").format(office=name) if name else "Logo"
        shown = story.paragraph("Kinerja Kop", [story.picture(logo, LOGO_CM, "Logo", alt)])
        if lines:
            widths = [int(LOGO_CM[0] * 0.75 * parts.TWIPS)]
            widths.append(story.width - widths[0])
        cells.append(parts.cell(widths[0], [shown], borders=rule, flush=True, align="center"))
    if lines:
        cells.append(parts.cell(widths[-1], lines, borders=rule, align="center"))
    return parts.table(widths, [parts.row(cells)], air=80) if cells else None


def _write_facts(story: Story, facts: Sequence[Sequence[str]]) -> None:
    names, values = zip(*facts, strict=True)
    columns = [{"label": name, "kind": "text"} for name in names]
    widths, _fits = parts.column_widths(columns, [values], story.width, story.points["Kinerja Sel"])
    rows = []
    for style, texts in (("Kinerja Kepala Kolom", names), ("Kinerja Sel", values)):
        shown = [story.paragraph(style, [text_run(text)]) for text in texts]
        cells = [parts.cell(width, [text]) for width, text in zip(widths, shown, strict=True)]
        rows.append(parts.row(cells))
    story.add(parts.table(widths, rows))
    story.add(story.spacer())


def write_contents(story: Story) -> None:
    """Write the contents as a field with its lines, and which sections are left out.

    On which page a section begins only Word knows: it adds the pages when the field is renewed.
    """
    titled = [section for section in story.document.sections if section.title]
    if len(titled) > 1:
        story.add(story.paragraph("TOC Heading", [text_run(_("Daftar isi"))]))
        lines = [_contents_line(story, section) for section in titled]
        start, code, middle, _text, end = parts.field('TOC \\o "1-1" \\h \\z', "")
        lines[0][1:1] = [start, code, middle]
        lines[-1].append(end)
        for line in (*lines, story.spacer()):
            story.add(line)
    if story.document.left_out:
        reasons = "; ".join(f"{section.label} ({section.left_out})" for section in story.document.left_out)
        story.add(story.paragraph("Kinerja Keterangan", [text_run(f"{_('Tidak dimuat:')} {reasons}.")]))


def _contents_line(story: Story, section: Section) -> Element:
    link = element("hyperlink", text_run(_heading(section)), anchor=_anchor(section), history=1)
    return story.paragraph("toc 1", [link])


def write_footer(story: Story, lines: Sequence[str]) -> None:
    """Write where the report comes from."""
    for number, line in enumerate(lines):
        rule = [] if number else [element("pBdr", _space(parts.border("top", 4, LINE), 6))]
        apart = element("spacing", before=0 if number else 480, after=40)
        story.add(story.paragraph("Kinerja Keterangan", [text_run(line)], *rule, apart))


# Sections and their blocks


def write_section(story: Story, section: Section) -> None:
    """Write a section: its heading, then rows of blocks, each with its notes below it."""
    if section.title:
        inside = [text_run(_heading(section))]
        if section.numeral:
            chapter = _chapter(section)
            inside = [text_run(chapter, element("color", val=ACCENT)), text_run(f" {section.title}")]
        story.add(story.paragraph("heading 1", story.bookmark(_anchor(section), inside)))
    for row in section.rows:
        for block in (*row.main, *row.notes):
            WRITERS[block["kind"]](story, block)


def _write_paragraph(story: Story, block: BlockDict) -> None:
    style = "Kinerja Pembuka" if block["role"] == "lead" else "Normal"
    story.add(story.paragraph(style, story.runs(block["runs"])))


def _write_list(story: Story, block: BlockDict) -> None:
    for item in block["items"]:
        story.add(story.paragraph("List Bullet", story.runs(item)))


def _write_heading(story: Story, block: BlockDict) -> None:
    story.add(story.paragraph("heading 2", story.runs(block["runs"])))


def _write_note(story: Story, block: BlockDict) -> None:
    for number, runs in enumerate(block["paragraphs"], start=1):
        close = [] if number == len(block["paragraphs"]) else [element("spacing", after=40)]
        story.add(story.paragraph("Kinerja Catatan", story.runs(runs), *close))


def _write_left_out(story: Story, block: BlockDict) -> None:
    if block["what"]:
        text = f"{_('Tidak dimuat:')} {block['what']} ({block['reason']})."
        story.add(story.paragraph("Kinerja Keterangan", [text_run(text)]))


def _write_page_break(story: Story, _block: BlockDict) -> None:
    story.new_page = True


def _write_figure(story: Story, block: BlockDict) -> None:
    """Write title, measure, picture and, below it, the caption with number and source."""
    story.add(story.paragraph("Kinerja Judul Gambar", [text_run(block["title"])]))
    if block["subtitle"]:
        story.add(story.paragraph("Kinerja Keterangan", [text_run(block["subtitle"])], element("keepNext")))
    picture = story.picture(story.pictures[block["svg"]], (story.figure_cm, TALLEST_CM), block["number"], block["alt"])
    story.add(story.paragraph("Normal", [picture], element("keepNext"), element("spacing", before=60, after=60)))
    story.add(_caption(story, block, _("Gambar"), block["caption"], block["source"]))


def _caption(story: Story, block: BlockDict, sequence: str, text: str, source: str, *properties: Element) -> Element:
    """Return a caption whose number is a field; where Word would count on wrongly it is told the number."""
    found = NUMBER.fullmatch(block["number"])
    start, number = (found[1], int(found[2])) if found else (block["number"], 0)
    restart = "" if number == story.counted.get(sequence, 0) + 1 else f" \\r {number}"
    story.counted[sequence] = number
    bold = element("b")
    counted = parts.field(f"SEQ {sequence} \\* ARABIC{restart}", str(number), bold)
    label = story.bookmark(story.names[block["id"]], [text_run(start, bold), *counted])
    tail = f" {text}" + (f" {_('Sumber:')} {source}" if source else "")
    return story.paragraph("caption", [*label, text_run(tail)], *properties)


def _write_sign_off(story: Story, block: BlockDict) -> None:
    """Write who signs, in two columns that stay together and with what comes before."""
    _keep_last(story)
    middle = story.width // 10
    side = (story.width - middle) // 2
    widths = [side, middle, side]

    def line(left: Sequence[str], right: Sequence[str], borders: Sequence[Element] = (), height: int = 0) -> Element:
        cells = [
            parts.cell(
                width,
                [story.paragraph("Kinerja Sel", [text_run(text)], element("keepNext")) for text in texts or [""]],
                borders=lines,
                flush=True,
            )
            for width, texts, lines in zip(widths, (left, (), right), (borders, (), borders), strict=True)
        ]
        return parts.row(cells, height=height)

    rows = [line((), (block["place_date"],)), line(block["left"], block["right"])]
    rows += [line((), (), height=SIGNATURE), line(("NIP",), ("NIP",), [parts.border("top", 8)])]
    story.add(story.spacer())
    parts.keep_next(story.body[-1])
    story.add(parts.table(widths, rows, air=20))
    story.add(story.spacer())


def _keep_last(story: Story) -> None:
    """Keep the last thing said on the page of what follows: empty paragraphs, then a paragraph or a last row."""
    for block in reversed(story.body):
        if block.tag == parts.W + "tbl":
            parts.keep_next(block.findall(parts.W + "tr")[-1])
            return
        parts.keep_next(block)
        if "".join(block.itertext()):
            return


# Tables


def _write_table(story: Story, block: BlockDict) -> None:
    """Write caption, table and, below it, notes and source; a long table ends with where its rest is."""
    rows = block["display"]
    rest = say_rest(block)
    if rest:
        rows = [*rows[:MOST_ROWS], *(rows[-1:] if block["total"] else [])]
    widths, size = _fit_columns(story, block, rows)
    above = element("spacing", before=200, after=80)
    story.add(_caption(story, block, _("Tabel"), block["title"], "", element("keepNext"), above))
    made = [*_head_rows(story, block, widths, size), *_body_rows(story, block, rows, widths, size)]
    about = f"{block['number']} {block['title']}"
    table = parts.table(widths, made, about=about, gap=parts.GAP, air=50)
    below = _below(story, block, rest)
    if len(rows) <= WHOLE_ROWS:
        for found in made[:-1]:
            parts.keep_next(found)
    if below:
        parts.keep_next(made[-1])
    story.add(table)
    story.add(story.paragraph("Kinerja Keterangan", below) if below else story.spacer())


def _fit_columns(story: Story, block: BlockDict, rows: Sequence[Sequence[str]]) -> tuple[list[int], list[Element]]:
    """Return the widths of columns and the marks of a smaller size, where only that keeps words like 1 to 2 whole."""
    usual = story.points["Kinerja Sel"]
    words = parts.NUMERIC | {"words"}
    for points, whole in ((usual, words), (SMALL, words), (SMALL, parts.NUMERIC)):
        widths, fits = parts.column_widths(
            block["columns"], rows, story.width, points, groups=block["spanners"], whole=whole
        )
        if fits:
            break
    return widths, [] if points == usual else parts.size_of(points)


def _below(story: Story, block: BlockDict, rest: str) -> list[Element]:
    made: list[Element] = []
    if rest:
        made.append(text_run(f"{rest} "))
    for note in block["notes"]:
        made += [*story.runs(note), text_run(" ")]
    if block["source"]:
        made.append(text_run(f"{_('Sumber:')} {block['source']}"))
    return made


def _head_rows(story: Story, block: BlockDict, widths: Sequence[int], size: Sequence[Element]) -> Iterator[Element]:
    top, under = parts.border("top", parts.RULE), parts.border("bottom", parts.THIN)
    style = "Kinerja Kepala Kolom"
    if block["spanners"]:
        yield parts.row(list(_spanner_cells(story, block["spanners"], widths, top, size)), head=True)
    cells = []
    for place, (column, width) in enumerate(zip(block["columns"], widths, strict=True)):
        text = story.paragraph(style, [text_run(column["label"], *size)], *_align(column))
        borders = [under] if block["spanners"] else [top, under]
        cells.append(parts.cell(width, [text], borders=borders, flush=not place, align="bottom"))
    yield parts.row(cells, head=True)


def _spanner_cells(
    story: Story, spanners: Sequence[Mapping[str, Any]], widths: Sequence[int], top: Element, size: Sequence[Element]
) -> Iterator[Element]:
    place = 0
    for spanner in spanners:
        span = int(spanner["span"])
        centre = element("jc", val="center")
        text = story.paragraph("Kinerja Kepala Kolom", [text_run(spanner["label"], *size)], centre)
        yield parts.cell(sum(widths[place : place + span]), [text], span=span, borders=[top])
        place += span


def _body_rows(
    story: Story, block: BlockDict, rows: Sequence[Sequence[str]], widths: Sequence[int], size: Sequence[Element]
) -> Iterator[Element]:
    for number, row in enumerate(rows, start=1):
        last = number == len(rows)
        total = last and block["total"]
        blank = "" in row
        borders = [parts.border("top", 4, LINE if blank else GREY)] if total or (blank and number > 1) else []
        borders += [parts.border("bottom", parts.RULE)] if last else []
        marks = [*([element("b")] if total else []), *size]
        if set(row[1:]) == {"\u00a0"}:  # a line that heads those below it
            inside = [story.paragraph("Kinerja Sel", [text_run(row[0], *marks)], element("keepNext"))]
            yield parts.row([parts.cell(sum(widths), inside, span=len(row), borders=borders, flush=True)])
            continue
        cells = []
        for place, (column, width, text) in enumerate(zip(block["columns"], widths, row, strict=True)):
            words = text.lstrip("\u2003")
            depth = len(text) - len(words)
            indent = [element("ind", left=220 * depth)] if depth else []
            inside = [text_run(words, *marks)] if words else []
            shown = story.paragraph("Kinerja Sel", inside, *indent, *(_align(column) if place else []))
            cells.append(parts.cell(width, [shown], borders=borders, flush=not place))
        yield parts.row(cells, height=BLANK_ROW if blank else 0)


# Panels


def _write_panels(story: Story, block: BlockDict) -> None:
    """Write panels abreast, their parts on the same height, as a table."""
    width = story.panel_width(len(block["panels"]))
    for start in range(0, len(block["panels"]), ABREAST):
        panels = block["panels"][start : start + ABREAST]
        columns = [list(_panel(story, panel, width)) for panel in panels]
        widths = [width, GUTTER] * (len(panels) - 1) + [width]
        rows = []
        for number, line in enumerate(zip(*columns, strict=True)):
            if any("".join(p.itertext()) or p.findall(f".//{parts.W}drawing") for p in chain.from_iterable(line)):
                rows.append(_panel_row(story, line, width, rule=number == 0))
        for found in rows[:-1]:
            parts.keep_next(found)
        story.add(parts.table(widths, rows))
        story.add(story.spacer())
    if block["note"]:
        story.add(story.paragraph("Kinerja Keterangan", story.runs(block["note"])))


def _panel_row(story: Story, line: Sequence[list[Element]], width: int, *, rule: bool) -> Element:
    cells = []
    for number, content in enumerate(line):
        if number:
            cells.append(parts.cell(GUTTER, [story.paragraph("Kinerja Sel")]))
        cells.append(parts.cell(width, content, borders=[parts.border("top", 16)] if rule else []))
    return parts.row(cells)


def _panel(story: Story, panel: Mapping[str, Any], width: int) -> Iterator[list[Element]]:
    """Yield the parts of a panel from top to bottom, each as paragraphs."""
    small, plain = "Kinerja Kepala Kolom", "Kinerja Sel"
    narrow = element("spacing", before=80, after=0)
    yield [story.paragraph("Kinerja Judul Gambar", [text_run(panel["title"])], narrow)]
    yield [story.paragraph(small, [text_run(panel["measure"])])]
    points = _fit(panel["number"], story.points["Kinerja Angka"], width * 0.8)
    marks = parts.size_of(points) if points < story.points["Kinerja Angka"] else []
    unit = [element("color", val=GREY), *parts.size_of(9)]
    yield [story.paragraph("Kinerja Angka", [text_run(panel["number"], *marks), text_run(f" {panel['unit']}", *unit)])]
    yield _strip(story, panel["strip"], width) if panel["strip"] else [story.paragraph(small)]
    change = panel["change"] or _("Perubahan tidak ditampilkan")
    if panel["change"]:
        shown = [story.paragraph(plain, [text_run(change, element("b"))], element("spacing", before=80, after=0))]
    else:
        shown = [story.paragraph(small, [text_run(change)], element("spacing", before=80, after=0))]
    if panel["change_detail"]:
        shown.append(story.paragraph(small, [text_run(panel["change_detail"])]))
    yield shown
    above = element("spacing", before=80, after=0)
    yield [
        story.paragraph(small, [text_run(panel["interval"])], above),
        story.paragraph(small, [text_run(panel["n"])]),
    ]
    yield [story.paragraph(small, [text_run(panel["reason"])], element("spacing", before=80, after=0))]


def _strip(story: Story, strip: dict[str, Any], width: int) -> list[Element]:
    """Return the interval as a small picture, and what its ends and its mark stand for."""
    wide = width / parts.TWIPS
    drawn = story.picture(story.pictures[draw_strip(strip, wide)], (wide, wide), strip["alt"], strip["alt"])
    tab = [element("r", element("tab")) for _end in range(2)]
    ends = [text_run(strip["low"]), tab[0], text_run(strip["reference"]), tab[1], text_run(strip["high"])]
    stops = parts.tabs(("center", width // 2), ("right", width))
    return [story.paragraph("Kinerja Kepala Kolom", [drawn]), story.paragraph("Kinerja Kepala Kolom", ends, stops)]


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


def _fit(text: str, points: float, width: float) -> float:
    """Return the size at which a text stands on one line of a width, at least a third of its own."""
    needed = parts.text_width(text, points)
    return points if needed <= width else max(points / 3, points * width / needed)


WRITERS: dict[str, Callable[[Story, BlockDict], None]] = {
    "paragraph": _write_paragraph,
    "list": _write_list,
    "heading": _write_heading,
    "note": _write_note,
    "left_out": _write_left_out,
    "page_break": _write_page_break,
    "figure": _write_figure,
    "table": _write_table,
    "panels": _write_panels,
    "sign_off": _write_sign_off,
}
