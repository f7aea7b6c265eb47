"""What a scope achieved: the measure of performance, scores of people, data quality, distribution, trend.

All shares are in per cent. A number that would show one to four people is missing and flagged `hidden`. A function
whose tables are missing returns None; `missing_reason` says why, in words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.indicators import (
    build_indicator_trend,
    choose_indicators,
    count_decimals,
    display_unit,
    find_units_of_measure,
    indicator_label,
    span_periods,
)
from kinerja_lib.intervals import Level, mean_interval, mean_intervals, share_interval, share_intervals
from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP, hide_share, is_small, leaves_few, merge_levels
from kinerja_lib.rules import count_changes, judge_distribution, score_iki, score_predikat, smallest_judged
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, find_alike, find_appraised, keep_per_scope, under_one_rezim
from kinerja_lib.tree import find_parents
from kinerja_lib.vocabulary import PREDIKAT, Period

CAPAIAN_CAP = 120.0  # an indicator counts at most this many per cent (and at least 0) in a person's mean
GOOD = ("Baik", "Sangat Baik")

LOWER = PREDIKAT[:3]  # one group in the reports: Butuh Perbaikan and lower
GROUPS = (("Sangat Baik",), ("Baik",), LOWER[::-1])
LOWER_LABEL = mark("Butuh Perbaikan atau lebih rendah")
NO_PERSON = mark("pegawai tidak ada pada tabel pegawai")
NO_UNIT = mark("unit tidak ada pada tabel unit")
NO_RESULT = mark("belum ada predikat, rating, maupun nilai")


@dataclass(frozen=True, slots=True)
class Measure:
    """The measure of performance that the data allow.

    Attributes
    ----------
    key : str
        "capaian_skp", "nilai", "predikat_baik" or "indikator".
    label, unit : str
        The reader's words for it, and its unit ("%", "" where the data name none).
    is_share : bool
        Whether it is a share of people (intervals and funnel limits are then those of a share).
    indikator : str or None
        Which indicator, for "indikator".
    decimals : int
        With how many decimals a page shows it.
    """

    key: str
    label: str
    unit: str
    is_share: bool = False
    indikator: str | None = None
    decimals: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """How many appraisals of the scope and period came in, were used, were left out.

    Attributes
    ----------
    rows_in, rows_used : int
        Rows of `penilaian`.
    dropped : DataFrame
        Columns `reason` (words), `count`; one row a reason that occurred, no row counted twice.
    """

    rows_in: int
    rows_used: int
    dropped: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Shares of predikat over some periods.

    Attributes
    ----------
    table : DataFrame
        One row a period and segment, oldest period first, best level first: `periode`, `levels` (tuple of predikat),
        `label`, `count` (missing where hidden altogether), `n` (people of the period, missing under five), `share`
        (per cent), `hidden` (True where levels were merged to hide one to four people, or nothing is shown).
    organisation : DataFrame
        One row a period: `periode`, `predikat_organisasi` (missing where not set), `kept` (True, False, missing where
        not judged), `verdict` (words, without counts) and `changes` (how many predikat would have to differ for the
        pattern to be kept; missing where not judged, or where one to four people have a predikat).
    """

    table: pd.DataFrame
    organisation: pd.DataFrame


def missing_reason(data: Dataset, need: str) -> str:
    """Return why a section cannot be made: a sentence without its stop, or nothing where the need is there.

    Parameters
    ----------
    data : Dataset
        The tables.
    need : str
        "table" or "table.column".

    Examples
    --------
    >>> missing_reason(Dataset({}), "skp")
    'tabel skp tidak ada'
    """
    table, _dot, column = need.partition(".")
    if not data.has(table):
        return _("tabel {table} tidak ada").format(table=table)
    if column and not data.has(table, column):
        return _("kolom {column} pada tabel {table} tidak ada atau kosong").format(column=column, table=table)
    return ""


def has_people(data: Dataset) -> bool:
    """Tell whether the data hold appraisals of people."""
    return data.has("penilaian") and data.has("pegawai")


