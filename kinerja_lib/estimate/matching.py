"""Matching on the propensity score: one nearest neighbour with replacement, equal scores shared.

Rows with equal scores stand in for each other as their mean, so the result does not depend on the order of rows.
"""

from __future__ import annotations

import numpy as np

DIGITS = 12  # scores that agree so far are equal


def match_arms(
    score: np.ndarray, treated: np.ndarray, y: np.ndarray, *, att: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means (treated, untreated) over the target, their covariance, and how much each row is used.

    References
    ----------
    Abadie and Imbens (2006), Econometrica 74(1), theorems 6 and 7: the variance for a known score, of the population.
    """
    rounded = score.round(DIGITS)
    imputed = np.column_stack([y, y])
    uses, squares, variance = (np.zeros(len(y)) for _part in range(3))
    for column, own in enumerate((treated, ~treated)):
        levels, place, counts = np.unique(rounded[own], return_inverse=True, return_counts=True)
        means = np.bincount(place, y[own]) / counts
        nearest = _find_nearest(levels, rounded[~own])
        imputed[~own, column] = means[nearest]
        if not (att and column == 0):
            hits = np.bincount(nearest, minlength=len(levels))
            uses[own], squares[own] = (hits / counts)[place], (hits / counts**2)[place]
        variance[own] = _spread_within(y[own], levels, place, counts, means)
    goal = treated if att else np.ones(len(y), dtype=bool)
    extra = variance * (uses**2 - squares if att else uses**2 + 2 * uses - squares)
    values = imputed[goal].mean(axis=0)
    rest = imputed[goal] - values
    noise = np.diag([extra[treated].sum(), extra[~treated].sum()])
    return values, (rest.T @ rest + noise) / goal.sum() ** 2, uses + goal


def _find_nearest(levels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the position in the sorted `levels` that is nearest to each value; the lower of two equally near."""
    right = np.searchsorted(levels, values).clip(1, max(len(levels) - 1, 1))
    upper = levels[np.minimum(right, len(levels) - 1)]
    return np.where(values - levels[right - 1] <= np.abs(upper - values), right - 1, right.clip(max=len(levels) - 1))


def _spread_within(
    y: np.ndarray, levels: np.ndarray, place: np.ndarray, counts: np.ndarray, means: np.ndarray
) -> np.ndarray:
    """Return the variance of each row's outcome, from the rows of its own arm that are nearest in score."""
    gaps = np.diff(levels)
    below, above = np.append(np.inf, gaps), np.append(gaps, np.inf)
    beside = np.arange(len(levels)) + np.where(below <= above, -1, 1)
    beside = beside.clip(0, len(levels) - 1)[place]
    many = counts[place] - 1
    alone = many == 0
    others = np.where(alone, means[beside], (counts[place] * means[place] - y) / np.where(alone, 1, many))
    peers = np.where(alone, counts[beside], many)
    return np.asarray(peers / (peers + 1) * (y - others) ** 2)
