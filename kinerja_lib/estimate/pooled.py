"""Pooled results of several studies: random effects with tau2 by seven methods, and what they leave in doubt.

Our own numerics: no library has all methods with their errors. Where this stops: one effect per study, known sampling
variances, two levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError, list_values
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    independent_columns,
    keep_independent,
    quote_names,
    read_rows,
    require_numeric,
)
from kinerja_lib.estimate.least_squares import EXACT, Fit, tidy
from kinerja_lib.estimate.result import LEVEL, Estimate, Z
from kinerja_lib.estimate.scalars import require_choices
from kinerja_lib.language import _, mark

Method = Literal["REML", "ML", "DL", "PM", "SJ", "HE", "FE"]
Interval = Literal["knapp_hartung", "normal"]

FEW = 10  # below this many studies tau2 is hardly known (Partlett and Riley 2017) and Egger's test finds little
GRID = 60  # values of tau2 tried before the best of them is refined

INTERVALS = {
    "knapp_hartung": mark("Knapp-Hartung (diskala dengan sebaran yang ditemukan), t dengan derajat bebas k - p"),
    "normal": mark("galat baku tanpa skala, sebaran normal"),
}
VIECHTBAUER = "Viechtbauer (2005), Journal of Educational and Behavioral Statistics 30(3)"
METHODS = {  # in words, and the paper
    "REML": (mark("Efek acak, tau2 menurut kemungkinan maksimum terbatas (REML)"), VIECHTBAUER),
    "ML": (mark("Efek acak, tau2 menurut kemungkinan maksimum (ML)"), VIECHTBAUER),
    "DL": (
        mark("Efek acak, tau2 menurut DerSimonian-Laird"),
        "DerSimonian and Laird (1986), Controlled Clin. Trials 7",
    ),
    "PM": (
        mark("Efek acak, tau2 menurut Paule-Mandel"),
        "Paule and Mandel (1982), J. Res. Nat. Bureau of Standards 87",
    ),
    "SJ": (mark("Efek acak, tau2 menurut Sidik-Jonkman"), "Sidik and Jonkman (2005), Applied Statistics 54(2)"),
    "HE": (mark("Efek acak, tau2 menurut Hedges"), "Hedges (1983), Psychological Bulletin 93(2)"),
    "FE": (mark("Efek sama (rata-rata terbobot kebalikan ragam)"), "Hedges and Vevea (1998), Psychol. Methods 3(4)"),
}


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Weighted least squares of k effects on x (k by p), and what is asked of P = W - WX(X'WX)^-1 X'W.

    P is k by k and never formed, so that time and memory grow with k.
    """

    x: np.ndarray
    weights: np.ndarray
    bread: np.ndarray  # (X'WX)^-1
    beta: np.ndarray
    residuals: np.ndarray

    @property
    def spread(self) -> float:
        """The weighted sum of squares around the fit, y'Py."""
        return float(self.weights @ self.residuals**2)

    @property
    def squared(self) -> float:
        """The square of Py, y'PPy."""
        return float(((self.weights * self.residuals) ** 2).sum())

    def _cross(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.bread @ (self.x.T @ (self.x * values[:, None])))

    def trace(self, s: np.ndarray | float = 1.0) -> float:
        """Return tr(PS) of a diagonal S."""
        return float((self.weights * s).sum() - np.trace(self._cross(self.weights**2 * s)))

    def trace_squared(self, s: np.ndarray | float = 1.0) -> float:
        """Return tr(PSPS) of a diagonal S."""
        inner = self._cross(self.weights**2 * s)
        middle = np.trace(self._cross(self.weights**3 * s**2))
        return float(((self.weights * s) ** 2).sum() - 2 * middle + np.trace(inner @ inner))


