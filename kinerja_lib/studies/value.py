"""The study of value: whether performance changed with a programme.

A programme that starts in steps is compared with those who have not, or not yet, begun; one to which the weakest are
sent is compared over the dip that sent them; without a comparison the study says that it cannot say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, estimate_latent, estimate_staggered, plan_sample
from kinerja_lib.estimate.latent import FEW_ROWS
from kinerja_lib.language import _
from kinerja_lib.measures import score_capaian
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.schema import Dataset
from kinerja_lib.studies import value_checks as look
from kinerja_lib.studies.plan import COURSES, StudyPlan
from kinerja_lib.studies.programme import (
    Exposed,
    build_exposed,
    choose_design,
    choose_programme,
    find_gaps,
    is_inside,
    list_others,
)
from kinerja_lib.studies.result import RANDOM, Check, Study, join_rows, keep_rows, read_truth, tidy_row, try_fit
from kinerja_lib.studies.trial import read_unit, study_trial
from kinerja_lib.studies.verdict import decide, read_interval
from kinerja_lib.vocabulary import PREDIKAT

RATINGS = ("rating_hasil", "rating_perilaku")
REMEDIAL = ("konseling",)  # given to those who did badly (PermenPANRB 6/2022): compared over the dip
FOLLOWS = tuple(f"lain_{name}" for name in REMEDIAL)  # they follow from earlier ratings: held equal, they would bias
LOGIT_SD = 1.814  # SD of the logistic distribution: log odds for one SD of the hidden score


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is measured: its kind, the columns that hold it, its words and its unit."""

    key: str
    columns: tuple[str, ...]
    label: str
    unit: str

    @property
    def ordinal(self) -> bool:
        """Whether the outcome is ordered categories."""
        return self.key in ("rating", "predikat")


def study_value(data: Dataset, plan: StudyPlan | None = None) -> Study:
    """Study whether a programme changed performance.

    Parameters
    ----------
    data : Dataset
        `penilaian`, `pegawai`, `kegiatan`; `skp` for the second estimator. With `keterangan` "rancangan" = "acak" the
        programme was drawn by lot: a person's arm is the kind of their first event.
    plan : StudyPlan, optional
        Programme, outcome, population, periods, level; without it the defaults.

    Returns
    -------
    Study
        The headline is, by design and outcome: of a trial, the difference in the user's own outcome; of ratings or
        predikat, the shift in SD of the hidden score of those who take part, from their first period on
        (`estimate_latent`, raters held equal); of a number, the mean effect on those treated
        (`estimate_staggered`). `detail`: `probability_change` (predikat: change in the share of each level among
        participants), `regression_to_mean`, `sources` (variance by person, rater, unit, period), `sensitivity`. What
        the data lack is a reason of "cannot_say", never an error.

    Raises
    ------
    CallError
        The plan names a programme or an outcome that does not exist.

    References
    ----------
    Wooldridge (2023), Econometrics Journal 26(3); Callaway and Sant'Anna (2021), Journal of Econometrics 225(2);
    Chabé-Ferret (2015), Journal of Econometrics 185(1), for programmes that follow a dip; McKenzie (2012), Journal of
    Development Economics 99(2), for trials.

    Examples
    --------
    >>> from kinerja_lib.synth import build_agency
    >>> study = study_value(build_agency(people=400, units=6, seed=3))
    >>> study.design, study.programme, study.headline["term"].tolist()
    ('comparative', 'coaching', ['coaching'])
    """
    plan = StudyPlan() if plan is None else plan
    if data.keterangan.get("rancangan", "").strip().lower() == RANDOM:
        return study_trial(data, plan)
    programme = choose_programme(data, plan)
    study = Study("value", programme=programme, truth=read_truth(data.keterangan))
    gaps = find_gaps(data, programme)
    if gaps:
        return replace(study, why=gaps)
    outcome, gaps = choose_outcome(data, plan)
    if outcome is None:
        return replace(study, why=gaps)
    study = replace(study, outcome=outcome.label, unit=outcome.unit)
    try:
        exposed = build_exposed(data, plan, programme)
    except KinerjaError as error:  # appraisals that no panel can hold, such as two of one person and period
        return replace(study, why=(str(error),))
    design, gaps = choose_design(exposed)
    study = replace(study, design=design, dropped=exposed.dropped)
    if design != "comparative":
        return _study_without_comparison(study, exposed, outcome, gaps)
    rows = _add_outcomes(exposed, data, outcome)
    try:
        if programme in REMEDIAL:
            from kinerja_lib.studies.symmetric import study_dip

            return study_dip(study, rows, outcome, plan)
        return _study_steps(study, replace(exposed, rows=rows), outcome, plan)
    except KinerjaError as error:
        return replace(study, why=(str(error),))


