"""Difference in differences with one start for all: the change of the treated less the change of the others.

With `unit` the same people are followed and each gives one change; without it the rows are different people. Roll-outs
in steps belong to `estimate_staggered`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.estimate.calendar import Calendar, read_calendar
from kinerja_lib.estimate.cluster_errors import sum_clusters
from kinerja_lib.estimate.inputs import (
    Names,
    as_names,
    cluster_codes,
    independent_columns,
    read_rows,
    require_numeric,
)
from kinerja_lib.estimate.least_squares import (
    ERRORS,
    EXACT,
    INTERCEPT,
    Fit,
    Numbers,
    choose_errors,
    fit_plain,
    tidy,
    warn_clusters,
)
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.two_by_two import att_of_change, att_of_sections
from kinerja_lib.language import _, mark

DidMethod = Literal["regression", "dr", "dr_improved", "ipw", "outcome"]
DidErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "CR1"]

ATT = "att"
LIMIT = 0.05  # p-value below which the trends before the start are said to differ
OVERLAP = 0.99  # a control that would take part with a higher chance weighs like a hundred others

METHODS = {
    "regression": mark("Selisih-dalam-selisih dengan regresi kuadrat terkecil"),
    "dr": mark("Selisih-dalam-selisih kukuh ganda (regresi hasil dan bobot peluang)"),
    "dr_improved": mark("Selisih-dalam-selisih kukuh ganda yang diperbaiki (bobot penyeimbang, regresi terbobot)"),
    "ipw": mark("Selisih-dalam-selisih dengan bobot peluang (Hajek)"),
    "outcome": mark("Selisih-dalam-selisih dengan regresi hasil pembanding"),
}
INFLUENCE = mark("fungsi pengaruh, dikali n / (n - 1); sebaran normal")
CLUSTERED = mark("fungsi pengaruh, dijumlah menurut gugus {cluster}, dikali G / (G - 1); t dengan derajat bebas G - 1")


def estimate_did(
    data: pd.DataFrame,
    *,
    outcome: str,
    treated: str,
    period: str,
    after: object,
    unit: str | None = None,
    covariates: Names = (),
    method: DidMethod = "regression",
    errors: DidErrors = "HC1",
    cluster: str | None = None,
) -> Estimate:
    """Estimate the effect on the treated by difference in differences, where all start in one period.

    Parameters
    ----------
    data : DataFrame
        A row per unit and period, or per observation; not changed.
    outcome, treated, period : str
        Columns: a number; 0/1 or true/false, the same in all rows of a unit; a number, a text such as ``2024-S1``
        or an ordered categorical.
    after : label of `period`
        The first period that counts as after.
    unit : str, optional
        Column that follows a unit over the periods. Each unit then gives one change: its mean after less its mean
        before. Without it, the rows are taken as different people (repeated cross-sections).
    covariates : str or list of str, optional
        Columns on which the trends may depend; with `unit` as they were in its last row before `after`.
    method : {"regression", "dr", "dr_improved", "ipw", "outcome"}
        Least squares; doubly robust, with logit and least squares or improved by tilting; weighting; outcome
        regression.
    errors : {"classical", "HC0", "HC1", "HC2", "HC3", "CR1"}
        Rule of the standard errors of the regression; the other methods have those of their influence function.
    cluster : str, optional
        Column within which the errors may be related.

    Returns
    -------
    Estimate
        `table` has the row `att`, in units of the outcome; n counts rows. `diagnostics`: `means` (treated, period,
        mean, n), `warnings`; for the regression `regression` (a row per term); for weighting methods `overlap` (the
        largest propensity among the controls); `n_clusters`; where there are two periods before, `pre_trend`: for
        each earlier period the same estimate of what happened from it to the last period before, zero if the trends
        were equal.

    Raises
    ------
    CallError
        A column or method that is not there, errors that do not go with the method or the clusters.
    DataError
        A treated group without controls, one group only, no period before or after, a unit in two groups or twice
        in a period, an outcome that is no number, covariates that separate the groups.

    References
    ----------
    Sant'Anna and Zhao (2020), Journal of Econometrics 219(1); Bertrand, Duflo and Mullainathan (2004), QJE 119(1).

    Examples
    --------
    >>> frame = pd.DataFrame({"nilai": [1.0, 3, 2, 5, 1, 2, 2, 4], "ikut": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "tahun": [2023, 2024] * 4, "id": [1, 1, 2, 2, 3, 3, 4, 4]})
    >>> found = estimate_did(frame, outcome="nilai", treated="ikut", period="tahun", after=2024, unit="id")
    >>> found.table[["term", "estimate", "n"]]
      term  estimate  n
    0  att       1.0  8
    """
    clusters, names = read_cluster(cluster), as_names(covariates)
    require_choice("method", method, get_args(DidMethod))
    rule = choose_errors(errors, DidErrors, "HC1", clusters)
    if method != "regression" and rule not in ("HC1", "CR1"):
        message = _("errors: {rule} hanya untuk method regression. Lepas errors, atau sebutkan cluster.")
        raise CallError(message.format(rule=rule))
    whole, dropped = read_rows(
        data, outcome=outcome, treated=treated, period=period, unit=unit, covariates=names, cluster=clusters
    )
    calendar, where = read_calendar(whole[period])
    first = _first_after(calendar, after)
    x, terms = read_covariates(whole, names, dropped)
    rows = pd.DataFrame(x).assign(y=require_numeric(whole[outcome], "outcome"), treated=_read_treated(whole[treated]))
    rows = rows.assign(period=where, cluster=cluster_codes(whole, clusters)[:, 0] if clusters else 0)
    if unit is not None:
        rows["unit"] = pd.factorize(whole[unit])[0]
        fixed = {name: rows[name].to_numpy() for name in ("treated", "cluster")}
        require_panel(rows["unit"].to_numpy(), where, fixed)
    sample = _pair(rows, first)
    if sample["n"].sum() < len(rows):
        dropped[_("baris orang yang tidak ada sebelum atau sesudah mulai")] = len(rows) - int(sample["n"].sum())
    fit, diagnostics = _fit(sample, terms, method, rule)
    said = warn_overlap(diagnostics.get("overlap", 0.0))
    means = rows.groupby(["treated", "period"])["y"].agg(mean="mean", n="size").reset_index()
    diagnostics["means"] = means.assign(treated=means["treated"] * 1, period=np.array(calendar.labels)[means["period"]])
    if clusters:
        diagnostics["n_clusters"] = pd.Series(sample["cluster"].nunique(), index=clusters)
        said += warn_clusters(sample["cluster"].nunique())
    trend, more = _look_before(rows, terms, method, rule, calendar.labels[:first])
    said += more
    diagnostics |= {"pre_trend": trend} if len(trend) else {}
    given = _(" yang kovariatnya sama") if names else ""
    word = ERRORS[rule] if method == "regression" else CLUSTERED if clusters else INFLUENCE
    return Estimate(
        table=_row(fit, sample, ATT),
        estimand=_("dampak pada peserta: perubahan {outcome} sejak {after}, melebihi perubahan pembanding").format(
            outcome=outcome, after=calendar.labels[first]
        ),
        design="comparative",
        method=_(METHODS[method]),
        errors=_(word).format(cluster=" + ".join(clusters)),
        assumptions=(
            _("Tanpa program, peserta berubah sebesar pembanding{given}.").format(given=given),
            _("Program tidak berpengaruh sebelum mulai, dan tidak mengubah pembanding."),
            *([] if unit else [_("Susunan kedua kelompok sama sebelum dan sesudah mulai.")]),
        ),
        diagnostics=diagnostics | {"warnings": tuple(said)},
        dropped=dropped,
        reference="Sant'Anna and Zhao (2020), Journal of Econometrics 219(1)",
    )


def read_cluster(cluster: Names) -> list[str]:
    """Return the cluster column in a list, empty without one; two would be one too many for influence functions."""
    names = as_names(cluster)
    if len(names) > 1:
        raise CallError(_("cluster: ditemukan {found}; yang diizinkan: satu kolom.").format(found=list_values(names)))
    return names


def read_covariates(whole: pd.DataFrame, names: list[str], dropped: dict[str, int]) -> tuple[np.ndarray, list[str]]:
    """Return a constant and the covariates (n by k), of a text column all levels but the first, and their names.

    Those that the others determine are left out and counted in `dropped`.
    """
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(whole[name].dtype)]
    wide = pd.get_dummies(whole[names], columns=texts, drop_first=True) if names else whole[[]]
    x = np.column_stack([np.ones(len(whole)), wide.to_numpy(dtype="float64")])
    terms, kept = [INTERCEPT, *map(str, wide.columns)], independent_columns(x)
    lost = [term for at, term in enumerate(terms) if at not in kept]
    dropped |= {_("suku kolinear, dikeluarkan: {term}").format(term=term): 1 for term in lost}
    return x[:, kept], [terms[at] for at in kept]


def require_panel(units: np.ndarray, where: np.ndarray, fixed: Mapping[str, np.ndarray]) -> None:
    """Refuse units that come twice in a period, or whose `fixed` values (argument -> a value per row) change."""
    double = len(units) - len(pd.unique(units * (int(where.max()) + 1) + where))
    if double:
        message = _(
            "unit: {n} baris berulang untuk unit dan periode yang sama. Sisakan satu baris tiap unit dan periode."
        )
        raise DataError(message.format(n=double))
    for argument, values in fixed.items():
        moved = len(np.unique(units[per_unit(values, units)[units] != values]))
        if moved:
            message = _(
                "{argument}: pada {n} unit nilainya berubah antarperiode. Isi satu nilai tetap untuk tiap unit."
            )
            raise DataError(message.format(argument=argument, n=moved))


def per_unit(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return a value of each unit from a value per row."""
    found = np.empty(int(units.max()) + 1, dtype=values.dtype)
    found[units] = values
    return found


