"""Printed numbers as the values that round to them, what a study printed, and how a check is judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import inf, isfinite
from numbers import Integral, Real

from kinerja_lib.errors import refuse
from kinerja_lib.language import _, mark

Printed = str | float | Decimal  # as it stands in the paper; text keeps its last nought
Ends = tuple[float, float]

AGREE, IMPOSSIBLE, DISAGREE, UNKNOWN = "cocok", "mustahil", "tidak_cocok", "tidak_dapat_diperiksa"
SLACK = 1e-9  # of a number's size: error of binary arithmetic
SUMS = ("x", "y", "x2", "y2", "xy")
RANGES = {"r": (-1.0, 1.0), "r2": (0.0, 1.0), "p": (0.0, 1.0), "f": (0.0, inf)}

SAID = {
    AGREE: mark("Sesuai dengan hitungan ulang, dalam batas pembulatan."),
    DISAGREE: mark("Tidak ada nilai dalam batas pembulatan yang sesuai dengan hitungan ulang."),
    IMPOSSIBLE: mark("Tidak ada data yang dapat memberikan angka ini."),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number: its text, and the least and the greatest value that round to it."""

    text: str
    low: Fraction
    high: Fraction

    @property
    def ends(self) -> Ends:
        """The least and the greatest value."""
        return float(self.low), float(self.high)

    @property
    def size(self) -> Ends:
        """The ends of the absolute value."""
        low, high = self.ends
        return (0.0 if low < 0 < high else min(abs(low), abs(high))), max(abs(low), abs(high))


@dataclass(frozen=True, slots=True)
class Row:
    """One check: its name, what was printed, the ends of what was computed, verdict, reason, numbers it used."""

    check: str
    printed: str
    ends: Ends
    verdict: str
    explanation: str
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What one study printed, and what is known of it beside."""

    numbers: Mapping[str, Number]
    parts: tuple[Number, ...]
    sums: Mapping[str, Number]
    n: tuple[int, int] | None  # ends, where it was worked out from a critical value
    predictors: int
    alpha: float
    items: int
    scale: tuple[Fraction | None, Fraction | None]

    def get(self, *names: str) -> tuple[Number, ...] | None:
        """Return these numbers; None where one was not printed or cannot be."""
        found = [self.numbers[name] for name in names if name in self.numbers]
        usable = all(is_in_range(name, self.numbers[name]) for name in names if name in self.numbers)
        return tuple(found) if len(found) == len(names) and usable else None

    @property
    def df(self) -> Ends | None:
        """The ends of n - k - 1; None where n is not known or leaves nothing over."""
        if self.n is None or self.n[0] - self.predictors - 1 < 1:
            return None
        return self.n[0] - self.predictors - 1.0, self.n[1] - self.predictors - 1.0


# ------------------------------------------------------------------------------------------------------- reading

SHAPE = re.compile(r"([<>]?)\s*([-−+]?)\s*([0-9.,]+)\s*(%?)")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+)")


def read_printed(argument: str, value: object) -> Number:
    """Return a printed number with the values that round to it.

    Examples
    --------
    >>> read_printed("r2", "67,7 %").ends
    (0.6765, 0.6775)
    """
    allowed = _('bilangan seperti tercetak, misalnya "0,517", "67,7 %", atau untuk p "<0,001"')
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, Real | Decimal) and not isinstance(value, bool) and isfinite(value):
        text = str(int(value)) if isinstance(value, Integral) else format(Decimal(str(value)), "f")
    else:
        raise refuse(argument, value, allowed)
    shape = SHAPE.fullmatch(text)
    whole, part = _split_digits(shape[3]) if shape else ("", "")
    if shape is None or not (whole + part).isdigit() or (shape[1] and argument != "p"):
        raise refuse(argument, value, allowed)
    digits = len(part) + (2 if shape[4] else 0)
    size = Fraction(int(whole + part), 10**digits) * (-1 if shape[2] in ("-", "−") else 1)
    if shape[1]:
        return Number(text, *((Fraction(0), size) if shape[1] == "<" else (size, Fraction(1))))
    half = Fraction(1, 2 * 10**digits)
    return Number(text, size - half, size + half)


def _split_digits(text: str) -> tuple[str, str]:
    """Return the digits before and after the decimal mark; the other mark, in its places, sets off thousands."""
    last = max(text.rfind("."), text.rfind(","))
    if THOUSANDS.fullmatch(text) and text.count(text[last]) > 1:
        return re.sub("[.,]", "", text), ""
    whole, part = (text[:last], text[last + 1 :]) if last >= 0 else (text, "")
    return (re.sub("[.,]", "", whole) if THOUSANDS.fullmatch(whole) else whole), part


def read_sums(sums: Mapping[str, Printed]) -> dict[str, Number]:
    """Return the sums by name; one in whole numbers is exact."""
    found = {}
    for name, value in sums.items():
        if name not in SUMS:
            raise refuse("sums", name, ", ".join(SUMS))
        if isinstance(value, str) and re.fullmatch(r"[-−]?[0-9]{1,3}[.,][0-9]{3}", value.strip()):
            raise refuse(f"sums[{name!r}]", value, _("angka tanpa tanda ribuan; titik di sini dapat dibaca dua cara"))
        number = read_printed(f"sums[{name!r}]", value)
        middle = (number.low + number.high) / 2
        whole = number.high - number.low == 1
        found[name] = Number(number.text, middle, middle) if whole else number
    return found


def require_count(argument: str, found: object) -> int:
    """Return a whole number from 1 on."""
    if isinstance(found, Integral) and not isinstance(found, bool) and int(found) >= 1:
        return int(found)
    raise refuse(argument, found, _("bilangan bulat mulai 1"))


def require_share(argument: str, found: object) -> float:
    """Return a number between 0 and 1."""
    if isinstance(found, Real) and 0 < float(found) < 1:
        return float(found)
    raise refuse(argument, found, _("bilangan di antara 0 dan 1"))


def read_end(argument: str, found: object) -> Fraction | None:
    """Return an end of the scale exactly."""
    if found is None:
        return None
    if isinstance(found, Real) and not isinstance(found, bool) and isfinite(found):
        return Fraction(str(found))
    raise refuse(argument, found, _("bilangan: ujung skala"))


# ------------------------------------------------------------------------------------------------------- judging


def over(function: Callable[..., float], *ends: Ends) -> Ends:
    """Return the least and greatest value of a function that is monotone in each argument between its ends."""
    values = [function(*corner) for corner in product(*ends)]
    return min(values), max(values)


def meet(one: Ends, other: Ends) -> bool:
    """Tell whether two ranges share a value."""
    slack = SLACK * max(1.0, *(abs(end) for end in (*one, *other) if isfinite(end)))
    return one[0] <= other[1] + slack and other[0] <= one[1] + slack


def is_in_range(name: str, number: Number) -> bool:
    """Tell whether a printed number can be what it is called."""
    return name not in RANGES or meet(number.ends, RANGES[name])


def compare(check: str, number: Number, shown: Ends, ends: Ends, *, used: Sequence[str], slip: str = "") -> Row:
    """Return whether a printed number, as `shown`, meets what the others give; `slip` is a mistake that explains it."""
    agrees = meet(shown, ends)
    said = _(SAID[AGREE if agrees else DISAGREE]) + (f" {slip}" if slip and not agrees else "")
    return Row(check, number.text, ends, AGREE if agrees else DISAGREE, said, tuple(used))
