"""Single values that a call takes, and the table that draws give."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import get_args

import numpy as np
import pandas as pd

from kinerja_lib.errors import refuse, require_choice
from kinerja_lib.estimate.result import LEVEL, build_table
from kinerja_lib.language import _

LEAST_DRAWS = 100


def require_choices(**given: tuple[object, object]) -> None:
    """Refuse what is not among the values allowed: each argument with what was found and its `Literal`."""
    for argument, (found, allowed) in given.items():
        require_choice(argument, found, get_args(allowed))


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


def as_numbers(found: Iterable[object]) -> np.ndarray:
    """Return a list as float64; one missing number where it cannot be read."""
    try:
        return np.asarray(list(found), dtype="float64")
    except (TypeError, ValueError):
        return np.array([np.nan])


def require_draws(draws: object) -> int:
    """Return the number of draws if it is a whole number of at least 100."""
    if isinstance(draws, Integral) and int(draws) >= LEAST_DRAWS:
        return int(draws)
    raise refuse("draws", draws, _("bilangan bulat mulai {least}").format(least=LEAST_DRAWS))


def tabulate_draws(draws: np.ndarray, n: int, **columns: object) -> pd.DataFrame:
    """Return the tidy table of `columns` with the intervals and p values of their draws (draws by terms).

    Intervals are quantiles; p is twice the share on the rarer side of zero, never quite 0.
    """
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    rarer = np.minimum((draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0))
    p_value = np.minimum(2 * (rarer + 1) / (len(draws) + 1), 1.0)
    return build_table(n, **columns, conf_low=low, conf_high=high, p_value=p_value)
