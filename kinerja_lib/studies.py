"""Studies: from the tables of an office to what can be said of a programme, and what cannot.

`study_value` answers for performance: did the outcome change because of the programme? This first version answers
for randomised designs only; for all others it says that it cannot. Estimators come from `kinerja_lib.estimate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from kinerja_lib.errors import DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_regression
from kinerja_lib.estimate.result import COLUMNS
from kinerja_lib.language import _
from kinerja_lib.schema import COVARIATE, Dataset
from kinerja_lib.scope import under_one_rezim
from kinerja_lib.vocabulary import JENIS_KEGIATAN, Period, sort_periods

CONTROL = "pembanding"  # the arm of persons without any event
RANDOM = "acak"  # what `keterangan.rancangan` says of a randomised trial
CANNOT_SAY = "cannot_say"
ROBUST = ("std_error", "conf_low", "conf_high", "p_value")  # columns that `by_period` repeats with HC1 errors
TABLE = (*COLUMNS, "headline", "naive", "months")
ARMS = ("arm", "n_assigned", "periode", "n", "follow_up")


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, slots=True)
class Study:
    """What a study of one outcome found.

    Attributes
    ----------
    name : str
        The study, such as "value".
    design : str
        "random", or empty where the design does not allow an answer.
    outcome, unit : str
        What was measured, and in which unit.
    arms : DataFrame
        Follow-up: arm, n_assigned (persons), periode, n (persons with an outcome), follow_up (share, 0 to 1).
    pooled : Estimate or None
        All periods since the baseline together; None where there is one period after the start only.
    by_period : DataFrame
        A row per arm and period after the start: the columns of `Estimate.table` with classical errors, `months` since
        the start, and std_error_hc1, conf_low_hc1, conf_high_hc1, p_value_hc1.
    naive : DataFrame
        The change from before to after inside each arm alone, which takes every other change for an effect.
    table : DataFrame
        All of it, tidy: term (arm), group (period, or empty for all), estimate, std_error, conf_low, conf_high,
        p_value, n, headline, naive, months.
    dropped : mapping of str to int
        Reason -> how many rows, terms or persons were left out.
    limits : tuple of str
        What such a study cannot show.
    verdict : str or None
        "cannot_say", or None where the numbers stand without a verdict.
    reasons : tuple of str
        Why nothing can be said.
    """

    name: str
    design: str = ""
    outcome: str = ""
    unit: str = ""
    arms: pd.DataFrame = field(default_factory=lambda: _empty(*ARMS))
    pooled: Estimate | None = None
    by_period: pd.DataFrame = field(
        default_factory=lambda: _empty(*COLUMNS, "months", *[f"{name}_hc1" for name in ROBUST])
    )
    naive: pd.DataFrame = field(default_factory=lambda: _empty(*COLUMNS, "months"))
    table: pd.DataFrame = field(default_factory=lambda: _empty(*TABLE))
    dropped: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    verdict: str | None = None
    reasons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return study, design, verdict, reasons and table as plain values; what is missing is None."""
        table = self.table.astype(object).where(self.table.notna(), None)
        return {
            "study": self.name,
            "design": self.design,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "table": [dict(row) for row in table.to_dict("records")],
        }


@dataclass(frozen=True, slots=True)
class _Trial:
    """A trial as its analysis needs it.

    `rows` has a row per person and period since the baseline: pegawai_id, periode, arm (as assigned), lengan (the arm
    once the programme runs, else control), nilai, nilai_awal, covariates. `people` has a row per person with its arm.
    """

    rows: pd.DataFrame
    people: pd.DataFrame
    arms: list[str]
    covariates: list[str]
    start: pd.Timestamp
    baseline: str | None
    after: list[str]
    dropped: dict[str, int]


def study_value(data: Dataset) -> Study:
    """Study whether a programme changed the numeric outcome of those assigned to it.

    Parameters
    ----------
    data : Dataset
        Needs `penilaian.nilai`, `pegawai`, `kegiatan`, and `keterangan` "rancangan" = "acak". A person's arm is the
        kind of their first event; persons without one are the comparison.

    Returns
    -------
    Study
        Each arm against the comparison, given the outcome before the start and all `x_` covariates: all periods
        together with errors clustered by person, and each period by itself. Where the design or the data do not allow
        an answer, `verdict` is "cannot_say" with its reasons; never an error.

    References
    ----------
    McKenzie (2012), Journal of Development Economics 99(2); the specification is that of Brooks, Donovan and Johnson
    (2018), American Economic Journal: Applied Economics 10(4), Table 3.

    Examples
    --------
    >>> study_value(Dataset({"unit": pd.DataFrame({"unit_id": ["A"], "nama": ["A"]})})).verdict
    'cannot_say'
    """
    study = Study("value", outcome=data.keterangan.get("hasil") or _("nilai"))
    reasons = _find_gaps(data)
    if reasons:
        return replace(study, verdict=CANNOT_SAY, reasons=reasons)
    study = replace(study, unit=_read_unit(data["penilaian"]))
    trial = _build_trial(data)
    reasons = _find_faults(trial)
    if reasons:
        return replace(study, verdict=CANNOT_SAY, reasons=reasons)
    study = replace(study, design="random", arms=_count_follow_up(trial))
    try:
        return _estimate_study(study, trial)
    except KinerjaError as error:
        return replace(study, verdict=CANNOT_SAY, reasons=(str(error),))


