"""Development events: records of courses of SIASN, and a trainer's own log of coaching, mentoring and counselling."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial

from kinerja_lib.read.convert_batch import Batch, Work, data_rows
from kinerja_lib.read.convert_own import labels, level_parser
from kinerja_lib.read.convert_penilaian import read_key
from kinerja_lib.read.times import minutes_between, parse_date, parse_minutes
from kinerja_lib.read.values import (
    Parsed,
    clean_text,
    clean_words,
    is_missing,
    parse_boolean,
    parse_code,
    parse_number,
    split_people,
)

MINUTES_A_DAY = 1440
JP_A_DAY = 32  # 24 hours of 45 minutes: more cannot be held in a day
JP_LIMIT = 1000  # of an event without an end; the longest leadership programmes stay below
TOPIC = re.compile(r"(rhk|skp|kompetensi|perilaku|karier|karir)\s*[:.\s-]\s*([0-9]{1,2})", re.IGNORECASE)
WORDS_OF_KIND = {  # words of a title or a header that say which kind of session a log holds
    "coaching": ("coaching", "coachee", "coach"),
    "mentoring": ("mentoring", "mentee", "mentor"),
    "konseling": ("konseling", "konseli", "konselor", "counseling", "counselling"),
}


def convert_courses(work: Work) -> None:
    """Read records of courses; dates of SIASN are day first and never ambiguous."""
    batch = _start(work)
    _read_kind(batch)
    _read_dates(batch, free=False)
    _read_amounts(batch)
    _name_events(batch)
    _check_events(batch)


def convert_log(work: Work) -> None:
    """Read a log: one row a session and person; free text never becomes a column."""
    batch = _start(work)
    _read_kind(batch)
    _read_dates(batch, free=True)
    _read_amounts(batch)
    _read_guide(batch)
    _read_words(batch)
    _name_events(batch)
    _check_events(batch)


def _start(work: Work) -> Batch:
    """Return the rows of events, one for each person whom a cell names."""
    rows = data_rows(work, "pegawai_id", aside=("kegiatan_id",))
    at = work.found.columns.get("pegawai_id")
    if at is None:
        batch = Batch(work, "kegiatan", rows)
        read_key(batch)
        return batch
    pairs = [(r, raw) for r in rows for raw in split_people(work.cell(r, at))]
    batch = Batch(work, "kegiatan", [r for r, _raw in pairs])
    batch.read_person("pegawai_id", raws=[raw for _r, raw in pairs], key=True)
    return batch


# ---------------------------------------------------------------------------------------------------- which kind


def _read_kind(batch: Batch) -> None:
    """Read `jenis` from its code, else its label, else what title and header say of the whole sheet."""
    found = batch.work.found
    names = [name for name in ("jenis_id", "jenis") if name in found.columns]
    whole = "diklat_struktural" if "struktural" in found.columns else _kind_of_sheet(batch.work, header=not names)
    if not names:
        batch.values["jenis"] = [found.constants.get("jenis", whole)] * len(batch.rows)
        _refuse_without_kind(batch)
        return
    columns = [batch.raws(batch.column(name)) for name in names]
    given = [next((raw for raw in raws if not is_missing(raw)), "") for raws in zip(*columns, strict=True)]
    kinds = batch.read("jenis", level_parser("jenis"), at=batch.column(names[0]), raws=given, needed=True)
    batch.values["jenis"] = [kind or found.constants.get("jenis", whole) for kind in kinds]
    _refuse_without_kind(batch)


def _refuse_without_kind(batch: Batch) -> None:
    for i, kind in enumerate(batch.values["jenis"]):
        if not kind and i not in batch.bad:
            batch.fault("label_missing", i, "jenis", batch.cells.get("jenis"), needed=True)


def _kind_of_sheet(work: Work, *, header: bool) -> str:
    """Return the one kind of session that head block and name of the sheet, or else the header, speak of, or ""."""
    if work.found.kind == "siasn_kursus":
        return ""
    head = [value for row in work.sheet.rows[: work.found.header] for value in row if isinstance(value, str)]
    for texts in ([*head, work.sheet.name or ""], list(work.found.headers.values()) if header else []):
        words = {word for text in texts for word in clean_words(text).split()}
        kinds = [kind for kind, own in WORDS_OF_KIND.items() if words & set(own)]
        if len(kinds) == 1:
            return kinds[0]
    return ""


# ---------------------------------------------------------------------------------------------------- when, how long


def _read_dates(batch: Batch, *, free: bool) -> None:
    parse = partial(parse_date, free=free)
    if "mulai" in batch.work.found.columns:
        batch.read("mulai", parse, missing="date_missing", needed=True)
    else:
        batch.read("mulai", lambda _raw: ("", "date_missing"), at=batch.column("tahun"), needed=True)
    if "selesai" in batch.work.found.columns:
        batch.read("selesai", parse)
    elif free:
        batch.values["selesai"] = list(batch.values["mulai"])
    for i, (start, end) in enumerate(zip(batch.values["mulai"], batch.texts("selesai"), strict=True)):
        if start and end and end < start:
            batch.empty("event_ends_early", i, "selesai")


def _read_amounts(batch: Batch) -> None:
    """Read duration, JP and cost."""
    columns = batch.work.found.columns
    if "durasi_menit" in columns or "durasi_jam" in columns:
        name = "durasi_menit" if "durasi_menit" in columns else "durasi_jam"
        words = clean_words(batch.work.found.headers.get(columns[name], "")).split()
        unit = "jam" if name == "durasi_jam" or "jam" in words else "menit" if "menit" in words else None
        batch.read("durasi_menit", partial(parse_minutes, unit=unit), at=columns[name])
    elif "jam_mulai" in columns and "jam_selesai" in columns:
        pairs = list(zip(*(batch.raws(columns[name]) for name in ("jam_mulai", "jam_selesai")), strict=True))
        batch.read("durasi_menit", lambda pair: minutes_between(*pair), at=columns["jam_mulai"], raws=pairs)  # type: ignore[misc]
    for name, money in (("jp", False), ("biaya", True)):
        if name in columns:
            batch.read(name, _parse_jp if name == "jp" else partial(parse_number, low=0, money=money))
            batch.note_text_numbers(name)


def _parse_jp(value: object) -> Parsed:
    text, rule = parse_number(
        re.sub(r"\s*(jp|jam pelajaran|jam)\s*$", "", value, flags=re.IGNORECASE) if isinstance(value, str) else value,
        low=0,
    )
    return ("", "jp_zero") if text == "0" else (text, rule)


# ---------------------------------------------------------------------------------------------------- who, what about


def _read_guide(batch: Batch) -> None:
    """Read who guided, and in which role: of its own column, else by the word in the header."""
    at = batch.column("pembimbing_id")
    if at is not None:
        raws = batch.raws(at)
        given: list[object] = []
        for i, raw in enumerate(raws):
            several = split_people(raw)
            if len(several) > 1:
                batch.fault("guide_several", i, "pembimbing_id", at)
            first = several[0]
            named = isinstance(first, str) and not is_missing(first) and not re.search("[0-9]", first)
            if named:
                batch.fault("guide_name", i, "pembimbing_id", at)
            given.append("" if named else first)
        batch.read_person("pembimbing_id", raws=given)
    if "peran_pembimbing" in batch.work.found.columns:
        batch.read("peran_pembimbing", level_parser("peran_pembimbing"))
    elif at is not None:
        words = clean_words(batch.work.found.headers.get(at, "")).split()
        roles = {role for known, role in labels("peran_pembimbing").items() if known in words}
        role = roles.pop() if len(roles) == 1 else ""
        batch.values["peran_pembimbing"] = ["" if is_missing(raw) else role for raw in raws]


def _read_words(batch: Batch) -> None:
    columns = batch.work.found.columns
    for name in ("moda", "tahap_grow"):
        if name in columns:
            batch.read(name, level_parser(name))
    if "tindak_lanjut" in columns:
        batch.read("tindak_lanjut", _parse_follow_up)
    if "topik" in columns:
        topics = batch.read("topik", _parse_topic)
        private = [kind == "konseling" for kind in batch.values["jenis"]]
        batch.values["topik"] = ["" if own else text for text, own in zip(topics, private, strict=True)]


def _parse_follow_up(value: object) -> Parsed:
    text, rule = parse_boolean(value)
    return (text, rule) if rule is None else ("", "text_free")


def _parse_topic(value: object) -> Parsed:
    """Return the code of a topic such as "kompetensi:3"; any other text stays out."""
    if is_missing(value):
        return "", None
    found = TOPIC.fullmatch(clean_text(value)[0])
    if found is None:
        return "", "text_free"
    return f"{found[1].lower().replace('karir', 'karier')}:{int(found[2])}", None


# ---------------------------------------------------------------------------------------------------- keys, checks


def _name_events(batch: Batch) -> None:
    """Give each event its own id where the file has one, else one made of its content: the same in every export."""
    at = batch.column("kegiatan_id")
    own = batch.read("kegiatan_id", parse_code) if at is not None else [""] * len(batch.rows)
    names = batch.raws(batch.column("nama_kegiatan"))
    columns = (batch.values["pegawai_id"], batch.values["jenis"], batch.values["mulai"])
    batch.values["kegiatan_id"] = [
        text or event_id(person, kind, start, name)
        for text, name, person, kind, start in zip(own, names, *columns, strict=True)
    ]


def event_id(person: str, kind: str, start: str, name: object = "") -> str:
    """Return the id of an event by its content: person, kind, first day and the words of its name.

    Examples
    --------
    >>> event_id("198501012010011001", "seminar", "2025-03-04", "Tata  Naskah") == event_id(
    ...     "198501012010011001", "seminar", "2025-03-04", "TATA NASKAH")
    True
    """
    content = "|".join((person, kind, start, clean_words(name)))
    return "K" + hashlib.sha256(content.encode()).hexdigest()[:16]


def _check_events(batch: Batch) -> None:
    """Report what cannot be or can hardly be: by the NIP, by today, by the length of the event."""
    today = datetime.now(UTC).date().isoformat()
    starts = batch.values["mulai"]
    for i, start in enumerate(starts):
        if not start or i in batch.bad:
            continue
        person = batch.people[i]
        if person.birth and start < person.birth:
            batch.fault("event_before_birth", i, "mulai", batch.cells.get("mulai"), needed=True)
        elif person.status == "PNS" and person.tmt and start < person.tmt:
            batch.fault("event_before_service", i, "mulai", batch.cells.get("mulai"))
        elif start > today:
            batch.fault("event_future", i, "mulai", batch.cells.get("mulai"))
    ends = batch.texts("selesai")
    _limit(
        batch,
        "durasi_menit",
        "duration_over_day",
        [MINUTES_A_DAY * _days(s, e, 1) for s, e in zip(starts, ends, strict=True)],
    )
    most = JP_LIMIT // JP_A_DAY + 1
    _limit(
        batch,
        "jp",
        "jp_implausible",
        [min(JP_A_DAY * _days(s, e, most), JP_LIMIT) for s, e in zip(starts, ends, strict=True)],
    )


def _days(start: str, end: str, otherwise: int) -> int:
    if not start or not end:
        return otherwise
    return max((date.fromisoformat(end) - date.fromisoformat(start)).days + 1, 1)


def _limit(batch: Batch, name: str, rule: str, limits: Sequence[float]) -> None:
    for i, (text, limit) in enumerate(zip(batch.texts(name), limits, strict=True)):
        if text and float(text) > limit and i not in batch.bad:
            batch.empty(rule, i, name)
