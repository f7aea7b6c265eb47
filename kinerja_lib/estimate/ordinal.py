"""Ordered outcomes (predikat, ratings, answers to a survey): the proportional-odds logit.

Equal rows are collapsed into weights first, so a million rows with few distinct ones cost as much as the few. Where
this stops: other links, random slopes, and effects that differ by threshold.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kinerja_lib import vocabulary
from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.estimate.inputs import (
    Names,
    Terms,
    as_label,
    as_names,
    cluster_codes,
    expand_terms,
    formula_columns,
    parse_formula,
    read_group,
    read_rows,
    read_weights,
    require_frame,
    require_rows,
)
from kinerja_lib.estimate.least_squares import FEW_CLUSTERS, Fit, assume, count_clusters, name_square, tidy
from kinerja_lib.estimate.likelihood import turn_columns
from kinerja_lib.estimate.proportional_odds import (
    Rows,
    Solution,
    brant_test,
    build_rows,
    change_probabilities,
    find_distinct,
    solve,
)
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.language import _, mark

if TYPE_CHECKING:
    from formulaic import Formula

ORDERS = (
    vocabulary.PREDIKAT,
    vocabulary.PREDIKAT_ORGANISASI,
    vocabulary.RATING,
    vocabulary.POTENSIAL,
    vocabulary.HUKDIS,
)
FEW_ROWS = 10  # a level with fewer rows has a shaky threshold
NO_SPREAD = 1e-4  # a random sd below this is zero

ERRORS = {
    "model": mark("dari informasi teramati (model dianggap benar); selang normal"),
    "cluster": mark("sandwich bergugus menurut {cluster}, dikali G / (G - 1); t dengan derajat bebas G - 1"),
}


def estimate_ordinal(
    data: pd.DataFrame, formula: str, *, cluster: Names = None, weights: str | None = None, random: str | None = None
) -> Estimate:
    """Estimate a proportional-odds logit for an outcome whose levels have an order.

    Parameters
    ----------
    data : DataFrame
        A row per observation; not changed. Rows with a missing value in a used column are left out and counted.
    formula : str
        Such as ``"predikat ~ coaching + masa_kerja"``. The outcome is a column: an ordered category, whole numbers,
        yes or no, or text whose order the vocabulary of the law gives (predikat, ratings, ...).
    cluster : str or list of str, optional
        One or two columns within which the errors may be related.
    weights : str, optional
        Column that says how many equal rows a row stands for, above 0.
    random : str, optional
        Column whose levels get a random intercept each, by Laplace's approximation; not together with `cluster`.

    Returns
    -------
    Estimate
        `table` has a row per term (log odds of a higher level) and per threshold, such as ``Baik|Sangat Baik``.
        `diagnostics`: `probability_change` (in the shape of the table: term, level as group, average change in its
        probability for one unit more, or for the level against the first one; with `random` averaged over the
        intercepts), `parallel_lines` (Brant's test without `random`: term with a row `overall`, statistic, df,
        p_value), `deviance`, `loglik`, `levels` (level, n), `covariance` (DataFrame by term), `distinct_rows`,
        `n_clusters` (Series, with `cluster`), `sd`, `icc` and `n_groups` (with `random`), `warnings`.

    Raises
    ------
    CallError
        A column that is not there, an unreadable formula, `random` together with `cluster`.
    DataError
        Levels without an order, one level only, a term that predicts a level perfectly, one cluster or group, weights
        not above 0, more terms than rows, no convergence.

    References
    ----------
    McCullagh (1980), JRSS B 42(2). Brant (1990), Biometrics 46(4). Random intercept: as clmm of Christensen (2019).

    Examples
    --------
    >>> predikat = ["Kurang", "Baik", "Baik", "Sangat Baik", "Kurang", "Baik", "Sangat Baik", "Sangat Baik"] * 3
    >>> frame = pd.DataFrame({"predikat": predikat, "coaching": [0, 0, 0, 0, 1, 1, 1, 1] * 3})
    >>> estimate_ordinal(frame, "predikat ~ coaching").table["term"].tolist()
    ['coaching', 'Kurang|Baik', 'Baik|Sangat Baik']
    """
    frame = require_frame(data)
    clusters = as_names(cluster)
    if clusters and random is not None:
        raise CallError(_("cluster dan random tidak dapat bersama; random sudah memuat kaitan di dalam kelompoknya."))
    parsed = parse_formula(formula)
    whole, dropped = read_rows(
        frame, formula=formula_columns(frame, parsed), cluster=clusters, weights=weights, random=random
    )
    whole, levels = _code_outcome(whole, parsed)
    terms = expand_terms(whole, parsed, dropped, constant=True)
    counts, terms = _count_levels(terms, levels)
    names = [str(name) for name in terms.columns.columns]
    weight = read_weights(terms.whole, weights)
    weight = np.ones(len(terms.whole)) if weight is None else weight
    rows, unscale = _collapse(terms, weight, clusters, random)
    found = solve(rows, unscale, terms.columns.to_numpy().std(axis=0), names)
    levels = counts["level"].tolist()
    k = len(names) + rows.q
    fit = Fit(
        beta=found.theta[:k],
        covariance=found.covariance[:k, :k],
        df=found.df,
        terms=[*names, *(f"{low}|{high}" for low, high in pairwise(levels))],
    )
    rule = ERRORS["cluster"] if clusters else ERRORS["model"]
    diagnostics, warnings = _diagnose(found, fit, counts, clusters, random)
    changes, lost = change_probabilities(found, terms, weight, levels)
    if lost:
        warnings.append(_("Perubahan peluang tidak dapat dihitung untuk {names}.").format(names=list_values(lost)))
    if random is None:
        diagnostics["parallel_lines"], said = brant_test(rows, unscale[: len(names), rows.q :], names, levels)
        warnings += said
    return Estimate(
        table=tidy(fit, len(terms.whole)),
        estimand=_(
            "perbedaan log odds {outcome} yang lebih tinggi per satuan tiap suku, dengan suku lain tetap"
        ).format(outcome=str(parsed.lhs)),
        design="correlational",
        method=_("Logit ordinal (odds proporsional)")
        + (_(" dengan intersep acak {name} (pendekatan Laplace)").format(name=random) if random else ""),
        errors=_(rule).format(cluster=" + ".join(clusters)),
        assumptions=_assume(clusters, random),
        diagnostics=diagnostics | {"probability_change": changes, "warnings": tuple(warnings)},
        dropped=terms.dropped,
        reference="McCullagh (1980), JRSS B 42(2); Brant (1990), Biometrics 46(4)",
    )


def _code_outcome(whole: pd.DataFrame, formula: Formula) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows with the outcome as its place in the order, and the labels in that order."""
    name = str(formula.lhs)
    if name not in whole.columns:
        message = _("formula: sisi kiri harus satu kolom; ditemukan {found}.")
        raise CallError(message.format(found=str(formula.lhs)))
    values = whole[name]
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        order = list(values.cat.categories)
    else:
        order = _find_order(values)
    codes = values.astype("object").map({level: at for at, level in enumerate(order)}).astype("int64")
    return whole.assign(**{name: codes}), [as_label(level) for level in order]


