"""How much would have to be wrong: what an unmeasured cause, selection, loss from sight or chance could explain.

Results that are no estimate of an effect are small dataclasses with the names of their papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, require_choice
from kinerja_lib.estimate.inputs import Names, as_names, parse_formula, read_rows
from kinerja_lib.estimate.regression import estimate_regression
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.language import _

Scale = Literal["RR", "OR", "OR_common", "HR", "HR_common", "SMD"]

BOUNDS = ("benchmark", "multiple", "r2dz_x", "r2yz_dx", "adjusted_estimate", "adjusted_se", "adjusted_t")


@dataclass(frozen=True, slots=True)
class Robustness:
    """How strong a confounder has to be (Cinelli and Hazlett 2020); shares of variance, 0 to 1.

    Attributes
    ----------
    rv_q : float
        Partial R2 with treatment and outcome alike that takes the share q off the estimate.
    rv_qa : float
        The same for an estimate that no longer differs from (1 - q) of itself at the level alpha.
    partial_r2 : float
        Partial R2 of the treatment with the outcome: what a confounder that explains all the rest must reach.
    diagnostics : mapping
        `bounds`: benchmark, multiple, r2dz_x, r2yz_dx, adjusted_estimate, adjusted_se, adjusted_t; `warnings`.
    """

    rv_q: float
    rv_qa: float
    partial_r2: float
    diagnostics: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EValue:
    """Risk ratio of a confounder with treatment and outcome alike that explains the `point`, or the `limit`, away.

    `limit` is of the interval's end nearer to the true value: 1 where the interval holds that value, None where no
    interval is given.
    """

    point: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Selection on what is not seen (Oster 2019).

    `delta` is how strong it has to be, relative to selection on what is seen, for an effect of 0; `beta_star` the
    effect where it is as strong as was asked; `r2_max` the R2 assumed with everything seen; `n` the rows.
    """

    delta: float
    beta_star: float
    r2_max: float
    n: int


@dataclass(frozen=True, slots=True)
class RegressionToMean:
    """Gain expected without any effect, and what remains of the observed one (None without it); in baseline SD."""

    expected_gain: float
    remainder: float | None


def sensitivity_robustness(
    estimate: Estimate,
    term: str,
    *,
    benchmark: Names = (),
    multiples: float | Sequence[float] = (1,),
    q: float = 1.0,
    alpha: float = 0.05,
) -> Robustness:
    """Say how strongly an unmeasured confounder must be related to treatment and outcome to change the conclusion.

    Parameters
    ----------
    estimate : Estimate
        From `estimate_regression`; the shares of variance do not depend on its rule of errors, the adjusted errors
        are classical.
    term : str
        The treatment, as its table names it.
    benchmark : str or list of str
        Terms that an unmeasured confounder is compared with; "C(golongan)" takes all levels of that factor together.
    multiples : float or sequence of float
        How many times as strong as the benchmark.
    q : float
        Share of the estimate that would matter; 1 takes it to 0.
    alpha : float
        Level of significance.

    Returns
    -------
    Robustness
        `rv_q`, `rv_qa`, `partial_r2`, and in `diagnostics` `bounds` with a row per benchmark and multiple.

    Raises
    ------
    CallError
        An estimate of another call, a term that is not there, a multiple that no confounder can reach.

    References
    ----------
    Cinelli and Hazlett (2020), Journal of the Royal Statistical Society B 82(1).

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1.0, 3, 2, 5, 6, 5], "ikut": [0, 0, 0, 1, 1, 1], "masa": [1, 3, 2, 2, 4, 1]})
    >>> found = sensitivity_robustness(estimate_regression(frame, "nilai ~ ikut + masa"), "ikut", benchmark="masa")
    >>> round(found.rv_q, 3)
    0.959
    """
    if not {"covariance_classical", "df_residual"} <= set(estimate.diagnostics):
        raise CallError(_("estimate: bukan hasil estimate_regression; hitung lebih dahulu dengan panggilan itu."))
    _require_between("q", q, 0, np.inf)
    _require_between("alpha", alpha, 0, 1)
    terms = [str(name) for name in estimate.table["term"]]
    require_choice("term", term, terms)
    df = float(estimate.diagnostics["df_residual"])  # type: ignore[arg-type]
    if df < 2:
        raise DataError(_("estimate: hanya {n:g} derajat bebas tersisa; tambah baris, atau kurangi suku.").format(n=df))
    covariance: pd.DataFrame = estimate.diagnostics["covariance_classical"]  # type: ignore[assignment]
    beta, spread = estimate.table["estimate"].to_numpy("float64"), covariance.loc[terms, terms].to_numpy("float64")
    own = terms.index(term)
    value, error = float(beta[own]), float(np.sqrt(spread[own, own]))
    rows: list[tuple[object, ...]] = []
    warnings: list[str] = []
    for name in as_names(benchmark):
        shares = _benchmark_shares(beta, spread, df, own, _find_terms(terms, term, name))
        for multiple in np.atleast_1d(np.asarray(multiples, dtype="float64")).tolist():
            with_d, with_y = _bound_confounder(*shares, name, multiple)
            if with_y > 1:
                message = _("{multiple:g} kali {name} melebihi seluruh sisa ragam hasil; dipakai 1.")
                warnings.append(message.format(multiple=multiple, name=name))
            adjusted = _adjust(value, error, df, with_d, min(with_y, 1.0))
            rows.append((name, multiple, with_d, min(with_y, 1.0), *adjusted))
    f = abs(value) / error / np.sqrt(df)
    return Robustness(
        rv_q=_robustness(q * f),
        rv_qa=_robustness(q * f, _critical_f(alpha, df)),
        partial_r2=f**2 / (1 + f**2),
        diagnostics={"bounds": pd.DataFrame(rows, columns=list(BOUNDS)), "warnings": tuple(warnings)},
    )


