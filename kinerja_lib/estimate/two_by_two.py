"""The effect on the treated from two groups and two times: estimates with their influence functions.

Everything is a signed sum of weighted means whose weights and residuals rest on fitted models; the influence of
the fits is added by the chain rule. Arrays come in; nothing here knows a column. Sant'Anna and Zhao (2020), Journal
of Econometrics 219(1); the forms are those of the R package DRDID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinerja_lib.errors import DataError
from kinerja_lib.estimate.inputs import independent_columns
from kinerja_lib.language import _

TwoByTwo = Literal["dr", "dr_improved", "ipw", "outcome"]

ROUNDS = 50  # Newton steps of a propensity model before it counts as not converging
STILL = 1e-10  # mean score, in spreads of the columns, at which it has converged
SAFE, SINGULAR = 1e8, 1e14  # condition numbers: surely well below, and beyond, what can be inverted
FAR = 30.0  # log odds beyond which a chance is 0 or 1
NOTHING = 1e-3  # squared residuals, summed: below it the covariates tell the groups apart without a fault


@dataclass(frozen=True, slots=True)
class Att:
    """The effect, the influence of each row on it (n; mean zero), and the largest propensity among the controls."""

    value: float
    influence: np.ndarray
    overlap: float


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted linear index: coefficients (k), each row's residual in the score (n), and the bread (k by k)."""

    beta: np.ndarray
    residual: np.ndarray
    bread: np.ndarray


@dataclass(frozen=True, slots=True)
class Mean:
    """One weighted mean with a sign; `uses` says by which factor a model's index enters `values`, or "odds"."""

    sign: float
    weights: np.ndarray
    values: np.ndarray
    uses: Mapping[str, float]


def att_of_change(change: np.ndarray, treated: np.ndarray, x: np.ndarray, method: TwoByTwo) -> Att:
    """Return the effect from the change of each unit (n); `x` (n by k) holds the constant and the covariates."""
    if x.shape[1] == 1:  # without covariates every method is the difference of two means
        share, away = treated.mean(), np.empty(len(change))
        own, others = change[treated].mean(), change[~treated].mean()
        np.subtract(change, np.where(treated, own, others), out=away)
        return Att(float(own - others), away * np.where(treated, 1 / share, -1 / (1 - share)), float(share))
    x = _independent(x)
    d = treated.astype("float64")
    models, odds = _fit_odds(d, x, method)
    weights = (1 - d) * odds
    rest = change
    if method != "ipw":
        models["control"] = fit_weighted(change, x, weights if method == "dr_improved" else 1 - d)
        rest = change - x @ models["control"].beta
    means = [Mean(1, d, rest, {"control": -1})]
    if method != "outcome":
        means.append(Mean(-1, weights, rest, {"odds": 1, "control": -1}))
    return _sum_means(means, x, {} if method == "dr_improved" else models, odds[~treated])


def att_of_sections(y: np.ndarray, treated: np.ndarray, after: np.ndarray, x: np.ndarray, method: TwoByTwo) -> Att:
    """Return the effect from different people before and after; the composition of the groups may not change."""
    x = _independent(x)
    d = treated.astype("float64")
    models, odds = _fit_odds(d, x, method)
    means: list[Mean] = []
    for sign, at in ((1.0, after), (-1.0, ~after)):
        own, controls, c, t = d * at, (1 - d) * odds * at, f"control{sign}", f"treated{sign}"
        if method == "ipw":
            means += [Mean(sign, own, y, {}), Mean(-sign, controls, y, {"odds": 1})]
            continue
        models[c] = fit_weighted(y, x, controls if method == "dr_improved" else (1 - d) * at)
        expected = x @ models[c].beta
        if method == "outcome":
            means += [Mean(sign, own, y, {}), Mean(-sign, d, expected, {c: 1})]
            continue
        models[t] = fit_weighted(y, x, own)
        gap, both = x @ models[t].beta - expected, {t: 1.0, c: -1.0}
        means += [Mean(sign, own, y - expected, {c: -1}), Mean(-sign, controls, y - expected, {"odds": 1, c: -1})]
        means += [Mean(sign, d, gap, both), Mean(-sign, own, gap, both)]
    return _sum_means(means, x, {} if method == "dr_improved" else models, odds[~treated])


