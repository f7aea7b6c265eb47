"""The card on the page: four panels for one programme, how many claims hold, several programmes as cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
    keep_together,
)
from kinerja_lib.show.numbers import MISSING, count, number
from kinerja_lib.show.verdict import (
    SHORT_DESIGNS,
    VERDICTS,
    decimals_in,
    ends_of,
    find_headline,
    is_ratio,
    name_theme,
    number_of,
    size_of,
)
from kinerja_lib.studies import Card, Study
from kinerja_lib.studies.result import CANNOT_SAY, CONTRADICTED, SUPPORTED

THOUSAND = 1000
TITLES = {
    "value": mark("Kinerja"),
    "cost": mark("Pengeluaran"),
    "retention": mark("Retensi"),
    "climate": mark("Iklim kerja"),
}
COUNTED = {  # what n counts
    "value": mark("penilaian"),
    "cost": mark("unit-periode"),
    "retention": mark("pegawai"),
    "climate": mark("jawaban"),
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
        return LeftOut(_("tidak ada program yang dapat ditelaah"), _("Empat hasil"))
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
    ratio = row is not None and is_ratio(study, row)
    ends = "" if row is None else _("Selang 95 %: {interval}").format(interval=ends_of(row, ratio=ratio))
    size, unit = (MISSING, "") if row is None else _short(study, row)
    return {
        "title": _(TITLES[name]),
        "measure": _("{claim}; satuan: {unit}").format(claim=_(CLAIMS[name]), unit=_unit(study, row)),
        "number": size,
        "unit": unit,
        "strip": None if row is None else _strip(study, row),
        "change": _(VERDICTS[study.verdict]),
        "change_detail": "",
        "interval": ends,
        "n": f"n = {MISSING}" if row is None else f"n = {count(row.n)} {_(COUNTED[name])}",
        "reason": " ".join(study.reasons),
    }


def _strip(study: Study, row: Any) -> dict[str, Any] | None:
    """Return where estimate, interval and zero lie on a strip with zero in its middle, in per cent of its length."""
    ends = (row.conf_low, row.conf_high)
    if any(pd.isna(end) for end in ends):
        return None
    reach = 1.1 * max(abs(end) for end in ends)

    def place(value: float) -> float:
        return float(round(50 + 50 * value / reach, 2))

    def words(value: float) -> str:
        if is_ratio(study, row):
            return number(math.exp(value), 1).text
        money = study.name == "cost" and reach >= THOUSAND
        return number(value / THOUSAND if money else value, 0 if money else 1, signed=True).text

    low, high = place(ends[0]), place(ends[1])
    still = "1" if is_ratio(study, row) else "0"
    return {
        "low": words(-reach),
        "high": words(reach),
        "at": place(row.estimate),
        "from": low,
        "width": round(high - low, 2),
        "reference_at": 50.0,
        "reference": still,
        "alt": _("{number}, selang {interval}; garis tegak: {still}").format(
            number=_short(study, row)[0], interval=ends_of(row, ratio=is_ratio(study, row)), still=still
        ),
    }


def _unit(study: Study, row: Any | None) -> str:
    if row is None:
        return MISSING
    return _("kali laju keluar pembanding") if is_ratio(study, row) else str(row.unit)


def _short(study: Study, row: Any) -> tuple[str, str]:
    """Return an estimate as one big number and the short word after it; money in thousands."""
    if is_ratio(study, row):
        return number(math.exp(row.estimate), 2).text, _("kali")
    if study.name == "cost" and abs(row.estimate) >= THOUSAND:
        return number(row.estimate / THOUSAND, 0, signed=True).text, _("ribu")
    return number(row.estimate, decimals_in(row), signed=True).text, ""


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
        TableColumn("claim", _("Klaim, dan satuannya")),
        TableColumn("effect", _("taksiran (selang 95 %)")),
        TableColumn("n", _("n")),
        TableColumn("naive", _("jawaban naif")),
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
    naive = next(study.table[study.table["naive"].astype(bool)].itertuples(), None)
    claim = f"{_(CLAIMS[name])} ({_unit(study, row)})"
    judged = {
        "design": _(SHORT_DESIGNS[study.design]) if study.design else MISSING,
        "verdict": _(VERDICTS[study.verdict]),
    }
    if row is None:
        return {"claim": _(CLAIMS[name]), "effect": MISSING, "n": MISSING, "naive": MISSING, **judged}
    other = naive is not None and naive.unit != row.unit
    shown = MISSING if naive is None else _with_ends(study, naive) + (f" {naive.unit}" if other else "")
    return {
        "claim": claim,
        "effect": _with_ends(study, row),
        "n": f"{count(row.n)} {_(COUNTED[name])}",
        "naive": shown,
        **judged,
    }


def _with_ends(study: Study, row: Any) -> str:
    """Return an estimate without its unit, with its interval."""
    return f"{number_of(study, row)} ({ends_of(row, ratio=is_ratio(study, row))})"


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
    units = {name: _common_unit([card.studies[name] for card in shown]) for name in TITLES}
    heads = {name: f"{_(title)} ({units[name]})" if units[name] else _(title) for name, title in TITLES.items()}
    columns = [TableColumn("programme", _("Program")), *(TableColumn(name, head) for name, head in heads.items())]
    columns.append(TableColumn("holds", _("klaim didukung"), "count"))
    frame = pd.DataFrame([_case(card, units) for card in shown])
    note = _("Tiap program adalah satu kasus; angkanya tidak digabungkan dan tidak diperingkatkan.")
    return build_table(frame, columns, id=id, title=_("Program sebagai kasus"), notes=(compose(note),))


def _common_unit(studies: Sequence[Study]) -> str:
    """Return the unit of the first headline of these; empty where none has one."""
    return next((_unit(study, row) for study in studies if (row := find_headline(study)) is not None), "")


def _case(card: Card, units: Mapping[str, str]) -> dict[str, object]:
    cells: dict[str, object] = {"programme": name_theme(next(iter(card.studies.values())))}
    for name, study in card.studies.items():
        row = find_headline(study)
        words = _(VERDICTS[study.verdict])
        if row is not None:
            size = number_of(study, row) if _unit(study, row) == units[name] else size_of(study, row)
            ends = ends_of(row, ratio=is_ratio(study, row))
            words = keep_together(f"{words}: {size} ({ends}; n = {count(row.n)})")
        cells[name] = words
    return cells | {"holds": card.holds}


def say_card_limits(card: Card) -> ItemList | LeftOut:
    """Return what cannot be said of this programme, an item an outcome, with every reason."""
    items = []
    for name, study in card.studies.items():
        if study.verdict == CANNOT_SAY:
            reasons = " ".join(study.reasons)
            items.append(compose("**{title}.** {reasons}", title=_(TITLES[name]), reasons=reasons))
    if not items:
        return LeftOut(_("keempat hasil dapat diputuskan"))
    return ItemList(tuple(items))
