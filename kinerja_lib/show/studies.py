"""A study on the page: the naive answer, its figures, its tables, its checks, what it left out and cannot show."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP, is_small
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import (
    Figure,
    Head,
    ItemList,
    LeftOut,
    Paragraph,
    Runs,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
)
from kinerja_lib.show.canvas import span
from kinerja_lib.show.curves import Axis, Curve, Guide, draw_curves
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import SMALL, Bound, count, date_or_text, interval, number, percent
from kinerja_lib.show.result_parts import Words, build_figure, find_decimals, tick_of
from kinerja_lib.show.trial import plot_trial, say_month, table_trial
from kinerja_lib.show.verdict import (
    decimals_in,
    ends_of,
    find_headline,
    is_clear,
    is_ratio,
    name_outcome,
    name_theme,
    number_of,
    size_of,
)
from kinerja_lib.studies.reasons import say_question, say_reason
from kinerja_lib.studies.result import RANDOM, Check, Study
from kinerja_lib.vocabulary import label

ROLES = {
    "main": mark("Taksiran utama"),
    "second": mark("Cara menaksir kedua"),
    "period": mark("Tiap periode"),
    "component": mark("Komponen biaya"),
    "alone": mark("Tanpa menyamakan program lain"),
}
NAIVE_NAME = mark("Jawaban naif")
NAIVE = {  # groups of naive rows
    "sebelum_sesudah": mark("Peserta saja, sesudah dan sebelum"),
    "peserta_bukan": mark("Peserta dan bukan peserta, pada akhir"),
}
NUMBERS = ("share", "estimate", "distance", "point")  # of a check: what decided, the first that is there
PASSED, FAILED, INFORMS, NOT_RUN = mark("lulus"), mark("tidak lulus"), mark("sekadar keterangan"), mark("tidak dapat")


def _no_estimate() -> str:
    return _("kajian ini tidak memberi angka")


def name_row(row: Any) -> str:
    """Return what a row of the table of a study is called."""
    if row.role == "event":
        return say_event(float(row.group))
    if row.group and pd.notna(row.months):
        when = say_month(row.months)
        return f"{_(NAIVE_NAME)}, {when.lower()}" if row.naive else when
    known = NAIVE.get(row.group, NAIVE_NAME) if row.role == "naive" else ROLES.get(row.role)
    name = label(str(row.role)) if known is None else _(known)
    if row.role == "naive":
        return name
    return f"{name}, {label(str(row.group))}" if row.group else name


def say_event(periods: float) -> str:
    """Return the reader's words for the time since a programme began, in periods.

    Examples
    --------
    >>> say_event(0.0), say_event(2.0), say_event(-1.0)
    ('Periode mulai', '2 periode sesudah', '1 periode sebelum')
    """
    n = int(abs(periods))
    if n == 0:
        return _("Periode mulai")
    return (_("{n} periode sesudah") if periods > 0 else _("{n} periode sebelum")).format(n=n)


def show_rows(study: Study, *roles: str) -> list[Any]:
    """Return the rows of these roles that may be shown: five people at least, an estimate."""
    table = study.table
    return each_row(table[table["role"].isin(roles) & table["estimate"].notna() & (table["n"] >= MIN_GROUP)])


def say_naive(study: Study) -> Paragraph | LeftOut:
    """Return what is claimed most often, without a comparison that deserves the name.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    """
    rows = show_rows(study, "naive")
    if not rows:
        return LeftOut(_("tidak ada jawaban naif yang dapat dihitung"))
    whole = [row for row in rows if row.group == ""] if study.design == "random" else rows
    parts = [_say_naive_row(study, row) for row in whole or rows]
    head = _("Perubahan sejak awal di kalangan peserta saja. ") if study.design == "random" else ""
    runs: Runs = ({"text": head},) if head else ()
    for index, part in enumerate(parts):
        runs = (*runs, *part, {"text": "; " if index < len(parts) - 1 else "."})
    return Paragraph(runs)


def _say_naive_row(study: Study, row: Any) -> Runs:
    return compose(
        _("{name}: {size} (selang 95 %: {interval}; n = {n})"),
        name=label(str(row.term)) if study.design == "random" else name_row(row),
        size=size_of(study, row),
        interval=ends_of(row, ratio=is_ratio(study, row)),
        n=count(row.n),
    )


def plot_study(study: Study, *, id: str = "dampak") -> Figure | LeftOut:
    """Return the answer as dots with intervals: main and second estimator, the naive answers hollow.

    Of a trial: each arm, all periods together and each period.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where the study has no estimate.
    """
    if study.design == "random":
        return plot_trial(study, id=id)
    main = find_headline(study)
    rows = [row for row in show_rows(study, "main", "second", "naive") if main is not None and row.unit == main.unit]
    if main is None or not rows:
        return LeftOut(_no_estimate())
    ratio = is_ratio(study, main)
    drawn = [_as_shown(row, ratio=ratio) for row in rows]
    still = 1.0 if ratio else 0.0
    low, high = span([v for row in drawn for v in (row.conf_low, row.conf_high, row.estimate)], include=[still])
    reference = _("1 = laju sama") if ratio else _("0 = tidak ada selisih")
    facet = Facet("", _unit(study, main), low, high, tick_of(low, high), (still, reference))
    dots = [_dot(study, row, shown) for row, shown in zip(rows, drawn, strict=True)]
    return build_figure(
        Words(id, "", {}, main.unit),
        _title(study, main),
        subtitle=_("{outcome}: {unit}, selang 95 %, n = {n}").format(
            outcome=name_outcome(study), unit=_unit(study, main), n=count(main.n)
        ),
        caption=_("Taksiran dengan selangnya; titik berongga: jawaban naif, tanpa pembanding yang layak."),
        alt=[f"{name_row(row)}: {_say_short(study, row)}" for row in rows],
        draw=lambda width: draw_dots(dots, [facet], n_head=_("n"), width=width),
        data=pd.DataFrame([row._asdict() for row in rows]).drop(columns="Index"),
    )


def _as_shown(row: Any, *, ratio: bool) -> Any:
    """Return a row on the scale of the reader: logarithms of ratios as ratios."""
    if not ratio:
        return row
    names = ("estimate", "conf_low", "conf_high")
    return row._replace(**{name: math.exp(getattr(row, name)) for name in names})


def _unit(study: Study, row: Any) -> str:
    return _("laju keluar, kali pembanding") if is_ratio(study, row) else str(row.unit)


def _dot(study: Study, row: Any, shown: Any) -> DotRow:
    ends = [None if pd.isna(value) else float(value) for value in (shown.conf_low, shown.conf_high)]
    words = number(
        shown.estimate, 2 if is_ratio(study, row) else decimals_in(row), signed=not is_ratio(study, row)
    ).text
    naive = bool(row.naive)
    return DotRow(
        name_row(row),
        (Cell(words, float(shown.estimate), *ends),),
        count(row.n).text,
        gap=naive,
        strong=bool(row.headline),
        hollow=naive,
    )


def _say_short(study: Study, row: Any) -> str:
    ends = ends_of(row, ratio=is_ratio(study, row))
    return f"{size_of(study, row)} ({ends}; n = {count(row.n)})"


def _title(study: Study, row: Any) -> str:
    """Return the finding of the figure: on which side of the comparison, or that this cannot be told."""
    if not is_clear(row):
        return _("Tidak ada selisih yang dapat dipastikan")
    naive = [other for other in show_rows(study, "naive") if other.unit == row.unit]
    words = {"programme": name_theme(study)}
    if any(other.estimate / row.estimate > 1.5 for other in naive):
        return _("Selisihnya mengecil setelah ada pembanding yang layak")
    if row.estimate > 0:
        return _("Dengan {programme}: di atas pembanding").format(**words)
    return _("Dengan {programme}: di bawah pembanding").format(**words)


def plot_events(study: Study, *, id: str = "menurut-waktu") -> Figure | LeftOut | None:
    """Return the estimates by time since the programme began, with their intervals.

    Parameters
    ----------
    study : Study
        From any `study_` call; rows with the role "event".
    id : str
        Name for references.

    Returns
    -------
    Figure, LeftOut or None
        Left out where there are fewer than two times; nothing of a trial, whose figure holds its times.
    """
    rows = sorted(show_rows(study, "event"), key=lambda row: float(row.group))
    if study.design == "random":
        return None
    if len(rows) < 2:
        return LeftOut(_("kurang dari dua waktu yang dapat ditaksir"), _("Taksiran menurut waktu"))
    ratio = is_ratio(study, rows[0])
    drawn = [_as_shown(row, ratio=ratio) for row in rows]
    at = tuple(float(row.group) for row in rows)
    values = {name: tuple(float(getattr(row, name)) for row in drawn) for name in ("estimate", "conf_low", "conf_high")}
    curve = Curve("", at, values["estimate"], values["conf_low"], values["conf_high"], line=False, dots=True)
    still = 1.0 if ratio else 0.0
    low, high = span([*values["conf_low"], *values["conf_high"]], include=[still])
    x = Axis(min(at) - 0.6, max(at) + 0.6, _whole, _("periode sejak mulai"))
    y = Axis(low, high, tick_of(low, high), _unit(study, rows[0]))
    guides = [Guide(still, "")] + ([Guide(-0.5, _("mulai"), upright=True)] if min(at) < 0 else [])
    return build_figure(
        Words(id, "", {}, study.unit),
        _event_title(rows),
        subtitle=_("{outcome}: {unit}, selang 95 %, n = {n}").format(
            outcome=name_outcome(study), unit=_unit(study, rows[0]), n=count(max(row.n for row in rows))
        ),
        caption=_("Taksiran menurut periode sejak program mulai."),
        alt=[f"{name_row(row)}: {_say_short(study, row)}" for row in rows],
        draw=lambda width: draw_curves([curve], x, y, guides=guides, width=width),
        data=pd.DataFrame([row._asdict() for row in rows]).drop(columns="Index"),
    )


def _whole(value: float) -> str:
    return number(value, 0).text if value == round(value) else ""


def _event_title(rows: list[Any]) -> str:
    before = [row for row in rows if float(row.group) < 0]
    if any(is_clear(row) for row in before):
        return _("Selisih sudah ada sebelum mulai: bacalah dengan curiga")
    clear = sum(is_clear(row) for row in rows if float(row.group) >= 0)
    text = _("Pada {clear} dari {all} waktu sejak mulai, nol berada di luar selang")
    return text.format(clear=count(clear), all=count(len(rows) - len(before)))


def table_study(study: Study, *, id: str = "perbandingan") -> Table | LeftOut:
    """Return all estimates, a row each: size with unit, interval, n; of a trial a row a time and columns an arm.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    id : str
        Name for references.
    """
    if study.design == "random":
        return table_trial(study, id=id)
    if study.table.empty:
        return LeftOut(_no_estimate())
    shown = [_estimate_cells(study, row) for row in each_row(study.table)]
    columns = (
        TableColumn("name", _("Taksiran")),
        TableColumn("size", _("Besarnya"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", _("n"), "words"),
    )
    unit = _unit(study, find_headline(study) or each_row(study.table)[0])
    title = _("Semua taksiran, {outcome} ({unit})").format(outcome=name_outcome(study), unit=unit)
    return build_table(pd.DataFrame(shown), columns, id=id, title=title, notes=_error_notes(study))


def _estimate_cells(study: Study, row: Any) -> dict[str, str | None]:
    few = is_small(int(row.n)) or pd.isna(row.estimate)
    name = name_row(row)
    return {
        "name": name if row.unit == study.unit else f"{name} ({row.unit})",
        "size": None if few else number_of(study, row),
        "ends": None if few else ends_of(row, ratio=is_ratio(study, row)).text,
        "n": SMALL if is_small(int(row.n)) else count(row.n).text,
    }


def _error_notes(study: Study) -> tuple[Runs, ...]:
    notes = []
    for name, estimate in ((_("Taksiran utama"), study.pooled), (_("Cara menaksir kedua"), study.second)):
        if estimate is not None:
            notes.append(compose("{name}: {method}.", name=name, method=estimate.method.rstrip(".")))
    return tuple(notes)


def table_checks(study: Study, *, id: str = "pemeriksaan") -> Table | LeftOut:
    """Return the checks of the design: question, result, the number that decided with its interval and n.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    id : str
        Name for references.
    """
    if not study.checks:
        return LeftOut(_("tidak ada perbandingan yang dapat diperiksa"))
    frame = pd.DataFrame([_check_cells(check) for check in study.checks])
    columns = (
        TableColumn("question", _("Pertanyaan")),
        TableColumn("result", _("Hasil"), "text"),
        TableColumn("value", _("Angka"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", _("n"), "words"),
    )
    failed = [compose("{reason}", reason=say_reason(check.name)) for check in study.checks if check.passed is False]
    return build_table(frame, columns, id=id, title=_("Pemeriksaan rancangan"), notes=failed)


def _check_cells(check: Check) -> dict[str, str | None]:
    n = check.values.get("n", math.nan)
    few = pd.notna(n) and is_small(int(n))
    low, high = check.values.get("conf_low"), check.values.get("conf_high")
    share = "share" in check.values
    known = next((check.values[name] for name in NUMBERS if name in check.values), None)
    decimals = find_decimals([math.nan if value is None else value for value in (known, low, high)])
    return {
        "question": say_question(check.name),
        "result": say_result(check),
        "value": None if known is None or few else (percent(known) if share else number(known, decimals)).text,
        "ends": None if few or share else interval(low, high, decimals).text,
        "n": SMALL if few else count(None if pd.isna(n) else n).text,
    }


def say_result(check: Check) -> str:
    """Return whether a check passed, failed, only informs, or could not be run."""
    if check.passed is not None:
        return _(PASSED) if check.passed else _(FAILED)
    return _(INFORMS) if check.values else _(NOT_RUN)


def say_checks(study: Study) -> Paragraph | LeftOut:
    """Return how many checks of the design passed, and how many of the failed ones let nothing be said.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    """
    run = [check for check in study.checks if check.passed is not None]
    if not run:
        return LeftOut(_("tidak ada perbandingan yang dapat diperiksa"))
    passed = sum(bool(check.passed) for check in run)
    blocked = sum(check.blocking and not check.passed for check in run)
    values = {"passed": count(passed), "all": count(len(run)), "blocked": count(blocked)}
    text = (
        _("Dari {all} pemeriksaan yang dapat dijalankan, {passed} lulus; {blocked} yang gagal menggugurkan simpulan.")
        if blocked
        else _("Dari {all} pemeriksaan yang dapat dijalankan, {passed} lulus; tidak ada yang menggugurkan simpulan.")
    )
    return Paragraph(compose(text, **values), role="lead")


def say_limits(study: Study) -> ItemList | LeftOut:
    """Return what the study cannot show, a sentence an item."""
    if not study.limits:
        return LeftOut(_no_estimate())
    return ItemList(tuple(compose("{limit}", limit=limit) for limit in study.limits))


def say_dropped(study: Study) -> ItemList | LeftOut:
    """Return what was left out and why, a reason an item; one to four are not counted."""
    if not study.dropped:
        return LeftOut(_("tidak ada baris yang dikeluarkan"), _("Yang tidak dipakai"))
    shown = [
        (reason, Bound(SMALL, None) if is_small(int(n)) else count(n)) for reason, n in study.dropped.items() if n > 0
    ]
    return ItemList(tuple(compose("{reason}: {n}", reason=reason, n=n) for reason, n in shown))


def say_study_head(data: Dataset, study: Study | None = None) -> Head:
    """Return the head of a study: where the data come from, licence, design; its title is the notebook's own.

    Parameters
    ----------
    data : Dataset
        What was studied.
    study : Study, optional
        Adds the programme and the outcome.
    """
    notes = data.keterangan
    facts = [(_("Data per"), date_or_text(notes.get("tanggal_data") or "–"))]
    if notes.get("lisensi"):
        facts.append((_("Lisensi"), notes["lisensi"]))
    if study is not None and study.programme:
        facts.append((_("Program"), label(study.programme)))
    design = _("acak (random)") if notes.get("rancangan") == RANDOM else _("tidak acak")
    facts.append((_("Rancangan"), design))
    if notes.get("sintetis", "").lower() == "ya":
        facts.append((_("Catatan"), _("contoh, angka rekaan")))
    return Head(notes.get("instansi", ""), "", notes.get("judul", ""), tuple(facts), running=notes.get("judul", ""))