def warn_overlap(highest: float) -> list[str]:
    """Return a warning where a control would almost surely have taken part."""
    message = _("Tumpang tindih tipis: ada pembanding dengan peluang ikut di atas {limit}.").format(limit=OVERLAP)
    return [message] if highest > OVERLAP else []


def warn_trend(p_value: float) -> list[str]:
    """Return a warning where the groups went different ways before the start."""
    return [_("Sebelum mulai, peserta dan pembanding sudah berubah secara berbeda.")] if p_value < LIMIT else []


def _read_treated(values: pd.Series) -> np.ndarray:
    """Return who is treated; the column holds 0/1 or true/false, and both occur."""
    found = values.unique()
    if not set(found) <= {0, 1}:
        message = _("treated: kolom {name} berisi {found}; yang diizinkan: 0 dan 1.")
        raise DataError(message.format(name=values.name, found=list_values(found)))
    if len(found) < 2:
        message = _("treated: kolom {name} hanya berisi {found}; diperlukan peserta (1) dan pembanding (0).")
        raise DataError(message.format(name=values.name, found=found[0]))
    return np.asarray(values.to_numpy(dtype="float64") == 1)


def _first_after(calendar: Calendar, after: object) -> int:
    """Return the position of the first period that counts as after."""
    first = int(np.searchsorted(calendar.times, calendar.place(after, "after")))
    if not 0 < first < len(calendar.times):
        message = _("after: {found} tidak membagi periode data ({allowed}) menjadi sebelum dan sesudah.")
        raise DataError(message.format(found=repr(after), allowed=list_values(calendar.labels)))
    return first