def _robustness(f: float, critical: float = 0.0) -> float:
    """Return the robustness value of a partial f (not squared); where t itself binds, that of the second formula."""
    if f <= critical:
        return 0.0
    if critical and f > 1 / critical:
        return (f**2 - critical**2) / (1 + f**2)
    rest = (f - critical) ** 2
    return float(np.sqrt(rest**2 + 4 * rest) - rest) / 2


def _critical_f(alpha: float, df: float) -> float:
    from scipy import stats

    return float(stats.t.ppf(1 - alpha / 2, df - 1) / np.sqrt(df - 1))


def _find_terms(terms: list[str], term: str, name: str) -> list[int]:
    """Return the positions of a benchmark's terms: the one of that name, or all levels of that factor."""
    others = [other for other in terms if other != term]
    found = [other for other in others if other == name or other.startswith(f"{name}[")]
    if not found:
        require_choice("benchmark", name, others)
    return [terms.index(other) for other in found]


def _benchmark_shares(
    beta: np.ndarray, covariance: np.ndarray, df: float, own: int, names: list[int]
) -> tuple[float, float]:
    """Return the partial R2 of some terms with the treatment (term `own`) and with the outcome, given all others."""
    block, toward = covariance[np.ix_(names, names)], covariance[names, own]
    wald = float(beta[names] @ np.linalg.solve(block, beta[names]))
    return float(toward @ np.linalg.solve(block, toward)) / float(covariance[own, own]), wald / (wald + df)


def _bound_confounder(with_d: float, with_y: float, name: str, multiple: float) -> tuple[float, float]:
    """Return the partial R2 with treatment and outcome of a confounder `multiple` times the benchmark (section 4.4)."""
    bound = multiple * with_d / (1 - with_d)
    room = (1 - multiple * with_d) * (1 - with_d)
    shared = multiple * with_d**2 / room if room > 0 else np.inf
    if multiple <= 0 or bound >= 1 or shared >= 1:
        message = _("multiples: {multiple:g} kali {name} tidak mungkin; pakai kelipatan di atas 0 yang lebih kecil.")
        raise CallError(message.format(multiple=multiple, name=name))
    outcome = (np.sqrt(multiple) + np.sqrt(shared)) ** 2 / (1 - shared) * with_y / (1 - with_y)
    return bound, float(outcome)


def _adjust(value: float, error: float, df: float, with_d: float, with_y: float) -> tuple[float, float, float]:
    """Return estimate, error and t with a confounder of these two shares held equal too."""
    bias = np.sqrt(with_y * with_d / (1 - with_d) * df) * error
    adjusted = float(np.sign(value) * (abs(value) - bias))
    rest = float(np.sqrt((1 - with_y) / (1 - with_d) * df / (df - 1)) * error)
    return adjusted, rest, adjusted / rest if rest else float(np.copysign(np.inf, adjusted))


