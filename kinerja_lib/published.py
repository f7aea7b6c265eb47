"""Published effects of coaching, mentoring, counselling and training: reference for an own estimate, and pooled.

The figures stand in ``published.csv`` beside this module, each with its source. A pooled row is the mean of a
meta-analysis; several of these share trials, so it is never pooled again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError, list_values, refuse, require_choice
from kinerja_lib.estimate import Estimate, estimate_pooled
from kinerja_lib.estimate.result import LEVEL
from kinerja_lib.language import _, mark

FILE = Path(__file__).with_suffix(".csv")

METRICS = {
    "g": mark("selisih baku (g Hedges)"),
    "d": mark("selisih baku (d Cohen)"),
    "delta": mark("selisih baku terkoreksi (delta)"),
    "r": mark("korelasi r"),
    "partial_r": mark("korelasi parsial"),
    "rho": mark("korelasi terkoreksi (rho)"),
    "beta_std": mark("koefisien baku"),
    "MD": mark("selisih rata-rata, satuan skalanya sendiri"),
    "pct_change": mark("perubahan, persen"),
}
INTERVENTIONS = (
    *("coaching", "mentoring", mark("konseling"), mark("pelatihan"), mark("pendidikan")),
    *(mark("umpan balik"), mark("supervisi")),
)
DETAILS = (
    *(mark("hanya uji acak"), mark("acak"), mark("sesama rekan, acak"), mark("diwajibkan, acak")),
    *(mark("ujung terendah, dipadankan"), mark("ujung tertinggi, dipadankan")),
    *(mark("berlandas psikologi"), mark("pendekatan gabungan"), mark("hubungan coach dan peserta")),
    *(mark("dukungan kerja"), mark("dukungan psikososial"), mark("mutu hubungan")),
    *(mark("kepemimpinan"), mark("360 derajat"), mark("guru"), mark("swasta"), mark("BUMN")),
    *(mark("tanpa coaching"), mark("ditambahkan pada pelatihan"), mark("ditambahkan pada umpan balik 360")),
)
OUTCOMES = (
    *(mark("gabungan semua hasil"), mark("kinerja"), mark("kinerja dan keterampilan"), mark("keterampilan")),
    *(mark("hasil kerja perorangan"), mark("hasil organisasi"), mark("produktivitas"), mark("pendapatan penjualan")),
    *(mark("pencapaian tujuan"), mark("efikasi diri"), mark("pengaturan diri"), mark("motivasi kerja")),
    *(mark("reaksi"), mark("pembelajaran"), mark("perilaku"), mark("praktik mengajar"), mark("hasil belajar siswa")),
    *(mark("penilaian atasan"), mark("penilaian atasan dan bawahan"), mark("penilaian bawahan")),
    *(mark("penilaian rekan"), mark("penilaian diri"), mark("sikap kerja"), mark("sikap dan perasaan")),
    *(mark("kepuasan"), mark("kepuasan kerja"), mark("kepuasan profesi"), mark("keterikatan kerja")),
    *(mark("kesejahteraan"), mark("mengatasi tekanan"), mark("jam sakit"), mark("rasa terhubung")),
    *(mark("jejaring"), mark("frekuensi interaksi"), mark("kelelahan emosional"), mark("kejenuhan")),
    *(mark("menjauh dari orang lain"), mark("berkurangnya kelelahan emosional"), mark("berkurangnya kejenuhan")),
    *(mark("berkurangnya menjauh dari orang lain"), mark("dampak yang tidak diharapkan")),
)
CORRELATIONS = ("r", "partial_r")  # one scale once each has its own error
STANDARDISED = ("g", "d")  # one scale; g is d with a correction for few people
POOLABLE = (*CORRELATIONS, "g", "d")
NEEDED = ("sample", "metric", "estimate", "std_error", "n", "pooled")


@cache
def _read_file() -> pd.DataFrame:
    rows = pd.read_csv(FILE, dtype={"year": "Int64", "n": "Int64", "k": "Int64"}, keep_default_na=False, na_values=[""])
    rows = rows.assign(detail=rows["detail"].fillna(""))
    return rows.assign(pooled=(rows["k"] != 1).fillna(value=True).astype(bool))


def read_published(
    *,
    metric: str | Sequence[str] | None = None,
    intervention: str | None = None,
    outcome: str | None = None,
) -> pd.DataFrame:
    """Return published effects, those of one metric, intervention or outcome where asked.

    Metrics are not of one scale: choose one before comparing; only "r" and "partial_r" belong together.

    Parameters
    ----------
    metric : str or sequence of str, optional
        A key of `METRICS`, such as "g" or "r", or several.
    intervention, outcome : str, optional
        One of `INTERVENTIONS`, `OUTCOMES`.

    Returns
    -------
    DataFrame
        One row an effect, index from 0: `study`, `year` (missing where not seen), `intervention`, `detail`,
        `outcome`, `metric`, `estimate` with `std_error`, `conf_low`, `conf_high` (95 %; missing where not seen), `n`,
        `k` (studies behind it), `sample` (rows with the same one are of the same people), `source`, `confidence`
        ("dibaca" read in a copy, "dihitung" worked out from what was read, "ingatan" from memory, sure), `pooled`
        (k above 1, or not known).

    Raises
    ------
    CallError
        A metric, intervention or outcome that is not there.

    Examples
    --------
    >>> read_published(metric="d", outcome="kinerja")[["study", "estimate", "pooled"]]
                study  estimate  pooled
    0  Kluger & DeNisi      0.41    True
    """
    rows = _read_file()
    metrics = [metric] if isinstance(metric, str) else metric
    for wanted in metrics or ():
        require_choice("metric", wanted, METRICS)
    if metrics is not None:
        rows = rows[rows["metric"].isin(list(metrics))]
    for name, value, allowed in (("intervention", intervention, INTERVENTIONS), ("outcome", outcome, OUTCOMES)):
        if value is not None:
            require_choice(name, value, allowed)
            rows = rows[rows[name] == value]
    return rows.reset_index(drop=True).copy()


def estimate_published(rows: pd.DataFrame) -> Estimate:
    """Estimate the mean of single published studies, and where the effect of a new one would lie.

    Correlations are pooled as Fisher's z with the error 1 / sqrt(n - 3 - q), q = 1 for a partial one, and given back as
    correlations. The variance between studies is that of Paule and Mandel, the interval that of Knapp and Hartung.

    Parameters
    ----------
    rows : DataFrame
        From `read_published`, or own rows of the same columns; not changed.

    Returns
    -------
    Estimate
        As of `estimate_pooled`, `table` in the unit of the effect. `diagnostics`: `tau2` (of z for correlations), `q`,
        `q_p`, `i2` (from tau2), `warnings`, and from three studies on `prediction_low`, `prediction_high` (t on k - 2
        degrees of freedom).

    Raises
    ------
    CallError
        A column that is not there.
    DataError
        Rows that are pooled already, of several metrics, of a metric that cannot be pooled, or two of one sample.

    References
    ----------
    Paule and Mandel (1982), J. Res. Nat. Bureau of Standards 87; Knapp and Hartung (2003), Statistics in Medicine
    22(17); prediction: Higgins, Thompson and Spiegelhalter (2009), JRSS A 172(1).

    Examples
    --------
    >>> rows = read_published(metric="r", intervention="supervisi")
    >>> estimate_published(rows).table.round(2)[["estimate", "n"]]
       estimate  n
    0      0.59  3
    """
    _require_poolable(rows)
    metric = str(rows["metric"].iloc[0])
    as_z = metric in CORRELATIONS
    found = _pool_z(rows) if as_z else _pool(rows["estimate"], rows["std_error"].astype("float64") ** 2)
    back = np.tanh if as_z else np.positive
    row = found.table.iloc[0]
    mean = float(back(row["estimate"]))
    table = found.table.assign(
        estimate=mean,
        std_error=row["std_error"] * (1 - mean**2 if as_z else 1.0),  # of r by the delta method
        conf_low=float(back(row["conf_low"])),
        conf_high=float(back(row["conf_high"])),
    )
    kept = {name: found.diagnostics[name] for name in ("tau2", "q", "q_p", "i2", "warnings")}
    kept |= {name: float(back(end)) for name, end in _predict(found).items()}
    estimand = _("rata-rata antarstudi: {metric}").format(metric=_(METRICS[metric]))
    return replace(found, table=table, estimand=estimand, diagnostics=kept)


def _require_poolable(rows: pd.DataFrame) -> None:
    missing = [name for name in NEEDED if name not in rows]
    if missing:
        raise refuse("rows", list_values(rows.columns), _("kolom {names}").format(names=list_values(NEEDED)))
    if rows["pooled"].any():
        message = _("rows: {n} baris sudah gabungan banyak studi; pakai rows[~rows['pooled']].")
        raise DataError(message.format(n=int(rows["pooled"].sum())))
    metrics = list(dict.fromkeys(rows["metric"]))
    if len(metrics) > 1 and not set(metrics) <= set(CORRELATIONS):
        message = _("rows: metrik bercampur ({metrics}); pilih satu dengan read_published(metric=...).")
        raise DataError(message.format(metrics=list_values(metrics)))
    if not set(metrics) <= set(POOLABLE):
        message = _("rows: metrik {metrics} tidak dapat digabung; yang diizinkan: {allowed}.")
        raise DataError(message.format(metrics=list_values(metrics), allowed=list_values(POOLABLE)))
    twice = rows["sample"][rows["sample"].duplicated()]
    if len(twice):
        message = _("rows: lebih dari satu baris dari sampel {samples}; ambil satu baris tiap sampel.")
        raise DataError(message.format(samples=list_values(twice.unique())))


def _pool(effect: pd.Series, variance: pd.Series) -> Estimate:
    data = pd.DataFrame({"effect": effect.astype("float64"), "variance": variance.astype("float64")})
    return estimate_pooled(data, effect="effect", variance="variance", method="PM")


def _pool_z(rows: pd.DataFrame) -> Estimate:
    """Return the correlations pooled as Fisher's z."""
    r = rows["estimate"].astype("float64")
    free = rows["n"].astype("float64") - 3 - (rows["metric"] == "partial_r")
    if bool((r.abs() >= 1).any() | (free <= 0).any()):
        raise DataError(_("rows: korelasi harus di antara −1 dan 1, dari lebih dari empat orang."))
    return _pool(pd.Series(np.arctanh(r)), 1 / free)


def _predict(found: Estimate) -> dict[str, float]:
    """Return the ends between which the effect of a new study lies, t on k - 2; nothing from fewer than three."""
    from scipy import stats

    row, tau2 = found.table.iloc[0], found.diagnostics["tau2"]
    if row["n"] < 3 or not isinstance(tau2, float):
        return {}
    reach = float(stats.t.ppf((1 + LEVEL) / 2, row["n"] - 2) * np.sqrt(row["std_error"] ** 2 + tau2))
    return {"prediction_low": row["estimate"] - reach, "prediction_high": row["estimate"] + reach}
