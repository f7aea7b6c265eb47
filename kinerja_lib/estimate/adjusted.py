"""Effects of a treatment that was not drawn by lot, adjusted for what was measured before it.

Every method but matching is a pair of potential-outcome means with their influence functions, so that the errors count
the estimation of both models. Where this stops: what was not measured (see the sensitivities).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.estimate.cluster_errors import sum_clusters
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    cluster_codes,
    complete_rows,
    count_incomputable,
    expand_formula,
    independent_columns,
    keep_independent,
    parse_formula,
    quote_names,
    require_columns,
    require_frame,
    require_numeric,
    require_rows,
)
from kinerja_lib.estimate.least_squares import INTERCEPT, Fit, count_clusters, tidy, warn_few
from kinerja_lib.estimate.matching import match_arms
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.scalars import require_choices, require_number
from kinerja_lib.language import _, mark

if TYPE_CHECKING:
    from formulaic import Formula

Target = Literal["ATE", "ATT"]
Method = Literal["aipw", "aipw_wls", "ipw", "ipw_ht", "ipw_ra", "regression", "match"]
Link = Literal["logit", "probit"]
AdjustedErrors = Literal["stacked", "fixed"]

ARMS = ("1", "0")  # the levels of the treatment, treated first
CERTAIN = 1e-8  # a score nearer to 0 or 1 than this is separation
EXTREME = 0.01  # a score nearer to 0 or 1 than this makes one row weigh like a hundred
OUTSIDE = 0.05  # share of rows beyond the other arm's scores that is worth a warning
HALF = 0.5  # share of an arm's rows that its effective number should keep
UNBALANCED = 0.1  # standardised difference that is worth a warning (Austin 2009)

METHODS = {  # in words, and the paper
    "aipw": (mark("Bobot peluang terbalik yang diperkuat model hasil (AIPW)"), "Robins et al. (1994), JASA 89(427)"),
    "aipw_wls": (mark("AIPW dengan model hasil terbobot"), "Cao, Tsiatis and Davidian (2009), Biometrika 96(3)"),
    "ipw": (mark("Bobot peluang terbalik, dinormalkan (Hajek)"), "Lunceford and Davidian (2004), Stat. Med. 23(19)"),
    "ipw_ht": (mark("Bobot peluang terbalik (Horvitz-Thompson)"), "Horvitz and Thompson (1952), JASA 47(260)"),
    "ipw_ra": (mark("Model hasil tiap kelompok, terbobot"), "Wooldridge (2007), Journal of Econometrics 141(2)"),
    "regression": (mark("Model hasil tiap kelompok"), "Imbens (2004), Review of Economics and Statistics 86(1)"),
    "match": (mark("Pemadanan dengan skor peluang terdekat"), "Abadie and Imbens (2006), Econometrica 74(1)"),
}
RULES = {
    "stacked": mark("M-estimasi (taksiran kedua model ikut dihitung), dikali n / (n - 1)"),
    "fixed": mark("skor peluang dianggap diketahui (HC0), dikali n / (n - 1)"),
    "match": mark("Abadie-Imbens, skor peluang dianggap diketahui"),
}
CLUSTERED = mark("; bergugus menurut {cluster}, dikali G / (G - 1); t dengan derajat bebas G - 1")
ESTIMANDS = {
    "ATE": mark("beda rata-rata {outcome} bila semua menerima {treatment} dan bila tidak seorang pun menerimanya"),
    "ATT": mark("beda rata-rata {outcome} para penerima {treatment} dari keadaan andai mereka tidak menerimanya"),
}


@dataclass(frozen=True, slots=True)
class Arms:
    """Rows used: outcome y (n), treated (n), designs x of outcome and z of treatment, clusters, positions in the data.

    `att` says that the treated are the target.
    """

    y: np.ndarray
    treated: np.ndarray
    x: pd.DataFrame
    z: pd.DataFrame
    clusters: np.ndarray | None
    rows: np.ndarray
    att: bool

    @property
    def sides(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of each arm, as in `ARMS`."""
        return self.treated, ~self.treated

    @property
    def df(self) -> float:
        """Return the degrees of freedom of an interval: clusters less one, or without end."""
        return np.inf if self.clusters is None else float(self.clusters.max(axis=0).min())


