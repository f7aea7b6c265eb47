"""A randomised trial on the page: a sentence an arm, arms side by side over time, who was drawn and who was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP, is_small
from kinerja_lib.show.blocks import (
    Figure,
    LeftOut,
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
from kinerja_lib.show.canvas import NARROW, WIDE, span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import SMALL, count, interval, number, percent
from kinerja_lib.show.verdict import decimals_of, find_verb
from kinerja_lib.studies.result import CONTROL, Study
from kinerja_lib.vocabulary import Period, label


def _decimals(study: Study) -> int:
    return decimals_of(_headline(study))


def say_study(study: Study) -> Paragraph:
    """Return what the study found, one sentence an arm, with the verb that its design allows."""
    if study.table.empty:
        reasons = " ".join(study.reasons)
        return Paragraph(compose(_("Data ini tidak dapat menjawab. {reasons}"), reasons=reasons), role="lead")
    runs: Runs = ()
    for row in each_row(_headline(study)):
        runs = (*runs, *_say_arm(study, row), {"text": " "})
    return Paragraph(runs[:-1], role="lead")


def _headline(study: Study) -> pd.DataFrame:
    return study.table[study.table["headline"]].sort_values("estimate", ascending=False, kind="stable")


def _say_arm(study: Study, row: Any) -> Runs:
    """Return the sentence of one arm: effect where the interval leaves zero out, doubt where it does not."""
    low, high = row.conf_low, row.conf_high
    known = low > 0 or high < 0
    template = (
        _(
            "Penugasan ke {arm} {verb} {outcome}: {size} {unit} {direction} daripada pembanding "
            "(selang 95 %: {interval}; n = {n} pengamatan)."
        )
        if known
        else _(
            "Untuk {arm}, dampaknya pada {outcome} tidak dapat dipastikan: selisihnya {size} {unit}, dan selangnya "
            "memuat nol ({interval}; n = {n} pengamatan)."
        )
    )
    estimate, decimals = row.estimate, _decimals(study)
    return compose(
        template,
        arm=lower_first(label(row.term)),
        verb=find_verb(study.design).does,
        outcome=study.outcome,
        size=number(abs(estimate) if known else estimate, decimals),
        unit=study.unit,
        direction=_("lebih tinggi") if estimate > 0 else _("lebih rendah"),
        interval=interval(low, high, decimals),
        n=count(row.n),
    )


def say_arms(study: Study) -> Paragraph | LeftOut | None:
    """Return how many people were assigned to how many groups, and the lowest follow-up; nothing but of a trial."""
    if study.design != "random":
        return None
    if study.arms.empty:
        return LeftOut(_("tidak ada kelompok yang diundi"))
    assigned = study.arms.drop_duplicates("arm")["n_assigned"]
    lowest = study.arms.iloc[int(study.arms["follow_up"].argmin())]
    if is_small(int(lowest["n"])) or assigned.map(is_small).any():
        return LeftOut(_("ada kelompok di bawah {k} orang").format(k=MIN_GROUP), _("Orang yang diundi"))
    text = (
        _("Sebanyak {people} orang diundi ke dalam {arms} kelompok. Semuanya teramati pada tiap waktu.")
        if lowest["follow_up"] >= 1
        else _(
            "Sebanyak {people} orang diundi ke dalam {arms} kelompok. Yang teramati paling sedikit {n} dari {all} "
            "orang dalam satu kelompok ({share}) pada satu waktu."
        )
    )
    values = {"people": count(int(assigned.sum())), "arms": count(len(assigned)), "n": count(int(lowest["n"]))}
    values |= {"all": count(int(lowest["n_assigned"])), "share": percent(100 * float(lowest["follow_up"]))}
    return Paragraph(compose(text, **values))


def say_times(study: Study) -> Paragraph | None:
    """Return how the estimate of the first arm moves over time, and why its peak is no measure of the effect."""
    if study.design != "random" or study.table.empty:
        return None
    arm = _headline(study)["term"].iloc[0]
    rows = study.by_period[study.by_period["term"] == arm]
    if len(rows) < 2:
        return None
    top, last = rows.iloc[int(rows["estimate"].argmax())], rows.iloc[-1]
    decimals = _decimals(study)
    runs = compose(
        _("Untuk {arm}, selisih terbesar terdapat pada bulan ke-{top} ({top_value} {unit})"),
        arm=lower_first(label(arm)),
        top=count(int(top["months"])),
        top_value=number(top["estimate"], decimals),
        unit=study.unit,
    )
    if last["months"] != top["months"]:
        ends = interval(last["conf_low"], last["conf_high"], decimals)
        text = _("; pada bulan ke-{last} selisihnya {last_value} {unit} (selang 95 %: {interval})")
        values = {"last": count(int(last["months"])), "last_value": number(last["estimate"], decimals)}
        runs = (*runs, *compose(text, **values, unit=study.unit, interval=ends))
    text = _(". Selang tiap waktu lebar, sehingga puncaknya tidak boleh dibaca sebagai ukuran dampak.")
    return Paragraph((*runs, *compose(text)))


def plot_trial(study: Study, *, id: str = "dampak") -> Figure | LeftOut:
    """Return the effects as dots with intervals: all periods together first, then each period, then the naive answer.

    Parameters
    ----------
    study : Study
        From `study_value`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where the study could not answer.
    """
    if study.table.empty:
        return LeftOut(_("tidak ada pembanding yang diundi"))
    arms = list(dict.fromkeys(_headline(study)["term"]))
    table = study.table[~study.table["naive"]]
    naive = _naive(study)
    rows = [_dot_row(study, arms, rows) for _group, rows in table.groupby("group", sort=False)]
    if len(naive):
        rows.append(_dot_row(study, arms, naive))
    drawn = pd.concat([table, naive])
    low, high = span([*drawn["conf_low"], *drawn["conf_high"], *drawn["estimate"]], include=[0.0], margin=0.04)
    facets = [
        Facet(
            label(arm),
            _("selisih, {unit}").format(unit=study.unit),
            low,
            high,
            _ticker(study, high - low),
            (0.0, _("0 = tidak ada selisih")),
        )
        for arm in arms
    ]
    main = _headline(study).iloc[0]
    return Figure(
        id=id,
        title=_title(study),
        subtitle=_("Selisih {outcome} dengan pembanding ({unit}), selang 95 %, n = {n}").format(
            outcome=study.outcome, unit=study.unit, n=count(main["n"])
        ),
        caption=_(
            "Selisih menurut waktu sejak program mulai; titik berongga: perubahan peserta saja, tanpa pembanding."
        ),
        alt=_alt(study, arms),
        svg=draw_dots(rows, facets, n_head="", width=WIDE),
        svg_narrow=draw_dots(rows, facets, n_head="", width=NARROW),
        data=tidy_rows(study.table),
    )


def _naive(study: Study) -> pd.DataFrame:
    """Return the naive answer for the time that the headline is about."""
    when = _headline(study)["group"].iloc[0]
    rows: pd.DataFrame = study.table[study.table["naive"] & (study.table["group"] == when)]
    return rows


def _ticker(study: Study, width: float) -> Callable[[float], str]:
    """Return what turns a value of the axis into text, with decimals for a narrow axis only."""
    decimals = _decimals(study) if width < 10 else 0
    return lambda value: number(value, decimals, signed=True).text


def _dot_row(study: Study, arms: list[str], rows: pd.DataFrame) -> DotRow:
    table = rows.set_index("term")
    cells = []
    for arm in arms:
        if arm not in table.index:
            cells.append(Cell("–"))
            continue
        row: Any = table.loc[arm]
        words = number(row["estimate"], _decimals(study), signed=True).text
        cells.append(Cell(words, row["estimate"], row["conf_low"], row["conf_high"]))
    if table["naive"].all():
        return DotRow(_("Peserta saja"), tuple(cells), gap=True, hollow=True)
    if table["group"].iloc[0] == "":
        return DotRow(_("Semua waktu"), tuple(cells), strong=True)
    return DotRow(say_month(table["months"].iloc[0]), tuple(cells), gap=bool(table["months"].iloc[0] == _first(study)))


def _first(study: Study) -> float:
    return float(study.by_period["months"].min())


def say_month(months: float) -> str:
    """Return the reader's words for the time since a programme started."""
    return _("Bulan ke-{n}").format(n=int(months))


