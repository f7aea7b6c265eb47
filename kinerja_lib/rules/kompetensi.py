"""Competency: the level that a post asks (PermenPANRB 38/2017), the gap to it, and Job Person Match."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.language import _
from kinerja_lib.rules.rows import (
    Check,
    band_range,
    band_rows,
    by_row,
    category,
    find_band,
    is_missing,
    name_labels,
    numbers,
    read_codes,
    read_number,
)
from kinerja_lib.rules.tables import clean_label, look_up, read_rules

SCHEMES = ("seleksi", "pemetaan")


@cache
def _range() -> tuple[float, float]:
    """Return the least and the greatest level; below the first level stands 0."""
    return 0.0, max(float(row["level"]) for row in read_rules("tingkat_kompetensi"))


@cache
def _standards() -> dict[str, int]:
    return {row["jabatan"]: int(row["level"]) for row in read_rules("standar_kompetensi")}


@cache
def _functional() -> set[str]:
    """Return the cleaned names of functional posts: the law sets no level for all of them."""
    return {"FUNGSIONAL", *name_labels([row["jenjang"] for row in read_rules("koefisien_ak")])}


def standard_level(jabatan: Any) -> Any:
    """Return the level that a post asks in managerial and socio-cultural competencies.

    Only structural posts and pelaksana: each functional post has a standard of its own, which stands in the user's
    table (`kompetensi.level_standar`).

    Parameters
    ----------
    jabatan : str or Series
        jpt_utama, jpt_madya, jpt_pratama, administrator, pengawas or pelaksana.

    Returns
    -------
    int, None or Series of Int64
        1 to 5; missing stays missing.

    Raises
    ------
    CallError
        The post is unknown or functional. In a Series these give missing.

    Examples
    --------
    >>> standard_level("jpt_pratama"), standard_level("Pelaksana")
    (4, 1)
    """
    return by_row(_take_standard, {"jabatan": _read_post}, jabatan=jabatan)


def _read_post(value: Any) -> None:
    if clean_label(value) in _functional():
        text = _(
            "jabatan: ditemukan {found}; jabatan fungsional tidak berstandar tunggal. Isi kompetensi.level_standar."
        )
        raise CallError(text.format(found=repr(value)))
    names = tuple(_standards())
    look_up("jabatan", value, name_labels(names), names)


def _take_standard(jabatan: pd.Series) -> pd.Series:
    names = tuple(_standards())
    levels = pd.array([*_standards().values(), pd.NA], dtype="Int64")
    return pd.Series(levels.take(read_codes(jabatan, names, name_labels(names))))


def score_gap(level: Any, standar: Any) -> Any:
    """Return the gap of a competency: level less standard. Below 0 there is a need for development.

    Parameters
    ----------
    level, standar : float or Series
        0 (none yet) to 5.

    Returns
    -------
    float, None or Series of float
        Missing stays missing.

    Raises
    ------
    CallError
        A level outside 0 to 5. In a Series it gives missing.

    Examples
    --------
    >>> score_gap(2, 3)
    -1.0
    """
    low, high = _range()
    check: Check = {name: partial(read_number, name, low=low, high=high) for name in ("level", "standar")}
    return by_row(_subtract, check, level=level, standar=standar)


def _subtract(level: pd.Series, standar: pd.Series) -> pd.Series:
    return pd.Series(numbers(level, *_range()) - numbers(standar, *_range()))


def score_jpm(
    levels: Sequence[float] | pd.Series, standards: Sequence[float] | pd.Series, *, batasi_surplus: bool = False
) -> float | None:
    """Return the Job Person Match of one person: levels over standards of the same competencies, in per cent.

    Parameters
    ----------
    levels, standards : sequence of float
        One number for each competency, 0 to 5, in the same order.
    batasi_surplus : bool, default False
        Whether a level above its standard counts only as the standard. Assessors differ: report both.

    Returns
    -------
    float or None
        Per cent, not rounded; None where a level or a standard is missing.

    Raises
    ------
    CallError
        Unequal length, no competency, a level outside 0 to 5, or standards that sum to 0.

    Examples
    --------
    >>> score_jpm([3, 4, 2], [3, 3, 3]), round(score_jpm([3, 4, 2], [3, 3, 3], batasi_surplus=True), 2)
    (100.0, 88.89)
    """
    pairs = {"levels": list(levels), "standards": list(standards)}
    if len(pairs["levels"]) != len(pairs["standards"]) or not pairs["levels"]:
        text = _("levels, standards: ditemukan {a} dan {b} nilai; yang diizinkan: sama banyak, paling sedikit satu.")
        raise CallError(text.format(a=len(pairs["levels"]), b=len(pairs["standards"])))
    low, high = _range()
    for name, values in pairs.items():
        for value in values:
            read_number(name, value, low=low, high=high)
    if any(is_missing(value) for values in pairs.values() for value in values):
        return None
    reached, asked = (np.asarray(values, dtype="float64") for values in pairs.values())
    if asked.sum() == 0:
        raise CallError(_("standards: jumlahnya 0; yang diizinkan: lebih dari 0. Isi standar jabatannya."))
    if batasi_surplus:
        reached = np.minimum(reached, asked)
    return float(100 * reached.sum() / asked.sum())


def score_jpm_band(jpm: Any, scheme: Literal["seleksi", "pemetaan"]) -> Any:
    """Return the band of a Job Person Match; lower ends included.

    Parameters
    ----------
    jpm : float or Series
        Per cent, from `score_jpm`.
    scheme : {"seleksi", "pemetaan"}
        For selection MS (80 and over), MMS (68 and over), KMS; for mapping O (90), CO (78), KO.

    Returns
    -------
    str, None or Series
        Missing stays missing. A Series is an ordered category.

    Raises
    ------
    CallError
        An unknown scheme; a number below 0, which in a Series gives missing.

    Examples
    --------
    >>> score_jpm_band(80, "seleksi"), score_jpm_band(89.99, "pemetaan")
    ('MS', 'CO')
    """
    require_choice("scheme", scheme, SCHEMES)
    scale = f"jpm_{scheme}"
    check: Check = {"jpm": partial(read_number, "jpm", low=band_range(scale)[0])}
    return by_row(partial(_place, scale), check, jpm=jpm)


def _place(scale: str, jpm: pd.Series) -> pd.Series:
    place = find_band(scale, numbers(jpm, *band_range(scale)))
    return category(place, [row["label"] for row in band_rows(scale)])