def _find_gaps(data: Dataset) -> tuple[str, ...]:
    """Return why these data cannot answer, before anything is computed."""
    reasons = []
    design = data.keterangan.get("rancangan", "").strip().lower()
    if design != RANDOM:
        message = _(
            "Rancangan tidak dinyatakan acak (keterangan rancangan: {found}). Tanpa undian, peserta dan pembanding "
            "dapat berbeda sejak awal, dan versi ini belum menaksir rancangan lain."
        )
        reasons.append(message.format(found=repr(design)))
    if not data.has("penilaian", "nilai"):
        reasons.append(_("Tidak ada hasil berupa bilangan (penilaian.nilai)."))
    elif data.has("penilaian", "satuan") and data["penilaian"]["satuan"].nunique() > 1:
        reasons.append(_("Hasil (penilaian.nilai) memakai lebih dari satu satuan."))
    elif not under_one_rezim(data["penilaian"]):
        reasons.append(_("Hasil (penilaian.nilai) menurut lebih dari satu aturan penilaian."))
    if not data.has("pegawai"):
        reasons.append(_("Tabel pegawai tidak ada, jadi pembanding tidak diketahui."))
    if not data.has("kegiatan", "jenis", "mulai"):
        reasons.append(_("Tidak ada kegiatan yang dapat ditelaah (tabel kegiatan)."))
    return tuple(reasons)


def _read_unit(appraisals: pd.DataFrame) -> str:
    units = appraisals["satuan"].dropna() if "satuan" in appraisals else pd.Series(dtype="str")
    return "" if units.empty else str(units.iloc[0])


def _build_trial(data: Dataset) -> _Trial:
    events = data["kegiatan"].sort_values(["mulai", "kegiatan_id"], kind="stable")
    people = data["pegawai"]
    dropped = {_("kegiatan tanpa pegawai"): int((~events["pegawai_id"].isin(people["pegawai_id"])).sum())}
    events = events[events["pegawai_id"].isin(people["pegawai_id"])]
    first = events.drop_duplicates("pegawai_id").set_index("pegawai_id")["jenis"].astype("str")
    covariates = [str(name) for name in people if str(name).startswith(COVARIATE) and people[name].notna().any()]
    people = people[["pegawai_id", *covariates]].assign(
        arm=people["pegawai_id"].map(first).astype("object").fillna(CONTROL)
    )
    arms = [CONTROL, *(kind for kind in JENIS_KEGIATAN if kind in set(first))]
    start = events["mulai"].min()
    outcome = data["penilaian"].loc[data["penilaian"]["nilai"].notna(), ["pegawai_id", "periode", "nilai"]]
    before, after = _split_periods(sort_periods(outcome["periode"]), start)
    baseline = before[-1] if before else None
    rows = outcome.merge(people, on="pegawai_id", how="inner")
    dropped[_("baris penilaian tanpa pegawai")] = len(outcome) - len(rows)
    dropped = {reason: count for reason, count in dropped.items() if count}
    return _Trial(_mark_rows(rows, arms, baseline, after), people, arms, covariates, start, baseline, after, dropped)


def _split_periods(periods: list[str], start: pd.Timestamp) -> tuple[list[str], list[str]]:
    """Return the periods that ended before the start, and those that reach it or follow."""
    before = [text for text in periods if pd.Timestamp(Period.parse(text).end) < start]
    return before, [text for text in periods if text not in before]


def _mark_rows(rows: pd.DataFrame, arms: list[str], baseline: str | None, after: list[str]) -> pd.DataFrame:
    """Return the rows since the baseline; everyone is control until the programme starts."""
    kept = ([] if baseline is None else [baseline]) + after
    rows = rows[rows["periode"].isin(kept)].reset_index(drop=True)
    first = rows[rows["periode"] == baseline].set_index("pegawai_id")["nilai"]
    return rows.assign(
        lengan=pd.Categorical(rows["arm"].where(rows["periode"].isin(after), CONTROL), categories=arms),
        periode=pd.Categorical(rows["periode"], categories=kept),
        nilai_awal=rows["pegawai_id"].map(first).astype("float64"),
    )


