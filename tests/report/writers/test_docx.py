"""The Word file: native tables, fields that renew to the same text, nothing made from data that Word would run."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest
from cells import code, document, markdown
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.shared import Cm
from hypothesis import example, given
from hypothesis import strategies as st

from kinerja_lib.language import use_language
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers import word_pictures
from kinerja_lib.report.writers.docx import PROPERTY, cut_text, write_docx
from kinerja_lib.report.writers.word_base import REQUIRED, build_base
from kinerja_lib.report.writers.word_blocks import MOST_ROWS, WHOLE_ROWS
from kinerja_lib.report.writers.word_parts import GAP, ORDER, W, column_widths, text_width
from kinerja_lib.show.blocks import (
    Block,
    Figure,
    Head,
    LeftOut,
    Note,
    PageBreak,
    Panels,
    Paragraph,
    SignOff,
    Table,
    TableColumn,
    build_table,
    clean,
    compose,
)

HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "**tebal** [x](javascript:alert(1)) [[tabel-1]] # judul",
    "formula": '=HYPERLINK("http://evil.example";"klik")',
    "field": '{ DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc" } { INCLUDETEXT "x" } \\* MERGEFORMAT',
    "control": "a\x00b\x07c\x1bd\x85e\u2028f\x0cg\ufffe",
    "direction": "\u202e5,88\u2066 \u202d",
    "arabic": "\u0645\u0631\u062d\u0628\u0627 5,88 \u05e9\u05dc\u05d5\u05dd",
    "long": "N" * 10_000,
    "emoji": "👩🏽‍💻 🇮🇩 e\u0301",
    "surrogate": "x\ud800y\udfffz",
    "xml": "]]> <![CDATA[ <!-- --!> --> <?xml </w:t></w:r> &amp; &",
    "lines": "satu\ndua\ttiga",
}
INSTRUCTION = re.compile(
    r' (TOC \\o "1-1" \\h \\z|SEQ (Tabel|Gambar) \\\* ARABIC( \\r \d+)?|REF _Ref\d{6} \\h \\\* MERGEFORMAT'
    r"|PAGE|NUMPAGES) "
)
INERT = {
    *["document", "body", "sectPr", "pgSz", "pgMar", "titlePg", "headerReference", "footerReference"],
    *["hdr", "ftr", "p", "pPr", "pStyle", "keepNext", "keepLines", "pageBreakBefore", "pBdr", "top", "bottom", "tabs"],
    *[
        "tab",
        "spacing",
        "ind",
        "jc",
        "r",
        "rPr",
        "b",
        "i",
        "rFonts",
        "color",
        "sz",
        "szCs",
        "t",
        "fldChar",
        "instrText",
    ],
    *[
        "hyperlink",
        "bookmarkStart",
        "bookmarkEnd",
        "drawing",
        "tbl",
        "tblPr",
        "tblW",
        "tblLayout",
        "tblCellMar",
        "left",
    ],
    *["right", "tblLook", "tblCaption", "tblGrid", "gridCol", "tr", "trPr", "cantSplit", "trHeight", "tblHeader", "tc"],
    *["tcPr", "tcW", "gridSpan", "tcBorders", "tcMar", "vAlign"],
}


class Word:
    """A Word file taken apart, as python-docx and its XML see it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.file = docx.Document(io.BytesIO(content))
        self.body = self.file.element.body
        page = self.file.sections[0]
        self.edges = [page.header, page.first_page_header, page.footer, page.first_page_footer]
        self.roots = [self.file.element, *(edge._element for edge in self.edges)]

    def elements(self, tag: str) -> list[Any]:
        return [found for root in self.roots for found in root.iter(W + tag)]

    def texts(self, style: str) -> list[str]:
        return [p.text for p in self.paragraphs(style)]

    def paragraphs(self, style: str) -> list[Any]:
        found = [docx.text.paragraph.Paragraph(p, self.file._body) for p in self.body.iter(W + "p")]
        return [p for p in found if p.style.name == style]

    @property
    def text(self) -> str:
        return "".join(found.text or "" for root in self.roots for found in root.iter(W + "t"))

    def instructions(self) -> list[str]:
        return [found.text for found in self.elements("instrText")]

    def bookmarks(self) -> dict[str, str]:
        """Return name -> text of each bookmark."""
        found = {}
        for start in self.elements("bookmarkStart"):
            words = []
            for item in start.itersiblings():
                if item.tag == W + "bookmarkEnd" and item.get(W + "id") == start.get(W + "id"):
                    break
                words += [t.text or "" for t in item.iter(W + "t")]
            found[start.get(W + "name")] = "".join(words)
        return found

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield instruction and cached text of each field of one paragraph, in reading order."""
        for root in self.roots:
            for paragraph in root.iter(W + "p"):
                instruction, words, state = "", "", ""
                for run in paragraph.iter(W + "r"):
                    for child in run:
                        if child.tag == W + "fldChar":
                            state = child.get(W + "fldCharType")
                            if state == "end" and instruction:
                                yield instruction.strip(), words
                                instruction, words = "", ""
                        elif child.tag == W + "instrText":
                            instruction += child.text
                        elif child.tag == W + "t" and state == "separate":
                            words += child.text


def word(*cells: dict[str, Any], footer: tuple[str, ...] = (), template: Template | None = None) -> Word:
    return Word(write_docx(document(*cells), footer=footer, template=template))


def assert_inert(found: Word) -> None:
    """Nothing in the file acts or leads elsewhere, and no field was made from data."""
    own = [item for root in found.roots for item in root.iter() if str(item.tag).startswith(W)]
    assert {item.tag.removeprefix(W) for item in own} <= INERT
    assert [text for text in found.instructions() if not INSTRUCTION.fullmatch(text)] == []
    names = set(found.bookmarks())
    assert {link.get(W + "anchor") for link in found.elements("hyperlink")} <= names
    assert all(re.fullmatch(r"_((Ref|Toc)\d{6}|Tepi\d)", name) for name in names)
    with zipfile.ZipFile(io.BytesIO(found.content)) as file:
        relations = b"".join(file.read(name) for name in file.namelist() if name.endswith(".rels"))
    assert b"External" not in relations
    for properties in found.elements("pPr"):
        places = [ORDER.index(child.tag.removeprefix(W)) for child in properties]
        assert places == sorted(set(places))
    numbers = [item.get(W + "id") for item in found.elements("bookmarkStart")]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_every_field_of_every_block(name: str, every_block: Callable[[str], list[Block]]) -> None:
    text = HOSTILE[name]
    cells = [markdown("## II Isi"), *(code(block) for block in every_block(text))]
    cells += [markdown("## III Biaya"), code(LeftOut(text, text))]
    words = str(clean(text))
    found = word(*cells, footer=(text,), template=Template((words,), b"", ""))
    assert_inert(found)
    assert len(found.instructions()) == 6  # a table, a figure, and two of pages on both kinds of pages
    assert "".join(t.text or "" for t in found.body.iter(W + "t")).count(words) == 47
    assert f"III Biaya ({words})" in found.text
    descriptions = [item.get("descr") for item in found.body.iter() if str(item.tag).endswith("}docPr")]
    assert descriptions == [words, f"Teks: {words}"]
    assert found.file.core_properties.title == f"{words}: {words}"[:PROPERTY]
    assert found.file.core_properties.author == words[:PROPERTY]


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("".join(HOSTILE[name] for name in HOSTILE if name not in {"long", "surrogate"}))
def test_any_text_stands_in_the_file_as_it_is(text: str) -> None:
    found = word(markdown("## I A"), code(Head(text, text, text), Paragraph(compose("»{t}«", t=text))))
    assert_inert(found)
    assert f"»{clean(text)}«" in found.text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markdown(name: str) -> None:
    text = HOSTILE[name]
    cells = [
        markdown(f"{mark}{text}\n\nteks {text}\n\n> {text}\n\n- {text}\n\n`{text}`") for mark in ("# ", "## ", "### ")
    ]
    assert_inert(word(*cells))


# The file itself


def test_the_same_document_gives_the_same_bytes_and_stays_as_it_was(every_block: Callable[[str], list[Block]]) -> None:
    made = document(markdown("## I A"), *(code(block) for block in every_block("kata")))
    before = deepcopy(made)
    content = write_docx(made, footer=("Lisensi: MIT",))
    assert made == before
    assert content == write_docx(made, footer=("Lisensi: MIT",))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in file.infolist()} == {0}
        assert file.testzip() is None
        core = file.read("docProps/core.xml").decode()
        assert re.findall(r"<(?:\w+:)(\w+)", core) == ["coreProperties", "title", "creator", "language"]


@pytest.mark.parametrize(("lang", "tag", "chapter"), [("id", "id-ID", "BAB III"), ("en", "en-GB", "Chapter III")])
def test_language_and_chapters(lang: str, tag: str, chapter: str) -> None:
    use_language(lang)
    found = word(code(Head("Biro", "Laporan", "Unit 1")), markdown("## III Capaian\n\nteks\n\n### Bagian\n\nteks"))
    assert found.file.core_properties.language == tag
    assert {item.get(W + "val") for item in found.file.styles.element.iter(W + "lang")} == {tag}
    assert found.texts("Heading 1") == [f"{chapter} Capaian"]
    assert found.texts("Heading 2") == ["Bagian"]


def test_head_of_the_report() -> None:
    facts = (("Periode", "Semester I 2025"), ("Pegawai", "64 dinilai"))
    found = word(code(Head("Biro", "Laporan", "Unit 1", facts, "Unit satu")))
    assert found.texts("Kinerja Instansi") == ["Biro"]
    assert (found.texts("Title"), found.texts("Subtitle")) == (["Laporan"], ["Unit 1"])
    assert [[cell.text for cell in row.cells] for row in found.file.tables[0].rows] == [
        ["Periode", "Pegawai"],
        ["Semester I 2025", "64 dinilai"],
    ]
    header, first, footer, first_footer = found.edges
    assert (header.paragraphs[0].text, first.paragraphs[0].text) == ("Unit satu\tLaporan, Semester I 2025", "")
    assert footer.paragraphs[0].text == first_footer.paragraphs[0].text == "\t1 / 1"
    assert [field for field, _text in found.fields()] == ["PAGE", "NUMPAGES"] * 2


def test_a_notebook_of_markdown_alone() -> None:
    found = word(markdown("# Judul\n\npembuka\n\n## I Satu\n\nteks *miring* **tebal** `kode`\n\n- satu\n- dua"))
    assert found.texts("Title") == ["Judul"]
    runs = {run.text: run for p in found.paragraphs("Normal") for run in p.runs}
    assert (runs["miring"].italic, runs["tebal"].bold, runs["kode"].font.name) == (True, True, "Courier New")
    assert found.texts("List Bullet") == ["satu", "dua"]
    assert word().texts("Title") == [""]


def test_a_long_running_head_stays_on_one_line() -> None:
    found = word(code(Head("Biro", "J" * 300, "U" * 300, (), "")))
    left, right = found.edges[0].paragraphs[0].text.split("\t")
    assert (left[-1], right[-1]) == ("…", "…")
    assert text_width(left, 9) + text_width(right, 9) < Cm(16).twips
    assert cut_text("pendek", 960) == "pendek"


# Fields


def figure(name: str) -> Figure:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320"><path d="M1 1h9" stroke="#000"/></svg>'
    return Figure(name, "Temuan", "ukuran", "Apa ini.", "alt 5", svg, svg, "SIASN")


def small_table(name: str, rows: int = 2, **more: Any) -> Table:
    frame = pd.DataFrame({"a": [f"Baris {n}" for n in range(rows)], "b": [1250.5 + n for n in range(rows)]})
    columns = [TableColumn("a", "Unit"), TableColumn("b", "Nilai", "number", 1)]
    return build_table(frame, columns, id=name, title="Judul", **more)


CHAPTERS = [
    markdown("## Ringkasan\n\nlihat [](#c) dan [](#b)"),
    code(small_table("r")),
    markdown("## II Rencana"),
    code(small_table("a")),
    code(figure("f")),
    code(small_table("b")),
    markdown("## III Capaian"),
    code(small_table("c"), figure("g")),
    markdown("## Rangkuman"),
    code(small_table("d")),
]


def test_renewing_the_fields_gives_the_numbers_of_the_document() -> None:
    made = document(*CHAPTERS)
    found = Word(write_docx(made))
    counters: dict[str, int] = {}
    sequences = []
    for instruction, shown in found.fields():
        if instruction.startswith("SEQ"):
            _seq, name, *switches = instruction.split()
            counters[name] = int(switches[-1]) if "\\r" in switches else counters.get(name, 0) + 1
            assert str(counters[name]) == shown
            sequences.append(instruction)
    assert sum("\\r" in instruction for instruction in sequences) == 3  # III and R, and the figure of III
    numbers = [block["number"] for block in made.blocks() if "number" in block]
    assert numbers == ["Tabel R.1", "Tabel 2.1", "Gambar 2.1", "Tabel 2.2", "Tabel 3.1", "Gambar 3.1", "Tabel R.2"]
    bookmarks = found.bookmarks()
    assert [text for name, text in bookmarks.items() if name.startswith("_Ref")] == numbers
    references = [(field.split()[1], text) for field, text in found.fields() if field.startswith("REF")]
    assert [text for _name, text in references] == ["Tabel 3.1", "Tabel 2.2"]
    assert all(bookmarks[name] == text for name, text in references)


def test_contents_lead_to_the_headings() -> None:
    found = word(*CHAPTERS)
    lines = found.paragraphs("toc 1")
    texts = ["Ringkasan", "BAB II Rencana", "BAB III Capaian", "Rangkuman"]
    assert [line.text for line in lines] == texts == found.texts("Heading 1")
    bookmarks = found.bookmarks()
    assert [bookmarks[link.get(W + "anchor")] for link in found.elements("hyperlink")] == texts
    kinds = [item.get(W + "fldCharType") for line in lines for item in line._p.iter(W + "fldChar")]
    assert kinds == ["begin", "separate", "end"]
    assert word(markdown("## I A\n\nteks")).paragraphs("toc 1") == []


def test_sections_left_out_are_named_with_their_reason() -> None:
    cells = [markdown("## I A\n\nteks"), markdown("## V Biaya"), code(LeftOut("tabel biaya tidak ada"))]
    found = word(*cells, code(LeftOut("tabel biaya tidak ada", "Biaya satuan")))
    assert found.texts("Kinerja Keterangan") == ["Tidak dimuat: V Biaya (tabel biaya tidak ada)."]
    assert found.texts("Heading 1") == ["BAB I A"]


# Tables


def test_a_table() -> None:
    spanners = [{"label": "", "span": 1}, {"label": "Semua", "span": 1}]
    made = small_table("t", 3, total=True, notes=[compose("catatan")], source="SIASN", spanners=spanners)
    found = word(markdown("## IV A"), code(made))
    (table,) = found.file.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["", "Semua"],
        ["Unit", "Nilai"],
        ["Baris 0", "1.250,5"],
        ["Baris 1", "1.251,5"],
        ["Baris 2", "1.252,5"],
    ]
    body = [item.tag.removeprefix(W) for item in found.body]
    place = body.index("tbl")
    before, after = (docx.text.paragraph.Paragraph(found.body[place + step], None) for step in (-1, 1))
    assert (before.text, after.text) == ("Tabel 4.1 Judul", "catatan Sumber: SIASN")
    assert before.paragraph_format.keep_with_next
    rows = table._tbl.findall(W + "tr")
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True, True, False, False, False]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    assert [[cell.paragraphs[0].alignment for cell in row.cells] for row in table.rows[1:]] == [[None, 2]] * 4
    assert [cell.paragraphs[0].runs[0].bold for cell in table.rows[-1].cells] == [True, True]
    assert table._tbl.tblPr.find(W + "tblCaption").get(W + "val") == "Tabel 4.1 Judul"


def test_a_short_table_stays_whole_and_a_long_one_only_keeps_its_head() -> None:
    for rows, kept in ((WHOLE_ROWS, WHOLE_ROWS), (WHOLE_ROWS + 1, 0)):
        (table,) = word(markdown("## I A"), code(small_table("t", rows))).file.tables
        keeps = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
        assert keeps.count(True) == kept


@pytest.mark.parametrize("total", [False, True])
def test_a_long_table_is_cut_and_says_where_the_rest_is(total: bool) -> None:
    whole = word(markdown("## I A"), code(small_table("t", MOST_ROWS, total=total)))
    cut = word(markdown("## I A"), code(small_table("t", 1200, total=total)))
    sentence = "Daftar lengkap (1.200 baris) ada pada berkas Excel."
    assert [len(found.file.tables[0].rows) for found in (whole, cut)] == [MOST_ROWS + 1, MOST_ROWS + 1 + total]
    assert (sentence in whole.text, sentence in cut.text) == (False, True)
    assert cut.file.tables[0].rows[-1].cells[0].text == ("Baris 1199" if total else f"Baris {MOST_ROWS - 1}")


def test_a_head_of_rows_spans_the_table_and_depth_is_an_indent() -> None:
    frame = pd.DataFrame({"a": ["Tahap", "\u2003Tujuan"], "b": ["\u00a0", "5"]})
    made = build_table(frame, [TableColumn("a", "A"), TableColumn("b", "B", "words")], id="t", title="J")
    (table,) = word(markdown("## I A"), code(made)).file.tables
    rows = table._tbl.findall(W + "tr")
    assert rows[1].find(f".//{W}gridSpan").get(W + "val") == "2"
    cell = table.rows[2].cells[0].paragraphs[0]
    assert (cell.text, cell.paragraph_format.left_indent.twips) == ("Tujuan", 220)


def test_what_may_be_taller_than_a_page_may_break() -> None:
    """LibreOffice lays out for ever where a row or a paragraph taller than a page must not break."""
    frame = pd.DataFrame({"a": ["N" * 10_000, "b"], "b": [1.0, 2.0]})
    made = build_table(frame, [TableColumn("a", "A"), TableColumn("b", "B", "number")], id="t", title="J" * 10_000)
    found = word(markdown("## I A"), code(made, Head("Biro", "J" * 10_000, "U")))
    rows = found.file.tables[0]._tbl.findall(W + "tr")
    assert [row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows] == [True, False, True]
    for paragraph in (*found.paragraphs("Title"), *found.paragraphs("Caption")):
        assert (paragraph.paragraph_format.keep_with_next, paragraph.paragraph_format.keep_together) == (False, False)
    assert found.file.tables[0].rows[1].cells[1].paragraphs[0].paragraph_format.keep_with_next is None


words = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz 0123456789"), max_size=40)


@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=6), st.sampled_from([3000, 9072]))
def test_widths_fill_the_column_and_no_number_breaks(rows: list[tuple[str, str, str]], total: int) -> None:
    columns = [{"label": "Nama", "kind": "text"}, {"label": "n", "kind": "count"}, {"label": "%", "kind": "number"}]
    widths, fits = column_widths(columns, rows, total, 9.5)
    assert sum(widths) == total
    assert min(widths) > 0
    if fits:
        for place in (1, 2):
            assert widths[place] + 1 >= max(text_width(row[place], 9.5) for row in rows) + GAP


def test_an_interval_stays_on_one_line_before_the_letters_get_smaller() -> None:
    made = pd.DataFrame({f"k{n}": ["93,2 sampai 94,4"] for n in range(5)})
    widths: dict[str, list[int]] = {}
    for kind in ("words", "text"):
        columns = [{"label": "Nama", "kind": "text"}, *({"label": "x", "kind": kind} for _n in range(4))]
        rows = [["Subbidang Pengadaan dan Pemberhentian " * 3, *made.iloc[0, 1:]]]
        widths[kind], fits = column_widths(columns, rows, 9072, 9.5, whole={"words"})
        assert fits
    assert min(widths["words"][1:]) >= int(text_width("93,2 sampai 94,4", 9.5)) + GAP > min(widths["text"][1:])


def test_a_table_of_many_columns_gets_smaller_letters() -> None:
    frame = pd.DataFrame({f"k{n}": [123456789.5] for n in range(11)})
    made = build_table(frame, [TableColumn(name, name, "number", 1) for name in frame], id="t", title="J")
    (table,) = word(markdown("## I A"), code(made)).file.tables
    assert {run.font.size.pt for cell in table.rows[1].cells for run in cell.paragraphs[0].runs} == {8.0}


# Figures, panels, sign-off, notes


def test_a_figure() -> None:
    found = word(markdown("## II A"), code(figure("g")))
    assert found.texts("Kinerja Judul Gambar") == ["Temuan"]
    assert found.texts("Caption") == ["Gambar 2.1 Apa ini. Sumber: SIASN"]
    (shape,) = found.file.inline_shapes
    assert (shape.width, shape.height) == (Cm(16), Cm(8))
    assert shape._inline.docPr.get("descr") == "alt 5"
    (image,) = found.file.part.package.image_parts
    assert image.image.content_type == "image/png"
    assert image.image.px_width == pytest.approx(16 / 2.54 * 200, abs=1)
    order = [item for item in found.body if item.tag == W + "p"]
    picture = next(p for p in order if p.find(f".//{W}drawing") is not None)
    kept = [
        docx.text.paragraph.Paragraph(p, None).paragraph_format.keep_with_next for p in (picture, picture.getnext())
    ]
    assert kept == [True, None]


def test_pictures_are_drawn_once_with_the_shipped_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import typst

    calls: list[dict[str, Any]] = []

    def draw(source: bytes, **options: Any) -> list[bytes]:
        calls.append(options)
        return [b"satu", b"dua"]

    monkeypatch.setattr(typst, "compile", draw)
    monkeypatch.setattr(word_pictures, "FONTS", tmp_path)
    assert word_pictures.draw_pictures([("<svg/>", 16.0), ("<svg></svg>", 4.0)]) == [b"satu", b"dua"]
    assert [(call["ignore_system_fonts"], call["font_paths"]) for call in calls] == [(True, [str(tmp_path)])]
    monkeypatch.setattr(word_pictures, "FONTS", tmp_path / "tidak ada")
    word_pictures.draw_pictures([("<svg/>", 16.0)])
    assert "font_paths" not in calls[-1]
    assert word_pictures.draw_pictures([]) == []
    assert len(calls) == 2


def panel(number: str, **more: Any) -> dict[str, Any]:
    names = ("title", "measure", "unit", "change", "change_detail", "interval", "n", "reason")
    return {**dict.fromkeys(names, ""), "title": "Kinerja", "number": number, "strip": None, **more}


def test_panels_stand_abreast() -> None:
    strip = {"alt": "94 pada skala", "from": None, "width": 0, "at": 15.0, "reference_at": None}
    strip |= {"low": "0", "high": "9", "reference": ""}
    shown = (panel("94,2", change="naik 2,1 poin", strip=strip), panel("Rp1.234.567.890"), *[panel("5")] * 3)
    found = word(markdown("## I A"), code(Panels(shown, compose("Catatan."))))
    tables = found.file.tables
    assert [len(table.columns) for table in tables] == [7, 1]
    rows = [[cell.text for cell in row.cells][::2] for row in tables[0].rows]
    assert rows[0] == ["Kinerja"] * 4
    assert ["naik 2,1 poin", *["Perubahan tidak ditampilkan"] * 3] in rows
    assert ["\n0\t\t9", "", "", ""] in rows
    sizes = [run.font.size for p in found.paragraphs("Kinerja Angka") for run in p.runs[:1]]
    assert [size is not None for size in sizes] == [False, True, False, False, False]


def test_sign_off_is_kept_with_what_comes_before() -> None:
    sign = SignOff("Kota, 1 Mei", ("Mengetahui,", "Kepala"), ("Disusun,",))
    for before in (markdown("## I A\n\nteks akhir"), markdown("## I A")):
        found = word(before, *([] if "teks" in before["source"] else [code(small_table("t"))]), code(sign))
        table = found.file.tables[-1]
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            ["", "", "Kota, 1 Mei"],
            ["Mengetahui,\nKepala", "", "Disusun,"],
            ["", "", ""],
            ["NIP", "", "NIP"],
        ]
        assert all(p.paragraph_format.keep_with_next for row in table.rows for c in row.cells for p in c.paragraphs)
        block = table._tbl.getprevious()
        while not "".join(block.itertext()):
            assert block.find(f"{W}pPr/{W}keepNext") is not None
            block = block.getprevious()
        assert all(p.find(f"{W}pPr/{W}keepNext") is not None for p in [*block.iter(W + "p")][-1:])


def test_page_break_before_a_paragraph_and_before_a_table() -> None:
    cells = [code(PageBreak()), markdown("sesudah"), code(PageBreak()), code(Panels((panel("5"),))), code(PageBreak())]
    found = word(markdown("## I A\n\nteks"), *cells)
    broken = [item.getparent().getparent() for item in found.elements("pageBreakBefore")]
    assert docx.text.paragraph.Paragraph(broken[0], None).text == "sesudah"
    assert broken[1].getnext().tag == W + "tbl"
    assert len(broken) == 2  # nothing follows the last


def test_notes_and_provenance() -> None:
    found = word(markdown("## I A\n\nteks"), code(Note((compose("satu"), compose("dua")))), footer=("Lisensi: MIT",))
    assert found.texts("Kinerja Catatan") == ["satu", "dua"]
    assert found.texts("Kinerja Keterangan") == ["Lisensi: MIT"]


# What an office brings


def own_base(change: Callable[[Any], None]) -> bytes:
    file = docx.Document(io.BytesIO(build_base()))
    change(file)
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def test_the_base_has_every_style_that_is_asked_for() -> None:
    names = {style.name.casefold() for style in docx.Document(io.BytesIO(build_base())).styles}
    assert {name.casefold() for name in REQUIRED} <= names
    page = docx.Document(io.BytesIO(build_base())).sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    for name in ("templat.md", "template.md"):
        text = (Path(__file__).parents[3] / "docs" / name).read_text(encoding="utf-8")
        assert [style for style in REQUIRED if f"`{style}`" not in text] == []


def test_a_base_of_the_office_gives_styles_page_and_edges_and_nothing_it_says() -> None:
    def change(file: Any) -> None:
        file.add_paragraph("rahasia kantor")
        file.add_comment(file.paragraphs[0].runs, text="komentar", author="Nama Pegawai", initials="NP")
        file.core_properties.author = file.core_properties.last_modified_by = "Nama Pegawai"
        file.part.relate_to("file:///C:/Users/nama", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        file.sections[0].header.paragraphs[0].text = "Kop kami"
        file.sections[0].left_margin = Cm(4)
        file.styles["Heading 1"].font.size = Cm(1)

    base = own_base(change)
    found = word(
        code(Head("Biro", "Laporan", "U")), markdown("## I A"), code(figure("g")), template=Template(base=base)
    )
    assert_inert(found)
    with zipfile.ZipFile(io.BytesIO(found.content)) as file:
        everything = b"".join(file.read(name) for name in file.namelist())
    for word_ in (b"rahasia", b"Nama Pegawai", b"komentar", b"Users"):
        assert word_ not in everything
    assert found.edges[0].paragraphs[0].text == "Kop kami"
    assert not found.file.sections[0].different_first_page_header_footer
    assert found.file.styles["Heading 1"].font.size.cm == pytest.approx(1, abs=0.02)
    assert found.file.inline_shapes[0].width.cm == pytest.approx(21 - 4 - 2.5, abs=0.02)
    assert found.file.core_properties.author == "Biro"


def test_a_base_made_from_a_report_gets_the_edges_of_the_new_report() -> None:
    first = word(code(Head("Biro", "Laporan", "Unit satu")), markdown("## I A\n\nteks"))
    found = word(code(Head("Biro", "Laporan", "Unit dua")), template=Template(base=first.content))
    assert_inert(found)
    header, first_header, footer, first_footer = (edge.paragraphs[0].text for edge in found.edges)
    assert (header, first_header, footer, first_footer) == ("Unit dua\tLaporan", "", "\t1 / 1", "\t1 / 1")
    assert b"satu" not in b"".join(part.blob for part in found.file.part.package.iter_parts())


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="40"><path d="M1 1h9" stroke="#000"/></svg>'


@pytest.mark.parametrize("lines", [(), ("PEMERINTAH KABUPATEN", "Jalan Merdeka 1")])
def test_letterhead(lines: tuple[str, ...]) -> None:
    png = word_pictures.draw_pictures([(SVG.decode(), 1.0)])[0]
    head = code(Head("Biro", "Laporan", "U"))
    svg = word(head, template=Template(lines, SVG, "svg"))
    found = word(head, template=Template(lines, png, "png"))
    for made in (svg, found):
        assert_inert(made)
        cells = made.file.tables[0].rows[0].cells
        assert [cell.text for cell in cells] == ["", *(["\n".join(lines)] if lines else [])]
        (shape,) = made.file.inline_shapes
        assert (shape.height.cm, shape.width.cm) == (pytest.approx(2.4, abs=0.01), pytest.approx(1.2, abs=0.02))
        assert shape._inline.docPr.get("descr") == f"Logo {lines[0] if lines else 'Biro'}"
        assert made.texts("Kinerja Instansi") == []
    assert [p.style.name for p in found.file.tables[0].rows[0].cells[-1].paragraphs] == (
        ["Kinerja Kop Utama", "Kinerja Kop"] if lines else ["Kinerja Kop"]
    )
    assert word(head, template=Template()).content == word(head).content
    alone = word(head, template=Template(lines, b"", ""))
    assert len(alone.file.tables) == bool(lines)


def test_a_document_without_head_may_have_a_letterhead() -> None:
    made = replace(document(markdown("# Judul\n\nteks")), head=None)
    found = Word(write_docx(made, template=Template((), SVG, "svg")))
    assert found.file.inline_shapes[0]._inline.docPr.get("descr") == "Logo"