def estimate_pooled(
    data: pd.DataFrame,
    *,
    effect: str,
    variance: str,
    method: Method = "REML",
    interval: Interval = "knapp_hartung",
    moderators: Names = None,
) -> Estimate:
    """Estimate the mean effect over studies, or how effects differ with what the studies are like.

    Parameters
    ----------
    data : DataFrame
        A row per study; not changed. Rows with a missing value in a used column are left out and counted.
    effect, variance : str
        Columns: the effect of the study, and its sampling variance (the squared standard error), above 0.
    method : {"REML", "ML", "DL", "PM", "SJ", "HE", "FE"}
        How the variance between studies (tau2) is estimated; "FE" sets it to zero.
    interval : {"knapp_hartung", "normal"}
        Errors scaled by the spread found, with t on k - p degrees of freedom; or unscaled, with the normal.
    moderators : str or list of str, optional
        Columns that effects may differ with; text columns become indicators of their levels.

    Returns
    -------
    Estimate
        `table` has the row `mu`, or with `moderators` the intercept and a row per moderator, in the unit of the effect.
        `diagnostics`: `tau2`, `tau2_se` (squared unit; no error with "FE"), `q`, `q_p` (test that the studies share one
        effect, or that the moderators explain all), `i2` (per cent), `h2`, `studies` (study = label of the row, effect,
        variance), `warnings`; `prediction_low`,
        `prediction_high` (95 % for the effect of a new study; not with "FE" or `moderators`); with three or more
        studies of unequal errors `egger_z`, `egger_p` (the standard error as one more moderator, same `method`, normal)
        and `egger_t` (weighted least squares with a free dispersion); without `moderators` also `trim_fill_k0`
        (studies put in), `trim_fill_mu`, `trim_fill_se` (estimator L0, same `method` and `interval`).

    Raises
    ------
    CallError
        A column that is not there, an unknown `method` or `interval`.
    DataError
        Fewer than two studies, a variance of zero or less, effects without variation, more terms than studies.

    References
    ----------
    tau2 and its errors: Viechtbauer (2005), Journal of Educational and Behavioral Statistics 30(3), 261-293; of PM by
    the equal empirical Bayes form (Morris 1983). Interval: Knapp and Hartung (2003), Statistics in Medicine 22(17).
    I2, H2: Higgins and Thompson (2002). Prediction: Higgins, Thompson and Spiegelhalter (2009), JRSS A 172(1).
    Egger et al. (1997), BMJ 315; Sterne and Egger (2005). Duval and Tweedie (2000), Biometrics 56(2).

    Examples
    --------
    >>> studies = pd.DataFrame({"efek": [0.1, 0.3, 0.5], "ragam": [0.04, 0.04, 0.04]})
    >>> estimate_pooled(studies, effect="efek", variance="ragam", method="DL").table[["term", "estimate", "n"]]
      term  estimate  n
    0   mu       0.3  3
    """
    from scipy import stats

    require_choices(method=(method, Method), interval=(interval, Interval))
    names = as_names(moderators)
    whole, dropped = read_rows(data, effect=effect, variance=variance, moderators=names)
    y, v = _read_studies(whole, effect, variance)
    columns, lost = _expand(whole, names)
    x, terms = columns.to_numpy(), list(columns.columns)
    if len(y) <= len(terms):
        message = _("data: {n} studi untuk {k} suku; tambah studi, atau kurangi moderators.")
        raise DataError(message.format(n=len(y), k=len(terms)))
    tau2, tau2_se = _find_tau2(y, v, x, method)
    fit = _weigh(y, x, 1 / (v + tau2))
    found = _pool(fit, interval, terms)
    if float(np.abs(fit.residuals).max()) <= EXACT * np.ptp(y):
        raise DataError(_("moderators: suku menjelaskan efek tanpa sisa; tidak ada galat yang dapat ditaksir."))
    asymmetry = _test_asymmetry(y, v, x, method, interval)
    diagnostics = _describe(y, v, x, method, (tau2, tau2_se)) | asymmetry
    named = data.index[data[[effect, variance, *names]].notna().all(axis=1)].astype("str")
    diagnostics["studies"] = pd.DataFrame({"study": named, "effect": y, "variance": v})
    wide = stats.t.ppf((1 + LEVEL) / 2, found.df)
    if method != "FE" and not names:
        reach = wide * np.sqrt(found.covariance[0, 0] + tau2)
        diagnostics |= {"prediction_low": float(found.beta[0] - reach), "prediction_high": float(found.beta[0] + reach)}
    narrow = bool(wide**2 * found.covariance[0, 0] < Z**2 * fit.bread[0, 0])
    diagnostics["warnings"] = _warn(len(y), method != "FE" and tau2 == 0, narrow=narrow, tested=bool(asymmetry))
    estimand = _("perbedaan {effect} antarstudi per satuan tiap suku") if names else _("rata-rata {effect} antarstudi")
    return Estimate(
        table=tidy(found, len(y)),
        estimand=estimand.format(effect=effect),
        design="correlational",
        method=_(METHODS[method][0]),
        errors=_(INTERVALS[interval]),
        assumptions=(
            _("Studi saling bebas: satu efek tiap studi, dengan ragam sampel yang diketahui."),
            _("Studi yang ditemukan mewakili yang dilakukan; trim and fill hanya menguji kepekaan terhadap hal itu."),
            _("Semua studi mempunyai efek yang sama.")
            if method == "FE"
            else _("Efek sebenarnya berbeda antarstudi menurut sebaran normal."),
        ),
        diagnostics=diagnostics,
        dropped=dropped | lost,
        reference=METHODS[method][1],
    )


