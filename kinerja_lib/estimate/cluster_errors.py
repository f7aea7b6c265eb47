"""Clustered standard errors: the middle of a sandwich, and CR2 for few clusters with degrees of freedom by term.

The working model of CR2 is that of the fit: errors independent, variances equal, or inverse to the weights. All runs
on an orthonormal basis of the design: U'(I - UU')^(-1/2) = (I - U'U)^(-1/2) U', so that a cluster of any size needs one
root of a matrix as wide as the design, and no matrix over rows or over pairs of clusters is ever made.

Absorbed effects count as the columns that they stand for. Levels inside one cluster only are swept out, which leaves
adjustment and degrees of freedom as they are (Pustejovsky and Tipton 2018, theorem 2); levels that cross clusters
become columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinerja_lib.errors import DataError
from kinerja_lib.language import _

MOST_LEVELS = 500  # absorbed levels that cross clusters: beyond this the roots take minutes
MOST_CELLS = 50_000_000  # numbers in the columns of those levels: 400 MB
BLOCK = 2**22  # numbers in the matrices of the clusters worked on at once
ALONE = 1e-10  # a share of a cluster's own design nearer to 1 than this is 1: its residuals are 0 there
STILL = 1e-12  # sweeping stops when nothing moves by more than this share
SWEEPS = 10_000


def sum_clusters(scores: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    """Return the products (k by k) of scores (n by k) summed by cluster, times G / (G - 1); each row by itself if None.

    Two columns of clusters: the sum of both less that of their crossing (Cameron, Gelbach and Miller 2011).
    """
    if clusters is None:
        return np.asarray(scores.T @ scores * (len(scores) / (len(scores) - 1)))
    parts = [(column, 1) for column in clusters.T]
    if len(parts) == 2:
        parts.append((np.unique(clusters, axis=0, return_inverse=True)[1].ravel(), -1))
    middle = np.zeros((scores.shape[1],) * 2)
    for codes, sign in parts:
        n = int(codes.max()) + 1
        sums = np.column_stack([np.bincount(codes, weights=column, minlength=n) for column in scores.T])
        middle += sign * n / (n - 1) * sums.T @ sums
    return middle


def find_crossing(levels: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the levels (integers) that have rows in more than one cluster."""
    home = np.zeros(int(levels.max()) + 1, dtype=clusters.dtype)
    home[levels] = clusters
    return np.unique(levels[home[levels] != clusters])


def can_reduce(absorbed: Sequence[np.ndarray], clusters: np.ndarray) -> bool:
    """Return whether the absorbed levels that cross clusters are few enough for `cr2`."""
    count = sum(len(find_crossing(levels, clusters)) for levels in absorbed)
    return count <= MOST_LEVELS and count * len(clusters) <= MOST_CELLS