def performance_measure(data: Dataset) -> Measure | None:
    """Return the measure of performance used in all of a report: the finest that the data allow.

    Achievement of the plan (`skp`), else the user's own number (`penilaian.nilai`) unless one period has it under
    several regulations (such numbers are never averaged), else the share of people at Baik or better, else the first
    indicator of units. None where there is none of these.
    """
    if has_people(data):
        if data.has("skp", "target", "realisasi"):
            return Measure("capaian_skp", _("Capaian SKP, rata-rata"), "%")
        parts = data["penilaian"].groupby("periode")
        if data.has("penilaian", "nilai") and all(under_one_rezim(rows) for _period, rows in parts):
            units = data["penilaian"].get("satuan", pd.Series(dtype="str")).dropna()
            return Measure("nilai", _("Nilai kinerja, rata-rata"), str(units.mode().iloc[0]) if len(units) else "")
        if data.has("penilaian", "predikat") or data.has("penilaian", "rating_hasil", "rating_perilaku"):
            return Measure("predikat_baik", _("Predikat Baik atau Sangat Baik"), "%", is_share=True)
    if data.has("indikator_unit", "nilai"):
        first = choose_indicators(data, 1)
        if first:
            unit = display_unit(find_units_of_measure(data["indikator_unit"])[first[0]])
            values = data["indikator_unit"].loc[data["indikator_unit"]["indikator"] == first[0], "nilai"]
            decimals = count_decimals(values)
            return Measure("indikator", indicator_label(first[0]), unit, indikator=first[0], decimals=decimals)
    return None


