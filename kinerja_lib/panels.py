"""The four panels of a summary: performance, development, retention, climate - each with level, change and interval.

A number or a change that cannot be shown is None, and `reasons` says why in plain sentences. Shares are in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from kinerja_lib.development import find_staff, gives_sibling_back, last_period
from kinerja_lib.indicators import (
    RESPONSE_RATE,
    build_indicators,
    choose_indicators,
    display_unit,
    previous_period,
)
from kinerja_lib.intervals import Level, change_interval, mean_interval, share_interval
from kinerja_lib.language import _
from kinerja_lib.measures import (
    CAPAIAN_CAP,
    Measure,
    find_events,
    has_people,
    measure_level,
    measure_values,
    missing_reason,
    must_hide,
    performance_measure,
    score_people,
    sum_jp,
)
from kinerja_lib.privacy import MIN_GROUP, is_small
from kinerja_lib.scope import Scope
from kinerja_lib.vocabulary import PEMBINAAN, Period, sort_periods


@dataclass(frozen=True, slots=True)
class Panel:
    """One big number of the summary.

    Attributes
    ----------
    key : str
        "kinerja", "pengembangan", "retensi", "iklim", or the name of an indicator.
    title, measure : str
        The reader's heading, and what is measured.
    value, conf_low, conf_high : float or None
        Level with its 95 % interval, in `unit`; None where not shown.
    n : int or None
        What the level rests on, counted in `n_label`; None where unknown, under five, or one to four off all
        people appraised.
    n_label : str
        "pegawai", "responden", "unit" or "penjawab".
    unit : str
        Such as "%", "JP", "dari 5".
    low, high : float or None
        Ends of the axis of the strip.
    reference, reference_label : float or None, str
        A number to compare with (the level of `since`, or the median of all units), and its name.
    change, change_low, change_high : float or None
        Level minus that of `since`, with its 95 % interval, in `change_unit`.
    since : Period or None
        The period compared with.
    change_unit : str
        Such as "poin", "JP".
    reasons : tuple of str
        Plain sentences: why something is not shown, or what limits the number.
    hidden : bool
        Whether the level is kept back because it would show one to four people.
    decimals : int
        With how many decimals a page shows it.
    response_rate : float or None
        Per cent of those asked who answered, where the data tell.
    """

    key: str
    title: str
    measure: str
    value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    n: int | None = None
    n_label: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    reference_label: str = ""
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    since: Period | None = None
    change_unit: str = ""
    reasons: tuple[str, ...] = ()
    hidden: bool = False
    decimals: int = 1
    response_rate: float | None = None


NOTHING = Level(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """One value a person in one period, with the level and whether it must be hidden."""

    values: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"person": [], "value": []}))
    level: Level = NOTHING
    hidden: bool = True


def build_panels(scope: Scope) -> tuple[Panel, ...]:
    """Return the four panels of the scope's summary.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    tuple of Panel
        kinerja, pengembangan, retensi, iklim; for data with only indicators of units up to four indicators.
    """
    if not has_people(scope.data):
        return _indicator_panels(scope)
    scores = _score_periods(scope, [scope.period, previous_period(scope), scope.period.year_before()])
    return (
        _performance_panel(scope, scores),
        _development_panel(scope, scores),
        _retention_panel(scope, scores),
        _climate_panel(scope),
    )


Scores = dict[Period, pd.DataFrame]


def _score_periods(scope: Scope, periods: list[Period]) -> Scores:
    texts = {period: str(period) for period in periods}
    people = score_people(scope.data, list(texts.values()), None if scope.is_agency else scope.members)
    return {period: people[people["periode"] == text] for period, text in texts.items()}


def _number(value: float) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _with_level(panel: Panel, sample: _Sample, bounds: tuple[float, float | None], *extra: float) -> Panel:
    """Return the panel with level, interval and axis, or with the reason why they are not shown."""
    level = sample.level
    if sample.hidden:
        size = level.n if level.n >= MIN_GROUP else None
        why = _("Tidak ditampilkan: menyangkut kurang dari {n} orang.").format(n=MIN_GROUP)
        return replace(panel, n=size, hidden=True, reasons=(*panel.reasons, why))
    reasons = panel.reasons
    if math.isnan(level.conf_low):
        reasons = (*reasons, _("Selang tidak dapat dihitung: semua nilai sama."))
    points = [level.value, level.conf_low, level.conf_high, *extra]
    low, high = choose_axis([point for point in points if not math.isnan(point)], bounds)
    return replace(
        panel,
        value=level.value,
        conf_low=_number(level.conf_low),
        conf_high=_number(level.conf_high),
        n=level.n,
        low=low,
        high=high,
        reasons=reasons,
    )


def _guard_n(panel: Panel, appraised: int) -> Panel:
    """Return the panel without its n where that, beside all who were appraised, would tell of one to four people."""
    return replace(panel, n=None) if panel.n is not None and is_small(abs(appraised - panel.n)) else panel


def _with_change(panel: Panel, now: _Sample, before: _Sample, since: Period, *, why: str, unit: str) -> Panel:
    """Return the panel with its change since a period, or with the reason why there is none."""
    if now.hidden:
        return panel
    if not why and before.hidden:
        why = _("Data {period} menyangkut kurang dari {n} orang.").format(period=since.label, n=MIN_GROUP)
    if why:
        return replace(panel, reasons=(*panel.reasons, why))
    change = change_interval(before.values, now.values)
    reasons = panel.reasons
    if math.isnan(change.conf_low):
        reasons = (*reasons, _("Selang perubahan tidak dapat dihitung: semua nilai sama."))
    return replace(
        panel,
        reference=before.level.value,
        reference_label=since.label,
        change=change.value,
        change_low=_number(change.conf_low),
        change_high=_number(change.conf_high),
        since=since,
        change_unit=unit,
        reasons=reasons,
    )


def choose_axis(points: Sequence[float], bounds: tuple[float, float | None]) -> tuple[float, float]:
    """Return the ends of an axis that holds all `points` with room beside them, on round numbers inside `bounds`.

    Examples
    --------
    >>> choose_axis([92.5, 95.9, 92.1], (0, 120))
    (91.0, 97.0)
    """
    low, high = min(points), max(points)
    span = (high - low) or max(abs(high), 1.0) * 0.1
    step = 10.0 ** math.floor(math.log10(span / 4))
    step = next(step * factor for factor in (1, 2, 5, 10) if step * factor >= span / 4 * (1 - 1e-9))
    start, end = math.floor((low - span / 8) / step) * step, math.ceil((high + span / 8) / step) * step
    top = end if bounds[1] is None else min(end, bounds[1])
    return float(min(low, max(start, bounds[0]))), float(max(high, top))


def _performance_panel(scope: Scope, scores: Scores) -> Panel:
    measure = performance_measure(scope.data)
    panel = Panel("kinerja", _("Kinerja"), "", n_label=_("pegawai"))
    if measure is None or measure.indikator is not None:
        return replace(panel, reasons=(_("Tidak ada SKP, nilai, maupun predikat pegawai."),))
    panel = replace(panel, measure=measure.label, unit=measure.unit)
    now = _performance_sample(measure, scores[scope.period])
    if now.level.n == 0:
        why = _("Tidak ada nilai untuk ukuran ini pada {period}.").format(period=scope.period.label)
        return replace(panel, reasons=(why,))
    if now.level.n < len(scores[scope.period]):
        panel = replace(panel, reasons=(_("Sebagian pegawai yang dinilai tidak punya nilai untuk ukuran ini."),))
    since = previous_period(scope)
    before = _performance_sample(measure, scores[since])
    why = _why_not_comparable(scope, measure, since, before)
    shown = [] if why or before.hidden else [before.level.value]
    top = CAPAIAN_CAP if measure.key == "capaian_skp" else 100.0
    bounds = (0.0, top) if measure.unit == "%" and measure.key != "nilai" else (-math.inf, None)
    panel = _guard_n(_with_level(panel, now, bounds, *shown), len(scores[scope.period]))
    return _with_change(panel, now, before, since, why=why, unit=_("poin") if measure.unit == "%" else measure.unit)


def _performance_sample(measure: Measure, people: pd.DataFrame) -> _Sample:
    values = measure_values(people, measure)
    level = measure_level(values, measure)
    frame = pd.DataFrame({"person": people["pegawai_id"], "value": values}).dropna()
    return _Sample(frame, level, level.n == 0 or must_hide(level, measure))


def _why_not_comparable(scope: Scope, measure: Measure, since: Period, before: _Sample) -> str:
    if str(since) not in scope.periods:
        return _("Tidak ada penilaian {period}.").format(period=since.label)
    if before.level.n == 0:
        return _("Unit ini tidak dinilai pada {period}.").format(period=since.label)
    rows = scope.data["penilaian"]
    if measure.key != "capaian_skp" and "rezim" in rows:
        pair = [set(rows.loc[rows["periode"] == str(p), "rezim"].dropna()) for p in (since, scope.period)]
        if pair[0] and pair[1] and pair[0] != pair[1]:
            return _("Aturan penilaian berganti sejak {period}.").format(period=since.label)
    return ""


def _development_panel(scope: Scope, scores: Scores) -> Panel:
    panel = Panel("pengembangan", _("Pengembangan"), _("JP per pegawai, rata-rata"), n_label=_("pegawai"), unit=_("JP"))
    reason = missing_reason(scope.data, "kegiatan.jp")
    if reason:
        return replace(panel, reasons=(_sentence(reason),))
    since = scope.period.year_before()
    events = {period: find_events(scope.data, period.start, period.end) for period in (scope.period, since)}
    now, before = (_jp_sample(scores[period], events[period]) for period in (scope.period, since))
    blank = events[scope.period].loc[events[scope.period]["jp"].isna() & ~events[scope.period]["jenis"].isin(PEMBINAAN)]
    if blank["pegawai_id"].isin(now.values["person"]).any():
        panel = replace(panel, reasons=(_("Kegiatan yang JP-nya tidak tercatat belum terhitung."),))
    why = ""
    if str(since) not in scope.periods:
        why = _("Tidak ada penilaian {period}.").format(period=since.label)
    elif before.level.n == 0:
        why = _("Unit ini tidak dinilai pada {period}.").format(period=since.label)
    elif events[since].empty:
        why = _("Tidak ada catatan kegiatan {period}.").format(period=since.label)
    shown = [] if why or before.hidden else [before.level.value]
    panel = _with_level(panel, now, (0.0, None), 0.0, *shown)
    panel = _with_change(panel, now, before, since, why=why, unit=_("JP"))
    if panel.change is None:
        return panel
    note = _("Dibandingkan dengan masa yang sama setahun sebelumnya, karena target JP dihitung per tahun.")
    return replace(panel, reasons=(*panel.reasons, note))


def _jp_sample(people: pd.DataFrame, events: pd.DataFrame) -> _Sample:
    jp = people["pegawai_id"].map(sum_jp(events)).fillna(0.0)
    level = mean_interval(jp)
    return _Sample(pd.DataFrame({"person": people["pegawai_id"], "value": jp}), level, level.n < MIN_GROUP)


def _retention_panel(scope: Scope, scores: Scores) -> Panel:
    panel = Panel("retensi", _("Retensi"), _("Keluar atas permintaan sendiri"), n_label=_("pegawai"), unit="%")
    for need in ("pegawai.tanggal_keluar", "pegawai.alasan_keluar"):
        reason = missing_reason(scope.data, need)
        if reason:
            return replace(panel, reasons=(_sentence(reason),))
    if _is_unfinished(scope):
        panel = replace(panel, reasons=(_("Data diambil sebelum periode ini berakhir."),))
    now, since = _exit_sample(scope, scope.period), previous_period(scope)
    why = ""
    if str(since) not in scope.periods:
        why = _("Tidak ada penilaian {period}.").format(period=since.label)
    before = _Sample() if why else _exit_sample(scope, since)
    shown = [] if why or before.hidden else [before.level.value]
    panel = _guard_n(_with_level(panel, now, (0.0, 100.0), 0.0, *shown), len(scores[scope.period]))
    return _with_change(panel, now, before, since, why=why, unit=_("poin"))


def _is_unfinished(scope: Scope) -> bool:
    taken = pd.to_datetime(scope.data.keterangan.get("tanggal_data", ""), format="%Y-%m-%d", errors="coerce")
    return bool(pd.notna(taken) and taken.date() < scope.period.end)


def _exit_sample(scope: Scope, period: Period) -> _Sample:
    """Return who was employed in the period and left it of their own will (100) or not (0), by their last unit."""
    staff = find_staff(scope, period)
    inside = staff if scope.is_agency else staff[staff["unit_id"].isin(scope.members)]
    k, n = int(inside["left"].sum()), len(inside)
    hidden = n < MIN_GROUP or is_small(k) or (not scope.is_agency and gives_sibling_back(scope, staff))
    frame = pd.DataFrame({"person": inside["pegawai_id"], "value": inside["left"] * 100.0})
    return _Sample(frame, share_interval(k, n), hidden)


def _climate_panel(scope: Scope) -> Panel:
    panel = Panel("iklim", _("Iklim"), _("Survei pegawai, rata-rata skor"), n_label=_("responden"))
    reason = missing_reason(scope.data, "survei.skor")
    if reason:
        return replace(panel, reasons=(_sentence(reason),))
    rows = scope.data["survei"]
    rows = rows[rows["skor"].notna()] if rows["skor"].isna().any() else rows
    found = last_period(rows["periode"], scope.period)
    if found is None or Period.parse(found).year != scope.period.year:
        return replace(panel, reasons=(_("Tidak ada survei pada {year}.").format(year=scope.period.year),))
    period = Period.parse(found)
    if period != scope.period:
        panel = replace(panel, reasons=(_("Survei {period}.").format(period=period.label),))
    form = survey_form(scope, rows, period)
    if form is None:
        return replace(
            panel, reasons=(_("Tidak ada jawaban survei dari unit ini pada {year}.").format(year=period.year),)
        )
    scale = find_scale(rows, form[0])
    panel = replace(panel, unit=_("dari {top}").format(top=f"{scale[1]:.0f}"))
    now = survey_sample(scope, rows, period, form[0])
    earlier = [Period.parse(text) for text in sort_periods(rows["periode"].unique())]
    earlier = [candidate for candidate in earlier if candidate < period]
    since = earlier[-1] if earlier else period.shift(-1)
    before = survey_sample(scope, rows, since, form[0]) if earlier else _Sample()
    why = why_no_survey_change(scope, rows, form, since, before) if earlier else _("Belum ada survei sebelumnya.")
    panel = _with_level(panel, now, scale, *scale)
    return _with_change(panel, now, before, since, why=why, unit=_("poin"))


def find_scale(rows: pd.DataFrame, instrument: str) -> tuple[float, float]:
    """Return the lowest and highest score that anybody ever gave on an instrument, in whole numbers."""
    given = rows.loc[rows["instrumen"] == instrument, "skor"]
    return float(math.floor(given.min())), float(math.ceil(given.max()))


def survey_form(scope: Scope, rows: pd.DataFrame, period: Period) -> tuple[str, frozenset[str]] | None:
    """Return the instrument that most of the scope answered in the period, and its items."""
    inside = rows[(rows["periode"] == str(period)) & rows["unit_id"].isin(scope.members)]
    if inside.empty:
        return None
    name = str(inside.groupby("instrumen")["responden_id"].nunique().idxmax())
    return name, frozenset(rows.loc[(rows["periode"] == str(period)) & (rows["instrumen"] == name), "butir"])


def survey_sample(scope: Scope, rows: pd.DataFrame, period: Period, instrument: str) -> _Sample:
    """Return each respondent's mean answer in the scope and period, with its level."""
    here = (rows["periode"] == str(period)) & (rows["instrumen"] == instrument)
    inside = rows[here & rows["unit_id"].isin(scope.members)]
    means = inside.groupby("responden_id")["skor"].mean()
    level = mean_interval(means)
    frame = pd.DataFrame({"person": means.index, "value": means.to_numpy()})
    return _Sample(frame, level, level.n < MIN_GROUP)


