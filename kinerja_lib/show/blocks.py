"""Document blocks: what a notebook cell ends in and what every writer reads.

A block shows itself in Jupyter and carries one versioned JSON form (`MIME`); the executed notebook holds that form and
nothing else of the report. Text is a tuple of runs; a run that came from a number keeps the number and its name, so
that a later run can say which sentence changed. Blocks know nothing of HTML pages, Word or PDF.
"""

from __future__ import annotations

import html
import math
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from kinerja_lib.show import numbers
from kinerja_lib.show.numbers import MISSING, Bound, is_missing

MIME = "application/vnd.kinerja.block.v1+json"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

Runs = tuple[dict[str, Any], ...]


def clean(value: Any) -> Any:
    """Return `value` as plain JSON: NaN and the like to None, numpy to Python, dates to ISO, control characters out."""
    if isinstance(value, str):
        return CONTROL.sub("", value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, Bound):
        return clean(value.text)
    if is_missing(value):
        return None
    if isinstance(value, date | pd.Timestamp):
        return value.isoformat()[:10]
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value).isoformat()[:10]
    if hasattr(value, "item"):
        return clean(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def compose(template: str, **values: object) -> Runs:
    """Return `template` as runs of text, each field filled from `values`.

    ``**...**`` in the template makes a part strong and ``[[id]]`` refers to a table or figure. Values are never read
    as markup. A `Bound` value leaves its number and the field's name on its run.

    Parameters
    ----------
    template : str
        Text with ``{field}`` places, already in the language in use.
    **values : Bound, str or int
        What fills them.

    Returns
    -------
    tuple of dict
        Runs with the keys ``text`` and, where they apply, ``style``, ``target``, ``value``, ``field``.

    Examples
    --------
    >>> [run["text"] for run in compose("**n** = {n}", n=Bound("64", 64))]
    ['n', ' = ', '64']
    """
    runs: list[dict[str, Any]] = []
    strong = False
    for literal, name, _spec, _conversion in string.Formatter().parse(template):
        for index, part in enumerate(keep_together(literal).split("**")):
            strong = strong != (index > 0)
            runs += _split_references(part, strong)
        if name is not None:
            value = values[name]
            run: dict[str, Any] = {"text": str(value)}
            if isinstance(value, Bound):
                run |= {"value": value.value, "field": name}
            runs.append(run | ({"style": "strong"} if strong else {}))
    return tuple(clean(run) for run in runs)


def keep_together(text: str) -> str:
    """Return `text` with the spaces of "n = 64" and "95 %" made unbreakable."""
    return text.replace("n = ", "n\u00a0=\u00a0").replace(" %", "\u00a0%")


def _split_references(text: str, strong: bool) -> list[dict[str, Any]]:
    style = {"style": "strong"} if strong else {}
    parts = re.split(r"\[\[([a-z0-9-]+)\]\]", text)
    return [
        {"text": "", "style": "reference", "target": part} if index % 2 else {"text": part, **style}
        for index, part in enumerate(parts)
        if part
    ]


def lower_first(text: str) -> str:
    """Return `text` with its first letter small, unless its first word is an abbreviation.

    Examples
    --------
    >>> lower_first("Perempuan"), lower_first("PPPK")
    ('perempuan', 'PPPK')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def plain(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of runs without styles."""
    return "".join(str(run["text"]) for run in runs)


@dataclass(frozen=True, slots=True)
class Block:
    """What all blocks share: a kind, a JSON form, and a plain picture of themselves in Jupyter."""

    kind: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; only this reaches the writers."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        return {"kind": self.kind, **{name: clean(value) for name, value in own.items()}}

    def to_text(self) -> str:
        """Return the block as plain text."""
        return self.kind

    def to_html(self) -> str:
        """Return a small HTML form for Jupyter; the page is the HTML writer's."""
        return f"<p>{html.escape(self.to_text())}</p>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {MIME: self.to_dict(), "text/html": clean(self.to_html()), "text/plain": clean(self.to_text())}


@dataclass(frozen=True, slots=True)
class Paragraph(Block):
    """A paragraph; `role` is "lead" for the sentence that opens a section."""

    kind: ClassVar[str] = "paragraph"
    runs: Runs
    role: Literal["body", "lead"] = "body"

    def to_text(self) -> str:
        """Return the sentence."""
        return plain(self.runs)


@dataclass(frozen=True, slots=True)
class Note(Block):
    """A caveat or reading aid that stands beside the block before it."""

    kind: ClassVar[str] = "note"
    paragraphs: tuple[Runs, ...]

    def to_text(self) -> str:
        """Return the paragraphs, a line each."""
        return "\n".join(plain(runs) for runs in self.paragraphs)


@dataclass(frozen=True, slots=True)
class ItemList(Block):
    """A list of short sentences."""

    kind: ClassVar[str] = "list"
    items: tuple[Runs, ...]

    def to_text(self) -> str:
        """Return the items, a line each."""
        return "\n".join("- " + plain(runs) for runs in self.items)


@dataclass(frozen=True, slots=True)
class LeftOut(Block):
    """Something is not shown, and why; a section in which all else is missing too is left out whole.

    Attributes
    ----------
    reason : str
        Why, without a stop: "tabel kompetensi tidak ada".
    what : str
        What is missing: "Kesenjangan kompetensi"; empty for the section itself.
    """

    kind: ClassVar[str] = "left_out"
    reason: str
    what: str = ""

    def to_text(self) -> str:
        """Return what is missing and the reason."""
        return f"{self.what}: {self.reason}" if self.what else self.reason


@dataclass(frozen=True, slots=True)
class Head(Block):
    """The head of a report: office, title, what it is about, and a few facts (name, value)."""

    kind: ClassVar[str] = "head"
    office: str
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...] = ()
    running: str = ""

    def to_text(self) -> str:
        """Return title and subtitle."""
        return f"{self.title}: {self.subtitle}"


