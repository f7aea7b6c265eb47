"""What a programme's cost bought, on the page: unit cost, what went with it, cost of a result, scenarios.

Unit cost at constant output, never a budget that was saved. Each block is left out where the study has nothing of the
kind, or where the plan names no price.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.show.blocks import (
    Figure,
    LeftOut,
    Paragraph,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
    lower_first,
)
from kinerja_lib.show.canvas import span
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots
from kinerja_lib.show.numbers import Bound, count, interval, number, percent, rupiah
from kinerja_lib.show.result_parts import Words, build_figure, find_decimals, tick_of
from kinerja_lib.show.verdict import name_theme
from kinerja_lib.studies.result import Study
from kinerja_lib.vocabulary import Period

HUNDRED, MILLION = 100, 1e6
AVOIDED = {  # table of `detail`, term -> what a reader calls it
    ("absence", "days"): mark("Lebih sedikit hari tidak hadir, tiap kegiatan"),
    ("absence", "rupiah"): mark("Hari itu dalam rupiah, tiap kegiatan"),
    ("replacement", "exits"): mark("Lebih sedikit yang keluar atas kemauan sendiri, tiap {hundred} kegiatan"),
    ("replacement", "rupiah"): mark("Biaya mengganti mereka, tiap kegiatan"),
}
ENDS = ("conf_low", "conf_high")


def say_price(study: Study) -> Paragraph | LeftOut:
    """Return what an event of the programme costs, and what a participant costs, each with its interval and n.

    Parameters
    ----------
    study : Study
        From `study_cost`.
    """
    price, whole = study.detail.get("price"), study.detail.get("participant")
    if price is None:
        return LeftOut(_("harga kegiatan tidak dapat ditaksir"), _("Biaya satuan"))
    text = (
        _("Satu kegiatan {programme} ditaksir berharga {price} (selang 95 %: {ends}; n = {n} unit dan periode).")
        if price["estimate"] > 0
        else _(
            "Belanja unit tidak terlihat naik bersama {programme}: {price} tiap kegiatan (selang 95 %: {ends}; n = {n} "
            "unit dan periode)."
        )
    )
    values = {"price": rupiah(price["estimate"]), "ends": _money_ends(price), "n": count(price["n"])}
    said = compose(text, programme=name_theme(study), **values)
    if whole is None or price["estimate"] <= 0:
        return Paragraph(said)
    text = _(
        " Dengan kegiatan sebanyak yang diikutinya, biaya seorang peserta ditaksir {cost} (selang 95 %: {ends}; "
        "n = {n} peserta)."
    )
    values = {"cost": rupiah(whole["estimate"]), "ends": _money_ends(whole), "n": count(whole["n"])}
    return Paragraph((*said, *compose(text, **values)))


def _money_ends(row: Any) -> Bound:
    low, high = (row[name] for name in ENDS)
    if not math.isfinite(low) or not math.isfinite(high):
        return Bound(_("tanpa batas"), None)
    return Bound(_("{low} sampai {high}").format(low=rupiah(low), high=rupiah(high)), f"{low} {high}")


def table_unit_cost(study: Study, *, id: str = "biaya-satuan") -> Table | LeftOut:
    """Return unit costs: an event and a participant of the programme, then a participant and a JP of all development.

    Parameters
    ----------
    study : Study
        From `study_cost`.
    id : str
        Name for references.
    """
    price, whole, all_kinds = (study.detail.get(name) for name in ("price", "participant", "unit_cost"))
    if price is None:
        return LeftOut(_("harga kegiatan tidak dapat ditaksir"), _("Biaya satuan"))
    theme = name_theme(study)
    cells = [_cost_cells(_("Satu kegiatan {programme}").format(programme=theme), price, _("unit-periode"))]
    if whole is not None:
        name = _("Satu peserta {programme}, semua kegiatannya").format(programme=theme)
        cells.append(_cost_cells(name, whole, _("peserta")))
    notes = [compose(_("Harga kegiatan ditaksir dari perubahan belanja unit; dengan harga itu peserta dihitung."))]
    shown = [] if all_kinds is None else each_row(all_kinds[~all_kinds["hidden"].astype(bool)])
    if shown:
        cells += [_full_cells(row) for row in shown]
        text = _(
            "Semua pembinaan: seluruh instansi pada {period}, tanpa konseling. Hitungan penuh: jumlah semua catatan, "
            "bukan contoh, jadi tanpa selang."
        )
        notes.append(compose(text, period=Period.parse(str(shown[0].periode)).label))
    columns = _columns(_("Ukuran"))
    return build_table(pd.DataFrame(cells), columns, id=id, title=_("Biaya satuan"), notes=notes)


def _columns(first: str) -> tuple[TableColumn, ...]:
    return (
        TableColumn("name", first),
        TableColumn("size", _("Besarnya"), "words"),
        TableColumn("ends", _("Selang 95 %"), "words"),
        TableColumn("n", _("n"), "words"),
    )


def _cost_cells(name: str, row: Any, counted: str) -> dict[str, str]:
    n = f"{count(row['n'])} {counted}"
    return {"name": name, "size": rupiah(row["estimate"]).text, "ends": _money_ends(row).text, "n": n}


def _full_cells(row: Any) -> dict[str, str]:
    """Return a row of unit cost of all development; only a mean over people has an interval."""
    ends = _("hitungan penuh") if pd.isna(row.conf_low) else _money_ends(row._asdict()).text
    size = percent(row.value) if row.key == "nonclassical" else rupiah(row.value)
    name = _("Semua pembinaan: {what} (tabel {source})").format(what=lower_first(row.label), source=row.source)
    return {"name": name, "size": size.text, "ends": ends, "n": f"{count(row.n)} {_('peserta')}"}


def table_avoided(study: Study, *, id: str = "berkurang") -> Table | LeftOut:
    """Return by how much absence and exits are fewer with each event than in comparison units, and at what price.

    Parameters
    ----------
    study : Study
        From `study_cost`.
    id : str
        Name for references.
    """
    cells = []
    for (table, term), words in AVOIDED.items():
        name = _(words).format(hundred=count(HUNDRED))
        cells += [_avoided_cells(row, name) for row in _rows_of(study, table) if row.term == term]
    what = _("Ketidakhadiran dan pergantian pegawai")
    if not cells:
        return LeftOut(_("data tidak memuat ketidakhadiran unit atau keluarnya pegawai yang berubah"), what)
    notes = [
        compose(_("Angka di bawah nol berarti lebih banyak. Unit dan periode disamakan; n: unit dan periode.")),
        compose(_("Waktu dan jabatan yang terisi bukan anggaran yang kembali.")),
    ]
    if not {"rupiah"} & {row.term for name in ("absence", "replacement") for row in _rows_of(study, name)}:
        text = _(
            "Tanpa rupiah: rencana tidak menyebut harga sehari (daily_cost) dan sebuah jabatan (replacement_cost)."
        )
        notes.append(compose(text))
    title = _("{what}, dibandingkan dengan unit lain").format(what=what)
    return build_table(pd.DataFrame(cells), _columns(_("Ukuran")), id=id, title=title, notes=notes)


def _rows_of(study: Study, name: str) -> list[Any]:
    found = study.detail.get(name)
    return [] if found is None else each_row(found)


def _avoided_cells(row: Any, name: str) -> dict[str, str]:
    if row.term == "rupiah":
        size, ends = rupiah(row.estimate), _money_ends(row._asdict())
    else:
        size = number(row.estimate, 2, signed=True)
        ends = interval(row.conf_low, row.conf_high, 2)
    return {"name": name, "size": size.text, "ends": ends.text, "n": count(row.n).text}


def table_effectiveness(study: Study, *, id: str = "biaya-hasil") -> Table | LeftOut:
    """Return cost and result side by side, and what one more result costs at three prices of an event.

    Parameters
    ----------
    study : Study
        From `study_cost`, with "effectiveness" and "effectiveness_range" in `detail`.
    id : str
        Name for references.
    """
    found, prices = study.detail.get("effectiveness"), study.detail.get("effectiveness_range")
    if not isinstance(found, Estimate) or prices is None or found.table["n"].min() < MIN_GROUP:
        text = _("peserta dan pembanding dengan biaya dan hasil terlalu sedikit, atau harga kegiatan tidak di atas nol")
        return LeftOut(text, _("Biaya dan hasil"))
    rows = {row.term: row for row in each_row(found.table)}
    cost, effect = rows["cost_difference"], rows["effect_difference"]
    cells = [
        _row_cells(_("Selisih biaya seorang peserta"), cost),
        {
            "name": _("Selisih hasil: periode dengan predikat tertinggi, tiap peserta"),
            "size": number(effect.estimate, 2, signed=True).text,
            "ends": interval(effect.conf_low, effect.conf_high, 2).text,
            "n": count(effect.n).text,
        },
    ]
    more = prices[prices["term"] == "icer"] if effect.estimate > 0 else prices.iloc[:0]
    name = _("Biaya satu hasil lagi (ICER), bila kegiatan berharga {price}")
    cells += [_row_cells(name.format(price=rupiah(row.price)), row) for row in each_row(more.sort_values("price"))]
    notes = [
        compose(_("Biaya dan hasil ditarik ulang bersama menurut unit; selang ICER menganggap harganya pasti.")),
        compose(_("Tanpa undian. ICER hanya berarti bila kajian kinerja mendukung selisih hasil itu.")),
    ]
    if more.empty:
        notes.append(compose(_("ICER tidak dihitung: hasil peserta tidak lebih tinggi daripada pembandingnya.")))
    elif not more[list(ENDS)].map(math.isfinite).all(axis=None):
        notes.append(compose(_("Tanpa batas: selisih hasilnya dapat nol, sehingga biaya tiap hasil dapat tak hingga.")))
    title = _("Biaya dan hasil peserta dibandingkan dengan yang tidak pernah ikut")
    return build_table(pd.DataFrame(cells), _columns(_("Ukuran")), id=id, title=title, notes=notes)


def _row_cells(name: str, row: Any) -> dict[str, str]:
    return {
        "name": name,
        "size": rupiah(row.estimate).text,
        "ends": _money_ends(row._asdict()).text,
        "n": count(row.n).text,
    }


def _no_worth() -> str:
    return _("rencana tidak menyebut berapa rupiah satu hasil lagi layak dibayar (effect_worth)")


def plot_net_benefit(study: Study, *, id: str = "manfaat-bersih") -> Figure | LeftOut:
    """Return the net benefit of a participant for each worth of a result and each price of an event, with intervals.

    Parameters
    ----------
    study : Study
        From `study_cost` with a plan that names `effect_worth`.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where the plan names no worth, or there is no effect.
    """
    prices = study.detail.get("effectiveness_range")
    rows = [] if prices is None else each_row(prices[prices["term"] == "net_benefit"].sort_values("price"))
    if not rows or rows[0].n < MIN_GROUP:
        return LeftOut(_no_worth(), _("Manfaat bersih"))
    rows = sorted(rows, key=lambda row: (float(row.group), row.price))
    unit = MILLION if max(abs(row.estimate) for row in rows) >= MILLION else 1.0
    values = [getattr(row, name) / unit for row in rows for name in ("estimate", *ENDS)]
    decimals = find_decimals(values)
    low, high = span(values, include=[0.0])
    what = _("juta rupiah tiap peserta") if unit == MILLION else _("rupiah tiap peserta")
    facet = Facet("", what, low, high, tick_of(low, high), (0.0, _("0 = impas")))
    dots = [
        _net_dot(row, unit, decimals, gap=at > 0 and row.group != rows[at - 1].group) for at, row in enumerate(rows)
    ]
    above = sum(row.conf_low > 0 for row in rows)
    return build_figure(
        Words(id, "", {}, ""),
        _("Manfaat bersih jelas di atas nol pada {above} dari {all} skenario").format(
            above=count(above), all=count(len(rows))
        ),
        subtitle=_("nilai hasil dikurangi biaya, {unit}, selang 95 %, n = {n}").format(unit=what, n=count(rows[0].n)),
        caption=_(
            "Skenario, bukan penghematan. Di kiri: nilai satu hasil menurut rencana; di bawahnya harga satu kegiatan."
        ),
        alt=[f"{_scenario(row)}: {_net_words(row)}" for row in rows],
        draw=lambda width: draw_dots(dots, [facet], n_head="", width=width),
        data=pd.DataFrame([row._asdict() for row in rows]).drop(columns="Index"),
    )


def _scenario(row: Any) -> str:
    text = _("hasil bernilai {worth}, kegiatan {price}")
    return text.format(worth=rupiah(float(row.group)), price=rupiah(row.price))


def _net_words(row: Any) -> str:
    return f"{rupiah(row.estimate)} ({_money_ends(row._asdict())}; n = {count(row.n)})"


def _net_dot(row: Any, unit: float, decimals: int, *, gap: bool) -> DotRow:
    value, low, high = (getattr(row, name) / unit for name in ("estimate", *ENDS))
    cell = Cell(number(value, decimals, signed=True).text, value, low, high)
    under = _("kegiatan {price}").format(price=rupiah(row.price))
    return DotRow(rupiah(float(row.group)).text, (cell,), under=under, gap=gap)


def table_roi(study: Study, *, id: str = "roi") -> Table | LeftOut:
    """Return the return on cost as a range of scenarios: a row a worth of a result, a column a price of an event.

    Parameters
    ----------
    study : Study
        From `study_cost` with a plan that names `effect_worth`.
    id : str
        Name for references.
    """
    found = study.detail.get("roi")
    if found is None or found["n"].min() < MIN_GROUP:
        return LeftOut(_no_worth(), _("ROI menurut skenario"))
    prices = sorted(found["price"].unique())
    cells = []
    for worth, part in found.groupby("worth"):
        shown = {
            row.price: f"{percent(row.estimate)} ({interval(row.conf_low, row.conf_high, 0)})" for row in each_row(part)
        }
        columns = {f"price_{at}": shown.get(price) for at, price in enumerate(prices)}
        cells.append({"name": rupiah(float(str(worth))).text, **columns})
    heads = [_("Kegiatan {price} (selang 95 %)").format(price=rupiah(price)) for price in prices]
    columns_ = (
        TableColumn("name", _("Nilai satu hasil"), "words"),
        *(TableColumn(f"price_{at}", head, "words") for at, head in enumerate(heads)),
    )
    notes = [
        compose(_("ROI = (nilai hasil − biaya) / biaya. Rentang skenario, bukan ramalan, dan bukan penghematan.")),
        compose(_("Nilai satu hasil berasal dari rencana; selang hanya memuat ketidakpastian hasil, bukan nilainya.")),
    ]
    title = _("ROI menurut skenario (n = {n})").format(n=count(found["n"].iloc[0]))
    return build_table(pd.DataFrame(cells), columns_, id=id, title=title, notes=notes)
