"""The study of climate: whether answers change with a programme, against units that have had less of it.

The scale comes first (reliability, then agreement inside units), the change after it, then who answered at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, estimate_agreement, estimate_regression, estimate_reliability, plan_sample
from kinerja_lib.language import _
from kinerja_lib.privacy import hide_share
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import choose_programme
from kinerja_lib.studies.result import (
    Check,
    Study,
    excludes_zero,
    join_rows,
    name_programme,
    own_row,
    read_truth,
    read_values,
    tidy_row,
    try_fit,
)
from kinerja_lib.studies.survey import CELL, Survey, build_cells, build_pomp, find_faults, read_survey
from kinerja_lib.studies.verdict import decide, interval_at

LEAST_RELIABLE = 0.6  # alpha below which a score shows no change; 0.7 is the usual bar for groups (Nunnally 1978)
LEAST_AGREED = 0.3  # median rwg(j) up to which there is no agreement (LeBreton and Senter 2008)
UNEVEN = 0.05  # response that moves by more than this share of the staff with the programme, beyond chance
CHANGE = "bagian"  # the column of exposure: share of a unit's staff who have had the programme


def study_climate(data: Dataset, plan: StudyPlan | None = None) -> Study:
    """Study whether the climate of units changed with a programme.

    Individual answers, in standard deviations of the score's true part, on the share of the unit's staff who have had
    the programme by then, with an effect of each unit and of each wave; errors by unit. The true part is what the
    items have in common, among all who answered one wave, within units and between: SD of the score x root of alpha.

    Parameters
    ----------
    data : Dataset
        `survei` (answers by item, unit and wave), `penilaian` and `pegawai` (the staff), `kegiatan`. Not changed.
    plan : StudyPlan, optional
        A plan's `status` is not applied: answers do not carry it.

    Returns
    -------
    Study
        The second estimator is the change of each unit's mean from its first wave to its last, weighted by precision,
        with classical errors; the naive answer compares units in the last wave. `checks`: reliability, agreement,
        pre_trend (do answers move before the programme does), second, response. `detail`: "reliability" and
        "agreement" (Estimates), "pomp" (from `build_pomp`: the score of each wave, 0 to 100), "scale" (lowest and
        highest answer), "sd" (of the true part, in points of the scale), "units" (unit_id, n_first, n_last,
        share_change, change, conf_low, conf_high; a share that would tell of one to four people is missing).

    References
    ----------
    Bliese (2000) on aggregation; Bell and McCaffrey (2002), Survey Methodology 28(2), for errors with few units.

    Examples
    --------
    >>> from kinerja_lib.synth import build_agency
    >>> study = study_climate(build_agency(people=600, seed=1))
    >>> study.design, study.check("reliability").passed, len(study.headline)
    ('comparative', True, 1)
    """
    plan = StudyPlan() if plan is None else plan
    programme = choose_programme(data, plan)
    truth = read_truth(data.keterangan)
    if truth:
        truth["headline"] = truth.get(f"{programme}_climate", 0.0)
    study = Study(
        "climate",
        programme=programme,
        outcome=_("skor iklim"),
        unit=_("simpangan baku skor iklim tanpa galat ukur"),
        estimand=_(
            "geseran skor iklim pada pegawai yang sudah mengikuti {programme}, di luar perubahan semua unit"
        ).format(programme=name_programme(programme) if programme else _("program")),
        truth=truth,
    )
    survey = read_survey(data, plan)
    why = _find_gaps(data, programme, survey)
    if why or survey is None:
        return replace(study, why=why)
    try:
        return _run(replace(study, dropped=survey.dropped), data, plan, survey)
    except KinerjaError as error:
        return replace(study, why=(str(error),))


def _find_gaps(data: Dataset, programme: str, survey: Survey | None) -> tuple[str, ...]:
    found = []
    if survey is None:
        found.append("no_survey")
    elif len(survey.items) < 2:
        found.append("one_level" if not survey.items else "one_item")
    if not data.has("pegawai"):
        found.append("no_people")
    if not data.has("penilaian"):
        found.append("no_staff")
    if not data.has("kegiatan", "jenis", "mulai") or not programme:
        found.append("no_events")
    return tuple(found)


def _run(study: Study, data: Dataset, plan: StudyPlan, survey: Survey) -> Study:
    """Look at the scale, then at the units; only then estimate."""
    cells, left_out = build_cells(survey, data, plan, study.programme)
    study = replace(study, dropped={**survey.dropped, **left_out}, limits=_say_limits(plan))
    reliability, spread = _rate_scale(survey)
    alpha = _check_scale(reliability)
    agreement = _rate_agreement(survey, cells)
    checks = (alpha, _check_agreement(agreement))
    scale = {"pomp": build_pomp(survey), "scale": survey.scale}
    study = replace(study, checks=checks, detail={"reliability": reliability, "agreement": agreement, **scale})
    why = find_faults(survey, cells)
    true_share = alpha.values["estimate"]
    if why or not true_share > 0:
        failed = tuple(check.name for check in checks if check.blocking and check.passed is False)
        return replace(study, why=(*why, *failed))
    sd = spread * true_share**0.5
    cells = cells.assign(skor=cells["skor"] / sd)
    answers = survey.rows.assign(skor=survey.rows["skor"] / sd)[[*CELL, "skor"]]
    answers = answers.merge(cells[[*CELL, CHANGE, "gelombang"]], on=CELL)
    return _estimate(replace(study, design="comparative"), plan, answers, cells, sd)


def _rate_scale(survey: Survey) -> tuple[Estimate, float]:
    """Return the reliability of the score among those who answered one wave, and its SD among them."""
    items = list(survey.items)
    wave = survey.rows["periode"]
    columns = survey.rows[[*items, "skor"]]
    inside = columns - columns.groupby(wave, observed=True).transform("mean")
    return estimate_reliability(inside, items=items), float((inside["skor"] ** 2).mean() ** 0.5)


def _check_scale(reliability: Estimate) -> Check:
    values = read_values(own_row(reliability, "alpha"))
    return Check("reliability", values["estimate"] >= LEAST_RELIABLE, values=values)


def _rate_agreement(survey: Survey, cells: pd.DataFrame) -> Estimate | None:
    """Return the agreement inside the units of the last wave; None where it cannot be had."""
    last = cells[cells["periode"] == survey.waves[-1]]
    rows = survey.rows[survey.rows["periode"] == survey.waves[-1]]
    rows = rows[rows["unit_id"].isin(last["unit_id"])].reset_index(drop=True)
    options: dict[str, Any] = {"items": survey.items, "null_variance": survey.null_variance}
    return try_fit(estimate_agreement, rows, group="unit_id", **options)


def _check_agreement(agreement: Estimate | None) -> Check:
    """Return the check of agreement; its estimate is the median rwg(j) of units."""
    if agreement is None:
        return Check("agreement", None)
    values = read_values(own_row(agreement, "rwg_median"))
    values |= {term: read_values(own_row(agreement, term))["estimate"] for term in ("icc1", "icc2")}
    return Check("agreement", values["estimate"] > LEAST_AGREED, values=values)


def _estimate(study: Study, plan: StudyPlan, answers: pd.DataFrame, cells: pd.DataFrame, sd: float) -> Study:
    """Estimate three ways, look at what the design rests on, and decide."""
    main = _estimate_main(answers)
    changes = _measure_changes(answers, cells)
    second = try_fit(estimate_regression, changes, "change ~ share_change", weights="weight", errors="classical")
    last = answers[answers["gelombang"] == answers["gelombang"].max()]
    naive = try_fit(estimate_regression, last, f"skor ~ {CHANGE}")
    checks = (*study.checks, _check_lead(cells), _check_second(main, second), _check_response(cells))
    df: Any = main.diagnostics["df"]
    wide = interval_at(own_row(main, CHANGE), float(df[CHANGE]), plan.alpha)
    said = decide(wide, better=1, design=study.design, checks=checks, smallest=plan.smallest_effect)
    pooled = _name(main, study)
    other = None if second is None else _name(second, study)
    rows = [tidy_row(pooled.table, role="main", unit=study.unit, headline=True)]
    if other is not None:
        rows.append(tidy_row(other.table, role="second", unit=study.unit))
    if naive is not None:
        rows.append(tidy_row(_name(naive, study).table, role="naive", unit=study.unit, naive=True))
    return replace(
        study,
        pooled=pooled,
        second=other,
        naive=rows[-1] if naive is not None else study.naive,
        table=join_rows(rows),
        checks=checks,
        reach=_reach(main, answers, cells, plan),
        detail={**study.detail, "sd": sd, "units": _show_units(changes)},
        dropped={**study.dropped, **main.dropped},
        verdict=said.verdict,
        why=said.why,
    )


def _estimate_main(answers: pd.DataFrame) -> Estimate:
    return estimate_regression(answers, f"skor ~ {CHANGE}", absorb=CELL, cluster="unit_id")


def _name(estimate: Estimate, study: Study) -> Estimate:
    """Return the estimate with the row of the exposure alone, named by the programme."""
    table = estimate.table[estimate.table["term"].isin([CHANGE, "share_change"])].reset_index(drop=True)
    return replace(
        estimate,
        table=table.assign(term=study.programme),
        estimand=study.estimand,
        design="comparative",
        assumptions=(
            _("Tanpa program, iklim unit yang banyak dan yang sedikit mengikutinya akan bergerak sejajar."),
            _("Yang menjawab mewakili pegawai unitnya, dan program seseorang tidak mengubah jawaban rekannya."),
        ),
    )


def _measure_changes(answers: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return a row a unit: what changed from its first wave to its last, with a t interval and a weight.

    All units together give the variance of an answer; the weight is the inverse of the change's variance but for it.
    """
    from scipy import stats

    around = answers["skor"] - answers.groupby(CELL, observed=True)["skor"].transform("mean")
    free = len(answers) - len(cells)
    variance = float((around**2).sum()) / free
    ends = cells.groupby("unit_id", observed=True)
    first, last = ends.first(), ends.last()
    weight = 1 / (1 / first["n"] + 1 / last["n"])
    change = last["skor"] - first["skor"]
    reach = stats.t.ppf(0.975, free) * (variance / weight) ** 0.5
    told = [
        not (hide_share(*then) or hide_share(*now))
        for then, now in zip(*(part[["ikut", "pegawai"]].to_numpy() for part in (first, last)), strict=True)
    ]
    return pd.DataFrame({
        "n_first": first["n"], "n_last": last["n"], "share_change": last[CHANGE] - first[CHANGE],
        "change": change, "conf_low": change - reach, "conf_high": change + reach, "weight": weight, "told": told,
    }).reset_index()  # fmt: skip


