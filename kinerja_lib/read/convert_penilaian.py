"""Appraisals: the e-Kinerja recap, and the records of appraisals of SIASN."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import pandas as pd

from kinerja_lib.read.convert_batch import Batch, Work, data_rows
from kinerja_lib.read.convert_own import level_parser, parse_period_cell, refuse_without_period, set_period, set_regime
from kinerja_lib.read.convert_people import read_people
from kinerja_lib.read.kinds import find_head_nip
from kinerja_lib.read.times import months, parse_period, period_between, period_of
from kinerja_lib.read.values import is_missing, parse_code, parse_number, plain
from kinerja_lib.rules import score_predikat
from kinerja_lib.vocabulary import PREDIKAT, RATING

SCORE = 120  # the greatest nilai_skp and nilai_perilaku (PermenPANRB 8/2021)
PARTS = (("triwulan", 3), ("semester", 6), ("bulan", 1))


def convert_recap(work: Work) -> None:
    """Read an e-Kinerja recap: two ratings and a predikat a person, the period in the head block or in columns."""
    batch = Batch(work, "penilaian", data_rows(work, "pegawai_id"))
    batch.read_person("pegawai_id", key=True)
    if "tahun" in work.found.columns and "periode" not in work.found.columns:
        _read_parts(batch)
    set_period(batch)
    for name in ("rating_hasil", "rating_perilaku", "predikat"):
        if name in work.found.columns:
            batch.read(name, level_parser(name), needed=True)
    _read_rater(batch)
    set_regime(batch)
    note_contradictions(batch)


def convert_records(work: Work) -> None:
    """Read records of SIASN: rw-skp22, rw-kinerjaperiodik, rw-skp; labels and codes are compared."""
    batch = Batch(work, "penilaian", data_rows(work, "pegawai_id"))
    read_key(batch)
    _read_record_period(batch)
    coded = [
        _read_coded(batch, name, code, levels)
        for name, code, levels in (
            ("rating_hasil", "kode_hasil", RATING),
            ("rating_perilaku", "kode_perilaku", RATING),
            ("predikat", "kode_predikat", PREDIKAT),
        )
    ]
    for name in ("nilai_skp", "nilai_perilaku"):
        if name in work.found.columns:
            batch.read(name, lambda value: parse_number(value, low=0, high=SCORE))
            batch.note_text_numbers(name)
    if "unit_id" in work.found.columns:
        batch.read("unit_id", parse_code)
    _read_rater(batch)
    if "aturan" in work.found.columns:
        batch.values["rezim"] = [_regime(raw) for raw in batch.raws(batch.column("aturan"))]
    set_regime(batch)
    if not _note_reversed_codes(batch, coded):
        note_contradictions(batch)


def _regime(value: object) -> str:
    text = plain(value) if not isinstance(value, str) else value
    return "pp46" if "46" in text else "pp30_8" if "30" in text else ""


def read_key(batch: Batch) -> None:
    """Read the person of each row, from the column or, where there is none, from the head block for all rows."""
    if "pegawai_id" in batch.work.found.columns:
        batch.read_person("pegawai_id", key=True)
        return
    work = batch.work
    place = find_head_nip(work.sheet, work.found.header)
    raw = "" if place is None else head_number(work.cell(*place))
    person = read_people([raw])[raw.__class__, raw]
    batch.values["pegawai_id"] = [person.id] * len(batch.rows)
    batch.people = [person] * len(batch.rows)
    row, column = place if place is not None else (work.found.header, None)
    for note in person.notes:
        work.note(note, row, column, table=batch.table, name="pegawai_id")
    if person.refused is not None and batch.rows:
        rule = "form_unreadable" if person.refused == "nip_missing" else person.refused
        work.note(rule, row, column, table=batch.table, name="pegawai_id", effect="reject")
        for i, r in enumerate(batch.rows):
            batch.bad.add(i)
            work.reject(rule, r, None, batch.table, "pegawai_id")


def head_number(value: object) -> object:
    """Return the number of a head block's cell without its label: "NIP : 1985..." -> "1985..."."""
    if not isinstance(value, str):
        return value
    label, _colon, rest = value.rpartition(":")
    text = rest if label else value
    words = text.strip().split(maxsplit=1)
    return words[1] if len(words) == 2 and words[0].rstrip(".").upper() in ("NIP", "NIPPPK") else text.strip()


