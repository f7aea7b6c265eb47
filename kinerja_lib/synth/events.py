"""The table `kegiatan`: sessions of coaching, mentoring and counselling, and courses, each with its day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.synth.effects import stream
from kinerja_lib.synth.history import SESSIONS, Agency
from kinerja_lib.synth.people import Calendar, Days, Floats, Ints, Staff, pick
from kinerja_lib.vocabulary import JENIS_KEGIATAN, PERAN_PEMBIMBING

SLOTS = 4  # most sessions, or courses, of one kind in a period
KINDS = (*SESSIONS, "pelatihan")
# jenis, share, fewest and most JP, share online, rupiah for a JP
COURSES = (
    ("diklat_teknis", 0.14, 20, 40, 0.2, 110_000),
    ("diklat_fungsional", 0.05, 30, 60, 0.2, 120_000),
    ("pelatihan_manajerial", 0.03, 40, 80, 0.3, 140_000),
    ("pelatihan_sosial_kultural", 0.05, 12, 20, 0.3, 80_000),
    ("bimbingan_teknis", 0.20, 14, 28, 0.3, 90_000),
    ("workshop", 0.12, 10, 20, 0.3, 100_000),
    ("seminar", 0.15, 4, 8, 0.6, 60_000),
    ("e_learning", 0.18, 8, 24, 1.0, 15_000),
    ("pelatihan_jarak_jauh", 0.08, 16, 30, 1.0, 30_000),
)
LENGTHS = {"coaching": (45, 60, 75, 90), "mentoring": (30, 45, 60, 90), "konseling": (45, 60, 90)}
FOLLOWED = {"coaching": 0.72, "mentoring": 0.60, "konseling": 0.85}
TOPICS = (*(f"kompetensi:{k}" for k in range(1, 10)), "skp:1", "skp:2", "karier:1")


def kegiatan_table(agency: Agency) -> dict[str, Any]:
    """Return the columns of `kegiatan` in the order of time; nothing happens after the last day of service."""
    calendar, staff, history = agency.calendar, agency.staff, agency.history
    parts = []
    for place, kind in enumerate(KINDS):
        rng = stream(agency.seed, f"kegiatan {kind}")
        for period in range(len(calendar)):
            draws = rng.random((5, SLOTS, len(staff)))
            counts = history.sessions[kind][:, period]
            person = np.repeat(np.arange(len(staff)), counts)
            slot = np.arange(len(person)) - np.repeat(np.cumsum(counts) - counts, counts)
            day = _days(calendar, period, (slot + draws[0, slot, person]) / counts[person])
            number = ((person * len(calendar) + period) * len(KINDS) + place) * SLOTS + slot
            grow = slot if kind == "coaching" else -1
            common = {"number": number, "person": person, "mulai": day, "grow": grow}
            own = draws[1:, slot, person]
            rest = _course(own) if kind == "pelatihan" else _session(kind, agency, period, person, own)
            parts.append(pd.DataFrame({**common, **rest}))
    events = pd.concat(parts, ignore_index=True)
    leaves = history.exit_on[events["person"].to_numpy()]
    events["selesai"] = _last_days(events["mulai"].to_numpy(dtype="datetime64[D]"), events["days"].to_numpy())
    events = events[~(events["selesai"].to_numpy(dtype="datetime64[D]") >= leaves)]
    events = events.sort_values(["mulai", "number"], kind="stable", ignore_index=True)
    return _columns(events, staff)


def _days(calendar: Calendar, period: int, share: Floats) -> Days:
    """Return working days of the period, early to late as `share` goes from 0 to 1, with room for a course."""
    start, end = calendar.start[period], calendar.end[period]
    room = int((end - start).astype(int)) - 14
    day = start + 2 + np.floor(share * room).astype(np.int64).astype("timedelta64[D]")
    weekday = (day.astype(np.int64) + 3) % 7  # 0 is Monday
    return np.asarray(day - np.maximum(weekday - 4, 0).astype("timedelta64[D]"))


def _last_days(first: Days, days: Ints) -> Days:
    """Return the last days of events that end on a working day."""
    last = first + (days - 1).astype("timedelta64[D]")
    weekday = (last.astype(np.int64) + 3) % 7
    return np.asarray(last + np.where(weekday > 4, 7 - weekday, 0).astype("timedelta64[D]"))


def _session(kind: str, agency: Agency, period: int, person: Ints, draws: Floats) -> dict[str, Any]:
    """Return the sessions of one kind: by one's rater, a senior colleague, or the head of another unit."""
    history, staff = agency.history, agency.staff
    rater, unit = history.rater[person, period], staff.unit[person, period]
    head = history.head[(unit + 1) % len(history.head), period]
    if kind == "coaching":
        own = history.by_rater[person, period] & (rater >= 0)
        guide, role = np.where(own, rater, head), np.where(own, "atasan", "coach")
    elif kind == "mentoring":
        guide, role = history.mentor[person, period], np.full(len(person), "mentor")
    else:
        guide, role = head, np.full(len(person), "konselor")
    guide = np.where(guide == person, -1, guide)
    role = np.where((guide < 0) & (kind != "konseling"), "widyaiswara", role)
    lengths = np.array(LENGTHS[kind], dtype=np.float64)
    return {
        "jenis": JENIS_KEGIATAN.index(kind),
        "days": 1,
        "durasi_menit": lengths[(draws[0] * len(lengths)).astype(np.int64)],
        "jp": np.nan,
        "guide": guide,
        "role": np.array([PERAN_PEMBIMBING.index(name) for name in role], dtype=np.int64),
        "moda": (draws[1] < 0.3).astype(np.int64),
        "topic": -1 if kind == "konseling" else (draws[2] * len(TOPICS)).astype(np.int64),
        "follow": (draws[3] < FOLLOWED[kind]).astype(np.int64),
        "biaya": np.nan,
    }


def _course(draws: Floats) -> dict[str, Any]:
    shares = np.cumsum([course[1] for course in COURSES])[:-1]
    which = np.searchsorted(shares, draws[0], side="right")
    low, high, online, price = (
        np.array([c[place] for c in COURSES], dtype=np.float64)[which] for place in (2, 3, 4, 5)
    )
    jp = low + np.floor(draws[1] * (high - low + 1))
    return {
        "jenis": np.array([JENIS_KEGIATAN.index(course[0]) for course in COURSES])[which],
        "days": np.minimum(np.ceil(jp / 8), 12).astype(np.int64),
        "durasi_menit": jp * 45,
        "jp": jp,
        "guide": -1,
        "role": -1,
        "moda": (draws[2] < online).astype(np.int64),
        "topic": -1,
        "follow": -1,
        "biaya": np.round(jp * price * (0.8 + 0.4 * draws[3]) / 10_000) * 10_000,
    }


def _columns(events: pd.DataFrame, staff: Staff) -> dict[str, Any]:
    values = {name: events[name].to_numpy() for name in events}
    return {
        "kegiatan_id": events["number"].add(1).astype("str").radd("K").array,
        "pegawai_id": staff.ids.take(values["person"]),
        "jenis": values["jenis"],
        "mulai": values["mulai"],
        "selesai": values["selesai"],
        "durasi_menit": values["durasi_menit"],
        "jp": values["jp"],
        "pembimbing_id": staff.ids.take(values["guide"], allow_fill=True),
        "peran_pembimbing": values["role"],
        "moda": values["moda"],
        "topik": pick(TOPICS, values["topic"]),
        "tahap_grow": values["grow"],
        "tindak_lanjut": values["follow"],
        "biaya": values["biaya"],
    }
