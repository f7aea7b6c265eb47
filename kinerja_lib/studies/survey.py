"""The survey as the study of climate needs it: a score per answer, and how much of the programme its unit has had.

Answers are anonymous: a respondent's id holds within one wave. What is known of an answer is its unit and its wave.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
import pandas as pd

from kinerja_lib.climate import find_null_variance, spread_answers, to_pomp
from kinerja_lib.intervals import mean_interval
from kinerja_lib.language import _
from kinerja_lib.panels import find_scale
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import build_exposed, is_inside
from kinerja_lib.studies.result import keep_rows
from kinerja_lib.vocabulary import Period, sort_periods

CELL = ["unit_id", "periode"]
LEAST_ANSWERED = 0.5  # share of the items below which an answer gives no score
FEWEST_UNITS = 4  # units whose share of the programme changes
SAME = 1e-9  # shares nearer than this are equal


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """One instrument over its waves.

    Attributes
    ----------
    rows : DataFrame
        A row an answer: `unit_id`, `periode`, the items, `skor` (mean of the items that were answered, each less its
        mean over all waves, so that a skipped item does not move it; in points of the answer scale).
    items : tuple of str
        Items asked in every wave, those without any variation left out.
    waves : tuple of str
        Periods of the waves in the order of time.
    null_variance : float
        Variance of an item if all answered at random.
    scale : tuple of float
        Lowest and highest answer.
    dropped : mapping of str to int
        What was left out, by reason.
    """

    rows: pd.DataFrame
    items: tuple[str, ...]
    waves: tuple[str, ...]
    null_variance: float
    scale: tuple[float, float]
    dropped: dict[str, int]


def read_survey(data: Dataset, plan: StudyPlan) -> Survey | None:
    """Return the instrument that most people answered, in the plan's units and periods; None without answers."""
    if not data.has("survei", "skor"):
        return None
    rows = data["survei"]
    rows = rows[rows["skor"].notna() & rows["periode"].map(lambda text: is_inside(str(text), plan))]
    if plan.units:
        rows = rows[rows["unit_id"].isin(plan.units)]
    if rows.empty:
        return None
    people = rows.drop_duplicates(["instrumen", "periode", "responden_id"])
    name = str(people["instrumen"].value_counts().sort_index().idxmax())
    scale = find_scale(rows, name)
    rows = rows[rows["instrumen"] == name]
    asked = rows.groupby("butir", observed=True)["periode"].nunique()
    kept = asked.index[asked == rows["periode"].nunique()]
    varied = [str(item) for item in kept if rows.loc[rows["butir"] == item, "skor"].nunique() > 1]
    dropped = {_("butir yang tidak ditanyakan di semua gelombang"): len(asked) - len(kept)}
    dropped[_("butir yang dijawab sama oleh semua orang")] = len(kept) - len(varied)
    wide = spread_answers(rows[rows["butir"].isin(varied)], CELL) if varied else pd.DataFrame(columns=CELL)
    waves = tuple(sort_periods(rows["periode"].unique()))
    wide, few = _score(wide, varied)
    dropped[_("jawaban yang mengisi kurang dari separuh butir")] = few
    null = find_null_variance(scale) if scale[1] > scale[0] else float("nan")
    return Survey(wide, tuple(varied), waves, null, scale, {reason: n for reason, n in dropped.items() if n})


def _score(wide: pd.DataFrame, items: list[str]) -> tuple[pd.DataFrame, int]:
    """Return the answers with their score, and how many gave none."""
    answers = wide[items]
    enough = answers.notna().mean(axis=1) >= LEAST_ANSWERED if items else pd.Series(dtype=bool)
    wide = wide.assign(skor=(answers - answers.mean()).mean(axis=1))[enough]
    return wide.reset_index(drop=True), int((~enough).sum())


def build_pomp(survey: Survey) -> pd.DataFrame:
    """Return the score of each wave in per cent of the maximum possible, of all who answered.

    Returns
    -------
    DataFrame
        `periode`, `estimate`, `conf_low`, `conf_high` (95 %, answers as independent), `n` (answers); a row a wave with
        five answers or more. Empty where the answers have no range.
    """
    levels = []
    for wave in survey.waves if survey.scale[0] < survey.scale[1] else ():
        answers = survey.rows.loc[survey.rows["periode"] == wave, list(survey.items)]
        if len(answers) >= MIN_GROUP:
            levels.append((wave, *astuple(to_pomp(mean_interval(answers.mean(axis=1)), survey.scale))))
    return pd.DataFrame(levels, columns=["periode", "estimate", "conf_low", "conf_high", "n"])


