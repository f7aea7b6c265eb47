"""Which regulation was in force when: PP 46/2011, PP 30/2019 with PermenPANRB 8/2021, PermenPANRB 6/2022.

In the first half of 2021 agencies differed. Numbers of different regimes are never averaged.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError
from kinerja_lib.rules.rows import by_row, is_missing, read_codes
from kinerja_lib.rules.tables import look_up, read_rules
from kinerja_lib.vocabulary import REZIM, Period


@cache
def _spans() -> dict[str, tuple[str, str]]:
    return {row["rezim"]: (row["mulai"] or "0000-00", row["sampai"] or "9999-99") for row in read_rules("rezim")}


@cache
def find_rezim(periode: str) -> str | None:
    """Return the regime under which a period was appraised; None where agencies differed at its end.

    Parameters
    ----------
    periode : str
        Such as 2025, 2025-S1, 2025-T3 or 2025-07.

    Examples
    --------
    >>> find_rezim("2025-03"), find_rezim("2021"), find_rezim("2021-S1"), find_rezim("2019")
    ('p6_2022', 'pp30_8', None, 'pp46')
    """
    end = f"{Period.parse(periode).end:%Y-%m}"
    found = [name for name, (first, last) in _spans().items() if first <= end <= last]
    return found[0] if len(found) == 1 else None


def check_rezim(rezim: Any, periode: Any) -> Any:
    """Tell whether a regime was in force in some month of a period.

    Parameters
    ----------
    rezim : {"pp46", "pp30_8", "p6_2022"} or Series
        The regime.
    periode : str or Series
        Such as 2025, 2025-S1, 2025-T3 or 2025-07.

    Returns
    -------
    bool, None or Series of boolean
        Missing stays missing.

    Raises
    ------
    CallError
        An unknown regime or period. In a Series these give missing.

    Examples
    --------
    >>> check_rezim("pp46", "2021-S1"), check_rezim("pp46", "2022")
    (True, False)
    """
    return by_row(_fits, {"rezim": _read_rezim, "periode": _read_period}, rezim=rezim, periode=periode)


def _read_rezim(value: Any) -> None:
    look_up("rezim", value, {}, REZIM)


def _read_period(value: Any) -> None:
    if not is_missing(value):
        Period.parse(value)


def _fits(rezim: pd.Series, periode: pd.Series) -> pd.Series:
    which, distinct = pd.factorize(periode)
    fits = pd.array([*(fit for text in distinct for fit in _overlaps(text)), *[pd.NA] * len(REZIM)], dtype="boolean")
    regime = read_codes(rezim, REZIM)
    place = np.where(which < 0, len(distinct), which) * len(REZIM) + regime
    return pd.Series(fits.take(np.where(regime < 0, len(fits) - 1, place)))


def _overlaps(text: Any) -> list[bool | None]:
    """Tell for each regime whether it was in force in the period; None where the text names no period."""
    try:
        period = Period.parse(text)
    except CallError:
        return [None] * len(REZIM)
    start, end = f"{period.start:%Y-%m}", f"{period.end:%Y-%m}"
    return [_spans()[name][0] <= end and start <= _spans()[name][1] for name in REZIM]
