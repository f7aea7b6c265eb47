"""Ratings on one hidden scale: an ordered probit for several ratings at once, for programmes that start in steps.

Each rating has thresholds of its own; what moves the hidden score moves all of them alike. Many levels (raters,
units) are columns of a sparse matrix, so an agency with thousands of raters fits in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.estimate.inputs import Names, as_names, cluster_codes, read_rows, require_numeric
from kinerja_lib.estimate.least_squares import FEW_CLUSTERS, Fit, count_clusters, name_square, tidy
from kinerja_lib.estimate.likelihood import FLAT, WEAK, maximise
from kinerja_lib.estimate.result import Estimate, build_table
from kinerja_lib.language import _

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEW_ROWS = 15  # rows without the programme from which on a level or a group has a column of its own
TINY = 1e-300
TOUCHED = 1e-4  # share of a flat direction from which on a parameter lies in it
FAR = 8.0  # an estimate so many SD away has no finite value: the level predicts a rating perfectly


@dataclass(frozen=True, slots=True)
class _Ratings:
    """The ratings by name: codes (n) from 0 without a gap, and the levels that they stand for."""

    names: tuple[str, ...]
    codes: list[np.ndarray]
    labels: list[list[str]]

    @property
    def counts(self) -> list[int]:
        """Number of levels of each."""
        return [len(own) for own in self.labels]

    @property
    def cuts(self) -> int:
        """Number of thresholds of all."""
        return sum(self.counts) - len(self.counts)


@dataclass(frozen=True, slots=True)
class _Design:
    """The stacked rows, one per rating given: cuts above and below as columns, terms, clusters.

    `above` and `below` hold the derivative of the upper and lower limit with respect to thresholds, then terms; a row
    without such a limit (the best, the worst level) has `open_above` or `open_below`.
    """

    above: csr_matrix
    below: csr_matrix
    open_above: np.ndarray
    open_below: np.ndarray
    clusters: np.ndarray


def estimate_latent(
    data: pd.DataFrame,
    *,
    ratings: Names,
    event: str,
    fixed: Names = (),
    levels: Names = (),
    covariates: Names = (),
    cluster: str,
) -> Estimate:
    """Estimate how far a programme moves ratings, in SD of the hidden score that the ratings are cut from.

    Parameters
    ----------
    data : DataFrame
        A row per person and period; not changed. Rows with a missing value in a used column are left out and counted.
    ratings : str or list of str
        Columns with ordered categories, such as `rating_hasil` and `rating_perilaku`: each cut by thresholds of its
        own from one hidden score plus an error.
    event : str
        Column with the number of periods since the programme began for this person (0, 1, ...); -1 before it and for
        those who never take part.
    fixed : str or list of str
        Columns held equal, each level by itself: the period, and the group of people who started, came and left
        together (those who leave never start: a group that loses them changes from period to period).
    levels : str or list of str
        Columns of many levels (rater); levels with fewer than 15 rows without the programme share one.
    covariates : str or list of str
        Columns of numbers held equal.
    cluster : str
        Column within which errors may be related.

    Returns
    -------
    Estimate
        `table`: `att` (mean over the treated rows, group empty), then a row an event time (term its number, group
        "event"), then the covariates (group "covariate"), all in SD of the hidden score without the programme.
        `diagnostics`: `scale` (SD of the hidden score over that of its error), `event_weights` (Series: event ->
        share of treated rows), `probability_change` (term = rating, group = level: change in its share among the
        treated rows, with intervals), `covariance` (DataFrame, by event), `n_clusters`, `n_treated` (clusters),
        `warnings`.

    Raises
    ------
    CallError
        A column that is not there, no rating at all or one without an order.
    DataError
        Nobody treated or nobody untreated, an event that is no whole number, a rating with one level, an event time or
        covariate that periods and levels hold already (no comparison is left), an event time that predicts a rating
        perfectly.

    References
    ----------
    Wooldridge (2023), Econometrics Journal 26(3): differences in differences on the index of a pooled ordered probit.
    McKelvey and Zavoina (1975), Journal of Mathematical Sociology 4(1): SD of the hidden score as unit.

    Examples
    --------
    >>> from kinerja_lib.vocabulary import RATING
    >>> rows = pd.DataFrame({"orang": range(400), "kejadian": [-1, 0] * 200, "nilai": [1, 1, 1, 2, 1, 2, 2, 2] * 50})
    >>> rows["nilai"] = pd.Categorical.from_codes(rows["nilai"], categories=list(RATING), ordered=True)
    >>> found = estimate_latent(rows, ratings="nilai", event="kejadian", cluster="orang")
    >>> round(float(found.table["estimate"].iloc[0]), 3)  # one in four against three in four: 2 x 0.674
    1.349
    """
    names = as_names(ratings)
    if not names:
        raise CallError(_("ratings: tidak ada kolom yang disebut; sebutkan paling sedikit satu."))
    asked = {"fixed": as_names(fixed), "levels": as_names(levels), "covariates": as_names(covariates)}
    whole, dropped = read_rows(data, ratings=names, event=event, cluster=cluster, **asked)
    whole = whole.reset_index(drop=True)
    given = _read_ratings(whole, names)
    events = _read_events(whole[event])
    times = sorted({int(value) for value in events[events >= 0]})
    _require_both(events, event)
    terms, columns, free = _build_terms(whole, events, asked)
    design = _stack(given, columns, cluster_codes(whole, [cluster]))
    theta, bread, endless = _maximise(design, _start(given, columns.shape[1]))
    covariance = bread @ _sum_clusters(_scores(design, theta), design.clusters) @ bread
    q = given.cuts
    endless = endless[q : q + len(terms)] | (np.abs(theta[q : q + len(terms)]) > FAR)
    _require_finite(endless[: len(times)], times, event)
    scale = _find_scale(columns, theta[q:], free)
    weights = np.bincount(events[events >= 0])[times] / (events >= 0).sum()
    fit = _combine(theta[q:] / scale, covariance[q:, q:] / scale**2, weights, terms, float(design.clusters.max()))
    treated = np.unique(design.clusters[: len(events), 0][events >= 0]).size
    warnings = []
    if fit.df + 1 < FEW_CLUSTERS:
        message = _("Gugus sedikit (di bawah {n}): selang bergugus cenderung terlalu sempit.")
        warnings.append(message.format(n=FEW_CLUSTERS))
    named = [str(time) for time in times]
    table = tidy(fit, len(whole))
    table["group"] = ["", *["event"] * len(times), *["covariate"] * (len(table) - 1 - len(times))]
    if endless.any():
        message = _("Kovariat tanpa taksiran terhingga (menentukan rating dengan pasti), tidak ditampilkan: {names}.")
        warnings.append(message.format(names=list_values(np.array(terms)[endless])))
        table = table[~np.append(False, endless)].reset_index(drop=True)
    inside = slice(q, q + len(times))
    return Estimate(
        table=table,
        estimand=_("pergeseran skor laten mereka yang ikut, dalam simpangan baku tanpa program"),
        design="comparative",
        method=_("Probit ordinal gabungan beberapa rating, beda-dalam-beda pada skor laten"),
        errors=_("sandwich bergugus menurut {cluster}, dikali G / (G - 1); t dengan derajat bebas G - 1").format(
            cluster=cluster
        ),
        assumptions=(
            _("Tanpa program, skor laten peserta dan pembanding akan bergerak sejajar."),
            _("Program seseorang tidak mengubah penilaian orang lain."),
            _("Skor laten menyebar normal, dan program menggesernya tanpa mengubah sebarannya."),
        ),
        diagnostics={
            "scale": scale,
            "event_weights": pd.Series(weights, index=named),
            "probability_change": _change_shares(design, theta, covariance, given, events),
            "covariance": name_square(covariance[inside, inside] / scale**2, named),
            "n_treated": int(treated),
            "warnings": tuple(warnings),
        }
        | count_clusters(design.clusters[: len(events)], [cluster]),
        dropped=dropped,
        reference="Wooldridge (2023), Econometrics Journal 26(3); McKelvey dan Zavoina (1975)",
    )


def _read_ratings(whole: pd.DataFrame, names: Sequence[str]) -> _Ratings:
    """Return the ratings as codes without a gap."""
    codes, labels = [], []
    for name in names:
        if not isinstance(whole[name].dtype, pd.CategoricalDtype) or not whole[name].cat.ordered:
            message = _("ratings: {name} harus kolom kategori yang berurutan; ditemukan: {found}.")
            raise CallError(message.format(name=name, found=str(whole[name].dtype)))
        found, own = np.unique(whole[name].cat.codes.to_numpy(), return_inverse=True)
        if len(found) < 2:
            message = _("ratings: {name} hanya berisi satu tingkat; diperlukan paling sedikit dua.")
            raise DataError(message.format(name=name))
        codes.append(own)
        labels.append([str(whole[name].cat.categories[at]) for at in found])
    return _Ratings(tuple(names), codes, labels)


def _read_events(values: pd.Series) -> np.ndarray:
    """Return the periods since the start as whole numbers."""
    numbers = require_numeric(values, "event")
    broken = numbers[numbers != np.round(numbers)]
    if broken.size:
        message = _("event: kolom {name} harus bilangan bulat (-1, 0, 1, ...); ditemukan: {found}.")
        raise DataError(message.format(name=values.name, found=f"{broken[0]:g}"))
    return numbers.astype("int64")


def _require_both(events: np.ndarray, name: str) -> None:
    if not (events >= 0).any() or not (events < 0).any():
        message = _(
            "event: kolom {name} harus berisi baris sebelum atau tanpa program (-1) dan sesudahnya (0, 1, ...)."
        )
        raise DataError(message.format(name=name))


def _build_terms(
    whole: pd.DataFrame, events: np.ndarray, asked: dict[str, list[str]]
) -> tuple[list[str], csr_matrix, np.ndarray]:
    """Return the names of the shown terms, all columns (sparse), and which are part of the score without programme."""
    from scipy import sparse

    times, covariates = sorted({int(value) for value in events[events >= 0]}), asked["covariates"]
    parts = [sparse.csr_matrix(np.column_stack([events == time for time in times]).astype("float64"))]
    if covariates:
        values = np.column_stack([require_numeric(whole[name], "covariates") for name in covariates])
        covariates = [name for name, column in zip(covariates, values.T, strict=True) if column.min() < column.max()]
        parts.append(sparse.csr_matrix(values[:, values.min(axis=0) < values.max(axis=0)]))
    shown = sum(part.shape[1] for part in parts)
    untreated = events < 0
    parts.extend(_dummies(pd.factorize(whole[name], sort=True)[0]) for name in asked["fixed"])
    for name in asked["levels"]:
        own = pd.factorize(whole[name])[0]
        few = np.bincount(own, weights=untreated) < FEW_ROWS
        parts.append(_dummies(pd.factorize(np.where(few[own], -1, own))[0]))
    columns = sparse.hstack(parts).tocsr()
    kept = _find_independent(columns, shown)
    terms = [*(str(time) for time in times), *covariates]
    lost = [term for term, there in zip(terms, kept[:shown], strict=True) if not there]
    if lost:
        message = _("event: {lost} tidak dapat dipisahkan dari periode, kelompok atau kovariat; tidak ada pembanding.")
        raise DataError(message.format(lost=list_values(lost)))
    free = np.flatnonzero(kept) >= shown
    return terms, columns[:, kept], free


def _dummies(codes: np.ndarray) -> csr_matrix:
    """Return a column for each level but the first."""
    from scipy import sparse

    n = len(codes)
    return sparse.csr_matrix((np.ones(n), (np.arange(n), codes)), shape=(n, int(codes.max()) + 1))[:, 1:].tocsr()


def _find_independent(columns: csr_matrix, shown: int) -> np.ndarray:
    """Return which columns the constant and the others do not span: the shown ones (the first) are asked last."""
    from scipy.linalg import qr

    n, k = columns.shape
    mean = np.asarray(columns.mean(axis=0)).ravel()
    cross = (columns.T @ columns).toarray() / n - np.outer(mean, mean)
    size = np.sqrt(np.maximum(np.diag(cross), FLAT))
    cross = cross / np.outer(size, size)
    kept = np.ones(k, dtype=bool)
    triangle = qr(cross, pivoting=True, mode="economic")[1]
    if (np.abs(np.diag(triangle)) >= 1e-9 * abs(triangle[0, 0]) * k).all():
        return kept
    for at in (*range(shown, k), *range(shown)):
        if cross[at, at] < 1e-8:
            kept[at] = False
            continue
        cross -= np.outer(cross[:, at], cross[at]) / cross[at, at]
    return kept


def _stack(given: _Ratings, columns: csr_matrix, clusters: np.ndarray) -> _Design:
    """Return the design of all ratings below each other."""
    from scipy import sparse

    n, q = columns.shape[0], given.cuts
    above: list[Any] = []
    below: list[Any] = []
    opens_above: list[np.ndarray] = []
    opens_below: list[np.ndarray] = []
    first = 0
    for own, count in zip(given.codes, given.counts, strict=True):
        for limit, side, opens in ((own, above, opens_above), (own - 1, below, opens_below)):
            there = (limit >= 0) & (limit < count - 1)
            rows = np.flatnonzero(there)
            cuts = sparse.csr_matrix((np.ones(len(rows)), (rows, first + limit[there])), shape=(n, q))
            terms = sparse.diags_array(there.astype("float64")) @ columns
            side.append(sparse.hstack([cuts, -terms]))
            opens.append(~there)
        first += count - 1
    return _Design(
        sparse.vstack(above).tocsr(),
        sparse.vstack(below).tocsr(),
        np.concatenate(opens_above),
        np.concatenate(opens_below),
        np.tile(clusters, (len(given.codes), 1)),
    )


def _start(given: _Ratings, k: int) -> np.ndarray:
    from scipy.special import ndtri

    pairs = zip(given.codes, given.counts, strict=True)
    shares = [np.bincount(own, minlength=count).cumsum()[:-1] / len(own) for own, count in pairs]
    return np.concatenate([ndtri(np.concatenate(shares)), np.zeros(k)])


def _pieces(design: _Design, theta: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return limits, probability and densities over it, by row."""
    from scipy.special import ndtr

    upper = np.where(design.open_above, np.inf, design.above @ theta)
    lower = np.where(design.open_below, -np.inf, design.below @ theta)
    mirrored = lower > 0  # the difference of two upper tails keeps its digits
    share = np.where(mirrored, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))
    share = np.maximum(share, TINY)
    return upper, lower, share, _density(upper) / share, _density(lower) / share


