"""Checks of appraisals: the law's matrix, regimes, codes read the wrong way round, patterns of units and raters."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kinerja_lib.check.events import data_day
from kinerja_lib.check.faults import Fault, fault
from kinerja_lib.errors import list_values
from kinerja_lib.language import _
from kinerja_lib.rules import check_distribution, check_rezim, score_predikat, sharing_limit, smallest_judged
from kinerja_lib.schema import Dataset
from kinerja_lib.vocabulary import PREDIKAT, Period

RATER_N = 10  # ratings of one rater in one period before sameness says anything
DIRECTION_N = 10  # appraisals of one period before their direction can be judged
REVERSED_SHARE = 0.8  # of the predikat that fit only when the scale is turned round


def check_predikat(data: Dataset) -> Iterator[Fault]:
    """Report a predikat that its two ratings contradict."""
    derived = _derive(data)
    if derived is None or "predikat" not in data["penilaian"]:
        return
    reported = data["penilaian"]["predikat"].astype("object")
    bad = derived.notna() & reported.notna() & (derived != reported)
    words = _("{n} predikat tidak cocok dengan kedua ratingnya; dipakai predikat dari rating.")
    remedy = _("Periksa rating dan predikat pada sumbernya (PermenPANRB 6/2022).")
    yield from fault("predikat_contradiction", "warning", "penilaian.predikat", bad, words, remedy=remedy)


def _derive(data: Dataset) -> pd.Series | None:
    """Return the predikat that the two ratings of each appraisal give, as text; None without ratings."""
    if not data.has("penilaian", "rating_hasil", "rating_perilaku"):
        return None
    rows = data["penilaian"]
    derived: pd.Series = score_predikat(rows["rating_hasil"], rows["rating_perilaku"]).astype("object")
    return derived


def check_direction(data: Dataset) -> Iterator[Fault]:
    """Report periods whose predikat fit their ratings only when the scale of five is turned round."""
    derived = _derive(data)
    if derived is None or not data.has("penilaian", "predikat"):
        return
    rows = data["penilaian"]
    level = rows["predikat"].astype("object").map(PREDIKAT.index)
    right = derived.map(PREDIKAT.index)
    turned = len(PREDIKAT) - 1 - level
    told = level.notna() & right.notna() & (level != turned)  # the middle of the scale tells nothing
    fits = (turned == right)[told].groupby(rows["periode"][told]).agg(["size", "mean"])
    periods = fits.index[(fits["size"] >= DIRECTION_N) & (fits["mean"] >= REVERSED_SHARE)]
    words = _("{n} predikat tampak terbalik: cocok dengan ratingnya bila 1 dibaca sebagai yang terburuk.")
    remedy = _("Periksa arah kode pada sumbernya: 1 = Sangat Baik sampai 5 = Sangat Kurang.")
    bad = rows["periode"].isin(periods) & told
    yield from fault("code_reversed", "error", "penilaian.predikat", bad, words, remedy=remedy)


def check_service(data: Dataset) -> Iterator[Fault]:
    """Report appraisals of a period before service began, after it ended, or that has not begun yet."""
    if not data.has("penilaian"):
        return
    rows = data["penilaian"]
    spans = {text: Period.parse(text) for text in rows["periode"].unique()}
    start = pd.to_datetime(rows["periode"].map({text: span.start for text, span in spans.items()}))
    end = pd.to_datetime(rows["periode"].map({text: span.end for text, span in spans.items()}))
    place = "penilaian.periode"
    remedy = _("Periksa periode pada kepala rekap, dan TMT serta tanggal keluar pada tabel pegawai.")
    people = data.tables.get("pegawai", pd.DataFrame({"pegawai_id": []})).set_index("pegawai_id")
    if "tmt_cpns" in people:
        words = _("{n} penilaian untuk periode sebelum TMT CPNS.")
        bad = end < rows["pegawai_id"].map(people["tmt_cpns"])
        yield from fault("appraisal_before_service", "warning", place, bad, words, remedy=remedy)
    if "tanggal_keluar" in people:
        words = _("{n} penilaian untuk periode sesudah pegawai keluar.")
        bad = start > rows["pegawai_id"].map(people["tanggal_keluar"])
        yield from fault("appraisal_after_exit", "warning", place, bad, words, remedy=remedy)
    words = _("{n} penilaian untuk periode yang belum mulai.")
    yield from fault("period_in_future", "warning", place, start > data_day(data)[0], words, remedy=remedy)


def check_regimes(data: Dataset) -> Iterator[Fault]:
    """Report appraisals under more than one regulation."""
    if not data.has("penilaian", "rezim"):
        return
    regimes = data["penilaian"]["rezim"]
    counts = regimes.value_counts()
    counts = counts[counts > 0]
    if len(counts) < 2:
        return
    words = _("{n} penilaian memakai aturan lain daripada kebanyakan ({names}).")
    names = list_values(sorted(str(name) for name in counts.index))
    remedy = _("Angka lintas aturan tidak dirata-ratakan, dan perubahannya tidak ditampilkan.")
    bad = regimes.isin(counts.index[1:])
    yield from fault("mixed_regimes", "warning", "penilaian.rezim", bad, words, remedy=remedy, names=names)


def check_regime_periods(data: Dataset) -> Iterator[Fault]:
    """Report appraisals under a regulation that was not in force in their period."""
    if not data.has("penilaian", "rezim"):
        return
    rows = data["penilaian"]
    words = _("{n} penilaian memakai aturan yang tidak berlaku pada periodenya.")
    remedy = _("Periksa periode dan aturan penilaiannya pada sumbernya.")
    bad = ~check_rezim(rows["rezim"], rows["periode"]).fillna(value=True)
    yield from fault("regime_period", "warning", "penilaian.rezim", bad, words, remedy=remedy)


def check_overlaps(data: Dataset) -> Iterator[Fault]:
    """Report people appraised twice for the same time: in periods of which one holds the other."""
    if not data.has("penilaian"):
        return
    twice, units = _find_overlaps(data["penilaian"])
    words = _("{n} penilaian meliputi waktu yang sama dengan penilaian lain dari orang yang sama.")
    remedy = _("Sisakan satu panjang periode bagi tiap orang, seperti bulanan saja atau tahunan saja.")
    yield from fault("period_overlap", "warning", "penilaian.periode", twice & ~units, words, remedy=remedy)
    words = _("{n} penilaian menempatkan seorang pada dua unit pada waktu yang sama.")
    remedy = _("Periksa unitnya; bila orang itu pindah di tengah periode, pakai periode yang lebih pendek.")
    yield from fault("two_units", "warning", "penilaian.unit_id", units, words, remedy=remedy)


def _find_overlaps(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Tell which appraisals share time with another of the same person, and which of them name another unit."""
    spans = {text: Period.parse(text) for text in rows["periode"].unique()}
    months = rows["periode"].map({text: span.months for text, span in spans.items()})
    twice, units = (pd.Series(data=False, index=rows.index) for _flag in range(2))
    place = rows[["pegawai_id", "periode"]].assign(unit=rows.get("unit_id"), row=rows.index)
    for length in sorted({span.months for span in spans.values()})[1:]:
        # Periods of the calendar never cross: two overlap only where the longer holds the shorter.
        holders = {text: str(span.widen(length)) for text, span in spans.items() if span.months < length}
        short = place[months < length]
        pairs = short.assign(periode=short["periode"].map(holders)).merge(
            place[months == length], on=["pegawai_id", "periode"]
        )
        moved = pairs["unit_x"].notna() & pairs["unit_y"].notna() & (pairs["unit_x"] != pairs["unit_y"])
        for side in ("row_x", "row_y"):
            twice |= twice.index.isin(pairs[side])
            units |= units.index.isin(pairs.loc[moved, side])
    return twice, units


