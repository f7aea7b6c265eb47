"""The effect on those whom an instrument moves, such as an invitation drawn by lot that not everyone follows."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    cluster_codes,
    independent_columns,
    keep_independent,
    read_rows,
    require_numeric,
    require_rows,
)
from kinerja_lib.estimate.least_squares import (
    ERRORS,
    EXACT,
    INTERCEPT,
    REFERENCES,
    Fit,
    Numbers,
    assume,
    choose_errors,
    count_clusters,
    fit_numbers,
    require_errors,
    settle_errors,
    tidy,
    warn_errors,
)
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.language import _

LateErrors = Literal["classical", "HC0", "HC1", "CR1", "CR2"]

WEAK = 10  # first-stage F below which intervals by t mislead (Staiger and Stock 1997, Econometrica 65(3))


def estimate_late(
    data: pd.DataFrame,
    *,
    outcome: str,
    treatment: str,
    instrument: str,
    covariates: Names = (),
    errors: LateErrors = "HC1",
    cluster: Names = None,
) -> Estimate:
    """Estimate the effect of a treatment on those whom the instrument moves (two-stage least squares).

    Parameters
    ----------
    data : DataFrame
        A row per observation; not changed. Rows with a missing value in a used column are left out and counted.
    outcome, treatment, instrument : str
        Columns of numbers: the result, what was received (0 and 1, or a dose), and what was offered or drawn.
    covariates : str or list of str
        Columns held equal in both stages; text and categories become indicators of their levels.
    errors : {"classical", "HC0", "HC1", "CR1", "CR2"}
        Rule of the standard errors; with `cluster` leave it out or give "CR1" or "CR2".
    cluster : str or list of str, optional
        One or two columns within which the errors may be related. The errors are then CR1, or CR2 where one column
        has fewer than 40 clusters.

    Returns
    -------
    Estimate
        `table` has one row, its term the name of the treatment. `diagnostics`: `first_stage_f` (of the instrument,
        under the same rule of errors; infinite where all comply), `compliance` (change in the treatment per unit of
        the instrument: with 0 and 1 on both sides the share that is moved), `df` (Series by term), `warnings`, and
        with `cluster` `n_clusters`.

    Raises
    ------
    CallError
        A column that is not there, an unknown or contradictory `errors`.
    DataError
        No variation, an instrument without any relation to the treatment, fewer than two clusters, too few rows.

    References
    ----------
    Imbens and Angrist (1994), Econometrica 62(2); Angrist, Imbens and Rubin (1996), JASA 91(434).

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1.0, 2, 3, 4, 6, 8], "ikut": [0, 0, 0, 0, 1, 1], "undian": [0, 0, 0, 1, 1, 1]})
    >>> late = estimate_late(frame, outcome="nilai", treatment="ikut", instrument="undian")
    >>> late.table[["term", "estimate", "n"]].round(3)
       term  estimate  n
    0  ikut       6.0  6
    """
    clusters, others = as_names(cluster), as_names(covariates)
    rule = choose_errors(errors, LateErrors, "HC1", clusters)
    named = {"outcome": outcome, "treatment": treatment, "instrument": instrument}
    whole, dropped = read_rows(data, **named, covariates=others, cluster=clusters)
    y, d, z = (require_numeric(whole[name], argument) for argument, name in named.items())
    covariates_used, lost = keep_independent(_build_covariates(whole[others]))
    columns = covariates_used.to_numpy()
    codes = cluster_codes(whole, clusters) if clusters else None
    _require_room(columns, treatment=whole[treatment], instrument=whole[instrument])
    start = Numbers(d, np.column_stack([columns, z]), [*covariates_used.columns, instrument], codes)
    rule = settle_errors(rule, errors, start)
    first = fit_numbers(start, rule)
    numbers = _second_stage(start, first, y, treatment)
    fit = fit_numbers(numbers, rule)
    require_errors(fit, numbers)
    strength = _first_stage_f(first, d)
    diagnostics: dict[str, object] = {
        "first_stage_f": strength,
        "compliance": float(first.beta[-1]),
        "df": pd.Series(np.broadcast_to(fit.df, fit.beta.shape)[-1:], index=[treatment]),
        "warnings": _warn_weak(strength) + warn_errors(fit, numbers, rule),
        **count_clusters(codes, clusters),
    }
    return Estimate(
        table=tidy(fit, len(y)).iloc[-1:].reset_index(drop=True),
        estimand=_("dampak {treatment} terhadap {outcome} bagi mereka yang digerakkan oleh {instrument}").format(
            treatment=treatment, outcome=outcome, instrument=instrument
        ),
        design="comparative",
        method=_("Kuadrat terkecil dua tahap dengan instrumen {instrument}").format(instrument=instrument),
        errors=_(ERRORS[rule]).format(cluster=" + ".join(clusters)),
        assumptions=(
            _("Instrumen seperti diundi, setelah kovariat disamakan."),
            _("Instrumen mengubah hasil hanya lewat perlakuan."),
            _("Tidak ada yang berbuat kebalikan dari yang digerakkan instrumen."),
            assume(clusters)[1],
        ),
        diagnostics=diagnostics,
        dropped=dropped | lost,
        reference=f"Imbens and Angrist (1994), Econometrica 62(2); {REFERENCES[rule]}",
    )


def _build_covariates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a constant and the covariates; text and categories as indicators of all levels but the first."""
    parts = [pd.DataFrame({INTERCEPT: np.ones(len(frame))})]
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
            parts.append(column.to_frame())
        else:
            parts.append(pd.get_dummies(column, drop_first=True).add_prefix(f"{name}[T.").add_suffix("]"))
    return pd.concat(parts, axis=1)


def _require_room(others: np.ndarray, **columns: pd.Series) -> None:
    """Refuse too few rows, and a treatment or instrument that the covariates fix."""
    n, k = others.shape
    require_rows(n, k + 1)
    for argument, values in columns.items():
        if len(independent_columns(np.column_stack([others, values]))) == k:
            message = _("{argument}: kolom {name} ditentukan oleh covariates. Lepas kovariat itu.")
            raise DataError(message.format(argument=argument, name=values.name))


def _second_stage(start: Numbers, first: Fit, y: np.ndarray, treatment: str) -> Numbers:
    """Return the regression of X^b + e on X^, where X^ holds the fitted treatment and e the residuals by the real one.

    Its coefficients are those of two stages, its residuals are e: every rule of errors applies to it as it stands.
    """
    others = start.x[:, :-1]
    x = np.column_stack([others, start.y - first.residuals])
    if len(independent_columns(x)) < x.shape[1]:
        message = _("instrument: kolom {name} tidak berkaitan dengan {treatment}; dampaknya tidak dapat ditaksir.")
        raise DataError(message.format(name=start.terms[-1], treatment=treatment))
    beta = np.linalg.lstsq(x, y)[0]
    e = y - np.column_stack([others, start.y]) @ beta
    return Numbers(x @ beta + e, x, [*start.terms[:-1], treatment], start.clusters)


def _first_stage_f(first: Fit, d: np.ndarray) -> float:
    if float(np.abs(first.residuals).max()) <= EXACT * float(np.ptp(d)):
        return float("inf")
    return float(first.beta[-1] ** 2 / first.covariance[-1, -1])


def _warn_weak(strength: float) -> tuple[str, ...]:
    if strength >= WEAK:
        return ()
    message = _(
        "Instrumen lemah (F tahap pertama di bawah {n}): taksiran condong ke regresi biasa, selang menyesatkan."
    )
    return (message.format(n=WEAK),)
