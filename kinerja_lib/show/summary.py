"""The summary of a report on the page: four panels and the sentence over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kinerja_lib.language import _
from kinerja_lib.panels import Panel
from kinerja_lib.show.blocks import LeftOut, Panels, Paragraph, Runs, compose, lower_first
from kinerja_lib.show.figures import short_period
from kinerja_lib.show.numbers import MISSING, SMALL, count, interval, number, percent


def say_summary(panels: Sequence[Panel]) -> Paragraph | LeftOut:
    """Return which panels changed clearly, which did not, as one sentence.

    A change counts as clear where its interval leaves zero out; without an interval it is told as it is.
    """
    if not panels:
        return LeftOut(_("tidak ada ukuran yang dapat diringkas"))
    clear = [panel for panel in panels if _is_clear(panel)]
    parts: list[Runs] = []
    for panel in clear:
        word = _("naik") if _change(panel) > 0 else _("turun")
        size = number(abs(_change(panel)), panel.decimals)
        name = panel.title if not parts else lower_first(panel.title)
        parts.append(compose("{name} {word} {size} {unit}", name=name, word=word, size=size, unit=panel.change_unit))
    known = [panel for panel in panels if panel.change is not None]
    if not parts:
        text = (
            _("Tidak ada ukuran yang jelas naik atau turun.")
            if known
            else _("Perubahan belum dapat dibaca; tiap panel menyebut alasannya.")
        )
        return Paragraph(compose(text), role="lead")
    runs: Runs = ()
    for index, part in enumerate(parts):
        runs = (*runs, *part, {"text": "; " if index < len(parts) - 1 else "."})
    rest = len(known) - len(clear)
    if rest:
        runs = (*runs, *compose(_(" {rest} ukuran lain tidak jelas berubah."), rest=count(rest)))
    return Paragraph(runs, role="lead")


def _change(panel: Panel) -> float:
    return panel.change if panel.change is not None else 0.0


def _is_clear(panel: Panel) -> bool:
    if panel.change is None or round(panel.change, panel.decimals) == 0:
        return False
    if panel.change_low is None or panel.change_high is None:
        return panel.conf_low is None
    return panel.change_low > 0 or panel.change_high < 0


def show_panels(panels: Sequence[Panel]) -> Panels | LeftOut:
    """Return the panels as a block: number, strip, change, interval, n, and what is not shown and why.

    Parameters
    ----------
    panels : sequence of Panel
        From `build_panels`.

    Returns
    -------
    Panels or LeftOut
    """
    if not panels:
        return LeftOut(_("tidak ada ukuran yang dapat diringkas"))
    note = _(
        "Selang 95 % adalah selang kepercayaan: rentang nilai yang masih wajar untuk angka itu. "
        "Garis tegak: pembanding."
    )
    return Panels(tuple(_panel(panel) for panel in panels), compose(note))


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "title": panel.title,
        "measure": panel.measure if panel.measure != panel.title else "",
        "number": _big(panel),
        "unit": panel.unit if panel.value is not None else (_("orang") if panel.hidden else ""),
        "strip": _strip(panel),
        "change": _change_text(panel),
        "change_detail": _change_detail(panel),
        "interval": _("Selang 95 %: {interval}").format(interval=interval(panel.conf_low, panel.conf_high)),
        "n": _n_text(panel),
        "reason": " ".join(panel.reasons),
    }


def _big(panel: Panel) -> str:
    if panel.value is not None:
        return number(panel.value, panel.decimals).text
    return SMALL if panel.hidden else MISSING


def _n_text(panel: Panel) -> str:
    if panel.n is not None:
        return f"n = {count(panel.n)} {panel.n_label}".rstrip()
    if panel.response_rate is not None:
        return _("tingkat respons {rate}").format(rate=percent(panel.response_rate))
    return f"n = {MISSING}"


def _change_text(panel: Panel) -> str:
    if panel.change is None:
        return ""
    size = number(abs(panel.change), panel.decimals)
    if size.text == number(0.0, panel.decimals).text:
        return _("tetap")
    word = _("naik") if panel.change > 0 else _("turun")
    return f"{word} {size} {panel.change_unit}".rstrip()


def _change_detail(panel: Panel) -> str:
    if panel.change is None or panel.since is None:
        return ""
    since = short_period(str(panel.since))
    ends = interval(panel.change_low, panel.change_high)
    if ends.value is None:
        return _("sejak {since}").format(since=since)
    return _("({interval}) sejak {since}").format(interval=ends, since=since)


def _strip(panel: Panel) -> dict[str, Any] | None:
    """Return where value, interval and reference lie on the strip, in per cent of its length."""
    if panel.value is None or panel.low is None or panel.high is None or panel.high <= panel.low:
        return None
    low, width = panel.low, panel.high - panel.low

    def place(value: float) -> float:
        return round(min(max((value - low) / width, 0.0), 1.0) * 100, 2)

    known = panel.conf_low is not None and panel.conf_high is not None
    start = place(panel.conf_low) if panel.conf_low is not None and known else None
    stop = place(panel.conf_high) if panel.conf_high is not None and known else None
    reference = "" if panel.since is None else short_period(str(panel.since))
    return {
        "low": _end(panel.low),
        "high": _end(panel.high),
        "at": place(panel.value),
        "from": start,
        "width": None if start is None or stop is None else round(stop - start, 2),
        "reference_at": None if panel.reference is None else place(panel.reference),
        "reference": "" if panel.reference is None else (reference or panel.reference_label),
        "alt": _("{number} pada skala {low} sampai {high}").format(
            number=number(panel.value, panel.decimals), low=_end(panel.low), high=_end(panel.high)
        ),
    }


def _end(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 1).text
