"""What every estimator asks of its input: columns that are there, rows without gaps, groups enough.

Each function returns new objects and raises an error that names argument, found and the way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, nearest
from kinerja_lib.language import _

if TYPE_CHECKING:
    from formulaic import Formula

Names = str | Sequence[str] | None

ANSI = re.compile(r"\x1b\[[0-9;]*m|[⧛⧚]")  # the formula parser colours its messages
TINY = 1e-9  # a column whose part not explained by the columns before it is below this share is collinear


def as_names(names: Names) -> list[str]:
    """Return one name, several or none as a list without repeats."""
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(dict.fromkeys(names))


def require_frame(data: object) -> pd.DataFrame:
    """Return `data` if it is a frame with rows."""
    if not isinstance(data, pd.DataFrame):
        message = _("data: ditemukan {found}; yang diizinkan: tabel pandas (DataFrame).")
        raise CallError(message.format(found=type(data).__name__))
    if data.empty:
        raise DataError(_("data: tabel tidak berisi baris. Periksa penyaringan sebelumnya."))
    if not data.columns.is_unique:
        twice = list_values(data.columns[data.columns.duplicated()])
        raise DataError(_("data: kolom {name} ada dua kali; sisakan satu.").format(name=twice))
    return data


def require_columns(data: pd.DataFrame, argument: str, names: Iterable[str]) -> None:
    """Raise a `CallError` that names the first column which `data` lacks, with the nearest name."""
    for name in names:
        if name not in data.columns:
            message = _("{argument}: kolom {name} tidak ada; ditemukan: {found}.")
            found = list_values(data.columns)
            raise CallError(message.format(argument=argument, name=name, found=found) + nearest(name, data.columns))


def parse_formula(formula: object) -> Formula:
    """Return the parsed formula; one outcome on the left, terms on the right, no second part."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    example = _("Tulis seperti: nilai ~ coaching + masa_kerja.")
    if not isinstance(formula, str):
        message = _("formula: ditemukan {found}; yang diizinkan: teks.").format(found=type(formula).__name__)
        raise CallError(message + " " + example)
    try:
        parsed = Formula(formula)
    except FormulaicError as error:
        why = ANSI.sub("", str(error)).splitlines()[0]
        message = _("formula: {formula} tidak dapat dibaca ({why}).").format(formula=repr(formula), why=why)
        raise CallError(message + " " + example) from None
    if not hasattr(parsed, "lhs"):
        message = _("formula: {formula} tidak punya sisi kiri (hasil yang dijelaskan).").format(formula=repr(formula))
        raise CallError(message + " " + example)
    if isinstance(parsed.rhs, tuple):
        message = _("formula: {formula} memakai tanda |; sebutkan efek yang diserap dalam argumen absorb.")
        raise CallError(message.format(formula=repr(formula)))
    return parsed


def plain_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame without gaps, in the types that the model libraries compute with.

    Nullable and small types become int64, float64 and bool: an int8 column squared would overflow.
    """
    plain = frame.copy()
    for name in plain.columns:
        dtype = plain[name].dtype
        if isinstance(dtype, pd.CategoricalDtype):
            plain[name] = plain[name].cat.remove_unused_categories()
        elif pd.api.types.is_bool_dtype(dtype):
            plain[name] = plain[name].astype("bool")
        elif pd.api.types.is_integer_dtype(dtype):
            plain[name] = plain[name].astype("int64")
        elif pd.api.types.is_float_dtype(dtype):
            plain[name] = plain[name].astype("float64")
    return plain


def complete_rows(data: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows that have a value in each of `columns`, and how many were left out and why."""
    frame = data[list(dict.fromkeys(columns))].reset_index(drop=True)
    missing = frame.isna()
    gaps = [str(name) for name in frame.columns if missing[name].any()]
    whole = plain_types(frame.loc[~missing.any(axis=1)].reset_index(drop=True))
    if whole.empty:
        message = _("data: tidak ada baris yang lengkap; nilai kosong ada pada {columns}. Isi atau lepas kolom itu.")
        raise DataError(message.format(columns=list_values(gaps)))
    for name in whole.columns[whole.dtypes == "float64"]:
        if bool(np.isinf(whole[name].to_numpy()).any()):
            message = _("kolom {name}: berisi nilai tak hingga. Ganti dengan bilangan atau kosongkan.")
            raise DataError(message.format(name=name))
    count = len(frame) - len(whole)
    reason = _("baris dengan nilai kosong pada {columns}").format(columns=list_values(gaps))
    return whole, ({reason: count} if count else {})


def require_numeric(values: pd.Series, argument: str) -> np.ndarray:
    """Return the outcome as float64; text and constant outcomes are refused."""
    if not (pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype)):
        message = _("{argument}: kolom {name} bukan bilangan. Ubah menjadi bilangan, atau pilih kolom lain.")
        raise DataError(message.format(argument=argument, name=values.name))
    numbers = values.to_numpy(dtype="float64")
    if bool((numbers == numbers[0]).all()):
        message = _("{argument}: kolom {name} tidak bervariasi; semua {n} baris bernilai {value}.")
        raise DataError(message.format(argument=argument, name=values.name, n=len(numbers), value=f"{numbers[0]:g}"))
    return numbers


def cluster_codes(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return integer codes of the clusters, a column per name; at least two clusters each."""
    if len(names) > 2:
        message = _("cluster: ditemukan {n} kolom ({found}); paling banyak dua.")
        raise CallError(message.format(n=len(names), found=list_values(names)))
    codes = np.column_stack([level_codes(frame, name) for name in names])
    for name, column in zip(names, codes.T, strict=True):
        if column.max() < 1:
            message = _("cluster: kolom {name} hanya berisi satu gugus; diperlukan paling sedikit dua.")
            raise DataError(message.format(name=name))
    return codes


def level_codes(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return the level of each row as an integer, in the order of appearance."""
    return pd.factorize(frame[name].astype("str"))[0]


def independent_columns(matrix: np.ndarray) -> list[int]:
    """Return the positions of the columns that are no combination of the columns before them."""
    kept: list[int] = []
    basis = np.empty((matrix.shape[0], 0))
    for position, column in enumerate(matrix.T):
        length = float(np.linalg.norm(column))
        if length == 0:
            continue
        rest = column / length
        for _twice in range(2):  # once more, against rounding
            rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > TINY:
            kept.append(position)
            basis = np.column_stack([basis, rest / size])
    return kept
