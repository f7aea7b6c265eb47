"""Section VI on the page: who left, what development cost, and the climate; each a sentence, a table, a note."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinerja_lib.climate import Climate
from kinerja_lib.language import _
from kinerja_lib.measures import has_people, missing_reason
from kinerja_lib.outcomes import REGRETTED, WILLING, Costs, Retention
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import LeftOut, Note, Paragraph, Runs, Table, TableColumn, build_table, compose, each_row
from kinerja_lib.show.numbers import MISSING, Bound, count, day, interval, number, percent, rupiah

MONTH_DAYS = 30.4375
SHARES = ("agreement", "mean_agreement", "icc1", "icc2")  # 0 to 1, two decimals
RWG_CUSTOM = 0.7  # the bound that papers use; see LeBreton and Senter (2008), Organizational Research Methods 11(4)


def _why_not(scope: Scope, *needs: str) -> str:
    if not has_people(scope.data):
        return _("hanya untuk data pegawai")
    return next(filter(None, (missing_reason(scope.data, need) for need in needs)), "")


def _months(retention: Retention) -> Bound:
    return count(round(((retention.end - retention.start).days + 1) / MONTH_DAYS))


def say_retention(retention: Retention | None, scope: Scope) -> Paragraph | LeftOut:
    """Return how many left of their own will, per 100 people a year, with its interval and n."""
    if retention is None:
        return LeftOut(_why_not(scope, "pegawai.tanggal_keluar", "pegawai.alasan_keluar"))
    row = retention.table[retention.table["key"] == WILLING].iloc[0]
    ends = {"months": _months(retention), "end": day(retention.end.date())}
    if row["hidden"]:
        text = _("Yang keluar sukarela dalam {months} bulan sampai {end} tidak ditampilkan, agar tidak menunjuk orang.")
        return Paragraph(compose(text, **ends), role="lead")
    text = _(
        "Dalam {months} bulan sampai {end}, {people} pegawai keluar sukarela: {rate} per 100 pegawai setahun (selang "
        "95 %: {interval}; n = {n})."
    )
    values = {"people": count(row["count"]), "rate": number(row["value"]), "n": count(row["n"])}
    return Paragraph(compose(text, **ends, **values, interval=interval(row["conf_low"], row["conf_high"])), role="lead")


def table_retention(retention: Retention | None, scope: Scope, *, id: str = "retensi") -> Table | LeftOut:
    """Return who left, by reason: people, rate a year with its interval, and mean number of staff.

    Parameters
    ----------
    retention : Retention or None
        From `build_retention`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Pegawai yang keluar")
    if retention is None:
        return LeftOut(_why_not(scope, "pegawai.tanggal_keluar", "pegawai.alasan_keluar"), what)
    if retention.table["hidden"].all():
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    rows = retention.table
    frame = rows.assign(ends=[interval(row.conf_low, row.conf_high).text for row in each_row(rows)])
    columns = (
        TableColumn("label", _("Cara keluar")),
        TableColumn("count", _("Pegawai (orang)"), "count"),
        TableColumn("value", _("Per 100 pegawai setahun"), "number", 1),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", "n", "count"),
    )
    title = _("Pegawai yang keluar, {start} sampai {end}")
    note = _("n: banyaknya pegawai, rata-rata selama masa itu. Tanda –: tidak ditampilkan, agar tidak menunjuk orang.")
    return build_table(
        frame,
        columns,
        id=id,
        title=title.format(start=day(retention.start.date()), end=day(retention.end.date())),
        notes=(compose(note),),
        source=_("tabel pegawai dan penilaian, diolah."),
    )


def note_retention(retention: Retention | None) -> Note | None:
    """Return what leaving of one's own will is here, and whose leaving is most regretted."""
    if retention is None:
        return None
    said = [
        compose(
            _(
                "**Keluar sukarela** di sini mencakup mutasi ke luar instansi, yang dapat juga atas perintah. "
                "Panel Retensi pada Ringkasan hanya menghitung yang mengundurkan diri pada periode ini, jadi "
                "angkanya berbeda."
            )
        )
    ]
    if retention.before is not None and (retention.table["key"] == REGRETTED).any():
        text = _(
            "**Berpredikat Sangat Baik**: menurut penilaian {before}, sebelum masa ini mulai. Keluarnya mereka "
            "paling disayangkan."
        )
        said.append(compose(text, before=retention.before.label))
    return Note(tuple(said))