def build_cells(survey: Survey, data: Dataset, plan: StudyPlan, programme: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the units and waves that can be compared, and what was left out.

    Returns
    -------
    cells : DataFrame
        A row a unit and wave with five answers or more, of units with two such waves: `unit_id`, `periode`, `n`
        (answers), `skor` (their mean), `pegawai` (staff of the unit in the wave's period), `ikut` (those of them who
        have had the programme by then), `bagian` (their share), `gelombang` (place of the wave).
    dropped : dict
        Reason -> units and waves, or units.
    """
    staff = _count_staff(survey, data, plan, programme)
    cells = survey.rows.groupby(CELL, as_index=False).agg(n=("skor", "size"), skor=("skor", "mean"))
    cells = cells.merge(staff, on=CELL, how="left")
    dropped: dict[str, int] = {}
    enough = _("unit dan gelombang dengan kurang dari lima jawaban")
    cells = keep_rows(cells, cells["n"] >= MIN_GROUP, enough, dropped)
    cells = keep_rows(cells, cells["pegawai"].notna(), _("unit dan gelombang tanpa daftar pegawai"), dropped)
    twice = cells.groupby("unit_id")["periode"].transform("size") > 1
    cells = keep_rows(cells, twice, _("unit dengan satu gelombang saja"), dropped)
    place = {wave: at for at, wave in enumerate(survey.waves)}
    cells = cells.assign(gelombang=cells["periode"].astype("object").map(place).astype("int64"))
    return cells.sort_values(["unit_id", "gelombang"], ignore_index=True), dropped


def _count_staff(survey: Survey, data: Dataset, plan: StudyPlan, programme: str) -> pd.DataFrame:
    """Return staff, and those who have had the programme, of each unit and wave.

    Staff are those who were appraised, or still there at the end: who left before is not asked. A plan's status of
    employment is not applied: answers do not carry it.
    """
    rows = build_exposed(data, replace(plan, status=""), programme).rows
    rows = rows[rows["keluar"].isna() | rows["ordinal"].notna() | rows["nilai"].notna()]
    of_wave = {wave: find_period(wave, rows["periode"].unique()) for wave in survey.waves}
    parts = [rows[rows["periode"] == period].assign(periode=wave) for wave, period in of_wave.items()]
    staff = pd.concat(parts).groupby(CELL, as_index=False).agg(pegawai=("ikut", "size"), ikut=("ikut", "sum"))
    return staff.assign(bagian=staff["ikut"] / staff["pegawai"])


def find_period(wave: str, periods: np.ndarray) -> str:
    """Return the period whose staff a wave asked: its own, else the last that lies in it or holds it; empty if none.

    Examples
    --------
    >>> find_period("2025", np.array(["2024-S2", "2025-S1", "2025-S2"])), find_period("2023", np.array(["2024"]))
    ('2025-S2', '')
    """
    if wave in periods:
        return wave
    own = Period.parse(wave)
    near = [name for name in sort_periods(periods) if Period.parse(name) in own or own in Period.parse(name)]
    return near[-1] if near else ""


def find_faults(survey: Survey, cells: pd.DataFrame) -> tuple[str, ...]:
    """Return the codes of why these units cannot answer."""
    if len(survey.waves) < 2:
        return ("one_wave",)
    if cells.empty:
        return ("few_units",)
    if cells["ikut"].sum() == 0:
        return ("no_treated",)
    change = cells["bagian"] - cells.groupby("unit_id")["bagian"].transform("first")
    moved = cells.loc[change.abs() > SAME, "unit_id"].nunique()
    if moved == 0:
        return ("no_before",)
    by_wave = change.groupby(cells["gelombang"])
    if moved == cells["unit_id"].nunique() and (by_wave.max() - by_wave.min() <= SAME).all():
        return ("all_at_once",)
    if moved < FEWEST_UNITS:
        return ("few_units",)
    last = cells.groupby("unit_id").last()
    if min(last["ikut"].sum(), (last["pegawai"] - last["ikut"]).sum()) < MIN_GROUP:
        return ("few_people",)
    return ()