def _find_order(values: pd.Series) -> list[object]:
    """Return the levels of an outcome without a declared order: numbers by size, words of the law by the law."""
    levels = list(values.unique())
    if pd.api.types.is_numeric_dtype(values.dtype):
        if any(float(level) != round(float(level)) for level in levels):
            message = _("formula: hasil {name} bukan bilangan bulat ({found}). Untuk skor, pakai estimate_regression.")
            raise DataError(message.format(name=values.name, found=list_values(sorted(levels), shown=3)))
        return sorted(levels)
    for order in ORDERS:
        if set(levels) <= set(order):
            return [level for level in order if level in levels]
    message = _(
        "formula: tingkat {name} tidak berurutan ({found}). "
        "Beri urutan lebih dahulu: pd.Categorical(nilai, categories=[terendah, ..., tertinggi], ordered=True)."
    )
    raise DataError(message.format(name=values.name, found=list_values(sorted(map(str, levels)))))


def _count_levels(terms: Terms, levels: list[str]) -> tuple[pd.DataFrame, Terms]:
    """Return how many rows each level that is there has, and the terms with the outcome coded by these levels."""
    found, codes = np.unique(terms.outcome.to_numpy(dtype="int64"), return_inverse=True)
    if len(found) < 2:
        message = _("formula: hasil {name} hanya berisi satu tingkat ({found}); diperlukan paling sedikit dua.")
        raise DataError(message.format(name=terms.outcome.name, found=levels[found[0]]))
    require_rows(len(codes), len(found) - 1 + terms.columns.shape[1])
    counts = pd.DataFrame({"level": [levels[at] for at in found], "n": np.bincount(codes)})
    return counts, replace(terms, outcome=pd.Series(codes))


