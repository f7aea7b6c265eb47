"""The study of retention: whether fewer people leave of their own will once a programme has begun.

Moving to another office and resigning are voluntary; retirement, death and dismissal end the observation and compete.
The programme counts from the period after the first event on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import (
    Estimate,
    estimate_hazard,
    estimate_regression,
    sensitivity_evalue,
)
from kinerja_lib.intervals import share_difference
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP, hide_share
from kinerja_lib.schema import COVARIATE, Dataset
from kinerja_lib.studies.leaving import find_leaving
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import build_exposed, choose_programme, find_gaps
from kinerja_lib.studies.result import (
    Check,
    Study,
    excludes_zero,
    join_rows,
    name_programme,
    read_truth,
    read_values,
    tidy_row,
)
from kinerja_lib.studies.spells import Spells, build_spells, split_periods, split_states
from kinerja_lib.studies.verdict import decide, interval_at

FEWEST_EXITS = 10  # voluntary exits in all below which nothing is estimated
SMALLEST = -float(np.log(0.8))  # smallest effect worth having: a fifth fewer exits, as a log hazard ratio
PER_TERM = 5  # exits for each term of the model (Vittinghoff and McCulloch 2007, Am. J. Epidemiology 165(6))
KNOWN = 0.9  # share of people of whom a covariate must be known, so that it costs few of them
UNKNOWN = 0.2  # share of exits without date or reason above which those with both tell too little
FAR = 1.0  # distance of the two groups' covariates, in SD, above which no model makes them alike (Rubin 2001: 0.5)
COMMON = 0.15  # share with the outcome above which a hazard ratio is no risk ratio (VanderWeele and Ding 2017)
CHANGING = 0.01  # p of a hazard ratio that changes with time
FALLS = np.linspace(0.001, 3.0, 3000)  # of the log hazard, from a thousandth less to a twentieth of what it was
ORDER = ("usia", "pppk", "perempuan", "masa_kerja")  # of covariates, when exits are too few for all


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows by state of treatment and by period, and the terms that both models adjust for."""

    states: pd.DataFrame
    periods: pd.DataFrame
    terms: tuple[str, ...]
    dropped: dict[str, int]


def study_retention(data: Dataset, plan: StudyPlan | None = None) -> Study:
    """Study whether fewer people leave of their own will once they have had a programme.

    Parameters
    ----------
    data : Dataset
        `pegawai` with `tanggal_keluar` and `alasan_keluar`, `penilaian` (who was there in which period), `kegiatan`.
        Adjusted for where known: `tanggal_lahir`, `jenis_kelamin`, `status`, `tmt_cpns`, and `x_` columns.
    plan : StudyPlan, optional
        Programme, population, periods, level, minimum service; without it the defaults. Outcome and smallest effect
        of the plan are not used: the smallest effect worth having is a fifth fewer exits.

    Returns
    -------
    Study
        The headline is the log of the cause-specific hazard ratio of voluntary exit (`estimate_hazard`; calendar time,
        delayed entry): below 0, fewer leave. The second estimator is the change in the probability of leaving in a
        period, per 100 people (`estimate_regression`). `detail`: `evalue`, and what
        `kinerja_lib.studies.leaving.find_leaving` gives. What the data lack is a reason of "cannot_say", never an
        error.

    Raises
    ------
    CallError
        The plan names a programme that does not exist.

    References
    ----------
    Suissa (2008), American Journal of Epidemiology 167(4), for time that must be survived to take part; Prentice et al.
    (1978), Biometrics 34(4), for cause-specific hazards; Schoenfeld (1983), Biometrics 39(2), for what can be seen.

    Examples
    --------
    >>> from kinerja_lib.synth import build_agency
    >>> study = study_retention(build_agency(seed=2))
    >>> study.design, study.programme, study.headline["unit"].tolist()
    ('comparative', 'coaching', ['log rasio hazard'])
    """
    plan = StudyPlan() if plan is None else plan
    programme = choose_programme(data, plan)
    study = Study("retention", programme=programme, better=-1, truth=_find_truth(data, programme))
    study = replace(study, outcome=_("keluar atas kemauan sendiri"), unit=_("log rasio hazard"))
    gaps = _find_gaps(data, programme)
    if gaps:
        return replace(study, why=gaps)
    try:
        exposed = build_exposed(data, plan, programme)
        if exposed.rows.empty:
            return replace(study, dropped=exposed.dropped, why=("few_people",))
        spells = build_spells(exposed, data, plan.minimum_service)
        study = replace(study, dropped={**exposed.dropped, **spells.dropped, **_count_unknown(data, spells)})
        return _study_exits(study, spells, plan)
    except KinerjaError as error:
        return replace(study, why=(str(error),))


