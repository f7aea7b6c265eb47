"""Sentences of the unit and the agency report: each number is bound to the field that it came from.

A sentence says what a result shows, with its n and interval; what limits a number stands in a note beside it.
"""

from __future__ import annotations

import pandas as pd

from kinerja_lib.intervals import share_interval
from kinerja_lib.language import _
from kinerja_lib.measures import GOOD, Distribution, Measure, Quality, build_person_scores, missing_reason
from kinerja_lib.privacy import MIN_GROUP, is_small
from kinerja_lib.scope import Scope, find_appraised
from kinerja_lib.show.blocks import (
    Head,
    LeftOut,
    Note,
    Paragraph,
    Runs,
    compose,
    each_row,
)
from kinerja_lib.show.figures import quantity
from kinerja_lib.show.numbers import SMALL, Bound, count, date_or_text, interval, percent
from kinerja_lib.vocabulary import Period

YES = "ya"


def say_head(scope: Scope, *, title: str = "") -> Head:
    """Return the head of a report: office, title, unit, period, date of the data, how many were appraised.

    Parameters
    ----------
    scope : Scope
        What the report is about.
    title : str, optional
        Another title than that of the performance report.
    """
    notes = scope.data.keterangan
    facts = [(_("Periode"), scope.period.label)]
    if notes.get("tanggal_data"):
        facts.append((_("Data per"), date_or_text(notes["tanggal_data"])))
    facts.append(_size_fact(scope))
    if notes.get("sintetis", "").lower() == YES:
        facts.append((_("Catatan"), _("contoh, angka rekaan")))
    office = notes.get("instansi") or notes.get("judul") or ""
    name = _("Seluruh instansi") if scope.is_agency else scope.name
    default = _("Laporan Pembinaan Kinerja") if scope.has_people else _("Laporan Indikator Unit")
    return Head(office, title or default, name, tuple(facts), running=office if scope.is_agency else scope.name)


def _size_fact(scope: Scope) -> tuple[str, str]:
    if scope.has_people:
        people = _appraised(scope)
        return _("Pegawai"), _("{n} dinilai").format(n=count(people) if people >= MIN_GROUP else SMALL)
    rows = scope.data["indikator_unit"]
    here = rows[rows["periode"] == str(scope.period)]
    mine = here[here["unit_id"].isin(scope.members)]
    if scope.is_agency:
        return _("Jumlah unit"), count(here["unit_id"].nunique()).text
    return _("Indikator"), count(mine["indikator"].nunique()).text


def _appraised(scope: Scope) -> int:
    """Return how many people were appraised; of those with a result only, where the others are one to four."""
    found = find_appraised(scope.data, [str(scope.period)], None if scope.is_agency else scope.members)
    every, used = int(found["pegawai_id"].nunique()), build_person_scores(scope)
    return len(used) if used is not None and is_small(every - len(used)) else every


def say_quality(quality: Quality | None, scope: Scope) -> Paragraph:
    """Return how many rows came in and how many are used."""
    if quality is None:
        rows = scope.data["indikator_unit"]
        here = rows[rows["periode"] == str(scope.period)]
        template = _("Pada {period}, {units} unit mempunyai nilai untuk {indicators} indikator.")
        return Paragraph(
            compose(
                template,
                period=scope.period.label,
                units=count(here["unit_id"].nunique()),
                indicators=count(here["indikator"].nunique()),
            ),
            role="lead",
        )
    if is_small(quality.rows_in) or is_small(quality.rows_used):
        return Paragraph(compose(_("Baris penilaian yang dipakai di bawah {k}."), k=count(MIN_GROUP)), role="lead")
    left = quality.rows_in - quality.rows_used
    if is_small(left):
        text = _("Sebanyak {rows_used} baris penilaian dipakai; sisanya tidak dirinci, agar tidak menunjuk orang.")
        return Paragraph(compose(text, rows_used=count(quality.rows_used)), role="lead")
    template = (
        _("Dari {rows_in} baris penilaian yang masuk, {rows_used} dipakai dan {left} tidak dipakai.")
        if left
        else _("Seluruh {rows_in} baris penilaian yang masuk dipakai.")
    )
    values = {"rows_in": count(quality.rows_in), "rows_used": count(quality.rows_used), "left": count(left)}
    return Paragraph(compose(template, **values), role="lead")


