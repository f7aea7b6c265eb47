"""NIP and NI PPPK: what the 18 digits say, and what is wrong with them.

A number has no check digit: one wrong digit inside a field goes unseen. The rule that adds 40 to a woman's day of birth
is that of the NIK, never of the NIP. Nothing is repaired: what is not a NIP is named and left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kinerja_lib.rules.tables import read_rules
from kinerja_lib.vocabulary import JENIS_KELAMIN, STATUS

COLUMNS = ("text", "birth_date", "tmt", "sex", "sequence", "status", "faults", "warnings")
FAULTS = (
    "nip_empty",
    "nip_number",
    "nip_exponent",
    "nip_digits",
    "nip_length",
    "nip_date",
    "nip_month",
    "nip_sex",
    "nip_sequence",
)
APOSTROPHE = "'"
EXPONENT = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+")
DIGITS = re.compile(r"[0-9]+")
SHAPE = "[0-9]{{{}}}"
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Nip:
    """What a NIP (PNS) or NI PPPK says; None where its digits cannot say it.

    Attributes
    ----------
    text : str
        The value without a leading ``'`` and without spaces; nothing else is ever removed.
    birth_date : date or None
        Digits 1-8.
    tmt : date or None
        PNS: digits 9-14, first of the month of appointment. PPPK: digits 9-12, the year alone, as its 1 January.
    sex : str or None
        Digit 15: L or P.
    sequence : int or None
        Digits 16-18, from 1.
    status : str or None
        PNS where digits 13-14 are a month, PPPK from 21 on.
    faults : tuple of str
        Names of the rules broken, of `FAULTS`; empty for a sound number.
    warnings : tuple of str
        `nip_age`: a PNS appointed under 18 or over 40.
    removed : tuple of str
        What stood in the value besides: ``apostrophe``, ``space``.
    """

    text: str
    birth_date: date | None = None
    tmt: date | None = None
    sex: str | None = None
    sequence: int | None = None
    status: str | None = None
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@overload
def parse_nip(text: pd.Series) -> pd.DataFrame: ...
@overload
def parse_nip(text: str | None) -> Nip: ...
@overload
def parse_nip(text: object) -> Any: ...
def parse_nip(text: Any) -> Any:
    """Return what a NIP or NI PPPK says, with the names of the rules that it breaks.

    A leading ``'`` (SIASN exports carry it) and spaces (the printed form has them) are removed, and nothing else.
    A number instead of text is refused: a spreadsheet has lost its last digits.

    Parameters
    ----------
    text : str or Series
        The value as the export holds it. Missing is `nip_empty`.

    Returns
    -------
    Nip or DataFrame
        For a Series a frame with its index and the columns `text, birth_date, tmt` (dates), `sex, sequence, status`,
        `faults, warnings` (names of rules joined by a space; empty text where there are none).

    Examples
    --------
    >>> nip = parse_nip("'19790218 201201 2 001")
    >>> nip.birth_date, nip.tmt, nip.sex, nip.status, nip.faults
    (datetime.date(1979, 2, 18), datetime.date(2012, 1, 1), 'P', 'PNS', ())
    >>> parse_nip("1,97902E+17").faults, parse_nip("197902302012151001").faults
    (('nip_exponent',), ('nip_date', 'nip_month'))
    """
    if isinstance(text, pd.Series):
        return _parse_series(text)
    return _parse_one(text)


def clean_nip(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without a leading ``'`` and without spaces, and the names of what was removed.

    Examples
    --------
    >>> clean_nip("'1979 0218")
    ('19790218', ('apostrophe', 'space'))
    """
    bare = "".join(text.split())
    spaces = ("space",) if len(bare) < len(text) else ()
    if bare.startswith(APOSTROPHE):
        return bare.removeprefix(APOSTROPHE), ("apostrophe", *spaces)
    return bare, spaces


