"""The reader of executed notebooks: Markdown cells and our blocks in, one numbered `Document` out.

Everything else in a notebook (code, printed text, other outputs) is passed over: code is hidden by construction.
Sections, figure and table numbers and references are settled here once, before any writer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import mistune

from kinerja_lib.errors import RunError
from kinerja_lib.language import _, current_language
from kinerja_lib.show.blocks import KINDS, MIME, clean

NOTEBOOK_ONLY = "notebook-only"  # tag of cells that speak to the notebook's author, not to a report's reader
NUMERAL = re.compile(r"(?P<numeral>[IVX]+)\s+(?P<title>.+)")
VALUES = {"I": 1, "V": 5, "X": 10}

BlockDict = dict[str, Any]


@dataclass(slots=True)
class Row:
    """Blocks of the text column and the notes that stand beside them."""

    main: list[BlockDict] = field(default_factory=list)
    notes: list[BlockDict] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A section: numeral ("III" or empty), title, anchor, rows; `left_out` holds the reason where it is not shown."""

    numeral: str
    title: str
    anchor: str
    rows: list[Row] = field(default_factory=list)
    left_out: str = ""

    @property
    def label(self) -> str:
        """Numeral and title."""
        return f"{self.numeral} {self.title}".strip()


@dataclass(frozen=True, slots=True)
class Document:
    """What a report says, ready for any writer.

    Attributes
    ----------
    lang : str
        Language of the text.
    head : dict or None
        The head block.
    title : str
        Of the head, else of the first heading.
    sections : tuple of Section
        Those shown, in order.
    left_out : tuple of Section
        Those not shown, each with its reason.
    """

    lang: str
    head: BlockDict | None
    title: str
    sections: tuple[Section, ...]
    left_out: tuple[Section, ...]

    @property
    def shown_head(self) -> BlockDict:
        """The head, or one that holds the title alone."""
        return self.head or {"office": "", "title": self.title, "subtitle": "", "facts": [], "running": ""}

    @property
    def running_heads(self) -> tuple[str, str]:
        """What stands over each printed page, left and right: whom it is about; title and period."""
        head = self.shown_head
        period = dict(head["facts"]).get(_("Periode"), "")
        return head["running"] or head["subtitle"], f"{head['title']}, {period}" if period else str(head["title"])

    def blocks(self) -> Iterator[BlockDict]:
        """Iterate over every block shown, in reading order."""
        for section in self.sections:
            for row in section.rows:
                yield from row.main
                yield from row.notes


def read_document(notebook: Mapping[str, Any]) -> Document:
    """Read an executed notebook into a document.

    Parameters
    ----------
    notebook : mapping
        The notebook as nbformat reads it, all cells run.

    Returns
    -------
    Document
        Sections in order; figures and tables carry ``number`` ("Gambar 3.1") and references are filled in.

    Raises
    ------
    RunError
        A reference to a table or figure that is not there, two blocks with one id, or a block of an unknown kind.
    """
    sections = [Section("", "", "")]
    head: BlockDict | None = None
    title = ""
    for block in _blocks(notebook):
        if block["kind"] == "head":
            head = block
        elif block["kind"] == "heading" and block["level"] == 1:
            title = title or _text(block)
        elif block["kind"] == "heading" and block["level"] == 2:
            sections.append(_open_section(_text(block), len(sections)))
        else:
            _place(sections[-1], block)
    for section in sections:
        _leave_out(section)
    shown = [section for section in sections if section.rows and not section.left_out]
    _number(shown)
    left = tuple(section for section in sections if section.left_out)
    if head is not None:
        head["title"] = head["title"] or title
    return Document(current_language(), head, head["title"] if head else title, tuple(shown), left)


def _blocks(notebook: Mapping[str, Any]) -> Iterator[BlockDict]:
    for cell in notebook["cells"]:
        if NOTEBOOK_ONLY in cell.get("metadata", {}).get("tags", []):
            continue
        if cell["cell_type"] == "markdown":
            yield from read_markdown("".join(cell["source"]))
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get(MIME)
            if block is not None:
                if block.get("kind") not in KINDS:
                    raise RunError(_("blok {kind} tidak dikenal oleh versi ini.").format(kind=block.get("kind")))
                yield {**clean(block), "computed": True}


def _text(block: BlockDict) -> str:
    return "".join(str(run["text"]) for run in block["runs"])


def _open_section(text: str, position: int) -> Section:
    found = NUMERAL.fullmatch(text)
    return Section(found["numeral"] if found else "", found["title"] if found else text, f"bagian-{position}")


def _place(section: Section, block: BlockDict) -> None:
    """Put the block into the section: notes beside what came before them, all else below it."""
    if not section.rows or (block["kind"] != "note" and (section.rows[-1].notes or _starts_row(block))):
        section.rows.append(Row())
    row = section.rows[-1]
    (row.notes if block["kind"] == "note" else row.main).append(block)


