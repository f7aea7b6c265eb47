"""Checks of a whole `Dataset`: one small function a rule, each giving `Findings` with a remedy.

The schema already refuses single values out of range; here is what needs more than one value to see. No message holds
an id or a name. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pandas as pd

from kinerja_lib.errors import list_values
from kinerja_lib.findings import Finding, Findings, Severity
from kinerja_lib.language import _
from kinerja_lib.rules import check_distribution, score_predikat, sharing_limit, smallest_judged
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.tree import find_circle, find_parents
from kinerja_lib.vocabulary import PEMBINAAN, PREDIKAT, Period, sort_periods

MINUTES_A_DAY = 1440
JP_A_DAY = 32  # 24 hours of 45 minutes: more cannot be held in a day
JP_LIMIT = 1000  # of an event without an end; the longest leadership programmes stay below
RATER_N = 10  # ratings of one rater in one period before sameness says anything
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


def check_dataset(data: Dataset) -> Findings:
    """Return all that is found wrong or odd in the tables, errors first.

    Parameters
    ----------
    data : Dataset
        The canonical tables. Not changed.

    Returns
    -------
    Findings
        Errors, warnings, notes, each in the order of the rules.
    """
    found = Findings.collect(check(data) for check in CHECKS)
    order = {"error": 0, "warning": 1, "note": 2}
    return Findings(tuple(sorted(found, key=lambda finding: order[finding.severity])))


def build_inventory(data: Dataset) -> pd.DataFrame:
    """Return what the data hold.

    Parameters
    ----------
    data : Dataset
        The canonical tables.

    Returns
    -------
    DataFrame
        One row a table, in the order of the schema: `table`, `rows`, `columns` (names of those present, one text),
        `first_period`, `last_period` (for events the months; missing where the table has no time), `missing` (empty
        cells, per cent of all).
    """
    rows = []
    for name in (name for name in TABLES if name in data.tables):
        frame = data[name]
        first, last = _span(frame)
        missing = 100 * float(frame.isna().to_numpy().mean()) if frame.size else float("nan")
        rows.append([name, len(frame), ", ".join(frame.columns), first, last, missing])
    return pd.DataFrame(rows, columns=["table", "rows", "columns", "first_period", "last_period", "missing"])


def _span(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    if "periode" in frame:
        periods = sort_periods(frame["periode"].dropna().unique())
        return (periods[0], periods[-1]) if periods else (None, None)
    if "mulai" in frame and frame["mulai"].notna().any():
        ends = frame["mulai"].min(), frame["mulai"].max()
        return f"{ends[0]:%Y-%m}", f"{ends[1]:%Y-%m}"
    return None, None


def _found(
    rule: str, severity: Severity, place: str, count: int, words: str, *, remedy: str, **values: object
) -> Findings:
    """Return one finding about `place` (table.column) where `count` is more than none."""
    if not count:
        return Findings()
    table, _dot, column = place.partition(".")
    text = words.format(n=count, table=table, column=column, **values)
    finding = Finding(
        rule=rule, severity=severity, table=table, column=column or None, count=count, message=text, remedy=remedy
    )
    return Findings((finding,))


def check_units(data: Dataset) -> Findings:
    """Report rows of a unit that the table `unit` lacks."""
    known = data["unit"]["unit_id"]
    words = _("{n} baris tabel {table} menyebut unit yang tidak ada pada tabel unit.")
    remedy = _("Tambahkan unit itu pada tabel unit, atau perbaiki kodenya; sampai itu barisnya tidak dipakai.")
    return Findings.collect(
        _found(
            "unit_unknown", "error", f"{name}.unit_id", _count_unknown(frame, "unit_id", known), words, remedy=remedy
        )
        for name, frame in data.tables.items()
        if name != "unit"
    )


def check_parents(data: Dataset) -> Findings:
    """Report units above that do not exist, and a circle of units."""
    words = _("{n} unit menyebut induk yang tidak ada pada tabel unit; unit itu dianggap tanpa induk.")
    remedy = _("Tambahkan unit induk pada tabel unit, atau kosongkan induk_id.")
    count = _count_unknown(data["unit"], "induk_id", data["unit"]["unit_id"])
    found = _found("parent_unknown", "warning", "unit.induk_id", count, words, remedy=remedy)
    circle = find_circle(find_parents(data))
    words = _("{n} unit saling menjadi induk: {circle}.")
    remedy = _("Putuskan lingkarannya: tiap unit harus berujung pada unit tanpa induk.")
    return found + _found(
        "unit_circle",
        "error",
        "unit.induk_id",
        max(len(circle) - 1, 0),
        words,
        remedy=remedy,
        circle=" > ".join(circle),
    )


def check_people(data: Dataset) -> Findings:
    """Report rows of a person whom the table `pegawai` lacks."""
    if "pegawai" not in data.tables:
        return Findings()
    known = data["pegawai"]["pegawai_id"]
    words = _("{n} baris tabel {table} menyebut pegawai yang tidak ada pada tabel pegawai.")
    remedy = _("Tambahkan pegawai itu pada tabel pegawai, atau perbaiki nomornya; sampai itu barisnya tidak dipakai.")
    return Findings.collect(
        _found(
            "person_unknown",
            "error",
            f"{name}.pegawai_id",
            _count_unknown(frame, "pegawai_id", known),
            words,
            remedy=remedy,
        )
        for name, frame in data.tables.items()
        if name != "pegawai"
    )


def _count_unknown(frame: pd.DataFrame, column: str, known: pd.Series) -> int:
    if column not in frame:
        return 0
    return int((frame[column].notna() & ~frame[column].isin(known)).sum())


def check_predikat(data: Dataset) -> Findings:
    """Report a predikat that its two ratings contradict."""
    if not data.has("penilaian", "predikat", "rating_hasil", "rating_perilaku"):
        return Findings()
    rows = data["penilaian"]
    derived = score_predikat(rows["rating_hasil"], rows["rating_perilaku"]).astype("object")
    other = derived.notna() & rows["predikat"].notna() & (derived != rows["predikat"].astype("object"))
    words = _("{n} predikat tidak cocok dengan kedua ratingnya; dipakai predikat dari rating.")
    remedy = _("Periksa rating dan predikat pada sumbernya (PermenPANRB 6/2022).")
    return _found("predikat_contradiction", "warning", "penilaian.predikat", int(other.sum()), words, remedy=remedy)


def check_event_dates(data: Dataset) -> Findings:
    """Report events before birth or service, after exit or the date of the data, or that end before they begin."""
    if not data.has("kegiatan"):
        return Findings()
    events = data["kegiatan"]
    people = data.tables.get("pegawai", pd.DataFrame({"pegawai_id": []})).set_index("pegawai_id")
    start, end = events["mulai"], events["selesai"] if "selesai" in events else events["mulai"]

    def of_person(column: str) -> pd.Series:
        if column not in people:
            return pd.Series(pd.NaT, index=events.index)
        return events["pegawai_id"].map(people[column])

    taken = pd.to_datetime(data.keterangan.get("tanggal_data", ""), format="%Y-%m-%d", errors="coerce")
    remedy = _("Perbaiki tanggal kegiatan, atau tanggal pada tabel pegawai.")
    cases: tuple[tuple[str, Severity, pd.Series, str], ...] = (
        ("event_before_birth", "error", start < of_person("tanggal_lahir"), _("{n} kegiatan sebelum tanggal lahir.")),
        ("event_before_service", "warning", start < of_person("tmt_cpns"), _("{n} kegiatan sebelum TMT CPNS.")),
        ("event_after_exit", "warning", start > of_person("tanggal_keluar"), _("{n} kegiatan sesudah pegawai keluar.")),
        ("event_after_data", "warning", start > taken, _("{n} kegiatan sesudah tanggal data.")),
        ("event_ends_early", "error", end < start, _("{n} kegiatan selesai sebelum mulai.")),
    )
    return Findings.collect(
        _found(rule, severity, "kegiatan.mulai", int(bad.sum()), words, remedy=remedy)
        for rule, severity, bad, words in cases
    )


def check_amounts(data: Dataset) -> Findings:
    """Report sessions of more than a day, and more JP than the days can hold."""
    events = data.tables.get("kegiatan", pd.DataFrame())
    if events.empty:
        return Findings()
    end = events["selesai"] if "selesai" in events else pd.Series(pd.NaT, index=events.index)
    days = (end - events["mulai"]).dt.days + 1
    days = days.where(days >= 1)
    found = Findings()
    if "durasi_menit" in events:
        words = _("{n} kegiatan berdurasi lebih dari 24 jam sehari.")
        remedy = _("Isi durasi_menit dengan menit, bukan detik atau jam.")
        count = int((events["durasi_menit"] > MINUTES_A_DAY * days.fillna(1)).sum())
        found += _found("duration_over_day", "warning", "kegiatan.durasi_menit", count, words, remedy=remedy)
    if "jp" in events:
        limit = (days * JP_A_DAY).fillna(JP_LIMIT).clip(upper=JP_LIMIT)
        words = _("{n} kegiatan mencatat JP yang tidak mungkin untuk lamanya.")
        remedy = _("Periksa JP pada sertifikat (1 JP = 45 menit).")
        found += _found(
            "jp_implausible", "warning", "kegiatan.jp", int((events["jp"] > limit).sum()), words, remedy=remedy
        )
    return found


def check_missing(data: Dataset) -> Findings:
    """Report empty cells of the columns that reports need; a predikat makes up for missing ratings."""
    return Findings.collect(_missing(data, table, column) for table, column in NEEDED if data.has(table))


def _missing(data: Dataset, table: str, column: str) -> Findings:
    frame = data[table]
    if column not in frame:
        return Findings()
    frame = frame[_is_asked(frame, column)]
    count = int(frame[column].isna().sum())
    severity: Severity = "warning" if count >= MISSING_SHARE * len(frame) else "note"
    words = _("{n} dari {total} baris tabel {table}: kolom {column} kosong.")
    remedy = _("Lengkapi dari sumbernya; baris yang kosong tidak ikut pada ukuran yang memakainya.")
    return _found("missing_values", severity, f"{table}.{column}", count, words, remedy=remedy, total=len(frame))


def _is_asked(frame: pd.DataFrame, column: str) -> pd.Series:
    """Tell in which rows a column should hold something."""
    if column.startswith("rating_") and "predikat" in frame:
        return frame["predikat"].isna()
    if column == "jp":
        return ~frame["jenis"].isin(PEMBINAAN)
    if column == "tahap_grow":
        return frame["jenis"] == "coaching"
    if column in ("durasi_menit", "tindak_lanjut"):
        return frame["jenis"].isin(PEMBINAAN)
    return pd.Series(data=True, index=frame.index)


def check_periods(data: Dataset) -> Findings:
    """Report periods of mixed length, and periods that are missing between the first and the last."""
    table = "penilaian" if data.has("penilaian") else "indikator_unit"
    periods = [Period.parse(text) for text in data.periods]
    lengths = {period.months for period in periods}
    words = _("Periode berbeda panjang: {names}.")
    remedy = _("Pakai satu panjang periode; laporan membandingkan periode yang sama panjang saja.")
    mixed = len(lengths) if len(lengths) > 1 else 0
    found = _found(
        "period_lengths",
        "warning",
        f"{table}.periode",
        mixed,
        words,
        remedy=remedy,
        names=list_values(_one_each(periods)),
    )
    for months in sorted(lengths):
        missing = list(_gaps([period for period in periods if period.months == months]))
        words = _("{n} periode tidak ada di antara yang pertama dan yang terakhir: {names}.")
        remedy = _("Tambahkan periode itu bila datanya ada; grafik menampilkan sela.")
        found += _found(
            "period_gaps", "warning", f"{table}.periode", len(missing), words, remedy=remedy, names=list_values(missing)
        )
    return found


def _one_each(periods: list[Period]) -> list[str]:
    return [str(period) for period in {period.months: period for period in periods}.values()]


def _gaps(periods: list[Period]) -> Iterator[str]:
    for before, after in pairwise(periods):
        at = before.shift(1)
        while at < after:
            yield str(at)
            at = at.shift(1)


def check_regimes(data: Dataset) -> Findings:
    """Report appraisals under more than one regulation."""
    if not data.has("penilaian", "rezim"):
        return Findings()
    counts = data["penilaian"]["rezim"].value_counts()
    counts = counts[counts > 0]
    if len(counts) < 2:
        return Findings()
    words = _("{n} penilaian memakai aturan lain daripada kebanyakan ({names}).")
    names = list_values(sorted(str(name) for name in counts.index))
    remedy = _("Jangan merata-ratakan angka lintas aturan; laporan tidak menampilkan perubahannya.")
    return _found(
        "mixed_regimes", "warning", "penilaian.rezim", int(counts.iloc[1:].sum()), words, remedy=remedy, names=names
    )


def check_raters(data: Dataset) -> Findings:
    """Report raters who gave all of at least ten people in a period the same predikat."""
    rows = _rated(data)
    if rows is None or "penilai_id" not in rows:
        return Findings()
    rows = rows[rows["penilai_id"].notna()]
    groups = rows.groupby(["penilai_id", "periode"])["predikat"].agg(["size", "nunique"])
    same = groups[(groups["size"] >= RATER_N) & (groups["nunique"] == 1)]
    words = _("{n} kali seorang penilai memberi predikat yang sama kepada semua (sedikitnya {least}) yang dinilainya.")
    remedy = _("Nilai seperti itu tidak membedakan pegawai; tafsirkan kaitannya dengan hati-hati.")
    return _found("constant_rater", "warning", "penilaian.penilai_id", len(same), words, remedy=remedy, least=RATER_N)


def _rated(data: Dataset) -> pd.DataFrame | None:
    """Return the appraisals that have a predikat (from the ratings where both are there), as text, or None."""
    rows = data.tables.get("penilaian")
    if rows is None:
        return None
    predikat = (
        rows["predikat"].astype("object") if "predikat" in rows else pd.Series(None, index=rows.index, dtype="object")
    )
    if {"rating_hasil", "rating_perilaku"} <= set(rows.columns):
        derived = score_predikat(rows["rating_hasil"], rows["rating_perilaku"]).astype("object")
        predikat = derived.where(derived.notna(), predikat)
    rows = rows.assign(predikat=predikat)
    return rows[rows["predikat"].notna()]


def check_pattern(data: Dataset) -> Findings:
    """Report unit-periods with more Baik than the pattern allows, exactly at its limit, or off the whole pattern."""
    rows = _rated(data)
    if rows is None or rows.empty or "unit_id" not in rows:
        return Findings()
    counts = rows.groupby(["unit_id", "periode", "predikat"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(PREDIKAT), fill_value=0)
    counts = counts[counts.sum(axis=1) >= smallest_judged("Baik")]
    limit = counts.sum(axis=1) * sharing_limit("Baik", "Baik") // 100
    over, exact = int((counts["Baik"] > limit).sum()), int((counts["Baik"] == limit).sum())
    remedy = _("Bahan pertimbangan pimpinan, bukan kesalahan: periksa cara predikat ditetapkan.")
    words = _("{n} kali sebuah unit memberi Baik kepada lebih dari {percent} % pegawainya dalam satu periode.")
    found = _found(
        "good_share", "note", "penilaian.predikat", over, words, remedy=remedy, percent=sharing_limit("Baik", "Baik")
    )
    words = _("{n} kali jumlah Baik sebuah unit tepat pada batasnya; predikat mungkin dibagi menurut kuota.")
    often = exact if len(counts) and exact * 2 >= len(counts) else 0
    found += _found("quota_exact", "warning", "penilaian.predikat", often, words, remedy=remedy)
    return found + _off_pattern(data, counts, remedy)


def _off_pattern(data: Dataset, counts: pd.DataFrame, remedy: str) -> Findings:
    if not data.has("kinerja_unit", "predikat_organisasi"):
        return Findings()
    levels = data["kinerja_unit"].set_index(["unit_id", "periode"])["predikat_organisasi"].dropna()
    both = counts.join(levels.astype("object"), how="inner")
    off = sum(
        bool(check_distribution({name: int(n) for name, n in zip(PREDIKAT, row[:-1], strict=True)}, row[-1]))
        for row in both.itertuples(index=False, name=None)
    )
    words = _("{n} kali sebaran predikat sebuah unit tidak mengikuti pola untuk predikat organisasinya.")
    return _found("distribution_pattern", "note", "penilaian.predikat", off, words, remedy=remedy)


def check_ignored(data: Dataset) -> Findings:
    """Report columns that no canonical table has and that were not read."""
    remedy = _("Tidak perlu apa-apa, kecuali kolom itu dimaksudkan: samakan namanya dengan kamus data.")
    words = _("Kolom {column} tidak dikenal dan tidak dibaca.")
    return Findings.collect(_found("column_ignored", "note", place, 1, words, remedy=remedy) for place in data.ignored)


def check_numbers(data: Dataset) -> Findings:
    """Report ids that are no NIP, and NIP whose digits 13-14 contradict the status or mean nothing."""
    if not data.has("pegawai"):
        return Findings()
    people = data["pegawai"]
    is_nip = people["pegawai_id"].str.fullmatch(r"\d{18}").astype(bool)
    digits = pd.to_numeric(people["pegawai_id"].where(is_nip).str[12:14])
    kind = (
        pd.Series(None, index=people.index, dtype="object")
        .mask(digits.between(1, 12), "PNS")
        .mask(digits >= 21, "PPPK")
    )
    status = (
        people["status"].astype("object") if "status" in people else pd.Series(None, index=people.index, dtype="object")
    )
    words = _("{n} pegawai bernomor bukan NIP 18 angka (nama samaran atau nomor lain).")
    other = int((~is_nip).sum())
    found = _found("id_not_nip", "note", "pegawai.pegawai_id", other, words, remedy=_("Biarkan bila disengaja."))
    words = _("{n} NIP berangka ke-13 dan ke-14 yang bukan bulan (PNS) dan bukan 21 ke atas (PPPK).")
    remedy = _("Periksa nomornya pada sumbernya.")
    count = int((is_nip & kind.isna()).sum())
    found += _found("nip_class", "warning", "pegawai.pegawai_id", count, words, remedy=remedy)
    words = _("{n} pegawai berstatus lain daripada yang ditunjukkan nomornya.")
    other = int((kind.notna() & status.notna() & (kind != status)).sum())
    found += _found("status_contradiction", "warning", "pegawai.status", other, words, remedy=remedy)
    words = _("{n} pegawai tanpa status, padahal nomornya menunjukkannya.")
    blank = int((kind.notna() & status.isna()).sum())
    return found + _found("status_missing", "note", "pegawai.status", blank, words, remedy=_("Isi PNS atau PPPK."))


CHECKS: tuple[Callable[[Dataset], Findings], ...] = (
    check_units,
    check_parents,
    check_people,
    check_predikat,
    check_event_dates,
    check_amounts,
    check_missing,
    check_periods,
    check_regimes,
    check_raters,
    check_pattern,
    check_numbers,
    check_ignored,
)
