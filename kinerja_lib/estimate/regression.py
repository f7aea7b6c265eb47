"""Linear regression and differences of means, with standard errors that state their rule.

Where this stops: every question of cause, which is for the design to answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.estimate.inputs import (
    Names,
    as_label,
    as_names,
    cluster_codes,
    compute_terms,
    count_collinear,
    formula_columns,
    independent_columns,
    keep_independent,
    level_codes,
    parse_formula,
    read_rows,
    read_weights,
    require_frame,
    require_numeric,
    require_rows,
    require_terms,
    sort_levels,
)
from kinerja_lib.estimate.least_squares import (
    ERRORS,
    INTERCEPT,
    NESTED,
    REFERENCES,
    Fit,
    Numbers,
    assume,
    choose_errors,
    count_absorbed,
    count_clusters,
    fit_numbers,
    name_square,
    require_errors,
    settle_errors,
    tidy,
    warn_errors,
)
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.language import _

if TYPE_CHECKING:
    from formulaic import Formula

RegressionErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2"]
DifferenceErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "welch", "CR1", "CR2"]


def estimate_regression(
    data: pd.DataFrame,
    formula: str,
    *,
    absorb: Names = None,
    cluster: Names = None,
    errors: RegressionErrors = "HC1",
    weights: str | None = None,
) -> Estimate:
    """Estimate a linear regression by least squares.

    Parameters
    ----------
    data : DataFrame
        A row per observation; not changed. Rows with a missing value in a used column are left out and counted.
    formula : str
        Wilkinson formula such as ``"nilai ~ coaching + C(golongan)"``; names are columns of `data`.
    absorb : str or list of str, optional
        Columns whose levels get an effect each that is not reported (fixed effects). Levels of one row are kept.
    cluster : str or list of str, optional
        One or two columns within which the errors may be related. The errors are then CR1, or CR2 where one column
        has fewer than 40 clusters.
    errors : {"classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2"}
        Rule of the standard errors without `cluster`; with `cluster` leave it out or give "CR1" or "CR2". CR2 takes
        one column; its working model is that of the fit, its degrees of freedom (Satterthwaite) differ by term.
    weights : str, optional
        Column of analytic weights (inverse to the variance), above 0.

    Returns
    -------
    Estimate
        `table` has a row per term that is not collinear. `diagnostics`: `r2`, `r2_within` (with `absorb`), `df`
        (Series by term), `n_clusters` (Series by column, with `cluster`), `covariance` (DataFrame by term),
        `covariance_classical` and `df_residual` (n - K; what `sensitivity_robustness` goes by), `sd_residual`,
        `warnings`.

    Raises
    ------
    CallError
        A column that is not there, an unreadable formula, an unknown or contradictory `errors`.
    DataError
        No variation, fewer than two clusters, more terms than rows, no complete row, infinite values, a perfect fit.

    References
    ----------
    MacKinnon and White (1985); Liang and Zeger (1986). CR2: Bell and McCaffrey (2002), Pustejovsky and Tipton (2018).
    Absorbed effects: Berge (2018), as fixest counts them.

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1.0, 3.0, 2.0, 6.0], "coaching": [0, 0, 1, 1]})
    >>> result = estimate_regression(frame, "nilai ~ coaching", errors="classical")
    >>> result.table[["term", "estimate", "n"]]
            term  estimate  n
    0  Intercept       2.0  4
    1   coaching       2.0  4
    """
    frame = require_frame(data)
    absorbed, clusters = as_names(absorb), as_names(cluster)
    rule = choose_errors(errors, RegressionErrors, "HC1", clusters)
    if absorbed and rule in ("HC2", "HC3"):
        message = _("errors: {rule} tidak tersedia bersama absorb; pakai HC1, classical atau cluster.")
        raise CallError(message.format(rule=rule))
    parsed = parse_formula(formula)
    in_formula = formula_columns(frame, parsed)
    whole, dropped = read_rows(frame, formula=in_formula, absorb=absorbed, cluster=clusters, weights=weights)
    numbers, dropped = _build_design(whole, parsed, dropped, absorbed=absorbed, clusters=clusters, weights=weights)
    rule = settle_errors(rule, errors, numbers)
    fit = fit_numbers(numbers, rule)
    require_errors(fit, numbers)
    dropped |= count_collinear(term for term in numbers.terms if term not in fit.terms)
    words = _(ERRORS[rule]).format(cluster=" + ".join(clusters)) + (_(NESTED) if absorbed and rule == "CR1" else "")
    return Estimate(
        table=tidy(fit, len(numbers.y)),
        estimand=_("perbedaan rata-rata {outcome} per satuan tiap suku, dengan suku lain tetap").format(
            outcome=str(parsed.lhs)
        ),
        design="correlational",
        method=_name_method(weights, absorbed),
        errors=words,
        assumptions=assume(clusters),
        diagnostics=_diagnose(numbers, fit, clusters) | {"warnings": warn_errors(fit, numbers, rule)},
        dropped=dropped,
        reference=REFERENCES[rule],
    )


def estimate_difference(
    data: pd.DataFrame,
    *,
    outcome: str,
    group: str,
    reference: object = None,
    errors: DifferenceErrors = "HC2",
    cluster: str | None = None,
) -> Estimate:
    """Estimate how far the mean of each group lies from that of a reference group.

    Parameters
    ----------
    data : DataFrame
        A row per observation; not changed.
    outcome, group : str
        Columns: a number, and what tells the groups apart.
    reference : level of `group`, optional
        The group that the others are compared with; the first declared (or sorted) level when left out.
    errors : {"classical", "HC0", "HC1", "HC2", "HC3", "welch", "CR1", "CR2"}
        Rule of the standard errors; with `cluster` leave it out or give "CR1" or "CR2".
    cluster : str, optional
        Column within which the errors may be related; the errors are then CR1, or CR2 with fewer than 40 clusters.

    Returns
    -------
    Estimate
        `table` has a row per other group: term is the level as text, n the rows of both groups. `diagnostics`:
        `means` (group, n, mean, std_dev), `df` (Series by term), `hedges_g` (Series by term; pooled standard
        deviation, exact small-sample factor), `warnings`, and with `cluster` `n_clusters`.

    Raises
    ------
    CallError
        A column or a reference that is not there, an unknown or contradictory `errors`.
    DataError
        One group only, a group of one row, no variation, fewer than two clusters.

    References
    ----------
    Welch (1947); MacKinnon and White (1985); Hedges (1981), Journal of Educational Statistics 6(2). CR2: Bell and
    McCaffrey (2002), Pustejovsky and Tipton (2018).

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1.0, 3.0, 2.0, 6.0], "kelompok": ["a", "a", "b", "b"]})
    >>> estimate_difference(frame, outcome="nilai", group="kelompok").table[["term", "estimate", "n"]]
      term  estimate  n
    0    b       2.0  4
    """
    clusters = as_names(cluster)
    rule = choose_errors(errors, DifferenceErrors, "HC2", clusters)
    whole, dropped = read_rows(data, outcome=outcome, group=group, cluster=clusters)
    values = require_numeric(whole[outcome], "outcome")
    labels, levels = order_groups(whole[group], reference)
    means = _summarise(values, labels, levels)
    numbers = _mark_groups(whole, values, labels, levels, clusters)
    rule = settle_errors(rule, errors, numbers)
    fit = fit_numbers(numbers, "HC2" if rule == "welch" else rule)
    require_errors(fit, numbers)
    df = np.broadcast_to(fit.df, len(levels)).copy()
    if rule == "welch":
        df[1:] = _welch_df(means)
    table = tidy(replace(fit, df=df), len(values)).iloc[1:].reset_index(drop=True)
    table["n"] = means["n"].to_numpy()[1:] + means["n"].iloc[0]
    diagnostics: dict[str, object] = {
        "means": means,
        "df": pd.Series(df[1:], index=levels[1:]),
        "hedges_g": _hedges(means),
        "warnings": warn_errors(fit, numbers, rule),
        **count_clusters(numbers.clusters, clusters),
    }
    return Estimate(
        table=table,
        estimand=_("selisih rata-rata {outcome} tiap kelompok dari {reference}").format(
            outcome=outcome, reference=levels[0]
        ),
        design="correlational",
        method=_("Selisih rata-rata (regresi pada penanda kelompok)"),
        errors=_(ERRORS[rule]).format(cluster=" + ".join(clusters)),
        assumptions=assume(clusters),
        diagnostics=diagnostics,
        dropped=dropped,
        reference=REFERENCES[rule],
    )


def _build_design(
    whole: pd.DataFrame,
    formula: Formula,
    dropped: dict[str, int],
    *,
    absorbed: list[str],
    clusters: list[str],
    weights: str | None,
) -> tuple[Numbers, dict[str, int]]:
    """Return the numbers of the regression, and what was left out."""
    terms = compute_terms(whole, formula, dropped)
    values = require_numeric(terms.outcome, "formula")
    every = terms.columns.drop(columns=INTERCEPT, errors="ignore") if absorbed else terms.columns
    columns, lost = keep_independent(every)
    require_terms(columns)
    levels = [level_codes(terms.whole, name) for name in absorbed]
    require_rows(len(values), columns.shape[1] + count_absorbed(levels))
    numbers = Numbers(
        y=values,
        x=columns.to_numpy(),
        terms=list(columns.columns),
        weights=read_weights(terms.whole, weights),
        clusters=cluster_codes(terms.whole, clusters) if clusters else None,
        absorbed=levels,
    )
    return numbers, terms.dropped | lost


def _diagnose(numbers: Numbers, fit: Fit, clusters: list[str]) -> dict[str, object]:
    weights = np.ones(len(numbers.y)) if numbers.weights is None else numbers.weights
    constant = np.column_stack([numbers.x, np.ones(len(numbers.y))])
    centred = bool(numbers.absorbed) or len(independent_columns(constant)) == numbers.x.shape[1]
    mean = np.average(numbers.y, weights=weights) if centred else 0.0
    total = float(weights @ (numbers.y - mean) ** 2)
    found: dict[str, object] = {"r2": 1 - float(weights @ fit.residuals**2) / total}
    if fit.r2_within is not None:
        found["r2_within"] = fit.r2_within
    found["df"] = pd.Series(fit.df, index=fit.terms)
    squares = float(weights @ fit.residuals**2) / fit.free
    return found | {
        **count_clusters(numbers.clusters, clusters),
        "covariance": name_square(fit.covariance, fit.terms),
        "covariance_classical": name_square(squares * fit.bread, fit.terms),
        "df_residual": fit.free,
        "sd_residual": np.sqrt(squares),
    }


def _name_method(weights: str | None, absorbed: list[str]) -> str:
    method = _("Regresi kuadrat terkecil") if weights is None else _("Regresi kuadrat terkecil terbobot")
    return method + (_(" dengan efek tetap {names}").format(names=", ".join(absorbed)) if absorbed else "")


def _mark_groups(
    whole: pd.DataFrame, values: np.ndarray, labels: np.ndarray, levels: list[str], clusters: list[str]
) -> Numbers:
    """Return the regression of the outcome on a constant and an indicator of each group but the first."""
    return Numbers(
        y=values,
        x=np.column_stack([np.ones(len(values)), *[labels == level for level in levels[1:]]]),
        terms=[INTERCEPT, *levels[1:]],
        clusters=cluster_codes(whole, clusters) if clusters else None,
    )


def order_groups(values: pd.Series, reference: object) -> tuple[np.ndarray, list[str]]:
    """Return each row's level as text, and the levels with the reference first."""
    text = {level: as_label(level) for level in sort_levels(values)}
    levels = list(text.values())
    if len(levels) < 2:
        message = _("group: kolom {name} hanya berisi satu kelompok ({found}); diperlukan paling sedikit dua.")
        raise DataError(message.format(name=values.name, found=list_values(levels)))
    if reference is not None:
        require_choice("reference", as_label(reference), levels)
        levels = sorted(levels, key=lambda level: level != as_label(reference))
    return values.astype(object).map(text).to_numpy(dtype=object), levels


