"""Section II on the page: plans, and whether results trace up to the superior's; section III: achievement by aspect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.intervals import Level
from kinerja_lib.language import _
from kinerja_lib.measures import CAPAIAN_CAP
from kinerja_lib.planning import Plans
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.rules import cite
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    Figure,
    LeftOut,
    Note,
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
from kinerja_lib.show.canvas import NARROW, WIDE
from kinerja_lib.show.development import INDENT
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import MISSING, count, interval, number, percent
from kinerja_lib.show.sentences import say_missing
from kinerja_lib.vocabulary import Period

CASCADE_NEEDS = ("skp", "skp.rhk_atasan", "penilaian.penilai_id")
TARGET = 100.0  # per cent: the target itself, reached


def _why_not(scope: Scope, *needs: str) -> str:
    """Return why a block of plans is left out."""
    nothing = _("tidak ada rencana kinerja pada {period}").format(period=scope.period.label)
    return say_missing(scope, *needs, otherwise=nothing)


def say_plans(plans: Plans | None, scope: Scope) -> Paragraph | LeftOut:
    """Return how many people have a plan, and with how many indicators; the sentence that opens section II."""
    if plans is None:
        return LeftOut(_why_not(scope, "skp"))
    planned, indicators = plans.planned, plans.indicators
    if np.isnan(planned.value):
        text = _("Berapa pegawai yang punya rencana kinerja (SKP) tidak dirinci, agar tidak menunjuk orang.")
        return Paragraph(compose(text), role="lead")
    text = _("Rencana kinerja (SKP) dimiliki {share} dari {n} pegawai yang dinilai (selang 95 %: {interval})")
    ends = interval(planned.conf_low, planned.conf_high, 0)
    runs = compose(text, share=percent(planned.value), n=count(planned.n), interval=ends)
    if not np.isnan(indicators.value):
        each = compose(_("; rata-rata {mean} indikator tiap orang"), mean=number(indicators.value))
        runs = (*runs, *each, *_say_ends(indicators, 1))
    return Paragraph((*runs, {"text": "."}), role="lead")


def _say_ends(level: Level, decimals: int) -> Runs:
    """Return the interval in brackets; nothing where all are equal."""
    ends = interval(level.conf_low, level.conf_high, decimals)
    return () if ends.value is None else compose(_(" (selang 95 %: {interval})"), interval=ends)


def table_plans(plans: Plans | None, scope: Scope, *, id: str = "rencana") -> Table | LeftOut:
    """Return the indicators of the plans by aspect, and how many of them are those where less is better.

    Parameters
    ----------
    plans : Plans or None
        From `build_plans`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Indikator menurut aspek")
    if plans is None:
        return LeftOut(_why_not(scope, "skp"), what)
    if plans.table["hidden"].all():
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    columns = (
        TableColumn("label", _("Aspek")),
        TableColumn("indicators", _("Indikator"), "count"),
        TableColumn("share", _("Bagian (%)"), "number", 1),
        TableColumn("khusus", _("Kondisi khusus (%)"), "number", 1),
        TableColumn("people", _("Pegawai (orang)"), "count"),
    )
    title = _("Indikator dalam rencana kinerja menurut aspek, {period}").format(period=Period.parse(plans.period).label)
    note = compose(_("Kondisi khusus: makin rendah makin baik, seperti lama proses."))
    return build_table(plans.table, columns, id=id, title=title, notes=(note,), source=_("tabel skp, diolah."))


def note_plans(plans: Plans | None) -> Note | None:
    """Return whether weights sum to 100, and the articles behind plans and their aspects."""
    if plans is None:
        return None
    paragraphs = [compose(_("**Dasar.** Empat aspek indikator: {basis}."), basis=cite("perencanaan", butir="aspek"))]
    weights = plans.weights
    if not np.isnan(weights.value):
        paragraphs.insert(0, _say_weights(weights))
    return Note(tuple(paragraphs))