def _read_studies(whole: pd.DataFrame, effect: str, variance: str) -> tuple[np.ndarray, np.ndarray]:
    if len(whole) < 2:
        message = _("data: ditemukan {n} studi lengkap; diperlukan paling sedikit dua.")
        raise DataError(message.format(n=len(whole)))
    y, v = require_numeric(whole[effect], "effect"), whole[variance]
    if not pd.api.types.is_numeric_dtype(v.dtype) or bool((v <= 0).any()):
        message = _("variance: kolom {name} harus bilangan di atas 0 (kuadrat galat baku tiap studi).")
        raise DataError(message.format(name=variance))
    return y, v.to_numpy(dtype="float64")


def _expand(whole: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the terms, and which were left out for being collinear."""
    if not names:
        return pd.DataFrame({"mu": np.ones(len(whole))}), {}
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        matrix = pd.DataFrame(Formula("1 + " + quote_names(names)).get_model_matrix(whole))
    except (FormulaicError, TypeError):
        message = _("moderators: {names} tidak dapat dihitung; pakai kolom bilangan atau teks dengan nama sederhana.")
        raise DataError(message.format(names=list_values(names))) from None
    columns, lost = keep_independent(matrix)
    if columns.shape[1] < 2:
        message = _("moderators: {names} tidak bervariasi antarstudi. Pilih kolom lain.")
        raise DataError(message.format(names=list_values(names)))
    return columns, lost


def _weigh(y: np.ndarray, x: np.ndarray, weights: np.ndarray) -> _Weighted:
    weighted = x * weights[:, None]
    bread = np.linalg.inv(x.T @ weighted)
    beta = bread @ (weighted.T @ y)
    return _Weighted(x, weights, bread, beta, y - x @ beta)


def _find_tau2(y: np.ndarray, v: np.ndarray, x: np.ndarray, method: str) -> tuple[float, float]:
    """Return tau2 and its standard error by one of the methods."""
    if method == "FE":
        return 0.0, np.nan
    k, free = len(y), len(y) - x.shape[1]
    if method in ("DL", "HE", "SJ"):  # by moments: y'Py less what the sampling variances alone would make
        crude = float(y.var())
        start = _weigh(y, x, {"DL": 1 / v, "HE": np.ones(k), "SJ": 1 / (v + crude)}[method])
        scale, noise = (crude / free, 0.0) if method == "SJ" else (1 / start.trace(), start.trace(v))
        tau2 = max(scale * (start.spread - noise), 0.0)
        return tau2, scale * np.sqrt(2 * start.trace_squared(v + tau2))
    if method == "PM":
        tau2 = _solve_paule_mandel(y, v, x)
        return tau2, k * np.sqrt(2 / free) / float((1 / (v + tau2)).sum())
    tau2 = _maximise(y, v, x, restricted=method == "REML")
    fit = _weigh(y, x, 1 / (v + tau2))
    information = fit.trace_squared() if method == "REML" else float((fit.weights**2).sum())
    return tau2, np.sqrt(2 / information)


def _solve_paule_mandel(y: np.ndarray, v: np.ndarray, x: np.ndarray) -> float:
    """Return the tau2 at which the weighted spread equals its degrees of freedom; 0 where it never exceeds them."""
    from scipy.optimize import brentq

    free = len(y) - x.shape[1]

    def excess(tau2: float) -> float:
        return float(_weigh(y, x, 1 / (v + tau2)).spread - free)

    if excess(0.0) <= 0:
        return 0.0
    high = float(y.var())
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-14 * high))


def _maximise(y: np.ndarray, v: np.ndarray, x: np.ndarray, *, restricted: bool) -> float:
    """Return the tau2 at or above 0 with the highest (restricted) likelihood.

    The best of a grid is refined between its neighbours, so that no start value matters and nothing can fail to
    converge. The grid ends where the likelihood falls for good: above the range of y and every sampling variance.
    """
    from scipy.optimize import minimize_scalar

    def depth(tau2: float) -> float:
        fit = _weigh(y, x, 1 / (v + tau2))
        lost = float(np.linalg.slogdet(fit.bread)[1]) if restricted else 0.0
        return float(np.log(v + tau2).sum()) + fit.spread - lost

    high = 4 * np.ptp(y) ** 2 * len(y) / (len(y) - x.shape[1]) + v.max()
    grid = np.r_[0.0, np.geomspace(v.min() / 100, high, GRID)]
    best = int(np.argmin([depth(tau2) for tau2 in grid]))
    zero = _weigh(y, x, 1 / v)
    if best == 0 and zero.squared <= (zero.trace() if restricted else zero.weights.sum()):
        return 0.0
    between = grid[max(best - 1, 0)], grid[min(best + 1, GRID)]
    return float(minimize_scalar(depth, bounds=between, method="bounded", options={"xatol": 1e-13 * high}).x)


def _pool(fit: _Weighted, interval: str, terms: list[str]) -> Fit:
    free = float(len(fit.residuals) - len(fit.beta))
    if interval == "normal":
        return Fit(fit.beta, fit.bread, np.inf, terms, fit.residuals)
    return Fit(fit.beta, fit.bread * (fit.spread / free), free, terms, fit.residuals)


def _describe(y: np.ndarray, v: np.ndarray, x: np.ndarray, method: str, tau2: tuple[float, float]) -> dict[str, object]:
    """Return tau2 with its error, the test of homogeneity, and I2 and H2."""
    from scipy import stats

    same, free = _weigh(y, x, 1 / v), len(y) - x.shape[1]
    q = same.spread
    h2 = max(q / free, 1.0) if method == "FE" else 1 + tau2[0] * same.trace() / free
    error: dict[str, object] = {} if method == "FE" else {"tau2_se": float(tau2[1])}
    found = {"q": q, "q_p": float(stats.chi2.sf(q, free)), "i2": 100 * (1 - 1 / h2), "h2": h2}
    return {"tau2": tau2[0]} | error | found


def _test_asymmetry(y: np.ndarray, v: np.ndarray, x: np.ndarray, method: str, interval: str) -> dict[str, object]:
    """Return Egger's tests and (of a mean) trim and fill; nothing where the errors of the studies do not vary."""
    from scipy import stats

    wide = np.column_stack([x, np.sqrt(v)])
    if len(y) <= wide.shape[1] or len(independent_columns(wide)) < wide.shape[1]:
        return {}
    mixed = _weigh(y, wide, 1 / (v + _find_tau2(y, v, wide, method)[0]))
    classic = _pool(_weigh(y, wide, 1 / v), "knapp_hartung", [])
    if float(np.abs(classic.residuals).max()) <= EXACT * np.ptp(y):
        return {}
    z = float(mixed.beta[-1] / np.sqrt(mixed.bread[-1, -1]))
    t = float(classic.beta[-1] / np.sqrt(classic.covariance[-1, -1]))
    found: dict[str, object] = {"egger_z": z, "egger_p": float(2 * stats.norm.sf(abs(z))), "egger_t": t}
    if x.shape[1] > 1:
        return found
    sign = -1.0 if z < 0 else 1.0  # the studies that are missing lie to the right of the mean, or to the left
    k0, pooled = _trim_and_fill(sign * y, v, method, interval)
    error = float(np.sqrt(pooled.covariance[0, 0]))
    return found | {"trim_fill_k0": k0, "trim_fill_mu": sign * float(pooled.beta[0]), "trim_fill_se": error}


def _trim_and_fill(y: np.ndarray, v: np.ndarray, method: str, interval: str) -> tuple[int, Fit]:
    """Return how many studies are missing on the left by L0, and the effect with their mirror images put in."""

    def pool(effects: np.ndarray, variances: np.ndarray) -> _Weighted:
        one = np.ones((len(effects), 1))
        return _weigh(effects, one, 1 / (variances + _find_tau2(effects, variances, one, method)[0]))

    order, k = np.argsort(y, kind="stable"), len(y)
    y, v = y[order], v[order]
    k0, centre, seen = 0, 0.0, set()
    while k0 not in seen:  # a number found twice is the fixed point
        seen.add(k0)
        centre = float(pool(y[: k - k0], v[: k - k0]).beta[0])
        ranks = np.empty(k)
        ranks[np.argsort(np.abs(y - centre), kind="stable")] = np.arange(1, k + 1)
        k0 = min(max(0, round((4 * ranks[y > centre].sum() - k * (k + 1)) / (2 * k - 1))), k - 2)
    whole = pool(np.r_[y, 2 * centre - y[k - k0 :]], np.r_[v, v[k - k0 :]])
    return k0, _pool(whole, interval, ["mu"])


def _warn(k: int, at_zero: bool, *, narrow: bool, tested: bool) -> tuple[str, ...]:
    said = []
    if k < FEW:
        message = _(
            "Hanya {n} studi: tau2 hampir tidak dapat diketahui. Selang prediksi, dan selang rata-rata bila besar "
            "studi sangat berbeda, dapat terlalu sempit; uji Egger jarang menemukan ketidaksimetrian."
        )
        said.append(message.format(n=k))
    if at_zero:
        said.append(_("tau2 ditaksir 0; itu bukan bukti bahwa semua studi mempunyai efek yang sama."))
    if narrow:
        said.append(_("Selang Knapp-Hartung lebih sempit daripada selang normal; bandingkan keduanya."))
    if not tested:
        said.append(_("Uji Egger tidak dihitung: terlalu sedikit studi, atau galat bakunya tidak berbeda."))
    return tuple(said)
