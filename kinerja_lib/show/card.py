"""The card on the page: four panels for one programme, how many of the four claims hold, several programmes as cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.show.blocks import (
    ItemList,
    LeftOut,
    Panels,
    Paragraph,
    Runs,
    Table,
    TableColumn,
    build_table,
    compose,
    lower_first,
)
from kinerja_lib.show.numbers import MISSING, count
from kinerja_lib.show.verdict import (
    DESIGNS,
    VERDICTS,
    ends_of,
    find_headline,
    is_clear,
    is_ratio,
    name_theme,
    say_size,
    size_of,
)
from kinerja_lib.studies import Card, Study
from kinerja_lib.studies.result import CANNOT_SAY, CONTRADICTED, SUPPORTED

TITLES = {
    "value": mark("Kinerja"),
    "cost": mark("Pengeluaran"),
    "retention": mark("Retensi"),
    "climate": mark("Iklim kerja"),
}
CLAIMS = {
    "value": mark("kinerja lebih tinggi"),
    "cost": mark("biaya satuan lebih rendah"),
    "retention": mark("pegawai lebih bertahan"),
    "climate": mark("iklim kerja lebih baik"),
}


def say_card(card: Card) -> Paragraph | LeftOut:
    """Return how many of the four claims hold, which, and what speaks against one.

    Parameters
    ----------
    card : Card
        From `study_card`.
    """
    if not card.programme:
        return LeftOut(_("tidak ada program yang dapat ditelaah"))
    theme = name_theme(next(iter(card.studies.values())))
    text = _("Untuk {theme}, {k} dari {n} klaim didukung data instansi ini")
    runs: Runs = compose(f"**{text}**", theme=theme, k=count(card.holds), n=count(len(card.studies)))
    for verdict, words in (
        (SUPPORTED, _(": {claims}")),
        (CONTRADICTED, _("; berlawanan dengan harapan: {claims}")),
        (CANNOT_SAY, _("; belum dapat dikatakan: {claims}")),
    ):
        names = [_(CLAIMS[name]) for name, study in card.studies.items() if study.verdict == verdict]
        if names:
            runs = (*runs, *compose(words, claims=", ".join(names)))
    return Paragraph((*runs, {"text": "."}), role="lead")


def show_card(card: Card) -> Panels | LeftOut:
    """Return the four panels: effect with interval and n, verdict, design, and the first reason; never one sum.

    Parameters
    ----------
    card : Card
        From `study_card`.
    """
    if not card.programme:
        return LeftOut(_("tidak ada program yang dapat ditelaah"))
    note = _(
        "Selang 95 % adalah selang kepercayaan: rentang nilai yang masih wajar untuk angka itu. Keempatnya tidak "
        "dijumlahkan: masing-masing klaim berdiri sendiri."
    )
    return Panels(tuple(_panel(name, study) for name, study in card.studies.items()), compose(note))


def _panel(name: str, study: Study) -> dict[str, Any]:
    row = find_headline(study)
    size = MISSING if row is None else size_of(study, row).text
    head, _space, unit = size.partition(" ")
    ratio = row is not None and is_ratio(study, row)
    ends = "" if row is None else _("Selang 95 %: {interval}").format(interval=ends_of(row, ratio=ratio))
    return {
        "title": _(TITLES[name]),
        "measure": _("klaim: {claim}").format(claim=_(CLAIMS[name])),
        "number": head,
        "unit": _("kali laju keluar pembanding") if ratio else unit,
        "strip": None,
        "change": _(VERDICTS[study.verdict]),
        "change_detail": "",
        "interval": ends,
        "n": f"n = {MISSING}" if row is None else f"n = {count(row.n)}",
        "reason": study.reasons[0] if study.reasons else "",
    }


def table_card(card: Card, *, id: str = "empat-hasil") -> Table | LeftOut:
    """Return the four outcomes as a table: effect, interval, n, the naive answer, design, verdict.

    Parameters
    ----------
    card : Card
        From `study_card`.
    id : str
        Name for references.
    """
    if not card.programme:
        return LeftOut(_("tidak ada program yang dapat ditelaah"))
    columns = [
        TableColumn("claim", _("Klaim")),
        TableColumn("effect", _("taksiran"), "words"),
        TableColumn("interval", _("selang 95 %"), "words"),
        TableColumn("n", _("n"), "count"),
        TableColumn("naive", _("jawaban naif"), "words"),
        TableColumn("design", _("rancangan")),
        TableColumn("verdict", _("putusan")),
    ]
    frame = pd.DataFrame([_row(name, study) for name, study in card.studies.items()])
    title = _("Empat hasil {theme}").format(theme=name_theme(next(iter(card.studies.values()))))
    notes = (
        compose(_("Putusan sesudah koreksi Holm untuk empat hasil yang diuji bersama.")),
        compose(
            _("Jawaban naif: tanpa pembanding yang layak, dalam satuan yang tertera; tidak dipakai untuk putusan.")
        ),
    )
    return build_table(frame, columns, id=id, title=title, notes=notes if card.plan.correction == "holm" else notes[1:])


def _row(name: str, study: Study) -> dict[str, object]:
    row = find_headline(study)
    naive = study.table[study.table["naive"].astype(bool)]
    first = next(naive.itertuples(), None)
    ratio = row is not None and is_ratio(study, row)
    return {
        "claim": _(CLAIMS[name]),
        "effect": MISSING if row is None else size_of(study, row).text,
        "interval": MISSING if row is None else ends_of(row, ratio=ratio).text,
        "n": None if row is None else row.n,
        "naive": MISSING if first is None else size_of(study, first).text,
        "design": _(DESIGNS.get(study.design, DESIGNS[""])),
        "verdict": _(VERDICTS[study.verdict]),
    }


def table_cards(cards: Sequence[Card], *, id: str = "program") -> Table | LeftOut:
    """Return several programmes side by side as cases: the verdict of each outcome, with the effect and its interval.

    Parameters
    ----------
    cards : sequence of Card
        From `study_cards`.
    id : str
        Name for references.
    """
    shown = [card for card in cards if card.programme]
    if not shown:
        return LeftOut(_("tidak ada program yang dapat ditelaah"))
    columns = [TableColumn("programme", _("Program")), *(TableColumn(name, _(TITLES[name])) for name in TITLES)]
    columns.append(TableColumn("holds", _("klaim didukung"), "count"))
    frame = pd.DataFrame([_case(card) for card in shown])
    note = _("Tiap program adalah satu kasus; angkanya tidak digabungkan dan tidak diperingkatkan.")
    return build_table(frame, columns, id=id, title=_("Program sebagai kasus"), notes=(compose(note),))


def _case(card: Card) -> dict[str, object]:
    cells: dict[str, object] = {"programme": name_theme(next(iter(card.studies.values())))}
    for name, study in card.studies.items():
        row = find_headline(study)
        words = _(VERDICTS[study.verdict])
        if row is not None:
            ratio = is_ratio(study, row)
            words = f"{words}: {size_of(study, row)} ({ends_of(row, ratio=ratio)}; n = {count(row.n)})"
        cells[name] = words
    return cells | {"holds": card.holds}


def list_unknown(card: Card) -> ItemList | LeftOut:
    """Return what cannot be said of this programme, an item an outcome, with every reason."""
    items = []
    for name, study in card.studies.items():
        if study.verdict == CANNOT_SAY:
            reasons = " ".join(study.reasons)
            items.append(compose("**{title}.** {reasons}", title=_(TITLES[name]), reasons=reasons))
    if not items:
        return LeftOut(_("keempat hasil dapat diputuskan"))
    return ItemList(tuple(items))


def say_clear(card: Card) -> Paragraph | LeftOut:
    """Return the estimates whose interval leaves zero out, whatever the verdict made of them."""
    runs: Runs = ()
    for name, study in card.studies.items():
        row = find_headline(study)
        if row is None or not is_clear(row):
            continue
        lead = compose("{title}: ", title=_(TITLES[name]) if not runs else lower_first(_(TITLES[name])))
        runs = (*runs, *lead, *say_size(study, row), {"text": "; "})
    return Paragraph((*runs[:-1], {"text": "."})) if runs else LeftOut(_("tidak ada selang yang menyingkirkan nol"))
