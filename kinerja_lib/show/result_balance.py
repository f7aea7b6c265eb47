"""Results by part: how alike the arms are, how far their propensities overlap, which levels gain, each study."""

from __future__ import annotations

import numpy as np

from kinerja_lib.estimate import Estimate
from kinerja_lib.estimate.result import Z
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.show.blocks import Figure, LeftOut, each_row
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import count, number, percent
from kinerja_lib.show.result_parts import Words, build_figure, dot_cell, find_decimals, frame_of, say_value, tick_of

ALIKE = 0.1  # standardised difference up to which arms are called alike (Austin 2009)
FACETS, STUDIES = 3, 40  # the most terms and studies that a figure holds


def plot_balance(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return the standardised differences between the arms before (hollow) and after adjustment."""
    rows = frame_of(result, "balance")
    rows = rows[rows["after"].notna()]
    if rows.empty:
        return LeftOut(_("tidak ada ciri yang dibandingkan"))
    apart = int((rows["after"].abs() > ALIKE).sum())
    dots = [
        DotRow(words.name(row.term), (Cell(number(row.after, 2).text, float(row.after), before=float(row.before)),))
        for row in each_row(rows)
    ]
    low, high = span([*rows["before"], *rows["after"]], include=[-ALIKE, ALIKE])
    facet = Facet("", _("selisih baku antarkelompok"), low, high, tick_of(low, high), (0.0, _("0 = setara")))
    title = (
        _("Setelah disesuaikan, kedua kelompok setara pada semua ciri")
        if not apart
        else _("Setelah disesuaikan, {apart} dari {all} ciri masih berbeda lebih dari {limit}")
    )
    return build_figure(
        words,
        title.format(apart=count(apart), all=count(len(rows)), limit=number(ALIKE, 1)),
        subtitle=_("Titik berongga: sebelum; titik penuh: setelah disesuaikan. n = {n}").format(n=_n(result)),
        caption=_("Keseimbangan ciri sebelum dan setelah disesuaikan."),
        alt=[f"{words.name(row.term)}: {number(row.before, 2)}, {number(row.after, 2)}" for row in each_row(rows)],
        draw=lambda width: draw_dots(dots, [facet], n_head="", width=width),
        data=rows,
    )


def _n(result: Estimate) -> str:
    return count(int(result.table["n"].max())).text


def plot_overlap(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return the range and median of the propensity of each arm, and who lies outside of the other's."""
    if "overlap" not in result.diagnostics:
        return LeftOut(_("hasil ini tidak memakai skor kecenderungan"))
    rows = frame_of(result, "overlap")
    if (rows["n"] < MIN_GROUP).any():
        return LeftOut(_("kurang dari {k} orang").format(k=MIN_GROUP))
    dots = [
        DotRow(
            words.name(row.group), (Cell(number(row.median, 2).text, row.median, row.min, row.max),), count(row.n).text
        )
        for row in each_row(rows)
    ]
    facet = Facet("", _("peluang mendapat perlakuan"), 0.0, 1.0, tick_of(0.0, 1.0))
    worst = rows.iloc[int(rows["outside"].argmax())]
    title = (
        _("Tiap kelompok mempunyai bandingannya")
        if worst["outside"] == 0
        else _("{share} kelompok {name} tidak mempunyai bandingan")
    )
    return build_figure(
        words,
        title.format(share=percent(100 * float(worst["outside"])), name=words.name(worst["group"])),
        subtitle=_("Titik: nilai tengah; garis: terendah sampai tertinggi. n = {n}").format(n=_n(result)),
        caption=_("Tumpang tindih skor kecenderungan."),
        alt=[f"{row.label}: {row.cells[0].words}" for row in dots],
        draw=lambda width: draw_dots(dots, [facet], n_head="n", width=width),
        data=rows,
    )


def plot_probability_change(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return how the probability of each level changes with each term, in points of per cent.

    Of `estimate_latent` a facet is a rating, and the change is that of participants with and without the programme.
    """
    rows = frame_of(result, "probability_change")
    columns = ["estimate", "conf_low", "conf_high"]
    rows = rows.assign(**{name: 100 * rows[name].astype("float64") for name in columns})
    terms = list(dict.fromkeys(rows["term"].astype("str")))[:FACETS]
    rows = rows[rows["term"].astype("str").isin(terms)]
    if rows.empty:
        return LeftOut(_("tidak ada suku yang mengubah peluang"))
    levels = list(dict.fromkeys(rows["group"].astype("str")))[::-1]
    cells = {(str(row.term), str(row.group)): dot_cell(row, 1) for row in each_row(rows)}
    dots = [DotRow(words.name(level), tuple(cells[term, level] for term in terms)) for level in levels]
    low, high = span([*rows["conf_low"], *rows["conf_high"]], include=[0.0])
    facets = [
        Facet(words.name(term), _("poin persen"), low, high, tick_of(low, high), (0.0, _("0 = tetap")))
        for term in terms
    ]
    clear = rows[(rows["conf_low"] > 0) | (rows["conf_high"] < 0)]
    most = rows.iloc[int(rows["estimate"].abs().argmax())]
    title = (
        _("Peluang tiap tingkat tidak jelas berubah")
        if clear.empty
        else _("Peluang {level} berubah paling banyak: {change} poin persen")
    )
    return build_figure(
        words,
        title.format(level=words.name(most["group"]), change=number(most["estimate"], 1, signed=True)),
        subtitle=_("Perubahan peluang tiap tingkat, selang 95 %, n = {n}").format(n=_n(result)),
        caption=_("Perubahan peluang tiap tingkat pada peserta, dengan program dibandingkan dengan tanpa program.")
        if "event_weights" in result.diagnostics
        else _("Perubahan peluang tiap tingkat bila suku itu naik satu satuan atau tingkat."),
        alt=[f"{words.name(row.term)}, {words.name(row.group)}: {say_value(row, 1)}" for row in each_row(rows)],
        draw=lambda width: draw_dots(dots, facets, n_head="", width=width),
        data=rows,
    )


def plot_studies(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return each study with its interval, and all together last."""
    if "studies" not in result.diagnostics:
        return LeftOut(_("hasil ini tidak menggabungkan studi"))
    studies = frame_of(result, "studies")
    if len(studies) > STUDIES:
        return LeftOut(_("lebih dari {n} studi; lihat diagram corongnya").format(n=STUDIES))
    spread = Z * np.sqrt(studies["variance"])
    studies = studies.assign(
        estimate=studies["effect"], conf_low=studies["effect"] - spread, conf_high=studies["effect"] + spread
    )
    decimals = find_decimals(studies["estimate"])
    dots = [DotRow(str(row.study), (dot_cell(row, decimals),)) for row in each_row(studies)]
    whole = result.table.iloc[0]
    dots.append(DotRow(_("Gabungan"), (dot_cell(whole, decimals),), gap=True, strong=True))
    low, high = span([*studies["conf_low"], *studies["conf_high"]], include=[0.0])
    facet = Facet("", words.unit or result.estimand, low, high, tick_of(low, high), (0.0, _("0 = tidak ada selisih")))
    return build_figure(
        words,
        _("Gabungan {n} studi: {value}").format(n=count(len(studies)), value=say_value(whole, decimals)),
        subtitle=_("{estimand}, selang 95 %").format(estimand=result.estimand),
        caption=_("Tiap studi dengan selangnya, lalu gabungannya."),
        alt=[f"{row.label}: {row.cells[0].words}" for row in dots],
        draw=lambda width: draw_dots(dots, [facet], n_head="", width=width),
        data=studies,
    )
