"""An association on the page: its sentence, its figure beside the naive answer, its table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _
from kinerja_lib.show.blocks import (
    Figure,
    Note,
    Paragraph,
    Table,
    TableColumn,
    build_table,
    compose,
    lower_first,
)
from kinerja_lib.show.canvas import NARROW, WIDE, span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, interval, number
from kinerja_lib.show.result_parts import say_warnings
from kinerja_lib.show.verdict import find_verb
from kinerja_lib.studies import Association
from kinerja_lib.vocabulary import label

STEP = 10  # points of the exposure that a sentence speaks of


def _row(estimate: Estimate, term: str) -> Any:
    return estimate.table.set_index("term").loc[term]


def _lines(association: Association) -> tuple[tuple[str, str, Any], ...]:
    """Return name, second line and row of each estimate, the one to trust first."""
    return (
        (_("Dalam unit, antarwaktu"), _("disesuaikan"), _row(association.within, association.exposure)),
        (_("Antarunit"), _("disesuaikan"), _row(association.pooled, association.exposure)),
        (_("Antarunit"), _("tanpa penyesuaian"), _row(association.naive, association.exposure)),
    )


def say_association(association: Association) -> Paragraph:
    """Return what goes with what, by how much, with the verb that the design allows."""
    row = _row(association.within, association.exposure)
    known = row["conf_low"] > 0 or row["conf_high"] < 0
    text = (
        _(
            "{exposure} {verb} {outcome}: tiap {step} poin lebih tinggi, {size} poin {direction} "
            "(selang 95 %: {interval}; n = {n})."
        )
        if known
        else _(
            "Belum terlihat kaitan antara {exposure} dan {outcome}: tiap {step} poin, {size} poin "
            "(selang 95 %: {interval}; n = {n})."
        )
    )
    change = STEP * row["estimate"]
    runs = compose(
        text,
        exposure=label(association.exposure) if known else lower_first(label(association.exposure)),
        verb=find_verb(association.within.design).does,
        outcome=lower_first(label(association.outcome)),
        step=count(STEP),
        size=number(abs(change) if known else change, 1),
        direction=_("lebih tinggi") if change > 0 else _("lebih rendah"),
        interval=interval(STEP * row["conf_low"], STEP * row["conf_high"], 1),
        n=count(row["n"]),
    )
    return Paragraph(runs, role="lead")


def note_association(association: Association) -> Note:
    """Return that it is no effect, and the error rule."""
    return Note(
        (
            compose(
                _("**Berkaitan, bukan menyebabkan.** Tidak ada yang diundi; hal lain dapat menggerakkan keduanya.")
            ),
            compose(_("**Galat baku:** dikelompokkan menurut unit ({rule})."), rule=association.within.rule),
            *say_warnings(association.within),
        )
    )


def plot_association(association: Association, *, id: str = "kaitan") -> Figure:
    """Return the three estimates as dots with intervals, the naive one hollow.

    Parameters
    ----------
    association : Association
        From `study_association`.
    id : str
        Name for references.

    Returns
    -------
    Figure
    """
    lines = _lines(association)
    rows = [
        DotRow(
            name,
            (Cell(_with_interval(row), row["estimate"], row["conf_low"], row["conf_high"]),),
            under=under,
            strong=index == 0,
            hollow=index == len(lines) - 1,
        )
        for index, (name, under, row) in enumerate(lines)
    ]
    unit = _("poin {outcome} tiap poin {exposure}").format(
        outcome=lower_first(label(association.outcome)), exposure=lower_first(label(association.exposure))
    )
    low, high = span([value for *_names, row in lines for value in (row["conf_low"], row["conf_high"])], include=[0.0])
    facet = Facet("", unit, low, high, _tick, (0.0, _("0 = tidak ada kaitan")))
    drawings = [draw_dots(rows, [facet], n_head="", width=width) for width in (WIDE, NARROW)]
    smaller = abs(lines[0][2]["estimate"]) < abs(lines[-1][2]["estimate"])
    return Figure(
        id=id,
        title=_("Kaitannya mengecil setelah disesuaikan")
        if smaller
        else _("Kaitannya tidak mengecil setelah disesuaikan"),
        subtitle=_("{unit}, selang 95 %, n = {n}").format(unit=unit[:1].upper() + unit[1:], n=count(lines[0][2]["n"])),
        caption=_("Tiga taksiran; titik berongga: tanpa penyesuaian."),
        alt=_("Titik dengan selang. ")
        + "; ".join(f"{name} ({under}): {_with_interval(row)}" for name, under, row in lines)
        + ".",
        svg=drawings[0],
        svg_narrow=drawings[1],
        data=tuple({"label": name, "under": under, **dict(row)} for name, under, row in lines),
    )


def _tick(value: float) -> str:
    return number(value, 1, signed=True).text


def _with_interval(row: Any) -> str:
    return f"{number(row['estimate'], 2)} ({interval(row['conf_low'], row['conf_high'], 2)})"


def say_adjustment(association: Association) -> Paragraph:
    """Return how much of the naive association is left once units are compared with themselves."""
    naive, within = (_row(e, association.exposure)["estimate"] for e in (association.naive, association.within))
    text = (
        _(
            "Taksiran naif {naive} menjadi {within} setelah tiap unit dibandingkan dengan dirinya sendiri: "
            "sebagian kaitan "
            "naif itu milik hal lain."
        )
        if abs(within) < abs(naive)
        else _("Taksiran naif {naive} menjadi {within} setelah tiap unit dibandingkan dengan dirinya sendiri.")
    )
    return Paragraph(compose(text, naive=number(naive, 2), within=number(within, 2)))


def table_association(association: Association, *, id: str = "taksiran") -> Table:
    """Return the three estimates as a table: coefficient, standard error, interval, n."""
    lines = _lines(association)
    frame = pd.DataFrame(
        {
            "label": [f"{name}, {under}" for name, under, _r in lines],
            "estimate": [row["estimate"] for *_n, row in lines],
            "std_error": [row["std_error"] for *_n, row in lines],
            "interval": [interval(row["conf_low"], row["conf_high"], 3).text for *_n, row in lines],
            "n": [row["n"] for *_n, row in lines],
        }
    )
    columns = (
        TableColumn("label", _("Taksiran")),
        TableColumn("estimate", _("koefisien"), "number", 3),
        TableColumn("std_error", _("galat baku"), "number", 3),
        TableColumn("interval", _("selang 95 %"), "words"),
        TableColumn("n", _("n"), "count"),
    )
    title = _("{outcome} menurut {exposure}").format(
        outcome=label(association.outcome), exposure=lower_first(label(association.exposure))
    )
    note = compose(_("Galat baku: {errors}."), errors=association.within.errors.rstrip("."))
    return build_table(frame, columns, id=id, title=title, notes=(note,))
