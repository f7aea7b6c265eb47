"""Means and standard deviations of answers in whole numbers: which can be for n people on a scale."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, inf, sqrt

import numpy as np

from kinerja_lib.language import _
from kinerja_lib.recompute.printed import AGREE, IMPOSSIBLE, SAID, Facts, Row, meet

MOST_SUMS = 10_000  # sums of answers that a printed mean may stand for, up to which each is tried


def _check_mean(study: Facts) -> Row | None:
    low, high = study.scale
    number = study.numbers.get("mean")
    if number is None or (low is None and high is None):
        return None
    ends = -inf if low is None else float(low), inf if high is None else float(high)
    fits = meet(number.ends, ends)
    said = _("Di dalam batasnya.") if fits else _("Rata-rata tidak dapat keluar dari skala jawabannya.")
    return Row("mean", number.text, ends, AGREE if fits else IMPOSSIBLE, said, ("mean",))


def _find_totals(study: Facts) -> range | None:
    """Return the sums of all answers that a printed mean may stand for; None where n is not known exactly."""
    number = study.numbers.get("mean")
    if number is None or study.n is None or study.n[0] != study.n[1]:
        return None
    answers = study.n[0] * study.items
    low, high = study.scale
    least = number.low if low is None else max(number.low, low)
    most = number.high if high is None else min(number.high, high)
    return range(ceil(least * answers), floor(most * answers) + 1)


def _check_grim(study: Facts) -> Row | None:
    totals, number = _find_totals(study), study.numbers.get("mean")
    if totals is None or number is None or study.n is None:
        return None
    answers = study.n[0] * study.items
    if (number.high - number.low) * answers >= 1:
        return None  # every mean rounds to something possible
    middle = (number.low + number.high) / 2 * answers
    ends = floor(middle) / answers, ceil(middle) / answers
    if len(totals):
        return Row("grim", number.text, ends, AGREE, _(SAID[AGREE]), ("mean",))
    said = _("Jumlah jawaban bulat dibagi banyaknya jawaban tidak dapat memberi rata-rata ini.")
    return Row("grim", number.text, ends, IMPOSSIBLE, said, ("mean",))


def _check_sd(study: Facts) -> Row | None:
    """Return whether the spread fits between that of answers alike and that of answers at both ends of the scale."""
    found, (low, high) = study.get("mean", "sd"), study.scale
    if found is None or study.n is None or study.n[0] < 2 or low is None or high is None:
        return None
    mean, sd = found
    least, most = max(mean.low, low), min(mean.high, high)
    if least > most:
        return None
    centre = min(max((low + high) / 2, least), most)
    larger = study.n[0] / (study.n[0] - 1)  # divided by n - 1, the greater of the two rules
    ends = (
        sqrt(min(_least_spread(m, study.items) for m in (least, most))),
        sqrt((centre - low) * (high - centre) * larger),
    )
    if ceil(least * study.items) <= most * study.items:
        ends = 0.0, ends[1]
    if meet(sd.ends, ends):
        return Row("sd", sd.text, ends, AGREE, _(SAID[AGREE]), ("mean", "sd"))
    said = _("Di luar sebaran terkecil dan terbesar yang dapat diberikan skala ini pada rata-rata itu.")
    return Row("sd", sd.text, ends, IMPOSSIBLE, said, ("mean", "sd"))


def _least_spread(mean: Fraction, items: int) -> Fraction:
    """Return the least variance (divided by n) of scores in steps of 1 / items with this mean."""
    part = mean * items - floor(mean * items)
    return part * (1 - part) / items**2


def _check_grimmer(study: Facts) -> Row | None:
    """Return whether some sum of squares in whole numbers, even or odd as the sum is, gives the spread."""
    found, totals = study.get("mean", "sd"), _find_totals(study)
    if found is None or not totals or len(totals) > MOST_SUMS or study.n is None or study.n[0] < 2:
        return None
    sd, people = found[1], study.n[0]
    least, most = max(sd.low, Fraction(0)) * study.items, sd.high * study.items
    if any(_has_squares(total, people, least, most) for total in totals):
        return Row("grimmer", sd.text, (np.nan, np.nan), AGREE, _(SAID[AGREE]), ("mean", "sd"))
    said = _("Tidak ada jawaban bulat dengan rata-rata ini yang memberi simpangan baku itu.")
    return Row("grimmer", sd.text, (np.nan, np.nan), IMPOSSIBLE, said, ("mean", "sd"))


def _has_squares(total: int, people: int, least: Fraction, most: Fraction) -> bool:
    """Tell whether a spread between the ends, divided by n - 1 or by n, is one of whole numbers with that total."""
    for divisor in (people - 1, people):
        centre = Fraction(total**2, people)
        first = ceil(divisor * least**2 + centre)
        first += (first - total) % 2
        if first <= divisor * most**2 + centre:
            return True
    return False


ANSWERS: tuple[Callable[[Facts], Row | None], ...] = (_check_mean, _check_grim, _check_sd, _check_grimmer)
