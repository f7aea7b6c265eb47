"""PermenPANRB 6/2022: the two ratings, the predikat that they give, and its order."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.rules.rows import align
from kinerja_lib.rules.tables import look_up, read_rules
from kinerja_lib.vocabulary import PREDIKAT, RATING


@cache
def _labels(name: str) -> dict[str, str]:
    level = name.removeprefix("label_")
    return {row["label"]: row[level] for row in read_rules(name)}


@cache
def _matrix() -> np.ndarray:
    """Return the nine cells as positions in `PREDIKAT`: rows hasil, columns perilaku, and a last one for missing."""
    cells = np.full((len(RATING) + 1, len(RATING) + 1), -1, dtype="int8")
    for row in read_rules("kuadran"):
        at = RATING.index(row["rating_hasil"]), RATING.index(row["rating_perilaku"])
        cells[at] = PREDIKAT.index(row["predikat"])
    return cells


@cache
def _ordinals() -> dict[str, int]:
    return {row["predikat"]: int(row["ordinal"]) for row in read_rules("predikat")}


def read_rating(label: Any) -> Any:
    """Return the rating that a label of an export names; exact match after cleaning, digit 1 is best.

    Parameters
    ----------
    label : str, int or Series
        Such as "Diatas Ekspektasi", "2" or "di_bawah".

    Returns
    -------
    str, None or Series
        "di_atas", "sesuai" or "di_bawah"; missing stays missing. A Series is an ordered category.

    Raises
    ------
    CallError
        The label is unknown. In a Series an unknown label gives missing.

    Examples
    --------
    >>> read_rating(" di atas  espektasi ")
    'di_atas'
    """
    return look_up("rating", label, _labels("label_rating"), RATING)


def read_predikat(label: Any) -> Any:
    """Return the predikat that a label of an export names; exact match after cleaning, digit 1 is best.

    Parameters
    ----------
    label : str, int or Series
        Such as "SANGAT BAIK", "Cukup / Butuh Perbaikan" or 2.

    Returns
    -------
    str, None or Series
        One of the five predikat; missing stays missing. A Series is an ordered category.

    Raises
    ------
    CallError
        The label is unknown. In a Series an unknown label gives missing.

    Examples
    --------
    >>> read_predikat("Kurang / Misconduct"), read_predikat("sangat kurang")
    ('Kurang', 'Sangat Kurang')
    """
    return look_up("predikat", label, _labels("label_predikat"), PREDIKAT)


def score_predikat(rating_hasil: Any, rating_perilaku: Any) -> Any:
    """Return the predikat that two ratings give: the nine cells of PermenPANRB 6/2022.

    Parameters
    ----------
    rating_hasil, rating_perilaku : str or Series
        Rating of the work result and of conduct; any label that `read_rating` knows.

    Returns
    -------
    str, None or Series
        The predikat; missing where either rating is. A Series is an ordered category.

    Raises
    ------
    CallError
        A label is unknown (scalars), or two Series differ in length.

    Examples
    --------
    >>> score_predikat("di_atas", "sesuai"), score_predikat("di_atas", "di_bawah")
    ('Baik', 'Kurang')
    """
    aligned = align(rating_hasil=rating_hasil, rating_perilaku=rating_perilaku)
    if aligned is None:
        first, second = read_rating(rating_hasil), read_rating(rating_perilaku)
        if first is None or second is None:
            return None
        return PREDIKAT[_matrix()[RATING.index(first), RATING.index(second)]]
    series, index = aligned
    codes = [read_rating(series[name]).cat.codes.to_numpy() for name in ("rating_hasil", "rating_perilaku")]
    cells = _matrix()[codes[0], codes[1]]  # a missing code is -1: the last row or column, which is missing
    levels = pd.CategoricalDtype(list(PREDIKAT), ordered=True)
    return pd.Series(pd.Categorical.from_codes(cells, dtype=levels), index=index)


def ordinal(predikat: Any) -> Any:
    """Return the place of a predikat: 5 best, 1 worst. Never average it over different regimes.

    Parameters
    ----------
    predikat : str or Series
        Any label that `read_predikat` knows.

    Returns
    -------
    int, None or Series of Int64
        Missing stays missing.

    Raises
    ------
    CallError
        The label is unknown. In a Series an unknown label gives missing.

    Examples
    --------
    >>> ordinal("Sangat Baik"), ordinal("Sangat Kurang")
    (5, 1)
    """
    read = read_predikat(predikat)
    if isinstance(read, pd.Series):
        places = pd.array([_ordinals()[level] for level in PREDIKAT] + [pd.NA], dtype="Int64")
        return pd.Series(places.take(read.cat.codes.to_numpy()), index=read.index, name=read.name)
    return None if read is None else _ordinals()[read]