def fit_weighted(y: np.ndarray, x: np.ndarray, weights: np.ndarray) -> Model:
    """Return weighted least squares; terms that its rows do not tell apart are refused."""
    bread = _invert((x * weights[:, None]).T @ x / len(y))
    beta = bread @ (x.T @ (weights * y)) / len(y)
    return Model(beta, weights * (y - x @ beta), bread)


def _fit_odds(d: np.ndarray, x: np.ndarray, method: TwoByTwo) -> tuple[dict[str, Model], np.ndarray]:
    """Return the propensity model and each row's odds of being treated; ones where the method needs none.

    Logit by maximum likelihood, or for `dr_improved` by tilting: the controls weighted by the odds get the covariate
    means of the treated (Graham, Pinto and Egel 2012).
    """
    if method == "outcome":
        return {}, np.ones(len(d))
    scale = np.maximum(np.abs(x).max(axis=0), 1e-300)
    z, gamma = x / scale, np.zeros(x.shape[1])
    gamma[0] = np.log(d.mean() / (1 - d.mean()))
    for _round in range(ROUNDS):
        odds = np.exp(np.clip(z @ gamma, -FAR, FAR))
        chance = odds / (1 + odds)
        residual, weight = d - chance, chance * (1 - chance)
        if method == "dr_improved":
            residual, weight = d - (1 - d) * odds, (1 - d) * odds
        score = z.T @ residual / len(d)
        bread = _invert((z * weight[:, None]).T @ z / len(d))
        step = bread @ score
        if float(np.abs(score).max()) < STILL:
            if float(residual @ residual) < NOTHING:
                break
            return {"odds": Model(gamma / scale, residual, bread / np.outer(scale, scale))}, odds
        gamma = gamma + step / max(1.0, float(np.abs(z @ step).max()) / 5)
    raise DataError(
        _(
            "covariates: kovariat memisahkan peserta dari pembanding (peluang ikut 0 atau 1). "
            "Kurangi kovariat, gabungkan kategori kecil, atau pakai method outcome."
        )
    )


def _sum_means(means: list[Mean], x: np.ndarray, models: Mapping[str, Model], odds: np.ndarray) -> Att:
    n, value, influence = len(x), 0.0, np.zeros(len(x))
    for mean in means:
        total = mean.weights.mean()
        centre = float((mean.weights * mean.values).mean() / total)
        away = mean.weights * (mean.values - centre)
        own = away / total
        for name in (name for name in mean.uses if name in models):
            model = models[name]
            slope = x.T @ (away if name == "odds" else mean.uses[name] * mean.weights) / (n * total)
            own = own + model.residual * (x @ (model.bread @ slope))
        value += mean.sign * centre
        influence += mean.sign * own
    highest = float(odds.max())
    return Att(value, influence, highest / (1 + highest))


def _independent(x: np.ndarray) -> np.ndarray:
    """Return the columns that are no combination of those before; looked at one by one only where it may matter."""
    gram, size = x.T @ x, np.linalg.norm(x, axis=0)
    whole = bool((size > 0).all()) and np.linalg.cond(gram / np.outer(size, size)) < SAFE
    return x if whole else x[:, independent_columns(x)]


def _invert(matrix: np.ndarray) -> np.ndarray:
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    scaled = matrix / np.outer(size, size)
    if not np.isfinite(scaled).all() or np.linalg.cond(scaled) > SINGULAR:
        message = _("covariates: kovariat tidak bervariasi di antara pembanding. Kurangi kovariat atau gabungkan.")
        raise DataError(message)
    return np.asarray(np.linalg.inv(scaled) / np.outer(size, size))