def _collapse(terms: Terms, weight: np.ndarray, clusters: list[str], random: str | None) -> tuple[Rows, np.ndarray]:
    """Return the distinct rows with orthogonal terms, and the matrix that gives their parameters the data's units."""
    positions, summed = find_distinct(terms.whole, weight)
    x = terms.columns.to_numpy()
    centre = x.mean(axis=0)
    turned, turn = turn_columns((x - centre)[positions], summed)
    codes = cluster_codes(terms.whole, clusters)[positions] if clusters else None
    group = None if random is None else read_group(terms.whole, random, "random")[positions]
    rows = build_rows(terms.outcome.to_numpy()[positions], turned, summed, codes, group)
    unscale = np.block([[np.zeros((len(turn), rows.q)), turn], [np.eye(rows.q), np.tile(centre @ turn, (rows.q, 1))]])
    return rows, unscale


def _diagnose(
    found: Solution, fit: Fit, counts: pd.DataFrame, clusters: list[str], random: str | None
) -> tuple[dict[str, object], list[str]]:
    rows, said = found.rows, []
    few = counts.loc[counts["n"] < FEW_ROWS, "level"]
    if len(few):
        message = _("Tingkat {levels} berisi kurang dari {n} baris; ambang di sekitarnya goyah.")
        said.append(message.format(levels=list_values(few), n=FEW_ROWS))
    diagnostics: dict[str, object] = {
        "deviance": -2 * found.loglik,
        "loglik": found.loglik,
        "levels": counts,
        "covariance": name_square(fit.covariance, fit.terms),
        "distinct_rows": len(rows.level),
    }
    diagnostics |= count_clusters(rows.clusters, clusters)
    if found.df + 1 < FEW_CLUSTERS:
        message = _("Gugus sedikit (di bawah {n}): selang bergugus cenderung terlalu sempit.")
        said.append(message.format(n=FEW_CLUSTERS))
    if rows.group is not None:
        sd = abs(float(found.theta[-1]))
        diagnostics |= {
            "sd": pd.Series({"Intercept": sd}),
            "icc": sd**2 / (sd**2 + np.pi**2 / 3),
            "n_groups": int(rows.group.max()) + 1,
        }
        if sd < NO_SPREAD:
            said.append(_("Ragam intersep acak {name} nol (di batas): kelompok tidak berbeda.").format(name=random))
    return diagnostics, said


def _assume(clusters: list[str], random: str | None) -> tuple[str, ...]:
    not_cause, related = assume(clusters)
    if random is not None:
        related = _("Intersep kelompok menyebar normal dan tidak berkaitan dengan suku.")
    return not_cause, _("Odds proporsional: tiap suku menggeser semua ambang sama jauh."), related
