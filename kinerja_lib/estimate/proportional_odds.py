"""The numbers of the proportional-odds logit: likelihood, random intercept, probability changes, Brant's test.

With a and b the thresholds above and below a level, less the linear part eta, the probability of the level is
F(a) (1 - F(b)) (1 - exp(b - a)); its logarithm has short derivatives and keeps its digits in the tails. Arrays come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.estimate.cluster_errors import sum_clusters
from kinerja_lib.estimate.inputs import Terms, categorical_variables, expand_again, sort_levels
from kinerja_lib.estimate.least_squares import Fit, tidy
from kinerja_lib.estimate.likelihood import Maximum, Point, find_weak, inform, maximise
from kinerja_lib.estimate.result import COLUMNS
from kinerja_lib.language import _

NODES = 20  # of the quadrature over the random intercept
LOST = 1e-10  # a clustered variance below this share of the model's is rounding
ARRIVED = 1e-10  # a mode that moves less has arrived
MODE_STEPS = 100
REJECTED = 0.05


@dataclass(frozen=True, slots=True)
class Rows:
    """Distinct rows: level (m; 0 to q), orthogonal terms (m by p), how often each occurs, what it belongs to.

    `above` and `below` (m by q + p) hold how a and b move with the parameters, which are thresholds, then terms.
    """

    level: np.ndarray
    x: np.ndarray
    weight: np.ndarray
    clusters: np.ndarray | None
    group: np.ndarray | None
    above: np.ndarray
    below: np.ndarray

    @property
    def q(self) -> int:
        """Number of thresholds."""
        return int(self.above.shape[1] - self.x.shape[1])


@dataclass(frozen=True, slots=True)
class Solution:
    """The fit in the units of the data: parameters (terms, thresholds, random sd), covariance, log-likelihood."""

    rows: Rows
    theta: np.ndarray
    covariance: np.ndarray
    loglik: float
    df: float


class Curves(NamedTuple):
    """By row, what the derivatives of the log-likelihood are made of."""

    value: np.ndarray  # log-likelihood
    up: np.ndarray  # its slope in a
    down: np.ndarray  # its slope in b
    dense_a: np.ndarray  # density at a; its curvature in a is -dense_a - spread
    dense_b: np.ndarray
    bend_a: np.ndarray  # slope of the density at a
    bend_b: np.ndarray
    spread: np.ndarray  # curvature from the gap a - b


def find_distinct(frame: pd.DataFrame, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the position of the first of each kind of row, and the weight of the kind."""
    if frame.shape[1] == 0:
        return np.array([0]), np.array([weight.sum()])
    kinds = frame.groupby(list(frame.columns), sort=False, observed=True).ngroup().to_numpy()
    positions = np.unique(kinds, return_index=True)[1]
    return positions, np.bincount(kinds, weights=weight)


def build_rows(
    level: np.ndarray, x: np.ndarray, weight: np.ndarray, clusters: np.ndarray | None, group: np.ndarray | None
) -> Rows:
    """Return the rows with their derivatives of a and b; levels run from 0 without a gap."""
    q = int(level.max())
    sides = np.eye(q + 2)[:, 1:-1]
    return Rows(level, x, weight, clusters, group, np.hstack([sides[level + 1], -x]), np.hstack([sides[level], -x]))


def _curves(theta: np.ndarray, rows: Rows, shift: np.ndarray | float = 0.0) -> Curves:
    from scipy.special import expit, log_expit

    cuts = np.concatenate([[-np.inf], theta[: rows.q], [np.inf]])
    eta = rows.x @ theta[rows.q : rows.above.shape[1]] + shift
    a, b, gap = cuts[rows.level + 1] - eta, cuts[rows.level] - eta, np.diff(cuts)[rows.level]
    with np.errstate(over="ignore"):
        pull = 1 / np.expm1(gap)
    over, under = expit(-a), expit(b)
    dense_a, dense_b = over * expit(a), under * expit(-b)
    return Curves(
        value=log_expit(a) + log_expit(-b) + np.log(-np.expm1(-gap)),
        up=over + pull,
        down=-under - pull,
        dense_a=dense_a,
        dense_b=dense_b,
        bend_a=dense_a * (2 * over - 1),
        bend_b=dense_b * (1 - 2 * under),
        spread=pull * (1 + pull),
    )


