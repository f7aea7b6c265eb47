"""Columns of canonical tables: how each is read from a cell; and sheets that are such a table, or mapped to one."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from kinerja_lib.read.convert_batch import Batch, Parse, Work, check_fields, data_rows
from kinerja_lib.read.times import parse_date, parse_minutes, parse_period
from kinerja_lib.read.values import (
    clean_text,
    clean_words,
    parse_boolean,
    parse_code,
    parse_integer,
    parse_label,
    parse_level,
    parse_number,
    parse_own_number,
)
from kinerja_lib.rules import find_rezim, read_jenis_kegiatan, read_predikat, read_rating
from kinerja_lib.schema import TABLES, Column

PEOPLE = ("pegawai_id", "penilai_id", "pembimbing_id")
LAW: dict[str, Callable[[str], str | None]] = {
    "rating_hasil": read_rating,
    "rating_perilaku": read_rating,
    "predikat": read_predikat,
    "jenis": read_jenis_kegiatan,
}
MONEY = ("biaya", "jumlah")
MISSING = {"period": "period_missing", "id": "id_missing", "date": "date_missing", "level": "label_missing"}


@cache
def labels(name: str) -> dict[str, str]:
    """Return cleaned label -> level of a column, the levels themselves among them."""
    path = Path(__file__).parent / "labels.toml"
    table: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8")).get(name, {})
    found = {clean_words(level): level for level in table if level}
    return found | {words: level for level, synonyms in table.items() for words in synonyms}


def level_parser(name: str) -> Parse:
    """Return the parser of a column of levels: by law where the law names the labels, else by ``labels.toml``."""
    if name in LAW:
        return partial(parse_label, read=LAW[name])
    return partial(parse_level, levels=labels(name))


def number_parser(column: Column, *, own: bool = False) -> Parse:
    """Return the parser of a column of numbers, within the range of the schema."""
    low, high = column.low, column.high
    if column.kind == "integer":
        return partial(parse_integer, low=low, high=high)
    if own:
        return partial(parse_own_number, low=low, high=high)
    if column.name == "durasi_menit":
        return parse_minutes
    return partial(parse_number, low=low, high=high, money=column.name in MONEY)


def parse_period_cell(value: object) -> tuple[str, str | None]:
    """Return the period of a cell; what is no period is `period_missing`."""
    if value == "":
        return "", None
    period = parse_period(value)
    return (period, None) if period is not None else ("", "period_missing")


def parser_of(column: Column, *, own: bool) -> Parse:
    """Return the parser of a canonical column."""
    if column.kind == "level":
        return level_parser(column.name)
    if column.kind in ("number", "integer"):
        return number_parser(column, own=own)
    if column.kind == "date":
        return partial(parse_date, free=not own)
    plain: dict[str, Parse] = {
        "id": parse_code,
        "period": parse_period_cell,
        "boolean": parse_boolean,
        "text": clean_text,
    }
    return plain[column.kind]


def convert_canonical(work: Work) -> None:
    """Read a canonical table: every row that is not blank is data."""
    rows = [r for r in range(work.found.header + 1, len(work.sheet.rows)) if any(v != "" for v in work.sheet.rows[r])]
    work.data.update(rows)
    _read_table(work, check_fields(work, rows), own=True)


def convert_mapped(work: Work) -> None:
    """Read a sheet whose columns a user's mapping file names."""
    key = next((name for name in TABLES[work.found.table].key if name in work.found.columns), None)
    anchor = "pegawai_id" if "pegawai_id" in work.found.columns else key or next(iter(work.found.columns))
    _read_table(work, data_rows(work, anchor), own=False)


def _read_table(work: Work, rows: list[int], *, own: bool) -> None:
    table = TABLES[work.found.table]
    batch = Batch(work, table.name, rows)
    for name in work.found.columns:
        column = table.column(name)
        missing = MISSING.get(column.kind, "text_missing") if column.required else None
        if name in work.found.constants:
            missing = None
        if name in PEOPLE:
            batch.read_person(name, lenient=own, key=column.required)
        else:
            batch.read(name, parser_of(column, own=own), needed=own or column.required or name in LAW, missing=missing)
        if column.kind in ("number", "integer"):
            batch.note_text_numbers(name)
    if table.name == "penilaian" and not own:
        set_period(batch)
        set_regime(batch)
    elif "periode" in {c.name for c in table.columns} and not own:
        set_period(batch)


def apply_constants(batch: Batch) -> None:
    """Give the constants of a mapping file to the rows that have no value of their own."""
    names = {column.name: column for column in TABLES[batch.table].columns}
    for name, value in batch.work.found.constants.items():
        if name in names:
            text = parser_of(names[name], own=True)(value)[0] if name not in PEOPLE else value
            batch.values[name] = [own or text for own in batch.texts(name)]


def set_period(batch: Batch) -> None:
    """Fill `periode` from its own column, else a mapping file, else the head block; without one rows are kept apart."""
    found = batch.work.found
    given = found.constants.get("periode")
    general = (parse_period(given) if given else None) or found.period or ""
    own = batch.values.get("periode")
    if own is None and "periode" in found.columns:
        own = batch.read("periode", parse_period_cell, needed=True)
    periods = [text or general for text in own] if own is not None else [general] * len(batch.rows)
    batch.values["periode"] = periods
    refuse_without_period(batch)


def refuse_without_period(batch: Batch) -> None:
    """Keep rows without a period apart; where the head block names one that cannot be read, say which cell."""
    found = batch.work.found
    at = batch.cells.get("periode")
    for i, period in enumerate(batch.values["periode"]):
        if period or i in batch.bad:
            continue
        batch.bad.add(i)
        batch.work.reject("period_missing", batch.rows[i], at, batch.table, "periode")
        if at is not None or found.period_cell is None:
            batch.work.note("period_missing", batch.rows[i], at, table=batch.table, name="periode", effect="reject")
    lost = any(not period for period in batch.values["periode"])
    if lost and at is None and found.period_cell is not None:
        batch.work.note("period_missing", *found.period_cell, table=batch.table, name="periode", effect="reject")


def set_regime(batch: Batch) -> None:
    """Fill `rezim` by the period where no column says it."""
    own, periods = batch.texts("rezim"), batch.values["periode"]
    said = {period: find_rezim(period) or "" for period in set(periods) if period} | {"": ""}
    batch.values["rezim"] = [text or said[period] for text, period in zip(own, periods, strict=True)]
