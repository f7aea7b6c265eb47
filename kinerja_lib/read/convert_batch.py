"""The working parts of `convert`: which rows hold data, canonical rows in the making, and what was found in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pandas as pd

from kinerja_lib.read.convert_faults import FAULTS, Effect, Found, show_label
from kinerja_lib.read.convert_people import Person, read_people
from kinerja_lib.read.kinds import Recognised
from kinerja_lib.read.sheets import Sheet
from kinerja_lib.read.times import parse_period
from kinerja_lib.read.values import Parsed, clean_words, is_missing, plain

Parse = Callable[[object], Parsed]

NOT_DATA = ("jumlah", "total", "subtotal", "sub total", "rata rata", "mengetahui", "keterangan")
COLUMN_NUMBER = re.compile(r"\(?\s*([0-9]{1,2})\s*\)?(?:\s*[=(].*)?")
A1 = re.compile(r"([A-Z]+)([0-9]+)")
FILLED = 2  # mapped cells that a row without an identifier must fill to be one of data


@dataclass(slots=True)
class Work:
    """One sheet on its way through `convert`."""

    sheet: Sheet
    found: Recognised
    accept_warnings: bool = False
    places: dict[tuple[object, ...], Found] = field(default_factory=dict)
    rejected: list[tuple[int, int | None, str, str, str]] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    broken: dict[tuple[int, int], str] = field(default_factory=dict)
    data: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Look up where error cells and formulas without a value stand."""
        for rule, cells in (("cell_error", self.sheet.errors), ("formula_unstored", self.sheet.unstored)):
            for cell in cells:
                self.broken[_position(self.sheet, cell)] = rule

    def note(
        self,
        rule: str,
        row: int,
        column: int | None,
        *,
        table: str | None = None,
        name: str | None = None,
        effect: Effect = "keep",
        example: str | None = None,
    ) -> None:
        """Keep one place of a rule."""
        key = (rule, effect, table, name, None if rule == "rows_skipped" else column)
        found = self.places.get(key)
        if found is None:
            found = self.places[key] = Found(rule, effect, table, name)
        found.places.append((row, column))
        if example is not None:
            found.examples[example] = None

    def reject(self, rule: str, row: int, column: int | None, table: str, name: str) -> None:
        """Keep a canonical row apart."""
        self.rejected.append((row, column, table, name, rule))

    def cell(self, row: int, column: int | None) -> object:
        """Return a cell; "" where the row is too short or the column is not there."""
        values = self.sheet.rows[row]
        return "" if column is None or column >= len(values) else values[column]


def _position(sheet: Sheet, cell: str) -> tuple[int, int]:
    found = A1.fullmatch(cell)
    if found is None:
        return -1, -1
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - sheet.first_row, number - sheet.first_column


# ---------------------------------------------------------------------------------------------------- rows of data


def data_rows(work: Work, anchor: str, *, aside: Sequence[str] = ()) -> list[int]:
    """Return the rows below the header that hold data; others that are not blank are noted.

    A row holds data where its identifier (field `anchor`) has digits, or where it fills several mapped columns.
    Blank rows, numbers of columns, the header again, totals and signatures hold none.
    """
    columns = work.found.columns
    at = columns.get(anchor)
    skipped = {anchor, "nama", "jabatan", *aside}
    others = sorted({c for name, c in columns.items() if name not in skipped and c != at})
    names = {clean_words(text) for text in work.found.headers.values()}
    rows: list[int] = []
    for r in range(work.found.header + 1, len(work.sheet.rows)):
        row = work.sheet.rows[r]
        raw = row[at] if at is not None and at < len(row) else ""
        if isinstance(raw, str) and len(raw) == 18 and raw.isdigit():
            rows.append(r)
        elif any(v != "" for v in row) or _is_broken(work, r):
            if _is_numbering(row) or _is_header(row, names):
                continue
            if _is_data(work, r, raw, others):
                rows.append(r)
            else:
                work.note("rows_skipped", r, next((c for c, v in enumerate(row) if v != ""), None))
                _note_period(work, r, row)
    work.data.update(rows)
    return _refuse_second_period(work, check_fields(work, rows), anchor)


def _is_broken(work: Work, r: int) -> bool:
    return bool(work.broken) and any(place[0] == r for place in work.broken)


def _is_data(work: Work, r: int, raw: object, others: Sequence[int]) -> bool:
    row = work.sheet.rows[r]
    filled = sum(1 for c in others if c < len(row) and not is_missing(row[c]))
    filled += sum(1 for c in others if (r, c) in work.broken) if work.broken else 0
    start = next((clean_words(v) for v in row if isinstance(v, str) and clean_words(v)), "")
    if is_missing(raw):
        total = start.startswith(NOT_DATA) or start == "standar" or start.startswith("standar ")
        return filled >= FILLED and not total
    if not isinstance(raw, str):
        return True
    text = raw.strip()
    if start.startswith(NOT_DATA) and filled < FILLED:
        return False
    if re.match(r"\W*(nip|nipppk)\b", text, re.IGNORECASE) or not re.search("[0-9]{5}|[0-9][.,][0-9]+[eE]", text):
        return filled >= FILLED
    return True


