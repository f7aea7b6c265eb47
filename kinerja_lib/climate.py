"""Climate of a scope in the last wave of its survey: score, change, agreement, how many answered.

The score is in per cent of what was possible (POMP): 0 where all gave the lowest answer that anybody gave on the
instrument, 100 where all gave the highest. Groups under five who answered are in no number of agreement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.development import last_period
from kinerja_lib.errors import DataError
from kinerja_lib.estimate.reliability import estimate_agreement
from kinerja_lib.intervals import Level, change_interval, mean_interval
from kinerja_lib.language import _, mark
from kinerja_lib.measures import has_people
from kinerja_lib.panels import find_scale, survey_form, survey_sample, why_no_survey_change
from kinerja_lib.privacy import MIN_GROUP, hide_share, is_small
from kinerja_lib.scope import Scope, find_appraised
from kinerja_lib.vocabulary import Period, sort_periods

LABELS = {
    "score": mark("Skor iklim"),
    "change": mark("Perubahan skor (poin)"),
    "agency": mark("Skor iklim seluruh instansi"),
    "agreement": mark("Kesepakatan di dalam unit ini, rwg(j)"),
    "mean_agreement": mark("Kesepakatan di dalam unit, rata-rata rwg(j)"),
    "icc1": mark("Perbedaan antarunit, ICC(1)"),
    "icc2": mark("Keandalan rata-rata unit, ICC(2)"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Climate:
    """The last wave of a scope's survey up to its period.

    Attributes
    ----------
    table : DataFrame
        One row a measure, those that can be shown: `key`, `label`, `value`, `conf_low`, `conf_high`, `n`
        (respondents; missing where it would tell of one to four). "score" and "agency" are 0 to 100, "change" in
        points of it, "agreement" (rwg(j) of the scope's people taken together; "mean_agreement" over units for the
        agency), "icc1" and "icc2" (over all units with five respondents or more) 0 to 1.
    period : Period
        The wave.
    since : Period or None
        The wave before; None where there is none.
    scale : pair of float
        Lowest and highest answer that anybody ever gave on the instrument.
    response : float or None
        Per cent of the people appraised in the wave's period who answered; None where it may not or cannot be told.
    asked : int or None
        Those people.
    why : str
        Why there is no change, as a sentence; empty where there is.
    hidden : bool
        Whether under five answered: then the table is empty.
    """

    table: pd.DataFrame
    period: Period
    since: Period | None
    scale: tuple[float, float]
    response: float | None
    asked: int | None
    why: str
    hidden: bool


def build_climate(scope: Scope) -> Climate | None:
    """Return the climate of a scope in the last wave of the survey up to its period.

    Parameters
    ----------
    scope : Scope
        From `build_scope`. The instrument is the one that most of the scope answered in that wave.

    Returns
    -------
    Climate or None
        None without answers of the scope.

    References
    ----------
    POMP: Cohen et al. (1999), Multivariate Behavioral Research 34(3). rwg(j): James, Demaree and Wolf (1984), Journal
    of Applied Psychology 69(1); null: all answers equally likely.

    Examples
    --------
    >>> from kinerja_lib.scope import build_scope
    >>> from kinerja_lib.synth import build_agency
    >>> build_climate(build_scope(build_agency(people=300, units=3, periods=3))).table["key"].tolist()
    ['score', 'change', 'mean_agreement', 'icc1', 'icc2']
    """
    if not has_people(scope.data) or not scope.data.has("survei", "skor"):
        return None
    rows = scope.data["survei"]
    rows = rows[rows["skor"].notna()]
    found = last_period(rows["periode"], scope.period)
    form = None if found is None else survey_form(scope, rows, Period.parse(found))
    if found is None or form is None:
        return None
    period, scale = Period.parse(found), find_scale(rows, form[0])
    now = survey_sample(scope, rows, period, form[0])
    wave = rows[(rows["periode"] == found) & (rows["instrumen"] == form[0])]
    since, change, why = _compare(scope, rows, form, period)
    response, asked = _response(scope, period, now.level.n)
    hidden = now.hidden or scale[0] >= scale[1]
    parts = {} if hidden else {"score": to_pomp(now.level, scale), **_change_row(change, scale)}
    if not hidden:
        parts |= _agency_row(scope, wave, scale, now.level.n) | _agreement_rows(scope, wave, scale)
    return Climate(_tabulate(parts), period, since, scale, response, asked, why, hidden)


def to_pomp(level: Level, scale: tuple[float, float]) -> Level:
    """Return a mean of answers in per cent of the maximum possible: 0 at the lowest answer, 100 at the highest.

    Examples
    --------
    >>> to_pomp(Level(4.0, 3.5, 4.5, 9), (1.0, 5.0))
    Level(value=75.0, conf_low=62.5, conf_high=87.5, n=9)
    """
    low, high = scale
    value, start, end = (100 * (x - low) / (high - low) for x in (level.value, level.conf_low, level.conf_high))
    return Level(value, max(start, 0.0), min(end, 100.0), level.n)


def _change_row(change: Level | None, scale: tuple[float, float]) -> dict[str, Level]:
    if change is None:
        return {}
    size = 100 / (scale[1] - scale[0])
    return {"change": Level(change.value * size, change.conf_low * size, change.conf_high * size, change.n)}


def _compare(
    scope: Scope, rows: pd.DataFrame, form: tuple[str, frozenset[str]], period: Period
) -> tuple[Period | None, Level | None, str]:
    """Return the wave before, the change since in the unit of the answers, and why there is none."""
    earlier = [wave for wave in map(Period.parse, sort_periods(rows["periode"].unique())) if wave < period]
    if not earlier:
        return None, None, _("Belum ada survei sebelumnya.")
    since = earlier[-1]
    before, now = survey_sample(scope, rows, since, form[0]), survey_sample(scope, rows, period, form[0])
    why = why_no_survey_change(scope, rows, form, since, before)
    if not why and before.hidden:
        why = _("Data {period} menyangkut kurang dari {n} orang.").format(period=since.label, n=MIN_GROUP)
    return since, None if why or now.hidden else change_interval(before.values, now.values), why


def _response(scope: Scope, period: Period, answered: int) -> tuple[float | None, int | None]:
    people = find_appraised(scope.data, [str(period)], None if scope.is_agency else scope.members)
    asked = int(people["pegawai_id"].nunique())
    if asked < answered or hide_share(answered, asked):
        return None, None
    return 100 * answered / asked, asked


def _agency_row(scope: Scope, wave: pd.DataFrame, scale: tuple[float, float], n: int) -> dict[str, Level]:
    """Return the agency's score; none where it would, with the unit's, tell of one to four others."""
    if scope.is_agency:
        return {}
    level = mean_interval(wave.groupby("responden_id")["skor"].mean())
    return {} if is_small(level.n - n) or level.n == n else {"agency": to_pomp(level, scale)}


def _agreement_rows(scope: Scope, wave: pd.DataFrame, scale: tuple[float, float]) -> dict[str, Level]:
    answers = spread_answers(wave, ["unit_id"])
    null = find_null_variance(scale)
    rows = {}
    if not scope.is_agency:
        own = answers[answers["unit_id"].isin(scope.members)].drop(columns="unit_id")
        rows["agreement"] = measure_agreement(own, null)
    total = len(answers)
    answers = answers.dropna()
    answers = answers[answers.groupby("unit_id")["unit_id"].transform("size") >= MIN_GROUP]
    try:
        items = [str(name) for name in answers if name != "unit_id"]
        result = estimate_agreement(answers.reset_index(drop=True), group="unit_id", items=items, null_variance=null)
    except DataError:  # one unit, or no differences: nothing to tell units by
        return rows
    each = {row["term"]: row for row in result.table.to_dict("records")}
    n = 0 if is_small(total - len(answers)) else len(answers)
    wanted = {"mean_agreement": "rwg_mean", "icc1": "icc1", "icc2": "icc2"}
    for key, term in wanted.items():
        row = each[term]
        rows[key] = Level(float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]), n)
    return rows if scope.is_agency else {key: level for key, level in rows.items() if key != "mean_agreement"}


def spread_answers(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return a row a respondent (`responden_id` as index): the keys, then a column an item."""
    wide = rows.pivot_table(index=["responden_id", *keys], columns="butir", values="skor", observed=True)
    return wide.reset_index(keys)


