"""The sheets of a workbook, before any file: which tables and figures, under which name, with which cells.

A cell holds the number that the page shows and no more: rounded as it is displayed, and nothing at all where the page
shows "<5" or a dash. At full precision the shares and means of all units but one, with their n, would give the hidden
one back from the total, to the person. The data of a figure, which the page shows as places in a drawing, keep three
significant figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kinerja_lib.language import _, mark
from kinerja_lib.report.document import Document, Row, Section
from kinerja_lib.show.blocks import TableColumn, plain, show_value
from kinerja_lib.show.numbers import MINUS, round_half_up

NAME_LENGTH = 31  # longest name of a sheet
FORBIDDEN = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
AMOUNT = re.compile(rf"[{MINUS}+-]?(Rp)?[0-9.,]+")  # a number as a page shows it, in either language
NUMERIC = {"number", "count", "rupiah"}
EXACT = 10**15  # from here on a spreadsheet loses digits
FIRST_YEAR = 1900  # of the calendar of spreadsheets
FIGURES = 3  # significant figures of the largest value in a column of a figure's data

LABELS = {  # columns of the data behind figures, in order, as readers call them; others keep their names
    "label": mark("Nama"),
    "nama": mark("Nama"),
    "unit_id": mark("Unit"),
    "periode": mark("Periode"),
    "group": mark("Kelompok"),
    "level": mark("Tingkat"),
    "levels": mark("Tingkat"),
    "n": "n",
    "count": mark("Jumlah"),
    "people": mark("Pegawai"),
    "value": mark("Nilai"),
    "estimate": mark("Taksiran"),
    "share": mark("Bagian (%)"),
    "gap": mark("Kesenjangan"),
    "conf_low": mark("Batas bawah"),
    "conf_high": mark("Batas atas"),
    "gap_low": mark("Kesenjangan, batas bawah"),
    "gap_high": mark("Kesenjangan, batas atas"),
    "std_error": mark("Galat baku"),
    "jp": mark("JP"),
    "jp_low": mark("JP, batas bawah"),
    "jp_high": mark("JP, batas atas"),
    "highlighted": mark("Disorot"),
    "inside95": mark("Di dalam batas 95 %"),
    "inside998": mark("Di dalam batas 99,8 %"),
    "hidden": mark("Tidak dirinci"),
    "share_hidden": mark("Bagian tidak dirinci"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, the section it is of, number and title, lines above, the table, lines below."""

    name: str
    section: str
    number: str
    title: str
    above: tuple[str, ...]
    columns: tuple[Mapping[str, Any], ...]
    rows: tuple[tuple[Any, ...], ...]
    display: tuple[tuple[str, ...], ...]
    spanners: tuple[Mapping[str, Any], ...]
    total: bool
    below: tuple[str, ...]


def plan_sheets(document: Document, *, taken: Iterable[str] = ()) -> tuple[Sheet, ...]:
    """Return a sheet for each table and each figure's data, in reading order.

    Parameters
    ----------
    document : Document
        What the report says.
    taken : iterable of str
        Names of sheets that are there already.

    Returns
    -------
    tuple of Sheet
        Distinct names of at most 31 characters, none of which a spreadsheet refuses.
    """
    names = [name.casefold() for name in taken]
    sheets = []
    for section, row, block in _numbered(document):
        name = name_sheet(block["number"], names)
        names.append(name.casefold())
        build = _sheet_of_table if block["kind"] == "table" else _sheet_of_figure
        sheets.append(build(block, name, section.label, _notes(row)))
    return tuple(sheets)


def _numbered(document: Document) -> Iterator[tuple[Section, Row, dict[str, Any]]]:
    for section in document.sections:
        for row in section.rows:
            for block in row.main:
                if block["kind"] == "table" or (block["kind"] == "figure" and block["data"]):
                    yield section, row, block


def name_sheet(text: str, taken: Iterable[str] = ()) -> str:
    """Return `text` as the name of a sheet that a spreadsheet takes and that is not `taken` (names in small letters).

    Examples
    --------
    >>> name_sheet("Tabel 3.1"), name_sheet("Tabel /.1"), name_sheet("Tabel 3.1", ["tabel 3.1"])
    ('Tabel 3.1', 'Tabel _.1', 'Tabel 3.1 2')
    """
    used = set(taken)
    start = FORBIDDEN.sub("_", text)[: NAME_LENGTH - 4].strip() or "_"
    names = (start if not n else f"{start} {n + 1}" for n in range(len(used) + 1))
    return next(name for name in names if name.casefold() not in used)


def _notes(row: Row) -> tuple[str, ...]:
    """Return what stands beside the blocks of a row."""
    return tuple(plain(runs) for note in row.notes for runs in note.get("paragraphs", []))