def _find_truth(data: Dataset, programme: str) -> dict[str, float]:
    """Return the planted truth; the headline's where a change of the hazard was planted for the programme."""
    truth = read_truth(data.keterangan)
    planted = f"{programme}_exit"
    return truth | {"headline": truth[planted]} if planted in truth else truth


def _find_gaps(data: Dataset, programme: str) -> tuple[str, ...]:
    """Return the codes of what is missing before anything can be counted."""
    found = [code if code != "no_outcome" else "no_presence" for code in find_gaps(data, programme)]
    if "no_people" not in found and not _tell_exits(data):
        found.append("no_dates")
    return tuple(found)


def _tell_exits(data: Dataset) -> bool:
    """Tell whether dates and reasons of exits are there for nearly all who left."""
    staff = data["pegawai"]
    if not {"tanggal_keluar", "alasan_keluar"} <= set(staff.columns):
        return False
    dated, told = staff["tanggal_keluar"].notna(), staff["alasan_keluar"].notna()
    left = int((dated | told).sum())
    return left == 0 or int((dated & told).sum()) >= (1 - UNKNOWN) * left


def _count_unknown(data: Dataset, spells: Spells) -> dict[str, int]:
    """Return how many exits could not be counted for want of a date or a reason."""
    staff = data["pegawai"]
    counts = {
        _("keluar tanpa tanggal (dianggap bekerja sampai periode terakhirnya)"): int(
            (staff["tanggal_keluar"].isna() & staff["alasan_keluar"].notna()).sum()
        ),
        _("keluar tanpa alasan (tidak dihitung sebagai kemauan sendiri)"): int(
            (spells.people["alasan"] == "tidak_diketahui").sum()
        ),
    }
    return {reason: count for reason, count in counts.items() if count}


def _study_exits(study: Study, spells: Spells, plan: StudyPlan) -> Study:
    people, states = spells.people, split_states(spells.people)
    why = _find_faults(people, states, spells)
    if why:
        design = "pre_post" if why[0] == "all_at_once" else ""
        said = decide({"conf_low": np.nan, "conf_high": np.nan}, better=study.better, design=design)
        return replace(study, design=design, why=(*why, *(said.why if design else ())))
    study = replace(study, design="comparative")
    exits = states.groupby("ikut")["keluar"].sum()
    if exits.sum() < FEWEST_EXITS or exits.min() < MIN_GROUP:
        return replace(study, why=("few_exits",))
    rows = _choose_rows(states, split_periods(people, spells.periods))
    study = replace(study, dropped={**study.dropped, **rows.dropped}, reach=plan_exits(rows.periods, plan.alpha))
    main = _estimate_main(rows, study.programme)
    second = _estimate_second(rows, study.programme)
    naive = _estimate_naive(people, study.programme)
    table = join_rows([
        tidy_row(main.table.iloc[[0]], role="main", unit=study.unit, headline=True),
        tidy_row(second.table.iloc[[0]], role="second", unit=_("orang per 100 pegawai tiap periode")),
        naive,
    ])  # fmt: skip
    checks, evalue = _check_exits(rows, main, second)
    detail = {"evalue": evalue, **find_leaving(people, states, spells.periods)}
    said = decide(
        interval_at(main.table.iloc[0], np.inf, plan.alpha),
        better=-1,
        design="comparative",
        checks=checks,
        smallest=SMALLEST,
    )
    study = replace(study, pooled=main, second=second, naive=naive, table=table, checks=checks, detail=detail)
    study = replace(study, estimand=main.estimand, limits=say_limits(study, plan))
    return replace(study, verdict=said.verdict, why=said.why)


