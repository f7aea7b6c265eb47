"""Multilevel (mixed) models: people in units, with intercepts and slopes that differ between the units.

The likelihood of one grouping factor needs only the products of the columns within each group, so a fit costs as many
small matrices as there are groups, whatever the number of rows, and its gradient is exact. Where this stops: crossed or
nested groups, and outcomes that are no numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError, list_values
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    expand_terms,
    formula_columns,
    independent_columns,
    parse_formula,
    read_group,
    read_rows,
    require_frame,
    require_numeric,
)
from kinerja_lib.estimate.least_squares import EXACT, INTERCEPT, Fit, name_square, require_residuals, tidy
from kinerja_lib.estimate.likelihood import Maximum, Point, inform, maximise, turn_columns
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.language import _

FEW_GROUPS = 10  # below this the variance between groups is hardly known
EDGE = 1e-4  # a direction whose random sd is below this share of the residual's has no spread
START = 0.5
TURNS = 4
PRECISE = 1e-10  # of the information; what is below is a direction without spread


@dataclass(frozen=True, slots=True)
class Products:
    """Sums of products within the groups (G) of random terms Z (q) and of W: the fixed terms X (p), then the outcome.

    The outcome is the residuals of least squares; over all n rows X'X, Z'Z and W'W are n times the identity.
    """

    zz: np.ndarray
    zw: np.ndarray
    own: np.ndarray  # coefficients of W on Z group by group
    within: np.ndarray  # W'W less what these explain (p + 1 by p + 1)
    n: int
    free: int  # rows, with REML less the fixed terms
    plain: np.ndarray  # coefficients of least squares, in the data's units as what follows
    turn_x: np.ndarray
    turn_z: np.ndarray
    scale: float  # standard deviation of the residuals

    def spread(self, theta: np.ndarray) -> np.ndarray:
        """Return the triangle L (q by q): the covariance of the random terms is LL' times the residual variance."""
        lower = np.zeros(self.zz.shape[1:])
        lower[np.tril_indices(len(lower))] = theta
        return lower


@dataclass(frozen=True, slots=True)
class Parts:
    """What the likelihood is made of where V = I + Z L L' Z'."""

    logs: float  # log |V|, with REML plus log |X'V^-1 X|
    squares: float  # sum of squares of the residuals in V^-1
    beta: np.ndarray
    unscaled: np.ndarray  # (X'V^-1 X)^-1
    pull: np.ndarray  # Z'V^-1 X by group (G by q by p)
    bend: np.ndarray  # half the derivative of `logs` by LL'
    lean: np.ndarray  # half the derivative of -`squares` by LL'


def estimate_multilevel(
    data: pd.DataFrame, formula: str, *, group: str, slopes: Names = (), reml: bool = True
) -> Estimate:
    """Estimate a linear mixed model with a random intercept, and random slopes, for one kind of group.

    Parameters
    ----------
    data : DataFrame
        A row per observation; not changed. Rows with a missing value in a used column are left out and counted.
    formula : str
        The fixed part, such as ``"nilai ~ coaching + masa_kerja"``.
    group : str
        Column of the groups (units, mentors, people measured again).
    slopes : str or list of str
        Columns of numbers whose slope differs between groups, in free covariance with the intercept.
    reml : bool
        Restricted maximum likelihood; with False full maximum likelihood, for comparing fixed parts.

    Returns
    -------
    Estimate
        `table` has a row per fixed term, by t with Satterthwaite's degrees of freedom. `diagnostics`: `sd` (Series by
        random term; Intercept first), `correlation` (DataFrame by random term, with `slopes` that vary),
        `sd_residual`, `icc` (variance between groups, averaged over the rows, as a share of the whole), `loglik`
        (restricted with `reml`, all constants in), `df` (Series by term), `n_groups`, `covariance` (DataFrame by
        term), `warnings`.

    Raises
    ------
    CallError
        A column that is not there, an unreadable formula.
    DataError
        One group, groups of one row only, no variation, slopes that are no numbers or do not vary, too few rows for
        the random terms, no convergence (nothing is reported then).

    References
    ----------
    Laird and Ware (1982), Biometrics 38(4); as lme4 profiles it: Bates, Maechler, Bolker and Walker (2015), Journal of
    Statistical Software 67(1). Degrees of freedom: Kuznetsova, Brockhoff and Christensen (2017), JSS 82(13).

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1.0, 2, 1, 5, 6, 7, 3, 3, 4], "unit": list("aaabbbccc")})
    >>> result = estimate_multilevel(frame, "nilai ~ 1", group="unit")
    >>> print(f"{result.table['estimate'][0]:.3f} {result.diagnostics['icc']:.3f}")
    3.556 0.905
    """
    frame = require_frame(data)
    parsed = parse_formula(formula)
    random = [INTERCEPT, *as_names(slopes)]
    whole, dropped = read_rows(frame, formula=formula_columns(frame, parsed), group=group, slopes=random[1:])
    terms = expand_terms(whole, parsed, dropped)
    y = require_numeric(terms.outcome, "formula")
    z = _read_random(terms.whole, random[1:])
    products = _multiply(y, terms.columns.to_numpy(), z, read_group(terms.whole, group, "group"), reml=reml)
    best, products = _search(products)
    fit = _fit_fixed(products, best.theta, list(terms.columns.columns))
    diagnostics, warnings = _describe(products, best, random)
    return Estimate(
        table=tidy(fit, products.n),
        estimand=_("perbedaan rata-rata {outcome} per satuan tiap suku, dengan suku lain tetap").format(
            outcome=str(parsed.lhs)
        ),
        design="correlational",
        method=_("Model campuran (REML)") if reml else _("Model campuran (kemungkinan maksimum)"),
        errors=_("dari model (ragam tiap tingkat ditaksir); t dengan derajat bebas Satterthwaite"),
        assumptions=(
            _("Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak."),
            _("Intersep dan kemiringan kelompok menyebar normal dan tidak berkaitan dengan suku."),
            _("Galat dalam kelompok saling bebas dan sama besar."),
        ),
        diagnostics=diagnostics
        | {
            "df": pd.Series(fit.df, index=fit.terms),
            "covariance": name_square(fit.covariance, fit.terms),
            "warnings": tuple(warnings),
        },
        dropped=terms.dropped,
        reference="Laird and Ware (1982), Biometrics 38(4); Bates et al. (2015), JSS 67(1)",
    )


