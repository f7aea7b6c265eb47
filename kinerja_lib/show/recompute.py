"""Printed results of another study beside what they give when computed again."""

from __future__ import annotations

import math

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.recompute import CHECKS
from kinerja_lib.recompute.printed import AGREE, DISAGREE, IMPOSSIBLE, UNKNOWN
from kinerja_lib.show.blocks import LeftOut, Table, TableColumn, build_table, compose, each_row
from kinerja_lib.show.numbers import MISSING, interval, number
from kinerja_lib.show.result_parts import find_decimals

VERDICTS = {
    AGREE: mark("cocok"),
    DISAGREE: mark("tidak cocok"),
    IMPOSSIBLE: mark("mustahil"),
    UNKNOWN: mark("tidak dapat diperiksa"),
}


def table_recompute(check: pd.DataFrame, *, title: str = "", id: str = "hitung-ulang") -> Table | LeftOut:
    """Return the checks of a study's printed numbers: printed, computed again, verdict, why.

    Parameters
    ----------
    check : DataFrame
        From `recompute_check`.
    title : str
        Whose numbers these are; empty = a general one.
    id : str
        Name for references.
    """
    if check.empty:
        return LeftOut(_("tidak ada angka tercetak yang diberikan"), _("Hitung ulang"))
    frame = pd.DataFrame(
        {
            "check": [_(CHECKS[str(name)]) for name in check["check"]],
            "printed": check["printed"].to_numpy(),
            "again": [_say_ends(row.low, row.high) for row in each_row(check)],
            "verdict": [_(VERDICTS[str(verdict)]) for verdict in check["verdict"]],
            "explanation": check["explanation"].to_numpy(),
        }
    )
    columns = (
        TableColumn("check", _("Pemeriksaan")),
        TableColumn("printed", _("Tercetak"), "words"),
        TableColumn("again", _("Hitung ulang"), "words"),
        TableColumn("verdict", _("Putusan"), "text"),
        TableColumn("explanation", _("Penjelasan"), "text"),
    )
    note = compose(_("Angka tercetak mewakili semua nilai yang dibulatkan menjadi angka itu."))
    return build_table(frame, columns, id=id, title=title or _("Angka tercetak yang dihitung ulang"), notes=(note,))


def _say_ends(low: float, high: float) -> str:
    """Return the ends of what was computed: one number where they are one, and the end that is there."""
    if math.isnan(low) or math.isnan(high):
        return MISSING
    if math.isinf(high):
        return _("mulai {low}").format(low=number(low, _decimals(low, low)))
    if low == high or number(low, 4).text == number(high, 4).text:
        return number(low, _decimals(low, low)).text
    return interval(low, high, _decimals(low, high)).text


def _decimals(low: float, high: float) -> int:
    return 0 if low == round(low) and high == round(high) else find_decimals([low, high])
