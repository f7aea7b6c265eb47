"""Which terms raise or lower the rate of leaving: proportional hazards, fitted by Newton's method.

Sums over the people at risk are cumulative sums over event times, so the cost grows with the rows, not their pairs.
Where this stops: one kind of event (for one cause, make a 0/1 column of it), terms that do not change over time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    cluster_codes,
    compute_terms,
    keep_independent,
    parse_formula,
    read_rows,
    require_terms,
)
from kinerja_lib.estimate.least_squares import (
    INTERCEPT,
    Fit,
    count_clusters,
    name_square,
    refuse_errors,
    tidy,
    warn_few,
)
from kinerja_lib.estimate.lifetimes import Lifetimes, find_events, read_lifetimes
from kinerja_lib.estimate.likelihood import Maximum, Point, find_weak, maximise
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.survival import kaplan_meier
from kinerja_lib.language import _

if TYPE_CHECKING:
    from formulaic import Formula

Ties = Literal["efron", "breslow"]

FAR = 300.0  # spread of the linear predictor that no finite estimate has
FLAT = 1e-12  # share of its information below which a term does not vary among those at risk
PER_TERM = 10  # events per term below which estimates are unstable (Peduzzi et al. 1995)


@dataclass(frozen=True, slots=True)
class Risks:
    """Rows (n) sorted by their last event time; x standardised (n by p); rows with an event (E).

    Row i is at risk at the event times (of T) number `first[i]` up to but without `last[i]`. Of each event: its row,
    the number of its `time`, and the share of its ties that counts as gone before it (`tied`).
    """

    x: np.ndarray
    first: np.ndarray | None
    last: np.ndarray
    event: np.ndarray
    time: np.ndarray
    tied: np.ndarray
    n_times: int


@dataclass(frozen=True, slots=True)
class State:
    """At some coefficients: log likelihood, weights exp(x b) (n), their sum and the mean of x at risk by event (E)."""

    loglik: float
    weight: np.ndarray
    total: np.ndarray
    mean: np.ndarray


def estimate_hazard(
    data: pd.DataFrame,
    formula: str,
    *,
    duration: str,
    event: str,
    entry: str | None = None,
    ties: Ties = "efron",
    cluster: Names = None,
) -> Estimate:
    """Estimate by how much each term multiplies the rate of an event (Cox's proportional hazards).

    Parameters
    ----------
    data : DataFrame
        A row per spell; not changed. Rows with a missing value in a used column are left out and counted.
    formula : str
        The terms, without a left side: ``"coaching + C(golongan)"``; names are columns of `data`.
    duration, event : str
        Columns: how long (above 0, any unit) until the event or until the observation ended, and 1 (or True) for an
        event, 0 for an end of observation. For one cause among several: 1 for that cause, 0 for all others.
    entry : str, optional
        Column with the time at which a person came under observation (delayed entry), below `duration`.
    ties : {"efron", "breslow"}
        How events at the same time are counted.
    cluster : str, optional
        Column within which the errors may be related.

    Returns
    -------
    Estimate
        `table` has a row per term that is not collinear: the log of the hazard ratio. `diagnostics`: `hazard_ratio`
        (term, estimate, conf_low, conf_high), `zph` (term, statistic, df, p_value; last row overall: does the ratio
        change with time, 1 less Kaplan-Meier as the scale), `loglik`, `concordance` (Harrell's C), `events` (number),
        `n_clusters` (Series by column, with `cluster`), `covariance` (DataFrame by term), `warnings`.

    Raises
    ------
    CallError
        A column that is not there, an unreadable formula or one with a left side, unknown `ties`.
    DataError
        No event, a term that does not vary or has no finite estimate (separation), durations of 0 or less, entry not
        before the end, fewer than two clusters.

    References
    ----------
    Cox (1972), JRSS B 34; Efron (1977), JASA 72; Breslow (1974), Biometrics 30. Clusters: Lin and Wei (1989), JASA 84.
    `zph`: Grambsch and Therneau (1994), Biometrika 81, as the score test of the R package survival 3.

    Examples
    --------
    >>> frame = pd.DataFrame({"bulan": [2, 3, 5, 6, 7], "keluar": [1, 1, 1, 0, 1], "coaching": [0, 1, 0, 1, 1]})
    >>> result = estimate_hazard(frame, "coaching", duration="bulan", event="keluar")
    >>> result.table[["term", "estimate", "n"]].round(3)
           term  estimate  n
    0  coaching    -1.439  5
    """
    require_choice("ties", ties, get_args(Ties))
    clusters = as_names(cluster)
    if len(clusters) > 1:
        message = _("cluster: ditemukan {n} kolom ({found}); di sini hanya satu.")
        raise CallError(message.format(n=len(clusters), found=list_values(clusters)))
    parsed = _parse_terms(formula, duration)
    names = sorted(str(name) for name in parsed.rhs.required_variables)
    whole, dropped = read_rows(data, duration=duration, event=event, entry=entry, formula=names, cluster=clusters)
    whole, x, dropped = _read_terms(whole, parsed, dropped)
    spells = read_lifetimes(whole, duration=duration, event=event, entry=entry)
    happened = find_events(spells, event)
    codes = cluster_codes(whole, clusters) if clusters else None
    fit, found = _estimate(spells, happened, x, ties, codes)
    table = tidy(fit, len(whole))
    ratio = table[["term", "estimate", "conf_low", "conf_high"]].copy()
    with np.errstate(over="ignore"):  # a term in too large a unit: its ratio is infinite, its log is not
        ratio.iloc[:, 1:] = np.exp(ratio.iloc[:, 1:])
    found |= count_clusters(codes, clusters)
    said = _("sandwich (Lin-Wei) bergugus menurut {cluster}, tanpa koreksi sampel kecil; sebaran normal")
    return Estimate(
        table=table,
        estimand=_("log rasio hazard {event} per satuan tiap suku, dengan suku lain tetap").format(event=event),
        design="correlational",
        method=_("Regresi Cox (kejadian bersamaan: {ties})").format(ties=ties.capitalize()),
        errors=said.format(cluster=clusters[0]) if clusters else _("dari informasi teramati; sebaran normal"),
        assumptions=(
            _("Rasio hazard tetap sepanjang waktu (lihat zph)."),
            _("Yang tersensor akan keluar seperti yang masih diamati dengan nilai suku yang sama."),
            _("Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak."),
        ),
        diagnostics={"hazard_ratio": ratio, **found, "warnings": (*_warn(found, len(table)), *warn_few(codes))},
        dropped=dropped,
        reference="Cox (1972), JRSS B 34; Efron (1977), JASA 72; Grambsch and Therneau (1994), Biometrika 81",
    )


def _parse_terms(formula: object, duration: str) -> Formula:
    """Return the parsed formula with the duration on its left, which every model matrix here has."""
    if isinstance(formula, str) and "~" in formula:
        message = _("formula: {formula} punya sisi kiri; tulis sukunya saja, sisanya lewat duration dan event.")
        raise CallError(message.format(formula=repr(formula)))
    return parse_formula(f"`{duration}` ~ {formula}" if isinstance(formula, str) else formula)


def _read_terms(
    whole: pd.DataFrame, parsed: Formula, dropped: dict[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Return rows and terms that can be computed, and what was left out."""
    terms = compute_terms(whole, parsed, dropped)
    every = terms.columns.drop(columns=INTERCEPT, errors="ignore").astype("float64")
    require_terms(every)
    _require_variation(np.ptp(every.to_numpy(), axis=0) == 0, every.columns)
    columns, lost = keep_independent(every, constant=True)
    return terms.whole, columns, terms.dropped | lost


def _require_variation(still: np.ndarray, terms: pd.Index) -> None:
    if still.any():
        message = _("formula: suku {names} tidak bervariasi di antara yang berisiko pada saat kejadian; keluarkan.")
        raise DataError(message.format(names=list_values(terms[still])))


def _estimate(
    spells: Lifetimes, happened: np.ndarray, x: pd.DataFrame, ties: Ties, codes: np.ndarray | None
) -> tuple[Fit, dict[str, Any]]:
    """Return the fit in the units of `x`, and its diagnostics."""
    scale = x.std(ddof=0).to_numpy()
    curve = kaplan_meier(spells, happened)
    order, risks = _sort_risks(spells, happened, (x - x.mean()).to_numpy() / scale, curve.times, ties)
    best = _fit(risks, x.columns)
    state, inverse = _evaluate(risks, best.theta), np.linalg.inv(best.information)
    passed = 1 - np.concatenate([[1.0], curve.estimate[:-1, 0]])[risks.time]
    found = {
        "zph": _zph(risks, state, inverse, passed, [*x.columns, "overall"]),
        "loglik": state.loglik,
        "concordance": _concordance(risks, risks.x @ best.theta),
        "events": len(risks.event),
    }
    if codes is not None:
        influence = _score_rows(risks, state) @ inverse
        sums = np.column_stack([np.bincount(codes[order, 0], column) for column in influence.T])
        known = np.diag(sums.T @ sums) > FLAT * np.diag(inverse)
        if not known.all():
            raise refuse_errors(list_values(x.columns[~known]))
        inverse = sums.T @ sums
    covariance = inverse / np.outer(scale, scale)
    found["covariance"] = name_square(covariance, list(x.columns))
    return Fit(best.theta / scale, covariance, np.inf, list(x.columns)), found


def _sort_risks(
    spells: Lifetimes, happened: np.ndarray, x: np.ndarray, times: np.ndarray, ties: Ties
) -> tuple[np.ndarray, Risks]:
    last = np.searchsorted(times, spells.duration, "right")
    order = np.argsort(last, kind="stable")
    event = np.flatnonzero(happened[order])
    time = last[order][event] - 1
    deaths = np.bincount(time)
    before = np.arange(len(event)) - (np.cumsum(deaths) - deaths)[time]
    return order, Risks(
        x=x[order],
        first=None if spells.entry is None else np.searchsorted(times, spells.entry[order], "right"),
        last=last[order],
        event=event,
        time=time,
        tied=before / deaths[time] if ties == "efron" else np.zeros(len(event)),
        n_times=len(times),
    )


def _sum_ties(risks: Risks, values: np.ndarray) -> np.ndarray:
    """Return the sum of `values` (E) over the events at each time (T)."""
    return np.bincount(risks.time, values, risks.n_times)


def _sum_at_risk(risks: Risks, values: np.ndarray) -> np.ndarray:
    """Return the sum of `values` (n) over who is at risk at each event, less the share of its ties gone before (E)."""

    def beyond(place: np.ndarray) -> np.ndarray:
        return np.asarray(np.cumsum(np.bincount(place, values, risks.n_times + 1)[::-1])[::-1][1:])

    sums = beyond(risks.last) - (0 if risks.first is None else beyond(risks.first))
    return np.asarray(sums[risks.time] - risks.tied * _sum_ties(risks, values[risks.event])[risks.time])


def _sum_over_time(risks: Risks, values: np.ndarray) -> np.ndarray:
    """Return for each row the sum of `values` (E) over the events at which it was at risk, ties by their share (n)."""
    passed = np.concatenate([[0.0], np.cumsum(_sum_ties(risks, values))])
    sums = passed[risks.last] - (0 if risks.first is None else passed[risks.first])
    sums[risks.event] -= _sum_ties(risks, values * risks.tied)[risks.time]
    return np.asarray(sums)


def _evaluate(risks: Risks, beta: np.ndarray) -> State:
    line = risks.x @ beta
    line -= line.max()
    weight = np.exp(line)
    total = _sum_at_risk(risks, weight)
    with np.errstate(divide="ignore", invalid="ignore"):  # a step too far has no likelihood, and is halved
        mean = np.column_stack([_sum_at_risk(risks, weight * column) for column in risks.x.T]) / total[:, None]
        loglik = float((line[risks.event] - np.log(total)).sum()) if (total > 0).all() else -np.inf
        return State(loglik, weight, total, mean)


def _inform(risks: Risks, state: State, factor: np.ndarray | float = 1.0) -> np.ndarray:
    """Return the sum over events of `factor` (E) times the covariance of x among those at risk (p by p)."""
    expected = state.weight * _sum_over_time(risks, factor / state.total)
    return np.asarray((risks.x.T * expected) @ risks.x - (state.mean.T * factor) @ state.mean)


def _climb_at(beta: np.ndarray, risks: Risks) -> Point:
    """Return log likelihood, gradient and information; none where no finite estimate lies."""
    state = _evaluate(risks, beta)
    if not np.isfinite(state.loglik) or np.ptp(risks.x @ beta) > FAR:
        return -np.inf, beta, np.eye(len(beta))
    return state.loglik, (risks.x[risks.event] - state.mean).sum(axis=0), _inform(risks, state)


def _fit(risks: Risks, terms: pd.Index) -> Maximum:
    """Return the maximum; refuse a term that does not vary among those at risk, or that runs away."""
    start = np.zeros(len(terms))
    size, direction = np.linalg.eigh(_climb_at(start, risks)[2] / len(risks.event))
    part = np.abs(direction[:, 0])
    _require_variation((part > part.max() / 2) & (size[0] < FLAT), terms)
    best = maximise(partial(_climb_at, risks=risks), start)
    weak = find_weak(best)
    if weak.size or not best.converged:
        message = _(
            "formula: suku {names} tidak punya taksiran hingga, karena memisahkan kejadian dengan sempurna (misalnya "
            "satu kategori tanpa kejadian). Gabungkan kategorinya, keluarkan suku itu, atau pakai estimate_survival."
        )
        flattest = weak if weak.size else np.linalg.eigh(best.information)[1][:, :1]
        reach = np.abs(flattest).max(axis=1) * np.ptp(risks.x, axis=0)
        raise DataError(message.format(names=list_values(terms[reach > reach.max() / 2])))
    return best


def _score_rows(risks: Risks, state: State) -> np.ndarray:
    """Return the score residual of each row (n by p), ties as the fit counts them."""
    pulled = np.column_stack([_sum_over_time(risks, column / state.total) for column in state.mean.T])
    rows = state.weight[:, None] * (pulled - risks.x * _sum_over_time(risks, 1 / state.total)[:, None])
    deaths = np.bincount(risks.time)[:, None]
    average = np.column_stack([_sum_ties(risks, column) for column in state.mean.T]) / deaths
    rows[risks.event] += risks.x[risks.event] - average[risks.time]
    return np.asarray(rows)


def _zph(risks: Risks, state: State, inverse: np.ndarray, time: np.ndarray, terms: list[str]) -> pd.DataFrame:
    """Return the score test that x times `time` (E) adds nothing, by term and for all; empty if time stands still."""
    from scipy import stats

    centred = time - time.mean()
    cross = _inform(risks, state, centred)
    variance = _inform(risks, state, centred**2) - cross @ inverse @ cross
    if np.linalg.eigvalsh(variance)[0] <= FLAT * len(time):
        return pd.DataFrame({"term": [], "statistic": [], "df": [], "p_value": []})
    score = centred @ (risks.x[risks.event] - state.mean)
    statistic = np.append(score**2 / np.diag(variance), score @ np.linalg.solve(variance, score))
    df = np.append(np.ones(len(score), dtype="int64"), len(score))
    return pd.DataFrame({"term": terms, "statistic": statistic, "df": df, "p_value": stats.chi2.sf(statistic, df)})


def _concordance(risks: Risks, line: np.ndarray) -> float:
    """Return the share of comparable pairs in which who left first had the higher hazard; ties of it count half."""
    ranks = np.unique(np.round(line, 10), return_inverse=True)[1]
    own, goes = ranks[risks.event], np.ones(len(ranks), dtype="int64")
    goes[risks.event] = 0
    # who outlasts an event: all rows of later times, and those of its own time that are censored
    order = np.lexsort((goes, risks.last))[::-1]
    length = np.searchsorted(-(2 * risks.last + goes)[order], -2 * (risks.time + 1) - 1, "right")
    below, upto = (_count_below(ranks[order], length, limit) for limit in (own, own + 1))
    if risks.first is not None:  # less those who had not yet entered
        order = np.argsort(-risks.first, kind="stable")
        out = np.searchsorted(-risks.first[order], -risks.time)
        length, below = length - out, below - _count_below(ranks[order], out, own)
        upto = upto - _count_below(ranks[order], out, own + 1)
    pairs = int(length.sum())
    return float((below + upto).sum()) / 2 / pairs if pairs else float("nan")


def _count_below(ranks: np.ndarray, length: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return how many of the first `length` ranks are below `limit`, by splitting on one bit after the other."""
    low, high, count = np.zeros_like(length), length, np.zeros_like(length)
    for bit in range(int(ranks.max() + 1).bit_length() - 1, -1, -1):
        zero, one = (ranks >> bit) & 1 == 0, (limit >> bit) & 1 == 1
        zeros = np.concatenate([[0], np.cumsum(zero)])
        left, right = zeros[low], zeros[high]
        count += np.where(one, right - left, 0)
        low, high = np.where(one, zeros[-1] + low - left, left), np.where(one, zeros[-1] + high - right, right)
        ranks = np.concatenate([ranks[zero], ranks[~zero]])
    return count


def _warn(found: dict[str, Any], terms: int) -> list[str]:
    said = []
    if found["events"] < PER_TERM * terms:
        message = _("Kejadian sedikit ({events} untuk {k} suku, di bawah {n} per suku): taksiran tidak stabil.")
        said.append(message.format(events=found["events"], k=terms, n=PER_TERM))
    changing = found["zph"].loc[found["zph"]["p_value"] < 0.05, "term"]
    if found["zph"].empty:
        said.append(_("Uji hazard proporsional tidak dapat dihitung: waktu kejadian terlalu sedikit."))
    elif len(changing):
        said.append(
            _("Rasio hazard berubah menurut waktu (zph, p < 0,05): {names}.").format(names=list_values(changing))
        )
    return said