def _read_random(whole: pd.DataFrame, slopes: list[str]) -> np.ndarray:
    """Return the columns of the random terms: 1 and the slopes."""
    z = np.column_stack([np.ones(len(whole)), *(require_numeric(whole[name], "slopes") for name in slopes)])
    kept = independent_columns(z)
    if len(kept) < z.shape[1]:
        lost = [name for at, name in enumerate(slopes, start=1) if at not in kept]
        raise DataError(_("slopes: {names} kolinear dengan yang lain; keluarkan.").format(names=list_values(lost)))
    return z


def _multiply(y: np.ndarray, x: np.ndarray, z: np.ndarray, codes: np.ndarray, *, reml: bool) -> Products:
    """Return the sums of products within the groups, and what leads back to the data's units."""
    g, n = int(codes.max()) + 1, len(y)
    if n <= g * z.shape[1]:
        message = _("group: {n} baris tidak cukup untuk {k} suku acak pada {g} kelompok. Kurangi slopes.")
        raise DataError(message.format(n=n, k=z.shape[1], g=g))
    x, turn_x = turn_columns(x)
    z, turn_z = turn_columns(z)
    plain = x.T @ y / n
    rest = y - x @ plain
    require_residuals(rest, y)
    scale = float(np.sqrt((rest**2).mean()))
    w = np.column_stack([x, rest / scale])

    def by_group(other: np.ndarray) -> np.ndarray:
        sums = [np.bincount(codes, weights=i * j, minlength=g) for i in z.T for j in other.T]
        return np.stack(sums, axis=1).reshape(g, z.shape[1], other.shape[1])

    zz, zw = by_group(z), by_group(w)
    own = np.linalg.pinv(zz, rcond=PRECISE, hermitian=True) @ zw
    within = n * np.eye(w.shape[1]) - np.einsum("gqi,gqj->ij", own, zw)
    return Products(zz, zw, own, within, n, n - x.shape[1] * reml, turn_x @ plain, turn_x, turn_z, scale)


def _compute(lower: np.ndarray, products: Products) -> Parts:
    """Return the parts of the likelihood at a triangle L, by one small matrix a group."""
    inner = np.eye(len(lower)) + products.zz @ lower @ lower.T
    kept = np.linalg.inv(inner)  # Z'V^-1 = kept Z'
    pulled = kept @ products.zw
    total = products.within + np.einsum("gqi,gqj->ij", products.own, pulled)  # W'V^-1 W
    precision, cross = total[:-1, :-1], total[:-1, -1]
    unscaled = np.linalg.inv(precision)
    beta = unscaled @ cross
    pull, rest = pulled[:, :, :-1], pulled[:, :, -1] - pulled[:, :, :-1] @ beta
    logs, bend = float(np.linalg.slogdet(inner)[1].sum()), (kept @ products.zz).sum(axis=0)
    if products.free < products.n:
        logs += float(np.linalg.slogdet(precision)[1])
        bend = bend - np.einsum("gqi,ij,grj->qr", pull, unscaled, pull, optimize=True)
    return Parts(logs, float(total[-1, -1] - beta @ cross), beta, unscaled, pull, bend, rest.T @ rest)


