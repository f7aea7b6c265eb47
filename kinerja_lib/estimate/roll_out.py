"""What a roll-out in steps is computed from: people by periods, and the effect of each group in each period.

Each effect is a two-by-two comparison whose influence function is kept, so that every average, error, test and bound
downstream is linear in one small covariance. Nothing here loops over people.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError, list_values
from kinerja_lib.estimate.calendar import Calendar, read_calendar, read_starts
from kinerja_lib.estimate.did import per_unit, read_covariates, require_panel
from kinerja_lib.estimate.inputs import (
    cluster_codes,
    complete_rows,
    independent_columns,
    level_codes,
    require_numeric,
)
from kinerja_lib.estimate.two_by_two import Att, TwoByTwo, att_of_change
from kinerja_lib.language import _

BLOCK = 2**18  # multiplications


@dataclass(frozen=True, slots=True)
class People:
    """Units in the order of their start, by periods.

    Outcome `y` (T by n; NaN where a unit was not seen), covariates `x` (T by n by k, the first a constant),
    `clusters` (n) or None, `times` (T), the groups' first treated times `starts` (C, in order), and each unit's place
    among them, `cohort` (n; C = never).
    """

    y: np.ndarray
    x: np.ndarray | None
    clusters: np.ndarray | None
    times: np.ndarray
    starts: np.ndarray
    cohort: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Units of each group, and of those that never start (C + 1)."""
        return np.bincount(self.cohort, minlength=len(self.starts) + 1)

    @property
    def first(self) -> np.ndarray:
        """Position of the first period in which each group is treated (C)."""
        return np.searchsorted(self.times, self.starts)


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects by group and period (K): positions, values, weights in averages, treated units.

    `covariance` (K + C + 1 square) is that of the values and of the shares of the groups, which are estimated too
    (zeros where weights are taken as given); `df` the degrees of freedom; `moving` whether an effect before the start
    is the step from the period before (else the distance from the last period before the start).
    """

    group: np.ndarray
    time: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    n: np.ndarray
    covariance: np.ndarray
    df: float
    moving: bool


def read_people(
    frame: pd.DataFrame,
    columns: tuple[str, str, str, str],
    covariates: list[str],
    clusters: list[str],
    dropped: dict[str, int],
) -> tuple[People, Calendar, list[str]]:
    """Return the people, the calendar, and warnings; `dropped` gets what was left out."""
    outcome, unit, period, first = columns
    used = frame[list(dict.fromkeys([outcome, unit, period, *covariates, *clusters]))].copy()
    used[first], labels = pd.factorize(frame[first])  # a missing start means never and is no gap
    whole, losses = complete_rows(used, list(used.columns))
    dropped |= losses
    require_numeric(whole[outcome], "outcome")
    calendar, where = read_calendar(whole[period])
    starts = read_starts(labels, calendar)[whole[first].to_numpy()]
    units = pd.factorize(whole[unit])[0]
    own = {"cluster": level_codes(whole, clusters[0])} if clusters else {}
    require_panel(units, where, {"first_treated": starts, **own})
    said = _require_starts(starts, calendar)
    while not (kept := starts > calendar.times[0]).all():  # what is left may begin later
        reason = _("baris orang yang sudah ikut sejak periode pertama")
        dropped[reason] = dropped.get(reason, 0) + int((~kept).sum())
        whole, starts, units = whole[kept], starts[kept], pd.factorize(units[kept])[0]
        calendar, where = read_calendar(whole[period])
        said = _require_starts(starts, calendar)
    start = per_unit(np.where(starts > calendar.times[-1], np.inf, starts), units)
    order = np.argsort(start, kind="stable")
    row = np.empty(len(order), dtype=int)
    row[order] = np.arange(len(order))
    shape = (len(calendar.times), len(order))
    y = _spread_out(require_numeric(whole[outcome], "outcome"), where, row[units], shape)
    x = _spread_out(read_covariates(whole, covariates, dropped)[0], where, row[units], shape) if covariates else None
    if np.isnan(y).any():
        said.append(_("Panel tidak lengkap: tiap perbandingan memakai orang yang terlihat pada kedua periodenya."))
    found = np.unique(start[np.isfinite(start)])
    group = per_unit(cluster_codes(whole, clusters)[:, 0], units)[order] if clusters else None
    return People(y, x, group, calendar.times, found, np.searchsorted(found, start[order])), calendar, said


def _spread_out(values: np.ndarray, where: np.ndarray, row: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return values by period and unit, NaN where a unit was not seen."""
    wide = np.full((*shape, *values.shape[1:]), np.nan)
    wide[where, row] = values
    return wide


