"""Checks of development events: when they were, how long they took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pandas as pd

from kinerja_lib.check.faults import Fault, fault
from kinerja_lib.findings import Severity
from kinerja_lib.language import _
from kinerja_lib.schema import Dataset
from kinerja_lib.vocabulary import PEMBINAAN

MINUTES_A_DAY = 1440
SHORT = 5  # minutes below which a session was more likely written down in hours
JP_A_DAY = 32  # 24 hours of 45 minutes: more cannot be held in a day
JP_LIMIT = 1000  # of an event without an end; the longest leadership programmes stay below


def data_day(data: Dataset) -> tuple[pd.Timestamp, bool]:
    """Return the day up to which the data can reach, and whether the office said it (else it is today)."""
    taken = pd.to_datetime(data.keterangan.get("tanggal_data", ""), format="%Y-%m-%d", errors="coerce")
    if pd.isna(taken):
        return pd.Timestamp(datetime.now().astimezone().date()), False
    return taken, True


def check_event_dates(data: Dataset) -> Iterator[Fault]:
    """Report events before birth or service, after exit or the date of the data, or that end before they begin."""
    if not data.has("kegiatan"):
        return
    events = data["kegiatan"]
    people = data.tables.get("pegawai", pd.DataFrame({"pegawai_id": []})).set_index("pegawai_id")
    start, end = events["mulai"], events["selesai"] if "selesai" in events else events["mulai"]

    def of_person(column: str) -> pd.Series:
        if column not in people:
            return pd.Series(pd.NaT, index=events.index)
        return events["pegawai_id"].map(people[column])

    day, is_said = data_day(data)
    late, words = ("event_after_data", _("{n} kegiatan sesudah tanggal data."))
    if not is_said:
        late, words = ("event_future", _("{n} kegiatan bertanggal di masa depan."))
    remedy = _("Perbaiki tanggal kegiatan, atau tanggal pada tabel pegawai.")
    cases: tuple[tuple[str, Severity, pd.Series, str], ...] = (
        ("event_before_birth", "error", start < of_person("tanggal_lahir"), _("{n} kegiatan sebelum tanggal lahir.")),
        ("event_before_service", "warning", start < of_person("tmt_cpns"), _("{n} kegiatan sebelum TMT CPNS.")),
        ("event_after_exit", "warning", start > of_person("tanggal_keluar"), _("{n} kegiatan sesudah pegawai keluar.")),
        (late, "warning", start > day, words),
    )
    for rule, severity, bad, text in cases:
        yield from fault(rule, severity, "kegiatan.mulai", bad, text, remedy=remedy)
    place, words = "kegiatan.selesai", _("{n} kegiatan selesai sebelum mulai.")
    yield from fault("event_ends_early", "error", place, end < start, words, remedy=remedy)


def check_amounts(data: Dataset) -> Iterator[Fault]:
    """Report sessions of more than a day or of a few minutes, and more JP than the days can hold."""
    events = data.tables.get("kegiatan", pd.DataFrame())
    if events.empty:
        return
    end = events["selesai"] if "selesai" in events else pd.Series(pd.NaT, index=events.index)
    days = (end - events["mulai"]).dt.days + 1
    days = days.where(days >= 1)
    if "durasi_menit" in events:
        minutes, place = events["durasi_menit"], "kegiatan.durasi_menit"
        words = _("{n} kegiatan berdurasi lebih dari 24 jam sehari.")
        remedy = _("Isi durasi_menit dengan menit, bukan detik atau jam.")
        bad = minutes > MINUTES_A_DAY * days.fillna(1)
        yield from fault("duration_over_day", "warning", place, bad, words, remedy=remedy)
        words = _("{n} sesi pembinaan berdurasi kurang dari {least} menit; mungkin yang ditulis jam.")
        bad = (minutes < SHORT) & events["jenis"].isin(PEMBINAAN)
        yield from fault("duration_unit", "warning", place, bad, words, remedy=remedy, least=SHORT)
    if "jp" in events:
        limit = (days * JP_A_DAY).fillna(JP_LIMIT).clip(upper=JP_LIMIT)
        words = _("{n} kegiatan mencatat JP yang tidak mungkin untuk lamanya.")
        remedy = _("Periksa JP pada sertifikat (1 JP = 45 menit).")
        yield from fault("jp_implausible", "warning", "kegiatan.jp", events["jp"] > limit, words, remedy=remedy)