def say_basis(scope: Scope) -> Paragraph:
    """Return the legal basis and coverage of a report on people, or what a report on indicators covers."""
    if not scope.has_people:
        return Paragraph(
            compose(
                _("Cakupan: indikator {name} pada {period}, dibandingkan dengan seluruh unit dalam data."),
                name=scope.name,
                period=scope.period.label,
            )
        )
    return Paragraph(
        compose(
            _(
                "Dasar: Peraturan Menteri PANRB Nomor 6 Tahun 2022 tentang Pengelolaan Kinerja Pegawai ASN, dengan "
                "pola distribusi predikat menurut SE Menteri PANRB Nomor 3 Tahun 2023. Cakupan: seluruh pegawai {name} "
                "yang dinilai pada {period}."
            ),
            name=_("instansi") if scope.is_agency else scope.name,
            period=scope.period.label,
        )
    )


def note_quality(quality: Quality | None) -> Note | None:
    """Return why rows were not used; without counts where one is 1 to 4, nothing where all were used."""
    if quality is None or quality.dropped.empty:
        return None
    total = int(quality.dropped["count"].sum())
    few = bool(quality.dropped["count"].map(is_small).any())
    head = _("**Alasan baris tidak dipakai:** ") if is_small(total) else _("**{total} baris tidak dipakai:** ")
    reasons: Runs = compose(head, total=count(total))
    for index, row in enumerate(each_row(quality.dropped)):
        end = "; " if index < len(quality.dropped) - 1 else "."
        reasons = (
            *reasons,
            *compose("{reason}" if few else "{n} {reason}", n=count(row.count), reason=row.reason),
            {"text": end},
        )
    return Note((reasons,))


def say_distribution(distribution: Distribution | None) -> Paragraph | LeftOut:
    """Return the share at Baik or better in the last period, with its interval and n."""
    if distribution is None:
        return LeftOut(_("tidak ada predikat kinerja"))
    last = distribution.table["periode"].iloc[-1]
    rows = distribution.table[distribution.table["periode"] == last]
    good = rows[[set(levels) <= set(GOOD) for levels in rows["levels"]]]
    n = rows["n"].iloc[0]
    if pd.isna(n) or rows["share"].isna().any() or rows["hidden"].any():
        return _say_hidden_distribution(str(last), rows)
    level = share_interval(int(good["count"].sum()), int(n))
    return Paragraph(
        compose(
            _("Predikat Baik atau Sangat Baik diperoleh {k} dari {n} pegawai ({share}; selang 95 %: {interval})."),
            k=count(int(good["count"].sum())),
            n=count(int(n)),
            share=percent(level.value),
            interval=interval(level.conf_low, level.conf_high, 0),
        ),
        role="lead",
    )


def _say_hidden_distribution(period: str, rows: pd.DataFrame) -> Paragraph:
    """Return what may be said of the best level where the others are merged."""
    name = Period.parse(period).label
    first = rows.iloc[0]
    if first["hidden"] or pd.isna(first["share"]):
        text = _("Sebaran predikat {period} tidak dirinci, agar tidak menunjuk orang.")
        return Paragraph(compose(text, period=name), role="lead")
    level = share_interval(int(first["count"]), int(first["n"]))
    text = _(
        "Predikat {level} diperoleh {k} dari {n} pegawai ({share}; selang 95 %: {interval}); sisanya tidak dirinci."
    )
    return Paragraph(
        compose(
            text,
            level=first["label"],
            k=count(int(first["count"])),
            n=count(int(first["n"])),
            share=percent(level.value),
            interval=interval(level.conf_low, level.conf_high, 0),
        ),
        role="lead",
    )


def say_achievement(
    distribution: Distribution | None, trend: pd.DataFrame | None, measure: Measure | None
) -> Paragraph | LeftOut:
    """Return the sentence that opens the section on achievement: of the predikat, else of the measure over time."""
    if distribution is not None:
        return say_distribution(distribution)
    runs = () if trend is None or measure is None else _say_level(trend, measure)
    return Paragraph(runs, role="lead") if runs else LeftOut(_("tidak ada ukuran kinerja"))