def choose_outcome(data: Dataset, plan: StudyPlan) -> tuple[Outcome | None, tuple[str, ...]]:
    """Return the outcome of the plan, else the first that the data hold; None with the codes of what is missing."""
    appraisals = data["penilaian"]
    appraisals = appraisals[[is_inside(str(name), plan) for name in appraisals["periode"]]]
    latent, unit = _("simpangan baku skor laten"), read_unit(appraisals, _("poin"))
    known = {
        "rating": Outcome("rating", RATINGS, _("rating hasil kerja dan perilaku kerja"), latent),
        "predikat": Outcome("predikat", ("predikat",), _("predikat kinerja"), latent),
        "nilai": Outcome("nilai", ("nilai",), data.keterangan.get("hasil") or _("nilai"), unit),
        "capaian_skp": Outcome("capaian_skp", ("capaian_skp",), _("capaian SKP"), _("poin")),
    }
    held = {
        "rating": data.has("penilaian", *RATINGS),
        "predikat": data.has("penilaian", "predikat"),
        "nilai": data.has("penilaian", "nilai"),
        "capaian_skp": data.has("skp", "target", "realisasi"),
    }
    wanted = [plan.outcome] if plan.outcome else list(known)
    key = next((name for name in wanted if held[name]), None)
    if key is None:
        return None, ("no_outcome",)
    column = known[key].columns[0]
    if (
        column in appraisals
        and "rezim" in appraisals
        and appraisals.loc[appraisals[column].notna(), "rezim"].nunique() > 1
    ):
        return None, ("several_rules",)
    if key == "nilai" and "satuan" in appraisals and appraisals["satuan"].nunique() > 1:
        return None, ("several_units",)
    return known[key], ()


def _add_outcomes(exposed: Exposed, data: Dataset, outcome: Outcome) -> pd.DataFrame:
    """Return the rows with `capaian_skp`, `skor` (mean place of the ratings), the rater and the start.

    `masuk` becomes the place of the person's first row with an outcome: nobody was seen before that.
    """
    rows = exposed.rows
    if data.has("skp", "target", "realisasi"):
        rows = rows.merge(score_capaian(data["skp"]), on=["pegawai_id", "periode"], how="left")
    codes = rows[list(RATINGS)].apply(lambda column: column.cat.codes.replace(-1, np.nan))
    skor = codes.mean(axis=1, skipna=False)
    skor = skor.fillna(rows["ordinal"].astype("float64")) if skor.isna().all() else skor
    given = rows["waktu"].where(rows[list(outcome.columns)].notna().all(axis=1))
    rows = rows.assign(masuk=given.groupby(rows["pegawai_id"]).transform("min").fillna(rows["masuk"]).astype("int64"))
    unit = rows["unit_id"].astype("object").fillna("?").astype("str")
    rater = rows["penilai_id"].astype("object").where(rows["penilai_id"].notna(), "unit " + unit)
    return rows.assign(
        skor=skor,
        penilai=rater.astype("str"),
        pertama=rows["mulai_ikut"].where(rows["mulai_ikut"] >= 0),
    )


