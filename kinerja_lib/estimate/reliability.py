"""How far items measure one thing (reliability), and how far the members of a group or the raters agree.

Our own numerics in closed form; the one-factor model behind omega is the only search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    complete_rows,
    read_rows,
    require_columns,
    require_frame,
    require_numeric,
)
from kinerja_lib.estimate.least_squares import EXACT
from kinerja_lib.estimate.result import LEVEL, Estimate, Z, build_table
from kinerja_lib.language import _

Missing = Literal["pairwise", "listwise"]
Row = tuple[str, float, float, float, float, float]  # term, estimate, std_error, conf_low, conf_high, p_value

SMALL_EIGENVALUE = 1e-8  # below this one item is a combination of the others
LEAST_UNIQUE = 0.005  # a unique variance at this bound is none (Heywood case), as in R's factanal
SETTLED = 1e-6  # loadings further off their conditions than this are no solution (a unique variance near zero)
THIN = 0.9  # pairs of items answered by a smaller share of the rows are worth a warning
FEW_GROUPS = 6  # below this not even the lowest and highest group enclose the median in 95 % of samples
BY_GROUP = ("group", "n", "mean", "ad", "rwg")
RELIABILITIES = ("alpha", "alpha_standardised", "omega_total", "lambda6", "mean_r")


def estimate_reliability(
    data: pd.DataFrame,
    *,
    items: Sequence[str],
    reverse: Names = (),
    low: float | None = None,
    high: float | None = None,
    missing: Missing = "pairwise",
) -> Estimate:
    """Estimate how reliable the sum of several items is.

    Parameters
    ----------
    data : DataFrame
        A row per respondent; not changed.
    items : list of str
        Two or more columns of numbers.
    reverse : str or list of str, optional
        The items among them that are worded the other way round.
    low, high : float, optional
        Ends of the answer scale; an answer outside is refused. Reversing needs no ends: covariances only change sign.
    missing : {"pairwise", "listwise"}
        Covariances from the rows that answered both items, or from the rows that answered all.

    Returns
    -------
    Estimate
        `table` has the rows `alpha`, `alpha_standardised`, `omega_total` (one factor by maximum likelihood on the
        correlations), `lambda6` and `mean_r` (all at most 1; no p-value). All intervals are those of the normal
        theory of covariances (for alpha that of Duhachek and Iacobucci); n is all rows when pairwise.
        `diagnostics`: `item_rest` (Series by item: correlation with the sum of the others), `alpha_if_dropped`
        (Series by item; with three items or more), `warnings`. omega needs three items; where it cannot be had its
        row is left out and a warning says why.

    Raises
    ------
    CallError
        A column that is not there, fewer than two items, a reversed item that is none, an unknown `missing`.
    DataError
        An item of text or without variation, an answer outside the scale, items that determine one another.

    References
    ----------
    Cronbach (1951), Psychometrika 16; Guttman (1945), Psychometrika 10; McDonald (1999), Test Theory. Errors: Duhachek
    and Iacobucci (2004), Journal of Applied Psychology 89(5); for the others the same delta method (van Zyl, Neudecker
    and Nel 2000, Psychometrika 65). Factor: Joreskog (1967), Psychometrika 32.

    Examples
    --------
    >>> answers = pd.DataFrame({"b1": [1, 2, 3, 4], "b2": [2, 1, 4, 3], "b3": [1, 2, 4, 4]})
    >>> estimate_reliability(answers, items=["b1", "b2", "b3"]).table[["term", "estimate"]].head(1).round(4)
        term  estimate
    0  alpha    0.9123
    """
    require_choice("missing", missing, get_args(Missing))
    names = as_names(items)
    values, dropped = _read_items(
        require_frame(data), names, reverse=as_names(reverse), low=low, high=high, missing=missing
    )
    n, covariance = len(values), values.cov(min_periods=2).to_numpy()
    r = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    if not (np.isfinite(r).all() and np.linalg.eigvalsh(r)[0] > SMALL_EIGENVALUE):
        message = _("items: butir saling menentukan, atau terlalu sedikit baris mengisi bersama ({items}). ")
        way_out = _("Lepas butir kembar, atau pakai missing='listwise'.")
        raise DataError(message.format(items=list_values(names)) + way_out)
    loadings = _fit_factor(r)
    value, gradient = _alpha(covariance)
    measures = {"alpha_standardised": _alpha(r), "lambda6": _lambda6(r), "mean_r": _mean_r(r)}
    if loadings is not None:
        measures["omega_total"] = _omega(r, loadings)
    spreads = {"alpha": (value, _variance(gradient, covariance))}
    spreads |= {term: (value, _variance(_free_scale(h, r), r)) for term, (value, h) in measures.items()}
    rows = [_bound(term, *spreads[term], n) for term in RELIABILITIES if term in spreads]
    rest = covariance.sum(axis=0) - np.diag(covariance)
    others = covariance.sum() - 2 * rest - np.diag(covariance)
    item_rest = pd.Series(rest / np.sqrt(np.diag(covariance) * others), index=names)
    return Estimate(
        table=_tabulate(rows, n),
        estimand=_("bagian ragam jumlah butir yang bukan galat ukur"),
        design="correlational",
        method=_("Konsistensi internal (alfa, omega satu faktor, lambda 6)"),
        errors=_("metode delta dari kovarians butir yang normal (Duhachek-Iacobucci), sebaran normal"),
        assumptions=(
            _("Baris saling bebas, dan jawaban kira-kira menyebar normal."),
            _("Butir mengukur satu hal; alfa juga menganggap semua butir mengukurnya sama kuat."),
        ),
        diagnostics={"item_rest": item_rest}
        | ({"alpha_if_dropped": _alpha_without(covariance, names)} if len(names) > 2 else {})
        | {"warnings": _doubt_items(values, item_rest, factor=loadings is not None)},
        dropped=dropped,
        reference="Duhachek and Iacobucci (2004), Journal of Applied Psychology 89(5)",
    )


def estimate_agreement(
    data: pd.DataFrame,
    *,
    group: str,
    score: str | None = None,
    items: Sequence[str] = (),
    null_variance: float | None = None,
    rater: str | None = None,
) -> Estimate:
    """Estimate how far members of a group agree, and how far groups (or rated persons) can be told apart.

    Parameters
    ----------
    data : DataFrame
        A row per member (or per rating); not changed. Rows with a missing value in a used column are left out.
    group : str
        Column: the unit, or the person who is rated.
    score : str, optional
        Column of numbers that is compared. Give either this or `items`.
    items : list of str, optional
        Columns of numbers: agreement is that on the items (rwg(j)), the intraclass correlations are of their mean.
    null_variance : float, optional
        Variance if all answered at random, above 0: (A^2 - 1) / 12 for A equally likely answers. Without it no rwg.
    rater : str, optional
        Column that tells who rated; each rater rates each group once. Adds the two-way correlations.

    Returns
    -------
    Estimate
        `table` has `icc1` (share of the variance of one member that lies between groups) and `icc2` (reliability of
        the mean of a group of average size) by one-way ANOVA; with `null_variance` `rwg_mean` and `rwg_median` over
        groups (0 where a group disagrees more than at random); `ad_mean` (mean over groups of the average deviation
        from the group's mean, in the unit of the score); with `rater` `icc_a1`, `icc_ak` (absolute agreement, two-way
        random) and `icc_c1`, `icc_ck` (consistency, two-way mixed). n is rows. p_value of the correlations: F test
        that groups do not differ. std_error of the correlations: delta method; of the median: interval over 2 z.
        `diagnostics`: `f` (of the one-way ANOVA), `by_group` (group, n, mean, ad and rwg, missing for one member),
        `warnings`. `by_group` holds groups of every size: it is to compute with, not to print.

    Raises
    ------
    CallError
        A column that is not there, both or neither of `score` and `items`, a `null_variance` of zero or less.
    DataError
        One group, fewer than two groups with two members, no differences within or between groups, raters who did
        not rate each group once.

    References
    ----------
    Shrout and Fleiss (1979), Psychological Bulletin 86(2); McGraw and Wong (1996), Psychological Methods 1(1); Bliese
    (2000). rwg: James, Demaree and Wolf (1984), Journal of Applied Psychology 69(1). AD: Burke, Finkelstein and Dusig
    (1999), Organizational Research Methods 2(1).

    Examples
    --------
    >>> frame = pd.DataFrame({"unit": list("aabbcc"), "iklim": [1.0, 2.0, 3.0, 5.0, 4.0, 4.0]})
    >>> estimate_agreement(frame, group="unit", score="iklim").table[["term", "estimate", "n"]].round(3)
          term  estimate  n
    0     icc1     0.667  6
    1     icc2     0.800  6
    2  ad_mean     0.500  6
    """
    names = as_names(items)
    if (score is None) == (not names):
        raise CallError(_("score, items: sebutkan salah satu, kolom nilai (score) atau daftar butir (items)."))
    if null_variance is not None and not null_variance > 0:
        message = _("null_variance: ditemukan {found}; yang diizinkan: di atas 0, (A^2 - 1) / 12 untuk A pilihan.")
        raise CallError(message.format(found=null_variance))
    names, argument = (names, "items") if score is None else ([score], "score")
    whole, dropped = read_rows(data, **{"group": group, argument: names, "rater": rater})
    values = np.column_stack([require_numeric(whole[name], argument) for name in names])
    codes, levels = pd.factorize(whole[group])
    by_group = _describe_groups(values, codes, null_variance).assign(group=levels)
    known = by_group[by_group["n"] > 1]
    if len(levels) < 2 or len(known) < 2:
        message = _("group: kolom {name} berisi {n} kelompok, {known} dengan dua baris atau lebih; diperlukan dua.")
        raise DataError(message.format(name=group, n=len(levels), known=len(known)))
    rows, f = _compare_groups(values.mean(axis=1), codes)
    if null_variance is not None:
        rows += [_mean_row("rwg_mean", known["rwg"], 1.0), _median_row("rwg_median", known["rwg"])]
    rows += [_mean_row("ad_mean", known["ad"], np.inf)]
    if rater is not None:
        rows += _compare_raters(_square(values.mean(axis=1), codes, whole[rater], group))
    if len(known) < len(levels):
        dropped[_("kelompok satu orang, tanpa rwg dan AD")] = len(levels) - len(known)
    return Estimate(
        table=_tabulate(rows, len(whole)),
        estimand=_("kesepakatan di dalam {group}, dan perbedaan antar-{group}").format(group=group),
        design="correlational",
        method=_("Korelasi intrakelas (ANOVA), rwg dan simpangan rata-rata"),
        errors=_("korelasi: sebaran F (tepat bila kelompok sama besar); rata-rata: t antarkelompok; median: urutan"),
        assumptions=(
            _("Kelompok saling bebas, dan nilai menyebar normal dengan ragam sama di dalam kelompok."),
            _("rwg membandingkan dengan jawaban acak menurut null_variance; lain null_variance, lain rwg."),
        ),
        diagnostics={"f": f, "by_group": by_group[[c for c in BY_GROUP if c in by_group]]}
        | {"warnings": _doubt_groups(known, f, null_variance)},
        dropped=dropped,
        reference="McGraw and Wong (1996), Psychological Methods 1(1)",
    )


def _read_items(
    frame: pd.DataFrame, names: list[str], *, reverse: list[str], low: float | None, high: float | None, missing: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the answers as float64 with the reversed items turned, and what was left out."""
    if len(names) < 2:
        raise CallError(_("items: ditemukan {n} butir; diperlukan paling sedikit dua.").format(n=len(names)))
    require_columns(frame, "items", names)
    for name in reverse:
        require_choice("reverse", name, names)
    whole = frame[names].dropna(how="all").reset_index(drop=True)
    count = len(frame) - len(whole)
    dropped = {_("baris tanpa satu pun butir terisi"): count} if count else {}
    if missing == "listwise":
        whole, dropped = complete_rows(frame, names)
    for name in names:
        answered = require_numeric(complete_rows(whole, [name])[0][name], "items")
        if (low is not None and answered.min() < low) or (high is not None and answered.max() > high):
            message = _("items: kolom {name} berisi {least} sampai {most}, di luar skala (low={low}, high={high}).")
            ends = {"least": f"{answered.min():g}", "most": f"{answered.max():g}", "low": low, "high": high}
            raise DataError(message.format(name=name, **ends))
    return whole.astype("float64") * np.where([name in reverse for name in names], -1.0, 1.0), dropped


