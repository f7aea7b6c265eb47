"""What every estimator asks of its input: columns that are there, rows without gaps, groups enough.

Each function returns new objects and raises an error that names argument, found and the way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, nearest
from kinerja_lib.language import _

if TYPE_CHECKING:
    from formulaic import Formula, ModelSpec

Names = str | Sequence[str] | None

ANSI = re.compile(r"\x1b\[[0-9;]*m|[⧛⧚]")  # the formula parser colours its messages
NUMBER = re.compile(r"[0-9.]+")
INTERCEPT = "Intercept"
TINY = 1e-9  # a column whose part not explained by the columns before it is below this share is collinear


def as_names(names: Names) -> list[str]:
    """Return one name, several or none as a list without repeats."""
    if names is None:
        return []
    if isinstance(names, str):
        return [names]
    found = list(names) if isinstance(names, Iterable) else [names]
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in found):
        message = _("data: ditemukan {found} sebagai nama kolom; yang diizinkan: teks, atau daftar teks.")
        raise CallError(message.format(found=repr(names)))
    return list(dict.fromkeys(found))


def quote_names(names: Iterable[str]) -> str:
    """Return columns as the sum that a formula reads; one whose name it would take for a number is refused."""
    wrong = [name for name in names if NUMBER.fullmatch(name) or name == INTERCEPT or "`" in name]
    if wrong:
        message = _("kolom {name}: nama ini tidak dapat dibaca dalam formula; ganti nama kolomnya lebih dahulu.")
        raise CallError(message.format(name=repr(wrong[0])))
    return " + ".join(f"`{name}`" for name in names)


def as_label(level: object) -> str:
    """Return a level as text; 1.0 is "1"."""
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)


def sort_levels(values: pd.Series) -> list[Any]:
    """Return the levels of a column: as declared, else sorted, numbers before text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return list(values.cat.categories)
    return sorted(values.unique(), key=lambda level: (isinstance(level, str), level))


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
        elif dtype == "object" and plain[name].map(lambda value: isinstance(value, Number)).all():
            plain[name] = pd.to_numeric(plain[name].astype("float64"))
        elif pd.api.types.is_string_dtype(dtype):
            plain[name] = plain[name].astype("str")
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


def expand_formula(whole: pd.DataFrame, formula: Formula) -> tuple[pd.Series, pd.DataFrame, np.ndarray, ModelSpec]:
    """Return outcome, terms, the positions of the rows where both could be computed, and what expands other rows."""
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):
            matrices = formula.get_model_matrix(whole, context={}, na_action="ignore")
    except (FormulaicError, TypeError, ValueError) as error:
        why = ANSI.sub("", str(error)).splitlines()[0]
        raise CallError(_("formula: tidak dapat dihitung ({why}).").format(why=why)) from None
    left, right = pd.DataFrame(matrices.lhs), pd.DataFrame(matrices.rhs)
    if left.shape[1] != 1:
        message = _("formula: sisi kiri menjadi {n} kolom ({found}); hasil harus satu kolom bilangan.")
        raise CallError(message.format(n=left.shape[1], found=list_values(left.columns)))
    both = pd.concat([left, right], axis=1).to_numpy(dtype="float64")
    infinite = np.isinf(both).any(axis=0)
    if infinite.any():
        name = [*left.columns, *right.columns][int(infinite.nonzero()[0][0])]
        raise DataError(_("formula: suku {name} menjadi tak hingga (log dari nol?).").format(name=name))
    rows = (~np.isnan(both).any(axis=1)).nonzero()[0]
    if len(rows) == 0:
        raise DataError(_("formula: tidak ada baris yang semua sukunya dapat dihitung."))
    left, right = left.iloc[rows].reset_index(drop=True), right.iloc[rows].reset_index(drop=True)
    return left.iloc[:, 0], right, rows, matrices.rhs.model_spec


def formula_columns(data: pd.DataFrame, formula: Formula) -> list[str]:
    """Return the columns that a formula names, and the names that it takes for columns but `data` lacks.

    The parser misses columns inside scale(), center() or bs(), and cuts a name in back quotes at its dot.
    """
    factors = {factor.expr for side in (formula.lhs, formula.rhs) for term in side for factor in term.factors}
    text = re.sub(r"\"[^\"]*\"|'[^']*'", "", " ".join(sorted(factors)))
    own = [name for name in data.columns if isinstance(name, str) and not NUMBER.fullmatch(name)]
    names = {name for name in own if re.search(rf"(?<![\w.]){re.escape(str(name))}(?!\w|\.|\s*\(|\s*=(?!=))", text)}
    asked = {str(name) for name in formula.required_variables}
    cut = {name for name in asked if name not in data.columns and any(found.startswith(f"{name}.") for found in names)}
    return sorted(names | (asked - cut))


