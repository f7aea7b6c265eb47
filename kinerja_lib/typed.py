"""Raw columns -> the types of the canonical tables, or an error that names table, column and row.

Columns of text are read as a file would write them; those that come with their type (Parquet) are checked as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from kinerja_lib.errors import DataError, list_values, nearest
from kinerja_lib.language import _
from kinerja_lib.schema import COVARIATE, TABLES, Column, Table
from kinerja_lib.vocabulary import PERIOD

Locate = Callable[[int], str]

TRUE, FALSE = ("ya", "true", "1"), ("tidak", "false", "0")
GROUPED = r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+"  # beside a decimal comma these dots may mark thousands
IDENTIFYING = 15  # digits from which a value may be a NIP or NIK that stands in the wrong column


def check_table(name: str, raw: pd.DataFrame, *, locate: Locate, comma: bool = False) -> pd.DataFrame:
    """Return the frame of text `raw` with the types of the canonical table `name`.

    Parameters
    ----------
    name : str
        Name of the table, a key of `TABLES`.
    raw : DataFrame
        Text in every cell; an empty text is a missing value. Not changed.
    locate : callable
        Row position (0-based) -> where that row stands, such as "penilaian.csv, baris 17".
    comma : bool
        Whether a decimal comma is allowed (files with semicolons, as an Indonesian Excel writes them).

    Returns
    -------
    DataFrame
        The known columns, in the order of the schema; columns that the file lacks are left out.

    Raises
    ------
    DataError
        A missing required column, an empty or unreadable required value, a value outside its levels or range,
        two rows with one key. The text names table, column, row, found, allowed.
    """
    table = TABLES[name]
    _require_columns(table, list(raw.columns), locate)
    typed = {}
    for column_name in _order(table, list(raw.columns)):
        column = table.column(column_name)
        if keeps_type(column, raw[column_name].dtype):
            typed[column_name] = _adopt(table, column, raw[column_name], locate)
            continue
        text = raw[column_name].astype("str").str.strip()
        text = text.mask(text == "")
        empty = column.required & text.isna()
        allowed = _("kolom ini wajib diisi")
        _refuse(table, column, text, empty, locate, found=_("nilai kosong"), allowed=allowed)
        typed[column_name] = _convert(table, column, text, locate, comma)
    frame = pd.DataFrame(typed)
    _require_unique(table, frame, locate)
    return frame


def known_columns(name: str, found: list[str]) -> list[str]:
    """Return those of the `found` columns that the canonical table `name` has."""
    return _order(TABLES[name], found)


def keeps_type(column: Column, dtype: Any) -> bool:
    """Tell whether a column comes with its type, so that it is checked as it is and not as text."""
    if column.kind in ("number", "integer"):
        return bool(pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype))
    if column.kind == "date":
        return bool(pd.api.types.is_datetime64_dtype(dtype))
    if column.kind == "boolean":
        return bool(pd.api.types.is_bool_dtype(dtype))
    return column.kind == "level" and isinstance(dtype, pd.CategoricalDtype) and {*dtype.categories} <= {*column.levels}


def _adopt(table: Table, column: Column, values: pd.Series, locate: Locate) -> pd.Series:
    """Return a column that came with its type, checked."""
    values = values.reset_index(drop=True)
    empty = values.isna() if column.required else pd.Series(data=False, index=values.index)
    _refuse(table, column, values, empty, locate, found=_("nilai kosong"), allowed=_("kolom ini wajib diisi"))
    if column.kind == "level":
        return values.astype(pd.CategoricalDtype(list(column.levels), ordered=True))
    if column.kind == "date":
        days: pd.Series = values.dt.normalize().astype("datetime64[us]")
        return days
    if column.kind == "boolean":
        return values.astype("boolean")
    numbers = pd.Series(values.to_numpy("float64", na_value=float("nan")))
    return _check_number(table, column, numbers, values, locate)


def _order(table: Table, found: list[str]) -> list[str]:
    own = [column.name for column in table.columns if column.name in found]
    return own + ([c for c in found if c.startswith(COVARIATE)] if table.covariates else [])


def _require_columns(table: Table, found: list[str], locate: Locate) -> None:
    names = [column.name for column in table.columns]
    twice = [name for name in dict.fromkeys(found) if found.count(name) > 1]
    missing = [c.name for c in table.columns if c.required and c.name not in found]
    if not missing and not twice:
        strange = [name for name in found if name not in _order(table, found)]
        _refuse_misspelt(table, strange, [name for name in names if name not in found], locate)
        return
    where = locate(-1)
    if any(_may_identify(name) for name in found):
        raise DataError(_("{where}: baris pertama harus nama kolom; di situ ada data.").format(where=where))
    if twice:
        raise DataError(_("{where}: kolom {name} ada dua kali; sisakan satu.").format(where=where, name=twice[0]))
    text = _("{where}: kolom {name} tidak ada; ditemukan: {found}. Tambahkan kolom itu pada tabel {table}.")
    found_text = list_values(found) or "-"
    raise DataError(
        text.format(where=where, name=list_values(missing), found=found_text, table=table.name)
        + nearest(missing[0], [name for name in found if name not in names])
    )


def _refuse_misspelt(table: Table, strange: list[str], free: list[str], locate: Locate) -> None:
    for name in strange:
        hint = nearest(name, free)
        if hint and not name.startswith(COVARIATE):
            text = _("{where}: kolom {name} tidak dikenal pada tabel {table}.")
            raise DataError(text.format(where=locate(-1), name=name, table=table.name) + hint)


def _convert(table: Table, column: Column, text: pd.Series, locate: Locate, comma: bool) -> pd.Series:
    if column.kind in ("id", "text"):
        return text
    if column.kind == "level":
        bad = text.notna() & ~text.isin(column.levels)
        _refuse(table, column, text, bad, locate, found=None, allowed=list_values(column.levels))
        return text.astype(pd.CategoricalDtype(list(column.levels), ordered=True))
    if column.kind == "period":
        bad = text.notna() & ~_each_distinct(text, _is_period)
        _refuse(table, column, text, bad, locate, found=None, allowed="2025, 2025-S1, 2025-T3, 2025-07")
        return text
    if column.kind == "date":
        dates = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
        _refuse(
            table,
            column,
            text,
            text.notna() & dates.isna(),
            locate,
            found=None,
            allowed=_("tanggal seperti 2025-07-31"),
        )
        return dates.astype("datetime64[us]")
    if column.kind == "boolean":
        low = text.str.lower()
        _refuse(table, column, text, text.notna() & ~low.isin([*TRUE, *FALSE]), locate, found=None, allowed="ya, tidak")
        return low.isin(TRUE).astype("boolean").mask(text.isna())
    return _convert_number(table, column, text, locate, comma)


def _convert_number(table: Table, column: Column, text: pd.Series, locate: Locate, comma: bool) -> pd.Series:
    plain = text.str.replace(",", ".", regex=False) if comma else text
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    bad = text.notna() & numbers.isna()
    if comma:
        bad |= text.str.fullmatch(GROUPED).fillna(value=False).astype(bool)
    _refuse(table, column, text, bad, locate, found=None, allowed=_number_words(column, comma))
    return _check_number(table, column, numbers, text, locate, comma=comma)


def _check_number(
    table: Table, column: Column, numbers: pd.Series, shown: pd.Series, locate: Locate, *, comma: bool = False
) -> pd.Series:
    """Return numbers that are finite, whole where they must be, and in range; `shown` holds them as written."""
    broken = numbers.abs().eq(float("inf"))
    if column.kind == "integer":
        broken |= numbers.notna() & (numbers % 1 != 0)
    _refuse(table, column, shown, broken, locate, found=None, allowed=_number_words(column, comma))
    low = numbers < (column.low if column.low is not None else -float("inf"))
    high = numbers > (column.high if column.high is not None else float("inf"))
    _refuse(table, column, shown, low | high, locate, found=None, allowed=_range(column))
    return numbers.astype("Int64") if column.kind == "integer" else numbers


def _number_words(column: Column, comma: bool) -> str:
    if column.kind == "integer":
        return _("bilangan bulat")
    if comma:
        return _("bilangan tanpa titik ribuan, seperti 1250 atau 88,46")
    return _("bilangan dengan titik desimal, seperti 88.46")


def _range(column: Column) -> str:
    if column.high is None:
        return _("paling sedikit {low}").format(low=f"{column.low:g}") if column.low is not None else ""
    return _("{low} sampai {high}").format(low=f"{column.low or 0:g}", high=f"{column.high:g}")


def _is_period(text: str) -> bool:
    found = PERIOD.fullmatch(text)
    return found is not None and not (found["kind"] == "S" and found["part"] > "2")


def _each_distinct(text: pd.Series, test: Callable[[str], bool]) -> pd.Series:
    """Apply `test` once to each distinct value (a column of periods has a handful of them)."""
    return text.map({value: test(value) for value in text.dropna().unique()}).fillna(value=True).astype(bool)


def _refuse(
    table: Table, column: Column, text: pd.Series, bad: pd.Series, locate: Locate, *, found: str | None, allowed: str
) -> None:
    if not bad.any():
        return
    position = int(bad.to_numpy().nonzero()[0][0])
    value = found if found is not None else _("ditemukan {value}").format(value=_shorten(column, text.iloc[position]))
    message = _("{where}, tabel {table}, kolom {column}: {found}; yang diizinkan: {allowed}.").format(
        where=locate(position), table=table.name, column=column.name, found=value, allowed=allowed
    )
    others = int(bad.sum()) - 1
    raise DataError(message + (" " + _("Ada {n} baris lain yang serupa.").format(n=others) if others else ""))


def _shorten(column: Column, value: object) -> str:
    """Return the value as shown in a message: short, and never an identifier or a name."""
    if column.kind == "id" or column.name == "nama" or _may_identify(value):
        return _("(nilai tidak ditampilkan)")
    shown = str(value)
    return repr(shown if len(shown) <= 40 else shown[:37] + "...")


def _may_identify(value: object) -> bool:
    return len(re.findall("[0-9]", str(value))) >= IDENTIFYING


def _require_unique(table: Table, frame: pd.DataFrame, locate: Locate) -> None:
    again = frame.duplicated(subset=table.key, keep="first")
    if not again.any():
        return
    position = int(again.to_numpy().nonzero()[0][0])
    same = (frame[table.key] == frame[table.key].iloc[position]).all(axis=1)
    first = int(same.to_numpy().nonzero()[0][0])
    text = _("{where}, tabel {table}: kunci {key} sama dengan {first}; satu kunci hanya boleh satu baris.")
    message = text.format(where=locate(position), table=table.name, key=" + ".join(table.key), first=locate(first))
    others = int(again.sum()) - 1
    raise DataError(message + (" " + _("Ada {n} baris lain yang serupa.").format(n=others) if others else ""))