def _find_faults(trial: _Trial) -> tuple[str, ...]:
    """Return why this trial cannot answer."""
    reasons = []
    if len(trial.arms) < 2:
        reasons.append(_("Tidak ada pegawai yang mengikuti kegiatan."))
    if not (trial.people["arm"] == CONTROL).any():
        reasons.append(_("Tidak ada pembanding: semua pegawai mengikuti kegiatan."))
    if not trial.after:
        reasons.append(_("Tidak ada hasil sesudah program mulai."))
    return tuple(reasons)


def _count_follow_up(trial: _Trial) -> pd.DataFrame:
    assigned = trial.people["arm"].value_counts()
    seen = trial.rows.groupby(["arm", "periode"], observed=False)["pegawai_id"].nunique()
    records = []
    for arm in trial.arms:
        for period in trial.rows["periode"].cat.categories:
            n, total = int(seen.get((arm, period), 0)), int(assigned.get(arm, 0))
            records.append((arm, total, period, n, n / total if total else float("nan")))
    return pd.DataFrame(records, columns=list(ARMS))


def _estimate_study(study: Study, trial: _Trial) -> Study:
    pooled = _estimate_pooled(trial) if len(trial.after) > 1 else None
    by_period, dropped, failed = _estimate_periods(trial)
    if pooled is None and by_period.empty:
        return replace(study, verdict=CANNOT_SAY, reasons=failed)
    naive = _estimate_naive(trial)
    whole = pooled.dropped if pooled is not None else dropped
    return replace(
        study,
        pooled=pooled,
        by_period=by_period,
        naive=naive,
        table=_join_tables(pooled, by_period, naive),
        dropped={**trial.dropped, **whole},
        limits=(*failed, *_say_limits(study, trial)),
    )


def _formula(trial: _Trial, *, pooled: bool) -> str:
    first = ["nilai_awal"] if trial.baseline is not None else []
    names = ["lengan", *(["periode"] if pooled else []), *first, *(f"`{name}`" for name in trial.covariates)]
    return "nilai ~ " + " + ".join(names)


def _keep_arms(estimate: Estimate, trial: _Trial, outcome: str) -> Estimate:
    """Return the estimate with one row per arm, named by it, and the design that the trial has."""
    names = {f"lengan[T.{arm}]": arm for arm in trial.arms[1:]}
    table = estimate.table[estimate.table["term"].isin(names)].reset_index(drop=True)
    return replace(
        estimate,
        table=table.assign(term=table["term"].map(names)),
        estimand=_("selisih rata-rata {outcome} antara yang ditugaskan ke program dan pembanding").format(
            outcome=outcome
        ),
        design="random",
        assumptions=(
            _("Penugasan diundi, dan yang hilang dari pengamatan hilang secara kebetulan."),
            _("Program seseorang tidak mengubah hasil orang lain."),
        ),
    )


def _require_control(trial: _Trial, rows: pd.DataFrame) -> None:
    """Refuse rows in which no person of the comparison has all values after the start."""
    used = ["nilai", *(["nilai_awal"] if trial.baseline is not None else []), *trial.covariates]
    whole = rows[rows[used].notna().all(axis=1) & rows["periode"].isin(trial.after)]
    if not (whole["arm"] == CONTROL).any():
        raise DataError(_("tidak ada pembanding yang datanya lengkap sesudah program mulai."))


def _estimate_pooled(trial: _Trial) -> Estimate:
    _require_control(trial, trial.rows)
    estimate = estimate_regression(trial.rows, _formula(trial, pooled=True), cluster="pegawai_id")
    return _keep_arms(estimate, trial, _("semua periode"))


def _estimate_periods(trial: _Trial) -> tuple[pd.DataFrame, Mapping[str, int], tuple[str, ...]]:
    """Return the table by period, what the last one left out, and why a period has no row."""
    parts: list[pd.DataFrame] = []
    dropped: Mapping[str, int] = {}
    failed: list[str] = []
    for period in trial.after:
        rows = trial.rows[trial.rows["periode"] == period]
        try:
            _require_control(trial, rows)
            classical, robust = (
                _keep_arms(estimate_regression(rows, _formula(trial, pooled=False), errors=rule), trial, period)
                for rule in ("classical", "HC1")
            )
        except KinerjaError as error:
            failed.append(_("Periode {period} tidak dapat ditaksir: {why}").format(period=period, why=error))
            continue
        beside = robust.table[list(ROBUST)].add_suffix("_hc1")
        table = classical.table.assign(group=period, months=_months_since(trial, period))
        parts.append(pd.concat([table, beside], axis=1))
        dropped = classical.dropped
    if not parts:
        return Study("").by_period, {}, tuple(failed)
    return pd.concat(parts, ignore_index=True), dropped, tuple(failed)


def _months_since(trial: _Trial, period: str) -> int:
    first = Period.parse(period)
    return (first.year - trial.start.year) * 12 + first.first_month - trial.start.month


