"""Pieces of a Word file: elements, runs, fields, paragraphs, tables and the widths of their columns.

Text reaches a file only as the text of a run or the value of an attribute; the instruction of a field is never made
from data, so that nothing in a report can act when Word opens it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import accumulate
from typing import Any, cast

from docx.oxml.parser import oxml_parser
from docx.oxml.xmlchemy import BaseOxmlElement

from kinerja_lib.report.writers.word_base import INK, NAMESPACE

Element = BaseOxmlElement
W = f"{{{NAMESPACE}}}"
NAMES = {"w": NAMESPACE}
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
GAP = 160  # twentieths of a point between two columns of a table
RULE, THIN = 12, 8  # eighths of a point: the outer rules of a table, and the one below its head
LONG = 1500  # characters of a paragraph
TWIPS = 1440 / 2.54  # twentieths of a point in a centimetre


def element(tag: str, *children: Element, **attributes: object) -> Element:
    """Return one element of WordprocessingML with its children and attributes."""
    values = {W + name: str(value) for name, value in attributes.items()}
    made = cast(Element, oxml_parser.makeelement(W + tag, values, NAMES))
    made.extend(children)
    return made


# Runs and fields


def text_run(text: str, *marks: Element) -> Element:
    """Return a run of text with its direct marks (bold and the like)."""
    words = element("t")
    words.text = text
    words.set(SPACE, "preserve")
    return _run(words, marks)


def _run(content: Element, marks: Sequence[Element]) -> Element:
    """Return a run; it takes copies of the marks, since an element stands in one place only."""
    return element("r", *([element("rPr", *copies(marks))] if marks else []), content)


def copies(elements: Iterable[Element]) -> list[Element]:
    """Return copies: an element stands in one place only."""
    return [deepcopy(found) for found in elements]


def marks_of(style: str) -> list[Element]:
    """Return the direct marks of a run of the document."""
    if style == "strong":
        return [element("b")]
    if style == "emphasis":
        return [element("i")]
    if style == "code":
        return [element("rFonts", ascii="Courier New", hAnsi="Courier New", cs="Courier New")]
    return []


def size_of(points: float) -> list[Element]:
    """Return the direct marks of a size, for every script."""
    return [element(name, val=int(points * 2)) for name in ("sz", "szCs")]


def field(instruction: str, cached: str, *marks: Element) -> list[Element]:
    """Return the runs of a field: what it is, and what it shows until it is renewed; all have the marks."""
    code = element("instrText")
    code.text = f" {instruction} "
    code.set(SPACE, "preserve")
    begin, separate, end = (element("fldChar", fldCharType=kind) for kind in ("begin", "separate", "end"))
    return [_run(begin, marks), _run(code, marks), _run(separate, marks), text_run(cached, *marks), _run(end, marks)]


def bookmark(name: str, number: int, inside: Sequence[Element]) -> list[Element]:
    """Return what stands `inside`, with a name that fields refer to."""
    return [element("bookmarkStart", id=number, name=name), *inside, element("bookmarkEnd", id=number)]


# Paragraphs. The order of properties is that of the standard.

ORDER = ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "pBdr", "tabs", "spacing", "ind", "jc")


def paragraph(style: str, inside: Iterable[Element] = (), *properties: Element) -> Element:
    """Return a paragraph of a style (its identity in the file) with direct properties."""
    made = element("p", element("pPr", element("pStyle", val=style)), *inside)
    for item in properties:
        add_property(made, item)
    if is_long(made):
        for name in ("keepNext", "keepLines"):
            add_property(made, element(name, val=0))
    return made


def is_long(target: Element) -> bool:
    """Tell whether a text may be taller than a page: what may not break then keeps a program laying out for ever."""
    return any(sum(len(t.text or "") for t in p.iter(W + "t")) > LONG for p in target.iter(W + "p"))


def add_property(target: Element, item: Element) -> None:
    """Put a property into a paragraph at the place where the standard wants it, in place of one of that name."""
    properties = target[0]
    for child in properties:
        if child.tag == item.tag:
            properties.remove(child)
    place = ORDER.index(item.tag.removeprefix(W))
    before = sum(ORDER.index(child.tag.removeprefix(W)) < place for child in properties)
    properties.insert(before, item)


def keep_next(target: Element) -> None:
    """Keep a paragraph, or all rows of a table, on the page of what follows."""
    if not is_long(target):
        for found in target.iter(W + "p"):
            add_property(found, element("keepNext"))


def tabs(*stops: tuple[str, int]) -> Element:
    """Return tab stops: kind and place."""
    return element("tabs", *(element("tab", val=kind, pos=place) for kind, place in stops))


# Tables


def border(side: str, eighths: int, colour: str = INK, kind: str = "single") -> Element:
    """Return one border of a cell or a paragraph."""
    return element(side, val=kind, sz=eighths, space=0, color=colour)


def cell(
    width: int,
    content: Sequence[Element],
    *,
    span: int = 1,
    borders: Sequence[Element] = (),
    flush: bool = False,
    align: str = "top",
) -> Element:
    """Return a cell; `flush` without the gap on its left, `align` top, center or bottom of its row."""
    properties = [element("tcW", w=width, type="dxa")]
    if span > 1:
        properties.append(element("gridSpan", val=span))
    if borders:
        properties.append(element("tcBorders", *copies(borders)))
    if flush:
        properties.append(element("tcMar", element("left", w=0, type="dxa")))
    if align != "top":
        properties.append(element("vAlign", val=align))
    return element("tc", element("tcPr", *properties), *content)


def row(cells: Sequence[Element], *, head: bool = False, height: int = 0) -> Element:
    """Return a row that does not break across pages; a head is repeated on each page."""
    tall = any(map(is_long, cells))
    properties = [] if tall else [element("cantSplit")]
    if height:
        properties.append(element("trHeight", val=height, hRule="atLeast"))
    if head and not tall:
        properties.append(element("tblHeader"))
    return element("tr", element("trPr", *properties), *cells)


def table(widths: Sequence[int], rows: Sequence[Element], *, about: str = "", gap: int = 0, air: int = 0) -> Element:
    """Return a table of fixed widths without lines of its own; `about` is its name for a screen reader."""
    sides = (("top", air), ("left", gap), ("bottom", air), ("right", 0))
    properties = [
        element("tblW", w=sum(widths), type="dxa"),
        element("tblLayout", type="fixed"),
        element("tblCellMar", *(element(side, w=size, type="dxa") for side, size in sides)),
        element("tblLook", val="0020", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1),
    ]
    if about:
        properties.append(element("tblCaption", val=about))
    grid = element("tblGrid", *(element("gridCol", w=width) for width in widths))
    return element("tbl", element("tblPr", *properties), grid, *rows)


# Widths of columns

NARROW, WIDE = frozenset("iIjlftr.,:;|'!()[]/ -\u00a0\u2003"), frozenset("mwMWOQ@%—")
WRAPS = re.compile(r"[ \t\n\u2003]+")
NUMERIC = frozenset({"number", "count", "rupiah", "date"})
BLANK = 1500  # width of a column that is to be filled in by hand
SHORT = 1300  # width up to which the head of a column stays on one line


def text_width(text: str, points: float) -> float:
    """Return about how wide a line of text is in a sans serif, in twentieths of a point."""
    narrow, wide = sum(c in NARROW for c in text), sum(c in WIDE for c in text)
    upper = sum(c.isupper() for c in text)
    em = 0.56 * len(text) - 0.24 * narrow + 0.32 * wide + 0.12 * upper
    return em * points * 20 * 1.03


def column_widths(
    columns: Sequence[Mapping[str, Any]],
    display: Sequence[Sequence[str]],
    total: int,
    points: float,
    *,
    groups: Sequence[Mapping[str, Any]] = (),
    whole: Collection[str] = NUMERIC,
) -> tuple[list[int], bool]:
    """Return the width of each column and whether all that must not break fits into its column.

    The text of columns of a kind in `whole` never breaks, elsewhere no word does; what is left over goes to the
    columns by what they would like to have. Groups of columns under one head (`groups`) stand apart.
    """
    cells = [[str(row[place]) for row in display if row[place] != "\u00a0"] for place in range(len(columns))]
    pairs = [_ask(column, found, points, whole) for column, found in zip(columns, cells, strict=True)]
    apart = set(accumulate(int(group["span"]) for group in groups))
    gaps = [GAP * (2 if place in apart else 1) if place else 0 for place in range(len(columns))]
    need = [least + gap for (least, _most), gap in zip(pairs, gaps, strict=True)]
    want = [max(least, min(most, total * 0.6)) + gap for (least, most), gap in zip(pairs, gaps, strict=True)]
    spare = total - sum(need)
    if spare < 0:
        widths = [total * width / sum(need) for width in need]
    elif sum(want) <= total:
        widths = [width * total / max(sum(want), 1) for width in want]
    else:
        share = spare / (sum(want) - sum(need))
        widths = [least + (most - least) * share for least, most in zip(need, want, strict=True)]
    twips = [int(width) for width in widths]
    twips[0] += total - sum(twips)
    return twips, spare >= 0


def _ask(column: Mapping[str, Any], cells: Sequence[str], points: float, whole: Collection[str]) -> tuple[float, float]:
    """Return the least width of a column and the one in which nothing of it wraps."""
    label = str(column["label"])
    words = max((text_width(word, points) for word in WRAPS.split(label)), default=0)
    line = text_width(label, points)
    head = max(words, line if line <= SHORT else line / 2)
    if cells and not any(cells):
        return max(words, BLANK), max(head, BLANK * 1.5)
    most = max((text_width(text, points) for text in cells), default=0)
    least = most
    if column["kind"] not in whole:
        least = max((text_width(word, points) for text in cells for word in WRAPS.split(text)), default=0)
    return max(words, least), max(head, most)