def sensitivity_evalue(
    value: float, *, low: float | None = None, high: float | None = None, scale: Scale, true: float | None = None
) -> EValue:
    """Return the E-value: how strong an unmeasured confounder has to be, on the risk-ratio scale.

    Parameters
    ----------
    value : float
        The estimate.
    low, high : float, optional
        Its interval.
    scale : {"RR", "OR", "OR_common", "HR", "HR_common", "SMD"}
        What the numbers are; "_common" where more than 15 % have the outcome. SMD: standardised mean difference.
    true : float, optional
        The value to explain the estimate down to, on the same scale; no effect when left out.

    Returns
    -------
    EValue
        `point` and `limit`.

    Raises
    ------
    CallError
        An unknown scale, a ratio that is not above 0, an interval that does not hold the estimate.

    References
    ----------
    VanderWeele and Ding (2017), Annals of Internal Medicine 167(4).

    Examples
    --------
    >>> found = sensitivity_evalue(10.73, low=8.02, high=14.36, scale="RR")
    >>> round(found.point, 2), round(found.limit, 2)
    (20.95, 15.52)
    """
    require_choice("scale", scale, get_args(Scale))
    null = (0.0 if scale == "SMD" else 1.0) if true is None else true
    given = {"value": value, "low": low, "high": high, "true": null}
    for argument, number in given.items():
        if number is not None:
            _require_between(f"{argument} ({scale})", number, -np.inf if scale == "SMD" else 0, np.inf)
    if (low is not None and low > value) or (high is not None and high < value):
        message = _("low, high: selang {low} sampai {high} tidak memuat taksiran {value}.")
        raise CallError(message.format(low=low, high=high, value=value))
    near = low if value > null else high
    held = near is not None and (near <= null if value > null else near >= null)
    limit = None if near is None else 1.0 if held else _evalue(near, null, scale)
    return EValue(_evalue(value, null, scale), limit)


def _evalue(value: float, null: float, scale: str) -> float:
    ratio = _risk_ratio(value, scale) / _risk_ratio(null, scale)
    ratio = max(ratio, 1 / ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def _risk_ratio(value: float, scale: str) -> float:
    """Return the risk ratio that a number stands for, near enough (VanderWeele and Ding 2017, table 2)."""
    if scale == "SMD":
        return float(np.exp(0.91 * value))
    if scale == "OR_common":
        return float(np.sqrt(value))
    if scale == "HR_common":
        return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))
    return value


def sensitivity_selection(
    data: pd.DataFrame, formula_short: str, formula_full: str, term: str, *, r2_max: float = 1.3, delta: float = 1.0
) -> Selection:
    """Say how strong selection on what is not seen has to be, by how the estimate moves when covariates enter.

    Parameters
    ----------
    data : DataFrame
        A row per observation; not changed. Both formulas use the rows that are complete for the full one.
    formula_short, formula_full : str
        The regression without and with the covariates; the same outcome.
    term : str
        The treatment, as both tables name it.
    r2_max : float
        R2 with everything seen: up to 1 the R2 itself, above 1 a multiple of the full regression's (at most 1).
    delta : float
        Strength of selection on the unseen relative to the seen, for `beta_star`.

    Returns
    -------
    Selection
        `delta` for an effect of 0 and `beta_star`. Of the roots for `beta_star` the one that lies beyond the full
        estimate in the direction in which the covariates moved it (the other way for a negative `delta`).

    Raises
    ------
    CallError
        A term that is not in both formulas, `r2_max` not above the full regression's R2.
    DataError
        Covariates that explain nothing more, or no root in that direction.

    References
    ----------
    Oster (2019), Journal of Business & Economic Statistics 37(2), proposition 3 and its corollaries.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 6, 5], "d": [0, 0, 0, 1, 1, 1], "x": [1, 3, 2, 2, 4, 1]})
    >>> round(sensitivity_selection(frame, "y ~ d", "y ~ d + x", "d").beta_star, 2)
    3.09
    """
    parsed = [parse_formula(formula) for formula in (formula_short, formula_full)]
    used = sorted({str(name) for formula in parsed for name in formula.required_variables})
    whole, _dropped = read_rows(data, formula=used)
    short, full = (estimate_regression(whole, formula, errors="classical") for formula in (formula_short, formula_full))
    for argument, fit in (("formula_short", short), ("formula_full", full)):
        require_choice(f"term ({argument})", term, fit.table["term"])
    (b0, r0, s, total, n), (b1, r1, t, total_full, n_full) = _oster_inputs(short, term), _oster_inputs(full, term)
    top = r2_max if r2_max <= 1 else min(1.0, r2_max * r1)
    if n != n_full or not np.isclose(total, total_full):
        raise CallError(_("formula_full: hasil di sisi kiri atau barisnya tidak sama dengan formula_short."))
    if not top > r1 > r0:
        message = _(
            "r2_max: {top:.4g} harus di atas R2 formula_full ({full:.4g}), dan itu di atas R2 formula_short "
            "({short:.4g})."
        )
        raise CallError(message.format(top=top, full=r1, short=r0))
    moved, gained, left = b0 - b1, (r1 - r0) * total, (top - r1) * total
    # beta = b1 - b solves delta * below(b) = above(b); powers of b from the highest
    above = np.array([t * s - t**2, 2 * t * moved * s, gained * t + s * t * moved**2, 0.0])
    below = np.array([t * s - t**2, t * moved * s, left * (s - t), left * moved * s])
    star = b1 - _nearest_root(delta * below - above, moved * delta) if delta else b1
    return Selection(float(np.polyval(above, b1) / np.polyval(below, b1)), star, top, n)


