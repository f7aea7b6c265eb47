"""What a study holds besides its answer: second estimator, sensitivity, regression to the mean, sources, survey score.

Each block is left out where the study has nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kinerja_lib.estimate.sensitivity import Robustness
from kinerja_lib.language import _, mark
from kinerja_lib.privacy import is_small
from kinerja_lib.show.blocks import Figure, LeftOut, Paragraph, Table, TableColumn, build_table, compose, each_row
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, interval, number, percent
from kinerja_lib.show.result_parts import Words, build_figure, tick_of
from kinerja_lib.show.studies import show_rows
from kinerja_lib.show.verdict import ends_of, find_headline, is_clear, is_ratio, size_of
from kinerja_lib.studies.result import Study
from kinerja_lib.vocabulary import Period, label

FULL = 100

SOURCES = {
    "person": mark("Orangnya sendiri"),
    "rater": mark("Penilainya"),
    "unit": mark("Unitnya"),
    "rest": mark("Sisanya: berubah dari periode ke periode"),
}


def say_second(study: Study) -> Paragraph | LeftOut:
    """Return what the second estimator says, with assumptions of its own, and whether it points the same way.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    """
    rows, main = show_rows(study, "second"), find_headline(study)
    if not rows or main is None:
        return LeftOut(_("tidak ada cara menaksir kedua"), _("Cara menaksir kedua"))
    row = rows[0]
    text = (
        _("Cara kedua, dengan anggapannya sendiri, tidak menunjuk arah pasti: {size} (selang 95 %: {ends}; n = {n}).")
        if not is_clear(row)
        else _(
            "Cara kedua, dengan anggapannya sendiri, menunjuk arah yang sama: {size} (selang 95 %: {ends}; n = {n})."
        )
        if row.estimate * main.estimate > 0
        else _("Cara kedua, dengan anggapannya sendiri, menunjuk arah lain: {size} (selang 95 %: {ends}; n = {n}).")
    )
    ends = ends_of(row, ratio=is_ratio(study, row))
    return Paragraph(compose(text, size=size_of(study, row), ends=ends, n=count(row.n)))


def say_sensitivity(study: Study) -> Paragraph | LeftOut:
    """Return how strong something that was not recorded would have to be to take the estimate away.

    Parameters
    ----------
    study : Study
        With "sensitivity" in `detail`: `rv` (share of the remaining variance, 0 to 1) and `n`; of retention the
        E-value in its check "sensitivity": `point` and `n`.
    """
    check = study.check("sensitivity")
    if check is not None and {"point", "n"} <= set(check.values) and pd.notna(check.values["point"]):
        text = _(
            "Agar taksiran ini berarti tanpa selisih, faktor yang tidak tercatat harus melipatkan peluang ikut dan "
            "laju keluar masing-masing sedikitnya {times} kali (n = {n})."
        )
        return Paragraph(compose(text, times=number(check.values["point"], 2), n=count(check.values["n"])))
    found, row = study.detail.get("sensitivity"), find_headline(study)
    if isinstance(found, Robustness) and row is not None:
        found = {"rv": found.rv_q, "n": row.n}
    if not isinstance(found, Mapping) or not {"rv", "n"} <= set(found) or pd.isna(found["rv"]):
        return LeftOut(_("kekuatan faktor tak tercatat tidak dapat dihitung"), _("Kepekaan"))
    text = _(
        "Agar selisih ini menjadi nol, faktor yang tidak tercatat harus menjelaskan sedikitnya {share} dari sisa ragam "
        "hasil, dan sebanyak itu pula dari sisa ragam keikutsertaan (n = {n})."
    )
    return Paragraph(compose(text, share=percent(100 * found["rv"], 1), n=count(found["n"])))


def say_return(study: Study) -> Paragraph | LeftOut:
    """Return how reliable the measure is, and what part of a gain would have come without any programme.

    Parameters
    ----------
    study : Study
        With "regression_to_mean" in `detail`.
    """
    what = _("Kembali ke rata-rata")
    found = study.detail.get("regression_to_mean")
    if not isinstance(found, Mapping) or not found or is_small(int(found["n"])):
        return LeftOut(_("keandalan ukuran ini tidak dapat dihitung dari data"), what)
    first = compose(
        _(
            "**Kembali ke rata-rata.** Nilai dari periode ke periode berkorelasi {reliability} (selang 95 %: {ends}; "
            "n = {pairs} pasangan): makin rendah, makin banyak nilai ekstrem yang kembali sendiri. "
        ),
        reliability=number(found["reliability"], 2),
        ends=interval(found["conf_low"], found["conf_high"], 2),
        pairs=count(found["pairs"]),
    )
    text = _(
        "Tepat sebelum mulai, peserta berada {start} simpangan baku dari rata-rata; tanpa program pun sekitar "
        "{expected} akan terjadi, sedangkan yang teramati {gain} (selang 95 %: {gain_ends}; n = {n})."
    )
    second = compose(
        text,
        **{name: number(found[name], 2, signed=True) for name in ("start", "expected", "gain")},
        gain_ends=interval(found["gain_low"], found["gain_high"], 2),
        n=count(found["n"]),
    )
    return Paragraph((*first, *second))


def table_sources(study: Study, *, id: str = "sumber-ragam") -> Table | LeftOut:
    """Return whose rating it is: the shares of its variance by person, rater and unit.

    Parameters
    ----------
    study : Study
        With "sources" in `detail`.
    id : str
        Name for references.
    """
    found = study.detail.get("sources")
    if not isinstance(found, pd.DataFrame) or found.empty:
        return LeftOut(_("ragam menurut orang, penilai dan unit tidak dapat dihitung"), _("Asal perbedaan nilai"))
    cells = [
        {
            "source": _(SOURCES[row.source]),
            "share": percent(100 * row.share).text,
            "ends": interval(100 * row.conf_low, 100 * row.conf_high, 0).text,
            "n": count(row.n).text,
        }
        for row in each_row(found)
    ]
    columns = (
        TableColumn("source", _("Asal")),
        TableColumn("share", _("Bagian ragam"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", _("n"), "words"),
    )
    return build_table(pd.DataFrame(cells), columns, id=id, title=_("Dari mana perbedaan nilai berasal"))


def table_changes(study: Study, *, id: str = "tingkat") -> Table | LeftOut:
    """Return by how many of a hundred participants each level of the rating changed.

    Parameters
    ----------
    study : Study
        With "probability_change" in `detail`: group (level), estimate, conf_low, conf_high (shares, 0 to 1), n.
    id : str
        Name for references.
    """
    found = study.detail.get("probability_change")
    if not isinstance(found, pd.DataFrame) or found.empty or found["n"].map(is_small).any():
        return LeftOut(_("perubahan menurut tingkat tidak dapat dihitung"), _("Perubahan menurut tingkat"))
    cells = [
        {
            "level": label(str(row.group)),
            "change": number(100 * row.estimate, 1, signed=True).text,
            "ends": interval(100 * row.conf_low, 100 * row.conf_high, 1).text,
            "n": count(row.n).text,
        }
        for row in each_row(found)
    ]
    columns = (
        TableColumn("level", _("Tingkat")),
        TableColumn("change", _("Perubahan (dari 100 peserta)"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", _("n"), "words"),
    )
    title = _("Perubahan banyaknya peserta pada tiap tingkat predikat")
    return build_table(pd.DataFrame(cells), columns, id=id, title=title)


def say_pomp(study: Study) -> Paragraph | LeftOut:
    """Return the climate score of the last wave, 0 to 100, with its interval and n.

    Parameters
    ----------
    study : Study
        From `study_climate`.
    """
    rows = _read_pomp(study)
    if not rows:
        return LeftOut(_("jawaban survei terlalu sedikit, atau semuanya sama"), _("Skor iklim"))
    text = _("Pada survei {wave}, skor iklim {score} dari {most} (selang 95 %: {ends}; n = {n} jawaban).")
    row = rows[-1]
    ends = interval(row.conf_low, row.conf_high, 1)
    values = {"score": number(row.estimate, 1), "most": count(FULL), "ends": ends, "n": count(row.n)}
    return Paragraph(compose(text, wave=Period.parse(str(row.periode)).label, **values))


def _read_pomp(study: Study) -> list[Any]:
    found = study.detail.get("pomp")
    return each_row(found) if isinstance(found, pd.DataFrame) else []


def _title_of_waves(rows: list[Any]) -> str:
    """Return whether the last wave lies apart from the first: not why."""
    first, last = rows[0], rows[-1]
    if first.conf_high < last.conf_low:
        return _("Skor iklim pada survei terakhir lebih tinggi daripada yang pertama")
    if last.conf_high < first.conf_low:
        return _("Skor iklim pada survei terakhir lebih rendah daripada yang pertama")
    return _("Skor iklim tidak jelas berubah") if len(rows) > 1 else _("Skor iklim pada satu survei")


def plot_pomp(study: Study, *, id: str = "skor-iklim") -> Figure | LeftOut:
    """Return the climate score of each wave, in per cent of the maximum possible, with its interval and n.

    Parameters
    ----------
    study : Study
        From `study_climate`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where too few answered, or all alike.
    """
    rows = _read_pomp(study)
    if not rows:
        return LeftOut(_("jawaban survei terlalu sedikit, atau semuanya sama"), _("Skor iklim menurut gelombang"))
    low, high = span([value for row in rows for value in (row.conf_low, row.conf_high)])
    low, high = max(low, 0.0), min(high, float(FULL))
    facet = Facet("", _("skor iklim (0 sampai 100)"), low, high, tick_of(low, high))
    waves = [Period.parse(str(row.periode)).label for row in rows]
    dots = [
        DotRow(
            wave, (Cell(number(row.estimate, 1).text, row.estimate, row.conf_low, row.conf_high),), count(row.n).text
        )
        for wave, row in zip(waves, rows, strict=True)
    ]
    ends = [number(value, 0) for value in study.detail["scale"]]
    return build_figure(
        Words(id, "", {}, ""),
        _title_of_waves(rows),
        subtitle=_("persen dari yang mungkin, selang 95 %, n = {n} jawaban").format(
            n=count(sum(row.n for row in rows))
        ),
        caption=_("Nol: semua menjawab {low}; seratus: semua menjawab {high}. Semua yang menjawab dihitung.").format(
            low=ends[0], high=ends[1]
        ),
        alt=[
            f"{wave}: {number(row.estimate, 1)} ({interval(row.conf_low, row.conf_high, 1)}; n = {count(row.n)})"
            for wave, row in zip(waves, rows, strict=True)
        ],
        draw=lambda width: draw_dots(dots, [facet], n_head=_("n"), width=width),
        data=pd.DataFrame([row._asdict() for row in rows]).drop(columns="Index"),
    )
