"""What is planted: every effect and every variance of the invented agency, as named numbers.

Performance is on one scale: the standard deviation of what a rater sees in a period without any development is 1.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from math import isfinite

import numpy as np

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.language import _

# Variances of performance; with the raters' 0.09 (Effects.leniency squared) they add up to 1.
PERSON = 0.40  # stable person
UNIT = 0.06  # stable unit
STATE = 0.22  # true change from period to period
RATING = 0.23  # error of each of the two ratings
TREND = 0.01  # SD per period, for everybody

LIMITS = {"leniency": (0.0, 3.0), "quota": (0.0, 1.0), "coaching_cost": (0.0, 1e9)}
LIMIT = (-3.0, 3.0)


@dataclass(frozen=True, slots=True)
class Effects:
    """The planted effects; the defaults are those of the sample agency in ``data/contoh``.

    Attributes
    ----------
    coaching : float
        Shift of true performance from the period of the first session on, in SD.
    coaching_growth : float
        Further shift for each period since the first session, in SD.
    mentoring, konseling : float
        Shift of true performance from the period of the first session on, in SD.
    pelatihan : float
        Shift of true performance in the period of a course and in the next, in SD.
    same_source : float
        Shift of the rating alone in a period in which the rater is also the coach, in SD.
    coaching_exit : float
        Log hazard ratio of voluntary exit (mutasi, pengunduran_diri) in the periods after the first session.
    coaching_climate : float
        Shift of climate as a coached person sees it, in SD of the climate score's true part.
    coaching_competency : float
        Shift behind the levels of competency, from the period of the first session on, in SD.
    coaching_cost : float
        Rupiah of `honor` for each coaching session.
    selection : float
        Log odds of taking up coaching per SD of `x_minat_belajar` (keen staff volunteer).
    leniency : float
        SD between raters.
    quota : float
        Share of the unit's mean that raters take out of each rating: 0 absolute, 1 zero-sum inside a unit.

    Examples
    --------
    >>> Effects().coaching, Effects(coaching=0).coaching
    (0.3, 0)
    """

    coaching: float = 0.3
    coaching_growth: float = 0.05
    mentoring: float = 0.15
    konseling: float = 0.1
    pelatihan: float = 0.1
    same_source: float = 0.1
    coaching_exit: float = -0.4
    coaching_climate: float = 0.3
    coaching_competency: float = 0.3
    coaching_cost: float = 150_000
    selection: float = 0.5
    leniency: float = 0.3
    quota: float = 0.0

    def __post_init__(self) -> None:
        """Raise a `CallError` for a value that no agency could have."""
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = LIMITS.get(field.name, LIMIT)
            if not low <= value <= high:
                message = _("efek {name}: ditemukan {found}; yang diizinkan: {low} sampai {high}.")
                raise CallError(message.format(name=field.name, found=value, low=f"{low:g}", high=f"{high:g}"))


def parse_effects(settings: Iterable[str]) -> Effects:
    """Return the sample agency's effects, changed by settings such as ``coaching=0``.

    Parameters
    ----------
    settings : iterable of str
        ``name=number``, as the command line takes them; of two for one name the last holds.

    Returns
    -------
    Effects
        The defaults where nothing is set.

    Raises
    ------
    CallError
        An unknown name (with the nearest known one), no number, or a number out of range.

    Examples
    --------
    >>> parse_effects(["coaching=0", "quota=1"]).quota
    1.0
    """
    known = [field.name for field in fields(Effects)]
    values: dict[str, float] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        require_choice("effect", name, known)
        try:
            values[name] = float(text)
        except ValueError:
            values[name] = float("nan")
        if not equals or not isfinite(values[name]):
            message = _("effect: ditemukan {found}; yang diizinkan: nama=bilangan, seperti {name}=0.3.")
            raise CallError(message.format(found=repr(setting), name=name))
    return Effects(**values)


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one purpose, so that a change elsewhere does not reshuffle them."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