def _fixed(theta: np.ndarray, rows: Rows) -> Point:
    """Return log-likelihood, gradient and information without a random intercept."""
    q, w = rows.q, rows.weight
    if bool((np.diff(theta[:q]) <= 0).any()):
        return -np.inf, theta, np.eye(len(theta))
    at = _curves(theta, rows)
    information = (rows.above.T * (w * at.dense_a)) @ rows.above + (rows.below.T * (w * at.dense_b)) @ rows.below
    gaps = rows.above[:, :q] - rows.below[:, :q]
    information[:q, :q] += (gaps.T * (w * at.spread)) @ gaps
    return float(w @ at.value), rows.above.T @ (w * at.up) + rows.below.T @ (w * at.down), information


def _find_modes(theta: np.ndarray, rows: Rows, group: np.ndarray, modes: np.ndarray) -> None:
    """Move `modes` to the most likely standardised intercept of each group, by Newton inside a bracket."""
    sigma, w, n = theta[-1], rows.weight, len(modes)
    high = abs(sigma) * np.bincount(group, weights=w, minlength=n) + 1
    low = -high
    for _count in range(MODE_STEPS):
        at = _curves(theta, rows, sigma * modes[group])
        slope = -sigma * np.bincount(group, weights=w * (at.up + at.down), minlength=n) - modes
        curve = 1 + sigma**2 * np.bincount(group, weights=w * (at.dense_a + at.dense_b), minlength=n)
        low, high = np.where(slope > 0, modes, low), np.where(slope < 0, modes, high)
        new = modes + slope / curve
        new = np.where((new < low) | (new > high), (low + high) / 2, new)
        moved = float(np.abs(new - modes).max())
        modes[:] = new
        if moved < ARRIVED:
            return


def _laplace(theta: np.ndarray, rows: Rows, group: np.ndarray, modes: np.ndarray) -> tuple[float, np.ndarray]:
    """Return Laplace's approximation of the log-likelihood and its exact gradient (thresholds, terms, random sd).

    The integral over a group's intercept u is exp(value at its mode) / sqrt(h), where h is 1 less the curvature there;
    the gradient counts that the mode, and h with it, moves with the parameters. `modes` is the start and is moved.
    """
    if bool((np.diff(theta[: rows.q]) <= 0).any()):
        return -np.inf, theta
    _find_modes(theta, rows, group, modes)
    sigma, w = theta[-1], rows.weight
    at = _curves(theta, rows, sigma * modes[group])

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, weights=w * values, minlength=len(modes))

    slope, curve, bend = -total(at.up + at.down), total(at.dense_a + at.dense_b), -total(at.bend_a + at.bend_b)
    h = 1 + sigma**2 * curve
    follow = sigma**3 * bend / h  # how h follows the mode, per unit by which the slope at the mode moves
    half = 0.5 / h
    above = at.up - half[group] * (sigma**2 * at.bend_a + sigma * follow[group] * at.dense_a)
    below = at.down - half[group] * (sigma**2 * at.bend_b + sigma * follow[group] * at.dense_b)
    spread = 2 * sigma * curve + sigma**2 * bend * modes + follow * (slope - sigma * curve * modes)
    gradient = rows.above.T @ (w * above) + rows.below.T @ (w * below)
    value = float(w @ at.value - (modes @ modes + np.log(h).sum()) / 2)
    return value, np.append(gradient, (modes * slope - half * spread).sum())


def _mixed(theta: np.ndarray, rows: Rows, group: np.ndarray, modes: np.ndarray) -> Point:
    """Return Laplace's log-likelihood, its gradient, and the information by differences of the gradient."""
    value, gradient = _laplace(theta, rows, group, modes)
    if not np.isfinite(value):
        return value, gradient, np.eye(len(theta))
    return value, gradient, inform(lambda at: _laplace(at, rows, group, modes)[1], theta)


def _climb(rows: Rows) -> Maximum:
    """Return the maximum without a random intercept, from the shares of the levels."""
    shares = np.cumsum(np.bincount(rows.level, weights=rows.weight))
    start = np.log(shares[:-1]) - np.log(shares[-1] - shares[:-1])
    return maximise(partial(_fixed, rows=rows), np.append(start, np.zeros(rows.x.shape[1])))