def _parse_one(value: object) -> Nip:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return Nip("", faults=("nip_empty",))
    if not isinstance(value, str):
        return Nip("", faults=("nip_number",))
    text, removed = clean_nip(value)
    fault = _shape_fault(text)
    if fault:
        return Nip(text, faults=(fault,), removed=removed)
    row = _parse_numbers(np.array([int(text)], dtype=np.int64)).iloc[0]
    birth, tmt = (None if pd.isna(row[name]) else row[name].date() for name in ("birth_date", "tmt"))
    sex, sequence, status = (None if pd.isna(row[name]) else row[name] for name in ("sex", "sequence", "status"))
    faults, warnings = (tuple(str(row[name]).split()) for name in ("faults", "warnings"))
    number = None if sequence is None else int(sequence)
    return Nip(text, birth, tmt, sex, number, status, faults, warnings, removed)


def _shape_fault(text: str) -> str:
    """Return the rule that a cleaned text breaks before its fields can be read, or nothing."""
    if not text:
        return "nip_empty"
    if EXPONENT.fullmatch(text):
        return "nip_exponent"
    if not DIGITS.fullmatch(text):
        return "nip_digits"
    return "" if len(text) == _bounds("panjang")[0] else "nip_length"


@cache
def _bounds(part: str, status: str = "") -> tuple[int, int]:
    """Return the least and the greatest value of a part of the number."""
    for row in read_rules("nip"):
        if row["bagian"] == part and row["status"] == status:
            return int(row["minimal"]), int(row["maksimal"])
    raise KeyError(part)


@cache
def _places(part: str) -> tuple[int, int]:
    """Return first and last digit, from 1, of a part of the number."""
    row = next(row for row in read_rules("nip") if row["bagian"] == part)
    return int(row["dari"]), int(row["sampai"])


