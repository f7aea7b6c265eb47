"""The Word writer: a report on the office's or our own A4 base document, with native tables and working fields.

What Word renews - contents, numbers of tables and figures, references to them, pages - is a field that shows the
document's own text until then; renewing it gives the same text. The blocks themselves are written by `word_blocks`.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from kinerja_lib.report.document import Document
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers.word_base import OFFICE, PACKAGE, build_base, write_zip
from kinerja_lib.report.writers.word_blocks import write_contents, write_footer, write_head, write_section
from kinerja_lib.report.writers.word_parts import W, copies, element, field, tabs, text_run, text_width
from kinerja_lib.report.writers.word_story import Story
from kinerja_lib.show.blocks import clean

if TYPE_CHECKING:
    from docx.document import Document as WordFile

LANGUAGES = {"id": "id-ID", "en": "en-GB"}
RUNNING = 960  # width of a running head at one point, in twentieths of a point; nine points fill the text column
USUAL_STOPS = (4513, 4680, 4819, 9026, 9360, 9638)  # of the styles of Word and LibreOffice for the edges of a page
EDGE = "_Tepi"  # start of the names of what is written on the edges of pages
PROPERTY = 255  # characters that a property of a file may have
KEPT = {  # parts of a base document that a report takes over; comments, authors' names and links are not among them
    f"{OFFICE}/{kind}"
    for kind in (
        *("officeDocument", "styles", "numbering", "settings", "theme", "fontTable"),
        *("header", "footer", "footnotes", "endnotes"),
    )
} | {f"{PACKAGE}/relationships/metadata/core-properties"}


def write_docx(
    document: Document,
    *,
    footer: tuple[str, ...] = (),
    template: Template | None = None,
    record: tuple[str, ...] = (),
) -> bytes:
    """Return the report as a Word file.

    Parameters
    ----------
    document : Document
        What the report says.
    footer : tuple of str
        Lines of provenance at the end: licence, data, run.
    template : Template, optional
        Letterhead and base document of an office.
    record : tuple of str
        What the report was made from and says, see `record.pack_record`; a part that Word does not show.

    Returns
    -------
    bytes
        A .docx file; the same document gives the same bytes.
    """
    import docx

    template = template or Template()
    word = docx.Document(io.BytesIO(template.base or build_base()))
    _leave_only_the_base(word)
    story = Story(word, document, template)
    write_head(story)
    write_contents(story)
    for section in document.sections:
        write_section(story, section)
    write_footer(story, clean(footer))
    story.finish()
    _fill_edges(word, document, story)
    _set_properties(word, document)
    if record:
        _add_record(word, record)
    buffer = io.BytesIO()
    word.save(buffer)
    with zipfile.ZipFile(buffer) as file:
        return write_zip({name: file.read(name) for name in file.namelist()})


def _leave_only_the_base(word: WordFile) -> None:
    """Take out what a base document says and what it knows of those who wrote it; styles, page and edges stay."""
    body = word.element.body
    for child in list(body):
        if child.tag != W + "sectPr":
            body.remove(child)
    for holder in (word.part.package, word.part):
        for key in [key for key, relation in holder.rels.items() if relation.reltype not in KEPT]:
            del holder.rels[key]
    for name in ("attachedTemplate", "mailMerge"):
        for found in word.settings.element.findall(W + name):
            word.settings.element.remove(found)
    for relation in word.part.rels.values():
        if relation.reltype == f"{OFFICE}/settings":
            relation.target_part.rels.clear()


def _add_record(word: WordFile, record: tuple[str, ...]) -> None:
    """Put the record into a part of its own."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    content = f'<?xml version="1.0" encoding="UTF-8"?>\n<record xmlns="urn:kinerja:record">{"".join(record)}</record>\n'
    part = Part(PackURI("/customXml/item1.xml"), "application/xml", content.encode("ascii"), word.part.package)
    word.part.relate_to(part, f"{OFFICE}/customXml")


def _set_properties(word: WordFile, document: Document) -> None:
    """Say what the file is and in which language; no date and no person, so that its bytes depend on nothing else."""
    head = document.shown_head
    properties = word.core_properties
    known = properties._element
    for child in list(known):
        known.remove(child)
    properties.title = ": ".join(part for part in (head["title"], head["subtitle"]) if part)[:PROPERTY]
    properties.author = head["office"][:PROPERTY]
    properties.language = LANGUAGES[document.lang]
    for found in word.styles.element.iter(W + "lang"):
        found.set(W + "val", LANGUAGES[document.lang])


# Head and foot of each page


def _fill_edges(word: WordFile, document: Document, story: Story) -> None:
    """Write unit, report and page number on the edges of the pages; an edge that the office has filled stays.

    What is written bears a name, so that a base document that was made from a report gets new edges each time.
    """
    page = word.sections[-1]
    stops = tabs(*(("clear", place) for place in USUAL_STOPS), ("right", story.width))
    tab = element("r", element("tab"))
    if _is_free(page.header) and _is_free(page.first_page_header):
        page.different_first_page_header_footer = True  # the first page has its title
        left, right = _running_heads(document)
        runs = story.bookmark(f"{EDGE}1", [text_run(left), tab, text_run(right)])
        _fill(page.header, story.paragraph("header", runs, *copies([stops])))
        _fill(page.first_page_header, story.paragraph("header"))
    for number, foot in enumerate((page.footer, page.first_page_footer), start=2):
        if _is_free(foot):
            runs = [*copies([tab]), *field("PAGE", "1"), text_run(" / "), *field("NUMPAGES", "1")]
            runs = story.bookmark(f"{EDGE}{number}", runs)
            _fill(foot, story.paragraph("footer", runs, *copies([stops])))


def _running_heads(document: Document) -> tuple[str, str]:
    """Return unit, and report with period, cut where they would not stand on one line."""
    left, right = document.running_heads
    right = cut_text(right, RUNNING * 0.6)
    return cut_text(left, RUNNING - text_width(right, 1)), right


def cut_text(text: str, most: float) -> str:
    """Return as much of a text as fits, with an ellipsis where it was cut; `most` is a width at one point.

    Examples
    --------
    >>> cut_text("Bidang Mutasi dan Promosi", 150)
    'Bidang Mutas…'
    """
    if text_width(text[:PROPERTY], 1) <= most:
        return text
    cut = text[:PROPERTY]
    while text_width(f"{cut}…", 1) > most:
        cut = cut[:-1]
    return f"{cut.rstrip()}…"


def _is_free(edge: Any) -> bool:
    """Tell whether a head or foot of a page says nothing, or only what a report wrote there."""
    if edge.is_linked_to_previous:
        return True
    own = any(str(mark.get(W + "name")).startswith(EDGE) for mark in edge._element.iter(W + "bookmarkStart"))
    return own or not edge._element.xpath(".//w:t | .//w:drawing | .//w:pict | .//w:fldChar")


def _fill(edge: Any, content: Any) -> None:
    edge.is_linked_to_previous = False
    for child in list(edge._element):
        edge._element.remove(child)
    edge._element.append(content)