def _doubt_items(values: pd.DataFrame, item_rest: pd.Series, *, factor: bool) -> tuple[str, ...]:
    said = []
    there = values.notna().to_numpy(dtype="float64")
    share = float((there.T @ there).min() / len(values))
    if share < THIN:
        message = _("Pasangan butir yang paling jarang diisi hanya ada pada {share:.0%} baris; selang terlalu sempit.")
        said.append(message.format(share=share))
    if not factor:
        said.append(_("omega tidak dihitung: model satu faktor tidak dapat ditaksir (dua butir, atau ragam unik nol)."))
    if against := list_values(item_rest.index[item_rest < 0]):
        said.append(_("Butir {items} berlawanan dengan butir lain; periksa reverse.").format(items=against))
    return tuple(said)


def _variance(gradient: np.ndarray, s: np.ndarray) -> float:
    """Return n times the variance of g(S) of normal data, 2 tr(GSGS), by its symmetric gradient: dg = tr(G dS)."""
    turned = gradient @ s
    return float(2 * np.trace(turned @ turned))


def _free_scale(gradient: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Return the gradient by covariances (in the scale of correlations) of what is a function of correlations."""
    return np.asarray(gradient - np.diag(np.diag(gradient @ r)))


def _alpha(s: np.ndarray) -> tuple[float, np.ndarray]:
    k, total, own = len(s), s.sum(), np.trace(s)
    return k / (k - 1) * (1 - own / total), k / (k - 1) * (own / total**2 - np.eye(k) / total)


def _mean_r(r: np.ndarray) -> tuple[float, np.ndarray]:
    k = len(r)
    gradient = (1 - np.eye(k)) / (k * (k - 1))
    return float((r * gradient).sum()), gradient


def _lambda6(r: np.ndarray) -> tuple[float, np.ndarray]:
    inverse, total = np.linalg.inv(r), r.sum()
    unique = 1 / np.diag(inverse)
    return 1 - unique.sum() / total, unique.sum() / total**2 - (inverse * unique**2) @ inverse / total


def _fit_factor(r: np.ndarray) -> np.ndarray | None:
    """Return the loadings of one factor by maximum likelihood, or None where there is no inner solution."""
    from scipy.optimize import minimize

    if len(r) < 3:
        return None

    def misfit(unique: np.ndarray) -> tuple[float, np.ndarray]:
        loadings, rest = _extract(r, unique)
        return float((rest - np.log(rest)).sum()), (loadings**2 + unique - 1) / unique**2

    start = (1 - 0.5 / len(r)) / np.diag(np.linalg.inv(r))
    bounds = [(LEAST_UNIQUE, 1.0)] * len(r)
    unique = minimize(misfit, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    loadings = _extract(r, unique)[0]
    for _step in range(3):  # Newton, to the rounding
        off, slopes, _ratio = _condition(r, loadings)
        loadings = loadings - np.linalg.solve(slopes, off)
    if unique.min() <= LEAST_UNIQUE or np.abs(_condition(r, loadings)[0]).max() > SETTLED:
        return None
    return loadings if loadings.sum() >= 0 else -loadings


def _extract(r: np.ndarray, unique: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the best loadings for given unique variances, and the eigenvalues that one factor leaves."""
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(r / np.outer(root, root))
    return root * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0)), values[:-1]