def _slope(theta: np.ndarray, products: Products, variance: float | None = None) -> np.ndarray:
    """Return the gradient of the log-likelihood at a residual variance, or at its best one."""
    lower = products.spread(theta)
    parts = _compute(lower, products)
    variance = parts.squares / products.free if variance is None else variance
    return np.asarray(-((parts.bend - parts.lean / variance) @ lower)[np.tril_indices(len(lower))])


def _profile(theta: np.ndarray, products: Products) -> Point:
    """Return the log-likelihood at the best residual variance, its gradient and its information."""
    parts = _compute(products.spread(theta), products)
    free = products.free
    if parts.squares < EXACT * products.n:  # nothing is left within the groups
        return -np.inf, theta, np.eye(len(theta))
    value = -(parts.logs + free * (1 + np.log(2 * np.pi * parts.squares / free))) / 2
    slope = partial(_slope, products=products)
    return value, slope(theta), inform(slope, theta)


def _search(products: Products) -> tuple[Maximum, Products]:
    """Return the maximum, with Z turned to the axes of its spread where the triangle's own form was in the way.

    A first random term without spread leaves the rest of the triangle undetermined; with the largest first it is not.
    """
    lower = START * np.eye(len(products.turn_z))
    for _turn in range(TURNS):
        best = maximise(partial(_profile, products=products), lower[np.tril_indices(len(lower))])
        if best.converged:
            return best, products
        axes, values, _same = np.linalg.svd(products.spread(best.theta))
        lower = np.diag(values)
        zz, zw, own = axes.T @ products.zz @ axes, axes.T @ products.zw, axes.T @ products.own
        products = replace(products, zz=zz, zw=zw, own=own, turn_z=products.turn_z @ axes)
    raise DataError(_("formula: taksiran model campuran tidak mencapai titik maksimum. Kurangi slopes atau suku."))


def _fit_fixed(products: Products, theta: np.ndarray, names: list[str]) -> Fit:
    """Return the fixed terms in the data's units, with Satterthwaite's degrees of freedom of each.

    With v the variance of a coefficient, g its gradient by the spread and the log of the residual variance, and A the
    covariance of these by the information, the degrees are 2 v^2 / g'Ag.
    """
    lower = products.spread(theta)
    parts, triangle = _compute(lower, products), np.tril_indices(len(lower))
    variance = parts.squares / products.free
    turned = parts.unscaled @ products.turn_x.T  # a column per coefficient
    covariance = products.turn_x @ turned * variance * products.scale**2
    bend = inform(partial(_slope, products=products, variance=variance), theta)
    cross = -(parts.lean @ lower)[triangle] / variance
    information = np.block([[bend, -cross[:, None]], [-cross, np.array([[products.free / 2]])]])
    moves = parts.pull @ turned
    by_spread = 2 * np.einsum("gqk,grk,rs->kqs", moves, moves, lower, optimize=True)[:, *triangle]
    share = np.einsum("kp,pk->k", products.turn_x, turned)
    gradient = np.column_stack([by_spread, share])
    spread = np.einsum("ki,ij,kj->k", gradient, np.linalg.pinv(information, rcond=PRECISE, hermitian=True), gradient)
    beta = products.plain + products.turn_x @ parts.beta * products.scale
    return Fit(beta, covariance, 2 * share**2 / spread, names)


def _describe(products: Products, best: Maximum, random: list[str]) -> tuple[dict[str, object], list[str]]:
    """Return spread, intraclass correlation and log-likelihood in the data's units, and warnings."""
    lower, said = products.spread(best.theta), []
    residual = _compute(lower, products).squares / products.free * products.scale**2
    half = products.turn_z @ lower * np.sqrt(residual)
    sd = np.sqrt((half**2).sum(axis=1))
    between = float((lower**2).sum())  # the turned random terms have mean square 1
    value = best.value - products.free * np.log(products.scale)
    if products.free < products.n:
        value += float(np.linalg.slogdet(products.turn_x)[1])
    found: dict[str, object] = {
        "sd": pd.Series(sd, index=random),
        "sd_residual": float(np.sqrt(residual)),
        "icc": between / (1 + between),
        "loglik": float(value),
        "n_groups": len(products.zz),
    }
    if len(random) > 1 and bool((sd > 0).all()):
        found["correlation"] = name_square(half @ half.T / np.outer(sd, sd), random)
    if float(np.linalg.svd(lower, compute_uv=False)[-1]) < EDGE:
        message = _("Ragam acak di batas (nol, atau korelasi 1) untuk {names}.")
        said.append(message.format(names=list_values(random)))
    if len(products.zz) < FEW_GROUPS:
        message = _("Kelompok sedikit (di bawah {n}): ragam antarkelompok hampir tidak diketahui.")
        said.append(message.format(n=FEW_GROUPS))
    return found, said
