"""Section V on the page: predikat beside development, as what goes together and no more, with the reasons beside it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinerja_lib.indicators import previous_period
from kinerja_lib.language import _
from kinerja_lib.links import BEST, MOVED
from kinerja_lib.measures import has_people, missing_reason
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    LeftOut,
    Note,
    Paragraph,
    Runs,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
    lower_first,
)
from kinerja_lib.show.development import INDENT
from kinerja_lib.show.exposure import BLANK
from kinerja_lib.show.numbers import MISSING, count, interval, number, percent
from kinerja_lib.vocabulary import label


def _why_not(scope: Scope) -> str:
    if not has_people(scope.data):
        return _("hanya untuk data pegawai")
    return missing_reason(scope.data, "kegiatan") or _("tidak ada predikat, atau tidak ada pembinaan yang tercatat")


def say_links(links: pd.DataFrame | None, scope: Scope) -> Paragraph | LeftOut:
    """Return with which forms of development predikat goes together, and with which it is not seen to.

    Parameters
    ----------
    links : DataFrame or None
        From `build_links`.
    scope : Scope
        What the report is about.
    """
    if links is None:
        return LeftOut(_why_not(scope))
    shown = links[~links["hidden"] & links["difference_low"].notna()]
    if shown.empty:
        text = _("Kaitan predikat dengan pembinaan tidak dirinci, agar tidak menunjuk orang.")
        if not scope.is_agency:
            text = " ".join((text, _("Laporan instansi memuat kaitannya bagi seluruh pegawai.")))
        return Paragraph(compose("{text}", text=text), role="lead")
    shown = shown[shown["measure"] == shown["measure"].iloc[0]]
    clear = (shown["difference_low"] > 0) | (shown["difference_high"] < 0)
    said = [runs for row in each_row(shown[clear]) for runs in (_say_clear(row), ({"text": " "},))]
    if not clear.all():
        said.append(_say_unclear(shown[~clear]))
        said.append(({"text": " "},))
    said.append(compose(_("Ini kaitan, bukan bukti sebab.")))
    return Paragraph(tuple(run for runs in said for run in runs), role="lead")


def _say_clear(row: Any) -> Runs:
    best = row.measure == BEST
    text = (
        _(
            "Predikat Sangat Baik berkaitan dengan {kind}: {a} dari {n_a} pegawai yang sudah mendapatnya dan {b} dari "
            "{n_b} yang belum (selisih {gap} poin; selang 95 %: {ends})."
        )
        if best
        else _(
            "Perpindahan predikat berkaitan dengan {kind}: bersih {a} poin pada {n_a} pegawai yang sudah "
            "mendapatnya dan {b} poin pada {n_b} yang belum (selisih {gap} poin; selang 95 %: {ends})."
        )
    )
    return compose(
        text,
        kind=lower_first(row.label),
        a=percent(row.had) if best else number(row.had, 0, signed=True),
        b=percent(row.rest) if best else number(row.rest, 0, signed=True),
        n_a=count(row.n_had),
        n_b=count(row.n_rest),
        gap=number(row.difference, 0, signed=True),
        ends=interval(row.difference_low, row.difference_high, 0),
    )


def _say_unclear(rows: pd.DataFrame) -> Runs:
    text = (
        _("Kaitan predikat Sangat Baik dengan {kinds} tidak tampak jelas: selang 95 % selisihnya memuat nol (n = {n}).")
        if rows["measure"].iloc[0] == BEST
        else _("Kaitan perpindahan predikat dengan {kinds} tidak tampak jelas: selang 95 % selisihnya memuat nol.")
    )
    n = int(rows[["n_had", "n_rest"]].sum(axis=1).iloc[0])
    return compose(text, kinds=_list([lower_first(name) for name in rows["label"]]), n=count(n))


def _list(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _("{first} dan {last}").format(first=", ".join(names[:-1]), last=names[-1])


def table_links(links: pd.DataFrame | None, scope: Scope, *, id: str = "kaitan") -> Table | LeftOut:
    """Return those who have had each form beside those who have not: n, value, interval, and the difference.

    Parameters
    ----------
    links : DataFrame or None
        From `build_links`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Predikat menurut pembinaan")
    if links is None:
        return LeftOut(_why_not(scope), what)
    told = [part for _name, part in links.groupby("measure", sort=False) if not part["hidden"].all()]
    if not told:
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    heads = {BEST: _("Predikat Sangat Baik (%)"), MOVED: _moved_head(scope)}
    rows: list[list[str]] = []
    for part in told:
        rows.append([heads[part["measure"].iloc[0]], *[BLANK] * 8])
        rows += [_cells(row) for row in each_row(part)]
    arm = [("n", "n"), (_("Nilai"), "value"), (_("Selang 95 %"), "ends")]
    columns = [TableColumn("label", _("Bentuk"))]
    columns += [TableColumn(f"{who}_{name}", text, "words") for who in ("had", "rest") for text, name in arm]
    columns += [TableColumn("gap", _("Poin"), "words"), TableColumn("gap_ends", _("Selang 95 %"), "words")]
    names = [column.name for column in columns]
    spans = [("", 0, 1), (_("Sudah mendapat"), 1, 3), (_("Belum mendapat"), 4, 3), (_("Selisih"), 7, 2)]
    note = _(
        "Sudah: sedikitnya satu kegiatan tercatat sampai akhir periode ini; belum: tidak satu pun. Konseling tidak "
        "dibandingkan: isinya tidak dibaca. Tanda –: tidak ditampilkan, agar tidak menunjuk orang."
    )
    return build_table(
        pd.DataFrame(rows, columns=names),
        columns,
        id=id,
        title=_("Predikat menurut pembinaan yang pernah diperoleh, {period}").format(period=scope.period.label),
        spanners=[{"label": text, "first": first, "span": span} for text, first, span in spans],
        notes=(compose(note),),
        source=_("tabel penilaian dan kegiatan, diolah."),
    )