def _study_without_comparison(study: Study, exposed: Exposed, outcome: Outcome, gaps: tuple[str, ...]) -> Study:
    """Return what participants alone show, told apart as what it is; nothing may be said of an effect."""
    said = decide({"conf_low": np.nan, "conf_high": np.nan}, better=1, design=study.design)
    why = (*gaps, *(code for code in said.why if code not in gaps and study.design))
    study = replace(study, why=why, limits=look.say_limits(study))
    if study.design != "pre_post" or not outcome.ordinal:
        return study
    try:
        naive = _estimate_naive(exposed.rows, outcome, study.programme)
    except KinerjaError:
        return study
    return replace(study, naive=naive, table=naive)


def _estimate_main(rows: pd.DataFrame, outcome: Outcome, *, event: str = "kejadian") -> Estimate:
    """Return the main estimator of a programme that starts in steps."""
    terms = [name for name in list_others(rows) if name not in FOLLOWS]
    # with hardly another rating of participants, the coach's own cannot be told from the programme
    if rows["sumber_sama"].nunique() > 1 and not look.is_same_source(rows):
        terms.insert(0, "sumber_sama")
    return estimate_latent(
        rows.assign(kelompok=_group_alike(rows, untreated=rows[event] < 0)),
        ratings=list(outcome.columns),
        event=event,
        fixed=["waktu", "kelompok"],
        levels="penilai",
        covariates=terms,
        cluster="pegawai_id",
    )


def _group_alike(rows: pd.DataFrame, *, untreated: pd.Series) -> pd.Series:
    """Return the group within which people are compared over time: one start, one first and one last period.

    Whoever leaves early never starts, however keen: without the last period the people who never start would be less
    keen from period to period, and the programme would look better. Groups with few untreated rows are widened.
    """
    start, first = rows["mulai_ikut"].astype("str"), rows["masuk"].astype("str")
    last = rows.groupby("pegawai_id")["waktu"].transform("max").astype("str")
    group = pd.Series("", index=rows.index, dtype="str")
    for cell in (start + "/" + first + "/" + last, start + "/" + first):
        left = group == ""
        enough = (untreated & left).groupby(cell).transform("sum") >= FEW_ROWS
        group = group.mask(left & enough, cell)
    return group.mask(group == "", start)


def _study_steps(study: Study, exposed: Exposed, outcome: Outcome, plan: StudyPlan) -> Study:
    """Return the study of a programme that starts in steps."""
    whole = exposed.rows
    dropped = dict(study.dropped)
    reason = _("baris pegawai yang sudah ikut sejak pertama kali dinilai (tanpa keadaan awal)")
    seen = keep_rows(whole, (whole["mulai_ikut"] < 0) | (whole["mulai_ikut"] > whole["masuk"]), reason, dropped)
    rows = seen[seen[list(outcome.columns)].notna().all(axis=1)].reset_index(drop=True)
    if _count_fewest(rows) < MIN_GROUP:
        return replace(study, dropped=dropped, why=("few_people",))
    if rows[list(outcome.columns)].nunique().min() < 2:
        return replace(study, dropped=dropped, why=("one_level",))
    study = replace(study, dropped=dropped, reach=_plan_reach(rows, outcome, plan))
    if outcome.ordinal:
        main = _estimate_main(rows, outcome)
        second = _estimate_second(rows)
    else:
        main = _estimate_number(rows, outcome.columns[0], "callaway_santanna")
        second = _estimate_number(rows, outcome.columns[0], "sun_abraham")
    naive = _estimate_naive(whole, outcome, study.programme)
    checks = _check_steps(rows, outcome, main, second)
    detail = _find_detail(rows, outcome)
    row = main.table.iloc[[0]]
    table = join_rows([
        tidy_row(row, role="main", unit=study.unit, headline=True, term=study.programme),
        tidy_row(_events(main, rows), role="event", unit=study.unit, term=study.programme),
        *_tidy_second(second, outcome, study),
        naive,
    ])  # fmt: skip
    said = decide(
        read_interval(main.table.iloc[0], plan.alpha),
        better=1,
        design="comparative",
        checks=checks,
        smallest=_smallest(rows, outcome, plan),
    )
    study = replace(study, pooled=main, second=second, naive=naive, table=table, checks=checks, detail=detail)
    study = replace(study, estimand=main.estimand, truth=_find_truth(study, main))
    return replace(study, verdict=said.verdict, why=said.why, limits=look.say_limits(study))