def _title(study: Study) -> str:
    known = _headline(study)
    known = known[(known["conf_low"] > 0) | (known["conf_high"] < 0)]
    if known.empty:
        return _("Tidak ada selisih yang dapat dipastikan")
    names = _(" dan ").join(label(arm) for arm in known["term"])
    others = len(_headline(study)) - len(known)
    if others == 0:
        return _("{names} berbeda dari pembanding").format(names=names)
    return _("Hanya {names} yang berbeda dari pembanding").format(names=lower_first(names))


def _alt(study: Study, arms: list[str]) -> str:
    parts = []
    decimals = _decimals(study)
    for row in each_row(pd.concat([study.table[~study.table["naive"]], _naive(study)])):
        when = _("semua waktu") if row.group == "" else say_month(row.months).lower()
        when = _("Peserta saja").lower() if row.naive else when
        values = f"{number(row.estimate, decimals)} ({interval(row.conf_low, row.conf_high, decimals)})"
        parts.append(f"{label(row.term)}, {when}: {values}")
    return _("Titik dengan selang untuk {arms}. ").format(arms=_(" dan ").join(label(a) for a in arms)) + "; ".join(
        parts
    )


def table_trial(study: Study, *, id: str = "perbandingan") -> Table | LeftOut:
    """Return the comparisons, a row a time and three columns an arm: estimate, standard error, interval."""
    if study.table.empty:
        return LeftOut(_("tidak ada pembanding yang diundi"))
    rows = study.table[~study.table["naive"]]
    arms = list(dict.fromkeys(_headline(study)["term"]))
    frame = pd.DataFrame(
        [_table_row(part, arms, _decimals(study)) for _group, part in rows.groupby("group", sort=False)]
    )
    columns = [TableColumn("when", _("Waktu"))]
    for arm in arms:
        columns += [
            TableColumn(f"{arm}_estimate", _("selisih"), "number", 2),
            TableColumn(f"{arm}_error", _("galat baku"), "number", 2),
            TableColumn(f"{arm}_interval", _("selang 95 %"), "words"),
        ]
    columns.append(TableColumn("n", _("n"), "count"))
    spanners = ({"label": "", "span": 1}, *({"label": label(arm), "span": 3} for arm in arms), {"label": "", "span": 1})
    text = _("Semua waktu: galat baku dikelompokkan menurut orang ({rule}). Tiap waktu: galat baku klasik.")
    title = _("Selisih dengan pembanding, {outcome} ({unit})").format(outcome=study.outcome, unit=study.unit)
    notes = (compose(text, rule=study.pooled.rule),) if study.pooled is not None else ()
    return build_table(frame, columns, id=id, title=title, spanners=spanners, notes=notes)