def _moved_head(scope: Scope) -> str:
    return _("Naik dikurangi turun sejak {since} (per 100 pegawai)").format(since=previous_period(scope).label)


def _cells(row: Any) -> list[str]:
    if row.hidden:
        return [INDENT + str(row.label), *[MISSING] * 8]
    signed = row.measure == MOVED

    def show(value: float) -> str:
        return number(value, 0, signed=signed).text

    arms = [
        [count(n).text, show(value), interval(low, high, 0).text]
        for n, value, low, high in (
            (row.n_had, row.had, row.had_low, row.had_high),
            (row.n_rest, row.rest, row.rest_low, row.rest_high),
        )
    ]
    gap = [number(row.difference, 0, signed=True).text, interval(row.difference_low, row.difference_high, 0).text]
    return [INDENT + str(row.label), *arms[0], *arms[1], *gap]


def note_links(links: pd.DataFrame | None, intensity: pd.DataFrame | None) -> Note | None:
    """Return why what goes together is no effect; nothing where nothing is shown.

    Parameters
    ----------
    links : DataFrame or None
        From `build_links`.
    intensity : DataFrame or None
        From `build_intensity`: how many are guided by the one who rates them.
    """
    if links is None or links["hidden"].all():
        return None
    lot = _(
        "**Mengapa bukan akibat.** Pembinaan tidak diundi. Yang lemah dapat lebih sering dibimbing, dan sesudah nilai "
        "yang rendah sekali, nilai berikutnya cenderung lebih dekat ke rata-rata tanpa dibimbing pun; yang "
        "bersemangat dapat lebih sering mendaftar. Selisih dapat terlalu besar atau terlalu kecil."
    )
    quota = _(
        "**Jatah predikat.** Predikat Sangat Baik di satu unit terbatas: bila yang dibimbing naik, yang lain dapat "
        "tersisih, sehingga selisih membesar."
    )
    said = [compose(lot), *_say_rater(intensity), compose(quota)]
    looks = int((~links["hidden"]).sum())
    if looks > 1:
        text = _("**{looks} selisih dilihat sekaligus.** Satu dari dua puluh tampak jelas secara kebetulan saja.")
        said.append(compose(text, looks=count(looks)))
    return Note(tuple(said))


def _say_rater(intensity: pd.DataFrame | None) -> list[Runs]:
    if intensity is None:
        return []
    rows = intensity[(intensity["measure"] == "same_source") & intensity["value"].notna() & (intensity["value"] > 0)]
    if rows.empty:
        return []
    parts: Runs = ()
    for row in each_row(rows):
        one = compose(
            "{kind} {share} (n = {n})", kind=lower_first(label(row.jenis)), share=percent(row.value), n=count(row.n)
        )
        parts = (*parts, *(({"text": ", "},) if parts else ()), *one)
    head = compose(_("**Pembimbing yang juga menilai.** Pada periode ini dibimbing penilainya sendiri: "))
    end = compose(_(". Kesan sebagai pembimbing dapat terbawa ke predikat."))
    return [(*head, *parts, *end)]
