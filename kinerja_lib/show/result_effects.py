"""Results as a table, as coefficients, and by time since a roll-out began."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.show.blocks import Figure, LeftOut, Table, TableColumn, build_table, compose, each_row
from kinerja_lib.show.canvas import span
from kinerja_lib.show.curves import Axis, Curve, Guide, draw_curves
from kinerja_lib.show.dots import DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import SMALL, count, number
from kinerja_lib.show.result_parts import (
    Words,
    build_figure,
    dot_cell,
    find_decimals,
    frame_of,
    say_ends,
    say_errors,
    say_value,
    say_warnings,
    tick_of,
)

APART = ("Intercept", "proportion")
FAR = 1000.0  # rows so many times apart in size get decimals of their own
ROWS, TIMES = 14, 6  # a curve of more rows is shown at so many times


def table_result(result: Estimate, words: Words) -> Table:
    """Return the rows of a result: estimate, standard error, interval, n; its rules, warnings and losses below."""
    table = _thin(result)
    decimals = find_decimals(table[["estimate", "std_error"]])
    sizes = table["estimate"].abs()[table["estimate"] != 0]
    own = len(sizes) > 0 and bool(sizes.max() > FAR * sizes.min())
    each = [find_decimals([row.estimate, row.std_error]) if own else decimals for row in each_row(table)]
    kind: Literal["words", "number"] = "words" if own else "number"
    frame = pd.DataFrame(
        {
            "term": [words.name(term) for term in table["term"]],
            "group": [words.name(group) if group else "" for group in table["group"].fillna("")],
            "estimate": _shown(table["estimate"], each) if own else table["estimate"].to_numpy(),
            "std_error": _shown(table["std_error"], each) if own else table["std_error"].to_numpy(),
            "interval": [say_ends(row, places) for row, places in zip(each_row(table), each, strict=True)],
            "n": table["n"].to_numpy(),
        }
    )
    columns = [
        TableColumn("term", _("Suku")),
        *([TableColumn("group", _("Kelompok"), "text")] if frame["group"].any() else []),
        TableColumn("estimate", _("Taksiran"), kind, decimals),
        TableColumn("std_error", _("Galat baku"), kind, decimals),
        TableColumn("interval", _("Selang 95 %"), "words"),
        TableColumn("n", _("n"), "count"),
    ]
    few = frame["n"] < MIN_GROUP
    cover = frame[["estimate", "std_error", "interval", "n"]].astype("object").where(few, None)
    cover = cover.mask(few, SMALL)
    title = words.title or result.estimand[:1].upper() + result.estimand[1:]
    return build_table(frame, columns, id=words.id, title=title, hidden=cover, notes=_notes(result))


def _shown(values: pd.Series, decimals: list[int]) -> list[str | None]:
    pairs = zip(values, decimals, strict=True)
    return [None if pd.isna(value) else number(float(value), places).text for value, places in pairs]


def _thin(result: Estimate) -> pd.DataFrame:
    """Return the rows that a table shows: all, but of a curve those at a few times."""
    table = result.table
    if "at_risk" not in result.diagnostics or len(table) <= ROWS:
        return table
    time = frame_of(result, "at_risk")["time"].to_numpy()
    wanted = np.linspace(0, time.max(), TIMES + 1)[1:]
    kept = []
    for _group, rows in table.assign(time=time).groupby("group", sort=False, dropna=False):
        at = np.searchsorted(rows["time"].to_numpy(), wanted, side="right") - 1
        kept += [int(position) for position in dict.fromkeys(rows.index[at[at >= 0]])]
    return table.loc[kept]


def _notes(result: Estimate) -> tuple[Any, ...]:
    """Return the rule of the errors, what was left out and what to beware of, a line each."""
    lines = [compose(_("{method}. {errors}."), method=result.method.rstrip("."), errors=say_errors(result))]
    if result.dropped:
        lost = "; ".join(f"{reason}: {count(number_lost)}" for reason, number_lost in result.dropped.items())
        lines.append(compose(_("Tidak dipakai: {lost}."), lost=lost))
    return (*lines, *say_warnings(result))


def plot_coefficients(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return estimates as dots with intervals beside nought; of a hazard, ratios beside one."""
    ratio = "hazard_ratio" in result.diagnostics
    table = result.table[result.table["estimate"].notna() & (result.table["n"] >= MIN_GROUP)]
    terms = table["term"].astype("str")
    apart = terms.isin(APART) | terms.str.contains("|", regex=False)  # of another scale: intercepts, thresholds
    table = table[~apart | (len(table) == 1)]
    if table.empty:
        return LeftOut(_("tidak ada taksiran yang dapat digambar"))
    if ratio:
        table = table.assign(**{name: np.exp(table[name]) for name in ("estimate", "conf_low", "conf_high")})
    still = 1.0 if ratio else 0.0
    decimals = find_decimals(table["estimate"])
    cells = [dot_cell(row, decimals) for row in each_row(table)]
    rows = [
        DotRow(words.name(row.term), (cell,), count(row.n).text, under=words.name(row.group) if row.group else "")
        for row, cell in zip(each_row(table), cells, strict=True)
    ]
    clear = int(((table["conf_low"] > still) | (table["conf_high"] < still)).sum())
    reference = _("1 = laju sama") if ratio else _("0 = tidak ada selisih")
    low, high = span([*table["conf_low"], *table["conf_high"], *table["estimate"]], include=[still])
    tested = table["p_value"].notna().any()
    line = (still, reference) if tested else None
    facet = Facet("", words.unit, low, high, tick_of(low, high), line)
    title = (
        _("{name}: {value}").format(name=rows[0].label, value=say_value(next(iter(each_row(table))), decimals))
        if not tested
        else _("Tidak ada taksiran yang jelas berbeda dari {still}")
        if not clear
        else _("{clear} dari {all} taksiran jelas berbeda dari {still}")
    )
    return build_figure(
        words,
        title.format(still=number(still, 0), clear=count(clear), all=count(len(table))),
        subtitle=_("{estimand}, selang 95 %").format(estimand=result.estimand),
        caption=_("Taksiran dengan selangnya. {errors}.").format(errors=say_errors(result)),
        alt=[f"{row.label}: {cell.words}" for row, cell in zip(rows, cells, strict=True)],
        draw=lambda width: draw_dots(rows, [facet], n_head="n", width=width),
        data=table,
    )


