"""The reader of executed notebooks: what it takes, what it passes over, and how it numbers."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from kinerja_lib.errors import RunError
from kinerja_lib.language import use_language
from kinerja_lib.report.document import Document, read_document, read_markdown
from kinerja_lib.show.blocks import KINDS, MIME, Block, Figure, Head, LeftOut, Note, Paragraph, Table, compose

Cell = dict[str, Any]
SECRET = "rahasia_kode"


def markdown(source: str, *tags: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)}, "source": source}


def code(*outputs: Block | dict[str, Any], tags: tuple[str, ...] = ()) -> Cell:
    """Return a code cell that was run; around its blocks stand outputs of other kinds."""
    noise = [
        {"output_type": "stream", "name": "stdout", "text": f"{SECRET} tercetak"},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": f"<b>{SECRET}</b>", "image/png": "x"}},
        {"output_type": "error", "ename": "E", "evalue": SECRET, "traceback": [SECRET]},
    ]
    shown = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": block._repr_mimebundle_() if isinstance(block, Block) else {MIME: block},
        }
        for block in outputs
    ]
    source = f"{SECRET} = 1"
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, "execution_count": 1}
    return {**cell, "outputs": [noise[0], *shown, *noise[1:]]}


def notebook(*cells: Cell) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def read(*cells: Cell) -> Document:
    return read_document(notebook(*cells))


def figure(name: str) -> Figure:
    return Figure(name, "t", "s", "c", "alt", "<svg/>", "<svg/>")


def table(name: str, *notes: str) -> Table:
    return Table(name, "t", (), (), (), notes=tuple(compose(note) for note in notes))


def kinds(document: Document) -> list[list[tuple[list[str], list[str]]]]:
    return [
        [([block["kind"] for block in row.main], [block["kind"] for block in row.notes]) for row in section.rows]
        for section in document.sections
    ]


def text(block: dict[str, Any]) -> str:
    return "".join(run["text"] for run in block["runs"])


# What is taken and what is passed over.


def test_code_and_other_outputs_are_passed_over() -> None:
    document = read(markdown("## I Satu\n\nteks"), code(Paragraph(compose("blok"))), code())
    assert SECRET not in repr(document)
    assert kinds(document) == [[(["paragraph", "paragraph"], [])]]


def test_cells_for_the_author_are_passed_over() -> None:
    document = read(
        markdown("## I Satu"),
        markdown("untuk penulis", "notebook-only"),
        code(Paragraph(compose("juga")), tags=("notebook-only",)),
        markdown("untuk pembaca", "lain"),
    )
    assert [text(block) for block in document.blocks()] == ["untuk pembaca"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_block_is_read(kind: str, every_block: Callable[[str], list[Block]]) -> None:
    block = next(block for block in every_block("kata") if block.kind == kind)
    document = read(markdown("## I Satu"), code(Paragraph(compose("awal"))), code(block))
    found = [document.head] if kind == "head" else [b for b in document.blocks() if b["kind"] == kind]
    expected = block.to_dict()
    assert found[-1] is not None
    assert {name: found[-1][name] for name in expected} == expected


@pytest.mark.parametrize("block", [{"kind": "script"}, {"kind": ""}, {}, {"kind": None}])
def test_a_block_of_an_unknown_kind(block: dict[str, Any]) -> None:
    text_found = f"blok {block.get('kind')} tidak dikenal oleh versi ini."
    with pytest.raises(RunError, match=f"^{re.escape(text_found)}$"):
        read(code(block))


def test_a_notebook_of_a_real_file_reads_the_same(every_block: Callable[[str], list[Block]]) -> None:
    cells = [markdown("# Judul\n\n## I Satu\n\nteks"), *(code(block) for block in every_block("kata\x00"))]
    for index, cell in enumerate(cells):
        cell["id"] = f"sel-{index}"
    made = notebook(*cells) | {"nbformat_minor": 5}
    assert read_document(nbformat.reads(nbformat.writes(nbformat.from_dict(made)), as_version=4)) == read_document(made)


def test_source_may_be_a_list_of_lines() -> None:
    cell = markdown("") | {"source": ["## I Satu\n", "\n", "teks"]}
    assert [text(block) for block in read(cell).blocks()] == ["teks"]


def test_the_notebook_stays_as_it_was() -> None:
    made = notebook(markdown("## I A"), code(table("t", "lihat [[g]]"), Paragraph(compose("[[g]]"))), code(figure("g")))
    before = copy.deepcopy(made)
    first = read_document(made)
    assert made == before
    assert read_document(made) == first


def test_control_characters_of_a_foreign_notebook_go() -> None:
    block = {"kind": "paragraph", "role": "body", "runs": [{"text": "a\x00\ud800\u202eb"}]}
    assert [text(b) for b in read(markdown("## I A"), code(block)).blocks()] == ["ab"]


def test_language_is_that_of_the_moment() -> None:
    assert read().lang == "id"
    use_language("en")
    assert read().lang == "en"


# Head, title and sections.


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        ((), ""),
        ((markdown("# Satu *dua*\n\n# Tiga"),), "Satu dua"),
        ((markdown("# Satu"), code(Head("K", "Laporan", "2025"))), "Laporan"),
        ((code(Head("K", "Laporan", "2025")), markdown("# Satu")), "Laporan"),
    ],
)
def test_title(cells: tuple[Cell, ...], title: str) -> None:
    document = read(*cells)
    assert document.title == title
    assert (document.head is not None) == (title == "Laporan")


@pytest.mark.parametrize(
    ("heading", "numeral", "title", "label"),
    [
        ("I Pendahuluan", "I", "Pendahuluan", "I Pendahuluan"),
        ("VIII  Dua  spasi", "VIII", "Dua  spasi", "VIII Dua  spasi"),
        ("Lampiran", "", "Lampiran", "Lampiran"),
        ("Ikhtisar", "", "Ikhtisar", "Ikhtisar"),
        ("I", "", "I", "I"),
        ("I. Titik", "", "I. Titik", "I. Titik"),
    ],
)
def test_sections(heading: str, numeral: str, title: str, label: str) -> None:
    section = read(markdown(f"## {heading}\n\nteks")).sections[0]
    assert (section.numeral, section.title, section.label, section.anchor) == (numeral, title, label, "bagian-1")


def test_a_section_of_nothing_is_not_shown_and_what_comes_first_has_no_title() -> None:
    document = read(markdown("pembuka\n\n## I Kosong\n\n## II Isi\n\nteks\n\n### Anak\n\nteks"))
    assert [(s.title, s.anchor) for s in document.sections] == [("", ""), ("Isi", "bagian-2")]
    assert kinds(document)[1] == [(["paragraph"], []), (["heading", "paragraph"], [])]


def test_notes_stand_beside_what_came_before_them() -> None:
    note = Note((compose("catatan"),))
    document = read(
        markdown("## I A\n\nsatu\n\ndua\n\n> *catatan*\n\ntiga"),
        code(figure("g"), note),
        code(note),
        markdown("empat"),
        code(table("t")),
        markdown("> pertama\n\nlima"),
        markdown("## II B\n\n> di awal\n\nenam"),
    )
    assert kinds(document) == [
        [
            (["paragraph", "paragraph"], ["note"]),
            (["paragraph"], []),
            (["figure"], ["note", "note"]),
            (["paragraph"], []),
            (["table"], ["note"]),
            (["paragraph"], []),
        ],
        [([], ["note"]), (["paragraph"], [])],
    ]


# Left out.


def test_a_section_left_out_keeps_its_reason() -> None:
    document = read(
        markdown("## I A\n\nteks"),
        markdown("## II B\n\npengantar\n\n> catatan"),
        code(LeftOut("tabel biaya tidak ada")),
        code(LeftOut("alasan kedua")),
        markdown("## III C\n\nteks"),
    )
    assert [section.label for section in document.sections] == ["I A", "III C"]
    assert [(section.label, section.left_out) for section in document.left_out] == [("II B", "tabel biaya tidak ada")]
    assert "pengantar" not in [text(b) for b in document.blocks() if "runs" in b]


def test_what_stands_before_the_first_section_stays() -> None:
    document = read(markdown("# Judul\n\nPertanyaan?"), code(LeftOut("tidak ada program", "Kartu")))
    assert document.left_out == ()
    assert [block["kind"] for block in document.blocks()] == ["paragraph", "left_out"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_section_with_something_else_computed_stays(order: int) -> None:
    cells = [code(LeftOut("tidak ada biaya", "Biaya")), code(figure("g"))][::order]
    document = read(markdown("## I A"), *cells)
    assert document.left_out == ()
    assert sorted(block["kind"] for block in document.blocks()) == ["figure", "left_out"]


# Numbers and references.


def numbers(document: Document) -> dict[str, str]:
    return {block["id"]: block["number"] for block in document.blocks() if "number" in block}


def test_numbers_by_hand() -> None:
    document = read(
        code(figure("muka")),
        markdown("## Ringkasan"),
        code(table("r1"), figure("r2")),
        markdown("## III Capaian"),
        code(figure("g1"), table("t1"), figure("g2")),
        markdown("## IV Pembinaan"),
        code(table("t2"), table("t3")),
        markdown("## V Dilewati"),
        code(LeftOut("tidak ada")),
        markdown("## XIV Jauh"),
        code(figure("g3")),
        markdown("## Lampiran"),
        code(table("l1")),
    )
    assert numbers(document) == {
        "muka": "Gambar 1",
        "r1": "Tabel R.1",
        "r2": "Gambar R.1",
        "g1": "Gambar 3.1",
        "t1": "Tabel 3.1",
        "g2": "Gambar 3.2",
        "t2": "Tabel 4.1",
        "t3": "Tabel 4.2",
        "g3": "Gambar 14.1",
        "l1": "Tabel L.1",
    }


ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI"]


@pytest.mark.parametrize(("numeral", "number"), list(zip(ROMAN, range(1, 12), strict=True)))
def test_roman_chapters(numeral: str, number: int) -> None:
    assert numbers(read(markdown(f"## {numeral} A"), code(figure("g")))) == {"g": f"Gambar {number}.1"}


@pytest.mark.parametrize(("one", "two"), [("Lampiran", "Latar belakang"), ("I Satu", "I Dua")])
def test_two_chapters_of_one_name_share_their_numbers(one: str, two: str) -> None:
    found = numbers(read(markdown(f"## {one}"), code(figure("a")), markdown(f"## {two}"), code(figure("b"))))
    assert len(set(found.values())) == 2


def test_references_are_filled_in_wherever_runs_stand() -> None:
    document = read(
        markdown("## I A\n\nLihat [gambar](#g) dan *[tabel](#t)*.\n\n- butir [x](#t)\n\n> catatan [x](#g)"),
        code(Paragraph(compose("[[g]]")), Note((compose("[[t]]"),)), table("t", "lihat [[g]]")),
        markdown("## II B"),
        code(figure("g")),
    )
    found = [run for block in document.blocks() for run in _runs(block) if run.get("style") == "reference"]
    expected = {"g": "Gambar 2.1", "t": "Tabel 1.1"}
    assert len(found) == 7
    assert all(run["text"] == expected[run["target"]] for run in found)
    assert text(next(document.blocks())) == "Lihat Gambar 2.1 dan Tabel 1.1."


def _runs(block: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [block.get("runs", []), *block.get("items", []), *block.get("paragraphs", []), *block.get("notes", [])]
    return [run for group in groups for run in group]


def test_english_numbers_keep_their_order() -> None:
    use_language("en")
    document = read(markdown("## III A\n\n[x](#t)"), code(table("t"), figure("g")))
    assert [value.split(" ")[1] for value in numbers(document).values()] == ["3.1", "3.1"]
    assert text(next(document.blocks())) == numbers(document)["t"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ((markdown("## I A\n\n[x](#tidak-ada)"),), "rujukan ke tidak-ada tidak menemukan gambar atau tabel."),
        (
            (markdown("## I A"), code(Paragraph(compose("[[b]]")), figure("a"))),
            "rujukan ke b tidak menemukan gambar atau tabel.",
        ),
        ((markdown("## I A"), code(figure("a"), figure("a"))), "dua gambar atau tabel bernama a; beri nama lain."),
        (
            (markdown("## I A"), code(figure("a")), markdown("## II B"), code(table("a"))),
            "dua gambar atau tabel bernama a; beri nama lain.",
        ),
        (
            (markdown("## I A\n\n[x](#b)"), markdown("## II B"), code(LeftOut("tidak ada"))),
            "rujukan ke b tidak menemukan gambar atau tabel.",
        ),
    ],
)
def test_references_and_names_that_do_not_fit(cells: tuple[Cell, ...], message: str) -> None:
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        read(*cells)


# Markdown.


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("", []),
        ("***", []),
        ("a\nb  \nc", [("paragraph", "a b c")]),
        ("### Judul *miring*", [("heading", "Judul miring")]),
        ("<script>alert(1)</script>", [("paragraph", "<script>alert(1)</script>")]),
        ("a <b onclick=x>c</b>", [("paragraph", "a <b onclick=x>c</b>")]),
        ("```python\nx = 1\n```", [("paragraph", "x = 1")]),
        ("[x](http://evil) <http://evil> ![gambar](http://evil/a.png)", [("paragraph", "x http://evil gambar")]),
        ("[x](javascript:alert(1))", [("paragraph", "x")]),
        ("{{ 7*7 }} {% raw %} **{n}**", [("paragraph", "{{ 7*7 }} {% raw %} {n}")]),
        ("- satu\n- dua", [("list", "satu|dua")]),
        ("1. satu\n2. **dua**", [("list", "satu|dua")]),
        ("- satu\n  - dua\n\n    tiga\n- empat", [("list", "satu dua tiga|empat")]),
        ("> a\n>\n> b", [("note", "a|b")]),
        ("> - a\n> - b", [("note", "a b")]),
        ("> ```\n> kode\n> ```", [("note", "kode")]),
        ("a\x00\u202eb", [("paragraph", "ab")]),
    ],
)
def test_markdown(source: str, blocks: list[tuple[str, str]]) -> None:
    found = []
    for block in read_markdown(source):
        groups = [block["runs"]] if "runs" in block else block.get("items", block.get("paragraphs"))
        found.append((block["kind"], "|".join("".join(run["text"] for run in group) for group in groups)))
    assert found == blocks


@pytest.mark.parametrize(
    ("source", "style"),
    [("**a**", "strong"), ("*a*", "emphasis"), ("`a`", "code"), ("<b>", "code"), ("a", None), ("[a](b)", None)],
)
def test_styles(source: str, style: str | None) -> None:
    runs = [run for run in read_markdown(source)[0]["runs"] if run["text"]]
    assert [run.get("style") for run in runs] == [style]
