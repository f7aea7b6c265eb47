"""Units side by side on the page: the funnel, the table of units, the table of indicators. Never a ranking."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinerja_lib.errors import list_values
from kinerja_lib.language import _
from kinerja_lib.measures import Measure
from kinerja_lib.peers import Funnel, funnel_limits
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    Figure,
    LeftOut,
    Note,
    Table,
    TableColumn,
    build_table,
    compose,
    lower_first,
    tidy_rows,
)
from kinerja_lib.show.canvas import NARROW, WIDE
from kinerja_lib.show.figures import make_ticker, quantity
from kinerja_lib.show.forms import FunnelLines, FunnelPoint, draw_funnel
from kinerja_lib.show.numbers import MISSING, SMALL, Bound, count, interval, number
from kinerja_lib.vocabulary import UNITS

STEPS = 60  # points along each limit of a funnel
INDICATORS = 12  # indicators shown in the section on achievement; the appendix has all
ROWS = 40  # units that a table on a page shows at most


def plot_funnel(funnel: Funnel | None, scope: Scope, *, id: str = "corong") -> Figure | LeftOut:
    """Return the unit among its peers: value against size, within 95 and 99.8 per cent limits.

    Parameters
    ----------
    funnel : Funnel or None
        From `build_funnel`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where there are too few units to compare.
    """
    if funnel is None:
        return LeftOut(_("kurang dari tiga unit dapat dibandingkan"), _("Unit di antara sesamanya"))
    lines = _lines(funnel)
    points = [
        FunnelPoint(float(row.n), float(row.value), not row.inside998, bool(row.highlighted))  # type: ignore[arg-type]
        for row in funnel.table.itertuples()
    ]
    drawings = [
        draw_funnel(
            points,
            lines,
            highlight=_highlight(funnel),
            outside=_outside(funnel),
            x_label=funnel.x_label,
            tick=make_ticker("" if funnel.measure.indikator else funnel.measure.unit),
            width=width,
        )
        for width in (WIDE, NARROW)
    ]
    total = f", n = {count(int(funnel.table['n'].sum()))}" if not funnel.measure.indikator else ""
    return Figure(
        id=id,
        title=_title(funnel),
        subtitle=_("{measure} menurut {size}, {period}").format(
            measure=_value_name(funnel), size=lower_first(funnel.x_label), period=scope.period.label
        )
        + total,
        caption=_("{n} unit dalam diagram corong.").format(n=len(funnel.table)),
        alt=_alt(funnel),
        svg=drawings[0],
        svg_narrow=drawings[1],
        source=_("data instansi, diolah."),
        data=tidy_rows(funnel.table),
    )


def _value_name(funnel: Funnel) -> str:
    if funnel.measure.indikator:
        return _("{label}, rata-rata selisih dari median").format(label=funnel.measure.label)
    return funnel.measure.label


def _value(funnel: Funnel, value: float) -> Bound:
    if funnel.measure.indikator:
        shown = number(value, 1, signed=True)
        return Bound(_("{value} poin").format(value=shown), shown.value)
    return quantity(value, funnel.measure.unit)


def _lines(funnel: Funnel) -> FunnelLines:
    sizes = funnel.table["n"].astype("float64")
    grid = np.linspace(max(float(sizes.min()) * 0.9, 1.0), float(sizes.max()) * 1.06, STEPS)
    limits = funnel_limits(grid, centre=funnel.centre, sd=funnel.sd, tau=funnel.tau, is_share=funnel.is_share)
    middle = number(funnel.centre, 1, signed=True) if funnel.measure.indikator else _value(funnel, funnel.centre)
    centre = _("rata-rata {value}").format(value=middle)
    return FunnelLines(
        tuple(grid),
        tuple(limits["low95"]),
        tuple(limits["high95"]),
        tuple(limits["low998"]),
        tuple(limits["high998"]),
        funnel.centre,
        (_("batas 99,8 %"), _("batas 95 %"), centre),
    )


def _highlight(funnel: Funnel) -> tuple[str, str]:
    rows = funnel.table[funnel.table["highlighted"]]
    if rows.empty:
        return "", ""
    row = rows.iloc[0]
    size = _("{n} periode") if funnel.measure.indikator else _("{n} pegawai")
    return str(row["nama"]), f"{_value(funnel, float(row['value']))}, {size.format(n=count(int(row['n'])))}"


def _outside(funnel: Funnel) -> str:
    outside = int((~funnel.table["inside998"]).sum())
    return _("{n} unit di luar batas 99,8 %").format(n=outside) if outside else ""


def _title(funnel: Funnel) -> str:
    rows = funnel.table[funnel.table["highlighted"]]
    n = count(len(funnel.table))
    if rows.empty:
        outside = int((~funnel.table["inside998"]).sum())
        if outside == 0:
            return _("Semua dari {n} unit berada di dalam batas 99,8 %").format(n=n)
        return _("{k} dari {n} unit berada di luar batas 99,8 %").format(k=outside, n=n)
    row = rows.iloc[0]
    if row["inside95"]:
        return _("Unit ini di dalam batas 95 % di antara {n} unit").format(n=n)
    above = row["value"] > funnel.centre
    if row["inside998"]:
        text = (
            _("Unit ini di atas batas 95 % di antara {n} unit")
            if above
            else _("Unit ini di bawah batas 95 % di antara {n} unit")
        )
        return text.format(n=n)
    text = (
        _("Unit ini di atas batas 99,8 % di antara {n} unit")
        if above
        else _("Unit ini di bawah batas 99,8 % di antara {n} unit")
    )
    return text.format(n=n)


def _alt(funnel: Funnel) -> str:
    name, values = _highlight(funnel)
    text = _(
        "Diagram corong {n} unit; pusat {centre}; di luar batas 95 %: {k95}; di luar batas 99,8 %: {k998}."
    ).format(
        n=len(funnel.table),
        centre=_value(funnel, funnel.centre),
        k95=int((~funnel.table["inside95"]).sum()),
        k998=int((~funnel.table["inside998"]).sum()),
    )
    return f"{text} {name}: {values}." if name else text


def note_funnel(funnel: Funnel | None) -> Note | None:
    """Return how to read the funnel, and that it is no ranking."""
    if funnel is None:
        return None
    paragraphs = [
        compose(_("**Cara membaca.** {note}"), note=funnel.note),
        compose(_("**Bukan peringkat.** Titik di dalam batas 95 % belum menunjukkan perbedaan dari rata-rata.")),
    ]
    if funnel.hidden:
        text = _(
            "{n} unit tidak digambar, karena di bawah {k} pegawai atau agar yang kecil tidak dapat dihitung balik."
        )
        paragraphs.append(compose(text, n=count(funnel.hidden), k=count(MIN_GROUP)))
    return Note(tuple(paragraphs))


def table_units(
    units: pd.DataFrame | None, scope: Scope, measure: Measure | None, *, id: str = "unit"
) -> Table | LeftOut:
    """Return the units of the agency in the order of the file, each with n and intervals.

    Parameters
    ----------
    units : DataFrame or None
        From `build_units`.
    scope : Scope
        What the report is about.
    measure : Measure or None
        From `performance_measure`.
    id : str
        Name for references.

    Returns
    -------
    Table or LeftOut
        At most `ROWS` units; a note says how many more there are.
    """
    if units is None or measure is None:
        return LeftOut(_("tidak ada penilaian pegawai"), _("Unit berdampingan"))
    shown = units.head(ROWS)
    frame = pd.DataFrame(
        {
            "nama": shown["nama"],
            "n": shown["n"],
            "value": shown["value"],
            "value_interval": [interval(a, b).text for a, b in zip(shown["conf_low"], shown["conf_high"], strict=True)],
            "coached": shown["coached"],
            "coached_interval": [
                interval(a, b, 0).text for a, b in zip(shown["coached_low"], shown["coached_high"], strict=True)
            ],
            "jp": shown["jp"],
            "jp_interval": [interval(a, b).text for a, b in zip(shown["jp_low"], shown["jp_high"], strict=True)],
        }
    )
    cover = pd.DataFrame({"n": [SMALL if hidden else np.nan for hidden in shown["hidden"]]}, dtype="object")
    columns = (
        TableColumn("nama", _("Unit")),
        TableColumn("n", _("n"), "count"),
        TableColumn("value", measure.unit or _("nilai"), "number", 1),
        TableColumn("value_interval", _("selang 95 %"), "words"),
        TableColumn("coached", "%", "number", 0),
        TableColumn("coached_interval", _("selang 95 %"), "words"),
        TableColumn("jp", _("JP"), "number", 1),
        TableColumn("jp_interval", _("selang 95 %"), "words"),
    )
    spanners = (
        {"label": "", "span": 2},
        {"label": measure.label, "span": 2},
        {"label": _("Coaching atau mentoring"), "span": 2},
        {"label": _("JP rata-rata"), "span": 2},
    )
    notes = [
        compose(
            _("Urutan menurut berkas, bukan peringkat. Unit di bawah {k} pegawai tidak dirinci."), k=count(MIN_GROUP)
        )
    ]
    if len(units) > ROWS:
        notes.append(compose(_("{n} unit lain tidak dimuat di sini."), n=count(len(units) - ROWS)))
    title = _("Unit berdampingan, {period}").format(period=scope.period.label)
    return build_table(frame, columns, id=id, title=title, hidden=cover, spanners=spanners, notes=notes)


def keep_unit(unit: str) -> str:
    """Return a unit of measure in the language in use, not to be broken over two lines."""
    return _(UNITS.get(unit, unit)).replace(" ", "\u00a0").replace("-", "\u2011")


def table_indicators(
    indicators: pd.DataFrame | None, scope: Scope, *, id: str = "indikator", appendix: bool = False
) -> Table | LeftOut | None:
    """Return the indicators of the scope: value, change with the reason where there is none, median of all units.

    Parameters
    ----------
    indicators : DataFrame or None
        From `build_indicators`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    appendix : bool
        Whether all rows are shown; else the first `INDICATORS`, with a note on the rest.

    Returns
    -------
    Table, LeftOut or None
        None for an appendix that would only repeat the section.
    """
    if indicators is None:
        return LeftOut(_("tabel indikator_unit tidak ada"), _("Indikator unit"))
    rest = len(indicators) - INDICATORS
    if appendix and rest <= 0:
        return None
    indicators = indicators if appendix else indicators.head(INDICATORS)
    decimals = int(indicators["decimals"].max())
    known = bool(indicators["change"].notna().any())
    change = [
        number(value, decimals, signed=True).text if pd.notna(value) else (str(reason) if known else MISSING)
        for value, reason in zip(indicators["change"], indicators["reason"], strict=True)
    ]
    units = [keep_unit(unit) for unit in indicators["satuan"].fillna("")]
    frame = indicators.assign(change_text=change, satuan=units)
    cover = pd.DataFrame({"value": [SMALL if hidden else np.nan for hidden in indicators["hidden"]]}, dtype="object")
    columns = (
        TableColumn("label", _("Indikator")),
        TableColumn("satuan", _("Satuan"), "text"),
        TableColumn("value", _("Nilai"), "number", decimals),
        TableColumn("change_text", _("Perubahan sejak {since}").format(since=scope.period.shift(-1).label), "words"),
        TableColumn("median", _("Median"), "number", decimals),
        TableColumn("median_units", _("Jumlah unit"), "count"),
    )
    title = _("Indikator, {period}").format(period=scope.period.label)
    notes = [compose(_("Median: nilai tengah semua unit yang mempunyai indikator itu pada periode yang sama."))]
    if not known:
        reasons = list_values(dict.fromkeys(indicators["reason"]))
        notes.append(compose(_("Perubahan tidak ditampilkan: {reasons}."), reasons=reasons))
    if rest > 0 and not appendix:
        notes.append(compose(_("{n} indikator lain ada pada Lampiran."), n=count(rest)))
    return build_table(frame, columns, id=id, title=title, hidden=cover, notes=notes)
