"""Single numbers: those that a call takes, and the p value that draws give."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from kinerja_lib.errors import CallError
from kinerja_lib.language import _

LEAST_DRAWS = 100


def require_number(
    argument: str, found: object, low: float = -np.inf, high: float = np.inf, *, closed: bool = False
) -> float:
    """Return a finite number between `low` (with it where `closed`) and `high`; anything else is refused."""
    if isinstance(found, Real) and not isinstance(found, bool):
        value = float(found)
        if np.isfinite(value) and (low < value < high or (closed and value == low)):
            return value
    allowed = _("bilangan")
    if np.isfinite(low):
        allowed = (_("bilangan mulai {low}") if closed else _("bilangan di atas {low}")).format(low=f"{low:g}")
    if np.isfinite(high):
        allowed += _(" dan di bawah {high}").format(high=f"{high:g}")
    raise refuse(argument, found, allowed)


def refuse(argument: str, found: object, allowed: str) -> CallError:
    """Return the refusal of an argument: what was found, what is allowed."""
    message = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
    return CallError(message.format(argument=argument, found=repr(found)[:60], allowed=allowed))


def require_draws(draws: object) -> int:
    """Return the number of draws if it is a whole number of at least 100."""
    if isinstance(draws, Integral) and int(draws) >= LEAST_DRAWS:
        return int(draws)
    raise refuse("draws", draws, _("bilangan bulat mulai {least}").format(least=LEAST_DRAWS))


def two_sided(draws: np.ndarray) -> np.ndarray:
    """Return for each column twice the share of draws on the rarer side of zero, never quite 0."""
    count = len(draws)
    rarer = np.minimum((draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0))
    return np.asarray(np.minimum(2 * (rarer + 1) / (count + 1), 1.0))
