"""A seeded agency with known effects: sample data, lessons, self-tests. Every person, number and place is invented.

`Effects` names what is planted, `build_agency` gives the canonical tables, `parse_effects` reads the command line,
`write_exports` turns the tables back into the raw exports of an office.
"""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

from kinerja_lib.errors import CallError
from kinerja_lib.language import _
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.synth import tables
from kinerja_lib.synth.effects import Effects, parse_effects
from kinerja_lib.synth.events import kegiatan_table
from kinerja_lib.synth.exports import write_exports
from kinerja_lib.synth.history import Agency, build_history
from kinerja_lib.synth.people import Calendar, build_staff, build_units
from kinerja_lib.vocabulary import Period

__all__ = ["Effects", "build_agency", "parse_effects", "write_exports"]

SMALLEST_UNIT = 3


def build_agency(
    *,
    people: int = 1200,
    units: int = 12,
    periods: int = 6,
    seed: int = 2025,
    last_period: str = "2025-S1",
    effects: Effects | None = None,
) -> Dataset:
    """Build an invented agency in which every effect is known.

    Parameters
    ----------
    people : int
        Everybody who was in service at some time in these periods; at least three a unit.
    units : int
        Units on two levels, at least 2; the largest has some twelve times the staff of the smallest.
    periods : int
        Half-years, up to and with `last_period`. Coaching starts in the second at the earliest.
    seed : int
        The same seed and arguments give the same tables, to the byte.
    last_period : str
        A half-year such as ``2025-S1``.
    effects : Effects, optional
        What is planted; without it, the sample agency's effects.

    Returns
    -------
    Dataset
        All canonical tables, as `read_dataset` would give them; `keterangan` holds the planted truth as
        ``kebenaran_<effect>``. A table without rows (no survey falls into one second half-year) is left out.

    Raises
    ------
    CallError
        A number too small, or a period that is no half-year.

    Examples
    --------
    >>> agency = build_agency(people=60, units=3, periods=2)
    >>> agency.unit_ids, agency.periods, agency.keterangan["kebenaran_coaching"]
    (['U01', 'U02', 'U03'], ['2024-S2', '2025-S1'], '0.3')
    """
    effects = Effects() if effects is None else effects
    for name, value, least in (("units", units, 2), ("periods", periods, 1), ("seed", seed, 0)):
        _require_at_least(name, value, least)
    _require_at_least("people", people, SMALLEST_UNIT * units)
    calendar = _calendar(last_period, periods)
    places = build_units(units, people, periods, seed)
    staff = build_staff(places, calendar, seed, effects)
    agency = build_history(calendar, places, staff, seed, effects)
    return Dataset(_tables(agency), keterangan=_describe(calendar, effects))


def _require_at_least(name: str, value: int, least: int) -> None:
    if value < least:
        message = _("{name}: ditemukan {found}; yang diizinkan: paling sedikit {least}.")
        raise CallError(message.format(name=name, found=value, least=least))


def _calendar(last_period: str, periods: int) -> Calendar:
    last = Period.parse(last_period)
    if last.months != 6:
        message = _("last_period: ditemukan {found}; yang diizinkan: semester, seperti 2025-S1.")
        raise CallError(message.format(found=last))
    return Calendar(tuple(last.shift(step) for step in range(1 - periods, 1)))


def _tables(agency: Agency) -> dict[str, pd.DataFrame]:
    columns = {
        "unit": tables.unit_table(agency),
        **tables.unit_tables(agency),
        "pegawai": tables.pegawai_table(agency),
        "penilaian": tables.penilaian_table(agency),
        "skp": tables.skp_table(agency),
        "kompetensi": tables.kompetensi_table(agency),
        "kegiatan": kegiatan_table(agency),
        "survei": tables.survei_table(agency),
    }
    frames = {name: tables.to_frame(name, columns[name]) for name in TABLES if name in columns}
    return {name: frame for name, frame in frames.items() if len(frame)}


def _describe(calendar: Calendar, effects: Effects) -> dict[str, str]:
    agency = "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia, Kabupaten Tirta Kencana"
    truth = {f"kebenaran_{field.name}": f"{getattr(effects, field.name):.10g}" for field in fields(effects)}
    return {
        "judul": "Agensi contoh",
        "instansi": agency,
        "tempat": "Tirta Kencana",
        "tanggal_data": str(calendar.data_date),
        "sintetis": "ya",
        "lisensi": "MIT",
        "catatan": "contoh, angka rekaan",
        **truth,
    }