def _show_units(changes: pd.DataFrame) -> pd.DataFrame:
    """Return what may be shown of the units."""
    columns = ["unit_id", "n_first", "n_last", "share_change", "change", "conf_low", "conf_high"]
    return changes.assign(share_change=changes["share_change"].where(changes["told"]))[columns]


def _check_lead(cells: pd.DataFrame) -> Check:
    """Ask whether answers move with the programme of the next wave, given that of their own; needs three waves."""
    later = cells.groupby("unit_id", observed=True)
    lead = later[CHANGE].shift(-1).where(later["gelombang"].shift(-1) == cells["gelombang"] + 1)
    rows = cells.assign(nanti=lead).dropna(subset="nanti")
    rows = rows[rows.groupby("unit_id", observed=True)["n"].transform("size") > 1]
    found = try_fit(estimate_regression, rows, f"skor ~ {CHANGE} + nanti", absorb=CELL, cluster="unit_id", weights="n")
    if found is None or "nanti" not in set(found.table["term"]):
        return Check("pre_trend", None)
    values = read_values(own_row(found, "nanti")) | {"n": float(rows["n"].sum())}
    return Check("pre_trend", not excludes_zero(values), values=values)


def _check_second(main: Estimate, second: Estimate | None) -> Check:
    """Ask whether the second interval lies wholly on the other side of zero than the headline."""
    if second is None:
        return Check("second", None)
    values, sign = read_values(own_row(second, "share_change")), np.sign(read_values(own_row(main, CHANGE))["estimate"])
    opposed = max(sign * values["conf_low"], sign * values["conf_high"]) < 0
    return Check("second", not opposed, values=values)