def _estimate_naive(trial: _Trial) -> pd.DataFrame:
    """Return the mean change since the baseline inside each arm: all periods together, and each by itself."""
    later = trial.rows[trial.rows["periode"].isin(trial.after)]
    later = later.assign(perubahan=later["nilai"] - later["nilai_awal"])
    spans = [("", trial.after)] if len(trial.after) > 1 else []
    parts = []
    for group, periods in [*spans, *((period, [period]) for period in trial.after)]:
        for arm in trial.arms[1:]:
            rows = later[(later["arm"] == arm) & later["periode"].isin(periods)]
            months = float("nan") if group == "" else float(_months_since(trial, group))
            parts.append(_estimate_change(rows, arm, group, months))
    found = [part for part in parts if not part.empty]
    return pd.concat(found, ignore_index=True) if found else Study("").naive


def _estimate_change(rows: pd.DataFrame, arm: str, group: str, months: float) -> pd.DataFrame:
    """Return the mean change as one row, or none where it cannot be had (no baseline, no change)."""
    try:
        change = estimate_regression(rows, "perubahan ~ 1", cluster="pegawai_id").table
    except KinerjaError:
        return Study("").naive
    return change.assign(term=arm, group=group, months=months)


def _join_tables(pooled: Estimate | None, by_period: pd.DataFrame, naive: pd.DataFrame) -> pd.DataFrame:
    parts = []
    if pooled is not None:
        parts.append(pooled.table.assign(headline=True, naive=False, months=float("nan")))
    parts.append(by_period.assign(headline=pooled is None, naive=False))
    parts.append(naive.assign(headline=False, naive=True))
    return pd.concat([part[list(TABLE)] for part in parts if not part.empty], ignore_index=True).astype(
        {"months": "float64"}
    )


def _say_limits(study: Study, trial: _Trial) -> tuple[str, ...]:
    """Return what this trial cannot show, however well it was run."""
    said = [
        _("Hanya satu hasil yang diuji: {outcome}. Tentang hasil lain, uji ini tidak berkata apa-apa.").format(
            outcome=study.outcome
        ),
        _("Angka ini berlaku bagi orang seperti peserta uji. Bagi orang dan tempat lain, dampaknya dapat berbeda."),
        _("Uji ini menunjukkan apakah hasil berubah, bukan lewat jalan apa perubahan itu terjadi."),
        _("Yang ditaksir adalah dampak ditugaskan ke program, bukan dampak hadir di dalamnya."),
        _("Nilai dicatat sebagaimana dilaporkan. Jika program mengubah cara melapor, itu tampak seperti dampak."),
        _("Jika program seseorang ikut mengubah hasil pembandingnya, selisih ini salah ukur."),
    ]
    if len(trial.after) > 1:
        said.append(_("Angka satu periode bergoyang besar. Bacalah angka gabungan, bukan periode yang terbaik."))
    else:
        said.append(_("Hanya ada satu periode sesudah program, jadi bertahan atau tidaknya dampak tidak diketahui."))
    if trial.baseline is None:
        said.append(_("Tidak ada hasil sebelum program, jadi kesetaraan awal tidak dapat diperiksa."))
    if bool((study.arms["follow_up"] < 1).any()):
        said.append(_("Sebagian orang tidak teramati pada sebagian periode. Yang hilang tidak diundi."))
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Association:
    """What goes with what among units over time, three ways.

    Attributes
    ----------
    outcome, exposure : str
        Names of the two columns.
    within : Estimate
        Each unit against itself in other periods, what all units went through in a period taken out.
    pooled : Estimate
        All units and periods together, with the same covariates.
    naive : Estimate
        The same without covariates.
    """

    outcome: str
    exposure: str
    within: Estimate
    pooled: Estimate
    naive: Estimate


def study_association(
    panel: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    unit: str = "unit_id",
    period: str = "periode",
) -> Association:
    """Study whether two measures of units go together, errors clustered by unit (CR2 with fewer than 40 units).

    Parameters
    ----------
    panel : DataFrame
        One row a unit and period, such as `build_indicator_panel` gives.
    outcome, exposure : str
        Columns: what is explained, and what it may go with.
    covariates : sequence of str
        Columns held equal in `within` and `pooled`.
    unit, period : str
        Columns that name the unit and the period.

    Returns
    -------
    Association
        A correlation, whichever way it is computed: nobody was assigned to anything.
    """
    formula = f"`{outcome}` ~ " + " + ".join(f"`{name}`" for name in (exposure, *covariates))
    return Association(
        outcome,
        exposure,
        within=estimate_regression(panel, formula, absorb=[unit, period], cluster=unit),
        pooled=estimate_regression(panel, formula, cluster=unit),
        naive=estimate_regression(panel, f"`{outcome}` ~ `{exposure}`", cluster=unit),
    )
