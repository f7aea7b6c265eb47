"""Section IV on the page: who was reached by development and in which forms; gaps of competency (section III).

Counselling shows counts only. A cell that would show one to four people reads "<5"; one that could give such a cell
back is an en dash.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.development import ANY, WHOLE
from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.rules import cite, jp_bounds
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    Figure,
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
    tidy_rows,
)
from kinerja_lib.show.canvas import NARROW, WIDE
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import MISSING, SMALL, count, interval, number, percent
from kinerja_lib.vocabulary import Period

INDENT = "\u2003"  # before a form within its group
GROUPINGS = {
    "jenis_kelamin": mark("Jenis kelamin"),
    "golongan": mark("Golongan"),
    "jenis_jabatan": mark("Jenis jabatan"),
    "status": mark("PNS dan PPPK"),
}


def say_events(events: pd.DataFrame | None) -> Paragraph | LeftOut:
    """Return how many people had some form of development, counselling apart."""
    if events is None:
        return LeftOut(_("tabel kegiatan tidak ada"))
    whole = events[events["jenis"] == ANY].iloc[0]
    if whole["hidden"]:
        text = _("Cakupan pembinaan dan pelatihan tidak dirinci, agar tidak menunjuk orang.")
        return Paragraph(compose(text), role="lead")
    template = _("Sebanyak {people} dari {n} pegawai ({share}) mendapat pembinaan atau pelatihan.")
    values = {"people": count(whole["people"]), "n": count(whole["n"]), "share": percent(whole["share"])}
    return Paragraph(compose(template, **values), role="lead")


def table_events(events: pd.DataFrame | None, scope: Scope, *, id: str = "bentuk") -> Table | LeftOut:
    """Return events, people, share and follow-up by group of LAN and form; the last row is any form."""
    if events is None:
        return LeftOut(_("tabel kegiatan tidak ada"), _("Pembinaan menurut bentuk"))
    part = (events["jenis"] != events["kelompok"]).astype(bool)
    shown = events.assign(label=events["label"].mask(part, INDENT + events["label"]))
    columns = (
        TableColumn("label", _("Bentuk")),
        TableColumn("events", _("Kegiatan (kali)"), "count"),
        TableColumn("people", _("Pegawai (orang)"), "count"),
        TableColumn("share", _("Bagian pegawai (%)"), "number", 1),
        TableColumn("follow_up", _("Tindak lanjut selesai (%)"), "number", 1),
    )
    small = pd.Series(SMALL, index=events.index, dtype="object").where(events["few"])
    cover = pd.DataFrame({"events": small, "people": small})
    title = _("Pembinaan kinerja menurut bentuk, {period}").format(period=scope.period.label)
    notes = [compose(_("Satu pegawai dapat mendapat lebih dari satu bentuk, jadi orang tidak dijumlahkan."))]
    if not events["hidden"].iloc[-1]:
        base = _("Bagian pegawai: dari {n} pegawai yang dinilai.")
        notes.insert(0, compose(base, n=count(events["n"].iloc[-1])))
    return build_table(
        shown,
        columns,
        id=id,
        title=title,
        hidden=cover,
        total=True,
        notes=notes,
        source=_("tabel kegiatan, diolah."),
    )


def note_events(events: pd.DataFrame | None) -> Note | None:
    """Return how to read the table of forms."""
    if events is None:
        return None
    return Note(
        (
            compose(
                _(
                    "**Konseling hanya jumlah.** Isi dan nama tidak dibaca. Tanda <{k}: di bawah {k} pegawai. Tanda –: "
                    "tidak ditampilkan atau tidak dicatat."
                ),
                k=count(MIN_GROUP),
            ),
            compose(
                _(
                    "**Dasar.** Bimbingan kinerja (coaching, mentoring, pelatihan): {guidance}. Konseling kinerja: "
                    "{counselling}. Bentuk klasikal dan nonklasikal: {forms}."
                ),
                guidance=cite("pembinaan", istilah="bimbingan_kinerja"),
                counselling=cite("pembinaan", istilah="konseling_kinerja"),
                forms=cite("pembinaan", istilah="pelatihan"),
            ),
        )
    )


def plot_reach(reach: pd.DataFrame | None, scope: Scope, *, id: str = "jangkauan") -> Figure | LeftOut:
    """Return reach by group: share with coaching or mentoring, and mean JP, each with its interval.

    Parameters
    ----------
    reach : DataFrame or None
        From `build_reach`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
    """
    if reach is None:
        return LeftOut(_("tabel kegiatan tidak ada"), _("Jangkauan pembinaan"))
    rows = [_reach_row(row, reach) for row in each_row(reach)]
    whole = reach.iloc[0]
    quantum = next(jp for status, bound, jp, _role in jp_bounds() if (status, bound) == ("PNS", "minimal"))
    with_jp = bool(reach["jp"].notna().any())
    facets = [
        Facet(
            _("Mendapat coaching atau mentoring"),
            _("% pegawai"),
            0,
            100,
            lambda value: percent(value, 0).text,
            None,
            None if pd.isna(whole["share"]) else float(whole["share"]),
        )
    ]
    if with_jp:
        top = max(quantum, float(np.nanmax(reach["jp_high"].fillna(reach["jp"])))) * 1.02
        facets.append(
            Facet(
                _("JP rata-rata per pegawai"),
                _("target {jp} JP setahun").format(jp=number(quantum, 0)),
                0,
                top,
                lambda value: number(value, 0).text,
                (quantum, ""),
                None if pd.isna(whole["jp"]) else float(whole["jp"]),
            )
        )
    rows = rows if with_jp else [DotRow(r.label, r.cells[:1], r.n, gap=r.gap, strong=r.strong) for r in rows]
    n = whole["n"]
    return Figure(
        id=id,
        title=_reach_title(reach),
        subtitle=_("Titik: nilai kelompok; garis: selang 95 %; garis tipis: seluruh unit. {period}, n = {n}").format(
            period=scope.period.label, n=SMALL if pd.isna(n) else count(n)
        ),
        caption=_("Jangkauan coaching dan mentoring serta JP menurut kelompok."),
        alt=_reach_alt(reach),
        svg=draw_dots(rows, facets, n_head="n", width=WIDE),
        svg_narrow=draw_dots(rows, facets, n_head="n", width=NARROW),
        source=_("tabel kegiatan dan pegawai, diolah."),
        data=tidy_rows(reach),
    )


def _reach_row(row: Any, reach: pd.DataFrame) -> DotRow:
    first = reach.index[reach["group"] == row.group][0]
    position = reach.index[(reach["group"] == row.group) & (reach["level"] == row.level)][0]
    detail = _("tidak dirinci (ada <{k})").format(k=MIN_GROUP)
    if row.share_hidden or pd.isna(row.share):
        share = Cell(detail)
    else:
        share = Cell(percent(row.share, 0).text, row.share, row.conf_low, row.conf_high)
    jp = Cell(MISSING)
    if pd.notna(row.jp):
        ends = [None if pd.isna(v) else float(v) for v in (row.jp_low, row.jp_high)]
        jp = Cell(number(row.jp, 1).text, float(row.jp), *ends)
    n = MISSING if pd.isna(row.n) else count(row.n).text
    whole = row.group == WHOLE
    label = _(GROUPINGS[row.group]) if row.hidden and row.level == "" else str(row.label)
    return DotRow(label, (share, jp), n, gap=bool(position == first and not whole), strong=whole)


def find_reach_gap(reach: pd.DataFrame) -> tuple[Any, Any] | None:
    """Return the lower and the higher of the two groups of one grouping that lie clear of each other, widest apart."""
    best: tuple[float, Any, Any] | None = None
    for name, rows in reach[reach["share"].notna() & (reach["group"] != WHOLE)].groupby("group", sort=False):
        low, high = rows.iloc[int(rows["share"].argmin())], rows.iloc[int(rows["share"].argmax())]
        apart = high["share"] - low["share"]
        if name and high["conf_low"] > low["conf_high"] and (best is None or apart > best[0]):
            best = (apart, low, high)
    return None if best is None else best[1:]


def _reach_title(reach: pd.DataFrame) -> str:
    found = find_reach_gap(reach)
    if found is None:
        return _("Tidak ada kelompok yang jelas lebih jarang terjangkau")
    low, high = (str(row["label"]) for row in found)
    return _("{low} lebih jarang terjangkau daripada {high}").format(low=low, high=lower_first(high))


def _reach_alt(reach: pd.DataFrame) -> str:
    parts = []
    for row in each_row(reach):
        if row.share_hidden or pd.isna(row.share):
            parts.append(_("{label}: tidak dirinci").format(label=row.label))
            continue
        text = f"{row.label} (n = {count(row.n)}): {percent(row.share, 0)} ({interval(row.conf_low, row.conf_high, 0)})"
        if pd.notna(row.jp):
            text += f", {number(row.jp, 1)} JP ({interval(row.jp_low, row.jp_high, 1)})"
        parts.append(text)
    return _("Titik dengan selang menurut kelompok. ") + "; ".join(parts) + "."


def note_jp(jp: pd.DataFrame | None, scope: Scope) -> Note | None:
    """Return how many reached the yearly quantum of JP by now, and that it is counted by the year."""
    if jp is None:
        return None
    text = _("**JP dihitung setahun** ({law}). Sampai {end}:")
    first: Runs = compose(text, law=cite("kuantum_jp"), end=scope.period.label)
    paragraphs = [first]
    for row in each_row(jp):
        if row.hidden or pd.isna(row.n):
            continue
        template = (
            _("{status}: {k} dari {n} ({share}) sudah mencapai {limit} JP")
            if row.bound == "minimal"
            else _("{status}: {k} dari {n} ({share}) melebihi {limit} JP")
        )
        extra = "" if row.role == "aturan" else _(" (informasi)")
        values = {"k": count(row.count), "n": count(row.n), "share": percent(row.share), "limit": number(row.jp, 0)}
        paragraphs.append((*compose(template, status=row.status, **values), {"text": extra + "."}))
    return Note(tuple(paragraphs)) if len(paragraphs) > 1 else None


def plot_gaps(gaps: pd.DataFrame | None, *, id: str = "kompetensi") -> Figure | LeftOut:
    """Return for each competency the share of people below the standard of their post, with its interval.

    Parameters
    ----------
    gaps : DataFrame or None
        From `build_gaps`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where no share can be shown.
    """
    if gaps is None or gaps["share"].notna().sum() == 0:
        return LeftOut(_("tidak ada penilaian kompetensi yang dapat ditampilkan"), _("Kesenjangan kompetensi"))
    rows = [_gap_row(row) for row in each_row(gaps)]
    top = max(40.0, float(np.nanmax(gaps["conf_high"])))
    facet = Facet(_("Di bawah standar jabatan"), _("% pegawai yang dinilai"), 0, top, lambda v: percent(v, 0).text)
    return Figure(
        id=id,
        title=_gap_title(gaps),
        subtitle=_("Bagian pegawai di bawah standar jabatan, selang 95 %, {period}").format(
            period=Period.parse(str(gaps["periode"].iloc[0])).label
        ),
        caption=_("Kesenjangan kompetensi menurut kompetensi ({law}).").format(law=cite("kesenjangan")),
        alt=_("Titik dengan selang. ") + "; ".join(_gap_text(row) for row in each_row(gaps)) + ".",
        svg=draw_dots(rows, [facet], n_head="n", width=WIDE),
        svg_narrow=draw_dots(rows, [facet], n_head="n", width=NARROW),
        source=_("tabel kompetensi, diolah."),
        data=tidy_rows(gaps),
    )


def find_widest_gap(gaps: pd.DataFrame | None) -> Any | None:
    """Return the competency that most people stand below the standard in; None where nobody does, or several tie."""
    if gaps is None or not (gaps["share"] > 0).any():
        return None
    widest = gaps[gaps["share"] == gaps["share"].max()]
    return widest.iloc[0] if len(widest) == 1 else None


def _gap_title(gaps: pd.DataFrame) -> str:
    widest = find_widest_gap(gaps)
    if widest is not None:
        return _("Kesenjangan terbanyak pada {name}").format(name=str(widest["kompetensi"]))
    if (gaps["share"] == 0).all():
        return _("Tidak ada pegawai di bawah standar")
    return _("Kesenjangan menurut kompetensi")


def _gap_row(row: Any) -> DotRow:
    n = MISSING if pd.isna(row.n) else count(row.n).text
    if pd.isna(row.share):
        return DotRow(str(row.kompetensi), (Cell(_("tidak dirinci (ada <{k})").format(k=MIN_GROUP)),), n)
    cell = Cell(percent(row.share, 0).text, row.share, row.conf_low, row.conf_high)
    return DotRow(str(row.kompetensi), (cell,), n)


def _gap_text(row: Any) -> str:
    if pd.isna(row.share):
        return f"{row.kompetensi}: {MISSING}"
    ends = interval(row.conf_low, row.conf_high, 0)
    return f"{row.kompetensi} (n = {count(row.n)}): {percent(row.share, 0)} ({ends})"


def say_gaps(gaps: pd.DataFrame | None) -> Paragraph | None:
    """Return which competency most people stand below the standard in, with interval and n; None where none does."""
    worst = find_widest_gap(gaps)
    if worst is None:
        return None
    text = _(
        "Pada {name}, {share} pegawai yang dinilai berada di bawah standar jabatannya (selang 95 %: "
        "{interval}; n = {n})."
    )
    return Paragraph(
        compose(
            text,
            name=str(worst["kompetensi"]),
            share=percent(float(worst["share"])),
            interval=interval(worst["conf_low"], worst["conf_high"], 0),
            n=count(worst["n"]),
        )
    )


def say_reach(reach: pd.DataFrame | None) -> Paragraph | None:
    """Return the share of all people with coaching or mentoring and their mean JP, each with its interval."""
    if reach is None or pd.isna(reach.iloc[0]["share"]):
        return None
    whole: Any = reach.iloc[0]
    runs = compose(
        _("Coaching atau mentoring menjangkau {share} pegawai (selang 95 %: {interval}; n = {n})."),
        share=percent(whole["share"]),
        interval=interval(whole["conf_low"], whole["conf_high"], 0),
        n=count(int(whole["n"])),
    )
    if pd.notna(whole["jp"]):
        text = _(" Rata-rata {jp} JP per pegawai pada periode ini (selang 95 %: {interval}).")
        runs = (*runs, *compose(text, jp=number(whole["jp"]), interval=interval(whole["jp_low"], whole["jp_high"])))
    return Paragraph(runs)