def _read_rater(batch: Batch) -> None:
    """Read the assessor's number; of one who is no civil servant there is none."""
    at = batch.column("penilai_id")
    if at is None:
        return
    raws = batch.raws(at)
    status = batch.raws(batch.column("status_penilai"))
    foreign = {"NON ASN", "NON-ASN", "NONASN"}
    kept = [
        "" if isinstance(s, str) and s.strip().upper() in foreign else raw for raw, s in zip(raws, status, strict=True)
    ]
    batch.read_person("penilai_id", raws=kept)


# ---------------------------------------------------------------------------------------------------- periods


def year_of(value: object) -> int | None:
    """Return a year of four digits; None for anything else."""
    text = plain(value).strip() if not isinstance(value, str) else value.strip().lstrip("'")
    return int(text) if re.fullmatch("[0-9]{4}", text) else None


def month_of(value: object) -> int | None:
    """Return the number of a month, given as a number or a name."""
    text = (plain(value) if not isinstance(value, str) else value).strip().lstrip("'").lower()
    return int(text) if re.fullmatch("0?[1-9]|1[0-2]", text) else months().get(text)


def _read_parts(batch: Batch) -> None:
    """Read the period from a column of years and one of months, quarters or semesters."""
    part = next(((name, length) for name, length in PARTS if name in batch.work.found.columns), None)
    at = batch.column("tahun")
    years = batch.raws(at)
    if part is None:
        texts = [parse_period_cell(year) for year in years]
    else:
        texts = [
            _part_period(year, raw, part) for year, raw in zip(years, batch.raws(batch.column(part[0])), strict=True)
        ]
    batch.read("periode", lambda pair: pair, raws=texts, at=at, needed=True)  # type: ignore[arg-type,return-value]


def _part_period(year: object, raw: object, part: tuple[str, int]) -> tuple[str, str | None]:
    number = year_of(year)
    if number is None or is_missing(raw):
        return "", "period_missing"
    text = plain(raw) if not isinstance(raw, str) else raw
    period = parse_period(f"{part[0]} {text} {number}") or parse_period(f"{text} {number}")
    if part[1] == 1 and period is None:
        period = period_of(number, 1, month_of(raw))
    return (period, None) if period else ("", "period_missing")


SPAN = ("tahun_mulai", "bulan_mulai", "tahun_selesai", "bulan_selesai")


def _read_record_period(batch: Batch) -> None:
    """Read the period of each record: months from and to, else its words with the year, else the year."""
    names = [name for name in (*SPAN, "periode", "periodik", "tahun") if batch.column(name) is not None]
    cells = {name: batch.raws(batch.column(name)) for name in names}
    seen: dict[Hashable, str] = {}
    texts = []
    for i in range(len(batch.rows)):
        key = tuple(plain(cells[name][i]) for name in names)
        if key not in seen:
            seen[key] = _record_period(dict(zip(names, key, strict=True))) or ""
        texts.append(seen[key])
    batch.values["periode"] = texts
    at = next((c for name in ("periode", "tahun", *SPAN) if (c := batch.column(name)) is not None), None)
    if at is not None:
        batch.cells["periode"] = at
    refuse_without_period(batch)