def check_raters(data: Dataset) -> Iterator[Fault]:
    """Report raters who gave all of at least ten people in a period the same predikat."""
    rows = _rated(data)
    if rows is None or "penilai_id" not in rows:
        return
    rows = rows[rows["penilai_id"].notna()]
    groups = rows.groupby(["penilai_id", "periode"])["predikat"].agg(["size", "nunique"])
    same = int(((groups["size"] >= RATER_N) & (groups["nunique"] == 1)).sum())
    words = _("{n} kali seorang penilai memberi predikat yang sama kepada semua (sedikitnya {least}) yang dinilainya.")
    remedy = _("Nilai seperti itu tidak membedakan pegawai; tafsirkan kaitannya dengan hati-hati.")
    place = "penilaian.penilai_id"
    yield from fault("constant_rater", "warning", place, same, words, remedy=remedy, least=RATER_N)


def _rated(data: Dataset) -> pd.DataFrame | None:
    """Return the appraisals that have a predikat (from the ratings where both are there), as text, or None."""
    rows = data.tables.get("penilaian")
    if rows is None:
        return None
    predikat = (
        rows["predikat"].astype("object") if "predikat" in rows else pd.Series(None, index=rows.index, dtype="object")
    )
    derived = _derive(data)
    if derived is not None:
        predikat = derived.where(derived.notna(), predikat)
    rows = rows.assign(predikat=predikat)
    return rows[rows["predikat"].notna()]


def check_pattern(data: Dataset) -> Iterator[Fault]:
    """Report unit-periods with more Baik than the pattern allows, exactly at its limit, or off the whole pattern."""
    rows = _rated(data)
    if rows is None or rows.empty or "unit_id" not in rows:
        return
    counts = rows.groupby(["unit_id", "periode", "predikat"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(PREDIKAT), fill_value=0)
    counts = counts[counts.sum(axis=1) >= smallest_judged("Baik")]
    percent = sharing_limit("Baik", "Baik")
    limit = counts.sum(axis=1) * percent // 100
    over, exact = int((counts["Baik"] > limit).sum()), int((counts["Baik"] == limit).sum())
    place, remedy = (
        "penilaian.predikat",
        _("Bahan pertimbangan pimpinan, bukan kesalahan: periksa cara predikat ditetapkan."),
    )
    words = _("{n} kali sebuah unit memberi Baik kepada lebih dari {percent} % pegawainya dalam satu periode.")
    yield from fault("good_share", "note", place, over, words, remedy=remedy, percent=percent)
    words = _("{n} kali jumlah Baik sebuah unit tepat pada batasnya; predikat mungkin dibagi menurut kuota.")
    often = exact if len(counts) and exact * 2 >= len(counts) else 0
    yield from fault("quota_exact", "warning", place, often, words, remedy=remedy)
    words = _("{n} kali sebaran predikat sebuah unit tidak mengikuti pola untuk predikat organisasinya.")
    yield from fault("distribution_pattern", "note", place, _count_off(data, counts), words, remedy=remedy)


def _count_off(data: Dataset, counts: pd.DataFrame) -> int:
    """Count the unit-periods whose predikat do not follow the pattern of their organisation's."""
    if not data.has("kinerja_unit", "predikat_organisasi"):
        return 0
    levels = data["kinerja_unit"].set_index(["unit_id", "periode"])["predikat_organisasi"].dropna()
    both = counts.join(levels.astype("object"), how="inner")
    return sum(
        bool(check_distribution({name: int(n) for name, n in zip(PREDIKAT, row[:-1], strict=True)}, row[-1]))
        for row in both.itertuples(index=False, name=None)
    )