def _oster_inputs(fit: Estimate, term: str) -> tuple[float, float, float, float, int]:
    """Return estimate, R2, variance of the treatment given the other terms, variance of the outcome, n."""
    row = fit.table[fit.table["term"] == term]
    value, error, n = float(row["estimate"].iloc[0]), float(row["std_error"].iloc[0]), int(row["n"].iloc[0])
    r2 = float(fit.diagnostics["r2"])  # type: ignore[arg-type]
    squares = float(fit.diagnostics["sd_residual"]) ** 2  # type: ignore[arg-type]
    rest = squares * float(fit.diagnostics["df_residual"]) / (n - 1)  # type: ignore[arg-type]
    return value, r2, squares / error**2 / (n - 1), rest / (1 - r2), n


def _nearest_root(powers: np.ndarray, direction: float) -> float:
    """Return the real root nearest to 0 on the side of `direction`."""
    roots = np.roots(powers)
    real = roots.real[np.abs(roots.imag) <= 1e-8 * np.abs(roots)]
    found = real[real * direction > 0]
    if not len(found):
        raise DataError(
            _("delta: tidak ada dampak yang cocok dengan seleksi sekuat itu; pakai delta atau r2_max lebih kecil.")
        )
    return float(found[np.abs(found).argmin()])


def expect_regression_to_mean(
    share: float, reliability: float, *, observed_gain: float | None = None
) -> RegressionToMean:
    """Return the gain of the lowest scorers that comes without any effect, only because they were chosen as lowest.

    Parameters
    ----------
    share : float
        Share of all persons that was chosen, from the lowest (0 to 1).
    reliability : float
        Correlation of the score with itself at the second time (above 0, below 1).
    observed_gain : float, optional
        Mean gain of the chosen, in standard deviations of the first score among all.

    Returns
    -------
    RegressionToMean
        `expected_gain` = (1 - reliability) * phi(z) / share, and `remainder`; normal scores assumed.

    Raises
    ------
    CallError
        A share or reliability outside its range.

    References
    ----------
    Davis (1976), American Journal of Epidemiology 104(5).

    Examples
    --------
    >>> round(expect_regression_to_mean(0.1, 0.7, observed_gain=0.6).expected_gain, 2)
    0.53
    """
    from scipy import stats

    _require_between("share", share, 0, 1)
    _require_between("reliability", reliability, 0, 1)
    expected = float((1 - reliability) * stats.norm.pdf(stats.norm.ppf(share)) / share)
    return RegressionToMean(expected, None if observed_gain is None else observed_gain - expected)


def _require_between(argument: str, found: object, low: float, high: float) -> None:
    if not (isinstance(found, (int, float, np.number)) and low < found < high):
        message = _("{argument}: ditemukan {found}; harus di antara {low:g} dan {high:g}.")
        raise CallError(message.format(argument=argument, found=found, low=low, high=high))
