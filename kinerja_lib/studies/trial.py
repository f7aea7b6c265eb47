"""The study of value where a programme was drawn by lot: each arm against the comparison, as assigned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from kinerja_lib.errors import DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_regression
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.schema import COVARIATE, Dataset
from kinerja_lib.scope import under_one_rezim
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import is_inside
from kinerja_lib.studies.result import (
    ARMS,
    CONTROL,
    ROBUST,
    Check,
    Study,
    excludes_zero,
    join_rows,
    keep_rows,
    tidy_row,
)
from kinerja_lib.studies.verdict import decide, read_interval
from kinerja_lib.vocabulary import JENIS_KEGIATAN, PEMBINAAN, Period, sort_periods

POWER = 0.8
UNEVEN = 5.0  # follow-up of an arm that differs by more than so many points, beyond chance, is no accident


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


def study_trial(data: Dataset, plan: StudyPlan) -> Study:
    """Return the study of a randomised programme; what is missing is a reason, never an error.

    Each arm against the comparison, given the outcome before the start and all `x_` covariates: all periods together
    with errors clustered by person, and each period by itself. A plan's `units` are those in which people were first
    appraised, whatever became of them since: who moved stays in the arm that was drawn.

    References
    ----------
    McKenzie (2012), Journal of Development Economics 99(2); the specification is that of Brooks, Donovan and Johnson
    (2018), American Economic Journal: Applied Economics 10(4), Table 3.
    """
    study = Study("value", outcome=data.keterangan.get("hasil") or _("nilai"))
    why = _find_gaps(data)
    if why:
        return replace(study, why=why)
    study = replace(study, unit=read_unit(data["penilaian"]))
    trial = _build_trial(data, plan)
    why = _find_faults(trial)
    if why:
        return replace(study, why=why)
    programme = plan.programme or _choose_arm(trial.arms[1:])
    if programme not in trial.arms[1:]:
        return replace(study, programme=programme, why=("no_treated",))
    study = replace(study, programme=programme, design="random", arms=_count_follow_up(trial))
    try:
        return _judge(_estimate_study(study, trial), plan, plan.smallest_effect * _spread(trial))
    except KinerjaError as error:
        return replace(study, why=(str(error),))


def _choose_arm(arms: list[str]) -> str:
    """Return the arm that the verdict is about: a dialogue before a course."""
    return next((name for name in PEMBINAAN if name in arms), arms[0])


def _judge(study: Study, plan: StudyPlan, smallest: float) -> Study:
    """Decide; `smallest` is the smallest effect worth having, in the unit of the outcome."""
    if study.table.empty:
        return study
    checks = (_check_follow_up(study),)
    row = study.headline[study.headline["term"] == study.programme]
    if row.empty:
        return replace(study, checks=checks, why=("no_after",))
    wide = read_interval(row.iloc[0], plan.alpha)
    said = decide(wide, better=study.better, design="random", checks=checks, smallest=smallest)
    reach = _measure_reach(study, float(row["std_error"].iloc[0]), plan)
    return replace(study, checks=checks, verdict=said.verdict, why=said.why, reach=reach)


def _measure_reach(study: Study, error: float, plan: StudyPlan) -> dict[str, float]:
    """Return what this trial could have seen, in standard deviations of the comparison: from its error alone.

    `n_treated`, `n_control`: people assigned; `effect` at power 0.8, `power` for the smallest effect of the plan.
    """
    from scipy import stats

    assigned = study.arms.drop_duplicates("arm").set_index("arm")["n_assigned"]
    known = {"n_treated": float(assigned[study.programme]), "n_control": float(assigned[CONTROL])}
    scale = error / float(study.detail["spread"])
    if not 0 < scale < float("inf"):
        return known
    bar = float(stats.norm.ppf(1 - plan.alpha / 2))
    known |= {"effect": (bar + float(stats.norm.ppf(POWER))) * scale, "smallest": plan.smallest_effect}
    return known | {"power": float(stats.norm.cdf(plan.smallest_effect / scale - bar))}


def _check_follow_up(study: Study) -> Check:
    """Compare the follow-up of the studied arm with the comparison's in the last period, beyond chance."""
    from kinerja_lib.intervals import share_difference

    last = study.arms["periode"].iloc[-1]
    rows = study.arms[study.arms["periode"] == last].set_index("arm")
    own, other = rows.loc[study.programme], rows.loc[CONTROL]
    seen, assigned = ((int(own[name]), int(other[name])) for name in ("n", "n_assigned"))
    found = share_difference(seen, assigned)
    values = {"estimate": found.value, "conf_low": found.conf_low, "conf_high": found.conf_high}
    values |= {"n": float(own["n_assigned"] + other["n_assigned"])}
    return Check("attrition", not (excludes_zero(values) and abs(found.value) > UNEVEN), values=values)


def _find_gaps(data: Dataset) -> tuple[str, ...]:
    """Return the codes of why these data cannot answer, before anything is computed."""
    found = []
    if not data.has("penilaian", "nilai"):
        found.append("no_outcome")
    elif data.has("penilaian", "satuan") and data["penilaian"]["satuan"].nunique() > 1:
        found.append("several_units")
    elif not under_one_rezim(data["penilaian"]):
        found.append("several_rules")
    if not data.has("pegawai"):
        found.append("no_people")
    if not data.has("kegiatan", "jenis", "mulai"):
        found.append("no_events")
    return tuple(found)


def read_unit(appraisals: pd.DataFrame, otherwise: str = "") -> str:
    """Return the unit of the user's own outcome, as `satuan` says it."""
    units = appraisals["satuan"].dropna() if "satuan" in appraisals else pd.Series(dtype="str")
    return otherwise if units.empty else str(units.iloc[0])