def _source(block: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{_('Sumber:')} {block['source']}",) if block["source"] else ()


def _sheet_of_table(block: Mapping[str, Any], name: str, section: str, notes: tuple[str, ...]) -> Sheet:
    own = tuple(plain(runs) for runs in block["notes"])
    return Sheet(
        name=name,
        section=section,
        number=block["number"],
        title=block["title"],
        above=(),
        columns=tuple(block["columns"]),
        rows=tuple(tuple(row) for row in block["rows"]),
        display=tuple(tuple(row) for row in block["display"]),
        spanners=tuple(block["spanners"]),
        total=block["total"],
        below=(*own, *_source(block), *notes),
    )


def _sheet_of_figure(block: Mapping[str, Any], name: str, section: str, notes: tuple[str, ...]) -> Sheet:
    data = block["data"]
    names = _order_names(data)
    columns = [_describe(key, [row.get(key) for row in data]) for key in names]
    rows = [tuple(_as_shown(row.get(key)) for key in names) for row in data]
    display = [tuple(show_value(value, column) for value, column in zip(row, columns, strict=True)) for row in rows]
    return Sheet(
        name=name,
        section=section,
        number=block["number"],
        title=block["caption"],
        above=(block["title"], block["subtitle"]),
        columns=tuple({"label": c.label, "kind": c.kind, "decimals": c.decimals} for c in columns),
        rows=tuple(rows),
        display=tuple(display),
        spanners=(),
        total=False,
        below=(_("Yang tampak pada gambar: {alt}").format(alt=block["alt"]), *_source(block), *notes),
    )


def _order_names(data: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns of a figure's data: who and when, then numbers, then flags (JSON keeps no order)."""
    values: dict[str, list[Any]] = {}
    for row in data:
        for key, value in row.items():
            values.setdefault(key, []).append(value)
    known = list(LABELS)
    place = {name: (_rank(own), known.index(name) if name in LABELS else len(known)) for name, own in values.items()}
    return sorted(values, key=lambda name: place[name])


def _rank(values: list[Any]) -> int:
    """Return 2 for flags, 1 for numbers, 0 for text."""
    known = [value for value in values if value is not None]
    if any(isinstance(value, bool) for value in known):
        return 2
    return int(all(isinstance(value, int | float) for value in known))


def _describe(name: str, values: list[Any]) -> TableColumn:
    """Return the column of a figure's data: numbers with the same decimals, by the largest of them."""
    label = _(LABELS[name]) if name in LABELS else name
    known = [value for value in values if value is not None]
    if not known or any(isinstance(value, bool) or not isinstance(value, int | float) for value in known):
        return TableColumn(name, label)
    if all(float(value).is_integer() for value in known):
        return TableColumn(name, label, "count")
    largest = max(abs(value) for value in known)
    return TableColumn(name, label, "number", max(0, FIGURES - 1 - math.floor(math.log10(largest))))


def _as_shown(value: Any) -> Any:
    if isinstance(value, bool):
        return _("ya") if value else _("tidak")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or None
    return value if value is None or isinstance(value, int | float) else str(value)


def type_cell(value: Any, shown: str, column: Mapping[str, Any]) -> float | date | str:
    """Return what a cell holds: a number or date where the page shows that very value, else the text shown.

    Parameters
    ----------
    value : object
        The raw value, as JSON holds it.
    shown : str
        What the page shows.
    column : mapping
        kind and decimals.

    Returns
    -------
    float, date or str
        A number has the decimals that are shown and no more.

    Examples
    --------
    >>> percent = {"kind": "number", "decimals": 1}
    >>> type_cell(53.8229, "53,8", percent), type_cell(2, "<5", percent), type_cell(None, "–", percent)
    (53.8, '<5', '–')
    """
    if column["kind"] in NUMERIC and isinstance(value, int | float) and AMOUNT.fullmatch(shown):
        rounded = round_half_up(value, column["decimals"])
        forms = {f"{rounded:f}"} | ({f"{rounded:.0f}"} if rounded == rounded.to_integral_value() else set())
        same = _digits(shown) in map(_digits, forms) and (rounded < 0) == shown.startswith((MINUS, "-"))
        return float(rounded) if same and abs(rounded) < EXACT else shown
    if column["kind"] == "date" and isinstance(value, str):
        return _read_date(value, shown)
    return shown


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _read_date(value: str, shown: str) -> date | str:
    try:
        moment = date.fromisoformat(value[:10])
    except ValueError:
        return shown
    return moment if moment.year > FIRST_YEAR and str(moment.year) in shown else shown