def _check_response(cells: pd.DataFrame) -> Check:
    """Ask how many answered, and whether that moved with the programme by more than a little, beyond chance.

    `values`: `rate` (answers per member of staff), and the change of it where a whole unit takes part.
    """
    rows = cells.assign(tanggapan=cells["n"] / cells["pegawai"])
    values = {"rate": float(rows["n"].sum() / rows["pegawai"].sum()), "n": float(rows["pegawai"].sum())}
    if (rows["tanggapan"] > 1).any():  # more than the staff were asked: the rate is not known
        return Check("response", None)
    if rows["tanggapan"].max() - rows["tanggapan"].min() < UNEVEN:
        return Check("response", True, values=values)
    found = try_fit(
        estimate_regression, rows, f"tanggapan ~ {CHANGE}", absorb=CELL, cluster="unit_id", weights="pegawai"
    )
    if found is None:
        return Check("response", None, values=values)
    values = read_values(own_row(found, CHANGE)) | values
    ends = rows.groupby("unit_id", observed=True)[CHANGE]
    moved = float((ends.last() - ends.first()).abs().max()) * abs(values["estimate"])
    return Check("response", not (excludes_zero(values) and moved > UNEVEN), values=values)


def _reach(main: Estimate, answers: pd.DataFrame, cells: pd.DataFrame, plan: StudyPlan) -> dict[str, float]:
    """Return what these data could have seen: by exposure, numbers of answers and their spread alone.

    Two groups in which everybody and nobody takes part would tell as much with `2 x sum of squares` answers each, where
    the squares are of the exposure that units and waves leave over. That number is divided by how much more unit means
    move from wave to wave than their answers alone would make them; the degrees of freedom are those of the headline.
    """
    seen: Mapping[str, Any] = main.diagnostics
    sd = float(seen["sd_residual"])
    left = sd**2 / float(seen["covariance_classical"].loc[CHANGE, CHANGE])
    waving = try_fit(estimate_regression, cells, f"skor ~ {CHANGE}", absorb=CELL, weights="n", errors="classical")
    around = answers["skor"] - answers.groupby(CELL, observed=True)["skor"].transform("mean")
    alone = float((around**2).sum()) / (len(answers) - len(cells))
    noise: Mapping[str, Any] = {"sd_residual": 0.0} if waving is None else waving.diagnostics
    extra = max(1.0, float(noise["sd_residual"]) ** 2 / alone)
    groups = float(seen["df"][CHANGE]) / 2 + 1  # so that a comparison of two groups has as many degrees of freedom
    size = sd * (len(answers) * extra / (2 * left)) ** 0.5  # what an effect is to a group of all answers
    last = cells.groupby("unit_id", observed=True).last()
    treated = float(last["ikut"].sum())
    counts = {"n_treated": treated, "n_control": float(last["pegawai"].sum()) - treated, "n_units": float(len(last))}
    group: Mapping[str, Any] = {"n": len(answers), "clusters": groups, "alpha": plan.alpha}
    power = plan_sample(effect=plan.smallest_effect / size, **group).power if plan.smallest_effect else float("nan")
    return {"effect": plan_sample(**group).effect * size, "power": power, **counts}


def _say_limits(plan: StudyPlan) -> tuple[str, ...]:
    """Return what such a study cannot show, however well the survey was run."""
    said = [
        _("Jawaban anonim dan tidak terhubung dengan orang; yang diketahui hanya bagian pegawai unit yang sudah ikut."),
        _("Peserta sendiri yang menilai iklim: jawaban dapat menjadi lebih ramah tanpa iklim berubah."),
        _("Jika iklim bagi rekan yang tidak ikut juga berubah, perubahan itu terhitung sebagai perubahan peserta."),
        _("Hal lain yang berubah di unit pada waktu itu, seperti pimpinan baru atau program lain, ikut terhitung."),
        _("Yang tidak menjawab tidak dikenal; bila yang kecewa berhenti menjawab, iklim tampak membaik."),
    ]
    if plan.status:
        said.append(_("Status kepegawaian tidak tercatat pada jawaban, jadi semua pegawai ikut dihitung."))
    return tuple(said)
