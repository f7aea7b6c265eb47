"""Checks of keys and of what the tables say of one another: units, people, periods, ids, empty cells."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from kinerja_lib.check.faults import Fault, fault
from kinerja_lib.check.plans import has_standard
from kinerja_lib.errors import list_values
from kinerja_lib.findings import Severity
from kinerja_lib.language import _
from kinerja_lib.rules import parse_nip
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.tree import find_circle, find_parents
from kinerja_lib.vocabulary import PEMBINAAN, Period

MISSING_SHARE = 0.05  # a share of empty cells from which it is a warning
NEEDED = (
    ("pegawai", "jenis_kelamin"),
    ("pegawai", "status"),
    ("pegawai", "golongan"),
    ("pegawai", "jenis_jabatan"),
    ("penilaian", "rating_hasil"),
    ("penilaian", "rating_perilaku"),
    ("skp", "target"),
    ("skp", "realisasi"),
    ("kompetensi", "level"),
    ("kompetensi", "level_standar"),
    ("kegiatan", "durasi_menit"),
    ("kegiatan", "jp"),
    ("kegiatan", "tindak_lanjut"),
    ("kegiatan", "tahap_grow"),
    ("indikator_unit", "nilai"),
    ("survei", "skor"),
)
HELPERS = (("penilaian", "penilai_id"), ("kegiatan", "pembimbing_id"))  # people who appraise or guide


def check_units(data: Dataset) -> Iterator[Fault]:
    """Report rows of a unit that the table `unit` lacks."""
    if "unit" not in data.tables:
        return
    known = data["unit"]["unit_id"]
    words = _("{n} baris tabel {table} menyebut unit yang tidak ada pada tabel unit.")
    remedy = _("Tambahkan unit itu pada tabel unit, atau perbaiki kodenya; sampai itu barisnya tidak dipakai.")
    for name, frame in data.tables.items():
        if name != "unit" and "unit_id" in frame:
            bad = frame["unit_id"].notna() & ~frame["unit_id"].isin(known)
            yield from fault("unit_unknown", "error", f"{name}.unit_id", bad, words, remedy=remedy)


def check_parents(data: Dataset) -> Iterator[Fault]:
    """Report units above that do not exist, and a circle of units."""
    units = data.tables.get("unit")
    if units is None or "induk_id" not in units:
        return
    words = _("{n} unit menyebut induk yang tidak ada pada tabel unit; unit itu dianggap tanpa induk.")
    remedy = _("Tambahkan unit induk pada tabel unit, atau kosongkan induk_id.")
    bad = units["induk_id"].notna() & ~units["induk_id"].isin(units["unit_id"])
    yield from fault("parent_unknown", "warning", "unit.induk_id", bad, words, remedy=remedy)
    circle = find_circle(find_parents(data))
    words = _("{n} unit saling menjadi induk: {circle}.")
    remedy = _("Putuskan lingkarannya: tiap unit harus berujung pada unit tanpa induk.")
    bad = units["unit_id"].isin(circle)
    yield from fault("unit_circle", "error", "unit.induk_id", bad, words, remedy=remedy, circle=" > ".join(circle))


def check_people(data: Dataset) -> Iterator[Fault]:
    """Report rows of a person whom the table `pegawai` lacks; of one who appraises or guides, as a note."""
    if "pegawai" not in data.tables:
        return
    known = data["pegawai"]["pegawai_id"]
    words = _("{n} baris tabel {table} menyebut pegawai yang tidak ada pada tabel pegawai.")
    remedy = _("Tambahkan pegawai itu pada tabel pegawai, atau perbaiki nomornya; sampai itu barisnya tidak dipakai.")
    for name, frame in data.tables.items():
        if name != "pegawai" and "pegawai_id" in frame:
            bad = ~frame["pegawai_id"].isin(known)
            yield from fault("person_unknown", "error", f"{name}.pegawai_id", bad, words, remedy=remedy)
    words = _("{n} baris tabel {table}: {column} tidak ada pada tabel pegawai.")
    remedy = _("Tidak perlu apa-apa bila orang itu dari luar instansi; bila tidak, periksa nomornya.")
    for name, column in HELPERS:
        if data.has(name, column):
            bad = data[name][column].notna() & ~data[name][column].isin(known)
            yield from fault("helper_unknown", "note", f"{name}.{column}", bad, words, remedy=remedy)


def check_spellings(data: Dataset) -> Iterator[Fault]:
    """Report ids that differ in spaces, marks or capitals only, and one name with one birth date under two ids."""
    places = [(n, c.name) for n in data for c in TABLES[n].columns if c.kind == "id" and c.name.endswith(_PERSON)]
    places = [(name, column) for name, column in places if column in data[name]]
    ids = pd.Series(pd.unique(pd.concat([data[n][c].dropna() for n, c in places]))) if places else pd.Series(dtype=str)
    bare = ids.str.replace(r"[^0-9A-Za-z]", "", regex=True).str.upper()
    odd = ids[bare.duplicated(keep=False) & (ids != bare)]
    words = _(
        "{n} baris tabel {table}: {column} sama dengan nomor orang lain kecuali spasi, tanda, atau huruf besarnya."
    )
    remedy = _("Tulis nomor yang sama dengan cara yang sama: 18 angka tanpa spasi dan tanda.")
    for name, column in places if len(odd) else ():
        bad = data[name][column].isin(odd)
        yield from fault("id_spelling", "error", f"{name}.{column}", bad, words, remedy=remedy)
    if data.has("pegawai", "nama", "tanggal_lahir"):
        people = data["pegawai"].dropna(subset=["nama", "tanggal_lahir"])
        names = people["nama"].str.upper().str.replace(r"[^A-Z]", "", regex=True)
        twins = people[["tanggal_lahir"]].assign(nama=names).duplicated(keep=False)
        bad = twins.reindex(data["pegawai"].index, fill_value=False)
        words = _("{n} pegawai bernama dan bertanggal lahir sama dengan pegawai lain yang nomornya berbeda.")
        remedy = _("Periksa: orang yang sama harus bernomor satu. Dua orang berbeda: biarkan.")
        yield from fault("person_twice", "warning", "pegawai.pegawai_id", bad, words, remedy=remedy)


_PERSON = ("pegawai_id", "penilai_id", "pembimbing_id")


def check_missing(data: Dataset) -> Iterator[Fault]:
    """Report empty cells of the columns that reports need; a predikat makes up for missing ratings."""
    words = _("{n} dari {total} baris tabel {table}: kolom {column} kosong.")
    remedy = _("Lengkapi dari sumbernya; baris yang kosong tidak ikut pada ukuran yang memakainya.")
    for table, column in NEEDED:
        if data.has(table) and column in data[table]:
            frame = data[table]
            asked = _is_asked(data, frame, column)
            bad, total = asked & frame[column].isna(), int(asked.sum())
            severity: Severity = "warning" if bad.sum() >= MISSING_SHARE * total else "note"
            # The cells are many and easily found by a filter: the count says enough.
            place = f"{table}.{column}"
            yield from fault("missing_values", severity, place, int(bad.sum()), words, remedy=remedy, total=total)


def _is_asked(data: Dataset, frame: pd.DataFrame, column: str) -> pd.Series:
    """Tell in which rows a column should hold something."""
    if column == "level_standar":
        return has_standard(data)  # what no law sets is a fault of its own
    if column.startswith("rating_") and "predikat" in frame:
        return frame["predikat"].isna()
    if column == "jp":
        return ~frame["jenis"].isin(PEMBINAAN)
    if column == "tahap_grow":
        return frame["jenis"] == "coaching"
    if column in ("durasi_menit", "tindak_lanjut"):
        return frame["jenis"].isin(PEMBINAAN)
    return pd.Series(data=True, index=frame.index)


def check_periods(data: Dataset) -> Iterator[Fault]:
    """Report periods of mixed length, and periods that are missing between the first and the last."""
    table = "penilaian" if data.has("penilaian") else "indikator_unit"
    place = f"{table}.periode"
    periods = [Period.parse(text) for text in data.periods]
    lengths = {period.months for period in periods}
    words = _("Periode berbeda panjang: {names}.")
    remedy = _("Pakai satu panjang periode; laporan membandingkan periode yang sama panjang saja.")
    mixed = len(lengths) if len(lengths) > 1 else 0
    names = list_values(str(period) for period in {period.months: period for period in periods}.values())
    yield from fault("period_lengths", "warning", place, mixed, words, remedy=remedy, names=names)
    words = _("{n} periode tidak ada di antara yang pertama dan yang terakhir: {names}.")
    remedy = _("Tambahkan periode itu bila datanya ada; grafik menampilkan sela.")
    for months in sorted(lengths):
        missing = list(_gaps([period for period in periods if period.months == months]))
        names = list_values(missing)
        yield from fault("period_gaps", "warning", place, len(missing), words, remedy=remedy, names=names)


def _gaps(periods: list[Period]) -> Iterator[str]:
    for before, after in pairwise(periods):
        at = before.shift(1)
        while at < after:
            yield str(at)
            at = at.shift(1)


def check_numbers(data: Dataset) -> Iterator[Fault]:
    """Report ids that are no NIP, NIP that mean nothing, and what a NIP says otherwise than its row."""
    if not data.has("pegawai"):
        return
    people = data["pegawai"]
    is_nip = people["pegawai_id"].str.fullmatch(r"\d{18}").astype(bool)
    said = parse_nip(people["pegawai_id"])
    words = _("{n} pegawai bernomor bukan NIP 18 angka (nama samaran atau nomor lain).")
    place, remedy = "pegawai.pegawai_id", _("Biarkan bila disengaja.")
    yield from fault("id_not_nip", "note", place, int((~is_nip).sum()), words, remedy=remedy)
    words = _("{n} NIP berangka ke-13 dan ke-14 yang bukan bulan (PNS) dan bukan 21 ke atas (PPPK).")
    remedy = _("Periksa nomornya pada sumbernya.")
    bad = is_nip & said["faults"].astype("str").str.contains("nip_month")
    yield from fault("nip_class", "warning", place, bad, words, remedy=remedy)
    status = _column(people, "status")
    kind = said["status"].astype("object")
    words = _("{n} pegawai berstatus lain daripada yang ditunjukkan nomornya.")
    bad = kind.notna() & status.notna() & (kind != status)
    yield from fault("status_contradiction", "warning", "pegawai.status", bad, words, remedy=remedy)
    words = _("{n} pegawai tanpa status, padahal nomornya menunjukkannya.")
    bad, remedy = kind.notna() & status.isna(), _("Isi PNS atau PPPK.")
    yield from fault("status_missing", "note", "pegawai.status", bad, words, remedy=remedy)
    born = _column(people, "tanggal_lahir")
    words = _("{n} pegawai bertanggal lahir lain daripada yang tertulis pada nomornya.")
    bad = said["birth_date"].notna() & born.notna() & (said["birth_date"] != born)
    remedy = _("Periksa tanggal lahir dan NIP pada SK; yang salah diperbaiki pada sumbernya.")
    yield from fault("nip_birth_differs", "warning", "pegawai.tanggal_lahir", bad, words, remedy=remedy)
    words = _("{n} pegawai berjenis kelamin lain daripada yang ditunjukkan angka ke-15 nomornya.")
    sex, digit = _column(people, "jenis_kelamin"), said["sex"].astype("object")
    bad = digit.notna() & sex.notna() & (digit != sex)
    yield from fault("nip_sex_differs", "warning", "pegawai.jenis_kelamin", bad, words, remedy=remedy)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as plain objects; all missing where the table lacks it."""
    return frame[name].astype("object") if name in frame else pd.Series(None, index=frame.index, dtype="object")


def check_ignored(data: Dataset) -> Iterator[Fault]:
    """Report columns that no canonical table has and that were not read."""
    remedy = _("Tidak perlu apa-apa, kecuali kolom itu dimaksudkan: samakan namanya dengan kamus data.")
    words = _("Kolom {column} tidak dikenal dan tidak dibaca.")
    for place in data.ignored:
        yield from fault("column_ignored", "note", place, 1, words, remedy=remedy)