def read_rows(data: object, **columns: Names) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows with a value in every column that an argument names, and how many were left out and why."""
    frame = require_frame(data)
    named = {argument: as_names(names) for argument, names in columns.items()}
    for argument, names in named.items():
        require_columns(frame, argument, names)
    return complete_rows(frame, [name for names in named.values() for name in names])


@dataclass(frozen=True, slots=True)
class Terms:
    """A formula computed: outcome (n), independent terms (n by K), their rows of the frame, what was left out."""

    outcome: pd.Series
    columns: pd.DataFrame
    whole: pd.DataFrame
    spec: ModelSpec
    dropped: dict[str, int]


def compute_terms(whole: pd.DataFrame, formula: Formula, dropped: dict[str, int]) -> Terms:
    """Return the outcome and all terms, of the rows where they can be computed."""
    outcome, columns, rows, spec = expand_formula(whole, formula)
    dropped = dropped | count_incomputable(len(whole) - len(rows))
    return Terms(outcome, columns, whole.iloc[rows].reset_index(drop=True), spec, dropped)


def expand_terms(whole: pd.DataFrame, formula: Formula, dropped: dict[str, int], *, constant: bool = False) -> Terms:
    """Return the terms that are independent; with `constant`, of each other and of a constant that is left out."""
    terms = compute_terms(whole, formula, dropped)
    every = terms.columns.drop(columns="Intercept", errors="ignore") if constant else terms.columns
    columns, lost = keep_independent(every, constant=constant)
    if not constant:
        require_terms(columns)
    require_rows(*columns.shape)
    return replace(terms, columns=columns, dropped=terms.dropped | lost)


def count_incomputable(count: int) -> dict[str, int]:
    """Return the reason for which rows with a term that cannot be computed are left out, with their count."""
    return {_("baris yang sukunya tidak dapat dihitung"): count} if count else {}


def count_collinear(terms: Iterable[str]) -> dict[str, int]:
    """Return the reason for which each of these terms is left out, with its count."""
    return {_("suku kolinear, dikeluarkan: {term}").format(term=term): 1 for term in terms}


def keep_independent(columns: pd.DataFrame, *, constant: bool = False) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return as float64 the columns that are no combination of those before, and why the others are left out.

    With `constant` a column of ones, which is not returned, stands before them all.
    """
    matrix = columns.to_numpy(dtype="float64")
    ones = np.ones((len(matrix), int(constant)))
    kept = [at - constant for at in independent_columns(np.column_stack([ones, matrix])) if at >= constant]
    names = [str(name) for name in columns.columns]
    lost = [name for at, name in enumerate(names) if at not in kept]
    return pd.DataFrame(matrix[:, kept], columns=[names[at] for at in kept]), count_collinear(lost)


def require_terms(columns: pd.DataFrame) -> None:
    """Refuse a formula of which no term is left."""
    if columns.shape[1] == 0:
        raise DataError(_("formula: tidak ada suku yang tersisa di sisi kanan. Tulis paling sedikit satu suku."))


def require_rows(n: int, k: int, *, spare: int = 0) -> None:
    """Refuse `n` rows for `k` terms unless more than `spare` are left over."""
    if n <= k + spare:
        message = _("data: {n} baris lengkap untuk {k} suku; tambah baris, atau kurangi suku.")
        raise DataError(message.format(n=n, k=k))


def expand_again(terms: Terms, frame: pd.DataFrame) -> np.ndarray:
    """Return the terms' columns for other rows with the same columns (n by K)."""
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):
            matrix = pd.DataFrame(terms.spec.get_model_matrix(frame, context={}, na_action="ignore"))
    except (FormulaicError, TypeError, ValueError) as error:
        raise CallError(_("formula: tidak dapat dihitung ({why}).").format(why=error)) from None
    values = matrix.rename(columns=str)[list(terms.columns.columns)].to_numpy(dtype="float64")
    if not np.isfinite(values).all():
        raise CallError(_("formula: tidak dapat dihitung ({why}).").format(why="nan"))
    return values


def categorical_variables(spec: ModelSpec) -> set[str]:
    """Return the columns that the formula reads as levels."""
    from formulaic.parser.types import Factor

    kinds = {str(factor): state[0] for factor, state in spec.encoder_state.items()}
    return {
        str(name)
        for factor, names in spec.factor_variables.items()
        for name in names
        if kinds.get(factor.expr) is Factor.Kind.CATEGORICAL
    }


def read_group(whole: pd.DataFrame, name: str, argument: str) -> np.ndarray:
    """Return the group of each row as an integer; at least two groups, and one of them with two rows."""
    codes = level_codes(whole, name)
    n = int(codes.max()) + 1
    if n < 2:
        message = _("{argument}: kolom {name} hanya berisi satu kelompok; diperlukan paling sedikit dua.")
        raise DataError(message.format(argument=argument, name=name))
    if n == len(codes):
        message = _(
            "{argument}: tiap kelompok pada kolom {name} hanya berisi satu baris, sehingga ragam antarkelompok tidak "
            "dapat ditaksir. Pilih kolom lain."
        )
        raise DataError(message.format(argument=argument, name=name))
    return codes


def read_weights(whole: pd.DataFrame, weights: str | None) -> np.ndarray | None:
    """Return the weights of the rows, or none; each above 0."""
    if weights is None:
        return None
    if not pd.api.types.is_numeric_dtype(whole[weights].dtype) or bool((whole[weights] <= 0).any()):
        message = _("weights: kolom {name} harus bilangan di atas 0. Keluarkan baris lain lebih dahulu.")
        raise DataError(message.format(name=weights))
    return whole[weights].to_numpy(dtype="float64")


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
