"""Dates that a rule sets: retirement, and the end of the time to improve. Dates only: what follows is for the head."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError
from kinerja_lib.language import _
from kinerja_lib.rules.predikat import read_predikat
from kinerja_lib.rules.rows import Check, Days, by_row, dates, days, name_labels, read_codes, read_date
from kinerja_lib.rules.tables import clean_label, look_up, read_rules
from kinerja_lib.vocabulary import PREDIKAT

NEVER = np.datetime64("NaT")


@cache
def _ages() -> dict[str, int]:
    return {row["jabatan"]: int(row["usia"]) for row in read_rules("bup")}


def pension_date(tanggal_lahir: Any, jabatan: Any) -> Any:
    """Return the day on which a civil servant retires: the first of the month after the birthday of the age limit.

    The age limit (BUP) is that of PP 11/2017, articles 239 and 240; of teachers and lecturers that of UU 14/2005. Who
    was born on 29 February has the birthday on 28 February. An export's own `tmtPensiun` goes before.

    Parameters
    ----------
    tanggal_lahir : date, str or Series
        Date of birth, a text as 1967-05-31.
    jabatan : str or Series
        jpt_utama, jpt_madya, jpt_pratama, administrator, pengawas, pelaksana; of a functional post the jenjang, such as
        "Ahli Madya"; guru, dosen, profesor.

    Returns
    -------
    date, None or Series of datetime64
        Missing stays missing.

    Raises
    ------
    CallError
        No date, an unknown post, or "fungsional" without its jenjang. In a Series these give missing.

    Examples
    --------
    >>> pension_date("1967-05-31", "pengawas"), pension_date("1964-02-29", "Ahli Madya")
    (datetime.date(2025, 6, 1), datetime.date(2024, 3, 1))
    """
    check: Check = {"tanggal_lahir": partial(read_date, "tanggal_lahir"), "jabatan": _read_post}
    return by_row(_retire, check, tanggal_lahir=tanggal_lahir, jabatan=jabatan)


def _read_post(value: Any) -> None:
    if clean_label(value) == "FUNGSIONAL":
        text = _(
            "jabatan: ditemukan {found}; usia pensiun jabatan fungsional menurut jenjang. Sebutkan, seperti Ahli Muda."
        )
        raise CallError(text.format(found=repr(value)))
    look_up("jabatan", value, name_labels(tuple(_ages())), tuple(_ages()))


def _retire(tanggal_lahir: pd.Series, jabatan: pd.Series) -> pd.Series:
    names = tuple(_ages())
    post = read_codes(jabatan, names, name_labels(names))
    born = days(tanggal_lahir).astype("datetime64[M]")
    last = born + np.array([*(12 * age for age in _ages().values()), 0], dtype="timedelta64[M]")[post]
    return dates(np.where(post < 0, NEVER, last + np.timedelta64(1, "M")))


@cache
def _months() -> Any:
    """Return the months to improve for each predikat; -1 where none are set."""
    rows = {row["predikat"]: int(row["bulan"]) for row in read_rules("masa_perbaikan")}
    return np.array([*(rows.get(name, -1) for name in PREDIKAT), -1])


def improvement_deadline(tanggal_penetapan: Any, predikat: Any) -> Any:
    """Return the day up to which someone whose predikat is Kurang or Sangat Kurang has time to improve.

    Six months after the predikat was set (PP 30/2019, articles 57 and 58); where that month has no such day, its last.

    Parameters
    ----------
    tanggal_penetapan : date, str or Series
        When the predikat was set.
    predikat : str or Series
        Any label that `read_predikat` knows.

    Returns
    -------
    date, None or Series of datetime64
        Missing where nobody has to improve, and where either is missing.

    Raises
    ------
    CallError
        No date, or an unknown label. In a Series these give missing.

    Examples
    --------
    >>> improvement_deadline("2025-08-31", "Kurang"), improvement_deadline("2025-08-31", "Baik")
    (datetime.date(2026, 2, 28), None)
    """
    check: Check = {"tanggal_penetapan": partial(read_date, "tanggal_penetapan"), "predikat": read_predikat}
    return by_row(_add_months, check, tanggal_penetapan=tanggal_penetapan, predikat=predikat)


def _add_months(tanggal_penetapan: pd.Series, predikat: pd.Series) -> pd.Series:
    set_on = days(tanggal_penetapan)
    months = _months()[read_predikat(predikat).cat.codes.to_numpy()]
    month = set_on.astype("datetime64[M]")
    target = month + months.astype("timedelta64[M]")
    day = set_on - month.astype("datetime64[D]")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    found: Days = np.minimum(target.astype("datetime64[D]") + day, last)
    return dates(np.where(months < 0, NEVER, found))
