"""The one formatter: numbers, money, dates and intervals as an office writes them, by Babel.

Writers never format; they print the display strings made here. Rounding happens here and nowhere else.
A missing value is an en dash, never empty and never 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal

from kinerja_lib.language import _, current_language
from kinerja_lib.privacy import MIN_GROUP

MISSING = "–"
SMALL = f"<{MIN_GROUP}"  # stands for a number of people too small to show
LOCALES = {"id": "id_ID", "en": "en_GB"}
MINUS = "−"


@dataclass(frozen=True, slots=True)
class Bound:
    """A number as shown, with the value behind it: what a sentence or a cell is bound to.

    Attributes
    ----------
    text : str
        The display string in the language in use.
    value : float, int, str or None
        The value before rounding; None where there is none.
    """

    text: str
    value: float | int | str | None

    def __str__(self) -> str:
        """Return the display string."""
        return self.text


def is_missing(value: object) -> bool:
    """Tell whether `value` is None, NaN, NA, NaT or infinite: nothing that a page may print."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float | np.floating):
        return not math.isfinite(value)
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


def round_half_up(value: float, decimals: int) -> Decimal:
    """Return `value` with a fixed number of decimals; a half is rounded up and nothing becomes minus nought.

    Examples
    --------
    >>> round_half_up(2.825, 2), round_half_up(-0.04, 1)
    (Decimal('2.83'), Decimal('0.0'))
    """
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def number(value: float | None, decimals: int = 1, *, signed: bool = False) -> Bound:
    """Return `value` with a fixed number of decimals, a proper minus sign, and "+" when `signed`.

    A half is rounded up, as spreadsheets and published tables do.

    Examples
    --------
    >>> number(1250.5, 2).text
    '1.250,50'
    >>> number(-0.04, 1).text, number(12.5, 0).text
    ('0,0', '13')
    """
    if value is None or is_missing(value):
        return Bound(MISSING, None)
    raw = value.item() if hasattr(value, "item") else value
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    rounded = round_half_up(raw, decimals)
    text = format_decimal(abs(rounded), format=pattern, locale=LOCALES[current_language()])
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return Bound(sign + text, raw)


def count(value: int | float | None) -> Bound:
    """Return a whole number with thousands marks."""
    return number(value, 0)


def percent(value: float | None, decimals: int = 0) -> Bound:
    """Return a value that is already in per cent, with its sign: ``88,5%``."""
    bound = number(value, decimals)
    return bound if bound.value is None else Bound(bound.text + "%", bound.value)


def rupiah(value: float | None) -> Bound:
    """Return an amount of money: ``Rp1.250.000``, ``−Rp1.250.000``."""
    bound = number(value, 0)
    if bound.value is None:
        return bound
    sign = MINUS if bound.text.startswith(MINUS) else ""
    return Bound(f"{sign}Rp{bound.text.removeprefix(MINUS)}", bound.value)


def day(value: date | str | None) -> Bound:
    """Return a date in words: ``24 November 2026``."""
    if value is None or is_missing(value) or value == "":
        return Bound(MISSING, None)
    moment = date.fromisoformat(str(value)[:10])
    text = format_date(moment, format="d MMMM y", locale=LOCALES[current_language()])
    return Bound(text, moment.isoformat())


def date_or_text(text: str) -> str:
    """Return a date in words where `text` is one, such as ``14 Juli 2025``; else the text, such as ``2018``."""
    try:
        return day(text).text
    except ValueError:
        return text


def interval(low: float | None, high: float | None, decimals: int = 1) -> Bound:
    """Return an interval in words: ``92,5 sampai 95,9``; an en dash where an end is missing.

    An interval that whole numbers would show as nought to nought keeps a decimal: ``0,0 sampai 0,4``.
    """
    ends = number(low, decimals), number(high, decimals)
    if any(end.value is None for end in ends):
        return Bound(MISSING, None)
    if not decimals and low != high and {end.text for end in ends} == {"0"}:
        return interval(low, high, 1)
    return Bound(_("{low} sampai {high}").format(low=ends[0], high=ends[1]), f"{ends[0].value} {ends[1].value}")
