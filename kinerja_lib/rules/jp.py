"""The yearly quantum of development in jam pelajaran (JP): PP 11/2017 for PNS, PP 49/2018 for PPPK."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import pandas as pd

from kinerja_lib.errors import require_choice
from kinerja_lib.rules.tables import align, read_rules
from kinerja_lib.vocabulary import STATUS

Bound = Literal["minimal", "maksimal"]


@cache
def jp_bounds() -> tuple[tuple[str, str, float, str], ...]:
    """Return the rows of the quantum: status, bound (minimal or maksimal), JP a year, role (aturan or informasi)."""
    return tuple((row["status"], row["batas"], float(row["jp"]), row["peran"]) for row in read_rules("kuantum_jp"))


def check_jp(total_jp: Any, status: Any, *, target: float | None = None) -> Any:
    """Tell whether a year's JP keeps to the quantum of the person's status: a floor for PNS, a ceiling for PPPK.

    Parameters
    ----------
    total_jp : float or Series
        JP of one calendar year (PPPK: contract year).
    status : {"PNS", "PPPK"} or Series
        Missing stays missing.
    target : float, optional
        The agency's own floor for PNS in place of the national one.

    Returns
    -------
    bool, None or Series of boolean
        True where kept; missing where JP or status is.

    Raises
    ------
    CallError
        The status is unknown. In a Series an unknown status gives missing.

    Examples
    --------
    >>> check_jp(20, "PNS"), check_jp(24.5, "PPPK")
    (True, False)
    """
    aligned = align(total_jp=total_jp, status=status)
    if aligned is not None:
        series, index = aligned
        return pd.Series(_keeps(series["total_jp"], series["status"], target), index=index)
    if total_jp is None or status is None or pd.isna(total_jp) or pd.isna(status):
        return None
    require_choice("status", status, STATUS)
    return bool(_keeps(pd.Series([float(total_jp)]), pd.Series([status]), target)[0])


def _keeps(total_jp: pd.Series, status: pd.Series, target: float | None) -> Any:
    jp = pd.to_numeric(total_jp).astype("Float64").reset_index(drop=True)
    who = status.astype("object").reset_index(drop=True)
    kept = pd.Series(pd.NA, index=jp.index, dtype="boolean")
    for name, bound, limit, role in jp_bounds():
        if role != "aturan":
            continue
        if bound == "minimal":
            within = jp >= (limit if target is None else target)
        else:
            within = jp <= limit
        kept = kept.mask((who == name).fillna(value=False).astype(bool), within)
    return kept.array
