"""PermenPANRB 8/2021, annex: per cent achieved of an individual performance indicator (IKI)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.language import _
from kinerja_lib.rules.tables import align, read_rules
from kinerja_lib.vocabulary import KONDISI


@cache
def _factors() -> dict[str, tuple[float, float]]:
    return {row["kondisi"]: (float(row["tetap"]), float(row["kali"])) for row in read_rules("capaian_iki")}


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


def _score(target: pd.Series, realisasi: pd.Series, kondisi: pd.Series, target_high: pd.Series) -> np.ndarray:
    low = pd.to_numeric(target).to_numpy("float64", na_value=np.nan)
    reached = pd.to_numeric(realisasi).to_numpy("float64", na_value=np.nan)
    high = pd.to_numeric(target_high).to_numpy("float64", na_value=np.nan)
    low = np.where((low > 0) & ~(high < low), low, np.nan)
    high = np.where(np.isnan(high), low, high)
    goal = np.where(reached > high, high, np.where(reached < low, low, np.where(np.isnan(low), np.nan, reached)))
    inside = (reached >= low) & (reached <= high)
    ratio = np.where(inside, 1.0, reached / np.where(goal == 0, np.nan, goal))
    condition = kondisi.astype("object")
    fixed = condition.map({name: fixed for name, (fixed, _times) in _factors().items()}).to_numpy("float64")
    times = condition.map({name: times for name, (_fixed, times) in _factors().items()}).to_numpy("float64")
    return np.asarray(100 * (fixed + times * ratio))