def note_distribution(distribution: Distribution | None) -> Note | None:
    """Return how to read the pattern, the verdict of the last period, and why something is not shown."""
    if distribution is None:
        return None
    last = distribution.organisation.iloc[-1]
    paragraphs = []
    if pd.notna(last["predikat_organisasi"]):
        verdict = str(last["verdict"])
        pattern = compose(
            _("**Pola untuk organisasi {level}** (SE Menteri PANRB 3/2023), {period}: {verdict}."),
            level=last["predikat_organisasi"],
            period=Period.parse(last["periode"]).label,
            verdict=Bound(verdict, verdict),
        )
        if pd.notna(last["changes"]) and last["changes"] > 0:
            text = _(" Sedikitnya {n} predikat harus berbeda agar pola terpenuhi.")
            pattern = (*pattern, *compose(text, n=count(int(last["changes"]))))
        paragraphs.append((*pattern, *compose(_(" Pola ini bahan pertimbangan pimpinan, bukan kuota."))))
    hidden = distribution.table[distribution.table["hidden"]]["periode"].drop_duplicates()
    if len(hidden):
        names = ", ".join(Period.parse(str(text)).label for text in hidden)
        paragraphs.append(
            compose(
                _(
                    "**Tidak dirinci ({periods}):** ada kelompok di bawah {k} pegawai, atau semua berpredikat sama. "
                    "Kelompok di sebelahnya ikut digabung agar tidak dapat dihitung balik."
                ),
                periods=names,
                k=count(MIN_GROUP),
            )
        )
    return Note(tuple(paragraphs)) if paragraphs else None


def say_trend(trend: pd.DataFrame | None, measure: Measure | None) -> Paragraph | None:
    """Return what the line over time shows: the last value with its interval, or where an indicator came from."""
    if trend is None or measure is None:
        return None
    runs = _say_course(trend, measure) if measure.indikator else _say_level(trend, measure)
    return Paragraph(runs) if runs else None


def _own_rows(trend: pd.DataFrame) -> pd.DataFrame:
    """Return the reported line's rows that hold a value."""
    own = trend[trend["group"] == ("unit" if "unit" in set(trend["group"]) else "instansi")]
    return own[own["value"].notna()]


def _say_level(trend: pd.DataFrame, measure: Measure) -> Runs:
    """Return the last value of the measure beside the reference, each with its interval where there is one."""
    own = _own_rows(trend)
    if own.empty:
        return ()
    last = own.iloc[-1]
    ends = interval(last["conf_low"], last["conf_high"], measure.decimals)
    parts = compose(
        _("{measure} pada {period}: **{value}**"),
        measure=measure.label,
        period=Period.parse(last["periode"]).label,
        value=quantity(last["value"], measure.unit, measure.decimals),
    )
    if ends.value is not None:
        parts = (*parts, *compose(_(" (selang 95 %: {interval}; n = {n})"), interval=ends, n=count(last["n"])))
    reference = _reference(trend, last["periode"], measure)
    if reference is not None:
        name = _("median semua unit") if measure.indikator else _("seluruh instansi")
        parts = (*parts, *compose(_("; {name}: {value}"), name=name, value=reference))
    return (*parts, {"text": "."})


def _reference(trend: pd.DataFrame, period: str, measure: Measure) -> Bound | None:
    other = trend[(trend["group"] == "instansi") & (trend["periode"] == period)]["value"]
    if "unit" not in set(trend["group"]) or other.empty or pd.isna(other.iloc[0]):
        return None
    return quantity(other.iloc[0], measure.unit, measure.decimals)


def _say_course(trend: pd.DataFrame, measure: Measure) -> Runs:
    """Return where an indicator stood at first, and how many periods of the line are missing."""
    own = _own_rows(trend)
    if len(own) < 2:
        return ()
    first = own.iloc[0]
    text = _("Pertama tercatat pada {period}: {value}")
    value = quantity(first["value"], measure.unit, measure.decimals)
    runs = compose(text, period=Period.parse(first["periode"]).label, value=value)
    reference = _reference(trend, first["periode"], measure)
    if reference is not None:
        runs = (*runs, *compose(_("; median semua unit saat itu {value}"), value=reference))
    whole = trend[trend["group"] == own["group"].iloc[0]]
    gaps = int(whole["value"].isna().sum()) - int((whole["periode"] < first["periode"]).sum())
    if gaps > 0:
        runs = (*runs, *compose(_("; garis terputus pada {n} periode yang tidak diikuti"), n=count(gaps)))
    return (*runs, {"text": "."})


def say_missing(scope: Scope, *needs: str, otherwise: str) -> str:
    """Return why a block about people is left out, without a stop; `otherwise` where all that it needs is there."""
    if not scope.has_people:
        return _("hanya untuk data pegawai")
    reasons = [reason for need in needs if (reason := missing_reason(scope.data, need))]
    return reasons[0] if reasons else otherwise
