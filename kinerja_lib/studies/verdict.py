"""The rules of the verdict, fixed before the data are seen.

`cannot_say` where the design gives no answer or a check of it failed; `supported` and `contradicted` where the
interval lies wholly on one side of zero; `not_supported` where it holds zero and rules out an effect worth having.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from kinerja_lib.studies.result import CANNOT_SAY, CONTRADICTED, NOT_SUPPORTED, SUPPORTED, Check

USUAL = 0.05
NO_ANSWER = {"": "no_comparison", "pre_post": "before_after", "correlational": "correlation"}


class Verdict(NamedTuple):
    """A verdict and the codes of its reasons."""

    verdict: str
    why: tuple[str, ...]


def read_interval(row: pd.Series, alpha: float = 0.05) -> dict[str, float]:
    """Return the interval at the level of the plan of a row whose degrees of freedom are not known (`interval_at`)."""
    from scipy import stats

    middle = float(row["estimate"])
    stretch = float(stats.norm.ppf(1 - alpha / 2) / stats.norm.ppf(0.975))
    ends = {name: middle + stretch * (float(row[name]) - middle) for name in ("conf_low", "conf_high")}
    return ends if alpha != USUAL else {name: float(row[name]) for name in ends}


def interval_at(row: pd.Series, df: float, alpha: float) -> dict[str, float]:
    """Return `conf_low` and `conf_high` of an estimate at level 1 - alpha, by t; normal for df without end."""
    from scipy import stats

    half = float(stats.t.ppf(1 - alpha / 2, df)) * float(row["std_error"])
    return {"conf_low": float(row["estimate"]) - half, "conf_high": float(row["estimate"]) + half}


def decide(
    row: Mapping[str, float], *, better: int, design: str, checks: Iterable[Check] = (), smallest: float | None = None
) -> Verdict:
    """Return what may be said of a headline.

    Parameters
    ----------
    row : mapping
        `conf_low` and `conf_high` of the headline, at the level that the plan asks for.
    better : {1, -1}
        Whether more of the outcome is better.
    design : str
        As in `Study`.
    checks : iterable of Check
        A blocking check that failed lets nothing be said.
    smallest : float, optional
        The smallest effect worth having, in the unit of the headline; without it, an interval that holds zero says
        nothing.

    Examples
    --------
    >>> decide({"conf_low": 0.1, "conf_high": 0.4}, better=1, design="random").verdict
    'supported'
    >>> decide({"conf_low": -0.1, "conf_high": 0.1}, better=1, design="random", smallest=0.2).verdict
    'not_supported'
    """
    failed = tuple(check.name for check in checks if check.blocking and check.passed is False)
    if design in NO_ANSWER:
        return Verdict(CANNOT_SAY, (NO_ANSWER[design], *failed))
    low, high = sorted((better * row["conf_low"], better * row["conf_high"]))
    if pd.isna(low) or pd.isna(high):
        return Verdict(CANNOT_SAY, ("wide",))
    if failed:
        return Verdict(CANNOT_SAY, failed)
    caution = () if design == "random" else ("not_random",)
    if low > 0:
        return Verdict(SUPPORTED, ("good", *caution))
    if high < 0:
        return Verdict(CONTRADICTED, ("bad", *caution))
    if smallest is not None and high < smallest:
        return Verdict(NOT_SUPPORTED, ("small", *caution))
    return Verdict(CANNOT_SAY, ("wide",))