def _find_faults(people: pd.DataFrame, states: pd.DataFrame, spells: Spells) -> tuple[str, ...]:
    """Return the codes of why nobody can be compared with anybody."""
    treated = states[states["ikut"] == 1]
    if not people["pernah"].any():
        return ("no_treated",)
    if len(spells.periods) < 2:
        return ("one_period",)
    if treated.empty:
        return ("no_after",)
    if (states["ikut"] == 1).all():
        return ("no_comparison",)
    others = states[states["ikut"] == 0]
    if others["stop"].max() <= treated["entry"].min():
        return ("all_at_once",)
    if min(treated["pegawai_id"].nunique(), others["pegawai_id"].nunique()) < MIN_GROUP:
        return ("few_people",)
    return ()


def _choose_rows(states: pd.DataFrame, periods: pd.DataFrame) -> _Rows:
    """Return the rows with the terms that the exits can bear: known, varying, in a fixed order, one for each five.

    Where one of two kinds of people has no exit at all, its hazard is nil and its rows tell nothing of the programme:
    they are left out, which is what the maximum of the likelihood comes to.
    """
    own = [str(name) for name in states if str(name).startswith(COVARIATE)]
    held = [name for name in (*ORDER, *own) if name in states and states[name].notna().mean() >= KNOWN]
    dropped: dict[str, int] = {}
    whole = states[held].notna().all(axis=1)
    if not whole.all():
        dropped[_("pegawai dengan keterangan yang tidak lengkap")] = states.loc[~whole, "pegawai_id"].nunique()
    keep = whole
    for name in held:
        if states.loc[keep, name].nunique() == 2:
            leave = states.loc[keep & states["keluar"], name].unique()
            empty = keep & ~states[name].isin(leave)
            if empty.any():
                reason = _("pegawai dari golongan yang tidak seorang pun keluar atas kemauan sendiri")
                dropped[reason] = dropped.get(reason, 0) + states.loc[empty, "pegawai_id"].nunique()
                keep = keep & ~empty
    varying = [name for name in held if states.loc[keep & states["keluar"], name].nunique() > 1]
    most = max(int(states.loc[keep, "keluar"].sum()) // PER_TERM - 1, 0)
    if len(varying) > most:
        dropped[_("keterangan yang tidak ikut disetarakan karena yang keluar terlalu sedikit")] = len(varying) - most
    kept = states.loc[keep, "pegawai_id"]
    return _Rows(
        states[keep].reset_index(drop=True),
        periods[periods["pegawai_id"].isin(kept)].reset_index(drop=True),
        tuple(varying[:most]),
        dropped,
    )


def _formula(terms: tuple[str, ...]) -> str:
    return " + ".join(["ikut", *(f"`{name}`" for name in terms)])


def _name_term(estimate: Estimate, programme: str, people: int, scale: float = 1.0) -> Estimate:
    """Return the estimate with the programme's name for its term, and the number of people for n."""
    table = estimate.table.copy()
    table["term"] = table["term"].where(table["term"] != "ikut", programme)
    table = pd.concat([table[table["term"] == programme], table[table["term"] != programme]], ignore_index=True)
    table[["estimate", "std_error", "conf_low", "conf_high"]] *= scale
    return replace(estimate, table=table.assign(n=people))


def _estimate_main(rows: _Rows, programme: str) -> Estimate:
    found = estimate_hazard(
        rows.states, _formula(rows.terms), duration="stop", entry="entry", event="keluar", cluster="pegawai_id"
    )
    found = _name_term(found, programme, rows.states["pegawai_id"].nunique())
    estimand = _("log rasio hazard keluar atas kemauan sendiri sejak periode sesudah {programme} pertama")
    return replace(found, estimand=estimand.format(programme=name_programme(programme)), design="comparative")


def _estimate_second(rows: _Rows, programme: str) -> Estimate:
    """Return the change in the probability of leaving in a period, per 100 people (linear, period effects)."""
    part = rows.periods.assign(keluar=rows.periods["keluar"].astype("float64"))
    found = estimate_regression(part, f"keluar ~ {_formula(rows.terms)}", absorb="periode", cluster="pegawai_id")
    found = _name_term(found, programme, part["pegawai_id"].nunique(), 100.0)
    estimand = _("selisih peluang keluar atas kemauan sendiri dalam satu periode, orang per 100 pegawai")
    return replace(found, estimand=estimand, design="comparative")


def _estimate_naive(people: pd.DataFrame, programme: str) -> pd.DataFrame:
    """Return the shares that left, who ever took part less who never did: those who stay have longer to take part."""
    ever, left = people["pernah"], people["keluar"]
    k, n = (int((left & ever).sum()), int((left & ~ever).sum())), (int(ever.sum()), int((~ever).sum()))
    if any(hide_share(few, many) for few, many in zip(k, n, strict=True)):
        return join_rows([])
    found = share_difference(k, n)
    shares = np.array(k) / np.array(n)
    error = 100 * float(np.sqrt((shares * (1 - shares) / np.array(n)).sum()))
    row = {"term": programme, "group": "", "estimate": found.value, "std_error": error}
    row |= {"conf_low": found.conf_low, "conf_high": found.conf_high, "p_value": np.nan, "n": found.n}
    return tidy_row(pd.DataFrame([row]), role="naive", unit=_("orang per 100 pegawai"), naive=True)


def plan_exits(
    periods: pd.DataFrame, alpha: float = 0.05, power: float = 0.8, smallest: float = SMALLEST
) -> dict[str, float]:
    """Return which fall of the log hazard the exits could have shown at all, whoever they were.

    Schoenfeld (1983), Biometrics 39(2): the error of the log hazard ratio is 1 / sqrt(events * p (1 - p)), with p the
    share of the exits that are expected after the start: at no effect the share of the time at risk, less the larger
    the effect is. Where fewer than five are left after the start, nothing is said, which counts against the power.

    Parameters
    ----------
    periods : DataFrame
        As `split_periods` gives it.
    alpha, power : float
        Two-sided level; power of the smallest detectable effect.
    smallest : float
        Fall of the log hazard whose power is told.

    Returns
    -------
    dict
        effect (fall of the log hazard, above 0; left out where no fall reaches the power), power (for `smallest`),
        smallest, events, n_treated and n_control (people with time at risk after the start, and without any).

    Examples
    --------
    >>> part = pd.DataFrame({"pegawai_id": range(2000), "periode": "A", "entry": 0, "stop": 9, "keluar": True})
    >>> found = plan_exits(part.assign(ikut=part.index % 2))
    >>> round(found["effect"], 3), round(found["power"], 3)
    (0.125, 0.999)
    """
    days = periods["stop"] - periods["entry"]
    total = days.groupby(periods["periode"]).sum()
    share = ((days * periods["ikut"]).groupby(periods["periode"]).sum() / total).to_numpy()
    events = float(periods["keluar"].sum())
    exits = events * (total / total.sum()).to_numpy()
    treated = periods.loc[periods["ikut"] == 1, "pegawai_id"].nunique()
    others = periods["pegawai_id"].nunique() - treated
    known = {"events": events, "n_treated": float(treated), "n_control": float(others), "smallest": smallest}
    known["power"] = float(find_power(exits, share, np.array([smallest]), alpha)[0])
    reached = FALLS[find_power(exits, share, FALLS, alpha) >= power]
    return known | ({"effect": float(reached[0])} if len(reached) else {})


def find_power(exits: np.ndarray, share: np.ndarray, falls: np.ndarray, alpha: float) -> np.ndarray:
    """Return for each fall of the log hazard the chance that it is seen.

    Every number of exits after the start belongs to an estimated fall, with the error of Schoenfeld (1983) at that
    fall. The numbers for which the interval lies below zero, and which may be shown, have a binomial chance.

    Parameters
    ----------
    exits, share : array
        By period: exits expected, and share of the time at risk that is after the start.
    falls : array
        How much lower the log hazard is after the start.
    alpha : float
        Two-sided level.

    Examples
    --------
    >>> find_power(np.array([631.0]), np.array([0.5]), np.array([-np.log(0.8)]), 0.05).round(1)
    array([0.8])
    """
    from scipy import stats

    after = _share_after(share, FALLS)
    sure = FALLS * np.sqrt((exits * after * (1 - after)).sum(axis=1)) >= stats.norm.ppf(1 - alpha / 2)
    if not sure.any():
        return np.zeros(len(falls))
    seen = (exits * after).sum(axis=1)[sure]
    low, high = max(np.ceil(seen.min()), MIN_GROUP), np.floor(seen.max())
    events = round(float(exits.sum()))
    chance = (exits * _share_after(share, falls)).sum(axis=1) / exits.sum()
    found = stats.binom.cdf(high, events, chance) - stats.binom.cdf(low - 1, events, chance)
    return np.asarray(np.maximum(found, 0.0))


def _share_after(share: np.ndarray, falls: np.ndarray) -> np.ndarray:
    """Return the share of exits that is after the start, by fall (row) and period (column)."""
    weight = share * np.exp(-falls)[:, None]
    return np.asarray(weight / (1 - share + weight))


def _check_exits(rows: _Rows, main: Estimate, second: Estimate) -> tuple[tuple[Check, ...], object]:
    """Return the checks of the design, and the E-value."""
    row, other = main.table.iloc[0], second.table.iloc[0]
    sure = excludes_zero(row) and excludes_zero(other)
    agreed = Check("second", not (sure and row["estimate"] * other["estimate"] < 0), values=read_values(other))
    common = rows.states.groupby("pegawai_id")["keluar"].any().mean() > COMMON
    ratio, low, high = (float(np.exp(row[name])) for name in ("estimate", "conf_low", "conf_high"))
    evalue = sensitivity_evalue(ratio, low=low, high=high, scale="HR_common" if common else "HR")
    numbers = {"point": float(evalue.point), "limit": float(evalue.limit or 1.0), "n": float(row["n"])}
    hidden = Check("sensitivity", None, blocking=False, values=numbers)
    return (_check_overlap(rows), _check_proportional(main), agreed, hidden), evalue


def _check_overlap(rows: _Rows) -> Check:
    """Ask how far apart the covariates of people after the start and of the others lie (Mahalanobis distance)."""
    n = float(rows.states["pegawai_id"].nunique())
    if not rows.terms:
        return Check("overlap", None)
    values = rows.states[list(rows.terms)].to_numpy("float64")
    own, others = (values[rows.states["ikut"] == level] for level in (1, 0))
    gap = own.mean(axis=0) - others.mean(axis=0)
    spread = (np.cov(own.T) + np.cov(others.T)).reshape(len(gap), len(gap)) / 2
    distance = float(np.sqrt(gap @ np.linalg.pinv(spread) @ gap))
    return Check("overlap", distance <= FAR, values={"distance": distance, "n": n})


def _check_proportional(main: Estimate) -> Check:
    """Ask whether the ratio changes with time; the headline is then a mean over time, which is still an answer."""
    found = main.diagnostics["zph"]
    row = found[found["term"] == "ikut"]  # type: ignore[index]
    if row.empty:
        return Check("proportional", None, blocking=False)
    p_value = float(row["p_value"].iloc[0])
    values = {"p_value": p_value, "n": float(main.table["n"].iloc[0])}
    return Check("proportional", p_value >= CHANGING, blocking=False, values=values)


def say_limits(study: Study, plan: StudyPlan) -> tuple[str, ...]:
    """Return what such a study of exits cannot show."""
    said = [
        _("Tidak ada yang diundi: yang berniat keluar mungkin tidak ikut, dan niat itu tidak tercatat."),
        _("Usul pindah tidak ada dalam data; hanya yang benar-benar keluar yang terhitung."),
        _("Keluar yang sukarela tidak selalu merugikan kantor, dan mutasi dapat juga atas perintah."),
        _("Peserta dihitung sejak periode sesudah kegiatan pertamanya; lama dan mutu kegiatan tidak dibedakan."),
        _("Bila seunit cenderung keluar bersama, selang sebenarnya lebih lebar daripada yang tertulis."),
    ]
    if "effect" not in study.reach:
        said.append(_("Dengan keluar sesedikit ini, penurunan sebesar apa pun tidak dapat diandalkan akan terlihat."))
    if not plan.minimum_service:
        said.append(_("Masa kerja minimal sebelum boleh pindah tidak diperhitungkan: rencana tidak menyebutnya."))
    changing = study.check("proportional")
    if changing is not None and changing.passed is False:
        said.append(_("Rasio hazard berubah menurut waktu: angka utama adalah rata-ratanya selama masa pengamatan."))
    if study.naive.empty:
        said.append(_("Perbandingan sederhana tidak ditampilkan, karena salah satu bagiannya kurang dari lima orang."))
    return tuple(said)
