"""Figures of the unit and the agency report: finished numbers in, a figure block out.

A figure's title is what it found, made from the result; its alternative text says what a reader would have seen, with
the numbers. Nothing is estimated, saved or printed here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from kinerja_lib.language import _
from kinerja_lib.measures import Distribution, Measure
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.rules import sharing_limit
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    Figure,
    LeftOut,
    each_row,
    keep_together,
    tidy_rows,
)
from kinerja_lib.show.canvas import NARROW, WIDE
from kinerja_lib.show.forms import Bar, Segment, Series, draw_lines, draw_shares
from kinerja_lib.show.numbers import SMALL, Bound, count, interval, number, percent
from kinerja_lib.vocabulary import Period

INDEX = ("indeks", "index")  # units of measure that start so are told by the name of the measure


def quantity(value: float | None, unit: str, decimals: int = 1) -> Bound:
    """Return a value with its unit as a page shows it: ``94,2%``, ``12,6 JP``."""
    if unit == "%":
        return percent(value, decimals)
    if unit.startswith(INDEX):
        return number(value, decimals)
    shown = number(value, decimals)
    return shown if shown.value is None or not unit else Bound(f"{shown.text} {unit}", shown.value)


def short_period(text: str, *, split: bool = False) -> str:
    """Return a period's label short enough for an axis: ``Sem. I 2025``."""
    period = Period.parse(text)
    words = period.label.replace(_("Semester"), _("Sem.")).replace(_("Triwulan"), _("Tri."))
    head, _space, year = words.rpartition(" ")
    return f"{head}\n{year}" if split and head else words


def plot_distribution(distribution: Distribution | None, scope: Scope, *, id: str = "sebaran") -> Figure | LeftOut:
    """Return the shares of predikat as one stacked bar a period, beside the organisation's predikat and its pattern.

    Parameters
    ----------
    distribution : Distribution or None
        From `build_distribution`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where there is no predikat.
    """
    if distribution is None:
        return LeftOut(_("tidak ada predikat kinerja"))
    bars = [_distribution_bar(period, rows, distribution) for period, rows in _by_period(distribution)]
    heads = (_("Sangat Baik"), _("Baik"), _("Butuh Perbaikan\natau lebih rendah"))
    beside = (_("Predikat\norganisasi"), _("Pola SE\n3/2023"))
    shown = distribution.organisation["predikat_organisasi"].notna().any()
    drawings = [
        draw_shares(
            bars, heads=heads, beside=beside if shown else (), notch=_notch_name(bars, distribution), width=width
        )
        for width in (WIDE, NARROW)
    ]
    return Figure(
        id=id,
        title=_distribution_title(distribution),
        subtitle=_("Predikat kinerja pegawai, % dari pegawai dinilai, {n} periode").format(n=len(bars)),
        caption=_("Sebaran predikat kinerja pegawai."),
        alt=_distribution_alt(distribution),
        svg=drawings[0],
        svg_narrow=drawings[1],
        source=_("tabel penilaian, diolah."),
        data=tidy_rows(distribution.table),
    )


def _by_period(distribution: Distribution) -> list[tuple[str, pd.DataFrame]]:
    return [(str(period), rows) for period, rows in distribution.table.groupby("periode", sort=False)]


def _distribution_bar(period: str, rows: pd.DataFrame, distribution: Distribution) -> Bar:
    rows_by_period = distribution.organisation.set_index("periode")
    organisation: Any = rows_by_period.loc[period]
    n = rows["n"].iloc[0]
    label = Period.parse(period).label
    strong = period == distribution.table["periode"].iloc[-1]
    level = organisation["predikat_organisasi"]
    beside = ("–" if pd.isna(level) else str(level), _short_verdict(organisation))
    if rows["share"].isna().all():
        hidden = Segment(1.0, _("tidak dirinci (ada <{k})").format(k=MIN_GROUP), 1, hidden=True)
        return Bar(label, _n_text(n), (hidden,), beside, strong=strong)
    segments = tuple(_segment(row) for row in each_row(rows))
    return Bar(label, _n_text(n), segments, beside, _notch(rows, level), strong)


def _notch(rows: pd.DataFrame, organisation: Any) -> float | None:
    """Return where the limit on the largest level lies on the bar; None where a hidden part covers it."""
    level = LARGEST.get(str(organisation))
    if level is None or rows["hidden"].any():
        return None
    before = sum(float(row.share) for row in each_row(rows) if LEVEL_OF.get(row.levels[0], 2) < LEVEL_OF[level])
    return min((before + sharing_limit(str(organisation), level)) / 100, 1.0)


