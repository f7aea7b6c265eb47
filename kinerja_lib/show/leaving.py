"""Who left, on the page: the share up to each time with other reasons competing, and exits by reason."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _, mark
from kinerja_lib.show.blocks import Figure, LeftOut, Paragraph, Table, TableColumn, build_table, compose, each_row
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, interval, number, percent
from kinerja_lib.show.result_parts import Words, build_figure, frame_of, tick_of
from kinerja_lib.studies.leaving import GROUPS, TENS
from kinerja_lib.studies.result import Study
from kinerja_lib.vocabulary import Period, label

NAMES = {GROUPS[0]: mark("Belum"), GROUPS[1]: mark("Sudah")}
UNKNOWN = "tidak_diketahui"
HELD_BACK = mark("terlalu sedikit yang keluar, agar tidak menunjuk orang")


def plot_leaving(study: Study, *, id: str = "sudah-keluar") -> Figure | LeftOut:
    """Return the share that left of their own will up to each time, by whether they had begun, other reasons competing.

    Parameters
    ----------
    study : Study
        From `study_retention`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where too few left to be shown.
    """
    found = study.detail.get("incidence")
    if not isinstance(found, Estimate):
        return LeftOut(_(HELD_BACK), _("Bagian yang sudah keluar"))
    risk = frame_of(found, "at_risk")
    table = found.table.assign(time=risk["time"].to_numpy(), n_risk=risk["n_risk"].to_numpy())
    table = table.sort_values(["time", "group"], ascending=[True, False], ignore_index=True)
    rows = each_row(table)
    low, high = span([100 * value for row in rows for value in (row.conf_low, row.conf_high)], include=[0.0])
    facet = Facet("", _("keluar atas kemauan sendiri (%)"), max(low, 0.0), high, tick_of(max(low, 0.0), high))
    dots = [_dot(row, gap=at > 0 and row.time != rows[at - 1].time) for at, row in enumerate(rows)]
    last = rows[-len(NAMES) :]
    return build_figure(
        Words(id, "", {}, ""),
        _title(last),
        subtitle=_("sudah atau belum ikut pada awal {period}, lalu diikuti; selang 95 %, n = {n}").format(
            period=Period.parse(str(study.detail["landmark"])).label, n=count(sum(int(row.n) for row in last))
        ),
        caption=_(
            "Yang keluar atas kemauan sendiri sampai tiap waktu; pensiun, meninggal dan pemberhentian bersaing. Yang "
            "masih diamati dibulatkan ke bawah ke puluhan, agar tidak menunjuk orang."
        ),
        alt=[f"{_name(row)}, {_after(row)}: {_words(row)}" for row in rows],
        draw=lambda width: draw_dots(dots, [facet], n_head=_("n"), width=width),
        data=table.drop(columns="term"),
    )


def _name(row: Any) -> str:
    return _(NAMES[str(row.group)])


def _after(row: Any) -> str:
    return _("{years} tahun").format(years=number(row.time, 1))


def _words(row: Any) -> str:
    ends = interval(100 * row.conf_low, 100 * row.conf_high, 1)
    return f"{percent(100 * row.estimate, 1)} ({ends}; n = {count(row.n)})"


def _dot(row: Any, *, gap: bool) -> DotRow:
    value, low, high = (100 * getattr(row, name) for name in ("estimate", "conf_low", "conf_high"))
    at_risk = count(row.n_risk) if row.n_risk else f"<{TENS}"
    under = _("diamati: {n}").format(n=at_risk)
    cell = Cell(percent(value, 1).text, value, low, high)
    return DotRow(
        f"{_name(row)}, {_after(row)}", (cell,), count(row.n).text, under=under, gap=gap, strong=row.group == GROUPS[1]
    )


def _title(last: list[Any]) -> str:
    """Return whether the two intervals of the last time lie apart: no test, no answer."""
    first, second = last
    if first.conf_low > second.conf_high or second.conf_low > first.conf_high:
        return _("Bagian yang keluar berbeda, sebelum usia dan masa kerja disetarakan")
    return _("Bagian yang keluar tidak jelas berbeda")


def say_competing(study: Study) -> Paragraph | LeftOut:
    """Return how many of those followed left for another reason, and could no longer leave of their own will.

    Parameters
    ----------
    study : Study
        From `study_retention`.
    """
    found = study.detail.get("competing")
    if not isinstance(found, Estimate):
        return LeftOut(_(HELD_BACK), _("Yang keluar karena alasan lain"))
    row = each_row(found.table)[0]
    text = _(
        "Selama {years} tahun itu, {share} keluar karena alasan lain (selang 95 %: {ends}; n = {n}): pensiun, "
        "meninggal, atau diberhentikan. Mereka tidak lagi dapat keluar atas kemauan sendiri, dan tidak dihitung "
        "sebagai bertahan."
    )
    values = {"share": percent(100 * row.estimate, 1), "ends": interval(100 * row.conf_low, 100 * row.conf_high, 1)}
    return Paragraph(compose(text, years=number(float(str(row.term)), 1), n=count(row.n), **values))


def table_exits(study: Study, *, id: str = "alasan-keluar") -> Table | LeftOut:
    """Return exits by reason, before or without the programme and after its start; small numbers are not shown.

    Parameters
    ----------
    study : Study
        From `study_retention`.
    id : str
        Name for references.
    """
    found = study.detail.get("exits")
    what = _("Keluar menurut alasan")
    if not isinstance(found, pd.DataFrame) or found.empty:
        return LeftOut(_(HELD_BACK), what)
    if found[["before", "after"]].isna().all(axis=None):
        return LeftOut(_(HELD_BACK), what)
    reasons = [_("Tidak diketahui") if reason == UNKNOWN else label(str(reason)) for reason in found["reason"]]
    columns = (
        TableColumn("reason", _("Alasan")),
        TableColumn("before", _("Sebelum atau tanpa program (orang)"), "count"),
        TableColumn("after", _("Sesudah program mulai (orang)"), "count"),
    )
    note = _("Tanda –: tidak ditampilkan, agar tidak menunjuk orang. Mutasi ke luar dihitung sebagai kemauan sendiri.")
    return build_table(found.assign(reason=reasons), columns, id=id, title=what, notes=(compose(note),))
