"""How much of a difference runs through a mediator: two linear models, simulated, with the sensitivity of the answer.

Where this stops: the mediator was not drawn by lot, so `rho_curve` stands beside every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    cluster_codes,
    expand_formula,
    independent_columns,
    keep_independent,
    parse_formula,
    quote_names,
    read_rows,
    require_numeric,
    require_rows,
)
from kinerja_lib.estimate.least_squares import (
    ERRORS,
    INTERCEPT,
    Fit,
    Numbers,
    count_clusters,
    fit_plain,
    require_errors,
    tidy,
    warn_few,
)
from kinerja_lib.estimate.result import COLUMNS, Estimate, Z
from kinerja_lib.estimate.scalars import require_draws, tabulate_draws
from kinerja_lib.language import _

T, M = 1, 2  # places of treatment and mediator among the terms: the constant is first
RHO = np.linspace(-0.9, 0.9, 37)
ALPHA = 0.05


def estimate_mediation(
    data: pd.DataFrame,
    *,
    outcome: str,
    mediator: str,
    treatment: str,
    covariates: Sequence[str] | str = (),
    draws: int = 5000,
    seed: int = 0,
    cluster: Names = None,
) -> Estimate:
    """Estimate the part of a difference that runs through a mediator, by two linear models and simulation.

    Parameters
    ----------
    data : DataFrame
        A row per person; not changed. Rows with a missing value in a used column are left out and counted.
    outcome, mediator, treatment : str
        Columns of numbers; the effects are per unit of the treatment (1 against 0 where it is a group).
    covariates : str or list of str
        Columns measured before the treatment, in both models; text becomes indicators.
    draws : int
        Draws of the coefficients for the intervals, at least 100.
    seed : int
        Seed of the draws.
    cluster : str or list of str, optional
        One or two columns within which the errors may be related; the errors are then CR1, else classical.

    Returns
    -------
    Estimate
        `table`: `acme` (effect through the mediator, a times b; error by Sobel), `ade` (direct), `total`,
        `proportion` (median of the draws; error by the delta method), and the paths `a` (mediator per unit of
        treatment) and `b` (outcome per unit of mediator). The first four have quantiles of the draws as intervals
        and the share of draws on the other side of zero, doubled, as p. `diagnostics`: `sobel_z`, `rho_at_zero` (the
        correlation of the two models' errors at which acme is zero), `rho_curve` (rho, estimate, conf_low,
        conf_high of acme), `interaction` (tidy: treatment times mediator, which the product a b takes as zero),
        `warnings`, and with `cluster` `n_clusters`.

    Raises
    ------
    CallError
        A column that is not there or is used twice, fewer than 100 draws.
    DataError
        A column without variation or of text, a mediator that the treatment determines, more terms than rows, fewer
        than two clusters.

    References
    ----------
    Imai, Keele and Tingley (2010), Psychological Methods 15(4); Imai, Keele and Yamamoto (2010), Statistical Science
    25(1); Sobel (1982), Sociological Methodology 13.

    Examples
    --------
    >>> frame = pd.DataFrame({"t": [0.0, 0, 0, 1, 1, 1], "m": [1.0, 2, 3, 3, 4, 6], "y": [2.0, 3, 7, 6, 9, 11]})
    >>> found = estimate_mediation(frame, outcome="y", mediator="m", treatment="t")
    >>> found.table[["term", "estimate", "n"]].round(3).head(3)
        term  estimate  n
    0   acme     4.317  6
    1    ade     0.350  6
    2  total     4.667  6
    """
    clusters = as_names(cluster)
    require_draws(draws)
    roles = {"outcome": outcome, "mediator": mediator, "treatment": treatment}
    numbers, dropped = _build_numbers(data, roles, as_names(covariates), clusters)
    rule = "CR1" if clusters else "classical"
    short = replace(numbers, x=np.delete(numbers.x, M, axis=1), terms=[*numbers.terms[:M], *numbers.terms[M + 1 :]])
    models = {"direct": numbers, "total": short, "path": replace(short, y=numbers.x[:, M])}
    fits = {name: fit_plain(model, rule) for name, model in models.items()}
    for name, fit in fits.items():
        require_errors(fit, models[name])
    table = _tabulate(fits, _draw(fits, draws, seed), len(numbers.y))
    interaction = _interact(numbers, rule)
    found: dict[str, object] = {
        "sobel_z": float(table["estimate"][0] / table["std_error"][0]),
        "rho_at_zero": float(np.corrcoef(fits["path"].residuals, fits["total"].residuals)[0, 1]),
        "rho_curve": _vary_rho(fits),
        "interaction": interaction,
        **count_clusters(numbers.clusters, clusters),
    }
    return Estimate(
        table=table,
        estimand=_("bagian kaitan {treatment} dengan {outcome} yang berjalan melalui {mediator}").format(**roles),
        design="correlational",
        method=_("Mediasi dengan dua regresi linear; selang dari {n} tarikan koefisien").format(n=draws),
        errors=_(ERRORS[rule]).format(cluster=" + ".join(clusters)),
        assumptions=(
            _("Perlakuan tidak berkaitan dengan sebab lain dari mediator dan hasil, setelah kovariat."),
            _("Mediator tidak berkaitan dengan sebab lain dari hasil, setelah perlakuan dan kovariat (lihat rho)."),
            _("Mediator diukur setelah perlakuan dan sebelum hasil."),
            _("Kaitan mediator dengan hasil sama besar dengan dan tanpa perlakuan."),
        ),
        diagnostics=found | {"warnings": _warn(table, interaction, numbers)},
        dropped=dropped,
        reference="Imai, Keele and Tingley (2010), Psychological Methods 15(4)",
    )


def _build_numbers(
    data: object, roles: dict[str, str], covariates: list[str], clusters: list[str]
) -> tuple[Numbers, dict[str, int]]:
    """Return the outcome's model with all terms, and what was dropped."""
    whole, dropped = read_rows(data, **roles, covariates=covariates, cluster=clusters)
    names = [*roles.values(), *covariates]
    for name in names:
        if names.count(name) > 1:
            message = _("kolom {name} dipakai dua kali di antara outcome, mediator, treatment, dan covariates.")
            raise CallError(message.format(name=name))
    for argument, name in roles.items():
        whole[name] = require_numeric(whole[name], argument)
    right = quote_names((roles["treatment"], roles["mediator"], *covariates))
    y, x, _rows = expand_formula(whole, parse_formula(f"`{roles['outcome']}` ~ {right}"))[:3]
    order = [INTERCEPT, roles["treatment"], roles["mediator"]]
    x = x[[*order, *[name for name in x.columns if name not in order]]]
    x, lost = keep_independent(x)
    if roles["mediator"] not in x.columns:
        raise DataError(_("mediator: kolom {name} ditentukan penuh oleh perlakuan.").format(name=roles["mediator"]))
    require_rows(*x.shape, spare=1)
    codes = cluster_codes(whole, clusters) if clusters else None
    return Numbers(y.to_numpy("float64"), x.to_numpy(), list(x.columns), codes), dropped | lost