def cr2(
    x: np.ndarray,
    residuals: np.ndarray,
    clusters: np.ndarray,
    weights: np.ndarray | None = None,
    absorbed: Sequence[np.ndarray] = (),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the covariance of the coefficients (K by K), their Satterthwaite degrees of freedom and shares seen (K).

    The share is of the variance that the working model expects: below 1 where a single cluster decides part of a term
    by itself, which leaves no residual to learn from.

    Parameters
    ----------
    x : array
        The reported terms (n by K), independent of each other and of the absorbed effects.
    residuals : array
        Outcome less fit (n), not weighted.
    clusters : array
        Code of each row's cluster (n), 0 to G - 1.
    weights : array, optional
        Analytic weights (n).
    absorbed : sequence of array
        Codes of each row's level, an array (n) per absorbed effect.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2); Pustejovsky and Tipton (2018), Journal of Business & Economic
    Statistics 36(4).
    """
    root = np.ones(len(x)) if weights is None else np.sqrt(weights)
    columns, rest = _sweep_absorbed(x, clusters, root**2, absorbed)
    basis, lead = _find_basis(columns * root[:, None], rest * root[:, None])
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    basis, left = basis[order], (root * residuals)[order]
    shares = [block.T @ block for block in np.split(basis, starts[1:])]
    scores = np.add.reduceat(basis * left[:, None], starts)
    return _sum_clusters(shares, scores, lead)


def _sweep_absorbed(
    x: np.ndarray, clusters: np.ndarray, weights: np.ndarray, absorbed: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the terms, and an indicator column of each crossing level, less the levels inside one cluster."""
    crossing = [find_crossing(levels, clusters) for levels in absorbed]
    marks = [(levels[:, None] == found).astype("float64") for levels, found in zip(absorbed, crossing, strict=True)]
    both = np.asfortranarray(np.column_stack([x, *marks]))
    inside = [~np.isin(levels, found) for levels, found in zip(absorbed, crossing, strict=True)]
    swept = [(levels[rows], rows) for levels, rows in zip(absorbed, inside, strict=True) if rows.any()]
    size = np.abs(both).max(axis=0)
    for _sweep in range(SWEEPS):
        moved = 0.0
        for levels, rows in swept:
            total = np.bincount(levels, weights=weights[rows])
            total[total == 0] = 1
            for column, scale in zip(both.T, size, strict=True):
                mean = np.bincount(levels, weights=weights[rows] * column[rows]) / total
                column[rows] -= mean[levels]
                moved = max(moved, float(np.abs(mean).max()) / scale)
        if len(swept) < 2 or moved <= STILL:
            return both[:, : x.shape[1]], both[:, x.shape[1] :]
    raise DataError(_("absorb: efek yang diserap tidak dapat dipisahkan; lepas satu, atau pakai errors CR1."))


def _find_basis(x: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an orthonormal basis of all columns (n by r) that begins with the terms', and R^-1' of x = QR (r by K)."""
    size, vectors = np.linalg.eigh(rest.T @ rest)
    kept = size > ALONE * size.max(initial=0.0)
    others = rest @ (vectors[:, kept] / np.sqrt(size[kept]))
    basis, triangle = np.linalg.qr(x - others @ (others.T @ x))
    lead = np.linalg.inv(triangle).T
    return np.column_stack([basis, others]), np.vstack([lead, np.zeros((others.shape[1], x.shape[1]))])


def _sum_clusters(
    shares: list[np.ndarray], scores: np.ndarray, lead: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum over clusters: U'U of each (r by r), U'e of each (G by r), and what turns U into coefficients (r by K).

    With p_g the vector of a term's adjusted cluster g, E V = sum p_g'p_g and df = (E V)^2 / sum (p_g'p_h)^2, where
    p_g'p_h = a_g'a_g [g = h] - u_g'u_h, a_g the adjusted design and u_g = U_g'a_g.
    """
    rank, terms = lead.shape
    meat = np.zeros((terms, terms))
    mean, square, cross = np.zeros(terms), np.zeros(terms), np.zeros((terms, rank, rank))
    step = max(1, BLOCK // (rank * max(rank, terms)))
    for start in range(0, len(shares), step):
        share, vectors = np.linalg.eigh(np.stack(shares[start : start + step]))
        room = 1 - share
        root = np.where(room > ALONE, np.maximum(room, ALONE) ** -0.5, 0.0)
        turned = vectors.transpose(0, 2, 1)  # from the basis to each cluster's own axes
        adjusted = lead.T @ (vectors @ (root * (turned @ scores[start : start + step, :, None])[..., 0])[..., None])
        meat += adjusted[..., 0].T @ adjusted[..., 0]
        own = turned @ lead
        length = np.einsum("gr,grk->gk", share * root**2, own**2)
        pulled = vectors @ ((share * root)[..., None] * own)
        shift = (pulled**2).sum(axis=1)
        mean += (length - shift).sum(axis=0)
        square += (length**2 - 2 * length * shift).sum(axis=0)
        parts = pulled.transpose(2, 0, 1)
        cross += parts.transpose(0, 2, 1) @ parts
    square += (cross**2).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):  # a term without any variance is refused by the caller
        return meat, mean**2 / square, mean / (lead**2).sum(axis=0)