def _is_numbering(row: Sequence[object]) -> bool:
    """Tell whether a row numbers the columns: (1) (2) (3), from 1 or 2 on, each greater than the one before."""
    numbers: list[int] = []
    for value in row:
        if value == "":
            continue
        found = COLUMN_NUMBER.fullmatch(plain(value).strip()) if isinstance(value, (str, int, float)) else None
        if found is None:
            return False
        numbers.append(int(found[1]))
    return len(numbers) >= 3 and numbers[0] <= 2 and all(a < b for a, b in pairwise(numbers))


def _is_header(row: Sequence[object], names: set[str]) -> bool:
    words = [clean_words(value) for value in row if value != ""]
    return len(words) >= 2 and all(w in names for w in words)


def _note_period(work: Work, r: int, row: Sequence[object]) -> None:
    """Mark where another period begins further down: what stands below it is not of the period above."""
    if work.found.period is None:
        return
    for c, value in enumerate(row):
        if isinstance(value, str) and clean_words(value).startswith("periode"):
            period = parse_period(value)
            if period not in (None, work.found.period):
                work.note("period_second", r, c, effect="reject")


def _refuse_second_period(work: Work, rows: list[int], anchor: str) -> list[int]:
    starts = [f.places[0][0] for f in work.places.values() if f.rule == "period_second"]
    if not starts or "periode" in work.found.columns:
        return rows
    for r in (r for r in rows if r > min(starts)):
        work.reject("period_second", r, work.found.columns.get(anchor), work.found.table, "periode")
    return [r for r in rows if r < min(starts)]


def check_fields(work: Work, rows: list[int]) -> list[int]:
    """Keep rows of a CSV apart that have more or fewer fields than the header."""
    if work.sheet.lines is None:
        return rows
    header = work.sheet.rows[work.found.header]
    width = max((c + 1 for c, value in enumerate(header) if value != ""), default=0)
    kept = []
    for r in rows:
        row = work.sheet.rows[r]
        rule = "fields_few" if len(row) < width else "fields_many" if any(v != "" for v in row[width:]) else None
        if rule is None:
            kept.append(r)
        else:
            work.note(rule, r, None, table=work.found.table, effect="reject")
            work.reject(rule, r, None, work.found.table, "")
    return kept


# ---------------------------------------------------------------------------------------------------- canonical rows


