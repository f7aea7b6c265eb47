"""Several agencies on one page: each with its interval, their mean, what a next one may expect, published references.

Published effects stand beside the own mean and are never pooled with it. The verb is that of the weakest design among
the agencies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _, mark
from kinerja_lib.published import read_published
from kinerja_lib.show.blocks import (
    Figure,
    Head,
    ItemList,
    LeftOut,
    Note,
    Paragraph,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
)
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import Bound, count, interval, number, percent
from kinerja_lib.show.published import plot_published
from kinerja_lib.show.quality import hide_numbers
from kinerja_lib.show.result_balance import STUDIES as MOST
from kinerja_lib.show.result_parts import Words, build_figure, dot_cell, find_decimals, say_warnings, tick_of
from kinerja_lib.show.verdict import RATIO, SHORT_DESIGNS, find_verb
from kinerja_lib.studies.pooled import Pooled
from kinerja_lib.studies.result import name_programme

STANDARDISED = (mark("simpangan baku skor laten"),)  # units of headlines that g and d can stand beside
ALIKE = (  # outcomes of published effects that are a performance as somebody else sees it, or hold it
    *("gabungan semua hasil", "kinerja", "kinerja dan keterampilan", "hasil kerja perorangan", "hasil organisasi"),
    *("penilaian atasan", "penilaian atasan dan bawahan", "perilaku", "praktik mengajar", "produktivitas"),
)
ENDS = ("prediction_low", "prediction_high")
TRIALS_ONLY = "hanya uji acak"  # detail of published means over randomised trials alone


def _nothing(pooled: Pooled) -> LeftOut:
    return LeftOut(pooled.why.rstrip("."))


def _as_shown(pooled: Pooled) -> tuple[Pooled, float]:
    """Return all on the reader's scale, and the value that means no difference: a logarithm of a ratio is a ratio."""
    if pooled.name != RATIO or pooled.agencies.empty:
        return pooled, 0.0
    shown = replace(pooled, unit=_("kali laju pembanding"), agencies=_exp(pooled.agencies))
    if pooled.pooled is None:
        return shown, 1.0
    ends = {name: float(np.exp(end)) for name, end in zip(ENDS, _find_ends(pooled.pooled) or (), strict=False)}
    table, diagnostics = _exp(pooled.pooled.table), {**pooled.pooled.diagnostics, **ends}
    mean = replace(pooled.pooled, table=table, diagnostics=diagnostics)
    return replace(shown, pooled=mean, without=_exp(pooled.without)), 1.0


def _exp(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{name: np.exp(rows[name].astype("float64")) for name in ("estimate", "conf_low", "conf_high")})


def _decimals(pooled: Pooled) -> int:
    """Return decimals enough for the agencies' effects: two below 10."""
    return min(2, find_decimals(pooled.agencies[["estimate", "conf_low", "conf_high"]].abs()))


def say_pooled_head(pooled: Pooled) -> Head:
    """Return the head of the page: programme, outcome, how many agencies; its title is the notebook's own."""
    about = [name_programme(pooled.programme), pooled.outcome] if pooled.programme else [_("belum ada program")]
    text = ", ".join(part for part in about if part)
    facts = (
        (_("Banyaknya instansi"), count(len(pooled.agencies)).text),
        (_("Ditinggalkan"), count(len(pooled.left_out)).text),
    )
    return Head("", "", text[:1].upper() + text[1:], facts, running=text[:1].upper() + text[1:])


