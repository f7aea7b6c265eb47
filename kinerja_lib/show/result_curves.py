"""Results as curves: who has not left, who has left for a cause, how likely a benefit, how strong a confounder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.estimate.result import Z
from kinerja_lib.estimate.sensitivity import Robustness
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.show.blocks import Figure, LeftOut, Table, TableColumn, build_table, compose, each_row
from kinerja_lib.show.canvas import span
from kinerja_lib.show.curves import Axis, Beneath, Curve, Guide, draw_curves
from kinerja_lib.show.numbers import SMALL, count, interval, number, percent
from kinerja_lib.show.result_parts import Words, build_figure, find_decimals, frame_of, say_value, tick_of


def plot_survival(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return the share that has not left, over time, with the number at risk below."""
    return _plot_steps(result, words, _("belum keluar (%)"), start=1.0)


def plot_incidence(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return the share that has left for the cause of interest, over time, with the number at risk below."""
    return _plot_steps(result, words, _("sudah keluar karena sebab itu (%)"), start=0.0)


def _plot_steps(result: Estimate, words: Words, what: str, *, start: float) -> Figure | LeftOut:
    risk = frame_of(result, "at_risk")
    rows = result.table.assign(time=risk["time"].to_numpy(), n_risk=risk["n_risk"].to_numpy())
    rows = rows[rows["n"] >= MIN_GROUP]
    if rows.empty:
        return LeftOut(_("kurang dari {k} orang").format(k=MIN_GROUP))
    groups = list(dict.fromkeys(rows["group"].fillna("").astype("str")))
    parts = {group: rows[rows["group"].fillna("").astype("str") == group].sort_values("time") for group in groups}
    curves = [_step_curve(part, words.name(group) if group else "", start) for group, part in parts.items()]
    last = float(rows["time"].max())
    low, high = span([100 * v for curve in curves for v in (*curve.low, *curve.high, *curve.y) if v == v], margin=0.0)  # noqa: PLR0124
    x = Axis(0.0, last, lambda v: f"{v:g}", words.unit or _("waktu"))
    y = Axis(max(0.0, min(low, 100 * start)), max(high, 100 * start), lambda v: number(v, 0).text, what)
    at = np.linspace(0, last, 5)
    beneath = [Beneath(words.name(g) if g else "", tuple(at), _at_risk(part, at)) for g, part in parts.items()]
    ends = [f"{curve.name or what}: {percent(100 * curve.y[-1])} {_at_end(curve)}" for curve in curves]
    return build_figure(
        words,
        _("{share} pada waktu {time}").format(share=ends[0], time=f"{last:g}")
        if len(curves) == 1
        else _("{what} menurut kelompok").format(what=what[:1].upper() + what[1:]),
        subtitle=_("{estimand}, pita: selang 95 %, n = {n}").format(
            estimand=result.estimand, n=count(int(sum(part["n"].iloc[0] for part in parts.values())))
        ),
        caption=_("Kurva menurut waktu, dengan banyaknya orang yang masih diamati."),
        alt=ends,
        draw=lambda width: draw_curves(
            [_scaled(curve) for curve in curves], x, y, beneath=beneath, head=_("masih diamati (orang)"), width=width
        ),
        data=rows,
    )


def _step_curve(part: pd.DataFrame, name: str, start: float) -> Curve:
    y, low, high = ((start, *part[column].astype("float64")) for column in ("estimate", "conf_low", "conf_high"))
    return Curve(name, (0.0, *part["time"].astype("float64")), y, low, high, step=True)


def _scaled(curve: Curve) -> Curve:
    y, low, high = (tuple(100 * value for value in values) for values in (curve.y, curve.low, curve.high))
    return Curve(curve.name, curve.x, y, low, high, step=True)


def _at_end(curve: Curve) -> str:
    known = [at for at, value in enumerate(curve.low) if value == value]  # noqa: PLR0124 - not missing
    return f"({interval(100 * curve.low[known[-1]], 100 * curve.high[known[-1]], 0)})" if known else ""


def _at_risk(part: pd.DataFrame, at: np.ndarray) -> tuple[str, ...]:
    """Return how many are at risk at each place: those of the next time in the data."""
    place = np.searchsorted(part["time"].to_numpy(), at)
    numbers = np.append(part["n_risk"].to_numpy(), 0)[place]
    return tuple("–" if n == 0 else SMALL if n < MIN_GROUP else count(int(n)).text for n in numbers)


def plot_acceptability(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return how likely the net benefit is above nought, by what a unit of effect is worth."""
    rows = frame_of(result, "acceptability").sort_values("threshold")
    if len(rows) < 2:
        return LeftOut(_("beri paling sedikit dua nilai threshold"))
    shares = tuple(100 * rows["probability"].astype("float64"))
    worth = tuple(rows["threshold"].astype("float64"))
    x = Axis(min(worth), max(worth), lambda v: number(v, 0).text, words.unit or _("nilai satu satuan hasil (rupiah)"))
    y = Axis(0.0, 100.0, lambda v: number(v, 0).text, _("peluang manfaat bersih positif (%)"))
    curve = Curve("", worth, shares)
    return build_figure(
        words,
        _("Peluang manfaat bersih positif {low} sampai {high}").format(
            low=percent(min(shares)), high=percent(max(shares))
        ),
        subtitle=f"{result.estimand}, n = {count(int(result.table['n'].max()))}",
        caption=_("Peluang dari ulangan bootstrap bersama atas biaya dan hasil."),
        alt=[f"{number(at, 0)}: {percent(share)}" for at, share in zip(worth, shares, strict=True)],
        draw=lambda width: draw_curves([curve], x, y, guides=(Guide(50.0, ""),), width=width),
        data=rows,
    )


def plot_funnel(result: Estimate, words: Words) -> Figure | LeftOut:
    """Return the studies of a pooled result against their standard errors, with the limits of chance alone."""
    studies = frame_of(result, "studies")
    errors = tuple(np.sqrt(studies["variance"].astype("float64")))
    effects = tuple(studies["effect"].astype("float64"))
    centre, widest = float(result.table["estimate"].iloc[0]), max(errors) * 1.05
    decimals = find_decimals(effects)
    sides = [Curve("", (centre, centre + sign * Z * widest), (0.0, widest), dashed=True) for sign in (-1.0, 1.0)]
    low, high = span([*effects, *(side.x[1] for side in sides)])
    x = Axis(low, high, tick_of(low, high), words.unit or _("efek"))
    y = Axis(0.0, widest, tick_of(0.0, widest), _("galat baku (yang teliti di atas)"), turned=True)
    p = result.diagnostics.get("egger_p")
    title = (
        _("Studi kecil tidak jelas menyimpang")
        if p is None or float(p) >= 0.05  # type: ignore[arg-type]
        else _("Studi kecil menyimpang: bacalah gabungannya dengan curiga")
    )
    return build_figure(
        words,
        title,
        subtitle=_("{n} studi; gabungan {value}").format(
            n=count(len(studies)), value=say_value(result.table.iloc[0], decimals)
        ),
        caption=_("Studi menurut efek dan galat bakunya; garis putus: batas 95 % bila hanya kebetulan."),
        alt=[f"{number(a, decimals)} ({number(b, decimals)})" for a, b in zip(effects, errors, strict=True)],
        draw=lambda width: draw_curves(
            [Curve("", effects, errors, line=False, dots=True), *sides],
            x,
            y,
            guides=(Guide(centre, _("gabungan"), upright=True),),
            width=width,
        ),
        data=studies,
    )


def plot_contours(result: Robustness, words: Words) -> Figure | LeftOut:
    """Return how strong a confounder must be with treatment and outcome to move the estimate to nought.

    The line joins the pairs of partial R2 at which the adjusted estimate is nought (Cinelli and Hazlett 2020); the dots
    are confounders so many times as strong as the benchmarks.
    """
    bounds = frame_of(result, "bounds")
    most = max(0.4, *(1.2 * bounds[name].max() for name in ("r2dz_x", "r2yz_dx"))) if len(bounds) else 0.4
    treatment = np.linspace(0.002, min(float(most), 0.95), 120)
    outcome = result.partial_r2 / (1 - result.partial_r2) * (1 - treatment) / treatment
    inside = outcome <= most
    if not inside.any():
        return LeftOut(_("tidak ada pengganggu dalam rentang ini yang menghapus taksiran"))
    line = Curve(_("taksiran menjadi 0"), tuple(100 * treatment[inside]), tuple(100 * outcome[inside]))
    dots = [
        Curve(
            f"{row.multiple:g} × {words.name(row.benchmark)}",
            (100 * row.r2dz_x,),
            (100 * row.r2yz_dx,),
            line=False,
            dots=True,
        )
        for row in each_row(bounds)
    ]
    whole = tick_of(0.0, 100.0)
    x = Axis(0.0, 100 * float(treatment[-1]), whole, _("kaitan pengganggu dengan perlakuan (R² parsial, %)"))
    y = Axis(0.0, 100 * float(most), whole, _("kaitan pengganggu dengan hasil (R² parsial, %)"))
    return build_figure(
        words,
        _("Pengganggu perlu menjelaskan {share} dari keduanya untuk menghapus taksiran").format(
            share=percent(100 * result.rv_q)
        ),
        subtitle=_("Di atas garis, taksiran hilang atau berbalik arah"),
        caption=_("Kepekaan terhadap pengganggu yang tidak diukur; titik: sekuat ciri yang diukur."),
        alt=[f"{dot.name}: {number(dot.x[0], 1)} %, {number(dot.y[0], 1)} %" for dot in dots],
        draw=lambda width: draw_curves([line, *dots], x, y, width=width),
        data=bounds,
    )


def table_bounds(result: Robustness, words: Words) -> Table:
    """Return the adjusted estimate for confounders so many times as strong as the benchmarks."""
    bounds = frame_of(result, "bounds")
    decimals = find_decimals(bounds["adjusted_estimate"]) if len(bounds) else 2
    frame = bounds.assign(
        benchmark=[f"{row.multiple:g} × {words.name(row.benchmark)}" for row in each_row(bounds)],
        r2dz_x=100 * bounds["r2dz_x"],
        r2yz_dx=100 * bounds["r2yz_dx"],
    )
    columns = (
        TableColumn("benchmark", _("Pengganggu sekuat")),
        TableColumn("r2dz_x", _("R² dengan perlakuan (%)"), "number", 1),
        TableColumn("r2yz_dx", _("R² dengan hasil (%)"), "number", 1),
        TableColumn("adjusted_estimate", _("Taksiran"), "number", decimals),
        TableColumn("adjusted_se", _("Galat baku"), "number", decimals),
        TableColumn("adjusted_t", "t", "number", 2),
    )
    note = compose(
        _("Nilai ketahanan: {rv} (taksiran menjadi 0), {rva} (tidak lagi jelas berbeda dari 0)."),
        rv=percent(100 * result.rv_q, 1),
        rva=percent(100 * result.rv_qa, 1),
    )
    title = words.title or _("Taksiran bila ada pengganggu yang tidak diukur")
    return build_table(frame, columns, id=words.id, title=title, notes=(note,))