def solve(rows: Rows, unscale: np.ndarray, spread: np.ndarray, names: list[str]) -> Solution:
    """Return the fit in the units of the data; a term that separates the levels is named and refused."""
    best = _climb(rows)
    weak = find_weak(best)
    if weak.size:
        drift = np.abs(unscale[: len(names)] @ weak).max(axis=1) * spread
        message = _(
            "formula: suku {term} memisahkan tingkat hasil secara sempurna, sehingga taksirannya tak hingga. "
            "Gabungkan tingkat atau kategori yang jarang, atau keluarkan suku itu."
        )
        raise DataError(message.format(term=list_values(names[at] for at in (drift > drift.max() / 10).nonzero()[0])))
    if rows.group is not None:
        modes = np.zeros(int(rows.group.max()) + 1)
        best = maximise(partial(_mixed, rows=rows, group=rows.group, modes=modes), np.append(best.theta, 1.0))
        k = len(unscale)
        unscale = np.block([[unscale, np.zeros((k, 1))], [np.zeros((1, k)), np.eye(1)]])
    if not best.converged:
        raise DataError(_("formula: taksiran tidak mencapai titik maksimum. Kurangi suku, atau gabungkan tingkat."))
    covariance, df = np.linalg.inv(best.information), np.inf
    if rows.clusters is not None:
        at = _curves(best.theta, rows)
        scores = (rows.above.T * (rows.weight * at.up) + rows.below.T * (rows.weight * at.down)).T
        model, covariance = covariance, covariance @ sum_clusters(scores, rows.clusters) @ covariance
        df = float(rows.clusters.max(axis=0).min())
        if bool((np.diag(covariance) <= LOST * np.diag(model)).any()):
            message = _("cluster: terlalu sedikit gugus untuk menaksir galat {k} suku. Kurangi suku.")
            raise DataError(message.format(k=len(model)))
    return Solution(rows, unscale @ best.theta, unscale @ covariance @ unscale.T, best.value, df)