def _say_weights(weights: Level) -> Runs:
    if weights.value == 0:
        return compose(_("**Bobot** indikator berjumlah 100 pada setiap rencana (n = {n})."), n=count(weights.n))
    text = _("**Bobot** indikator tidak berjumlah 100 pada {share} rencana (selang 95 %: {interval}; n = {n}).")
    ends = interval(weights.conf_low, weights.conf_high, 0)
    return compose(text, share=percent(weights.value), interval=ends, n=count(weights.n))


def say_cascade(cascade: pd.DataFrame | None, scope: Scope) -> Paragraph | LeftOut:
    """Return how much of the planned results traces to the superior's, with interval and n."""
    if cascade is None:
        return LeftOut(_why_not(scope, *CASCADE_NEEDS), _("Kaitan rencana dengan rencana atasan"))
    row: Any = cascade.iloc[0]
    if pd.isna(row["value"]):
        return Paragraph(compose(_("Kaitan dengan rencana atasan tidak dirinci, agar tidak menunjuk orang.")))
    text = _(
        "Dari seluruh rencana hasil kerja, {share} tertelusur ke hasil kerja atasan (selang 95 %: {interval}; n = {n})."
    )
    ends = interval(row["conf_low"], row["conf_high"], 0)
    return Paragraph(compose(text, share=percent(row["value"]), interval=ends, n=count(row["n"])))


