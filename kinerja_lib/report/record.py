"""What a report says and what it was made from, as one record that every format carries inside the file.

The record lets a file that was sent away prove itself: the same notebook is run again and what a reader is told then
is compared, sentence by sentence and cell by cell, with what the file told. It holds nothing that the page does not.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from kinerja_lib.language import _
from kinerja_lib.report.document import BlockDict, Document
from kinerja_lib.report.privacy_gate import open_layers
from kinerja_lib.show.blocks import plain

MARK = "kinerja-record"
CHUNK = 30_000  # characters; a cell of a workbook holds 32,767
CHUNKS = re.compile(rb"kinerja-record:(\d{1,4}):(\d{1,4}):([A-Za-z0-9_=-]*);")
LARGEST = 50_000_000  # bytes of one unpacked part that is searched
DIGITS = re.compile(r"\d+(?:[.,\u00a0]\d+)*")


class Line(NamedTuple):
    """Something that a reader is told, and where it stands: "III Capaian", "Tabel 3.1, baris 2, Predikat"."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A line that differs: its place, the old text (empty where it is new) and the new one (empty where it is gone)."""

    where: str
    old: str
    new: str


def list_lines(document: Document) -> tuple[Line, ...]:
    """Return all that the reader of a report is told, in reading order.

    Parameters
    ----------
    document : Document
        The report.

    Returns
    -------
    tuple of Line
        Head, sections with their paragraphs, lists, notes and panels, each cell of the tables, title and words of the
        figures, and what was left out; without what is empty.
    """
    lines = [*_head_lines(document), *_left_out_lines(document)]
    for section in document.sections:
        lines.append(Line(section.label, section.title))
        for row in section.rows:
            for block in (*row.main, *row.notes):
                lines += _block_lines(section.label or document.title, block)
    return tuple(Line(where, text) for where, text in lines if text)


def _head_lines(document: Document) -> Iterator[Line]:
    head = document.shown_head
    for text in (head["office"], head["title"], head["subtitle"]):
        yield Line(_("Kepala"), text)
    for name, value in head["facts"]:
        yield Line(_("Kepala, {what}").format(what=name), value)


def _left_out_lines(document: Document) -> Iterator[Line]:
    for section in document.left_out:
        yield Line(section.label, _("Tidak dimuat: {why}").format(why=section.left_out))


def _block_lines(where: str, block: BlockDict) -> Iterator[Line]:
    kind = block["kind"]
    if kind in {"paragraph", "heading"}:
        yield Line(where, plain(block["runs"]))
    elif kind in {"list", "note"}:
        for runs in block["items" if kind == "list" else "paragraphs"]:
            yield Line(where, plain(runs))
    elif kind == "panels":
        yield from _panel_lines(where, block)
    elif kind == "table":
        yield from _table_lines(block)
    elif kind == "figure":
        for name in ("title", "subtitle", "alt", "caption", "source"):
            yield Line(block["number"], block[name])
    elif kind == "left_out":
        yield Line(where, ": ".join(filter(None, (block["what"], block["reason"]))))
    elif kind == "sign_off":
        for text in (block["place_date"], *block["left"], *block["right"]):
            yield Line(where, text)


def _panel_lines(where: str, block: BlockDict) -> Iterator[Line]:
    for panel in block["panels"]:
        own = f"{where}, {panel['title']}"
        yield Line(own, f"{panel['number']} {panel['unit']}".strip())
        for name in ("measure", "change", "change_detail", "interval", "n", "reason"):
            yield Line(own, panel.get(name) or "")
    yield Line(where, plain(block["note"]))


def _table_lines(block: BlockDict) -> Iterator[Line]:
    number = block["number"]
    yield Line(number, block["title"])
    for spanner in block["spanners"]:
        yield Line(number, spanner["label"])
    labels = [column["label"] for column in block["columns"]]
    for at, row in enumerate(block["display"], 1):
        for label, text in zip(labels, row, strict=True):
            yield Line(_("{table}, baris {row}, {column}").format(table=number, row=at, column=label), text)
    for runs in block["notes"]:
        yield Line(number, plain(runs))
    yield Line(number, block["source"])


def compare_lines(old: Sequence[Line], new: Sequence[Line]) -> tuple[Change, ...]:
    """Return what differs between two runs of a report.

    Parameters
    ----------
    old, new : sequence of Line
        As `list_lines` gives them.

    Returns
    -------
    tuple of Change
        In reading order. A line that says the same with other numbers is one change, not a line lost and one found.

    Examples
    --------
    >>> compare_lines([Line("I", "12 orang"), Line("I", "Baik.")], [Line("I", "13 orang"), Line("I", "Baik.")])
    (Change(where='I', old='12 orang', new='13 orang'),)
    """
    was, now = ([_shape(line) for line in lines] for lines in (old, new))
    changes: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs = zip(old[a:b], new[c:d], strict=True)
            changes += [Change(line.where, line.text, other.text) for line, other in pairs if line.text != other.text]
        else:
            changes += _pair_by_place(old[a:b], new[c:d])
    return tuple(changes)


def _shape(line: Line) -> str:
    """Return a line without its numbers; a cell of a table by its place alone."""
    return f"{line.where}\n{DIGITS.sub('#', line.text)}"


def _pair_by_place(old: Sequence[Line], new: Sequence[Line]) -> list[Change]:
    """Return lines that are said otherwise: those of one place beside each other, the rest as lost or found."""
    left = list(new)
    changes = []
    for was in old:
        now = next((line for line in left if line.where == was.where), None)
        if now is not None:
            left.remove(now)
        changes.append(Change(was.where, was.text, now.text if now is not None else ""))
    changes += [Change(line.where, "", line.text) for line in left]
    return [change for change in changes if change.old != change.new]


def pack_record(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a record as short texts of letters, digits, ``-``, ``_``, ``=``, ``:`` and ``;`` that any format can hold.

    Examples
    --------
    >>> find_record("".join(pack_record({"lang": "id"})).encode())
    {'lang': 'id'}
    """
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")
    parts = [packed[at : at + CHUNK] for at in range(0, len(packed), CHUNK)]
    return tuple(f"{MARK}:{at}:{len(parts)}:{part};" for at, part in enumerate(parts, 1))


def find_record(content: bytes) -> dict[str, Any] | None:
    """Return the record inside a file of a report (HTML, PDF, Word, Excel); None where there is none that is whole.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    dict or None
    """
    for part in open_layers(content, most=LARGEST):
        found = {int(at): (int(n), text) for at, n, text in CHUNKS.findall(part)}
        whole = found and set(found) == set(range(1, next(iter(found.values()))[0] + 1))
        if whole:
            return _unpack(b"".join(found[at][1] for at in sorted(found)))
    return None


def _unpack(packed: bytes) -> dict[str, Any] | None:
    try:
        text = zlib.decompressobj().decompress(base64.urlsafe_b64decode(packed), LARGEST)
        record = json.loads(text.decode("utf-8"))
    except (ValueError, zlib.error):
        return None
    return record if isinstance(record, dict) else None
