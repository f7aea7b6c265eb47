"""What a sheet is, by its header words: `recognise`, and the mapping file of a user for shapes nobody foresaw.

The words are in ``kinds.toml`` beside this module. The header may stand in any row and may be two rows deep (merged
titles over it); where it says nothing known, the sheet is not recognised, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from kinerja_lib.errors import list_values
from kinerja_lib.language import _
from kinerja_lib.read.mapping import ColumnMap, kinds, read_kinds, read_map
from kinerja_lib.read.sheets import Sheet
from kinerja_lib.read.times import parse_period
from kinerja_lib.read.values import clean_words, plain
from kinerja_lib.schema import TABLES
from kinerja_lib.typed import known_columns

__all__ = [
    "ColumnMap",
    "Recognised",
    "find_head_nip",
    "find_head_rater",
    "kinds",
    "read_kinds",
    "read_map",
    "recognise",
    "title_of",
]

SEARCHED = 200  # rows from the top in which a header is looked for
PARTS = ("level", "level_standar")  # words that also stand under the name of a competency
COMPETENCY, STANDARD = "kompetensi:", "standar:"  # fields of a wide sheet: one a competency
PERIOD_WORDS = ("periode", "tahun", "triwulan", "semester", "bulan")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a sheet is, and where its columns stand.

    Attributes
    ----------
    kind : str
        "ekinerja", "siasn_pegawai", "siasn_penilaian", "siasn_kursus", "skp_2021", "skp_2022", "asesmen",
        "log_pembinaan", "kanonik:<table>" or "peta:<name>".
    header : int
        Last row of the header in `sheet.rows`, from 0; data stand below it.
    columns : mapping of str to int
        Field -> column in `sheet.rows`, from 0.
    period : str or None
        Period that the head block names.
    why : tuple of str
        Sentences: what was recognised and why.
    unknown : tuple of str
        Header words that nothing uses.
    table : str
        Canonical table of its rows.
    headers : mapping of int to str
        Column -> the words of its header, as they stand there.
    constants : mapping of str to str
        Values of every row, from a mapping file.
    period_cell : tuple of int or None
        Row and column where the head block names a period, readable or not.
    """

    kind: str
    header: int
    columns: Mapping[str, int]
    period: str | None
    why: tuple[str, ...]
    unknown: tuple[str, ...]
    table: str = ""
    headers: Mapping[int, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    period_cell: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A row that may be a header: column -> its words as they stand, and cleaned in each way they can be read."""

    row: int
    shown: Mapping[int, str]
    words: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """A header as one kind reads it."""

    kind: str
    table: str
    header: Header
    columns: Mapping[str, int]
    score: tuple[int, int]
    constants: Mapping[str, str] = field(default_factory=dict)


def recognise(sheet: Sheet, maps: Sequence[ColumnMap] = ()) -> Recognised | None:
    """Return what the sheet is, or None where its header words say nothing known.

    Parameters
    ----------
    sheet : Sheet
        Cells of one sheet. Not changed.
    maps : sequence of ColumnMap
        The user's mapping files; one with a `table` wins over every other reading.

    Returns
    -------
    Recognised or None
        Kind, header row, columns, period, and the reasons in words.
    """
    own = [
        m
        for m in maps
        if not m.files or any(fnmatch(sheet.file, p) or fnmatch(Path(sheet.file).name, p) for p in m.files)
    ]
    best: Match | None = None
    for header in find_headers(sheet):
        if best is not None and header.row > best.header.row + 1:
            break  # below a header stand data; only its second row may still say more
        found = _match_maps(header, own) or _match_canonical(sheet, header) or _match_kinds(sheet, header, own)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return None if best is None else _describe(sheet, best)


def find_headers(sheet: Sheet) -> Iterator[Header]:
    """Yield the rows that may be a header, and pairs of rows that may be one together."""
    before: list[object] = []
    for at, row in enumerate(sheet.rows[:SEARCHED]):
        texts = {c: v for c, v in enumerate(row) if isinstance(v, str) and v.strip()}
        if len(texts) >= 2:
            shown = {c: " ".join(v.split()) for c, v in texts.items()}
            yield Header(at, shown, {c: (clean_words(v),) for c, v in texts.items()})
            if any(isinstance(v, str) and v.strip() for v in before) and not _has_numbers([*before, *row]):
                yield _pair(at, before, row)
        before = row


def _has_numbers(row: Sequence[object]) -> bool:
    """Tell whether a row holds data rather than words; numbers of columns stay below three digits."""
    return any(
        re.search("[0-9]{3}", v) is not None if isinstance(v, str) else not isinstance(v, (str, bool)) for v in row
    )


def _pair(at: int, above: Sequence[object], below: Sequence[object]) -> Header:
    """Return two rows as one header: a title above, merged over several columns, goes with each word below it."""
    shown: dict[int, str] = {}
    words: dict[int, tuple[str, ...]] = {}
    title = ""
    for c in range(max(len(above), len(below))):
        top, sub = (" ".join(str(r[c]).split()) if c < len(r) and isinstance(r[c], str) else "" for r in (above, below))
        title = top or (title if sub else "")
        if sub or top:
            shown[c] = f"{title} {sub}".strip() if sub else top
            both = (f"{title} {sub}", f"{sub} {title}") if title and sub else ()
            words[c] = tuple(dict.fromkeys(clean_words(text) for text in (*both, sub or top, top) if text))
    return Header(at, shown, words)


# ---------------------------------------------------------------------------------------------------- matching


def _match_kinds(sheet: Sheet, header: Header, maps: Sequence[ColumnMap]) -> Match | None:
    best: Match | None = None
    for place, kind in enumerate(kinds()):
        settings = read_kinds()[kind]
        added = {words: name for m in maps if m.kind == kind for words, name in m.columns.items()}
        columns = _find_columns(header, settings["columns"], added)
        if kind == "asesmen":
            wide = _find_competencies(header, {c for name, c in columns.items() if name not in PARTS})
            columns = {name: c for name, c in columns.items() if c not in wide.values()} | wide
        if not _is_met(settings, columns, sheet, header):
            continue
        own = sum(1 for name in settings["own"] if name in columns) + sum(
            name.startswith(COMPETENCY) for name in columns
        )
        own += any("nip" in words.split() for words in header.words.get(columns.get("pegawai_id", -1), ()))
        match = Match(kind, settings["table"], header, columns, (len(columns) + 2 * own, place), _constants(kind, maps))
        if best is None or match.score > best.score:
            best = match
    return best


def _constants(kind: str, maps: Sequence[ColumnMap]) -> dict[str, str]:
    return {name: value for m in maps if m.kind == kind for name, value in m.constants.items()}


def _find_columns(header: Header, fields: Mapping[str, Sequence[str]], added: Mapping[str, str]) -> dict[str, int]:
    """Return field -> column; each field takes its most preferred word, each column serves one field."""
    where: dict[str, int] = {}
    for c, ways in header.words.items():
        for words in ways:
            where.setdefault(words, c)
    found = {name: where[words] for words, name in added.items() if words in where}
    taken = set(found.values())
    for name, synonyms in fields.items():
        if name in found:
            continue
        column = next(
            (where[w] for w in synonyms if w in where and (where[w] not in taken or name == "struktural")), None
        )
        if column is None:
            column = _find_within(header, synonyms, taken)
        if column is not None:
            found[name] = column
            taken.add(column)
    return found


def _find_within(header: Header, synonyms: Sequence[str], taken: set[int]) -> int | None:
    within = [word[1:] for word in synonyms if word.startswith("~")]
    never = [word[1:] for word in synonyms if word.startswith("!")]
    for c, ways in header.words.items():
        parts = ways[0].split()
        if c not in taken and any(w in parts for w in within) and not any(w in parts for w in never):
            return c
    return None


def _find_competencies(header: Header, taken: set[int]) -> dict[str, int]:
    """Return "kompetensi:<name>" and "standar:<name>" -> column of a wide sheet."""
    parts = read_kinds()["competency_parts"]
    found: dict[str, int] = {}
    for name, synonyms in read_kinds()["competencies"].items():
        bare = set(synonyms)
        level = bare | {f"{a} {b}" for s in bare for p in parts["level"] for a, b in ((s, p), (p, s))}
        standard = {f"{a} {b}" for s in bare for p in parts["standard"] for a, b in ((s, p), (p, s))}
        for c, ways in header.words.items():
            if c in taken or c in found.values():
                continue
            if ways[0] in standard:
                found.setdefault(STANDARD + name, c)
            elif any(words in level for words in ways) and not any(words in standard for words in ways):
                found.setdefault(COMPETENCY + name, c)
    return found


def _is_met(settings: Mapping[str, Any], columns: Mapping[str, int], sheet: Sheet, header: Header) -> bool:
    def holds(name: str) -> bool:
        if name == "competencies":
            return sum(field.startswith(COMPETENCY) for field in columns) >= 5
        if name == "pegawai_id" and name not in columns:
            return bool(settings.get("head")) and (
                bool(settings.get("form")) or find_head_nip(sheet, header.row) is not None
            )
        return name in columns

    return all(any(all(holds(n) for n in way.split("+")) for way in need.split("|")) for need in settings["need"])


def _match_canonical(sheet: Sheet, header: Header) -> Match | None:
    """Return the canonical table whose columns stand in the header, written exactly as in the schema."""
    names = list(header.shown.values())
    place = {name: c for c, name in reversed(list(header.shown.items()))}
    best: Match | None = None
    named = {sheet.name, Path(sheet.file).stem}
    for table in TABLES.values():
        known = known_columns(table.name, names)
        needed = [column.name for column in table.columns if column.required]
        if all(name in place for name in needed) and len(known) >= min(2, len(table.columns)):
            score = (3 * len(known) + 5 * (table.name in named), 100)
            match = Match(f"kanonik:{table.name}", table.name, header, {name: place[name] for name in known}, score)
            if best is None or match.score > best.score:
                best = match
    return best


def _match_maps(header: Header, maps: Sequence[ColumnMap]) -> Match | None:
    """Return the reading of the first mapping file whose header words all stand in the header."""
    where = {words: c for c, ways in reversed(list(header.words.items())) for words in ways}
    for m in maps:
        if m.table and m.columns and all(words in where for words in m.columns):
            columns = {name: where[words] for words, name in m.columns.items()}
            return Match(f"peta:{m.name}", m.table, header, columns, (1000 + len(columns), 100), m.constants)
    return None


# ---------------------------------------------------------------------------------------------------- head block


def find_head_nip(sheet: Sheet, header: int) -> tuple[int, int] | None:
    """Return row and column of the NIP of the person whose form it is, in the rows above the header."""
    return _head_nip(sheet, header, "dinilai")


def find_head_rater(sheet: Sheet, header: int) -> tuple[int, int] | None:
    """Return row and column of the NIP of the assessor of a form."""
    return _head_nip(sheet, header, "penilai")


def _head_nip(sheet: Sheet, header: int, role: str) -> tuple[int, int] | None:
    """Return the NIP under the title of a role: "PEGAWAI YANG DINILAI", "PEJABAT PENILAI KINERJA"."""
    titles: list[tuple[int, int, str]] = []
    found: list[tuple[str, tuple[int, int]]] = []
    for r, row in enumerate(sheet.rows[:header]):
        for c, value in enumerate(row):
            words = clean_words(value)
            if len(words) < 60 and (
                "dinilai" in words.split() or words.startswith("pejabat penilai") or "i pejabat penilai" in words
            ):
                titles.append((r, c, "dinilai" if "dinilai" in words.split() else "penilai"))
            elif re.match(r"(nip|nipppk|ni pppk)\b", words) and (at := _value_beside(row, r, c)) is not None:
                near = [title for title in titles if title[0] <= r and title[1] <= c]
                found.append((max(near)[2] if near else ("dinilai" if not found else "penilai"), at))
    return next((at for who, at in found if who == role), None)


def _value_beside(row: Sequence[object], r: int, c: int) -> tuple[int, int] | None:
    """Return where the value of a label stands: in its own cell, after it, or in the next filled cell to the right."""
    own = row[c]
    if isinstance(own, str) and re.search("[0-9]{5}", own):
        return r, c
    for right in range(c + 1, len(row)):
        value = row[right]
        if isinstance(value, str) and value.strip() in ("", ":"):
            continue
        return (r, right) if not isinstance(value, str) or re.search("[0-9]", value) else None
    return None


def find_period(sheet: Sheet, header: int) -> tuple[str | None, tuple[int, int] | None]:
    """Return the period that the rows above the header name, and the cell that names it, readable or not.

    A cell that begins with "Periode" goes before one that only names a year, such as "Tahun Anggaran 2025".
    """
    named: list[tuple[bool, int, int, str | None]] = []
    for r, row in enumerate(sheet.rows[:header]):
        for c, value in enumerate(row):
            words = clean_words(value).split()
            if not isinstance(value, str) or not any(w.startswith(PERIOD_WORDS) for w in words):
                continue
            after = " ".join(plain(v) for v in row[c + 1 :] if v not in ("", ":") and len(str(v)) < 60)
            period = parse_period(value) or parse_period(f"{value} {after}") or parse_period(after.lstrip(": "))
            if period is not None or words[0] == "periode":
                named.append((words[0] != "periode", r, c, period))
    for _other, r, c, period in sorted(named, key=lambda one: (one[3] is None, *one[:3])):
        return period, (r, c)
    return None, None


# ---------------------------------------------------------------------------------------------------- in words


def _describe(sheet: Sheet, match: Match) -> Recognised:
    used = set(match.columns.values())
    period, cell = (None, None) if match.kind.startswith("kanonik:") else find_period(sheet, match.header.row)
    ignored = set(read_kinds()["ignored"])
    unknown = [
        text for c, text in match.header.shown.items() if c not in used and match.header.words[c][0] not in ignored
    ]
    return Recognised(
        kind=match.kind,
        header=match.header.row,
        columns=dict(match.columns),
        period=period,
        why=tuple(_reasons(sheet, match, period, cell)),
        unknown=tuple(text if len(re.findall("[0-9]", text)) < 9 else "***" for text in unknown),
        table=match.table,
        headers=dict(match.header.shown),
        constants=dict(match.constants),
        period_cell=cell,
    )


def title_of(kind: str) -> str:
    """Return the reader's words for a kind."""
    family, _colon, rest = kind.partition(":")
    if family == "kanonik":
        return _("tabel {table} menurut kamus data").format(table=rest)
    if family == "peta":
        return _("bentuk menurut berkas peta {name}").format(name=rest)
    return str(read_kinds()[kind]["title"])


def _reasons(sheet: Sheet, match: Match, period: str | None, cell: tuple[int, int] | None) -> Iterator[str]:
    row = sheet.first_row + match.header.row
    yield _("Dikenali sebagai {title}: judul kolom pada baris {row}.").format(title=title_of(match.kind), row=row)
    pairs = (f"{match.header.shown.get(c, '?')} → {name}" for name, c in match.columns.items())
    yield _("Kolom yang dipakai: {columns}.").format(columns=list_values(pairs, shown=40))
    if "periode" in match.constants:
        yield _("Periode {period} dari berkas peta.").format(period=match.constants["periode"])
    elif period is not None and cell is not None:
        yield _("Periode {period} dibaca dari sel {cell}.").format(period=period, cell=sheet.address(*cell))
