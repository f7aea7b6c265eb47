"""How a rule is applied to scalars and to Series alike: one computation over columns; a scalar is a column of one row.

A scalar that cannot be read is refused; in a Series what cannot be read is missing. Missing stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.language import _
from kinerja_lib.rules.tables import clean_label, look_up, read_rules

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]
Days = npt.NDArray[np.datetime64]
Check = dict[str, Callable[[Any], object]]  # for each argument what refuses a scalar that cannot be read

DECIMALS = 9  # decimals that decide on a bound; what is beyond is the noise of binary fractions


def by_row(score: Callable[..., Any], check: Check, **arguments: Any) -> Any:
    """Return what `score` makes of the arguments: of Series a Series or frame, of scalars a plain value or a dict.

    Parameters
    ----------
    score : callable
        Series of one length, by name -> Series or DataFrame of that length.
    check : Check
        One for each argument.
    **arguments : scalar or Series
        Where one is a Series, a scalar stands for every row.
    """
    for name, value in arguments.items():
        if not isinstance(value, pd.Series):
            check[name](value)
    aligned = align(**arguments)
    if aligned is not None:
        series, index = aligned
        return score(**series).set_axis(index)
    found = score(**{name: pd.Series([value], dtype="object") for name, value in arguments.items()})
    if isinstance(found, pd.DataFrame):
        return {name: _plain(found[name].iloc[0]) for name in found}
    return _plain(found.iloc[0])


def _plain(value: Any) -> Any:
    """Return a value of a column as plain Python; None where missing."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if isinstance(value, np.generic) else value


def align(**arguments: object) -> tuple[dict[str, pd.Series], pd.Index] | None:
    """Return all arguments as Series of one length and their index, or None where none is a Series.

    Rows are matched by position; the index is that of the first Series. A scalar stands for every row.
    """
    series = {name: value for name, value in arguments.items() if isinstance(value, pd.Series)}
    if not series:
        return None
    lengths = {name: len(value) for name, value in series.items()}
    if len(set(lengths.values())) > 1:
        found = list_values(f"{name} {length}" for name, length in lengths.items())
        raise CallError(_("panjang Series berbeda: {found}; yang diizinkan: sama panjang.").format(found=found))
    index = next(iter(series.values())).index
    filled = {
        name: value.set_axis(index) if isinstance(value, pd.Series) else _spread(value, index)
        for name, value in arguments.items()
    }
    return filled, index


def _spread(value: object, index: pd.Index) -> pd.Series:
    """Return a scalar as a column; a text as a category, which costs a byte a row."""
    if isinstance(value, str):
        dtype = pd.CategoricalDtype([value])
        return pd.Series(pd.Categorical.from_codes(np.zeros(len(index), dtype=np.int8), dtype=dtype), index=index)
    return pd.Series(np.nan if is_missing(value) else value, index=index)


def is_missing(value: object) -> bool:
    """Tell whether a scalar is missing: None, NaN, NA, NaT or a blank text."""
    return value is pd.NaT or clean_label(value) is None


# ------------------------------------------------------------------------------------------- numbers and flags


def read_number(argument: str, value: Any, *, low: float, high: float = np.inf, whole: bool = False) -> None:
    """Refuse a scalar that is neither missing nor a number from `low` to `high`."""
    if is_missing(value):
        return
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))
    if number and np.isfinite(value) and low <= value <= high and not (whole and value % 1):
        return
    kind = _("bilangan bulat") if whole else _("bilangan")
    if np.isinf(high):
        allowed = kind if np.isinf(low) else _("{kind}, paling sedikit {low}").format(kind=kind, low=f"{low:g}")
    else:
        allowed = _("{kind} dari {low} sampai {high}").format(kind=kind, low=f"{low:g}", high=f"{high:g}")
    message = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
    raise CallError(message.format(argument=argument, found=repr(value), allowed=allowed))