def _leave_out(section: Section) -> None:
    """Leave the section out where something is missing and nothing else in it was computed; what has no title stays."""
    missing = [block for block in _all(section) if block["kind"] == "left_out"]
    found = [block for block in _all(section) if block.get("computed") and block["kind"] not in {"left_out", "note"}]
    if section.title and missing and not found:
        section.left_out = missing[0]["reason"]


def _starts_row(block: BlockDict) -> bool:
    return block["kind"] in {"figure", "table", "panels", "heading", "sign_off", "page_break"}


def _number(sections: list[Section]) -> None:
    """Give each figure and table its number, then fill in the references to them."""
    numbers: dict[str, str] = {}
    taken: set[str] = set()
    for section in sections:
        for block in _all(section):
            if block["kind"] in {"figure", "table"}:
                if block["id"] in numbers:
                    raise RunError(_("dua gambar atau tabel bernama {id}; beri nama lain.").format(id=block["id"]))
                block["number"] = numbers[block["id"]] = _label(block["kind"], section, taken)
                taken.add(block["number"])
    for section in sections:
        for block in _all(section):
            for run in _runs(block):
                if run.get("style") == "reference":
                    if run["target"] not in numbers:
                        raise RunError(_("rujukan ke {id} tidak menemukan gambar atau tabel.").format(id=run["target"]))
                    run["text"] = numbers[run["target"]]


def _all(section: Section) -> Iterator[BlockDict]:
    for row in section.rows:
        yield from row.main
        yield from row.notes


def _label(kind: str, section: Section, taken: set[str]) -> str:
    """Return the next free number of the chapter; two chapters without numeral may begin with one letter."""
    chapter = str(_roman(section.numeral)) if section.numeral else section.title[:1].upper()
    word = _("Gambar") if kind == "figure" else _("Tabel")
    start = f"{word} {chapter}{'.' if chapter else ''}"
    labels = (f"{start}{n}" for n in count(1))
    return next(label for label in labels if label not in taken)


def _roman(numeral: str) -> int:
    values = [VALUES[letter] for letter in numeral]
    after = [*values[1:], 0]
    return sum(-value if value < following else value for value, following in zip(values, after, strict=True))


def _runs(block: BlockDict) -> Iterator[dict[str, Any]]:
    groups = [block.get("runs", []), block.get("note", [])]
    groups += [*block.get("paragraphs", []), *block.get("items", []), *block.get("notes", [])]
    for group in groups:
        yield from group


_markdown = mistune.create_markdown(renderer=None)


def read_markdown(source: str) -> list[BlockDict]:
    r"""Return the blocks of a Markdown text; raw HTML in it stays text, a block quote becomes a note.

    Examples
    --------
    >>> [block["kind"] for block in read_markdown("## I Satu\n\nTeks *penting*.\n\n> Catatan.")]
    ['heading', 'paragraph', 'note']
    """
    tokens, _state = _markdown.parse(clean(source))
    return [block for token in tokens if isinstance(token, dict) and (block := _token_block(token)) is not None]


def _token_block(token: Mapping[str, Any]) -> BlockDict | None:
    kind = token["type"]
    if kind == "heading":
        return {"kind": "heading", "level": token["attrs"]["level"], "runs": _inline(token["children"])}
    if kind == "paragraph":
        return {"kind": "paragraph", "role": "body", "runs": _inline(token["children"])}
    if kind == "list":
        return {"kind": "list", "items": [_inline(_flat(item["children"])) for item in token["children"]]}
    if kind == "block_quote":
        paragraphs = [_inline(_flat([child])) for child in token["children"]]
        return {"kind": "note", "paragraphs": [runs for runs in paragraphs if runs]}
    if kind in {"block_code", "block_html"}:
        return {"kind": "paragraph", "role": "body", "runs": [{"text": token["raw"].strip(), "style": "code"}]}
    return None


BLOCKS = {"block_text", "paragraph", "list", "list_item", "block_quote", "block_code", "block_html"}


def _flat(blocks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return what stands in the `blocks` as one line: lists and paragraphs inside them one after the other."""
    line: list[Mapping[str, Any]] = []
    for block in blocks:
        if block["type"] in {"block_code", "block_html"}:
            inner: list[Mapping[str, Any]] = [{"type": "codespan", "raw": block["raw"].strip()}]
        else:
            children = block.get("children", [])
            inner = _flat(children) if any(child["type"] in BLOCKS for child in children) else children
        line += [{"type": "softbreak"}, *inner] if line and inner else inner
    return line


STYLES = {"strong": "strong", "emphasis": "emphasis", "codespan": "code"}


def _inline(tokens: list[Mapping[str, Any]], style: str = "") -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    for token in tokens:
        if token["type"] == "link" and token["attrs"]["url"].startswith("#"):
            runs.append({"text": "", "style": "reference", "target": token["attrs"]["url"][1:]})
        elif "children" in token:
            runs += _inline(token["children"], STYLES.get(token["type"], style))
        else:
            text = " " if token["type"] in {"softbreak", "linebreak"} else str(token.get("raw", ""))
            own = STYLES.get(token["type"], style)
            runs.append({"text": text, **({"style": own} if own else {})})
    return runs