def _build_trial(data: Dataset, plan: StudyPlan) -> _Trial:
    events = data["kegiatan"].sort_values(["mulai", "kegiatan_id"], kind="stable")
    dropped = {_("kegiatan tanpa pegawai"): int((~events["pegawai_id"].isin(data["pegawai"]["pegawai_id"])).sum())}
    outcome = data["penilaian"]
    outcome = outcome[outcome["nilai"].notna()]
    lost = int((~outcome["pegawai_id"].isin(data["pegawai"]["pegawai_id"])).sum())
    people = _keep_people(data, plan, dropped)
    events = events[events["pegawai_id"].isin(people["pegawai_id"])]
    first = events.drop_duplicates("pegawai_id").set_index("pegawai_id")["jenis"].astype("str")
    covariates = [str(name) for name in people if str(name).startswith(COVARIATE) and people[name].notna().any()]
    people = people[["pegawai_id", *covariates]].assign(
        arm=people["pegawai_id"].map(first).astype("object").fillna(CONTROL)
    )
    arms = [CONTROL, *(kind for kind in JENIS_KEGIATAN if kind in set(first))]
    start = events["mulai"].min()
    outside = _("baris di luar periode yang direncanakan")
    inside = outcome["periode"].map(lambda text: is_inside(str(text), plan)).astype(bool)
    outcome = keep_rows(outcome[["pegawai_id", "periode", "nilai"]], inside, outside, dropped)
    before, after = _split_periods(sort_periods(outcome["periode"]), start)
    baseline = before[-1] if before else None
    rows = outcome.merge(people, on="pegawai_id", how="inner")
    dropped[_("baris penilaian tanpa pegawai")] = lost
    dropped = {reason: count for reason, count in dropped.items() if count}
    return _Trial(_mark_rows(rows, arms, baseline, after), people, arms, covariates, start, baseline, after, dropped)


def _keep_people(data: Dataset, plan: StudyPlan, dropped: dict[str, int]) -> pd.DataFrame:
    """Return the people of the plan's population; a person's unit is that of the first appraisal, else of `pegawai`."""
    people = data["pegawai"]
    if plan.status and "status" in people:
        reason = _("pegawai di luar status yang direncanakan")
        people = keep_rows(people, (people["status"] == plan.status).astype(bool), reason, dropped)
    if plan.units:
        own = _find_first_unit(data["penilaian"], people)
        people = keep_rows(people, own.isin(plan.units), _("pegawai di luar unit yang direncanakan"), dropped)
    return people


def _find_first_unit(appraisals: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    """Return for each person the unit of the first appraisal, else that of the table of people."""
    known = people["unit_id"].astype("object") if "unit_id" in people else pd.Series(None, people.index, dtype="object")
    if "unit_id" not in appraisals:
        return known
    order = {name: at for at, name in enumerate(sort_periods(appraisals["periode"].unique()))}
    rows = appraisals[appraisals["unit_id"].notna()]
    rows = rows.assign(urutan=rows["periode"].astype("object").map(order)).sort_values("urutan", kind="stable")
    first = rows.drop_duplicates("pegawai_id").set_index("pegawai_id")["unit_id"]
    return people["pegawai_id"].map(first).astype("object").fillna(known)


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
    """Return the codes of why this trial cannot answer."""
    found = []
    if len(trial.arms) < 2:
        found.append("no_treated")
    if not (trial.people["arm"] == CONTROL).any():
        found.append("no_comparison")
    if not trial.after:
        found.append("no_after")
    if not found and trial.people["arm"].value_counts().min() < MIN_GROUP:
        found.append("few_people")
    return tuple(found)


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
        return replace(study, why=failed)
    naive = _estimate_naive(trial)
    whole = pooled.dropped if pooled is not None else dropped
    return replace(
        study,
        pooled=pooled,
        by_period=by_period,
        naive=naive,
        table=_join_tables(study, pooled, by_period, naive),
        detail={"control": _estimate_control(trial), "spread": _spread(trial)},
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


def _estimate_control(trial: _Trial) -> pd.DataFrame:
    """Return the mean change of those without the programme, all periods together: what time alone brought."""
    rows = trial.rows[(trial.rows["arm"] == CONTROL) & trial.rows["periode"].isin(trial.after)]
    return _estimate_change(rows.assign(perubahan=rows["nilai"] - rows["nilai_awal"]), CONTROL, "", float("nan"))


def _spread(trial: _Trial) -> float:
    """Return the standard deviation of the outcome among those without the programme, after the start."""
    rows = trial.rows[(trial.rows["arm"] == CONTROL) & trial.rows["periode"].isin(trial.after)]
    return float(rows["nilai"].std())


def _estimate_change(rows: pd.DataFrame, arm: str, group: str, months: float) -> pd.DataFrame:
    """Return the mean change as one row, or none where it cannot be had (no baseline, no change)."""
    try:
        change = estimate_regression(rows, "perubahan ~ 1", cluster="pegawai_id").table
    except KinerjaError:
        return Study("").naive
    return change.assign(term=arm, group=group, months=months)


def _join_tables(study: Study, pooled: Estimate | None, by_period: pd.DataFrame, naive: pd.DataFrame) -> pd.DataFrame:
    parts = []
    if pooled is not None:
        parts.append(tidy_row(pooled.table, role="main", unit=study.unit, headline=True))
    if not by_period.empty:
        role = "main" if pooled is None else "period"
        parts.append(tidy_row(by_period, role=role, unit=study.unit, headline=pooled is None))
    if not naive.empty:
        parts.append(tidy_row(naive, role="naive", unit=study.unit, naive=True))
    return join_rows(parts)


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