def _condition(r: np.ndarray, loadings: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how far loadings l are off R u^-1 l = l (1 + l'u^-1 l), with u = 1 - l^2; its slopes by l; and u^-1 l."""
    unique = 1 - loadings**2
    ratio = loadings / unique
    share = 1 + loadings @ ratio
    slopes = r * ((1 + loadings**2) / unique**2) - np.outer(loadings, 2 * loadings / unique**2)
    return r @ ratio - share * loadings, slopes - share * np.eye(len(r)), ratio


def _omega(r: np.ndarray, loadings: np.ndarray) -> tuple[float, np.ndarray]:
    _off, slopes, ratio = _condition(r, loadings)
    signal = loadings.sum()
    total = signal**2 + (1 - loadings**2).sum()
    by_loading = 2 * signal / total - signal**2 * (2 * signal - 2 * loadings) / total**2
    outer = np.outer(np.linalg.solve(slopes.T, by_loading), ratio)
    return signal**2 / total, -(outer + outer.T) / 2


def _alpha_without(s: np.ndarray, names: list[str]) -> pd.Series:
    """Return the alpha of the other items, by item left out."""
    k, own = len(s) - 1, np.diag(s)
    total = s.sum() - 2 * s.sum(axis=0) + own
    return pd.Series(k / (k - 1) * (1 - (own.sum() - own) / total), index=names)


def _bound(term: str, value: float, spread: float, n: int) -> Row:
    """Return a row with the normal interval, cut at 1."""
    error = float(np.sqrt(spread / n))
    return term, value, error, value - Z * error, min(value + Z * error, 1.0), np.nan


def _tabulate(rows: list[Row], n: int) -> pd.DataFrame:
    """Return the tidy table of rows."""
    columns = ("term", "estimate", "std_error", "conf_low", "conf_high", "p_value")
    return build_table(n, **dict(zip(columns, zip(*rows, strict=True), strict=True)))


def _describe_groups(values: np.ndarray, codes: np.ndarray, null_variance: float | None) -> pd.DataFrame:
    """Return n, mean, average deviation and rwg (rwg(j) of several items) of each group; missing for one member."""
    groups = pd.DataFrame(values).groupby(codes)
    apart = pd.DataFrame(np.abs(values - groups.transform("mean").to_numpy())).groupby(codes).mean().mean(axis=1)
    found = pd.DataFrame({"n": groups.size(), "mean": groups.mean().mean(axis=1), "ad": apart})
    if null_variance is not None:
        k, noise = values.shape[1], (groups.var().mean(axis=1) / null_variance).clip(upper=1.0)
        found["rwg"] = k * (1 - noise) / (k * (1 - noise) + noise)
    found.loc[found["n"] < 2, "ad"] = np.nan
    return found


def _compare_groups(scores: np.ndarray, codes: np.ndarray) -> tuple[list[Row], float]:
    """Return ICC(1) and ICC(2) by one-way ANOVA at the average size of the groups, and F."""
    n, k = len(scores), int(codes.max()) + 1
    sizes = np.bincount(codes)
    means = np.bincount(codes, scores) / sizes
    between = float(sizes @ (means - scores.mean()) ** 2) / (k - 1)
    within = float(((scores - means[codes]) ** 2).sum()) / (n - k)
    f = _divide(between, within)
    return _correlate(("icc1", "icc2"), f, (k - 1, n - k), n / k), f


def _divide(between: float, within: float) -> float:
    """Return F; refuse scores that do not differ at all within or between groups."""
    if min(between, within) <= EXACT * (between + within):
        raise DataError(_("group: nilai tidak berbeda sama sekali di dalam atau antarkelompok. Periksa kolom itu."))
    return between / within


def _correlate(terms: tuple[str, str], f: float, df: tuple[int, int], size: float) -> list[Row]:
    """Return the correlation of one member and of the mean of `size`, with the interval that F gives."""
    from scipy import stats

    tail = (1 + LEVEL) / 2
    low, high = f / stats.f.ppf(tail, *df), f * stats.f.ppf(tail, df[1], df[0])
    error, p = f * np.sqrt(2 / df[0] + 2 / df[1]), float(stats.f.sf(f, *df))
    one = [(x - 1) / (x + size - 1) for x in (f, low, high)]
    mean = [1 - 1 / x for x in (f, low, high)]
    return [
        (terms[0], one[0], float(error * size / (f + size - 1) ** 2), float(one[1]), float(one[2]), p),
        (terms[1], mean[0], float(error / f**2), float(mean[1]), float(mean[2]), p),
    ]


def _square(scores: np.ndarray, codes: np.ndarray, raters: pd.Series, group: str) -> np.ndarray:
    """Return the scores as a matrix, a row per group and a column per rater."""
    columns = pd.factorize(raters)[0]
    table = pd.DataFrame({"row": codes, "column": columns, "score": scores})
    n, k = int(codes.max()) + 1, int(columns.max()) + 1
    if k < 2 or len(table) != n * k or bool(table.duplicated(["row", "column"]).any()):
        message = _(
            "rater: {rows} nilai untuk {n} {group} x {k} penilai; tiap penilai harus menilai tiap {group} sekali."
        )
        way_out = _(" Keluarkan yang tidak lengkap, atau lepas rater.")
        raise DataError(message.format(rows=len(table), n=n, k=k, group=group) + way_out)
    return table.pivot(index="row", columns="column", values="score").to_numpy()


def _compare_raters(scores: np.ndarray) -> list[Row]:
    """Return the two-way correlations of n rated by k raters (McGraw and Wong 1996, tables 4 and 7)."""
    from scipy import stats

    n, k = scores.shape
    df = n - 1, (n - 1) * (k - 1)
    rows, columns = scores.mean(axis=1), scores.mean(axis=0)
    r, c = k * rows.var(ddof=1), n * columns.var(ddof=1)
    e = float(((scores - rows[:, None] - columns + scores.mean()) ** 2).sum()) / df[1]
    f = _divide(r, e)
    over, size = r - e, r + (k - 1) * e + k * (c - e) / n
    rho = over / size
    slopes = np.array([size - over, -over * k / n, -size - over * (k - 1 - k / n)]) / size**2
    error = float(np.sqrt(2 * ((slopes * [r, c, e]) ** 2 / [n - 1, k - 1, df[1]]).sum()))
    a = k * rho / (n * (1 - rho))
    b = 1 + a * (n - 1)
    free = (a * c + b * e) ** 2 / ((a * c) ** 2 / (k - 1) + (b * e) ** 2 / df[1])
    lower, upper = stats.f.ppf((1 + LEVEL) / 2, n - 1, free), stats.f.ppf((1 + LEVEL) / 2, free, n - 1)
    rest = k * c + (k * n - k - n) * e
    low, high = n * (r - lower * e) / (lower * rest + n * r), n * (upper * r - e) / (rest + n * upper * r)
    p = float(stats.f.sf(f, *df))
    mean = [k * x / (1 + (k - 1) * x) for x in (rho, low, high)]
    absolute = [
        ("icc_a1", float(rho), error, float(low), float(high), p),
        ("icc_ak", float(mean[0]), error * k / (1 + (k - 1) * rho) ** 2, float(mean[1]), float(mean[2]), p),
    ]
    return absolute + _correlate(("icc_c1", "icc_ck"), f, df, k)


def _mean_row(term: str, values: pd.Series, most: float) -> Row:
    """Return the mean over groups with its t interval, kept between 0 and `most`."""
    from scipy import stats

    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * error
    mean = float(values.mean())
    return term, mean, error, max(mean - reach, 0.0), min(mean + reach, most), np.nan


def _median_row(term: str, values: pd.Series) -> Row:
    """Return the median over groups with the interval between two of the ordered values (binomial)."""
    from scipy import stats

    ordered = np.sort(values.to_numpy())
    place = max(int(stats.binom.ppf((1 - LEVEL) / 2, len(ordered), 0.5)), 1)
    low, high = float(ordered[place - 1]), float(ordered[-place])
    return term, float(np.median(ordered)), (high - low) / (2 * Z), low, high, np.nan


def _doubt_groups(known: pd.DataFrame, f: float, null_variance: float | None) -> tuple[str, ...]:
    said = []
    if f < 1:
        said.append(_("Korelasi negatif: kelompok berbeda lebih sedikit daripada yang diharapkan dari kebetulan."))
    if null_variance is None:
        said.append(_("rwg tidak dihitung: null_variance tidak disebut; untuk A pilihan jawaban (A^2 - 1) / 12."))
        return tuple(said)
    if zero := int((known["rwg"] == 0).sum()):
        said.append(_("Dalam {n} kelompok jawaban tersebar melebihi null_variance; rwg di sana 0.").format(n=zero))
    if len(known) < FEW_GROUPS:
        said.append(_("Selang median dari {n} kelompok kurang dari 95 persen.").format(n=len(known)))
    return tuple(said)
