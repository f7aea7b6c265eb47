"""Roll-outs in steps: the effect of each starting group in each period, its averages, and how far to trust them.

Callaway and Sant'Anna by our own numerics (roll_out.py), beside Sun and Abraham, plain two-way fixed effects with what
those average, and bounds for trends that differ.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.estimate.calendar import Calendar
from kinerja_lib.estimate.did import ATT, CLUSTERED, read_cluster, warn_overlap, warn_trend
from kinerja_lib.estimate.inputs import Names, as_label, as_names, require_columns, require_frame
from kinerja_lib.estimate.least_squares import ERRORS, NESTED, Fit, count_clusters, tidy, warn_clusters
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.roll_out import Effects, People, compare, read_people, saturate, within
from kinerja_lib.estimate.scalars import require_choices
from kinerja_lib.language import _, mark

Control = Literal["never", "not_yet"]
StaggeredMethod = Literal["dr", "ipw", "outcome"]
Estimator = Literal["callaway_santanna", "sun_abraham"]

OVERALL, NEVER = "overall", "never"
MBAR = (0.0, 0.5, 1.0, 1.5, 2.0)
SMALL = 5  # people; a smaller group has no spread of its own to speak of
SINGULAR = 1e-10  # share of the largest direction below which a direction is rounding
ROUNDING = 1e-20  # share of the largest variance below which a variance is rounding
SATURATED = ERRORS["CR1"]
NORMAL = mark("fungsi pengaruh tiap {cluster}, tanpa koreksi sampel kecil; sebaran normal")
PAPERS = {
    "callaway_santanna": "Callaway and Sant'Anna (2021), Journal of Econometrics 225(2)",
    "sun_abraham": "Sun and Abraham (2021), Journal of Econometrics 225(2)",
}
NAMES = {
    "callaway_santanna": mark("Callaway-Sant'Anna: dampak tiap angkatan dan periode, lalu dirata-ratakan"),
    "sun_abraham": mark("Sun-Abraham: regresi efek tetap dengan dampak tiap angkatan dan periode"),
}


class Row(NamedTuple):
    """An average of effects: its value, its direction in the covariance (K + C + 1), treated units behind it."""

    value: float
    direction: np.ndarray
    n: int


def estimate_staggered(
    data: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    period: str,
    first_treated: str,
    control: Control = "never",
    covariates: Names = (),
    method: StaggeredMethod = "dr",
    cluster: str | None = None,
    estimator: Estimator = "callaway_santanna",
) -> Estimate:
    """Estimate the effect on the treated of a programme that units enter at different times.

    Parameters
    ----------
    data : DataFrame
        A row per unit and period; not changed. A unit may miss periods: each comparison takes those seen in both.
    outcome, unit, period, first_treated : str
        Columns: a number; what follows a unit; a number, a text such as ``2024-S1`` or an ordered categorical; the
        period in which the unit starts (missing, empty or 0: never), the same in all its rows. Those treated from
        the first period on are left out; those who start after the last count as never.
    control : {"never", "not_yet"}
        Compared with units that never start, or with all that have not started by then.
    covariates : str or list of str, optional
        Columns on which the trends may depend, as they were in the earlier of the two periods compared.
    method : {"dr", "ipw", "outcome"}
        Doubly robust, weighting, or outcome regression (Callaway-Sant'Anna only).
    cluster : str, optional
        Column above the unit within which the errors may be related.
    estimator : {"callaway_santanna", "sun_abraham"}
        Sun-Abraham takes neither covariates nor `control`; where nobody never starts, the last group is compared.

    Returns
    -------
    Estimate
        `table` has the row `att`: the mean over all treated (group, period) after the start; n counts rows. In units
        of the outcome. `diagnostics` (n = treated units behind a row): `group_time` (group, period, ...), and by
        `term` with a row `overall` each: `event` (periods since the start; `overall` is the mean from 0 on),
        `group`, `calendar`. Before the start an effect is the step from one period to the next (Sun-Abraham: the
        distance from the last period before). `twfe` (Series: estimate, std_error, conf_low, conf_high, p_value, n) is
        plain two-way fixed effects and `bacon` (treated, control, kind, estimate, weight) what it averages, over units
        seen in all periods; `pre_trend_p` tests all effects before the start at once (absent where there are
        none); `honest` bounds `att` if trends after the start differ by at most `mbar` times the largest step
        before it (lower, upper; conf_low, conf_high count the error of the steps too); `n_units`, `n_clusters`,
        `overlap`, `warnings`.

    Raises
    ------
    CallError
        A column, control, method or estimator that is not there; covariates with Sun-Abraham.
    DataError
        Nobody starts inside the data, no controls, a unit in two groups or twice in a period, an outcome that is no
        number, covariates that separate the groups everywhere.

    References
    ----------
    Callaway and Sant'Anna (2021), Sun and Abraham (2021), Goodman-Bacon (2021), all Journal of Econometrics 225(2);
    Rambachan and Roth (2023), Review of Economic Studies 90(5).

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], "tahun": [2022, 2023, 2024] * 4,
    ...     "mulai": [2023] * 3 + [2024] * 3 + [0] * 6, "nilai": [1.0, 4, 6, 2, 3, 6, 1, 2, 2, 3, 4, 5]})
    >>> found = estimate_staggered(frame, outcome="nilai", unit="id", period="tahun", first_treated="mulai")
    >>> found.diagnostics["group_time"][["group", "period", "estimate"]]
      group period  estimate
    0  2023   2023       2.0
    1  2023   2024       3.5
    2  2024   2023       0.0
    3  2024   2024       2.5
    """
    frame, names, clusters = require_frame(data), as_names(covariates), read_cluster(cluster)
    require_choices(control=(control, Control), method=(method, StaggeredMethod), estimator=(estimator, Estimator))
    if estimator == "sun_abraham" and names:
        raise CallError(_("covariates: sun_abraham tidak memakai kovariat; pakai callaway_santanna."))
    columns = {"outcome": [outcome], "unit": [unit], "period": [period], "first_treated": [first_treated]}
    for argument, wanted in (columns | {"covariates": names, "cluster": clusters}).items():
        require_columns(frame, argument, wanted)
    dropped: dict[str, int] = {}
    people, calendar, said = read_people(frame, (outcome, unit, period, first_treated), names, clusters, dropped)
    diagnostics: dict[str, object] = {"n_units": len(people.cohort)}
    if estimator == "callaway_santanna":
        effects, overlap = compare(people, control, method, dropped)
        said += warn_overlap(overlap)
        diagnostics |= {"overlap": overlap} if names and method != "outcome" else {}
    else:
        effects = saturate(_with_control(people))
    after = np.flatnonzero(people.times[effects.time] >= people.starts[effects.group])
    att = _mean(effects, after)
    table = _tidy(effects, [(ATT, att)]).assign(n=int((~np.isnan(people.y)).sum()))
    if table["std_error"].isna().any():
        raise DataError(_("outcome: perubahan tidak bervariasi di dalam kelompok; galat tidak dapat ditaksir."))
    diagnostics |= _average(effects, people, calendar, after)
    diagnostics |= {"twfe": _two_way(people), "bacon": _decompose(people, calendar)}
    looked = _look_before(effects, people, att, after)
    if people.clusters is not None:
        diagnostics |= count_clusters(people.clusters[:, None], clusters)
    said += _warn(people, calendar, looked.get("pre_trend_p", 1.0))
    given = _(" yang kovariatnya sama") if names else ""
    rule = _(CLUSTERED) if clusters else _(NORMAL)
    if estimator == "sun_abraham":
        rule = _(SATURATED) + _(NESTED)
    return Estimate(
        table=table,
        estimand=_("dampak rata-rata pada peserta: {outcome} sejak mulai, melebihi perubahan pembanding").format(
            outcome=outcome
        ),
        design="comparative",
        method=_(NAMES[estimator]),
        errors=rule.format(cluster=" + ".join(clusters) or unit),
        assumptions=(
            _("Tanpa program, peserta berubah sebesar pembanding{given}.").format(given=given),
            _("Program tidak berpengaruh sebelum mulai, dan tidak mengubah pembanding."),
            _("Sekali mulai, seseorang tetap dihitung sebagai peserta."),
        ),
        diagnostics=diagnostics | looked | {"warnings": tuple(said)},
        dropped=dropped,
        reference=PAPERS[estimator],
    )


def _mean(effects: Effects, chosen: np.ndarray) -> Row:
    """Return the weighted mean of some effects; that the weights are estimated shares counts in its direction."""
    weight = effects.weight[chosen]
    value = float(weight @ effects.value[chosen] / weight.sum())
    direction = np.zeros(len(effects.covariance))
    direction[chosen] = weight / weight.sum()
    away = (effects.value[chosen] - value) / weight.sum()
    np.add.at(direction, len(effects.value) + effects.group[chosen], away)
    _groups, first = np.unique(effects.group[chosen], return_index=True)
    return Row(value, direction, int(effects.n[chosen][first].sum()))


def _join(rows: list[Row], weights: np.ndarray, n: int, shares: np.ndarray | None = None) -> Row:
    """Return the mean of averages; `shares` are the places of the groups whose shares are the weights."""
    weights = weights / (total := weights.sum())
    value = float(weights @ [row.value for row in rows])
    direction = weights @ np.array([row.direction for row in rows])
    if shares is not None:
        direction[shares] += (np.array([row.value for row in rows]) - value) / total
    return Row(value, direction, n)


def _by(effects: Effects, chosen: np.ndarray, keys: np.ndarray) -> dict[Any, Row]:
    """Return the means of some effects by key, in order."""
    return {key: _mean(effects, chosen[keys[chosen] == key]) for key in np.unique(keys[chosen])}


def _average(effects: Effects, people: People, calendar: Calendar, after: np.ndarray) -> dict[str, Any]:
    """Return the tidy tables by group and period, time since the start, group, and period."""
    every, n = np.arange(len(effects.value)), _mean(effects, after).n
    since = people.times[effects.time] - people.starts[effects.group]
    starts = [calendar.name(start) for start in people.starts]
    cells = _tidy(effects, [("", _mean(effects, every[[at]])) for at in every])
    cells = cells.assign(group=[starts[g] for g in effects.group], term=[calendar.labels[t] for t in effects.time])
    cells = cells[["group", "term", *cells.columns[2:]]].rename(columns={"term": "period"})
    late, group = _by(effects, after, since), _by(effects, after, effects.group)
    share = np.array([effects.weight[effects.group == g][0] for g in group])
    event = {as_label(float(e)): row for e, row in _by(effects, every, since).items()}
    period = {calendar.labels[t]: row for t, row in _by(effects, after, effects.time).items()}
    tables = {
        "event": event | {OVERALL: _join([*late.values()], np.ones(len(late)), n)},
        "group": {starts[g]: row for g, row in group.items()}
        | {OVERALL: _join([*group.values()], share, n, len(every) + np.array([*group]))},
        "calendar": period | {OVERALL: _join([*period.values()], np.ones(len(period)), n)},
    }
    return {"group_time": cells} | {name: _tidy(effects, [*rows.items()]) for name, rows in tables.items()}


def _tidy(effects: Effects, rows: list[tuple[str, Row]]) -> pd.DataFrame:
    """Return named averages as a tidy table; where nothing varies the error is missing."""
    directions = np.array([row.direction for _name, row in rows])
    covariance = directions @ effects.covariance @ directions.T
    floor = ROUNDING * float(np.diag(effects.covariance)[: len(effects.value)].max())
    variance = np.where(np.diag(covariance) > floor, np.diag(covariance), np.nan)
    values = np.array([row.value for _name, row in rows])
    table = tidy(Fit(values, np.diag(variance), effects.df, [name for name, _row in rows]), 0)
    return table.assign(n=[row.n for _name, row in rows])


def _two_way(people: People) -> pd.Series:
    """Return plain two-way fixed effects: one number for all who have started, CR1 by unit or cluster."""
    started = np.append(people.starts, np.inf)[:, None] <= people.times
    value, parts, df = within(people, started[:, :, None].astype("float64"))
    row = tidy(Fit(value, parts @ parts.T, df, ["twfe"]), int((~np.isnan(people.y)).sum())).iloc[0]
    return row[["estimate", "std_error", "conf_low", "conf_high", "p_value", "n"]]


def _decompose(people: People, calendar: Calendar) -> pd.DataFrame:
    """Return the comparisons that two-way fixed effects average, with their weights (units seen in all periods)."""
    full = ~np.isnan(people.y).any(axis=0)
    count = np.bincount(people.cohort[full], minlength=len(people.starts) + 1)
    total = [people.y[:, full & (people.cohort == c)].sum(axis=1) for c in range(len(count))]
    mean = np.array(total) / np.maximum(count, 1)[:, None]
    share = np.append(1 - people.first / len(people.times), 0.0)
    start, never = np.append(people.first, len(people.times)), len(people.starts)
    rows = []
    for k, c in permutations(range(never + 1), 2):
        if k == never or not (count[k] and count[c]):
            continue
        window, kind, weight = slice(0, start[c]), "earlier_later", (share[k] - share[c]) * (1 - share[k])
        if c == never:
            kind = "treated_never"
        elif k > c:
            window, kind, weight = slice(start[c], None), "later_earlier", share[k] * (share[c] - share[k])
        if weight > 0:
            gap, split = (mean[k] - mean[c])[window], start[k] - (window.start or 0)
            names = [calendar.name(people.starts[at]) if at < never else NEVER for at in (k, c)]
            rows.append((*names, kind, gap[split:].mean() - gap[:split].mean(), count[k] * count[c] * weight))
    table = pd.DataFrame(rows, columns=["treated", "control", "kind", "estimate", "weight"])
    return table.assign(weight=table["weight"] / table["weight"].sum())


def _look_before(effects: Effects, people: People, att: Row, after: np.ndarray) -> dict[str, Any]:
    """Return the joint test of the effects before the start, and bounds for trends that differ after it.

    If a period after the start adds a difference of at most `mbar` times the largest step before it, the bias of `att`
    lies within that times the mean number of periods since the start. Each step could be the largest, so the interval
    spans those of all: it covers whatever the true largest is (conservative).
    """
    from scipy import stats

    before = np.setdiff1d(np.arange(len(effects.value)), after)
    size, axes = np.linalg.eigh(effects.covariance[np.ix_(before, before)])
    kept = size > SINGULAR * size.max(initial=0.0)
    if not kept.any():
        return {}
    rank = int(kept.sum())
    wald = float(((axes[:, kept].T @ effects.value[before]) ** 2 / size[kept]).sum())
    free = effects.df - rank + 1  # Hotelling's test where clusters are few
    p_value = stats.chi2.sf(wald, rank) if np.isinf(free) else stats.f.sf(wald * free / effects.df / rank, rank, free)
    steps = [*_by(effects, before, people.times[effects.time] - people.starts[effects.group]).values()]
    if not effects.moving:
        steps = [_add(b, a, -1) for a, b in pairwise([*steps, Row(0.0, 0 * att.direction, 0)])]
    periods = effects.time[after] - people.first[effects.group[after]] + 1
    reach = float(effects.weight[after] @ periods / effects.weight[after].sum())
    ends = [(str(mbar), _add(att, step, sign * mbar * reach)) for mbar in MBAR for step in steps for sign in (-1, 1)]
    spans = _tidy(effects, ends).groupby("term", sort=False)
    honest = spans.agg(
        lower=("estimate", "min"),
        upper=("estimate", "max"),
        conf_low=("conf_low", "min"),
        conf_high=("conf_high", "max"),
    )
    return {"pre_trend_p": float(p_value), "honest": honest.rename_axis("mbar").reset_index().astype({"mbar": float})}


def _add(row: Row, other: Row, times: float) -> Row:
    return Row(row.value + times * other.value, row.direction + times * other.direction, row.n)


def _with_control(people: People) -> People:
    """Return people with somebody never treated: where all start, the last group until its start."""
    if people.sizes[-1]:
        return people
    if len(people.starts) < 2:
        raise DataError(_("first_treated: semua orang mulai bersama; tidak ada pembanding."))
    last = int(people.first[-1])
    return replace(people, y=people.y[:last], times=people.times[:last], starts=people.starts[:-1])


def _warn(people: People, calendar: Calendar, p_value: float) -> list[str]:
    sizes = people.sizes[:-1]
    small = [calendar.name(start) for start in people.starts[sizes < SMALL]]
    message = _("Angkatan di bawah {n} orang: {found}. Galat baris angkatan itu tidak dapat dipercaya.")
    said = [message.format(n=SMALL, found=list_values(small))] if small else []
    if people.clusters is not None:
        said += warn_clusters(int(people.clusters.max()) + 1)
    return said + warn_trend(p_value)
