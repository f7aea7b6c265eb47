"""Grades: golongan ruang of PNS by SIASN id or any usual spelling; grades I-XVII of PPPK, which are another scale."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import pandas as pd

from kinerja_lib.errors import CallError, list_values, nearest, require_choice
from kinerja_lib.language import _
from kinerja_lib.rules.rows import align
from kinerja_lib.rules.tables import clean_label, read_rules
from kinerja_lib.vocabulary import STATUS

BETWEEN = re.compile(r"[\s/.,:;()\-–—]+")  # what may stand between the parts of a grade
PREFIXES = ("", "GOL", "GOLRUANG", "GOLONGAN", "GOLONGANRUANG")
STEPS = (("TINGKAT", "TK"), ("TKT", "TK"), ("TK1", "TKI"))  # Penata Muda Tingkat I, Tkt. I, Tk. 1


@cache
def _labels(status: str) -> dict[str, str]:
    """Return every accepted spelling of the grades of PNS or PPPK, cleaned, and the grade that it names."""
    labels = {}
    for row in read_rules("golongan"):
        if row["status"] == status:
            grade, rank = _clean(row["golongan"]), _clean(row["pangkat"])
            named = [rank, rank + grade, grade + rank, *(rank + word + grade for word in PREFIXES[1:])] if rank else []
            for label in [row["id"], *named, *(word + grade for word in PREFIXES)]:
                labels[label] = row["golongan"]
    labels.pop("", None)
    return labels


@cache
def grades(status: str) -> tuple[str, ...]:
    """Return the grades of PNS or PPPK, lowest first.

    Examples
    --------
    >>> grades("PNS")[0], grades("PPPK")[-1]
    ('I/a', 'XVII')
    """
    return tuple(row["golongan"] for row in read_rules("golongan") if row["status"] == status)


def _clean(value: object) -> str:
    """Return a grade in capitals without what stands between its parts."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = BETWEEN.sub("", unicodedata.normalize("NFKC", str(value)).upper())
    for found, instead in STEPS:
        text = text.replace(found, instead)
    return text


def read_golongan(text: Any, status: Any = "PNS") -> Any:
    """Return the grade that a label of an export names; exact match after cleaning.

    A PNS has a golongan ruang (I/a to IV/e), a PPPK a grade (I to XVII): two scales that share their Roman numbers,
    so `status` says which one is meant.

    Parameters
    ----------
    text : str, int or Series
        Such as "III/a", "IIIa", "(III/A)", "Penata Muda, III/a" or the SIASN id 31; for PPPK "IX".
    status : {"PNS", "PPPK"} or Series
        Missing gives missing.

    Returns
    -------
    str, None or Series of str
        "III/a", or "IX" of PPPK; missing stays missing.

    Raises
    ------
    CallError
        The label or the status is unknown. In a Series these give missing.

    Examples
    --------
    >>> read_golongan("Penata Muda, III/A"), read_golongan(31), read_golongan("Golongan IX", "PPPK")
    ('III/a', 'III/a', 'IX')
    """
    aligned = align(text=text, status=status)
    if aligned is not None:
        series, index = aligned
        return _read_series(series["text"], series["status"], index)
    if clean_label(text) is None or clean_label(status) is None:
        return None
    require_choice("status", status, STATUS)
    grade = _labels(status).get(_clean(text))
    if grade is None:
        message = _("golongan: ditemukan {found}; yang diizinkan bagi {status}: {allowed}.")
        allowed = list_values(grades(status), shown=len(grades(status)))
        raise CallError(
            message.format(found=repr(text), status=status, allowed=allowed) + nearest(text, grades(status))
        )
    return grade


def _read_series(text: pd.Series, status: pd.Series, index: pd.Index) -> pd.Series:
    """Look each distinct label up once for each status."""
    codes, distinct = pd.factorize(text)
    found = pd.Series(pd.NA, index=range(len(text)), dtype="str")
    for name in STATUS:
        read = [_labels(name).get(_clean(value)) for value in distinct]
        taken = pd.array([*read, None], dtype="str").take(codes)
        found = found.mask((status == name).fillna(value=False).to_numpy(dtype=bool), taken)
    return found.set_axis(index)