def why_no_survey_change(
    scope: Scope, rows: pd.DataFrame, form: tuple[str, frozenset[str]], since: Period, before: _Sample
) -> str:
    """Return why two waves of a survey cannot be compared; nothing where they can."""
    then = rows[rows["periode"] == str(since)]
    if form[0] not in set(then["instrumen"]):
        return _("Instrumen survei {period} berbeda.").format(period=since.label)
    if frozenset(then.loc[then["instrumen"] == form[0], "butir"]) != form[1]:
        return _("Butir survei berganti sejak {period}.").format(period=since.label)
    if before.level.n == 0:
        return _("Unit ini tidak ikut survei {period}.").format(period=since.label)
    return ""


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."


def _indicator_panels(scope: Scope) -> tuple[Panel, ...]:
    table = build_indicators(scope)
    if table is None:
        return ()
    rows = table.set_index("indikator")
    rate = rows["value"].get(RESPONSE_RATE)
    names = [name for name in choose_indicators(scope.data) if name in rows.index]
    return tuple(_indicator_panel(scope, name, rows.loc[[name]].iloc[0], rate) for name in names)


def _indicator_panel(scope: Scope, name: str, row: pd.Series, rate: float | None) -> Panel:
    unit = display_unit(str(row["satuan"]))
    known = pd.notna(row["n"])
    panel = Panel(
        name,
        str(row["label"]),
        str(row["label"]) if int(row["units"]) == 1 else _("Median unit"),
        unit=unit,
        n=int(row["n"]) if known else (int(row["units"]) if int(row["units"]) > 1 else None),
        n_label=_("unit") if int(row["units"]) > 1 else _("penjawab"),
        response_rate=None if rate is None or pd.isna(rate) else float(rate),
        hidden=bool(row["hidden"]),
        decimals=int(row["decimals"]),
    )
    if panel.hidden:
        return replace(panel, reasons=(_("Tidak ditampilkan: menyangkut kurang dari {n} orang.").format(n=MIN_GROUP),))
    missing = _("Selang tidak dihitung: sebaran jawaban tidak ada dalam data.")
    if not known and int(row["units"]) == 1:
        missing = _("Selang tidak dihitung: jumlah penjawab tidak ada dalam data.")
    bounds = (0.0, 100.0) if unit == "%" else (-math.inf, None)
    low, high = choose_axis([row["low"], row["high"]], bounds)
    panel = replace(
        panel,
        value=float(row["value"]),
        low=low,
        high=high,
        reference=float(row["median"]) if int(row["units"]) == 1 else None,
        reference_label=_("median {n} unit").format(n=int(row["median_units"])) if int(row["units"]) == 1 else "",
        reasons=(missing,),
    )
    if row["reason"]:
        why = _sentence(row["reason"])
        return replace(panel, reasons=(*panel.reasons, why))
    return replace(panel, change=float(row["change"]), since=previous_period(scope), change_unit=_("poin"))