@dataclass(frozen=True, slots=True)
class Panels(Block):
    """The four panels of a summary, each a mapping of display strings and positions (see `show.tables`)."""

    kind: ClassVar[str] = "panels"
    panels: tuple[Mapping[str, Any], ...]
    note: Runs = ()

    def to_text(self) -> str:
        """Return a line per panel."""
        return "\n".join(f"{panel['title']}: {panel['number']} {panel['unit']}".rstrip() for panel in self.panels)


def each_row(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame with their values as attributes."""
    return list(frame.itertuples())


def tidy_rows(frame: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return the rows of a frame as mappings: the data behind a figure."""
    return tuple({str(name): value for name, value in row.items()} for row in frame.to_dict("records"))


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table: name in the data, what the reader sees, and how its values are shown."""

    name: str
    label: str
    kind: Literal["text", "words", "number", "rupiah", "date", "count"] = "text"  # words: text set right, as numbers
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Table(Block):
    """A table: raw values for the Excel writer, display strings for the others.

    Attributes
    ----------
    id : str
        Short name for references, unique in a report.
    title : str
        Caption without number.
    columns : tuple of dict
        name, label, kind, decimals of each column.
    rows, display : tuple of tuple
        Typed raw values, and the strings shown; None and "<5" or an en dash where a value is hidden or missing.
    spanners : tuple of dict
        Heads over several columns: label, first, span.
    total : bool
        Whether the last row is a total, set apart.
    notes : tuple of runs
        Below the table.
    source : str
        Where the numbers come from.
    """

    kind: ClassVar[str] = "table"
    id: str
    title: str
    columns: tuple[Mapping[str, Any], ...]
    rows: tuple[tuple[Any, ...], ...]
    display: tuple[tuple[str, ...], ...]
    spanners: tuple[Mapping[str, Any], ...] = ()
    total: bool = False
    notes: tuple[Runs, ...] = ()
    source: str = ""

    def to_text(self) -> str:
        """Return the caption and the rows, separated by tabs."""
        head = "\t".join(str(column["label"]) for column in self.columns)
        return "\n".join([self.title, head, *("\t".join(row) for row in self.display)])

    def to_html(self) -> str:
        """Return a plain HTML table."""
        head = "".join(f"<th>{html.escape(str(column['label']))}</th>" for column in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in self.display)
        return f"<table><caption>{html.escape(self.title)}</caption><tr>{head}</tr>{body}</table>"


@dataclass(frozen=True, slots=True)
class Figure(Block):
    """A figure: the drawing for a page and for a phone, what it shows in words, and the tidy data behind it.

    Attributes
    ----------
    id : str
        Short name for references, unique in a report.
    title, subtitle : str
        The finding; and measure, unit, period, n.
    caption, source : str
        What the figure is (numbered by the reader of the notebook), and where its numbers come from.
    alt : str
        What a reader would have seen, with the numbers; never empty.
    svg, svg_narrow : str
        Drawings 640 and 350 units wide.
    data : tuple of dict
        The tidy rows that were drawn.
    """

    kind: ClassVar[str] = "figure"
    id: str
    title: str
    subtitle: str
    caption: str
    alt: str
    svg: str
    svg_narrow: str
    source: str = ""
    data: tuple[Mapping[str, Any], ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a figure that says nothing to someone who does not see it."""
        if not self.alt.strip():
            raise ValueError(
                f"figure {self.id}: alt text is empty; say what a reader would have seen, with the numbers"
            )

    def to_text(self) -> str:
        """Return title and alternative text."""
        return f"{self.title}. {self.alt}"

    def to_html(self) -> str:
        """Return the drawing under its title."""
        return f"<figure><figcaption><b>{html.escape(self.title)}</b></figcaption>{self.svg}</figure>"


@dataclass(frozen=True, slots=True)
class SignOff(Block):
    """The close of a report: place and date, and who signs; names and NIP stay blank."""

    kind: ClassVar[str] = "sign_off"
    place_date: str
    left: tuple[str, ...]
    right: tuple[str, ...]

    def to_text(self) -> str:
        """Return place and date."""
        return self.place_date


@dataclass(frozen=True, slots=True)
class PageBreak(Block):
    """A new page in print."""

    kind: ClassVar[str] = "page_break"


KINDS = {block.kind for block in Block.__subclasses__()}


def build_table(
    frame: pd.DataFrame,
    columns: Sequence[TableColumn],
    *,
    id: str,
    title: str,
    hidden: pd.DataFrame | None = None,
    total: bool = False,
    notes: Sequence[Runs] = (),
    source: str = "",
    spanners: Sequence[Mapping[str, Any]] = (),
) -> Table:
    """Return a table block from a tidy frame: one formatter for every cell.

    Parameters
    ----------
    frame : DataFrame
        The rows; not changed.
    columns : sequence of TableColumn
        Which columns, in which order, with label and kind.
    id, title, total, notes, source, spanners
        As in `Table`.
    hidden : DataFrame of str, optional
        Same rows; a text in a cell ("<5") is shown instead of the value, which is then not stored at all.

    Returns
    -------
    Table
    """
    rows, display = [], []
    for position in range(len(frame)):
        cells = []
        for column in columns:
            cover = None if hidden is None or column.name not in hidden else hidden[column.name].iloc[position]
            value = frame[column.name].iloc[position]
            cells.append((None, cover) if isinstance(cover, str) else (value, show_value(value, column)))
        rows.append(tuple(value for value, _shown in cells))
        display.append(tuple(clean(shown) for _value, shown in cells))
    described = tuple({f.name: getattr(column, f.name) for f in fields(TableColumn)} for column in columns)
    return Table(id, title, described, tuple(rows), tuple(display), tuple(spanners), total, tuple(notes), source)


def show_value(value: Any, column: TableColumn) -> str:
    """Return one cell as shown, by the kind of its column."""
    if is_missing(value):
        return MISSING
    if column.kind in {"text", "words"}:
        return str(value)
    if column.kind == "rupiah":
        return numbers.rupiah(value).text
    if column.kind == "date":
        return numbers.day(value).text
    return numbers.number(value, column.decimals).text