def score_people(data: Dataset, periods: list[str], members: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return the used appraisals of the `periods`, scored: one row a person and period.

    Returns
    -------
    DataFrame
        `periode`, `pegawai_id`, `unit_id`, `predikat` (from the two ratings where both are there, else as reported),
        `predikat_dilaporkan`, and `capaian_skp`, `nilai` where the data hold them.
    """
    rows = find_appraised(data, periods, members)
    rows = add_predikat(rows)
    rows = rows[find_unused(data, rows).isna()]
    columns = ["periode", "pegawai_id", "unit_id", "predikat", "predikat_dilaporkan"]
    if data.has("penilaian", "nilai"):
        columns.append("nilai")
    if data.has("skp", "target", "realisasi"):
        plans = data["skp"]
        plans = plans[plans["periode"].isin(periods)]
        if members is not None:
            plans = plans[plans["pegawai_id"].isin(rows["pegawai_id"])]
        rows = rows.merge(score_capaian(plans), on=["pegawai_id", "periode"], how="left")
        columns.insert(5, "capaian_skp")
    return rows[columns].sort_values(["periode", "pegawai_id"], ignore_index=True)


def add_predikat(rows: pd.DataFrame) -> pd.DataFrame:
    """Return appraisals with `predikat` from the two ratings where both are there, and `predikat_dilaporkan`."""
    levels = pd.CategoricalDtype(list(PREDIKAT), ordered=True)
    empty = pd.Series(pd.Categorical([None] * len(rows), dtype=levels), index=rows.index)
    reported = rows["predikat"].astype(levels) if "predikat" in rows else empty
    derived = empty
    if {"rating_hasil", "rating_perilaku"} <= set(rows.columns):
        derived = score_predikat(rows["rating_hasil"], rows["rating_perilaku"]).astype(levels)
    return rows.assign(predikat=derived.where(derived.notna(), reported), predikat_dilaporkan=reported)


def find_unused(data: Dataset, rows: pd.DataFrame) -> pd.Series:
    """Return for each scored appraisal why it is not used; missing where it is used."""
    reasons = pd.Series(pd.NA, index=rows.index, dtype="object")
    result = rows["predikat"].notna()
    if "nilai" in rows:
        result |= rows["nilai"].notna()
    reasons = reasons.mask(~result, NO_RESULT)
    reasons = reasons.mask(~rows["unit_id"].isin(data["unit"]["unit_id"]), NO_UNIT)
    return reasons.mask(~rows["pegawai_id"].isin(data["pegawai"]["pegawai_id"]), NO_PERSON)


def score_indicators(rows: pd.DataFrame) -> pd.Series:
    """Return the achievement of each row of `skp`, 0 to `CAPAIAN_CAP` per cent; an empty `kondisi` is normal."""
    kondisi = rows["kondisi"].astype("object").fillna("normal") if "kondisi" in rows else "normal"
    capaian: pd.Series = score_iki(rows["target"], rows["realisasi"], kondisi=kondisi)
    return capaian.clip(0, CAPAIAN_CAP)


def score_capaian(rows: pd.DataFrame) -> pd.DataFrame:
    """Return from rows of `skp` each person's mean achievement of the plan: `pegawai_id`, `periode`, `capaian_skp`.

    Weighted by `bobot` (an indicator without one counts as the mean of that plan); each indicator counts 0 to
    `CAPAIAN_CAP` per cent; one without target or realisation is left out; an empty `kondisi` is normal.
    """
    rows = rows[["pegawai_id", "periode"]].assign(capaian=score_indicators(rows), weight=rows.get("bobot", 1.0))
    rows = rows[rows["capaian"].notna()]
    plan = ["pegawai_id", "periode"]
    if rows["weight"].isna().any():
        rows["weight"] = rows["weight"].fillna(rows.groupby(plan)["weight"].transform("mean")).fillna(1.0)
    rows["capaian"] = rows["capaian"] * rows["weight"]
    sums = rows.groupby(plan, sort=False)[["capaian", "weight"]].sum()
    return (sums["capaian"] / sums["weight"].where(sums["weight"] > 0)).rename("capaian_skp").reset_index()


def measure_values(people: pd.DataFrame, measure: Measure) -> pd.Series:
    """Return each person's value of the measure, in its unit; a share is 0 or 100."""
    if measure.key != "predikat_baik":
        return people[measure.key] if measure.key in people else pd.Series(np.nan, index=people.index)
    good = people["predikat"].isin(GOOD) * 100.0
    return good.mask(people["predikat"].isna())


def measure_level(values: pd.Series, measure: Measure) -> Level:
    """Return the scope's level of the measure with its interval."""
    there = values.dropna()
    return share_interval(int((there > 0).sum()), len(there)) if measure.is_share else mean_interval(there)


def must_hide(level: Level, measure: Measure) -> bool:
    """Tell whether a level would show one to four people."""
    return level.n < MIN_GROUP or (measure.is_share and hide_share(round(level.value * level.n / 100), level.n))


@keep_per_scope
def build_person_scores(scope: Scope, period: Period | None = None) -> pd.DataFrame | None:
    """Return the people appraised in the scope in one period. For computing only: never shown.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.
    period : Period, optional
        Another period than the scope's.

    Returns
    -------
    DataFrame or None
        One row a person, by `pegawai_id`: `pegawai_id`, `unit_id`, `predikat`, `predikat_dilaporkan` and, where the
        data hold them, `capaian_skp`, `nilai`, `jp` (sum over the period; 0 without events). None without appraisals.
    """
    if not has_people(scope.data):
        return None
    when = period or scope.period
    people = score_people(scope.data, [str(when)], None if scope.is_agency else scope.members)
    people = people.drop(columns="periode")
    if scope.data.has("kegiatan", "jp"):
        people["jp"] = people["pegawai_id"].map(sum_jp(find_events(scope.data, when.start, when.end))).fillna(0.0)
    return people


def find_events(data: Dataset, start: object, end: object) -> pd.DataFrame:
    """Return the rows of `kegiatan` that began from `start` to `end`, both included."""
    rows = data["kegiatan"]
    return rows[rows["mulai"].between(pd.Timestamp(start), pd.Timestamp(end))]  # type: ignore[arg-type]


def sum_jp(events: pd.DataFrame) -> pd.Series:
    """Return the JP of each person with events; an event without JP adds nothing."""
    return events.groupby("pegawai_id")["jp"].sum()


def build_quality(scope: Scope) -> Quality | None:
    """Return how many appraisals of the scope's period came in, were used, and why others were not.

    Parameters
    ----------
    scope : Scope
        From `build_scope`. For the agency, rows of units that no table knows are counted too.

    Returns
    -------
    Quality or None
        None where the data hold no appraisals.
    """
    if not has_people(scope.data):
        return None
    rows = find_appraised(scope.data, [str(scope.period)], None if scope.is_agency else scope.members)
    reasons = find_unused(scope.data, add_predikat(rows)).dropna()
    counts = reasons.value_counts(sort=False)
    dropped = pd.DataFrame(
        [(_(reason), int(counts[reason])) for reason in (NO_PERSON, NO_UNIT, NO_RESULT) if reason in counts],
        columns=["reason", "count"],
    )
    return Quality(len(rows), len(rows) - len(reasons), dropped)


def build_distribution(scope: Scope, periods: int = 4) -> Distribution | None:
    """Return the shares of predikat in the last periods, beside the pattern for the organisation's predikat.

    The three lowest levels are one group. Where one to four people would show, levels are merged (`merge_levels`).

    Parameters
    ----------
    scope : Scope
        From `build_scope`.
    periods : int, default 4
        How many periods up to the scope's; those without an appraisal are left out.

    Returns
    -------
    Distribution or None
        None where the data hold neither predikat nor both ratings.
    """
    data = scope.data
    rated = data.has("penilaian", "rating_hasil", "rating_perilaku")
    if not has_people(data) or not (data.has("penilaian", "predikat") or rated):
        return None
    wanted = [str(scope.period.shift(-step)) for step in range(periods - 1, -1, -1)]
    people = score_people(data, wanted, None if scope.is_agency else scope.members)
    people = people[people["predikat"].notna()]
    counts = people.groupby(["periode", "predikat"], observed=False).size().unstack(fill_value=0)
    shown = [(period, counts.T[period]) for period in wanted if period in counts.index]
    if not shown:
        return None
    tables = [_segments(period, row) for period, row in shown]
    organisation = [_organisation_row(scope, *pair, table) for pair, table in zip(shown, tables, strict=True)]
    columns = ["periode", "predikat_organisasi", "kept", "verdict", "changes"]
    frame = pd.DataFrame(organisation, columns=columns).astype({"kept": "boolean", "changes": "Int64"})
    return Distribution(pd.concat(tables, ignore_index=True), frame)


def _segments(period: str, counts: pd.Series) -> pd.DataFrame:
    grouped = pd.Series([int(counts[list(group)].sum()) for group in GROUPS])
    table = merge_levels(grouped)
    total = int(grouped.sum())
    n = total if total >= MIN_GROUP else pd.NA
    merged = [tuple(level for at in positions for level in GROUPS[at]) for positions in table["levels"]]
    return pd.DataFrame(
        {
            "periode": period,
            "levels": merged,
            "label": [_segment_label(positions) for positions in table["levels"]],
            "count": table["n"],
            "n": pd.array([n] * len(table), dtype="Int64"),
            "share": (100 * table["n"].astype("Float64") / total).astype("float64"),
            "hidden": table["hidden"],
        }
    )


def _segment_label(positions: tuple[int, ...]) -> str:
    names = [_(LOWER_LABEL) if GROUPS[at] == LOWER[::-1] else _(GROUPS[at][0]) for at in positions]
    return " + ".join(names)


def _organisation_row(scope: Scope, period: str, counts: pd.Series, table: pd.DataFrame) -> tuple[object, ...]:
    level = _organisation_predikat(scope, period)
    if table["n"].isna().any():
        return period, level, pd.NA, _("tidak ditampilkan (di bawah {n} pegawai)").format(n=MIN_GROUP), pd.NA
    if level is None:
        return period, None, pd.NA, _("predikat organisasi tidak ada"), pd.NA
    whole = {str(name): int(n) for name, n in counts.items()}
    deviations = judge_distribution(whole, level)
    if deviations is None:
        words = _("tidak dinilai (di bawah {n} pegawai)").format(n=smallest_judged(level))
        return period, level, pd.NA, words, pd.NA
    if not deviations:
        return period, level, True, _("sesuai pola"), 0
    if table["hidden"].any():
        return period, level, False, _("tidak sesuai pola"), pd.NA
    words = "; ".join(deviation.say() for deviation in deviations)
    few = any(is_small(n) for n in whole.values())  # the changes may tell how many have one predikat
    return period, level, False, words, pd.NA if few else count_changes(whole, level)


def _organisation_predikat(scope: Scope, period: str) -> str | None:
    if not scope.data.has("kinerja_unit", "predikat_organisasi"):
        return None
    unit = scope.unit
    if unit is None:
        roots = [name for name, above in find_parents(scope.data).items() if above is None]
        unit = roots[0] if len(roots) == 1 else None
    rows = scope.data["kinerja_unit"]
    found = rows.loc[(rows["unit_id"] == unit) & (rows["periode"] == period), "predikat_organisasi"].dropna()
    return str(found.iloc[0]) if len(found) else None


def summarise(people: pd.DataFrame, measure: Measure, by: str) -> pd.DataFrame:
    """Return the measure's level in each group of people, hidden where one to four would show.

    Parameters
    ----------
    people : DataFrame
        With the column `by` and those that the measure needs.
    measure : Measure
        From `performance_measure`.
    by : str
        A column, such as "unit_id" or "periode".

    Returns
    -------
    DataFrame
        Index = groups; `n` (missing under five, and where one to four have no value), `value`,
        `conf_low`, `conf_high` (missing where hidden), `hidden`.
    """
    frame = pd.DataFrame({by: people[by], "value": measure_values(people, measure)}).dropna(subset=["value"])
    if measure.is_share:
        groups = (frame["value"] > 0).groupby(frame[by], observed=False)
        k, n = groups.sum(), groups.size()
        table = pd.concat([n.rename("n"), share_intervals(k, n)], axis=1)
        hidden = pd.Series([hide_share(a, b) for a, b in zip(k, n, strict=True)], index=table.index, dtype=bool)
    else:
        table = mean_intervals(frame, by, "value")
        hidden = table["n"] < MIN_GROUP
    numbers = ["value", "conf_low", "conf_high"]
    table[numbers] = table[numbers].mask(hidden)
    there = people.groupby(by, observed=False).size().reindex(table.index)
    few = (table["n"] < MIN_GROUP) | leaves_few(table["n"], there)
    return table.assign(n=table["n"].astype("Int64").mask(few), hidden=hidden)


def build_trend(scope: Scope) -> pd.DataFrame | None:
    """Return the performance measure over time, for the scope and for the whole agency as reference.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a group and period, gaps included: `group` ("unit" or "instansi"; for the agency only the latter),
        `periode`, `value`, `conf_low`, `conf_high`, `n`, `hidden`. For indicators the reference is the median of all
        units and `n` the answers, where known. Numbers under another regulation than the scope's period are gaps. None
        where there is no measure.
    """
    measure = performance_measure(scope.data)
    if measure is None:
        return None
    if measure.indikator is not None:
        return _indicator_trend(scope, measure.indikator)
    data = scope.data
    periods = span_periods(data["penilaian"]["periode"], scope.period)
    people = score_people(data, periods)
    if measure.key == "nilai":
        people = people[people["periode"].isin(find_alike(data["penilaian"], str(scope.period)))]
    groups = {"instansi": people}
    if not scope.is_agency:
        groups = {"unit": people[people["unit_id"].isin(scope.members)], **groups}
    tables = []
    for group, rows in groups.items():
        table = summarise(rows, measure, "periode").reindex(periods).rename_axis("periode").reset_index()
        table["hidden"] = table["hidden"].astype("boolean").fillna(value=False).astype(bool)
        table.insert(0, "group", group)
        tables.append(table)
    order = ["group", "periode", "value", "conf_low", "conf_high", "n", "hidden"]
    return pd.concat(tables, ignore_index=True)[order]


def _indicator_trend(scope: Scope, indikator: str) -> pd.DataFrame | None:
    trend = build_indicator_trend(scope, indikator)
    if trend is None:
        return None
    answers = pd.array([pd.NA] * len(trend), dtype="Int64")
    own = trend[["periode", "value", "n"]].assign(group="instansi" if scope.is_agency else "unit")
    agency = trend[["periode"]].assign(value=trend["median"], n=answers, group="instansi")
    table = own if scope.is_agency else pd.concat([own, agency], ignore_index=True)
    table = table.assign(conf_low=np.nan, conf_high=np.nan, hidden=False)
    return table[["group", "periode", "value", "conf_low", "conf_high", "n", "hidden"]]