def _notch_name(bars: list[Bar], distribution: Distribution) -> str:
    organisation = str(distribution.organisation["predikat_organisasi"].iloc[-1])
    if bars[-1].notch is None:
        return ""
    level = LARGEST[organisation]
    return _("batas {level} {most}").format(level=level, most=percent(sharing_limit(organisation, level)))


def _short_verdict(organisation: Any) -> str:
    if pd.isna(organisation["kept"]):
        return "–"
    return _("sesuai") if organisation["kept"] else _("tidak sesuai")


def _n_text(n: Any) -> str:
    return "n = " + (SMALL if pd.isna(n) else count(int(n)).text)


LEVEL_OF = {"Sangat Baik": 0, "Baik": 1}
LARGEST = {"Istimewa": "Sangat Baik", "Baik": "Baik"}  # the level whose limit a bar marks, by organisation


def _segment(row: Any) -> Segment:
    share = row.share / 100
    words = percent(row.share, 0).text
    if row.hidden:
        whole = share >= 1  # small groups, or everybody on one level: the reader is not told which
        detail = _("tidak dirinci") if whole else _("{share} tidak dirinci (ada <{k})")
        return Segment(share, detail.format(share=words, k=MIN_GROUP), 1, hidden=True)
    return Segment(share, words, LEVEL_OF.get(row.levels[0], 2))


def _distribution_title(distribution: Distribution) -> str:
    kept = distribution.organisation.set_index("periode")["kept"]
    latest = kept.iloc[-1]
    if pd.isna(latest):
        return _("Sebaran predikat kinerja pegawai")
    name = Period.parse(str(kept.index[-1])).label
    if latest:
        return _("Sebaran predikat {period} mengikuti pola organisasi").format(period=name)
    return _("Sebaran predikat {period} tidak mengikuti pola organisasi").format(period=name)


def _distribution_alt(distribution: Distribution) -> str:
    parts = []
    for period, rows in _by_period(distribution):
        cells = []
        for row in each_row(rows):
            if pd.isna(row.share):
                cells.append(_("tidak dirinci"))
            else:
                extra = " " + _("(tidak dirinci)") if row.hidden else ""
                cells.append(f"{row.label} {count(row.count)} ({percent(row.share, 0)}){extra}")
        parts.append(f"{Period.parse(period).label}, {_n_text(rows['n'].iloc[0])}: " + ", ".join(cells))
    return _("Batang bertumpuk per periode. ") + "; ".join(parts) + "."


def plot_trend(
    trend: pd.DataFrame | None, scope: Scope, measure: Measure | None, *, id: str = "tren"
) -> Figure | LeftOut:
    """Return the performance measure over time, the unit with its intervals and the agency as reference.

    Parameters
    ----------
    trend : DataFrame or None
        From `build_trend`.
    scope : Scope
        What the report is about.
    measure : Measure or None
        From `performance_measure`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where there is no measure.
    """
    if trend is None or measure is None or trend["value"].notna().sum() == 0:
        return LeftOut(_("tidak ada ukuran kinerja yang dapat digambar"))
    groups = {str(group): rows for group, rows in trend.groupby("group", sort=False)}
    own_key = "unit" if "unit" in groups else "instansi"
    series = [_trend_series(rows, key, own_key, scope, measure) for key, rows in groups.items()]
    labels = [short_period(text, split=True) for text in groups[own_key]["periode"]]
    drawings = [draw_lines(series, labels, tick=make_ticker(measure.unit), width=width) for width in (WIDE, NARROW)]
    own = groups[own_key]
    return Figure(
        id=id,
        title=_trend_title(trend, own, measure),
        subtitle=f"{_trend_subtitle(own, measure)}; {_trend_n(own, measure)}",
        caption=_("{measure} menurut periode.").format(measure=measure.label),
        alt=_trend_alt(groups, own_key, scope, measure),
        svg=drawings[0],
        svg_narrow=drawings[1],
        source=_("data instansi, diolah."),
        data=tidy_rows(trend),
    )


def make_ticker(unit: str) -> Callable[[float], str]:
    """Return what turns a value of an axis into text: no decimals where it is whole, a sign for per cent."""

    def tick(value: float) -> str:
        decimals = 0 if float(value).is_integer() else 1
        return percent(value, decimals).text if unit == "%" else number(value, decimals).text

    return tick


def optional(values: pd.Series) -> tuple[float | None, ...]:
    """Return the values as plain numbers, None where missing."""
    return tuple(None if pd.isna(value) else float(value) for value in values)