def say_costs(costs: Costs | None, scope: Scope) -> Paragraph | LeftOut:
    """Return what development cost a participant, by the table of costs where it is there, else by the events."""
    if costs is None:
        return LeftOut(_why_not(scope, "kegiatan") or _("biaya dan JP tidak dicatat"))
    rows = {row.key: row for row in each_row(costs.table[~costs.table["hidden"]])}
    if "person" in rows:
        text = _("Biaya pembinaan dan pelatihan pada {period}: {cost} per peserta (n = {n}), menurut tabel biaya.")
        row = rows["person"]
        values = {"cost": rupiah(_rounded(row.value)), "n": count(row.n)}
    elif "person_event" in rows:
        text = _(
            "Biaya kegiatan pada {period}: rata-rata {cost} per peserta (selang 95 %: {ends}; n = {n}), menurut tabel "
            "kegiatan."
        )
        row = rows["person_event"]
        values = {"cost": rupiah(_rounded(row.value)), "n": count(row.n), "ends": _rupiah_ends(row)}
    elif "nonclassical" in rows:
        text = _("Pada {period}, {share} JP berbentuk nonklasikal (n = {n}).")
        row = rows["nonclassical"]
        values = {"share": percent(row.value), "n": count(row.n)}
    else:
        return Paragraph(compose(_("Biaya pembinaan tidak dirinci, agar tidak menunjuk orang.")), role="lead")
    return Paragraph(compose(text, period=scope.period.label, **values), role="lead")


def _rounded(value: float) -> float:
    """Return rupiah in whole thousands."""
    return round(value / 1000) * 1000


def _rupiah_ends(row: Any) -> Bound:
    if pd.isna(row.conf_low):
        return Bound(MISSING, None)
    low, high = (rupiah(_rounded(max(value, 0.0))) for value in (row.conf_low, row.conf_high))
    return Bound(_("{low} sampai {high}").format(low=low, high=high), f"{row.conf_low} {row.conf_high}")


