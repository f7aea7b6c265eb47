"""The HTML page: everything a block can say stands on it as text, and nothing on it can act or call out."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
from cells import code, document, markdown
from hypothesis import example, given
from hypothesis import strategies as st

from kinerja_lib.language import use_language
from kinerja_lib.report.writers.html import POLICY, css_text, data_uri, write_html
from kinerja_lib.show.blocks import (
    Block,
    Figure,
    Head,
    LeftOut,
    Note,
    PageBreak,
    Paragraph,
    TableColumn,
    build_table,
    clean,
    compose,
)

HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "javascript": "javascript:alert(1)",
    "attribute": '"\' onmouseover="alert(1)" x=\'',
    "markdown": "**tebal** [x](javascript:alert(1)) [[tabel-1]] # judul",
    "formula": '=HYPERLINK("http://evil.example";"klik")',
    "control": "a\x00b\x07c\x1bd\x85e\u2028f\x0cg",
    "direction": "\u202e5,88\u2066 \u202d",
    "long": "N" * 10_000,
    "emoji": "👩🏽‍💻 🇮🇩 e\u0301",
    "surrogate": "x\ud800y\udfffz",
    "style": "</style></title></textarea><b>x",
    "cdata": "]]> <![CDATA[ <!-- --!> --> <?xml",
    "template": "{{ 7*7 }} {% for x in y %} {# x #} ${7*7}",
    "address": "http://evil.example HTTPS://evil.example",
    "entity": "&lt;b&gt; &amp; &#60;b&#62; &",
    "css": '"; } body { background: url(http://evil) } @import "x" \\22',
}
VOID = {"meta", "br", "img", "source", "link", "input", "hr"}
ALLOWED = {
    *["html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "aside", "footer", "div"],
    *["h1", "h2", "h3", "p", "br", "dl", "dt", "dd", "ul", "li", "a", "span", "strong", "em", "code"],
    *["table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "picture", "source", "img", "figcaption"],
}
ADDRESSES = {"href", "src", "srcset"}


class Page(HTMLParser):
    """A page taken apart: elements with their attributes and text; refuses tags that do not close in order."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.source = page.decode("utf-8")
        self.open: list[dict[str, Any]] = []
        self.elements: list[dict[str, Any]] = []
        self.comments: list[str] = []
        self.feed(self.source)
        self.close()
        assert not self.open, [element["tag"] for element in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "inside": [e["tag"] for e in self.open]}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()["tag"] == tag, tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element["text"] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, tag: str, kind: str = "", **attrs: str) -> list[dict[str, Any]]:
        """Return the elements of a tag and class."""
        wanted = attrs | ({"class": kind} if kind else {})
        return [e for e in self.elements if e["tag"] == tag and wanted.items() <= e["attrs"].items()]

    def one(self, tag: str, kind: str = "", **attrs: str) -> dict[str, Any]:
        (element,) = self.all(tag, kind, **attrs)
        return element


def page(*cells: dict[str, Any], footer: tuple[str, ...] = ()) -> Page:
    return Page(write_html(document(*cells), footer=footer))


def assert_inert(found: Page) -> None:
    """Nothing on the page can act, and nothing on it is the address of something elsewhere."""
    assert {element["tag"] for element in found.elements} <= ALLOWED
    assert len(found.all("style")) == 1
    assert found.comments == []
    for element in found.elements:
        for name, value in element["attrs"].items():
            assert not name.startswith("on")
            if name in ADDRESSES:
                start = "#" if name == "href" else "data:image/svg+xml;base64,"
                assert str(value).startswith(start), (name, value)
            if name == "style":
                assert re.fullmatch(r"left:[\d.]+%(;width:[\d.]+%)?", str(value))
    assert re.search(r"https?://", found.source, re.IGNORECASE) is None
    assert "url(" not in found.one("style")["text"]
    assert "@import" not in found.one("style")["text"]


def shown(text: str) -> str:
    """Return what of `text` a reader sees: no control characters, no scheme of an address."""
    return re.sub(r"https?://", "", str(clean(text)), flags=re.IGNORECASE)