def _record_period(given: dict[str, str]) -> str | None:
    if any(given.get(name) for name in ("bulan_mulai", "bulan_selesai")):
        years = [year_of(given.get(name) or given.get("tahun", "")) for name in ("tahun_mulai", "tahun_selesai")]
        ends = [month_of(given.get(name, "")) for name in ("bulan_mulai", "bulan_selesai")]
        if None in years or None in ends:
            return None
        return period_between(years[0], ends[0], years[1], ends[1])  # type: ignore[arg-type]
    if given.get("periode"):
        return parse_period(given["periode"]) or parse_period(f"{given['periode']} {given.get('tahun', '')}")
    periodik = given.get("periodik", "").strip().lower()
    if periodik and periodik != "tahunan":
        return parse_period(f"{periodik} {given.get('tahun', '')}")
    return str(year) if (year := year_of(given.get("tahun", ""))) else None


# ---------------------------------------------------------------------------------------------------- codes


def _read_coded(batch: Batch, name: str, code: str, levels: Sequence[str]) -> bool:
    """Read a column of labels, of codes, or of both; return whether codes alone gave the values."""
    at = batch.column(code)
    if name not in batch.work.found.columns:
        if at is not None:
            batch.read(name, level_parser(name), at=at, needed=True)
        return at is not None
    stated = batch.read(name, level_parser(name), needed=True)
    if at is None:
        return False
    coded = _parse_codes(batch, name, at)
    _compare(batch, name, at, (stated, coded), levels)
    batch.values[name] = [label or other for label, other in zip(stated, coded, strict=True)]
    return False


def _parse_codes(batch: Batch, name: str, at: int) -> list[str]:
    parse = level_parser(name)
    seen: dict[Hashable, str] = {}
    out = []
    for raw in batch.raws(at):
        key = (raw.__class__, raw)
        if key not in seen:
            seen[key] = parse(raw)[0]
        out.append(seen[key])
    return out


def _compare(batch: Batch, name: str, at: int, said: tuple[list[str], list[str]], levels: Sequence[str]) -> None:
    """Report codes that do not say what the labels beside them say; all the other way round: the direction."""
    stated, coded = said
    mirror = dict(zip(levels, reversed(levels), strict=True))
    pairs = [(i, s, c) for i, (s, c) in enumerate(zip(stated, coded, strict=True)) if s and c]
    differing = [i for i, s, c in pairs if s != c]
    turned = bool(differing) and all(mirror[s] == c for _i, s, c in pairs)
    for i in differing:
        batch.work.note("code_reversed" if turned else "code_mismatch", batch.rows[i], at, table=batch.table, name=name)


def _note_reversed_codes(batch: Batch, coded: Sequence[bool]) -> bool:
    """Report ratings by code alone that fit the predikat only when read the other way round."""
    hasil, perilaku, predikat = (batch.texts(name) for name in ("rating_hasil", "rating_perilaku", "predikat"))
    if not (coded[0] and coded[1]) or coded[2]:
        return False
    mirror = dict(zip(RATING, reversed(RATING), strict=True)) | {"": ""}
    pairs = [(a, b, p) for a, b, p in zip(hasil, perilaku, predikat, strict=True) if a and b and p]
    straight = sum(score_predikat(a, b) != p for a, b, p in pairs[:1000])
    turned = sum(score_predikat(mirror[a], mirror[b]) != p for a, b, p in pairs[:1000])
    if straight < 2 or turned:
        return False
    for name in ("rating_hasil", "rating_perilaku"):
        at = batch.cells.get(name)
        for r in batch.rows:
            batch.work.note("code_reversed", r, at, table=batch.table, name=name)
    return True


def note_contradictions(batch: Batch) -> None:
    """Report a predikat that its two ratings contradict; it stays as it was reported."""
    names = ("rating_hasil", "rating_perilaku", "predikat")
    if any(name not in batch.values for name in names):
        return
    first, second, reported = (pd.Series(batch.values[name], dtype="str") for name in names)
    derived = score_predikat(first, second).astype("object")
    other = derived.notna() & (reported != "") & (derived != reported.astype("object"))
    for i in other.to_numpy().nonzero()[0].tolist():
        if i not in batch.bad:
            batch.fault("predikat_contradiction", i, "predikat", batch.cells.get("predikat"))