def table_costs(costs: Costs | None, scope: Scope, *, id: str = "biaya") -> Table | LeftOut:
    """Return cost per participant and per JP by each source, and the share of JP that is nonclassical.

    Parameters
    ----------
    costs : Costs or None
        From `build_costs`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Biaya satuan pembinaan")
    if costs is None:
        return LeftOut(_why_not(scope, "kegiatan") or _("biaya dan JP tidak dicatat"), what)
    if costs.table["hidden"].all():
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    rows = each_row(costs.table)
    frame = pd.DataFrame(
        {
            "label": [row.label for row in rows],
            "source": [row.source for row in rows],
            "value": [_amount(row) for row in rows],
            "ends": [_ends(row) for row in rows],
            "n": costs.table["n"],
        }
    )
    columns = (
        TableColumn("label", _("Ukuran")),
        TableColumn("source", _("Tabel"), "text"),
        TableColumn("value", _("Nilai"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", "n", "count"),
    )
    note = _(
        "n: peserta, yaitu pegawai dengan sedikitnya satu kegiatan yang selesai. Hitungan penuh: jumlah semua catatan, "
        "bukan contoh, jadi tanpa selang. Rupiah dibulatkan ke ribuan."
    )
    return build_table(
        frame,
        columns,
        id=id,
        title=_("Biaya satuan pembinaan dan pelatihan, {period}").format(period=scope.period.label),
        notes=(compose(note),),
        source=_("tabel biaya dan kegiatan, diolah."),
    )


def _amount(row: Any) -> str:
    if row.hidden:
        return MISSING
    return number(row.value).text if row.key == "nonclassical" else rupiah(_rounded(row.value)).text


def _ends(row: Any) -> str:
    if row.hidden:
        return MISSING
    return _rupiah_ends(row).text if row.key == "person_event" else _("hitungan penuh")


def note_costs(costs: Costs | None) -> Note | None:
    """Return what unit cost is not, and how the two sources differ."""
    if costs is None or costs.table["hidden"].all():
        return None
    said = [
        compose(
            _(
                "**Biaya satuan, bukan penghematan.** Anggaran yang tidak terpakai bukan hasil. Biaya satuan hanya "
                "berarti pada keluaran yang sama; jam kerja peserta tidak dihitung, konseling juga tidak."
            )
        )
    ]
    if set(costs.table["source"]) == {"biaya", "kegiatan"} and (costs.table["key"] == "person_event").any():
        text = _(
            "**Dua sumber.** Tabel biaya memuat semua komponen unit; kolom biaya pada tabel kegiatan hanya yang "
            "dicatat per orang, dan coaching atau mentoring sering tanpa biaya. Keduanya tidak dijumlahkan."
        )
        said.append(compose(text))
    if pd.isna(costs.total):
        said.append(compose(_("Tabel biaya tidak memuat unit dan periode ini.")))
    return Note(tuple(said))


def say_climate(climate: Climate | None, scope: Scope) -> Paragraph | LeftOut:
    """Return the climate score of the last wave with its interval and n, and its change since the wave before."""
    if climate is None:
        return LeftOut(_why_not(scope, "survei.skor") or _("tidak ada jawaban survei dari unit ini"))
    rows = {row.key: row for row in each_row(climate.table)}
    if "score" not in rows:
        text = _("Iklim tidak ditampilkan: menyangkut kurang dari {k} orang, atau semua jawaban sama.")
        return Paragraph(compose(text, k=count(MIN_GROUP)), role="lead")
    row = rows["score"]
    text = _("Skor iklim pada survei {period}: {score} dari 100 (selang 95 %: {ends}; n = {n}).")
    values = {"score": number(row.value, 0), "ends": interval(row.conf_low, row.conf_high, 0), "n": count(row.n)}
    said = (*compose(text, period=climate.period.label, **values), {"text": " "})
    return Paragraph((*said, *_say_change(climate, rows.get("change"))), role="lead")


def _say_change(climate: Climate, row: Any) -> Runs:
    if row is None or climate.since is None:
        return compose("{why}", why=climate.why)
    values = {"since": climate.since.label, "ends": interval(row.conf_low, row.conf_high)}
    if pd.isna(row.conf_low) or row.conf_low <= 0 <= row.conf_high:
        return compose(_("Sejak {since} tidak jelas berubah (selang 95 % perubahan: {ends})."), **values)
    text = (
        _("Naik {size} poin sejak {since} ({ends}).")
        if row.value > 0
        else _("Turun {size} poin sejak {since} ({ends}).")
    )
    return compose(text, size=number(abs(row.value)), **values)


def table_climate(climate: Climate | None, scope: Scope, *, id: str = "iklim") -> Table | LeftOut:
    """Return score, change, the agency's score and agreement, each with its interval and n.

    Parameters
    ----------
    climate : Climate or None
        From `build_climate`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Iklim kerja")
    if climate is None:
        return LeftOut(_why_not(scope, "survei.skor") or _("tidak ada jawaban survei dari unit ini"), what)
    if climate.table.empty:
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    rows = each_row(climate.table)
    decimals = [2 if row.key in SHARES else 1 for row in rows]
    frame = pd.DataFrame(
        {
            "label": [_climate_label(row, climate) for row in rows],
            "value": [
                number(row.value, places, signed=row.key == "change").text
                for row, places in zip(rows, decimals, strict=True)
            ],
            "ends": [
                interval(row.conf_low, row.conf_high, places).text for row, places in zip(rows, decimals, strict=True)
            ],
            "n": climate.table["n"],
        }
    )
    columns = (
        TableColumn("label", _("Ukuran")),
        TableColumn("value", _("Nilai"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", "n", "count"),
    )
    note = _(
        "Skor: 0 bila semua menjawab {low}, 100 bila semua menjawab {high}. n: penjawab; pada perubahan, dari kedua "
        "survei."
    )
    ends = {"low": number(climate.scale[0], 0), "high": number(climate.scale[1], 0)}
    title = _("Iklim kerja, survei {period}").format(period=climate.period.label)
    return build_table(
        frame, columns, id=id, title=title, notes=(compose(note, **ends),), source=_("tabel survei, diolah.")
    )


def _climate_label(row: Any, climate: Climate) -> str:
    if row.key == "change" and climate.since is not None:
        return _("Perubahan sejak {since} (poin)").format(since=climate.since.label)
    return str(row.label)


def note_climate(climate: Climate | None) -> Note | None:
    """Return how many answered, and what agreement says about a unit's mean."""
    if climate is None or climate.table.empty:
        return None
    said: list[Runs] = []
    if climate.response is not None:
        text = _(
            "**Yang menjawab: {share} dari {asked} pegawai yang dinilai.** Pendapat yang tidak menjawab "
            "tidak diketahui."
        )
        said.append(compose(text, share=percent(climate.response), asked=count(climate.asked)))
    if climate.table["key"].isin(SHARES).any():
        text = _(
            "**Kesepakatan.** rwg(j) 1: semua menjawab sama; 0: seperti acak. Di bawah {bound} rata-rata unit kurang "
            "mewakili anggotanya (kebiasaan, bukan aturan). ICC(1): bagian ragam yang terletak antarunit; ICC(2): "
            "keandalan rata-rata unit."
        )
        said.append(compose(text, bound=number(RWG_CUSTOM, 1)))
    return Note(tuple(said)) if said else None