TIMES = {  # tag and class of a place -> how often a text that fills every field stands in it
    ("h1", ""): 1,
    ("dt", ""): 1,
    ("dd", ""): 1,
    ("h3", ""): 2,  # of a panel, of a figure
    ("caption", ""): 1,
    ("figcaption", ""): 2,  # caption and source
    ("th", ""): 4,  # spanner, two heads, the row's own
    ("li", ""): 4,
    ("aside", ""): 2,
    ("p", "lead"): 2,
    ("p", "subtitle"): 1,
    ("div", "panel"): 12,
    ("div", "sign-off"): 4,
    ("footer", ""): 1,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_every_field_of_every_block(name: str, every_block: Callable[[str], list[Block]]) -> None:
    text = HOSTILE[name]
    blocks = every_block(text)
    left_out = [markdown("## III Biaya"), code(LeftOut(text, text))]
    found = page(markdown("## II Isi"), *(code(block) for block in blocks), *left_out, footer=(str(clean(text)),))
    assert_inert(found)
    words = shown(text)
    times = {place: sum(element["text"].count(words) for element in found.all(*place)) for place in TIMES}
    assert times == TIMES
    assert found.one("img")["attrs"]["alt"] == f"Teks: {words}"
    assert found.one("div", role="img")["attrs"]["aria-label"] == words
    assert words in found.one("title")["text"]
    assert f"III Biaya ({words})" in found.one("nav")["text"]
    assert f"Tidak dimuat: {words} ({words})." in found.one("main")["text"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markdown(name: str) -> None:
    text = HOSTILE[name]
    cells = [
        markdown(f"{mark}{text}\n\nteks {text}\n\n> {text}\n\n- {text}\n\n`{text}`") for mark in ("# ", "## ", "### ")
    ]
    assert_inert(page(*cells))


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("".join(HOSTILE[name] for name in HOSTILE if name not in {"long", "surrogate"}))
def test_any_text_stands_on_the_page_as_it_is(text: str) -> None:
    found = page(markdown("## I A"), code(Head(text, text, text), Paragraph(compose("»{t}«", t=text))))
    assert_inert(found)
    assert f"»{shown(text)}«" in found.one("main")["text"]


@pytest.mark.parametrize(
    "cells",
    [
        (code(Paragraph(compose("{t}", t="hthttp://tp://evil.example"))),),
        (code(Paragraph(compose("{a}{b}", a="http", b="://evil.example"))),),
    ],
    ids=["one inside another", "two runs"],
)
def test_no_address_comes_about_by_taking_one_out_or_putting_two_together(cells: tuple[dict[str, Any], ...]) -> None:
    assert_inert(page(markdown("## I A"), *cells))


def test_a_footer_may_name_a_file_that_is_not_utf8() -> None:
    assert_inert(page(markdown("## I A\n\nteks"), footer=("Data: caf\udce9.csv",)))


# What a page must have.


def test_head_of_the_page() -> None:
    found = page(code(Head("Biro", "Laporan", "Unit 1", (("Periode", "2025"), ("Data", "1 Mei")), "")))
    assert found.source.startswith('<!doctype html>\n<html lang="id">\n')
    assert found.one("meta", **{"http-equiv": "Content-Security-Policy"})["attrs"]["content"] == POLICY
    assert POLICY == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert found.source.index("Content-Security-Policy") < found.source.index("<style>")
    assert found.one("meta", charset="utf-8")["inside"] == ["html", "head"]
    assert found.one("title")["text"] == "Laporan: Unit 1"
    assert found.one("h1")["text"] == "Laporan"
    assert [e["text"] for e in found.all("dt")] == ["Periode", "Data"]
    assert [e["text"] for e in found.all("dd")] == ["2025", "1 Mei"]
    assert [len(found.all(tag)) for tag in ("main", "nav", "header")] == [1, 1, 1]
    assert found.all("footer") == found.all("script") == found.all("link") == []


def test_language_of_the_page() -> None:
    use_language("en")
    assert page(markdown("# A")).one("html")["attrs"]["lang"] == "en"


def test_a_notebook_of_markdown_alone() -> None:
    found = page(markdown("# Judul\n\npembuka\n\n## I Satu\n\nteks *miring* **tebal** `kode`"))
    assert found.one("title")["text"] == found.one("h1")["text"] == "Judul"
    assert [found.one(tag)["text"] for tag in ("em", "strong", "code")] == ["miring", "tebal", "kode"]
    assert [(e["attrs"]["href"], e["text"]) for e in found.all("a")] == [("#bagian-1", "I Satu")]
    assert page().one("main")["text"].strip() == ""


def test_every_reference_and_line_of_contents_leads_somewhere() -> None:
    figure = Figure("g", "t", "s", "c", "alt", "<svg/>", "<svg/>")
    found = page(markdown("## I Satu\n\nlihat [x](#g)"), code(figure), markdown("## II Dua\n\nteks"))
    ids = [e["attrs"]["id"] for e in found.elements if "id" in e["attrs"]]
    assert len(set(ids)) == len(ids)
    assert [(e["attrs"]["href"], e["text"]) for e in found.all("a")] == [
        ("#bagian-1", "I Satu"),
        ("#bagian-2", "II Dua"),
        ("#g", "Gambar 1.1"),
    ]
    assert {e["attrs"]["href"][1:] for e in found.all("a")} <= set(ids)


def test_sections_left_out_stand_on_the_line_of_contents() -> None:
    cells = [markdown("## I A\n\nteks"), markdown("## V Biaya"), code(LeftOut("tabel biaya tidak ada"))]
    cells += [markdown("## VI Iklim"), code(LeftOut("tabel survei tidak ada"))]
    found = page(*cells)
    line = found.one("p", "grey")
    assert line["inside"][-1] == "nav"
    assert line["text"] == "Tidak dimuat: V Biaya (tabel biaya tidak ada); VI Iklim (tabel survei tidak ada)."
    assert [e["text"] for e in found.all("h2")] == ["I A"]


def test_notes_stand_in_an_aside_of_the_same_row() -> None:
    found = page(markdown("## I A\n\nteks"), code(Note((compose("satu"), compose("dua")))), markdown("lagi"))
    assert [(e["text"], e["inside"][-1]) for e in found.all("p") if "main" in e["inside"]] == [
        ("teks", "div"),
        ("satu", "aside"),
        ("dua", "aside"),
        ("lagi", "div"),
    ]
    assert [e["text"].split() for e in found.all("div", "row")] == [["teks", "satudua"], ["lagi"]]


TABLE = build_table(
    pd.DataFrame({"a": ["A", "Jumlah"], "b": [1250.5, None]}),
    [TableColumn("a", "Unit"), TableColumn("b", "Nilai", "number", 1)],
    id="t",
    title="Judul",
    total=True,
    notes=[compose("catatan")],
    source="SIASN",
    spanners=[{"label": "Semua", "first": 0, "span": 2}],
)


def between(found: Page, start: str, end: str) -> str:
    """Return the piece of the page from `start` to `end`, without the white space between tags."""
    piece = found.source[found.source.index(start) : found.source.index(end) + len(end)]
    return re.sub(r"\s*\n\s*", "", piece)


def test_a_table() -> None:
    found = page(markdown("## IV A"), code(TABLE))
    assert between(found, "<table", "</table>") == (
        '<table id="t"><caption><span><strong>Tabel 4.1</strong> Judul</span></caption>'
        '<thead><tr><th scope="colgroup" colspan="2">Semua</th></tr>'
        '<tr><th scope="col" class="text">Unit</th><th scope="col" class="number">Nilai</th></tr></thead>'
        '<tbody><tr><th scope="row">A</th><td class="number">1.250,5</td></tr>'
        '<tr class="total"><th scope="row">Jumlah</th><td class="number">–</td></tr></tbody></table>'
    )
    below = " ".join(e["text"] for e in found.all("p", "grey under"))
    assert below.split() == ["catatan", "Sumber:", "SIASN"]
    region = found.one("div", role="region")["attrs"]
    assert (region["aria-label"], region["tabindex"]) == ("Tabel 4.1 Judul", "0")


def test_a_figure() -> None:
    wide, narrow = '<svg xmlns="http://www.w3.org/2000/svg"/>', "<svg/>"
    found = page(markdown("## III A"), code(Figure("g", "Temuan", "satuan", "Isi.", "Alt", wide, narrow, "SIASN")))
    assert between(found, "<figure", "</figure>") == (
        '<figure id="g"><h3>Temuan</h3><p class="subtitle">satuan</p><picture>'
        f'<source media="screen and (max-width: 720px)" srcset="{data_uri(narrow)}">'
        f'<img src="{data_uri(wide)}" alt="Alt"></picture>'
        "<figcaption><strong>Gambar 3.1</strong> Isi. Sumber: SIASN</figcaption></figure>"
    )
    content = found.one("img")["attrs"]["src"].partition("base64,")[2]
    assert base64.b64decode(content).decode() == wide


def test_hidden_values_are_nowhere_in_the_file() -> None:
    hidden = pd.DataFrame({"a": [None, None], "b": ["<5", None]})
    frame = pd.DataFrame({"a": ["A", "B"], "b": [3141, 12]})
    table = build_table(
        frame, [TableColumn("a", "A"), TableColumn("b", "B", "count")], id="t", title="t", hidden=hidden
    )
    found = page(markdown("## I A"), code(table))
    assert [e["text"] for e in found.all("td")] == ["<5", "12"]
    assert "3141" not in found.source
    assert "3.141" not in found.source


def test_panels_without_a_change_say_so(every_block: Callable[[str], list[Block]]) -> None:
    panels = next(block for block in every_block("kata") if block.kind == "panels").to_dict()["panels"]
    for strip in (None, panels[0]["strip"] | {"from": None, "reference_at": None}):
        block = next(b for b in every_block("kata") if b.kind == "panels")
        bare = replace(block, panels=({**panels[0], "change": "", "strip": strip},))  # type: ignore[call-arg]
        found = page(markdown("## I A"), code(bare))
        assert_inert(found)
        assert found.one("p", "change none")["text"] == "Perubahan tidak ditampilkan"
        assert found.all("span", "range") == found.all("span", "mark") == []


def test_page_break_and_sign_off(every_block: Callable[[str], list[Block]]) -> None:
    blocks = [b for b in every_block("kata") if b.kind in {"page_break", "sign_off"}]
    found = page(markdown("## I A"), code(*blocks, PageBreak()))
    assert len(found.all("div", "page-break")) == 2
    assert [e["text"] for e in found.all("p", "line")] == ["NIP", "NIP"]  # left blank


def test_the_same_document_gives_the_same_bytes(every_block: Callable[[str], list[Block]]) -> None:
    cells = [markdown("## I A"), *(code(block) for block in every_block("kata"))]
    assert write_html(document(*cells), footer=("a",)) == write_html(document(*cells), footer=("a",))
    assert write_html(document(*cells)) != write_html(document(*cells), footer=("a",))


# Text inside the style sheet.


def css_read(text: str) -> str:
    """Return what a browser reads in a CSS string."""
    assert re.fullmatch(r'"(?:[A-Za-z0-9]|\\[0-9a-f]{1,6} )*"', text)
    return re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), text[1:-1])


@given(st.text(st.characters(exclude_categories=[])))
@example("a" * 500)
@example('"; } </style> \\22 \n é 👩🏽‍💻')
def test_css_text(text: str) -> None:
    assert css_read(css_text(text)) == text[:200]


@pytest.mark.parametrize(
    ("head", "left", "right"),
    [
        (Head("Biro", "Laporan", "Unit 1", (("Periode", "2025"),), "Kanan"), "Kanan", "Laporan, 2025"),
        (Head("Biro", "Laporan", "Unit 1"), "Unit 1", "Laporan"),
        (Head("Biro", "Laporan", ""), "Laporan", "Laporan"),
    ],
)
def test_running_heads_of_print(head: Head, left: str, right: str) -> None:
    style = page(code(head)).one("style")["text"]
    rule = style.strip().splitlines()[-1]
    assert rule == f"@page {{ @top-left {{ content: {css_text(left)} }} @top-right {{ content: {css_text(right)} }} }}"