def _table_row(rows: pd.DataFrame, arms: list[str], decimals: int) -> dict[str, object]:
    first: Any = rows.iloc[0]
    cells: dict[str, object] = {"when": _("Semua waktu") if first["group"] == "" else say_month(first["months"])}
    for arm in arms:
        row: Any = rows.set_index("term").reindex([arm]).iloc[0]
        cells |= {
            f"{arm}_estimate": row["estimate"],
            f"{arm}_error": row["std_error"],
            f"{arm}_interval": interval(row["conf_low"], row["conf_high"], decimals).text,
        }
    return cells | {"n": first["n"]}


def table_errors(study: Study, *, id: str = "galat-baku") -> Table | LeftOut | None:
    """Return classical and robust (HC1) standard errors side by side, for each time and arm of a trial."""
    if study.design != "random":
        return None
    if study.by_period.empty:
        return LeftOut(_("tidak ada perbandingan menurut waktu"))
    rows = study.by_period
    frame = pd.DataFrame(
        {
            "when": [say_month(months) for months in rows["months"]],
            "arm": [label(str(term)) for term in rows["term"]],
            "std_error": rows["std_error"],
            "robust": rows["std_error_hc1"],
            "n": rows["n"],
        }
    )
    columns = (
        TableColumn("when", _("Waktu")),
        TableColumn("arm", _("Kelompok"), "text"),
        TableColumn("std_error", _("Galat baku klasik"), "number", 2),
        TableColumn("robust", _("Galat baku tegar (HC1)"), "number", 2),
        TableColumn("n", _("n"), "count"),
    )
    return build_table(frame, columns, id=id, title=_("Galat baku menurut dua aturan"))


def table_arms(study: Study, *, id: str = "kelompok") -> Table | LeftOut | None:
    """Return how many were assigned to each arm and how many were seen at each time; nothing but of a trial."""
    if study.design != "random":
        return None
    if study.arms.empty:
        return LeftOut(_("tidak ada kelompok yang diundi"))
    wide = study.arms.pivot(index="arm", columns="periode", values="n").reindex(list(dict.fromkeys(study.arms["arm"])))
    assigned = study.arms.drop_duplicates("arm").set_index("arm")["n_assigned"]
    frame = (
        wide.astype("float64").assign(assigned=assigned, arm=[_arm(arm) for arm in wide.index]).reset_index(drop=True)
    )
    shown = {str(text): _when(study, str(text), first=index == 0) for index, text in enumerate(wide.columns)}
    columns = [
        TableColumn("arm", _("Kelompok")),
        TableColumn("assigned", _("Diundi (orang)"), "count"),
        *(TableColumn(text, words, "count") for text, words in shown.items()),
    ]
    frame.columns = [str(name) for name in frame.columns]
    counts = frame[["assigned", *shown]]
    cover = counts.astype("object").mask(counts.map(is_small), SMALL)
    title = _("Orang yang diundi dan yang teramati pada tiap waktu")
    return build_table(frame, columns, id=id, title=title, hidden=cover)


def _when(study: Study, period: str, *, first: bool) -> str:
    """Return the head of a period's column: months since the start, the baseline, or its own name."""
    months = study.by_period.loc[study.by_period["group"] == period, "months"]
    if len(months):
        return say_month(months.iloc[0])
    return _("Awal") if first else Period.parse(period).label


def _arm(arm: str) -> str:
    return _("Pembanding") if arm == CONTROL else label(arm)