def change_probabilities(
    found: Solution, terms: Terms, weight: np.ndarray, levels: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the average change in the probability of each level by term, and the columns for which there is none."""
    whole = terms.whole[[name for name in terms.whole.columns if name in set(map(str, terms.spec.variables))]]
    positions, summed = find_distinct(whole, weight)
    frame, share = whole.iloc[positions].reset_index(drop=True), summed / summed.sum()
    tables, lost = [pd.DataFrame(columns=list(COLUMNS))], []
    for name in whole.columns:
        try:
            contrasts = list(_contrast(terms, frame, str(name)))
        except CallError:
            lost.append(str(name))
            continue
        for term, low, high in contrasts:
            (before, move_before), (after, move_after) = (_average(found, x, share) for x in (low, high))
            move = move_after - move_before
            fit = Fit(after - before, move @ found.covariance @ move.T, found.df, [term] * len(levels))
            tables.append(tidy(fit, len(whole)).assign(group=levels))
    order = {str(term): at for at, term in enumerate(terms.columns.columns)}
    table = pd.concat(tables[1:] or tables, ignore_index=True)
    return table.sort_values("term", key=lambda names: names.map(order), kind="stable", ignore_index=True), lost


def _contrast(terms: Terms, frame: pd.DataFrame, name: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the term, and the values of all terms before and after one unit more, or at the first and another level."""
    values = frame[name]
    labels = np.array(terms.columns.columns)

    def expand(value: Any) -> np.ndarray:
        return expand_again(terms, frame.assign(**{name: value}))

    if name in categorical_variables(terms.spec):
        found = [expand(level) for level in sort_levels(values)]
        first = min(found, key=lambda x: float(np.abs(x).sum()))
    elif set(values.unique()) <= {0, 1}:
        first, found = expand((values * 0 == 1).astype(values.dtype)), [expand((values * 0 == 0).astype(values.dtype))]
    else:
        first, found = expand(values), [expand(values + 1)]
    for other in found:
        changed = (other != first).any(axis=0)
        if changed.any():
            yield str(labels[changed][0]), first, other


def _average(found: Solution, x: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the average probability of each level at terms `x`, and its derivative by the parameters."""
    from scipy.special import expit

    p, q = x.shape[1], found.rows.q
    random = found.rows.group is not None
    nodes, mass = np.polynomial.hermite_e.hermegauss(NODES) if random else (np.zeros(1), np.ones(1))
    upto, moves = np.zeros(q), np.zeros((q, len(found.theta)))
    for node, part in zip(nodes, mass / mass.sum(), strict=True):
        eta = x @ found.theta[:p] + (node * found.theta[-1] if random else 0.0)
        below = expit(found.theta[p : p + q] - eta[:, None])
        dense = part * share[:, None] * below * (1 - below)
        upto += part * share @ below
        moves[:, :p] -= dense.T @ x
        moves[:, p : p + q] += np.diag(dense.sum(axis=0))
        if random:
            moves[:, -1] -= node * dense.sum(axis=0)
    edge = np.zeros((1, moves.shape[1]))
    return np.diff(upto, prepend=0, append=1), np.diff(np.vstack([edge, moves, edge]), axis=0)


def brant_test(rows: Rows, turn: np.ndarray, names: list[str], levels: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return Brant's test that a term moves all thresholds alike, and what is to be said of it.

    A binary logit per threshold; a threshold that a term separates perfectly has none and is left out. `turn` leads
    the slopes back to the units of the data.
    """
    from scipy import stats

    splits = [_climb(build_rows((rows.level > cut) * 1, rows.x, rows.weight, None, None)) for cut in range(rows.q)]
    fits = {cut: fit.theta for cut, fit in enumerate(splits) if not find_weak(fit).size}
    lost = [f"{levels[cut]}|{levels[cut + 1]}" for cut in range(rows.q) if cut not in fits]
    said = []
    if lost:
        said.append(_("Uji garis sejajar tanpa ambang {cuts}, yang dipisahkan sempurna.").format(cuts=", ".join(lost)))
    found = []
    p, free = len(names), len(fits) - 1
    if p and free > 0:
        contrast = np.kron(np.column_stack([np.ones(free), -np.eye(free)]), turn)
        gap = contrast @ np.concatenate([theta[1:] for theta in fits.values()])
        spread = contrast @ _brant_covariance(rows, fits) @ contrast.T
        known = np.inf if rows.clusters is None else rows.clusters.max(axis=0).min() / 2
        for at, name in enumerate(["overall", *names]):
            own = np.arange(free * p) if name == "overall" else np.arange(at - 1, free * p, p)
            part = spread[np.ix_(own, own)]
            if len(own) <= known and np.linalg.eigvalsh(part)[0] > 0:
                statistic = float(gap[own] @ np.linalg.solve(part, gap[own]))
                found.append((name, statistic, len(own), float(stats.chi2.sf(statistic, len(own)))))
        if len(found) < 1 + p:
            said.append(_("Uji garis sejajar tidak lengkap: baris atau gugus terlalu sedikit."))
    table = pd.DataFrame(found, columns=["term", "statistic", "df", "p_value"])
    if bool((table.loc[table["term"] == "overall", "p_value"] < REJECTED).any()):
        said.append(_("Uji garis sejajar (Brant) menolak odds proporsional: kaitan berbeda antarambang."))
    return table, said


def _brant_covariance(rows: Rows, fits: dict[int, np.ndarray]) -> np.ndarray:
    """Return the joint covariance of the binary logits' slopes: Brant's, or clustered where clusters are given."""
    from scipy.special import expit

    x = np.column_stack([np.ones(len(rows.x)), rows.x])
    k, n = x.shape[1], len(fits)
    share = [expit(rows.x @ theta[1:] - theta[0]) for theta in fits.values()]  # above each threshold, falling
    blocks = [
        [(x.T * (rows.weight * share[max(i, j)] * (1 - share[min(i, j)]))) @ x for j in range(n)] for i in range(n)
    ]
    bread = np.zeros((n * k, n * k))
    for i in range(n):
        bread[i * k : (i + 1) * k, i * k : (i + 1) * k] = np.linalg.inv(blocks[i][i])
    meat = np.block(blocks)
    if rows.clusters is not None:
        misses = [rows.weight * ((rows.level > cut) - own) for cut, own in zip(fits, share, strict=True)]
        meat = sum_clusters(np.hstack([x * miss[:, None] for miss in misses]), rows.clusters)
    kept = np.arange(n * k) % k != 0
    return np.asarray((bread @ meat @ bread)[np.ix_(kept, kept)])