def say_pooled(pooled: Pooled) -> Paragraph:
    """Return what the agencies say together, with the verb of the weakest design among them.

    Parameters
    ----------
    pooled : Pooled
        From `study_agencies` or `study_pooled`.
    """
    if pooled.pooled is None:
        text = _(
            "Belum dapat digabung. Data ini memberi taksiran dari {n} instansi. {why} Isi parameter data dengan folder "
            "data tiap instansi, dipisahkan titik koma."
        )
        return Paragraph(compose(text, n=count(len(pooled.agencies)), why=pooled.why), role="lead")
    pooled, zero = _as_shown(pooled)
    row = _mean(pooled)
    text = (
        _(
            "Di {k} instansi bersama, {programme} {verb} {outcome}: rata-rata {size} {unit} (selang 95 %: {interval}; "
            "n = {k} instansi, {n} pengamatan)."
        )
        if row.conf_low > zero or row.conf_high < zero
        else _(
            "Di {k} instansi bersama, belum dapat dipastikan bahwa {programme} {verb} {outcome}: rata-rata {size} "
            "{unit}, dan selangnya memuat {zero} ({interval}; n = {k} instansi, {n} pengamatan)."
        )
    )
    decimals = _decimals(pooled)
    runs = compose(
        text,
        k=count(row.n),
        programme=name_programme(pooled.programme),
        verb=find_verb(pooled.design).does,
        outcome=pooled.outcome,
        size=number(row.estimate, decimals, signed=zero == 0),
        unit=pooled.unit,
        zero=_zero(zero),
        interval=interval(row.conf_low, row.conf_high, decimals),
        n=count(int(pooled.agencies["n"].sum())),
    )
    return Paragraph((*runs, *_say_unsound(pooled, zero)), role="lead")


def _mean(pooled: Pooled) -> Any:
    assert pooled.pooled is not None
    return each_row(pooled.pooled.table)[0]


def _zero(zero: float) -> str:
    return _("satu") if zero else _("nol")


def _say_unsound(pooled: Pooled, zero: float) -> tuple[dict[str, Any], ...]:
    """Return how many agencies' checks failed, and the mean without them."""
    unsound = int((~pooled.agencies["sound"].astype(bool)).sum())
    if not unsound:
        return ()
    text = _(
        " Di {k} dari {n} instansi pemeriksaan rancangannya tidak lulus, sehingga halaman ini tidak menyebutnya dampak"
    )
    runs = compose(text, k=count(unsound), n=count(len(pooled.agencies)))
    for row in each_row(pooled.without[pooled.without["agency"] == ""]):
        decimals = _decimals(pooled)
        ends = interval(row.conf_low, row.conf_high, decimals)
        text = _("; tanpa instansi itu rata-ratanya {size} ({interval}; n = {n} instansi)")
        runs += compose(text, size=number(row.estimate, decimals, signed=zero == 0), interval=ends, n=count(row.n))
    return (*runs, {"text": "."})


def _prediction(pooled: Pooled) -> tuple[float, float] | None:
    return None if pooled.pooled is None else _find_ends(pooled.pooled)


def _find_ends(found: Estimate) -> tuple[float, float] | None:
    """Return the ends of the prediction interval of a mean, None where it has none."""
    low, high = (found.diagnostics.get(name) for name in ENDS)
    return (low, high) if isinstance(low, float) and isinstance(high, float) else None


def say_prediction(pooled: Pooled) -> Paragraph | LeftOut:
    """Return what the prediction interval means for an agency that is not among these."""
    pooled, zero = _as_shown(pooled)
    ends = _prediction(pooled)
    if ends is None:
        return _nothing(pooled)
    text = (
        _(
            "Bila program yang sama dijalankan di instansi berikutnya yang serupa, selisih sebenarnya di sana "
            "diperkirakan {interval} {unit} (selang prediksi 95 %; n = {k} instansi). Selang itu memuat {zero}: "
            "rata-rata di atas tidak menjamin apa yang terjadi di instansi berikutnya."
        )
        if ends[0] <= zero <= ends[1]
        else _(
            "Bila program yang sama dijalankan di instansi berikutnya yang serupa, selisih sebenarnya di sana "
            "diperkirakan {interval} {unit} (selang prediksi 95 %; n = {k} instansi). Selang itu tidak memuat {zero}; "
            "arahnya diperkirakan sama di instansi berikutnya, besarnya belum tentu."
        )
    )
    shown = interval(*ends, _decimals(pooled))
    values = {"interval": shown, "unit": pooled.unit, "zero": _zero(zero), "k": count(len(pooled.agencies))}
    return Paragraph(compose(text, **values))


