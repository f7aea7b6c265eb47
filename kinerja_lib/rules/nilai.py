"""The two regimes with numbers: PP 46/2011 (0 to 100) and PP 30/2019 with PermenPANRB 8/2021 (0 to 120).

Their numbers are never averaged together, nor with those of another regime: `ordinal` makes the labels comparable.
"""

from __future__ import annotations

import warnings
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaWarning
from kinerja_lib.language import _
from kinerja_lib.rules.rows import (
    DECIMALS,
    Check,
    Floats,
    band_range,
    band_rows,
    by_row,
    category,
    find_band,
    flags,
    numbers,
    read_flag,
    read_number,
)
from kinerja_lib.rules.tables import read_rules

PP30, PP46 = "pp30_8", "pp46"


@cache
def _weights() -> Floats:
    """Return the weights in per cent, of the plan and of conduct, without and with opinions of colleagues."""
    rows = {row["rekan"]: [float(row["skp"]), float(row["perilaku"])] for row in read_rules("bobot_pp30")}
    return np.array([rows["tidak"], rows["ya"], [np.nan, np.nan]])


def score_nilai_pp30(nilai_skp: Any, nilai_perilaku: Any, *, rekan: Any = False) -> Any:
    """Return the weighted score of PP 30/2019, article 41(1)-(4): 70/30, or 60/40 with colleagues' opinions.

    Parameters
    ----------
    nilai_skp, nilai_perilaku : float or Series
        Score of the plan and of conduct, 0 to 120.
    rekan : bool or Series, default False
        Whether the score of conduct holds the opinions of peers and direct subordinates.

    Returns
    -------
    float, None or Series of float
        0 to 120, exact to nine decimals: a score that is exactly at a bound is that number. Missing stays missing.

    Raises
    ------
    CallError
        A score outside 0 to 120. In a Series it gives missing.

    Examples
    --------
    >>> score_nilai_pp30(115, 100), score_nilai_pp30(115, 100, rekan=True)
    (110.5, 109.0)
    """
    low, high = band_range(PP30)
    check: Check = {name: partial(read_number, name, low=low, high=high) for name in ("nilai_skp", "nilai_perilaku")}
    check["rekan"] = partial(read_flag, "rekan")
    return by_row(_weigh, check, nilai_skp=nilai_skp, nilai_perilaku=nilai_perilaku, rekan=rekan)


def _weigh(nilai_skp: pd.Series, nilai_perilaku: pd.Series, rekan: pd.Series) -> pd.Series:
    weights, code = _weights(), flags(rekan)
    total = weights[code, 0] * numbers(nilai_skp, *band_range(PP30))
    total += weights[code, 1] * numbers(nilai_perilaku, *band_range(PP30))
    # A whole number of billionths, then one division: the nearest double to the decimal that a hand would write.
    return pd.Series(np.rint(total * 10 ** (DECIMALS - 2)) / 10**DECIMALS)


def score_predikat_pp30(nilai: Any, ide_baru: Any = None) -> Any:
    """Return the predikat of a score of PP 30/2019, article 41(5): bands from 0 to 120, lower ends included.

    From 110 it is Sangat Baik only with a new idea or way of working that is of benefit; without one it is Baik.

    Parameters
    ----------
    nilai : float or Series
        From `score_nilai_pp30`, 0 to 120.
    ide_baru : bool or Series, optional
        Whether there was a new idea. Missing gives Baik and, from 110, a `KinerjaWarning`.

    Returns
    -------
    str, None or Series
        Sangat Kurang, Kurang, Cukup, Baik or Sangat Baik; missing stays missing. A Series is an ordered category.

    Raises
    ------
    CallError
        A score outside 0 to 120. In a Series it gives missing.

    Examples
    --------
    >>> score_predikat_pp30(110.5, True), score_predikat_pp30(110.5, False), score_predikat_pp30(89.99)
    ('Sangat Baik', 'Baik', 'Cukup')
    """
    low, high = band_range(PP30)
    check: Check = {
        "nilai": partial(read_number, "nilai", low=low, high=high),
        "ide_baru": partial(read_flag, "ide_baru"),
    }
    return by_row(_place_pp30, check, nilai=nilai, ide_baru=ide_baru)


def _place_pp30(nilai: pd.Series, ide_baru: pd.Series) -> pd.Series:
    rows = band_rows(PP30)
    place = find_band(PP30, numbers(nilai, *band_range(PP30)))
    asked = np.array([*(row["syarat"] == "ide_baru" for row in rows), False])[place]
    idea = flags(ide_baru)
    unknown = int((asked & (idea < 0)).sum())
    if unknown:
        text = _("{n} nilai mencapai batas Sangat Baik, tetapi ide_baru kosong: dinilai Baik. Isi ide_baru.")
        warnings.warn(text.format(n=unknown), KinerjaWarning, stacklevel=4)
    return category(place - (asked & (idea != 1)), [row["label"] for row in rows])


def score_predikat_pp46(nilai: Any) -> Any:
    """Return the label of a score of PP 46/2011, as the government regulation calls it.

    The bands are printed for whole numbers (91-100, 76-90, 61-75, 51-60, 50 and lower); a score between two of them
    belongs to the upper one: over 90 is Sangat Baik.

    Parameters
    ----------
    nilai : float or Series
        Nilai prestasi kerja, 0 to 100.

    Returns
    -------
    str, None or Series
        Buruk, Kurang, Cukup, Baik or Sangat Baik; missing stays missing. A Series is an ordered category.

    Raises
    ------
    CallError
        A score outside 0 to 100. In a Series it gives missing.

    Examples
    --------
    >>> score_predikat_pp46(91), score_predikat_pp46(90), score_predikat_pp46(50)
    ('Sangat Baik', 'Baik', 'Buruk')
    """
    low, high = band_range(PP46)
    return by_row(_place_pp46, {"nilai": partial(read_number, "nilai", low=low, high=high)}, nilai=nilai)


def _place_pp46(nilai: pd.Series) -> pd.Series:
    place = find_band(PP46, numbers(nilai, *band_range(PP46)))
    return category(place, [row["label"] for row in band_rows(PP46)])
