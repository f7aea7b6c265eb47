"""Jam pelajaran (JP) of development: the conversion of Peraturan LAN 10/2018, and the yearly quantum.

The quantum is a floor for PNS (PP 11/2017) and a ceiling for PPPK (PP 49/2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from kinerja_lib.errors import require_choice
from kinerja_lib.rules.kegiatan import read_jenis_kegiatan
from kinerja_lib.rules.rows import (
    Check,
    Floats,
    by_row,
    flags,
    is_missing,
    numbers,
    read_codes,
    read_flag,
    read_number,
    settle,
)
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.vocabulary import JENIS_KEGIATAN, STATUS

Bound = Literal["minimal", "maksimal"]
PRINTED, DAILY = "persen_jp_tercetak", "jp_per_hari"


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
    check: Check = {"total_jp": partial(read_number, "total_jp", low=0), "status": _read_status}
    return by_row(partial(_keeps, target=target), check, total_jp=total_jp, status=status)


def _read_status(value: Any) -> None:
    if not is_missing(value):
        require_choice("status", value, STATUS)


def _keeps(total_jp: pd.Series, status: pd.Series, *, target: float | None) -> pd.Series:
    least, most = np.full(len(STATUS) + 1, -np.inf), np.full(len(STATUS) + 1, np.inf)
    for name, bound, limit, role in jp_bounds():
        if role == "aturan":
            if bound == "minimal":
                least[STATUS.index(name)] = limit if target is None else target
            else:
                most[STATUS.index(name)] = limit
    jp, who = settle(numbers(total_jp, 0)), read_codes(status, STATUS)
    kept = (jp >= least[who]) & (jp <= most[who])
    return pd.Series(pd.arrays.BooleanArray(kept, np.isnan(jp) | (who < 0)))


def score_jp(
    kode: Any,
    *,
    jp: Any = None,
    hari: Any = None,
    kejadian: Any = None,
    internasional: Any = False,
    tabel: Mapping[Any, float] | None = None,
) -> Any:
    """Return the JP of a development event by the conversion of Peraturan LAN 10/2018.

    A JP printed on the certificate counts unchanged; abroad, functional, technical, managerial and socio-cultural
    training counts 20 per cent more. Without one, a day of a seminar or workshop has its number. What the law gives
    other forms could not be read in a source: `tabel` holds the agency's own.

    Parameters
    ----------
    kode : str, int or Series
        The form: any label or code that `read_jenis_kegiatan` knows.
    jp : float or Series, optional
        JP that the certificate states; 0 counts as not stated.
    hari, kejadian : float or Series, optional
        Days, and events.
    internasional : bool or Series, default False
        Whether it was held abroad or by a body from abroad.
    tabel : mapping, optional
        Form -> JP of one event, by a rule of the agency.

    Returns
    -------
    float, None or Series of float
        JP; missing where no rule gives any, never 0.

    Raises
    ------
    CallError
        An unknown form, a number below 0. In a Series these give missing.

    Examples
    --------
    >>> score_jp("Seminar", hari=2), score_jp(9, hari=2, internasional=True), score_jp(3, jp=40, internasional=True)
    (8.0, 12.0, 48.0)
    >>> score_jp("coaching", kejadian=3), score_jp("coaching", kejadian=3, tabel={"coaching": 2})
    (None, 6.0)
    """
    check: Check = {name: partial(read_number, name, low=0) for name in ("jp", "hari", "kejadian")}
    check |= {"kode": read_jenis_kegiatan, "internasional": partial(read_flag, "internasional")}
    own = np.full(len(JENIS_KEGIATAN) + 1, np.nan)
    for form, number in (tabel or {}).items():
        read_number("tabel", number, low=0)
        own[JENIS_KEGIATAN.index(read_jenis_kegiatan(form))] = number
    events = {"kode": kode, "jp": jp, "hari": hari, "kejadian": kejadian, "internasional": internasional}
    return by_row(partial(_convert, own=own), check, **events)


@cache
def _rates(basis: str, other: float) -> Floats:
    """Return JP per unit of the basis: rows at home, abroad, missing; columns the forms, and a last one for missing."""
    rates = np.full((3, len(JENIS_KEGIATAN) + 1), other)
    for row in read_rules("konversi_jp"):
        if row["dasar"] == basis:
            rates[:2, JENIS_KEGIATAN.index(row["jenis"])] = float(row["nasional"]), float(row["internasional"])
    rates[2], rates[:, -1] = np.nan, np.nan
    return rates


def _convert(
    kode: pd.Series, jp: pd.Series, hari: pd.Series, kejadian: pd.Series, internasional: pd.Series, *, own: Floats
) -> pd.Series:
    form = read_jenis_kegiatan(kode).cat.codes.to_numpy()
    abroad = flags(internasional)
    found = numbers(jp, 0) * _rates(PRINTED, 100.0)[abroad, form] / 100
    unreadable = jp.notna().to_numpy() & np.isnan(numbers(jp, 0))
    for amount, rates in ((hari, _rates(DAILY, np.nan)), (kejadian, np.vstack([own, own, own * np.nan]))):
        if amount.notna().any():
            many = numbers(amount, 0)
            found = np.where(found > 0, found, many * rates[abroad, form])
            unreadable |= amount.notna().to_numpy() & np.isnan(many)
    return pd.Series(np.where((found > 0) & ~unreadable, settle(found), np.nan))