@dataclass(frozen=True, slots=True)
class Score:
    """The treatment model: p (n), its slope by the linear predictor, influence of each coefficient (n by q)."""

    p: np.ndarray
    slope: np.ndarray
    influence: np.ndarray
    table: pd.DataFrame


def estimate_adjusted(
    data: pd.DataFrame,
    *,
    outcome: str,
    treatment: str,
    confounders: Sequence[str] | str,
    outcome_formula: str | None = None,
    treatment_formula: str | None = None,
    target: Target = "ATE",
    method: Method = "aipw",
    link: Link = "logit",
    errors: AdjustedErrors = "stacked",
    trim: float | None = None,
    cluster: Names = None,
) -> Estimate:
    """Estimate the effect of a treatment, adjusted for measured confounders by weighting, a model, or both.

    Parameters
    ----------
    data : DataFrame
        A row per person; not changed. Rows with a missing value in a used column are left out and counted.
    outcome, treatment : str
        Columns: a number, and 0 or 1 (or true and false).
    confounders : str or list of str
        Columns measured before the treatment; text becomes indicators.
    outcome_formula, treatment_formula : str, optional
        Right sides of the two models, such as ``"usia + I(usia**2)"``; the confounders as they are when left out.
    target : {"ATE", "ATT"}
        Effect over all rows, or over the treated.
    method : {"aipw", "aipw_wls", "ipw", "ipw_ht", "ipw_ra", "regression", "match"}
        The first two and "ipw_ra" stay right when one of the two models is wrong.
    link : {"logit", "probit"}
        Model of the treatment.
    errors : {"stacked", "fixed"}
        Count the estimation of both models, or take the score as known (and for "aipw" and "aipw_wls" the outcome
        model too: the deviation of the influence values). Matching always takes the score as known.
    trim : float, optional
        Leave out rows whose score is below `trim` or above 1 - `trim` and fit the score again (Crump et al. 2009).
    cluster : str or list of str, optional
        One or two columns within which rows may be related.

    Returns
    -------
    Estimate
        `table` has one row, its term the target. `diagnostics`: `means` (tidy, over the target's rows: the mean if
        all were treated, "1", and if none was, "0"), `balance` (term, before, after: standardised differences by the
        treated's deviation for ATT, by the pooled one for ATE; last row `propensity`), `overlap` (by arm: n, min,
        median, max of the score, share `outside` the other arm's range), `overlap_bins` (low, high, rows of each
        arm), `effective_n` (Series by arm, Kish), `propensity` (Series, scores by row label), `propensity_model`
        (tidy), `warnings`, and with `cluster` `n_clusters`. Where the method uses no weights, `after` and
        `effective_n` show what the weights of the score would do.

    Raises
    ------
    CallError
        A column that is not there, an unknown choice, a formula that cannot be read, the treatment as a confounder.
    DataError
        A treatment that is not 0 or 1, one group only, confounders that tell the groups apart without error, a term
        that varies in one group only, more terms than rows, fewer than two clusters.

    References
    ----------
    Robins, Rotnitzky and Zhao (1994), JASA 89(427); Lunceford and Davidian (2004), Statistics in Medicine 23(19);
    Stefanski and Boos (2002), American Statistician 56(1); Abadie and Imbens (2006), Econometrica 74(1).

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2, 3, 5, 4, 7, 5, 9], "t": [0, 1] * 4, "x": [1, 1, 2, 2, 3, 3, 1, 3]})
    >>> found = estimate_adjusted(frame, outcome="y", treatment="t", confounders="x", method="regression")
    >>> found.table[["term", "estimate", "n"]].round(2)
      term  estimate  n
    0  ATE      1.64  8
    """
    frame, clusters = require_frame(data), as_names(cluster)
    require_choices(
        target=(target, Target), method=(method, Method), link=(link, Link), errors=(errors, AdjustedErrors)
    )
    if method == "match" and clusters:
        raise CallError(_("cluster: tidak tersedia untuk method match; lepas cluster, atau pakai aipw."))
    formulas = _read_formulas(
        frame, (outcome, treatment), as_names(confounders), (outcome_formula, treatment_formula), clusters
    )
    arms, dropped = _build_arms(frame, (outcome, treatment), formulas, clusters, att=target == "ATT")
    score = _fit_score(arms, link)
    if trim is not None:
        kept = _trim(arms, score, trim)
        reason = _("baris dengan skor peluang di luar {low} sampai {high}").format(low=trim, high=1 - trim)
        dropped |= {reason: len(arms.rows) - len(kept)} if len(kept) < len(arms.rows) else {}
        frame = frame.iloc[kept]
        arms, _more = _build_arms(frame, (outcome, treatment), formulas, clusters, att=arms.att)
        score = _fit_score(arms, link)
    weight = _weigh(arms, score)[0]
    if method == "match":
        values, covariance, weight = match_arms(score.p, arms.treated, arms.y, att=arms.att)
    else:
        _require_arms(arms)
        pairs = [_estimate_mean(arms, score, side, method, errors) for side in arms.sides]
        values = np.array([mean for mean, _influence in pairs])
        influence = np.column_stack([influence for _mean, influence in pairs])
        covariance = sum_clusters(influence / len(influence), arms.clusters)
    variance = np.array([1, -1]) @ covariance @ [1, -1]
    if not variance > 0:
        raise DataError(_("outcome: hasil tidak bersisa di dalam kelompok, sehingga galat baku tidak dapat dihitung."))
    n = len(arms.y)
    means = tidy(Fit(values, covariance, arms.df, list(ARMS)), n)
    kind = "match" if method == "match" else errors
    rule = _(RULES[kind])
    rule += _(CLUSTERED).format(cluster=" + ".join(clusters)) if clusters else _("; sebaran normal")
    diagnostics = _diagnose(arms, score, weight, means.assign(n=[int(side.sum()) for side in arms.sides]))
    diagnostics["propensity"] = pd.Series(score.p, index=frame.index[arms.rows])
    diagnostics |= count_clusters(arms.clusters, clusters)
    return Estimate(
        table=tidy(Fit(values[:1] - values[1:], np.array([[variance]]), arms.df, [target]), n),
        estimand=_(ESTIMANDS[target]).format(outcome=outcome, treatment=treatment),
        design="comparative",
        method=_(METHODS[method][0]),
        errors=rule,
        assumptions=_assume(method),
        diagnostics=diagnostics,
        dropped=dropped,
        reference=METHODS[method][1],
    )