def _summarise(values: np.ndarray, labels: np.ndarray, levels: list[str]) -> pd.DataFrame:
    rows = []
    for level in levels:
        own = values[labels == level]
        if len(own) < 2:
            message = _("group: kelompok {level} hanya berisi satu baris. Gabungkan atau keluarkan kelompok itu.")
            raise DataError(message.format(level=level))
        rows.append({"group": level, "n": len(own), "mean": own.mean(), "std_dev": own.std(ddof=1)})
    return pd.DataFrame(rows)


def _welch_df(means: pd.DataFrame) -> np.ndarray:
    part = (means["std_dev"] ** 2 / means["n"]).to_numpy()
    spread = part**2 / (means["n"].to_numpy() - 1)
    return np.asarray((part[1:] + part[0]) ** 2 / (spread[1:] + spread[0]))


def _hedges(means: pd.DataFrame) -> pd.Series:
    """Return Hedges' g of each other group against the first."""
    from scipy.special import gammaln

    n, mean, deviation = (means[name].to_numpy() for name in ("n", "mean", "std_dev"))
    df = n[1:] + n[0] - 2
    pooled = np.sqrt(((n[1:] - 1) * deviation[1:] ** 2 + (n[0] - 1) * deviation[0] ** 2) / df)
    factor = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    return pd.Series(factor * (mean[1:] - mean[0]) / pooled, index=means["group"].tolist()[1:])