def _pair(rows: pd.DataFrame, first: int) -> pd.DataFrame:
    """Return what is compared: rows marked `after`, or a change `y` for each unit with rows on both sides.

    Such a unit has the covariates of its last row before; `n` counts the rows behind.
    """
    rows = rows.assign(after=rows["period"] >= first, n=1)
    if "unit" not in rows:
        return rows
    cells = rows.groupby(["unit", "after"])["y"].agg(["mean", "size"]).unstack().dropna()
    last = rows[~rows["after"]].sort_values("period").groupby("unit").last().loc[cells.index]
    return last.assign(y=cells["mean"][True] - cells["mean"][False], n=cells["size"].to_numpy(dtype=int).sum(axis=1))


def _look_before(
    rows: pd.DataFrame, terms: list[str], method: DidMethod, rule: str, before: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the estimate from each earlier period to the last before the start, and warnings."""
    last, found, said = len(before) - 1, [], []
    for early, label in enumerate(before[:-1]):
        part = _pair(rows[rows["period"].isin([early, last])], last)
        try:
            found.append(_row(_fit(part, terms, method, rule)[0], part, label))
        except DataError as error:
            said.append(_("Periode {label} tidak dapat dibandingkan: {why}").format(label=label, why=error))
    if not found:
        return pd.DataFrame(), said
    table = pd.concat(found, ignore_index=True)
    return table, said + warn_trend(float(table["p_value"].min()) * len(table))


def _fit(sample: pd.DataFrame, terms: list[str], method: DidMethod, rule: str) -> tuple[Fit, dict[str, Any]]:
    """Return the fit whose terms hold `att`, and what it tells about itself."""
    sections = bool(sample["after"].any())
    sizes = sample.groupby(["treated", "after"]).size()
    if len(sizes) < 2 + 2 * sections or sizes.min() < 2:
        message = _("treated: peserta dan pembanding masing-masing memerlukan paling sedikit dua {rows}.")
        raise DataError(message.format(rows=_("baris sebelum dan sesudah") if sections else _("unit pada kedua sisi")))
    y, treated, x = sample["y"].to_numpy(), sample["treated"].to_numpy(), sample[[*range(len(terms))]].to_numpy()
    groups = pd.factorize(sample["cluster"])[0][:, None] if rule == "CR1" else None
    if groups is not None and not groups.any():
        raise DataError(_("cluster: baris yang terpakai hanya berisi satu gugus; diperlukan paling sedikit dua."))
    if method == "regression":
        numbers = _design(sample, terms, groups)
        fit = fit_plain(numbers, rule)
        _require_spread(fit.covariance[(at := fit.terms.index(ATT)), at], y)
        return fit, {"regression": tidy(fit, int(sample["n"].sum()))}
    att = (
        att_of_sections(y, treated, sample["after"].to_numpy(), x, method)
        if sections
        else att_of_change(y, treated, x, method)
    )
    variance = sum_clusters(att.influence[:, None] / len(y), groups)
    _require_spread(float(variance[0, 0]), y)
    fit = Fit(np.array([att.value]), variance, np.inf if groups is None else float(groups.max()), [ATT])
    return fit, {} if method == "outcome" else {"overlap": att.overlap}


def _require_spread(variance: float, y: np.ndarray) -> None:
    """Refuse an error that is none: an outcome that does not vary inside the groups."""
    if not variance > (EXACT * float(np.ptp(y))) ** 2:  # else rounding
        raise DataError(_("outcome: perubahan tidak bervariasi di dalam kelompok; galat tidak dapat ditaksir."))


def _design(sample: pd.DataFrame, terms: list[str], groups: np.ndarray | None) -> Numbers:
    """Return the regression: of the change on the group, or of the outcome on group, periods and their product."""
    named = {INTERCEPT: sample[0], "treated": sample["treated"]}
    if sample["after"].any():
        later = sorted(sample["period"].unique())[1:]
        named |= {"after" if len(later) == 1 else f"period{at}": sample["period"] == at for at in later}
        named[ATT] = sample["treated"] & sample["after"]
    else:
        named[ATT] = named.pop("treated")
    for at, term in enumerate(terms[1:], start=1):
        named[f"{term} (kovariat)" if term in named else term] = sample[at]
    x = np.column_stack([*named.values()]).astype("float64")
    kept = independent_columns(x)
    return Numbers(sample["y"].to_numpy(), x[:, kept], [[*named][at] for at in kept], groups)


def _row(fit: Fit, sample: pd.DataFrame, label: str) -> pd.DataFrame:
    table = tidy(fit, int(sample["n"].sum()))
    return table[table["term"] == ATT].assign(term=label).reset_index(drop=True)