def _read_formulas(
    frame: pd.DataFrame,
    roles: tuple[str, str],
    confounders: list[str],
    formulas: tuple[str | None, str | None],
    clusters: list[str],
) -> list[Formula]:
    """Return the models of the outcome and the treatment, each with the outcome on its left; all columns are there."""
    given = {"outcome": roles[:1], "treatment": roles[1:], "confounders": confounders, "cluster": clusters}
    for argument, names in given.items():
        require_columns(frame, argument, names)
    if not confounders:
        raise CallError(_("confounders: kosong. Sebutkan paling sedikit satu kolom yang diukur sebelum perlakuan."))
    plain, parsed = quote_names(confounders), []
    for argument, formula in zip(("outcome_formula", "treatment_formula"), formulas, strict=True):
        side = plain if formula is None else str(formula).rpartition("~")[2]
        parsed.append(parse_formula(f"`{roles[0]}` ~ {side}"))
        used = sorted(str(name) for name in parsed[-1].rhs.required_variables)
        require_columns(frame, argument, used)
        for name in set(roles) & set(used):
            message = _("confounders: kolom {name} adalah hasil atau perlakuan itu sendiri; keluarkan dari kovariat.")
            raise CallError(message.format(name=name))
    return parsed


def _build_arms(
    frame: pd.DataFrame, roles: tuple[str, str], formulas: list[Formula], clusters: list[str], *, att: bool
) -> tuple[Arms, dict[str, int]]:
    used = sorted({str(name) for formula in formulas for name in formula.rhs.required_variables})
    columns = list(dict.fromkeys([*roles, *used, *clusters]))
    rows = np.flatnonzero(frame[columns].notna().all(axis=1))
    whole, dropped = complete_rows(frame, columns)
    whole[roles[0]] = require_numeric(whole[roles[0]], "outcome")
    treated = _read_treatment(whole[roles[1]])
    expanded = [expand_formula(whole, formula)[:3] for formula in formulas]
    both = np.intersect1d(expanded[0][2], expanded[1][2])
    dropped |= count_incomputable(len(whole) - len(both))
    designs = []
    for _left, matrix, place in expanded:
        design, lost = keep_independent(matrix.set_index(place).loc[both])
        designs.append(design)
        dropped |= lost
    codes = cluster_codes(whole.loc[both], clusters) if clusters else None
    y = whole[roles[0]].to_numpy()[both]
    return Arms(y, treated[both], designs[0], designs[1], codes, rows[both], att), dropped


