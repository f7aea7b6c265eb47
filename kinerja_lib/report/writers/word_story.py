"""The story of a Word report: its body as it grows, its pictures, and the names that its fields refer to."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from docx.oxml.shape import CT_Inline
from docx.shared import Emu

from kinerja_lib.report.document import Document
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers import word_parts as parts
from kinerja_lib.report.writers.word_base import STYLES, TEXT_CM
from kinerja_lib.report.writers.word_parts import Element, element, text_run
from kinerja_lib.report.writers.word_pictures import draw_pictures, draw_strip

if TYPE_CHECKING:
    from docx.document import Document as WordFile

DRAWN_CM = 4.0  # width at which a logo in SVG is drawn
EMU = 360_000  # English metric units in a centimetre
GUTTER = 260  # twentieths of a point between two panels
ABREAST = 4  # panels


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
        sizes = {str(s.name).casefold(): s.font.size for s in word.styles if s.type == 1}
        self.points = {s.name: size.pt if (size := sizes[s.name.casefold()]) else s.points for s in STYLES}
        page = word.sections[-1]
        emus = [page.page_width, page.left_margin, page.right_margin]
        wide, left, right = (int(value or 0) for value in emus)
        self.width = int((wide - left - right) / EMU * parts.TWIPS)
        self.figure_cm = min(TEXT_CM, self.width / parts.TWIPS)
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
                wanted[block["svg"]] = self.figure_cm
            elif block["kind"] == "panels":
                strips = [panel["strip"] for panel in block["panels"] if panel["strip"]]
                width = self.panel_width(len(block["panels"])) / parts.TWIPS
                wanted |= {draw_strip(strip, width): width for strip in strips}
        if self.template.logo_kind == "svg":
            wanted[self.template.logo.decode("utf-8", "replace")] = DRAWN_CM
        return dict(zip(wanted, draw_pictures(list(wanted.items())), strict=True))

    def panel_width(self, count: int) -> int:
        """Return how wide each of so many panels is."""
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
                self.add(self.spacer())
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
        for side in ("distT", "distB", "distL", "distR"):
            inline.set(side, "0")
        inline.docPr.set("name", name)
        inline.docPr.set("descr", alt)
        return element("r", element("drawing", inline))

    def bookmark(self, name: str, inside: Sequence[Element]) -> list[Element]:
        """Return what stands inside, named for the fields that refer to it."""
        self.marks += 1
        return parts.bookmark(name, self.marks, inside)

    def spacer(self) -> Element:
        """Return a low empty paragraph: two tables that touch would become one."""
        return self.paragraph("Kinerja Sel", [], element("spacing", before=0, after=0, line=160, lineRule="exact"))