def _count_fewest(rows: pd.DataFrame) -> int:
    """Return the people of the smallest group: participants before and since they began, and those who compare."""
    joining = rows["mulai_ikut"] >= 0
    groups = (rows["ikut"], joining & ~rows["ikut"], ~rows["ikut"])
    return min(int(rows.loc[group, "pegawai_id"].nunique()) for group in groups)


def _estimate_number(rows: pd.DataFrame, outcome: str, estimator: Any) -> Estimate:
    """Return the mean effect on those treated for an outcome that is a number."""
    return estimate_staggered(
        rows[rows[outcome].notna()],
        outcome=outcome,
        unit="pegawai_id",
        period="waktu",
        first_treated="pertama",
        control="not_yet" if estimator == "callaway_santanna" else "never",
        estimator=estimator,
    )


def _estimate_second(rows: pd.DataFrame) -> Estimate | None:
    """Return the same question asked of another source: achievement of the plan, else the score as a number."""
    name = "capaian_skp" if "capaian_skp" in rows and rows["capaian_skp"].notna().any() else "skor"
    return try_fit(_estimate_number, rows, name, "callaway_santanna")


def _tidy_second(second: Estimate | None, outcome: Outcome, study: Study) -> list[pd.DataFrame]:
    if second is None:
        return []
    unit = study.unit if not outcome.ordinal else _("poin")
    return [tidy_row(second.table.iloc[[0]].assign(group=""), role="second", unit=unit, term=study.programme)]


