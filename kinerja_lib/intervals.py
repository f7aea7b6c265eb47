"""Small statistics with their 95 % intervals: a mean, a share, a rate, a difference, a change between two periods.

One person or no spread gives a missing interval, never an error. Shares are in per cent throughout. The estimators
of the studies are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Level:
    """A number with its 95 % interval.

    Attributes
    ----------
    value, conf_low, conf_high : float
        In the unit of the measure; NaN where it cannot be computed.
    n : int
        People (or respondents) it rests on.
    """

    value: float
    conf_low: float
    conf_high: float
    n: int


def mean_interval(values: pd.Series | np.ndarray) -> Level:
    """Return the mean of the values that are there, with its t interval.

    Examples
    --------
    >>> mean_interval(pd.Series([1.0, 2.0, 3.0]))
    Level(value=2.0, conf_low=-0.484..., conf_high=4.484..., n=3)
    """
    numbers = pd.Series(values, dtype="float64").dropna().to_numpy()
    n = len(numbers)
    if n == 0:
        return Level(np.nan, np.nan, np.nan, 0)
    value = float(numbers.mean())
    if n == 1 or np.ptp(numbers) == 0:
        return Level(value, np.nan, np.nan, n)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * numbers.std(ddof=1) / np.sqrt(n))
    return Level(value, value - half, value + half, n)


def share_interval(k: int, n: int) -> Level:
    """Return the share `k` of `n` in per cent, with the interval of Wilson (1927).

    Examples
    --------
    >>> share_interval(5, 10)
    Level(value=50.0, conf_low=23.65..., conf_high=76.34..., n=10)
    """
    if n == 0:
        return Level(np.nan, np.nan, np.nan, 0)
    return Level(100 * (k / n), *_wilson(k / n, n), int(n))


def _wilson(p: float, n: float) -> tuple[float, float]:
    """Return the ends, in per cent, of the interval of Wilson (1927) for a share `p` of `n`; `n` need not be whole."""
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return 100 * max(0.0, float(centre - half)), 100 * min(1.0, float(centre + half))


def share_difference(k: tuple[int, int], n: tuple[int, int]) -> Level:
    """Return the first share minus the second, of different people, in points, with Newcombe's interval.

    Method 10 of Newcombe (1998), Statistics in Medicine 17: 873: the ends come from the two intervals of Wilson.

    Parameters
    ----------
    k, n : pair of int
        Cases that count, and all cases, of the first group and of the second.

    Returns
    -------
    Level
        `n` = people of both groups; all missing where a group is empty.

    Examples
    --------
    >>> share_difference((56, 48), (70, 80))  # Newcombe's first example: 0.0524 to 0.3339
    Level(value=20.0, conf_low=5.24..., conf_high=33.38..., n=150)
    """
    first, second = (share_interval(a, b) for a, b in zip(k, n, strict=True))
    if not first.n or not second.n:
        return Level(np.nan, np.nan, np.nan, first.n + second.n)
    value = first.value - second.value
    down = np.hypot(first.value - first.conf_low, second.conf_high - second.value)
    up = np.hypot(first.conf_high - first.value, second.value - second.conf_low)
    return Level(value, value - float(down), value + float(up), first.n + second.n)


def mean_difference(first: pd.Series | np.ndarray, second: pd.Series | np.ndarray) -> Level:
    """Return the first mean minus the second, of different people, with the t interval of Welch (1947).

    Examples
    --------
    >>> mean_difference(np.array([3.0, 5.0]), np.array([1.0, 3.0]))
    Level(value=2.0, conf_low=-4.08..., conf_high=8.08..., n=4)
    """
    pair = [pd.Series(values, dtype="float64").dropna().to_numpy() for values in (first, second)]
    n = sum(map(len, pair))
    if not all(map(len, pair)):
        return Level(np.nan, np.nan, np.nan, n)
    value = float(pair[0].mean() - pair[1].mean())
    if min(map(len, pair)) < 2 or not sum(np.ptp(numbers) for numbers in pair):
        return Level(value, np.nan, np.nan, n)
    parts = np.array([numbers.var(ddof=1) / len(numbers) for numbers in pair])
    df = parts.sum() ** 2 / sum(part**2 / (len(numbers) - 1) for part, numbers in zip(parts, pair, strict=True))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, df) * np.sqrt(parts.sum()))
    return Level(value, value - half, value + half, n)


def rate_interval(k: int, exposure: float, n: int) -> Level:
    """Return `k` events per 100 of `exposure` (such as years of service), with the exact interval of Garwood (1936).

    Examples
    --------
    >>> rate_interval(10, 200.0, 210)  # 4.795 to 18.390 expected events
    Level(value=5.0, conf_low=2.39..., conf_high=9.19..., n=210)
    """
    if exposure <= 0:
        return Level(np.nan, np.nan, np.nan, n)
    tail = (1 - CONFIDENCE) / 2
    low = stats.chi2.ppf(tail, 2 * k) / 2 if k else 0.0
    ends = (float(low), float(stats.chi2.isf(tail, 2 * k + 2) / 2))
    return Level(100 * k / exposure, 100 * ends[0] / exposure, 100 * ends[1] / exposure, n)


def cluster_share_interval(k: pd.Series | np.ndarray, m: pd.Series | np.ndarray) -> Level:
    """Return the share of all cases that count, when each person has several cases that resemble each other.

    The interval is that of Wilson with the effective number of cases (Dean and Pagano 2015, Journal of Survey
    Statistics and Methodology 3: 484): cases divided by the design effect of clusters, at most the number of cases;
    where nobody differs from anybody, the number of people.

    Parameters
    ----------
    k, m : array of whole numbers
        For each person the cases that count, and all cases; people without a case are left out.

    Returns
    -------
    Level
        Per cent; `n` = people.

    Examples
    --------
    >>> cluster_share_interval(np.array([2, 0, 2, 0]), np.array([2, 2, 2, 2]))  # as wide as 2 of 4
    Level(value=50.0, conf_low=15.00..., conf_high=84.99..., n=4)
    """
    sizes = np.asarray(m, dtype="float64")
    counted = np.asarray(k, dtype="float64")[sizes > 0]
    sizes = sizes[sizes > 0]
    n, cases = len(sizes), float(sizes.sum())
    if n == 0:
        return Level(np.nan, np.nan, np.nan, 0)
    p = float(counted.sum()) / cases
    variance = float(((counted - p * sizes) ** 2).sum()) / cases**2
    effective = min(p * (1 - p) / variance, cases) if variance > 1e-24 else float(n)
    return Level(100 * p, *_wilson(p, effective), n)


def change_interval(before: pd.DataFrame, after: pd.DataFrame) -> Level:
    """Return the difference of two means, people who are in both counted as themselves.

    The error is clustered by person (CR1: the regression of value on period), the interval t with one degree of
    freedom less than there are people.

    Parameters
    ----------
    before, after : DataFrame
        Columns `person` and `value`, one row a person.

    Returns
    -------
    Level
        `value` = mean after minus mean before; `n` = people in either.
    """
    both = [frame.dropna(subset=["value"]) for frame in (before, after)]
    sizes = [len(frame) for frame in both]
    if min(sizes) == 0:
        return Level(np.nan, np.nan, np.nan, max(sizes))
    means = [float(frame["value"].mean()) for frame in both]
    change = means[1] - means[0]
    parts = [
        pd.Series(sign * (frame["value"].to_numpy() - mean) / len(frame), index=frame["person"].to_numpy())
        for sign, frame, mean in zip((-1, 1), both, means, strict=True)
    ]
    scores = pd.concat(parts)
    by_person = scores.groupby(level=0).sum().to_numpy()
    clusters, total = len(by_person), sum(sizes)
    spread = float((by_person**2).sum())
    if min(sizes) < 2 or spread <= 1e-24 * max(1.0, change**2):
        return Level(change, np.nan, np.nan, clusters)
    error = np.sqrt(spread * clusters / (clusters - 1) * (total - 1) / (total - 2))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, clusters - 1) * error)
    return Level(change, change - half, change + half, clusters)


def mean_intervals(frame: pd.DataFrame, by: str, value: str) -> pd.DataFrame:
    """Return `mean_interval` for each group at once.

    Returns
    -------
    DataFrame
        Index = the groups in sorted order (declared order of a category, empty ones included); columns `n`, `value`,
        `conf_low`, `conf_high`.
    """
    groups = frame.groupby(by, observed=False)[value]
    out = pd.DataFrame({"n": groups.count(), "value": groups.mean(), "sd": groups.std(ddof=1)})
    spread = out["sd"].where(out["sd"] > 0)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, out["n"].where(out["n"] > 1) - 1)
    half = quantile * spread / np.sqrt(out["n"].where(out["n"] > 0))
    return out.assign(conf_low=out["value"] - half, conf_high=out["value"] + half)[
        ["n", "value", "conf_low", "conf_high"]
    ]


def share_intervals(k: pd.Series, n: pd.Series) -> pd.DataFrame:
    """Return `share_interval` for each pair: columns `value`, `conf_low`, `conf_high`, index of `k`."""
    levels = [share_interval(int(a), int(b)) for a, b in zip(k, n, strict=True)]
    columns = ["value", "conf_low", "conf_high"]
    return pd.DataFrame([[getattr(level, c) for c in columns] for level in levels], columns=columns, index=k.index)