def find_null_variance(scale: tuple[float, float]) -> float:
    """Return the variance of an item if all answered at random: (A^2 - 1) / 12 for A equally likely answers."""
    return float(((scale[1] - scale[0] + 1) ** 2 - 1) / 12)


def measure_agreement(answers: pd.DataFrame, null_variance: float) -> Level:
    """Return rwg(j) of one group with the interval that the t interval of its mean variance gives.

    Parameters
    ----------
    answers : DataFrame
        A row a respondent, a column an item.
    null_variance : float
        Variance if all answered at random: (A^2 - 1) / 12 for A equally likely answers.

    Examples
    --------
    >>> measure_agreement(pd.DataFrame({"a": [4.0, 5.0, 4.0, 5.0], "b": [4.0, 4.0, 5.0, 5.0]}), 2.0).value
    0.909...
    """
    n, j = answers.shape
    apart = ((answers - answers.mean()) ** 2).mean(axis=1) * n / max(n - 1, 1)
    spread = mean_interval(apart)

    def agree(variance: float) -> float:
        noise = float(np.clip(variance / null_variance, 0.0, 1.0))
        return j * (1 - noise) / (j * (1 - noise) + noise)

    return Level(agree(spread.value), agree(spread.conf_high), agree(spread.conf_low), n)


def _tabulate(parts: dict[str, Level]) -> pd.DataFrame:
    rows = [
        (key, _(LABELS[key]), *(getattr(level, name) for name in ("value", "conf_low", "conf_high", "n")))
        for key, level in parts.items()
    ]
    table = pd.DataFrame(rows, columns=["key", "label", "value", "conf_low", "conf_high", "n"])
    return table.assign(n=table["n"].astype("Int64").mask(table["n"] == 0))
