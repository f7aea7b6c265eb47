"""PermenPANRB 8/2021, annex: per cent achieved of an individual performance indicator (IKI), and its value."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.language import _
from kinerja_lib.rules.rows import (
    Check,
    Floats,
    align,
    by_row,
    flags,
    numbers,
    read_codes,
    read_flag,
    read_number,
    settle,
)
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.vocabulary import KONDISI


@cache
def _factors() -> Floats:
    """Return the fixed part and the factor of the ratio for each kondisi, and a last row for missing."""
    rows = {row["kondisi"]: [float(row["tetap"]), float(row["kali"])] for row in read_rules("capaian_iki")}
    return np.array([*(rows[name] for name in KONDISI), [np.nan, np.nan]])


def score_iki(target: Any, realisasi: Any, *, kondisi: Any = "normal", target_high: Any = None) -> Any:
    """Return the per cent of a target that was achieved.

    Parameters
    ----------
    target, realisasi : float or Series
        Target (of a range: its lower end) and what was reached.
    kondisi : {"normal", "khusus"} or Series
        Normal: more is better. Khusus: less is better (time, cost, errors). Missing stays missing.
    target_high : float or Series, optional
        Upper end of a range; inside it the achievement is 100, outside the nearer end is the target.

    Returns
    -------
    float, None or Series
        Per cent, neither rounded nor bounded; missing stays missing.

    Raises
    ------
    CallError
        A target of 0 or less, a range that runs backwards, an unknown kondisi. In a Series these give missing.

    Examples
    --------
    >>> score_iki(80, 70)
    87.5
    >>> score_iki(7, 9, kondisi="khusus", target_high=8)
    87.5
    """
    aligned = align(target=target, realisasi=realisasi, kondisi=kondisi, target_high=target_high)
    if aligned is not None:
        series, index = aligned
        return pd.Series(_score(**series), index=index)
    if any(value is None or pd.isna(value) for value in (target, realisasi, kondisi)):
        return None
    require_choice("kondisi", kondisi, KONDISI)
    if target <= 0:
        message = _("target: ditemukan {found}; yang diizinkan: lebih dari 0. Perbaiki target pada rencana kinerja.")
        raise CallError(message.format(found=target))
    if target_high is not None and target_high < target:
        message = _("target_high: ditemukan {found}; yang diizinkan: paling sedikit sama dengan target ({target}).")
        raise CallError(message.format(found=target_high, target=target))
    single = {"target": target, "realisasi": realisasi, "kondisi": kondisi, "target_high": target_high}
    return float(_score(**{name: pd.Series([value]) for name, value in single.items()})[0])


def _score(target: pd.Series, realisasi: pd.Series, kondisi: pd.Series, target_high: pd.Series) -> Floats:
    low, reached, high = numbers(target), numbers(realisasi), numbers(target_high)
    low = np.where((low > 0) & ~(high < low), low, np.nan)
    high = np.where(np.isnan(high), low, high)
    goal = np.where(reached > high, high, low)  # outside the range the nearer end; inside, the goal is reached
    ratio = np.where((reached >= low) & (reached <= high), 1.0, reached / goal)
    factors = _factors()[read_codes(kondisi, KONDISI)]
    return np.asarray(100 * (factors[:, 0] + factors[:, 1] * ratio))


def score_nilai_iki(capaian: Any, *, target_maksimal: Any = False) -> Any:
    """Return the value of an achievement (JPT and heads of independent units): PermenPANRB 8/2021, annex VI A.

    The law leaves gaps between its bands, so an achievement first becomes a whole per cent (half up); one below 0
    counts as 0.

    Parameters
    ----------
    capaian : float or Series
        Per cent, from `score_iki`.
    target_maksimal : bool or Series, default False
        Whether the target is the most that can be reached: then 100 per cent is worth as much as more than 110.

    Returns
    -------
    float, None or Series of float
        0 to 120, not rounded; missing stays missing.

    Raises
    ------
    CallError
        A capaian that is no number. In a Series it gives missing.

    Examples
    --------
    >>> score_nilai_iki(113), score_nilai_iki(100), score_nilai_iki(98.4), score_nilai_iki(100, target_maksimal=True)
    (120.0, 109.0, 88.0, 120.0)
    """
    check: Check = {
        "capaian": partial(read_number, "capaian", low=-np.inf),
        "target_maksimal": partial(read_flag, "target_maksimal"),
    }
    return by_row(_value, check, capaian=capaian, target_maksimal=target_maksimal)


def _value(capaian: pd.Series, target_maksimal: pd.Series) -> pd.Series:
    values, found = _values(), numbers(capaian)
    missing = np.isnan(found)
    whole = np.floor(settle(found) + 0.5).clip(0, values.shape[1] - 2)
    return pd.Series(values[flags(target_maksimal), np.where(missing, -1, whole).astype("int16")])


@cache
def _values() -> Floats:
    """Return the value of each whole per cent: usual, then of the greatest target; last row and column for missing."""
    rows = read_rules("nilai_iki")
    top = max(int(row["mulai"]) for row in rows)  # from there on all are worth the same
    values = np.full((3, top + 2), np.nan)
    for row in sorted(rows, key=lambda row: row["syarat"]):  # what holds always, before the exception
        first, last = int(row["mulai"]), int(row["sampai"] or top)
        low, high = float(row["nilai_mulai"]), float(row["nilai_sampai"])
        steps = np.arange(last - first + 1)
        line = low + (high - low) * steps / max(last - first, 1)
        values[1, first : last + 1] = line
        if not row["syarat"]:
            values[0, first : last + 1] = line
    return values
