"""How long people stay: survival for one kind of exit, cumulative incidence where several kinds compete.

Where this stops: terms that shorten or lengthen the stay are for `estimate_hazard`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.estimate.inputs import read_rows, require_columns, require_frame
from kinerja_lib.estimate.lifetimes import (
    CENSORED,
    SINGULAR,
    Curve,
    Lifetimes,
    chi_square,
    count_at_risk,
    count_events,
    find_events,
    label,
    read_curve,
    read_lifetimes,
    read_times,
)
from kinerja_lib.estimate.result import Estimate, Z
from kinerja_lib.language import _

HALF = 1e-8  # a survival nearer to one half than this is one half


def estimate_survival(
    data: pd.DataFrame,
    *,
    duration: str,
    event: str,
    by: str | None = None,
    at: float | Iterable[float] = (),
    tau: float | None = None,
    entry: str | None = None,
) -> Estimate:
    """Estimate the share that is still without the event after each time (Kaplan-Meier).

    Parameters
    ----------
    data : DataFrame
        A row per spell; not changed. Rows with a missing value in a used column are left out and counted.
    duration, event : str
        Columns: how long (above 0, any unit) until the event or until the observation ended, and 1 (or True) for an
        event, 0 for an end of observation (censored).
    by : str, optional
        Column that tells groups apart; each gets its own curve, and the curves are compared.
    at : number or list of numbers, optional
        Times in the unit of `duration`; each event time when left out.
    tau : number, optional
        Up to where the restricted mean is taken; the earliest of the groups' last times when left out.
    entry : str, optional
        Column with the time at which a person came under observation (delayed entry), below `duration`.

    Returns
    -------
    Estimate
        `table` has a row per time (term) and group: the share, its Greenwood error, n the rows of the group.
        `diagnostics`: `median` (group, estimate, conf_low, conf_high in the unit of `duration`, n, events; missing
        where curve or band stay above one half, the middle of the step where they are at one half), `rmst` (group,
        tau, estimate, std_error, conf_low, conf_high), `logrank` (statistic, df, p; with `by`), `at_risk` (term, group,
        time, n_risk just before it, n_event up to it), `warnings`.

    Raises
    ------
    CallError
        A column that is not there, times that are none or beyond the data.
    DataError
        No event, other codes than 0 and 1, durations of 0 or less, entry not before the end, one group only.

    References
    ----------
    Kaplan and Meier (1958), JASA 53; Greenwood (1926); Mantel (1966). Median: Brookmeyer and Crowley (1982), Biometrics
    38. Restricted mean: Royston and Parmar (2013), BMC Medical Research Methodology 13.

    Examples
    --------
    >>> frame = pd.DataFrame({"bulan": [3, 5, 5, 8], "keluar": [1, 1, 0, 1]})
    >>> estimate_survival(frame, duration="bulan", event="keluar", at=[4, 6]).table[["term", "estimate", "n"]]
      term  estimate  n
    0    4      0.75  4
    1    6      0.50  4
    """
    whole, dropped = read_rows(data, duration=duration, event=event, entry=entry, by=by)
    spells = read_lifetimes(whole, duration=duration, event=event, entry=entry, by=by)
    curve = kaplan_meier(spells, find_events(spells, event))
    table, found = read_curve(spells, curve, read_times("at", at), start=1.0)
    tests = {} if by is None else {"logrank": _log_rank(curve.at_risk, curve.events, by)}
    found["warnings"] = (*found["warnings"], *_note_emptied(spells, curve))  # type: ignore[misc]
    return Estimate(
        table=table,
        estimand=_("bagian yang belum mengalami {event} sampai tiap waktu").format(event=event),
        design="correlational",
        method=_("Taksiran Kaplan-Meier") + ("" if entry is None else _(" dengan awal pengamatan tertunda")),
        errors=_("Greenwood, selang log (paling tinggi 1); rata-rata terbatas: Greenwood, sebaran normal"),
        assumptions=_assume(by),
        diagnostics={"median": _medians(spells, curve), "rmst": _restrict(spells, curve, tau), **tests, **found},
        dropped=dropped,
        reference="Kaplan and Meier (1958), JASA 53; Greenwood (1926); Mantel (1966)",
    )


def estimate_incidence(
    data: pd.DataFrame,
    *,
    duration: str,
    event: str,
    cause: object,
    at: float | Iterable[float] = (),
    by: str | None = None,
) -> Estimate:
    """Estimate the share that has had one kind of event by each time, beside the other kinds (Aalen-Johansen).

    One less the survival without one kind would overstate it: who left for another reason can no longer leave for
    this one.

    Parameters
    ----------
    data : DataFrame
        A row per spell; not changed. Rows with a missing value in a used column are left out and counted.
    duration, event : str
        Columns: how long (above 0, any unit) until the first event or until the observation ended, and the code of
        that event, 0 for an end of observation (censored). In a text column (``"pensiun"``, ``"mutasi"``) a missing
        value counts as censored too.
    cause : code of `event`
        The kind of event of interest; all others compete with it.
    at : number or list of numbers, optional
        Times in the unit of `duration`; each time at which the cause happened when left out.
    by : str, optional
        Column that tells groups apart; each gets its own curve, and the curves are compared.

    Returns
    -------
    Estimate
        `table` has a row per time (term) and group: the share, its error, n the rows of the group. `diagnostics`:
        `gray` (statistic, df, p; with `by`), `events` (Series: rows by code), `at_risk` (term, group, time, n_risk just
        before it, n_event up to it), `warnings`.

    Raises
    ------
    CallError
        A column or a cause that is not there, times that are none or beyond the data.
    DataError
        No event, durations of 0 or less, one group only.

    References
    ----------
    Aalen and Johansen (1978), Scandinavian Journal of Statistics 5; variance and test: Gray (1988), Annals of
    Statistics 16(3), as in cmprsk; interval: Pintilie (2006), Competing Risks.

    Examples
    --------
    >>> frame = pd.DataFrame({"bulan": [2, 4, 4, 6], "alasan": ["mutasi", "pensiun", None, "mutasi"]})
    >>> result = estimate_incidence(frame, duration="bulan", event="alasan", cause="mutasi", at=5)
    >>> result.table[["term", "estimate", "n"]]
      term  estimate  n
    0    5      0.25  4
    """
    require_columns(require_frame(data), "event", [event])
    codes = data[event]
    if not pd.api.types.is_numeric_dtype(codes.dtype):
        codes = codes.astype("object").where(codes.notna(), CENSORED)
    whole, dropped = read_rows(data.assign(**{event: codes}), duration=duration, event=event, by=by)
    spells = read_lifetimes(whole, duration=duration, event=event, by=by)
    first = find_events(spells, event, cause)
    curve, others = _aalen_johansen(spells, first, (spells.event != CENSORED) & ~first)
    table, found = read_curve(spells, curve, read_times("at", at), start=0.0)
    tests = {} if by is None else {"gray": _gray(curve.at_risk, curve.events, others, by)}
    of_cause = _("bagian yang sudah mengalami {event} = {cause} pada tiap waktu, dengan sebab lain bersaing")
    return Estimate(
        table=table,
        estimand=of_cause.format(event=event, cause=label(cause)),
        design="correlational",
        method=_("Aalen-Johansen (insidensi kumulatif)"),
        errors=_("ragam Gray (1988) dengan koreksi kejadian bersamaan; selang log(-log)"),
        assumptions=_assume(by),
        diagnostics={**tests, "events": pd.Series(spells.event).value_counts().sort_index(), **found},
        dropped=dropped,
        reference="Aalen and Johansen (1978), Scand. J. Statistics 5; Gray (1988), Annals of Statistics 16(3)",
    )


def kaplan_meier(spells: Lifetimes, happened: np.ndarray) -> Curve:
    """Return the survival; no error before the first event and once nobody is left."""
    times = np.unique(spells.duration[happened])
    n, d = count_at_risk(spells, times), count_events(spells, times, happened)
    survival = _survive(n, d)[1]
    variance = np.cumsum(_greenwood(n, d), axis=0)
    spread = np.sqrt(np.where((survival > 0) & (variance > 0), variance, np.nan))
    low, high = survival * np.exp(-Z * spread), np.minimum(survival * np.exp(Z * spread), 1)
    return Curve(times, n, d, survival, survival * spread, low, high)


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the quotient, and 0 where nothing is below."""
    return np.asarray(np.where(below > 0, above / np.where(below > 0, below, 1), 0.0))


