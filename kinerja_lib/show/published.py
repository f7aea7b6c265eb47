"""Published effects as a forest, an own estimate beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pandas as pd

from kinerja_lib.errors import DataError, list_values
from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.published import CORRELATIONS, METRICS, STANDARDISED
from kinerja_lib.show.blocks import Figure, LeftOut, each_row
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, interval, number
from kinerja_lib.show.result_balance import STUDIES
from kinerja_lib.show.result_parts import Words, build_figure, dot_cell, say_value, tick_of

DECIMALS = 2  # as such effects are published


def plot_published(rows: pd.DataFrame, own: Estimate | None = None, *, id: str = "efek-terbitan") -> Figure | LeftOut:
    """Return published effects of one metric as dots with intervals where known, an own estimate above them.

    Means of meta-analyses are hollow; they are for reference, and nothing here is pooled.

    Parameters
    ----------
    rows : DataFrame
        From `read_published`.
    own : Estimate, optional
        An estimate on the same metric; its first row is drawn, and its 95 % prediction interval said where it has one.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where there are no rows, or too many for a figure.

    Raises
    ------
    DataError
        Rows of several metrics.
    """
    if rows.empty:
        return LeftOut(_("tidak ada efek terbitan yang cocok"), _("Efek terbitan"))
    if len(rows) > STUDIES:
        return LeftOut(_("lebih dari {n} efek; pilih satu intervensi atau hasil").format(n=STUDIES), _("Efek terbitan"))
    metric = _say_metric(rows)
    mine = None if own is None else each_row(own.table)[0]
    if mine is not None and mine.n < MIN_GROUP and not _is_pooled(mine):
        return LeftOut(_("kurang dari {k} orang").format(k=MIN_GROUP), _("Efek terbitan"))
    ordered = rows.sort_values(["pooled", "estimate"], ascending=[False, False], kind="stable")
    dots = [] if mine is None else [_draw_own(mine)]
    one = rows["intervention"].nunique() == 1
    dots += [_draw_row(row, one, gap=index == 0 and mine is not None) for index, row in enumerate(each_row(ordered))]
    ends = [*rows["conf_low"], *rows["conf_high"], *rows["estimate"]]
    ends += [] if mine is None else [mine.conf_low, mine.conf_high, mine.estimate]
    low, high = span([None if pd.isna(end) else float(end) for end in ends], include=[0.0])
    pale = None if mine is None else float(mine.estimate)
    facet = Facet("", metric, low, high, tick_of(low, high), (0.0, _("0 = tidak ada efek")), pale)
    figure = build_figure(
        Words(id, "", {}, ""),
        _title(rows, mine),
        subtitle=_("{what}; selang 95 % bila diketahui").format(
            what=", ".join([_(str(rows["intervention"].iloc[0]))] * one + [metric])
        ),
        caption=_caption(rows, own),
        alt=[f"{row.label} ({row.under}): {_say(row)}" if row.under else f"{row.label}: {_say(row)}" for row in dots],
        draw=lambda width: draw_dots(dots, [facet], n_head="n", width=width),
        data=ordered,
    )
    return replace(figure, source="; ".join(dict.fromkeys(f"{_name(row)}: {row.source}" for row in each_row(ordered))))


def _say_metric(rows: pd.DataFrame) -> str:
    """Return the metric of all rows in words; correlations are of one scale, partial ones too, and so are g and d."""
    metrics = list(dict.fromkeys(rows["metric"]))
    if len(metrics) == 1:
        return _(METRICS[metrics[0]])
    if set(metrics) <= set(CORRELATIONS):
        return _(METRICS[CORRELATIONS[0]])
    if set(metrics) <= set(STANDARDISED):
        return _("selisih baku (g Hedges atau d Cohen)")
    message = _("rows: metrik bercampur ({metrics}); pilih satu dengan read_published(metric=...).")
    raise DataError(message.format(metrics=list_values(metrics)))


def _is_pooled(own: Any) -> bool:
    """Tell whether an own estimate is a mean of studies: its n counts studies then."""
    return bool(own.term == "mu")


def _draw_own(own: Any) -> DotRow:
    cell = (dot_cell(own, DECIMALS),)
    if _is_pooled(own):
        return DotRow(_("Gabungan"), cell, under=_("{n} studi").format(n=count(own.n)), strong=True)
    return DotRow(_("Data ini"), cell, count(own.n).text, strong=True)


def _draw_row(row: Any, one: bool, *, gap: bool) -> DotRow:
    """Return one effect; the intervention is not said again where all rows share it."""
    parts = (row.outcome, row.detail) if one else (row.intervention, row.outcome, row.detail)
    under = ", ".join(_(part) for part in parts if part)
    n = "" if pd.isna(row.n) else count(int(row.n)).text
    return DotRow(_name(row), (dot_cell(row, DECIMALS),), n, under=under, gap=gap, hollow=bool(row.pooled))


def _name(row: Any) -> str:
    return str(row.study) if pd.isna(row.year) else f"{row.study} {row.year}"


def _say(row: DotRow) -> str:
    cell = row.cells[0]
    ends = interval(cell.low, cell.high, DECIMALS)
    return cell.words if ends.value is None else f"{cell.words} ({ends})"


def _title(rows: pd.DataFrame, own: Any) -> str:
    """Return between which values the published effects lie, or how many of them the own estimate reaches."""
    if own is None:
        text = _("{n} efek terbitan: dari {low} sampai {high}")
        low, high = (number(end, DECIMALS) for end in (rows["estimate"].min(), rows["estimate"].max()))
        return text.format(n=count(len(rows)), low=low, high=high)
    if _is_pooled(own):
        return _("Gabungan {n} studi: {value}").format(n=count(own.n), value=say_value(own, DECIMALS))
    text = _("Taksiran data ini {value}; {k} dari {n} efek terbitan lebih besar")
    larger = int((rows["estimate"] > own.estimate).sum())
    return text.format(value=say_value(own, DECIMALS), k=count(larger), n=count(len(rows)))


def _caption(rows: pd.DataFrame, own: Estimate | None) -> str:
    """Return what the marks mean, and where the effect of a new study would lie if the own estimate says so."""
    said = [_("Efek terbitan dengan selangnya.")]
    if rows["pooled"].any():
        said.append(_("Titik berongga: rata-rata meta-analisis; titik penuh: satu studi."))
    found = {} if own is None else cast("Mapping[str, float]", own.diagnostics)
    if "prediction_low" in found:
        ends = interval(found["prediction_low"], found["prediction_high"], DECIMALS)
        said.append(_("Selang prediksi 95 % bagi studi baru: {interval}.").format(interval=ends))
    return " ".join(said)