def _density(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * values**2) / np.sqrt(2 * np.pi))


def _scores(design: _Design, theta: np.ndarray) -> csr_matrix:
    """Return the gradient of each row's log-likelihood (sparse)."""
    from scipy import sparse

    _upper, _lower, _share, up, down = _pieces(design, theta)
    return (sparse.diags_array(up) @ design.above - sparse.diags_array(down) @ design.below).tocsr()


def _point(design: _Design, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return log-likelihood, gradient and information."""
    from scipy import sparse

    upper, lower, share, up, down = _pieces(design, theta)
    if not np.isfinite(theta).all() or (np.where(design.open_above | design.open_below, 1, upper - lower) <= 0).any():
        return -np.inf, theta, np.eye(len(theta))
    scores = _scores(design, theta)
    bend_up = np.where(design.open_above, 0.0, upper) * up
    bend_down = np.where(design.open_below, 0.0, lower) * down
    information = (
        design.above.T @ (sparse.diags_array(np.where(design.open_above, 0.0, bend_up)) @ design.above)
        - design.below.T @ (sparse.diags_array(np.where(design.open_below, 0.0, bend_down)) @ design.below)
        + scores.T @ scores
    )
    return float(np.log(share).sum()), np.asarray(scores.sum(axis=0)).ravel(), information.toarray()


def _maximise(design: _Design, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the estimate, the inverse of its information, and which parameters have no finite estimate.

    A rater who gives one level only has none, which leaves the others as they are: its direction tells nothing.
    """
    best = maximise(lambda theta: _point(design, theta), start)
    curvature, axes = np.linalg.eigh(best.information)
    kept = curvature > max(WEAK, FLAT * curvature.max())
    if not best.converged and kept.all():
        raise DataError(_("ratings: taksiran tidak mencapai titik maksimum. Kurangi suku, atau gabungkan tingkat."))
    bread = (axes[:, kept] / curvature[kept]) @ axes[:, kept].T
    return best.theta, np.asarray(bread), np.asarray((np.abs(axes[:, ~kept]) > TOUCHED).any(axis=1))


def _sum_clusters(scores: csr_matrix, clusters: np.ndarray) -> np.ndarray:
    """Return the products of the scores summed by cluster, times G / (G - 1)."""
    from scipy import sparse

    codes = clusters[:, 0]
    n, groups = len(codes), int(codes.max()) + 1
    member = sparse.csr_matrix((np.ones(n), (codes, np.arange(n))), shape=(groups, n))
    sums = member @ scores
    return np.asarray((sums.T @ sums).toarray() * groups / (groups - 1))


def _require_finite(endless: np.ndarray, times: list[int], name: str) -> None:
    lost = [time for time, there in zip(times, endless, strict=True) if there]
    if lost:
        message = _("event: {name} = {times} menentukan rating dengan pasti (semua sama); datanya terlalu sedikit.")
        raise DataError(message.format(name=name, times=list_values(lost)))


def _find_scale(columns: csr_matrix, beta: np.ndarray, free: np.ndarray) -> float:
    """Return the SD of the hidden score without programme and covariates, in SD of its error."""
    score = columns[:, free] @ beta[free]
    return float(np.sqrt(1 + np.var(score)))


def _combine(beta: np.ndarray, covariance: np.ndarray, weights: np.ndarray, terms: list[str], df: float) -> Fit:
    """Return the mean over event times, the event times and the covariates as one fit."""
    shown = len(terms)
    turn = np.vstack([np.concatenate([weights, np.zeros(shown - len(weights))]), np.eye(shown)])
    return Fit(
        beta=turn @ beta[:shown],
        covariance=turn @ covariance[:shown, :shown] @ turn.T,
        df=df,
        terms=["att", *terms],
    )


def _change_shares(
    design: _Design, theta: np.ndarray, covariance: np.ndarray, given: _Ratings, events: np.ndarray
) -> pd.DataFrame:
    """Return by rating and level how the share among the treated rows differs from what it were untreated."""
    from scipy import sparse

    treated, times = np.flatnonzero(events >= 0), len(set(events[events >= 0]))
    rows, first = [], 0
    for place, (name, labels) in enumerate(zip(given.names, given.labels, strict=True)):
        at = treated + place * len(events)
        with_it = _limits_without_cut(design, at, given.cuts)
        without = with_it @ sparse.diags_array((np.arange(with_it.shape[1]) >= times).astype("float64"))
        below = [
            _shift_share(theta, cut, given.cuts, with_it, without) for cut in range(first, first + len(labels) - 1)
        ]
        ends = (0.0, np.zeros(len(theta)))
        for level, (low, high) in zip(labels, pairwise([ends, *below, ends]), strict=True):
            slope = high[1] - low[1]
            error = float(np.sqrt(slope @ covariance @ slope))
            rows.append({"term": name, "group": level, "estimate": high[0] - low[0], "std_error": error})
        first += len(labels) - 1
    return _with_interval(pd.DataFrame(rows), float(design.clusters.max()), len(treated))


def _limits_without_cut(design: _Design, at: np.ndarray, q: int) -> csr_matrix:
    """Return the terms of rows as a limit holds them, with a minus sign; of the lower one where the upper is open."""
    from scipy import sparse

    opens = sparse.diags_array(design.open_above[at].astype("float64"))
    return (design.above[at][:, q:] + opens @ design.below[at][:, q:]).tocsr()


def _shift_share(
    theta: np.ndarray, cut: int, q: int, with_it: csr_matrix, without: csr_matrix
) -> tuple[float, np.ndarray]:
    """Return by how much the mean share below a threshold differs with and without, and its gradient."""
    from scipy.special import ndtr

    difference, slope = 0.0, np.zeros(len(theta))
    for part, sign in ((with_it, 1.0), (without, -1.0)):
        limit = theta[cut] + part @ theta[q:]
        dense = _density(limit)
        difference += sign * float(ndtr(limit).mean())
        slope[cut] += sign * dense.mean()
        slope[q:] += sign * (part.T @ dense) / len(dense)
    return difference, slope


def _with_interval(frame: pd.DataFrame, df: float, n: int) -> pd.DataFrame:
    from scipy import stats

    reach = stats.t.ppf(0.975, df) * frame["std_error"]
    p_value = 2 * stats.t.sf((frame["estimate"] / frame["std_error"]).abs(), df)
    return build_table(
        n,
        **{str(name): frame[name] for name in frame},
        conf_low=frame["estimate"] - reach,
        conf_high=frame["estimate"] + reach,
        p_value=p_value,
    )