def table_cascade(cascade: pd.DataFrame | None, scope: Scope, *, id: str = "kaitan-rencana") -> Table | LeftOut:
    """Return how plans hang together from person to organisation: what traces, why not, how far up, who carries it.

    Parameters
    ----------
    cascade : DataFrame or None
        From `build_cascade`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Kaitan rencana dari pegawai sampai pimpinan puncak")
    if cascade is None:
        return LeftOut(_why_not(scope, *CASCADE_NEEDS), what)
    if cascade["value"].isna().all():
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    ends = [interval(row.conf_low, row.conf_high, 0).text for row in each_row(cascade)]
    labels = cascade["label"].mask(cascade["measure"] == "gap", INDENT + cascade["label"])
    columns = (
        TableColumn("label", _("Ukuran")),
        TableColumn("value", _("Bagian (%)"), "number", 0),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", "n", "count"),
    )
    title = _("{what}, {period}").format(what=what, period=scope.period.label)
    note = compose(_("n: pegawai; untuk hasil kerja atasan, banyaknya atasan."))
    source = _("tabel skp dan penilaian, diolah.")
    frame = cascade.assign(ends=ends, label=labels)
    return build_table(frame, columns, id=id, title=title, notes=(note,), source=source)


def note_cascade(cascade: pd.DataFrame | None) -> Note | None:
    """Return what counts as traced, and why a plan should be."""
    if cascade is None or cascade["value"].isna().all():
        return None
    return Note(
        (
            compose(
                _(
                    "**Tertelusur**: hasil kerja atasan yang disebut pegawai ada pada rencana penilainya, pada periode "
                    "yang sama; huruf besar dan spasi tidak dibedakan. Yang tidak cocok dapat juga salah tulis."
                )
            ),
            compose(
                _("**Dasar.** SKP disusun antara lain dari SKP atasan langsung: {basis}."),
                basis=cite("perencanaan", butir="sumber"),
            ),
        )
    )


def plot_aspects(aspects: pd.DataFrame | None, scope: Scope, *, id: str = "aspek") -> Figure | LeftOut:
    """Return the achievement of plans by aspect and condition, each with its interval, beside the target.

    Parameters
    ----------
    aspects : DataFrame or None
        From `build_aspects`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where no aspect can be shown.
    """
    what = _("Capaian SKP menurut aspek")
    if aspects is None:
        return LeftOut(_why_not(scope, "skp", "skp.target", "skp.realisasi"), what)
    if aspects["value"].notna().sum() < 2:
        return LeftOut(_("tidak ada aspek yang dapat ditampilkan"), what)
    rows = [_aspect_row(row) for row in each_row(aspects)]
    ends = aspects[["value", "conf_low", "conf_high"]].to_numpy(dtype=float)
    low, high = min(float(np.nanmin(ends)), TARGET), max(float(np.nanmax(ends)), TARGET)
    room = max(high - low, 4.0) / 10
    whole = aspects["value"].iloc[0]
    facet = Facet(
        what,
        _("% dari target"),
        low - room,
        high + room,
        lambda value: percent(value, 0).text,
        (TARGET, _("target")),
        None if pd.isna(whole) else float(whole),
    )
    return Figure(
        id=id,
        title=_aspect_title(aspects),
        subtitle=_("Titik: rata-rata pegawai; garis: selang 95 %. {period}").format(period=scope.period.label),
        caption=_("Capaian SKP menurut aspek dan kondisi."),
        alt=_("Titik dengan selang. ") + "; ".join(_aspect_text(row) for row in each_row(aspects)) + ".",
        svg=draw_dots(rows, [facet], n_head="n", width=WIDE),
        svg_narrow=draw_dots(rows, [facet], n_head="n", width=NARROW),
        source=_("tabel skp, diolah."),
        data=tidy_rows(aspects),
    )


def _aspect_row(row: Any) -> DotRow:
    whole = row.aspek == ""
    if pd.isna(row.value):
        return DotRow(str(row.label), (Cell(_("tidak dirinci (ada <{k})").format(k=MIN_GROUP)),), MISSING, strong=whole)
    ends = [None if pd.isna(v) else float(v) for v in (row.conf_low, row.conf_high)]
    return DotRow(
        str(row.label), (Cell(percent(row.value, 1).text, float(row.value), *ends),), count(row.n).text, strong=whole
    )


def _aspect_text(row: Any) -> str:
    if pd.isna(row.value):
        return f"{row.label}: {MISSING}"
    ends = interval(row.conf_low, row.conf_high, 1)
    return f"{row.label} (n = {count(row.n)}): {percent(row.value, 1)} ({ends})"


def _extremes(aspects: pd.DataFrame) -> tuple[Any, Any] | None:
    """Return the lowest and the highest aspect where their intervals lie clear of each other."""
    shown = aspects[(aspects["aspek"] != "") & aspects["value"].notna()]
    if len(shown) < 2:
        return None
    low, high = shown.iloc[int(shown["value"].argmin())], shown.iloc[int(shown["value"].argmax())]
    return (low, high) if high["conf_low"] > low["conf_high"] else None


def _aspect_title(aspects: pd.DataFrame) -> str:
    found = _extremes(aspects)
    if found is None:
        return _("Capaian SKP tidak jelas berbeda antaraspek")
    low, high = (lower_first(str(row["label"])) for row in found)
    return _("Capaian SKP aspek {low} lebih rendah daripada {high}").format(low=low, high=high)


def say_aspects(aspects: pd.DataFrame | None) -> Paragraph | None:
    """Return the aspect with the lowest achievement, if it alone is, and how achievement is counted."""
    shown = None if aspects is None else aspects[(aspects["aspek"] != "") & aspects["value"].notna()]
    if shown is None or shown.empty:
        return None
    row = shown.iloc[int(shown["value"].argmin())]
    if (shown["value"] == row["value"]).sum() > 1 or pd.isna(row["conf_low"]):
        runs = compose(_("Capaian SKP tidak jelas berbeda antaraspek"))
    else:
        runs = _say_lowest(row)
        if len(shown) > 1 and _extremes(shown) is None:
            runs = (*runs, {"text": _("; selangnya bertumpang tindih dengan aspek yang tertinggi")})
    rule = _(". Capaian tiap indikator dihitung menurut {basis}, paling tinggi {cap} %.")
    return Paragraph((*runs, *compose(rule, cap=number(CAPAIAN_CAP, 0), basis=cite("capaian_iki"))))


def _say_lowest(row: Any) -> Runs:
    return compose(
        _("Capaian SKP terendah pada aspek {aspect}: {value} dari target (selang 95 %: {interval}; n = {n})"),
        aspect=lower_first(str(row["label"])),
        value=percent(row["value"], 1),
        interval=interval(row["conf_low"], row["conf_high"]),
        n=count(int(row["n"])),
    )