def compare(people: People, control: str, method: TwoByTwo, dropped: dict[str, int]) -> tuple[Effects, float]:
    """Return the effects of Callaway and Sant'Anna, and the largest propensity met among controls."""
    n, sizes = people.y.shape[1], people.sizes
    if control == "never" and not sizes[-1]:
        raise DataError(_("control: tidak ada orang yang tidak pernah mulai. Pakai control not_yet."))
    lost: dict[str, int] = {}
    cells: list[tuple[int, int, int]] = []
    found: list[Att] = []
    influence = np.zeros((len(people.starts) * (len(people.times) - 1), n))
    for g, t in product(range(len(people.starts)), range(1, len(people.times))):
        base = min(t, int(people.first[g])) - 1
        rows, change = _pair(people, g, t, base, control)
        treated = people.cohort[rows] == g
        try:
            if not 0 < treated.sum() < len(rows):
                raise DataError(_("control: tidak ada pembanding yang terlihat. Ubah control."))
            x = np.ones((len(rows), 1)) if people.x is None else people.x[base, rows]
            att = att_of_change(change, treated, x, method)
        except DataError as error:
            lost[str(error)] = lost.get(str(error), 0) + 1
            continue
        influence[len(cells), rows] = att.influence * (n / len(rows))
        cells.append((g, t, int(treated.sum())))
        found.append(att)
    group, time, counted = np.array(cells, dtype=int).reshape(-1, 3).T
    if not (time >= people.first[group]).any():
        raise DataError(next(reversed(lost)))
    dropped |= {_("perbandingan angkatan dan periode ({why})").format(why=why): count for why, count in lost.items()}
    shares = people.cohort == np.arange(len(sizes))[:, None]
    total = _sum_by_cluster(np.vstack([influence[: len(cells)], shares]) / n, people.clusters)
    df = np.inf if people.clusters is None else total.shape[1] - 1.0
    factor = 1.0 if people.clusters is None else (df + 1) / df
    values = np.array([att.value for att in found])
    effects = Effects(group, time, values, sizes[group] / n, counted, _square(total) * factor, df, True)
    return effects, max(att.overlap for att in found)


def saturate(people: People) -> Effects:
    """Return the effects of Sun and Abraham: two-way fixed effects with a term for each group and period."""
    count, shape = len(people.starts), (len(people.starts), len(people.times))
    seen = np.array([(~np.isnan(people.y[:, people.cohort == c])).sum(axis=1) for c in range(count)])
    wanted = (seen > 0) & (np.arange(shape[1]) != people.first[:, None] - 1)
    group, time = wanted.nonzero()
    design = np.zeros((count + 1, shape[1], len(group)))
    design[group, time, np.arange(len(group))] = 1
    value, total, df = within(people, design)
    covariance = np.zeros((len(group) + count + 1,) * 2)
    covariance[: len(group), : len(group)] = _square(total)
    counted = seen[group, time]
    return Effects(group, time, value, counted.astype("float64"), counted, covariance, df, False)


