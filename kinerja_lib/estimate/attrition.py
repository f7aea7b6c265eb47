"""Bounds on an effect where some outcomes were not seen, and more of them in one arm than in the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError
from kinerja_lib.estimate.inputs import read_rows, require_columns, require_frame, require_numeric
from kinerja_lib.estimate.least_squares import Fit, tidy
from kinerja_lib.estimate.result import LEVEL, Estimate
from kinerja_lib.language import _


def bound_attrition(data: pd.DataFrame, *, outcome: str, treatment: str, observed: str) -> Estimate:
    """Bound the effect on those who are observed whichever arm they are in (trimming bounds).

    The arm in which more are observed is trimmed, from above and from below, by the share that it has too many.

    Parameters
    ----------
    data : DataFrame
        A row per person, also those whose outcome was not seen; not changed.
    outcome, treatment, observed : str
        Columns: a number (may be missing where not observed), 0 and 1, and 0 and 1.

    Returns
    -------
    Estimate
        `table` has the rows `lower` and `upper`, each bound with its own error (the trimmed share counts as estimated)
        and interval; n the rows. `diagnostics`: `conf_low`, `conf_high` (95 % for the effect itself, which one of the
        bounds can be, not both), `trimmed_share`, `trimmed_arm` (0 or 1), `arms` (arm, n, n_observed, share).

    Raises
    ------
    CallError
        A column that is not there.
    DataError
        Values other than 0 and 1, one arm only, fewer than two outcomes left in an arm, an outcome that is missing
        although it was observed.

    References
    ----------
    Lee (2009), Review of Economic Studies 76(3); Imbens and Manski (2004), Econometrica 72(6).

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1, 2, 3, 4, 2, 4, None, None], "ikut": [1] * 4 + [0] * 4})
    >>> frame["ada"] = frame["nilai"].notna()
    >>> bound_attrition(frame, outcome="nilai", treatment="ikut", observed="ada").table[["term", "estimate", "n"]]
        term  estimate  n
    0  lower      -1.5  8
    1  upper       0.5  8
    """
    frame = require_frame(data)
    require_columns(frame, "outcome", [outcome])
    whole, dropped = read_rows(frame, treatment=treatment, observed=observed)
    treated, seen = _read_binary(whole[treatment], "treatment"), _read_binary(whole[observed], "observed", varies=False)
    rows = frame[[treatment, observed]].notna().all(axis=1).to_numpy()
    values = _read_outcome(frame.loc[rows, outcome].reset_index(drop=True), seen, observed)
    n = np.array([np.sum(~treated), np.sum(treated)])
    outcomes = [np.sort(values[seen & (treated == arm)]) for arm in (False, True)]
    share = np.array([len(own) for own in outcomes]) / n
    more = int(share[1] >= share[0])
    trimmed = float(1 - share[1 - more] / share[more])
    fit = _bound(outcomes, n, share, more)
    reach = _imbens_manski(fit)
    error = np.sqrt(np.diag(fit.covariance))
    return Estimate(
        table=tidy(fit, len(whole)),
        estimand=_("selisih rata-rata {outcome} bagi mereka yang teramati dalam kedua keadaan").format(outcome=outcome),
        design="comparative",
        method=_("Batas Lee: kelompok yang lebih banyak teramati dipangkas"),
        errors=_("Analitik (Lee 2009), bagian yang dipangkas ikut ditaksir; selang dampak menurut Imbens dan Manski"),
        assumptions=(
            _("Perlakuan diundi atau seperti diundi."),
            _("Perlakuan hanya menambah, atau hanya mengurangi, kemungkinan teramati."),
        ),
        diagnostics={
            "conf_low": float(fit.beta[0] - reach * error[0]),
            "conf_high": float(fit.beta[1] + reach * error[1]),
            "trimmed_share": trimmed,
            "trimmed_arm": more,
            "arms": pd.DataFrame({"arm": [0, 1], "n": n, "n_observed": [len(own) for own in outcomes], "share": share}),
        },
        dropped=dropped,
        reference="Lee (2009), Review of Economic Studies 76(3); Imbens and Manski (2004), Econometrica 72(6)",
    )


def _read_binary(values: pd.Series, argument: str, *, varies: bool = True) -> np.ndarray:
    """Return a column of 0 and 1 (or False and True) as booleans; with `varies` both must occur."""
    found = set(values.unique())
    if not found <= {0, 1}:
        message = _("{argument}: kolom {name} harus berisi 0 dan 1; ubah lebih dahulu.")
        raise DataError(message.format(argument=argument, name=values.name))
    if varies and len(found) < 2:
        message = _("{argument}: kolom {name} hanya berisi {found}; diperlukan 0 dan 1.")
        raise DataError(message.format(argument=argument, name=values.name, found=int(next(iter(found)))))
    return np.asarray(values.to_numpy(dtype="float64") == 1)


def _read_outcome(values: pd.Series, seen: np.ndarray, observed: str) -> np.ndarray:
    """Return the outcome of all rows, missing where it was not observed."""
    gone = int(values[seen].isna().sum())
    if gone:
        message = _("observed: {n} baris ditandai teramati pada {observed}, tetapi {outcome} kosong. Tandai 0.")
        raise DataError(message.format(n=gone, observed=observed, outcome=values.name))
    if not seen.any():
        raise DataError(_("observed: tidak ada baris yang teramati pada {observed}.").format(observed=observed))
    numbers = np.full(len(values), np.nan)
    numbers[seen] = require_numeric(values[seen], "outcome")
    return numbers


def _bound(outcomes: list[np.ndarray], n: np.ndarray, share: np.ndarray, more: int) -> Fit:
    """Return lower and upper bound; `outcomes` of the arms 0 and 1 from the lowest, arm `more` is trimmed."""
    keep = float(share[1 - more] / share[more])
    if min(keep * len(outcomes[more]), len(outcomes[1 - more])) < 2:
        raise DataError(
            _("observed: kurang dari dua hasil teramati pada salah satu kelompok; batas tidak dapat ditaksir.")
        )
    unknown = float(((1 - share) / (n * share)).sum())  # relative variance of the share that is kept
    mean, variance = _trim(outcomes[1 - more], 1.0, 0.0)
    ends = [_trim(outcomes[more][::step], keep, unknown) for step in (1, -1)]  # the lowest kept, the highest kept
    sign = 1 if more else -1
    beta = np.array(sorted(sign * (end - mean) for end, _variance in ends))
    spread = [own + variance for _end, own in ends][::sign]
    return Fit(beta, np.diag(spread), np.inf, ["lower", "upper"])


def _trim(values: np.ndarray, keep: float, unknown: float) -> tuple[float, float]:
    """Return the mean of the first `keep` of the values, and its variance; the last kept counts by its part."""
    mass = keep * len(values)
    weights = np.clip(mass - np.arange(len(values)), 0, 1)
    mean = float(weights @ values / mass)
    edge = float(values[int(np.ceil(mass - 1e-9)) - 1]) - mean
    within = float(weights @ (values - mean) ** 2 / (mass - 1))
    return mean, (within + edge**2 * (1 - keep)) / mass + edge**2 * unknown


def _imbens_manski(fit: Fit) -> float:
    """Return how many errors to go outward so that the effect, wherever between the bounds, is covered at 95 %."""
    from scipy import optimize, stats

    error = np.sqrt(np.diag(fit.covariance))
    if not error.min() > 0:
        raise DataError(
            _("outcome: hasil yang tersisa setelah dipangkas tidak bervariasi; galatnya tidak dapat ditaksir.")
        )
    gap = float((fit.beta[1] - fit.beta[0]) / error.max())
    return float(optimize.brentq(lambda reach: stats.norm.cdf(reach + gap) - stats.norm.cdf(-reach) - LEVEL, 0.0, 10.0))