def say_spread(pooled: Pooled) -> Paragraph | LeftOut:
    """Return how far the agencies truly differ, beyond what chance makes."""
    if pooled.pooled is None:
        return _nothing(pooled)
    spread = pooled.spread
    text = _(
        "Simpangan baku selisih sebenarnya antarinstansi (tau) ditaksir {tau} {unit} (selang 95 %: {tau_ends}; tau² = "
        "{tau2}). Dari ragam yang terlihat antarinstansi, {i2} adalah beda sebenarnya (I²; selang 95 %: {i2_ends} "
        "persen; n = {k} instansi); sisanya kebetulan."
    )
    tau, low, high = (spread[name] ** 0.5 for name in ("tau2", "tau2_low", "tau2_high"))
    decimals = _decimals(pooled)
    values: dict[str, Bound] = {
        "tau": number(tau, decimals),
        "tau_ends": interval(low, high, decimals),
        "tau2": number(spread["tau2"], 2 * decimals if decimals else 0),
        "i2": percent(spread["i2"]),
        "i2_ends": interval(spread["i2_low"], spread["i2_high"], 0),
        "k": count(len(pooled.agencies)),
    }
    return Paragraph(compose(text, unit=pooled.unit, **values))


def note_pooled(pooled: Pooled) -> Note | None:
    """Return how the mean was made and what makes it weak; nothing where nothing is pooled."""
    if pooled.pooled is None:
        return None
    first = compose(_("**Cara:** {method}. **Selang:** {errors}."), method=pooled.pooled.method, errors=_errors(pooled))
    return Note((first, *say_warnings(pooled.pooled)))


def _errors(pooled: Pooled) -> str:
    return "" if pooled.pooled is None else pooled.pooled.errors.rstrip(".")


def _two_lines(agency: str) -> tuple[str, str]:
    """Return what tells an agency apart, and its office: the parts after and before the last comma."""
    office, _comma, place = agency.rpartition(", ")
    return (place, office) if office else (agency, "")


def plot_pooled(pooled: Pooled, *, id: str = "gabungan") -> Figure | LeftOut:
    """Return each agency with its interval, their mean, and where the next agency is expected to lie.

    Parameters
    ----------
    pooled : Pooled
        From `study_agencies` or `study_pooled`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where nothing is pooled, or too many agencies for a figure.
    """
    pooled, zero = _as_shown(pooled)
    ends = _prediction(pooled)
    if pooled.pooled is None or ends is None:
        return _nothing(pooled)
    if len(pooled.agencies) > MOST:
        return LeftOut(_("lebih dari {n} instansi; lihat tabelnya").format(n=MOST))
    decimals, mean = _decimals(pooled), each_row(pooled.pooled.table)[0]
    dots = []
    for row in each_row(pooled.agencies):
        name, office = _two_lines(hide_numbers(str(row.agency)))
        under = office if row.sound else _("pemeriksaan tidak lulus")
        dots.append(DotRow(name, (dot_cell(row, decimals),), count(row.n).text, under=under))
    n = count(int(pooled.agencies["n"].sum())).text
    dots.append(DotRow(_("Gabungan"), (dot_cell(mean, decimals),), n, gap=True, strong=True))
    ahead = Cell(number(mean.estimate, decimals).text, float(mean.estimate), *ends)
    dots.append(DotRow(_("Instansi berikutnya"), (ahead,), under=_("selang prediksi"), hollow=True))
    drawn = pooled.agencies[["conf_low", "conf_high"]].to_numpy(dtype="float64").ravel()
    low, high = span([*drawn, *ends, mean.conf_low, mean.conf_high], include=[zero])
    reference = (zero, _("{zero} = tidak ada selisih").format(zero=count(zero)))
    facet = Facet("", pooled.unit, low, high, tick_of(low, high), reference, float(mean.estimate))
    title = _("Gabungan {k} instansi: {size} ({interval})").format(
        k=count(mean.n),
        size=number(mean.estimate, decimals, signed=zero == 0),
        interval=interval(mean.conf_low, mean.conf_high, decimals),
    )
    return build_figure(
        Words(id, "", {}, ""),
        title,
        subtitle=_("{programme}: {outcome}, {unit}; selang 95 %").format(
            programme=name_programme(pooled.programme), outcome=pooled.outcome, unit=pooled.unit
        ),
        caption=_(
            "Tiap instansi dengan selangnya, gabungannya, dan selang prediksi bagi instansi berikutnya (titik "
            "berongga). n: pengamatan."
        ),
        alt=[f"{row.label}: {row.cells[0].words} ({_ends(row.cells[0], decimals)})" for row in dots],
        draw=lambda width: draw_dots(dots, [facet], n_head="n", width=width),
        data=pooled.agencies,
    )