def _read_treatment(values: pd.Series) -> np.ndarray:
    """Return who was treated; anything but 0 and 1 is refused, and so is one group alone."""
    found = sorted(values.unique().tolist(), key=str)
    if set(found) != {0, 1}:
        message = _("treatment: kolom {name} berisi {found}; diperlukan 0 (tidak menerima) dan 1 (menerima).")
        raise DataError(message.format(name=values.name, found=list_values(map(repr, found))))
    return values.to_numpy().astype(bool)


def _fit_score(arms: Arms, link: str) -> Score:
    """Fit the probability of treatment by maximum likelihood; columns are scaled, so that Newton's steps are sound."""
    import statsmodels.api as sm
    from scipy import stats
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    z = arms.z.to_numpy()
    size = np.abs(z).max(axis=0)
    require_rows(*z.shape)
    model = (sm.Logit if link == "logit" else sm.Probit)(arms.treated.astype(float), z / size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said as separation
        try:
            fit = model.fit(method="newton", maxiter=50, tol=1e-10, disp=0)
        except (np.linalg.LinAlgError, PerfectSeparationError):
            raise _separated(arms) from None
    p = np.asarray(fit.predict())
    if not fit.mle_retvals["converged"] or min(p.min(), 1 - p.max()) < CERTAIN:
        raise _separated(arms)
    covariance = np.linalg.inv(-model.hessian(fit.params))
    slope = p * (1 - p) if link == "logit" else stats.norm.pdf(z / size @ fit.params)
    found = Fit(fit.params / size, covariance / np.outer(size, size), np.inf, list(arms.z.columns))
    return Score(p, slope, len(p) * model.score_obs(fit.params) @ covariance / size, tidy(found, len(p)))


def _separated(arms: Arms) -> DataError:
    """Return the refusal, naming the term of which the arms share the fewest values."""
    z = arms.z.drop(columns=INTERCEPT, errors="ignore")
    one, none = (z[side].agg(["min", "max"]) for side in arms.sides)
    low, high = np.maximum(one.loc["min"], none.loc["min"]), np.minimum(one.loc["max"], none.loc["max"])
    message = _(
        "confounders: kovariat memisahkan penerima dan bukan penerima tanpa sisa (periksa suku {term}), sehingga tidak "
        "ada pembanding. Gabungkan kategori kecil, keluarkan suku itu, atau batasi data pada yang sebanding."
    )
    return DataError(message.format(term=(z.ge(low) & z.le(high)).mean().idxmin()))


def _trim(arms: Arms, score: Score, trim: float) -> np.ndarray:
    """Return the positions in the data of the rows whose score is far enough from 0 and 1."""
    require_number("trim", trim, 0, 0.5)
    kept = (score.p >= trim) & (score.p <= 1 - trim)
    if min((kept & side).sum() for side in arms.sides) < 2:
        raise DataError(_("trim: {found} tidak menyisakan dua kelompok; pakai angka lebih kecil.").format(found=trim))
    return arms.rows[kept]


def _weigh(arms: Arms, score: Score, *, tilted: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each row in its own arm, and its slope by the linear predictor.

    Tilted weights are those of the outcome model that make the AIPW mean vary least (Cao et al. 2009).
    """
    p, q = score.p, 1 - score.p
    if tilted:
        one, none = (q / p**2, -(1 + q) / p**3), (p / q**2, (1 + p) / q**3)
    else:
        one, none = (1 / p, -1 / p**2), (p / q if arms.att else 1 / q, 1 / q**2)
    if arms.att:
        one = (np.ones_like(p), np.zeros_like(p))
    return np.where(arms.treated, one[0], none[0]), np.where(arms.treated, one[1], none[1]) * score.slope


def _estimate_mean(arms: Arms, score: Score, side: np.ndarray, method: str, errors: str) -> tuple[float, np.ndarray]:
    """Return the mean outcome were all of the target's rows in this arm, and each row's influence on it (n)."""
    x, y, n = arms.x.to_numpy(), arms.y, len(arms.y)
    goal = arms.treated.astype(float) if arms.att else np.ones(n)
    weight, change = (side * part for part in _weigh(arms, score))

    def push(by_row: np.ndarray) -> np.ndarray:
        """Return the influence through the score of what moves by so much with each linear predictor."""
        return np.asarray(score.influence @ (arms.z.to_numpy().T @ by_row / n)) if errors == "stacked" else np.zeros(n)

    if method in ("ipw", "ipw_ht"):
        base, pivot = (weight, 1.0) if method == "ipw" else (goal, 0.0)
        mean = float(weight @ y / base.sum())
        return mean, (weight * y - base * mean + push(change * (y - pivot * mean))) / base.mean()
    share, tilt = side.astype(float), np.zeros(n)  # weights of the outcome model
    if method in ("aipw_wls", "ipw_ra"):
        share, tilt = (side * part for part in _weigh(arms, score, tilted=method == "aipw_wls"))
    if method in ("regression", "ipw_ra"):
        weight, change = np.zeros(n), np.zeros(n)
    root = np.sqrt(share[side])
    beta = np.linalg.lstsq(x[side] * root[:, None], y[side] * root, rcond=None)[0]
    rest = y - x @ beta
    mean = float((goal @ (x @ beta) + weight @ rest) / goal.sum())
    pull = x @ np.linalg.solve(x.T @ (share[:, None] * x) / n, x.T @ (goal - weight) / n)
    psi = goal * (x @ beta - mean) + weight * rest + push(tilt * rest * pull + change * rest)
    if errors == "stacked" or method in ("regression", "ipw_ra"):
        psi = psi + share * rest * pull
    return mean, psi / goal.mean()


def _require_arms(arms: Arms) -> None:
    """Refuse outcome models that an arm alone cannot carry."""
    for label, side in zip(ARMS, arms.sides, strict=True):
        require_rows(int(side.sum()), arms.x.shape[1])
        alone = arms.x.columns.delete(independent_columns(arms.x[side].to_numpy()))
        if len(alone):
            message = _(
                "confounders: suku {term} tidak bervariasi sendiri pada kelompok {arm}. Gabungkan kategori kecil, atau "
                "batasi data pada yang sebanding."
            )
            raise DataError(message.format(term=alone[0], arm=label))


def _assume(method: str) -> tuple[str, ...]:
    model = _("Paling sedikit satu dari dua model (peluang perlakuan, hasil) benar.")
    if method in ("ipw", "ipw_ht", "match"):
        model = _("Model peluang menerima perlakuan benar.")
    if method == "regression":
        model = _("Model hasil tiap kelompok benar.")
    return (
        _("Semua yang memengaruhi perlakuan dan hasil sekaligus sudah ada di antara kovariat, diukur sebelumnya."),
        _("Setiap orang berpeluang menerima dan berpeluang tidak menerima perlakuan."),
        _("Perlakuan pada seseorang tidak mengubah hasil orang lain."),
        model,
    )


def _diagnose(arms: Arms, score: Score, weight: np.ndarray, means: pd.DataFrame) -> dict[str, object]:
    edges = np.linspace(0, 1, 21)
    bins = {arm: np.histogram(score.p[side], edges)[0] for arm, side in zip(ARMS, arms.sides, strict=True)}
    balance, overlap = _balance(arms, score, weight), _overlap(arms, score)
    effective = [weight[side].sum() ** 2 / (weight[side] ** 2).sum() for side in arms.sides]
    return {
        "means": means,
        "balance": balance,
        "overlap": overlap,
        "overlap_bins": pd.DataFrame({"low": edges[:-1], "high": edges[1:], **bins}),
        "effective_n": pd.Series(effective, index=list(ARMS)),
        "propensity_model": score.table,
        "warnings": _warn(arms, score, balance, overlap.assign(effective=effective)),
    }


def _balance(arms: Arms, score: Score, weight: np.ndarray) -> pd.DataFrame:
    columns = arms.z.drop(columns=INTERCEPT, errors="ignore").assign(propensity=score.p)
    one, none = (columns[side] for side in arms.sides)
    spread = np.sqrt((one.var() + none.var()) / 2)
    if arms.att:
        spread = one.std().where(one.std() > 0, spread)
    after = [np.average(columns[side], axis=0, weights=weight[side]) for side in arms.sides]
    table = pd.DataFrame({"before": (one.mean() - none.mean()) / spread, "after": (after[0] - after[1]) / spread})
    return table.rename_axis("term").reset_index()


def _overlap(arms: Arms, score: Score) -> pd.DataFrame:
    rows = []
    for label, side in zip(ARMS, arms.sides, strict=True):
        p, other = score.p[side], score.p[~side]
        outside = float(((p < other.min()) | (p > other.max())).mean())
        rows.append((label, len(p), p.min(), np.median(p), p.max(), outside))
    return pd.DataFrame(rows, columns=["group", "n", "min", "median", "max", "outside"])


def _warn(arms: Arms, score: Score, balance: pd.DataFrame, overlap: pd.DataFrame) -> tuple[str, ...]:
    """Return what makes the comparison weak, in sentences; for ATT only the treated have to find their like."""
    said = []
    columns = (overlap[name].tolist() for name in ("group", "n", "outside", "effective"))
    for arm, n, outside, kept in zip(*columns, strict=True):
        if outside > OUTSIDE and not (arms.att and arm == "0"):
            message = _("Kelompok {arm}: {share} % skor berada di luar rentang kelompok pembandingnya.")
            said.append(message.format(arm=arm, share=f"{100 * outside:.0f}"))
        if kept < HALF * n:
            message = _("Kelompok {arm}: setelah pembobotan {n} baris setara dengan {kept} baris.")
            said.append(message.format(arm=arm, n=n, kept=f"{kept:.0f}"))
    extreme = int((score.p > 1 - EXTREME).sum() + (0 if arms.att else (score.p < EXTREME).sum()))
    if extreme:
        message = _("{n} baris berskor sangat dekat dengan 0 atau 1; bobotnya menentukan hasil. Pertimbangkan trim.")
        said.append(message.format(n=extreme))
    left = balance.iloc[:-1].loc[balance["after"].abs() > UNBALANCED, "term"]
    if len(left):
        said.append(_("Belum seimbang setelah pembobotan: {terms}.").format(terms=list_values(left)))
    return (*said, *warn_few(arms.clusters))