def _draw(fits: dict[str, Fit], draws: int, seed: int) -> np.ndarray:
    """Return draws of a, b and the direct path (draws by 3); the two models' coefficients are independent."""
    rng = np.random.default_rng(seed)
    path, direct = fits["path"], fits["direct"]
    a = rng.normal(path.beta[T], np.sqrt(path.covariance[T, T]), draws)
    both = rng.multivariate_normal(direct.beta[[M, T]], direct.covariance[np.ix_([M, T], [M, T])], draws)
    return np.column_stack([a, both])


def _tabulate(fits: dict[str, Fit], drawn: np.ndarray, n: int) -> pd.DataFrame:
    path, direct, total = fits["path"], fits["direct"], fits["total"]
    a, b, c = path.beta[T], direct.beta[M], direct.beta[T]
    va, vb, vc, vbc = path.covariance[T, T], direct.covariance[M, M], direct.covariance[T, T], direct.covariance[M, T]
    slope = np.array([b * c, a * c, -a * b]) / (a * b + c) ** 2  # of the proportion, by a, b and the direct path
    errors = [
        np.sqrt(a**2 * vb + b**2 * va),
        np.sqrt(vc),
        np.sqrt(total.covariance[T, T]),
        np.sqrt(slope @ np.array([[va, 0, 0], [0, vb, vbc], [0, vbc, vc]]) @ slope),
    ]
    through = drawn[:, 0] * drawn[:, 1]
    all_draws = np.column_stack([through, drawn[:, 2], through + drawn[:, 2], through / (through + drawn[:, 2])])
    table = tabulate_draws(
        all_draws,
        n,
        term=["acme", "ade", "total", "proportion"],
        estimate=[a * b, c, a * b + c, np.median(all_draws[:, 3])],
        std_error=errors,
    )
    paths = [tidy(path, n).iloc[[T]].assign(term="a"), tidy(direct, n).iloc[[M]].assign(term="b")]
    return pd.concat([table, *paths], ignore_index=True)


def _interact(numbers: Numbers, rule: str) -> pd.DataFrame:
    """Return the row of treatment times mediator, or no row where the data cannot tell it."""
    x = np.column_stack([numbers.x, numbers.x[:, T] * numbers.x[:, M]])
    if len(independent_columns(x)) < x.shape[1] or len(x) <= x.shape[1]:
        return pd.DataFrame(columns=list(COLUMNS))
    wide = replace(numbers, x=x, terms=[*numbers.terms, f"{numbers.terms[T]}:{numbers.terms[M]}"])
    return tidy(fit_plain(wide, rule), len(x)).iloc[[-1]].reset_index(drop=True)


def _vary_rho(fits: dict[str, Fit]) -> pd.DataFrame:
    """Return how acme changes with the correlation of the two models' errors (Imai, Keele and Yamamoto 2010).

    b(rho) = b - rho / sqrt(1 - rho^2) * (error sd of the outcome's model / error sd of the mediator's).
    """
    path, direct = fits["path"], fits["direct"]
    shift = RHO / np.sqrt(1 - RHO**2) * np.sqrt((direct.residuals**2).sum() / (path.residuals**2).sum())
    a, b = path.beta[T], direct.beta[M] - shift
    variance = b**2 * path.covariance[T, T] + a**2 * (direct.covariance[M, M] + shift**2 / len(path.residuals))
    reach = Z * np.sqrt(variance)
    return pd.DataFrame({"rho": RHO, "estimate": a * b, "conf_low": a * b - reach, "conf_high": a * b + reach})


def _warn(table: pd.DataFrame, interaction: pd.DataFrame, numbers: Numbers) -> tuple[str, ...]:
    said = []
    total = table.set_index("term").loc["total"]
    if total["conf_low"] <= 0 <= total["conf_high"]:
        said.append(_("Selang kaitan total memuat nol, sehingga bagian (proportion) tidak dapat diartikan."))
    if (interaction["p_value"] < ALPHA).any():
        said.append(_("Kaitan mediator dengan hasil berbeda menurut perlakuan; hasil kali a b hanya rata-ratanya."))
    return (*said, *warn_few(numbers.clusters))