def _ends(cell: Cell, decimals: int) -> str:
    return interval(cell.low, cell.high, decimals).text


def table_agencies(pooled: Pooled, *, id: str = "instansi") -> Table | LeftOut:
    """Return the agencies with a headline: design, estimate, interval, n, and whether its checks were passed."""
    pooled, _zero_at = _as_shown(pooled)
    rows = pooled.agencies
    if rows.empty:
        return LeftOut(_("tidak ada instansi yang memberi taksiran"), _("Instansi"))
    decimals = _decimals(pooled)
    frame = pd.DataFrame(
        {
            "agency": [hide_numbers(str(name)) for name in rows["agency"]],
            "design": [_(SHORT_DESIGNS[str(design)]) for design in rows["design"]],
            "checks": [_("lulus") if sound else _("tidak lulus") for sound in rows["sound"]],
            "estimate": rows["estimate"].astype("float64").to_numpy(),
            "interval": [interval(row.conf_low, row.conf_high, decimals).text for row in each_row(rows)],
            "n": rows["n"].to_numpy(),
        }
    )
    columns = (
        TableColumn("agency", _("Instansi")),
        TableColumn("design", _("Rancangan")),
        TableColumn("checks", _("Pemeriksaan")),
        TableColumn("estimate", _("Selisih"), "number", decimals),
        TableColumn("interval", _("selang 95 %"), "words"),
        TableColumn("n", _("n (pengamatan)"), "count"),
    )
    title = _("Taksiran tiap instansi, {outcome} ({unit})").format(outcome=pooled.outcome, unit=pooled.unit)
    return build_table(frame, columns, id=id, title=title)


def table_left_out(pooled: Pooled, *, id: str = "tidak-ikut") -> Table | Paragraph:
    """Return the agencies that are not among them, each with its reason."""
    if not pooled.left_out:
        return Paragraph(compose(_("Tidak ada instansi yang ditinggalkan.")))
    frame = pd.DataFrame(
        [(hide_numbers(name), hide_numbers(why)) for name, why in pooled.left_out.items()], columns=["agency", "why"]
    )
    columns = (TableColumn("agency", _("Instansi")), TableColumn("why", _("Alasan")))
    title = _("Yang tidak ikut digabung ({n})").format(n=count(len(frame)))
    return build_table(frame, columns, id=id, title=title)


def table_without(pooled: Pooled, *, id: str = "tanpa-satu") -> Table | LeftOut:
    """Return the mean again, without one agency at a time: whether one of them carries the result."""
    if pooled.pooled is None:
        return _nothing(pooled)
    if pooled.without.empty:
        return LeftOut(_("diperlukan paling sedikit empat instansi"), _("Gabungan tanpa satu instansi"))
    pooled, _zero_at = _as_shown(pooled)
    decimals, mean = _decimals(pooled), pd.DataFrame([_mean(pooled)._asdict()]).assign(agency="")
    rows = pd.concat([mean[list(pooled.without)], pooled.without], ignore_index=True)
    names = [_("Semua instansi"), *(_without(name) for name in pooled.without["agency"])]
    frame = pd.DataFrame(
        {
            "agency": names,
            "estimate": rows["estimate"].astype("float64"),
            "interval": [interval(row.conf_low, row.conf_high, decimals).text for row in each_row(rows)],
            "n": rows["n"],
        }
    )
    columns = (
        TableColumn("agency", _("Gabungan")),
        TableColumn("estimate", _("Selisih"), "number", decimals),
        TableColumn("interval", _("selang 95 %"), "words"),
        TableColumn("n", _("n (instansi)"), "count"),
    )
    return build_table(frame, columns, id=id, title=_("Gabungan tanpa satu instansi ({unit})").format(unit=pooled.unit))