def _whole(value: float) -> str:
    return number(value, 0).text if value == round(value) else ""


def plot_event_study(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return the effect by time since the start, the time before it too: there it should be nought."""
    events = frame_of(result, "event")
    overall = events[events["term"].astype("str") == "overall"]
    events = events[events["term"].astype("str") != "overall"]
    events = events.assign(time=events["term"].astype("float64")).sort_values("time")
    if events.empty:
        return LeftOut(_("tidak ada waktu sebelum dan sesudah mulai yang dapat ditaksir"))
    before = events[events["time"] < 0]
    early = bool(((before["conf_low"] > 0) | (before["conf_high"] < 0)).any())
    decimals = find_decimals(events["estimate"])
    values = {name: tuple(events[name].astype("float64")) for name in ("time", "estimate", "conf_low", "conf_high")}
    curve = Curve(
        "", values["time"], values["estimate"], values["conf_low"], values["conf_high"], line=False, dots=True
    )
    low, high = span([*values["conf_low"], *values["conf_high"]], include=[0.0])
    x = Axis(min(values["time"]) - 0.6, max(values["time"]) + 0.6, _whole, _("periode sejak mulai"))
    y = Axis(low, high, tick_of(low, high), words.unit or result.estimand)
    guides = (Guide(0.0, ""), Guide(-0.5, _("mulai"), upright=True))
    title = (
        _("Selisih sudah ada sebelum mulai: bacalah dengan curiga")
        if early
        else _("Sebelum mulai tidak ada selisih yang jelas")
        if len(before)
        else _("Selisih menurut waktu sejak mulai")
    )
    whole = "" if overall.empty else _(" Keseluruhan: {words}.").format(words=say_value(overall.iloc[0], decimals))
    return build_figure(
        words,
        title,
        subtitle=_("{estimand}, selang 95 %").format(estimand=result.estimand),
        caption=_("Taksiran menurut periode sejak mulai.") + whole,
        alt=[f"{row.time:g}: {say_value(row, decimals)}" for row in each_row(events)],
        draw=lambda width: draw_curves([curve], x, y, guides=guides, width=width),
        data=events,
    )