def _survive(n: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the survival just before and just after each time."""
    after = np.cumprod(1 - _divide(d, n), axis=0)
    return np.vstack([np.ones((1, after.shape[1])), after[:-1]]), after


def _greenwood(n: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Return d / (n (n - d)), and 0 where all at risk had the event: nothing comes after."""
    return _divide(d, n * (n - d))


def _medians(spells: Lifetimes, curve: Curve) -> pd.DataFrame:
    rows = []
    for g, name in enumerate(spells.groups):
        own = curve.events[:, g] > 0
        columns = ("estimate", "conf_low", "conf_high")
        reached = {key: _find_half(curve.times[own], getattr(curve, key)[own, g]) for key in columns}
        counts = {"n": int((spells.group == g).sum()), "events": int(curve.events[:, g].sum())}
        rows.append({"group": name, **reached, **counts})
    return pd.DataFrame(rows)


def _find_half(times: np.ndarray, values: np.ndarray) -> float:
    """Return the first time at one half or below; the middle of the step where that is at one half."""
    below = times[values < 0.5 + HALF]
    under = times[values < 0.5 - HALF]
    ends = below[:1] if len(under) == 0 else np.array([below[0], under[0]])
    at_half = (np.abs(values - 0.5) < HALF).any()
    return float(ends.mean() if at_half else ends[0]) if len(ends) else float("nan")


def _restrict(spells: Lifetimes, curve: Curve, tau: float | None) -> pd.DataFrame:
    """Return the area under each curve up to `tau`; its variance sums the squared area after each event time."""
    last = np.array([spells.duration[spells.group == g].max() for g in range(len(spells.groups))])
    end = float(last.min()) if tau is None else float(read_times("tau", tau)[0])
    known = float(np.where(curve.estimate[-1] > 0, last, np.inf).min())
    if not 0 < end <= known:
        message = _("tau: ditemukan {found}; yang diizinkan: di atas 0 sampai {last} (pengamatan terakhir).")
        raise CallError(message.format(found=repr(tau), last=label(float(min(known, last.max())))))
    before = curve.times < end
    width = np.diff(np.concatenate([[0.0], curve.times[before], [end]]))[:, None]
    area = width * np.vstack([np.ones((1, len(last))), curve.estimate[before]])
    after = np.cumsum(area[:0:-1], axis=0)[::-1]
    error = np.sqrt((after**2 * _greenwood(curve.at_risk[before], curve.events[before])).sum(axis=0))
    mean = area.sum(axis=0)
    bounds = {"std_error": error, "conf_low": mean - Z * error, "conf_high": mean + Z * error}
    return pd.DataFrame({"group": spells.groups, "tau": end, "estimate": mean, **bounds})


def _log_rank(at_risk: np.ndarray, events: np.ndarray, by: str) -> pd.Series:
    n, d = at_risk.sum(axis=1), events.sum(axis=1)
    share = at_risk / n[:, None]
    weight = d * (n - d) / np.maximum(n - 1, 1)
    variance = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    return chi_square((events - share * d[:, None]).sum(axis=0), variance, by)


def _note_emptied(spells: Lifetimes, curve: Curve) -> list[str]:
    """Return a warning where a curve is at 0 before others of its group had entered."""
    zero = np.where(curve.estimate[-1] <= 0, curve.times[np.argmax(curve.estimate <= 0, axis=0)], np.inf)
    early = [name for g, name in enumerate(spells.groups) if (spells.duration[spells.group == g] > zero[g]).any()]
    message = _("Semua yang berisiko mengalami kejadian sebelum yang lain masuk; kurva jatuh ke 0 terlalu dini{names}.")
    return [message.format(names=f" ({list_values(early)})" if any(early) else "")] if early else []


def _assume(by: str | None) -> tuple[str, ...]:
    said = _("Yang tersensor akan keluar seperti yang masih diamati pada waktu yang sama.")
    return (said,) if by is None else (said, _("Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak."))


def _aalen_johansen(spells: Lifetimes, first: np.ndarray, other: np.ndarray) -> tuple[Curve, np.ndarray]:
    """Return the incidence of the first kind of event with its log(-log) interval, and the other events (T by G)."""
    times = np.unique(spells.duration[first | other])
    n = count_at_risk(spells, times)
    d1, d2 = count_events(spells, times, first), count_events(spells, times, other)
    incidence, variance = _incidence(n, d1, d2)
    known = (variance > 0) & (incidence > 0) & (incidence < 1 - SINGULAR)
    error = np.sqrt(np.where(known, variance, np.nan))
    inside = np.where(known, incidence, 0.5)
    spread = np.exp(Z * error / (inside * np.log(inside)))  # below 1: the logarithm is negative
    return Curve(times, n, d1, incidence, error, inside ** (1 / spread), inside**spread), d2


def _ties(d: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the hypergeometric factor of events that fall together: 1 for one event."""
    return np.where(d > 1, 1 - _divide(d - 1, n - 1), 1.0)


def _incidence(n: np.ndarray, d1: np.ndarray, d2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return incidence and Gray's variance of it, which moves only when the event of interest happens."""
    left, survival = _survive(n, d1 + d2)
    incidence = np.cumsum(left * _divide(d1, n), axis=0)
    inverse = _divide(np.ones_like(survival), survival)
    sums = np.zeros((3, *left.shape))
    for d, part in ((d2, inverse * incidence), (d1, 1 + inverse * incidence)):
        sums += np.stack([part**2, part * inverse, inverse**2]) * _ties(d, n) * left**2 * _divide(d, n**2)
    v1, v2, v3 = np.cumsum(sums, axis=1)
    variance = v1 + incidence**2 * v3 - 2 * incidence * v2
    moved = np.maximum.accumulate(np.where(d1 > 0, np.arange(len(d1))[:, None], -1), axis=0)
    return incidence, np.where(moved >= 0, np.take_along_axis(variance, np.maximum(moved, 0), axis=0), 0.0)


def _gray(n: np.ndarray, d1: np.ndarray, d2: np.ndarray, by: str) -> pd.Series:
    """Return Gray's test that the incidence is the same in each group (his weight rho = 0)."""
    left, survival = _survive(n, d1 + d2)
    own = np.cumsum(left * _divide(d1, n), axis=0)
    h = _divide(n, left)
    share = h * (1 - np.vstack([np.zeros((1, n.shape[1])), own[:-1]]))
    d, total = d1.sum(axis=1, keepdims=True), h.sum(axis=1, keepdims=True)
    score = (d1 - d * share / share.sum(axis=1, keepdims=True)).sum(axis=0)
    pooled = np.cumsum(d / total, axis=0)
    rate = _divide(d / total, 1 - pooled + d / total)
    variance = np.zeros((n.shape[1],) * 2)
    for k in range(n.shape[1]):
        at_risk, before, after, late = (values[:, [k]] for values in (n, left, survival, d2))
        a = h * ((np.arange(n.shape[1]) == k) - h[:, [k]] / total) * (at_risk > 0)
        c = np.cumsum(a * rate, axis=0)
        ratio = _divide(1 - pooled, after)
        one, two = a + np.where(after > 0, 1 - ratio, 1) * (c[-1] - c), ratio * (c[-1] - c)
        variance += one.T @ (one * _ties(d, total * before) * before * _divide(d / total, at_risk))
        variance += two.T @ (two * _ties(late, at_risk) * before**2 * _divide(late, at_risk**2))
    return chi_square(score, variance, by)
