"""Least squares behind every linear estimator: the fit, its covariance rule, and the tidy table.

Plain fits go through statsmodels, absorbed effects through pyfixest, CR2 through `cluster_errors`. Arrays come in;
nothing here knows a formula.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.estimate.cluster_errors import can_reduce, cr2
from kinerja_lib.estimate.result import LEVEL, build_table
from kinerja_lib.language import _, mark

FEW_CLUSTERS = 40  # below this CR1 intervals are too narrow (Cameron, Gelbach and Miller 2008)
FEW_DF = 4  # below this even CR2 with its own degrees of freedom is not to be trusted (Tipton 2015)
EXACT = 1e-10  # residuals below this share of the outcome's spread are rounding
ALONE = 1e-8  # a leverage nearer to 1 than this is 1
INTERCEPT = "Intercept"
LIBRARY = {"classical": "nonrobust", "CR1": "cluster", "CR2": "nonrobust"}

ERRORS = {
    "classical": mark("klasik (galat sama besar), derajat bebas n - K"),
    "HC0": mark("HC0 (galat tak sama besar, tanpa koreksi), t dengan derajat bebas n - K"),
    "HC1": mark("HC1 (galat tak sama besar, dikali n / (n - K)), t dengan derajat bebas n - K"),
    "HC2": mark("HC2 (galat tak sama besar, dikoreksi menurut leverage), t dengan derajat bebas n - K"),
    "HC3": mark("HC3 (galat tak sama besar, mendekati jackknife), t dengan derajat bebas n - K"),
    "welch": mark("Welch (ragam tiap kelompok sendiri), derajat bebas Welch-Satterthwaite"),
    "CR1": mark(
        "CR1 (bergugus menurut {cluster}), dikali G / (G - 1) x (n - 1) / (n - K); t dengan derajat bebas G - 1"
    ),
    "CR2": mark(
        "CR2 (bergugus menurut {cluster}, koreksi Bell-McCaffrey); t dengan derajat bebas Satterthwaite tiap suku"
    ),
}
NESTED = mark("; K menghitung efek yang diserap, kecuali yang bersarang di dalam gugus")
REFERENCES = {
    "classical": "Greene (2018), Econometric Analysis",
    "HC0": "White (1980), Econometrica 48(4)",
    "HC1": "MacKinnon and White (1985), Journal of Econometrics 29(3)",
    "HC2": "MacKinnon and White (1985), Journal of Econometrics 29(3)",
    "HC3": "MacKinnon and White (1985), Journal of Econometrics 29(3)",
    "welch": "Welch (1947), Biometrika 34",
    "CR1": "Liang and Zeger (1986), Biometrika 73(1); Cameron, Gelbach and Miller (2011), JBES 29(2)",
    "CR2": "Bell and McCaffrey (2002), Survey Methodology 28(2); Pustejovsky and Tipton (2018), JBES 36(4)",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one regression: y (n), x (n by rank) with its term names, and what rows belong to."""

    y: np.ndarray
    x: np.ndarray
    terms: list[str]
    clusters: np.ndarray | None = None
    weights: np.ndarray | None = None
    absorbed: Sequence[np.ndarray] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients (K), covariance (K by K), degrees of freedom (one, or K), residuals (n); R2 within if absorbed.

    `bread` is (X'WX)^-1 (K by K), absorbed effects taken out; `free` is n less all coefficients; `seen` (K) the share
    of the variance that CR2 can see.
    """

    beta: np.ndarray
    covariance: np.ndarray
    df: float | np.ndarray
    terms: list[str]
    residuals: np.ndarray = field(default_factory=lambda: np.empty(0))
    r2_within: float | None = None
    bread: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    free: float = float("nan")
    seen: np.ndarray = field(default_factory=lambda: np.empty(0))


def choose_errors(errors: str, allowed: object, default: str, clusters: list[str]) -> str:
    """Return the rule to use: `errors`, or CR1 where clusters are given and nothing else was asked for."""
    require_choice("errors", errors, get_args(allowed))
    if clusters and errors not in (default, "CR1", "CR2"):
        message = _("errors: {rule} dan cluster tidak dapat bersama; lepas salah satu, atau pakai CR1 atau CR2.")
        raise CallError(message.format(rule=errors))
    if errors in ("CR1", "CR2") and not clusters:
        raise CallError(_("errors: {rule} memerlukan cluster; sebutkan kolom gugusnya.").format(rule=errors))
    if errors == "CR2" and len(clusters) > 1:
        raise CallError(_("errors: CR2 hanya untuk satu kolom cluster; sebutkan satu, atau pakai CR1."))
    return "CR1" if clusters and errors == default else errors


def settle_errors(rule: str, errors: str, numbers: Numbers) -> str:
    """Return CR2 in place of CR1 where one column of few clusters is given and CR1 was not asked for by name.

    CR2 that cannot be computed (absorbed levels that cross clusters by the hundreds) is refused if asked for.
    """
    codes = numbers.clusters
    if rule not in ("CR1", "CR2") or errors == "CR1" or codes is None or codes.shape[1] > 1:
        return rule
    if rule == "CR1" and count_fewest(codes) >= FEW_CLUSTERS:
        return rule
    if can_reduce(numbers.absorbed, codes[:, 0]):
        return "CR2"
    if errors == "CR2":
        message = _(
            "errors: CR2 tidak dapat dihitung, karena terlalu banyak efek absorb yang melintasi gugus; pakai CR1."
        )
        raise DataError(message)
    return rule


def fit_numbers(numbers: Numbers, rule: str) -> Fit:
    """Fit, with or without absorbed effects, under any rule; the terms of `numbers` are independent."""
    fit = fit_absorbed(numbers, rule) if numbers.absorbed else fit_plain(numbers, rule)
    if rule != "CR2" or numbers.clusters is None:
        return fit
    kept = numbers.x[:, [numbers.terms.index(term) for term in fit.terms]]
    codes = numbers.clusters[:, 0]
    covariance, df, seen = cr2(kept, fit.residuals, codes, numbers.weights, numbers.absorbed)
    return replace(fit, covariance=covariance, df=df, seen=seen)


def fit_plain(numbers: Numbers, rule: str) -> Fit:
    """Fit by statsmodels; the rows of `numbers` are complete and its terms independent."""
    import statsmodels.api as sm

    model = sm.WLS(numbers.y, numbers.x, weights=1.0 if numbers.weights is None else numbers.weights)
    codes = numbers.clusters
    options = {"cov_kwds": {"groups": np.squeeze(codes)}} if rule == "CR1" and codes is not None else {}
    if rule in ("HC2", "HC3"):
        _require_leverage(model.wexog, rule)
    fit = model.fit(cov_type=LIBRARY.get(rule, rule), **options)
    free = float(fit.df_resid)
    return Fit(
        beta=fit.params,
        covariance=np.asarray(fit.cov_params()),
        residuals=numbers.y - numbers.x @ fit.params,
        df=_count_df(numbers, free),
        terms=numbers.terms,
        bread=np.asarray(fit.normalized_cov_params),
        free=free,
    )


def _require_leverage(x: np.ndarray, rule: str) -> None:
    """Refuse rows that their own term determines: HC2 and HC3 divide by one less the leverage."""
    leverage = (np.linalg.qr(x)[0] ** 2).sum(axis=1)
    alone = int((leverage > 1 - ALONE).sum())
    if alone:
        message = _(
            "errors: {rule} tidak dapat dihitung, karena {n} baris ditentukan sendiri oleh sukunya. "
            "Gabungkan kategori yang hanya berisi satu baris, atau pakai HC1."
        )
        raise DataError(message.format(rule=rule, n=alone))


def fit_absorbed(numbers: Numbers, rule: str) -> Fit:
    """Fit by pyfixest: effects and clusters as text, levels of one row kept, nested effects not counted."""
    import pyfixest

    effects = {f"effect{i}": _as_text(codes) for i, codes in enumerate(numbers.absorbed)}
    columns = {f"x{i}": column for i, column in enumerate(numbers.x.T)}
    groups = [] if numbers.clusters is None else list(numbers.clusters.T)
    clusters = {f"cluster{i}": _as_text(codes) for i, codes in enumerate(groups)}
    extra = {"weight": numbers.weights} if numbers.weights is not None else {}
    frame = pd.DataFrame({"y": numbers.y, **columns, **effects, **clusters, **extra})
    plain = {"classical": "iid", "CR2": "iid", "HC0": "HC1"}.get(rule, rule)
    vcov = {"CRV1": " + ".join(clusters)} if rule == "CR1" else plain
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # collinear terms are said in `dropped`; the rest is about its own pandas
            fit = pyfixest.feols(
                f"y ~ {' + '.join(columns)} | {' + '.join(effects)}",
                frame,
                vcov=vcov,
                weights="weight" if extra else None,
                fixef_rm="none",
                ssc=pyfixest.ssc(k_adj=rule != "HC0", k_fixef="nonnested", G_adj=True, G_df="conventional"),
            )
    except ValueError as error:
        if "collinear" not in str(error):
            raise
        raise DataError(_("formula: tidak ada suku yang bervariasi di dalam efek yang diserap (absorb).")) from None
    names = [str(name) for name in fit._coefnames]
    terms = [numbers.terms[int(name[1:])] for name in names]
    return Fit(
        beta=fit.coef().to_numpy(),
        covariance=np.asarray(fit._vcov),
        residuals=np.asarray(fit.resid(), dtype="float64"),
        df=_count_df(numbers, len(numbers.y) - int(fit._df_k)),
        terms=terms,
        r2_within=float(fit._r2_within),
        bread=np.linalg.inv(np.asarray(fit._hessian)),
        free=float(len(numbers.y) - len(terms) - count_absorbed(numbers.absorbed)),
    )


def _as_text(codes: np.ndarray) -> pd.Categorical:
    """Return codes as levels of text: whole numbers would be counted amiss, a text per row takes seconds."""
    return pd.Categorical.from_codes(codes, categories=pd.Index(np.arange(codes.max() + 1).astype("str")))


def count_absorbed(absorbed: Sequence[np.ndarray]) -> int:
    """Return how many coefficients the absorbed effects stand for: all levels, less one for each further effect."""
    return sum(int(codes.max()) for codes in absorbed) + bool(absorbed)


def _count_df(numbers: Numbers, free: float) -> float:
    """Return the degrees of freedom: those of the residuals, or the fewest clusters less one."""
    return float(free) if numbers.clusters is None else float(count_fewest(numbers.clusters) - 1)


def require_errors(fit: Fit, numbers: Numbers) -> None:
    """Refuse a fit whose standard errors mean nothing: no residual left, or a term that its own rows determine."""
    require_residuals(fit.residuals, numbers.y)
    columns = numbers.x[:, [numbers.terms.index(term) for term in fit.terms]]
    floor = EXACT**2 * float((fit.residuals**2).mean()) / (columns**2).sum(axis=0)
    for term, variance, least in zip(fit.terms, np.diag(fit.covariance), floor, strict=True):
        if not (np.isfinite(variance) and variance > least):
            raise refuse_errors(term)


def require_residuals(residuals: np.ndarray, y: np.ndarray) -> None:
    """Refuse a fit that leaves nothing but rounding."""
    if float(np.abs(residuals).max()) <= EXACT * float(np.abs(y - y.mean()).max()):
        raise DataError(_("formula: suku menjelaskan hasil tanpa sisa; tidak ada galat yang dapat ditaksir."))


def refuse_errors(term: str) -> DataError:
    """Return the refusal of a term that its own rows or clusters determine."""
    message = _(
        "suku {term}: galat baku tidak dapat dihitung, karena satu baris atau terlalu sedikit gugus "
        "menentukannya sendiri. Gabungkan kategori kecil, atau pakai aturan galat lain."
    )
    return DataError(message.format(term=term))


def tidy(fit: Fit, n: int) -> pd.DataFrame:
    """Return the tidy table with 95 % intervals by t (normal where the degrees of freedom have no end)."""
    from scipy import stats

    freedom = np.broadcast_to(fit.df, fit.beta.shape)
    error = np.sqrt(np.diag(fit.covariance))
    reach = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    return build_table(
        n,
        term=fit.terms,
        estimate=fit.beta,
        std_error=error,
        conf_low=fit.beta - reach,
        conf_high=fit.beta + reach,
        p_value=2 * stats.t.sf(np.abs(fit.beta / error), freedom),
    )


def name_square(matrix: np.ndarray, terms: list[str]) -> pd.DataFrame:
    """Return a covariance or correlation by the names of its terms."""
    return pd.DataFrame(matrix, index=terms, columns=terms)


def count_fewest(codes: np.ndarray) -> int:
    """Return the number of clusters, of the column that has fewer."""
    return int(codes.max(axis=0).min()) + 1


def count_clusters(codes: np.ndarray | None, names: list[str]) -> dict[str, object]:
    """Return the diagnostic `n_clusters` (Series by column name), none without clusters."""
    return {} if codes is None else {"n_clusters": pd.Series(codes.max(axis=0) + 1, index=names)}


def assume(clusters: list[str]) -> tuple[str, str]:
    """Return what has to hold of the comparison and of the rows, in sentences."""
    return (
        _("Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak."),
        _("Galat boleh berkaitan di dalam gugus, tetapi tidak antargugus.") if clusters else _("Baris saling bebas."),
    )


def warn_few(codes: np.ndarray | None) -> list[str]:
    """Return a warning where clusters are few, for rules that do not allow for it."""
    if codes is None or count_fewest(codes) >= FEW_CLUSTERS:
        return []
    return [_("Gugus sedikit (di bawah {n}): selang cenderung terlalu sempit.").format(n=FEW_CLUSTERS)]


def warn_clusters(count: int) -> list[str]:
    """Return a warning where the clusters of a CR1 rule are few."""
    message = _("Gugus sedikit (di bawah {n}): selang CR1 cenderung terlalu sempit.").format(n=FEW_CLUSTERS)
    return [message] if count < FEW_CLUSTERS else []


def warn_errors(fit: Fit, numbers: Numbers, rule: str) -> tuple[str, ...]:
    """Return what makes the errors doubtful: few clusters (CR1), few degrees of freedom or a lone cluster (CR2)."""
    if rule == "CR1" and numbers.clusters is not None:
        return tuple(warn_clusters(count_fewest(numbers.clusters)))
    if rule != "CR2":
        return ()
    few = list_values(np.array(fit.terms)[np.asarray(fit.df) < FEW_DF])
    lone = list_values(np.array(fit.terms)[fit.seen < 1 - EXACT**0.5])
    doubts = {
        _("Derajat bebas di bawah {n} pada {terms}: nilai p dan selangnya tidak dapat diandalkan."): few,
        _("Satu gugus menentukan sendiri {terms}: galat bakunya terlalu kecil."): lone,
    }
    return tuple(text.format(n=FEW_DF, terms=terms) for text, terms in doubts.items() if terms)
