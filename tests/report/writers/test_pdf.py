"""The PDF: everything a block can say is plain text in it, tagged, the same bytes each time, and nothing is cut off."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from cells import code, document, markdown
from hypothesis import example, given
from hypothesis import strategies as st

from kinerja_lib.errors import RunError
from kinerja_lib.language import use_language
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers import pdf
from kinerja_lib.report.writers.pdf import write_pdf
from kinerja_lib.show.blocks import (
    Block,
    Figure,
    Head,
    LeftOut,
    Note,
    PageBreak,
    Paragraph,
    SignOff,
    Table,
    TableColumn,
    build_table,
    clean,
    compose,
)

needs_reader = pytest.mark.skipif(
    shutil.which("pdftotext") is None or shutil.which("pdfinfo") is None,
    reason="poppler (pdftotext, pdfinfo) is absent",
)

HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "**tebal** [x](javascript:alert(1)) [[tabel-1]] # judul",
    "typst": '#read("/etc/passwd") #eval("1+1") $x^2$ = H <bagian-1> @gambar-1 _a_ *b* `c` // d /* e */ \\ ~ -- ...',
    "formula": '=HYPERLINK("http://evil.example";"klik")',
    "control": "a\x00b\x07c\x1bd\x85e\u2028f\x0cg",
    "long": "N" * 10_000,
    "marks": "e\u0301 \ufeff \u200b \ue000",
    "address": "http://evil.example/" + "a" * 40,
    "json": '\\u0041 \\" "} {{ 7*7 }} ${7*7}',
}
RIGHT_TO_LEFT = "محمد علي"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def read_pages(content: bytes) -> list[str]:
    """Return the text of each page as a reader copies it."""
    command = ["pdftotext", "-raw", "-enc", "UTF-8", "-", "-"]
    text = subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode("utf-8")
    return text.split("\f")[:-1]


def squeeze(text: str) -> str:
    """Return the letters of `text` alone: where lines end is no matter."""
    spread = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\u200b-\u200f\u202a-\u202e\ufeff\ue000]", "", spread)


def read_all(content: bytes) -> str:
    return squeeze("".join(read_pages(content)))


def info(content: bytes) -> dict[str, str]:
    text = subprocess.run(["pdfinfo", "-"], input=content, capture_output=True, check=True).stdout.decode("utf-8")
    return {name: value.strip() for name, _colon, value in (line.partition(":") for line in text.splitlines())}


def long_table(rows: int, *, total: bool = False, **more: Any) -> Table:
    frame = pd.DataFrame({"nama": [f"baris-{i}." for i in range(rows)], "n": range(rows)})
    columns = [TableColumn("nama", "Nama"), TableColumn("n", "Banyaknya", "count")]
    return build_table(frame, columns, id="t", title="Panjang", total=total, **more)


# Text stays text.


@needs_reader
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_every_field_is_plain_text(name: str, every_block: Callable[[str], list[Block]]) -> None:
    text = HOSTILE[name]
    cells = [markdown("## II Isi"), *(code(block) for block in every_block(text))]
    cells += [markdown("## III Biaya"), code(LeftOut(text, text))]
    content = write_pdf(document(*cells), footer=(text,), template=Template(lines=(text, text)))
    words = squeeze(str(clean(text)))
    # letterhead 2, head 5, left out of the contents 1, lead 2, list 4, note 2, panel 12 (its alternative text is not
    # on the page) and its note 2, table 8, figure 4, sign-off 4, left out 2, foot 1: 49; running heads come on top.
    found = read_all(content)
    assert (found.count("N") / len(words) if name == "long" else found.count(words)) >= 49
    for act in (b"/URI", b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/OpenAction"):
        assert act not in content


@needs_reader
def test_right_to_left_text_is_there_and_what_no_font_has_becomes_a_box() -> None:
    arab, other = document(markdown("## I A"), code(Paragraph(compose("{t}", t=RIGHT_TO_LEFT)))), "漢字 abc 👩🏽‍💻"
    assert set(squeeze(RIGHT_TO_LEFT)) <= set(read_all(write_pdf(arab)))
    found = read_all(write_pdf(document(markdown("## I A"), code(Paragraph(compose("{t}", t=other))))))
    assert "□□abc" in found
    assert "👩" not in found


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("".join(HOSTILE[name] for name in HOSTILE if name != "long"))
@example("t\u20dd")
@example("\U0010ffff\u0378\ufffe\u00ad\u0600")
def test_any_text_makes_a_pdf(text: str) -> None:
    row = pd.DataFrame({"a": pd.Series([text], dtype="object")})
    table = build_table(row, [TableColumn("a", text)], id="t", title=text)
    content = write_pdf(
        document(markdown("## I A"), code(Head(text, text, text), Paragraph(compose("{t}", t=text)), table))
    )
    assert content.startswith(b"%PDF-")


@needs_reader
@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        '<a href="http://evil.example"/>',
    ],
)
def test_a_drawing_reads_and_calls_nothing(source: str) -> None:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="40">{source}<text x="9" y="20">kata</text></svg>'
    )
    content = write_pdf(document(markdown("## I A"), code(Figure("g", "t", "s", "c", "alt", svg, svg))))
    assert "kata" in read_all(content)
    assert "root:" not in read_all(content)
    assert b"/URI" not in content


# What a file must have.


@needs_reader
def test_facts_of_the_file() -> None:
    use_language("en")
    head = Head("Office", "Report", "Unit 1", (("Period", "2025"),), "Unit 1")
    content = write_pdf(
        document(code(head), markdown("## I One\n\ntext\n\n## II Two\n\ntext")), footer=("Licence: MIT",)
    )
    facts = info(content)
    assert facts["Title"] == "Report"
    assert facts["Tagged"] == "yes"
    assert facts["Page size"].endswith("(A4)")
    assert "CreationDate" not in facts
    assert b"pdfuaid" in content
    assert b"/Lang(en)" in content.replace(b" ", b"")
    assert b"/Outlines" in content
    (page,) = read_pages(content)
    assert "I One 1" in page
    assert page.rstrip().endswith("1 / 1")
    assert page.startswith("Unit 1 Report, 2025\n")
    assert "Licence: MIT" in page


def test_the_same_document_gives_the_same_bytes(every_block: Callable[[str], list[Block]]) -> None:
    cells = [markdown("## II Isi"), *(code(block) for block in every_block("Kata"))]
    assert write_pdf(document(*cells)) == write_pdf(document(*cells))
    assert write_pdf(document(*cells)) != write_pdf(document(*cells), footer=("x",))


def test_the_document_is_not_changed(every_block: Callable[[str], list[Block]]) -> None:
    cells = [markdown("## II Isi"), *(code(block) for block in every_block("Kata")), code(long_table(90, total=True))]
    given_one, same = document(*cells), document(*cells)
    write_pdf(given_one)
    assert given_one == same


@needs_reader
def test_only_fonts_of_the_package_are_used(every_block: Callable[[str], list[Block]]) -> None:
    content = write_pdf(document(markdown("## II Isi\n\n*a* **b**"), *(code(block) for block in every_block("Kata"))))
    names = set(re.findall(rb"/FontName ?/[A-Z]{6}\+([\w-]+)", content))
    assert names == {b"LiberationSans", b"LiberationSans-Bold", b"LiberationSans-Italic"}
    assert (pdf.HERE / "fonts" / "LICENSE.txt").read_text(encoding="utf-8").count(
        "SIL OPEN FONT LICENSE Version 1.1"
    ) == 1


@needs_reader
def test_an_empty_notebook_and_one_of_markdown_alone() -> None:
    assert info(write_pdf(document()))["Title"] == "Laporan"
    (page,) = read_pages(
        write_pdf(document(markdown("# Judul\n\npembuka\n\n## I Satu\n\nteks *miring* `kode`\n\n### Sub")))
    )
    assert [line for line in page.split("\n") if line][1:-1] == [
        "Judul",
        "I Satu 1",
        "pembuka",
        "I Satu",
        "teks miring kode",
        "Sub",
    ]


def test_a_drawing_without_words_is_refused() -> None:
    figure = Figure("g", "t", "s", "c", "alt", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "")
    found = document(markdown("## I A"), code(figure))
    next(found.blocks())["alt"] = None
    with pytest.raises(RunError, match=r"PDF tidak dapat disusun: .*missing alt text"):
        write_pdf(found)


@pytest.mark.parametrize(
    ("svg", "why"),
    [
        ("<svg", "failed to parse SVG"),
        (
            '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>',
            "failed to load linked image /etc/passwd in SVG",
        ),
    ],
)
def test_a_broken_drawing_or_one_that_asks_for_a_file_is_refused(svg: str, why: str) -> None:
    figure = Figure("g", "t", "s", "c", "alt", svg, svg)
    with pytest.raises(RunError, match=f"PDF tidak dapat disusun: {why}"):
        write_pdf(document(markdown("## I A"), code(figure)))


# The layout.


@needs_reader
def test_a_long_table_is_capped_and_its_head_stands_on_each_page() -> None:
    pages = read_pages(write_pdf(document(markdown("## I A"), code(long_table(3_000, total=True)))))
    text = "".join(pages)
    assert len(re.findall(r"baris-\d+\.", text)) == pdf.MOST_ROWS
    assert "baris-58." in text
    assert "baris-2999." in text
    assert "Daftar lengkap (3.000 baris) ada pada berkas Excel." in text.replace("\n", " ")
    assert [page.count("Banyaknya") for page in pages] == [1] * len(pages)
    assert len(pages) == 2
    use_language("en")
    shorter = "".join(read_pages(write_pdf(document(markdown("## I A"), code(long_table(60))))))
    assert len(re.findall(r"baris-\d+\.", shorter)) == 60
    assert "Excel" not in shorter


@needs_reader
@pytest.mark.parametrize("lines", range(34, 46))
def test_a_short_table_is_not_cut_and_keeps_its_caption(lines: int) -> None:
    before = [Paragraph(compose("kata")) for _ in range(lines - 14)]
    pages = read_pages(write_pdf(document(markdown("## I A"), code(*before, long_table(14)))))
    (whole,) = [page for page in pages if "Tabel 1.1" in page]
    assert len(re.findall(r"baris-\d+\.", whole)) == 14


@needs_reader
@pytest.mark.parametrize("kind", ["paragraph", "table", "table with source", "note"])
def test_a_sign_off_never_stands_alone(kind: str) -> None:
    last = {
        "paragraph": Paragraph(compose("terakhir")),
        "table": replace(long_table(3), title="terakhir"),
        "table with source": replace(long_table(20), source="terakhir"),
        "note": Note((compose("terakhir"),)),
    }[kind]
    sign = SignOff("Kota, 1 Mei", ("Mengetahui,", "Kepala"), ("Penyusun,",))
    counts = set()
    for lines in range(1, 44, 3):
        before = [Paragraph(compose("kata")) for _ in range(lines)]
        pages = read_pages(write_pdf(document(markdown("## I A"), code(*before, last, sign))))
        assert [page for page in pages if "NIP" in page] == [page for page in pages if "terakhir" in page]
        counts.add(len(pages))
    assert len(counts) > 1  # some of them did come to a page's end


@needs_reader
@pytest.mark.parametrize("last", [Paragraph(compose("terakhir")), replace(long_table(3), title="terakhir")], ids=type)
def test_the_foot_never_stands_alone(last: Block) -> None:
    for lines in range(30, 44):
        before = [Paragraph(compose("kata")) for _ in range(lines)]
        content = write_pdf(document(markdown("## I A"), code(*before, last)), footer=("Lisensi: MIT", "Disusun"))
        (page,) = [page for page in read_pages(content) if "Lisensi" in page or "Disusun" in page]
        assert "terakhir" in page


@needs_reader
def test_nothing_of_a_row_or_block_taller_than_a_page_is_lost() -> None:
    words = " ".join(f"kata{i}." for i in range(1_500))
    row = pd.DataFrame({"a": [words], "b": ["x"]})
    table = build_table(row, [TableColumn("a", "A"), TableColumn("b", "B")], id="t", title="T")
    text = "".join(read_pages(write_pdf(document(markdown("## I A"), code(table, Note((compose(words),)))))))
    assert len(re.findall(r"kata\d+\.", text)) == 3_000


@needs_reader
def test_the_head_of_a_group_of_rows_stays_on_one_line() -> None:
    head = "Naik dikurangi turun sejak Semester II 2024, per seratus pegawai yang dinilai di sini"
    frame = pd.DataFrame({"a": [head, "x"], **{name: ["\u00a0", "9"] for name in "bcdefgh"}})
    columns = [TableColumn(name, name * 12, "words") for name in frame]
    content = write_pdf(document(markdown("## I A"), code(build_table(frame, columns, id="t", title="T"))))
    assert head in "".join(read_pages(content)).split("\n")


@needs_reader
def test_a_page_break_and_a_note() -> None:
    blocks = [markdown("## I A\n\nsatu"), code(PageBreak()), markdown("dua\n\n> tiga")]
    pages = read_pages(write_pdf(document(*blocks)))
    assert ["satu" in pages[0], "dua" in pages[1], "tiga" in pages[1], len(pages)] == [True, True, True, 2]


@needs_reader
@pytest.mark.parametrize("kind", ["png", "svg", ""])
def test_letterhead(kind: str) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    logo = {"png": PNG, "svg": svg, "": b""}[kind]
    content = write_pdf(
        document(code(Head("Kantor", "Judul", "Unit 1", (), "Unit 1"))),
        template=Template(lines=("PEMERINTAH KABUPATEN", "Jalan Satu 1"), logo=logo, logo_kind=kind),
    )
    (page,) = read_pages(content)
    assert page.split("\n")[:2] == ["PEMERINTAH KABUPATEN", "Jalan Satu 1"]  # no running head over it
    assert (b"/Subtype/Image" in content.replace(b" ", b"")) is (kind == "png")