def _without(agency: str) -> str:
    if not agency:
        return _("Tanpa yang pemeriksaannya tidak lulus")
    return _("Tanpa {agency}").format(agency=hide_numbers(agency))


def plot_references(pooled: Pooled, *, id: str = "acuan") -> Figure | LeftOut:
    """Return published effects of the same programme, where they are on a comparable scale, beside the own mean.

    They are lines to compare with: several share trials, so they are never pooled, with each other or with the own.

    Parameters
    ----------
    pooled : Pooled
        From `study_agencies` or `study_pooled`; nothing of it is drawn where it has no mean.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where the own outcome is not in standard deviations, or nothing was published.
    """
    what = _("Efek terbitan")
    if pooled.unit and pooled.unit not in map(_, STANDARDISED):
        return LeftOut(
            _("satuan hasil sendiri ({unit}) tidak sebanding dengan efek terbitan tentang kinerja").format(
                unit=pooled.unit
            ),
            what,
        )
    rows = read_published(metric=["g", "d"])
    rows = rows[(rows["intervention"] == pooled.programme) & rows["outcome"].isin(ALIKE)]
    if rows.empty:
        text = _("tidak ada efek terbitan tentang {programme} dengan ukuran yang sebanding")
        return LeftOut(text.format(programme=name_programme(pooled.programme) or _("program ini")), what)
    drawn = plot_published(rows, _as_own(pooled), id=id)
    if isinstance(drawn, LeftOut):
        return drawn
    told = _("Efek terbitan hanya acuan: tidak ada yang ikut digabung.")
    return replace(drawn, caption=f"{drawn.caption} {told}")


def _as_own(pooled: Pooled) -> Estimate | None:
    """Return the mean as the estimate of these data, its n the observations behind it."""
    if pooled.pooled is None:
        return None
    table = pooled.pooled.table.assign(term="", n=int(pooled.agencies["n"].sum()))
    return replace(pooled.pooled, table=table, diagnostics={})


def say_correlations(found: Estimate) -> ItemList:
    """Return why pooled correlations of questionnaires are no effect, beside what trials found.

    Parameters
    ----------
    found : Estimate
        From `estimate_published`, of correlations.
    """
    row = each_row(found.table)[0]
    ends = _find_ends(found) or (None, None)
    trials = read_published(metric="g")
    trials = trials[trials["detail"] == TRIALS_ONLY]
    low, high = float(trials["estimate"].min()), float(trials["estimate"].max())
    values = {
        "r": number(row.estimate, 2),
        "interval": interval(row.conf_low, row.conf_high, 2),
        "k": count(row.n),
        "low": number(low, 2),
        "high": number(high, 2),
        "as_r": interval(_as_r(low), _as_r(high), 2),
        "ends": interval(ends[0], ends[1], 2),
    }
    texts = (
        _("Gabungannya r = {r} (selang 95 %: {interval}; n = {k} studi). Angka sebesar itu tampak meyakinkan."),
        _(
            "Rata-rata meta-analisis yang hanya memuat uji acak adalah g = {low} dan {high}, kira-kira setara dengan r "
            "{as_r}. Korelasi kuesioner jauh di atasnya."
        ),
        _("Studi berikutnya dari jenis yang sama dapat menemukan r {ends} (selang prediksi 95 %; n = {k} studi)."),
        _(
            "Satu orang mengisi kuesioner tentang program dan tentang kinerja pada saat yang sama. Jawaban dari satu "
            "sumber sudah sejalan dengan sendirinya, dan tidak ada pembanding maupun keadaan awal. Karena itu angka "
            "ini hanya berkata berkaitan dengan."
        ),
    )
    return ItemList(tuple(compose(text, **values) for text in texts))


def _as_r(effect: float) -> float:
    """Return a standardised difference of two groups of one size as a correlation: d / sqrt(d² + 4)."""
    return float(effect / (effect**2 + 4) ** 0.5)