def within(people: People, design: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Regress on unit effects, periods and `design` (C + 1 by T by k): coefficients, cluster parts, freedom.

    Units of one group seen in the same periods share their design, so the regression is summed over those patterns.
    The parts (k by clusters) carry the factor of CR1; unit effects nested in the cluster are not counted.
    """
    seen, k = ~np.isnan(people.y), design.shape[2]
    periods = np.broadcast_to(np.eye(len(people.times))[:, 1:], (len(design), len(people.times), len(people.times) - 1))
    design = np.concatenate([periods, design], axis=2)
    gram, moment, kept = np.zeros((design.shape[2],) * 2), np.zeros(design.shape[2]), []
    for rows in _patterns(people.cohort, seen):
        at = seen[:, rows[0]]
        z, y = design[people.cohort[rows[0]]][at], people.y[np.ix_(at, rows)]
        z, y = z - z.mean(axis=0), y - y.mean(axis=0)
        gram, moment = gram + len(rows) * z.T @ z, moment + z.T @ y.sum(axis=1)
        kept.append((rows, z, y))
    told = independent_columns(gram)  # without periods that only people seen once have
    free = int(seen.sum()) - len(told) - 1
    if free < 1 or told[-k:] != list(range(design.shape[2] - k, design.shape[2])):
        raise DataError(_("data: terlalu sedikit orang atau periode untuk menaksir dampak tiap angkatan dan periode."))
    bread = np.linalg.inv(gram[np.ix_(told, told)])
    beta = bread @ moment[told]
    score = np.empty((k, seen.shape[1]))
    for rows, z, y in kept:
        score[:, rows] = (bread[-k:] @ z[:, told].T) @ (y - (z[:, told] @ beta)[:, None])
    total = _sum_by_cluster(score, people.clusters)
    df = total.shape[1] - 1.0
    return beta[-k:], total * np.sqrt((df + 1) / df * (seen.sum() - 1) / free), df


def _sum_by_cluster(parts: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    """Return the columns of `parts` summed by cluster; as they are without clusters."""
    return parts if clusters is None else np.stack([np.bincount(clusters, row) for row in parts])


def _square(parts: np.ndarray) -> np.ndarray:
    """Return `parts` times its transpose, over blocks too small for the matrix library to share among threads.

    On a busy machine threads that wait for each other at every step cost twenty times the sum itself.
    """
    k, n = parts.shape
    width = max(BLOCK // k**2, 16)
    whole = parts[:, : n // width * width].reshape(k, -1, width)
    rest = parts[:, n // width * width :]
    return np.asarray((whole.transpose(1, 0, 2) @ whole.transpose(1, 2, 0)).sum(axis=0) + rest @ rest.T)


def _pair(people: People, g: int, t: int, base: int, control: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of group `g` and its controls that were seen in both periods, and their change."""
    ends = np.concatenate([[0], np.cumsum(people.sizes)])
    compared = people.starts > people.times[t] if control == "not_yet" else np.zeros(len(people.starts), dtype=bool)
    compared[g] = True
    sides = np.append(np.flatnonzero(compared), len(people.starts))
    rows = np.concatenate([np.arange(ends[side], ends[side + 1]) for side in sides])
    change = people.y[t, rows] - people.y[base, rows]
    seen = ~np.isnan(change)
    return (rows, change) if seen.all() else (rows[seen], change[seen])


def _patterns(cohort: np.ndarray, seen: np.ndarray) -> list[np.ndarray]:
    """Return the units of each group that were seen in the same periods; units seen once tell nothing within."""
    marks = np.column_stack([cohort, np.packbits(seen, axis=0).T])
    groups = pd.DataFrame(marks).groupby(list(range(marks.shape[1])), sort=False).indices
    return [np.asarray(rows) for rows in groups.values()]


def _require_starts(starts: np.ndarray, calendar: Calendar) -> list[str]:
    """Refuse data in which nobody starts; return a warning for those who start after the last period."""
    first, last = calendar.times[0], calendar.times[-1]
    if not ((starts > first) & (starts <= last)).any():
        message = _("first_treated: tidak ada yang mulai sesudah periode pertama di dalam data ({allowed}).")
        raise DataError(message.format(allowed=list_values(calendar.labels)))
    late = np.unique(starts[(starts > last) & np.isfinite(starts)])
    if not len(late):
        return []
    message = _("Mulai sesudah periode terakhir ({found}): dihitung sebagai tidak pernah mulai.")
    return [message.format(found=list_values(calendar.name(time) for time in late))]