def _events(main: Estimate, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each period since the start, with its number as group; none of fewer than five people."""
    joining = rows[rows["mulai_ikut"] >= 0]
    people = joining["pegawai_id"].groupby(joining["waktu"] - joining["mulai_ikut"]).nunique()
    shown = {str(event) for event in people.index[people >= MIN_GROUP]}
    if "event" in main.diagnostics:
        found = main.diagnostics["event"]
        table = (
            found[pd.to_numeric(found["term"], errors="coerce").notna()] if isinstance(found, pd.DataFrame) else None
        )
        table = main.table.iloc[:0] if table is None else table.assign(term=table["term"].astype("str"))
    else:
        table = main.table[main.table["group"] == "event"]
    return table.assign(group=table["term"])[table["term"].isin(shown)]


def _estimate_naive(whole: pd.DataFrame, outcome: Outcome, programme: str) -> pd.DataFrame:
    """Return what participants alone show (after against before), and participants beside others at the end."""
    rows = whole[whole[list(outcome.columns)].notna().all(axis=1)]
    parts = []
    own = rows[rows["mulai_ikut"] >= 0]
    last = rows[rows["waktu"] == rows["waktu"].max()]
    for name, part in (("sebelum_sesudah", own), ("peserta_bukan", last)):
        sides = part.groupby("ikut")["pegawai_id"].nunique()
        if len(sides) < 2 or sides.min() < MIN_GROUP:
            continue
        table = try_fit(_compare, part, outcome)
        if table is None:
            continue
        parts.append(tidy_row(table.assign(group=name), role="naive", unit=outcome.unit, naive=True, term=programme))
    return join_rows(parts)


def _compare(part: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the plain difference between rows with and without the programme, in the unit of the headline."""
    if not outcome.ordinal:
        return look.compare_means(part, outcome.columns[0])
    part = part.assign(semua=part["ikut"].astype("int64") - 1)
    return estimate_latent(part, ratings=list(outcome.columns), event="semua", cluster="pegawai_id").table.iloc[[0]]


def _plan_reach(rows: pd.DataFrame, outcome: Outcome, plan: StudyPlan) -> dict[str, float]:
    """Return what these data could have seen at all, from what was known before the programme."""
    people = rows.drop_duplicates("pegawai_id")
    treated, others = int((people["mulai_ikut"] >= 0).sum()), int((people["mulai_ikut"] < 0).sum())
    if others == 0:  # everybody joins in the end: those who have not yet begun compare
        others = int(people["mulai_ikut"].gt(people["mulai_ikut"].min()).sum())
    n = 2 * treated * others / max(treated + others, 1)
    before = rows[~rows["ikut"]]
    found = {"n_treated": float(treated), "n_control": float(others)}
    given: dict[str, Any] = {"n": n, "alpha": plan.alpha}
    scale = 1.0
    if outcome.ordinal:
        shares = before[outcome.columns[0]].value_counts(normalize=True, sort=False)
        given["levels"], scale = [float(share) for share in shares if share > 0], LOGIT_SD
        if len(given["levels"]) < 2:
            return found
    else:
        given["baseline_r"] = min(0.95, max(0.0, look.find_reliability(before, outcome.columns[0])))
    try:
        effect = plan_sample(power=0.8, **given).effect / scale
        power = plan_sample(effect=plan.smallest_effect * scale, power=None, **given).power
    except KinerjaError:
        return found
    return found | {"effect": effect, "power": power, "smallest": plan.smallest_effect}


def _check_steps(rows: pd.DataFrame, outcome: Outcome, main: Estimate, second: Estimate | None) -> tuple[Check, ...]:
    """Return the checks of a programme that starts in steps."""
    checks: list[Check] = []
    if outcome.ordinal:
        checks += look.check_before(rows, lambda part: _estimate_main(part, outcome, event="semu"))
        checks += [look.check_quota(rows), look.check_same_source(rows, main)]
    else:
        checks.append(look.check_pre_trend(main))
    return (*checks, look.check_spillover(rows, outcome), look.check_second(main, second))


def _find_detail(rows: pd.DataFrame, outcome: Outcome) -> dict[str, Any]:
    """Return the small tables of this study: shares of predikat, regression to the mean, sources of variance."""
    name = "skor" if outcome.ordinal else outcome.columns[0]
    detail: dict[str, Any] = {
        "regression_to_mean": look.expect_return(rows, name),
        "sources": look.split_variance(rows, name),
        "sensitivity": look.find_robustness(rows, name),
    }
    if outcome.ordinal and rows["predikat"].notna().any():
        found = try_fit(_estimate_main, rows[rows["predikat"].notna()], Outcome("predikat", ("predikat",), "", ""))
        changes = None if found is None else found.diagnostics["probability_change"]
        if isinstance(changes, pd.DataFrame):
            detail["probability_change"] = _best_first(changes)
    return detail


def _best_first(changes: pd.DataFrame) -> pd.DataFrame:
    order = {level: at for at, level in enumerate(reversed(PREDIKAT))}
    return changes.sort_values("group", key=lambda column: column.map(order), ignore_index=True)


def _smallest(rows: pd.DataFrame, outcome: Outcome, plan: StudyPlan) -> float:
    """Return the smallest effect worth having in the unit of the headline."""
    if outcome.ordinal:
        return plan.smallest_effect
    return plan.smallest_effect * float(rows.loc[~rows["ikut"], outcome.columns[0]].std())


def _find_truth(study: Study, main: Estimate) -> dict[str, float]:
    """Return the planted truth with what the headline should be; only ratings are on the scale of the constants."""
    truth = dict(study.truth)
    if study.programme not in truth or "scale" not in main.diagnostics:
        return truth
    planted = truth[study.programme]
    if study.programme == COURSES:  # planted for the period of a course and the next alone, not from the first on
        return truth
    weights = main.diagnostics["event_weights"]
    late = 0.0
    if isinstance(weights, pd.Series):
        late = float(weights.index.astype("float64").to_numpy() @ weights.to_numpy())
    return truth | {"headline": planted + truth.get(f"{study.programme}_growth", 0.0) * late}
