"""A roll-out among units on the page: its sentence, its figure beside the naive answer, its table.

Nobody was drawn by lot: the sentences speak of differences from a comparison, never of effects.
"""

from __future__ import annotations

from typing import Any, cast

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.show.blocks import (
    Figure,
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
from kinerja_lib.show.dots import DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, interval, number
from kinerja_lib.show.result_parts import Words, build_figure, dot_cell, find_decimals, tick_of
from kinerja_lib.show.verdict import is_clear
from kinerja_lib.studies.result import Study
from kinerja_lib.vocabulary import label

ROLES = {  # role of a row: name and second line, in the order of the figure
    "main": (mark("Periode mulai ikut"), mark("unit terhadap dirinya sendiri")),
    "second": (mark("Periode mulai ikut"), mark("terhadap unit yang belum ikut")),
    "later": (mark("Periode sesudahnya"), mark("unit terhadap dirinya sendiri")),
    "before": (mark("Sebelum mulai ikut"), mark("seharusnya nol")),
    "naive": (mark("Peserta saja"), mark("tanpa pembanding")),
}


def _decimals(study: Study) -> int:
    return min(1, find_decimals(study.headline[["estimate", "conf_low", "conf_high"]]))


def _left_out(study: Study) -> LeftOut:
    return LeftOut(" ".join(study.reasons).rstrip("."))


def _ordered(study: Study) -> list[Any]:
    """Return the rows of the table in the order of `ROLES`."""
    return sorted(each_row(study.table), key=lambda row: list(ROLES).index(row.role))


def say_roll_out(study: Study) -> Paragraph:
    """Return what the period of entering went with, and that no lot decided who entered."""
    if study.table.empty:
        return Paragraph(compose(_("Data ini tidak dapat menjawab. {why}"), why=" ".join(study.reasons)), role="lead")
    row = each_row(study.headline)[0]
    known = is_clear(row)
    text = (
        _(
            "Pada periode mulai ikut {programme}, {outcome} {size} {unit} {direction} daripada menurut pembanding "
            "(selang 95 %: {interval}; n = {n} pengamatan). Pesertanya tidak diundi, jadi ini selisih, bukan bukti "
            "sebab."
        )
        if known
        else _(
            "Pada periode mulai ikut {programme}, selisih {outcome} dengan pembanding tidak dapat dipastikan: {size} "
            "{unit}, dan selangnya memuat nol ({interval}; n = {n} pengamatan)."
        )
    )
    decimals = _decimals(study)
    runs = compose(
        text,
        programme=lower_first(label(row.term)),
        outcome=lower_first(study.outcome),
        size=number(abs(row.estimate) if known else row.estimate, decimals),
        unit=study.unit,
        direction=_("lebih tinggi") if row.estimate > 0 else _("lebih rendah"),
        interval=interval(row.conf_low, row.conf_high, decimals),
        n=count(row.n),
    )
    return Paragraph(runs, role="lead")


def note_roll_out(study: Study) -> Note | None:
    """Return the design, the units behind it, the error rule and how the two sides moved before the start."""
    if study.pooled is None:
        return None
    units = cast("dict[str, int]", study.detail["units"])
    notes = [
        compose(_("**Rancangan:** pembanding tanpa undian, antarwaktu.")),
        compose(
            _("**Unit:** {entered} ikut, {compared} tidak; {without} tidak terhitung."),
            **{name: count(value) for name, value in units.items()},
        ),
        compose(_("**Galat baku:** dikelompokkan menurut unit ({rule})."), rule=study.pooled.rule),
    ]
    check = study.check("pre_trend")
    if check is not None and check.values:
        text = (
            _("**Sebelum mulai:** berbeda {size} {unit} ({interval}; n = {n} unit), dan selangnya memuat nol.")
            if check.passed
            else _("**Sebelum mulai:** sudah berbeda {size} {unit} ({interval}; n = {n} unit). Selisihnya diragukan.")
        )
        decimals = _decimals(study)
        ends = interval(check.values["conf_low"], check.values["conf_high"], decimals)
        size = number(check.values["estimate"], decimals, signed=True)
        notes.append(compose(text, size=size, unit=study.unit, interval=ends, n=count(check.values["n"])))
    return Note(tuple(notes))


def plot_roll_out(study: Study, *, id: str = "selisih") -> Figure | LeftOut:
    """Return the differences as dots with intervals, the naive one hollow.

    Parameters
    ----------
    study : Study
        From `study_roll_out`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where the study could not answer.
    """
    if study.table.empty:
        return _left_out(study)
    decimals = _decimals(study)
    rows = [
        DotRow(
            _(ROLES[row.role][0]),
            (dot_cell(row, decimals),),
            under=_(ROLES[row.role][1]),
            strong=row.role == "main",
            hollow=bool(row.naive),
            gap=bool(row.naive),
        )
        for row in _ordered(study)
    ]
    ends = study.table[["conf_low", "conf_high", "estimate"]].to_numpy().ravel().tolist()
    low, high = span(ends, include=[0.0], margin=0.04)
    unit = _("selisih, {unit}").format(unit=study.unit)
    facet = Facet("", unit, low, high, tick_of(low, high), (0.0, _("0 = tidak ada selisih")))
    return build_figure(
        Words(id, "", {}, study.unit),
        _title(study),
        subtitle=_("Selisih {outcome} ({unit}), selang 95 %, n = {n}").format(
            outcome=lower_first(study.outcome), unit=study.unit, n=count(study.headline["n"].iloc[0])
        ),
        caption=_("Selisih pada periode mulai ikut, sesudah, dan sebelumnya; titik berongga: peserta saja."),
        alt=[f"{_(ROLES[row.role][0])} ({_(ROLES[row.role][1])}): {_words(row, decimals)}" for row in _ordered(study)],
        draw=lambda width: draw_dots(rows, [facet], n_head="", width=width),
        data=study.table,
    )


def _title(study: Study) -> str:
    row, naive = each_row(study.headline)[0], each_row(study.naive)
    unsure = row.conf_low <= 0 <= row.conf_high
    if not unsure:
        return _("Peserta berbeda dari pembanding pada periode mulai ikut")
    if naive and is_clear(naive[0]):
        return _("Perubahan peserta tampak pasti; selisihnya dengan pembanding tidak")
    return _("Tidak ada selisih yang dapat dipastikan")


def _words(row: Any, decimals: int) -> str:
    return f"{number(row.estimate, decimals)} ({interval(row.conf_low, row.conf_high, decimals)})"


def table_roll_out(study: Study, *, id: str = "perbandingan") -> Table | LeftOut:
    """Return the differences as a table: size, standard error, interval, n."""
    if study.table.empty:
        return _left_out(study)
    rows, decimals = _ordered(study), _decimals(study)
    frame = pd.DataFrame(
        {
            "label": [", ".join(_(part) for part in ROLES[row.role]) for row in rows],
            "estimate": [row.estimate for row in rows],
            "std_error": [row.std_error for row in rows],
            "interval": [interval(row.conf_low, row.conf_high, decimals).text for row in rows],
            "n": [row.n for row in rows],
        }
    )
    columns = (
        TableColumn("label", _("Taksiran")),
        TableColumn("estimate", _("selisih"), "number", 2),
        TableColumn("std_error", _("galat baku"), "number", 2),
        TableColumn("interval", _("selang 95 %"), "words"),
        TableColumn("n", _("n"), "count"),
    )
    title = _("Selisih {outcome} ({unit})").format(outcome=lower_first(study.outcome), unit=study.unit)
    text = _("n: pengamatan (unit dan periode); pada yang belum ikut, sebelum mulai, dan peserta saja: unit peserta.")
    return build_table(frame, columns, id=id, title=title, notes=(compose(text),))