def numbers(values: pd.Series, low: float = -np.inf, high: float = np.inf) -> Floats:
    """Return a column as floats; NaN for what is no number, infinite, or outside `low` to `high`."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("object")
    found: Floats = pd.to_numeric(values, errors="coerce").to_numpy("float64", na_value=np.nan)
    good = np.isfinite(found) & (found >= low) & (found <= high)
    return found if good.all() else np.where(good, found, np.nan)


def settle(values: Floats) -> Floats:
    """Return numbers without the noise of binary fractions, so that one which is exactly at a bound stands there."""
    return np.round(values, DECIMALS)


def read_flag(argument: str, value: Any) -> None:
    """Refuse a scalar that is neither missing nor True or False."""
    if not is_missing(value) and _flag(value) < 0:
        message = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
        raise CallError(message.format(argument=argument, found=repr(value), allowed="True, False"))


def flags(values: pd.Series) -> Codes:
    """Return a column of True and False as 1 and 0; -1 where missing or unknown."""
    if values.dtype == "bool":
        return values.to_numpy().astype("int8")
    codes, distinct = pd.factorize(values)
    return np.array([*(_flag(value) for value in distinct), -1], dtype="int8")[codes]


def _flag(value: Hashable) -> int:
    return {True: 1, False: 0}.get(value, -1)  # type: ignore[call-overload,no-any-return]


# ------------------------------------------------------------------------------------------------------- levels


def name_labels(names: Sequence[str]) -> dict[str, str]:
    """Return how names of a table are looked up: cleaned, with underscores or spaces."""
    return {str(clean_label(text)): name for name in names for text in (name, name.replace("_", " "))}


def read_codes(values: pd.Series, levels: tuple[str, ...], labels: dict[str, str] | None = None) -> Codes:
    """Return for each row the place of its label among `levels`; -1 where missing or unknown."""
    codes: Codes = look_up("", values, labels or {}, levels).cat.codes.to_numpy()
    return codes


def category(codes: Codes, levels: Sequence[str], *, ordered: bool = True) -> pd.Series:
    """Return places among `levels` as a category; -1 is missing."""
    dtype = pd.CategoricalDtype(list(levels), ordered=ordered)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))


# -------------------------------------------------------------------------------------------------------- bands


@cache
def band_rows(scale: str) -> tuple[dict[str, str], ...]:
    """Return the bands of a scale of `pita_nilai`, lowest first."""
    return tuple(row for row in read_rules("pita_nilai") if row["skala"] == scale)


def band_range(scale: str) -> tuple[float, float]:
    """Return the least and the greatest number of a scale."""
    rows = band_rows(scale)
    return float(rows[0]["mulai"]), float(rows[-1]["sampai"] or "inf")


def find_band(scale: str, values: Floats) -> Codes:
    """Return for each number the place of its band among the rows of the scale; -1 where missing."""
    rows = band_rows(scale)
    bounds = [float(row["mulai"]) for row in rows[1:]]
    side = "right" if rows[0]["termasuk"] == "mulai" else "left"
    codes = np.searchsorted(bounds, settle(values), side=side).astype("int8")  # type: ignore[call-overload]
    return np.where(np.isnan(values), np.int8(-1), codes)


# -------------------------------------------------------------------------------------------------------- dates


def read_date(argument: str, value: Any) -> None:
    """Refuse a scalar that is neither missing nor a date."""
    if not is_missing(value) and np.isnat(days(pd.Series([value], dtype="object"))[0]):
        message = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
        allowed = _("tanggal seperti 2025-07-31")
        raise CallError(message.format(argument=argument, found=repr(value), allowed=allowed))


def days(values: pd.Series) -> Days:
    """Return a column of dates, or of texts such as 2025-07-31, as days; NaT for anything else."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy("datetime64[D]")
    codes, distinct = pd.factorize(values)
    readable = [value if isinstance(value, (str, date, np.datetime64)) else None for value in distinct]
    parsed = pd.to_datetime(pd.Series([*readable, None], dtype="object"), errors="coerce", format="%Y-%m-%d")
    return parsed.to_numpy("datetime64[D]")[codes]


def dates(found: Days) -> pd.Series:
    """Return days as a column of dates."""
    return pd.Series(found.astype("datetime64[us]"))