def _trend_series(rows: pd.DataFrame, key: str, own_key: str, scope: Scope, measure: Measure) -> Series:
    strong = key == own_key
    reference = _("Median semua unit") if measure.indikator else _("Seluruh instansi")
    name = (scope.name if len(scope.name) <= 22 else _("Unit ini")) if key == "unit" else reference
    values = optional(rows["value"])
    last = next((v for v in reversed(values) if v is not None), None)
    ends = (optional(rows["conf_low"]), optional(rows["conf_high"])) if strong else ((), ())
    return Series(name, values, *ends, strong=strong, last=quantity(last, measure.unit, measure.decimals).text)


def _trend_subtitle(own: pd.DataFrame, measure: Measure) -> str:
    text = (
        _("{measure} ({unit}), selang 95 %, {first} sampai {last}")
        if own["conf_low"].notna().any()
        else _("{measure} ({unit}), {first} sampai {last}")
    )
    first, last = short_period(own["periode"].iloc[0]), short_period(own["periode"].iloc[-1])
    unit = measure.unit or _("nilai")
    return text.format(measure=measure.label, unit=unit, first=first, last=last)


def _trend_n(own: pd.DataFrame, measure: Measure) -> str:
    """Return the n of the last value that is shown; where there is none, why."""
    last = own[own["value"].notna()].iloc[-1:]
    if last["n"].notna().any():
        text = _("n = {n} pada {period}")
        return keep_together(text).format(n=count(last["n"].iloc[0]), period=short_period(last["periode"].iloc[0]))
    return _("jumlah penjawab tidak ada dalam data") if measure.indikator else _("n tidak dirinci")


def _trend_title(trend: pd.DataFrame, own: pd.DataFrame, measure: Measure) -> str:
    """Say whether the last interval lies clear of the first; without intervals, which side of the median it is."""
    shown = own[own["value"].notna()]
    if len(shown) < 2:
        return _("{measure} baru ada untuk satu periode").format(measure=measure.label)
    first, last = shown.iloc[0], shown.iloc[-1]
    if pd.isna(first["conf_low"]) or pd.isna(last["conf_low"]):
        return _side_of_reference(trend, last, measure)
    since = short_period(first["periode"])
    if last["conf_low"] > first["conf_high"]:
        return _("{measure} lebih tinggi daripada {since}").format(measure=measure.label, since=since)
    if last["conf_high"] < first["conf_low"]:
        return _("{measure} lebih rendah daripada {since}").format(measure=measure.label, since=since)
    return _("{measure} tidak jelas berbeda dari {since}").format(measure=measure.label, since=since)


def _side_of_reference(trend: pd.DataFrame, last: Any, measure: Measure) -> str:
    value = quantity(last["value"], measure.unit, measure.decimals)
    reference = trend[(trend["group"] == "instansi") & (trend["periode"] == last["periode"])]["value"]
    if reference.empty or pd.isna(reference.iloc[0]) or "unit" not in set(trend["group"]):
        return _("{measure}: {value} pada {period}").format(
            measure=measure.label, value=value, period=short_period(last["periode"])
        )
    below = last["value"] < reference.iloc[0]
    if measure.indikator:
        text = (
            _("{measure} {value}, di bawah median semua unit")
            if below
            else _("{measure} {value}, tidak di bawah median semua unit")
        )
    else:
        text = (
            _("{measure} {value}, di bawah seluruh instansi")
            if below
            else _("{measure} {value}, tidak di bawah seluruh instansi")
        )
    return text.format(measure=measure.label, value=value)


def _trend_alt(groups: dict[str, pd.DataFrame], own_key: str, scope: Scope, measure: Measure) -> str:
    parts = []
    own = groups[own_key].set_index("periode")["n"]
    for key, rows in groups.items():
        name = scope.name if key == own_key else _("Pembanding")
        rest = rows["n"] - rows["periode"].map(own)  # one to four outside the unit would be told by both numbers
        telling = rest.between(1, MIN_GROUP - 1).fillna(value=False)
        cells = []
        for row in each_row(rows.assign(n=rows["n"].mask(telling))):
            if pd.isna(row.value):
                cells.append(f"{short_period(row.periode)}: –")
                continue
            ends = interval(row.conf_low, row.conf_high)
            beside = [ends.text] if ends.value is not None else []
            beside += [_n_text(row.n)] if pd.notna(row.n) else []
            shown = f"{short_period(row.periode)}: {quantity(row.value, measure.unit, measure.decimals)}"
            cells.append(shown + (f" ({'; '.join(beside)})" if beside else ""))
        parts.append(f"{name}: " + ", ".join(cells))
    return _("Garis menurut periode. ") + "; ".join(parts) + "."
