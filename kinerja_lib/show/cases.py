"""Four cases on one page: designs in words, numbers side by side, programmes on one axis."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.show.blocks import (
    Figure,
    ItemList,
    LeftOut,
    Note,
    Paragraph,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
    lower_first,
)
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, interval, number
from kinerja_lib.show.result_parts import Words, build_figure, find_decimals, tick_of
from kinerja_lib.show.verdict import is_clear
from kinerja_lib.studies import Cases, Study
from kinerja_lib.studies.cases import COUNTRIES, SCALED

DECIMALS = 2  # of the common axis
DESIGNS = {
    "random": mark("penugasan diundi"),
    "comparative": mark("pembanding tanpa undian, antarwaktu"),
    "correlational": mark("dua ukuran yang bergerak bersama, antarwaktu"),
}
WORDS = {  # what may be said: where the interval leaves zero out, and where it holds it
    "random": (mark("berdampak pada"), mark("dampaknya belum pasti")),
    "comparative": (mark("berbeda dari pembanding"), mark("selisihnya belum pasti")),
    "correlational": (mark("berkaitan dengan"), mark("kaitannya belum terlihat")),
}


def say_cases(cases: Cases) -> Paragraph | ItemList:
    """Return what each case allows to be said, an item a programme, the surest design first."""
    if cases.rows.empty:
        return Paragraph(compose(_("Belum ada kasus yang dapat ditampilkan.")), role="lead")
    text = _("**{country}:** {programme} {verb} {outcome} ({size} {unit}; selang 95 %: {interval}; n = {n}).")
    doubt = _("**{country}:** {programme} dan {outcome}: {verb} ({size} {unit}; selang 95 %: {interval}; n = {n}).")
    items = []
    for row in each_row(cases.rows):
        decimals = _decimals(row)
        items.append(
            compose(
                _sentence(row, text, doubt),
                country=row.country,
                programme=lower_first(row.programme),
                verb=_verb(row),
                outcome=row.outcome,
                size=number(row.estimate, decimals, signed=True),
                unit=row.unit,
                interval=interval(row.conf_low, row.conf_high, decimals),
                n=count(row.n),
            )
        )
    return ItemList(tuple(items))


def _sentence(row: Any, text: str, doubt: str) -> str:
    """Return the template of a row: a difference from a comparison is told as doubt is, its verb having no object."""
    return text if is_clear(row) and row.design != "comparative" else doubt


def _verb(row: Any) -> str:
    return _(WORDS[row.design][0 if is_clear(row) else 1])


def _decimals(row: Any) -> int:
    return min(1, find_decimals([row.estimate, row.conf_low, row.conf_high]))


def note_cases(cases: Cases) -> Note | None:
    """Return which cases were left out, and why; nothing where all four are there."""
    if not cases.left_out:
        return None
    text = _("**Tidak dimuat:** {country} ({case}): {why}.")
    return Note(
        tuple(
            compose(text, country=_(COUNTRIES[case]), case=case, why=why.rstrip("."))
            for case, why in cases.left_out.items()
        )
    )


def table_designs(cases: Cases, *, id: str = "rancangan") -> Table | LeftOut:
    """Return the cases in words: who, which design, the word that it allows, and what it cannot say."""
    if cases.rows.empty:
        return LeftOut(_("belum ada kasus"))
    rows = each_row(cases.rows.drop_duplicates("case"))
    frame = pd.DataFrame(
        {
            "case": [row.country for row in rows],
            "who": [row.who for row in rows],
            "design": [_(DESIGNS[row.design]) for row in rows],
            "verb": [_(WORDS[row.design][0]) for row in rows],
            "cannot": [row.cannot for row in rows],
        }
    )
    columns = (
        TableColumn("case", _("Kasus")),
        TableColumn("who", _("Siapa")),
        TableColumn("design", _("Rancangan")),
        TableColumn("verb", _("Kata yang boleh")),
        TableColumn("cannot", _("Yang tidak dapat dikatakan")),
    )
    sources = "; ".join(f"{row.country}: {row.source}" for row in rows if row.source)
    return build_table(frame, columns, id=id, title=_("Rancangan dan kata yang diizinkannya"), source=sources)


def table_cases(cases: Cases, *, id: str = "angka") -> Table | LeftOut:
    """Return the numbers of the cases: outcome, estimate with interval and n, the naive answer beside it."""
    if cases.rows.empty:
        return LeftOut(_("belum ada kasus"))
    frame = pd.DataFrame([line for row in each_row(cases.rows) for line in _lines(row)])
    columns = (
        TableColumn("case", _("Kasus")),
        TableColumn("outcome", _("Hasil")),
        TableColumn("estimate", _("taksiran"), "words"),
        TableColumn("interval", _("selang 95 %"), "words"),
        TableColumn("n", _("n"), "count"),
    )
    text = _(
        "Jawaban naif: perubahan peserta saja; pada kaitan: perbandingan antarorganisasi tanpa penyesuaian. "
        "n: pengamatan; pada jawaban naif Michigan: perusahaan."
    )
    return build_table(frame, columns, id=id, title=_("Taksiran dan jawaban naif"), notes=(compose(text),))


def _lines(row: Any) -> list[dict[str, Any]]:
    """Return the line of a programme and, where there is one, that of its naive answer."""
    decimals = _decimals(row)
    own = (row.estimate, row.conf_low, row.conf_high, row.n)
    naive = (row.naive, row.naive_low, row.naive_high, row.naive_n)
    name = _("{country}: {programme}").format(country=row.country, programme=lower_first(row.programme))
    lines = [(name, f"{row.outcome} ({row.unit})", *own), ("\u2003" + _("jawaban naif"), "", *naive)]
    return [
        {
            "case": case,
            "outcome": outcome,
            "estimate": number(value, decimals, signed=True).text,
            "interval": interval(low, high, decimals).text,
            "n": n,
        }
        for case, outcome, value, low, high, n in lines
        if pd.notna(value)
    ]


def plot_cases(cases: Cases, *, id: str = "satu-sumbu") -> Figure | LeftOut:
    """Return the programmes on one axis, in standard deviations of the comparison's outcome; hollow: the naive answer.

    Parameters
    ----------
    cases : Cases
        From `build_cases`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where no case has a programme. An association has none and is not drawn.
    """
    drawn = cases.rows[cases.rows["scaled"].notna()]
    if drawn.empty:
        return LeftOut(_("tidak ada program yang dapat diletakkan pada satu sumbu"))
    rows = [dot for index, row in enumerate(each_row(drawn)) for dot in _draw(row, gap=index > 0)]
    ends = drawn[[*SCALED]].to_numpy(dtype="float64").ravel()
    low, high = span([None if pd.isna(end) else float(end) for end in ends], include=[0.0], margin=0.04)
    facet = Facet("", _("simpangan baku, ke kanan lebih baik"), low, high, tick_of(low, high), (0.0, _("0 = sama")))
    larger = int((drawn["scaled_naive"] > drawn["scaled"]).sum())
    return build_figure(
        Words(id, "", {}, ""),
        _("Jawaban naif lebih besar pada {k} dari {n} program").format(k=count(larger), n=count(len(drawn))),
        subtitle=_("Selisih dengan pembanding dalam simpangan baku hasil pembanding, selang 95 %"),
        caption=_(
            "Selisih dibagi simpangan baku hasil di antara yang tidak ikut (untuk barang cacat: logaritmanya, dan "
            "lebih sedikit adalah lebih baik). Titik berongga: perubahan peserta saja. Kaitan tidak digambar: "
            "tidak ada program di dalamnya."
        ),
        alt=[f"{row.label} ({row.under or _('tanpa pembanding')}): {_tell(row.cells[0])}" for row in rows],
        draw=lambda width: draw_dots(rows, [facet], n_head="n", width=width),
        data=drawn,
    )


def _draw(row: Any, *, gap: bool) -> list[DotRow]:
    """Return the dot of a programme, and below it that of its naive answer where there is one."""
    own = (row.scaled, row.scaled_low, row.scaled_high)
    naive = (row.scaled_naive, row.scaled_naive_low, row.scaled_naive_high)
    dots = [DotRow(row.country, (_cell(*own),), count(row.n).text, under=row.programme.lower(), gap=gap)]
    if pd.notna(row.scaled_naive):
        dots.append(DotRow(_("Peserta saja"), (_cell(*naive),), count(row.naive_n).text, hollow=True))
    return dots


def _tell(cell: Cell) -> str:
    return f"{cell.words} ({interval(cell.low, cell.high, DECIMALS)})"


def _cell(value: float, low: float, high: float) -> Cell:
    return Cell(number(value, DECIMALS, signed=True).text, value, low, high)


def say_control(study: Study) -> Paragraph | LeftOut:
    """Return how far those without the programme changed: what a comparison of participants alone takes for effect."""
    rows = [] if "control" not in study.detail else each_row(study.detail["control"])
    if not rows or study.table.empty:
        return LeftOut(_("perubahan pembanding sejak awal tidak dapat dihitung"))
    row = rows[0]
    decimals = _decimals(row)
    text = _("Perubahan pembanding, yang tidak mendapat program: {size} {unit} ({interval}; n = {n} pengamatan).")
    ends = interval(row.conf_low, row.conf_high, decimals)
    size = number(row.estimate, decimals, signed=True)
    return Paragraph(compose(text, size=size, unit=study.unit, interval=ends, n=count(row.n)))