def _field(numbers: Ints, part: str) -> Ints:
    first, last = _places(part)
    length = _places("panjang")[1]
    return np.asarray(numbers // 10 ** (length - last) % 10 ** (last - first + 1))


def _within(values: Ints, part: str, status: str = "") -> Flags:
    low, high = _bounds(part, status)
    return np.asarray((values >= low) & (values <= high))


def _parse_numbers(numbers: Ints) -> pd.DataFrame:
    """Return the fields, faults and warnings of numbers of 18 digits."""
    birth = {part: _field(numbers, part) for part in ("tahun_lahir", "bulan_lahir", "hari_lahir")}
    known = np.logical_and.reduce([_within(values, part) for part, values in birth.items()])
    first, second, third = birth.values()
    born = _find_day("tahun_lahir", first, second, third, known=known)
    year, month = _field(numbers, "tahun_tmt"), _field(numbers, "bulan_tmt")
    pns, pppk = _within(month, "bulan_tmt", "PNS"), _within(month, "frekuensi", "PPPK")
    dated = _within(year, "tahun_tmt") & (pns | pppk)
    tmt = _find_day("tahun_tmt", year, np.where(pns, month, 1), np.ones_like(year), known=dated)
    real = ~np.isnat(born)
    sequence = _field(numbers, "urutan")
    counted = _within(sequence, "urutan")
    sex = _sex_codes(_field(numbers, "jenis_kelamin"))
    status = np.select([pns, pppk], [STATUS.index("PNS"), STATUS.index("PPPK")], -1)
    # Whole years from birth to the first of a month.
    age = ((year - first) * 12 + month - second - (third > 1)) // 12
    aged = real & dated & pns & ~_within(age, "usia_cpns", "PNS")
    faults = {"nip_date": ~real, "nip_month": ~dated, "nip_sex": sex < 0, "nip_sequence": ~counted}
    return pd.DataFrame(
        {
            "birth_date": born,
            "tmt": tmt,
            "sex": pd.Categorical.from_codes(sex, dtype=pd.CategoricalDtype(list(JENIS_KELAMIN))),
            "sequence": pd.arrays.IntegerArray(sequence, ~counted),
            "status": pd.Categorical.from_codes(status, dtype=pd.CategoricalDtype(list(STATUS))),
            "faults": _join(faults),
            "warnings": _join({"nip_age": aged}),
        }
    )


@cache
def _calendar(part: str) -> tuple[Days, Ints]:
    """Return the first day and the length of each month of the years that a part of the number can hold."""
    low, high = _bounds(part)
    months = np.arange(f"{low}-01", f"{high + 1}-02", dtype="datetime64[M]").astype("datetime64[D]")
    return months[:-1].astype("datetime64[us]"), np.diff(months).astype(np.int64)


def _find_day(part: str, year: Ints, month: Ints, day: Ints, *, known: Flags) -> Days:
    """Return the days of the calendar; NaT where not known, or where it has no such day."""
    firsts, lengths = _calendar(part)
    at = np.where(known, (year - _bounds(part)[0]) * 12 + month - 1, 0)
    found = firsts[at] + (day - 1) * np.timedelta64(86_400_000_000, "us")
    found[~known | (day > lengths[at])] = np.datetime64("NaT")
    return found


def _sex_codes(digits: Ints) -> Ints:
    """Return places in the vocabulary's JENIS_KELAMIN; -1 for a digit that stands for none."""
    codes = np.full(10, -1, dtype=np.int64)
    for row in read_rules("nip"):
        if row["bagian"] == "jenis_kelamin":
            codes[int(row["minimal"])] = JENIS_KELAMIN.index(row["nilai"])
    return codes[digits]


def _join(broken: dict[str, Flags]) -> Any:
    """Return the names of the rules broken on each row, joined by a space, as a category."""
    names = list(broken)
    code = np.zeros(len(broken[names[0]]), dtype=np.int64)
    for place, flags in enumerate(broken.values()):
        code += flags.astype(np.int64) << place
    texts = [" ".join(n for place, n in enumerate(names) if number >> place & 1) for number in range(1 << len(names))]
    return pd.Categorical.from_codes(code, dtype=pd.CategoricalDtype(texts))


def _parse_series(values: pd.Series) -> pd.DataFrame:
    """Parse what is 18 digits as numbers; of the rest each distinct value once."""
    if values.dtype != "str":
        return _parse_odd(values)
    sound = values.str.fullmatch(SHAPE.format(_bounds("panjang")[0])).fillna(value=False).to_numpy(dtype=bool)
    frame = _parse_numbers(_whole_numbers(values[sound]))
    frame.insert(0, "text", values[sound].array)
    if not sound.all():
        odd = _parse_odd(values[~sound])
        for name in ("faults", "warnings"):
            both = pd.CategoricalDtype(frame[name].cat.categories.union(odd[name].cat.categories))
            frame[name], odd[name] = frame[name].astype(both), odd[name].astype(both)
        frame = pd.concat([frame, odd], ignore_index=True)
        frame = frame.take(np.argsort(np.concatenate([np.flatnonzero(sound), np.flatnonzero(~sound)])))
    return frame.set_axis(values.index)


def _whole_numbers(values: pd.Series) -> Ints:
    """Return texts of digits as numbers."""
    found: Ints = pa.array(values, type=pa.large_string()).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return found


def _parse_odd(values: pd.Series) -> pd.DataFrame:
    """Parse each distinct value once, and give every row what its value says."""
    codes, distinct = pd.factorize(values)
    parsed = _parse_distinct(pd.Series(distinct, dtype=None if len(distinct) else "str"))
    empty = parsed.iloc[:0].reindex([0]).assign(text="", faults="nip_empty", warnings="")
    both = pd.concat([parsed, empty], ignore_index=True)
    both = both.astype({"faults": "category", "warnings": "category"})
    return both.take(np.where(codes < 0, len(parsed), codes)).set_axis(values.index)


def _parse_distinct(values: pd.Series) -> pd.DataFrame:
    """Return a frame of `COLUMNS`, a row for each of the values; faults and warnings as text."""
    written = np.ones(len(values), dtype=bool)
    if values.dtype != "str":
        written = values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    text = values.where(written, "").astype("str")
    shape = SHAPE.format(_bounds("panjang")[0])
    bare = text.str.fullmatch(shape)
    text = text.where(bare, text[~bare].map(lambda value: clean_nip(value)[0]))
    whole = text.str.fullmatch(shape).to_numpy(dtype=bool)
    frame = _parse_numbers(_whole_numbers(text[whole])).set_axis(np.flatnonzero(whole))
    frame = frame.astype({"faults": "str", "warnings": "str"}).reindex(range(len(values)))
    faults = [_shape_fault(text.iloc[at]) if written[at] else "nip_number" for at in np.flatnonzero(~whole)]
    frame.loc[~whole, "faults"] = faults
    frame.loc[~whole, "warnings"] = ""
    return frame.assign(text=text.to_numpy())[list(COLUMNS)].astype({"text": "str"})