@dataclass(slots=True)
class Batch:
    """Canonical rows of one table in the making.

    Attributes
    ----------
    rows : list of int
        Row of `sheet.rows` that each canonical row comes from.
    values : dict
        Canonical column -> texts, one a row.
    cells : dict
        Canonical column -> column of `sheet.rows`.
    bad : set of int
        Positions that are kept apart.
    """

    work: Work
    table: str
    rows: list[int]
    values: dict[str, list[str]] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    people: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Join the sheet's batches."""
        self.work.batches.append(self)

    def column(self, name: str) -> int | None:
        """Return the column of the sheet that a field stands in."""
        return self.work.found.columns.get(name)

    def raws(self, at: int | None) -> list[object]:
        """Return the cells of a column of the sheet, one a row."""
        if at is None:
            return [""] * len(self.rows)
        rows = self.work.sheet.rows
        return [row[at] if at < len(row) else "" for row in map(rows.__getitem__, self.rows)]

    def texts(self, name: str) -> list[str]:
        """Return the texts of a canonical column; "" in every row where there is none."""
        return self.values.get(name, [""] * len(self.rows))

    def fill(self, name: str, value: str) -> None:
        """Give every row the same text."""
        self.values[name] = [value] * len(self.rows)

    def read(
        self,
        name: str,
        parse: Parse,
        *,
        at: int | None = None,
        raws: Sequence[object] | None = None,
        needed: bool = False,
        missing: str | None = None,
    ) -> list[str]:
        """Parse a column of the sheet into a canonical column; each distinct value once.

        Parameters
        ----------
        name : str
            Canonical column; the field of the same name unless `at` is given.
        parse : callable
            Value -> text and rule.
        at : int, optional
            Column of the sheet.
        raws : sequence, optional
            Values in place of the cells.
        needed : bool
            Whether a value that cannot be read keeps the row apart; else it is left empty.
        missing : str, optional
            The rule of an empty cell, which keeps the row apart.
        """
        at = self.column(name) if at is None else at
        given = self.raws(at) if raws is None else raws
        seen: dict[Hashable, Parsed] = {}
        out: list[str] = []
        for i, raw in enumerate(given):
            key = (raw.__class__, raw)
            hit = seen.get(key)
            if hit is None:
                hit = seen[key] = parse(raw)
            text, rule = hit
            if rule is not None or (not text and (missing or self.work.broken)):
                text = self._judge(i, name, at, text, rule=rule, needed=needed, missing=missing, raw=raw)
            out.append(text)
        self.values[name] = out
        if at is not None:
            self.cells[name] = at
        return out

    def _judge(
        self,
        i: int,
        name: str,
        at: int | None,
        text: str,
        *,
        rule: str | None,
        needed: bool,
        missing: str | None,
        raw: object,
    ) -> str:
        if self.work.broken and at is not None and (self.rows[i], at) in self.work.broken:
            rule, needed, text = self.work.broken[self.rows[i], at], needed or missing is not None, ""
        elif rule is None and missing is not None:
            rule, needed = missing, True
        if rule is None:
            return text
        example = show_label(raw) if rule == "label_unknown" else None
        kept = self.fault(rule, i, name, at, text, needed=needed, example=example)
        if missing is not None and not kept and i not in self.bad:
            self.fault(missing, i, name, at, needed=True)  # nothing was left of it
        return kept

    def fault(
        self,
        rule: str,
        i: int,
        name: str,
        at: int | None,
        text: str = "",
        *,
        needed: bool = False,
        example: str | None = None,
    ) -> str:
        """Note a rule at position `i` and return the text that stays."""
        effect: Effect = "keep"
        if FAULTS[rule].doubtful:
            effect = "keep" if self.work.accept_warnings else "empty"
        elif FAULTS[rule].severity == "error":
            effect = "reject" if needed else "empty"
        if effect == "reject":
            if i not in self.bad:
                self.work.reject(rule, self.rows[i], at, self.table, name)
            self.bad.add(i)
        self.work.note(rule, self.rows[i], at, table=self.table, name=name, effect=effect, example=example)
        return text if effect == "keep" else ""

    def empty(self, rule: str, i: int, name: str) -> None:
        """Note a rule on a value that was read, and take the value out unless it may stay."""
        self.values[name][i] = self.fault(rule, i, name, self.cells.get(name), self.values[name][i])

    def read_person(
        self,
        name: str,
        *,
        at: int | None = None,
        raws: Sequence[object] | None = None,
        lenient: bool = False,
        key: bool = False,
    ) -> list[Person]:
        """Read a column of persons' numbers; as `key` a faulty number keeps the row apart, else it is left empty."""
        at = self.column(name) if at is None else at
        given = self.raws(at) if raws is None else raws
        known = read_people(given, lenient=lenient)
        people = [known[(raw.__class__, raw)] for raw in given]
        out = [person.id for person in people]
        for i, person in enumerate(people):
            if person.refused is None and not person.notes:
                continue
            rule = person.refused
            if rule == "nip_missing" and at is not None and (self.rows[i], at) in self.work.broken:
                rule = self.work.broken[self.rows[i], at]
            if rule is not None and (key or rule != "nip_missing"):
                out[i] = self.fault(rule, i, name, at, needed=key)
            for note in person.notes:
                self.fault(note, i, name, at)
        self.values[name] = out
        if at is not None:
            self.cells[name] = at
        if key:
            self.people = people
            self._note_spellings(name, at, people)
        return people

    def _note_spellings(self, name: str, at: int | None, people: Sequence[Person]) -> None:
        cleaned = {p.id for p in people if p.id and "nip_cleaned" in p.notes}
        both = cleaned & {p.id for p in people if p.id and "nip_cleaned" not in p.notes} if cleaned else cleaned
        for i, person in enumerate(people) if both else ():
            if person.id in both and "nip_cleaned" in person.notes:
                self.fault("nip_spellings", i, name, at)

    def note_text_numbers(self, name: str) -> None:
        """Say where a workbook holds numbers as text."""
        at = self.cells.get(name)
        if self.work.sheet.lines is None and at is not None:
            for i, raw in enumerate(self.raws(at)):
                if isinstance(raw, str) and self.values[name][i] and i not in self.bad:
                    self.fault("number_text", i, name, at)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return the rows that stay, as text, in the order of the schema, with `_row`."""
        keep = [i for i in range(len(self.rows)) if i not in self.bad]
        whole = len(keep) == len(self.rows)
        data = {
            name: self.values[name] if whole else [self.values[name][i] for i in keep]
            for name in columns
            if name in self.values
        }
        frame = pd.DataFrame(data, dtype="str")
        frame["_row"] = pd.Series(self.rows if whole else [self.rows[i] for i in keep], dtype="int64")
        return frame
